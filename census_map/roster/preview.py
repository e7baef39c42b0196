"""
Look at a roster file before it is taken in: which sheets, which header, which columns, the first rows.

Nothing is written. What the rows hold may be personal: `conceal` says what may be shown unasked.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.address import parse_address
from census_map.roster.beside import find_tables
from census_map.roster.grid import Grid, read_grids
from census_map.roster.headers import (
    COUNTS,
    FIELDS,
    HEADER_SEARCH_ROWS,
    PLACE,
    TELLING,
    ColumnMatch,
    Header,
    header_at,
    header_words,
)
from census_map.roster.likely_names import shown_file
from census_map.roster.listed_columns import list_columns, roster_columns
from census_map.roster.listing import OTHER, Listing, ListKind
from census_map.roster.read import Roster, joined_rows, read_sheets
from census_map.roster.sheet_kinds import why_no_list
from census_map.roster.sheet_problems import sheet_problems
from census_map.roster.sheet_rows import cell_text, read_sheet
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.values import class_of, kind_of
from census_map.task import Report, silent

SAMPLE_ROWS = 8
HIDDEN = "●●●"
_SHORT_NUMBER = re.compile(r"[0-9０-９A-Za-z#＃\-—一二三四五六七八九十甲乙丙丁东西南北]{1,8}")
_LONG_NUMBER = re.compile(r"\d{7,}")
_DAY_OR_TIME = re.compile(r"[\d年月日号时点分半上中下午晚/\-.: ]{1,20}")
_DAYS = ("day", "time", "appointment", "appointment_time", "event")
_NUMBERS = ("roster_row", "persons", "births", "deaths", "moved_in", "moved_out", "use")


@dataclass(frozen=True)
class SheetLook:
    """
    What one sheet looks like.

    Attributes
    ----------
    sheet
        Name; empty for a text table.
    header_row
        Last row of the header, from 1; 0 when none was found.
    columns
        Every column that has a header or a cell in the sample, in order.
    sample
        The first rows below the header, a text for each of `columns`. **Personal**: show them through `conceal`.
    rows
        Filled rows below the header.
    is_list
        Whether nothing speaks against it: it is no form, no table of totals, and not hidden.
    """

    sheet: str
    header_row: int
    columns: tuple[ColumnMatch, ...]
    sample: tuple[tuple[str, ...], ...]
    rows: int
    is_list: bool = True

    @property
    def is_roster(self) -> bool:
        """Whether the sheet looks like a list of households."""
        return self.is_list and self.header_row > 0 and any(column.field for column in self.columns)


@dataclass(frozen=True)
class SheetChoice:
    """
    What the user made of a sheet.

    Attributes
    ----------
    header_row
        Last row of the header, from 1; 0: there is none.
    fields
        Field by index of the column; columns left out are not read.
    """

    header_row: int
    fields: Mapping[int, str]


class RosterFile:
    """
    A file whose sheets are being looked at; its cells stay in memory until it is let go.

    Parameters
    ----------
    path
        xlsx, xls, ods or csv.
    profile
        Gives the synonyms of headers.
    kind
        The list of another kind that it is; None for a roster.

    Raises
    ------
    InputError
        The file cannot be read.
    """

    def __init__(self, path: Path, profile: Profile, *, kind: ListKind | None = None, report: Report = silent) -> None:
        report(0.0, _("reading the file"))
        self.path = path
        self._kind = kind
        synonyms = roster_columns(profile) if kind is None else list_columns(profile, kind.name)
        self._titles = FIELDS if kind is None else kind.titles
        self._words = header_words(synonyms, self._titles)
        grids = read_grids(path)
        report(0.8, _("looking for the header"))
        telling = TELLING if kind is None else kind.telling
        tables = find_tables(grids, synonyms, titles=self._titles, telling=telling)
        self._grids = {grid.sheet: grid for grid, _header in tables}
        self._found = {grid.sheet: header for grid, header in tables}

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets that hold anything."""
        return [name for name, grid in self._grids.items() if grid.is_filled]

    def look(self, sheet: str, *, header_row: int | None = None) -> SheetLook:
        """
        Say what a sheet looks like.

        Parameters
        ----------
        sheet
            One of `sheets`.
        header_row
            Row that the user takes for the header, from 1; 0: none. None: the one that was found.
        """
        grid, found = self._grids[sheet], self._found[sheet]
        if header_row is not None and (found is None or header_row != found.last + 1):
            found = header_at(grid.rows, header_row, self._words, titles=self._titles)
        header = found or Header(-1, -1, ())
        below = [row for row in grid.rows[header.last + 1 :] if any(cell != "" for cell in row)]
        first = below[:SAMPLE_ROWS]
        known = {column.index: column for column in header.columns}
        width = max([len(row) for row in first] + [max(known, default=-1) + 1])
        filled = [at for at in range(width) if at in known or any(_cell(row, at) for row in first)]
        columns = tuple(known.get(at) or ColumnMatch(at, "", None, "unread", 0.0) for at in filled)
        sample = tuple(tuple(_cell(row, at) for at in filled) for row in first)
        odd = self._kind is None and found is not None and why_no_list(grid, found, self._words) is not None
        return SheetLook(sheet, header.last + 1, columns, sample, len(below), is_list=not odd and not grid.hidden)

    def read(self, choices: Mapping[str, SheetChoice], *, report: Report = silent) -> Roster:
        """
        Read the households of the chosen sheets of a roster.

        Raises
        ------
        InputError
            No sheet is chosen, a chosen sheet has none of the columns that tell a household, or there is no row.
        """
        chosen = self._chosen(choices, TELLING)
        return read_sheets(self.path.name, chosen, self._words, chosen=True, report=report)

    def read_list(self, choices: Mapping[str, SheetChoice], *, report: Report = silent) -> Listing:
        """
        Read the rows of the chosen sheets of a list of the kind that was given.

        Raises
        ------
        InputError
            No sheet is chosen, a chosen sheet lacks the columns that are needed, or there is no row.
        """
        kind = self._kind
        assert kind is not None
        sheets = self._chosen(choices, kind.needed[0])
        views, frames = [], []
        problems: list[RosterProblem] = []
        for place, (grid, header) in enumerate(sheets):
            report(place / len(sheets), grid.sheet)
            view, frame = read_sheet(grid, header, titles=kind.titles, telling=kind.telling)
            views.append(view)
            frames.append(frame)
            problems += sheet_problems(view, kind.titles, without=OTHER, columns_matter=kind.columns_matter)
        rows = joined_rows(self.path.name, frames)
        return Listing(shown_file(self.path.name), kind, tuple(views), rows, problems)

    def _chosen(self, choices: Mapping[str, SheetChoice], needed: Collection[str]) -> list[tuple[Grid, Header]]:
        if not choices:
            raise InputError(
                _("“{file}”: choose a sheet that holds households.").format(file=shown_file(self.path.name))
            )
        for sheet, choice in choices.items():
            if not set(needed) & set(choice.fields.values()):
                wanted = _(", ").join(_(title) for name, title in self._titles.items() if name in needed)
                raise InputError(
                    _("Sheet “{sheet}”: say which column is one of these: {fields}.").format(
                        sheet=sheet or shown_file(self.path.name), fields=wanted
                    )
                )
        return [(self._grids[sheet], self._header(sheet, choice)) for sheet, choice in choices.items()]

    def _header(self, sheet: str, choice: SheetChoice) -> Header:
        look = self.look(sheet, header_row=choice.header_row)
        columns = tuple(_as_chosen(column, choice.fields.get(column.index)) for column in look.columns)
        found = self._found[sheet]
        first = found.first if found is not None and found.last + 1 == choice.header_row else choice.header_row - 1
        texts = found.texts if found is not None else {}
        return Header(first, choice.header_row - 1, columns, texts, self._words)


