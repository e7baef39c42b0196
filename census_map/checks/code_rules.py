"""Rules on codes and names (docs/rules.md C01 to C07)."""

from collections.abc import Iterator

import pandas as pd

from census_map import codes
from census_map.checks.facts import Facts, texts
from census_map.checks.registry import Finding, rule
from census_map.i18n import N_, _
from census_map.schema import LOCKED

_NAMED = 5  # C04: so many of the numbers left out are named


def _geometry(frame: pd.DataFrame, uid: str) -> object:
    return frame.at[uid, "geometry"] if "geometry" in frame.columns else None


def _wrong_child_codes(table: str, frame: pd.DataFrame, parents: "pd.Series[str]", digits: int) -> Iterator[Finding]:
    # Rows without a code yet are not wrong: numbering gives them one.
    for uid in frame.index[frame["code"] != ""]:
        code, parent = frame.at[uid, "code"], parents.get(uid, "")
        if parent and not codes.is_code_below(code, parent, digits):
            text = _("Code {code} should be {parent} and {digits} more digits: number again or correct it.")
            message = text.format(code=code, parent=parent, digits=digits)
            yield Finding(table, (uid,), message, _geometry(frame, uid))


@rule("C01", "error", N_("Code of wrong length, or not its parent's"), fix="recode")
def find_wrong_codes(facts: Facts) -> Iterator[Finding]:
    """Find codes that are not digits, of the wrong length, or do not begin with their parent's code (C01)."""
    widths = facts.profile.codes
    area_codes = facts.census_areas["code"]
    for uid, code in area_codes.items():
        wrong = not (code.isascii() and code.isdigit()) if facts.profile.division_codes else not code
        if wrong or (widths.census_area and len(code) != widths.census_area):
            text = _("Census area {name} has code “{code}”; {digits} digits are needed: correct it.")
            message = text.format(name=facts.census_area_name(uid), code=code, digits=widths.census_area)
            yield Finding("census_area", (uid,), message, facts.census_areas.geometry[uid])
    mini_parents = texts(facts.mini_areas["census_area_uid"].map(area_codes))
    yield from _wrong_child_codes("mini_area", facts.mini_areas, mini_parents, widths.mini_area)
    mini_codes = facts.mini_areas["code"]
    building_parents = texts(facts.buildings["mini_area_uid"].map(mini_codes))
    yield from _wrong_child_codes("building", facts.buildings, building_parents, widths.building)
    dwelling_parents = texts(facts.dwellings["building_uid"].map(facts.buildings["code"]))
    yield from _wrong_child_codes("dwelling", facts.dwellings, dwelling_parents, widths.dwelling)
    household_parents = texts(facts.household_places["mini_area"].map(mini_codes))
    yield from _wrong_child_codes("household", facts.households, household_parents, widths.household)


@rule("C02", "error", N_("Code given twice, or 999 for an ordinary household"), fix="recode")
def find_duplicate_codes(facts: Facts) -> Iterator[Finding]:
    """Find codes that several rows share, household numbers given twice, and 999 misused (C02)."""
    for table, frame in (
        ("census_area", facts.census_areas),
        ("mini_area", facts.mini_areas),
        ("building", facts.buildings),
        ("dwelling", facts.dwellings),
        ("household", facts.households),
    ):
        coded = frame[frame["code"] != ""]
        for code, rows in coded.groupby("code").groups.items():
            if len(rows) > 1:
                text = _("Code {code} is given {count} times: give each its own.").format(code=code, count=len(rows))
                yield Finding(table, tuple(sorted(rows)), text, _geometry(frame, rows[0]))
    yield from _duplicate_household_numbers(facts)
    deceased = facts.households["class"] == 7
    for uid in facts.households.index[(facts.households["number"] == codes.ALL_DECEASED) & ~deceased]:
        text = _("Household number 999 is kept for households whose members have all died: give another number.")
        yield Finding("household", (uid,), text)


def _duplicate_household_numbers(facts: Facts) -> Iterator[Finding]:
    numbered = facts.households[facts.households["number"].notna() & (facts.households["code"] == "")]
    place = facts.household_places.loc[numbered.index, "mini_area"]
    numbered = numbered[(place != "").to_numpy()]
    for (mini_area, number), rows in numbered.groupby([place[numbered.index], "number"]).groups.items():
        if len(rows) > 1:
            text = _("Household number {number} is given {count} times in mini-area {mini_area}: give each its own.")
            message = text.format(number=int(number), count=len(rows), mini_area=facts.mini_area_name(mini_area))
            yield Finding("household", tuple(sorted(rows)), message)


