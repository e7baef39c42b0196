"""Buildings above the maximum are named, and how to divide them is proposed; nothing is divided silently."""

import pandas as pd
import pytest

from census_map.delineate import Effort, Objective, Window, split_areas
from census_map.delineate.towers import Tower, propose_building_parts

from .conftest import make_area, make_houses

WINDOW = Window.of(300, None, None, Objective())
QUICK = Effort(proposals=60, starts=1, fast=False)


def make_units(rows):
    return pd.DataFrame(rows, columns=["entrance", "floor", "weight"])


def test_entrances_are_grouped_by_what_lives_behind_each():
    units = make_units([(str(e), f, w) for e, w in ((1, 50), (2, 100), (3, 25), (4, 125)) for f in (1, 2)])
    rows = propose_building_parts(Tower("T", 600, units=units), WINDOW)
    assert [(row["entrances"], row["floors"], row["weight"], row["basis"]) for row in rows] == [
        ("1-2", None, 300, "units"),
        ("3-4", None, 300, "units"),
    ]


def test_an_entrance_above_the_maximum_is_divided_by_floors():
    units = make_units([("1", f, 60) for f in range(1, 11)] + [("2", 1, 250)])
    rows = propose_building_parts(Tower("T", 850, units=units), WINDOW)
    assert [(row["entrances"], row["floors"], row["weight"]) for row in rows] == [
        ("1", "1-5", 300),
        ("1", "6-10", 300),
        ("2", None, 250),
    ]


def test_units_without_entrance_are_grouped_by_floor():
    units = make_units([(None, f, 100) for f in (1, 2, 3, 5, 6, 7)])
    rows = propose_building_parts(Tower("T", 600, units=units), WINDOW)
    assert [(row["floors"], row["weight"]) for row in rows] == [("1-3", 300), ("5-7", 300)]


@pytest.mark.parametrize(
    ("tower", "expected"),
    [
        (Tower("T", 900, floors=30), [("1-10", None), ("11-20", None), ("21-30", None)]),
        (Tower("T", 600, entrances=4), [(None, "1-2"), (None, "3-4")]),
        (Tower("T", 900), []),
    ],
    ids=["floors", "entrances", "nothing known"],
)
def test_without_units_floors_or_entrances_are_shared_out_evenly(tower, expected):
    rows = propose_building_parts(tower, WINDOW)
    assert [(row["floors"], row["entrances"]) for row in rows] == expected
    assert sum(row["weight"] for row in rows) == pytest.approx(tower.weight if expected else 0)


def make_town_with_tower():
    houses = make_houses(8, 6).assign(floors=2)
    houses.loc[10, ["persons", "floors"]] = (900, 30)
    return make_area(400, 300), houses


def test_tower_stays_whole_is_named_and_its_parts_are_proposed():
    areas, houses = make_town_with_tower()
    proof = split_areas(areas, houses, target=300, effort=QUICK).splits[0].proof
    assert [reason["buildings"] for reason in proof["forced"]] == [[10]]
    (proposal,) = proof["building_parts"]
    assert (proposal["building"], proposal["weight"]) == (10, 900)
    assert proposal["mini_area"] == proof["forced"][0]["part"]
    assert [row["floors"] for row in proposal["rows"]] == ["1-10", "11-20", "21-30"]


def test_dwelling_units_without_figures_count_alike_and_add_up_to_the_building():
    areas, houses = make_town_with_tower()
    units = pd.DataFrame({"building": 10, "entrance": ["1", "1", "2"] * 10, "floor": 1, "persons": None})
    proof = split_areas(areas, houses, target=300, units=units, effort=QUICK).splits[0].proof
    rows = proof["building_parts"][0]["rows"]
    assert [(row["entrances"], row["weight"]) for row in rows][-1] == ("2", 300)
    assert sum(row["weight"] for row in rows) == 900


def test_overlapping_buildings_too_heavy_together_are_proposed_apart():
    houses = make_houses(3, 1, persons=250, size=20, pitch=18)
    proof = split_areas(make_area(150, 50), houses, target=300, effort=QUICK).splits[0].proof
    assert proof["forced"][0]["buildings"] == [0, 1, 2]
    assert [row["buildings"] for row in proof["building_parts"][0]["rows"]] == [[0], [1], [2]]
