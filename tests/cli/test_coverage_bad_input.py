"""`census-map coverage check` and `repair` on what people really give them: one clear line, nothing lost."""

import json
import os
import zipfile

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import box, mapping

from census_map.drafts import drafted
from tests.small_township import CRS

WEST, EAST = box(0, 0, 10, 10), box(9, 0, 20, 10)


@pytest.fixture
def write(tmp_path):
    """Write areas to a file and give its path."""

    def to_file(shapes, name="areas.gpkg", crs=CRS, **fields):
        path = tmp_path / name
        frame = gpd.GeoDataFrame(fields or {"code": [f"a{k}" for k in range(len(shapes))]}, geometry=shapes, crs=crs)
        frame.to_file(path, engine="pyogrio", geometry_type="Unknown" if path.suffix == ".gpkg" else None)
        return path

    return to_file


@pytest.fixture
def both(run, tmp_path):
    """Check and repair with the same words; what each said."""

    def commands(*words):
        return run("coverage", "check", *words), run("coverage", "repair", *words, "--out", tmp_path / "fixed.gpkg")

    return commands


def refused(done, text):
    return done.status == 2 and done.out == "" and done.err.count("\n") == 1 and text in done.err


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ([WEST, shapely.GeometryCollection([EAST])], "Row 1 of “areas.gpkg” holds collections of shapes"),
        ([WEST, shapely.Point(1, 1)], "Row 1 of “areas.gpkg” holds points"),
        ([WEST.boundary, EAST.boundary], "“areas.gpkg” holds lines, but polygons are needed"),
        ([None, shapely.Polygon()], "No row of “areas.gpkg” has a map"),
    ],
    ids=["collection", "point", "lines", "nothing"],
)
def test_rows_that_are_no_areas_are_named(both, write, shapes, told):
    assert all(refused(done, told) for done in both(write(shapes)))


def test_degrees_that_are_no_place_are_refused_by_name(both, write):
    areas = write([box(199, 94, 200, 95), box(120, 30, 121, 31)], crs=4326)

    for done in both(areas, "--id", "code"):
        assert refused(done, "“a0” reaches to longitude 199.0, latitude 94.0, which is no place on earth")


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_system_that_is_not_said_can_be_named_for_both_verbs(both, write):
    areas = write([WEST, EAST], crs=None)

    assert all(refused(done, "“areas.gpkg” does not say its coordinate reference system") for done in both(areas))
    assert [done.status for done in both(areas, "--crs", "EPSG:32650")] == [1, 0]


def test_a_site_grid_is_checked_and_mended(both, write):
    areas = write([WEST, EAST], crs='LOCAL_CS["site",UNIT["metre",1]]')

    assert [done.status for done in both(areas)] == [1, 0]


def test_containers_that_overlap_are_named_and_nothing_is_called_exact(both, run, write, tmp_path):
    areas = write([box(0, 0, 10, 10), box(0, 0, 10, 10)])
    containers = write([box(0, 0, 10, 10), box(0, 0, 10, 10)], "boxes.gpkg")

    for done in both(areas, "--within", containers, "--id", "code"):
        assert done.status == 1
        assert "Containers a0, a1 overlap by 100 m²: mend them first" in done.err
    result = tmp_path / "result.json"
    assert run("coverage", "check", areas, "--within", containers, "--json", result).status == 1
    assert not json.loads(result.read_text())["valid"]


def test_containers_elsewhere_or_without_map(both, write):
    areas = write([WEST])

    assert all(
        refused(done, "lie apart from each other")
        for done in both(areas, "--within", write([box(99, 0, 100, 1)], "far.gpkg"))
    )
    for done in both(areas, "--within", write([WEST, None], "boxes.gpkg")):
        assert (done.status, done.err) == (0, "1 container has no map.\n")


def test_a_field_that_is_none_is_refused_with_those_there_are(both, write):
    for field in ("nix", "geometry"):
        told = f"“areas.gpkg” has no field “{field}”: its fields are code."
        assert all(refused(done, told) for done in both(write([WEST, EAST]), "--id", field))


