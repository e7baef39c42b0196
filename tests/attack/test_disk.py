"""A full disk, a folder that may only be read, a file that another program holds: told apart, and nothing is torn."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from census_map.cli import main
from census_map.roster.vault import Vault
from census_map.workspace import Workspace, geopackage
from tests.attack.conftest import PASSPHRASE
from tests.attack.job import changing_steps, later_steps

_MOUNT, _UNMOUNT = (shutil.which(name) or name for name in ("mount", "umount"))
WRONG = ("damaged", "That did not work", "last good copy", "changed by another program")
CHANGES = ("new", "add building", "split", "number", "sign", "import", "vault")
RESULTS = (
    "check html", "check xlsx", "check json", "tables", "lists", "unlinked", "compare", "cut", "export",
    "coverage check", "coverage repair", "coverage split",
)  # fmt: skip


class Disk:
    """A small disk of its own where that is allowed (root); otherwise a folder, and a limit on the size of files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        words = [_MOUNT, "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)]
        self.is_own = subprocess.run(words, capture_output=True, check=False).returncode == 0

    def close(self) -> None:
        if self.is_own:
            subprocess.run([_UNMOUNT, "-l", str(self.path)], check=True)

    @contextmanager
    def full(self, left: int) -> Iterator[None]:
        """Leave so many bytes free."""
        filler = self.path / "filler"
        if self.is_own:
            filler.write_bytes(bytes(max(shutil.disk_usage(self.path).free - left, 0)))
            yield
            filler.unlink()
            return
        resource = pytest.importorskip("resource")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(max(left, 512), 40_000), before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Allow no writing."""
        if self.is_own:
            subprocess.run([_MOUNT, "-o", "remount,ro", str(self.path)], check=True)
            yield
            subprocess.run([_MOUNT, "-o", "remount,rw", str(self.path)], check=True)
            return
        if os.geteuid() == 0:
            pytest.skip("whoever may do everything needs a disk of its own")
        inside = [self.path, *self.path.rglob("*")]
        for path in inside:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield
        finally:
            for path in inside:
                path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    yield made
    made.close()


def _content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give all rows of a database, but for marks of time."""
    with closing(geopackage.connect(str(path), write=False)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {
            name: file.execute(f'SELECT * FROM "{name}"').fetchall()
            for name in names
            if not name.startswith(("rtree_", "sqlite_")) and name not in {"meta", "gpkg_contents", "access"}
        }


def _is_whole(folder: Path) -> None:
    """See that township and vault open, and that no draft is left."""
    with Workspace.open(folder / "town.gpkg"):
        pass
    try:
        Vault.open(folder / "town.vault", PASSPHRASE).close()
    except Exception:  # noqa: BLE001  the passphrase may have been changed before the disk was full
        Vault.open(folder / "town.vault", PASSPHRASE + " neu").close()
    assert [path.name for path in folder.rglob("*") if "part" in path.name or path.name == "draft"] == []


@pytest.mark.parametrize("verb", CHANGES)
@pytest.mark.parametrize("left", [0, 80_000])
def test_a_full_disk_is_called_full_and_changes_nothing(verb, left, job, disk, capsys):
    folder = Path(shutil.copytree(job, disk.path / "job"))
    words = changing_steps(folder)[verb]
    before = _content(folder / "town.gpkg")
    capsys.readouterr()
    with disk.full(left):
        status = main(words)
    said = capsys.readouterr().err
    assert not any(word in said for word in WRONG), said
    if status == 2:
        assert "disk is full" in said or "free some space" in said, said
        assert _content(folder / "town.gpkg") == before
        assert not (folder / "second.gpkg").exists()
    else:  # a passphrase is changed in the pages that are there
        assert left or verb == "vault" or not disk.is_own, "a full disk was not noticed"
    _is_whole(folder)


@pytest.mark.parametrize("verb", RESULTS)
@pytest.mark.parametrize("left", [0, 6_000])
def test_a_result_on_a_full_disk_is_whole_or_not_there(verb, left, job, disk, capsys):
    capsys.readouterr()
    with disk.full(left):
        status = main(later_steps(job, disk.path)[verb])
    said = capsys.readouterr().err
    assert not any(word in said for word in WRONG), said
    if status == 2:
        assert "disk is full" in said, said
        assert [path for path in disk.path.rglob("*") if path.is_file()] == []
    else:
        assert left or not disk.is_own, "a full disk was not noticed"


@pytest.mark.parametrize("verb", [*CHANGES, *RESULTS])
def test_what_may_only_be_read_is_called_so(verb, job, disk, capsys):
    folder = Path(shutil.copytree(job, disk.path / "job"))
    words = {**changing_steps(folder), **later_steps(folder, folder)}[verb]
    capsys.readouterr()
    with disk.read_only():
        assert main(words) == 2
    said = capsys.readouterr().err
    assert "not allowed there" in said or "write-protected" in said or "may be written" in said, said
    assert not any(word in said for word in WRONG), said
    _is_whole(folder)


@pytest.mark.parametrize("verb", [verb for verb in CHANGES if verb not in {"new", "vault"}])
def test_a_file_that_another_program_holds_is_said_to_be_in_use(verb, job, capsys, monkeypatch):
    monkeypatch.setattr(geopackage, "WAIT_SECONDS", 0.05)
    words = changing_steps(job)[verb]
    before = _content(job / "town.gpkg")
    with closing(sqlite3.connect(job / "town.gpkg", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        capsys.readouterr()
        assert main(words) == 2
        said = capsys.readouterr().err
        other.execute("ROLLBACK")
    assert "in use by another program" in said, said
    assert _content(job / "town.gpkg") == before


@pytest.mark.parametrize("verb", ["number", "check json", "export", "tables"])
def test_a_file_that_another_program_holds_altogether_is_said_to_be_in_use(verb, job, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(geopackage, "WAIT_SECONDS", 0.05)
    words = {**changing_steps(job), **later_steps(job, tmp_path)}[verb]
    with closing(sqlite3.connect(job / "town.gpkg", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        capsys.readouterr()
        assert main(words) == 2
        said = capsys.readouterr().err
    assert "in use by another program" in said, said
    assert not any(word in said for word in WRONG), said
