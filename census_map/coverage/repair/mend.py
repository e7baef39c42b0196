"""
Mend faults among some polygons: draw the neighbourhood, share out the ground, rebuild the rings, and prove it.

The proof: after the repair every face that was to be mended has exactly one owner (or none, outside the containers), so
the chain cancels there by construction; what construction cannot promise is that every rebuilt ring is valid. Where one
is not, the connected part of the drawing it lies in stays as it was, and its faults are named as left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import shapely

from census_map.coverage.edges import Floats, Ints, Shapes, point_hash
from census_map.coverage.invalid import are_valid
from census_map.coverage.repair.neighbourhood import Ground, Neighbourhood, draw_around, find_ground
from census_map.coverage.repair.redraw import Redrawn, Sheet
from census_map.coverage.repair.shares import OPEN, Shares, Wish, faces_of_faults, share
from census_map.coverage.scene import solid
from census_map.coverage.segments import Geometry, keys_among
from census_map.crs import snap_coordinates

_ONE_PLACE = 1.5  # grid steps: corners nearer than this are one
_OPENED = 4  # how often ground stays in dispute before a whole part of the drawing does


@dataclass(frozen=True)
class Polygons:
    """
    What is mended.

    Attributes
    ----------
    shapes, ground
        (n,) the areas as given, and with invalid ones replaced by the ground that they enclose.
    boxes, box_ground
        The same of the containers; empty without containers.
    bounded
        Whether there are containers.
    grid
        Grid step in CRS units.
    """

    shapes: Shapes
    ground: Shapes
    boxes: Shapes
    box_ground: Shapes
    bounded: bool
    grid: float

    @classmethod
    def of(cls, shapes: Shapes, boxes: Shapes | None, *, grid: float) -> Self:
        """Take polygons, invalid ones with the ground that they enclose; None or none: no containers."""
        around = np.zeros(0, dtype=object) if boxes is None else boxes
        ground, box_ground = (solid(some, np.flatnonzero(~are_valid(some))) for some in (shapes, around))
        return cls(shapes, ground, around, box_ground, len(around) > 0, grid)

    def crossings(self, area: int) -> Floats:
        """Return where an invalid area crosses itself, (n, 2): corners of its ground that nobody drew."""
        drawn, found = (shapely.get_coordinates(shapes[area]) for shapes in (self.shapes, self.ground))
        hashed = [point_hash(snap_coordinates(xy, self.grid)) for xy in (found, drawn)]
        return np.asarray(found[~keys_among(*hashed)])

    def cross_at(self, area: int, region: Geometry) -> bool:
        """Tell whether ground has a corner where an area crosses itself."""
        if self.ground[area] is self.shapes[area]:
            return False
        corners, crossings = (
            point_hash(snap_coordinates(xy, self.grid))
            for xy in (shapely.get_coordinates(region), self.crossings(area))
        )
        return bool(np.isin(corners, crossings).any())


def onto_corners(polygons: Polygons, targets: Shapes) -> tuple[Polygons, frozenset[int]]:
    """
    Move the corners of areas onto those of containers that lie so near that the drawing could not tell them apart.

    Only near some places; the positions of the areas that were moved are returned, too.
    """
    if not len(polygons.box_ground):
        return polygons, frozenset()
    reach = _ONE_PLACE * polygons.grid
    corners = shapely.points(shapely.get_coordinates(polygons.box_ground))
    near = shapely.STRtree(corners).query(targets, predicate="dwithin", distance=2 * reach)[1]
    corners = corners[np.unique(near)]
    if not len(corners):
        return polygons, frozenset()
    tree = shapely.STRtree(corners)
    bounds = shapely.box(*(shapely.bounds(polygons.ground) + np.array([-1, -1, 1, 1]) * reach).T)
    ground, shapes = polygons.ground.copy(), polygons.shapes.copy()
    moved: set[int] = set()
    for area in np.unique(tree.query(bounds)[0]).tolist():
        xy = shapely.get_coordinates(ground[area])
        row, corner = tree.query_nearest(shapely.points(xy), max_distance=reach, all_matches=False)
        onto = xy.copy()
        onto[row] = shapely.get_coordinates(corners[corner])
        if (snap_coordinates(onto, polygons.grid) == snap_coordinates(xy, polygons.grid)).all():
            continue
        shape = shapely.remove_repeated_points(shapely.set_coordinates(ground[area], onto))
        if shapely.is_valid(shape) and not shapely.is_empty(shape):
            ground[area] = shapes[area] = shape
            moved.add(area)
    return replace(polygons, ground=ground, shapes=shapes), frozenset(moved)


@dataclass(frozen=True)
class Mended:
    """
    What mending changed.

    Attributes
    ----------
    areas, containers
        Position → new polygon; positions from n on are new areas, in the order of `added`.
    added
        The wishes for which new areas were made.
    by_fault
        Wish → positions of the areas that changed for it.
    lost, failed
        Wishes that are left because an area would lose all its ground (→ the area), or its rings would be invalid.
    """

    areas: dict[int, Geometry]
    containers: dict[int, Geometry]
    added: tuple[int, ...]
    by_fault: dict[int, set[int]]
    lost: dict[int, int]
    failed: dict[int, int] = field(default_factory=dict)


class Mending:
    """
    Faults drawn with their neighbourhood.

    Parameters
    ----------
    polygons
        The areas and containers.
    targets
        (k,) ground or points of the faults.
    wishes
        (k,) the faults.
    yielding
        Areas that give up corners of their own where another's border runs straight through.
    """

    def __init__(
        self, polygons: Polygons, targets: Shapes, wishes: Sequence[Wish], yielding: frozenset[int] = frozenset()
    ) -> None:
        polygons, self._moved = onto_corners(polygons, targets)
        self._yielding = yielding
        self.polygons, self.targets, self.wishes = polygons, targets, wishes
        self._invalid = sorted({a for w in wishes for a in w.areas if polygons.ground[a] is not polygons.shapes[a]})
        corners = np.concatenate([np.zeros((0, 2)), *(polygons.crossings(area) for area in self._invalid)])
        drawn = np.concatenate((targets, shapely.points(corners)))
        self.around: Neighbourhood = draw_around(polygons.ground, polygons.box_ground, drawn, grid=polygons.grid)
        self.ground: Ground = find_ground(self.around, targets, polygons.box_ground)
        self.homes = self._homes() if polygons.bounded else None
        self.fault = faces_of_faults(self.ground, targets, wishes, self.homes, polygons.grid)
        self._corners = point_hash(snap_coordinates(corners, polygons.grid))

    def _homes(self) -> Ints:
        """Return the container in which most of each area lies that has to do with the faults; -1 for none."""
        ground, boxes = self.polygons.ground, self.polygons.box_ground
        homes = np.full(len(ground), -1, dtype=np.int64)
        concerned = {owner for owners in self.ground.owners for owner in owners}
        concerned |= {owner for face in range(len(self.ground.owners)) for owner in self.ground.borders(face)}
        some = np.array(sorted(concerned), dtype=np.int64)
        if not len(some) or not len(boxes):
            return homes
        shapely.prepare(boxes)
        tree = shapely.STRtree(boxes)
        at, near = tree.query(ground[some])
        first, count = np.unique(at, return_counts=True)
        homes[some[at]] = near
        crowded = np.isin(at, first[count > 1])
        at, near = at[crowded], near[crowded]
        shared = shapely.area(shapely.intersection(ground[some[at]], boxes[near]))
        for position in np.unique(at).tolist():
            rows = np.flatnonzero(at == position)
            best = rows[np.argmax(shared[rows])]
            homes[some[position]] = near[best] if shared[best] > 0 else -1
        return homes

    def mend(self, *, allow_empty: bool, on_grid: bool) -> Mended:
        """Share out the ground of the wishes that have a proposal, and rebuild."""
        areas = np.asarray(shapely.area(self.polygons.ground))
        # Of ground no wider than what rounding moves nothing would be left.
        areas = areas - _ONE_PLACE * self.polygons.grid * np.asarray(shapely.length(self.polygons.ground))
        areas = np.where(np.isnan(areas), 0.0, areas)
        shares = share(self.ground, self.fault, self.wishes, homes=self.homes, areas=areas, allow_empty=allow_empty)
        sheet = Sheet(
            self.around,
            self.ground,
            self.polygons.shapes,
            self.polygons.boxes,
            self.polygons.ground,
            self._marked(),
            self._yielding,
            self._moved,
            on_grid=on_grid,
            may_empty=allow_empty,
        )
        redraw = {*self._invalid_wished(), *self._yielding, *self._moved}
        trials = _Trials(sheet, self.ground, shares)
        done = sheet.redraw(shares.taker, redraw, trials.closed, trials.firm)
        while done.broken and trials.go_on(done.broken):
            done = sheet.redraw(shares.taker, redraw, trials.closed, trials.firm)
        if done.broken:
            done = Redrawn({}, {}, {})
        failed = dict(trials.left)
        for fault in self._faults_in(sheet, trials.closed):
            failed.setdefault(fault, trials.last)
        return self._mended(shares, done, failed)

    def _faults_in(self, sheet: Sheet, parts: Ints) -> list[int]:
        """Return the wishes that lie in some parts of the drawing."""
        if not len(parts):
            return []
        of = self.fault[np.isin(sheet.components_of(np.arange(len(self.fault))), parts)]
        found = set(of[of >= 0].tolist())
        points = [k for k, wish in enumerate(self.wishes) if wish.kind in {"unmatched", "invalid"}]
        if points:
            at = sheet.component_at(shapely.get_coordinates(shapely.point_on_surface(self.targets[points])))
            found |= {k for k, part in zip(points, at.tolist(), strict=True) if part in set(parts.tolist())}
        return sorted(found)

    def _marked(self) -> np.ndarray:
        """Return hashes of the places at which a missing corner is to be inserted."""
        wished = [k for k, wish in enumerate(self.wishes) if wish.kind == "unmatched" and wish.proposal is not None]
        points = shapely.get_coordinates(self.targets[wished])
        return np.concatenate((point_hash(snap_coordinates(points, self.polygons.grid)), self._corners))

    def _invalid_wished(self) -> list[int]:
        """Return the invalid areas that are to be drawn again."""
        return [
            wish.areas[0]
            for wish in self.wishes
            if wish.kind == "invalid"
            and wish.areas
            and wish.proposal is not None
            and self.polygons.ground[wish.areas[0]] is not None
        ]

    def _mended(self, shares: Shares, done: Redrawn, failed: dict[int, int]) -> Mended:
        by_fault: dict[int, set[int]] = {}
        for face in np.flatnonzero(shares.taker != OPEN).tolist():
            owners, taker = self.ground.owners[face], int(shares.taker[face])
            gained = {taker} if taker >= 0 and taker not in owners else set()
            by_fault.setdefault(int(shares.fault[face]), set()).update({o for o in owners if o != taker} | gained)
        for k, wish in enumerate(self.wishes):
            if wish.proposal is not None:
                changed = by_fault.get(k, set(wish.areas)) & set(done.areas)
                by_fault[k] = changed
        return Mended(done.areas, done.containers, tuple(shares.added), by_fault, shares.kept, failed)


class _Trials:
    """
    What is tried where an area cannot be rebuilt, from the mildest on.

    First its corners are drawn on the grid, where the drawing is sound; then the ground round the place of trouble
    stays in dispute; then the whole connected part of the drawing stays as it was.
    """

    def __init__(self, sheet: Sheet, ground: Ground, shares: Shares) -> None:
        self._sheet, self._ground, self._shares = sheet, ground, shares
        self._times: dict[int, int] = {}
        self._firm: set[int] = set()
        self._closed: set[int] = set()
        self.left: dict[int, int] = {}
        self.last = 0

    @property
    def firm(self) -> Ints:
        """The nodes that stay on the grid."""
        return np.array(sorted(self._firm), dtype=np.int64)

    @property
    def closed(self) -> Ints:
        """The parts of the drawing in which nothing changes."""
        return np.array(sorted(self._closed), dtype=np.int64)

    def go_on(self, broken: Mapping[int, Floats]) -> bool:
        """Take the next step for every area that is broken; False when nothing is left to be tried."""
        before = len(self._firm), len(self._closed), len(self.left)
        for area, place in broken.items():
            self.last = area
            times = self._times[area] = self._times.get(area, 0) + 1
            if times == 1:
                self._firm.update(self._sheet.nodes_of(area).tolist())
            elif times <= _OPENED:
                for face in self._sheet.faces_at(place).tolist():
                    self._open(face, area)
            else:
                of = [k for k, owners in enumerate(self._ground.owners) if area in owners or self._gets(k, area)]
                parts = {*self._sheet.component_at(place[None]).tolist()}
                parts |= {*self._sheet.components_of(np.array(of, dtype=np.int64)).tolist()}
                self._closed |= parts if times > _OPENED + 1 else {*self._sheet.component_at(place[None]).tolist()}
        return times <= _OPENED + 2 or before != (len(self._firm), len(self._closed), len(self.left))

    def _gets(self, face: int, area: int) -> bool:
        return int(self._shares.taker[face]) == area

    def _open(self, face: int, area: int) -> None:
        if self._shares.taker[face] != OPEN:
            self._shares.taker[face] = OPEN
            self.left.setdefault(int(self._shares.fault[face]), area)
