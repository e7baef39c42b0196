"""
Write for spreadsheets: texts from the data stay texts, whatever they begin with, and a file is there whole or not.

In a workbook no text becomes a formula, a link or a number. A spreadsheet that opens a CSV file runs a cell that begins
with a sign as a formula, so such a text gets an apostrophe in front.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _
from census_map.packages import require

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
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
    draft = path.with_name(path.name + ".part")
    try:
        with writer.Workbook(str(draft), _TEXT_STAYS_TEXT) as book:
            yield book
        draft.replace(path)
    except (OSError, writer.exceptions.FileCreateError) as error:
        raise InputError(
            _("“{file}” cannot be written: close it in Excel, or choose another folder.").format(file=path.name)
        ) from error
    finally:
        with suppress(OSError):  # such as a folder that is a file
            draft.unlink(missing_ok=True)


def csv_text(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula when it opens a CSV file."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
