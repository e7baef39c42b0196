"""The largest circle inside a polygon: how wide a fault is."""

import math
from itertools import pairwise, starmap

import numpy as np
import shapely

from census_map.coverage.edges import Floats, Ints, Shapes, edge_table

_PRECISION = 0.01  # of the width: finer than anyone measures, and quick
_NARROW = 0.01  # area / perimeter²; a circle has 0.08, a strip twenty times as long as wide 0.011
_HALVINGS = 24
_QUARTERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])
_ROUNDING = 1e-9  # relative
_Point = tuple[float, float]


def inscribed_diameters(shapes: Shapes) -> Floats:
    """
    Return the diameter of the largest circle inside each polygon, 0 for points and lines.

    Of triangles and quadrangles, which a moved corner leaves, it is worked out. Other compact shapes: squares that may
    hold a better centre are halved until none does by more than one part in a hundred (the search of polylabel), all
    shapes in one pass. Long narrow shapes, where that search never ends, are widest at a corner or between two: the
    middles between each vertex or side and the opposite border are tried, and the search made about the best of them.
    """
    parts, of = shapely.get_parts(shapes, return_index=True)
    area, length = shapely.area(parts), shapely.length(parts)
    solid = area > 0
    if not solid.all():
        parts, of, area, length = parts[solid], of[solid], area[solid], length[solid]
    # Area / perimeter is the radius of a strip, half that of a triangle, and never more than the radius of anything.
    radius = area / length
    corners = shapely.get_num_coordinates(parts) - 1
    radius[corners == 3] *= 2
    four = corners == 4
    if four.any():
        rings = shapely.get_coordinates(parts[four]).reshape(-1, 5, 2).tolist()
        radius[four] = np.maximum(radius[four], [_in_quadrangle(list(map(tuple, ring))) for ring in rings])
    more = np.flatnonzero(corners > 4)
    if len(more):
        radius[more] = _searched(parts[more], radius[more], length[more])
    widest = np.zeros(len(shapes))
    np.maximum.at(widest, of, 2 * radius)
    return widest


def _in_quadrangle(ring: list[_Point]) -> float:
    """Return the radius of the largest circle inside a simple quadrangle with the corners of a closed ring."""
    corners = [here for here, there in pairwise(ring) if here != there]
    if len(corners) < 4:  # a corner twice
        return abs(_turn(*corners)) / sum(starmap(math.dist, pairwise([*corners, corners[0]]))) if corners[2:] else 0.0
    turns = [_turn(corners[k - 1], corners[k], corners[k - 3]) for k in range(4)]
    if math.fsum(turns) < 0:
        corners.reverse()
        turns = [-turn for turn in reversed(turns)]
    inwards = min(range(4), key=turns.__getitem__)
    if turns[inwards] < 0:
        return _in_dart(corners[inwards:] + corners[:inwards])
    return _in_convex(corners)


def _in_convex(corners: list[_Point]) -> float:
    """
    Return the radius of the largest circle inside a convex quadrangle, counter-clockwise.

    It touches three sides, that is one side and both beside it, and keeps within the fourth.
    """
    best = 0.0
    for a, b, c, d in (corners[k:] + corners[:k] for k in range(4)):
        # From corner a the circle touches side ab at radius · cot(angle / 2), from corner b likewise.
        along, back = _half_cotangent(d, a, b), _half_cotangent(a, b, c)
        length = math.dist(a, b)
        if not 0 < along + back < math.inf:
            continue
        radius = length / (along + back)
        x, y = (b[0] - a[0]) / length, (b[1] - a[1]) / length
        centre = a[0] + radius * (along * x - y), a[1] + radius * (along * y + x)
        if radius > best and _turn(c, d, centre) >= radius * math.dist(c, d) * (1 - _ROUNDING):
            best = radius
    return best


def _in_dart(corners: list[_Point]) -> float:
    """
    Return the radius of the largest circle inside a quadrangle whose first corner points inwards.

    It touches both sides that meet in the opposite corner, so its centre lies on the line that halves the angle there;
    how far from the corner is decided by the first corner or a side beside it, whichever it meets first.
    """
    inner, right, tip, left = corners
    ahead, behind = (_direction(tip, corner) for corner in (left, right))
    x, y = ahead[0] + behind[0], ahead[1] + behind[1]
    length = math.hypot(x, y)
    if not length:
        return 0.0
    way = x / length, y / length
    slope = abs(way[0] * ahead[1] - way[1] * ahead[0])  # radius per unit of the way from the tip
    far = math.inf
    for one, other in ((inner, right), (left, inner)):
        # The distance of tip + t · way from the side falls from the tip's own by `closing` per unit of t.
        side = _direction(one, other)
        distance = _turn(one, other, tip) / math.dist(one, other)
        closing = -(side[0] * way[1] - side[1] * way[0])
        if slope + closing > 0:
            reach = distance / (slope + closing)
            place = tip[0] + reach * way[0], tip[1] + reach * way[1]
            foot = (place[0] - one[0]) * side[0] + (place[1] - one[1]) * side[1]
            if 0 <= foot <= math.dist(one, other):
                far = min(far, reach)
    return slope * min(far, _reach_of_corner(inner, tip, way, slope))


