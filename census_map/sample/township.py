"""The sample township as frames: what an office would have on its disk, and the truth behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely import MultiLineString, MultiPolygon, Point

from census_map.crs import DEFAULT_CRS, GEOGRAPHIC_GRID, snap_coordinates
from census_map.sample.buildings import Building
from census_map.sample.chance import Chance
from census_map.sample.clerks import FORMS, Sheet, Typed, type_sheet
from census_map.sample.households import Household, name_people, odd_rows, settle
from census_map.sample.layout import Area, Layout, make_layout
from census_map.sample.places import Unit, missed, official_address, units_of
from census_map.sample.spelling import COUNTY, PREFECTURE, PROVINCE, TOWNSHIP
from census_map.sample.terrain import ESTATE, OLD_TOWN, VILLAGE
from census_map.task import Report, silent

DEFAULT_SEED = 15
TOWNSHIP_CODE = "320999001"
DEFAULT_KINDS = {OLD_TOWN: 2, ESTATE: 3, VILLAGE: 3}
# About 160,000 people and 40,000 buildings: `generate_township(**LARGE)`.
LARGE: dict[str, object] = {"census_areas": 33, "scale": 6.0, "kinds": {OLD_TOWN: 8, ESTATE: 1, VILLAGE: 24}}

_CENTRE = (119.9134, 32.3067)
# Metres of a degree eastwards and northwards at the centre, on the CGCS2000 ellipsoid; written down, because a sine
# computed here would end in another digit on another processor.
_DEGREE = np.array([94177.245, 110892.191])
_USES = {"residential": "住宅", "mixed": "商住", "collective": "集体宿舍"}
_OTHER_USES = {"shop": "商铺", "public": "公共设施", "works": "厂房", "shed": "仓库", "lane_house": "非住宅"}
_STATES = {"inhabited": "有人", "nominal": "空挂", "vacant": "空置"}
_RANKS = {"main": "主干道", "secondary": "次干道", "lane": "巷", "path": "小路"}
_WATERS = {"river": "河流", "canal": "渠", "lake": "池塘"}
_LANDMARKS = {
    "market": "市场", "temple": "寺庙", "hall": "会堂", "clinic": "卫生站", "office": "机关", "gate": "小区大门",
    "school": "学校", "factory": "工厂", "bridge": "桥", "station": "车站",
}  # fmt: skip


@dataclass(frozen=True)
class Township:
    """
    An invented township.

    Frames carry the field names of an office (`sample_layers/README.md`); layers are in EPSG:4490, on its grid.

    Attributes
    ----------
    name, code
        Full name of the township; nine digits.
    census_areas, buildings, roads, water, railways, walls, landmarks
        Layers of the map.
    dwellings
        Table of dwelling units.
    sheets
        The roster's pages as a clerk typed them. **Personal data** (invented): only `write_township` writes it.
    roster
        One row a roster row: `sheet`, `row` (from 1) and the cells as typed, personal columns among them.
    truth
        One row a roster row, no personal data: `sheet`, `row`, `kind` of row, true `building` and `dwelling` (their
        编号) where they exist, else the `reason` why not, `missed_building`, `census_area` in which the household truly
        lives, and the kinds of `noise` in the row, separated by semicolons.
    empty_dwellings
        Dwelling units on the map without any row on the roster: `dwelling`, `building`, `reason` (`vacant` or
        `missed_household`).
    missed_buildings
        Buildings that are missing on the map, with geometry; `missed_building` is their name in `truth`.
    """

    name: str
    code: str
    census_areas: GeoDataFrame
    buildings: GeoDataFrame
    dwellings: pd.DataFrame
    roads: GeoDataFrame
    water: GeoDataFrame
    railways: GeoDataFrame
    walls: GeoDataFrame
    landmarks: GeoDataFrame
    sheets: list[Sheet]
    roster: pd.DataFrame
    truth: pd.DataFrame
    empty_dwellings: pd.DataFrame
    missed_buildings: GeoDataFrame


@dataclass(frozen=True)
class _Peopled:
    """The township's people: dwelling units, their states, roster rows, and the buildings that the map lacks."""

    units: list[Unit]
    states: list[str]
    households: list[Household]
    missed: set[int]


