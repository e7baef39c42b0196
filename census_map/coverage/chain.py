"""
The boundary chain of a set of polygons: it decides whether they form an exact coverage.

The *boundary chain* of polygons is the formal sum of their directed edges (`edges`), in which an edge and its opposite
cancel. Coordinates count as equal when they are equal on the grid of their coordinate system (`crs.grid_size`: 1 mm,
1e-8 degrees), so that noise in the last digits of a reprojection is no difference; no length or area is ever compared
with a tolerance.

Theorem. For valid areas A_i and valid containers C_j with disjoint interiors,

    (1) the chain sum(boundary A_i) - sum(boundary C_j) is zero, and
    (2) every directed edge of a container is also a directed edge of an area,

if and only if the areas are an exact coverage of the containers with matching vertices: every point off the borders
lies in as many areas as containers, every connected part of an area lies in one container, and wherever two
neighbours share a border they share its vertices.

Proof. The winding number of a polygon's boundary about a point off the border is 1 inside and 0 outside, that is, the
polygon's indicator function; and it is linear in the chain, because it is the sum over the edges of the angle each
spans as seen from the point. If (1) holds, the winding number of the zero chain is 0 everywhere, so the sum of the
areas' indicators equals that of the containers: no gap, no overlap, no spill. Suppose a part of an area A ran across
the border between two containers. Then an edge of a container's border passes through A's interior; by (2) some area
B has that edge, with interior on its left, and B is not that part of A, which has it inside. So both cover the ground
left of the edge, contradicting indicators of at most 1. Conversely let the coverage be exact with matching vertices.
Beside an edge of an area lies, on its right, exactly one neighbour of the same container, whose matching border gives
the opposite edge, or the outside of the container, whose border then gives the same edge to the container; each edge
is used once, so all cancel, and no container edge is left over. QED

Three consequences carry the rest of the package. What does not cancel (the *residue*) is exactly where the faults
are. The chain is additive: partitions can be checked apart and their residues added, and an edit changes only its own
edges. And rounding coordinates maps a zero chain to a zero chain, so only the residue needs to be rounded.

The 64-bit hashes of edges are summed with sign in buckets: linear, no sorting. A difference
is never invented (equal edges cancel whatever their hash) and overlooked only if the residual edges of a bucket
cancel by accident, with probability below 2**-40.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from census_map import crs as crs_module
from census_map.coverage.edges import BLOCK, Bools, EdgeTable, Floats, Ints, point_hash

_WEIGHT_BITS = np.uint64((1 << 43) - 1)


@dataclass(frozen=True)
class Residue:
    """
    What is left of the boundary chain after cancelling.

    One *segment* for every place, in a canonical direction; one *edge* for every area or container that has it.

    Attributes
    ----------
    start, end
        (s, 2) end points of the segments, on the grid.
    net
        (s,) areas minus containers: how much more often the ground left of the segment is covered than its right.
    segment
        (e,) the segment that an edge lies on.
    along
        (e,) whether the edge has the segment's direction.
    owner
        (e,) position of the area, or of the container.
    contained
        (e,) whether the owner is a container.
    raw_start, raw_end
        (e, 2) the edge's end points as they are stored, in the segment's direction.
    """

    start: Floats
    end: Floats
    net: Ints
    segment: Ints
    along: Bools
    owner: Ints
    contained: Bools
    raw_start: Floats
    raw_end: Floats

    def __len__(self) -> int:
        """Return the number of segments; zero means that the chain is zero."""
        return len(self.net)

    def is_finite(self) -> Bools:
        """Tell which segments run between coordinates that are numbers."""
        return np.asarray((np.isfinite(self.start) & np.isfinite(self.end)).all(axis=1))


def residue(
    areas: EdgeTable, containers: EdgeTable | None = None, *, grid: float, loops: ModuleType | None = None
) -> Residue:
    """
    Cancel the boundary chain and return what is left.

    Parameters
    ----------
    areas
        Edge table of the areas.
    containers
        Edge table of the containers, if there are any; without them the residue holds the areas' outline as well.
    grid
        The grid on which coordinates are compared, in CRS units.
    loops
        The compiled loops, if they are to do the work.
    """
    area_rows, container_rows = suspects(areas, containers, loops)
    return settle(_gather(areas, area_rows), _gather(containers, container_rows), grid=grid)


Edges = tuple[Floats, Floats, Ints]  # start, end (interior on the left), owner


def _gather(table: EdgeTable | None, rows: Ints) -> Edges:
    if table is None:
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    start, end = table.directed(rows)
    return start, end, table.owner(rows)


def suspects(areas: EdgeTable, containers: EdgeTable | None, loops: ModuleType | None = None) -> tuple[Ints, Ints]:
    """Return the rows of all edges that may be left over: whole buckets whose signed sum is not zero."""
    bits = max(8, int(areas.key.size).bit_length())
    shift = np.uint64(64 - bits)
    total = _signed_sums(areas, shift, 1 << bits, loops)
    if containers is None:
        bad, container_rows = total != 0, np.zeros(0, dtype=np.int64)
    else:
        bad = total != _signed_sums(containers, shift, 1 << bits, loops)
        container_rows = np.flatnonzero(containers.sign)
        bad[containers.key[container_rows] >> shift] = True
    if loops is not None:
        rows = np.empty(len(areas.key), dtype=np.int64)
        return rows[: loops.marked_rows(areas.key, areas.sign, shift, bad, rows)], container_rows
    marked = [np.zeros(0, dtype=np.int64)]
    for block, bucket in _buckets(areas, shift):
        marked.append(np.flatnonzero(bad.take(bucket) & (areas.sign[block] != 0)) + block.start)
    return np.concatenate(marked), container_rows


def _signed_sums(table: EdgeTable, shift: np.uint64, size: int, loops: ModuleType | None) -> Floats:
    """Sum the hashes of edges with their sign in buckets."""
    # Integers below 2**53 add exactly as doubles: a thousand edges of a bucket fit.
    total: Floats = np.zeros(size)
    if loops is not None:
        loops.add_signed(table.key, table.sign, shift, total)
        return total
    for block, bucket in _buckets(table, shift):
        weight = ((table.key[block] & _WEIGHT_BITS) + np.uint64(1)).astype(float)
        weight *= table.sign[block]
        np.add.at(total, bucket, weight)
    return total


def _buckets(table: EdgeTable, shift: np.uint64) -> Iterator[tuple[slice, Ints]]:
    """Yield the rows block by block, with the bucket of each."""
    for first in range(0, len(table.key), BLOCK):
        block = slice(first, first + BLOCK)
        yield block, (table.key[block] >> shift).view(np.int64)


def settle(areas: Edges, containers: Edges, *, grid: float, cancel: bool = True) -> Residue:
    """
    Cancel a set of directed edges exactly.

    Every container edge is first matched with an area edge of the same direction; what is left of the areas cancels
    among itself. So the border between two containers cancels only where areas follow it.

    Parameters
    ----------
    areas, containers
        Start, end and owner of edges, interior on the left.
    grid
        The grid on which coordinates are compared, in CRS units; 0 compares every bit.
    cancel
        Whether edges that cancel are left out; otherwise the result holds all of them.
    """
    owner = np.concatenate((areas[2], containers[2])).astype(np.int64)
    size = len(owner)
    raw = np.concatenate((areas[0], containers[0], areas[1], containers[1]))
    ends = crs_module.snap_coordinates(raw, grid) if grid else raw + 0.0
    hashed = point_hash(ends)
    raw_start, raw_end, start, end = raw[:size], raw[size:], ends[:size], ends[size:]
    contained = np.arange(size) >= len(areas[2])
    # The canonical direction is from the smaller point to the larger, by x, then y.
    along = (start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1]))
    key = hashed[:size] + hashed[size:]
    rows = np.flatnonzero((start[:, 0] != end[:, 0]) | (start[:, 1] != end[:, 1]))
    rows = rows[np.argsort(key[rows], kind="stable")]
    if not len(rows):
        return _empty_residue()
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = key[rows[1:]] != key[rows[:-1]]
    first, group = np.flatnonzero(begins), np.cumsum(begins) - 1
    # How often areas and containers run along each place, one way and the other.
    kind = 4 * group + 2 * contained[rows] + ~along[rows]
    counts = np.bincount(kind, minlength=4 * len(first)).reshape(-1, 4)
    matched = np.minimum(counts[:, :2], counts[:, 2:])
    areas_on, areas_against = (counts[:, :2] - matched).T
    boxes_on, boxes_against = (counts[:, 2:] - matched).T
    surplus = areas_on - areas_against
    left = (surplus != 0) | (boxes_on > 0) | (boxes_against > 0) | (not cancel)
    number = np.cumsum(left) - 1
    sample = rows[first[left]]
    flip = ~along[sample][:, None]
    sample_start, sample_end = start.take(sample, axis=0), end.take(sample, axis=0)
    # An edge stays if its own direction is the one that is left over.
    on = along[rows]
    area_stays = np.where(on, surplus[group] > 0, surplus[group] < 0)
    container_stays = np.where(on, boxes_on[group] > 0, boxes_against[group] > 0)
    stays = np.where(contained[rows], container_stays, area_stays) | (not cancel)
    kept, on = rows[stays], on[stays]
    raw_start, raw_end = raw_start.take(kept, axis=0), raw_end.take(kept, axis=0)
    return Residue(
        start=np.where(flip, sample_end, sample_start),
        end=np.where(flip, sample_start, sample_end),
        net=(surplus - boxes_on + boxes_against)[left],
        segment=number[group[stays]],
        along=on,
        owner=owner[kept],
        contained=contained[kept],
        raw_start=np.where(on[:, None], raw_start, raw_end),
        raw_end=np.where(on[:, None], raw_end, raw_start),
    )


def _empty_residue() -> Residue:
    points, whole, flags = np.zeros((0, 2)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return Residue(points, points, whole, whole, flags, whole, flags, points, points)


def add_residues(*parts: Residue, grid: float) -> Residue:
    """
    Add the residues of partitions that were checked apart: the residue of the whole.

    Parameters
    ----------
    parts
        Residues whose owners are numbered in one sequence.
    grid
        The grid on which coordinates are compared, in CRS units.
    """

    def edges(*, contained: bool) -> Edges:
        starts, ends, owners = [np.zeros((0, 2))], [np.zeros((0, 2))], [np.zeros(0, dtype=np.int64)]
        for part in parts:
            chosen = part.contained == contained
            on = part.along[chosen][:, None]
            starts.append(np.where(on, part.raw_start[chosen], part.raw_end[chosen]))
            ends.append(np.where(on, part.raw_end[chosen], part.raw_start[chosen]))
            owners.append(part.owner[chosen])
        return np.concatenate(starts), np.concatenate(ends), np.concatenate(owners)

    return settle(edges(contained=False), edges(contained=True), grid=grid)
