"""
Coordinate systems: which zone a place lies in, and metres whatever the system.

CGCS2000 geographic (EPSG:4490) is the default store; maps are printed and measured in a 3-degree Gauss-Krueger zone
(docs/domain.md section 5). Everywhere else on earth the UTM zone serves.
"""

import math
from functools import lru_cache

import numpy as np
import pyproj
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError

from census_map.errors import InputError
from census_map.i18n import _

DEFAULT_CRS = "EPSG:4490"
GEOGRAPHIC_GRID = 1e-8  # degrees, about 1 mm
PROJECTED_GRID = 1e-3  # metres

_CGCS2000_ZONES = range(25, 46)  # 3-degree zones, central meridians 75 E to 135 E
_UTM_ENDS = 84.0  # degrees
_TRUE_TO_SCALE = 0.01  # relative: a square metre of a system measures a square metre, as far as a census cares
_HALF_TURN = 180.0  # degrees
# China's systems with and without the zone's number before the eastings: EPSG codes of the first zone of each, the
# number of that zone, and how many there are; the two widths of a datum together.
_ZONED = (
    (4513, 4534, 25, 21),  # CGCS2000, 3 degrees
    (4491, 4502, 13, 11),  # CGCS2000, 6 degrees
    (2349, 2370, 25, 21),  # Xian 1980, 3 degrees
    (2327, 2338, 13, 11),  # Xian 1980, 6 degrees
    (2401, 2422, 25, 21),  # Beijing 1954, 3 degrees
    (21413, 21453, 13, 11),  # Beijing 1954, 6 degrees
)
_ZONE_STEP = 1_000_000  # metres of easting for one zone number
_FIRST_ZONE = 13  # China's smallest; no place lies 12,500 km of easting from its central meridian
_CHINA = (73.0, 3.0, 136.0, 54.5)  # west, south, east, north


def gauss_kruger_zone(lon: float) -> int:
    """
    Give the number of the 3-degree zone that holds a longitude.

    Parameters
    ----------
    lon
        Degrees east, 73.5 to 136.5.

    Returns
    -------
    zone
        25 to 45; its central meridian is 3 × zone.

    Raises
    ------
    InputError
        The longitude lies outside China's zones.
    """
    zone = math.floor((lon + 1.5) / 3)
    if zone not in _CGCS2000_ZONES:
        raise InputError(
            _("Longitude {lon} lies outside the 3-degree zones 25 to 45: check the coordinates.").format(
                lon=round(lon, 4)
            )
        )
    return zone


def gauss_kruger_crs(lon: float, *, zone_prefix: bool = False) -> CRS:
    """
    Choose the CGCS2000 3-degree Gauss-Krueger system of a longitude.

    Parameters
    ----------
    lon
        Degrees east.
    zone_prefix
        False: easting 500 000 m at the central meridian (EPSG:4534 and following). True: the zone number stands in
        front of the easting (EPSG:4513 and following).
    """
    first = 4513 if zone_prefix else 4534
    return CRS.from_epsg(first + gauss_kruger_zone(lon) - 25)


