"""A census area laid out for the search: metres around its own origin, its atoms, their graph."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from census_map.crs import snap_coordinates
from census_map.delineate.atoms import STEP, Cells, Lines, cut_cells
from census_map.delineate.doors import Doors
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Objective, Window
from census_map.delineate.planar import OUTSIDE, Drawing, Floats, Ints, intersect
from census_map.delineate.ways import find_sides, measure_ways, side_of
from census_map.errors import InputError
from census_map.i18n import _

Shapes = NDArray[np.object_]

DOORS = 2000
"""With more doors in a piece of a census area their ways would fill the memory: walks are not counted there."""


@dataclass(frozen=True)
class Frame:
    """
    The way from the caller's coordinates into local metres and back.

    Parameters
    ----------
    inward, outward
        Between the caller's CRS and the metric one; None when they are the same.
    grid
        Grid of the output coordinates in the caller's units; None: no rounding.
    """

    inward: pyproj.Transformer | None
    outward: pyproj.Transformer | None
    grid: float | None

    @classmethod
    def between(cls, own: pyproj.CRS, metric: pyproj.CRS, grid: float | None) -> "Frame":
        """Set up the conversion of `own` into `metric`."""
        if own == metric:
            return cls(None, None, grid)
        inward = pyproj.Transformer.from_crs(own, metric, always_xy=True)
        outward = pyproj.Transformer.from_crs(metric, own, always_xy=True)
        return cls(inward, outward, grid)

    def to_metres(self, xy: Floats) -> Floats:
        """Convert the caller's coordinates into the metric CRS."""
        return xy if self.inward is None else _transformed(self.inward, xy)

    def to_caller(self, xy: Floats) -> Floats:
        """Convert metric coordinates into the caller's, on the grid."""
        out = xy if self.outward is None else _transformed(self.outward, xy)
        return out if self.grid is None else snap_coordinates(out, self.grid)


def _transformed(way: pyproj.Transformer, xy: Floats) -> Floats:
    # A single point is passed twice: PROJ's older binding takes arrays of one for scalars, and NumPy warns.
    twice = np.repeat(xy, 2, axis=0) if len(xy) == 1 else xy
    return np.column_stack(way.transform(twice[:, 0], twice[:, 1]))[: len(xy)]


@dataclass(frozen=True)
class Ground:
    """
    One connected piece of a census area.

    Parameters
    ----------
    polygon
        In local metres, on the drawing's grid.
    own, rings
        Its rings, interior on the left, closing vertex left out: in the caller's coordinates bit by bit, and local.
    origin
        Metric coordinates of the local origin.
    """

    polygon: shapely.Polygon
    own: list[Floats]
    rings: list[Floats]
    origin: Floats
    step: float


