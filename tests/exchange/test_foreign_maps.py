"""Maps of strangers: nothing in them is followed to other files or the network, sizes are looked at first."""

import json
import socket
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely
from shapely.geometry import box

from census_map.apart import Limits
from census_map.errors import InputError
from census_map.exchange import gdal_reading
from census_map.exchange.reading import layers_in, read_layer

WEST, EAST = box(120.0, 31.0, 120.01, 31.01), box(120.01, 31.0, 120.02, 31.01)
AREAS = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[WEST, EAST], crs=4326)
VRT = '<OGRVRTDataSource><OGRVRTLayer name="{0}"><SrcDataSource>{1}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
LINKS = (
    {"type": "link", "properties": {"href": "{0}", "type": "esriwkt"}},
    {"type": "url", "properties": {"url": "{0}"}},
    {"type": "name", "properties": {"name": "{0}"}},
    {"properties": {"href": "{0}"}, "type": "link"},
)


@pytest.fixture
def listener():
    """A server that takes down whoever calls; gives its address and the calls."""
    calls = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def take():
            while True:
                try:
                    caller, _address = server.accept()
                except OSError:
                    return
                calls.append(caller.recv(100))
                caller.close()

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
        server.shutdown(socket.SHUT_RDWR)


def _require_writer(driver):
    # Where LIBKML is not there, old GDAL writes latitudes first.
    if {"KML": "LIBKML"}.get(driver, driver) not in pyogrio.list_drivers(write=True):
        pytest.skip("this GDAL writes no such file")


def feature_collection(**members):
    return json.loads(AREAS.to_json()) | members


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "json", "kml", "gml", "shp", "fgb", "tab", "dxf", "dbf", "zip"])
def test_a_file_that_describes_other_files_is_refused_whatever_its_ending(tmp_path, ending, listener):
    address, calls = listener
    other = tmp_path / "other.gpkg"
    AREAS.to_file(other, layer="other", engine="pyogrio")
    file = tmp_path / f"map.{ending}"
    texts = [
        VRT.format("other", other),
        "<!-- opengis.net/gml <kml> -->" + VRT.format("x", f"/vsicurl/{address}/x.geojson"),
        f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>",
        "!table\n" + VRT.format("other", other),
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector read ' + str(other) + '"}',
    ]
    for text in texts:
        file.write_text(text)
        with pytest.raises(InputError, match=r"“map\."):
            read_layer(str(file))
        with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
            archive.write(file, f"map.{ending}")
        with pytest.raises(InputError):
            layers_in(tmp_path / "packed.zip")
    assert calls == []


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("style", ["top", "feature", "geometry", "escaped", "upper", "packed"])
def test_a_system_that_is_a_link_is_not_followed(tmp_path, link, style, listener):
    address, calls = listener
    crs = json.loads(json.dumps(link).replace("{0}", f"{address}/crs"))
    whole = feature_collection()
    whole.pop("crs", None)
    place = {"feature": whole["features"][0], "geometry": whole["features"][0]["geometry"]}.get(style, whole)
    place["CRS" if style == "upper" else "crs"] = crs
    text = json.dumps(whole)
    if style == "escaped":
        text = text.replace('"crs"', r'"\u0063rs"')
    file = tmp_path / ("map.zip" if style == "packed" else "map.geojson")
    if style == "packed":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("map.geojson", text)
    else:
        file.write_text(text)

    with pytest.raises(InputError, match="by a link or in an unusual way"):
        read_layer(str(file))
    assert calls == []


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
        {"properties": {"name": "EPSG:4490"}, "type": "name"},
        {"type": "name", "properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/4490"}},
    ],
)
def test_a_system_that_is_named_is_read(tmp_path, crs):
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps(feature_collection(crs=crs)))

    assert read_layer(str(file)).crs.to_epsg() == 4490


def test_a_property_of_the_same_name_is_no_system(tmp_path):
    file = tmp_path / "map.geojson"
    AREAS.assign(crs=["link", "http://x"], note="crs").to_file(file, engine="pyogrio")

    assert read_layer(str(file))["crs"].tolist() == ["link", "http://x"]


def test_an_application_schema_is_not_fetched(tmp_path, listener):
    address, calls = listener
    file = tmp_path / "map.gml"
    AREAS.to_file(file, driver="GML", engine="pyogrio")
    file.with_suffix(".xsd").unlink()
    wfs = f"{address}/wfs?SERVICE=WFS&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=x"
    file.write_text(file.read_text().replace("map.xsd", wfs))

    assert len(read_layer(str(file))) == 2
    assert calls == []
    assert not file.with_suffix(".gfs").exists()


@pytest.mark.parametrize("ending", ["kml", "gml"])
def test_entities_are_not_declared_in_a_map(tmp_path, ending):
    _require_writer(ending.upper())
    file = tmp_path / f"map.{ending}"
    AREAS.to_file(file, driver=ending.upper(), engine="pyogrio")
    head, body = file.read_text().split("?>", 1)
    file.write_text(f'{head}?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>{body}')

    with pytest.raises(InputError, match="is not what its name says"):
        read_layer(str(file))


