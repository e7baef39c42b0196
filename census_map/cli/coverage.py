"""`census-map coverage ...`: the coverage engine on any polygon file, no workspace needed."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer
from geopandas import GeoDataFrame

from census_map.cli.progress import progress_bar
from census_map.coverage.faults import find_faults, report_of
from census_map.crs import require_crs
from census_map.errors import InputError
from census_map.exchange.fault_layers import kind_title, write_faults
from census_map.exchange.reading import read_layer, split_spec
from census_map.exchange.repairs import read_labelled
from census_map.i18n import _, ngettext

coverage_app = typer.Typer(help=_("Check and mend polygons that must leave nothing out and nothing double."))

AreasArgument = Annotated[
    str, typer.Argument(metavar="AREAS[:layer]", help=_("Polygons: a file, or a file and layer."))
]
WithinOption = Annotated[
    str | None,
    typer.Option("--within", metavar="CONTAINERS[:layer]", help=_("Polygons that the areas must cover exactly.")),
]
IdOption = Annotated[
    str | None, typer.Option("--id", metavar="FIELD", help=_("The field that identifies an area; default: row number."))
]
CrsOption = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG:n", help=_("Coordinate system of files that do not say their own."))
]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help=_("Write the result as JSON; - prints it."))
]


@coverage_app.command(help=_("Find every gap, overlap and unmatched border of polygons that must form a coverage."))
def check(
    areas: AreasArgument,
    *,
    within: WithinOption = None,
    id_field: IdOption = None,
    crs: CrsOption = None,
    json_file: JsonOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FAULTS.gpkg", help=_("Write the faults as map layers."))
    ] = None,
) -> int:
    """Exit status 0: exact; 1: faults found; 2: could not run."""
    refuse_overwriting(out, areas, within)
    frame, boxes = read_areas(areas, id_field, crs), read_containers(within, id_field, crs)
    boxes = None if boxes is None else in_crs_of(boxes, frame)
    with progress_bar(_("Checking")) as report:
        faults = find_faults(frame, boxes, report=report)
    result = report_of(faults, len(frame), 0 if boxes is None else len(boxes))
    if out is not None:
        write_faults(faults, out)
    if json_file is not None:
        write_json(result, json_file)
    if json_file != "-":
        sys.stdout.write(_summary(result) + "\n")
    return 0 if result["valid"] else 1


def refuse_overwriting(out: Path | None, *specs: str | None) -> None:
    """Keep a result from replacing a file that it is made from."""
    if out is not None and out.resolve() in {split_spec(spec)[0].resolve() for spec in specs if spec is not None}:
        raise InputError(_("The result would replace the file it is made from: choose another name for --out."))


def read_areas(spec: str, id_field: str | None, crs: str | None) -> GeoDataFrame:
    """Read polygons, indexed by a field or by row number, and say on stderr what was changed on the way."""
    frame = read_labelled(spec, id_field, crs=crs, only_shapes=True)
    shapes = np.asarray(frame.geometry)
    missing = int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())
    say_notices(frame)
    if missing:
        text = ngettext("{n} row has no map and covers nothing.", "{n} rows have no map and cover nothing.", missing)
        sys.stderr.write(text.format(n=missing) + "\n")
    return frame


def say_notices(frame: GeoDataFrame) -> None:
    """Write on stderr what reading a layer has changed."""
    for notice in frame.attrs.get("notices", []):
        sys.stderr.write(notice + "\n")


def read_containers(spec: str | None, id_field: str | None, crs: str | None) -> GeoDataFrame | None:
    """Read containers, if any; indexed by the areas' field only where it identifies them too."""
    if spec is None:
        return None
    frame = read_layer(spec, geometry="polygon", crs=crs, take_first=True)
    say_notices(frame)
    if id_field in frame.columns and frame[id_field].is_unique and frame[id_field].notna().all():
        return frame.set_index(id_field)
    return frame


def in_crs_of(frame: GeoDataFrame, other: GeoDataFrame) -> GeoDataFrame:
    """Reproject a layer where its coordinate system differs from another's."""
    return frame if require_crs(frame) == require_crs(other) else frame.to_crs(other.crs)


def write_json(result: dict[str, Any], target: str) -> None:
    """Write a result as JSON to a file, or print it for `-`."""
    text = json.dumps(result, ensure_ascii=False)
    if target == "-":
        sys.stdout.write(text + "\n")
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            _("{file} cannot be written: choose another folder.").format(file=Path(target).name)
        ) from error


def _summary(result: dict[str, Any]) -> str:
    count = len(result["faults"])
    if not count:
        return ngettext("{n} area, an exact coverage.", "{n} areas, an exact coverage.", result["areas"]).format(
            n=result["areas"]
        )
    kinds = ", ".join(f"{kind_title(kind)} {number}" for kind, number in result["counts"].items() if number)
    return ngettext("{n} fault: {kinds}.", "{n} faults: {kinds}.", count).format(n=count, kinds=kinds)