@np.errstate(invalid="ignore")  # GEOS 3.11 raises that flag on empty shapes, which are meant
def generate_township(
    *,
    seed: int = DEFAULT_SEED,
    census_areas: int = 8,
    scale: float = 1.0,
    kinds: Mapping[str, int] | None = None,
    report: Report = silent,
) -> Township:
    """
    Invent a township.

    Parameters
    ----------
    seed
        The same seed gives the same township.
    census_areas
        Their number; a county of 250 works as well. One village has an exclave in another where there is room for it.
    scale
        Land and houses of one census area in units of the usual one (about 150 buildings, 1,150 dwellings, 3,000
        people on average).
    kinds
        Shares of `old_town`, `estate` and `village` among the census areas; None: 2, 3, 3.
    report
        Told how far it is.
    """
    report(0.0, "")
    layout = make_layout(seed, census_areas, scale, kinds or DEFAULT_KINDS)
    report(0.4, "")
    buildings = layout.settlement.buildings
    peopled = _people(layout, seed)
    report(0.6, "")
    sheets, typed = _roster(layout.areas, peopled, seed)
    report(0.8, "")
    codes = _codes(layout.areas)
    shown = [k for k in range(len(buildings)) if k not in peopled.missed]
    building_ids = {k: f"FW{order:05d}" for order, k in enumerate(shown, start=1)}
    missed_ids = {k: f"M{order:04d}" for order, k in enumerate(sorted(peopled.missed), start=1)}
    order = [k for k, unit in enumerate(peopled.units) if unit.building in building_ids]
    dwelling_ids = {k: f"ZF{place:06d}" for place, k in enumerate(order, start=1)}
    counts = _counts(peopled)
    every = _building_frame(buildings, layout.owners, codes, counts, {**building_ids, **missed_ids})
    lines = _line_layers(layout)
    result = Township(
        f"{PROVINCE}{PREFECTURE}{COUNTY}{TOWNSHIP}",
        TOWNSHIP_CODE,
        _area_frame(layout.areas, codes),
        every.iloc[shown].reset_index(drop=True),
        _dwelling_frame(peopled, dwelling_ids, building_ids),
        *lines,
        sheets,
        _roster_frame(typed),
        _truth_frame(typed, peopled, layout.owners, codes, building_ids, dwelling_ids, missed_ids),
        _empty_frame(peopled, building_ids, dwelling_ids),
        every.iloc[sorted(peopled.missed)].rename(columns={"编号": "missed_building"}).reset_index(drop=True),
    )
    report(1.0, "")
    return result


def _people(layout: Layout, seed: int) -> _Peopled:
    chance = Chance(seed, 11)
    buildings = layout.settlement.buildings
    kinds = [area.kind for area in layout.areas]
    units = [unit for k, building in enumerate(buildings) for unit in units_of(k, building)]
    households, states = settle(units, buildings, layout.owners, kinds, chance)
    households += odd_rows(households, [area.name for area in layout.areas], kinds, chance)
    name_people(households, Chance(seed, 12))
    return _Peopled(units, states, households, missed(buildings, Chance(seed, 13)))


def _roster(areas: list[Area], peopled: _Peopled, seed: int) -> tuple[list[Sheet], list[Typed]]:
    """Type one sheet a census area; rows follow the buildings, what has no building comes last."""
    by_area: dict[int, list[Household]] = {}
    for household in peopled.households:
        by_area.setdefault(household.area, []).append(household)
    seen: dict[str, int] = {}
    sheets: list[Sheet] = []
    typed: list[Typed] = []
    for k, area in enumerate(areas):
        rows = sorted(by_area.get(k, []), key=lambda row: (row.unit is None, row.unit or 0, row.what != "ordinary"))
        form = FORMS[area.kind][seen.get(area.kind, 0) % 2]
        seen[area.kind] = seen.get(area.kind, 0) + 1
        chance = Chance(seed, 21, k)
        title = f"{TOWNSHIP}{_full_name(area)}户主姓名底册"
        sheet, lines = type_sheet(_tab(area, {each.name for each in sheets}), title, form, rows, chance)
        sheets.append(sheet)
        typed += lines
    return sheets, typed


