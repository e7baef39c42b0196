"""Where the results of the coverage engine may be written: never over what they are made from, nor over a township."""

import os
import sqlite3
from pathlib import Path

from fiona.errors import FionaError
from pyogrio.errors import DataLayerError, DataSourceError

from census_map.errors import InputError
from census_map.exchange.spec import split_spec
from census_map.i18n import _
from census_map.targets import check_outputs, is_part_of, is_township

# What the libraries that write map files raise when a file cannot be written.
MAP_FAILURES = (DataSourceError, DataLayerError, FionaError, sqlite3.DatabaseError)


def require_targets(out: Path | None, json_file: str | None, *sources: str | None) -> None:
    """
    Make sure that results replace nothing that is needed.

    Parameters
    ----------
    out
        GeoPackage to be written, None for none.
    json_file
        File for JSON; None or `-` for none.
    sources
        What the result is made from, each FILE or FILE:layer or None.

    Raises
    ------
    InputError
        One of them is a source or part of one (a shapefile's table), both are one file, the result is a folder or a
        township's file, its name is not that of a GeoPackage, or it cannot be written (`check_outputs`).
    """
    report = None if json_file in {None, "-"} else Path(str(json_file))
    files = [split_spec(source)[0] for source in sources if source is not None]
    for target, option in ((out, "--out"), (report, "--json")):
        if target is None:
            continue
        if not target.name or target.is_dir():
            raise InputError(_("{option} needs the name of a file, not of a folder.").format(option=option))
        if any(is_part_of(target, file) for file in files):
            raise InputError(
                _("The result would replace the file it is made from: choose another name for {option}.").format(
                    option=option
                )
            )
    if out is not None and report is not None and os.path.realpath(out) == os.path.realpath(report):
        raise InputError(_("--out and --json name the same file: choose another name for one of them."))
    if out is not None:
        _require_geopackage(out)
    check_outputs(report, maps=(out,), read=sources)


def _require_geopackage(out: Path) -> None:
    if out.suffix.lower() != ".gpkg":
        raise InputError(
            _(
                "“{file}” cannot hold the result, which has several layers and long names: end its name in .gpkg; QGIS "
                "exports a layer from there to other formats."
            ).format(file=out.name)
        )
    if is_township(out):
        raise InputError(_("“{file}” is the file of a township: choose another name for --out.").format(file=out.name))
