"""
Meet new lines with existing borders, so that every crossing becomes a vertex of both.

Borders are looked at as *chains*: an existing edge is a chain of two points, a drawn line a chain of many. Noding
inserts points into chains until no drawn segment crosses anything between its ends. The points inserted into an
existing edge are kept under the edge's own key, so that every area that owns the edge (and its container) receives
exactly the same points: this is why an edit leaves neighbours matching bit for bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from census_map.coverage.rebuild import Inserts
from census_map.coverage.segments import Edges, Flags, Points, edge_key, edges_near, on_grid, resolution

_ROUNDS = 8


@dataclass(frozen=True)
class Noded:
    """What noding found: the points that existing edges receive, and the drawn lines with all their crossings."""

    inserts: Inserts
    lines: list[Points]
    settled: bool


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
        points = np.concatenate(chains)
        ends = np.cumsum(lengths + 1)
        start = np.delete(points, ends - 1, axis=0)
        end = np.delete(points, ends - lengths - 1, axis=0)
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
    of = np.concatenate([i, i, j, j])
    tips = np.concatenate([start[j], end[j], start[i], end[i]])
    hits, at_end, t = _on_segment(tips, start[of], end[of], eps)
    for k in np.flatnonzero(hits):
        all_segments.record(events, of[k], float(t[k]), tips[k])
    free = ~(hits | at_end).reshape(4, -1).any(axis=0)
    _cross(events, all_segments, i[free], j[free], grid, snap)
    return events


def _on_segment(
    point: Points, start: Points, end: Points, eps: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Tell which points lie on their segment strictly between its ends, which are an end of it, and where (0 to 1)."""
    d = end - start
    w = point - start
    square = (d * d).sum(axis=1)
    t = (w * d).sum(axis=1) / square
    off = np.abs(d[:, 0] * w[:, 1] - d[:, 1] * w[:, 0]) / np.sqrt(square)
    is_end = (point == start).all(axis=1) | (point == end).all(axis=1)
    return (t > 0) & (t < 1) & (off <= eps) & ~is_end, is_end, t


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
