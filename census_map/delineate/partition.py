"""
Divide the graph of atoms into contiguous, balanced parts.

The number of parts follows from the window; the search starts from random spanning trees cut in proportion (`starts`),
walks from hot to cold several times (`kernel.anneal`), and the best parts of all these plans are put together
(`polish`). A longer search then goes in rounds: the best plans are walked on from warm, and what they become is put
together with all that was found before.
"""

from dataclasses import dataclass, replace

import numpy as np

from census_map.delineate.exact import ATOMS, best_plan, set_costs
from census_map.delineate.graph import Floats, Graph, Ints
from census_map.delineate.objective import Objective, Terms, Window
from census_map.delineate.plan import Plan
from census_map.delineate.polish import absorb, polish, recombine
from census_map.delineate.search import SLICES, Searcher, Walk, cooling
from census_map.delineate.starts import grow_start
from census_map.errors import Cancelled
from census_map.i18n import _
from census_map.task import Report, portion, silent

HOT, COLD = 480, 40
"""First and last temperature, units of `Objective`, with the usual weight of compactness; see `_heats`."""
WALKING = 5, 3
"""How much hotter a search begins and ends where walks count: their hills are higher."""
WARM = 400
"""Temperature from which a plan of clusters is refined."""
CLUSTERS = 20
"""Where atoms are clustered first, a cluster has at most the target divided by this; see `Effort.dense`."""
NEARNESS = 2.0
"""What a short way between two doors weighs against a common border, when atoms are clustered."""
LUKEWARM, WALKS = 0.5, 4
"""A round starts from so many of the best plans, at this share of the first temperature."""
JOINT, JOINT_ATOMS = 700, 3500
"""
Of 1000 proposals, how many join two parts and cut them again: at most the first. With larger parts, which are dearer to
cut, fewer: so many that of 1000 proposals they touch the second number of atoms for each part joined.
"""
STRETCH = 4
"""Temperatures between two looks at whether to stop."""


@dataclass(frozen=True)
class Effort:
    """
    How long to search; counts, not seconds, so that the result is the same on any machine.

    Parameters
    ----------
    proposals
        Proposals for each atom and start.
    starts
        Independent starts; the best parts of all of them are put together.
    rounds
        How often the best plans are walked on from warm and put together with all others.
    dense
        With more atoms a part than this, the search begins with clusters of atoms.
    fast
        Use the compiled kernel (numba) where it is installed. The plan is the same.
    polish
        How many small neighbourhoods to solve exactly for each part.
    seconds
        Stop searching after so long and keep the best plan so far; None: no limit. With a limit the result is not
        reproducible: how far the search comes in a second depends on the machine, on what else runs on it and on
        the compiled kernel. Every area gets a plan all the same, so a limit can be overrun by the least that takes.
    """

    proposals: int = 240
    starts: int = 2
    rounds: int = 0
    dense: int = 20
    fast: bool = True
    polish: int = 1
    seconds: float | None = None


def weight_scale(weights: Floats) -> float:
    """Give the whole number of kernel units for one unit of weight: 1 for whole numbers, else 1000."""
    return 1.0 if np.all(weights == np.rint(weights)) else 1000.0


def count_options(weights: Floats, window: Window) -> list[int]:
    """
    List the numbers of parts worth trying, the one nearest to the target first.

    An atom above the maximum is a part of its own; the others are as many as the target asks for, within what the
    minimum and the maximum allow. A neighbouring number is worth a try when an even share comes close to the edge of
    the good sizes.
    """
    giants = int((weights > window.maximum).sum())
    rest = float(weights[weights <= window.maximum].sum())
    fewest = int(np.ceil(rest / window.maximum - 1e-9))
    most = int(np.floor(rest / window.minimum + 1e-9)) if window.minimum > 0 else len(weights)
    wanted = int(np.floor(rest / window.target + 0.5))
    wanted = max(min(wanted, max(most, 1)), fewest, 0 if giants else 1)
    options = [wanted]
    even = rest / wanted if wanted else window.target
    # Near the edge of the band no plan could keep every part inside it.
    slack = 0.4 * (window.high - window.low) / 2
    if not window.low + slack <= even <= window.high - slack:
        other = wanted + 1 if even > window.target else wanted - 1
        if max(fewest, 1) <= other <= most:
            options.append(other)
    return [max(min(giants + n, len(weights)), 1) for n in options]


