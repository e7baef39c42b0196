"""Counts of mini-areas with divided buildings, household numbers, and who enumerates: rules S01, S03, S05."""

import pandas as pd
import pytest

from census_map.checks import run_checks
from census_map.schema import HOUSEHOLD_CLASS
from tests.small_township import name_of, uid

MINIS = ("M00", "M01", "M10", "M11")


def found(township, rule):
    return run_checks(township, [rule])


def insert(township, table, frame):
    with township.transaction("more") as write:
        write.insert(table, frame)


def divide(township, building, **persons):
    """Cut a building into parts, one for each mini-area named."""
    rows = {
        "building_uid": uid(building),
        "mini_area_uid": [uid(mini) for mini in persons],
        "persons": pd.array(list(persons.values()), dtype="Int64"),
    }
    insert(township, "building_part", pd.DataFrame(rows, index=[uid(f"part of {mini}") for mini in persons]))


def test_parts_of_a_building_count_where_they_belong(township):
    divide(township, "BM000", M00=10, M01=120)
    (few,) = found(township, "S01")
    assert [name_of(row) for row in few.features] == ["M00"]
    assert "140" in few.message
    assert "200" in few.message


def test_a_part_that_makes_its_mini_area_too_large_is_told(township):
    divide(township, "BM000", M00=90, M01=200)
    (many,) = found(township, "S01")
    assert [name_of(row) for row in many.features] == ["M01"]
    assert "460" in many.message
    assert "400" in many.message


def test_parts_that_keep_the_band_are_left_alone(township):
    divide(township, "BM000", M00=80, M01=50)
    assert found(township, "S01") == []


def test_parts_without_counts_share_what_is_left(township):
    divide(township, "BM000", M00=None, M01=50)
    assert found(township, "S01") == []


def fill_with_households(township, count, kind):
    rows = {"kind": "family", "class": kind, "h2a": 0, "building_uid": uid("BM000"), "source": "底册"}
    insert(township, "household", pd.DataFrame(rows, index=[uid(f"more {n}") for n in range(count)]))


@pytest.mark.parametrize("kind", [kind for kind, _title in HOUSEHOLD_CLASS])
def test_a_thousand_households_are_too_many_unless_they_need_no_number(township, kind):
    fill_with_households(township, 1000, kind)
    problems = found(township, "S03")
    assert [problem.features for problem in problems] == ([] if kind in {4, 8} else [(uid("M00"),)])
    assert all("1002" in problem.message and "998" in problem.message for problem in problems)


def test_exactly_as_many_households_as_numbers_are_left_alone(township):
    fill_with_households(township, 996, 1)
    assert found(township, "S03") == []


def employ(township, **people):
    """Enter staff by number: `Z1=("instructor", None, ["M00"])` gives role, instructor and mini-areas."""
    index = [uid(number) for number in people]
    role, leader, _areas = zip(*people.values(), strict=True)
    rows = {"number": list(people), "role": role, "instructor_uid": [uid(name) if name else None for name in leader]}
    insert(township, "staff", pd.DataFrame(rows, index=index))
    duties = [(uid(number), uid(mini)) for number, (_role, _leader, areas) in people.items() for mini in areas]
    insert(township, "assignment", pd.DataFrame(duties, columns=["staff_uid", "mini_area_uid"]))


STAFF = {
    "Z1": ("instructor", None, []),
    "P1": ("enumerator", "Z1", ["M00"]),
    "P2": ("enumerator", "Z1", ["M01"]),
    "P3": ("enumerator", "Z1", ["M10"]),
    "P4": ("enumerator", "Z1", ["M11"]),
}


def test_a_full_staff_is_left_alone(township):
    employ(township, **STAFF)
    assert found(township, "S05") == []


def test_a_township_without_staff_is_told_once_and_nobody_is_stopped(township):
    (told,) = found(township, "S05")
    assert (told.table, told.severity) == ("township", "info")
    assert "4" in told.message


def test_an_area_without_enumerator_is_an_error(township):
    employ(township, **STAFF | {"P4": ("enumerator", "Z1", [])})
    (problem,) = found(township, "S05")
    assert (problem.features, problem.severity) == ((uid("M11"),), "error")


def test_two_enumerators_of_one_area_are_an_error_that_names_both(township):
    employ(township, **STAFF | {"P4": ("enumerator", "Z1", ["M11", "M00"])})
    (problem,) = found(township, "S05")
    assert (problem.features, problem.severity) == ((uid("M00"),), "error")
    assert "P1, P4" in problem.message


def test_an_instructor_may_enumerate_as_well(township):
    areas = {"Z1": ("instructor", None, ["M11"]), "P4": ("enumerator", "Z1", [])}
    employ(township, **STAFF | areas)
    assert found(township, "S05") == []


def test_an_instructor_of_too_few_is_a_warning(township):
    employ(township, **STAFF | {"P4": ("enumerator", None, ["M11"])})
    (problem,) = found(township, "S05")
    assert (problem.features, problem.severity) == ((uid("Z1"),), "warning")


def test_a_duty_of_somebody_who_is_gone_serves_no_area(township):
    employ(township, **STAFF)
    with township.transaction("resign") as write:
        write.delete("staff", [uid("P4")])
    assert (uid("M11"),) in [problem.features for problem in found(township, "S05") if problem.severity == "error"]
