"""
From atoms' labels to borders, and from borders to polygons, exactly.

A border is an arc: it begins and ends at a junction (where three parts meet) or at a stop (where it meets the census
area's own ring). Arcs are kept once and used by both sides; the ring of the census area is never redrawn, only told
where it is stopped at. So the parts share every vertex whatever is done to the arcs in between.
"""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.delineate.planar import OUTSIDE, Drawing, Floats, Ints


@dataclass
class Arc:
    """
    A border between two parts.

    Parameters
    ----------
    nodes
        First and last are junctions or stops.
    xy
        Its vertices, shape (n, 2).
    left, right
        Parts on either side.
    anchored
        For each vertex, whether it lies on a visible line and stays there.
    follows
        Whether its first and its last edge run along a visible line.
    """

    nodes: tuple[int, int]
    xy: Floats
    left: int
    right: int
    anchored: NDArray[np.bool_]
    follows: tuple[bool, bool]


@dataclass
class Rim:
    """
    One ring of the census area, and where borders meet it.

    Parameters
    ----------
    xy
        Its own vertices (closing one left out), interior on the left.
    stops
        Node → place on the ring: i for vertex i, between i and i + 1 for a place on the edge that follows it.
    labels
        Node → the part along the ring after that stop; key -1 when nothing meets the ring.
    """

    xy: Floats
    stops: dict[int, float] = field(default_factory=dict)
    labels: dict[int, int] = field(default_factory=dict)


@dataclass
class Borders:
    """All arcs and rings of a split piece."""

    arcs: list[Arc]
    rims: list[Rim]


def find_borders(drawing: Drawing, visible: Floats, rings: list[Floats], step: float) -> Borders:
    """
    Collect the arcs of a drawing of parts, and match its outer edges to the rings they came from.

    Parameters
    ----------
    drawing
        Faces are parts.
    visible
        Of each edge, the visibility of the line it follows.
    rings
        The piece's rings on the drawing's grid, interior on the left, closing vertex left out.
    """
    inner = drawing.right != OUTSIDE
    degree = np.bincount(np.concatenate([drawing.tail, drawing.head]), minlength=len(drawing.xy))
    on_rim = np.zeros(len(drawing.xy), bool)
    on_rim[drawing.tail[~inner]] = True
    junction = (degree != 2) | on_rim
    arcs = _chain(drawing, np.flatnonzero(inner), junction, visible)
    # Where two rings touch, the part beside a ring may change although no border ends there.
    touching = np.flatnonzero(np.bincount(drawing.tail[~inner], minlength=len(drawing.xy)) > 1)
    ends = {node for arc in arcs for node in arc.nodes} | set(touching.tolist())
    return Borders(arcs, _match_rims(drawing, rings, ends, step))


def _chain(drawing: Drawing, edges: Ints, junction: NDArray[np.bool_], visible: Floats) -> list[Arc]:
    """Join inner edges into arcs that run from junction to junction, or round."""
    tail, head = drawing.tail[edges].tolist(), drawing.head[edges].tolist()
    left, right = drawing.left[edges].tolist(), drawing.right[edges].tolist()
    seen = visible[edges] >= FOLLOWED
    at: dict[int, list[int]] = {}
    for k, (a, b) in enumerate(zip(tail, head, strict=True)):
        at.setdefault(a, []).append(k)
        at.setdefault(b, []).append(k)
    used = [False] * len(tail)
    arcs: list[Arc] = []

    def follow(node: int, k: int) -> None:
        nodes, flags = [node], []
        # The side is the same all along: two edges that meet at a plain node divide the same two parts.
        sides = (left[k], right[k]) if tail[k] == node else (right[k], left[k])
        while True:
            used[k] = True
            flags.append(bool(seen[k]))
            node = head[k] if tail[k] == node else tail[k]
            nodes.append(node)
            if junction[node] or node == nodes[0]:
                break
            k = next(other for other in at[node] if other != k)
        anchored = np.array([False, *flags]) & np.array([*flags, False])
        arcs.append(Arc((nodes[0], nodes[-1]), drawing.xy[nodes], *sides, anchored, (flags[0], flags[-1])))

    for node, meeting in at.items():
        if junction[node]:
            for k in meeting:
                if not used[k]:
                    follow(node, k)
    for k in range(len(tail)):
        if not used[k]:
            follow(tail[k], k)
    return arcs


FOLLOWED = 0.06
"""Visibility from which a border is held on its line."""


def _match_rims(drawing: Drawing, rings: list[Floats], ends: set[int], step: float) -> list[Rim]:
    outer = np.flatnonzero(drawing.right == OUTSIDE)
    traced = split_loops(drawing.tail[outer].tolist(), drawing.head[outer].tolist())
    label = {
        (a, b): p
        for a, b, p in zip(
            drawing.tail[outer].tolist(), drawing.head[outer].tolist(), drawing.left[outer].tolist(), strict=True
        )
    }
    grid = np.rint(drawing.xy / step).astype(np.int64).tolist()
    loops = [({tuple(grid[node]): k for k, node in enumerate(loop)}, loop) for loop in traced]
    return [_match_rim(ring, loops, drawing.xy, label, ends, step) for ring in rings]


