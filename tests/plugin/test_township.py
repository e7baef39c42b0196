"""Opening townships: one at a time, in its own projection, held by one window, without questions at the end."""

import subprocess
import sys

import pytest
from census_map_plugin import holding
from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsProject, QgsTask, QgsVectorLayer

from census_map.workspace import Workspace
from tests.small_township import fill

from .canvas import settle
from .test_drawing import said
from .test_work import click, finish

pytestmark = pytest.mark.qgis

HOLD = """
import sys
from qgis.PyQt.QtCore import QLockFile
lock = QLockFile(sys.argv[1]); lock.setStaleLockTime(0); assert lock.tryLock(0)
print("held", flush=True); sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another township, in another zone."""
    path = tmp_path / "other.gpkg"
    with Workspace.create(path, crs="EPSG:4548") as made:
        fill_elsewhere(made)
    return path


def fill_elsewhere(made) -> None:
    import tests.small_township as small  # noqa: PLC0415

    here, small.CRS = small.CRS, "EPSG:4548"
    try:
        fill(made)
    finally:
        small.CRS = here


@pytest.fixture
def held_elsewhere(small):
    """Another process has the file of the small township."""
    path = small.township.path
    QgsProject.instance().clear()
    lock = path.with_name(path.name + holding.SUFFIX)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip() == "held"
        yield path
        process.stdin.close()


def test_a_township_opened_through_the_panel_snaps_and_keeps_borders_together(small):
    project = QgsProject.instance()
    assert project.topologicalEditing()
    assert project.snappingConfig().enabled()
    assert project.avoidIntersectionsMode() == Qgis.AvoidIntersectionsMode.AllowIntersections
    assert small.township.is_open


def test_a_second_township_takes_the_place_of_the_first(small, other):
    small.desk.show_township(other)
    settle()
    sources = {layer.source() for layer in QgsProject.instance().mapLayers().values()}
    assert sources
    assert all(str(other) in source for source in sources)
    assert QgsProject.instance().crs() == QgsCoordinateReferenceSystem("EPSG:4548")
    assert len(QgsProject.instance().layerTreeRoot().findGroups()) == 1


def test_unsaved_work_keeps_the_first_township_open(small, other, iface):
    small.workbench.begin()
    layer = small.township.layers["building"]
    first = next(layer.getFeatures())
    layer.changeAttributeValue(first.id(), layer.fields().lookupField("name"), "一号楼")
    before = small.township.path
    small.desk.show_township(other)
    assert small.township.path == before
    assert "not saved" in said(iface)


def test_a_file_that_is_open_elsewhere_is_only_looked_at_and_who_has_it_is_said(small, held_elsewhere, iface):
    small.desk.show_township(held_elsewhere)
    settle()
    assert small.township.is_open
    assert "open elsewhere" in said(iface)
    assert all(layer.readOnly() for layer in small.township.layers.values())
    small.desk.begin("number")
    assert not small.background.busy
    small.workbench.actions["cut"].trigger()
    assert iface.mapCanvas().mapTool() is not small.workbench.tools.get("cut", small)


def test_the_file_is_free_again_when_the_township_is_closed(small):
    path = small.township.path
    QgsProject.instance().clear()
    claim = holding.Holding(path)
    assert claim.held_by is None
    claim.let_go()


def test_the_claim_of_a_process_that_was_killed_counts_for_nothing(small):
    path = small.township.path
    QgsProject.instance().clear()
    lock = path.with_name(path.name + holding.SUFFIX)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.kill()
    assert lock.exists()
    small.desk.show_township(path)
    assert small.township.held_by is None


def test_closing_asks_nothing_when_everything_is_in_the_file(small):
    settle()
    assert not QgsProject.instance().isDirty()
    small.township.show_all()
    small.desk.begin("number")
    finish(small)
    settle()
    assert not QgsProject.instance().isDirty()
    # A layer of her own is hers to keep.
    assert QgsProject.instance().addMapLayer(QgsVectorLayer("Point", "hers", "memory")) is not None
    QgsProject.instance().setDirty(True)
    settle()
    assert QgsProject.instance().isDirty()


def test_work_that_runs_is_cancelled_without_a_question_when_qgis_is_closed(small):
    click(small.steps.rows[3])
    small.desk.begin("number")
    assert small.background._task.flags() & QgsTask.Flag.CancelWithoutPrompt
    finish(small)


def test_the_steps_are_counted_anew_when_an_edit_of_qgis_own_is_saved(small):
    small.desk.check()
    finish(small)
    layer = small.township.layers["building"]
    QgsProject.instance().startEditing(layer)
    settle()
    first = next(layer.getFeatures())
    layer.changeAttributeValue(first.id(), layer.fields().lookupField("name"), "一号楼")
    layer.commitChanges()
    settle()
    finish(small)
    check = next(step for step in small.township.steps if step.key == "check")
    assert (check.state, check.verb) == ("open", "check")