@rule("C04", "info", N_("Hole in the numbers"), fix="renumber")
def find_number_holes(facts: Facts) -> Iterator[Finding]:
    """Find numbers left out before locking, of mini-areas in a census area and buildings in a mini-area (C04)."""
    digits = facts.profile.codes.mini_area
    # Once one is locked, a hole may be what was deleted since, and is right (docs/domain.md section 4).
    locked = facts.drawn["status"] >= LOCKED
    closed = set(facts.drawn.loc[locked, "census_area_uid"])
    minis = facts.drawn[~locked]
    for parent, missing in _left_out(minis["code"], minis["census_area_uid"], digits):
        if parent in facts.census_areas.index and parent not in closed:
            text = _("Numbers of mini-areas of {area} are left out ({numbers}): number again before locking.")
            message = text.format(area=facts.census_area_name(parent), numbers=missing)
            yield Finding("census_area", (parent,), message, facts.census_areas.geometry[parent])
    for area, missing in _left_out(
        facts.buildings["code"], facts.buildings["mini_area_uid"], facts.profile.codes.building
    ):
        if area in minis.index:
            text = _("Numbers of buildings in mini-area {area} are left out ({numbers}): number again before locking.")
            message = text.format(area=facts.mini_area_name(area), numbers=missing)
            yield Finding("mini_area", (area,), message, minis.geometry[area])


def _left_out(codes_given: "pd.Series[str]", parents: "pd.Series[str]", digits: int) -> Iterator[tuple[str, str]]:
    """For each parent whose children leave numbers out: its uid, and the first of the numbers, joined."""
    numbers = codes_given.map(lambda code: codes.serial_number(code, digits) if code else None).dropna().astype(int)
    for parent, given in numbers.groupby(parents.loc[numbers.index]):
        held = set(given)
        absent = sorted(set(range(1, max(held) + 1)) - held)
        if parent and absent:
            more = [_("{count} more").format(count=len(absent) - _NAMED)] if len(absent) > _NAMED else []
            yield str(parent), _(", ").join([*(f"{number:0{digits}d}" for number in absent[:_NAMED]), *more])


@rule("C05", "error", N_("Virtual number with a place, or ordinary number without"), fix="kind")
def find_wrong_virtual_numbers(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas numbered from 900 that are drawn, and virtual ones numbered below (C05)."""
    shapes = facts.mini_areas.geometry
    drawn = shapes.notna() & ~shapes.is_empty
    for uid, row in facts.mini_areas[facts.mini_areas["code"] != ""].iterrows():
        number = codes.serial_number(row["code"], facts.profile.codes.mini_area)
        if number is None:
            continue
        virtual = codes.is_virtual_number(number)
        if virtual and drawn[uid]:
            text = _("Mini-area {code} is drawn, but numbers from 900 are for virtual ones: number it below 900.")
        elif not virtual and row["kind"] == "virtual":
            text = _("Virtual mini-area {code} needs a number from 900: correct it.")
        else:
            continue
        yield Finding("mini_area", (str(uid),), text.format(code=row["code"]), shapes[uid])


@rule("C06", "error", N_("Virtual mini-area not approved, or too large"), fix="approve")
def find_unapproved_virtual_areas(facts: Facts) -> Iterator[Finding]:
    """Find virtual mini-areas without the county's approval note or above the limit (C06)."""
    virtual = facts.mini_areas[facts.mini_areas["kind"] == "virtual"]
    limit = facts.profile.checks.virtual_maximum
    for uid, row in virtual.iterrows():
        if not row["approval"].strip():
            text = _("Virtual mini-area {code} has no approval note of the county office: enter it.")
            yield Finding("mini_area", (str(uid),), text.format(code=row["code"]))
        if row["nominal_persons"] > limit:
            text = _("Virtual mini-area {code} has {persons} persons, more than {limit}: divide it.")
            message = text.format(code=row["code"], persons=int(row["nominal_persons"]), limit=limit)
            yield Finding("mini_area", (str(uid),), message)


@rule("C07", "warning", N_("Name missing or given twice"), fix="name")
def find_odd_names(facts: Facts) -> Iterator[Finding]:
    """Find census areas without a name, with a name given twice, or without its full ending (C07)."""
    areas = facts.census_areas
    for uid in areas.index[areas["name"].str.strip() == ""]:
        text = _("Census area {code} has no name: enter its full name.").format(code=areas.at[uid, "code"])
        yield Finding("census_area", (uid,), text, areas.geometry[uid])
    named = areas[areas["name"].str.strip() != ""]
    for name, rows in named.groupby("name").groups.items():
        if len(rows) > 1:
            text = _("{count} census areas are called {name}: use their full names.")
            message = text.format(count=len(rows), name=name)
            yield Finding("census_area", tuple(sorted(rows)), message, areas.geometry[rows[0]])
    if facts.profile.division_codes:
        for uid, name in named["name"].items():
            if not name.endswith(("委员会", "居委会", "村委会", "社区", "虚拟")) and not name.isascii():
                text = _("“{name}” looks abbreviated: use the full name of the committee.").format(name=name)
                yield Finding("census_area", (uid,), text, areas.geometry[uid])
