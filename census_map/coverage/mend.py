"""
The geometry of repairs: give disputed or ownerless ground to an owner, so that every border near it matches.

Around a fault the borders of its areas, of their neighbours and of the containers are noded with each other (on a
sound coverage edits need only node the drawn line; at a fault existing borders cross). The faces between them are the
ground in question. An area gains a face by adding the face's edges to its own and cancelling, and loses it likewise,
so the rest of its border stays bit for bit what it was.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.faces import faces_of, inside_odd, owners_of
from census_map.coverage.noding import node, node_all
from census_map.coverage.patch import Change, Label, Patch, RefusedAt
from census_map.coverage.proof import finish
from census_map.coverage.rebuild import Inserts, refine
from census_map.coverage.segments import (
    Edges,
    Geometry,
    Points,
    edge_key,
    edge_keys,
    edges_near,
    edges_of,
    line_edges,
    resolution,
    ring_edges,
    undirected_keys,
    unique_edges,
)
from census_map.i18n import _


@dataclass(frozen=True)
class Ground:
    """
    The noded neighbourhood of a fault.

    Attributes
    ----------
    areas, containers
        The polygons around, with every crossing near the fault as a vertex.
    inserts
        Those crossings, by edge.
    faces
        The faces of the fault.
    owners
        For each face, who covers it.
    thinned
        The areas so thin that a point lies on two of their sides: they end there now.
    """

    areas: Mapping[Label, Geometry]
    containers: Mapping[Hashable, Geometry]
    inserts: Inserts
    faces: list[Geometry]
    owners: list[list[Label]]
    thinned: frozenset[Label]


def ground_of(patch: Patch, region: Geometry, *, tolerance: float) -> Ground:
    """
    Node the neighbourhood of a fault and find its faces.

    Parameters
    ----------
    patch
        All areas and containers that meet the fault's box.
    region
        The fault's polygon, as `find_faults` gives it.
    tolerance
        How far the region may be from the exact place, CRS units.

    Raises
    ------
    RefusedAt
        The borders there cannot be noded, or the fault is no longer there.
    """
    box = np.array(shapely.bounds(region)).reshape(2, 2)
    areas = {label: polygon for label, polygon in patch.areas.items() if polygon is not None and not polygon.is_empty}
    around = edges_near(edges_of([*areas.values(), *patch.containers.values()]), box, tolerance)
    inserts = node_all(around, patch.grid, resolution(box, patch.grid))
    if inserts is None:
        raise RefusedAt(
            _("The borders here are too tangled to be mended: redraw them."), shapely.Point(box.mean(axis=0))
        )
    fine = {label: refine(polygon, inserts) for label, polygon in areas.items()}
    thinned = {
        label: without_spikes(polygon)
        for label, polygon in fine.items()
        if polygon is not areas[label] and areas[label].is_valid and not polygon.is_valid
    }
    fine |= thinned
    boxes = {label: refine(polygon, inserts) for label, polygon in patch.containers.items()}
    near = edges_near(edges_of([*fine.values(), *boxes.values()]), box, tolerance)
    faces = faces_of(near)
    owners, points = owners_of(faces, {label: p for label, p in fine.items() if p.is_valid})
    inside = shapely.distance(region, points) <= tolerance if len(faces) else np.empty(0, dtype=bool)
    chosen = np.flatnonzero(inside).tolist()
    return Ground(fine, boxes, inserts, [faces[k] for k in chosen], [owners[k] for k in chosen], frozenset(thinned))


def without_spikes(polygon: Geometry) -> Geometry:
    """Leave out the edges along which a polygon runs there and back; empty when nothing is left."""
    edges = ring_edges(polygon)
    _keys, first, count = np.unique(undirected_keys(edges), return_index=True, return_counts=True)
    edges = edges[np.sort(first[count % 2 == 1])]
    faces = faces_of(edges)
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return merged(faces[inside_odd(points, edges)])


def with_face(polygon: Geometry, face: Geometry, *, gain: bool) -> Geometry:
    """
    Add a face to a polygon or take it away; its edges must match.

    Returns
    -------
    result
        Polygon or MultiPolygon; empty when nothing is left.
    """
    own, other = unique_edges(ring_edges(polygon)), unique_edges(ring_edges(face))
    theirs, mine = edge_keys(other), edge_keys(own)
    left = np.array([tuple(edge) not in theirs for edge in own.tolist()], dtype=bool)
    right = np.array([tuple(edge) not in mine for edge in other.tolist()], dtype=bool)
    edges = np.vstack([own[left], other[right]])
    if len(edges) == 0:
        return shapely.Polygon()
    faces = faces_of(edges)
    points = shapely.point_on_surface(faces)
    x, y = shapely.get_x(points), shapely.get_y(points)
    was, of_face = shapely.contains_xy(polygon, x, y), shapely.contains_xy(face, x, y)
    keep = (was | of_face) if gain else (was & ~of_face)
    return merged(faces[keep])


def merged(faces: NDArray[np.object_]) -> Geometry:
    """Join faces that share edges, or give an empty polygon for none."""
    if len(faces) == 0:
        return shapely.Polygon()
    return faces[0] if len(faces) == 1 else shapely.coverage_union_all(faces)


def give_patch(
    patch: Patch,
    region: Geometry,
    owner: Label | None,
    *,
    tolerance: float,
    allow_empty: bool = False,
) -> Change:
    """
    Give the ground of a fault to one owner, and to nobody else.

    Parameters
    ----------
    patch
        All areas and containers that meet the fault's box and the owner.
    region
        The fault's polygon: a gap, an overlap, or what spills out.
    owner
        Who gets it; None: nobody (ground outside the containers). A label not in use becomes a new area.
    tolerance
        See `ground_of`.
    allow_empty
        Let an area lose all its ground; its record stays, without geometry.

    Raises
    ------
    RefusedAt
        The repair would take all ground of an area, make an invalid polygon, or leave borders that do not match.
    """
    ground = ground_of(patch, region, tolerance=tolerance)
    if not ground.faces:
        raise RefusedAt(_("The fault is no longer here."), shapely.point_on_surface(region))
    new: dict[Label, Geometry] = {}
    for face, owners in zip(ground.faces, ground.owners, strict=True):
        for loser in owners:
            if loser != owner:
                new[loser] = with_face(new.get(loser, ground.areas[loser]), face, gain=False)
        if owner is not None and owner not in owners:
            held = new.get(owner, ground.areas.get(owner))
            new[owner] = face if held is None else with_face(held, face, gain=True)
    for label in ground.thinned:
        new.setdefault(label, ground.areas[label])
    for label, polygon in new.items():
        if polygon.is_empty and not allow_empty:
            raise RefusedAt(
                _("Area {area} would lose all its ground: it cannot be mended without loss.").format(area=label),
                shapely.point_on_surface(region),
            )
    origins: dict[Label, Label | None] = {owner: None} if owner is not None and owner not in patch.areas else {}
    return finish(patch, new, inserts=ground.inserts, origins=origins)


def match_patch(patch: Patch, points: Geometry, *, tolerance: float) -> Change:
    """
    Insert vertices where a neighbour has them.

    Parameters
    ----------
    patch
        All areas and containers around.
    points
        The unmatched vertices: a Point or MultiPoint.
    tolerance
        How far a vertex may lie from the border that lacks it, CRS units.
    """
    vertices = shapely.get_coordinates(points)
    shapes = [p for p in (*patch.areas.values(), *patch.containers.values()) if p is not None and not p.is_empty]
    edges = edges_near(edges_of(shapes), vertices, tolerance)
    inserts: dict[tuple[float, float, float, float], list[tuple[float, float, float]]] = {}
    for x, y in vertices.tolist():
        d = edges[:, 2:] - edges[:, :2]
        w = np.array([x, y]) - edges[:, :2]
        t = (w * d).sum(axis=1) / (d * d).sum(axis=1)
        off = np.hypot(*(w - t[:, None] * d).T)
        ends = (edges.reshape(-1, 2, 2) == (x, y)).all(axis=2).any(axis=1)
        for k in np.flatnonzero((t > 0) & (t < 1) & (off <= tolerance) & ~ends):
            inserts.setdefault(edge_key(edges[k]), []).append((float(t[k]), x, y))
    ordered: Inserts = {edge: np.array([point[1:] for point in sorted(set(found))]) for edge, found in inserts.items()}
    return finish(patch, {}, inserts=ordered)


def untangle_patch(patch: Patch, label: Label) -> Change:
    """
    Draw the border of an invalid area again along its neighbours' borders.

    The area becomes what its own vertices enclose and nobody else covers, inside its container: neighbours and
    containers keep every vertex. No vertex is added except where its border crosses itself.

    Raises
    ------
    RefusedAt
        Nothing is left for the area, or borders would not match.
    """
    own = patch.areas[label]
    others = {name: p for name, p in patch.areas.items() if name != label and p is not None and p.is_valid and p.area}
    box = shapely.get_coordinates(own)
    around = edges_near(edges_of([own, *others.values(), *patch.containers.values()]), box, 0.0)
    inserts = node_all(around, patch.grid, resolution(box, patch.grid))
    if inserts is None:
        raise RefusedAt(_("The borders here are too tangled to be mended: redraw them."), shapely.Point(box[0]))
    fine = {name: refine(p, inserts) for name, p in others.items()}
    boxes = [refine(p, inserts) for p in patch.containers.values()]
    mine = refine(own, inserts)
    faces = faces_of(edges_near(edges_of([mine, *fine.values(), *boxes]), box, 0.0))
    owners, points = owners_of(faces, fine)
    x, y = shapely.get_x(points), shapely.get_y(points)
    free = np.array([not names for names in owners], dtype=bool)
    if boxes:
        free &= np.any([shapely.contains_xy(p, x, y) for p in boxes if p.is_valid], axis=0)
    known = set(map(tuple, shapely.get_coordinates(mine).tolist()))
    free &= np.array([_vertices(face) <= known for face in faces], dtype=bool)
    if not boxes:
        free &= np.array(
            [shapely.contains_xy(shapely.buffer(own, 0), a, b) for a, b in zip(x, y, strict=True)]
        ) | _enclosed(faces, free, fine.values())
    result = merged(faces[free])
    if result.is_empty:
        raise RefusedAt(_("Nothing is left for area {area} here: redraw it.").format(area=label), shapely.Point(box[0]))
    return finish(patch, {label: result}, inserts=inserts)


def redraw_patch(patch: Patch, label: Label, *, tolerance: float, step: float) -> Change:
    """
    Draw an area again along its neighbours' borders, where its own runs a hair's breadth beside them.

    Where it has no neighbour (the outer border of a coverage without containers) it keeps its own course.

    Parameters
    ----------
    patch
        The area and all its neighbours.
    label
        The area whose border is given up.
    tolerance
        How far its border may move, CRS units.
    step
        The step of the grid on which coordinates are compared: a vertex within two of a border lies on it.

    Raises
    ------
    RefusedAt
        Neighbours and containers do not enclose it, or its border would move farther.
    """
    own = patch.areas[label]
    others = {name: p for name, p in patch.areas.items() if name != label and p is not None and p.is_valid and p.area}
    box = shapely.get_coordinates(own)
    edges = edges_near(edges_of([*others.values(), *patch.containers.values()]), box, tolerance)
    noded = node(edges, _free_ways(own, edges, tolerance), grid=patch.grid, touch=2 * step)
    beside = [refine(polygon, noded.inserts) for polygon in (*others.values(), *patch.containers.values())]
    edges = edges_near(edges_of(beside), box, tolerance)
    faces = faces_of(np.concatenate((edges, line_edges(noded.lines))))
    owners, _points = owners_of(faces, others)
    with np.errstate(invalid="ignore"):  # older GEOS flags harmless overlays
        shared = shapely.area(shapely.intersection(faces, shapely.buffer(own, 0)))
    keep = (shared > 0.5 * shapely.area(faces)) & np.array([not names for names in owners], dtype=bool)
    result = merged(faces[keep])
    if result.is_empty or shapely.hausdorff_distance(shapely.boundary(result), shapely.boundary(own)) > tolerance:
        raise RefusedAt(
            _("Area {area} cannot be drawn along its neighbours here: they do not enclose it.").format(area=label),
            shapely.point_on_surface(own),
        )
    return finish(patch, {label: result}, inserts=noded.inserts, outline=line_edges(noded.lines))


def _free_ways(area: Geometry, edges: Edges, tolerance: float) -> list[Points]:
    """Give the stretches of an area's border that run beside no other, each drawn on to the borders at its ends."""
    if len(edges) == 0:
        return []
    lines = shapely.linestrings(edges.reshape(-1, 2, 2))
    tree = shapely.STRtree(lines)
    ways: list[Points] = []
    for ring in shapely.get_rings(shapely.get_parts(area)):
        xy = shapely.get_coordinates(ring)
        # An edge runs beside another if its ends and three points between do.
        at = xy[:-1, None] + (xy[1:] - xy[:-1])[:, None] * np.linspace(0, 1, 5)[:, None]
        near = np.zeros(at.shape[:2], dtype=bool)
        hits = tree.query(shapely.points(at.reshape(-1, 2)), predicate="dwithin", distance=tolerance)[0]
        near.reshape(-1)[hits] = True
        free = ~near.all(axis=1)
        if free.all():
            ways.append(xy)
            continue
        first = int(np.argmin(free))
        free, xy = np.roll(free, -first), np.concatenate((xy[first:-1], xy[: first + 1]))
        change = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
        for begin, end in change.reshape(-1, 2).tolist():
            way = xy[begin : end + 1].copy()
            for tip in (0, -1):
                way[tip] = _drawn_on(way[tip], edges, lines, tree)
            ways.append(way)
    return ways


