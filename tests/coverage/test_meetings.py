"""Which segments of a residue come near each other: the same by every way of looking."""

import numpy as np
import pytest
import shapely

from census_map.coverage.meetings import _PAIRWISE, _SWEPT, _near_pairs, _Sweep, find_meetings


def every_pair(low, high):
    meet = (low[:, None] <= high).all(axis=2)
    return {(i, j) for i, j in np.argwhere(meet & meet.T).tolist() if i < j}


def pairs(found):
    listed = [(min(pair), max(pair)) for pair in zip(*(rows.tolist() for rows in found), strict=True)]
    assert len(listed) == len(set(listed))
    return set(listed)


@pytest.mark.parametrize("spread", [(1000, 1000), (1000, 0), (0, 1000), (3, 3)])
def test_extents_that_meet_are_found_however_they_lie(spread):
    chance = np.random.default_rng(1)
    low = chance.uniform(0, 1, (2 * _PAIRWISE, 2)) * spread
    high = low + chance.exponential(5, low.shape)
    assert pairs(_near_pairs(low, high)) == every_pair(low, high)


def test_extents_that_touch_meet():
    low = np.array([[k, 0.0] for k in range(2 * _PAIRWISE)])
    high = low + np.array([1, 0])
    assert pairs(_near_pairs(low, high)) == {(k, k + 1) for k in range(len(low) - 1)}


def test_too_many_that_meet_along_both_axes_go_through_a_tree():
    k = np.arange(5.0 * _SWEPT)
    across = np.column_stack((np.zeros_like(k), k)), np.column_stack((np.full_like(k, 1e3), k))
    upright = np.column_stack((k, np.full_like(k, -1e3))), np.column_stack((k, np.full_like(k, -1.0)))
    low, high = np.concatenate((across[0], upright[0])), np.concatenate((across[1], upright[1]))
    assert len(low) > _PAIRWISE
    assert min(_Sweep.along(axis, low, high).size for axis in (0, 1)) > _SWEPT * len(low)
    assert pairs(_near_pairs(low, high)) == every_pair(low, high)


def test_a_long_way_that_meets_nothing_needs_no_noding():
    turn = np.linspace(0, 2 * np.pi, 2001)[:-1]
    places = np.column_stack((np.cos(turn), np.sin(turn))) * 1000
    ends = np.column_stack((np.arange(2000), np.roll(np.arange(2000), -1)))
    assert not find_meetings(ends, places, distance=0.001).together.any()
    places[1000] = (places[0] + places[1]) / 2 + 0.0001  # a corner drawn over to the other side
    found = find_meetings(ends, places, distance=0.001)
    assert (found.segment.tolist(), found.node.tolist()) == ([0], [1000])
    assert shapely.distance(shapely.Point(places[1000]), shapely.LineString(places[[0, 1]])) < 0.001
