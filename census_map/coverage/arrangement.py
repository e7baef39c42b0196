"""
The local geometry of a residue: its segments cut into pieces, the faces between them, how often each is covered.

Faces are first known as cycles of half-edges (`cycles`); only those asked for are built as polygons, so that a long
outline in order costs little.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely

from census_map.coverage.chain import Residue
from census_map.coverage.clusters import runs
from census_map.coverage.cycles import OUTSIDE, Cycles, trace_cycles
from census_map.coverage.edges import Bools, Floats, Ints, Shapes, edge_table
from census_map.coverage.nodes import Pieces, cut_into_pieces


@dataclass(frozen=True)
class Sides:
    """
    Which residual edges run along which faces: one row an edge of an area or container on a piece.

    Attributes
    ----------
    piece
        The piece.
    inner, outer
        The face on the owner's side of the piece, and the one beyond: the cycle round it from within, or after
        `Drawing.build` the number of its polygon; -1 outside all faces, beside faces that were not built, and of
        pieces that separate nothing.
    owner, contained
        Position of the area, or of the container.
    length
        Of the piece, in CRS units.
    """

    piece: Ints
    inner: Ints
    outer: Ints
    owner: Ints
    contained: Bools
    length: Floats


@dataclass(frozen=True)
class Faces:
    """
    Some faces of a drawing, built.

    Attributes
    ----------
    shapes
        (f,) polygons with vertices on the grid.
    cycle
        (f,) the cycle of each, ascending.
    excess
        (f,) how much more often areas cover the face than containers do.
    sides
        Which edges run along them.
    """

    shapes: Shapes
    cycle: Ints
    excess: Ints
    sides: Sides


@dataclass(frozen=True)
class Drawing:
    """The pieces of a residue and the faces between them, as cycles; `sides` tells whose edges run along which."""

    pieces: Pieces
    cycles: Cycles
    sides: Sides
    grid: float

    def polygons(self, wanted: Bools) -> tuple[Shapes, Ints]:
        """
        Build faces.

        Parameters
        ----------
        wanted
            (cycles,) which; outer cycles enclose nothing and give nothing.

        Returns
        -------
        shapes, cycle
            Polygons, and the cycle of each, ascending.
        """
        cycles, pieces = self.cycles, self.pieces
        ringed = wanted.copy()
        inside = cycles.home >= 0
        inside[inside] = wanted[cycles.home[inside]]
        ringed[cycles.outer[inside]] = True
        chosen = (ringed[cycles.left] | ringed[cycles.right]) & (cycles.left != cycles.right)
        lines = shapely.linestrings(np.stack((pieces.start[chosen], pieces.end[chosen]), axis=1))
        shapes = shapely.get_parts(shapely.polygonize(lines))
        table = edge_table(shapes, grid=self.grid)
        here, there = table.directed(table.offsets[:-1])
        piece = pieces.find(here, there)
        ahead = (here == pieces.start[piece]).all(axis=1)
        cycle = np.where(ahead, cycles.left[piece], cycles.right[piece])
        rows = np.flatnonzero((piece >= 0) & wanted[cycle])
        rows = rows[np.argsort(cycle[rows], kind="stable")]
        return shapes[rows], cycle[rows]

    def build(self, wanted: Bools) -> Faces:
        """Build the wanted faces (cycles,) and number the sides by them."""
        shapes, cycle = self.polygons(wanted)
        number = np.full(len(wanted) + 1, OUTSIDE, dtype=np.int64)  # the last entry is that of no face
        number[cycle] = np.arange(len(cycle))
        sides = replace(self.sides, inner=number[self.sides.inner], outer=number[self.sides.outer])
        return Faces(shapes, cycle, self.cycles.excess[cycle], sides)

    def shells(self) -> Shapes:
        """Return the ground that the outermost pieces enclose, as polygons without holes."""
        outermost = np.zeros(len(self.cycles.excess), dtype=bool)
        outermost[self.cycles.outer[self.cycles.home < 0]] = True
        rim = outermost[self.cycles.left] != outermost[self.cycles.right]
        lines = shapely.linestrings(np.stack((self.pieces.start[rim], self.pieces.end[rim]), axis=1))
        ground = shapely.get_parts(shapely.coverage_union_all(shapely.get_parts(shapely.polygonize(lines))))
        return np.asarray(shapely.polygons(shapely.get_exterior_ring(ground)), dtype=object)


def draw(residue: Residue, *, grid: float) -> Drawing:
    """
    Node the segments of a residue and find the faces.

    Parameters
    ----------
    residue
        What is left of a boundary chain.
    grid
        Grid step in CRS units; the residue's end points lie on it.
    """
    pieces = cut_into_pieces(residue, grid=grid)
    net = np.zeros(len(pieces.ends), dtype=np.int64)
    np.add.at(net, pieces.step_piece, np.where(pieces.step_along, 1, -1) * residue.net[pieces.step_segment])
    cycles = trace_cycles(pieces.ends, pieces.places, net)
    return Drawing(pieces, cycles, _sides(residue, pieces, cycles), grid)


def _sides(left: Residue, pieces: Pieces, cycles: Cycles) -> Sides:
    """Join the edges of a residue with the pieces that they run along."""
    order = np.argsort(left.segment, kind="stable")
    first, last = (
        np.searchsorted(left.segment, pieces.step_segment, side=side, sorter=order) for side in ("left", "right")
    )
    step, place = runs(first, last - first)
    edge = order[place]
    piece = pieces.step_piece[step]
    on = pieces.step_along[step] == left.along[edge]
    way = pieces.end[piece] - pieces.start[piece]
    face = np.arange(len(cycles.excess))
    face[cycles.outer] = cycles.home
    loose = cycles.left == cycles.right
    ahead, behind = (np.where(loose, OUTSIDE, face[cycle])[piece] for cycle in (cycles.left, cycles.right))
    return Sides(
        piece=piece,
        inner=np.where(on, ahead, behind),
        outer=np.where(on, behind, ahead),
        owner=left.owner[edge],
        contained=left.contained[edge],
        length=np.hypot(way[:, 0], way[:, 1]),
    )
