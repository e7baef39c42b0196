"""
Meet new lines with existing borders, so that every crossing becomes a vertex of both.

Borders are looked at as *chains*: an existing edge is a chain of two points, a drawn line a chain of many. Noding
inserts points into chains until no drawn segment crosses anything between its ends. The points inserted into an
existing edge are kept under the edge's own key, so that every area that owns the edge (and its container) receives
exactly the same points: this is why an edit leaves neighbours matching bit for bit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.crs import snap_coordinates

Points = NDArray[np.float64]  # shape (n, 2), in CRS units
Edges = NDArray[np.float64]  # shape (n, 4): x, y of the start, x, y of the end
Flags = NDArray[np.bool_]
Edge = tuple[float, float, float, float]  # x, y of the lesser end, then of the greater
Inserts = dict[Edge, Points]  # points to insert into an edge, in order from its lesser end
Geometry = Any  # a shapely Polygon or MultiPolygon

_ROUNDS = 8
_POLYGON = 3  # the type number of a simple polygon


@dataclass(frozen=True)
class Noded:
    """What noding found: the points that existing edges receive, and the drawn lines with all their crossings."""

    inserts: Inserts
    lines: list[Points]
    settled: bool


def resolution(points: Points, grid: float | None) -> float:
    """
    Give the distance below which two points are one.

    Parameters
    ----------
    points
        Coordinates of the neighbourhood, shape (n, 2).
    grid
        The coordinate grid in CRS units, or None.

    Returns
    -------
    distance
        CRS units: the grid's step; without a grid a few hundred units in the last place of the coordinates.
    """
    if grid is not None:
        return grid
    return float(np.abs(points).max(initial=1.0)) * 1e-13


def on_grid(points: Points, grid: float | None) -> Points:
    """Round points to the grid, if there is one."""
    return points if grid is None else snap_coordinates(points, grid)


def ring_edges(geometry: Geometry) -> Edges:
    """
    Give the edges of a polygon as they are written.

    Returns
    -------
    edges
        Shape (n, 4): start x, y, end x, y; edges without length left out.
    """
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    edges: Edges = np.hstack([xy[:-1], xy[1:]])[ring[1:] == ring[:-1]]
    return _long(edges)


def directed_edges(*geometries: Geometry) -> Edges:
    """Give the edges of polygons with the interior on the left, shape (n, 4)."""
    parts = shapely.get_parts(np.array(geometries, dtype=object))
    rings, part_of = shapely.get_rings(parts, return_index=True)
    if len(rings) == 0:
        return np.empty((0, 4))
    shell = np.concatenate([[True], part_of[1:] != part_of[:-1]])
    flip = shapely.is_ccw(rings) != shell
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    edges: Edges = np.hstack([xy[:-1], xy[1:]])[same]
    turned = flip[ring[1:][same]]
    edges[turned] = edges[turned][:, [2, 3, 0, 1]]
    return _long(edges)


def _long(edges: Edges) -> Edges:
    """Leave out edges without length."""
    long: Flags = (edges[:, :2] != edges[:, 2:]).any(axis=1)
    kept: Edges = edges[long]
    return kept


def canonical(edges: Edges) -> Edges:
    """Turn every edge so that its lesser end (by x, then y) comes first."""
    back = (edges[:, 0] > edges[:, 2]) | ((edges[:, 0] == edges[:, 2]) & (edges[:, 1] > edges[:, 3]))
    return np.where(back[:, None], edges[:, [2, 3, 0, 1]], edges)


def unique_edges(edges: Edges) -> Edges:
    """Keep each edge once, whatever its direction."""
    if len(edges) == 0:
        return edges
    both = canonical(edges)
    order = np.lexsort(both.T)
    both = both[order]
    first: Flags = np.concatenate([[True], (both[1:] != both[:-1]).any(axis=1)])
    once: Edges = both[first]
    return once


def edges_near(edges: Edges, box: Points, margin: float) -> Edges:
    """Keep the edges whose bounding box comes within `margin` of the box of the given points."""
    low, high = box.min(axis=0) - margin, box.max(axis=0) + margin
    a, b = edges[:, :2], edges[:, 2:]
    near: Flags = ((np.minimum(a, b) <= high) & (np.maximum(a, b) >= low)).all(axis=1)
    kept: Edges = edges[near]
    return kept


def edge_key(edge: Sequence[float] | NDArray[np.float64]) -> Edge:
    """Give the key under which an edge is known, whatever its direction."""
    ax, ay, bx, by = (float(value) for value in edge)
    return (ax, ay, bx, by) if (ax, ay) <= (bx, by) else (bx, by, ax, ay)


def node(
    edges: Edges,
    lines: Iterable[Points],
    *,
    grid: float | None,
    snap: float = 0.0,
) -> Noded:
    """
    Meet drawn lines with existing edges and with themselves.

    Parameters
    ----------
    edges
        Existing edges, canonical and unique, shape (n, 4); they are taken to cross nothing among themselves.
    lines
        Drawn lines, each of shape (k, 2).
    grid
        Step to which new points are rounded, CRS units; None leaves them as computed.
    snap
        A new point within this distance of an existing vertex becomes that vertex.

    Returns
    -------
    noded
        `settled` is False when rounding keeps producing new crossings; nothing must then be changed.
    """
    drawn = [on_grid(np.asarray(line, dtype=float), grid) for line in lines]
    vertices = edges.reshape(-1, 2)
    eps = resolution(np.vstack([vertices, *drawn]), grid)
    pull = max(eps, snap)
    drawn = [_without_repeats(_pulled(line, vertices, pull)) for line in drawn]
    chains: list[Points] = [edge.reshape(2, 2) for edge in edges] + [line for line in drawn if len(line) > 1]
    first_drawn = len(edges)
    settled = False
    for _round in range(_ROUNDS):
        events = _meetings(chains, first_drawn, eps, grid, snap)
        if not events:
            settled = True
            break
        for chain, found in events.items():
            chains[chain] = _inserted(chains[chain], found)
    inserts = {edge_key(edges[i]): chains[i][1:-1] for i in range(first_drawn) if len(chains[i]) > 2}
    return Noded(inserts, chains[first_drawn:], settled)


def node_all(edges: Edges, grid: float | None, eps: float) -> Inserts | None:
    """
    Meet existing edges with each other, where a coverage is at fault.

    Parameters
    ----------
    edges
        Canonical and unique, shape (n, 4).
    grid
        Step to which crossings are rounded.
    eps
        A vertex nearer to an edge than this, CRS units, lies on it.

    Returns
    -------
    inserts
        Points to insert by edge; None when rounding keeps producing new crossings.
    """
    chains: list[Points] = [edge.reshape(2, 2) for edge in edges]
    for _round in range(_ROUNDS):
        events = _meetings(chains, 0, eps, grid, 0.0)
        if not events:
            return {edge_key(edges[i]): chain[1:-1] for i, chain in enumerate(chains) if len(chain) > 2}
        for chain, found in events.items():
            chains[chain] = _inserted(chains[chain], found)
    return None


def _pulled(line: Points, vertices: Points, distance: float) -> Points:
    """Move line points onto existing vertices that are nearer than a distance."""
    if len(vertices) == 0:
        return line
    out = line.copy()
    near = edges_near(np.hstack([vertices, vertices]), line, distance)[:, :2]
    if len(near) == 0:
        return out
    for i, point in enumerate(line):
        gap = np.hypot(near[:, 0] - point[0], near[:, 1] - point[1])
        best = int(gap.argmin())
        if gap[best] <= distance:
            out[i] = near[best]
    return out


def _without_repeats(line: Points) -> Points:
    keep: Flags = np.concatenate([[True], (line[1:] != line[:-1]).any(axis=1)])
    kept: Points = line[keep]
    return kept


@dataclass(frozen=True)
class _Segments:
    """All segments of all chains in a row; the drawn ones come last."""

    chain: NDArray[np.int64]
    position: NDArray[np.int64]  # of the segment in its chain
    start: Points
    end: Points

    @classmethod
    def of(cls, chains: list[Points]) -> "_Segments":
        lengths = np.array([len(chain) - 1 for chain in chains])
        position = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        start = np.vstack([chain[:-1] for chain in chains])
        end = np.vstack([chain[1:] for chain in chains])
        return cls(np.repeat(np.arange(len(chains)), lengths), position, start, end)

    def record(self, events: "_Events", segment: int, at: float, point: Points) -> None:
        place = (int(self.position[segment]), at, (float(point[0]), float(point[1])))
        events.setdefault(int(self.chain[segment]), []).append(place)


_Events = dict[int, list[tuple[int, float, tuple[float, float]]]]  # chain -> (segment, parameter, point)


def _meetings(chains: list[Points], first_drawn: int, eps: float, grid: float | None, snap: float) -> _Events:
    """Find where drawn segments meet any segment other than at common ends."""
    if len(chains) == first_drawn:
        return {}
    all_segments = _Segments.of(chains)
    start, end = all_segments.start, all_segments.end
    low, high = np.minimum(start, end) - eps, np.maximum(start, end) + eps
    drawn = np.flatnonzero(all_segments.chain >= first_drawn)
    meet = (
        (low[drawn, None, 0] <= high[None, :, 0])
        & (high[drawn, None, 0] >= low[None, :, 0])
        & (low[drawn, None, 1] <= high[None, :, 1])
        & (high[drawn, None, 1] >= low[None, :, 1])
    )
    # Two drawn segments are compared once, a drawn one with every existing one.
    others = np.arange(len(start))[None, :]
    meet &= (others < len(start) - len(drawn)) | (others > drawn[:, None])
    i, j = np.nonzero(meet)
    i = drawn[i]
    events: _Events = {}
    seen_at_end = np.zeros(len(i), dtype=bool)
    for of, other in ((i, j), (j, i)):
        for tip in (start, end):
            hits, t = _on_segment(tip[other], start[of], end[of], eps)
            seen_at_end |= hits
            for k in np.flatnonzero(hits):
                all_segments.record(events, of[k], float(t[k]), tip[other[k]])
    for one in (start, end):
        for two in (start, end):
            seen_at_end |= (one[i] == two[j]).all(axis=1)
    free = ~seen_at_end
    _cross(events, all_segments, i[free], j[free], grid, snap)
    return events


def _on_segment(point: Points, start: Points, end: Points, eps: float) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Tell which points lie on their segment, strictly between its ends, and where (0 to 1)."""
    d = end - start
    w = point - start
    square = (d * d).sum(axis=1)
    t = (w * d).sum(axis=1) / square
    off = np.abs(d[:, 0] * w[:, 1] - d[:, 1] * w[:, 0]) / np.sqrt(square)
    is_end = (point == start).all(axis=1) | (point == end).all(axis=1)
    return (t > 0) & (t < 1) & (off <= eps) & ~is_end, t


