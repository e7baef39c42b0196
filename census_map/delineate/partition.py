"""
Divide the graph of atoms into contiguous, balanced parts.

The number of parts follows from the window; the search starts from random spanning trees cut in proportion, walks
from hot to cold several times (`kernel.anneal`), and keeps the best plan met.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from census_map.delineate.graph import Floats, Graph, Ints
from census_map.delineate.objective import Terms, Window
from census_map.delineate.search import Searcher, Walk, cooling
from census_map.errors import Cancelled
from census_map.i18n import _
from census_map.task import Report, silent

HOT, COLD = 500, 12
"""First and last temperature, units of `Objective`."""
JOINT = 60
"""Of 1000 proposals, how many join two parts and cut them again."""


@dataclass(frozen=True)
class Effort:
    """
    How long to search; counts, not seconds, so that the result is the same on any machine.

    Parameters
    ----------
    proposals
        Proposals for each atom and start.
    starts
        Independent starts.
    fast
        Use the compiled kernel (numba) where it is installed. The plan is the same.
    """

    proposals: int = 400
    starts: int = 2
    fast: bool = True


@dataclass(frozen=True)
class Plan:
    """Parts of a graph: the part of each atom (0, 1, …), and the plan's energy (`Objective`)."""

    labels: Ints
    energy: int
    parts: int


def weight_scale(weights: Floats) -> float:
    """Give the whole number of kernel units for one unit of weight: 1 for whole numbers, else 1000."""
    return 1.0 if np.all(weights == np.rint(weights)) else 1000.0


def count_parts(weights: Floats, window: Window) -> int:
    """
    Choose the number of parts.

    An atom above the maximum is a part of its own; the others are as many as the target asks for, within what the
    minimum and the maximum allow.
    """
    giant = weights > window.maximum
    rest = float(weights[~giant].sum())
    wanted = max(int(np.floor(rest / window.target + 0.5)), 0 if giant.any() else 1)
    fewest = int(np.ceil(rest / window.maximum - 1e-9))
    most = int(np.floor(rest / window.minimum + 1e-9)) if window.minimum > 0 else wanted
    wanted = max(min(wanted, max(most, 1)), fewest)
    return max(min(int(giant.sum()) + wanted, len(weights)), 1)


def grow_start(graph: Graph, parts: int, seed: int) -> tuple[Ints, int]:
    """
    Cut random spanning trees in proportion until there are enough parts.

    Returns
    -------
    labels, seed
        Every part in one piece and not empty; state of the random numbers.
    """
    labels = np.zeros(len(graph), np.int64)
    todo = [(0, parts)]
    fresh = 1
    while todo:
        label, share = todo.pop()
        if share == 1:
            continue
        members = np.flatnonzero(labels == label)
        below, half, seed = _best_tree_cut(graph, labels, members, share, seed)
        labels[below] = fresh
        todo += [(label, share - half), (fresh, half)]
        fresh += 1
    return labels, seed


def _best_tree_cut(graph: Graph, labels: Ints, members: Ints, share: int, seed: int) -> tuple[list[int], int, int]:
    """Of a few random trees over a part, find the cut that divides its weight best for `share` parts."""
    first, other, mass = graph.first, graph.other, graph.mass
    whole = float(mass[members].sum())
    best: tuple[float, list[int], int] | None = None
    for _try in range(3):
        seed = seed * 48271 % 2147483647
        root = int(members[seed % len(members)])
        order, parent, place = [root], [-1], {root: 0}
        pending = [(int(u), 0) for u in other[first[root] : first[root + 1]] if labels[u] == labels[root]]
        while pending:
            seed = seed * 48271 % 2147483647
            i = seed % len(pending)
            pending[i], pending[-1] = pending[-1], pending[i]
            u, up = pending.pop()
            if u in place:
                continue
            place[u] = len(order)
            order.append(u)
            parent.append(up)
            here = place[u]
            pending += [
                (int(w), here) for w in other[first[u] : first[u + 1]] if labels[w] == labels[u] and int(w) not in place
            ]
        load = mass[order].astype(float).tolist()
        size = [1] * len(order)
        for i in range(len(order) - 1, 0, -1):
            load[parent[i]] += load[i]
            size[parent[i]] += size[i]
        for i in range(1, len(order)):
            if whole > 0:
                half = min(max(round(share * load[i] / whole), 1), share - 1)
            else:
                half = min(max(round(share * size[i] / len(order)), 1), share - 1)
            half = min(half, size[i])
            if len(order) - size[i] < share - half:
                continue
            off = abs(load[i] - whole * half / share) / max(half, 1)
            if best is None or off < best[0]:
                below = [False] * len(order)
                below[i] = True
                for j in range(i + 1, len(order)):
                    below[j] = below[parent[j]]
                best = (off, [order[j] for j in range(len(order)) if below[j]], half)
    assert best is not None
    return best[1], best[2], seed


def divide(
    graph: Graph,
    terms: Terms,
    parts: int,
    *,
    effort: Effort,
    seed: int = 0,
    start: Ints | None = None,
    prior: NDArray[np.int64] | None = None,
    report: Report = silent,
) -> Plan:
    """
    Search for the best plan of a connected graph.

    Parameters
    ----------
    parts
        Number of parts, at most as many as atoms.
    start
        An existing plan to improve; None: from nothing.
    prior
        See `Searcher`.
    report
        Raising `Cancelled` from it ends the search with the best plan so far.
    """
    if parts == 1:
        return Plan(np.zeros(len(graph), np.int64), 0, 1)
    if parts == len(graph):
        return Plan(np.arange(len(graph)), 0, parts)
    searcher = Searcher(graph, terms, parts, prior=prior, fast=effort.fast)
    chance = (seed * 7919 + 12345) % 2147483646 + 1
    heats = cooling(HOT, COLD)
    steps = max(effort.proposals * len(graph) // len(heats), 1)
    best: Walk | None = None
    try:
        for attempt in range(effort.starts):
            report(attempt / effort.starts, _("Searching for the best plan"))
            if start is None:
                plan, chance = grow_start(graph, parts, chance)
            else:
                plan = start
            walk = searcher.walk(Walk(plan, plan, 0, chance), heats, steps=steps, joint=JOINT)
            walk = searcher.walk(Walk(walk.best, walk.best, 0, walk.seed), [0], steps=20 * len(graph), joint=JOINT)
            chance = walk.seed
            if best is None or walk.energy < best.energy:
                best = walk
    except Cancelled:
        if best is None:
            raise
    assert best is not None
    return Plan(best.best, best.energy, parts)
