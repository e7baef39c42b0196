"""
The package that a township hands in to its county office (docs/domain.md section 10).

It is put together in a folder of its own beside the target and takes its final name only when everything in it has
been written, read back and compared; an interrupted export leaves nothing that looks like a package.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS
from pyproj.exceptions import CRSError

from census_map import __version__, codes, schema
from census_map.checks import Problem, count_by_severity, run_checks
from census_map.checks.package_rules import PACKAGE_RULES, find_personal_text
from census_map.checks.registry import as_problem
from census_map.crs import grid_size, snap_coordinates
from census_map.drafts import private_folder, told
from census_map.errors import InputError
from census_map.exchange.lists import write_field_guide, write_lists
from census_map.exchange.shapefile import ENCODINGS, find_lost_text, write_shapefile
from census_map.exchange.targets import MAP_FAILURES
from census_map.file_names import FileNames, file_name
from census_map.i18n import N_, _
from census_map.report.html import write_check_report
from census_map.report.workbook import write_check_workbook
from census_map.schema import LOCKED, Column, Table
from census_map.targets import PACKAGE_MANIFEST, check_folder, write_text
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

# Names of the folders are fixed by the county offices' practice, whatever the interface language.
VECTORS, LISTS, MAPS, NOTES, CHECKS = "01_矢量", "02_清单", "03_图件", "04_说明", "05_检查"
LAYERS = {"township": "XJ", "census_area": "PCQ", "mini_area": "PCXQ", "building": "JZW"}
MANIFEST = PACKAGE_MANIFEST
DRAFT_MARK = "_草稿"
"""What the name of a package ends with that is no final one."""
_LONGEST_NAME = 40  # characters of a township's name that a folder's name takes

_COUNTS = (
    Column("buildings", "integer", N_("buildings"), shp="BUILDINGS", width=9),
    Column("dwellings", "integer", N_("dwelling units"), shp="DWELLINGS", width=9),
    Column("households", "integer", N_("households"), shp="HOUSEHOLDS", width=9),
    Column("persons", "integer", N_("persons"), shp="PERSONS", width=9),
)
_SUMMARISED = {"census_area": "census_area_summary", "mini_area": "mini_area_summary"}


@dataclass(frozen=True)
class Package:
    """
    A package as it was written, or the reasons why it was not.

    Attributes
    ----------
    folder
        The package, or None when `obstacles` kept it from being written.
    final
        Whether every mini-area is locked and no error is left; otherwise the package is a draft and says so.
    obstacles
        Problems that must be settled first: those of the P rules, and errors unless a draft was asked for.
    problems
        What the check found; the report is in the package.
    counts
        Rows handed in, by shapefile.
    """

    folder: Path | None
    final: bool
    obstacles: list[Problem]
    problems: list[Problem]
    counts: dict[str, int]


def export_package(
    workspace: Workspace,
    out: str | Path,
    *,
    encoding: str = "UTF-8",
    crs: Any = None,
    maps: Path | None = None,
    draft: bool = False,
    today: date | None = None,
    report: Report = silent,
) -> Package:
    """
    Write the package of a township.

    Parameters
    ----------
    workspace
        An open workspace; it is only read.
    out
        Folder in which the package gets a folder of its own; made when it does not exist.
    encoding
        Of the shapefiles: `UTF-8`, `GBK` or `GB18030`.
    crs
        Of the shapefiles; None for the workspace's own.
    maps
        Folder with printed maps (PDF) to be put in.
    draft
        Write it whatever errors are left; it says that it is a draft in its name and in the manifest.
    today
        Date in the package's name; None for today.
    report
        Told how far the export is.

    Returns
    -------
    package
        With `obstacles` and no folder when a value would be lost (P02, P03), a text looks personal (P01), or errors
        are left and no draft was asked for.

    Raises
    ------
    InputError
        Unknown encoding or CRS, no folder `maps`, a folder that cannot be written, or a file that does not read back
        as written.
    """
    if maps is not None and not maps.is_dir():
        raise InputError(_("There is no folder “{name}” with maps: check its name.").format(name=maps.name))
    out = Path(out)
    check_folder(out, read=(workspace.path,))
    encoding, system = _encoding(encoding), _target_crs(workspace, crs)
    layers = {table: _layer(workspace, table, system) for table in LAYERS}
    obstacles = list(_obstacles(layers, encoding))
    if obstacles:
        return Package(None, final=False, obstacles=obstacles, problems=[], counts={})
    problems = run_checks(workspace, report=portion(report, 0.0, 0.5))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and not draft:
        return Package(None, final=False, obstacles=errors, problems=problems, counts={})
    final = _is_final(layers["mini_area"][0], problems)
    target = _free_folder(out, workspace, today or date.today(), final=final)  # noqa: DTZ011  the office's own day
    with told(out):
        out.mkdir(parents=True, exist_ok=True)
    # The cause is looked for before the folder goes: a full disk is full no longer then.
    with told(out), private_folder(out, target.name) as folder, told(out, MAP_FAILURES):
        made = _made(folder / target.name)
        report(0.5, _("Writing the map files"))
        counts = _write_vectors(made, layers, encoding)
        report(0.7, _("Writing lists and notes"))
        write_lists(workspace, _made(made / LISTS))
        _copy_maps(maps, _made(made / MAPS))
        write_field_guide(_made(made / NOTES), {LAYERS[name]: table for name, (_frame, table) in layers.items()})
        report(0.8, _("Writing the check report"))
        write_check_report(workspace, problems, _made(made / CHECKS) / "check.html")
        write_check_workbook(workspace, problems, made / CHECKS / "check.xlsx")
        report(0.9, _("Sealing the package"))
        _write_manifest(made, workspace, encoding=encoding, crs=system, final=final, problems=problems, counts=counts)
        made.rename(target)
    report(1.0, "")
    return Package(target, final=final, obstacles=[], problems=problems, counts=counts)


def _encoding(name: str) -> str:
    for known in ENCODINGS:
        if name.replace("-", "").upper() == known.replace("-", ""):
            return known
    raise InputError(_("Encoding “{name}” is not known: choose {names}.").format(name=name, names=", ".join(ENCODINGS)))


def _target_crs(workspace: Workspace, crs: Any) -> CRS:
    if crs is None:
        return workspace.crs
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(
            _("Coordinate system “{name}” is not known: write it as EPSG:4490, for example.").format(name=crs)
        ) from error


def _layer(workspace: Workspace, name: str, crs: CRS) -> tuple[GeoDataFrame, Table]:
    table = schema.TABLES[name]
    frame = workspace.read(name)
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    frame = frame.assign(uid=frame.index.astype(str))
    if name in _SUMMARISED:
        kept = tuple(column for column in table.columns if column.name not in {c.name for c in _COUNTS})
        table = replace(table, columns=(*kept, *_COUNTS))
        summary = workspace.read(_SUMMARISED[name], columns=[column.name for column in _COUNTS])
        summary = summary[~summary.index.duplicated()]
        for column in _COUNTS:
            frame[column.name] = pd.to_numeric(summary[column.name], errors="coerce").reindex(frame.index)
    return (frame if crs == workspace.crs else _reprojected(frame, crs)), table


def _reprojected(frame: GeoDataFrame, crs: CRS) -> GeoDataFrame:
    """Reproject a layer; a tenth of the grid keeps places apart and hides the processor's last digit."""
    placed, step = frame.to_crs(crs), grid_size(crs) / 10
    placed[placed.geometry.name] = shapely.transform(placed.geometry.to_numpy(), lambda xy: snap_coordinates(xy, step))
    return placed


