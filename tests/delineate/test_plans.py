import geopandas as gpd
import pytest
import shapely

from census_map.delineate import Effort, alternatives, merge_parts, rebalance, split_area, split_areas, split_part
from census_map.delineate.redraw import cancels, insert_vertices
from census_map.delineate.regions import dissolve
from census_map.errors import Cancelled, InputError

from .conftest import make_area, make_houses

QUICK = Effort(proposals=150, starts=1, fast=False)


def cross_plan(x, y):
    """Four parts of the town, cut at x and y."""
    boxes = [
        shapely.Polygon([(0, y), (x, y), (x, 300), (0, 300)]),
        shapely.Polygon([(x, y), (400, y), (400, 300), (x, 300)]),
        shapely.Polygon([(0, 0), (x, 0), (x, y), (0, y)]),
        shapely.Polygon([(x, 0), (400, 0), (400, y), (x, y)]),
    ]
    return gpd.GeoDataFrame({"part": [1, 2, 3, 4]}, geometry=boxes, crs="EPSG:32650")


def test_rebalance_of_a_lopsided_plan_evens_it_and_names_what_moved(town):
    _areas, houses = town
    plan = cross_plan(100, 100)
    result = rebalance(plan, houses, target=120, effort=QUICK)
    weights = dict(zip(result.split.parts["part"], result.split.parts["weight"], strict=True))
    assert sum(weights.values()) == 480
    assert max(weights.values()) <= 160
    assert min(weights.values()) >= 80
    assert result.energy_after < result.energy_before
    assert (result.moved["before"] != result.moved["after"]).all()
    whole = dissolve(plan.geometry.to_numpy())
    assert cancels(result.split.parts.geometry.to_numpy(), insert_vertices(whole, result.split.stops))


def test_rebalance_leaves_a_good_plan_alone(town):
    _areas, houses = town
    result = rebalance(cross_plan(200, 150), houses, target=120, effort=QUICK)
    assert len(result.moved) == 0
    assert result.energy_after <= result.energy_before


def test_locked_parts_are_not_touched(town):
    _areas, houses = town
    plan = cross_plan(100, 100)
    result = rebalance(plan, houses, target=120, locked=(1,), effort=QUICK)
    assert 1 not in set(result.split.parts["part"])
    rest = shapely.union_all(result.split.parts.geometry.to_numpy())
    assert rest.intersection(plan.geometry.iloc[0]).area == pytest.approx(0, abs=1e-6)


def test_rebalance_with_everything_locked_says_so(town):
    _areas, houses = town
    with pytest.raises(InputError, match="locked"):
        rebalance(cross_plan(100, 100), houses, target=120, locked=(1, 2, 3, 4))


def test_cancelled_rebalance_keeps_the_plan(town):
    _areas, houses = town

    def stop(_fraction, _text):
        raise Cancelled

    result = rebalance(cross_plan(100, 100), houses, target=120, effort=QUICK, report=stop)
    assert result.energy_after == result.energy_before
    assert len(result.moved) == 0


def test_split_part_divides_one_and_numbers_the_new_from_the_top(town):
    _areas, houses = town
    split = split_part(cross_plan(200, 150), 2, houses, target=60, effort=QUICK)
    assert sorted(split.parts["part"]) == [2, 5]
    assert split.parts["weight"].tolist() == [60, 60]


def test_merge_parts_joins_neighbours_exactly():
    plan = cross_plan(200, 150).assign(weight=[1, 2, 3, 4])
    merged = merge_parts(plan, 1, 2)
    assert merged["part"].tolist() == [1, 3, 4]
    assert merged["weight"].tolist() == [3, 3, 4]
    assert merged.geometry.iloc[0].area == 400 * 150


def test_merge_parts_refuses_those_that_only_touch():
    with pytest.raises(InputError, match="no border in common"):
        merge_parts(cross_plan(200, 150), 1, 4)


def test_unknown_part_is_named():
    with pytest.raises(InputError, match="no mini-area 9"):
        merge_parts(cross_plan(200, 150), 1, 9)


def test_alternatives_differ_and_come_best_first():
    area, houses = make_area(500, 500).geometry.iloc[0], make_houses(10, 10)
    plans = alternatives(area, houses, target=100, effort=QUICK)
    energies = [plan.proof["energy"] for plan in plans]
    assert 1 <= len(plans) <= 3
    assert energies == sorted(energies)


def test_split_area_gives_each_building_its_part(town):
    areas, houses = town
    split = split_area(areas.geometry.iloc[0], houses, target=120, effort=QUICK)
    by_part = houses["persons"].groupby(split.buildings).sum()
    assert by_part.tolist() == split.parts["weight"].tolist()


def test_cancelling_the_split_of_many_areas_raises(town):
    areas, houses = town

    def stop(_fraction, _text):
        raise Cancelled

    with pytest.raises(Cancelled):
        split_areas(areas, houses, target=120, effort=QUICK, report=stop)
