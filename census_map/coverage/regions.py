"""
What each face of a residue is: gap, overlap, spill, or nothing.

How often a face is covered follows from the signs of the edges round it, exactly, however thin the face. *Who* covers
it is asked of the polygons at a point inside, and of the edges that have the face on their inner side.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.arrangement import Drawing, Faces, Sides
from census_map.coverage.edges import Bools, Floats, Ints, Shapes, point_hash
from census_map.coverage.invalid import enclosed_ground, fault_places
from census_map.coverage.segments import edges_near, unique_edges

_SAME = 1e-6  # relative: two areas whose common ground differs from either by less are the same ground

Near = Callable[[Shapes], tuple[Ints, Ints]]


@dataclass(frozen=True)
class Scene:
    """
    The polygons behind a residue.

    Attributes
    ----------
    shapes, labels
        The areas, and their ids.
    invalid
        Positions of invalid areas.
    boxes, box_labels, invalid_boxes
        The same of the containers; None, None and empty without containers.
    ground, box_ground
        Areas and containers with the invalid ones replaced by the ground that they enclose (`solid`).
    grid
        Grid step in CRS units.
    near
        Finds the areas whose extent meets that of given shapes: positions in the argument, positions of areas.
    """

    shapes: Shapes
    labels: Sequence[Hashable]
    invalid: Ints
    boxes: Shapes | None
    box_labels: Sequence[Hashable] | None
    invalid_boxes: Ints
    ground: Shapes
    box_ground: Shapes
    grid: float
    near: Near

    @cached_property
    def places(self) -> Floats:
        """Where the invalid areas are broken."""
        return fault_places(self.shapes[self.invalid])

    def box_label(self, position: int | None) -> Hashable | None:
        """Return the id of a container; None for none, or where the container is only the outline."""
        return None if position is None or self.box_labels is None else self.box_labels[position]


def solid(shapes: Shapes, invalid: Ints) -> Shapes:
    """Return polygons with the invalid ones replaced by the ground that their rings enclose."""
    if not len(invalid):
        return shapes
    mended = shapes.copy()
    mended[invalid] = enclosed_ground(shapes[invalid])
    return mended


def look_up(shapes: Shapes) -> Near:
    """Return a `Scene.near` that builds its index over the few shapes asked about, not over all areas."""

    def near(targets: Shapes) -> tuple[Ints, Ints]:
        area, target = shapely.STRtree(targets).query(shapes)
        return target, area

    return near


@dataclass(frozen=True)
class Finding:
    """A fault before it is measured: owners as positions; `place` where a point other than an inner one is meant."""

    kind: str
    areas: tuple[int, ...]
    container: int | None
    geometry: shapely.Geometry
    place: shapely.Point | None = None


@dataclass(frozen=True)
class Cover:
    """
    Who covers each face at its inner point.

    Attributes
    ----------
    areas
        Face → positions of areas, ascending; faces that nobody was asked about are left out.
    box
        (f,) the container at the inner point, -1 outside all.
    boxes
        (f,) the number of containers there.
    """

    areas: dict[int, list[int]]
    box: Ints
    boxes: Ints

    def at(self, face: int) -> int | None:
        """Return the container at the inner point of a face, None outside all."""
        box = int(self.box[face])
        return box if box >= 0 else None


def build_suspects(drawing: Drawing, scene: Scene) -> tuple[Faces, Bools]:
    """
    Build the faces that may be at fault: covered too often or not at all, or a container's ground covered by others.

    Returns
    -------
    faces
        Those faces.
    recount
        (f,) those that an invalid area may wind round the wrong way.
    """
    excess, sides = drawing.cycles.excess, drawing.sides
    wanted = excess != (1 if scene.boxes is None else 0)
    if scene.boxes is not None:
        # Ground of one container that areas of another cover adds up to nothing.
        wanted |= _touches(sides, sides.contained, len(excess))
    wrong = _wound_wrong(drawing, scene)
    wanted |= wrong
    wanted[drawing.cycles.outer] = False
    faces = drawing.build(wanted)
    return faces, wrong[faces.cycle]


def _wound_wrong(drawing: Drawing, scene: Scene) -> Bools:
    """
    Mark the faces that an invalid area may wind round the wrong way.

    Such ground is enclosed by the area's own rings: the face along them lies within the area's extent.
    """
    sides, cycles = drawing.sides, drawing.cycles
    marks = np.zeros(len(cycles.excess), dtype=bool)
    by_broken = ~sides.contained & np.isin(sides.owner, scene.invalid)
    for beside in (sides.inner, sides.outer):
        rows = np.flatnonzero(by_broken & (beside >= 0))
        with np.errstate(invalid="ignore"):  # older GEOS flags coordinates that are no numbers
            bounds = shapely.bounds(scene.shapes[sides.owner[rows]]) + drawing.grid * np.array([-1, -1, 1, 1])
        face = beside[rows]
        within = (cycles.low[face] >= bounds[:, :2]) & (cycles.high[face] <= bounds[:, 2:])
        marks[face[within.all(axis=1)]] = True
    return marks


def cover_of_faces(faces: Faces, recount: Bools, scene: Scene) -> Cover:
    """
    Ask the polygons who covers the faces whose signs tell of more than a plain gap.

    Parameters
    ----------
    faces
        Faces that may be at fault.
    recount
        (f,) those that an invalid area may wind round the wrong way.
    scene
        The polygons.
    """
    points = shapely.point_on_surface(faces.shapes)
    box, boxes = np.full(len(points), -1, dtype=np.int64), np.zeros(len(points), dtype=np.int64)
    asked = faces.excess >= 2
    if scene.boxes is not None and len(points):
        of, face = shapely.STRtree(points).query(scene.boxes)
        shapely.prepare(scene.box_ground)
        inside = shapely.intersects(scene.box_ground[of], points[face])
        box[face[inside]] = of[inside]
        boxes = np.bincount(face[inside], minlength=len(points))
        asked = faces.excess > 0
        asked |= (faces.excess == 0) & _touches(faces.sides, faces.sides.contained, len(points))
    asked |= recount
    wanted = np.flatnonzero(asked)
    areas: dict[int, list[int]] = {int(face): [] for face in wanted}
    if len(wanted):
        target, area = scene.near(points[wanted])
        inside = shapely.intersects(scene.ground[area], points[wanted][target])
        for face, position in sorted(zip(wanted[target[inside]].tolist(), area[inside].tolist(), strict=True)):
            areas[face].append(position)
    return Cover(areas, box, boxes)


def _touches(sides: Sides, chosen: Bools, count: int) -> Bools:
    """Mark the faces that some of the chosen edges run along, on either side."""
    marks = np.zeros(count + 1, dtype=bool)  # the last entry takes what is no face, -1
    marks[sides.inner[chosen]] = True
    marks[sides.outer[chosen]] = True
    return marks[:-1]


def find_regions(faces: Faces, recount: Bools, cover: Cover, scene: Scene) -> Iterator[tuple[int, Finding]]:
    """Yield the faults that have an area, with the face each comes from."""
    excess = faces.excess.copy()
    for face in np.flatnonzero(recount).tolist():
        # The rings of an invalid polygon wind round some ground the wrong way: count owners instead.
        excess[face] = len(cover.areas[face]) - cover.boxes[face]
    order = _EdgesByFace(faces.sides)
    normal = 1 if scene.boxes is None else 0
    for face in np.flatnonzero(excess < normal).tolist():
        neighbours = order.neighbours(face)
        bordering = order.containers(face)
        yield face, Finding("gap", neighbours, bordering[0] if bordering else cover.at(face), faces.shapes[face])
    for face in np.flatnonzero(excess >= normal).tolist():
        owners = tuple(sorted({*cover.areas.get(face, []), *(order.owners(face) if excess[face] > normal else ())}))
        if excess[face] > normal:
            yield from ((face, finding) for finding in claimed(owners, faces.shapes[face], cover.at(face), scene))
        elif scene.boxes is not None and len(owners) == 1 and cover.box[face] >= 0:
            home = home_of(owners[0], scene)
            if home is not None and home != cover.box[face]:
                yield face, Finding("spill", owners, home, faces.shapes[face])


class _EdgesByFace:
    """Look up the edges along a face."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._inner = np.argsort(sides.inner, kind="stable")
        self._outer = np.argsort(sides.outer, kind="stable")

    def _rows(self, order: NDArray[np.intp], values: Ints, face: int) -> NDArray[np.intp]:
        first, last = np.searchsorted(values, (face, face + 1), sorter=order)
        return order[first:last]

    def owners(self, face: int) -> set[int]:
        """Return the areas that have an edge with this face on its inner side."""
        rows = self._rows(self._inner, self._sides.inner, face)
        return set(self._sides.owner[rows[~self._sides.contained[rows]]].tolist())

    def containers(self, face: int) -> list[int]:
        """Return the containers that have an edge with this face on its inner side."""
        rows = self._rows(self._inner, self._sides.inner, face)
        return sorted(set(self._sides.owner[rows[self._sides.contained[rows]]].tolist()))

    def neighbours(self, face: int) -> tuple[int, ...]:
        """Return the areas beyond the edges of this face, the longest shared border first."""
        rows = self._rows(self._outer, self._sides.outer, face)
        rows = rows[~self._sides.contained[rows]]
        lengths: dict[int, float] = {}
        for owner, length in zip(self._sides.owner[rows].tolist(), self._sides.length[rows].tolist(), strict=True):
            lengths[owner] = lengths.get(owner, 0.0) + length
        return by_length(lengths)


