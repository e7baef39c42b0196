"""The vault's access log: who read or changed what, when and why; each entry seals the one before."""

import getpass
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from census_map.roster.cipher import Cipher

_INSERT = "INSERT INTO access (time, user, action, rows, reason, seal) VALUES (?, ?, ?, ?, ?, ?)"


def write_entry(connection: sqlite3.Connection, cipher: Cipher, action: str, rows: int, reason: str) -> None:
    """Add an entry; see `Vault.log`."""
    time, user = _now(), _user()
    stored = cipher.encrypt(reason, f"access|{time}") if reason else None
    last = connection.execute("SELECT seal FROM access WHERE seal IS NOT NULL ORDER BY id DESC LIMIT 1").fetchone()
    fields = [last[0] if last else None, time.encode(), user.encode(), action.encode(), b"%d" % rows, stored]
    connection.execute(_INSERT, (time, user, action, rows, stored, cipher.seal(fields)))


def write_refusal(connection: sqlite3.Connection) -> None:
    """Write down that a wrong passphrase was tried; without the key the entry is not sealed."""
    connection.execute(_INSERT, (_now(), _user(), "refused", 0, None, None))


def read_entries(connection: sqlite3.Connection, cipher: Cipher) -> pd.DataFrame:
    """Give all entries; see `Vault.access_log`."""
    entries, before, intact = [], None, True
    for time, user, action, rows, reason, seal in connection.execute(
        "SELECT time, user, action, rows, reason, seal FROM access ORDER BY id"
    ):
        text = ""
        if seal is not None:
            intact = intact and _own_seal(cipher, before, time, user, action, rows, reason) == seal
            before = seal
            text = cipher.decrypt(reason, f"access|{time}") if reason is not None and intact else ""
        entries.append((time, user, action, rows, text, intact))
    return pd.DataFrame(entries, columns=["time", "user", "action", "rows", "reason", "intact"])


def _own_seal(cipher: Cipher, before: Any, time: Any, user: Any, action: Any, rows: Any, reason: Any) -> bytes | None:
    """Seal an entry as it stands in the file; None where a cell is of another type than the program writes."""
    try:
        fields = [before, time.encode(), user.encode(), action.encode(), b"%d" % rows, reason]
        return cipher.seal(fields)
    except (TypeError, AttributeError, ValueError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"
