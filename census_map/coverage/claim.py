"""
Draw a polygon that takes its ground from the areas beneath it.

The ground of other containers, and ground that belongs to no area, is left alone: a claim never moves a container's
border. A claim with a label that does not exist yet makes a new area.
"""

import numpy as np
import shapely

from census_map.coverage.cut import node_near
from census_map.coverage.faces import dissolve, faces_of, inside_odd, needed, owners_of
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh, ground, moved_amounts, refuse_lost
from census_map.coverage.proof import finish
from census_map.coverage.rebuild import refine_named, without_points
from census_map.coverage.segments import Geometry, among, line_edges, ring_edges
from census_map.errors import InputError
from census_map.i18n import _


def claim_patch(
    patch: Patch,
    label: Label,
    region: Geometry,
    *,
    snap: float = 0.0,
    allow_parts: bool = False,
    weigh: Weigh | None = None,
) -> Change:
    """
    Give an area the ground under a drawn polygon.

    Parameters
    ----------
    patch
        Every area that the polygon meets, and their neighbours.
    label
        The area that claims; a label that is not in use makes a new area with the attributes of the area that gives
        most.
    region
        The drawn Polygon or MultiPolygon, CRS of the areas.
    snap
        A corner or crossing within this distance of an existing vertex uses that vertex, CRS units.
    allow_parts
        Let areas fall into several parts; otherwise that is refused.
    weigh
        What the ground that changes hands weighs, to share out amounts; default: amounts stay where they are, except
        that a new area gets its share by ground.

    Raises
    ------
    RefusedAt
        The claim changes nothing, takes all of an area, or breaks one in parts.
    InputError
        The drawn polygon is empty or crosses itself.
    """
    if region.geom_type not in {"Polygon", "MultiPolygon"} or region.is_empty or not region.is_valid:
        raise InputError(_("The drawn outline crosses itself or is empty: draw it again."))
    own = patch.areas.get(label)
    inner = shapely.point_on_surface(region if own is None or own.is_empty else own)
    givers = _givers(patch, label, region, inner)
    if not givers:
        raise RefusedAt(_("There is no ground to take here: draw over a neighbouring area."), inner)
    players = givers if own is None or own.is_empty else {**givers, label: own}
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(region))]
    edges = np.concatenate([ring_edges(polygon) for polygon in players.values()])
    noded = node_near(edges, rings, patch.grid, snap)
    fine = refine_named(players, noded.inserts)
    drawn = line_edges(noded.lines)
    result, moved = _taken(fine, drawn, set(givers), label)
    if label not in result:
        raise RefusedAt(_("The outline changes nothing: draw over a neighbouring area."), inner)
    refuse_lost(patch, result, allow_parts=allow_parts)
    border = drawn[among(drawn, ring_edges(result[label]))]
    inserts, idle = needed(noded.inserts, border)
    result = {name: without_points(polygon, idle) for name, polygon in result.items()}
    origins: dict[Label, Label | None] = {}
    if own is None:
        given = {name: float(givers[name].area - result[name].area) for name in givers if name in result}
        origins[label] = max(given, key=lambda name: given[name])
        if patch.areas[origins[label]].geom_type == "MultiPolygon":
            result[label] = shapely.multipolygons(shapely.get_parts(result[label]))
    if own is None and weigh is None:
        weigh = ground
    amounts: dict[Label, dict[Label, float]] = {}
    if weigh:
        amounts = moved_amounts({name: players[name] for name in result if name in players}, result, moved, weigh)
    return finish(patch, result, inserts=inserts, origins=origins, amounts=amounts)


def _givers(patch: Patch, label: Label, region: Geometry, inner: Geometry) -> dict[Label, Geometry]:
    """Give the areas whose ground a region takes: those in the same container that it overlaps."""
    home = [polygon for polygon in patch.containers.values() if shapely.contains(polygon, inner)]
    givers = {}
    for name, polygon in patch.areas.items():
        if name == label or polygon is None or shapely.is_empty(polygon):
            continue
        if home and not any(shapely.contains(box, shapely.point_on_surface(polygon)) for box in home):
            continue
        if shapely.relate_pattern(polygon, region, "T********"):
            givers[name] = polygon
    return givers


def _taken(
    fine: dict[Label, Geometry], drawn: np.ndarray, givers: set[Label], label: Label
) -> tuple[dict[Label, Geometry], dict[tuple[Label, Label], Geometry]]:
    """
    Give the faces inside the drawn rings to the claimant.

    Returns
    -------
    result, moved
        The areas that change, and the ground that changes hands, by who gives and who takes it.
    """
    faces = faces_of(np.concatenate([*(ring_edges(polygon) for polygon in fine.values()), drawn]))
    owners, points = owners_of(faces, fine)
    inside = inside_odd(np.column_stack([shapely.get_x(points), shapely.get_y(points)]), drawn)
    held: dict[Label, list[Geometry]] = {name: [] for name in (*fine, label)}
    taken: dict[Label, list[Geometry]] = {}
    for face, names, within in zip(faces, owners, inside, strict=True):
        losers = [name for name in names if name in givers] if within else []
        for name in losers:
            taken.setdefault(name, []).append(face)
        if losers:
            held[label].append(face)
        for name in names:
            if name not in losers and not (losers and name == label):
                held[name].append(face)
    if not taken:
        return {}, {}
    result = {name: dissolve(held[name]) if held[name] else shapely.Polygon() for name in (*taken, label)}
    return result, {(name, label): dissolve(ground) for name, ground in taken.items()}
