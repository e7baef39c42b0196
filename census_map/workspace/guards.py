"""
The triggers that refuse: what is locked, what identifies a row, the levels of a status, history and properties.

They stand before every insert, update and delete, so that a row cannot be replaced either: `INSERT OR REPLACE` and
`UPDATE OR REPLACE` remove rows without any trigger for deleting. A refusal begins with a word in brackets, so that the
library can tell its kind; the rest is for the person who edits with another program.
"""

from census_map.i18n import _
from census_map.schema import DRAFT, GEOMETRY, LOCKED, SUBMITTED, TABLES, Table

LOCKED_MARK, STATUS_MARK, IDENTITY_MARK, HISTORY_MARK = "[locked]", "[status]", "[identity]", "[history]"
PROPERTY_MARK = "[property]"
MARKS = (LOCKED_MARK, STATUS_MARK, IDENTITY_MARK, HISTORY_MARK, PROPERTY_MARK)
_FIXED_PROPERTIES = ("srs_id", "profile", "profile_text")

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
_RECORDED = ("insert", "update", "delete", "seal")
# What a census area or township may still get while a mini-area of it is locked: it changes neither place nor name.
_FREE_IN_CONTAINER = ("note", "source", "source_id")


def guard_statements() -> list[str]:
    """Write the statements of all guards; the texts are in the language in force."""
    statements = [*_history_guards(), *_property_guards(), *_status_guards(), *_mini_area_locks(), *_container_locks()]
    for table in TABLES.values():
        if table.name != "history":
            statements += _identity_guards(table)
        if table.locked_by and table.name != "mini_area":
            statements += _locks(table)
    return statements


def trigger(name: str, event: str, when: str, action: str) -> str:
    """Write the statement that creates a trigger; no condition where `when` is empty."""
    condition = f" WHEN {when}" if when else ""
    return f'CREATE TRIGGER "{name}" {event}{condition} BEGIN {action}; END'


def well_formed(value: str) -> str:
    """Write the condition that a value is the text of a UUID; the length in bytes sees what follows a zero."""
    return (
        f"(typeof({value}) = 'text' AND length(CAST({value} AS BLOB)) = 36 AND length(replace({value}, '-', '')) = 32 "
        f"AND {value} GLOB '????????-????-????-????-????????????' AND {value} NOT GLOB '*[^-0-9A-Fa-f]*')"
    )


def _refuse(mark: str, text: str) -> str:
    return "SELECT RAISE(ABORT, '{}')".format(f"{mark} {text}".replace("'", "''"))


def _among(words: tuple[str, ...]) -> str:
    return "({})".format(", ".join(f"'{word}'" for word in words))


