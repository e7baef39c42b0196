"""
Chain and validity of a set of polygons, worked out side by side: all that a check needs before it names faults.

GEOS tells validity without the interpreter's lock, so a thread does that while the boundary chain is cancelled and what
is left of it is drawn. Sets so large that loading the compiled loops pays (`compiled`) go through those; `inspect_wkb`
does so straight from bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType

import numpy as np
import shapely

from census_map.coverage.arrangement import Drawing, draw
from census_map.coverage.chain import Residue, residue
from census_map.coverage.compiled import loops_for
from census_map.coverage.edges import Bools, EdgeTable, Ints, Shapes, edge_table
from census_map.coverage.invalid import differ, exchanged
from census_map.coverage.scene import solid
from census_map.coverage.simple import LONGEST, proven_simple
from census_map.coverage.threads import Helpers
from census_map.coverage.wkb import ValidityOfRings, decode_wkb, edge_table_of, rings_of_shapes, rings_of_wkb

_LONG = 1000  # segments of a residue from which it is drawn while validity is awaited
_CHUNK = 4096
_ALIKE = 16384  # polygons, among which there are enough rings of any usual size to prove them together
_WORTH = 2000  # polygons from which proving is quicker than asking GEOS about each
_PORTION = 1 << 17  # vertices of those that GEOS is asked about at once
_POINT_BYTES = 16

Wkb = Sequence[bytes | None]


@dataclass(frozen=True)
class Inspection:
    """
    What chain and validity say.

    Attributes
    ----------
    left
        Residue of the chain; owners are positions.
    valid, valid_boxes
        (n,) whether each area and each container is valid; empty without containers.
    ground
        The areas with the invalid ones replaced by the ground that they enclose; None where all are valid.
    drawing
        The residue drawn, where that was done while validity was awaited; None otherwise.
    """

    left: Residue
    valid: Bools
    valid_boxes: Bools
    ground: Shapes | None = None
    drawing: Drawing | None = None

    @property
    def clear(self) -> bool:
        """Whether the chain is zero and all are valid."""
        return not len(self.left) and bool(self.valid.all()) and bool(self.valid_boxes.all())


class Validity(Helpers):
    """
    Validity of polygons (OGC simple features; missing and empty ones are valid), found out beside other work.

    A thread begins with the first polygons; who waits for the answer helps from the last. A context manager: what has
    not begun when it ends is not begun any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[tuple[Shapes, Future[Bools]]] = []

    def add(self, shapes: Shapes) -> None:
        """Ask about more polygons; each chunk is an array of its own, since shapely locks what it is given."""
        for first in range(0, len(shapes), _CHUNK):
            chunk = shapes[first : first + _CHUNK].copy()
            self._chunks.append((chunk, self._pool.submit(_are_valid, chunk)))

    def first(self) -> bool:
        """Tell whether those asked about first are valid."""
        return not self._chunks or bool(self._chunks[0][1].result().all())

    def all(self) -> bool:
        """Tell whether all are valid, as soon as that is known."""
        return all(valid.all() for valid in self._answers())

    def result(self) -> Bools:
        """Tell of all polygons, in the order in which they were added, whether they are valid."""
        answers = list(self._answers())
        return np.concatenate([np.zeros(0, dtype=bool), *reversed(answers)])

    def _answers(self) -> Iterator[Bools]:
        """Yield the answers, the last first: what no thread has begun is looked at here."""
        for chunk, asked in reversed(self._chunks):
            yield _are_valid(chunk) if asked.cancel() else asked.result()


def _are_valid(shapes: Shapes) -> Bools:
    return np.asarray(shapely.is_valid(shapes) | shapely.is_missing(shapes))


class ValidityByProof(Helpers):
    """
    Validity of many polygons, found out beside other work as `Validity` does, most of it once their edges are known.

    Polygons of one ring that is proven simple are valid; GEOS is asked about all others. A context manager: what has
    not begun when it ends is not begun any more.

    Parameters
    ----------
    shapes
        The polygons.
    vertices
        (n,) how many vertices each has.
    """

    def __init__(self, shapes: Shapes, vertices: Ints) -> None:
        super().__init__()
        self._shapes = shapes
        self._valid = np.zeros(len(shapes), dtype=bool)
        self._provable = (vertices <= LONGEST) & (len(shapes) >= _WORTH)
        self._works: list[tuple[Callable[[], None], Future[None]]] = []
        others = np.flatnonzero(~self._provable)
        portion = np.cumsum(vertices[others]) // _PORTION
        for rows in np.split(others, np.flatnonzero(np.diff(portion)) + 1):
            self._add(partial(self._ask, rows))

    def begin(self, table: EdgeTable) -> None:
        """Begin with proving, by the edge table of the polygons."""
        if self._provable.any():
            for first in range(0, len(self._valid), _ALIKE):
                self._add(partial(self._prove, table, slice(first, min(first + _ALIKE, len(self._valid)))))

    def result(self) -> Bools:
        """Tell which polygons are valid."""
        for work, asked in reversed(self._works):
            if asked.cancel():
                work()
            else:
                asked.result()
        return self._valid

    def _add(self, work: Callable[[], None]) -> None:
        self._works.append((work, self.submit(work)))

    def _prove(self, table: EdgeTable, chunk: slice) -> None:
        asked = self._provable[chunk]
        offsets = table.offsets[chunk.start : chunk.stop + 1]
        proven = proven_simple(table.xy, offsets, asked & (table.rings[chunk] == 1))
        self._valid[chunk][proven] = True
        self._ask(chunk.start + np.flatnonzero(asked & ~proven))

    def _ask(self, rows: Ints) -> None:
        self._valid[rows] = _are_valid(self._shapes[rows])


