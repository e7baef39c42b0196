"""
Write a layer again with other shapes, every field with its type and every value with all its digits.

A frame cannot hold everything that a file can: whole numbers and yes/no with gaps become decimal numbers, days become
moments, binary values text. Where a file has such fields its records are copied one by one, and only the shapes come
from the frame.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import fiona
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame
from shapely.geometry import mapping

from census_map.errors import InputError
from census_map.exchange.reading import dbf_encoding
from census_map.i18n import _

_WHOLE = ("int", "uint", "bool")


def require_distinct_fields(frame: GeoDataFrame) -> None:
    """
    Make sure that a GeoPackage can hold the fields, whose names it compares without regard to capitals.

    Raises
    ------
    InputError
        Two names differ in capitals only.
    """
    names = frame.columns.drop(frame.geometry.name)
    seen: dict[str, str] = {}
    for name in map(str, names):
        if name.lower() in seen:
            text = _("Fields “{one}” and “{other}” differ in capitals only: rename one of them first.")
            raise InputError(text.format(one=seen[name.lower()], other=name))
        seen[name.lower()] = name


def own_names(frame: GeoDataFrame) -> dict[str, str]:
    """Name the columns that a GeoPackage adds, for the number and the shape of a row, unlike any field."""
    taken = {str(name).lower() for name in frame.columns.drop(frame.geometry.name)}

    def free(name: str) -> str:
        return name if name not in taken else free(f"{name}_")

    return {"FID": free("fid"), "GEOMETRY_NAME": free("geom")}


def is_held_exactly(frame: GeoDataFrame, path: Path, layer: str) -> bool:
    """
    Tell whether a frame holds all that the fields of a layer hold.

    Parameters
    ----------
    frame
        As read from the layer.
    path, layer
        The file and its layer.
    """
    info = pyogrio.read_info(path, layer=layer)
    return not any(
        _loses(frame[name], str(kind))
        for name, kind in zip(info["fields"], info["dtypes"], strict=True)
        if name in frame.columns
    )


def _loses(column: pd.Series, kind: str) -> bool:
    if kind.startswith(_WHOLE):
        return not (pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype))
    if kind.startswith("datetime64"):
        return kind.endswith("[D]") or isinstance(column.dtype, pd.DatetimeTZDtype)
    return kind == "object" and any(isinstance(value, bytes) for value in column)


def write_with_records(
    frame: GeoDataFrame, path: Path, name: str, *, source: tuple[Path, str], geometry: str, field: str | None
) -> None:
    """
    Write the records of a layer with the shapes of a frame.

    Parameters
    ----------
    frame
        The rows of the layer in its order, then new ones, of which the field that identifies them is filled in.
    path, name
        The GeoPackage and the layer to write.
    source
        The file and layer the frame was read from.
    geometry
        Type of the shapes: Polygon, MultiPolygon or Unknown.
    field
        The field that identifies a row, if there is one.
    """
    file, layer = source
    options = {"encoding": encoding} if (encoding := dbf_encoding(file)) else {}
    address = f"zip://{file}" if file.suffix.lower() == ".zip" else file
    ids = frame[field].tolist() if field is not None else [None] * len(frame)
    with fiona.open(address, layer=layer, ignore_geometry=True, **options) as records:
        fields = dict(records.schema["properties"])
        form = {"schema": {"geometry": geometry, "properties": fields}, "crs_wkt": frame.crs.to_wkt()}
        with fiona.open(path, "w", driver="GPKG", layer=name, VERSION="1.3", **form, **own_names(frame)) as target:
            several = geometry == "MultiPolygon"
            target.writerecords(_features(frame, records, fields, field, ids, several=several))


def _features(
    frame: GeoDataFrame,
    records: Iterable[Any],
    fields: Iterable[str],
    field: str | None,
    ids: list[Any],
    *,
    several: bool,
) -> Iterator[dict[str, Any]]:
    for shape, record, label in zip_longest(np.asarray(frame.geometry), records, ids):
        values = dict.fromkeys(fields) if record is None else dict(record["properties"])
        if record is None and field is not None:
            values[field] = label
        yield {"type": "Feature", "properties": values, "geometry": _drawn(shape, several=several)}


def _drawn(shape: shapely.Geometry | None, *, several: bool) -> dict[str, Any] | None:
    if shape is None:
        return None
    if several and shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([] if shape.is_empty else [shape])
    return dict(mapping(shape))
