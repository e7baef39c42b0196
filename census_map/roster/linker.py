"""
Weigh the readings of an address against what stands on the map, and link where one alone leads to a dwelling.

A clear text that leads straight to a dwelling is linked at once. Any other is read in every way (`readings`), each way
is looked up on the map, and what an unusual way or a missing room costs is added up: the cheapest place is linked if
no other comes near it. Otherwise all of them are shown, the cheapest first.
"""

from dataclasses import dataclass, field, replace

from census_map.roster.map_index import MapBuilding, MapIndex
from census_map.roster.place import Place, Room, Where, WhereReader
from census_map.roster.readings import LATIN, OPEN, AddressReadings, Reading, Readings
from census_map.roster.score import LOWER, MARGIN, UPPER, Fit, find_dwelling, find_fits, is_other_town

# With one of these, a household that fits fully has the better claim.
WEAK = frozenset(
    {
        "lane-missing",
        "group-missing",
        "zone-missing",
        "read-otherwise",
        "misspelt",
        "shortened",
        "site-differs",
        "road-differs",
        "number-as-building",
        "name-not-given",
        "name-not-on-building",
    }
)
_SURE = frozenset({"room", "only-dwelling"})
_ROOM_COSTS = {"room-ambiguous": 1, "room-not-listed": 2}
_OTHER = "name-not-on-building"
_UNUSUAL = 2
_SHOWN = 4  # what comes after all that may be linked
_MOST = 8
_NEAR = 1
_HIGHEST_OPEN = UPPER - 0.01


@dataclass(slots=True)
class Link:
    """The link of one household: uids or None, state, score and reason codes."""

    building: str | None = None
    dwelling: str | None = None
    state: str = "none"
    score: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """
    A place on the map that a reading leads to.

    Attributes
    ----------
    fit, dwelling
        How well it fits, the room included; uid of the dwelling or None.
    cost
        What is unusual or missing, added up.
    open
        Whether it may only be shown, never linked unasked.
    """

    fit: Fit
    dwelling: str | None
    cost: int = 0
    open: bool = False


