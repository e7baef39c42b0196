"""
The local geometry of a residue: where its segments meet, the faces they enclose, and how often each face is covered.

Only residual edges are noded, never the whole coverage, and they are noded by snap rounding on the grid: a border that
passes through the grid cell of another's vertex passes through that vertex. Without snapping, the last digits of a
computed crossing decide whether a face closes.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.chain import Residue
from census_map.coverage.edges import Bools, Floats, Ints, Keys, Shapes, edge_table, point_hash
from census_map.crs import snap_coordinates

_CELL = 0.7072  # grid steps, half the diagonal of a cell: no snapped segment is further from its nodes
_ON_BORDER = 1.5  # grid steps: a vertex nearer than this to a border lies on it; rounding alone moves both by 0.71
_UNBOUNDED = -1


@dataclass(frozen=True)
class Arrangement:
    """
    The faces that a residue encloses.

    A *piece* is a segment between two neighbouring nodes, in the direction from its smaller end to its larger (by x,
    then y).

    Attributes
    ----------
    faces
        (f,) polygons with vertices on the grid.
    excess
        (f,) how much more often areas cover the face than containers do.
    start, end
        (p, 2) end points of the pieces.
    left, right
        (p,) the faces on either side; -1 is the ground outside all faces.
    step_piece, step_segment, step_along
        (t,) which piece is a step of the way of which segment of the residue, and whether it runs the same way.
    passed_node, passed_segment
        (q,) points (q, 2) that a segment passes between its own ends, and the segment.
    """

    faces: Shapes
    excess: Ints
    start: Floats
    end: Floats
    left: Ints
    right: Ints
    step_piece: Ints
    step_segment: Ints
    step_along: Bools
    passed_node: Floats
    passed_segment: Ints


def arrange(residue: Residue, *, grid: float) -> Arrangement:
    """
    Node the segments of a residue and build the faces.

    Parameters
    ----------
    residue
        What is left of a boundary chain.
    grid
        Grid step in CRS units; the residue's end points lie on it.
    """
    ways = _through_near_nodes(residue, grid)
    lines = shapely.linestrings(np.stack((ways.start, ways.end), axis=1))
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=grid))
    noded = noded[shapely.get_dimensions(noded) == 1]
    start, end = _pieces(noded, grid)
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(np.stack((start, end), axis=1))))
    key = point_hash(start) + point_hash(end)
    order = np.argsort(key)
    piece, way, along, node, by_way = _steps(ways, _Pieces(start, end, key, order), lines, grid)
    left, right = _sides(faces, key, order, start, grid)
    segment = ways.segment[way]
    net = np.zeros(len(start), dtype=np.int64)
    np.add.at(net, piece, np.where(along, 1, -1) * residue.net[segment])
    return Arrangement(
        faces=faces,
        excess=_propagate(net, left, right, len(faces)),
        start=start,
        end=end,
        left=left,
        right=right,
        step_piece=piece,
        step_segment=segment,
        step_along=along,
        passed_node=np.concatenate((ways.passed_node, node)),
        passed_segment=np.concatenate((ways.passed_segment, ways.segment[by_way])),
    )


@dataclass(frozen=True)
class _Ways:
    """Segments led through the nodes that lie on them: one row a stretch, in the direction of its segment."""

    start: Floats
    end: Floats
    segment: Ints
    passed_node: Floats
    passed_segment: Ints


def _through_near_nodes(residue: Residue, grid: float) -> _Ways:
    """
    Lead every segment through the vertices of others that lie on it.

    The end points are rounded to the grid, which can move a border away from the vertex in its middle by somewhat more
    than the cell that snap rounding looks at.
    """
    start, end = residue.start, residue.end
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    nodes = np.unique(np.concatenate((start, end)), axis=0)
    of, node = shapely.STRtree(shapely.points(nodes)).query(lines, predicate="dwithin", distance=_ON_BORDER * grid)
    place = nodes[node]
    between = (place != start[of]).any(axis=1) & (place != end[of]).any(axis=1)
    of, place = of[between], place[between]
    reach = ((place - start[of]) * (end[of] - start[of])).sum(axis=1)
    by = np.lexsort((place[:, 1], place[:, 0], reach, of))
    of, place = of[by], place[by]
    segment = np.concatenate((np.arange(len(start)), of))
    # Each inserted node begins a stretch that follows those of its segment.
    begin = np.concatenate((start, place))
    order = np.argsort(segment, kind="stable")
    segment, begin = segment[order], begin[order]
    last = np.concatenate((segment[1:] != segment[:-1], [True]))
    finish = np.where(last[:, None], end[segment], np.roll(begin, -1, axis=0))
    return _Ways(begin, finish, segment, place, of)


def _pieces(noded: Shapes, grid: float) -> tuple[Floats, Floats]:
    xy, line = shapely.get_coordinates(noded, return_index=True)
    xy = snap_coordinates(xy, grid)
    inner = line[1:] == line[:-1]
    start, end = xy[:-1][inner], xy[1:][inner]
    swap = ~_is_forward(start, end)[:, None]
    start, end = np.where(swap, end, start), np.where(swap, start, end)
    real = (start != end).any(axis=1)
    start, end = start[real], end[real]
    _, first = np.unique(point_hash(start) + point_hash(end), return_index=True)
    return start[first], end[first]


def _find(wanted: Keys, key: Keys, order: NDArray[np.intp]) -> Ints:
    """Return the row of `key` that holds each wanted key, -1 where there is none; `order` sorts `key`."""
    if not len(key):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
    row = order[place]
    return np.where(key[row] == wanted, row, -1).astype(np.int64)


@dataclass(frozen=True)
class _Pieces:
    start: Floats
    end: Floats
    key: Keys
    order: NDArray[np.intp]


def _steps(ways: _Ways, pieces: _Pieces, lines: Shapes, grid: float) -> tuple[Ints, Ints, Bools, Floats, Ints]:
    """Follow every stretch through the nodes it passes: pieces, stretches, directions; nodes passed, stretches."""
    whole = _find(point_hash(ways.start) + point_hash(ways.end), pieces.key, pieces.order)
    kept, broken = np.flatnonzero(whole >= 0), np.flatnonzero(whole < 0)
    found, way, along = [whole[kept]], [kept], [_is_forward(ways.start[kept], ways.end[kept])]
    passed_node, passed_way = [np.zeros((0, 2))], [np.zeros(0, dtype=np.int64)]
    if len(broken):
        nodes = np.unique(np.concatenate((pieces.start, pieces.end)), axis=0)
        tree = shapely.STRtree(shapely.points(nodes))
        of, node = tree.query(lines[broken], predicate="dwithin", distance=_CELL * grid)
        run = ways.end[broken][of] - ways.start[broken][of]
        by = np.lexsort((((nodes[node] - ways.start[broken][of]) * run).sum(axis=1), of))
        of, node = of[by], node[by]
        bounds = np.searchsorted(of, np.arange(len(broken) + 1))
        for k, stretch in enumerate(broken):
            row = _way(nodes[node[bounds[k] : bounds[k + 1]]], pieces.key, pieces.order)
            found.append(row[0])
            way.append(np.full(len(row[0]), stretch))
            along.append(row[2])
            passed_node.append(row[1])
            passed_way.append(np.full(len(row[1]), stretch))
    join = np.concatenate
    return join(found), join(way), join(along), join(passed_node), join(passed_way)


def _is_forward(start: Floats, end: Floats) -> Bools:
    """Tell which lines run from their smaller end to their larger, as pieces do."""
    return np.asarray((start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1])))


def _way(nodes: Floats, key: Keys, order: NDArray[np.intp]) -> tuple[Ints, Floats, Bools]:
    """Return the pieces along a row of nodes, the nodes between, and whether each piece runs the same way."""
    hashed = point_hash(nodes)
    found = _find(hashed[:-1] + hashed[1:], key, order)
    stops = list(range(len(nodes)))
    if (found < 0).any():
        # A node beside the segment, within the tolerance of the query but in a cell that the segment misses.
        stops = [0]
        for k in range(1, len(nodes)):
            if _find(hashed[stops[-1] : stops[-1] + 1] + hashed[k], key, order)[0] >= 0:
                stops.append(k)
        found = _find(hashed[stops[:-1]] + hashed[stops[1:]], key, order)
    here, there = nodes[stops[:-1]], nodes[stops[1:]]
    return found, nodes[stops[1:-1]], _is_forward(here, there)


def _sides(faces: Shapes, key: Keys, order: NDArray[np.intp], start: Floats, grid: float) -> tuple[Ints, Ints]:
    """Return the faces to the left and to the right of each piece."""
    left = np.full(len(key), _UNBOUNDED, dtype=np.int64)
    right = left.copy()
    table = edge_table(faces, grid=grid)
    rows = np.flatnonzero(table.sign)
    piece = _find(table.key[rows], key, order)
    here, _ = table.directed(rows)
    on = (here == start[piece]).all(axis=1)
    face = table.owner(rows)
    known = piece >= 0
    left[piece[on & known]] = face[on & known]
    right[piece[~on & known]] = face[~on & known]
    return left, right


def _propagate(net: Ints, left: Ints, right: Ints, count: int) -> Ints:
    """Count covers inwards from the outside, where nothing covers: left minus right is the piece's net."""
    excess = np.zeros(count + 1, dtype=np.int64)  # the last entry is the outside, index -1
    known = np.zeros(count + 1, dtype=bool)
    known[-1] = True
    while True:
        into_left = ~known[left] & known[right]
        into_right = known[left] & ~known[right]
        if not (into_left.any() or into_right.any()):
            return excess[:-1]
        excess[left[into_left]] = excess[right[into_left]] + net[into_left]
        excess[right[into_right]] = excess[left[into_right]] - net[into_right]
        known[left[into_left]] = True
        known[right[into_right]] = True
