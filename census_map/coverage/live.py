"""
The check that follows every edit: a boundary chain that is changed, not recomputed.

The chain is additive: taking a polygon's old edges off and adding its new ones changes the residue where it changed
and nowhere else. Kept are the residual edges, gathered into *troubles* (groups of them whose extents do not meet), and
of the containers' edges how often areas follow them. So an edit costs what the edited polygon and the troubles beside
it cost, whatever the size of the coverage.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

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
from census_map.coverage.regions import Near, Scene, look_up, solid
from census_map.coverage.segments import hashed_edges, keys_among
from census_map.coverage.shelf import Shelf
from census_map.crs import grid_size, require_crs

Box = tuple[float, float, float, float]
_FEW = 100


@dataclass
class _Trouble:
    """Residual edges and invalid polygons that belong together, and the faults they make."""

    keys: set[int]
    invalid: set[Hashable]
    extent: Box
    found: Callable[[], list[Fault]] = list

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, measured when first asked for."""
        return tuple(self.found())


class Change:
    """What an edit did to the faults; they are measured when they are looked at."""

    def __init__(self, before: Iterable[_Trouble], after: Iterable[_Trouble]) -> None:
        self._before, self._after = tuple(before), tuple(after)

    @property
    def new(self) -> tuple[Fault, ...]:
        """Faults that the edit made: one that changed its shape is new, and the one it was has vanished."""
        return _only_in(self._after, self._before)

    @property
    def vanished(self) -> tuple[Fault, ...]:
        """Faults that the edit ended."""
        return _only_in(self._before, self._after)


def _only_in(some: Iterable[_Trouble], others: Iterable[_Trouble]) -> tuple[Fault, ...]:
    known = {fault.id for trouble in others for fault in trouble.faults}
    return tuple(fault for trouble in some for fault in trouble.faults if fault.id not in known)


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


