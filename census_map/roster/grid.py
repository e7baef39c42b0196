"""Read a workbook or a text table into plain grids of cells, whatever program and encoding wrote it."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _
from census_map.packages import require
from census_map.roster import compound_file
from census_map.roster.encoding import read_text

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et")
TEXTS = (".csv", ".tsv", ".txt")
_OPEN_MARK = "~$"
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Grid:
    """
    The cells of one sheet.

    Attributes
    ----------
    sheet
        Name of the sheet; empty for a text table.
    rows
        Cells as read: text, number, date, or empty text.
    merged
        Merged ranges as ((first row, first column), (last row, last column)), from 0.
    """

    sheet: str
    rows: list[list[Any]]
    merged: tuple[Range, ...] = ()


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
        raise InputError(_("“{file}” is a folder: choose a file in it.").format(file=path.name))
    if not path.is_file():
        raise InputError(_("There is no file “{file}”: check the name.").format(file=path.name))
    if path.name.startswith(_OPEN_MARK):
        raise InputError(
            _("“{file}” only marks a workbook that is open in Excel: choose “{name}”.").format(
                file=path.name, name=path.name.removeprefix(_OPEN_MARK)
            )
        )
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise _not_opened(path) from error
    if not head:
        raise InputError(_("“{file}” is empty: choose the file that is filled in.").format(file=path.name))
    if head == compound_file.SIGNATURE and not compound_file.is_sound(path.read_bytes()):
        raise _not_a_workbook(path)
    is_workbook = head.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or path.suffix.lower() in WORKBOOKS
    grids = _read_workbook(path, sheet) if is_workbook else [_read_text(path)]
    if not any(any(cell != "" for cell in row) for grid in grids for row in grid.rows):
        raise InputError(_("“{file}” holds no filled cells: choose the file that is filled in.").format(file=path.name))
    return grids


def _read_workbook(path: Path, sheet: str | None) -> list[Grid]:
    calamine = require("python_calamine", "python-calamine")
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            names = list(book.sheet_names)
            if sheet is not None and sheet not in names:
                raise InputError(
                    _("“{file}” has no sheet “{sheet}”: choose one of {names}.").format(
                        file=path.name, sheet=sheet, names=", ".join(names)
                    )
                )
            return [_read_sheet(book, name) for name in names if sheet in (None, name)]
    except calamine.PasswordError as error:
        raise InputError(
            _("“{file}” is protected with a password: save a copy without password.").format(file=path.name)
        ) from error
    except PermissionError as error:
        raise _not_opened(path) from error
    except (calamine.CalamineError, OSError) as error:
        raise _not_a_workbook(path) from error


def _not_a_workbook(path: Path) -> InputError:
    return InputError(
        _("“{file}” cannot be read as a workbook: open it in the spreadsheet program and save it again.").format(
            file=path.name
        )
    )


def _not_opened(path: Path) -> InputError:
    return InputError(
        _("“{file}” cannot be opened: close it in Excel, and see that you may read it.").format(file=path.name)
    )


def _read_sheet(book: Any, name: str) -> Grid:
    table = book.get_sheet_by_name(name)
    rows = table.to_python(skip_empty_area=False)
    return Grid(name, rows, tuple(getattr(table, "merged_cell_ranges", None) or ()))


def _read_text(path: Path) -> Grid:
    text = read_text(path)
    sample = text[:20000]
    delimiter = max(",;\t|", key=sample.count) if any(d in sample for d in ",;\t|") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(_("“{file}” cannot be read as a table: save it as xlsx.").format(file=path.name)) from error
    return Grid("", [list(row) for row in rows])
