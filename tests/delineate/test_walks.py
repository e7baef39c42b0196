"""The enumerator's walk: measured right, kept short, and not across what nobody can cross."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import minimum_spanning_tree

from census_map.delineate import Effort, Objective, split_areas
from census_map.delineate.doors import Doors
from census_map.delineate.exact import set_costs
from census_map.delineate.graph import Graph
from census_map.delineate.kernel import spanning
from census_map.delineate.objective import WISHES, Terms, Window
from census_map.delineate.partition import divide
from census_map.delineate.search import compiled
from census_map.delineate.ways import APART, TOLL, find_sides, measure_ways
from census_map.errors import InputError
from tests.delineate.conftest import make_area, make_houses

QUICK = Effort(proposals=60, starts=1, fast=False)
GROUND = shapely.box(0, 0, 400, 300)
RIVER = shapely.LineString([(200, -10), (200, 310)])


def measure(xy, barriers, streets=()):
    lines, ways = (np.array(list(rows), dtype=object) for rows in (barriers, streets))
    return measure_ways(xy, find_sides(GROUND, lines), lines, ways)


def make_doors(count, seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (count, 2))
    return np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 40])
def test_walk_of_many_sets_is_the_minimum_spanning_tree(count):
    ways = make_doors(count, count)
    rng = np.random.default_rng(7)
    members = rng.random((30, count)) < 0.6
    walks = Doors(np.arange(count), ways).walks(members)
    for row, walk in zip(members, walks.tolist(), strict=True):
        own = np.flatnonzero(row)
        assert walk == minimum_spanning_tree(ways[np.ix_(own, own)]).sum()


@pytest.mark.parametrize("kernel", ["interpreted", "compiled"])
def test_kernel_measures_the_same_walk(kernel):
    module = compiled() if kernel == "compiled" else None
    if kernel == "compiled" and module is None:
        pytest.skip("numba is not installed")
    ways = make_doors(12, 3)
    measure = spanning if module is None else module.spanning
    flat = ways.ravel() if module is not None else ways.ravel().tolist()
    for count in (1, 2, 5, 12):
        scratch = [np.arange(12), np.zeros(12, np.int64)]
        held, near = scratch if module is not None else [values.tolist() for values in scratch]
        assert measure(count, flat, held, near) == Doors(np.arange(12), ways).walks(np.arange(12)[None, :] < count)[0]


def test_melted_atoms_are_as_near_as_their_nearest_doors():
    ways = make_doors(6, 1)
    melted = Doors(np.array([0, 1, -1, 2, 3, 4, 5]), ways).merged(np.array([0, 0, 0, 1, 1, 2, 2]))
    assert melted.number.tolist() == [0, 1, 2]
    assert melted.ways[0, 1] == ways[:2, 2:4].min()
    assert melted.ways[1, 2] == ways[2:4, 4:].min()


def test_energy_of_a_plan_is_the_sum_over_its_parts_after_any_search():
    rng = np.random.default_rng(5)
    side = 7
    atoms = side * side
    number = np.arange(atoms).reshape(side, side)
    pairs = np.concatenate([np.column_stack([a.ravel(), b.ravel()]) for a, b in (
        (number[:, :-1], number[:, 1:]), (number[:-1], number[1:]))])  # fmt: skip
    graph = Graph.of(
        rng.integers(0, 9, atoms), np.full(atoms, 100.0), np.full(atoms, 5.0), pairs, np.full(len(pairs), 10.0),
        rng.integers(0, 200, len(pairs)), Doors(np.arange(atoms), make_doors(atoms, 2)),
    )  # fmt: skip
    terms = Terms.of(Objective(), Window.of(40, None, None, Objective()), scale=1.0)
    for seed in range(3):
        plan = divide(graph, terms, 5, effort=QUICK, seed=seed)
        assert plan.energy == set_costs(plan.labels == np.arange(5)[:, None], graph, terms).sum() // 2


def test_ways_are_straight_where_nothing_lies_between():
    xy = np.array([(10.0, 10.0), (13.0, 14.0), (10.0, 110.0)])
    ways, side = measure(xy, [RIVER])
    assert ways[0].tolist() == [0, 5, 100]
    assert np.ptp(side) == 0


def test_way_over_a_river_without_a_bridge_is_far():
    xy = np.array([(190.0, 100.0), (210.0, 100.0)])
    ways, side = measure(xy, [RIVER])
    assert ways[0, 1] == 20 + APART
    assert side[0] != side[1]


def test_way_over_a_river_leads_over_the_bridge():
    xy = np.array([(200.0 - 30, 100.0), (200.0 + 30, 100.0)])
    bridge = shapely.LineString([(150, 140), (250, 140)])
    ways, _side = measure(xy, [RIVER], [bridge])
    assert ways[0, 1] == pytest.approx(2 * np.hypot(30, 40) + TOLL)


def test_way_between_two_rivers_leads_over_two_bridges():
    rivers = np.array([shapely.LineString([(x, -10), (x, 310)]) for x in (100, 200)], dtype=object)
    street = np.array([shapely.LineString([(-10, 50), (410, 50)])], dtype=object)
    xy = np.array([(50.0, 50.0), (250.0, 50.0)])
    ways, _side = measure(xy, rivers, street)
    assert ways[0, 1] == pytest.approx(200 + 2 * TOLL)


@pytest.mark.parametrize("gap", [0.0, 10.0])
def test_barrier_drawn_in_pieces_divides_all_the_same(gap):
    pieces = np.array(
        [shapely.LineString([(200, -10), (200, 150)]), shapely.LineString([(200, 150 + gap), (200, 310)])]
    )
    xy = np.array([(190.0, 100.0), (210.0, 100.0)])
    ways, _side = measure(xy, pieces)
    assert ways[0, 1] > APART


def lines(*wkts, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.from_wkt(wkt) for wkt in wkts], crs="EPSG:32650")


def proof_of(line_class):
    houses = make_houses(8, 6)
    river = lines("LINESTRING (150 -10, 150 310)", **{"class": [line_class]})
    result = split_areas(make_area(400, 300), houses, lines=river, target=120, effort=QUICK)
    return result.splits[0].proof


def test_no_part_lies_across_a_river_without_a_bridge():
    assert proof_of("river")["across"] == []


def test_stream_is_no_barrier():
    row = proof_of("stream")
    assert row["across"] == []
    assert not [reason for reason in row["forced"] if reason["cause"] == "barrier"]


def test_part_across_a_barrier_is_listed_with_what_forces_it():
    houses = make_houses(8, 6)
    river = lines("LINESTRING (50 -10, 50 310)", **{"class": ["river"]})
    row = split_areas(make_area(400, 300), houses, lines=river, target=240, effort=QUICK).splits[0].proof
    assert len(row["across"]) == 1
    assert [(reason["part"], reason["cause"]) for reason in row["forced"]] == [(row["across"][0], "barrier")]


def test_far_house_stretches_its_part():
    houses = make_houses(8, 2)
    far = make_houses(1, 1, at=(0, 280))
    both = gpd.GeoDataFrame(np.concatenate([houses, far]), columns=houses.columns, crs=houses.crs)
    both["persons"] = both["persons"].astype(int)
    row = split_areas(make_area(400, 320), both, target=85, effort=QUICK).splits[0].proof
    assert len(row["stretched"]) == 1
    assert row["longest_way_m"] >= 230


def test_walk_is_at_least_the_bound():
    row = split_areas(make_area(400, 300), make_houses(8, 6), target=120, effort=QUICK).splits[0].proof
    assert row["walk_ratio"] >= 1.0
    assert row["walk_m"] == 44 * 50


def test_wishes_change_what_is_asked_for():
    rng = np.random.default_rng(4)
    houses = make_houses(10, 10, persons=rng.integers(4, 16, 100))
    shifted = houses.set_geometry(
        [shapely.affinity.translate(g, *rng.uniform(-14, 14, 2)) for g in houses.geometry], crs=houses.crs
    )
    rows = {
        wish: split_areas(
            make_area(520, 520), shifted, target=100, effort=Effort(fast=False), objective=Objective().wishing(wish)
        ).splits[0].proof
        for wish in ("short-walks", "round-shapes")
    }  # fmt: skip
    assert rows["short-walks"]["walk_m"] < rows["round-shapes"]["walk_m"]
    assert rows["short-walks"]["mean_compactness"] < rows["round-shapes"]["mean_compactness"]


def test_unknown_wish_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match=", ".join(WISHES)):
        Objective().wishing("cheap")


def test_sides_that_can_stand_alone_are_divided_apart():
    areas, houses = make_area(400, 300), make_houses(8, 6)
    river = lines("LINESTRING (200 0, 200 300)", **{"class": ["river"]})
    result = split_areas(areas, houses, lines=river, target=120, effort=QUICK)
    crossing = shapely.intersection(result.parts.geometry.to_numpy(), shapely.box(202, 1, 398, 299))
    whole = shapely.area(result.parts.geometry.to_numpy())
    share = shapely.area(crossing) / whole
    assert ((share < 0.02) | (share > 0.95)).all()


@pytest.mark.parametrize("end", [0.0, 1e-9, -1e-9], ids=["on the border", "beyond it", "short of it"])
def test_barrier_that_ends_at_the_border_divides(end):
    river = shapely.LineString([(133.3, -end / 3), (217.7, 300 + end)])
    assert len(find_sides(GROUND, np.array([river], dtype=object))) == 2
