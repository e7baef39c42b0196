"""
The edge table of a set of polygons, on which the boundary chain (`chain`) and the shared borders (`neighbours`) rest.

A *directed edge* is a pair of different consecutive vertices of a ring, taken so that the polygon's interior lies on
its left: rings are normalised, whatever their start or direction, and repeated points drop out. Edges are compared by
64-bit hashes of their end points.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map import crs as crs_module

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]

BLOCK = 1 << 15  # vertices worked on at a time, so that the intermediate arrays stay in the processor's cache
_POLYGONAL = (-1, 3, 6)  # shapely's type numbers: none, polygon, multipolygon

_C1 = np.uint64(0x9E3779B97F4A7C15)
_C2 = np.uint64(0xC2B2AE3D27D4EB4F)
_C3 = np.uint64(0xBF58476D1CE4E5B9)
_C4 = np.uint64(0x94D049BB133111EB)
_S29, _S31, _S32 = np.uint64(29), np.uint64(31), np.uint64(32)


@dataclass(frozen=True)
class EdgeTable:
    """
    The edges of polygons, one row a vertex of their rings: the edge from that vertex to the next one.

    Attributes
    ----------
    xy
        (n, 2) vertices as they are stored, in CRS units.
    key
        (n,) the same number for an edge and its opposite, different for different edges.
    sign
        (n,) which way the interior lies: of two areas on either side of an edge one has +1, the other -1. 0 where no
        edge begins (the last vertex of a ring, a repeated point).
    offsets
        (polygons + 1,) the first row of each polygon.
    rings
        (polygons,) the number of rings of each polygon.
    """

    xy: Floats
    key: Keys
    sign: NDArray[np.int8]
    offsets: Ints
    rings: Ints

    def owner(self, rows: Ints) -> Ints:
        """Return the position of the polygon that each row belongs to."""
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def directed(self, rows: Ints) -> tuple[Floats, Floats]:
        """Return start and end of the edges in these rows, interior on the left; (k, 2) each."""
        here, there = self.xy.take(rows, axis=0), self.xy.take(rows + 1, axis=0)
        ahead = (point_hash(here) < point_hash(there)) == (self.sign[rows] > 0)
        return np.where(ahead[:, None], here, there), np.where(ahead[:, None], there, here)


def point_hash(xy: Floats) -> Keys:
    """
    Hash points to 64 bits.

    Parameters
    ----------
    xy
        (n, 2) coordinates; equal numbers give equal hashes (-0.0 and 0.0 too).
    """
    bits = np.ascontiguousarray((xy + 0.0).T).view(np.uint64)
    bits ^= bits >> _S32
    x, y = bits
    x *= _C1
    y *= _C2
    bits ^= bits >> _S29
    mixed: Keys = x + y
    mixed *= _C3
    mixed ^= mixed >> _S31
    mixed *= _C4
    mixed ^= mixed >> _S32
    return mixed


def edge_table(shapes: Shapes, *, grid: float = 0.0, vertices: Ints | None = None) -> EdgeTable:
    """
    Build the edge table of polygons.

    Parameters
    ----------
    shapes
        (n,) polygons and multipolygons; None and empty ones have no edges. Z and M are ignored.
    grid
        Round coordinates to this step first, in CRS units (`crs.grid_size`); 0 keeps every bit.
    vertices
        (n,) how many vertices each has, if that is known.
    """
    counts = shapely.get_num_coordinates(shapes) if vertices is None else vertices
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    xy = np.empty((offsets[-1], 2))
    key = np.empty(offsets[-1], dtype=np.uint64)
    sign = np.empty(offsets[-1], dtype=np.int8)
    rings = np.zeros(len(counts), dtype=np.int64)
    for first, last in _blocks(offsets):
        rows = slice(offsets[first], offsets[last])
        raw = shapely.get_coordinates(shapes[first:last])
        block = crs_module.snap_coordinates(raw, grid) if grid else raw
        xy[rows] = block
        starts, holes = block_rings(block, shapes[first:last], offsets[first : last + 1])
        # Rounding may turn a ring narrower than the grid round: which side is its interior is told by its own vertices.
        key[rows], sign[rows] = _block_edges(block, starts, _turns(raw, starts, holes))
        rings[first:last] = np.diff(np.searchsorted(starts, offsets[first : last + 1] - offsets[first]))
    return EdgeTable(xy, key, sign, offsets, rings)


def _blocks(offsets: Ints) -> Iterator[tuple[int, int]]:
    first, count = 0, len(offsets) - 1
    while first < count:
        last = int(np.searchsorted(offsets, offsets[first] + BLOCK, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last


def block_rings(xy: Floats, shapes: Shapes, offsets: Ints) -> tuple[Ints, Bools]:
    """
    Find the rings of some polygons.

    Parameters
    ----------
    xy, shapes
        (n, 2) vertices of the polygons, and the polygons.
    offsets
        (polygons + 1,) the first vertex of each polygon, counted from anywhere.

    Returns
    -------
    starts, holes
        The first row of each ring, and whether it is a hole.
    """
    starts = offsets[:-1] - offsets[0]
    counts = np.diff(offsets)
    filled = counts > 0
    if not filled.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    # A shape whose first point occurs once more, at its very end, is one ring: a ring ends where its first point
    # comes back. This spares taking every polygon apart.
    x = np.ascontiguousarray(xy[:, 0])
    same = x == np.repeat(x[starts[filled]], counts[filled])
    ends = starts[filled] + counts[filled] - 1
    single = (np.add.reduceat(same, starts[filled], dtype=np.int64) == 2) & same[ends]
    if single.all():
        return starts[filled], np.zeros(len(single), dtype=bool)
    taken = np.flatnonzero(filled)[~single]
    parts = shapely.get_parts(shapes[taken])
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    hole = np.concatenate(([False], part_of_ring[1:] == part_of_ring[:-1]))
    sizes = shapely.get_num_coordinates(rings)
    written = sizes > 0  # an empty hole has no first row
    hole, sizes = hole[written], sizes[written]
    # The rings of a shape follow each other, so running totals restart at the shape's own first row.
    before = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    shape_sizes = counts[taken]
    shape_before = np.concatenate(([0], np.cumsum(shape_sizes)[:-1]))
    shape_of_ring = np.searchsorted(shape_before, before, side="right") - 1
    ring_starts = starts[taken][shape_of_ring] + before - shape_before[shape_of_ring]
    all_starts = np.concatenate((starts[filled][single], ring_starts))
    all_holes = np.concatenate((np.zeros(int(single.sum()), dtype=bool), hole))
    order = np.argsort(all_starts, kind="stable")
    return all_starts[order], all_holes[order]


def _turns(xy: Floats, starts: Ints, holes: Bools) -> NDArray[np.int8]:
    """Return of each row of a block 1 where its ring has the interior on the left, -1 where on the right."""
    if not len(xy):
        return np.zeros(0, dtype=np.int8)
    sizes = np.diff(np.concatenate((starts, [len(xy)])))
    turn = np.where((_signed_area(xy, starts, sizes) > 0) ^ holes, 1, -1).astype(np.int8)
    return np.repeat(turn, sizes)


def _block_edges(xy: Floats, starts: Ints, turns: NDArray[np.int8]) -> tuple[Keys, NDArray[np.int8]]:
    """Return key and sign of each row of a block."""
    if not len(xy):
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int8)
    hashed = point_hash(xy)
    following = np.empty_like(hashed)
    following[:-1] = hashed[1:]
    following[-1] = hashed[-1]
    key = hashed + following
    sign = (hashed < following).astype(np.int8)
    sign -= (hashed > following).astype(np.int8)
    sign *= turns
    sign[np.concatenate((starts[1:], [len(xy)])) - 1] = 0
    return key, sign


def _signed_area(xy: Floats, starts: Ints, sizes: Ints) -> Floats:
    """Return twice the signed area of each ring, measured from its first point to keep the digits."""
    x, y = (column - np.repeat(column[starts], sizes) for column in xy.T)
    cross = np.zeros(len(xy))
    # The edge leaving a ring's last vertex ends at another ring's first, which is its own origin: the product is zero.
    with np.errstate(invalid="ignore", over="ignore"):  # coordinates without end are invalid, which is told elsewhere
        np.multiply(x[:-1], y[1:], out=cross[:-1])
        cross[:-1] -= x[1:] * y[:-1]
    return np.asarray(np.add.reduceat(cross, starts))


def polygonal(shapes: Shapes) -> Bools:
    """Tell which shapes are polygons, multipolygons or missing."""
    return np.isin(shapely.get_type_id(shapes), _POLYGONAL)
