"""The whole township in metres: terrain, settlements, the noded network of roads, and the exact census areas."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import LineString, MultiPolygon, Point, Polygon, STRtree

from census_map.sample.buildings import Front, Group, Settlement, number_fronts
from census_map.sample.chance import Chance
from census_map.sample.curves import blob
from census_map.sample.estates import lay_estate, side_of
from census_map.sample.names import NameBook
from census_map.sample.old_towns import lay_old_town
from census_map.sample.shapes import around, centre_of, lines, middle_of, polygons, settled
from census_map.sample.terrain import ESTATE, OLD_TOWN, VILLAGE, Cell, Road, Terrain, make_terrain
from census_map.sample.villages import Hamlet, lay_fields, lay_village

_NODING = 0.01  # metres: lines closer than this meet
_RAILWAY = 17.0  # metres kept free on each side of the track


@dataclass(frozen=True)
class Area:
    """
    One census area.

    Attributes
    ----------
    shape
        Territory in metres, on shared vertices with its neighbours.
    kind
        `estate`, `old_town` or `village`.
    name
        Short name: the estate's, the quarter's, the village's.
    exclave
        Whether a part of it lies inside another one's territory.
    """

    shape: MultiPolygon
    kind: str
    name: str
    exclave: bool


@dataclass(frozen=True)
class Layout:
    """
    Everything on the ground, in metres.

    Attributes
    ----------
    terrain
        River, railway, outline.
    areas
        Census areas; `owners[k]` is the position of building k's one.
    settlement
        All buildings, walls, waters and landmarks.
    owners
        One a building.
    edges, roads
        Noded pieces of the road network, and the road each belongs to.
    """

    terrain: Terrain
    areas: list[Area]
    settlement: Settlement
    owners: list[int]
    edges: list[LineString]
    roads: list[Road]


def make_layout(seed: int, count: int, scale: float, kinds: Mapping[str, int]) -> Layout:
    """
    Lay out a township and build it up.

    Parameters
    ----------
    seed
        The same seed gives the same township.
    count
        Number of census areas.
    scale
        Land and houses of a census area in units of the normal one.
    kinds
        Shares of the three kinds of census area.
    """
    terrain = make_terrain(Chance(seed, 1), count, scale, kinds)
    chance = Chance(seed, 2)
    names = NameBook(Chance(seed, 3))
    _name_roads(terrain, names)
    hindrances: list[shapely.Geometry] = [around(terrain.railway, _RAILWAY), terrain.water]
    whole = Settlement(roads=list(terrain.roads))
    labels: list[str] = [""] * count
    owner_of_ring: list[tuple[Polygon, int]] = []
    _lay_villages(terrain, hindrances, chance, names, whole, labels, owner_of_ring)
    _lay_urban(terrain, hindrances, chance, names, whole, labels)
    _number(whole)
    edges, roads = _network(whole.roads, terrain)
    areas = _areas(terrain, edges, owner_of_ring, labels)
    tree = STRtree([area.shape for area in areas])
    inside = tree.query([building.shape.representative_point() for building in whole.buildings], predicate="within")
    owners = dict(zip(inside[0].tolist(), inside[1].tolist(), strict=True))
    return Layout(terrain, areas, whole, [owners[k] for k in range(len(whole.buildings))], edges, roads)


def _name_roads(terrain: Terrain, names: NameBook) -> None:
    rim = around(terrain.outline.exterior, 1.0)
    middle = Point(centre_of(terrain.outline))
    for road in terrain.roads:
        centre = middle_of(road.line)
        if road.rank == "main":
            road.name = names.main_road()
        elif road.line.within(rim):
            road.name = "环镇北路" if centre.y > middle.y else "环镇南路"
        elif (
            road.line.distance(terrain.water) < 16
            and road.line.hausdorff_distance(terrain.river) > road.line.length / 3
        ):
            road.name = names.street()
        elif road.line.distance(terrain.water) < 16.5 and _follows(road.line, terrain.river):
            road.name = "滨河北路" if side_of(terrain.river, terrain.river.project(centre), centre) > 0 else "滨河南路"
        else:
            road.name = names.street()


def _follows(line: LineString, river: LineString) -> bool:
    places = shapely.line_interpolate_point(line, np.arange(1, 10) / 10, normalized=True)
    distance = shapely.distance(river, places)
    return bool(np.ptp(distance) < 4.0)


def _lay_villages(
    terrain: Terrain,
    hindrances: list[shapely.Geometry],
    chance: Chance,
    names: NameBook,
    whole: Settlement,
    labels: list[str],
    owner_of_ring: list[tuple[Polygon, int]],
) -> None:
    villages = [k for k, cell in enumerate(terrain.cells) if cell.kind == VILLAGE]
    started: dict[int, tuple[Settlement, list[Hamlet]]] = {}
    for k in villages:
        labels[k] = names.village()
        started[k] = lay_fields(terrain.cells[k], hindrances, chance, terrain.junctions, labels[k])
    exclave = _choose_exclave(terrain.cells, started, villages, chance)
    for k in villages:
        own = [hamlet for hamlet in started[k][1] if hamlet.ring is None]
        for number, hamlet in enumerate(own, start=1):
            hamlet.group.number = number
    if exclave is not None:
        hamlet, owner = exclave
        hamlet.group = Group(labels[owner], 1 + sum(each.ring is None for each in started[owner][1]))
        owner_of_ring.append((hamlet.ring, owner))
    for order, k in enumerate(villages):
        place, hamlets = started[k]
        lay_village(
            place, terrain.cells[k], hamlets, hindrances, chance, factory=order % 6 == min(1, len(villages) - 1)
        )
        _add(whole, place)


def _choose_exclave(
    cells: list[Cell],
    started: dict[int, tuple[Settlement, list[Hamlet]]],
    villages: list[int],
    chance: Chance,
) -> tuple[Hamlet, int] | None:
    """Give the second roomiest hamlet of a village to another village, the farthest one."""
    hosts = [k for k in villages if len(started[k][1]) > 1]
    if len(villages) < 2 or not hosts:
        return None
    host = max(hosts, key=lambda k: started[k][1][1].room)
    hamlet = started[host][1][1]
    others = [k for k in villages if k != host]
    owner = max(others, key=lambda k: cells[k].land.distance(cells[host].land) + (k == others[-1]))
    hamlet.ring = blob(
        hamlet.centre, min(122.0, hamlet.room * 0.8), chance, aspect=1.25, squareness=0.4, rough=0.13, vertices=48
    )
    return hamlet, owner


def _lay_urban(
    terrain: Terrain,
    hindrances: list[shapely.Geometry],
    chance: Chance,
    names: NameBook,
    whole: Settlement,
    labels: list[str],
) -> None:
    first = True
    for k, cell in enumerate(terrain.cells):
        if cell.kind == OLD_TOWN:
            labels[k] = names.old_town()
            _add(whole, lay_old_town(cell, hindrances, chance, terrain.junctions, names, first=first))
            first = False
        elif cell.kind == ESTATE:
            place = lay_estate(cell, hindrances, chance, terrain.junctions, names)
            estates = [building.estate.name for building in place.buildings if building.estate is not None]
            labels[k] = estates[0] if estates else names.estate()[0]
            _add(whole, place)


def _add(whole: Settlement, place: Settlement) -> None:
    whole.buildings += place.buildings
    whole.roads += place.roads
    whole.walls += place.walls
    whole.waters += place.waters
    whole.landmarks += place.landmarks


def _number(whole: Settlement) -> None:
    """Give door numbers on streets, names to the alleys that leave them, and numbers in the villagers' groups."""
    fronts: list[Front] = []
    alleys: list[tuple[Road, Front]] = []
    gates: set[int] = set()
    for building in whole.buildings:
        front = building.front if building.estate is None else building.estate.front
        if front is not None and id(front) not in gates:
            gates.add(id(front))
            fronts.append(front)
    for road in whole.roads:
        if road.parent is not None:
            street, position = road.parent
            side = side_of(street.line, position, middle_of(road.line))
            alleys.append((road, Front(street, position, side)))
    number_fronts(fronts + [front for _road, front in alleys])
    for road, front in alleys:
        road.name = f"{front.road.name}{front.number}弄"
    last: dict[tuple[str, int], int] = {}
    for building in whole.buildings:
        if building.group is not None and building.form == "farmhouse":
            key = (building.group.village, building.group.number)
            last[key] = last.get(key, 0) + 1
            building.number = last[key]


