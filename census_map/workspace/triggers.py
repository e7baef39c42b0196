"""
The triggers that hold whichever program writes: lock, status, identity and history.

They use nothing that plain SQLite (3.38 or later) lacks. A refusal begins with a word in brackets, so that the library
can tell its kind; the rest is for the person who edits with another program.
"""

import sqlite3
from collections.abc import Sequence

from census_map.i18n import _
from census_map.schema import DRAFT, GEOMETRY, LOCKED, TABLES, Table

LOCKED_MARK, STATUS_MARK, IDENTITY_MARK, HISTORY_MARK = "[locked]", "[status]", "[identity]", "[history]"
REASON_KEY = "reason"  # row of `meta` that holds the reason while a transaction of the library runs

_NEW_UID = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)
_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
_REASON = f"(SELECT value FROM meta WHERE key = '{REASON_KEY}')"
_INTO_HISTORY = "INSERT INTO history (time, action, row_table, row_uid, old, new, reason)"


def create_triggers(connection: sqlite3.Connection) -> None:
    """Create all triggers, in the transaction that is open; they take the place of those of an earlier version."""
    statements = [*_status_triggers(), *_history_guards(), *_census_area_guards()]
    for table in TABLES.values():
        if table.journalled:
            statements += [*_identity_triggers(table), *_history_triggers(table)]
        if table.locked_by and table.name != "mini_area":
            statements += _lock_triggers(table)
    for statement in statements:
        name = statement.split('"')[1]
        connection.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        connection.execute(statement)


def _trigger(name: str, event: str, when: str, action: str) -> str:
    condition = f" WHEN {when}" if when else ""
    return f'CREATE TRIGGER "{name}" {event}{condition} BEGIN {action}; END'


def _refuse(mark: str, text: str) -> str:
    return "SELECT RAISE(ABORT, '{}')".format(f"{mark} {text}".replace("'", "''"))


def _identity_triggers(table: Table) -> list[str]:
    name = table.name
    return [
        _trigger(
            f"{name}_uid_insert",
            f'AFTER INSERT ON "{name}"',
            "NEW.uid IS NULL OR NEW.uid = ''",
            f'UPDATE "{name}" SET uid = {_NEW_UID} WHERE fid = NEW.fid',
        ),
        _trigger(
            f"{name}_uid_update",
            f'BEFORE UPDATE OF uid ON "{name}"',
            "OLD.uid <> '' AND NEW.uid IS NOT OLD.uid",
            _refuse(IDENTITY_MARK, _("The identifier of a row cannot be changed.")),
        ),
    ]


def _history_triggers(table: Table) -> list[str]:
    name = table.name
    columns = [*table.column_names, *([GEOMETRY] if table.geometry else [])]
    whole = "json_object({})".format(", ".join(f"'{column}', {_json_value('OLD', column)}" for column in columns))

    def entry(action: str, uid: str, old: str, new: str) -> str:
        return f"{_INTO_HISTORY} VALUES ({_NOW}, {action}, '{name}', {uid}, {old}, {new}, {_REASON})"

    first_uid = "CASE WHEN coalesce(OLD.uid, '') = '' THEN 'insert' ELSE 'update' END"
    return [
        # A new row is its own record: what it was at first follows from it and from the changes after.
        _trigger(
            f"{name}_history_insert",
            f'AFTER INSERT ON "{name}"',
            "NEW.uid <> ''",
            entry("'insert'", "NEW.uid", "NULL", "NULL"),
        ),
        _trigger(
            f"{name}_history_update",
            f'AFTER UPDATE ON "{name}"',
            _differs(columns),
            entry(first_uid, "NEW.uid", _changes("OLD", columns), _changes("NEW", columns)),
        ),
        _trigger(
            f"{name}_history_delete",
            f'AFTER DELETE ON "{name}"',
            "",
            entry("'delete'", "coalesce(OLD.uid, '')", whole, "NULL"),
        ),
    ]


def history_insert(table: Table, which: str) -> str:
    """Write the statement that records rows as new, as the trigger does one by one; `which` tells the rows."""
    return (
        f"{_INTO_HISTORY} SELECT {_NOW}, 'insert', '{table.name}', uid, NULL, NULL, {_REASON} "
        f'FROM "{table.name}" WHERE {which}'
    )


