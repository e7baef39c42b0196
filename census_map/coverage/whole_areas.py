"""Overlaps that are the whole of an area: an area inside another, or the same ground twice."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import shapely

from census_map.coverage.scene import Finding, Scene

_SAME = 1e-6  # relative: two areas whose common ground differs from either by less are the same ground


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
        ground = _together([finding.geometry for finding in group], scene.grid)
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


def _together(pieces: list[shapely.Geometry], grid: float) -> shapely.Geometry:
    """Unite pieces of ground; each was rounded on its own, so some may lie a grid step over each other."""
    try:
        whole = shapely.coverage_union_all(pieces)
    except shapely.GEOSException:  # what is no coverage is refused, or the union is invalid
        whole = None
    return whole if shapely.is_valid(whole) else shapely.union_all(pieces, grid_size=grid)


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
