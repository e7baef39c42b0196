"""Write frames as Excel workbooks: texts stay texts, whatever they begin with, and every sheet prints well."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.i18n import _
from census_map.spreadsheet import new_workbook

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


def write_workbook(path: Path, sheets: Sequence[SheetSpec]) -> None:
    """
    Write a workbook; it takes the place of an older one only when it is complete.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    with new_workbook(path) as book:
        formats = _formats(book)
        for number, sheet in enumerate(sheets, start=1):
            _write_sheet(book, sheet, number, formats)


def _formats(book: Any) -> dict[str, Any]:
    font = {"font_name": "SimSun", "font_size": 10}
    return {
        "title": book.add_format({**font, "bold": True, "font_size": 14, "align": "center", "valign": "vcenter"}),
        "note": book.add_format({**font, "italic": True, "align": "center"}),
        "header": book.add_format(
            {
                **font,
                "bold": True,
                "border": 1,
                "text_wrap": True,
                "align": "center",
                "valign": "vcenter",
                "bg_color": "#EEEEEE",
            }
        ),
        "cell": book.add_format({**font, "border": 1, "valign": "vcenter", "text_wrap": True}),
        "total": book.add_format({**font, "border": 1, "bold": True, "top": 2}),
    }


def _write_sheet(book: Any, spec: SheetSpec, number: int, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(f"{number} {spec.name}".translate(_ILLEGAL)[:31])
    columns = [str(column) for column in spec.frame.columns]
    last = max(len(columns) - 1, 1)
    sheet.merge_range(0, 0, 0, last, spec.title, formats["title"])
    sheet.set_row(0, 28)
    top = 1
    if spec.note:
        sheet.merge_range(1, 0, 1, last, spec.note, formats["note"])
        top = 2
    sheet.write_row(top, 0, columns, formats["header"])
    rows = spec.frame.astype(object).where(spec.frame.notna(), None).to_numpy().tolist()
    for offset, row in enumerate(rows, start=top + 1):
        for column, value in enumerate(row):
            _write_cell(sheet, offset, column, value, formats["cell"])
    end = top + len(rows)
    if spec.totals:
        end += 1
        _write_totals(sheet, spec, columns, end, formats["total"])
    for column, name in enumerate(columns):
        sheet.set_column(column, column, _width(name, [row[column] for row in rows[:500]]))
    _set_print(sheet, top, end, last)


def _write_cell(sheet: Any, row: int, column: int, value: Any, cell: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, cell)
    elif isinstance(value, (bool, str)):
        sheet.write_string(row, column, str(value)[:32000], cell)
    else:
        sheet.write_number(row, column, value, cell)


def _write_totals(sheet: Any, spec: SheetSpec, columns: list[str], row: int, cell: Any) -> None:
    for column, name in enumerate(columns):
        if name in spec.totals:
            sheet.write_number(row, column, float(spec.frame[name].fillna(0).sum()), cell)
        elif column == 0:
            sheet.write_string(row, column, _("Total"), cell)
        else:
            sheet.write_blank(row, column, None, cell)


def _width(name: str, values: list[Any]) -> float:
    longest = max((_shown(str(value)) for value in [name, *values] if value is not None), default=8)
    return float(min(max(longest + 2, 6), _WIDEST))


def _shown(text: str) -> int:
    return sum(2 if ord(character) > 0x2000 else 1 for character in text)


def _set_print(sheet: Any, top: int, end: int, last: int) -> None:
    sheet.freeze_panes(top + 1, 0)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    sheet.print_area(0, 0, max(end, top), last)
    sheet.set_footer("&C&P / &N")
    sheet.set_margins(left=0.6, right=0.6, top=0.6, bottom=0.7)
