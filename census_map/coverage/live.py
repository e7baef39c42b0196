"""
The check that follows every edit: a boundary chain that is changed, not recomputed.

The chain is additive: taking a polygon's old edges off and adding its new ones changes the residue where it changed
and nowhere else. Kept are the residual edges, gathered into *troubles* (groups of them whose extents do not meet), and
of the containers' edges how often areas follow them. So an edit costs what the edited polygon and the troubles beside
it cost, whatever the size of the coverage.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.arrangement import draw
from census_map.coverage.chain import Edges, residue, settle, suspects
from census_map.coverage.clusters import connected
from census_map.coverage.edges import Bools, EdgeTable, Floats, Ints, Keys, Shapes, edge_table
from census_map.coverage.faults import Fault, name_faults
from census_map.coverage.interpret import find_in_residue
from census_map.coverage.invalid import are_valid
from census_map.coverage.measure import Measure
from census_map.coverage.regions import Scene, look_up, solid
from census_map.crs import grid_size, require_crs

Box = tuple[float, float, float, float]
_FEW = 100


@dataclass(frozen=True)
class Change:
    """
    What an edit did to the faults.

    Attributes
    ----------
    new, vanished
        Faults that the edit made, and those it ended, by id: one that changed its shape is in both.
    """

    new: tuple[Fault, ...]
    vanished: tuple[Fault, ...]


@dataclass
class _Trouble:
    """Residual edges and invalid polygons that belong together, and the faults they make."""

    keys: set[int]
    invalid: set[Hashable]
    extent: Box
    faults: tuple[Fault, ...] = ()


def outline(areas: GeoDataFrame) -> GeoDataFrame:
    """
    Return the outermost borders of areas as polygons without holes, with every vertex of the areas on them.

    Parameters
    ----------
    areas
        Polygons in any CRS.
    """
    grid = grid_size(require_crs(areas))
    left = residue(edge_table(np.asarray(areas.geometry, dtype=object), grid=grid), grid=grid)
    shells = draw(left, grid=grid).shells() if len(left) else np.zeros(0, dtype=object)
    return GeoDataFrame(geometry=shells, crs=areas.crs)


class LiveCoverage:
    """
    A coverage under edit, and its faults.

    Parameters
    ----------
    areas, containers
        As for `find_faults`. Without containers the outline of the areas at this moment is the container, so that an
        edit of the outer border shows as a gap or a spill.
    tolerance
        Metres, as for `find_faults`.
    """

    def __init__(self, areas: GeoDataFrame, containers: GeoDataFrame | None = None, *, tolerance: float = 0.01) -> None:
        self._grid = grid_size(require_crs(areas))
        self._measure = Measure(areas)
        self._tolerance = tolerance
        shapes = np.asarray(areas.geometry, dtype=object)
        self._index = _Index(list(areas.index), shapes)
        self._boxes = _Boxes(outline(areas) if containers is None else containers, self._grid)
        if containers is None:
            self._boxes.labels = None
        self._net: dict[int, int] = {}
        self._extent: dict[int, Box] = {}
        self._invalid: set[Hashable] = {areas.index[row] for row in np.flatnonzero(~are_valid(shapes))}
        self._troubles: list[_Trouble] = []
        table = edge_table(shapes, grid=self._grid)
        rows, _box_rows = suspects(table, self._boxes.table)
        self._count(table, rows, np.ones(len(rows), dtype=np.int64))
        keys = {*self._net, *self._boxes.keys_left()}
        for trouble in self._gathered(keys, set(self._invalid)):
            trouble.faults = self._interpret(trouble)
            self._troubles.append(trouble)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults there are now."""
        return tuple(fault for trouble in self._troubles for fault in trouble.faults)

    @property
    def exact(self) -> bool:
        """Whether the areas are an exact coverage now."""
        return not self._troubles

    def update(self, changes: Mapping[Hashable, shapely.Geometry | None]) -> Change:
        """
        Change, add or remove polygons.

        Parameters
        ----------
        changes
            New polygon by label; a label not seen before adds an area, None removes one.

        Returns
        -------
        change
            The faults that came and went.
        """
        old = np.array([self._index.shape(label) for label in changes], dtype=object)
        new = np.array(list(changes.values()), dtype=object)
        table = edge_table(np.concatenate((old, new)), grid=self._grid)
        sign = np.where(np.arange(len(table.key)) < table.offsets[len(old)], -1, 1)
        rows, change = _changed(table, sign)
        touched = self._count(table, rows, change)
        for label, shape, valid in zip(changes, new, are_valid(new).tolist(), strict=True):
            self._index.put(label, shape)
            self._invalid.discard(label)
            if not valid:
                self._invalid.add(label)
        return self._exchange(touched, set(changes))

    def _count(self, table: EdgeTable, rows: Ints, change: Ints) -> set[int]:
        """Add edges to the chain (change 1) or take them off (-1); return the keys concerned."""
        sign = table.sign[rows].astype(np.int64)
        followed = self._boxes.follow(table.key[rows], sign, change)
        ends = np.concatenate((table.xy[rows], table.xy[rows + 1]), axis=1).tolist()
        keys = table.key[rows].tolist()
        for key, step, (x1, y1, x2, y2), box in zip(
            keys, (sign * change).tolist(), ends, followed.tolist(), strict=True
        ):
            self._extent[key] = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            if box:
                continue
            total = self._net.get(key, 0) + step
            if total:
                self._net[key] = total
            else:
                self._net.pop(key, None)
        for key in keys:
            if key not in self._net and not self._boxes.is_left(key):
                self._extent.pop(key, None)
        return set(keys)

    def _is_left(self, key: int) -> bool:
        return key in self._net or self._boxes.is_left(key)

    def _extent_of(self, key: int) -> Box:
        return self._extent.get(key) or self._boxes.extent(key)

    def _exchange(self, touched: set[int], labels: set[Hashable]) -> Change:
        """Replace the troubles that an edit reaches by those there are now."""
        keys = {key for key in touched if self._is_left(key)}
        invalid = self._invalid & labels
        hit = [t for t in self._troubles if not t.keys.isdisjoint(touched) or not t.invalid.isdisjoint(labels)]
        reach = _around([self._extent_of(key) for key in keys], [t.extent for t in hit])
        for label in invalid:
            reach = _around([reach] if reach else [], [_bounds(self._index.shape(label))])
        others = [trouble for trouble in self._troubles if not any(trouble is one for one in hit)]
        while reach is not None:
            more = [trouble for trouble in others if _meet(trouble.extent, reach)]
            if not more:
                break
            hit += more
            others = [trouble for trouble in others if not any(trouble is one for one in more)]
            reach = _around([reach], [trouble.extent for trouble in more])
        for trouble in hit:
            keys |= {key for key in trouble.keys if self._is_left(key)}
            invalid |= trouble.invalid & self._invalid
        fresh = self._gathered(keys, invalid)
        for trouble in fresh:
            trouble.faults = self._interpret(trouble)
        self._troubles = others + fresh
        before = {fault.id: fault for trouble in hit for fault in trouble.faults}
        after = {fault.id: fault for trouble in fresh for fault in trouble.faults}
        return Change(
            new=tuple(fault for name, fault in after.items() if name not in before),
            vanished=tuple(fault for name, fault in before.items() if name not in after),
        )

    def _gathered(self, keys: set[int], invalid: set[Hashable]) -> list[_Trouble]:
        """Group residual edges and invalid polygons whose extents meet."""
        troubles = [_Trouble({key}, set(), _grown(self._extent_of(key), self._grid)) for key in keys]
        troubles += [_Trouble(set(), {label}, _bounds(self._index.shape(label))) for label in invalid]
        while len(troubles) > 1:
            groups = _meeting([trouble.extent for trouble in troubles])
            if int(groups.max()) + 1 == len(troubles):
                break
            joined: dict[int, _Trouble] = {}
            for group, trouble in zip(groups.tolist(), troubles, strict=True):
                if group in joined:
                    one = joined[group]
                    one.keys |= trouble.keys
                    one.invalid |= trouble.invalid
                    one.extent = _around([one.extent], [trouble.extent]) or one.extent
                else:
                    joined[group] = trouble
            troubles = list(joined.values())
        return troubles

    def _interpret(self, trouble: _Trouble) -> tuple[Fault, ...]:
        """Find the faults of one trouble among the polygons there."""
        labels, shapes = self._index.near(_grown(trouble.extent, 2 * self._grid))
        boxes = self._boxes.near(_grown(trouble.extent, 2 * self._grid))
        box_shapes = self._boxes.shapes[boxes]
        wanted = np.fromiter(trouble.keys, dtype=np.uint64, count=len(trouble.keys))
        left = settle(
            _edges_of(shapes, wanted, self._grid),
            self._boxes.edges(wanted, boxes),
            grid=self._grid,
        )
        invalid = np.flatnonzero([label in self._invalid for label in labels])
        invalid_boxes = np.flatnonzero(np.isin(boxes, self._boxes.invalid))
        scene = Scene(
            shapes=shapes,
            labels=labels,
            invalid=invalid,
            boxes=box_shapes,
            box_labels=None if self._boxes.labels is None else [self._boxes.labels[row] for row in boxes],
            invalid_boxes=invalid_boxes,
            ground=solid(shapes, invalid),
            box_ground=self._boxes.ground[boxes],
            grid=self._grid,
            near=look_up(shapes),
        )
        return tuple(name_faults(find_in_residue(left, scene), scene, self._measure, tolerance=self._tolerance))


