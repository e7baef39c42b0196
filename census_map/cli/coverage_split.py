"""`census-map coverage split`: divide the polygons of any file into balanced, contiguous parts."""

from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import typer
from geopandas import GeoDataFrame

from census_map.cli.coverage import CrsOption, coverage_app
from census_map.cli.coverage_input import read_areas, read_beside, require_apart
from census_map.cli.output import JsonFile, write_json
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.cli.wording import Verb
from census_map.crs import grid_size, require_crs
from census_map.delineate import Effort, Objective, SplitResult, split_areas
from census_map.delineate.basis import read_weights
from census_map.exchange.targets import MAP_FAILURES, require_targets
from census_map.i18n import _, ngettext
from census_map.targets import result_file

_SHOWN = 10


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
    """Exit status 0: split; 1: split, but buildings with people lie outside all areas; 2: could not run."""
    require_targets(out, json_file, areas, buildings, *(lines or ()))
    whole = read_areas(areas, id_field, crs)
    require_apart(whole)
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
    outside = _outside(result, houses, weight)
    summary = result.summary() | {"outside": outside}
    write_json(summary, json_file)
    if json_file != "-":
        for line in _summary(summary):
            say(line)
    return 1 if outside else 0


def _outside(result: SplitResult, houses: GeoDataFrame, weight: str) -> list[dict[str, Any]]:
    """List the buildings with people that no part holds, and say so on stderr."""
    if not len(houses) or result.unfinished:
        return []
    people = pd.Series(read_weights(houses, weight), index=houses.index)
    unsaid = int(pd.to_numeric(houses[weight], errors="coerce").isna().sum())
    if unsaid:
        text = ngettext(
            "{n} building has no “{field}”: it counts nothing.",
            "{n} buildings have no “{field}”: they count nothing.",
            unsaid,
        )
        say(text.format(n=unsaid, field=weight), err=True)
    taken = pd.Index([label for split in result.splits for label in split.buildings.index])
    lost = people[(people > 0) & ~people.index.isin(taken)]
    if lost.empty:
        return []
    text = ngettext(
        "{n} building outside all areas was not taken, {weight} of {total} {field}: row {rows} (counted from 1)",
        "{n} buildings outside all areas were not taken, {weight} of {total} {field}: rows {rows} (counted from 1)",
        len(lost),
    )
    rows = ", ".join(str(int(row) + 1) for row in lost.index[:_SHOWN]) + (" …" if len(lost) > _SHOWN else "")
    told = {"weight": f"{lost.sum():,.10g}", "total": f"{people.sum():,.10g}", "field": weight, "rows": rows}
    say(text.format(n=len(lost), **told), err=True)
    return [{"building": int(row), "weight": float(value)} for row, value in lost.items()]


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


def _summary(summary: dict[str, Any]) -> list[str]:
    parts = ngettext("{n} part", "{n} parts", summary["parts"]).format(n=summary["parts"])
    text = _("{parts}, weight {least} to {most}, {over} above the maximum, {under} below the minimum.")
    said = text.format(
        parts=parts, least=summary["min"], most=summary["max"], over=summary["over_max"], under=summary["under_min"]
    )
    towers = sum(len(row["building_parts"]) for row in summary["areas"])
    if not towers:
        return [said]
    more = ngettext(
        "{n} building above the maximum may be divided into building parts: see “building_parts” in the JSON.",
        "{n} buildings above the maximum may be divided into building parts: see “building_parts” in the JSON.",
        towers,
    )
    return [said, more.format(n=towers)]
