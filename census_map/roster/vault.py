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
from census_map.i18n import _, ngettext
from census_map.roster import vault_aside, vault_log, vault_settling, vault_steps
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
from census_map.roster.vault_seal import (
    Totals,
    forget_records,
    log_head,
    log_is_whole,
    log_seal,
    record_seal,
    whole_seal,
)
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
        self._totals = Totals()
        self._notices: list[str] = []
        self._checked_at: int | None = None

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
            cipher = Cipher(data_key)
            store(connection, {"log": log_seal(connection, cipher)})
            store(connection, {"seal": whole_seal(connection, cipher, Totals())})
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
        # Nothing of ours stays in the file that acts by itself, or stands for a table.
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone():
            raise damaged()
        self._add_up()
        if self._stored_seal() != (self._own_seal() if self._is_sealed else self._totals.first_seal(self._cipher)):
            raise damaged()
        if self._is_sealed and not log_is_whole(self._connection, self._cipher):
            self.note(_("The access log of the roster was cut or changed by another program: see “roster vault log”."))

    @property
    def _is_sealed(self) -> bool:
        """Whether the file is sealed as a whole; one of the first version is so at its next change."""
        return self.stored("version") != "1"

    def _stored_seal(self) -> bytes | None:
        row = self._connection.execute("SELECT value FROM vault WHERE key = 'seal'").fetchone()
        return None if row is None else row[0]

    def _add_up(self) -> None:
        self._totals = Totals.of(self._connection, self._cipher)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was found when the vault was opened and since; one translated line each."""
        return tuple(self._notices)

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
            if not self._is_sealed or self._stored_seal() != self._own_seal():
                self._verify()  # another program has changed it since, or it is of the first version
            with in_words(self.path):
                yield
                self._put_seals()
                self._connection.execute("COMMIT")
        finally:
            if self._changing():
                self._connection.execute("ROLLBACK")
                self._add_up()

    def _changing(self) -> bool:
        return self._connection.in_transaction

    def _put_seals(self) -> None:
        head = log_head(self._connection)
        store(self._connection, {"version": str(VAULT_VERSION).encode(), **({"log_mark": head} if head else {})})
        self._put_log_seal()
        store(self._connection, {"seal": self._own_seal()})

    def _put_log_seal(self) -> None:
        store(self._connection, {"log": log_seal(self._connection, self._cipher)})

    def _own_seal(self) -> bytes:
        return whole_seal(self._connection, self._cipher, self._totals)

    @contextmanager
    def step(self, name: str) -> Iterator[int]:
        """
        Change the vault so that the change can be undone as long as the workspace does not share it.

        Yields
        ------
        number
            Of the step, counted from the first one; it never falls.
        """
        with self.transaction():
            number = int(self.stored("steps") or 0) + 1
            with vault_steps.keeping(self._connection, name, self._totals.seal(self._cipher)):
                store(self._connection, {"steps": str(number).encode(), "signs": b"1"})
                yield number

    def finish_step(self, name: str) -> None:
        """Note that the workspace shares a step; it can still be taken back there."""
        with self.transaction():
            vault_steps.finish(self._connection, name)

    def sign(self, text: str) -> str:
        """Sign what the workspace keeps of the vault, so that it can be told from what another program wrote."""
        return self._cipher.seal([b"workspace", self.stored("township").encode(), text.encode()]).hex()

    def settle(self) -> None:
        """Bring the vault to where the workspace beside it stands; see `vault_settling.settle`."""
        vault_settling.settle(self)

    def settle_with(self, companion: Companion) -> None:
        """Bring the vault to where its workspace stands, while nobody else changes the workspace."""
        vault_settling.settle_with(self, companion)

    def stored(self, key: str) -> str:
        """Give a property of the vault; empty where it has none of that name."""
        row = self._connection.execute("SELECT value FROM vault WHERE key = ?", (key,)).fetchone()
        return "" if row is None else (row[0] if isinstance(row[0], bytes) else b"?").decode(errors="replace")

    def note(self, text: str) -> None:
        """Add a translated line to the notices."""
        if text not in self._notices:
            self._notices.append(text)

    def last_step(self) -> tuple[str, bool] | None:
        """Give the last step that is in force: its name, and whether it is known to be finished; None for none."""
        return vault_steps.last_step(self._connection)

    def households_of_last_step(self) -> tuple[set[str], set[str]]:
        """Give the uids of the households that the last step added, and of those that it removed."""
        return vault_steps.households_of_last(self._connection)

    def undo_step(self, *, aside: bool = False) -> None:
        """
        Undo the last step; its name must be known to be the one that is meant.

        Parameters
        ----------
        aside
            Keep what is taken out, so that it can be put back.
        """
        with self.transaction():
            if aside and (kept := vault_aside.keep_last(self._connection)):
                text = ngettext(
                    "{n} row of the roster vault was taken out, as it was in the workspace, and set aside: "
                    "“census-map roster vault aside” shows it, puts it back or drops it.",
                    "{n} rows of the roster vault were taken out, as they were in the workspace, and set aside: "
                    "“census-map roster vault aside” shows them, puts them back or drops them.",
                    kept,
                )
                self.note(text.format(n=kept))
            before = vault_steps.go_back(self._connection)
            self._add_up()
            if before not in {self._totals.seal(self._cipher), self._totals.first_seal(self._cipher)}:
                raise damaged()
            self.log("undo", 0, "")

    def set_aside(self) -> dict[str, int]:
        """Count the rows that are set aside, by kind."""
        return vault_aside.count(self._connection)

    def put_back(self) -> int:
        """Put the households and records that are set aside back, where there are none of theirs; counts them."""
        with self.transaction():
            back = vault_aside.put_back(self._connection)
            self._add_up()
            self.log("put back", back, "")
        return back

    def drop_aside(self) -> int:
        """Drop for good what is set aside; counts it."""
        with self.transaction():
            gone = vault_aside.drop(self._connection)
            self.log("drop", gone, "")
        return gone

    def belong_to(self, township: str) -> None:
        """Remember the township whose workspace the vault stands beside, inside a transaction."""
        store(self._connection, {"township": township.encode()})

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
        self._totals.counts["household"] += len(uids)
        self._totals.sums["household"] += sum(int.from_bytes(seal, "big") for seal in seals)

    def remove(self, uids: Iterable[str]) -> None:
        """Remove households, inside a transaction."""
        gone = [str(uid) for uid in uids]
        self._forget_seals(gone)
        self._connection.executemany("DELETE FROM household WHERE uid = ?", [(uid,) for uid in gone])

    def _forget_seals(self, uids: list[str]) -> None:
        for uid in uids if self._totals.counts["household"] else ():
            row = self._connection.execute("SELECT seal FROM household WHERE uid = ?", (uid,)).fetchone()
            if row is not None:
                self._totals.forget("household", row[0])

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
        # What was held against its seals stays so until another program writes; a part of a row cannot be.
        checked = self._checked_at == self._version()
        fields = ["uid", *names] if checked else list(HOUSEHOLD)
        sql = f"SELECT {', '.join(fields)} FROM household"
        if uids is None:
            rows = self._connection.execute(sql + " ORDER BY rowid").fetchall()
        else:
            rows = self._rows_of(sql, [str(uid) for uid in uids])
        if not checked:
            self._check_rows(rows)
        self.log("read:" + ",".join(names), len(rows), reason)
        decrypt = self._cipher.decrypt
        places = {name: fields.index(name) for name in names}
        data = {
            name: [decrypt(row[at], f"household|{name}|{row[0]}") if row[at] is not None else "" for row in rows]
            for name, at in places.items()
        }
        return pd.DataFrame(data, index=pd.Index([row[0] for row in rows], dtype=object, name="uid"), dtype=object)

    def _version(self) -> int:
        """Give a number that changes when another program writes into the file."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _check_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for start in range(0, len(rows), _SLICE):
            uids, *fields, seals = zip(*rows[start : start + _SLICE], strict=True)
            try:
                own = self._cipher.seal_rows([[uid.encode() for uid in uids], *fields])
            except (TypeError, AttributeError, ValueError) as error:  # a cell of another type than the program writes
                raise damaged() from error
            if own != list(seals):
                raise damaged()

    def _rows_of(self, sql: str, uids: list[str]) -> list[tuple[Any, ...]]:
        if 4 * len(uids) > self._totals.counts["household"]:
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
        version = self._version()
        cursor = self._connection.execute(f"SELECT {', '.join(HOUSEHOLD)} FROM household ORDER BY rowid")
        found: list[tuple[Any, ...]] = []
        while rows := cursor.fetchmany(_SLICE):
            self._check_rows(rows)
            uids, *fields, _seals = zip(*rows, strict=True)
            found += zip(uids, *fields[: len(HASHES)], strict=True)
        self._checked_at = version
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
            forget_records(self._connection, self._cipher, self._totals, kind, hashed)
        value = self._cipher.encrypt(text, f"record|{kind}|{hashed.hex()}")
        cursor = self._connection.execute(
            "INSERT INTO record (kind, key, value) VALUES (?, ?, ?)", (kind, hashed, value)
        )
        row = (int(cursor.lastrowid or 0), kind, hashed, value)
        self._totals.add("record", record_seal(self._cipher, row))

    def drop_records(self, kind: str, key: str) -> None:
        """Remove the records of a kind and key, inside a transaction."""
        forget_records(self._connection, self._cipher, self._totals, kind, self._cipher.hash(kind, key))

    def records(self, kind: str) -> list[str]:
        """Read all records of a kind, oldest first."""
        rows = self._connection.execute("SELECT key, value FROM record WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        return [self._cipher.decrypt(value, f"record|{kind}|{key.hex()}") for key, value in rows]

    def log(self, action: str, rows: int, reason: str) -> None:
        """Write into the access log: who, when, what, how many rows, why."""
        if self._changing():
            self._write_log(action, rows, reason)
            return
        with in_words(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._write_log(action, rows, reason)
                self._connection.execute("COMMIT")
            finally:
                if self._changing():
                    self._connection.execute("ROLLBACK")

    def _write_log(self, action: str, rows: int, reason: str) -> None:
        if self._is_sealed and not log_is_whole(self._connection, self._cipher):
            # Once it is found changed that stays said: the seal that comes next would cover it up.
            store(self._connection, {"log_broken": b"1"})
        vault_log.write_entry(self._connection, self._cipher, action, rows, reason)
        if self._is_sealed:
            self._put_log_seal()

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

    @property
    def log_is_whole(self) -> bool:
        """Whether the access log is as the program left it, from its first entry to its last."""
        return not self._is_sealed or log_is_whole(self._connection, self._cipher)

    def change_passphrase(self, old: str, new: str, *, cost: int = SCRYPT_COST) -> None:
        """
        Wrap the data key with a new passphrase; no value is encrypted anew.

        Parameters
        ----------
        old, new
            The passphrases.
        cost
            Of scrypt; never less than it was.

        Raises
        ------
        VaultError
            The old passphrase is wrong, or the new one too short.
        """
        check_passphrase(new)
        stored = stored_key(self._connection)
        data_key = unwrap_key(stored, old)
        with self.transaction():
            store_key(self._connection, wrap_key(data_key, new, cost=max(stored.cost, cost)))
            self.log("passphrase", 0, "")


def _unlocked(connection: sqlite3.Connection, passphrase: str) -> Cipher:
    try:
        return Cipher(unwrap_key(stored_key(connection), passphrase))
    except VaultError:
        # Somebody may look into the log for it; where nothing can be written, the refusal is told all the same.
        with suppress(sqlite3.Error):
            vault_log.write_refusal(connection)
        raise
