"""A workspace of an earlier version is brought up to date when it is opened; what it holds stays."""

import sqlite3

import pandas as pd
import pytest

from census_map.errors import WorkspaceError
from census_map.schema import SCHEMA_VERSION, TABLES
from census_map.workspace import Workspace
from census_map.workspace.geopackage import connect
from tests.small_township import uid

_NEW_COLUMNS = ("presence", "reporting", "births", "deaths", "moved_in", "moved_out")


@pytest.fixture
def first_version(township):
    """The township as version 1 wrote it: without the registers, the visits and the columns they fill."""
    township.close()
    connection = connect(str(township.path))
    for name in ("household_history_insert", "household_history_update", "household_history_delete"):
        connection.execute(f'DROP TRIGGER "{name}"')
    for name in _NEW_COLUMNS:
        connection.execute(f"ALTER TABLE household DROP COLUMN {name}")
        connection.execute("DELETE FROM gpkg_data_columns WHERE table_name = 'household' AND column_name = ?", (name,))
    for name in ("visit", "register"):
        connection.execute(f"DROP TABLE {name}")
        for table in ("gpkg_contents", "gpkg_data_columns", "gpkg_ogr_contents"):
            connection.execute(f"DELETE FROM {table} WHERE table_name = ?", (name,))
        connection.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (name,))
    for name in ("presence", "reporting"):
        constraint = f"household_{name}"
        connection.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name = ?", (constraint,))
    connection.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name LIKE 'visit_%'")
    connection.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name LIKE 'register_%'")
    connection.execute("DROP VIEW building_summary")
    connection.execute("CREATE VIEW building_summary AS SELECT fid AS OGC_FID, * FROM building")
    connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    connection.close()
    return township.path


def test_an_older_file_gains_what_it_lacks_and_loses_nothing(first_version, tmp_path):
    with sqlite3.connect(first_version) as raw:
        before = raw.execute("SELECT uid, code, number, h2a, source_row FROM household ORDER BY fid").fetchall()
        history = raw.execute("SELECT count(*) FROM history").fetchone()[0]
    raw.close()
    with Workspace.open(first_version) as workspace:
        assert workspace.meta["schema_version"] == str(SCHEMA_VERSION)
        for table in TABLES.values():
            workspace.read(table.name)
        rows = workspace.read("household")
        kept = rows.reset_index()[["uid", "code", "number", "h2a", "source_row"]].astype(object)
        assert kept.where(kept.notna(), None).to_numpy().tolist() == [list(row) for row in before]
        assert len(workspace.read("history")) == history
        with workspace.transaction("test") as write:
            write.update("household", pd.DataFrame({"presence": ["here"]}, index=rows.index[:1]))
        assert "presence" in workspace.read("history")["new"].iloc[-1]
    with Workspace.create(tmp_path / "fresh.gpkg") as fresh:
        new = _layout(fresh.path)
    assert _layout(first_version) == new


def _layout(path):
    """Tables with their columns, triggers, titles, value lists and styles."""
    connection = sqlite3.connect(path)
    try:
        kinds = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        kinds += connection.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchall()
        columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in TABLES}
        described = connection.execute("SELECT table_name, column_name, title FROM gpkg_data_columns").fetchall()
        values = connection.execute("SELECT constraint_name, value FROM gpkg_data_column_constraints").fetchall()
        styles = connection.execute("SELECT f_table_name, styleName FROM layer_styles").fetchall()
        return [sorted(kinds), columns, sorted(described), sorted(values), sorted(styles)]
    finally:
        connection.close()


def test_a_file_that_another_program_holds_stays_as_it_is(first_version, monkeypatch):
    monkeypatch.setattr("census_map.workspace.geopackage.WAIT_SECONDS", 0.05)
    holder = sqlite3.connect(first_version, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorkspaceError, match="close it in other programs"):
        Workspace.open(first_version)
    holder.execute("ROLLBACK")
    holder.close()
    with Workspace.open(first_version) as workspace:
        assert workspace.read("visit").empty


def test_identifiers_of_the_township_stay(first_version):
    with Workspace.open(first_version) as workspace:
        assert uid("M00") in workspace.read("mini_area").index
