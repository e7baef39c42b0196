import geopandas as gpd
import numpy as np
import pytest
import shapely


@pytest.fixture
def town():
    """A census area of 400 m × 300 m with 8 × 6 houses of 10 persons, metres."""
    return make_area(400, 300), make_houses(8, 6)


def make_area(width, height, label="A"):
    return gpd.GeoDataFrame(geometry=[shapely.box(0, 0, width, height)], index=[label], crs="EPSG:32650")


def make_houses(columns, rows, *, persons=10, size=20, pitch=50, at=(0, 0)):
    x, y = np.meshgrid(np.arange(columns) * pitch + (pitch - size) / 2, np.arange(rows) * pitch + (pitch - size) / 2)
    shapes = shapely.box(x.ravel() + at[0], y.ravel() + at[1], x.ravel() + at[0] + size, y.ravel() + at[1] + size)
    return gpd.GeoDataFrame({"persons": np.full(len(shapes), persons)}, geometry=shapes, crs="EPSG:32650")
