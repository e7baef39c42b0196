"""What is marked on a building against who lives there, and names of sensitive sites: rules B05, B07 and H07."""

import pandas as pd
import pytest

from census_map.checks import run_checks
from tests.small_township import name_of, uid


def change(township, table, row, **values):
    with township.transaction("spoil") as write:
        write.update(table, pd.DataFrame({name: [value] for name, value in values.items()}, index=[uid(row)]))


def features(township, rule):
    return [(problem.table, name_of(row)) for problem in run_checks(township, [rule]) for row in problem.features]


def test_a_building_marked_as_uninhabited_with_a_household_is_told(township):
    change(township, "building", "BM000", inhabited=False)
    assert features(township, "B05") == [("building", "BM000")]


@pytest.mark.parametrize("mark", [True, None])
def test_a_building_with_a_household_that_says_nothing_else_is_left_alone(township, mark):
    change(township, "building", "BM000", inhabited=mark)
    assert features(township, "B05") == []


def test_an_uninhabited_building_with_a_nominal_registration_is_left_alone(township):
    change(township, "building", "BM000", inhabited=False)
    change(township, "household", "HM000", **{"class": 4, "h2a": 0})
    assert features(township, "B05") == []


@pytest.mark.parametrize(("mark", "told"), [(True, [("building", "BM000")]), (False, []), (None, [])])
def test_a_building_marked_as_inhabited_with_nobody_is_told(township, mark, told):
    change(township, "building", "BM000", inhabited=mark)
    change(township, "dwelling", "DM000", state="vacant")
    change(township, "household", "HM000", dwelling_uid=uid("DM001"))
    assert features(township, "B05") == told


def test_an_empty_room_marked_as_lived_in_is_told_by_its_own_rule_alone(township):
    change(township, "building", "BM000", inhabited=True)
    change(township, "household", "HM000", dwelling_uid=uid("DM001"))
    assert features(township, "B05") == []
    assert features(township, "H02") == [("dwelling", "DM000")]


@pytest.fixture
def barracks(township):
    """A sensitive site of one dwelling unit, without name and address."""
    change(township, "building", "BM000", sensitive=True, address=None)
    return township


@pytest.mark.parametrize("room", ["101", "3单元402室", "乙", "A座12", "东侧", "Room 12b", "B1F"])
def test_numbers_of_a_sensitive_site_are_left_alone(barracks, room):
    change(barracks, "dwelling", "DM000", room=room)
    assert features(barracks, "B07") == []


@pytest.mark.parametrize("column", ["room", "entrance"])
@pytest.mark.parametrize("name", ["通信连宿舍", "警卫中队101", "Guards 3"])
def test_a_room_called_by_the_name_of_its_unit_is_told_without_the_name(barracks, column, name):
    change(barracks, "dwelling", "DM000", **{column: name})
    (problem,) = run_checks(barracks, ["B07"])
    assert (problem.table, problem.features) == ("dwelling", (uid("DM000"),))
    assert name not in problem.message


def test_a_part_with_a_name_is_told_only_in_a_sensitive_site(barracks):
    for building in ("BM000", "BM001"):
        part = {"building_uid": [uid(building)], "mini_area_uid": [uid("M00")], "name": ["一大队"]}
        with barracks.transaction("divide") as write:
            write.insert("building_part", pd.DataFrame(part, index=[uid(f"part of {building}")]))
    (problem,) = run_checks(barracks, ["B07"])
    assert (problem.table, problem.features) == ("building_part", (uid("part of BM000"),))
    assert "一大队" not in problem.message


def test_an_ordinary_building_may_have_names(township):
    change(township, "dwelling", "DM000", room="物业办公室")
    assert features(township, "B07") == []


def divide(township, households, persons):
    rows = {
        "building_uid": uid("BM000"),
        "mini_area_uid": [uid("M00"), uid("M01")],
        "households": pd.array(households, dtype="Int64"),
        "persons": pd.array(persons, dtype="Int64"),
    }
    with township.transaction("divide") as write:
        write.insert("building_part", pd.DataFrame(rows, index=[uid("part 1"), uid("part 2")]))


def test_parts_that_add_up_are_left_alone(township):
    divide(township, [1, 0], [100, 30])
    assert features(township, "H07") == []
    assert township.read("mini_area_summary")["persons"].sum() == township.read("building_summary")["persons"].sum()


@pytest.mark.parametrize(
    ("households", "persons"),
    [
        ([1, 0], [100, 20]),
        ([1, 0], [100, 40]),
        ([1, 1], [100, 30]),
        ([None, None], [None, None]),
        ([1, 0], [130, None]),
    ],
    ids=["fewer persons", "more persons", "more households", "none noted", "one not noted"],
)
def test_parts_that_do_not_add_up_are_an_error_with_both_figures(township, households, persons):
    divide(township, households, persons)
    total = sum(count or 0 for count in persons)
    problems = run_checks(township, ["H07"])
    told = (sum(count or 0 for count in households), total) != (1, 130)
    assert [problem.features for problem in problems] == [(uid("BM000"),)] * told
    assert all("130" in problem.message and str(total) in problem.message for problem in problems)


def test_what_a_building_does_not_know_is_not_compared(township):
    change(township, "household", "HM000", dwelling_uid=uid("DM001"))
    change(township, "building", "BM000", households=None, persons=None)
    divide(township, [2, 3], [9, 8])
    assert features(township, "H07") == []
