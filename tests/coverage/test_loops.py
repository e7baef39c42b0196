"""The compiled loops say what numpy and GEOS say."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.coverage import chain, find_faults, inspection
from census_map.coverage.compiled import compiled
from census_map.coverage.edges import edge_table
from census_map.coverage.wkb import ValidityOfRings, decode_wkb, edge_table_of, rings_of_shapes, rings_of_wkb
from tests.coverage.shapes import make_areas, rectangle
from tests.coverage.strategies import GRID, coverages

loops = compiled()
pytestmark = pytest.mark.skipif(loops is None, reason="numba is not installed")
few = settings(max_examples=25, deadline=None, derandomize=True)

SHELL = "(0 0, 9 0, 9 9, 0 9, 0 0)"
SHAPES = [
    "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))",
    "POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))",
    "POLYGON ((0 0, 5 0, 5 0, 10 0, 10 10, 0 10, 0 0))",
    "POLYGON ((0 0, 10 0, 5 0, 5 5, 0 0))",
    "POLYGON ((0 0, 5 0, 10 0, 0 0))",
    "POLYGON ((0 0, 10 0, 10 10, 5 0, 0 10, 0 0))",
    f"POLYGON ({SHELL}, (1 1, 2 1, 2 2, 1 2, 1 1))",
    f"POLYGON ({SHELL}, (1 1, 4 1, 4 4, 1 4, 1 1), (2 2, 3 2, 3 3, 2 3, 2 2))",
    f"POLYGON ({SHELL}, (11 1, 12 1, 12 2, 11 2, 11 1))",
    f"POLYGON ({SHELL}, (0 5, 2 4, 2 6, 0 5))",
    f"POLYGON ({SHELL}, (1 1, 4 1, 4 4, 1 4, 1 1), (4 4, 6 4, 6 6, 4 6, 4 4))",
    f"MULTIPOLYGON (({SHELL}), ((20 0, 29 0, 29 9, 20 9, 20 0), (21 1, 22 1, 22 2, 21 2, 21 1)))",
    f"MULTIPOLYGON (({SHELL}), ((1 1, 2 1, 2 2, 1 2, 1 1)))",
    f"MULTIPOLYGON (({SHELL}, (1 1, 4 1, 4 4, 1 4, 1 1)), ((2 2, 3 2, 3 3, 2 3, 2 2)))",
    f"MULTIPOLYGON (({SHELL}), ((9 9, 12 9, 12 12, 9 12, 9 9)))",
    "POLYGON EMPTY",
    "MULTIPOLYGON EMPTY",
    "POLYGON Z ((0 0 1, 10 0 2, 10 10 3, 0 10 4, 0 0 1))",
]


def all_shapes():
    """The shapes above, one that is not finite, and one that is missing."""
    with np.errstate(invalid="ignore"):
        odd = shapely.Polygon([(0, 0), (10, 0), (10, np.inf), (0, 10)])
    return np.array([*shapely.from_wkt(SHAPES), odd, None], dtype=object)


def wkb_of(shapes, **options):
    return [None if shape is None else shapely.to_wkb(shape, **options) for shape in shapes]


def same_rings(one, other):
    return all(np.array_equal(getattr(one, k), getattr(other, k)) for k in ("start", "hole", "first")) and (
        np.array_equal(one.xy, other.xy, equal_nan=True)
    )


@pytest.mark.parametrize("options", [{}, {"flavor": "iso"}, {"flavor": "extended"}], ids=["plain", "ISO", "EWKB"])
def test_rings_are_the_same_from_bytes_and_from_shapes(options):
    shapes = all_shapes()

    assert same_rings(rings_of_wkb(wkb_of(shapes, **options), loops), rings_of_shapes(shapes))


@pytest.mark.parametrize(
    "wkt", ["POINT (1 1)", "LINESTRING (0 0, 1 1)", "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)))"]
)
def test_what_is_no_polygon_is_left_to_shapely(wkt):
    assert rings_of_wkb(wkb_of(shapely.from_wkt([SHAPES[0], wkt])), loops) is None


def test_bytes_that_end_too_early_are_left_to_shapely():
    whole = wkb_of(shapely.from_wkt(SHAPES[11:12]))[0]

    for length in range(1, len(whole)):
        assert rings_of_wkb([whole[:length]], loops) is None


def test_proof_and_geos_together_say_what_geos_says():
    shapes = all_shapes()
    rings = rings_of_shapes(shapes)
    expected = shapely.is_valid(shapes) | shapely.is_missing(shapes)

    with ValidityOfRings(rings, loops) as proving:
        assert proving.result(lambda rows: shapes[rows]).tolist() == expected.tolist()


def test_most_valid_polygons_are_proven():
    shapes = shapely.from_wkt(SHAPES)
    rings = rings_of_shapes(shapes)
    proven = np.zeros(len(shapes), dtype=bool)

    loops.prove_valid(rings.xy, rings.start, rings.hole, rings.first, 0, len(shapes), proven)

    # Not: a hole or part that touches, and a part in a hole, which are valid and left to GEOS.
    assert np.flatnonzero(shapely.is_valid(shapes) & ~proven).tolist() == [9, 10, 13, 14]
    assert not (proven & ~shapely.is_valid(shapes)).any()


@given(st.integers(0, 2**32 - 1), st.integers(3, 400), st.sampled_from([0, 1, 3]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_nothing_invalid_is_proven_valid(chance, count, decimals):
    """Rings round a centre with some vertices swapped and coordinates rounded, so that they cross, touch and repeat."""
    rng = np.random.default_rng(chance)
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(5, 10, count)
    ring = np.column_stack((np.cos(angle) * radius, np.sin(angle) * radius))
    if rng.random() < 0.5:
        at = int(rng.integers(0, count - 1))
        ring[[at, at + 1]] = ring[[at + 1, at]]
    ring = np.round(ring, decimals)
    shapes = np.array([shapely.Polygon(np.vstack((ring, ring[:1])))], dtype=object)
    rings = rings_of_shapes(shapes)
    proven = np.zeros(1, dtype=bool)

    loops.prove_valid(rings.xy, rings.start, rings.hole, rings.first, 0, 1, proven)

    assert not proven[0] or shapely.is_valid(shapes[0])


@given(coverages(), st.integers(0, 99))
@few
def test_edge_tables_and_suspects_are_the_same(coverage, draw):
    shapes = np.asarray(coverage.areas.geometry, dtype=object).copy()
    shapes[draw % len(shapes)] = None
    plain, fast = edge_table(shapes), edge_table_of(rings_of_wkb(wkb_of(shapes), loops), loops)
    real = plain.sign != 0

    assert np.array_equal(plain.sign, fast.sign)
    assert np.array_equal(plain.key[real], fast.key[real])
    assert np.array_equal(plain.offsets, fast.offsets)
    boxes = edge_table(np.asarray(coverage.containers.geometry, dtype=object))
    for containers in (None, boxes):
        one, two = chain.residue(plain, containers, grid=GRID), chain.residue(fast, containers, grid=GRID, loops=loops)
        assert np.array_equal(one.start, two.start)
        assert np.array_equal(one.net, two.net)


@given(coverages(), st.integers(0, 99), st.floats(-40, 40))
@few
def test_faults_are_the_same_on_every_path(coverage, draw, step):
    areas = coverage.areas.copy()
    label = areas.index[draw % len(areas)]
    areas.loc[[label], "geometry"] = shapely.transform(areas.geometry[label], lambda xy: np.round(xy + step, 3))
    shapes = np.asarray(areas.geometry, dtype=object)
    boxes = np.asarray(coverage.containers.geometry, dtype=object)
    expected = find_faults(areas, coverage.containers)
    found = [inspection.inspect_wkb(wkb_of(shapes), boxes, grid=GRID)[0]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection, "loops_for", lambda _vertices: loops)
        found += [
            inspection.inspect(shapes, boxes, grid=GRID),
            inspection.inspect_wkb(wkb_of(shapes), boxes, grid=GRID)[0],
        ]

    for seen in found:
        faults = find_faults(areas, coverage.containers, inspection=seen)
        assert faults.index.tolist() == expected.index.tolist()
        assert faults["areas"].tolist() == expected["areas"].tolist()


def test_decoding_gives_the_shapes_asked_for():
    shapes = np.array([*shapely.from_wkt([rectangle(0, 0, 1, 1), rectangle(1, 0, 2, 1)]), None], dtype=object)
    found = decode_wkb(wkb_of(shapes))(np.array([2, 1]))

    assert found[0] is None
    assert found[1].equals(shapes[1])
    assert make_areas({"A": rectangle(0, 0, 1, 1)}).geometry["A"].equals(shapes[0])
