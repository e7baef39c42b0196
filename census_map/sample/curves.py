"""Lines that look drawn by water, wheels and feet: meanders, bends, rounded outlines. Metres, no CRS."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

Array = NDArray[np.float64]


def unit(vector: Array) -> Array:
    """Scale a vector to length 1; the zero vector stays zero."""
    length = math.hypot(float(vector[0]), float(vector[1]))
    return vector / length if length else vector


def left_of(vector: Array) -> Array:
    """Turn a vector a quarter to the left."""
    return np.array([-vector[1], vector[0]])


def bend(start: Array, leave: Array, end: Array, arrive: Array, *, step: float = 18.0) -> LineString:
    """
    Draw a cubic curve between two points.

    Parameters
    ----------
    start, end
        Metres.
    leave, arrive
        Handles: vectors from `start` and from `end` towards the inner control points, in metres.
    step
        Distance between vertices, in metres.
    """
    length = float(np.hypot(*(end - start)))
    t = np.linspace(0.0, 1.0, max(3, math.ceil(length / step) + 1))[:, None]
    points = (
        (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * (start + leave) + 3 * (1 - t) * t**2 * (end + arrive) + t**3 * end
    )
    points[0], points[-1] = start, end
    return LineString(points)


def wave(
    start: Array,
    end: Array,
    rng: np.random.Generator,
    *,
    amplitude: float,
    wavelength: float,
    step: float = 22.0,
) -> LineString:
    """
    Draw a line that swings about the chord between two points.

    Parameters
    ----------
    start, end
        Metres; the line begins and ends there only roughly.
    rng
        Source of phases and of the strength of each swing.
    amplitude, wavelength
        Of the longest swing, in metres; shorter ones are weaker.
    step
        Distance between vertices, in metres.
    """
    chord = end - start
    length = float(np.hypot(*chord))
    along = unit(chord)
    s = np.linspace(0.0, length, max(8, math.ceil(length / step) + 1))
    offset = np.zeros_like(s)
    for part, strength in ((1.0, 1.0), (0.47, 0.38), (0.21, 0.12)):
        phase, height = rng.uniform(0, 2 * math.pi), rng.uniform(0.8, 1.1)
        offset += amplitude * strength * height * np.sin(2 * math.pi * s / (wavelength * part) + phase)
    return LineString(start + s[:, None] * along + offset[:, None] * left_of(along))


def blob(
    centre: Array,
    radius: float,
    rng: np.random.Generator,
    *,
    aspect: float = 1.3,
    squareness: float = 3.0,
    rough: float = 0.06,
    vertices: int = 96,
) -> Polygon:
    """
    Draw a rounded outline.

    Parameters
    ----------
    centre
        Metres.
    radius
        Of the circle of about the same area, in metres.
    rng
        Source of the dents.
    aspect
        Width over height.
    squareness
        Exponent of the superellipse; 2 is an ellipse.
    rough
        Strength of the dents as a share of the radius.
    vertices
        Their number.
    """
    angle = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    scale = (np.abs(np.cos(angle)) ** squareness + np.abs(np.sin(angle)) ** squareness) ** (-1 / squareness)
    for order in range(2, 7):
        scale = scale + rough / order * 2 * np.sin(order * angle + rng.uniform(0, 2 * math.pi)) * rng.uniform(0.5, 1)
    width, height = radius * math.sqrt(aspect), radius / math.sqrt(aspect)
    shape = Polygon(
        np.column_stack([centre[0] + width * scale * np.cos(angle), centre[1] + height * scale * np.sin(angle)])
    )
    factor = math.sqrt(math.pi * radius**2 / shape.area)
    return shapely.transform(shape, lambda xy: centre + (xy - centre) * factor)


def direction_at(line: LineString, position: float) -> Array:
    """Give the unit direction of a line at a distance from its start, in metres."""
    before, after = max(position - 2.0, 0.0), min(position + 2.0, line.length)
    a, b = line.interpolate(before), line.interpolate(after)
    return unit(np.array([b.x - a.x, b.y - a.y]))
