"""
The small piece of a coverage that an edit works on, and the change it makes.

An edit never looks at the whole coverage: it takes a `Patch` (the areas concerned and everyone whose box meets
theirs, by label) and gives a `Change` (old and new polygons by label). Whoever holds the data (a frame, an `Editor`,
an edit buffer of a GIS) cuts the patch out and applies the change.

Why an edit cannot harm: first, crossings are inserted as vertices into *every* polygon that owns the edge, which
changes no ground; then faces change owner, so every edge that appears does so once in each direction. `verify` proves
it on the result: the directed edges of the new polygons, less those of the old, must cancel (the boundary chain is
additive), and every new polygon must be valid. Otherwise the edit is refused and nothing has happened.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import point_hash
from census_map.coverage.noding import (
    Edge,
    Edges,
    Flags,
    Geometry,
    Inserts,
    Points,
    canonical,
    directed_edges,
    edge_key,
    edges_near,
    rebuilt,
    refine,
    refine_all,
    ring_edges,
    unique_edges,
)
from census_map.errors import EditRefused
from census_map.i18n import _

Label = Hashable
Weigh = Callable[[Sequence[Geometry]], Sequence[float]]  # what each piece weighs: ground, persons, households

_MULTIPOLYGON = 6


class RefusedAt(EditRefused):
    """
    An edit was refused because of something at one place.

    Attributes
    ----------
    point
        The place, in the CRS of the areas; None when the whole request is at fault.
    """

    def __init__(self, message: str, point: Any = None) -> None:
        super().__init__(message)
        self.point = point


@dataclass(frozen=True)
class Patch:
    """
    A neighbourhood of a coverage.

    Attributes
    ----------
    areas
        Polygon by label: the areas to edit and every other area whose bounding box meets theirs.
    containers
        Polygon by label: the containers (census areas) whose bounding box meets theirs; empty if there are none.
    grid
        Step to which new coordinates are rounded, in CRS units (`census_map.crs.grid_size`); None: not rounded.
    """

    areas: Mapping[Label, Geometry]
    containers: Mapping[Label, Geometry] = field(default_factory=dict)
    grid: float | None = None

    def area(self, label: Label) -> Geometry:
        """Give the polygon of an area, or refuse when there is none."""
        polygon = self.areas.get(label)
        if polygon is None or shapely.is_empty(polygon):
            raise RefusedAt(_("There is no area {area} here: choose another.").format(area=label))
        return polygon


@dataclass(frozen=True)
class Change:
    """
    What an edit changes; small, and its own inverse is as small.

    Attributes
    ----------
    old, new
        Polygon by label before and after; an area that did not exist or exists no longer stands only on one side.
    containers_old, containers_new
        Containers that received a vertex on their border (their ground is the same up to the grid).
    amounts
        For areas whose amounts (persons, households) change: the share of each old area's amount that the area now
        holds, `{area: {old area: share}}`. The shares of one old area add up to 1, so amounts are conserved.
    origins
        For each added area, the area whose attributes it copies (None: it has none).
    inserts
        Points inserted into edges, by edge; further layers that own these edges can be given them with `refine`.
    """

    old: Mapping[Label, Geometry]
    new: Mapping[Label, Geometry]
    containers_old: Mapping[Label, Geometry] = field(default_factory=dict)
    containers_new: Mapping[Label, Geometry] = field(default_factory=dict)
    amounts: Mapping[Label, Mapping[Label, float]] = field(default_factory=dict)
    origins: Mapping[Label, Label | None] = field(default_factory=dict)
    inserts: Mapping[Edge, Points] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[Label, ...]:
        """Labels of the areas that stay with another polygon."""
        return tuple(label for label in self.new if label in self.old)

    @property
    def added(self) -> tuple[Label, ...]:
        """Labels of the new areas."""
        return tuple(label for label in self.new if label not in self.old)

    @property
    def removed(self) -> tuple[Label, ...]:
        """Labels of the areas that exist no longer."""
        return tuple(label for label in self.old if label not in self.new)

    def inverse(self) -> "Change":
        """Give the change back; attributes of areas that come back are kept by whoever holds the rows."""
        return Change(self.new, self.old, self.containers_new, self.containers_old)


def cancels(edges: Iterable[Edges]) -> bool:
    """Tell whether directed edges all cancel; by 64-bit keys, see `census_map.coverage.edges`."""
    stacked = np.vstack([np.empty((0, 4)), *edges])
    start, end = point_hash(stacked[:, :2]), point_hash(stacked[:, 2:])
    _keys, which = np.unique(start + end, return_inverse=True)
    return not np.bincount(which, weights=np.where(start < end, 1.0, -1.0)).any()


def chain_of(edges: Iterable[Edges]) -> tuple[Edges, NDArray[np.int64]]:
    """
    Add directed edges up and cancel the opposite ones.

    Parameters
    ----------
    edges
        Arrays of directed edges, shape (n, 4).

    Returns
    -------
    residue, count
        The edges that do not cancel, canonical, shape (m, 4), and how often: positive when they run from the lesser
        to the greater end.
    """
    stacked = np.vstack([np.empty((0, 4)), *edges])
    both = canonical(stacked)
    sign = np.where((both == stacked).all(axis=1), 1, -1)
    order = np.lexsort(both.T)
    both, sign = both[order], sign[order]
    first = np.concatenate([[True], (both[1:] != both[:-1]).any(axis=1)])[: len(both)]
    starts = np.flatnonzero(first)
    count = np.add.reduceat(sign, starts) if len(starts) else np.empty(0, dtype=np.int64)
    rest = count != 0
    return both[starts][rest], count[rest]


def reversed_edges(edges: Edges) -> Edges:
    """Turn every directed edge round."""
    return edges[:, [2, 3, 0, 1]]


def finish(
    patch: Patch,
    new: Mapping[Label, Geometry],
    *,
    removed: Iterable[Label] = (),
    inserts: Inserts | None = None,
    amounts: Mapping[Label, Mapping[Label, float]] | None = None,
    origins: Mapping[Label, Label | None] | None = None,
) -> Change:
    """
    Complete a change: give neighbours and containers the new vertices, and prove it.

    Parameters
    ----------
    patch
        The neighbourhood as it was.
    new
        New polygons of the areas edited, their crossings already inserted.
    removed
        Labels of the areas that exist no longer.
    inserts
        Points inserted into existing edges.
    amounts, origins
        See `Change`.

    Raises
    ------
    RefusedAt
        The result would not be exact, or holds an invalid polygon.
    """
    inserts = inserts or {}
    gone = set(removed)
    result = {label: like(polygon, patch.areas.get(label)) for label, polygon in new.items()}
    only_refined = _refined(patch.areas, inserts, {*result, *gone})
    result |= only_refined
    old = {label: patch.areas[label] for label in (*result, *gone) if patch.areas.get(label) is not None}
    containers_new = _refined(patch.containers, inserts, ())
    change = Change(
        old=old,
        new=result,
        containers_old={label: patch.containers[label] for label in containers_new},
        containers_new=containers_new,
        amounts=amounts or {},
        origins=origins or {},
        inserts=inserts,
    )
    verify(patch, change, refined=only_refined)
    return change


def _refined(polygons: Mapping[Label, Geometry], inserts: Inserts, skip: Container[Label]) -> dict[Label, Geometry]:
    labels = [label for label, polygon in polygons.items() if label not in skip and polygon is not None]
    found = refine_all([polygons[label] for label in labels], inserts)
    return {labels[k]: polygon for k, polygon in found.items()}


def verify(patch: Patch, change: Change, *, refined: Container[Label] = ()) -> None:
    """
    Prove that a change leaves an exact coverage exact.

    Parameters
    ----------
    patch
        The neighbourhood as it was.
    change
        The change to prove.
    refined
        Areas that only received vertices on their border.

    Raises
    ------
    RefusedAt
        A new polygon is invalid, or the change adds an edge to the boundary chain's residue.
    """
    shapes = [*change.new.values(), *change.containers_new.values()]
    valid = shapely.is_valid(np.array(shapes, dtype=object)) if shapes else np.empty(0, dtype=bool)
    for label, polygon, fine in zip((*change.new, *change.containers_new), shapes, valid, strict=True):
        if not fine:
            raise RefusedAt(
                _("The border of area {area} would cross or touch itself here: draw the line a little apart.").format(
                    area=label
                ),
                trouble_point(polygon),
            )
    _refuse_moved_container(patch, change, refined)
    difference = _difference(change)
    if cancels(difference):
        return
    residue, _count = chain_of(difference)
    if len(residue) and not _was_at_fault(patch, change, residue):
        raise RefusedAt(
            _("The borders would no longer match here: mend the faults around this place first."),
            shapely.Point(residue[0, :2]),
        )


def _refuse_moved_container(patch: Patch, change: Change, skip: Container[Label]) -> None:
    """Refuse a change after which a container's border runs through an area: it must stay a border of areas."""
    if not patch.containers:
        return
    edited = [label for label in change.old if label not in skip]
    old = [change.old[label] for label in edited if shapely.is_valid(change.old[label])]
    new = [change.new[label] for label in change.new if label not in skip]
    kept = _directed_keys(directed_edges(*new))
    before = directed_edges(*old)
    before = before[~np.isin(_directed_keys(before), kept)]
    corners = shapely.get_coordinates(np.array(list(patch.containers.values()), dtype=object))
    if len(before) == 0 or not np.isin(point_hash(before[:, :2]), point_hash(corners)).any():
        return
    refined = refine_all(old, change.inserts)
    before = directed_edges(*(refined.get(k, polygon) for k, polygon in enumerate(old)))
    lost = before[~np.isin(_directed_keys(before), kept)]
    if len(lost) == 0:
        return
    around = np.vstack([ring_edges(polygon) for polygon in {**patch.containers, **change.containers_new}.values()])
    around = edges_near(around, lost.reshape(-1, 2), 0.0)
    both = np.concatenate([_directed_keys(around), _directed_keys(reversed_edges(around))])
    lost = lost[np.isin(_directed_keys(lost), both)]
    if len(lost) == 0:
        return
    rest = [polygon for label, polygon in patch.areas.items() if label not in change.old and polygon is not None]
    lost = lost[~np.isin(_directed_keys(lost), _directed_keys(directed_edges(*rest)))]
    if len(lost):
        raise RefusedAt(
            _("The border of a census area runs here and does not move: stay on one side of it."),
            shapely.Point((lost[0, :2] + lost[0, 2:]) / 2),
        )


