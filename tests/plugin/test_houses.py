"""Marking houses by hand: the tools, the form, the numbers."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from census_map_plugin.tools.outlines import right_angled
from qgis.core import NULL, Qgis, QgsFeature, QgsGeometry, QgsLineString, QgsPoint, QgsPointXY, QgsRectangle
from qgis.gui import QgsMapTool
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from census_map.workspace import Workspace
from tests.small_township import EAST, NORTH, uid

from .canvas import settle
from .test_drawing import said
from .test_work import finish

pytestmark = pytest.mark.qgis

ENTER = Qt.Key.Key_Return


class EditTool(QgsMapTool):
    """A tool that edits, as QGIS's own for adding polygons says of itself."""

    def flags(self):
        return QgsMapTool.Flags(QgsMapTool.Flag.EditTool)


def houses(plugin) -> dict[int, QgsFeature]:
    return {row.id(): row for row in plugin.township.layers["building"].getFeatures()}


def shape(row) -> shapely.Geometry:
    return shapely.from_wkb(bytes(row.geometry().asWkb()))


@pytest.fixture
def new(small):
    """Gives the houses that were not there at first, in the order in which they were made."""
    before = set(houses(small))
    return lambda: [row for fid, row in sorted(houses(small).items(), reverse=True) if fid not in before]


def answer(plugin) -> None:
    """Take what stands in the form."""
    form = plugin.workbench.marking.form
    assert form is not None
    QTest.keyClick(form, ENTER)
    settle()


def test_a_rectangular_house_takes_three_clicks_and_enter(hand, small, new):
    hand.use("house_rectangle")
    for place in ((120, 100), (150, 100), (150, 112)):
        hand.click(*place)
    answer(small)
    (house,) = new()
    assert shape(house).area == pytest.approx(30 * 12, rel=0.02)
    assert house["mini_area_uid"] == uid("M00")
    assert house["number"] == 3
    assert str(house["code"]).endswith("0010003")
    assert (house["use"], house["state"], house["inhabited"], house["floors"]) == ("residential", "standing", True, 1)
    assert house["uid"] not in (None, NULL, "")
    small.workbench.undo()
    settle()
    assert new() == []
    small.workbench.redo()
    settle()
    assert new()[0]["number"] == 3


def test_the_next_house_begins_with_what_the_last_one_was(hand, small, new):
    hand.use("house_point")
    hand.click(120, 100)
    form = small.workbench.marking.form
    form.floors.setValue(6)
    form.entrances.setValue(3)
    form.name.setText("七号楼 <b>{name}")
    QTest.keyClick(form, ENTER)
    settle()
    hand.click(120, 160)
    answer(small)
    first, second = new()
    assert (first["floors"], second["floors"], second["entrances"]) == (6, 6, 3)
    assert first["name"] == "七号楼 <b>{name}"
    assert second["name"] in (None, NULL)
    assert (first["number"], second["number"]) == (3, 4)


def test_escape_in_the_form_draws_nothing(hand, small, new):
    hand.use("house_point")
    hand.click(120, 100)
    QTest.keyClick(small.workbench.marking.form, Qt.Key.Key_Escape)
    settle()
    assert new() == []
    assert small.workbench.marking.form is None


def test_an_outline_with_right_angles(hand, small, new):
    hand.use("house_outline")
    for place in ((110, 95), (150, 96), (149, 115), (130, 116), (131, 125)):
        hand.click(*place)
    hand.key(ENTER)
    answer(small)
    corners = shapely.get_coordinates(shape(new()[0]))
    sides = np.diff(corners, axis=0)
    turns = [np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairwise(sides)]
    assert np.allclose(turns, 0, atol=1e-6)


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7])
def test_right_angles_close_whatever_the_number_of_corners(count):
    chance = np.random.default_rng(count)
    points = [QgsPointXY(float(x), float(y)) for x, y in chance.uniform(0, 30, (count, 2))]
    corners = np.array([(p.x(), p.y()) for p in right_angled(points, closed=True)])
    sides = np.diff(np.vstack([corners, corners[:1]]), axis=0)
    sides = sides[np.linalg.norm(sides, axis=1) > 1e-9]
    assert np.allclose([np.dot(a, b) for a, b in zip(sides, np.roll(sides, -1, axis=0), strict=True)], 0, atol=1e-6)


