"""A new workspace from the census areas of a township."""

from pathlib import Path
from typing import Any

import shapely
from geopandas import GeoDataFrame

from census_map.coverage import find_faults
from census_map.crs import DEFAULT_CRS, metric_crs
from census_map.errors import InputError
from census_map.i18n import _
from census_map.profile import DEFAULT_PROFILE, Profile
from census_map.task import Report, silent
from census_map.workspace.files import refuse_existing
from census_map.workspace.outline import outline
from census_map.workspace.preparing import placed, prepare
from census_map.workspace.workspace import Workspace


def new_workspace(
    path: str | Path,
    areas: GeoDataFrame,
    *,
    code: str | None = None,
    name: str | None = None,
    profile: str = DEFAULT_PROFILE,
    crs: Any = None,
    source: str = "",
    report: Report = silent,
) -> Workspace:
    """
    Make a workspace from the census areas of a township.

    Parameters
    ----------
    path
        A file that does not exist yet. When anything fails, none is left behind.
    areas
        Polygons. They are stored as they are, on the grid; invalid ones are made valid only where nothing is lost.
        What is wrong with them is told by `area_problems` and is never mended here.
    code, name
        Fields of the code and the name; None: guessed from usual names. Without codes serial ones are made.
    profile
        Name of a shipped profile or path of a TOML file.
    crs
        System of the workspace; None: EPSG:4490. Also the system of `areas` when the file names none.
    source
        Name of the file and layer.

    Returns
    -------
    workspace
        Open, with the tables `census_area` and `township` (the outline).

    Raises
    ------
    InputError
        No rows, no polygons, no such field, no CRS.
    WorkspaceError
        The file exists or cannot be written.
    """
    path = Path(path)
    refuse_existing(path)
    report(0.0, _("reading census areas"))
    mapping = {column: field for column, field in (("code", code), ("name", name)) if field}
    frame = placed(areas, "census_area", crs)
    with Workspace.in_making(path, crs=crs or DEFAULT_CRS, profile=profile) as workspace:
        prepared = prepare(workspace, "census_area", frame, mapping, source)
        _require_ground(prepared.rows)
        rows = _with_codes(prepared.rows, workspace.profile)
        report(0.5, _("writing"))
        with workspace.transaction(_("new workspace from {source}").format(source=source or path.name)) as write:
            write.insert("census_area", rows)
            write.insert("township", _township(rows, workspace, areas))
    report(1.0, "")
    return Workspace.open(path)


def area_problems(workspace: Workspace) -> tuple[str, ...]:
    """
    Tell what is wrong with the census areas: codes, names, and places where they overlap or leave a gap.

    Returns
    -------
    problems
        One line each; empty when the areas can be split as they are.
    """
    areas = workspace.read("census_area")
    problems = _code_problems(areas, workspace.profile)
    counts = find_faults(areas)["kind"].value_counts()
    titles = {
        "gap": _("gaps between census areas"),
        "overlap": _("overlaps of census areas"),
        "duplicate": _("census areas drawn twice"),
        "contained": _("census areas inside another one"),
        "unmatched": _("borders whose points do not match"),
        "invalid": _("census areas with a broken outline"),
    }
    problems += [f"{titles.get(str(kind), str(kind))}: {count}" for kind, count in counts.items()]
    return tuple(problems)


def _require_ground(rows: GeoDataFrame) -> None:
    shapes = rows.geometry.to_numpy()
    if not (shapely.area(shapes[~shapely.is_missing(shapes)]) > 0).any():
        raise InputError(_("No row of the layer has ground on the map: choose another layer."))


def _with_codes(rows: GeoDataFrame, profile: Profile) -> GeoDataFrame:
    if "code" in rows and rows["code"].notna().any():
        return rows
    digits = profile.codes.census_area or len(str(len(rows)))
    return rows.assign(code=[f"{number:0{digits}d}" for number in range(1, len(rows) + 1)])


def _code_problems(areas: GeoDataFrame, profile: Profile) -> list[str]:
    problems = []
    digits = profile.codes.census_area
    codes = areas["code"]
    missing = codes.isna()
    wrong = ~missing & ~codes.fillna("").map(
        lambda code: code.isascii() and code.isdigit() and len(code) in {digits, digits or len(code)}
    )
    double = ~missing & codes.duplicated(keep=False)
    for where, text in (
        (missing, _("census areas without a code")),
        (wrong, _("codes that are not {digits} digits").format(digits=digits or "")),
        (double, _("codes given twice")),
    ):
        if where.any():
            shown = ", ".join(codes[where].fillna("-").unique()[:5])
            problems.append(f"{text}: {int(where.sum())} ({shown})")
    return problems


def _township(rows: GeoDataFrame, workspace: Workspace, raw: GeoDataFrame) -> GeoDataFrame:
    """Make the township: the outline of its census areas, with whatever the file says about the levels above."""
    constant = {
        "name": ("townname", "township", "town", "乡镇", "街道", "乡级", "乡镇名称"),
        "county": ("countyname", "county", "县", "县级", "区县", "县名"),
        "prefecture": ("prefecture", "市", "地级", "地市"),
        "province": ("province", "省", "省级", "省份"),
    }
    folded = {str(name).casefold(): name for name in raw.columns}
    values = {}
    for column, names in constant.items():
        field = next((folded[name] for name in names if name in folded), None)
        if field is not None and raw[field].nunique(dropna=False) == 1:
            values[column] = str(raw[field].iloc[0])
    codes = rows["code"].dropna().astype(str)
    if (
        workspace.profile.division_codes
        and len(codes)
        and codes.str[:9].nunique() == 1
        and (codes.str.len() == 12).all()
    ):
        values["code"] = codes.iloc[0][:9]
    shape = outline(rows.geometry, metric_crs(rows), workspace.profile.checks.sliver_width_m)
    data = {column: [value] for column, value in values.items()} | {"source": [rows["source"].iloc[0]]}
    return GeoDataFrame(data, geometry=[shape], crs=workspace.crs)
