"""
The inner loops of a large check, compiled by numba where that is installed (`compiled`).

Plain functions on arrays: bytes to coordinates, coordinates to edge keys, keys to sums, and a proof that polygons are
valid. Every loop says the same as the numpy and GEOS code that it stands in for; the tests hold them together.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: ANN001, ANN201, C901, FBT003, PLR0911, PLR0912, PLR0917, PLR1730
# A compiled loop takes arrays and numbers whose types numba finds out, and is fastest in one piece.

import numpy as np

_C1, _C2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_C3, _C4 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S29, _S31, _S32, _ZERO, _ONE = np.uint64(29), np.uint64(31), np.uint64(32), np.uint64(0), np.uint64(1)
_WEIGHT_BITS = np.uint64((1 << 43) - 1)
_ROUNDING = 3.3306690738754716e-16  # (3 + 16 eps) eps: Shewchuk's bound on the sign of a 2 × 2 determinant
_CHUNK = 8  # edges whose extent is looked at together
_GROUP = 16  # chunks whose extent is looked at together
_MANY_HOLES, _MANY_PARTS = 64, 200  # from here GEOS is quicker


# The order in which the functions are compiled: each after those that it calls.
NAMES = (
    "number_at",
    "form_of",
    "walk",
    "count_points",
    "read_points",
    "hash_of",
    "edge_keys",
    "add_signed",
    "marked_rows",
    "side",
    "within",
    "joined",
    "uncrossed",
    "enclose",
    "apart",
    "put_down_ring",
    "crossing_free",
    "rings_in_place",
    "prove_valid",
)


def number_at(data, place):
    """Read a little-endian 32-bit number."""
    return (
        np.int64(data[place])
        | (np.int64(data[place + 1]) << 8)
        | (np.int64(data[place + 2]) << 16)
        | (np.int64(data[place + 3]) << 24)
    )


def form_of(data, place):
    """Return what a WKB geometry is: 3 polygon, 6 several, 0 anything else; and the number of its dimensions."""
    if data[place] != 1:
        return 0, 0
    code = number_at(data, place + 1)
    extended = code >> 29
    dimensions = 2 + (extended >> 2 & 1) + (extended >> 1 & 1)
    if extended & 1:
        return 0, 0
    code &= 0x1FFFFFFF
    thousands = code // 1000
    if thousands > 3:
        return 0, 0
    if thousands:
        dimensions = 4 if thousands == 3 else 3
    code %= 1000
    return (code if code in (3, 6) else 0), dimensions


def walk(data, begin, end, xy, point, ring_start, ring_hole, ring, write):
    """
    Go through the rings of one WKB polygon or multipolygon.

    Returns the number of the next point and ring; -1, -1 where it is something else. With `write` the points and rings
    are put down.
    """
    form, dimensions = (0, 0) if begin + 5 > end else form_of(data, begin)
    if form == 0:
        return -1, -1
    place, parts = begin + 5, 1
    if form == 6:
        if place + 4 > end:
            return -1, -1
        parts = number_at(data, place)
        place += 4
    for _part in range(parts):
        if form == 6:
            if place + 5 > end:
                return -1, -1
            inner, dimensions = form_of(data, place)
            if inner != 3:
                return -1, -1
            place += 5
        if place + 4 > end:
            return -1, -1
        rings = number_at(data, place)
        place += 4
        for number in range(rings):
            if place + 4 > end:
                return -1, -1
            count = number_at(data, place)
            place += 4
            size = 8 * dimensions
            if place + count * size > end:
                return -1, -1
            if write:
                ring_start[ring] = point
                ring_hole[ring] = number > 0
                if dimensions == 2:
                    xy[16 * point : 16 * (point + count)] = data[place : place + 16 * count]
                else:
                    for k in range(count):
                        for byte in range(16):
                            xy[16 * (point + k) + byte] = data[place + size * k + byte]
            if count:
                point += count
                ring += 1
            place += count * size
    return point, ring


def count_points(data, offsets, points, rings, nothing, holes):
    """
    Number the first point and ring of every geometry; return the first that is no polygon, -1 if all are.

    `nothing` and `holes` are empty: no bytes and no flags are put down.
    """
    point, ring = 0, 0
    starts = points[:0]
    for k in range(len(offsets) - 1):
        points[k], rings[k] = point, ring
        if offsets[k + 1] > offsets[k]:
            point, ring = walk(data, offsets[k], offsets[k + 1], nothing, point, starts, holes, ring, False)
            if point < 0:
                return k
    points[len(offsets) - 1], rings[len(offsets) - 1] = point, ring
    return -1


def read_points(data, offsets, points, rings, xy, ring_start, ring_hole):
    """Put down the points and rings of every geometry."""
    for k in range(len(offsets) - 1):
        if offsets[k + 1] > offsets[k]:
            walk(data, offsets[k], offsets[k + 1], xy, points[k], ring_start, ring_hole, rings[k], True)


def hash_of(bits, x, y, row):
    """Hash one point as `edges.point_hash` does."""
    a = _ZERO if x == 0.0 else bits[2 * row]
    b = _ZERO if y == 0.0 else bits[2 * row + 1]
    a ^= a >> _S32
    b ^= b >> _S32
    a *= _C1
    b *= _C2
    a ^= a >> _S29
    b ^= b >> _S29
    mixed = a + b
    mixed *= _C3
    mixed ^= mixed >> _S31
    mixed *= _C4
    mixed ^= mixed >> _S32
    return mixed


def edge_keys(xy, bits, ring_start, ring_hole, key, sign):
    """Compute key and sign of every row as `edges.edge_table` does."""
    for ring in range(len(ring_hole)):
        first, last = ring_start[ring], ring_start[ring + 1] - 1
        area = 0.0
        x0, y0 = xy[first, 0], xy[first, 1]
        here = hash_of(bits, x0, y0, first)
        for row in range(first, last):
            x1, y1, x2, y2 = xy[row, 0], xy[row, 1], xy[row + 1, 0], xy[row + 1, 1]
            area += (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            there = hash_of(bits, x2, y2, row + 1)
            key[row] = here + there
            sign[row] = 1 if here < there else (-1 if here > there else 0)
            here = there
        key[last], sign[last] = here, 0
        if (area > 0) == ring_hole[ring]:
            for row in range(first, last):
                sign[row] = -sign[row]


def add_signed(key, sign, shift, total):
    """Add every edge's weight to its bucket, as `chain.suspects` does."""
    for row in range(len(key)):
        if sign[row] != 0:
            total[key[row] >> shift] += sign[row] * np.float64((key[row] & _WEIGHT_BITS) + _ONE)


