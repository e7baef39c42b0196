"""Where the segments of a residue meet other than at their common ends: all that has to be noded."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import shapely

from census_map.coverage.clusters import runs
from census_map.coverage.edges import BLOCK, Bools, Floats, Ints

_PAIRWISE = 500  # segments up to which all pairs are looked at, which is quicker than sorting
_SWEPT = 100  # pairs a segment that meet along one axis, up to which they are looked at: quicker than a tree


@dataclass(frozen=True)
class Meetings:
    """
    What segments meet.

    Attributes
    ----------
    segment, node
        (m,) a segment, and a node that lies on it but is none of its ends.
    together
        (s,) the segments to be noded together: those that pass a node or cross another, and all that come near them.
    one, other
        (c,) pairs of segments without a common end that cross or touch.
    """

    segment: Ints
    node: Ints
    together: Bools
    one: Ints
    other: Ints


def find_meetings(ends: Ints, places: Floats, *, distance: float) -> Meetings:
    """
    Find where segments meet.

    Parameters
    ----------
    ends
        (s, 2) the nodes at which each segment begins and ends.
    places
        (n, 2) coordinates of the nodes.
    distance
        A node nearer to a segment than this lies on it, in CRS units.
    """
    start, end = places.take(ends[:, 0], axis=0), places.take(ends[:, 1], axis=0)
    low, high = np.minimum(start, end) - distance, np.maximum(start, end) + distance
    one, other = _near_pairs(low, high)
    segment, node = _passed(one, other, ends, places, (low, high), distance)
    tail, head = (ends[:, tip] for tip in (0, 1))
    apart = np.ones(len(one), dtype=bool)
    for tip in (tail, head):
        mine = tip[one]
        apart &= (mine != tail[other]) & (mine != head[other])
    free, met = one[apart], other[apart]
    crossing = _crossing(start, end, free, met)
    meets = np.zeros(len(ends), dtype=bool)
    meets[segment] = True
    meets[free[crossing]] = True
    meets[met[crossing]] = True
    together = meets.copy()
    together[one[meets[other]]] = True
    together[other[meets[one]]] = True
    return Meetings(segment, node, together, free[crossing], met[crossing])


def _near_pairs(low: Floats, high: Floats) -> tuple[Ints, Ints]:
    """Return the pairs of segments whose extents meet, each once."""
    if len(low) <= _PAIRWISE:
        meet = (low[:, None] <= high).all(axis=2)
        one, other = np.nonzero(meet & meet.T)
        once = one < other
        return one[once], other[once]
    sweeps = [_Sweep.along(axis, low, high) for axis in (0, 1)]
    sweep = min(sweeps, key=lambda one: one.size)
    if sweep.size <= _SWEPT * len(low):
        return sweep.pairs(low, high)
    # Lines from corner to corner have the same extents and are made more quickly.
    extents = shapely.linestrings(np.stack((low, high), axis=1))
    one, other = shapely.STRtree(extents).query(extents)
    once = one < other
    return one[once], other[once]


@dataclass(frozen=True)
class _Sweep:
    """Extents in the order in which they begin along an axis, and how many begin before each of them ends."""

    axis: int
    order: Ints
    following: Ints

    @classmethod
    def along(cls, axis: int, low: Floats, high: Floats) -> Self:
        """Sweep along an axis."""
        begin = np.ascontiguousarray(low[:, axis])
        order = np.argsort(begin)
        ends = np.searchsorted(begin[order], high[:, axis].take(order), side="right")
        return cls(axis, order, ends - np.arange(1, len(order) + 1))

    @property
    def size(self) -> int:
        """The number of pairs that meet along the axis."""
        return int(self.following.sum())

    def pairs(self, low: Floats, high: Floats) -> tuple[Ints, Ints]:
        """Return the pairs that meet along the other axis too."""
        across = 1 - self.axis
        low, high = low[:, across].take(self.order), high[:, across].take(self.order)
        found = [np.zeros((2, 0), dtype=np.int64)]
        cuts = np.flatnonzero(np.diff(np.cumsum(self.following) // BLOCK)) + 1
        for a, b in pairwise([0, *cuts.tolist(), len(low)]):
            one, other = runs(np.arange(a + 1, b + 1), self.following[a:b])
            begun = np.flatnonzero(low[a:b].take(one) <= high.take(other))
            one, other = one.take(begun) + a, other.take(begun)
            meet = low.take(other) <= high.take(one)
            found.append(np.stack((one[meet], other[meet])))
        one, other = np.concatenate(found, axis=1)
        return self.order[one], self.order[other]


def _passed(
    one: Ints, other: Ints, ends: Ints, places: Floats, extent: tuple[Floats, Floats], distance: float
) -> tuple[Ints, Ints]:
    """Return segments and the nodes that lie on them between their ends."""
    count = len(places)
    low, high = extent
    found = []
    for segment, tips in ((one, other), (other, one)):
        for tip in (0, 1):
            node = ends[:, tip].take(tips)
            near = np.flatnonzero((node != ends[:, 0].take(segment)) & (node != ends[:, 1].take(segment)))
            by, node = segment[near], node[near]
            here, west, east = (values.take(rows, axis=0) for values, rows in ((places, node), (low, by), (high, by)))
            inside = (here[:, 0] >= west[:, 0]) & (here[:, 0] <= east[:, 0])
            inside &= (here[:, 1] >= west[:, 1]) & (here[:, 1] <= east[:, 1])
            found.append(by[inside] * count + node[inside])
    segment, node = np.divmod(np.unique(np.concatenate(found)), count)
    start = places[ends[segment, 0]]
    way, offset = places[ends[segment, 1]] - start, places[node] - start
    reach = np.clip((offset * way).sum(axis=1) / (way * way).sum(axis=1), 0, 1)
    rest = offset - reach[:, None] * way
    on = np.hypot(rest[:, 0], rest[:, 1]) <= distance
    return segment[on], node[on]


def _crossing(start: Floats, end: Floats, one: Ints, other: Ints) -> Bools:
    """Tell which pairs of segments cross."""

    def sides(base: Ints, of: Ints) -> Floats:
        way = end[base] - start[base]
        here, there = start[of] - start[base], end[of] - start[base]
        return (way[:, 0] * here[:, 1] - way[:, 1] * here[:, 0]) * (way[:, 0] * there[:, 1] - way[:, 1] * there[:, 0])

    return np.asarray((sides(one, other) <= 0) & (sides(other, one) <= 0))
