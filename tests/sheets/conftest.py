"""A township with streets, odd names and crowded houses, for the sheets; QGIS tests are skipped without QGIS."""

import datetime as dt
import importlib.util
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point

from census_map.i18n import current_language, set_language
from census_map.sheets.mini_area import Imprint
from census_map.sheets.township import Township, read_township
from census_map.workspace import Workspace
from tests.small_township import CRS, EAST, NORTH, rectangle, uid

if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["test_drawing.py", "test_project.py"]

EXPRESSION, MARKUP = "[% 1+1 %]", "<b>老槐树</b>"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sheets in English; the language before is put back."""
    before = current_language()
    set_language("en")
    yield
    set_language(before)


@pytest.fixture
def imprint() -> Imprint:
    return Imprint(dt.date(2026, 4, 1), "李秀兰")


def add_town(workspace: Workspace) -> None:
    """Streets, a landmark, staff, names that look like code, and a province to the small township."""
    with workspace.transaction("test data") as write:
        write.update(
            "township",
            pd.DataFrame({"province": "江苏省", "prefecture": "兴阳市", "county": "山里区"}, index=[uid("T")]),
        )
        street = MultiLineString([LineString([(EAST, NORTH - 3), (EAST + 800, NORTH - 3)])])
        lane = MultiLineString([LineString([(EAST + 203, NORTH), (EAST + 203, NORTH + 200)])])
        write.insert(
            "road",
            gpd.GeoDataFrame(
                {"name": ["人民路", None], "class": ["main", "lane"]}, index=[0, 1], geometry=[street, lane], crs=CRS
            ),
        )
        tree = gpd.GeoDataFrame({"name": [EXPRESSION]}, geometry=[Point(EAST + 150, NORTH + 150)], crs=CRS)
        write.insert("landmark", tree)
        write.update("building", pd.DataFrame({"name": [MARKUP, EXPRESSION]}, index=[uid("BM000"), uid("BM001")]))
        write.insert("staff", pd.DataFrame({"name": ["王建国"], "role": ["instructor"]}, index=[uid("S1")]))
        enumerator = {"name": ["赵小燕"], "role": ["enumerator"], "instructor_uid": [uid("S1")]}
        write.insert("staff", pd.DataFrame(enumerator, index=[uid("S2")]))
        write.insert("assignment", pd.DataFrame({"mini_area_uid": [uid("M00")], "staff_uid": [uid("S2")]}))


def add_houses(workspace: Workspace, mini_area: str, boxes: list[tuple[float, float, float, float]]) -> None:
    """More houses in a mini-area, numbered from 3."""
    houses = gpd.GeoDataFrame(
        {"number": range(3, 3 + len(boxes)), "use": "residential", "mini_area_uid": uid(mini_area), "floors": 2},
        geometry=[rectangle(*box) for box in boxes],
        crs=CRS,
    )
    with workspace.transaction("test data") as write:
        write.insert("building", houses)


@pytest.fixture
def town(township: Workspace) -> Workspace:
    add_town(township)
    return township


@pytest.fixture
def read(town: Workspace) -> Township:
    return read_township(town)
