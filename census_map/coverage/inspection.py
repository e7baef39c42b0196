"""
Chain and validity of a set of polygons, worked out side by side: all that a check needs before it names faults.

GEOS tells validity without the interpreter's lock, so a thread does that while the boundary chain is cancelled and what
is left of it is drawn. Sets so large that loading the compiled loops pays (`compiled`) go through those; `inspect_wkb`
does so straight from bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import shapely

from census_map.coverage.arrangement import Drawing, draw
from census_map.coverage.chain import Residue, residue
from census_map.coverage.compiled import loops_for
from census_map.coverage.edges import Bools, Shapes, edge_table
from census_map.coverage.threads import Helpers
from census_map.coverage.wkb import ValidityOfRings, decode_wkb, edge_table_of, rings_of_shapes, rings_of_wkb

_LONG = 1000  # segments of a residue from which it is drawn while validity is awaited
_CHUNK = 4096
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
    drawing
        The residue drawn, where that was done while validity was awaited; None otherwise.
    """

    left: Residue
    valid: Bools
    valid_boxes: Bools
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
    with Validity() as boxes_asked, Validity() as asked:
        if boxes is not None:
            boxes_asked.add(boxes)
        loops = loops_for(int(shapely.get_num_coordinates(shapes).sum()))
        if loops is None:
            asked.add(shapes)
            left = residue(edge_table(shapes), table_of_boxes, grid=grid)
            drawing = _drawing(left, grid) if drawn else None
            return Inspection(left, asked.result(), boxes_asked.result(), drawing)
        rings = rings_of_shapes(shapes)
        with ValidityOfRings(rings, loops) as proving:
            left = residue(edge_table_of(rings, loops), table_of_boxes, grid=grid, loops=loops)
            drawing = _drawing(left, grid) if drawn else None
            valid = proving.result(lambda rows: shapes[rows])
        return Inspection(left, valid, boxes_asked.result(), drawing)


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
    table_of_boxes = None if boxes is None else edge_table(boxes)
    with Validity() as boxes_asked, Validity() as asked:
        if boxes is not None:
            boxes_asked.add(boxes)
        if loops is not None and rings is not None:
            with ValidityOfRings(rings, loops) as proving:
                left = residue(edge_table_of(rings, loops), table_of_boxes, grid=grid, loops=loops)
                inspection = Inspection(left, proving.result(decode), boxes_asked.result())
            return inspection, lambda: decode(np.arange(len(areas)))
        shapes = np.empty(len(areas), dtype=object)
        for first in range(0, len(areas), _CHUNK):
            rows = np.arange(first, min(first + _CHUNK, len(areas)))
            shapes[rows] = decode(rows)
            asked.add(shapes[rows])
        left = residue(edge_table(shapes), table_of_boxes, grid=grid)
        return Inspection(left, asked.result(), boxes_asked.result()), lambda: shapes


def _drawing(left: Residue, grid: float) -> Drawing | None:
    """Draw a long residue, which is work for one processor while the other is busy with validity."""
    return draw(left, grid=grid) if len(left) >= _LONG and left.is_finite().all() else None