class _Index:
    """The areas by label and by place; what was edited is kept beside a tree of what was not."""

    def __init__(self, labels: list[Hashable], shapes: Shapes) -> None:
        self._labels = labels
        self._shapes = shapes
        self._tree = shapely.STRtree(shapes)
        self._row = {label: row for row, label in enumerate(labels)}
        self._edited: dict[Hashable, tuple[shapely.Geometry, Box]] = {}
        self._gone: set[int] = set()

    def shape(self, label: Hashable) -> shapely.Geometry | None:
        """Return an area's polygon, None where it has none."""
        if label in self._edited:
            return self._edited[label][0]
        row = self._row.get(label)
        return None if row is None or row in self._gone else self._shapes[row]

    def put(self, label: Hashable, shape: shapely.Geometry | None) -> None:
        """Set an area's polygon; None takes it away."""
        if label in self._row:
            self._gone.add(self._row[label])
        if shape is None or shape.is_empty:
            self._edited.pop(label, None)
        else:
            self._edited[label] = (shape, shape.bounds)

    def near(self, extent: Box) -> tuple[list[Hashable], Shapes]:
        """Return the areas whose extent meets another."""
        rows = [row for row in np.sort(self._tree.query(shapely.box(*extent))).tolist() if row not in self._gone]
        edited = [(label, shape) for label, (shape, bounds) in self._edited.items() if _meet(bounds, extent)]
        labels = [self._labels[row] for row in rows] + [label for label, _shape in edited]
        shapes = np.empty(len(labels), dtype=object)
        shapes[:] = [self._shapes[row] for row in rows] + [shape for _label, shape in edited]
        return labels, shapes


