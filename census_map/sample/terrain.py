"""The lie of the land: outline, river, railway, main roads, and the cells that become census areas. Metres, no CRS."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Polygon

from census_map.arithmetic import Array, component, lengths
from census_map.sample.chance import Chance
from census_map.sample.curves import blob, wave
from census_map.sample.cutting import Junctions, cut_in_two, divide_by
from census_map.sample.shapes import around, beside, centre_of, largest, lines, long_axis, longest

ESTATE, OLD_TOWN, VILLAGE = "estate", "old_town", "village"
HECTARES = {OLD_TOWN: 7.0, ESTATE: 11.0, VILLAGE: 88.0}  # land of one census area at scale 1
RIVER, CANAL = "river", "canal"
HALF_WIDTH = {"main": 13.0, "secondary": 8.0, "lane": 3.2, "path": 1.7}  # metres kept free on each side
BANK = 15.0  # metres from the water to the axis of the road on the bank


@dataclass(eq=False)
class Road:
    """
    A road with one name.

    Attributes
    ----------
    line
        Axis in metres.
    rank
        `main`, `secondary`, `lane` or `path` (schema's road classes).
    name
        Empty for a track without one.
    parent
        Road that a numbered lane (弄) leaves, with the position of its mouth in metres, or None.
    """

    line: LineString
    rank: str
    name: str = ""
    parent: "tuple[Road, float] | None" = None


@dataclass(eq=False)
class Cell:
    """
    The territory of a future census area.

    Attributes
    ----------
    land
        The whole, to the middle of the border roads and of the river.
    dry
        What lies behind the roads on the river's banks.
    kind
        `estate`, `old_town` or `village`.
    size
        What the number of its houses is measured by; 1 is a normal census area of its kind.
    roads
        Roads on its border.
    """

    land: Polygon
    dry: Polygon
    kind: str
    size: float
    roads: list[Road] = field(default_factory=list)


@dataclass(frozen=True)
class Terrain:
    """
    What nature and the great works left.

    Attributes
    ----------
    outline
        Township, in metres.
    river, water
        Axis; surface.
    railway
        Axis.
    roads
        Everything with wheels so far: main roads, border roads, roads on the banks, the road around.
    borders
        Lines on which census areas meet, including the stretches in the water.
    cells
        One a census area.
    junctions
        Ends of roads.
    """

    outline: Polygon
    river: LineString
    water: Polygon
    railway: LineString
    roads: list[Road]
    borders: list[LineString]
    cells: list[Cell]
    junctions: Junctions


def make_terrain(chance: Chance, count: int, scale: float, kinds: Mapping[str, int]) -> Terrain:
    """
    Lay out a township.

    Parameters
    ----------
    chance
        Source of all variety.
    count
        Number of census areas.
    scale
        Land, and so houses, of a census area in units of the normal one.
    kinds
        Shares of the three kinds.
    """
    order = _kinds_by_density(count, kinds)
    hectares = [HECTARES[kind] * scale for kind in order]
    outline = blob(np.zeros(2), math.sqrt(math.fsum(hectares) * 1e4 / math.pi), chance, rough=0.1, vertices=160)
    west, south, east, north = outline.bounds
    river, width, railway, first, second = _great_lines(chance, west, south, east, north)
    junctions = Junctions()
    cuts: list[tuple[LineString, str]] = []
    points, weights = _spread(chance, outline, hectares)
    lands = _divide(
        outline, points, weights, count, [(river, RIVER), (first, "main"), (second, "main")], cuts, chance, junctions
    )
    water = around(river, width / 2)
    strip = around(river, width / 2 + BANK)
    roads = _roads(outline, strip, first, second, river, width, cuts)
    borders = [line for line, _rank in cuts] + [outline.exterior]
    lands.sort(key=lambda land: land.area)
    cells = _cells(lands, strip, order, scale)
    for cell in cells:
        near = around(cell.dry, 3.0)
        cell.roads = [road for road in roads if road.line.intersection(near).length > 30]
    return Terrain(outline, river, water, railway, roads, borders, cells, junctions)


def _cells(lands: list[Polygon], strip: Polygon, order: list[str], scale: float) -> list[Cell]:
    """Tell each cell how many houses it gets: by its share of the land of its kind, so that the sum is as wanted."""
    dry = [largest(land.difference(strip)) for land in lands]
    size = {}
    for kind in HECTARES:
        own = [land.area for land, each in zip(dry, order, strict=True) if each == kind]
        size[kind] = scale * len(own) / math.fsum(own) if own else 0.0
    return [
        Cell(land, ground, kind, ground.area * size[kind]) for land, ground, kind in zip(lands, dry, order, strict=True)
    ]


def _kinds_by_density(count: int, kinds: Mapping[str, int]) -> list[str]:
    """Share out the kinds, the densest first."""
    total = sum(kinds.values())
    exact = {kind: count * kinds.get(kind, 0) / total for kind in HECTARES}
    given = {kind: math.floor(number) for kind, number in exact.items()}
    for kind in sorted(exact, key=lambda name: given[name] - exact[name])[: count - sum(given.values())]:
        given[kind] += 1
    return [kind for kind in HECTARES for _each in range(given[kind])]


def _great_lines(
    chance: Chance, west: float, south: float, east: float, north: float
) -> tuple[LineString, float, LineString, LineString, LineString]:
    """Draw the river and its width, the railway, the main roads west to east and south to north."""
    wide, high = east - west, north - south
    reach = min(wide, high)

    def at(x: float, y: float) -> Array:
        return np.array([(west + east) / 2 + x * wide / 2, (south + north) / 2 + y * high / 2])

    river = wave(at(-1.15, 0.3), at(1.15, 0.42), chance, amplitude=0.085 * reach, wavelength=0.75 * wide)
    railway = wave(at(0.28, -1.15), at(0.74, 1.15), chance, amplitude=0.03 * reach, wavelength=1.9 * high, step=30)
    first = wave(at(-1.13, -0.28), at(1.13, -0.12), chance, amplitude=0.02 * reach, wavelength=1.1 * wide)
    second = wave(at(-0.24, -1.13), at(-0.12, 1.13), chance, amplitude=0.016 * reach, wavelength=1.2 * high)
    return river, float(np.clip(reach * 0.018, 24, 90)), railway, first, second


def _spread(chance: Chance, outline: Polygon, hectares: list[float]) -> tuple[Array, Array]:
    """
    Spread points that tell how much land a census area takes in which place.

    The land nearest to a centre goes to the smallest census areas: a point's weight is one over the size of the area
    whose turn it is there, so that every area holds about the same weight.
    """
    count = len(hectares)
    west, south, east, north = outline.bounds
    wanted = 700 * count
    side = math.sqrt((east - west) * (north - south) / wanted)
    x, y = (low + side * np.arange(math.ceil((high - low) / side)) for low, high in ((west, east), (south, north)))
    x, y = np.meshgrid(x, y)
    points = np.column_stack([x.ravel(), y.ravel()]) + chance.all_between(-side / 3, side / 3, x.size, 2)
    shapely.prepare(outline)
    points = points[shapely.contains_xy(outline, points)]
    centres = [np.array([-0.09 * (east - west), -0.06 * (north - south)])]
    distance = lengths(points - centres[0])
    for _each in range(max(0, round(count / 28) - 1)):
        centres.append(points[int((distance * chance.all_between(0.6, 1.0, len(points))).argmax())])
        distance = np.minimum(distance, lengths(points - centres[-1]))
    share = np.empty(len(points))
    share[np.argsort(distance, kind="stable")] = (np.arange(len(points)) + 0.5) / len(points)
    turn = np.searchsorted(np.cumsum(hectares) / math.fsum(hectares), share)
    return points, 1 / np.asarray(hectares)[np.minimum(turn, count - 1)]


def _divide(
    land: Polygon,
    points: Array,
    weights: Array,
    count: int,
    features: list[tuple[LineString, str]],
    cuts: list[tuple[LineString, str]],
    chance: Chance,
    junctions: Junctions,
) -> list[Polygon]:
    """Cut land into cells of equal weight, along the great lines where they fit; the cuts are added to `cuts`."""
    if count == 1:
        return [land]
    found = _along_feature(land, points, weights, count, features) or _own_cut(
        land, points, weights, count, chance, junctions
    )
    if found is None:
        raise AssertionError("no cut found: the outline is too rough")
    line, rank, pieces, first = found
    cuts.append((line, rank))
    shapely.prepare(pieces[0])
    inside = shapely.contains_xy(pieces[0], points)
    rest = [feature for feature in features if feature[0] is not line]
    return [
        *_divide(pieces[0], points[inside], weights[inside], first, rest, cuts, chance, junctions),
        *_divide(pieces[1], points[~inside], weights[~inside], count - first, rest, cuts, chance, junctions),
    ]


_Cut = tuple[LineString, str, tuple[Polygon, Polygon], int]


def _along_feature(
    land: Polygon, points: Array, weights: Array, count: int, features: list[tuple[LineString, str]]
) -> _Cut | None:
    for line, rank in features:
        crossings = lines(line.intersection(land))
        crossing = crossings[0] if len(crossings) == 1 else None
        if crossing is None or crossing.length < 50:
            continue
        pieces = divide_by(land, crossing)
        if pieces is None:
            continue
        shapely.prepare(pieces[0])
        share = math.fsum(weights[shapely.contains_xy(pieces[0], points)]) / math.fsum(weights)
        first = round(share * count)
        if 1 <= first < count and abs(share * count - first) < 0.3:
            return crossing, rank, pieces, first
    return None


def _own_cut(
    land: Polygon, points: Array, weights: Array, count: int, chance: Chance, junctions: Junctions
) -> _Cut | None:
    axis, length, _width, centre = long_axis(land)
    first = count // 2
    along = component(points, axis)
    order = np.argsort(along, kind="stable")
    reached = np.cumsum(weights[order]) / math.fsum(weights)
    border = along[order][int(np.searchsorted(reached, first / count))]
    position = float(np.clip(0.5 + (border - component(centre, axis)) / length, 0.08, 0.92))
    cut = cut_in_two(land, chance, junctions, position=position, reach=60.0)
    if cut is None:
        return None
    line, one, other = cut
    low, high = sorted((one, other), key=lambda piece: float(component(centre_of(piece), axis)))
    return line, "main" if line.length > 2600 else "secondary", (low, high), first


def _roads(
    outline: Polygon,
    strip: Polygon,
    first: LineString,
    second: LineString,
    river: LineString,
    width: float,
    cuts: list[tuple[LineString, str]],
) -> list[Road]:
    beyond = around(outline, 140.0)
    great = [longest(lines(line.intersection(beyond))) for line in (first, second)]
    roads = [Road(line, "main") for line in great if line is not None]
    for line, rank in cuts:
        if rank in {"main", "secondary"} and not any(line.within(around(road.line, 1.0)) for road in roads):
            roads += [Road(part, rank) for part in lines(line.difference(strip)) if part.length > 20]
    for side in (1, -1):
        bank = beside(river, side * (width / 2 + BANK))
        roads += [Road(part, "secondary") for part in lines(bank.intersection(outline)) if part.length > 60]
    ring = shapely.line_merge(outline.exterior.difference(strip))
    roads += [Road(part, "secondary") for part in lines(ring) if part.length > 20]
    return roads
