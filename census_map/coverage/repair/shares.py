"""
Who gets each piece of the faults' ground: what the chosen proposals say, so that no area is left with nothing.

Every face in dispute gets one owner (or nobody, outside the containers). A proposal decides about all faces of its
fault; a face is a fault's if it lies in its ground and is covered as the fault says. An area that would lose the last
of its ground keeps the best piece that another can spare; where nobody can, the piece stays in dispute and the fault is
left.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from census_map.coverage.edges import Bools, Floats, Ints, Shapes
from census_map.coverage.proposal import Proposal
from census_map.coverage.repair.neighbourhood import Ground
from census_map.crs import snap_coordinates

NOBODY = -1
OPEN = -2  # the face stays as it is
_THIN = 3.0  # grid steps: a face not wider than about twice this is a sliver
_MOST = 0.9  # share of a face that lies in a fault's ground if it belongs there
_NEAR = 1.5  # grid steps: so far beside its ground a face's inner point may lie
_NOTHING = 1e-9  # share of an area's ground that is nothing


@dataclass(frozen=True)
class Wish:
    """
    A fault to be mended, and how.

    Attributes
    ----------
    kind, areas
        Of the fault; positions of areas.
    proposal
        What to do; None where nobody chose anything: the fault only has to be told from others.
    owner
        Position of the proposal's owner; None for none.
    """

    kind: str
    areas: tuple[int, ...]
    proposal: Proposal | None = None
    owner: int | None = None


@dataclass
class Shares:
    """
    Who gets what.

    Attributes
    ----------
    taker
        (f,) position of the area that gets a face; `NOBODY`, or `OPEN`.
    fault
        (f,) the wish that a face belongs to, -1 for none.
    added
        The wishes for which a new area is made, in the order of the new areas' positions.
    kept
        Wishes that are left because an area would lose all its ground → that area.
    """

    taker: Ints
    fault: Ints
    added: list[int] = field(default_factory=list)
    kept: dict[int, int] = field(default_factory=dict)


def faces_of_faults(ground: Ground, targets: Shapes, wishes: Sequence[Wish], homes: Ints | None, grid: float) -> Ints:
    """
    Find the fault that each face belongs to.

    Parameters
    ----------
    ground
        The faces.
    targets, wishes
        Ground and kind of the faults.
    homes
        (n,) the container in which most of each area lies; None without containers.
    grid
        Grid step in CRS units.

    Returns
    -------
    fault
        (f,) position in `wishes`, -1 for a face of none.
    """
    fault = np.full(len(ground.point), -1, dtype=np.int64)
    if not len(fault):
        return fault
    # Of ground on the grid no corner is anywhere else than in the drawing.
    on_grid = shapely.transform(targets, lambda xy: snap_coordinates(xy, grid))
    tree = shapely.STRtree(on_grid)
    face, target = tree.query(ground.point, predicate="dwithin", distance=_NEAR * grid)
    within = _within(ground.faces.shapes[face], on_grid[target], grid)
    face, target = face[within], target[within]
    apart = shapely.distance(ground.point[face], on_grid[target])
    best: dict[int, tuple[int, float, int]] = {}
    for f, k, distance in zip(face.tolist(), target.tolist(), apart.tolist(), strict=True):
        rank = _likeness(wishes[k], ground.owners[f], int(ground.box[f]), homes)
        if rank is not None:
            best[f] = min(best.get(f, (9, 0.0, 0)), (rank, distance, k))
    for f, (_rank, _distance, k) in best.items():
        fault[f] = k
    _add_slivers(ground, fault, on_grid, homes, grid)
    return fault


def _add_slivers(ground: Ground, fault: Ints, targets: Shapes, homes: Ints | None, grid: float) -> None:
    """Count slivers in dispute to the faults they touch: in another drawing they were a little larger or smaller."""
    shapes = ground.faces.shapes
    thin = (fault < 0) & (ground.area <= _THIN * grid * shapely.length(shapes))
    rows = [f for f in np.flatnonzero(thin).tolist() if not _is_sound(ground.owners[f], int(ground.box[f]), homes)]
    if not rows:
        return
    ranked = np.flatnonzero(shapely.get_dimensions(targets) >= 0)
    at, near = shapely.STRtree(targets[ranked]).query(shapes[rows], predicate="dwithin", distance=2 * grid)
    for row, k in sorted(zip(at.tolist(), ranked[near].tolist(), strict=True), reverse=True):
        fault[rows[row]] = k


def _is_sound(owners: tuple[int, ...], box: int, homes: Ints | None) -> bool:
    """Tell whether a face is covered as it should be."""
    if homes is None or box >= 0:
        return len(owners) == 1 and (homes is None or homes[owners[0]] in {box, -1})
    return not owners


def _within(faces: Shapes, targets: Shapes, grid: float) -> Bools:
    """Tell which faces lie in targets, but for what rounding moves."""
    inner, outer = shapely.bounds(faces), shapely.bounds(targets)
    within = (inner[:, :2] >= outer[:, :2] - 2 * grid).all(axis=1)
    within &= (inner[:, 2:] <= outer[:, 2:] + 2 * grid).all(axis=1)
    rest = np.flatnonzero(~within & (shapely.get_dimensions(targets) == 2))
    shared = shapely.area(shapely.intersection(faces[rest], targets[rest]))
    within[rest] = shared >= _MOST * shapely.area(faces[rest])
    return np.asarray(within)


def _likeness(wish: Wish, owners: tuple[int, ...], box: int, homes: Ints | None) -> int | None:
    """Tell how well a fault describes who covers a face: 0 best, None not at all."""
    if wish.kind in {"gap", "invalid"}:
        return None if owners or (wish.kind == "invalid" and homes is not None and box < 0) else 0
    if wish.kind == "spill":
        astray = homes is not None and bool(owners) and (box < 0 or any(homes[owner] != box for owner in owners))
        return (0 if set(owners) == set(wish.areas) else 1) if astray else None
    if wish.kind == "unmatched" or len(owners) < 2:
        return None
    return 0 if set(owners) == set(wish.areas) else 1 if set(owners) & set(wish.areas) else 2


def share(
    ground: Ground,
    fault: Ints,
    wishes: Sequence[Wish],
    *,
    homes: Ints | None,
    areas: Floats,
    allow_empty: bool,
) -> Shares:
    """
    Decide who gets each face of the faults that are to be mended.

    Parameters
    ----------
    ground, fault
        The faces, and the wish of each (`faces_of_faults`).
    wishes
        The faults.
    homes
        (n,) the container in which most of each area lies; None without containers.
    areas
        (n,) the ground of each area, in square units of the CRS.
    allow_empty
        Whether an area may lose all its ground.
    """
    shares = Shares(np.full(len(fault), OPEN, dtype=np.int64), fault)
    new: dict[int, int] = {}
    for face in np.flatnonzero(fault >= 0).tolist():
        wish = wishes[fault[face]]
        if wish.proposal is None:
            continue
        if wish.proposal.action == "add" and fault[face] not in new:
            new[int(fault[face])] = len(areas) + len(shares.added)
            shares.added.append(int(fault[face]))
        shares.taker[face] = _taker(ground, face, wish, homes, new.get(int(fault[face])))
    _follow_neighbours(ground, shares, wishes)
    if not allow_empty:
        _keep_some(ground, shares, areas)
    return shares


def _follow_neighbours(ground: Ground, shares: Shares, wishes: Sequence[Wish]) -> None:
    """Let ground that no neighbour has a border on go with the ground beside it that changes hands."""
    rest = {
        face
        for face in np.flatnonzero((shares.taker == OPEN) & (shares.fault >= 0)).tolist()
        if wishes[shares.fault[face]].proposal is not None
    }
    while rest:
        found: dict[int, int] = {}
        for face in rest:
            beside = {
                int(shares.taker[other]): size
                for other, size in ground.beside(face).items()
                if shares.taker[other] >= 0 and ground.box[other] == ground.box[face]
            }
            if beside:
                found[face] = min(beside, key=lambda taker: (-beside[taker], taker))
        if not found:
            return
        for face, taker in found.items():
            shares.taker[face] = taker
        rest -= found.keys()


def _taker(ground: Ground, face: int, wish: Wish, homes: Ints | None, new: int | None) -> int:
    """Return who gets a face of a fault that is to be mended."""
    owners, box = ground.owners[face], int(ground.box[face])
    assert wish.proposal is not None
    if homes is not None and box < 0:
        return NOBODY
    if new is not None:
        return new
    alike = _likeness(wish, owners, box, homes) is not None
    if wish.proposal.action not in {"clip", "redraw"} and alike:
        return OPEN if wish.owner is None else wish.owner
    others = [owner for owner in owners if homes is None or homes[owner] in {box, -1}] or list(owners)
    if not alike and wish.owner in others:
        return wish.owner
    if wish.proposal.action == "redraw" and len(others) > 1:
        others = [owner for owner in others if owner != wish.owner]
    if wish.proposal.action == "clip" and homes is not None and others and homes[others[0]] not in {box, -1}:
        others = []
    return others[0] if others else _beside(ground, face, wish, homes)


def _beside(ground: Ground, face: int, wish: Wish, homes: Ints | None) -> int:
    """Return the owner named if the face lies beside it, else the neighbour at home there with the longest border."""
    lengths = ground.borders(face)
    if wish.owner is not None and wish.owner in lengths:
        return wish.owner
    at_home = [owner for owner in lengths if homes is None or homes[owner] == ground.box[face]]
    return min(at_home, key=lambda owner: (-lengths[owner], owner), default=OPEN)


def _keep_some(ground: Ground, shares: Shares, areas: Floats) -> None:
    """Give every area that would lose all its ground its best piece back, as far as others can spare it."""
    holdings = _Holdings(ground, shares, areas)
    bare = [owner for owner in holdings.held if holdings.is_bare(owner)]
    for owner in sorted(bare, key=lambda one: (len(holdings.held[one]), one)):
        if not holdings.is_bare(owner):
            continue
        mine = sorted(holdings.held[owner], key=lambda face: (-ground.area[face], face))
        spare = [face for face in mine if holdings.can_spare(face)]
        if spare:
            holdings.give(spare[0], owner)
            continue
        for fault in {int(shares.fault[face]) for face in mine}:
            shares.kept.setdefault(fault, owner)
            for face in np.flatnonzero(shares.fault == fault).tolist():
                holdings.give(face, OPEN)


class _Holdings:
    """How much ground every area would have that may lose some."""

    def __init__(self, ground: Ground, shares: Shares, areas: Floats) -> None:
        self._ground, self._shares, self._areas = ground, shares, areas
        self.held: dict[int, list[int]] = defaultdict(list)
        self._left: dict[int, float] = {}
        self._got: dict[int, set[int]] = defaultdict(set)
        for face in np.flatnonzero(shares.taker != OPEN).tolist():
            for owner in ground.owners[face]:
                self.held[owner].append(face)
                self._left.setdefault(owner, float(areas[owner]))
            self._count(face, int(shares.taker[face]), 1)

    def _count(self, face: int, taker: int, sign: int) -> None:
        """Take account of a face's new owner, or (-1) no longer."""
        if taker == OPEN:
            return
        for owner in self._ground.owners[face]:
            if owner != taker:
                self._left[owner] -= sign * float(self._ground.area[face])
        if sign > 0:
            self._got[taker].add(face)
        else:
            self._got[taker].discard(face)

    def give(self, face: int, taker: int) -> None:
        """Give a face to another owner."""
        self._count(face, int(self._shares.taker[face]), -1)
        self._shares.taker[face] = taker
        self._count(face, taker, 1)

    def is_bare(self, owner: int, without: int | None = None) -> bool:
        """Tell whether an area has nothing left, and would not have if it did not get one face."""
        if owner not in self._left or self._got[owner] - {without}:
            return False
        left = self._left[owner]
        if without is not None and owner in self._ground.owners[without]:
            left -= float(self._ground.area[without])
        return bool(left <= self._areas[owner] * _NOTHING)

    def can_spare(self, face: int) -> bool:
        """Tell whether who would get a face has other ground."""
        taker = int(self._shares.taker[face])
        return taker >= 0 and not self.is_bare(taker, face)
