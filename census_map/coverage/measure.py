"""Sizes of faults in metres, whatever the coordinate system."""

from functools import cached_property

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame

from census_map.arithmetic import cosine, sine
from census_map.coverage.edges import Floats, Shapes
from census_map.coverage.inscribed import inscribed_diameters
from census_map.crs import is_metric, is_true_to_scale, require_crs, to_degrees

_EQUATOR = 6_378_137.0  # metres; WGS 84, from which other ellipsoids differ by less than a part in a thousand
_ECCENTRICITY = 0.00669437999014  # squared
# The meridian's length is a multiple of the latitude and sine waves of it, metres.
_E = _ECCENTRICITY
_TURN = 360.0  # degrees
_RECTIFIED = _EQUATOR * (1 - _E / 4 - 3 * _E**2 / 64 - 5 * _E**3 / 256)
_MULTIPLES = (2.0, 4.0, 6.0)
_WAVES = (
    _EQUATOR * -(3 * _E / 8 + 3 * _E**2 / 32 + 45 * _E**3 / 1024),
    _EQUATOR * (15 * _E**2 / 256 + 45 * _E**3 / 1024),
    _EQUATOR * (-35 * _E**3 / 3072),
)


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
        xy = shapely.get_coordinates(shapes)
        if self._to_degrees is not None:
            xy = np.column_stack(self._to_degrees.transform(xy[:, 0], xy[:, 1]))
        counts = shapely.get_num_coordinates(shapes)
        counts = counts[counts > 0]
        firsts = counts.cumsum() - counts
        lon = (xy[:, 0] - xy[firsts, 0].repeat(counts) + 180) % 360 - 180
        lat = xy[:, 1]
        west, middle = (np.add.reduceat(each, firsts) / counts if len(xy) else each for each in (lon, lat))
        rise = sine(lat / _TURN)
        metres = np.empty_like(xy)
        metres[:, 0] = np.radians(lon - west.repeat(counts)) * _EQUATOR * cosine(lat / _TURN)
        metres[:, 0] /= np.sqrt(1 - _ECCENTRICITY * rise * rise)
        metres[:, 1] = _meridian(lat) - _meridian(middle).repeat(counts)
        return np.asarray(shapely.set_coordinates(shapes.copy(), metres))


def _meridian(lat: Floats) -> Floats:
    """Return the length of the meridian from the equator to a latitude in degrees, metres (Snyder 1987, 3-21)."""
    length = _RECTIFIED * np.radians(lat)
    for multiple, wave in zip(_MULTIPLES, _WAVES, strict=True):
        length = length + wave * sine(multiple * lat / _TURN)
    return np.asarray(length)