def _cross(
    events: _Events,
    segments: _Segments,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    grid: float | None,
    snap: float,
) -> None:
    """Record the proper crossings of segment pairs."""
    start, end = segments.start, segments.end
    if len(i) == 0:
        return
    d1, d2, w = end[i] - start[i], end[j] - start[j], start[j] - start[i]
    cross = d1[:, 0] * d2[:, 1] - d1[:, 1] * d2[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (w[:, 0] * d2[:, 1] - w[:, 1] * d2[:, 0]) / cross
        u = (w[:, 0] * d1[:, 1] - w[:, 1] * d1[:, 0]) / cross
    for k in np.flatnonzero((cross != 0) & (t > 0) & (t < 1) & (u > 0) & (u < 1)):
        point = on_grid(start[j[k]] + u[k] * d2[k], grid)
        for tip in (start[j[k]], end[j[k]]):
            if np.hypot(*(point - tip)) <= snap:
                point = tip
                break
        for segment, at in ((i[k], t[k]), (j[k], u[k])):
            if not ((point == start[segment]).all() or (point == end[segment]).all()):
                segments.record(events, segment, float(at), point)


def _inserted(chain: Points, events: list[tuple[int, float, tuple[float, float]]]) -> Points:
    """Put the points into a chain in their order along it."""
    after: dict[int, list[tuple[float, tuple[float, float]]]] = {}
    for segment, at, point in events:
        after.setdefault(segment, []).append((at, point))
    out: list[tuple[float, float]] = []
    for k, vertex in enumerate(chain):
        out.append((float(vertex[0]), float(vertex[1])))
        for _at, point in sorted(after.get(k, ())):
            if point != out[-1]:
                out.append(point)
    return _without_repeats(np.array(out))


def refine(geometry: Geometry, inserts: Mapping[Edge, Points]) -> Geometry:
    """
    Insert points into the edges of a polygon.

    Parameters
    ----------
    geometry
        A polygon or multipolygon.
    inserts
        Points by edge; edges that the polygon does not have are ignored.

    Returns
    -------
    refined
        The same object when no edge of it receives a point; otherwise the polygon with the points, every ring keeping
        its start and direction.
    """
    return refine_all([geometry], inserts).get(0, geometry)


def refine_all(geometries: Sequence[Geometry], inserts: Mapping[Edge, Points]) -> dict[int, Geometry]:
    """
    Insert points into the edges of many polygons.

    Returns
    -------
    refined
        Position and new polygon of those that own an edge that receives points.
    """
    if not inserts or not geometries:
        return {}
    xy, owner = shapely.get_coordinates(np.array(geometries, dtype=object), return_index=True)
    ends = np.array([edge[:1] + edge[2:3] for edge in inserts]).ravel()
    likely = np.flatnonzero(np.isin(xy[:, 0], ends))
    hits: dict[int, list[tuple[int, Points]]] = {}
    for k in likely[1:][np.diff(likely) == 1].tolist():
        (ax, ay), (bx, by) = xy[k - 1].tolist(), xy[k].tolist()
        forward = (ax, ay) <= (bx, by)
        points = inserts.get((ax, ay, bx, by) if forward else (bx, by, ax, ay))
        if points is not None and owner[k] == owner[k - 1]:
            hits.setdefault(int(owner[k]), []).append((k, points if forward else points[::-1]))
    refined = {}
    for k, found in hits.items():
        at = np.flatnonzero(owner == k)[0]
        ring = _ring_numbers(geometries[k])
        within = [(place - at, run) for place, run in found if ring[place - at] == ring[place - at - 1]]
        if within:
            places = np.concatenate([np.full(len(run), place) for place, run in within])
            points = np.vstack([run for _place, run in within])
            refined[k] = rebuilt(geometries[k], xy[owner == k], insert_at=places, insert=points)
    return refined


def _ring_numbers(geometry: Geometry) -> NDArray[np.int64]:
    if _single_ring(geometry):
        return np.zeros(shapely.get_num_coordinates(geometry), dtype=np.int64)
    rings = shapely.get_rings(shapely.get_parts(geometry))
    return np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))


