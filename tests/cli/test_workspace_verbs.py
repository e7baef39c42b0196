"""The verbs that make and fill a workspace: what they say, and one line when they cannot run."""

import json
import re

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from census_map.workspace import Workspace
from tests.small_township import CRS, rectangle, uid


def test_from_new_to_lock(run, workspace_file):
    done = run("split", workspace_file, "--target", 240, "--by", "persons")
    assert done.status == 0, done.err
    assert "4 mini-areas made" in done.out
    done = run("number", workspace_file)
    assert "4 mini-areas, 32 buildings, 0 dwelling units" in done.out
    with Workspace.open(workspace_file) as workspace:
        assert workspace.read("building")["code"].str.fullmatch(r"32099900100[12]00[12]00(0[1-9]|1[0-6])").all()
        assert workspace.read("building")["use"].unique().tolist() == ["residential"]
    first = "320999001001001"
    assert run("sign", workspace_file, "--level", "instructor", "--area", first).status == 1
    refused = run("sign", workspace_file, "--level", "self", "--area", first)
    assert (refused.status, refused.out.splitlines()[-1][:19]) == (1, "Nothing was signed:")
    for line in refused.out.splitlines()[:-1]:
        explained = run("waive", workspace_file, line.split()[0], "--reason", "a test village", "--author", "Wang")
        assert explained.status == 0, explained.err
    for level in ("self", "instructor", "township"):
        assert run("sign", workspace_file, "--level", level, "--area", first).status == 0
    with Workspace.open(workspace_file) as workspace:
        assert workspace.read("mini_area").set_index("code").loc[first, "status"] == 3


def test_locking_waits_for_errors_to_be_settled(run, township):
    for level in ("self", "instructor", "township"):
        run("sign", township.path, "--level", level)
    # The building lies in the mini-area beside (B01).
    with township.transaction("wrong") as write:
        write.update("building", pd.DataFrame({"mini_area_uid": [uid("M01")]}, index=[uid("BM000")]))
    done = run("lock", township.path, "--area", "320999001001")
    assert done.status == 1
    assert "B01" in done.out
    assert township.read("mini_area")["status"].tolist() == [3] * 4
    assert run("lock", township.path, "--area", "320999001002").status == 0
    assert township.read("mini_area")["status"].tolist() == [3, 3, 4, 4]


def test_a_package_before_locking_says_what_makes_it_a_draft(run, township, tmp_path):
    assert run("export", township.path, "--out", tmp_path / "a").out.endswith("not all mini-areas are locked.\n")
    with township.transaction("wrong") as write:
        write.update("building", pd.DataFrame({"mini_area_uid": [uid("M01")]}, index=[uid("BM000")]))
    refused = run("export", township.path, "--out", tmp_path / "b")
    assert refused.status == 1
    assert "B01-" in refused.out
    assert not (tmp_path / "b").exists()
    draft = run("export", township.path, "--out", tmp_path / "b", "--draft")
    assert (draft.status, draft.out.splitlines()[-1]) == (0, "This is a draft: 3 errors are left.")
    (folder,) = (tmp_path / "b").iterdir()
    assert folder.name.endswith("_v1_草稿")
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["final"] is False


def test_lock_and_unlock(run, township):
    assert run("lock", township.path).status == 1
    for level in ("self", "instructor", "township"):
        run("sign", township.path, "--level", level)
    assert run("lock", township.path).status == 0
    assert run("sign", township.path, "--level", "submitted", "--area", "320999001002").status == 0
    assert run("unlock", township.path, "--reason", " ").status == 2
    assert run("unlock", township.path, "--reason", "边界画错", "--area", "320999001001").status == 0
    rows = township.read("mini_area")
    assert rows["status"].tolist() == [0, 0, 5, 5]
    assert rows["status_reason"].tolist() == ["边界画错"] * 2 + [None] * 2


