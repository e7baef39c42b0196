"""
What each face of a residue is: gap, overlap, spill, or nothing.

How often a face is covered follows from the signs of the edges round it, exactly, however thin the face. *Who* covers
it is asked of the polygons at a point inside, and of the edges that have the face on their inner side.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.arrangement import Drawing, Faces, Sides
from census_map.coverage.claims import claimed
from census_map.coverage.edges import Bools, Ints
from census_map.coverage.scene import Finding, Scene, home_of


@dataclass(frozen=True)
class Cover:
    """
    Who covers each face at its inner point.

    Attributes
    ----------
    areas
        Face → positions of areas, ascending; faces that nobody was asked about are left out.
    box
        (f,) the container at the inner point, -1 outside all.
    """

    areas: dict[int, list[int]]
    box: Ints

    def at(self, face: int) -> int | None:
        """Return the container at the inner point of a face, None outside all."""
        box = int(self.box[face])
        return box if box >= 0 else None


def build_suspects(drawing: Drawing, scene: Scene) -> Faces:
    """Build the faces that may be at fault: covered too often or not at all, or a container's by others."""
    excess, sides = drawing.cycles.excess, drawing.sides
    wanted = excess != (1 if scene.boxes is None else 0)
    if scene.boxes is not None:
        # Ground of one container that areas of another cover adds up to nothing.
        wanted |= _touches(sides, sides.contained, len(excess))
    wanted[drawing.cycles.outer] = False
    return drawing.build(wanted)


def cover_of_faces(faces: Faces, scene: Scene) -> Cover:
    """
    Ask the polygons who covers the faces whose signs tell of more than a plain gap.

    Parameters
    ----------
    faces
        Faces that may be at fault.
    scene
        The polygons.
    """
    points = shapely.point_on_surface(faces.shapes)
    box = np.full(len(points), -1, dtype=np.int64)
    asked = faces.excess >= 2
    if scene.boxes is not None and len(points):
        of, face = shapely.STRtree(points).query(scene.boxes)
        shapely.prepare(scene.box_ground)
        inside = shapely.intersects(scene.box_ground[of], points[face])
        box[face[inside]] = of[inside]
        asked = faces.excess > 0
        asked |= (faces.excess == 0) & _touches(faces.sides, faces.sides.contained, len(points))
    wanted = np.flatnonzero(asked)
    areas: dict[int, list[int]] = {int(face): [] for face in wanted}
    if len(wanted):
        target, area = scene.near(points[wanted])
        inside = shapely.intersects(scene.ground[area], points[wanted][target])
        for face, position in sorted(zip(wanted[target[inside]].tolist(), area[inside].tolist(), strict=True)):
            areas[face].append(position)
    return Cover(areas, box)


def _touches(sides: Sides, chosen: Bools, count: int) -> Bools:
    """Mark the faces that some of the chosen edges run along, on either side."""
    marks = np.zeros(count + 1, dtype=bool)  # the last entry takes what is no face, -1
    marks[sides.inner[chosen]] = True
    marks[sides.outer[chosen]] = True
    return marks[:-1]


def find_regions(faces: Faces, cover: Cover, scene: Scene) -> Iterator[tuple[int, Finding]]:
    """Yield the faults that have an area, with the face each comes from."""
    excess = faces.excess
    order = _EdgesByFace(faces.sides)
    normal = 1 if scene.boxes is None else 0
    for face in np.flatnonzero(excess < normal).tolist():
        neighbours = order.neighbours(face)
        bordering = order.containers(face)
        yield face, Finding("gap", neighbours, bordering[0] if bordering else cover.at(face), faces.shapes[face])
    for face in np.flatnonzero(excess >= normal).tolist():
        owners = tuple(sorted({*cover.areas.get(face, []), *(order.owners(face) if excess[face] > normal else ())}))
        if excess[face] > normal:
            yield from ((face, finding) for finding in claimed(owners, faces.shapes[face], cover.at(face), scene))
        elif scene.boxes is not None and len(owners) == 1 and cover.box[face] >= 0:
            home = home_of(owners[0], scene)
            if home is not None and home != cover.box[face]:
                yield face, Finding("spill", owners, home, faces.shapes[face])


class _EdgesByFace:
    """Look up the edges along a face."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._inner = np.argsort(sides.inner, kind="stable")
        self._outer = np.argsort(sides.outer, kind="stable")

    def _rows(self, order: NDArray[np.intp], values: Ints, face: int) -> NDArray[np.intp]:
        first, last = np.searchsorted(values, (face, face + 1), sorter=order)
        return order[first:last]

    def owners(self, face: int) -> set[int]:
        """Return the areas that have an edge with this face on its inner side."""
        rows = self._rows(self._inner, self._sides.inner, face)
        return set(self._sides.owner[rows[~self._sides.contained[rows]]].tolist())

    def containers(self, face: int) -> list[int]:
        """Return the containers that have an edge with this face on its inner side."""
        rows = self._rows(self._inner, self._sides.inner, face)
        return sorted(set(self._sides.owner[rows[self._sides.contained[rows]]].tolist()))

    def neighbours(self, face: int) -> tuple[int, ...]:
        """Return the areas beyond the edges of this face, the longest shared border first."""
        rows = self._rows(self._outer, self._sides.outer, face)
        rows = rows[~self._sides.contained[rows]]
        lengths: dict[int, float] = {}
        for owner, length in zip(self._sides.owner[rows].tolist(), self._sides.length[rows].tolist(), strict=True):
            lengths[owner] = lengths.get(owner, 0.0) + length
        return by_length(lengths)


def by_length(lengths: dict[int, float]) -> tuple[int, ...]:
    """Sort owners by the length of border they have, the longest first."""
    return tuple(sorted(lengths, key=lambda owner: (-lengths[owner], owner)))
