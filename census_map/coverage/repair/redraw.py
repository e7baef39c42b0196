"""
Rings rebuilt after ground has changed hands.

The boundary chain does it: an area's directed pieces, plus the borders of the faces that it gains, less those of the
faces that it loses, cancel to its new border. Where nothing changed a ring keeps its own vertices bit for bit; a node
that only the drawing needed, on a border that runs straight through it, is left out again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from census_map.coverage.clusters import connected, runs
from census_map.coverage.edges import Bools, Floats, Ints, Keys, Shapes, point_hash
from census_map.coverage.nodes import through_cells
from census_map.coverage.patch import like
from census_map.coverage.repair.neighbourhood import Ground, Neighbourhood, Rings, Walks
from census_map.coverage.repair.rings import Line, polygon_of, trace
from census_map.coverage.repair.shares import OPEN
from census_map.coverage.segments import Geometry, keys_among
from census_map.crs import snap_coordinates

_MOVED = 2.0  # grid steps: no border moves further where no ground changes hands


@dataclass(frozen=True)
class _Chain:
    """Directed pieces of owners: of each (owner, piece) how often the owner lies on its left rather than right."""

    owner: Ints
    piece: Ints
    net: Ints


@dataclass(frozen=True)
class Redrawn:
    """
    Polygons rebuilt.

    Attributes
    ----------
    areas, containers
        Position → new polygon; new areas have positions beyond the old ones.
    broken
        Position of an area whose rings do not close or are invalid → where.
    """

    areas: dict[int, Geometry]
    containers: dict[int, Geometry]
    broken: dict[int, Floats]


class Sheet:
    """
    A drawn neighbourhood on which ground changes hands.

    Parameters
    ----------
    around, ground
        The drawing and its faces.
    shapes, boxes
        The polygons as they were given, whose type and direction the new ones keep.
    before
        The ground that the areas covered.
    marked
        Hashes of places at which a corner is to be inserted where it is missing.
    yielding
        Areas that give up corners of their own where another's border runs straight through.
    moved
        Areas that are not as they were before they came here.
    may_empty
        Whether an area may lose all its ground.
    on_grid
        Whether new corners lie on the grid rather than on the straight border they divide.
    """

    def __init__(
        self,
        around: Neighbourhood,
        ground: Ground,
        shapes: Shapes,
        boxes: Shapes,
        before: Shapes,
        marked: Keys,
        yielding: Iterable[int],
        moved: Iterable[int],
        *,
        on_grid: bool,
        may_empty: bool,
    ) -> None:
        self._around, self._ground = around, ground
        self._shapes, self._boxes, self._ground_before = shapes, boxes, before
        self._marked = around.nodes_at(marked)
        self._marked = self._marked[self._marked >= 0]
        self._on_grid, self._may_empty = on_grid, may_empty
        self._yielding = np.array(sorted(yielding), dtype=np.int64)
        self._was_moved = frozenset(moved)
        self._pieces = around.drawing.pieces
        self._size = max(1, len(self._pieces.ends))

    @cached_property
    def component(self) -> Ints:
        """(nodes,) the connected part of the drawing that each node belongs to."""
        ends = self._pieces.ends
        return connected(ends[:, 0], ends[:, 1], len(self._pieces.places))

    def component_at(self, points: Floats) -> Ints:
        """Return the parts of the drawing nearest to some points."""
        places = shapely.points(self._pieces.places)
        return np.asarray(self.component[shapely.STRtree(places).nearest(shapely.points(points))])

    def components_of(self, faces: Ints) -> Ints:
        """Return the part of the drawing that the shell of each face belongs to."""
        left, right = self._ground.left, self._ground.right
        part = np.full(len(self._ground.point) + 1, -1, dtype=np.int64)
        begin = self._pieces.ends[:, 0]
        for side in (left, right):
            part[side] = self.component[begin]
        return part[faces]

    def nodes_of(self, position: int) -> Ints:
        """Return the nodes that an area passes, or could pass after a repair."""
        rows = np.flatnonzero(self._around.areas.polygon[self._around.area_walks.ring] == position)
        nodes = self._around.area_walks.node[rows]
        held = [face for face, owners in enumerate(self._ground.owners) if position in owners]
        beside = np.isin(self._ground.left, held) | np.isin(self._ground.right, held)
        return np.unique(np.concatenate((nodes[nodes >= 0], self._pieces.ends[beside].reshape(-1))))

    def faces_at(self, point: Floats) -> Ints:
        """Return the faces round the node nearest to a point."""
        node = int(shapely.STRtree(shapely.points(self._pieces.places)).nearest(shapely.Point(point)))
        at = (self._pieces.ends == node).any(axis=1)
        faces = np.unique(np.concatenate((self._ground.left[at], self._ground.right[at])))
        return np.asarray(faces[faces >= 0])

    def redraw(self, taker: Ints, mended: Iterable[int], closed: Ints, firm: Ints) -> Redrawn:
        """
        Rebuild the polygons whose ground or corners change.

        Parameters
        ----------
        taker
            (f,) who gets each face, or `OPEN`.
        mended
            Positions of areas to be rebuilt anyway: invalid ones.
        closed
            Parts of the drawing in which nothing is to change.
        firm
            Nodes that stay where they are on the grid, and stay corners: so drawn no border comes too near another.
        """
        taker = np.where(np.isin(self.components_of(np.arange(len(taker))), closed), OPEN, taker)
        active = self._active(taker)
        active[np.isin(self.component, closed)] = False
        walked = self._walked(active)
        change = self._changes(taker)
        after = _sum(self._chain(self._around.areas, self._around.area_walks, walked), change, self._size)
        boxes = self._around.container_walks
        corner = self._corner_steps(active)
        around = self._chain(self._around.containers, boxes, boxes.piece >= 0)
        inserted = active & self._kept(after, around, walked, corner)
        inserted[firm] = active[firm]
        touched = {*change.owner.tolist(), *mended}
        touched |= self._passing(self._around.areas, self._around.area_walks, inserted)
        links = _Links(self._around, after, walked, inserted, self._places(inserted, touched, firm), corner)
        areas: dict[int, Geometry] = {}
        broken: dict[int, Floats] = {}
        for position in sorted(touched):
            polygon, place = links.polygon(position)
            if polygon is None:
                broken[position] = place
                continue
            areas[position] = self._as_given(polygon, position)
        for position in [position for position, polygon in areas.items() if self._is_as_before(polygon, position)]:
            del areas[position]
        if not self._may_empty:
            for position in [position for position, polygon in areas.items() if self._is_emptied(polygon, position)]:
                broken[position] = self._anywhere(position)
                del areas[position]
        valid = shapely.is_valid(np.array(list(areas.values()), dtype=object))
        for position, fine in zip(list(areas), valid.tolist(), strict=True):
            if not fine:
                broken[position] = _trouble(areas.pop(position))
        for position in self._astray(areas, taker):
            broken[position] = self._anywhere(position)
            del areas[position]
        rings, walks = self._around.containers, self._around.container_walks
        containers = {
            position: links.refined(position, self._boxes[position])
            for position in sorted(self._passing(rings, walks, inserted))
        }
        return Redrawn(areas, containers, broken)

    def _astray(self, areas: dict[int, Geometry], taker: Ints) -> list[int]:
        """Return the areas that gained or lost other ground than what changed hands, but for what rounding moves."""
        more = np.zeros(len(self._shapes) + len(areas) + 1)
        for face in np.flatnonzero(taker != OPEN).tolist():
            owners, new, size = self._ground.owners[face], int(taker[face]), float(self._ground.area[face])
            more[[owner for owner in owners if owner != new]] -= size
            if new >= 0 and new not in owners:
                more[new] += size
        positions = np.array(sorted(areas), dtype=np.int64)
        polygons = np.array([areas[position] for position in positions.tolist()], dtype=object)
        before, length = np.zeros(len(positions)), shapely.length(polygons)
        old = positions < len(self._shapes)
        before[old] = np.nan_to_num(shapely.area(self._ground_before[positions[old]]))
        length[old] += np.nan_to_num(shapely.length(self._ground_before[positions[old]]))
        off = np.abs(shapely.area(polygons) - before - more[positions])
        far = off > _MOVED * self._around.grid * (1 + length)
        return [int(position) for position in positions[far]]

    def _is_as_before(self, polygon: Geometry, position: int) -> bool:
        """Tell whether a rebuilt area is the very same."""
        if position >= len(self._shapes) or self._shapes[position] is not self._ground_before[position]:
            return False
        if position in self._was_moved:
            return False
        one, other = shapely.normalize((polygon, self._shapes[position]))
        return bool(shapely.equals_exact(one, other, 0.0))

    def _is_emptied(self, polygon: Geometry, position: int) -> bool:
        """Tell whether an area that had ground has none now."""
        had = position < len(self._shapes) and (self._ground_before[position] or shapely.Polygon()).area > 0
        return bool(had and shapely.is_empty(polygon))

    def _anywhere(self, position: int) -> Floats:
        """Return a place that has to do with an area: one of its nodes."""
        rows = np.flatnonzero(self._around.areas.polygon[self._around.area_walks.ring] == position)
        nodes = self._around.area_walks.node[rows]
        nodes = nodes[nodes >= 0]
        return np.asarray(self._pieces.places[nodes[0]] if len(nodes) else self._pieces.places[0])

    def _as_given(self, polygon: Geometry, position: int) -> Geometry:
        old = self._shapes[position] if position < len(self._shapes) else None
        if old is None or shapely.is_empty(old):
            return polygon
        first = shapely.get_geometry(old, 0)
        if not shapely.is_ccw(shapely.get_exterior_ring(first)) and not shapely.is_empty(polygon):
            polygon = shapely.reverse(polygon)
        return like(polygon, old)

    def _walked(self, active: Bools) -> Bools:
        """
        Tell which steps of the areas' rings follow the drawing: those of edges with a node at which borders may change.

        Where such edges run there and back on a piece, having been drawn together, that changes the border, too: the
        ends of the piece are added to `active`.
        """
        rings, walks, ends = self._around.areas, self._around.area_walks, self._pieces.ends
        drawn = np.flatnonzero(walks.piece >= 0)
        while True:
            edge = np.unique(walks.edge[drawn[active[ends[walks.piece[drawn]]].any(axis=1)]])
            walked = (walks.piece >= 0) & np.isin(walks.edge, edge)
            chain = self._chain(rings, walks, walked)
            folded = np.unique(ends[chain.piece[chain.net == 0]])
            if active[folded].all():
                return walked
            active[folded] = True

    def _chain(self, rings: Rings, walks: Walks, walked: Bools) -> _Chain:
        """Sum the pieces that polygons walk along."""
        rows = np.flatnonzero(walked)
        ring = walks.ring[rows]
        sign = np.where(walks.ahead[rows], 1, -1) * rings.turn[ring]
        return _summed(rings.polygon[ring], walks.piece[rows], sign, self._size)

    def _changes(self, taker: Ints) -> _Chain:
        """Sum the borders of the faces that areas gain, less those of the faces that they lose."""
        rows: list[tuple[int, int, int]] = []
        for face in np.flatnonzero(taker != OPEN).tolist():
            owners, new = self._ground.owners[face], int(taker[face])
            rows += [(face, owner, -1) for owner in owners if owner != new]
            if new >= 0 and new not in owners:
                rows.append((face, new, 1))
        faces, takers, gain = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        found = []
        for side, sign in ((self._ground.left, 1), (self._ground.right, -1)):
            order = np.argsort(side, kind="stable")
            first, last = (np.searchsorted(side[order], faces, side=end) for end in ("left", "right"))
            row, place = runs(first, last - first)
            found.append((takers[row], order[place], sign * gain[row]))
        owner, piece, times = (np.concatenate(column) for column in zip(*found, strict=True))
        return _summed(owner, piece, times, self._size)

    def _active(self, taker: Ints) -> Bools:
        """Tell at which nodes borders may change: round faces that change hands, and at marked places."""
        mended = np.append(taker != OPEN, False)  # the last entry is that of no face
        beside = mended[self._ground.left] | mended[self._ground.right]
        active = np.zeros(len(self._pieces.places), dtype=bool)
        active[self._pieces.ends[beside]] = True
        active[self._marked] = True
        return active

    def _kept(self, after: _Chain, boxes: _Chain, walked: Bools, corner: Bools) -> Bools:
        """Tell which nodes borders need: where they meet, turn, or where one of them has a corner of its own."""
        ends, count = self._pieces.ends, len(self._pieces.places)
        used = np.zeros(len(ends), dtype=bool)
        used[after.piece[after.net != 0]] = True
        used[boxes.piece[boxes.net != 0]] = True
        degree = np.bincount(ends[used].reshape(-1), minlength=count)
        kept = degree != 2
        return np.asarray(kept | self._corners(after, walked, corner) | ~self._straight(used))

    def _corners(self, after: _Chain, walked: Bools, corner: Bools) -> Bools:
        """Mark the nodes that are corners of a container, or of an area that still has a border there."""
        count = len(self._pieces.places)
        marks = np.zeros(count, dtype=bool)
        walks = self._around.container_walks
        marks[walks.node[(walks.vertex >= 0) & (walks.node >= 0)]] = True
        rings, walks = self._around.areas, self._around.area_walks
        rows = np.flatnonzero(corner)
        corners = np.unique(rings.polygon[walks.ring[rows]] * count + walks.node[rows])
        still = after.net != 0
        having = np.concatenate([after.owner[still] * count + self._pieces.ends[after.piece[still], k] for k in (0, 1)])
        free = np.flatnonzero(~walked & (walks.node >= 0))  # where a ring goes on undrawn
        ended = walks.following[~walked]
        ended = ended[walks.node[ended] >= 0]
        marks[walks.node[free]] = True
        marks[walks.node[ended]] = True
        marks[corners[np.isin(corners, having)] % count] = True
        return marks

    def _corner_steps(self, active: Bools) -> Bools:
        """
        Tell which steps of the areas' rings begin at a node that is a corner of theirs.

        Not where an invalid ring crosses itself, which nobody drew, nor where an area yields.
        """
        rings, walks = self._around.areas, self._around.area_walks
        corner = (walks.vertex >= 0) & (walks.node >= 0)
        rows = np.flatnonzero(corner)
        given = point_hash(snap_coordinates(shapely.get_coordinates(self._shapes), self._around.grid))
        corner[rows] = keys_among(rings.hashed[walks.vertex[rows]], given)
        corner[rows] &= ~(np.isin(rings.polygon[walks.ring[rows]], self._yielding) & active[walks.node[rows]])
        return corner

    def _straight(self, used: Bools) -> Bools:
        """Tell at which nodes two of the used pieces are steps of the same border."""
        pieces = self._pieces
        follows = np.flatnonzero(pieces.step_segment[1:] == pieces.step_segment[:-1])
        one, other = pieces.step_piece[follows], pieces.step_piece[follows + 1]
        both = used[one] & used[other]
        node = np.where(pieces.step_along[follows], pieces.ends[one, 1], pieces.ends[one, 0])
        straight = np.zeros(len(pieces.places), dtype=bool)
        straight[node[both]] = True
        return straight

    def _passing(self, rings: Rings, walks: Walks, inserted: Bools) -> set[int]:
        """Return the polygons that pass a node without a corner there that is to get one."""
        rows = np.flatnonzero((walks.vertex < 0) & (walks.node >= 0))
        rows = rows[inserted[walks.node[rows]]]
        return set(rings.polygon[walks.ring[rows]].tolist())

    def _places(self, inserted: Bools, touched: set[int], firm: Ints) -> Floats:
        """
        Return the coordinates of every node.

        A container's corner stays, and a corner put on its border lies on the straight line. Otherwise it is the corner
        of an area that is not rebuilt, else the one that most have there, of as many the earliest record's; or where
        two borders cross.
        """
        if self._on_grid:
            return self._pieces.places
        places = self._pieces.stored.copy()
        self._take_corners(places, self._around.areas, self._around.area_walks, touched)
        places[firm] = self._pieces.places[firm]
        edges, pieces = self._around.edges, self._pieces
        segment = np.unique(edges.segment[edges.contained])
        rows = np.flatnonzero(np.isin(pieces.step_segment[1:], segment))
        rows = rows[pieces.step_segment[rows] == pieces.step_segment[rows + 1]] + 1
        node = pieces.ends[pieces.step_piece[rows], np.where(pieces.step_along[rows], 0, 1)]
        rows, node = rows[inserted[node]], node[inserted[node]]
        first = {s: e for e, s in reversed(list(enumerate(edges.segment.tolist()))) if edges.contained[e]}
        edge = np.array([first[s] for s in pieces.step_segment[rows].tolist()], dtype=np.int64)
        start, end = edges.raw_start[edge], edges.raw_end[edge]
        along, _crossed = through_cells(start, end, pieces.places[node], self._around.grid)
        places[node] = start + along[:, None] * (end - start)
        self._take_corners(places, self._around.containers, self._around.container_walks, set())
        return places

    def _take_corners(self, places: Floats, rings: Rings, walks: Walks, touched: set[int]) -> None:
        """Put nodes where polygons have their corners."""
        rows = np.flatnonzero((walks.vertex >= 0) & (walks.node >= 0))
        if not len(rows):
            return
        node, xy = walks.node[rows], rings.xy[walks.vertex[rows]]
        same, number = np.unique(np.column_stack((node, xy)), axis=0, return_inverse=True)
        number = number.reshape(-1)
        times = np.bincount(number)
        free = ~np.isin(rings.polygon[walks.ring[rows]], list(touched))
        fixed = np.bincount(number, free) > 0
        earliest = np.full(len(same), len(rows))
        np.minimum.at(earliest, number, np.arange(len(rows)))
        order = np.lexsort((earliest, -times, ~fixed, same[:, 0]))
        first = np.concatenate(([True], same[order, 0][1:] != same[order, 0][:-1]))
        places[same[order][first, 0].astype(np.int64)] = same[order][first, 1:]


def _summed(owner: Ints, piece: Ints, sign: Ints, size: int) -> _Chain:
    unique, number = np.unique(owner * size + piece, return_inverse=True)
    net = np.bincount(number.reshape(-1), sign, minlength=len(unique)).astype(np.int64)
    return _Chain(unique // size, unique % size, net)


def _sum(one: _Chain, other: _Chain, size: int) -> _Chain:
    join = np.concatenate
    return _summed(join((one.owner, other.owner)), join((one.piece, other.piece)), join((one.net, other.net)), size)


def _trouble(polygon: Geometry) -> Floats:
    """Return where a polygon is invalid."""
    reason = shapely.is_valid_reason(polygon)
    if "[" in reason:
        x, y = reason[reason.index("[") + 1 : reason.index("]")].split()[:2]
        return np.array([float(x), float(y)])
    return np.asarray(shapely.get_coordinates(polygon)[0])


class _Links:
    """Gathers the lines of each polygon: the drawn pieces that it has now, and its own edges in between."""

    def __init__(
        self, around: Neighbourhood, after: _Chain, walked: Bools, inserted: Bools, places: Floats, corner: Bools
    ) -> None:
        self._around, self._after, self._walked = around, after, walked
        self._inserted, self._places = inserted, places
        walks, rings = around.area_walks, around.areas
        self._of = _grouped(rings.polygon[walks.ring])
        self._own = _grouped(after.owner)
        self._boxes = _grouped(around.containers.polygon[around.container_walks.ring])
        self._is_corner = corner

    def polygon(self, position: int) -> tuple[Geometry | None, Floats]:
        """Return an area as it is now, or None and where it does not close."""
        rows = self._own.get(position, np.zeros(0, dtype=np.int64))
        piece, net = self._after.piece[rows], self._after.net[rows]
        piece, net = piece[net != 0], net[net != 0]
        ends = self._around.drawing.pieces.ends[piece]
        place = self._places[ends[0, 0]] if len(ends) else np.zeros(2)
        if (np.abs(net) > 1).any():
            return None, place
        begin, end = np.where(net > 0, ends[:, 0], ends[:, 1]), np.where(net > 0, ends[:, 1], ends[:, 0])
        lines = [Line(a, b, self._places[[a, b]]) for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        whole, stretches = self._undrawn(position)
        rings = trace([*lines, *stretches])
        if rings is None:
            return None, place
        spare = self._spare(position, np.unique(ends))
        return polygon_of([*whole, *(_without(ring, spare) for ring in rings)]), place

    def _spare(self, position: int, nodes: Ints) -> set[tuple[float, ...]]:
        """Return the places of nodes at which an area needs no corner: not inserted, and none of its own."""
        walks = self._around.area_walks
        rows = self._of.get(position, np.zeros(0, dtype=np.int64))
        own = walks.node[rows[self._is_corner[rows]]]
        spare = nodes[~self._inserted[nodes] & ~np.isin(nodes, own)]
        return set(map(tuple, self._places[spare].tolist()))

    def _undrawn(self, position: int) -> tuple[list[Floats], list[Line]]:
        """Return the rings of an area that nothing is drawn of, and the stretches of its others between drawn ones."""
        walks, rings = self._around.area_walks, self._around.areas
        whole: list[Floats] = []
        stretches: list[Line] = []
        rows = self._of.get(position, np.zeros(0, dtype=np.int64))
        for ring in np.unique(walks.ring[rows]).tolist():
            own = rows[walks.ring[rows] == ring]
            back = rings.turn[ring] < 0
            free = ~self._walked[own]
            if free.all():
                xy = rings.xy[slice(*np.searchsorted(rings.ring, (ring, ring + 1)))]
                whole.append(xy[::-1] if back else xy)
                continue
            shift = int(np.argmin(free))
            own, free = np.roll(own, -shift), np.roll(free, -shift)
            change = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
            for first, last in change.reshape(-1, 2).tolist():
                steps = np.append(own[first:last], own[last % len(own)])
                steps = steps[walks.vertex[steps] >= 0]
                nodes = walks.node[steps]
                xy = rings.xy[np.maximum(walks.vertex[steps], 0)].copy()
                met = nodes >= 0
                xy[met] = self._places[nodes[met]]
                line = Line(int(nodes[0]), int(nodes[-1]), xy)
                stretches.append(Line(line.end, line.begin, xy[::-1]) if back else line)
        return whole, stretches

    def refined(self, position: int, box: Geometry) -> Geometry:
        """Return a container with the corners that areas have on its border now."""
        walks, rings = self._around.container_walks, self._around.containers
        rows = self._boxes[position]
        node = walks.node[rows]
        # Where a border passes a corner of its own within a grid step, one more corner would make it touch itself.
        known, number, times = np.unique(node, return_inverse=True, return_counts=True)
        once = (known >= 0) & (times == 1)
        taken = rows[(walks.vertex[rows] >= 0) | (once[number] & self._inserted[node])]
        parts: list[list[Floats]] = []
        part_of = -1
        inner = shapely.get_num_interior_rings(shapely.get_parts(box)).tolist()
        holes = np.concatenate([np.arange(count + 1) for count in inner])
        for ring, hole in zip(np.unique(walks.ring[rows]).tolist(), holes.tolist(), strict=True):
            own = taken[walks.ring[taken] == ring]
            xy = np.where(
                (walks.vertex[own] >= 0)[:, None],
                rings.xy[np.maximum(walks.vertex[own], 0)],
                self._places[walks.node[own]],
            )
            if hole == 0:
                parts.append([])
                part_of += 1
            parts[part_of].append(np.concatenate((xy, xy[:1])))
        made = [shapely.Polygon(shell, within) for shell, *within in parts]
        return made[0] if box.geom_type == "Polygon" else shapely.MultiPolygon(made)


def _grouped(owner: Ints) -> dict[int, Ints]:
    """Return the rows of every owner."""
    order = np.argsort(owner, kind="stable")
    unique, first = np.unique(owner[order], return_index=True)
    return dict(zip(unique.tolist(), np.split(order, first[1:]), strict=True)) if len(unique) else {}


def _without(ring: Floats, spare: set[tuple[float, ...]]) -> Floats:
    """Leave out the corners that nobody needs."""
    if not spare:
        return ring
    stays = np.array([tuple(point) not in spare for point in ring[:-1].tolist()], dtype=bool)
    left = ring[:-1][stays]
    return np.concatenate((left, left[:1]))
