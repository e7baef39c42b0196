"""What holds of every coverage, whatever its shape."""

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from census_map.coverage import adjacency, find_faults, is_exact
from census_map.coverage.chain import add_residues, residue, settle
from census_map.coverage.edges import edge_table, point_hash
from census_map.coverage.faults import coverage_residue
from tests.coverage.strategies import GRID, Coverage, coverages

SLACK = 0.3  # m²: some kilometres of border, each crossing of two lines rounded to 1 mm
few = settings(max_examples=25, deadline=None, derandomize=True)


def altered(coverage: Coverage, label: str, shape: shapely.Geometry) -> GeoDataFrame:
    areas = coverage.areas.copy()
    areas.loc[[label], "geometry"] = np.array([shape], dtype=object)
    return areas


def some_area(coverage: Coverage, draw: int) -> str:
    return coverage.areas.index[draw % len(coverage.areas)]


def summary(faults: GeoDataFrame) -> list[tuple]:
    rows = zip(faults["kind"], faults["areas"], faults["container"], faults["area_m2"], strict=True)
    return sorted((kind, tuple(sorted(areas)), str(box), round(area, 1)) for kind, areas, box, area in rows)


@given(coverages())
@few
def test_random_cuts_make_an_exact_coverage(coverage):
    assert find_faults(coverage.areas, coverage.containers).empty
    assert is_exact(coverage.areas, coverage.containers)


@given(coverages(), st.integers(0, 99))
@few
def test_a_missing_area_is_a_gap_of_its_ground_and_nothing_else(coverage, draw):
    label = some_area(coverage, draw)
    faults = find_faults(coverage.areas.drop(label), coverage.containers)

    assert set(faults["kind"]) == {"gap"}
    assert faults["area_m2"].sum() == pytest.approx(coverage.areas.geometry[label].area, abs=SLACK)
    assert set(faults["container"]) == {coverage.areas["container"][label]}


@given(coverages(), st.integers(0, 99))
@few
def test_an_area_twice_is_one_duplicate_and_nothing_else(coverage, draw):
    label = some_area(coverage, draw)
    areas = pd.concat([coverage.areas, coverage.areas.loc[[label]].rename(index={label: "again"})])
    faults = find_faults(areas, coverage.containers)

    assert faults["kind"].tolist() == ["duplicate"]
    assert set(faults.iloc[0]["areas"]) == {label, "again"}


@given(coverages(), st.integers(0, 99))
@few
def test_an_area_inside_another_is_contained_and_nothing_else(coverage, draw):
    label = some_area(coverage, draw)
    point = coverage.areas.geometry[label].representative_point()
    radius = 0.7 * point.distance(coverage.areas.geometry[label].boundary)
    assume(radius > 0.1)
    inner = coverage.areas.loc[[label]].rename(index={label: "inner"}).set_geometry([point.buffer(radius, 3)])
    faults = find_faults(pd.concat([coverage.areas, inner]), coverage.containers)

    assert faults["kind"].tolist() == ["contained"]
    assert faults.iloc[0]["areas"] == ("inner", label)


@given(coverages(), st.integers(0, 99))
@few
def test_a_hole_in_an_area_is_a_gap_and_nothing_else(coverage, draw):
    label = some_area(coverage, draw)
    point = coverage.areas.geometry[label].representative_point()
    radius = 0.7 * point.distance(coverage.areas.geometry[label].boundary)
    assume(radius > 0.1)
    hole = point.buffer(radius, 3)
    for containers in (coverage.containers, None):
        faults = find_faults(altered(coverage, label, coverage.areas.geometry[label] - hole), containers)
        assert faults["kind"].tolist() == ["gap"]
        assert faults.iloc[0]["areas"] == (label,)
        assert faults.iloc[0]["area_m2"] == pytest.approx(hole.area, abs=SLACK)


