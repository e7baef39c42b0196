"""Where data lies and how much ground it shows: rules G11 and P04; houses of one owner: H06."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

from census_map.checks import run_checks
from census_map.workspace import Workspace
from tests.small_township import CRS, EAST, NORTH, name_of, rectangle, uid


def move(township, table, east, north):
    shapes = township.read(table)[["geometry"]].copy()
    shapes["geometry"] = shapes.geometry.translate(east, north)
    with township.transaction("move") as write:
        write.update(table, shapes)


def found(township, rule):
    return run_checks(township, [rule])


@pytest.mark.parametrize(
    ("east", "north", "km"), [(1_500_000, 0, "1,500"), (0, -300_000, "300"), (39_000_000, 0, "39,")]
)
def test_a_layer_in_another_zone_is_told_once_with_its_distance(township, east, north, km):
    move(township, "building", east, north)
    (problem,) = found(township, "G11")
    assert (problem.table, problem.severity, len(problem.features)) == ("building", "error", 8)
    assert km in problem.message
    assert "8" in problem.message


def test_one_row_far_away_is_named(township):
    shape = gpd.GeoDataFrame(index=[uid("BM000")], geometry=[rectangle(900_000, 0, 900_040, 20)], crs=CRS)
    with township.transaction("move") as write:
        write.update("building", shape)
    (problem,) = found(township, "G11")
    assert [name_of(row) for row in problem.features] == ["BM000"]


def insert_line(township, table, line):
    frame = gpd.GeoDataFrame({"name": ["大河"]}, index=[uid(f"{table} {line.length}")], geometry=[line], crs=CRS)
    with township.transaction("base data") as write:
        write.insert(table, frame)


def line(*points):
    return shapely.MultiLineString([[(EAST + x, NORTH + y) for x, y in points]])


def test_base_data_of_the_county_is_left_alone(township):
    insert_line(township, "road", line((60_000, 0), (70_000, 0)))
    insert_line(township, "water", line((100, 100), (400_000, 0)))
    assert found(township, "G11") == []


def test_a_distance_in_degrees_is_told_in_kilometres(tmp_path):
    def squares(*places):
        return [box(lon, lat, lon + 0.01, lat + 0.01) for lon, lat in places]

    with Workspace.create(tmp_path / "degrees.gpkg", crs="EPSG:4490") as workspace:
        area = gpd.GeoDataFrame({"code": ["320999001001"]}, geometry=squares((120, 32)), crs="EPSG:4490")
        houses = gpd.GeoDataFrame({"address": ["近", "远"]}, geometry=squares((120.5, 32), (123, 32)), crs="EPSG:4490")
        with workspace.transaction("fill") as write:
            write.insert("census_area", area)
            write.insert("building", houses)
        (problem,) = found(workspace, "G11")
    assert "282 km" in problem.message or "283 km" in problem.message
    assert len(problem.features) == 1


def test_a_township_without_base_data_is_left_alone(township):
    assert found(township, "G11") == []


def widen(township, width, height):
    """Give the census areas so many metres; what else is there stays."""
    areas = gpd.GeoDataFrame(
        index=[uid("A0"), uid("A1")],
        geometry=[rectangle(0, 0, width / 2, height), rectangle(width / 2, 0, width, height)],
        crs=CRS,
    )
    with township.transaction("widen") as write:
        write.update("census_area", areas)


@pytest.mark.parametrize(("height", "told"), [(4_900, False), (5_000, False), (5_200, True)])
def test_a_detailed_map_of_more_than_the_limit_is_a_warning(township, height, told):
    insert_line(township, "road", line((0, 50), (100, 50)))
    insert_line(township, "water", line((0, 60), (100, 60)))
    widen(township, 5_000, height)
    problems = found(township, "P04")
    assert [problem.severity for problem in problems] == ["warning"] * told
    assert all("26.0 km²" in problem.message and "25" in problem.message for problem in problems)


def test_a_large_map_without_water_shows_not_every_element(township):
    insert_line(township, "road", line((0, 50), (100, 50)))
    widen(township, 10_000, 10_000)
    assert found(township, "P04") == []


def test_areas_apart_are_no_continuous_ground(township):
    insert_line(township, "road", line((0, 50), (100, 50)))
    insert_line(township, "water", line((0, 60), (100, 60)))
    shapes = [rectangle(0, 0, 4_000, 4_000), rectangle(9_000, 0, 13_000, 4_000)]
    with township.transaction("apart") as write:
        write.update("census_area", gpd.GeoDataFrame(index=[uid("A0"), uid("A1")], geometry=shapes, crs=CRS))
    assert found(township, "P04") == []


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [("several_houses", "open", True), ("several_houses", "settled", False), ("nominal", "open", False)],
)
def test_an_open_entry_of_several_houses_is_told(township, kind, state, told):
    entry = pd.DataFrame({"kind": [kind], "state": [state], "household_uid": [uid("HM000")]})
    with township.transaction("register") as write:
        write.insert("register", entry)
    problems = found(township, "H06")
    assert [problem.features for problem in problems] == [(uid("HM000"),)] * told
    assert all("底册.xlsx" in problem.message for problem in problems)


def test_an_open_entry_without_household_names_itself(township):
    with township.transaction("register") as write:
        write.insert("register", pd.DataFrame({"kind": ["several_houses"], "state": ["open"]}, index=[uid("entry")]))
    (problem,) = found(township, "H06")
    assert (problem.table, problem.features) == ("register", (uid("entry"),))
