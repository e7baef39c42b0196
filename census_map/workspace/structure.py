"""
What the file holds beside rows (triggers, views, indexes), compared with what the program would make of it.

A copy made by another program may lack all guards, and a file from somebody else may hold more than its rows: a trigger
that deletes, a view in the place of a table, a unique index that makes `UPDATE OR REPLACE` delete. What is missing or
changed is made anew, and that is said; what does not belong there is refused.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from census_map.errors import WorkspaceError
from census_map.i18n import _, ngettext
from census_map.schema import DRAFT, GEOMETRY, TABLES, VIEWS
from census_map.workspace.geopackage import layer_triggers
from census_map.workspace.guards import well_formed
from census_map.workspace.tables import index_statements
from census_map.workspace.triggers import NEW_UID, RETIRED, trigger_statements
from census_map.workspace.views import define_views, view_statements

_SHAPED = [table.name for table in TABLES.values() if table.geometry]
# The words of a refusal are in the language of whoever made the file, and can do nothing.
_WORDS = re.compile(r"(RAISE\(ABORT, '\[\w+\])(?:[^']|'')*'")
_STATEMENT = r'(insert or replace into|delete from|update) "?rtree_{t}_{g}"?[^;]*;'
_GDAL = ("update5", "update6", "update7")  # of later versions of the standard
_WRITTEN = {
    *TABLES,
    *VIEWS,
    "layer_styles",
    *(f"gpkg_{name}" for name in ("contents", "ogr_contents", "geometry_columns", "spatial_ref_sys", "extensions")),
    *("gpkg_data_columns", "gpkg_data_column_constraints"),
    *(f"rtree_{name}_{GEOMETRY}{end}" for name in _SHAPED for end in ("", "_node", "_rowid", "_parent")),
}
_SHOWN = 5  # names or numbers in a message


@dataclass(frozen=True)
class Difference:
    """
    How a file differs from what the program would make.

    Attributes
    ----------
    missing
        Triggers and views that are not there or other than they should be; those that refuse or record, and those that
        summarise.
    counting
        The same for what only counts and finds rows: other programs write it in their own way.
    foreign
        Kind and name of what does not belong there.
    """

    missing: tuple[str, ...]
    counting: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]


def refuse_foreign(connection: sqlite3.Connection, name: str) -> None:
    """
    Refuse a file that holds what could change or hide rows unseen.

    Raises
    ------
    WorkspaceError
        Names the first few things.
    """
    foreign = compare(connection).foreign
    if not foreign:
        return
    titles = {"trigger": _("trigger"), "view": _("view"), "index": _("index"), "table": _("table")}
    shown = ", ".join(f"{titles[kind]} {_printable(thing)}" for kind, thing in foreign[:_SHOWN])
    raise WorkspaceError(
        _(
            "“{name}” holds what is not of Census Map and may change or hide rows: {things}. Take the last good copy, "
            "or remove it with the database manager of QGIS."
        ).format(name=name, things=shown)
    )


def refuse_incomplete(connection: sqlite3.Connection, name: str) -> None:
    """
    Refuse a file that has lost tables or columns.

    Raises
    ------
    WorkspaceError
        Names the first one.
    """
    for table in TABLES.values():
        kind = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
        if kind is None or kind[0] != "table" or kind[1].upper().startswith("CREATE VIRTUAL"):
            raise WorkspaceError(
                _("“{name}” has lost its table “{table}”: take the last good copy.").format(
                    name=name, table=_(table.title)
                )
            )
        present = {row[1] for row in connection.execute(f'PRAGMA table_info("{table.name}")')}
        lost = [column.title for column in table.columns if column.name not in present]
        if lost or "fid" not in present or (table.geometry and GEOMETRY not in present):
            raise WorkspaceError(
                _("The table “{table}” of “{name}” has lost the column “{column}”: take the last good copy.").format(
                    name=name, table=_(table.title), column=_(lost[0]) if lost else GEOMETRY
                )
            )


def compare(connection: sqlite3.Connection) -> Difference:
    """Compare triggers, views and indexes with what the program would make."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    present = {(kind, name): (table, sql) for kind, name, table, sql in rows}
    missing = [
        name
        for kind, expected in (("trigger", _triggers()), ("view", _views()))
        for name, sql in expected.items()
        if _masked(present.get((kind, name), ("", ""))[1]) != sql
    ]
    counting = [name for name, sql in _counters().items() if not _counts(name, present.get(("trigger", name)), sql)]
    counting += [
        name
        for name, sql in index_statements().items()
        if ("index", name) not in present or present["index", name][1] != sql
    ]
    counting += [f"rtree_{name}_{GEOMETRY}" for name in _SHAPED if ("table", f"rtree_{name}_{GEOMETRY}") not in present]
    counting += [f"{table}_{key}_unique" for table, key in _keys() if not _is_unique(connection, table, key)]
    return Difference(tuple(missing), tuple(counting), tuple(_foreign(connection, present)))


