"""
Meet new lines with existing borders, so that every crossing becomes a vertex of both.

Borders are looked at as *chains*: an existing edge is a chain of two points, a drawn line a chain of many. Noding
inserts points into chains until no drawn segment crosses anything between its ends. The points inserted into an
existing edge are kept under the edge's own key, so that every area that owns the edge (and its container) receives
exactly the same points: this is why an edit leaves neighbours matching bit for bit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from census_map.coverage.rebuild import Inserts
from census_map.coverage.segments import Edge, Edges, Points, edge_key, on_grid, resolution

Vertex = tuple[float, float]
Chain = list[Vertex]
_Events = dict[int, list[tuple[int, float, Vertex]]]  # chain -> (segment, parameter, point)
_Row = tuple[float, float, float, float]
_ROUNDS = 8
_FEW = 60  # pairs of segments: fewer are quicker looked at one by one


@dataclass(frozen=True)
class Noded:
    """What noding found: the points that existing edges receive, and the drawn lines with all their crossings."""

    inserts: Inserts
    lines: list[Points]
    settled: bool


def node(edges: Edges, lines: Iterable[Points], *, grid: float | None, snap: float = 0.0, touch: float = 0.0) -> Noded:
    """
    Meet drawn lines with existing edges and with themselves.

    Parameters
    ----------
    edges
        Existing edges, shape (n, 4), in any direction; they are taken to cross nothing among themselves.
    lines
        Drawn lines, each of shape (k, 2).
    grid
        Step to which new points are rounded, CRS units; None leaves them as computed.
    snap
        A new point within this distance of an existing vertex becomes that vertex.
    touch
        A vertex nearer to an edge or line than this lies on it, even if the coordinates could tell; CRS units.

    Returns
    -------
    noded
        `settled` is False when rounding keeps producing new crossings; nothing must then be changed.
    """
    rounded = [on_grid(np.asarray(line, dtype=float), grid) for line in lines]
    eps = max(touch, resolution(np.concatenate((edges[:, :2], *rounded)), grid))
    pull = max(eps, snap)
    # A point moves by less than this in all rounds together.
    near = _near_lines(edges, rounded, 2 * _ROUNDS * (pull + eps))
    corners = np.array(near).reshape(-1, 2)
    drawn = [_pulled(line, corners, pull) for line in rounded]
    chains: list[Chain] = [[key[:2], key[2:]] for key in near]
    chains += [line for line in drawn if len(line) > 1]
    settled = _settle(chains, len(near), eps, grid, snap)
    inserts = {key: np.array(chains[k][1:-1]) for k, key in enumerate(near) if len(chains[k]) > 2}
    return Noded(inserts, [np.array(chain) for chain in chains[len(near) :]], settled)


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
    keys: list[Edge] = list(map(tuple, edges.tolist()))
    chains: list[Chain] = [[key[:2], key[2:]] for key in keys]
    if not _settle(chains, 0, eps, grid, 0.0):
        return None
    return {key: np.array(chain[1:-1]) for key, chain in zip(keys, chains, strict=True) if len(chain) > 2}


def _near_lines(edges: Edges, lines: list[Points], margin: float) -> list[Edge]:
    """Give the keys of the edges whose boxes come near to that of a segment of the lines, each once."""
    low = np.minimum(edges[:, :2], edges[:, 2:]) - margin
    high = np.maximum(edges[:, :2], edges[:, 2:]) + margin
    found: dict[Edge, None] = {}
    for line in lines:
        south_west, north_east = line.min(axis=0), line.max(axis=0)
        rows = np.flatnonzero(((low <= north_east) & (high >= south_west)).all(axis=1))
        if len(line) > 2:
            bottom, top = np.minimum(line[:-1], line[1:]), np.maximum(line[:-1], line[1:])
            meet = ((low[rows, None] <= top) & (high[rows, None] >= bottom)).all(axis=2)
            rows = rows[np.asarray(meet).any(axis=1)]
        found.update(dict.fromkeys(map(edge_key, edges[rows].tolist())))
    return list(found)


def _pulled(line: Points, corners: Points, distance: float) -> Chain:
    """Move line points onto existing vertices that are nearer than a distance; leave out points that repeat."""
    if len(corners):
        gaps = np.hypot(*(line[:, None] - corners).transpose(2, 0, 1))
        nearest = gaps.argmin(axis=1)
        hit = gaps[np.arange(len(line)), nearest] <= distance
        if hit.any():
            line = np.where(hit[:, None], corners[nearest], line)
    out: Chain = []
    for x, y in line.tolist():
        if not out or (x, y) != out[-1]:
            out.append((x, y))
    return out


def _settle(chains: list[Chain], first_drawn: int, eps: float, grid: float | None, snap: float) -> bool:
    """Insert meetings into chains, in place, until there are none; False if there always are."""
    if len(chains) == first_drawn:
        return True
    for _round in range(_ROUNDS):
        events = _meetings(chains, first_drawn, eps, grid, snap)
        if not events:
            return True
        for chain, found in events.items():
            chains[chain] = _inserted(chains[chain], found)
    return False


def _meetings(chains: list[Chain], first_drawn: int, eps: float, grid: float | None, snap: float) -> _Events:
    """Find where drawn segments meet any segment other than at common ends."""
    rows: list[_Row] = []
    owner: list[tuple[int, int]] = []  # chain, and position in the chain
    first = 0
    for k, chain in enumerate(chains):
        if k == first_drawn:
            first = len(rows)
        for position in range(len(chain) - 1):
            rows.append((*chain[position], *chain[position + 1]))
            owner.append((k, position))
    segments = np.array(rows)
    low = np.minimum(segments[:, :2], segments[:, 2:]) - eps
    high = np.maximum(segments[:, :2], segments[:, 2:]) + eps
    i, j = _boxes_that_meet(low, high, first)
    if len(i) > _FEW:
        some = _worth_a_look(segments, i, j, eps)
        i, j = i[some], j[some]
    events: _Events = {}
    for one, other in zip(i.tolist(), j.tolist(), strict=True):
        touched = False
        for of, by in ((one, other), (other, one)):
            for tip in (rows[by][:2], rows[by][2:]):
                at_end, t = _place_on(rows[of], tip, eps)
                touched |= at_end or t is not None
                if t is not None:
                    chain, position = owner[of]
                    events.setdefault(chain, []).append((position, t, tip))
        if not touched:
            _cross(events, (rows[one], rows[other]), (owner[one], owner[other]), grid, snap)
    return events


def _boxes_that_meet(low: Points, high: Points, first: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair segments whose boxes meet: two drawn ones once, a drawn one with every existing one."""
    meet = (
        (low[first:, None, 0] <= high[:, 0])
        & (high[first:, None, 0] >= low[:, 0])
        & (low[first:, None, 1] <= high[:, 1])
        & (high[first:, None, 1] >= low[:, 1])
    )
    i, j = np.nonzero(meet)
    i += first
    once = (j < first) | (j > i)
    return i[once], j[once]


