"""Numbers in walking order that stand once a mini-area was locked."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from census_map.errors import InputError
from census_map.numbering import number_workspace, old_to_new, serpentine
from tests.small_township import AREA_CODES, CRS, name_of, rectangle, uid


def codes(workspace, table):
    rows = workspace.read(table, columns=["code"])["code"]
    return {name_of(identifier): code for identifier, code in rows.items()}


def set_status(workspace, name, *levels):
    for level in levels:
        frame = pd.DataFrame({"status": [level], "status_reason": [f"to {level}"]}, index=[uid(name)])
        with workspace.transaction("status") as write:
            write.update("mini_area", frame)


def add_buildings(workspace, name, *corners):
    frame = gpd.GeoDataFrame(
        {"mini_area_uid": [uid(name)] * len(corners)},
        geometry=[rectangle(x, y, x + 10, y + 10) for x, y in corners],
        index=[uid(f"new{x}-{y}") for x, y in corners],
        crs=CRS,
    )
    with workspace.transaction("add") as write:
        write.insert("building", frame)


@pytest.mark.parametrize(
    ("points", "order"),
    [
        ([], []),
        ([(5, 5)], [0]),
        ([(0, 0), (10, 0), (0, 10), (10, 10)], [2, 3, 1, 0]),
        ([(x, 0) for x in (3, 1, 2)], [1, 2, 0]),
        ([(0, y) for y in (1, 3, 2)], [1, 2, 0]),
        ([(x, 20 - y) for y in (0, 10, 20) for x in (0, 10, 20)], [0, 1, 2, 5, 4, 3, 6, 7, 8]),
        ([(1, 1), (1, 1)], [0, 1]),
    ],
    ids=["none", "one", "square", "row", "column", "grid", "same place"],
)
def test_serpentine_starts_in_the_north_west(points, order):
    assert serpentine(np.array(points, dtype=float).reshape(-1, 2)).tolist() == order


def test_a_numbered_township_stays_as_it_is(township):
    number_workspace(township)
    before = township.read("building")[["code", "number"]]
    done = number_workspace(township)
    assert (done.mini_areas, done.buildings, done.dwellings, done.households, done.problems) == (0, 0, 0, 0, ())
    pd.testing.assert_frame_equal(township.read("building")[["code", "number"]], before)


def test_every_code_is_its_parents_with_a_number(township):
    number_workspace(township)
    assert codes(township, "mini_area") == {
        "M00": f"{AREA_CODES[0]}001", "M01": f"{AREA_CODES[0]}002",
        "M10": f"{AREA_CODES[1]}001", "M11": f"{AREA_CODES[1]}002",
    }  # fmt: skip
    # The northern building of each mini-area comes first.
    assert codes(township, "building")["BM111"] == f"{AREA_CODES[1]}0020001"
    assert codes(township, "dwelling")["DM111"] == f"{AREA_CODES[1]}00200010001"
    assert township.read("building")["number"].tolist() == [2, 1] * 4


def test_dwellings_go_by_entrance_floor_and_room(township):
    rooms = pd.DataFrame(
        {
            "building_uid": uid("BM000"),
            "entrance": ["10", "2", "2", "2"],
            "floor": [1, 10, 2, 2],
            "room": ["101", "1001", "202", "201"],
        },
        index=[uid(f"d{i}") for i in range(4)],
    )
    with township.transaction("rooms") as write:
        write.delete("household", [uid("HM000")])
        write.delete("dwelling", [uid("DM000")])
        write.insert("dwelling", rooms)
    number_workspace(township)
    numbers = township.read("dwelling").loc[rooms.index, "number"]
    assert numbers.tolist() == [4, 3, 2, 1]


def test_before_locking_renumbering_is_free_and_remembered(township):
    number_workspace(township)
    start = len(old_to_new(township))
    add_buildings(township, "M00", (10, 180))
    number_workspace(township)
    assert township.read("building").loc[uid("new10-180"), "number"] == 1
    changes = old_to_new(township).iloc[start:]
    buildings = changes[changes["table"] == "building"].set_index("uid")
    assert buildings.loc[uid("BM001"), ["old", "new"]].tolist() == [
        f"{AREA_CODES[0]}0010001",
        f"{AREA_CODES[0]}0010002",
    ]
    assert uid("new10-180") not in buildings.index


def test_after_locking_additions_follow_and_deletions_leave_holes(township):
    number_workspace(township)
    set_status(township, "M00", 1, 2, 3, 4, 0)
    add_buildings(township, "M00", (10, 180))
    with township.transaction("gone") as write:
        write.delete("household", [uid("HM001")])
        write.delete("dwelling", [uid("DM001")])
        write.delete("building", [uid("BM001")])
    number_workspace(township)
    numbers = township.read("building")["number"]
    assert (numbers[uid("BM000")], numbers[uid("new10-180")]) == (2, 3)
    # The number of a building deleted after locking is not given again, not even the largest.
    with township.transaction("gone") as write:
        write.delete("building", [uid("new10-180")])
    add_buildings(township, "M00", (30, 180))
    number_workspace(township)
    assert township.read("building").loc[uid("new30-180"), "number"] == 4
    # Other mini-areas go on freely.
    add_buildings(township, "M10", (410, 180))
    number_workspace(township)
    assert township.read("building").loc[uid("new410-180"), "number"] == 1


def test_mini_areas_of_a_locked_census_area_keep_their_numbers(township):
    number_workspace(township)
    set_status(township, "M01", 1, 2, 3, 4)
    cut = gpd.GeoDataFrame(
        {"census_area_uid": [None, uid("A0")]},
        geometry=[rectangle(100, 0, 200, 200), rectangle(0, 0, 100, 200)],
        index=[uid("M00"), uid("M02")],
        crs=CRS,
    )
    with township.transaction("cut") as write:
        write.update("mini_area", cut.iloc[:1][["geometry"]])
        write.insert("mini_area", cut.iloc[1:])
    number_workspace(township)
    named = codes(township, "mini_area")
    assert [named[name][-3:] for name in ("M00", "M01", "M02")] == ["001", "002", "003"]


def test_locked_rows_are_left_alone(township):
    with township.transaction("bare") as write:
        write.update("dwelling", pd.DataFrame({"code": [None], "number": [None]}, index=[uid("DM000")]))
    set_status(township, "M00", 1, 2, 3, 4)
    number_workspace(township)
    assert township.read("dwelling").loc[uid("DM000"), "code"] is None


def test_virtual_mini_areas_begin_at_900(township):
    virtual = pd.DataFrame(
        {"census_area_uid": uid("A0"), "kind": "virtual", "code": [None, f"{AREA_CODES[0]}905"]},
        index=[uid("V1"), uid("V2")],
    )
    with township.transaction("virtual") as write:
        write.insert("mini_area", virtual)
    number_workspace(township)
    named = codes(township, "mini_area")
    assert (named["V1"][-3:], named["V2"][-3:], named["M01"][-3:]) == ("906", "905", "002")


def test_buildings_outside_are_told(township):
    outside = gpd.GeoDataFrame(
        {"mini_area_uid": [None]}, geometry=[rectangle(10, 300, 20, 310)], index=[uid("BM000")], crs=CRS
    )
    with township.transaction("out") as write:
        write.update("building", outside)
    done = number_workspace(township)
    assert township.read("building").loc[uid("BM000"), "code"] is None
    assert done.problems == ("buildings in no numbered mini-area: 1 row",)


def test_household_codes_follow_their_mini_area(township):
    number_workspace(township)
    with township.transaction("recode") as write:
        write.update("census_area", pd.DataFrame({"code": ["320999001009"]}, index=[uid("A0")]))
    number_workspace(township)
    assert codes(township, "household")["HM000"] == "320999001009001001"


def test_an_unknown_order_is_refused(township):
    with pytest.raises(InputError, match="spiral"):
        number_workspace(township, order="spiral")
