"""Random coverages from random cuts, for property tests."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from geopandas import GeoDataFrame
from hypothesis import strategies as st

from tests.coverage.shapes import METRES

GRID = 1e-3
_SIDE = 1000.0  # metres


@dataclass(frozen=True)
class Coverage:
    """Areas that cover containers exactly, with matching vertices; and the seed that made them, to make it again."""

    areas: GeoDataFrame
    containers: GeoDataFrame
    seed: int

    @property
    def rng(self) -> np.random.Generator:
        """A source of chance of its own for every test on this coverage."""
        return np.random.default_rng([self.seed, 1])


def random_coverage(seed: int, *, cuts: int = 6, join: float = 0.3, containers: int = 2) -> Coverage:
    """
    Cut a town with wobbly lines into pieces, join some of them again, and group the areas into containers.

    Parameters
    ----------
    seed
        The same seed makes the same coverage on every machine.
    cuts
        Number of lines; about cuts²/2 pieces.
    join
        Share of the pieces that are given to another area, near or far: areas with holes and several parts.
    containers
        Number of groups at most.

    Returns
    -------
    coverage
        Areas labelled `a0`, `a1`, ... and containers `c0`, ...; coordinates on a grid of 1 mm, EPSG:3826. Each area has
        the column `container`, the label of its own, and `persons`.
    """
    rng = np.random.default_rng(seed)
    town = shapely.Polygon(_wobble(rng, _corners(rng)))
    lines = [shapely.LineString(_wobble(rng, _chord(rng))) for _cut in range(cuts)]
    faces = _faces([town.exterior, *lines])
    faces = faces[shapely.covers(shapely.buffer(town, 1.0), faces)]
    part_of = np.arange(len(faces))
    moved = rng.random(len(faces)) < join
    part_of[moved] = rng.integers(0, len(faces), int(moved.sum()))
    labels = np.unique(part_of, return_inverse=True)[1]
    shapes = _together(faces, labels)
    group = rng.integers(0, max(1, containers), len(shapes))
    group = np.unique(group, return_inverse=True)[1]
    boxes = _together(faces, group[labels])
    areas = GeoDataFrame(
        {"container": [f"c{number}" for number in group], "persons": rng.integers(0, 500, len(shapes))},
        index=[f"a{number}" for number in range(len(shapes))],
        geometry=shapes,
        crs=METRES,
    )
    frame = GeoDataFrame(index=[f"c{number}" for number in range(len(boxes))], geometry=boxes, crs=METRES)
    return Coverage(areas, frame, seed)


def coverages(**options: float) -> st.SearchStrategy[Coverage]:
    """Draw coverages; the options are those of `random_coverage`."""
    return st.builds(random_coverage, st.integers(0, 2**32 - 1), **{name: st.just(v) for name, v in options.items()})


def _corners(rng: np.random.Generator) -> np.ndarray:
    angle = np.sort(rng.uniform(0, 2 * np.pi, 5)) * 0.2 + np.linspace(0, 2 * np.pi, 5, endpoint=False) * 0.8
    radius = rng.uniform(0.6, 1.0, 5) * _SIDE / 2
    ring = np.column_stack((np.cos(angle) * radius, np.sin(angle) * radius)) + _SIDE / 2
    return np.vstack((ring, ring[:1]))


def _chord(rng: np.random.Generator) -> np.ndarray:
    angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.35, 0.35) * _SIDE
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([_SIDE / 2, _SIDE / 2]) + offset * across
    return np.vstack((middle - _SIDE * along, middle + _SIDE * along))


def _wobble(rng: np.random.Generator, xy: np.ndarray) -> np.ndarray:
    """Put vertices beside the middle of every stretch; closed rings stay closed."""
    rows = [xy[0]]
    for here, there in pairwise(xy):
        step = there - here
        count = int(rng.integers(1, 5))
        rows.extend(here + step * (k + 1) / (count + 1) + rng.normal(0, 8, 2) for k in range(count))
        rows.append(there)
    return np.round(np.array(rows), 3)


def _faces(lines: list[shapely.Geometry]) -> np.ndarray:
    noded = shapely.union_all(lines, grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    # The order in which the faces come out is not promised.
    return faces[np.lexsort(shapely.get_coordinates(shapely.point_on_surface(faces)).T)]


def _together(faces: np.ndarray, group: np.ndarray) -> np.ndarray:
    return np.array(
        [shapely.coverage_union_all(faces[group == number]) for number in range(int(group.max()) + 1)], dtype=object
    )
