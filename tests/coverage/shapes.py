"""Tiny coverages from WKT, in metres."""

from collections.abc import Mapping

import shapely
from geopandas import GeoDataFrame

METRES = "EPSG:3826"


def make_areas(wkt: Mapping[str, str], crs: str | None = METRES) -> GeoDataFrame:
    return GeoDataFrame(index=list(wkt), geometry=shapely.from_wkt(list(wkt.values())), crs=crs)


def rectangle(west: float, south: float, east: float, north: float) -> str:
    return f"POLYGON (({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"
