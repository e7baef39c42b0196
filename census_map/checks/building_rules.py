"""Rules on buildings, their parts and dwelling units (docs/rules.md B01 to B08, H07)."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, Severity, rule
from census_map.i18n import N_, _

_VACANT_CLASS = 8
# What the label of a room or entrance is made of when it names nobody: numbers, and words for what is numbered.
_COUNTED = re.compile(
    r"[\W\d_]|[〇零一二三四五六七八九十百甲乙丙丁东西南北中左右前后上下侧地层楼门室号房间单元栋幢座户梯铺院]"
    r"|room|flat|unit|floor|entrance",
    re.IGNORECASE,
)


def _at(facts: Facts, uid: str, text: str, **values: object) -> Finding:
    message = text.format(name=facts.building_name(uid), **values)
    return Finding("building", (uid,), message, facts.buildings.at[uid, "geometry"])


@rule("B01", "error", N_("Building in no mini-area, or noted for another one"), fix="assign")
def find_misplaced_buildings(facts: Facts) -> Iterator[Finding]:
    """Find buildings outside every mini-area and buildings whose stored mini-area is not where they lie (B01)."""
    places = facts.building_places
    divided = set(facts.drawn["census_area_uid"])
    inside = facts.building_census_areas
    part_of = facts.building_parts.groupby("building_uid")["mini_area_uid"].agg(set).to_dict()
    for uid in facts.standing.index:
        place, stored = places[uid], facts.buildings.at[uid, "mini_area_uid"]
        if not place:
            if not inside[uid]:
                yield _at(facts, uid, _("Building {name} lies outside every census area: move or delete it."))
            elif inside[uid] in divided:
                yield _at(facts, uid, _("Building {name} lies in no mini-area: close the gap around it."))
        elif not stored and facts.mini_areas.at[place, "kind"] != "virtual":
            yield _at(facts, uid, _("Building {name} is not assigned to the mini-area it lies in: assign it."))
        elif stored and stored != place and stored not in part_of.get(uid, set()):
            known = stored in facts.mini_areas.index
            there = facts.mini_area_name(stored) if known else _("a mini-area that is gone")
            text = _("Building {name} lies in mini-area {place} but is noted for {stored}: assign it again.")
            yield _at(facts, uid, text, place=facts.mini_area_name(place), stored=there)


@rule("B02", "warning", N_("Buildings overlap"), fix="edit")
def find_overlapping_buildings(facts: Facts) -> Iterator[Finding]:
    """Find buildings that share more ground than the profile allows, or lie there twice (an error) (B02)."""
    shapes = facts.in_metres(facts.standing).to_numpy(dtype=object)
    usable = np.flatnonzero(shapely.is_valid(shapes) & ~shapely.is_empty(shapes))
    left, right = shapely.STRtree(shapes[usable]).query(shapes[usable], predicate="intersects")
    left, right = usable[left[left < right]], usable[right[left < right]]
    shared = shapely.intersection(shapes[left], shapes[right])
    area = shapely.area(shared)
    twins = shapely.area(shapely.symmetric_difference(shapes[left], shapes[right])) == 0
    for k in np.flatnonzero(area > facts.profile.checks.overlap_m2):
        one, other = facts.standing.index[left[k]], facts.standing.index[right[k]]
        text = (
            _("Buildings {name} and {other} lie exactly on each other: delete one of them.")
            if twins[k]
            else _("Buildings {name} and {other} overlap by {area} m²: correct their outlines.")
        )
        message = text.format(
            name=facts.building_name(one), other=facts.building_name(other), area=round(float(area[k]), 1)
        )
        # A building that is there twice is counted twice.
        severity: Severity | None = "error" if twins[k] else None
        yield Finding("building", tuple(sorted((one, other))), message, facts.buildings.at[one, "geometry"], severity)


@rule("B03", "error", N_("Dwelling units not listed, or their number differs"), fix="list")
def find_unlisted_dwellings(facts: Facts) -> Iterator[Finding]:
    """Find residential buildings without dwelling units, and counts that differ from the list (B03)."""
    if facts.dwellings.empty:
        return  # Dwelling units are listed after the buildings are marked; until then the count alone is known.
    listed = facts.dwellings["building_uid"].value_counts()
    for uid, row in facts.standing.iterrows():
        count = int(listed.get(uid, 0))
        noted = row["dwellings"]
        if row["use"] in {"residential", "mixed"} and not count and not noted > 0:
            yield _at(facts, str(uid), _("Residential building {name} has no dwelling units: list them."))
        elif noted >= 0 and noted != count:
            text = _("Building {name} is noted with {noted} dwelling units, {count} are listed: correct the list.")
            yield _at(facts, str(uid), text, noted=int(noted), count=count)


@rule("B04", "warning", N_("Unusual number of dwelling units"), fix="verify")
def find_extreme_densities(facts: Facts) -> Iterator[Finding]:
    """Find buildings with an extreme number of dwelling units a floor and entrance (B04)."""
    rows = facts.standing
    per = rows["dwellings"] / (rows["floors"].clip(lower=1).fillna(1) * rows["entrances"].clip(lower=1).fillna(1))
    limit = facts.profile.checks.dwellings_per_floor_entrance
    for uid in rows.index[(per > limit) & (rows["use"] != "collective")]:
        text = _("Building {name} has {count} dwelling units a floor and entrance: verify floors and units.")
        yield _at(facts, uid, text, count=round(float(per[uid])))


@rule("B05", "error", N_("Marked as uninhabited but households live there, or the reverse"), fix="resolve")
def find_inhabited_contradictions(facts: Facts) -> Iterator[Finding]:
    """Find buildings and dwelling units whose state contradicts the households linked to them (B05)."""
    present = facts.households[facts.households["class"].isin([1, 2])]
    vacant = facts.dwellings[facts.dwellings["state"] == "vacant"]
    for uid in vacant.index.intersection(present["dwelling_uid"]):
        building = facts.dwellings.at[uid, "building_uid"]
        name = facts.building_name(building) if building in facts.buildings.index else ""
        rooms = facts.dwellings.at[uid, "room"]
        text = _("Room {room} of building {name} is marked vacant, but a household lives there: correct one of them.")
        place = facts.buildings.at[building, "geometry"] if building in facts.buildings.index else None
        yield Finding("dwelling", (uid,), text.format(room=rooms, name=name), place)
    homes: pd.Series[str] = facts.household_places.loc[present.index, "building"]
    for uid in facts.buildings.index[facts.uninhabited].intersection(homes):
        text = _("Building {name} is marked as uninhabited, but {count} households live there: correct one of them.")
        yield _at(facts, uid, text, count=int((homes == uid).sum()))
    yield from _empty_homes(facts)


def _empty_homes(facts: Facts) -> Iterator[Finding]:
    """Find buildings marked as inhabited whose dwelling units are all vacant and to which nobody is linked."""
    if facts.households.empty:
        return  # No roster yet: nobody can be linked.
    states = facts.dwellings.groupby("building_uid")["state"].agg(set)
    lived_in = facts.standing.index[facts.standing["inhabited"]]
    tenants = facts.household_places.loc[facts.households["class"] != _VACANT_CLASS, "building"]
    for uid in lived_in.difference(tenants):
        if states.get(uid, set()) <= {"vacant"}:
            text = _("Building {name} is marked as inhabited, but no household is linked to it: visit it.")
            yield _at(facts, uid, text)


@rule("B06", "warning", N_("Building with neither address nor name"), fix="fill")
def find_nameless_buildings(facts: Facts) -> Iterator[Finding]:
    """Find residential buildings that cannot be told apart by address or name (B06)."""
    rows = facts.standing
    nameless = (rows["name"].str.strip() == "") & (rows["address"].str.strip() == "")
    by_area: dict[str, list[str]] = {}
    for uid in rows.index[nameless & rows["use"].isin(["residential", "mixed", ""])]:
        by_area.setdefault(str(facts.building_places[uid]), []).append(str(uid))
    for area, uids in sorted(by_area.items()):
        where = facts.mini_area_name(area) if area else _("no mini-area")
        text = _("{count} residential buildings in {area} have neither address nor name: fill them in.")
        shapes = facts.buildings.geometry.loc[uids].dropna()
        place = shapely.multipoints(shapely.point_on_surface(shapes.to_numpy(dtype=object)))
        yield Finding("building", tuple(sorted(uids)), text.format(count=len(uids), area=where), place)


@rule("B07", "error", N_("Sensitive site with a name"), fix="clear")
def find_named_sensitive_sites(facts: Facts) -> Iterator[Finding]:
    """Find sensitive sites that carry a name or an address, or whose parts or dwelling units name a unit (B07)."""
    rows = facts.buildings[facts.buildings["sensitive"]]
    for uid, row in rows.iterrows():
        if row["name"].strip() or row["address"].strip():
            text = _("A sensitive site carries a name or address: clear both; such sites are drawn without.")
            yield Finding("building", (str(uid),), text, row["geometry"])
    # The messages never repeat the name: it must not stand in a report either.
    parts = facts.building_parts[facts.building_parts["building_uid"].isin(rows.index)]
    for uid, building in parts.loc[parts["name"].str.strip() != "", "building_uid"].items():
        text = _("A part of a sensitive site carries a name: clear it; such sites are drawn without.")
        yield Finding("building_part", (str(uid),), text, rows.at[building, "geometry"])
    units = facts.dwellings[facts.dwellings["building_uid"].isin(rows.index)]
    named = units["room"].map(_names_somebody) | units["entrance"].map(_names_somebody)
    for uid, building in units.loc[named.astype(bool), "building_uid"].items():
        text = _("A dwelling unit of a sensitive site is called by a name: leave only its number.")
        yield Finding("dwelling", (str(uid),), text, rows.at[building, "geometry"])


def _names_somebody(label: str) -> bool:
    """Tell whether the label of a room or entrance is more than a number and what is counted."""
    rest = _COUNTED.sub("", label)
    return len(rest) > (2 if rest.isascii() else 1)  # B1F is a floor


@rule("B08", "warning", N_("Under construction or demolished, with residents"), fix="revisit")
def find_residents_without_building(facts: Facts) -> Iterator[Finding]:
    """Find buildings under construction or demolished to which present households are linked (B08)."""
    present = facts.households[facts.households["class"].isin([1, 2])].index
    homes: pd.Series[str] = facts.household_places.loc[present, "building"]
    gone = facts.buildings[facts.buildings["state"].isin(["construction", "demolished"])]
    for uid in gone.index.intersection(homes):
        count = int((homes == uid).sum())
        text = _("Building {name} is not standing, but {count} households live there: visit it.")
        yield _at(facts, uid, text, count=count)


@rule("H07", "error", N_("Parts of a building that do not add up to it"))
def find_unequal_parts(facts: Facts) -> Iterator[Finding]:
    """Find divided buildings whose parts hold more or fewer households or persons than the building (H07)."""
    # Every other total is a view of the rows; only parts carry counts of their own, by which mini-areas are summed.
    parts = facts.building_parts[facts.building_parts["building_uid"].isin(facts.standing.index)]
    added = parts.groupby("building_uid")[["households", "persons"]].sum()
    whole = facts.building_totals.reindex(added.index)
    for uid in added.index[(whole.notna() & (whole != added)).any(axis=1)]:
        text = _(
            "Building {name} has {households} households and {persons} persons, its parts together {part_households} "
            "and {part_persons}: correct the parts."
        )
        yield _at(
            facts,
            uid,
            text,
            households=_known(whole.at[uid, "households"]),
            persons=_known(whole.at[uid, "persons"]),
            part_households=_known(added.at[uid, "households"]),
            part_persons=_known(added.at[uid, "persons"]),
        )


def _known(count: float) -> str:
    return "?" if np.isnan(count) else str(round(count))
