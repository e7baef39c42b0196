"""Rings proven simple with numpy: never one that GEOS calls invalid, and nearly every other."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.coverage.edges import edge_table
from census_map.coverage.inspection import _WORTH, inspect
from census_map.coverage.simple import LONGEST, proven_simple

few = settings(max_examples=60, deadline=None, derandomize=True)
corners = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9)


def proven(shapes, origin=(0.0, 0.0)):
    """Ask about polygons of one ring each, side by side, moved to an origin."""
    moved = shapely.transform(np.asarray(shapes, dtype=object), lambda xy: xy + np.array(origin))
    table = edge_table(moved)
    return proven_simple(table.xy, table.offsets, table.rings == 1)


def star(count, *, twist=1.0, at=0.0):
    """A wiggly ring of `count` corners; with `twist` 2 it goes round twice and crosses itself."""
    angle = 2 * np.pi * twist * np.arange(count) / count
    radius = 10 + 3 * np.cos(5 * angle) + np.arange(count) % 2 * 0.1 + 0.5 * np.arange(count) / count
    return shapely.Polygon(np.column_stack((at + radius * np.cos(angle), radius * np.sin(angle))))


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))",
        "POLYGON ((0 0, 8 0, 4 0, 4 4, 0 0))",
        "POLYGON ((0 0, 4 0, 8 0, 0 0))",
        "POLYGON ((0 0, 8 0, 8 8, 4 0, 0 8, 0 0))",
        "POLYGON ((0 0, 8 0, 8 8, 0 8, 0 4, 4 4, 0 4, 0 0))",
        "POLYGON ((4 0, 8 4, 4 4, 6 6, 2 6, 4 4, 0 4, 4 0))",
        "POLYGON ((0 0, 8 0, 8 8, 0 8, 0 0, 8 0, 8 8, 0 8, 0 0))",
        "POLYGON ((0 0, 8 0, 8 8, 0 8, 0 8, 0 0))",
        "POLYGON ((0 0, 0 0, 0 0, 0 0))",
        "POLYGON ((0 0, 8 0, NaN 8, 0 8, 0 0))",
        "POLYGON ((0 0, 8 0, Inf 8, 0 8, 0 0))",
    ],
    ids=["crossing", "spike", "flat", "touching an edge", "there and back", "touching itself", "twice round",
         "repeated point", "one point", "no number", "without end"],
)  # fmt: skip
@pytest.mark.parametrize("origin", [(0.0, 0.0), (5e5, 3.4e6), (-1e-9, 1e-9)])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_may_be_invalid_is_not_proven(wkt, origin):
    assert not proven(shapely.from_wkt([wkt]), origin).any()


@pytest.mark.parametrize("origin", [(0.0, 0.0), (5e5, 3.4e6)])
def test_simple_rings_of_all_sizes_are_proven_and_crossing_ones_beside_them_are_not(origin):
    sizes = np.arange(7, LONGEST)
    fine, crossing = [star(size, at=30.0 * size) for size in sizes], [star(size, twist=2) for size in sizes]
    assert shapely.is_valid(fine).all()
    assert not shapely.is_valid(crossing).any()

    found = proven([shape for pair in zip(fine, crossing, strict=True) for shape in pair], origin)

    assert found[::2].all()
    assert not found[1::2].any()


def test_rings_that_are_too_long_and_polygons_of_several_rings_are_left_alone():
    holed = star(40).difference(shapely.box(-1, -1, 1, 1))
    two = shapely.union_all([star(40), star(40, at=90)])

    assert proven([star(LONGEST - 1), star(LONGEST), holed, two, shapely.MultiPolygon([star(20)])]).tolist() == [
        True, False, False, False, True,
    ]  # fmt: skip


def test_a_hair_between_two_edges_is_enough_but_not_less_than_rounding_can_tell():
    def notch(gap):
        return shapely.Polygon([(0, 0), (8, 0), (8, 8), (4, gap), (0, 8)])

    assert proven([notch(1e-12)]).all()
    assert not proven([notch(0.0)]).any()
    assert not proven([notch(1e-12)], origin=(1e6, 1e6)).any()  # there the notch is rounded on to the edge


def test_coordinates_too_large_for_their_products_are_not_proven_and_cause_no_warning():
    huge = 1e300 * np.array([(0, 0), (8, 0), (8, 8), (4, 0.5), (0, 8)])

    assert not proven([shapely.Polygon(huge)]).any()


@few
@given(st.lists(corners, min_size=1, max_size=12), st.sampled_from([1.0, 1e-8, 1234.567]))
def test_what_is_proven_is_valid_for_geos(rings, scale):
    shapes = np.array([shapely.Polygon(np.array(ring) * scale) for ring in rings], dtype=object)

    found = proven(shapes)

    assert shapely.is_valid(shapes)[found].all()


@few
@given(corners)
def test_convex_rings_are_proven(ring):
    hull = shapely.convex_hull(shapely.MultiPoint(ring))

    assert hull.geom_type != "Polygon" or proven([hull]).all()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_an_inspection_of_many_says_what_geos_says():
    across, down = np.meshgrid(np.arange(60.0), np.arange(60.0))
    shapes = shapely.box(across.ravel(), down.ravel(), across.ravel() + 1, down.ravel() + 1).astype(object)
    assert len(shapes) >= _WORTH
    odd = np.random.default_rng(3).choice(len(shapes), 360, replace=False)
    kinds = [
        shapely.from_wkt("POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))"),
        shapely.from_wkt("POLYGON ((0 0, 8 0, 8 8, 4 0, 0 8, 0 0))"),
        star(3 * LONGEST),
        star(3 * LONGEST, twist=2),
        star(40).difference(shapely.box(-1, -1, 1, 1)),
        shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)]),
        shapely.from_wkt("POLYGON ((0 0, 8 0, Inf 8, 0 8, 0 0))"),
        shapely.Polygon(),
        None,
    ]
    for number, place in enumerate(odd.tolist()):
        shapes[place] = kinds[number % len(kinds)]

    found = inspect(shapes, grid=1e-3)

    assert np.array_equal(found.valid, shapely.is_valid(shapes) | shapely.is_missing(shapes))
    assert (~found.valid).sum() == 200  # five of nine kinds


def test_an_edge_table_counts_the_rings_of_each_polygon():
    holed = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
    shapes = [shapely.box(0, 0, 1, 1), holed, None, shapely.MultiPolygon([holed, star(9, at=50)]), shapely.Polygon()]

    assert edge_table(np.array(shapes, dtype=object)).rings.tolist() == [1, 2, 0, 3, 0]