def by_length(lengths: dict[int, float]) -> tuple[int, ...]:
    """Sort owners by the length of border they have, the longest first."""
    return tuple(sorted(lengths, key=lambda owner: (-lengths[owner], owner)))


def box_at(point: shapely.Point, scene: Scene) -> int | None:
    """Return the container in which a point lies; None for none."""
    if scene.boxes is None:
        return None
    inside = np.flatnonzero(shapely.intersects(scene.box_ground, point))
    return int(inside[-1]) if len(inside) else None


def home_of(area: int, scene: Scene) -> int | None:
    """Return the container in which most of an area lies, None for none."""
    assert scene.boxes is not None
    shape = scene.ground[area]
    if shape is None:
        return None
    near = np.flatnonzero(shapely.intersects(shapely.box(*shapely.bounds(shape)), scene.box_ground))
    if len(near) < 2:
        return int(near[0]) if len(near) else None
    shares = shapely.area(shapely.intersection(shape, scene.box_ground[near]))
    return int(near[np.argmax(shares)]) if shares.max() > 0 else None


def claimed(owners: tuple[int, ...], shape: shapely.Geometry, box: int | None, scene: Scene) -> Iterator[Finding]:
    """
    Yield the faults in ground that areas claim too often: one for every set of owners.

    Parameters
    ----------
    owners
        The areas that claim it, at its inner point or along its border; ascending.
    shape
        The ground.
    box
        The container at its inner point.
    scene
        The polygons.
    """
    for piece, claimants, home in _split(shape, owners, box, scene):
        if scene.boxes is not None and home is None:
            homes = [home for home in (home_of(owner, scene) for owner in claimants) if home is not None]
            yield Finding("spill", claimants, min(homes, default=None), piece)
        elif len(claimants) > 1:
            yield Finding("overlap", claimants, home, piece)
        elif scene.boxes is not None and home_of(claimants[0], scene) != home:
            yield Finding("spill", claimants, home_of(claimants[0], scene), piece)


