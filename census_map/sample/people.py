"""
Invented people: names, identity numbers that pass GB 11643, telephone numbers of a range nobody has been given.

The region of the identity numbers (320999) does not exist, and mobile numbers do not begin with 160.
"""

from datetime import date, timedelta

import numpy as np

from census_map.codes import identity_check_character
from census_map.sample.chance import Chance
from census_map.sample.names import GIVEN, RARE_GIVEN, RARE_SURNAMES, SURNAMES

REGION = "320999"
PHONE_PREFIX = "160"
_SIZES = (1, 2, 3, 4, 5, 6, 7)
_SHARES = (0.12, 0.23, 0.28, 0.19, 0.11, 0.05, 0.02)
_FIRST_BIRTH = date(1934, 1, 1)
_DAYS = 24000  # to autumn 1999: heads of households


class People:
    """
    Invents heads of households, no identity number twice.

    Parameters
    ----------
    chance
        Source of all choices.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._numbers: set[str] = set()
        self._surname_weights = [1.0 / (rank + 6.0) for rank in range(len(SURNAMES))]

    def names(self, count: int) -> list[str]:
        """Invent so many names."""
        chance = self._chance
        surnames = chance.weighted(SURNAMES, self._surname_weights, count)
        first, second = ([GIVEN[k] for k in chance.integers(0, len(GIVEN), count)] for _each in range(2))
        double = chance.numbers(count) < 0.74
        names = [s + a + (b if two else "") for s, a, b, two in zip(surnames, first, second, double, strict=True)]
        for k in np.flatnonzero(chance.numbers(count) < 0.012):
            names[k] = chance.one_of(RARE_SURNAMES) + names[k][1:]
        for k in np.flatnonzero(chance.numbers(count) < 0.008):
            names[k] = names[k][:-1] + chance.one_of(RARE_GIVEN)
        return names

    def identity_numbers(self, count: int) -> list[str]:
        """Invent so many identity numbers, each valid and used once."""
        days = self._chance.integers(0, _DAYS, count)
        serials = self._chance.integers(1, 1000, count)
        numbers = []
        for day, serial in zip(days, serials, strict=True):
            number = _identity(day, serial)
            while number in self._numbers:
                day, serial = (day + 7) % _DAYS, serial % 999 + 1  # noqa: PLW2901  look for the next free one
                number = _identity(day, serial)
            self._numbers.add(number)
            numbers.append(number)
        return numbers

    def phones(self, count: int) -> list[str]:
        """Invent so many telephone numbers."""
        return [f"{PHONE_PREFIX}{tail:08d}" for tail in self._chance.integers(0, 10**8, count)]

    def sizes(self, count: int) -> list[int]:
        """Draw so many sizes of households, in persons."""
        return self._chance.weighted(_SIZES, _SHARES, count)


def _identity(day: int, serial: int) -> str:
    first = f"{REGION}{_FIRST_BIRTH + timedelta(days=day):%Y%m%d}{serial:03d}"
    return first + identity_check_character(first)
