"""The file: all of a change or nothing of it, and a GeoPackage that any program reads."""

import signal
import sqlite3
import subprocess
import sys
import uuid

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from census_map.errors import InputError, WorkspaceError
from census_map.schema import TABLES, VIEWS
from census_map.workspace import Workspace
from census_map.workspace.geopackage import decode_geometries, encode_geometries
from tests.small_township import CRS as METRES
from tests.small_township import rectangle, uid


def test_new_file_has_every_table_and_view(tmp_path):
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        for name in (*TABLES, *VIEWS):
            assert len(workspace.read(name)) == (4 if name == "meta" else 0)
        assert workspace.crs == CRS.from_epsg(4490)
        assert workspace.grid == 1e-8
        assert workspace.profile.name == "cn-2020"
    assert [file.name for file in tmp_path.iterdir()] == ["w.gpkg"]


def test_gdal_reads_layers_titles_and_value_domains(township):
    layers = dict(pyogrio.list_layers(township.path).tolist())
    assert layers["building"] == "MultiPolygon"
    assert layers["mini_area_summary"] == "MultiPolygon"
    assert layers["water"] == "Unknown"
    assert layers["dwelling"] is None
    read = gpd.read_file(township.path, layer="mini_area", engine="pyogrio")
    assert len(read) == 4
    assert read.crs == CRS.from_user_input(METRES)
    summary = gpd.read_file(township.path, layer="mini_area_summary", engine="pyogrio")
    assert summary["persons"].tolist() == [260, 260, 260, 260]
    with sqlite3.connect(township.path) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert file.execute("PRAGMA user_version").fetchone() == (10300,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        domains = "SELECT count(*) FROM gpkg_data_column_constraints WHERE constraint_name = 'building_use'"
        assert file.execute(domains).fetchone() == (4,)
        assert file.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name='building'").fetchone() == (
            8,
        )
        extent = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'census_area'"
        assert file.execute(extent).fetchone() == (500000, 3500000, 500800, 3500200)


def test_spatial_index_follows_edits(township):
    def boxes():
        file = sqlite3.connect(township.path)
        rows = file.execute("SELECT count(*), min(minx), max(maxx) FROM rtree_building_geometry").fetchone()
        file.close()
        return rows

    assert boxes() == (8, 500050, 500690)
    moved = gpd.GeoDataFrame(geometry=[rectangle(700, 50, 720, 60)], index=[uid("BM000")], crs=METRES)
    with township.transaction("move") as write:
        write.update("building", moved)
        write.delete("building", [uid("BM001")])
    assert boxes() == (7, 500250, 500720)


def test_rows_come_back_as_written(township):
    identifier = str(uuid.uuid4())
    frame = gpd.GeoDataFrame(
        {"name": ["㛃'; DROP TABLE building; --"], "floors": [6], "inhabited": [True], "persons": [np.nan]},
        index=[identifier],
        geometry=[rectangle(300, 10, 310, 20)],
        crs=METRES,
    )
    with township.transaction("add") as write:
        assert write.insert("building", frame).tolist() == [identifier]
    row = township.read("building", where="uid = ?", parameters=(identifier,)).iloc[0]
    assert (row["name"], row["floors"], row["inhabited"]) == ("㛃'; DROP TABLE building; --", 6, True)
    assert row["persons"] is pd.NA
    assert row["geometry"].equals(shapely.MultiPolygon([rectangle(300, 10, 310, 20)]))


def test_columns_have_the_promised_types(township):
    frame = township.read("building")
    assert frame.index.name == "uid"
    assert {str(frame[name].dtype) for name in ("floors", "persons", "number")} == {"Int64"}
    assert str(frame["inhabited"].dtype) == "boolean"
    assert str(frame["name"].dtype) == "object"
    assert not isinstance(township.read("building", columns=["code"]), gpd.GeoDataFrame)
    assert township.read("building", where="0").empty
    assert township.read("history").index.name == "fid"


def test_coordinates_lie_on_the_grid(tmp_path):
    shape = shapely.Polygon([(120, 30), (120.1234567891234, 30), (120.1, 30.1)])
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        with workspace.transaction("add") as write:
            write.insert("census_area", gpd.GeoDataFrame({"code": ["1"]}, geometry=[shape], crs=4490))
        stored = shapely.get_coordinates(workspace.read("census_area").geometry.iloc[0])
    assert stored[1].tolist() == [120.12345679, 30]


