"""Killed at sampled moments of every verb that writes: the files are whole, and the same command goes on."""

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from census_map.cli import main
from census_map.roster.vault import Vault, vault_path
from census_map.signing import lock_areas, sign_areas, unlock_areas
from census_map.workspace import Workspace
from tests.attack.conftest import PASSPHRASE
from tests.attack.job import changing_steps, later_steps
from tests.roster.conftest import write_xlsx

MOMENTS = 3  # of each verb, spread over its statements and the files it writes; and the last of them
_FILES = {"open", "os.rename", "os.remove", "os.mkdir"}

Change = Callable[[], object]


def _lock(town: Path) -> None:
    with Workspace.open(town) as workspace:
        for level in ("self", "instructor", "township"):
            sign_areas(workspace, level)
        assert lock_areas(workspace).changed


def _unlock(town: Path) -> None:
    with Workspace.open(town) as workspace:
        unlock_areas(workspace, "a reason")


def _leave_a_gap(town: Path) -> None:
    with Workspace.open(town) as workspace:
        first = workspace.read("mini_area").iloc[[0]][["geometry"]]
        with workspace.transaction("a gap") as write:
            write.update("mini_area", first.assign(geometry=first.geometry.intersection(first.buffer(-3).envelope)))


def _command(words: list[str]) -> Change:
    return lambda: main(words)


def changes(folder: Path) -> dict[str, Change]:
    """Give every change of a township that is made already, by name."""
    town = folder / "town.gpkg"
    out = folder / "out"
    out.mkdir(exist_ok=True)
    sheet = folder / "visits.xlsx"
    if not sheet.exists():
        write_xlsx(sheet, [["底册行号", "日期", "结果"], [2, "2020-10-12", "无人"]])
    words = changing_steps(folder)
    words |= {
        "link": ["roster", "link", str(town)],
        "update": ["roster", "update", str(town), str(folder / "roster2.xlsx")],
        "visits": ["roster", "visits", str(town), str(sheet)],
        "repair": ["repair", str(town), "--rule", "G03"],
        **{name: later_steps(folder, out)[name] for name in ("tables", "export", "coverage repair", "check html")},
    }
    return {
        **{name: _command(each) for name, each in words.items()},
        "lock": lambda: _lock(town),
        "unlock": lambda: _unlock(town),
    }


def run_until(change: Change, moment: int | None) -> int:
    """Carry a change out in a process that kills itself before one of its statements; gives how many there were."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        count = 0

        def step() -> None:
            nonlocal count
            count += 1
            os.write(writer, b".")
            if count == moment:
                os.kill(os.getpid(), signal.SIGKILL)

        def call(_frame: FrameType, event: str, called: Any) -> None:
            if event == "c_call" and called.__name__.startswith("execute") and _is_connection(called):
                step()

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            if event in _FILES and (event != "open" or _writes(arguments)):
                step()

        sys.addaudithook(hook)
        sys.setprofile(call)
        try:
            change()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        seen = len(pipe.read())
    os.waitpid(child, 0)
    return seen


def _is_connection(called: Any) -> bool:
    return isinstance(getattr(called, "__self__", None), sqlite3.Connection)


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def whole(town: Path) -> None:
    """See that both files are whole and know the same households, once each has been opened."""
    with sqlite3.connect(town) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
    for passphrase in (PASSPHRASE, PASSPHRASE + " neu"):
        if _opens(town, passphrase):
            return
    pytest.fail("neither the old nor the new passphrase opens the vault")


def _opens(town: Path, passphrase: str) -> bool:
    from census_map.errors import WrongPassphrase  # noqa: PLC0415  used here alone

    try:
        with Workspace.open(town) as workspace, Vault.open(vault_path(town), passphrase) as vault:
            assert workspace.notices == ()
            assert vault.notices == ()
            assert vault.log_is_whole
            assert set(vault.uids()) == set(workspace.read("household", columns=[]).index)
            assert not [fault for fault in workspace.seal_faults() if fault.fault != "unsealed"]
    except WrongPassphrase:
        return False
    return True


NAMES = (
    "new", "add building", "split", "number", "sign", "import", "vault", "link", "update", "visits", "repair",
    "tables", "export", "coverage repair", "check html", "lock", "unlock",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_after_a_kill_the_files_are_whole_and_the_command_goes_on(name: str, made: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(made, tmp_path / "before"))
    prepare = {"unlock": _lock, "repair": _leave_a_gap}.get(name)
    if prepare is not None:
        prepare(before / "town.gpkg")

    def after(moment: int | None, label: str) -> tuple[int, Path]:
        folder = Path(shutil.copytree(before, tmp_path / label))
        return run_until(changes(folder)[name], moment), folder

    writes, _folder = after(None, "whole")
    assert writes > 0
    moments = {1 + k * writes // MOMENTS for k in range(MOMENTS)} | {writes}
    for moment in sorted(moments):
        _seen, folder = after(moment, f"killed {moment}")
        town = folder / "town.gpkg"
        whole(town)
        again = changes(folder)[name]()
        if name not in {"lock", "unlock", "vault"}:
            # What is there already when the kill came last of all is not made a second time.
            assert again in ({0, 1, 2} if name == "new" and (folder / "second.gpkg").exists() else {0, 1})
        whole(town)
