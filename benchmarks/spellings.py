"""
Spellings of addresses: several hundred ways to write a place, on the sample township and on a map made to mislead.

    python -m benchmarks.spellings [--seed 1] [--each 4] [--map sample|hostile|all] [--show KIND] [--count 20]

What each line means is known: the dwelling, the building alone, a place to be asked for, or nothing on the map. Every
line goes through `WhereReader` and `Linker`, as on import.
"""

import argparse
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import box

from benchmarks.spelling_kinds import PLAIN, Line, Site, lines
from census_map.roster.linker import Linker
from census_map.roster.map_index import index_map
from census_map.roster.place import WhereReader
from census_map.sample import generate_township
from census_map.workspace import Workspace
from census_map.workspace.founding import new_workspace
from census_map.workspace.importing import add_layer

VERDICTS = ("right", "building only", "not linked", "wrong", "linked though open", "asked, right first", "asked")
_SHAPES = (
    ("court", re.compile(r"(?P<road>\D+?)(?P<door>\d+)号院(?P<block>\d+)号楼")),
    ("estate", re.compile(r"(?P<road>\D+?)(?P<door>\d+)号(?P<name>\D+?)(?P<block>\d+)幢")),
    ("village", re.compile(r"(?P<name>\D+?)村(?P<group>\d+)组(?P<door>\d+)号")),
    ("lane", re.compile(r"(?P<road>\D+?)(?:(?P<lane>\d+)弄)?(?P<door>\d+)号")),
)


def sample_map(folder: Path) -> tuple[Path, list[Site]]:
    """Make a workspace of the sample township, and list its dwellings."""
    township = generate_township()
    path = folder / "sample.gpkg"
    with new_workspace(path, township.census_areas, code="普查区编码", name="普查区名称") as workspace:
        add_layer(workspace, "building", township.buildings, {"source_id": "编号"}, source="房屋")
        add_layer(workspace, "road", township.roads, source="道路")
        mapping = {
            "source_id": "住房编号",
            "building": "建筑物编号",
            "entrance": "单元",
            "floor": "楼层",
            "room": "室号",
        }
        add_layer(workspace, "dwelling", township.dwellings, mapping, source="住房")
    return path, sites_of(path)


ROADS = (
    "鱼市巷",
    "菜市巷",
    "米市街",
    "新市街",
    "古镇路",
    "城隍庙路",
    "市府路",
    "县前街",
    "乡村路",
    "三里街",
    "一环路",
    "东区路",
    "小区路",
    "号房路",
    "八一路",
    "弄堂街",
)
ESTATES = (
    "城市花园",
    "都市花园",
    "花园一村",
    "西街小区",
    "水乡名镇",
    "市民公寓",
    "五一新村",
    "一品苑",
    "新区家园",
    "虹桥公寓",
    "东苑",
    "万象城",
)
VILLAGES = ("镇北", "市桥", "五里", "路家", "北门")


House = tuple[str, str, list[tuple[str | None, int, str]]]  # census area, address, dwellings


def hostile_map(folder: Path) -> tuple[Path, list[Site]]:
    """Make a map whose names hold words for kinds, with tall and low houses, many numbers, lanes and door parts."""
    rng = random.Random(7)
    areas = ["西街社区居民委员会", "市府社区居民委员会", *(f"{village}村村民委员会" for village in VILLAGES)]
    houses: list[House] = []
    for at, estate in enumerate(ESTATES):
        levels, blocks = 18 if at % 3 == 0 else 6, 22 if at % 4 == 0 else 9
        for block in (block for block in range(1, blocks) if block != 4):  # 4 is not drawn
            address = f"{ROADS[at]}{3 + 2 * at}号{estate}{block}幢"
            houses.append((areas[at % 2], address, units(("1", "2", "3"), levels)))
    for at, road in enumerate(ROADS):
        houses += [(areas[at % 2], f"{road}{door}号", units((None,), 3)) for door in range(50, 64)]
        lanes = ((lane, door) for lane in (3, 7, 12) for door in range(1, 9) if at % 3 == 0)
        houses += [(areas[at % 2], f"{road}{lane}弄{door}号", units((None,), 2)) for lane, door in lanes]
    for village in VILLAGES:
        doors = [(group, door) for group in range(1, 5) for door in range(1, 40) if rng.random() < 0.8]
        houses += [(f"{village}村村民委员会", f"{village}村{g}组{door}号", [(None, 1, "1")]) for g, door in doors]
    houses += [(areas[0], f"八一路8号院{block}号楼", units(("1", "2"), 12)) for block in (2, 3, 5, 6)]
    return written(folder / "hostile.gpkg", areas, houses)


