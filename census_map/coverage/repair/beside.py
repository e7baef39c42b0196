"""Draw the corners of an area onto its neighbours', where its whole border runs a hair's breadth beside theirs."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely

from census_map.coverage.edges import Floats
from census_map.coverage.repair.mend import Polygons
from census_map.coverage.repair.shares import Wish
from census_map.coverage.segments import Geometry

WIDTH_M = 0.05  # metres that a border may move when it is drawn along the neighbours'


def areas_apart(polygons: Polygons, wishes: Iterable[Wish]) -> frozenset[int]:
    """Return the areas that are to be drawn along their neighbours; of two that lie together only the first."""
    beside = {wish.owner for wish in wishes if wish.proposal is not None and wish.proposal.reason == "beside"}
    extents = shapely.box(*shapely.bounds(polygons.ground).T)
    found: list[int] = []
    for area in sorted(owner for owner in beside if owner is not None):
        if not shapely.intersects(extents[area], extents[found]).any():
            found.append(area)
    return frozenset(found)


def drawn_beside(polygons: Polygons, areas: Iterable[int], *, distance: float) -> Polygons:
    """
    Move the corners of some areas onto those of others nearby.

    Parameters
    ----------
    polygons
        The areas and containers.
    areas
        Positions of the areas that yield; one that would become invalid stays as it is.
    distance
        How far a corner may move, in CRS units.
    """
    shapes, ground = polygons.shapes.copy(), polygons.ground.copy()
    for area in sorted(areas):
        extent = shapely.box(*(shapely.bounds(ground[area]) + np.array([-1, -1, 1, 1]) * distance))
        others = np.delete(ground, area)
        near = np.concatenate((others, polygons.box_ground))
        near = near[shapely.intersects(extent, shapely.box(*shapely.bounds(near).T))]
        moved = _moved(ground[area], shapely.get_coordinates(near), distance)
        if moved is not None:
            shapes[area] = ground[area] = moved
    return replace(polygons, shapes=shapes, ground=ground)


def _moved(shape: Geometry, corners: Floats, distance: float) -> Geometry | None:
    """Move the corners of a polygon that are near others onto them; None if that would break it."""
    if not len(corners):
        return None
    tree = shapely.STRtree(shapely.points(corners))

    def onto(xy: Floats) -> Floats:
        row, corner = tree.query_nearest(shapely.points(xy), max_distance=distance, all_matches=False)
        moved = xy.copy()
        moved[row] = corners[corner]
        return moved

    moved = shapely.remove_repeated_points(shapely.transform(shape, onto))
    return moved if shapely.is_valid(moved) and not shapely.is_empty(moved) else None
