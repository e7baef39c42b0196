"""When a search has to stop: because the caller says so, or because its time is up."""

import time

from census_map.errors import Cancelled
from census_map.task import Report


class Watch:
    """
    A report that also knows the time; both ways to stop raise `Cancelled` in the search, which keeps its best plan.

    Parameters
    ----------
    report
        Where progress is told, and whence the caller stops the work.
    seconds
        Time on the wall after which the search stops; None: no limit.

    Attributes
    ----------
    cancelled
        The caller stopped the work (not the time limit).
    """

    def __init__(self, report: Report, seconds: float | None = None) -> None:
        self._report = report
        self._until = None if seconds is None else time.monotonic() + seconds
        self.cancelled = False

    def __call__(self, fraction: float, text: str) -> None:
        """Pass progress on."""
        try:
            self._report(fraction, text)
        except Cancelled:
            self.cancelled = True
            raise
        if self._until is not None and time.monotonic() > self._until:
            raise Cancelled

    def share(self, areas_left: int) -> float | None:
        """Give the seconds that one of the areas not done yet may take."""
        if self._until is None:
            return None
        return max(self._until - time.monotonic(), 0.0) / max(areas_left, 1)
