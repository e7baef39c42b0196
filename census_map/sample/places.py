"""Dwelling units, and the place that each one's address names: the truth that a clerk's spelling hides."""

from dataclasses import dataclass

from census_map.sample.buildings import Building
from census_map.sample.chance import Chance


@dataclass(frozen=True)
class Place:
    """
    What an address must tell to be found.

    Attributes
    ----------
    kind
        `estate`, `street` or `village`, or `named` for a building that has a name only.
    name, old_name
        Estate, street (with 弄 number), village, or the building's name; the estate's former name.
    road, gate
        Street and door number of an estate's gate.
    number
        Block in the estate, house number on the street or in the group.
    group
        Villagers' group, 0 elsewhere.
    entrance, floor, room
        Empty or 0 where the building has no such division.
    """

    kind: str
    name: str
    number: int = 0
    old_name: str = ""
    road: str = ""
    gate: int = 0
    group: int = 0
    entrance: str = ""
    floor: int = 0
    room: str = ""


@dataclass(frozen=True)
class Unit:
    """A dwelling unit: position of its building, and its place."""

    building: int
    place: Place


def building_place(building: Building) -> Place:
    """Tell by what a building is addressed."""
    if building.estate is not None:
        estate = building.estate
        road, gate = estate.front.road.name, estate.front.number
        return Place("estate", estate.name, building.block, estate.old_name, road, gate)
    if building.front is not None:
        return Place("street", building.front.road.name, building.front.number)
    if building.group is not None and building.number:
        return Place("village", building.group.village, building.number, group=building.group.number)
    return Place("named", building.name)


def official_address(building: Building) -> str:
    """
    Write a building's address as the map has it.

    Returns
    -------
    address
        Such as 东华路88号3幢, 西街巷12弄5号, 王家村3组12号; empty for a building known by its name alone.
    """
    place = building_place(building)
    if place.kind == "estate":
        return f"{place.road}{place.gate}号{place.number}幢"
    if place.kind == "street":
        return f"{place.name}{place.number}号"
    return f"{place.name}{place.group}组{place.number}号" if place.kind == "village" else ""


def units_of(position: int, building: Building) -> list[Unit]:
    """Number the dwelling units of a building: by entrance, floor and door."""
    place = building_place(building)
    if building.form == "farmhouse":
        rooms = ("",) if building.per_floor == 1 else ("东户", "西户")
        return [Unit(position, _at(place, "", 1, room)) for room in rooms[: building.per_floor]]
    single = building.units == 1
    found = []
    for entrance in range(1, building.entrances + 1):
        for floor in range(building.first_floor, building.floors + 1):
            for door in range(1, building.per_floor + 1):
                room = "" if single else f"{floor}{door:02d}"
                mark = str(entrance) if building.entrances > 1 else ""
                found.append(Unit(position, _at(place, mark, floor, room)))
    return found


def _at(place: Place, entrance: str, floor: int, room: str) -> Place:
    return Place(
        place.kind,
        place.name,
        place.number,
        place.old_name,
        place.road,
        place.gate,
        place.group,
        entrance,
        floor,
        room,
    )


def missed(buildings: list[Building], chance: Chance) -> set[int]:
    """Choose the buildings that the people who drew the map did not see."""
    rates = {"farmhouse": 0.026, "lane_house": 0.022, "slab": 0.02, "walkup": 0.05}
    chosen: set[int] = set()
    for form, rate in rates.items():
        own = [k for k, building in enumerate(buildings) if building.form == form and building.units]
        chosen |= set(chance.some_of(own, round(rate * len(own))))
    return chosen
