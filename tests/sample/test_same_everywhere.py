"""The same seed gives the same bytes on every processor and with every allowed version."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from shapely import LineString

from census_map.arithmetic import cosine, heading, lengths, sine
from census_map.sample import generate_township
from census_map.sample.chance import Chance
from census_map.sample.shapes import middle_of, on_grid
from census_map.sample.township import DEFAULT_SEED
from tests.dispatch import environments
from tests.sample.digest import digest

# Made with numpy 2.4 and GEOS 3.14 as well as with numpy 1.26 and GEOS 3.11.
SMALL = ("7", "d472b2f718439e6f9a528f32aa6bd91a561f520504d44582449f4f07931755ed")


@pytest.fixture(scope="module")
def digests():
    """Small townships made with each kind of code that the libraries have, and a whole one with the oldest."""
    jobs = {level: (environment, [SMALL[0], "--small"]) for level, environment in environments().items()}
    jobs["whole"] = (environments()["all of it"], [str(DEFAULT_SEED)])

    def made(job):
        environment, arguments = job
        command = [sys.executable, "-W", "ignore", "-m", "tests.sample.digest", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)
        return done.stdout.strip()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(jobs, pool.map(made, jobs.values()), strict=True))


@pytest.mark.parametrize("level", environments())
def test_a_township_is_the_same_whatever_code_the_libraries_choose(digests, level):
    assert digests[level] == SMALL[1]


def test_the_sample_is_the_same_with_the_oldest_code(digests, township):
    assert digests["whole"] == digest(township)


def test_sines_are_right_to_the_last_but_one_digit():
    turns = np.linspace(-3, 3, 4001)
    assert sine(turns) == pytest.approx(np.sin(2 * math.pi * turns), abs=4e-15)
    assert cosine(turns) == pytest.approx(np.cos(2 * math.pi * turns), abs=4e-15)
    assert heading(0.25).tolist() == [0.0, 1.0]
    assert lengths(np.array([[3.0, 4.0]])).tolist() == [5.0]


def test_a_middle_is_rounded_the_same_way_if_its_last_digit_differs():
    middle = 0.5 / 1024
    assert on_grid(np.array([middle, np.nextafter(middle, 0), np.nextafter(middle, 1)])).tolist() == [0.0, 0.0, 0.0]
    assert middle_of(LineString([(0, 0), (1 / 1024, 0)])).x == 0.0
    places = on_grid(np.random.default_rng(1).uniform(-3000, 3000, 1000))
    assert (on_grid(places) == places).all()


def test_chance_falls_as_it_always_did():
    chance = Chance(15, 2)
    assert [chance.integer(0, 1000) for _each in range(5)] == [630, 382, 269, 963, 653]
    assert chance.number() == 0.41698420933847824
    assert chance.order(6) == [4, 1, 0, 3, 2, 5]


def test_chance_is_fair():
    chance = Chance(4)
    numbers = chance.normals(2.0, 20_000)
    assert numbers.mean() == pytest.approx(0, abs=0.05)
    assert numbers.std() == pytest.approx(2, rel=0.02)
    drawn = chance.weighted("ab", [1, 3], 20_000)
    assert drawn.count("b") == pytest.approx(15_000, rel=0.03)
    assert sorted(chance.some_of(range(50), 50)) == list(range(50))
    assert set(chance.integers(3, 7, 200)) == {3, 4, 5, 6}
    assert chance.some_of([], 3) == []


def test_two_townships_in_one_process_do_not_mix():
    small = {"census_areas": 4, "scale": 0.4}
    generate_township(seed=8, **small)
    assert digest(generate_township(seed=int(SMALL[0]), **small)) == SMALL[1]