def restore(connection: sqlite3.Connection) -> tuple[str, ...]:
    """
    Make anew what is missing or changed, in the transaction that is open.

    Returns
    -------
    notices
        What was done, in words; empty where only counters were mended.

    Raises
    ------
    WorkspaceError
        Two rows have the same identifier.
    """
    found = compare(connection)
    # What watches over changes comes last: what is mended here is no change of anybody.
    for name in (*found.missing, *found.counting, *RETIRED):
        connection.execute(f'DROP TRIGGER IF EXISTS "{name}"')
    spatial_triggers(connection)
    for table, key in _keys():
        _make_unique(connection, table, key)
    for name in found.counting:
        _restore_counter(connection, name)
    if set(found.missing) & set(_views()):
        _unflatten(connection)
        define_views(connection)
    statements = trigger_statements()
    for name in found.missing:
        if name in statements:
            connection.execute(statements[name])
    filled = _fill(connection) if found.missing else 0
    notices = []
    if found.missing:
        text = ngettext(
            "{n} guard or summary of the file was missing or changed, and was made anew: another program had removed "
            "it. Run the check, and compare with the last good copy.",
            "{n} guards or summaries of the file were missing or changed, and were made anew: another program had "
            "removed them. Run the check, and compare with the last good copy.",
            len(found.missing),
        )
        notices.append(text.format(n=len(found.missing)))
    if filled:
        text = ngettext("{n} row had no identifier; it got one.", "{n} rows had no identifier; they got one.", filled)
        notices.append(text.format(n=filled))
    return tuple(notices)


def spatial_triggers(connection: sqlite3.Connection) -> None:
    """Write the triggers of the R-trees as this program does, in the place of those of GDAL or an earlier version."""
    for name, sql in _counters().items():
        if name.startswith("rtree_"):
            connection.execute(f'DROP TRIGGER IF EXISTS "{name}"')
            connection.execute(sql)


