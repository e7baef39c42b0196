"""What was understood of a sheet, and what is wrong in it: a place and words, never a cell."""

from dataclasses import dataclass, field

from census_map.roster.headers import ColumnMatch


@dataclass(frozen=True)
class RosterProblem:
    """
    One thing wrong in a roster.

    Attributes
    ----------
    kind
        Short name of the fault.
    severity
        `error`, `warning` or `info`.
    sheet, row, column
        Where: name of the sheet, row from 1 (0: the sheet as a whole), header of the column or empty.
    message, fix
        What is wrong; what to do. Translated; never quotes a cell.
    """

    kind: str
    severity: str
    sheet: str
    row: int
    column: str
    message: str
    fix: str


@dataclass(frozen=True)
class SheetView:
    """
    What was understood of one sheet.

    Attributes
    ----------
    sheet
        Name; empty for a text table.
    header_rows
        First and last row of the header, from 1; None when the sheet is not read.
    columns
        Every headed column.
    households
        Rows read.
    skipped
        Rows that were not read as households, by reason: `blank`, `totals`, `footer`, `heading`, `header`,
        `incomplete`, `members` (persons below a head) and `table` (another table that is no list).
    unread
        Columns that hold cells and were not read, by their index; headed or not.
    crowded
        Whether columns without header are filled like a table.
    counts
        Ranges of rows over which a count of persons is merged; the first row has it.
    hidden_rows, opened, second
        Hidden rows that were read; rows with a quotation mark that is never closed; rows of further headers.
    """

    sheet: str
    header_rows: tuple[int, int] | None
    columns: tuple[ColumnMatch, ...] = ()
    households: int = 0
    skipped: dict[str, tuple[int, ...]] = field(default_factory=dict)
    unread: tuple[int, ...] = ()
    crowded: bool = False
    counts: tuple[tuple[int, int], ...] = ()
    hidden_rows: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
