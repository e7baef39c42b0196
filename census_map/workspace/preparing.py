"""Rows of a file brought into the columns and the coordinate system of a workspace, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from pyproj import CRS

from census_map.crs import require_crs, require_places
from census_map.errors import InputError
from census_map.i18n import _
from census_map.schema import TABLES, GeometryType
from census_map.workspace.fields import LINKS, choose_fields, join_fields, read_column
from census_map.workspace.frames import geometry_name, snapped
from census_map.workspace.locating import lossless_polygons
from census_map.workspace.workspace import Workspace

_WANTED: dict[GeometryType, frozenset[str]] = {
    "MULTIPOLYGON": frozenset({"Polygon", "MultiPolygon"}),
    "MULTILINESTRING": frozenset({"LineString", "MultiLineString"}),
    "POINT": frozenset({"Point"}),
    "GEOMETRY": frozenset({"Polygon", "MultiPolygon", "LineString", "MultiLineString"}),
}


@dataclass(frozen=True)
class Prepared:
    """
    Rows ready to be written.

    Attributes
    ----------
    rows
        With the columns of the table; geometry in the workspace's CRS and on its grid.
    columns
        Column → fields it was filled from.
    left
        Fields that were not taken over.
    problems
        What a person should look at, one line each, with the number of the row in the file (from 1).
    """

    rows: pd.DataFrame
    columns: dict[str, tuple[str, ...]]
    left: tuple[str, ...]
    problems: list[str]


def placed(frame: pd.DataFrame, kind: str, crs: Any) -> pd.DataFrame:
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
    require_places(frame)
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
    return _("polygons") if "POLYGON" in word else _("lines or areas")


def prepare(
    workspace: Workspace, kind: str, frame: pd.DataFrame, mapping: Mapping[str, str] | None, source: str
) -> Prepared:
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
            problems.append(_unread_problem(table.title_of(column), names[0], reading.unread))
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
    return Prepared(rows, chosen, tuple(name for name in fields if name not in used), problems)


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
