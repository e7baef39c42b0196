"""What stands on the land: buildings, the estates, village groups and street fronts by which they are addressed."""

from dataclasses import dataclass, field

from shapely import LineString, Point, Polygon

from census_map.sample.terrain import Road


@dataclass(eq=False)
class Front:
    """
    A place on a street that has, or will have, a door number.

    Attributes
    ----------
    road
        The street.
    position
        Metres along it.
    side
        1 left, -1 right of the direction of drawing.
    number
        Odd on the left, even on the right, in order; 0 before `number_fronts`.
    """

    road: Road
    position: float
    side: int
    number: int = 0


@dataclass(eq=False)
class Estate:
    """
    A housing estate with one gate on one street.

    Attributes
    ----------
    name, old_name
        What it is called, and what people called it before.
    front
        Its door number.
    """

    name: str
    old_name: str
    front: Front


@dataclass(eq=False)
class Group:
    """A villagers' group: village name and serial number."""

    village: str
    number: int


@dataclass(eq=False)
class Building:
    """
    One building.

    Attributes
    ----------
    shape
        Footprint in metres.
    form
        `slab`, `tower`, `lane_house`, `farmhouse`, `shop`, `walkup`, `dormitory`, `public`, `works` or `shed`.
    use
        One of the schema's uses.
    floors, entrances
        As counted on the ground.
    per_floor
        Dwelling units a floor and entrance.
    first_floor
        Lowest floor with dwelling units.
    name
        Of its own, such as a school's; empty for an ordinary house.
    front, estate, group
        By which it is addressed: a street front, an estate with `block`, or a village group with `number`.
    """

    shape: Polygon
    form: str
    use: str = "residential"
    floors: int = 1
    entrances: int = 1
    per_floor: int = 0
    first_floor: int = 1
    name: str = ""
    front: Front | None = None
    estate: Estate | None = None
    block: int = 0
    group: Group | None = None
    number: int = 0

    @property
    def units(self) -> int:
        """Number of dwelling units."""
        return max(0, self.floors - self.first_floor + 1) * self.entrances * self.per_floor


@dataclass
class Settlement:
    """What is built in one cell, with the ways, walls and waters that come with it."""

    buildings: list[Building] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    walls: list[tuple[LineString, str]] = field(default_factory=list)
    waters: list[tuple[Polygon, str, str]] = field(default_factory=list)
    landmarks: list[tuple[Point, str, str]] = field(default_factory=list)


def number_fronts(fronts: list[Front]) -> None:
    """Give door numbers: along every street, odd on the left and even on the right."""
    by_side: dict[tuple[object, int], list[Front]] = {}
    roads: dict[int, int] = {}
    for front in fronts:
        roads.setdefault(id(front.road), len(roads))
        # A street in several pieces, such as one along both ends of a town, is numbered through.
        by_side.setdefault((front.road.name or id(front.road), front.side), []).append(front)
    for (_street, side), row in by_side.items():
        row.sort(key=lambda front: (roads[id(front.road)], front.position))
        for place, front in enumerate(row):
            front.number = 2 * place + (1 if side > 0 else 2)
