"""What the library tells the windows: plain rows and counts, nothing that keeps a file open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from census_map.roster.preview import SheetLook
    from census_map.roster.sheet_view import RosterProblem

Cell = str | int | float | None


@dataclass(frozen=True)
class Looked:
    """
    Files as they were looked at.

    Attributes
    ----------
    titles
        What a column may be: fields with their titles, to be translated.
    needed
        Of each group of fields a sheet must have one.
    files
        What the sheets of each file look like, by name.
    """

    titles: dict[str, str]
    needed: tuple[tuple[str, ...], ...]
    files: "tuple[dict[str, SheetLook], ...]"


@dataclass(frozen=True)
class Rows:
    """
    One table as it is shown.

    Attributes
    ----------
    name, title, hint
        Key; what it is; what to do with it.
    titles, rows
        Of the columns; the cells, which name nobody.
    wide
        Places of the columns that take the room that is left.
    table, places
        Where each row is on the map: uids of this table; empty where it has none.
    keys
        What each row stands for: uid of a household, an entry, or a thing of the map.
    made
        False: its rows are made when they are asked for.
    """

    name: str
    title: str
    titles: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    hint: str = ""
    wide: tuple[int, ...] = ()
    table: str = ""
    places: tuple[tuple[str, ...], ...] = ()
    keys: tuple[Any, ...] = ()
    made: bool = True


@dataclass(frozen=True)
class Outcome:
    """
    What came of a list.

    Attributes
    ----------
    lines
        Sentences to be read first.
    tables
        Counts and rows.
    problems
        Everything found wrong, each with its remedy, and the file it is about.
    """

    lines: tuple[str, ...]
    tables: tuple[Rows, ...] = ()
    problems: "tuple[tuple[str, RosterProblem], ...]" = ()


@dataclass(frozen=True)
class PlanView:
    """
    What importing one file would do.

    Attributes
    ----------
    added, changed, kept, gone, repeated
        Counts of households, and of rows left out because they repeat an earlier one.
    changed_rows, gone_rows
        uid, sheet, row and a text for each.
    """

    file: str
    added: int
    changed: int
    kept: int
    gone: int
    repeated: int
    problems: "tuple[RosterProblem, ...]"
    changed_rows: list[tuple[str, str, int | None, str]] = field(default_factory=list)
    gone_rows: list[tuple[str, str, int | None, str]] = field(default_factory=list)


def cells_of(frame: "pd.DataFrame") -> list[tuple[Cell, ...]]:
    """Give the cells of a frame: whole numbers without a point, nothing for what is missing."""
    rows = frame.astype(object).where(frame.notna(), None)
    return [tuple(_cell(value) for value in row) for row in rows.itertuples(index=False, name=None)]


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    number = float(value)
    return int(number) if number.is_integer() else round(number, 2)