def _differ(columns: tuple[str, ...]) -> str:
    return "({})".format(" OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns))


def refuse_low_number() -> str:
    """
    Write the statement that refuses a new row of a number below 1.

    Where no number is given, NEW.fid is -1 until the row is there: a row of that number would be taken for it.
    """
    return _refuse(IDENTITY_MARK, _("The number of a row begins at 1.")) + " WHERE NEW.fid < 1"


def _identity_guards(table: Table) -> list[str]:
    name = table.name
    key = "uid" if "uid" in table.column_names else "key"
    there = _("A row of this number or identifier is there already: it cannot be replaced.")
    unfit = _("The identifier of a row must be a UUID, or empty.")
    taken = " OR ".join(f'EXISTS (SELECT 1 FROM "{name}" WHERE {one} = NEW.{one})' for one in ("fid", key))
    number = trigger(
        f"{name}_number",
        f'BEFORE UPDATE ON "{name}"',
        "NEW.fid IS NOT OLD.fid OR NEW.fid < 1",
        _refuse(IDENTITY_MARK, _("The number of a row cannot be changed.")),
    )
    if key != "uid":
        return [trigger(f"{name}_replace", f'BEFORE INSERT ON "{name}"', taken, _refuse(IDENTITY_MARK, there)), number]
    wrong = f"(NEW.uid <> '' AND NOT {well_formed('NEW.uid')})"
    others = f'EXISTS (SELECT 1 FROM "{name}" WHERE uid = NEW.uid AND fid <> OLD.fid)'
    return [
        trigger(
            f"{name}_replace",
            f'BEFORE INSERT ON "{name}"',
            f"{wrong} OR {taken}",
            f"{_refuse(IDENTITY_MARK, unfit)} WHERE {wrong}; {_refuse(IDENTITY_MARK, there)}",
        ),
        number,
        trigger(f"{name}_uuid_update", f'BEFORE UPDATE OF uid ON "{name}"', wrong, _refuse(IDENTITY_MARK, unfit)),
        trigger(
            f"{name}_uid_update",
            f'BEFORE UPDATE OF uid ON "{name}"',
            f"NEW.uid IS NOT OLD.uid AND (OLD.uid <> '' OR {others})",
            _refuse(IDENTITY_MARK, _("The identifier of a row cannot be changed.")),
        ),
    ]


def _history_guards() -> list[str]:
    text = _refuse(HISTORY_MARK, _("The history cannot be changed."))
    # The file writes its history at the moment of the change: an entry of any other time is written by hand.
    forged = (
        f"NEW.time IS NOT {NOW} OR NEW.action NOT IN {_among(_RECORDED)} "
        f"OR NEW.row_table NOT IN {_among(tuple(TABLES))} OR NEW.fid BETWEEN 0 AND (SELECT max(fid) FROM history)"
    )
    return [
        trigger("history_no_update", "BEFORE UPDATE ON history", "", text),
        trigger("history_no_delete", "BEFORE DELETE ON history", "", text),
        trigger("history_no_forging", "BEFORE INSERT ON history", forged, text),
    ]


def _property_guards() -> list[str]:
    text = _refuse(PROPERTY_MARK, _("This property of the workspace cannot be changed."))
    # A version of its own choosing would have the file brought up to date, and what is locked gone over, once more.
    version = f"OLD.key = 'schema_version' AND {_any_locked()}"
    fixed = f"(OLD.key IN {_among(_FIXED_PROPERTIES)} OR {version})"
    change = f"OLD.key IS NOT NEW.key OR ({fixed} AND OLD.value IS NOT NEW.value)"
    return [
        trigger("meta_fixed_update", "BEFORE UPDATE ON meta", change, text),
        trigger("meta_fixed_delete", "BEFORE DELETE ON meta", fixed, text),
    ]


def _any_locked() -> str:
    return f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.status >= {LOCKED})"


def _lock_refusal() -> str:
    return _refuse(LOCKED_MARK, _("The mini-area is locked: unlock it first and give the reason."))


def _places(table: Table, row: str) -> list[str]:
    """Write how the mini-areas are found that a row belongs to: every way of them counts."""
    names = table.column_names
    places = [f"{row}.mini_area_uid"] if "mini_area_uid" in names else []
    of_building = "(SELECT mini_area_uid FROM building WHERE uid = {})"
    if "building_uid" in names:
        places.append(of_building.format(f"{row}.building_uid"))
    if "dwelling_uid" in names:
        places.append(of_building.format(f"(SELECT building_uid FROM dwelling WHERE uid = {row}.dwelling_uid)"))
    return places


def _locked(table: Table, row: str) -> str:
    # One query a place: for a list SQLite would make a table of its own, for every row.
    one = f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.uid = {{}} AND m.status >= {LOCKED})"
    return "({})".format(" OR ".join(one.format(place) for place in _places(table, row)))


def _locks(table: Table) -> list[str]:
    name, refusal = table.name, _lock_refusal()
    before, after = _locked(table, "OLD"), _locked(table, "NEW")
    if table.locked_columns:
        return [
            trigger(
                f"{name}_lock_update", f'BEFORE UPDATE ON "{name}"', f"{_numbers_lost(table)} AND {before}", refusal
            ),
            trigger(f"{name}_lock_delete", f'BEFORE DELETE ON "{name}"', before, refusal),
        ]
    return [
        trigger(f"{name}_lock_insert", f'BEFORE INSERT ON "{name}"', after, refusal),
        trigger(f"{name}_lock_update", f'BEFORE UPDATE ON "{name}"', f"{before} OR {after}", refusal),
        trigger(f"{name}_lock_delete", f'BEFORE DELETE ON "{name}"', before, refusal),
    ]


def _numbers_lost(table: Table) -> str:
    """
    Write the condition that a row would lose its number, or would leave the mini-area with it.

    What is empty may still be filled: a household that comes late takes the next free number.
    """
    fixed = " OR ".join(
        f'OLD."{column}" IS NOT NULL AND OLD."{column}" IS NOT NEW."{column}"' for column in table.locked_columns
    )
    numbered = " OR ".join(f'OLD."{column}" IS NOT NULL' for column in table.locked_columns)
    old, new = (", ".join(_places(table, row)) for row in ("OLD", "NEW"))
    turned = ", ".join(reversed(_places(table, "NEW")))
    # Both ways to the mini-area must lead to the one that is locked, as far as they lead anywhere.
    stays = (
        f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.uid IN ({old}) AND m.status >= {LOCKED} "
        f"AND m.uid = coalesce({new}) AND m.uid = coalesce({turned}))"
    )
    moved = _differ(("building_uid", "dwelling_uid"))
    return f"({fixed} OR ({numbered}) AND {moved} AND NOT {stays})"


