"""What an address says about a building and a room, in a form that compares: the same for roster and map."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from census_map.roster.address import Address, parse_address
from census_map.roster.census_areas import area_name_key
from census_map.roster.lexicon import Lexicon
from census_map.roster.shapes import AddressReader
from census_map.roster.text import normalise, plain_number

_SITE_ENDINGS = re.compile(r"(住宅小区|住宅区|生活区|小区|社区|行政村|(?<!新)村|家属院|家属区|宿舍区?)$")
UNITS = re.compile(r"(号楼|号幢|号栋|幢|栋|座|楼|#|单元|门栋|门|层|F|室|房间|房|户|号)+$")
# A room at the end of an address, in plain digits: 2单元501室, 3-2-501, 12号-101.
_ROOM_END = re.compile(r"(?<=[元层楼幢栋座号门-])([1-9]\d{2,3})(室?)$")
_COLUMN_KINDS = ("building", "entrance", "floor", "room")
_NUMBERED = frozenset({"number", *_COLUMN_KINDS})
_UNCLEAR = frozenset({"chain", "blank", "floor-or-building", "second-road", "columns-contradict"})
NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a building stands, as its address tells.

    Attributes
    ----------
    roads, sites, villages
        Keys of names: of roads; of estates, compounds and other named places; of villages and communities.
    lane, number, group, zone, building
        In one spelling, or None.
    """

    roads: frozenset[str] = NO_NAMES
    sites: frozenset[str] = NO_NAMES
    villages: frozenset[str] = NO_NAMES
    lane: str | None = None
    number: str | None = None
    group: str | None = None
    zone: str | None = None
    building: str | None = None

    @property
    def has_number(self) -> bool:
        """Tell whether a number of a door, building or lane is known."""
        return bool(self.number or self.building or self.lane)


@dataclass(frozen=True, slots=True)
class Room:
    """Where a dwelling is inside its building, as far as known: in one spelling, or None."""

    entrance: str | None = None
    floor: str | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """
    A place with its room.

    Attributes
    ----------
    doubts
        Of `address.Address.doubts`, and `columns-contradict` where a column says another number than the address.
    town
        The township that the address names, or None.
    clear
        Whether the text says all of this and nothing else; otherwise it may be read in other ways.
    address, columns
        As typed.
    """

    place: Place
    room: Room
    doubts: tuple[str, ...] = ()
    town: str | None = None
    clear: bool = False
    address: str = field(default="", repr=False, compare=False)
    columns: Mapping[str, str] | None = field(default=None, repr=False, compare=False)


NOWHERE = Where(Place(), Room(), clear=True)


def site_key(name: str) -> str:
    """Bring the name of an estate, compound or village into the form in which names are compared."""
    short = _SITE_ENDINGS.sub("", name)
    return short if len(short) >= 2 else name


class WhereReader:
    """
    Reads many addresses; addresses that differ in the room alone are taken apart once.

    The text alone decides what the digits at the end are, not their value: any room of so many digits reads the same.

    Parameters
    ----------
    known
        Names that are found first (鱼市巷 is a lane, no county 鱼市), as far as they are known.
    """

    def __init__(self, known: Lexicon | None = None) -> None:
        self._read: dict[str, Where] = {}
        self._reader = AddressReader(known)

    def read(self, address: str, columns: Mapping[str, str] | None = None) -> Where:
        """Read an address with the columns beside it; see `read_where`."""
        where = self._address(address)
        if columns and any(columns.values()):
            said = complete(where, columns, self._address)
            return Where(said.place, said.room, said.doubts, said.town, said.clear, address, columns)
        return Where(where.place, where.room, where.doubts, where.town, where.clear, address)

    def completed(self, where: Where, columns: Mapping[str, str] | None) -> Where:
        """Fill what another reading of the address leaves open from the columns beside it."""
        return complete(where, columns, self._address) if columns else where

    def _address(self, text: str) -> Where:
        end = _ROOM_END.search(text)
        if end is None:
            return self._parsed(text)
        stand_in = "9" * len(end[1])
        where = self._parsed(text[: end.start()] + stand_in + end[2])
        if where.room.room != stand_in:
            return self._parsed(text)
        room = Room(where.room.entrance, where.room.floor, plain_number(end[1]))
        return Where(where.place, room, where.doubts, where.town, where.clear)

    def _parsed(self, text: str) -> Where:
        if text not in self._read:
            self._read[text] = _where(self._reader.read(text)) if text else NOWHERE
        return self._read[text]


def read_where(address: str, columns: Mapping[str, str] | None = None) -> Where:
    """
    Read an address with the columns beside it.

    Parameters
    ----------
    address
        As typed.
    columns
        `building`, `entrance`, `floor`, `room` and `heading`, as typed; they complete what the address does not say.
    """
    return WhereReader().read(address, columns)