def divide(graph: Graph, terms: Terms, parts: int, *, effort: Effort, seed: int = 0, report: Report = silent) -> Plan:
    """
    Search for the best plan of a connected graph.

    Parameters
    ----------
    parts
        Number of parts, at most as many as atoms.
    report
        Raising `Cancelled` from it ends the search with the best plan so far.
    """
    searcher = Searcher(graph, terms, parts, fast=effort.fast)
    if parts in {1, len(graph)}:
        only = np.arange(len(graph)) % parts
        return Plan(only, searcher.energy(only), parts)
    chance = (seed * 7919 + 12345) % 2147483646 + 1
    if len(graph) > effort.dense * parts:
        cluster = coarsen(graph, terms.vector[0] // CLUSTERS)
        if parts < cluster.max() + 1 < len(graph):
            rough = divide(graph.merged(cluster), terms, parts, effort=effort, seed=seed, report=report)
            if effort.polish and not rough.stopped:
                rough = polish(graph.merged(cluster), terms, rough, rounds=effort.polish)
            # The atoms inside clusters find their best side, without forgetting the plan.
            steps = max(effort.proposals * len(graph) // 40, 1)
            walk = searcher.walk(
                Walk(rough.labels[cluster], rough.labels[cluster], 0, chance), [*cooling(WARM, COLD, 9), 0],
                steps=steps, joint=5,
            )  # fmt: skip
            return Plan(walk.best, walk.energy, parts, stopped=rough.stopped)
    walker = _Walker(searcher, parts, chance, max(effort.proposals * len(graph) // SLICES, 1))
    heats = _heats(graph, terms)
    turns = effort.starts + effort.rounds * WALKS
    plans: list[Plan] = []
    for turn in range(effort.starts):
        start, walker.chance = grow_start(graph, parts, walker.chance)
        plans.append(walker.descend(start, heats, portion(report, turn / turns, (turn + 1) / turns)))
        if plans[-1].stopped:
            return _best_of(plans).marked(stopped=True)
    best = recombine(graph, terms, plans)
    warm = cooling(round(heats[0] * LUKEWARM), heats[-1])
    for turn in range(effort.starts, turns, WALKS):
        for start in _elite([best, *plans]):
            plans.append(walker.descend(start, warm, portion(report, turn / turns, (turn + WALKS) / turns)))
            if plans[-1].stopped:
                return _best_of([best, *plans]).marked(stopped=True)
        plans.append(best)
        best = recombine(graph, terms, plans)
    return best


def _best_of(plans: list[Plan]) -> Plan:
    return min(plans, key=lambda plan: (plan.energy, not plan.stopped))


def _elite(plans: list[Plan]) -> list[Ints]:
    """Choose the best different plans for a round; where there are fewer, some twice."""
    different = {plan.energy: plan.labels for plan in plans}
    best = [different[energy] for energy in sorted(different)[:WALKS]]
    return [best[k % len(best)] for k in range(WALKS)]


def _heats(graph: Graph, terms: Terms) -> list[int]:
    """Give the temperatures of a walk: where shape weighs more, so does every hill; and where walks count."""
    usual = Objective()
    ratio = (usual.border + terms.vector[7]) / (usual.border + usual.compact)
    more = WALKING if len(graph.doors.ways) else (1, 1)
    return cooling(round(HOT * ratio * more[0]), max(round(COLD * ratio * more[1]), 1))


@dataclass
class _Walker:
    """Walks on one graph, one after the other; `chance` is the state of their random numbers."""

    searcher: Searcher
    parts: int
    chance: int
    steps: int

    def descend(self, start: Ints, heats: list[int], report: Report) -> Plan:
        """Walk from hot to cold, then take only what is better; when stopped, do the latter at once."""
        walk = best = Walk(start, start, self.searcher.energy(start), self.chance)
        joint = min(JOINT, JOINT_ATOMS * self.parts // len(start))
        stopped = False
        try:
            for k in range(0, len(heats), STRETCH):
                report(k / len(heats), _("Searching for the best plan"))
                walk = self.searcher.walk(walk, heats[k : k + STRETCH], steps=self.steps, joint=joint)
                best = min(best, walk, key=lambda each: each.energy)
        except Cancelled:
            stopped = True
        final = replace(best, plan=best.best, seed=walk.seed)
        last = self.searcher.walk(final, [0], steps=20 * len(start), joint=joint)
        self.chance = last.seed
        return Plan(last.best, last.energy, self.parts, stopped=stopped)


def coarsen(graph: Graph, most: int) -> Ints:
    """
    Cluster atoms that belong together: small ones with much costly (not visible) border in common, or doors near.

    Parameters
    ----------
    most
        Weight that no cluster of several atoms exceeds.

    Returns
    -------
    cluster
        For each atom, 0, 1, …; every cluster is in one piece.
    """
    cluster = np.arange(len(graph))
    while True:
        rough = graph.merged(cluster)
        tail = np.repeat(np.arange(len(rough)), np.diff(rough.first))
        reach = np.bincount(tail, rough.cost, minlength=len(rough)) + 1.0
        fits = (tail < rough.other) & (rough.mass[tail] + rough.mass[rough.other] <= most)
        a, b = tail[fits], rough.other[fits]
        closeness = rough.cost[fits] / np.minimum(reach[a], reach[b]) + NEARNESS * rough.doors.nearness(a, b)
        target = np.arange(len(rough))
        free = np.ones(len(rough), bool)
        for i in np.lexsort((b, a, -closeness)).tolist():
            if free[a[i]] and free[b[i]] and closeness[i] > 0:
                free[a[i]] = free[b[i]] = False
                target[b[i]] = a[i]
        if free.sum() > 0.98 * len(rough):
            return cluster
        cluster = np.unique(target[cluster], return_inverse=True)[1].astype(np.int64)


def solve(
    graph: Graph,
    terms: Terms,
    options: list[int],
    *,
    effort: Effort,
    seed: int = 0,
    exactly: bool = False,
    report: Report = silent,
) -> Plan:
    """
    Find the best plan over several numbers of parts; small graphs with proof.

    Parameters
    ----------
    options
        Numbers of parts to try.
    exactly
        Keep to these numbers, even where a part has less than the minimum.
    report
        Raising `Cancelled` from it ends the search with the best plan so far.
    """
    best: Plan | None = None
    for k, parts in enumerate(dict.fromkeys(options)):
        step = portion(report, k / len(options), (k + 1) / len(options))
        plan = divide(graph, terms, parts, effort=effort, seed=seed, report=step)
        if not plan.stopped:
            plan = _proven(graph, terms, plan) if len(graph) <= ATOMS else plan
            if not plan.proven and effort.polish:
                plan = polish(graph, terms, plan, rounds=effort.polish)
        if not exactly:
            plan = absorb(graph, terms, plan)
            eased = absorb(graph, terms, _eased(graph, terms, plan, replace(effort, seconds=None)))
            plan = eased if eased.energy < plan.energy else plan
        if best is None or plan.energy < best.energy:
            best = plan
        if plan.stopped:
            best = best.marked(stopped=True)
            break
    assert best is not None
    return best


def _eased(graph: Graph, terms: Terms, plan: Plan, effort: Effort) -> Plan:
    """
    Cut parts above the maximum in two where no single atom is the cause, or where what lies beside it is enough.

    Buildings above the maximum part a census area into pockets, and the pockets may need more parts than all of them
    together.
    """
    labels, parts = plan.labels.copy(), plan.parts
    weight = np.bincount(labels, graph.mass, minlength=parts)
    heaviest = np.zeros(parts)
    np.maximum.at(heaviest, labels, graph.mass)
    _target, least, most, *_rest = terms.vector
    for part in np.flatnonzero((weight > most) & ((heaviest <= most) | (weight - heaviest >= least))).tolist():
        members = np.flatnonzero(labels == part)
        halves = divide(graph.restricted(members), terms, 2, effort=effort)
        labels[members[halves.labels == 1]] = parts
        parts += 1
    if parts == plan.parts:
        return plan
    energy = int(set_costs(labels == np.arange(parts)[:, None], graph, terms).sum()) // 2
    return Plan(labels, energy, parts, stopped=plan.stopped)


def _proven(graph: Graph, terms: Terms, plan: Plan) -> Plan:
    """Replace a plan of a small graph by the best there is, or prove that it is that."""
    verdict = best_plan(graph, terms, plan.parts, plan.energy)
    if verdict is None:
        return plan
    if verdict.labels is None:
        return replace(plan, proven=True, candidates=verdict.candidates)
    return Plan(verdict.labels, verdict.energy, plan.parts, proven=True, candidates=verdict.candidates)
