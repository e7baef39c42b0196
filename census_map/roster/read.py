"""
Read a household roster as a clerk made it, say what was understood, and list what is wrong, cell by cell.

No message quotes a cell: a cell may hold a name, a phone or an identity number. Messages say sheet, row and column.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.address import parse_address
from census_map.roster.grid import Grid, read_grids
from census_map.roster.headers import FIELDS, ColumnMatch, Header, column_letter, find_header
from census_map.roster.text import squeeze
from census_map.task import Report, many_small_objects, portion, silent

TOTALS = ("合计", "总计", "小计", "共计", "累计")
TOTAL_WORDS = {"TOTAL", "SUBTOTAL", "GRANDTOTAL", "SUM", "TOTALS"}
_FOOTER = re.compile(r"制表|填表|审核|填报|负责人|单位负责|注|说明|备注|联系人|第\d+页|共\d+页|NOTE|PAGE")
DITTO = {"同上", "〃", "″", '"', "''", "..", "…", "DITTO"}
_EXACT = 1e15
_TELLING = ("head", "address", "building", "room", "identity", "phone")
ROW_FIELDS = ("sheet", "row", "heading", *FIELDS)


class NoRows(InputError):
    """A file has the header that is needed, and nothing below it."""


@dataclass(frozen=True)
class RosterProblem:
    """
    One thing wrong in a roster.

    Attributes
    ----------
    kind
        Short name of the fault.
    severity
        `error`, `warning` or `info`.
    sheet, row, column
        Where: name of the sheet, row from 1 (0: the sheet as a whole), header of the column or empty.
    message, fix
        What is wrong; what to do. Translated; never quotes a cell.
    """

    kind: str
    severity: str
    sheet: str
    row: int
    column: str
    message: str
    fix: str


@dataclass(frozen=True)
class SheetView:
    """
    What was understood of one sheet.

    Attributes
    ----------
    sheet
        Name; empty for a text table.
    header_rows
        First and last row of the header, from 1; None when the sheet is not read.
    columns
        Every headed column.
    households
        Rows read.
    skipped
        Rows that were not read as households, by reason: `blank`, `totals`, `footer`, `heading`, `header`.
    """

    sheet: str
    header_rows: tuple[int, int] | None
    columns: tuple[ColumnMatch, ...] = ()
    households: int = 0
    skipped: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Roster:
    """
    A roster as read.

    Attributes
    ----------
    file
        Name of the file, without folder.
    sheets
        What was understood.
    rows
        One row a household: `ROW_FIELDS`, texts as typed without outer blanks (empty text: nothing).
    problems
        What is wrong in the sheets as such; `values.read_values` adds what is wrong in the cells.
    """

    file: str
    sheets: tuple[SheetView, ...]
    rows: pd.DataFrame
    problems: tuple[RosterProblem, ...]

    def preview(self) -> dict[str, Any]:
        """Say what was understood, for JSON; holds headers and counts, never a cell."""
        return {"file": self.file, "households": len(self.rows), "sheets": [asdict(sheet) for sheet in self.sheets]}


@many_small_objects()
def read_roster(
    path: Path,
    profile: Profile,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> Roster:
    """
    Read a roster: every sheet with a header is read, others are named among the problems.

    Parameters
    ----------
    path
        xlsx, xls, ods or csv.
    profile
        Gives the synonyms of headers.
    sheet
        Only this sheet.
    mapping
        Columns the user named: field → header text or letter.

    Raises
    ------
    InputError
        The file cannot be read, or no sheet has a header.
    """
    report(0.0, _("reading the file"))
    grids = read_grids(path, sheet=sheet)
    found = [(grid, find_header(grid.rows, profile.roster_columns, mapping)) for grid in grids]
    return read_sheets(path.name, found, report=portion(report, 0.3, 1))


def read_sheets(file: str, sheets: Sequence[tuple[Grid, Header | None]], *, report: Report = silent) -> Roster:
    """
    Read the households of sheets whose headers are known.

    Parameters
    ----------
    file
        Name of the file, for messages.
    sheets
        Each with its header; without one it is not read.

    Raises
    ------
    InputError
        No sheet has a header, or none has a row below it.
    """
    views, frames, problems = [], [], []
    for index, (grid, header) in enumerate(sheets):
        report(index / len(sheets), grid.sheet)
        if header is None:
            views.append(SheetView(grid.sheet, None))
            if any(cell != "" for row in grid.rows for cell in row):
                problems.append(_no_header(grid.sheet))
            continue
        view, frame = read_sheet(grid, header)
        views.append(view)
        frames.append(frame)
        problems += sheet_problems(view, FIELDS) + _without_address(view)
    if not frames:
        raise InputError(
            _(
                "“{file}”: no row looks like the header of a roster. Give the columns a header row with at least "
                "the head of household and the address, or name them with --map address=HEADER."
            ).format(file=file)
        )
    return Roster(file, tuple(views), joined_rows(file, frames), tuple(problems))


def joined_rows(file: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """
    Join the rows of the sheets of a file.

    Raises
    ------
    NoRows
        There are none: to take that over would be a step without a change, or leave everybody out.
    """
    rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if rows.empty:
        raise NoRows(_("“{file}” has no row below its header: choose the file that is filled in.").format(file=file))
    return rows


def _no_header(sheet: str) -> RosterProblem:
    return RosterProblem(
        "no-header", "info", sheet, 0, "", _("This sheet has no header row, so it was not read."),
        _("If it holds households, give it a header row."),
    )  # fmt: skip


def sheet_problems(view: SheetView, titles: Mapping[str, str], *, without: Collection[str] = ()) -> list[RosterProblem]:
    """
    Point out what is odd about a sheet as a whole: columns whose header is only alike, and no row below the header.

    Parameters
    ----------
    view
        As understood, with a header.
    titles
        Of its fields.
    without
        Fields that need not be pointed out.
    """
    assert view.header_rows is not None
    row = view.header_rows[1]
    problems = [
        RosterProblem(
            "column-alike", "info", view.sheet, row, column.header,
            _("Column {letter} was taken for “{field}”, because its header is alike.").format(
                letter=column_letter(column.index), field=_(titles[column.field])
            ),
            _("If that is wrong, name the right column."),
        )
        for column in view.columns
        if column.how == "alike" and column.field and column.field not in without
    ]  # fmt: skip
    if not view.households:
        message, fix = _("There is no row below the header."), _("Choose the file that is filled in.")
        problems.append(RosterProblem("no-rows", "warning", view.sheet, row, "", message, fix))
    return problems


def _without_address(view: SheetView) -> list[RosterProblem]:
    assert view.header_rows is not None
    if {column.field for column in view.columns} & {"address", "building", "room"}:
        return []
    message, fix = _("No column holds the address."), _("Name the column that holds it.")
    return [RosterProblem("no-address-column", "error", view.sheet, view.header_rows[1], "", message, fix)]


def read_sheet(
    grid: Grid, header: Header, *, titles: Mapping[str, str] = FIELDS, telling: Collection[str] = _TELLING
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
        A row of figures that fills none of these is a total, not an entry.

    Returns
    -------
    view, rows
        What was understood; one row an entry: `sheet`, `row`, `heading` and the fields, as texts.
    """
    rows = _fill_merged(grid, header)
    fields = header.fields
    header_keys = {squeeze(column.header) for column in header.columns}
    skipped: dict[str, list[int]] = {}
    numbers: list[int] = []
    headings: list[str] = []
    kept: list[list[Any]] = []
    heading = ""
    known = sorted(fields.values())
    is_entry = _entry_test(fields, header_keys, telling)
    for number, cells in enumerate(rows[header.last + 1 :], start=header.last + 2):
        if is_entry(cells):
            kept.append(cells)
            numbers.append(number)
            headings.append(heading)
            continue
        reason, text = _row_kind(cells, known, fields, header_keys, telling)
        if reason is not None:
            skipped.setdefault(reason, []).append(number)
            heading = text if reason == "heading" else heading
            continue
        kept.append(cells)
        numbers.append(number)
        headings.append(heading)
    columns = dict(enumerate(zip_longest(*kept, fillvalue="")))
    texts = {name: _texts(columns.get(fields.get(name, -1)) or [""] * len(kept)) for name in titles}
    frame = pd.DataFrame(texts, columns=list(titles), dtype=object)
    frame.insert(0, "heading", pd.Series(headings, dtype=object))
    frame.insert(0, "row", pd.Series(numbers, dtype="int64"))
    frame.insert(0, "sheet", pd.Series([grid.sheet] * len(numbers), dtype=object))
    _repeat_ditto(frame)
    view = SheetView(
        grid.sheet,
        (header.first + 1, header.last + 1),
        header.columns,
        len(frame),
        {reason: tuple(found) for reason, found in skipped.items()},
    )
    return view, frame


