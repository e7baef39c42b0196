"""
GeoPackage 1.3 as SQL: base tables, geometry blobs and spatial indexes, on Python's own SQLite.

One connection writes every table, so that a user's action is one transaction and every trigger fires. Layout after
OGC 12-128r17 (GeoPackage 1.3.0): clause 2.1.3 (geometry encoding), annex F.3 (R-tree) and F.9 (schema extension).
"""

import sqlite3
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.schema import TABLES

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300
OWN_SRS = 100_000  # number of a CRS that no register names
WAIT_SECONDS = 10.0  # for another program that is just writing

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_NO_GEOMETRY = (IndexError, TypeError, shapely.errors.ShapelyError)  # what reading bytes that are none ends in
_HEADER = struct.Struct("<2sBBi")
_XY_ENVELOPE, _EMPTY, _LITTLE_ENDIAN = 0x02, 0x10, 0x01

BASE_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL);
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema',
   'read-write');
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');
"""

# The standard has two more triggers that call functions, for a change of a row's number (update3, update4). Here it
# never changes, and a program without these functions could then change no row at all, not even to be told that it is
# locked; but GDAL cannot rename or delete a layer without triggers of these names.
_RTREE = {
    "rtree_{t}_{g}_insert": """CREATE TRIGGER "rtree_{t}_{g}_insert" AFTER INSERT ON "{t}"
WHEN (NEW."{g}" NOT NULL AND NOT ST_IsEmpty(NEW."{g}"))
BEGIN INSERT OR REPLACE INTO "rtree_{t}_{g}" VALUES (
  NEW."fid", ST_MinX(NEW."{g}"), ST_MaxX(NEW."{g}"), ST_MinY(NEW."{g}"), ST_MaxY(NEW."{g}")); END""",
    "rtree_{t}_{g}_update1": """CREATE TRIGGER "rtree_{t}_{g}_update1" AFTER UPDATE OF "{g}" ON "{t}"
WHEN OLD."fid" = NEW."fid" AND (NEW."{g}" NOTNULL AND NOT ST_IsEmpty(NEW."{g}"))
BEGIN INSERT OR REPLACE INTO "rtree_{t}_{g}" VALUES (
  NEW."fid", ST_MinX(NEW."{g}"), ST_MaxX(NEW."{g}"), ST_MinY(NEW."{g}"), ST_MaxY(NEW."{g}")); END""",
    "rtree_{t}_{g}_update2": """CREATE TRIGGER "rtree_{t}_{g}_update2" AFTER UPDATE OF "{g}" ON "{t}"
WHEN OLD."fid" = NEW."fid" AND (NEW."{g}" ISNULL OR ST_IsEmpty(NEW."{g}"))
BEGIN DELETE FROM "rtree_{t}_{g}" WHERE id = OLD."fid"; END""",
    "rtree_{t}_{g}_update3": """CREATE TRIGGER "rtree_{t}_{g}_update3" AFTER UPDATE ON "{t}"
WHEN OLD."fid" != NEW."fid" AND NEW."{g}" NOTNULL
BEGIN UPDATE "rtree_{t}_{g}" SET id = NEW."fid" WHERE id = OLD."fid"; END""",
    "rtree_{t}_{g}_update4": """CREATE TRIGGER "rtree_{t}_{g}_update4" AFTER UPDATE ON "{t}"
WHEN OLD."fid" != NEW."fid" AND NEW."{g}" ISNULL
BEGIN DELETE FROM "rtree_{t}_{g}" WHERE id IN (OLD."fid", NEW."fid"); END""",
    "rtree_{t}_{g}_delete": """CREATE TRIGGER "rtree_{t}_{g}_delete" AFTER DELETE ON "{t}" WHEN OLD."{g}" NOT NULL
BEGIN DELETE FROM "rtree_{t}_{g}" WHERE id = OLD."fid"; END""",
}

# GDAL keeps the row count in gpkg_ogr_contents by triggers of exactly these names.
_ROW_COUNT = {
    "trigger_insert_feature_count_{t}": """CREATE TRIGGER "trigger_insert_feature_count_{t}" AFTER INSERT ON "{t}"
BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count + 1 WHERE lower(table_name) = lower('{t}'); END""",
    "trigger_delete_feature_count_{t}": """CREATE TRIGGER "trigger_delete_feature_count_{t}" AFTER DELETE ON "{t}"
BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count - 1 WHERE lower(table_name) = lower('{t}'); END""",
}


def connect(path: str, *, write: bool = True) -> sqlite3.Connection:
    """Open a SQLite file with the geometry functions that a GeoPackage's R-tree triggers call."""
    mode = "rwc" if write else "ro"
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + f"?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=WAIT_SECONDS)
    for name, place in (("ST_MinX", 0), ("ST_MaxX", 1), ("ST_MinY", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, _bound(place), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Set the connection up; the first look into the file, which fails when it is damaged."""
    # A township's changes stay in memory until they are committed (KiB, negative by SQLite's convention).
    connection.execute("PRAGMA cache_size = -131072")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")


def register_crs(connection: sqlite3.Connection, crs: CRS) -> int:
    """Enter a CRS into the file; gives its number there."""
    authority = crs.to_authority()
    name, code = (authority[0], int(authority[1])) if authority and authority[1].isdigit() else ("NONE", OWN_SRS)
    number = code if name == "EPSG" else OWN_SRS
    connection.execute(
        "INSERT OR REPLACE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        (crs.name, number, name, code, crs.to_wkt("WKT1_GDAL"), None),
    )
    return number


def registered_crs(connection: sqlite3.Connection, number: int) -> CRS | None:
    """Read a CRS from the file; None where it is not registered."""
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (number,),
    ).fetchone()
    if row is None:
        return None
    organization, code, definition = row
    return CRS.from_user_input(definition if organization.upper() == "NONE" else f"{organization}:{code}")


def register_layer(
    connection: sqlite3.Connection, name: str, title: str, *, geometry: str | None, column: str, srs: int
) -> None:
    """Enter a table or view into the file's list of contents; `geometry` is its type, or None for a plain table."""
    kind = "features" if geometry else "attributes"
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
        (name, kind, title, srs if geometry else None),
    )
    if geometry:
        connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)", (name, column, geometry, srs))


def index_layer(connection: sqlite3.Connection, table: str, column: str | None) -> None:
    """Give a table its row counter and, with a geometry column, its R-tree."""
    if column:
        connection.execute(f'CREATE VIRTUAL TABLE "rtree_{table}_{column}" USING rtree(id, minx, maxx, miny, maxy)')
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', "
            "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
            (table, column),
        )
    connection.execute("INSERT INTO gpkg_ogr_contents VALUES (?, 0)", (table,))
    for statement in layer_triggers(table, column).values():
        connection.execute(statement)


def layer_triggers(table: str, column: str | None) -> dict[str, str]:
    """Write the statements of the triggers that keep the count of a table's rows and its R-tree, by their names."""
    templates = _ROW_COUNT | (_RTREE if column else {})
    return {name.format(t=table, g=column): sql.format(t=table, g=column) for name, sql in templates.items()}


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run several statements inside the transaction that is open (`executescript` would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def encode_geometries(shapes: Sequence[Any] | NDArray[np.object_], srs: int) -> list[bytes | None]:
    """
    Write geometries as GeoPackage blobs.

    Parameters
    ----------
    shapes
        Two-dimensional geometries or None.
    srs
        Number of their CRS in the file.

    Returns
    -------
    blobs
        Little-endian WKB behind a header with the bounds; None stays None.
    """
    array = np.asarray(shapes, dtype=object)
    envelopes = np.ascontiguousarray(shapely.bounds(array)[:, [0, 2, 1, 3]], dtype="<f8")
    full = _HEADER.pack(b"GP", 0, _LITTLE_ENDIAN | _XY_ENVELOPE, srs)
    empty = _HEADER.pack(b"GP", 0, _LITTLE_ENDIAN | _EMPTY, srs)
    missing, bare = shapely.is_missing(array), shapely.is_empty(array)
    return [
        None if none else (empty + wkb if nothing else full + envelope.tobytes() + wkb)
        for none, nothing, envelope, wkb in zip(
            missing, bare, envelopes, shapely.to_wkb(array, byte_order=1), strict=True
        )
    ]


def decode_geometries(blobs: Sequence[bytes | None]) -> NDArray[np.object_]:
    """Read geometries from GeoPackage blobs; None stays None."""
    wkb = np.array([None if blob is None else blob[_header_bytes(blob) :] for blob in blobs], dtype=object)
    shapes: NDArray[np.object_] = shapely.from_wkb(wkb)
    return shapes


def readable_geometries(table: str, blobs: Sequence[bytes | None]) -> NDArray[np.object_]:
    """
    Read the geometries of a table that another program may have written.

    Raises
    ------
    WorkspaceError
        One is none; its row is told.
    """
    try:
        return decode_geometries(blobs)
    except _NO_GEOMETRY as error:
        row = next(place for place, blob in enumerate(blobs, start=1) if not _is_readable(blob))
        text = _("Row {row} of “{table}” holds no shape: another program wrote it; draw it anew in QGIS.")
        raise WorkspaceError(
            text.format(row=row, table=_(TABLES[table].title) if table in TABLES else table)
        ) from error


def _is_readable(blob: bytes | None) -> bool:
    try:
        decode_geometries([blob])
    except _NO_GEOMETRY:
        return False
    return True


def _header_bytes(blob: bytes) -> int:
    return 8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7]


def _is_empty(blob: bytes | None) -> int | None:
    return None if blob is None else int(bool(blob[3] & _EMPTY))


def _bound(place: int) -> Any:
    little, big = struct.Struct("<4d"), struct.Struct(">4d")

    def bound(blob: bytes | None) -> float | None:
        if blob is None:
            return None
        if (blob[3] >> 1) & 7:
            values = (little if blob[3] & _LITTLE_ENDIAN else big).unpack_from(blob, 8)
            return float(values[place])
        west, south, east, north = shapely.bounds(shapely.from_wkb(blob[8:]))
        return float((west, east, south, north)[place])

    return bound
