"""
Cutting land into smaller land by roads that bend: the way a township's cells, blocks and lanes come about.

A cut leaves the border of its polygon nearly at a right angle, so that junctions look like junctions, and it likes to
begin where another road already ends, so that crossings come about as well. Metres, no CRS.
"""

import math
from collections.abc import Iterator

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import split

from census_map.sample.curves import Array, bend, direction_at, left_of, unit

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
        distance = np.hypot(known[:, 0] - point[0], known[:, 1] - point[1])
        nearest = int(distance.argmin())
        return known[nearest].copy() if distance[nearest] <= radius else point


def long_axis(polygon: Polygon) -> tuple[Array, float, float]:
    """
    Measure the smallest rectangle around a polygon.

    Returns
    -------
    axis, length, width
        Unit direction of the long side; the sides in metres.
    """
    corners = np.asarray(shapely.minimum_rotated_rectangle(polygon).exterior.coords)
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    if np.hypot(*first) >= np.hypot(*second):
        return unit(first), float(np.hypot(*first)), float(np.hypot(*second))
    return unit(second), float(np.hypot(*second)), float(np.hypot(*first))


def divide_by(polygon: Polygon, line: LineString) -> tuple[Polygon, Polygon] | None:
    """Cut a polygon in two along a line; None when the line does not cut it in exactly two."""
    coords = np.asarray(line.coords)
    head = coords[0] + unit(coords[0] - coords[1]) * 0.5
    tail = coords[-1] + unit(coords[-1] - coords[-2]) * 0.5
    pieces = [piece for piece in split(polygon, LineString([head, *coords, tail])).geoms if piece.area > 1.0]
    return (pieces[0], pieces[1]) if len(pieces) == 2 else None


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
    parts = [part for part in getattr(chord, "geoms", [chord]) if part.geom_type == "LineString" and part.length > 5]
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
    length = float(np.hypot(*(end - start)))
    if length < 8:
        return None
    return bend(start, _handle(ring, start, end, length), end, _handle(ring, end, start, length))


def _handle(ring: LineString, here: Array, there: Array, length: float) -> Array:
    towards = unit(there - here)
    square = left_of(direction_at(ring, ring.project(Point(here))))
    if float(square @ towards) < 0:
        square = -square
    mixed = unit(0.62 * square + 0.38 * towards) if float(square @ towards) > 0.5 else towards
    return mixed * length * 0.34


def cut_in_two(
    polygon: Polygon,
    rng: np.random.Generator,
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
    rng
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
    axis, length, width = long_axis(polygon)
    along = left_of(axis) if lengthwise else axis
    extent = width if lengthwise else length
    centre = np.asarray(shapely.minimum_rotated_rectangle(polygon).centroid.coords[0])
    for attempt in range(_TRIES):
        place = position if position is not None else rng.uniform(0.4, 0.6)
        shifted = min(0.95, max(0.05, place + attempt * rng.uniform(-0.015, 0.015)))
        slant = rng.normal(0, 0.07)
        across = left_of(along)
        direction = math.cos(slant) * across + math.sin(slant) * along
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
    polygon: Polygon, target: float, rng: np.random.Generator, junctions: Junctions, *, reach: float = 24.0
) -> tuple[list[Polygon], list[LineString]]:
    """
    Cut land into blocks of varying size.

    Parameters
    ----------
    polygon
        Land to be cut.
    target
        Typical size of a block, in square metres.
    rng
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
        cut = cut_in_two(land, rng, junctions, reach=reach) if land.area > target * rng.uniform(1.15, 1.9) else None
        if cut is None:
            blocks.append(land)
            continue
        road, left, right = cut
        roads.append(road)
        waiting += [left, right]
    return blocks, roads


def strips(
    block: Polygon, spacing: float, rng: np.random.Generator, junctions: Junctions
) -> tuple[list[Polygon], list[LineString]]:
    """
    Cut a block into strips by parallel lanes.

    Parameters
    ----------
    block
        Land to be cut.
    spacing
        Distance between two lanes, in metres.
    rng
        Source of the variety.
    junctions
        Known ends of roads.
    """
    _axis, _length, width = long_axis(block)
    count = max(1, round(width / spacing))
    pieces, lanes = [block], []
    for left in range(count, 1, -1):
        cut = cut_in_two(pieces[-1], rng, junctions, position=1 / left, lengthwise=True, reach=9.0)
        if cut is None:
            break
        lane, first, second = cut
        lanes.append(lane)
        rest, done = sorted((first, second), key=lambda piece: piece.area, reverse=True)
        pieces[-1:] = [done, rest]
    return pieces, lanes


def largest(shape: shapely.Geometry) -> Polygon:
    """Give the largest polygon of a shape, an empty one when there is none."""
    return max(polygons(shape), key=lambda part: part.area, default=Polygon())


def polygons(shape: shapely.Geometry) -> Iterator[Polygon]:
    """Go through the polygons of any shape."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and not part.is_empty:
            yield part
        elif part.geom_type.startswith(("Multi", "Geometry")):
            yield from polygons(part)
