"""Dividing in the window: look, change, accept, discard; the file changes only when she accepts."""

import pytest
from census_map_plugin.dividing.preview import MARK
from census_map_plugin.dividing.table import KEEP, MERGE, SPLIT, VISIBLE, WHY
from qgis.core import QgsPointXY, QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QSignalSpy, QTest

from census_map.coverage import is_exact
from census_map.progress import last_change

from .test_work import accept, click, divide_all, finish, opened, read, state

__all__ = ["opened"]
pytestmark = pytest.mark.qgis


@pytest.fixture
def proposed(opened):
    opened.planner.alternatives = 1
    click(opened.steps.button)
    finish(opened)
    return opened


def preview_layers() -> list:
    return [layer for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(MARK)]


def cell(plugin, row: int, column: int) -> QPoint:
    return plugin.dividing.table.visualRect(plugin.dividing.model.index(row, column)).center()


def shown(plugin):
    return plugin.planner._shown


def test_the_plan_is_on_the_map_and_in_the_table_and_not_in_the_file(proposed, workspace):
    dock = proposed.dividing
    assert dock.isVisible()
    (layer,) = preview_layers()
    assert layer.featureCount() == dock.model.rowCount() == len(shown(proposed).plan.parts) > 1
    assert {feature["state"] for feature in layer.getFeatures()} <= {"below", "inside", "above"}
    assert layer.labelsEnabled()
    assert read(workspace, "mini_area").empty
    assert f"{dock.model.rowCount()} lie between 200 and 400 persons" in dock.proof.text()
    assert "%" in dock.model.data(dock.model.index(0, VISIBLE))
    assert not proposed.steps.button.isVisibleTo(proposed.steps)


def test_discarding_leaves_no_trace(opened, workspace):
    opened.planner.alternatives = 1
    project = QgsProject.instance()
    project.setDirty(False)
    before, change = set(project.mapLayers()), last_change(workspace)
    tool = opened.desk._iface.mapCanvas().mapTool()
    click(opened.steps.button)
    finish(opened)
    QTest.keyClick(opened.dividing.table, Qt.Key.Key_Escape)
    assert set(project.mapLayers()) == before
    assert last_change(workspace) == change
    assert not project.isDirty()
    assert not opened.dividing.isVisible()
    assert opened.desk._iface.mapCanvas().mapTool() is tool
    assert opened.steps.button.isVisibleTo(opened.steps)


def test_accepting_is_one_step_and_one_click_takes_it_back(proposed, workspace):
    made = len(shown(proposed).plan.parts)
    QTest.keyClick(proposed.dividing.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    finish(proposed)
    minis = read(workspace, "mini_area")
    assert len(minis) == made
    assert is_exact(minis, read(workspace, "census_area").loc[minis["census_area_uid"].unique()])
    assert preview_layers() == []
    assert not proposed.dividing.isVisible()
    click(proposed.steps.undo_button)
    finish(proposed)
    assert read(workspace, "mini_area").empty


def test_there_are_plans_to_choose_from(opened):
    click(opened.steps.button)
    finish(opened)
    buttons = opened.dividing._group.buttons()
    assert 1 <= len(buttons) <= 3
    click(buttons[-1])
    assert shown(opened) is opened.planner._plans[-1]
    assert len(preview_layers()) == 1


def test_nothing_in_the_dock_makes_a_small_screen_too_narrow(proposed):
    dock, view = proposed.dividing, shown(proposed)
    dock.show_plans([f"Plan {n}" for n in range(1, 6)], [view] * 5, 0)
    dock.show_view(view, accept=True, back=True)
    dock.show_hint("A hint that says in many words what may be done next, longer than there is room for it. " * 2)
    dock.show_running("Looking for plans")
    assert dock.widget().minimumSizeHint().width() <= 1060


def test_exactly_as_many_as_she_has_enumerators(proposed):
    dock = proposed.dividing
    wanted = dock.model.rowCount() + 1
    click(dock.exactly)
    dock.exactly.setChecked(True)
    dock.count.setValue(wanted)
    click(dock.propose_button)
    finish(proposed)
    assert dock.model.rowCount() == wanted


def test_divide_in_two_join_and_back(proposed):
    dock, rows = proposed.dividing, proposed.dividing.model.rowCount()
    QTest.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=cell(proposed, 0, SPLIT))
    finish(proposed)
    assert dock.model.rowCount() == rows + 1
    plan = shown(proposed).plan
    proposed.planner.merge(0, plan.neighbours(0)[0])
    finish(proposed)
    assert dock.model.rowCount() == rows
    assert dock.model.data(dock.model.index(0, MERGE)) == "Join…"
    click(dock.back_button)
    assert dock.model.rowCount() == rows + 1
    click(dock.back_button)
    assert dock.model.rowCount() == rows
    assert not dock.back_button.isVisibleTo(dock)


