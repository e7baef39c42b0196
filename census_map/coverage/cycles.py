"""
The faces of a plane drawing of pieces, without building them: as cycles of half-edges, and how each is covered.

Every piece has two *half-edges*, one a direction, each with a face on its left. Turning as sharply left as possible at
every node walks round that face: the half-edges fall into *cycles*. A connected part of the drawing has one outer
cycle, walked round from outside, and one cycle a face that it encloses. Where a part lies within another is read off
the piece next to its westernmost node. So the cover of every face is known from the signs of the pieces alone, and
only the few faces at fault need to be built as polygons.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from census_map.coverage.clusters import connected, runs
from census_map.coverage.edges import Floats, Ints

_AT_ONCE = 4_000_000  # pieces level with the western ends of parts that are compared at once
OUTSIDE = -1


@dataclass(frozen=True)
class Cycles:
    """
    The cycles of a drawing of p pieces.

    Attributes
    ----------
    left, right
        (p,) the cycle on either side of each piece.
    outer
        (parts,) the outer cycle of each connected part.
    home
        (parts,) the cycle of the face in which the part lies; -1 outside everything.
    excess
        (c,) how much more often areas cover the face of the cycle than containers do; of an outer cycle that of the
        face in which its part lies.
    low, high
        (c, 2) extent.
    """

    left: Ints
    right: Ints
    outer: Ints
    home: Ints
    excess: Ints
    low: Floats
    high: Floats


def trace_cycles(ends: Ints, places: Floats, net: Ints) -> Cycles:
    """
    Walk round all faces.

    Parameters
    ----------
    ends
        (p, 2) the nodes at which each piece begins and ends, begin west of end (or south of it); pieces meet at nodes
        only.
    places
        (n, 2) coordinates of the nodes.
    net
        (p,) by how much the face left of a piece is covered more often than that right of it.
    """
    tail, head = np.concatenate((ends[:, 0], ends[:, 1])), np.concatenate((ends[:, 1], ends[:, 0]))
    here, there = places.take(tail, axis=0), places.take(head, axis=0)
    cycle = _labels(_next_half_edges(tail, there - here))
    first = cycle == np.arange(len(cycle))  # a cycle's label is its smallest element
    root, number = np.flatnonzero(first), (np.cumsum(first) - 1)[cycle]
    size = _areas(number, here, there, here.take(root, axis=0))
    left, right = number[: len(ends)], number[len(ends) :]
    part = connected(left, right, len(root))
    # The areas of a part's cycles add up to nothing, so the outer one has the least.
    order = np.lexsort((size, part))
    outer = order[np.concatenate(([True], part[order][1:] != part[order][:-1]))] if len(order) else order
    low, high = _extents(number, here, len(root))
    home = _homes(ends, places, (left, right), part)
    home = _lifted(home, part, outer, low)
    excess = _covers(left, right, net, outer, len(root))
    return Cycles(left, right, outer, home, _placed(excess, part, home, low, outer), low, high)


def _next_half_edges(tail: Ints, way: Floats) -> Ints:
    """Return the half-edge that follows each one round the face on its left; half-edge k + p is the reverse of k."""
    if not len(tail):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(tail)
    # Where two half-edges meet, each is the next one of the other.
    met = np.bincount(tail)
    open_places = np.flatnonzero((met > 2)[tail])
    way, of = way[open_places], tail[open_places]
    order[(met > 2)[tail[order]]] = open_places[np.lexsort((np.arctan2(way[:, 1], way[:, 0]), of))]
    ordered = tail[order]
    start = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    before = np.arange(len(order)) - 1
    before[start] = np.concatenate((start[1:], [len(order)])) - 1
    clockwise = np.empty(len(order), dtype=np.int64)
    clockwise[order] = order[before]
    return np.roll(clockwise, len(order) // 2)


def _labels(following: Ints) -> Ints:
    """Return the smallest element of each element's cycle."""
    label, jump = np.arange(len(following)), following
    while True:
        smaller = np.minimum(label, label[jump])
        if np.array_equal(smaller, label):
            return label
        label, jump = smaller, jump[jump]


def _areas(cycle: Ints, here: Floats, there: Floats, origin: Floats) -> Floats:
    """Return twice the signed area of each cycle, measured from a node of its own to keep the digits."""
    (x1, y1), (x2, y2) = (here - origin[cycle]).T, (there - origin[cycle]).T
    return np.asarray(np.bincount(cycle, x1 * y2 - x2 * y1, minlength=len(origin)), dtype=float)