def complete(where: Where, columns: Mapping[str, str], read: Callable[[str], Where]) -> Where:
    """Fill what an address leaves open from the columns beside it, whose own texts `read` reads."""
    for name in ("heading", "building"):
        text = columns.get(name, "")
        if text and not _is_number(text):
            where = _completed(where, read(text))
    return _with_columns(where, columns)


@lru_cache(maxsize=20_000)
def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[\dA-Z一二三四五六七八九十〇甲乙丙丁]+", UNITS.sub("", normalise(text))))


def _where(address: Address) -> Where:
    found: dict[str, list[str]] = {}
    for part in address.parts:
        found.setdefault(part.kind, []).append(part.value)
    sites = [site_key(name) for kind in ("estate", "place") for name in found.get(kind, ())]
    zone = found.get("zone", [None])[0]
    for note in found.get("note", ()):
        inner = parse_address(note)
        sites += [site_key(name) for name in inner.values("estate")]
        zone = zone or inner.value("zone")
    buildings = found.get("building")
    place = Place(
        roads=frozenset(found.get("road", ())),
        sites=frozenset(sites),
        villages=frozenset(area_name_key(name) for name in found.get("village", ())),
        lane=found.get("lane", [None])[0],
        number=found.get("number", [None])[0],
        group=found.get("group", [None])[0],
        zone=zone,
        building="".join(buildings) if buildings else None,
    )
    room = Room(*(found.get(kind, [None])[0] for kind in ("entrance", "floor", "room")))
    return Where(place, room, address.doubts, found.get("town", [None])[0], _is_clear(address))


def _is_clear(address: Address) -> bool:
    """Tell whether every word was read, in the only way, and no name stands behind the numbers."""
    if address.rest or _UNCLEAR & set(address.doubts):
        return False
    numbered = [part.kind in _NUMBERED for part in address.parts]
    if any(len(set(address.values(kind))) > 1 for kind in _NUMBERED):
        return False  # 4号、5号
    for at, part in enumerate(address.parts):
        if part.kind == "note" or (part.kind in {"estate", "place"} and any(numbered[:at]) and not any(numbered[at:])):
            return False
    return True


def _completed(where: Where, other: Where) -> Where:
    """Fill what is missing from another reading; names are added."""
    mine, its = where.place, other.place
    numbers = {
        name: getattr(mine, name) or getattr(its, name) for name in ("lane", "number", "group", "zone", "building")
    }
    place = Place(mine.roads | its.roads, mine.sites | its.sites, mine.villages | its.villages, **numbers)
    room = Room(*(getattr(where.room, kind) or getattr(other.room, kind) for kind in ("entrance", "floor", "room")))
    return Where(place, room, where.doubts, where.town or other.town, where.clear and (other.clear or other == NOWHERE))


@lru_cache(maxsize=20_000)
def _column_value(text: str) -> str:
    return plain_number(UNITS.sub("", normalise(text)))


def _with_columns(where: Where, columns: Mapping[str, str]) -> Where:
    place, room, doubts = where.place, where.room, where.doubts
    for kind in _COLUMN_KINDS:
        text = columns.get(kind, "")
        if not text or (kind == "building" and not _is_number(text)):
            continue
        value = _column_value(text)
        given = place.building if kind == "building" else getattr(room, kind)
        if kind == "room" and "-" in value:
            room = _chain_room(value, room)
        elif given is None:
            place = replace(place, building=value) if kind == "building" else place
            room = room if kind == "building" else replace(room, **{kind: value})
        elif value and given != value:
            doubts = (*doubts, "columns-contradict")
    return Where(place, room, doubts, where.town, where.clear and "columns-contradict" not in doubts)


def _chain_room(value: str, room: Room) -> Room:
    """Read the column of the room where it says more than the room (2-501)."""
    numbers = value.split("-")
    entrance = room.entrance or (numbers[-2] if len(numbers) >= 2 else None)
    return Room(entrance, room.floor, room.room or numbers[-1])


def merge_places(first: Place, second: Place) -> Place:
    """Merge what the address and the name of a building of the map say; the address comes first."""
    if second == NOWHERE.place:
        return first
    return _completed(Where(first, Room()), Where(second, Room())).place


def room_keys(room: Room) -> tuple[str, ...]:
    """
    Give the spellings under which a room is known, the likeliest first: 501; on floor 5, room 1 is also 501.

    Returns
    -------
    keys
        Empty when no room is given.
    """
    if room.room is None:
        return ()
    keys = [room.room]
    if room.floor is not None and room.room.isdigit() and room.floor.isdigit() and len(room.room) <= 2:
        keys.append(f"{room.floor}{int(room.room):02d}")
    return tuple(keys)
