"""From file to file: what `coverage repair` hands back is the layer that it was given, with other borders."""

import json
import sqlite3
from contextlib import closing

import fiona
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import box, mapping

from tests.small_township import CRS

WEST, EAST, FAR = box(0, 0, 10, 10), box(9, 0, 20, 10), box(20, 0, 30, 10)
QML = (
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version='3.40'>"
    "<renderer-v2 type='singleSymbol'/><attributeactions><actionsetting action='rm'/></attributeactions>"
    "<editforminitcode>import os</editforminitcode><customproperties/></qgis>"
)


@pytest.fixture
def fixed(tmp_path):
    return tmp_path / "fixed.gpkg"


def fids(path, layer):
    return pyogrio.raw.read(path, layer=layer, columns=[], read_geometry=False, return_fids=True)[1].tolist()


def with_numbers(path, column="fid"):
    """Areas whose rows are numbered 3, 8, 21 in the file."""
    frame = gpd.GeoDataFrame({column: [3, 8, 21], "code": list("abc")}, geometry=[WEST, EAST, FAR], crs=CRS)
    pyogrio.write_dataframe(frame, path, layer="小区", driver="GPKG", FID=column, GEOMETRY_NAME="the_geom")


@pytest.mark.parametrize("column", ["fid", "ogc_fid", "id"])
def test_rows_keep_their_numbers_and_the_layer_its_name(run, tmp_path, fixed, column):
    with_numbers(tmp_path / "areas.gpkg", column)

    done = run("coverage", "repair", tmp_path / "areas.gpkg", "--out", fixed, "--id", "code")

    assert done.status == 0
    assert "The areas are in layer “小区” of “fixed.gpkg”." in done.out
    assert fids(fixed, "小区") == [3, 8, 21]
    with closing(sqlite3.connect(fixed)) as file:
        assert [row[1] for row in file.execute('PRAGMA table_info("小区")') if row[5]] == [column]
    assert pyogrio.read_dataframe(fixed, layer="小区")["code"].tolist() == ["a", "b", "c"]


def test_new_rows_take_the_next_numbers(run, tmp_path, fixed):
    with_numbers(tmp_path / "areas.gpkg")
    gpd.GeoDataFrame(geometry=[box(0, 0, 30, 10), box(500, 0, 900, 300)], crs=CRS).to_file(tmp_path / "boxes.gpkg")

    words = ("--within", tmp_path / "boxes.gpkg", "--out", fixed, "--id", "code")
    assert run("coverage", "repair", tmp_path / "areas.gpkg", *words).status == 0
    assert fids(fixed, "小区") == [3, 8, 21, 22]


