"""
How well a building of the map fits what the roster says: a product of factors, each with its reason.

1 means that everything said on both sides agrees. A contradiction of numbers (another building, door, lane, group or
zone) excludes the building; whatever one side leaves open, or says in other words, lowers the score. The reasons are
short codes without any text of the roster; `reason_text` puts them into words.
"""

import re
from dataclasses import dataclass

from census_map.i18n import N_, _
from census_map.roster.map_index import MapBuilding, MapIndex
from census_map.roster.names import Reading
from census_map.roster.place import Place, Room, Where, room_keys

UPPER, LOWER, MARGIN = 0.9, 0.6, 0.04
MANY = 400
_TOWN_END = re.compile(r"(街道办事处|地区办事处|办事处|街道|镇|乡)$")

REASONS: dict[str, str] = {
    "road": N_("the road agrees"),
    "site": N_("the name of the estate or place agrees"),
    "village": N_("the village agrees"),
    "number": N_("the door number agrees"),
    "building": N_("the building number agrees"),
    "room": N_("the dwelling unit agrees"),
    "only-dwelling": N_("the building has only one dwelling unit"),
    "alias": N_("a name learned from an earlier decision"),
    "misspelt": N_("a name is misspelt"),
    "shortened": N_("a name is shortened"),
    "prefixed": N_("another name stands before the name"),
    "alike": N_("a name is only alike"),
    "number-as-building": N_("the door number was read as the building number"),
    "read-otherwise": N_("the numbers were read in an unusual way"),
    "part-not-listed": N_("the part of the door or room is not on the map"),
    "words-unread": N_("the address says more than could be read"),
    "beside": N_("the address names a place beside it"),
    "road-differs": N_("the road differs"),
    "site-differs": N_("the name of the estate differs"),
    "lane-missing": N_("the lane is on one side only"),
    "group-missing": N_("the group is on one side only"),
    "zone-missing": N_("the zone is on one side only"),
    "building-not-given": N_("the roster does not say which building"),
    "building-not-on-map": N_("the building at this place has no number on the map"),
    "number-not-given": N_("the roster gives no door number"),
    "name-not-given": N_("the roster gives neither road nor estate"),
    "name-not-on-building": N_("the building on the map does not bear the name"),
    "columns-contradict": N_("the columns of the roster contradict the address"),
    "other-area": N_("the building lies in another census area than the roster says"),
    "other-township": N_("the address names another township"),
    "room-not-given": N_("the roster gives no room"),
    "room-not-listed": N_("the room is not among the dwelling units of the building"),
    "room-ambiguous": N_("the room occurs more than once in the building"),
    "room-taken": N_("another household fits the dwelling unit better"),
    "no-dwellings": N_("the building has no dwelling units on the map"),
    "ambiguous": N_("more than one building fits"),
    "number-not-found": N_("the road or estate is on the map, but not this number"),
    "name-not-found": N_("neither the road nor the estate is on the map"),
    "address-empty": N_("the roster gives no address"),
    "address-unreadable": N_("the address cannot be read"),
    "demolished": N_("the building is marked as demolished"),
    "class-demolished": N_("the roster says that the address is demolished"),
    "address-changed": N_("the address changed since the last link"),
    "by-hand": N_("decided by hand"),
}


def reason_text(codes: str) -> str:
    """Put the reason codes of a link (`household.link_reason`) into words."""
    kinds = [(code, code.partition(":")[0]) for code in codes.split()]
    return _("; ").join(_(REASONS[kind]) if kind in REASONS else code for code, kind in kinds)


@dataclass(frozen=True, slots=True)
class Fit:
    """
    How a building fits.

    Attributes
    ----------
    building
        Position in the index.
    score
        0 to 1.
    reasons
        Codes of `REASONS`.
    """

    building: int
    score: float
    reasons: tuple[str, ...]


class Names:
    """What the names of a place on the roster may mean on the map."""

    __slots__ = ("roads", "sites")

    def __init__(self, place: Place, index: MapIndex, area: str | None) -> None:
        book = index.names
        self.roads: dict[str, Reading] = {}
        self.sites: dict[str, Reading] = {}
        for names, found in ((place.roads, self.roads), (place.sites, self.sites)):
            for name in names:
                for reading in book.readings(name, area):
                    # 新西街小区 is no slip for the road 新市街.
                    if found is self.sites and reading.factor < 1 and reading.name in index.roads:
                        continue
                    if reading.name not in found or found[reading.name].factor < reading.factor:
                        found[reading.name] = reading

    def all(self) -> set[str]:
        """Give every name."""
        return set(self.roads) | set(self.sites)