def inspect(shapes: Shapes, boxes: Shapes | None = None, *, grid: float, drawn: bool = False) -> Inspection:
    """
    Cancel the chain of areas and containers and tell which are valid.

    Parameters
    ----------
    shapes, boxes
        Polygons, multipolygons, empty or missing ones; None: no containers.
    grid
        The grid on which coordinates are compared, in CRS units.
    drawn
        Draw what is left, too, while validity is awaited: for who will name the faults.
    """
    table_of_boxes = None if boxes is None else edge_table(boxes)
    vertices = shapely.get_num_coordinates(shapes)
    loops = loops_for(int(vertices.sum()))
    with Validity() as boxes_asked:
        if boxes is not None:
            boxes_asked.add(boxes)
        if loops is None:
            with ValidityByProof(shapes, vertices) as asked:
                table = edge_table(shapes, vertices=vertices)
                asked.begin(table)
                left = residue(table, table_of_boxes, grid=grid)
                drawing = _drawing(left, grid) if drawn else None
                found = Inspection(left, asked.result(), boxes_asked.result(), drawing=drawing)
            return _with_ground(found, shapes, boxes, (table, table_of_boxes), grid=grid, loops=loops)
        rings = rings_of_shapes(shapes)
        with ValidityOfRings(rings, loops) as proving:
            table = edge_table_of(rings, loops)
            left = residue(table, table_of_boxes, grid=grid, loops=loops)
            drawing = _drawing(left, grid) if drawn else None
            valid = proving.result(lambda rows: shapes[rows])
        found = Inspection(left, valid, boxes_asked.result(), drawing=drawing)
    return _with_ground(found, shapes, boxes, (table, table_of_boxes), grid=grid, loops=loops)


def inspect_wkb(areas: Wkb, boxes: Shapes | None = None, *, grid: float) -> tuple[Inspection, Callable[[], Shapes]]:
    """
    Inspect areas that are still WKB.

    Parameters
    ----------
    areas
        Polygons, multipolygons, empty or missing ones.
    boxes, grid
        As for `inspect`.

    Returns
    -------
    inspection
        As from `inspect` on the decoded shapes.
    shapes
        Gives the decoded shapes.
    """
    loops = loops_for(sum(len(geometry) for geometry in areas if geometry) // _POINT_BYTES)
    rings = None if loops is None else rings_of_wkb(areas, loops)
    decode = decode_wkb(areas)
    if loops is None or rings is None:
        shapes = decode(np.arange(len(areas)))
        return inspect(shapes, boxes, grid=grid), lambda: shapes
    table_of_boxes = None if boxes is None else edge_table(boxes)
    with Validity() as boxes_asked, ValidityOfRings(rings, loops) as proving:
        if boxes is not None:
            boxes_asked.add(boxes)
        table = edge_table_of(rings, loops)
        left = residue(table, table_of_boxes, grid=grid, loops=loops)
        inspection = Inspection(left, proving.result(decode), boxes_asked.result())
    if inspection.valid.all() and inspection.valid_boxes.all():
        return inspection, lambda: decode(np.arange(len(areas)))
    shapes = decode(np.arange(len(areas)))
    return _with_ground(inspection, shapes, boxes, (table, table_of_boxes), grid=grid, loops=loops), lambda: shapes


def _with_ground(
    found: Inspection,
    shapes: Shapes,
    boxes: Shapes | None,
    tables: tuple[EdgeTable, EdgeTable | None],
    *,
    grid: float,
    loops: ModuleType | None,
) -> Inspection:
    """
    Read invalid polygons by the ground that they cover: what their rings wind round the wrong way must hide no fault.

    Most only touch themselves, and their edges are those of their ground.
    """
    invalid, invalid_boxes = np.flatnonzero(~found.valid), np.flatnonzero(~found.valid_boxes)
    if not len(invalid) and not len(invalid_boxes):
        return found
    ground = solid(shapes, invalid)
    found = replace(found, ground=ground)
    crossed = invalid[differ(shapes[invalid], ground[invalid], grid)]
    if not len(crossed) and not len(invalid_boxes):
        return found
    areas, around = tables
    if boxes is not None and len(invalid_boxes):
        around = edge_table(solid(boxes, invalid_boxes))
    left = residue(exchanged(areas, crossed, ground), around, grid=grid, loops=loops)
    owner = np.concatenate((np.arange(len(shapes)), crossed))
    left = replace(left, owner=np.where(left.contained, left.owner, owner[np.where(left.contained, 0, left.owner)]))
    return replace(found, left=left, drawing=None)


def _drawing(left: Residue, grid: float) -> Drawing | None:
    """Draw a long residue, which is work for one processor while the other is busy with validity."""
    return draw(left, grid=grid) if len(left) >= _LONG and left.is_finite().all() else None