def test_adding_again_says_so(run, workspace_file, houses_file):
    done = run("add", workspace_file, "building", houses_file)
    assert "added 0, updated 0, unchanged 32" in done.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_dwellings_from_a_csv(run, workspace_file, tmp_path, encoding):
    table = tmp_path / "住房.csv"
    table.write_text("楼栋编号,单元,房号,状态\nb0,1,101,有人\nb1,1,102,空置\n", encoding=encoding)
    done = run("add", workspace_file, "dwelling", table)
    assert done.status == 0, done.err
    with Workspace.open(workspace_file) as workspace:
        rows = workspace.read("dwelling")
        assert rows["state"].tolist() == ["inhabited", "vacant"]
        assert rows["building_uid"].notna().all()
        assert rows["source"].tolist() == ["住房.csv"] * 2


def test_dwellings_from_a_workbook_with_titles_above_the_header(run, workspace_file, tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "住房.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("一号楼")
        sheet.merge_range(0, 0, 0, 2, "东华街道住房单元表")
        sheet.write_row(1, 0, ["填报单位：东村"])
        sheet.write_row(2, 0, ["楼栋", "单元", "房号"])
        sheet.write_row(3, 0, ["b3", 1, 101])
        sheet.write_row(5, 0, ["b4", 1, 102])
    done = run("add", workspace_file, "dwelling", f"{path}:一号楼")
    assert done.status == 0, done.err
    with Workspace.open(workspace_file) as workspace:
        assert workspace.read("dwelling")["room"].tolist() == ["101", "102"]
    assert "no sheet" in run("add", workspace_file, "dwelling", f"{path}:二号楼").err


def test_dwellings_from_a_geopackage_table_without_a_map(run, workspace_file, tmp_path):
    table = tmp_path / "住房.gpkg"
    frame = pd.DataFrame({"楼栋编号": ["b0", "b1"], "单元": ["1", "1"], "房号": ["101", "102"]})
    pyogrio.write_dataframe(frame, table, layer="住房单元")
    done = run("add", workspace_file, "dwelling", table)
    assert done.status == 0, done.err
    with Workspace.open(workspace_file) as workspace:
        rows = workspace.read("dwelling")
        assert rows["room"].tolist() == ["101", "102"]
        assert rows["building_uid"].notna().all()
    assert_refused(run("add", workspace_file, "building", f"{table}:住房单元"), ["plain table"])


@pytest.fixture
def bad(tmp_path, areas_file):
    """Files that cannot be used, by name."""
    lines = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.LineString([(5e5, 3.5e6), (500100, 3.5e6)])], crs=CRS)
    lines.to_file(tmp_path / "lines.gpkg", layer="roads", engine="pyogrio", encoding="UTF-8")
    areas = gpd.read_file(areas_file, engine="pyogrio")
    areas.iloc[:0].to_file(tmp_path / "empty.gpkg", engine="pyogrio", encoding="UTF-8")
    bare = tmp_path / "bare.shp"
    areas[["geometry"]].to_file(bare, engine="pyogrio", encoding="UTF-8")
    bare.with_suffix(".prj").unlink()
    whole = areas_file.read_bytes()
    (tmp_path / "short.gpkg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.gpkg").write_text("hello")
    return tmp_path


BAD = {
    "missing file": (["none.gpkg"], ["none.gpkg"]),
    "wrong layer": (["areas.gpkg:roads"], ["areas.gpkg", "roads", "areas"]),
    "missing field": (["areas.gpkg", "--code", "CODE"], ["CODE", "编码"]),
    "no crs": (["bare.shp"], ["--crs"]),
    "empty layer": (["empty.gpkg"], ["empty"]),
    "lines": (["lines.gpkg"], ["lines"]),
    "truncated": (["short.gpkg"], ["short.gpkg"]),
    "no map file": (["text.gpkg"], ["text.gpkg"]),
    "unknown profile": (["areas.gpkg", "--profile", "mars"], ["mars", "cn-2020"]),
    "unknown system": (["areas.gpkg", "--crs", "EPSG:1"], ["EPSG:1"]),
}


