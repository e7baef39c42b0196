"""
What the vault was before its last steps, so that it can be brought back to where the workspace stands.

A step notes the last row before it, and temporary triggers keep every earlier row that it changes or removes, as
encrypted as it was. Going back removes the later rows and puts the earlier ones into their places.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from census_map.roster.vault_file import HOUSEHOLD
from census_map.workspace.companion import KEPT_STEPS

_TABLES = {"household": ("rowid", *HOUSEHOLD), "record": ("id", "kind", "key", "value")}
_STEP = (
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL, finished INTEGER NOT NULL, "
    "last_household INTEGER NOT NULL, last_record INTEGER NOT NULL, seal BLOB NOT NULL"
)
_EARLIER = {
    f"earlier_{table}": ", ".join(["step INTEGER NOT NULL", *(f"old_{column}" for column in columns)])
    for table, columns in _TABLES.items()
}


@contextmanager
def keeping(connection: sqlite3.Connection, name: str, seal: bytes) -> Iterator[None]:
    """
    Keep what a step changes, inside the transaction that is open.

    Parameters
    ----------
    name
        Of the step.
    seal
        Over all households and records as they are before it.
    """
    for table, columns in {"step": _STEP, **_EARLIER}.items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
    _forget(connection, "id <= (SELECT max(id) FROM step) - ?", KEPT_STEPS - 1)
    last = [_last(connection, table) for table in _TABLES]
    cursor = connection.execute(
        "INSERT INTO step (name, finished, last_household, last_record, seal) VALUES (?, 0, ?, ?, ?)",
        (name, *last, seal),
    )
    step = int(cursor.lastrowid or 0)
    for (table, names), before in zip(_TABLES.items(), last, strict=True):
        values = ", ".join(f"OLD.{column}" for column in names)
        for event in ("DELETE", "UPDATE"):
            connection.execute(
                f"CREATE TEMP TRIGGER keep_{table}_{event} BEFORE {event} ON main.{table} "
                f"WHEN OLD.{names[0]} <= {before} "
                f"BEGIN INSERT INTO earlier_{table} VALUES ({step}, {values}); END"
            )
    try:
        yield
    finally:
        _drop_triggers(connection)


def _drop_triggers(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        for event in ("DELETE", "UPDATE"):
            connection.execute(f"DROP TRIGGER IF EXISTS temp.keep_{table}_{event}")


def _last(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0])


def _forget(connection: sqlite3.Connection, which: str, *values: int) -> None:
    """Forget what was before some steps."""
    for table in _TABLES:
        connection.execute(f"DELETE FROM earlier_{table} WHERE step IN (SELECT id FROM step WHERE {which})", values)
    connection.execute(f"DELETE FROM step WHERE {which}", values)


def last_step(connection: sqlite3.Connection) -> tuple[str, bool] | None:
    """Give the last step that is in force: its name, and whether it is known to be finished; None for none."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'step'").fetchone():
        return None
    row = connection.execute("SELECT name, finished FROM step ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else (str(row[0]), bool(row[1]))


def finish(connection: sqlite3.Connection, name: str) -> None:
    """Note that the workspace shares a step."""
    connection.execute("UPDATE step SET finished = 1 WHERE name = ?", (name,))


def households_of_last(connection: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """Give the uids of the households that the last step added, and of those that it removed."""
    step, before = connection.execute("SELECT id, last_household FROM step ORDER BY id DESC LIMIT 1").fetchone()
    earlier = {uid for (uid,) in connection.execute("SELECT old_uid FROM earlier_household WHERE step = ?", (step,))}
    new = {uid for (uid,) in connection.execute("SELECT uid FROM household WHERE rowid > ?", (before,))}
    there = {uid for uid in earlier if connection.execute("SELECT 1 FROM household WHERE uid = ?", (uid,)).fetchone()}
    return new - earlier, earlier - there


def go_back(connection: sqlite3.Connection) -> bytes:
    """
    Undo the last step, inside the transaction that is open.

    Returns
    -------
    seal
        Over all households and records as they were before the step.
    """
    step, *last, seal = connection.execute(
        "SELECT id, last_household, last_record, seal FROM step ORDER BY id DESC LIMIT 1"
    ).fetchone()
    for (table, columns), before in zip(_TABLES.items(), last, strict=True):
        connection.execute(f"DELETE FROM {table} WHERE rowid > ?", (before,))
        # What was kept last is put back first, so that of a row changed twice the earliest stands.
        connection.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) "
            f"SELECT {', '.join(f'old_{c}' for c in columns)} FROM earlier_{table} WHERE step = ? ORDER BY rowid DESC",
            (step,),
        )
    _forget(connection, "id = ?", step)
    return bytes(seal)
