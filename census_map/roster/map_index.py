"""The buildings and dwellings of a workspace, indexed by what addresses say."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from census_map.roster.census_areas import area_name_key, committee_free
from census_map.roster.lexicon import Lexicon
from census_map.roster.names import NameBook
from census_map.roster.place import NOWHERE, UNITS, Place, Room, WhereReader, merge_places, room_keys, site_key
from census_map.roster.text import normalise, plain_number, squeeze
from census_map.workspace import Workspace
from census_map.workspace.locating import locate

RoomKey = tuple[str | None, str]


@dataclass(slots=True)
class MapBuilding:
    """
    A building of the map.

    Attributes
    ----------
    uid, area
        Of the building, and of its census area (None outside all).
    place
        What its address and name say.
    demolished
        Whether it stands no more.
    rooms
        Dwellings by (entrance, room), and by (None, room) where the room occurs once in the building.
    dwellings
        uids of all its dwellings.
    """

    uid: str
    area: str | None
    place: Place
    demolished: bool
    rooms: dict[RoomKey, str | None] = field(default_factory=dict)
    dwellings: list[str] = field(default_factory=list)


@dataclass
class MapIndex:
    """
    The map, as far as addresses are concerned.

    Attributes
    ----------
    buildings
        In the order of the workspace.
    by_anchor
        Positions of buildings by (name, number): the name of a road, site, village or census area with a number of
        door, building or lane.
    by_name
        Positions of buildings by name alone.
    sites
        Names of estates and other places that buildings bear.
    roads
        Names that are of roads alone.
    zoned, laned
        Names of sites with zones; names of roads with lanes, and whether they also have numbers outside lanes.
    areas
        Key of the name of each census area, by uid.
    names
        All names.
    town
        Name of the township, empty when not known.
    lexicon
        The names again, to be found inside a text.
    """

    buildings: list[MapBuilding]
    by_anchor: dict[tuple[str, str], list[int]]
    by_name: dict[str, list[int]]
    sites: frozenset[str]
    roads: frozenset[str]
    zoned: frozenset[str]
    laned: dict[str, bool]
    areas: dict[str, str]
    names: NameBook
    town: str
    lexicon: Lexicon


def index_map(workspace: Workspace, uses: Counter[str], aliases: Mapping[str, str]) -> MapIndex:
    """
    Index the map of a workspace.

    Parameters
    ----------
    workspace
        Open.
    uses
        How often the roster uses each name; see `NameBook`.
    aliases
        Learned names.
    """
    frame = workspace.read("building", columns=["name", "address", "state", "mini_area_uid", "geometry"])
    areas = workspace.read("census_area", columns=["name", "geometry"])
    area_keys = {str(uid): area_name_key(name) if isinstance(name, str) else "" for uid, name in areas["name"].items()}
    area_of = building_areas(workspace, frame, areas)
    road_names = _road_names(workspace)
    rural = {area_name_key(name) for name in areas["name"] if isinstance(name, str) and "村民委" in squeeze(name)}
    reader = WhereReader(Lexicon({**dict.fromkeys(rural, ("village",)), **dict.fromkeys(road_names, ("road",))}))
    buildings = []
    for uid, name, address, state, area in zip(
        frame.index, frame["name"], frame["address"], frame["state"], area_of, strict=True
    ):
        place = merge_places(_read(address, reader), _read(name, reader))
        known = area if isinstance(area, str) else None
        if known and area_keys.get(known):
            place = replace(place, villages=place.villages | {area_keys[known]})
        buildings.append(MapBuilding(str(uid), known, place, state == "demolished"))
    _add_dwellings(workspace, buildings)
    spoken = {committee_free(name): area_name_key(name) for name in areas["name"] if isinstance(name, str)}
    return _index(workspace, buildings, area_keys, spoken, road_names, uses, aliases)


def _road_names(workspace: Workspace) -> set[str]:
    names = {normalise(name) for name in workspace.read("road", columns=["name"])["name"] if isinstance(name, str)}
    return names - {""}


def _read(text: object, reader: WhereReader) -> Place:
    if not isinstance(text, str) or not text:
        return NOWHERE.place
    place = reader.read(text).place
    if place == NOWHERE.place and normalise(text):
        return Place(sites=frozenset({site_key(normalise(text))}))
    return place


def building_areas(workspace: Workspace, buildings: GeoDataFrame, areas: GeoDataFrame) -> pd.Series:
    """
    Find the census area of each building: through its mini-area, else by where it lies.

    Returns
    -------
    areas
        uid of the census area, None outside all; index of `buildings`.
    """
    minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
    area = buildings["mini_area_uid"].map(minis).astype(object)
    area = area.where(area.notna(), None)
    loose = area.isna()
    if loose.any() and len(areas):
        area = area.where(~loose, locate(buildings.geometry[loose], areas).reindex(area.index))
    return area


def _add_dwellings(workspace: Workspace, buildings: list[MapBuilding]) -> None:
    frame = workspace.read("dwelling", columns=["building_uid", "entrance", "floor", "room"])
    by_uid = {building.uid: building for building in buildings}
    loose: dict[str, list[tuple[str, str]]] = defaultdict(list)
    spelt: dict[object, str | None] = {}
    for uid, owner, entrance, floor, room in zip(
        frame.index, frame["building_uid"], frame["entrance"], frame["floor"], frame["room"], strict=True
    ):
        building = by_uid.get(owner)
        if building is None:
            continue
        building.dwellings.append(str(uid))
        where = Room(_spelt(entrance, spelt), None if pd.isna(floor) else str(floor), _spelt(room, spelt))
        for key in room_keys(where):
            _put(building.rooms, (where.entrance, key), str(uid))
            loose[building.uid].append((key, str(uid)))
    for owner, rooms in loose.items():
        for key, uid in rooms:
            if (None, key) not in by_uid[owner].rooms:
                _put(by_uid[owner].rooms, (None, key), uid)
            elif by_uid[owner].rooms[None, key] != uid:
                by_uid[owner].rooms[None, key] = None


def _put(rooms: dict[RoomKey, str | None], key: RoomKey, uid: str) -> None:
    """Enter a dwelling; a key of two dwellings decides nothing."""
    rooms[key] = uid if rooms.get(key, uid) == uid else None


def _spelt(value: Any, spelt: dict[object, str | None]) -> str | None:
    if pd.isna(value):
        return None
    if value not in spelt:
        plain = plain_number(UNITS.sub("", normalise(str(value))))
        spelt[value] = plain or None
    return spelt[value]


def _index(
    workspace: Workspace,
    buildings: list[MapBuilding],
    areas: dict[str, str],
    spoken: dict[str, str],
    road_names: set[str],
    uses: Counter[str],
    aliases: Mapping[str, str],
) -> MapIndex:
    by_anchor: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    area_names: dict[str, set[str]] = defaultdict(set)
    for position, building in enumerate(buildings):
        place = building.place
        numbers = {n for n in (place.building, place.number, place.lane) if n}
        for name in place.roads | place.sites | place.villages:
            by_name[name].append(position)
            for number in numbers:
                by_anchor[name, number].append(position)
            if building.area:
                area_names[building.area].add(name)
    known = road_names | set(by_name)
    names = {area: frozenset(found) for area, found in area_names.items()}
    township = workspace.read("township", columns=["name", "county", "prefecture", "province"])
    titles = [normalise(text) for text in township.to_numpy().ravel() if isinstance(text, str)]
    prefixes = frozenset(
        {*titles, *(area_name_key(t.removesuffix("街道").removesuffix("镇")) for t in titles), *areas.values()}
    )
    book = NameBook({**names, "": frozenset(known)}, uses, aliases, prefixes - {""})
    town = (
        normalise(str(township["name"].iloc[0])) if len(township) and isinstance(township["name"].iloc[0], str) else ""
    )
    places = [building.place for building in buildings]
    laned = {road: False for place in places if place.lane for road in place.roads}
    for place in places:
        if place.number and not place.lane:
            laned.update({road: True for road in place.roads if road in laned})
    sites = frozenset().union(*(place.sites for place in places))
    return MapIndex(
        buildings,
        dict(by_anchor),
        dict(by_name),
        sites,
        frozenset(road_names).union(*(place.roads for place in places)) - sites,
        frozenset().union(*(place.sites for place in places if place.zone)),
        laned,
        areas,
        book,
        town,
        _lexicon(places, areas, spoken, road_names, titles),
    )


def _lexicon(
    places: list[Place], areas: dict[str, str], spoken: dict[str, str], roads: set[str], titles: list[str]
) -> Lexicon:
    kinds: dict[str, set[str]] = defaultdict(set)
    for kind, names in (
        ("road", roads.union(*(place.roads for place in places))),
        ("site", frozenset().union(*(place.sites for place in places))),
        ("village", frozenset(areas.values()).union(*(place.villages for place in places))),
    ):
        for name in names:
            kinds[name].add(kind)
    both = {name: key for name, key in spoken.items() if name != key and "site" in kinds.get(name, ())}
    return Lexicon(kinds, titles, both)
