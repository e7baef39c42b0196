"""
The edge table of a set of polygons, and the boundary chain that decides whether they form an exact coverage.

Words. A *directed edge* is a pair of different consecutive vertices of a ring, taken so that the polygon's interior
lies on its left: rings are normalised, whatever their start or direction, and repeated points drop out. The *boundary
chain* of polygons is the formal sum of their directed edges, in which an edge and its opposite cancel. Coordinates
count as equal when they are equal on the grid of their coordinate system (`census_map.crs.grid_size`: 1 mm, 1e-8
degrees), so that noise in the last digits of a reprojection is no difference; no length or area is ever compared with
a tolerance.

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

Edges are compared by 64-bit hashes of their end points, summed with sign in buckets: linear, no sorting. A difference
is never invented (equal edges cancel whatever their hash) and overlooked only if the residual edges of a bucket
cancel by accident, with probability below 2**-40.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from census_map import crs as crs_module

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]

_BLOCK = 1 << 15  # vertices worked on at a time, so that the intermediate arrays stay in the processor's cache
_POLYGONAL = (-1, 3, 6)  # shapely's type numbers: none, polygon, multipolygon

_C1 = np.uint64(0x9E3779B97F4A7C15)
_C2 = np.uint64(0xC2B2AE3D27D4EB4F)
_C3 = np.uint64(0xBF58476D1CE4E5B9)
_C4 = np.uint64(0x94D049BB133111EB)
_S29, _S31, _S32 = np.uint64(29), np.uint64(31), np.uint64(32)
_WEIGHT_BITS = np.uint64((1 << 43) - 1)


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
    """

    xy: Floats
    key: Keys
    sign: NDArray[np.int8]
    offsets: Ints

    def owner(self, rows: Ints) -> Ints:
        """Return the position of the polygon that each row belongs to."""
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def directed(self, rows: Ints) -> tuple[Floats, Floats]:
        """Return start and end of the edges in these rows, interior on the left; (k, 2) each."""
        here, there = self.xy[rows], self.xy[rows + 1]
        ahead = (point_hash(here) < point_hash(there)) == (self.sign[rows] > 0)
        return np.where(ahead[:, None], here, there), np.where(ahead[:, None], there, here)


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


def edge_table(shapes: Shapes, *, grid: float = 0.0) -> EdgeTable:
    """
    Build the edge table of polygons.

    Parameters
    ----------
    shapes
        (n,) polygons and multipolygons; None and empty ones have no edges. Z and M are ignored.
    grid
        Round coordinates to this step first, in CRS units (`crs.grid_size`); 0 keeps every bit.
    """
    counts = shapely.get_num_coordinates(shapes)
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    xy = np.empty((offsets[-1], 2))
    key = np.empty(offsets[-1], dtype=np.uint64)
    sign = np.empty(offsets[-1], dtype=np.int8)
    for first, last in _blocks(offsets):
        rows = slice(offsets[first], offsets[last])
        block = shapely.get_coordinates(shapes[first:last])
        if grid:
            block = crs_module.snap_coordinates(block, grid)
        xy[rows] = block
        key[rows], sign[rows] = _block_edges(block, *_block_rings(block, shapes[first:last], offsets[first : last + 1]))
    return EdgeTable(xy, key, sign, offsets)


