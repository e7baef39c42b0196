"""One map of a sheet: its extent and round scale, its numbers and names, and detail maps where they do not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from census_map.i18n import _
from census_map.sheets.labels import Canvas, Label, Leader, Wish, text_box_mm
from census_map.sheets.legend import in_order, road_key
from census_map.sheets.paper import (
    A3_LANDSCAPE,
    A3_PORTRAIT,
    A4_LANDSCAPE,
    A4_PORTRAIT,
    SCALES,
    Paper,
    round_scale,
)
from census_map.sheets.sheet import Detail, Extent
from census_map.sheets.township import LINES, Township, count, words

FURNITURE = (60.0, 14.0)  # north arrow and scale bar, millimetres
CORNERS = ("sw", "se", "nw", "ne")
MOST_DETAILS = 16

_NAME_SIZE = 7.5
_DETAIL_NAME_SIZE = 9.0
_TOP = 4.0  # least room above the mini-area, millimetres
_LEGIBLE_MM = 3.5  # a typical house is drawn at least so wide on a detail map
_MANY_LEADERS = 0.25  # more numbers than this beside their houses: the map is too small


@dataclass(frozen=True, eq=False)
class Subject:
    """
    The mini-area a sheet is about.

    Attributes
    ----------
    uid, area
        Its identifier and shape, in the township's CRS.
    rows
        Rows of its buildings in the township's frame.
    kinds
        Kind of each of them.
    """

    uid: str
    area: BaseGeometry
    rows: NDArray[np.intp]
    kinds: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Draft:
    """
    A map with everything on it placed.

    Attributes
    ----------
    rows
        Buildings whose numbers it was to show.
    missing
        Those of them that it does not.
    """

    paper: Paper
    scale: int
    extent: Extent
    labels: tuple[Label, ...]
    leaders: tuple[Leader, ...]
    corner: str
    legend: tuple[str, ...]
    details: tuple[Detail, ...] = ()
    rows: frozenset[int] = frozenset()
    missing: tuple[int, ...] = field(default=())


def plan_maps(township: Township, subject: Subject, *, size: str | None = None) -> list[Draft]:
    """
    Choose paper and scale, and add detail maps where the numbers would not fit.

    Parameters
    ----------
    township, subject
        What to show.
    size
        `A4` or `A3` to insist on; None: A4 where that is enough.

    Returns
    -------
    drafts
        The map of the whole mini-area first.
    """
    formats = {"A4": (A4_LANDSCAPE, A4_PORTRAIT), "A3": (A3_LANDSCAPE, A3_PORTRAIT)}
    first: _Scene | None = None
    for name in [size] if size else ["A4", "A3"]:
        scene = _whole(township, subject, choose_paper(subject.area.bounds, formats[name]), subject.rows)
        if scene.legible:
            return [_finish(scene)]
        first = first or scene
    assert first is not None
    scenes = _detail_maps(township, subject, first)
    if not scenes:
        return [_finish(first)]
    covered = {row for scene in scenes for row in scene.rows.tolist()}
    rest = np.array([row for row in subject.rows.tolist() if row not in covered], dtype=np.intp)
    details = tuple(Detail(number, scene.extent) for number, scene in enumerate(scenes, start=1))
    whole = _whole(township, subject, first.paper, rest, details)
    return [_finish(whole), *(_finish(scene) for scene in scenes)]


def choose_paper(bounds: Sequence[float], papers: Iterable[Paper]) -> Paper:
    """Choose the format that shows an extent largest; the first of them where they are equal."""
    west, south, east, north = bounds
    return min(papers, key=lambda paper: round_scale(east - west, north - south, paper.map_frame))


def extent_around(bounds: Sequence[float], paper: Paper, scale: int) -> Extent:
    """Give the extent of a map frame at a scale, with the middle of some bounds in its middle."""
    west, south, east, north = bounds
    half_width = paper.map_frame.width * scale / 2000
    half_height = paper.map_frame.height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return (x - half_width, y - half_height, x + half_width, y + half_height)


def _whole(
    township: Township, subject: Subject, paper: Paper, rows: NDArray[np.intp], details: tuple[Detail, ...] = ()
) -> "_Scene":
    west, south, east, north = subject.area.bounds
    scale = round_scale(east - west, north - south, paper.map_frame)
    extent = _clear_of_furniture(extent_around(subject.area.bounds, paper, scale), subject.area.bounds, scale)
    return _Scene(township, subject, paper, scale, extent, rows, details)


def _clear_of_furniture(extent: Extent, bounds: Sequence[float], scale: int) -> Extent:
    """Move an extent down, so that its content stands above north arrow and scale bar where there is room above it."""
    metres = scale / 1000
    wide, high = ((length + 1) * metres for length in FURNITURE)
    below, above = bounds[1] - extent[1], extent[3] - bounds[3]
    if bounds[0] - extent[0] >= wide or below >= high:
        return extent
    shift = max(0.0, min(high - below, above - _TOP * metres))
    return (extent[0], extent[1] - shift, extent[2], extent[3] - shift)


def _detail_maps(township: Township, subject: Subject, whole: "_Scene") -> list["_Scene"]:
    """Find the smallest scale at which detail maps show every number legibly, with few enough of them."""
    shapes = township.buildings.geometry.to_numpy()[subject.rows]
    side = float(np.median(np.sqrt(shapely.area(shapes))))
    first = min(side * 1000 / _LEGIBLE_MM, whole.scale * 0.8)
    scales = [scale for scale in reversed(SCALES) if scale <= first][:4]
    best: list[_Scene] = []
    for scale in scales:
        extents = cluster(shapely.bounds(shapes), whole.paper, scale)
        if len(extents) > MOST_DETAILS:
            break
        scenes = [
            _Scene(township, subject, whole.paper, scale, extent, _inside(township, subject, extent))
            for extent in extents
        ]
        if not best or _faults(scenes) < _faults(best):
            best = scenes
        if all(scene.legible for scene in scenes):
            break
    return best


def _faults(scenes: list["_Scene"]) -> tuple[int, int]:
    return sum(len(scene.missing) for scene in scenes), sum(len(scene.canvas.leaders) for scene in scenes)


def cluster(boxes: NDArray[np.float64], paper: Paper, scale: int, *, inset: float = 8.0) -> list[Extent]:
    """
    Cover boxes with few map frames that stand in rows, or in columns where that takes fewer.

    Parameters
    ----------
    boxes
        One row a building: west, south, east, north in metres.
    paper, scale
        Of the frames.
    inset
        Millimetres of a frame's edge kept free of buildings.

    Returns
    -------
    extents
        From the north-west; frames of one row are level with each other.
    """
    width = (paper.map_frame.width - 2 * inset) * scale / 1000
    height = (paper.map_frame.height - 2 * inset) * scale / 1000
    rows = [
        (west, south, east, north)
        for south, north, strip in _strips(boxes, 1, height, descending=True)
        for west, east, _group in _strips(strip, 0, width, descending=False)
    ]
    columns = [
        (west, south, east, north)
        for west, east, strip in _strips(boxes, 0, width, descending=False)
        for south, north, _group in _strips(strip, 1, height, descending=True)
    ]
    return [extent_around(bounds, paper, scale) for bounds in (columns if len(columns) < len(rows) else rows)]


def _strips(
    boxes: NDArray[np.float64], axis: int, reach: float, *, descending: bool
) -> list[tuple[float, float, NDArray[np.float64]]]:
    """Part boxes into strips across an axis (0 east, 1 north) no wider than `reach` where the boxes allow."""
    low, high = boxes[:, axis], boxes[:, axis + 2]
    left = np.ones(len(boxes), dtype=bool)
    strips = []
    while left.any():
        if descending:
            start = int(np.argmax(np.where(left, high, -np.inf)))
            members = left & (low >= min(high[start] - reach, low[start]))
        else:
            start = int(np.argmin(np.where(left, low, np.inf)))
            members = left & (high <= max(low[start] + reach, high[start]))
        strips.append((float(low[members].min()), float(high[members].max()), boxes[members]))
        left &= ~members
    return strips


def _inside(township: Township, subject: Subject, extent: Extent) -> NDArray[np.intp]:
    shapes = township.buildings.geometry.to_numpy()[subject.rows]
    bounds = shapely.bounds(shapes)
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    west, south, east, north = extent
    inside: NDArray[np.intp] = subject.rows[(x > west) & (x < east) & (y > south) & (y < north)]
    return inside


class _Scene:
    """A map with its numbers placed, before the names: enough to judge whether paper and scale will do."""

    def __init__(
        self,
        township: Township,
        subject: Subject,
        paper: Paper,
        scale: int,
        extent: Extent,
        rows: NDArray[np.intp],
        details: tuple[Detail, ...] = (),
    ) -> None:
        self.township, self.subject, self.rows, self.details = township, subject, rows, details
        self.paper, self.scale, self.extent = paper, scale, extent
        self.window = shapely.box(*extent)
        self.width, self.height = paper.map_frame.width, paper.map_frame.height
        self.canvas = Canvas(self.width, self.height)
        self.legend = {"own", "detail"} if details else {"own"}
        self.corner = _choose_corner(self)
        self.canvas.block(*_corner_box(self.corner, self.width, self.height))
        visible = _cover_buildings(self)
        for detail in details:
            _frame_detail(self, detail)
        self.missing = _number_buildings(self, visible)

    @property
    def legible(self) -> bool:
        """Whether every number is there and most stand in their house."""
        return not self.missing and len(self.canvas.leaders) <= max(3, _MANY_LEADERS * len(self.rows))

    def mm(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Clip shapes to the frame and turn them into millimetres."""
        west, south, _east, _north = self.extent
        clipped = shapely.clip_by_rect(shapes, *self.extent)
        moved: NDArray[np.object_] = shapely.transform(clipped, lambda xy: (xy - (west, south)) * (1000 / self.scale))
        return moved

    def ground(self, x: float, y: float) -> tuple[float, float]:
        """Turn millimetres back into metres."""
        return self.extent[0] + x * self.scale / 1000, self.extent[1] + y * self.scale / 1000


