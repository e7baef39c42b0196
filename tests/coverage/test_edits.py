"""Edits on tiny coverages: what changes, who keeps the label, what is refused and where."""

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

from census_map.coverage import is_exact
from census_map.coverage.cut import cut_patch
from census_map.coverage.editor import Editor
from census_map.coverage.edits import (
    attach_part,
    claim,
    cut,
    delete_vertex,
    insert_vertex,
    join,
    move_border,
    move_vertex,
    split_part,
    weigh_points,
)
from census_map.coverage.frames import applied, make_patch
from census_map.coverage.patch import RefusedAt
from census_map.errors import EditRefused, InputError
from tests.coverage.random_edits import same_frames
from tests.coverage.shapes import make_areas

CRS = "EPSG:32650"
WEST = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
EAST = "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 0))"
NORTH = "POLYGON ((0 100, 100 100, 200 100, 200 200, 0 200, 0 100))"
BLOCK = "POLYGON ((0 0, 100 0, 200 0, 200 100, 200 200, 0 200, 0 100, 0 0))"


def frame(shapes, **columns):
    return GeoDataFrame(
        {name: list(values) for name, values in columns.items()},
        geometry=shapely.from_wkt(list(shapes.values())),
        index=pd.Index(list(shapes)),
        crs=CRS,
    )


@pytest.fixture
def areas():
    return frame({"w": WEST, "e": EAST, "n": NORTH}, name=["west", "east", "north"], persons=[300, 200, 101])


@pytest.fixture
def block():
    return frame({"b": BLOCK})


def line(*points):
    return shapely.LineString(points)


def ground(edit, label):
    return edit.areas.geometry[label].area


def holds(polygon, point):
    return list(point) in shapely.get_coordinates(polygon).tolist()


# ---- cut ---------------------------------------------------------------------------------------------------------


def test_a_cut_needs_one_line_and_gives_neighbours_and_container_its_ends(areas, block):
    edit = cut(areas, "w", line((-5, 30), (105, 30)), containers=block)
    assert (edit.changed, edit.added, edit.removed) == (("w", "e"), ("w-2",), ())
    assert ground(edit, "w") == 7000
    assert ground(edit, "w-2") == 3000
    assert holds(edit.areas.geometry["e"], (100, 30))
    assert holds(edit.containers.geometry["b"], (0, 30))
    assert edit.containers.geometry["b"].area == block.geometry["b"].area
    assert is_exact(edit.areas, edit.containers)


def test_the_heavier_part_keeps_the_label_and_persons_are_shared_out(areas, block):
    points = GeoDataFrame({"persons": [200, 99, 1]}, geometry=shapely.points([[9, 9], [8, 3], [50, 70]]), crs=CRS)
    edit = cut(
        areas,
        "w",
        line((-5, 30), (105, 30)),
        containers=block,
        weigh=weigh_points(points, "persons"),
        amounts=["persons"],
    )
    assert ground(edit, "w") == 3000
    assert edit.areas["persons"].to_dict() == {"w": 299, "e": 200, "n": 101, "w-2": 1}
    assert edit.areas.loc["w-2", "name"] == "west"


def test_a_line_that_stops_short_is_refused_with_the_place(areas):
    with pytest.raises(RefusedAt, match="stops inside area w") as refused:
        cut(areas, "w", line((-5, 30), (95, 30)))
    assert (refused.value.point.x, refused.value.point.y) == (95, 30)
    assert isinstance(refused.value, EditRefused)


def test_a_line_that_stops_short_is_drawn_on_within_reach(areas):
    edit = cut(areas, "w", line((3, 30), (95, 30)), reach=6)
    assert ground(edit, "w-2") == 3000
    with pytest.raises(RefusedAt):
        cut(areas, "w", line((3, 30), (95, 30)), reach=4)