def metric_crs_at(lon: float, lat: float) -> CRS:
    """
    Choose a projected system in metres for a place.

    Parameters
    ----------
    lon, lat
        Degrees.

    Returns
    -------
    crs
        The 3-degree Gauss-Krueger zone inside China, the UTM zone elsewhere, round the poles the polar systems that
        continue UTM.
    """
    west, south, east, north = _CHINA
    if west + 0.5 <= lon < east and south <= lat <= north:
        return gauss_kruger_crs(lon)
    if abs(lat) >= _UTM_ENDS:
        return CRS.from_epsg(32661 if lat > 0 else 32761)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def metric_crs(shapes: GeoDataFrame | GeoSeries) -> CRS:
    """
    Choose the system in which to measure a layer in metres.

    Parameters
    ----------
    shapes
        Any layer with a CRS and at least one coordinate.

    Returns
    -------
    crs
        The layer's own system when that is projected in metres and true to scale there (Web Mercator is not: a metre
        of it is 0.6 m at London); otherwise the zone of the layer's centre.

    Raises
    ------
    InputError
        The layer has no CRS, or no coordinates.
    """
    own = require_crs(shapes)
    bounds = np.asarray(shapes.total_bounds, dtype=float)
    if not np.isfinite(bounds).all():
        if is_metric(own):
            return own
        raise InputError(_("The layer has no coordinates: choose a layer with geometries."))
    west, south, east, north = bounds
    x, y = (west + east) / 2, (south + north) / 2
    if is_metric(own) and is_true_to_scale(own, x, y):
        return own
    lon, lat = to_degrees(own).transform(x, y)
    if own.is_geographic and east - west > 180:  # both sides of the 180th meridian
        lon = np.asarray(shapes.bounds.mean())[[0, 2]].mean()
        lon = 180.0 if abs(lon) < 90 else lon
    if not np.isfinite((lon, lat)).all():
        raise InputError(_("The coordinates lie outside their system: check which system the layer is in."))
    return metric_crs_at(lon, lat)


def is_true_to_scale(crs: CRS, x: float, y: float) -> bool:
    """Tell whether a square metre of a projected system is one on the ground, to 1 %, at a place in its own units."""
    if _is_local(crs):
        return True
    lon, lat = to_degrees(crs).transform(x, y)
    if not np.isfinite((lon, lat)).all():
        return True
    scale = pyproj.Proj(crs).get_factors(lon, lat).areal_scale
    return not np.isfinite(scale) or abs(scale - 1) < _TRUE_TO_SCALE


@lru_cache(maxsize=64)
def to_degrees(crs: CRS) -> pyproj.Transformer:
    """
    Give the way from a system to its own longitude and latitude in degrees (in that order).

    Raises
    ------
    InputError
        The system is tied to no place on earth.
    """
    try:
        return pyproj.Transformer.from_crs(crs, _geographic(crs), always_xy=True)
    except ProjError as error:
        raise _placeless(crs) from error


def reprojected(shapes: GeoDataFrame, crs: CRS) -> GeoDataFrame:
    """
    Reproject a layer; one that is in the wanted system is returned as it is.

    Raises
    ------
    InputError
        The layer has no system, or one of the two is tied to no place on earth.
    """
    own, wanted = require_crs(shapes), CRS(crs)
    if own == wanted:
        return shapes
    try:
        return shapes.to_crs(wanted)
    except ProjError as error:
        raise _placeless(own if _is_local(own) else wanted) from error


def _placeless(crs: CRS) -> InputError:
    text = _("The coordinate system “{name}” is tied to no place on earth: give the layer the one it was drawn in.")
    return InputError(text.format(name=crs.name))


def may_be_degrees(bounds: NDArray[np.float64]) -> bool:
    """
    Tell whether coordinates can be longitudes and latitudes.

    Parameters
    ----------
    bounds
        West, south, east, north; what is no number can be anything.
    """
    most = np.array([2 * _HALF_TURN, _HALF_TURN / 2, 2 * _HALF_TURN, _HALF_TURN / 2]) + GEOGRAPHIC_GRID
    return not (np.abs(np.asarray(bounds, dtype=float)) > most).any()