def history_update(table: Table, columns: Sequence[str], earlier: str) -> str:
    """Write the statement that records changes of some columns; the table `earlier` holds uid and old values."""
    return (
        f"{_INTO_HISTORY} SELECT {_NOW}, 'update', '{table.name}', NEW.uid, "
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


def _history_guards() -> list[str]:
    text = _("The history cannot be changed.")
    return [
        _trigger(f"history_no_{event.lower()}", f"BEFORE {event} ON history", "", _refuse(HISTORY_MARK, text))
        for event in ("UPDATE", "DELETE")
    ]


def _locked(table: Table, row: str) -> str:
    value = f'{row}."{table.locked_by}"'
    if "dwelling_uid" in table.column_names:
        value = f"coalesce({value}, (SELECT building_uid FROM dwelling WHERE uid = {row}.dwelling_uid))"
    area = value if table.locked_via == "mini_area" else f"(SELECT mini_area_uid FROM building WHERE uid = {value})"
    return f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.uid = {area} AND m.status >= {LOCKED})"


def _lock_triggers(table: Table) -> list[str]:
    name = table.name
    refusal = _refuse(LOCKED_MARK, _("The mini-area is locked: unlock it first and give the reason."))
    before, after = _locked(table, "OLD"), _locked(table, "NEW")
    if table.locked_columns:
        # What is empty may still be filled: a household that comes late takes the next free number.
        fixed = " OR ".join(
            f'OLD."{column}" IS NOT NULL AND OLD."{column}" IS NOT NEW."{column}"' for column in table.locked_columns
        )
        return [
            _trigger(f"{name}_lock_update", f'BEFORE UPDATE ON "{name}"', f"({fixed}) AND {before}", refusal),
            _trigger(f"{name}_lock_delete", f'BEFORE DELETE ON "{name}"', before, refusal),
        ]
    return [
        _trigger(f"{name}_lock_insert", f'BEFORE INSERT ON "{name}"', after, refusal),
        _trigger(f"{name}_lock_update", f'BEFORE UPDATE ON "{name}"', f"{before} OR {after}", refusal),
        _trigger(f"{name}_lock_delete", f'BEFORE DELETE ON "{name}"', before, refusal),
    ]


def _status_triggers() -> list[str]:
    table = TABLES["mini_area"]
    free = {"status", "status_reason"}
    fixed = " OR ".join(
        f'OLD."{column}" IS NOT NEW."{column}"' for column in (*table.column_names, GEOMETRY) if column not in free
    )
    locked = _refuse(LOCKED_MARK, _("The mini-area is locked: unlock it first and give the reason."))
    return [
        _trigger(
            "mini_area_lock_update", "BEFORE UPDATE ON mini_area", f"OLD.status >= {LOCKED} AND ({fixed})", locked
        ),
        _trigger("mini_area_lock_delete", "BEFORE DELETE ON mini_area", f"OLD.status >= {LOCKED}", locked),
        _trigger(
            "mini_area_status_insert",
            "BEFORE INSERT ON mini_area",
            "NEW.status <> 0",
            _refuse(STATUS_MARK, _("A new mini-area begins as a draft.")),
        ),
        _trigger(
            "mini_area_status_fill",
            "AFTER INSERT ON mini_area",
            "NEW.status IS NULL",
            f"UPDATE mini_area SET status = {DRAFT} WHERE fid = NEW.fid",
        ),
        _trigger(
            "mini_area_status_up",
            "BEFORE UPDATE OF status ON mini_area",
            "NEW.status > OLD.status + 1",
            _refuse(STATUS_MARK, _("A mini-area is signed off one level after the other.")),
        ),
        _trigger(
            "mini_area_status_down",
            "BEFORE UPDATE OF status ON mini_area",
            "NEW.status < OLD.status AND (trim(coalesce(NEW.status_reason, '')) = '' "
            "OR NEW.status_reason IS OLD.status_reason)",
            _refuse(STATUS_MARK, _("The status of a mini-area goes down only with a new reason.")),
        ),
    ]


def _census_area_guards() -> list[str]:
    locked = f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.census_area_uid = OLD.uid AND m.status >= {LOCKED})"
    text = _("The census area holds a locked mini-area: unlock it first and give the reason.")
    return [
        _trigger("census_area_lock_delete", "BEFORE DELETE ON census_area", locked, _refuse(LOCKED_MARK, text)),
        _trigger(
            "census_area_lock_code",
            "BEFORE UPDATE OF code ON census_area",
            f"OLD.code IS NOT NEW.code AND {locked}",
            _refuse(LOCKED_MARK, text),
        ),
    ]
