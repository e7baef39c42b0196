"""
The vault `WS.vault`: the only place for names, phones, identity numbers, remarks and addresses of households.

A SQLite file beside the workspace. Every personal value is encrypted by itself (`census_map.roster.cipher`); a row's
keyed hashes allow matching without decrypting. Each row is sealed, and all seals together are sealed, so that a
changed, moved, added or removed row is noticed. Rows carry the uid of the household in the workspace, which knows
nothing but counts and codes (DOMAIN.md section 7). Every reading in clear is logged.
"""

import getpass
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.cipher import SCRYPT_COST, Cipher, WrappedKey, check_passphrase, damaged, unwrap_key, wrap_key

VAULT_VERSION = 1
VALUES = ("head", "identity", "birth", "phone", "address", "place", "remark")
HASHES = ("h_identity", "h_name_birth", "h_name", "h_phone", "h_address")
_COLUMNS = ", ".join(f"{name} BLOB" for name in (*HASHES, *VALUES))
_STATEMENTS = f"""
CREATE TABLE vault (key TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE household (uid TEXT PRIMARY KEY, {_COLUMNS}, seal BLOB NOT NULL);
CREATE TABLE record (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL);
CREATE INDEX record_key ON record (kind, key);
CREATE TABLE access (id INTEGER PRIMARY KEY, time TEXT NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL,
                     rows INTEGER NOT NULL, reason BLOB, seal BLOB);
"""
_FIELDS = ("uid", *HASHES, *VALUES)


def vault_path(workspace: Path) -> Path:
    """Give the path of the vault of a workspace: beside it, with the ending `.vault`."""
    return workspace.with_suffix(".vault")


