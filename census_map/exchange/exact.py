"""
Write a layer again with other shapes: every field with its type, every value with all its digits, every row's number.

A frame cannot hold everything that a file can: whole numbers and yes/no with gaps become decimal numbers, days become
moments, binary values text. Where a file has such fields their values are copied from its records, and only the shapes
and the other fields come from the frame.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import fiona
import fiona.errors
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame
from shapely.geometry import mapping

from census_map.errors import InputError
from census_map.exchange.drivers import offline
from census_map.exchange.gdal_reading import GEOMETRY, Field, LayerFields, fields_of
from census_map.exchange.map_files import MapFile
from census_map.i18n import _

Source = tuple[MapFile, str]  # file and layer
_WHOLE = ("int", "uint", "bool")
_EXACT = 2**53  # decimal numbers hold whole ones up to here
_TEXT = ("json", "List[str]")  # types of fiona that are written as text


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


def write_from(frame: GeoDataFrame, path: Path, name: str, *, source: Source, geometry: str, field: str | None) -> None:
    """
    Write the rows of a layer again, with the shapes of a frame, to a GeoPackage.

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
    fields = fields_of(*source)
    frame, names = _numbered(frame, source, fields)
    lossy = [each for each in fields.fields if each.name in frame.columns and _loses(frame[each.name], each)]
    own = {each.name: each.stored for each in fields.fields if each.stored == GEOMETRY and each.name in frame.columns}
    if lossy and not source[0].apart:
        _write_records(frame, path, name, source, fields, lossy, geometry=geometry, field=field, names=names, own=own)
        return
    for each in lossy:  # read by a driver that fiona may not have
        if each.kind.startswith(("int", "uint")) and (frame[each.name].abs().fillna(0) < _EXACT).all():
            frame[each.name] = frame[each.name].astype("Int64")
    pyogrio.write_dataframe(
        frame.rename_geometry(names["GEOMETRY_NAME"]).rename(columns=own),
        path,
        layer=name,
        driver="GPKG",
        geometry_type=geometry,
        promote_to_multi=geometry == "MultiPolygon",
        append=path.exists(),
        VERSION="1.3",
        **names,
    )


def _numbered(frame: GeoDataFrame, source: Source, fields: LayerFields) -> tuple[GeoDataFrame, dict[str, str]]:
    """Give the rows the numbers that they have in their file, new ones the next; names of the columns of both."""
    file, layer = source
    names = own_names(frame)
    number = fields.fid_column
    if file.ending != ".gpkg" or not number or number.lower() in {str(name).lower() for name in frame.columns}:
        return frame.copy(), names
    with offline():
        where = {"where": "1"} if len(frame) else {}
        fids = pyogrio.raw.read(file.address, layer=layer, columns=[], read_geometry=False, return_fids=True, **where)[
            1
        ]
    new = len(frame) - len(fids)
    if new < 0 or not len(fids):
        return frame.copy(), names
    every = np.concatenate([fids, int(fids.max()) + 1 + np.arange(new)])
    numbered = frame.assign(**{number: every.astype(np.int64)})
    return numbered, {**names, "FID": number}


def _loses(column: pd.Series, field: Field) -> bool:
    if field.kind.startswith(_WHOLE):
        return not (pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype))
    if field.kind.startswith("datetime64"):
        return field.kind.endswith("[D]") or isinstance(column.dtype, pd.DatetimeTZDtype)
    if field.is_json:
        return True
    return field.kind.startswith(("object", "list")) and any(
        isinstance(value, bytes | list | np.ndarray) for value in column
    )


def _write_records(
    frame: GeoDataFrame,
    path: Path,
    name: str,
    source: Source,
    fields: LayerFields,
    lossy: Sequence[Field],
    *,
    geometry: str,
    field: str | None,
    names: dict[str, str],
    own: dict[str, str],
) -> None:
    types = _types(source, fields)
    columns = {str(label): [_plain(value) for value in frame[label]] for label in frame.columns.drop(GEOMETRY)}
    for each, values in _exact_values(source, fields, lossy, types).items():
        added = columns[each][len(values) :] if each == field else [None] * (len(frame) - len(values))
        columns[each] = [*values, *added]
    types = {each: types.get(each, "int") for each in columns}
    stored = [own.get(each, each) for each in columns]
    form = {"schema": {"geometry": geometry, "properties": dict(zip(stored, types.values(), strict=True))}}
    several = geometry == "MultiPolygon"
    with fiona.open(
        path, "w", driver="GPKG", layer=name, VERSION="1.3", crs_wkt=frame.crs.to_wkt(), **form, **names
    ) as target:
        target.writerecords(
            {
                "type": "Feature",
                "properties": dict(zip(stored, row, strict=True)),
                "geometry": _drawn(shape, several=several),
            }
            for shape, row in zip(np.asarray(frame.geometry), zip(*columns.values(), strict=True), strict=True)
        )


def _types(source: Source, fields: LayerFields) -> dict[str, str]:
    """Give the type of each field, by its name in the frame, as fiona names it."""
    file, layer = source
    with offline(), fiona.open(file.address, layer=layer, ignore_geometry=True, **fields.options) as records:
        found = dict(records.schema["properties"])
    # By place, since a name may have been decoded otherwise; by name where a field is known to one of the two alone.
    by_place = zip((each.stored for each in fields.fields), found.values(), strict=False)
    kinds = dict(by_place) if len(found) == len(fields.fields) else found
    return {each.name: "str" if kinds[each.stored] in _TEXT else kinds[each.stored] for each in fields.fields}


def _exact_values(
    source: Source, fields: LayerFields, lossy: Sequence[Field], types: dict[str, str]
) -> dict[str, list[Any]]:
    """Read the values of fields that a frame does not hold; of a field with a value that is none, it holds them."""
    file, layer = source
    found: dict[str, list[Any]] = {}
    texts = [each for each in lossy if types[each.name] == "str"]
    rest = [each for each in lossy if each not in texts]
    if texts:
        with offline():
            options = {"columns": [each.stored for each in texts], "read_geometry": False, **fields.options}
            if file.ending == ".gpkg":
                options["where"] = "1"
            meta, _fids, _shapes, data = pyogrio.raw.read(file.address, layer=layer, **options)
        by_name = dict(zip(map(str, meta["fields"]), data, strict=True))
        found |= {each.name: [_as_text(value) for value in by_name[each.stored]] for each in texts}
    for each in rest:
        try:
            found[each.name] = _column(source, fields, each)
        except (ValueError, fiona.errors.FionaError):  # such as the 30th of February, which reading has named
            continue
    return found


def _column(source: Source, fields: LayerFields, wanted: Field) -> list[Any]:
    file, layer = source
    others = [each.stored for each in fields.fields if each != wanted]
    options = {"ignore_geometry": True, "ignore_fields": others, **fields.options}
    with offline(), fiona.open(file.address, layer=layer, **options) as records:
        return [record["properties"][wanted.stored] for record in records]


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Make a value of a frame one that a record takes."""
    if value is None or (not isinstance(value, str | bytes | list | dict | np.ndarray) and pd.isna(value)):
        return None
    if isinstance(value, np.ndarray | list | dict):
        return _as_text(value)
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, date | datetime):
        return value
    return value.item() if isinstance(value, np.generic) else value


def _drawn(shape: shapely.Geometry | None, *, several: bool) -> dict[str, Any] | None:
    if shape is None:
        return None
    if several and shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([] if shape.is_empty else [shape])
    return dict(mapping(shape))
