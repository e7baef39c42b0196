"""`census-map split`: census areas into mini-areas."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.splitting import split_workspace


def split(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    area: Annotated[
        list[str] | None, typer.Option("--area", metavar=_("CODE"), help=_("Only these census areas."))
    ] = None,
    target: Annotated[float | None, typer.Option("--target", metavar="N", help=_("Size of a mini-area."))] = None,
    minimum: Annotated[float | None, typer.Option("--min", metavar="N", help=_("Least size."))] = None,
    maximum: Annotated[float | None, typer.Option("--max", metavar="N", help=_("Largest size."))] = None,
    by: Annotated[str | None, typer.Option("--by", metavar=_("WHAT"), help=_("persons or households."))] = None,
    exactly: Annotated[
        int | None, typer.Option("--exactly", metavar="N", help=_("Exactly so many in each census area."))
    ] = None,
    wish: Annotated[
        str | None,
        typer.Option(
            "--wish", metavar=_("WHAT"), help=_("What matters most: short-walks, round-shapes or along-roads.")
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds", metavar="N", help=_("Stop searching after so long; the result is then not repeatable.")
        ),
    ] = None,
) -> int:
    """Split: drafts in the chosen census areas are replaced, signed mini-areas stay; 1 when people were left out."""
    with open_workspace(workspace) as opened, progress_bar(_("Splitting")) as report:
        done = split_workspace(
            opened,
            areas=area,
            target=target,
            minimum=minimum,
            maximum=maximum,
            by=by,
            count=exactly,
            wish=wish,
            seconds=seconds,
            report=report,
        )
    say(
        _("{made} mini-areas made, {replaced} drafts replaced, {kept} kept").format(
            made=done.made, replaced=done.replaced, kept=done.kept
        )
    )
    for row in done.summary["areas"]:
        say(
            _("{area}: {parts} mini-areas, {least} to {most}").format(
                area=row["area"], parts=row["parts"], least=round(row["min"] or 0), most=round(row["max"] or 0)
            )
        )
    for problem in done.problems:
        say(f"! {problem}")
    return 1 if done.left_out is not None and done.left_out.known else 0
