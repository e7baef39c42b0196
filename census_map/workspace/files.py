"""The file of a workspace: made, examined when it is opened, brought up to date, removed."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from pyproj import CRS

from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.profile import Profile
from census_map.schema import SCHEMA_VERSION
from census_map.workspace import geopackage
from census_map.workspace.migration import migrate
from census_map.workspace.styles import install_styles
from census_map.workspace.tables import create_tables
from census_map.workspace.triggers import create_triggers
from census_map.workspace.views import create_views


def refuse_existing(path: Path) -> None:
    """
    Refuse to write over a file.

    Raises
    ------
    WorkspaceError
        The file exists.
    """
    if path.exists():
        raise WorkspaceError(
            _("“{name}” exists already: choose another name, or move the old file away.").format(name=path.name)
        )


def remove_files(path: Path) -> None:
    """Remove an unfinished GeoPackage with its journal files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def create_file(path: Path, crs: CRS, profile: Profile, text: str) -> None:
    """Make an empty workspace with a profile, and the profile's text."""
    connection = geopackage.connect(str(path.absolute()))
    try:
        geopackage.prepare(connection)
        connection.execute(f"PRAGMA application_id = {geopackage.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {geopackage.USER_VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        geopackage.run_script(connection, geopackage.BASE_TABLES)
        srs = geopackage.register_crs(connection, crs)
        create_tables(connection, srs)
        create_views(connection, srs)
        create_triggers(connection)
        install_styles(connection, profile)
        connection.executemany(
            "INSERT INTO meta (key, value) VALUES (?, ?)",
            [
                ("schema_version", str(SCHEMA_VERSION)),
                ("srs_id", str(srs)),
                ("profile", profile.name),
                ("profile_text", text),
            ],
        )
        connection.execute("COMMIT")
    finally:
        connection.close()


def examine(connection: sqlite3.Connection, path: Path) -> CRS:
    """
    See that an open file is a whole workspace of this version, or make it one.

    Returns
    -------
    crs
        The system of its tables.

    Raises
    ------
    WorkspaceError
        Another kind of file, made by a newer version, or incomplete.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != geopackage.APPLICATION_ID or not _has_meta(
        connection
    ):
        raise WorkspaceError(
            _("“{name}” is not a workspace of Census Map: choose a file made with “census-map new”.").format(
                name=path.name
            )
        )
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if int(meta["schema_version"]) > SCHEMA_VERSION:
        raise WorkspaceError(
            _("“{name}” was made by a newer version of Census Map: update the program.").format(name=path.name)
        )
    pages, size = (connection.execute(f"PRAGMA {word}").fetchone()[0] for word in ("page_count", "page_size"))
    if not path.with_name(path.name + "-wal").exists() and path.stat().st_size < pages * size:
        raise damaged(path)
    # QGIS takes the write-ahead journal off when it closes the file; another reader may hold it just now.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    if int(meta["schema_version"]) < SCHEMA_VERSION:
        _bring_up_to_date(connection, path)
    return geopackage.registered_crs(connection, int(meta["srs_id"]))


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    try:
        migrate(connection)
    except sqlite3.OperationalError as error:
        raise WorkspaceError(
            _(
                "“{name}” is of an earlier version and cannot be brought up to date now: close it in other programs, "
                "see that its folder may be written, and open it again."
            ).format(name=path.name)
        ) from error


def _has_meta(connection: sqlite3.Connection) -> bool:
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('meta', 'mini_area', 'history')"
    return bool(connection.execute(sql).fetchone()[0] == 3)


def damaged(path: Path) -> WorkspaceError:
    """Say that a file cannot be read."""
    return WorkspaceError(
        _("“{name}” is damaged or incomplete: copy it again, or take the last good copy.").format(name=path.name)
    )
