"""
Put a drawn line into rings without building faces, where that is all a cut or a moved border needs.

Most areas are one ring, and most lines meet it at their two ends only. Then the new rings are pieces of the old one
and the line itself. Everything else (holes, lines that touch a border in between) is left to `faces`.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.patch import like
from census_map.coverage.segments import Flags, Geometry, Points, single_ring


def open_ring(polygon: Geometry) -> Points | None:
    """Give the vertices of a polygon that is one ring, each once; None if it has holes or parts, or repeats a point."""
    if not single_ring(polygon):
        return None
    xy: Points = shapely.get_coordinates(polygon)
    same = (xy[1:, 0] == xy[:-1, 0]) & (xy[1:, 1] == xy[:-1, 1])
    return None if same.any() else xy[:-1]


def places_on(ring: Points, points: Points) -> NDArray[np.intp]:
    """Give the position of each point among the vertices of a ring, -1 for those that are none."""
    same = (points[:, None, 0] == ring[:, 0]) & (points[:, None, 1] == ring[:, 1])
    return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def runs_inside(polygon: Geometry, ring: Points, lines: Sequence[Points]) -> list[Points]:
    """
    Give the stretches of noded lines that run through the inside of a polygon of one ring.

    Each begins and ends where its line meets the ring, or where the line itself ends.
    """
    runs: list[Points] = []
    for line in lines:
        places = places_on(ring, line)
        middle = (line[:-1] + line[1:]) / 2
        inside: Flags = shapely.contains_xy(polygon, middle[:, 0], middle[:, 1])
        met = places >= 0
        apart = np.abs(places[1:] - places[:-1])
        inside &= ~(met[1:] & met[:-1] & ((apart == 1) | (apart == len(ring) - 1)))
        begin = 0
        for k, within in enumerate(inside.tolist()):
            if not within:
                begin = k + 1
            elif k + 2 == len(line) or met[k + 1] or not inside[k + 1]:
                runs.append(line[begin : k + 2])
                begin = k + 1
    return runs


def divided(ring: Points, runs: Sequence[Points]) -> list[Geometry] | None:
    """
    Divide a ring by lines.

    Parameters
    ----------
    ring
        Vertices, each once.
    runs
        Lines inside the ring.

    Returns
    -------
    pieces
        Polygons; None if a line does not begin and end on the ring, or meets it or another line in between.
    """
    pieces = [ring]
    for run in runs:
        found = [(k, places_on(piece, run)) for k, piece in enumerate(pieces)]
        hit = [(k, places) for k, places in found if places[0] >= 0 and places[-1] >= 0]
        if len(hit) != 1:
            return None
        k, places = hit[0]
        begin, end = int(places[0]), int(places[-1])
        if begin == end or (places[1:-1] >= 0).any() or _repeats(run):
            return None
        piece = pieces[k]
        pieces[k] = np.concatenate((run, _onward(piece, end, begin)))
        pieces.append(np.concatenate((run[::-1], _onward(piece, begin, end))))
    if any(len(piece) < 3 for piece in pieces):
        return None
    return [shapely.polygons(np.concatenate((piece, piece[:1]))) for piece in pieces]


def rerouted(polygon: Geometry, path: Points, course: Points) -> Geometry | None:
    """
    Give a stretch of a polygon's ring another course.

    Parameters
    ----------
    polygon
        A polygon of one ring.
    path
        The stretch, in vertices of the ring, from the end of the course back to its beginning.
    course
        The new course.

    Returns
    -------
    rerouted
        None where the course meets the rest of the ring between its ends, or turns the polygon inside out.
    """
    ring = open_ring(polygon)
    if ring is None or _repeats(course):
        return None
    n = len(ring)
    begin, end, beside = places_on(ring, np.stack((course[0], course[-1], path[1]))).tolist()
    if (end + 1) % n == beside and (begin - end) % n == len(path) - 1:
        rest, way = _onward(ring, begin, end), course[::-1]
    elif (end - 1) % n == beside and (end - begin) % n == len(path) - 1:
        rest, way = _onward(ring, end, begin), course
    else:
        return None
    if len(rest) and (places_on(rest, course) >= 0).any():
        return None
    new = np.concatenate((way, rest))
    if len(new) < 3 or twice_area(new) * twice_area(ring) <= 0:
        return None
    turned = shapely.polygons(np.concatenate((new, new[:1])))
    return like(turned, polygon)


def twice_area(ring: Points) -> float:
    """Give twice the signed area of a ring, closed or not, in square units of the CRS."""
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def _onward(ring: Points, begin: int, end: int) -> Points:
    """Give the vertices of a ring strictly between two positions."""
    if begin < end:
        return ring[begin + 1 : end]
    return np.concatenate((ring[begin + 1 :], ring[:end]))


def _repeats(points: Points) -> bool:
    return len(set(map(tuple, points.tolist()))) < len(points)
