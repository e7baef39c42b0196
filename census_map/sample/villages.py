"""Villages: hamlets in the fields, courtyards along lanes, houses strung along the roads, ponds, a factory."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from census_map.arithmetic import Array, component, heading, left_of, length_of, sine, slanted, unit
from census_map.sample.buildings import Building, Group, Settlement
from census_map.sample.chance import Chance
from census_map.sample.curves import bend, blob
from census_map.sample.cutting import Junctions, subdivide
from census_map.sample.placing import RECTANGLE, WING_LEFT, WING_RIGHT, Site, along, footprint, turned
from census_map.sample.shapes import (
    around,
    beside,
    centre_of,
    direction_at,
    largest,
    length_rank,
    line_through,
    nearest_on,
    point_at,
    roomiest,
)
from census_map.sample.terrain import HALF_WIDTH, Cell, Road

_HOUSES = 152  # of one census area at scale 1
_FIELD = 210000.0  # square metres
_FLOORS = (1,) * 4 + (2,) * 13 + (3,) * 3  # of a farmhouse
_RING = 122.0  # radius of an exclave, metres


@dataclass(eq=False)
class Hamlet:
    """
    A place in the fields where a group of villagers lives.

    Attributes
    ----------
    field
        The land between the roads.
    centre, room
        The place farthest from its border, and how far, in metres.
    ring
        Lane around it when it belongs to another village, or None.
    group
        The villagers' group.
    """

    field: Polygon
    centre: Array
    room: float
    group: Group
    ring: Polygon | None = None


def lay_fields(
    cell: Cell, blocked: list[shapely.Geometry], chance: Chance, junctions: Junctions, name: str
) -> tuple[Settlement, list[Hamlet]]:
    """
    Cut a village's land into fields and choose places for its hamlets.

    Parameters
    ----------
    cell
        Its land.
    blocked
        Shapes that no building may touch.
    chance
        Source of the variety.
    junctions
        Known ends of roads.
    name
        Of the village.
    """
    place = Settlement()
    fields, lanes = subdivide(cell.dry, _FIELD, chance, junctions)
    place.roads = [Road(line, "lane") for line in lanes]
    hindrance = shapely.union_all([shape for shape in blocked if shape.intersects(cell.dry)])
    hamlets = []
    for land in fields:
        free = largest(around(land.difference(around(hindrance, 14.0)), -6.0))
        if free.area < 15000:
            continue
        centre, room = roomiest(free)
        hamlets.append(Hamlet(free, centre, room, Group(name, 0)))
    hamlets.sort(key=lambda hamlet: -hamlet.room)
    return place, hamlets


def lay_village(
    place: Settlement,
    cell: Cell,
    hamlets: list[Hamlet],
    blocked: list[shapely.Geometry],
    chance: Chance,
    *,
    factory: bool,
) -> None:
    """
    Build a village on the fields that `lay_fields` made.

    Parameters
    ----------
    place
        Lanes so far; buildings and all else are added.
    cell
        Its land.
    hamlets
        Places to build on, the roomiest first; groups are numbered here unless a ring says whose it is.
    blocked
        Shapes that no building may touch.
    chance
        Source of the variety.
    factory
        Whether a factory with a workers' dormitory stands here.
    """
    roads = [*cell.roads, *place.roads]
    wanted = round(_HOUSES * cell.size)
    rows: list[tuple[Hamlet, LineString]] = []
    used = hamlets[: max(2, round(0.68 * wanted / 36))]
    used += [hamlet for hamlet in hamlets if hamlet.ring is not None and hamlet not in used]
    hamlets[:] = used
    blocked = [
        *blocked,
        *_canal(place, cell, next((hamlet.group.village for hamlet in hamlets if hamlet.ring is None), "东华")),
    ]
    for hamlet in hamlets:
        lanes, along_rows = _hamlet_lanes(hamlet, roads, chance)
        place.roads += lanes
        rows += [(hamlet, row) for row in along_rows]
    ways = [*cell.roads, *place.roads]
    site = Site(cell.dry, [*blocked, *(around(road.line, HALF_WIDTH[road.rank] - 0.2) for road in ways)])
    if factory:
        _factory(place, site, hamlets, chance)
    _ponds(place, site, hamlets, chance)
    _committee(place, site, roads, chance, hamlets)
    found = [
        (shape, hamlet)
        for hamlet, row in rows
        for shape in _courtyards(row, chance)
        if hamlet.ring is None or hamlet.ring.contains(shape)
    ]
    compact = round(0.68 * wanted)
    chosen = site.fit([shape for shape, _hamlet in found], 1.2)
    far = [_outlying(*found[k]) * chance.between(0.7, 1.3) for k in chosen]
    chosen = sorted(chosen[k] for k in np.argsort(far, kind="stable")[:compact])
    for k in chosen:
        _farmhouse(place, found[k][0], found[k][1].group, chance)
    for shape in _roadside(cell.roads, place.roads, site, chance, wanted - len(chosen)):
        _farmhouse(place, shape, _group_at(shape, hamlets), chance)
    _sheds(place, site, chance)


def _outlying(shape: Polygon, hamlet: Hamlet) -> float:
    """Measure how far from the middle of its hamlet a house lies, in units of the hamlet's room."""
    return length_of(hamlet.centre - centre_of(shape)) / hamlet.room


