"""
Complete the change of an edit, and prove that it leaves an exact coverage exact.

Why an edit cannot harm: first, crossings are inserted as vertices into *every* polygon that owns the edge, which
changes no ground; then faces change owner, so every edge that appears does so once in each direction. `verify` proves
it on the result: the directed edges of the new polygons, less those of the old, must cancel (the boundary chain is
additive), and every new polygon must be valid. Otherwise the edit is refused and nothing has happened.

That they cancel is read off a sum: a 64-bit hash of every edge, added for one direction and subtracted for the other.
Equal and opposite edges drop out whatever their hash; edges that are left over give zero only by accident, with
probability 2**-64. Where the sum is not zero the edges themselves are compared.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.coverage.edges import Keys, point_hash
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, like
from census_map.coverage.rebuild import Inserts, refine_all
from census_map.coverage.segments import (
    Edge,
    Edges,
    Geometry,
    HashedEdges,
    Points,
    among,
    chain_of,
    directed_edges,
    edge_key,
    edges_near,
    hashed_edges,
    keys_among,
    reversed_edges,
    ring_edges,
)
from census_map.i18n import _

_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_THREE = np.uint64(3)


def finish(
    patch: Patch,
    new: Mapping[Label, Geometry],
    *,
    removed: Iterable[Label] = (),
    inserts: Inserts | None = None,
    amounts: Mapping[Label, Mapping[Label, float]] | None = None,
    origins: Mapping[Label, Label | None] | None = None,
    outline: Edges | None = None,
) -> Change:
    """
    Complete a change: give neighbours and containers the new vertices, and prove it.

    Parameters
    ----------
    patch
        The neighbourhood as it was.
    new
        New polygons of the areas edited, their crossings already inserted.
    removed
        Labels of the areas that exist no longer.
    inserts
        Points inserted into existing edges.
    amounts, origins
        See `Change`.
    outline
        Edges that may become the outer border of a coverage without containers, shape (n, 4).

    Raises
    ------
    RefusedAt
        The result would not be exact, or holds an invalid polygon.
    """
    inserts = inserts or {}
    gone = set(removed)
    result = {label: like(polygon, patch.areas.get(label)) for label, polygon in new.items()}
    only_refined, containers_new = _refined(patch, inserts, {*result, *gone})
    result |= only_refined
    old = {label: patch.areas[label] for label in (*result, *gone) if patch.areas.get(label) is not None}
    change = Change(
        old=old,
        new=result,
        containers_old={label: patch.containers[label] for label in containers_new},
        containers_new=containers_new,
        amounts=amounts or {},
        origins=origins or {},
        inserts=inserts,
    )
    verify(patch, change, refined=only_refined, outline=outline)
    return change


def _refined(
    patch: Patch, inserts: Inserts, skip: Container[Label]
) -> tuple[dict[Label, Geometry], dict[Label, Geometry]]:
    """Give the areas (but for some) and containers that own an edge that receives points, with the points."""
    labels = [label for label, polygon in patch.areas.items() if label not in skip and polygon is not None]
    around = list(patch.containers)
    found = refine_all([*map(patch.areas.get, labels), *patch.containers.values()], inserts)
    areas = {labels[k]: polygon for k, polygon in found.items() if k < len(labels)}
    return areas, {around[k - len(labels)]: polygon for k, polygon in found.items() if k >= len(labels)}


def verify(patch: Patch, change: Change, *, refined: Container[Label] = (), outline: Edges | None = None) -> None:
    """
    Prove that a change leaves an exact coverage exact.

    Parameters
    ----------
    patch
        The neighbourhood as it was.
    change
        The change to prove.
    refined
        Areas that only received vertices on their border.
    outline
        See `finish`.

    Raises
    ------
    RefusedAt
        A new polygon is invalid, or the change adds an edge to the boundary chain's residue.
    """
    shapes = [*change.new.values(), *change.containers_new.values()]
    valid = shapely.is_valid(np.array(shapes, dtype=object)) if shapes else np.empty(0, dtype=bool)
    for label, polygon, fine in zip((*change.new, *change.containers_new), shapes, valid, strict=True):
        if not fine:
            raise RefusedAt(
                _("The border of area {area} would cross or touch itself here: draw the line a little apart.").format(
                    area=label
                ),
                trouble_point(polygon),
            )
    edges, group = _hashed(change, refined)
    if patch.containers:
        _refuse_moved_container(patch, change, edges, group)
    if _cancels(edges.start, edges.end, np.where(group & 1, np.int64(1), np.int64(-1))):
        return
    residue, count = chain_of(_edges_before_and_after(change))
    if outline is not None and not patch.containers:
        inner = ~among(residue, outline)
        residue, count = residue[inner], count[inner]
    if len(residue) and not _mends(patch, change, residue, count):
        raise RefusedAt(
            _("The borders would no longer match here: mend the faults around this place first."),
            shapely.Point(residue[0, :2]),
        )


def _hashed(change: Change, refined: Container[Label]) -> tuple[HashedEdges, NDArray[np.int64]]:
    """
    Hash the directed edges of a change.

    Returns
    -------
    edges
        All of them.
    group
        0 and 1: of areas edited, before and after; 2 and 3: of areas that only received vertices, before and after.
        Containers count the other way round: 3 before, 2 after.
    """
    groups = [
        [polygon for label, polygon in change.old.items() if label not in refined],
        [polygon for label, polygon in change.new.items() if label not in refined],
        [polygon for label, polygon in change.old.items() if label in refined] + [*change.containers_new.values()],
        [polygon for label, polygon in change.new.items() if label in refined] + [*change.containers_old.values()],
    ]
    edges = hashed_edges([polygon for group in groups for polygon in group])
    return edges, np.repeat(np.arange(4), [len(group) for group in groups])[edges.owner]


def _cancels(start: Keys, end: Keys, times: NDArray[np.int64]) -> bool:
    """Tell whether directed edges, each taken so many times, all cancel; see the module."""
    key = start + end
    key ^= key >> _SHIFT
    key *= _MIX
    key ^= key >> _SHIFT
    key *= _MIX
    forward = (start < end).astype(np.int64) - (start > end)
    return not int((key * (forward * times).view(np.uint64)).sum(dtype=np.uint64))


def _refuse_moved_container(patch: Patch, change: Change, edges: HashedEdges, group: NDArray[np.int64]) -> None:
    """Refuse a change after which a container's border runs through an area: it must stay a border of areas."""
    before = np.flatnonzero(group == 0)
    before = before[patch.are_corners_of_containers(edges.start[before])]
    before = before[patch.are_corners_of_containers(edges.end[before])]
    directed = edges.start * _THREE + edges.end
    kept = directed[group == 1]
    before = before[~keys_among(directed[before], kept)]
    if len(before) == 0:
        return
    lost = _split(edges.rows(before), change.inserts)
    lost = lost[~keys_among(_directed_keys(lost), kept)]
    if len(lost) == 0:
        return
    around = np.vstack([ring_edges(polygon) for polygon in {**patch.containers, **change.containers_new}.values()])
    around = edges_near(around, lost.reshape(-1, 2), 0.0)
    both = np.concatenate([_directed_keys(around), _directed_keys(reversed_edges(around))])
    lost = lost[keys_among(_directed_keys(lost), both)]
    if len(lost) == 0:
        return
    # An area that crossed itself had no border there to keep; one that stays may keep it.
    valid = [polygon for polygon in change.old.values() if shapely.is_valid(polygon)]
    lost = lost[keys_among(_directed_keys(lost), _directed_keys(_split(directed_edges(*valid), change.inserts)))]
    rest = [polygon for label, polygon in patch.areas.items() if label not in change.old and polygon is not None]
    lost = lost[~keys_among(_directed_keys(lost), _directed_keys(directed_edges(*rest)))]
    if len(lost):
        raise RefusedAt(
            _("The border of a census area runs here and does not move: stay on one side of it."),
            shapely.Point((lost[0, :2] + lost[0, 2:]) / 2),
        )