def _directed_keys(edges: Edges) -> NDArray[np.uint64]:
    return point_hash(edges[:, :2]) * np.uint64(3) + point_hash(edges[:, 2:])


def _difference(change: Change) -> list[Edges]:
    gained = directed_edges(*change.new.values(), *change.containers_old.values())
    lost = directed_edges(*change.old.values(), *change.containers_new.values())
    return [gained, reversed_edges(lost)]


def _was_at_fault(patch: Patch, change: Change, residue: Edges) -> bool:
    """Tell whether all edges of a residue belong to faults that were there before, cut up or taken away."""
    areas = [polygon for polygon in patch.areas.values() if polygon is not None]
    around = list(patch.containers.values())
    known, _signs = chain_of([directed_edges(*areas), reversed_edges(directed_edges(*around))])
    fine = [[refine(polygon, change.inserts) for polygon in polygons] for polygons in (areas, around)]
    known_fine, _signs = chain_of([directed_edges(*fine[0]), reversed_edges(directed_edges(*fine[1]))])
    keys = {edge_key(edge) for edge in (*known, *known_fine)}
    return all(edge_key(edge) in keys for edge in residue)


def trouble_point(polygon: Geometry) -> Any:
    """Give the place where a polygon is invalid."""
    reason = shapely.is_valid_reason(polygon)
    if "[" in reason:
        x, y = reason[reason.index("[") + 1 : reason.index("]")].split()[:2]
        return shapely.Point(float(x), float(y))
    return shapely.Point(shapely.get_coordinates(polygon)[0]) if not shapely.is_empty(polygon) else None