class _Boxes:
    """The containers, which no edit changes, and how often areas follow each of their edges."""

    def __init__(self, frame: GeoDataFrame, grid: float) -> None:
        self.labels: list[Hashable] | None = list(frame.index)
        self.shapes: Shapes = np.asarray(frame.geometry, dtype=object)
        self.invalid = np.flatnonzero(~are_valid(self.shapes))
        self.ground = solid(self.shapes, self.invalid)
        shapely.prepare(self.ground)
        self.table = edge_table(self.shapes, grid=grid)
        self._raw = shapely.get_coordinates(self.shapes)
        self._tree = shapely.STRtree(self.shapes)
        rows = np.flatnonzero(self.table.sign)
        self._rows = rows[np.argsort(self.table.key[rows], kind="stable")]
        self._row_keys = self.table.key[self._rows]
        self._keys, first, number = np.unique(self.table.key[rows], return_index=True, return_inverse=True)
        self._sample = rows[first]
        size = len(self._keys)
        # Edges of containers and of areas in either direction, by [direction, key].
        self._own = np.stack([np.bincount(number[self.table.sign[rows] == s], minlength=size) for s in (1, -1)])
        self._followed = np.zeros_like(self._own)

    def near(self, extent: Box) -> Ints:
        """Return the positions of the containers whose extent meets another."""
        return np.sort(self._tree.query(shapely.box(*extent)))

    def edges(self, keys: Keys, boxes: Ints) -> Edges:
        """Return the edges that have one of the keys; owners as positions in `boxes`."""
        first, last = (np.searchsorted(self._row_keys, keys, side=side) for side in ("left", "right"))
        ranges = [np.arange(a, b) for a, b in zip(first, last, strict=True) if b > a]
        rows = self._rows[np.concatenate(ranges)] if ranges else np.zeros(0, dtype=np.int64)
        return (*_as_stored(self.table, self._raw, rows), np.searchsorted(boxes, self.table.owner(rows)))

    def _find(self, key: int) -> int:
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        return place if place < len(self._keys) and int(self._keys[place]) == key else -1

    def follow(self, keys: Keys, sign: Ints, change: Ints) -> Bools:
        """Count areas' edges on those of containers; return which were."""
        if not len(self._keys):
            return np.zeros(len(keys), dtype=bool)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        here = self._keys[place] == keys
        np.add.at(self._followed, (np.where(sign[here] > 0, 0, 1), place[here]), change[here])
        return np.asarray(here)

    def _left(self) -> Bools:
        rest = self._own - np.minimum(self._own, self._followed)
        surplus = self._followed - np.minimum(self._own, self._followed)
        return np.asarray(rest.any(axis=0) | (surplus[0] != surplus[1]))

    def keys_left(self) -> list[int]:
        """Return the keys of containers' edges that are not followed as they must be."""
        keys: list[int] = self._keys[self._left()].tolist()
        return keys

    def is_left(self, key: int) -> bool:
        """Tell whether a key is that of a container's edge that is not followed as it must be."""
        place = self._find(key)
        if place < 0:
            return False
        own, followed = self._own[:, place], self._followed[:, place]
        matched = np.minimum(own, followed)
        return bool((own > matched).any() or followed[0] - matched[0] != followed[1] - matched[1])

    def extent(self, key: int) -> Box:
        """Return the extent of a container's edge."""
        row = int(self._sample[self._find(key)])
        (x1, y1), (x2, y2) = self.table.xy[row].tolist(), self.table.xy[row + 1].tolist()
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _changed(table: EdgeTable, sign: Ints) -> tuple[Ints, Ints]:
    """Return the edges that polygons lost (-1) or gained (1); what they had before and after drops out."""
    rows = np.flatnonzero(table.sign)
    directed = table.key[rows] ^ (table.sign[rows] > 0).astype(np.uint64)
    _unique, first, number = np.unique(directed, return_index=True, return_inverse=True)
    change = np.bincount(number, sign[rows]).astype(np.int64)
    moved = change != 0
    return rows[first[moved]], change[moved]