def lay_out(polygon: shapely.Polygon, frame: Frame, area: Hashable) -> Ground:
    """
    Bring one polygon into local metres.

    Raises
    ------
    InputError
        The polygon is so narrow somewhere that it falls together on the finest grid.
    """
    own = [shapely.get_coordinates(ring)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
    metric = [frame.to_metres(ring) for ring in own]
    origin = np.floor(metric[0].min(axis=0))
    for step in (STEP, STEP / 100):
        rings = [np.round((ring - origin) / step) * step for ring in metric]
        body = shapely.Polygon(_kept(rings[0]), [_kept(ring) for ring in rings[1:] if len(_kept(ring)) > 2])
        if body.is_valid and not body.is_empty:
            flips = [_twice_area(ring) < 0 for ring in rings]
            flips[1:] = [not flip for flip in flips[1:]]
            turned = [ring[::-1] if flip else ring for ring, flip in zip(rings, flips, strict=True)]
            kept = [ring[::-1] if flip else ring for ring, flip in zip(own, flips, strict=True)]
            return Ground(body, kept, turned, origin, step)
    raise InputError(
        _("Census area {area} has a place narrower than 0.01 mm: repair its border first.").format(area=area)
    )


def _kept(ring: Floats) -> Floats:
    """Drop vertices that fell onto the one before."""
    return np.asarray(ring[(ring != np.roll(ring, 1, axis=0)).any(axis=1)])


def _twice_area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


@dataclass(frozen=True)
class Site:
    """
    A piece of a census area with its atoms and their graph.

    Parameters
    ----------
    members
        Numbers of the structures that share ground with the piece; `cells.structures` counts in these.
    shapes
        Their footprints in local metres.
    lines
        The lines near it, in local metres.
    ways
        How far the doors of inhabited buildings are from each other, shape (doors, doors), metres. Empty where there
        are too many to count (`DOORS`).
    door_atom, door_weight, door_side
        Of each door: the atom it is in, who lives there, and the side of the barriers on which it is.
    atom_side
        The side of each atom; empty where doors are too many to count.
    """

    ground: Ground
    cells: Cells
    members: Ints
    shapes: Shapes
    lines: Lines
    ways: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    door_atom: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    door_weight: Floats = field(default_factory=lambda: np.empty(0))
    door_side: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    atom_side: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def with_doors(self, spots: Floats, structure: Ints, weight: Floats) -> "Site":
        """
        Say where people live.

        Parameters
        ----------
        spots, structure, weight
            Of each inhabited building: a place in it, metric CRS, the structure it belongs to, and who lives there.
            Those elsewhere are left out.
        """
        atom_of = {int(self.members[s]): atom for atom, held in enumerate(self.cells.structures) for s in held}
        atom = np.array([atom_of.get(int(s), -1) for s in structure], np.int64)
        here = np.flatnonzero(atom >= 0)
        if len(here) > DOORS:
            return self
        barrier = self.lines.barrier
        streets, barriers = self.lines.shapes[~barrier], self.lines.shapes[barrier]
        sides = find_sides(self.ground.polygon, barriers)
        ways, side = measure_ways(spots[here] - self.ground.origin, sides, barriers, streets)
        # An atom is where its people live, whatever the rest of its ground.
        atom_side = side_of(self.cells.spot, sides)
        atom_side[atom[here]] = side
        return replace(
            self, ways=ways, door_atom=atom[here], door_weight=weight[here], door_side=side, atom_side=atom_side
        )


def survey(
    ground: Ground, structures: Shapes, tree: shapely.STRtree, weights: Floats, lines: Lines, line_tree: shapely.STRtree
) -> Site:
    """
    Cut a piece into atoms.

    Parameters
    ----------
    structures, tree
        All structures in the metric CRS.
    weights
        Of each structure: what counts in this census area.
    lines, line_tree
        All lines in the metric CRS.
    """
    place = shapely.transform(ground.polygon, lambda xy: xy + ground.origin)
    near = np.unique(tree.query(place, predicate="intersects"))
    shared = shapely.area(intersect(structures[near], place)) > 1e-4
    members = near[shared | (weights[near] > 0)]
    shapes = shapely.transform(structures[members], lambda xy: xy - ground.origin)
    local = lines.near(line_tree, place, ground.origin)
    cells = cut_cells(ground.polygon, shapes, weights[members], local, step=ground.step)
    return Site(ground, cells, members.astype(np.int64), shapes, local)


def atom_pairs(drawing: Drawing, visible: Floats, discount: float) -> tuple[Ints, Floats, Floats, Floats]:
    """
    Sum the common borders of atoms.

    Returns
    -------
    pairs, length, paid, rim
        Pairs of neighbours, their borders' length, the same discounted by visibility, all in metres; and each
        atom's share of the outer border.
    """
    length = drawing.length
    inner = drawing.right != OUTSIDE
    count = int(drawing.left.max()) + 1 if len(drawing.left) else 0
    count = max(count, int(drawing.right.max()) + 1 if len(drawing.right) else 0)
    rim = np.bincount(drawing.left[~inner], length[~inner], minlength=count)
    low = np.minimum(drawing.left[inner], drawing.right[inner])
    high = np.maximum(drawing.left[inner], drawing.right[inner])
    unique, where = np.unique(low * count + high, return_inverse=True)
    total = np.bincount(where, length[inner], minlength=len(unique))
    paid = np.bincount(where, (length * (1 - discount * visible))[inner], minlength=len(unique))
    pairs = np.column_stack([unique // max(count, 1), unique % max(count, 1)])
    return pairs, total.astype(float), paid.astype(float), rim.astype(float)


@dataclass(frozen=True)
class Sizes:
    """
    What is usual in a census area, so that border and walk weigh the same in a town and among farms.

    Parameters
    ----------
    side
        Of a mini-area, metres.
    walk
        The unit of walks, metres: between that side and what the doors of a mini-area are at least apart.
    """

    side: float
    walk: float


def graph_of(site: Site, objective: Objective, scale: float, sizes: Sizes) -> Graph:
    """Build the graph of a site's atoms; borders cost their discounted length, walks theirs, both in usual ones."""
    cells = site.cells
    pairs, length, paid, rim = atom_pairs(cells.drawing, cells.visible, objective.visible_discount)
    cost = np.rint(paid * (objective.border / sizes.side)).astype(np.int64)
    mass = np.rint(cells.weight * scale).astype(np.int64)
    walk = np.rint(site.ways * (objective.walk / sizes.walk)).astype(np.int64)
    doors = Doors.of_atoms(walk, site.door_atom, len(mass)) if objective.walk > 0 else None
    return Graph.of(mass, cells.area, rim, pairs, length, cost, doors)


def group_exclaves(sites: list[Site], window: Window, most: int | None = None) -> list[list[int]]:
    """
    Say which pieces of a census area go together.

    A piece below the minimum goes with the nearest piece or group, the smallest first, as long as what goes with a
    piece could not be a mini-area of its own; so many small pieces without a large one become groups of a fair size.

    Parameters
    ----------
    most
        Groups at most, whatever their size; None: as many as there are.

    Returns
    -------
    groups
        Numbers of the pieces, the heaviest of each group first.
    """
    weight = [float(site.cells.weight.sum()) for site in sites]
    groups = [[k] for k in range(len(sites))]
    if len(sites) > 1:
        bodies = np.array([shapely.transform(s.ground.polygon, lambda xy, s=s: xy + s.ground.origin) for s in sites])
        apart = shapely.distance(bodies[:, None], bodies[None, :])

    def fits(group: list[int], more: float) -> bool:
        total = sum(weight[k] for k in group)
        if weight[group[0]] >= window.minimum:
            return total - weight[group[0]] + more < window.minimum
        return total + more <= window.maximum

    while len(groups) > 1:
        small = min(groups, key=lambda group: (sum(weight[k] for k in group), -group[0]))
        more = sum(weight[k] for k in small)
        if more >= window.minimum and (most is None or len(groups) <= max(most, 1)):
            break
        groups.remove(small)
        near = min(groups, key=lambda group: (not fits(group, more), apart[np.ix_(small, group)].min(), group[0]))
        near[:] = sorted(near + small, key=lambda k: (-weight[k], k))
    return groups


def nearest_atom(site: Site, polygon: shapely.Polygon, origin: Floats) -> int:
    """Find the atom of a site nearest to another piece of ground."""
    drawing = site.cells.drawing
    outer = np.flatnonzero(drawing.right == OUTSIDE)
    spots = shapely.get_coordinates(shapely.segmentize(polygon.exterior, 5.0)) + origin
    middles = (drawing.xy[drawing.tail[outer]] + drawing.xy[drawing.head[outer]]) / 2 + site.ground.origin
    distance, _which = cKDTree(spots).query(middles)
    return int(drawing.left[outer[int(np.argmin(distance))]])
