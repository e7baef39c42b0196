"""Make a plan better by solving small pieces of it exactly, and put the best parts of several plans together."""

from dataclasses import replace

import numpy as np

from census_map.delineate.exact import best_plan, cheapest_cover, set_costs
from census_map.delineate.graph import Graph, Ints
from census_map.delineate.objective import Terms
from census_map.delineate.plan import Plan

NODES = 200
"""Branches that putting plans together may take; the best found by then is used."""

POLISH_ATOMS, POLISH_KEPT = 18, 2000
"""Size of a neighbourhood that is solved exactly."""


def polish(graph: Graph, terms: Terms, plan: Plan, *, rounds: int) -> Plan:
    """
    Solve small neighbourhoods of parts exactly, the worst parts first, and keep what is better.

    Parameters
    ----------
    rounds
        Neighbourhoods to look at for each part.
    """
    labels, energy = plan.labels.copy(), plan.energy
    tail = np.repeat(np.arange(len(graph)), np.diff(graph.first))
    tried: set[tuple[int, ...]] = set()
    budget = rounds * plan.parts
    improved = True
    while improved and budget > 0:
        improved = False
        for centre in _worst_first(graph, terms, labels, plan.parts):
            group = _neighbourhood(labels, labels[tail], labels[graph.other], graph.length_cm, centre)
            members = np.flatnonzero(np.isin(labels, group))
            key = tuple((labels[members] + members * plan.parts).tolist())
            if len(group) < 2 or key in tried or budget <= 0:
                continue
            tried.add(key)
            budget -= 1
            own = graph.restricted(members)
            place = np.searchsorted(np.sort(group), labels[members])
            before = int(set_costs(place == np.arange(len(group))[:, None], own, terms).sum()) // 2
            verdict = best_plan(own, terms, len(group), before, kept=POLISH_KEPT)
            if verdict is None or verdict.labels is None or verdict.energy >= before:
                continue
            labels[members] = np.sort(group)[verdict.labels]
            energy += verdict.energy - before
            improved = True
    return Plan(labels, energy, plan.parts)


def absorb(graph: Graph, terms: Terms, plan: Plan) -> Plan:
    """
    Let parts below the minimum join a neighbour where that makes the plan better.

    Between buildings above the maximum, whose parts are too heavy anyhow, remainders are left that no other part
    reaches.
    """
    labels, energy = plan.labels.copy(), plan.energy
    tail = np.repeat(np.arange(len(graph)), np.diff(graph.first))
    weight = np.bincount(labels, graph.mass, minlength=plan.parts)
    for part in np.argsort(weight, kind="stable").tolist():
        if weight[part] >= terms.vector[1]:
            break
        near = np.unique(labels[graph.other[labels[tail] == part]])
        near = near[near != part]
        if not len(near):
            continue
        own = int(set_costs((labels == part)[None, :], graph, terms)[0])
        theirs = set_costs(labels[None, :] == near[:, None], graph, terms)
        joined = set_costs((labels[None, :] == near[:, None]) | (labels == part)[None, :], graph, terms)
        change = joined - theirs - own
        k = int(np.argmin(change))
        if change[k] < 0:
            labels[labels == part] = near[k]
            energy += int(change[k]) // 2
    if energy == plan.energy:
        return plan
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return Plan(labels, energy, int(labels.max()) + 1)


def recombine(graph: Graph, terms: Terms, plans: list[Plan]) -> Plan:
    """
    Put the best parts of several plans together.

    All parts of all plans are candidates; the cheapest way to take every atom exactly once is found exactly, as in
    `exact`. Where two plans have a border in common, each side comes from the plan that is better there.

    Parameters
    ----------
    plans
        Of the same graph and number of parts.

    Returns
    -------
    plan
        At least as good as the best of them.
    """
    best = min(plans, key=lambda plan: plan.energy)
    members = np.concatenate([plan.labels == np.arange(plan.parts)[:, None] for plan in plans])
    members = np.unique(np.packbits(members, axis=1), axis=0)
    if len(members) == best.parts:
        return best
    members = np.unpackbits(members, axis=1, count=len(graph)).astype(bool)
    costs = set_costs(members, graph, terms)
    chosen = cheapest_cover(members, costs, best.parts, best.energy, nodes=NODES)
    if chosen is None or costs[chosen].sum() >= 2 * best.energy:
        return best
    labels = np.argmax(members[chosen], axis=0).astype(np.int64)
    return replace(best, labels=labels, energy=int(costs[chosen].sum()) // 2)


def _worst_first(graph: Graph, terms: Terms, labels: Ints, parts: int) -> list[int]:
    members = labels[None, :] == np.arange(parts)[:, None]
    cost = set_costs(members, graph, terms)
    return [int(p) for p in np.argsort(-cost, kind="stable")]


def _neighbourhood(labels: Ints, here: Ints, there: Ints, length: Ints, centre: int) -> Ints:
    """Choose a part and the neighbours it shares most border with, as many as can be solved exactly."""
    size = np.bincount(labels)
    group = [centre]
    atoms = int(size[centre])
    while True:
        inside = np.isin(here, group) & ~np.isin(there, group)
        shared = np.bincount(there[inside], length[inside], minlength=len(size))
        shared[size + atoms > POLISH_ATOMS] = 0
        if not shared.any():
            return np.array(group)
        chosen = int(np.argmax(shared))
        group.append(chosen)
        atoms += int(size[chosen])
