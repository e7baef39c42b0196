"""The roster's windows, driven as she drives them."""

import sqlite3
from contextlib import closing

import pytest
from census_map_plugin.roster import secret
from census_map_plugin.roster.key import KeyDialog
from census_map_plugin.roster.pages import PassphrasePage
from python_calamine import CalamineWorkbook
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QComboBox

from census_map.roster.preview import HIDDEN
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace

from .roster_windows import (
    PASSPHRASE,
    building,
    click,
    finish,
    give_passphrase,
    households,
    onward,
    open_lists,
    workbook_text,
    write_roster,
)
from .test_tasks import wait_until

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("quick_vault")]


def start_import(plugin, file):
    plugin.roster.import_roster()
    wizard = plugin.roster.window
    wizard.files.add_files([file])
    onward(plugin, wizard)
    onward(plugin, wizard)
    return wizard


def test_a_roster_is_read_in_in_five_clicks_onward_and_nothing_is_written_before_the_last(
    opened, workspace, rows, tmp_path
):
    opened.roster.import_roster()
    wizard = opened.roster.window
    assert not wizard.next_button.isEnabled()
    wizard.files.add_files([write_roster(tmp_path / "底册.xlsx", rows)])
    onward(opened, wizard)
    assert wizard.page is wizard.sheets
    assert set(wizard.sheets.table.fields.values()) == {
        "census_area", "head", "phone", "identity", "address", "h2a", "remark",
    }  # fmt: skip
    onward(opened, wizard)
    give_passphrase(wizard)
    onward(opened, wizard)
    assert wizard.page is wizard.changes
    assert wizard.changes.summary.text().startswith("5 new households")
    assert households(workspace).empty
    onward(opened, wizard)
    assert wizard.page is wizard.done
    assert len(households(workspace)) == 5
    assert opened.steps.undo_button.isVisibleTo(opened.steps)
    click(wizard.next_button)
    finish(opened)
    wait_until(lambda: opened.roster.linking.is_open)
    assert opened.roster.window is None
    assert (households(workspace)["link_state"] == "linked").sum() == 2
    assert opened.roster.linking.dock.isVisible()


@pytest.mark.parametrize(
    ("first", "second", "good"),
    [("short", "short", False), ("long enough", "long enougH", False), ("long enough", "long enough", True)],
    ids=["short", "not alike", "good"],
)
@pytest.mark.usefixtures("qgis_app")
def test_a_new_passphrase_is_long_enough_and_given_twice(tmp_path, first, second, good):
    page = PassphrasePage(tmp_path / "new.vault")
    page.passphrase.setText(first)
    page.again.setText(second)
    assert page.is_complete() is good


def test_the_step_opens_the_window_that_reads_in_a_roster(opened):
    opened.desk.begin("roster")
    assert opened.roster.window is not None
    opened.roster.window.close()
    assert opened.roster.window is None


def test_personal_cells_are_hidden_until_she_shows_them(opened, rows, tmp_path):
    opened.roster.import_roster()
    wizard = opened.roster.window
    wizard.files.add_files([write_roster(tmp_path / "底册.xlsx", rows)])
    onward(opened, wizard)
    page = wizard.sheets

    def shown() -> str:
        table = page.table
        return " ".join(
            table.item(row, column).text()
            for row in range(2, table.rowCount())
            for column in range(table.columnCount())
        )

    personal = ["司马青衫", "13798765432", "11010519491231002X", "租客王五代收"]
    assert HIDDEN in shown()
    assert not [text for text in personal if text in shown()]
    assert rows[0][4] in shown()
    click(page.personal_button)
    assert [text for text in personal if text in shown()] == personal
    click(page.personal_button)
    assert not [text for text in personal if text in shown()]
    wizard.close()


def test_a_column_can_be_named_and_is_taken_from_another(opened, rows, tmp_path):
    header = ["普查区", "当家的", "联系电话", "身份证号", "在哪里", "现住人数", "备注"]
    opened.roster.import_roster()
    wizard = opened.roster.window
    wizard.files.add_files([write_roster(tmp_path / "底册.xlsx", rows, header)])
    onward(opened, wizard)
    assert not wizard.next_button.isEnabled()
    page = wizard.sheets
    page.row_box.setValue(2)
    boxes = {page.table.item(0, column).text(): page.table.cellWidget(1, column) for column in range(7)}

    def choose(header: str, field: str) -> None:
        box: QComboBox = boxes[header]
        box.setCurrentIndex(box.findData(field))
        box.activated.emit(box.currentIndex())

    page.read_box.setChecked(True)
    choose("当家的", "head")
    choose("在哪里", "address")
    assert wizard.next_button.isEnabled()
    choose("备注", "address")
    assert boxes["在哪里"].currentData() is None
    assert page.choices()[0]["底册"].fields[6] == "address"
    wizard.close()