def test_a_line_that_misses_the_area_is_refused(areas):
    with pytest.raises(RefusedAt, match="does not cut area w"):
        cut(areas, "w", line((110, 10), (150, 20)))


def test_a_crossing_near_a_corner_uses_the_corner(areas, block):
    edit = cut(areas, "w", line((-1, -0.5), (101, 100.6)), containers=block, snap=1)
    assert edit.changed == ("w",)
    assert edit.containers is block
    assert ground(edit, "w") == ground(edit, "w-2") == 5000


def test_new_points_lie_on_the_grid(areas, block):
    edit = cut(areas, "w", line((-5, 1 / 3), (105, 77 / 7.7)), containers=block, grid=1e-3)
    xy = shapely.get_coordinates(np.asarray(edit.areas.geometry))
    assert (np.round(xy, 3) == xy).all()
    assert is_exact(edit.areas, edit.containers)


def test_a_ring_cuts_out_an_island(areas):
    edit = cut(areas, "w", shapely.box(20, 20, 40, 40).exterior)
    assert ground(edit, "w-2") == 400
    assert len(edit.areas.geometry["w"].interiors) == 1


def test_a_cut_can_make_several_areas_with_given_labels(areas):
    zigzag = line((-5, 10), (110, 10), (110, 40), (-5, 40))
    edit = cut(areas, "w", zigzag, new_labels=["x", "y", "z"])
    assert {label: ground(edit, label) for label in ("w", "x", "y")} == {"w": 6000, "x": 3000, "y": 1000}
    with pytest.raises(RefusedAt, match="give 2 new numbers"):
        cut(areas, "w", zigzag, new_labels=["x"])
    with pytest.raises(RefusedAt, match="already in use"):
        cut(areas, "w", zigzag, new_labels=["x", "e"])


def test_whole_numbers_continue_after_the_largest():
    areas = frame({4: WEST, 9: EAST, 7: NORTH})
    edit = cut(areas, 4, line((-5, 30), (105, 30)))
    assert edit.added == (10,)
    assert edit.areas.index.tolist() == [4, 9, 7, 10]


def test_parts_that_the_line_does_not_touch_stay_with_the_label():
    two = "MULTIPOLYGON (((0 0, 100 0, 100 100, 0 100, 0 0)), ((300 0, 400 0, 400 100, 300 100, 300 0)))"
    edit = cut(frame({"w": two, "e": EAST}), "w", line((-5, 60), (105, 60)))
    assert ground(edit, "w") == 16000
    assert edit.areas.geometry["w-2"].geom_type == "MultiPolygon"


def test_noise_in_the_last_digits_does_not_hinder_a_cut():
    noisy = EAST.replace("100 100", "100.00000000001 99.99999999999")
    areas = frame({"w": WEST, "e": noisy, "n": NORTH})
    edit = cut(areas, "w", line((-5, 30), (105, 30)))
    assert is_exact(edit.areas)


def test_a_label_given_twice_is_refused():
    areas = frame({"w": WEST, "e": EAST})
    areas.index = pd.Index(["w", "w"])
    with pytest.raises(InputError, match="several areas"):
        cut(areas, "w", line((-5, 30), (105, 30)))


def test_an_area_never_crosses_into_another_container(areas):
    blocks = frame({"south": "POLYGON ((0 0, 100 0, 200 0, 200 100, 100 100, 0 100, 0 0))", "north": NORTH})
    for edit in (
        lambda: join(areas, ["w", "n"], containers=blocks),
        lambda: move_border(areas, ("w", "n"), line((20, 100), (50, 120), (80, 100)), containers=blocks),
    ):
        with pytest.raises(RefusedAt, match="border of a census area") as refused:
            edit()
        assert refused.value.point.y == 100


# ---- join --------------------------------------------------------------------------------------------------------


