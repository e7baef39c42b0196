"""
Edges of polygons and lines as numpy arrays.

Every operation of an edit speaks of edges: one row each, x and y of the start, x and y of the end. `canonical` turns
them so that both owners of an edge write it alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import Keys, point_hash
from census_map.crs import snap_coordinates

Points = NDArray[np.float64]  # shape (n, 2), in CRS units
Edges = NDArray[np.float64]  # shape (n, 4): x, y of the start, x, y of the end
Flags = NDArray[np.bool_]
Edge = tuple[float, float, float, float]  # x, y of the lesser end, then of the greater
Geometry = Any  # a shapely Polygon or MultiPolygon


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


def single_ring(geometry: Geometry) -> bool:
    """Tell whether a polygon has one part and no hole."""
    if geometry.geom_type != "Polygon":
        if shapely.get_num_geometries(geometry) != 1:
            return False
        geometry = shapely.get_geometry(geometry, 0)
    return int(shapely.get_num_interior_rings(geometry)) == 0


def ring_edges(geometry: Geometry) -> Edges:
    """
    Give the edges of a polygon as they are written.

    Returns
    -------
    edges
        Shape (n, 4): start x, y, end x, y; edges without length left out.
    """
    if single_ring(geometry):
        xy = shapely.get_coordinates(geometry)
        return _long(np.concatenate((xy[:-1], xy[1:]), axis=1))
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    edges: Edges = np.concatenate((xy[:-1], xy[1:]), axis=1)[ring[1:] == ring[:-1]]
    return _long(edges)


def directed_edges(*geometries: Geometry) -> Edges:
    """Give the edges of polygons with the interior on the left, shape (n, 4)."""
    return owned_edges(geometries)[0]


def owned_edges(geometries: Sequence[Geometry]) -> tuple[Edges, NDArray[np.int64]]:
    """Give the edges of polygons with the interior on the left, in their order, and whose each is (its position)."""
    xy, start, end, owner = _directed(geometries)
    edges: Edges = np.hstack([xy[start], xy[end]])
    long = (edges[:, :2] != edges[:, 2:]).any(axis=1)
    return (edges, owner) if long.all() else (edges[long], owner[long])


@dataclass(frozen=True)
class HashedEdges:
    """
    Directed edges of polygons, interior on the left, by hashes of their ends.

    Attributes
    ----------
    start, end
        (n,) hashes.
    owner
        (n,) position of the polygon whose edge it is.
    xy, start_at, end_at
        Coordinates, and where in them each edge starts and ends.
    """

    start: Keys
    end: Keys
    owner: NDArray[np.int64]
    xy: Points
    start_at: NDArray[np.int64]
    end_at: NDArray[np.int64]

    def rows(self, chosen: NDArray[np.int64]) -> Edges:
        """Give some of the edges, shape (k, 4)."""
        return np.concatenate((self.xy[self.start_at[chosen]], self.xy[self.end_at[chosen]]), axis=1)


def hashed_edges(geometries: Sequence[Geometry] | NDArray[np.object_], *, grid: float = 0.0) -> HashedEdges:
    """Hash the edges of polygons, each vertex once; with a grid (CRS units) as rounded to it."""
    xy, start, end, owner = _directed(geometries)
    hashed = point_hash(snap_coordinates(xy, grid) if grid else xy)
    return HashedEdges(hashed[start], hashed[end], owner, xy, start, end)


def _directed(
    geometries: Sequence[Geometry] | NDArray[np.object_],
) -> tuple[Points, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give the coordinates of polygons, the positions of each edge's start and end, and its owner's position."""
    parts, whose = shapely.get_parts(np.array(geometries, dtype=object), return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    if len(rings) == 0:
        none = np.empty(0, dtype=np.int64)
        return np.empty((0, 2)), none, none, none
    flip = shapely.is_ccw(rings)
    flip[0] = not flip[0]
    flip[1:] ^= part_of[1:] != part_of[:-1]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    here = np.flatnonzero(ring[1:] == ring[:-1])
    ring = ring[here]
    back = flip[ring]
    return xy, here + back, here + ~back, whose[part_of[ring]]


def _long(edges: Edges) -> Edges:
    """Leave out edges without length."""
    long: Flags = (edges[:, 0] != edges[:, 2]) | (edges[:, 1] != edges[:, 3])
    return edges if long.all() else edges[long]


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


def edges_of(polygons: Iterable[Geometry]) -> Edges:
    """Give the edges of several polygons once each, canonical."""
    return unique_edges(np.vstack([np.empty((0, 4)), *(ring_edges(polygon) for polygon in polygons)]))


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


def edge_keys(edges: Edges) -> set[Edge]:
    """Give the keys of many edges."""
    return set(map(tuple, canonical(edges).tolist()))


def undirected_keys(edges: Edges) -> NDArray[np.uint64]:
    """Hash edges to 64 bits, whatever their direction."""
    ends = point_hash(edges.reshape(-1, 2))
    return ends[::2] + ends[1::2]


def among(edges: Edges, others: Edges) -> Flags:
    """Tell which edges are among others too, whatever their direction."""
    keys = undirected_keys(np.concatenate((edges, others)))
    return keys_among(keys[: len(edges)], keys[len(edges) :])


def keys_among(keys: Keys, others: Keys) -> Flags:
    """Tell which keys are among others too: what `isin` does, with less ado for few."""
    if len(others) == 0:
        return np.zeros(len(keys), dtype=bool)
    known = np.sort(others)
    found: Flags = known[np.minimum(known.searchsorted(keys), len(known) - 1)] == keys
    return found


def line_edges(lines: Iterable[Points]) -> Edges:
    """Give the segments of polylines, shape (n, 4)."""
    return np.concatenate([np.empty((0, 4)), *(np.concatenate((line[:-1], line[1:]), axis=1) for line in lines)])


def reversed_edges(edges: Edges) -> Edges:
    """Turn every directed edge round."""
    return edges[:, [2, 3, 0, 1]]


def chain_of(edges: Iterable[Edges]) -> tuple[Edges, NDArray[np.int64]]:
    """
    Add directed edges up and cancel the opposite ones.

    Parameters
    ----------
    edges
        Arrays of directed edges, shape (n, 4).

    Returns
    -------
    residue, count
        The edges that do not cancel, canonical, shape (m, 4), and how often: positive when they run from the lesser
        to the greater end.
    """
    stacked = np.vstack([np.empty((0, 4)), *edges])
    both = canonical(stacked)
    sign = np.where((both == stacked).all(axis=1), 1, -1)
    order = np.lexsort(both.T)
    both, sign = both[order], sign[order]
    first = np.concatenate([[True], (both[1:] != both[:-1]).any(axis=1)])[: len(both)]
    starts = np.flatnonzero(first)
    count = np.add.reduceat(sign, starts) if len(starts) else np.empty(0, dtype=np.int64)
    rest = count != 0
    return both[starts][rest], count[rest]
