import pytest

from census_map.sample import Township, generate_township


@pytest.fixture(scope="session")
def township() -> Township:
    """The sample township as it is checked in."""
    return generate_township()


@pytest.fixture(scope="session")
def hamlet() -> Township:
    """A small one of another seed and another mixture."""
    return generate_township(seed=3, census_areas=5, scale=0.7, kinds={"old_town": 1, "estate": 1, "village": 3})