def test_a_house_of_any_shape_ends_with_the_right_button(hand, small, new):
    hand.use("house_free")
    for place in ((110, 95), (150, 100), (130, 125)):
        hand.click(*place)
    hand.click(130, 125, Qt.MouseButton.RightButton)
    answer(small)
    assert len(shapely.get_coordinates(shape(new()[0]))) == 4


def test_a_row_of_twelve_takes_two_clicks_a_number_and_enter(hand, small, new):
    hand.use("house_row")
    hand.click(70, 50)
    hand.click(70, 110)
    for digit in "12":
        hand.key(getattr(Qt.Key, f"Key_{digit}"))
    hand.key(ENTER)
    made = new()
    assert len(made) == 11
    assert [row["number"] for row in made] == list(range(3, 14))
    assert shape(made[-1]).centroid.y - NORTH == pytest.approx(110, abs=1)
    assert all(shape(row).area == pytest.approx(800) for row in made)
    assert all(row["persons"] in (None, NULL) for row in made)
    small.workbench.undo()
    settle()
    assert new() == []


def test_a_house_is_divided_with_shared_walls_and_numbers_that_count_on(hand, small, new):
    hand.use("house_divide")
    hand.click(70, 50)
    hand.key(Qt.Key.Key_4)
    hand.key(ENTER)
    whole = next(row for row in houses(small).values() if row["uid"] == uid("BM000"))
    parts = [shape(whole), *map(shape, new())]
    assert len(parts) == 4
    assert sum(part.area for part in parts) == pytest.approx(800)
    assert shapely.union_all(parts).area == pytest.approx(800)
    assert not any(a.intersection(b).area > 1e-6 for k, a in enumerate(parts) for b in parts[k + 1 :])
    assert [row["number"] for row in new()] == [3, 4, 5]
    assert whole["persons"] == 130
    small.workbench.undo()
    settle()
    assert shape(next(row for row in houses(small).values() if row["uid"] == uid("BM000"))).area == pytest.approx(800)


def test_a_locked_mini_area_takes_no_house_and_says_so(hand, small, iface, new):
    from .test_editing import lock  # noqa: PLC0415

    lock(small.township.path, "M00")
    small.township.refresh()
    hand.use("house_point")
    hand.click(120, 100)
    assert "001 is locked" in said(iface)
    assert small.workbench.marking.form is None
    assert new() == []


def test_qgis_own_add_polygon_opens_the_same_form_and_fills_the_rest(small, iface, new):
    small.workbench.begin()
    layer, canvas = small.township.layers["building"], iface.mapCanvas()
    assert layer.editFormConfig().suppress() == Qgis.AttributeFormSuppression.On
    tool = EditTool(canvas)
    canvas.setMapTool(tool)
    drawn = QgsFeature(layer.fields())
    drawn.setGeometry(QgsGeometry.fromRect(QgsRectangle(EAST + 110, NORTH + 90, EAST + 130, NORTH + 110)))
    layer.beginEditCommand("Add feature")
    assert layer.addFeature(drawn)
    layer.endEditCommand()
    settle()
    answer(small)
    (house,) = new()
    assert (house["use"], house["inhabited"], house["number"]) == ("residential", True, 3)
    assert house["mini_area_uid"] == uid("M00")
    small.workbench.undo()
    settle()
    assert new() == []
    canvas.unsetMapTool(tool)


def test_splitting_a_house_with_qgis_own_tool_asks_nothing(small, iface, new):
    small.workbench.begin()
    layer, canvas = small.township.layers["building"], iface.mapCanvas()
    tool = EditTool(canvas)
    canvas.setMapTool(tool)
    layer.beginEditCommand("Features split")
    line = QgsLineString([QgsPoint(EAST + 70, NORTH + 30), QgsPoint(EAST + 70, NORTH + 70)])
    assert layer.splitFeatures(line, False, False)[0] == Qgis.GeometryOperationResult.Success
    layer.endEditCommand()
    settle()
    assert small.workbench.marking.form is None
    assert len(new()) == 1
    canvas.unsetMapTool(tool)


def test_a_marked_house_is_saved_whole(hand, small, new):
    hand.use("house_point")
    hand.click(120, 100)
    answer(small)
    name = str(new()[0]["uid"])
    small.workbench.save()
    settle()
    finish(small)
    with Workspace.open(small.township.path) as file:
        row = file.read("building").loc[name]
    assert (row["use"], row["number"], row["mini_area_uid"]) == ("residential", 3, uid("M00"))
