"""Rows of SQLite to frames and back, with the types that the schema promises."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import CRS

from census_map.crs import snap_coordinates
from census_map.errors import InputError, WorkspaceError
from census_map.i18n import _, ngettext
from census_map.schema import Column, ColumnType, GeometryType

_DTYPES: dict[ColumnType, str] = {"integer": "Int64", "real": "float64", "boolean": "boolean"}
_UID_LENGTH = 36
# Uids behind each other; possessive, so that nothing is kept for going back.
_UIDS = re.compile("(?:{0}{{8}}-{0}{{4}}-{0}{{4}}-{0}{{4}}-{0}{{12}})++".format("[0-9a-fA-F]"))
_MULTI = {
    "MULTIPOLYGON": ("Polygon", shapely.multipolygons),
    "MULTILINESTRING": ("LineString", shapely.multilinestrings),
}
_ALLOWED: dict[GeometryType, frozenset[str]] = {
    "POINT": frozenset({"Point"}),
    "MULTILINESTRING": frozenset({"LineString", "MultiLineString"}),
    "MULTIPOLYGON": frozenset({"Polygon", "MultiPolygon"}),
    "GEOMETRY": frozenset(
        {"Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "MultiPoint", "GeometryCollection"}
    ),
}


def series_of(values: Sequence[Any], kind: ColumnType, index: pd.Index) -> pd.Series:
    """
    Make a column of a frame.

    Returns
    -------
    series
        `Int64` for integers, `boolean` for truth values, `float64`, otherwise objects: text or None (dates too, as
        ISO 8601 text).
    """
    dtype = _DTYPES.get(kind)
    if kind == "boolean":
        values = [None if value is None else bool(value) for value in values]
    if kind == "real":
        return pd.Series(np.array([np.nan if value is None else value for value in values], dtype=float), index=index)
    if dtype is None and bytes in set(map(type, values)):  # SQLite keeps bytes in any column
        raise TypeError(kind)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return pd.Series(array, index=index, dtype=object).astype(dtype or object)


def _unfit(column: Column, values: Sequence[Any]) -> str:
    """Say which rows hold what their column does not take, as another program may write it; the value stays unsaid."""
    if column.type not in _DTYPES:
        raw = [place for place, value in enumerate(values, start=1) if isinstance(value, bytes)]
        return ngettext(
            "“{column}” holds no text in {n} row (the {row}th): another program wrote it; correct it in QGIS.",
            "“{column}” holds no text in {n} rows (first the {row}th): another program wrote them; "
            "correct them in QGIS.",
            len(raw),
        ).format(column=_(column.title), n=len(raw), row=raw[0])
    whole = column.type == "integer"
    wrong = [
        place
        for place, value in enumerate(values, start=1)
        if value is not None and not (isinstance(value, int) or (not whole and isinstance(value, float)))
    ]
    return ngettext(
        "“{column}” holds no number in {n} row (the {row}th): another program wrote it; correct it in QGIS.",
        "“{column}” holds no number in {n} rows (first the {row}th): another program wrote them; correct them in QGIS.",
        len(wrong),
    ).format(column=_(column.title), n=len(wrong), row=wrong[0] if wrong else "?")


def plain_values(series: pd.Series, column: Column) -> list[Any]:
    """
    Turn a column of a frame into values that SQLite binds.

    Raises
    ------
    InputError
        A value is not of the column's type.
    """
    missing = series.isna().to_numpy(dtype=bool)
    if missing.all():
        return [None] * len(series)
    values = series.tolist()
    if missing.any():
        values = [None if none else value for none, value in zip(missing.tolist(), values, strict=True)]
    already = _TYPES.get(column.type, str)
    convert: Callable[[Any], Any] = _CONVERT.get(column.type, _text)
    try:
        return [value if type(value) is already or value is None else convert(value) for value in values]
    except (TypeError, ValueError) as error:
        raise InputError(
            _("Column “{column}” takes values of type {type} only: correct the values.").format(
                column=column.name, type=column.type
            )
        ) from error


def _whole(value: Any) -> int:
    number = int(value)
    if number != float(value):
        raise ValueError(number)
    return number


def _truth(value: Any) -> int:
    if value in (0, 1):
        return int(value)
    raise ValueError(type(value).__name__)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else (value.isoformat() if hasattr(value, "isoformat") else str(value))


_CONVERT: dict[ColumnType, Callable[[Any], Any]] = {"integer": _whole, "real": float, "boolean": _truth}
_TYPES: dict[ColumnType, type] = {"integer": int, "real": float, "boolean": bool}


def stored_shapes(frame: GeoDataFrame, kind: GeometryType, crs: CRS, grid: float) -> NDArray[np.object_]:
    """
    Bring geometries into the form the workspace stores: two dimensions, on the grid, multi-part.

    Parameters
    ----------
    frame
        In the workspace's CRS (or without one, then taken to be in it).
    kind
        Geometry type of the table.
    crs, grid
        Of the workspace; the grid in CRS units.

    Raises
    ------
    InputError
        Another CRS, or another kind of geometry.
    """
    if frame.crs is not None and CRS(frame.crs) != crs:
        raise InputError(
            _("The rows are in {found}, the workspace in {wanted}: reproject them first.").format(
                found=CRS(frame.crs).name, wanted=crs.name
            )
        )
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    wrong = ~shapely.is_missing(shapes) & ~np.isin(
        frame.geometry.geom_type.to_numpy(dtype=object), list(_ALLOWED[kind])
    )
    if wrong.any():
        raise InputError(
            _("The table holds {wanted}, but {n} rows are {found}: choose another layer.").format(
                wanted=kind, n=int(wrong.sum()), found=frame.geometry.geom_type[wrong].iloc[0]
            )
        )
    shapes = snapped(shapely.force_2d(shapes), grid)
    if kind in _MULTI:
        single, build = _MULTI[kind]
        ones = np.array([shape is not None and shape.geom_type == single for shape in shapes], dtype=bool)
        # One list a geometry: an array of n polygons would otherwise become one multipolygon of n parts.
        shapes[ones] = build(shapes[ones], indices=np.arange(ones.sum()))
    return shapes


def snapped(shapes: NDArray[np.object_], grid: float) -> NDArray[np.object_]:
    """Round all coordinates of geometries to the grid (step in CRS units); geometries on it stay as they are."""
    xy = shapely.get_coordinates(shapes)
    rounded = snap_coordinates(xy, grid)
    if np.array_equal(xy, rounded):
        return shapes.copy()
    return np.asarray(shapely.set_coordinates(shapes.copy(), rounded), dtype=object)


def geometry_name(frame: pd.DataFrame) -> str | None:
    """Name the geometry column in use; None for a plain table, also where geopandas kept its class."""
    if not isinstance(frame, GeoDataFrame):
        return None
    try:
        return str(frame.geometry.name)
    except AttributeError:  # geopandas before 1.0 has no other way to ask
        return None


def row_uids(frame: pd.DataFrame) -> pd.Index:
    """Take the uids of new rows from the column `uid` or the index where they are uids, else make new ones."""
    if "uid" in frame.columns:
        return pd.Index(frame["uid"].tolist(), dtype=object, name="uid")
    labels = frame.index.tolist()
    if are_uids(labels):
        return pd.Index(labels, dtype=object, name="uid")
    return pd.Index(new_uids(len(frame)), dtype=object, name="uid")


def are_uids(values: Sequence[object]) -> bool:
    """Tell whether there are values, each the text of a UUID."""
    texts = [value for value in values if isinstance(value, str) and len(value) == _UID_LENGTH]
    return len(texts) == len(values) and _UIDS.fullmatch("".join(texts)) is not None


def new_uids(number: int) -> list[str]:
    """Make random UUIDs (version 4, RFC 9562)."""
    random = os.urandom(16 * number).hex()
    found = []
    for at in range(0, len(random), 32):
        text = random[at : at + 32]
        found.append(f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}")
    return found


def frame_of(
    rows: list[tuple[Any, ...]],
    columns: Iterable[Column],
    *,
    index_name: str,
    shapes: NDArray[np.object_] | None,
    crs: CRS | None,
) -> pd.DataFrame | GeoDataFrame:
    """Build the frame of rows whose first value is the index and whose others are `columns` in order."""
    values = list(zip(*rows, strict=True)) or [()] * (1 + len(list(columns := list(columns))))
    index = pd.Index(list(values[0]), name=index_name, dtype=object if index_name != "fid" else "int64")
    data = {}
    for column, column_values in zip(columns, values[1:], strict=True):
        try:
            data[column.name] = series_of(column_values, column.type, index)
        except (TypeError, ValueError) as error:
            raise WorkspaceError(_unfit(column, column_values)) from error
    frame = pd.DataFrame(data, index=index)
    if shapes is None:
        return frame
    return GeoDataFrame(frame, geometry=GeoSeries(shapes, index=index, crs=crs), crs=crs)