def _single_ring(geometry: Geometry) -> bool:
    return len(shapely.get_rings(geometry)) == 1


def rebuilt(
    geometry: Geometry,
    xy: Points,
    *,
    insert_at: NDArray[np.int64] | None = None,
    insert: Points | None = None,
    keep: NDArray[np.bool_] | None = None,
) -> Geometry:
    """
    Build a polygon again from its coordinates, with points inserted or left out.

    Parameters
    ----------
    geometry
        The polygon whose structure of parts and rings is kept.
    xy
        Its coordinates as `shapely.get_coordinates` gives them, possibly changed.
    insert_at, insert
        Points to insert before these positions.
    keep
        Which coordinates stay; a ring that loses its closing point is closed at its new first point.
    """
    simple = shapely.get_type_id(geometry) == _POLYGON
    ring_of = _ring_numbers(geometry)
    if insert is not None and insert_at is not None and len(insert):
        ring_of = np.insert(ring_of, insert_at, ring_of[insert_at - 1])
        xy = np.insert(xy, insert_at, insert, axis=0)
    if keep is not None:
        xy, ring_of = _kept(xy, ring_of, keep)
    if ring_of[-1] == 0:
        polygon = shapely.polygons(xy)
        return polygon if simple else shapely.multipolygons([polygon])
    _rings, part_of = shapely.get_rings(shapely.get_parts(geometry), return_index=True)
    polygons = _nested(shapely.linearrings(xy, indices=ring_of), part_of)
    return polygons[0] if simple else shapely.multipolygons(polygons)


def _nested(rings: NDArray[np.object_], part_of: NDArray[np.int64]) -> list[Geometry]:
    cuts = np.flatnonzero(np.diff(part_of)) + 1
    return [shapely.Polygon(group[0], list(group[1:])) for group in np.split(rings, cuts)]


def _kept(xy: Points, ring_of: NDArray[np.int64], keep: NDArray[np.bool_]) -> tuple[Points, NDArray[np.int64]]:
    out, owner = [], []
    for ring in np.unique(ring_of):
        here = ring_of == ring
        points = xy[here][keep[here]]
        if (points[0] != points[-1]).any():
            points = np.vstack([points, points[:1]])
        out.append(points)
        owner.append(np.full(len(points), ring))
    return np.vstack(out), np.concatenate(owner)
