"""The old town: crooked lanes with rows of narrow houses, shops on the streets, a market, a temple."""

from shapely import LineString, Point

from census_map.sample.buildings import Building, Front, Settlement
from census_map.sample.chance import Chance
from census_map.sample.cutting import Junctions, strips, subdivide
from census_map.sample.names import NameBook
from census_map.sample.placing import RECTANGLE, WING_LEFT, WING_RIGHT, Site, along
from census_map.sample.shapes import around, centre_of
from census_map.sample.terrain import HALF_WIDTH, Cell, Road

_HOUSES = 262  # of one census area at scale 1
_PUBLIC = (
    ("东华菜市场", "market", 1),
    ("关帝庙", "temple", 1),
    ("老街电影院", "hall", 2),
    ("社区卫生服务站", "clinic", 2),
)


def lay_old_town(
    cell: Cell,
    blocked: list[LineString],
    chance: Chance,
    junctions: Junctions,
    names: NameBook,
    *,
    first: bool,
) -> Settlement:
    """
    Build an old-town census area.

    Parameters
    ----------
    cell
        Its land.
    blocked
        Shapes that no building may touch.
    chance
        Source of the variety.
    junctions
        Known ends of roads.
    names
        Where names come from.
    first
        Whether this is the first of its kind, which has the township's office, market and temple.
    """
    place = Settlement()
    blocks, lanes = subdivide(cell.dry, 13500.0, chance, junctions, reach=14.0)
    place.roads = [Road(line, "lane", names.lane()) for line in lanes]
    streets = [*cell.roads, *place.roads]
    for block in blocks:
        _pieces, alleys = strips(block, 37.0, chance, junctions)
        place.roads += [Road(line, "path", parent=_mouth(line, streets)) for line in alleys]
    ways = [*cell.roads, *place.roads]
    site = Site(cell.dry, [*blocked, *(around(road.line, HALF_WIDTH[road.rank]) for road in ways)])
    if first:
        _public(place, site, cell.roads, chance)
    wanted = round(_HOUSES * cell.size)
    _walkups(place, site, place.roads, chance, max(1, round(5 * cell.size)))
    _shops(place, site, cell.roads, chance, round(0.2 * wanted))
    _houses(place, site, chance, wanted - len(place.buildings))
    return place


def _mouth(line: LineString, streets: list[Road]) -> tuple[Road, float] | None:
    """Find the street that an alley leaves: a lane rather than a main road."""
    best = None
    for end in (line.coords[0], line.coords[-1]):
        point = Point(end)
        near = [road for road in streets if road.line.distance(point) < 0.5]
        for road in near:
            if best is None or (road.rank == "lane" and best[0].rank != "lane"):
                best = (road, float(road.line.project(point)))
    return best


def _public(place: Settlement, site: Site, streets: list[Road], chance: Chance) -> None:
    """Find places on the streets for the buildings that every township has."""
    wanted = [("东华街道办事处", "office", 5), *_PUBLIC]
    for road in sorted(streets, key=lambda street: street.rank):
        for side in (1, -1):
            shapes, positions = along(
                road.line, side, chance, width=(32, 44), depth=(19, 26), setback=(20, 24), gap=(70, 120), start=30.0
            )
            for k in site.fit(shapes, 6.0):
                if not wanted:
                    return
                name, kind, floors = wanted.pop(0)
                front = Front(road, float(positions[k]), side)
                place.buildings.append(Building(shapes[k], "public", "other", floors, name=name, front=front))
                place.landmarks.append((Point(centre_of(shapes[k])), name, kind))


def _walkups(place: Settlement, site: Site, lanes: list[Road], chance: Chance, wanted: int) -> None:
    """Put blocks of flats of the eighties, once belonging to a factory or an office, between the lanes."""
    left = wanted
    for road in chance.some_of(lanes, len(lanes)):
        side = 1 if chance.number() < 0.5 else -1
        entrances = chance.integer(2, 4)
        shapes, positions = along(
            road.line,
            side,
            chance,
            width=(13.0 * entrances, 14.0 * entrances),
            depth=(10, 11),
            setback=(7, 8),
            gap=(200, 300),
            start=12.0,
        )
        for k in site.fit(shapes[:1], 3.0):
            floors = chance.integer(4, 7)
            front = Front(road, float(positions[k]), side)
            place.buildings.append(
                Building(shapes[k], "walkup", floors=floors, entrances=entrances, per_floor=2, front=front)
            )
            left -= 1
        if not left:
            return


def _shops(place: Settlement, site: Site, streets: list[Road], chance: Chance, wanted: int) -> None:
    """Line the streets with shops; most have dwellings above."""
    found = []
    for road in streets:
        inner = HALF_WIDTH[road.rank]
        for side in (1, -1):
            shapes, positions = along(
                road.line,
                side,
                chance,
                width=(8, 18),
                depth=(9, 13),
                setback=(inner + 1.5, inner + 2.6),
                gap=(0.4, 1.2),
            )
            found += [(shape, Front(road, float(at), side)) for shape, at in zip(shapes, positions, strict=True)]
    for k in site.fit([shape for shape, _front in found], 0.25)[:wanted]:
        shape, front = found[k]
        floors, lived = chance.one_of([2, 3, 3, 4]), chance.number() < 0.78
        place.buildings.append(
            Building(
                shape,
                "shop",
                "mixed" if lived else "other",
                floors,
                per_floor=(2 if shape.area > 130 else 1) if lived else 0,
                first_floor=2,
                front=front,
            )
        )


def _houses(place: Settlement, site: Site, chance: Chance, wanted: int) -> None:
    """Set the lane houses, shoulder to shoulder, with a gap where one has gone."""
    found = []
    for road in place.roads:
        inner = HALF_WIDTH[road.rank]
        for side in (1, -1):
            shapes, positions = along(
                road.line,
                side,
                chance,
                width=(6.2, 12.5),
                depth=(8.5, 13.5),
                setback=(inner + 0.5, inner + 1.5),
                gap=(0.3, 0.9),
                outlines=(RECTANGLE, WING_LEFT, WING_RIGHT),
            )
            found += [(shape, Front(road, float(at), side)) for shape, at in zip(shapes, positions, strict=True)]
    chosen = site.fit([shape for shape, _front in found], 0.25)
    if len(chosen) > wanted:
        chosen = sorted(chance.some_of(chosen, wanted))
    for k in chosen:
        shape, front = found[k]
        floors = chance.one_of([1, 2, 2, 2, 3])
        lived = chance.number() < 0.965
        place.buildings.append(
            Building(
                shape,
                "lane_house",
                "residential" if lived else "other",
                floors,
                per_floor=(2 if shape.area > 105 and chance.number() < 0.45 else 1) if lived else 0,
                front=front,
                name="" if lived else chance.one_of(["杂货仓库", "老年活动室", "公共厕所", "开水房"]),
            )
        )