def _reach_of_corner(corner: _Point, tip: _Point, way: _Point, slope: float) -> float:
    """Return the least t at which tip + t · way is as far from a corner within the angle as slope · t."""
    east, north = corner[0] - tip[0], corner[1] - tip[1]
    # t² (1 - slope²) - 2 t (corner · way) + |corner|² = 0
    square, middle, plain = 1 - slope * slope, east * way[0] + north * way[1], east * east + north * north
    return plain / (middle + math.sqrt(max(middle * middle - square * plain, 0.0)))


def _direction(here: _Point, there: _Point) -> _Point:
    length = math.dist(here, there)
    return (there[0] - here[0]) / length, (there[1] - here[1]) / length


def _turn(a: _Point, b: _Point, c: _Point) -> float:
    """Return twice the area of a triangle, positive counter-clockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _half_cotangent(before: _Point, corner: _Point, after: _Point) -> float:
    """Return the cotangent of half the angle at a corner."""
    one, other = _direction(corner, after), _direction(corner, before)
    cosine = one[0] * other[0] + one[1] * other[1]
    sine = one[0] * other[1] - one[1] * other[0]
    # Either form loses its digits at one end: a corner in the middle of a side, a corner without an angle.
    return (sine / (1 - cosine) if cosine < 0 else (1 + cosine) / sine) if sine > 0 or cosine < 0 else math.inf


def _searched(parts: Shapes, radius: Floats, length: Floats) -> Floats:
    """Search the largest circle inside polygons of any form."""
    borders = shapely.boundary(parts)
    narrow = radius / length < _NARROW
    shapely.prepare(parts)
    frames = shapely.bounds(parts)
    if narrow.any():
        places, radius[narrow] = _widest_places(parts[narrow], borders[narrow], radius[narrow])
        around = 2 * radius[narrow][:, None]
        frames[narrow] = np.concatenate((places - around, places + around), axis=1)
    return _best_centres(parts, borders, radius, frames)


def _reach(parts: Shapes, borders: Shapes, of: Ints, centres: Floats) -> Floats:
    """Return how far the border of its part is from each centre, negative outside."""
    points = shapely.points(centres)
    reach = shapely.distance(points, borders[of])
    return np.asarray(np.where(shapely.contains_properly(parts[of], points), reach, -reach))


def _widest_places(parts: Shapes, borders: Shapes, radius: Floats) -> tuple[Floats, Floats]:
    """Return the best of the places halfway across narrow shapes, and how far the border is from it."""
    table = edge_table(parts)
    rows = np.flatnonzero(table.sign)
    start, end = table.directed(rows)
    way, of = end - start, table.owner(rows)
    normal = np.column_stack((-way[:, 1], way[:, 0])) / np.hypot(way[:, 0], way[:, 1])[:, None]
    bounds = shapely.bounds(parts)
    far = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])[of][:, None]
    # From both ends of the edge, about half the shape's width from them, and the middle, inwards.
    share = np.minimum(2 * radius[of] / np.hypot(way[:, 0], way[:, 1]), 0.5)[:, None]
    steps = (0.0, share, 0.5, 1 - share, 1.0)
    start = np.concatenate([start + step * way for step in steps])
    normal, far, of = (np.concatenate((each,) * len(steps)) for each in (normal, far, of))
    rays = shapely.linestrings(np.stack((start, start + far * normal), axis=1))
    inside, ray = shapely.get_parts(shapely.intersection(rays, parts[of]), return_index=True)
    lines = shapely.length(inside) > 0
    middles = shapely.get_coordinates(shapely.line_interpolate_point(inside[lines], 0.5, normalized=True))
    places = shapely.get_coordinates(shapely.point_on_surface(parts))
    middles, of = np.concatenate((places, middles)), np.concatenate((np.arange(len(parts)), of[ray[lines]]))
    reach = _reach(parts, borders, of, middles)
    order = np.lexsort((reach, of))
    best = order[np.concatenate((of[order][1:] != of[order][:-1], [True]))]
    return middles[best], np.maximum(radius, reach[best])


def _best_centres(parts: Shapes, borders: Shapes, radius: Floats, frames: Floats) -> Floats:
    """Return the radius of the best circle whose centre lies in the frame (n, 4) of its part."""
    west, south, east, north = frames.T
    half = np.minimum(east - west, north - south) / 2
    columns = np.maximum(1, np.ceil((east - west) / (2 * half) - 1e-9)).astype(np.int64)
    rows = np.maximum(1, np.ceil((north - south) / (2 * half) - 1e-9)).astype(np.int64)
    of = np.repeat(np.arange(len(parts)), columns * rows)
    number = np.arange(len(of)) - np.repeat(np.cumsum(columns * rows) - columns * rows, columns * rows)
    step = np.column_stack((number % columns[of], number // columns[of]))
    centres = np.column_stack((west, south))[of] + half[of][:, None] * (2 * step + 1)
    best = radius.copy()
    for _halving in range(_HALVINGS):
        reach = _reach(parts, borders, of, centres)
        np.maximum.at(best, of, reach)
        # No point of a square lies further from its centre than half the diagonal.
        promising = reach + half[of] * np.sqrt(2) > best[of] * (1 + _PRECISION)
        if not promising.any():
            break
        half = half / 2
        of = np.repeat(of[promising], 4)
        quarters = np.tile(_QUARTERS, (int(promising.sum()), 1))
        centres = np.repeat(centres[promising], 4, axis=0) + half[of][:, None] * quarters
    return best
