"""
The triggers that hold whichever program writes: guards (`census_map.workspace.guards`), identity and history.

They use nothing that plain SQLite (3.38 or later) lacks.
"""

import sqlite3
from collections.abc import Sequence

from census_map.schema import GEOMETRY, TABLES, Table
from census_map.workspace.guards import NOW, guard_statements, refuse_low_number, trigger

REASON_KEY = "reason"  # row of `meta` that holds the reason while a transaction of the library runs

NEW_UID = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)
_REASON = f"(SELECT value FROM meta WHERE key = '{REASON_KEY}')"
RETIRED = ("census_area_lock_code",)  # of earlier versions
_INTO_HISTORY = "INSERT INTO history (time, action, row_table, row_uid, old, new, reason)"


def create_triggers(connection: sqlite3.Connection) -> None:
    """Create all triggers, in the transaction that is open; they take the place of those of an earlier version."""
    drop_triggers(connection)
    for statement in trigger_statements().values():
        connection.execute(statement)


def drop_triggers(connection: sqlite3.Connection) -> None:
    """Drop the triggers of this version and of earlier ones, in the transaction that is open."""
    for name in (*trigger_statements(), *RETIRED):
        connection.execute(f'DROP TRIGGER IF EXISTS "{name}"')


def trigger_statements() -> dict[str, str]:
    """Write the statement of every trigger, by its name; refusals are in the language in force."""
    statements = guard_statements()
    for table in TABLES.values():
        if table.journalled:
            statements += [_fill_identity(table), *_history_triggers(table)]
    return {statement.split('"')[1]: statement for statement in statements}


def _fill_identity(table: Table) -> str:
    return trigger(
        f"{table.name}_uid_insert",
        f'AFTER INSERT ON "{table.name}"',
        "NEW.uid IS NULL OR NEW.uid = ''",
        f'UPDATE "{table.name}" SET uid = {NEW_UID} WHERE fid = NEW.fid',
    )


def _history_triggers(table: Table) -> list[str]:
    name = table.name
    columns = [*table.column_names, *([GEOMETRY] if table.geometry else [])]
    whole = "json_object({})".format(", ".join(f"'{column}', {_json_value('OLD', column)}" for column in columns))

    def entry(action: str, uid: str, old: str, new: str) -> str:
        return f"{_INTO_HISTORY} VALUES ({NOW}, {action}, '{name}', {uid}, {old}, {new}, {_REASON})"

    first_uid = "CASE WHEN coalesce(OLD.uid, '') = '' THEN 'insert' ELSE 'update' END"
    return [
        # A new row is its own record: what it was at first follows from it and from the changes after.
        trigger(
            f"{name}_history_insert",
            f'AFTER INSERT ON "{name}"',
            "NEW.uid <> ''",
            "; ".join((refuse_low_number(), entry("'insert'", "NEW.uid", "NULL", "NULL"))),
        ),
        trigger(
            f"{name}_history_update",
            f'AFTER UPDATE ON "{name}"',
            _differs(columns),
            entry(first_uid, "NEW.uid", _changes("OLD", columns), _changes("NEW", columns)),
        ),
        trigger(
            f"{name}_history_delete",
            f'AFTER DELETE ON "{name}"',
            "",
            entry("'delete'", "coalesce(OLD.uid, '')", whole, "NULL"),
        ),
    ]


def history_insert(table: Table, which: str) -> str:
    """Write the statement that records rows as new, as the trigger does one by one; `which` tells the rows."""
    return (
        f"{_INTO_HISTORY} SELECT {NOW}, 'insert', '{table.name}', uid, NULL, NULL, {_REASON} "
        f'FROM "{table.name}" WHERE {which}'
    )


def history_update(table: Table, columns: Sequence[str], earlier: str) -> str:
    """Write the statement that records changes of some columns; the table `earlier` holds uid and old values."""
    return (
        f"{_INTO_HISTORY} SELECT {NOW}, 'update', '{table.name}', NEW.uid, "
        f"{_joined_changes('OLD', columns)}, {_joined_changes('NEW', columns)}, {_REASON} "
        f'FROM {earlier} AS OLD JOIN "{table.name}" AS NEW ON NEW.uid = OLD.uid '
        f"WHERE {_differs(columns)} ORDER BY OLD.rowid"
    )


def _differs(columns: Sequence[str]) -> str:
    return " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)


def _joined_changes(row: str, columns: Sequence[str]) -> str:
    """Write the text that `_changes` gives, without a query of its own for each row."""
    pairs = " || ".join(
        f'CASE WHEN OLD."{column}" IS NOT NEW."{column}" '
        f"THEN ',\"{column}\":' || json_quote({_json_value(row, column)}) ELSE '' END"
        for column in columns
    )
    return f"'{{' || substr({pairs}, 2) || '}}'"


def _json_value(row: str, column: str) -> str:
    value = f'{row}."{column}"'
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE hex({value}) END" if column == GEOMETRY else value


def _changes(row: str, columns: list[str]) -> str:
    pairs = " UNION ALL ".join(
        f'SELECT \'{column}\' AS k, {_json_value(row, column)} AS v WHERE OLD."{column}" IS NOT NEW."{column}"'
        for column in columns
    )
    return f"(SELECT json_group_object(k, v) FROM ({pairs}))"
