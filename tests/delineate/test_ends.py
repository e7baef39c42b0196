import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.delineate import Effort, split_areas
from census_map.delineate.borders import Arc, Borders, Rim
from census_map.delineate.ends import SLIDE, slide_ends
from census_map.delineate.planar import intersect
from census_map.delineate.redraw import cancels

from .conftest import make_houses

QUICK = Effort(proposals=100, starts=1, fast=False)
CORNER = (53.0, 100.0)
RING = np.array([(0, 0), (100, 0), (100, 100), CORNER, (0, 100)], float)
HOUSE = shapely.box(51.2, 96, 52.4, 99.5)


def make_borders(*, follows=False, other=None):
    """A border from the middle of the southern edge to a place 3 m west of a vertex of the northern one."""
    xy = np.array([(50, 0), (50, 60), (50, 100)], float)
    arcs = [Arc((1, 2), xy, 0, 1, np.zeros(3, bool), (follows, follows))]
    stops = {1: 0.5, 2: 3 + 3 / 53}
    if other is not None:
        end, at = other
        arcs.append(Arc((3, 4), np.array([(100, 50), end], float), 1, 2, np.zeros(2, bool), (False, False)))
        stops |= {3: 1.5, 4: at}
    return Borders(arcs, [Rim(RING, stops, dict.fromkeys(stops, 0))])


def slide(borders, *houses):
    slide_ends(borders, np.array(houses, dtype=object), hold=1.0)
    return borders.arcs[0].xy[-1].tolist(), borders.rims[0].stops


def test_a_border_ends_at_a_near_vertex():
    end, stops = slide(make_borders(), shapely.box(20, 20, 30, 30))
    assert end == list(CORNER)
    assert stops == {1: 0.5, 2: 3.0}


@pytest.mark.parametrize(
    ("borders", "houses"),
    [(make_borders(), [HOUSE]),
     (make_borders(follows=True), []),
     (make_borders(other=(CORNER, 3.0)), []),
     (make_borders(other=((51, 100), 3 + 2 / 53)), [])],
    ids=["house between", "along a road", "vertex taken", "another border between"],
)  # fmt: skip
def test_a_border_stays_where_sliding_would_cut_or_cross_something(borders, houses):
    end, stops = slide(borders, *houses)
    assert end == [50, 100]
    assert stops[2] > 3


def test_a_vertex_out_of_reach_is_left_alone():
    borders = make_borders()
    slide_ends(borders, np.array([], dtype=object), hold=1.0, reach=2.9)
    assert borders.rims[0].stops[2] > 3


@pytest.mark.parametrize("offset", [0.0, 1.0, 3.0, SLIDE, 12.0])
def test_parts_are_exact_and_put_no_vertex_beside_a_near_one(offset):
    """Vertices every 50 m, `offset` beside the places where borders between the rows of houses end."""
    x = np.arange(0, 400, 50) + offset
    ring = [
        (0, 0),
        *[(a, 0) for a in x if a > 0],
        (400, 0),
        (400, 300),
        *[(a, 300) for a in x[::-1] if a > 0],
        (0, 300),
    ]
    areas = gpd.GeoDataFrame(geometry=[shapely.Polygon(ring)], index=["A"], crs="EPSG:32650")
    houses = make_houses(8, 6)
    result = split_areas(areas, houses, target=60, effort=QUICK)
    shapes = result.parts.geometry.to_numpy()
    assert cancels(shapes, result.areas.geometry.iloc[0])
    assert shapely.is_valid(shapes).all()
    near, part = shapely.STRtree(shapes).query(houses.geometry.to_numpy(), predicate="intersects")
    shared = shapely.area(intersect(houses.geometry.to_numpy()[near], shapes[part]))
    assert np.bincount(near[shared > 1e-6]).max() == 1
    xy = shapely.get_coordinates(result.areas.geometry.to_numpy())
    added = xy[~(xy[:, None] == np.array(ring)[None]).all(axis=2).any(axis=1)]
    level = added[(added[:, 1] == 0) | (added[:, 1] == 300)]
    gaps = np.abs(level[:, :1] - x[None]).min(axis=1, initial=np.inf) if len(level) else np.array([np.inf])
    assert gaps.min() > SLIDE
