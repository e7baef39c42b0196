"""The largest circle inside a polygon."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from census_map.coverage.inscribed import inscribed_diameters

corner = st.tuples(st.integers(-50, 50), st.integers(-50, 50))


@pytest.mark.parametrize(
    ("wkt", "diameter"),
    [
        ("POLYGON ((0 0, 3 0, 0 4, 0 0))", 2.0),
        ("POLYGON ((0 0, 7 0, 7 3, 0 3, 0 0))", 3.0),
        ("POLYGON ((0 0, 0 3, 7 3, 7 0, 0 0))", 3.0),  # the other way round
        ("POLYGON ((0 0, 4 0, 4 0, 0 3, 0 0))", 2.0),  # a corner twice
        ("POLYGON ((-4 0, 0 0, 4 0, 0 3, -4 0))", 8 / 3),  # a corner in the middle of a side
        # A dart: the circle touches the corner that points inwards (0 3) and both long sides (y = 13 ± 2 x).
        ("POLYGON ((-8 -3, 0 3, 8 -3, 0 13, -8 -3))", 20 / (1 + np.sqrt(5))),
        ("POLYGON ((0 0, 2 0, 2 1, 1 1, 1 2, 0 2, 0 0))", 4 - 2 * np.sqrt(2)),  # five corners and more are searched
        ("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), ((5 0, 8 0, 8 3, 5 3, 5 0)))", 3.0),
        ("POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (3 3, 3 6, 6 3, 3 3))", 18 / (2 + np.sqrt(2))),
        ("POINT (1 1)", 0.0),
        ("LINESTRING (0 0, 5 5)", 0.0),
        ("POLYGON EMPTY", 0.0),
    ],
)
def test_widths_that_can_be_worked_out_by_hand(wkt, diameter):
    found = inscribed_diameters(shapely.from_wkt([wkt]))[0]
    assert found == pytest.approx(diameter, rel=0.011)
    assert found <= diameter * (1 + 1e-9)


@pytest.mark.parametrize("corners", [1, 2, 5, 17, 60])
@pytest.mark.parametrize("length", [50, 500])
def test_a_long_wedge_is_widest_near_its_base_however_its_sides_are_cut_up(corners, length):
    steps = np.linspace(0, 1, corners + 1)[1:, None]
    tip, base = np.array([length, 0.5]), np.array([[0.0, 0.0], [0.0, 1.0]])
    ring = np.concatenate((base[:1], base[:1] + (tip - base[0]) * steps, tip + (base[1] - tip) * steps))
    wedge = shapely.Polygon(ring)
    assert inscribed_diameters(np.array([wedge]))[0] == pytest.approx(4 * wedge.area / wedge.length, rel=0.011)


@given(st.lists(corner, min_size=3, max_size=4, unique=True))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_few_corners_give_what_a_search_in_the_same_shape_with_more_corners_gives(corners):
    shape = shapely.Polygon(corners)
    assume(shape.is_valid and shape.area > 0.01 * shape.length**2)
    more = shapely.segmentize(shape, shape.length / 8)
    exact, searched = inscribed_diameters(np.array([shape, more]))
    assert searched * (1 - 1e-9) <= exact <= searched * 1.011


@given(st.lists(corner, min_size=4, max_size=4, unique=True), st.floats(0, 6.3), st.integers(0, 3), st.booleans())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_turning_moving_or_beginning_elsewhere_changes_no_width(corners, angle, start, back):
    shape = shapely.Polygon(corners)
    assume(shape.is_valid and shape.area > 0)
    ring = np.roll(np.array(corners, dtype=float), start, axis=0)[:: -1 if back else 1]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = shapely.Polygon(ring @ turn + 1000.0)
    one, same = inscribed_diameters(np.array([shape, other]))
    assert same == pytest.approx(one, rel=1e-6, abs=1e-9)
