"""Sizes of faults in metres, whatever the coordinate system."""

from functools import cached_property

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.edges import Floats, Ints, Shapes
from census_map.crs import is_metric, metric_crs, require_crs

_PRECISION = 0.01  # of the width: finer than anyone measures, and quick
_NARROW = 0.01  # area / perimeter²; a circle has 0.08, a strip twenty times as long as wide 0.011
_HALVINGS = 24
_QUARTERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])


class Measure:
    """
    Areas, widths and inner points of shapes.

    Parameters
    ----------
    frame
        The layer whose CRS, and place on earth, decide how metres are measured.
    """

    def __init__(self, frame: GeoDataFrame) -> None:
        self._frame = frame
        self._own = require_crs(frame)

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(self._own, metric_crs(self._frame), always_xy=True)

    def sizes(self, shapes: Shapes) -> tuple[Floats, Floats, Shapes]:
        """
        Measure shapes.

        Parameters
        ----------
        shapes
            (n,) in the layer's CRS.

        Returns
        -------
        area_m2, width_m
            (n,) area, and diameter of the largest inscribed circle; 0 for points.
        point
            (n,) a point of each shape in the layer's CRS, inside where there is an inside.
        """
        if not len(shapes):
            return np.zeros(0), np.zeros(0), shapes
        metric = shapes if is_metric(self._own) else self._in_metres(shapes)
        return shapely.area(metric), inscribed_diameters(metric), shapely.point_on_surface(shapes)

    def _in_metres(self, shapes: Shapes) -> Shapes:
        def project(xy: Floats) -> Floats:
            return np.column_stack(self._transformer.transform(xy[:, 0], xy[:, 1]))

        # `transform` works in place on a copy of the array it is given.
        return np.asarray(shapely.transform(shapes, project))


def inscribed_diameters(shapes: Shapes) -> Floats:
    """
    Return the diameter of the largest circle inside each polygon, 0 for points and lines.

    Compact shapes: squares that may hold a better centre are halved until none does by more than one part in a
    hundred (the search of polylabel), all shapes in one pass. Long narrow shapes, where that search never ends, are
    widest at a corner or between two: the middle between each vertex and the opposite border is tried.
    """
    parts, of = shapely.get_parts(shapes, return_index=True)
    solid = shapely.area(parts) > 0
    parts, of = parts[solid], of[solid]
    borders = shapely.boundary(parts)
    # Area / perimeter is the radius of a strip, and never more than the radius of anything.
    radius = shapely.area(parts) / shapely.length(borders)
    narrow = radius / shapely.length(borders) < _NARROW
    shapely.prepare(parts)
    for chosen, search in ((narrow, _widest_places), (~narrow, _best_centres)):
        if chosen.any():
            radius[chosen] = np.maximum(radius[chosen], search(parts[chosen], borders[chosen], radius[chosen]))
    widest = np.zeros(len(shapes))
    np.maximum.at(widest, of, 2 * radius)
    return widest


def _reach(parts: Shapes, borders: Shapes, of: Ints, centres: Floats) -> Floats:
    """Return how far the border of its part is from each centre, negative outside."""
    points = shapely.points(centres)
    reach = shapely.distance(points, borders[of])
    return np.asarray(np.where(shapely.contains_properly(parts[of], points), reach, -reach))


def _widest_places(parts: Shapes, borders: Shapes, radius: Floats) -> Floats:
    xy, of = shapely.get_coordinates(parts, return_index=True)
    same = of[1:] == of[:-1]
    start, way, of = xy[:-1][same], (xy[1:] - xy[:-1])[same], of[1:][same]
    size = np.hypot(way[:, 0], way[:, 1])
    start, way, of = start[size > 0], way[size > 0], of[size > 0]
    normal = np.column_stack((-way[:, 1], way[:, 0])) / size[size > 0][:, None]
    bounds = shapely.bounds(parts)
    far = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])[of][:, None]
    # From the vertex and from the middle of the edge, to either side: the wrong side ends outside at once.
    start, normal, far, of = (
        np.concatenate((start, start + way / 2) * 2),
        np.concatenate((normal, normal, -normal, -normal)),
        np.concatenate((far,) * 4),
        np.concatenate((of,) * 4),
    )
    rays = shapely.linestrings(np.stack((start, start + far * normal), axis=1))
    inside, ray = shapely.get_parts(shapely.intersection(rays, parts[of]), return_index=True)
    lines = shapely.length(inside) > 0
    middles = shapely.get_coordinates(shapely.line_interpolate_point(inside[lines], 0.5, normalized=True))
    best = radius.copy()
    of = of[ray[lines]]
    np.maximum.at(best, of, _reach(parts, borders, of, middles))
    return best


def _best_centres(parts: Shapes, borders: Shapes, radius: Floats) -> Floats:
    west, south, east, north = shapely.bounds(parts).T
    half = np.minimum(east - west, north - south) / 2
    columns = np.maximum(1, np.ceil((east - west) / (2 * half) - 1e-9)).astype(np.int64)
    rows = np.maximum(1, np.ceil((north - south) / (2 * half) - 1e-9)).astype(np.int64)
    of = np.repeat(np.arange(len(parts)), columns * rows)
    number = np.arange(len(of)) - np.repeat(np.cumsum(columns * rows) - columns * rows, columns * rows)
    step = np.column_stack((number % columns[of], number // columns[of]))
    centres = np.column_stack((west, south))[of] + half[of][:, None] * (2 * step + 1)
    best = radius.copy()
    for _halving in range(_HALVINGS):
        reach = _reach(parts, borders, of, centres)
        np.maximum.at(best, of, reach)
        # No point of a square lies further from its centre than half the diagonal.
        promising = reach + half[of] * np.sqrt(2) > best[of] * (1 + _PRECISION)
        if not promising.any():
            break
        half = half / 2
        of = np.repeat(of[promising], 4)
        quarters = np.tile(_QUARTERS, (int(promising.sum()), 1))
        centres = np.repeat(centres[promising], 4, axis=0) + half[of][:, None] * quarters
    return best