Piece = tuple[shapely.Geometry, tuple[int, ...], int | None]  # ground, who claims it, its container


def _split(shape: shapely.Geometry, owners: tuple[int, ...], box: int | None, scene: Scene) -> list[Piece]:
    """
    Divide a face where borders cross it that cancel.

    Such as that of two neighbours under a third area, or the container's where a neighbour keeps to it.
    """
    ground = scene.ground[list(owners)]
    short = ground[~shapely.covers(ground, shape)]
    owned = not len(short) or not _is_ground(shapely.difference(shape, short), scene.grid).any()
    boxes, boxed = _boxes_of(shape, box, scene)
    if owned and boxed:
        return [(shape, owners, box)]
    area = np.sort(scene.near(np.array([shape], dtype=object))[1])
    around = scene.ground[area] if boxed else np.concatenate((scene.ground[area], scene.box_ground[boxes]))
    borders = _lines(edges_near(_edges_of(around), np.reshape(shapely.bounds(shape), (2, 2)), 2 * scene.grid))
    across = borders[shapely.relate_pattern(borders, shape, "T********")]
    lines = np.concatenate((_lines(_edges_of(np.array([shape], dtype=object))), across))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=scene.grid)]))
    points = shapely.point_on_surface(faces)
    inside = shapely.intersects(shape, points)
    return _grouped(faces[inside], points[inside], area, boxes, scene)


