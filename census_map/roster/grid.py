"""
Read a workbook or a text table into plain grids of cells by what its bytes are, whatever program and encoding wrote it.

Workbooks of the common kind (xlsx) are looked through before they are read, the others are read in a process of their
own: a foreign reader that dies must not take the window with it.
"""

import csv
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from census_map.apart import Limits, read_apart
from census_map.errors import InputError
from census_map.i18n import _
from census_map.packages import require
from census_map.roster import compound_file
from census_map.roster.delimited import read_delimited
from census_map.roster.encoding import read_text
from census_map.roster.likely_names import is_cell, may_be_personal, shown_file
from census_map.roster.workbook_look import Facts, kind_by_content, look_into

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et")
TEXTS = (".csv", ".tsv", ".txt")
_OPEN_MARK = "~$"
_LOOK_ROWS = 200  # in which a sheet that is called after its household has that name
_WEB_PAGE = re.compile(r"\ufeff?\s*<(?:!doctype|html|\?xml|table|head|meta|mso)", re.IGNORECASE)
_LIMITS = Limits(seconds=120, memory=3 * 2**30)
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Grid:
    """
    The cells of one sheet.

    Attributes
    ----------
    sheet
        Name of the sheet, or its place in the file where its title may be a person's name; empty for a text table.
    rows
        Cells as read: text, number, date, or empty text.
    merged
        Merged ranges as ((first row, first column), (last row, last column)), from 0.
    title
        The title as it stands, to find the census area by. **May be personal.**
    hidden, hidden_rows
        Whether the sheet is hidden; numbers of its hidden rows, from 1.
    opened
        Rows of a text table, from 1, in which a quotation mark is never closed.
    from_1904
        Whether days are counted from 1904.
    """

    sheet: str
    rows: list[list[Any]]
    merged: tuple[Range, ...] = ()
    title: str = ""
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    from_1904: bool = False

    @property
    def is_filled(self) -> bool:
        """Whether any cell holds anything."""
        return any(cell != "" for row in self.rows for cell in row)


def read_grids(path: Path, *, sheet: str | None = None) -> list[Grid]:
    """
    Read the sheets of a file.

    Parameters
    ----------
    path
        xlsx, xls, ods or a text table (csv, tab or semicolon separated; UTF-8 with or without BOM, UTF-16, GB18030).
    sheet
        Only this sheet.

    Raises
    ------
    InputError
        No such file or sheet, protected with a password, damaged, or not a table.
    """
    if path.is_dir():
        raise InputError(_("“{file}” is a folder: choose a file in it.").format(file=shown_file(path.name)))
    if not path.is_file():
        raise InputError(_("There is no file “{file}”: check the name.").format(file=shown_file(path.name)))
    if path.name.startswith(_OPEN_MARK):
        raise InputError(
            _("“{file}” only marks a workbook that is open in Excel: choose “{name}”.").format(
                file=shown_file(path.name), name=path.name.removeprefix(_OPEN_MARK)
            )
        )
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise _not_opened(path) from error
    if not head:
        raise InputError(_("“{file}” is empty: choose the file that is filled in.").format(file=shown_file(path.name)))
    kind = kind_by_content(path, head)
    if kind == "old" and not compound_file.is_sound(path.read_bytes()):
        raise _not_a_workbook(path)
    grids = _read_workbook(path, kind, sheet) if kind else [_read_text(path)]
    if not any(grid.is_filled for grid in grids):
        raise InputError(
            _("“{file}” holds no filled cells: choose the file that is filled in.").format(file=shown_file(path.name))
        )
    return grids


def _read_workbook(path: Path, kind: str, sheet: str | None) -> list[Grid]:
    if kind == "old" and compound_file.is_protected(path.read_bytes()):
        raise _protected(path)
    try:
        facts = Facts({}) if kind == "old" else look_into(path, kind)
    except (BadZipFile, OSError, NotImplementedError) as error:
        raise _not_a_workbook(path) from error
    if kind == "xlsx":
        grids = read_workbook(path, kind, sheet)
    else:
        grids = read_apart(read_workbook, path.absolute(), kind, sheet, limits=_LIMITS, name=shown_file(path.name))
    return [
        replace(
            grid,
            sheet=_shown_title(grid.title, int(grid.sheet), grid.rows[:_LOOK_ROWS]),
            hidden_rows=facts.hidden_rows.get(grid.title, ()),
            from_1904=facts.from_1904,
        )
        for grid in grids
    ]


