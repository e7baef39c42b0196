"""Sizes of faults in metres, whatever the coordinate system."""

from functools import cached_property

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.edges import Floats, Shapes
from census_map.crs import is_metric, metric_crs, require_crs

_PRECISION = 0.01  # of the width: finer than anyone measures, and quick
_NARROW = 0.01  # area / perimeter²; a circle has 0.08, a strip twenty times as long as wide 0.011
_HALVINGS = 24


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
        area = shapely.area(metric)
        width = np.zeros(len(shapes))
        for row in np.flatnonzero(area > 0):
            width[row] = inscribed_diameter(metric[row])
        return area, width, shapely.point_on_surface(shapes)

    def _in_metres(self, shapes: Shapes) -> Shapes:
        def project(xy: Floats) -> Floats:
            return np.column_stack(self._transformer.transform(xy[:, 0], xy[:, 1]))

        # `transform` works in place on a copy of the array it is given.
        return np.asarray(shapely.transform(shapes, project))


def inscribed_diameter(shape: shapely.Geometry) -> float:
    """
    Return the diameter of the largest circle inside a polygon.

    Compact shapes: squares that may hold a better centre are halved until none does by more than one part in a
    hundred (the search of polylabel). Long narrow shapes, where that search never ends, are widest at a corner or
    between two: the middle between each vertex and the opposite border is tried.
    """
    return 2.0 * max((_inscribed_radius(part) for part in shapely.get_parts(shape)), default=0.0)


def _inscribed_radius(polygon: shapely.Geometry) -> float:
    border = shapely.boundary(polygon)
    length = shapely.length(border)
    area = shapely.area(polygon)
    if not area:
        return 0.0
    shapely.prepare(polygon)
    # Area / perimeter is the radius of a strip, and never more than the radius of anything.
    if area / length**2 < _NARROW:
        return max(float(area / length), _widest_place(polygon, border))
    return _best_centre(polygon, border, float(area / length))


def _reach(polygon: shapely.Geometry, border: shapely.Geometry, centres: Floats) -> Floats:
    """Return how far the border is from each centre, negative outside."""
    points = shapely.points(centres)
    reach = shapely.distance(points, border)
    return np.asarray(np.where(shapely.contains_properly(polygon, points), reach, -reach))


def _widest_place(polygon: shapely.Geometry, border: shapely.Geometry) -> float:
    xy = shapely.get_coordinates(polygon)
    middles = (xy[:-1] + xy[1:]) / 2
    starts = np.concatenate((xy[:-1], middles))
    # Inwards is the left of the ring's way, or the right: both are tried, the wrong one ends outside at once.
    way = np.concatenate((xy[1:] - xy[:-1],) * 2)
    size = np.hypot(way[:, 0], way[:, 1])
    starts, way = starts[size > 0], way[size > 0] / size[size > 0][:, None]
    normal = np.column_stack((-way[:, 1], way[:, 0]))
    far = np.hypot(*np.ptp(xy, axis=0))
    rays = shapely.linestrings(
        np.concatenate([np.stack((starts, starts + side * far * normal), axis=1) for side in (1, -1)])
    )
    inside = shapely.get_parts(shapely.intersection(rays, polygon))
    inside = inside[shapely.get_dimensions(inside) == 1]
    centres = shapely.get_coordinates(shapely.line_interpolate_point(inside, 0.5, normalized=True))
    return float(_reach(polygon, border, centres).max(initial=0.0)) if len(centres) else 0.0


def _best_centre(polygon: shapely.Geometry, border: shapely.Geometry, best: float) -> float:
    west, south, east, north = shapely.bounds(polygon)
    half = min(east - west, north - south) / 2
    x, y = np.meshgrid(np.arange(west + half, east + half, 2 * half), np.arange(south + half, north + half, 2 * half))
    centres = np.column_stack((x.ravel(), y.ravel()))
    corners = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])
    for _halving in range(_HALVINGS):
        reach = _reach(polygon, border, centres)
        best = max(best, float(reach.max(initial=0.0)))
        # No point of a square lies further from its centre than half the diagonal.
        promising = reach + half * np.sqrt(2) > best * (1 + _PRECISION)
        if not promising.any():
            break
        half /= 2
        centres = (centres[promising][:, None, :] + half * corners).reshape(-1, 2)
    return best