def test_what_is_ticked_stays_when_the_rest_is_divided_anew(proposed):
    dock = proposed.dividing
    before = shown(proposed).plan.parts.geometry[0]
    assert dock.model.setData(dock.model.index(0, KEEP), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    dock.exactly.setChecked(True)
    dock.count.setValue(dock.model.rowCount() + 1)
    click(dock.propose_button)
    finish(proposed)
    parts = shown(proposed).plan.parts
    assert parts["kept"].sum() == 1
    kept = parts[parts["kept"]].geometry.iloc[0]
    assert kept.symmetric_difference(before).area < 1e-12
    assert dock.model.data(dock.model.index(int(parts.index[parts["kept"]][0]), SPLIT)) == ""


def test_an_existing_division_is_shown_balanced_and_accepted(opened, workspace):
    divide_all(opened)
    uids = set(read(workspace, "mini_area").index)
    click(opened.steps.rows[1])
    click(opened.steps.button)
    finish(opened)
    dock = opened.dividing
    assert dock.isVisible()
    assert not dock.accept_button.isVisibleTo(dock)
    opened.planner.merge(0, shown(opened).plan.neighbours(0)[0])
    finish(opened)
    assert len(preview_layers()) == 2
    present = opened.township.layers["mini_area"]
    node = QgsProject.instance().layerTreeRoot().findLayer(present.id())
    assert not node.itemVisibilityChecked()
    click(dock.rebalance_button)
    finish(opened)
    accept(opened)
    assert node.itemVisibilityChecked()
    minis = read(workspace, "mini_area")
    assert len(uids - set(minis.index)) == 1
    assert is_exact(minis, read(workspace, "census_area"))


def test_a_click_on_the_map_chooses_the_mini_area_and_elsewhere_the_census_area(proposed):
    plan = shown(proposed).plan
    transform = proposed.planner._transform()
    inside = plan.parts.geometry[1].representative_point()
    proposed.planner._tool.picked.emit(transform.transform(QgsPointXY(inside.x, inside.y)))
    assert proposed.dividing.table.currentIndex().row() == 1
    layer = proposed.township.layers["census_area"]
    code = plan.areas["code"].iloc[0]
    other = next(feature for feature in layer.getFeatures() if feature["code"] != code)
    spot = other.geometry().pointOnSurface().asPoint()
    proposed.planner._tool.picked.emit(transform.transform(spot))
    finish(proposed)
    assert proposed.dividing.areas.currentData() == other["code"]
    assert "press" in proposed.dividing.hint.text()
    assert proposed.dividing.model.rowCount() == 0


def test_space_goes_to_the_next_one_outside_the_band(proposed):
    view, table = shown(proposed), proposed.dividing.table
    table.selectRow(0)
    chosen = QSignalSpy(table.chosen)
    QTest.keyClick(table, Qt.Key.Key_Space)
    expected = min([row for row in view.reasons if row > 0] or list(view.reasons) or [1])
    assert chosen[0] == [expected]
    for row, reason in view.reasons.items():
        assert proposed.dividing.model.data(proposed.dividing.model.index(row, WHY)) == reason


def test_a_change_of_the_file_takes_the_plan_away(proposed, workspace):
    proposed.desk.start("other", lambda _report: _touch(workspace), lambda _result: None)
    finish(proposed)
    assert preview_layers() == []
    assert not proposed.dividing.isVisible()


def _touch(path) -> None:
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as opened_file:
        buildings = opened_file.read("building", columns=["floors"])
        with opened_file.transaction("touch") as write:
            write.update("building", buildings.iloc[:1].assign(floors=9))


def test_closing_the_township_takes_the_plan_away(proposed):
    QgsProject.instance().clear()
    assert preview_layers() == []
    assert shown(proposed) is None


def test_the_step_counts_what_was_accepted(proposed):
    click(proposed.dividing.accept_button)
    finish(proposed)
    assert state(proposed, "split").count == "1/2"


def test_ctrl_z_takes_back_what_was_accepted(proposed, workspace):
    click(proposed.dividing.accept_button)
    finish(proposed)
    keys = proposed.desk._undo_keys.shortcut
    assert keys.isEnabled()
    keys.activated.emit()
    finish(proposed)
    assert read(workspace, "mini_area").empty
    assert not keys.isEnabled()
