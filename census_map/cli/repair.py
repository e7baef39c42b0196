"""`census-map repair`: mend the borders of mini-areas by rule."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.checks import run_checks
from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.coverage.proposal import KINDS_BY_RULE
from census_map.i18n import _, ngettext
from census_map.mending import apply_mends, first_mends, mend_rules, propose_mends
from census_map.task import portion


def repair(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="G03", help=_("Only faults of this check rule."))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would be done."))] = False,
) -> None:
    """Mend by the likeliest proposal; exit status 1 when faults are left."""
    rules = mend_rules(rule or KINDS_BY_RULE)
    with open_workspace(workspace) as opened, progress_bar(_("Mending")) as report:
        problems = {problem.id: problem for problem in run_checks(opened, rules, report=portion(report, 0.0, 0.3))}
        mendings = propose_mends(opened, problems.values(), report=portion(report, 0.3, 0.6))
        chosen = first_mends(mendings)
        done = apply_mends(opened, chosen, report=portion(report, 0.6, 1.0)) if chosen and not dry_run else None
    for identifier, mending in mendings.items():
        text = f"{mending.mends[0].title}: {mending.mends[0].effect}" if mending.mends else f"! {mending.why_not}"
        say(f"{problems[identifier].rule}  {problems[identifier].message}")
        say(f"    {text}")
    for why in () if done is None else done.refused:
        say(f"! {why}")
    mended = len(chosen) if done is None else done.mended
    pattern = (
        ngettext("{n} fault can be mended", "{n} faults can be mended", mended)
        if done is None
        else ngettext("{n} fault mended", "{n} faults mended", mended)
    )
    say(pattern.format(n=mended))
    left = len(problems) - (0 if done is None else done.mended)
    if left:
        say(ngettext("{n} fault left", "{n} faults left", left).format(n=left))
        raise typer.Exit(1)
