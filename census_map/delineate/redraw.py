"""Draw the parts of a piece of ground in the caller's coordinates, and prove that they are exact."""

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.crs import snap_coordinates
from census_map.delineate.borders import Borders, Piece, Rim, assemble, find_borders, rim_pieces
from census_map.delineate.ends import slide_ends
from census_map.delineate.planar import Drawing, Floats, directed_edges
from census_map.delineate.site import Frame, Ground
from census_map.delineate.straighten import LINE_REACH, straighten

Edge = tuple[float, float, float, float]
Stops = dict[Edge, list[tuple[float, float]]]


@dataclass(frozen=True)
class Parts:
    """Polygons by part, the vertices put on the ring's edges (caller's coordinates), and the inner borders (local)."""

    polygons: dict[int, shapely.Geometry]
    stops: Stops
    inner: list[Floats]


def draw_parts(
    ground: Ground,
    drawing: Drawing,
    visible: Floats,
    structures: NDArray[np.object_],
    frame: Frame,
    *,
    smooth: bool = True,
    hold: float = LINE_REACH,
) -> Parts | None:
    """
    Draw the parts; None when rounding would make one of them invalid.

    Parameters
    ----------
    drawing
        Faces are parts, local metres.
    visible
        Of each edge, the visibility of the line it follows.
    structures
        Footprints that no border may cut, local metres.
    smooth, hold
        Straighten the borders and slide their ends to near vertices; how far one that follows a line may leave it for
        that, metres.
    """
    borders = find_borders(drawing, visible, ground.rings, ground.step)
    if smooth:
        straighten(borders, structures, ground.rings, hold=hold)
        slide_ends(borders, structures, hold=hold)
    placed, stops = _place(borders, ground, frame)
    pieces: dict[int, list[Piece]] = {}
    for arc in borders.arcs:
        inner = frame.to_caller(arc.xy[1:-1] + ground.origin)
        a, b = arc.nodes
        pieces.setdefault(arc.left, []).append(Piece(a, b, np.concatenate([placed[a][None], inner])))
        pieces.setdefault(arc.right, []).append(Piece(b, a, np.concatenate([placed[b][None], inner[::-1]])))
    for k, (rim, own) in enumerate(zip(borders.rims, ground.own, strict=True)):
        for part, piece in rim_pieces(rim, own, placed, -1 - k):
            pieces.setdefault(part, []).append(piece)
    polygons = {part: assemble(runs) for part, runs in sorted(pieces.items())}
    shapes = np.array(list(polygons.values()), dtype=object)
    whole = shapely.Polygon(ground.own[0], ground.own[1:])
    if not shapely.is_valid(shapes).all() or not cancels(shapes, insert_vertices(whole, stops)):
        return None
    return Parts(polygons, stops, [arc.xy for arc in borders.arcs])


def _place(borders: Borders, ground: Ground, frame: Frame) -> tuple[dict[int, Floats], Stops]:
    """Give every node its output coordinates; a stop lies on a vertex or an edge of the area's own ring."""
    placed: dict[int, Floats] = {}
    for arc in borders.arcs:
        ends = frame.to_caller(arc.xy[[0, -1]] + ground.origin)
        placed[arc.nodes[0]], placed[arc.nodes[1]] = ends
    stops: Stops = {}
    corners: dict[int, Floats] = {}
    for rim, own in zip(borders.rims, ground.own, strict=True):
        corners |= {node: own[int(at)] for node, at in rim.stops.items() if at == int(at)}
    for rim, own in zip(borders.rims, ground.own, strict=True):
        for node, at in rim.stops.items():
            placed[node] = _stop_place(rim, node, at, own, corners.get(node), frame.grid, stops)
    return placed, stops


def _stop_place(
    rim: Rim, node: int, at: float, own: Floats, corner: Floats | None, grid: float | None, stops: Stops
) -> Floats:
    """Place a stop on its ring; `corner` is a vertex that some ring has there."""
    i = int(np.floor(at))
    a, b = own[i % len(own)], own[(i + 1) % len(own)]
    if at == i:
        return np.asarray(a)
    spot = a + (b - a) * (at - i) if corner is None else corner
    if grid is not None and corner is None:
        spot = snap_coordinates(spot, grid)
    for vertex, place in ((a, i), (b, i + 1)):
        if (spot == vertex).all():
            rim.stops[node] = float(place % len(own))
            return np.asarray(vertex)
    stops.setdefault(edge_key(a, b), []).append((float(spot[0]), float(spot[1])))
    return np.asarray(spot)


def edge_key(a: Floats, b: Floats) -> Edge:
    """Name an edge whichever way it runs."""
    one, two = (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))
    return (*one, *two) if one < two else (*two, *one)


def insert_vertices(shape: shapely.Geometry, stops: Stops) -> shapely.Geometry:
    """
    Put vertices on the edges of a polygon.

    Parameters
    ----------
    shape
        Polygon or MultiPolygon.
    stops
        Edge (see `edge_key`) → places on it, in any order.

    Returns
    -------
    shape
        The same object when none of its edges is named.
    """
    if not stops:
        return shape
    changed = False
    polygons = []
    for polygon in shapely.get_parts(shape):
        rings = []
        for ring in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(ring)
            fuller = _insert(xy, stops)
            changed |= len(fuller) > len(xy)
            rings.append(fuller)
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    if not changed:
        return shape
    return polygons[0] if shape.geom_type == "Polygon" else shapely.MultiPolygon(polygons)


def insert_all(shapes: NDArray[np.object_], stops: Stops) -> list[shapely.Geometry]:
    """Put vertices on the edges of many polygons; those without a named edge are returned as they are."""
    if not stops or not len(shapes):
        return list(shapes)
    ends = np.array([[key[0], key[1]] for key in stops])
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    touched = np.zeros(len(shapes), bool)
    touched[owner[np.isin(xy[:, 0], ends[:, 0]) & np.isin(xy[:, 1], ends[:, 1])]] = True
    return [insert_vertices(shape, stops) if hit else shape for shape, hit in zip(shapes, touched, strict=True)]


def _insert(xy: Floats, stops: Stops) -> Floats:
    named = {key[:2] for key in stops}
    starts = {tuple(point) for point in xy.tolist()} & named
    if not starts:
        return xy
    out: list[Floats] = []
    for a, b in itertools.pairwise(xy):
        out.append(a)
        places = stops.get(edge_key(a, b))
        if places:
            spots = np.unique(np.array(places), axis=0)
            out.extend(spots[np.argsort((spots - a) @ (b - a), kind="stable")])
    out.append(xy[-1])
    return np.array(out)


def cancels(parts: NDArray[np.object_], whole: shapely.Geometry) -> bool:
    """
    Tell whether the directed edges of parts cancel against each other and the whole's, bit by bit.

    Parameters
    ----------
    parts
        Polygons or MultiPolygons.
    whole
        What they should cover.
    """
    start, end, _owner = directed_edges(shapely.get_parts(parts))
    outer_start, outer_end, _owner = directed_edges(shapely.get_parts(np.array([whole], dtype=object)))
    tails, heads = np.concatenate([start, outer_end]), np.concatenate([end, outer_start])
    _, node = np.unique(np.concatenate([tails, heads]), axis=0, return_inverse=True)
    node = node.ravel()
    a, b = node[: len(tails)], node[len(tails) :]
    low, high = np.minimum(a, b), np.maximum(a, b)
    _, which = np.unique(low * len(node) + high, return_inverse=True)
    signed = np.bincount(which, np.where(a < b, 1, -1))
    uses = np.bincount(which)
    return bool((signed == 0).all() and (uses == 2).all())
