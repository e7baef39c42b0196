"""What no program can do to a workspace by plain SQL: replace, renumber, slip past a lock, forge the history."""

import sqlite3
import uuid

import geopandas as gpd
import pandas as pd
import pytest

from census_map.errors import WorkspaceError
from census_map.schema import LOCKED
from census_map.workspace import Workspace
from census_map.workspace.bulk import MANY
from tests.small_township import CRS, rectangle, uid

OTHER = "11111111-2222-4333-8444-555555555555"
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
B, D, H, FREE = uid("BM000"), uid("DM000"), uid("HM000"), uid("BM010")  # in the locked mini-area M00; in the free M01
ENTRY = "history (time, action, row_table, row_uid)"
NUMBER = "(SELECT fid FROM {} WHERE uid = '{}')"


@pytest.fixture
def file(township: Workspace):
    """The township with its first mini-area locked, closed, and opened as any program opens it."""
    with township.transaction("parts") as write:
        write.insert(
            "building_part",
            pd.DataFrame({"building_uid": [B, FREE], "mini_area_uid": [uid("M00"), uid("M01")], "name": ["a", "b"]}),
        )
    for status in range(1, LOCKED + 1):
        frame = pd.DataFrame({"status": [status]}, index=[uid("M00")])
        with township.transaction("status") as write:
            write.update("mini_area", frame)
    township.close()
    connection = sqlite3.connect(township.path, isolation_level=None)
    yield connection
    connection.close()


def content(connection: sqlite3.Connection) -> list[str]:
    return [line for line in connection.iterdump() if line.startswith("INSERT") and "sqlite_" not in line]


def refused(connection: sqlite3.Connection, statements: tuple[str, ...]) -> str:
    """Run statements as one change; gives the refusal, and sees that nothing is left of them."""
    before = content(connection)
    connection.execute("BEGIN")
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.IntegrityError as error:
        connection.execute("ROLLBACK")
        assert content(connection) == before
        return str(error)
    connection.execute("ROLLBACK")
    return ""


