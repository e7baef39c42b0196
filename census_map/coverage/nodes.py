"""
Noding: the segments of a residue led through every node that lies on them, and cut there into pieces.

Only residual segments are noded, never the whole coverage, and of those only the ones that meet something other than
at a common end. They are noded by snap rounding on the grid: a border that passes through the grid cell of another's
vertex passes through that vertex. Without snapping, the last digits of a computed crossing decide whether a face
closes.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.chain import Residue
from census_map.coverage.clusters import numbered
from census_map.coverage.edges import Bools, Floats, Ints, Keys, point_hash
from census_map.coverage.meetings import find_meetings
from census_map.crs import snap_coordinates

_CELL = 0.7072  # grid steps, half the diagonal of a cell: no snapped segment is further from its nodes
_ON_BORDER = 1.5  # grid steps: a vertex nearer than this to a border lies on it; rounding alone moves both by 0.71


@dataclass(frozen=True)
class Pieces:
    """
    What segments become when they are cut at all nodes on them.

    A *piece* is a segment between two neighbouring nodes, in the direction from its smaller end to its larger (by x,
    then y).

    Attributes
    ----------
    places
        (n, 2) the nodes, on the grid.
    ends
        (p, 2) the nodes at which each piece begins and ends.
    key
        (p,) a number that is different for different pieces, ascending.
    step_piece, step_segment, step_along
        (t,) which piece is a step of the way of which segment of the residue, and whether it runs the same way.
    passed_node, passed_segment
        (q,) points (q, 2) that a segment passes between its own ends, and the segment.
    """

    places: Floats
    ends: Ints
    key: Keys
    step_piece: Ints
    step_segment: Ints
    step_along: Bools
    passed_node: Floats
    passed_segment: Ints

    @property
    def start(self) -> Floats:
        """Where the pieces begin; (p, 2)."""
        return np.asarray(self.places[self.ends[:, 0]])

    @property
    def end(self) -> Floats:
        """Where the pieces end; (p, 2)."""
        return np.asarray(self.places[self.ends[:, 1]])

    def find(self, start: Floats, end: Floats) -> Ints:
        """Return the pieces between pairs of points, -1 where there is none."""
        return _find(point_hash(start) + point_hash(end), self.key)


def cut_into_pieces(residue: Residue, *, grid: float) -> Pieces:
    """
    Node the segments of a residue.

    Parameters
    ----------
    residue
        What is left of a boundary chain.
    grid
        Grid step in CRS units; the residue's end points lie on it.
    """
    places, ends = _numbered(residue.start, residue.end)
    meetings = find_meetings(ends, places, distance=_ON_BORDER * grid)
    ways = _through_near_nodes(residue, meetings.segment, places[meetings.node])
    together = meetings.together[ways.segment]
    noded_start, noded_end = _noded(ways.start[together], ways.end[together], grid)
    start = np.concatenate((ways.start[~together], noded_start))
    end = np.concatenate((ways.end[~together], noded_end))
    swap = ~_is_forward(start, end)[:, None]
    start, end = np.where(swap, end, start), np.where(swap, start, end)
    real = (start != end).any(axis=1)
    start, end = start[real], end[real]
    key = point_hash(start) + point_hash(end)
    first, _number = numbered(key)
    key = key[first]
    nodes = np.unique(np.concatenate((noded_start, noded_end)), axis=0)
    piece, way, along, node, by_way = _steps(ways, key, nodes, grid)
    places, ends = _numbered(start.take(first, axis=0), end.take(first, axis=0))
    return Pieces(
        places=places,
        ends=ends,
        key=key,
        step_piece=piece,
        step_segment=ways.segment[way],
        step_along=along,
        passed_node=np.concatenate((ways.passed_node, node)),
        passed_segment=np.concatenate((ways.passed_segment, ways.segment[by_way])),
    )


def _numbered(start: Floats, end: Floats) -> tuple[Floats, Ints]:
    """Return the different points, and the numbers of the two ends of each line."""
    both = np.concatenate((start, end))
    row, number = numbered(point_hash(both))
    return both.take(row, axis=0), number.reshape(2, -1).T


@dataclass(frozen=True)
class _Ways:
    """Segments led through the nodes that lie on them: one row a stretch, in the direction of its segment."""

    start: Floats
    end: Floats
    segment: Ints
    passed_node: Floats
    passed_segment: Ints


def _through_near_nodes(residue: Residue, of: Ints, place: Floats) -> _Ways:
    """
    Lead every segment through the vertices of others that lie on it.

    The end points are rounded to the grid, which can move a border away from the vertex in its middle by somewhat more
    than the cell that snap rounding looks at.
    """
    start, end = residue.start, residue.end
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


def _noded(start: Floats, end: Floats, grid: float) -> tuple[Floats, Floats]:
    """Cut lines where they meet, by snap rounding."""
    if not len(start):
        return start, end
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=grid))
    xy, line = shapely.get_coordinates(noded[shapely.get_dimensions(noded) == 1], return_index=True)
    xy = snap_coordinates(xy, grid)
    inner = line[1:] == line[:-1]
    return xy[:-1][inner], xy[1:][inner]


def _find(wanted: Keys, key: Keys) -> Ints:
    """Return the row of `key`, which is ascending, that holds each wanted key; -1 where there is none."""
    if not len(key):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[place] == wanted, place, -1).astype(np.int64)


def _steps(ways: _Ways, key: Keys, nodes: Floats, grid: float) -> tuple[Ints, Ints, Bools, Floats, Ints]:
    """Follow every stretch through the nodes it passes: pieces, stretches, directions; nodes passed, stretches."""
    whole = _find(point_hash(ways.start) + point_hash(ways.end), key)
    kept, broken = np.flatnonzero(whole >= 0), np.flatnonzero(whole < 0)
    found, way, along = [whole[kept]], [kept], [_is_forward(ways.start[kept], ways.end[kept])]
    passed_node, passed_way = [np.zeros((0, 2))], [np.zeros(0, dtype=np.int64)]
    if len(broken):
        lines = shapely.linestrings(np.stack((ways.start[broken], ways.end[broken]), axis=1))
        tree = shapely.STRtree(shapely.points(nodes))
        of, node = tree.query(lines, predicate="dwithin", distance=_CELL * grid)
        run = ways.end[broken][of] - ways.start[broken][of]
        by = np.lexsort((((nodes[node] - ways.start[broken][of]) * run).sum(axis=1), of))
        of, node = of[by], node[by]
        bounds = np.searchsorted(of, np.arange(len(broken) + 1))
        for k, stretch in enumerate(broken):
            row = _way(nodes[node[bounds[k] : bounds[k + 1]]], key)
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


def _way(nodes: Floats, key: Keys) -> tuple[Ints, Floats, Bools]:
    """Return the pieces along a row of nodes, the nodes between, and whether each piece runs the same way."""
    hashed = point_hash(nodes)
    found = _find(hashed[:-1] + hashed[1:], key)
    stops = list(range(len(nodes)))
    if (found < 0).any():
        # A node beside the segment, within the tolerance of the query but in a cell that the segment misses.
        stops = [0]
        for k in range(1, len(nodes)):
            if _find(hashed[stops[-1] : stops[-1] + 1] + hashed[k], key)[0] >= 0:
                stops.append(k)
        found = _find(hashed[stops[:-1]] + hashed[stops[1:]], key)
    here, there = nodes[stops[:-1]], nodes[stops[1:]]
    return found, nodes[stops[1:-1]], _is_forward(here, there)