def units(entrances: tuple[str | None, ...], levels: int) -> list[tuple[str | None, int, str]]:
    """List two dwellings for each floor of each entrance."""
    floors = [(level, f"{level}0{room}") for level in range(1, levels + 1) for room in (1, 2)]
    return [(entrance, *floor) for entrance in entrances for floor in floors]


def written(path: Path, areas: list[str], houses: list[House]) -> tuple[Path, list[Site]]:
    """Write a workspace: census areas side by side, their buildings in rows."""
    shapes = [box(500000 + 1000 * at, 3500000, 501000 + 1000 * at, 3501000) for at in range(len(areas))]
    codes = [f"320999001{at + 1:03d}" for at in range(len(areas))]
    titles = {"省份": "江苏省", "地市": "兴阳市", "区县": "龙湾区", "街道": "东华街道"}
    frame = gpd.GeoDataFrame({"code": codes, "name": areas}, geometry=shapes, crs="EPSG:4549").assign(**titles)
    places: Counter[str] = Counter()
    geometry = []
    for area, _address, _units in houses:
        at = places[area]
        places[area] += 1
        left, bottom = 500005 + 1000 * areas.index(area) + 12 * (at % 80), 3500005 + 12 * (at // 80)
        geometry.append(box(left, bottom, left + 8, bottom + 8))
    ids = [f"B{at}" for at in range(len(houses))]
    addresses = [address for _area, address, _units in houses]
    buildings = gpd.GeoDataFrame({"id": ids, "address": addresses}, geometry=geometry, crs="EPSG:4549")
    rows = [(owner, *unit) for owner, (_area, _address, found) in zip(ids, houses, strict=True) for unit in found]
    dwellings = pd.DataFrame(rows, columns=["owner", "entrance", "floor", "room"])
    dwellings["id"] = [f"D{at}" for at in range(len(dwellings))]
    with new_workspace(path, frame, code="code", name="name") as workspace:
        add_layer(workspace, "building", buildings, {"source_id": "id", "address": "address"}, source="房屋")
        mapping = {"source_id": "id", "building": "owner", "entrance": "entrance", "floor": "floor", "room": "room"}
        add_layer(workspace, "dwelling", dwellings, mapping, source="住房")
    return path, sites_of(path)


def sites_of(path: Path) -> list[Site]:
    """List the dwellings of a map whose addresses have one of the four usual forms."""
    with Workspace.open(path) as workspace:
        buildings = workspace.read("building", columns=["name", "address", "mini_area_uid", "geometry"])
        areas = workspace.read("census_area", columns=["name", "geometry"])
        units = workspace.read("dwelling", columns=["building_uid", "entrance", "room"])
    points = buildings.set_geometry(buildings.geometry.representative_point())
    owner = gpd.sjoin(points, areas[["name", "geometry"]], predicate="within")["name_right"]
    by_building: dict[str, list[tuple[str, str, str]]] = {}
    for uid, building, entrance, room in zip(
        units.index, units["building_uid"], units["entrance"], units["room"], strict=True
    ):
        by_building.setdefault(building, []).append((uid, text(entrance), text(room)))
    sites = []
    for uid, name, address in zip(buildings.index, buildings["name"], buildings["address"], strict=True):
        found = known_form(text(name), text(address))
        if found is not None and uid in owner.index:
            kind, parts = found
            if kind != "village" or len(by_building.get(uid, ())) == 1:
                sites += [
                    Site(kind, owner[uid], uid, unit, entrance=entrance, room=room, **parts)
                    for unit, entrance, room in by_building.get(uid, ())
                    if kind == "village" or (len(room) >= 3 and (kind == "lane" or entrance))
                ]
    return sites


def text(value: object) -> str:
    """Write a cell, an empty one as an empty text."""
    return value if isinstance(value, str) else ""


def known_form(name: str, address: str) -> tuple[str, dict[str, str]] | None:
    """Tell the form of an address and its parts; the name of an estate may stand in the name alone."""
    whole = re.fullmatch(r"(\D+?\d+号)(\d+幢)", address)
    if whole and name.endswith(whole[2]):
        address = whole[1] + name
    for kind, pattern in _SHAPES:
        match = pattern.fullmatch(address)
        if match is not None and (kind == "estate" or not name):
            return kind, {key: value or "" for key, value in match.groupdict().items()}
    return None


class Judge:
    """Links lines on a map and compares with what they mean."""

    def __init__(self, path: Path) -> None:
        with Workspace.open(path) as workspace:
            self.index = index_map(workspace, Counter(), {})
            areas = workspace.read("census_area", columns=["name"])["name"]
        self.areas = {name: str(uid) for uid, name in areas.items()}
        self.linker, self.reader = Linker(self.index), WhereReader()

    def verdict(self, line: Line) -> str:
        """Give one of `VERDICTS`."""
        where, area, site = self.reader.read(line.text), self.areas[line.site.area], line.site
        link = self.linker.link(where, area, demolished=False)
        if line.expected in ("ask", "none"):
            ranked = self.linker.ranked(where, area)
            first = bool(ranked) and self.index.buildings[ranked[0][0].building].uid == site.building
            told = "right" if line.expected == "none" else "asked, right first" if first else "asked"
            return "linked though open" if link.state == "linked" else told
        if link.state != "linked":
            return "not linked"
        if link.building != site.building or (link.dwelling and link.dwelling != site.dwelling):
            return "wrong"
        wanted = site.dwelling if line.expected == "dwelling" else None
        return "right" if link.dwelling == wanted else ("building only" if wanted else "linked though open")


def run(name: str, make: Callable[[Path], tuple[Path, list[Site]]], options: argparse.Namespace) -> None:
    """Try all kinds on one map and print what became of them."""
    with tempfile.TemporaryDirectory() as folder:
        path, sites = make(Path(folder))
        judge = Judge(path)
    tally: Counter[tuple[str, str]] = Counter()
    kinds: dict[str, Counter[str]] = {}
    shown = 0
    for line in lines(sites, options.seed, options.each):
        verdict = judge.verdict(line)
        tally[line.expected, verdict] += 1
        kinds.setdefault(line.kind, Counter())[verdict] += 1
        good = verdict in ("right", "asked, right first")
        asked_for = options.show is not None and options.show in f"{line.kind} {verdict}"
        if not good and asked_for and shown < options.count:
            shown += 1
            link = judge.linker.link(judge.reader.read(line.text), judge.areas[line.site.area], demolished=False)
            meant = PLAIN[line.site.kind](line.site)
            print(f"  {verdict:18s} {line.kind:34s} {line.text}  [{meant}] {link.state} {' '.join(link.reasons)}")
    report(name, tally, len(kinds))


def report(name: str, tally: Counter[tuple[str, str]], kinds: int) -> None:
    """Print the figures of a map."""
    one = {verdict: tally["dwelling", verdict] + tally["building", verdict] for verdict in VERDICTS}
    total = max(sum(one.values()), 1)
    asked = max(sum(count for (expected, _verdict), count in tally.items() if expected == "ask"), 1)
    print(f"{name}: {kinds} kinds, {sum(tally.values())} lines")
    rest = ", ".join(f"{verdict} {one[verdict]}" for verdict in VERDICTS[1:5])
    print(f"  one reading, {total} lines: right {one['right'] / total:.4f}; {rest}")
    first, linked = tally["ask", "asked, right first"] / asked, tally["ask", "linked though open"]
    print(f"  to be asked, {asked} lines: the right place first {first:.4f}; linked {linked}")
    print(f"  not on the map, {tally['none', 'right']} lines: linked {tally['none', 'linked though open']}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=4, help="places for each kind")
    parser.add_argument("--map", choices=["sample", "hostile", "all"], default="all")
    parser.add_argument("--show", help="show what was not right, of kinds or verdicts that hold this")
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    for name, make in (("sample", sample_map), ("hostile", hostile_map)):
        if options.map in (name, "all"):
            run(name, make, options)


if __name__ == "__main__":
    main()
