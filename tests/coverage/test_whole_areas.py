"""Overlaps that are the whole of an area become one fault."""

import numpy as np
import pytest
import shapely

from census_map.coverage.scene import Finding, Scene, look_up
from census_map.coverage.whole_areas import merge_whole_areas

HOST, INNER = "POLYGON ((-9 -9, 19 -9, 19 19, -9 19, -9 -9))", "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"


def merged(*pieces):
    """Merge overlaps of the two areas, whose geometries are given."""
    shapes = shapely.from_wkt([HOST, INNER])
    none = np.zeros(0, dtype=np.int64)
    scene = Scene(shapes, ["a", "b"], none, None, None, none, shapes, shapes[:0], 1e-3, look_up(shapes))
    return merge_whole_areas([Finding("overlap", (0, 1), None, shapely.from_wkt(piece)) for piece in pieces], scene)


@pytest.mark.parametrize(
    "east",
    [
        "POLYGON ((5 0, 10 0, 10 10, 5 10, 5 0))",
        "POLYGON ((5 0, 10 0, 10 10, 5 10, 5 5, 5 0))",  # a corner that the other piece lacks
        "POLYGON ((5 0, 10 0, 10 10, 5 10, 4.999 2, 5 0))",  # and one off the border
    ],
)
def test_the_pieces_of_an_area_inside_another_are_one_fault_however_they_were_cut(east):
    (fault,) = merged("POLYGON ((0 0, 5 0, 5 10, 0 10, 0 0))", east)
    assert (fault.kind, fault.areas) == ("contained", (1, 0))
    assert fault.geometry.area == pytest.approx(100, abs=0.02)
    assert fault.geometry.is_valid


def test_an_overlap_that_is_part_of_an_area_stays_one():
    (fault,) = merged("POLYGON ((0 0, 5 0, 5 10, 0 10, 0 0))")
    assert (fault.kind, fault.areas) == ("overlap", (0, 1))