ATTEMPTS = {
    "replace a locked dwelling by its number": (
        f"INSERT OR REPLACE INTO dwelling (fid, uid) VALUES ({NUMBER.format('dwelling', D)}, '{OTHER}')",
    ),
    "replace a locked dwelling by its identifier": (f"INSERT OR REPLACE INTO dwelling (uid) VALUES ('{D}')",),
    "upsert a locked dwelling": (
        f"INSERT INTO dwelling (uid) VALUES ('{D}') ON CONFLICT (uid) DO UPDATE SET room = 'x'",
    ),
    "put another row in the place of a locked one": (
        f"UPDATE OR REPLACE dwelling SET fid = {NUMBER.format('dwelling', D)} WHERE building_uid = '{FREE}'",
    ),
    "take over a locked identifier": (f"UPDATE OR REPLACE dwelling SET uid = '{D}' WHERE building_uid = '{FREE}'",),
    "take over a locked identifier with an empty one": (
        "DROP TRIGGER dwelling_uid_insert",
        "INSERT INTO dwelling (room) VALUES ('x')",
        f"UPDATE OR REPLACE dwelling SET uid = '{D}' WHERE uid IS NULL",
    ),
    "renumber by rowid": ("UPDATE dwelling SET rowid = 99 WHERE fid = 1",),
    "renumber a building": (f"UPDATE building SET fid = 999 WHERE uid = '{B}'",),
    "a row below the numbers": (f"INSERT INTO dwelling (fid, uid) VALUES (-1, '{OTHER}')",),
    "change a building": (f"UPDATE building SET persons = 1 WHERE uid = '{B}'",),
    "rename a mini-area": (f"UPDATE mini_area SET name = 'x' WHERE uid = '{uid('M00')}'",),
    "delete a building": (f"DELETE FROM building WHERE uid = '{B}'",),
    "no status": (f"UPDATE mini_area SET status = NULL WHERE uid = '{uid('M00')}'",),
    "a broken status": (f"UPDATE mini_area SET status = 3.99, status_reason = 'x' WHERE uid = '{uid('M00')}'",),
    "a status in words": (f"UPDATE mini_area SET status = 'draft', status_reason = 'x' WHERE uid = '{uid('M00')}'",),
    "a status as bytes": (f"UPDATE mini_area SET status = x'34', status_reason = 'x' WHERE uid = '{uid('M00')}'",),
    "a status below": (f"UPDATE mini_area SET status = -1, status_reason = 'x' WHERE uid = '{uid('M00')}'",),
    "a status above": (
        f"UPDATE mini_area SET status = 5 WHERE uid = '{uid('M00')}'",
        f"UPDATE mini_area SET status = 6 WHERE uid = '{uid('M00')}'",
    ),
    "renumber a household": (f"UPDATE household SET number = 7 WHERE uid = '{H}'",),
    "detach a household": (f"UPDATE household SET dwelling_uid = NULL WHERE uid = '{H}'",),
    "lead a household away": (f"UPDATE household SET dwelling_uid = '{uid('DM010')}' WHERE uid = '{H}'",),
    "lead a household away by its building": (f"UPDATE household SET building_uid = '{FREE}' WHERE uid = '{H}'",),
    "detach, renumber, attach": (
        f"UPDATE household SET dwelling_uid = NULL WHERE uid = '{H}'",
        f"UPDATE household SET number = 7 WHERE uid = '{H}'",
        f"UPDATE household SET dwelling_uid = '{D}' WHERE uid = '{H}'",
    ),
    "delete a household": (f"DELETE FROM household WHERE uid = '{H}'",),
    "replace a household": (f"INSERT OR REPLACE INTO household (uid, number) VALUES ('{H}', 9)",),
    "rename the census area": (f"UPDATE census_area SET name = 'x' WHERE uid = '{uid('A0')}'",),
    "recode the census area": (f"UPDATE census_area SET code = 'x' WHERE uid = '{uid('A0')}'",),
    "delete the census area": (f"DELETE FROM census_area WHERE uid = '{uid('A0')}'",),
    "rename the township": ("UPDATE township SET name = 'x'",),
    "delete the township": ("DELETE FROM township",),
    "a part for a locked building": (
        f"INSERT INTO building_part (building_uid, mini_area_uid) VALUES ('{B}', '{uid('M01')}')",
    ),
    "a part of a free building in a locked mini-area": (
        f"INSERT INTO building_part (building_uid, mini_area_uid) VALUES ('{FREE}', '{uid('M00')}')",
    ),
    "the part of a locked building led away": (
        f"UPDATE building_part SET mini_area_uid = '{uid('M01')}' WHERE building_uid = '{B}'",
    ),
    "a dwelling for a locked building": (f"INSERT INTO dwelling (building_uid) VALUES ('{B}')",),
    "the coordinate system": ("UPDATE meta SET value = '4326' WHERE key = 'srs_id'",),
    "the rules": ("UPDATE meta SET value = '' WHERE key = 'profile_text'",),
    "no rules": ("DELETE FROM meta WHERE key = 'profile'",),
    "other rules in their place": ("INSERT OR REPLACE INTO meta (key, value) VALUES ('profile', 'x')",),
    "another property made the rules": (
        "INSERT INTO meta (key, value) VALUES ('x', 'y')",
        "UPDATE OR REPLACE meta SET key = 'profile_text' WHERE key = 'x'",
    ),
    "an older version": ("UPDATE meta SET value = '3' WHERE key = 'schema_version'",),
    "change the history": ("UPDATE history SET reason = 'x'",),
    "empty the history": ("DELETE FROM history",),
    "replace an entry": (
        f"INSERT OR REPLACE INTO {ENTRY.replace('(', '(fid, ')} VALUES (1, {NOW}, 'delete', 'building', 'x')",
    ),
    "push an entry aside": ("UPDATE OR REPLACE history SET fid = 2 WHERE fid = 1",),
    "an entry of another day": (
        f"INSERT INTO {ENTRY} VALUES ('2020-11-01T00:00:00.000Z', 'insert', 'building', 'x')",
    ),
    "an entry of no table": (
        f"INSERT INTO {ENTRY} VALUES ({NOW}, 'insert', 'x', 'x')",
    ),
    "an identifier with a template": ("INSERT INTO dwelling (uid) VALUES ('{{ 7 * 7 }}')",),
    "an identifier that is a number": ("INSERT INTO staff (uid) VALUES (7)",),
    "an identifier of bytes": (f"INSERT INTO staff (uid) VALUES (CAST('{OTHER}' AS BLOB))",),
    "an identifier that goes on after a zero": (f"INSERT INTO staff (uid) VALUES ('{OTHER}' || char(0) || 'x')",),
    "an identifier in braces": (f"INSERT INTO staff (uid) VALUES ('{{{OTHER}}}')",),
    "an identifier without dashes": (f"INSERT INTO staff (uid) VALUES ('{OTHER.replace('-', '0')}')",),
    "an identifier of dashes": (f"INSERT INTO staff (uid) VALUES ('{'-' * 36}')",),
}  # fmt: skip


