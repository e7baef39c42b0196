import numpy as np
import pytest
import shapely

from census_map.delineate import Effort, split_areas
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
