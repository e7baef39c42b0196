"""
Chance that falls alike on every machine.

The streams of numpy's own distributions may change from version to version, and some call the processor's logarithm or
sine. The bits of PCG64 never change; everything here is made of them by whole numbers and single roundings.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_T = TypeVar("_T")
_UNIT = 2.0**-53
_UNIFORMS = 12  # the variance of a sum of twelve uniform numbers is 1


class Chance:
    """
    A source of random numbers.

    Parameters
    ----------
    keys
        The same whole numbers give the same stream.
    """

    def __init__(self, *keys: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(list(keys)))

    def number(self) -> float:
        """Draw from 0 up to 1."""
        return (int(self._bits.random_raw()) >> 11) * _UNIT

    def numbers(self, *shape: int) -> NDArray[np.float64]:
        """Draw an array of numbers from 0 up to 1."""
        return np.asarray(self._whole(*shape) * _UNIT)

    def between(self, low: float, high: float) -> float:
        """Draw from `low` up to `high`."""
        return low + (high - low) * self.number()

    def all_between(self, low: float, high: float, *shape: int) -> NDArray[np.float64]:
        """Draw an array of numbers from `low` up to `high`."""
        return np.asarray(low + (high - low) * self.numbers(*shape))

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number, `low` to `high` - 1; they are less than 2**32 apart."""
        return low + ((int(self._bits.random_raw()) >> 32) * (high - low) >> 32)

    def integers(self, low: int, high: int, count: int) -> list[int]:
        """Draw whole numbers, `low` to `high` - 1."""
        return [self.integer(low, high) for _each in range(count)]

    def normal(self, spread: float) -> float:
        """Draw from a bell curve about 0 of this standard deviation, cut off at six times that."""
        return float(self.normals(spread, 1)[0])

    def normals(self, spread: float, count: int) -> NDArray[np.float64]:
        """Draw an array from a bell curve about 0."""
        sums: NDArray[np.int64] = self._whole(count, _UNIFORMS).sum(axis=1)
        return np.asarray((sums * _UNIT - _UNIFORMS / 2) * spread)

    def one_of(self, values: Sequence[_T]) -> _T:
        """Draw one value."""
        return values[self.integer(0, len(values))]

    def weighted(self, values: Sequence[_T], weights: Sequence[float], count: int) -> list[_T]:
        """Draw values, each as often as its weight says."""
        reached = np.cumsum(np.asarray(weights, dtype=float))
        places = np.searchsorted(reached[:-1], self.numbers(count) * reached[-1], side="right")
        return [values[place] for place in places.tolist()]

    def some_of(self, values: Sequence[_T], count: int) -> list[_T]:
        """Draw so many of the values, none twice."""
        return [values[place] for place in self.order(len(values))[:count]]

    def order(self, count: int) -> list[int]:
        """Shuffle the positions 0 to `count` - 1."""
        order: list[int] = np.argsort(self._bits.random_raw(count), kind="stable").tolist() if count else []
        return order

    def _whole(self, *shape: int) -> NDArray[np.int64]:
        raw = self._bits.random_raw(shape)
        return (raw >> np.uint64(11)).astype(np.int64)
