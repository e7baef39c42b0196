"""
Let borders end at vertices that the census area has already.

A border that ends in the middle of an edge puts a vertex on the census area's own border, which its neighbours then
need too. Where a vertex is near, the border ends there instead: the triangle between its old and its new last leg
changes sides, and must hold no footprint and no other border.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.delineate.borders import Arc, Borders, Rim
from census_map.delineate.planar import Floats

SLIDE = 5.0
"""How far along the census area's border an end may slide to a vertex, metres."""

INSIDE, ALONG = "T********", "1********"


def slide_ends(borders: Borders, structures: NDArray[np.object_], *, hold: float, reach: float = SLIDE) -> None:
    """
    Slide ends to near vertices, in place, the nearest first.

    Parameters
    ----------
    borders
        Arcs in local metres, straightened.
    structures
        What no border may cut.
    hold
        How far an end may slide that lies on a visible line, metres.
    reach
        See `SLIDE`.
    """
    ends: dict[int, list[tuple[Arc, int]]] = {}
    for arc in borders.arcs:
        ends.setdefault(arc.nodes[0], []).append((arc, 0))
        ends.setdefault(arc.nodes[1], []).append((arc, -1))
    corners, times = np.unique(np.concatenate([rim.xy for rim in borders.rims]), axis=0, return_counts=True)
    shared = set(map(tuple, corners[times > 1].tolist()))
    wishes = []
    for k, rim in enumerate(borders.rims):
        for node, at in rim.stops.items():
            several = sum(node in other.stops for other in borders.rims) > 1
            if at == int(at) or several or len(ends.get(node, ())) != 1:
                continue
            arc, end = ends[node][0]
            near = _nearest_corner(rim, at, arc.xy[end])
            limit = min(hold, reach) if arc.follows[end] else reach
            if near is not None and near[0] <= limit and tuple(rim.xy[near[1]].tolist()) not in shared:
                wishes.append((near[0], k, node, near[1], arc, end))
    taken: list[shapely.Polygon] = []
    tree = shapely.STRtree(structures)
    for _distance, k, node, corner, arc, end in sorted(wishes, key=lambda wish: wish[:3]):
        rim = borders.rims[k]
        if not _is_free(rim, node, corner):
            continue
        second = arc.xy[1 if end == 0 else -2]
        swept = shapely.Polygon([second, arc.xy[end], rim.xy[corner]])
        if _is_clear(swept, second, rim.xy[corner], borders, (arc, end), (tree, taken)):
            taken.append(swept)
            arc.xy[end] = rim.xy[corner]
            rim.stops[node] = float(corner)


def _nearest_corner(rim: Rim, at: float, spot: Floats) -> tuple[float, int] | None:
    """Give the distance and the number of the nearer end of the edge that a stop lies on."""
    count = len(rim.xy)
    i = int(np.floor(at))
    near = [(float(np.hypot(*(rim.xy[k % count] - spot))), k % count) for k in (i, i + 1)]
    return min(near)


def _is_free(rim: Rim, node: int, corner: int) -> bool:
    """Tell whether no other border ends at the corner, or between it and the stop."""
    at = rim.stops[node]
    low, high = sorted((at, float(corner if abs(corner - at) < 1 else len(rim.xy))))
    places = [place for other, place in rim.stops.items() if other != node]
    return not any(low <= place <= high or place == corner for place in places)


def _is_clear(
    swept: shapely.Polygon,
    second: Floats,
    corner: Floats,
    borders: Borders,
    own: tuple[Arc, int],
    blocked: tuple[shapely.STRtree, list[shapely.Polygon]],
) -> bool:
    """Tell whether the ground that changes sides holds no footprint, and the new leg meets no other border."""
    tree, taken = blocked
    if not swept.is_valid or swept.area <= 0:
        return False
    near = tree.geometries[tree.query(swept, predicate="intersects")]
    if shapely.relate_pattern(near, swept, INSIDE).any() or any(
        shapely.relate_pattern(t, swept, INSIDE) for t in taken
    ):
        return False
    leg = shapely.LineString([second, corner])
    box = shapely.bounds(swept)
    arc, end = own
    for other in borders.arcs:
        legs = np.stack([other.xy[:-1], other.xy[1:]], axis=1)
        if other is arc:
            legs = legs[1:] if end == 0 else legs[:-1]
        if _meets(legs, box, swept, leg):
            return False
    return not any(_meets(np.stack([r.xy, np.roll(r.xy, -1, axis=0)], axis=1), box, swept, leg) for r in borders.rims)


def _meets(legs: Floats, box: Floats, swept: shapely.Polygon, leg: shapely.LineString) -> bool:
    low, high = legs.min(axis=1), legs.max(axis=1)
    near = legs[(low <= box[2:]).all(axis=1) & (high >= box[:2]).all(axis=1)]
    if not len(near):
        return False
    lines = shapely.linestrings(near)
    return bool(shapely.relate_pattern(lines, swept, INSIDE).any() or shapely.relate_pattern(lines, leg, ALONG).any())
