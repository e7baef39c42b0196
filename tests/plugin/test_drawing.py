"""Drawing mini-areas by hand: real mouse and keys, layer, chain and undo."""

import pandas as pd
import pytest
from qgis.PyQt.QtCore import Qt

from census_map.workspace import Workspace
from tests.small_township import uid

from .canvas import RIGHT, SHIFT, areas, ground, home, is_coverage, settle

pytestmark = pytest.mark.qgis


def said(iface) -> str:
    return "\n".join(text for several in iface.messageBar().messages.values() for text in several)


def near(area: float):
    """A pixel is half a metre."""
    return pytest.approx(area, rel=2e-3)


def stacks(plugin) -> dict[str, int]:
    return {table: layer.undoStack().index() for table, layer in plugin.workbench.session.layers.items()}


def test_a_cut_by_two_clicks_and_enter_makes_two_mini_areas(hand, small):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    now = areas(small.township.layers["mini_area"])
    assert len(now) == 5
    assert ground(small, "M00") == near(20_000)
    assert is_coverage(small)
    new = next(iter(set(now) - {uid(name) for name in ("M00", "M01", "M10", "M11")}))
    assert {home(small, "BM000"), home(small, "BM001")} == {uid("M00"), new}
    small.workbench.actions["undo"].trigger()
    settle()
    assert len(areas(small.township.layers["mini_area"])) == 4
    assert {home(small, "BM000"), home(small, "BM001")} == {uid("M00")}
    assert set(stacks(small).values()) == {0}
    small.workbench.actions["redo"].trigger()
    settle()
    assert len(areas(small.township.layers["mini_area"])) == 5
    assert home(small, "BM001") != home(small, "BM000")
    assert is_coverage(small)


def test_qgis_own_keys_take_back_what_the_tool_has_drawn(hand, small, iface):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    assert iface.activeLayer() == small.township.layers["mini_area"]
    iface.activeLayer().undoStack().undo()  # as QGIS's Ctrl+Z does
    settle()
    assert len(areas(small.township.layers["mini_area"])) == 4
    assert set(stacks(small).values()) == {0}
    assert not small.workbench.actions["undo"].isEnabled()


def test_backspace_takes_a_point_back_and_escape_everything(hand, small):
    hand.use("cut")
    hand.click(50, 60)
    hand.click(50, 140)
    hand.key(Qt.Key.Key_Backspace)
    hand.click(150, 60)
    hand.key(Qt.Key.Key_Return)
    assert ground(small, "M00") == near(28_000)
    hand.click(250, 60)
    hand.key(Qt.Key.Key_Escape)
    hand.click(250, 60, RIGHT)
    assert len(areas(small.township.layers["mini_area"])) == 5
    hand.key(Qt.Key.Key_Escape)


def test_the_figures_of_both_sides_stand_beside_the_cursor(hand, small):
    hand.use("cut")
    hand.click(50, 100)
    hand.move(150, 100)
    note = small.workbench.tools["cut"]._beside
    assert not note.isHidden()
    assert note.text().count("130 persons") == 2
    assert "▽" in note.text()
    hand.move(150, 30)
    assert note.text().count("persons") == 2


def test_a_border_moves_for_both_neighbours(hand, small):
    hand.use("border")
    hand.click(200, 40)
    hand.click(150, 40)
    hand.click(150, 160)
    hand.click(200, 160)
    hand.click(200, 160, RIGHT)
    assert ground(small, "M00") == near(40_000 - 50 * 120)
    assert ground(small, "M01") == near(40_000 + 50 * 120)
    assert is_coverage(small)
    small.workbench.undo()
    assert ground(small, "M00") == 40_000


def test_the_border_of_a_census_area_refuses_in_words(hand, small, iface):
    hand.use("border")
    hand.click(400, 40)
    hand.click(350, 100)
    hand.click(400, 160)
    hand.key(Qt.Key.Key_Return)
    assert "census area" in said(iface)
    assert not small.workbench.session.is_modified
    hand.use("join")
    hand.click(300, 100)
    hand.click(500, 100)
    assert not small.workbench.session.is_modified