def _texts(cells: Sequence[Any]) -> list[str]:
    return [cell.strip() if type(cell) is str else cell_text(cell) for cell in cells]


def _fill_merged(grid: Grid, header: Header) -> list[list[Any]]:
    """Give every cell of a merged range below the header the value of its first cell."""
    rows = grid.rows
    for (top, left), (bottom, right) in grid.merged:
        if top <= header.last or right > left or top >= len(rows) or left >= len(rows[top]):
            continue
        for row in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[row]) and rows[row][left] == "":
                rows[row][left] = rows[top][left]
    return rows


def _entry_test(
    fields: Mapping[str, int], header_keys: set[str], telling: Collection[str]
) -> Callable[[list[Any]], bool]:
    """Make a quick test for the rows that are entries without a doubt: both name and address, and no odd beginning."""
    head, address = fields.get("head"), fields.get("address")
    if head is None or address is None or not {"head", "address"} & set(telling):
        return lambda cells: False  # noqa: ARG005
    width = max(head, address)
    ordinary: dict[str, bool] = {}

    def begins_as_usual(cells: list[Any]) -> bool:
        first = cells[0] if cells[0] != "" else next((cell for cell in cells if cell != ""), "")
        if type(first) is not str:
            return True
        if first not in ordinary:
            key = squeeze(first)
            odd = key.startswith(TOTALS) or key in TOTAL_WORDS or key in header_keys or _FOOTER.match(key)
            ordinary[first] = bool(key) and not odd
        return ordinary[first]

    def is_entry(cells: list[Any]) -> bool:
        if len(cells) <= width:
            return False
        name, place = cells[head], cells[address]
        return (
            type(name) is type(place) is str
            and name != ""
            and place != ""
            and not name.isspace()
            and not place.isspace()
            and begins_as_usual(cells)
        )

    return is_entry


