"""
The seals of a vault: one over all rows, records, steps and properties, one over the access log.

A row's seal is a keyed hash; all of them are added up, so that a change of a few rows costs a few hashes, and yet no
row can be taken out, doubled or put in another's place. The log is a chain; its seal tells its head and length, and the
seal over the rows names an entry that the log must have, so that neither can be put back alone.
"""

import sqlite3
from dataclasses import dataclass, field

from census_map.roster.cipher import Cipher, Field, damaged

_RECORD = "id, kind, key, value"
_PROPERTIES = ("township", "steps", "signs")
_STEP = "id, name, finished, last_household, last_record, seal"


@dataclass
class Totals:
    """
    The seals of the households and records, counted and added up.

    Attributes
    ----------
    counts, sums
        By table.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"household": 0, "record": 0})
    sums: dict[str, int] = field(default_factory=lambda: {"household": 0, "record": 0})

    @classmethod
    def of(cls, connection: sqlite3.Connection, cipher: Cipher) -> "Totals":
        """
        Add up what the file holds: the households by their stored seals, which are held against them when read.

        Raises
        ------
        VaultError
            A cell is of another type than the program writes.
        """
        totals = cls()
        try:
            for (seal,) in connection.execute("SELECT seal FROM household"):
                totals.add("household", seal)
            for row in connection.execute(f"SELECT {_RECORD} FROM record"):
                totals.add("record", record_seal(cipher, row))
        except (TypeError, AttributeError, ValueError) as error:  # a cell of another type than the program writes
            raise damaged() from error
        return totals

    def add(self, table: str, seal: bytes) -> None:
        """Count a row in."""
        self.counts[table] += 1
        self.sums[table] += int.from_bytes(seal, "big")

    def forget(self, table: str, seal: bytes) -> None:
        """Count a row out."""
        self.counts[table] -= 1
        self.sums[table] -= int.from_bytes(seal, "big")

    def seal(self, cipher: Cipher) -> bytes:
        """Seal households and records alone, as a step keeps them to come back to."""
        fields = [b"rows", *(b"%d|%x" % (self.counts[table], self.sums[table]) for table in self.counts)]
        return cipher.seal(fields)

    def first_seal(self, cipher: Cipher) -> bytes:
        """Seal the households alone, as the first version of the vault did."""
        return cipher.seal([b"households", b"%d" % self.counts["household"], b"%x" % self.sums["household"]])


def record_seal(cipher: Cipher, row: tuple[int, str, bytes, bytes]) -> bytes:
    """Seal a record: its number, kind, key and value."""
    number, kind, key, value = row
    return cipher.seal([b"record", b"%d" % number, kind.encode(), key, value])


def forget_records(connection: sqlite3.Connection, cipher: Cipher, totals: Totals, kind: str, key: bytes) -> None:
    """Remove the records of a kind and key, and count them out."""
    for row in connection.execute(f"SELECT {_RECORD} FROM record WHERE kind = ? AND key = ?", (kind, key)).fetchall():
        totals.forget("record", record_seal(cipher, row))
    connection.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, key))


def whole_seal(connection: sqlite3.Connection, cipher: Cipher, totals: Totals) -> bytes:
    """Seal rows, records, the steps that can be undone, what is set aside, and the properties."""
    fields: list[Field] = [b"vault", totals.seal(cipher)]
    stored = dict(connection.execute("SELECT key, value FROM vault"))
    fields += [stored.get(name) for name in (*_PROPERTIES, "log_mark")]
    for table, columns in (("step", _STEP), ("aside", "id, step, kind, content")):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            fields += map(_as_field, _cells(connection, f"SELECT {columns} FROM {table} ORDER BY id"))
    return cipher.seal(fields)


def log_seal(connection: sqlite3.Connection, cipher: Cipher) -> bytes:
    """Seal the head and the length of the access log, and whether it was ever found changed."""
    count, broken = connection.execute(
        "SELECT (SELECT count(*) FROM access WHERE seal IS NOT NULL), "
        "EXISTS (SELECT 1 FROM vault WHERE key = 'log_broken')"
    ).fetchone()
    return cipher.seal([b"log", b"%d" % count, log_head(connection), b"%d" % broken])


def log_head(connection: sqlite3.Connection) -> bytes | None:
    """Give the seal of the last entry that has one; None for an empty log."""
    row = connection.execute("SELECT seal FROM access WHERE seal IS NOT NULL ORDER BY id DESC LIMIT 1").fetchone()
    return row[0] if row is not None and isinstance(row[0], bytes) else None


def log_is_whole(connection: sqlite3.Connection, cipher: Cipher) -> bool:
    """Tell whether the log is as the program left it, and has the entry that the seal over the rows names."""
    stored = dict(connection.execute("SELECT key, value FROM vault WHERE key IN ('log', 'log_mark', 'log_broken')"))
    mark = stored.get("log_mark")
    marked = mark is None or connection.execute("SELECT 1 FROM access WHERE seal = ?", (mark,)).fetchone() is not None
    return "log_broken" not in stored and marked and stored.get("log") == log_seal(connection, cipher)


def _cells(connection: sqlite3.Connection, sql: str) -> list[object]:
    return [cell for row in connection.execute(sql) for cell in row]


def _as_field(cell: object) -> Field:
    return cell if cell is None or isinstance(cell, bytes) else str(cell).encode()
