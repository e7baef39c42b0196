"""The package for the county: complete, read back, without loss, without personal data."""

import hashlib
import json
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from census_map.coverage import is_exact
from census_map.errors import InputError
from census_map.exchange.lists import safe_frame
from census_map.exchange.package import CHECKS, DRAFT_MARK, LISTS, NOTES, VECTORS, export_package
from tests.small_township import uid

DAY = date(2026, 11, 1)


def change_building(township, **values):
    with township.transaction("test") as write:
        write.update("building", pd.DataFrame(values, index=[uid("BM000")]))


def test_package_holds_every_row_with_chinese_text(township, tmp_path):
    package = export_package(township, tmp_path / "out", today=DAY)
    assert package.folder.name == "320999001_东华街道_20261101_v1_草稿"
    assert package.counts == {"XJ_320999001": 1, "PCQ_320999001": 2, "PCXQ_320999001": 4, "JZW_320999001": 8}
    areas = gpd.read_file(package.folder / VECTORS / "PCQ_320999001.shp")
    assert sorted(areas["NAME"]) == ["东方花园社区居民委员会", "王家村村民委员会"]
    assert sorted(areas["PERSONS"]) == [520, 520]
    assert areas.crs is not None


def test_coverage_stays_exact_in_the_package(township, tmp_path):
    folder = export_package(township, tmp_path).folder / VECTORS
    areas, minis = (gpd.read_file(folder / f"{name}_320999001.shp") for name in ("PCQ", "PCXQ"))
    assert is_exact(minis, areas)


@pytest.mark.parametrize("encoding", ["UTF-8", "gb18030"])
def test_rare_characters_survive(township, tmp_path, encoding):
    change_building(township, name="㛃𠮷䶮楼")
    folder = export_package(township, tmp_path, encoding=encoding).folder / VECTORS
    buildings = gpd.read_file(folder / "JZW_320999001.shp")
    assert "㛃𠮷䶮楼" in set(buildings["NAME"])
    assert (folder / "JZW_320999001.cpg").read_text().strip().upper() == encoding.upper()


def test_characters_that_gbk_lacks_stop_the_package_and_are_listed(township, tmp_path):
    change_building(township, name="𠮷祥楼")
    package = export_package(township, tmp_path / "out", encoding="GBK")
    assert package.folder is None
    assert [problem.rule for problem in package.obstacles] == ["P02"]
    assert "𠮷" in package.obstacles[0].message
    assert not list((tmp_path / "out").glob("*"))


def test_text_longer_than_a_field_stops_the_package(township, tmp_path):
    change_building(township, note="说" * 100)
    assert [problem.rule for problem in export_package(township, tmp_path).obstacles] == ["P03"]


@pytest.mark.parametrize(
    "note", ["住户电话13812345678", "证号11010519491231002X"], ids=["mobile phone", "identity number"]
)
def test_personal_text_stops_the_package_and_is_not_repeated(township, tmp_path, note):
    change_building(township, note=note)
    obstacles = export_package(township, tmp_path).obstacles
    assert [problem.rule for problem in obstacles] == ["P01"]
    assert note not in obstacles[0].message


def test_building_code_is_not_taken_for_an_identity_number(township, tmp_path):
    change_building(township, code="110105194912310021")
    assert export_package(township, tmp_path, draft=True).folder is not None


def test_manifest_lists_every_file_with_its_digest(township, tmp_path):
    folder = export_package(township, tmp_path).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(manifest["files"]) == files
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert manifest["final"] is False
    for part in (VECTORS, LISTS, NOTES, CHECKS):
        assert any((folder / part).iterdir())


def test_each_export_gets_a_version_of_its_own(township, tmp_path):
    names = [export_package(township, tmp_path, today=DAY).folder.name[: -len(DRAFT_MARK)][-2:] for _ in range(2)]
    assert names == ["v1", "v2"]
    assert not list(tmp_path.glob("*.part"))


def test_other_crs_is_written_and_named(township, tmp_path):
    folder = export_package(township, tmp_path, crs="EPSG:4490").folder / VECTORS
    areas = gpd.read_file(folder / "PCQ_320999001.shp")
    assert areas.crs.is_geographic
    assert shapely.box(119, 31, 121, 33).covers(areas.union_all() if hasattr(areas, "union_all") else areas.unary_union)


def test_places_in_another_system_do_not_hang_on_the_last_digit_of_its_formulas(township, tmp_path):
    folder = export_package(township, tmp_path, crs="EPSG:4549").folder / VECTORS
    areas, minis = (gpd.read_file(folder / f"{name}_320999001.shp") for name in ("PCQ", "PCXQ"))
    xy = shapely.get_coordinates(minis.geometry.to_numpy())
    assert (xy == np.round(xy, 4)).all()
    assert is_exact(minis, areas)


@pytest.mark.parametrize("options", [{"encoding": "Latin-1"}, {"crs": "EPSG:nonsense"}], ids=["encoding", "crs"])
def test_unknown_options_are_refused(township, tmp_path, options):
    with pytest.raises(InputError):
        export_package(township, tmp_path, **options)


def test_township_name_cannot_leave_the_folder(township, tmp_path):
    with township.transaction("test") as write:
        write.update("township", pd.DataFrame({"name": ["../../etc/东华"]}, index=[uid("T")]))
    folder = export_package(township, tmp_path / "out", today=DAY).folder
    assert folder.parent == tmp_path / "out"
    assert folder.name == "320999001_etc东华_20261101_v1_草稿"


def test_maps_are_put_in(township, tmp_path):
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "320999001001001.pdf").write_bytes(b"%PDF-1.4")
    folder = export_package(township, tmp_path / "out", maps=maps).folder
    assert (folder / "03_图件" / "320999001001001.pdf").is_file()


def test_a_folder_of_maps_that_is_not_there_is_refused_before_anything_is_written(township, tmp_path):
    with pytest.raises(InputError, match="no folder “mapz” with maps"):
        export_package(township, tmp_path / "out", maps=tmp_path / "mapz")
    assert not (tmp_path / "out").exists()


def test_csv_cells_never_become_formulas():
    cells = safe_frame(pd.DataFrame({"name": ["=1+1", "+86", "-", "@cmd", "东方花园"]}))["name"]
    assert list(cells) == ["'=1+1", "'+86", "'-", "'@cmd", "东方花园"]


def test_cancelled_export_leaves_nothing(township, tmp_path):
    def stop(fraction: float, _text: str) -> None:
        if fraction > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_package(township, tmp_path / "out", report=stop)
    assert not list(Path(tmp_path / "out").iterdir())
