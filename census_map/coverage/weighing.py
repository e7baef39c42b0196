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

from census_map.coverage.evidence import Courses, Lattice, lattice_of, moved_scores
from census_map.coverage.patch import Label, Weigh
from census_map.coverage.proposal import Effect, Proposal
from census_map.coverage.repair.apply import polygons_of, wishes_for
from census_map.coverage.repair.beside import WIDTH_M
from census_map.coverage.repair.mend import Mending
from census_map.coverage.segments import Geometry
from census_map.crs import metric_crs
from census_map.errors import InputError
from census_map.i18n import _
from census_map.task import Report, silent

_MANY = 8  # negligible faults around one area, from which its whole border is taken to be at fault
_MISSING_SHARE = 0.05  # of a neighbour's ground: a gap smaller than this is no missing area
_MISSING_AMONG_FAULTS = 0.5  # the same where the neighbours have other faults, each drawn alone
_OTHERS = 2  # other gaps and overlaps of the neighbours from which it is so


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

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(49, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import find_faults, propose
    >>> proposals = propose(areas, find_faults(areas))
    >>> proposals[0].action, proposals[0].owner
    ('give', '001')
    """
    if prefer not in {"evidence", "border", "population"}:
        raise InputError(_("Unknown preference {name}: use evidence, border or population.").format(name=prefer))
    if prefer == "population" and weigh is None:
        raise InputError(_("To prefer the smallest change of population, give a layer of buildings or points."))
    _require_finite(areas, faults)
    if faults.empty:
        return ()
    scene = _Scene(areas, faults, containers, weigh, prefer, new_first=missing == "new")
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
    small = {
        fault: row["areas"]
        for fault, row in faults.iterrows()
        if row["kind"] == "unmatched" or (row["kind"] in {"gap", "overlap"} and row["negligible"])
    }
    often = Counter(label for labels in small.values() for label in labels)
    # Of two that run beside each other alone, always the same one: the earlier record.
    odd = {max(labels, key=lambda name: (often[name], -scene.place[name])) for labels in small.values() if len(labels)}
    odd = {label for label in odd if often[label] >= _MANY}
    found: dict[Hashable, tuple[Label, Effect]] = {}
    redrawn: dict[Label, list[Hashable]] = {}
    for fault, row in faults.iterrows():
        near = row["kind"] in {"gap", "overlap"} and row["width_m"] < WIDTH_M
        if fault in small or near:
            label = max(row["areas"], key=lambda name: (often[name], -scene.place[name]), default=None)
            if label in odd:
                redrawn.setdefault(label, []).append(fault)
    for label, several in redrawn.items():
        rows = faults.loc[several]
        more = float(rows["area_m2"][rows["kind"] == "gap"].sum() - rows["area_m2"][rows["kind"] == "overlap"].sum())
        effect = Effect(gains={label: more}) if more >= 0 else Effect(loses={label: -more})
        found |= dict.fromkeys(several, (label, effect))
    return found


class _Scene:
    """The faults drawn with their neighbourhood, and what weighing needs."""

    def __init__(
        self,
        areas: GeoDataFrame,
        faults: GeoDataFrame,
        containers: GeoDataFrame | None,
        weigh: Weigh | None,
        prefer: str,
        *,
        new_first: bool,
    ) -> None:
        self.areas = areas
        self.weigh = weigh
        self.prefer = prefer
        self.new_first = new_first
        unit = metric_crs(areas)
        self.unit = unit
        self.metric = unit == areas.crs
        self.place = {label: position for position, label in enumerate(areas.index)}
        self.polygons = polygons_of(areas, containers)
        wishes = wishes_for(faults, [None] * len(faults), areas.index)
        self.mending = Mending(self.polygons, np.asarray(faults.geometry, dtype=object), wishes)
        self._courses = Courses(self.mending)
        ground = faults["kind"].isin(["gap", "overlap"])
        self.often = Counter(label for labels in faults["areas"][ground] for label in labels)
        self.tangled = self._tangled(faults[ground])
        self._number = {fault: number for number, fault in enumerate(faults.index)}
        self._tree = shapely.STRtree(self.polygons.ground)
        self._lattices: dict[tuple[int, ...], Lattice | None] = {}

    def ground(self, label: Label) -> Geometry:
        """Return the ground that an area covers."""
        return self.polygons.ground[self.place[label]]

    def _tangled(self, faults: GeoDataFrame) -> dict[str, set[Label]]:
        """Find the areas that cross themselves at a fault, or at another of theirs that it touches."""
        found: dict[str, set[Label]] = {}
        broken = {
            label
            for label, position in self.place.items()
            if self.polygons.ground[position] is not self.polygons.shapes[position]
        }
        concerned = faults.loc[np.array([not broken.isdisjoint(labels) for labels in faults["areas"]], dtype=bool)]
        for fault, row in concerned.iterrows():
            crossing = broken.intersection(row["areas"])
            found[str(fault)] = {x for x in crossing if self.polygons.cross_at(self.place[x], row["geometry"])}
        shapes = np.asarray(concerned.geometry, dtype=object)
        near = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=2 * self.polygons.grid)
        first = {fault: set(labels) for fault, labels in found.items()}
        for one, other in near.T.tolist():
            here, there = str(concerned.index[one]), str(concerned.index[other])
            found[here] |= first[there].intersection(concerned["areas"].iloc[one])
        return found

    def scores(self, fault: str, labels: Sequence[Label]) -> tuple[dict[Label, float], bool]:
        """Weigh who moved; tell as well whether the vertices lie on a lattice."""
        positions = [self.place[label] for label in labels]
        sides = self._courses.sides(self._number[fault], positions)
        if not sides:
            return dict.fromkeys(labels, 0.0), False
        lattice = self._lattice(positions)
        found = moved_scores(sides, lattice)
        return {label: found[position] for label, position in zip(labels, positions, strict=True)}, lattice is not None

    def _lattice(self, positions: Sequence[int]) -> Lattice | None:
        """Return the lattice on which the vertices of areas and those around them lie."""
        bounds = shapely.total_bounds(self.polygons.ground[list(positions)])
        near = tuple(np.sort(self._tree.query(shapely.box(*bounds))).tolist())
        if near not in self._lattices:
            points = shapely.get_coordinates(self.polygons.shapes[list(near)])
            self._lattices[near] = lattice_of(points, self.areas.crs)
        return self._lattices[near]

    def square_metres(self, geometry: Geometry) -> float:
        if self.metric:
            return float(shapely.area(geometry))
        return float(GeoSeries([geometry], crs=self.areas.crs).to_crs(self.unit).area.iloc[0])

    def difference(self, label: Label, new: Geometry) -> Effect:
        """State what an area gains or loses by another polygon."""
        more = self.square_metres(new) - self.square_metres(shapely.buffer(self.areas.geometry[label], 0))
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


def _tangled(scene: _Scene, fault: str, row: pd.Series, effect: Effect) -> list[Proposal]:
    """Propose to draw the area again that crosses itself at a fault, if it is one only."""
    crossing = scene.tangled.get(fault, set())
    if len(crossing) != 1:
        return []
    return [Proposal(fault, row["kind"], 0, "redraw", next(iter(crossing)), "tangled", effect)]


def _for_gap(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    labels = list(row["areas"])
    if not labels:
        return [Proposal(fault, "gap", 0, "add", None, "missing", scene.effect(row["geometry"], None, ()))]
    scores, on_lattice = scene.scores(fault, labels)
    best = max(scores.values())
    neighbours = [shapely.area(scene.ground(label)) for label in labels]
    others = float(np.median([scene.often[label] for label in labels])) - 1
    share = _MISSING_AMONG_FAULTS if others >= _OTHERS else _MISSING_SHARE
    big = shapely.area(row["geometry"]) > share * float(np.median(neighbours))
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
    tangled = _tangled(scene, fault, row, proposals[0].effect)
    proposals, missing = tangled + proposals, missing and not tangled
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
        held = scene.weigh([scene.ground(label) for label in labels])
        people = float(scene.weigh([region])[0])
        change = {label: people / max(own, 1.0) for label, own in zip(labels, held, strict=True)}
        return sorted(labels, key=lambda label: change[label])
    return labels


def _for_overlap(scene: _Scene, fault: str, row: pd.Series) -> list[Proposal]:
    labels = list(row["areas"])
    scores, _on_lattice = scene.scores(fault, labels)
    # Whoever moved took the ground: the keeper is the one least likely to have moved.
    keep = {label: -score for label, score in scores.items()}
    ranked = _ranked(scene, labels, keep, row["geometry"])
    proposals = [
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
    lost = {label: size for label, size in proposals[0].effect.loses.items() if label != ranked[0]}
    return _tangled(scene, fault, row, Effect(loses=lost)) + proposals


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
    if label is None:
        return []  # a container: its border is not ours to change
    ground = scene.ground(label)
    effect = Effect() if ground is None else scene.difference(label, ground)
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
