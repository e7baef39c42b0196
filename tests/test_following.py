"""Buildings and their codes follow the borders of mini-areas, whoever moved them."""

import geopandas as gpd
import pandas as pd

from census_map.checks import run_checks
from census_map.following import follow_borders
from census_map.numbering import number_workspace
from tests.small_township import AREA_CODES, CRS, rectangle, uid


def cut_in_two(workspace, name):
    """Another program gives the northern half of a mini-area to a new one, and tells nobody."""
    left = 200 if name.endswith("1") else 0
    left += 400 * int(name[1])
    half = gpd.GeoDataFrame(geometry=[rectangle(left, 0, left + 200, 100)], index=[uid(name)], crs=CRS)
    new = gpd.GeoDataFrame(
        {"census_area_uid": [uid(f"A{name[1]}")], "kind": ["ordinary"], "status": [0]},
        geometry=[rectangle(left, 100, left + 200, 200)],
        index=[uid(f"{name}new")],
        crs=CRS,
    )
    with workspace.transaction("cut") as write:
        write.update("mini_area", half)
        write.insert("mini_area", new)


def rules(workspace):
    return {problem.rule for problem in run_checks(workspace) if problem.severity == "error"}


def lock(workspace, name):
    for level in range(1, 5):
        with workspace.transaction("status") as write:
            write.update("mini_area", pd.DataFrame({"status": [level]}, index=[uid(name)]))


def test_numbering_leads_buildings_to_the_mini_area_in_which_they_lie(township):
    number_workspace(township)
    cut_in_two(township, "M00")
    assert "B01" in rules(township)
    number_workspace(township)
    assert not {"B01", "C01", "C02"} & rules(township)
    moved = township.read("building").loc[uid("BM001")]
    assert moved["mini_area_uid"] == uid("M00new")
    area = township.read("mini_area").loc[uid("M00new"), "code"]
    assert moved["code"] == f"{area}0001"


def test_following_alone_changes_nobody_elses_number(township):
    number_workspace(township)
    cut_in_two(township, "M00")
    before = township.read("building")["code"].drop(uid("BM001"))
    done = follow_borders(township)
    assert done.buildings == 1
    after = township.read("building")
    assert after.loc[uid("BM001"), "mini_area_uid"] == uid("M00new")
    assert pd.isna(after.loc[uid("BM001"), "code"])  # its mini-area has no number yet
    assert pd.isna(township.read("dwelling").loc[uid("DM001"), "code"])
    pd.testing.assert_series_equal(after["code"].drop(uid("BM001")), before)
    assert follow_borders(township).buildings == 0


def test_who_comes_takes_the_next_number_and_brings_dwellings_and_households_along(township):
    number_workspace(township)
    numbers = pd.DataFrame(
        {
            "number": [1, 1],
            "code": [f"{AREA_CODES[0]}001001", f"{AREA_CODES[0]}002001"],
        },
        index=[uid("HM000"), uid("HM010")],
    )
    with township.transaction("numbers") as write:
        write.update("household", numbers)
        wide, narrow = rectangle(0, 0, 200, 200), rectangle(200, 0, 400, 200)
        south = rectangle(0, 0, 200, 100)
        wide = wide.difference(south)
        frame = gpd.GeoDataFrame(geometry=[wide, narrow.union(south)], index=[uid("M00"), uid("M01")], crs=CRS)
        write.update("mini_area", frame)
    follow_borders(township)
    house = township.read("building").loc[uid("BM000")]
    assert (house["mini_area_uid"], house["code"]) == (uid("M01"), f"{AREA_CODES[0]}0020003")
    assert township.read("dwelling").loc[uid("DM000"), "code"] == f"{AREA_CODES[0]}00200030001"
    households = township.read("household")
    assert households.loc[uid("HM000"), "code"] == f"{AREA_CODES[0]}002003"
    assert households.loc[uid("HM010"), "code"] == f"{AREA_CODES[0]}002001"
    assert not {"B01", "C01", "C02"} & rules(township)


def test_what_a_lock_holds_stays_and_is_named(township):
    number_workspace(township)
    cut_in_two(township, "M00")
    lock(township, "M00")
    done = follow_borders(township)
    assert done.buildings == 0
    assert len(done.problems) == 1
    assert number_workspace(township).problems == done.problems + number_workspace(township).problems[1:]
    assert township.read("building").loc[uid("BM001"), "mini_area_uid"] == uid("M00")


def test_a_building_in_parts_stays_with_its_parts(township):
    number_workspace(township)
    part = pd.DataFrame({"building_uid": [uid("BM001")], "mini_area_uid": [uid("M00")]}, index=[uid("P")])
    with township.transaction("part") as write:
        write.insert("building_part", part)
    cut_in_two(township, "M00")
    assert follow_borders(township).buildings == 0


def test_household_numbers_stay_unique_when_numbering_moves_a_building(township):
    number_workspace(township)
    numbers = pd.DataFrame({"number": [1, 1]}, index=[uid("HM000"), uid("HM010")])
    with township.transaction("numbers") as write:
        write.update("household", numbers)
        frame = gpd.GeoDataFrame(
            geometry=[
                rectangle(0, 100, 200, 200),
                rectangle(200, 0, 400, 200).union(rectangle(0, 0, 200, 100)),
            ],
            index=[uid("M00"), uid("M01")],
            crs=CRS,
        )
        write.update("mini_area", frame)
    number_workspace(township)
    codes = township.read("household")["code"].dropna()
    assert codes.is_unique
    assert not {"B01", "C02"} & rules(township)
