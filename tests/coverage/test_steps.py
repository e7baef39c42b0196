"""The edges that an edit takes away and adds, whichever way they are found."""

from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.coverage.edges import edge_table
from census_map.coverage.steps import edges_with, edges_with_of_any, steps_between

GRID = 1e-3
RING = "POLYGON ((0 0, 8 0, 8 8, 4 9, 0 8, 0 0))"


def counted(steps):
    """How many more areas have each edge, by key and direction."""
    total = Counter()
    for key, sign, change in zip(steps.key.tolist(), steps.sign.tolist(), steps.change.tolist(), strict=True):
        total[key, sign] += change
    return {edge: change for edge, change in total.items() if change}


def both_ways(old, new):
    shapes = [[None if wkt is None else shapely.from_wkt(wkt)] for wkt in (old, new)]
    return (counted(steps_between(*shapes, sound=sound, grid=GRID)) for sound in (True, False))


@pytest.mark.parametrize(
    ("new", "edges"),
    [
        ("POLYGON ((0 0, 8 0, 8 8, 4 7, 0 8, 0 0))", 4),  # a corner moved
        ("POLYGON ((0 0, 8 0, 8 8, 0 8, 0 0))", 3),  # one taken away
        ("POLYGON ((0 0, 8 0, 8 8, 6 8, 4 9, 0 8, 0 0))", 3),  # one more
        ("POLYGON ((1 0, 8 0, 8 8, 4 9, 0 8, 1 0))", 4),  # the first one moved
        ("POLYGON ((0 0, 8 0, 8 0, 8 8, 4 9, 0 8, 0 0))", 0),  # one twice
        ("POLYGON ((0 0, 0 8, 4 9, 8 8, 8 0, 0 0))", 0),  # the other way round
        ("POLYGON ((8 0, 8 8, 4 9, 0 8, 0 0, 8 0))", 0),  # another beginning
        ("MULTIPOLYGON (((0 0, 8 0, 8 8, 4 9, 0 8, 0 0)))", 0),
        ("POLYGON ((0 0, 8 0, 8 8, 4 9, 0 8, 0 0), (2 2, 2 4, 4 4, 2 2))", 3),
        ("POLYGON EMPTY", 5),
        (None, 5),
    ],
)
def test_what_an_edit_changes_of_a_ring(new, edges):
    short, long = both_ways(RING, new)
    assert short == long
    assert sum(map(abs, short.values())) == edges
    again, _long = both_ways(new, RING)
    assert again == {edge: -change for edge, change in short.items()}


def test_a_corner_moved_across_the_opposite_side_turns_every_edge_round():
    short, long = both_ways("POLYGON ((0 0, 8 0, 4 3, 0 0))", "POLYGON ((0 0, 8 0, 4 -3, 0 0))")
    assert short == long
    assert len(short) == 6  # the side that stayed has its interior on the other hand now


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(st.lists(corner, min_size=3, max_size=8), st.lists(corner, min_size=3, max_size=8), st.integers(0, 7))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_short_way_gives_what_the_edge_table_gives(one, other, shared):
    rings = [shapely.Polygon(corners) for corners in (one, one[:shared] + other)]
    short, long = (
        counted(steps_between(rings[:1], rings[1:], sound=sound, grid=GRID))
        for sound in (all(map(shapely.is_valid, rings)), False)
    )
    assert short == long


def test_edges_with_a_key_are_found_in_rings_holes_and_parts():
    shapes = shapely.from_wkt(
        [
            "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (3 3, 6 3, 6 6, 3 6, 3 3))",
            "POLYGON ((3 3, 3 6, 6 6, 6 3, 3 3))",
            "MULTIPOLYGON (((9 0, 12 0, 12 9, 9 9, 9 0)), ((3 3, 0 3, 0 4, 3 3)))",
            "POLYGON ((20 20, 21 20, 21 21, 20 20))",
        ]
    )
    table = edge_table(shapes[:1], grid=GRID)
    keys = np.unique(table.key[table.sign != 0])

    def rows(edges):
        return {(*start, *end, owner) for start, end, owner in zip(*(each.tolist() for each in edges), strict=True)}

    found = rows(edges_with(keys, shapes, GRID))
    assert found == rows(edges_with_of_any(keys, shapes, GRID))
    assert (9.0, 9.0, 9.0, 0.0, 2) in found  # its interior on the left, as the other's is on the other side
    assert (9.0, 0.0, 9.0, 9.0, 0) in found
    assert (3.0, 3.0, 6.0, 3.0, 1) in found
    assert len(found) == 8 + 4 + 1
    alone = rows(edges_with(keys, shapes[1:2], GRID))
    assert alone == {(*row[:4], 0) for row in found if row[4] == 1}


def test_the_last_corner_of_a_polygon_and_the_first_of_the_next_are_no_edge():
    shapes = shapely.from_wkt(["POLYGON ((0 0, 9 9, 0 9, 0 0))", "POLYGON ((9 0, 9 -5, 8 -5, 9 0))"])
    table = edge_table(shapely.from_wkt(["POLYGON ((0 0, 9 0, 9 9, 0 0))"]), grid=GRID)
    _start, _end, owner = edges_with(np.unique(table.key[table.sign != 0]), shapes, GRID)
    assert owner.tolist() == [0]
