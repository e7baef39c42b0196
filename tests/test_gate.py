"""The gate: nothing goes up a level while something stands in its way, whatever ties the row to the mini-area."""

import geopandas as gpd
import pandas as pd
import pytest

from census_map.checks import run_checks
from census_map.errors import InputError, WorkspaceError
from census_map.signing import lock_areas, sign_areas, unlock_areas
from census_map.waiving import waive_problem
from tests.small_township import CRS, rectangle, uid

FIRST = "320999001001001"


def change(township, table, row, **values):
    with township.transaction("spoil") as write:
        if "geometry" in values:
            frame = gpd.GeoDataFrame({k: [v] for k, v in values.items()}, index=[uid(row)], crs=CRS)
        else:
            frame = pd.DataFrame({k: [v] for k, v in values.items()}, index=[uid(row)])
        write.update(table, frame)


def sign_to_township(township, *areas):
    for level in ("self", "instructor", "township"):
        assert not sign_areas(township, level, areas=areas or None).obstacles


def statuses(township):
    return township.read("mini_area")["status"].tolist()


def insert_household(township, **values):
    row = pd.DataFrame({"kind": ["family"], "class": [1], "h2a": [2], "source": ["底册"], "source_row": [99]} | values)
    with township.transaction("more") as write:
        write.insert("household", row.set_axis([uid("extra")]))


@pytest.mark.parametrize(
    ("table", "row", "values"),
    [
        ("building", "BM000", {"mini_area_uid": None}),
        ("building", "BM000", {"mini_area_uid": uid("M01")}),
        ("household", "HM000", {"h2a": 0}),
        ("household", "HM000", {"dwelling_uid": None}),
        ("household", "HM000", {"class": 4}),
        ("dwelling", "DM000", {"building_uid": uid("BM001")}),
        ("mini_area", "M00", {"code": "32099900100101"}),
        ("mini_area", "M00", {"geometry": rectangle(0, 0, 190, 200)}),
    ],
)
def test_an_error_however_tied_stops_the_lock(township, table, row, values):
    sign_to_township(township)
    change(township, table, row, **values)
    done = lock_areas(township, areas=["320999001001"])
    assert done.obstacles
    assert statuses(township) == [3] * 4


@pytest.mark.parametrize("level", ["self", "instructor", "township"])
def test_an_error_stops_every_step_up(township, level):
    below = {"self": (), "instructor": ("self",), "township": ("self", "instructor")}[level]
    for each in below:
        sign_areas(township, each)
    change(township, "household", "HM000", h2a=0)
    done = sign_areas(township, level, areas=[FIRST])
    assert "H04" in {problem.rule for problem in done.obstacles}
    assert statuses(township) == [len(below)] * 4


def test_a_submission_is_stopped_too(township):
    sign_to_township(township)
    lock_areas(township)
    change(township, "household", "HM000", h2a=0)
    assert sign_areas(township, "submitted", areas=[FIRST]).obstacles


def test_a_household_without_any_tie_stops_every_mini_area_of_its_census_area(township):
    insert_household(township, census_area_uid=[uid("A0")])
    assert sign_areas(township, "self", areas=["320999001001002"]).obstacles
    assert not sign_areas(township, "self", areas=["320999001002"]).obstacles


def test_a_household_of_an_unknown_village_stops_the_township(township):
    insert_household(township)
    for area in ("320999001001", "320999001002"):
        assert sign_areas(township, "self", areas=[area]).obstacles


def test_an_error_elsewhere_stops_nobody(township):
    change(township, "household", "HM110", h2a=0)
    assert not sign_areas(township, "self", areas=["320999001001"]).obstacles
    assert statuses(township) == [1, 1, 0, 0]


@pytest.fixture
def warned(township):
    """A mini-area with fewer persons than the band, and the warning."""
    for k in range(2):
        change(township, "building", f"BM00{k}", persons=1)
        change(township, "household", f"HM00{k}", h2a=1)
    (problem,) = run_checks(township, ["S01"])
    return problem


def test_a_warning_stops_until_it_is_explained(township, warned):
    assert [problem.id for problem in sign_areas(township, "self", areas=[FIRST]).obstacles] == [warned.id]
    waive_problem(township, warned.id, reason="外出打工", author="王丽")
    assert not sign_areas(township, "self", areas=[FIRST]).obstacles
    row = township.read("waiver").iloc[0]
    assert (row["reason"], row["author"], row["rule"]) == ("外出打工", "王丽", "S01")


def test_an_explanation_ends_when_the_figures_change(township, warned):
    waive_problem(township, warned.id, reason="外出打工", author="王丽")
    change(township, "household", "HM000", h2a=5)
    (again,) = run_checks(township, ["S01"])
    assert (again.id, again.severity) == (warned.id, "warning")


def test_an_explanation_outlives_signing(township, warned):
    waive_problem(township, warned.id, reason="外出打工", author="王丽")
    sign_to_township(township, FIRST)
    assert run_checks(township, ["S01"])[0].severity == "info"


def test_an_error_cannot_be_explained(township):
    change(township, "household", "HM000", h2a=0)
    (error,) = run_checks(township, ["H04"])
    with pytest.raises(InputError, match="mend it"):
        waive_problem(township, error.id, reason="x", author="y")


@pytest.mark.parametrize(
    ("problem", "reason", "author"),
    [("S01-000000000000", "x", "y"), ("nonsense", "x", "y"), (None, " ", "y"), (None, "x", "")],
    ids=["not found", "no id", "no reason", "no author"],
)
def test_what_cannot_be_explained_is_refused(township, warned, problem, reason, author):
    with pytest.raises(InputError):
        waive_problem(township, problem or warned.id, reason=reason, author=author)
    assert township.read("waiver").empty


def test_a_step_down_needs_a_reason(township):
    sign_to_township(township)
    with pytest.raises(InputError, match="reason"):
        sign_areas(township, "draft", areas=[FIRST])
    done = sign_areas(township, "self", areas=[FIRST], reason="边界要重走")
    assert done.changed == 1
    assert statuses(township) == [1, 3, 3, 3]
    assert township.read("mini_area")["status_reason"].iloc[0] == "边界要重走"


def test_what_is_locked_goes_down_by_unlocking_alone(township):
    sign_to_township(township)
    lock_areas(township)
    assert sign_areas(township, "draft", reason="so").changed == 0
    assert statuses(township) == [4] * 4
    unlock_areas(township, "边界画错", areas=[FIRST])
    assert statuses(township) == [0, 4, 4, 4]


def test_the_file_refuses_a_lock_that_skips_levels(township):
    with pytest.raises(WorkspaceError), township.transaction("skip") as write:
        write.update("mini_area", pd.DataFrame({"status": [4]}, index=[uid("M00")]))
