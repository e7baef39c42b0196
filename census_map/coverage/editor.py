"""
A coverage held open for editing: finds the neighbourhood of an edit at once, undoes and redoes.

The editor keeps a tree of all areas, and beside it the boxes of those edited since, so that the patch of an edit is
found at once whatever the number of areas; frames are only built when asked for.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
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
from census_map.coverage.frames import (
    blanked,
    box_of,
    fill,
    flat,
    require_unique,
    shared_amounts,
    sources_of,
    unified,
)
from census_map.coverage.parts import attach_part_patch, join_patch, split_part_patch
from census_map.coverage.patch import Boxes, Change, Label, Patch, Weigh
from census_map.coverage.segments import Geometry
from census_map.coverage.shelf import Shelf
from census_map.crs import grid_size


class Editor:
    """
    A session of edits on one coverage.

    Parameters
    ----------
    areas
        One row an area, indexed by label, any CRS. The frame itself is never changed.
    containers
        Their containers, indexed by label, same CRS.
    grid
        Step of the coordinate grid to which new points are rounded (`census_map.crs.grid_size`), or None.
    amounts
        Columns of amounts (persons, households), shared out on cuts and added up on joins.
    weigh
        What pieces weigh, for labels and amounts (`census_map.coverage.edits.weigh_points`); default: ground.
    """

    def __init__(
        self,
        areas: GeoDataFrame,
        containers: GeoDataFrame | None = None,
        *,
        grid: float | None = None,
        amounts: Iterable[str] = (),
        weigh: Weigh | None = None,
    ) -> None:
        require_unique(areas)
        self.grid = grid
        self.weigh = weigh
        self._frame = areas
        self._start = {name: areas[name].tolist() for name in amounts}
        self._areas, self._containers = _shelves(areas, containers)
        self._around = containers
        self._sources: dict[Label, Label | None] = {}  # of areas added here: the row whose attributes they copy
        self._amounts: dict[Label, dict[str, Any]] = {}  # amounts that differ from the frame's
        self._done: list[tuple[Change, dict[Label, dict[str, Any]]]] = []
        self._undone: list[Change] = []

    def __contains__(self, label: Label) -> bool:
        """Tell whether there is an area of this label now."""
        return label in self._areas

    @property
    def frame(self) -> GeoDataFrame:
        """The frame of areas that the session began with."""
        return self._frame

    def polygon(self, label: Label) -> Geometry:
        """Give the polygon an area has now."""
        return self._areas.polygon(label)

    def known(self) -> Container[Label]:
        """Give all labels ever used, so that none is used twice."""
        return self._areas.known()

    def labels(self) -> list[Label]:
        """Give the labels of all areas there are now, in order."""
        return self._areas.labels()

    def cut(
        self,
        label: Label,
        line: Geometry,
        *,
        new_labels: Sequence[Label] | None = None,
        reach: float = 0.0,
        snap: float = 0.0,
    ) -> Change:
        """Cut an area by a line; see `census_map.coverage.edits.cut`."""

        def action(patch: Patch) -> Change:
            return cut_patch(
                patch,
                label,
                line,
                new_labels=new_labels,
                taken=self._areas.known(),
                reach=reach,
                snap=snap,
                weigh=self.weigh,
            )

        return self._edit(self._areas.box([label]), action)

    def join(self, labels: Sequence[Label], *, keep: Label | None = None, allow_parts: bool = False) -> Change:
        """Make one area of several; see `census_map.coverage.edits.join`."""

        def action(patch: Patch) -> Change:
            return join_patch(patch, labels, keep=keep, weigh=self.weigh, allow_parts=allow_parts)

        return self._edit(self._areas.box(labels), action)

    def move_border(
        self,
        labels: tuple[Label, Label],
        line: Geometry,
        *,
        reach: float = 0.0,
        snap: float = 0.0,
        allow_parts: bool = False,
    ) -> Change:
        """Give the border of two areas a new course; see `census_map.coverage.edits.move_border`."""

        def action(patch: Patch) -> Change:
            return move_border_patch(
                patch, labels, line, reach=reach, snap=snap, allow_parts=allow_parts, weigh=self.weigh
            )

        return self._edit(self._areas.box(labels), action)

    def move_vertex(self, at: Geometry, to: Geometry, *, tolerance: float = 0.0) -> Change:
        """Move a corner in all areas that share it; see `census_map.coverage.edits.move_vertex`."""
        return self._edit(
            self._near(at, tolerance), lambda patch: move_vertex_patch(patch, find_vertex(patch, at, tolerance), to)
        )

    def delete_vertex(self, at: Geometry, *, tolerance: float = 0.0) -> Change:
        """Delete a corner in all areas that share it; see `census_map.coverage.edits.delete_vertex`."""
        return self._edit(
            self._near(at, tolerance), lambda patch: delete_vertex_patch(patch, find_vertex(patch, at, tolerance))
        )

    def insert_vertex(self, at: Geometry, *, tolerance: float = 0.0) -> Change:
        """Insert a corner into a border; see `census_map.coverage.edits.insert_vertex`."""
        return self._edit(self._near(at, tolerance), lambda patch: insert_vertex_patch(patch, at, tolerance))

    def claim(self, label: Label, region: Geometry, *, snap: float = 0.0, allow_parts: bool = False) -> Change:
        """Give an area the ground under a polygon; see `census_map.coverage.edits.claim`."""

        def action(patch: Patch) -> Change:
            return claim_patch(patch, label, region, snap=snap, allow_parts=allow_parts, weigh=self.weigh)

        return self._edit(self._areas.box([label] if label in self._areas else [], region), action)

    def split_part(self, label: Label, at: Geometry, *, new_label: Label | None = None) -> Change:
        """Make an area of its own of one part; see `census_map.coverage.edits.split_part`."""

        def action(patch: Patch) -> Change:
            taken = self._areas.known()
            return split_part_patch(patch, label, at, new_label=new_label, taken=taken, weigh=self.weigh)

        return self._edit(self._areas.box([label]), action)

    def attach_part(self, label: Label, at: Geometry, to: Label) -> Change:
        """Give one part of an area to another; see `census_map.coverage.edits.attach_part`."""
        return self._edit(self._areas.box([label, to]), lambda patch: attach_part_patch(patch, label, at, to))

    def patch(self, box: Boxes) -> Patch:
        """Give the neighbourhood of a box (west, south, east, north) as it is now."""
        if self._containers is None:
            return Patch(self._areas.meeting(box), grid=self.grid, box=box)
        around = self._containers.meeting(box)
        corners = [self._containers.corners(label) for label in around]
        return Patch(self._areas.meeting(box), around, self.grid, corners, box)

    def box(self, labels: Iterable[Label], region: Geometry | None = None) -> Boxes:
        """Give the box of some areas and of all that a region meets, for `patch`."""
        return self._areas.box(labels, region)

    def follow(
        self, areas: Mapping[Label, Geometry | None], containers: Mapping[Label, Geometry] | None = None
    ) -> None:
        """
        Take over polygons that were changed elsewhere; edits made here before can no longer be undone.

        Parameters
        ----------
        areas
            New polygon by label; None (or an empty one) removes the area.
        containers
            Containers with their new polygons.
        """
        self._done.clear()
        self._undone.clear()
        for label, polygon in areas.items():
            if polygon is not None and not polygon.is_empty:
                self._areas.put(label, flat([polygon])[0])
            elif label in self._areas:
                self._areas.remove(label)
        if self._containers is not None:
            for label, polygon in (containers or {}).items():
                self._containers.put(label, flat([polygon])[0])

    def apply(self, change: Change) -> None:
        """Take over a change made by a patch function; it can be undone like any other."""
        self._undone.clear()
        self._put(change)

    def undo(self) -> Change | None:
        """Take back the last edit; gives the change that did so, or None when there is nothing to undo."""
        if not self._done:
            return None
        change, amounts = self._done.pop()
        self._undone.append(change)
        back = change.inverse()
        self._store(back)
        for label in change.new:
            self._amounts.pop(label, None)
        self._amounts.update(amounts)
        return back

    def redo(self) -> Change | None:
        """Do the last undone edit again, or give None when there is none."""
        if not self._undone:
            return None
        change = self._undone.pop()
        self._put(change)
        return change

    @property
    def areas(self) -> GeoDataFrame:
        """The areas as they are now, with all attributes; the original rows in their order, new ones after them."""
        labels = self._areas.labels()
        known = self._frame.index
        rows = known.get_indexer(pd.Index([self._origin(label) for label in labels]))
        out = self._frame.take(np.maximum(rows, 0))
        out.index = pd.Index(labels, dtype=known.dtype, name=known.name) if len(labels) else known[:0]
        out[out.geometry.name] = gpd.GeoSeries(self._areas.shapes(), index=out.index, crs=self._frame.crs)
        out = blanked(out, np.flatnonzero(rows < 0).tolist())
        place = {label: row for row, label in enumerate(labels)}
        for column in self._start:
            held = {place[label]: values[column] for label, values in self._amounts.items() if label in place}
            fill(out, column, held)
        return out

    @property
    def containers(self) -> GeoDataFrame | None:
        """The containers as they are now: the same ground, perhaps with more vertices."""
        if self._around is None or self._containers is None:
            return None
        out = self._around.copy(deep=False)
        shapes = self._containers.shapes()
        out[out.geometry.name] = gpd.GeoSeries(shapes, index=out.index, crs=self._around.crs)
        return out

    def _edit(self, box: Boxes, action: Callable[[Patch], Change]) -> Change:
        change = action(self.patch(box))
        self.apply(change)
        return change

    def _near(self, at: Geometry, tolerance: float) -> Boxes:
        """Give the box of all areas that come near to a point."""
        return self._areas.box([], shapely.box(*box_of(at, tolerance)))

    def _put(self, change: Change) -> None:
        held = {label: self._amounts[label] for label in (*change.old, *change.new) if label in self._amounts}
        new: dict[Label, dict[str, Any]] = {}
        sources = sources_of(change)
        for column in self._start:
            before = {label: self.amount(label, column) for label in sources}
            for label, value in shared_amounts(before, change).items():
                new.setdefault(label, {})[column] = value
        self._done.append((change, held))
        self._sources.update(change.origins)
        self._store(change)
        self._amounts.update(new)

    def _store(self, change: Change) -> None:
        for label in change.removed:
            self._areas.remove(label)
        for label, polygon in change.new.items():
            self._areas.put(label, polygon)
        if self._containers is not None:
            for label, polygon in change.containers_new.items():
                self._containers.put(label, polygon)

    def _origin(self, label: Label) -> Label:
        while label in self._sources and self._sources[label] is not None:
            label = self._sources[label]
        return label

    def amount(self, label: Label, column: str) -> Any:
        """Give what an area holds now of an amount."""
        held = self._amounts.get(label)
        if held is not None and column in held:
            return held[column]
        return self._start[column][self._areas.slot(self._origin(label))]


def _shelves(areas: GeoDataFrame, containers: GeoDataFrame | None) -> tuple[Shelf, Shelf | None]:
    """
    Put the polygons of frames on shelves, without heights.

    Points that agree on the grid of the CRS are given the same digits (noise of a reprojection), once for all edits;
    polygons that no edit changes come back as they were given.
    """
    given = list(areas.geometry.values)
    around = [] if containers is None else list(containers.geometry.values)
    shapes = flat([*given, *around])
    if areas.crs is not None:
        shapes = unified(shapes, grid_size(areas.crs), len(shapes))
    shelf = Shelf(list(areas.index), shapes[: len(given)], given)
    if containers is None:
        return shelf, None
    return shelf, Shelf(list(containers.index), shapes[len(given) :], around)
