"""The largest circle inside a polygon: how wide a fault is."""

from itertools import combinations

import numpy as np
import shapely

from census_map.coverage.edges import Floats, Ints, Shapes, edge_table

_PRECISION = 0.01  # of the width: finer than anyone measures, and quick
_NARROW = 0.01  # area / perimeter²; a circle has 0.08, a strip twenty times as long as wide 0.011
_HALVINGS = 24
_QUARTERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])
_TRIPLES = np.array(list(combinations(range(4), 3)))
_REFLECT = np.array([1.0, 1.0, -1.0])
_PAIRS = np.array(list(combinations(range(4), 2)))


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
        radius[four] = np.maximum(radius[four], _in_quadrangles(shapely.get_coordinates(parts[four]).reshape(-1, 5, 2)))
    more = np.flatnonzero(corners > 4)
    if len(more):
        radius[more] = _searched(parts[more], radius[more], length[more])
    widest = np.zeros(len(shapes))
    np.maximum.at(widest, of, 2 * radius)
    return widest


def _in_quadrangles(rings: Floats) -> Floats:
    """
    Return the radius of the largest circle inside each simple quadrangle; rings (n, 5, 2).

    Its centre is as far from three sides, or from two sides and the corner that points inwards, of which there is one
    at most. All such points are worked out, and the best of those inside taken.
    """
    here, way = rings[:, :4], np.diff(rings, axis=1)
    length = np.hypot(way[..., 0], way[..., 1])
    with np.errstate(all="ignore"):  # no point where sides are parallel or repeat a corner
        # A side as a plane in x, y and radius: the signed distance from it is the radius.
        turn = _cross(rings[:, 1:3] - rings[:, :1], rings[:, 2:4] - rings[:, :1]).sum(axis=1)
        normal = np.stack((-way[..., 1], way[..., 0]), axis=-1) * (np.sign(turn)[:, None] / length)[..., None]
        plane = np.concatenate((normal, np.full((*length.shape, 1), -1.0)), axis=-1)
        offset = (normal * here).sum(axis=-1)
        centres = [_where_three_meet(plane[:, _TRIPLES], offset[:, _TRIPLES])]
        inwards = _cross(np.roll(way, 1, axis=1), way) * turn[:, None] < 0
        if inwards.any():
            # Elsewhere the first corner is tried in vain: what is found is measured like any other place.
            corner = here[np.arange(len(here)), inwards.argmax(axis=1)]
            centres += _where_two_meet(plane[:, _PAIRS], offset[:, _PAIRS], corner)
        places = np.concatenate(centres, axis=1)
        return np.asarray(np.fmax.reduce(_clearance(places, here, way, length), axis=1, initial=0.0))


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def _where_three_meet(plane: Floats, offset: Floats) -> Floats:
    """Return the points as far from each of three sides; (n, triples, 2)."""
    crossed = _crossed(plane[:, :, [1, 2, 0]], plane[:, :, [2, 0, 1]])
    point = (offset[..., None] * crossed).sum(axis=2)
    return np.asarray(point[..., :2] / (plane[:, :, 0] * crossed[:, :, 0]).sum(axis=-1, keepdims=True))


def _where_two_meet(plane: Floats, offset: Floats, corner: Floats) -> list[Floats]:
    """Return the points as far from two sides as from a corner; twice (n, pairs, 2)."""
    a, b = plane[:, :, 0], plane[:, :, 1]
    along = _crossed(a, b)
    start = _crossed(offset[..., :1] * b - offset[..., 1:] * a, along)
    start /= (along * along).sum(axis=-1, keepdims=True)
    start[..., :2] -= corner[:, None]
    # On the line start + t · along the square of the distance from the corner is that of the radius.
    reflected = along * _REFLECT
    square, mixed, plain = (
        (one * other).sum(axis=-1, keepdims=True)
        for one, other in ((reflected, along), (reflected, start), (start * _REFLECT, start))
    )
    root = np.sqrt(mixed * mixed - square * plain)
    start[..., :2] += corner[:, None]
    return [(start + (way * root - mixed) / square * along)[..., :2] for way in (1.0, -1.0)]


def _crossed(one: Floats, other: Floats) -> Floats:
    """Return the cross products of vectors of three, which numpy's own takes several times as long for."""
    product = one[..., [1, 2, 0]] * other[..., [2, 0, 1]]
    product -= one[..., [2, 0, 1]] * other[..., [1, 2, 0]]
    return np.asarray(product)


def _clearance(places: Floats, here: Floats, way: Floats, length: Floats) -> Floats:
    """Return how far places (n, k, 2) are from the sides of their quadrangle, 0 outside."""
    offset = places[:, :, None] - here[:, None]
    along = (offset * way[:, None]).sum(axis=-1) / (length * length)[:, None]
    rest = offset - np.clip(along, 0.0, 1.0)[..., None] * way[:, None]
    reach = np.sqrt(np.fmin.reduce((rest * rest).sum(axis=-1), axis=-1))
    below = offset[..., 1] >= 0
    above = np.roll(below, -1, axis=-1)
    left = _cross(way[:, None], offset) > 0
    winding = (below & ~above & left).sum(axis=-1) - (~below & above & ~left).sum(axis=-1)
    return np.asarray(np.where(winding != 0, reach, 0.0))


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