def test_a_corner_moves_in_all_mini_areas_that_share_it(hand, small):
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    hand.use("corner")
    hand.drag((200, 100), (180, 110))
    assert is_coverage(small)
    assert ground(small, "M01") == near(40_000 + 0.5 * 200 * 20)
    small.workbench.undo()
    assert ground(small, "M01") == 40_000


def test_two_clicks_join_and_the_buildings_come_along(hand, small):
    hand.use("join")
    hand.click(100, 100)
    hand.click(300, 100)
    now = areas(small.township.layers["mini_area"])
    assert len(now) == 3
    assert is_coverage(small)
    assert home(small, "BM000") == home(small, "BM010")
    small.workbench.undo()
    assert home(small, "BM010") == uid("M01")
    assert is_coverage(small)


def test_drawing_around_gives_the_ground_to_where_it_began(hand, small):
    hand.use("claim")
    for place in ((180, 20), (240, 20), (240, 180), (180, 180)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    assert ground(small, "M00") == near(40_000 + 40 * 160)
    assert is_coverage(small)


def test_an_outline_across_a_house_goes_round_it(hand, small):
    hand.use("claim")
    for place in ((180, 20), (260, 20), (260, 180), (180, 180)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    assert ground(small, "M00") == near(40_000 + 60 * 160 - 2 * 10.3 * 20.6)
    assert home(small, "BM010") == uid("M01")
    assert is_coverage(small)


def test_a_cut_across_a_house_goes_round_it_and_by_shift_the_other_way(hand, small):
    hand.use("cut")
    hand.click(20, 55)
    hand.click(150, 55)
    assert not small.workbench.tools["cut"]._under.asGeometry().isEmpty()
    hand.key(Qt.Key.Key_Return)
    assert home(small, "BM000") != home(small, "BM001")
    small.workbench.undo()
    hand.click(20, 55)
    hand.click(150, 55, keys=SHIFT)
    hand.key(Qt.Key.Key_Return)
    assert home(small, "BM000") == home(small, "BM001")
    assert is_coverage(small)


def test_an_exclave_is_a_declared_part_of_its_owner(hand, small):
    hand.use("exclave")
    hand.click(100, 100)
    for place in ((320, 80), (360, 80), (360, 120), (320, 120)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    assert ground(small, "M00") == near(40_000 + 1_600)
    assert is_coverage(small)
    row = next(row for row in small.township.layers["mini_area"].getFeatures() if row["uid"] == uid("M00"))
    assert row["exclave"]


def test_a_click_gives_a_house_and_another_gives_it_back(hand, small):
    layer = small.township.layers["building"]
    house = next(row for row in layer.getFeatures() if row["uid"] == uid("BM000"))
    centre = house.geometry().centroid().asPoint()
    before = areas(small.township.layers["mini_area"])
    x, y = centre.x() - 500_000, centre.y() - 3_500_000
    hand.use("give")
    hand.click(x, y)
    assert home(small, "BM000") == uid("M01")
    assert is_coverage(small)
    hand.click(x, y)
    assert home(small, "BM000") == uid("M00")
    assert areas(small.township.layers["mini_area"])[uid("M00")].equals(before[uid("M00")])


def test_a_locked_mini_area_refuses_in_words(hand, small, iface):
    with Workspace.open(small.township.path) as file:
        for level in range(1, 5):
            with file.transaction("lock") as write:
                write.update("mini_area", pd.DataFrame({"status": [level]}, index=[uid("M00")]))
    small.township.refresh()
    hand.use("cut")
    hand.click(50, 100)
    hand.click(150, 100)
    hand.key(Qt.Key.Key_Return)
    assert "001 is locked" in said(iface)
    assert not small.workbench.session.is_modified


def test_saving_writes_all_layers_and_dwellings_follow(hand, small):
    hand.use("border")
    for place in ((200, 10), (10, 10), (10, 90), (200, 90)):
        hand.click(*place)
    hand.key(Qt.Key.Key_Return)
    assert home(small, "BM000") == uid("M01")
    small.workbench.save()
    settle()
    from .test_work import finish  # noqa: PLC0415

    finish(small)
    with Workspace.open(small.township.path) as file:
        house = file.read("building").loc[uid("BM000")]
        assert house["mini_area_uid"] == uid("M01")
        assert file.read("dwelling").loc[uid("DM000"), "code"].startswith(house["code"])
    assert not small.workbench.session.is_modified
