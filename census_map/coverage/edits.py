"""
Edit a coverage so that it stays exact: cut, join, move a border or a corner, claim, split off and attach parts.

Every function takes the areas as a frame indexed by label and gives an `Edit`: new frames, what changed, and the
inverse, which restores the very same coverage. The work is done on the neighbourhood alone (`census_map.coverage.patch`
and its fellows `cut`, `border`, `claim`, `parts`), so that an `Editor`, which keeps the boxes of all areas, edits one
of tens of thousands in a few milliseconds; a GIS that holds its features elsewhere can call these patch functions
directly.

What holds for every edit:

- the result is exact if the coverage was exact; otherwise the edit is refused (`RefusedAt`, with the place) and
  nothing has changed;
- containers keep their ground; where a new border ends on theirs they receive a vertex (`Edit.containers`);
- every attribute is kept. A new area copies those of the area it came from, except columns named in `amounts`
  (persons, households), which are shared out by weight on a cut and added up on a join, so that totals are conserved;
- which part keeps the label is said in `cut` and `join`;
- heights (Z) of changed areas are not kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.border import (
    delete_vertex_patch,
    find_vertex,
    insert_vertex_patch,
    move_border_patch,
    move_vertex_patch,
)
from census_map.coverage.claim import claim_patch
from census_map.coverage.cut import cut_patch
from census_map.coverage.frames import Edit, applied, around, box_of, cut_out
from census_map.coverage.parts import attach_part_patch, join_patch, split_part_patch
from census_map.coverage.patch import Boxes, Change, Label, Patch, Weigh
from census_map.coverage.segments import Geometry

Action = Callable[[Patch], Change]


def cut(
    areas: GeoDataFrame,
    label: Label,
    line: Geometry,
    *,
    containers: GeoDataFrame | None = None,
    new_labels: Sequence[Label] | None = None,
    reach: float = 0.0,
    snap: float = 0.0,
    grid: float | None = None,
    weigh: Weigh | None = None,
    amounts: Iterable[str] = (),
) -> Edit:
    """
    Cut an area in two or more by a line; neither side needs to be drawn.

    The heaviest part (by `weigh`, otherwise by ground) keeps the label, together with the parts of the area that the
    line does not enter; the others get new labels, heaviest first.

    Parameters
    ----------
    areas
        One row an area, indexed by label, any CRS.
    label
        The area to cut.
    line
        A LineString or MultiLineString, same CRS.
    containers
        The containers of the areas; they receive a vertex where the cut ends on their border.
    new_labels
        Labels of the new areas; made from `label` when not given: 7 → next free number, "003" → "003-2".
    reach
        An end that stops inside the area is drawn on to the next border when that is not farther (CRS units).
    snap
        A crossing this near to an existing corner uses the corner (CRS units).
    grid
        Step of the coordinate grid, `census_map.crs.grid_size`; new points are rounded to it.
    weigh
        What a piece weighs, see `weigh_points`.
    amounts
        Columns that hold amounts, to be shared out by weight; whole numbers stay whole and their sum stays the same.

    Raises
    ------
    RefusedAt
        The line stops short or does not cut the area; `point` shows where.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import LineString
    >>> from census_map.coverage import cut
    >>> edit = cut(areas, "001", LineString([(0, 40), (50, 40)]), new_labels=["003"])
    >>> edit.areas.area.to_dict()
    {'001': 3000.0, '002': 5000.0, '003': 2000.0}
    """

    def action(patch: Patch) -> Change:
        return cut_patch(
            patch, label, line, new_labels=new_labels, taken=areas.index, reach=reach, snap=snap, weigh=weigh
        )

    return _edited(areas, containers, around(areas, [label]), grid, action, amounts)


def join(
    areas: GeoDataFrame,
    labels: Sequence[Label],
    *,
    containers: GeoDataFrame | None = None,
    keep: Label | None = None,
    weigh: Weigh | None = None,
    allow_parts: bool = False,
    amounts: Iterable[str] = (),
) -> Edit:
    """
    Make one area of several neighbours.

    The label `keep` stays, otherwise that of the heaviest area (by `weigh`, otherwise by ground), with its attributes.

    Parameters
    ----------
    areas
        One row an area, indexed by label.
    labels
        The areas to join.
    containers
        Their containers; only looked at.
    keep, weigh, allow_parts
        See `census_map.coverage.parts.join_patch`.
    amounts
        Columns that hold amounts, to be added up.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import join
    >>> edit = join(areas, ["001", "002"])
    >>> edit.areas.area.to_dict(), edit.removed
    ({'001': 10000.0}, ('002',))
    """

    def action(patch: Patch) -> Change:
        return join_patch(patch, labels, keep=keep, weigh=weigh, allow_parts=allow_parts)

    return _edited(areas, containers, around(areas, labels), None, action, amounts)


def move_border(
    areas: GeoDataFrame,
    labels: tuple[Label, Label],
    line: Geometry,
    *,
    containers: GeoDataFrame | None = None,
    reach: float = 0.0,
    snap: float = 0.0,
    grid: float | None = None,
    allow_parts: bool = False,
    weigh: Weigh | None = None,
    amounts: Iterable[str] = (),
) -> Edit:
    """
    Give the border between two areas a new course by one line; see `census_map.coverage.border.move_border_patch`.

    Parameters
    ----------
    areas, containers, reach, snap, grid
        As for `cut`.
    labels
        The two areas.
    line
        The new course, beginning and ending on their border.
    allow_parts
        Let an area fall into several parts.
    weigh, amounts
        Columns that hold amounts, and what the ground that changes hands weighs.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import LineString
    >>> from census_map.coverage import move_border
    >>> edit = move_border(areas, ("001", "002"), LineString([(50, 0), (60, 50), (50, 100)]))
    >>> edit.areas.area.to_dict()
    {'001': 5500.0, '002': 4500.0}
    """

    def action(patch: Patch) -> Change:
        return move_border_patch(patch, labels, line, reach=reach, snap=snap, allow_parts=allow_parts, weigh=weigh)

    return _edited(areas, containers, around(areas, labels), grid, action, amounts)


def move_vertex(
    areas: GeoDataFrame,
    at: Geometry,
    to: Geometry,
    *,
    containers: GeoDataFrame | None = None,
    tolerance: float = 0.0,
    grid: float | None = None,
) -> Edit:
    """
    Move a corner of a border in all areas that share it.

    Parameters
    ----------
    areas, containers, grid
        As for `cut`.
    at, to
        Points: the corner nearest to `at` within `tolerance` (CRS units) moves to `to`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import Point
    >>> from census_map.coverage import insert_vertex, move_vertex
    >>> bent = move_vertex(insert_vertex(areas, Point(50, 30)).areas, Point(50, 30), Point(60, 30))
    >>> bent.areas.area.to_dict()
    {'001': 5500.0, '002': 4500.0}
    """

    def action(patch: Patch) -> Change:
        return move_vertex_patch(patch, find_vertex(patch, at, tolerance), to)

    return _edited(areas, containers, _near(areas, at, tolerance), grid, action)


def delete_vertex(
    areas: GeoDataFrame, at: Geometry, *, containers: GeoDataFrame | None = None, tolerance: float = 0.0
) -> Edit:
    """
    Take the corner nearest to a Point out of all areas that share it; parameters as for `move_vertex`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import Point
    >>> from census_map.coverage import delete_vertex, insert_vertex
    >>> edit = delete_vertex(insert_vertex(areas, Point(50, 30)).areas, Point(50, 30))
    >>> edit.changed, edit.areas.area.to_dict()
    (('001', '002'), {'001': 5000.0, '002': 5000.0})
    """

    def action(patch: Patch) -> Change:
        return delete_vertex_patch(patch, find_vertex(patch, at, tolerance))

    return _edited(areas, containers, _near(areas, at, tolerance), None, action)


def insert_vertex(
    areas: GeoDataFrame,
    at: Geometry,
    *,
    containers: GeoDataFrame | None = None,
    tolerance: float = 0.0,
    grid: float | None = None,
) -> Edit:
    """
    Insert a corner into the border nearest to a Point, in all areas that share it; see `move_vertex`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import Point
    >>> from census_map.coverage import insert_vertex
    >>> edit = insert_vertex(areas, Point(50, 30))
    >>> [len(shape.exterior.coords) for shape in edit.areas.geometry]
    [6, 6]
    """

    def action(patch: Patch) -> Change:
        return insert_vertex_patch(patch, at, tolerance)

    return _edited(areas, containers, _near(areas, at, tolerance), grid, action)


def claim(
    areas: GeoDataFrame,
    label: Label,
    region: Geometry,
    *,
    containers: GeoDataFrame | None = None,
    snap: float = 0.0,
    grid: float | None = None,
    allow_parts: bool = False,
    weigh: Weigh | None = None,
    amounts: Iterable[str] = (),
) -> Edit:
    """
    Give an area the ground under a drawn polygon, taken from its neighbours in the same container.

    Parameters
    ----------
    areas, containers, snap, grid
        As for `cut`.
    label
        The area that claims; a label not in use makes a new area.
    region
        The drawn polygon.
    allow_parts
        Let areas fall into several parts.
    weigh, amounts
        Columns that hold amounts, and what the ground that changes hands weighs.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import claim
    >>> edit = claim(areas, "001", box(40, 0, 70, 50))
    >>> edit.areas.area.to_dict()
    {'001': 6000.0, '002': 4000.0}
    """

    def action(patch: Patch) -> Change:
        return claim_patch(patch, label, region, snap=snap, allow_parts=allow_parts, weigh=weigh)

    box = around(areas, [label] if label in areas.index else [], region)
    return _edited(areas, containers, box, grid, action, amounts)


def split_part(
    areas: GeoDataFrame,
    label: Label,
    at: Geometry,
    *,
    new_label: Label | None = None,
    weigh: Weigh | None = None,
    amounts: Iterable[str] = (),
) -> Edit:
    """
    Make an area of its own of the part of an area at a Point; the rest keeps the label.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from shapely import Point
    >>> from census_map.coverage import join, split_part
    >>> one = GeoDataFrame(geometry=[box(0, 0, 1, 1).union(box(5, 0, 6, 1))], index=["001"], crs=areas.crs)
    >>> edit = split_part(one, "001", Point(5.5, 0.5), new_label="002")
    >>> edit.areas.area.to_dict()
    {'001': 1.0, '002': 1.0}
    """

    def action(patch: Patch) -> Change:
        return split_part_patch(patch, label, at, new_label=new_label, taken=areas.index, weigh=weigh)

    return _edited(areas, None, around(areas, [label]), None, action, amounts)


def attach_part(areas: GeoDataFrame, label: Label, at: Geometry, to: Label) -> Edit:
    """
    Give the part of an area at a Point to another area, as its exclave or merged where they touch.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import Point, box
    >>> apart = box(0, 0, 1, 1).union(box(5, 0, 6, 1))
    >>> areas = GeoDataFrame(geometry=[apart, box(6, 0, 9, 1)], index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import attach_part
    >>> edit = attach_part(areas, "001", Point(5.5, 0.5), to="002")
    >>> edit.areas.area.to_dict()
    {'001': 1.0, '002': 4.0}
    """

    def action(patch: Patch) -> Change:
        return attach_part_patch(patch, label, at, to)

    return _edited(areas, None, around(areas, [label, to]), None, action)


def weigh_points(points: Mapping[str, Any] | GeoDataFrame, column: str) -> Weigh:
    """
    Weigh pieces by what stands on them.

    Parameters
    ----------
    points
        A layer of points (or of buildings: an inner point counts) in the CRS of the areas.
    column
        Its column of weights, such as persons.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import Point, box
    >>> people = GeoDataFrame({"persons": [7, 5]}, geometry=[Point(1, 1), Point(8, 1)], crs="EPSG:4549")
    >>> from census_map.coverage import weigh_points
    >>> weigh = weigh_points(people, "persons")
    >>> [float(weight) for weight in weigh([box(0, 0, 2, 2), box(7, 0, 9, 2)])]
    [7.0, 5.0]
    """
    inner = shapely.point_on_surface(np.asarray(points["geometry"]))
    weights = np.nan_to_num(np.asarray(points[column], dtype=float))
    tree = shapely.STRtree(inner)

    def weigh(pieces: Sequence[Geometry]) -> Sequence[float]:
        piece, point = tree.query(np.asarray(pieces, dtype=object), predicate="intersects")
        return [float(value) for value in np.bincount(piece, weights[point], minlength=len(pieces))]

    return weigh


def _near(areas: GeoDataFrame, at: Geometry, tolerance: float) -> Boxes:
    """Give the box of all areas that come near to a point."""
    return around(areas, [], shapely.box(*box_of(at, tolerance)))


def _edited(
    areas: GeoDataFrame,
    containers: GeoDataFrame | None,
    box: Boxes,
    grid: float | None,
    action: Action,
    amounts: Iterable[str] = (),
) -> Edit:
    """Cut out the patch, act, and put the change into the frames."""
    patch = cut_out(areas, containers, box, grid)
    return applied(areas, containers, action(patch), amounts)
