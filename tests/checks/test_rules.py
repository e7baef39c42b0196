"""Each rule finds the fault planted for it, with the right rows, and a clean township has none."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from census_map.checks import RULES, run_checks
from census_map.errors import InputError
from tests.small_township import CRS, name_of, rectangle, uid


def found(problems, rule):
    return [problem for problem in problems if problem.rule == rule]


def features(problems, rule):
    return {name_of(row) for problem in found(problems, rule) for row in problem.features}


def test_clean_township_has_no_problem(township):
    # Staff is entered late: that there is none is told, and stops nobody.
    assert [(problem.rule, problem.severity) for problem in run_checks(township)] == [("S05", "info")]


def test_gap_inside_is_reported_for_both_neighbours(problems_after):
    hole = rectangle(199, 90, 200, 110)
    problems = problems_after("mini_area", "M00", geometry=rectangle(0, 0, 200, 200).difference(hole))
    assert len(found(problems, "G03")) == 1
    assert features(problems, "G03") == {"M00", "M01"}
    assert found(problems, "G03")[0].geometry.area == pytest.approx(20)


def test_gap_at_the_border_is_reported(problems_after):
    notch = rectangle(50, 0, 60, 1)
    problems = problems_after("mini_area", "M00", geometry=rectangle(0, 0, 200, 200).difference(notch))
    assert features(problems, "G03") == {"M00"}
    assert found(problems, "G03")[0].geometry.area == pytest.approx(10)


def test_overlap_names_both_mini_areas(problems_after):
    bump = rectangle(200, 90, 203, 110)
    problems = problems_after("mini_area", "M00", geometry=rectangle(0, 0, 200, 200).union(bump))
    assert features(problems, "G02") == {"M00", "M01"}


def test_spill_out_of_the_township_is_reported(problems_after):
    bump = rectangle(50, 200, 60, 203)
    problems = problems_after("mini_area", "M00", geometry=rectangle(0, 0, 200, 200).union(bump))
    assert features(problems, "G04") == {"M00"}


def test_duplicate_mini_area_is_reported(township):
    twin = township.read("mini_area", where="uid = ?", parameters=(uid("M00"),)).assign(code=None)
    twin.index = [uid("M00-twin")]
    with township.transaction("spoil") as write:
        write.insert("mini_area", twin)
    assert features(run_checks(township), "G01") == {"M00", "M00-twin"}


def test_missing_mini_area_leaves_its_whole_ground_as_gap(township):
    with township.transaction("spoil") as write:
        write.delete("building", [uid("BM000"), uid("BM001")])
        write.delete("mini_area", [uid("M00")])
    gaps = found(run_checks(township), "G03")
    assert sum(problem.geometry.area for problem in gaps) == pytest.approx(200 * 200)


def test_vertex_on_one_side_only_is_reported(problems_after):
    problems = problems_after("mini_area", "M00", geometry=shapely.segmentize(rectangle(0, 0, 200, 200), 150))
    assert "M01" in features(problems, "G06")


def test_building_outside_every_census_area_is_reported(problems_after):
    problems = problems_after("building", "BM000", geometry=rectangle(-100, 0, -80, 20))
    assert features(problems, "B01") == {"BM000"}


def test_building_noted_for_another_mini_area_is_reported(problems_after):
    assert "BM000" in features(problems_after("building", "BM000", mini_area_uid="M01"), "B01")


def test_border_through_a_building_is_reported(problems_after):
    problems = problems_after("building", "BM000", geometry=rectangle(180, 40, 220, 60))
    assert features(problems, "G10") == {"BM000"}


@pytest.mark.parametrize(("east", "found_areas"), [(200, set()), (260, {"M00", "M01"})], ids=["along", "apart"])
def test_border_away_from_every_road_is_told(township, east, found_areas):
    lane = gpd.GeoDataFrame(
        {"name": ["东华巷"]}, index=[uid("R")], geometry=[rectangle(east, 0, east + 1, 200).boundary], crs=CRS
    )
    street = gpd.GeoDataFrame(
        {"name": ["西街"]}, index=[uid("S")], geometry=[rectangle(600, 0, 601, 200).boundary], crs=CRS
    )
    with township.transaction("lanes") as write:
        write.insert("road", lane)
        write.insert("road", street)
    assert features(run_checks(township, ["G09"]), "G09") == found_areas


def test_census_area_border_through_a_building_is_a_warning(problems_after):
    problems = problems_after("building", "BM010", geometry=rectangle(380, 40, 420, 60))
    assert features(problems, "G10") == {"BM010"}
    assert found(problems, "G10")[0].severity == "warning"


def test_census_area_that_reaches_outside_the_township_is_reported(problems_after):
    area = rectangle(0, 0, 400, 200).union(rectangle(100, 200, 130, 240))
    problems = found(problems_after("census_area", "A0", geometry=area), "G05")
    assert {name_of(row) for problem in problems for row in problem.features} == {"A0"}
    assert [problem.geometry.area for problem in problems] == [pytest.approx(30 * 40)]
    assert "东方花园" in problems[0].message
    assert "1,200" in problems[0].message or "0.12" in problems[0].message


def test_gap_and_overlap_of_census_areas_are_reported(problems_after):
    assert features(problems_after("census_area", "A0", geometry=rectangle(0, 0, 390, 200)), "G05") == {"A0", "A1"}
    assert features(problems_after("census_area", "A0", geometry=rectangle(0, 0, 420, 200)), "G05") == {"A0", "A1"}


def test_hole_in_the_numbers_of_mini_areas_names_the_number(problems_after):
    (problem,) = found(problems_after("mini_area", "M01", code="320999001001004"), "C04")
    assert problem.features == (uid("A0"),)
    assert "002, 003" in problem.message


def test_hole_in_the_numbers_of_buildings_names_the_number(problems_after):
    (problem,) = found(problems_after("building", "BM001", code="3209990010010010009"), "C04")
    assert problem.features == (uid("M00"),)
    assert "0002, 0003, 0004, 0005, 0006" in problem.message
    assert "2 more" in problem.message


def test_buildings_without_number_leave_no_hole(problems_after):
    assert not found(problems_after("building", "BM001", code=None), "C04")


def test_holes_are_right_after_locking(township, problems_after):
    assert features(problems_after("building", "BM001", code="3209990010010010009"), "C04") == {"M00"}
    for status in (1, 2, 3, 4):
        with township.transaction("sign") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("M00")]))
    assert not found(run_checks(township, ["C04"]), "C04")


def test_building_there_twice_is_an_error(problems_after):
    problems = problems_after("building", "BM000", geometry=rectangle(50, 120, 90, 140))
    assert features(problems, "B02") == {"BM000", "BM001"}
    assert found(problems, "B02")[0].severity == "error"


@pytest.mark.parametrize(
    "code", ["32099900100101", "32099900100X", "320999001002001"], ids=["short", "letter", "other"]
)
def test_wrong_mini_area_code_is_reported(problems_after, code):
    assert "M00" in features(problems_after("mini_area", "M00", code=code), "C01")


def test_duplicate_household_number_is_reported(problems_after):
    problems = problems_after("household", "HM001", code="320999001001001001")
    assert features(problems, "C02") == {"HM000", "HM001"}


def test_duplicate_household_number_without_code_is_reported(township):
    rows = township.read("household", where="uid IN (?, ?)", parameters=(uid("HM000"), uid("HM001")))[
        ["code", "number"]
    ].copy()
    rows["code"], rows["number"] = None, 7
    with township.transaction("spoil") as write:
        write.update("household", rows)
    assert features(run_checks(township), "C02") == {"HM000", "HM001"}


def test_household_without_dwelling_is_reported_with_its_row(problems_after):
    problems = problems_after("household", "HM000", dwelling_uid=None)
    assert features(problems, "H01") == {"HM000"}
    assert "1" in found(problems, "H01")[0].message
    assert features(problems, "H02") == {"DM000"}


def test_living_household_with_nobody_present_is_reported(problems_after):
    assert features(problems_after("household", "HM000", h2a=0), "H04") == {"HM000"}


def test_overlapping_buildings_are_a_warning(problems_after):
    problems = problems_after("building", "BM000", geometry=rectangle(50, 105, 90, 125))
    assert features(problems, "B02") == {"BM000", "BM001"}
    assert found(problems, "B02")[0].severity == "warning"


def test_written_reason_turns_a_warning_into_a_notice(township):
    with township.transaction("spoil") as write:
        write.update("building", pd.DataFrame({"persons": [1, 1]}, index=[uid("BM000"), uid("BM001")]))
        write.update("household", pd.DataFrame({"h2a": [1, 1]}, index=[uid("HM000"), uid("HM001")]))
    problem = found(run_checks(township), "S01")[0]
    with township.transaction("explain") as write:
        reason = pd.DataFrame(
            {"rule": ["S01"], "problem": [problem.id], "reason": ["village leaves in winter"]}, index=[uid("W")]
        )
        write.insert("waiver", reason)
    explained = found(run_checks(township), "S01")[0]
    assert (problem.severity, explained.severity) == ("warning", "info")
    assert "village leaves in winter" in explained.message


def test_several_parts_without_declaration_are_a_warning(township):
    minis = township.read("mini_area", where="uid IN (?, ?)", parameters=(uid("M00"), uid("M01")))[["geometry"]].copy()
    island = rectangle(300, 150, 310, 160)
    minis.loc[uid("M00"), "geometry"] = minis.geometry[uid("M00")].union(island)
    minis.loc[uid("M01"), "geometry"] = minis.geometry[uid("M01")].difference(island)
    with township.transaction("spoil") as write:
        write.update("mini_area", gpd.GeoDataFrame(minis, geometry="geometry", crs=CRS))
    problems = run_checks(township, ["G*"])
    assert features(problems, "G07") == {"M00"}
    assert {problem.rule for problem in problems} == {"G07"}


def test_problem_ids_do_not_change_between_runs(problems_after, township):
    first = problems_after("building", "BM000", geometry=rectangle(-100, 0, -80, 20))
    assert [problem.id for problem in first] == [problem.id for problem in run_checks(township)]


def test_unknown_rule_is_refused(township):
    with pytest.raises(InputError, match="Z99"):
        run_checks(township, ["Z99"])


def test_rules_are_those_of_the_domain():
    assert all(rule.id[0] in "GCSBHP" and rule.severity in {"error", "warning", "info"} for rule in RULES.values())