@pytest.mark.parametrize("statements", ATTEMPTS.values(), ids=list(ATTEMPTS))
@pytest.mark.parametrize("recursive", [False, True], ids=["as it comes", "with recursive triggers"])
def test_it_is_refused_in_the_words_of_the_file(file, statements, recursive):
    file.execute(f"PRAGMA recursive_triggers = {recursive}")
    assert refused(file, statements).startswith("[")


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO staff (uid) VALUES ('{OTHER}')",
        f"INSERT INTO staff (uid) VALUES ('{OTHER.upper().replace('1', 'A')}')",
        "INSERT INTO staff (uid) VALUES ('')",
        f"UPDATE household SET h2a = 3, presence = 'here' WHERE uid = '{H}'",
        f"UPDATE household SET building_uid = '{B}' WHERE uid = '{H}'",
        f"UPDATE household SET dwelling_uid = '{uid('DM001')}' WHERE uid = '{H}'",
        f"UPDATE census_area SET note = 'x' WHERE uid = '{uid('A0')}'",
        f"UPDATE census_area SET name = 'x' WHERE uid = '{uid('A1')}'",
        f"UPDATE mini_area SET status = 0, status_reason = 'wrong border' WHERE uid = '{uid('M00')}'",
        "INSERT INTO meta (key, value) VALUES ('x', 'y')",
    ],
)
def test_what_is_allowed_still_is(file, statement):
    assert refused(file, (statement,)) == ""


def test_a_status_that_is_no_number_may_be_mended_to_a_draft(file):
    file.execute("DROP TRIGGER mini_area_status_number")
    file.execute(f"UPDATE mini_area SET status = 0.5 WHERE uid = '{uid('M01')}'")
    assert refused(file, (f"UPDATE mini_area SET status = 1 WHERE uid = '{uid('M01')}'",)).startswith("[status]")
    file.execute(f"UPDATE mini_area SET status = 0, status_reason = 'mended' WHERE uid = '{uid('M01')}'")


def outline(workspace: Workspace, shape) -> None:
    frame = gpd.GeoDataFrame(geometry=[shape], index=[uid("A0")], crs=CRS)
    with workspace.transaction("outline") as write:
        write.update("census_area", frame)


@pytest.mark.usefixtures("file")
def test_a_census_area_with_a_lock_takes_corners_and_no_other_shape(township):
    with Workspace.open(township.path) as workspace:
        whole = workspace.read("census_area").geometry[uid("A0")]
        outline(workspace, whole.segmentize(50))
        now = workspace.read("census_area").geometry[uid("A0")]
        assert len(now.geoms[0].exterior.coords) > len(whole.geoms[0].exterior.coords)
        for shape in (whole, whole.buffer(1), rectangle(0, 0, 399, 200).segmentize(10), None):
            with pytest.raises(WorkspaceError, match="holds a locked"):
                outline(workspace, shape)


@pytest.mark.parametrize("rows", [3, MANY], ids=["few", "many"])
def test_identifiers_that_are_no_uuids_are_refused_however_many(township, rows):
    frame = pd.DataFrame({"room": "1", "uid": [str(uuid.uuid4()) for _row in range(rows - 1)] + ["{{ x }}"]})
    with pytest.raises(WorkspaceError, match="UUID") as caught, township.transaction("test") as write:
        write.insert("dwelling", frame)
    assert "{{" not in str(caught.value)
