"""Mending the borders of mini-areas: proposals in words, applied in one step, nothing lost and no container moved."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from census_map.checks import run_checks
from census_map.cli import main
from census_map.coverage import is_exact
from census_map.coverage.proposal import KINDS_BY_RULE
from census_map.errors import EditRefused, InputError
from census_map.mending import apply_mends, first_mends, propose_mends
from census_map.progress import last_change
from census_map.undo import take_back
from census_map.workspace import Workspace
from tests.small_township import CRS, fill, rectangle, uid


@pytest.fixture
def township(tmp_path):
    with Workspace.create(tmp_path / "t.gpkg", crs=CRS) as workspace:
        fill(workspace)
        yield workspace


def draw(workspace, **shapes):
    rows = {uid(name): shape for name, shape in shapes.items()}
    with workspace.transaction("draw") as write:
        write.update("mini_area", gpd.GeoDataFrame(geometry=list(rows.values()), index=list(rows), crs=CRS))


def mendings(workspace):
    problems = run_checks(workspace, KINDS_BY_RULE)
    return problems, propose_mends(workspace, problems)


def mend(workspace):
    _problems, found = mendings(workspace)
    return apply_mends(workspace, first_mends(found))


def exact(workspace) -> bool:
    return is_exact(workspace.read("mini_area"), workspace.read("census_area"))


def state(workspace) -> str:
    rows = {table: workspace.read(table).to_wkb(hex=True) for table in ("mini_area", "census_area", "building")}
    return json.dumps({table: frame.astype(str).to_dict() for table, frame in rows.items()}, sort_keys=True)


def test_a_sound_township_has_nothing_to_mend(township):
    assert mendings(township) == ([], {})


def test_a_gap_is_offered_to_its_neighbours_with_what_each_gains(township):
    draw(township, M00=rectangle(0, 0, 190, 200))
    (problem,), found = mendings(township)
    mending = found[problem.id]
    assert problem.rule == "G03"
    assert {mend.title for mend in mending.mends} >= {"Give to 001", "Give to 002"}
    assert "gains 2,000 m²" in mending.mends[0].effect
    assert mending.mends[0].place.area == pytest.approx(2000)


def test_mending_a_gap_leaves_an_exact_coverage_and_every_record(township):
    before = township.read("census_area").geometry
    draw(township, M00=rectangle(0, 0, 190, 200))
    done = mend(township)
    assert (done.mended, done.left) == (1, 0)
    assert exact(township)
    assert len(township.read("mini_area")) == 4
    after = township.read("census_area").geometry
    assert all(after[name].symmetric_difference(before[name]).area == 0 for name in before.index)


def test_an_overlap_says_who_keeps_it_and_how_many_people_change(township):
    # The corner of the census area at 200 m stays a corner of the first mini-area, which reaches 95 m too far.
    places = [(0, 0), (200, 0), (295, 0), (295, 200), (200, 200), (0, 200)]
    draw(township, M00=shapely.Polygon([(500_000 + x, 3_500_000 + y) for x, y in places]))
    (problem,), found = mendings(township)
    keeps = {mend.title: mend.effect for mend in found[problem.id].mends}
    assert set(keeps) == {"Give to 001", "Give to 002"}
    assert "keeps it" in keeps["Give to 001"]
    assert "260 persons" in keeps["Give to 001"]


def test_buildings_follow_the_ground_that_is_given_away(township):
    draw(township, M01=rectangle(390, 0, 400, 200))
    (problem,), found = mendings(township)
    west = next(mend for mend in found[problem.id].mends if mend.title == "Give to 001")
    apply_mends(township, [west])
    assert exact(township)
    homes = township.read("building")["mini_area_uid"]
    assert (homes == uid("M00")).sum() == 4
    assert (homes == uid("M01")).sum() == 0


def test_ground_outside_the_census_area_is_cut_off(township):
    draw(township, M11=rectangle(600, 0, 810, 200))
    done = mend(township)
    assert (done.mended, done.left) == (1, 0)
    assert exact(township)


def test_corner_points_are_inserted_where_they_are_missing(township):
    shape = township.read("mini_area").geometry[uid("M00")]
    draw(township, M00=shapely.segmentize(shape, 50))
    problems, _found = mendings(township)
    assert {problem.rule for problem in problems} == {"G06"}
    assert mend(township).left == 0
    assert exact(township)


def test_all_that_is_chosen_is_mended_in_one_step_that_can_be_taken_back(township):
    draw(township, M00=rectangle(0, 0, 190, 200), M11=rectangle(600, 0, 810, 200))
    before, change = state(township), last_change(township.path)
    done = mend(township)
    assert (done.mended, done.left) == (2, 0)
    assert exact(township)
    take_back(township, change, last_change(township.path), reason="back")
    assert state(township) == before


def test_two_mini_areas_on_the_same_ground_are_left_to_her(township):
    draw(township, M00=rectangle(200, 0, 400, 200))
    problems, found = mendings(township)
    double = next(problem for problem in problems if problem.rule == "G01")
    assert found[double.id].mends == ()
    assert "delete the other" in found[double.id].why_not


def test_a_locked_mini_area_is_not_touched_and_the_reason_is_said(township):
    draw(township, M00=rectangle(0, 0, 190, 200))
    for name in ("M00", "M01"):
        for level in (1, 2, 3, 4):
            with township.transaction("sign") as write:
                write.update("mini_area", pd.DataFrame({"status": [level]}, index=[uid(name)]))
    (problem,), found = mendings(township)
    # A new mini-area between the two would touch neither.
    assert [mend.title for mend in found[problem.id].mends] in ([], ["New mini-area"])
    if not found[problem.id].mends:
        assert "locked" in found[problem.id].why_not


def test_before_they_have_numbers_mini_areas_are_told_by_their_side(township):
    with township.transaction("no codes") as write:
        minis = township.read("mini_area", columns=["code"])
        write.update("mini_area", minis.assign(code=None))
    draw(township, M00=rectangle(0, 0, 190, 200))
    (problem,), found = mendings(township)
    assert {"Give to the one in the west", "Give to the one in the east"} <= {
        mend.title for mend in found[problem.id].mends
    }


def test_an_undivided_census_area_is_not_mended_but_divided(township):
    with township.transaction("remove") as write:
        write.update(
            "building", township.read("building", columns=["code"]).assign(mini_area_uid=None)[["mini_area_uid"]]
        )
        write.delete("mini_area", [uid("M10"), uid("M11")])
    (problem,), found = mendings(township)
    assert found[problem.id].mends == ()
    assert "not divided yet" in found[problem.id].why_not


def test_faults_that_are_gone_are_refused_in_words(township):
    draw(township, M00=rectangle(0, 0, 190, 200))
    _problems, found = mendings(township)
    chosen = first_mends(found)
    apply_mends(township, chosen)
    with pytest.raises(EditRefused, match="not there any more"):
        apply_mends(township, chosen)


def test_the_verb_mends_by_rule_and_only_looks_when_asked_to(township, capsys):
    draw(township, M00=rectangle(0, 0, 190, 200))
    path = str(township.path)
    assert main(["repair", path, "--rule", "G03", "--dry-run"]) == 1
    assert not exact(township)
    assert "1 fault can be mended" in capsys.readouterr().out
    assert main(["repair", path, "--rule", "g03"]) == 0
    assert exact(township)
    assert main(["repair", path, "--rule", "S01"]) == 2
    with pytest.raises(InputError):
        run_checks(township, ["Z99"])
