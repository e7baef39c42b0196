"""
Vertices that a split puts on existing borders, carried to everything that shares those borders.

A new border that ends in the middle of an edge needs a vertex there on both sides; without it the two sides would no
longer be the same line. Locked mini-areas take no vertex: a border that would end on them moves to a vertex they have,
the nearer one unless that would cut a building; where both would, it runs along the locked border to get there.
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

from census_map.crs import snap_coordinates
from census_map.delineate.redraw import Edge, Stops, insert_vertices
from census_map.i18n import ngettext
from census_map.schema import LOCKED
from census_map.workspace import Workspace, Write

Place = tuple[float, float]


@dataclass(frozen=True)
class Detour:
    """The way of a border that cannot end where it would: from the vertex `before` the end on to another corner."""

    before: Place | None
    way: tuple[Place, ...]


@dataclass
class Seam:
    """
    The vertices to insert, and the rows that get them.

    Attributes
    ----------
    stops
        Edge (ends sorted) → places on it.
    moved
        Place on the border of a locked mini-area → how the border runs on from the vertex before it, to one that the
        locked one has.
    rows
        Table → rows with their new geometry.
    problems
        What a person should know.
    """

    stops: dict[Edge, list[Place]] = field(default_factory=dict)
    moved: dict[Place, "Detour"] = field(default_factory=dict)
    rows: dict[str, GeoDataFrame] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        stops: Stops,
        *,
        replaced: pd.Index,
        fine: Iterable[Any] = (),
        buildings: GeoSeries | None = None,
    ) -> "Seam":
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
        fine, buildings
            New mini-areas, and what a border that gives way to a locked mini-area must not cut.
        """
        seam = cls({edge: list(places) for edge, places in stops.items()})
        if not seam.stops:
            return seam
        minis = workspace.read("mini_area", columns=["status", "geometry"], where="geometry IS NOT NULL")
        minis = minis[~minis.index.isin(replaced)]
        locked = (minis["status"] >= LOCKED).fillna(value=False)
        seam._yield_to(minis.geometry[locked], fine, buildings, workspace.grid)
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
        return np.array([self._redirected(shape) for shape in array], dtype=object)

    def _redirected(self, shape: Any) -> Any:
        """Lead the borders of a new part round by their detours."""
        places = set(map(tuple, shapely.get_coordinates(shape).tolist()))
        if places.isdisjoint(self.moved):
            return shape
        polygons = []
        for polygon in shapely.get_parts(shape):
            shell, *holes = (self._led_round(ring) for ring in (polygon.exterior, *polygon.interiors))
            polygons.append(shapely.Polygon(shell, holes))
        return polygons[0] if shape.geom_type == "Polygon" else shapely.MultiPolygon(polygons)

    def _led_round(self, ring: Any) -> list[Place]:
        points = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1]]
        out: list[Place] = []
        for k, point in enumerate(points):
            detour = self.moved.get(point)
            if detour is None:
                out.append(point)
            else:
                out.extend(detour.way if points[k - 1] == detour.before else detour.way[::-1])
        return [point for k, point in enumerate(out) if point != out[k - 1]]

    def write(self, write: Write) -> None:
        """Write the rows that got vertices."""
        for table, rows in self.rows.items():
            write.update(table, rows)

    def _yield_to(self, locked: GeoSeries, fine: Iterable[Any], buildings: GeoSeries | None, grid: float) -> None:
        closed = _edges(locked) & set(self.stops)
        if not closed:
            return
        legs = _legs_by_end(fine)
        houses = np.array([] if buildings is None else buildings.dropna(), dtype=object)
        tree = shapely.STRtree(houses)
        for edge in closed:
            for place in self.stops.pop(edge):
                self.moved[place] = _detour(place, edge, legs.get(place, set()), tree, grid)
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


ASIDE = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""Where on its last leg a border turns aside to run along the locked border that it cannot end on; tried in turn."""


def _detour(place: Place, edge: Edge, neighbours: set[Place], houses: shapely.STRtree, grid: float) -> Detour:
    """
    Choose the corner of a closed edge at which a border ends instead, and the way there.

    Parameters
    ----------
    place, edge
        Where the border would end, and the edge that takes no vertex.
    neighbours
        The vertices beside that place in the new mini-areas.
    houses, grid
        What should not be cut, and the step of coordinates.
    """
    ends = ((edge[0], edge[1]), (edge[2], edge[3]))
    near, far = sorted(ends, key=lambda end: np.hypot(place[0] - end[0], place[1] - end[1]))
    line = shapely.LineString(ends)
    # What lies on the edge itself is no more than a rounding step beside it.
    inner = [p for p in neighbours if p not in ends and line.distance(shapely.Point(p)) > 2 * grid]
    if len(inner) != 1:
        return Detour(None, (near,))
    before = inner[0]
    for corner in (near, far):
        if _is_clear(shapely.Polygon([before, place, corner]), houses):
            return Detour(before, (corner,))
    for corner in (near, far):
        aside = _aside(before, place, corner, houses, grid)
        if aside is not None:
            return Detour(before, (aside, corner))
    return Detour(before, (near,))


def _is_clear(swept: shapely.Polygon, houses: shapely.STRtree) -> bool:
    near = houses.geometries[houses.query(swept, predicate="intersects")]
    return not bool(shapely.relate_pattern(near, swept, "T********").any())


def _aside(before: Place, place: Place, corner: Place, houses: shapely.STRtree, grid: float) -> Place | None:
    """Find a turn close beside the closed edge from which the way to a corner meets no house."""
    last = shapely.LineString([place, before])
    for part in ASIDE:
        turn = snap_coordinates(shapely.get_coordinates(last.interpolate(part, normalized=True)), grid)[0]
        x, y = float(turn[0]), float(turn[1])
        if (x, y) not in {place, before} and _is_clear(shapely.Polygon([(x, y), place, corner]), houses):
            return (x, y)
    return None


def _legs_by_end(shapes: Iterable[Any]) -> dict[Place, set[Place]]:
    """Give the vertices beside each vertex of some polygons."""
    beside: dict[Place, set[Place]] = {}
    for start, end in _directed(shapes):
        beside.setdefault(start, set()).add(end)
        beside.setdefault(end, set()).add(start)
    return beside


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
