"""
Mending the borders of mini-areas: proposals for the faults a check has found, and applying those chosen.

The geometry is that of `coverage.repair`. Here the proposals get words, people and locks: every effect is said in
square metres and persons, a locked mini-area is never touched, a census area never loses or gains ground, and what
cannot be mended is said with its reason. Applying is one transaction.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.checks import Problem
from census_map.checks.facts import Facts
from census_map.coverage import Editor, Proposal, RefusedAt, apply_proposals, propose, weigh_points
from census_map.coverage.mend import repair_change
from census_map.coverage.patch import Change
from census_map.coverage.proposal import KINDS_BY_RULE, REASONS
from census_map.coverage.repair import Repair
from census_map.delineate.redraw import Stops
from census_map.errors import EditRefused, InputError
from census_map.i18n import _, ngettext
from census_map.schema import DRAFT, LOCKED
from census_map.seams import Seam, missing_vertices
from census_map.splitting import weigh_buildings
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace, Write
from census_map.workspace.locating import locate

MOST = 3
"""Proposals shown for one fault."""
_RULES = {kind: rule for rule, kinds in KINDS_BY_RULE.items() for kind in kinds}


@dataclass(frozen=True)
class Mend:
    """
    One way to mend one fault.

    Attributes
    ----------
    proposal
        Of `census_map.coverage`.
    title
        A few words for a button, such as “Give to 003”.
    effect
        Who gains and who loses what, and why this is proposed: a sentence.
    place
        The ground concerned.
    after
        The mini-areas that change, as they would be.
    """

    proposal: Proposal
    title: str
    effect: str
    place: Any
    after: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Mending:
    """
    What can be done about one problem.

    Attributes
    ----------
    mends
        The likeliest first; empty when nothing can be done.
    why_not
        The reason then, and what a person should do; otherwise empty.
    """

    mends: tuple[Mend, ...]
    why_not: str = ""


@dataclass(frozen=True)
class Mended:
    """
    What applying did.

    Attributes
    ----------
    mended, left
        Faults that are gone, and those of the coverage that are left.
    refused
        Reasons of those chosen that could not be mended after all.
    """

    mended: int
    left: int
    refused: tuple[str, ...]


def propose_mends(workspace: Workspace, problems: Iterable[Problem], *, report: Report = silent) -> dict[str, Mending]:
    """
    Propose how to mend the faults of the borders of mini-areas.

    Parameters
    ----------
    problems
        From `run_checks`; those of other rules are passed over.

    Returns
    -------
    mendings
        By id of the problem (docs/rules.md G01 to G04, G06).
    """
    wanted = {_key(problem.rule, problem.geometry): problem for problem in problems if problem.rule in KINDS_BY_RULE}
    if not wanted:
        return {}
    facts = Facts(workspace, report=portion(report, 0.0, 0.3))
    faults = facts.mini_area_faults
    keys = {fault: _key(_RULES[row["kind"]], row["geometry"]) for fault, row in faults.iterrows()}
    mine = faults[[keys[fault] in wanted for fault in faults.index]]
    if mine.empty:
        return {}
    weights, _notes = weigh_buildings(workspace, "persons")
    areas, containers = _coverage(facts)
    proposals = propose(
        areas,
        mine,
        containers,
        weigh=weigh_points(weights, "weight"),
        report=portion(report, 0.3, 0.7),
    )
    desk = _Desk(facts, Editor(areas, containers, grid=workspace.grid))
    by_fault: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        by_fault.setdefault(proposal.fault, []).append(proposal)
    mendings = {}
    for k, (fault, row) in enumerate(mine.iterrows()):
        report(0.7 + 0.3 * k / len(mine), _("weighing repairs"))
        mendings[wanted[keys[fault]].id] = desk.mending(row, by_fault.get(str(fault), []))
    return mendings


def apply_mends(workspace: Workspace, mends: Sequence[Mend], *, report: Report = silent) -> Mended:
    """
    Apply chosen mends in one transaction.

    Raises
    ------
    EditRefused
        None of them can be applied any more; nothing was changed.
    """
    facts = Facts(workspace, report=portion(report, 0.0, 0.2))
    areas, containers = _coverage(facts)
    done = apply_proposals(
        areas,
        [mend.proposal for mend in mends if mend.proposal.fault in facts.mini_area_faults.index],
        containers,
        faults=facts.mini_area_faults,
        grid=workspace.grid,
        report=portion(report, 0.2, 0.9),
    )
    refused = tuple(why for _proposal, why in done.refused)
    if not done.applied:
        raise EditRefused(
            refused[0] if refused else _("These faults are not there any more: check again to see what is left.")
        )
    report(0.9, _("writing"))
    with workspace.transaction(_("mend the borders")) as write:
        _write(workspace, write, facts, done)
    return Mended(len(done.applied), len(done.faults), refused)


def first_mends(mendings: dict[str, Mending]) -> list[Mend]:
    """Take the likeliest mend of each problem that has one."""
    return [mending.mends[0] for mending in mendings.values() if mending.mends]


def mend_rules(rules: Iterable[str]) -> list[str]:
    """
    Check the names of rules whose faults can be mended.

    Raises
    ------
    InputError
        A rule that is not one of the coverage.
    """
    names = [rule.upper() for rule in rules]
    for name in names:
        if name not in KINDS_BY_RULE:
            raise InputError(
                _("Rule {rule} is not one of the coverage: use {rules}.").format(
                    rule=name, rules=", ".join(KINDS_BY_RULE)
                )
            )
    return names


class _Desk:
    """Puts proposals into words and finds out which can be carried out."""

    def __init__(self, facts: Facts, editor: Editor) -> None:
        self._facts = facts
        self._editor = editor
        self._locked = set(facts.mini_areas.index[facts.mini_areas["status"] >= LOCKED])
        self._undivided = set(facts.census_areas.index) - set(facts.drawn["census_area_uid"])

    def mending(self, fault: pd.Series, proposals: Sequence[Proposal]) -> Mending:
        """Choose the proposals to show for one fault, or say why there is none."""
        if fault["kind"] == "gap" and fault["container"] in self._undivided:
            return Mending((), _("This census area is not divided yet: divide it in step 2."))
        mends: list[Mend] = []
        why_not = self._reason_without(fault, proposals)
        for proposal in proposals:
            try:
                mends.append(self._mend(proposal, fault, self._change(proposal, fault)))
            except RefusedAt as error:
                why_not = why_not or str(error)
            if len(mends) == MOST:
                break
        return Mending(tuple(mends), "" if mends else why_not)

    def _reason_without(self, fault: pd.Series, proposals: Sequence[Proposal]) -> str:
        if fault["kind"] in {"duplicate", "contained"} and not any(proposal.lossless for proposal in proposals):
            return _("Two mini-areas lie on the same ground. Only you know which one is meant: delete the other.")
        if not proposals:
            return _("A census area's own border is at fault. It is never changed here: get it anew from its owner.")
        return ""

    def _change(self, proposal: Proposal, fault: pd.Series) -> Change:
        """Work out a proposal; refused where it would lose a geometry or touch a locked mini-area."""
        if not proposal.lossless:
            raise RefusedAt("")
        change = repair_change(self._editor, proposal, fault)
        locked = [label for label in change.old if label in self._locked]
        if locked:
            raise RefusedAt(
                _("Mini-area {area} is locked: unlock it with a reason first.").format(
                    area=self._name(locked[0], fault)
                )
            )
        return change

    def _mend(self, proposal: Proposal, fault: pd.Series, change: Change) -> Mend:
        owner = None if proposal.owner is None else self._name(proposal.owner, fault)
        titles = {
            "give": _("Give to {area}"),
            "add": _("New mini-area"),
            "clip": _("Cut off"),
            "match": _("Insert the points"),
            "redraw": _("Redraw"),
        }
        title = titles[proposal.action].format(area=owner)
        return Mend(proposal, title, self._effect(proposal, fault), fault["geometry"], tuple(change.new.values()))

    def _effect(self, proposal: Proposal, fault: pd.Series) -> str:
        effect = proposal.effect
        told = [self._gain(label, size, proposal, fault) for label, size in effect.gains.items()]
        told += [self._gain(label, -size, proposal, fault) for label, size in effect.loses.items()]
        if proposal.action == "give" and not effect.gains:
            told.insert(0, _("{area} keeps it").format(area=self._name(proposal.owner, fault)))
        if proposal.action == "match":
            told = [_("no ground changes hands")]
        if proposal.action == "add":
            told = [_("a new mini-area of {size}").format(size=_size(float(fault["area_m2"])))]
        return _("{what}. Why: {reason}.").format(what=_("; ").join(told), reason=_(REASONS[proposal.reason]))

    def _gain(self, label: Hashable, size: float, proposal: Proposal, fault: pd.Series) -> str:
        name = self._name(label, fault)
        people = round(abs(proposal.effect.population.get(label, 0.0)))
        text = (_("{area} gains {size}") if size >= 0 else _("{area} gives up {size}")).format(
            area=name, size=_size(abs(size))
        )
        return text + (ngettext(", {n} person", ", {n} persons", people).format(n=people) if people else "")

    def _name(self, label: Hashable, fault: pd.Series) -> str:
        """Name a mini-area by its number, or, before it has one, by the side on which it lies."""
        digits = self._facts.profile.codes.mini_area
        code = self._facts.mini_areas.at[label, "code"]
        if len(code) > digits:
            return str(code[-digits:])
        return _side(fault["geometry"], self._editor.polygon(label))


def _side(place: Any, shape: Any) -> str:
    """Say on which side of a place an area lies."""
    sides = (
        _("the one in the east"),
        _("the one in the north-east"),
        _("the one in the north"),
        _("the one in the north-west"),
        _("the one in the west"),
        _("the one in the south-west"),
        _("the one in the south"),
        _("the one in the south-east"),
    )
    (x, y), (a, b) = (shapely.get_coordinates(shapely.centroid(g))[0] for g in (place, shape))
    return sides[round(np.degrees(np.arctan2(b - y, a - x)) / 45) % 8]


def _size(square_metres: float) -> str:
    if square_metres < 0.01:
        return _("less than 0.01 m²")
    return _("{n} m²").format(n=f"{square_metres:,.2f}" if square_metres < 100 else f"{square_metres:,.0f}")


def _key(rule: str, geometry: Any) -> tuple[str, str]:
    return rule, "" if geometry is None else shapely.to_wkb(shapely.normalize(geometry), hex=True)


def _coverage(facts: Facts) -> tuple[GeoDataFrame, GeoDataFrame]:
    """Give the frames in which the faults were found."""
    return facts.drawn[["geometry"]], facts.census_areas[["geometry"]]


def _write(workspace: Workspace, write: Write, facts: Facts, done: Repair) -> None:
    """Write changed and new mini-areas, carry new vertices on, and lead buildings to where they lie now."""
    changes = done.changes
    there = changes.index.isin(facts.mini_areas.index)
    changed, added = changes[there], changes[~there]
    write.update("mini_area", changed[["geometry"]])
    if len(added):
        homes = locate(added.geometry, facts.census_areas)
        rows = {"census_area_uid": homes, "kind": "ordinary", "status": DRAFT, "source": "repair"}
        write.insert("mini_area", GeoDataFrame(rows, geometry=added.geometry, crs=added.crs).reset_index(drop=True))
    if done.containers is not None:
        before, after = facts.census_areas.geometry, done.containers.geometry
        refined = [uid for uid in before.index if not shapely.equals_exact(before[uid], after[uid], 0.0)]
        stops: Stops = {}
        for uid in refined:
            stops |= missing_vertices([after[uid]], [], [before[uid]])
        Seam.of(workspace, stops, replaced=changed.index).write(write)
    _lead_buildings(write, facts, done)


def _lead_buildings(write: Write, facts: Facts, done: Repair) -> None:
    """Give the buildings on the ground concerned the mini-area in which they lie now."""
    mended = [proposal.fault for proposal in done.applied]
    grounds = np.asarray(done.before.geometry[done.before.index.isin(mended)])
    buildings = facts.buildings[facts.buildings.geometry.notna()]
    rows = np.unique(buildings.sindex.query(grounds, predicate="intersects")[1])
    near = buildings.iloc[rows]
    areas = done.areas[done.areas.index.isin(facts.mini_areas.index)]
    homes = locate(near.geometry, areas).dropna()
    locked = set(facts.mini_areas.index[facts.mini_areas["status"] >= LOCKED])
    before = near["mini_area_uid"].reindex(homes.index)
    moved = (homes != before) & ~homes.isin(locked) & ~before.isin(locked)
    write.update("building", homes[moved].to_frame("mini_area_uid"))
