"""
Polygons that are not valid by themselves, checked apart from the chain.

A ring that touches itself leaves no residue, and a ring that crosses itself must not hide the faults of others; so
validity is asked of GEOS for every polygon, and where it fails the chain goes on with the ground that the polygon's
rings enclose.
"""

import re

import numpy as np
import shapely

from census_map.coverage.edges import Bools, Floats, Shapes

_PLACE = re.compile(r"\[([^\s\]]+) ([^\s\]]+)")


def are_valid(shapes: Shapes) -> Bools:
    """Tell which polygons are valid (OGC simple features); missing and empty ones are."""
    return np.asarray(shapely.is_valid(shapes) | shapely.is_missing(shapes))


def fault_places(shapes: Shapes) -> Floats:
    """
    Return where invalid polygons are broken.

    Parameters
    ----------
    shapes
        (n,) invalid polygons.

    Returns
    -------
    places
        (n, 2) the place that GEOS names, else a vertex; NaN where the shape has no finite vertex.
    """
    places = np.full((len(shapes), 2), np.nan)
    for row, (shape, reason) in enumerate(zip(shapes, shapely.is_valid_reason(shapes), strict=True)):
        match = _PLACE.search(reason)
        vertices = shapely.get_coordinates(shape)
        vertices = vertices[np.isfinite(vertices).all(axis=1)]
        place = np.array([float(match[1]), float(match[2])]) if match else np.full(2, np.nan)
        if np.isfinite(place).all():
            places[row] = place
        elif len(vertices):
            places[row] = vertices[0]
    return places


def enclosed_ground(shapes: Shapes) -> Shapes:
    """Return the ground that the rings of invalid polygons enclose, as valid polygons; None where there is none."""
    ground = np.full(len(shapes), None, dtype=object)
    for row, shape in enumerate(shapes):
        if np.isfinite(shapely.get_coordinates(shape)).all():
            parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
            parts = parts[shapely.get_type_id(parts) == 3]
            if len(parts):
                ground[row] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return ground
