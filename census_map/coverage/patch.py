"""
The small piece of a coverage that an edit works on, and the change it makes.

An edit never looks at the whole coverage: it takes a `Patch` (the areas concerned and everyone whose box meets
theirs, by label) and gives a `Change` (old and new polygons by label). Whoever holds the data (a frame, an `Editor`,
an edit buffer of a GIS) cuts the patch out and applies the change. What makes a change safe stands in
`census_map.coverage.proof`.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import Keys, point_hash
from census_map.coverage.segments import Edge, Geometry, Points
from census_map.errors import EditRefused
from census_map.i18n import _

Label = Hashable
Boxes = NDArray[np.float64]  # shape (n, 4): west, south, east, north
Weigh = Callable[[Sequence[Geometry]], Sequence[float]]  # what each piece weighs: ground, persons, households


class RefusedAt(EditRefused):
    """
    An edit was refused because of something at one place.

    Attributes
    ----------
    point
        The place, in the CRS of the areas; None when the whole request is at fault.
    """

    def __init__(self, message: str, point: Any = None) -> None:
        super().__init__(message)
        self.point = point


@dataclass(frozen=True)
class Patch:
    """
    A neighbourhood of a coverage.

    Attributes
    ----------
    areas
        Polygon by label: the areas to edit and every other area whose bounding box meets theirs.
    containers
        Polygon by label: the containers (census areas) whose bounding box meets theirs; empty if there are none.
    grid
        Step to which new coordinates are rounded, in CRS units (`census_map.crs.grid_size`); None: not rounded.
    corners
        `corners_of` each container, from whoever keeps them; otherwise they are worked out when needed.
    box
        West, south, east, north: every area whose box meets this is in the patch; None: nothing is promised but what
        is said of `areas`.
    """

    areas: Mapping[Label, Geometry]
    containers: Mapping[Label, Geometry] = field(default_factory=dict)
    grid: float | None = None
    corners: Sequence[Keys] | None = None
    box: Boxes | None = None

    def are_corners_of_containers(self, points: Keys) -> NDArray[np.bool_]:
        """Tell which points, given as hashes, are vertices of containers."""
        known = [corners_of(polygon) for polygon in self.containers.values()] if self.corners is None else self.corners
        found = np.zeros(len(points), dtype=bool)
        for corners in known:
            place = np.minimum(np.searchsorted(corners, points), len(corners) - 1)
            found |= corners[place] == points
        return found

    def area(self, label: Label) -> Geometry:
        """Give the polygon of an area, or refuse when there is none."""
        polygon = self.areas.get(label)
        if polygon is None or shapely.is_empty(polygon):
            raise RefusedAt(_("There is no area {area} here: choose another.").format(area=label))
        return polygon


@dataclass(frozen=True)
class Change:
    """
    What an edit changes; small, and its own inverse is as small.

    Attributes
    ----------
    old, new
        Polygon by label before and after; an area that did not exist or exists no longer stands only on one side.
    containers_old, containers_new
        Containers that received a vertex on their border (their ground is the same up to the grid).
    amounts
        For areas whose amounts (persons, households) change: the share of each old area's amount that the area now
        holds, `{area: {old area: share}}`. The shares of one old area add up to 1, so amounts are conserved.
    origins
        For each added area, the area whose attributes it copies (None: it has none).
    inserts
        Points inserted into edges, by edge; further layers that own these edges can be given them with `refine`.
    """

    old: Mapping[Label, Geometry]
    new: Mapping[Label, Geometry]
    containers_old: Mapping[Label, Geometry] = field(default_factory=dict)
    containers_new: Mapping[Label, Geometry] = field(default_factory=dict)
    amounts: Mapping[Label, Mapping[Label, float]] = field(default_factory=dict)
    origins: Mapping[Label, Label | None] = field(default_factory=dict)
    inserts: Mapping[Edge, Points] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[Label, ...]:
        """Labels of the areas that stay with another polygon."""
        return tuple(label for label in self.new if label in self.old)

    @property
    def added(self) -> tuple[Label, ...]:
        """Labels of the new areas."""
        return tuple(label for label in self.new if label not in self.old)

    @property
    def removed(self) -> tuple[Label, ...]:
        """Labels of the areas that exist no longer."""
        return tuple(label for label in self.old if label not in self.new)

    def inverse(self) -> "Change":
        """Give the change back; attributes of areas that come back are kept by whoever holds the rows."""
        return Change(self.new, self.old, self.containers_new, self.containers_old)


def corners_of(container: Geometry) -> Keys:
    """Hash the vertices of a container, sorted; at least one number."""
    corners = np.sort(point_hash(shapely.get_coordinates(container)))
    return corners if len(corners) else np.zeros(1, dtype=np.uint64)


def like(polygon: Geometry, model: Geometry | None) -> Geometry:
    """Give a polygon the type (simple or multi) that a layer of its model's type accepts."""
    if model is None or model.geom_type == "Polygon" or polygon.geom_type != "Polygon":
        return polygon
    return shapely.MultiPolygon() if polygon.is_empty else shapely.multipolygons([polygon])


def refuse_lost(patch: Patch, result: Mapping[Label, Geometry], *, allow_parts: bool) -> None:
    """Refuse results in which an area vanishes, or falls apart without leave."""
    for label, polygon in result.items():
        before = patch.areas.get(label)
        if shapely.is_empty(polygon):
            inner = None if before is None else shapely.point_on_surface(before)
            raise RefusedAt(_("Nothing would be left of area {area}: join it instead.").format(area=label), inner)
        if polygon.geom_type == "Polygon" or allow_parts:
            continue
        parts = shapely.get_parts(polygon)
        allowed = 1 if before is None else int(shapely.get_num_geometries(before))
        if len(parts) > allowed:
            smallest = parts[shapely.area(parts).argmin()]
            raise RefusedAt(
                _("Area {area} would fall into {n} parts, one of them here: draw the line otherwise.").format(
                    area=label, n=len(parts)
                ),
                shapely.point_on_surface(smallest),
            )


def ground(pieces: Sequence[Geometry]) -> Sequence[float]:
    """Weigh pieces by their ground, in square units of the CRS."""
    return [float(value) for value in np.atleast_1d(shapely.area(np.asarray(pieces, dtype=object)))]


def moved_amounts(
    old: Mapping[Label, Geometry],
    new: Mapping[Label, Geometry],
    moved: Mapping[tuple[Label, Label], Geometry],
    weigh: Weigh,
) -> dict[Label, dict[Label, float]]:
    """
    Tell what share of each area's weight went to which area.

    Parameters
    ----------
    old, new
        The areas that exchange ground, before and after.
    moved
        The ground that changes hands, by the area that gives and the one that takes.
    weigh
        What a piece weighs.

    Returns
    -------
    amounts
        As in `Change.amounts`.
    """
    weights = weigh([*old.values(), *moved.values()])
    totals = dict(zip(old, weights, strict=False))
    amounts: dict[Label, dict[Label, float]] = {label: {} for label in new}
    left = dict.fromkeys(old, 1.0)
    for (source, taker), weight in zip(moved, weights[len(old) :], strict=True):
        # What stands on the border of two pieces is counted in both: never give more than there is.
        share = min(weight / totals[source], left[source]) if totals[source] > 0 else 0.0
        if share > 0:
            amounts[taker][source] = share
            left[source] -= share
    for source, share in left.items():
        amounts[source][source] = share
    return amounts
