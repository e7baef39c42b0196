"""A small township in metres, without any fault; rows go by short names such as `M00`."""

import uuid

import geopandas as gpd
import pandas as pd
from shapely import box, segmentize

from census_map.workspace import Workspace

CRS = "EPSG:4549"
EAST, NORTH = 500_000, 3_500_000


def rectangle(left: float, bottom: float, right: float, top: float):
    return box(EAST + left, NORTH + bottom, EAST + right, NORTH + top)


_NAMES: dict[str, str] = {}


def uid(name: str) -> str:
    """The identifier of a row that the tests know by a short name such as `M00`."""
    identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    _NAMES[identifier] = name
    return identifier


def name_of(identifier: str) -> str:
    return _NAMES[identifier]


AREA_CODES = ("320999001001", "320999001002")


def fill(workspace: Workspace) -> None:
    """Two census areas side by side, two mini-areas each, two buildings of 130 persons in each of them."""
    # Where two mini-areas meet the border of their census area, the census area has a corner too.
    areas = {f"A{i}": segmentize(rectangle(400 * i, 0, 400 * (i + 1), 200), 200) for i in range(2)}
    minis = {
        f"M{i}{j}": rectangle(400 * i + 200 * j, 0, 400 * i + 200 * (j + 1), 200) for i in range(2) for j in range(2)
    }
    with workspace.transaction("test data") as write:
        write.insert(
            "township",
            gpd.GeoDataFrame(
                {"code": ["320999001"], "name": ["东华街道"]},
                index=[uid("T")],
                geometry=[rectangle(0, 0, 800, 200)],
                crs=CRS,
            ),
        )
        write.insert(
            "census_area",
            gpd.GeoDataFrame(
                {"code": AREA_CODES, "name": ["东方花园社区居民委员会", "王家村村民委员会"]},
                index=[uid(name) for name in areas],
                geometry=list(areas.values()),
                crs=CRS,
            ),
        )
        write.insert(
            "mini_area",
            gpd.GeoDataFrame(
                {
                    "code": [f"{AREA_CODES[int(name[1])]}{int(name[2]) + 1:03d}" for name in minis],
                    "census_area_uid": [uid(f"A{name[1]}") for name in minis],
                    "kind": "ordinary",
                    "status": 0,
                },
                index=[uid(name) for name in minis],
                geometry=list(minis.values()),
                crs=CRS,
            ),
        )
        _fill_buildings(write, list(minis))


def _fill_buildings(write, minis: list[str]) -> None:
    rows, dwellings, households = [], [], []
    for mini in minis:
        i, j = int(mini[1]), int(mini[2])
        for k in range(2):
            left, bottom = 400 * i + 200 * j + 50, 40 + 80 * k
            code = f"{AREA_CODES[i]}{j + 1:03d}{k + 1:04d}"
            rows.append((uid(f"B{mini}{k}"), code, k + 1, uid(mini), rectangle(left, bottom, left + 40, bottom + 20)))
            dwellings.append((uid(f"D{mini}{k}"), f"{code}0001", 1, uid(f"B{mini}{k}")))
            number = f"{AREA_CODES[i]}{j + 1:03d}{k + 1:03d}"
            households.append((uid(f"H{mini}{k}"), number, k + 1, uid(f"A{i}"), uid(f"D{mini}{k}")))
    frame = pd.DataFrame(rows, columns=["uid", "code", "number", "mini_area_uid", "geometry"]).set_index("uid")
    frame = frame.assign(
        use="residential", state="standing", dwellings=1, persons=130, households=45, address="东华路1号"
    )
    write.insert("building", gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS))
    frame = pd.DataFrame(dwellings, columns=["uid", "code", "number", "building_uid"]).set_index("uid")
    write.insert("dwelling", frame.assign(room="101", state="inhabited"))
    columns = ["uid", "code", "number", "census_area_uid", "dwelling_uid"]
    frame = pd.DataFrame(households, columns=columns).set_index("uid")
    frame = frame.assign(
        **{"class": 1}, kind="family", h2a=130, source="底册.xlsx", source_row=range(1, len(frame) + 1)
    )
    write.insert("household", frame)