def require_places(shapes: GeoDataFrame) -> None:
    """
    Make sure that the coordinates of a layer are places on earth.

    Longitudes from 180 to 360 are taken where an area reaches across the 180th meridian in one piece.

    Parameters
    ----------
    shapes
        A layer with a CRS; coordinates that are no numbers are left to the check of its shapes.

    Raises
    ------
    InputError
        A row lies beyond a pole or beyond the longitudes, or where a flat system ends; it is named by its label.
    """
    crs = require_crs(shapes)
    if not crs.is_geographic:
        _require_in_plane(shapes, crs)
        return
    if any(axis.unit_name != "degree" for axis in crs.axis_info[:2]):
        return
    boxes = np.asarray(shapes.geometry.bounds, dtype=float)
    across = bool(((np.abs(boxes[:, 0]) <= _HALF_TURN) != (np.abs(boxes[:, 2]) <= _HALF_TURN)).any())
    wide, high = _HALF_TURN * (2 if across else 1) + GEOGRAPHIC_GRID, _HALF_TURN / 2 + GEOGRAPHIC_GRID
    away = np.isfinite(boxes) & (np.abs(boxes) > np.array([wide, high, wide, high]))
    rows = np.flatnonzero(away.any(axis=1))
    if not len(rows):
        return
    corner = np.where(away[rows[0], :2], boxes[rows[0], :2], boxes[rows[0], 2:])
    lon, lat = corner.round(6).tolist()
    raise InputError(
        _(
            "“{label}” reaches to longitude {lon}, latitude {lat}, which is no place on earth: correct it, or give the "
            "layer the coordinate system it was drawn in."
        ).format(label=shapes.index[rows[0]], lon=lon, lat=lat)
    )


def _require_in_plane(shapes: GeoDataFrame, crs: CRS) -> None:
    """Refuse coordinates that a flat system has no place for, such as eastings with a zone number it does not have."""
    if not crs.is_projected:
        return
    bounds = west, south, east, north = np.asarray(shapes.total_bounds, dtype=float)
    fault = _taken_for_metres(shapes, crs, bounds) or _of_another_zone(crs, west, east)
    if fault:
        raise InputError(fault)
    way = to_degrees(crs)
    if np.isfinite(way.transform([west, east, west, east], [south, south, north, north])).all():
        return
    for label, shape in zip(shapes.index, shapes.geometry, strict=True):
        xy = shapely.get_coordinates(shape)
        away = np.isfinite(xy).all(axis=1) & ~np.isfinite(way.transform(xy[:, 0], xy[:, 1])).all(axis=0)
        if away.any():
            x, y = xy[away][0].round(3).tolist()
            raise InputError(_of_another_zone(crs, x, x) or _out_of_plane(crs, label, x, y))


def _out_of_plane(crs: CRS, label: object, x: float, y: float) -> str:
    text = _(
        "“{label}” reaches to easting {x}, northing {y}, which is no place in “{crs}”: give the layer the "
        "coordinate system it was drawn in."
    )
    return text.format(label=label, x=x, y=y, crs=crs.name)


def _taken_for_metres(shapes: GeoDataFrame, crs: CRS, bounds: NDArray[np.float64]) -> str:
    """Say so where a flat layer holds longitudes and latitudes of China: as metres no shape of it were a metre wide."""
    west, south, east, north = bounds
    if not (_CHINA[0] <= west <= east <= _CHINA[2] and _CHINA[1] <= south <= north <= _CHINA[3]):
        return ""
    boxes = np.asarray(shapes.geometry.bounds, dtype=float)
    widest = np.nanmax(boxes[:, 2:] - boxes[:, :2])
    if not 0 < widest < 1:
        return ""
    text = _("The coordinates are degrees, but “{crs}” counts metres: name the system of these degrees, such as {own}.")
    own = _geographic(crs)
    return text.format(crs=crs.name, own=f"EPSG:{own.to_epsg()}" if own.to_epsg() else own.name)


