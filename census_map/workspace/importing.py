"""
A new workspace from census areas, and layers added to it: nothing lost, nothing double, all or nothing.

A row is known again by its file (`source`) and its identifier there (`source_id`). Adding a file a second time
therefore updates its rows and adds only new ones; without an identifier a second time is refused, because every row
would be double. Rows that vanished from the file stay and are reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from pyproj import CRS

from census_map.coverage import find_faults
from census_map.crs import DEFAULT_CRS, metric_crs, require_crs
from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.profile import DEFAULT_PROFILE, Profile
from census_map.schema import ADDABLE, TABLES, GeometryType
from census_map.task import Report, silent
from census_map.workspace.fields import LINKS, choose_fields, join_fields, read_column
from census_map.workspace.frames import geometry_name, snapped
from census_map.workspace.linking import assign_buildings, find_buildings, find_census_areas
from census_map.workspace.locating import lossless_polygons
from census_map.workspace.outline import outline
from census_map.workspace.workspace import Workspace, Write, refuse_existing, remove_files

_WANTED: dict[GeometryType, frozenset[str]] = {
    "MULTIPOLYGON": frozenset({"Polygon", "MultiPolygon"}),
    "MULTILINESTRING": frozenset({"LineString", "MultiLineString"}),
    "POINT": frozenset({"Point"}),
    "GEOMETRY": frozenset({"Polygon", "MultiPolygon", "LineString", "MultiLineString"}),
}


@dataclass(frozen=True)
class AddReport:
    """
    What became of the rows of a file.

    Attributes
    ----------
    kind, source
        Table, and name of the file as stored beside every row.
    added, updated, unchanged
        Numbers of rows.
    columns
        Column → fields it was filled from.
    left
        Fields that were not taken over.
    problems
        What a person should look at, one line each, with the number of the row in the file (from 1).
    """

    kind: str
    source: str
    added: int
    updated: int
    unchanged: int
    columns: Mapping[str, tuple[str, ...]]
    left: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Prepared:
    rows: pd.DataFrame
    columns: dict[str, tuple[str, ...]]
    left: tuple[str, ...]
    problems: list[str]


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
    placed = _placed(areas, "census_area", crs)
    draft = path.with_name(path.name + ".draft")
    remove_files(draft)
    try:
        with Workspace.create(draft, crs=crs or DEFAULT_CRS, profile=profile) as workspace:
            prepared = _prepare(workspace, "census_area", placed, mapping, source)
            rows = _with_codes(prepared.rows, workspace.profile)
            report(0.5, _("writing"))
            with workspace.transaction(_("new workspace from {source}").format(source=source or path.name)) as write:
                write.insert("census_area", rows)
                write.insert("township", _township(rows, workspace, areas))
        draft.rename(path)
    finally:
        remove_files(draft)
    report(1.0, "")
    return Workspace.open(path)


def source_name(spec: str) -> str:
    """Give the name under which rows of FILE[:layer] are known: without the folder, which differs between machines."""
    return spec.replace("\\", "/").rsplit("/", 1)[-1]


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


def add_layer(
    workspace: Workspace,
    kind: str,
    frame: pd.DataFrame,
    mapping: Mapping[str, str] | None = None,
    *,
    source: str = "",
    crs: Any = None,
    report: Report = silent,
) -> AddReport:
    """
    Add the rows of a file to the workspace.

    Parameters
    ----------
    workspace
        Open.
    kind
        One of `schema.ADDABLE`.
    frame
        A layer in any CRS, or a table without geometry for dwellings and virtual mini-areas.
    mapping
        Column → field of the file (`FIELD+FIELD` joins two); the rest is guessed. For dwellings `building` names the
        field with the identifier (`source_id`) or code of their building.
    source
        Name of the file and layer; with `source_id` it makes a row known again.
    crs
        System of the layer when the file names none.

    Returns
    -------
    report
        What became of the rows; wrong rows are problems, not exceptions.

    Raises
    ------
    InputError
        Nothing can be taken: no rows, another kind of geometry, no such field, no CRS, added before without identifier.
    """
    if kind not in ADDABLE:
        raise InputError(
            _("“{kind}” cannot be added: choose one of {kinds}.").format(kind=kind, kinds=", ".join(ADDABLE))
        )
    report(0.0, _("reading"))
    prepared = _prepare(workspace, kind, _placed(frame, kind, crs), mapping, source)
    rows, problems = prepared.rows, [*frame.attrs.get("notices", ()), *prepared.problems]
    report(0.4, _("comparing with the workspace"))
    if kind == "dwelling":
        rows = find_buildings(workspace, rows, problems)
    if kind == "mini_area":
        rows = find_census_areas(workspace, rows, problems)
    with workspace.transaction(_("add {source}").format(source=source or kind)) as write:
        added, updated, unchanged = _store(workspace, write, kind, rows, source, problems)
        report(0.8, _("finding the mini-area of each building"))
        if kind in {"building", "mini_area"}:
            assign_buildings(workspace, write, problems)
    report(1.0, "")
    return AddReport(kind, source, added, updated, unchanged, prepared.columns, prepared.left, tuple(problems))


def _placed(frame: pd.DataFrame, kind: str, crs: Any) -> pd.DataFrame:
    """Refuse a file without rows, of the wrong geometry or without CRS, before anything is written."""
    title = _(TABLES[kind].title)
    if frame.empty:
        raise InputError(_("The layer for “{title}” has no rows: choose another layer.").format(title=title))
    wanted = TABLES[kind].geometry
    if geometry_name(frame) is None:
        if wanted is None or kind == "mini_area":
            return frame
        raise InputError(_("“{title}” need a layer with a map, this is a plain table.").format(title=title))
    if frame.crs is None and crs is not None:
        frame = frame.set_crs(crs)
    require_crs(frame)
    types = frame.geometry.geom_type.dropna()
    if wanted and len(types) and not types.isin(_WANTED[wanted]).any():
        raise InputError(
            _("The layer holds {found}, but “{title}” need {wanted}: choose another layer.").format(
                found=_shape_word(types.iloc[0]), title=title, wanted=_shape_word(wanted)
            )
        )
    return frame


def _shape_word(kind: str) -> str:
    word = kind.upper()
    if "POINT" in word:
        return _("points")
    if "LINE" in word:
        return _("lines")
    return _("areas") if "POLYGON" in word else _("lines or areas")


def _prepare(
    workspace: Workspace, kind: str, frame: pd.DataFrame, mapping: Mapping[str, str] | None, source: str
) -> _Prepared:
    """Bring the rows of a file into the columns and the coordinate system of the workspace."""
    table = TABLES[kind]
    place = geometry_name(frame)
    fields = [str(name) for name in frame.columns if name != place]
    chosen = choose_fields(kind, fields, mapping)
    numbered = frame.reset_index(drop=True)
    problems: list[str] = []
    data: dict[str, pd.Series] = {}
    notes: list[pd.Series] = []
    for column, names in chosen.items():
        raw = join_fields(numbered, names)
        if column in LINKS.get(kind, ()):
            data[column] = _as_text(raw)
            continue
        reading = read_column(kind, table.column(column), raw)
        data[column] = reading.values
        if reading.unread.any():
            notes.append(
                _as_text(raw).where(reading.unread).map(lambda text, n=names[0]: f"{n}={text}", na_action="ignore")
            )
            problems.append(_unread_problem(_(table.column(column).title), names[0], reading.unread))
    rows = pd.DataFrame(data, index=numbered.index)
    if "source_id" in rows and not _is_identifier(rows["source_id"], named="source_id" in (mapping or {})):
        rows = rows.drop(columns="source_id")
        chosen.pop("source_id")
    rows["source"] = source or None
    if notes and "note" in table.column_names:
        rows["note"] = _joined_notes(rows.get("note"), notes, rows.index)
    if place is not None:
        # A dwelling keeps no place of its own; it serves to find its building.
        shapes = (
            _stored_geometry(workspace, kind, table.geometry, numbered, problems)
            if table.geometry
            else numbered.geometry.to_crs(workspace.crs)
        )
        rows = GeoDataFrame(rows, geometry=shapes, crs=workspace.crs)
    used = {name for names in chosen.values() for name in names}
    return _Prepared(rows, chosen, tuple(name for name in fields if name not in used), problems)


def _as_text(raw: pd.Series) -> pd.Series:
    return read_column("building", TABLES["building"].column("name"), raw).values


def _unread_problem(title: str, field: str, unread: pd.Series) -> str:
    places = (np.flatnonzero(unread.to_numpy(dtype=bool)) + 1).tolist()
    return _(
        "“{column}”: {n} values of the field “{field}” were not understood (first in row {row}); kept in the note."
    ).format(column=title, n=len(places), field=field, row=places[0])


def _joined_notes(own: pd.Series | None, notes: list[pd.Series], index: pd.Index) -> pd.Series:
    parts = [*([own] if own is not None else []), *notes]
    joined = ["; ".join(str(text) for text in row if not pd.isna(text)) or None for row in zip(*parts, strict=True)]
    return pd.Series(joined, index=index, dtype=object)


def _is_identifier(values: pd.Series, *, named: bool) -> bool:
    unique = not values.isna().any() and not values.duplicated().any()
    if named and not unique:
        twice = values[values.duplicated(keep=False)]
        raise InputError(
            _(
                "The field for source_id does not tell rows apart ({n} rows are alike or empty): name another field."
            ).format(n=int(values.isna().sum() + len(twice)))
        )
    return unique


def _stored_geometry(
    workspace: Workspace, kind: str, wanted: GeometryType, frame: GeoDataFrame, problems: list[str]
) -> GeoSeries:
    shapes = frame.geometry
    if CRS(frame.crs) != workspace.crs:
        shapes = shapes.to_crs(workspace.crs)
    array = np.array(shapes.to_numpy(), dtype=object)
    array = shapely.force_2d(array)
    wrong = ~shapely.is_missing(array) & ~np.isin(shapes.geom_type.to_numpy(dtype=object), list(_WANTED[wanted]))
    infinite = ~np.isfinite(shapely.bounds(array)).all(axis=1) & ~shapely.is_missing(array) & ~shapely.is_empty(array)
    if infinite.any():
        raise InputError(
            _("Row {row} of the layer lies outside {crs}: choose another coordinate system.").format(
                row=int(np.flatnonzero(infinite)[0]) + 1, crs=workspace.crs.name
            )
        )
    array[wrong] = None
    stored = GeoSeries(snapped(array, workspace.grid), index=frame.index, crs=workspace.crs)
    bare = (stored.isna() | stored.is_empty).to_numpy(dtype=bool)
    if bare.any() and kind != "mini_area":
        problems.append(_rows_problem(_("rows without a usable place on the map"), bare))
    if wanted == "MULTIPOLYGON":
        stored, broken = lossless_polygons(stored)
        if broken.any():
            problems.append(_rows_problem(_("rows with a broken outline"), broken.to_numpy(dtype=bool)))
    return stored


def _rows_problem(text: str, where: "np.ndarray[Any, np.dtype[np.bool_]]") -> str:
    places = (np.flatnonzero(where) + 1).tolist()
    shown = ", ".join(str(place) for place in places[:5]) + (" …" if len(places) > 5 else "")
    return _("{text}: {n} (row {rows})").format(text=text, n=len(places), rows=shown)


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


def _store(
    workspace: Workspace, write: Write, kind: str, rows: pd.DataFrame, source: str, problems: list[str]
) -> tuple[int, int, int]:
    """Add new rows, update known ones; gives the numbers added, updated and unchanged."""
    known = workspace.read(kind)
    same = known[known["source"] == source] if source else known.iloc[:0]
    if len(same) and ("source_id" not in rows or same["source_id"].isna().any()):
        raise InputError(
            _(
                "“{source}” was added before and its rows cannot be told apart: name the identifier with "
                "--map source_id=FIELD, or rename the file if it is another one."
            ).format(source=source)
        )
    places = pd.Series(same.index, index=same["source_id"]) if len(same) else pd.Series(dtype=object)
    old = rows["source_id"].isin(places.index) if "source_id" in rows else pd.Series(data=False, index=rows.index)
    fresh = _without_twins(rows[~old], known, problems)
    write.insert(kind, _filled(fresh))
    changed = 0
    if old.any():
        changed = _update(
            write, kind, known, rows[old].set_index(places.reindex(rows.loc[old, "source_id"]).to_numpy())
        )
        gone = ~same["source_id"].isin(rows["source_id"])
        if gone.any():
            problems.append(
                ngettext(
                    "{n} row of the workspace is no longer in the file; it was kept.",
                    "{n} rows of the workspace are no longer in the file; they were kept.",
                    int(gone.sum()),
                ).format(n=int(gone.sum()))
            )
    return len(fresh), changed, int(old.sum()) - changed + len(rows) - int(old.sum()) - len(fresh)


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=[name for name in rows.columns if name in {"building", "census_area"}])


def _without_twins(rows: pd.DataFrame, known: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Leave out rows whose place is, point for point, that of a row the workspace has from another file."""
    if not isinstance(rows, GeoDataFrame) or not isinstance(known, GeoDataFrame) or known.empty or rows.empty:
        return rows
    have = set(shapely.to_wkb(shapely.normalize(_single(known.geometry.to_numpy()))))
    mine = shapely.to_wkb(shapely.normalize(_single(rows.geometry.to_numpy())))
    twin = np.array([wkb is not None and wkb in have for wkb in mine], dtype=bool)
    if twin.any():
        problems.append(
            ngettext(
                "{n} row lies exactly on one that the workspace has from another file; it was not added.",
                "{n} rows lie exactly on ones that the workspace has from another file; they were not added.",
                int(twin.sum()),
            ).format(n=int(twin.sum()))
        )
    return rows[~twin]


