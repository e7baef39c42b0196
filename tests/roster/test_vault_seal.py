"""What is done to a vault or to what the workspace says of it is noticed, and nothing is dropped for it."""

import json
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import VaultError
from census_map.progress import last_change
from census_map.roster.cipher import SCRYPT_COST, weakness
from census_map.roster.importing import import_roster
from census_map.roster.vault import HASHES, VALUES, Vault, vault_path
from census_map.roster.vault_file import HOUSEHOLD, stored_key
from census_map.undo import take_back
from census_map.workspace import Workspace
from tests.roster.conftest import COST, PASSPHRASE, write_xlsx
from tests.roster.test_together import FIRST, SECOND


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A vault with three households, four records and a log, without a workspace."""
    path = tmp_path / "w.vault"
    uids = ["u1", "u2", "u3"]
    values = pd.DataFrame("", index=uids, columns=list(VALUES), dtype=object).assign(head="某人", phone=uids)
    hashes = pd.DataFrame(None, index=uids, columns=list(HASHES), dtype=object)
    with Vault.create(path, PASSPHRASE, cost=COST) as vault:
        with vault.step("one"):
            vault.write(values, hashes)
            for number in range(4):
                vault.put_record("visit", f"v{number}", f"text {number}")
        vault.finish_step("one")
        for reason in ("one", "two", "three"):
            vault.log("read", 1, reason)
    return path


CHANGES = {
    "a record gone": "DELETE FROM record WHERE id = 2",
    "all records gone": "DELETE FROM record",
    "a record twice": "INSERT INTO record (kind, key, value) SELECT kind, key, value FROM record WHERE id = 1",
    "records swapped": "UPDATE record SET id = CASE id WHEN 1 THEN 99 ELSE 1 END WHERE id IN (1, 2)",
    "a record of another kind": "UPDATE record SET kind = 'alias' WHERE id = 1",
    "a household gone": "DELETE FROM household WHERE uid = 'u2'",
    "a household twice": f"INSERT INTO household SELECT 'u4', {', '.join(HOUSEHOLD[1:])} FROM household LIMIT 1",
    "a step unfinished": "UPDATE step SET finished = 0",
    "a step of another name": "UPDATE step SET name = 'x'",
    "no steps": "DELETE FROM step",
    "another township": "INSERT OR REPLACE INTO vault VALUES ('township', x'41')",
    "fewer steps": "UPDATE vault SET value = x'30' WHERE key = 'steps'",
    "the first version": "UPDATE vault SET value = x'31' WHERE key = 'version'",
    "a trigger": "CREATE TRIGGER x AFTER INSERT ON access BEGIN DELETE FROM household; END",
    "a view": "CREATE VIEW x AS SELECT * FROM household",
    "no seal": "DELETE FROM vault WHERE key = 'seal'",
}  # fmt: skip


@pytest.mark.parametrize("statement", CHANGES.values(), ids=list(CHANGES))
def test_a_change_of_the_file_is_noticed_when_it_is_opened(path, statement):
    change(path, statement)
    with pytest.raises(VaultError, match="damaged or changed"):
        Vault.open(path, PASSPHRASE)


@pytest.mark.parametrize("column", ["head", "phone"])
def test_a_cell_that_was_emptied_is_noticed_whatever_is_read(path, column):
    change(path, f"UPDATE household SET {column} = NULL WHERE uid = 'u1'")
    for asked, uids in ((["head"], None), (["address"], ["u1"])):
        with Vault.open(path, PASSPHRASE) as vault, pytest.raises(VaultError, match="damaged or changed"):
            vault.read(asked, reason="a test", uids=uids)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM access WHERE id = (SELECT max(id) FROM access)",
        "DELETE FROM access WHERE id > 1",
        "DELETE FROM access",
        "UPDATE vault SET value = x'00' WHERE key = 'log'",
    ],
    ids=["its last entry", "its tail", "all of it", "its seal"],
)
def test_a_log_that_was_cut_is_said_and_stays_said(path, statement):
    change(path, statement)
    for _time in range(2):
        with Vault.open(path, PASSPHRASE) as vault:
            assert not vault.log_is_whole
            assert any("access log" in notice for notice in vault.notices)
            vault.read(["head"], reason="a test")
            with vault.transaction():
                vault.put_record("visit", "v9", "text")


def test_the_log_alone_cannot_be_put_back_to_what_it_was(path):
    connection = sqlite3.connect(path)
    log = connection.execute("SELECT value FROM vault WHERE key = 'log'").fetchone()[0]
    last = connection.execute("SELECT max(id) FROM access").fetchone()[0]
    connection.close()
    with Vault.open(path, PASSPHRASE) as vault, vault.transaction():
        vault.log("import", 1, "later")
    change(path, f"DELETE FROM access WHERE id > {last}", f"UPDATE vault SET value = x'{log.hex()}' WHERE key = 'log'")
    with Vault.open(path, PASSPHRASE) as vault:
        assert not vault.log_is_whole


def first_version(path: Path) -> None:
    """Make the file what the first version of the program would have written."""
    with Vault.open(path, PASSPHRASE) as vault:
        seal = vault._totals.first_seal(vault._cipher)
    change(
        path,
        "DELETE FROM vault WHERE key IN ('log', 'log_mark', 'steps', 'signs')",
        "UPDATE vault SET value = x'31' WHERE key = 'version'",
        f"UPDATE vault SET value = x'{seal.hex()}' WHERE key = 'seal'",
    )


def test_a_vault_of_the_first_version_opens_and_is_sealed_at_its_next_change(path):
    first_version(path)
    with Vault.open(path, PASSPHRASE) as vault:
        assert vault.notices == ()
        assert vault.log_is_whole
        with vault.transaction():
            vault.put_record("visit", "v9", "text")
    change(path, "DELETE FROM record WHERE id = 2")
    with pytest.raises(VaultError, match="damaged or changed"):
        Vault.open(path, PASSPHRASE)


@pytest.fixture
def settled(town: Workspace, tmp_path: Path) -> Path:
    """A township whose roster was imported twice, closed; `old.vault` and `old.gpkg` are from in between."""
    with Vault.create(vault_path(town.path), PASSPHRASE, cost=COST) as vault:
        import_roster(town, vault, write_xlsx(tmp_path / "roster.xlsx", FIRST))
        shutil.copy(town.path, tmp_path / "old.gpkg")
        shutil.copy(vault_path(town.path), tmp_path / "old.vault")
        import_roster(town, vault, write_xlsx(tmp_path / "roster.xlsx", SECOND))
    town.close()
    return town.path


def names(path: Path) -> list[str]:
    with Vault.open(vault_path(path), PASSPHRASE) as vault:
        return sorted(vault.read(["head"], reason="a test")["head"])


def said(path: Path, **changes: object) -> None:
    """Change what the workspace says of the vault."""
    connection = sqlite3.connect(path, isolation_level=None)
    stored = json.loads(connection.execute("SELECT value FROM meta WHERE key = 'companion'").fetchone()[0])
    connection.execute("UPDATE meta SET value = ? WHERE key = 'companion'", (json.dumps(stored | changes),))
    connection.close()


def trail(path: Path) -> list[list[object]]:
    with Workspace.open(path) as workspace:
        return json.loads(workspace.meta["companion"])["trail"]


def test_a_step_that_is_only_said_to_be_taken_back_stays(settled):
    before = names(settled)
    said(settled, undone=[name for name, _last in trail(settled)])
    assert names(settled) == before
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert any("its rows are still there" in notice for notice in vault.notices)


@pytest.mark.parametrize("value", ["{}", "[]", "nonsense", '{"trail": 7}', '{"undone": [[]], "trail": [["x", 1]]}'])
def test_whatever_stands_in_the_workspace_drops_nothing(settled, value):
    before = names(settled)
    change(settled, f"UPDATE meta SET value = '{value}' WHERE key = 'companion'")
    assert names(settled) == before


def test_what_goes_on_the_word_of_the_workspace_alone_is_set_aside_and_comes_back(settled):
    before = names(settled)
    with Workspace.open(settled) as workspace:
        rows = workspace.read("household")
        with workspace.transaction("somebody else") as write:
            write.delete("household", rows.index[rows["source_row"] == rows["source_row"].max()])
    said(settled, undone=[name for name, _last in trail(settled)], trail=[])
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert vault.set_aside()["household"] >= 1
        assert any("set aside" in notice for notice in vault.notices)
        vault.put_back()
        assert vault.set_aside() == {}
    assert names(settled) == before


def test_an_import_taken_back_while_the_vault_is_closed_is_set_aside(town, tmp_path):
    roster = write_xlsx(tmp_path / "roster.xlsx", FIRST)
    with Vault.create(vault_path(town.path), PASSPHRASE, cost=COST) as vault:
        since = last_change(town.path)
        import_roster(town, vault, roster)
        before = vault.read(VALUES, reason="a test")
    take_back(town, since, last_change(town.path), reason="back")
    with Vault.open(vault_path(town.path), PASSPHRASE) as vault:
        assert vault.uids() == []
        assert vault.set_aside() == {"household": 3}
        assert any("3 rows" in notice for notice in vault.notices)
    with Vault.open(vault_path(town.path), PASSPHRASE) as vault:
        assert vault.put_back() == 3
        assert vault.read(VALUES, reason="a test").equals(before)
    with Vault.open(vault_path(town.path), PASSPHRASE) as vault:
        assert vault.drop_aside() == 0


def test_an_older_copy_of_the_vault_is_refused(settled, tmp_path):
    shutil.copy(tmp_path / "old.vault", vault_path(settled))
    with pytest.raises(VaultError, match="older copy than its workspace"):
        Vault.open(vault_path(settled), PASSPHRASE)
    shutil.copy(tmp_path / "old.gpkg", settled)
    assert len(names(settled)) == 3


def test_what_the_workspace_says_unsigned_is_told(settled):
    said(settled, number=0)
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert any("not written by this program" in notice for notice in vault.notices)


def test_households_without_names_are_counted(settled):
    change(settled, f"INSERT INTO household (uid) VALUES ('{'1' * 8}-1111-4111-8111-{'1' * 12}')")
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert any("1 household of the workspace has no name" in notice for notice in vault.notices)


def test_the_command_line_says_it_and_its_exit_status_too(settled, tmp_path, capsys, monkeypatch):
    from census_map.cli import main  # noqa: PLC0415  what loads the verbs

    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CENSUS_MAP_LANG", "en")
    words = ["roster", "tables", str(settled), "--names", "--xlsx", str(tmp_path / "tables.xlsx")]
    assert main(words) == 0
    change(settled, f"INSERT INTO household (uid) VALUES ('{'1' * 8}-1111-4111-8111-{'1' * 12}')")
    assert main(words) == 1
    assert "has no name in the roster vault" in capsys.readouterr().err
    assert main(["roster", "vault", "aside", str(settled)]) == 1
    assert "set aside: 0 households, 0 records" in capsys.readouterr().out


def test_the_cost_of_a_passphrase_stands_in_the_file_and_rises_with_the_next_one(path):
    with Vault.open(path, PASSPHRASE) as vault:
        assert stored_key(vault._connection).cost == COST
        vault.change_passphrase(PASSPHRASE, "another passphrase")
        assert stored_key(vault._connection).cost == SCRYPT_COST == 2**17


@pytest.mark.parametrize(
    ("passphrase", "weak"),
    [("12345678", True), ("aaaaaaaaaaaaaaaaaaaa", True), ("abcdefghijkl", True), ("correct horse battery", False)],
)
def test_a_passphrase_that_is_easily_guessed_is_told(passphrase, weak):
    assert bool(weakness(passphrase)) is weak
