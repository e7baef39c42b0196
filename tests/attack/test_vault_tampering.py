"""Every cell of a vault changed, emptied, doubled, swapped or taken away: each change is noticed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import VaultError
from census_map.roster.vault import VALUES, Vault
from census_map.roster.vault_file import HASHES, HOUSEHOLD
from tests.attack.conftest import PASSPHRASE
from tests.roster.conftest import COST

FIRST, SECOND = "(SELECT min(rowid) FROM {0})", "(SELECT max(rowid) FROM {0})"
TABLES = {
    "household": HOUSEHOLD,
    "record": ("id", "kind", "key", "value"),
    "access": ("time", "user", "action", "rows", "seal"),
    "step": ("name", "finished", "last_household", "last_record", "seal"),
}
KEPT = (
    "seal",
    "log",
    "log_mark",
    "steps",
    "signs",
    "township",
    "version",
    "salt",
    "check",
    "wrapped",
    "digest",
    "cost",
)


def changes() -> Iterator[tuple[str, str]]:
    """Give each change, by name: every column emptied, replaced and swapped, every table cut and doubled."""
    for table, columns in TABLES.items():
        first, second = FIRST.format(table), SECOND.format(table)
        for column in columns:
            other = f"(SELECT {column} FROM {table} WHERE rowid = {second})"
            number = column in {"id", "rows", "finished", "last_household", "last_record"}
            foreign = (
                "77" if number else "'x'" if column in {"name", "kind", "time", "user", "action", "uid"} else "x'78'"
            )
            yield f"{table}.{column} replaced", f"UPDATE {table} SET {column} = {foreign} WHERE rowid = {first}"
            if table in {"household", "access"} and column not in {"uid", "seal"} and not number:
                yield (
                    f"{table}.{column} of another row",
                    (f"UPDATE {table} SET {column} = {other} || x'00' WHERE rowid = {first}"),
                )
            if column in {*HASHES, *VALUES}:
                yield f"{table}.{column} emptied", f"UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL"
        yield f"{table}: first row gone", f"DELETE FROM {table} WHERE rowid = {first}"
        yield f"{table}: last row gone", f"DELETE FROM {table} WHERE rowid = {second}"
        yield f"{table}: all gone", f"DELETE FROM {table}"
    yield "a record twice", "INSERT INTO record (kind, key, value) SELECT kind, key, value FROM record LIMIT 1"
    yield (
        "an entry twice",
        (
            "INSERT INTO access (time, user, action, rows, reason, seal) "
            "SELECT time, user, action, rows, reason, seal FROM access LIMIT 1"
        ),
    )
    for key in KEPT:
        yield f"property {key} gone", f"DELETE FROM vault WHERE key = '{key}'"
        yield f"property {key} replaced", f"UPDATE vault SET value = x'37' WHERE key = '{key}'"
    yield "a trigger", "CREATE TRIGGER x AFTER INSERT ON access BEGIN DELETE FROM household; END"
    yield "a view", "CREATE VIEW x AS SELECT 1"
    yield "a table gone", "DROP TABLE record"


CHANGES = dict(changes())


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault in which every cell is filled, with records, a step and a log; without a workspace."""
    path = tmp_path_factory.mktemp("vault") / "w.vault"
    uids = ["u1", "u2", "u3"]
    values = pd.DataFrame({name: [f"{name} {uid}" for uid in uids] for name in VALUES}, index=uids, dtype=object)
    with Vault.create(path, PASSPHRASE, cost=COST) as vault:
        hashes = {name: vault.hash_texts(name, uids) for name in HASHES}
        with vault.step("one"):
            vault.write(values, pd.DataFrame(hashes, index=uids, dtype=object))
            vault.belong_to("a township")
            for number in range(3):
                vault.put_record("visit", f"v{number}", f"text {number}")
        vault.finish_step("one")
        for reason in ("one", "two"):
            vault.log("read", 1, reason)
    return path


def is_noticed(path: Path) -> bool:
    """Open a vault, read all of it, and tell whether anything was said."""
    try:
        with Vault.open(path, PASSPHRASE) as vault:
            vault.read(VALUES, reason="a test")
            vault.read_hashes()
            vault.records("visit")
            return bool(vault.notices) or not vault.log_is_whole or not vault.access_log()["intact"].all()
    except VaultError:
        return True


def test_there_are_enough_changes():
    assert len(CHANGES) >= 60


def test_a_vault_that_nobody_touched_is_silent(sealed, tmp_path):
    assert not is_noticed(Path(shutil.copy(sealed, tmp_path / "w.vault")))


@pytest.mark.parametrize("statement", CHANGES.values(), ids=list(CHANGES))
def test_it_is_noticed(sealed, tmp_path, statement):
    path = Path(shutil.copy(sealed, tmp_path / "w.vault"))
    connection = sqlite3.connect(path, isolation_level=None)
    with suppress(sqlite3.IntegrityError):  # the table's own constraints refuse some
        connection.execute(statement)
    changed = connection.execute("SELECT total_changes()").fetchone()[0] or statement.startswith(("CREATE", "DROP"))
    connection.close()
    if changed and Path(sealed).read_bytes() != path.read_bytes():
        assert is_noticed(path)
