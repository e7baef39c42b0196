"""Unmatched vertices: a border passes through a place where its other side has a vertex and it has none."""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.chain import Residue
from census_map.coverage.edges import Ints, Keys, Shapes, point_hash
from census_map.coverage.nodes import Pieces
from census_map.coverage.regions import Finding, Scene, corner_hashes
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
    by_place, by_point, by_segment = np.argsort(passed), np.argsort(own), np.argsort(left.segment, kind="stable")
    free = passed[np.isin(passed, own) & ~np.isin(passed, corner_hashes(faulty))]
    for node in np.unique(free):
        lacking: set[tuple[bool, int]] = set()
        for segment in pieces.passed_segment[_rows(by_place, passed, node)].tolist():
            lacking |= _owners(left, _rows(by_segment, left.segment, segment))
        rows = _rows(by_point, own, node)
        having = _owners(left, rows % len(left.owner)) - lacking
        named = sorted(lacking) + sorted(having)
        areas = tuple(owner for contained, owner in named if not contained)
        boxes = [owner for contained, owner in named if contained]
        # The same number on every run and in any order: the smallest of the coordinates that fall on this node.
        place = shapely.Point(min(map(tuple, points[rows].tolist())))
        yield Finding("unmatched", areas, boxes[0] if boxes else None, place, place)


def _rows(order: NDArray[np.intp], values: Keys | Ints, wanted: np.uint64 | int) -> NDArray[np.intp]:
    """Return the rows that hold a value; `order` sorts the values."""
    first = np.searchsorted(values, wanted, side="left", sorter=order)
    return order[first : np.searchsorted(values, wanted, side="right", sorter=order)]


def _owners(left: Residue, rows: NDArray[np.intp]) -> set[tuple[bool, int]]:
    return set(zip(left.contained[rows].tolist(), left.owner[rows].tolist(), strict=True))
