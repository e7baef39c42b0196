"""Writing Excel workbooks as an office keeps them, the same bytes every time."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.sample.clerks import Sheet
from census_map.spreadsheet import new_workbook

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
    with new_workbook(path) as book:
        _introduce(book, "户主姓名底册")
        title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        header = book.add_format(
            {"bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#DDE7F0"}
        )
        middle = book.add_format({"border": 1, "align": "center", "valign": "vcenter"})
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, title, header, middle)


def write_table(table: pd.DataFrame, title: str, path: Path) -> None:
    """
    Write a plain list: a title row, a header row, the rows.

    Parameters
    ----------
    table
        Texts and whole numbers.
    title
        First row, and name of the sheet.
    path
        A file that is made anew.
    """
    with new_workbook(path) as book:
        _introduce(book, title)
        page = book.add_worksheet(title)
        page.merge_range(0, 0, 0, len(table.columns) - 1, title, book.add_format({"bold": True, "align": "center"}))
        for column, name in enumerate(table.columns):
            page.write_string(1, column, str(name), book.add_format({"bold": True, "border": 1}))
            page.set_column(column, column, 12)
            for row, value in enumerate(table[name].tolist(), start=2):
                if value != "":
                    (page.write_string if isinstance(value, str) else page.write_number)(row, column, value)
        page.freeze_panes(2, 0)


def _introduce(book: Any, title: str) -> None:
    """Name the workbook, at a fixed time: the same bytes every time."""
    book.set_properties({"title": title, "created": _MADE, "author": "东华街道人普办"})


def _write_sheet(page: Any, sheet: Sheet, title: Any, header: Any, middle: Any) -> None:
    form = sheet.form
    last = len(form.columns) - 1
    page.merge_range(0, 0, 0, last, sheet.title, title)
    page.set_row(0, 28)
    if form.bands:
        for text, first, final in form.bands:
            page.merge_range(1, first, 1, final, text, header)
    elif sheet.note:
        page.merge_range(1, 0, 1, last, sheet.note)
    for column, (text, name) in enumerate(form.columns):
        page.write_string(form.header_row - 1, column, text, header)
        page.set_column(column, column, _WIDTHS.get(name, 9))
    merged_rows = {row for _text, first, final in sheet.merged for row in range(first, final + 1)}
    for row, cells in [*sheet.rows, sheet.totals]:
        for column, cell in enumerate(cells):
            if cell == "" or (column == 0 and row in merged_rows):
                continue
            if isinstance(cell, str):
                page.write_string(row - 1, column, cell)
            else:
                page.write_number(row - 1, column, cell)
    for text, first, final in sheet.merged:
        page.merge_range(first - 1, 0, final - 1, 0, text, middle)
    page.freeze_panes(form.header_row, 0)
