"""The polygons behind a residue, and what is asked of them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from census_map.coverage.edges import Floats, Ints, Keys, Shapes, point_hash
from census_map.coverage.invalid import enclosed_ground, fault_places, finite
from census_map.coverage.segments import keys_among
from census_map.crs import snap_coordinates

Near = Callable[[Shapes], tuple[Ints, Ints]]


@dataclass(frozen=True)
class Scene:
    """
    The polygons behind a residue.

    Attributes
    ----------
    shapes, labels
        The areas, and their ids.
    invalid
        Positions of invalid areas.
    boxes, box_labels, invalid_boxes
        The same of the containers; None, None and empty without containers.
    ground, box_ground
        Areas and containers with the invalid ones replaced by the ground that they enclose (`solid`).
    grid
        Grid step in CRS units.
    near
        Finds the areas whose extent meets that of given shapes: positions in the argument, positions of areas.
    """

    shapes: Shapes
    labels: Sequence[Hashable]
    invalid: Ints
    boxes: Shapes | None
    box_labels: Sequence[Hashable] | None
    invalid_boxes: Ints
    ground: Shapes
    box_ground: Shapes
    grid: float
    near: Near

    @cached_property
    def crossings(self) -> Keys:
        """Hashes, on the grid, of the places where invalid areas cross themselves: corners that nobody drew."""
        drawn, found = (
            point_hash(snap_coordinates(shapely.get_coordinates(shapes[self.invalid]), self.grid))
            for shapes in (self.shapes, self.ground)
        )
        return found[~keys_among(found, drawn)]

    @cached_property
    def _drawn(self) -> dict[int, set[int]]:
        """Hashes, on the grid, of the corners with which each invalid area was drawn."""
        return {
            area: set(point_hash(snap_coordinates(shapely.get_coordinates(self.shapes[area]), self.grid)).tolist())
            for area in self.invalid.tolist()
        }

    def has_drawn(self, area: int, place: int) -> bool:
        """Tell whether an area is invalid and yet has a corner at a place, given as its hash."""
        return bool(len(self.invalid)) and int(place) in self._drawn.get(area, ())

    @cached_property
    def places(self) -> Floats:
        """Where the invalid areas are broken."""
        return fault_places(self.shapes[self.invalid])

    def box_label(self, position: int | None) -> Hashable | None:
        """Return the id of a container; None for none, or where the container is only the outline."""
        return None if position is None or self.box_labels is None else self.box_labels[position]


def solid(shapes: Shapes, invalid: Ints) -> Shapes:
    """Return polygons with the invalid ones replaced by the ground that their rings enclose."""
    if not len(invalid):
        return shapes
    mended = shapes.copy()
    mended[invalid] = enclosed_ground(shapes[invalid])
    return mended


def traced(shapes: Shapes, invalid: Ints) -> Shapes:
    """Return the polygons whose edges the chain counts: `solid` ones, and as they are those without known ground."""
    if not len(invalid):
        return shapes
    ground = solid(shapes, invalid)
    strange = invalid[~finite(shapes[invalid])]
    ground[strange] = shapes[strange]
    return ground


def look_up(shapes: Shapes) -> Near:
    """Return a `Scene.near` that builds its index over the few shapes asked about, not over all areas."""

    def near(targets: Shapes) -> tuple[Ints, Ints]:
        area, target = shapely.STRtree(targets).query(shapes)
        return target, area

    return near


@dataclass(frozen=True)
class Finding:
    """A fault before it is measured: owners as positions; `place` where a point other than an inner one is meant."""

    kind: str
    areas: tuple[int, ...]
    container: int | None
    geometry: shapely.Geometry
    place: shapely.Point | None = None


def box_at(point: shapely.Point, scene: Scene) -> int | None:
    """Return the container in which a point lies; None for none."""
    if scene.boxes is None:
        return None
    inside = np.flatnonzero(shapely.intersects(scene.box_ground, point))
    return int(inside[-1]) if len(inside) else None


def home_of(area: int, scene: Scene) -> int | None:
    """Return the container in which most of an area lies, None for none."""
    assert scene.boxes is not None
    shape = scene.ground[area]
    if shape is None:
        return None
    near = np.flatnonzero(shapely.intersects(shapely.box(*shapely.bounds(shape)), scene.box_ground))
    if len(near) < 2:
        return int(near[0]) if len(near) else None
    shares = shapely.area(shapely.intersection(shape, scene.box_ground[near]))
    return int(near[np.argmax(shares)]) if shares.max() > 0 else None
