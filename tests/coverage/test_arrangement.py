"""Faces traced from half-edges are those that noding and polygonising everything gives."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.coverage.arrangement import draw
from census_map.coverage.chain import residue
from census_map.coverage.clusters import connected, numbered
from census_map.coverage.edges import edge_table
from tests.coverage.strategies import GRID, coverages

few = settings(max_examples=20, deadline=None, derandomize=True)


def drawing_of(wkt: list[str]):
    left = residue(edge_table(shapely.from_wkt(wkt)), grid=GRID)
    return left, draw(left, grid=GRID)


def everything(left) -> np.ndarray:
    """The oracle: all segments noded at once, all faces built."""
    lines = shapely.linestrings(np.stack((left.start, left.end), axis=1))
    return shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=GRID)]))


def same_faces(some, others) -> bool:
    keys = [
        sorted(shapely.normalize(shapely.set_precision(shape, GRID)).wkt for shape in faces) for faces in (some, others)
    ]
    return keys[0] == keys[1]


@given(coverages(), st.lists(st.integers(0, 99), min_size=1, max_size=4), st.floats(-40, 40), st.floats(-40, 40))
@few
def test_faces_and_covers_are_those_that_plain_geometry_computes(coverage, draws, dx, dy):
    shapes = np.asarray(coverage.areas.geometry, dtype=object).copy()
    for step, number in enumerate(draws):
        which = number % len(shapes)
        move = np.array([dx, dy]) * (step + 1) / len(draws)
        shapes[which] = shapely.transform(shapes[which], lambda xy, move=move: np.round(xy + move, 3))
    left = residue(edge_table(shapes), grid=GRID)
    drawing = draw(left, grid=GRID)

    faces = drawing.build(np.ones(len(drawing.cycles.excess), dtype=bool))

    assert same_faces(faces.shapes, everything(left))
    points = shapely.point_on_surface(faces.shapes)
    # Ground thinner than the rounding of a crossing may have its point beside it.
    clear = shapely.distance(points, shapely.geometrycollections(shapely.boundary(shapes))) > 2 * GRID
    covered = shapely.contains_properly(shapes[:, None], points[None, :]).sum(axis=0)
    assert faces.excess[clear].tolist() == covered[clear].tolist()


def test_parts_within_parts_are_covered_as_often_as_they_lie():
    ring = "POLYGON (({0} {0}, {1} {0}, {1} {1}, {0} {1}, {0} {0}))"
    _left, drawing = drawing_of([ring.format(k, 100 - k) for k in (0, 10, 20, 30)])

    faces = drawing.build(np.ones(len(drawing.cycles.excess), dtype=bool))

    by_size = np.argsort(-shapely.area(shapely.polygons(shapely.get_exterior_ring(faces.shapes))))
    assert faces.excess[by_size].tolist() == [1, 2, 3, 4]
    assert shapely.area(faces.shapes[by_size]).tolist() == [3600, 2800, 2000, 1600]
    assert shapely.area(drawing.shells()).tolist() == [10_000]


def test_only_the_wanted_face_is_built_with_its_islands_as_holes():
    _left, drawing = drawing_of(
        [
            "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (1 1, 1 9, 9 9, 9 1, 1 1))",
            "POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2))",
            "POLYGON ((4 4, 6 4, 6 6, 4 6, 4 4))",
        ]
    )
    empty = drawing.cycles.excess == 0
    empty[drawing.cycles.outer] = False

    faces = drawing.build(empty)

    assert shapely.area(faces.shapes).tolist() == [64 - 8]
    beside = (faces.sides.outer == 0) & (faces.sides.inner == -1)
    assert set(faces.sides.owner[beside].tolist()) == {0, 1, 2}


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_connected_parts_hang_together_and_nothing_else_does(count, links):
    links = [(a % count, b % count) for a, b in links]
    tail, head = (np.array([link[k] for link in links], dtype=np.int64) for k in (0, 1))

    part = connected(tail, head, count)

    assert (part[tail] == part[head]).all()
    assert len(np.unique(part)) >= count - len(links)
    # The oracle: names handed on until nothing changes.
    name = list(range(count))
    for _round in range(count):
        for a, b in links:
            name[a] = name[b] = min(name[a], name[b])
    assert len(set(zip(name, part.tolist(), strict=True))) == len(set(name)) == len(set(part.tolist()))


@pytest.mark.parametrize(
    "wkt",
    [
        ["POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 5, 10 0))"],
        ["POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POLYGON ((10 10, 20 10, 20 20, 10 20, 10 10))"],
        ["POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (0 5, 5 7, 5 3, 0 5))"],
    ],
    ids=["spare vertex", "touch at a corner", "hole that touches the shell"],
)
def test_touching_and_overlying_pieces(wkt):
    left, drawing = drawing_of(wkt)

    faces = drawing.build(np.ones(len(drawing.cycles.excess), dtype=bool))

    assert same_faces(faces.shapes, everything(left))


def test_keys_are_numbered_as_numpy_does():
    keys = np.random.default_rng(2).integers(0, 50, 400).astype(np.uint64)

    row, number = numbered(keys)

    assert np.array_equal(keys[row], np.unique(keys))
    assert np.array_equal(keys[row][number], keys)
    assert [len(found) for found in numbered(keys[:0])] == [0, 0]
