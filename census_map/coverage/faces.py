"""The faces between noded borders: build them, tell whose ground they are, join them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import point_hash
from census_map.coverage.patch import Label
from census_map.coverage.rebuild import Inserts
from census_map.coverage.segments import Edges, Flags, Geometry, Points, among


def faces_of(edges: Edges) -> NDArray[np.object_]:
    """Build the faces between noded edges, shape (n, 4); borders best in the order of their rings."""
    faces: NDArray[np.object_] = shapely.get_parts(shapely.polygonize(_lines_of(edges)))
    return faces


def _lines_of(edges: Edges) -> NDArray[np.object_]:
    """Take each edge once; those that follow one another make one line as long as no third edge meets them there."""
    if len(edges) == 0:
        return np.empty(0, dtype=object)
    hashed = point_hash(edges.reshape(-1, 2)).reshape(-1, 2)
    _keys, first = np.unique(hashed.sum(axis=1, dtype=np.uint64), return_index=True)
    first.sort()
    once, hashed = edges[first], hashed[first]
    _points, place, count = np.unique(hashed, return_inverse=True, return_counts=True)
    # numpy 2.0 alone gives the inverse the shape of its argument.
    met = count[place.reshape(-1, 2)[:-1, 1]]
    follows = (hashed[:-1, 1] == hashed[1:, 0]) & (met == 2)
    head = np.concatenate([[True], ~follows])
    line = np.cumsum(head) - 1
    heads = np.flatnonzero(head)
    points = np.insert(once[:, 2:], heads, once[heads, :2], axis=0)
    lines: NDArray[np.object_] = shapely.linestrings(points, indices=np.insert(line, heads, line[heads]))
    return lines


def owners_of(
    faces: NDArray[np.object_], polygons: Mapping[Label, Geometry]
) -> tuple[list[list[Label]], NDArray[np.object_]]:
    """
    Tell whose ground each face is.

    Returns
    -------
    owners, points
        For each face the labels of the polygons that hold its inner point, and that point.
    """
    points = shapely.point_on_surface(faces)
    x, y = shapely.get_x(points), shapely.get_y(points)
    owners: list[list[Label]] = [[] for _face in faces]
    for label, polygon in polygons.items():
        for k in np.flatnonzero(shapely.contains_xy(polygon, x, y)):
            owners[k].append(label)
    return owners, points


def dissolve(faces: Sequence[Geometry]) -> Geometry:
    """Join faces that share edges bit for bit; vertices stay where they are."""
    if len(faces) == 1:
        return faces[0]
    return shapely.coverage_union_all(np.asarray(faces, dtype=object))


def inside_segments(segments: Edges, polygons: Iterable[Geometry], borders: Edges) -> Flags:
    """Tell which drawn segments run through the inside of polygons, not along their borders."""
    return run_inside(segments, polygons) & ~among(segments, borders)


def run_inside(segments: Edges, polygons: Iterable[Geometry]) -> Flags:
    """Tell which segments have their middle inside one of some polygons."""
    x, y = ((segments[:, :2] + segments[:, 2:]) / 2).T
    inside: Flags = np.zeros(len(segments), dtype=bool)
    for polygon in polygons:
        inside |= shapely.contains_xy(polygon, x, y)
    return inside


def inside_odd(points: Points, segments: Edges) -> Flags:
    """Tell which points lie inside an odd number of the loops that segments form."""
    a, b = segments[None, :, :2], segments[None, :, 2:]
    x, y = points[:, None, 0], points[:, None, 1]
    spans = (a[..., 1] > y) != (b[..., 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = a[..., 0] + (y - a[..., 1]) * (b[..., 0] - a[..., 0]) / (b[..., 1] - a[..., 1])
    odd: Flags = (spans & (crossing > x)).sum(axis=1) % 2 == 1
    return odd


def needed(inserts: Inserts, borders: Edges) -> tuple[Inserts, Points]:
    """
    Sort inserted points into those where a new border ends and those that came to nothing.

    Parameters
    ----------
    inserts
        All inserted points, by edge.
    borders
        The drawn segments that became borders, shape (n, 4).

    Returns
    -------
    kept, idle
        The inserts without the idle points, and the idle points, shape (k, 2).
    """
    ends = set(map(tuple, borders.reshape(-1, 2).tolist()))
    kept: Inserts = {}
    idle: list[Points] = []
    for edge, points in inserts.items():
        used = np.array([tuple(point) in ends for point in points.tolist()])
        if used.any():
            kept[edge] = points[used]
        idle.append(points[~used])
    return kept, np.vstack([np.empty((0, 2)), *idle])