def _finish(scene: _Scene) -> Draft:
    """Add the names, and give places in map coordinates."""
    _name_lines(scene)
    _name_landmarks(scene)
    _number_neighbours(scene)
    labels = tuple(
        Label(label.kind, label.text, *scene.ground(label.x, label.y), label.size, label.angle)
        for label in scene.canvas.labels
    )
    leaders = tuple(
        Leader(*scene.ground(line.x1, line.y1), *scene.ground(line.x2, line.y2)) for line in scene.canvas.leaders
    )
    return Draft(
        paper=scene.paper,
        scale=scene.scale,
        extent=scene.extent,
        labels=labels,
        leaders=leaders,
        corner=scene.corner,
        legend=in_order(scene.legend),
        details=scene.details,
        rows=frozenset(scene.rows.tolist()),
        missing=scene.missing,
    )


def _corner_box(corner: str, width: float, height: float) -> tuple[float, float, float, float]:
    wide, high = FURNITURE
    x = 0.0 if corner[1] == "w" else width - wide
    y = 0.0 if corner[0] == "s" else height - high
    return (x, y, x + wide, y + high)


def _choose_corner(scene: _Scene) -> str:
    """Choose the corner where the furniture hides fewest buildings, then least of the mini-area."""
    buildings = scene.mm(scene.township.buildings.geometry.to_numpy()[scene.rows])
    own = scene.mm(np.array([scene.subject.area], dtype=object))[0]

    def hidden(corner: str) -> tuple[int, float]:
        box = _corner_box(corner, scene.width, scene.height)
        houses = np.count_nonzero(shapely.intersects(buildings, shapely.box(*box)))
        return int(houses), round(float(shapely.clip_by_rect(own, *box).area))

    return min(CORNERS, key=hidden)


