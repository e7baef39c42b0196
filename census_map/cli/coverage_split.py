"""`census-map coverage split`: divide the polygons of any file into balanced, contiguous parts."""

import sys
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import typer
from geopandas import GeoDataFrame

from census_map.cli.coverage import CrsOption, coverage_app
from census_map.cli.coverage_input import read_areas, read_beside
from census_map.cli.output import JsonFile, write_json
from census_map.cli.progress import progress_bar
from census_map.cli.wording import Verb
from census_map.crs import grid_size, require_crs
from census_map.delineate import Effort, Objective, split_areas
from census_map.exchange.targets import MAP_FAILURES, require_targets
from census_map.i18n import _, ngettext
from census_map.targets import result_file


@coverage_app.command(cls=Verb, help=_("Split areas into contiguous parts of equal size that cut no building."))
def split(
    areas: Annotated[str, typer.Argument(metavar=_("AREAS[:layer]"), help=_("The areas to split."))],
    *,
    buildings: Annotated[
        str, typer.Option("--buildings", metavar=_("FILE[:layer]"), help=_("The buildings, with their weight."))
    ],
    target: Annotated[float, typer.Option("--target", metavar="N", help=_("Wanted weight of a part."))],
    out: Annotated[Path, typer.Option("--out", metavar=_("PARTS.gpkg"), help=_("Where to write."))],
    weight: Annotated[
        str, typer.Option("--weight", metavar=_("FIELD"), help=_("Field of the buildings to balance."))
    ] = "persons",
    lines: Annotated[
        list[str] | None,
        typer.Option(
            "--lines", metavar=_("FILE[:layer]"), help=_("Roads, rivers, railways that borders should follow.")
        ),
    ] = None,
    id_field: Annotated[
        str | None, typer.Option("--id", metavar=_("FIELD"), help=_("Field that identifies an area."))
    ] = None,
    minimum: Annotated[float | None, typer.Option("--min", metavar="N", help=_("Least weight of a part."))] = None,
    maximum: Annotated[float | None, typer.Option("--max", metavar="N", help=_("Most weight of a part."))] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", help=_("Exactly so many parts for each area."))
    ] = None,
    wish: Annotated[
        str | None,
        typer.Option(
            "--wish", metavar=_("WHAT"), help=_("What matters most: short-walks, round-shapes or along-roads.")
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help=_("Same number, same result."))] = 0,
    starts: Annotated[
        int, typer.Option("--starts", metavar="N", help=_("How often to search from a new start."))
    ] = Effort().starts,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds", metavar="N", help=_("Stop searching after so long; the result is then not repeatable.")
        ),
    ] = None,
    crs: CrsOption = None,
    json_file: JsonFile = None,
) -> int:
    """Exit status 0: split; 2: could not run."""
    require_targets(out, json_file, areas, buildings, *(lines or ()))
    whole = read_areas(areas, id_field, crs)
    houses = read_beside(buildings, whole)
    with progress_bar(_("Splitting")) as report:
        result = split_areas(
            whole,
            houses,
            lines=_read_lines(lines or [], whole),
            weight=weight,
            target=target,
            minimum=minimum,
            maximum=maximum,
            count=count,
            grid=grid_size(require_crs(whole)),
            seed=seed,
            objective=Objective().wishing(wish),
            effort=Effort(starts=starts, seconds=seconds),
            report=report,
        )
    _write(result.parts, result.areas, out)
    summary = result.summary()
    write_json(summary, json_file)
    if json_file != "-":
        sys.stdout.write(_summary(summary) + "\n")
    return 0


def _read_lines(specs: list[str], areas: GeoDataFrame) -> GeoDataFrame | None:
    frames = [read_beside(spec, areas) for spec in specs]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=areas.crs) if frames else None


def _write(parts: GeoDataFrame, areas: GeoDataFrame, path: Path) -> None:
    """Write layer `parts`, and layer `areas` with the vertices that the parts' borders needed."""
    with result_file(path, is_map=True, failures=MAP_FAILURES) as draft:
        for layer, frame in (("parts", parts), ("areas", areas)):
            pyogrio.write_dataframe(
                frame,
                draft,
                layer=layer,
                driver="GPKG",
                append=draft.exists(),
                dataset_options={} if draft.exists() else {"VERSION": "1.3"},
            )


def _summary(summary: dict[str, Any]) -> str:
    parts = ngettext("{n} part", "{n} parts", summary["parts"]).format(n=summary["parts"])
    text = _("{parts}, weight {least} to {most}, {over} above the maximum, {under} below the minimum.")
    said = text.format(
        parts=parts, least=summary["min"], most=summary["max"], over=summary["over_max"], under=summary["under_min"]
    )
    towers = sum(len(row["building_parts"]) for row in summary["areas"])
    if not towers:
        return said
    more = ngettext(
        "{n} building above the maximum may be divided into building parts: see “building_parts” in the JSON.",
        "{n} buildings above the maximum may be divided into building parts: see “building_parts” in the JSON.",
        towers,
    )
    return f"{said}\n{more.format(n=towers)}"