def test_reading_in_again_shows_what_changed_before_it_is_applied(imported, workspace, rows, tmp_path):
    rows[0][5] = 9
    changed = write_roster(tmp_path / "底册.xlsx", [*rows[:4], ["", "南宫雪", "", "", rows[0][4], 1, ""]])
    imported.roster.import_roster()
    wizard = imported.roster.window
    wizard.files.add_files([changed])
    onward(imported, wizard)
    onward(imported, wizard)
    assert wizard.page is wizard.changes  # the passphrase is known
    page = wizard.changes
    assert page.summary.text().split("   ") == [
        "1 new household", "1 changed", "3 as before", "1 no longer in the file",
    ]  # fmt: skip
    table = page.changed_rows.model
    assert list(table.cells(0)) == ["底册.xlsx:底册", 3, HIDDEN, "persons who slept here"]
    page.changed_rows.button.click()
    finish(imported)
    assert table.cells(0)[2] == "司马青衫"
    page.changed_rows.button.click()
    assert table.cells(0)[2] == HIDDEN
    page.remove_box.setChecked(True)
    assert len(households(workspace)) == 5
    onward(imported, wizard)
    assert len(households(workspace)) == 5
    assert 9 in households(workspace)["h2a"].tolist()
    wizard.close()


def test_the_problems_are_listed_with_their_remedy_and_exported(opened, rows, tmp_path):
    rows[0][3] = "110105194912310020"
    wizard = start_import(opened, write_roster(tmp_path / "底册.xlsx", rows))
    give_passphrase(wizard)
    onward(opened, wizard)
    model = wizard.changes.problems.model
    listed = [model.cells(row) for row in range(model.rowCount())]
    assert any(cells[1:4] == ("底册", 3, "D 身份证号") and cells[5] for cells in listed)
    wizard.export_problems(tmp_path / "problems.xlsx")
    finish(opened)
    cells = CalamineWorkbook.from_path(str(tmp_path / "problems.xlsx")).get_sheet_by_index(0).to_python()
    assert len(cells) == 2 + len(listed)
    assert "司马青衫" not in str(cells)
    wizard.close()


def test_stopping_the_import_leaves_the_township_as_it_was(opened, workspace, rows, tmp_path):
    wizard = start_import(opened, write_roster(tmp_path / "底册.xlsx", rows))
    give_passphrase(wizard)
    onward(opened, wizard)
    click(wizard.next_button)
    click(wizard.stop_button)
    finish(opened)
    assert wizard.page is wizard.changes
    assert "Stopped" in wizard._fault.text()
    assert households(workspace).empty
    wizard.close()


def test_a_wrong_passphrase_and_a_changed_vault_are_told_apart(imported, workspace):
    vault = vault_path(workspace)
    imported.roster.forget()
    dialog = KeyDialog(imported.roster.key, workspace, "")
    dialog.page.passphrase.setText("not the right one")
    dialog.accept()
    wrong = dialog._fault.text()
    assert "wrong" in wrong
    raw = bytearray(vault.read_bytes())
    with Vault.open(vault, PASSPHRASE) as opened:
        opened._connection.execute("UPDATE household SET seal = zeroblob(32)")
    dialog.page.passphrase.setText(PASSPHRASE)
    dialog.accept()
    assert "changed by another program" in dialog._fault.text()
    vault.write_bytes(raw)
    dialog.page.passphrase.setText(PASSPHRASE)
    dialog.accept()
    assert imported.roster.key.of(workspace) == PASSPHRASE


