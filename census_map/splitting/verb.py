"""
The verb `split`: census areas of a workspace into mini-areas.

Drafts in the chosen census areas are replaced (the history keeps them); whatever somebody has signed, locked or made
virtual stays, and only the rest of its census area is divided. Nothing is written unless the mini-areas are an exact
coverage of their census area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from census_map.delineate import summarise
from census_map.i18n import _
from census_map.splitting.accept import accept_plan
from census_map.splitting.inputs import choose_size
from census_map.splitting.left_out import LeftOut, find_left_out, left_out_line
from census_map.splitting.plan import current_plan
from census_map.splitting.propose import propose_plans
from census_map.splitting.towers import tower_lines
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace


@dataclass(frozen=True)
class SplitReport:
    """
    What a split did.

    Attributes
    ----------
    summary
        The JSON of `coverage split`: what was achieved in each census area, and the bound.
    made, replaced, kept
        Numbers of mini-areas: new ones, drafts they replace, and those left as they were.
    problems
        What a person should look at, one line each.
    left_out
        The buildings with people that lie in no census area, told among the problems; None: there are none.
    """

    summary: dict[str, Any]
    made: int
    replaced: int
    kept: int
    problems: tuple[str, ...]
    left_out: LeftOut | None = None


def split_workspace(
    workspace: Workspace,
    *,
    areas: Sequence[str] | None = None,
    target: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    by: str | None = None,
    count: int | None = None,
    wish: str | None = None,
    seed: int = 0,
    seconds: float | None = None,
    report: Report = silent,
) -> SplitReport:
    """
    Split census areas into mini-areas.

    Parameters
    ----------
    workspace
        With census areas and buildings.
    areas
        Codes of the census areas; None: all.
    target, minimum, maximum
        Size of a mini-area and its band, in `by`; None: as it was last split, or the profile's.
    by
        `persons` or `households`; None: as it was last split, or the profile's.
    wish
        One of `census_map.delineate.WISHES`: short walks, round shapes, borders along roads; None: a bit of each.
    count
        Exactly so many mini-areas for each census area, those that stay among them; None: as the size asks for.
    seed
        Same seed, same result.
    seconds
        Stop searching after so long, with the best of then; the result is then not repeatable. None: no limit.

    Returns
    -------
    report
        The new mini-areas are drafts without code; `numbering` gives codes.

    Raises
    ------
    InputError
        No such census area, or a size that cannot be.
    EditRefused
        The result would not be exact: the census area or what was kept in it must be mended first.
    """
    report(0.0, _("reading"))
    size = choose_size(workspace.size, target, minimum, maximum, by)
    start = current_plan(workspace, areas, size=size)
    step = portion(report, 0.05, 0.9)
    plans = propose_plans(workspace, start, count=count, plans=1, seed=seed, seconds=seconds, wish=wish, report=step)
    if not plans:
        return SplitReport({"areas": []}, 0, 0, len(start.parts), (_("Nothing to split: every mini-area is signed."),))
    done = accept_plan(workspace, plans[0], report=portion(report, 0.9, 1.0))
    left = find_left_out(workspace, size.by)
    told = (left_out_line(left, size.by),) if left.names else ()
    problems = (*done.problems, *tower_lines(workspace, plans[0].proofs.values()), *told)
    summary = summarise(plans[0].proofs.values())
    return SplitReport(summary, done.made, done.removed, done.kept, problems, left if left.names else None)
