"""The edit buffers under watch: whatever tool changes them, nothing is lost and every fault is seen at once."""

import shutil

import numpy as np
import pandas as pd
import pytest
import shapely
from census_map_plugin import holding
from census_map_plugin.bridge import frame_of, geometry_of
from census_map_plugin.editing.journal import journal_path
from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsLineString, QgsPoint, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import Qt

from census_map.coverage import find_faults
from census_map.workspace import Workspace
from tests.small_township import EAST, NORTH, uid

from .canvas import Hand, areas, home, is_coverage, settle
from .test_drawing import said
from .test_work import finish

pytestmark = pytest.mark.qgis


def row(layer, name: str) -> QgsFeature:
    return next(row for row in layer.getFeatures() if row["uid"] == uid(name))


def split(layer, x: float) -> None:
    """QGIS's own tool for splitting, as its map tool calls it."""
    layer.beginEditCommand("Features split")
    line = QgsLineString([QgsPoint(EAST + x, NORTH - 10), QgsPoint(EAST + x, NORTH + 210)])
    assert layer.splitFeatures(line, False, True)[0] == Qgis.GeometryOperationResult.Success
    layer.endEditCommand()
    settle()


def shift(layer, name: str, dx: float) -> None:
    """A plain edit that breaks the coverage."""
    feature = row(layer, name)
    geometry = QgsGeometry(feature.geometry())
    geometry.translate(dx, 0)
    layer.beginEditCommand("Moved feature")
    assert layer.changeGeometry(feature.id(), geometry)
    layer.endEditCommand()
    settle()


def lock(path, name: str) -> None:
    with Workspace.open(path) as file:
        for level in range(1, 5):
            with file.transaction("lock") as write:
                write.update("mini_area", pd.DataFrame({"status": [level]}, index=[uid(name)]))


def listed(plugin) -> set[str]:
    return {problem.rule for problem in plugin.township.problems}


def live_is_as_from_scratch(plugin) -> bool:
    layers = plugin.township.layers
    minis = frame_of(layers["mini_area"], broken=True)
    found = find_faults(minis[["geometry"]], frame_of(layers["census_area"])[["geometry"]])
    return sorted(found.index) == sorted(fault.id for fault in plugin.workbench.session.mirror.faults)


def copy_as_left(path, folder) -> None:
    """Copy a township as a kill leaves it; the claim of a process that is gone counts for nothing."""
    for file in path.parent.glob(path.name + "*"):
        if not file.name.endswith(holding.SUFFIX):
            shutil.copy(file, folder)


@pytest.fixture
def transactions(small):
    """Sets the project's transaction mode; put back before the layers go, because QGIS keeps them in the old group."""
    project = QgsProject.instance()
    yield lambda mode: project.setTransactionMode(getattr(Qgis.TransactionMode, mode))
    for layer in small.township.layers.values():
        if layer.isEditable():
            project.rollBack(True, layer)
    assert project.setTransactionMode(Qgis.TransactionMode.Disabled)


@pytest.fixture
def editing(small):
    """The small township, its mini-areas being edited with the pencil of QGIS."""
    QgsProject.instance().startEditing(small.township.layers["mini_area"])
    settle()
    return small


def test_buildings_follow_a_split_with_qgis_own_tool_and_its_undo(editing):
    layer = editing.township.layers["mini_area"]
    split(layer, 70)
    # QGIS puts no corner into the border of the census area, where the cut ends: that is a fault, and is told.
    assert {fault.kind for fault in editing.workbench.session.mirror.faults} == {"unmatched"}
    assert listed(editing) == {"G06"}
    assert live_is_as_from_scratch(editing)
    split(layer, 20)
    before = {home(editing, f"BM00{k}") for k in range(2)}
    assert len(before) == 1
    layer.undoStack().undo()
    layer.undoStack().undo()
    settle()
    assert home(editing, "BM000") == uid("M00")
    assert len(areas(layer)) == 4
    layer.undoStack().redo()
    settle()
    place = next(name for name, shape in areas(layer).items() if shape.contains(shapely.Point(EAST + 75, NORTH + 50)))
    assert home(editing, "BM000") == place


