"""What the file itself refuses and remembers, whichever program writes."""

import json
import sqlite3
import uuid

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from census_map.errors import WorkspaceError
from census_map.i18n import set_language
from census_map.schema import LOCKED
from census_map.workspace import Workspace
from tests.small_township import CRS, rectangle, uid


def set_status(workspace: Workspace, name: str, status: int, reason: str | None = None) -> None:
    frame = pd.DataFrame({"status": [status], "status_reason": [reason]}, index=[uid(name)])
    with workspace.transaction("status") as write:
        write.update("mini_area", frame)


@pytest.fixture
def locked(township):
    """The township with its first mini-area locked."""
    for status in range(1, LOCKED + 1):
        set_status(township, "M00", status)
    return township


def row(table_name: str, **values) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in values.items()}, index=[uid(table_name)])


def house() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"mini_area_uid": [uid("M00")]}, geometry=[rectangle(150, 150, 160, 160)], crs=CRS)


@pytest.mark.parametrize(
    "change",
    [
        lambda write: write.update("mini_area", row("M00", name="新名")),
        lambda write: write.update(
            "mini_area", gpd.GeoDataFrame(geometry=[rectangle(0, 0, 199, 200)], index=[uid("M00")], crs=CRS)
        ),
        lambda write: write.delete("mini_area", [uid("M00")]),
        lambda write: write.update("mini_area", row("M00", status=0, status_reason="why", name="other")),
        lambda write: write.insert("building", house()),
        lambda write: write.update("building", row("BM000", floors=7)),
        lambda write: write.update("building", row("BM000", mini_area_uid=None)),
        lambda write: write.update("building", row("BM010", mini_area_uid=uid("M00"))),
        lambda write: write.delete("building", [uid("BM000")]),
        lambda write: write.update("dwelling", row("DM000", state="vacant")),
        lambda write: write.insert("dwelling", pd.DataFrame({"building_uid": [uid("BM000")]})),
        lambda write: write.delete("dwelling", [uid("DM000")]),
        lambda write: write.update("household", row("HM000", number=77)),
        lambda write: write.delete("household", [uid("HM000")]),
        lambda write: write.delete("census_area", [uid("A0")]),
        lambda write: write.update("census_area", row("A0", code="1")),
    ],
    ids=[
        "rename", "reshape", "delete", "unlock-and-rename", "new-building", "change-building", "take-building-out",
        "put-building-in", "delete-building", "change-dwelling", "new-dwelling", "delete-dwelling",
        "renumber-household", "delete-household", "delete-census-area", "recode-census-area",
    ],
)  # fmt: skip
def test_locked_rows_refuse(locked, change):
    history = len(locked.read("history"))
    with pytest.raises(WorkspaceError, match="locked"), locked.transaction("change") as write:
        change(write)
    assert len(locked.read("history")) == history


def test_a_refusal_of_a_workspace_made_in_english_is_told_in_chinese(locked):
    try:
        set_language("zh_CN")
        with pytest.raises(WorkspaceError, match="普查小区已锁定"), locked.transaction("change") as write:
            write.update("mini_area", row("M00", name="x"))
    finally:
        set_language("en")


def test_other_rows_stay_free(locked):
    with locked.transaction("change") as write:
        write.update("building", row("BM010", floors=7))
        write.update("household", row("HM000", h2a=3))
        write.update("mini_area", row("M01", name="x"))
    assert locked.read("building").at[uid("BM010"), "floors"] == 7


def test_a_locked_area_is_submitted_or_opened_with_a_reason(locked):
    with pytest.raises(WorkspaceError, match="reason"):
        set_status(locked, "M00", 0)
    with pytest.raises(WorkspaceError, match="reason"):
        set_status(locked, "M00", 0, "  ")
    set_status(locked, "M00", 5)
    set_status(locked, "M00", 0, "边界画错")
    with pytest.raises(WorkspaceError, match="reason"):
        set_status(locked, "M01", -1)
    with locked.transaction("now free") as write:
        write.update("building", row("BM000", floors=7))


def test_no_level_is_skipped(township):
    with pytest.raises(WorkspaceError, match="one level after the other"):
        set_status(township, "M00", 2)
    with pytest.raises(WorkspaceError, match="draft"), township.transaction("new") as write:
        write.insert("mini_area", gpd.GeoDataFrame({"status": [4]}, geometry=[rectangle(0, 0, 1, 1)], crs=CRS))


def test_an_old_reason_does_not_count_twice(township):
    set_status(township, "M00", 1)
    set_status(township, "M00", 0, "wrong")
    with township.transaction("up") as write:
        write.update("mini_area", row("M00", status=1))
    with pytest.raises(WorkspaceError, match="new reason"), township.transaction("down") as write:
        write.update("mini_area", row("M00", status=0))


def test_identifiers_do_not_change(township):
    file = sqlite3.connect(township.path)
    with pytest.raises(sqlite3.IntegrityError, match="identifier"):
        file.execute("UPDATE dwelling SET uid = 'x' WHERE fid = 1")
    file.close()


def test_rows_of_other_programs_get_an_identifier_and_a_status(township):
    file = sqlite3.connect(township.path)
    file.execute("INSERT INTO dwelling (room) VALUES ('101')")
    file.execute("INSERT INTO staff (name) VALUES ('甲')")
    file.commit()
    file.close()
    rows = township.read("dwelling", where="building_uid IS NULL")
    assert uuid.UUID(rows.index[0]).version == 4
    entry = township.read("history").iloc[-2]
    assert (entry["action"], entry["row_table"], entry["row_uid"]) == ("insert", "dwelling", rows.index[0])
    assert pd.isna(entry["reason"])


def test_history_holds_what_changed_and_why(township):
    before = township.read("building").loc[uid("BM000")]
    moved = gpd.GeoDataFrame(
        {"floors": [3], "address": ["东华路1号"]}, geometry=[rectangle(1, 1, 5, 5)], index=[uid("BM000")], crs=CRS
    )
    with township.transaction("走访更正") as write:
        write.update("building", moved)
        write.delete("building", [uid("BM001")])
    update, delete = (entry for _place, entry in township.read("history").iloc[-2:].iterrows())
    old, new = json.loads(update["old"]), json.loads(update["new"])
    assert set(old) == {"floors", "geometry"}
    assert (old["floors"], new["floors"]) == (None, 3)
    assert shapely.from_wkb(bytes.fromhex(old["geometry"])[40:]).equals(before["geometry"])
    assert update["reason"] == delete["reason"] == "走访更正"
    gone = json.loads(delete["old"])
    assert (gone["uid"], gone["number"], gone["address"]) == (uid("BM001"), 2, "东华路1号")
    assert pd.isna(delete["new"])


def test_a_change_of_nothing_leaves_no_trace(township):
    history = len(township.read("history"))
    with township.transaction("same") as write:
        write.update("building", row("BM000", persons=130))
    assert len(township.read("history")) == history


def test_history_cannot_be_changed(township):
    file = sqlite3.connect(township.path)
    for statement in ("DELETE FROM history", "UPDATE history SET reason = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="history"):
            file.execute(statement)
    file.close()
