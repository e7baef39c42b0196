"""The work lists and registers, the one set of tables, and the workbooks that are made of them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from census_map.i18n import N_, _
from census_map.progress import last_change
from census_map.roster.by_hand import HandLinking
from census_map.roster.field_lists import FIELD_LISTS, FieldList, Sources
from census_map.roster.list_sheets import list_sheet
from census_map.roster.registers import KINDS
from census_map.roster.tables import table_sheets
from census_map.roster.vault import Vault, vault_path
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.roster.worklists import state_title, unlinked_households, with_names
from census_map.task import Report, silent
from census_map.workspace import Workspace

from .hand import sitting
from .results import Rows, cells_of
from .session import SITTING, Session, both

UNLINKED, MISSED = "unlinked", "missed_buildings"
HINTS = {
    MISSED: N_("Choose a row: the map goes to where the building probably stands. Then mark it there."),
    UNLINKED: N_("Every household without a building on the map, and why."),
    "missed_households": N_(
        "Somebody lives in these dwelling units, but no household of the roster is in them: visit."
    ),
    "vacant": N_("These dwelling units are vacant, as the map or the roster says."),
    "visit_again": N_("Visited or called, but not registered in full; the next appointment first."),
    "nominal": N_("Registered at an address where they do not live."),
    "demolished": N_("The building does not stand any more; the registration is still there."),
    "mismatch": N_("They live at one place and are registered at another."),
    "absent_unknown": N_("Absent, and the last visit or call found nobody who knows where."),
    "several_houses": N_("One owner, several houses: count the household once, label each house."),
    "no_fixed_abode": N_("Boats, building sites, the street: count them where they are found."),
    "unregistered_child": N_("Born, but not yet in the household register."),
    "collective": N_("Dormitories, monasteries, homes: above 20 persons they may be divided."),
    "special_place": N_("Collective living quarters of the map, and what the field has told."),
    "supplementary": N_("Found by a comparison or in the field, to be registered in addition."),
    "no_plate": N_("Buildings for living whose address tells no number: a list for the police."),
    "no_plate_entered": N_("Doors without a plate, as the field has told."),
    "no_name": N_("Lanes without a name along which people live: a list for the police."),
}
# In which register the rows of a list can be settled.
_REGISTER_OF = {"no_plate": "no_plate", "no_plate_entered": "no_plate", **{kind: kind for kind in KINDS}}


def register_of(name: str) -> str | None:
    """Give the register that a list shows; None for a list that is no register."""
    return _REGISTER_OF.get(name)


def work_lists(session: Session, wanted: Sequence[str], *, report: Report = silent) -> list[Rows]:
    """
    Make some of the lists, and name the others; the sitting of linking by hand is open.

    All of them take a minute for a township of 160,000 rows, one a few seconds.
    """
    hand = sitting(session)
    found = []
    for name, title in _titles().items():
        if name not in wanted:
            found.append(Rows(name, title, (), [], _(HINTS[name]), made=False))
            continue
        report(0.0, title)
        if name == UNLINKED:
            found.append(_unlinked(hand.workspace))
        elif name == MISSED:
            found.append(_missed(hand, FIELD_LISTS[name]))
        else:
            found.append(_list(FIELD_LISTS[name], _sources(session, hand)))
    return found


def _titles() -> dict[str, str]:
    """Give the lists in their order with their translated titles."""
    titles = {name: _(each.title) for name, each in FIELD_LISTS.items()}
    missed = titles.pop(MISSED)
    return {MISSED: missed, UNLINKED: _("Without a place"), **titles}


def _sources(session: Session, hand: HandLinking) -> Sources:
    """Read what several lists need once, until something is changed."""
    change = last_change(hand.workspace.path)
    kept = session.things[SITTING].get("sources")
    if kept is None or kept[0] != change:
        kept = (change, Sources(hand.workspace, hand.vault))
        session.keep("sources", kept, room=SITTING)
    return kept[1]


def _missed(hand: HandLinking, each: FieldList) -> Rows:
    rows = hand.missed()
    titles = {
        "place": _("place on the roster"),
        "households": _("households"),
        "persons": _("persons"),
        "census_area": _("census area code"),
    }
    near = tuple(tuple(uids) for uids in rows["near"])
    return Rows(
        each.name, _(each.title), tuple(titles.values()), cells_of(rows[list(titles)]), _(HINTS[each.name]), (0,),
        "building", near, tuple(tuple(uids) for uids in rows["uids"]),
    )  # fmt: skip


def _unlinked(workspace: Workspace) -> Rows:
    rows = unlinked_households(workspace)
    titles = {
        "census_area": _("census area code"),
        "source": _("roster"),
        "source_row": _("row"),
        "state": _("link to the map"),
        "reason_text": _("reason"),
    }
    shown = rows.assign(state=rows["state"].map(state_title))[list(titles)]
    return Rows(
        UNLINKED, _("Without a place"), tuple(titles.values()), cells_of(shown), _(HINTS[UNLINKED]), (4,),
        keys=tuple(rows.index),
    )  # fmt: skip


def _list(each: FieldList, sources: Sources) -> Rows:
    rows = each.make(sources)
    sheet = list_sheet(each, rows, sources.vault, names=False)
    titles = tuple(map(str, sheet.frame.columns))
    wide = tuple(at for at, title in enumerate(titles) if title in (_("place"), _("source file and sheet")))
    table, places = _places(each, rows, sources)
    return Rows(
        each.name, _(each.title), titles, cells_of(sheet.frame), _(HINTS[each.name]), wide, table, places,
        tuple(map(str, rows.index)),
    )  # fmt: skip


def _places(each: FieldList, rows: pd.DataFrame, sources: Sources) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Say where on the map the rows are: a lane itself, or a building."""
    if each.name == "no_name":
        return "road", tuple((str(uid),) for uid in rows.index)
    if each.name == "no_plate":
        return "building", tuple((str(uid),) for uid in rows.index)
    buildings = sources.workspace.read("building", columns=["code"])["code"]
    by_code = {code: uid for uid, code in buildings.items() if isinstance(code, str)}
    nothing = pd.Series(None, index=rows.index, dtype=object)
    household = rows.get("household_uid", nothing)
    household = household.where(household.notna(), pd.Series(rows.index, index=rows.index, dtype=object))
    found = household.map(sources.households["building_uid"]).astype(object)
    for other in (
        rows.get("building_uid", nothing),
        rows["building"].map(by_code) if "building" in rows else nothing,
        pd.Series([uid if uid in buildings.index else None for uid in rows.index], index=rows.index, dtype=object),
    ):
        found = found.where(found.notna(), other)
    return "building", tuple((uid,) if isinstance(uid, str) else () for uid in found)


