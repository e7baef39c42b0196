"""Opening townships: one at a time, in its own projection, held by one window, without questions at the end."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from census_map_plugin import holding, layers
from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsProject, QgsTask, QgsVectorLayer
from qgis.PyQt.QtWidgets import QMessageBox, QPushButton

from census_map.i18n import set_language
from census_map.roster.vault import vault_path
from census_map.workspace import Workspace
from census_map.workspace.triggers import trigger_statements
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


def run(path, *statements: str) -> None:
    """What another program does to the file."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def planted(other):
    """A township of a stranger: whoever changes a building loses the others."""
    run(other, "CREATE TRIGGER stranger AFTER UPDATE ON building BEGIN DELETE FROM landmark; END")
    return other


def test_a_stranger_s_file_with_a_trigger_is_refused_by_name_before_a_layer_of_it_is_shown(small, planted, iface):
    before = small.township.path
    small.desk.show_township(planted)
    settle()
    assert "“stranger”" in said(iface)
    assert small.township.path == before
    assert not layers.township_layers(QgsProject.instance(), planted)


def test_a_stranger_s_file_is_refused_in_chinese_too(plugin, planted, iface):
    set_language("zh_CN")
    plugin.desk.show_township(planted)
    assert not QgsProject.instance().mapLayers()
    assert "触发器 “stranger”" in said(iface)


def test_a_township_in_which_somebody_plants_something_is_not_opened_anew(small, iface):
    path = small.township.path
    run(path, "CREATE VIEW stranger AS SELECT * FROM building")
    small.desk.show_township(path)
    assert "“stranger”" in said(iface)


def test_the_layers_of_a_stranger_s_file_that_a_project_brings_along_cannot_be_edited(plugin, planted, iface, tmp_path):
    project = QgsProject.instance()
    for table in ("mini_area", "building"):
        project.addMapLayer(QgsVectorLayer(f"{planted}|layername={table}", table, "ogr"))
    file = tmp_path / "of_a_stranger.qgz"
    assert project.write(str(file))
    project.clear()
    assert project.read(str(file))
    settle()
    assert not plugin.township.is_open
    assert "“stranger”" in said(iface)
    assert len(project.mapLayers()) == 2
    assert not any(layer.startEditing() for layer in project.mapLayers().values())


def test_guards_that_were_made_anew_are_told_when_the_township_is_opened(small, other, iface):
    run(other, "DROP TRIGGER building_lock_delete")
    small.desk.show_township(other)
    settle()
    assert "made anew" in said(iface)


def test_of_several_notices_all_can_be_read(small, other, iface):
    run(other, *guards_off("building"), "UPDATE building SET uid = 'no uuid' WHERE fid = 1")
    small.desk.show_township(other)
    (button,) = iface.messageBar().currentItem().findChildren(QPushButton)
    button.click()
    (box,) = iface.messageBar().window().findChildren(QMessageBox, "CensusMapNotices")
    assert all(text in box.text() for text in small.township.notices)
    assert "no UUID" in box.text()
    assert "made anew" in box.text()
    box.close()
    QgsProject.instance().clear()
    assert iface.messageBar().currentItem() is None


def guards_off(table: str) -> list[str]:
    return [f'DROP TRIGGER "{name}"' for name in trigger_statements() if name.startswith(f"{table}_")]


def meta_of(path) -> dict[str, str]:
    with Workspace.open(path) as workspace:
        return dict(workspace.meta)


def test_a_window_that_only_looks_checks_without_leaving_a_trace(small, held_elsewhere):
    before = meta_of(held_elsewhere)
    small.desk.show_township(held_elsewhere)
    small.desk.check()
    finish(small)
    assert small.township.was_checked
    assert meta_of(held_elsewhere) == before


@pytest.mark.parametrize(
    "key",
    ["import", "link", "by_hand", "missed", "visit", "entry", "passphrase", "destroy", "update", "visits", "surveys"],
)
def test_a_window_that_only_looks_opens_nothing_that_changes_the_roster(small, held_elsewhere, iface, key):
    small.desk.show_township(held_elsewhere)
    iface.messageBar().clear_messages()
    small.roster.act(key)
    assert small.roster.window is None
    assert not small.background.busy
    assert "open elsewhere" in said(iface)
    assert not vault_path(held_elsewhere).exists()


def test_a_window_that_only_looks_still_makes_tables(small, held_elsewhere):
    small.desk.show_township(held_elsewhere)
    small.roster.act("tables")
    assert small.roster.window is not None
    small.roster.window.close()