def test_an_unknown_fault_is_refused(run, write):
    for option in (("--fault", "gap-0"), ("--owner", "gap-0=a0")):
        assert refused(run("coverage", "repair", write([WEST, EAST]), "--dry-run", *option), "no fault “gap-0” here")


def test_no_result_replaces_what_it_is_made_from(run, write, tmp_path, workspace_file):
    areas, boxes = write([WEST, EAST]), write([box(0, 0, 20, 10)], "boxes.gpkg")
    shape = write([WEST, EAST], "areas.shp")
    twin = tmp_path / "twin.gpkg"
    os.link(areas, twin)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    told = "would replace the file it is made from"
    for words in (
        ("check", areas, "--json", areas),
        ("check", areas, "--within", boxes, "--json", boxes),
        ("check", areas, "--out", twin),
        ("repair", areas, "--out", twin),
        ("repair", areas, "--out", tmp_path / "new.gpkg", "--json", areas),
        ("repair", shape, "--out", shape.with_suffix(".dbf")),
        ("split", areas, "--buildings", boxes, "--target", 5, "--out", boxes),
    ):
        assert refused(run("coverage", *words), told), words
    assert refused(run("coverage", "check", areas, "--out", workspace_file), "is the file of a township")
    same = tmp_path / "same.gpkg"
    assert refused(run("coverage", "check", areas, "--out", same, "--json", same), "name the same file")
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["fixed.shp", "fixed.geojson", "fixed"])
def test_a_result_is_a_geopackage(run, write, tmp_path, name):
    areas = write([WEST, EAST])

    for verb in ("check", "repair"):
        assert refused(run("coverage", verb, areas, "--out", tmp_path / name), f"“{name}” cannot hold the result")
    assert refused(run("coverage", "check", areas, "--out", tmp_path), "not of a folder")


def test_a_file_stays_as_it_was_until_another_is_whole(tmp_path):
    old = tmp_path / "result.gpkg"
    old.write_text("old")

    def stopped():
        with drafted(old) as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("result.gpkg", "old")]
    with drafted(old) as draft:
        draft.write_text("whole")
    assert old.read_text() == "whole"


RECORDS = [
    {"code": "a", "n": 2**62 + 1, "yes": True, "day": "2020-01-01", "at": "2020-01-01T10:00:00+08:00", "raw": b"\0\1"},
    {"code": "b", "n": None, "yes": None, "day": None, "at": None, "raw": None},
]
TYPES = {"code": "str:10", "n": "int", "yes": "bool", "day": "date", "at": "datetime", "raw": "bytes"}


def records_of(path, layer):
    with fiona.open(path, layer=layer) as file:
        return dict(file.schema["properties"]), [dict(record["properties"]) for record in file]


def test_every_field_keeps_its_type_and_every_value_its_digits(run, tmp_path):
    areas, fixed = tmp_path / "areas.gpkg", tmp_path / "fixed.gpkg"
    schema = {"geometry": "Polygon", "properties": TYPES}
    with fiona.open(areas, "w", driver="GPKG", layer="mini", crs=CRS, schema=schema) as file:
        for shape, record in zip((WEST, EAST), RECORDS, strict=True):
            file.write({"geometry": mapping(shape), "properties": record})
    boxes = tmp_path / "boxes.gpkg"
    frame = {"code": ["c", "d"], "n": pd.array([2**62 + 1, None], dtype="Int64")}
    shapes = [box(0, 0, 20, 10), box(50, 0, 60, 10)]
    gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS).to_file(boxes, engine="pyogrio")

    assert run("coverage", "repair", areas, "--within", boxes, "--id", "code", "--out", fixed).status == 0

    added = {**RECORDS[1], "code": "a-2"}
    types, records = records_of(areas, "mini")
    assert {name: types[name] for name in ("code", "n", "day", "raw")} == {
        name: TYPES[name] for name in ("code", "n", "day", "raw")
    }
    assert records == RECORDS
    assert records_of(fixed, "mini") == (types, [*RECORDS, added])
    assert records_of(fixed, "containers")[1] == [{"code": "c", "n": 2**62 + 1}, {"code": "d", "n": None}]


