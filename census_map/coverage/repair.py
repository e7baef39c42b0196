"""
Propose repairs for faults, and apply those that are chosen.

Nothing is repaired unasked. `propose` gives for each fault one or more proposals, the likeliest first, each with its
effect: who gains and who loses how many square metres, and how many persons if a layer of weights is given.
`apply_proposals` applies chosen ones, one by one; each must leave the boundary chain's residue smaller (a residue that
is part of the old one cannot be a new fault), and at the end the whole result is checked again: a proposal that made a
new fault is taken back and listed. No record and no attribute is ever lost, and a container keeps its ground.

| action | what it does | for |
|---|---|---|
| give | the ground goes to one owner and is taken from all others | gap, overlap, contained |
| add | the ground becomes a new area without attributes | gap that looks like a missing area |
| clip | the ground outside the container is taken away | spill |
| match | the vertex is inserted where it is missing | unmatched |
| redraw | the border is drawn again along the neighbours' | invalid; many negligible faults around one area |
| empty | one area keeps the ground, the other records stay without geometry | duplicate, contained |

Only `empty` loses something, a geometry; it is applied only with `allow_empty`, and otherwise listed as not repairable
without loss.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from census_map.coverage.cut import make_labels
from census_map.coverage.editor import Editor
from census_map.coverage.evidence import lattice_of, moved_scores, sides_of
from census_map.coverage.faults import find_faults
from census_map.coverage.mend import Ground, give_patch, ground_of, match_patch, redraw_patch, untangle_patch
from census_map.coverage.noding import Geometry
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh
from census_map.crs import PROJECTED_GRID, grid_size, metric_crs
from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.task import Report, portion, silent

REASONS = {
    "moved": N_("its border moved here"),
    "only": N_("the only neighbour"),
    "border": N_("the longest common border"),
    "population": N_("the smallest change of population"),
    "missing": N_("no neighbour's border moved: an area seems to be missing"),
    "inner": N_("the inner area is cut out of the outer one"),
    "first": N_("the earlier record"),
    "outside": N_("outside the container"),
    "vertex": N_("the neighbour has a corner here"),
    "tangled": N_("the border crosses or touches itself"),
    "beside": N_("its whole border runs a hair's breadth beside its neighbours'"),
    "other": N_("another possible owner"),
}

# The check rules of DOMAIN.md section 8 and the kinds of faults they speak of.
KINDS_BY_RULE = {
    "G01": ("invalid", "duplicate"),
    "G02": ("overlap", "contained"),
    "G03": ("gap",),
    "G04": ("spill",),
    "G06": ("unmatched",),
}

# Faults that hide others come first, corners last.
_ORDER = ("invalid", "duplicate", "contained", "spill", "overlap", "gap", "unmatched")
_MANY = 8  # negligible faults around one area, from which its whole border is taken to be at fault
_BESIDE_M = 0.05  # metres that a border may move when it is drawn along the neighbours'
_MISSING_SHARE = 0.05  # of a neighbour's ground: a gap smaller than this is no missing area


@dataclass(frozen=True)
class Effect:
    """
    What a proposal does.

    Attributes
    ----------
    gains, loses
        Square metres by area.
    population
        Change of the weight by area; empty when no weights were given.
    """

    gains: Mapping[Label, float] = field(default_factory=dict)
    loses: Mapping[Label, float] = field(default_factory=dict)
    population: Mapping[Label, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """
    One way to repair one fault.

    Attributes
    ----------
    fault, kind
        Id and kind of the fault.
    rank
        1 for the likeliest.
    action
        `give`, `add`, `clip`, `match`, `redraw` or `empty`; see the module.
    owner
        Who gets or keeps the ground; None for `add` and `clip`.
    reason
        A key of `REASONS`.
    effect
        Who gains and who loses what.
    score
        Evidence as a log-likelihood ratio; 0 when there is none.
    """

    fault: str
    kind: str
    rank: int
    action: str
    owner: Hashable | None
    reason: str
    effect: Effect = field(default_factory=Effect)
    score: float = 0.0

    @property
    def lossless(self) -> bool:
        """Tell whether every area keeps a geometry."""
        return self.action != "empty"

    @property
    def text(self) -> str:
        """Say what the proposal does and why, in the user's language."""
        what = {
            "give": _("give the ground to {area}"),
            "add": _("make a new area of the ground"),
            "clip": _("cut off what lies outside"),
            "match": _("insert the missing corner"),
            "redraw": _("draw the border of {area} again along its neighbours"),
            "empty": _("{area} keeps the ground, the other record stays without geometry"),
        }[self.action]
        return f"{what.format(area=self.owner)} ({_(REASONS[self.reason])})"


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


