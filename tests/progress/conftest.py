"""A township of two census areas, small enough to think through."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from census_map.workspace import Workspace


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "town.gpkg", crs="EPSG:32650") as workspace:
        yield workspace


@pytest.fixture
def township(empty: Workspace) -> Workspace:
    """Two census areas of 200 m, ten buildings in the first and five in the second."""
    squares = [shapely.box(0, 0, 200, 200), shapely.box(200, 0, 400, 200)]
    houses = [shapely.box(10 + 30 * i, 20 + 20 * i, 20 + 30 * i, 30 + 20 * i) for i in range(6)]
    houses += [shapely.box(210 + 30 * i, 20 + 20 * i, 220 + 30 * i, 30 + 20 * i) for i in range(5)]
    with empty.transaction("test") as write:
        write.insert(
            "census_area",
            gpd.GeoDataFrame(
                {"code": ["320999001001", "320999001002"], "name": ["东", "西"]}, geometry=squares, crs=32650
            ),
        )
        write.insert("building", gpd.GeoDataFrame({"persons": [50] * 11}, geometry=houses, crs=32650))
    return empty


@pytest.fixture
def divided(township: Workspace) -> Workspace:
    """The same with one mini-area in each census area, and every building in its mini-area."""
    areas = township.read("census_area")
    buildings = township.read("building")
    with township.transaction("test") as write:
        minis = write.insert(
            "mini_area",
            gpd.GeoDataFrame(
                {"census_area_uid": list(areas.index), "status": [0, 0]}, geometry=list(areas.geometry), crs=32650
            ),
        )
        east = buildings.geometry.centroid.x > 200
        write.update("building", pd.DataFrame({"mini_area_uid": [minis[int(e)] for e in east]}, index=buildings.index))
    return township