def _of_another_zone(crs: CRS, west: float, east: float) -> str:
    """Say which system is meant where all eastings begin with another zone number than the system's, or with none."""
    own = _zone_number(crs)
    if own is None or not np.isfinite((west, east)).all():
        return ""
    said = int(west // _ZONE_STEP)
    if said in (own, -1) or said != int(east // _ZONE_STEP) or (own == 0 and said < _FIRST_ZONE):
        return ""
    right = _zone_system(crs.to_epsg() or 0, said)
    if right is None:
        text = _("The eastings begin with the zone number {zone}, those of “{crs}” do not: name the right system.")
        bare = _("The eastings do not begin with the zone number of “{crs}”: name the right system.")
        return (text if said else bare).format(zone=said, crs=crs.name)
    if said:
        text = _("The eastings begin with the zone number {zone}: name the system with it, EPSG:{code} ({name}).")
    else:
        text = _("The eastings do not begin with a zone number: name the system without it, EPSG:{code} ({name}).")
    return text.format(zone=said, code=right, name=CRS(right).name)


def _zone_number(crs: CRS) -> int | None:
    """Give the number before the eastings of a transverse Mercator system in metres, 0 for none; None: another kind."""
    plane = crs.source_crs if crs.is_bound else crs  # shifts to WGS 84 are no projection
    way = plane.coordinate_operation if plane is not None else None
    if way is None or way.method_name != "Transverse Mercator" or not is_metric(crs):
        return None
    eastings = [float(each.value) for each in way.params if each.name == "False easting"]
    if not eastings or eastings[0] % _ZONE_STEP != _ZONE_STEP / 2:
        return None
    number = int(eastings[0] // _ZONE_STEP)
    return number if number == 0 or number >= _FIRST_ZONE else None  # smaller ones are false eastings of wide countries


def _zone_system(code: int, said: int) -> int | None:
    """Give the code of the system of the same datum whose eastings begin with a number, or none; None: not known."""
    for place, (zoned, plain, _first, count) in enumerate(_ZONED):
        if said == 0 and zoned <= code < zoned + count:
            return plain + code - zoned
        if said and (zoned <= code < zoned + count or plain <= code < plain + count):
            both = _ZONED[place - place % 2 : place - place % 2 + 2]  # 3 and 6 degrees: their numbers differ
            return next((z + said - first for z, _plain, first, n in both if first <= said < first + n), None)
    return None


def to_metres(shapes: GeoDataFrame) -> GeoDataFrame:
    """Reproject a layer into `metric_crs`; a layer already in metres is returned as it is."""
    target = metric_crs(shapes)
    return shapes if target == shapes.crs else shapes.to_crs(target)


def require_crs(shapes: GeoDataFrame | GeoSeries) -> CRS:
    """
    Return the CRS of a layer.

    Raises
    ------
    InputError
        The layer has none.
    """
    if shapes.crs is None:
        raise InputError(
            _("The layer has no coordinate reference system: add the .prj file, or name the system with --crs EPSG:n.")
        )
    return CRS(shapes.crs)


def is_metric(crs: CRS) -> bool:
    """Tell whether a system is flat, projected or a site's own, with metres on both axes."""
    flat = crs.is_projected or _is_local(crs)
    return flat and all(axis.unit_name.lower() in {"metre", "meter"} for axis in crs.axis_info[:2])


def _is_local(crs: CRS) -> bool:
    """Tell whether a system is a site's own, tied to no place on earth."""
    return bool(crs.type_name == "Engineering CRS")


def grid_size(crs: CRS) -> float:
    """
    Give the step of the fixed grid of a workspace in this CRS.

    Returns
    -------
    step
        In the CRS's own units, a power of ten: 1e-8 degrees for a geographic system, for a projected one 1 mm or, where
        that is no decimal step (feet), the next smaller one. A border shared by two areas is bit-identical on every
        machine because every coordinate lies on this grid.
    """
    if crs.is_geographic:
        return GEOGRAPHIC_GRID
    step = PROJECTED_GRID / crs.axis_info[0].unit_conversion_factor
    return float(10.0 ** math.floor(math.log10(step) + 1e-9))


def snap_coordinates(xy: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """
    Round coordinates to the grid, the same way on every machine.

    Parameters
    ----------
    xy
        Any shape, in CRS units.
    step
        Grid step in CRS units, a power of ten.

    Returns
    -------
    snapped
        Same shape. Decimal rounding rather than multiplying by the step: the results are the doubles nearest to the
        decimal numbers, which survive a round trip through text.
    """
    decimals = round(-math.log10(step))
    # Adding zero turns -0.0 into 0.0, which would otherwise compare equal and hash differently.
    return np.round(xy, decimals) + 0.0


@lru_cache(maxsize=64)
def _geographic(crs: CRS) -> CRS:
    own = crs.geodetic_crs
    if own is None or not own.is_geographic or own.axis_info[0].unit_name != "degree":
        return CRS.from_epsg(4326)
    return own