def like(polygon: Geometry, model: Geometry | None) -> Geometry:
    """Give a polygon the type (simple or multi) that a layer of its model's type accepts."""
    if model is not None and shapely.get_type_id(model) == _MULTIPOLYGON:
        return shapely.multipolygons(shapely.get_parts(polygon))
    return polygon


def dissolve(faces: Sequence[Geometry]) -> Geometry:
    """Join faces that share edges bit for bit; vertices stay where they are."""
    if len(faces) == 1:
        return faces[0]
    return shapely.coverage_union_all(np.asarray(faces, dtype=object))


def faces_of(edges: Edges) -> NDArray[np.object_]:
    """Build the faces between noded edges, shape (n, 4)."""
    lines = shapely.linestrings(unique_edges(edges).reshape(-1, 2, 2))
    faces: NDArray[np.object_] = shapely.get_parts(shapely.polygonize(lines))
    return faces


def owners_of(
    faces: NDArray[np.object_], polygons: Mapping[Label, Geometry]
) -> tuple[list[list[Label]], NDArray[np.object_]]:
    """
    Tell whose ground each face is.

    Returns
    -------
    owners, points
        For each face the labels of the polygons that hold its inner point, and that point.
    """
    points = shapely.point_on_surface(faces)
    x, y = shapely.get_x(points), shapely.get_y(points)
    owners: list[list[Label]] = [[] for _face in faces]
    for label, polygon in polygons.items():
        for k in np.flatnonzero(shapely.contains_xy(polygon, x, y)):
            owners[k].append(label)
    return owners, points


def line_edges(lines: Iterable[Points]) -> Edges:
    """Give the segments of polylines, shape (n, 4)."""
    return np.vstack([np.empty((0, 4)), *(np.hstack([line[:-1], line[1:]]) for line in lines)])


def edge_keys(edges: Edges) -> set[Edge]:
    """Give the keys of many edges."""
    return set(map(tuple, canonical(edges).tolist()))


