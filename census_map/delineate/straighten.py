"""
Straighten borders without moving anything across a building, another border or the census area's ring.

Taking a vertex out of an arc is safe when the triangle it spans with its neighbours holds no footprint and no other
border: nothing changes sides but empty ground, and no two borders can come to cross. All vertices that are safe and
out of each other's way are taken out at once, the flattest first, until none is left.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.delineate.borders import Borders
from census_map.delineate.planar import Bools, Floats, Ints

CLEARANCE, TIGHT = 1.5, 0.4
"""
Distance from walls that a straightened border keeps, metres: the first where there is room, the second where houses
nearly touch and the border would else run in steps between them. Where it ran nearer before, it comes no nearer.
"""
REACH = 15.0
"""How far a border may move to become straight, metres."""
FINE, STEP = 0.4, 8.0
"""Kinks smaller than these go even where there is no room for any clearance, or only for the tight one, metres."""
LINE_REACH = 1.0
"""The same for a border that follows a line, metres."""

INSIDE = "T********"


def straighten(
    borders: Borders,
    structures: NDArray[np.object_],
    rings: list[Floats],
    *,
    reach: float = REACH,
    hold: float = LINE_REACH,
) -> None:
    """
    Straighten every arc in place.

    Parameters
    ----------
    borders
        Arcs in local metres.
    structures
        What no border may cut.
    rings
        The census area's rings, closing vertex left out.
    reach, hold
        See `REACH`, `LINE_REACH`.
    """
    if not borders.arcs:
        return
    table = _Vertices(borders, rings, hold)
    grown = [shapely.buffer(structures, by, cap_style="flat", join_style="mitre") for by in (TIGHT, CLEARANCE)]
    trees = tuple((shapely.STRtree(shapes), shapes) for shapes in (structures, *grown))
    blocked = np.zeros(len(table.xy), bool)
    for _round in range(60):
        if not table.take_out(trees, blocked, reach):
            break
    table.write_back(borders)


class _Vertices:
    """All vertices of all arcs as linked lists, and the segments between them."""

    def __init__(self, borders: Borders, rings: list[Floats], hold: float) -> None:
        self.hold = hold
        sizes = [len(arc.xy) for arc in borders.arcs]
        self.xy = np.concatenate([arc.xy for arc in borders.arcs])
        self.start = np.concatenate([[0], np.cumsum(sizes)])
        count = len(self.xy)
        self.before, self.after = np.arange(count) - 1, np.arange(count) + 1
        self.live = np.ones(count, bool)
        self.inner = np.ones(count, bool)
        self.inner[self.start[:-1]] = False
        self.inner[self.start[1:] - 1] = False
        self.anchored = np.concatenate([arc.anchored for arc in borders.arcs])
        # An arc that runs round from one node to itself must keep an area.
        self.spare = np.repeat([len(a.xy) - (4 if a.nodes[0] == a.nodes[1] else 2) for a in borders.arcs], sizes)
        self.arc = np.repeat(np.arange(len(sizes)), sizes)
        ends = [np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in rings]
        self.walls = shapely.linestrings(np.concatenate(ends))

    def take_out(
        self, trees: tuple[tuple[shapely.STRtree, NDArray[np.object_]], ...], blocked: Bools, reach: float
    ) -> int:
        """Take out one round of vertices; mark those that cannot go; return how many were looked at."""
        candidate = np.flatnonzero(self.live & self.inner & ~blocked)
        if not len(candidate):
            return 0
        a, b = self.before[candidate], self.after[candidate]
        corner = np.stack([self.xy[a], self.xy[candidate], self.xy[b]], axis=1)
        base = corner[:, 2] - corner[:, 0]
        arm = corner[:, 1] - corner[:, 0]
        twice = np.abs(base[:, 0] * arm[:, 1] - base[:, 1] * arm[:, 0])
        height = twice / np.maximum(np.hypot(base[:, 0], base[:, 1]), 1e-6)
        limit = np.where(self.anchored[candidate], self.hold, reach)
        possible = height <= limit
        blocked[candidate[~possible]] = True
        # The flattest of its neighbourhood goes first, so that no two neighbours go together.
        rank = np.full(len(self.xy) + 1, np.inf)
        rank[candidate[possible]] = twice[possible] + candidate[possible] * 1e-9
        first = possible & (rank[candidate] < rank[a]) & (rank[candidate] < rank[b])
        chosen = np.flatnonzero(first)
        if not len(chosen):
            return int(possible.sum())
        order = np.argsort(twice[chosen], kind="stable")
        chosen = chosen[order]
        flat = twice[chosen] <= 1e-9
        triangles = shapely.polygons(np.concatenate([corner[chosen], corner[chosen][:, :1]], axis=1))
        bad = self._hit_structures(triangles, corner[chosen], height[chosen], trees)
        bad |= self._hit_borders(triangles, candidate[chosen], a[chosen], b[chosen])
        bad &= ~flat
        blocked[candidate[chosen[bad]]] = True
        good = np.flatnonzero(~bad)
        good = good[self._apart(triangles[good])]
        self._remove(candidate[chosen[good]], blocked)
        return len(chosen)

    @staticmethod
    def _hit_structures(
        triangles: NDArray[np.object_],
        corner: Floats,
        height: Floats,
        trees: tuple[tuple[shapely.STRtree, NDArray[np.object_]], ...],
    ) -> Bools:
        bad = np.zeros(len(triangles), bool)
        bare = trees[0][1]
        before, base = shapely.linestrings(corner), shapely.linestrings(corner[:, [0, 2]])
        for (tree, shapes), least, room in zip(trees, (0.0, FINE, STEP), (0.0, TIGHT, CLEARANCE), strict=True):
            rows = np.flatnonzero((height >= least) & ~bad)
            if not len(rows) or not len(shapes):
                continue
            t, s = tree.query(triangles[rows], predicate="intersects")
            t = rows[t]
            cut = shapely.relate_pattern(triangles[t], shapes[s], INSIDE)
            t, s = t[cut], s[cut]
            if room:
                kept = np.minimum(shapely.distance(before[t], bare[s]), room)
                t = t[shapely.distance(base[t], bare[s]) < kept - 1e-9]
            bad[t] = True
        return bad

    def _hit_borders(self, triangles: NDArray[np.object_], v: Ints, a: Ints, b: Ints) -> Bools:
        tails = np.flatnonzero(self.live & (np.append(self.arc[1:], -1) == self.arc) & ~self._last())
        lines = shapely.linestrings(np.stack([self.xy[tails], self.xy[self.after[tails]]], axis=1))
        tree = shapely.STRtree(np.concatenate([lines, self.walls]))
        everything = tree.geometries
        t, s = tree.query(triangles)
        own = np.concatenate([tails, np.full(len(self.walls), -5)])[s]
        foreign = (own != a[t]) & (own != v[t])
        t, s = t[foreign], s[foreign]
        cut = shapely.relate_pattern(triangles[t], everything[s], INSIDE)
        bad = np.zeros(len(triangles), bool)
        bad[t[cut]] = True
        # Two borders must not come to run on top of one another either.
        base = shapely.linestrings(np.stack([self.xy[a], self.xy[b]], axis=1))
        twin = shapely.relate_pattern(base[t], everything[s], "1********")
        bad[t[twin]] = True
        return bad

    def _last(self) -> Bools:
        last = np.zeros(len(self.xy), bool)
        last[self.start[1:] - 1] = True
        return last

    @staticmethod
    def _apart(triangles: NDArray[np.object_]) -> Ints:
        """Choose triangles, the first ones first, that have no ground or edge in common."""
        a, b = shapely.STRtree(triangles).query(triangles, predicate="intersects")
        later = a > b
        a, b = a[later], b[later]
        order = np.lexsort((b, a))
        dropped = np.zeros(len(triangles), bool)
        for i, j in zip(a[order].tolist(), b[order].tolist(), strict=True):
            if not dropped[j]:
                dropped[i] = True
        return np.flatnonzero(~dropped)

    def _remove(self, vertices: Ints, blocked: Bools) -> None:
        for v in vertices.tolist():
            if self.spare[v] <= 0 or not self.live[v]:
                blocked[v] = True
                continue
            before, after = self.before[v], self.after[v]
            self.after[before], self.before[after] = after, before
            self.live[v] = False
            blocked[before] = blocked[after] = False
            own = slice(self.start[self.arc[v]], self.start[self.arc[v] + 1])
            self.spare[own] -= 1

    def write_back(self, borders: Borders) -> None:
        for k, arc in enumerate(borders.arcs):
            own = slice(self.start[k], self.start[k + 1])
            arc.xy = self.xy[own][self.live[own]]
            arc.anchored = arc.anchored[self.live[own]]
