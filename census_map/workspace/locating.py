"""Which area a shape lies in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries


def locate(shapes: GeoSeries, areas: GeoDataFrame | GeoSeries) -> pd.Series:
    """
    Find the area in which each shape lies.

    Parameters
    ----------
    shapes
        Any geometries, empty or missing ones among them.
    areas
        Polygons in the same CRS.

    Returns
    -------
    labels
        Label of the area for each shape, in the shapes' order; None where it touches none. A shape across a border
        belongs to the area that holds most of it (area, else length), the first one on equal terms.
    """
    found = np.full(len(shapes), -1, dtype=np.int64)
    if len(areas) and len(shapes):
        polygons = areas.geometry.to_numpy()
        items, owners = shapely.STRtree(polygons).query(shapes.to_numpy(), predicate="intersects")
        single = pd.Series(items).duplicated(keep=False).to_numpy()
        found[items[~single]] = owners[~single]
        items, owners = items[single], owners[single]
        if len(items):
            common = shapely.intersection(shapes.to_numpy()[items], polygons[owners])
            order = np.lexsort((owners, -shapely.length(common), -shapely.area(common), items))
            first = np.unique(items[order], return_index=True)[1]
            found[items[order][first]] = owners[order][first]
    labels = np.empty(len(shapes), dtype=object)
    labels[:] = [areas.index[owner] if owner >= 0 else None for owner in found]
    return pd.Series(labels, index=shapes.index, dtype=object)


def find_holders(rows: GeoDataFrame, areas: GeoDataFrame) -> "pd.Series[str]":
    """
    Find the area that holds an inner point of each shape.

    Parameters
    ----------
    rows, areas
        Frames in the same CRS; missing and empty shapes are held by nothing.

    Returns
    -------
    holders
        Label of the area by label of the row, "" where none holds it.
    """
    found = pd.Series("", index=rows.index, dtype=object)
    usable = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    shapes = rows.geometry.to_numpy(dtype=object)
    has_shape = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not len(usable) or not has_shape.any():
        return found
    points = shapely.point_on_surface(shapes[has_shape])
    tree = shapely.STRtree(usable.geometry.to_numpy(dtype=object))
    where, which = tree.query(points, predicate="intersects")
    rows = np.flatnonzero(has_shape)[where]
    found.iloc[rows] = usable.index.to_numpy()[which]
    return found


def lossless_polygons(shapes: GeoSeries) -> tuple[GeoSeries, pd.Series]:
    """
    Make polygons valid where nothing is lost by it.

    Returns
    -------
    mended
        Invalid polygons replaced by valid ones of the same area; the others as they were.
    broken
        Truth value a row: invalid, and not to be mended without a decision.
    """
    array = np.array(shapes.to_numpy(), dtype=object)
    invalid = np.flatnonzero(~shapely.is_missing(array) & ~shapely.is_valid(array))
    broken = pd.Series(data=False, index=shapes.index)
    for place in invalid:
        try:
            made = shapely.make_valid(array[place])
        except shapely.errors.GEOSException:  # coordinates beyond what can be computed with
            broken.iloc[place] = True
            continue
        parts = [part for part in shapely.get_parts(made) if part.geom_type in {"Polygon", "MultiPolygon"}]
        polygons = [piece for part in parts for piece in shapely.get_parts(part)]
        before, after = shapely.area(array[place]), sum(shapely.area(piece) for piece in polygons)
        if polygons and abs(before - after) <= 1e-12 * max(before, after):
            array[place] = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
        else:
            broken.iloc[place] = True
    return gpd.GeoSeries(array, index=shapes.index, crs=shapes.crs), broken
