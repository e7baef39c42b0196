"""
Read a household roster as a clerk made it, say what was understood, and list what is wrong, cell by cell.

No message quotes a cell: a cell may hold a name, a phone or an identity number. Messages say sheet, row and column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.beside import find_tables
from census_map.roster.grid import Grid, read_grids
from census_map.roster.headers import ADDRESS_PARTS, FIELDS, Header, header_words
from census_map.roster.households_only import only_households
from census_map.roster.likely_names import shown_file
from census_map.roster.listed_columns import roster_columns
from census_map.roster.sheet_kinds import why_no_list
from census_map.roster.sheet_problems import headless, no_header, sheet_problems, unfit, without_address
from census_map.roster.sheet_rows import read_sheet
from census_map.roster.sheet_view import RosterProblem, SheetView
from census_map.task import Report, many_small_objects, portion, silent

ROW_FIELDS = ("sheet", "title", "row", "heading", *(name for name in FIELDS if name not in ADDRESS_PARTS))


class NoRows(InputError):
    """A file has the header that is needed, and nothing below it."""


@dataclass(frozen=True)
class Roster:
    """
    A roster as read.

    Attributes
    ----------
    file
        Name of the file, without folder; `…` where it may hold a person's name.
    sheets
        What was understood.
    rows
        One row a household: `ROW_FIELDS`, texts as typed without outer blanks (empty text: nothing).
    problems
        What is wrong in the sheets as such; `values.read_values` adds what is wrong in the cells.
    name
        Name of the file as it is. **May be personal.**
    """

    file: str
    sheets: tuple[SheetView, ...]
    rows: pd.DataFrame
    problems: tuple[RosterProblem, ...]
    name: str = ""

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
    persons: bool = False,
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
    persons
        Take every row of a list of persons, not the heads of household alone.

    Raises
    ------
    InputError
        The file cannot be read, or no sheet has a header.
    """
    report(0.0, _("reading the file"))
    synonyms = roster_columns(profile)
    tables = find_tables(read_grids(path, sheet=sheet), synonyms, mapping)
    if sheet is not None:
        tables = [(replace(grid, hidden=False), header) for grid, header in tables]
    words = header_words(synonyms, FIELDS)
    return read_sheets(path.name, tables, words, persons=persons, report=portion(report, 0.3, 1))


def read_sheets(
    file: str,
    sheets: Sequence[tuple[Grid, Header | None]],
    words: Mapping[str, str],
    *,
    persons: bool = False,
    chosen: bool = False,
    report: Report = silent,
) -> Roster:
    """
    Read the households of sheets whose headers are known.

    Parameters
    ----------
    file
        Name of the file, for messages.
    sheets
        Each with its header; without one it is not read.
    words
        Field of every known header text, squeezed.
    persons
        As for `read_roster`.
    chosen
        The user has looked at the sheets and chosen them.

    Raises
    ------
    InputError
        No sheet lists households, or none has a row below its header.
    """
    views, frames = [], []
    problems: list[RosterProblem] = []
    for index, (grid, header) in enumerate(sheets):
        report(index / len(sheets), grid.sheet)
        reason = _unfit(grid, header, words)
        reason = reason if reason == "form" or not chosen else None
        if header is None or reason is not None:
            views.append(SheetView(grid.sheet, None))
            problems += [unfit(grid.sheet, reason) if reason else no_header(grid.sheet)] if grid.is_filled else []
            continue
        view, frame = read_sheet(grid, header)
        if not persons:
            view, frame, lost = only_households(file, view, frame)
            problems += headless(grid.sheet, lost)
        _landlords_who_live_there(frame)
        views.append(view)
        frames.append(frame)
        problems += sheet_problems(view, FIELDS) + without_address(view)
    if not frames:
        raise InputError(_nothing_read(file, problems))
    rows = joined_rows(file, frames)
    return Roster(shown_file(file, set(rows["head"])), tuple(views), rows, tuple(problems), file)


def _unfit(grid: Grid, header: Header | None, words: Mapping[str, str]) -> str | None:
    if not grid.is_filled:
        return None
    return why_no_list(grid, header, words) or ("hidden" if grid.hidden and header is not None else None)


def _landlords_who_live_there(rows: pd.DataFrame) -> None:
    """Where a row names a landlord and no tenant, the landlord's household lives there."""
    alone = (rows["head"] == "") & (rows["identity"] == "") & (rows["owner"] != "")
    if alone.any():
        for name, own in (("head", "owner"), ("identity", "owner_identity"), ("phone", "owner_phone")):
            rows[name] = rows[name].mask(alone & (rows[own] != ""), rows[own]).astype(object)
            rows[own] = rows[own].mask(alone, "").astype(object)


def _nothing_read(file: str, problems: Sequence[RosterProblem]) -> str:
    told = [problem for problem in problems if problem.kind != "no-header"]
    if told:
        return f"“{shown_file(file)}”: {told[0].message} {told[0].fix}"
    return _(
        "“{file}”: no row looks like the header of a roster. Give the columns a header row with at least "
        "the head of household and the address, or name them with --map address=HEADER."
    ).format(file=shown_file(file))


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
        raise NoRows(
            _("“{file}” has no row below its header: choose the file that is filled in.").format(file=shown_file(file))
        )
    return rows
