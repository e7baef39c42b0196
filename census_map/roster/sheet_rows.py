"""Read the rows of one sheet below its header: the entries as texts, and what was passed over, by reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pandas as pd

from census_map.roster.composing import compose_addresses
from census_map.roster.grid import Grid
from census_map.roster.headers import ADDRESS_PARTS, COUNTS, FIELDS, LOCATING, Header, header_at
from census_map.roster.row_kinds import RowSorter, numbers_columns
from census_map.roster.sheet_view import SheetView
from census_map.roster.text import squeeze

DITTO = {"同上", "〃", "″", '"', "''", "..", "…", "DITTO"}
TELLING_ROWS = ("head", "address", "building", "room", "identity", "phone", "door", "lane", "owner")
_EXACT = 1e15
# A merged cell counts its people once, and is not the number of several households.
_ONCE = {*COUNTS, "persons", "births", "deaths", "moved_in", "moved_out", "resident", "use"}
_DAYS = {"birth", "day", "event", "appointment"}
_DAYS_TO_1904 = 1462
_DITTO_FIELDS = ("census_area", "mini_area", "address", "building", "entrance", "floor", *ADDRESS_PARTS)
_LOOK_ROWS = 2000
_CROWDED = 2  # columns without header that are as full as the others


@dataclass
class _Table:
    """Rows below one header: their cells, numbers and headings."""

    header: Header
    cells: list[list[Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)


def read_sheet(
    grid: Grid, header: Header, *, titles: Mapping[str, str] = FIELDS, telling: Collection[str] = TELLING_ROWS
) -> tuple[SheetView, pd.DataFrame]:
    """
    Read one sheet below its header.

    Parameters
    ----------
    grid, header
        As of `read_grids` and `find_header`.
    titles
        The fields that the sheet may have.
    telling
        A row that fills none of these is no entry.

    Returns
    -------
    view, rows
        What was understood; one row an entry: `sheet`, `row`, `heading`, `title` and the fields, as texts. Parts of an
        address (`headers.ADDRESS_PARTS`) are put together in `address`.
    """
    merged_counts = _fill_merged(grid, header)
    skipped: dict[str, list[int]] = {}
    tables = _sorted_rows(grid, header, titles, telling, skipped)
    frames = [_frame(table, titles, grid) for table in tables if table.cells or len(tables) == 1]
    frame = (
        pd.concat(frames, ignore_index=True)
        if len(frames) > 1
        else frames[0]
        if frames
        else _frame(_Table(header), titles, grid)
    )
    frame.insert(0, "title", pd.Series([grid.title] * len(frame), dtype=object))
    frame.insert(0, "sheet", pd.Series([grid.sheet] * len(frame), dtype=object))
    unread, crowded = _unread(grid, header)
    read = set(frame["row"]) if grid.hidden_rows else set()
    view = SheetView(
        grid.sheet,
        (header.first + 1, header.last + 1),
        header.columns,
        len(frame),
        {reason: tuple(found) for reason, found in skipped.items()},
        unread,
        crowded,
        merged_counts,
        tuple(row for row in grid.hidden_rows if row in read),
        grid.opened,
        tuple(table.header.last + 1 for table in tables[1:]),
    )
    return view, frame


def _sorted_rows(
    grid: Grid,
    header: Header,
    titles: Mapping[str, str],
    telling: Collection[str],
    skipped: dict[str, list[int]],
) -> list[_Table]:
    """Sort the rows into the entries of the table, and of further tables that stand below it."""
    tables = [_Table(header)]
    keys = {squeeze(text) for text in header.texts.values()} | {squeeze(c.header) for c in header.columns}
    sorter = RowSorter(header.fields, keys, header.words, telling)
    heading, foreign = "", False
    for number, cells in enumerate(grid.rows[header.last + 1 :], start=header.last + 2):
        table = tables[-1]
        if number == table.header.last + 2 and numbers_columns(cells):
            skipped.setdefault("header", []).append(number)
            continue
        if not foreign and sorter.is_entry(cells):
            table.cells.append(cells)
            table.numbers.append(number)
            table.headings.append(heading)
            continue
        further = _further_header(grid.rows, number, table.header, titles, telling)
        if further is not None:
            keys = {squeeze(text) for text in further.texts.values()}
            foreign = not _is_list(further, header)
            sorter = RowSorter(further.fields, keys, header.words, telling)
            tables.append(_Table(further))
            continue
        reason, text = sorter.kind(cells)
        if foreign and reason != "blank":
            reason = "header" if reason == "header" else "table"
        if reason is None:
            table.cells.append(cells)
            table.numbers.append(number)
            table.headings.append(heading)
            continue
        skipped.setdefault(reason, []).append(number)
        heading = text if reason == "heading" else heading
    return tables


def _further_header(
    rows: Sequence[Sequence[Any]], number: int, known: Header, titles: Mapping[str, str], telling: Collection[str]
) -> Header | None:
    """Read a row (from 1) as the header of a table further down; None where it is none, or the same once more."""
    cells = {at: cell for at, cell in enumerate(rows[number - 1]) if cell != "" and str(cell).strip()}
    if len(cells) < 2 or not all(isinstance(cell, str) for cell in cells.values()):
        return None
    words = sum(squeeze(cell) in known.words for cell in cells.values())
    if words < 2 or words * 2 <= len(cells):
        return None
    fields = {squeeze(text): known.fields_by_column.get(at) for at, text in known.texts.items()}
    found = header_at(rows, number, known.words, titles=titles, given=fields)
    if len(found.fields) < 2 or found.fields_by_column == known.fields_by_column:
        return None
    return found if set(found.fields) & {*telling, "relation"} or len(found.fields) > 2 else None


def _is_list(further: Header, first: Header) -> bool:
    """Tell whether a table further down lists the same kind of things: it says as well who, and where."""
    mine, its = set(first.fields), set(further.fields)
    return not (mine & LOCATING and not its & LOCATING) and not ("head" in mine and "head" not in its)


def _frame(table: _Table, titles: Mapping[str, str], grid: Grid) -> pd.DataFrame:
    fields = table.header.fields
    count = len(table.cells)
    columns = dict(enumerate(zip_longest(*table.cells, fillvalue="")))
    texts = {}
    for name in titles:
        cells = columns.get(fields.get(name, -1))
        if cells is not None and grid.from_1904 and name in _DAYS:
            cells = tuple(cell + _DAYS_TO_1904 if type(cell) in (int, float) else cell for cell in cells)
        texts[name] = [""] * count if cells is None else _texts(cells)
    frame = pd.DataFrame(texts, columns=list(titles), dtype=object)
    frame.insert(0, "heading", pd.Series(table.headings, dtype=object))
    frame.insert(0, "row", pd.Series(table.numbers, dtype="int64"))
    _repeat_ditto(frame)
    return compose_addresses(frame, [name for name in ADDRESS_PARTS if name in fields and name in titles])


class _Texts(dict[Any, str]):
    """The texts of cells that are none, each written once: a column has few different numbers."""

    def __missing__(self, cell: Any) -> str:
        text = self[cell] = cell_text(cell)
        return text


def _texts(cells: Sequence[Any]) -> list[str]:
    known = _Texts()
    return [cell.strip() if type(cell) is str else known[cell] for cell in cells]


def _fill_merged(grid: Grid, header: Header) -> tuple[tuple[int, int], ...]:
    """
    Give every cell of a merged range below the header the value of its first cell; a count stays in its first row.

    Returns
    -------
    counts
        First and last row, from 1, of the ranges in which a count stands.
    """
    rows, counts = grid.rows, []
    once = {index for name, index in header.fields.items() if name in _ONCE}
    for (top, left), (bottom, right) in grid.merged:
        if top <= header.last or right > left or bottom <= top or top >= len(rows) or left >= len(rows[top]):
            continue
        if left in once:
            counts.append((top + 1, bottom + 1))
            for covered in rows[top + 1 : bottom + 1]:
                # What lies under a merged cell is not seen, and may be left from before the merging.
                covered[left : left + 1] = [""] * len(covered[left : left + 1])
            continue
        for row in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[row]) and rows[row][left] == "":
                rows[row][left] = rows[top][left]
    return tuple(sorted(counts))


def _unread(grid: Grid, header: Header) -> tuple[tuple[int, ...], bool]:
    """Find the columns that hold cells and are not read; and whether those without header look like a table."""
    below = grid.rows[header.last + 1 : header.last + 1 + _LOOK_ROWS]
    width = max(map(len, below), default=0)
    read = set(header.fields.values())
    headed = set(header.texts)
    found, full = [], 0
    most = max((_filled(below, at) for at in read), default=0)
    for at in range(width):
        if at in read:
            continue
        filled = _filled(below, at)
        if filled:
            found.append(at)
            full += at not in headed and filled * 2 > most
    return tuple(found), full >= _CROWDED


def _filled(rows: Sequence[Sequence[Any]], at: int) -> int:
    return sum(len(row) > at and row[at] != "" and str(row[at]).strip() != "" for row in rows)


def cell_text(cell: Any) -> str:
    """Write a cell as the clerk sees it: numbers without decimals, dates as YYYY-MM-DD."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, (int, float)) and abs(cell) >= _EXACT:
        # The program that wrote it kept fifteen digits; the others would be invented.
        return f"{cell:.14E}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())[:10]
    return str(cell)


def _repeat_ditto(frame: pd.DataFrame) -> None:
    """Replace 'the same' (同上, 〃) by the value of the row above, in the columns of the place."""
    for name in _DITTO_FIELDS:
        if name not in frame:
            continue
        column = frame[name]
        marks = column.isin(DITTO)
        if marks.any():
            frame[name] = column.mask(marks).ffill().fillna("").astype(object)
