"""Extents of a few things each, as plain numbers: numpy's cost per call would exceed the work."""

import numpy as np
import shapely

from census_map.coverage.clusters import connected
from census_map.coverage.edges import Ints

Box = tuple[float, float, float, float]  # west, south, east, north, in CRS units
_FEW = 100


def bounds_of(shape: shapely.Geometry | None) -> Box:
    """Return the extent of a shape."""
    west, south, east, north = shapely.bounds(shape).tolist()
    return west, south, east, north


def grown(box: Box, margin: float) -> Box:
    """Return an extent with a margin on all sides."""
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def meet(one: Box, other: Box) -> bool:
    """Tell whether two extents meet."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def around(boxes: list[Box]) -> Box:
    """Return the smallest extent that holds all of at least one."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def hang_together(extents: list[Box]) -> bool:
    """Tell whether all extents hang together."""
    reached, rest = extents[:1], extents[1:]
    while reached and rest:
        box = reached.pop()
        met = [other for other in rest if meet(box, other)]
        if met:
            rest = [other for other in rest if not meet(box, other)]
            reached += met
    return not rest


def meeting_groups(extents: list[Box]) -> Ints:
    """Number the groups of extents that hang together."""
    west, south, east, north = np.array(extents).T
    if len(extents) <= _FEW:
        touch = (west[:, None] <= east) & (south[:, None] <= north)
        group = np.arange(len(extents))
        touch &= touch.T
        while True:
            joined = np.where(touch, group, len(extents)).min(axis=1)
            if (joined == group).all():
                return np.unique(group, return_inverse=True)[1].astype(np.int64)
            group = joined
    boxes = shapely.box(west, south, east, north)
    left, right = shapely.STRtree(boxes).query(boxes)
    return connected(left, right, len(boxes))