def test_fields_with_gaps_and_numbers_are_kept_together(run, tmp_path, fixed):
    frame = {"n": pd.array([2**60 + 1, None, 3], dtype="Int64"), "geometry_note": ["x", None, "z"], "fid_1": [1, 2, 3]}
    frame = gpd.GeoDataFrame(frame, geometry=[WEST, EAST, FAR], crs=CRS)
    frame.to_file(tmp_path / "areas.gpkg", layer="changes")

    assert run("coverage", "repair", tmp_path / "areas.gpkg", "--out", fixed).status == 0

    with fiona.open(fixed, layer="changes_areas") as rows:
        assert [row["properties"]["n"] for row in rows] == [2**60 + 1, None, 3]
        assert rows.schema["properties"]["n"] == "int"
    assert fids(fixed, "changes_areas") == [1, 2, 3]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([12, "13", 14], ["12", "13", "14"]),
        ([12, "zwölf", None], ["12", "zwölf", None]),
        ([None, "007", 7], [None, "007", "7"]),
        ([[1, 2], "x", None], ["[1, 2]", "x", None]),
        ([{"a": 1}, None, {"a": "村"}], ['{"a": 1}', None, '{"a": "村"}']),
        ([1.5, "x", 2], ["1.5", "x", "2"]),
        ([True, "x", False], ["true", "x", "false"]),
        ([["a", "b"], ["c"], None], ['["a", "b"]', '["c"]', None]),
    ],
)
@pytest.mark.parametrize("gap", [True, False])
def test_values_of_mixed_kinds_are_all_kept(run, tmp_path, fixed, values, kept, gap):
    places = [box(120, 31, 120.01, 31.01), box(120.01, 31, 120.02, 31.01), box(120.02, 31, 120.03, 31.01)]
    features = [
        {"type": "Feature", "properties": {"no": no, "pop": None if gap and k else k}, "geometry": mapping(place)}
        for k, (no, place) in enumerate(zip(values, places, strict=True))
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    if "no" not in pyogrio.read_info(path)["fields"]:
        pytest.skip("this pyogrio reads no lists")
    assert run("coverage", "repair", path, "--out", fixed).status == 0

    with closing(sqlite3.connect(fixed)) as file:
        found = [value for (value,) in file.execute("SELECT no FROM a ORDER BY fid")]
    assert [value if value is None else str(value).replace(" ", "") for value in found] == [
        value if value is None else value.replace(" ", "") for value in kept
    ]


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
def test_styles_go_with_the_layer_without_what_they_would_run(run, tmp_path, fixed, ending):
    path = tmp_path / f"areas.{ending}"
    shapes = [box(120, 31, 120.01, 31.01), box(120.01, 31, 120.02, 31.01)]
    gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=shapes, crs=4326).to_file(path)
    if ending == "gpkg":
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(
                "CREATE TABLE layer_styles (f_table_name TEXT, styleName TEXT, styleQML TEXT, useAsDefault INT)"
            )
            rows = [
                ("areas", "plain", QML, 0),
                ("areas", "usual", QML, 1),
                ("other", "x", QML, 1),
                ("areas", "bad", "<", 1),
            ]
            file.executemany("INSERT INTO layer_styles VALUES (?, ?, ?, ?)", rows)
    else:
        path.with_suffix(".qml").write_text(QML)

    assert run("coverage", "repair", path, "--out", fixed).status == 0

    with closing(sqlite3.connect(fixed)) as file:
        found = file.execute(
            "SELECT styleName, useAsDefault, styleQML FROM layer_styles WHERE f_table_name = 'areas' ORDER BY styleName"
        ).fetchall()
    assert [row[:2] for row in found] == ([("plain", 0), ("usual", 1)] if ending == "gpkg" else [("areas", 1)])
    assert all("singleSymbol" in qml and "import os" not in qml and "rm" not in qml for _name, _default, qml in found)


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4490", "EPSG:32650"])
@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb"])
def test_the_system_and_the_types_are_kept(run, tmp_path, fixed, crs, ending):
    path = tmp_path / f"areas.{ending}"
    shift = (0, 0) if crs != "EPSG:4490" else (100, 20)
    shapes = [box(x + shift[0], shift[1], x + shift[0] + 1, shift[1] + 1) for x in range(3)]
    frame = gpd.GeoDataFrame(
        {
            "small": pd.array([1, 2, 3], dtype="int32"),
            "real": [0.1, 2.5, 1e300 if ending != "shp" else 3.5],
            "s": ["a", "", "名"],
        },
        geometry=shapes,
        crs=crs,
    )
    frame.to_file(path, encoding="UTF-8")
    before = pyogrio.read_info(path)

    assert run("coverage", "repair", path, "--out", fixed).status == 0

    after = pyogrio.read_info(fixed, layer="areas")
    assert after["crs"] == before["crs"]
    assert list(after["fields"]) == list(before["fields"])
    assert list(after["dtypes"]) == list(before["dtypes"])
    fields = ["small", "real", "s"]
    written = pyogrio.read_dataframe(fixed, layer="areas")[fields]
    assert written.to_dict("list") == pyogrio.read_dataframe(path)[fields].to_dict("list")
