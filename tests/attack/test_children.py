"""Processes that the program starts: nothing of the current folder is run in them, no passphrase reaches them."""

import importlib.util
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from census_map.apart import own_environment
from census_map.workspace import Workspace
from tests.small_township import CRS, fill

_PLANTED = ("json", "pickle", "multiprocessing", "threading", "numpy", "shapely", "census_map_plugin", "qgis", "site")
_SPLIT = """
import sys
if __name__ == "__main__":
    import geopandas as gpd
    from shapely import box
    from census_map.delineate import split_areas
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], crs=4549)
    houses = [box(5 * i, 10, 5 * i + 3, 20) for i in range(40)]
    buildings = gpd.GeoDataFrame({"persons": [10] * 40}, geometry=houses, crs=4549)
    print(len(split_areas(areas, buildings, target=100, workers=2).parts))
"""
_PRINT = """
import sys
from pathlib import Path
from census_map.sheets.render import print_workspace
def report(fraction, text):
    print("on", flush=True)
print_workspace(Path(sys.argv[1]), Path(sys.argv[2]), report=report)
"""

needs_qgis = pytest.mark.skipif(importlib.util.find_spec("qgis") is None, reason="QGIS is not installed")


@pytest.fixture
def trap(tmp_path) -> Path:
    """A folder with modules that leave a mark when they are run."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in _PLANTED:
        (folder / f"{name}.py").write_text(
            f"open({str(tmp_path / 'sprung')!r}, 'a').write('{name} ')", encoding="utf-8"
        )
    return folder


@pytest.fixture
def town(tmp_path) -> Path:
    path = tmp_path / "town.gpkg"
    with Workspace.create(path, crs=CRS) as workspace:
        fill(workspace)
    return path


def test_worker_processes_of_a_split_run_nothing_of_the_current_folder(trap, tmp_path):
    script = tmp_path / "split.py"
    script.write_text(_SPLIT, encoding="utf-8")
    done = subprocess.run([sys.executable, "-P", str(script)], cwd=trap, capture_output=True, text=True, check=False)
    assert done.stdout == "4\n", done.stderr
    assert not (tmp_path / "sprung").exists()


@pytest.mark.qgis
@needs_qgis
def test_printing_runs_nothing_of_the_current_folder(trap, town, tmp_path):
    words = [sys.executable, "-P", "-m", "census_map.cli", "print", str(town), "--out", str(tmp_path / "maps")]
    done = subprocess.run(words, cwd=trap, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "sprung").exists()


@pytest.mark.qgis
@needs_qgis
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the end of a process that is no child is seen on Linux only")
def test_printing_dies_with_whoever_started_it_and_leaves_no_folder(town, tmp_path):
    own = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    words = [sys.executable, "-c", _PRINT, str(town), str(tmp_path / "maps")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=own) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        (drawing,) = (os.pidfd_open(int(child)) for child in children)
        process.send_signal(signal.SIGKILL)
    ended, _write, _except = select.select([drawing], [], [], 60)
    os.close(drawing)
    assert ended
    assert [path.name for path in (tmp_path / "tmp").iterdir() if path.name.startswith("census-map")] == []


def test_no_passphrase_reaches_a_process_that_needs_none(monkeypatch):
    for name in ("CENSUS_MAP_PASSPHRASE", "CENSUS_MAP_NEW_PASSPHRASE"):
        monkeypatch.setenv(name, "secret")
    assert "secret" not in own_environment().values()
