"""The main job from `new` to `export` on a whole real township: communes with exclaves, buildings, roads, water."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.cli import main
from census_map.coverage import is_exact
from census_map.sheets.render import has_qgis
from census_map.workspace import Workspace

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def source(shared_data):
    return shared_data / "liechtenstein" / "township.gpkg"


@pytest.fixture(scope="module")
def workspace(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("liechtenstein") / "township.gpkg"
    steps = [
        ["new", path, "--areas", f"{source}:communes", "--profile", "un-generic"],
        ["add", path, "building", f"{source}:buildings"],
        ["add", path, "road", f"{source}:roads"],
        ["add", path, "water", f"{source}:waterways"],
        ["add", path, "railway", f"{source}:railways"],
        ["split", path, "--target", "300", "--by", "persons"],
        ["number", path],
    ]
    for step in steps:
        # Four houses with 32 of 35,435 people lie beyond the border: the split says so.
        assert main([str(word) for word in step]) == int(step[0] == "split"), step
    return path


@pytest.fixture(scope="module")
def tables(workspace):
    with Workspace.open(workspace) as opened:
        return {name: opened.read(name) for name in ("census_area", "mini_area", "building")}


def test_mini_areas_cover_each_commune_exactly(tables, source):
    areas, minis = tables["census_area"], tables["mini_area"]
    assert is_exact(minis[["geometry"]], areas[["geometry"]])
    communes = gpd.read_file(source, layer="communes").to_crs(areas.crs)
    for uid, area in areas.iterrows():
        mine = minis[minis["census_area_uid"] == uid].geometry
        if hasattr(shapely, "coverage_is_valid"):
            assert shapely.coverage_is_valid(mine.to_numpy())
        commune = communes.geometry[communes["name"] == area["name"]].iloc[0]
        assert shapely.area(mine.to_numpy()).sum() == pytest.approx(commune.area, rel=1e-6)
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(mine), commune)) < 1e-6 * commune.area


def test_exclaves_are_kept(tables, source):
    communes = gpd.read_file(source, layer="communes").set_index("name").geometry
    parts = tables["census_area"].set_index("name").geometry
    assert {name: len(shapely.get_parts(shape)) for name, shape in parts.items()} == {
        name: len(shapely.get_parts(shape)) for name, shape in communes.items()
    }


def test_every_building_inside_is_in_one_mini_area_and_none_is_cut(tables):
    areas, minis, buildings = tables["census_area"], tables["mini_area"], tables["building"]
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    inside = np.unique(shapely.STRtree(areas.geometry.to_numpy()).query(points, predicate="within")[0])
    assigned = buildings["mini_area_uid"].isin(minis.index).to_numpy()
    assert assigned[inside].all()
    metres = minis.geometry.to_crs("EPSG:32632"), buildings.geometry.to_crs("EPSG:32632")
    shapes = [shapely.make_valid(frame.to_numpy()) for frame in metres]
    row, mini = shapely.STRtree(shapes[0]).query(shapes[1], predicate="intersects")
    held = shapely.area(shapely.intersection(shapes[1][row], shapes[0][mini])) > 1.0
    parent = minis["census_area_uid"].to_numpy()[mini]
    cut = {
        (building, area)
        for building, area in zip(row[held], parent[held], strict=True)
        if np.count_nonzero(held & (row == building) & (parent == area)) > 1
    }
    assert cut == set()


def test_no_mini_area_is_too_heavy_unless_one_building_is(tables):
    loads = tables["building"].groupby("mini_area_uid")["persons"].agg(["sum", "max"])
    assert ((loads["sum"] <= 400) | (loads["max"] > 400)).all()


def test_check_finds_no_fault_in_the_coverage(workspace, tmp_path):
    main(["check", str(workspace), "--json", str(tmp_path / "check.json")])
    report = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
    errors = {problem["rule"] for problem in report["problems"] if problem["severity"] == "error"}
    assert not {rule for rule in errors if rule.startswith("G")}
    assert report["errors"] == sum(problem["severity"] == "error" for problem in report["problems"])


@pytest.mark.skipif(not has_qgis(), reason="printing draws with QGIS")
def test_sheets_are_printed(workspace, tmp_path):
    assert main(["print", str(workspace), "--out", str(tmp_path), "--area", "006001"]) == 0
    assert [path.read_bytes()[:5] for path in tmp_path.glob("*.pdf")] == [b"%PDF-"]


def test_package_opens_with_text_and_coverage_intact(workspace, tables, tmp_path):
    assert main(["export", str(workspace), "--out", str(tmp_path), "--draft"]) == 0
    names = {path.name.split("_")[0]: path for path in tmp_path.rglob("*.shp")}
    areas, minis, buildings = (gpd.read_file(names[key]) for key in ("PCQ", "PCXQ", "JZW"))
    assert set(areas["NAME"]) == set(tables["census_area"]["name"])
    assert (len(minis), len(buildings)) == (len(tables["mini_area"]), len(tables["building"]))
    assert is_exact(minis, areas)
