"""A border goes round a house that lies in its way."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


def around(line: Any, houses: Iterable[Any], clearance: float, *, other_way: bool = False) -> Any:
    """
    Lead a line round the houses that it would cut.

    Parameters
    ----------
    line
        A LineString.
    houses
        Outlines, same CRS.
    clearance
        How far from the walls it stays, CRS units.
    other_way
        Take the longer way round.

    Returns
    -------
    line
        A house in which the line begins or ends stays in its way.
    """
    for house in houses:
        ring = shapely.get_exterior_ring(shapely.convex_hull(shapely.buffer(house, clearance, join_style="mitre")))
        met = shapely.get_coordinates(shapely.intersection(line, ring))
        if len(met) < 2:
            continue
        along = np.array([shapely.line_locate_point(line, shapely.Point(point)) for point in met])
        first, last = float(along.min()), float(along.max())
        if not 0 < first < last < line.length:
            continue
        enter, leave = met[along.argmin()], met[along.argmax()]
        way = _way_round(ring, enter, leave, longer=other_way)
        points = shapely.get_coordinates(line)
        places = np.array([shapely.line_locate_point(line, shapely.Point(point)) for point in points])
        line = shapely.LineString(np.vstack([points[places < first], way, points[places > last]]))
    return line


def _way_round(
    ring: Any, enter: NDArray[np.float64], leave: NDArray[np.float64], *, longer: bool
) -> NDArray[np.float64]:
    """Give the points of a ring from one place on it to another, the shorter way or the longer."""
    corners = shapely.get_coordinates(ring)[:-1]
    places = np.array([shapely.line_locate_point(ring, shapely.Point(point)) for point in corners])
    a, b = (shapely.line_locate_point(ring, shapely.Point(point)) for point in (enter, leave))
    forward = (b - a) % ring.length
    ahead = (places - a) % ring.length
    order = np.argsort(ahead)
    onward = corners[order][ahead[order] < forward]
    back = corners[order[::-1]][ahead[order[::-1]] > forward]
    is_short = forward <= ring.length - forward
    return np.vstack([enter, onward if is_short != longer else back, leave])