@pytest.mark.usefixtures("store")
def test_the_passphrase_is_kept_in_qgis_when_she_wishes_and_forgotten_when_it_is_stale(imported, workspace):
    key, vault = imported.roster.key, vault_path(workspace)
    assert not secret.is_kept(vault)
    imported.roster.forget()
    dialog = KeyDialog(key, workspace, "")
    dialog.page.passphrase.setText(PASSPHRASE)
    dialog.page.keep_box.setChecked(True)
    dialog.accept()
    assert secret.is_kept(vault)
    imported.roster.forget()
    assert key.fetch(workspace) == ""
    assert key.of(workspace) == PASSPHRASE
    with Vault.open(vault, PASSPHRASE) as opened:
        opened.change_passphrase(PASSPHRASE, "another one 锁")
    imported.roster.forget()
    assert "not this roster's any more" in key.fetch(workspace)
    assert key.of(workspace) is None
    assert not secret.is_kept(vault)


def test_a_locked_store_says_what_to_do(imported, workspace, store, monkeypatch):
    vault = vault_path(workspace)
    secret.keep(vault, PASSPHRASE)
    imported.roster.forget()
    monkeypatch.setattr(type(store), "setMasterPassword", lambda *_arguments: False)
    said = imported.roster.key.fetch(workspace)
    assert "locked" in said
    assert "type the passphrase" in said
    assert imported.roster.key.of(workspace) is None


def press(plugin, key) -> None:
    QTest.keyClick(plugin.roster.linking.dock.choices, key)


def show_queue(plugin, queue: str) -> None:
    dock = plugin.roster.linking.dock
    dock.queue_asked.emit(queue)
    assert dock.queue == queue


def test_households_are_decided_with_the_keyboard_alone_and_each_step_is_taken_back(imported, workspace):
    dock = imported.roster.linking.dock
    show_queue(imported, "missed_building")
    assert dock.household_rows.rowCount() == 2
    first = dock.household
    press(imported, Qt.Key.Key_S)
    second = dock.household
    assert second != first
    press(imported, Qt.Key.Key_D)
    assert households(workspace).loc[second, "link_state"] == "demolished"
    assert dock.household == first
    press(imported, Qt.Key.Key_E)
    assert households(workspace).loc[first, "link_state"] == "elsewhere"
    assert dock.household is None
    press(imported, Qt.Key.Key_U)
    assert (dock.household, households(workspace).loc[first, "link_state"]) == (first, "missed_building")
    press(imported, Qt.Key.Key_U)
    assert households(workspace).loc[second, "link_state"] == "missed_building"
    assert not households(workspace)["link_by_hand"].any()
    assert dock.household_rows.rowCount() == 2


def test_a_place_pointed_at_is_taken_with_enter_and_what_it_teaches_applied_with_a(imported, workspace):
    dock, linking = imported.roster.linking.dock, imported.roster.linking
    show_queue(imported, "missed_building")
    feature = building(imported, "name", "东方花园1幢")
    linking._pointed(feature)
    uid = dock.household
    assert dock.choices.row() == 0
    press(imported, Qt.Key.Key_Return)
    row = households(workspace).loc[uid]
    assert (row["building_uid"], row["link_by_hand"]) == (feature["uid"], True)
    assert dock._foot.currentIndex() == 1
    assert "applies to 1 more row" in dock._offer_text.text()
    press(imported, Qt.Key.Key_A)
    finish(imported)
    assert dock.queue == "unreadable"  # nothing is left of the other
    assert (households(workspace)["link_state"] == "linked").sum() == 4
    assert len(linking._sitting.steps) == 2
    press(imported, Qt.Key.Key_U)
    press(imported, Qt.Key.Key_U)
    assert linking._sitting.steps == ()
    assert households(workspace).loc[uid, "link_state"] == "missed_building"


def test_a_number_takes_the_place_with_that_number_and_the_map_follows(imported, workspace, iface, addresses):
    dock = imported.roster.linking.dock
    show_queue(imported, "missed_building")
    feature = building(imported, "address", addresses[2])
    iface.mapCanvas().setExtent(iface.mapCanvas().extent().scaled(0.01))
    imported.roster.linking._pointed(feature)
    assert imported.desk._mark is not None
    uid = dock.household
    press(imported, Qt.Key.Key_1)
    assert households(workspace).loc[uid, "building_uid"] == feature["uid"]


def test_a_name_is_shown_only_on_the_press_of_a_button_and_goes_with_the_household(imported):
    dock = imported.roster.linking.dock
    show_queue(imported, "missed_building")
    assert dock._name.text() == HIDDEN
    click(dock.name_button)
    assert dock._name.text().startswith("独孤")
    press(imported, Qt.Key.Key_S)
    assert dock._name.text() == HIDDEN


