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


def split(areas, houses, target=120, *, effort=QUICK, **options):
    return split_areas(areas, houses, target=target, effort=effort, **options)


def require_exact(result):
    for label, whole in result.areas.geometry.items():
        own = result.parts.geometry[result.parts["area"] == label].to_numpy()
        assert cancels(own, whole), label
        assert shapely.is_valid(own).all()
    assert all(split.proof["contiguous"] for split in result.splits)


def make_lines(*wkts, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(wkts)), crs=CRS)


def require_whole(result, houses):
    """No border of two parts of one census area runs through a house."""
    for label in result.areas.index:
        parts = result.parts.geometry[result.parts["area"] == label].to_numpy()
        house, part = shapely.STRtree(parts).query(houses.geometry.to_numpy(), predicate="intersects")
        shared = shapely.area(shapely.intersection(houses.geometry.to_numpy()[house], parts[part]))
        assert np.bincount(house[shared > 1e-6], minlength=1).max() <= 1, label


@pytest.mark.parametrize("lines", [None, make_lines()], ids=["none", "empty"])
def test_without_lines_borders_run_between_houses(town, lines):
    result = split(*town, lines=lines)
    require_exact(result)
    require_whole(result, town[1])
    assert result.parts["weight"].tolist() == [120] * 4
    assert result.splits[0].proof["visible_border_share"] == 0.0


@pytest.mark.parametrize(
    "wkts",
    [("LINESTRING (100 90, 150 110)", "LINESTRING (300 200, 320 250)"),
     ("LINESTRING (100 100, 200 100, 200 200, 100 200, 100 100)",),
     ("LINESTRING (0 0, 400 0)", "LINESTRING (0 0.0004, 400 0.0004)")],
    ids=["loose", "closed", "along the border"],
)  # fmt: skip
def test_lines_without_a_crossing_do_no_harm(town, wkts):
    result = split(*town, lines=make_lines(*wkts))
    require_exact(result)
    require_whole(result, town[1])
    assert result.parts["weight"].tolist() == [120] * 4


def test_parallel_lines_without_a_crossing_are_followed(town):
    lines = make_lines("LINESTRING (-10 100, 410 100)", "LINESTRING (-10 200, 410 200)")
    result = split(*town, target=160, lines=lines)
    require_exact(result)
    assert result.parts["weight"].tolist() == [160] * 3
    assert result.splits[0].proof["visible_border_share"] > 0.7


def test_lines_that_fall_together_or_have_no_numbers_do_no_harm(town):
    twice = make_lines(*["LINESTRING (-10 150.0, 410 150.2)", "LINESTRING (-10 150.1, 410 150.1)"] * 3)
    twice.loc[6, "geometry"] = shapely.LineString([(0, 150), (float("inf"), 150)])
    result = split(*town, target=240, lines=twice)
    require_exact(result)
    assert result.parts["weight"].tolist() == [240, 240]


def test_lines_outside_and_empty_lines_do_no_harm(town):
    lines = make_lines("LINESTRING (1000 0, 1000 50)", "LINESTRING EMPTY", "POINT (5 5)")
    require_exact(split(*town, lines=lines))


def test_borders_follow_a_road_that_halves_the_town(town):
    road = make_lines("LINESTRING (-10 150, 410 150)", highway=["primary"])
    result = split(*town, target=240, lines=road, effort=Effort(fast=False))
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
    houses = make_houses(6, 4)
    result = split(make_area(2000, 2000), houses, target=60)
    require_exact(result)
    require_whole(result, houses)
    assert result.parts["weight"].tolist() == [60] * 4


def test_zero_weights_give_one_part(town):
    areas, houses = town
    result = split(areas, houses.assign(persons=0))
    assert len(result.parts) == 1
    assert result.parts.geometry.iloc[0].equals(areas.geometry.iloc[0])
    assert [reason["cause"] for reason in result.splits[0].proof["forced"]] == ["area"]


def test_houses_that_weigh_nothing_lie_beside_those_that_do(town):
    areas, houses = town
    houses.loc[::2, "persons"] = 0
    result = split(areas, houses)
    require_exact(result)
    require_whole(result, houses)
    assert result.parts["weight"].tolist() == [120, 120]


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