def write_lists(
    _session: Session, path: Path, passphrase: str, out: Path, wanted: Sequence[str], *, names: bool,
    report: Report = silent,
) -> Path:  # fmt: skip
    """Write lists as a workbook; names and addresses are read from the vault only when they are asked for."""
    with both(path, passphrase) as (workspace, vault):
        sources = Sources(workspace, vault)
        sheets = []
        for count, name in enumerate(wanted):
            report(0.8 * count / len(wanted), "")
            if name == UNLINKED:
                sheets.append(_unlinked_sheet(workspace, vault, names=names))
            else:
                sheets.append(list_sheet(FIELD_LISTS[name], FIELD_LISTS[name].make(sources), vault, names=names))
    report(0.8, _("writing the workbook"))
    write_workbook(out, sheets, names=names)
    return out


def _unlinked_sheet(workspace: Workspace, vault: Vault, *, names: bool) -> SheetSpec:
    shown = _unlinked(workspace)
    frame = pd.DataFrame(shown.rows, columns=list(shown.titles), index=pd.Index(shown.keys, name="uid"))
    note = _("With names: lock it away, destroy it after use") if names else _("Open version, without names")
    if names:
        frame = with_names(frame, vault, reason=_("list of households that are not linked"))
        frame = frame.rename(columns={"head": _("head of household"), "address": _("address")})
    return SheetSpec(shown.title, shown.title, frame, note=note)


def write_tables(
    _session: Session, path: Path, passphrase: str, out: Path, *, names: bool, report: Report = silent
) -> Path:
    """Write the one set of tables; the open version needs no passphrase."""
    report(0.05, _("reading the roster"))
    with Workspace.open(path) as workspace:
        if names:
            with Vault.open(vault_path(path), passphrase) as vault:
                sheets = table_sheets(workspace, vault)
        else:
            sheets = table_sheets(workspace)
    report(0.4, _("writing the workbook"))
    write_workbook(out, sheets, names=names)
    return out
