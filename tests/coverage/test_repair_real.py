"""Planted faults in real blocks: the right owner is proposed, and accepting leaves nothing behind."""

import json
import subprocess
import sys

import numpy as np
import pytest
import shapely
from geopandas import read_file

from census_map.coverage import apply_proposals, choose, find_faults, is_exact, propose

pytestmark = pytest.mark.real


def test_planted_faults_in_providence_are_given_back_and_mended(shared_data, shared_tools, tmp_path):
    if not hasattr(shapely, "coverage_is_valid") or shapely.geos_version < (3, 12):
        pytest.skip("the injector needs GEOS 3.12")
    command = [
        sys.executable,
        str(shared_tools / "inject_faults.py"),
        "--k",
        "3",
        "--seed",
        "2",
        "--out",
        str(tmp_path),
    ]
    source = shared_data / "providence" / "Providence_blocks.zip"
    subprocess.run([*command, "--input", str(source), "--to-crs", "EPSG:32130"], check=True, capture_output=True)
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
