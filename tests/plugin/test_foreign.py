"""Maps from elsewhere: what a layer probably is."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from census_map_plugin.foreign import choose_areas, guess_kind, map_layers
from census_map_plugin.verbs import add_files

from census_map.errors import InputError
from census_map.task import silent
from census_map.workspace import Workspace


@pytest.mark.parametrize(
    ("name", "geometry", "kind"),
    [
        ("房屋", "MultiPolygon", "building"),
        ("JZW_320999001", "Polygon", "building"),
        ("buildings", "Polygon", "building"),
        ("铁路", "LineString", "railway"),
        ("道路中心线", "MultiLineString", "road"),
        ("waterways", "LineString", "water"),
        ("water_areas", "MultiPolygon", "water"),
        ("水系", "Polygon", "water"),
        ("普查小区", "Polygon", "mini_area"),
        ("普查区", "Polygon", "census_area"),
        ("communes", "MultiPolygon", "census_area"),
        ("住房单元清单", "", "dwelling"),
        ("dwellings", "", "dwelling"),
        ("地标", "Point", "landmark"),
        ("房屋", "Point", None),
        ("roads", "Polygon", None),
        ("layer1", "Polygon", None),
    ],
)
def test_the_kind_is_told_by_name_and_shapes(name, geometry, kind):
    assert guess_kind(name, geometry) == kind


def _write(path: Path, layer: str, shape: shapely.Geometry) -> None:
    gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=4490).to_file(path, layer=layer, engine="pyogrio")


def test_the_census_areas_are_found_among_other_layers(tmp_path):
    path = tmp_path / "base.gpkg"
    _write(path, "房屋", shapely.box(0, 0, 1, 1))
    _write(path, "普查区", shapely.box(0, 0, 2, 2))
    _write(path, "道路", shapely.LineString([(0, 0), (1, 1)]))
    assert choose_areas(path).name == "普查区"
    assert [layer.kind for layer in map_layers(path)] == ["building", "census_area", "road"]


def test_a_single_layer_of_areas_needs_no_name(tmp_path):
    path = tmp_path / "x.gpkg"
    _write(path, "layer1", shapely.box(0, 0, 1, 1))
    assert choose_areas(path).name == "layer1"


def test_two_candidates_are_not_guessed(tmp_path):
    path = tmp_path / "x.gpkg"
    _write(path, "one", shapely.box(0, 0, 1, 1))
    _write(path, "two", shapely.box(0, 0, 1, 1))
    with pytest.raises(InputError, match="one, two"):
        choose_areas(path)


def test_lines_are_no_census_areas(tmp_path):
    path = tmp_path / "x.gpkg"
    _write(path, "one", shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(InputError, match=r"x\.gpkg"):
        choose_areas(path)


def test_a_file_that_is_no_map_is_named(tmp_path):
    path = tmp_path / "x.gpkg"
    path.write_text("no map")
    with pytest.raises(InputError, match=r"x\.gpkg"):
        map_layers(path)


def test_a_table_without_a_map_in_a_geopackage_and_a_gbk_text_table_are_added(workspace, tmp_path):
    with Workspace.open(workspace) as opened:
        buildings = opened.read("building", columns=["source_id"])["source_id"].dropna().tolist()[:2]
    rows = pd.DataFrame({"住房编号": ["新1"], "建筑物编号": buildings[:1], "单元": ["1"], "楼层": [1], "室号": ["101"]})
    pyogrio.write_dataframe(rows, tmp_path / "表.gpkg", layer="住房单元")
    text = tmp_path / "住房.csv"
    text.write_text(
        "住房编号,建筑物编号,单元,楼层,室号\n" + f"新2,{buildings[1]},一单元,2,二〇二室\n", encoding="gb18030"
    )
    said = add_files(workspace, [tmp_path / "表.gpkg", text], silent)
    assert said == "Added: Dwelling units 1, Dwelling units 1."
    with Workspace.open(workspace) as opened:
        made = opened.read("dwelling", columns=["source_id", "room"]).set_index("source_id")["room"]
    assert made[["新1", "新2"]].tolist() == ["101", "二〇二室"]
