"""Run the kernel: interpreted on lists, or compiled on arrays where numba is installed. Same walk, same plan."""

import importlib.util
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from census_map.delineate import kernel
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Terms

COMPILED = (
    "part_energy", "spanning", "spanning_of", "spanning_of_tree", "hand_over", "refresh", "stays_connected", "recut",
    "anneal",
)  # fmt: skip
"""Functions of the kernel, each after those that it calls."""
SLICES = 40
"""Temperatures of one walk."""


def logarithms() -> list[int]:
    """Tabulate -1024 ln((i + 0.5) / 1024), so that no machine's own logarithm enters the search."""
    return [round(-1024 * math.log((i + 0.5) / 1024)) for i in range(1024)]


LOGS = logarithms()


@lru_cache(maxsize=1)
def compiled() -> ModuleType | None:
    """Give a copy of the kernel compiled by numba, or None where that is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        import numba  # noqa: PLC0415  optional, and slow to load
    except ImportError:  # installed, but not for this numpy
        return None
    spec = importlib.util.spec_from_file_location("census_map.delineate.kernel_compiled", Path(kernel.__file__))
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # numba's cache on disk finds its functions by module name
    spec.loader.exec_module(module)
    for name in COMPILED:
        setattr(module, name, numba.njit(cache=True)(getattr(module, name)))
    return module


@dataclass
class Walk:
    """One chain of the annealing: its plan, the best plan so far, and the random numbers to go on with."""

    plan: NDArray[np.int64]
    best: NDArray[np.int64]
    energy: int
    seed: int


class Searcher:
    """
    The kernel with a graph's arrays laid out for it.

    Parameters
    ----------
    graph, terms
        What to search on.
    parts
        Number of parts.
    prior
        Units for having an atom in a part, atoms × parts; None: no existing plan.
    fast
        None: compiled when installed and worth its start; True, False: force.
    """

    def __init__(
        self,
        graph: Graph,
        terms: Terms,
        parts: int,
        *,
        prior: NDArray[np.int64] | None = None,
        fast: bool = False,
    ) -> None:
        self._parts = parts
        module = compiled() if fast else None
        self._kernel = module or kernel
        self._arrays = module is not None
        self._graph = tuple(
            self._lay(a)
            for a in (
                graph.first,
                graph.other,
                graph.length_cm,
                graph.cost,
                graph.mass,
                graph.room_dm2,
                graph.rim_cm,
                graph.doors.number,
                graph.doors.ways.ravel(),
            )
        )
        self._terms = terms.vector
        n, m, d = len(graph.mass), len(graph.other), len(graph.doors.ways)
        self._state = tuple(self._lay(np.zeros(size)) for size in (*[parts] * 7, d + 1, d + 1))
        self._work = tuple(self._lay(np.zeros(size)) for size in (n, n + 1, n, n, n, 2 * m + 2, d + 1, d + 1))
        self._prior = self._lay(np.zeros(1) if prior is None else prior.ravel())
        self._logs = self._lay(np.array(LOGS))

    def _lay(self, values: NDArray[np.generic] | Sequence[int]) -> object:
        array = np.array(values, dtype=np.int64)
        return array if self._arrays else array.tolist()

    def energy(self, plan: NDArray[np.int64]) -> int:
        """Judge a plan."""
        return self.walk(Walk(plan, plan, 0, 1), [], steps=0, joint=0).energy

    def walk(self, start: Walk, heats: Sequence[int], *, steps: int, joint: int) -> Walk:
        """Go on from a walk's plan through some temperatures, `steps` proposals at each."""
        part, best = self._lay(start.plan), self._lay(start.plan)
        temperatures = self._lay(np.array(heats, dtype=np.int64))
        energy, seed = self._kernel.anneal(
            part, best, self._parts, self._graph, self._terms, self._state, self._work, self._prior, temperatures,
            self._logs, start.seed, steps, joint,
        )  # fmt: skip
        return Walk(np.asarray(part, dtype=np.int64), np.asarray(best, dtype=np.int64), int(energy), int(seed))


def cooling(hot: int, cold: int, slices: int = SLICES) -> list[int]:
    """Give temperatures that fall geometrically."""
    ratio = (cold / hot) ** (1 / max(slices - 1, 1))
    return [round(hot * ratio**i) for i in range(slices)]
