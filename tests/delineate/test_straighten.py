import numpy as np
import pytest
import shapely

from census_map.delineate.borders import Arc, Borders
from census_map.delineate.straighten import straighten

RING = np.array([(0, 0), (100, 0), (100, 100), (0, 100)], float)
STEPS = np.array([(50, 0), *[(50 + (0.7 if k % 2 else -0.7), 10.0 * k) for k in range(1, 10)], (50, 100)])
WALLS = {"far": 5.0, "near": 1.2, "touching": 0.75}


def straightened(gap):
    """Straighten a border that runs in steps of 1.4 m between two rows of houses, `gap` metres from its middle."""
    houses = [shapely.box(30, 5, 50 - gap, 95), shapely.box(50 + gap, 5, 70, 95)]
    borders = Borders([Arc((1, 2), STEPS.copy(), 0, 1, np.zeros(len(STEPS), bool), (False, False))], [])
    straighten(borders, np.array(houses, dtype=object), [RING])
    return borders.arcs[0].xy, houses


@pytest.mark.parametrize("gap", WALLS.values(), ids=WALLS.keys())
def test_steps_between_houses_that_nearly_touch_become_straight_and_cut_no_house(gap):
    xy, houses = straightened(gap)
    assert xy[[0, -1]].tolist() == [[50, 0], [50, 100]]
    assert not shapely.intersects(shapely.LineString(xy), shapely.buffer(houses, -1e-6)).any()
    assert len(xy) == 2 if gap > 1 else len(xy) < len(STEPS)
