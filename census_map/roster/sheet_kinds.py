"""Tell sheets that are no list of households: forms of one household each, and tables of totals."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from census_map.roster.grid import Grid
from census_map.roster.headers import Header
from census_map.roster.likely_names import may_be_name
from census_map.roster.text import number_value, squeeze

_LOOK_ROWS = 60
_PERSONAL = ("head", "identity", "phone", "address", "birth", "registered_address", "room")
_HOUSEHOLDS = re.compile(
    "(?:总|合计|应登记?|实登|登记|现有|居住|常住)?户数(?:合计|小计)?|(?:HOUSEHOLDS|NUMBEROFHOUSEHOLDS)"
)
_PIVOT = re.compile("^(?:计数项|求和项|行标签|列标签|平均值项|COUNTOF|SUMOF|ROWLABELS)")
_VALUE = re.compile(r"\d{3,}|\d+(?:号|室|楼|幢|栋|单元|组)")
_COUNTS = ("registered", "h2a", "h2b")


def why_no_list(grid: Grid, header: Header | None, words: Mapping[str, str]) -> str | None:
    """
    Tell what a sheet is that is no list of households.

    Parameters
    ----------
    grid, header
        As read and understood.
    words
        Field of every known header text, squeezed.

    Returns
    -------
    kind
        `form` (labels with the answers beside them), `summary` (numbers of households by building, area, …), or None.
    """
    if _is_form(grid.rows, header, words):
        return "form"
    if header is not None and _is_summary(grid.rows, header):
        return "summary"
    return None


def _is_form(rows: Sequence[Sequence[Any]], header: Header | None, words: Mapping[str, str]) -> bool:
    """Find labels that have their answer at the right, more of them than a line above a table has."""
    labelled: dict[int, int] = {}
    for number, row in enumerate(rows[:_LOOK_ROWS]):
        for at, cell in enumerate(row[:-1]):
            if _is_label(cell, words) and _is_answer(_next(row, at), words):
                labelled[number] = labelled.get(number, 0) + 1
    if sum(labelled.values()) < 2:
        return False
    if header is None:
        return True
    inside = range(header.first, header.last + 1)
    if any(number in labelled for number in inside):
        return True
    # A proper table below: who filled it in stands above it or below.
    own = {column.field for column in header.columns if column.how in ("exact", "given")}
    return "head" not in own or len(own) < 3 or ("relation" in own and min(labelled) < header.first)


def _next(row: Sequence[Any], at: int) -> Any:
    return next((cell for cell in row[at + 1 :] if cell != "" and str(cell).strip()), "")


def _is_label(cell: Any, words: Mapping[str, str]) -> bool:
    return isinstance(cell, str) and words.get(squeeze(cell)) in _PERSONAL


def _is_answer(cell: Any, words: Mapping[str, str]) -> bool:
    """Tell whether a cell is an answer and no label: a number, a name, an address."""
    if cell == "" or (isinstance(cell, str) and squeeze(cell) in words):
        return False
    return not isinstance(cell, str) or bool(_VALUE.search(cell)) or may_be_name(cell)


def _is_summary(rows: Sequence[Sequence[Any]], header: Header) -> bool:
    texts = {index: squeeze(text) for index, text in header.texts.items()}
    if any(_PIVOT.match(text) for text in texts.values()):
        return True
    fields = set(header.fields)
    counted = [index for index, text in texts.items() if _HOUSEHOLDS.fullmatch(text)]
    below = rows[header.last + 1 : header.last + 1 + _LOOK_ROWS]
    several = any((_count(row, index) or 0) > 1 for row in below for index in counted)
    if several and not fields & {"identity", "room"}:
        return True
    # Nobody and no room: numbers of people by building, group or area.
    nobody = not fields & {"head", "identity", "phone", "room", "address", "door", "owner"}
    return nobody and bool(fields & set(_COUNTS))


def _count(row: Sequence[Any], index: int) -> int | None:
    cell = row[index] if index < len(row) else ""
    if isinstance(cell, str):
        return number_value(cell) if cell.strip() else None
    return int(cell) if isinstance(cell, (int, float)) else None
