"""
Edges that areas gain and lose in an edit, and whose edges lie where the chain does not cancel.

Polygons that GEOS calls valid take the short way: only the stretch of a ring that an edit changed is hashed, and only
the rings that have an edge asked for are turned. All others go through the edge table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.chain import Edges
from census_map.coverage.edges import EdgeTable, Floats, Ints, Keys, Shapes, edge_table, point_hash
from census_map.coverage.segments import Geometry, hashed_edges, keys_among
from census_map.crs import snap_coordinates


@dataclass(frozen=True)
class Steps:
    """
    Edges that areas gain or lose; one may be named several times.

    Attributes
    ----------
    key, sign
        (n,) as in an `EdgeTable`.
    change
        (n,) how many more areas have the edge.
    ends
        (n, 4) x and y of both ends.
    """

    key: Keys
    sign: Ints
    change: Ints
    ends: Floats


def steps_of(table: EdgeTable, rows: Ints, change: Ints) -> Steps:
    """Return the edges in some rows of a table."""
    ends = np.concatenate((table.xy[rows], table.xy[rows + 1]), axis=1)
    return Steps(table.key[rows], table.sign[rows].astype(np.int64), change, ends)


def steps_between(old: Sequence[Geometry], new: Sequence[Geometry], *, sound: bool, grid: float) -> Steps:
    """
    Return the edges that polygons lost or gained.

    Parameters
    ----------
    old, new
        (n,) the polygons before and after; None for none.
    sound
        Whether all are valid.
    grid
        Grid step in CRS units.
    """
    if not sound:
        return _between_any(np.array([*old, *new], dtype=object), len(old), grid)
    stretches: list[Floats] = []
    change: list[int] = []
    whole: list[Geometry] = []
    for before, after in zip(old, new, strict=True):
        both = None if before is None or after is None else _changed_stretch(before, after)
        if both is None:
            whole += [before, after]
        else:
            stretches += both
            change += [-1, 1]
    ways = [_along(stretches, change, grid)] if stretches else []
    if whole or not ways:
        ways.append(_of_whole(whole, grid))
    return ways[0] if len(ways) == 1 else _joined(ways)


def _changed_stretch(old: Geometry, new: Geometry) -> tuple[Floats, Floats] | None:
    """
    Return the changed vertices of two rings with one unchanged before and after, interior on the left.

    None where that is not all: other rings, another beginning, or a ring whose interior changed sides.
    """
    if shapely.get_num_geometries((old, new)).tolist() != [1, 1]:
        return None
    polygons = shapely.get_geometry((old, new), 0)
    rings = shapely.get_exterior_ring(polygons)
    left, still_left = shapely.is_ccw(rings).tolist()
    if left != still_left or shapely.get_num_interior_rings(polygons).any():
        return None
    here, there = shapely.get_coordinates(rings[0]), shapely.get_coordinates(rings[1])
    shared = min(len(here), len(there))
    first = _first_change(here[:shared], there[:shared])
    if not first:
        return None
    # A vertex counts for the beginning or for the end, never for both.
    last = min(_first_change(here[-shared:][::-1], there[-shared:][::-1]), shared - first)
    one, other = (xy[first - 1 : len(xy) - last + 1] for xy in (here, there))
    return (one, other) if left else (one[::-1], other[::-1])


def _first_change(here: Floats, there: Floats) -> int:
    """Return the first row in which vertices differ, their number if none does."""
    differ = np.flatnonzero(here != there)
    return int(differ[0]) // 2 if len(differ) else len(here)


def _along(stretches: list[Floats], change: list[int], grid: float) -> Steps:
    """Return the edges along stretches of vertices."""
    xy = np.concatenate(stretches)
    of = np.repeat(np.arange(len(stretches)), [len(stretch) for stretch in stretches])
    hashed = point_hash(snap_coordinates(xy, grid))
    rows = np.flatnonzero((of[1:] == of[:-1]) & (hashed[1:] != hashed[:-1]))
    start, end = hashed[rows], hashed[rows + 1]
    return Steps(
        key=start + end,
        sign=np.where(start < end, 1, -1),
        change=np.array(change)[of[rows]],
        ends=np.concatenate((xy[rows], xy[rows + 1]), axis=1),
    )


def _of_whole(pairs: list[Geometry], grid: float) -> Steps:
    """Return the edges that valid polygons lost or gained, given in turn before and after."""
    edges = hashed_edges(np.array(pairs, dtype=object), grid=grid)
    rows = np.flatnonzero(edges.start != edges.end)
    start, end = edges.start[rows], edges.end[rows]
    sign, step = np.where(start < end, 1, -1), np.where(edges.owner[rows] % 2, 1, -1)
    at, change = _netted(start + end, sign, step)
    return Steps((start + end)[at], sign[at], change, edges.rows(rows[at]))


def _between_any(shapes: Shapes, old: int, grid: float) -> Steps:
    """Return the edges that polygons of any kind lost or gained, the old ones standing first."""
    table = edge_table(shapes, grid=grid)
    rows = np.flatnonzero(table.sign)
    step = np.where(rows < table.offsets[old], -1, 1)
    at, change = _netted(table.key[rows], table.sign[rows].astype(np.int64), step)
    return steps_of(table, rows[at], change)


def _netted(key: Keys, sign: Ints, step: Ints) -> tuple[Ints, Ints]:
    """Drop the edges that are lost and gained as often; return which stay, and how often each is more there."""
    _unique, first, number = np.unique(key ^ (sign > 0).astype(np.uint64), return_index=True, return_inverse=True)
    change = np.bincount(number, step).astype(np.int64)
    moved = np.flatnonzero(change)
    return first[moved], change[moved]


def _joined(ways: list[Steps]) -> Steps:
    columns = ([getattr(way, name) for way in ways] for name in ("key", "sign", "change", "ends"))
    return Steps(*(np.concatenate(column) for column in columns))


def edges_with(keys: Keys, shapes: Shapes, grid: float) -> Edges:
    """
    Find the edges of valid polygons that have one of the keys.

    Parameters
    ----------
    keys
        (n,) as in an `EdgeTable`.
    shapes
        Polygons.
    grid
        Grid step in CRS units.

    Returns
    -------
    start, end, owner
        (n, 2) coordinates as stored, interior on the left, and positions of the polygons.
    """
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    hashed = point_hash(snap_coordinates(xy, grid))
    at = np.flatnonzero(keys_among(hashed[1:] + hashed[:-1], keys))
    at = at[(of[at] == of[at + 1]) & (hashed[at] != hashed[at + 1])]
    owner = of[at]
    having = np.flatnonzero(np.bincount(owner, minlength=len(shapes)))
    ringed = shapes[having]
    first = shapely.get_geometry(ringed, 0)
    if (shapely.get_num_geometries(ringed) > 1).any() or shapely.get_num_interior_rings(first).any():
        edges = hashed_edges(ringed, grid=grid)
        rows = np.flatnonzero(keys_among(edges.start + edges.end, keys) & (edges.start != edges.end))
        return edges.xy[edges.start_at[rows]], edges.xy[edges.end_at[rows]], having[edges.owner[rows]]
    turned = np.zeros(len(shapes), dtype=bool)
    turned[having] = ~shapely.is_ccw(shapely.get_exterior_ring(first))
    back = turned[owner]
    return xy[at + back], xy[at + ~back], owner


def edges_with_of_any(keys: Keys, shapes: Shapes, grid: float) -> Edges:
    """Find the same of polygons that may be invalid, turned as the chain turns them."""
    table = edge_table(shapes, grid=grid)
    rows = np.flatnonzero(keys_among(table.key, keys) & (table.sign != 0))
    return (*as_stored(table, shapely.get_coordinates(shapes), rows), table.owner(rows))


def as_stored(table: EdgeTable, raw: Floats, rows: Ints) -> tuple[Floats, Floats]:
    """Return start and end of edges (k, 2), interior on the left, at the coordinates `raw` of the table's vertices."""
    start, _end = table.directed(rows)
    ahead = (start == table.xy[rows]).all(axis=1)[:, None]
    here, there = raw[rows], raw[rows + 1]
    return np.where(ahead, here, there), np.where(ahead, there, here)
