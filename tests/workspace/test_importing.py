"""New workspaces and added layers: nothing lost, nothing double, all or nothing."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from census_map.coverage import is_exact
from census_map.errors import InputError, WorkspaceError
from census_map.exchange.spec import source_name
from census_map.workspace import Workspace
from census_map.workspace.founding import area_problems, new_workspace
from census_map.workspace.importing import add_layer
from tests.small_township import CRS as METRES
from tests.small_township import rectangle, uid


def layer(shapes, *, crs=METRES, **fields):
    shapes = list(shapes)
    return gpd.GeoDataFrame(geometry=shapes, crs=crs).assign(**fields)


def two_areas(**fields):
    codes = {"编码": ["320999001001", "320999001002"], "名称": ["东村", "西村"]}
    return layer([rectangle(0, 0, 100, 100), rectangle(100, 0, 200, 100)], **(codes | fields))


@pytest.fixture
def workspace(tmp_path):
    with new_workspace(tmp_path / "w.gpkg", two_areas(), crs=METRES, source="areas.shp") as made:
        yield made


def houses(count=3, *, crs=METRES, **fields):
    return layer([rectangle(10 + 20 * i, 10, 20 + 20 * i, 20) for i in range(count)], crs=crs, **fields)


def test_census_areas_are_taken_with_code_name_and_outline(workspace):
    areas = workspace.read("census_area")
    assert areas["code"].tolist() == ["320999001001", "320999001002"]
    assert areas["name"].tolist() == ["东村", "西村"]
    assert areas["source"].unique().tolist() == ["areas.shp"]
    township = workspace.read("township")
    assert township["code"].tolist() == ["320999001"]
    assert is_exact(areas, township)
    assert area_problems(workspace) == ()


def test_default_system_is_cgcs2000_and_borders_stay_shared(tmp_path):
    with new_workspace(tmp_path / "w.gpkg", two_areas()) as workspace:
        assert workspace.crs == CRS.from_epsg(4490)
        assert is_exact(workspace.read("census_area"), workspace.read("township"))


def test_fields_can_be_named(tmp_path):
    areas = two_areas(id1=["a", "b"], id2=["x", "y"])
    with new_workspace(tmp_path / "w.gpkg", areas, code="id2", name="id1", crs=METRES) as workspace:
        rows = workspace.read("census_area")
        assert rows["code"].tolist() == ["x", "y"]
        assert rows["name"].tolist() == ["a", "b"]
        assert area_problems(workspace) == ("codes that are not 12 digits: 2 (x, y)",)


def test_without_codes_serial_ones_are_made(tmp_path):
    areas = two_areas().drop(columns="编码")
    with new_workspace(tmp_path / "w.gpkg", areas, crs=METRES) as workspace:
        assert workspace.read("census_area")["code"].tolist() == ["000000000001", "000000000002"]


def test_faults_of_the_census_areas_are_told_and_not_mended(tmp_path):
    shapes = [rectangle(0, 0, 100, 100), rectangle(90, 0, 200, 100)]
    with new_workspace(tmp_path / "w.gpkg", layer(shapes, code=["1", "1"]), crs=METRES) as workspace:
        assert workspace.read("census_area").area.tolist() == [10000, 11000]
        problems = area_problems(workspace)
    assert "codes given twice: 2 (1)" in problems
    assert "overlaps of census areas: 1" in problems


def test_only_lossless_mending(tmp_path):
    touching = shapely.Polygon([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)])
    crossing = shapely.Polygon([(20, 0), (30, 10), (30, 0), (20, 10)])
    with new_workspace(tmp_path / "w.gpkg", layer([touching, crossing], code=["1", "2"]), crs=METRES) as workspace:
        stored = workspace.read("census_area").geometry
    assert stored.is_valid.tolist() == [True, False]
    assert stored.iloc[0].area == pytest.approx(touching.area)
    assert shapely.get_num_coordinates(stored.iloc[1]) == 5


@pytest.mark.parametrize(
    ("areas", "options", "message"),
    [
        (two_areas().iloc[:0], {}, "no rows"),
        (layer([shapely.LineString([(0, 0), (1, 1)])]), {}, "lines"),
        (layer([rectangle(0, 0, 1, 1)], crs=None), {}, "no coordinate reference system"),
        (two_areas(), {"code": "CODE"}, "no field “CODE”"),
        (two_areas(), {"profile": "mars"}, "mars"),
        (two_areas(), {"crs": "EPSG:99999999"}, "EPSG:99999999"),
        (pd.DataFrame({"code": ["1"]}), {}, "plain table"),
    ],
    ids=["empty", "lines", "no-crs", "missing-field", "profile", "unknown-crs", "table"],
)
def test_bad_areas_leave_no_file(tmp_path, areas, options, message):
    with pytest.raises(InputError, match=message):
        new_workspace(tmp_path / "w.gpkg", areas, **options)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_refused(tmp_path):
    (tmp_path / "w.gpkg").write_text("x")
    with pytest.raises(WorkspaceError, match="exists"):
        new_workspace(tmp_path / "w.gpkg", two_areas())


def test_buildings_by_usual_field_names(workspace):
    frame = houses(
        编号=["b1", "b2", "b3"],
        用途=["住宅", "商住", "城堡"],
        层数=["6层", 3, None],
        人数=[18.0, np.nan, 5],
        是否住人=["是", "否", ""],
        colour=["red", "", "blue"],
    )
    done = add_layer(workspace, "building", frame, source="房屋.shp")
    assert (done.added, done.updated, done.unchanged) == (3, 0, 0)
    assert done.left == ("colour",)
    assert len(done.problems) == 1
    rows = workspace.read("building")
    assert rows["source_id"].tolist() == ["b1", "b2", "b3"]
    assert rows["use"].tolist() == ["residential", "mixed", None]
    assert rows["note"].tolist() == [None, None, "用途=城堡"]
    assert rows["floors"].tolist()[:2] == [6, 3]
    assert rows["inhabited"].tolist()[:2] == [True, False]


def test_openstreetmap_words(workspace):
    frame = houses(2, building=["apartments", "school"], addr_street=["Hauptstr.", None], addr_no=["3", None])
    done = add_layer(workspace, "building", frame)
    rows = workspace.read("building")
    assert done.columns["address"] == ("addr_street", "addr_no")
    assert rows["use"].tolist() == ["residential", "other"]
    assert rows["address"].tolist() == ["Hauptstr. 3", None]
    roads = layer([shapely.LineString([(500000, 3500000), (500100, 3500000)])] * 2, highway=["primary", "footway"])
    add_layer(workspace, "road", roads)
    assert workspace.read("road")["class"].tolist() == ["main", "path"]


def test_adding_again_updates_and_reports_what_vanished(workspace):
    add_layer(workspace, "building", houses(id=[1, 2, 3], persons=[1, 2, 3]), source="h.gpkg")
    before = workspace.read("building")
    later = houses(id=[4, 2, 3], persons=[9, 20, 3]).assign(
        geometry=[rectangle(90, 50, 95, 55), *houses().geometry[1:]]
    )
    done = add_layer(workspace, "building", later, source="h.gpkg")
    assert (done.added, done.updated, done.unchanged) == (1, 1, 1)
    assert "no longer in the file" in done.problems[0]
    rows = workspace.read("building").set_index("source_id")
    assert rows["persons"].to_dict() == {"1": 1, "2": 20, "3": 3, "4": 9}
    assert set(before.index) < set(workspace.read("building").index)


def test_adding_again_without_identifier_is_refused(workspace):
    add_layer(workspace, "building", houses(), source="h.gpkg")
    with pytest.raises(InputError, match="added before"):
        add_layer(workspace, "building", houses(), source="h.gpkg")
    assert len(workspace.read("building")) == 3


def test_the_same_place_from_another_file_is_not_doubled(workspace):
    add_layer(workspace, "building", houses(), source="a.gpkg")
    done = add_layer(workspace, "building", houses(4), source="b.gpkg")
    assert (done.added, done.unchanged) == (1, 3)
    assert len(workspace.read("building")) == 4


def test_an_identifier_that_tells_nothing_apart_is_refused(workspace):
    with pytest.raises(InputError, match="does not tell rows apart"):
        add_layer(workspace, "building", houses(no=[1, 1, 2]), {"source_id": "no"}, source="h")
    done = add_layer(workspace, "building", houses(id=[1, 1, 2]), source="h")
    assert "source_id" not in done.columns


def test_layers_are_reprojected(workspace):
    add_layer(workspace, "building", houses().to_crs(4326))
    stored = workspace.read("building").geometry
    assert stored.iloc[0].hausdorff_distance(houses().geometry.iloc[0]) < 0.002


def test_rows_without_a_place_are_kept_and_told(workspace):
    frame = houses().assign(geometry=[*houses().geometry[:2], None])
    done = add_layer(workspace, "building", frame)
    assert done.added == 3
    assert "without a usable place" in done.problems[0]
    assert workspace.read("building").geometry.isna().sum() == 1


@pytest.mark.parametrize(
    ("kind", "frame", "mapping", "message"),
    [
        ("castle", houses(), None, "castle"),
        ("building", layer([shapely.Point(500000, 3500000)]), None, "points"),
        ("road", houses(), None, "polygons"),
        ("building", houses().iloc[:0], None, "no rows"),
        ("building", houses(), {"floors": "levels"}, "no field “levels”"),
        ("building", houses(a=1), {"colour": "a"}, "colour"),
        ("building", houses(a=1), {"uid": "a"}, "uid"),
        ("building", houses(户主姓名="甲"), {"note": "户主姓名"}, "personal"),
        ("building", houses(crs=None), None, "coordinate reference"),
        ("building", pd.DataFrame({"a": [1]}), None, "plain table"),
    ],
    ids=["kind", "points", "polygons", "empty", "field", "column", "own", "personal", "crs", "table"],
)
def test_bad_layers_change_nothing(workspace, kind, frame, mapping, message):
    history = len(workspace.read("history"))
    with pytest.raises(InputError, match=message):
        add_layer(workspace, kind, frame, mapping)
    assert len(workspace.read("history")) == history


def test_personal_fields_are_never_guessed(workspace):
    done = add_layer(workspace, "building", houses(姓名="甲", 联系电话="13800000000", 名称="一号楼"))
    assert done.columns["name"] == ("名称",)
    assert set(done.left) == {"姓名", "联系电话"}


def test_dwellings_find_their_building_by_identifier(workspace):
    add_layer(workspace, "building", houses(id=["b1", "b2", "b3"]), source="h")
    table = pd.DataFrame({"楼栋编号": ["b2", "b1", "b9"], "单元": [1, 1, 1], "房号": ["101", "102", "103"]})
    done = add_layer(workspace, "dwelling", table, source="d.xlsx")
    buildings = workspace.read("building")
    rows = workspace.read("dwelling")
    assert done.added == 3
    assert rows["building_uid"].map(buildings["source_id"]).tolist()[:2] == ["b2", "b1"]
    assert rows["building_uid"].isna().tolist() == [False, False, True]
    assert "1 dwelling unit has no building" in done.problems[0]
    assert rows["room"].tolist() == ["101", "102", "103"]


def test_dwellings_find_their_building_by_place(workspace):
    add_layer(workspace, "building", houses(id=["b1", "b2", "b3"]), source="h")
    points = layer([shapely.Point(500035, 3500015), shapely.Point(500015, 3500015)], room=["1", "2"])
    add_layer(workspace, "dwelling", points)
    names = workspace.read("dwelling")["building_uid"].map(workspace.read("building")["source_id"])
    assert names.tolist() == ["b2", "b1"]


def test_mini_areas_find_their_census_area_and_buildings_them(workspace):
    add_layer(workspace, "building", houses(4))
    minis = layer([rectangle(0, 0, 50, 100), rectangle(50, 0, 100, 100)], code=["320999001001001", "320999001002002"])
    done = add_layer(workspace, "mini_area", minis)
    rows = workspace.read("mini_area")
    assert rows["census_area_uid"].map(workspace.read("census_area")["code"]).tolist() == ["320999001001"] * 2
    assert rows["kind"].tolist() == ["ordinary"] * 2
    assert ["not its census area's" in problem or "not" in problem for problem in done.problems] == [True]
    assert workspace.read("building")["mini_area_uid"].map(rows["code"]).str[-1].tolist() == ["1", "1", "2", "2"]


def test_virtual_mini_areas_have_no_place(workspace):
    table = pd.DataFrame({"code": ["320999001002900"], "kind": ["虚拟"], "nominal_persons": [120]})
    add_layer(workspace, "mini_area", table)
    row = workspace.read("mini_area").iloc[0]
    assert (row["kind"], row["nominal_persons"], row["geometry"]) == ("virtual", 120, None)
    assert row["census_area_uid"] == workspace.read("census_area").index[1]


def test_a_building_in_a_locked_mini_area_waits(township):
    for status in range(1, 5):
        with township.transaction("sign") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("M00")]))
    done = add_layer(township, "building", layer([rectangle(150, 150, 160, 160)]), source="late")
    assert "locked" in done.problems[0]
    late = township.read("building", where="source = 'late'")
    assert late["mini_area_uid"].tolist() == [None]


def test_source_names_leave_folders_out():
    assert source_name("/home/x/a.gpkg:roads") == "a.gpkg:roads"
    assert source_name("C:\\data\\房屋.shp") == "房屋.shp"
    assert source_name("a.shp") == "a.shp"


def test_five_thousand_buildings_in_one_go(workspace):
    x, y = np.meshgrid(np.arange(100) * 2.0, np.arange(50) * 2.0)
    shapes = shapely.box(500000 + x.ravel(), 3500000 + y.ravel(), 500001 + x.ravel(), 3500001 + y.ravel())
    done = add_layer(workspace, "building", layer(shapes, id=range(5000)), source="many")
    assert done.added == 5000
    assert add_layer(workspace, "building", layer(shapes, id=range(5000)), source="many").unchanged == 5000
    assert isinstance(workspace, Workspace)
