"""The work lists and registers as sheets of a workbook: open without names, or with names where they are asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.field_lists import FIELD_LISTS, FieldList, Sources
from census_map.roster.registers import register_records
from census_map.roster.vault import Vault
from census_map.roster.visits import visit_records
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import with_names
from census_map.schema import (
    BUILDING_TABLE,
    DWELLING_TABLE,
    HOUSEHOLD_CLASS,
    HOUSEHOLD_TABLE,
    PRESENCE,
    REGISTER_STATE,
    VISIT_OUTCOME,
)
from census_map.task import many_small_objects
from census_map.workspace import Workspace

_COUNTED = ("registered", "h2a", "h2b", "persons", "households", "buildings")
_VALUES: dict[str, Mapping[Any, str]] = {
    "class": dict(HOUSEHOLD_CLASS),
    "presence": dict(PRESENCE),
    "outcome": dict(VISIT_OUTCOME),
    "state": dict(REGISTER_STATE),
}


@many_small_objects()
def list_sheets(
    workspace: Workspace, vault: Vault, lists: Sequence[str] = (), *, names: bool = False
) -> list[SheetSpec]:
    """
    Make the work lists and registers.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    lists
        Of `FIELD_LISTS`; none: all that have rows.
    names
        Add names, addresses and remarks from the vault; the reading is logged.

    Raises
    ------
    InputError
        No such list.
    """
    unknown = sorted(set(lists) - set(FIELD_LISTS))
    if unknown:
        raise InputError(
            _("There is no list “{name}”: choose one of {names}.").format(name=unknown[0], names=", ".join(FIELD_LISTS))
        )
    sources = Sources(workspace, vault)
    sheets = []
    for each in [FIELD_LISTS[name] for name in lists] or FIELD_LISTS.values():
        rows = each.make(sources)
        if len(rows) or lists:
            sheets.append(list_sheet(each, rows, vault, names=names))
    return sheets


def list_sheet(each: FieldList, rows: pd.DataFrame, vault: Vault, *, names: bool) -> SheetSpec:
    """Make the sheet of one list from its rows; its rows stay in their order."""
    named = names and each.people
    if named:
        rows = _named(rows, vault, each)
    if not names and "place" in rows:
        # What a place is called on the roster is a text of the roster: it is not written unless it is asked for.
        rows = rows.drop(columns="place")
    restricted = named or "place" in rows
    columns = [name for name in _titles() if name in rows and (name == "state" or rows[name].notna().any())]
    shown = rows[columns].copy()
    for name, values in _VALUES.items():
        if name in shown:
            shown[name] = shown[name].astype(object).map({value: _(title) for value, title in values.items()})
    titles = _titles()
    totals = [titles[name] for name in columns if name in _COUNTED]
    for name in columns:
        if name in _COUNTED:
            shown[name] = pd.to_numeric(shown[name])
    note = _("Internal; keep confidential") if restricted else _("Open version, without names")
    return SheetSpec(_(each.title), _(each.title), shown.rename(columns=titles), totals=totals, note=note)


def _named(rows: pd.DataFrame, vault: Vault, each: FieldList) -> pd.DataFrame:
    """Add head of household, address and remark: of the roster, or of the entry itself."""
    reason = _(each.title)
    entries = register_records(vault, reason=reason)
    named = with_names(rows, vault, reason=reason)
    for name, columns in (("head", "head"), ("address", "address")):
        own = pd.Series({uid: entry[columns] for uid, entry in entries.items()}, dtype=object).reindex(named.index)
        named[name] = named[name].where(named[name] != "", own).fillna("").astype(object)
    named["remark"] = pd.Series({uid: e["remark"] for uid, e in entries.items()}, dtype=object).reindex(named.index)
    named["phone"] = pd.Series({uid: e["phone"] for uid, e in entries.items()}, dtype=object).reindex(named.index)
    if "household_uid" in named:
        heads = with_names(named[["household_uid"]].dropna().set_index("household_uid"), vault, reason=reason)
        for name in ("head", "address"):
            known = named["household_uid"].map(heads[name][~heads.index.duplicated()])
            named[name] = named[name].where(named[name] != "", known).fillna("").astype(object)
    if "serial" in named:
        named["label"] = [
            f"{head} {serial}" if head and not pd.isna(serial) else None
            for head, serial in zip(named["head"], named["serial"], strict=True)
        ]
    if "visit" in named:
        told = visit_records(vault, reason=reason)
        named["phone"], named["remark"] = zip(*(told.get(uid, ("", "")) for uid in named["visit"]), strict=True)
    return named


def _titles() -> dict[str, str]:
    """Give the columns in their order with their translated titles."""
    household = {name: HOUSEHOLD_TABLE.title_of(name) for name in ("code", "number")}
    return {
        "census_area": _("census area code"),
        "mini_area": _("mini-area code"),
        "mini_areas": _("mini-area code"),
        **household,
        "owner": _("owner"),
        "serial": _("serial number"),
        "label": _("label"),
        "head": _("head of household"),
        "phone": _("phone"),
        "address": _("address"),
        "name": BUILDING_TABLE.title_of("name"),
        "place": _("place"),
        "building": _("building code"),
        "dwelling": DWELLING_TABLE.title_of("code"),
        "entrance": DWELLING_TABLE.title_of("entrance"),
        "floor": DWELLING_TABLE.title_of("floor"),
        "room": DWELLING_TABLE.title_of("room"),
        "class": _("class"),
        "presence": _("presence"),
        "buildings": _("buildings"),
        "households": _("households"),
        "persons": _("persons"),
        **{name: HOUSEHOLD_TABLE.title_of(name) for name in ("registered", "h2a", "h2b")},
        "attempts": _("visits"),
        "calls": _("phone calls"),
        "last": _("last on"),
        "outcome": _("outcome"),
        "appointment": _("appointment on"),
        "appointment_time": _("appointment at"),
        "road": _("nearest road"),
        "road_m": _("metres to the road"),
        "length_m": _("length in metres"),
        "x": _("x"),
        "y": _("y"),
        "state": _("state"),
        "remark": _("remark"),
        "source": _("source file and sheet"),
        "source_row": _("row in the sheet, from 1"),
    }