@given(coverages(), st.integers(0, 10_000))
@few
def test_a_vertex_on_one_side_only_is_unmatched_and_nothing_else(coverage, draw):
    table = edge_table(np.asarray(coverage.areas.geometry))
    rows = np.flatnonzero(table.sign)
    start, end = table.directed(rows[[draw % len(rows)]])
    assume(np.hypot(*(end - start)[0]) > 0.1)
    label = coverage.areas.index[table.owner(rows[[draw % len(rows)]])[0]]
    middle = np.round((start[0] + end[0]) / 2, 3)

    def insert(xy):
        places = [k for k in range(len(xy) - 1) if {tuple(xy[k]), tuple(xy[k + 1])} == {tuple(start[0]), tuple(end[0])}]
        return np.insert(xy, places[0] + 1, middle, axis=0) if places else xy

    parts = []
    for part in shapely.get_parts(coverage.areas.geometry[label]):
        rings = [insert(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    assume(shape.is_valid)
    faults = find_faults(altered(coverage, label, shape), coverage.containers)

    assert faults["kind"].tolist() == ["unmatched"]
    assert label in faults.iloc[0]["areas"]
    assert faults.iloc[0]["geometry"].equals(shapely.Point(middle))


@given(coverages(), st.integers(0, 99))
@few
def test_a_narrow_gap_along_a_whole_border_is_gaps_and_nothing_else(coverage, draw):
    pair = adjacency(coverage.areas)
    pair = pair.iloc[draw % len(pair)]
    left, right = (coverage.areas.geometry[label] for label in (pair["left"], pair["right"]))
    strip = left.intersection(right).buffer(0.05, cap_style="flat").intersection(left)
    pulled = shapely.set_precision(left - strip, GRID)
    assume(pulled.is_valid and pulled.area > 0)
    faults = find_faults(altered(coverage, pair["left"], pulled), coverage.containers)

    # The strip's new vertices are rounded, across the border of a container too.
    assert set(faults["kind"]) <= {"gap", "unmatched", "overlap", "spill"}
    slack = GRID * (left.length + right.length)
    assert faults["area_m2"][faults["kind"] == "gap"].sum() == pytest.approx(strip.area, abs=slack)
    assert faults["area_m2"][faults["kind"].isin(["overlap", "spill"])].sum() < slack
    assert faults["width_m"].max() < 0.2
    assert {pair["left"]} <= set().union(*faults["areas"])


@given(coverages(containers=1), st.integers(0, 10_000), st.floats(0.5, 30))
@few
def test_ground_outside_all_containers_is_spilt_and_nothing_else(coverage, draw, width):
    town = coverage.containers.geometry.iloc[0]
    border = shapely.get_exterior_ring(max(shapely.get_parts(town), key=shapely.area))
    start, end = shapely.get_coordinates(border)[[draw % (len(border.coords) - 1), draw % (len(border.coords) - 1) + 1]]
    out = (end - start)[::-1] * [1, -1] / np.hypot(*(end - start))
    out = out if shapely.is_ccw(border) else -out
    tip = np.round((start + end) / 2 + out * width, 3)
    spike = shapely.Polygon([start, end, tip])
    assume(spike.area > 0.1 and spike.intersection(town).area < 1e-6)
    edge = shapely.LineString([start, end])
    label = next(name for name, area in coverage.areas.geometry.items() if area.boundary.covers(edge))
    faults = find_faults(
        altered(coverage, label, shapely.union(coverage.areas.geometry[label], spike)), coverage.containers
    )

    assert faults["kind"].tolist() == ["spill"]
    assert (faults.iloc[0]["areas"], faults.iloc[0]["container"]) == ((label,), "c0")
    assert faults.iloc[0]["area_m2"] == pytest.approx(spike.area, abs=SLACK)


@given(coverages(), st.integers(0, 99), st.integers(0, 10_000))
@few
def test_a_ring_that_crosses_itself_is_invalid_and_hides_no_other_fault(coverage, draw, corner):
    label = some_area(coverage, draw)
    part = shapely.get_parts(coverage.areas.geometry[label])[0]
    xy = shapely.get_coordinates(shapely.get_exterior_ring(part))
    assume(len(xy) > 6)
    k = 1 + corner % (len(xy) - 4)
    xy[[k, k + 1]] = xy[[k + 1, k]]
    rest = list(shapely.get_parts(coverage.areas.geometry[label])[1:])
    crossed = shapely.MultiPolygon([shapely.Polygon(xy, part.interiors), *rest])
    assume(not crossed.is_valid)
    far = next((name for name in coverage.areas.index if coverage.areas.geometry[name].distance(crossed) > 1), None)
    areas = altered(coverage, label, crossed)
    faults = find_faults(areas if far is None else areas.drop(far), coverage.containers)

    assert faults["areas"][faults["kind"] == "invalid"].tolist() == [(label,)]
    others = faults[faults["kind"] != "invalid"]
    assert set(others["kind"]) <= {"gap", "overlap", "spill"}
    if far is not None:
        gap = shapely.area(np.asarray(others.geometry)[others["kind"] == "gap"]).sum()
        assert gap >= coverage.areas.geometry[far].area - SLACK


@given(coverages(), st.integers(0, 99), st.floats(-40, 40), st.floats(-40, 40))
@few
def test_a_moved_area_makes_exactly_the_faults_that_plain_geometry_computes(coverage, draw, dx, dy):
    """The oracle: pairwise intersections, and differences with the containers; slow, but each step obvious."""
    label = some_area(coverage, draw)
    moved = shapely.transform(coverage.areas.geometry[label], lambda xy: np.round(xy + np.array([dx, dy]), 3))
    areas = altered(coverage, label, moved)
    shapes, boxes = np.asarray(areas.geometry), np.asarray(coverage.containers.geometry)
    everything, town = shapely.union_all(shapes), shapely.union_all(boxes)

    faults = find_faults(areas, coverage.containers)

    size = faults.groupby("kind")["area_m2"].sum()
    assert set(size.index) <= {"gap", "overlap", "spill", "unmatched", "contained"}
    assert size.get("gap", 0) == pytest.approx((town - everything).area, abs=SLACK)
    doubled = faults[faults["kind"].isin(["overlap", "contained"])]
    others = np.asarray(areas.geometry.drop(label))
    expected = shapely.area(shapely.intersection(shapely.intersection(moved, others), town)).sum()
    assert doubled["area_m2"].sum() == pytest.approx(expected, abs=SLACK)
    outside = moved - town
    spilt = faults[faults["kind"] == "spill"]
    assert spilt["area_m2"][~spilt["point"].map(town.contains)].sum() == pytest.approx(outside.area, abs=SLACK)


@given(coverages(), st.integers(0, 99), st.integers(0, 2**32 - 1))
@few
def test_ids_do_not_depend_on_order_start_direction_or_repeated_points(coverage, draw, chance):
    label = some_area(coverage, draw)
    areas = altered(
        coverage, label, shapely.transform(coverage.areas.geometry[label], lambda xy: xy + np.array([3.0, 1.0]))
    )
    rng = np.random.default_rng(chance)

    def disguise(ring):
        xy = shapely.get_coordinates(ring)[:-1]
        xy = np.roll(xy, int(rng.integers(len(xy))), axis=0)[:: rng.choice([-1, 1])]
        xy = np.repeat(xy, rng.integers(1, 3, len(xy)), axis=0)
        return np.vstack((xy, xy[:1]))

    disguised = []
    for shape in areas.geometry:
        parts = [
            shapely.Polygon(rings[0], rings[1:])
            for rings in ([disguise(ring) for ring in shapely.get_rings(part)] for part in shapely.get_parts(shape))
        ]
        disguised.append(shapely.MultiPolygon(parts[::-1]))
    other = areas.set_geometry(disguised).iloc[rng.permutation(len(areas))]

    one, two = (find_faults(frame, coverage.containers) for frame in (areas, other))

    assert one.index.tolist() == two.index.tolist()
    assert summary(one) == summary(two)


@given(coverages(), st.integers(0, 99), st.integers(-(10**5), 10**5), st.integers(-(10**5), 10**5))
@few
def test_translation_moves_the_faults_along(coverage, draw, dx, dy):
    label = some_area(coverage, draw)
    areas = altered(
        coverage, label, shapely.transform(coverage.areas.geometry[label], lambda xy: xy + np.array([3.0, 1.0]))
    )
    moved = areas.set_geometry(areas.translate(dx, dy))
    boxes = coverage.containers.set_geometry(coverage.containers.translate(dx, dy))

    one = summary(find_faults(areas, coverage.containers))
    two = summary(find_faults(moved, boxes))

    assert [row[:3] for row in one] == [row[:3] for row in two]
    assert [row[3] for row in one] == pytest.approx([row[3] for row in two], abs=0.2)


@given(coverages(), st.integers(0, 99))
@few
def test_reprojection_keeps_an_exact_coverage_exact_and_finds_the_same_missing_area(coverage, draw):
    place = [(250_000, 2_600_000)] * 2  # in Taiwan, where the system is meant for
    areas = coverage.areas.set_geometry(coverage.areas.translate(*place[0])).to_crs("EPSG:4490")
    boxes = coverage.containers.set_geometry(coverage.containers.translate(*place[1])).to_crs("EPSG:4490")
    label = some_area(coverage, draw)

    assert is_exact(areas, boxes)
    faults = find_faults(areas.drop(label), boxes)
    assert set(faults["kind"]) == {"gap"}
    assert faults["area_m2"].sum() == pytest.approx(coverage.areas.geometry[label].area, rel=0.002)


@given(coverages(containers=3), st.integers(0, 99), st.integers(0, 2**32 - 1))
@few
def test_the_residues_of_two_partitions_add_up_to_that_of_the_whole(coverage, draw, chance):
    areas = coverage.areas.drop(some_area(coverage, draw))
    shapes, boxes = np.asarray(areas.geometry), np.asarray(coverage.containers.geometry)
    apart = np.random.default_rng(chance).random(len(boxes)) < 0.5
    first = apart[coverage.containers.index.get_indexer(areas["container"])]

    def part(chosen, chosen_boxes):
        some = edge_table(np.where(chosen, shapes, None))
        return residue(some, edge_table(np.where(chosen_boxes, boxes, None)), grid=GRID)

    one, two = part(first, apart), part(~first, ~apart)
    total, whole = add_residues(one, two, grid=GRID), coverage_residue(areas, coverage.containers)

    def rows(left):
        return sorted(zip(*left.start.T.tolist(), *left.end.T.tolist(), left.net.tolist(), strict=True))

    assert rows(total) == rows(whole)


@given(coverages())
@few
def test_neighbours_share_a_border_of_the_length_that_plain_geometry_computes(coverage):
    found = adjacency(coverage.areas).set_index(["left", "right"])["length"].to_dict()
    shapes = coverage.areas.geometry
    for (left, right), length in found.items():
        assert length == pytest.approx(shapes[left].intersection(shapes[right]).length, abs=1e-6)
    assert sum(found.values()) == pytest.approx(
        (shapes.length.sum() - shapely.coverage_union_all(np.asarray(shapes)).length) / 2
    )


def test_zero_has_no_sign():
    """A border at -0.0 is the border at 0.0, also where only hashes of its ends are compared."""
    assert point_hash(np.array([[-0.0, 5.0]])) == point_hash(np.array([[0.0, 5.0]]))


@seed(1)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=12))
def test_the_chain_is_zero_for_any_cycle_walked_there_and_back(steps):
    """Edges are compared, not places: a walk and its reverse cancel however they cross themselves."""
    xy = np.cumsum(np.column_stack((steps, np.arange(1, len(steps) + 1))), axis=0).astype(float)
    start, end = xy, np.roll(xy, -1, axis=0)

    owner = np.zeros(len(xy), dtype=np.int64)
    both = (np.vstack((start, end)), np.vstack((end, start)), np.concatenate((owner, owner)))
    none = (np.zeros((0, 2)), np.zeros((0, 2)), owner[:0])
    assert len(settle(both, none, grid=GRID)) == 0
