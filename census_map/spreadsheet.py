"""
Write for spreadsheets: texts from the data stay texts, whatever they begin with, and a file is there whole or not.

In a workbook no text becomes a formula, a link or a number. A spreadsheet that opens a CSV file runs a cell that begins
with a sign as a formula, so such a text gets an apostrophe in front.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from census_map.packages import require
from census_map.targets import result_file

# Full-width signs too: spreadsheets in East Asian languages read them as the plain ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TEXT_STAYS_TEXT = {
    # Nothing goes through a temporary folder.
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


@contextmanager
def new_workbook(path: Path) -> Iterator[Any]:
    """
    Write a workbook; it takes the place of an older one only when it is complete.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    book
        A workbook of xlsxwriter.

    Raises
    ------
    InputError
        The file cannot be written, or xlsxwriter is not installed.
    """
    writer = require("xlsxwriter", "xlsxwriter")
    failures = (writer.exceptions.XlsxFileError,)
    with result_file(path, failures=failures) as draft, writer.Workbook(str(draft), _TEXT_STAYS_TEXT) as book:
        yield book


def csv_text(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula when it opens a CSV file."""
    return (
        f"'{value}" if isinstance(value, str) and value.lstrip(" \u3000\ufeff").startswith(_FORMULA_STARTS) else value
    )
