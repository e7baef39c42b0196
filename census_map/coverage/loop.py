"""
The commonest residue, that of one edit: one closed way, plain or crossing itself a few times.

Its segments hang together end to end and come near each other nowhere else but in proper crossings. So the way falls
into plain loops, each the border of one face, and the sign of any segment tells how often that is covered. Everything
else goes the long way through `arrangement`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.chain import Residue
from census_map.coverage.edges import Shapes
from census_map.crs import snap_coordinates

_MANY = 100  # segments up to which a loop is looked for
_FEW = 16  # segments up to which crossings are looked for
_CLEAR = 3.0  # grid steps: vertices nearer than this to another segment have to be noded
_Point = tuple[float, float]


@dataclass(frozen=True)
class _Step:
    """A stretch of a closed way: where it begins, on which segment it runs, and whether in the segment's direction."""

    begin: _Point
    segment: int
    forward: bool


_Way = list[_Step]


@dataclass(frozen=True)
class Loop:
    """
    A face whose border is one plain loop.

    Attributes
    ----------
    shape
        Polygon, with the coordinates that the areas have, where those are finer than the grid.
    excess
        How much more often areas cover it than containers do.
    sides
        The edges along it: position of the owner, whether that is a container, whether it has the face on its inner
        side, length in CRS units.
    """

    shape: shapely.Polygon
    excess: int
    sides: tuple[tuple[int, bool, bool, float], ...]


def loops_of(left: Residue, *, grid: float) -> list[Loop] | None:
    """
    Give the faces of a residue that is one closed way.

    Parameters
    ----------
    left
        A residue with finite coordinates.
    grid
        Grid step in CRS units.

    Returns
    -------
    loops
        The same faces as `Drawing.build` would give; None if the residue is anything else.
    """
    if not 2 < len(left) <= _MANY or _is_met_twice(left):
        return None
    way = _walk(list(map(tuple, left.start.tolist())), list(map(tuple, left.end.tolist())))
    covers = set() if way is None else {int(left.net[step.segment]) * (1 if step.forward else -1) for step in way}
    if way is None or covers not in ({1}, {-1}):
        return None
    loops = [way]
    exact = _as_stored(left)
    shapes = _polygons(loops, exact)
    if not shapely.is_valid(shapes).all():
        loops = (_loops(way, grid) if len(way) <= _FEW else None) or []
        shapes = _polygons(loops, exact)
        if len(loops) < 2 or not shapely.is_valid(shapes).all() or not _are_apart(loops, shapes, grid):
            return None
    if (shapely.minimum_clearance(shapes) <= _CLEAR * grid).any():
        return None
    net, owners = covers.pop(), _owners(left)
    ccw = shapely.is_ccw(shapely.get_exterior_ring(shapes)).tolist()
    return [
        Loop(shape, net if turns else -net, tuple(_sides(loop, owners, ccw=turns)))
        for loop, shape, turns in zip(loops, shapes, ccw, strict=True)
    ]


def _is_met_twice(left: Residue) -> bool:
    """Tell whether two containers have one segment, along which areas may run across."""
    boxed = left.segment[left.contained].tolist()
    return len(set(boxed)) < len(boxed)


def _as_stored(left: Residue) -> dict[_Point, _Point]:
    """Give for each node the coordinates that polygons have there, where those are finer than the grid."""
    segment = left.segment
    nodes = np.concatenate((left.start[segment], left.end[segment])).tolist()
    stored = np.concatenate((left.raw_start, left.raw_end)).tolist()
    exact: dict[_Point, _Point] = {}
    for (x, y), (raw_x, raw_y) in zip(nodes, stored, strict=True):
        exact[x, y] = min(exact.get((x, y), (raw_x, raw_y)), (raw_x, raw_y))
    return exact


def _polygons(loops: list[_Way], exact: dict[_Point, _Point]) -> Shapes:
    shapes = np.empty(len(loops), dtype=object)
    for k, loop in enumerate(loops):
        shapes[k] = shapely.polygons(np.array([exact.get(step.begin, step.begin) for step in (*loop, loop[0])]))
    return shapes


def _walk(start: list[_Point], end: list[_Point]) -> _Way | None:
    """Go round segments that form one closed way; None if they do not."""
    at: dict[_Point, list[int]] = {}
    for k, tips in enumerate(zip(start, end, strict=True)):
        for tip in tips:
            at.setdefault(tip, []).append(k)
    if any(len(segments) != 2 for segments in at.values()):
        return None
    way: _Way = []
    segment, here = 0, start[0]
    for _step in range(len(start)):
        forward = start[segment] == here
        way.append(_Step(here, segment, forward))
        here = end[segment] if forward else start[segment]
        if here == start[0]:
            break
        one, other = at[here]
        segment = other if one == segment else one
    return way if len(way) == len(start) else None


def _loops(way: _Way, grid: float) -> list[_Way] | None:
    """Divide a way where it crosses itself; None where a crossing is no plain point."""
    count = len(way)
    for i in range(count - 2):
        a, b = way[i].begin, way[i + 1].begin
        for j in range(i + 2, count - (i == 0)):
            c, d = way[j].begin, way[(j + 1) % count].begin
            if not _cross(a, b, c, d):
                continue
            met = shapely.intersection(*shapely.linestrings(np.array([[a, b], [c, d]])), grid_size=grid)
            if met.geom_type != "Point" or met.is_empty:
                return None
            x, y = snap_coordinates(shapely.get_coordinates(met), grid)[0].tolist()
            here = [_Step((x, y), way[k].segment, way[k].forward) for k in (i, j)]
            loops: list[_Way] = []
            for part in ([here[0], *way[i + 1 : j + 1]], [*way[: i + 1], here[1], *way[j + 1 :]]):
                found = _loops(part, grid)
                if found is None:
                    return None
                loops += found
            return loops
    return [way]


def _cross(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Tell whether two segments cross properly or touch."""
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0


def _side(a: _Point, b: _Point, p: _Point) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _are_apart(loops: list[_Way], shapes: Shapes, grid: float) -> bool:
    """Tell whether loops lie beside each other and meet in common vertices only."""
    points = [{step.begin for step in loop} for loop in loops]
    for k, own in enumerate(points):
        for j, others in enumerate(points):
            if j == k:
                continue
            free = own - others
            if not free or (shapely.distance(shapely.points(np.array(list(free))), shapes[j]) <= _CLEAR * grid).any():
                return False
    return True


def _owners(left: Residue) -> dict[int, list[tuple[int, bool, bool]]]:
    """Give for each segment the edges along it: owner, whether a container, whether in the segment's direction."""
    owners: dict[int, list[tuple[int, bool, bool]]] = {}
    edges = zip(left.segment.tolist(), left.owner.tolist(), left.contained.tolist(), left.along.tolist(), strict=True)
    for segment, *edge in edges:
        owners.setdefault(segment, []).append((edge[0], edge[1], edge[2]))
    return owners


def _sides(
    loop: _Way, owners: dict[int, list[tuple[int, bool, bool]]], *, ccw: bool
) -> Iterator[tuple[int, bool, bool, float]]:
    for step, after in zip(loop, (*loop[1:], loop[0]), strict=True):
        length = math.dist(step.begin, after.begin)
        for owner, contained, along in owners[step.segment]:
            yield owner, contained, (step.forward == ccw) == along, length