def find_fits(where: Where, area: str | None, index: MapIndex) -> list[Fit]:
    """
    Find the buildings that a place may mean, best first.

    Parameters
    ----------
    where
        Address and columns of a roster row, read.
    area
        uid of the census area that the roster says, or None.
    """
    return sorted(_fits(where, area, index), key=lambda fit: (-fit.score, fit.building))


def _fits(where: Where, area: str | None, index: MapIndex) -> list[Fit]:
    place = where.place
    names = Names(place, index, area)
    villages = set(place.villages)
    # A village that the address names is meant, whichever list the household stands on.
    if area is not None and index.areas.get(area) and not villages & set(index.areas.values()):
        villages.add(index.areas[area])
    fits = []
    for position in _candidates(place, names, villages, index):
        fit = _fit(where, area, names, villages, position, index)
        if fit is not None:
            fits.append(fit)
    return fits


def _candidates(place: Place, names: Names, villages: set[str], index: MapIndex) -> set[int]:
    numbers = {n for n in (place.building, place.number, place.lane) if n}
    anchors = names.all()
    found: set[int] = set()
    for name in anchors:
        for number in numbers:
            found.update(index.by_anchor.get((name, number), ()))
    if not found:
        # The census area stands in for a name that is not given, or that the map does not know.
        for name in villages:
            for number in numbers:
                found.update(index.by_anchor.get((name, number), ()))
    for name in anchors:
        bearers = index.by_name.get(name, ())
        if len(bearers) <= (MANY if not numbers else 3):
            found.update(bearers)
    return found


def _fit(
    where: Where, area: str | None, names: Names, villages: set[str], position: int, index: MapIndex
) -> Fit | None:
    building = index.buildings[position]
    numbers = _number_factor(where.place, building.place, index)
    if numbers is None:
        return None
    factor, reasons, certain = numbers
    name_factor, name_reasons = _name_factor(where.place, names, villages, building, index)
    if "number-not-given" in reasons and "site" in name_reasons and _bears_alone(names, building, index):
        factor *= 0.97 / 0.85
    if not name_reasons or not (certain or "site" in name_reasons):
        return None
    factor *= name_factor
    found = [*name_reasons, *reasons]
    if area is not None and building.area is not None and building.area != area:
        factor *= 0.75
        found.append("other-area")
    if is_other_town(where.town, index.town):
        factor *= 0.75
        found.append("other-township")
    if "columns-contradict" in where.doubts:
        factor *= 0.8
        found.append("columns-contradict")
    return Fit(position, factor, tuple(found))


def is_other_town(said: str | None, town: str) -> bool:
    """Tell whether an address names another township; 东华镇 that became 东华街道 is the same."""
    if not said or not town or said in town or town in said:
        return False
    return _TOWN_END.sub("", said) != _TOWN_END.sub("", town)


def _bears_alone(names: Names, building: MapBuilding, index: MapIndex) -> bool:
    """Tell whether no other building of the map bears the name of this one (a tower: 阳光大厦)."""
    return any(len(index.by_name[name]) == 1 for name in building.place.sites if name in names.sites)


def _number_factor(said: Place, stands: Place, index: MapIndex) -> tuple[float, list[str], bool] | None:
    """Compare the numbers; None on a contradiction. The last value: whether at least one agrees."""
    factor, reasons = 1.0, []
    for kind in ("lane", "group", "zone"):
        left, right = getattr(said, kind), getattr(stands, kind)
        if left is not None and right is not None and left != right:
            return None
        if (left is None) != (right is None):
            factor *= _missing_factor(kind, stands, index)
            reasons.append(f"{kind}-missing")
    if _crossed(said, stands):
        return factor * 0.97, [*reasons, "number-as-building"], True
    agreeing = []
    for kind in ("number", "building"):
        left, right = getattr(said, kind), getattr(stands, kind)
        if left is not None and right is not None:
            if left != right:
                return None
            agreeing.append(kind)
    lane_agrees = said.lane is not None and said.lane == stands.lane
    if "building" not in agreeing:
        open_factor, open_reasons = _open_number(said, stands, agreeing)
        factor, reasons = factor * open_factor, [*reasons, *open_reasons]
    return factor, [*agreeing, *reasons], bool(agreeing) or lane_agrees


