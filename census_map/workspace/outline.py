"""The outline of a township: the union of its census areas with every vertex kept."""

import geopandas as gpd
import numpy as np
import shapely
from geopandas import GeoSeries
from pyproj import CRS
from shapely import MultiPolygon, Polygon


def outline(shapes: GeoSeries, metric: CRS, sliver_m: float) -> MultiPolygon:
    """
    Draw the outline of areas.

    Parameters
    ----------
    shapes
        Polygons that should be a coverage, one with ground at least; where they are none, their union counts.
    metric
        A CRS in metres, to measure holes.
    sliver_m
        Holes narrower than this (mean width, twice the area by the perimeter) are gaps between areas, not enclaves of
        another township, and belong to the outline.
    """
    array = np.array(shapes[shapes.notna() & ~shapes.is_empty].to_numpy(), dtype=object)
    valid = np.array([_made_valid(shape) for shape in array], dtype=object)
    try:
        union = shapely.coverage_union_all(shapely.get_parts(array))
    except shapely.GEOSException:  # older GEOS refuses what is no coverage, newer gives a wrong union
        union = shapely.union_all(valid)
    if not shapely.is_valid(union) or abs(shapely.area(union) - shapely.area(array).sum()) > 1e-9 * shapely.area(union):
        union = shapely.union_all(valid)
    polygons = [part for part in shapely.get_parts(union) if isinstance(part, Polygon)]
    return shapely.multipolygons([_without_slivers(part, shapes.crs, metric, sliver_m) for part in polygons])


def _made_valid(shape: shapely.Geometry) -> shapely.Geometry:
    """Make a shape valid; one whose coordinates are beyond computing covers nothing, and is told as broken."""
    try:
        return shape if shape.is_valid else shapely.make_valid(shape)
    except shapely.GEOSException:
        return Polygon()


def _without_slivers(polygon: Polygon, crs: CRS, metric: CRS, sliver_m: float) -> Polygon:
    if not polygon.interiors:
        return polygon
    holes = gpd.GeoSeries([Polygon(ring) for ring in polygon.interiors], crs=crs).to_crs(metric)
    wide = (2 * holes.area / holes.length >= sliver_m).to_numpy()
    kept = [ring for ring, keep in zip(polygon.interiors, wide, strict=True) if keep]
    return Polygon(polygon.exterior, kept)