def test_a_fault_is_on_the_canvas_and_in_the_list_at_once_and_goes_with_undo(editing):
    layer = editing.township.layers["mini_area"]
    shift(layer, "M00", 5)
    assert {"G02", "G03"} <= listed(editing)
    assert len(editing.workbench.live._bands) == len(editing.workbench.session.mirror.faults)
    assert live_is_as_from_scratch(editing)
    layer.undoStack().undo()
    settle()
    assert listed(editing) == set()
    assert editing.workbench.live._bands == {}
    layer.undoStack().redo()
    settle()
    assert {"G02", "G03"} <= listed(editing)
    layer.rollBack()
    settle()
    assert listed(editing) == set()


def test_a_live_fault_is_the_one_that_a_check_names(editing):
    shift(editing.township.layers["mini_area"], "M00", 5)
    live = {problem.id for problem in editing.township.problems}
    assert editing.workbench.save()
    settle()
    finish(editing)
    editing.desk.check(("G02", "G03", "G04"))
    finish(editing)
    assert {problem.id for problem in editing.township.problems} >= live


@pytest.mark.parametrize("mode", ["Disabled", "AutomaticGroups", "BufferedGroups"])
def test_a_row_that_the_file_refuses_is_named_in_every_transaction_mode(small, iface, transactions, mode):
    lock(small.township.path, "M11")
    small.township.refresh()
    assert transactions(mode)
    layer = small.township.layers["mini_area"]
    QgsProject.instance().startEditing(layer)
    settle()
    feature = row(layer, "M11")
    geometry = QgsGeometry(feature.geometry())
    geometry.translate(1, 0)
    layer.beginEditCommand("locked")
    layer.changeGeometry(feature.id(), geometry)
    layer.endEditCommand()
    settle()
    assert "Mini-area 002" in said(iface)
    assert "locked" in said(iface)
    if mode != "AutomaticGroups":  # there QGIS asks the file at once, and the edit is not taken
        assert not small.workbench.save()
        assert layer.isModified()
        assert areas(layer)[uid("M11")].bounds[0] == EAST + 601


@pytest.mark.parametrize("stop", [False, True], ids=["saved", "saved and ended"])
@pytest.mark.parametrize("mode", ["Disabled", "BufferedGroups"])
def test_a_new_row_that_the_file_refuses_stays_in_the_buffer_when_qgis_saves(small, iface, transactions, mode, stop):
    assert transactions(mode)
    layer = small.township.layers["mini_area"]
    QgsProject.instance().startEditing(layer)
    settle()
    new = QgsFeature(layer.fields())
    new.setGeometry(QgsGeometry.fromRect(QgsRectangle(EAST, NORTH + 300, EAST + 10, NORTH + 310)))
    new["status"] = 3
    layer.beginEditCommand("add")
    layer.addFeature(new)
    layer.endEditCommand()
    settle()
    QgsProject.instance().commitChanges(stop, layer)
    settle()
    settle()
    assert "begins as a draft" in said(iface)
    assert layer.isEditable()
    assert layer.isModified()
    assert len(areas(layer)) == 5
    assert not small.workbench.save()
    layer.rollBack()
    settle()
    assert len(areas(layer)) == 4


def test_a_refused_row_keeps_every_layer_from_being_saved(small):
    lock(small.township.path, "M11")
    small.township.refresh()
    small.workbench.begin()
    layers = small.township.layers
    shift(layers["mini_area"], "M11", 1)
    house = row(layers["building"], "BM000")
    layers["building"].beginEditCommand("name")
    layers["building"].changeAttributeValue(house.id(), layers["building"].fields().lookupField("name"), "一号楼")
    layers["building"].endEditCommand()
    assert not small.workbench.save()
    assert layers["building"].isModified()
    with Workspace.open(small.township.path) as file:
        assert file.read("building").loc[uid("BM000"), "name"] is None