def _edges_of(shapes: Shapes, keys: Keys, grid: float) -> Edges:
    """Return the edges that have one of the keys, with their coordinates as stored."""
    table = edge_table(shapes, grid=grid)
    rows = np.flatnonzero(np.isin(table.key, keys) & (table.sign != 0))
    return (*_as_stored(table, shapely.get_coordinates(shapes), rows), table.owner(rows))


def _as_stored(table: EdgeTable, raw: Floats, rows: Ints) -> tuple[Floats, Floats]:
    start, _end = table.directed(rows)
    ahead = (start == table.xy[rows]).all(axis=1)[:, None]
    here, there = raw[rows], raw[rows + 1]
    return np.where(ahead, here, there), np.where(ahead, there, here)


def _bounds(shape: shapely.Geometry | None) -> Box:
    west, south, east, north = shapely.bounds(shape).tolist()
    return west, south, east, north


def _grown(box: Box, margin: float) -> Box:
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _around(some: list[Box], more: list[Box]) -> Box | None:
    """Return the smallest extent that holds all."""
    boxes = some + more
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _meeting(extents: list[Box]) -> Ints:
    """Number the groups of extents that hang together."""
    west, south, east, north = np.array(extents).T
    if len(extents) <= _FEW:
        meet = (west[:, None] <= east) & (south[:, None] <= north)
        group = np.arange(len(extents))
        meet &= meet.T
        while True:
            joined = np.where(meet, group, len(extents)).min(axis=1)
            if (joined == group).all():
                return np.unique(group, return_inverse=True)[1].astype(np.int64)
            group = joined
    boxes = shapely.box(west, south, east, north)
    left, right = shapely.STRtree(boxes).query(boxes)
    return connected(left, right, len(boxes))
