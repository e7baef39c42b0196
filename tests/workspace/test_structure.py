"""Guards that another program took away come back and that is said; what somebody put into the file is refused."""

import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import WorkspaceError
from census_map.i18n import set_language
from census_map.schema import LOCKED
from census_map.workspace import Workspace
from tests.small_township import CRS, fill, uid


@pytest.fixture
def path(township: Workspace) -> Path:
    """The township with its first mini-area locked, closed."""
    for status in range(1, LOCKED + 1):
        with township.transaction("status") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("M00")]))
    township.close()
    return township.path


def run(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()


def structure(path: Path) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(path)
    try:
        sql = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY 1, 2"
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


EVIL = "BEGIN DELETE FROM building; END"
FOREIGN = {
    "a trigger of signing": f"CREATE TRIGGER x AFTER UPDATE OF status ON mini_area {EVIL}",
    "a trigger of the history": f"CREATE TRIGGER x AFTER INSERT ON HISTORY {EVIL}",
    "a trigger of the list of contents": f"CREATE TRIGGER x AFTER UPDATE ON gpkg_contents {EVIL}",
    "a trigger of the styles": f"CREATE TRIGGER x AFTER INSERT ON layer_styles {EVIL}",
    "a trigger of a property": f"CREATE TRIGGER x AFTER UPDATE ON meta {EVIL}",
    "a trigger of a summary": f"CREATE TRIGGER x INSTEAD OF UPDATE ON building_summary {EVIL}",
    "a trigger named like GDAL's": f"CREATE TRIGGER rtree_building_geometry_update6 AFTER UPDATE ON building {EVIL}",
    "a view": "CREATE VIEW x AS SELECT * FROM building",
    "a unique index": "CREATE UNIQUE INDEX x ON dwelling (room, fid)",
    "an index that computes": "CREATE INDEX x ON dwelling (abs(floor))",
}


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=list(FOREIGN))
def test_what_is_not_of_the_program_is_refused_by_name(path, statement):
    run(path, statement)
    with pytest.raises(WorkspaceError, match=r"not of Census Map.*“(x|rtree_building_geometry_update6)”"):
        Workspace.open(path)


LOSSES = {
    "gone": ("DROP TRIGGER building_lock_delete",),
    "turned round": (
        "DROP TRIGGER history_no_delete",
        f"CREATE TRIGGER history_no_delete BEFORE DELETE ON history {EVIL}",
    ),
    "switched off": (
        "DROP TRIGGER building_lock_update",
        "CREATE TRIGGER building_lock_update BEFORE UPDATE ON building WHEN 0 BEGIN SELECT 1; END",
    ),
    "rewritten": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '>= 4', '>= 9') WHERE name = 'building_lock_update'",
    ),
    "another view": (
        "DROP VIEW mini_area_summary",
        "CREATE VIEW mini_area_summary AS SELECT fid AS OGC_FID, * FROM mini_area",
    ),
    "a table for a view": (
        "DROP VIEW building_summary",
        "CREATE TABLE building_summary (OGC_FID INTEGER PRIMARY KEY, uid TEXT)",
    ),
    "renamed there and back": (
        "DROP TRIGGER building_replace",
        "ALTER TABLE building RENAME TO house",
        "ALTER TABLE house RENAME TO building",
    ),
}


@pytest.mark.parametrize("statements", LOSSES.values(), ids=list(LOSSES))
def test_guards_and_summaries_come_back_and_that_is_said(path, statements):
    before = structure(path)
    run(path, *statements)
    with Workspace.open(path) as workspace:
        assert "made anew" in workspace.notices[0]
        assert len(workspace.read("building_summary")) == 8
        with pytest.raises(WorkspaceError, match="locked"), workspace.transaction("test") as write:
            write.update("building", pd.DataFrame({"floors": [2]}, index=[uid("BM000")]))
    assert structure(path) == before
    with Workspace.open(path) as workspace:
        assert workspace.notices == ()


def test_a_workspace_of_another_language_is_whole(tmp_path):
    set_language("zh_CN")
    try:
        with Workspace.create(tmp_path / "w.gpkg", crs=CRS) as workspace:
            fill(workspace)
    finally:
        set_language("en")
    before = structure(tmp_path / "w.gpkg")
    with Workspace.open(tmp_path / "w.gpkg") as workspace:
        assert workspace.notices == ()
    assert structure(tmp_path / "w.gpkg") == before
    assert any("锁定" in sql for _kind, _name, sql in before)


def test_guards_that_are_changed_while_the_file_is_open_are_noticed(path):
    with Workspace.open(path) as workspace:
        run(path, FOREIGN["a trigger of signing"])
        with pytest.raises(WorkspaceError, match="meanwhile"), workspace.transaction("test") as write:
            write.update("mini_area", pd.DataFrame({"status": [1]}, index=[uid("M01")]))
        assert len(workspace.read("building")) == 8


