"""
Thousands of rows at once: what the triggers record row by row is recorded by one statement instead.

Only the triggers that keep the history and the counts of rows, fill an empty uid, or refuse what these statements
cannot do are set aside, and indexes where most of a table changes; they come back in the same transaction, so that
nobody ever sees the file without them. Locks and unique uids stay in force row by row, and the history reads the same.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from census_map.errors import WorkspaceError
from census_map.i18n import ngettext
from census_map.schema import Table
from census_map.workspace.triggers import history_insert, history_update

MANY = 1000
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_COUNT = "trigger_insert_feature_count_{}"
_BLOCK = 20  # rows of one statement
# The history that is written here in one statement is the program's own.
_HISTORY_GUARD = "history_no_forging"


def is_bulk(table: Table, rows: int) -> bool:
    """Tell whether so many rows of a table are written at once; mini-areas are few and fill their own status."""
    return rows >= MANY and table.journalled and table.name != "mini_area"


def insert_rows(connection: sqlite3.Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """
    Add many rows, inside a transaction.

    Parameters
    ----------
    columns
        The values by column, `uid` (never empty) among them.
    """
    name, number = table.name, len(columns["uid"])
    last = connection.execute(f'SELECT coalesce(max(fid), 0) FROM "{name}"').fetchone()[0]
    spare = _indexes(connection, table, table.column_names) if number >= _count(connection, name) else []
    recording = [f"{name}_history_insert", f"{name}_uid_insert", _COUNT.format(name), _COUNT.format("history")]
    # A plain INSERT replaces nothing and gives the numbers itself; the identifiers are looked through here.
    refuse_unfit_uids(columns["uid"])
    with _aside(connection, [*recording, f"{name}_replace", _HISTORY_GUARD, *spare]):
        insert_in_blocks(connection, f'INSERT INTO "{name}"', columns)
        connection.execute(history_insert(table, f"fid > {int(last)} ORDER BY fid"))
        for counted in (name, "history"):
            _add_to_count(connection, counted, number)


def refuse_unfit_uids(uids: Sequence[str]) -> None:
    """
    Refuse identifiers that are no UUIDs, as the file does row by row.

    Raises
    ------
    WorkspaceError
        Says how many there are; what they hold is not repeated.
    """
    unfit = sum(_UUID.fullmatch(uid) is None for uid in uids)
    if unfit:
        raise WorkspaceError(
            ngettext(
                "{n} identifier is no UUID: leave it empty, and a new one is made.",
                "{n} identifiers are no UUIDs: leave them empty, and new ones are made.",
                unfit,
            ).format(n=unfit)
        )


def insert_in_blocks(connection: sqlite3.Connection, statement: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """
    Add rows, several with each statement: half the time of one statement a row.

    Parameters
    ----------
    statement
        Such as `INSERT INTO "table"`, without columns and values.
    columns
        The values by column. A column that holds nothing is left out, but for the first: no table here fills it in.
    """
    first = next(iter(columns))
    filled = {name: values for name, values in columns.items() if name == first or _holds_any(values)}
    names = ", ".join(f'"{name}"' for name in filled)
    marks = f"({', '.join('?' * len(filled))})"
    cells = chain.from_iterable(zip(*filled.values(), strict=True))
    size = _BLOCK * len(filled)
    rest: list[Any] = []

    def blocks() -> Iterator[list[Any]]:
        while len(block := list(islice(cells, size))) == size:
            yield block
        rest.extend(block)

    connection.executemany(f"{statement} ({names}) VALUES {', '.join([marks] * _BLOCK)}", blocks())
    if rest:
        few = ", ".join([marks] * (len(rest) // len(filled)))
        connection.execute(f"{statement} ({names}) VALUES {few}", rest)


def _holds_any(values: Sequence[Any]) -> bool:
    return any(value is not None for value in values)


def insert_statement(table: str, columns: Sequence[str]) -> str:
    """Write the statement that adds one row."""
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'


def update_rows(
    connection: sqlite3.Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]], uids: list[str]
) -> int:
    """
    Change many rows, inside a transaction.

    Parameters
    ----------
    columns
        Of the values.
    rows
        The values, with the uid last.
    uids
        Of the rows.

    Returns
    -------
    found
        How many rows there were.
    """
    name = table.name
    spare = _indexes(connection, table, columns) if 2 * len(uids) >= _count(connection, name) else []
    kept = ", ".join(f'r."{column}"' for column in ("uid", *columns))
    connection.execute("CREATE TEMP TABLE wanted_row (uid TEXT UNIQUE)")
    try:
        connection.executemany("INSERT OR IGNORE INTO wanted_row VALUES (?)", ((uid,) for uid in uids))
        connection.execute(
            f'CREATE TEMP TABLE earlier_row AS SELECT {kept} FROM wanted_row AS w JOIN "{name}" AS r USING (uid)'
        )
        # Each row is found by its uid, so that its number stays.
        recording = [f"{name}_history_update", _COUNT.format("history"), _HISTORY_GUARD]
        with _aside(connection, [*recording, f"{name}_number", *spare]):
            found = connection.executemany(update_statement(name, columns), rows).rowcount
            recorded = connection.execute(history_update(table, columns, "temp.earlier_row")).rowcount
            _add_to_count(connection, "history", recorded)
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.earlier_row")
        connection.execute("DROP TABLE IF EXISTS temp.wanted_row")
    return found


def update_statement(table: str, columns: Sequence[str]) -> str:
    """Write the statement that changes one row."""
    return 'UPDATE "{}" SET {} WHERE uid = ?'.format(table, ", ".join(f'"{column}" = ?' for column in columns))


@contextmanager
def _aside(connection: sqlite3.Connection, names: Sequence[str]) -> Iterator[None]:
    """Drop triggers and indexes for a while; after an error the transaction that is rolled back restores them."""
    marks = ", ".join("?" * len(names))
    found = connection.execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE name IN ({marks}) AND sql IS NOT NULL", tuple(names)
    ).fetchall()
    for kind, name, _sql in found:
        connection.execute(f'DROP {kind} "{name}"')
    yield
    for _kind, _name, sql in found:
        connection.execute(sql)


def _indexes(connection: sqlite3.Connection, table: Table, columns: Sequence[str]) -> list[str]:
    """Name the indexes on some columns; those of unique columns, which refuse doubles, are not among them."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table.name,)
    )
    wanted = set(columns)
    return [
        name
        for (name,) in found.fetchall()
        if wanted & {row[2] for row in connection.execute(f'PRAGMA index_info("{name}")')}
        and not any(row[1] == name and row[2] for row in connection.execute(f'PRAGMA index_list("{table.name}")'))
    ]


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def _add_to_count(connection: sqlite3.Connection, table: str, number: int) -> None:
    connection.execute(
        "UPDATE gpkg_ogr_contents SET feature_count = feature_count + ? WHERE lower(table_name) = lower(?)",
        (number, table),
    )
