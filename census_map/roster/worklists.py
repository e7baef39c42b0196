"""
The lists that people work through: what is not linked, what is missing on the map, who is missing on the roster.

All of them hold codes, counts and places of the map alone; names are added from the vault only for a list that is
asked for with names (`with_names`), which is logged there.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from census_map.i18n import _
from census_map.roster.census_areas import areas_of_households
from census_map.roster.importing import vault_addresses, vault_names
from census_map.roster.link import read_places
from census_map.roster.place import Place, Where
from census_map.roster.score import reason_text
from census_map.roster.vault import Vault
from census_map.schema import LINK_STATE
from census_map.workspace import Workspace

_STATES = dict(LINK_STATE)
NOMINAL, VACANT = 4, 8


def unlinked_households(workspace: Workspace) -> pd.DataFrame:
    """
    List the households that have no building on the map, each with its reason (docs/rules.md H01).

    Returns
    -------
    households
        Indexed by uid, in the order of the roster: `census_area` (code), `source`, `source_row`, `state`, `score`,
        `reason` (codes), `reason_text` (translated). Holds no personal data.
    """
    columns = ["census_area_uid", "link_state", "link_score", "link_reason", "source", "source_row"]
    rows = workspace.read("household", columns=columns)
    rows = rows[rows["link_state"].isna() | (rows["link_state"] != "linked")]
    codes = workspace.read("census_area", columns=["code"])["code"]
    reasons = rows["link_reason"].fillna("").astype(object)
    return pd.DataFrame(
        {
            "census_area": rows["census_area_uid"].map(codes).astype(object),
            "source": rows["source"],
            "source_row": rows["source_row"],
            "state": rows["link_state"].fillna("none").astype(object),
            "score": rows["link_score"],
            "reason": reasons,
            "reason_text": reasons.map(reason_text).astype(object),
        },
        index=rows.index,
    )


def with_names(households: pd.DataFrame, vault: Vault, *, reason: str) -> pd.DataFrame:
    """Add head of household and address to a list of households indexed by uid; the reading is logged."""
    heads = vault_names(vault, reason=reason)
    places = vault_addresses(vault, reason=reason)
    named = households.copy()
    named.insert(0, "head", heads.reindex(named.index).fillna("").astype(object))
    named.insert(1, "address", places["address"].reindex(named.index).fillna("").astype(object))
    return named


def unlinked_json(households: pd.DataFrame) -> dict[str, Any]:
    """Give the list of unlinked households for `--json`."""
    rows = [
        {
            "uid": uid,
            "census_area": row["census_area"] if isinstance(row["census_area"], str) else None,
            "source": row["source"],
            "row": None if pd.isna(row["source_row"]) else int(row["source_row"]),
            "state": row["state"],
            "score": None if pd.isna(row["score"]) else float(row["score"]),
            "reason": row["reason"],
            "text": row["reason_text"],
        }
        for uid, row in households.iterrows()
    ]
    states = {str(state): int(count) for state, count in households["state"].value_counts().items()}
    return {"unlinked": len(rows), "states": states, "households": rows}


def state_title(state: str) -> str:
    """Give the translated title of a link state."""
    return _(_STATES.get(state, state))


def missed_buildings(workspace: Workspace, vault: Vault, *, where: Mapping[str, Where] | None = None) -> pd.DataFrame:
    """
    Group the households whose building is not on the map by the place they name, for marking it.

    **Restricted**: the places are the roster's texts, so the list is for the office, not for hand-in; logged.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    where
        As of `link.read_places`, when it was read before.

    Returns
    -------
    places
        One row a place, most households first: `census_area` (code), `place`, `households`, `persons`, `uids`.
    """
    rows = workspace.read("household", columns=["census_area_uid", "link_state", "h2a"])
    rows = rows[rows["link_state"] == "missed_building"]
    where = read_places(vault, reason=_("list of missed buildings"), uids=rows.index) if where is None else where
    codes = workspace.read("census_area", columns=["code"])["code"]
    labels = [place_label(where[uid].place) if uid in where else "" for uid in rows.index]
    groups = rows.assign(place=labels, census_area=rows["census_area_uid"].map(codes).astype(object), uid=rows.index)
    found = [
        {
            "census_area": area,
            "place": place,
            "households": len(group),
            "persons": int(group["h2a"].fillna(0).sum()),
            "uids": tuple(group["uid"]),
        }
        for (area, place), group in groups.groupby(["census_area", "place"], dropna=False, sort=False)
    ]
    columns = ["census_area", "place", "households", "persons", "uids"]
    return pd.DataFrame(found, columns=columns).sort_values("households", ascending=False, ignore_index=True)


def place_label(place: Place) -> str:
    """Write a place in one line: names, then lane, group, number, zone, building."""
    names = sorted(place.villages) + sorted(place.roads) + sorted(place.sites)
    numbers = (
        (place.group, _("group {n}")),
        (place.lane, _("lane {n}")),
        (place.number, _("no. {n}")),
        (place.zone, _("zone {n}")),
        (place.building, _("building {n}")),
    )
    return " ".join([*names, *(text.format(n=number) for number, text in numbers if number)])


def missed_households(workspace: Workspace) -> pd.DataFrame:
    """
    List the inhabited dwellings without a household on the roster (docs/rules.md H02).

    Returns
    -------
    dwellings
        Indexed by uid of the dwelling: `code`, `building_uid`, `building` (code), `entrance`, `floor`, `room`.
    """
    return _dwellings_without(workspace, ("inhabited",))


def vacant_dwellings(workspace: Workspace) -> pd.DataFrame:
    """List the vacant dwellings, those among them that only the roster tells; columns as for `missed_households`."""
    return _dwellings_without(workspace, ("vacant",), listed=("unknown", None))


def _dwellings_without(
    workspace: Workspace, states: tuple[str, ...], *, listed: tuple[str | None, ...] = ()
) -> pd.DataFrame:
    """Find the dwellings without a household: of a state, or of some states where the roster calls them vacant."""
    dwellings = workspace.read("dwelling", columns=["code", "building_uid", "entrance", "floor", "room", "state"])
    households = workspace.read("household", columns=["dwelling_uid", "class"])
    is_vacant = (households["class"] == VACANT).fillna(value=False).astype(bool)
    living = households.loc[~is_vacant, "dwelling_uid"].dropna()
    told = households.loc[is_vacant, "dwelling_uid"].dropna()
    state = dwellings["state"].astype(object).where(dwellings["state"].notna(), None)
    wanted = state.isin(states) | (state.isin([*listed]) & dwellings.index.isin(told))
    free = dwellings[wanted & ~dwellings.index.isin(living)]
    codes = workspace.read("building", columns=["code"])["code"]
    free = free.assign(building=free["building_uid"].map(codes).astype(object))
    columns = ["code", "building_uid", "building", "entrance", "floor", "room"]
    return free[columns].sort_values("code", kind="stable", na_position="last")


def nominal_registrations(workspace: Workspace) -> pd.DataFrame:
    """List the households of class 4 (nominal registration), indexed by uid; columns of `place_households`."""
    rows = place_households(workspace)
    return rows[(rows["class"] == NOMINAL).fillna(value=False)]


def place_households(workspace: Workspace) -> pd.DataFrame:
    """
    Give all households with the place they are linked to, in codes.

    Returns
    -------
    households
        Indexed by uid, in the order of the roster: the columns of the table `household` and `census_area`,
        `mini_area`, `building` (codes), `entrance`, `room`; `collective`: of that kind, or in collective living
        quarters. Where the roster names no census area, it is that of the building. Holds no personal data.
    """
    rows = workspace.read("household")
    rows["census_area_uid"] = areas_of_households(workspace, rows)
    buildings = pd.DataFrame(workspace.read("building", columns=["code", "mini_area_uid", "use"]))
    dwellings = workspace.read("dwelling", columns=["entrance", "room"])
    codes = {name: workspace.read(name, columns=["code"])["code"] for name in ("census_area", "mini_area")}
    placed = {
        "census_area": rows["census_area_uid"].map(codes["census_area"]),
        "mini_area": rows["building_uid"].map(buildings["mini_area_uid"]).map(codes["mini_area"]),
        "building": rows["building_uid"].map(buildings["code"]),
        "entrance": rows["dwelling_uid"].map(dwellings["entrance"]),
        "room": rows["dwelling_uid"].map(dwellings["room"]),
    }
    lodged = rows["building_uid"].map(buildings["use"]) == "collective"
    collective = ((rows["kind"] == "collective") | lodged).fillna(value=False).astype(bool)
    return rows.assign(**{name: column.astype(object) for name, column in placed.items()}, collective=collective)


def several_houses(workspace: Workspace, vault: Vault) -> pd.DataFrame:
    """
    Find heads of household with several dwellings (docs/rules.md H06), by keyed hashes: nothing is decrypted.

    Two rows of one owner in the same dwelling are one house, not two.

    Returns
    -------
    households
        Indexed by uid: `owner` (serial number of the owner), `serial` (1, 2, … in the order of the roster) for labels
        of the form 'name serial', `dwelling_uid`, `building_uid`.
    """
    hashes = vault.read_hashes()[["h_identity", "h_name_birth"]]
    rows = workspace.read("household", columns=["dwelling_uid", "building_uid"])
    owner = hashes["h_identity"].where(hashes["h_identity"].notna(), hashes["h_name_birth"])
    rows["identity"] = owner.reindex(rows.index)
    rows = rows[rows["identity"].notna() & rows["identity"].duplicated(keep=False)]
    found: list[pd.DataFrame] = []
    for _owner, group in rows.groupby("identity", sort=False):
        serials = _house_numbers(group)
        if max(serials) > 1:
            found.append(group.assign(owner=len(found) + 1, serial=serials))
    columns = ["owner", "serial", "dwelling_uid", "building_uid"]
    return pd.concat(found)[columns] if found else pd.DataFrame(columns=columns)


def _house_numbers(group: pd.DataFrame) -> list[int]:
    """Number the houses of one owner; a row that is linked to a building alone may be any of its rooms."""
    rooms = group["dwelling_uid"].notna()
    known = dict(zip(group.loc[rooms, "building_uid"], group.loc[rooms, "dwelling_uid"], strict=True))
    numbers: dict[object, int] = {}
    serials = []
    for uid, dwelling, building in zip(group.index, group["dwelling_uid"], group["building_uid"], strict=True):
        house = dwelling if isinstance(dwelling, str) else known.get(building, building)
        house = house if isinstance(house, str) else uid
        serials.append(numbers.setdefault(house, len(numbers) + 1))
    return serials
