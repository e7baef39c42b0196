"""
What a tool would do, before it does it: the change of the coverage, and who lives on either side then.

A draft is worked out anew with every movement of the mouse by the same engine that carries it out, so that what is
seen is what will be. Nothing here touches a layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from census_map.coverage.border import find_vertex, move_border_patch, move_vertex_patch
from census_map.coverage.claim import claim_patch
from census_map.coverage.cut import cut_patch
from census_map.coverage.parts import join_patch
from census_map.coverage.patch import Change, Patch, RefusedAt
from census_map.errors import EditRefused
from census_map.i18n import _

from .detour import around
from .figures import Figures
from .session import Session

Place = tuple[float, float]


@dataclass(frozen=True)
class Side:
    """A mini-area as it would be: its name, its ground, and who would live there."""

    name: str
    shape: Any
    figures: Figures


@dataclass(frozen=True)
class Draft:
    """
    What would be done.

    Attributes
    ----------
    title
        Translated name of the action.
    change
        Of the coverage.
    values
        Attributes to set as well, by row and column.
    sides
        The mini-areas concerned, as they would be.
    """

    title: str
    change: Change
    values: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    sides: tuple[Side, ...] = ()


class Drafts:
    """
    Works out drafts on the edit buffers of a session; refuses in words (`EditRefused`).

    All places are in the coordinates of the layers.
    """

    def __init__(self, session: Session, metre: float) -> None:
        self._session = session
        self._metre = metre  # CRS units
        self._given: tuple[Any, Change] | None = None  # the last piece that was given, and how

    def cut(self, area: int, points: Sequence[Place], *, other_way: bool = False) -> Draft:
        """Cut a mini-area by a line whose ends go straight on to its border; houses stay whole."""
        mirror = self._session.mirror
        polygon = mirror.editor.polygon(area)
        line = self._round_houses(shapely.LineString(points), other_way=other_way)
        change = cut_patch(
            self._patch([area]),
            mirror.label(area),
            line,
            taken=mirror.editor.known(),
            reach=_size(polygon),
            snap=self._metre,
            weigh=self._session.buildings.weigh,
        )
        return self._draft(_("Cut a mini-area"), change, {area})

    def move_border(self, areas: Sequence[int], points: Sequence[Place], *, other_way: bool = False) -> Draft:
        """Give a stretch of the border between two of some mini-areas a new course, from border to border."""
        mirror = self._session.mirror
        line = self._round_houses(shapely.LineString(points), other_way=other_way)
        refusal: EditRefused | None = None
        for one, other in _pairs(areas, line, mirror.polygon):
            patch = self._patch([one, other])
            try:
                change = move_border_patch(
                    patch,
                    (mirror.label(one), mirror.label(other)),
                    line,
                    reach=_size(mirror.polygon(one)),
                    snap=self._metre,
                )
            except RefusedAt as error:
                refusal = refusal or error
                continue
            return self._draft(_("Move a border"), change, {one, other})
        raise refusal or RefusedAt(_("Press on the border between two mini-areas, and end on the same border."))

    def move_corner(self, at: Place, to: Place, tolerance: float) -> Draft:
        """Move the corner nearest to a place, in all mini-areas that share it."""
        point = shapely.Point(at)
        box = np.array([at[0] - tolerance, at[1] - tolerance, at[0] + tolerance, at[1] + tolerance])
        patch = self._session.mirror.editor.patch(self._session.mirror.editor.box([], shapely.box(*box)))
        change = move_vertex_patch(patch, find_vertex(patch, point, tolerance), shapely.Point(to))
        return self._draft(_("Move a corner"), change, set(map(int, change.new)))

    def join(self, areas: Sequence[int]) -> Draft:
        """Make one mini-area of several; the one with most people keeps its number."""
        mirror = self._session.mirror
        labels = [mirror.label(area) for area in areas]
        homes = {mirror.rows[area].census_area for area in areas}
        if len(homes) > 1:
            raise RefusedAt(_("The border of a census area runs here and does not move: stay on one side of it."))
        change = join_patch(self._patch(areas), labels, weigh=self._weigh_with_ground)
        return self._draft(_("Join mini-areas"), change, set(areas))

    def claim(self, area: int, points: Sequence[Place]) -> Draft:
        """Give the ground within a drawn outline to a mini-area."""
        return self._draft(_("Draw around houses"), self._claimed(area, self._whole_houses(points)), None)

    def exclave(self, area: int, points: Sequence[Place]) -> Draft:
        """Make the ground within a drawn outline a declared part of a mini-area that it does not touch."""
        change = self._claimed(area, self._whole_houses(points), allow_parts=True)
        return self._draft(_("Exclave"), change, None, {area: {"exclave": True}})

    def give(self, at: Place) -> Draft:
        """Give the house at a place, or the block there, to the neighbour whose border is nearest."""
        mirror, buildings = self._session.mirror, self._session.buildings
        area = mirror.at(*at)
        if area is None:
            raise RefusedAt(_("There is no mini-area here."), shapely.Point(at))
        point = shapely.Point(at)
        hit = buildings.met_by(point, 200 * self._metre)
        piece = self._block(area, point) if not len(hit) else buildings.shapes[hit[0]]
        if (back := self._given_back(piece)) is not None:
            return self._draft(_("Give back"), back, None)
        patch = self._patch([area])
        taker = self._taker(patch, area, piece, is_block=not len(hit))
        region = piece if not len(hit) else self._lot(area, taker, piece)
        change = self._claimed(taker, region)
        draft = self._draft(_("Give to the neighbour"), change, None)
        self._given = (piece, change)
        return draft

    def _given_back(self, piece: Any) -> Change | None:
        """Give the way back when the same piece was given last and its mini-areas are as that left them."""
        if self._given is None or not shapely.equals(self._given[0], piece):
            return None
        change, mirror = self._given[1], self._session.mirror
        same = all(
            int(label) in mirror.rows
            and mirror.polygon(int(label)) is not None
            and shapely.equals_exact(mirror.polygon(int(label)), shape, 0.0)
            for label, shape in change.new.items()
        )
        return change.inverse() if same else None

    def _claimed(self, area: int, region: Any, *, allow_parts: bool = False) -> Change:
        mirror = self._session.mirror
        patch = mirror.editor.patch(mirror.editor.box([area], region))
        return claim_patch(
            patch,
            mirror.label(area),
            region,
            snap=self._metre,
            allow_parts=allow_parts,
            weigh=self._session.buildings.weigh,
        )

    def _block(self, area: int, point: Any) -> Any:
        """Give the block between roads, water and walls at a place in a mini-area."""
        from .lines import lines_near  # noqa: PLC0415

        polygon = self._session.mirror.polygon(area)
        lines = lines_near(self._session, polygon)
        edges = shapely.union_all([shapely.boundary(polygon), *lines])
        faces = shapely.get_parts(shapely.polygonize([edges]))
        faces = faces[shapely.contains(polygon, shapely.point_on_surface(faces))]
        found = faces[shapely.intersects(faces, point)]
        if len(faces) < 2 or not len(found):
            raise RefusedAt(_("Click a house near the border, or a block between roads."), point)
        return found[0]

    def _taker(self, patch: Patch, area: int, piece: Any, *, is_block: bool) -> int:
        """Choose the neighbour: of a house the nearest, of a block the one with the longest common border."""
        mirror = self._session.mirror
        home = mirror.rows[area].census_area
        ranked = []
        for label, polygon in patch.areas.items():
            if int(label) == area or mirror.rows[int(label)].census_area != home:
                continue
            if is_block:
                shared = shapely.length(shapely.intersection(shapely.boundary(polygon), shapely.boundary(piece)))
                ranked.append((-shared, int(label)))
            else:
                ranked.append((shapely.distance(polygon, piece), int(label)))
        best = min(ranked, default=(0.0, None))
        if best[1] is None or (is_block and best[0] == 0):
            raise RefusedAt(
                _("No mini-area of the same census area lies beside it: click nearer to a border."),
                shapely.point_on_surface(piece),
            )
        return best[1]

    def _lot(self, area: int, taker: int, house: Any) -> Any:
        """Give the ground of a house with the strip that leads from it to the neighbour's border."""
        mirror, buildings = self._session.mirror, self._session.buildings
        border = shapely.boundary(mirror.polygon(taker))
        corners = shapely.points(shapely.get_coordinates(house))
        feet = shapely.get_point(shapely.shortest_line(corners, border), 1)
        lot = shapely.convex_hull(shapely.union_all([house, *feet]))
        lot = shapely.buffer(lot, 0.5 * self._metre, join_style="mitre")
        own = shapely.intersection(lot, mirror.polygon(area))
        others = [shape for shape in buildings.shapes[buildings.met_by(own, 200 * self._metre)] if shape is not house]
        blocking = [shape for shape in others if not shapely.touches(shape, own)]
        if blocking:
            raise RefusedAt(
                _("Another house stands between this one and the border: give that one first, or draw around both."),
                shapely.point_on_surface(blocking[0]),
            )
        return lot

    def _patch(self, areas: Sequence[int]) -> Patch:
        editor = self._session.mirror.editor
        return editor.patch(editor.box(areas))

    def _round_houses(self, line: Any, *, other_way: bool) -> Any:
        buildings = self._session.buildings
        met = buildings.shapes[buildings.met_by(line, 200 * self._metre)]
        return around(line, met, 0.3 * self._metre, other_way=other_way)

    def _whole_houses(self, points: Sequence[Place]) -> Any:
        """Make a region of a drawn outline that cuts no house: one that is mostly inside is inside."""
        region, buildings = shapely.Polygon(points), self._session.buildings
        if not region.is_valid:
            return region
        outline = shapely.boundary(region)
        for house in buildings.shapes[buildings.met_by(outline, 200 * self._metre)]:
            lot = shapely.buffer(house, 0.3 * self._metre, join_style="mitre")
            inside = shapely.area(shapely.intersection(house, region)) > shapely.area(house) / 2
            region = shapely.union(region, lot) if inside else shapely.difference(region, lot)
        return region

    def houses_under(self, points: Sequence[Place]) -> list[Any]:
        """Give the houses that lie under a line."""
        buildings = self._session.buildings
        return list(buildings.shapes[buildings.met_by(shapely.LineString(points), 200 * self._metre)])

    def _weigh_with_ground(self, pieces: Sequence[Any]) -> Sequence[float]:
        """Weigh by persons; where nobody lives, the ground decides."""
        persons = self._session.buildings.weigh(pieces)
        return persons if sum(persons) else [float(area) for area in shapely.area(np.asarray(pieces, dtype=object))]

    def _draft(
        self,
        title: str,
        change: Change,
        meant: set[int] | None,
        values: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Draft:
        """Refuse what touches a locked mini-area; count who lives where."""
        mirror, buildings = self._session.mirror, self._session.buildings
        for label in change.old:
            if not mirror.rows[int(label)].locked:
                continue
            ground = change.new.get(label)
            alone = ground is not None and shapely.area(shapely.symmetric_difference(ground, change.old[label])) == 0
            text = (
                _("Mini-area {area} beside it is locked and takes no new corner: end the line at one of its corners.")
                if alone
                else _("Mini-area {area} is locked: unlock it with a reason first.")
            )
            raise RefusedAt(text.format(area=mirror.label(int(label))))
        shown = [label for label in change.new if meant is None or int(label) in meant or label in change.added]
        sides = []
        for label in shown:
            old = change.old.get(label)
            if meant is None and old is not None and shapely.area(old) == shapely.area(change.new[label]):
                continue  # a neighbour that has received a corner only
            name = _("new") if label in change.added else str(mirror.label(int(label)))
            sides.append(Side(name, change.new[label], buildings.of(change.new[label])))
        return Draft(title, change, values or {}, tuple(sides))


def _size(polygon: Any) -> float:
    """Give a length that no line within a polygon exceeds."""
    west, south, east, north = shapely.bounds(polygon).tolist()
    return float(np.hypot(east - west, north - south))


def _pairs(areas: Sequence[int], line: Any, polygon: Any) -> list[tuple[int, int]]:
    """Put pairs of neighbours into the order in which they are likely meant: those that hold the line first."""
    middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
    pairs = [(one, other) for k, one in enumerate(areas) for other in areas[k + 1 :]]
    apart = {area: shapely.distance(polygon(area), middle) for area in areas}
    return sorted(pairs, key=lambda pair: min(apart[pair[0]], apart[pair[1]]))
