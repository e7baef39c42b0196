"""
Vertices that a split puts on existing borders, carried to everything that shares those borders.

A new border that ends in the middle of an edge needs a vertex there on both sides; without it the two sides would no
longer be the same line. Locked mini-areas take no vertex: a border that would end on them moves to the next vertex
they have.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray

from census_map.delineate import SplitResult
from census_map.delineate.redraw import insert_vertices
from census_map.i18n import ngettext
from census_map.schema import LOCKED
from census_map.workspace import Workspace, Write

Edge = tuple[float, float, float, float]
Place = tuple[float, float]


@dataclass
class Seam:
    """
    The vertices to insert, and the rows that get them.

    Attributes
    ----------
    stops
        Edge (ends sorted) → places on it.
    moved
        Place → the vertex it gives way to, on borders of locked mini-areas.
    rows
        Table → rows with their new geometry.
    problems
        What a person should know.
    """

    stops: dict[Edge, list[Place]] = field(default_factory=dict)
    moved: dict[Place, Place] = field(default_factory=dict)
    rows: dict[str, GeoDataFrame] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, workspace: Workspace, result: SplitResult, *, drafts: pd.Index) -> "Seam":
        """
        Collect the vertices of a split.

        Parameters
        ----------
        workspace
            Its census areas, township and mini-areas share the borders.
        result
            The split.
        drafts
            Mini-areas that the split replaces.
        """
        seam = cls()
        for split in result.splits:
            for edge, places in split.stops.items():
                seam.stops.setdefault(edge, []).extend(places)
        if not seam.stops:
            return seam
        minis = workspace.read("mini_area", columns=["status", "geometry"], where="geometry IS NOT NULL")
        minis = minis[~minis.index.isin(drafts)]
        locked = (minis["status"] >= LOCKED).fillna(value=False)
        seam._yield_to(minis.geometry[locked])
        for table, rows in (
            ("township", workspace.read("township", columns=["geometry"])),
            ("census_area", workspace.read("census_area", columns=["geometry"])),
            ("mini_area", minis[~locked][["geometry"]]),
        ):
            seam._collect(table, rows)
        return seam

    def shape(self, shape: Any) -> Any:
        """Give a polygon with the vertices on it."""
        return None if shape is None else insert_vertices(shape, self.stops)

    def settle(self, shapes: GeoSeries) -> NDArray[np.object_]:
        """Move the vertices of new parts that gave way to a locked border."""
        array = np.array(shapes.to_numpy(), dtype=object)
        if not self.moved:
            return array
        xy = shapely.get_coordinates(array)
        for row, place in enumerate(map(tuple, xy.tolist())):
            if place in self.moved:
                xy[row] = self.moved[place]
        moved: NDArray[np.object_] = shapely.remove_repeated_points(shapely.set_coordinates(array, xy))
        return moved

    def write(self, write: Write) -> None:
        """Write the rows that got vertices."""
        for table, rows in self.rows.items():
            write.update(table, rows)

    def _yield_to(self, locked: GeoSeries) -> None:
        closed = _edges(locked) & set(self.stops)
        for edge in closed:
            ax, ay, bx, by = edge
            for x, y in self.stops.pop(edge):
                near = (ax, ay) if np.hypot(x - ax, y - ay) <= np.hypot(x - bx, y - by) else (bx, by)
                self.moved[x, y] = near
        if self.moved:
            self.problems.append(
                ngettext(
                    "{n} new border ends at the nearest corner of a locked mini-area: look at it.",
                    "{n} new borders end at the nearest corner of a locked mini-area: look at them.",
                    len(self.moved),
                ).format(n=len(self.moved))
            )

    def _collect(self, table: str, rows: GeoDataFrame) -> None:
        fuller = {uid: self.shape(shape) for uid, shape in rows.geometry.items() if shape is not None}
        changed = [uid for uid, shape in fuller.items() if shape is not rows.geometry[uid]]
        if changed:
            self.rows[table] = GeoDataFrame(
                geometry=[fuller[uid] for uid in changed], index=pd.Index(changed, dtype=object), crs=rows.crs
            )


def _edges(shapes: Iterable[Any]) -> set[Edge]:
    edges: set[Edge] = set()
    for shape in shapes:
        for polygon in shapely.get_parts(shape):
            for ring in (polygon.exterior, *polygon.interiors):
                points = list(map(tuple, shapely.get_coordinates(ring).tolist()))
                edges.update((*min(a, b), *max(a, b)) for a, b in pairwise(points))
    return edges