def _canal(place: Settlement, cell: Cell, name: str) -> list[Polygon]:
    """Dig a canal beside the village's longest lane, as in all the lowland."""
    if not place.roads:
        return []
    lane = max((road.line for road in place.roads), key=length_rank)
    canal = largest(around(beside(lane, 13.0), 4.5, round_ends=False).intersection(around(cell.dry, -9.0)))
    if canal.area < 1500:
        return []
    place.waters.append((canal, "canal", f"{name.removesuffix('村')}港"))
    return [canal]


def _group_at(shape: Polygon, hamlets: list[Hamlet]) -> Group:
    """Tell to which group a house at a road belongs: the nearest, but an exclave ends at its lane."""
    middle = shape.centroid
    for hamlet in hamlets:
        if hamlet.ring is not None and hamlet.ring.contains(middle):
            return hamlet.group
    own = [hamlet for hamlet in hamlets if hamlet.ring is None] or hamlets
    place = centre_of(shape)
    return min(own, key=lambda hamlet: length_of(hamlet.centre - place)).group


def _hamlet_lanes(hamlet: Hamlet, roads: list[Road], chance: Chance) -> tuple[list[Road], list[LineString]]:
    """Draw the lanes of a hamlet: parallel rows bent alike, one lane across them, a way to the road."""
    axis = _lie(hamlet, roads, chance)
    across = left_of(axis)
    room = hamlet.room if hamlet.ring is None else min(hamlet.room, _RING) * 0.86
    spacing = chance.between(35, 39)
    count = int(np.clip(2 * room * 0.78 / spacing, 2, 5))
    sag = chance.between(-0.10, 0.10)
    x = np.arange(-6, 7) / 6
    rows, middles = [], []
    cross = chance.between(-0.25, 0.25)
    for k in range(count):
        offset = (k - (count - 1) / 2) * spacing
        half = max(35.0, math.sqrt(max(room * room - offset * offset, 900.0))) * chance.between(0.78, 1.0)
        half = min(half, 150.0)
        y = offset + sag * half * x * x + chance.normals(1.2, len(x)) * (np.abs(x) > 0.2)
        row = line_through(hamlet.centre + np.outer(x * half, axis) + np.outer(y, across))
        rows.append(row)
        middles.append(point_at(row, (0.5 + cross / 2) * row.length))
    lanes = [Road(row, "path") for row in rows]
    target = shapely.union_all([road.line for road in roads]) if hamlet.ring is None else hamlet.ring.exterior
    ends = [
        _way_out(middles[0], middles[1] - middles[0], target),
        _way_out(middles[-1], middles[-2] - middles[-1], target),
    ]
    if hamlet.ring is None:
        shorter = min((0, 1), key=lambda k: ends[k].length)
        outward = [ends[shorter]]
    else:
        outward = ends
    stem = LineString(middles)
    lanes += [Road(line, "lane") for line in [stem, *outward]]
    if hamlet.ring is not None:
        ring = LineString(hamlet.ring.exterior.coords)
        lanes.append(Road(ring, "lane"))
        link = shapely.shortest_line(ring, shapely.union_all([road.line for road in roads]))
        lanes.append(Road(line_through(np.asarray(link.coords)), "lane"))
    return lanes, rows


