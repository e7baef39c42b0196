"""
The commonest residue, that of one edit: one closed way, plain or crossing itself a few times.

Its segments hang together end to end and come near each other nowhere else but in proper crossings. So the way falls
into plain loops, each the border of one face, and the sign of any segment tells how often that is covered. Everything
else goes the long way through `chain.settle` and `arrangement`. All of it is plain numbers: for a handful of edges
numpy's cost per call would exceed the work.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from census_map.coverage.chain import Edges
from census_map.coverage.edges import Floats, Shapes
from census_map.crs import snap_coordinates

_MANY = 100  # edges up to which a loop is looked for
_FEW = 16  # segments up to which crossings are looked for
_CLEAR = 3.0  # grid steps: vertices nearer than this to another segment have to be noded
_ON, _AGAINST, _BOX_ON, _BOX_AGAINST = range(4)
_Point = tuple[float, float]


class _Segment(NamedTuple):
    """
    What is left of the chain at one place: the end points from the lesser to the greater, and as a `Residue` has it.

    The edges along it: position of the owner, whether that is a container, whether it has the segment's direction.
    """

    start: _Point
    end: _Point
    net: int
    edges: list[tuple[int, bool, bool]]


class _Step(NamedTuple):
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


def loops_of(areas: Edges, containers: Edges, *, grid: float) -> list[Loop] | None:
    """
    Give the faces of the residue of some edges, if that is one closed way.

    Parameters
    ----------
    areas, containers
        As for `chain.settle`, with finite coordinates.
    grid
        Grid step in CRS units.

    Returns
    -------
    loops
        The same faces as `Drawing.build` would give; None if the residue is anything else.
    """
    if len(areas[2]) + len(containers[2]) > _MANY:
        return None
    raw = np.concatenate((areas[0], containers[0], areas[1], containers[1]))
    points: list[_Point] = list(map(tuple, snap_coordinates(raw, grid).tolist()))
    segments = _settled(points, areas[2].tolist(), containers[2].tolist())
    way = _walk(segments)
    # A border between two containers that areas run across, where nobody can tell a side, adds up to nothing.
    covers = {segments[step.segment].net * (1 if step.forward else -1) for step in way}
    if covers not in ({1}, {-1}):
        return None
    exact = _as_stored(points, raw)
    loops = [way]
    shapes = _polygons(loops, exact)
    if not shapely.is_valid(shapes).all():
        loops = (_loops(way, grid) if len(way) <= _FEW else None) or []
        shapes = _polygons(loops, exact)
        if len(loops) < 2 or not shapely.is_valid(shapes).all() or not _are_apart(loops, shapes, grid):
            return None
    if (shapely.minimum_clearance(shapes) <= _CLEAR * grid).any():
        return None
    net = covers.pop()
    ccw = shapely.is_ccw(shapely.get_exterior_ring(shapes)).tolist()
    return [
        Loop(shape, net if turns else -net, tuple(_sides(loop, segments, ccw=turns)))
        for loop, shape, turns in zip(loops, shapes, ccw, strict=True)
    ]


def _settled(points: list[_Point], areas: list[int], containers: list[int]) -> list[_Segment]:
    """Cancel edges as `chain.settle` does: the starts of all, then the ends, and the owners."""
    size = len(points) // 2
    # By place: the rows of areas along it and against it, then those of containers.
    at: dict[tuple[_Point, _Point], tuple[list[int], list[int], list[int], list[int]]] = {}
    for row, (start, end) in enumerate(zip(points[:size], points[size:], strict=True)):
        if start != end:
            place = (start, end) if start < end else (end, start)
            kind = (row >= len(areas)) * _BOX_ON + (start > end)
            at.setdefault(place, ([], [], [], []))[kind].append(row)
    owners = areas + containers
    segments: list[_Segment] = []
    for (start, end), rows in at.items():
        on, against, boxes_on, boxes_against = map(len, rows)
        surplus = max(on - boxes_on, 0) - max(against - boxes_against, 0)
        missed_on, missed_against = max(boxes_on - on, 0), max(boxes_against - against, 0)
        stay = (surplus > 0, surplus < 0, missed_on > 0, missed_against > 0)
        if any(stay):
            edges = [
                (owners[row], kind >= _BOX_ON, kind in (_ON, _BOX_ON))
                for kind, stays in enumerate(stay)
                if stays
                for row in rows[kind]
            ]
            segments.append(_Segment(start, end, surplus - missed_on + missed_against, edges))
    return segments


def _as_stored(points: list[_Point], raw: Floats) -> dict[_Point, _Point]:
    """Give for each node the coordinates that polygons have there, where those are finer than the grid."""
    exact: dict[_Point, _Point] = {}
    for node, (x, y) in zip(points, raw.tolist(), strict=True):
        exact[node] = min(exact.get(node, (x, y)), (x, y))
    return exact


def _polygons(loops: list[_Way], exact: dict[_Point, _Point]) -> Shapes:
    shapes = np.empty(len(loops), dtype=object)
    for k, loop in enumerate(loops):
        shapes[k] = shapely.polygons(np.array([exact.get(step.begin, step.begin) for step in (*loop, loop[0])]))
    return shapes


def _walk(segments: list[_Segment]) -> _Way:
    """Go round segments that form one closed way; empty if they do not."""
    at: dict[_Point, list[int]] = {}
    for k, segment in enumerate(segments):
        at.setdefault(segment.start, []).append(k)
        at.setdefault(segment.end, []).append(k)
    if not segments or any(len(those) != 2 for those in at.values()):
        return []
    way: _Way = []
    number, first = 0, segments[0].start
    here = first
    while not way or here != first:
        segment = segments[number]
        forward = segment.start == here
        way.append(_Step(here, number, forward))
        here = segment.end if forward else segment.start
        one, other = at[here]
        number = other if one == number else one
    return way if len(way) == len(segments) else []


def _loops(way: _Way, grid: float) -> list[_Way] | None:
    """Divide a way where it crosses itself; None where a crossing is no plain point."""
    count = len(way)
    for i in range(count - 2):
        a, b = way[i].begin, way[i + 1].begin
        for j in range(i + 2, count - (i == 0)):
            c, d = way[j].begin, way[(j + 1) % count].begin
            if not _cross(a, b, c, d):
                continue
            met = shapely.intersection(*shapely.linestrings(np.array([[a, b], [c, d]])))
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


def _sides(loop: _Way, segments: list[_Segment], *, ccw: bool) -> Iterator[tuple[int, bool, bool, float]]:
    for step, after in zip(loop, (*loop[1:], loop[0]), strict=True):
        length = math.dist(step.begin, after.begin)
        for owner, contained, along in segments[step.segment].edges:
            yield owner, contained, (step.forward == ccw) == along, length
