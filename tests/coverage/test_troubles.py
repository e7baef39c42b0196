"""Troubles are found by what they hold and where they are, after any coming and going."""

import numpy as np

from census_map.coverage.extents import meet
from census_map.coverage.troubles import Trouble, Troubles


def test_troubles_that_come_and_go_are_found_by_edge_by_label_and_by_place():
    chance = np.random.default_rng(7)
    troubles, there = Troubles(), []
    for number in range(400):
        x, y = chance.integers(0, 30, 2).tolist()
        box = (x, y, x + 2, y + 1)
        there.append(Trouble({2 * number, 2 * number + 1}, {f"a{number}"} if number % 3 else set(), box))
        troubles.add(there[-1])
        if number % 4 == 3:
            for _gone in range(2):
                troubles.remove(there.pop(int(chance.integers(len(there)))))
        window = (*box[:2], box[0] + 5, box[1] + 5)
        assert troubles.meeting(window) == {one for one in there if meet(one.extent, window)}
    assert len(troubles) == len(there) == len(list(troubles)) == 200
    for one in there:
        assert troubles.holding(one.keys, ()) == troubles.holding((), one.invalid) | {one} == {one}
    assert troubles.holding(range(800), ()) == set(there)
    assert troubles.holding((), [f"a{number}" for number in range(400)]) == {one for one in there if one.invalid}
    assert troubles.holding([-1], ["b1"]) == set()