class Vault:
    """
    An open vault; a context manager that closes the file and forgets the keys.

    Attributes
    ----------
    path
        The file.
    """

    path: Path

    def __init__(self, path: Path, connection: sqlite3.Connection, cipher: Cipher) -> None:
        self.path = path
        self._connection = connection
        self._cipher = cipher
        connection.execute("PRAGMA cache_size = -65536")
        self._sum = 0
        self._count = 0

    @classmethod
    def create(cls, path: Path, passphrase: str, *, cost: int = SCRYPT_COST) -> Self:
        """
        Create an empty vault.

        Raises
        ------
        VaultError
            The file exists, cannot be written, or the passphrase is too short.
        """
        check_passphrase(passphrase)
        if path.exists():
            raise VaultError(_("There is a roster vault “{file}” already: open that one.").format(file=path.name))
        data_key = os.urandom(32)
        draft = path.with_name(path.name + ".part")
        draft.unlink(missing_ok=True)
        try:
            draft.touch(mode=0o600)
            with closing(_connect(draft)) as connection:
                connection.executescript("BEGIN;" + _STATEMENTS + "COMMIT;")
                _store(connection, {"version": str(VAULT_VERSION).encode()})
                _store_key(connection, wrap_key(data_key, passphrase, cost=cost))
                _store(connection, {"seal": _sum_seal(Cipher(data_key), 0, 0)})
            draft.rename(path)
        except (sqlite3.Error, OSError) as error:
            draft.unlink(missing_ok=True)
            raise VaultError(
                _("The roster vault “{file}” cannot be written: choose a folder that may be written.").format(
                    file=path.name
                )
            ) from error
        vault = cls(path, _connect(path), Cipher(data_key))
        vault.log("create", 0, "")
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Self:
        """
        Open a vault.

        Raises
        ------
        VaultError
            No such file, wrong passphrase, or changed by another program; the message tells which.
        """
        if not path.is_file():
            raise VaultError(
                _("There is no roster vault “{file}”: import a roster, or copy the vault beside the workspace.").format(
                    file=path.name
                )
            )
        connection = _connect(path)
        try:
            stored = _stored_key(connection)
            try:
                data_key = unwrap_key(stored, passphrase)
            except VaultError:
                _log_refusal(connection)
                raise
            vault = cls(path, connection, Cipher(data_key))
            vault._verify()
        except sqlite3.Error as error:
            connection.close()
            raise damaged() from error
        except VaultError:
            connection.close()
            raise
        return vault

    def close(self) -> None:
        """Close the file and forget the keys."""
        self._connection.close()
        del self._cipher

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _verify(self) -> None:
        seals = [row[0] for row in self._connection.execute("SELECT seal FROM household")]
        self._count = len(seals)
        self._sum = sum(int.from_bytes(seal, "big") for seal in seals)
        stored = self._connection.execute("SELECT value FROM vault WHERE key = 'seal'").fetchone()
        if stored is None or stored[0] != _sum_seal(self._cipher, self._count, self._sum):
            raise damaged()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Change the vault: all of it, or nothing."""
        count, total = self._count, self._sum
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise VaultError(
                _("The roster vault “{file}” is in use or cannot be written: close the other program.").format(
                    file=self.path.name
                )
            ) from error
        try:
            yield
            _store(self._connection, {"seal": _sum_seal(self._cipher, self._count, self._sum)})
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._count, self._sum = count, total
            raise

    def write(self, values: pd.DataFrame, hashes: pd.DataFrame) -> None:
        """
        Add or replace households, inside a transaction.

        Parameters
        ----------
        values
            Indexed by uid; columns `VALUES` in clear, empty text for nothing.
        hashes
            Same index; columns `HASHES`, keyed hashes or None (see `hash_text`).
        """
        uids = [str(uid) for uid in values.index]
        keys = [[key if isinstance(key, bytes) else None for key in hashes[name]] for name in HASHES]
        encrypt = self._cipher.encrypt_column
        columns = [encrypt(values[name].tolist(), f"household|{name}|", uids) for name in VALUES]
        seal = self._cipher.seal
        rows = [
            (uid, *stored, seal((uid.encode(), *stored))) for uid, *stored in zip(uids, *keys, *columns, strict=True)
        ]
        self._forget_seals(uids)
        marks = ", ".join("?" * (len(_FIELDS) + 1))
        self._connection.executemany(
            f"INSERT OR REPLACE INTO household ({', '.join(_FIELDS)}, seal) VALUES ({marks})", rows
        )
        self._count += len(rows)
        self._sum += sum(int.from_bytes(row[-1], "big") for row in rows)

    def remove(self, uids: Iterable[str]) -> None:
        """Remove households, inside a transaction."""
        gone = [str(uid) for uid in uids]
        self._forget_seals(gone)
        self._connection.executemany("DELETE FROM household WHERE uid = ?", [(uid,) for uid in gone])

    def _forget_seals(self, uids: list[str]) -> None:
        for uid in uids if self._count else ():
            row = self._connection.execute("SELECT seal FROM household WHERE uid = ?", (uid,)).fetchone()
            if row is not None:
                self._count -= 1
                self._sum -= int.from_bytes(row[0], "big")

    def read(self, columns: Iterable[str], *, reason: str, uids: Iterable[str] | None = None) -> pd.DataFrame:
        """
        Read personal values in clear; the reading is logged.

        Parameters
        ----------
        columns
            Of `VALUES`.
        reason
            Why, for the log.
        uids
            Only these households.

        Returns
        -------
        values
            Indexed by uid in the order of import; empty text for nothing.
        """
        names = list(columns)
        sql = f"SELECT uid, {', '.join(names)} FROM household"
        if uids is None:
            rows = self._connection.execute(sql + " ORDER BY rowid").fetchall()
        else:
            wanted = [str(uid) for uid in uids]
            rows = self._rows_of(sql, wanted)
        self.log("read:" + ",".join(names), len(rows), reason)
        decrypt = self._cipher.decrypt
        data = {
            name: [decrypt(row[at], f"household|{name}|{row[0]}") if row[at] is not None else "" for row in rows]
            for at, name in enumerate(names, start=1)
        }
        return pd.DataFrame(data, index=pd.Index([row[0] for row in rows], dtype=object, name="uid"), dtype=object)

    def _rows_of(self, sql: str, uids: list[str]) -> list[tuple[Any, ...]]:
        if 4 * len(uids) > self._count:
            every = {row[0]: row for row in self._connection.execute(sql)}
            return [every[uid] for uid in uids if uid in every]
        found = (self._connection.execute(sql + " WHERE uid = ?", (uid,)).fetchone() for uid in uids)
        return [row for row in found if row is not None]

    def read_hashes(self) -> pd.DataFrame:
        """
        Read the keyed hashes of all households; nothing is decrypted, so nothing is logged.

        Raises
        ------
        VaultError
            A row was changed by another program.
        """
        rows = self._connection.execute(f"SELECT {', '.join(_FIELDS)}, seal FROM household ORDER BY rowid").fetchall()
        seal = self._cipher.seal
        for row in rows:
            if seal([row[0].encode(), *row[1:-1]]) != row[-1]:
                raise damaged()
        data = [row[1 : 1 + len(HASHES)] for row in rows]
        return pd.DataFrame(
            data, index=pd.Index([row[0] for row in rows], dtype=object, name="uid"), columns=list(HASHES), dtype=object
        )

    def uids(self) -> list[str]:
        """List the households of the vault."""
        return [row[0] for row in self._connection.execute("SELECT uid FROM household ORDER BY rowid")]

    def hash_text(self, kind: str, text: str) -> bytes | None:
        """Hash a text under the vault's key; None for no text."""
        return self._cipher.hash(kind, text) if text else None

    def hash_texts(self, kind: str, texts: Iterable[str]) -> list[bytes | None]:
        """Hash many texts under the vault's key; None for no text."""
        hashed = self._cipher.hash
        return [hashed(kind, text) if text else None for text in texts]

    def put_record(self, kind: str, key: str, text: str, *, replace: bool = True) -> None:
        """
        Keep a small encrypted record beside the households, inside a transaction.

        Parameters
        ----------
        kind
            Such as `alias`, `visit`.
        key
            What it belongs to; stored as a keyed hash.
        text
            Stored encrypted.
        replace
            Take the place of the records of that kind and key.
        """
        hashed = self._cipher.hash(kind, key)
        if replace:
            self._connection.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, hashed))
        place = f"record|{kind}|{hashed.hex()}"
        self._connection.execute(
            "INSERT INTO record (kind, key, value) VALUES (?, ?, ?)", (kind, hashed, self._cipher.encrypt(text, place))
        )

    def drop_records(self, kind: str, key: str) -> None:
        """Remove the records of a kind and key, inside a transaction."""
        self._connection.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, self._cipher.hash(kind, key)))

    def records(self, kind: str) -> list[str]:
        """Read all records of a kind, oldest first."""
        rows = self._connection.execute("SELECT key, value FROM record WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        return [self._cipher.decrypt(value, f"record|{kind}|{key.hex()}") for key, value in rows]

    def log(self, action: str, rows: int, reason: str) -> None:
        """Write into the access log: who, when, what, how many rows, why."""
        time, user = _now(), _user()
        stored = self._cipher.encrypt(reason, f"access|{time}") if reason else None
        last = self._connection.execute("SELECT seal FROM access WHERE seal IS NOT NULL ORDER BY id DESC LIMIT 1")
        before = last.fetchone()
        fields = [before[0] if before else None, time.encode(), user.encode(), action.encode(), b"%d" % rows, stored]
        self._connection.execute(
            "INSERT INTO access (time, user, action, rows, reason, seal) VALUES (?, ?, ?, ?, ?, ?)",
            (time, user, action, rows, stored, self._cipher.seal(fields)),
        )

    def access_log(self) -> pd.DataFrame:
        """
        Give the access log.

        Returns
        -------
        log
            Columns `time` (UTC), `user`, `action`, `rows`, `reason`, `intact` (False from the first entry on that was
            changed or removed).
        """
        entries, before, intact = [], None, True
        for time, user, action, rows, reason, seal in self._connection.execute(
            "SELECT time, user, action, rows, reason, seal FROM access ORDER BY id"
        ):
            text = ""
            if seal is not None:
                fields = [before, time.encode(), user.encode(), action.encode(), b"%d" % rows, reason]
                intact = intact and self._cipher.seal(fields) == seal
                before = seal
                text = self._cipher.decrypt(reason, f"access|{time}") if reason is not None and intact else ""
            entries.append((time, user, action, rows, text, intact))
        return pd.DataFrame(entries, columns=["time", "user", "action", "rows", "reason", "intact"])

    def change_passphrase(self, old: str, new: str) -> None:
        """
        Wrap the data key with a new passphrase; no value is encrypted anew.

        Raises
        ------
        VaultError
            The old passphrase is wrong, or the new one too short.
        """
        check_passphrase(new)
        stored = _stored_key(self._connection)
        data_key = unwrap_key(stored, old)
        with self.transaction():
            _store_key(self._connection, wrap_key(data_key, new, cost=stored.cost))
            self.log("passphrase", 0, "")


def destroy_vault(path: Path, *, confirm: str) -> None:
    """
    Destroy a vault for good: the key first, then the file.

    Parameters
    ----------
    path
        The file.
    confirm
        Must be the file's name, typed by the user.

    Raises
    ------
    VaultError
        Not confirmed, or no such file.
    """
    if not path.is_file():
        raise VaultError(_("There is no roster vault “{file}”.").format(file=path.name))
    if confirm != path.name:
        raise VaultError(
            _("Nothing was destroyed: type the name of the file, “{file}”, to confirm.").format(file=path.name)
        )
    size = path.stat().st_size
    with path.open("r+b") as file:
        for start in range(0, size, 1 << 20):
            file.write(os.urandom(min(1 << 20, size - start)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    for ending in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    connection.executescript("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;")
    return connection


def _store(connection: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
    connection.executemany("INSERT OR REPLACE INTO vault (key, value) VALUES (?, ?)", list(values.items()))


def _store_key(connection: sqlite3.Connection, key: WrappedKey) -> None:
    values = {"salt": key.salt, "check": key.check, "wrapped": key.wrapped, "digest": key.digest}
    _store(connection, {"cost": str(key.cost).encode(), **values})


def _stored_key(connection: sqlite3.Connection) -> WrappedKey:
    try:
        values = dict(connection.execute("SELECT key, value FROM vault"))
        version = int(values["version"])
        key = WrappedKey(int(values["cost"]), values["salt"], values["check"], values["wrapped"], values["digest"])
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise damaged() from error
    if version > VAULT_VERSION:
        raise VaultError(_("The roster vault was made by a newer version of the program: update the program."))
    return key


def _sum_seal(cipher: Cipher, count: int, total: int) -> bytes:
    return cipher.seal([b"households", b"%d" % count, b"%x" % total])


def _log_refusal(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO access (time, user, action, rows) VALUES (?, ?, 'refused', 0)", (_now(), _user()))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"
