"""A foreign GeoPackage before GDAL reads it: tables are tables, views call nothing strange, counts are counted."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from census_map.errors import InputError
from census_map.i18n import _

_VIRTUAL = re.compile(r"^\s*CREATE\s+VIRTUAL\s+TABLE\b.*?\bUSING\s+[\"'\[`]?(\w+)", re.IGNORECASE | re.DOTALL)
_INDEXES = frozenset({"rtree", "rtree_i32", "fts3", "fts4", "fts5"})
_BEYOND = re.compile(r"ogr_(?:geocode|datasource_load_layers|[gs]etconfigoption)", re.IGNORECASE)  # GDAL opens none
_STEPS = 100_000  # of SQLite's machine between two looks at the clock
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class LayerTable:
    """
    What stands behind a layer.

    Attributes
    ----------
    computed
        Whether it is a view, or holds columns that are computed: reading it may take any time.
    miscounted
        Whether the file says that it holds fewer rows than it does.
    shapes
        Type of its shapes, as the file declares it in capitals; empty where it does not.
    """

    computed: bool = False
    miscounted: bool = False
    shapes: str = ""


def require_geopackage(path: Path) -> None:
    """
    Make sure that a database is a GeoPackage whose own tables are tables.

    Raises
    ------
    InputError
        It is none, damaged, in use, or reads tables through modules that reach beyond the file.
    """
    with reading(path) as file:
        rows = file.execute("SELECT type, lower(name), coalesce(sql, '') FROM sqlite_master").fetchall()
    kinds = {name: kind for kind, name, _sql in rows if kind in {"table", "view"}}
    modules = {_VIRTUAL.match(sql) for _kind, _name, sql in rows}
    strange = {found.group(1) for found in modules if found is not None and found.group(1).lower() not in _INDEXES}
    false = [name for name, kind in kinds.items() if kind == "view" and name.startswith(("gpkg_", "rtree_"))]
    calls = any(_BEYOND.search(sql) for kind, _name, sql in rows if kind in {"view", "trigger"})
    if strange or false or calls or kinds.get("gpkg_contents") != "table":
        raise InputError(_("“{file}” is no sound GeoPackage: export its layers anew from QGIS.").format(file=path.name))


def table_behind(path: Path, layer: str) -> LayerTable:
    """
    Look at the table or view behind a layer.

    Raises
    ------
    InputError
        It calls functions that reach beyond the file.
    """
    with reading(path) as file:
        quoted = '"' + layer.replace('"', '""') + '"'
        found = file.execute("SELECT type FROM sqlite_master WHERE lower(name) = lower(?)", (layer,)).fetchone()
        if found is None:
            return LayerTable()
        computed = found[0] == "view"
        if not computed:
            hidden = {row[6] for row in file.execute(f"PRAGMA table_xinfo({quoted})")}
            computed = bool(hidden & {2, 3})  # columns that are computed, when they are read or when they were written
        if computed:
            _require_plain(file, quoted, path, layer)
            return LayerTable(computed=True, shapes=_declared(file, layer))
        return LayerTable(miscounted=_is_miscounted(file, quoted, layer), shapes=_declared(file, layer))


def _declared(file: sqlite3.Connection, layer: str) -> str:
    try:
        found = file.execute(
            "SELECT upper(geometry_type_name) FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
        ).fetchone()
    except sqlite3.OperationalError:
        return ""
    return "" if found is None else str(found[0])


def number_column(path: Path, layer: str) -> str:
    """
    Name the column that numbers the rows of a table; empty where none does.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    with reading(path) as file:
        quoted = '"' + layer.replace('"', '""') + '"'
        keys = [
            row[1] for row in file.execute(f"PRAGMA table_info({quoted})") if row[5] and row[2].upper() == "INTEGER"
        ]
    return keys[0] if len(keys) == 1 else ""


def _require_plain(file: sqlite3.Connection, quoted: str, path: Path, layer: str) -> None:
    """Make sure that SQLite alone can compute a view: GDAL's own functions can read other files and ask servers."""
    try:
        file.execute(f"EXPLAIN SELECT * FROM {quoted}").fetchall()
    except sqlite3.OperationalError as error:
        raise InputError(
            _("Layer “{layer}” of “{file}” is computed by a view that is not run here: export it as a table.").format(
                layer=layer, file=path.name
            )
        ) from error


def _is_miscounted(file: sqlite3.Connection, quoted: str, layer: str) -> bool:
    """
    Tell whether the stored number of rows is less than there are; GDAL trusts it, and programs in the field forget it.

    Rows are counted only where the range of their numbers leaves a doubt: counting reads the whole file.
    """
    with suppress(sqlite3.OperationalError):  # no table of counts, where GDAL counts, or a table without numbers
        stored = file.execute(
            "SELECT feature_count FROM gpkg_ogr_contents WHERE lower(table_name) = lower(?)", (layer,)
        ).fetchone()
        if stored is None or stored[0] is None:
            return False
        first, last = file.execute(f"SELECT min(rowid), max(rowid) FROM {quoted}").fetchone()
        if isinstance(first, int) and isinstance(last, int) and stored[0] == last - first + 1:
            return False
        return bool(stored[0] != file.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0])
    return True


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """
    Open a database for reading, with an eye on the clock.

    Raises
    ------
    InputError
        It is damaged, in use, or takes too long.
    """
    end = time.monotonic() + _PATIENCE_S
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS)
            file.execute("PRAGMA trusted_schema = OFF")
            yield file
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            text = _("“{file}” is in use by another program: close it there and try again.")
            raise InputError(text.format(file=path.name)) from error
        raise InputError(
            _("“{file}” cannot be read: it is damaged, incomplete, or no map file; copy it again.").format(
                file=path.name
            )
        ) from error