def _split(edges: Edges, inserts: Mapping[Edge, Points]) -> Edges:
    """Split directed edges at the points inserted into them."""
    out = []
    for edge in edges:
        key = edge_key(edge)
        between = inserts.get(key, np.empty((0, 2)))
        if key[:2] != tuple(edge[:2].tolist()):
            between = between[::-1]
        run = np.vstack([edge[:2], between, edge[2:]])
        out.append(np.hstack([run[:-1], run[1:]]))
    return np.vstack([np.empty((0, 4)), *out])


def _directed_keys(edges: Edges) -> Keys:
    return point_hash(edges[:, :2]) * _THREE + point_hash(edges[:, 2:])


def _edges_before_and_after(change: Change) -> list[Edges]:
    """Give the directed edges that a change adds to the boundary chain, and those that it takes away, turned round."""
    return [
        directed_edges(*change.new.values(), *change.containers_old.values()),
        reversed_edges(directed_edges(*change.old.values(), *change.containers_new.values())),
    ]


def _mends(patch: Patch, change: Change, residue: Edges, count: NDArray[np.int64]) -> bool:
    """
    Tell whether a change only takes away from the residue that was there before.

    Parameters
    ----------
    patch, change
        The neighbourhood as it was, and what changes.
    residue, count
        What the change adds to the boundary chain, as `chain_of` gives it.

    Notes
    -----
    Edges beyond the box of the patch may have their other side outside it: they are no fault that is known.
    """
    shapes = [*change.old.values(), *change.new.values(), *change.containers_old.values()]
    shapes = [polygon for polygon in shapes if not shapely.is_empty(polygon)]
    box = np.reshape(shapely.total_bounds(shapes) if patch.box is None else patch.box, (2, 2))
    # Split after they are directed: of a ring that a point makes touch itself, which way it runs cannot be told.
    fine = [
        _split(directed_edges(*(polygon for polygon in polygons.values() if polygon is not None)), change.inserts)
        for polygons in (patch.areas, patch.containers)
    ]
    known, times = chain_of([fine[0], reversed_edges(fine[1])])
    before = dict(zip(map(edge_key, known), times.tolist(), strict=True))
    forward = np.repeat(residue, np.maximum(count, 0), axis=0)
    backward = reversed_edges(np.repeat(residue, np.maximum(-count, 0), axis=0))
    added, times = chain_of([_split(np.concatenate((forward, backward)), change.inserts)])
    if len(edges_near(added, box, 0.0)) < len(added):
        return False
    for edge, more in zip(map(edge_key, added), times.tolist(), strict=True):
        was = before.get(edge, 0)
        if was * more >= 0 or abs(more) > abs(was):
            return False
    return True


def trouble_point(polygon: Geometry) -> Any:
    """Give the place where a polygon is invalid."""
    reason = shapely.is_valid_reason(polygon)
    if "[" in reason:
        x, y = reason[reason.index("[") + 1 : reason.index("]")].split()[:2]
        return shapely.Point(float(x), float(y))
    return shapely.Point(shapely.get_coordinates(polygon)[0]) if not shapely.is_empty(polygon) else None
