"""Lines that look drawn by water, wheels and feet: meanders, bends, rounded outlines. Metres, no CRS."""

import math

import numpy as np
from shapely import LineString, Polygon

from census_map.arithmetic import Array, cosine, left_of, length_of, sine, unit
from census_map.sample.chance import Chance
from census_map.sample.shapes import line_through, outline_of


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
    count = max(3, math.ceil(length_of(end - start) / step) + 1)
    t = (np.arange(count) / (count - 1))[:, None]
    rest = 1 - t
    points = (
        rest * rest * rest * start
        + 3 * rest * rest * t * (start + leave)
        + 3 * rest * t * t * (end + arrive)
        + t * t * t * end
    )
    points[0], points[-1] = start, end
    return line_through(points)


def wave(
    start: Array,
    end: Array,
    chance: Chance,
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
    chance
        Source of phases and of the strength of each swing.
    amplitude, wavelength
        Of the longest swing, in metres; shorter ones are weaker.
    step
        Distance between vertices, in metres.
    """
    chord = end - start
    length = length_of(chord)
    along = unit(chord)
    count = max(8, math.ceil(length / step) + 1)
    s = length * np.arange(count) / (count - 1)
    offset = np.zeros_like(s)
    for part, strength in ((1.0, 1.0), (0.47, 0.38), (0.21, 0.12)):
        phase, height = chance.number(), chance.between(0.8, 1.1)
        offset += amplitude * strength * height * sine(s / (wavelength * part) + phase)
    return line_through(start + s[:, None] * along + offset[:, None] * left_of(along))


def blob(
    centre: Array,
    radius: float,
    chance: Chance,
    *,
    aspect: float = 1.3,
    squareness: float = 0.5,
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
    chance
        Source of the dents.
    aspect
        Width over height.
    squareness
        From 0, an ellipse, to 1, a superellipse of the fourth power.
    rough
        Strength of the dents as a share of the radius.
    vertices
        Their number.
    """
    turns = np.arange(vertices) / vertices
    x, y = cosine(turns), sine(turns)
    x2, y2 = x * x, y * y
    scale = 1 + squareness * (1 / np.sqrt(np.sqrt(x2 * x2 + y2 * y2)) - 1)
    for order in range(2, 7):
        dent = sine(order * turns + chance.number())
        scale = scale + rough / order * 2 * dent * chance.between(0.5, 1)
    shape = Polygon(np.column_stack([scale * x * math.sqrt(aspect), scale * y / math.sqrt(aspect)]))
    factor = radius * math.sqrt(math.pi / shape.area)
    return outline_of(centre + np.asarray(shape.exterior.coords) * factor)
