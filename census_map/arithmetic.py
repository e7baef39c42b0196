"""
Arithmetic whose last digit is the same on every processor.

IEEE 754 rounds a sum, a difference, a product, a quotient and a square root in one way only. Sine, power, hypotenuse
and the products of matrices it leaves to the library, whose digits change with the processor. What follows every digit,
or is compared byte for byte, uses what stands here instead. Sums of several numbers are `math.fsum`.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TERMS = 9  # of the series: more than double precision needs up to an eighth of a turn
_SINE = [(-1) ** k / math.factorial(2 * k + 1) for k in range(_TERMS)]
_COSINE = [(-1) ** k / math.factorial(2 * k) for k in range(_TERMS)]


def sine(turns: Array) -> Array:
    """Give the sine of angles in whole turns."""
    quarters = np.rint(turns * 4.0)
    angle = (turns * 4.0 - quarters) * (math.pi / 2)
    square = angle * angle
    which = quarters % 4
    value = np.where(which % 2 == 0, angle * _series(square, _SINE), _series(square, _COSINE))
    return np.where(which < 2, value, -value)


def cosine(turns: Array) -> Array:
    """Give the cosine of angles in whole turns."""
    return sine(turns + 0.25)


def heading(turns: float) -> Array:
    """Give the unit vector at an angle in whole turns, counter-clockwise from the east."""
    return sine(np.array([turns + 0.25, turns]))


def slanted(slope: float) -> Array:
    """Give the unit vector that rises by `slope` metres a metre eastwards."""
    return unit(np.array([1.0, slope]))


def length_of(vector: Array) -> float:
    """Measure a vector."""
    x, y = float(vector[0]), float(vector[1])
    return math.sqrt(x * x + y * y)


def lengths(vectors: Array) -> Array:
    """Measure vectors, one a row."""
    x, y = vectors[..., 0], vectors[..., 1]
    return np.asarray(np.sqrt(x * x + y * y))


def unit(vector: Array) -> Array:
    """Scale a vector to length 1; the zero vector stays zero."""
    length = length_of(vector)
    return vector / length if length else vector


def left_of(vector: Array) -> Array:
    """Turn a vector a quarter to the left."""
    return np.array([-vector[1], vector[0]])


def component(points: Array, direction: Array) -> Array:
    """Measure how far points, one a row, lie in a direction of length 1."""
    return np.asarray(points[..., 0] * direction[0] + points[..., 1] * direction[1])


def _series(square: Array, coefficients: list[float]) -> Array:
    total = np.zeros_like(square)
    for coefficient in reversed(coefficients):
        total = total * square + coefficient
    return total
