"""The containers of a live coverage, which no edit changes, and how often areas follow each of their edges."""

from collections.abc import Collection, Hashable

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.chain import Edges
from census_map.coverage.edges import Bools, Ints, Shapes, edge_table
from census_map.coverage.extents import Box
from census_map.coverage.invalid import are_valid
from census_map.coverage.scene import solid, traced
from census_map.coverage.steps import as_stored


class FollowedContainers:
    """
    Containers, and how often areas follow each of their edges.

    Parameters
    ----------
    frame
        Polygons indexed by id.
    grid
        Grid step in CRS units.
    """

    def __init__(self, frame: GeoDataFrame, grid: float) -> None:
        self.labels: list[Hashable] | None = list(frame.index)
        self.shapes: Shapes = np.asarray(frame.geometry, dtype=object)
        self.invalid = np.flatnonzero(~are_valid(self.shapes))
        self.ground = solid(self.shapes, self.invalid)
        shapely.prepare(self.ground)
        self.table = edge_table(traced(self.shapes, self.invalid), grid=grid)
        self._raw = shapely.get_coordinates(traced(self.shapes, self.invalid))
        self._tree = shapely.STRtree(self.shapes)
        rows = np.flatnonzero(self.table.sign)
        self._rows = rows[np.argsort(self.table.key[rows], kind="stable")]
        self._row_keys = self.table.key[self._rows]
        self._keys, first, number = np.unique(self.table.key[rows], return_index=True, return_inverse=True)
        self._place = {key: place for place, key in enumerate(self._keys.tolist())}
        self._sample = rows[first]
        size = len(self._keys)
        # Edges of containers and of areas in either direction, by [direction, key].
        self._own = np.stack([np.bincount(number[self.table.sign[rows] == s], minlength=size) for s in (1, -1)])
        self._followed = np.zeros_like(self._own)

    def near(self, extent: Box) -> Ints:
        """Return the positions of the containers whose extent meets another."""
        return np.sort(self._tree.query(shapely.box(*extent)))

    def edges(self, keys: Collection[int], boxes: Ints) -> Edges:
        """Return the edges that have one of the keys; owners as positions in `boxes`."""
        own = np.array([key for key in keys if key in self._place], dtype=np.uint64)
        if not len(own):
            return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
        first, last = (np.searchsorted(self._row_keys, own, side=side) for side in ("left", "right"))
        rows = self._rows[np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])]
        return (*as_stored(self.table, self._raw, rows), np.searchsorted(boxes, self.table.owner(rows)))

    def follow(self, key: int, sign: int, change: int) -> bool:
        """Count areas' edges on one of the containers; return whether it is one."""
        place = self._place.get(key)
        if place is None:
            return False
        self._followed[0 if sign > 0 else 1, place] += change
        return True

    def _left(self) -> Bools:
        rest = self._own - np.minimum(self._own, self._followed)
        surplus = self._followed - np.minimum(self._own, self._followed)
        return np.asarray(rest.any(axis=0) | (surplus[0] != surplus[1]))

    def keys_left(self) -> list[int]:
        """Return the keys of containers' edges that are not followed as they must be."""
        keys: list[int] = self._keys[self._left()].tolist()
        return keys

    def is_left(self, key: int) -> bool:
        """Tell whether a key is that of a container's edge that is not followed as it must be."""
        place = self._place.get(key)
        if place is None:
            return False
        own, followed = self._own[:, place], self._followed[:, place]
        matched = np.minimum(own, followed)
        return bool((own > matched).any() or followed[0] - matched[0] != followed[1] - matched[1])

    def extent(self, key: int) -> Box:
        """Return the extent of a container's edge."""
        row = int(self._sample[self._place[key]])
        (x1, y1), (x2, y2) = self.table.xy[row].tolist(), self.table.xy[row + 1].tolist()
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
