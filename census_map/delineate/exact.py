"""
The best plan of a small graph, with proof.

Every contiguous set of atoms inside the hard window is a possible mini-area with a cost of its own; the best plan is
the cheapest way to take each atom exactly once (set partitioning). The linear relaxation gives a bound below every
plan; sets whose reduced cost exceeds the gap between that bound and the best plan known cannot be in a better plan,
and the few that are left are decided by `scipy.optimize.milp`. So the optimum is proven, and so is it when no plan
exists at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array, vstack

from census_map.delineate.graph import Graph, Ints
from census_map.delineate.objective import Terms

ATOMS = 25
"""Graphs up to this size are solved with proof."""
KEPT = 150_000
"""The listing is given up when so many sets fit the window, or ten times as many were looked at."""


@dataclass(frozen=True)
class Candidates:
    """Possible mini-areas: which atoms each holds (rows), and twice its share of a plan's energy."""

    members: NDArray[np.bool_]
    costs: Ints


@dataclass(frozen=True)
class Verdict:
    """
    What is proven about a graph and a number of parts.

    Parameters
    ----------
    labels
        The best plan; None when it is proven that none keeps to the window.
    energy
        Of that plan.
    candidates
        How many possible mini-areas were weighed.
    """

    labels: Ints | None
    energy: int
    candidates: int


def list_candidates(graph: Graph, terms: Terms, kept: int = KEPT) -> Candidates | None:
    """
    List every contiguous set of atoms that may be a mini-area; None when there are too many.

    Sets above the hard maximum or below the minimum are left out; an atom heavier than the maximum may stand alone.
    """
    near, mass = _neighbour_masks(graph), graph.mass.tolist()
    least, most = terms.vector[1], terms.vector[2]
    masks: list[int] = []
    looks = 10 * kept
    for root in range(len(mass)):
        own = 1 << root
        if mass[root] >= least:
            masks.append(own)
        if mass[root] > most:
            continue
        lower = own - 1
        stack = [(own, near[root] & ~lower, lower | own, mass[root])]
        while stack:
            chosen, border, closed, weight = stack.pop()
            while border:
                bit = border & -border
                border ^= bit
                closed |= bit
                v = bit.bit_length() - 1
                heavier = weight + mass[v]
                if heavier <= most:
                    larger = chosen | bit
                    if heavier >= least:
                        masks.append(larger)
                    stack.append((larger, (border | near[v]) & ~closed, closed, heavier))
            looks -= 1
            if looks < 0 or len(masks) > kept:
                return None
    bits = np.array([list(mask.to_bytes(8, "little")) for mask in masks], dtype=np.uint8).reshape(-1, 8)
    members = np.unpackbits(bits, axis=1, bitorder="little")[:, : len(mass)].astype(bool)
    return Candidates(members, set_costs(members, graph, terms))


def _neighbour_masks(graph: Graph) -> list[int]:
    masks = [0] * len(graph)
    for v in range(len(graph)):
        for u in graph.other[graph.first[v] : graph.first[v + 1]].tolist():
            masks[v] |= 1 << u
    return masks


def set_costs(members: NDArray[np.bool_], graph: Graph, terms: Terms) -> Ints:
    """Give twice each set's energy plus what its borders cost (each border counts from both sides)."""
    pairs = graph.pairs
    tail = np.repeat(np.arange(len(graph)), np.diff(graph.first))
    once = tail < graph.other
    border = members @ graph.rim_cm
    cost = np.zeros(len(members), np.int64)
    for (u, v), length, price in zip(
        pairs.tolist(), graph.length_cm[once].tolist(), graph.cost[once].tolist(), strict=True
    ):
        crossing = members[:, u] != members[:, v]
        border[crossing] += length
        cost[crossing] += price
    alone = part_energies(members @ graph.mass, members @ graph.room_dm2, border, terms)
    return cost + 2 * (graph.doors.walks(members) + alone)


def part_energies(weight: Ints, area: Ints, border: Ints, terms: Terms) -> Ints:
    """Judge many parts at once, as `kernel.part_energy` judges one."""
    target, least, most, low, high, beyond, balance, compact = terms.vector
    energy = np.zeros(len(weight), np.int64)
    for lack, slope, step in (
        (least - weight, 1_000_000, 1_000_000), (weight - most, 1_000_000, 1_000_000),
        (low - weight, 20 * beyond, beyond), (weight - high, 20 * beyond, beyond),
    ):  # fmt: skip
        energy += np.where(lack > 0, step + lack * slope // target, 0)
    off = (weight - target) * 1000 // target
    energy += off * off * balance // 1_000_000
    roundness = 1256637 * area // (border * border // 1000 + 1) // 1000
    energy += np.where(border > 0, (1000 - roundness) * compact // 1000, 0)
    return energy


def best_plan(graph: Graph, terms: Terms, parts: int, known: int | None = None, *, kept: int = KEPT) -> Verdict | None:
    """
    Find the best plan of exactly so many parts, with proof.

    Parameters
    ----------
    known
        Energy of a plan; only better ones are looked for.
    kept
        See `KEPT`.

    Returns
    -------
    verdict
        `labels` is None when no plan (no better one, if `known` is given) exists. None: too many possible mini-areas.
    """
    candidates = list_candidates(graph, terms, kept)
    if candidates is None:
        return None
    count = len(candidates.costs)
    chosen = cheapest_cover(candidates.members, candidates.costs, parts, known)
    if chosen is None:
        return Verdict(None, 0, count)
    labels = np.argmax(candidates.members[chosen], axis=0).astype(np.int64)
    return Verdict(labels, int(candidates.costs[chosen].sum()) // 2, count)


def cheapest_cover(
    members: NDArray[np.bool_], costs: Ints, parts: int, known: int | None = None, *, nodes: int | None = None
) -> Ints | None:
    """
    Find the cheapest way to take each atom exactly once.

    Parameters
    ----------
    members, costs
        See `Candidates`.
    parts
        How many candidates to take.
    known
        Energy of a plan; what is no better need not be found.
    nodes
        Branches that may be looked at; None: until it is proven.

    Returns
    -------
    chosen
        Rows of `members`; None when there is no (no better) way.
    """
    if not members.any(axis=0).all():
        return None
    prices, atoms = costs.astype(float), members.shape[1]
    matrix = vstack([csc_array(members.T.astype(float)), csc_array(np.ones((1, len(costs))))], format="csc")
    wanted = np.append(np.ones(atoms), parts)
    relaxed = linprog(prices, A_eq=matrix, b_eq=wanted, bounds=(0, 1), method="highs")
    if relaxed.x is None:
        return None
    left = np.arange(len(costs))
    if known is not None:
        reduced = prices - matrix.T @ relaxed.eqlin.marginals
        left = np.flatnonzero(reduced <= 2 * known - relaxed.fun + 1e-3 * atoms)
    if not len(left):
        return None
    options = {"mip_rel_gap": 0.0} if nodes is None else {"mip_rel_gap": 0.0, "node_limit": nodes}
    answer = milp(
        prices[left], constraints=[LinearConstraint(matrix[:, left], wanted, wanted)],
        integrality=np.ones(len(left)), bounds=Bounds(0, 1), options=options,
    )  # fmt: skip
    return None if answer.x is None else left[answer.x > 0.5]
