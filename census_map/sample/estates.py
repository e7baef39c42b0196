"""Housing estates: slabs of six floors, towers of eighteen and thirty-three, a school, shops at the gate."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from census_map.arithmetic import Array, component, left_of, slanted
from census_map.sample.buildings import Building, Estate, Front, Settlement
from census_map.sample.chance import Chance
from census_map.sample.cutting import Junctions, subdivide
from census_map.sample.names import NameBook
from census_map.sample.placing import CROSS, RECTANGLE, STEPPED, Site, along, turned
from census_map.sample.shapes import (
    around,
    centre_of,
    largest,
    line_through,
    lines,
    long_axis,
    longest,
    middle_of,
    point_at,
)
from census_map.sample.terrain import HALF_WIDTH, Cell, Road

_UNITS = 2420  # dwelling units of one census area at scale 1
_COMPOUNDS = 5.5  # of one census area at scale 1


@dataclass(frozen=True)
class _Type:
    """A type of block: its form, floors, entrances, units a floor and entrance, width, depth, distance of rows."""

    form: str
    floors: int
    entrances: int
    per_floor: int
    width: float
    depth: float
    rows: float
    beside: float
    outline: Array


_SLAB = _Type("slab", 6, 3, 2, 51.0, 12.0, 31.0, 13.0, STEPPED)
_TOWER_18 = _Type("tower", 18, 2, 2, 40.0, 15.0, 52.0, 19.0, STEPPED)
_TOWER_33 = _Type("tower", 33, 1, 6, 34.0, 24.0, 66.0, 26.0, CROSS)


def lay_estate(
    cell: Cell, blocked: list[LineString], chance: Chance, junctions: Junctions, names: NameBook
) -> Settlement:
    """
    Build a census area of housing estates.

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
    names
        Where names come from.
    """
    place = Settlement()
    compounds, roads = subdivide(cell.dry, cell.dry.area / max(1.0, _COMPOUNDS * cell.size), chance, junctions)
    place.roads = [Road(line, "secondary", names.street()) for line in roads]
    streets = [*cell.roads, *place.roads]
    site = Site(cell.dry, [*blocked, *(around(road.line, HALF_WIDTH[road.rank]) for road in streets)])
    compounds.sort(key=lambda compound: compound.area)
    school = compounds.pop(0) if len(compounds) > 2 else None
    left = round(_UNITS * cell.size)
    share = math.fsum(compound.area for compound in compounds)
    for k, compound in enumerate(compounds):
        wanted = round(left * compound.area / share)
        share -= compound.area
        left -= _compound(place, site, compound, streets, chance, names, wanted, tall=(0, 2, 1)[k % 3])
    if school is not None:
        _school(place, site, school, streets, chance, names.school())
    return place


def _compound(
    place: Settlement,
    site: Site,
    compound: Polygon,
    streets: list[Road],
    chance: Chance,
    names: NameBook,
    wanted: int,
    *,
    tall: int,
) -> int:
    """Build one estate of about so many units, with so many rows of the tallest towers; give the number built."""
    yard = largest(around(compound, -(HALF_WIDTH["main"] + 7)))
    if yard.area < 2500:
        return 0
    axis = _axis(compound, chance)
    front = _gate(compound, streets)
    estate = Estate(*names.estate(), front)
    place.walls.append((LineString(largest(around(compound, -10.5)).exterior.coords), f"{estate.name}围墙"))
    across = left_of(axis)
    spine_x = float(component(centre_of(yard), axis)) + chance.between(-8, 8)
    spine = _chord(compound, axis * spine_x, across)
    site.block([around(spine, 0.8)] if spine is not None else [])
    _gate_shops(place, site, compound, front, chance)
    fits: list[tuple[Polygon, _Type, Array]] = []
    types = [(_SLAB, 99)] if not tall else [(_TOWER_33, 1), (_TOWER_18, 99)] if tall == 1 else [(_TOWER_18, 99)]
    bounds = component(np.asarray(yard.exterior.coords), across)
    y = float(bounds.max()) - 8
    rows: list[float] = []
    while y > bounds.min() + 8 and sum(kind.floors * kind.entrances * kind.per_floor for _s, kind, _c in fits) < wanted:
        kind = types[0][0]
        types = [(kind, types[0][1] - 1), *types[1:]] if types[0][1] > 1 else types[1:]
        y -= kind.depth / 2
        found = _row(yard, axis, across, y, kind, spine_x, chance)
        chosen = site.fit([shape for shape, _centre in found], 6.0)
        fits += [(found[k][0], kind, found[k][1]) for k in chosen]
        if chosen:
            rows.append(y - kind.depth / 2 - 8)
        y -= kind.rows - kind.depth / 2
    built = _settle(place, estate, fits, wanted)
    _paths(place, estate, [_chord(yard, across * y, axis) for y in rows], spine)
    return built


def _settle(place: Settlement, estate: Estate, fits: list[tuple[Polygon, _Type, Array]], wanted: int) -> int:
    """Number the blocks of an estate until it has so many units; give the units built."""
    built = 0
    for block, (shape, kind, _centre) in enumerate(fits, start=1):
        if built > wanted:
            break
        building = Building(shape, kind.form, "residential", kind.floors, kind.entrances, kind.per_floor)
        building.estate, building.block, building.name = estate, block, f"{estate.name}{block}幢"
        place.buildings.append(building)
        built += building.units
    return built


def _paths(place: Settlement, estate: Estate, rows: list[LineString | None], spine: LineString | None) -> None:
    """Lay a path across all rows of blocks to the gate, and one along each row as far as no building stands there."""
    if spine is None or not rows:
        return
    place.roads.append(Road(spine, "path"))
    place.landmarks.append((Point(spine.coords[0]), f"{estate.name}大门", "gate"))
    built = shapely.union_all([around(building.shape, 1.0) for building in place.buildings])
    for row in rows:
        free = lines(row.difference(built)) if row is not None else []
        joined = [piece for piece in free if piece.intersects(spine) and piece.length > 20]
        place.roads += [Road(piece, "path") for piece in joined]


def _row(
    yard: Polygon, axis: Array, across: Array, y: float, kind: _Type, spine_x: float, chance: Chance
) -> list[tuple[Polygon, Array]]:
    """Propose the blocks of one row, on both sides of the estate's spine."""
    chord = _chord(yard, across * y, axis)
    if chord is None:
        return []
    low, high = sorted(component(np.asarray(chord.coords), axis).tolist())
    found = []
    step = kind.width + kind.beside
    clear = 7 + kind.width / 2
    right = [spine_x + clear + k * step for k in range(max(0, math.ceil((high - spine_x - 7 - kind.width) / step)))]
    left = [spine_x - clear - k * step for k in range(max(0, math.ceil((spine_x - low - 7 - kind.width) / step)))]
    for x in sorted(left + right):
        centre = axis * x + across * (y + chance.between(-1.5, 1.5))
        found.append((turned(centre, axis, kind.width, kind.depth, kind.outline), centre))
    return found


