"""From a residue and the polygons behind it to findings: regions, vertices, and what broken polygons explain."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely

from census_map.coverage.arrangement import Drawing, Faces, draw
from census_map.coverage.chain import Residue
from census_map.coverage.claims import claimed
from census_map.coverage.edges import Bools, Floats, Ints, edge_table, point_hash
from census_map.coverage.invalid import fault_places
from census_map.coverage.loop import Loop
from census_map.coverage.regions import build_suspects, by_length, cover_of_faces, find_regions
from census_map.coverage.scene import Finding, Scene, box_at
from census_map.coverage.segments import keys_among
from census_map.coverage.vertices import find_unmatched
from census_map.coverage.whole_areas import merge_whole_areas


def find_in_residue(left: Residue, scene: Scene, drawing: Drawing | None = None) -> list[Finding]:
    """
    Interpret a residue.

    Parameters
    ----------
    left
        Residue of the chain of the scene's areas and containers.
    scene
        The polygons, in the order in which the residue counts them.
    drawing
        The residue drawn, where that has been done already.

    Returns
    -------
    findings
        All faults but those of the containers themselves (`broken_boxes`), in no particular order.
    """
    if not len(left):
        return list(_broken_areas(scene, {}))
    finite = left.is_finite()
    if not finite.all():
        left, drawing = _without(left, ~finite), None
    return find_in_drawing(left, drawing or draw(left, grid=scene.grid), scene)


def find_in_drawing(left: Residue, drawing: Drawing, scene: Scene) -> list[Finding]:
    """Interpret a residue with finite coordinates that is drawn already."""
    crossing = _areas_across(drawing, scene)
    if len(crossing):
        left = _with_borders(left, crossing, scene)
        drawing = draw(left, grid=scene.grid)
    faces = build_suspects(drawing, scene)
    regions = list(find_regions(faces, cover_of_faces(faces, scene), scene))
    faulty = faces.shapes[sorted({face for face, _finding in regions})]
    vertices = find_unmatched(left, drawing.pieces, faulty, scene)
    free, loops = _without_own_loops(regions, faces, scene)
    findings = [*merge_whole_areas(free, scene), *_broken_areas(scene, loops)]
    return [*_restored(findings, left), *vertices]


def find_in_loops(loops: list[Loop], scene: Scene) -> list[Finding]:
    """Interpret a residue that is one closed way, among valid areas and containers (`loop.loops_of`)."""
    points = shapely.point_on_surface([loop.shape for loop in loops])
    found = (_regions_of(loop, point, scene) for loop, point in zip(loops, points, strict=True))
    return merge_whole_areas([finding for findings in found for finding in findings], scene)


def _regions_of(loop: Loop, point: shapely.Point, scene: Scene) -> Iterator[Finding]:
    """Find what the face of a loop is that has a point inside, as `find_regions` does."""
    if loop.excess < 0:
        lengths: dict[int, float] = {}
        for owner, contained, inner, length in loop.sides:
            if not (contained or inner):
                lengths[owner] = lengths.get(owner, 0.0) + length
        boxes = {owner for owner, contained, inner, _length in loop.sides if contained and inner}
        yield Finding("gap", by_length(lengths), min(boxes) if boxes else box_at(point, scene), loop.shape)
    else:
        owners = {owner for owner, contained, inner, _length in loop.sides if inner and not contained}
        owners.update(np.flatnonzero(shapely.intersects(scene.ground, point)).tolist())
        yield from claimed(tuple(sorted(owners)), loop.shape, box_at(point, scene), scene)


def _without(left: Residue, gone: Bools) -> Residue:
    """Drop segments, such as those that run to a coordinate that is not a number."""
    number = np.cumsum(~gone) - 1
    stays = ~gone[left.segment]
    return Residue(
        left.start[~gone],
        left.end[~gone],
        left.net[~gone],
        number[left.segment[stays]],
        left.along[stays],
        left.owner[stays],
        left.contained[stays],
        left.raw_start[stays],
        left.raw_end[stays],
    )


def _areas_across(drawing: Drawing, scene: Scene) -> Ints:
    """
    Find the areas that run across a border between two containers while their own borders all cancel.

    The residue then holds the containers' border alone, from both sides, and encloses nothing.
    """
    owned = drawing.sides.piece[drawing.sides.contained]
    pieces, count = np.unique(owned, return_counts=True)
    pieces = pieces[count > 1]
    if not len(pieces):
        return np.zeros(0, dtype=np.int64)
    middle = shapely.points((drawing.pieces.start[pieces] + drawing.pieces.end[pieces]) / 2)
    target, area = scene.near(middle)
    return np.unique(area[shapely.contains_properly(scene.ground[area], middle[target])])


def _with_borders(left: Residue, areas: Ints, scene: Scene) -> Residue:
    """Add the borders of some areas to a residue as lines that count for nothing, so that faces end at them."""
    table = edge_table(scene.ground[areas], grid=scene.grid)
    start, end = table.directed(np.flatnonzero(table.sign))
    return replace(
        left,
        start=np.concatenate((left.start, start)),
        end=np.concatenate((left.end, end)),
        net=np.concatenate((left.net, np.zeros(len(start), dtype=np.int64))),
    )


def _without_own_loops(
    regions: list[tuple[int, Finding]], faces: Faces, scene: Scene
) -> tuple[list[Finding], dict[int, list[shapely.Geometry]]]:
    """
    Separate the gaps that are nothing but a loop where the border of one area crosses itself.

    Nobody else has a border there; every other fault of an invalid area stands for itself.
    """
    boxed = set(faces.sides.inner[faces.sides.contained].tolist())
    free: list[Finding] = []
    loops: dict[int, list[shapely.Geometry]] = {}
    for face, finding in regions:
        alone = finding.kind == "gap" and len(finding.areas) == 1 and face not in boxed
        if alone and finding.areas[0] in scene.invalid and _has_corner(finding.geometry, scene):
            loops.setdefault(finding.areas[0], []).append(finding.geometry)
        else:
            free.append(finding)
    return free, loops


def _has_corner(shape: shapely.Geometry, scene: Scene) -> bool:
    """Tell whether a shape has a corner where an area crosses itself."""
    return bool(keys_among(point_hash(shapely.get_coordinates(shape)), scene.crossings).any())


def _broken_areas(scene: Scene, loops: dict[int, list[shapely.Geometry]]) -> Iterator[Finding]:
    """Yield the areas that are not valid by themselves, with the loops of their own."""
    for area, place in zip(scene.invalid.tolist(), scene.places, strict=True):
        point = shapely.Point(place) if np.isfinite(place).all() else shapely.Point()
        ground = shapely.multipolygons(loops[area]) if area in loops else point
        yield Finding("invalid", (area,), None, ground, point)


def broken_boxes(scene: Scene) -> Iterator[Finding]:
    """Yield the containers that are not valid by themselves."""
    if scene.boxes is None:
        return
    for box, place in zip(scene.invalid_boxes.tolist(), fault_places(scene.boxes[scene.invalid_boxes]), strict=True):
        point = shapely.Point(place) if np.isfinite(place).all() else shapely.Point()
        yield Finding("invalid", (), box, point, point)


def _restored(findings: list[Finding], left: Residue) -> list[Finding]:
    """Give the corners of regions the coordinates that the areas have, where those are finer than the grid."""
    raw = np.concatenate((left.raw_start, left.raw_end))
    snapped = np.concatenate((left.start[left.segment], left.end[left.segment]))
    if np.array_equal(raw, snapped) or not findings:
        return findings
    shapes = np.array([finding.geometry for finding in findings], dtype=object)
    hashed = point_hash(snapped)
    known = np.flatnonzero(keys_among(hashed, point_hash(shapely.get_coordinates(shapes))))
    known = known[np.lexsort((raw[known, 1], raw[known, 0]))]
    nodes, first = np.unique(hashed[known], return_index=True)
    exact = raw[known[first]]

    def restore(xy: Floats) -> Floats:
        if not len(nodes):
            return xy
        wanted = point_hash(xy)
        row = np.minimum(np.searchsorted(nodes, wanted), len(nodes) - 1)
        return np.where((nodes[row] == wanted)[:, None], exact[row], xy)

    better = shapely.transform(shapes, restore)
    # Multipolygons of touching pieces are invalid either way; only what was valid must stay so.
    keep = shapely.is_valid(better) | ~shapely.is_valid(shapes)
    return [
        replace(finding, geometry=shape) if fine else finding
        for finding, shape, fine in zip(findings, better, keep.tolist(), strict=True)
    ]
