"""
Apply chosen proposals, all at once.

Each fault has at most one; those without are left as they are, to the last coordinate. At the end the result is checked
again: where a part of it has a fault that was not there before, its faults are taken back and listed. No record and no
attribute is ever lost, and a container keeps its ground.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from census_map.coverage.cut import make_labels
from census_map.coverage.faults import find_faults
from census_map.coverage.frames import blanked
from census_map.coverage.patch import Label
from census_map.coverage.proposal import Proposal
from census_map.coverage.repair.beside import WIDTH_M, areas_apart, drawn_beside
from census_map.coverage.repair.mend import Mended, Mending, Polygons
from census_map.coverage.repair.shares import Wish
from census_map.crs import PROJECTED_GRID, grid_size, require_crs
from census_map.i18n import _
from census_map.task import Report, portion, silent

_ROUNDS = 4


@dataclass(frozen=True)
class Repair:
    """
    The outcome of applying proposals.

    Attributes
    ----------
    areas, containers
        The frames after the repair; every record of before is there.
    applied
        The proposals that were applied.
    refused
        Those that were not, each with the reason in words.
    changes
        One row a changed area, indexed by its label: `fault` (ids, joined by spaces), `action`, `old`, `geometry`
        (old and new polygon; either may be missing).
    before, faults
        The faults before and after.
    """

    areas: GeoDataFrame
    containers: GeoDataFrame | None
    applied: tuple[Proposal, ...]
    refused: tuple[tuple[Proposal, str], ...]
    changes: GeoDataFrame
    before: GeoDataFrame
    faults: GeoDataFrame


def apply_proposals(
    areas: GeoDataFrame,
    proposals: Iterable[Proposal],
    containers: GeoDataFrame | None = None,
    *,
    faults: GeoDataFrame | None = None,
    allow_empty: bool = False,
    grid: float | None = None,
    report: Report = silent,
) -> Repair:
    """
    Apply chosen proposals, at most one a fault.

    Parameters
    ----------
    areas, containers
        The frames for which they were made.
    proposals
        The chosen ones (`choose`).
    faults
        The faults found in the frames; found again when not given.
    allow_empty
        Allow records to stay without geometry (action `empty`).
    grid
        Step of the coordinate grid to which new crossings are rounded.
    report
        Told how far the work is.

    Returns
    -------
    repair
        `refused` lists the proposals that could not be applied without loss or without a new fault.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(49, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import apply_proposals, find_faults, is_exact, propose
    >>> done = apply_proposals(areas, propose(areas, find_faults(areas)))
    >>> is_exact(done.areas)
    True
    """
    before = find_faults(areas, containers, report=portion(report, 0.0, 0.3)) if faults is None else faults
    chosen = list({proposal.fault: proposal for proposal in proposals}.values())
    barred: dict[str, str] = {}
    if not allow_empty:
        lost = _("cannot be mended without loss: a record would stay without geometry")
        barred |= {proposal.fault: lost for proposal in chosen if not proposal.lossless}
    polygons, beside = polygons_of(areas, containers), True
    best: tuple[_Result, GeoDataFrame, dict[str, str]] | None = None
    for _round in range(_ROUNDS):
        report(0.3, _("mending"))
        wanted = [proposal for proposal in chosen if proposal.fault not in barred]
        result = _mended(areas, containers, polygons, before, wanted, allow_empty=allow_empty, beside=beside, grid=grid)
        after = find_faults(result.areas, result.containers, report=portion(report, 0.7, 1.0))
        result, after = _finished(result, before, after, wanted, allow_empty=allow_empty, grid=grid)
        culprits = dict.fromkeys(_culprits(before, after, wanted, result), _("the repair would make a new fault"))
        if best is None or len(after) <= len(best[1]):
            best = result, after, {**result.left, **barred, **culprits}
        if not culprits:
            break
        if beside and any(proposal.reason == "beside" for proposal in wanted):
            beside = False
        else:
            barred |= culprits
    assert best is not None
    result, after, why = best
    applied = tuple(proposal for proposal in chosen if proposal.fault not in why)
    refused = tuple((proposal, why[proposal.fault]) for proposal in chosen if proposal.fault in why)
    changed = {proposal.fault: result.changed[proposal.fault] for proposal in applied}
    changes = _change_list(areas, result.areas, changed, before.loc[[proposal.fault for proposal in chosen]])
    return Repair(result.areas, result.containers, applied, refused, changes, before, after)


def _finished(
    result: "_Result",
    before: GeoDataFrame,
    after: GeoDataFrame,
    proposals: Sequence[Proposal],
    *,
    allow_empty: bool,
    grid: float | None,
) -> tuple["_Result", GeoDataFrame]:
    """
    Mend what mending brought about: slivers where a border was led through another's corner in one drawing only.

    Each goes to who borders it most, or as was chosen for a fault of the same name. Where that does not help, the
    result stays as it was.
    """
    chosen = {proposal.fault: proposal for proposal in proposals if proposal.fault not in result.left}
    for _round in range(_ROUNDS):
        rest = _brought_about(before, after, set(chosen))
        if rest.empty:
            break
        more = [chosen.get(str(fault)) or _plain(str(fault), row) for fault, row in rest.iterrows()]
        polygons = polygons_of(result.areas, result.containers)
        next_one = _mended(
            result.areas, result.containers, polygons, after, more, allow_empty=allow_empty, beside=False, grid=grid
        )
        then = find_faults(next_one.areas, next_one.containers)
        if len(then) >= len(after):
            break
        result, after = replace(next_one, left=result.left, changed=result.changed), then
    return result, after


def _plain(fault: str, row: pd.Series) -> Proposal:
    """Say what is done about a fault that was not there before."""
    action = {"spill": "clip", "unmatched": "match", "invalid": "redraw"}.get(row["kind"], "give")
    owner = row["areas"][0] if row["areas"] and action != "clip" else None
    return Proposal(fault, row["kind"], 1, action, owner, "border")


def _brought_about(before: GeoDataFrame, after: GeoDataFrame, mended: set[str]) -> GeoDataFrame:
    """Return the faults that were not there before, or are still there though they were mended."""
    old = before.drop(index=list(mended))
    tree = shapely.STRtree(np.asarray(old.geometry))
    new = []
    for fault, row in after.drop(index=after.index.intersection(old.index)).iterrows():
        kinds = {old["kind"].iloc[k] for k in tree.query(row["geometry"], predicate="intersects")}
        if row["kind"] not in kinds:  # else it is what is left of an old fault that nobody mended
            new.append(fault)
    return after.loc[new]


@dataclass(frozen=True)
class _Result:
    """Frames after mending; the faults that are left, with reasons; and the labels of the areas changed by fault."""

    areas: GeoDataFrame
    containers: GeoDataFrame | None
    left: Mapping[str, str]
    changed: Mapping[str, Sequence[Label]]


def polygons_of(areas: GeoDataFrame, containers: GeoDataFrame | None) -> Polygons:
    """Take the polygons of frames, invalid ones with the ground that they enclose."""
    boxes = None if containers is None else np.array(containers.geometry, dtype=object)
    return Polygons.of(np.array(areas.geometry, dtype=object), boxes, grid=grid_size(require_crs(areas)))


def _mended(
    areas: GeoDataFrame,
    containers: GeoDataFrame | None,
    polygons: Polygons,
    faults: GeoDataFrame,
    proposals: Sequence[Proposal],
    *,
    allow_empty: bool,
    beside: bool,
    grid: float | None,
) -> _Result:
    """Mend the faults of some proposals."""
    if not proposals:
        return _Result(areas.copy(), None if containers is None else containers.copy(), {}, {})
    proposals = [*proposals, *along_with(proposals, faults, polygons, areas.index)]
    rows = faults.loc[[proposal.fault for proposal in proposals]]
    wishes = wishes_for(rows, proposals, areas.index)
    beside_them = _others_near(rows, faults)
    rows = pd.concat((rows, beside_them))
    wishes += wishes_for(beside_them, [None] * len(beside_them), areas.index)
    targets = np.asarray(rows.geometry, dtype=object)
    yielding = areas_apart(polygons, wishes) if beside else frozenset()
    if yielding:
        polygons = drawn_beside(polygons, yielding, distance=WIDTH_M * polygons.grid / PROJECTED_GRID)
    done = Mending(polygons, targets, wishes, yielding).mend(allow_empty=allow_empty, on_grid=grid is not None)
    labels = [*areas.index, *_new_labels(areas, rows, done)]
    fixed = _with_areas(areas, polygons, done, labels)
    around = None if containers is None else containers.copy()
    if around is not None and done.containers:
        boxes = polygons.boxes.copy()
        for position, box in done.containers.items():
            boxes[position] = box
        around[around.geometry.name] = GeoSeries(boxes, index=around.index, crs=around.crs)
    left = reasons(rows, done, polygons, wishes, labels)
    changed = {rows.index[k]: [labels[p] for p in sorted(found)] for k, found in done.by_fault.items()}
    return _Result(fixed, around, left, changed)


def _others_near(rows: GeoDataFrame, faults: GeoDataFrame) -> GeoDataFrame:
    """Return the faults beside some others, whose ground must not be taken for theirs."""
    rest = faults.drop(index=rows.index)
    if rest.empty:
        return rest
    reach = 4 * grid_size(require_crs(faults))
    tree = shapely.STRtree(np.asarray(rest.geometry, dtype=object))
    near = tree.query(np.asarray(rows.geometry, dtype=object), predicate="dwithin", distance=reach)[1]
    return rest.iloc[np.unique(near)]


def along_with(
    proposals: Sequence[Proposal], faults: GeoDataFrame, polygons: Polygons, labels: pd.Index
) -> list[Proposal]:
    """Return what is mended along with areas drawn again: faults with a corner where one of them crosses itself."""
    drawn = {proposal.owner: proposal for proposal in proposals if proposal.kind == "invalid"}
    if not drawn:
        return []
    chosen = {proposal.fault for proposal in proposals}
    more = []
    for fault, row in faults[faults["kind"].isin(["gap", "overlap", "spill"])].iterrows():
        for label in row["areas"]:
            if label in drawn and fault not in chosen and polygons.cross_at(labels.get_loc(label), row["geometry"]):
                more.append(replace(drawn[label], fault=str(fault), kind=row["kind"]))
                break
    return more


def wishes_for(rows: GeoDataFrame, proposals: Sequence[Proposal | None], labels: pd.Index) -> list[Wish]:
    """Put faults and what was chosen for each into positions among labels."""
    wishes = []
    for (_id, row), proposal in zip(rows.iterrows(), proposals, strict=True):
        named = proposal is not None and proposal.owner is not None
        owner = int(labels.get_loc(proposal.owner)) if proposal is not None and named else None
        areas = tuple(int(labels.get_loc(label)) for label in row["areas"])
        wishes.append(Wish(row["kind"], areas, proposal, owner))
    return wishes


def _new_labels(areas: GeoDataFrame, rows: GeoDataFrame, done: Mended) -> list[Label]:
    """Name the new areas after the first neighbour of each, or after the first area of all."""
    labels: list[Label] = []
    known = set(areas.index)
    for k in done.added:
        model = rows["areas"].iloc[k][0] if rows["areas"].iloc[k] else areas.index[0]
        labels += make_labels(model, 1, known, labels)
    return labels


def _with_areas(areas: GeoDataFrame, polygons: Polygons, done: Mended, labels: Sequence[Label]) -> GeoDataFrame:
    """Return the areas with their new polygons, new areas after them."""
    shapes = np.concatenate((polygons.shapes, np.full(len(labels) - len(areas), None, dtype=object)))
    for position, polygon in done.areas.items():
        shapes[position] = polygon
    # A new area whose part of the drawing stays as it was has no ground.
    rows = np.array([row for row in range(len(labels)) if row < len(areas) or shapes[row] is not None], dtype=np.int64)
    names = [labels[row] for row in rows.tolist()]
    known = areas.index
    out = areas.take(np.where(rows < len(areas), rows, 0))
    out.index = pd.Index(names, dtype=known.dtype, name=known.name) if names else known[:0]
    out[out.geometry.name] = GeoSeries(shapes[rows], index=out.index, crs=areas.crs)
    return blanked(out, np.flatnonzero(rows >= len(areas)).tolist())


def reasons(
    rows: GeoDataFrame, done: Mended, polygons: Polygons, wishes: Sequence[Wish], labels: Sequence[Label]
) -> dict[str, str]:
    """Say of the faults that are left why, and what to do about each."""
    why = {
        rows.index[k]: _("The border of area {area} would touch itself here: draw it again by hand.").format(
            area=labels[position]
        )
        for k, position in done.failed.items()
    }
    for k, position in done.lost.items():
        why[rows.index[k]] = _("Area {area} would lose all its ground: it cannot be mended without loss.").format(
            area=labels[position]
        )
    for k, wish in enumerate(wishes):
        if wish.kind == "invalid" and wish.areas and polygons.ground[wish.areas[0]] is None:
            why[rows.index[k]] = _("Area {area} has no ground: draw it again.").format(area=labels[wish.areas[0]])
    return why


def _culprits(before: GeoDataFrame, after: GeoDataFrame, proposals: Sequence[Proposal], result: _Result) -> set[str]:
    """Find the repairs after which there is a fault that was not there before, or their own fault still is."""
    mended = {proposal.fault for proposal in proposals if proposal.fault not in result.left}
    culprits = mended & set(after.index)
    own = before.loc[list(mended)]
    tree = shapely.STRtree(np.asarray(own.geometry))
    reach = 3 * grid_size(require_crs(result.areas))
    rest = _brought_about(before, after, mended)
    for _fault, row in rest.drop(index=list(culprits & set(rest.index))).iterrows():
        found = {str(own.index[k]) for k in tree.query(row["geometry"], predicate="dwithin", distance=reach)}
        culprits |= found or {fault for fault in mended if set(result.changed.get(fault, ())) & set(row["areas"])}
    return culprits


def _change_list(
    before: GeoDataFrame, after: GeoDataFrame, changed: Mapping[str, Sequence[Label]], chosen: GeoDataFrame
) -> GeoDataFrame:
    """
    List the areas that are not as they were, each with the faults for which it changed.

    An area that changed only in a later pass, or for a fault that is named as left, stands with the nearest one.
    """
    faults: dict[Label, list[str]] = {}
    for fault, labels in changed.items():
        for label in labels:
            faults.setdefault(label, []).append(fault)
    now = np.asarray(after.geometry, dtype=object)
    then = np.concatenate((np.asarray(before.geometry, dtype=object), np.full(len(after) - len(before), None)))
    for row in np.flatnonzero(~shapely.equals_exact(now, then, 0.0)).tolist():
        # Coordinates that are no numbers equal nothing, not even themselves.
        same = shapely.to_wkb(now[row]) == shapely.to_wkb(then[row])
        if after.index[row] not in faults and now[row] is not None and not same:
            nearest = int(np.argmin(np.nan_to_num(shapely.distance(chosen.geometry, now[row]), nan=np.inf)))
            faults[after.index[row]] = [str(chosen.index[nearest])]
    index = list(faults)
    old = before.geometry.reindex(index)
    new = after.geometry.reindex(index)
    frame = GeoDataFrame(
        {"fault": [" ".join(faults[label]) for label in index], "old": GeoSeries(old, crs=before.crs)},
        geometry=GeoSeries(new, crs=before.crs),
        index=pd.Index(index, name=before.index.name),
    )
    return frame[["fault", "old", "geometry"]]