def _tab(area: Area, taken: set[str]) -> str:
    """Name a sheet after its census area; a workbook refuses two sheets of one name."""
    name = area.name if area.kind == VILLAGE else f"{area.name}社区"
    return next(tab for tab in (name, *(f"{name}{n}" for n in range(2, len(taken) + 3))) if tab not in taken)


def _full_name(area: Area) -> str:
    return f"{area.name}村民委员会" if area.kind == VILLAGE else f"{area.name}社区居民委员会"


def _codes(areas: list[Area]) -> list[str]:
    """Number residents' committees from 001 and village committees from 201 (after a township's 199th from 501)."""
    urban, rural, codes = 0, 0, []
    for area in areas:
        if area.kind == VILLAGE:
            rural += 1
            number = 200 + rural
        else:
            urban += 1
            number = urban if urban < 200 else 600 + urban
        codes.append(f"{TOWNSHIP_CODE}{number:03d}")
    return codes


def _counts(peopled: _Peopled) -> dict[int, tuple[int, int]]:
    """Count households and persons present in each building."""
    counts: dict[int, tuple[int, int]] = {}
    for row in peopled.households:
        if row.unit is not None and row.present and row.what != "duplicate":
            building = peopled.units[row.unit].building
            households, persons = counts.get(building, (0, 0))
            counts[building] = (households + 1, persons + row.present)
    return counts


