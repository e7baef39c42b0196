"""Real coverages and QGIS's own test layers, read beside the project; each disagreement is explained."""

import json
import lzma
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.coverage import fault_report, find_faults, is_exact

pytestmark = pytest.mark.real


def unpacked(folder, name, tmp_path):
    target = tmp_path / "areas.fgb"
    target.write_bytes(lzma.decompress((folder / name).read_bytes()))
    return gpd.read_file(target)


def qgis_layer(folder, name):
    layer = gpd.read_file(folder / "qgis-testdata/geometry_checker" / name)
    return layer[layer.geometry.notna()]


@pytest.mark.parametrize(
    "name", ["scotland/dundee_S12000042_oa.fgb.xz", "scotland/moray_S12000020_oa.fgb.xz", "taipei", "liechtenstein"]
)
def test_clean_coverages_have_no_fault(shared_data, tmp_path, name):
    files = {"taipei": "taipei/taipei_4352.gpkg:villages", "liechtenstein": "liechtenstein/township.gpkg:communes"}
    if name in files:
        file, layer = files[name].split(":")
        areas = gpd.read_file(shared_data / file, layer=layer)
    else:
        areas = unpacked(shared_data, name, tmp_path)

    assert is_exact(areas)
    assert find_faults(areas).empty


def test_the_gaps_of_the_qgis_gap_layer(shared_data):
    """QGIS finds five: its threshold of 0.01 deg² leaves the sixth and largest out; size is no reason here."""
    expected = json.loads((shared_data / "qgis-testdata/EXPECTED.json").read_text())["gap_layer.shp"]
    gaps = find_faults(qgis_layer(shared_data, "gap_layer.shp"))

    assert gaps["kind"].tolist() == ["gap"] * 6
    found = sorted(shape.area for shape in gaps.geometry if shape.area < expected["gapThreshold"])
    assert found == pytest.approx(sorted(area for _x, _y, area in expected["gaps_centroid_area"]), abs=1e-4)


def test_the_errors_of_the_qgis_polygon_layer(shared_data):
    """QGIS counts a duplicate and a contained polygon among the overlaps as well; here each is one fault."""
    faults = find_faults(qgis_layer(shared_data, "polygon_layer.shp"))
    owners = {kind: set(map(frozenset, group)) for kind, group in faults.groupby("kind")["areas"]}

    assert owners["duplicate"] == {frozenset({7, 8})}
    assert frozenset({3, 0}) in owners["contained"]
    assert {frozenset({0, 10}), frozenset({7, 9})} <= owners["overlap"]
    # 6 is the degenerate one; 1 and 12 cross themselves. The self-contact of 9 is a hole touching its shell: valid.
    assert owners["invalid"] == {frozenset({6}), frozenset({1}), frozenset({12})}


def test_the_missing_vertices_of_the_qgis_layer(shared_data):
    """Two of QGIS's five are vertices in an exact border; the other three are corners of gaps, and go with those."""
    expected = json.loads((shared_data / "qgis-testdata/EXPECTED.json").read_text())["missing_vertex.gpkg"]["at"]
    faults = find_faults(qgis_layer(shared_data, "missing_vertex.gpkg"))
    places = shapely.points([place for several in expected.values() for place in several])

    assert sorted(faults["kind"]) == ["gap", "gap", "unmatched", "unmatched"]
    distance = shapely.distance(places[:, None], np.asarray(faults.geometry)[None, :]).min(axis=1)
    assert (distance < 0.02).all()
    vertices = np.asarray(faults.geometry[faults["kind"] == "unmatched"])
    assert (shapely.distance(vertices[:, None], places[None, :]).min(axis=1) < 1e-5).all()


@pytest.mark.parametrize(
    ("name", "kind"), [("gap_layer_point_in_poly", "gap"), ("overlap_layer_tolerance_bug", "overlap")]
)
def test_the_single_errors_that_qgis_got_wrong_once(shared_data, name, kind):
    assert (find_faults(qgis_layer(shared_data, f"{name}.shp"))["kind"] == kind).sum() == 1


@pytest.mark.slow
def test_planted_faults_of_every_class_are_found_and_nothing_else(shared_data, shared_tools, tmp_path):
    if not hasattr(shapely, "coverage_is_valid") or shapely.geos_version < (3, 12):
        pytest.skip("the injector needs GEOS 3.12")
    clean = tmp_path / "clean.fgb"
    clean.write_bytes(lzma.decompress((shared_data / "scotland/dundee_S12000042_oa.fgb.xz").read_bytes()))
    source = ["--input", clean, "--to-crs", "EPSG:27700", "--k", "4"]
    inject = [sys.executable, shared_tools / "inject_faults.py", *source, "--seed", "5", "--out", tmp_path]
    subprocess.run(list(map(str, inject)), check=True, capture_output=True)
    areas, boxes = (gpd.read_file(tmp_path / f"{name}.gpkg") for name in ("coverage", "container"))
    check = tmp_path / "check.json"
    check.write_text(json.dumps(fault_report(areas, boxes)))
    score = [sys.executable, shared_tools / "score_faults.py", tmp_path / "truth.json", check]

    done = subprocess.run(list(map(str, score)), check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