def _as_chosen(column: ColumnMatch, field: str | None) -> ColumnMatch:
    if field is None:
        return ColumnMatch(column.index, column.header, None, "unread", 0.0)
    if field == column.field and column.how == "exact":
        return column
    return ColumnMatch(column.index, column.header, field, "given", 1.0)


def _cell(row: list[Any], at: int) -> str:
    return cell_text(row[at]) if at < len(row) else ""


def likely_header_rows(look: SheetLook) -> int:
    """Give the number of rows among which the user may choose the header."""
    return min(HEADER_SEARCH_ROWS, look.header_row + look.rows)


def conceal(text: str, field: str | None) -> str:
    """
    Give what may be shown of a cell unasked: counts, numbers and places, but nothing that may identify a person.

    Parameters
    ----------
    text
        The cell.
    field
        What its column is, such as one of `headers.FIELDS`; None for a column that is not read.
    """
    if not text:
        return ""
    if _LONG_NUMBER.search(text):
        return HIDDEN
    if field in ("kind", "class"):
        return text if kind_of(text) or class_of(text) else HIDDEN
    if field in _DAYS or field in ("serial", "number", *COUNTS, *_NUMBERS):
        pattern = _DAY_OR_TIME if field in _DAYS else _SHORT_NUMBER
        return text if pattern.fullmatch(text) else HIDDEN
    if field not in PLACE:
        return HIDDEN
    # A clerk who slipped by one column has put a name here: only what is a place beyond doubt is shown.
    certain = any(part.kind != "place" for part in parse_address(text).parts)
    return text if certain or _SHORT_NUMBER.fullmatch(text) else HIDDEN