def _missing_factor(kind: str, stands: Place, index: MapIndex) -> float:
    """Weigh a lane, group or zone that one side alone gives."""
    if kind == "lane":
        # 石板巷 has a 13号 and, in lane 7, another: then the lane tells them apart.
        return 0.5 if any(index.laned.get(road, False) for road in stands.roads) else 0.8
    if kind == "zone":
        return 0.92 if stands.sites & index.zoned else 0.99
    return 0.88


def _open_number(said: Place, stands: Place, agreeing: list[str]) -> tuple[float, list[str]]:
    """Weigh a number that one side alone gives, where no building number agrees."""
    if said.building is not None:
        # The place has buildings with numbers, and this one on the map has none: it may be another.
        return 0.8, ["building-not-on-map"]
    if stands.building is not None:
        return 0.85, ["building-not-given"]
    if "number" in agreeing or said.number == stands.number:
        return 1.0, []
    return (0.85, ["number-not-given"]) if said.number is None else (0.8, ["building-not-on-map"])


def _crossed(said: Place, stands: Place) -> bool:
    """Tell whether a door number on one side is the building number on the other (31号 and 31号楼 of an estate)."""
    number_there = said.number is not None and said.building is None and stands.number is None
    number_here = said.building is not None and said.number is None and stands.building is None
    return (number_there and said.number == stands.building) or (number_here and said.building == stands.number)


def _name_factor(
    said: Place, names: Names, villages: set[str], building: MapBuilding, index: MapIndex
) -> tuple[float, list[str]]:
    """Compare the names; without reasons when nothing anchors the building."""
    stands = building.place
    factor, reasons = 1.0, []
    for kind, readings, bearing in (
        ("road", names.roads, stands.roads | stands.sites),
        ("site", names.sites, stands.sites | stands.roads | (stands.villages - index.sites)),
    ):
        best = max((readings[name] for name in bearing if name in readings), key=lambda r: r.factor, default=None)
        if best is not None:
            factor *= best.factor
            if best.factor < 1 and len(said.sites if kind == "site" else said.roads) > 1:
                # A second name that is not the building's: the first may be part of a longer one.
                factor *= 0.9
            reasons += [kind] if best.reason == "same" else [kind, best.reason]
    anchored = bool(reasons)
    if said.roads and stands.roads and "road" not in reasons:
        factor *= 0.7
        reasons.append("road-differs")
    if said.sites and "site" not in reasons:
        factor *= 0.6 if stands.sites else 0.95
        reasons.append("site-differs" if stands.sites else "name-not-on-building")
    if villages & stands.villages:
        reasons.insert(0, "village")
        anchored = anchored or not (said.roads or said.sites)
    if not anchored:
        return 0.0, []
    unsaid = (frozenset() if said.sites else stands.sites) | (frozenset() if said.roads else stands.roads)
    if unsaid and "road" not in reasons and "site" not in reasons:
        factor *= 0.96 if _only_name(unsaid, building, index) else 0.8
        reasons.append("name-not-given")
    return factor, reasons


def _only_name(unsaid: frozenset[str], building: MapBuilding, index: MapIndex) -> bool:
    """Tell whether the census area has no other estate or road, so that leaving its name out says enough."""
    if building.area is None:
        return False
    other = index.names.by_area.get(building.area, frozenset()) - unsaid - {index.areas.get(building.area, "")}
    return not other


def find_dwelling(room: Room, building: MapBuilding) -> tuple[str | None, float, str]:
    """
    Find the dwelling of a room in a building.

    Returns
    -------
    dwelling, factor, reason
        uid or None; 1 where it was found, less the more it contradicts; a code of `REASONS`.
    """
    if not building.dwellings:
        return None, 1.0, "no-dwellings"
    keys = room_keys(room)
    if not keys:
        sole = len(building.dwellings) == 1
        return (building.dwellings[0], 1.0, "only-dwelling") if sole else (None, 0.99, "room-not-given")
    entrances = [room.entrance, None] if room.entrance is not None else [None]
    for entrance in entrances:
        # Where entrances are told apart, the room of another entrance is another dwelling.
        if entrance is None and room.entrance is not None and _has_entrances(building):
            break
        for key in keys:
            if (entrance, key) in building.rooms:
                uid = building.rooms[entrance, key]
                return (uid, 1.0, "room") if uid else (None, 0.98, "room-ambiguous")
    return None, 0.97 if len(building.dwellings) == 1 else 0.93, "room-not-listed"


def _has_entrances(building: MapBuilding) -> bool:
    return any(entrance is not None for entrance, _room in building.rooms)