def test_joined_areas_keep_the_label_of_the_larger_and_add_their_persons(areas, block):
    edit = join(areas, ["e", "n"], containers=block, amounts=["persons"])
    assert (edit.changed, edit.removed) == (("n",), ("e",))
    assert edit.areas.loc["n", "persons"] == 301
    assert edit.areas.loc["n", "name"] == "north"
    assert is_exact(edit.areas, block)


def test_the_label_to_keep_can_be_named(areas):
    assert join(areas, ["e", "n"], keep="e").areas.index.tolist() == ["w", "e"]


def test_areas_that_only_touch_in_a_corner_are_not_joined():
    corner = "POLYGON ((100 100, 200 100, 200 200, 100 200, 100 100))"
    with pytest.raises(RefusedAt, match="no common border"):
        join(frame({"w": WEST, "c": corner}), ["w", "c"])
    assert len(join(frame({"w": WEST, "c": corner}), ["w", "c"], allow_parts=True).areas) == 1


# ---- borders and corners -----------------------------------------------------------------------------------------


def test_one_line_moves_a_border_for_both_sides(areas, block):
    edit = move_border(areas, ("w", "e"), line((100, 20), (80, 50), (100, 80)), containers=block)
    assert (ground(edit, "w"), ground(edit, "e")) == (9400, 10600)
    assert edit.changed == ("w", "e")
    assert is_exact(edit.areas, block)


def test_a_line_that_crosses_the_border_gives_ground_both_ways(areas):
    edit = move_border(areas, ("e", "w"), line((100, 10), (110, 25), (90, 75), (100, 90)))
    assert ground(edit, "w") == 10000
    assert edit.areas.geometry["w"].symmetric_difference(areas.geometry["w"]).area == pytest.approx(400)
    assert is_exact(edit.areas)


def test_the_ends_of_a_moved_border_may_overshoot_or_stop_short(areas):
    over = move_border(areas, ("w", "e"), line((110, 20), (80, 20), (80, 80), (110, 80)))
    short = move_border(areas, ("w", "e"), line((97, 20), (80, 20), (80, 80), (97, 80)), reach=5)
    assert ground(over, "w") == ground(short, "w") == 8800
    with pytest.raises(RefusedAt, match="stops short") as refused:
        move_border(areas, ("w", "e"), line((97, 20), (80, 20), (80, 80), (97, 80)))
    assert refused.value.point.x == 97


def test_a_moved_border_stays_inside_the_two_areas(areas):
    with pytest.raises(RefusedAt, match="leaves areas w and e"):
        move_border(areas, ("w", "e"), line((100, 80), (80, 120), (60, 120), (60, 60), (100, 60)))


def test_a_border_that_takes_everything_is_refused(areas):
    with pytest.raises(RefusedAt, match="Nothing would be left of area w"):
        move_border(areas, ("w", "e"), line((100, 0), (0, 0), (0, 100), (100, 100)))


def test_a_border_that_breaks_an_area_apart_is_refused_with_the_part():
    low = "POLYGON ((0 0, 100 0, 100 10, 0 10, 0 0))"
    high = "POLYGON ((0 10, 100 10, 100 50, 0 50, 0 10))"
    course = line((20, 10), (20, 0), (60, 0), (60, 10))
    with pytest.raises(RefusedAt, match="fall into 2 parts") as refused:
        move_border(frame({"l": low, "h": high}), ("l", "h"), course)
    assert refused.value.point.x < 20
    edit = move_border(frame({"l": low, "h": high}), ("l", "h"), course, allow_parts=True)
    assert ground(edit, "l") == 600


def test_areas_without_a_common_border_have_none_to_move():
    far = frame({"w": WEST, "f": "POLYGON ((300 0, 400 0, 400 100, 300 0))"})
    with pytest.raises(RefusedAt, match="no common border"):
        move_border(far, ("w", "f"), line((100, 20), (110, 50), (100, 80)))


