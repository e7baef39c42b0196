"""`census-map add`: the rows of a file into the workspace."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.mapping import parse_mapping
from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.exchange.reading import read_layer, read_plain_layer
from census_map.exchange.spec import source_name
from census_map.exchange.table import is_table, read_table
from census_map.i18n import _
from census_map.workspace.importing import add_layer


def add(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    kind: Annotated[
        str,
        typer.Argument(
            metavar=_("KIND"),
            help=_("What the rows are: building, dwelling, road, water, railway, wall, landmark or mini_area."),
        ),
    ],
    file: Annotated[str, typer.Argument(metavar=_("FILE[:layer]"), help=_("Layer or table with the rows."))],
    *,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar=_("column=FIELD"), help=_("Which field fills a column; the rest is guessed.")),
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG:n", help=_("Coordinate system of a file that names none."))
    ] = None,
) -> None:
    """Add the rows, or update those that came from the same file before."""
    chosen = parse_mapping(mapping or [])
    with open_workspace(workspace) as opened:
        frame = read_table(file) if is_table(file) else read_plain_layer(file)
        frame = read_layer(file, crs=crs) if frame is None else frame
        with progress_bar(_("Adding")) as report:
            done = add_layer(opened, kind, frame, chosen, source=source_name(file), crs=crs, report=report)
    say(
        _("added {added}, updated {updated}, unchanged {unchanged}").format(
            added=done.added, updated=done.updated, unchanged=done.unchanged
        )
    )
    for column, fields in done.columns.items():
        say(f"  {column} = {'+'.join(fields)}")
    if done.left:
        say(_("not taken over: {fields}").format(fields=", ".join(done.left)))
    for problem in done.problems:
        say(f"! {problem}")
