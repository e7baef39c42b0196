"""
Rings put together from directed lines, interior on the left.

At a node where several lines meet, the way goes on along the one that bounds the same wedge of the interior; where it
comes back to a node it has passed, the loop in between is a ring of its own. So rings touch themselves nowhere, and
what a row of holes cuts apart becomes two polygons, as simple features want it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.edges import Floats
from census_map.coverage.segments import Geometry


@dataclass(frozen=True)
class Line:
    """
    A stretch of a border from one node to another.

    Attributes
    ----------
    begin, end
        Names of the nodes.
    xy
        (k, 2) its vertices, those at the nodes included.
    """

    begin: int
    end: int
    xy: Floats


def trace(lines: Sequence[Line]) -> list[Floats] | None:
    """
    Put lines together to rings.

    Parameters
    ----------
    lines
        Directed, interior on the left; they meet at nodes only.

    Returns
    -------
    rings
        Closed rows of vertices, interior on the left; None where the lines do not close.
    """
    leaving: dict[int, list[Line]] = {}
    for line in lines:
        leaving.setdefault(line.begin, []).append(line)
    rings: list[Floats] = []
    for start in sorted(leaving):
        while leaving[start]:
            way = [leaving[start].pop()]
            while True:
                end = way[-1].end
                onward = [*leaving.get(end, ()), *(way[:1] if end == start else ())]
                if not onward:
                    return None
                chosen = _next(way[-1], onward)
                if onward[chosen] is way[0]:
                    break
                way.append(leaving[end].pop(chosen))
            rings += [np.concatenate([line.xy[:-1] for line in loop] + [loop[0].xy[:1]]) for loop in _loops(way)]
    return rings


def _next(line: Line, onward: Sequence[Line]) -> int:
    """Return which of some lines bounds the same wedge of the interior: the first one clockwise from the way back."""
    if len(onward) == 1:
        return 0
    back = line.xy[-2] - line.xy[-1]
    turns = []
    for other in onward:
        ahead = other.xy[1] - other.xy[0]
        angle = np.arctan2(back[0] * ahead[1] - back[1] * ahead[0], back @ ahead)
        turns.append((-angle) % (2 * np.pi) or 2 * np.pi)
    return int(np.argmin(turns))


def _loops(way: Sequence[Line]) -> list[list[Line]]:
    """Divide a closed way where it passes a node again."""
    loops: list[list[Line]] = []
    open_way: list[Line] = []
    at: dict[int, int] = {}
    for line in way:
        at.setdefault(line.begin, len(open_way))
        open_way.append(line)
        if line.end in at:
            first = at[line.end]
            loops.append(open_way[first:])
            for closed in open_way[first:]:
                at.pop(closed.begin, None)
            open_way = open_way[:first]
    return loops


def polygon_of(rings: Iterable[Floats]) -> Geometry:
    """
    Make a polygon of rings with their interior on the left.

    Returns
    -------
    polygon
        A Polygon, or a MultiPolygon of several; empty of none. Rings without ground are left out.
    """
    shells: list[tuple[Floats, float]] = []
    holes: list[tuple[Floats, float]] = []
    for ring in map(_plain, rings):
        if len(ring) < 4:
            continue
        size = _signed_area(ring)
        if size:
            (shells if size > 0 else holes).append((ring, abs(size)))
    if len(shells) == 1:
        return shapely.Polygon(shells[0][0], [ring for ring, _size in holes])
    if not shells:
        return shapely.Polygon()
    inner: list[list[Floats]] = [[] for _shell in shells]
    hulls = shapely.polygons([shapely.linearrings(ring) for ring, _size in shells])
    for ring, _size in holes:
        hole = shapely.polygons(shapely.linearrings(ring))
        point = shapely.point_on_surface(hole)
        around = np.flatnonzero(shapely.contains(hulls, point))
        if len(around):
            inner[min(around, key=lambda k: shells[k][1])].append(ring)
    return shapely.MultiPolygon([(ring, within) for (ring, _size), within in zip(shells, inner, strict=True)])


def _plain(ring: Floats) -> Floats:
    """Leave out points that repeat the one before."""
    stays = np.concatenate(([True], (ring[1:] != ring[:-1]).any(axis=1)))
    return ring[stays]


def _signed_area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2
