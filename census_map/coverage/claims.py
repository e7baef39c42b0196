"""Ground that areas claim too often: who claims which piece of it, and in whose container."""

from collections.abc import Iterator

import numpy as np
import shapely

from census_map.coverage.edges import Bools, Floats, Ints, Shapes
from census_map.coverage.scene import Finding, Scene, home_of
from census_map.coverage.segments import edges_near, unique_edges

Piece = tuple[shapely.Geometry, tuple[int, ...], int | None]  # ground, who claims it, its container


def claimed(owners: tuple[int, ...], shape: shapely.Geometry, box: int | None, scene: Scene) -> Iterator[Finding]:
    """
    Yield the faults in ground that areas claim too often: one for every set of owners.

    Parameters
    ----------
    owners
        The areas that claim it, at its inner point or along its border; ascending.
    shape
        The ground.
    box
        The container at its inner point.
    scene
        The polygons.
    """
    for piece, claimants, home in _split(shape, owners, box, scene):
        if scene.boxes is not None and home is None:
            homes = [home for home in (home_of(owner, scene) for owner in claimants) if home is not None]
            yield Finding("spill", claimants, min(homes, default=None), piece)
        elif len(claimants) > 1:
            yield Finding("overlap", claimants, home, piece)
        elif scene.boxes is not None and home_of(claimants[0], scene) != home:
            yield Finding("spill", claimants, home_of(claimants[0], scene), piece)


def _split(shape: shapely.Geometry, owners: tuple[int, ...], box: int | None, scene: Scene) -> list[Piece]:
    """
    Divide a face where borders cross it that cancel.

    Such as that of two neighbours under a third area, or the container's where a neighbour keeps to it.
    """
    ground = scene.ground[list(owners)]
    short = ground[~shapely.covers(ground, shape)]
    owned = not len(short) or not _is_ground(shapely.difference(shape, short), scene.grid).any()
    boxes, boxed = _boxes_of(shape, box, scene)
    if owned and boxed:
        return [(shape, owners, box)]
    area = np.sort(scene.near(np.array([shape], dtype=object))[1])
    around = scene.ground[area] if boxed else np.concatenate((scene.ground[area], scene.box_ground[boxes]))
    borders = _lines(edges_near(_edges_of(around), np.reshape(shapely.bounds(shape), (2, 2)), 2 * scene.grid))
    across = borders[shapely.relate_pattern(borders, shape, "T********")]
    lines = np.concatenate((_lines(_edges_of(np.array([shape], dtype=object))), across))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=scene.grid)]))
    points = shapely.point_on_surface(faces)
    inside = shapely.intersects(shape, points)
    return _grouped(faces[inside], points[inside], area, boxes, scene)


def _edges_of(shapes: Shapes) -> Floats:
    """Return the edges of polygons as they are written, (n, 4)."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shapes)), return_index=True)
    return np.asarray(np.concatenate((xy[:-1], xy[1:]), axis=1)[ring[1:] == ring[:-1]])


def _lines(edges: Floats) -> Shapes:
    """Return edges as lines, each once whoever has it."""
    return np.asarray(shapely.linestrings(unique_edges(edges).reshape(-1, 2, 2)), dtype=object)


def _boxes_of(shape: shapely.Geometry, box: int | None, scene: Scene) -> tuple[Ints, bool]:
    """Return the containers that reach into a face, and whether it lies wholly in the given one (None: in none)."""
    if scene.boxes is None:
        return np.zeros(0, dtype=np.int64), True
    if box is not None and shapely.covers(scene.box_ground[box], shape):
        return np.array([box]), True
    boxes = np.flatnonzero(shapely.intersects(scene.box_ground, shape))
    boxes = boxes[_is_ground(shapely.intersection(shape, scene.box_ground[boxes]), scene.grid)]
    if boxes.tolist() != ([] if box is None else [box]):
        return boxes, False
    return boxes, not _is_ground(shapely.difference(shape, scene.box_ground[boxes]), scene.grid).any()


def _is_ground(shapes: Shapes, grid: float) -> Bools:
    """Tell which shapes are more than what rounding a border to the grid makes of it."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    real = shapely.area(parts) > grid * shapely.length(parts)
    return np.asarray(np.bincount(of[real], minlength=len(shapes)) > 0)


def _grouped(faces: Shapes, points: Shapes, area: Ints, boxes: Ints, scene: Scene) -> list[Piece]:
    """Put faces with the same claimants and container together again."""
    ground = scene.ground[area]
    box_ground = scene.box_ground[boxes]
    groups: dict[tuple[tuple[int, ...], int | None], list[shapely.Geometry]] = {}
    for face, point in zip(faces, points, strict=True):
        claimants = tuple(area[shapely.intersects(ground, point)].tolist())
        here = boxes[shapely.intersects(box_ground, point)].tolist()
        if claimants:
            groups.setdefault((claimants, here[0] if here else None), []).append(face)
    return [
        (part, claimants, box)
        for (claimants, box), group in groups.items()
        for part in shapely.get_parts(shapely.coverage_union_all(group))
    ]
