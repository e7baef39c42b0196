"""Every kind of input that issue-trackers are full of gives a valid result or a clear refusal."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from census_map.delineate import Effort, split_areas
from census_map.delineate.redraw import cancels
from census_map.errors import InputError

from .conftest import make_area, make_houses

QUICK = Effort(proposals=60, starts=1, fast=False)
CRS = "EPSG:32650"


def split(areas, houses, target=120, **options):
    return split_areas(areas, houses, target=target, effort=QUICK, **options)


def require_exact(result):
    for label, whole in result.areas.geometry.items():
        own = result.parts.geometry[result.parts["area"] == label].to_numpy()
        assert cancels(own, whole), label
        assert shapely.is_valid(own).all()
    assert all(split.proof["contiguous"] for split in result.splits)


def make_lines(*wkts, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(wkts)), crs=CRS)


def test_lines_without_a_crossing_are_ignored(town):
    result = split(*town, lines=make_lines("LINESTRING (100 90, 150 110)", "LINESTRING (300 200, 320 250)"))
    require_exact(result)
    assert result.parts["weight"].sum() == 480


def test_lines_outside_and_empty_lines_do_no_harm(town):
    lines = make_lines("LINESTRING (1000 0, 1000 50)", "LINESTRING EMPTY", "POINT (5 5)")
    require_exact(split(*town, lines=lines))


def test_borders_follow_a_road_that_halves_the_town(town):
    result = split(*town, target=240, lines=make_lines("LINESTRING (-10 150, 410 150)", highway=["primary"]))
    assert result.splits[0].proof["visible_border_share"] == 1.0
    assert result.parts["weight"].tolist() == [240, 240]


def test_road_through_a_house_steps_around_it(town):
    areas, houses = town
    result = split(areas, houses, target=240, lines=make_lines("LINESTRING (-10 165, 410 165)"))
    require_exact(result)
    part = result.parts.geometry.to_numpy()
    house, k = shapely.STRtree(part).query(houses.geometry.to_numpy(), predicate="intersects")
    shared = shapely.area(shapely.intersection(houses.geometry.to_numpy()[house], part[k]))
    assert np.bincount(house[shared > 0.05]).max() == 1


def test_all_buildings_in_one_corner():
    result = split(make_area(2000, 2000), make_houses(6, 4), target=60)
    require_exact(result)
    assert result.parts["weight"].tolist() == [60] * 4


def test_zero_weights_give_one_part(town):
    areas, houses = town
    result = split(areas, houses.assign(persons=0))
    assert len(result.parts) == 1
    assert result.parts.geometry.iloc[0].equals(areas.geometry.iloc[0])


def test_missing_weights_count_nothing(town):
    areas, houses = town
    houses["persons"] = houses["persons"].astype(float)
    houses.loc[0, "persons"] = np.nan
    assert split(areas, houses).parts["weight"].sum() == 470


@pytest.mark.parametrize("value", [-1, float("inf")])
def test_impossible_weights_are_named(town, value):
    areas, houses = town
    houses["persons"] = houses["persons"].astype(float)
    houses.loc[7, "persons"] = value
    with pytest.raises(InputError, match="Building 7"):
        split(areas, houses)


def test_buildings_outside_do_not_count():
    far = make_houses(2, 2, at=(5000, 5000))
    houses = pd.concat([make_houses(8, 6), far], ignore_index=True)
    result = split(make_area(400, 300), houses)
    assert result.parts["weight"].sum() == 480
    assert len(result.splits[0].buildings) == 48


def test_overlapping_buildings_stay_together():
    houses = make_houses(8, 6)
    twin = houses.iloc[[0]].copy()
    twin["geometry"] = twin.translate(15, 15)
    both = pd.concat([houses, twin], ignore_index=True)
    result = split(make_area(400, 300), both, target=60)
    require_exact(result)
    assert result.splits[0].buildings[0] == result.splits[0].buildings[48]


def test_building_across_the_area_border_counts_once():
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 200, 300), shapely.box(200, 0, 400, 300)], index=["W", "E"], crs=CRS
    )
    houses = make_houses(8, 6)
    houses.loc[0, "geometry"] = shapely.box(190, 130, 215, 160)
    result = split(areas, houses, target=60)
    require_exact(result)
    assert result.parts["weight"].sum() == 480


def test_area_with_a_hole_and_house_in_its_yard():
    area = shapely.Polygon(shapely.box(0, 0, 400, 300).exterior, [shapely.box(150, 100, 250, 200).exterior])
    areas = gpd.GeoDataFrame(geometry=[area], index=["A"], crs=CRS)
    result = split(areas, make_houses(8, 6), target=100)
    require_exact(result)


def test_small_exclave_joins_the_nearest_part_and_a_large_one_is_split_alone():
    area = shapely.MultiPolygon(
        [shapely.box(0, 0, 400, 300), shapely.box(450, 100, 500, 150), shapely.box(0, 400, 400, 700)]
    )
    areas = gpd.GeoDataFrame(geometry=[area], index=["A"], crs=CRS)
    houses = pd.concat(
        [make_houses(8, 6), make_houses(1, 1, at=(450, 100)), make_houses(8, 6, at=(0, 400))], ignore_index=True
    )
    result = split(areas, houses)
    require_exact(result)
    several = result.parts[result.parts.geom_type == "MultiPolygon"]
    assert len(several) == 1
    assert result.parts["weight"].sum() == 970


@pytest.mark.parametrize("houses", [make_houses(1, 1), make_houses(1, 1).iloc[:0]], ids=["one", "none"])
def test_area_with_one_building_or_none_is_one_part(houses):
    result = split(make_area(400, 300), houses)
    assert len(result.parts) == 1
    require_exact(result)


def test_giant_building_stands_alone_and_is_reported():
    houses = make_houses(8, 6)
    houses.loc[10, "persons"] = 900
    result = split(make_area(400, 300), houses)
    proof = result.splits[0].proof
    assert proof["over_max"] == 1
    assert proof["over_avoidable"] == 0
    assert proof["forced"][0]["cause"] == "building"
    assert result.parts["weight"].max() == 900


@pytest.mark.parametrize(
    "limits",
    [{"target": 0}, {"target": -5}, {"target": 100, "minimum": 120}, {"target": 100, "maximum": 90},
     {"target": 100, "minimum": 150, "maximum": 120}],
)  # fmt: skip
def test_impossible_limits_are_refused(town, limits):
    with pytest.raises(InputError):
        split(*town, **limits)


def test_remainder_between_giants_joins_one_of_them():
    houses = make_houses(3, 1, persons=900)
    houses.loc[1, "persons"] = 20
    result = split(make_area(150, 50), houses)
    assert sorted(result.parts["weight"]) == [900, 920]
    assert result.splits[0].proof["under_min"] == 0


def test_pockets_between_giants_get_as_many_parts_as_they_need():
    houses = make_houses(7, 1).assign(persons=[900, 250, 200, 900, 250, 200, 900])
    result = split(make_area(350, 50), houses, target=300)
    proof = result.splits[0].proof
    require_exact(result)
    assert proof["over_avoidable"] == 0
    assert proof["under_min"] == 0
    assert sorted(result.parts["weight"]) == [200, 200, 250, 250, 900, 900, 900]
    assert [reason["buildings"] for reason in proof["forced"]] == [[0], [3], [6]]


def test_window_that_no_plan_can_keep_is_stated():
    houses = make_houses(3, 1, persons=70)
    result = split(make_area(150, 50), houses, target=100, minimum=95, maximum=110)
    proof = result.splits[0].proof
    assert proof["over_max"] + proof["under_min"] > 0
    assert proof["forced"]


@pytest.mark.parametrize("count", [0, 100])
def test_impossible_number_of_parts_is_refused(town, count):
    with pytest.raises(InputError, match="choose another number"):
        split(*town, count=count)


def test_exact_number_of_parts(town):
    assert len(split(*town, count=7).parts) == 7


def test_missing_column_is_named_with_those_there(town):
    with pytest.raises(InputError, match="persons"):
        split(*town, weight="people")


@pytest.mark.parametrize(
    ("wkt", "words"),
    [("POLYGON EMPTY", "no geometry"), ("POINT (1 1)", "not a polygon"),
     ("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))", "invalid border")],
)  # fmt: skip
def test_unusable_area_is_named(wkt, words):
    areas = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_wkt([wkt]).to_numpy(), index=["X7"], crs=CRS)
    with pytest.raises(InputError, match=f"X7.*{words}"):
        split(areas, make_houses(2, 2))


def test_no_coordinate_system_is_refused(town):
    areas, houses = town
    with pytest.raises(InputError, match="coordinate reference system"):
        split(gpd.GeoDataFrame(geometry=areas.geometry.to_numpy()), houses)


def test_invalid_and_point_buildings_are_used(town):
    areas, houses = town
    houses.loc[0, "geometry"] = shapely.Point(25, 25)
    houses.loc[1, "geometry"] = shapely.Polygon([(65, 15), (85, 35), (85, 15), (65, 35)])
    result = split(areas, houses)
    require_exact(result)
    assert result.parts["weight"].sum() == 480


def test_no_areas_give_no_parts(town):
    areas, houses = town
    assert len(split(areas.iloc[:0].set_crs(CRS), houses).parts) == 0
