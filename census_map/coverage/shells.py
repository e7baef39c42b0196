"""
The outer borders that are in order, set aside before anything is noded.

Without containers the residue holds the whole outline of the areas, often most of it. A closed way of outline that
turns left round its ground, meets no other residual edge and does not cross itself encloses ground covered once: it
needs no noding and makes no fault, it only counts one cover for whatever lies inside.
"""

import numpy as np
import shapely

from census_map.coverage.chain import Residue
from census_map.coverage.edges import Bools, Floats, Ints, Shapes, point_hash

_FEW = 1000  # segments that are noded as quickly as looked at
_NEAR = 4.0  # grid steps: whatever comes nearer to a border is noded together with it


def set_shells_aside(left: Residue, *, grid: float) -> tuple[Bools, Shapes]:
    """
    Find outer borders in order.

    Parameters
    ----------
    left
        A residue without containers.
    grid
        Grid step in CRS units.

    Returns
    -------
    aside
        (segments,) which segments belong to such a border.
    shells
        The ground that these borders enclose, as polygons without holes.
    """
    nothing = np.zeros(len(left), dtype=bool), np.zeros(0, dtype=object)
    if len(left) < _FEW:
        return nothing
    turned = (left.net < 0)[:, None]
    start, end = np.where(turned, left.end, left.start), np.where(turned, left.start, left.end)
    hashed = np.concatenate((point_hash(start), point_hash(end)))
    places, number = np.unique(hashed, return_inverse=True)
    tail, head = number[: len(left)], number[len(left) :]
    part_of = connected(tail, head, len(places))
    plain = (np.bincount(tail, minlength=len(places)) == 1) & (np.bincount(head, minlength=len(places)) == 1)
    parts = int(part_of.max()) + 1
    bad = np.zeros(parts, dtype=bool)
    bad[part_of[~plain]] = True
    bad[part_of[tail[np.abs(left.net) != 1]]] = True
    origin = start.mean(axis=0)
    (x1, y1), (x2, y2) = (start - origin).T, (end - origin).T
    bad |= np.bincount(part_of[tail], x1 * y2 - x2 * y1, minlength=parts) <= 0
    rings = _rings(tail, head, start, np.flatnonzero(~bad), part_of)
    if not rings:
        return nothing
    shells = shapely.polygons([shapely.linearrings(ring) for ring in rings.values()])
    if not shapely.is_valid(shapely.multipolygons(shells)):
        return nothing
    rest = np.flatnonzero(bad[part_of[tail]])
    lines = shapely.linestrings(np.stack((start[rest], end[rest]), axis=1))
    clean = ~_touched(shells, lines, _NEAR * grid)
    chosen = np.zeros(parts, dtype=bool)
    chosen[np.fromiter(rings, dtype=np.int64)[clean]] = True
    return chosen[part_of[tail]], shells[clean]


def connected(tail: Ints, head: Ints, count: int) -> Ints:
    """Number the connected parts of a graph: one number a node."""
    # Loading scipy's graphs takes longer than checking a town; few checks need them.
    from scipy.sparse import coo_matrix  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    links = coo_matrix((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _rings(tail: Ints, head: Ints, start: Floats, wanted: Ints, part_of: Ints) -> dict[int, Floats]:
    """Walk round the wanted parts, each of which is one closed way."""
    following = np.empty(len(part_of), dtype=np.int64)
    following[tail] = head
    place = np.empty((len(part_of), 2))
    place[tail] = start
    first = np.empty(int(part_of.max()) + 1, dtype=np.int64)
    first[part_of] = np.arange(len(part_of))
    step = following.tolist()
    rings = {}
    for part in wanted.tolist():
        here = begin = int(first[part])
        way = [here]
        while (here := step[here]) != begin:
            way.append(here)
        if len(way) > 2:
            rings[part] = place[[*way, begin]]
    return rings


def _touched(shells: Shapes, lines: Shapes, distance: float) -> Bools:
    """Tell which shells some line comes near to."""
    touched = np.zeros(len(shells), dtype=bool)
    if len(lines):
        borders = shapely.boundary(shells)
        shapely.prepare(borders)
        line, shell = shapely.STRtree(borders).query(shapely.box(*_grown(shapely.bounds(lines), distance).T))
        touched[shell[shapely.dwithin(borders[shell], lines[line], distance)]] = True
    return touched


def _grown(bounds: Floats, margin: float) -> Floats:
    return np.asarray(bounds + np.array([-margin, -margin, margin, margin]))


def shells_over(points: Shapes, shells: Shapes) -> Ints:
    """Count the shells that each point lies in."""
    if not len(shells) or not len(points):
        return np.zeros(len(points), dtype=np.int64)
    shapely.prepare(shells)
    shell, point = shapely.STRtree(points).query(shells)
    inside = shapely.intersects(shells[shell], points[point])
    return np.bincount(point[inside], minlength=len(points)).astype(np.int64)