def _mini_area_locks() -> list[str]:
    table, refusal = TABLES["mini_area"], _lock_refusal()
    fixed = tuple(name for name in (*table.column_names, GEOMETRY) if name not in {"status", "status_reason"})
    locked = f"OLD.status >= {LOCKED}"
    return [
        trigger("mini_area_lock_update", "BEFORE UPDATE ON mini_area", f"{locked} AND {_differ(fixed)}", refusal),
        trigger("mini_area_lock_delete", "BEFORE DELETE ON mini_area", locked, refusal),
    ]


def _status_guards() -> list[str]:
    number = f"typeof(NEW.status) = 'integer' AND NEW.status BETWEEN {DRAFT} AND {SUBMITTED}"
    # What an older file holds instead of a number counts as less than a draft.
    level = f"CASE WHEN typeof(OLD.status) = 'integer' THEN OLD.status ELSE {DRAFT - 1} END"
    unsaid = "(trim(coalesce(NEW.status_reason, '')) = '' OR NEW.status_reason IS OLD.status_reason)"

    def refuse(text: str) -> str:
        return _refuse(STATUS_MARK, text)

    return [
        trigger(
            "mini_area_status_insert",
            "BEFORE INSERT ON mini_area",
            f"NEW.status IS NOT NULL AND NEW.status IS NOT {DRAFT}",
            refuse(_("A new mini-area begins as a draft.")),
        ),
        trigger(
            "mini_area_status_fill",
            "AFTER INSERT ON mini_area",
            "NEW.status IS NULL",
            f"UPDATE mini_area SET status = {DRAFT} WHERE fid = NEW.fid",
        ),
        trigger(
            "mini_area_status_number",
            "BEFORE UPDATE OF status ON mini_area",
            f"NOT ({number})",
            refuse(_("The status of a mini-area is a whole number from 0 to 5.")),
        ),
        trigger(
            "mini_area_status_up",
            "BEFORE UPDATE OF status ON mini_area",
            f"NEW.status > {level} + 1",
            refuse(_("A mini-area is signed off one level after the other.")),
        ),
        trigger(
            "mini_area_status_down",
            "BEFORE UPDATE OF status ON mini_area",
            f"NEW.status < OLD.status AND {unsaid}",
            refuse(_("The status of a mini-area goes down only with a new reason.")),
        ),
    ]


def _container_locks() -> list[str]:
    in_area = f"EXISTS (SELECT 1 FROM mini_area AS m WHERE m.census_area_uid = OLD.uid AND m.status >= {LOCKED})"
    return [
        *_container_lock(
            "census_area",
            in_area,
            _("The census area holds a locked mini-area: unlock it first and give the reason."),
        ),
        *_container_lock(
            "township",
            _any_locked(),
            _("The township holds a locked mini-area: unlock it first and give the reason."),
        ),
    ]


def _container_lock(name: str, locked: str, text: str) -> list[str]:
    fixed = tuple(column for column in TABLES[name].column_names if column not in _FREE_IN_CONTAINER)
    refusal = _refuse(LOCKED_MARK, text)
    changed = f"({_differ(fixed)} OR {_reshaped()})"
    return [
        trigger(f"{name}_lock_update", f"BEFORE UPDATE ON {name}", f"{changed} AND {locked}", refusal),
        trigger(f"{name}_lock_delete", f"BEFORE DELETE ON {name}", locked, refusal),
    ]


def _reshaped() -> str:
    """
    Write the condition that a shape is another one, not the same with more corners.

    Where a border between two neighbours ends on their container, the container gets a corner there too: its blob
    grows, and its bounds, which stand before the coordinates, stay. Whether the new corners are on the old outline is
    told by the seal (`census_map.seals`), for SQL cannot compute it.
    """
    old, new = f'OLD."{GEOMETRY}"', f'NEW."{GEOMETRY}"'
    return (
        f"({new} IS NOT {old} AND (coalesce(length({new}), 0) <= length({old}) "
        f"OR substr({new}, 5, 36) IS NOT substr({old}, 5, 36)))"
    )