def propose(
    areas: GeoDataFrame,
    faults: GeoDataFrame,
    containers: GeoDataFrame | None = None,
    *,
    weigh: Weigh | None = None,
    prefer: str = "evidence",
    missing: str = "new",
    report: Report = silent,
) -> tuple[Proposal, ...]:
    """
    Propose repairs for faults.

    Parameters
    ----------
    areas, containers
        The frames in which the faults were found.
    faults
        As `find_faults` gives them, or a selection of its rows.
    weigh
        What ground weighs (`weigh_points`), to state the effect on population.
    prefer
        What comes first for gaps and overlaps: `evidence` (who moved), `border` (the longest common one) or
        `population` (the smallest change; needs `weigh`).
    missing
        What comes first for a gap that looks like a missing area: `new` (a new area) or `neighbour`.
    report
        Told how far the work is.

    Returns
    -------
    proposals
        Ordered as the faults, and by rank. A fault for which nothing can be done has none.
    """
    if prefer not in {"evidence", "border", "population"}:
        raise InputError(_("Unknown preference {name}: use evidence, border or population.").format(name=prefer))
    if prefer == "population" and weigh is None:
        raise InputError(_("To prefer the smallest change of population, give a layer of buildings or points."))
    scene = _Scene(areas, containers, weigh, prefer, new_first=missing == "new")
    found: list[Proposal] = []
    beside = _running_beside(faults, scene.editor)
    for k, (fault, row) in enumerate(faults.iterrows()):
        report(k / len(faults), _("weighing repairs"))
        ranked = _PROPOSERS[row["kind"]](scene, str(fault), row)
        if fault in beside:
            ranked.insert(0, Proposal(str(fault), row["kind"], 0, "redraw", beside[fault], "beside"))
        found += [replace(proposal, rank=rank) for rank, proposal in enumerate(ranked, start=1)]
    return tuple(found)


def _running_beside(faults: GeoDataFrame, editor: Editor) -> dict[Hashable, Label]:
    """Find areas whose whole border runs beside their neighbours': the common area of many negligible faults."""
    possible: dict[Label, bool] = {}
    small = {
        fault: row["areas"]
        for fault, row in faults.iterrows()
        if row["kind"] == "unmatched" or (row["kind"] in {"gap", "overlap"} and row["negligible"])
    }
    often = Counter(label for labels in small.values() for label in labels)
    found: dict[Hashable, Label] = {}
    for fault, labels in small.items():
        label = max(labels, key=lambda name: often[name], default=None)
        if label is None or often[label] < _MANY:
            continue
        if label not in possible:
            possible[label] = _can_redraw(editor, label)
        if possible[label]:
            found[fault] = label
    return found


def _can_redraw(editor: Editor, label: Label) -> bool:
    try:
        _redrawn(editor, label)
    except RefusedAt:
        return False
    return True


def _redrawn(editor: Editor, label: Label) -> Change:
    reach = _BESIDE_M * noding_tolerance(editor.frame) / PROJECTED_GRID
    return redraw_patch(editor.patch(shapely.bounds(editor.polygon(label))), label, tolerance=reach)


class _Scene:
    """The frames held open, with what weighing needs."""

    def __init__(
        self,
        areas: GeoDataFrame,
        containers: GeoDataFrame | None,
        weigh: Weigh | None,
        prefer: str,
        *,
        new_first: bool,
    ) -> None:
        self.areas = areas
        self.editor = Editor(areas, containers)
        self.weigh = weigh
        self.prefer = prefer
        self.new_first = new_first
        self.tolerance = noding_tolerance(areas)
        unit = metric_crs(areas)
        self.unit = unit
        self.metric = unit == areas.crs

    def square_metres(self, geometry: Geometry) -> float:
        if self.metric:
            return float(shapely.area(geometry))
        return float(GeoSeries([geometry], crs=self.areas.crs).to_crs(self.unit).area.iloc[0])

    def effect(self, region: Geometry, owner: Label | None, losers: Iterable[Label], *, gains: bool = True) -> Effect:
        """State who gains and who loses ground, and people."""
        size = self.square_metres(region)
        lost = [label for label in losers if label != owner]
        people = float(self.weigh([region])[0]) if self.weigh else 0.0
        moved = dict.fromkeys(lost, -people) | ({owner: people} if owner is not None and gains else {})
        return Effect(
            gains={owner: size} if owner is not None and gains else {},
            loses=dict.fromkeys(lost, size),
            population=moved if self.weigh else {},
        )