def marked_rows(key, sign, shift, bad, rows):
    """Collect the edges of the marked buckets; return their number."""
    count = 0
    for row in range(len(key)):
        if sign[row] != 0 and bad[key[row] >> shift]:
            if len(rows):
                rows[count] = row
            count += 1
    return count


def side(ax, ay, bx, by, cx, cy):
    """Tell on which side of a line a point lies: 1 left, -1 right, 0 where rounding might decide."""
    left, right = (ax - cx) * (by - cy), (ay - cy) * (bx - cx)
    size = left - right
    bound = _ROUNDING * (abs(left) + abs(right))
    if size > bound:
        return 1
    return -1 if -size > bound else 0


def within(x, y, px, py, first, last):
    """Tell whether a point lies inside a ring: 1, 0, or -1 where rounding might decide."""
    odd = 0
    for k in range(first, last):
        following = k + 1 if k + 1 < last else first
        if (py[k] > y) != (py[following] > y):
            turn = side(px[k], py[k], px[following], py[following], x, y)
            if turn == 0:
                return -1
            if (turn > 0) == (py[following] > py[k]):
                odd = 1 - odd
    return odd


def joined(ax, ay, bx, by, cx, cy):
    """Prove that an edge and the one after it do not fold back on each other."""
    return side(ax, ay, bx, by, cx, cy) != 0 or (bx - ax) * (cx - bx) + (by - ay) * (cy - by) > 0


def uncrossed(ax, ay, bx, by, cx, cy, dx, dy):
    """Prove that two edges do not meet."""
    if side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) > 0:
        return True
    return side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) > 0


def enclose(outer, inner, count, size):
    """Give every `size` extents (west, south, east, north) the extent that holds them; return how many that makes."""
    many = (count + size - 1) // size
    for k in range(many):
        first = k * size
        west, south, east, north = inner[first, 0], inner[first, 1], inner[first, 2], inner[first, 3]
        for e in range(first + 1, min(first + size, count)):
            if inner[e, 0] < west:
                west = inner[e, 0]
            if inner[e, 1] < south:
                south = inner[e, 1]
            if inner[e, 2] > east:
                east = inner[e, 2]
            if inner[e, 3] > north:
                north = inner[e, 3]
        outer[k, 0], outer[k, 1], outer[k, 2], outer[k, 3] = west, south, east, north
    return many


def apart(west, south, east, north, other_west, other_south, other_east, other_north):
    """Tell whether two extents do not meet."""
    return east < other_west or other_east < west or north < other_south or other_north < south


def put_down_ring(xy, first, last, px, py, follows, count):
    """Copy a ring without repeated points; return the number of points so far, -1 for a ring that is none."""
    begin = count
    if xy[first, 0] != xy[last, 0] or xy[first, 1] != xy[last, 1]:
        return -1
    for row in range(first, last):
        x, y = xy[row, 0], xy[row, 1]
        if not (np.isfinite(x) and np.isfinite(y)):
            return -1
        if x != xy[row + 1, 0] or y != xy[row + 1, 1]:
            px[count], py[count] = x, y
            follows[count] = count + 1
            count += 1
    if count - begin < 3:
        return -1
    follows[count - 1] = begin
    return count


