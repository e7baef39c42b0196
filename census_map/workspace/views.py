"""
The summary views: one truth, derived by SQL and shown by any program that reads the file.

People present are counted by H2a alone (docs/rules.md H08). A building counts its roster households once any is linked
to it; before that its dwelling units; before those its own estimate.
"""

import sqlite3

from census_map.i18n import _
from census_map.schema import GEOMETRY, VIEWS, View
from census_map.workspace.geopackage import register_layer
from census_map.workspace.tables import describe_columns

_VACANT_CLASS = 8

# What the roster and the dwelling units say of each building: one pass over each table, however many buildings. SQLite
# looks a computed column up in an index of its own making only when a cast gives it a type.
_ROSTER = f"""
  SELECT CAST(coalesce(h.building_uid, d.building_uid) AS TEXT) AS building_uid,
    sum(h.class IS NOT {_VACANT_CLASS}) AS households,
    coalesce(sum(CASE WHEN h.class IS NOT {_VACANT_CLASS} THEN h.h2a END), 0) AS persons
  FROM household AS h LEFT JOIN dwelling AS d ON d.uid = h.dwelling_uid
  WHERE coalesce(h.building_uid, d.building_uid) IS NOT NULL GROUP BY 1"""
_UNITS = """
  SELECT building_uid, count(*) AS units, sum(state IS 'vacant') AS vacant, sum(households) AS households,
    sum(persons) AS persons
  FROM dwelling WHERE building_uid IS NOT NULL GROUP BY building_uid"""


def _counted(column: str) -> str:
    return f"CASE WHEN r.building_uid IS NOT NULL THEN r.{column} ELSE coalesce(u.{column}, b.{column}) END"


_BUILDING = {
    "dwellings": "coalesce(u.units, b.dwellings)",
    "vacant": "coalesce(u.vacant, 0)",
    "households": _counted("households"),
    "persons": _counted("persons"),
}

# A building cut into parts counts in the mini-areas of its parts.
_BY_MINI_AREA = """
  SELECT mini_area_uid, count(*) AS buildings, sum(dwellings) AS dwellings, sum(vacant) AS vacant,
    sum(households) AS households, sum(persons) AS persons
  FROM (
    SELECT b.mini_area_uid AS mini_area_uid, s.dwellings, s.vacant, s.households, s.persons
    FROM building AS b JOIN building_summary AS s ON s.uid = b.uid
    WHERE NOT EXISTS (SELECT 1 FROM building_part AS p WHERE p.building_uid = b.uid)
    UNION ALL
    SELECT p.mini_area_uid, NULL, NULL, p.households, p.persons FROM building_part AS p)
  GROUP BY mini_area_uid"""

_TOTALS = ("buildings", "dwellings", "vacant", "households", "persons")


def _sum(column: str) -> str:
    return f"CAST(coalesce(sum(c.{column}), 0) AS INTEGER) AS {column}"


# SQLite before 3.41 knows no type for a computed column of a view, and GDAL then shows text. The first arm of a UNION
# gives the types: it names typed columns of a table and yields no row.
_TYPED = {
    "building_summary": "SELECT fid AS OGC_FID, geometry, uid, code, name, dwellings, number AS vacant, households, "
    "persons FROM building WHERE 0",
    "mini_area_summary": "SELECT fid AS OGC_FID, geometry, uid, code, name AS census_area, number AS status, "
    "number AS buildings, dwellings, number AS vacant, households, persons FROM building WHERE 0",
    "census_area_summary": "SELECT fid AS OGC_FID, geometry, uid, code, name, number AS mini_areas, "
    "number AS buildings, dwellings, number AS vacant, households, persons, number AS unlinked FROM building WHERE 0",
}

_SQL = {
    "building_summary": "SELECT b.fid AS OGC_FID, b.geometry AS geometry, b.uid AS uid, b.code AS code, "
    "b.name AS name, "
    + ", ".join(f"CAST({sql} AS INTEGER) AS {column}" for column, sql in _BUILDING.items())
    + f" FROM building AS b LEFT JOIN ({_ROSTER}) AS r ON r.building_uid = b.uid "
    f"LEFT JOIN ({_UNITS}) AS u ON u.building_uid = b.uid",
    "mini_area_summary": "SELECT m.fid AS OGC_FID, m.geometry AS geometry, m.uid AS uid, m.code AS code, "
    "a.name AS census_area, m.status AS status, "
    + ", ".join(f"CAST(coalesce(c.{column}, 0) AS INTEGER) AS {column}" for column in _TOTALS)
    + " FROM mini_area AS m LEFT JOIN census_area AS a ON a.uid = m.census_area_uid "
    f"LEFT JOIN ({_BY_MINI_AREA}) AS c ON c.mini_area_uid = m.uid",
    "census_area_summary": "SELECT a.fid AS OGC_FID, a.geometry AS geometry, a.uid AS uid, a.code AS code, "
    "a.name AS name, CAST(count(m.uid) AS INTEGER) AS mini_areas, "
    + ", ".join(_sum(column) for column in _TOTALS)
    + ", CAST((SELECT count(*) FROM household AS h WHERE h.census_area_uid = a.uid AND h.link_state IS NOT 'linked') "
    "AS INTEGER) AS unlinked FROM census_area AS a LEFT JOIN mini_area AS m ON m.census_area_uid = a.uid "
    f"LEFT JOIN ({_BY_MINI_AREA}) AS c ON c.mini_area_uid = m.uid GROUP BY a.fid",
}


def create_views(connection: sqlite3.Connection, srs: int) -> None:
    """Create and register the summary views, in the transaction that is open."""
    define_views(connection)
    for name in _SQL:
        view: View = VIEWS[name]
        kind = "MULTIPOLYGON" if view.geometry_from else None
        register_layer(connection, name, _(view.title), geometry=kind, column=GEOMETRY, srs=srs)
        describe_columns(connection, name, view.columns)


def define_views(connection: sqlite3.Connection) -> None:
    """Define the views, in the transaction that is open; they take the place of those of an earlier version."""
    for name in _SQL:
        connection.execute(f'DROP VIEW IF EXISTS "{name}"')
    for statement in view_statements().values():
        connection.execute(statement)


def view_statements() -> dict[str, str]:
    """Write the statement of every view, by its name."""
    # GDAL takes the column OGC_FID of a view as the row number.
    return {name: f'CREATE VIEW "{name}" AS {_TYPED[name]} UNION ALL {sql}' for name, sql in _SQL.items()}
