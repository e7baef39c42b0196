"""Sizes of faults in metres, whatever the coordinate system."""

from functools import cached_property

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.edges import Floats, Ints, Shapes, edge_table
from census_map.crs import is_metric, is_true_to_scale, require_crs, to_degrees

_EQUATOR = 6_378_137.0  # metres; WGS 84, from which other ellipsoids differ by less than a part in a thousand
_ECCENTRICITY = 0.00669437999014  # squared
_PRECISION = 0.01  # of the width: finer than anyone measures, and quick
_NARROW = 0.01  # area / perimeter²; a circle has 0.08, a strip twenty times as long as wide 0.011
_HALVINGS = 24
_QUARTERS = np.array([(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)])


class Measure:
    """
    Areas, widths and inner points of shapes.

    A system in metres that is true to scale is measured as it is. In any other, each shape is measured in its own
    sinusoidal projection about its middle: areas are exact on the ellipsoid wherever the shape lies, across the 180th
    meridian too, and widths as good as the shape is small.

    Parameters
    ----------
    frame
        The layer whose CRS, and place on earth, decide how metres are measured.
    """

    def __init__(self, frame: GeoDataFrame) -> None:
        self._frame = frame
        self._own = require_crs(frame)

    @cached_property
    def _metric(self) -> bool:
        if not is_metric(self._own):
            return False
        west, south, east, north = self._frame.total_bounds
        return is_true_to_scale(self._own, (west + east) / 2, (south + north) / 2)

    @cached_property
    def _to_degrees(self) -> pyproj.Transformer | None:
        own = self._own
        degrees = own.is_geographic and all(axis.unit_name == "degree" for axis in own.axis_info[:2])
        return None if degrees else to_degrees(own)

    def sizes(self, shapes: Shapes) -> tuple[Floats, Floats, Shapes]:
        """
        Measure shapes.

        Parameters
        ----------
        shapes
            (n,) polygons, or points for places without ground.

        Returns
        -------
        area_m2, width_m
            (n,) square metres; metres of the diameter of the largest inscribed circle, to 1 %.
        point
            (n,) a point of each shape, inside where there is an inside, in the layer's CRS.
        """
        if not len(shapes):
            return np.zeros(0), np.zeros(0), shapes
        metric = shapes if self._metric else self._in_metres(shapes)
        # GEOS at times leaves the processor's flag for "invalid" behind where nothing was; NumPy would warn of it.
        with np.errstate(invalid="ignore"):
            return shapely.area(metric), inscribed_diameters(metric), shapely.point_on_surface(shapes)

    def _in_metres(self, shapes: Shapes) -> Shapes:
        xy, of = shapely.get_coordinates(shapes, return_index=True)
        if self._to_degrees is not None:
            xy = np.column_stack(self._to_degrees.transform(xy[:, 0], xy[:, 1]))
        counts = np.maximum(np.bincount(of, minlength=len(shapes)), 1)
        firsts = np.concatenate(([0], np.cumsum(counts)[:-1])).clip(max=max(len(xy) - 1, 0))
        lon = (xy[:, 0] - xy[firsts, 0][of] + 180) % 360 - 180
        lon -= (np.bincount(of, lon, minlength=len(shapes)) / counts)[of]
        lat = np.radians(xy[:, 1])
        middle = (np.bincount(of, lat, minlength=len(shapes)) / counts)[of]
        across = np.radians(lon) * _EQUATOR * np.cos(lat) / np.sqrt(1 - _ECCENTRICITY * np.sin(lat) ** 2)
        return np.asarray(
            shapely.set_coordinates(shapes.copy(), np.column_stack((across, _meridian(lat) - _meridian(middle))))
        )


def _meridian(lat: Floats) -> Floats:
    """Return the length of the meridian from the equator to a latitude, metres (Snyder 1987, formula 3-21)."""
    e = _ECCENTRICITY
    return np.asarray(
        _EQUATOR
        * (
            (1 - e / 4 - 3 * e**2 / 64 - 5 * e**3 / 256) * lat
            - (3 * e / 8 + 3 * e**2 / 32 + 45 * e**3 / 1024) * np.sin(2 * lat)
            + (15 * e**2 / 256 + 45 * e**3 / 1024) * np.sin(4 * lat)
            - (35 * e**3 / 3072) * np.sin(6 * lat)
        )
    )


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
    table = edge_table(parts)
    rows = np.flatnonzero(table.sign)
    start, end = table.directed(rows)
    way, of = end - start, table.owner(rows)
    normal = np.column_stack((-way[:, 1], way[:, 0])) / np.hypot(way[:, 0], way[:, 1])[:, None]
    bounds = shapely.bounds(parts)
    far = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])[of][:, None]
    # From both ends and from the middle of the edge, inwards.
    start, normal, far, of = (
        np.concatenate((start, start + way / 2, end)),
        np.concatenate((normal,) * 3),
        np.concatenate((far,) * 3),
        np.concatenate((of,) * 3),
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
