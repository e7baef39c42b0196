"""
What dividing asks of the library: a path and a plan in, plans out, no QGIS.

Everything runs in the background; only `accept` writes, in one transaction.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from census_map.errors import Cancelled
from census_map.i18n import _, ngettext
from census_map.task import Report, portion

if TYPE_CHECKING:
    import pandas as pd

    from census_map.splitting import Plan, Quality


@dataclass(frozen=True)
class Wish:
    """
    What she asks for.

    Attributes
    ----------
    target, minimum, maximum
        Size of a mini-area, in `by`.
    by
        `persons` or `households`.
    count
        Exactly so many mini-areas; None: as the size asks for.
    """

    target: int
    minimum: int
    maximum: int
    by: str
    count: int | None = None


@dataclass(frozen=True)
class View:
    """A plan with what is shown of it, measured in the background."""

    plan: "Plan"
    quality: "Quality"
    reasons: dict[int, str]

    @cached_property
    def figures(self) -> "pd.DataFrame":
        """What each mini-area holds."""
        return self.plan.figures


@dataclass(frozen=True)
class Found:
    """The division there is, and the plans found; `stopped` when she ended the search early."""

    base: View
    plans: tuple[View, ...]
    stopped: bool = False


def look(plan: "Plan") -> View:
    """Measure a plan."""
    from census_map.splitting import quality_of, reasons  # noqa: PLC0415

    return View(plan, quality_of(plan), reasons(plan))


def load(path: Path, codes: tuple[str, ...], report: Report) -> Found:
    """Read how census areas are divided now."""
    from census_map.splitting import current_plan  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    report(0.0, _("reading"))
    with Workspace.open(path) as workspace:
        return Found(look(current_plan(workspace, codes)), ())


def propose(
    path: Path, codes: tuple[str, ...], wish: Wish | None, start: "Plan | None", report: Report, *, plans: int = 3
) -> Found:
    """
    Find plans; stopping keeps those found so far.

    Parameters
    ----------
    wish
        None: the size in force.
    start
        A plan with what is to be kept marked; None: the division there is.
    plans
        How many at most.
    """
    from census_map.splitting import current_plan, propose_plans  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    listener = _Listener(report)
    with Workspace.open(path) as workspace:
        listener(0.0, _("reading"))
        base = current_plan(workspace, codes)
        ground = resized(start or base, wish)
        count = None if wish is None else wish.count
        found = propose_plans(workspace, ground, count=count, plans=plans, report=portion(listener, 0.05, 1.0))
    return Found(look(base), tuple(look(plan) for plan in found), listener.stopped)


def rebalance(path: Path, plan: "Plan", report: Report) -> View:
    """Improve a plan with few moves; stopping keeps the best so far."""
    from census_map.splitting import rebalance_plan  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        return look(rebalance_plan(workspace, plan, report=report))


def split(path: Path, plan: "Plan", row: int, report: Report) -> View:
    """Divide one mini-area of a plan in two."""
    from census_map.splitting import split_one  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        return look(split_one(workspace, plan, row, report=report))


def merge(path: Path, plan: "Plan", one: int, two: int, report: Report) -> View:
    """Join two mini-areas of a plan."""
    from census_map.splitting import merge_two  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    report(0.0, "")
    with Workspace.open(path) as workspace:
        return look(merge_two(workspace, plan, one, two))


def accept(path: Path, plan: "Plan", report: Report) -> str:
    """Write a plan; says what was done."""
    from census_map.splitting import accept_plan  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        done = accept_plan(workspace, plan, reason=_("Divide into mini-areas"), report=report)
    n = done.made + done.changed + done.kept
    text = ngettext("Accepted: {n} mini-area now.", "Accepted: {n} mini-areas now.", n).format(n=n)
    return " ".join((text, *done.problems[:1]))


def resized(plan: "Plan", wish: Wish | None) -> "Plan":
    """Put the size she wishes for into a plan."""
    from dataclasses import replace  # noqa: PLC0415

    if wish is None:
        return plan
    size = replace(plan.size, target=wish.target, minimum=wish.minimum, maximum=wish.maximum, by=wish.by)
    return replace(plan, size=size)


class _Listener:
    """Passes reports on, and remembers whether she asked to stop."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.stopped = False

    def __call__(self, fraction: float, text: str) -> None:
        try:
            self._report(fraction, text)
        except Cancelled:
            self.stopped = True
            raise