def read_workbook(path: Path, kind: str, sheet: str | None) -> list[Grid]:
    """
    Read the sheets of a workbook as they stand; `kind` as of `workbook_look.kind_by_content`.

    Raises
    ------
    InputError
        No such sheet, protected with a password, or no workbook.
    """
    calamine = require("python_calamine", "python-calamine")
    try:
        with ExitStack() as stack:
            if kind == "xlsx" and path.suffix.lower() in (".xlsx", ".xlsm"):
                book = stack.enter_context(calamine.CalamineWorkbook.from_path(str(path)))  # twice as fast
            else:
                file = stack.enter_context(path.open("rb"))
                book = stack.enter_context(calamine.CalamineWorkbook.from_filelike(file))
            sheets = [seen for seen in book.sheets_metadata if seen.typ == calamine.SheetTypeEnum.WorkSheet]
            names = [seen.name for seen in sheets]
            wanted = None if sheet is None else _wanted_sheet(path, sheet, names)
            return [
                _read_sheet(book, seen, place, hidden=seen.visible != calamine.SheetVisibleEnum.Visible)
                for place, seen in enumerate(sheets, start=1)
                if wanted in (None, seen.name)
            ]
    except calamine.PasswordError as error:
        raise _protected(path) from error
    except PermissionError as error:
        raise _not_opened(path) from error
    except (calamine.CalamineError, OSError) as error:
        raise _not_a_workbook(path) from error
    except (InputError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  a panic of the reader is no Exception, and its text quotes the file
        raise _not_a_workbook(path) from (error if isinstance(error, Exception) else None)


def _wanted_sheet(path: Path, sheet: str, names: list[str]) -> str:
    """Find a sheet by its title, or by what it is called where its title is not shown."""
    if sheet in names:
        return sheet
    for place, name in enumerate(names, start=1):
        if sheet == _place_title(place):
            return name
    shown = [_shown_title(name, place, ()) for place, name in enumerate(names, start=1)]
    raise InputError(
        _("“{file}” has no sheet “{sheet}”: choose one of {names}.").format(
            file=shown_file(path.name), sheet=sheet, names=", ".join(shown)
        )
    )


def _place_title(place: int) -> str:
    return _("sheet {n}").format(n=place)


def _shown_title(title: str, place: int, rows: Sequence[Sequence[Any]]) -> str:
    """Show the title of a sheet, or its place in the file where the title may be a person's name."""
    return _place_title(place) if may_be_personal(title) or is_cell(title, rows) else title


def _not_a_workbook(path: Path) -> InputError:
    return InputError(
        _("“{file}” cannot be read as a workbook: open it in the spreadsheet program and save it again.").format(
            file=path.name
        )
    )


def _protected(path: Path) -> InputError:
    return InputError(
        _("“{file}” is protected with a password: save a copy without password.").format(file=shown_file(path.name))
    )


def _not_opened(path: Path) -> InputError:
    return InputError(
        _("“{file}” cannot be opened: close it in Excel, and see that you may read it.").format(
            file=shown_file(path.name)
        )
    )


def _read_sheet(book: Any, seen: Any, place: int, *, hidden: bool) -> Grid:
    table = book.get_sheet_by_name(seen.name)
    rows = table.to_python(skip_empty_area=False)
    merged = tuple(getattr(table, "merged_cell_ranges", None) or ())
    return Grid(str(place), rows, merged, title=seen.name, hidden=hidden)


def _read_text(path: Path) -> Grid:
    text = read_text(path)
    if _WEB_PAGE.match(text):
        raise InputError(
            _(
                "“{file}” is a web page with another ending, as some programs export it: open it in the spreadsheet "
                "program and save it as xlsx."
            ).format(file=shown_file(path.name))
        )
    try:
        rows, opened = read_delimited(text)
    except csv.Error as error:
        raise InputError(
            _("“{file}” cannot be read as a table: save it as xlsx.").format(file=shown_file(path.name))
        ) from error
    return Grid("", rows, opened=opened)