@pytest.mark.parametrize("case", BAD)
def test_new_refuses_bad_input_in_one_line(run, bad, case):
    (file, *options), words = BAD[case]
    done = run("new", bad / "made.gpkg", "--areas", bad / file, *options)
    assert_refused(done, words)
    assert [file.name for file in bad.iterdir() if file.name.startswith("made")] == []


ADD_BAD = {
    "missing file": (["building", "none.gpkg"], ["none.gpkg"]),
    "wrong layer": (["building", "areas.gpkg:roads"], ["roads"]),
    "missing field": (["building", "areas.gpkg", "--map", "floors=层数"], ["层数", "编码"]),
    "unknown column": (["building", "areas.gpkg", "--map", "colour=编码"], ["colour"]),
    "no mapping": (["building", "areas.gpkg", "--map", "floors"], ["floors", "column=FIELD"]),
    "no crs": (["building", "bare.shp"], ["--crs"]),
    "empty layer": (["building", "empty.gpkg"], ["empty"]),
    "lines": (["building", "lines.gpkg"], ["lines", "polygons"]),
    "areas for roads": (["road", "areas.gpkg"], ["polygons", "lines"]),
    "truncated": (["building", "short.gpkg"], ["short.gpkg"]),
    "unknown kind": (["castle", "areas.gpkg"], ["castle", "building"]),
    "table for a map": (["building", "t.csv"], ["plain table"]),
}


@pytest.mark.parametrize("case", ADD_BAD)
def test_add_refuses_bad_input_and_changes_nothing(run, bad, workspace_file, case):
    (bad / "t.csv").write_text("a,b\n1,2\n")
    with Workspace.open(workspace_file) as workspace:
        history = len(workspace.read("history"))
    (kind, file, *options), words = ADD_BAD[case]
    done = run("add", workspace_file, kind, bad / file, *options)
    assert_refused(done, words)
    with Workspace.open(workspace_file) as workspace:
        assert len(workspace.read("history")) == history


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["split", "none.gpkg"], "none.gpkg"),
        (["split", "{ws}", "--area", "999"], "999"),
        (["split", "{ws}", "--by", "cows"], "cows"),
        (["split", "{ws}", "--target", "many"], "--target"),
        (["number", "{ws}", "--order", "spiral"], "spiral"),
        (["sign", "{ws}", "--level", "king"], "king"),
        (["sign", "{ws}", "--level", "self", "--area", "999"], "999"),
        (["unlock", "{ws}"], "reason"),
        (["add", "{areas}", "building", "{areas}"], "not a workspace"),
    ],
)
def test_verbs_refuse_in_one_line(run, workspace_file, areas_file, words, named):
    done = run(*(word.format(ws=workspace_file, areas=areas_file) for word in words))
    assert_refused(done, [named])


def test_new_does_not_write_over_a_file(run, areas_file):
    before = areas_file.read_bytes()
    assert_refused(run("new", areas_file, "--areas", areas_file), ["exists"])
    assert areas_file.read_bytes() == before


def test_a_file_without_system_takes_the_one_named(run, bad):
    done = run("new", bad / "made.gpkg", "--areas", bad / "bare.shp", "--crs", CRS)
    assert done.status == 0, done.err
    assert "2 census areas" in done.out


def test_a_damaged_workspace_is_told(run, workspace_file, areas_file):
    whole = workspace_file.read_bytes()
    workspace_file.write_bytes(whole[: len(whole) // 2])
    assert_refused(run("add", workspace_file, "building", areas_file), ["damaged"])


def test_duplicate_houses_from_another_file(run, workspace_file, tmp_path):
    frame = gpd.GeoDataFrame({"人数": [1]}, geometry=[rectangle(42, 42, 58, 58)], crs=CRS)
    frame.to_file(tmp_path / "other.gpkg", engine="pyogrio", encoding="UTF-8")
    done = run("add", workspace_file, "building", tmp_path / "other.gpkg")
    assert "added 0" in done.out
    assert "not added" in done.out


def assert_refused(done, words):
    assert done.status == 2
    assert done.out == ""
    assert re.fullmatch(r"census-map: [^\n]+\n", done.err)
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err
    assert "/" not in done.err.replace("census-map: ", "")
