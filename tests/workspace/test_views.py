"""The summaries: derived, and only H2a counts people present."""

import sqlite3

import pandas as pd
import pytest

from tests.small_township import uid


def update(township, table, name, **values):
    with township.transaction("test") as write:
        write.update(table, pd.DataFrame({key: [value] for key, value in values.items()}, index=[uid(name)]))


def summary(township, view, name):
    return township.read(view).loc[uid(name)]


def test_totals_of_the_small_township(township):
    areas = township.read("census_area_summary")
    assert areas["mini_areas"].tolist() == [2, 2]
    assert areas["buildings"].tolist() == [4, 4]
    assert areas["dwellings"].tolist() == [4, 4]
    assert areas["households"].tolist() == [4, 4]
    assert areas["persons"].tolist() == [520, 520]
    assert township.read("mini_area_summary")["persons"].tolist() == [260] * 4


def test_people_who_slept_elsewhere_are_not_present(township):
    update(township, "household", "HM000", h2a=2, h2b=5)
    assert summary(township, "building_summary", "BM000")["persons"] == 2
    assert summary(township, "mini_area_summary", "M00")["persons"] == 132


def test_a_vacant_dwelling_is_no_household(township):
    update(township, "household", "HM000", **{"class": 8, "h2a": 0})
    update(township, "dwelling", "DM000", state="vacant")
    row = summary(township, "building_summary", "BM000")
    assert (row["households"], row["persons"], row["vacant"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("dwelling", "persons"), [({"persons": 7}, 7), ({"persons": None}, 130)], ids=["dwellings", "own estimate"]
)
def test_without_roster_dwellings_count_and_then_the_estimate(township, dwelling, persons):
    with township.transaction("no roster") as write:
        write.delete("household", township.read("household").index)
    update(township, "dwelling", "DM000", **dwelling)
    assert summary(township, "building_summary", "BM000")["persons"] == persons


def test_a_building_in_parts_counts_where_its_parts_are(township):
    parts = pd.DataFrame(
        {
            "building_uid": [uid("BM000")] * 2,
            "mini_area_uid": [uid("M00"), uid("M01")],
            "persons": [30, 100],
            "households": [10, 35],
        }
    )
    with township.transaction("parts") as write:
        write.insert("building_part", parts)
    assert summary(township, "mini_area_summary", "M00")["persons"] == 160
    assert summary(township, "mini_area_summary", "M01")["persons"] == 360


def test_unlinked_households_are_counted(township):
    with township.transaction("link") as write:
        households = township.read("household")
        write.update("household", pd.DataFrame({"link_state": "linked"}, index=households.index))
        write.update("household", pd.DataFrame({"link_state": ["undecided"]}, index=[uid("HM000")]))
    assert township.read("census_area_summary")["unlinked"].tolist() == [1, 0]


@pytest.mark.parametrize("view", ["building_summary", "mini_area_summary", "census_area_summary"])
def test_no_summary_walks_through_the_roster_once_for_every_building(township, view):
    with sqlite3.connect(township.path) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {view}")]
    assert any("SEARCH r USING AUTOMATIC" in step for step in plan), plan
    assert not any("LEFT-JOIN" in step and step.startswith("SCAN") for step in plan), plan
