"""
The mini-areas of the edit buffer as the coverage engine knows them: an editor, and the live check beside it.

Rows are known by their number in the layer (a new one has a negative number until it is saved).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from qgis.core import QgsFeature, QgsFeatureRequest, QgsVectorLayer

from census_map.coverage import Editor
from census_map.coverage.faults import Fault
from census_map.coverage.live import LiveCoverage
from census_map.crs import grid_size
from census_map.i18n import _
from census_map.schema import LOCKED

from ..bridge import crs_of
from .values import number, text


class Label(int):
    """The number of a row; in a sentence the name that a clerk knows it by."""

    title: str

    def __new__(cls, fid: int, title: str = "") -> Self:
        """Make a label."""
        made = super().__new__(cls, fid)
        made.title = title
        return made

    def __str__(self) -> str:
        """Give the name."""
        return self.title or _("without number")

    def __format__(self, spec: str) -> str:
        """Give the name, as messages of the engine ask for it."""
        return format(str(self), spec)


@dataclass(frozen=True)
class Row:
    """
    What is known of a mini-area beside its ground.

    Attributes
    ----------
    uid, code, census_area
        Empty where there is none.
    locked
        Whether it may not be changed.
    """

    uid: str
    code: str
    census_area: str
    locked: bool


class Mirror:
    """
    A copy of the layers `mini_area` and `census_area` that follows their edit buffers.

    Parameters
    ----------
    areas, containers
        The two layers.
    digits
        Digits of the number of a mini-area in its code.
    """

    def __init__(self, areas: QgsVectorLayer, containers: QgsVectorLayer, *, digits: int) -> None:
        self._areas, self._containers, self._digits = areas, containers, digits
        self.rows: dict[int, Row] = {}
        self._labels: dict[int, Label] = {}
        self._by_uid: dict[str, int] = {}
        self._crs = crs_of(areas.crs())
        self.grid = grid_size(self._crs)
        shapes = self._read(areas, None)
        self._boxes = self._read_containers()
        frame = _frame([self._labels[fid] for fid in shapes], list(shapes.values()), self._crs)
        around = _frame(list(self._boxes), list(self._boxes.values()), self._crs)
        self.editor = Editor(frame, around, grid=self.grid)
        self.live = LiveCoverage(frame, around)

    def label(self, fid: int) -> Label:
        """Give the label of a row; of one that is not there any more, its number alone."""
        return self._labels.get(fid) or Label(fid)

    def polygon(self, fid: int) -> Any:
        """Give the polygon of a mini-area, None where there is none."""
        return self.editor.polygon(fid) if fid in self.editor else None

    def fids(self) -> list[int]:
        """Give the rows that have ground."""
        return [int(label) for label in self.editor.labels()]

    def at(self, x: float, y: float) -> int | None:
        """Give the mini-area at a place, in the layer's coordinates."""
        near = self.editor.patch(np.array([x, y, x, y])).areas
        return next((int(fid) for fid, shape in near.items() if shapely.intersects_xy(shape, x, y)), None)

    def near(self, x: float, y: float, distance: float) -> list[int]:
        """Give the mini-areas that come nearer to a place than a distance, the nearest first."""
        box = np.array([x - distance, y - distance, x + distance, y + distance])
        point = shapely.Point(x, y)
        found = [(shapely.distance(shape, point), int(fid)) for fid, shape in self.editor.patch(box).areas.items()]
        return [fid for apart, fid in sorted(found) if apart <= distance]

    def by_uid(self, uid: str) -> int | None:
        """Give the row of an identifier."""
        fid = self._by_uid.get(uid)
        return fid if fid is not None and fid in self.rows and self.rows[fid].uid == uid else None

    def follow(self, fids: Iterable[int]) -> dict[int, tuple[Any, Any]]:
        """
        Take over what has changed of some mini-areas.

        Returns
        -------
        moved
            Polygon before and after, by row, of those whose ground is another now.
        """
        wanted = set(fids)
        before = {fid: self.polygon(fid) for fid in wanted}
        now = self._read(self._areas, wanted)
        for fid in wanted - set(now):
            self.rows.pop(fid, None)
        moved = {}
        for fid in sorted(wanted):
            shape = now.get(fid)
            if not _same(before[fid], shape):
                moved[fid] = (before[fid], shape)
        changes: dict[Any, Any] = {self.label(fid): shape for fid, (_old, shape) in moved.items()}
        self.editor.follow(changes)
        if changes:
            self.live.update(changes)
        return moved

    def follow_containers(self) -> None:
        """Take over changed census areas; the live check begins anew, because what it proves against has changed."""
        now = self._read_containers()
        changed = {fid: shape for fid, shape in now.items() if not _same(self._boxes.get(fid), shape)}
        if not changed and now.keys() == self._boxes.keys():
            return
        frame = _frame(self.editor.labels(), [self.editor.polygon(label) for label in self.editor.labels()], self._crs)
        around = _frame(list(now), list(now.values()), self._crs)
        if now.keys() == self._boxes.keys():
            self.editor.follow({}, changed)
        else:
            self.editor = Editor(frame, around, grid=self.grid)
        self._boxes = now
        self.live = LiveCoverage(frame, around)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults there are now."""
        return self.live.faults

    def container_uid(self, fid: int) -> str:
        """Give the identifier of a census area."""
        feature = self._containers.getFeature(fid)
        return text(feature["uid"]) if feature.isValid() else ""

    def _read(self, layer: QgsVectorLayer, wanted: set[int] | None) -> dict[int, Any]:
        """Read rows of mini-areas, and give the shapes of those that have ground."""
        names = ("uid", "code", "census_area_uid", "status", "name")
        request = QgsFeatureRequest().setSubsetOfAttributes(list(names), layer.fields())
        if wanted is not None:
            request.setFilterFids(list(wanted))
        fids, shapes = [], []
        for feature in layer.getFeatures(request):
            fid = feature.id()
            uid, code, home, status, name = (feature[column] for column in names)
            self.rows[fid] = Row(text(uid), text(code), text(home), number(status) >= LOCKED)
            self._by_uid[text(uid)] = fid
            title = text(code)[-self._digits :] or text(name)
            if fid not in self._labels or self._labels[fid].title != title:
                self._labels[fid] = Label(fid, title)
            if feature.hasGeometry():
                fids.append(fid)
                shapes.append(bytes(feature.geometry().asWkb()))
        read = shapely.from_wkb(np.array(shapes, dtype=object), on_invalid="ignore")
        return {fid: shape for fid, shape in zip(fids, read, strict=True) if shape is not None and not shape.is_empty}

    def _read_containers(self) -> dict[int, Any]:
        request = QgsFeatureRequest().setNoAttributes()
        rows: list[QgsFeature] = [row for row in self._containers.getFeatures(request) if row.hasGeometry()]
        shapes = shapely.from_wkb(np.array([bytes(row.geometry().asWkb()) for row in rows], dtype=object))
        return {row.id(): shape for row, shape in zip(rows, shapes, strict=True)}


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or bool(shapely.equals_exact(one, other, 0.0))


def _frame(labels: list[Any], shapes: list[Any], crs: Any) -> GeoDataFrame:
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return GeoDataFrame(geometry=geometry, index=pd.Index(labels, dtype=object), crs=crs)
