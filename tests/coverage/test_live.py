"""The live check says after every edit what a check from scratch would say."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from census_map.coverage import find_faults
from census_map.coverage.arrangement import draw
from census_map.coverage.edges import point_hash
from census_map.coverage.faults import make_scene, name_faults
from census_map.coverage.inspection import inspect
from census_map.coverage.interpret import find_in_drawing, find_in_loops
from census_map.coverage.live import LiveCoverage, outline
from census_map.coverage.loop import loops_of
from census_map.coverage.measure import Measure
from census_map.coverage.steps import edges_with, edges_with_of_any
from tests.coverage.shapes import make_areas, rectangle
from tests.coverage.strategies import GRID, coverages

WEST, EAST = rectangle(0, 0, 10, 10), rectangle(10, 0, 20, 10)
BOTH = "POLYGON ((0 0, 10 0, 20 0, 20 10, 10 10, 0 10, 0 0))"


def described(faults):
    return sorted((f.id, f.kind, tuple(sorted(f.areas)), f.container, round(f.area_m2, 3)) for f in faults)


def from_scratch(areas, containers):
    faults = find_faults(areas, containers)
    rows = zip(faults.index, faults["kind"], faults["areas"], faults["container"], faults["area_m2"], strict=True)
    return sorted((i, kind, tuple(sorted(labels)), box, round(area, 3)) for i, kind, labels, box, area in rows)


def test_an_edit_tells_which_faults_came_and_went():
    live = LiveCoverage(make_areas({"A": WEST, "B": EAST}), make_areas({"C": BOTH}))
    assert live.exact

    pulled = live.update({"B": shapely.from_wkt(rectangle(12, 0, 20, 10))})
    assert [(fault.kind, fault.area_m2) for fault in pulled.new] == [("gap", pytest.approx(20))]

    followed = live.update({"A": shapely.from_wkt("POLYGON ((0 0, 10 0, 12 0, 12 10, 10 10, 0 10, 0 0))")})
    assert [fault.id for fault in followed.vanished] == [pulled.new[0].id]
    assert {fault.kind for fault in live.faults} == {"unmatched"}  # the corners on the container's border

    back = live.update({"A": shapely.from_wkt(WEST), "B": shapely.from_wkt(EAST)})
    assert back.new == ()
    assert live.exact


def test_adding_and_removing_areas():
    live = LiveCoverage(make_areas({"A": WEST, "B": EAST}), make_areas({"C": BOTH}))

    assert [fault.kind for fault in live.update({"again": shapely.from_wkt(WEST)}).new] == ["duplicate"]
    assert [fault.kind for fault in live.update({"A": None}).vanished] == ["duplicate"]
    assert live.exact
    assert [fault.kind for fault in live.update({"again": None}).new] == ["gap"]


def test_an_invalid_polygon_is_a_fault_until_it_is_mended():
    live = LiveCoverage(make_areas({"A": WEST}), make_areas({"C": WEST}))

    broken = live.update({"A": shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")})
    assert "invalid" in {fault.kind for fault in broken.new}
    assert {fault.id for fault in live.update({"A": shapely.from_wkt(WEST)}).vanished} == {f.id for f in broken.new}
    assert live.exact


def test_without_containers_the_outline_at_the_beginning_must_be_kept():
    live = LiveCoverage(make_areas({"A": WEST, "B": EAST}))

    assert [fault.kind for fault in live.update({"B": None}).new] == ["gap"]


def test_the_outline_has_no_holes_and_keeps_all_vertices():
    areas = make_areas({"A": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))", "B": EAST})

    assert outline(areas).geometry.iloc[0].normalize().equals_exact(shapely.from_wkt(BOTH).normalize(), 0)


@given(coverages(), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_any_sequence_of_edits_ends_like_a_check_from_scratch(coverage, chance):
    rng = np.random.default_rng(chance)
    areas, boxes = coverage.areas, coverage.containers
    live = LiveCoverage(areas, boxes)
    shapes = dict(zip(areas.index, areas.geometry, strict=True))
    for _edit in range(6):
        label = areas.index[rng.integers(len(areas))]
        shape = coverage.areas.geometry[label]
        match rng.integers(4):
            case 0:
                shape = None
            case 1:
                step = np.round(rng.normal(0, 5, 2), 3)
                shape = shapely.transform(shape, lambda xy, step=step: np.round(xy + step, 3))
            case 2:
                shape = shapely.set_precision(shape.buffer(-2.0), 0.001)
            case 3:
                xy = shapely.get_coordinates(shape)
                here = (xy == xy[rng.integers(len(xy))]).all(axis=1)
                xy[here] += np.round(rng.normal(0, 5, 2), 3)
                shape = shapely.set_coordinates(np.array([shape], dtype=object), xy)[0]
        changed = live.update({label: shape})
        shapes[label] = shape
        assert {fault.id for fault in changed.new} <= {fault.id for fault in live.faults}
    expected = from_scratch(areas.set_geometry(list(shapes.values())), boxes)
    assert described(live.faults) == expected
    everything = live.update(dict(zip(coverage.areas.index, coverage.areas.geometry, strict=True)))
    assert len(everything.vanished) == len(expected)
    assert live.exact


def test_a_corner_moved_across_its_border_leaves_a_gap_and_an_overlap():
    west, east = "POLYGON ((0 0, 10 0, 10 5, 10 10, 0 10, 0 0))", "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 5, 10 0))"
    live = LiveCoverage(make_areas({"A": west, "B": east}))
    moved = shapely.from_wkt("POLYGON ((0 0, 10 0, 12 2, 8 8, 10 10, 0 10, 0 0))")
    change = live.update({"A": moved})
    assert {fault.kind for fault in change.new} == {"gap", "overlap"}
    assert described(live.faults) == from_scratch(make_areas({"A": moved.wkt, "B": east}), None)
    assert live.update({"A": shapely.from_wkt(west)}).new == ()
    assert live.exact


BOW_TIE = "POLYGON ((100 100, 110 110, 110 100, 100 110, 100 100))"


def test_a_border_moved_under_a_third_area_divides_its_overlap_anew():
    box = make_areas({"C": BOTH.replace("10 0, 20 0", "4 0, 10 0, 20 0").replace("10 10, 0 10", "10 10, 4 10, 0 10")})
    areas = {
        "A": "POLYGON ((0 0, 4 0, 10 0, 10 10, 4 10, 0 10, 0 0))",
        "B": EAST,
        "over": rectangle(2, 4, 12, 6),
    }
    live = LiveCoverage(make_areas(areas), box)
    assert {fault.areas: fault.area_m2 for fault in live.faults} == pytest.approx({("A", "over"): 16, ("B", "over"): 4})

    areas |= {"A": rectangle(0, 0, 4, 10), "B": "POLYGON ((4 0, 10 0, 20 0, 20 10, 10 10, 4 10, 4 0))"}
    change = live.update({label: shapely.from_wkt(areas[label]) for label in "AB"})

    assert {fault.areas: fault.area_m2 for fault in change.new} == pytest.approx({("A", "over"): 4, ("B", "over"): 16})
    assert {fault.areas for fault in change.vanished} == {("A", "over"), ("B", "over")}
    assert described(live.faults) == from_scratch(make_areas(areas), box)


def test_an_edit_of_nothing_changes_nothing():
    live = LiveCoverage(make_areas({"A": WEST}))

    assert live.update({}).new == live.update({}).vanished == ()
    assert live.exact


def test_a_broken_container_is_told_once_wherever_the_faults_are():
    areas, boxes = {"A": WEST, "B": EAST}, make_areas({"C": BOTH, "D": BOW_TIE, "E": rectangle(100, 120, 110, 130)})
    live = LiveCoverage(make_areas(areas | {"E": rectangle(100, 120, 110, 130)}), boxes)
    for shape in (rectangle(100, 98, 110, 111), rectangle(100, 120, 110, 129), rectangle(100, 120, 110, 130)):
        live.update({"E": shapely.from_wkt(shape)})
        assert described(live.faults) == from_scratch(make_areas(areas | {"E": shape}), boxes)
        assert [fault.kind for fault in live.faults].count("invalid") == 1
    assert not live.exact


def test_the_home_of_an_area_is_the_container_of_most_of_it_however_far_from_the_fault():
    far = "((50 0, 90 0, 90 10, 50 10, 50 0))"
    boxes = make_areas({"C": WEST, "D": EAST, "E": f"POLYGON {far}"})
    live = LiveCoverage(make_areas({"A": WEST, "B": EAST, "F": f"POLYGON {far}"}), boxes)
    spread = f"MULTIPOLYGON ({far}, ((10 0, 20 0, 20 10, 20 12, 10 10, 10 0)))"
    live.update({"B": None, "F": shapely.from_wkt(spread)})
    assert {(fault.kind, fault.areas, fault.container) for fault in live.faults} == {("spill", ("F",), "E")}
    assert described(live.faults) == from_scratch(make_areas({"A": WEST, "F": spread}), boxes)


def test_a_sliver_that_rounding_turns_round_leaves_nothing_behind():
    sliver = shapely.from_wkt("POLYGON ((0 0, 10 0.0006, 20 0.0014, 0 0))")
    live = LiveCoverage(make_areas({"A": WEST, "B": sliver.wkt}), make_areas({"C": WEST}))
    assert not live.exact
    live.update({"B": None})
    assert live.exact
    live.update({"B": sliver})
    live.update({"B": None, "A": shapely.from_wkt(BOW_TIE)})  # read the other way, beside an invalid polygon
    live.update({"A": shapely.from_wkt(WEST)})
    assert live.exact


def test_several_areas_apart_from_each_other_have_one_outline():
    far = rectangle(30, 0, 40, 10)
    live = LiveCoverage(make_areas({"A": WEST, "B": EAST, "C": far}))
    assert live.exact
    both = live.update({"A": shapely.from_wkt(f"MULTIPOLYGON ((({WEST[10:-2]})), (({far[10:-2]})))"), "C": None})
    assert both.new == ()  # an exclave is no spill


@given(coverages(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_loop_is_read_as_any_other_residue(coverage, chance):
    rng = np.random.default_rng(chance)
    shapes = np.asarray(coverage.areas.geometry, dtype=object).copy()
    boxes = np.asarray(coverage.containers.geometry, dtype=object)
    which = rng.integers(len(shapes))
    xy = shapely.get_coordinates(shapes[which])
    xy[(xy == xy[rng.integers(len(xy))]).all(axis=1)] += np.round(rng.normal(0, 30, 2), 3)
    shapes[which] = shapely.set_coordinates(shapes[which : which + 1].copy(), xy)[0]
    assume(shapely.is_valid(shapes[which]))
    areas = coverage.areas.set_geometry(list(shapes))
    checked = inspect(shapes, boxes, grid=GRID)
    scene = make_scene(areas, coverage.containers, checked)
    keys = point_hash(checked.left.start) + point_hash(checked.left.end)
    loops = loops_of(edges_with(keys, shapes, GRID), edges_with_of_any(keys, boxes, GRID), grid=GRID)
    assume(loops is not None)

    short = find_in_loops(loops, scene)
    long = find_in_drawing(checked.left, draw(checked.left, grid=GRID), scene)

    def named(findings):
        faults = name_faults(findings, scene, Measure(areas), tolerance=0.01)
        return [(f.id, f.kind, f.areas, f.container, round(f.area_m2, 3), round(f.width_m, 3)) for f in faults]

    assert named(short) == named(long) != []