def _drawn_on(point: Points, edges: Edges, lines: NDArray[np.object_], tree: shapely.STRtree) -> Points:
    """Give the place on the nearest border to which a point beside it is moved: a corner if one is as near."""
    here = shapely.Point(point)
    k = int(tree.nearest(here))
    foot = shapely.get_coordinates(shapely.shortest_line(here, lines[k]))[1]
    tips = edges[k].reshape(2, 2)
    gaps = np.hypot(*(tips - point).T)
    reach = 2 * np.hypot(*(foot - point))
    nearest: Points = tips[gaps.argmin()] if gaps.min() <= reach else foot
    return nearest


def _vertices(face: Geometry) -> set[tuple[float, ...]]:
    return set(map(tuple, shapely.get_coordinates(face).tolist()))


def _enclosed(faces: NDArray[np.object_], free: NDArray[np.bool_], others: Iterable[Geometry]) -> NDArray[np.bool_]:
    """Tell which free faces have only free faces and other areas around them, that is, no open outside."""
    theirs = edge_keys(edges_of(others))
    count: dict[tuple[float, ...], int] = {}
    keys = [edge_keys(ring_edges(face)) for face in faces]
    for key, is_free in zip(keys, free, strict=True):
        for edge in key if is_free else ():
            count[edge] = count.get(edge, 0) + 1
    return np.array([all(edge in theirs or count.get(edge, 0) > 1 for edge in key) for key in keys], dtype=bool)
