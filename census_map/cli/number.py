"""`census-map number`: codes for mini-areas, buildings and dwellings."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.numbering import number_workspace


def number(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    order: Annotated[
        str | None, typer.Option("--order", metavar=_("NAME"), help=_("serpentine; the profile's unless said."))
    ] = None,
) -> None:
    """Number; what was locked once keeps its number."""
    with open_workspace(workspace) as opened, progress_bar(_("Numbering")) as report:
        done = number_workspace(opened, order=order, report=report)
    say(
        _("new codes: {areas} mini-areas, {buildings} buildings, {dwellings} dwelling units").format(
            areas=done.mini_areas, buildings=done.buildings, dwellings=done.dwellings
        )
    )
    for problem in done.problems:
        say(f"! {problem}")