def noding_tolerance(areas: GeoDataFrame) -> float:
    """Give the distance (CRS units) to which a fault's geometry is exact: one step of the grid of its CRS."""
    return grid_size(areas.crs)


def _around(region: Geometry, tolerance: float) -> np.ndarray:
    box: np.ndarray = shapely.bounds(region) + np.array([-1, -1, 1, 1]) * tolerance
    return box


def _scores(scene: _Scene, row: pd.Series) -> tuple[dict[Label, float], bool]:
    """Weigh who moved; tell as well whether the vertices lie on a lattice."""
    labels = list(row["areas"])
    try:
        ground: Ground = ground_of(
            scene.editor.patch(_around(row["geometry"], scene.tolerance)), row["geometry"], tolerance=scene.tolerance
        )
    except RefusedAt:
        return dict.fromkeys(labels, 0.0), False
    if not ground.faces:
        return dict.fromkeys(labels, 0.0), False
    wide = scene.editor.patch(_union_box([shapely.bounds(scene.editor.polygon(label)) for label in labels]))
    lattice = lattice_of(np.vstack([shapely.get_coordinates(p) for p in wide.areas.values()]), scene.areas.crs)
    return moved_scores(sides_of(ground, labels), lattice), lattice is not None


def _for_gap(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    labels = list(row["areas"])
    if not labels:
        return [Proposal(fault, "gap", 0, "add", None, "missing", scene.effect(row["geometry"], None, ()))]
    scores, on_lattice = _scores(scene, row)
    best = max(scores.values())
    neighbours = [shapely.area(scene.editor.polygon(label)) for label in labels]
    big = shapely.area(row["geometry"]) > _MISSING_SHARE * float(np.median(neighbours))
    missing = big and (best < 0 if on_lattice else len(labels) > 2)
    evident = not missing and _evident(scores)
    ranked = _ranked(scene, labels, scores, row["geometry"])
    proposals = [
        Proposal(
            fault,
            "gap",
            0,
            "give",
            label,
            _reason(scene, label, labels, ranked[0], evident=evident),
            scene.effect(row["geometry"], label, ()),
            scores[label],
        )
        for label in ranked
    ]
    new = Proposal(fault, "gap", 0, "add", None, "missing", scene.effect(row["geometry"], None, ()))
    if not big:
        return proposals
    return [new, *proposals] if missing and scene.new_first else [*proposals, new]


def _reason(scene: _Scene, label: Label, labels: Sequence[Label], first: Label, *, evident: bool) -> str:
    """Say why a label stands where it does; `labels` come by the longest common border, `first` was ranked first."""
    if len(labels) == 1:
        return "only"
    if label == first and scene.prefer == "population":
        return "population"
    if label == first and scene.prefer == "evidence" and evident:
        return "moved"
    return "border" if label == labels[0] else "other"


def _evident(scores: Mapping[Label, float]) -> bool:
    """Tell whether one side stands out."""
    best, *rest = sorted(scores.values(), reverse=True)
    return not rest or best - rest[0] >= 1


def _ranked(scene: _Scene, labels: list[Label], scores: Mapping[Label, float], region: Geometry) -> list[Label]:
    """Order owners; the labels come by the longest common border."""
    if scene.prefer == "evidence":
        return sorted(labels, key=lambda label: -scores[label])
    if scene.prefer == "population" and scene.weigh is not None:
        held = scene.weigh([scene.editor.polygon(label) for label in labels])
        people = float(scene.weigh([region])[0])
        change = {label: people / max(own, 1.0) for label, own in zip(labels, held, strict=True)}
        return sorted(labels, key=lambda label: change[label])
    return labels


def _for_overlap(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    labels = list(row["areas"])
    scores, _on_lattice = _scores(scene, row)
    # Whoever moved took the ground: the keeper is the one least likely to have moved.
    keep = {label: -score for label, score in scores.items()}
    ranked = _ranked(scene, labels, keep, row["geometry"])
    return [
        Proposal(
            fault,
            "overlap",
            0,
            "give",
            label,
            _reason(scene, label, labels, ranked[0], evident=_evident(keep)),
            scene.effect(row["geometry"], label, labels, gains=False),
            keep[label],
        )
        for label in ranked
    ]


def _for_contained(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    inner, *hosts = row["areas"]
    region = row["geometry"]
    first = Proposal(fault, "contained", 0, "give", inner, "inner", scene.effect(region, inner, hosts, gains=False))
    rest = [
        Proposal(fault, "contained", 0, "empty", host, "other", scene.effect(region, host, [inner], gains=False))
        for host in hosts
    ]
    return [first, *rest]


def _for_duplicate(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    place = {label: int(scene.areas.index.get_loc(label)) for label in row["areas"]}
    labels = sorted(row["areas"], key=lambda label: place[label])
    return [
        Proposal(
            fault,
            "duplicate",
            0,
            "empty",
            label,
            "first" if label == labels[0] else "other",
            scene.effect(row["geometry"], label, labels, gains=False),
        )
        for label in labels
    ]


def _for_spill(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    effect = scene.effect(row["geometry"], None, row["areas"])
    return [Proposal(fault, "spill", 0, "clip", None, "outside", effect)]


def _for_unmatched(_scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    return [Proposal(fault, "unmatched", 0, "match", row["areas"][0] if row["areas"] else None, "vertex")]


def _for_invalid(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    label = row["areas"][0] if row["areas"] else None
    if label not in scene.editor:
        return []  # a container: its border is not ours to change
    polygon = scene.editor.polygon(label)
    try:
        new = untangle_patch(scene.editor.patch(shapely.bounds(polygon)), label).new[label]
    except RefusedAt:  # perhaps because a neighbour is broken too; it may work once that is mended
        return [Proposal(fault, "invalid", 0, "redraw", label, "tangled")]
    more = scene.square_metres(new) - scene.square_metres(shapely.buffer(polygon, 0))
    effect = Effect(gains={label: more}) if more >= 0 else Effect(loses={label: -more})
    return [Proposal(fault, "invalid", 0, "redraw", label, "tangled", effect)]


_PROPOSERS = {
    "gap": _for_gap,
    "overlap": _for_overlap,
    "contained": _for_contained,
    "duplicate": _for_duplicate,
    "spill": _for_spill,
    "unmatched": _for_unmatched,
    "invalid": _for_invalid,
}


def choose(
    proposals: Iterable[Proposal],
    *,
    kinds: Iterable[str] | None = None,
    faults: Iterable[str] | None = None,
    owners: Mapping[str, Hashable] | None = None,
    allow_empty: bool = False,
) -> tuple[Proposal, ...]:
    """
    Choose one proposal a fault: by rule, on a selection, or with a named owner.

    Parameters
    ----------
    proposals
        From `propose`.
    kinds
        Only faults of these kinds.
    faults
        Only these faults.
    owners
        Fault id and the owner chosen for it; the others take their first proposal.
    allow_empty
        Choose proposals that leave a record without geometry where there is no other.

    Raises
    ------
    InputError
        A chosen owner is not among a fault's proposals.
    """
    wanted_kinds, wanted, named = _set(kinds), _set(faults), dict(owners or {})
    first: dict[str, Proposal] = {}
    for proposal in proposals:
        if proposal.fault in named:
            if str(proposal.owner) == str(named[proposal.fault]):
                first.setdefault(proposal.fault, proposal)
            continue
        selected = (wanted_kinds is None or proposal.kind in wanted_kinds) and (
            wanted is None or proposal.fault in wanted
        )
        if selected and (proposal.lossless or allow_empty):
            first.setdefault(proposal.fault, proposal)
    for fault, owner in named.items():
        if fault not in first:
            raise InputError(
                _("Area {area} cannot get the ground of fault {fault}: choose one of its neighbours.").format(
                    area=owner, fault=fault
                )
            )
    return tuple(first.values())


def _set(values: Iterable[str] | None) -> set[str] | None:
    return None if values is None else set(values)


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
    box = _around(region, 10 * tolerance)
    patch: Patch = editor.patch(box)
    if proposal.action == "match":
        return match_patch(patch, region, tolerance=max(tolerance, _offset(editor, fault)))
    if proposal.reason == "beside":
        return _redrawn(editor, proposal.owner)
    if proposal.action == "redraw":
        return untangle_patch(editor.patch(shapely.bounds(editor.polygon(labels[0]))), labels[0])
    wide = editor.patch(_union_box([box, *(shapely.bounds(editor.polygon(label)) for label in labels)]))
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


def _union_box(boxes: Sequence[np.ndarray]) -> np.ndarray:
    stacked = np.vstack(boxes)
    return np.concatenate([np.nanmin(stacked[:, :2], axis=0), np.nanmax(stacked[:, 2:], axis=0)])


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