@dataclass
class Linker:
    """Links households against one index of the map; what was found for one address serves all its households."""

    index: MapIndex
    reader: WhereReader = field(default_factory=WhereReader)
    found: dict[tuple[Place, tuple[str, ...], str | None, str | None], list[Fit]] = field(default_factory=dict)
    readings: AddressReadings = field(init=False)

    def __post_init__(self) -> None:
        self.readings = AddressReadings(self.index.lexicon)
        villages = (building.place.villages for building in self.index.buildings)
        self._villages = frozenset(self.index.areas.values()).union(*villages)

    def link(self, where: Where, area: str | None, *, demolished: bool) -> Link:
        """Link one household."""
        weighed, marks = self.weigh(where, area)
        best = weighed[0] if weighed else None
        if best is None or best.fit.score < LOWER:
            return self._not_found(where, area, marks, demolished=demolished)
        reasons, score = (*best.fit.reasons, *marks), best.fit.score
        if self.index.buildings[best.fit.building].demolished:
            return Link(state="demolished", score=score, reasons=(*reasons, "demolished"))
        if demolished and (score < UPPER or best.open or marks or WEAK & set(reasons)):
            return Link(state="demolished", reasons=("class-demolished",))
        if {"other-township", "other-area"} & set(reasons):
            return Link(state="elsewhere", score=score, reasons=reasons)
        return self._decided(best, [other for other in weighed if _rivals(best, other)], marks)

    def _decided(self, best: Weighed, near: list[Weighed], marks: tuple[str, ...]) -> Link:
        """Link the best place, or leave it to a person where others come near."""
        reasons, score = (*best.fit.reasons, *marks), best.fit.score
        rivals = len({other.fit.building for other in near} | {best.fit.building})
        if score < UPPER or best.open or rivals > 1 or marks:
            reasons = (*reasons, *([f"ambiguous:{rivals}"] if rivals > 1 else []))
            return Link(state="undecided", score=min(score, _HIGHEST_OPEN) if marks else score, reasons=reasons)
        building = self.index.buildings[best.fit.building].uid
        if len({other.dwelling for other in (best, *near)} - {None}) > 1:
            return Link(building, None, "linked", score, (*reasons[:-1], "room-ambiguous"))
        return Link(building, best.dwelling, "linked", score, reasons)

    def ranked(self, where: Where, area: str | None) -> list[tuple[Fit, str | None]]:
        """Rank the buildings that an address may mean, with their dwellings, best first; at most eight."""
        ranked: dict[int, tuple[Fit, str | None]] = {}
        for place in self.weigh(where, area)[0]:
            ranked.setdefault(place.fit.building, (place.fit, place.dwelling))
        return list(ranked.values())[:_MOST]

    def weigh(self, where: Where, area: str | None) -> tuple[list[Weighed], tuple[str, ...]]:
        """
        Find the places on the map that an address may mean.

        Returns
        -------
        weighed
            The cheapest first.
        marks
            `beside` where the address only says what its place is near to, `words-unread` where it says more.
        """
        if where.clear:
            plain = self._weigh_plain(where, area)
            if plain and _is_sure(plain[0].fit) and self._knows_names(where.place):
                return plain, ()
        read = self.readings.read(where.address)
        weighed = self._weigh_readings(read, where, area)
        linkable = any(not place.open and place.fit.score >= UPPER for place in weighed)
        if not (linkable or read.parts or read.beside):
            plain = self._weigh_plain(where, area)
            # Where not every word was read, or another name stands there, what fits may be another place.
            unsure = not where.clear and read is not LATIN
            weighed += [replace(p, open=True) if unsure or _OTHER in p.fit.reasons else p for p in plain]
        # Where two ways lead to one dwelling, the cheaper counts.
        places: dict[tuple[int, str | None], Weighed] = {}
        for place in sorted(weighed, key=lambda place: self._order(place, area)):
            places.setdefault((place.fit.building, place.dwelling), place)
        marks = (*(["beside"] if read.beside else []), *(["words-unread"] if read.rest else []))
        return list(places.values()), marks

    def _knows_names(self, place: Place) -> bool:
        return place.villages <= self._villages and place.roads | place.sites <= self.index.names.known

    def _order(self, place: Weighed, area: str | None) -> tuple[int, float, bool, int]:
        """Order places: the cheapest first, then the best, then an estate that is called like its census area."""
        building = self.index.buildings[place.fit.building]
        own = area is not None and self.index.areas.get(area, "") in building.place.sites
        cost = place.cost
        if place.open:
            cost = max(cost - OPEN, 0) + _SHOWN
        elif place.fit.score < UPPER:
            cost += _SHOWN + 1
        return cost, -round(place.fit.score, 6), not own, place.fit.building

    def _weigh_plain(self, where: Where, area: str | None) -> list[Weighed]:
        """Look the first reading of an address up."""
        weighed = [self._weighed(fit, where.room, 0) for fit in self._fits(where, area)]
        return sorted(weighed, key=_by_score) if len(weighed) > 1 else weighed

    def _weigh_readings(self, read: Readings, where: Where, area: str | None) -> list[Weighed]:
        weighed = []
        for reading in read.all:
            said = self.reader.completed(Where(reading.place, reading.room, (), reading.town), where.columns)
            usual = reading.cost <= read.all[0].cost
            if not usual and not said.place.has_number and not self._is_alone(said.place):
                continue
            # What fits only in part says nothing for an unusual way to read the numbers.
            weighed += [
                self._weighed(fit, said.room, reading.cost, reading)
                for fit in self._fits(said, area)
                if usual or fit.score >= UPPER
            ]
        return weighed

    def _is_alone(self, place: Place) -> bool:
        """Tell whether a name is of one building alone, so that it needs no number."""
        return any(len(self.index.by_name.get(name, ())) == 1 for name in place.sites)

    def _weighed(self, fit: Fit, room: Room, cost: int, reading: Reading | None = None) -> Weighed:
        building = self.index.buildings[fit.building]
        dwelling, factor, reason = find_dwelling(room, building)
        reasons = fit.reasons
        cost += _ROOM_COSTS.get(reason, 0) + _floor_cost(room)
        open_ = cost >= OPEN
        if reading is not None:
            glued = reading.glued and dwelling is not None and _has_rooms_of(building, reading.glued)
            open_ = open_ or bool(glued)
            if open_:
                reasons = (*reasons, "read-otherwise" if reading.cost < OPEN else "part-not-listed")
            elif reading.cost >= _UNUSUAL:
                reasons = (*reasons, "read-otherwise")
        score = fit.score * factor
        if open_:
            score = min(score, _HIGHEST_OPEN) * 0.99 ** (cost % OPEN)
        return Weighed(Fit(fit.building, score, (*reasons, reason)), dwelling, cost, open_)

    def _fits(self, where: Where, area: str | None) -> list[Fit]:
        key = (where.place, where.doubts, where.town, area)
        if key not in self.found:
            self.found[key] = find_fits(where, area, self.index)[:_MOST]
        return self.found[key]

    def _not_found(self, where: Where, area: str | None, marks: tuple[str, ...], *, demolished: bool) -> Link:
        place = where.place
        if demolished:
            return Link(state="demolished", reasons=("class-demolished",))
        if is_other_town(where.town, self.index.town):
            return Link(state="elsewhere", reasons=("other-township",))
        known = any(self.index.names.readings(name, area) for name in place.roads | place.sites)
        if not place.has_number and not (known and place.sites):
            return Link(state="unreadable", reasons=("address-unreadable", *marks))
        return Link(state="missed_building", reasons=("number-not-found" if known else "name-not-found", *marks))


def _by_score(place: Weighed) -> tuple[float, int]:
    return -place.fit.score, place.fit.building


def _is_sure(fit: Fit) -> bool:
    return fit.score >= UPPER and fit.reasons[-1] in _SURE


def _rivals(best: Weighed, other: Weighed) -> bool:
    """Tell whether a place comes so near to the best that the two must be told apart by a person."""
    if other.open:
        return False
    if best.fit.reasons[-1] == "room-not-listed" and other.dwelling is not None and "lane-missing" in other.fit.reasons:
        return True  # 石板巷12号 has no 202, but 石板巷2弄12号 has
    return best.fit.score - other.fit.score < MARGIN and other.cost <= best.cost + _NEAR


def _floor_cost(room: Room) -> int:
    """Tell whether floor and room contradict each other: 3楼501."""
    if room.floor is None or room.room is None or len(room.room) < 3:
        return 0
    return 0 if room.room.startswith(room.floor.removeprefix("-")) else _ROOM_COSTS["room-not-listed"]


def _has_rooms_of(building: MapBuilding, digits: int) -> bool:
    """Tell whether a building has rooms of so many digits, so that they need not be taken apart."""
    return any(len(room) == digits and room.isdigit() for _entrance, room in building.rooms)
