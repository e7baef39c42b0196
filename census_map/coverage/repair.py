"""
Apply chosen proposals.

Nothing is repaired unasked: `census_map.coverage.weighing` proposes, `census_map.coverage.proposal` chooses.
`apply_proposals` applies them one by one; each must leave the boundary chain's residue smaller (a residue that is part
of the old one cannot be a new fault), and at the end the whole result is checked again: a proposal that made a new
fault is taken back and listed. No record and no attribute is ever lost, and a container keeps its ground.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from census_map.coverage.cut import make_labels
from census_map.coverage.editor import Editor
from census_map.coverage.faults import find_faults
from census_map.coverage.mend import give_patch, match_patch, untangle_patch
from census_map.coverage.patch import Change, Label, Patch, RefusedAt
from census_map.coverage.proposal import Proposal
from census_map.coverage.weighing import box_around, noding_tolerance, redrawn, union_box
from census_map.i18n import _
from census_map.task import Report, portion, silent

# Faults that hide others come first, corners last.
_ORDER = ("invalid", "duplicate", "contained", "spill", "overlap", "gap", "unmatched")


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
    """
    before = find_faults(areas, containers, report=portion(report, 0.0, 0.3)) if faults is None else faults
    chosen = sorted(proposals, key=lambda proposal: _ORDER.index(proposal.kind))
    barred: dict[str, str] = {}
    while True:
        editor = Editor(areas, containers, grid=grid)
        applied, refused, journal = _apply_all(
            editor, chosen, before, barred, allow_empty=allow_empty, report=portion(report, 0.3, 0.7)
        )
        fixed, around = editor.areas, editor.containers
        after = find_faults(fixed, around, report=portion(report, 0.7, 1.0))
        culprits = _culprits(before, after, applied, journal)
        if not culprits:
            break
        barred |= dict.fromkeys(culprits, _("the repair would make a new fault"))
    return Repair(fixed, around, tuple(applied), tuple(refused), _change_list(areas, fixed, journal), before, after)


def _apply_all(
    editor: Editor,
    chosen: Sequence[Proposal],
    faults: GeoDataFrame,
    barred: Mapping[str, str],
    *,
    allow_empty: bool,
    report: Report,
) -> tuple[list[Proposal], list[tuple[Proposal, str]], dict[str, Change]]:
    applied: list[Proposal] = []
    refused: list[tuple[Proposal, str]] = []
    journal: dict[str, Change] = {}
    redrawn: dict[Hashable | None, Change] = {}
    waiting: list[tuple[Proposal, str]] = []
    for k, proposal in enumerate(chosen):
        report(k / len(chosen), _("mending"))
        if proposal.fault in barred:
            refused.append((proposal, barred[proposal.fault]))
        elif not proposal.lossless and not allow_empty:
            refused.append((proposal, _("cannot be mended without loss: a record would stay without geometry")))
        elif proposal.reason == "beside" and proposal.owner in redrawn:
            applied.append(proposal)
            journal[proposal.fault] = redrawn[proposal.owner]
        else:
            why = _apply_one(editor, proposal, faults, applied, journal)
            if why is not None:
                waiting.append((proposal, why))
            elif proposal.reason == "beside":
                redrawn[proposal.owner] = journal[proposal.fault]
    # What a neighbouring fault hindered may succeed now.
    for proposal, _first in waiting:
        why = _apply_one(editor, proposal, faults, applied, journal)
        if why is not None:
            refused.append((proposal, why))
    return applied, refused, journal


def _apply_one(
    editor: Editor,
    proposal: Proposal,
    faults: GeoDataFrame,
    applied: list[Proposal],
    journal: dict[str, Change],
) -> str | None:
    """Apply a proposal, or tell why not."""
    try:
        change = repair_change(editor, proposal, faults.loc[proposal.fault])
    except RefusedAt as error:
        return str(error)
    editor.apply(change)
    applied.append(proposal)
    journal[proposal.fault] = change
    return None


def repair_change(editor: Editor, proposal: Proposal, fault: pd.Series) -> Change:
    """
    Work out what a proposal changes, without applying it.

    Parameters
    ----------
    editor
        The coverage as it is now.
    proposal
        What to do.
    fault
        The row of the fault, as from `find_faults`.

    Raises
    ------
    RefusedAt
        It cannot be done without loss or without borders that do not match.
    """
    region = fault["geometry"]
    tolerance = noding_tolerance(editor.frame)
    labels = [label for label in fault["areas"] if label in editor]
    box = box_around(region, 10 * tolerance)
    patch: Patch = editor.patch(box)
    if proposal.action == "match":
        return match_patch(patch, region, tolerance=max(tolerance, _offset(editor, fault)))
    if proposal.reason == "beside":
        return redrawn(editor, proposal.owner)
    if proposal.action == "redraw":
        return untangle_patch(editor.patch(shapely.bounds(editor.polygon(labels[0]))), labels[0])
    wide = editor.patch(union_box([box, *(shapely.bounds(editor.polygon(label)) for label in labels)]))
    owner = proposal.owner
    if proposal.action == "add":
        model = labels[0] if labels else editor.labels()[0]  # ground that touches no area
        owner = make_labels(model, 1, editor.known(), wide.areas)[0]
    return give_patch(wide, region, owner, tolerance=tolerance, allow_empty=proposal.action == "empty")


def _offset(editor: Editor, fault: pd.Series) -> float:
    """Give how far an unmatched vertex lies from the border that lacks it."""
    lacking = fault["areas"][0] if fault["areas"] else None
    if lacking is None or lacking not in editor:
        return 0.0
    return 1.01 * float(shapely.distance(shapely.boundary(editor.polygon(lacking)), fault["geometry"]))


def _culprits(
    before: GeoDataFrame, after: GeoDataFrame, applied: Sequence[Proposal], journal: Mapping[str, Change]
) -> set[str]:
    """Find the repairs after which there is a fault that was not there before, or their own fault still is."""
    mended = {proposal.fault for proposal in applied}
    culprits = mended & set(after.index)
    old = before.drop(index=list(mended))
    tree = shapely.STRtree(np.asarray(old.geometry))
    for _fault, row in after.drop(index=after.index.intersection(before.index)).iterrows():
        kinds = {old["kind"].iloc[k] for k in tree.query(row["geometry"], predicate="intersects")}
        if row["kind"] in kinds:
            continue  # what is left of an old fault that nobody mended
        culprits |= {fault for fault, change in journal.items() if set(change.new) & set(row["areas"])}
    return culprits


def _change_list(before: GeoDataFrame, after: GeoDataFrame, journal: Mapping[str, Change]) -> GeoDataFrame:
    faults: dict[Label, list[str]] = {}
    for fault, change in journal.items():
        for label in change.new:
            faults.setdefault(label, []).append(fault)
    labels = list(faults)
    old = before.geometry.reindex(labels)
    new = after.geometry.reindex(labels)
    frame = GeoDataFrame(
        {"fault": [" ".join(faults[label]) for label in labels], "old": GeoSeries(old, crs=before.crs)},
        geometry=GeoSeries(new, crs=before.crs),
        index=pd.Index(labels, name=before.index.name),
    )
    return frame[["fault", "old", "geometry"]]