def _edges_of(shapes: Shapes) -> Floats:
    """Return the edges of polygons as they are written, (n, 4)."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shapes)), return_index=True)
    return np.asarray(np.concatenate((xy[:-1], xy[1:]), axis=1)[ring[1:] == ring[:-1]])


def _lines(edges: Floats) -> Shapes:
    """Return edges as lines, each once whoever has it."""
    return np.asarray(shapely.linestrings(unique_edges(edges).reshape(-1, 2, 2)), dtype=object)


def _boxes_of(shape: shapely.Geometry, box: int | None, scene: Scene) -> tuple[Ints, bool]:
    """Return the containers that reach into a face, and whether it lies wholly in the given one (None: in none)."""
    if scene.boxes is None:
        return np.zeros(0, dtype=np.int64), True
    if box is not None and shapely.covers(scene.box_ground[box], shape):
        return np.array([box]), True
    boxes = np.flatnonzero(shapely.intersects(scene.box_ground, shape))
    boxes = boxes[_is_ground(shapely.intersection(shape, scene.box_ground[boxes]), scene.grid)]
    if boxes.tolist() != ([] if box is None else [box]):
        return boxes, False
    return boxes, not _is_ground(shapely.difference(shape, scene.box_ground[boxes]), scene.grid).any()


def _is_ground(shapes: Shapes, grid: float) -> Bools:
    """Tell which shapes are more than what rounding a border to the grid makes of it."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    real = shapely.area(parts) > grid * shapely.length(parts)
    return np.asarray(np.bincount(of[real], minlength=len(shapes)) > 0)


def _grouped(faces: Shapes, points: Shapes, area: Ints, boxes: Ints, scene: Scene) -> list[Piece]:
    """Put faces with the same claimants and container together again."""
    ground = scene.ground[area]
    box_ground = scene.box_ground[boxes]
    groups: dict[tuple[tuple[int, ...], int | None], list[shapely.Geometry]] = {}
    for face, point in zip(faces, points, strict=True):
        claimants = tuple(area[shapely.intersects(ground, point)].tolist())
        here = boxes[shapely.intersects(box_ground, point)].tolist()
        if claimants:
            groups.setdefault((claimants, here[0] if here else None), []).append(face)
    return [
        (part, claimants, box)
        for (claimants, box), group in groups.items()
        for part in shapely.get_parts(shapely.coverage_union_all(group))
    ]


