"""`census-map new`: a workspace from census areas."""

import os
from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.exchange.reading import read_layer
from census_map.exchange.spec import source_name
from census_map.i18n import _, ngettext
from census_map.profile import DEFAULT_PROFILE
from census_map.targets import check_outputs
from census_map.workspace.founding import area_problems, new_workspace


def new(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace to make."))],
    *,
    areas: Annotated[str, typer.Option("--areas", metavar=_("FILE[:layer]"), help=_("Polygons of the census areas."))],
    code: Annotated[str | None, typer.Option("--code", metavar=_("FIELD"), help=_("Field with the code."))] = None,
    name: Annotated[str | None, typer.Option("--name", metavar=_("FIELD"), help=_("Field with the name."))] = None,
    profile: Annotated[
        str, typer.Option("--profile", metavar=_("NAME"), help=_("Rules of the census, or a .toml file."))
    ] = DEFAULT_PROFILE,
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG:n", help=_("Coordinate system; EPSG:4490 unless said."))
    ] = None,
) -> None:
    """Make the workspace and tell what is wrong with the census areas."""
    if not os.path.lexists(workspace):  # what is there already is named by `new_workspace`
        check_outputs(maps=(workspace,), read=(areas, profile))
    with progress_bar(_("New workspace")) as report:
        made = new_workspace(
            workspace,
            read_layer(areas, crs=crs),
            code=code,
            name=name,
            profile=profile,
            crs=crs,
            source=source_name(areas),
            report=report,
        )
    with made:
        count = len(made.read("census_area", columns=["code"]))
        say(ngettext("{n} census area", "{n} census areas", count).format(n=count))
        for problem in area_problems(made):
            say(f"! {problem}")