def _frame_detail(scene: _Scene, detail: Detail) -> None:
    """Write the number of a detail map into a corner of its frame."""
    west, south, east, north = scene.mm(np.array([shapely.box(*detail.extent)], dtype=object))[0].bounds
    text = _("Detail {number}").format(number=detail.number)
    wide, high = text_box_mm(text, _DETAIL_NAME_SIZE)
    corners = [
        (x, y)
        for y in (north - high / 2 - 0.6, south + high / 2 + 0.6)
        for x in (west + wide / 2 + 0.6, east - wide / 2 - 0.6)
    ]
    if not scene.canvas.place_at("detail_frame", text, corners, _DETAIL_NAME_SIZE):
        scene.canvas.labels.append(Label("detail_frame", text, *corners[0], _DETAIL_NAME_SIZE))


def _cover_buildings(scene: _Scene) -> dict[int, BaseGeometry]:
    """Mark where buildings stand; give the shapes of those to be numbered, by row."""
    frame = scene.township.buildings
    visible = np.sort(scene.township.building_tree.query(scene.window, predicate="intersects"))
    own = scene.rows[np.isin(scene.rows, visible)]
    rows = np.concatenate([own, np.setdiff1d(visible, own)])
    shapes = scene.mm(frame.geometry.to_numpy()[rows])
    scene.canvas.cover(list(shapes))
    kinds = dict(zip(scene.subject.rows.tolist(), scene.subject.kinds, strict=True))
    scene.legend |= {kinds[row] for row in np.intersect1d(visible, scene.subject.rows).tolist()}
    if len(np.setdiff1d(visible, scene.subject.rows)):
        scene.legend.add("foreign")
    return dict(zip(own.tolist(), shapes[: len(own)], strict=True))


