"""Unmatched vertices: a border passes through a place where its other side has a vertex and it has none."""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.chain import Residue
from census_map.coverage.edges import Bools, Ints, Keys, Shapes, point_hash
from census_map.coverage.nodes import Pieces
from census_map.coverage.scene import Finding, Scene
from census_map.coverage.segments import keys_among
from census_map.crs import snap_coordinates


def find_unmatched(left: Residue, pieces: Pieces, faulty: Shapes, scene: Scene) -> Iterator[Finding]:
    """
    Yield the vertices that one side of a border lacks.

    Corners of faulty ground are left out: they belong to that fault, and go with it.

    Parameters
    ----------
    left, pieces
        A residue, and what it was cut into.
    faulty
        The ground that is at fault.
    scene
        The polygons.
    """
    if not len(pieces.passed_segment):
        return
    passed = point_hash(pieces.passed_node)
    points = np.concatenate((left.raw_start, left.raw_end))
    own = point_hash(snap_coordinates(points, scene.grid))
    drawn = keys_among(own, passed)
    if len(scene.invalid):
        broken = np.tile(np.isin(left.owner, scene.invalid) & ~left.contained, 2)
        drawn &= ~(broken & keys_among(own, scene.crossings))
    at_place, at_point = _Lookup(passed), _Lookup(own, drawn)
    on_segment = _Lookup(left.segment, np.isin(left.segment, pieces.passed_segment))
    free = passed[keys_among(passed, own[drawn]) & ~keys_among(passed, _corner_hashes(faulty))]
    for node in np.unique(free):
        lacking: set[tuple[bool, int]] = set()
        for segment in pieces.passed_segment[at_place.rows(node)].tolist():
            lacking |= _owners(left, on_segment.rows(segment))
        lacking = {one for one in lacking if one[0] or not scene.has_drawn(one[1], node)}
        if not lacking:
            continue
        rows = at_point.rows(node)
        having = _owners(left, rows % len(left.owner)) - lacking
        named = sorted(lacking) + sorted(having)
        areas = tuple(owner for contained, owner in named if not contained)
        boxes = [owner for contained, owner in named if contained]
        # The same number on every run and in any order: the smallest of the coordinates that fall on this node.
        place = shapely.Point(min(map(tuple, points[rows].tolist())))
        yield Finding("unmatched", areas, boxes[0] if boxes else None, place, place)


class _Lookup:
    """Finds the rows that hold a value, among some rows."""

    def __init__(self, values: Keys | Ints, among: Bools | None = None) -> None:
        rows = np.arange(len(values)) if among is None else np.flatnonzero(among)
        self._order = rows[np.argsort(values[rows], kind="stable")]
        self._values = values[self._order]

    def rows(self, wanted: np.uint64 | int) -> NDArray[np.intp]:
        """Return the rows that hold a value."""
        first, last = (np.searchsorted(self._values, wanted, side=side) for side in ("left", "right"))
        return self._order[first:last]


def _owners(left: Residue, rows: NDArray[np.intp]) -> set[tuple[bool, int]]:
    return set(zip(left.contained[rows].tolist(), left.owner[rows].tolist(), strict=True))


def _corner_hashes(shapes: Shapes) -> NDArray[np.uint64]:
    """Return the hashes of all vertices of some shapes."""
    return np.unique(point_hash(shapely.get_coordinates(shapes)))
