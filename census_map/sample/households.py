"""Who lives where: dwelling units filled with households, and the roster's rows that match no room on the map."""

from dataclasses import dataclass, replace

import numpy as np

from census_map.sample.buildings import Building
from census_map.sample.chance import Chance
from census_map.sample.people import People
from census_map.sample.places import Place, Unit

# Of the dwelling units of a kind of census area: lived in, whole household away, vacant.
_STATES = {"estate": (0.845, 0.03, 0.125), "old_town": (0.88, 0.03, 0.09), "village": (0.84, 0.1, 0.06)}
_RENTERS = {"estate": 0.22, "old_town": 0.3, "village": 0.03}
_LISTED_VACANT = 0.2
_MISSED_HOUSEHOLD = 0.008
INHABITED, NOMINAL, VACANT = "inhabited", "nominal", "vacant"


@dataclass
class Household:
    """
    One row of the roster before a clerk has typed it.

    Attributes
    ----------
    area
        Census area on whose sheet it stands.
    place
        The address it means.
    unit
        Position of its dwelling unit, or None.
    what
        `ordinary`, `second`, `away`, `vacant`, `collective`, `nominal`, `demolished`, `elsewhere` or `duplicate`.
    klass
        Class of the household, 1 to 8 (docs/domain.md section 3).
    registered, present, absent
        Persons registered here; who slept here; registered here who slept elsewhere.
    head, identity, phone
        Personal columns; empty for a vacant dwelling.
    """

    area: int
    place: Place
    unit: int | None
    what: str
    klass: int
    registered: int = 0
    present: int = 0
    absent: int = 0
    head: str = ""
    identity: str = ""
    phone: str = ""


def settle(
    units: list[Unit],
    buildings: list[Building],
    owners: list[int],
    kinds: list[str],
    chance: Chance,
) -> tuple[list[Household], list[str]]:
    """
    Fill dwelling units with households.

    Parameters
    ----------
    units
        All dwelling units, those of missed buildings too.
    buildings, owners
        What they stand in, and the census area of each building.
    kinds
        Kind of each census area.
    chance
        Source of all choices.

    Returns
    -------
    households, states
        The rows in the order of the units; the state of each unit.
    """
    households: list[Household] = []
    states: list[str] = []
    people = People(chance)
    sizes = people.sizes(len(units))
    draws = chance.numbers(len(units), 6)
    for k, unit in enumerate(units):
        area = owners[unit.building]
        kind = kinds[area]
        lived, away, _vacant = _STATES[kind]
        draw = draws[k]
        if buildings[unit.building].use == "collective":
            states.append(INHABITED)
            number = 2 + int(draw[0] * 6)
            households.append(Household(area, unit.place, k, "collective", 1, 0, number, 0))
        elif draw[0] < lived:
            states.append(INHABITED)
            if draw[1] >= _MISSED_HOUSEHOLD:
                households.append(_present(area, unit.place, k, sizes[k], draw, _RENTERS[kind]))
                if draw[2] < 0.016:
                    households.append(Household(area, unit.place, k, "second", 1, 0, 1 + int(draw[3] * 3), 0))
        elif draw[0] < lived + away:
            states.append(NOMINAL)
            households.append(Household(area, unit.place, k, "away", 3, sizes[k], 0, sizes[k]))
        else:
            states.append(VACANT)
            if draw[1] < _LISTED_VACANT:
                households.append(Household(area, unit.place, k, "vacant", 8))
    return households, states


def _present(area: int, place: Place, unit: int, size: int, draw: np.ndarray, renters: float) -> Household:
    if draw[3] < renters:
        return Household(area, place, unit, "ordinary", 1, 0, size, 0)
    if draw[4] < 0.02:
        return Household(area, place, unit, "ordinary", 2, size, 0, size)
    if draw[4] > 0.997:
        return Household(area, place, unit, "ordinary", 6, 0, size, 0)
    absent = min(size - 1, int(draw[4] > 0.72) + int(draw[4] > 0.92))
    visitors = int(draw[5] > 0.96)
    return Household(area, place, unit, "ordinary", 1, size, size - absent + visitors, absent)


def odd_rows(households: list[Household], labels: list[str], kinds: list[str], chance: Chance) -> list[Household]:
    """
    Invent the rows that stand on every roster and on no map: nominal registrations, demolished places, strays, twins.

    Parameters
    ----------
    households
        Rows so far, of one township.
    labels, kinds
        Name and kind of each census area.
    chance
        Source of all choices.
    """
    ordinary = [row for row in households if row.what == "ordinary"]
    moved: set[int] = set()
    found = [
        Household(row.area, row.place, row.unit, "nominal", 4, size := chance.integer(1, 4), 0, size)
        for row in _drawn(ordinary, 0.008, chance)
    ]
    for row in _drawn(ordinary, 0.005, chance):
        office = Place("named", f"{labels[row.area]}{'村委会' if kinds[row.area] == 'village' else '社区居委会'}公共户")
        found.append(Household(row.area, office, None, "nominal", 4, 1, 0, 1))
    found += [
        Household(row.area, _gone(row.place, chance), None, "demolished", 5, 2, 0, 2)
        for row in _drawn(ordinary, 0.008, chance)
    ]
    for row in _drawn(ordinary, 0.004, chance):
        other = chance.integer(0, len(labels))
        if other != row.area:
            found.append(replace(row, area=other, what="elsewhere"))
            moved.add(id(row))
    households[:] = [row for row in households if id(row) not in moved]
    found += [replace(row, what="duplicate") for row in _drawn(ordinary, 0.003, chance) if id(row) not in moved]
    return found


def _drawn(rows: list[Household], share: float, chance: Chance) -> list[Household]:
    return chance.some_of(rows, round(share * len(rows)))


def _gone(place: Place, chance: Chance) -> Place:
    """Name a place that was pulled down: a shed estate, the far end of a lane, a group that moved."""
    if place.kind == "estate":
        old = chance.one_of(["老工房", "棚户区", "一期平房", "简易楼"])
        return replace(place, name=place.name[:2] + old, number=chance.integer(1, 9), road="老" + place.road)
    if place.kind == "village":
        return replace(place, group=place.group + 11)
    return replace(place, name="老" + place.name, number=place.number + 300)


def name_people(households: list[Household], chance: Chance) -> None:
    """Give every household of persons a head, an identity number and a telephone; a twin keeps the first one's."""
    people = People(chance)
    named = [row for row in households if row.klass != 8]
    known: dict[tuple[int, int], Household] = {}
    names = people.names(len(named))
    numbers, phones = people.identity_numbers(len(named)), people.phones(len(named))
    for row, name, number, phone in zip(named, names, numbers, phones, strict=True):
        row.head, row.identity, row.phone = name, number, phone
        if row.unit is not None and row.what == "ordinary":
            known[row.area, row.unit] = row
    for row in named:
        if row.what == "duplicate" and row.unit is not None and (row.area, row.unit) in known:
            first = known[row.area, row.unit]
            row.head, row.identity, row.phone = first.head, first.identity, first.phone
