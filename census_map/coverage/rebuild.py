"""Put vertices into polygons, or take them out, every ring keeping its start and direction."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.patch import Label
from census_map.coverage.segments import Edge, Geometry, Points, single_ring

Inserts = dict[Edge, Points]  # points to insert into an edge, in order from its lesser end


def refine(geometry: Geometry, inserts: Mapping[Edge, Points]) -> Geometry:
    """
    Insert points into the edges of a polygon.

    Parameters
    ----------
    geometry
        A polygon or multipolygon.
    inserts
        Points by edge; edges that the polygon does not have are ignored.

    Returns
    -------
    refined
        The same object when no edge of it receives a point; otherwise the polygon with the points, every ring keeping
        its start and direction.
    """
    return refine_all([geometry], inserts).get(0, geometry)


def refine_all(geometries: Sequence[Geometry], inserts: Mapping[Edge, Points]) -> dict[int, Geometry]:
    """
    Insert points into the edges of many polygons.

    Returns
    -------
    refined
        Position and new polygon of those that own an edge that receives points.
    """
    if not inserts or not geometries:
        return {}
    xy, owner = shapely.get_coordinates(np.array(geometries, dtype=object), return_index=True)
    x = np.ascontiguousarray(xy[:, 0])
    hits: dict[int, list[tuple[int, Points]]] = {}
    for (ax, ay, bx, by), points in inserts.items():
        for k in np.flatnonzero(x == ax).tolist():
            if xy[k, 1] != ay:
                continue
            for place, beside, run in ((k + 1, k + 1, points), (k, k - 1, points[::-1])):
                if 0 <= beside < len(x) and x[beside] == bx and xy[beside, 1] == by and owner[beside] == owner[k]:
                    hits.setdefault(int(owner[k]), []).append((place, run))
    refined = {}
    for k, found in sorted(hits.items()):
        at, after = np.searchsorted(owner, (k, k + 1))
        ring = _ring_numbers(geometries[k])
        within = [(place - at, run) for place, run in found if ring[place - at] == ring[place - at - 1]]
        if within:
            places = np.concatenate([np.full(len(run), place) for place, run in within])
            points = np.concatenate([run for _place, run in within])
            refined[k] = rebuilt(geometries[k], xy[at:after], insert_at=places, insert=points)
    return refined


def refine_named(polygons: Mapping[Label, Geometry], inserts: Inserts) -> dict[Label, Geometry]:
    """Insert points into the edges of polygons by label; all are returned."""
    found = refine_all(list(polygons.values()), inserts)
    return {label: found.get(k, polygon) for k, (label, polygon) in enumerate(polygons.items())}


def _ring_numbers(geometry: Geometry) -> NDArray[np.int64]:
    if single_ring(geometry):
        return np.zeros(shapely.get_num_coordinates(geometry), dtype=np.int64)
    rings = shapely.get_rings(shapely.get_parts(geometry))
    return np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))


def rebuilt(
    geometry: Geometry,
    xy: Points,
    *,
    insert_at: NDArray[np.int64] | None = None,
    insert: Points | None = None,
    keep: NDArray[np.bool_] | None = None,
) -> Geometry:
    """
    Build a polygon again from its coordinates, with points inserted or left out.

    Parameters
    ----------
    geometry
        The polygon whose structure of parts and rings is kept.
    xy
        Its coordinates as `shapely.get_coordinates` gives them, possibly changed.
    insert_at, insert
        Points to insert before these positions.
    keep
        Which coordinates stay; a ring that loses its closing point is closed at its new first point.
    """
    simple = geometry.geom_type == "Polygon"
    single = single_ring(geometry)
    ring_of = np.empty(0, dtype=np.int64) if single else _ring_numbers(geometry)
    if insert_at is not None and insert is not None:
        ring_of = ring_of if single else np.insert(ring_of, insert_at, ring_of[insert_at - 1])
        xy = _inserted(xy, insert_at, insert)
    if single:
        polygon = shapely.polygons(xy if keep is None else _closed(xy[keep]))
        return polygon if simple else shapely.multipolygons([polygon])
    if keep is not None:
        xy, ring_of = _kept(xy, ring_of, keep)
    _rings, part_of = shapely.get_rings(shapely.get_parts(geometry), return_index=True)
    polygons = _nested(shapely.linearrings(xy, indices=ring_of), part_of)
    return polygons[0] if simple else shapely.multipolygons(polygons)


def _inserted(xy: Points, at: NDArray[np.int64], points: Points) -> Points:
    """Insert points before positions; those of one position keep their order."""
    out: list[Points] = []
    done = 0
    order = np.argsort(at, kind="stable")
    for k, place in zip(order.tolist(), at[order].tolist(), strict=True):
        if place > done:
            out.append(xy[done:place])
            done = place
        out.append(points[k : k + 1])
    return np.concatenate((*out, xy[done:]))


def without_points(polygon: Geometry, points: Points) -> Geometry:
    """Take vertices out of a polygon's rings."""
    if len(points) == 0:
        return polygon
    xy = shapely.get_coordinates(polygon)
    drop = {tuple(point) for point in points.tolist()}
    keep = np.array([tuple(point) not in drop for point in xy.tolist()])
    return polygon if keep.all() else rebuilt(polygon, xy, keep=keep)


def _nested(rings: NDArray[np.object_], part_of: NDArray[np.int64]) -> list[Geometry]:
    cuts = np.flatnonzero(np.diff(part_of)) + 1
    return [shapely.Polygon(group[0], list(group[1:])) for group in np.split(rings, cuts)]


def _closed(points: Points) -> Points:
    return np.vstack([points, points[:1]]) if (points[0] != points[-1]).any() else points


def _kept(xy: Points, ring_of: NDArray[np.int64], keep: NDArray[np.bool_]) -> tuple[Points, NDArray[np.int64]]:
    out, owner = [], []
    for ring in np.unique(ring_of):
        here = ring_of == ring
        points = _closed(xy[here][keep[here]])
        out.append(points)
        owner.append(np.full(len(points), ring))
    return np.vstack(out), np.concatenate(owner)
