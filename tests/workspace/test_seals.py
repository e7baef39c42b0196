"""What is changed behind the guards after locking is named row by row; what only moves the bytes is not."""

import json
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from census_map.checks import run_checks
from census_map.schema import LOCKED
from census_map.signing import lock_areas, sign_areas, unlock_areas
from census_map.workspace import Workspace
from census_map.workspace.geopackage import connect
from tests.small_township import AREA_CODES, uid

FIRST = f"{AREA_CODES[0]}001"
B, D, H = uid("BM000"), uid("DM000"), uid("HM000")


def signature(key: str):
    return lambda text: f"{key}:{hash((key, text))}"


@pytest.fixture(params=[None, "key"], ids=["plain", "keyed"])
def sign(request):
    return signature(request.param) if request.param else None


def lock(workspace: Workspace, sign=None) -> None:
    for level in ("self", "instructor", "township"):
        sign_areas(workspace, level, areas=[FIRST])
    frame = pd.DataFrame({"status": [LOCKED]}, index=[uid("M00")])
    with workspace.transaction("locked") as write:
        write.update("mini_area", frame)
        write.seal([uid("M00")], sign)


@pytest.fixture
def path(township: Workspace, sign) -> Path:
    """The township with one mini-area locked and sealed, closed."""
    lock(township, sign)
    township.close()
    return township.path


def behind_the_guards(path: Path, *statements: str) -> None:
    """Change the file as somebody does who takes its triggers away and puts them back."""
    connection = connect(str(path))
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(statement)
    for _name, sql in triggers:
        connection.execute(sql)
    connection.close()


def found(path: Path, sign=None) -> set[tuple[str, str]]:
    with Workspace.open(path) as workspace:
        assert workspace.notices == ()
        problems = run_checks(workspace, ["H03"], sign=sign)
        assert all(problem.as_json()["rule"] == "H03" for problem in problems)
        return {(problem.table, problem.features[0]) for problem in problems if problem.severity != "info"}


SHAPED = "UPDATE {table} SET geometry = (SELECT geometry FROM {table} WHERE uid = '{other}') WHERE uid = '{uid}'"
CHANGES = {
    "a building": (f"UPDATE building SET persons = 1 WHERE uid = '{B}'", {("building", B)}),
    "a shape": (SHAPED.format(table="building", uid=B, other=uid("BM001")), {("building", B)}),
    "a building gone": (
        f"DELETE FROM building WHERE uid = '{B}'",
        {("building", B), ("dwelling", D), ("household", H)},
    ),
    "a building led away": (
        f"UPDATE building SET mini_area_uid = '{uid('M01')}' WHERE uid = '{uid('BM001')}'",
        {("building", uid("BM001")), ("dwelling", uid("DM001")), ("household", uid("HM001"))},
    ),
    "a building added": (
        f"UPDATE building SET mini_area_uid = '{uid('M00')}' WHERE uid = '{uid('BM010')}'",
        {("building", uid("BM010")), ("dwelling", uid("DM010"))},
    ),
    "a dwelling": (f"UPDATE dwelling SET state = 'vacant' WHERE uid = '{D}'", {("dwelling", D)}),
    "a household's number": (f"UPDATE household SET number = 9 WHERE uid = '{H}'", {("household", H)}),
    "a household gone": (f"DELETE FROM household WHERE uid = '{H}'", {("household", H)}),
    "a household detached": (f"UPDATE household SET dwelling_uid = NULL WHERE uid = '{H}'", {("household", H)}),
    "the mini-area": (f"UPDATE mini_area SET name = 'x' WHERE uid = '{uid('M00')}'", {("mini_area", uid("M00"))}),
    "the census area": (f"UPDATE census_area SET name = 'x' WHERE uid = '{uid('A0')}'", {("census_area", uid("A0"))}),
    "its outline": (
        SHAPED.format(table="census_area", uid=uid("A0"), other=uid("A1")),
        {("census_area", uid("A0"))},
    ),
    "the township": ("UPDATE township SET name = 'x'", {("township", uid("T"))}),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), CHANGES.values(), ids=list(CHANGES))