def _extents(cycle: Ints, here: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the extent of each cycle."""
    if not count:
        return here, here
    order = np.argsort(cycle)
    first = np.searchsorted(cycle[order], np.arange(count))
    columns = [here[:, axis].take(order) for axis in (0, 1)]
    low, high = (np.column_stack([f.reduceat(column, first) for column in columns]) for f in (np.minimum, np.maximum))
    return low, high


def _covers(left: Ints, right: Ints, net: Ints, outer: Ints, count: int) -> Ints:
    """Count covers inwards from the outer cycle of each part, where there is none: left minus right is the net."""
    excess = np.zeros(count, dtype=np.int64)
    known = np.zeros(count, dtype=bool)
    known[outer] = True
    _, first = np.unique(left * count + right, return_index=True)
    left, right, net = left[first], right[first], net[first]
    while len(left):
        into_left, into_right = ~known[left] & known[right], known[left] & ~known[right]
        if not (into_left.any() or into_right.any()):
            break
        excess[left[into_left]] = excess[right[into_left]] + net[into_left]
        excess[right[into_right]] = excess[left[into_right]] - net[into_right]
        known[left[into_left]] = True
        known[right[into_right]] = True
        open_still = ~(known[left] & known[right])
        left, right, net = left[open_still], right[open_still], net[open_still]
    return excess


def _homes(ends: Ints, places: Floats, sides: tuple[Ints, Ints], part: Ints) -> Ints:
    """Return for each part the cycle on the near side of the piece next to it in the west, -1 where there is none."""
    count = int(part.max()) + 1 if len(part) else 0
    home = np.full(count, OUTSIDE, dtype=np.int64)
    if count < 2:
        return home
    part_of_piece = part[sides[0]]
    start, end = places.take(ends[:, 0], axis=0), places.take(ends[:, 1], axis=0)
    # Pieces begin in the west.
    west = np.full(count, np.inf)
    np.minimum.at(west, part_of_piece, start[:, 0])
    rows = np.flatnonzero(start[:, 0] == west[part_of_piece])
    rows = rows[np.lexsort((start[rows, 1], part_of_piece[rows]))]
    westmost = rows[np.concatenate(([True], part_of_piece[rows][1:] != part_of_piece[rows][:-1]))]
    x, y = start[westmost].T
    for of, piece in _level(y, np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])):
        way = end[piece] - start[piece]
        slope = way[:, 0] / way[:, 1]
        meets = start[piece, 0] + (y[of] - start[piece, 1]) * slope
        near = (meets < x[of]) & (part_of_piece[piece] != of)
        of_near, piece_near, slope, meets = of[near], piece[near], slope[near], meets[near]
        # Two pieces met at one node: a hair further north the one that leans further east is the nearer.
        order = np.lexsort((slope, meets, of_near))
        by = of_near[order]
        last = order[np.concatenate((by[1:] != by[:-1], [True]))] if len(order) else order
        found = piece_near[last]
        home[of_near[last]] = np.where(end[found, 1] > start[found, 1], sides[1][found], sides[0][found])
    return home


def _level(y: Floats, low: Floats, high: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Yield the pieces, from `low` to below `high`, that lie level with each `y`: numbers of both, so many at once."""
    order = np.argsort(y, kind="stable")
    first, last = np.searchsorted(y[order], low), np.searchsorted(y[order], high)
    begun, ended = (np.bincount(place, minlength=len(y) + 1)[: len(y)] for place in (first, last))
    block = np.cumsum(np.cumsum(begun - ended)) // _AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(y)]
    for a, b in pairwise(bounds):
        here = np.clip(first, a, b)
        piece, place = runs(here, np.clip(last, a, b) - here)
        yield order[place], piece


def _lifted(home: Ints, part: Ints, outer: Ints, low: Floats) -> Ints:
    """Replace outer cycles among the homes of parts by the home of their own part: both lie in the same face."""
    is_outer = np.zeros(len(part), dtype=bool)
    is_outer[outer] = True
    for number in np.argsort(low[outer, 0], kind="stable").tolist():
        if home[number] >= 0 and is_outer[home[number]]:
            home[number] = home[part[home[number]]]
    return home


def _placed(excess: Ints, part: Ints, home: Ints, low: Floats, outer: Ints) -> Ints:
    """Add to each part's covers those of the face in which it lies, the westernmost parts first."""
    depth = np.zeros(len(home), dtype=np.int64)
    for number in np.argsort(low[outer, 0], kind="stable").tolist():
        if home[number] >= 0:
            depth[number] = excess[home[number]] + depth[part[home[number]]]
    return excess + depth[part]
