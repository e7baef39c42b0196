"""
How far it is from door to door: straight where nothing lies between, over a bridge or crossing where a barrier does.

A barrier (a river, a railway, a motorway, an estate's wall) divides the ground into sides. Every street that crosses it
is a crossing; who has to reach a door on another side walks over the crossings that lie best.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree, shortest_path

from census_map.arithmetic import lengths
from census_map.delineate.planar import Floats, Ints, node_lines

Shapes = NDArray[np.object_]

HAIR = 1e-9
"""Metres between doors in the same place."""
NODING = 0.01
"""Grid on which barriers are drawn to find their sides, metres."""
REACH = 15.0
"""A barrier's gap shorter than this is no way through, metres: it is drawn in pieces."""
CROSSINGS = 200
"""So many crossings are looked at; with more, those nearest to the doors."""
TOLL = 150.0
"""What crossing a barrier costs beside its way, metres: an enumerator is kept on one side where that can be."""
APART = 2000.0
"""What it costs, in metres, to reach a side that no crossing leads to."""


def measure_ways(xy: Floats, sides: Shapes, barriers: Shapes, streets: Shapes) -> tuple[Floats, Ints]:
    """
    Measure the ways between doors, and say on which side of the barriers each is.

    Parameters
    ----------
    xy
        The doors, shape (n, 2), metres.
    sides
        The ground on the sides of the barriers (`find_sides`).
    barriers, streets
        Lines that cannot be crossed but where a street does, and the streets; metres.

    Returns
    -------
    ways, side
        Shape (n, n), metres; and for each door the number of its side.
    """
    straight = lengths(xy[:, None] - xy[None, :])
    side = side_of(xy, sides)
    if len(xy) < 2 or np.ptp(side) == 0:
        return straight, side
    other = side[:, None] != side[None, :]
    ways = np.where(other, straight + APART, straight)
    spots, touched = _crossings(sides, barriers, streets, xy)
    if len(spots):
        over = _over_crossings(xy, side, spots, touched)
        ways = np.where(other, np.minimum(ways, over), ways)
    return ways, side


def tree_lengths(ways: Floats) -> Floats:
    """Give the lengths of the shortest tree (minimum spanning tree) that ties doors together, metres."""
    if len(ways) < 2:
        return np.zeros(0)
    # An entry of 0 would be no way at all: doors in the same place are a hair's breadth apart.
    return np.asarray(minimum_spanning_tree(np.maximum(ways, HAIR)).data)


def side_of(xy: Floats, sides: Shapes) -> Ints:
    """Give the number of the side on which each place is."""
    if len(sides) < 2 or not len(xy):
        return np.zeros(len(xy), np.int64)
    return np.asarray(shapely.STRtree(sides).nearest(shapely.points(xy)), dtype=np.int64)


def find_sides(ground: shapely.Polygon, barriers: Shapes) -> Shapes:
    """Give the pieces into which barriers cut the ground; short gaps in a barrier are closed."""
    if not len(barriers):
        return np.array([ground], dtype=object)
    lines = shapely.intersection(shapely.union_all(barriers), ground)
    merged = shapely.get_parts(shapely.line_merge(lines)) if not shapely.is_empty(lines) else np.empty(0, object)
    merged = merged[shapely.get_type_id(merged) == 1]
    if not len(merged):
        return np.array([ground], dtype=object)
    # On a grid, what ends on a line meets it; in plain numbers it ends a hair's breadth beside.
    drawing = node_lines([*merged, *_closing(merged, ground), ground.boundary], NODING)
    faces = shapely.get_parts(shapely.polygonize([drawing]))
    shapely.prepare(ground)
    return np.asarray(faces[shapely.contains_properly(ground, shapely.point_on_surface(faces))])


def _closing(lines: Shapes, ground: shapely.Polygon) -> list[shapely.Geometry]:
    """Lead loose ends on to the next barrier or the edge of the ground when that is near."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    others = np.concatenate([lines, [ground.boundary]])
    tree = shapely.STRtree(others)
    links = []
    for i, end in enumerate(ends):
        near = tree.query(end, predicate="dwithin", distance=REACH)
        near = near[near != i % len(lines)]
        if len(near):
            way = shapely.distance(end, others[near])
            if way.min() > 0:
                links.append(shapely.shortest_line(end, others[near[int(np.argmin(way))]]))
    return links


def _crossings(sides: Shapes, barriers: Shapes, streets: Shapes, xy: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """
    Find where streets cross barriers.

    Returns
    -------
    spots, touched
        Their places, shape (n, 2), and which sides each touches, shape (n, sides).
    """
    nothing = np.empty((0, 2)), np.zeros((0, len(sides)), bool)
    if not len(streets):
        return nothing
    s, b = shapely.STRtree(barriers).query(streets, predicate="intersects")
    common = shapely.get_parts(shapely.intersection(streets[s], barriers[b]))
    points = shapely.get_coordinates(shapely.centroid(common))
    points = np.unique(np.round(points, 1), axis=0)
    if len(points) > CROSSINGS:
        near = shapely.distance(shapely.points(points), shapely.multipoints(xy))
        points = points[np.sort(np.argsort(near, kind="stable")[:CROSSINGS])]
    touched = np.zeros((len(points), len(sides)), bool)
    p, f = shapely.STRtree(sides).query(shapely.points(points), predicate="dwithin", distance=1.0)
    touched[p, f] = True
    both = touched.sum(axis=1) > 1
    return points[both], touched[both]


def _over_crossings(xy: Floats, side: Ints, spots: Floats, touched: NDArray[np.bool_]) -> Floats:
    """Measure the ways over crossings, each with its toll."""
    reach = lengths(xy[:, None] - spots[None, :])
    reach[~touched[:, side].T] = np.inf
    between = lengths(spots[:, None] - spots[None, :]) + TOLL
    between[~((touched.astype(np.int64) @ touched.T.astype(np.int64)) > 0)] = np.inf
    np.fill_diagonal(between, 0.0)
    between = shortest_path(np.where(np.isinf(between), 0.0, np.maximum(between, HAIR)), directed=False)
    onward = np.full((len(xy), len(spots)), np.inf)
    for k in range(len(spots)):
        onward = np.minimum(onward, reach[:, k : k + 1] + between[k][None, :])
    ways = np.full((len(xy), len(xy)), np.inf)
    for k in range(len(spots)):
        ways = np.minimum(ways, onward[:, k : k + 1] + reach[:, k][None, :] + TOLL)
    return ways