def test_a_row_that_was_changed_after_locking_is_named(path, sign, statement, named):
    assert found(path, sign) == set()
    behind_the_guards(path, statement)
    assert found(path, sign) == named


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET reason = 'x' WHERE fid = 3",
        "DELETE FROM history WHERE fid = 3",
        "UPDATE history SET time = '2020-11-01T00:00:00.000Z' WHERE fid = 3",
        "UPDATE history SET new = json_set(new, '$.rows.building', json('{}')) WHERE action = 'seal'",
        "INSERT INTO history (fid, time, action, row_table, row_uid) VALUES (0, 'x', 'insert', 'staff', 'x')",
    ],
    ids=["a reason", "an entry gone", "a day", "a seal", "an entry before all others"],
)
def test_a_history_that_was_changed_is_found(path, sign, statement):
    behind_the_guards(path, statement)
    assert any(table in {"mini_area", "census_area", "township"} for table, _uid in found(path, sign))


@pytest.mark.parametrize(("old", "new"), [(4, 0), (0, 4), (3, 4)])
def test_a_status_that_the_history_makes_up_is_found(path, sign, old, new):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(
        "INSERT INTO history (time, action, row_table, row_uid, old, new) VALUES "
        "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'update', 'mini_area', ?, ?, ?)",
        (uid("M00"), json.dumps({"status": old}), json.dumps({"status": new})),
    )
    connection.close()
    assert ("mini_area", uid("M00")) in found(path, sign)


def test_a_seal_made_anew_without_the_key_is_found(township):
    sign = signature("key")
    lock(township, sign)
    township.close()
    behind_the_guards(township.path, f"UPDATE building SET persons = 1 WHERE uid = '{B}'")
    connection = connect(str(township.path))
    connection.execute("DROP TRIGGER history_no_delete")
    connection.execute("DELETE FROM history WHERE action = 'seal'")
    connection.close()
    with Workspace.open(township.path) as workspace, workspace.transaction("forged") as write:
        write.seal([uid("M00")], signature("another key"))
    assert found(township.path) == set()  # without the key nobody can tell
    assert ("mini_area", uid("M00")) in found(township.path, sign)


def test_a_plain_seal_is_told_where_the_key_is_at_hand(township):
    lock(township)
    problems = run_checks(township, ["H03"], sign=signature("key"))
    assert {problem.severity for problem in problems} == {"info"}


def test_what_only_moves_the_bytes_breaks_no_seal(path, sign, tmp_path):
    gdal = pytest.importorskip("osgeo.gdal")
    gdal.UseExceptions()
    copy = tmp_path / "copy.gpkg"
    shutil.copy(path, copy)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("VACUUM")
    connection.close()
    assert found(copy, sign) == set()
    written = tmp_path / "written.gpkg"
    gdal.VectorTranslate(str(written), str(path), format="GPKG")
    with Workspace.open(written) as workspace:
        assert workspace.notices  # its guards were made anew
    assert found(written, sign) == set()


def test_the_field_goes_on_counting(path, sign):
    with Workspace.open(path) as workspace, workspace.transaction("count") as write:
        write.update("household", pd.DataFrame({"h2a": [7], "presence": ["here"]}, index=[H]))
        late = pd.DataFrame({"dwelling_uid": [D], "number": [3], "census_area_uid": [uid("A0")]})
        write.insert("household", late)
    assert found(path, sign) == set()


def test_unlocked_and_locked_again_is_sealed_anew(path, sign):
    with Workspace.open(path) as workspace:
        unlock_areas(workspace, "wrong border", areas=[FIRST])
        with workspace.transaction("mended") as write:
            write.update("building", pd.DataFrame({"persons": [131]}, index=[B]))
        lock(workspace, sign)
    assert found(path, sign) == set()


def test_a_lock_of_another_program_is_a_warning(township):
    for status in range(1, LOCKED + 1):
        with township.transaction("status") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("M00")]))
    problem = run_checks(township, ["H03"])[0]
    assert (problem.severity, problem.features) == ("warning", (uid("M00"),))


def test_locking_seals(township):
    for level in ("self", "instructor", "township"):
        sign_areas(township, level, areas=[FIRST])
    done = lock_areas(township, areas=[FIRST])
    if not done.obstacles:
        seal = json.loads(township.read("history", where="action = 'seal'")["new"].iloc[-1])
        assert set(seal["rows"]["building"]) == {uid("BM000"), uid("BM001")}
    assert run_checks(township, ["H03"]) == []


def test_corners_on_a_sealed_outline_are_no_change(path, sign):
    with Workspace.open(path) as workspace:
        whole = workspace.read("census_area").loc[[uid("A0")], ["geometry"]]
        with workspace.transaction("corners") as write:
            write.update("census_area", whole.assign(geometry=whole.geometry.segmentize(50)))
    assert found(path, sign) == set()
