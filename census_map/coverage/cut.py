"""
Cut an area by a line.

Only one line is drawn; both sides of the cut follow from it. Which part keeps the label: the heaviest one (persons if
a weight is given, otherwise ground), together with the parts of the area that the line does not touch. The others get
new labels, heaviest first.
"""

from collections.abc import Container, Iterable, Sequence

import numpy as np
import pandas as pd
import shapely

from census_map.coverage.faces import faces_of, inside_segments, needed
from census_map.coverage.noding import Noded, node
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh, ground, like
from census_map.coverage.proof import finish
from census_map.coverage.rebuild import refine, without_points
from census_map.coverage.segments import (
    Geometry,
    Points,
    line_edges,
    on_grid,
    resolution,
    ring_edges,
)
from census_map.coverage.splice import divided, open_ring, runs_inside
from census_map.errors import InputError
from census_map.i18n import _


def cut_patch(
    patch: Patch,
    label: Label,
    line: Geometry,
    *,
    new_labels: Sequence[Label] | None = None,
    taken: Container[Label] = (),
    reach: float = 0.0,
    snap: float = 0.0,
    weigh: Weigh | None = None,
) -> Change:
    """
    Cut an area of a patch by a line.

    Parameters
    ----------
    patch
        The area and its neighbourhood.
    label
        The area to cut.
    line
        A LineString or MultiLineString in the CRS of the areas; what lies outside the area is ignored.
    new_labels
        Labels for the new areas, heaviest first; made from `label` when not given (`next_label`).
    taken
        Labels in use outside the patch, when labels are made.
    reach
        An end of the line that stops inside the area is extended to the next border when that is not farther than
        this, in CRS units.
    snap
        A crossing within this distance of an existing vertex uses that vertex, in CRS units.
    weigh
        What decides which part keeps the label, and how amounts are shared out; default: the ground.

    Raises
    ------
    RefusedAt
        The line does not cut the area (its end that stops short is at `point`), or the result would not be exact.
    """
    target = patch.area(label)
    lines = [extended(points, target, reach, label, patch.grid) for points in line_parts(line)]
    noded = node_near(ring_edges(target), lines, patch.grid, snap)
    pieces, whole, drawn = _divided(refine(target, noded.inserts), noded.lines)
    if len(pieces) + len(whole) <= shapely.get_num_geometries(target):
        raise RefusedAt(
            _("The line does not cut area {area}: begin and end it outside the area.").format(area=label),
            shapely.Point(lines[0][len(lines[0]) // 2]),
        )
    inserts, idle = needed(noded.inserts, drawn)
    pieces = [without_points(piece, idle) for piece in pieces]
    whole = [without_points(part, idle) for part in whole]
    weights = np.asarray((weigh or ground)([*pieces, *whole]), dtype=float)
    if weights.sum() <= 0:
        weights = np.asarray(ground([*pieces, *whole]))
    order = np.lexsort((-np.asarray(ground(pieces)), -weights[: len(pieces)]))
    labels = _new_labels(patch, label, len(pieces) - 1, new_labels, taken)
    kept = shapely.multipolygons([pieces[order[0]], *whole]) if whole else pieces[order[0]]
    new = {label: kept} | {name: like(pieces[k], target) for name, k in zip(labels, order[1:], strict=True)}
    shares = {name: float(weights[k] / weights.sum()) for name, k in zip(labels, order[1:], strict=True)}
    amounts = {name: {label: share} for name, share in {**shares, label: 1.0 - sum(shares.values())}.items()}
    return finish(patch, new, inserts=inserts, amounts=amounts, origins=dict.fromkeys(labels, label))


def _new_labels(
    patch: Patch, label: Label, count: int, given: Sequence[Label] | None, taken: Container[Label]
) -> list[Label]:
    """Take the labels given, or make them; refuse too few and those in use."""
    if given is None:
        return make_labels(label, count, taken, patch.areas)
    if len(given) < count:
        raise RefusedAt(
            _("The line cuts area {area} into {n} parts: give {k} new numbers.").format(
                area=label, n=count + 1, k=count
            )
        )
    labels = list(given[:count])
    for k, new in enumerate(labels):
        if new in taken or new in patch.areas or new in labels[:k]:
            raise RefusedAt(_("The number {area} is already in use: choose another.").format(area=new))
    return labels


def _divided(area: Geometry, lines: Sequence[Points]) -> tuple[list[Geometry], list[Geometry], Points]:
    """
    Divide an area by noded lines.

    Returns
    -------
    pieces, whole, drawn
        What its parts are cut into, the parts that no line enters, and the drawn segments inside, shape (n, 4).
    """
    ring = open_ring(area)
    if ring is not None:
        runs = runs_inside(area, ring, lines)
        pieces = divided(ring, runs)
        if pieces is not None:
            return pieces, [], line_edges(runs)
    drawn = line_edges(lines)
    drawn = drawn[inside_segments(drawn, [area], ring_edges(area))]
    whole, touched = _parts_met(area, drawn)
    pieces = []
    for part in touched:
        faces = faces_of(np.concatenate((ring_edges(part), drawn)))
        pieces += list(faces[shapely.contains(part, shapely.point_on_surface(faces))])
    return pieces, whole, drawn


def _parts_met(polygon: Geometry, drawn: Points) -> tuple[list[Geometry], list[Geometry]]:
    """Part the polygons of an area into those that no drawn segment enters and those entered."""
    parts = list(shapely.get_parts(polygon))
    middle = (drawn[:, :2] + drawn[:, 2:]) / 2
    met = [bool(shapely.contains_xy(part, middle[:, 0], middle[:, 1]).any()) if len(drawn) else False for part in parts]
    whole = [part for part, hit in zip(parts, met, strict=True) if not hit]
    return whole, [part for part, hit in zip(parts, met, strict=True) if hit]


def node_near(edges: Points, lines: list[Points], grid: float | None, snap: float) -> Noded:
    """Node lines with the edges around them; refuse when rounding never comes to rest."""
    noded = node(edges, lines, grid=grid, snap=snap)
    if not noded.settled:
        raise RefusedAt(
            _("The line runs too close to existing borders here: draw it a little apart, or exactly along them."),
            shapely.Point(np.concatenate(lines).mean(axis=0)),
        )
    return noded


def line_parts(line: Geometry) -> list[Points]:
    """
    Give the points of a drawn line, piece by piece.

    Raises
    ------
    InputError
        It is not a line, or has fewer than two different points.
    """
    parts = shapely.get_parts(line)
    if len(parts) == 0 or any(part.geom_type not in {"LineString", "LinearRing"} for part in parts):
        raise InputError(_("A line is needed: draw at least two points."))
    points = [shapely.get_coordinates(part) for part in parts]
    points = [p if (step := (p[1:] != p[:-1]).any(axis=1)).all() else p[np.append(True, step)] for p in points]
    points = [p for p in points if len(p) > 1]
    if not points or not all(np.isfinite(p).all() for p in points):
        raise InputError(_("A line is needed: draw at least two points."))
    return points


def extended(points: Points, area: Geometry, reach: float, label: Label, grid: float | None) -> Points:
    """Extend the ends of a line that stop inside an area to its border, or refuse."""
    if (points[0] == points[-1]).all():
        return points
    eps = resolution(points, grid)
    west, south, east, north = shapely.bounds(area).tolist()
    for turn in (False, True):
        run = points if turn else points[::-1]
        x, y = run[-1].tolist()
        if not (west < x < east and south < y < north) or not shapely.contains_xy(area, x, y):
            continue
        end, border = shapely.Point(x, y), shapely.boundary(area)
        if shapely.distance(end, border) > eps:
            hit = border_hit(run, border, reach)
            if hit is None:
                raise RefusedAt(
                    _("The line stops inside area {area}: draw it on to the border.").format(area=label), end
                )
            run = np.vstack([run, on_grid(hit, grid)])
            points = run if turn else run[::-1]
    return points


def border_hit(run: Points, border: Geometry, reach: float) -> Points | None:
    """
    Find where a line would meet a border if it went on.

    Parameters
    ----------
    run
        The line's points; it goes on beyond the last.
    border
        Linework.
    reach
        How far it may go on, in CRS units.

    Returns
    -------
    hit
        The first meeting straight ahead within reach, otherwise the nearest point of the border within reach, or None.
    """
    if reach <= 0:
        return None
    tip = shapely.Point(run[-1])
    ahead = run[-1] - run[-2]
    far = run[-1] + ahead / np.hypot(*ahead) * reach
    met = shapely.intersection(shapely.LineString([run[-1], far]), border)
    if not shapely.is_empty(met):
        found = shapely.get_coordinates(met)
        nearest: Points = found[np.hypot(*(found - run[-1]).T).argmin()]
        return nearest
    if shapely.distance(tip, border) <= reach:
        foot: Points = shapely.get_coordinates(shapely.shortest_line(tip, border))[1]
        return foot
    return None


def make_labels(label: Label, count: int, *taken: Container[Label]) -> list[Label]:
    """
    Make labels for new areas.

    A whole number gives the numbers after the largest in use; a text is followed by -2, -3 and so on, as far as free.

    Raises
    ------
    InputError
        Labels of this type cannot be continued: give them.
    """
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        top = max(int(label), *(_largest(used) for used in taken))
        return [top + k for k in range(1, count + 1)]
    if not isinstance(label, str):
        raise InputError(_("Area {area} cannot be numbered on: give the new numbers.").format(area=label))
    labels: list[Label] = []
    k = 1
    while len(labels) < count:
        k += 1
        name = f"{label}-{k}"
        if not any(name in used for used in taken):
            labels.append(name)
    return labels


def _largest(used: Container[Label]) -> int:
    """Give the largest whole number in use, -1 if there is none."""
    if isinstance(used, pd.Index):
        return int(used.max()) if len(used) and pd.api.types.is_integer_dtype(used.dtype) else -1
    if isinstance(used, Iterable):
        return max((int(name) for name in used if isinstance(name, (int, np.integer))), default=-1)
    return -1