def to_degrees(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """
    Put local metres on the map.

    Parameters
    ----------
    shapes
        Shapes in metres east and north of the township's centre.

    Returns
    -------
    shapes
        In EPSG:4490, on the grid of 1e-8 degrees. A plain scaling about the centre: the same on every machine.
    """
    placed: NDArray[np.object_] = shapely.transform(
        shapes, lambda xy: snap_coordinates(xy / _DEGREE + np.asarray(_CENTRE), GEOGRAPHIC_GRID)
    )
    return placed


def _layer(columns: Mapping[str, object], shapes: list[shapely.Geometry]) -> GeoDataFrame:
    return gpd.GeoDataFrame(dict(columns), geometry=to_degrees(np.asarray(shapes, dtype=object)), crs=DEFAULT_CRS)


def _area_frame(areas: list[Area], codes: list[str]) -> GeoDataFrame:
    columns = {
        "普查区编码": codes,
        "普查区名称": [_full_name(area) for area in areas],
        "类型": ["村委会" if area.kind == VILLAGE else "居委会" for area in areas],
        "飞地": ["是" if area.exclave else "否" for area in areas],
        "省份": [PROVINCE] * len(areas),
        "地市": [PREFECTURE] * len(areas),
        "区县": [COUNTY] * len(areas),
        "街道": [TOWNSHIP] * len(areas),
    }
    return _layer(columns, [area.shape for area in areas])


def _building_frame(
    buildings: list[Building],
    owners: list[int],
    codes: list[str],
    counts: dict[int, tuple[int, int]],
    identifiers: dict[int, str],
) -> GeoDataFrame:
    columns = {
        "编号": [identifiers[k] for k in range(len(buildings))],
        "建筑物名称": [building.name for building in buildings],
        "地址": [official_address(building) for building in buildings],
        "房屋用途": [_USES.get(building.use) or _OTHER_USES[building.form] for building in buildings],
        "层数": [building.floors for building in buildings],
        "单元数": [building.entrances for building in buildings],
        "住房套数": [building.units for building in buildings],
        "户数": [counts.get(k, (0, 0))[0] for k in range(len(buildings))],
        "人数": [counts.get(k, (0, 0))[1] for k in range(len(buildings))],
        "房屋状态": ["已建成"] * len(buildings),
        "所属村居": [codes[owner] for owner in owners],
    }
    return _layer(columns, [MultiPolygon([building.shape]) for building in buildings])


def _dwelling_frame(peopled: _Peopled, identifiers: dict[int, str], buildings: dict[int, str]) -> pd.DataFrame:
    chosen = [(k, peopled.units[k]) for k in identifiers]
    return pd.DataFrame(
        {
            "住房编号": [identifiers[k] for k, _unit in chosen],
            "建筑物编号": [buildings[unit.building] for _k, unit in chosen],
            "单元": [unit.place.entrance for _k, unit in chosen],
            "楼层": [unit.place.floor for _k, unit in chosen],
            "室号": [unit.place.room for _k, unit in chosen],
            "居住状态": [_STATES[peopled.states[k]] for k, _unit in chosen],
        }
    )


def _line_layers(layout: Layout) -> tuple[GeoDataFrame, GeoDataFrame, GeoDataFrame, GeoDataFrame, GeoDataFrame]:
    place = layout.settlement
    edges = layout.edges[: len(layout.roads)]
    roads = _layer(
        {
            "DLBH": [f"DL{k:05d}" for k in range(1, len(edges) + 1)],
            "路名": [road.name for road in layout.roads],
            "道路等级": [_RANKS[road.rank] for road in layout.roads],
        },
        [MultiLineString([edge]) for edge in edges],
    )
    waters = [(layout.terrain.water, "river", "东华河"), *place.waters]
    water = _layer(
        {"名称": [name for _s, _k, name in waters], "类型": [_WATERS[kind] for _s, kind, _n in waters]},
        [MultiPolygon([shape]) for shape, _k, _n in waters],
    )
    railways = _layer({"线名": ["兴龙铁路"]}, [MultiLineString([layout.terrain.railway])])
    walls = _layer(
        {"名称": [name for _line, name in place.walls]}, [MultiLineString([line]) for line, _name in place.walls]
    )
    points: list[tuple[Point, str, str]] = [*place.landmarks, *_bridges(layout)]
    landmarks = _layer(
        {"名称": [name for _p, name, _k in points], "类别": [_LANDMARKS[kind] for _p, _n, kind in points]},
        [point for point, _n, _k in points],
    )
    return roads, water, railways, walls, landmarks


def _bridges(layout: Layout) -> list[tuple[Point, str, str]]:
    """Name the places where a main road crosses the river."""
    river = layout.terrain.river
    found = []
    for road in layout.terrain.roads:
        crossing = road.line.intersection(river) if road.rank == "main" else None
        if isinstance(crossing, Point) and not crossing.is_empty:
            found.append((crossing, f"{road.name[:2]}大桥", "bridge"))
    return found


def _roster_frame(typed: list[Typed]) -> pd.DataFrame:
    names = ("address", "block", "entrance", "room", "head", "identity", "phone", "kind", "klass")
    counts = ("registered", "present", "absent")
    columns: dict[str, list[object]] = {"sheet": [line.sheet for line in typed], "row": [line.row for line in typed]}
    columns |= {name: [str(line.cells[name]) for line in typed] for name in names}
    columns |= {name: [line.cells[name] for line in typed] for name in counts}
    return pd.DataFrame(columns).rename(columns={"klass": "class", "present": "h2a", "absent": "h2b"})


def _truth_frame(
    typed: list[Typed],
    peopled: _Peopled,
    owners: list[int],
    codes: list[str],
    buildings: dict[int, str],
    dwellings: dict[int, str],
    missed_ids: dict[int, str],
) -> pd.DataFrame:
    rows = []
    for line in typed:
        household = line.household
        building = None if household.unit is None else peopled.units[household.unit].building
        gone = household.what == "demolished"
        reason = ("demolished" if gone else "no_dwelling") if building is None else ""
        if building in missed_ids:
            reason = "missed_building"
        rows.append(
            {
                "sheet": line.sheet,
                "row": line.row,
                "kind": household.what,
                "census_area": codes[household.area if building is None else owners[building]],
                "building": "" if building is None else buildings.get(building, ""),
                "dwelling": "" if household.unit is None else dwellings.get(household.unit, ""),
                "reason": reason,
                "missed_building": "" if building is None else missed_ids.get(building, ""),
                "noise": ";".join(line.noise),
            }
        )
    return pd.DataFrame(rows)


def _empty_frame(peopled: _Peopled, buildings: dict[int, str], dwellings: dict[int, str]) -> pd.DataFrame:
    listed = {row.unit for row in peopled.households}
    rows = [
        {
            "dwelling": name,
            "building": buildings[peopled.units[k].building],
            "reason": "missed_household" if peopled.states[k] == "inhabited" else "vacant",
        }
        for k, name in dwellings.items()
        if k not in listed
    ]
    return pd.DataFrame(rows, columns=["dwelling", "building", "reason"])
