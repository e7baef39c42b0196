"""
The neighbourhood of faults, drawn once for all of them: the edges around, noded, and the ground between them.

Drawn is every edge of an area or container that comes near the faults, whether it cancels or not. They are noded as
the check nodes what is left of the chain (`nodes`), so that a repair finds the ground that the check named. Every ring
then *walks* along pieces of the drawing and, where it has no fault near, along its own edges as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from census_map.coverage.arrangement import Drawing, Faces, draw
from census_map.coverage.chain import Residue, settle
from census_map.coverage.clusters import runs
from census_map.coverage.edges import Bools, Floats, Ints, Keys, Shapes, point_hash
from census_map.coverage.segments import keys_among
from census_map.crs import snap_coordinates

_REACH = 2.0  # grid steps: rounding moves an edge by 0.71, and a corner of the fault likewise


@dataclass(frozen=True)
class Rings:
    """
    The vertices of polygons, ring by ring.

    Attributes
    ----------
    xy, snapped
        (n, 2) as they are stored, and on the grid; the last of a ring repeats the first.
    hashed
        (n,) of the places on the grid.
    ring, polygon
        (n,) and (rings,): the ring of each vertex, and the polygon of each ring.
    turn
        (rings,) 1 where the interior lies on the left as the ring is stored, -1 where on the right.
    """

    xy: Floats
    snapped: Floats
    hashed: Keys
    ring: Ints
    polygon: Ints
    turn: Ints

    @classmethod
    def of(cls, shapes: Shapes, grid: float) -> "Rings":
        """Take the rings of valid polygons; missing and empty ones have none."""
        parts, part_of = shapely.get_parts(shapes, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        snapped = snap_coordinates(xy, grid)
        hole = np.concatenate((np.zeros(min(1, len(rings)), dtype=bool), ring_of[1:] == ring_of[:-1]))
        turn = np.where(shapely.is_ccw(rings) ^ hole, 1, -1)
        return cls(xy, snapped, point_hash(snapped), ring, part_of[ring_of], turn)

    @cached_property
    def edges(self) -> Ints:
        """The vertices at which an edge begins that is one on the grid."""
        return np.flatnonzero((self.ring[1:] == self.ring[:-1]) & (self.hashed[1:] != self.hashed[:-1]))

    @cached_property
    def keys(self) -> Keys:
        """The keys of those edges."""
        return np.asarray(self.hashed[self.edges] + self.hashed[self.edges + 1])

    def directed(self, rows: Ints) -> tuple[Floats, Floats, Ints]:
        """Return the edges that begin at some vertices, interior on the left: start, end, polygon."""
        back = (self.turn[self.ring[rows]] < 0)[:, None]
        here, there = self.xy[rows], self.xy[rows + 1]
        return np.where(back, there, here), np.where(back, here, there), self.polygon[self.ring[rows]]


@dataclass(frozen=True)
class Walks:
    """
    Rings as steps: along a piece of the drawing, or along an edge of their own that is not drawn.

    Attributes
    ----------
    ring
        (m,) the ring of each step.
    vertex, node
        (m,) the vertex of the ring and the node of the drawing at which the step begins, -1 for none.
    piece, ahead
        (m,) the piece it follows (-1: none), and whether in the piece's direction.
    """

    ring: Ints
    vertex: Ints
    node: Ints
    piece: Ints
    ahead: Bools

    @cached_property
    def edge(self) -> Ints:
        """(m,) the edge of the polygons that each step is part of, numbered in order."""
        return np.asarray(np.cumsum(self.vertex >= 0) - 1)

    @cached_property
    def following(self) -> Ints:
        """(m,) the step that follows each in its ring."""
        after = np.arange(1, len(self.ring) + 1)
        first = np.flatnonzero(np.concatenate(([True], self.ring[1:] != self.ring[:-1]))[: len(self.ring)])
        after[np.append(first[1:], len(self.ring))[: len(first)] - 1] = first
        return after


@dataclass(frozen=True)
class Neighbourhood:
    """
    The drawn neighbourhood of faults.

    Attributes
    ----------
    areas, containers
        Rings of the polygons around; their polygons are positions in the shapes given.
    edges
        All drawn edges, none of them cancelled.
    drawing
        What they were cut into.
    grid
        Grid step in CRS units.
    """

    areas: Rings
    containers: Rings
    edges: Residue
    drawing: Drawing
    grid: float

    @cached_property
    def area_walks(self) -> Walks:
        """The rings of the areas, followed through the drawing."""
        return self._walks(self.areas)

    @cached_property
    def container_walks(self) -> Walks:
        """The rings of the containers, followed through the drawing."""
        return self._walks(self.containers)

    @cached_property
    def node_hashes(self) -> Keys:
        """Hashes of the nodes of the drawing."""
        return point_hash(self.drawing.pieces.places)

    def nodes_at(self, hashed: Keys) -> Ints:
        """Return the nodes at places on the grid, -1 where there is none."""
        order = np.argsort(self.node_hashes)
        return _find(hashed, self.node_hashes[order], order)

    def _walks(self, rings: Rings) -> Walks:
        pieces = self.drawing.pieces
        if not len(pieces.step_piece):
            none = np.full(len(rings.edges), -1, dtype=np.int64)
            return Walks(rings.ring[rings.edges], rings.edges, none, none, np.zeros(len(none), dtype=bool))
        key = point_hash(self.edges.start) + point_hash(self.edges.end)
        order = np.argsort(key)
        segment = _find(rings.keys, key[order], order)
        first, last = (
            np.searchsorted(pieces.step_segment, np.arange(len(self.edges)), side=side) for side in ("left", "right")
        )
        row, place = runs(np.zeros(len(segment), dtype=np.int64), np.where(segment >= 0, (last - first)[segment], 1))
        edge, of = rings.edges[row], segment[row]
        # The steps of a segment stand in its own direction; a ring may run the other way.
        same = (rings.snapped[edge] == self.edges.start[of]).all(axis=1)
        step = np.where(of >= 0, np.where(same, first[of] + place, last[of] - 1 - place), 0)
        piece = np.where(of >= 0, pieces.step_piece[step], -1)
        ahead = pieces.step_along[step] == same
        begin = np.where(ahead, pieces.ends[piece, 0], pieces.ends[piece, 1])
        node = np.where(of >= 0, begin, self.nodes_at(rings.hashed[edge]))
        return Walks(rings.ring[edge], np.where(place == 0, edge, -1), node, piece, ahead & (of >= 0))

    def noded(self, polygons: Ints) -> Shapes:
        """
        Return areas as they are drawn, each ring a polygon of its own: a point lies inside an odd number of them.

        Parameters
        ----------
        polygons
            Positions, ascending.
        """
        walks, rings = self.area_walks, self.areas
        place = rings.snapped[np.maximum(walks.vertex, 0)]
        place[walks.node >= 0] = self.drawing.pieces.places[walks.node[walks.node >= 0]]
        wanted = keys_of(rings.polygon[walks.ring], polygons)
        ring, place = walks.ring[wanted >= 0], place[wanted >= 0]
        real = np.bincount(ring, minlength=len(rings.polygon)) >= 3
        ring, place = ring[real[ring]], place[real[ring]]
        kept, number = np.unique(ring, return_inverse=True)
        loops = shapely.polygons(shapely.linearrings(place, indices=number)) if len(kept) else np.zeros(0, dtype=object)
        return np.asarray(
            shapely.multipolygons(
                loops, indices=keys_of(rings.polygon[kept], polygons), out=np.full(len(polygons), None, dtype=object)
            ),
            dtype=object,
        )


def keys_of(values: Ints, among: Ints) -> Ints:
    """Return the position of each value in an ascending array, -1 where it is not there."""
    if not len(among):
        return np.full(len(values), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return np.where(among[place] == values, place, -1)


def _find(wanted: Keys, known: Keys, number: Ints) -> Ints:
    """Return the numbers of keys in an ascending array, -1 where one is not there."""
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, number[place], -1)


def draw_around(shapes: Shapes, boxes: Shapes, targets: Shapes, *, grid: float) -> Neighbourhood:
    """
    Draw all edges near some places.

    Parameters
    ----------
    shapes, boxes
        Valid areas and containers; missing and empty ones have no edges.
    targets
        The ground or points of the faults.
    grid
        Grid step in CRS units.
    """
    reach = _REACH * grid
    around = shapely.bounds(targets) + np.array([-1, -1, 1, 1]) * reach
    tree = shapely.STRtree(shapely.box(*around.T))
    some, some_boxes = (_in_sight(polygons, tree) for polygons in (shapes, boxes))
    rings, box_rings = Rings.of(some, grid), Rings.of(some_boxes, grid)
    near = np.concatenate([_near(of, tree, targets, reach) for of in (rings, box_rings)])
    areas, containers = (of.directed(of.edges[keys_among(of.keys, near)]) for of in (rings, box_rings))
    edges = settle(areas, containers, grid=grid, cancel=False)
    return Neighbourhood(rings, box_rings, edges, draw(edges, grid=grid), grid)


def _in_sight(shapes: Shapes, tree: shapely.STRtree) -> Shapes:
    """Leave only the polygons whose extent meets that of a target."""
    some = np.full(len(shapes), None, dtype=object)
    if len(shapes):
        found = np.unique(tree.query(shapes)[0])
        some[found] = shapes[found]
    return some


def _near(rings: Rings, tree: shapely.STRtree, targets: Shapes, reach: float) -> Keys:
    """Return the keys of the edges near targets."""
    start, end = rings.xy[rings.edges], rings.xy[rings.edges + 1]
    if not len(start):
        return np.zeros(0, dtype=np.uint64)
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    seen = np.unique(tree.query(lines)[0])
    _target, found = shapely.STRtree(lines[seen]).query(targets, predicate="dwithin", distance=reach)
    return np.asarray(rings.keys[seen[np.unique(found)]])


@dataclass(frozen=True)
class Ground:
    """
    The ground of the faults, piece by piece.

    Attributes
    ----------
    faces
        The faces of the drawing that lie within the faults' extents.
    left, right
        (pieces,) the face on either side of each piece of the drawing, -1 for none of these.
    point
        (f,) inside each face.
    owners
        For each face the positions of the areas that cover it, ascending.
    box
        (f,) the position of the container that it lies in, -1 for none.
    """

    faces: Faces
    left: Ints
    right: Ints
    point: Shapes
    owners: Sequence[tuple[int, ...]]
    box: Ints

    @cached_property
    def area(self) -> Floats:
        """How large each face is, in square units of the CRS."""
        return np.asarray(shapely.area(self.faces.shapes))

    def borders(self, face: int) -> dict[int, float]:
        """Return the areas beyond the edges of a face, with the length of their common border."""
        lengths: dict[int, float] = {}
        first, last = np.searchsorted(self._outer[0], (face, face + 1))
        rows = self._outer[1][first:last]
        sides = self.faces.sides
        for owner, length in zip(sides.owner[rows].tolist(), sides.length[sides.piece[rows]].tolist(), strict=True):
            lengths[owner] = lengths.get(owner, 0.0) + length
        return lengths

    def beside(self, face: int) -> dict[int, float]:
        """Return the other faces along a face, with the length of their common border."""
        lengths: dict[int, float] = {}
        near, far, piece = self._common
        first, last = np.searchsorted(near, (face, face + 1))
        sizes = self.faces.sides.length[piece[first:last]]
        for other, size in zip(far[first:last].tolist(), sizes.tolist(), strict=True):
            lengths[other] = lengths.get(other, 0.0) + size
        return lengths

    @cached_property
    def _common(self) -> tuple[Ints, Ints, Ints]:
        """Pieces between two faces, from either: this face, ascending, the other, and the piece."""
        both = np.flatnonzero((self.left >= 0) & (self.right >= 0))
        near = np.concatenate((self.left[both], self.right[both]))
        far = np.concatenate((self.right[both], self.left[both]))
        order = np.argsort(near, kind="stable")
        return near[order], far[order], np.tile(both, 2)[order]

    @cached_property
    def _outer(self) -> tuple[Ints, Ints]:
        sides = self.faces.sides
        rows = np.flatnonzero((sides.outer >= 0) & ~sides.contained)
        rows = rows[np.argsort(sides.outer[rows], kind="stable")]
        return sides.outer[rows], rows


def find_ground(around: Neighbourhood, targets: Shapes, boxes: Shapes) -> Ground:
    """
    Find the faces of a drawing that lie about within the extents of some faults, and who covers them.

    Parameters
    ----------
    around
        The drawing.
    targets
        The ground of the faults.
    boxes
        The containers.
    """
    cycles = around.drawing.cycles
    bounds = shapely.bounds(targets)
    reach = _REACH * around.grid + np.max(bounds[:, 2:] - bounds[:, :2], axis=1, initial=0.0)[:, None] / 2
    bounds += np.array([-1, -1, 1, 1]) * reach
    extent = shapely.box(cycles.low[:, 0], cycles.low[:, 1], cycles.high[:, 0], cycles.high[:, 1])
    wanted = np.zeros(len(extent), dtype=bool)
    if len(extent):
        wanted[shapely.STRtree(shapely.box(*bounds.T)).query(extent, predicate="within")[0]] = True
    wanted[cycles.outer] = False
    faces = around.drawing.build(wanted)
    left, right = _faces_beside(around.drawing, faces)
    point = shapely.point_on_surface(faces.shapes)
    return Ground(faces, left, right, point, _owners(around, faces, point), _boxes(faces, point, boxes))


def _faces_beside(drawing: Drawing, faces: Faces) -> tuple[Ints, Ints]:
    """Return the face on the left and on the right of every piece."""
    cycles = drawing.cycles
    number = np.full(len(cycles.excess) + 1, -1, dtype=np.int64)
    number[faces.cycle] = np.arange(len(faces.cycle))
    home = np.arange(len(cycles.excess))
    home[cycles.outer] = cycles.home
    loose = cycles.left == cycles.right
    left, right = (np.where(loose, -1, number[home[side]]) for side in (cycles.left, cycles.right))
    return left, right


def _known(faces: Faces, *, contained: bool) -> tuple[Ints, Ints, Bools]:
    """Return faces with the owners of edges along them, and whether the owner is on the inside."""
    sides = faces.sides
    own = sides.contained == contained
    inner, outer = np.flatnonzero(own & (sides.inner >= 0)), np.flatnonzero(own & (sides.outer >= 0))
    face = np.concatenate((sides.inner[inner], sides.outer[outer]))
    owner = np.concatenate((sides.owner[inner], sides.owner[outer]))
    times = np.concatenate((np.ones(len(inner)), -np.ones(len(outer))))
    pair = np.concatenate((sides.piece[inner], sides.piece[outer]))
    # Of an owner that runs along a piece there and back nothing is known.
    unique, number = np.unique(np.stack((face, owner, pair), axis=1), axis=0, return_inverse=True)
    net = np.bincount(number.reshape(-1), times, minlength=len(unique))
    unique, net = unique[net != 0], net[net != 0]
    return unique[:, 0], unique[:, 1], net > 0


def _owners(around: Neighbourhood, faces: Faces, point: Shapes) -> list[tuple[int, ...]]:
    """Find who covers each face: told by the edges along it, and of all others by a point inside."""
    face, owner, inside = _known(faces, contained=False)
    held = np.unique(around.areas.polygon)
    drawn = around.noded(held)
    shapely.prepare(drawn)
    at, near = shapely.STRtree(drawn).query(point) if len(point) else np.zeros((2, 0), dtype=np.int64)
    covers = shapely.contains_xy(drawn[near], shapely.get_x(point[at]), shapely.get_y(point[at]))
    count = int(held.max()) + 1 if len(held) else 1
    beside = np.unique(face * count + owner)
    asked = at * count + held[near]
    asked = asked[covers & ~np.isin(asked, beside)]
    every = np.unique(np.concatenate((asked, (face * count + owner)[inside])))
    of, position = np.divmod(every, count)
    bounds = np.searchsorted(of, np.arange(len(point) + 1))
    return [tuple(position[a:b].tolist()) for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def _boxes(faces: Faces, point: Shapes, boxes: Shapes) -> Ints:
    """Find in which container each face lies."""
    box = np.full(len(point), -1, dtype=np.int64)
    if not len(point) or not len(boxes):
        return box
    shapely.prepare(boxes)
    at, near = shapely.STRtree(boxes).query(point)
    inside = shapely.contains_xy(boxes[near], shapely.get_x(point[at]), shapely.get_y(point[at]))
    box[at[inside]] = near[inside]
    face, owner, inner = _known(faces, contained=True)
    box[face[~inner & (box[face] == owner)]] = -1
    box[face[inner]] = owner[inner]
    return box
