"""Workspace and vault change together, or not at all: killed at every statement, refused, taken back, out of place."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import VaultError, WorkspaceError
from census_map.progress import last_change
from census_map.roster.importing import import_roster
from census_map.roster.registers import import_register
from census_map.roster.together import changing_both
from census_map.roster.update import update_roster
from census_map.roster.vault import HASHES, VALUES, Vault, vault_path
from census_map.roster.visits import import_visits
from census_map.undo import take_back
from census_map.workspace import Workspace
from tests.roster.conftest import COST, HEADER, PASSPHRASE, write_xlsx

FIRST = [
    HEADER,
    [1, "欧阳测试", "13912345678", "东方花园1号楼1单元101室", 3],
    [2, "李四", "13912345679", "东方花园1号楼1单元102室", 2],
    [3, "王五", "", "王家村3组15号", 5],
]
SECOND = [
    HEADER,
    [1, "欧阳测试", "13900000000", "东方花园2号楼1单元101室", 4],
    [2, "李四", "13912345679", "东方花园1号楼1单元102室", 2],
    [3, "赵六", "", "王家村3组16号", 1],
]
DAY = [["底册行号", "日期", "结果", "联系电话", "备注"], [2, "2020-10-12", "无人", "13912345678", "敲门无人"]]
LAST = 9  # writes, in which the step passes from the vault to the workspace: killed before each of them


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    later = tmp_path / "later"
    later.mkdir()
    return {
        "first": write_xlsx(tmp_path / "roster.xlsx", FIRST),
        "second": write_xlsx(later / "roster.xlsx", SECOND),
        "day": write_xlsx(tmp_path / "day.xlsx", DAY),
        "register": write_xlsx(
            tmp_path / "空挂户.xlsx", [["底册行号", "户主姓名", "备注"], [2, "欧阳测试", "寄挂"]], sheet="空挂户"
        ),
    }


def contents(path: Path) -> tuple[object, ...]:
    """Give all that workspace and vault hold, with what identifies a row of one in the other."""
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), PASSPHRASE) as vault:
        households = workspace.read("household").drop(columns=["code"])
        tables = [workspace.read(name) for name in ("visit", "register")]
        rows = vault.read(VALUES, reason="a test").sort_index()
        hashes = vault.read_hashes().sort_index()
        records = sorted(vault.records("visit") + vault.records("register"))
        assert set(rows.index) == set(households.index)
        frames = [households.sort_index(), *(table.sort_index() for table in tables), rows, hashes]
        return (*(tuple(map(tuple, f.reset_index().astype(object).fillna("").to_numpy())) for f in frames), *records)


def in_people(content: tuple[object, ...]) -> object:
    """Give the vault's households without their uids, which are new for every import."""
    return sorted(row[1:] for row in content[3])  # type: ignore[attr-defined]


CHANGES = {
    "import": lambda workspace, vault, files: import_roster(workspace, vault, files["second"], remove_gone=True),
    "update": lambda workspace, vault, files: update_roster(workspace, vault, files["second"]),
    "visits": lambda workspace, vault, files: import_visits(workspace, vault, files["day"]),
    "register": lambda workspace, vault, files: import_register(workspace, vault, files["register"]),
}

STEPS = {"import": 8, "update": 60, "visits": 12, "register": 12}  # from write to write before; 1 passes, and is slow


@pytest.fixture
def settled(town: Workspace, files: dict[str, Path]) -> Path:
    """A township whose roster is imported, closed."""
    with Vault.create(vault_path(town.path), PASSPHRASE, cost=COST) as vault:
        import_roster(town, vault, files["first"])
    town.close()
    return town.path


