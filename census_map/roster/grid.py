"""Read a workbook or a text table into plain grids of cells, whatever program and encoding wrote it."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _
from census_map.packages import require

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et")
TEXTS = (".csv", ".tsv", ".txt")
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
    if not path.is_file():
        raise InputError(_("There is no file “{file}”: check the name.").format(file=path.name))
    head = path.read_bytes()[:8] if path.stat().st_size else b""
    if not head:
        raise InputError(_("“{file}” is empty: save the roster again.").format(file=path.name))
    is_workbook = head.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or path.suffix.lower() in WORKBOOKS
    grids = _read_workbook(path, sheet) if is_workbook else [_read_text(path)]
    if not any(any(cell != "" for cell in row) for grid in grids for row in grid.rows):
        raise InputError(_("“{file}” holds no filled cells: save the roster again.").format(file=path.name))
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
    except (calamine.CalamineError, OSError) as error:
        raise InputError(
            _("“{file}” cannot be read as a workbook: open it in the spreadsheet program and save it again.").format(
                file=path.name
            )
        ) from error


def _read_sheet(book: Any, name: str) -> Grid:
    table = book.get_sheet_by_name(name)
    rows = table.to_python(skip_empty_area=False)
    return Grid(name, rows, tuple(getattr(table, "merged_cell_ranges", None) or ()))


def _read_text(path: Path) -> Grid:
    text = _decode(path)
    sample = text[:20000]
    delimiter = max(",;\t|", key=sample.count) if any(d in sample for d in ",;\t|") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(_("“{file}” cannot be read as a table: save it as xlsx.").format(file=path.name)) from error
    return Grid("", [list(row) for row in rows])


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return _strict(path, raw, encoding)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(path, raw, "gb18030")


def _strict(path: Path, raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        # The error of the codec quotes bytes of the file, so it is not chained.
        raise InputError(
            _("“{file}” is neither a workbook nor a text table: save it as xlsx, or as csv in UTF-8 or GBK.").format(
                file=path.name
            )
        )
    return text
