"""The tables of `census_map.schema` as SQL: columns, indexes, titles and value domains."""

import sqlite3

from census_map.i18n import _
from census_map.schema import GEOMETRY, TABLES, Column, Table
from census_map.workspace.geopackage import index_layer, register_layer

_TYPES = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
}
FILLED = {("mini_area", "status"): "0"}
_INDEXED = ("code", "source_id", "rule", "row_uid")


def create_tables(connection: sqlite3.Connection, srs: int) -> None:
    """Create every table of the schema, in the transaction that is open."""
    for table in TABLES.values():
        create_table(connection, table, srs)


def create_table(connection: sqlite3.Connection, table: Table, srs: int) -> None:
    """Create one table with its indexes, titles and value lists, in the transaction that is open."""
    connection.execute(table_sql(table))
    for column in table.columns:
        _index_column(connection, table, column)
    register_layer(connection, table.name, _(table.title), geometry=table.geometry, column=GEOMETRY, srs=srs)
    index_layer(connection, table.name, GEOMETRY if table.geometry else None)
    describe_columns(connection, table.name, table.columns)


def add_column(connection: sqlite3.Connection, table: Table, column: Column) -> None:
    """Add a column to a table made by an earlier version, in the transaction that is open."""
    connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN {_column_sql(table, column)}')
    _index_column(connection, table, column)
    describe_columns(connection, table.name, (column,))


def _index_column(connection: sqlite3.Connection, table: Table, column: Column) -> None:
    statement = index_statements().get(f"{table.name}_{column.name}")
    if statement:
        connection.execute(statement)


def index_statements() -> dict[str, str]:
    """Write the statements of all indexes, by their names."""
    return {
        f"{table.name}_{column.name}": f'CREATE INDEX "{table.name}_{column.name}" ON "{table.name}" ("{column.name}")'
        for table in TABLES.values()
        for column in table.columns
        if column.name in _INDEXED or column.name.endswith("_uid")
    }


def table_sql(table: Table) -> str:
    """Write the statement that creates a table."""
    parts = ['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL']
    if table.geometry:
        parts.append(f'"{GEOMETRY}" {table.geometry}')
    parts += [_column_sql(table, column) for column in table.columns]
    return f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def describe_columns(connection: sqlite3.Connection, table: str, columns: tuple[Column, ...]) -> None:
    """Enter the titles of columns, which QGIS shows as aliases, and the allowed values, which it shows as lists."""
    for column in columns:
        domain = f"{table}_{column.name}" if column.choices else None
        title = _(column.title)
        connection.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, constraint_name) VALUES (?,?,?,?,?)",
            (table, column.name, title, title, domain),
        )
        connection.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
            "VALUES (?, 'enum', ?, ?)",
            [(domain, str(value), _(text)) for value, text in column.choices],
        )


def _column_sql(table: Table, column: Column) -> str:
    words = [f'"{column.name}"', _TYPES[column.type]]
    if column.name == "uid" or (table.name == "meta" and column.name == "key"):
        words.append("UNIQUE")
    # What a trigger fills in when another program leaves it out must be able to get that far as NULL.
    if column.required and (table.name, column.name) not in FILLED and column.name != "uid":
        words.append("NOT NULL")
    if (table.name, column.name) in FILLED:
        words += ["DEFAULT", FILLED[table.name, column.name]]
    return " ".join(words)
