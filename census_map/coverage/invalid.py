"""
Polygons that are not valid by themselves, checked apart from the chain.

A ring that touches itself leaves no residue, and a ring that crosses itself must not hide the faults of others; so
validity is asked of GEOS for every polygon, and where it fails the chain goes on with the ground that the polygon's
rings enclose (counted even and odd): "invalid" comes beside the other faults, never in their place.
"""

import re

import numpy as np
import shapely

from census_map.coverage.edges import Bools, EdgeTable, Floats, Ints, Shapes, edge_table
from census_map.coverage.threads import Helpers

_MANY = 50
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
    rows = np.flatnonzero(finite(shapes))
    for row, mended in zip(rows.tolist(), _mended(shapes[rows]), strict=True):
        parts = shapely.get_parts(shapely.get_parts(mended))
        parts = parts[shapely.get_type_id(parts) == 3]
        if len(parts):
            ground[row] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return ground


def differ(shapes: Shapes, ground: Shapes, grid: float) -> Bools:
    """
    Tell which invalid polygons have other edges than the ground that they enclose.

    Not those with a coordinate that is no number: their ground is not known, and the edges they have are read.
    """
    own, theirs = edge_table(shapes, grid=grid), edge_table(ground, grid=grid)
    edges = [
        np.stack((np.searchsorted(table.offsets, rows, side="right") - 1, table.key[rows].view(np.int64)), axis=1)
        for table in (own, theirs)
        for rows in (np.flatnonzero(table.sign),)
    ]
    signs = [table.sign[table.sign != 0].astype(np.int64) for table in (own, theirs)]
    unique, number = np.unique(np.concatenate(edges), axis=0, return_inverse=True)
    net = np.bincount(number.reshape(-1), np.concatenate((signs[0], -signs[1])), minlength=len(unique))
    found = np.zeros(len(shapes), dtype=bool)
    found[unique[net != 0, 0]] = True
    return found & finite(shapes)


def exchanged(table: EdgeTable, rows: Ints, ground: Shapes) -> EdgeTable:
    """Take the edges of some polygons out of a table and add those of their ground as polygons at its end."""
    sign = table.sign.copy()
    for first, last in zip(table.offsets[rows].tolist(), table.offsets[rows + 1].tolist(), strict=True):
        sign[first:last] = 0
    more = edge_table(ground[rows])
    join = np.concatenate
    return EdgeTable(
        xy=join((table.xy, more.xy)),
        key=join((table.key, more.key)),
        sign=join((sign, more.sign)),
        offsets=join((table.offsets, table.offsets[-1] + more.offsets[1:])),
        rings=join((table.rings, more.rings)),
    )


def finite(shapes: Shapes) -> Bools:
    """Tell which shapes have only coordinates that are numbers."""
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    found = np.ones(len(shapes), dtype=bool)
    found[of[~np.isfinite(xy).all(axis=1)]] = False
    return found


def _mended(shapes: Shapes) -> Shapes:
    """Make polygons valid, many of them in two threads."""
    if len(shapes) < _MANY:
        return np.asarray(shapely.make_valid(shapes), dtype=object)
    one, other = np.array_split(shapes, 2)
    with Helpers() as helpers:
        asked = helpers.submit(shapely.make_valid, one.copy())
        own = shapely.make_valid(other.copy())
        return np.concatenate((asked.result(), own))
