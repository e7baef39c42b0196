"""`census-map export`: write the package for the county office."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from census_map.checks import count_by_severity
from census_map.checks.package_rules import PACKAGE_RULES
from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.errors import WorkspaceError
from census_map.exchange.package import export_package
from census_map.i18n import _, ngettext
from census_map.progress import remember
from census_map.targets import check_folder


def export(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    out: Annotated[Path, typer.Option("--out", metavar=_("DIR"), help=_("Folder for the package."))],
    encoding: Annotated[str, typer.Option("--encoding", metavar=_("NAME"), help=_("UTF-8, GBK or GB18030."))] = "UTF-8",
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG:n", help=_("Coordinate system of the map files, EPSG:n."))
    ] = None,
    maps: Annotated[
        Path | None, typer.Option("--maps", metavar=_("DIR"), help=_("Folder with printed maps to put in."))
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help=_("Write a package that says it is a draft, whatever errors are left."))
    ] = False,
) -> None:
    """Write the package; exit status 1 and no package when errors are left or something would be lost."""
    check_folder(out, read=(workspace, maps))
    with open_workspace(workspace) as opened, progress_bar(_("Packing")) as report:
        package = export_package(opened, out, encoding=encoding, crs=crs, maps=maps, draft=draft, report=report)
        if package.final:
            with suppress(WorkspaceError):  # a workspace that may only be read is packed all the same
                remember(opened, "export")
    if package.folder is None:
        for problem in package.obstacles:
            say(f"{problem.id}  {problem.message}")
        say(_("No package was written: settle these first."))
        if not draft and not any(problem.rule in PACKAGE_RULES for problem in package.obstacles):
            say(_("A draft for looking at is written with --draft."))
        raise typer.Exit(1)
    say(str(package.folder))
    if not package.final:
        errors = count_by_severity(package.problems)["error"]
        if errors:
            text = ngettext("This is a draft: {n} error is left.", "This is a draft: {n} errors are left.", errors)
        else:
            text = _("This is a draft: not all mini-areas are locked.")
        say(text.format(n=errors))
