"""Planted faults in real blocks: the right owner is proposed, and accepting leaves nothing behind."""

import json
import lzma
import subprocess
import sys

import numpy as np
import pytest
import shapely
from geopandas import read_file

from census_map.coverage import apply_proposals, choose, find_faults, is_exact, propose

pytestmark = pytest.mark.real


def plain_file(shared_data, name, tmp_path):
    source = shared_data / name
    if source.suffix != ".xz":
        return source
    plain = tmp_path / source.stem
    plain.write_bytes(lzma.decompress(source.read_bytes()))
    return plain


@pytest.mark.parametrize(
    ("name", "crs"),
    [("providence/Providence_blocks.zip", "EPSG:32130"), ("scotland/dundee_S12000042_oa.fgb.xz", "EPSG:27700")],
    ids=["providence", "dundee"],
)
def test_planted_faults_are_given_back_and_mended(name, crs, shared_data, shared_tools, tmp_path):
    if not hasattr(shapely, "coverage_is_valid") or shapely.geos_version < (3, 12):
        pytest.skip("the injector needs GEOS 3.12")
    source = plain_file(shared_data, name, tmp_path)
    words = ["--input", source, "--to-crs", crs, "--k", 3, "--seed", 2, "--out", tmp_path]
    command = [sys.executable, shared_tools / "inject_faults.py", *words]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    areas = read_file(tmp_path / "coverage.gpkg").set_index("uid")
    containers = read_file(tmp_path / "container.gpkg").set_index("code")
    truth = json.loads((tmp_path / "truth.json").read_text())["defects"]
    faults = find_faults(areas, containers)
    proposals = propose(areas, faults, containers)
    first = {proposal.fault: proposal for proposal in proposals if proposal.rank == 1}
    tree = shapely.STRtree(np.asarray(faults.geometry))
    right = []
    for defect in truth:
        zone = shapely.buffer(shapely.from_wkt(defect["zone"]), 0.02)
        near = [first[faults.index[k]] for k in tree.query(zone, predicate="intersects")]
        if defect["class"] in {1, 2, 12} or (defect["class"] == 11 and defect["variant"] == "gap"):
            right.append(all(proposal.owner == defect["fids"][0] for proposal in near))
        if defect["class"] == 5 or (defect["class"] == 11 and defect["variant"] == "overlap"):
            right.append(all(proposal.owner == defect["fids"][1] for proposal in near))
    assert sum(right) >= 0.95 * len(right)
    done = apply_proposals(areas, choose(proposals, allow_empty=True), containers, faults=faults, allow_empty=True)
    assert done.refused == ()
    assert is_exact(done.areas, done.containers)
    assert done.areas.index[: len(areas)].equals(areas.index)
    assert done.containers.geometry.area.tolist() == containers.geometry.area.tolist()


KNOWN = {
    # Their whole borders zigzag within millimetres of their neighbours'.
    "E00135931": {"overlap": 26, "unmatched": 21, "gap": 19},
    "E00061928": {"gap": 8, "overlap": 6, "unmatched": 5},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_the_known_faults_of_england_and_wales_are_named_and_mended_without_loss(name, shared_data, tmp_path):
    areas = read_file(plain_file(shared_data, "uk/uk_oa_england_wales_181408.fgb.xz", tmp_path)).set_index("OA11CD")
    own = areas.geometry[name]
    areas = areas[areas.intersects(shapely.buffer(own, 1e-5))]
    faults = find_faults(areas)
    named = faults[[name in labels for labels in faults["areas"]]]
    assert named["kind"].value_counts().to_dict() == KNOWN[name]
    assert (named.loc[named["kind"] != "unmatched", "width_m"] < 0.01).all()
    chosen = choose(propose(areas, faults), faults=named.index)
    assert {(proposal.action, proposal.owner) for proposal in chosen} == {("redraw", name)}
    done = apply_proposals(areas, chosen, faults=faults)
    assert done.refused == ()
    assert not [labels for labels in done.faults["areas"] if name in labels]
    assert done.areas.index.equals(areas.index)
    assert (done.areas.drop(index=name).geometry.to_wkb() == areas.drop(index=name).geometry.to_wkb()).all()
    moved = shapely.hausdorff_distance(shapely.boundary(done.areas.geometry[name]), shapely.boundary(own))
    assert 0 < moved < 5e-7  # degrees: five centimetres