def merge_whole_areas(findings: list[Finding], scene: Scene) -> list[Finding]:
    """
    Turn overlaps that are the whole of an area into one fault: contained, or duplicate.

    An area that is reported so drops out of the other overlaps: what is left of those stands without it.
    """
    overlaps = [finding for finding in findings if finding.kind == "overlap"]
    if not _may_hide_areas(overlaps, scene):
        return findings
    result = [finding for finding in findings if finding.kind != "overlap"]
    overlaps, copies = _without_copies(overlaps, scene)
    hosts = _whole_areas(overlaps, scene)
    told: set[tuple[int, ...]] = set()
    for inner in sorted(hosts.keys() | copies.keys()):
        around = hosts.get(inner, set())
        same = {inner, *(host for host in around if inner in hosts.get(host, ()))}
        twins = tuple(sorted(each for one in same for each in copies.get(one, (one,))))
        outer = sorted(each for one in around for each in copies.get(one, (one,)))
        named = twins if len(twins) > 1 else (inner, *outer)
        if named in told:
            continue
        told.add(named)
        needed = same if len(twins) > 1 else {inner, *around}
        group = [finding for finding in overlaps if needed <= set(finding.areas)]
        ground = shapely.coverage_union_all([finding.geometry for finding in group])
        kind = "duplicate" if len(twins) > 1 else "contained"
        result.append(Finding(kind, named, group[0].container, ground))
    spare = {inner for inner in hosts if any(host < inner or inner not in hosts.get(host, ()) for host in hosts[inner])}
    for finding in overlaps:
        rest = tuple(owner for owner in finding.areas if owner not in spare)
        if len(rest) > 1:
            result.append(replace(finding, areas=rest))
    return result


def _may_hide_areas(overlaps: list[Finding], scene: Scene) -> bool:
    """Tell whether the overlaps of some area are as large as the area itself."""
    shared: dict[int, float] = {}
    for finding in overlaps:
        size = _size(finding.geometry, scene.grid)
        for owner in finding.areas:
            shared[owner] = shared.get(owner, 0.0) + size
    areas = shapely.area(scene.ground[list(shared)]) if shared else np.zeros(0)
    return bool((np.array(list(shared.values())) >= areas * (1 - _SAME)).any())


def _size(shape: shapely.Geometry, grid: float) -> float:
    """Return the area of a face, which lies on the grid, and what rounding may have taken from it."""
    return float(shapely.area(shape) + grid * shapely.length(shape))


def _without_copies(overlaps: list[Finding], scene: Scene) -> tuple[list[Finding], dict[int, tuple[int, ...]]]:
    """
    Let the first of several identical polygons stand for all: thousands of copies would make millions of pairs.

    Returns
    -------
    overlaps, copies
        With the first in place of every copy; and the first → all of them, itself too.
    """
    owners = np.array(sorted({owner for finding in overlaps for owner in finding.areas}), dtype=np.int64)
    if not len(owners):
        return overlaps, {}
    groups: dict[bytes, list[int]] = {}
    for owner, text in zip(owners.tolist(), shapely.to_wkb(shapely.normalize(scene.ground[owners])), strict=True):
        groups.setdefault(text, []).append(owner)
    first = {owner: group[0] for group in groups.values() for owner in group}
    reduced = [replace(finding, areas=tuple(sorted({first[owner] for owner in finding.areas}))) for finding in overlaps]
    return reduced, {group[0]: tuple(group) for group in groups.values() if len(group) > 1}


def _whole_areas(overlaps: list[Finding], scene: Scene) -> dict[int, set[int]]:
    """Return the areas that lie wholly in others, with those others."""
    shared: dict[tuple[int, int], float] = {}
    for finding in overlaps:
        size = _size(finding.geometry, scene.grid)  # which pairs are worth asking
        for pair in permutations(finding.areas, 2):
            shared[pair] = shared.get(pair, 0.0) + size
    hosts: dict[int, set[int]] = {}
    for (inner, host), size in shared.items():
        area = float(shapely.area(scene.ground[inner]))
        if size >= area * (1 - _SAME):
            common = shapely.area(shapely.intersection(scene.ground[inner], scene.ground[host]))
            if common >= area * (1 - _SAME):
                hosts.setdefault(inner, set()).add(host)
    return hosts


def corner_hashes(shapes: Shapes) -> NDArray[np.uint64]:
    """Return the hashes of all vertices of some shapes."""
    return np.unique(point_hash(shapely.get_coordinates(shapes)))
