"""
Shapes on the millimetre grid of the sample. Metres, no CRS.

What GEOS computes may end otherwise in the last digit, begin at another corner or come in another order from version to
version. Here it is rounded, begins at its lowest corner and is sorted before anything is decided by it.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from census_map.arithmetic import Array, component, left_of, lengths, unit

GRID = 1024  # steps of a metre, about a millimetre each: a power of two, so that rounding to it is exact
_WATERSHED = math.sqrt(2) - 1
_SEARCH = 8.0  # metres between the places where the middle of a polygon is looked for


def on_grid(values: Array) -> Array:
    """
    Round coordinates in metres to the grid.

    What lies halfway between two places of the grid, as middles of lines do, would go to one or the other with the last
    digit: the watershed is elsewhere.
    """
    return np.asarray(np.floor(values * GRID + _WATERSHED) / GRID + 0.0)


def line_through(points: Array) -> LineString:
    """Draw a line through points, one a row."""
    return LineString(on_grid(np.asarray(points)))


def outline_of(points: Array) -> Polygon:
    """Draw a polygon around points, one a row."""
    return Polygon(on_grid(np.asarray(points)))


def settled(shape: shapely.Geometry) -> shapely.Geometry:
    """
    Put what GEOS made on the grid; lines keep their direction, polygons begin at their lowest corner.

    A polygon with a very sharp corner may cross itself there afterwards.
    """
    placed = shapely.remove_repeated_points(shapely.transform(shape, on_grid))
    return placed if shape.geom_type.endswith(("LineString", "Point")) else shapely.normalize(placed)


def around(shape: shapely.Geometry, distance: float, *, round_ends: bool = True) -> shapely.Geometry:
    """Draw everything within a distance in metres of a shape; a negative one shrinks it."""
    return _sound(shape.buffer(distance, cap_style="round" if round_ends else "flat"))


def _sound(shape: shapely.Geometry) -> shapely.Geometry:
    placed = settled(shape)
    return placed if placed.is_valid else shapely.normalize(shapely.make_valid(placed))


def beside(line: LineString, distance: float) -> LineString:
    """Draw a line along another one, so many metres to its left."""
    points = np.asarray(line.coords)
    steps = np.diff(points, axis=0)
    ways = steps / lengths(steps)[:, None]
    turns = np.concatenate([ways[:1], ways[:-1] + ways[1:], ways[-1:]])
    turns = turns / lengths(turns)[:, None]
    return line_through(points + distance * np.column_stack([-turns[:, 1], turns[:, 0]]))


def centre_of(shape: shapely.Geometry) -> Array:
    """Give the centre of gravity."""
    middle = shape.centroid
    return on_grid(np.array([middle.x, middle.y]))


def point_at(line: LineString, position: float) -> Array:
    """Give the place at a distance from the start of a line, in metres; before it is the start, beyond it the end."""
    place = line.interpolate(min(max(position, 0.0), line.length))
    return on_grid(np.array([place.x, place.y]))


def middle_of(line: LineString) -> Point:
    """Give the place halfway along a line."""
    return Point(point_at(line, line.length / 2))


def direction_at(line: LineString, position: float, reach: float = 2.0) -> Array:
    """Give the unit direction of a line at a distance from its start, taken over `reach` metres to both sides."""
    return unit(point_at(line, position + reach) - point_at(line, position - reach))


def long_axis(polygon: Polygon) -> tuple[Array, float, float, Array]:
    """
    Measure the smallest rectangle around a polygon.

    Returns
    -------
    axis, length, width, centre
        Unit direction of the long side, eastwards; the sides in metres; the middle.
    """
    hull = np.asarray(shapely.normalize(polygon.convex_hull).exterior.coords)
    best = None
    for step in np.diff(hull, axis=0):
        axis = unit(step)
        along, across = component(hull, axis), component(hull, left_of(axis))
        sides = float(np.ptp(along)), float(np.ptp(across))
        if best is None or sides[0] * sides[1] < best[0] - 1e-6:
            middle = axis * (along.min() + along.max()) / 2 + left_of(axis) * (across.min() + across.max()) / 2
            best = (sides[0] * sides[1], axis, *sides, middle)
    assert best is not None
    _area, axis, length, width, middle = best
    if width > length:
        axis, length, width = left_of(axis), width, length
    return axis if axis[0] >= 0 else -axis, length, width, on_grid(middle)


def roomiest(polygon: Polygon) -> tuple[Array, float]:
    """Find the place in a polygon that is farthest from its border, to a few metres; give it and how far that is."""
    west, south, east, north = polygon.bounds
    x, y = np.meshgrid(_places(west, east), _places(south, north))
    places = np.column_stack([x.ravel(), y.ravel()])
    shapely.prepare(polygon)
    places = places[shapely.contains_xy(polygon, places[:, 0], places[:, 1])]
    room = shapely.distance(polygon.exterior, shapely.points(places))
    best = int(on_grid(room).argmax())
    return places[best], float(on_grid(room[best]))


def _places(low: float, high: float) -> Array:
    return np.array([low + _SEARCH * k for k in range(1, max(2, int((high - low) / _SEARCH)))])


def nearest_on(shape: shapely.Geometry, place: Array) -> Array:
    """Give the place on a shape that is nearest to another place."""
    link = shapely.shortest_line(shape, Point(place))
    return on_grid(np.asarray(link.coords[0]))


def largest(shape: shapely.Geometry) -> Polygon:
    """Give the largest polygon of a shape, an empty one when there is none."""
    return max(polygons(_sound(shape)), key=lambda part: part.area, default=Polygon())


def polygons(shape: shapely.Geometry) -> Iterator[Polygon]:
    """Go through the polygons of any shape."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon" and not part.is_empty:
            yield part
        elif part.geom_type.startswith(("Multi", "Geometry")):
            yield from polygons(part)


def lines(shape: shapely.Geometry) -> list[LineString]:
    """Give the lines of a shape, from west to east."""
    parts = [settled(part) for part in shapely.get_parts(shape) if part.geom_type == "LineString" and part.length > 0]
    return sorted(parts, key=lambda part: part.coords[0])


def longest(parts: Iterable[LineString]) -> LineString | None:
    """Give the longest of some lines."""
    return max(parts, key=length_rank, default=None)


def length_rank(line: LineString) -> float:
    """Measure a line to the millimetre, to be compared with others."""
    return float(on_grid(np.array(line.length)))