def _way_out(start: Array, inward: Array, target: shapely.Geometry) -> LineString:
    end = nearest_on(target, start)
    length = length_of(end - start)
    towards = unit(end - start)
    leave = unit(0.6 * unit(-inward) + 0.4 * towards)
    return bend(start, leave * length * 0.3, end, -towards * length * 0.25, step=9.0)


def _lie(hamlet: Hamlet, roads: list[Road], chance: Chance) -> Array:
    """Let the rows follow the nearest road when that runs roughly east to west; houses face south."""
    here = Point(hamlet.centre)
    road = min(roads, key=lambda each: each.line.distance(here)).line
    direction = direction_at(road, road.project(here), reach=40.0)
    direction = direction if direction[0] >= 0 else -direction
    return slanted(chance.normal(0.12)) if abs(direction[1]) > 0.5 else direction


def _courtyards(row: LineString, chance: Chance) -> list[Polygon]:
    """Propose houses north of a lane, a yard in front."""
    shapes, _positions = along(
        row,
        1,
        chance,
        width=(9.5, 13.5),
        depth=(7.5, 10.5),
        setback=(10.0, 12.5),
        gap=(2.2, 6.5),
        outlines=(RECTANGLE, RECTANGLE, WING_LEFT, WING_RIGHT),
        start=1.0,
    )
    return shapes


def _roadside(border: list[Road], lanes: list[Road], site: Site, chance: Chance, wanted: int) -> list[Polygon]:
    """String houses along the roads, in clusters with fields between."""
    found: list[Polygon] = []
    for road in [*border, *(lane for lane in lanes if lane.rank == "lane")]:
        inner = HALF_WIDTH[road.rank]
        for side in (1, -1):
            shapes, positions = along(
                road.line,
                side,
                chance,
                width=(9.5, 14),
                depth=(8, 10.5),
                setback=(inner + 5, inner + 9),
                gap=(2.5, 14),
                start=14.0,
            )
            phase, swing = chance.number(), chance.between(240, 420)
            busy = sine(positions / swing + phase) > 0.15
            found += [shape for shape, keep in zip(shapes, busy, strict=True) if keep]
    order = chance.order(len(found))
    chosen = site.fit([found[k] for k in order], 2.0)[: max(0, wanted)]
    return [found[order[k]] for k in chosen]


def _farmhouse(place: Settlement, shape: Polygon, group: Group, chance: Chance) -> None:
    floors = chance.one_of(_FLOORS)
    building = Building(shape, "farmhouse", "residential", floors, group=group)
    # One courtyard is one dwelling unit, whatever its floors; some hold the families of two brothers.
    building.per_floor, building.first_floor = (2 if chance.number() < 0.07 else 1), floors
    place.buildings.append(building)
    corners = np.asarray(shape.exterior.coords)
    if chance.number() < 0.55 and len(corners) == 5:
        front = corners[1] - corners[0]
        outward = -left_of(unit(front))
        depth = chance.between(4.5, 6.0)
        if component(centre_of(shape) - corners[0], outward) > 0:
            outward = -outward
        yard = [corners[0], corners[0] + outward * depth, corners[1] + outward * depth, corners[1]]
        place.walls.append((line_through(np.array(yard)), ""))


def _sheds(place: Settlement, site: Site, chance: Chance) -> None:
    """Put a kitchen or a shed behind some houses."""
    hosts = [building for building in place.buildings if building.form == "farmhouse" and chance.number() < 0.16]
    shapes = []
    for host in hosts:
        corners = np.asarray(host.shape.exterior.coords)
        side = unit(corners[1] - corners[0])
        shapes.append(turned(centre_of(host.shape) + side * chance.between(10.5, 12), side, 4.0, 3.6))
    for k in site.fit(shapes, 0.6):
        place.buildings.append(
            Building(
                shapes[k], "shed", "other", 1, name=chance.one_of(["厨房", "杂物间", "车库"]), group=hosts[k].group
            )
        )


