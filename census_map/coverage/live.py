"""
The check that follows every edit: a boundary chain that is changed, not recomputed.

The chain is additive: taking a polygon's old edges off and adding its new ones changes the residue where it changed
and nowhere else. Kept are the residual edges, gathered into *troubles* (groups of them whose extents do not meet), and
of the containers' edges how often areas follow them. So an edit costs what the edited polygon and the troubles beside
it cost, whatever the size of the coverage.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.arrangement import draw
from census_map.coverage.chain import residue, settle, suspects
from census_map.coverage.edges import Ints, Shapes, edge_table
from census_map.coverage.extents import Box, around, bounds_of, grown, hang_together, meeting_groups
from census_map.coverage.faults import Fault, name_faults
from census_map.coverage.followed import FollowedContainers
from census_map.coverage.interpret import broken_boxes, find_in_loops, find_in_residue
from census_map.coverage.invalid import are_valid
from census_map.coverage.loop import loops_of
from census_map.coverage.measure import Measure
from census_map.coverage.scene import Finding, Near, Scene, look_up, solid, traced
from census_map.coverage.segments import Geometry
from census_map.coverage.shelf import Shelf
from census_map.coverage.steps import Steps, edges_with, edges_with_of_any, steps_between, steps_of
from census_map.coverage.troubles import Trouble, Troubles
from census_map.crs import grid_size, require_crs

_FEW = 100
_AROUND = 2  # grid steps: polygons so near a trouble are read for it
_NONE: Ints = np.zeros(0, dtype=np.int64)


class Change:
    """What an edit did to the faults; they are measured when they are looked at."""

    def __init__(self, before: Iterable[Trouble], after: Iterable[Trouble]) -> None:
        self._before, self._after = tuple(before), tuple(after)

    @property
    def new(self) -> tuple[Fault, ...]:
        """Faults that the edit made: one that changed its shape is new, and the one it was has vanished."""
        return _only_in(self._after, self._before)

    @property
    def vanished(self) -> tuple[Fault, ...]:
        """Faults that the edit ended."""
        return _only_in(self._before, self._after)


def _only_in(some: Iterable[Trouble], others: Iterable[Trouble]) -> tuple[Fault, ...]:
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

    They are those that `find_faults` names, but for an area of several parts that lies wholly in another: overlaps
    far from each other are told one by one, not as one area contained or given twice.

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
        self._boxes = FollowedContainers(_in_one(outline(areas)) if containers is None else containers, self._grid)
        if containers is None:
            self._boxes.labels = None
        self._net: dict[int, int] = {}
        self._extent: dict[int, Box] = {}
        invalid = np.flatnonzero(~are_valid(shapes))
        self._invalid: set[Hashable] = {areas.index[row] for row in invalid}
        boxes_alone = self._scene(np.zeros(0, dtype=object), [], np.arange(len(self._boxes.shapes)))
        self._broken_boxes = self._named(broken_boxes(boxes_alone), boxes_alone)
        self._troubles = Troubles()
        table = edge_table(traced(shapes, invalid), grid=self._grid)
        rows, _box_rows = suspects(table, self._boxes.table)
        self._count(steps_of(table, rows, np.ones(len(rows), dtype=np.int64)))
        self._take_up({*self._net, *self._boxes.keys_left()}, set(self._invalid))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults there are now."""
        return (*self._broken_boxes, *(fault for trouble in self._troubles for fault in trouble.faults))

    @property
    def exact(self) -> bool:
        """Whether the areas are an exact coverage now."""
        return not len(self._troubles) and not self._broken_boxes

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
        old = [self._areas.get(label) for label in changes]
        new = list(changes.values())
        valid = are_valid(np.array(new, dtype=object))
        sound = bool(valid.all()) and self._invalid.isdisjoint(changes)
        here, there = old, new
        if not sound:
            here = _traced(old, [label in self._invalid for label in changes])
            there = _traced(new, (~valid).tolist())
        touched = self._count(steps_between(here, there, sound=sound, grid=self._grid))
        for label, shape, is_valid in zip(changes, new, valid.tolist(), strict=True):
            if shape is not None and not shape.is_empty:
                self._areas.put(label, shape)
            elif label in self._areas:
                self._areas.remove(label)
            self._invalid.discard(label)
            if not is_valid:
                self._invalid.add(label)
        places = shapely.bounds(np.array([*old, *new], dtype=object)).tolist()
        return self._exchange(touched, set(changes), places)

    def _count(self, steps: Steps) -> set[int]:
        """Add edges to the chain or take them off; return the keys concerned."""
        net, keys = self._net, steps.key.tolist()
        for key, sign, change, (x1, y1, x2, y2) in zip(
            keys, steps.sign.tolist(), steps.change.tolist(), steps.ends.tolist(), strict=True
        ):
            self._extent[key] = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            if not self._boxes.follow(key, sign, change):
                net[key] = net.get(key, 0) + sign * change
        touched = set(keys)
        for key in touched:
            if not net.get(key, 1):
                del net[key]
            if not self._is_left(key):
                del self._extent[key]
        return touched

    def _is_left(self, key: int) -> bool:
        return key in self._net or self._boxes.is_left(key)

    def _extent_of(self, key: int) -> Box:
        return self._extent.get(key) or self._boxes.extent(key)

    def _exchange(self, touched: set[int], labels: set[Hashable], places: list[Box]) -> Change:
        """Replace the troubles that an edit reaches by those there are now; `places` are where its polygons lie."""
        keys = {key for key in touched if key in self._extent}
        invalid = self._invalid & labels
        hit = self._troubles.holding(touched, labels)
        extents = [self._extent_of(key) for key in keys] + [trouble.extent for trouble in hit]
        extents += [bounds_of(self._areas.polygon(label)) for label in invalid]
        more = self._troubles.meeting(around(extents)) - hit if extents else set()
        while more:
            hit |= more
            extents += [trouble.extent for trouble in more]
            more = self._troubles.meeting(around(extents)) - hit
        for trouble in hit:
            keys |= {key for key in trouble.keys if self._is_left(key)}
            invalid |= trouble.invalid & self._invalid
            self._troubles.remove(trouble)
        now = self._take_up(keys, invalid)
        stale = self._read_from(places) - set(now) if len(self._troubles) > len(now) else set()
        for trouble in stale:
            self._troubles.remove(trouble)
        now += self._kept([Trouble(trouble.keys, trouble.invalid, trouble.extent) for trouble in stale])
        return Change(hit | stale, now)

    def _read_from(self, places: list[Box]) -> set[Trouble]:
        """
        Return the troubles whose reading rests on polygons at some places.

        Whose ground it is can change where the chain does not: when two neighbours move their border under a third.
        """
        return set().union(*(self._troubles.meeting(grown(place, _AROUND * self._grid)) for place in places))

    def _take_up(self, keys: set[int], invalid: set[Hashable]) -> list[Trouble]:
        """Keep residual edges and invalid polygons as troubles, and find what they are."""
        return self._kept(self._gathered(keys, invalid))

    def _kept(self, troubles: list[Trouble]) -> list[Trouble]:
        for trouble in troubles:
            trouble.found = self._interpret(trouble)
            self._troubles.add(trouble)
        return troubles

    def _gathered(self, keys: set[int], invalid: set[Hashable]) -> list[Trouble]:
        """Group residual edges and invalid polygons whose extents meet."""
        extents = [grown(self._extent_of(key), self._grid) for key in keys]
        if not invalid and 0 < len(keys) <= _FEW and hang_together(extents):
            return [Trouble(keys, set(), around(extents))]
        troubles = [Trouble({key}, set(), extent) for key, extent in zip(keys, extents, strict=True)]
        troubles += [Trouble(set(), {label}, bounds_of(self._areas.polygon(label))) for label in invalid]
        while len(troubles) > 1:
            groups = meeting_groups([trouble.extent for trouble in troubles])
            if int(groups.max()) + 1 == len(troubles):
                break
            joined: dict[int, Trouble] = {}
            for group, trouble in zip(groups.tolist(), troubles, strict=True):
                if group in joined:
                    one = joined[group]
                    one.keys |= trouble.keys
                    one.invalid |= trouble.invalid
                    one.extent = around([one.extent, trouble.extent])
                else:
                    joined[group] = trouble
            troubles = list(joined.values())
        return troubles

    def _interpret(self, trouble: Trouble) -> Callable[[], list[Fault]]:
        """Find the faults of one trouble among the polygons there; measuring them is left for later."""
        extent = grown(trouble.extent, _AROUND * self._grid)
        near = self._areas.meeting(np.array(extent))
        shapes = np.empty(len(near), dtype=object)
        shapes[:] = list(near.values())
        # Where most of an area lies is told by the containers all over it.
        boxes = self._boxes.near(around([extent, *shapely.bounds(shapes).tolist()]))
        scene = self._scene(shapes, list(near), boxes)
        keys = np.fromiter(trouble.keys, dtype=np.uint64, count=len(trouble.keys))
        if len(scene.invalid):
            edges = edges_with_of_any(keys, traced(shapes, scene.invalid), self._grid)
        else:
            edges = edges_with(keys, shapes, self._grid)
        box_edges = self._boxes.edges(trouble.keys, boxes)
        sound = not len(scene.invalid) and not len(scene.invalid_boxes)
        loops = loops_of(edges, box_edges, grid=self._grid) if sound else None
        if loops is None:
            findings = find_in_residue(settle(edges, box_edges, grid=self._grid), scene)
        else:
            findings = find_in_loops(loops, scene)
        return partial(self._named, findings, scene)

    def _named(self, findings: Iterable[Finding], scene: Scene) -> list[Fault]:
        return name_faults(findings, scene, self._measure, tolerance=self._tolerance)

    def _scene(self, shapes: Shapes, labels: list[Hashable], boxes: Ints) -> Scene:
        """Collect some areas, and the containers at some positions."""
        invalid = np.flatnonzero([label in self._invalid for label in labels]) if self._invalid else _NONE
        return Scene(
            shapes=shapes,
            labels=labels,
            invalid=invalid,
            boxes=self._boxes.shapes[boxes],
            box_labels=None if self._boxes.labels is None else [self._boxes.labels[row] for row in boxes],
            invalid_boxes=np.flatnonzero(np.isin(boxes, self._boxes.invalid)) if len(self._boxes.invalid) else _NONE,
            ground=solid(shapes, invalid),
            box_ground=self._boxes.ground[boxes],
            grid=self._grid,
            near=_every_pair(len(shapes)) if len(shapes) <= _FEW else look_up(shapes),
        )


def _traced(shapes: list[Geometry], invalid: list[bool]) -> list[Geometry]:
    """Return what the chain counts of some polygons, None for none."""
    return list(traced(np.array(shapes, dtype=object), np.flatnonzero(invalid)))


def _every_pair(count: int) -> Near:
    """Return a `Scene.near` for few areas: a tree would cost more than it saves."""

    def near(targets: Shapes) -> tuple[Ints, Ints]:
        target, area = np.divmod(np.arange(len(targets) * count), max(count, 1))
        return target, area

    return near