def test_weights_that_are_no_numbers_are_named(town):
    areas, houses = town
    houses["persons"] = houses["persons"].astype(object)
    houses.loc[3, "persons"] = "10"
    houses.loc[4, "persons"] = " "
    assert split(areas, houses).parts["weight"].sum() == 470
    houses.loc[5, "persons"] = "ten"
    with pytest.raises(InputError, match="Building 5"):
        split(areas, houses)


def test_all_buildings_outside_leave_one_part_of_nobody():
    result = split(make_area(400, 300), make_houses(2, 2, at=(5000, 5000)))
    assert result.parts["weight"].tolist() == [0]
    assert result.splits[0].buildings.empty


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
    require_whole(result, both)
    assert result.splits[0].buildings[0] == result.splits[0].buildings[48]


@pytest.mark.parametrize(
    "houses", [pd.concat([make_houses(1, 1)] * 48, ignore_index=True), make_houses(8, 6, size=60)],
    ids=["stacked", "all in one chain"],
)  # fmt: skip
def test_overlapping_buildings_above_the_maximum_are_one_part_and_listed(houses):
    result = split(make_area(400, 300), houses)
    require_exact(result)
    (forced,) = result.splits[0].proof["forced"]
    assert (forced["cause"], forced["weight"], len(forced["buildings"])) == ("building", 480, 48)


def test_building_larger_than_its_census_area_stays_whole():
    cover = gpd.GeoDataFrame({"persons": [5]}, geometry=[shapely.box(-50, -50, 450, 350)], crs=CRS)
    result = split(make_area(400, 300), pd.concat([make_houses(8, 6), cover], ignore_index=True))
    require_exact(result)
    assert result.parts["weight"].tolist() == [485]
    assert result.splits[0].proof["forced"][0]["cause"] == "building"


def test_building_across_the_area_border_counts_once():
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 200, 300), shapely.box(200, 0, 400, 300)], index=["W", "E"], crs=CRS
    )
    houses = make_houses(8, 6)
    houses.loc[0, "geometry"] = shapely.box(190, 130, 215, 160)
    result = split(areas, houses, target=60)
    require_exact(result)
    require_whole(result, houses)
    assert result.parts["weight"].sum() == 480
    assert 0 not in result.splits[0].buildings.index
    assert 0 in result.splits[1].buildings.index  # its inner point lies at x = 202.5


def test_row_of_buildings_across_the_area_border_is_not_cut_on_either_side():
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 200, 300), shapely.box(200, 0, 400, 300)], index=["W", "E"], crs=CRS
    )
    houses = make_houses(8, 6, size=40, at=(-25, 0))
    result = split(areas, houses, target=120)
    require_exact(result)
    require_whole(result, houses)
    assert result.parts["weight"].sum() == 480


RING = shapely.box(0, 0, 400, 300).exterior
YARD = shapely.box(150, 100, 250, 200)


def test_area_with_a_hole_and_its_enclave():
    areas = gpd.GeoDataFrame(geometry=[shapely.Polygon(RING, [YARD.exterior]), YARD], index=["A", "B"], crs=CRS)
    houses = make_houses(8, 6)
    result = split(areas, houses, target=100)
    require_exact(result)
    require_whole(result, houses)
    ring, yard = (own["weight"] for _area, own in result.parts.groupby("area"))
    assert ring.between(80, 120).all()
    assert (len(ring), ring.sum(), yard.tolist()) == (4, 440, [40])


@pytest.mark.parametrize(
    ("shell", "hole"),
    [(RING.coords, [(0, 150), (60, 120), (60, 180)]),
     ([(0, 0), (400, 0), (400, 300), (0, 300), (0, 150)], [(0, 150), (60, 120), (60, 180)]),
     ([(0, 0), (400, 0), (400, 300), (100, 300)], [(50, 150), (110, 120), (110, 180)])],
    ids=["edge", "vertex", "slanted edge"],
)  # fmt: skip
def test_area_with_a_hole_that_touches_its_border(shell, hole):
    areas = gpd.GeoDataFrame(geometry=[shapely.Polygon(shell, [hole])], index=["A"], crs=CRS)
    houses = make_houses(8, 6)
    result = split(areas, houses, target=60)
    require_exact(result)
    require_whole(result, houses)
    assert len(result.parts) > 4
    assert result.areas.area.iloc[0] == pytest.approx(areas.area.iloc[0], rel=1e-12)


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


