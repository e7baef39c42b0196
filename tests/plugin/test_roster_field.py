"""The dock of the roster and what its buttons open: visits, registers, update, lists of others, tables, the vault."""

import datetime as dt

import pandas as pd
import pytest
from census_map_plugin.roster.jobs import JOBS
from census_map_plugin.roster.mark_tool import OUTLINE, PLACE, RECTANGLE, MarkTool
from census_map_plugin.roster.roster_dock import PARTS
from qgis.core import QgsPointXY, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtTest import QTest

from census_map.roster.preview import HIDDEN
from census_map.roster.registers import register_records
from census_map.roster.vault import Vault, vault_path
from census_map.roster.visits import visit_records
from census_map.workspace import Workspace

from .roster_windows import PASSPHRASE, click, finish, households, onward, open_lists, workbook_text, write_roster
from .test_tasks import wait_until

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("quick_vault")]

YESTERDAY = (dt.date.today() - dt.timedelta(days=1)).isoformat()  # noqa: DTZ011


def table(path, name, **options) -> pd.DataFrame:
    with Workspace.open(path) as workspace:
        return workspace.read(name, **options)


def run_job(plugin, name, *files):
    plugin.roster.do_job(name)
    window = plugin.roster.window
    window.files.add_files(list(files))
    onward(plugin, window)
    onward(plugin, window)
    assert window.page is window.result, window._fault.text()
    return window


def take_back(plugin) -> None:
    click(plugin.roster.dock.undo_button)
    finish(plugin)


def test_every_button_of_the_dock_opens_its_window_and_the_work_stands_beside_it(with_roster):
    desk, dock = with_roster.roster, with_roster.roster.dock
    desk.show_dock()
    wait_until(lambda: dock.opened != "")
    assert dock.opened == "link"
    assert dock.rows["import"]._count.text() == "5"
    assert dock.rows["missed"]._count.text() == "2"
    opened = set()
    for part in PARTS:
        dock.open(part.key)
        for key in dock.rows[part.key].buttons:
            if key in ("link", "by_hand", "missed", "lists"):
                continue
            click(dock.rows[part.key].buttons[key])
            finish(with_roster)
            assert desk.window is not None, key
            opened.add(key)
            desk.window.close()
            assert desk.window is None
    assert opened >= {*JOBS, "import", "visit", "entry", "evaluate", "tables", "log", "passphrase", "destroy"}


def test_a_days_sheet_is_taken_in_as_one_step(with_roster, workspace, tmp_path):
    with_roster.roster.show_dock()
    rows = [[3, YESTERDAY, "入户", "已登记", "人在户在", ""], [4, YESTERDAY, "电话", "预约", "", "下午来"],
            [99, YESTERDAY, "入户", "已登记", "", ""]]  # fmt: skip
    sheet = write_roster(tmp_path / "入户.xlsx", rows, ["底册行号", "日期", "方式", "结果", "人户情况", "备注"])
    window = run_job(with_roster, "visits", sheet)
    assert window.result.lines.text() == "2 added, 0 changed, 0 unchanged, 1 left out"
    assert "No household" in str(window.result.problems.found) or "no household" in str(window.result.problems.found)
    click(window.next_button)
    assert with_roster.roster.window is None
    assert sorted(table(workspace, "visit")["outcome"]) == ["done", "later"]
    assert (households(workspace)["presence"] == "here").sum() == 1
    take_back(with_roster)
    assert table(workspace, "visit").empty
    assert households(workspace)["presence"].isna().all()
    with Vault.open(vault_path(workspace), PASSPHRASE) as vault:
        assert visit_records(vault, reason="test") == {}


def test_a_visit_is_entered_by_hand_for_a_household_that_is_looked_up(with_roster, workspace):
    with_roster.roster.enter_visit()
    finish(with_roster)
    window = with_roster.roster.window
    assert not window.enter_button.isEnabled()
    window.search.setText("司马青衫")
    wait_until(lambda: window.found.rowCount() == 1)
    assert window._name.text() == HIDDEN
    click(window.name_button)
    assert window._name.text() == "司马青衫"
    window.outcome.setCurrentIndex(window.outcome.findData("later"))
    assert window.again.isChecked()
    window.presence.setCurrentIndex(window.presence.findData("absent"))
    window.counts["births"].setValue(2)
    window.remark.setText("敲后门")
    window.registers["nominal"].setChecked(True)
    click(window.enter_button)
    finish(with_roster)
    assert window.visits.rowCount() == 1
    assert not window.registers["nominal"].isEnabled()
    visit = table(workspace, "visit").iloc[0]
    assert (visit["kind"], visit["outcome"]) == ("visit", "later")
    assert str(visit["appointment"])[:10] > YESTERDAY
    row = households(workspace).loc[visit["household_uid"]]
    assert (row["presence"], row["births"]) == ("absent", 2)
    assert table(workspace, "register")["kind"].tolist() == ["nominal"]
    window.close()
    with_roster.desk.undo()
    finish(with_roster)
    assert table(workspace, "visit").empty
    assert table(workspace, "register").empty