@pytest.mark.parametrize("driver", ["GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf", "KML", "GML", "MapInfo File"])
def test_every_kind_that_is_promised_is_read_packed_or_not(tmp_path, driver):
    _require_writer(driver)
    ending = {"ESRI Shapefile": "shp", "FlatGeobuf": "fgb", "MapInfo File": "tab"}.get(driver, driver.lower())
    folder = tmp_path / "数据 {1}"
    folder.mkdir()
    AREAS.to_file(folder / f"村界.{ending}", driver=driver, engine="pyogrio")
    packed = folder / "村界 包.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.glob("村界.*"):
            archive.write(file, file.name)

    files = [folder / f"村界.{ending}", *([packed] if ending != "tab" else [])]
    for file in files:
        assert shapely.union_all(read_layer(str(file)).geometry.to_numpy()).equals(shapely.union_all([WEST, EAST])), (
            file
        )


@pytest.mark.parametrize("name", ["../areas.shp", "x\\areas.shp", "{areas.shp", "__MACOSX/areas.shp"])
def test_members_of_a_zip_with_nasty_names_are_no_maps(tmp_path, name):
    AREAS.to_file(tmp_path / "areas.shp", engine="pyogrio")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(tmp_path / f"areas{ending}", name.replace(".shp", ending))

    with pytest.raises(InputError, match="holds no map"):
        read_layer(str(tmp_path / "a.zip"))


def test_a_zip_is_refused_by_size_before_it_is_unpacked(tmp_path):
    AREAS.to_file(tmp_path / "a.shp", engine="pyogrio")
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".prj"):
            archive.write(tmp_path / f"a{ending}", f"a{ending}")
        with archive.open("a.dbf", "w") as table:
            for _megabyte in range(300):
                table.write(bytes(2**20))

    with pytest.raises(InputError, match="would unpack to far more"):
        read_layer(str(packed))


def with_view(tmp_path, definition, *, table=False):
    """A GeoPackage with a layer that a view computes."""
    path = tmp_path / "views.gpkg"
    AREAS.to_file(path, layer="a", engine="pyogrio")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(definition if table else f"CREATE VIEW v AS {definition}")
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 4326)"
        )
        file.execute("INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POLYGON', 4326, 0, 0)")
    return f"{path}:v"


def test_a_view_is_read(tmp_path):
    assert read_layer(with_view(tmp_path, "SELECT fid, code, geom FROM a"))["code"].tolist() == ["a", "b"]


def test_a_view_that_never_ends_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(gdal_reading, "_LIMITS", Limits(seconds=3.0, memory=2**29))
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS fid, geom FROM r, a"

    with pytest.raises(InputError, match="was given up after 3 s"):
        read_layer(with_view(tmp_path, endless))


def test_a_view_that_fills_the_memory_dies_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(gdal_reading, "_LIMITS", Limits(seconds=30.0, memory=2**28))
    large = "SELECT fid, hex(zeroblob(400000000)) AS code, geom FROM a"

    with pytest.raises(InputError, match=r"cannot be read|was given up"):
        read_layer(with_view(tmp_path, large))


@pytest.mark.parametrize(
    "function", ["ogr_geocode('x')", "load_extension('x')", "gdal_get_pixel_value('x', 1, 'g', 0, 0)"]
)
def test_a_view_that_calls_what_reaches_beyond_the_file_is_refused(tmp_path, function):
    with pytest.raises(InputError, match=r"computed by a view|no sound GeoPackage"):
        read_layer(with_view(tmp_path, f"SELECT fid, {function} AS code, geom FROM a"))


def test_a_table_that_reads_another_file_is_refused(tmp_path):
    spec = with_view(tmp_path, "CREATE TABLE v (geom BLOB)", table=True)
    path = spec.rpartition(":")[0]
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA writable_schema = ON")
        file.execute("UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE v USING VirtualText(x)' WHERE name = 'v'")

    with pytest.raises(InputError, match=r"no sound GeoPackage|cannot be read"):
        read_layer(spec)


@pytest.mark.parametrize("stored", [0, 1, 99, None, "many"])
@pytest.mark.parametrize("gap", [False, True])
def test_rows_that_a_geopackage_does_not_count_are_read_all(tmp_path, stored, gap):
    path = tmp_path / "field.gpkg"
    gpd.GeoDataFrame({"n": range(5)}, geometry=[WEST] * 5, crs=4326).to_file(path, layer="a", engine="pyogrio")
    with closing(sqlite3.connect(path)) as file, file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            file.execute(f'DROP TRIGGER "{name}"')
        if gap:
            file.execute("DELETE FROM a WHERE fid = 2")
        file.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (stored,))

    assert read_layer(str(path))["n"].tolist() == ([0, 2, 3, 4] if gap else [0, 1, 2, 3, 4])


def test_drivers_that_follow_links_are_left_out_of_the_programs_process(tmp_path):
    code = (
        "from census_map.exchange.drivers import hold_process; hold_process(); import pyogrio, fiona; "
        "fiona.listlayers; print(sorted({'OGR_VRT', 'WFS', 'GDALG', 'HTTP'} & set(pyogrio.list_drivers())), "
        "{'GPKG', 'ESRI Shapefile', 'GeoJSON', 'FlatGeobuf', 'GML'} <= set(pyogrio.list_drivers()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[] True\n"


def test_reading_leaves_the_settings_of_gdal_as_they_were(tmp_path):
    AREAS.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    pyogrio.set_gdal_config_options({"GDAL_HTTP_PROXY": "http://office:1"})
    try:
        read_layer(str(tmp_path / "a.gpkg"))
        assert pyogrio.get_gdal_config_option("GDAL_HTTP_PROXY") == "http://office:1"
    finally:
        pyogrio.set_gdal_config_options({"GDAL_HTTP_PROXY": None})
