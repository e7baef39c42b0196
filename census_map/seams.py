"""
Vertices that a split puts on existing borders, carried to everything that shares those borders.

A new border that ends in the middle of an edge needs a vertex there on both sides; without it the two sides would no
longer be the same line. Locked mini-areas take no vertex: a border that would end on them moves to the next vertex
they have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray

from census_map.delineate.redraw import Edge, Stops, insert_vertices
from census_map.i18n import ngettext
from census_map.schema import LOCKED
from census_map.workspace import Workspace, Write

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
    def of(cls, workspace: Workspace, stops: Stops, *, replaced: pd.Index) -> "Seam":
        """
        Carry vertices to everything that shares the borders on which they lie.

        Parameters
        ----------
        workspace
            Its census areas, township and mini-areas share the borders.
        stops
            The vertices, see `missing_vertices`.
        replaced
            Mini-areas that are drawn anew or go.
        """
        seam = cls({edge: list(places) for edge, places in stops.items()})
        if not seam.stops:
            return seam
        minis = workspace.read("mini_area", columns=["status", "geometry"], where="geometry IS NOT NULL")
        minis = minis[~minis.index.isin(replaced)]
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
        """
        Fit new parts into their seams.

        Vertices that gave way to a locked border move, and what a neighbour's part needs on a common border is added.
        """
        fuller = _with_pieces(self.stops)
        array = np.array([insert_vertices(shape, fuller) for shape in shapes], dtype=object)
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


def missing_vertices(fine: Iterable[Any], beside: Iterable[Any], around: Iterable[Any]) -> Stops:
    """
    Find the vertices that some polygons have on the borders of others which lack them.

    Parameters
    ----------
    fine
        Polygons with the vertices.
    beside, around
        Polygons that fill, together with the fine ones, those around.

    Returns
    -------
    stops
        For each edge beside or around that the fine ones run along in several steps, the places between its ends.
    """
    steps = _directed(fine)
    lacking = _directed(beside) | {(end, start) for start, end in _directed(around)}
    lacking -= {(end, start) for start, end in lacking}
    open_steps = steps - {(end, start) for start, end in steps} - {(end, start) for start, end in lacking}
    onward: dict[Place, list[Place]] = {}
    for start, end in open_steps:
        onward.setdefault(start, []).append(end)
    stops: Stops = {}
    for start, end in lacking - {(end, start) for start, end in steps}:
        if places := _walk(onward, end, start):
            stops[*min(start, end), *max(start, end)] = places
    return stops


def _walk(onward: dict[Place, list[Place]], start: Place, end: Place) -> list[Place]:
    """Follow the steps along a straight edge from one end to the other; empty when they do not lead there."""
    places: list[Place] = []
    here = start
    while here != end:
        ahead = [there for there in onward.get(here, ()) if there != here and _between(here, there, end)]
        if not ahead:
            return []
        here = min(ahead, key=lambda there: _off(start, end, there))
        places.append(here)
    return places[:-1]


def _between(here: Place, there: Place, end: Place) -> bool:
    """Tell whether a step leads towards the end and not past it."""
    return all(min(a, b) <= c <= max(a, b) for a, b, c in zip(here, end, there, strict=True))


def _off(start: Place, end: Place, place: Place) -> float:
    """Give how far a place lies beside an edge, times the edge's length."""
    return abs((end[0] - start[0]) * (place[1] - start[1]) - (end[1] - start[1]) * (place[0] - start[0]))


def _directed(shapes: Iterable[Any]) -> set[tuple[Place, Place]]:
    """List the edges of polygons with the ground on their left."""
    return {step for shape in shapes for ring in _rings(shape) for step in pairwise(ring)}


def _rings(shape: Any) -> Iterator[list[Place]]:
    for polygon in shapely.get_parts(shape):
        for ring, is_hole in ((polygon.exterior, False), *((hole, True) for hole in polygon.interiors)):
            points = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)]
            yield points if bool(shapely.is_ccw(ring)) != is_hole else points[::-1]


def _edges(shapes: Iterable[Any]) -> set[Edge]:
    return {(*min(a, b), *max(a, b)) for a, b in _directed(shapes)}


def _with_pieces(stops: Stops) -> Stops:
    """Name the pieces of edges that carry several vertices, so that a part that has some of them gets the others."""
    fuller = dict(stops)
    for (ax, ay, bx, by), places in stops.items():
        a, b = (ax, ay), (bx, by)
        row = [a, *sorted(set(places), key=lambda p: (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])), b]
        for i, one in enumerate(row):
            for j in range(i + 2, len(row)):
                fuller[*min(one, row[j]), *max(one, row[j])] = row[i + 1 : j]
    return fuller