def test_a_corner_moves_in_all_areas_that_share_it(areas, block):
    edit = move_vertex(areas, shapely.Point(100.2, 99.9), shapely.Point(90, 110), containers=block, tolerance=1)
    assert set(edit.changed) == {"w", "e", "n"}
    assert is_exact(edit.areas, block)
    assert sum(edit.areas.area) == sum(areas.area)


def test_a_corner_of_the_container_does_not_move(areas, block):
    with pytest.raises(RefusedAt, match="census area b, which does not move"):
        move_vertex(areas, shapely.Point(100, 0), shapely.Point(90, 0), containers=block)


def test_a_corner_cannot_be_pulled_across_a_border(areas):
    with pytest.raises(RefusedAt, match="would cross itself"):
        move_vertex(areas, shapely.Point(100, 100), shapely.Point(90, -50))


def test_there_must_be_a_corner_to_move(areas):
    with pytest.raises(RefusedAt, match="no corner"):
        move_vertex(areas, shapely.Point(50, 50), shapely.Point(51, 51), tolerance=2)


def test_an_inserted_corner_can_be_moved_and_deleted_again(areas, block):
    inserted = insert_vertex(areas, shapely.Point(99, 40), containers=block, tolerance=2)
    assert inserted.changed == ("w", "e")
    moved = move_vertex(inserted.areas, shapely.Point(100, 40), shapely.Point(90, 40), containers=block)
    assert moved.areas.geometry["w"].area == 9500
    deleted = delete_vertex(moved.areas, shapely.Point(90, 40), containers=block)
    assert deleted.areas.geometry["w"].equals(areas.geometry["w"])
    assert is_exact(deleted.areas, block)


def test_a_corner_where_three_borders_meet_is_not_deleted(areas):
    with pytest.raises(RefusedAt, match="Several borders meet"):
        delete_vertex(areas, shapely.Point(100, 100))


def test_a_deleted_corner_never_lays_an_area_over_a_third_one():
    areas = frame(
        {
            "roof": "POLYGON ((0 0, 3 1, 5 2, 7 1, 10 0, 5 4, 0 0))",
            "house": "POLYGON ((3 1, 7 1, 5 2, 3 1))",
            "yard": "POLYGON ((-9 -9, 20 -9, 20 9, -9 9, -9 -9), (0 0, 5 4, 10 0, 7 1, 3 1, 0 0))",
        }
    )
    with pytest.raises(RefusedAt, match="no longer match"):
        delete_vertex(areas, shapely.Point(5, 4))
    with pytest.raises(RefusedAt, match="no longer match"):
        Editor(areas).delete_vertex(shapely.Point(5, 4))


# ---- claims and parts --------------------------------------------------------------------------------------------


def test_a_deleted_corner_never_makes_an_area_cross_itself():
    areas = make_areas(
        {
            "a": "POLYGON ((0 0, 10 0, 14 5, 10 10, 0 10, 0 6, 12 5, 0 4, 0 0))",
            "notch": "POLYGON ((0 4, 12 5, 0 6, 0 4))",
            "b": "POLYGON ((10 0, 20 0, 20 10, 10 10, 14 5, 10 0))",
        }
    )
    assert is_exact(areas)
    with pytest.raises(RefusedAt, match="border of area a would cross itself"):
        delete_vertex(areas, shapely.Point(14, 5))


def test_a_claim_takes_its_ground_from_the_neighbours_in_the_container(areas, block):
    edit = claim(areas, "w", shapely.box(50, -20, 120, 120), containers=block)
    assert ground(edit, "w") == 10000 + 20 * 100 + 70 * 20
    assert edit.areas.area.sum() == pytest.approx(areas.area.sum())
    assert is_exact(edit.areas, edit.containers)


def test_a_claim_leaves_other_containers_alone(areas):
    blocks = frame({"south": "POLYGON ((0 0, 100 0, 200 0, 200 100, 100 100, 0 100, 0 0))", "north": NORTH})
    edit = claim(areas, "w", shapely.box(50, 50, 120, 120), containers=blocks)
    assert ground(edit, "n") == 20000
    assert ground(edit, "w") == 11000
    assert is_exact(edit.areas, edit.containers)


