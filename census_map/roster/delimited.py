"""
Text tables (csv): rows of cells, and the rows in which a quotation mark is opened and never closed.

A mark that is never closed swallows everything up to the next one, rows and all. What was swallowed looks like rows of
the table, and that gives it away: a cell that truly runs over several lines does not consist of whole rows.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import islice

_DELIMITERS = ",;\t|"
_LOOK_AT = 20_000  # characters that tell the delimiter
_LOOK_ROWS = 200
_QUOTE = '"'
_BLOCK = 1000  # lines that are read at once; one bad mark among them makes them be read one by one
_LONGEST_ROW = 1000  # lines


def read_delimited(text: str) -> tuple[list[list[str]], tuple[int, ...]]:
    """
    Take a text table apart.

    Parameters
    ----------
    text
        Separated by commas, semicolons, tabs or bars.

    Returns
    -------
    rows, opened
        The cells, and the rows (from 1) in which a quotation mark is never closed: they are read with the mark as an
        ordinary character, taken off at the beginning of its cell.

    Raises
    ------
    csv.Error
        It is no table.
    """
    sample = text[:_LOOK_AT]
    delimiter = max(_DELIMITERS, key=sample.count) if any(d in sample for d in _DELIMITERS) else ","
    lines = list(io.StringIO(text, newline=""))
    if _QUOTE not in text:
        return list(csv.reader(lines, delimiter=delimiter)), ()
    counts = Counter(line.count(delimiter) for line in lines[:_LOOK_ROWS] if _QUOTE not in line)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    rows: list[list[str]] = []
    opened: list[int] = []
    at = 0
    while at < len(lines):
        plain = _closed_lines(lines, at)
        found = list(csv.reader(lines[at : at + plain], delimiter=delimiter))
        if plain and len(found) == plain:
            rows += found
            at += plain
            continue
        taken = _lines_of_a_row(lines, at, delimiter, usual)
        if taken is None:
            rows.append(_unquoted(lines[at], delimiter))
            opened.append(len(rows))
        else:
            rows += csv.reader(lines[at : at + taken], delimiter=delimiter)
        at += taken or 1
    return rows, tuple(opened)


def _closed_lines(lines: Sequence[str], at: int) -> int:
    """Count the lines from here on that close every mark they open."""
    end = at
    while end < len(lines) and end - at < _BLOCK and lines[end].count(_QUOTE) % 2 == 0:
        end += 1
    return end - at


def _lines_of_a_row(lines: Sequence[str], at: int, delimiter: str, usual: int) -> int | None:
    """Tell over how many lines the row runs that begins here; None where a mark is opened and never closed."""
    reader = csv.reader(islice(lines, at, at + _LONGEST_ROW), delimiter=delimiter)
    try:
        next(reader, None)
    except csv.Error:  # a cell that is longer than any cell
        return None
    taken = reader.line_num
    # Lines that are rows by themselves were swallowed; so was the rest of the file where no mark follows.
    if any(usual and line.count(delimiter) >= usual for line in lines[at + 1 : at + taken]):
        return None
    try:
        list(csv.reader(lines[at : at + taken], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None if "unexpected end" in str(error) else taken
    return taken


def _unquoted(line: str, delimiter: str) -> list[str]:
    """Read one line with a quotation mark as an ordinary character."""
    cells = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    return [cell.strip().strip(_QUOTE) if _QUOTE in cell else cell for cell in cells]
