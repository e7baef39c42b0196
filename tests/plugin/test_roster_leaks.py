"""Planted names, phones and numbers go through all the roster's windows; nothing that is written or said holds them."""

import json
import shutil

import pandas as pd
import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace

from .planted import IDENTITIES, NAMES, PHONES, PLANTED, REMARKS, find_planted, left_behind, planted_rows
from .roster_windows import (
    PASSPHRASE,
    building,
    click,
    finish,
    give_passphrase,
    onward,
    open_lists,
    write_roster,
)
from .test_tasks import wait_until

pytestmark = pytest.mark.qgis


@pytest.fixture
def places(map_file, tmp_path_factory):
    with Workspace.open(shutil.copy(map_file, tmp_path_factory.mktemp("places"))) as opened:
        return sorted(opened.read("building", columns=["address"])["address"].dropna().unique())[-3:]


def draw_mini_areas(path) -> None:
    """Make a mini-area of every census area."""
    with Workspace.open(path) as opened, opened.transaction("test") as write:
        areas = opened.read("census_area", columns=["code", "geometry"])
        minis = areas.assign(code=areas["code"] + "001", census_area_uid=areas.index, kind="ordinary", status=0)
        minis = minis.set_axis(write.insert("mini_area", minis.reset_index(drop=True)))
        buildings = opened.read("building", columns=["geometry"])
        inside = buildings.set_geometry(buildings.representative_point()).sjoin(minis[["geometry"]], predicate="within")
        inside = inside[~inside.index.duplicated()]
        write.update("building", pd.DataFrame({"mini_area_uid": inside.iloc[:, -1]}, index=inside.index))


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


def do_job(plugin, name, *files, out=None) -> None:
    plugin.roster.do_job(name)
    window = plugin.roster.window
    window.files.add_files(list(files))
    onward(plugin, window)
    assert window.page is window.sheets, (name, window._fault.text())
    window.sheets.personal_button.click()
    onward(plugin, window)
    assert window.page is window.result, (name, window._fault.text())
    if out is not None:
        window.write(out)
        finish(plugin)
    if window.job.then:
        onward(plugin, window)
    window.close()


def write_field_lists(inputs):
    """The day's sheet, a register, a list of persons, each with planted words in every place."""
    day = "2020-11-01"
    visits = [[4, day, "入户", "已登记", REMARKS[0], PHONES[0]], [5, day, NAMES[0], NAMES[1], PHONES[1], ""]]
    entries = [["空挂户", NAMES[0], IDENTITIES[0], "", REMARKS[0]], ["无固定住所", NAMES[2], "", "", REMARKS[0]],
               [NAMES[1], NAMES[1], "", "", ""]]  # fmt: skip
    persons = [[4, NAMES[1], "户主", IDENTITIES[1]], ["", NAMES[2], "子", IDENTITIES[0]]]
    return (
        write_roster(inputs / "入户.xlsx", visits, ["底册行号", "日期", "方式", "结果", "备注", "联系电话"]),
        write_roster(inputs / "台账.xlsx", entries, ["登记类别", "姓名", "身份证号", "住址", "备注"]),
        write_roster(inputs / "人员.xlsx", persons, ["底册行号", "姓名", "与户主关系", "身份证号"]),
    )


def work_in_the_field(plugin, inputs) -> None:
    visits, entries, persons = write_field_lists(inputs)
    do_job(plugin, "visits", visits)
    do_job(plugin, "registers", entries)
    do_job(plugin, "persons", persons)
    plugin.roster.enter_visit()
    finish(plugin)
    window = plugin.roster.window
    window.search.setText(NAMES[0])
    wait_until(lambda: window.found.rowCount() > 0)
    window.name_button.click()
    window.phone.setText(PHONES[0])
    window.remark.setText(REMARKS[0])
    window.staff.setText("7")
    window.enter_button.click()
    finish(plugin)
    window.close()
    plugin.roster.enter_register()
    window = plugin.roster.window
    for name, text in (("head", NAMES[2]), ("identity", IDENTITIES[0]), ("phone", PHONES[0]), ("remark", REMARKS[0])):
        window.entry.parts[name].setText(text)
    onward(plugin, window)
    window.close()


def read_the_log(plugin) -> None:
    plugin.roster.show_log()
    finish(plugin)
    plugin.roster.window.close()


def write_tables(plugin, out) -> None:
    plugin.roster.make_tables()
    plugin.roster.window.write(out)
    finish(plugin)
    plugin.roster.window.close()


@pytest.mark.parametrize("apart", [True], ids=["process of its own"])
def test_nothing_that_qgis_writes_or_says_holds_personal_data(  # noqa: PLR0917  fixtures
    apart, plugin, workspace, places, tmp_path, tmp_path_factory, temporary, said, capfd
):
    Vault.create(vault_path(workspace), PASSPHRASE, cost=2**4).close()
    draw_mini_areas(workspace)
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
    work_in_the_field(plugin, inputs)
    window = open_lists(plugin)
    plugin.roster.lists.export(tmp_path / "lists.xlsx", [rows.name for rows in window.lists], False)
    finish(plugin)
    window.grab().save(str(tmp_path / "lists.png"))
    do_job(plugin, "compare", again, out=tmp_path / "comparison.xlsx")
    do_job(plugin, "cut", again, out=tmp_path / "cut")
    do_job(plugin, "surveys", again, inputs / "人员.xlsx", out=tmp_path / "surveys.xlsx")
    rows[0][5] = 8
    do_job(plugin, "update", write_roster(inputs / "底册.xlsx", rows), out=tmp_path / "update.xlsx")
    write_tables(plugin, tmp_path / "tables.xlsx")
    read_the_log(plugin)
    plugin.desk.undo()
    finish(plugin)
    plugin.roster.linking.close()
    plugin.roster.link()
    finish(plugin)

    assert left_behind(tmp_path, workspace, said, capfd) == []
    assert temporary.exists()
    assert (tmp_path / "lists.xlsx").exists()
    for name in ("comparison", "surveys", "update", "tables"):
        assert (tmp_path / f"{name}.xlsx").exists(), name
    assert list((tmp_path / "cut").iterdir())
    assert apart
    assert plugin.roster.service._process is not None
    assert vault_path(workspace).exists()


@pytest.mark.usefixtures("quick_vault")
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

    monkeypatch.setattr("census_map_plugin.roster.library.rosters.plan_import", crash)
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
