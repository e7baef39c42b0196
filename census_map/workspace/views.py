"""
The summary views: one truth, derived by SQL and shown by any program that reads the file.

People present are counted by H2a alone (DOMAIN.md H08). A building counts its roster households once any is linked to
it; before that its dwelling units; before those its own estimate.
"""

import sqlite3

from census_map.i18n import _
from census_map.schema import GEOMETRY, VIEWS, View
from census_map.workspace.geopackage import register_layer
from census_map.workspace.tables import describe_columns

_VACANT_CLASS = 8

# Figures of one building; b is its row.
_LINKED = (
    "(h.building_uid = b.uid OR h.building_uid IS NULL "
    "AND h.dwelling_uid IN (SELECT d.uid FROM dwelling AS d WHERE d.building_uid = b.uid))"
)
_ROSTER = f"FROM household AS h WHERE {_LINKED} AND h.class IS NOT {_VACANT_CLASS}"
_HAS_ROSTER = f"EXISTS (SELECT 1 FROM household AS h WHERE {_LINKED})"
_UNITS = "FROM dwelling AS d WHERE d.building_uid = b.uid"


def _counted(roster: str, column: str) -> str:
    return (
        f"CASE WHEN {_HAS_ROSTER} THEN (SELECT {roster} {_ROSTER}) "
        f"ELSE coalesce((SELECT sum(d.{column}) {_UNITS}), b.{column}) END"
    )


_BUILDING = {
    "dwellings": f"coalesce(nullif((SELECT count(*) {_UNITS}), 0), b.dwellings)",
    "vacant": f"(SELECT count(*) {_UNITS} AND d.state = 'vacant')",
    "households": _counted("count(*)", "households"),
    "persons": _counted("coalesce(sum(h.h2a), 0)", "persons"),
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
    + " FROM building AS b",
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
    for name, sql in _SQL.items():
        view: View = VIEWS[name]
        # GDAL takes the column OGC_FID of a view as the row number.
        connection.execute(f'CREATE VIEW "{name}" AS {_TYPED[name]} UNION ALL {sql}')
        kind = "MULTIPOLYGON" if view.geometry_from else None
        register_layer(connection, name, _(view.title), geometry=kind, column=GEOMETRY, srs=srs)
        describe_columns(connection, name, view.columns)
