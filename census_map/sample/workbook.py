"""Writing the roster's sheets into an Excel workbook, the same bytes every time."""

from datetime import datetime
from pathlib import Path

from census_map.sample.clerks import Sheet

_MADE = datetime(2026, 10, 20, 8, 30)  # noqa: DTZ001  Excel's times have no zone
_WIDTHS = {"address": 34, "head": 10, "identity": 21, "phone": 15, "remark": 16}


def write_workbook(sheets: list[Sheet], path: Path) -> None:
    """
    Write an Excel workbook.

    Parameters
    ----------
    sheets
        In order.
    path
        A file that is made anew.
    """
    import xlsxwriter  # noqa: PLC0415  QGIS may lack it; drawing a township does not need it

    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"title": "户主姓名底册", "created": _MADE, "author": "东华街道人普办"})
        title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        header = book.add_format(
            {"bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#DDE7F0"}
        )
        middle = book.add_format({"border": 1, "align": "center", "valign": "vcenter"})
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, title, header, middle)


def _write_sheet(page: object, sheet: Sheet, title: object, header: object, middle: object) -> None:
    form = sheet.form
    last = len(form.columns) - 1
    page.merge_range(0, 0, 0, last, sheet.title, title)  # type: ignore[attr-defined]
    page.set_row(0, 28)  # type: ignore[attr-defined]
    if form.bands:
        for text, first, final in form.bands:
            page.merge_range(1, first, 1, final, text, header)  # type: ignore[attr-defined]
    elif sheet.note:
        page.merge_range(1, 0, 1, last, sheet.note)  # type: ignore[attr-defined]
    for column, (text, name) in enumerate(form.columns):
        page.write_string(form.header_row - 1, column, text, header)  # type: ignore[attr-defined]
        page.set_column(column, column, _WIDTHS.get(name, 9))  # type: ignore[attr-defined]
    merged_rows = {row for _text, first, final in sheet.merged for row in range(first, final + 1)}
    for row, cells in [*sheet.rows, sheet.totals]:
        for column, cell in enumerate(cells):
            if cell == "" or (column == 0 and row in merged_rows):
                continue
            if isinstance(cell, str):
                page.write_string(row - 1, column, cell)  # type: ignore[attr-defined]
            else:
                page.write_number(row - 1, column, cell)  # type: ignore[attr-defined]
    for text, first, final in sheet.merged:
        page.merge_range(first - 1, 0, final - 1, 0, text, middle)  # type: ignore[attr-defined]
    page.freeze_panes(form.header_row, 0)  # type: ignore[attr-defined]
