"""
Move a shared border, or one vertex of it: both sides at once.

A border is moved by one line that begins and ends on it. Between the first and the last meeting, the old border and
the line enclose the ground that changes hands: a face belongs to it when it lies inside an odd number of their loops,
so a line that crosses the old border several times gives ground in both directions.
"""

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.cut import border_hit, line_parts, node_near
from census_map.coverage.faces import dissolve, faces_of, inside_odd, needed, run_inside
from census_map.coverage.noding import Noded
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh, moved_amounts, refuse_lost
from census_map.coverage.proof import finish
from census_map.coverage.rebuild import Inserts, rebuilt, refine_all, without_points
from census_map.coverage.segments import (
    Edge,
    Edges,
    Flags,
    Geometry,
    Points,
    among,
    edge_key,
    edges_of,
    line_edges,
    on_grid,
    resolution,
    ring_edges,
)
from census_map.coverage.splice import rerouted, twice_area
from census_map.i18n import _

Vertex = tuple[float, float]
_Moved = dict[tuple[Label, Label], Geometry]  # ground by who gives and who takes it


def move_border_patch(
    patch: Patch,
    labels: tuple[Label, Label],
    line: Geometry,
    *,
    reach: float = 0.0,
    snap: float = 0.0,
    allow_parts: bool = False,
    weigh: Weigh | None = None,
) -> Change:
    """
    Give the border between two areas a new course.

    Parameters
    ----------
    patch
        The two areas and their neighbourhood.
    labels
        The two areas.
    line
        The new course: a LineString that begins and ends on the border of the two, or crosses it there.
    reach
        An end that stops short of the border is drawn on to it when that is not farther than this, CRS units.
    snap
        A crossing within this distance of an existing vertex uses that vertex, CRS units.
    allow_parts
        Let an area fall into several parts (an exclave); otherwise that is refused.
    weigh
        What the ground that changes hands weighs, to share out amounts; default: amounts stay where they are.

    Raises
    ------
    RefusedAt
        The line does not begin and end on one border of the two, leaves the two areas, or takes all of one.
    """
    left, right = (patch.area(label) for label in labels)
    drawn = line_parts(line)
    if len(drawn) != 1:
        raise RefusedAt(_("Draw the new border as one line."), shapely.Point(drawn[1][0]))
    noded, course, both, border = _reaching(patch, labels, (left, right), drawn[0], reach, snap)
    fine = dict(zip(labels, both, strict=True))
    path = _way_back(border, course)
    if path is None:
        raise RefusedAt(
            _("Begin and end the line on the same stretch of the border between {left} and {right}.").format(
                left=labels[0], right=labels[1]
            ),
            shapely.Point(course[-1]),
        )
    segments, new, known = _inner_segments(course, labels, both)
    result = _rerouted(fine, path, course) if new.all() else None
    moved: _Moved = {}
    if result is not None and weigh:
        moved = _handed_over(fine, path, course)
    elif result is None:
        result, moved = _exchanged(
            fine, labels, np.concatenate((known, segments[new])), np.concatenate((course, path[1:]))
        )
    refuse_lost(patch, result, allow_parts=allow_parts)
    inserts, idle = needed(noded.inserts, segments[new])
    result = {label: without_points(polygon, idle) for label, polygon in result.items()}
    amounts = moved_amounts(dict(zip(labels, (left, right), strict=True)), result, moved, weigh) if weigh else {}
    return finish(patch, result, inserts=inserts, amounts=amounts)


def _inner_segments(course: Points, labels: tuple[Label, Label], both: list[Geometry]) -> tuple[Edges, Flags, Edges]:
    """
    Take a course apart, or refuse it where it leaves the two areas.

    Returns
    -------
    segments, new, known
        Its segments, those that run inside and not along a border, and the edges of the two areas.
    """
    segments = line_edges([course])
    known = np.concatenate([ring_edges(polygon) for polygon in both])
    along = among(segments, known)
    new = run_inside(segments, both) & ~along
    if not (new | along).all():
        at = segments[int(np.argmin(new | along))]
        raise RefusedAt(
            _("The line leaves areas {left} and {right} here: keep it inside the two.").format(
                left=labels[0], right=labels[1]
            ),
            shapely.Point((at[:2] + at[2:]) / 2),
        )
    return segments, new, known


