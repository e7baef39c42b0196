"""`census-map waive`: explain a warning of the check."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.waiving import waive_problem


def waive(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    problem: Annotated[str, typer.Argument(metavar=_("PROBLEM"), help=_("The warning's id, as the check lists it."))],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar=_("TEXT"), help=_("Why it may stand."))],
    author: Annotated[str, typer.Option("--author", metavar=_("NAME"), help=_("Who says so."))],
) -> None:
    """Write the reason down; it ends when what it was given for changes."""
    with open_workspace(workspace) as opened:
        explained = waive_problem(opened, problem, reason=reason, author=author)
    say(_("Explained: {message}").format(message=explained.message))