def unfit_rows(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Tell of rows whose identifier is no UUID or whose status is no level, one line a table."""
    found = []
    for table in TABLES.values():
        if "uid" in table.column_names:
            text = _(
                "{table}: the identifier is no UUID in the row {rows}. Another program wrote it: delete such rows, or "
                "take the last good copy."
            )
            found += _tell(connection, table.name, f"NOT {well_formed('uid')}", text)
    text = _("{table}: the status is no number from 0 to 5 in the row {rows}. Set it to 0 in QGIS, with a reason.")
    found += _tell(connection, "mini_area", "typeof(status) <> 'integer' OR status NOT BETWEEN 0 AND 5", text)
    return tuple(found)


def _tell(connection: sqlite3.Connection, table: str, where: str, text: str) -> list[str]:
    numbers = connection.execute(f'SELECT fid FROM "{table}" WHERE {where} LIMIT {_SHOWN + 1}').fetchall()
    shown = ", ".join(str(number) for (number,) in numbers[:_SHOWN]) + (", …" if len(numbers) > _SHOWN else "")
    return [text.format(table=_(TABLES[table].title), rows=shown)] if numbers else []


def _printable(name: str) -> str:
    return "“{}”".format("".join(c if c.isprintable() else "?" for c in name[:40]))


def _masked(sql: str) -> str:
    return _WORDS.sub(r"\1'", sql)


@cache
def _triggers() -> Mapping[str, str]:
    return {name: _masked(sql) for name, sql in trigger_statements().items()}


@cache
def _views() -> Mapping[str, str]:
    return view_statements()


@cache
def _counters() -> Mapping[str, str]:
    counters: dict[str, str] = layer_triggers("layer_styles", None)
    for table in TABLES.values():
        counters |= layer_triggers(table.name, GEOMETRY if table.geometry else None)
    return counters


def _keys() -> Iterable[tuple[str, str]]:
    return ((table.name, key) for table in TABLES.values() for key in ("uid", "key") if key in table.column_names)


def _counts(name: str, present: tuple[str, str] | None, sql: str) -> bool:
    """Tell whether a trigger counts or indexes rows, in this program's words or in GDAL's, and does nothing else."""
    return present is not None and (present[1] == sql or _is_harmless(name, *present))


def _is_harmless(name: str, table: str, sql: str) -> bool:
    one = _folded(sql)
    if name.startswith("trigger_"):
        return one == _folded(_counters().get(name, ""))
    own = next((t for t in _SHAPED if name.startswith(f"rtree_{t}_{GEOMETRY}_")), "")
    body = one.partition(" begin ")[2].removesuffix("end").strip()
    return (
        table.lower() == own
        and re.fullmatch(rf"(?:{_STATEMENT.format(t=own, g=GEOMETRY)} ?)+", body) is not None
        and not re.search(r"\b(select|load_extension|writefile|raise)\b", one)
    )


def _folded(sql: str) -> str:
    return " ".join(sql.lower().split())


def _foreign(
    connection: sqlite3.Connection, present: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterable[tuple[str, str]]:
    known = {*_triggers(), *_counters(), *RETIRED}
    indexes = {*index_statements(), *(f"{table}_{key}_unique" for table, key in _keys())}
    gdal = {f"rtree_{name}_{GEOMETRY}_{end}" for name in _SHAPED for end in _GDAL}
    for (kind, name), (table, sql) in present.items():
        # A summary that a copy turned into a table goes, and what hangs on it.
        written = table.lower() in _WRITTEN and not (table in VIEWS and ("table", table) in present)
        known_here = name in known or (name in gdal and _is_harmless(name, table, sql))
        if kind == "trigger" and written and not known_here:
            yield kind, name
        if kind == "view" and name not in VIEWS:
            yield kind, name
        if kind == "index" and name not in indexes and written and _bites(connection, table, name):
            yield kind, name
        if kind == "table" and name.lower() in _WRITTEN and name not in _WRITTEN:
            yield kind, name


def _bites(connection: sqlite3.Connection, table: str, index: str) -> bool:
    """Tell whether an index refuses or replaces rows, or computes something."""
    unique = any(row[1] == index and row[2] for row in connection.execute(f'PRAGMA index_list("{table}")'))
    quoted = index.replace('"', '""')
    computed = any(row[1] == -2 for row in connection.execute(f'PRAGMA index_xinfo("{quoted}")'))
    return unique or computed


def _is_unique(connection: sqlite3.Connection, table: str, key: str) -> bool:
    for _number, name, unique, _origin, partial in connection.execute(f'PRAGMA index_list("{table}")').fetchall():
        columns = [row[2] for row in connection.execute(f'PRAGMA index_info("{name}")')]
        if unique and not partial and columns == [key]:
            return True
    return False


def _make_unique(connection: sqlite3.Connection, table: str, key: str) -> None:
    if _is_unique(connection, table, key):
        return
    try:
        connection.execute(f'CREATE UNIQUE INDEX "{table}_{key}_unique" ON "{table}" ("{key}")')
    except sqlite3.IntegrityError as error:
        raise WorkspaceError(
            _("Rows of “{table}” have the same identifier: take the last good copy.").format(
                table=_(TABLES[table].title)
            )
        ) from error


def _restore_counter(connection: sqlite3.Connection, name: str) -> None:
    if name in index_statements():
        connection.execute(f'DROP INDEX IF EXISTS "{name}"')
        connection.execute(index_statements()[name])
    elif name.startswith("trigger_"):
        connection.execute(_counters()[name])
        if name.startswith("trigger_insert"):
            _count_anew(connection, name.removeprefix("trigger_insert_feature_count_"))
    elif name.startswith("rtree_") and name not in _counters():
        _index_anew(connection, name)


def _count_anew(connection: sqlite3.Connection, table: str) -> None:
    rows = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    connection.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (table,))
    connection.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (table, rows))


def _index_anew(connection: sqlite3.Connection, name: str) -> None:
    table = name.removeprefix("rtree_").removesuffix(f"_{GEOMETRY}")
    bounds = ", ".join(f'ST_{side}("{GEOMETRY}")' for side in ("MinX", "MaxX", "MinY", "MaxY"))
    connection.execute(f'CREATE VIRTUAL TABLE "{name}" USING rtree(id, minx, maxx, miny, maxy)')
    connection.execute(
        f'INSERT INTO "{name}" SELECT fid, {bounds} FROM "{table}" '
        f'WHERE "{GEOMETRY}" NOT NULL AND NOT ST_IsEmpty("{GEOMETRY}")'
    )
    connection.execute("DELETE FROM gpkg_extensions WHERE table_name = ? AND column_name = ?", (table, GEOMETRY))
    connection.execute(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', "
        "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        (table, GEOMETRY),
    )


def _unflatten(connection: sqlite3.Connection) -> None:
    """Take away the tables that a copy made of the summaries; views take their place."""
    for name in VIEWS:
        kind = connection.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        if kind is None or kind[0] != "table":
            continue
        connection.execute(f'DROP TABLE IF EXISTS "rtree_{name}_{GEOMETRY}"')
        connection.execute(f'DROP TABLE "{name}"')
        connection.execute("DELETE FROM gpkg_extensions WHERE table_name = ?", (name,))
        connection.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (name,))


def _fill(connection: sqlite3.Connection) -> int:
    """Give rows that were added without guards what the guards would have given them; counts the identifiers."""
    connection.execute(f"UPDATE mini_area SET status = {DRAFT} WHERE status IS NULL")
    return sum(
        connection.execute(f"UPDATE \"{table}\" SET uid = {NEW_UID} WHERE uid IS NULL OR uid = ''").rowcount
        for table, key in _keys()
        if key == "uid"
    )