def test_who_is_not_on_the_roster_is_entered_into_a_register_and_settled_in_the_lists(with_roster, workspace):
    with_roster.roster.enter_register()
    window = with_roster.roster.window
    assert not window.next_button.isEnabled()
    window.entry.parts["head"].setText("船上人")
    window.entry.persons.setValue(2)
    onward(with_roster, window)
    assert window.entry.parts["head"].text() == ""
    window.close()
    with Vault.open(vault_path(workspace), PASSPHRASE) as vault:
        assert [person["head"] for person in register_records(vault, reason="test").values()] == ["船上人"]
    lists = open_lists(with_roster, "no_fixed_abode")
    lists.tables[lists.names.currentRow()].selectRow(0)
    click(lists.settle_button)
    finish(with_roster)
    finish(with_roster)
    assert table(workspace, "register")["state"].tolist() == ["settled"]
    assert lists is with_roster.roster.lists.window
    assert lists.name == "no_fixed_abode"


def missing_row(lists) -> int:
    return len(lists.lists[0].rows) - lists.tables[0].model().rowCount()


@pytest.mark.parametrize(
    ("shape", "corners", "last", "area"),
    [
        (RECTANGLE, [(0, 0), (40, 0), (60, 20)], None, 800),
        (OUTLINE, [(0, 0), (40, 0), (40, 20)], Qt.MouseButton.RightButton, 400),
        (OUTLINE, [(0, 0), (40, 0), (40, 20), (0, 20)], Qt.Key.Key_Return, 800),
        (PLACE, [(20, 20)], None, 100),
    ],
    ids=["rectangle", "right button", "Enter", "one click"],
)
def test_the_ground_of_a_building_is_drawn(iface, shape, corners, last, area):
    canvas = iface.mapCanvas()
    layer = QgsVectorLayer("Polygon?crs=EPSG:4549", "buildings", "memory")
    canvas.setDestinationCrs(layer.crs())
    canvas.resize(400, 400)
    canvas.setExtent(QgsRectangle(500_000, 3_500_000, 500_400, 3_500_400))
    tool = MarkTool(canvas, layer, shape)
    drawn = []
    tool.drawn.connect(drawn.append)
    canvas.setMapTool(tool)
    metre = 1 / canvas.mapUnitsPerPixel()
    for x, y in corners:
        place = QPoint(round(100 + x * metre), round(200 - y * metre))
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    if isinstance(last, Qt.MouseButton):
        QTest.mouseClick(canvas.viewport(), last, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    elif last is not None:
        tool.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, last, Qt.KeyboardModifier.NoModifier))
    canvas.unsetMapTool(tool)
    assert [ground.area() for ground in drawn] == [pytest.approx(area, rel=0.08)]


def test_a_missing_building_is_drawn_where_the_line_shows_it_and_its_line_is_done(with_roster, workspace, iface):
    desk, canvas = with_roster.roster, iface.mapCanvas()
    lists = open_lists(with_roster, "missed_buildings")
    lists.tables[0].selectRow(0)
    assert lists.address.text() == lists.lists[0].rows[0][0]
    waiting = lists.households()
    layer = with_roster.township.layers["mini_area"]
    inside = next(layer.getFeatures()).geometry().pointOnSurface().asPoint()
    canvas.setDestinationCrs(layer.crs())
    canvas.setExtent(QgsRectangle(inside.x() - 5e-4, inside.y() - 5e-4, inside.x() + 5e-4, inside.y() + 5e-4))
    click(lists.mark_button)
    tool = canvas.mapTool()
    middle = canvas.getCoordinateTransform().transform(QgsPointXY(inside)).toQPointF().toPoint()
    for x, y in ((0, 0), (12, 0), (12, 8)):
        place = middle + QPoint(x, y)
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    finish(with_roster)
    assert canvas.mapTool() is not tool
    placed = households(workspace).loc[list(waiting)]
    assert placed["link_state"].tolist() == ["linked"] * len(waiting)
    made = table(workspace, "building").loc[placed["building_uid"].iloc[0]]
    assert made["address"] == lists.lists[0].rows[0][0]
    assert made["mini_area_uid"] is not None
    assert missing_row(lists) == 1
    assert desk.linking.is_open
    with_roster.desk.undo()
    finish(with_roster)
    assert (households(workspace).loc[list(waiting), "link_state"] == "missed_building").all()
    assert made.name not in table(workspace, "building").index
    finish(with_roster)
    wait_until(lambda: desk.lists.window is not None and missing_row(desk.lists.window) == 0)


