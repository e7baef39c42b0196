"""Write frames as Excel workbooks: texts stay texts, whatever they begin with, and every sheet prints well."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.i18n import _
from census_map.roster.workbook_file import CELL, HEADER, NOTE, TITLE, TOTAL, WorkbookFile, new_workbook_file
from census_map.task import many_small_objects

LONGEST_SHEET = 1_000_000  # rows; a spreadsheet holds 1,048,576
_WIDEST = 42
_ILLEGAL = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


@dataclass(frozen=True)
class SheetSpec:
    """
    One sheet to write.

    Attributes
    ----------
    name, title
        Name of the sheet (cut to 31 characters); title over the table.
    frame
        Its columns become the header; the index is not written.
    totals
        Columns with a total in the last row: values, not formulas.
    note
        Line under the title, such as a notice of confidentiality.
    """

    name: str
    title: str
    frame: pd.DataFrame
    totals: Sequence[str] = field(default_factory=tuple)
    note: str = ""


@many_small_objects()
def write_workbook(path: Path, sheets: Sequence[SheetSpec], *, names: bool = False) -> None:
    """
    Write a workbook; it takes the place of an older one only when it is complete.

    A table longer than a sheet holds goes on in a further sheet.

    Parameters
    ----------
    path
        The file.
    sheets
        What stands in it.
    names
        It holds names: only its user may read it, then and later.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    parts = [part for sheet in sheets for part in _parts(sheet)]
    with new_workbook_file(path, names=names) as book:
        for number, sheet in enumerate(parts, start=1):
            _write_sheet(book, sheet, number)


def _parts(spec: SheetSpec) -> list[SheetSpec]:
    if len(spec.frame) <= LONGEST_SHEET:
        return [spec]
    starts = range(0, len(spec.frame), LONGEST_SHEET)
    return [replace(spec, frame=spec.frame.iloc[start : start + LONGEST_SHEET]) for start in starts]


def _write_sheet(book: WorkbookFile, spec: SheetSpec, number: int) -> None:
    frame = spec.frame
    names = [str(column) for column in frame.columns]
    columns = [_plain(frame.iloc[:, at]) for at in range(len(names))]
    widths = [_width(name, values[:500]) for name, values in zip(names, columns, strict=True)]
    # Titles need two columns to span.
    widths += [_width("", [])] * (2 - len(widths))
    above = [spec.title, *([spec.note] if spec.note else [])]
    name = f"{number} {spec.name}".translate(_ILLEGAL)[:31]
    with book.sheet(name, widths, frozen=len(above) + 1, title_rows=len(above)) as sheet:
        for text, form, height in zip(above, (TITLE, NOTE), (28, None), strict=False):
            sheet.row([text, *[None] * (len(widths) - 1)], form, height=height)
        sheet.row(names, HEADER)
        sheet.table(columns, CELL)
        if spec.totals:
            sheet.row(_totals(spec, names, columns), TOTAL)


def _plain(column: pd.Series) -> list[Any]:
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values


def _totals(spec: SheetSpec, names: list[str], columns: list[list[Any]]) -> list[Any]:
    sums = [
        sum(filter(None, values)) if name in spec.totals else None for name, values in zip(names, columns, strict=True)
    ]
    return [_("Total") if at == 0 and value is None else value for at, value in enumerate(sums)]


def _width(name: str, values: list[Any]) -> float:
    longest = max((_shown(str(value)) for value in [name, *values] if value is not None), default=8)
    return float(min(max(longest + 2, 6), _WIDEST))


def _shown(text: str) -> int:
    return sum(2 if ord(character) > 0x2000 else 1 for character in text)
