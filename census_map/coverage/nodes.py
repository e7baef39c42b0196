"""
Noding: the segments of a residue led through every node that lies on them, and cut there into pieces.

Only residual segments are noded, never the whole coverage, and of those only the ones that meet something other than
at a common end. They are noded by snap rounding on the grid: a *node* is a grid point at whose cell a segment ends or
two cross, and every segment passes through the nodes whose cells it crosses. Without it the last digits of a computed
crossing decide whether a face closes. What decides which cells a segment crosses are the coordinates as they are
stored, not the rounded ones: no border changes sides with another's corner, so that a gap one step wide stays a gap
(Hobby, "Practical segment intersection with finite precision output", 1999).
"""

from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.chain import Residue
from census_map.coverage.clusters import numbered
from census_map.coverage.edges import Bools, Floats, Ints, Keys, point_hash
from census_map.coverage.meetings import Meetings, find_meetings
from census_map.crs import snap_coordinates

_CELL = 0.7072  # grid steps, half the diagonal of a cell: no segment that crosses a cell is further from its node
_CLEAR = 1e-3  # grid steps
_HALF = 0.501  # grid steps, half the side of a cell: on which side of its edge a vertex lies, its last digits decide


@dataclass(frozen=True)
class Pieces:
    """
    What segments become when they are cut at all nodes on them.

    A *piece* is a segment between two neighbouring nodes, in the direction from its smaller end to its larger (by x,
    then y).

    Attributes
    ----------
    places, stored
        (n, 2) the nodes, on the grid, and as computed: a corner as it is stored, or where two segments cross.
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
    stored: Floats
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
    stored = _as_stored(residue, places)
    # A corner may lie half a cell's diagonal off its node, and its node as far off a segment that crosses the cell.
    meetings = find_meetings(ends, stored, distance=2 * _CELL * grid)
    places, stored, passed = _passes(places, ends, stored, meetings, grid)
    segment, begin, finish = _ways(ends, passed)
    key = point_hash(places)
    here, there = places.take(begin, axis=0), places.take(finish, axis=0)
    ahead = _is_forward(here, there)
    hashed = key[begin] + key[finish]
    first, number = numbered(hashed)
    tail, head = np.where(ahead, begin, finish)[first], np.where(ahead, finish, begin)[first]
    used, at = np.unique(np.concatenate((tail, head)), return_inverse=True)
    return Pieces(
        places=places.take(used, axis=0),
        stored=stored.take(used, axis=0),
        ends=at.reshape(2, -1).T,
        key=hashed[first],
        step_piece=number,
        step_segment=segment,
        step_along=ahead,
        passed_node=places.take(passed.node, axis=0),
        passed_segment=passed.segment,
    )


def _numbered(start: Floats, end: Floats) -> tuple[Floats, Ints]:
    """Return the different points, and the numbers of the two ends of each line."""
    both = np.concatenate((start, end))
    row, number = numbered(point_hash(both))
    return both.take(row, axis=0), number.reshape(2, -1).T


def _as_stored(residue: Residue, places: Floats) -> Floats:
    """Return of each place on the grid the smallest of the coordinates, by x, then y, that are rounded to it."""
    raw = np.concatenate((residue.raw_start, residue.raw_end))
    snapped = np.concatenate((residue.start[residue.segment], residue.end[residue.segment]))
    if np.array_equal(raw, snapped):
        return places
    number = _find(point_hash(snapped), point_hash(places))
    order = np.lexsort((raw[:, 1], raw[:, 0], number))
    number = number[order]
    first = np.concatenate(([True], number[1:] != number[:-1]))
    stored = places.copy()  # lines that nobody has an edge on are on the grid
    stored[number[first]] = raw[order][first]
    return stored


@dataclass(frozen=True)
class _Passes:
    """Nodes that segments pass between their ends: `along` orders those of one segment."""

    segment: Ints
    node: Ints
    along: Floats


def _passes(
    places: Floats, ends: Ints, stored: Floats, meetings: Meetings, grid: float
) -> tuple[Floats, Floats, _Passes]:
    """Find the nodes that segments pass; crossings of segments are added to the places, rounded and as computed."""
    start, end = stored.take(ends[:, 0], axis=0), stored.take(ends[:, 1], axis=0)
    segment, node, met = meetings.segment, meetings.node, np.zeros(0, dtype=np.int64)
    if len(meetings.one):
        crossings, clearly = _crossings(start, end, meetings.one, meetings.other, _CLEAR * grid)
        one, other, crossings = meetings.one[clearly], meetings.other[clearly], crossings[clearly]
        exact, crossings = crossings, _rounded(crossings, places, ends[one], ends[other], grid)
        count = len(places)
        places, number = _joined(places, crossings)
        stored = np.concatenate((stored, places[count:]))
        added = np.flatnonzero(number >= count)
        stored[number[added][::-1]] = exact[added[::-1]]
        together = np.flatnonzero(meetings.together)
        tree = shapely.STRtree(shapely.linestrings(np.stack((start[together], end[together]), axis=1)))
        new, row = np.unique(number, return_index=True)
        at, near = tree.query(shapely.points(crossings[row]), predicate="dwithin", distance=_CELL * grid)
        # The two that cross do pass the node, whatever the last digits of their crossing say.
        met = np.concatenate((one, other)) * len(places) + np.tile(number, 2)
        segment, node = np.concatenate((segment, together[near])), np.concatenate((node, new[at]))
    segment, node = np.divmod(np.unique(np.concatenate((segment * len(places) + node, met))), len(places))
    between = (node != ends[segment, 0]) & (node != ends[segment, 1])
    segment, node = segment[between], node[between]
    along, crossed = through_cells(start[segment], end[segment], places[node], grid)
    crossed |= np.isin(segment * len(places) + node, met)
    return places, stored, _Passes(segment[crossed], node[crossed], along[crossed])


def _crossings(start: Floats, end: Floats, one: Ints, other: Ints, clear: float) -> tuple[Floats, Bools]:
    """
    Find where pairs of segments cross, and which do so clearly.

    Where an end lies nearer than `clear` to the other segment, that passes it, which is crossing enough: of two almost
    on one line the last digits would decide where.
    """
    way, across, apart = end[one] - start[one], end[other] - start[other], start[other] - start[one]

    def turn(a: Floats, b: Floats) -> Floats:
        return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])

    length, width = np.hypot(*way.T), np.hypot(*across.T)
    sides = [turn(way, apart) / length, turn(way, apart + across) / length]
    sides += [turn(across, -apart) / width, turn(across, way - apart) / width]
    clearly = np.all([np.abs(side) > clear for side in sides], axis=0)
    clearly &= (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
    reach = sides[2] / np.where(clearly, sides[2] - sides[3], 1.0)
    return np.asarray(start[one] + reach[:, None] * way), clearly


def _rounded(points: Floats, places: Floats, one: Ints, other: Ints, grid: float) -> Floats:
    """Round crossings to the grid; one in the cell at the end of a segment that crosses is that end."""
    rounded = snap_coordinates(points, grid)
    for node in (*one.T, *other.T):
        near = (np.abs(points - places[node]) <= _HALF * grid).all(axis=1)
        rounded[near] = places[node[near]]
    return rounded


def _joined(places: Floats, more: Floats) -> tuple[Floats, Ints]:
    """Add points that are not yet among different places; return the places, the old ones first, and their numbers."""
    count = len(places)
    row, number = numbered(point_hash(np.concatenate((places, more))))
    first = np.full(len(row), count + len(more), dtype=np.int64)
    np.minimum.at(first, number, np.arange(count + len(more)))
    new = np.sort(first[first >= count])
    position = np.empty(count + len(more), dtype=np.int64)
    position[:count] = np.arange(count)
    position[new] = count + np.arange(len(new))
    return np.concatenate((places, more[new - count])), position[first[number[count:]]]


def through_cells(start: Floats, end: Floats, node: Floats, grid: float) -> tuple[Floats, Bools]:
    """
    Tell which segments cross the cells of nodes.

    Returns
    -------
    along, crossed
        How far along the segment the middle of its way through the cell is (0 to 1), and whether it crosses it.
    """
    way = end - start
    low, high = node - _HALF * grid - start, node + _HALF * grid - start
    with np.errstate(divide="ignore", invalid="ignore"):
        enter, leave = low / way, high / way
    still = way == 0
    inside = (low <= 0) & (high >= 0)
    enter, leave = np.minimum(enter, leave), np.maximum(enter, leave)
    enter = np.where(still, np.where(inside, -np.inf, np.inf), enter).max(axis=1).clip(min=0.0)
    leave = np.where(still, np.where(inside, np.inf, -np.inf), leave).min(axis=1).clip(max=1.0)
    nearest = ((node - start) * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), np.finfo(float).tiny)
    crossed = enter <= leave
    with np.errstate(invalid="ignore"):
        along = np.where(crossed, (enter + leave) / 2, nearest.clip(0.0, 1.0))
    return along, crossed


def _ways(ends: Ints, passed: _Passes) -> tuple[Ints, Ints, Ints]:
    """Follow every segment through the nodes it passes: of each stretch the segment and the nodes at its ends."""
    every = np.arange(len(ends))
    segment = np.concatenate((every, passed.segment, every))
    node = np.concatenate((ends[:, 0], passed.node, ends[:, 1]))
    along = np.concatenate((np.full(len(ends), -1.0), passed.along, np.full(len(ends), 2.0)))
    order = np.lexsort((along, segment))
    segment, node = segment[order], node[order]
    follows = np.flatnonzero(segment[1:] == segment[:-1])
    return segment[follows], node[follows], node[follows + 1]


def _find(wanted: Keys, key: Keys) -> Ints:
    """Return the row of `key`, which is ascending, that holds each wanted key; -1 where there is none."""
    if not len(key):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[place] == wanted, place, -1).astype(np.int64)


def _is_forward(start: Floats, end: Floats) -> Bools:
    """Tell which lines run from their smaller end to their larger, as pieces do."""
    return np.asarray((start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1])))
