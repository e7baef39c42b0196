"""
Cutting land into smaller land by roads that bend: the way a township's cells, blocks and lanes come about.

A cut leaves the border of its polygon nearly at a right angle, so that junctions look like junctions, and it likes to
begin where another road already ends, so that crossings come about as well. Metres, no CRS.
"""

import numpy as np
from shapely import LineString, Point, Polygon
from shapely.ops import split

from census_map.arithmetic import Array, component, left_of, length_of, lengths, unit
from census_map.sample.chance import Chance
from census_map.sample.curves import bend
from census_map.sample.shapes import direction_at, lines, long_axis, polygons, settled

_TRIES = 14


class Junctions:
    """Places where a road ends on another one; later cuts prefer them."""

    def __init__(self) -> None:
        self._points = np.empty((64, 2))
        self._count = 0

    def add(self, line: LineString) -> None:
        """Remember both ends of a road."""
        if self._count + 2 > len(self._points):
            self._points = np.concatenate([self._points, np.empty_like(self._points)])
        self._points[self._count : self._count + 2] = line.coords[0], line.coords[-1]
        self._count += 2

    def near(self, point: Array, radius: float) -> Array:
        """Give the nearest known junction within a radius in metres, otherwise the point itself."""
        known = self._points[: self._count]
        if not len(known):
            return point
        distance = lengths(known - point)
        nearest = int(distance.argmin())
        return known[nearest].copy() if distance[nearest] <= radius else point


def divide_by(polygon: Polygon, line: LineString) -> tuple[Polygon, Polygon] | None:
    """Cut a polygon in two along a line; None when the line does not cut it in exactly two."""
    coords = np.asarray(line.coords)
    head = coords[0] + unit(coords[0] - coords[1]) * 0.5
    tail = coords[-1] + unit(coords[-1] - coords[-2]) * 0.5
    pieces = [settled(piece) for piece in polygons(split(polygon, LineString([head, *coords, tail]))) if piece.area > 1]
    # Where the line meets the border, both pieces get the same corner on the grid: they still fit. A line that leaves
    # the border at so sharp an angle that the grid folds a piece is no cut.
    if len(pieces) != 2 or not all(piece.is_valid for piece in pieces):
        return None
    one, other = sorted(pieces, key=lambda piece: piece.exterior.coords[0])
    return one, other


def cut_across(
    polygon: Polygon,
    through: Array,
    direction: Array,
    junctions: Junctions,
    *,
    reach: float,
) -> LineString | None:
    """
    Draw a road across a polygon.

    Parameters
    ----------
    polygon
        Land to be cut.
    through
        A point that the road passes, roughly.
    direction
        Unit direction of the road there.
    junctions
        Known ends of roads.
    reach
        An end may slide so far to meet a known junction, in metres.

    Returns
    -------
    road
        From border to border, or None when the place does not allow it.
    """
    far = polygon.length
    chord = polygon.intersection(LineString([through - direction * far, through + direction * far]))
    parts = [part for part in lines(chord) if part.length > 5]
    if not parts:
        return None
    here = Point(through)
    nearest = min(parts, key=lambda part: part.distance(here))
    ring = polygon.exterior
    ends = []
    for end in (nearest.coords[0], nearest.coords[-1]):
        slid = junctions.near(np.asarray(end), reach)
        ends.append(slid if ring.distance(Point(slid)) < 0.005 else np.asarray(end))
    start, end = ends
    length = length_of(end - start)
    if length < 8:
        return None
    return bend(start, _handle(ring, start, end, length), end, _handle(ring, end, start, length))


def _handle(ring: LineString, here: Array, there: Array, length: float) -> Array:
    towards = unit(there - here)
    square = left_of(direction_at(ring, ring.project(Point(here))))
    agreement = component(square, towards)
    if agreement < 0:
        square, agreement = -square, -agreement
    mixed = unit(0.62 * square + 0.38 * towards) if agreement > 0.5 else towards
    return mixed * length * 0.34


def cut_in_two(
    polygon: Polygon,
    chance: Chance,
    junctions: Junctions,
    *,
    position: float | None = None,
    lengthwise: bool = False,
    reach: float = 24.0,
) -> tuple[LineString, Polygon, Polygon] | None:
    """
    Cut a polygon once.

    Parameters
    ----------
    polygon
        Land to be cut.
    chance
        Source of position and slant.
    junctions
        Known ends of roads; the new road's ends are added.
    position
        Where along the axis the cut lies, 0 to 1; None: near the middle.
    lengthwise
        Cut along the long axis instead of across it.
    reach
        See `cut_across`.

    Returns
    -------
    cut
        The road and the two pieces; None when no attempt succeeded.
    """
    axis, length, width, centre = long_axis(polygon)
    along = left_of(axis) if lengthwise else axis
    extent = width if lengthwise else length
    for attempt in range(_TRIES):
        place = position if position is not None else chance.between(0.4, 0.6)
        shifted = min(0.95, max(0.05, place + attempt * chance.between(-0.015, 0.015)))
        direction = unit(left_of(along) + chance.normal(0.07) * along)
        through = centre + along * (shifted - 0.5) * extent
        road = cut_across(polygon, through, direction, junctions, reach=reach if attempt < _TRIES // 2 else 0.0)
        if road is None or not road.is_simple:
            continue
        pieces = divide_by(polygon, road)
        if pieces is None or min(piece.area for piece in pieces) < 0.12 * polygon.area * (
            1 if position is None else 0.3
        ):
            continue
        junctions.add(road)
        return road, *pieces
    return None


def subdivide(
    polygon: Polygon, target: float, chance: Chance, junctions: Junctions, *, reach: float = 24.0
) -> tuple[list[Polygon], list[LineString]]:
    """
    Cut land into blocks of varying size.

    Parameters
    ----------
    polygon
        Land to be cut.
    target
        Typical size of a block, in square metres.
    chance
        Source of the variety.
    junctions
        Known ends of roads.
    reach
        See `cut_across`.

    Returns
    -------
    blocks, roads
        The roads in the order in which they were cut.
    """
    blocks: list[Polygon] = []
    roads: list[LineString] = []
    waiting = [polygon]
    while waiting:
        land = waiting.pop()
        cut = (
            cut_in_two(land, chance, junctions, reach=reach) if land.area > target * chance.between(1.15, 1.9) else None
        )
        if cut is None:
            blocks.append(land)
            continue
        road, left, right = cut
        roads.append(road)
        waiting += [left, right]
    return blocks, roads


def strips(
    block: Polygon, spacing: float, chance: Chance, junctions: Junctions
) -> tuple[list[Polygon], list[LineString]]:
    """
    Cut a block into strips by parallel lanes.

    Parameters
    ----------
    block
        Land to be cut.
    spacing
        Distance between two lanes, in metres.
    chance
        Source of the variety.
    junctions
        Known ends of roads.
    """
    _axis, _length, width, _centre = long_axis(block)
    count = max(1, round(width / spacing))
    pieces, lanes = [block], []
    for left in range(count, 1, -1):
        cut = cut_in_two(pieces[-1], chance, junctions, position=1 / left, lengthwise=True, reach=9.0)
        if cut is None:
            break
        lane, first, second = cut
        lanes.append(lane)
        rest, done = sorted((first, second), key=lambda piece: piece.area, reverse=True)
        pieces[-1:] = [done, rest]
    return pieces, lanes
