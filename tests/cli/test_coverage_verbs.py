"""`census-map coverage ...` through the program's own entrance: any polygon file, no workspace."""

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import box

from tests.small_township import CRS


@pytest.fixture
def overlapping(tmp_path):
    file = tmp_path / "areas.gpkg"
    shapes = [box(0, 0, 100, 100), box(90, 0, 200, 100)]
    gpd.GeoDataFrame({"code": ["a", "b"], "persons": [310, 290]}, geometry=shapes, crs=CRS).to_file(file)
    return file


def test_the_group_lists_its_verbs(run):
    done = run("coverage", "--help")
    assert done.status == 0
    assert [verb for verb in ("check", "repair", "split") if f"\n  {verb} " not in done.out] == []


def test_a_fault_is_found_mended_and_gone(run, overlapping, tmp_path):
    fixed = tmp_path / "fixed.gpkg"
    done = run("coverage", "check", overlapping, "--id", "code")
    assert (done.status, done.out) == (1, "1 fault: overlap 1.\n")
    assert run("coverage", "repair", overlapping, "--id", "code", "--out", fixed).status == 0
    done = run("coverage", "check", f"{fixed}:areas", "--id", "code")
    assert (done.status, done.out) == (0, "2 areas, an exact coverage.\n")
    after = gpd.read_file(fixed, layer="areas")
    assert after[["code", "persons"]].values.tolist() == [["a", 310], ["b", 290]]
    assert shapely.union_all(after.geometry.values).area == 20_000


def test_areas_are_split_where_no_building_stands(run, tmp_path):
    areas, houses, parts = (tmp_path / f"{name}.gpkg" for name in ("areas", "houses", "parts"))
    gpd.GeoDataFrame({"code": ["a"]}, geometry=[box(0, 0, 400, 100)], crs=CRS).to_file(areas)
    rows = [box(x, 40, x + 10, 50) for x in range(20, 400, 40)]
    gpd.GeoDataFrame({"persons": [30] * len(rows)}, geometry=rows, crs=CRS).to_file(houses)
    done = run("coverage", "split", areas, "--id", "code", "--buildings", houses, "--target", 150, "--out", parts)
    assert done.status == 0, done.err
    assert "2 parts, weight 150.0 to 150.0" in done.out
    assert run("coverage", "check", f"{parts}:parts", "--within", f"{parts}:areas").status == 0


def test_a_missing_file_is_one_line(run, tmp_path):
    done = run("coverage", "check", tmp_path / "nowhere.gpkg")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "nowhere.gpkg" in done.err