def _in_one(shells: GeoDataFrame) -> GeoDataFrame:
    """Take all shells for one container: what touches in a point only is no border between two."""
    whole = shapely.multipolygons(np.asarray(shells.geometry, dtype=object)) if len(shells) > 1 else None
    if whole is None or not shapely.is_valid(whole):
        return shells
    return GeoDataFrame(geometry=[whole], crs=shells.crs)


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
        self._areas = Shelf(list(areas.index), list(shapes))
        self._boxes = _Boxes(_in_one(outline(areas)) if containers is None else containers, self._grid)
        if containers is None:
            self._boxes.labels = None
        self._net: dict[int, int] = {}
        self._extent: dict[int, Box] = {}
        self._invalid: set[Hashable] = {areas.index[row] for row in np.flatnonzero(~are_valid(shapes))}
        self._troubles: list[_Trouble] = []
        table = edge_table(shapes, grid=self._grid)
        rows, _box_rows = suspects(table, self._boxes.table)
        self._count(_steps_of(table, rows, np.ones(len(rows), dtype=np.int64)))
        keys = {*self._net, *self._boxes.keys_left()}
        self._troubles = self._gathered(keys, set(self._invalid))
        for trouble in self._troubles:
            trouble.found = self._interpret(trouble)

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
        old = np.array([self._areas.get(label) for label in changes], dtype=object)
        new = np.array(list(changes.values()), dtype=object)
        valid = are_valid(new)
        sound = bool(valid.all()) and self._invalid.isdisjoint(changes)
        touched = self._count(_steps_between(old, new, sound=sound, grid=self._grid))
        for label, shape, is_valid in zip(changes, new, valid.tolist(), strict=True):
            if shape is not None and not shape.is_empty:
                self._areas.put(label, shape)
            elif label in self._areas:
                self._areas.remove(label)
            self._invalid.discard(label)
            if not is_valid:
                self._invalid.add(label)
        return self._exchange(touched, set(changes))

    def _count(self, steps: "_Steps") -> set[int]:
        """Add edges to the chain or take them off; return the keys concerned."""
        followed = self._boxes.follow(steps)
        keys = steps.key.tolist()
        for key, step, (x1, y1, x2, y2), box in zip(
            keys, (steps.sign * steps.change).tolist(), steps.ends.tolist(), followed.tolist(), strict=True
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
            reach = _around([reach] if reach else [], [_bounds(self._areas.polygon(label))])
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
            trouble.found = self._interpret(trouble)
        self._troubles = others + fresh
        return Change(hit, fresh)

    def _gathered(self, keys: set[int], invalid: set[Hashable]) -> list[_Trouble]:
        """Group residual edges and invalid polygons whose extents meet."""
        extents = [_grown(self._extent_of(key), self._grid) for key in keys]
        if not invalid and 0 < len(keys) <= _FEW and _hang_together(extents):
            return [_Trouble(keys, set(), _around(extents, []) or extents[0])]
        troubles = [_Trouble({key}, set(), extent) for key, extent in zip(keys, extents, strict=True)]
        troubles += [_Trouble(set(), {label}, _bounds(self._areas.polygon(label))) for label in invalid]
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

    def _interpret(self, trouble: _Trouble) -> Callable[[], list[Fault]]:
        """Find the faults of one trouble among the polygons there; measuring them is left for later."""
        extent = _grown(trouble.extent, 2 * self._grid)
        around = self._areas.meeting(np.array(extent))
        labels = list(around)
        shapes = np.empty(len(labels), dtype=object)
        shapes[:] = list(around.values())
        boxes = self._boxes.near(extent)
        wanted = np.fromiter(trouble.keys, dtype=np.uint64, count=len(trouble.keys))
        invalid = np.flatnonzero([label in self._invalid for label in labels])
        edges = (_edges_of_any if len(invalid) else _edges_of)(shapes, wanted, self._grid)
        left = settle(edges, self._boxes.edges(wanted, boxes), grid=self._grid)
        scene = Scene(
            shapes=shapes,
            labels=labels,
            invalid=invalid,
            boxes=self._boxes.shapes[boxes],
            box_labels=None if self._boxes.labels is None else [self._boxes.labels[row] for row in boxes],
            invalid_boxes=np.flatnonzero(np.isin(boxes, self._boxes.invalid)),
            ground=solid(shapes, invalid),
            box_ground=self._boxes.ground[boxes],
            grid=self._grid,
            near=_every_pair(len(shapes)) if len(shapes) <= _FEW else look_up(shapes),
        )
        findings = find_in_residue(left, scene)
        return partial(name_faults, findings, scene, self._measure, tolerance=self._tolerance)


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
        here = np.flatnonzero(first < last)
        if not len(here):
            return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
        rows = self._rows[np.concatenate([np.arange(a, b) for a, b in zip(first[here], last[here], strict=True)])]
        return (*_as_stored(self.table, self._raw, rows), np.searchsorted(boxes, self.table.owner(rows)))

    def _find(self, key: int) -> int:
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        return place if place < len(self._keys) and int(self._keys[place]) == key else -1

    def follow(self, steps: "_Steps") -> Bools:
        """Count areas' edges on those of containers; return which were."""
        if not len(self._keys):
            return np.zeros(len(steps.key), dtype=bool)
        place = np.minimum(np.searchsorted(self._keys, steps.key), len(self._keys) - 1)
        here = self._keys[place] == steps.key
        np.add.at(self._followed, (np.where(steps.sign[here] > 0, 0, 1), place[here]), steps.change[here])
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


def _every_pair(count: int) -> Near:
    """Return a `Scene.near` for few areas: a tree would cost more than it saves."""

    def near(targets: Shapes) -> tuple[Ints, Ints]:
        return np.repeat(np.arange(len(targets)), count), np.tile(np.arange(count), len(targets))

    return near


@dataclass(frozen=True)
class _Steps:
    """
    Edges that areas gain or lose.

    Attributes
    ----------
    key, sign
        (n,) as in an `EdgeTable`.
    change
        (n,) how many more areas have the edge.
    ends
        (n, 4) x and y of both ends.
    """

    key: Keys
    sign: Ints
    change: Ints
    ends: Floats


def _steps_of(table: EdgeTable, rows: Ints, change: Ints) -> _Steps:
    ends = np.concatenate((table.xy[rows], table.xy[rows + 1]), axis=1)
    return _Steps(table.key[rows], table.sign[rows].astype(np.int64), change, ends)


def _steps_between(old: Shapes, new: Shapes, *, sound: bool, grid: float) -> _Steps:
    """Return the edges that polygons lost or gained; `sound`: all are valid, which spares the table of edges."""
    shapes = np.concatenate((old, new))
    if sound:
        edges = hashed_edges(shapes, grid=grid)
        rows = np.flatnonzero(edges.start != edges.end)
        start, end = edges.start[rows], edges.end[rows]
        key, sign = start + end, np.where(start < end, 1, -1)
        step = np.where(edges.owner[rows] < len(old), -1, 1)
    else:
        table = edge_table(shapes, grid=grid)
        rows = np.flatnonzero(table.sign)
        key, sign = table.key[rows], table.sign[rows].astype(np.int64)
        step = np.where(rows < table.offsets[len(old)], -1, 1)
    # What they had before and after drops out.
    _unique, first, number = np.unique(key ^ (sign > 0).astype(np.uint64), return_index=True, return_inverse=True)
    change = np.bincount(number, step).astype(np.int64)
    moved = np.flatnonzero(change)
    at = first[moved]
    if sound:
        return _Steps(key[at], sign[at], change[moved], edges.rows(rows[at]))
    return _steps_of(table, rows[at], change[moved])


def _edges_of(shapes: Shapes, keys: Keys, grid: float) -> Edges:
    """Return the edges of valid polygons that have one of the keys, with their coordinates as stored."""
    edges = hashed_edges(shapes, grid=grid)
    rows = np.flatnonzero(keys_among(edges.start + edges.end, keys) & (edges.start != edges.end))
    return edges.xy[edges.start_at[rows]], edges.xy[edges.end_at[rows]], edges.owner[rows]


def _edges_of_any(shapes: Shapes, keys: Keys, grid: float) -> Edges:
    """Return the same of polygons that may be invalid, turned as the chain turns them."""
    table = edge_table(shapes, grid=grid)
    rows = np.flatnonzero(keys_among(table.key, keys) & (table.sign != 0))
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


def _hang_together(extents: list[Box]) -> bool:
    """Tell whether all extents hang together."""
    reached, rest = extents[:1], extents[1:]
    while reached and rest:
        box = reached.pop()
        met = [other for other in rest if _meet(box, other)]
        if met:
            rest = [other for other in rest if not _meet(box, other)]
            reached += met
    return not rest


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