def _rerouted(fine: dict[Label, Geometry], path: Points, course: Points) -> dict[Label, Geometry] | None:
    """Give the two areas with the course in place of the old border; None where faces have to be looked at."""
    result = {}
    for label, polygon in fine.items():
        turned = rerouted(polygon, path, course)
        if turned is None:
            return None
        result[label] = turned
    return result


def _handed_over(fine: dict[Label, Geometry], path: Points, course: Points) -> _Moved:
    """Give the ground between the old and the new course of a border, by who gives it and who takes it."""
    faces = faces_of(line_edges([np.concatenate((course, path[1:]))]))
    points = shapely.point_on_surface(faces)
    left, right = fine
    from_left = shapely.contains(fine[left], points)
    moved = {}
    for pair, of in (((left, right), from_left), ((right, left), ~from_left)):
        if of.any():
            moved[pair] = dissolve(list(faces[of]))
    return moved


def _reaching(
    patch: Patch,
    labels: tuple[Label, Label],
    pair: tuple[Geometry, Geometry],
    line: Points,
    reach: float,
    snap: float,
) -> tuple[Noded, Points, list[Geometry], Edges]:
    """
    Node the line with the two areas, extended where it stops short.

    Returns
    -------
    noded, course, fine, border
        What was noded, the line between its first and last meeting with the common border, the two areas refined, and
        the edges they share.
    """
    edges = np.concatenate([ring_edges(polygon) for polygon in pair])
    shared = None  # only needed where the line has to be drawn on
    for ends in ((), (-1,), (0,), (0, -1)):
        if ends and shared is None:
            shared = _common_lines(labels, pair, line)
        points = _drawn_on(line, ends, shared, reach, patch.grid)
        if points is None:
            continue
        noded = node_near(edges, [points], patch.grid, snap)
        if not noded.lines:
            continue
        course = noded.lines[0]
        found = refine_all(pair, noded.inserts)
        fine = [found.get(k, polygon) for k, polygon in enumerate(pair)]
        border = _shared(*fine)
        stops = set(map(tuple, border.reshape(-1, 2).tolist()))
        on = [k for k, point in enumerate(course.tolist()) if tuple(point) in stops]
        if len(on) > 1 and on[0] != on[-1]:
            return noded, course[on[0] : on[-1] + 1], fine, border
    far = max((line[0], line[-1]), key=lambda end: shapely.distance(shapely.Point(end), shared))
    raise RefusedAt(
        _("The line stops short of the border between {left} and {right} here: draw it on to the border.").format(
            left=labels[0], right=labels[1]
        ),
        shapely.Point(far),
    )


def _drawn_on(
    line: Points, ends: Iterable[int], shared: Geometry | None, reach: float, grid: float | None
) -> Points | None:
    """Draw chosen ends of a line on to the border; None when one is out of reach."""
    points = line
    for end in ends:
        run = points if end == -1 else points[::-1]
        if shapely.distance(shapely.Point(run[-1]), shared) <= resolution(run, grid):
            continue
        hit = border_hit(run, shared, reach)
        if hit is None:
            return None
        run = np.vstack([run, on_grid(hit, grid)])
        points = run if end == -1 else run[::-1]
    return points


def _shared(left: Geometry, right: Geometry) -> Edges:
    """Give the edges that two areas have in common, shape (n, 4)."""
    mine = ring_edges(left)
    kept: Edges = mine[among(mine, ring_edges(right))]
    return kept