def _blocks(offsets: Ints) -> Iterator[tuple[int, int]]:
    first, count = 0, len(offsets) - 1
    while first < count:
        last = int(np.searchsorted(offsets, offsets[first] + _BLOCK, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last


def _block_rings(xy: Floats, shapes: Shapes, offsets: Ints) -> tuple[Ints, Bools]:
    """Return the first row of each ring of a block, and whether it is a hole."""
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


def _block_edges(xy: Floats, starts: Ints, holes: Bools) -> tuple[Keys, NDArray[np.int8]]:
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
    sizes = np.diff(np.concatenate((starts, [len(xy)])))
    turn = np.where((_signed_area(xy, starts, sizes) > 0) ^ holes, 1, -1).astype(np.int8)
    sign *= np.repeat(turn, sizes)
    sign[starts + sizes - 1] = 0
    return key, sign


def _signed_area(xy: Floats, starts: Ints, sizes: Ints) -> Floats:
    """Return twice the signed area of each ring, measured from its first point to keep the digits."""
    local = xy - np.repeat(xy[starts], sizes, axis=0)
    x, y = local[:, 0], local[:, 1]
    cross = np.zeros(len(xy))
    # The edge leaving a ring's last vertex ends at another ring's first, which is its own origin: the product is zero.
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    return np.asarray(np.add.reduceat(cross, starts))


def polygonal(shapes: Shapes) -> Bools:
    """Tell which shapes are polygons, multipolygons or missing."""
    return np.isin(shapely.get_type_id(shapes), _POLYGONAL)


def residue(areas: EdgeTable, containers: EdgeTable | None = None, *, grid: float) -> Residue:
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
    """
    area_rows, container_rows = suspects(areas, containers)
    return settle(_gather(areas, area_rows), _gather(containers, container_rows), grid=grid)


Edges = tuple[Floats, Floats, Ints]  # start, end (interior on the left), owner


def _gather(table: EdgeTable | None, rows: Ints) -> Edges:
    if table is None:
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    start, end = table.directed(rows)
    return start, end, table.owner(rows)


def suspects(areas: EdgeTable, containers: EdgeTable | None) -> tuple[Ints, Ints]:
    """Return the rows of all edges that may be left over: whole buckets whose signed sum is not zero."""
    bits = max(8, int(areas.key.size).bit_length())
    shift = np.uint64(64 - bits)
    bucket, total = _signed_sums(areas, shift, 1 << bits)
    if containers is None:
        bad = total != 0
        return np.flatnonzero(bad[bucket] & (areas.sign != 0)), np.zeros(0, dtype=np.int64)
    container_bucket, container_total = _signed_sums(containers, shift, 1 << bits)
    bad = total != container_total
    real = containers.sign != 0
    bad[container_bucket[real]] = True
    return np.flatnonzero(bad[bucket] & (areas.sign != 0)), np.flatnonzero(real)


def _signed_sums(table: EdgeTable, shift: np.uint64, size: int) -> tuple[NDArray[np.intp], Floats]:
    bucket = np.empty(len(table.key), dtype=np.intp)
    total: Floats = np.zeros(size)
    # Integers below 2**53 add exactly as doubles: a thousand edges of a bucket fit.
    weight: Floats = np.empty(len(table.key))
    for first in range(0, len(table.key), _BLOCK):
        rows = slice(first, first + _BLOCK)
        key = table.key[rows]
        bucket[rows] = key >> shift
        weight[rows] = (key & _WEIGHT_BITS) + np.uint64(1)
        weight[rows] *= table.sign[rows]
    if len(table.key):
        total = np.asarray(np.bincount(bucket, weight, minlength=size), dtype=float)
    return bucket, total


def settle(areas: Edges, containers: Edges, *, grid: float) -> Residue:
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
    """
    raw_start = np.concatenate((areas[0], containers[0]))
    raw_end = np.concatenate((areas[1], containers[1]))
    owner = np.concatenate((areas[2], containers[2])).astype(np.int64)
    contained = np.arange(len(owner)) >= len(areas[2])
    start = crs_module.snap_coordinates(raw_start, grid) if grid else raw_start + 0.0
    end = crs_module.snap_coordinates(raw_end, grid) if grid else raw_end + 0.0
    # The canonical direction is from the smaller point to the larger, by x, then y.
    along = (start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] < end[:, 1]))
    real = (start != end).any(axis=1)
    key = point_hash(start) + point_hash(end)
    rows = np.flatnonzero(real)
    rows = rows[np.argsort(key[rows], kind="stable")]
    if not len(rows):
        return _empty_residue()
    first = np.flatnonzero(np.concatenate(([True], key[rows][1:] != key[rows][:-1])))
    group = np.repeat(np.arange(len(first)), np.diff(np.concatenate((first, [len(rows)]))))

    def count(chosen: Bools) -> Ints:
        return np.bincount(group[chosen[rows]], minlength=len(first))

    areas_on, areas_against = count(along & ~contained), count(~along & ~contained)
    boxes_on, boxes_against = count(along & contained), count(~along & contained)
    matched_on, matched_against = np.minimum(areas_on, boxes_on), np.minimum(areas_against, boxes_against)
    areas_on, boxes_on = areas_on - matched_on, boxes_on - matched_on
    areas_against, boxes_against = areas_against - matched_against, boxes_against - matched_against
    surplus = areas_on - areas_against
    left = (surplus != 0) | (boxes_on > 0) | (boxes_against > 0)
    number = np.cumsum(left) - 1
    sample = rows[first[left]]
    flip = ~along[sample][:, None]
    # An edge stays if its own direction is the one that is left over.
    on = along[rows]
    area_stays = np.where(on, surplus[group] > 0, surplus[group] < 0)
    container_stays = np.where(on, boxes_on[group] > 0, boxes_against[group] > 0)
    stays = np.where(contained[rows], container_stays, area_stays)
    kept, on = rows[stays], on[stays]
    return Residue(
        start=np.where(flip, end[sample], start[sample]),
        end=np.where(flip, start[sample], end[sample]),
        net=(surplus - boxes_on + boxes_against)[left],
        segment=number[group[stays]],
        along=on,
        owner=owner[kept],
        contained=contained[kept],
        raw_start=np.where(on[:, None], raw_start[kept], raw_end[kept]),
        raw_end=np.where(on[:, None], raw_end[kept], raw_start[kept]),
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


def shared_edges(table: EdgeTable) -> tuple[Ints, Ints]:
    """
    Pair the edges that two polygons share in opposite directions.

    Returns
    -------
    left, right
        Rows of the table; `left[k]` and `right[k]` are the two sides of the same edge, left the one of sign +1. An
        edge claimed more than once on one side is paired as far as the other side goes.
    """
    rows = np.flatnonzero(table.sign)
    # By key, then sign: the edges of one place come together.
    order = rows[np.lexsort((rows, table.sign[rows], table.key[rows]))]
    key, sign = table.key[order], table.sign[order]
    new = np.concatenate(([True], (key[1:] != key[:-1]) | (sign[1:] != sign[:-1]))) if len(order) else np.zeros(0, bool)
    run = np.cumsum(new) - 1
    rank = np.arange(len(order)) - np.flatnonzero(new)[run] if len(order) else run
    frame = pd.DataFrame({"key": key, "rank": rank, "row": order})
    pairs = frame[sign > 0].merge(frame[sign < 0], on=["key", "rank"], suffixes=("_left", "_right"))
    return pairs["row_left"].to_numpy(dtype=np.int64), pairs["row_right"].to_numpy(dtype=np.int64)


def adjacency(areas: GeoDataFrame, *, grid: float | None = None) -> pd.DataFrame:
    """
    Find which areas are neighbours along a border.

    Parameters
    ----------
    areas
        Polygons indexed by id, in any CRS; an exact coverage, or as much of one as it is.
    grid
        The grid on which coordinates are compared, in CRS units; None: that of the CRS.

    Returns
    -------
    neighbours
        One row a pair: `left`, `right` (labels, `left` the earlier in the frame) and `length` of the shared border
        in CRS units. Areas that touch at points only are no neighbours.
    """
    table = edge_table(_shapes(areas), grid=_grid(areas) if grid is None else grid)
    pairs = _pairs(table)
    if pairs.empty:
        return pd.DataFrame({"left": areas.index[:0], "right": areas.index[:0], "length": np.zeros(0)})
    sums = pairs.groupby(["low", "high"], sort=True)["length"].sum().reset_index()
    return pd.DataFrame(
        {
            "left": areas.index[sums["low"].to_numpy()],
            "right": areas.index[sums["high"].to_numpy()],
            "length": sums["length"].to_numpy(),
        }
    )


def shared_borders(areas: GeoDataFrame, *, grid: float | None = None) -> GeoDataFrame:
    """
    Return the borders that pairs of areas share.

    Parameters
    ----------
    areas
        Polygons indexed by id, in any CRS.
    grid
        As for `adjacency`.

    Returns
    -------
    borders
        One row a pair: `left`, `right` as in `adjacency`, `length` in CRS units, `geometry` a line or several
        (MultiLineString) whose vertices are the areas' own.
    """
    table = edge_table(_shapes(areas), grid=_grid(areas) if grid is None else grid)
    pairs = _pairs(table)
    if pairs.empty:
        empty = {"left": areas.index[:0], "right": areas.index[:0], "length": np.zeros(0)}
        return GeoDataFrame(empty, geometry=np.zeros(0, dtype=object), crs=areas.crs)
    pairs = pairs.sort_values(["low", "high", "row"], kind="stable").reset_index(drop=True)
    rows = pairs["row"].to_numpy(dtype=np.int64)
    start, end = table.directed(rows)
    number = pairs.groupby(["low", "high"], sort=True).ngroup().to_numpy()
    bits = shapely.linestrings(np.stack((start, end), axis=1))
    lines = shapely.line_merge(shapely.multilinestrings(bits, indices=number))
    lines = shapely.multilinestrings(*shapely.get_parts(lines, return_index=True))
    sums = pairs.groupby(["low", "high"], sort=True)["length"].sum().reset_index()
    columns = {
        "left": areas.index[sums["low"].to_numpy()],
        "right": areas.index[sums["high"].to_numpy()],
        "length": sums["length"].to_numpy(),
    }
    return GeoDataFrame(columns, geometry=lines, crs=areas.crs)


def _pairs(table: EdgeTable) -> pd.DataFrame:
    """Return the shared edges: positions `low` < `high` of their areas, `length`, and one `row` of the table."""
    left, right = shared_edges(table)
    a, b = table.owner(left), table.owner(right)
    apart = a != b
    left, a, b = left[apart], a[apart], b[apart]
    step = table.xy[left + 1] - table.xy[left]
    return pd.DataFrame(
        {
            "low": np.minimum(a, b),
            "high": np.maximum(a, b),
            "length": np.hypot(step[:, 0], step[:, 1]),
            "row": left,
        }
    )


def _shapes(areas: GeoDataFrame) -> Shapes:
    return np.asarray(areas.geometry.to_numpy(), dtype=object)


def _grid(areas: GeoDataFrame) -> float:
    return crs_module.grid_size(crs_module.require_crs(areas))