def _network(roads: list[Road], terrain: Terrain) -> tuple[list[LineString], list[Road]]:
    """Node all roads with each other; give the pieces inside and just outside the township."""
    noded = shapely.union_all([*(road.line for road in roads), *terrain.borders], grid_size=_NODING)
    edges = lines(noded)
    tree = STRtree([road.line for road in roads])
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    found = tree.query(middles, predicate="dwithin", distance=0.06)
    owner: dict[int, int] = {}
    for edge, road in found.T.tolist():
        owner[edge] = min(road, owner.get(edge, road))
    reached = _connected(edges, list(owner))
    owner = {edge: road for edge, road in owner.items() if edge in reached}
    order = sorted(owner, key=lambda edge: (owner[edge], roads[owner[edge]].line.project(middles[edge])))
    pieces = [edges[k] for k in order]
    belongs = [roads[owner[k]] for k in order]
    rest = [edge for k, edge in enumerate(edges) if k not in owner]
    return pieces + rest, belongs


def _connected(edges: list[LineString], ways: list[int]) -> set[int]:
    """Choose the ways of the one network that reaches nearly everywhere; a path that ends at a corner is left out."""
    ends = np.asarray([[edges[k].coords[0], edges[k].coords[-1]] for k in ways]).reshape(-1, 2)
    _places, node = np.unique(ends, axis=0, return_inverse=True)
    tails, heads = node.reshape(-1, 2).astype(np.int32).T
    size = int(node.max()) + 1
    _count, part = connected_components(
        coo_array((np.ones(len(tails)), (tails, heads)), shape=(size, size)), directed=False
    )
    largest = np.bincount(part[tails]).argmax()
    return {way for way, tail in zip(ways, tails, strict=True) if part[tail] == largest}


def _areas(
    terrain: Terrain, edges: list[LineString], owner_of_ring: list[tuple[Polygon, int]], labels: list[str]
) -> list[Area]:
    """Build the blocks between all lines and join them to census areas: shared borders keep shared vertices."""
    faces = np.asarray(list(shapely.get_parts(shapely.polygonize(edges))), dtype=object)
    points = shapely.point_on_surface(faces)
    inside = shapely.within(points, terrain.outline)
    faces, points = faces[inside], points[inside]
    tree = STRtree([cell.land for cell in terrain.cells])
    owner = np.full(len(faces), -1)
    found = tree.query(points, predicate="intersects")
    owner[found[0]] = found[1]
    for ring, holder in owner_of_ring:
        owner[shapely.within(points, ring)] = holder
    holders = {holder for _ring, holder in owner_of_ring}
    areas = []
    for k, cell in enumerate(terrain.cells):
        parts = [settled(part) for part in polygons(shapely.coverage_union_all(faces[owner == k]))]
        shape = MultiPolygon(sorted(parts, key=lambda part: part.exterior.coords[0]))
        areas.append(Area(shape, cell.kind, labels[k], k in holders))
    return areas