def test_a_claim_with_a_new_label_makes_an_area(areas, block):
    edit = claim(areas, "new", shapely.box(90, 10, 130, 50), containers=block, amounts=["persons"])
    assert edit.added == ("new",)
    assert edit.areas.loc["new", "name"] == "east"
    assert edit.areas["persons"].sum() == areas["persons"].sum()
    assert is_exact(edit.areas, edit.containers)


def test_a_claim_of_a_whole_area_or_across_one_is_refused(areas):
    with pytest.raises(RefusedAt, match="Nothing would be left of area e"):
        claim(areas, "w", shapely.box(50, -10, 210, 110))
    with pytest.raises(RefusedAt, match="fall into 2 parts"):
        claim(areas, "n", shapely.box(40, -10, 60, 110))
    with pytest.raises(RefusedAt, match="no ground to take"):
        claim(areas, "w", shapely.box(10, 10, 20, 20))
    with pytest.raises(InputError, match="crosses itself"):
        claim(areas, "w", shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))


def test_parts_are_split_off_and_attached():
    two = "MULTIPOLYGON (((0 0, 100 0, 100 100, 0 100, 0 0)), ((200 0, 300 0, 300 100, 200 100, 200 0)))"
    areas = frame({"w": two, "e": EAST}, persons=[300, 10])
    off = split_part(areas, "w", shapely.Point(250, 50), new_label="x", amounts=["persons"])
    assert off.areas["persons"].to_dict() == {"w": 150, "e": 10, "x": 150}
    merged = attach_part(areas, "w", shapely.Point(250, 50), "e")
    assert merged.areas.geometry["e"].geom_type == "Polygon"
    assert is_exact(merged.areas)
    blocks = frame({"west": two, "east": EAST})
    with pytest.raises(RefusedAt, match="border of a census area"):
        Editor(areas, blocks).attach_part("w", shapely.Point(250, 50), "e")
    with pytest.raises(RefusedAt, match="only one part"):
        split_part(off.areas, "w", shapely.Point(50, 50))


# ---- inverse, session, core --------------------------------------------------------------------------------------


def test_the_inverse_restores_the_identical_frames(areas, block):
    edit = cut(areas, "w", line((-5, 1 / 3), (105, 31)), containers=block)
    back = edit.inverse()
    assert back.areas is areas
    assert back.containers is block
    assert back.removed == ("w-2",)
    assert back.inverse().areas is edit.areas


