"""
A coverage held open for editing: finds the neighbourhood of an edit at once, undoes and redoes.

The editor keeps every area's box in one array, so the patch of an edit is found by four comparisons a row, whatever
the number of areas; frames are only built when asked for.
"""

from collections.abc import Callable, Container, Iterable, Sequence
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
    Boxes,
    blanked,
    box_of,
    make_patch,
    meeting,
    require_unique,
    shared_amounts,
    unified,
)
from census_map.coverage.parts import attach_part_patch, join_patch, split_part_patch
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh
from census_map.coverage.segments import Geometry
from census_map.crs import grid_size
from census_map.errors import InputError
from census_map.i18n import _


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
        self._amount_columns = tuple(amounts)
        self._areas = _Shelf(areas)
        self._containers = None if containers is None else _Shelf(containers)
        self._around = containers
        self._same = self._noise(areas)
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
            box_of(at, tolerance), lambda patch: move_vertex_patch(patch, find_vertex(patch, at, tolerance), to)
        )

    def delete_vertex(self, at: Geometry, *, tolerance: float = 0.0) -> Change:
        """Delete a corner in all areas that share it; see `census_map.coverage.edits.delete_vertex`."""
        return self._edit(
            box_of(at, tolerance), lambda patch: delete_vertex_patch(patch, find_vertex(patch, at, tolerance))
        )

    def insert_vertex(self, at: Geometry, *, tolerance: float = 0.0) -> Change:
        """Insert a corner into a border; see `census_map.coverage.edits.insert_vertex`."""
        return self._edit(box_of(at, tolerance), lambda patch: insert_vertex_patch(patch, at, tolerance))

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
        around = {} if self._containers is None else self._containers.meeting(box)
        return make_patch(self._areas.meeting(box), around, grid=self.grid, same=self._same)

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
        for label, values in self._amounts.items():
            for column, value in values.items():
                if label in self._areas:
                    out.loc[label, column] = value
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

    def _noise(self, areas: GeoDataFrame) -> float | None:
        """Give the step on which coordinates agree, if digits beyond it differ anywhere; edits never add such noise."""
        if areas.crs is None:
            return None
        same = grid_size(areas.crs)
        shapes = [*self._areas.shapes(), *([] if self._containers is None else self._containers.shapes())]
        return None if unified(shapes, same, len(shapes)) is shapes else same

    def _edit(self, box: Boxes, action: Callable[[Patch], Change]) -> Change:
        change = action(self.patch(box))
        self.apply(change)
        return change

    def _put(self, change: Change) -> None:
        held = {label: self._amounts[label] for label in (*change.old, *change.new) if label in self._amounts}
        new: dict[Label, dict[str, Any]] = {}
        for column in self._amount_columns:
            before = pd.Series({label: self._amount(label, column) for label in change.old})
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

    def _amount(self, label: Label, column: str) -> Any:
        held = self._amounts.get(label, {})
        return held[column] if column in held else self._frame.at[self._origin(label), column]


class _Shelf:
    """Polygons by label with their boxes; a label that comes back returns to its old place."""

    def __init__(self, frame: GeoDataFrame) -> None:
        self._labels: list[Label] = list(frame.index)
        self._slot = {label: k for k, label in enumerate(self._labels)}
        self._shapes: list[Geometry] = list(frame.geometry.values)
        # Columns side by side: every edit compares whole columns.
        self._boxes: Boxes = np.asfortranarray(shapely.bounds(np.asarray(self._shapes, dtype=object)).reshape(-1, 4))
        self._there = [True] * len(self._labels)

    def __contains__(self, label: Label) -> bool:
        return label in self._slot and self._there[self._slot[label]]

    def known(self) -> Container[Label]:
        """All labels ever used, so that none is used twice."""
        return self._slot

    def labels(self) -> list[Label]:
        return [label for label, there in zip(self._labels, self._there, strict=True) if there]

    def shapes(self) -> Any:
        kept = [shape for shape, there in zip(self._shapes, self._there, strict=True) if there]
        out = np.empty(len(kept), dtype=object)
        out[:] = kept
        return out

    def polygon(self, label: Label) -> Geometry:
        if label not in self:
            raise RefusedAt(_("There is no area {area} here: choose another.").format(area=label))
        return self._shapes[self._slot[label]]

    def box(self, labels: Iterable[Label], region: Geometry | None = None) -> Boxes:
        boxes = [shapely.bounds(self.polygon(label)) for label in labels]
        if region is not None:
            own = shapely.bounds(region)
            boxes += [own, *self._boxes[: len(self._labels)][self._meets(own)]]
        if not boxes:
            raise InputError(_("Choose at least one area."))
        stacked = np.vstack(boxes)
        box: Boxes = np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])
        return box

    def _meets(self, box: Boxes) -> Any:
        return np.flatnonzero(meeting(self._boxes[: len(self._labels)], box))

    def meeting(self, box: Boxes) -> dict[Label, Geometry]:
        return {self._labels[k]: self._shapes[k] for k in self._meets(box).tolist()}

    def put(self, label: Label, polygon: Geometry) -> None:
        slot = self._slot.get(label)
        if slot is None:
            slot = self._slot[label] = len(self._labels)
            self._labels.append(label)
            self._shapes.append(polygon)
            self._there.append(True)
            if slot >= len(self._boxes):
                more = np.full((max(64, slot // 2), 4), np.nan)
                self._boxes = np.asfortranarray(np.vstack([self._boxes, more]))
        self._shapes[slot] = polygon
        self._there[slot] = True
        self._boxes[slot] = shapely.bounds(polygon)

    def remove(self, label: Label) -> None:
        slot = self._slot[label]
        self._there[slot] = False
        self._boxes[slot] = np.nan
