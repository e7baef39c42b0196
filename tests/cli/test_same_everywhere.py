"""What is stored and compared by bytes is the same whatever code numpy, glibc, numba and OpenBLAS choose."""

import hashlib
import json
import os
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pyogrio
import pytest
import shapely

from tests.dispatch import environments

SAMPLE = files("census_map_samples") / "township.gpkg"
AREAS = ("320999001001", "320999001201")  # of the old town, and a village


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Two census areas, and the same with every tenth corner out of place."""
    folder = tmp_path_factory.mktemp("inputs")
    areas = pyogrio.read_dataframe(SAMPLE, layer="普查区").query("普查区编码 in @AREAS")
    pyogrio.write_dataframe(areas, folder / "areas.gpkg")
    parts = pyogrio.read_dataframe(SAMPLE, layer="普查区")
    chance = np.random.default_rng(5)
    rings = [np.asarray(part.exterior.coords)[:-1] for part in shapely.get_parts(parts.geometry.to_numpy())]
    moved = [ring + 2e-5 * chance.normal(size=ring.shape) * (chance.random((len(ring), 1)) < 0.1) for ring in rings]
    dirty = parts.geometry.iloc[:0].to_frame().reindex(range(len(moved)))
    dirty["geometry"] = [shapely.Polygon(ring) for ring in moved]
    pyogrio.write_dataframe(dirty.set_crs(parts.crs), folder / "dirty.gpkg")
    return folder


def results(inputs, folder, environment):
    """Split, check and repair in processes of their own; give all that was written, without the time it took."""
    (buildings, roads) = (f"{SAMPLE}:{layer}" for layer in ("房屋", "道路"))
    jobs = [
        ["split", "areas.gpkg", "--buildings", buildings, "--weight", "人数", "--lines", roads, "--id", "普查区编码",
         "--target", "300", "--starts", "1", "--out", folder / "parts.gpkg", "--json", folder / "split.json"],
        ["check", "dirty.gpkg", "--json", folder / "check.json"],
        ["repair", "dirty.gpkg", "--out", folder / "fixed.gpkg", "--json", folder / "repair.json"],
    ]  # fmt: skip
    for job in jobs:
        command = [sys.executable, "-W", "ignore", "-m", "census_map.cli", "coverage", *map(str, job)]
        done = subprocess.run(
            command, cwd=inputs, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode in {0, 1}, done.stderr
    found = {}
    for path in folder.glob("*.json"):
        found[path.name] = json.loads(path.read_text(encoding="utf-8").replace(str(folder), ""), object_hook=_timeless)
    for path in folder.glob("*.gpkg"):
        for layer in pyogrio.list_layers(path)[:, 0]:
            frame = pyogrio.read_dataframe(path, layer=layer)
            shapes = b"".join(shape or b"" for shape in frame.geometry.to_wkb()) if "geometry" in frame else b""
            rest = frame.drop(columns="geometry", errors="ignore").to_csv()
            found[f"{path.name}:{layer}"] = (hashlib.sha256(shapes).hexdigest(), rest)
    return found


def _timeless(record):
    return {name: value for name, value in record.items() if name != "seconds"}


def test_parts_faults_and_repairs_are_the_same_with_the_oldest_code(inputs, tmp_path_factory):
    oldest = {**environments()["all of it"], "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    oldest["NUMBA_CACHE_DIR"] = str(tmp_path_factory.mktemp("numba"))
    usual, old = (
        results(inputs, tmp_path_factory.mktemp("results"), environment) for environment in (dict(os.environ), oldest)
    )
    assert len(usual["split.json"]["areas"]) == 2
    assert len(usual["check.json"]["faults"]) > 20
    assert usual.keys() == old.keys()
    for name in usual:
        assert usual[name] == old[name], name
