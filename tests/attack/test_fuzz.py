"""
2,000 damaged inputs a run, of every kind of file that the program reads: one clear line, or a right reading.

The seed of a run is `CENSUS_MAP_FUZZ` (any word), else the one below; a failure names it and keeps the input's number.
`CENSUS_MAP_FUZZ_TIMES` makes as many times the inputs.
"""

import json
import os
import resource
import select
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box
from xlsxwriter import Workbook

from census_map.roster.vault import Vault
from census_map.workspace import Workspace
from tests.attack.fuzzing import damage_database, damaged, damaged_member, seeds
from tests.attack.worker import PASSPHRASE
from tests.small_township import CRS, fill

SEED = os.environ.get("CENSUS_MAP_FUZZ", "2026-11-29")
TIMES = int(os.environ.get("CENSUS_MAP_FUZZ_TIMES", "1"))
COUNTS = {
    "gpkg": 260, "zip": 400, "geojson": 260, "fgb": 200, "kml": 120, "gml": 120, "csv": 140, "xlsx": 160, "xls": 100,
    "et": 40, "toml": 170, "workspace": 16, "vault": 40,
}  # fmt: skip
_TEXTS = frozenset({"geojson", "kml", "gml", "csv", "toml"})
_PATIENCE_S = 30.0
_MEMORY = 2**30  # beyond what the process takes when it begins


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A sound file of each kind."""
    folder = tmp_path_factory.mktemp("sound")
    places = [box(120 + 0.01 * k, 31, 120.01 + 0.01 * k, 31.01) for k in range(4)]
    codes = [f"32099900100{k}" for k in range(4)]
    areas = gpd.GeoDataFrame(
        {"code": codes, "name": ["西街社区", "东街社区", "王家村", "李家村"], "persons": [300.0, 250.0, None, 9.0]},
        geometry=places,
        crs=4326,
    )
    for driver, ending in (
        ("GPKG", "gpkg"),
        ("GeoJSON", "geojson"),
        ("FlatGeobuf", "fgb"),
        ("KML", "kml"),
        ("GML", "gml"),
    ):
        # An older GDAL writes KML with the axes of EPSG:4326, latitude first.
        placed = areas.set_crs("OGC:CRS84", allow_override=True) if ending == "kml" else areas
        placed.to_file(folder / f"areas.{ending}", driver=driver, engine="pyogrio")
    areas.to_file(folder / "areas.shp", engine="pyogrio", encoding="UTF-8")
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            archive.write(folder / f"areas{ending}", f"areas{ending}")
    with Workspace.create(folder / "township.gpkg", crs=CRS) as workspace:
        fill(workspace)
    Vault.create(folder / "areas.vault", PASSPHRASE, cost=2**4).close()
    shutil.copy(Path(__file__).parents[2] / "census_map" / "profiles" / "cn-2020.toml", folder / "areas.toml")
    _tables(folder)
    return folder


def _tables(folder):
    rows = [["序号", "地址", "户主姓名", "人数"]] + [[k, f"东方花园{k}幢{k}01室", "王明", k] for k in range(1, 9)]
    (folder / "areas.csv").write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    with Workbook(str(folder / "areas.xlsx")) as book:
        sheet = book.add_worksheet("名册")
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    cases = Path(__file__).resolve().parents[3] / "shared" / "cases" / "roster"
    for ending, name in (("xls", "23_xls_as.xlsx"), ("et", "23_xls_as.xlsx")):
        if (cases / name).is_file():
            shutil.copy(cases / name, folder / f"areas.{ending}")


class Worker:
    """The process that reads, begun anew when it has ended."""

    def __init__(self, sound, out):
        self.words = [sys.executable, "-m", "tests.attack.worker", str(sound), str(out)]
        self.process = subprocess.Popen(
            self.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "CENSUS_MAP_LANG": "en", "OPENBLAS_NUM_THREADS": "1"},
        )
        self.limited = False

    def ask(self, kind, file, part):
        self.process.stdin.write(json.dumps([kind, str(file), part]) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], _PATIENCE_S)[0]:
            return "did not end"
        line = self.process.stdout.readline()
        if not line:
            return f"ended the process ({self.process.wait()})"
        if not self.limited:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[0])
            most = pages * resource.getpagesize() + _MEMORY
            resource.prlimit(self.process.pid, resource.RLIMIT_AS, (most, most))
            self.limited = True
        status, told, _seconds = json.loads(line)
        if status not in {0, 1, 2}:
            return f"exit status {status}"
        if status == 2 and (told.count("\n") != 1 or "did not work" in told or "memory is full" in told):
            return told
        return None if "Traceback" not in told else told

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def make(kind, sound, seed, folder):
    """Write the damaged input of a seed."""
    file = folder / f"areas.{'gpkg' if kind == 'workspace' else kind}"
    if kind == "workspace" or (kind == "gpkg" and hash_of(seed) % 2):
        shutil.copy(sound / ("township.gpkg" if kind == "workspace" else "areas.gpkg"), file)
        damage_database(file, seed)
        return file
    whole = (sound / f"areas.{kind}").read_bytes()
    if kind in {"zip", "xlsx"} and hash_of(seed) % 4:
        file.write_bytes(damaged_member(whole, seed))
    else:
        file.write_bytes(damaged(whole, seed, text=kind in _TEXTS))
    return file


def hash_of(seed):
    return int(seed.rpartition(":")[2])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits memory")
@pytest.mark.parametrize("kind", COUNTS)
def test_no_damaged_input_does_more_than_be_refused(kind, sound, tmp_path):
    if not (sound / f"areas.{kind}").exists() and kind != "workspace":
        pytest.skip("the folder shared/cases is not beside the project")
    out, folder = tmp_path / "out", tmp_path / "in"
    out.mkdir()
    folder.mkdir()
    worker, faults = Worker(sound, out), {}
    try:
        for part, seed in enumerate(seeds(SEED, kind, COUNTS[kind] * TIMES)):
            for left in folder.iterdir():
                left.unlink()
            fault = worker.ask(kind, make(kind, sound, seed, folder), part)
            if fault is not None:
                faults[seed] = fault
            if (fault is not None and worker.process.poll() is not None) or fault == "did not end":
                worker.close()
                worker = Worker(sound, out)
    finally:
        worker.close()
    assert not faults, "\n".join(f"{seed} {fault}" for seed, fault in faults.items())


def test_the_same_seed_makes_the_same_input(sound, tmp_path):
    for kind in ("geojson", "zip", "fgb"):
        first, second = tmp_path / f"1{kind}", tmp_path / f"2{kind}"
        for folder in (first, second):
            folder.mkdir()
        seed = f"{SEED}:{kind}:7"
        assert make(kind, sound, seed, first).read_bytes()[:30] == make(kind, sound, seed, second).read_bytes()[:30]
