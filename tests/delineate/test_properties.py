"""What must hold for any town: exact, whole houses, nobody lost, one piece each, the same again for the same seed."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from census_map.crs import grid_size
from census_map.delineate import Effort, rebalance, split_areas
from census_map.delineate.exact import best_plan, part_energies
from census_map.delineate.graph import Graph
from census_map.delineate.kernel import part_energy
from census_map.delineate.objective import Objective, Terms, Window
from census_map.delineate.partition import divide
from census_map.delineate.redraw import cancels
from census_map.delineate.search import compiled

QUICK = Effort(proposals=40, starts=1, fast=False, polish=1)
BOUNDED = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def towns(draw):
    """Two neighbouring areas with crooked borders, houses at random (some overlap), perhaps two roads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mid = [(200 + rng.uniform(-40, 40), y) for y in (0, 90, 170, 300)]
    west = shapely.Polygon([(0, 0), *mid, (0, 300)])
    east = shapely.Polygon([(420, 10), (400, 300), *mid[::-1]])
    areas = gpd.GeoDataFrame(geometry=[west, east], index=["W", "E"], crs="EPSG:32650")
    count = draw(st.integers(1, 60))
    x, y = rng.uniform(-10, 410, count), rng.uniform(-10, 310, count)
    w, h = rng.uniform(4, 30, count), rng.uniform(4, 30, count)
    turn = rng.uniform(0, 90, count)
    boxes = gpd.GeoSeries(shapely.box(x, y, x + w, y + h)).to_numpy()
    shapes = [shapely.affinity.rotate(box, a) for box, a in zip(boxes, turn, strict=True)]
    houses = gpd.GeoDataFrame({"persons": rng.integers(0, 30, count)}, geometry=shapes, crs="EPSG:32650")
    roads = [shapely.LineString([(-20, rng.uniform(0, 300)), (440, rng.uniform(0, 300))]) for _ in range(2)]
    lines = gpd.GeoDataFrame(geometry=roads, crs="EPSG:32650") if draw(st.booleans()) else None
    return areas, houses, lines, draw(st.sampled_from(["EPSG:32650", "EPSG:4490"]))


@seed(4)
@BOUNDED
@given(towns())
def test_every_split_is_exact_whole_contiguous_and_loses_nobody(town):
    areas, houses, lines, crs = town
    areas, houses = areas.to_crs(crs), houses.to_crs(crs)
    lines = None if lines is None else lines.to_crs(crs)
    result = split_areas(areas, houses, lines=lines, target=100, grid=grid_size(areas.crs), effort=QUICK)
    for label, whole in result.areas.geometry.items():
        own = result.parts.geometry[result.parts["area"] == label].to_numpy()
        assert cancels(own, whole)
        assert shapely.is_valid(own).all()
        assert (shapely.get_num_geometries(own) == 1).all()
        assert set(map(tuple, shapely.get_coordinates(areas.geometry[label]).tolist())) <= set(
            map(tuple, shapely.get_coordinates(whole).tolist())
        )
    counted = sorted(name for split in result.splits for name in split.buildings.index)
    assert len(counted) == len(set(counted))
    assert result.parts["weight"].sum() == houses.loc[counted, "persons"].sum()
    assert_whole(houses.to_crs("EPSG:32650"), result.parts.to_crs("EPSG:32650"))


def assert_whole(houses, parts):
    shapes = parts.geometry.to_numpy()
    house, part = shapely.STRtree(shapes).query(houses.geometry.to_numpy(), predicate="intersects")
    shared = shapely.area(shapely.intersection(houses.geometry.to_numpy()[house], shapes[part])) > 0.2
    pairs = np.column_stack([house, parts["area"].astype("category").cat.codes.to_numpy()[part]])[shared]
    _, times = np.unique(pairs, axis=0, return_counts=True)
    assert (times == 1).all()


@seed(5)
@settings(max_examples=5, deadline=None)
@given(towns())
def test_same_seed_same_result(town):
    areas, houses, lines, _crs = town
    one, two = (split_areas(areas, houses, lines=lines, target=80, effort=QUICK, seed=3) for _ in range(2))
    assert one.parts.geometry.to_wkb().tolist() == two.parts.geometry.to_wkb().tolist()


@seed(6)
@settings(max_examples=6, deadline=None)
@given(towns())
def test_rebalance_is_never_worse_and_keeps_everybody(town):
    areas, houses, _lines, _crs = town
    first = split_areas(areas.iloc[[0]], houses, target=60, effort=Effort(proposals=1, starts=1, fast=False, polish=0))
    result = rebalance(first.parts, houses, target=60, effort=QUICK)
    assert result.energy_after <= result.energy_before
    assert result.split.parts["weight"].sum() == first.parts["weight"].sum()


def make_grid_graph(side, rng):
    atoms = side * side
    number = np.arange(atoms).reshape(side, side)
    pairs = np.concatenate(
        [np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
         np.column_stack([number[:-1].ravel(), number[1:].ravel()])]
    )  # fmt: skip
    mass = rng.integers(5, 60, atoms)
    rim = np.zeros(atoms)
    rim[[0, side - 1, -side, -1]] = 20.0
    cost = rng.integers(100, 900, len(pairs))
    return Graph.of(mass, np.full(atoms, 100.0), rim, pairs, np.full(len(pairs), 10.0), cost)


@pytest.mark.parametrize("chance", [1, 2, 3])
def test_proven_optimum_is_never_beaten_by_the_search(chance):
    graph = make_grid_graph(4, np.random.default_rng(chance))
    terms = Terms.of(Objective(), Window.of(130, None, None, Objective()), scale=1.0)
    parts = round(graph.mass.sum() / 130)
    verdict = best_plan(graph, terms, parts)
    found = divide(graph, terms, parts, effort=Effort(proposals=500, starts=3, fast=False))
    if verdict.labels is None:
        assert found.energy >= 1_000_000
    else:
        assert verdict.energy <= found.energy


@pytest.mark.parametrize("chance", [1, 2, 3])
def test_rounds_are_never_worse_than_the_starts_alone(chance):
    graph = make_grid_graph(9, np.random.default_rng(chance))
    terms = Terms.of(Objective(), Window.of(150, None, None, Objective()), scale=1.0)
    short, long = (
        divide(graph, terms, 16, effort=Effort(proposals=20, starts=2, rounds=rounds, fast=False)) for rounds in (0, 2)
    )
    assert long.energy <= short.energy
    assert graph.pieces(long.labels).max() + 1 == 16
    weight = np.bincount(long.labels, graph.mass)
    assert weight.sum() == graph.mass.sum()


@pytest.mark.skipif(compiled() is None, reason="numba is not installed")
def test_compiled_search_finds_the_same_plan():
    graph = make_grid_graph(7, np.random.default_rng(9))
    terms = Terms.of(Objective(), Window.of(150, None, None, Objective()), scale=1.0)
    efforts = [Effort(proposals=80, starts=2, rounds=1, fast=fast) for fast in (False, True)]
    plain, fast = (divide(graph, terms, 10, effort=effort) for effort in efforts)
    assert plain.energy == fast.energy
    assert plain.labels.tolist() == fast.labels.tolist()


@seed(7)
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10**7), st.integers(0, 10**6))
def test_a_part_is_judged_alike_by_the_search_and_by_the_proof(weight, area, border):
    terms = Terms.of(Objective(), Window.of(300, None, None, Objective()), scale=1.0)
    many = part_energies(np.array([weight]), np.array([area]), np.array([border]), terms)
    assert many.tolist() == [part_energy(weight, area, border, terms.vector)]