def test_the_filter_narrows_the_households(imported):
    dock = imported.roster.linking.dock
    show_queue(imported, "missed_building")
    press(imported, Qt.Key.Key_Slash)
    QTest.keyClicks(dock.filter, "2")
    assert dock.household_rows.rowCount() == 1
    QTest.keyClick(dock.filter, Qt.Key.Key_Escape)
    assert dock.household_rows.rowCount() == 2


def test_all_lists_stand_in_one_window_and_are_saved_with_names_only_when_asked(imported, tmp_path):
    window = open_lists(imported)
    titles = [rows.title for rows in window.lists]
    assert window.names.item(0).text() == "Buildings to be marked (2)"
    unlinked = titles.index("Without a place")
    assert window.names.item(unlinked).text() == "Without a place"
    window.names.setCurrentRow(unlinked)  # made when she asks for it
    finish(imported)
    assert window.names.item(unlinked).text() == "Without a place (3)"
    assert window.tables[unlinked].model().rowCount() == 3
    assert titles[:4] == ["Buildings to be marked", "Without a place", "Dwelling units without household",
                          "Vacant dwelling units"]  # fmt: skip
    assert "Nominal registrations" in titles
    assert "Lanes without name" in titles
    imported.roster.lists.export(tmp_path / "open.xlsx", ["unlinked"], False)
    finish(imported)
    imported.roster.lists.export(tmp_path / "named.xlsx", ["unlinked"], True)
    finish(imported)
    assert "独孤求索" not in workbook_text(tmp_path / "open.xlsx")
    assert "独孤求索" in workbook_text(tmp_path / "named.xlsx")


def test_a_list_is_compared_and_written_without_names_unless_asked(imported, rows, tmp_path):
    listed = write_roster(tmp_path / "公安.xlsx", [rows[0], ["", "西门吹雪", "", "", "解放路1号", 1, ""]])
    imported.roster.do_job("compare")
    window = imported.roster.window
    window.files.add_files([listed])
    onward(imported, window)
    onward(imported, window)
    assert window.page is window.result
    counts = {window.result.tables[0].cells(row)[0].strip(): window.result.tables[0].cells(row)[1] for row in range(8)}
    assert (counts["in both"], counts["only on the roster"], counts["only on the list"]) == (1, 4, 1)
    window.write(tmp_path / "c.xlsx")
    finish(imported)
    window.result.names_box.setChecked(True)
    assert "Lock it away" in window.result.warning.text()
    window.write(tmp_path / "named.xlsx")
    finish(imported)
    assert not [name for name in ("西门吹雪", "司马青衫", "独孤求索") if name in workbook_text(tmp_path / "c.xlsx")]
    assert "西门吹雪" in workbook_text(tmp_path / "named.xlsx")
    window.close()


def test_closing_the_project_forgets_passphrase_and_addresses(imported, workspace):
    dock = imported.roster.linking.dock
    QgsProject.instance().clear()
    assert not imported.roster.linking.is_open
    assert imported.roster.key.of(workspace) is None
    assert dock.household_rows.rowCount() == 0


def test_a_cut_access_log_is_told_in_the_window_when_the_passphrase_is_given(with_roster, workspace, said):
    with closing(sqlite3.connect(vault_path(workspace))) as connection:
        connection.execute("DELETE FROM access")
        connection.commit()
    with_roster.roster.key.forget()
    with_roster.roster.key.try_out(workspace, PASSPHRASE, new=False)
    assert "access log" in said()
    with_roster.desk.show_township(workspace)
    assert any("access log" in notice for notice in with_roster.township.notices)


@pytest.mark.parametrize("known", [True, False])
def test_check_holds_seals_against_the_key_of_the_roster_where_its_passphrase_is_known(with_roster, workspace, known):
    # A plain seal beside a vault is told only by whoever has the key.
    with Workspace.open(workspace) as opened:
        areas = list(opened.read("mini_area", columns=["uid"]).index[:1])
        with opened.transaction("lock") as write:
            write.seal(areas, None)
    if not known:
        with_roster.roster.key.forget()
    with_roster.desk.check(("H03",))
    finish(with_roster)
    assert bool(with_roster.township.problems) is known