def test_the_monthly_update_is_seen_before_it_is_taken_over(with_roster, workspace, rows, tmp_path):
    rows[0][5] = 9
    file = write_roster(tmp_path / "底册.xlsx", [*rows[:4], ["", "南宫雪", "", "", rows[1][4], 1, ""]])
    before = households(workspace)
    window = run_job(with_roster, "update", file)
    assert window.result.lines.text().split("\n")[0].split("   ") == [
        "1 new household", "1 changed", "1 no longer in the file",
    ]  # fmt: skip
    assert households(workspace).equals(before)
    counts = window.result.tables[0]
    assert sum(counts.cells(row)[1] for row in range(counts.rowCount())) == 1
    window.write(tmp_path / "open.xlsx")
    finish(with_roster)
    assert not [name for name in ("司马青衫", "南宫雪") if name in workbook_text(tmp_path / "open.xlsx")]
    onward(with_roster, window)
    after = households(workspace)
    assert len(after) == 6
    assert 9 in after["h2a"].tolist()
    assert after.loc[before.index, "number"].equals(before["number"])
    window.close()
    with_roster.desk.undo()
    finish(with_roster)
    assert set(households(workspace).index) == set(before.index)


def test_lists_of_others_are_cut_up_compared_and_evaluated(with_roster, workspace, rows, tmp_path):
    police = write_roster(tmp_path / "公安.xlsx", [rows[0], rows[1], ["", "西门吹雪", "", "", "无名路1号", 1, ""]])
    window = run_job(with_roster, "cut", police)
    assert "mini-area" in window.result.lines.text()
    window.write(tmp_path / "cut")
    finish(with_roster)
    made = sorted(path.name for path in (tmp_path / "cut").iterdir())
    assert "counts.xlsx" in made
    assert "rest.xlsx" in made
    assert not any("司马青衫" in workbook_text(tmp_path / "cut" / name) for name in made)
    window.close()
    other = write_roster(tmp_path / "一户一表.xlsx", [rows[0], ["", "西门吹雪", "", "", "无名路1号", 1, ""]])
    window = run_job(with_roster, "surveys", police, other)
    assert "公安.xlsx beside 一户一表.xlsx" in window.result.lines.text()
    onward(with_roster, window)
    assert "supplementary registration" in window.result.lines.text()
    assert set(table(workspace, "register")["kind"]) == {"supplementary"}
    window.close()
    names = table(workspace, "census_area")["name"].tolist()
    totals = write_roster(
        tmp_path / "公安汇总.xlsx", [[name, 100, 90] for name in names], ["村居", "户籍人口", "常住人口"]
    )
    with_roster.roster.evaluate()
    window = with_roster.roster.window
    window.files.add_files([totals])
    assert window.files.files[0][0] == "police"
    onward(with_roster, window)
    assert window.result.tables[0].rowCount() == 2 * len(names)
    window.close()


def test_the_tables_name_people_only_in_the_restricted_version_which_says_so(with_roster, tmp_path):
    with_roster.roster.make_tables()
    window = with_roster.roster.window
    window.write(tmp_path / "open.xlsx")
    finish(with_roster)
    window.version.named_choice.setChecked(True)
    assert "name every household" in window.version.warning.text()
    window.write(tmp_path / "named.xlsx")
    finish(with_roster)
    assert "司马青衫" not in workbook_text(tmp_path / "open.xlsx")
    assert "司马青衫" in workbook_text(tmp_path / "named.xlsx")
    window.close()


def test_the_passphrase_is_changed_the_log_read_and_the_vault_destroyed(with_roster, workspace):
    desk, vault = with_roster.roster, vault_path(workspace)
    desk.change_passphrase()
    window = desk.window
    window.given.old.setText("not the right one")
    for edit in (window.given.new, window.given.again):
        edit.setText("another one 锁")
    onward(with_roster, window)
    assert "wrong" in window._fault.text()
    window.given.old.setText(PASSPHRASE)
    onward(with_roster, window)
    assert window.page is window.said
    assert window.given.new.text() == ""
    window.close()
    assert desk.key.of(workspace) == "another one 锁"
    desk.show_log()
    finish(with_roster)
    log = desk.window.page_of_log
    assert "whole" in log.verdict.text()
    assert "passphrase changed" in [log.model.cells(row)[2] for row in range(log.model.rowCount())]
    desk.window.close()
    desk.destroy()
    window = desk.window
    window.asked.typed.setText(workspace.name)
    assert not window.next_button.isEnabled()
    window.asked.typed.setText(vault.name)
    onward(with_roster, window)
    assert not vault.exists()
    assert len(households(workspace)) == 5
    window.close()