def _match_rim(
    ring: Floats,
    loops: list[tuple[dict[tuple[int, ...], int], list[int]]],
    xy: Floats,
    label: dict[tuple[int, int], int],
    ends: set[int],
    step: float,
) -> Rim:
    """Find the noded loop of a ring and the place of each of its stops on the ring's own vertices."""
    keys = [tuple(key) for key in np.rint(ring / step).astype(np.int64).tolist()]
    places, loop = max(loops, key=lambda item: sum(key in item[0] for key in keys))
    size = len(loop)
    known = [(i, places[key]) for i, key in enumerate(keys) if key in places]
    rim = Rim(ring)
    if not known:
        raise LookupError
    for (i, start), (j, stop) in zip(known, [*known[1:], known[0]], strict=True):
        run = (stop - start) % size
        walk = [loop[(start + s) % size] for s in range(run if len(known) > 1 else size)]
        if not walk:
            continue
        reach = (j - i) % len(keys) or len(keys)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy[[*walk, loop[stop]]], axis=0).T))])
        for s, node in enumerate(walk):
            if node in ends:
                # Several own vertices may share one node (closer than the grid): the stop is at the first.
                rim.stops[node] = i + (0.0 if s == 0 else min(max(along[s] / along[-1], 1e-9), 1 - 1e-9) * reach)
                following = walk[s + 1] if s + 1 < len(walk) else loop[stop]
                rim.labels[node] = label[node, following]
    if not rim.stops:
        rim.labels[-1] = label[loop[0], loop[1]]
    return rim


def split_loops(tails: list[int], heads: list[int]) -> list[list[int]]:
    """
    Walk directed edges into loops that visit no node twice.

    Parameters
    ----------
    tails, heads
        Edges; every node is left as often as it is entered.
    """
    following: dict[int, list[int]] = {}
    for a, b in zip(tails, heads, strict=True):
        following.setdefault(a, []).append(b)
    loops: list[list[int]] = []
    for start, leaving in following.items():
        while leaving:
            path, at = [start], {start: 0}
            node = start
            while following[node]:
                node = following[node].pop()
                if node in at:
                    cut = at[node]
                    loop = path[cut:]
                    for gone in loop[1:]:
                        del at[gone]
                    del path[cut + 1 :]
                    loops.append(loop)
                else:
                    at[node] = len(path)
                    path.append(node)
    return loops


@dataclass(frozen=True)
class Piece:
    """A directed run of vertices between two nodes with one part on its left; the last vertex is the next run's."""

    start: int
    end: int
    xy: Floats


def rim_pieces(rim: Rim, own: Floats, placed: dict[int, Floats], first_free: int) -> list[tuple[int, Piece]]:
    """
    Cut a ring of the census area at its stops.

    Parameters
    ----------
    own
        The ring's own vertices in the output's CRS, bit by bit as they came.
    placed
        Node → output coordinates; stops are added here.
    first_free
        A node number to use when nothing meets the ring.

    Returns
    -------
    pieces
        (part on the left, piece).
    """
    count = len(own)
    stops = sorted(rim.stops.items(), key=lambda item: item[1])
    if not stops:
        return [(rim.labels[-1], Piece(first_free, first_free, own))]
    pieces = []
    for (node, at), (following, until) in zip(stops, [*stops[1:], stops[0]], strict=True):
        begin = int(np.floor(at)) + 1
        last = int(np.ceil(until)) - 1 + (count if until <= at else 0)
        between = own[np.arange(begin, last + 1) % count]
        pieces.append((rim.labels[node], Piece(node, following, np.concatenate([placed[node][None], between]))))
    return pieces


def assemble(pieces: list[Piece]) -> shapely.Geometry:
    """
    Close directed runs into the polygon they enclose.

    Parameters
    ----------
    pieces
        All runs with the part on their left.

    Returns
    -------
    polygon
        A Polygon, or a MultiPolygon when the part has several pieces.
    """
    rings = _rings(pieces)
    shells: list[Floats] = []
    holes: list[Floats] = []
    for ring in rings:
        closed = np.concatenate([ring, ring[:1]])
        # Nodes closer than the caller's grid have fallen together; so has a ring that was no more than that.
        closed = closed[np.concatenate([[True], (np.diff(closed, axis=0) != 0).any(axis=1)])]
        if len(closed) < 4:
            continue
        low = closed - closed[0]
        twice = float((low[:-1, 0] * low[1:, 1] - low[1:, 0] * low[:-1, 1]).sum())
        (shells if twice > 0 else holes).append(closed)
    if len(shells) == 1:
        return shapely.Polygon(shells[0], holes)
    bodies = [shapely.Polygon(shell) for shell in shells]
    inside: list[list[Floats]] = [[] for _ in shells]
    for hole in holes:
        spot = shapely.point_on_surface(shapely.Polygon(hole))
        around = [k for k, body in enumerate(bodies) if body.contains(spot)]
        inside[min(around, key=lambda k: bodies[k].area)].append(hole)
    return shapely.MultiPolygon([shapely.Polygon(shell, own) for shell, own in zip(shells, inside, strict=True)])


def _rings(pieces: list[Piece]) -> list[Floats]:
    following: dict[int, list[Piece]] = {}
    for piece in pieces:
        following.setdefault(piece.start, []).append(piece)
    rings: list[Floats] = []
    for start, leaving in following.items():
        while leaving:
            path: list[Piece] = []
            at = {start: 0}
            node = start
            while following[node]:
                piece = following[node].pop()
                path.append(piece)
                node = piece.end
                if node in at:
                    loop = path[at[node] :]
                    for gone in loop[1:]:
                        del at[gone.start]
                    del path[at[node] :]
                    rings.append(np.concatenate([run.xy for run in loop]))
                else:
                    at[node] = len(path)
    return rings