def _common_lines(labels: tuple[Label, Label], pair: tuple[Geometry, Geometry], line: Points) -> Geometry:
    """Give the common border of two areas, or refuse when there is none."""
    edges = _shared(*pair).reshape(-1, 2, 2)
    if len(edges) == 0:
        raise RefusedAt(
            _("Areas {left} and {right} have no common border.").format(left=labels[0], right=labels[1]),
            shapely.Point(line[0]),
        )
    return shapely.multilinestrings(list(edges))


def _way_back(border: Edges, course: Points) -> Points | None:
    """Follow the old border from the end of a course back to its beginning; None when they are on two stretches."""
    at: dict[Vertex, list[Vertex]] = {}
    for ax, ay, bx, by in border.tolist():
        at.setdefault((ax, ay), []).append((bx, by))
        at.setdefault((bx, by), []).append((ax, ay))
    begin = (float(course[0, 0]), float(course[0, 1]))
    end = (float(course[-1, 0]), float(course[-1, 1]))
    paths = []
    for first in at.get(end, ()):
        path: list[Vertex] = [end, first]
        while path[-1] != begin:
            onward = [vertex for vertex in at[path[-1]] if vertex != path[-2]]
            if len(onward) != 1 or path[-1] == end:
                break
            path.append(onward[0])
        if path[-1] == begin:
            paths.append(np.array(path))
    return min(paths, key=lambda path: abs(twice_area(np.concatenate((course, path[1:]))))) if paths else None


def _exchanged(
    fine: dict[Label, Geometry], labels: tuple[Label, Label], edges: Edges, loop: Points
) -> tuple[dict[Label, Geometry], _Moved]:
    """
    Give the faces inside a loop to the other area.

    Parameters
    ----------
    fine
        The two areas, refined.
    edges
        Their edges and the drawn ones.
    loop
        The new course and the way back.

    Returns
    -------
    result, moved
        The areas afterwards, and the ground that changed hands.
    """
    faces = faces_of(edges)
    points = shapely.point_on_surface(faces)
    x, y = shapely.get_x(points), shapely.get_y(points)
    held = {label: shapely.contains_xy(polygon, x, y) for label, polygon in fine.items()}
    turn = inside_odd(np.column_stack([x, y]), line_edges([loop]))
    left, right = labels
    result, moved = {}, {}
    for mine, other in ((left, right), (right, left)):
        keep = (held[mine] & ~turn) | (held[other] & turn)
        result[mine] = dissolve(list(faces[keep])) if keep.any() else shapely.Polygon()
        if (held[mine] & turn).any():
            moved[mine, other] = dissolve(list(faces[held[mine] & turn]))
    return result, moved


def find_vertex(patch: Patch, at: Geometry, tolerance: float) -> Vertex:
    """
    Find the border vertex at a place.

    Raises
    ------
    RefusedAt
        There is none within the tolerance (CRS units).
    """
    target = np.array([at.x, at.y])
    points = [shapely.get_coordinates(polygon) for polygon in patch.areas.values() if polygon is not None]
    vertices = np.vstack([np.empty((0, 2)), *points])
    gaps = np.hypot(*(vertices - target).T)
    if len(gaps) == 0 or gaps.min() > max(tolerance, resolution(target[None], patch.grid)):
        raise RefusedAt(_("There is no corner of a border here: point at one."), at)
    x, y = vertices[gaps.argmin()].tolist()
    return x, y


def _holders(polygons: Iterable[tuple[Label, Geometry]], vertex: Vertex) -> dict[Label, NDArray[np.bool_]]:
    found = {}
    for label, polygon in polygons:
        if polygon is not None:
            xy = shapely.get_coordinates(polygon)
            here = (xy[:, 0] == vertex[0]) & (xy[:, 1] == vertex[1])
            if here.any():
                found[label] = here
    return found


