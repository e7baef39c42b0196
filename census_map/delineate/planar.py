"""
A drawing of faces that knows its edges: nodes and directed edges with the face on either side.

Exactness by construction: whatever faces are melted together, every edge that stays is the same edge for both sides,
so the boundary chain of the result cancels bit by bit (see `census_map.coverage` for the proof from outside).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OUTSIDE = -1


def links_between(count: int, a: Ints, b: Ints) -> coo_array:
    """Give the matrix of links that `scipy.sparse.csgraph` reads; before SciPy 1.12 it wants 32-bit indices."""
    return coo_array((np.ones(len(a)), (a.astype(np.int32), b.astype(np.int32))), shape=(count, count))


def intersect(a: NDArray[np.object_], b: NDArray[np.object_] | shapely.Geometry) -> NDArray[np.object_]:
    """Intersect shapes pair by pair; GEOS 3.11 raises the processor's 'invalid' flag on sound results."""
    with np.errstate(invalid="ignore"):
        return np.asarray(shapely.intersection(a, b))


def node_lines(lines: list[shapely.Geometry], step: float) -> shapely.Geometry:
    """Node lines on a grid, so that they meet in common vertices only; see `intersect` for the flag."""
    with np.errstate(invalid="ignore"):
        return shapely.union_all(np.array(lines, dtype=object), grid_size=step)


@dataclass(frozen=True)
class Drawing:
    """
    Faces as edges.

    Parameters
    ----------
    xy
        Nodes, shape (n, 2).
    tail, head
        Nodes of each edge.
    left, right
        Face on either side, walking from tail to head; `right` is `OUTSIDE` on the outer border.
    """

    xy: Floats
    tail: Ints
    head: Ints
    left: Ints
    right: Ints

    @property
    def length(self) -> Floats:
        """Length of each edge."""
        step = self.xy[self.head] - self.xy[self.tail]
        return np.hypot(step[:, 0], step[:, 1])

    def relabelled(self, labels: Ints) -> tuple["Drawing", Bools]:
        """Melt the faces of each label into one and drop the edges inside; also tell which edges were kept."""
        left = labels[self.left]
        right = np.where(self.right == OUTSIDE, OUTSIDE, labels[self.right])
        keep = left != right
        return Drawing(self.xy, self.tail[keep], self.head[keep], left[keep], right[keep]), keep

    def face_areas(self, count: int) -> Floats:
        """Area of each face."""
        origin = self.xy.mean(axis=0) if len(self.xy) else np.zeros(2)
        a, b = self.xy[self.tail] - origin, self.xy[self.head] - origin
        cross = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
        areas = np.bincount(self.left, cross, minlength=count)
        inner = self.right != OUTSIDE
        areas -= np.bincount(self.right[inner], cross[inner], minlength=count)
        return np.asarray(areas)


def directed_edges(polygons: NDArray[np.object_]) -> tuple[Floats, Floats, Ints]:
    """
    List the edges of polygons with the interior on the left.

    Returns
    -------
    start, end, owner
        Coordinates of both ends, shape (n, 2), and the number of the polygon.
    """
    rings, ring_owner = shapely.get_rings(polygons, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    within = ring_of[:-1] == ring_of[1:]
    start, end, ring = xy[:-1][within], xy[1:][within], ring_of[:-1][within]
    origin = xy.mean(axis=0) if len(xy) else np.zeros(2)
    a, b = start - origin, end - origin
    twice = np.bincount(ring, a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], minlength=len(rings))
    # `get_rings` gives each polygon's exterior first, but a part of a multipolygon is not told apart: single ones only.
    exterior = np.ones(len(rings), bool)
    exterior[1:] = ring_owner[1:] != ring_owner[:-1]
    flip = ((twice > 0) != exterior)[ring]
    return np.where(flip[:, None], end, start), np.where(flip[:, None], start, end), ring_owner[ring]


def draw_faces(faces: NDArray[np.object_], step: float) -> Drawing:
    """
    Find the common edges of faces that were cut from one noded drawing.

    Parameters
    ----------
    faces
        Polygons whose coordinates are multiples of `step`, sharing every vertex of a common border.
    step
        Grid step; two coordinates closer than half of it are the same node.
    """
    start, end, owner = directed_edges(faces)
    count = len(start)
    grid = np.rint(np.concatenate([start, end]) / step).astype(np.int64)
    base = grid.min(axis=0)
    span = int(grid[:, 0].max() - base[0]) + 1
    key = (grid[:, 1] - base[1]) * span + (grid[:, 0] - base[0])
    _, first, node = np.unique(key, return_index=True, return_inverse=True)
    xy = np.concatenate([start, end])[first]
    tail, head = node[:count], node[count:]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((high, low))
    same = np.zeros(count, bool)
    same[1:] = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    lead, follow = order[~same], order[same]
    right = np.full(count, OUTSIDE, np.int64)
    right[order[np.flatnonzero(same) - 1]] = owner[follow]
    return Drawing(xy, tail[lead], head[lead], owner[lead].astype(np.int64), right[lead])
