"""
The work lists and registers of the field (docs/domain.md sections 3 and 6).

What follows from roster, map and visits is derived here; what was entered from a register's own sheet stands beside
it. They hold codes and counts; `census_map.roster.list_sheets` adds names where they are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from census_map.i18n import N_
from census_map.roster.door_plates import buildings_without_plate, lanes_without_name
from census_map.roster.registers import entered
from census_map.roster.vault import Vault
from census_map.roster.visits import visit_states
from census_map.roster.worklists import (
    NOMINAL,
    missed_buildings,
    missed_households,
    place_households,
    several_houses,
    vacant_dwellings,
)
from census_map.workspace import Workspace

_AWAY_CLASS, _GONE_CLASS = 3, 5
_OPEN_OUTCOMES = ("partly", "nobody", "later", "refused", "wrong")
_PLACE = ("census_area", "mini_area", "code", "number", "building", "entrance", "room")


class Sources:
    """Workspace and vault with what several lists need, read once."""

    def __init__(self, workspace: Workspace, vault: Vault) -> None:
        self.workspace, self.vault = workspace, vault

    @cached_property
    def households(self) -> pd.DataFrame:
        """All households with their places, see `place_households`."""
        return place_households(self.workspace)

    @cached_property
    def visits(self) -> pd.DataFrame:
        """The visit log by household, see `visit_states`."""
        return visit_states(self.workspace)


@dataclass(frozen=True)
class FieldList:
    """
    One list.

    Attributes
    ----------
    name, title
        Name on the command line; title, to be translated.
    make
        Gives its rows: indexed by uid of household, entry or thing of the map.
    people
        Whether its rows are households or entries, to which names can be added.
    """

    name: str
    title: str
    make: Callable[[Sources], pd.DataFrame]
    people: bool = True


def _nominal(sources: Sources) -> pd.DataFrame:
    return _with_entered(sources, "nominal", _of_class(sources, NOMINAL))


def _of_class(sources: Sources, number: int) -> pd.DataFrame:
    rows = sources.households
    return rows[(rows["class"] == number).fillna(value=False).astype(bool)]


def _demolished(sources: Sources) -> pd.DataFrame:
    rows = sources.households
    gone = (rows["class"] == _GONE_CLASS).fillna(value=False) | (rows["link_state"] == "demolished").fillna(value=False)
    return _with_entered(sources, "demolished", rows[gone.astype(bool)])


def _mismatch(sources: Sources) -> pd.DataFrame:
    """Those whose residence and registration are at different places: as told, or as the counts say."""
    rows = sources.households
    told = rows["presence"].isin(["registered_elsewhere", "absent"])
    away = (rows["class"] == _AWAY_CLASS).fillna(value=False)
    lodgers = ((rows["registered"] == 0) & (rows["h2a"] > 0)).fillna(value=False)
    found = rows[(told | away | lodgers).astype(bool)].copy()
    guess = pd.Series("absent", index=found.index, dtype=object).mask(lodgers[found.index], "registered_elsewhere")
    found["presence"] = found["presence"].where(found["presence"].notna(), guess)
    return _with_entered(sources, "mismatch", found)


def _absent_unknown(sources: Sources) -> pd.DataFrame:
    """Absent, and the last visit or call found a wrong address or phone."""
    rows = sources.households
    lost = sources.visits["outcome"].reindex(rows.index) == "wrong"
    away = (rows["presence"] == "absent") | (rows["class"] == _AWAY_CLASS)
    return _with_entered(sources, "absent_unknown", rows[(lost & away.fillna(value=False)).astype(bool)])


def _several_houses(sources: Sources) -> pd.DataFrame:
    """Propose labels of the form 'name serial': each house of one owner gets the next number."""
    houses = several_houses(sources.workspace, sources.vault)
    rows = sources.households.loc[houses.index]
    rows = rows.assign(owner=houses["owner"], serial=houses["serial"]).sort_values(["owner", "serial"], kind="stable")
    return _with_entered(sources, "several_houses", rows)


def _collective(sources: Sources) -> pd.DataFrame:
    rows = sources.households
    return _with_entered(sources, "collective", rows[rows["collective"].astype(bool)])


def _special_places(sources: Sources) -> pd.DataFrame:
    """Collective living quarters of the map, and what was entered."""
    workspace = sources.workspace
    rows = workspace.read("building", columns=["code", "name", "mini_area_uid", "use"])
    rows = pd.DataFrame(rows[(rows["use"] == "collective").fillna(value=False).astype(bool)])
    minis = workspace.read("mini_area", columns=["code", "census_area_uid"])
    areas = workspace.read("census_area", columns=["code"])["code"]
    counts = pd.DataFrame(workspace.read("building_summary", columns=["persons", "households"]))
    rows["census_area"] = rows["mini_area_uid"].map(minis["census_area_uid"]).map(areas).astype(object)
    rows["mini_area"] = rows["mini_area_uid"].map(minis["code"]).astype(object)
    rows = rows.rename(columns={"code": "building"}).join(counts)
    return _with_entered(sources, "special_place", rows)


def _entered_only(kind: str) -> Callable[[Sources], pd.DataFrame]:
    return lambda sources: _with_entered(sources, kind, pd.DataFrame())


def _to_visit_again(sources: Sources) -> pd.DataFrame:
    """Households that were visited or called and are not registered in full; the next appointment first."""
    states = sources.visits
    states = states[states["outcome"].isin(_OPEN_OUTCOMES)]
    rows = sources.households.reindex(states.index)[list(_PLACE)].join(states)
    return rows.sort_values(["appointment", "appointment_time", "last"], na_position="last", kind="stable")


def _with_entered(sources: Sources, kind: str, derived: pd.DataFrame) -> pd.DataFrame:
    """Add the entries of a register to what was derived; an entry for a household that is there already joins it."""
    entries = entered(sources.workspace, kind)
    own = entries["household_uid"].isin(derived.index)
    rows = derived.copy()
    rows["state"] = entries[own].set_index("household_uid")["state"].reindex(rows.index) if len(rows) else None
    rest = entries[~own]
    known = sources.households
    placed = pd.DataFrame(index=rest.index)
    for name in (*_PLACE, "class", "registered", "h2a", "h2b"):
        placed[name] = rest["household_uid"].map(known[name]).astype(object)
    codes = sources.workspace.read("building", columns=["code"])["code"]
    placed["building"] = placed["building"].where(placed["building"].notna(), rest["building_uid"].map(codes))
    placed["census_area"] = rest["census_area"].where(rest["census_area"].notna(), placed["census_area"])
    placed = placed.join(rest[["persons", "state", "source", "source_row", "household_uid"]])
    parts = [part.astype(object) for part in (rows, placed) if len(part)]
    return pd.concat(parts) if parts else rows.reindex(columns=[*_PLACE, "persons", "state"])


def _buildings_to_mark(sources: Sources) -> pd.DataFrame:
    return missed_buildings(sources.workspace, sources.vault).drop(columns="uids")


def _dwellings(make: Callable[[Workspace], pd.DataFrame]) -> Callable[[Sources], pd.DataFrame]:
    return lambda sources: make(sources.workspace).rename(columns={"code": "dwelling"})


def _map_only(make: Callable[[Workspace], pd.DataFrame]) -> Callable[[Sources], pd.DataFrame]:
    return lambda sources: make(sources.workspace)


FIELD_LISTS: dict[str, FieldList] = {
    each.name: each
    for each in (
        FieldList("missed_buildings", N_("Buildings to be marked"), _buildings_to_mark, people=False),
        FieldList(
            "missed_households", N_("Dwelling units without household"), _dwellings(missed_households), people=False
        ),
        FieldList("vacant", N_("Vacant dwelling units"), _dwellings(vacant_dwellings), people=False),
        FieldList("visit_again", N_("To be visited again"), _to_visit_again),
        FieldList("nominal", N_("Nominal registrations"), _nominal),
        FieldList("demolished", N_("Demolished addresses"), _demolished),
        FieldList("mismatch", N_("Living and registered at different places"), _mismatch),
        FieldList("absent_unknown", N_("Absent, address unknown"), _absent_unknown),
        FieldList("several_houses", N_("Several houses of one owner"), _several_houses),
        FieldList("no_fixed_abode", N_("No fixed abode"), _entered_only("no_fixed_abode")),
        FieldList("unregistered_child", N_("Children not yet registered"), _entered_only("unregistered_child")),
        FieldList("collective", N_("Collective households"), _collective),
        FieldList("special_place", N_("Special places"), _special_places),
        FieldList("supplementary", N_("Supplementary registration"), _entered_only("supplementary")),
        FieldList("no_plate", N_("Buildings without door plate"), _map_only(buildings_without_plate), people=False),
        FieldList("no_plate_entered", N_("No door plate, as told"), _entered_only("no_plate")),
        FieldList("no_name", N_("Lanes without name"), _map_only(lanes_without_name), people=False),
    )
}