BEND = shapely.LineString([(100, 20), (80, 50), (100, 80)])
EDITS = {
    "cut": lambda areas, block: cut(areas, "w", line((-5, 1 / 3), (105, 31)), containers=block),
    "join": lambda areas, block: join(areas, ["w", "e"], containers=block),
    "border": lambda areas, block: move_border(
        areas, ("w", "e"), line((100, 20), (80, 50), (100, 80)), containers=block
    ),
    "vertex": lambda areas, block: move_vertex(areas, shapely.Point(100, 100), shapely.Point(90, 95), containers=block),
    "insert": lambda areas, block: insert_vertex(areas, shapely.Point(100, 40), containers=block, tolerance=1),
    "delete": lambda areas, _block: delete_vertex(areas, shapely.Point(100, 50)),
    "claim": lambda areas, block: claim(areas, "w", shapely.box(50, -20, 120, 120), containers=block),
    "new": lambda areas, block: claim(areas, "new", shapely.box(90, 10, 130, 50), containers=block),
    "part": lambda areas, _block: split_part(areas, "two", shapely.Point(350, 50), new_label="off"),
    "attach": lambda areas, _block: attach_part(areas, "two", shapely.Point(350, 50), "e"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_the_change_of_every_kind_of_edit_has_an_inverse(kind, block):
    two = "MULTIPOLYGON (((200 0, 300 0, 300 100, 200 100, 200 0)), ((300 0, 400 0, 400 100, 330 100, 300 0)))"
    west, east = WEST.replace("100 100", "100 50, 100 100"), EAST.replace("100 100, 100 0", "100 100, 100 50, 100 0")
    areas = frame({"w": west, "e": east, "n": NORTH, "two": two})
    edit = EDITS[kind](areas, block)
    assert set(edit.changed) | set(edit.added) | set(edit.removed)
    back = applied(edit.areas, edit.containers, edit.change.inverse())
    assert back.areas.geometry.reindex(areas.index).to_wkb().equals(areas.geometry.to_wkb())
    assert len(back.areas) == len(areas)
    assert back.containers is None or back.containers.geometry.to_wkb().equals(block.geometry.to_wkb())
    again = applied(back.areas, back.containers, back.change.inverse())
    assert again.areas.geometry.reindex(edit.areas.index).to_wkb().equals(edit.areas.geometry.to_wkb())


def test_an_editor_undoes_and_redoes(areas, block):
    editor = Editor(areas, block, amounts=["persons"], grid=1e-3)
    editor.cut("w", line((-5, 1 / 3), (105, 31)))
    editor.join(["w", "e"])
    editor.claim("q", shapely.box(10, 10, 50, 150), allow_parts=True)
    after = editor.areas
    assert after["persons"].sum() == 601
    assert is_exact(after, editor.containers)
    while editor.undo():
        pass
    assert same_frames(editor.areas, areas)
    assert same_frames(editor.containers, block)
    while editor.redo():
        pass
    assert same_frames(editor.areas, after)


def test_a_new_edit_forgets_what_was_undone(areas):
    editor = Editor(areas)
    editor.join(["w", "e"])
    editor.undo()
    editor.join(["w", "n"])
    assert editor.redo() is None


def test_the_core_works_on_a_plain_dictionary():
    patch = make_patch({1: shapely.from_wkt(WEST), 2: shapely.from_wkt(EAST)}, grid=1e-3)
    change = cut_patch(patch, 1, line((-5, 30), (105, 30)))
    assert change.added == (3,)
    assert set(change.new) == {1, 2, 3}
    assert change.inverse().new == change.old


def test_heights_of_neighbours_do_not_hinder():
    high = "POLYGON Z ((100 0 5, 200 0 5, 200 100 5, 100 100 5, 100 0 5))"
    edit = cut(frame({"w": WEST, "e": high}), "w", line((-5, 30), (105, 30)))
    assert is_exact(edit.areas)


def test_a_splinter_thinner_than_its_digits_is_not_taken_for_an_old_fault():
    """Points on one of its sides lie on the other too: of the ring they make nobody can tell which way it runs."""
    splinter = shapely.Polygon(
        [(696.2836460098433, 103.054122033878), (694.0844437884791, 113.01125252130925),
         (687.2311584014548, 144.04025758655456)]
    )  # fmt: skip
    around = shapely.box(600, 50, 800, 200)
    rest = shapely.Polygon(around.exterior.coords, [splinter.exterior.coords[2::-1]])
    areas = GeoDataFrame({"persons": [1, 1]}, index=["splinter", "rest"], geometry=[splinter, rest], crs="EPSG:3826")
    town = GeoDataFrame(index=["town"], geometry=[around], crs="EPSG:3826")
    editor = Editor(areas, town, grid=None)
    drawn = [(690.1759697241387, 130.70729970028947), (688.993474596626, 133.25245025982005),
             (687.8296049790464, 141.33072473643745)]  # fmt: skip

    with pytest.raises(RefusedAt):
        editor.move_border(("splinter", "rest"), shapely.LineString(drawn), reach=5.0)
    assert is_exact(editor.areas, editor.containers)