def _obstacles(layers: dict[str, tuple[GeoDataFrame, Table]], encoding: str) -> Iterator[Problem]:
    for frame, table in layers.values():
        for finding in find_personal_text(frame, table):
            yield as_problem(finding, PACKAGE_RULES["P01"])
        for rule, finding in find_lost_text(frame, table, encoding):
            yield as_problem(finding, PACKAGE_RULES[rule])


def _is_final(mini_areas: GeoDataFrame, problems: Iterable[Problem]) -> bool:
    locked = len(mini_areas) > 0 and bool((pd.to_numeric(mini_areas["status"]) >= LOCKED).all())
    return locked and not count_by_severity(problems)["error"]


def _township(workspace: Workspace) -> tuple[str, str]:
    rows = workspace.read("township", columns=["code", "name"])
    code = str(rows["code"].iloc[0] or "") if len(rows) else ""
    name = str(rows["name"].iloc[0] or "") if len(rows) else ""
    if not code:
        areas = workspace.read("census_area", columns=["code"])["code"].dropna()
        code = codes.township_code(str(areas.iloc[0])) if len(areas) else ""
    return code, name or workspace.path.stem


def _plain_name(text: str) -> str:
    """Keep letters, digits and Chinese characters only: the county's programs take names apart at other signs."""
    return file_name(re.sub(r"[^\w-]+", "", text)[:_LONGEST_NAME]).strip("_.") or "township"


def _free_folder(out: Path, workspace: Workspace, today: date, *, final: bool) -> Path:
    """Give the package a name of its own, which says when it is a draft."""
    code, name = _township(workspace)
    stem = f"{_plain_name(code)}_{_plain_name(name)}_{today:%Y%m%d}"
    mark = "" if final else DRAFT_MARK
    version = 1
    while any((out / f"{stem}_v{version}{end}").exists() for end in ("", DRAFT_MARK)):
        version += 1
    return out / f"{stem}_v{version}{mark}"


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _write_vectors(draft: Path, layers: dict[str, tuple[GeoDataFrame, Table]], encoding: str) -> dict[str, int]:
    folder = _made(draft / VECTORS)
    code = _plain_name(str(layers["township"][0]["code"].iloc[0] or "")) if len(layers["township"][0]) else "0"
    counts = {}
    for name, (frame, table) in layers.items():
        stem = f"{LAYERS[name]}_{codes.township_code(code)}"
        write_shapefile(frame, table, folder / f"{stem}.shp", encoding=encoding)
        counts[stem] = len(frame)
    return counts


def _copy_maps(maps: Path | None, folder: Path) -> None:
    if maps is None:
        return
    names = FileNames(".pdf")
    for path in sorted(path for path in maps.rglob("*.pdf") if path.is_file()):
        shutil.copyfile(path, folder / names.new(path.stem))


def _write_manifest(
    folder: Path,
    workspace: Workspace,
    *,
    encoding: str,
    crs: CRS,
    final: bool,
    problems: list[Problem],
    counts: dict[str, int],
) -> None:
    code, name = _township(workspace)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "program": f"census-map {__version__}",
        "township": {"code": code, "name": name},
        "profile": workspace.profile.name,
        "crs": crs.to_string(),
        "encoding": encoding,
        "final": final,
        "problems": count_by_severity(problems),
        "counts": counts,
        "files": {path.relative_to(folder).as_posix(): _digest(path) for path in files},
    }
    # The lock id names the sealed content: two packages with the same lock id hold the same files.
    manifest["lock"] = hashlib.sha256(json.dumps(manifest["files"], sort_keys=True).encode()).hexdigest()[:16]
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_text(folder / MANIFEST, text + "\n")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