def _chord(land: Polygon, through: Array, direction: Array) -> LineString | None:
    """Cut a straight line out of a polygon: its longest piece inside."""
    reach = land.length
    centre = through + direction * component(centre_of(land) - through, direction)
    return longest(lines(land.intersection(line_through(centre + direction * np.array([[-reach], [reach]])))))


def _axis(compound: Polygon, chance: Chance) -> Array:
    """Turn the rows as the nearly east-west side of the compound runs: flats face south."""
    axis, _length, _width, _centre = long_axis(compound)
    if abs(axis[1]) > abs(axis[0]):
        axis = -left_of(axis) if axis[1] > 0 else left_of(axis)
    return axis if abs(axis[1]) < 0.45 * axis[0] else slanted(chance.normal(0.08))


def _gate(compound: Polygon, streets: list[Road]) -> Front:
    """Put the gate on the longest street beside the compound."""
    near = around(compound, 2.0)
    road = max(streets, key=lambda street: street.line.intersection(near).length)
    shared = longest(lines(road.line.intersection(near)))
    position = float(road.line.project(middle_of(shared if shared is not None else road.line)))
    return Front(road, position, side_of(road.line, position, compound.representative_point()))


def side_of(line: LineString, position: float, point: Point) -> int:
    """Tell on which side of a line a point lies, seen from a position on the line: 1 left, -1 right."""
    (ax, ay), (bx, by) = point_at(line, position - 2), point_at(line, position + 2)
    return 1 if (bx - ax) * (point.y - ay) - (by - ay) * (point.x - ax) > 0 else -1


def _gate_shops(place: Settlement, site: Site, compound: Polygon, gate: Front, chance: Chance) -> None:
    """Put a row of shops at the street of the gate, and the property office."""
    inner = HALF_WIDTH[gate.road.rank]
    shapes, positions = along(
        gate.road.line,
        gate.side,
        chance,
        width=(14, 26),
        depth=(9, 11),
        setback=(inner + 2, inner + 3),
        gap=(1, 7),
        start=12.0,
    )
    near = [k for k, shape in enumerate(shapes) if abs(positions[k] - gate.position) > 9 and compound.contains(shape)]
    near = sorted(near, key=lambda k: abs(positions[k] - gate.position))[:5]
    for order, k in enumerate(site.fit([shapes[k] for k in near], 0.8)):
        name = ("物业服务中心", "便民超市", "净菜店", "理发店", "药房")[order]
        front = Front(gate.road, float(positions[near[k]]), gate.side)
        place.buildings.append(Building(shapes[near[k]], "shop", "other", 2, name=name, front=front))


def _school(place: Settlement, site: Site, ground: Polygon, streets: list[Road], chance: Chance, school: str) -> None:
    """Build a school: two teaching buildings, a hall, a sports ground that stays free."""
    yard = largest(around(ground, -(HALF_WIDTH["main"] + 7)))
    if yard.is_empty:
        return
    axis = _axis(ground, chance)
    across = left_of(axis)
    centre = centre_of(yard)
    front = _gate(ground, streets)
    plan = ((-14, 38, 58, 13, "教学楼", 4), (-14, 8, 58, 13, "实验楼", 4), (34, 20, 18, 34, "体育馆", 2))
    for x, y, width, depth, part, floors in plan:
        shape = turned(centre + axis * x + across * y, axis, width, depth, RECTANGLE)
        if site.fit([shape], 5.0):
            place.buildings.append(Building(shape, "public", "other", floors, name=f"{school}{part}", front=front))
    place.walls.append((LineString(largest(around(ground, -10.5)).exterior.coords), f"{school}围墙"))
    place.landmarks.append((Point(centre_of(yard)), school, "school"))
