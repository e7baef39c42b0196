"""Which residues are one closed way, and what its faces are."""

import numpy as np
import pytest
import shapely

from census_map.coverage.edges import edge_table
from census_map.coverage.loop import loops_of

GRID = 1e-3
SQUARE = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"


def edges(*texts):
    table = edge_table(shapely.from_wkt(list(texts)), grid=GRID)
    rows = np.flatnonzero(table.sign)
    return (*table.directed(rows), table.owner(rows))


def faces(areas, containers):
    """Area, excess, and the sides: owner, whether a container, whether the face is on its inner side, length."""
    loops = loops_of(edges(*areas), edges(*containers), grid=GRID)
    return loops and sorted((loop.shape.area, loop.excess, *sorted(loop.sides)) for loop in loops)


@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_a_corner_pulled_in_leaves_a_gap_along_two_edges_of_the_container(turned):
    def rotated(wkt):
        return shapely.transform(shapely.from_wkt(wkt), lambda xy: quarter(xy, turned)).wkt

    found = faces([rotated("POLYGON ((0 0, 10 0, 7 7, 0 10, 0 0))")], [rotated(SQUARE)])
    beside = pytest.approx(np.hypot(3, 7))
    assert found == [
        (30.0, -1, (0, False, False, beside), (0, False, False, beside), (0, True, True, 10.0), (0, True, True, 10.0))
    ]


def quarter(xy, turns):
    for _turn in range(turns):
        xy = np.column_stack((-xy[:, 1], xy[:, 0]))
    return xy


def test_a_corner_pushed_out_spills_over_the_same_edges():
    ((area, excess, *sides),) = faces(["POLYGON ((0 0, 10 0, 12 12, 0 10, 0 0))"], [SQUARE])
    assert (area, excess) == (20.0, 1)
    assert sorted(side[:3] for side in sides) == [(0, False, True)] * 2 + [(0, True, False)] * 2


def test_a_border_moved_across_itself_leaves_a_gap_and_an_overlap():
    west, east = "POLYGON ((0 0, 5 0, 7 3, 3 7, 5 10, 0 10, 0 0))", "POLYGON ((5 0, 10 0, 10 10, 5 10, 5 0))"
    box = "POLYGON ((0 0, 5 0, 10 0, 10 10, 5 10, 0 10, 0 0))"
    over, under = sorted(faces([west, east], [box]), key=lambda face: -face[1])
    assert over[:2] == (5.0, 1)
    assert under[:2] == (5.0, -1)


@pytest.mark.parametrize(
    ("areas", "containers"),
    [
        ([SQUARE], [SQUARE]),  # nothing is left
        ([], [SQUARE, "POLYGON ((20 0, 30 0, 30 10, 20 0))"]),  # two ways
        ([SQUARE, SQUARE, SQUARE], [SQUARE]),  # covered twice too often
        (["POLYGON ((0 0, 10 0, 10.002 5, 10 10, 0 10, 0 0))"], [SQUARE]),  # nearly on the border
        (["POLYGON ((0 0, 10 0, 10 5, 10 10, 0 10, 0 0))"], [SQUARE]),  # a vertex that the container lacks
        (  # a border between containers crossed by areas that are exact between themselves
            ["POLYGON ((0 0, 10 0, 14 5, 10 10, 0 10, 0 0))", "POLYGON ((10 0, 20 0, 20 10, 10 10, 14 5, 10 0))"],
            [SQUARE, "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0))"],
        ),
    ],
)
def test_anything_else_is_left_to_the_long_way(areas, containers):
    assert faces(areas, containers) is None