def _row_kind(  # noqa: PLR0911  one reason after the other
    cells: list[Any], known: list[int], fields: Mapping[str, int], header_keys: set[str], telling: Collection[str]
) -> tuple[str | None, str]:
    """Tell why a row is no household (and the text of a heading); None when it is one."""
    filled = [index for index, cell in enumerate(cells) if cell != "" and (not isinstance(cell, str) or cell.strip())]
    if not filled:
        return "blank", ""
    first = cells[filled[0]]
    if isinstance(first, str):
        key = squeeze(first)
        if key.startswith(TOTALS) or key in TOTAL_WORDS:
            return "totals", ""
        if (
            key in header_keys
            and len(filled) >= 2
            and all(squeeze(str(cells[index])) in header_keys for index in filled)
        ):
            return "header", ""
        if filled[0] <= 1 and _FOOTER.match(key) and _is_footer(cells, fields, filled):
            return "footer", ""
        if len(filled) == 1 and filled[0] <= 2 and _is_heading(first, fields, filled[0]):
            return "heading", first.strip()
    if not any(fields.get(name) in filled for name in telling) and any(
        isinstance(cells[index], (int, float)) for index in filled
    ):
        # Only numbers are left: figures added up at the bottom, or an unused line with its serial number.
        return ("blank" if filled == [fields.get("serial")] else "totals"), ""
    return (None, "") if any(index in known for index in filled) else ("blank", "")


def _is_footer(cells: list[Any], fields: Mapping[str, int], filled: list[int]) -> bool:
    """Tell whether a row is signed or explained (制表人：… 审核人：…) and names no household."""
    words = [index for index in filled if isinstance(cells[index], str) and _FOOTER.match(squeeze(cells[index]))]
    head, address = fields.get("head"), fields.get("address")
    named = head in filled and head not in words
    placed = address in filled and address not in words
    return filled[0] in words and not named and not (placed and head == filled[0])


def _is_heading(text: str, fields: Mapping[str, int], index: int) -> bool:
    """
    Tell whether the only filled cell of a row names a place for the rows below (3号楼, 第二组).

    A row that holds a head of household alone, or an address alone, is a household.
    """
    if index in (fields.get("address"), fields.get("room")):
        return False
    address = parse_address(text)
    return any(address.value(kind) for kind in ("building", "group", "estate", "number", "village", "road"))


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
    for name in ("census_area", "mini_area", "address", "building", "entrance", "floor"):
        if name not in frame:
            continue
        column = frame[name]
        marks = column.isin(DITTO)
        if marks.any():
            frame[name] = column.mask(marks).ffill().fillna("").astype(object)
