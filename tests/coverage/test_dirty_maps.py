"""Maps in any condition: all faults at once, the right kinds, nothing hidden and nothing lost."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from census_map.coverage import apply_proposals, choose, find_faults, propose
from tests.coverage.shapes import rectangle
from tests.coverage.strategies import coverages

CRS = "EPSG:4549"
few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def frame(shapes, crs=CRS):
    geometry = [shapely.from_wkt(shape) if isinstance(shape, str) else shape for shape in shapes.values()]
    return GeoDataFrame(geometry=geometry, index=pd.Index(list(shapes), dtype=object), crs=crs)


def mended(areas, around=None):
    faults = find_faults(areas, around)
    return faults, apply_proposals(areas, choose(propose(areas, faults, around)), around, faults=faults)


def covered(areas):
    return shapely.union_all(shapely.make_valid(np.array(areas.geometry, dtype=object)))


def is_whole(before, done, *, slack=1e-6):
    """Every record has valid ground, none lies over another, and nothing that was covered is bare."""
    shapes = np.array(done.areas.geometry, dtype=object)
    lost = shapely.area(shapely.difference(covered(before), covered(done.areas)))
    overlap = shapely.area(shapes).sum() - shapely.area(covered(done.areas))
    return (
        done.faults.empty
        and shapely.is_valid(shapes).all()
        and not shapely.is_empty(shapes).any()
        and lost <= slack
        and overlap <= slack
        and done.areas.index[: len(before)].equals(before.index)
    )


# ---- kinds at one step of the grid ---------------------------------------------------------------------------------

SOUTH = "POLYGON ((0 0, 1000 {}, 2100 100, 2100 -1000, 0 -1000, 0 0))"
NORTH = "POLYGON ((0 0, 0 1000, 2100 1000, 2100 100, 1000 {}, 0 0))"


@pytest.mark.parametrize(("height", "kind"), [(300.001, "gap"), (299.999, "overlap")])
def test_borders_one_step_apart_are_told_by_the_ground_between_them(height, kind):
    areas = frame({"S": SOUTH.format(300), "N": NORTH.format(height)})
    faults, done = mended(areas)
    assert faults["kind"].tolist() == [kind]
    assert faults["area_m2"].iloc[0] == pytest.approx(1.05, rel=0.01)
    assert is_whole(areas, done, slack=1e-3)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_border_drawn_anew_a_hair_beside_makes_the_kinds_that_plain_geometry_tells(step):
    rng = np.random.default_rng(step)
    border = np.column_stack((np.arange(0, 3000, 25.0), np.cumsum(rng.normal(0, 4, 120))))
    beside = border + rng.normal(0, step * 1e-3, border.shape)
    beside[[0, -1]] = border[[0, -1]]
    south = shapely.Polygon([*border.tolist(), (border[-1, 0], -900), (0, -900)])
    north = shapely.Polygon([*beside.tolist(), (border[-1, 0], 900), (0, 900)])
    areas = frame({"S": south, "N": north})
    faults, done = mended(areas)
    for fault in faults[faults["kind"] != "unmatched"].itertuples():
        both = shapely.area(shapely.intersection(shapely.intersection(south, north), fault.geometry))
        bare = shapely.area(shapely.difference(fault.geometry, shapely.union(south, north)))
        assert (both > bare) == (fault.kind == "overlap")
    assert is_whole(areas, done, slack=0.01)


# ---- cases from public reports -------------------------------------------------------------------------------------


def test_ground_of_two_neighbours_under_a_third_goes_to_one_each():
    areas = frame({"0": rectangle(0, 0, 20, 10), "1": rectangle(5, 0, 10, 10), "2": rectangle(10, 0, 15, 10)})
    _faults, done = mended(areas)
    assert is_whole(areas, done)


def test_two_divisions_of_the_same_ground_leave_every_record_some():
    areas = frame(
        {
            "W": rectangle(0, 0, 10, 20),
            "E": rectangle(10, 0, 20, 20),
            "S": rectangle(0, 0, 20, 10),
            "N": rectangle(0, 10, 20, 20),
        }
    )
    _faults, done = mended(areas)
    assert is_whole(areas, done)
    assert done.areas.area.tolist() == [100] * 4


def test_a_bow_tie_alone_becomes_two_triangles():
    areas = frame({"A": "POLYGON ((0 0, 1000 1000, 1000 0, 0 1000, 0 0))"})
    faults, done = mended(areas)
    assert faults["kind"].tolist() == ["invalid"]
    assert is_whole(areas, done)
    assert done.areas.area.tolist() == [500_000]


@pytest.mark.parametrize("line", ["0 0, 10 10, 20 20, 0 0", "5 5, 5 5, 5 5, 5 5"])
def test_a_polygon_without_ground_is_named_and_stops_no_other_repair(line):
    areas = frame({"A": rectangle(0, 0, 10, 10), "B": rectangle(9, 0, 20, 10), "C": f"POLYGON (({line}))"})
    _faults, done = mended(areas)
    assert done.faults["kind"].tolist() == ["invalid"]
    assert [why for _proposal, why in done.refused] == ["Area C has no ground: draw it again."]
    assert len(done.areas) == 3


def test_a_hole_without_ground_goes_and_the_outer_border_stays():
    hole = "(500 300, 700 300, 500 300, 500 300)"
    areas = frame(
        {"A": f"POLYGON ((0 0, 1000 0, 1000 1000, 0 1000, 0 0), {hole})", "B": rectangle(1000, 0, 2000, 1000)}
    )
    _faults, done = mended(areas)
    assert is_whole(areas, done)
    assert done.areas.area.tolist() == [1e6, 1e6]
    assert shapely.get_num_coordinates(done.areas.geometry["A"]) == 5


def test_a_corner_one_step_inside_the_container_bends_nobody():
    around = frame({"C": "POLYGON ((0 0, 500 0, 500 200, 0 200, 0 0))"})
    areas = frame({"A": "POLYGON ((0 0, 250 0.001, 500 0, 500 200, 0 200, 0 0))"})
    _faults, done = mended(areas, around)
    assert done.faults.empty
    assert done.containers.area.tolist() == [100_000]
    assert done.areas.area.tolist() == [100_000]


def test_a_corner_that_two_areas_need_lies_on_the_containers_straight_border():
    around = frame({"C": "POLYGON ((0 0, 500 171, 500 400, 0 400, 0 0))"})
    x, y = 211.0, 211.0 * 171 / 500 + 0.0004
    west = f"POLYGON ((0 0, {x} {y}, {x} 400, 0 400, 0 0))"
    areas = frame({"W": west, "E": f"POLYGON (({x} {y}, 500 171, 500 400, {x} 400, {x} {y}))"})
    _faults, done = mended(areas, around)
    assert done.faults.empty
    assert done.containers.area.iloc[0] == pytest.approx(around.area.iloc[0], abs=1e-9)
    assert shapely.distance(shapely.boundary(around.geometry["C"]), shapely.Point(x, y)) > 1e-4


# ---- whole maps ----------------------------------------------------------------------------------------------------


def simplified(areas, tolerance):
    """Each area simplified alone, as village committees draw."""
    shapes = shapely.simplify(np.array(areas.geometry, dtype=object), tolerance)
    return GeoDataFrame(geometry=shapes, index=areas.index, crs=areas.crs)


def noisy(areas, size, seed=0):
    """Each corner of each area moved a little."""
    rng = np.random.default_rng(seed)

    def ring(line):
        xy = shapely.get_coordinates(line)[:-1]
        moved = np.round(xy + rng.normal(0, size, xy.shape), 6)
        return np.concatenate((moved, moved[:1]))

    def polygon(shape):
        parts = [(ring(p.exterior), [ring(r) for r in p.interiors]) for p in shapely.get_parts(shape)]
        return shapely.Polygon(*parts[0]) if len(parts) == 1 else shapely.MultiPolygon(parts)

    shapes = np.array([polygon(shape) for shape in areas.geometry], dtype=object)
    return GeoDataFrame(geometry=shapes, index=areas.index, crs=areas.crs)


@given(coverages(), st.sampled_from([2.0, 8.0, 25.0]), st.booleans())
@few
def test_areas_each_simplified_alone_are_mended_whole(coverage, tolerance, bounded):
    areas = simplified(coverage.areas, tolerance)
    assume((areas.area > 1).all())
    around = coverage.containers if bounded else None
    _faults, done = mended(areas, around)
    assert done.faults.empty
    assert shapely.is_valid(np.array(done.areas.geometry, dtype=object)).all()
    if bounded:
        assert done.containers.area.tolist() == pytest.approx(coverage.containers.area.tolist(), abs=1e-6)
    else:
        assert is_whole(areas, done, slack=0.05)


@given(coverages(), st.sampled_from([5e-4, 1e-3, 4e-3, 0.3]), st.integers(0, 99))
@few
def test_areas_each_drawn_anew_are_mended_whole(coverage, size, seed):
    areas = noisy(coverage.areas, size, seed)
    assume(shapely.is_valid(np.array(areas.geometry, dtype=object)).all())
    _faults, done = mended(areas)
    assert is_whole(areas, done, slack=2e-3 * shapely.length(np.array(areas.geometry, dtype=object)).sum())


@pytest.mark.skipif(shapely.geos_version < (3, 12, 0), reason="an older GEOS leaves a corner unmatched now and then")
@given(coverages(), st.sampled_from([3e-4, 5e-4, 1e-3]), st.integers(0, 99))
@few
def test_borders_a_hair_beside_their_containers_are_mended_whole(coverage, size, seed):
    areas, around = noisy(coverage.areas, size, seed), coverage.containers
    assume(shapely.is_valid(np.array(areas.geometry, dtype=object)).all())
    _faults, done = mended(areas, around)
    assert done.faults.empty
    assert done.areas.index[: len(areas)].equals(areas.index)
    boxes, kept = (np.array(frame.geometry, dtype=object) for frame in (around, done.containers))
    assert shapely.area(shapely.symmetric_difference(boxes, kept)).max() <= 1e-6
    assert np.isin(coordinates(boxes), coordinates(kept)).all()


def coordinates(shapes):
    """All corners as complex numbers."""
    return shapely.get_coordinates(shapes) @ np.array([1, 1j])


@given(coverages(), st.sampled_from([5e-4, 1e-3, 3.0]), st.integers(0, 99))
@few
def test_every_area_that_changed_is_in_the_list_of_changes(coverage, size, seed):
    areas = noisy(coverage.areas, size, seed)
    _faults, done = mended(areas, coverage.containers)
    old, new = (np.array(frame.geometry, dtype=object) for frame in (areas, done.areas.loc[areas.index]))
    changed = areas.index[~shapely.equals_exact(old, new, 0.0)]
    assert changed.isin(done.changes.index).all()
    assert set(" ".join(done.changes["fault"]).split()) <= set(done.before.index)


@given(coverages(), st.sampled_from([1e-3, 3.0]), st.integers(0, 99))
@few
def test_a_second_repair_finds_nothing_to_do_and_the_order_of_the_records_does_not_matter(coverage, size, seed):
    areas = noisy(coverage.areas, size, seed)
    faults, done = mended(areas)
    again, same = mended(done.areas)
    assert again.empty
    assert same.areas.geometry.to_wkb().tolist() == done.areas.geometry.to_wkb().tolist()
    other, turned = mended(areas.iloc[::-1])
    assert set(other.index) == set(faults.index)
    assert turned.faults.empty


@given(coverages(), st.integers(0, 99), st.integers(0, 10_000))
@few
def test_an_invalid_ring_beside_a_fault_hides_none(coverage, draw, corner):
    """The ground that plain geometry finds bare or covered twice is named, whatever ring crosses itself."""
    areas = simplified(coverage.areas, 3.0)
    label = areas.index[draw % len(areas)]
    part = max(shapely.get_parts(areas.geometry[label]), key=shapely.area)
    xy = shapely.get_coordinates(shapely.get_exterior_ring(part))
    assume(len(xy) > 5)
    k = 1 + corner % (len(xy) - 4)
    xy[[k, k + 1]] = xy[[k + 1, k]]
    areas.loc[[label], "geometry"] = np.array([shapely.Polygon(xy)], dtype=object)
    # A ring that does not cross itself hides nothing either.
    faults = find_faults(areas, coverage.containers)
    shapes = shapely.make_valid(np.array(areas.geometry, dtype=object))
    town = shapely.union_all(np.array(coverage.containers.geometry, dtype=object))
    covers = shapely.union_all(shapes)
    size = faults.groupby("kind")["area_m2"].sum()
    own = float(size.get("invalid", 0.0))
    slack = 2e-3 * shapely.length(shapes).sum()
    assert shapely.area(shapely.difference(town, covers)) <= size.get("gap", 0.0) + own + slack
    twice = [shapely.intersection(a, b) for a, b in pairs(shapes)]
    assert shapely.area(shapely.union_all(twice)) == pytest.approx(
        sum(size.get(kind, 0.0) for kind in ("overlap", "contained", "duplicate")), abs=slack
    )


def pairs(shapes):
    left, right = shapely.STRtree(shapes).query(shapes)
    return zip(shapes[left[left < right]], shapes[right[left < right]], strict=True)


def test_choosing_one_fault_touches_nothing_else():
    columns = {f"{k}": rectangle(10 * k, 0, 10 * k + 10, 10) for k in range(4)}
    columns["1"], columns["3"] = rectangle(9, 0, 20, 10), rectangle(31, 0, 40, 10)
    areas = frame(columns)
    faults = find_faults(areas)
    overlap = faults.index[faults["kind"] == "overlap"]
    done = apply_proposals(areas, choose(propose(areas, faults), faults=overlap), faults=faults)
    assert set(done.faults.index) == set(faults.index) - set(overlap)
    changed = [name for name in areas.index if not done.areas.geometry[name].equals_exact(areas.geometry[name], 0)]
    assert changed in (["0"], ["1"])


@pytest.mark.parametrize(("dx", "crs"), [(0.0, CRS), (400_000.0, CRS), (0.0, "EPSG:4490")])
def test_three_borders_of_one_valley_are_mended_in_metres_and_degrees(dx, crs):
    scale = 1e-5 if crs == "EPSG:4490" else 1.0
    rng = np.random.default_rng(5)
    line = np.column_stack((np.arange(0, 2000, 20.0), np.cumsum(rng.normal(0, 6, 100))))
    lines = [line + np.array([0, 400 * k]) for k in range(4)]
    shapes = {}
    for k, (below, above) in enumerate(pairwise(lines)):
        ring = np.concatenate((below[:: k + 2], below[-1:], above[-1:], above[::-1][:: k + 1], above[:1]))
        shapes[str(k)] = shapely.Polygon(ring * scale + [110, 30] if scale < 1 else ring + dx)
    areas = frame(shapes, crs)
    faults, done = mended(areas)
    assert len(faults) > 20
    assert done.faults.empty
    assert shapely.is_valid(np.array(done.areas.geometry, dtype=object)).all()