def test_many_small_exclaves_go_together_in_groups_inside_the_band():
    x, y = np.meshgrid(np.arange(8) * 50, np.arange(6) * 50)
    islands = shapely.MultiPolygon(list(shapely.box(x + 5, y + 5, x + 45, y + 45).ravel()))
    result = split(gpd.GeoDataFrame(geometry=[islands], index=["A"], crs=CRS), make_houses(8, 6), target=60)
    require_exact(result)
    assert result.parts["weight"].sum() == 480
    assert result.parts["weight"].between(40, 80).all()


def test_pieces_that_touch_in_one_point_are_divided_on_their_own():
    area = shapely.MultiPolygon([shapely.box(0, 0, 200, 150), shapely.box(200, 150, 400, 300)])
    result = split(gpd.GeoDataFrame(geometry=[area], index=["A"], crs=CRS), make_houses(8, 6), target=60)
    require_exact(result)
    assert result.parts["weight"].tolist() == [60] * 4
    assert (result.parts.geom_type == "Polygon").all()


@pytest.mark.parametrize("houses", [make_houses(1, 1), make_houses(1, 1).iloc[:0]], ids=["one", "none"])
def test_area_with_one_building_or_none_is_one_part(houses):
    result = split(make_area(400, 300), houses)
    assert result.parts["weight"].tolist() == [10 * len(houses)]
    assert result.splits[0].proof["forced"][0]["cause"] == "area"
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
     {"target": 100, "minimum": 150, "maximum": 120}, {"target": float("inf")}, {"target": float("nan")},
     {"target": 100, "maximum": float("inf")}, {"target": 100, "minimum": -1}],
)  # fmt: skip
def test_impossible_limits_are_refused(town, limits):
    with pytest.raises(InputError):
        split(*town, **limits)


def test_minimum_above_the_whole_area_is_stated(town):
    result = split(*town, target=1500, minimum=1000)
    assert result.parts["weight"].tolist() == [480]
    assert result.splits[0].proof["forced"][0]["cause"] == "area"


@pytest.mark.parametrize("target", [6, 0.3])
def test_maximum_below_every_building_leaves_each_alone_and_names_it(town, target):
    result = split(*town, target=target)
    require_exact(result)
    assert result.parts["weight"].tolist() == [10] * 48
    assert {reason["cause"] for reason in result.splits[0].proof["forced"]} == {"building"}
    assert result.splits[0].proof["over_avoidable"] == 0


def test_minimum_that_is_also_the_maximum_is_kept_where_it_can_be(town):
    assert split(*town, target=120, minimum=120, maximum=120).parts["weight"].tolist() == [120] * 4
    proof = split(*town, target=70, minimum=70, maximum=70).splits[0].proof
    assert proof["persons"].count(70) == 6
    assert [reason["weight"] for reason in proof["forced"]] == [60]


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
     ("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))", "invalid border near 5 5")],
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


def test_buildings_without_ground_are_named(town):
    areas, houses = town
    houses.loc[9, "geometry"] = shapely.Point(float("inf"), 5)
    with pytest.raises(InputError, match="Building 9"):
        split(areas, houses)
    houses.loc[9, "geometry"] = None
    with pytest.raises(InputError, match="Building 9"):
        split(areas, houses)


def test_no_areas_give_no_parts(town):
    areas, houses = town
    assert len(split(areas.iloc[:0].set_crs(CRS), houses).parts) == 0


@pytest.mark.parametrize("count", [2.5, True, "3"])
def test_a_number_of_parts_that_is_no_whole_number_is_refused(town, count):
    with pytest.raises(InputError, match="whole number"):
        split(*town, count=count)


@pytest.mark.parametrize(("count", "pieces"), [(1, [3]), (2, [2, 1]), (3, [1, 1, 1])])
def test_fewer_parts_than_large_pieces_join_the_nearest_pieces(count, pieces):
    area = shapely.MultiPolygon([shapely.box(x, 0, x + 200, 150) for x in (0, 250, 600)])
    houses = pd.concat([make_houses(4, 3, at=(x, 0)) for x in (0, 250, 600)], ignore_index=True)
    result = split(gpd.GeoDataFrame(geometry=[area], index=["A"], crs=CRS), houses, count=count)
    require_exact(result)
    assert sorted(map(len, result.parts.geometry.map(shapely.get_parts)), reverse=True) == pieces
    assert result.parts["weight"].sum() == 360
