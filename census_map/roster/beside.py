"""
Tables that stand side by side on one sheet: each is read as a sheet of its own.

Clerks print two columns of households on a page, with or without an empty column in between. The second block repeats
the header of the first; that gives it away. Every block keeps its rows and column letters.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from census_map.roster.grid import Grid
from census_map.roster.headers import FIELDS, TELLING, Header, column_letter, find_header
from census_map.roster.text import squeeze

_LOOK_ROWS = 200  # in which a second block begins
_LEAST = 2  # headers that a further block repeats
_LETTER = 3
_WHO = {"head", "address", "identity", "room", "door", "phone"}


def find_tables(
    grids: Sequence[Grid],
    synonyms: Mapping[str, Sequence[str]],
    mapping: Mapping[str, str] | None = None,
    *,
    titles: Mapping[str, str] = FIELDS,
    telling: Collection[str] = TELLING,
) -> list[tuple[Grid, Header | None]]:
    """
    Find the tables of sheets, each with its header.

    Parameters
    ----------
    grids
        As of `grid.read_grids`.
    synonyms, mapping, titles, telling
        As for `headers.find_header`.

    Returns
    -------
    tables
        One a sheet, without a header where none was found; more where tables stand side by side. The further ones are
        named after their columns.
    """
    found: list[tuple[Grid, Header | None]] = []
    for grid in grids:
        starts = _starts_after_gaps(grid, synonyms, titles, telling)
        header = None if starts else find_header(grid.rows, synonyms, mapping, titles=titles, telling=telling)
        starts = starts or (_repeated_starts(header, telling) if header else [])
        if not starts:
            found.append((grid, header))
            continue
        ends = [*starts[1:], max(map(len, grid.rows))]
        for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
            block = _block(grid, start if place else 0, end)
            if place:
                name = f"{column_letter(start)}:{column_letter(end - 1)}"
                block = replace(block, sheet=f"{grid.sheet} {name}".strip())
            given = {name: text for name, text in (mapping or {}).items() if not place or not _is_letter(text)}
            found.append((block, find_header(block.rows, synonyms, given, titles=titles, telling=telling)))
    return found


def _is_letter(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) <= _LETTER


def _block(grid: Grid, start: int, end: int) -> Grid:
    """Blank everything outside some columns."""
    rows = [[*[""] * min(start, len(row)), *row[start:end]] for row in grid.rows]
    merged = tuple(area for area in grid.merged if start <= area[0][1] and area[1][1] < end)
    return replace(grid, rows=rows, merged=merged)


def _repeated_starts(header: Header, telling: Collection[str]) -> list[int]:
    """Give the first column of each block that repeats the headers of the first; none where there is one alone."""
    keys = {index: squeeze(text) for index, text in sorted(header.texts.items())}
    field_of = {keys[column.index]: column.field for column in header.columns if column.field}
    starts, block = [min(keys)], set[str]()
    first: set[str] | None = None
    order = list(keys)
    for index in order:
        if keys[index] not in block or keys[index] not in field_of:
            block.add(keys[index])
            continue
        begin = _first_after_gap(index, order, starts[-1])
        rest = {keys[at] for at in order if at >= begin}
        same = (first or block) & rest & set(field_of)
        if len(same) >= _LEAST and {field_of[key] for key in same} & {*telling, "identity"}:
            first = first or block
            starts.append(begin)
            block = {keys[at] for at in order if begin <= at <= index}
    return starts if len(starts) > 1 else []


def _first_after_gap(index: int, order: Sequence[int], start: int) -> int:
    """Go back from a repeated header to the beginning of its block: what stands between it and an empty column."""
    begin = index
    while begin - 1 in order and begin - 1 > start:
        begin -= 1
    return begin if begin - 1 not in order and begin > start + 1 else index


def _starts_after_gaps(
    grid: Grid, synonyms: Mapping[str, Sequence[str]], titles: Mapping[str, str], telling: Collection[str]
) -> list[int]:
    """Give the first column of each block where empty columns stand between blocks that have the same fields."""
    top = grid.rows[:_LOOK_ROWS]
    width = max(map(len, top), default=0)
    filled = [at for at in range(width) if not _is_empty(top, at)]
    breaks = [(left, right) for left, right in pairwise(filled) if right - left > 1]
    breaks = [(left, right) for left, right in breaks if all(_is_empty(grid.rows, at) for at in range(left + 1, right))]
    if not breaks:
        return []
    edges = [filled[0], *(right for _left, right in breaks), width]
    starts: list[int] = []
    known: set[str] = set()
    for start, end in pairwise(edges):
        header = find_header(_block(replace(grid, rows=top), start, end).rows, synonyms, titles=titles, telling=telling)
        fields = set(header.fields) & _WHO if header else set()
        if len(fields) < _LEAST:
            # Not a table of its own: the rest of the one before it.
            continue
        if not starts or len(known & fields) >= _LEAST:
            starts.append(start)
            known = known or fields
    return starts if len(starts) > 1 else []


def _is_empty(rows: Sequence[Sequence[Any]], at: int) -> bool:
    return not any(len(row) > at and row[at] != "" and str(row[at]).strip() for row in rows)