def killed_at(path: Path, number: int, change, files: dict[str, Path]) -> int:
    """Carry a change out in a process that dies before one of its writes (0: before none); gives how many it began."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:

        def count(sql: str) -> None:
            if not sql.startswith(("SELECT", "PRAGMA", "--")):
                os.write(writer, b".")
                if len(began) + 1 == number:
                    os._exit(9)
                began.append(sql)

        began: list[str] = []
        try:
            with Workspace.open(path) as workspace, Vault.open(vault_path(path), PASSPHRASE) as vault:
                workspace._connection.set_trace_callback(count)
                vault._connection.set_trace_callback(count)
                change(workspace, vault, files)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        return len(pipe.read())


@pytest.mark.parametrize("name", list(CHANGES))
def test_killed_anywhere_it_is_as_before_or_as_after_in_both_files(name, settled, files, tmp_path):
    before = contents(settled)

    def after(number: int) -> tuple[int, tuple[object, ...]]:
        path = Path(shutil.copy(settled, tmp_path / f"{number}.gpkg"))
        shutil.copy(vault_path(settled), vault_path(path))
        began = killed_at(path, number, CHANGES[name], files)
        return began, contents(path)  # which finds the same uids in both files

    writes, done = after(0)
    assert done != before
    same = []
    for number in [*range(1, writes - LAST, STEPS[name]), *range(writes - LAST, writes + 1)]:
        _began, now = after(number)
        same.append(now == before)
        if now != before and name == "import":
            assert in_people(now) == in_people(done)
    assert same[0]
    assert not same[-1]
    # Once it is done it stays done.
    assert same == sorted(same, reverse=True)


def remove_one(workspace: Workspace, vault: Vault, *, then: BaseException | None = None) -> None:
    with changing_both(workspace, vault, "a test") as write:
        write.delete("household", workspace.read("household").index[:1])
        vault.remove(vault.uids()[:1])
        if then is not None:
            raise then


def test_what_is_refused_while_it_is_written_leaves_both_files_as_they_were(settled):
    before = contents(settled)
    with Workspace.open(settled) as workspace, Vault.open(vault_path(settled), PASSPHRASE) as vault:
        for stop in (ZeroDivisionError(), KeyboardInterrupt()):
            with pytest.raises(type(stop)):
                remove_one(workspace, vault, then=stop)
        assert len(vault.uids()) == 3
    assert contents(settled) == before


def test_a_workspace_that_cannot_be_written_at_the_end_takes_the_vault_back(settled):
    before = contents(settled)
    with Workspace.open(settled) as workspace, Vault.open(vault_path(settled), PASSPHRASE) as vault:
        # What fails at the very end of the transaction finds the vault written already.
        workspace._connection.execute(
            "CREATE TEMP TRIGGER late BEFORE UPDATE ON gpkg_contents BEGIN SELECT RAISE(ABORT, 'late'); END"
        )
        with pytest.raises(WorkspaceError):
            remove_one(workspace, vault)
        assert len(vault.uids()) == 3
    assert contents(settled) == before


def test_an_import_that_is_taken_back_is_taken_back_in_the_vault(settled, files):
    before = contents(settled)
    with Workspace.open(settled) as workspace, Vault.open(vault_path(settled), PASSPHRASE) as vault:
        since = last_change(settled)
        import_roster(workspace, vault, files["second"], remove_gone=True)
        import_visits(workspace, vault, files["day"])
        assert contents(settled) != before
        take_back(workspace, since, last_change(settled), reason="back")
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert vault.access_log()["action"].tolist()[-2:] == ["undo", "undo"]
    assert contents(settled) == before


def test_the_first_import_taken_back_leaves_an_empty_vault_and_can_be_repeated(town, files):
    with Vault.create(vault_path(town.path), PASSPHRASE, cost=COST) as vault:
        since = last_change(town.path)
        import_roster(town, vault, files["first"])
        take_back(town, since, last_change(town.path), reason="back")
        # The vault is open still: the next change finds out.
        done = import_roster(town, vault, files["first"])
        assert (done.added, len(vault.uids()), len(town.read("household"))) == (3, 3, 3)


def test_an_older_copy_of_the_workspace_changes_nothing_in_the_vault(settled, files, tmp_path):
    copy = shutil.copy(settled, tmp_path / "copy.gpkg")
    with Workspace.open(settled) as workspace, Vault.open(vault_path(settled), PASSPHRASE) as vault:
        import_roster(workspace, vault, files["second"])
        uids = set(vault.uids())
    shutil.copy(copy, settled)
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert set(vault.uids()) == uids


def test_the_vault_of_another_township_is_refused(settled, tmp_path):
    other = tmp_path / "other.gpkg"
    with Workspace.open(settled) as workspace, Workspace.create(other, crs="EPSG:4549") as copied:
        township = workspace.read("township").set_axis(["5f3a1c1e-0000-4000-8000-000000000001"])
        with copied.transaction("a test") as write:
            write.insert("township", township)
    shutil.copy(vault_path(settled), vault_path(other))
    with pytest.raises(VaultError, match="belongs to another workspace"):
        Vault.open(vault_path(other), PASSPHRASE)


def test_two_programs_change_the_vault_in_turn(settled):
    values = pd.DataFrame("", index=["u1"], columns=list(VALUES), dtype=object)
    hashes = pd.DataFrame(None, index=["u1"], columns=list(HASHES), dtype=object)
    with Vault.open(vault_path(settled), PASSPHRASE) as one, Vault.open(vault_path(settled), PASSPHRASE) as other:
        with one.transaction():
            one.write(values, hashes)
        with other.transaction():
            other.write(values.set_axis(["u2"]), hashes.set_axis(["u2"]))
    with Vault.open(vault_path(settled), PASSPHRASE) as vault:
        assert {"u1", "u2"} < set(vault.uids())
