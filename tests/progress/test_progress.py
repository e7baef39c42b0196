"""Where the work stands."""

from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import WorkspaceError
from census_map.progress import Step, last_change, next_step, remember, steps_done, work_steps
from census_map.workspace import Workspace


def _step(workspace: Workspace, key: str) -> Step:
    return next(step for step in work_steps(workspace.path) if step.key == key)


def _give_codes(workspace: Workspace) -> None:
    with workspace.transaction("test") as write:
        for table, digits in (("mini_area", 15), ("building", 19)):
            rows = workspace.read(table, columns=["code"])
            codes = [f"{number:0{digits}d}" for number in range(1, len(rows) + 1)]
            write.update(table, pd.DataFrame({"code": codes}, index=rows.index))


def test_an_empty_workspace_asks_for_census_areas_first(empty):
    following = next_step(work_steps(empty.path))
    assert following is not None
    assert (following.key, following.verb) == ("areas", "add_areas")
    assert [step.key for step in work_steps(empty.path)] == [
        "areas",
        "split",
        "buildings",
        "number",
        "roster",
        "check",
        "print",
        "export",
    ]


def test_undivided_census_areas_are_counted_and_named(township):
    split = _step(township, "split")
    assert (split.state, split.count) == ("open", "0/2")
    assert split.targets == ("320999001001", "320999001002")
    assert "东" in split.action
    assert next_step(work_steps(township.path)) == split


def test_a_census_area_with_a_mini_area_counts_as_divided(divided):
    split = _step(divided, "split")
    assert (split.state, split.count, split.targets) == ("done", "2/2", ())
    assert next_step(work_steps(divided.path)).key == "number"


def test_numbering_is_done_when_every_row_has_its_code(divided):
    assert _step(divided, "number").count == "0 %"
    _give_codes(divided)
    assert _step(divided, "number").state == "done"


@pytest.mark.parametrize(
    ("states", "state", "count", "verb"),
    [
        (["linked", "linked"], "done", "100 %", "import"),
        (["linked", None], "open", "50 %", "link"),
        (["linked", "elsewhere"], "done", "100 %", "import"),
        (["linked", "linked", "undecided"], "problems", "66 %", "decide"),
        (["linked", "missed_building"], "problems", "50 %", "decide"),
    ],
    ids=["all", "not tried", "settled elsewhere", "to be decided", "missed"],
)
def test_the_roster_is_done_when_every_household_is_accounted_for(divided, states, state, count, verb):
    with divided.transaction("test") as write:
        write.insert("household", pd.DataFrame({"link_state": states}))
    roster = _step(divided, "roster")
    assert (roster.state, roster.count, roster.verb) == (state, count, verb)


def test_a_missed_building_makes_marking_a_problem_again(divided):
    with divided.transaction("test") as write:
        write.insert("household", pd.DataFrame({"link_state": ["missed_building"]}))
    assert _step(divided, "buildings").state == "problems"


def test_a_share_is_never_100_per_cent_while_one_is_missing(divided):
    with divided.transaction("test") as write:
        write.insert("household", pd.DataFrame({"link_state": ["linked"] * 999 + ["undecided"]}))
    assert _step(divided, "roster").count == "99 %"


def test_a_check_is_remembered_until_something_changes(divided):
    remember(divided, "check", errors=0, warnings=2)
    assert (_step(divided, "check").state, "2" in _step(divided, "check").count) == ("done", True)
    _give_codes(divided)
    assert _step(divided, "check").state == "open"


def test_errors_of_the_check_are_a_problem_and_keep_the_package_a_draft(divided):
    remember(divided, "check", errors=3)
    check = _step(divided, "check")
    assert (check.state, check.verb) == ("problems", "show")
    assert "3" in check.count
    assert _step(divided, "export").state == "open"


def test_printing_and_handing_in_are_done_until_something_changes(divided):
    remember(divided, "print", sheets=2)
    remember(divided, "export")
    assert _step(divided, "print").state == "done"
    assert _step(divided, "export").state == "done"
    before = last_change(divided.path)
    _give_codes(divided)
    assert last_change(divided.path) > before
    assert _step(divided, "print").state == "open"
    assert _step(divided, "export").state == "open"


def test_all_done_leaves_nothing_to_continue_with(divided):
    _give_codes(divided)
    with divided.transaction("test") as write:
        write.insert("household", pd.DataFrame({"link_state": ["linked"]}))
    remember(divided, "check", errors=0)
    remember(divided, "print", sheets=2)
    remember(divided, "export")
    steps = work_steps(divided.path)
    assert steps_done(steps) == 8
    assert next_step(steps) is None


@pytest.mark.parametrize("content", [None, b"not a database" * 100], ids=["missing", "damaged"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content):
    path = tmp_path / "东华.gpkg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match="东华"):
        work_steps(path)
