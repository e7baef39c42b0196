"""
Large sets of polygons as plain rings, straight from WKB bytes or from shapes: chain and validity without GEOS objects.

For the compiled loops (`compiled`, the extra `[fast]`). The chain needs coordinates only. Validity is decided honestly
in two steps. A proof in floating point with Shewchuk's error bounds shows of nearly every polygon that its rings do not
meet themselves or each other and lie in one another as they must, which is what OGC validity asks and more: a polygon
whose rings merely touch is not proven. Every polygon without proof, and none else, is decoded and asked of GEOS. So the
answer is that of GEOS on all polygons; the tests compare the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import Bools, EdgeTable, Floats, Ints, Shapes, block_rings
from census_map.coverage.threads import Helpers

_CHUNK = 8192  # polygons


@dataclass(frozen=True)
class Rings:
    """
    Polygons as rings.

    Attributes
    ----------
    xy
        (n, 2) vertices, ring after ring.
    start
        (rings + 1,) the first row of each ring.
    hole
        (rings,) whether it is a hole; any other begins a new part.
    first
        (polygons + 1,) the first ring of each polygon.
    """

    xy: Floats
    start: Ints
    hole: Bools
    first: Ints


def rings_of_wkb(geometries: Sequence[bytes | None], loops: ModuleType) -> Rings | None:
    """
    Read polygons from WKB.

    Parameters
    ----------
    geometries
        Little-endian WKB or EWKB of polygons and multipolygons; Z and M are skipped. None has no rings.
    loops
        The compiled loops.

    Returns
    -------
    rings
        None if there is anything else among them: shapely must read those.
    """
    parts = [geometry or b"" for geometry in geometries]
    data = np.frombuffer(b"".join(parts), dtype=np.uint8)
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, parts), dtype=np.int64, count=len(parts)), out=offsets[1:])
    points, first = np.empty_like(offsets), np.empty_like(offsets)
    if loops.count_points(data, offsets, points, first, np.zeros(0, np.uint8), np.zeros(0, np.bool_)) >= 0:
        return None
    xy = np.empty((points[-1], 2))
    start, hole = np.empty(first[-1] + 1, dtype=np.int64), np.empty(first[-1], dtype=bool)
    start[-1] = points[-1]
    loops.read_points(data, offsets, points, first, xy.reshape(-1).view(np.uint8), start, hole)
    return Rings(xy, start, hole, first)


def rings_of_shapes(shapes: Shapes) -> Rings:
    """Return the rings of polygons, multipolygons, empty and missing ones."""
    offsets = np.concatenate(([0], np.cumsum(shapely.get_num_coordinates(shapes), dtype=np.int64)))
    xy = shapely.get_coordinates(shapes)
    start, hole = block_rings(xy, shapes, offsets)
    start = np.concatenate((start, offsets[-1:]))
    return Rings(xy, start, hole, np.searchsorted(start, offsets).astype(np.int64))


def edge_table_of(rings: Rings, loops: ModuleType) -> EdgeTable:
    """Build the edge table of polygons, as `edges.edge_table` does."""
    key, sign = np.empty(len(rings.xy), dtype=np.uint64), np.empty(len(rings.xy), dtype=np.int8)
    loops.edge_keys(rings.xy, rings.xy.reshape(-1).view(np.uint64), rings.start, rings.hole, key, sign)
    return EdgeTable(rings.xy, key, sign, rings.start[rings.first], np.diff(rings.first))


class ValidityOfRings(Helpers):
    """
    Validity of polygons given as rings, found out beside other work as `inspection.Validity` does.

    A context manager: what has not begun when it ends is not begun any more.

    Parameters
    ----------
    rings
        The polygons.
    loops
        The compiled loops.
    """

    def __init__(self, rings: Rings, loops: ModuleType) -> None:
        super().__init__()
        self._valid = np.zeros(len(rings.first) - 1, dtype=bool)

        def prove(begin: int) -> None:
            end = min(begin + _CHUNK, len(self._valid))
            loops.prove_valid(rings.xy, rings.start, rings.hole, rings.first, begin, end, self._valid)

        self._prove = prove
        self._chunks = [(begin, self._pool.submit(prove, begin)) for begin in range(0, len(self._valid), _CHUNK)]

    def result(self, decode: Callable[[NDArray[np.intp]], Shapes]) -> Bools:
        """Tell which polygons are valid; `decode` gives the shapes of those at some positions, for GEOS."""
        for begin, asked in reversed(self._chunks):
            if asked.cancel():
                self._prove(begin)
            else:
                asked.result()
        doubtful = np.flatnonzero(~self._valid)
        shapes = decode(doubtful)
        self._valid[doubtful] = shapely.is_valid(shapes) | shapely.is_missing(shapes)
        return self._valid


def decode_wkb(geometries: Sequence[bytes | None]) -> Callable[[NDArray[np.intp]], Shapes]:
    """Return a function that decodes the geometries at some positions."""

    def decode(rows: NDArray[np.intp]) -> Shapes:
        chosen = np.empty(len(rows), dtype=object)
        chosen[:] = [geometries[row] for row in rows.tolist()]
        return np.asarray(shapely.from_wkb(chosen), dtype=object)

    return decode
