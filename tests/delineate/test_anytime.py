"""A search that is stopped, by its caller or by its time limit, gives the best it has."""

import geopandas as gpd
import pandas as pd
import pytest

from census_map.delineate import Effort, regionalise, split_area, split_areas
from census_map.delineate.redraw import cancels
from census_map.errors import Cancelled

from .conftest import make_area, make_houses
from .test_regions import make_atoms

QUICK = Effort(proposals=100, starts=2, fast=False)


class StopAt:
    """Report that stops the work at its call number `calls` and from then on."""

    def __init__(self, calls):
        self.left = calls

    def __call__(self, _fraction, _text):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def make_three_towns():
    areas = [make_area(400, 300, label).translate(1000 * k) for k, label in enumerate("ABC")]
    houses = [make_houses(8, 6, at=(1000 * k, 0)) for k in range(3)]
    frame = gpd.GeoDataFrame(geometry=pd.concat(areas), crs="EPSG:32650")
    return frame, pd.concat(houses, ignore_index=True)


def test_cancelling_inside_an_area_returns_it_with_the_best_plan_so_far():
    areas, houses = make_three_towns()
    result = split_areas(areas, houses, target=120, effort=QUICK, report=StopAt(5))
    assert [split.area for split in result.splits] == ["A"]
    assert result.unfinished == ("B", "C")
    assert result.splits[0].proof["stopped"]
    assert not result.splits[0].proof["proven"]
    assert result.summary()["unfinished"] == ["B", "C"]
    assert result.parts["weight"].sum() == 480
    assert cancels(result.parts.geometry.to_numpy(), result.areas.geometry["A"])


def test_cancelling_between_areas_keeps_those_that_are_done():
    areas, houses = make_three_towns()
    whole = split_areas(areas, houses, target=120, effort=QUICK)

    def stop_before_the_second(fraction, _text):
        if fraction >= 1 / 3:
            raise Cancelled

    result = split_areas(areas, houses, target=120, effort=QUICK, report=stop_before_the_second)
    assert result.unfinished == ("B", "C")
    assert not result.splits[0].proof["stopped"]
    assert result.parts.geometry.iloc[0].equals(whole.parts.geometry.iloc[0])


def test_every_area_gets_a_plan_even_without_any_time():
    areas, houses = make_three_towns()
    result = split_areas(areas, houses, target=120, effort=Effort(fast=False, seconds=0.0))
    assert result.unfinished == ()
    assert all(split.proof["stopped"] for split in result.splits)
    assert result.parts["weight"].sum() == 3 * 480
    assert result.parts["weight"].between(80, 160).all()


def test_ample_time_changes_nothing():
    area, houses = make_area(400, 300).geometry.iloc[0], make_houses(8, 6)
    free = split_area(area, houses, target=120, effort=QUICK)
    timed = split_area(area, houses, target=120, effort=Effort(proposals=100, starts=2, fast=False, seconds=1e6))
    assert not timed.proof["stopped"]
    assert free.parts.geometry.to_wkb().tolist() == timed.parts.geometry.to_wkb().tolist()


@pytest.mark.parametrize("effort", [Effort(fast=False), Effort(fast=False, seconds=0.0)], ids=["cancelled", "no time"])
def test_stopped_regions_are_whole_and_in_one_piece(effort):
    atoms = make_atoms(8, 6)
    report = StopAt(1) if effort.seconds is None else StopAt(10**6)
    result = regionalise(atoms, target=300, effort=effort, report=report)
    assert result.proof[0]["stopped"]
    assert result.proof[0]["contiguous"]
    assert result.parts["weight"].sum() == atoms["persons"].sum()


@pytest.mark.parametrize("calls", [1, 15, 30, 45, 60])
def test_a_search_stopped_in_any_round_gives_the_best_of_then(calls):
    atoms = make_atoms(8, 6)
    effort = Effort(proposals=20, starts=2, rounds=2, fast=False)
    result = regionalise(atoms, target=300, effort=effort, report=StopAt(calls))
    assert result.proof[0]["stopped"]
    assert result.proof[0]["contiguous"]
    assert result.parts["weight"].tolist() == pytest.approx([300] * 8, abs=100)
