"""Polygons by label and by place, while they are edited: neighbourhoods at once, whatever their number."""

from collections.abc import Container, Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import Keys
from census_map.coverage.frames import meeting
from census_map.coverage.patch import Boxes, Label, RefusedAt, corners_of
from census_map.coverage.segments import Geometry
from census_map.errors import InputError
from census_map.i18n import _

_FEW = 256  # polygons up to which all boxes are looked at
_MANY = 2000  # polygons edited before the tree of all is built again


class Shelf:
    """
    Polygons by label; a label that comes back returns to its old place.

    A tree holds all polygons there are at first, and beside it stand the boxes of those edited since.

    Parameters
    ----------
    labels
        Different labels.
    shapes
        Their polygons; None for those without.
    given
        What to give back instead of polygons that are not edited (`shapes` may be tidied); default: `shapes`.
    """

    def __init__(self, labels: list[Label], shapes: list[Geometry], given: list[Geometry] | None = None) -> None:
        self._labels = labels
        self._slot = {label: k for k, label in enumerate(labels)}
        self._shapes = shapes
        tidied = enumerate(zip(shapes, given or shapes, strict=True))
        self._given = {k: (tidy, raw) for k, (tidy, raw) in tidied if raw is not tidy}
        self._boxes: Boxes = shapely.bounds(np.asarray(shapes, dtype=object)).reshape(-1, 4)
        self._tree = shapely.STRtree(shapes)
        self._moved: list[int] = []  # slots whose boxes the tree does not know
        self._is_moved = np.zeros(len(labels), dtype=bool)
        self._there = [True] * len(labels)
        self._corners: dict[Label, tuple[Geometry, Keys]] = {}

    def __contains__(self, label: Label) -> bool:
        """Tell whether there is a polygon of this label now."""
        return label in self._slot and self._there[self._slot[label]]

    def known(self) -> Container[Label]:
        """Give all labels ever used."""
        return self._slot

    def labels(self) -> list[Label]:
        """Give the labels there are now, in order."""
        return [label for label, there in zip(self._labels, self._there, strict=True) if there]

    def shapes(self) -> Any:
        """Give the polygons there are now, in order: those not edited as they were given."""
        kept = [self._as_given(k) for k, there in enumerate(self._there) if there]
        out = np.empty(len(kept), dtype=object)
        out[:] = kept
        return out

    def _as_given(self, slot: int) -> Geometry:
        shape = self._shapes[slot]
        tidy, raw = self._given.get(slot, (None, None))
        return raw if tidy is shape and tidy is not None else shape

    def slot(self, label: Label) -> int:
        """Give the place of a label; of one of the first labels its position among them."""
        return self._slot[label]

    def get(self, label: Label) -> Geometry | None:
        """Give a polygon, None where there is none."""
        return self._shapes[self._slot[label]] if label in self else None

    def polygon(self, label: Label) -> Geometry:
        """
        Give a polygon.

        Raises
        ------
        RefusedAt
            There is no such label now.
        """
        if label not in self:
            raise RefusedAt(_("There is no area {area} here: choose another.").format(area=label))
        return self._shapes[self._slot[label]]

    def corners(self, label: Label) -> Keys:
        """Give `corners_of` a polygon, kept as long as it does not change."""
        polygon = self.polygon(label)
        held = self._corners.get(label)
        if held is None or held[0] is not polygon:
            held = self._corners[label] = (polygon, corners_of(polygon))
        return held[1]

    def box(self, labels: Iterable[Label], region: Geometry | None = None) -> Boxes:
        """Give the box of some polygons, and of all that a region meets: west, south, east, north."""
        boxes = [self._boxes[self._slot[label]] for label in labels if self.polygon(label) is not None]
        if region is not None:
            own = shapely.bounds(region)
            boxes += [own, *self._boxes[self._meets(own)]]
        if not boxes:
            raise InputError(_("Choose at least one area."))
        stacked = np.array(boxes)
        box: Boxes = np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])
        return box

    def meeting(self, box: Boxes) -> dict[Label, Geometry]:
        """Give the polygons whose boxes meet a box, in order."""
        return {self._labels[k]: self._shapes[k] for k in self._meets(box).tolist()}

    def _meets(self, box: Boxes) -> NDArray[np.int64]:
        count = len(self._labels)
        if count <= _FEW:
            return np.flatnonzero(meeting(self._boxes[:count], box))
        rows = self._tree.query(shapely.box(*box))
        moved = np.array(self._moved, dtype=np.int64)
        found: NDArray[np.int64] = np.concatenate(
            (rows[~self._is_moved[rows]], moved[meeting(self._boxes[moved], box)])
        )
        found.sort()
        return found

    def put(self, label: Label, polygon: Geometry) -> None:
        """Set a polygon."""
        slot = self._slot.get(label)
        if slot is None:
            slot = self._slot[label] = len(self._labels)
            self._labels.append(label)
            self._shapes.append(polygon)
            self._there.append(True)
            if slot >= len(self._boxes):
                more = max(64, slot // 2)
                self._boxes = np.concatenate((self._boxes, np.full((more, 4), np.nan)))
                self._is_moved = np.concatenate((self._is_moved, np.zeros(more, dtype=bool)))
        self._shapes[slot] = polygon
        self._there[slot] = True
        self._place(slot, shapely.bounds(polygon))

    def remove(self, label: Label) -> None:
        """Take a polygon away."""
        slot = self._slot[label]
        self._there[slot] = False
        self._place(slot, np.full(4, np.nan))

    def _place(self, slot: int, box: Boxes) -> None:
        self._boxes[slot] = box
        if self._is_moved[slot]:
            return
        self._is_moved[slot] = True
        self._moved.append(slot)
        if len(self._moved) > _MANY:
            there = np.array(self._shapes, dtype=object)
            there[~np.array(self._there)] = None
            self._tree = shapely.STRtree(there)
            self._moved.clear()
            self._is_moved[:] = False
