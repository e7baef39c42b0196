"""Doing the work in the window: by clicks, on a real file."""

import geopandas as gpd
import pytest
from census_map_plugin import layers
from qgis.core import QgsCoordinateTransform, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QPushButton

from census_map.coverage import is_exact
from census_map.workspace import Workspace

from .test_tasks import wait_until

pytestmark = pytest.mark.qgis


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def finish(plugin) -> None:
    wait_until(lambda: not plugin.background.busy, 120.0)


def accept(plugin) -> None:
    """Take the plan that is shown."""
    finish(plugin)
    click(plugin.dividing.accept_button)
    finish(plugin)


def divide_all(plugin) -> None:
    click(plugin.steps.all_button)
    accept(plugin)


def state(plugin, key: str):
    return next(step for step in plugin.township.steps if step.key == key)


def read(path, table: str):
    with Workspace.open(path) as workspace:
        return workspace.read(table)


@pytest.fixture
def opened(plugin, workspace, iface):
    window = iface.mainWindow()
    window.resize(1366, 768)
    window.show()
    plugin.desk.show_township(workspace)
    plugin.steps.show()
    QCoreApplication.processEvents()
    yield plugin
    window.hide()


def test_opening_shows_the_layers_styled_and_the_next_step(opened, workspace):
    shown = opened.township.layers
    assert {"census_area", "mini_area", "building", "road"} <= set(shown)
    assert shown["building"].featureCount() == len(read(workspace, "building"))
    assert opened.steps.button.whole.startswith("Continue")
    assert QgsProject.instance().layerTreeRoot().findGroup("Census") is not None


def test_a_file_that_is_no_township_is_refused_in_words(plugin, tmp_path, iface):
    path = tmp_path / "other.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([0], [0]), crs=4326).to_file(path)
    plugin.desk.show_township(path)
    assert not plugin.township.is_open
    said = [text for several in iface.messageBar().messages.values() for text in several]
    assert "other.gpkg" in said[-1]


def test_two_clicks_divide_the_next_census_area(opened, workspace):
    click(opened.steps.button)
    assert opened.background.busy
    finish(opened)
    assert read(workspace, "mini_area").empty
    click(opened.dividing.accept_button)
    finish(opened)
    assert state(opened, "split").count == "1/2"
    assert opened.township.layers["mini_area"].featureCount() == len(read(workspace, "mini_area")) > 0


def test_dividing_all_gives_an_exact_coverage_and_can_be_taken_back(opened, workspace):
    divide_all(opened)
    assert state(opened, "split").state == "done"
    minis, areas = read(workspace, "mini_area"), read(workspace, "census_area")
    assert is_exact(minis, areas)
    assert opened.steps.undo_button.isVisibleTo(opened.steps)
    click(opened.steps.undo_button)
    finish(opened)
    assert read(workspace, "mini_area").empty
    assert state(opened, "split").count == "0/2"
    assert read(workspace, "building")["mini_area_uid"].isna().all()
    assert not opened.steps.undo_button.isVisibleTo(opened.steps)


def test_number_and_check_by_clicking_continue_and_the_step(opened):
    divide_all(opened)
    click(opened.steps.button)
    finish(opened)
    assert state(opened, "number").state == "done"
    click(opened.steps.rows[5])
    assert opened.steps.button.whole == "Check everything"
    click(opened.steps.button)
    finish(opened)
    assert state(opened, "check").state in {"done", "problems"}
    assert opened.problems.model.rowCount() == len(opened.township.problems)
    assert not [problem for problem in opened.township.problems if problem.rule.startswith("G0")]


def test_changes_on_the_map_are_saved_first_when_she_says_so(opened, iface, workspace):
    building = opened.township.layers["building"]
    building.startEditing()
    feature = next(building.getFeatures())
    building.changeAttributeValue(feature.id(), building.fields().lookupField("name"), "一号楼")
    click(opened.steps.button)
    assert not opened.background.busy
    assert layers.with_unsaved_edits(opened.township.layers) == [building]
    button = iface.messageBar().currentItem().findChild(QPushButton)
    assert button.text() == "Save them and go on"
    click(button)
    assert iface.messageBar().currentItem() is None
    accept(opened)
    assert "一号楼" in set(read(workspace, "building")["name"])
    assert state(opened, "split").count == "1/2"


def test_only_one_piece_of_work_runs_at_a_time(opened, iface):
    click(opened.steps.button)
    opened.desk.begin("split")
    finish(opened)
    said = [text for several in iface.messageBar().messages.values() for text in several]
    assert any("Wait until" in text for text in said)


def test_stopping_leaves_the_file_as_it_was(opened, workspace):
    click(opened.steps.all_button)
    click(opened.steps.stop_button)
    finish(opened)
    assert read(workspace, "mini_area").empty
    assert state(opened, "split").count == "0/2"


def test_a_project_that_holds_the_township_opens_it(plugin, workspace, tmp_path):
    project = QgsProject.instance()
    project.addMapLayer(QgsVectorLayer(f"{workspace}|layername=mini_area", "x", "ogr"))
    assert project.write(str(tmp_path / "p.qgz"))
    project.clear()
    assert not plugin.township.is_open
    assert project.read(str(tmp_path / "p.qgz"))
    assert plugin.township.path == workspace


def test_a_problem_is_shown_on_the_map(opened, iface):
    divide_all(opened)
    opened.desk.check()
    finish(opened)
    placed = next(problem for problem in opened.township.problems if problem.geometry is not None)
    canvas = iface.mapCanvas()
    canvas.setExtent(QgsRectangle(0, 0, 1, 1))
    opened.desk.locate(placed)
    transform = QgsCoordinateTransform(
        opened.township.layers["census_area"].crs(), canvas.mapSettings().destinationCrs(), QgsProject.instance()
    )
    left, bottom, right, top = placed.geometry.bounds
    assert canvas.extent().contains(transform.transformBoundingBox(QgsRectangle(left, bottom, right, top)))