def _single(shapes: Any) -> Any:
    return [
        shapely.get_geometry(shape, 0) if shape is not None and shapely.get_num_geometries(shape) == 1 else shape
        for shape in shapes
    ]


def _update(write: Write, kind: str, known: pd.DataFrame, rows: pd.DataFrame) -> int:
    """Write the rows that differ from what the workspace has; gives their number."""
    rows = _filled(rows)
    before = known.loc[rows.index]
    differs = np.zeros(len(rows), dtype=bool)
    for name in rows.columns.drop(["geometry"], errors="ignore"):
        ours, theirs = before[name].astype(object), rows[name].astype(object)
        both = ours.isna().to_numpy(dtype=bool) & theirs.isna().to_numpy(dtype=bool)
        equal = (ours.to_numpy(dtype=object) == theirs.to_numpy(dtype=object)).astype(object)
        differs |= ~both & ~np.array([value is True or value is np.True_ for value in equal], dtype=bool)
    if isinstance(rows, GeoDataFrame):
        ours, theirs = _single(before.geometry.to_numpy()), _single(rows.geometry.to_numpy())
        differs |= ~shapely.equals_exact(ours, theirs, 0.0) & ~(shapely.is_missing(ours) & shapely.is_missing(theirs))
    write.update(kind, rows[differs])
    return int(differs.sum())
