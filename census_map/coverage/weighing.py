"""
Propose repairs for faults, the likeliest first, each with its effect.

`propose` weighs for each fault who moved (`census_map.coverage.evidence`), who has the longest common border, and how
many persons would change area if a layer of weights is given.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from census_map.coverage.editor import Editor
from census_map.coverage.evidence import lattice_of, moved_scores, sides_of
from census_map.coverage.mend import Ground, ground_of, redraw_patch, untangle_patch
from census_map.coverage.patch import Change, Label, RefusedAt, Weigh
from census_map.coverage.proposal import Effect, Proposal
from census_map.coverage.segments import Geometry
from census_map.crs import PROJECTED_GRID, grid_size, metric_crs
from census_map.errors import InputError
from census_map.i18n import _
from census_map.task import Report, silent

_MANY = 8  # negligible faults around one area, from which its whole border is taken to be at fault
_BESIDE_M = 0.05  # metres that a border may move when it is drawn along the neighbours'
_MISSING_SHARE = 0.05  # of a neighbour's ground: a gap smaller than this is no missing area


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
    _require_finite(areas, faults)
    scene = _Scene(areas, containers, weigh, prefer, new_first=missing == "new")
    found: list[Proposal] = []
    beside = _running_beside(faults, scene)
    for k, (fault, row) in enumerate(faults.iterrows()):
        report(k / len(faults), _("weighing repairs"))
        ranked = _PROPOSERS[row["kind"]](scene, str(fault), row)
        if fault in beside:
            label, effect = beside[fault]
            ranked.insert(0, Proposal(str(fault), row["kind"], 0, "redraw", label, "beside", effect))
        found += [replace(proposal, rank=rank) for rank, proposal in enumerate(ranked, start=1)]
    return tuple(found)


def _require_finite(areas: GeoDataFrame, faults: GeoDataFrame) -> None:
    """Refuse areas whose outline runs to a place that is none; the check has named them as invalid."""
    for labels in faults["areas"][faults["kind"] == "invalid"]:
        for label in labels:
            if not np.isfinite(shapely.get_coordinates(areas.geometry[label])).all():
                text = _("Area {label} has a coordinate that is no number: draw it again before mending the others.")
                raise InputError(text.format(label=label))


def _running_beside(faults: GeoDataFrame, scene: "_Scene") -> dict[Hashable, tuple[Label, Effect]]:
    """Find areas whose whole border runs beside their neighbours': the common area of many negligible faults."""
    possible: dict[Label, Effect | None] = {}
    small = {
        fault: row["areas"]
        for fault, row in faults.iterrows()
        if row["kind"] == "unmatched" or (row["kind"] in {"gap", "overlap"} and row["negligible"])
    }
    often = Counter(label for labels in small.values() for label in labels)
    found: dict[Hashable, tuple[Label, Effect]] = {}
    for fault, labels in small.items():
        # Of two that run beside each other alone, always the same one: the earlier record.
        label = max(labels, key=lambda name: (often[name], -int(scene.areas.index.get_loc(name))), default=None)
        if label is None or often[label] < _MANY:
            continue
        if label not in possible:
            possible[label] = _effect_of_redrawing(scene, label)
        effect = possible[label]
        if effect is not None:
            found[fault] = label, effect
    return found


def _effect_of_redrawing(scene: "_Scene", label: Label) -> Effect | None:
    """Tell what an area gains or loses when its border is drawn along its neighbours'; None if it cannot be."""
    try:
        new = redrawn(scene.editor, label).new[label]
    except RefusedAt:
        return None
    return scene.difference(label, new)


def redrawn(editor: Editor, label: Label) -> Change:
    """Draw the border of an area again along its neighbours', within five centimetres."""
    step = noding_tolerance(editor.frame)
    patch = editor.patch(shapely.bounds(editor.polygon(label)))
    return redraw_patch(patch, label, tolerance=_BESIDE_M * step / PROJECTED_GRID, step=step)


def noding_tolerance(areas: GeoDataFrame) -> float:
    """Give the distance (CRS units) to which a fault's geometry is exact: one step of the grid of its CRS."""
    return grid_size(areas.crs)


def box_around(region: Geometry, tolerance: float) -> np.ndarray:
    """Give the box of a region, wider by a tolerance (CRS units) on every side."""
    box: np.ndarray = shapely.bounds(region) + np.array([-1, -1, 1, 1]) * tolerance
    return box


def union_box(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """Give the box around several boxes."""
    stacked = np.vstack(boxes)
    return np.concatenate([np.nanmin(stacked[:, :2], axis=0), np.nanmax(stacked[:, 2:], axis=0)])


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

    def difference(self, label: Label, new: Geometry) -> Effect:
        """State what an area gains or loses by another polygon."""
        more = self.square_metres(new) - self.square_metres(shapely.buffer(self.editor.polygon(label), 0))
        return Effect(gains={label: more}) if more >= 0 else Effect(loses={label: -more})

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


def _scores(scene: _Scene, row: pd.Series) -> tuple[dict[Label, float], bool]:
    """Weigh who moved; tell as well whether the vertices lie on a lattice."""
    labels = list(row["areas"])
    try:
        ground: Ground = ground_of(
            scene.editor.patch(box_around(row["geometry"], scene.tolerance)), row["geometry"], tolerance=scene.tolerance
        )
    except RefusedAt:
        return dict.fromkeys(labels, 0.0), False
    if not ground.faces:
        return dict.fromkeys(labels, 0.0), False
    wide = scene.editor.patch(union_box([shapely.bounds(scene.editor.polygon(label)) for label in labels]))
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
    return [Proposal(fault, "invalid", 0, "redraw", label, "tangled", scene.difference(label, new))]


_PROPOSERS = {
    "gap": _for_gap,
    "overlap": _for_overlap,
    "contained": _for_contained,
    "duplicate": _for_duplicate,
    "spill": _for_spill,
    "unmatched": _for_unmatched,
    "invalid": _for_invalid,
}
