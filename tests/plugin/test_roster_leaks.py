"""Planted names, phones and numbers go through all the roster's windows; nothing that is written or said holds them."""

import json
import logging
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QDir, Qt
from qgis.PyQt.QtTest import QTest

from census_map.roster.cipher import wrap_key
from census_map.roster.vault import vault_path
from census_map.workspace import Workspace

from .roster_windows import PASSPHRASE, building, click, finish, give_passphrase, onward, write_roster
from .test_tasks import wait_until

pytestmark = pytest.mark.qgis

NAMES = ["司马青衫", "慕容白露", "西门吹雪"]
PHONES = ["13798765432", "13687654321"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
REMARKS = ["租客王五代收"]
PLANTED = [*NAMES, *PHONES, *IDENTITIES, *REMARKS, PASSPHRASE]


def shapes(text: str) -> set[bytes]:
    return {
        *(text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")),
        json.dumps(text).strip('"').encode(),
        # As QSettings writes what is not ASCII.
        "".join(sign if sign.isascii() else f"\\x{ord(sign):x}" for sign in text).encode(),
    }


def contents(path: Path):
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def find_planted(folder: Path, *, but: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(folder)), text)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in but
        for raw in contents(path)
        for text in PLANTED
        if any(shape in raw for shape in shapes(text))
    ]


@pytest.fixture
def said(iface, caplog):
    """All that was said in QGIS's log, message bar and Python's logs."""
    messages: list[str] = []

    def hear(text, tag, _level):
        messages.append(f"{tag} {text}")

    QgsApplication.messageLog().messageReceived.connect(hear)
    caplog.set_level(logging.DEBUG)

    def everything() -> str:
        bar = [text for several in iface.messageBar().messages.values() for text in several]
        return "\n".join([*messages, *map(str, bar), caplog.text])

    yield everything
    QgsApplication.messageLog().messageReceived.disconnect(hear)


@pytest.fixture
def places(map_file, tmp_path_factory):
    with Workspace.open(shutil.copy(map_file, tmp_path_factory.mktemp("places"))) as opened:
        return sorted(opened.read("building", columns=["address"])["address"].dropna().unique())[-3:]


def planted_rows(places):
    return [
        ["", NAMES[0], PHONES[0], IDENTITIES[0], places[0], 3, REMARKS[0]],
        ["", NAMES[1], PHONES[1], IDENTITIES[1], "莫须有花园宿舍1号楼101", 2, ""],
        # A clerk who slipped by one column.
        [NAMES[0], PHONES[0], IDENTITIES[0], places[1], NAMES[0], PHONES[1], ""],
        ["", "", "", "", "", 1, ""],
    ]


def read_in(plugin, file) -> None:
    plugin.roster.import_roster()
    wizard = plugin.roster.window
    wizard.files.add_files([file])
    onward(plugin, wizard)
    wizard.sheets.personal_button.click()
    onward(plugin, wizard)
    if wizard.page is wizard.secret:
        give_passphrase(wizard)
        onward(plugin, wizard)
    onward(plugin, wizard)
    click(wizard.next_button)
    finish(plugin)
    wait_until(lambda: plugin.roster.linking.is_open)


def decide_all(plugin) -> None:
    dock = plugin.roster.linking.dock
    for queue in ("undecided", "unreadable", "missed_building"):
        dock.queue_asked.emit(queue)
        if dock.household is None:
            continue
        dock.name_button.click()
        plugin.roster.linking._pointed(building(plugin, "state", "standing"))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_A, Qt.Key.Key_U, Qt.Key.Key_D):
            QTest.keyClick(dock.choices, key)
            finish(plugin)


def compare(plugin, file, out) -> None:
    plugin.roster.compare()
    window = plugin.roster.window
    window.files.add_files([file])
    onward(plugin, window)
    window.sheets.personal_button.click()
    onward(plugin, window)
    window.write(out)
    finish(plugin)
    window.close()


def test_nothing_that_qgis_writes_or_says_holds_personal_data(
    plugin, workspace, places, tmp_path, tmp_path_factory, monkeypatch, said, capfd
):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr("census_map.roster.vault.wrap_key", lambda key, words, **_cost: wrap_key(key, words, cost=2**4))
    assert QDir.tempPath() == str(temporary)
    inputs = tmp_path_factory.mktemp("inputs")
    rows = planted_rows(places)
    roster = write_roster(inputs / "底册.xlsx", rows)
    broken = inputs / "坏.xlsx"
    broken.write_bytes(roster.read_bytes()[:-200])

    plugin.desk.show_township(workspace)
    plugin.roster.import_roster()
    window = plugin.roster.window
    window.files.add_files([broken])
    onward(plugin, window)
    window.close()
    read_in(plugin, roster)
    rows[0][5], rows[1][1] = 7, NAMES[2]
    again = write_roster(inputs / "底册.xlsx", rows)
    read_in(plugin, again)
    decide_all(plugin)
    plugin.roster.show_lists()
    finish(plugin)
    plugin.roster.linking.export_lists(tmp_path / "lists.xlsx", False)
    compare(plugin, again, tmp_path / "comparison.xlsx")
    plugin.roster.linking.close()
    plugin.roster.link()
    finish(plugin)
    project = QgsProject.instance()
    assert project.write(str(tmp_path / "project.qgz"))
    assert project.write(str(tmp_path / "project.qgs"))
    QgsSettings().sync()
    QCoreApplication.processEvents()

    with Workspace.open(workspace) as opened:
        assert len(opened.read("household")) >= 3
        assert (workspace.with_name(workspace.name + "-wal")).exists()
        assert find_planted(tmp_path) == []
    assert find_planted(Path(QgsApplication.qgisSettingsDirPath())) == []
    console = capfd.readouterr()
    everything = said() + console.out + console.err
    assert everything
    assert [text for text in PLANTED if text in everything] == []
    assert (tmp_path / "lists.xlsx").exists()
    assert (tmp_path / "comparison.xlsx").exists()
    assert vault_path(workspace).exists()


def test_a_crash_shows_no_personal_data(plugin, workspace, places, tmp_path_factory, monkeypatch, said):
    """What a foreign exception quotes stays in it: the window and the log say only what kind it was and where."""
    roster = write_roster(tmp_path_factory.mktemp("inputs") / "底册.xlsx", planted_rows(places))
    plugin.desk.show_township(workspace)
    plugin.roster.import_roster()
    wizard = plugin.roster.window
    wizard.files.add_files([roster])
    onward(plugin, wizard)

    def crash(_roster, *_arguments, **_options):
        raise ValueError(f"could not convert {NAMES[0]} {PHONES[0]}")

    monkeypatch.setattr("census_map_plugin.roster.library.plan_import", crash)
    onward(plugin, wizard)
    give_passphrase(wizard)
    onward(plugin, wizard)
    shown = wizard._fault.text()
    assert "technician" in shown
    assert "ValueError" in said()
    assert [text for text in PLANTED if text in shown + said()] == []
    wizard.close()


def test_the_search_would_find_them(tmp_path):
    write_roster(tmp_path / "a.xlsx", [["", NAMES[0], "", "", "", 1, ""]])
    (tmp_path / "b.json").write_text(json.dumps({"phone": PHONES[0], "name": NAMES[1]}))
    assert {text for _name, text in find_planted(tmp_path)} == {NAMES[0], NAMES[1], PHONES[0]}
