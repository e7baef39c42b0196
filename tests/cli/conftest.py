"""Files as users have them, and the command line run in process."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest

from census_map.cli import main
from tests.small_township import CRS, rectangle


@dataclass(frozen=True)
class Run:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command line with words; paths are made text."""
    monkeypatch.setenv("CENSUS_MAP_LANG", "en")

    def command(*words: object) -> Run:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Run(status, out, err)

    return command


@pytest.fixture
def areas_file(tmp_path) -> Path:
    """Two census areas side by side with codes and Chinese names."""
    path = tmp_path / "areas.gpkg"
    frame = gpd.GeoDataFrame(
        {"编码": ["320999001001", "320999001002"], "名称": ["东村", "西村"]},
        geometry=[rectangle(0, 0, 400, 400), rectangle(400, 0, 800, 400)],
        crs=CRS,
    )
    frame.to_file(path, layer="areas", engine="pyogrio", encoding="UTF-8")
    return path


@pytest.fixture
def houses_file(tmp_path) -> Path:
    """32 houses of thirty persons, in a shapefile written in GBK without a .cpg file."""
    path = tmp_path / "房屋.shp"
    places = [(50 + 100 * i, 50 + 100 * j) for i in range(8) for j in range(4)]
    frame = gpd.GeoDataFrame(
        {"编号": [f"b{i}" for i in range(32)], "用途": "住宅", "人数": 30},
        geometry=[rectangle(x - 8, y - 8, x + 8, y + 8) for x, y in places],
        crs=CRS,
    )
    frame.to_file(path, engine="fiona", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


@pytest.fixture
def workspace_file(tmp_path, run, areas_file, houses_file) -> Path:
    """A workspace with census areas and houses."""
    path = tmp_path / "township.gpkg"
    assert run("new", path, "--areas", areas_file, "--crs", CRS).status == 0
    assert run("add", path, "building", houses_file).status == 0
    return path
