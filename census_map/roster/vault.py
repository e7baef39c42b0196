"""
The vault `WS.vault`: the only place for names, phones, identity numbers, remarks and addresses of households.

A SQLite file beside the workspace. Every personal value is encrypted by itself (`census_map.roster.cipher`); a row's
keyed hashes allow matching without decrypting. Each row is sealed, and all seals together are sealed, so that a
changed, moved, added or removed row is noticed. Rows carry the uid of the household in the workspace, which knows
nothing but counts and codes (docs/domain.md section 7). Every reading in clear is logged.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from census_map.drafts import drafted
from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster import vault_log, vault_steps
from census_map.roster.cipher import SCRYPT_COST, Cipher, check_passphrase, damaged, unwrap_key, wrap_key
from census_map.roster.vault_destruction import destroy_vault
from census_map.roster.vault_file import (
    HASHES,
    HOUSEHOLD,
    STATEMENTS,
    VALUES,
    VAULT_VERSION,
    connect,
    in_words,
    refusal,
    store,
    store_key,
    stored_key,
    vault_path,
)
from census_map.roster.vault_neighbour import Neighbour
from census_map.workspace.bulk import insert_in_blocks
from census_map.workspace.companion import Companion

_SLICE = 20_000  # rows that are in memory in clear and encrypted at the same time

__all__ = ["HASHES", "VALUES", "Vault", "destroy_vault", "vault_path"]


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
        with (
            drafted(path, secret=True, failures=(sqlite3.Error,), refusal=VaultError) as draft,
            closing(connect(draft)) as connection,
        ):
            connection.executescript("BEGIN;" + STATEMENTS + "COMMIT;")
            store(connection, {"version": str(VAULT_VERSION).encode()})
            store_key(connection, wrap_key(data_key, passphrase, cost=cost))
            store(connection, {"seal": _sum_seal(Cipher(data_key), 0, 0)})
        vault = cls(path, connect(path), Cipher(data_key))
        vault.log("create", 0, "")
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Self:
        """
        Open a vault.

        Raises
        ------
        VaultError
            No such file, wrong passphrase, changed by another program, or of another workspace than the one beside
            it; the message tells which.
        """
        if not path.is_file():
            raise VaultError(
                _("There is no roster vault “{file}”: import a roster, or copy the vault beside the workspace.").format(
                    file=path.name
                )
            )
        with in_words(path):
            connection = connect(path)
        try:
            vault = cls(path, connection, _unlocked(connection, passphrase))
            vault._verify()
            vault.settle()
        except sqlite3.Error as error:
            connection.close()
            raise refusal(path, error) from error
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
        self._add_up()
        if self._stored_seal() != self._own_seal():
            raise damaged()

    def _stored_seal(self) -> bytes | None:
        row = self._connection.execute("SELECT value FROM vault WHERE key = 'seal'").fetchone()
        return None if row is None else row[0]

    def _add_up(self) -> None:
        seals = [row[0] for row in self._connection.execute("SELECT seal FROM household")]
        self._count = len(seals)
        self._sum = sum(int.from_bytes(seal, "big") for seal in seals)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Change the vault: all of it, or nothing.

        Raises
        ------
        VaultError
            The file is in use or cannot be written, or the disk is full.
        """
        with in_words(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            if self._stored_seal() != self._own_seal():
                self._verify()  # another program has changed it since
            with in_words(self.path):
                yield
                store(self._connection, {"seal": self._own_seal()})
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
                self._add_up()

    def _own_seal(self) -> bytes:
        return _sum_seal(self._cipher, self._count, self._sum)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Change the vault so that the change can be undone as long as the workspace does not share it."""
        with self.transaction(), vault_steps.keeping(self._connection, name, self._own_seal()):
            yield

    def finish_step(self, name: str) -> None:
        """Note that the workspace shares a step; it can still be taken back there."""
        with in_words(self.path):
            vault_steps.finish(self._connection, name)

    def settle(self) -> None:
        """
        Bring the vault to where the workspace beside it stands.

        A step that the program did not finish, because it was stopped between the two files, is undone; so is one that
        was taken back in the workspace.

        Raises
        ------
        VaultError
            The workspace is being changed by another program, or is not the one that the vault belongs to.
        """
        neighbour = Neighbour(self.path)
        neighbour.check_township(self._property("township"))
        last, companion = vault_steps.last_step(self._connection), neighbour.companion
        if last is None or companion is None or (last[1] and last[0] not in companion.undone):
            return
        with neighbour.standing_still() as companion:
            self.settle_with(companion)

    def settle_with(self, companion: Companion) -> None:
        """Bring the vault to where its workspace stands, while nobody else changes the workspace."""
        while (last := vault_steps.last_step(self._connection)) is not None:
            name, finished = last
            if name in companion.undone or not (finished or companion.has(name)):
                self.undo_step()
                continue
            if not finished:
                self.finish_step(name)
            return

    def undo_step(self) -> None:
        """Undo the last step; its name must be known to be the one that is meant."""
        with self.transaction():
            before = vault_steps.go_back(self._connection)
            self._add_up()
            if self._own_seal() != before:
                raise damaged()
            self.log("undo", 0, "")

    def belong_to(self, township: str) -> None:
        """Remember the township whose workspace the vault stands beside, inside a transaction."""
        store(self._connection, {"township": township.encode()})

    def _property(self, key: str) -> str:
        row = self._connection.execute("SELECT value FROM vault WHERE key = ?", (key,)).fetchone()
        return "" if row is None else bytes(row[0]).decode()

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
        self._forget_seals(uids)
        for start in range(0, len(uids), _SLICE):
            part = slice(start, start + _SLICE)
            self._write_rows(uids[part], values.iloc[part], hashes.iloc[part])

    def _write_rows(self, uids: list[str], values: pd.DataFrame, hashes: pd.DataFrame) -> None:
        # As bytearrays, for which sqlite3 looks up no adapter: a third of the time that writing them takes.
        keys = [[bytearray(key) if type(key) is bytes else None for key in hashes[name].tolist()] for name in HASHES]
        rows = [uid.encode() for uid in uids]
        encrypt = self._cipher.encrypt_column
        columns = [encrypt(values[name].tolist(), f"household|{name}|", rows) for name in VALUES]
        seals = self._cipher.seal_rows([rows, *keys, *columns])
        cells: list[Sequence[Any]] = [uids, *keys, *columns, [bytearray(seal) for seal in seals]]
        insert_in_blocks(self._connection, "INSERT OR REPLACE INTO household", dict(zip(HOUSEHOLD, cells, strict=True)))
        self._count += len(uids)
        self._sum += sum(int.from_bytes(seal, "big") for seal in seals)

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
        cursor = self._connection.execute(f"SELECT {', '.join(HOUSEHOLD)} FROM household ORDER BY rowid")
        found: list[tuple[Any, ...]] = []
        while rows := cursor.fetchmany(_SLICE):
            uids, *fields, seals = zip(*rows, strict=True)
            if self._cipher.seal_rows([[uid.encode() for uid in uids], *fields]) != list(seals):
                raise damaged()
            found += zip(uids, *fields[: len(HASHES)], strict=True)
        uids, *columns = zip(*found, strict=True) if found else [()] * (1 + len(HASHES))
        data = {name: pd.Series(column, dtype=object) for name, column in zip(HASHES, columns, strict=True)}
        return pd.DataFrame(data, columns=list(HASHES)).set_axis(pd.Index(uids, dtype=object, name="uid"))

    def uids(self) -> list[str]:
        """List the households of the vault."""
        return [row[0] for row in self._connection.execute("SELECT uid FROM household ORDER BY rowid")]

    def hash_text(self, kind: str, text: str) -> bytes | None:
        """Hash a text under the vault's key; None for no text."""
        return self._cipher.hash(kind, text) if text else None

    def hash_texts(self, kind: str, texts: Sequence[str]) -> list[bytes | None]:
        """Hash many texts under the vault's key; None for no text."""
        return self._cipher.hash_column(kind, texts)

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
        with in_words(self.path):
            vault_log.write_entry(self._connection, self._cipher, action, rows, reason)

    def access_log(self) -> pd.DataFrame:
        """
        Give the access log.

        Returns
        -------
        log
            Columns `time` (UTC), `user`, `action`, `rows`, `reason`, `intact` (False from the first entry on that was
            changed or removed).
        """
        return vault_log.read_entries(self._connection, self._cipher)

    def change_passphrase(self, old: str, new: str) -> None:
        """
        Wrap the data key with a new passphrase; no value is encrypted anew.

        Raises
        ------
        VaultError
            The old passphrase is wrong, or the new one too short.
        """
        check_passphrase(new)
        stored = stored_key(self._connection)
        data_key = unwrap_key(stored, old)
        with self.transaction():
            store_key(self._connection, wrap_key(data_key, new, cost=stored.cost))
            self.log("passphrase", 0, "")


def _unlocked(connection: sqlite3.Connection, passphrase: str) -> Cipher:
    try:
        return Cipher(unwrap_key(stored_key(connection), passphrase))
    except VaultError:
        # Somebody may look into the log for it; where nothing can be written, the refusal is told all the same.
        with suppress(sqlite3.Error):
            vault_log.write_refusal(connection)
        raise


def _sum_seal(cipher: Cipher, count: int, total: int) -> bytes:
    return cipher.seal([b"households", b"%d" % count, b"%x" % total])
