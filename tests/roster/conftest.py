"""A township with an estate, a road and a village, and rosters as clerks make them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter
from shapely import box

from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace
from tests.small_township import uid

PASSPHRASE = "correct horse 电池"  # noqa: S105  of the tests only
COST = 2**4  # scrypt's cost in tests

ESTATE, VILLAGE = uid("estate area"), uid("village area")
BUILDINGS = {
    # short name: (census area, name, address)
    "E1": (ESTATE, "1号楼", "人民路12号东方花园1号楼"),
    "E2": (ESTATE, "2号楼", "人民路12号东方花园2号楼"),
    "E3": (ESTATE, "东方花园3幢", ""),
    "R18": (ESTATE, "", "人民路18号"),
    "TOWER": (ESTATE, "阳光大厦", "解放路5号"),
    "V1": (VILLAGE, "", "王家村3组15号"),
    "V2": (VILLAGE, "", "王家村3组16号"),
    "V3": (VILLAGE, "", "王家村4组15号"),
}
ROOMS = {
    "E1": [("1", 1, "101"), ("1", 1, "102"), ("2", 1, "101"), ("2", 5, "501")],
    "E2": [("1", 1, "101"), ("1", 2, "201")],
    "E3": [("1", 5, "501"), ("2", 5, "501")],
    "R18": [(None, 1, "101")],
    "TOWER": [(None, 15, "1502")],
    "V1": [(None, 1, "1")],
    "V2": [(None, 1, "1")],
    "V3": [(None, 1, "1")],
}


def building(name: str) -> str:
    return uid(f"building {name}")


def dwelling(name: str, position: int) -> str:
    return uid(f"dwelling {name} {position}")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "town.gpkg", crs="EPSG:4549") as workspace:
        with workspace.transaction("test data") as write:
            _fill(write)
        yield workspace


def _fill(write) -> None:
    crs = "EPSG:4549"
    areas = gpd.GeoDataFrame(
        {"code": ["320999001001", "320999001002"], "name": ["东方花园社区居民委员会", "王家村村民委员会"]},
        index=[ESTATE, VILLAGE],
        geometry=[box(500000, 3500000, 500100, 3500100), box(500100, 3500000, 500200, 3500100)],
        crs=crs,
    )
    township = gpd.GeoDataFrame(
        {"code": ["320999001"], "name": ["东华街道"], "province": ["江苏省"]},
        index=[uid("township")],
        geometry=[box(500000, 3500000, 500200, 3500100)],
        crs=crs,
    )
    write.insert("township", township)
    write.insert("census_area", areas)
    rows = []
    for number, (area, name, address) in enumerate(BUILDINGS.values()):
        left = (500000 if area == ESTATE else 500100) + 12 * (number % 8)
        rows.append((name, address, box(left, 3500010, left + 8, 3500020)))
    frame = pd.DataFrame(rows, columns=["name", "address", "geometry"], index=[building(name) for name in BUILDINGS])
    write.insert("building", gpd.GeoDataFrame(frame.assign(state="standing"), geometry="geometry", crs=crs))
    dwellings = pd.DataFrame(
        [(building(name), *room) for name, rooms in ROOMS.items() for room in rooms],
        columns=["building_uid", "entrance", "floor", "room"],
        index=[dwelling(name, position) for name, rooms in ROOMS.items() for position in range(len(rooms))],
    )
    write.insert("dwelling", dwellings)


@pytest.fixture
def vault(town: Workspace) -> Iterator[Vault]:
    with Vault.create(vault_path(town.path), PASSPHRASE, cost=COST) as opened:
        yield opened


def write_xlsx(path: Path, rows: list[list[object]], *, merged: tuple[str, ...] = (), sheet: str = "底册") -> Path:
    return write_sheets(path, {sheet: rows}, merged=merged)


def write_sheets(path: Path, sheets: dict[str, list[list[object]]], *, merged: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, column, value, day)
                    elif value not in ("", None):
                        sheet.write(number, column, value)
            for area in merged:
                first = area.split(":")[0]
                column, number = ord(first[0]) - 65, int(first[1:]) - 1
                sheet.merge_range(area, rows[number][column])
    return path


HEADER = ["序号", "户主姓名", "联系电话", "住址", "居住人数"]
