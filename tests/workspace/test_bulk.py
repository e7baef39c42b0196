"""Many rows at once leave the same file as the same rows one by one."""

import json
import sqlite3

import pandas as pd
import pytest

from census_map.errors import WorkspaceError
from census_map.schema import LOCKED
from census_map.workspace.bulk import MANY, insert_in_blocks
from census_map.workspace.frames import row_uids
from tests.small_township import uid

HALF = MANY // 2


def households(numbers) -> pd.DataFrame:
    rows = {"kind": "family", "h2a": [number % 7 for number in numbers], "building_uid": uid("BM010")}
    return pd.DataFrame(rows, index=[uid(f"new {number}") for number in numbers])


def written(township, frame, change: str, *, step: int) -> None:
    with township.transaction("why") as write:
        for start in range(0, len(frame), step):
            getattr(write, change)("household", frame.iloc[start : start + step])


def recorded(township) -> list[tuple]:
    history = township.read("history")
    history = history[history["row_uid"].isin([uid(f"new {number}") for number in range(MANY)])]
    return list(history[["action", "row_table", "row_uid", "old", "new", "reason"]].itertuples(index=False, name=None))


def structure(township) -> set[tuple]:
    with sqlite3.connect(township.path) as file:
        return set(file.execute("SELECT type, name, sql FROM sqlite_master"))


def counted(township) -> dict[str, tuple[int, int]]:
    with sqlite3.connect(township.path) as file:
        counts = dict(file.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"))
        return {
            name: (counts[name], file.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
            for name in ("household", "history")
        }


@pytest.mark.parametrize("step", [MANY, HALF], ids=["at once", "few"])
def test_new_rows_are_recorded_and_counted(township, step):
    before = structure(township)
    written(township, households(range(MANY)), "insert", step=step)
    assert recorded(township) == [
        ("insert", "household", uid(f"new {number}"), None, None, "why") for number in range(MANY)
    ]
    assert all(count == rows for count, rows in counted(township).values())
    assert structure(township) == before


@pytest.mark.parametrize("step", [MANY, HALF], ids=["at once", "few"])
def test_changes_are_recorded_with_old_and_new_values(township, step):
    written(township, households(range(MANY)), "insert", step=MANY)
    before = structure(township)
    known = len(recorded(township))
    change = pd.DataFrame(
        {"h2a": 3, "link_state": "linked", "link_score": 0.97, "link_by_hand": True, "link_reason": '"site"'},
        index=households(range(MANY)).index,
    )
    written(township, change, "update", step=step)
    old = {"link_state": None, "link_score": None, "link_by_hand": None, "link_reason": None}
    new = {"link_state": "linked", "link_score": 0.97, "link_by_hand": 1, "link_reason": '"site"'}
    entries = recorded(township)[known:]
    assert len(entries) == MANY
    assert parsed(entries[0]) == ("update", {**old, "h2a": 0}, {**new, "h2a": 3})
    assert parsed(entries[3]) == ("update", old, new)
    assert all(count == rows for count, rows in counted(township).values())
    assert structure(township) == before


def parsed(entry: tuple) -> tuple[str, dict, dict]:
    return entry[0], json.loads(entry[3]), json.loads(entry[4])


def test_what_does_not_change_is_not_recorded(township):
    frame = households(range(MANY))
    written(township, frame, "insert", step=MANY)
    known = len(recorded(township))
    written(township, frame, "update", step=MANY)
    assert len(recorded(township)) == known


def test_a_locked_row_among_many_refuses_them_all(township):
    frame = pd.DataFrame({"status": [LOCKED], "status_reason": ["signed"]}, index=[uid("M00")])
    written(township, households(range(MANY)), "insert", step=MANY)
    with township.transaction("sign") as write:
        for status in range(1, LOCKED + 1):
            write.update("mini_area", frame.assign(status=status))
    before, known = structure(township), recorded(township)
    change = pd.DataFrame({"number": 5}, index=[*households(range(MANY)).index, uid("HM000")])
    with pytest.raises(WorkspaceError, match="locked"):
        written(township, change, "update", step=len(change))
    assert structure(township) == before
    assert recorded(township) == known
    assert township.read("household")["number"].ne(5).fillna(value=True).all()


def test_a_doubled_uid_among_many_refuses_them_all(township):
    frame = households([*range(MANY), 0])
    before = structure(township)
    with pytest.raises(WorkspaceError, match=r"\(SQLITE_CONSTRAINT_UNIQUE household\.uid\)"):
        written(township, frame, "insert", step=len(frame))
    assert structure(township) == before
    assert recorded(township) == []


def test_a_uid_that_is_not_there_is_told(township):
    written(township, households(range(MANY)), "insert", step=MANY)
    with pytest.raises(WorkspaceError, match="1 rows"):
        written(township, households(range(MANY + 1)), "update", step=MANY + 1)


@pytest.mark.parametrize("number", [0, 1, 19, 20, 47])
def test_blocks_of_rows_lose_none(number):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE pair (a INTEGER, b TEXT)")
    rows = [(row, str(row)) for row in range(number)]
    insert_in_blocks(connection, "INSERT INTO pair", {"a": [a for a, _b in rows], "b": [b for _a, b in rows]})
    assert connection.execute("SELECT a, b FROM pair ORDER BY rowid").fetchall() == rows


@pytest.mark.parametrize(
    ("a", "b"),
    [([None] * 3, ["x", None, "y"]), ([1, 2, 3], [None] * 3), ([None] * 3, [None] * 3)],
    ids=["first column empty", "second column empty", "both empty"],
)
def test_a_column_that_holds_nothing_stays_empty_and_loses_no_row(a, b):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE pair (a INTEGER UNIQUE, b TEXT)")
    connection.execute("INSERT INTO pair VALUES (1, 'earlier')")
    insert_in_blocks(connection, "INSERT OR REPLACE INTO pair", {"a": a, "b": b})
    found = connection.execute("SELECT a, b FROM pair ORDER BY rowid").fetchall()
    assert [row for row in found if row[1] != "earlier"] == list(zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([uid("a"), uid("b").upper()], True),
        ([uid("a") + uid("b")[:1], uid("b")[1:]], False),
        ([uid("a"), 7], False),
        ([uid("a"), uid("b")[:-1] + "g"], False),
        ([], False),
    ],
    ids=["uids", "cut in the wrong place", "a number among them", "no digit", "none"],
)
def test_an_index_is_kept_where_every_label_is_a_uid(labels, kept):
    found = row_uids(pd.DataFrame({"kind": "family"}, index=pd.Index(labels, dtype=object))).tolist()
    assert len(found) == len(labels)
    assert (found == labels) is (kept or not labels)