def _number_buildings(scene: _Scene, shapes: dict[int, BaseGeometry]) -> tuple[int, ...]:
    records = scene.township.building_records
    wishes = [
        Wish(row, shape, words(records[row]["number"]), building_detail(records[row])) for row, shape in shapes.items()
    ]
    unseen = tuple(row for row in scene.rows.tolist() if row not in shapes)
    return unseen + tuple(int(str(key)) for key in scene.canvas.place_numbers(wishes))


def building_detail(record: dict[str, Any]) -> str:
    """Give the small line under a building's number: floors/dwelling units, such as 6/24."""
    floors, dwellings = count(record["floors"]), count(record["dwellings"])
    if floors is None and not dwellings:
        return ""
    return f"{'-' if floors is None else floors}/{dwellings or 0}"


def _name_lines(scene: _Scene) -> None:
    for table in LINES:
        frame = scene.township.lines[table]
        rows = np.sort(scene.township.line_trees[table].query(scene.window, predicate="intersects"))
        if not len(rows):
            continue
        shapes = scene.mm(frame.geometry.to_numpy()[rows])
        records = [scene.township.line_records[table][row] for row in rows]
        _note_lines(scene, table, records)
        named: dict[str, list[BaseGeometry]] = {}
        for record, shape in zip(records, shapes, strict=True):
            if words(record["name"]) and not shape.is_empty:
                named.setdefault(words(record["name"]), []).append(shape)
        for name, pieces in named.items():
            _name_feature(scene, table, name, pieces)


def _note_lines(scene: _Scene, table: str, records: list[dict[str, Any]]) -> None:
    if table != "road":
        scene.legend.add(table)
        return
    scene.legend |= {road_key(record["class"]) for record in records}


def _name_feature(scene: _Scene, table: str, name: str, pieces: list[BaseGeometry]) -> None:
    merged = shapely.union_all(pieces)
    if merged.geom_type.endswith("Polygon"):
        if merged.area > 60:
            scene.canvas.place_within(table, name, merged, _NAME_SIZE)
        return
    parts = shapely.get_parts(shapely.line_merge(merged) if merged.geom_type != "LineString" else merged)
    lines = [part for part in parts if part.geom_type == "LineString"]
    for line in sorted(lines, key=lambda part: -part.length)[:3]:
        if scene.canvas.place_along(table, name, line, _NAME_SIZE):
            return


def _name_landmarks(scene: _Scene) -> None:
    frame = scene.township.landmarks
    inside = frame[shapely.intersects(frame.geometry.to_numpy(), scene.window)]
    if inside.empty:
        return
    scene.legend.add("landmark")
    points = shapely.get_coordinates(scene.mm(shapely.centroid(inside.geometry.to_numpy())))
    for (x, y), name in zip(points, inside["name"], strict=True):
        if words(name):
            scene.canvas.place_beside("landmark", words(name), float(x), float(y), 7.0)


def _number_neighbours(scene: _Scene) -> None:
    township, subject = scene.township, scene.subject
    own = township.mini_areas.loc[subject.uid, "census_area_uid"]
    rows = np.sort(township.mini_area_tree.query(scene.window, predicate="intersects"))
    shapes = scene.mm(township.mini_areas.geometry.to_numpy()[rows])
    for row, shape in zip(rows, shapes, strict=True):
        record = township.mini_area_records[row]
        if record["uid"] == subject.uid or shape.is_empty:
            continue
        scene.legend.add("neighbour")
        text = township.serial(words(record["code"]))
        if record["census_area_uid"] != own:
            scene.legend.add("census_area")
            text = f"{township.area_name(record['census_area_uid'])} {text}".strip()
        for size in (12.0, 9.0, 7.0):
            if scene.canvas.place_within("neighbour", text, shape, size):
                break
    border = township.census_areas.geometry.to_numpy()
    if shapely.intersects(shapely.boundary(border), scene.window).any():
        scene.legend.add("census_area")