def _worth_a_look(segments: Edges, i: NDArray[np.intp], j: NDArray[np.intp], eps: float) -> NDArray[np.bool_]:
    """Drop pairs that share an end and run apart, and pairs of which one lies to one side of the other."""
    a, b, c, d = segments[i, :2], segments[i, 2:], segments[j, :2], segments[j, 2:]
    ab, cd = b - a, d - c
    c_off, d_off = (ab[:, 0] * (p - a)[:, 1] - ab[:, 1] * (p - a)[:, 0] for p in (c, d))
    a_off, b_off = (cd[:, 0] * (p - c)[:, 1] - cd[:, 1] * (p - c)[:, 0] for p in (a, b))
    # Twice the tolerance, because the exact test divides where this one multiplies.
    wide_i, wide_j = 2 * eps * np.hypot(ab[:, 0], ab[:, 1]), 2 * eps * np.hypot(cd[:, 0], cd[:, 1])
    apart = (np.minimum(c_off, d_off) > wide_i) | (np.maximum(c_off, d_off) < -wide_i)
    apart |= (np.minimum(a_off, b_off) > wide_j) | (np.maximum(a_off, b_off) < -wide_j)
    joined = (a == c).all(axis=1) | (a == d).all(axis=1) | (b == c).all(axis=1) | (b == d).all(axis=1)
    # Of two that share one end, one other end must be near the other segment for them to meet again.
    ends_near = (
        (np.abs(c_off) <= wide_i).astype(np.int8)
        + (np.abs(d_off) <= wide_i)
        + (np.abs(a_off) <= wide_j)
        + (np.abs(b_off) <= wide_j)
    )
    return np.asarray(~apart & ~(joined & (ends_near <= 2)))


def _place_on(segment: _Row, point: Vertex, eps: float) -> tuple[bool, float | None]:
    """Tell whether a point is an end of a segment, and where it lies on it (0 to 1) if strictly between the ends."""
    ax, ay, bx, by = segment
    x, y = point
    if (x == ax and y == ay) or (x == bx and y == by):
        return True, None
    dx, dy, wx, wy = bx - ax, by - ay, x - ax, y - ay
    square = dx * dx + dy * dy
    t = (wx * dx + wy * dy) / square
    if 0 < t < 1 and abs(dx * wy - dy * wx) <= eps * square**0.5:
        return False, t
    return False, None


def _cross(
    events: _Events,
    pair: tuple[_Row, _Row],
    owners: tuple[tuple[int, int], tuple[int, int]],
    grid: float | None,
    snap: float,
) -> None:
    """Record the proper crossing of two segments, if there is one."""
    (ax, ay, bx, by), (cx, cy, dx, dy) = pair
    ux, uy, vx, vy, wx, wy = bx - ax, by - ay, dx - cx, dy - cy, cx - ax, cy - ay
    cross = ux * vy - uy * vx
    if cross == 0:
        return
    t, u = (wx * vy - wy * vx) / cross, (wx * uy - wy * ux) / cross
    if not (0 < t < 1 and 0 < u < 1):
        return
    x, y = on_grid(np.array([cx + u * vx, cy + u * vy]), grid).tolist()
    for tip in ((cx, cy), (dx, dy)):
        if hypot(x - tip[0], y - tip[1]) <= snap:
            x, y = tip
            break
    for (chain, position), row, at in zip(owners, pair, (t, u), strict=True):
        if (x, y) not in (row[:2], row[2:]):
            events.setdefault(chain, []).append((position, at, (x, y)))


def _inserted(chain: Chain, events: list[tuple[int, float, Vertex]]) -> Chain:
    """Put points into a chain in their order along it."""
    after: dict[int, list[tuple[float, Vertex]]] = {}
    for segment, at, point in events:
        after.setdefault(segment, []).append((at, point))
    out: Chain = []
    for k, vertex in enumerate(chain):
        for point in (vertex, *(point for _at, point in sorted(after.get(k, ())))):
            if not out or point != out[-1]:
                out.append(point)
    return out