def needed(inserts: Inserts, borders: Edges) -> tuple[Inserts, Points]:
    """
    Sort inserted points into those where a new border ends and those that came to nothing.

    Parameters
    ----------
    inserts
        All inserted points, by edge.
    borders
        The drawn segments that became borders, shape (n, 4).

    Returns
    -------
    kept, idle
        The inserts without the idle points, and the idle points, shape (k, 2).
    """
    ends = set(map(tuple, borders.reshape(-1, 2).tolist()))
    kept: Inserts = {}
    idle: list[Points] = []
    for edge, points in inserts.items():
        used = np.array([tuple(point) in ends for point in points.tolist()])
        if used.any():
            kept[edge] = points[used]
        idle.append(points[~used])
    return kept, np.vstack([np.empty((0, 2)), *idle])


def refuse_lost(patch: Patch, result: Mapping[Label, Geometry], *, allow_parts: bool) -> None:
    """Refuse results in which an area vanishes, or falls apart without leave."""
    for label, polygon in result.items():
        before = patch.areas.get(label)
        if shapely.is_empty(polygon):
            inner = None if before is None else shapely.point_on_surface(before)
            raise RefusedAt(_("Nothing would be left of area {area}: join it instead.").format(area=label), inner)
        parts = shapely.get_parts(polygon)
        allowed = 1 if before is None else len(shapely.get_parts(before))
        if len(parts) > allowed and not allow_parts:
            smallest = parts[shapely.area(parts).argmin()]
            raise RefusedAt(
                _("Area {area} would fall into {n} parts, one of them here: draw the line otherwise.").format(
                    area=label, n=len(parts)
                ),
                shapely.point_on_surface(smallest),
            )


def without_points(polygon: Geometry, points: Points) -> Geometry:
    """Take vertices out of a polygon's rings."""
    if len(points) == 0:
        return polygon
    xy = shapely.get_coordinates(polygon)
    drop = {tuple(point) for point in points.tolist()}
    keep = np.array([tuple(point) not in drop for point in xy.tolist()])
    return polygon if keep.all() else rebuilt(polygon, xy, keep=keep)


def inside_segments(segments: Edges, polygons: Iterable[Geometry], borders: set[Edge]) -> Flags:
    """Tell which drawn segments run through the inside of polygons, not along their borders."""
    middle = (segments[:, :2] + segments[:, 2:]) / 2
    inside = np.zeros(len(segments), dtype=bool)
    for polygon in polygons:
        inside |= shapely.contains_xy(polygon, middle[:, 0], middle[:, 1])
    along: Flags = np.array([tuple(edge) in borders for edge in canonical(segments).tolist()], dtype=bool)
    found: Flags = inside & ~along
    return found


def inside_odd(points: Points, segments: Edges) -> Flags:
    """Tell which points lie inside an odd number of the loops that segments form."""
    a, b = segments[None, :, :2], segments[None, :, 2:]
    x, y = points[:, None, 0], points[:, None, 1]
    spans = (a[..., 1] > y) != (b[..., 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = a[..., 0] + (y - a[..., 1]) * (b[..., 0] - a[..., 0]) / (b[..., 1] - a[..., 1])
    odd: Flags = (spans & (crossing > x)).sum(axis=1) % 2 == 1
    return odd


def ground(pieces: Sequence[Geometry]) -> Sequence[float]:
    """Weigh pieces by their ground, in square units of the CRS."""
    return [float(value) for value in np.atleast_1d(shapely.area(np.asarray(pieces, dtype=object)))]


def moved_amounts(
    old: Mapping[Label, Geometry], new: Mapping[Label, Geometry], weigh: Weigh
) -> dict[Label, dict[Label, float]]:
    """
    Tell what share of each area's weight went to which area.

    Parameters
    ----------
    old, new
        The areas that exchange ground, before and after.
    weigh
        What a piece weighs.

    Returns
    -------
    amounts
        As in `Change.amounts`.
    """
    amounts: dict[Label, dict[Label, float]] = {label: {} for label in new}
    for source, before in old.items():
        takers = [label for label in new if label != source]
        with np.errstate(invalid="ignore"):  # older GEOS flags harmless overlays
            pieces = [shapely.intersection(before, new[label]) for label in takers]
        total, *moved = weigh([before, *pieces])
        shares = [value / total if total > 0 else 0.0 for value in moved]
        for label, share in zip(takers, shares, strict=True):
            if share > 0:
                amounts[label][source] = share
        amounts[source][source] = 1.0 - sum(shares)
    return amounts


def edges_of(polygons: Iterable[Geometry]) -> Edges:
    """Give the edges of several polygons once each, canonical."""
    return unique_edges(np.vstack([np.empty((0, 4)), *(ring_edges(polygon) for polygon in polygons)]))