def test_a_session_that_was_killed_is_there_again_to_the_last_finished_action(hand, small, iface, tmp_path):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    hand.use("border")
    for place in ((200, 110), (180, 110), (180, 160), (200, 160)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    hand.click(200, 10)  # in the middle of the next
    drawn = areas(small.township.layers["mini_area"])
    noted = {name: home(small, name) for name in ("BM000", "BM001")}
    folder = tmp_path / "after the kill"
    folder.mkdir()
    path = small.township.path
    copy_as_left(path, folder)
    small.workbench.session.give_up()
    QgsProject.instance().clear()
    assert not journal_path(path).exists()
    small.desk.show_township(folder / path.name)
    settle()
    again = areas(small.township.layers["mini_area"])
    assert again.keys() == drawn.keys()
    assert all(shapely.equals_exact(again[name], drawn[name], 0.0) for name in drawn)
    assert {name: home(small, name) for name in noted} == noted
    assert "last time" in said(iface)
    assert is_coverage(small)
    assert small.workbench.save()
    settle()
    finish(small)
    assert not journal_path(small.township.path).exists()
    with Workspace.open(small.township.path) as file:
        assert len(file.read("mini_area")) == 5


def test_a_line_of_the_journal_that_was_cut_short_is_left_out(hand, small, tmp_path):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    folder = tmp_path / "power failure"
    folder.mkdir()
    path = small.township.path
    copy_as_left(path, folder)
    small.workbench.session.give_up()
    QgsProject.instance().clear()
    with journal_path(folder / path.name).open("ab") as file:
        file.write(b'{"table": "mini_area", "fid": 1, "uid"')
    small.desk.show_township(folder / path.name)
    settle()
    assert len(areas(small.township.layers["mini_area"])) == 5


def test_any_sequence_of_tools_undo_save_and_plain_edits_keeps_the_live_check_true(hand, small):
    chance = np.random.default_rng(7)
    small.workbench.begin()
    layer = small.township.layers["mini_area"]

    def cut():
        hand.use("cut")
        x, y = chance.uniform(20, 380), chance.uniform(20, 180)
        hand.click(x, y)
        hand.click(x + chance.uniform(-60, 60), y + chance.uniform(-60, 60))
        hand.key(Qt.Key.Key_Return)
        hand.key(Qt.Key.Key_Escape)

    def join():
        hand.use("join")
        hand.click(chance.uniform(10, 390), chance.uniform(10, 190))
        hand.click(chance.uniform(10, 390), chance.uniform(10, 190))

    def corner():
        hand.use("corner")
        start = (200, float(chance.choice([0, 200])))
        hand.drag(start, (200 + chance.uniform(-15, 15), start[1]))

    def plain():
        shift(layer, "M01", chance.uniform(-2, 2)) if any(r["uid"] == uid("M01") for r in layer.getFeatures()) else None

    acts = [cut, cut, join, corner, plain, small.workbench.undo, small.workbench.redo, small.workbench.save]
    for step in range(40):
        acts[int(chance.integers(len(acts)))]()
        settle()
        finish(small)
        settle()
        assert live_is_as_from_scratch(small), step
    small.workbench.session.give_up()


def test_undo_and_redo_of_everything_give_the_very_same(hand, small):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    hand.use("join")
    hand.click(300, 150)
    hand.click(100, 150)
    hand.use("claim")
    for place in ((20, 20), (20, 160), (30, 160), (30, 20)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    layer = small.township.layers["mini_area"]
    after = {name: shape.wkb for name, shape in areas(layer).items()}
    steps = small.workbench.session.steps
    while steps.can_undo:
        small.workbench.undo()
    assert {uid(name) for name in ("M00", "M01", "M10", "M11")} == set(areas(layer))
    assert not small.workbench.session.is_modified
    while steps.can_redo:
        small.workbench.redo()
    assert {name: shape.wkb for name, shape in areas(layer).items()} == after
    assert is_coverage(small)


def test_geometry_written_and_read_back_is_the_same_bit_for_bit():
    shape = shapely.Polygon([(0.1, 0.2), (1 / 3, 0.7), (0.9, 1e-9)])
    assert shapely.from_wkb(bytes(geometry_of(shape).asWkb())).equals_exact(shape, 0.0)


__all__ = ["Hand"]
