"""Rules on households and their link to the map (docs/rules.md H01 to H08)."""

from collections.abc import Iterator

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, rule
from census_map.i18n import N_, _
from census_map.schema import REGISTER_TABLE

# Classes of households that need a dwelling: living here, or away for a time (docs/domain.md section 3).
_NEEDS_DWELLING = (1, 2, 3)


def _row(facts: Facts, uid: str) -> str:
    number = facts.households.at[uid, "source_row"]
    source = facts.households.at[uid, "source"]
    return _("{source}, row {row}").format(source=source, row=int(number)) if number > 0 else str(source)


@rule("H01", "error", N_("Household of the roster without a dwelling on the map"), fix="link")
def find_missed_buildings(facts: Facts) -> Iterator[Finding]:
    """Find roster households that are linked to no building: a missed building (H01)."""
    rows = facts.households
    unplaced = (facts.household_places["building"] == "") & (rows["class"].isin(_NEEDS_DWELLING) | rows["class"].isna())
    for uid in rows.index[unplaced]:
        text = _("The household of {row} has no dwelling on the map: mark the building if it is missing, then link.")
        area = rows.at[uid, "census_area_uid"]
        place = facts.census_areas.at[area, "geometry"] if area in facts.census_areas.index else None
        yield Finding("household", (uid,), text.format(row=_row(facts, uid)), place)


@rule("H02", "error", N_("Inhabited dwelling without a household"), fix="visit")
def find_missed_households(facts: Facts) -> Iterator[Finding]:
    """Find dwelling units marked inhabited to which no household is linked: a missed household (H02)."""
    if facts.households.empty:
        return  # No roster yet: nothing is missing from it.
    inhabited = facts.dwellings[facts.dwellings["state"] == "inhabited"]
    for uid in inhabited.index.difference(facts.households["dwelling_uid"]):
        building = inhabited.at[uid, "building_uid"]
        known = building in facts.buildings.index
        text = _("Somebody lives in room {room} of building {name}, but no household is linked: visit it.")
        message = text.format(room=inhabited.at[uid, "room"], name=facts.building_name(building) if known else "")
        yield Finding("dwelling", (uid,), message, facts.buildings.at[building, "geometry"] if known else None)


@rule("H04", "error", N_("Class contradicts the counts"), fix="correct")
def find_class_contradictions(facts: Facts) -> Iterator[Finding]:
    """Find households whose class and numbers of persons contradict each other (H04)."""
    rows = facts.households
    someone = rows["h2a"] > 0
    for uid in rows.index[rows["class"].isin([3, 4, 5, 7, 8]) & someone]:
        text = _("{row}: the class says that nobody is there, but {count} persons slept here: correct one of them.")
        yield Finding("household", (uid,), text.format(row=_row(facts, uid), count=int(rows.at[uid, "h2a"])))
    for uid in rows.index[(rows["class"] == 1) & (rows["h2a"] == 0)]:
        text = _("{row}: the class says that somebody lives here, but nobody slept here: correct one of them.")
        yield Finding("household", (uid,), text.format(row=_row(facts, uid)))


@rule("H05", "info", N_("Large collective household"), fix="split")
def find_large_collectives(facts: Facts) -> Iterator[Finding]:
    """Find collective households above the size of the profile (H05)."""
    rows = facts.households
    limit = facts.profile.checks.collective_maximum
    for uid in rows.index[(rows["kind"] == "collective") & (rows["h2a"] > limit)]:
        text = _("{row}: collective household of {count} persons, more than {limit}: consider dividing it.")
        message = text.format(row=_row(facts, uid), count=int(rows.at[uid, "h2a"]), limit=limit)
        yield Finding("household", (uid,), message)


@rule("H06", "info", N_("One owner of several houses without serial numbers"))
def find_unlabelled_houses(facts: Facts) -> Iterator[Finding]:
    """Find entries of the register of several houses that are not settled yet (H06)."""
    entries = facts.rows_of("register")
    unsettled = entries[(entries["kind"] == "several_houses") & (entries["state"] != "settled")]
    for uid, household in unsettled["household_uid"].items():
        text = _("{row}: one of several houses of one owner: label each with name and serial number, then settle it.")
        if household in facts.households.index:
            yield Finding("household", (household,), text.format(row=_row(facts, household)))
        else:
            yield Finding("register", (str(uid),), text.format(row=_(REGISTER_TABLE.title)))
