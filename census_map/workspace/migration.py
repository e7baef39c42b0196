"""
Bring a workspace of an earlier version up to the schema of this program, when it is opened.

Versions only ever add tables and columns, so what the file holds stays as it is; views and triggers hold no data and
are made anew. An earlier program then refuses the file.
"""

import sqlite3

from census_map.i18n import _
from census_map.profile import parse_profile
from census_map.schema import LOCKED, SCHEMA_VERSION, TABLES
from census_map.workspace.seals import seal_areas
from census_map.workspace.structure import spatial_triggers
from census_map.workspace.styles import store_styles
from census_map.workspace.tables import add_column, create_table
from census_map.workspace.triggers import create_triggers, drop_triggers
from census_map.workspace.views import define_views

_SEALED = 4  # the version from which on a lock seals


def migrate(connection: sqlite3.Connection) -> None:
    """
    Add the tables and columns that the file lacks, with their triggers, titles, value lists and styles.

    One transaction: when another program holds the file, or the disk is full, it stays as it was.

    Raises
    ------
    sqlite3.Error
        The file cannot be written now.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        drop_triggers(connection)
        changed = _add_what_is_missing(connection, int(meta["srs_id"]))
        define_views(connection)
        spatial_triggers(connection)
        store_styles(connection, parse_profile(meta["profile_text"], name=meta["profile"]), changed)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),))
        create_triggers(connection)
        locked = connection.execute(f"SELECT uid FROM mini_area WHERE status >= {LOCKED} ORDER BY fid").fetchall()
        if int(meta["schema_version"]) < _SEALED:
            seal_areas(connection, [uid for (uid,) in locked], _("brought up to date"))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _add_what_is_missing(connection: sqlite3.Connection, srs: int) -> list[str]:
    changed = []
    for table in TABLES.values():
        present = {row[1] for row in connection.execute(f'PRAGMA table_info("{table.name}")')}
        if not present:
            create_table(connection, table, srs)
        missing = [column for column in table.columns if present and column.name not in present]
        for column in missing:
            add_column(connection, table, column)
        if missing or not present:
            changed.append(table.name)
    return changed