def test_an_exception_leaves_nothing(township):
    before = township.read("building")

    def fail():
        with township.transaction("bad") as write:
            write.delete("building", before.index)
            write.set_meta("place", "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    pd.testing.assert_frame_equal(pd.DataFrame(township.read("building")), pd.DataFrame(before))
    assert "place" not in township.meta
    assert "reason" not in township.meta


def test_a_killed_process_leaves_the_file_as_it_was(township):
    history = len(township.read("history"))
    code = (
        "import sys, os, signal\n"
        "from census_map.workspace import Workspace\n"
        f"ws = Workspace.open({str(township.path)!r})\n"
        "with ws.transaction('kill') as write:\n"
        "    write.delete('building', ws.read('building').index)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL
    with Workspace.open(township.path) as again:
        assert len(again.read("building")) == 8
        assert len(again.read("history")) == history
        assert "reason" not in again.meta


def test_two_programs_do_not_write_at_once(township):
    other = Workspace.open(township.path)
    other._connection.execute("PRAGMA busy_timeout = 1")
    with township.transaction("first") as write:
        write.set_meta("a", "1")
        with pytest.raises(WorkspaceError, match="in use"), other.transaction("second"):
            pass
        assert "a" not in other.meta
    assert other.meta["a"] == "1"
    other.close()


@pytest.mark.parametrize(
    ("table", "frame", "message"),
    [
        ("history", pd.DataFrame({"action": ["x"]}), "no table"),
        ("houses", pd.DataFrame({"x": [1]}), "no table"),
        ("dwelling", pd.DataFrame({"colour": ["red"]}), "no column"),
        ("dwelling", pd.DataFrame({"floor": ["third"]}), "values of type integer"),
        ("dwelling", pd.DataFrame({"floor": [2.5]}), "values of type integer"),
        ("building", gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=METRES), "MULTIPOLYGON"),
        ("building", gpd.GeoDataFrame(geometry=[rectangle(0, 0, 1, 1)], crs=4326), "reproject"),
    ],
    ids=["history", "unknown-table", "unknown-column", "word-for-number", "fraction", "point", "other-crs"],
)
def test_wrong_rows_are_refused(township, table, frame, message):
    with pytest.raises(InputError, match=message), township.transaction("bad") as write:
        write.insert(table, frame)


def test_a_row_that_is_gone_cannot_be_changed(township):
    frame = pd.DataFrame({"name": ["x"]}, index=[str(uuid.uuid4())])
    with pytest.raises(WorkspaceError, match="no longer"), township.transaction("late") as write:
        write.update("building", frame)
    with pytest.raises(WorkspaceError, match="no longer"), township.transaction("late") as write:
        write.delete("building", frame.index)


def test_existing_files_are_not_written_over(tmp_path):
    path = tmp_path / "w.gpkg"
    path.write_bytes(b"mine")
    with pytest.raises(WorkspaceError, match="exists already"):
        Workspace.create(path)
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("options", [{"crs": "EPSG:99999999"}, {"profile": "mars"}], ids=["crs", "profile"])
def test_no_file_is_left_behind(tmp_path, options):
    with pytest.raises(InputError):
        Workspace.create(tmp_path / "w.gpkg", **options)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_told(tmp_path):
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Workspace.create(tmp_path / "no" / "w.gpkg")


def test_only_workspaces_are_opened(tmp_path, township):
    with pytest.raises(WorkspaceError, match="no workspace"):
        Workspace.open(tmp_path / "none.gpkg")
    other = tmp_path / "other.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=4326).to_file(other, engine="pyogrio")
    with pytest.raises(WorkspaceError, match="not a workspace"):
        Workspace.open(other)
    text = tmp_path / "text.gpkg"
    text.write_text("hello " * 200)
    with pytest.raises(WorkspaceError, match="damaged"):
        Workspace.open(text)
    with township.transaction("newer") as write:
        write.set_meta("schema_version", "99")
    with pytest.raises(WorkspaceError, match="newer version"):
        Workspace.open(township.path)


def test_truncated_workspace_is_told(tmp_path, township):
    township.close()
    whole = township.path.read_bytes()
    for share in (0.3, 0.9):
        short = tmp_path / "short.gpkg"
        short.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(WorkspaceError, match="damaged"):
            Workspace.open(short)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3826", "+proj=tmerc +lon_0=120 +ellps=GRS80 +units=m"])
def test_any_crs_comes_back(tmp_path, crs):
    with Workspace.create(tmp_path / "w.gpkg", crs=crs) as workspace:
        assert workspace.crs.equals(CRS.from_user_input(crs), ignore_axis_order=True)


def test_path_with_odd_characters(tmp_path):
    path = tmp_path / "东华 街道#1?%20.gpkg"
    with Workspace.create(path) as workspace:
        assert workspace.path == path
    assert path.is_file()


def test_geometry_blobs_of_other_writers_are_read():
    shapes = np.array([shapely.Point(1, 2), None, shapely.Polygon(), rectangle(0, 0, 1, 1)], dtype=object)
    blobs = encode_geometries(shapes, 4490)
    assert blobs[1] is None
    back = decode_geometries(blobs)
    assert back[1] is None
    assert shapely.equals(back[[0, 2, 3]], shapes[[0, 2, 3]]).all()
    bare = b"GP\x00\x01" + (4490).to_bytes(4, "little") + shapely.to_wkb(shapes[0])
    assert decode_geometries([bare])[0] == shapes[0]
