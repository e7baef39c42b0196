"""
Read a list that is no roster: the day's sheet of an enumerator, a register, a department's list, totals by village.

The same reader as for rosters, with fields of its own; synonyms of headers come from the profile. Wrong rows come back
as problems with sheet, row, column and remedy, all of them together; no message quotes a cell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.profile import Profile
from census_map.roster.beside import find_tables
from census_map.roster.grid import read_grids
from census_map.roster.headers import FIELDS, column_letter
from census_map.roster.likely_names import shown_file
from census_map.roster.listed_columns import list_columns
from census_map.roster.read import joined_rows
from census_map.roster.sheet_problems import sheet_problems, unfit
from census_map.roster.sheet_rows import read_sheet
from census_map.roster.sheet_view import RosterProblem, SheetView
from census_map.roster.text import normalise
from census_map.roster.values import NOTHING
from census_map.task import Report, silent

_T = TypeVar("_T")
# Passed over: named first, so that a header which is also a synonym of another field is not taken for that one.
OTHER = {"other": N_("not compared")}


@dataclass(frozen=True)
class ListKind:
    """
    A kind of list.

    Attributes
    ----------
    name
        Key of its headers' synonyms in `Profile.lists`.
    title
        To be translated.
    titles
        Its fields, with titles to be translated.
    telling
        Fields that tell an entry from a row of totals; a header has at least one of them.
    needed
        Of each group of fields at least one must have a column.
    columns_matter
        Whether a column that is not read is pointed out; lists of departments have many that nobody needs.
    """

    name: str
    title: str
    titles: Mapping[str, str]
    telling: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]
    columns_matter: bool = True


@dataclass
class Listing:
    """
    A list as read.

    Attributes
    ----------
    file
        Name of the file, without folder.
    kind
        What it was read as.
    sheets
        What was understood.
    rows
        One row an entry: `sheet`, `row`, `heading` and the kind's fields, as texts.
    problems
        What is wrong; more are added by those who read the cells, see `fault`.
    """

    file: str
    kind: ListKind
    sheets: tuple[SheetView, ...]
    rows: pd.DataFrame
    problems: list[RosterProblem] = field(default_factory=list)

    def preview(self) -> dict[str, Any]:
        """Say what was understood, for JSON; holds headers and counts, never a cell."""
        return {"file": self.file, "rows": len(self.rows), "sheets": [asdict(sheet) for sheet in self.sheets]}

    def source(self, row: Any) -> str:
        """Name the file and sheet of a row."""
        sheet = str(self.rows.at[row, "sheet"])
        return f"{self.file}:{sheet}" if sheet else self.file

    def fault(self, row: Any, column: str, kind: str, message: str, fix: str, *, severity: str = "error") -> None:
        """Add a problem of one cell, or of the row where `column` is empty; texts are translated."""
        self.problems.append(RosterProblem(kind, severity, *self.place(row, column), message, fix))

    def place(self, row: Any, column: str) -> tuple[str, int, str]:
        """Give sheet, number of the row and header of a cell; no header where `column` is empty."""
        sheet = str(self.rows.at[row, "sheet"])
        return sheet, int(self.rows.at[row, "row"]), self._header(sheet, column) if column else ""

    def read_column(
        self, name: str, reader: Callable[[str], _T | None], kind: str, message: str, fix: str
    ) -> list[_T | None]:
        """Read the cells of a column; one that cannot be read is empty and a problem."""
        known: dict[str, _T | None] = {}
        found = []
        for row, text in self.rows[name].items():
            if text not in known:
                known[text] = None if normalise(text) in NOTHING else reader(text)
            value = known[text]
            if value is None and normalise(text) not in NOTHING:
                self.fault(row, name, kind, message, fix, severity="warning")
            found.append(value)
        return found

    def has(self, name: str) -> bool:
        """Tell whether any sheet has a column of this field."""
        return any(column.field == name for view in self.sheets for column in view.columns)

    def _header(self, sheet: str, name: str) -> str:
        for view in self.sheets:
            for column in view.columns:
                if view.sheet == sheet and column.field == name:
                    return f"{column_letter(column.index)} {column.header}"
        return _(self.kind.titles[name])


def read_listing(
    path: Path,
    kind: ListKind,
    profile: Profile,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> Listing:
    """
    Read a list: every sheet whose header has what the kind needs; the others are among the problems.

    Parameters
    ----------
    path
        xlsx, xls, ods or csv.
    kind
        What it is.
    profile
        Gives the synonyms of headers.
    sheet, mapping
        As for `read.read_roster`.

    Raises
    ------
    InputError
        The file cannot be read, no sheet has what is needed, or there is no row.
    """
    report(0.0, _("reading the file"))
    grids = read_grids(path, sheet=sheet)
    synonyms = list_columns(profile, kind.name)
    tables = find_tables(grids, synonyms, mapping, titles=kind.titles, telling=kind.telling)
    views, frames = [], []
    problems: list[RosterProblem] = []
    for index, (grid, header) in enumerate(tables):
        report(0.3 + 0.7 * index / len(tables), grid.sheet)
        if grid.hidden and sheet is None and header is not None:
            problems.append(unfit(grid.sheet, "hidden"))
            views.append(SheetView(grid.sheet, None))
            continue
        if header is None:
            if grid.is_filled:
                problems.append(_unread(grid.sheet, _("This sheet has no header row, so it was not read."), kind))
            views.append(SheetView(grid.sheet, None))
            continue
        missing = [group for group in kind.needed if not set(group) & set(header.fields)]
        if missing:
            problems.append(_unread(grid.sheet, _("A column that is needed is missing."), kind, missing, header.last))
            views.append(SheetView(grid.sheet, None, header.columns))
            continue
        view, frame = read_sheet(grid, header, titles=kind.titles, telling=kind.telling)
        views.append(view)
        frames.append(frame)
        problems.extend(sheet_problems(view, kind.titles, without=OTHER, columns_matter=kind.columns_matter))
    if not frames:
        raise InputError(_nothing_read(shown_file(path.name), kind, problems))
    rows = joined_rows(path.name, frames)
    people = set(rows["head"]) if "head" in rows else ()
    return Listing(shown_file(path.name, people), kind, tuple(views), rows, problems)


def _unread(
    sheet: str, message: str, kind: ListKind, missing: Sequence[tuple[str, ...]] = (), row: int = -1
) -> RosterProblem:
    fix = _("Give it a header row with: {columns}.").format(columns=columns_text(missing or kind.needed, kind))
    return RosterProblem("sheet-unread", "error" if missing else "info", sheet, row + 1, "", message, fix)


def columns_text(groups: Sequence[tuple[str, ...]], kind: ListKind) -> str:
    """Name groups of fields, of each of which one column is needed."""
    return "; ".join(" / ".join(_(kind.titles[name]) for name in group) for group in groups)


def _nothing_read(file: str, kind: ListKind, problems: list[RosterProblem]) -> str:
    lacking = [problem.fix for problem in problems if problem.severity == "error"]
    fix = lacking[0] if lacking else _unread("", "", kind).fix
    return _(
        "“{file}” cannot be read as “{kind}”: no sheet has the columns that are needed. {fix} "
        "A column of another name can be named with --map."
    ).format(file=file, kind=_(kind.title), fix=fix)


@dataclass(frozen=True)
class ListImport:
    """
    What taking a list into the workspace did.

    Attributes
    ----------
    file
        Name of the file.
    rows, added, changed, unchanged, left_out
        Counts of its rows: all; new; known with a change; known without; left out because of a problem.
    problems
        Everything found wrong.
    preview
        What was understood of the sheets.
    counted
        Households whose counts of persons were set by the list.
    """

    file: str
    rows: int
    added: int
    changed: int
    unchanged: int
    left_out: int
    problems: tuple[RosterProblem, ...]
    preview: dict[str, Any]
    counted: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give everything for `--json`; holds no personal data."""
        return asdict(self)


def in_sheet_order(listing: Listing) -> tuple[RosterProblem, ...]:
    """Sort the problems of a list as its sheets and rows stand."""
    sheets = {view.sheet: number for number, view in enumerate(listing.sheets)}
    return tuple(sorted(listing.problems, key=lambda p: (sheets.get(p.sheet, len(sheets)), p.row, p.kind)))


def roster_fields(*names: str) -> dict[str, str]:
    """Pick fields of the roster with their titles."""
    return {name: FIELDS[name] for name in names}
