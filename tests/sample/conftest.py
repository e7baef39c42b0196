import os
from functools import cache

import pytest

from census_map.sample import Township, generate_township

# What the tests say of a township holds for every seed: a few are tried each time, more with SAMPLE_SEEDS=20.
OTHER_SEEDS = [str(seed) for seed in range(100, 100 + int(os.environ.get("SAMPLE_SEEDS", "2")))]


@cache
def _township(which: str) -> Township:
    if which == "sample":
        return generate_township()
    if which == "hamlet":
        return generate_township(seed=3, census_areas=5, scale=0.7, kinds={"old_town": 1, "estate": 1, "village": 3})
    return generate_township(seed=int(which))


@pytest.fixture
def township() -> Township:
    """The sample township as it is checked in."""
    return _township("sample")


@pytest.fixture(params=["sample", *OTHER_SEEDS])
def whole(request) -> Township:
    """Townships of the usual size, the sample among them."""
    return _township(request.param)


@pytest.fixture(params=["sample", "hamlet", *OTHER_SEEDS])
def made(request) -> Township:
    """The same, and a smaller one of another mixture."""
    return _township(request.param)