def crossing_free(px, py, follows, edges, edge, chunk, group):
    """Prove that no two edges meet but at a common end that joins them; the last three are room for extents."""
    for e in range(edges):
        f = follows[e]
        ax, ay, bx, by = px[e], py[e], px[f], py[f]
        if not joined(ax, ay, bx, by, px[follows[f]], py[follows[f]]):
            return False
        edge[e, 0], edge[e, 2] = (ax, bx) if ax < bx else (bx, ax)
        edge[e, 1], edge[e, 3] = (ay, by) if ay < by else (by, ay)
    chunks = enclose(chunk, edge, edges, _CHUNK)
    groups = enclose(group, chunk, chunks, _GROUP)
    for g in range(groups):
        gw, gs, ge, gn = group[g, 0], group[g, 1], group[g, 2], group[g, 3]
        for h in range(g, groups):
            if apart(gw, gs, ge, gn, group[h, 0], group[h, 1], group[h, 2], group[h, 3]):
                continue
            for k in range(g * _GROUP, min((g + 1) * _GROUP, chunks)):
                kw, ks, ke, kn = chunk[k, 0], chunk[k, 1], chunk[k, 2], chunk[k, 3]
                for m in range(max(k, h * _GROUP), min((h + 1) * _GROUP, chunks)):
                    mw, ms, me, mn = chunk[m, 0], chunk[m, 1], chunk[m, 2], chunk[m, 3]
                    if apart(kw, ks, ke, kn, mw, ms, me, mn):
                        continue
                    last = min((m + 1) * _CHUNK, edges)
                    for e in range(k * _CHUNK, min((k + 1) * _CHUNK, edges)):
                        west, south, east, north = edge[e, 0], edge[e, 1], edge[e, 2], edge[e, 3]
                        if apart(west, south, east, north, mw, ms, me, mn):
                            continue
                        b = follows[e]
                        for f in range(max(e + 1, m * _CHUNK), last):
                            if apart(west, south, east, north, edge[f, 0], edge[f, 1], edge[f, 2], edge[f, 3]):
                                continue
                            d = follows[f]
                            if b == f or d == e:
                                continue
                            if not uncrossed(px[e], py[e], px[b], py[b], px[f], py[f], px[d], py[d]):
                                return False
    return True


def rings_in_place(px, py, begins, holes, rings):
    """Prove of rings that do not meet that every hole lies in its own shell alone, and no part in another."""
    parts = 0
    for r in range(rings):
        if not holes[r]:
            parts += 1
    if parts > _MANY_PARTS or rings - parts > _MANY_HOLES:
        return False
    shell = 0
    for r in range(rings):
        if not holes[r]:
            shell = r
        for s in range(rings):
            if s == r or (holes[r] and not holes[s] and s != shell):
                continue  # holes are compared with their own shell and with all holes
            if not holes[r] and holes[s]:
                continue
            inside = within(px[begins[r]], py[begins[r]], px, py, begins[s], begins[s + 1])
            if inside != (1 if holes[r] and s == shell else 0):
                return False
    return True


def prove_valid(xy, ring_start, ring_hole, rings, first, last, valid):
    """
    Prove of polygons, if it can be done quickly, that they are valid; the others need GEOS.

    Proven: every ring has three or more different points, is finite, closed and without crossing or touching itself or
    another ring of the polygon; holes lie in their shell and in no other hole, parts outside each other.
    """
    size = 0
    for k in range(first, last):
        size = max(size, ring_start[rings[k + 1]] - ring_start[rings[k]])
    px, py = np.empty(size), np.empty(size)
    follows = np.empty(size, dtype=np.int64)
    chunks = size // _CHUNK + 1
    edge, chunk, group = np.empty((size, 4)), np.empty((chunks, 4)), np.empty((chunks // _GROUP + 1, 4))
    for k in range(first, last):
        count = rings[k + 1] - rings[k]
        begins = np.zeros(count + 1, dtype=np.int64)
        edges = 0
        for r in range(count):
            ring = rings[k] + r
            edges = put_down_ring(xy, ring_start[ring], ring_start[ring + 1] - 1, px, py, follows, edges)
            if edges < 0:
                break
            begins[r + 1] = edges
        valid[k] = edges >= 0 and crossing_free(px, py, follows, edges, edge, chunk, group)
        if valid[k] and count > 1:
            valid[k] = rings_in_place(px, py, begins, ring_hole[rings[k] : rings[k + 1]], count)