def _free_holders(patch: Patch, vertex: Vertex) -> dict[Label, NDArray[np.bool_]]:
    """Give the areas that own a vertex; refuse when it belongs to a container's border, which never moves."""
    fixed = _holders(patch.containers.items(), vertex)
    if fixed:
        raise RefusedAt(
            _("This corner belongs to the border of census area {area}, which does not move.").format(
                area=next(iter(fixed))
            ),
            shapely.Point(vertex),
        )
    return _holders(patch.areas.items(), vertex)


def move_vertex_patch(patch: Patch, vertex: Vertex, to: Geometry) -> Change:
    """
    Move a border vertex in all areas that share it.

    Parameters
    ----------
    patch
        Every area that holds the vertex, and their neighbourhood.
    vertex
        Its exact coordinates (`find_vertex`).
    to
        The Point it moves to.

    Raises
    ------
    RefusedAt
        It belongs to a container's border, or a border would cross another.
    """
    target = on_grid(np.array([to.x, to.y]), patch.grid)
    new = {}
    for label, here in _free_holders(patch, vertex).items():
        xy = shapely.get_coordinates(patch.areas[label])
        xy[here] = target
        new[label] = rebuilt(patch.areas[label], xy)
    _refuse_touch(new, target)
    return finish(patch, new)


def _refuse_touch(new: dict[Label, Geometry], target: Points) -> None:
    for label, polygon in new.items():
        if not shapely.is_valid(polygon):
            raise RefusedAt(
                _("The border of area {area} would cross itself: move the corner less far.").format(area=label),
                shapely.Point(target),
            )


def delete_vertex_patch(patch: Patch, vertex: Vertex) -> Change:
    """
    Take a vertex out of the border of all areas that share it.

    Raises
    ------
    RefusedAt
        Borders of three areas meet there, it belongs to a container's border, or an area would lose its ground.
    """
    holders = _free_holders(patch, vertex)
    around: set[Edge] = set()
    for label in holders:
        edges = ring_edges(patch.areas[label])
        at_vertex = (edges.reshape(-1, 2, 2) == vertex).all(axis=2).any(axis=1)
        around |= {edge_key(edge) for edge in edges[at_vertex]}
    if len(around) != 2:
        raise RefusedAt(_("Several borders meet in this corner: it cannot be deleted."), shapely.Point(vertex))
    new = {}
    for label, here in holders.items():
        polygon = patch.areas[label]
        sizes = shapely.get_num_coordinates(shapely.get_rings(shapely.get_parts(polygon)))
        ring_of = np.repeat(np.arange(len(sizes)), sizes)
        if any(sizes[ring] - 1 <= 3 for ring in np.unique(ring_of[here])):
            raise RefusedAt(_("A border needs at least three corners: this one must stay."), shapely.Point(vertex))
        new[label] = rebuilt(polygon, shapely.get_coordinates(polygon), keep=~here)
    _refuse_touch(new, np.array(vertex))
    return finish(patch, new)


def insert_vertex_patch(patch: Patch, at: Geometry, tolerance: float) -> Change:
    """
    Insert a vertex into the border nearest to a place, in all areas and containers that share it.

    Raises
    ------
    RefusedAt
        No border passes within the tolerance (CRS units).
    """
    edges = edges_of(polygon for polygon in patch.areas.values() if polygon is not None)
    lines = shapely.linestrings(edges.reshape(-1, 2, 2))
    gaps = shapely.distance(lines, at)
    if len(gaps) == 0 or gaps.min() > tolerance:
        raise RefusedAt(_("There is no border here: point at one."), at)
    edge, line = edges[gaps.argmin()], lines[gaps.argmin()]
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, shapely.line_locate_point(line, at)))
    foot = on_grid(foot, patch.grid)
    inserts: Inserts = {edge_key(edge): foot}
    if any((foot[0] == end).all() for end in edge.reshape(2, 2)):
        raise RefusedAt(_("There is a corner here already."), at)
    return finish(patch, {}, inserts=inserts)
