"""
Which rings are simple, proven with numpy for nearly all: quicker than asking GEOS about one polygon after another.

A ring is simple, and the polygon of that one ring valid, if edges that follow one another share no more than their
common vertex and all others are apart. The first is read off the turn at each vertex. For the second, rings of about
the same size are laid side by side and the extents of all pairs of edges compared at once, on a lattice of 256 cells
across each ring; of the few pairs that come near each other the ends of one must lie on one side of the other. Turns
and sides are believed only beyond Shewchuk's bound of the rounding error ("Adaptive precision floating-point
arithmetic", 1997, the error of orient2d), so a proof holds in exact arithmetic. Rings without proof (those that touch
themselves, repeat a point, or are long) are not told from those that are not simple.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from census_map.coverage.edges import BLOCK, Bools, Floats, Ints

LONGEST = 128  # vertices; all pairs of edges of a ring are compared, so longer ones are left to GEOS
_PAIRS = 1 << 20  # pairs of edges compared at once
_WIDER = 1.2  # how much longer than the shortest of some rings laid side by side the longest may be
_CELLS = 255.0
_LATTICE = 2.0**30
_ERROR = (3 + 16 * 2.0**-53) * 2.0**-53
_TINY = 1e-290  # more than what products too small for their digits lose

Cells = NDArray[np.uint8]


def proven_simple(xy: Floats, offsets: Ints, asked: Bools) -> Bools:
    """
    Prove rings simple.

    Parameters
    ----------
    xy
        (n, 2) vertices.
    offsets
        (rings + 1,) the first row of each ring, and the end; the last row of a ring repeats the first.
    asked
        (rings,) which rings to prove; of the others the rows may hold anything.

    Returns
    -------
    proven
        (rings,) False where nothing is known.
    """
    first, size = offsets[:-1], np.diff(offsets)
    proven = asked & (size >= 4) & (size <= LONGEST)
    if not proven.any():
        return proven
    begin = int(offsets[0])
    cells = np.empty((int(offsets[-1]) - begin, 2), dtype=np.uint8)
    held = np.flatnonzero(size)
    cuts = np.flatnonzero(np.diff((first[held] - begin) // BLOCK)) + 1
    for rings in np.split(held, cuts):
        start, end = int(first[rings[0]]), int(offsets[rings[-1] + 1])
        starts, sizes = first[rings] - start, size[rings]
        x, y = np.ascontiguousarray(xy[start:end].T)
        with np.errstate(all="ignore"):  # a coordinate without end proves nothing
            proven[rings[_folded(x, y, starts, sizes)]] = False
            for column, values in enumerate((x, y)):
                cells[start - begin : end - begin, column] = _cells_of(values, starts, sizes)
    packed = cells.reshape(-1).view(np.uint16)
    near = [np.zeros((3, 0), dtype=np.int64)]
    for rings in _alike(size, np.flatnonzero(proven)):
        ring, one, other = _near_edges(packed, first[rings] - begin, size[rings] - 1)
        ring = rings[ring]
        near.append(np.stack((ring, first[ring] + one, first[ring] + other)))
    ring, one, other = np.concatenate(near, axis=1)
    with np.errstate(all="ignore"):  # nor do products too large for a number
        proven[ring[~_apart(xy, one, other)]] = False
    return proven


def _folded(x: Floats, y: Floats, first: Ints, size: Ints) -> Ints:
    """Return the rings in which an edge may run back over the one before it."""
    last = first + size - 1
    dx, dy = np.empty_like(x), np.empty_like(y)
    np.subtract(x[1:], x[:-1], out=dx[:-1])
    np.subtract(y[1:], y[:-1], out=dy[:-1])
    dx[last], dy[last] = dx[first], dy[first]  # the first edge follows the last
    one, other = dx[:-1] * dy[1:], dy[:-1] * dx[1:]
    doubt = np.flatnonzero(~_beyond_error(np.abs(one - other), one, other))
    one, other = dx[doubt] * dx[doubt + 1], dy[doubt] * dy[doubt + 1]
    doubt = doubt[~_beyond_error(one + other, one, other)]
    ring = np.searchsorted(first, doubt, side="right") - 1
    return np.asarray(ring[doubt < last[ring]])


def _beyond_error(value: Floats, one: Floats, other: Floats) -> Bools:
    """Tell where a sum or difference of two products of differences is more than its rounding error; uses them up."""
    np.abs(one, out=one)
    np.abs(other, out=other)
    one += other
    one *= _ERROR
    one += _TINY
    return np.asarray(value > one)


def _cells_of(values: Floats, first: Ints, size: Ints) -> Cells:
    """Return the cell of each vertex across the extent of its ring; never in the wrong order."""
    low = values.min()
    lattice = ((values - low) * (_LATTICE / ((values.max() - low) or 1.0))).astype(np.int32)
    west = np.minimum.reduceat(lattice, first)
    wide = np.maximum.reduceat(lattice, first) - west
    lattice -= np.repeat(west, size)
    scale = (_CELLS / np.maximum(wide, 1)).astype(np.float32)
    cells: Cells = (lattice * np.repeat(scale, size)).astype(np.uint8)
    return cells


def _alike(size: Ints, rings: Ints) -> Iterator[Ints]:
    """Divide rings into groups of about the same size, small enough to compare all pairs of their edges at once."""
    rings = rings[np.argsort(size[rings], kind="stable")]
    sizes = size[rings]
    a = 0
    while a < len(rings):
        b = min(len(rings), a + max(1, _PAIRS // int(sizes[a]) ** 2))
        b = min(b, int(np.searchsorted(sizes, int(_WIDER * sizes[a]) + 1)))
        b = min(b, a + max(1, _PAIRS // int(sizes[b - 1]) ** 2))
        yield rings[a:b]
        a = b


def _near_edges(packed: NDArray[np.uint16], first: Ints, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """
    Find edges that come near each other and do not follow one another.

    Parameters
    ----------
    packed
        The cells of each vertex, x and y in one number.
    first, edges
        (rings,) first row, and number of edges, ascending.

    Returns
    -------
    ring, one, other
        The ring and the numbers of the two edges.
    """
    most, count = int(edges[-1]), len(first)
    rows = np.minimum(np.arange(most + 1)[:, None], edges)  # shorter rings end in edges of no length
    rows += first
    cell = packed[rows]
    meet = np.ones((most, most, count), dtype=bool)
    other = np.empty_like(meet)
    for axis in (cell.astype(np.uint8), (cell >> 8).astype(np.uint8)):
        low, high = np.minimum(axis[1:], axis[:-1]), np.maximum(axis[1:], axis[:-1])
        np.less_equal(low[:, None], high, out=other)
        meet &= other
    meet[0, edges - 1, np.arange(count)] = False
    begins = np.cumsum([0, *(count * (most - 2 - k) for k in range(most - 2))])
    both = other.reshape(-1)[: begins[-1]]
    for k, (a, b) in enumerate(pairwise(begins.tolist())):
        np.logical_and(meet[k, k + 2 :], meet[k + 2 :, k], out=both[a:b].reshape(-1, count))
    place = np.flatnonzero(both)
    one = np.searchsorted(begins, place, side="right") - 1
    place -= begins[one]
    ahead = place // count
    place -= ahead * count
    ahead += one + 2
    real = ahead < edges[place]
    return place[real], one[real], ahead[real]


def _apart(xy: Floats, one: Ints, other: Ints) -> Bools:
    """Tell of pairs of edges, by the rows where they begin, which certainly share no point."""
    a, b, c, d = (xy.take(rows, axis=0).T for rows in (one, one + 1, other, other + 1))
    apart = _beside(a, b, c, d)
    rest = np.flatnonzero(~apart)
    apart[rest] = _beside(*(ends[:, rest] for ends in (c, d, a, b)))
    return apart


def _beside(a: Floats, b: Floats, c: Floats, d: Floats) -> Bools:
    """Tell where c and d certainly lie on the same side of the line through a and b."""
    (left, right), (left_too, right_too) = _sides(a, b, c), _sides(a, b, d)
    return np.asarray((left & left_too) | (right & right_too))


def _sides(a: Floats, b: Floats, point: Floats) -> tuple[Bools, Bools]:
    """Tell where a point certainly lies left, and where right of the line from a to b."""
    one, other = (a[0] - point[0]) * (b[1] - point[1]), (a[1] - point[1]) * (b[0] - point[0])
    turn = one - other
    sure = _beyond_error(np.abs(turn), one, other)
    return sure & (turn > 0), sure & (turn < 0)
