"""A plan: which part each atom belongs to, and how good that is."""

from dataclasses import dataclass, replace

from census_map.delineate.graph import Ints


@dataclass(frozen=True)
class Plan:
    """
    Parts of a graph.

    Parameters
    ----------
    labels
        The part of each atom (0, 1, …).
    energy
        See `Objective`.
    proven
        No plan with so many parts inside the window is better.
    candidates
        How many possible mini-areas the proof weighed.
    stopped
        The search was stopped early, by the caller or by the time limit.
    """

    labels: Ints
    energy: int
    parts: int
    proven: bool = False
    candidates: int = 0
    stopped: bool = False

    def marked(self, *, stopped: bool) -> "Plan":
        """Say whether the search was stopped early; what was stopped proves nothing."""
        return replace(self, stopped=stopped, proven=self.proven and not stopped)