def test_what_other_programs_add_for_themselves_stays(path):
    run(
        path,
        "CREATE TABLE own (fid INTEGER PRIMARY KEY, name TEXT UNIQUE)",
        "CREATE TRIGGER own_insert AFTER INSERT ON own BEGIN UPDATE own SET name = 'x'; END",
        "CREATE INDEX by_room ON dwelling (room)",
    )
    with Workspace.open(path) as workspace:
        assert workspace.notices == ()


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE dwelling", "ALTER TABLE staff DROP COLUMN note", "ALTER TABLE road RENAME TO street"],
)
def test_a_lost_table_or_column_is_named(path, statement):
    run(path, "DROP TRIGGER IF EXISTS staff_history_update", "DROP TRIGGER IF EXISTS staff_history_delete", statement)
    with pytest.raises(WorkspaceError, match=r"has lost (its table|the column) “(Dwelling units|note|Roads)”"):
        Workspace.open(path)


def test_rows_that_came_without_guards_are_named_or_filled(path):
    run(
        path,
        *(f"DROP TRIGGER {name}" for name in ("dwelling_replace", "dwelling_uid_insert", "dwelling_history_insert")),
        *("DROP TRIGGER mini_area_status_number", "DROP TRIGGER mini_area_status_up"),
        "INSERT INTO dwelling (uid) VALUES ('{{ 7 * 7 }}')",
        "INSERT INTO dwelling (room) VALUES ('101')",
        f"UPDATE mini_area SET status = 0.5 WHERE uid = '{uid('M01')}'",
    )
    with Workspace.open(path) as workspace:
        said = " ".join(workspace.notices)
        assert "1 row had no identifier" in said
        assert "Dwelling units: the identifier is no UUID in the row 9" in said
        assert "Mini-areas: the status is no number from 0 to 5 in the row 2" in said
        assert "{{" not in said
        with pytest.raises(WorkspaceError, match=r"“status” holds no number in 1 row \(the 2th\)"):
            workspace.read("mini_area")
    with Workspace.open(path) as workspace:
        assert any("no UUID" in notice for notice in workspace.notices)


def test_a_file_that_cannot_be_mended_now_is_not_opened_without_its_guards(path):
    run(path, "DROP TRIGGER building_lock_delete")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("census_map.workspace.geopackage.WAIT_SECONDS", 0.05)
            with pytest.raises(WorkspaceError, match="cannot be made anew now"):
                Workspace.open(path)
    finally:
        holder.close()


def test_the_command_line_says_what_was_mended(path, capsys, monkeypatch):
    from census_map.cli import main  # noqa: PLC0415  what loads the verbs

    monkeypatch.setenv("CENSUS_MAP_LANG", "en")
    run(path, "DROP TRIGGER building_lock_delete")
    main(["check", str(path), "--rule", "G01"])
    assert "! 1 guard" in capsys.readouterr().err


def test_a_copy_by_gdal_gets_its_guards_and_summaries_back(path, tmp_path):
    ogr = pytest.importorskip("osgeo.gdal")
    ogr.UseExceptions()
    copy = tmp_path / "copy.gpkg"
    ogr.VectorTranslate(str(copy), str(path), format="GPKG")
    assert not [name for kind, name, _sql in structure(copy) if name.endswith("_lock_update")]
    with Workspace.open(path) as old, Workspace.open(copy) as new:
        assert "made anew" in new.notices[0]
        for table in ("building", "building_summary", "mini_area_summary", "household"):
            assert (
                new.read(table)
                .drop(columns="geometry", errors="ignore")
                .equals(old.read(table).drop(columns="geometry", errors="ignore"))
            )
        with pytest.raises(WorkspaceError, match="locked"), new.transaction("test") as write:
            write.update("building", pd.DataFrame({"floors": [2]}, index=[uid("BM000")]))
    # GDAL has triggers of its own for tiles, and counts rows in its own words.
    assert {row[:2] for row in structure(path)} <= {row[:2] for row in structure(copy)}


@pytest.mark.parametrize("how", ["rename", "delete and come back", "overwrite"])
def test_what_gdal_does_to_a_layer_is_mended_and_said(path, tmp_path, how):
    ogr = pytest.importorskip("osgeo.ogr")
    gdal = pytest.importorskip("osgeo.gdal")
    ogr.UseExceptions()
    gdal.UseExceptions()
    original = Path(shutil.copy(path, tmp_path / "original.gpkg"))
    before = structure(path)
    if how == "overwrite":
        gdal.VectorTranslate(str(path), str(original), layers=["building"], accessMode="overwrite")
    elif how == "rename":
        file = ogr.Open(str(path), update=1)
        file.GetLayerByName("building").Rename("house")
        file.GetLayerByName("house").Rename("building")
        del file
    else:
        file = ogr.Open(str(path), update=1)
        file.DeleteLayer("building")
        del file
        with pytest.raises(WorkspaceError, match="has lost its table “Buildings”"):
            Workspace.open(path)
        gdal.VectorTranslate(str(path), str(original), layers=["building"], accessMode="update")
    with Workspace.open(path) as workspace:
        assert len(workspace.read("building")) == 8
        with pytest.raises(WorkspaceError, match="locked"), workspace.transaction("test") as write:
            write.delete("building", [uid("BM000")])
    assert [row[:2] for row in structure(path)] == [row[:2] for row in before]
