"""
Where the buildings stand and who lives in them: the figures of any piece of ground, at once.

Arrays, because the figures follow the cursor: a box picks the buildings, and the few that are left are looked at
exactly. Counts are those of the summary view, of a building that is only in the edit buffer its own.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from qgis.core import QgsFeature, QgsFeatureRequest, QgsVectorLayer

from census_map.workspace.geopackage import decode_geometries

from .values import number, text

_COLUMNS = ("uid", "mini_area_uid", "number", "households", "persons")


@dataclass(frozen=True)
class Figures:
    """Who lives on a piece of ground."""

    persons: int
    households: int
    buildings: int

    def amount(self, by: str) -> int:
        """Give the figure that the size of mini-areas goes by, `persons` or `households`."""
        return self.persons if by == "persons" else self.households


class Buildings:
    """
    The buildings of the edit buffer as points with counts.

    Parameters
    ----------
    layer
        The layer `building`.
    path
        The workspace: a building's roster households and dwelling units are counted there.
    """

    def __init__(self, layer: QgsVectorLayer, path: Path) -> None:
        self._layer = layer
        self._counts: dict[str, tuple[int, int]] = {}
        self.in_parts: set[str] = set()
        self._rows: dict[int, int] = {}
        self.fid: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.xy: NDArray[np.float64] = np.zeros((0, 2))
        self._numbers: NDArray[np.int64] = np.zeros((0, 3), dtype=np.int64)  # households, persons, number
        self.shapes: NDArray[np.object_] = np.zeros(0, dtype=object)
        self.uid: NDArray[np.object_] = np.zeros(0, dtype=object)
        self.area: NDArray[np.object_] = np.zeros(0, dtype=object)
        self._load(path)
        if layer.isModified():
            self.follow([row.id() for row in layer.getFeatures(QgsFeatureRequest().setNoAttributes())])

    def inside(self, shape: Any) -> NDArray[np.int64]:
        """Give the places in the arrays of the buildings whose inner point lies on some ground."""
        west, south, east, north = shapely.bounds(shape).tolist()
        x, y = self.xy[:, 0], self.xy[:, 1]
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        if not len(near):
            return near
        return near[shapely.intersects_xy(shape, self.xy[near, 0], self.xy[near, 1])]

    def met_by(self, shape: Any, reach: float) -> NDArray[np.int64]:
        """Give the places of the buildings whose outline meets a line or ground; none is larger than `reach`."""
        west, south, east, north = shapely.bounds(shape).tolist()
        x, y = self.xy[:, 0], self.xy[:, 1]
        near = (x >= west - reach) & (x <= east + reach) & (y >= south - reach) & (y <= north + reach)
        rows = np.flatnonzero(near)
        return rows[shapely.intersects(self.shapes[rows], shape)]

    def of(self, shape: Any) -> Figures:
        """Count who lives on some ground."""
        rows = self.inside(shape)
        households, persons = self._numbers[rows, :2].sum(axis=0).tolist()
        return Figures(persons, households, len(rows))

    def weigh(self, pieces: Sequence[Any]) -> Sequence[float]:
        """Give the persons on each piece of ground, for the coverage engine."""
        return [float(self._numbers[self.inside(piece), 1].sum()) for piece in pieces]

    def largest_number(self, area: str, *, but: Iterable[int] = ()) -> int:
        """Give the largest number of a building noted for a mini-area, leaving some rows out."""
        rows = (self.area == area) & ~np.isin(self.fid, list(but))
        return int(self._numbers[rows, 2].max(initial=0))

    def place(self, fid: int) -> int | None:
        """Give the place of a row in the arrays."""
        return self._rows.get(fid)

    def follow(self, fids: Iterable[int]) -> None:
        """Take over what has changed of some rows."""
        wanted = set(fids)
        request = (
            QgsFeatureRequest().setFilterFids(list(wanted)).setSubsetOfAttributes(list(_COLUMNS), self._layer.fields())
        )
        now: dict[int, QgsFeature] = {row.id(): row for row in self._layer.getFeatures(request)}
        # New rows count down from -1: numbers are given in the order in which houses were made.
        for fid in sorted(wanted, key=lambda fid: (fid < 0, abs(fid))):
            row = now.get(fid)
            if row is None or not row.hasGeometry():
                if fid in self._rows:
                    place = self._rows[fid]
                    self.xy[place], self.shapes[place], self.area[place] = np.nan, None, ""
                continue
            self._put(fid, row)

    def _put(self, fid: int, row: QgsFeature) -> None:
        place = self._rows.get(fid)
        if place is None:
            place = self._rows[fid] = len(self.fid)
            self.fid = np.append(self.fid, fid)
            self.xy = np.vstack([self.xy, [[np.nan, np.nan]]])
            self._numbers = np.vstack([self._numbers, [[0, 0, 0]]])
            self.shapes = np.append(self.shapes, None)
            self.uid, self.area = np.append(self.uid, ""), np.append(self.area, "")
        shape = shapely.from_wkb(bytes(row.geometry().asWkb()), on_invalid="ignore")
        self.shapes[place] = shape
        self.xy[place] = _inner(np.array([shape], dtype=object))[0]
        uid = text(row["uid"])
        counted = self._counts.get(uid, (number(row["households"]), number(row["persons"])))
        self._numbers[place] = (*counted, number(row["number"]))
        self.uid[place], self.area[place] = uid, text(row["mini_area_uid"])

    def _load(self, path: Path) -> None:
        """Read all buildings of the file, without QGIS in between."""
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT b.fid, b.uid, b.mini_area_uid, b.number, s.households, s.persons, b.geometry FROM building b "
                "JOIN building_summary s ON s.uid = b.uid WHERE b.geometry IS NOT NULL"
            ).fetchall()
            self.in_parts = {
                uid for (uid,) in connection.execute("SELECT DISTINCT building_uid FROM building_part").fetchall()
            }
        if not rows:
            return
        fid, uid, area, numbers, households, persons, shapes = zip(*rows, strict=True)
        self.fid = np.array(fid, dtype=np.int64)
        self._rows = dict(zip(fid, range(len(fid)), strict=True))
        self.shapes = decode_geometries(list(shapes))
        self.xy = _inner(self.shapes)
        self._numbers = np.array(
            [[int(value or 0) for value in column] for column in (households, persons, numbers)], dtype=np.int64
        ).T.copy()
        self.uid = np.array([value or "" for value in uid], dtype=object)
        self.area = np.array([value or "" for value in area], dtype=object)
        self._counts = {
            name: (int(a or 0), int(b or 0)) for name, a, b in zip(uid, households, persons, strict=True) if name
        }


def _inner(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Give an inner point of each shape, NaN for those that have none; shape (n, 2)."""
    points = shapely.point_on_surface(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