def _committee(place: Settlement, site: Site, roads: list[Road], chance: Chance, hamlets: list[Hamlet]) -> None:
    """Put the village committee, a shop and a small shrine on a road near the first hamlet."""
    if not hamlets:
        return
    here = Point(hamlets[0].centre)
    road = min(roads, key=lambda each: each.line.distance(here))
    village = hamlets[0].group.village
    wanted = [(f"{village}村民委员会", "office", 2), (f"{village}党群服务中心", "hall", 1), ("土地庙", "temple", 1)]
    for side in (1, -1):
        inner = HALF_WIDTH[road.rank]
        shapes, positions = along(
            road.line,
            side,
            chance,
            width=(16, 26),
            depth=(9, 12),
            setback=(inner + 8, inner + 11),
            gap=(12, 30),
            start=20.0,
        )
        order = np.argsort(np.abs(positions - road.line.project(here)), kind="stable")[:4]
        for k in site.fit([shapes[k] for k in order], 4.0):
            if not wanted:
                return
            name, kind, floors = wanted.pop(0)
            shape = shapes[order[k]]
            place.buildings.append(Building(shape, "public", "other", floors, name=name, group=hamlets[0].group))
            place.landmarks.append((Point(centre_of(shape)), name, kind))


def _factory(place: Settlement, site: Site, hamlets: list[Hamlet], chance: Chance) -> None:
    """Build a factory with halls, an office and a workers' dormitory wherever a field has room."""
    axis = slanted(0.1)
    across = left_of(axis)
    for attempt in range(240):
        host = hamlets[attempt % len(hamlets)]
        west, south, east, north = host.field.bounds
        corner = np.array([chance.between(west, east), chance.between(south, north)])
        plan = [
            (turned(corner + axis * -38, axis, 60, 34), "works", "other", 1, "东华纺织厂一车间"),
            (turned(corner + axis * 34, axis, 60, 34), "works", "other", 1, "东华纺织厂二车间"),
            (turned(corner + axis * -44 + across * 42, axis, 44, 13), "public", "other", 3, "东华纺织厂办公楼"),
            (
                turned(corner + axis * 24 + across * 42, axis, 52, 14),
                "dormitory",
                "collective",
                5,
                "东华纺织厂职工宿舍",
            ),
        ]
        ground = turned(corner + across * 14, axis, 156, 94)
        if host.ring is not None or not host.field.contains(ground) or len(site.fit([ground], 1.0)) == 0:
            continue
        for shape, form, use, floors, name in plan:
            rooms = 16 if form == "dormitory" else 0
            place.buildings.append(Building(shape, form, use, floors, 1, rooms, name=name, group=host.group))
        place.walls.append((LineString(ground.exterior.coords), "东华纺织厂围墙"))
        place.landmarks.append((Point(centre_of(ground)), "东华纺织厂", "factory"))
        return


def _ponds(place: Settlement, site: Site, hamlets: list[Hamlet], chance: Chance) -> None:
    """Dig fish ponds in pairs and a round pond beside each hamlet."""
    for hamlet in hamlets:
        shapes = [
            blob(
                hamlet.centre + hamlet.room * 1.02 * heading(chance.number()),
                chance.between(14, 26),
                chance,
                squareness=0.1,
                vertices=28,
            )
        ]
        for _try in range(5):
            start = hamlet.centre + hamlet.room * chance.between(1.1, 1.9) * heading(chance.number())
            axis = heading(chance.number())
            shapes += [
                footprint(start + axis * 44.0 * k, start + axis * (44.0 * k + 40), 1, 0.0, 62.0, RECTANGLE)
                for k in range(3)
            ]
        for k in site.fit([shape if hamlet.field.contains(shape) else Polygon() for shape in shapes], 3.0):
            place.waters.append((shapes[k], "lake", ""))
