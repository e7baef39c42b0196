"""The file of a workspace: made, examined when it is opened, brought up to date, removed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyproj import CRS

from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.profile import Profile
from census_map.schema import SCHEMA_VERSION
from census_map.workspace import geopackage
from census_map.workspace.migration import migrate
from census_map.workspace.structure import compare, refuse_foreign, refuse_incomplete, restore, unfit_rows
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


def examine(connection: sqlite3.Connection, path: Path) -> tuple[CRS, tuple[str, ...]]:
    """
    See that an open file is a whole workspace of this version, or make it one.

    Returns
    -------
    crs, notices
        The system of its tables; what had to be mended, and what is wrong with its rows, in words.

    Raises
    ------
    WorkspaceError
        Another kind of file, made by a newer version, incomplete, or with triggers and views of somebody else.
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
    refuse_foreign(connection, path.name)
    if int(meta["schema_version"]) < SCHEMA_VERSION:
        text = _(
            "“{name}” is of an earlier version and cannot be brought up to date now: close it in other programs, see "
            "that its folder may be written, and open it again."
        )
        with _writable(path, text):
            migrate(connection)
    refuse_incomplete(connection, path.name)
    notices = _made_whole(connection, path)
    crs = geopackage.registered_crs(connection, int(meta["srs_id"]))
    if crs is None:
        raise damaged(path)
    return crs, (*notices, *unfit_rows(connection))


def _made_whole(connection: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """Restore guards and summaries; where only counters are wrong and nothing can be written, that may wait."""
    found = compare(connection)
    if not (found.missing or found.counting):
        return ()
    text = _(
        "Guards of “{name}” are missing or were changed, and cannot be made anew now: close it in other programs, see "
        "that its folder may be written, and open it again."
    )
    notices: tuple[str, ...] = ()
    with _writable(path, text) if found.missing else suppress(sqlite3.OperationalError):
        connection.execute("BEGIN IMMEDIATE")
        try:
            notices = restore(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    return notices


@contextmanager
def _writable(path: Path, text: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise WorkspaceError(text.format(name=path.name)) from error


def _has_meta(connection: sqlite3.Connection) -> bool:
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('meta', 'mini_area', 'history')"
    return bool(connection.execute(sql).fetchone()[0] == 3)


def damaged(path: Path) -> WorkspaceError:
    """Say that a file cannot be read."""
    return WorkspaceError(
        _("“{name}” is damaged or incomplete: copy it again, or take the last good copy.").format(name=path.name)
    )
