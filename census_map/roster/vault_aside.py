"""
What was taken out of a vault on the word of its workspace: kept as encrypted as it was, until somebody decides.

The workspace is a file that any program writes; nothing is lost for good because of what it says.
"""

import json
import sqlite3
from typing import Any

from census_map.roster.vault_file import HOUSEHOLD

_TABLE = (
    "CREATE TABLE IF NOT EXISTS aside (id INTEGER PRIMARY KEY, step TEXT NOT NULL, kind TEXT NOT NULL, content TEXT)"
)
_RECORD = ("kind", "key", "value")


def keep_last(connection: sqlite3.Connection) -> int:
    """Keep the rows that going back from the last step takes out or replaces, in the transaction that is open."""
    connection.execute(_TABLE)
    step, name, last_household, last_record = connection.execute(
        "SELECT id, name, last_household, last_record FROM step ORDER BY id DESC LIMIT 1"
    ).fetchone()
    households = connection.execute(
        f"SELECT {', '.join(HOUSEHOLD)} FROM household WHERE rowid > ? "
        "OR uid IN (SELECT old_uid FROM earlier_household WHERE step = ?)",
        (last_household, step),
    ).fetchall()
    records = connection.execute(f"SELECT {', '.join(_RECORD)} FROM record WHERE id > ?", (last_record,)).fetchall()
    rows = [(name, "household", _packed(row)) for row in households] + [
        (name, "record", _packed(row)) for row in records
    ]
    connection.executemany("INSERT INTO aside (step, kind, content) VALUES (?, ?, ?)", rows)
    return len(rows)


def count(connection: sqlite3.Connection) -> dict[str, int]:
    """Count what is kept, by kind."""
    if not _is_there(connection):
        return {}
    return dict(connection.execute("SELECT kind, count(*) FROM aside GROUP BY kind ORDER BY kind").fetchall())


def put_back(connection: sqlite3.Connection) -> int:
    """Put everything back, the latest last, in the transaction that is open; counts it."""
    if not _is_there(connection):
        return 0
    rows = connection.execute("SELECT kind, content FROM aside ORDER BY id").fetchall()
    for kind, content in rows:
        columns = HOUSEHOLD if kind == "household" else _RECORD
        marks = ", ".join("?" * len(columns))
        connection.execute(f"INSERT OR REPLACE INTO {kind} ({', '.join(columns)}) VALUES ({marks})", _unpacked(content))
    drop(connection)
    return len(rows)


def drop(connection: sqlite3.Connection) -> int:
    """Drop everything for good, in the transaction that is open; counts it."""
    return int(connection.execute("DELETE FROM aside").rowcount) if _is_there(connection) else 0


def _is_there(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'aside'").fetchone() is not None


def _packed(row: tuple[Any, ...]) -> str:
    return json.dumps([{"hex": cell.hex()} if isinstance(cell, bytes) else cell for cell in row])


def _unpacked(content: str) -> list[Any]:
    return [bytes.fromhex(cell["hex"]) if isinstance(cell, dict) else cell for cell in json.loads(content)]
