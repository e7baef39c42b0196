"""`census-map coverage ...`: the coverage engine on any polygon file, no workspace needed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.coverage_input import read_areas, read_containers, say_overlapping
from census_map.cli.output import JsonFile, write_json
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.cli.wording import Group, Verb
from census_map.coverage.faults import find_faults, report_of
from census_map.exchange.fault_layers import kind_title, write_faults
from census_map.exchange.targets import require_targets
from census_map.i18n import _, ngettext

coverage_app = typer.Typer(
    cls=Group, rich_markup_mode=None, help=_("Check and mend polygons that must leave nothing out and nothing double.")
)

AreasArgument = Annotated[
    str, typer.Argument(metavar=_("AREAS[:layer]"), help=_("Polygons: a file, or a file and layer."))
]
WithinOption = Annotated[
    str | None,
    typer.Option("--within", metavar=_("CONTAINERS[:layer]"), help=_("Polygons that the areas must cover exactly.")),
]
IdOption = Annotated[
    str | None,
    typer.Option("--id", metavar=_("FIELD"), help=_("The field that identifies an area; default: row number.")),
]
CrsOption = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG:n", help=_("Coordinate system of files that do not say their own."))
]


@coverage_app.command(
    cls=Verb, help=_("Find every gap, overlap and unmatched border of polygons that must form a coverage.")
)
def check(
    context: typer.Context,
    areas: AreasArgument,
    *,
    within: WithinOption = None,
    id_field: IdOption = None,
    crs: CrsOption = None,
    json_file: JsonFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar=_("FAULTS.gpkg"), help=_("Write the faults as map layers."))
    ] = None,
) -> int:
    """Exit status 0: exact; 1: faults found; 2: could not run."""
    require_targets(out, json_file, areas, within)
    frame = read_areas(areas, id_field, crs, only_shapes=True)
    boxes = read_containers(within, id_field, crs, frame)
    overlapping = say_overlapping(boxes)
    with progress_bar(_("Checking")) as report:
        faults = find_faults(frame, boxes, report=report)
    result = report_of(faults, len(frame), 0 if boxes is None else len(boxes))
    result["valid"] = result["valid"] and not overlapping
    if out is not None:
        write_faults(faults, out)
    write_json(result, json_file)
    if json_file != "-":
        say(_summary(result))
    if context.obj is not None:
        context.obj.append(frame)  # `run` ends the process without taking it down
    return 0 if result["valid"] else 1


def _summary(result: dict[str, Any]) -> str:
    count = len(result["faults"])
    if not count and not result["valid"]:
        return _("No fault of the areas was found, but their containers overlap.")
    if not count:
        return ngettext("{n} area, an exact coverage.", "{n} areas, an exact coverage.", result["areas"]).format(
            n=result["areas"]
        )
    kinds = ", ".join(f"{kind_title(kind)} {number}" for kind, number in result["counts"].items() if number)
    return ngettext("{n} fault: {kinds}.", "{n} faults: {kinds}.", count).format(n=count, kinds=kinds)
