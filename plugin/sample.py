"""The sample township that came with the program, made into a workspace to try everything on."""

import json
import re
from importlib.resources import as_file, files
from pathlib import Path

from census_map.i18n import _
from census_map.task import Report, portion

MAP, DWELLINGS, TRUTH = "township.gpkg", "dwellings.xlsx", "truth.json"


def make_sample(folder: Path, report: Report) -> Path:
    """
    Make a workspace of the sample with its base map.

    Parameters
    ----------
    folder
        Where it is kept; an earlier try is left alone, the new one gets a number.
    report
        Told how far it is.
    """
    from . import verbs  # noqa: PLC0415  which imports this module

    package = files("census_map_samples")
    whole = str(json.loads((package / TRUTH).read_text(encoding="utf-8"))["township"])
    name = re.split("[省市区县]", whole)[-1]
    path = folder / f"{name}.gpkg"
    number = 2
    while path.exists():
        path = folder / f"{name} {number}.gpkg"
        number += 1
    report(0.0, _("reading the sample"))
    with as_file(package / MAP) as source, as_file(package / DWELLINGS) as dwellings:
        verbs.new_township(verbs.NewTownship(source, path, name), portion(report, 0.0, 0.3))
        verbs.add_files(path, [source, dwellings], portion(report, 0.3, 1.0))
    return path