def test_fields_may_be_called_what_a_geopackage_calls_its_own(run, write, tmp_path):
    fixed = tmp_path / "fixed.gpkg"
    areas = write([WEST, EAST], "odd.fgb", fid=["p", "q"], geom=["x", "y"])

    assert run("coverage", "repair", areas, "--id", "fid", "--out", fixed).status == 0
    after = gpd.read_file(fixed, layer="odd", engine="pyogrio").sort_values("fid")
    assert after[["fid", "geom"]].to_numpy().tolist() == [["p", "x"], ["q", "y"]]
    twice = write([WEST, EAST], "twice.fgb", code=["p", "q"], CODE=["r", "s"])
    assert refused(run("coverage", "repair", twice, "--out", fixed), "“code” and “CODE” differ in capitals only")


def test_a_packed_shapefile_of_a_chinese_office_keeps_its_words(run, tmp_path):
    frame = gpd.GeoDataFrame({"名称": ["甲村", "乙村"]}, geometry=[WEST, EAST], crs=CRS)
    frame.to_file(tmp_path / "gbk.shp", engine="fiona", encoding="GBK")
    with zipfile.ZipFile(tmp_path / "gbk.zip", "w") as packed:
        for end in (".shp", ".shx", ".dbf", ".prj"):
            packed.write(tmp_path / f"gbk{end}", f"gbk{end}")

    fixed = tmp_path / "fixed.gpkg"
    assert run("coverage", "repair", tmp_path / "gbk.zip", "--id", "名称", "--out", fixed).status == 0
    assert gpd.read_file(fixed, layer="gbk", engine="pyogrio")["名称"].tolist() == ["甲村", "乙村"]


def test_strange_ids_are_text_everywhere(run, write, tmp_path):
    ids = ['=HYPERLINK("http://x")', "a\nb\"c'; DROP TABLE x; -- <b>" + "长" * 4096]
    areas, fixed, result = write([WEST, EAST], code=ids), tmp_path / "fixed.gpkg", tmp_path / "result.json"

    assert run("coverage", "check", areas, "--id", "code", "--json", result).status == 1
    assert json.loads(result.read_text(encoding="utf-8"))["faults"][0]["areas"] == ids
    assert run("coverage", "repair", areas, "--id", "code", "--out", fixed).status == 0
    assert gpd.read_file(fixed, layer="areas", engine="pyogrio")["code"].tolist() == ids


def test_rows_without_map_are_kept(run, write, tmp_path):
    shapes = np.array([WEST, None, EAST, shapely.Polygon()], dtype=object)
    areas, fixed = (
        write(shapes, code=["a", "b", "c", "d"], n=pd.array([1, None, 3, 4], dtype="Int64")),
        tmp_path / "f.gpkg",
    )
    done = run("coverage", "repair", areas, "--id", "code", "--out", fixed)

    assert (done.status, done.err) == (0, "2 rows have no map and cover nothing.\n")
    after = gpd.read_file(fixed, layer="areas", engine="pyogrio")
    assert after["code"].tolist() == ["a", "b", "c", "d"]
    assert [shape is None or shape.is_empty for shape in after.geometry] == [False, True, False, True]
    assert records_of(fixed, "areas")[1][1] == {"code": "b", "n": None}


@pytest.fixture
def in_big5(tmp_path):
    """A shapefile whose table is in Big5 and does not say so."""
    path = tmp_path / "里.shp"
    names = ["臺北市大安區龍門里", "新北市板橋區文化里"]
    gpd.GeoDataFrame({"村里": names}, geometry=[WEST, box(10, 0, 20, 10)], crs=CRS).to_file(
        path, engine="fiona", encoding="BIG5"
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def test_a_shapefile_in_big5_that_does_not_say_so_is_refused_with_the_remedy(run, in_big5):
    said = "put a file “里.cpg” that holds the word BIG5 beside that table"
    assert refused(run("coverage", "check", in_big5, "--id", "村里"), said)


@pytest.mark.skipif(pyogrio.__gdal_version__ < (3, 8), reason="the GDAL of old wheels has no table of Big5")
def test_a_shapefile_that_says_big5_is_read(run, in_big5):
    in_big5.with_suffix(".cpg").write_text("BIG5", encoding="ascii")
    assert run("coverage", "check", in_big5, "--id", "村里").status == 0
