import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.delineate import Effort, counting_areas, split_area, split_areas
from census_map.delineate.redraw import cancels

QUICK = Effort(proposals=100, starts=1, fast=False)


def test_town_is_split_evenly_and_exactly(town):
    areas, houses = town
    result = split_areas(areas, houses, target=120, effort=QUICK)
    assert result.parts["weight"].sum() == 480
    assert result.parts["weight"].tolist() == pytest.approx([120] * 4, abs=24)
    assert cancels(result.parts.geometry.to_numpy(), result.areas.geometry.iloc[0])
    assert (result.parts.geom_type == "Polygon").all()


def test_no_house_is_cut(town):
    areas, houses = town
    result = split_areas(areas, houses, target=60, effort=QUICK)
    house, part = shapely.STRtree(result.parts.geometry.to_numpy()).query(houses.geometry.to_numpy(), "intersects")
    shared = shapely.area(
        shapely.intersection(houses.geometry.to_numpy()[house], result.parts.geometry.to_numpy()[part])
    )
    assert np.bincount(house[shared > 1e-6]).tolist() == [1] * len(houses)


def test_a_building_across_two_areas_counts_in_one_even_when_each_is_divided_alone():
    """Its inner point is east of the border, most of its ground west of it."""
    areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 110, 120), shapely.box(110, 0, 220, 120)], crs="EPSG:32650")
    wings = [shapely.box(10, 10, 110, 40), shapely.box(10, 80, 110, 110), shapely.box(110, 10, 135, 110)]
    hook = shapely.union_all(wings)
    house = gpd.GeoDataFrame({"persons": [9]}, geometry=[hook], index=["h"], crs=areas.crs)
    assert hook.representative_point().x > 110
    assert hook.intersection(areas.geometry[0]).area > hook.area / 2
    counts = counting_areas(areas, house)
    assert counts.to_dict() == {"h": 1}
    alone = [
        split_area(areas.geometry[label], house.assign(counts_in=counts), label=label, weight="persons", target=300)
        for label in areas.index
    ]
    assert [list(split.buildings.index) for split in alone] == [[], ["h"]]
