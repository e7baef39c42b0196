"""
Layers read through GDAL: in this process where the file is a plain one, else in one that can be stopped.

What stops the reading of a whole layer for one value, such as half a character, the 30th of February or an open ring,
is read again with care, and named.
"""

import contextlib
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame
from pyogrio.errors import CRSError as SystemUnread
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import CRSError

from census_map.apart import Limits, read_apart
from census_map.errors import InputError
from census_map.exchange.drivers import offline
from census_map.exchange.geopackage_file import LayerTable, number_column, table_behind
from census_map.exchange.map_files import MapFile
from census_map.exchange.shapefile_set import ShapefileSet, decoded
from census_map.exchange.wkb_rings import shapes_of
from census_map.i18n import _, ngettext

GEOMETRY = "geometry"
_BYTES = "ISO-8859-1"  # every byte a character, and back
_SHOWN = 5
_LIMITS = Limits(seconds=30.0, memory=2**30)
_MORE_A_BYTE = 40  # a reader of XML takes so many times the file
_SMALLEST_ROW = 8  # bytes of a file
_UNREADABLE = (DataSourceError, DataLayerError, RuntimeError, UnicodeDecodeError, ValueError, OverflowError, KeyError)
_IN_VALUES = (UnicodeDecodeError, ValueError, OverflowError, CRSError, shapely.errors.GEOSException)
_MOMENT = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?)?$")
# GDAL replaces curves by short straight lines.
_CURVED = ("CURVEPOLYGON", "MULTISURFACE", "CURVE", "COMPOUNDCURVE", "MULTICURVE", "CIRCULARSTRING")
_CURVES_IN = frozenset({".gpkg", ".gml", ".dxf"})


def layers_of(file: MapFile) -> list[tuple[str, str | None]]:
    """
    List the layers of a file.

    Returns
    -------
    layers
        Name and type of geometry as GDAL names it, None for a plain table.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    return list(_called(file, _layers_here, file.apart))


def read_frame(file: MapFile, layer: str, only: Sequence[str] | None) -> pd.DataFrame:
    """
    Read a layer, or some of its fields.

    Parameters
    ----------
    file, layer
        The file and one of its layers.
    only
        Read no other fields than these, where they are there; None: all.

    Returns
    -------
    frame
        A GeoDataFrame, or a DataFrame where the layer has no map; rows in the file's order. A field that is called as
        the column of shapes is called otherwise (`fields_of`). `attrs["notices"]` lists what was left out or changed.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    if file.ending == ".gpkg":
        # Into a database that is packed nobody can look beforehand.
        unpacked = file.path.suffix.lower() == ".gpkg"
        table = table_behind(file.path, layer) if unpacked else LayerTable(miscounted=True)
    else:
        table = LayerTable()
    wanted = None if only is None else list(only)
    frame: pd.DataFrame = _called(file, _read_here, file.apart or table.computed, layer, wanted, table)
    return frame


@dataclass(frozen=True)
class Field:
    """
    A field of a layer.

    Attributes
    ----------
    name, stored
        Its name in a frame, and in the file.
    kind
        Of its values, as numpy names it.
    is_json
        Whether its texts are JSON, such as lists, or numbers and texts in one field of a GeoJSON.
    """

    name: str
    stored: str
    kind: str
    is_json: bool


@dataclass(frozen=True)
class LayerFields:
    """
    The fields of a layer, in their order, and the name of its column of row numbers, empty where it has none.

    `options` are what GDAL needs to be told to find them.
    """

    fields: tuple[Field, ...]
    fid_column: str
    options: dict[str, str]


def fields_of(file: MapFile, layer: str) -> LayerFields:
    """
    Describe the fields of a layer.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    found: LayerFields = _called(file, _fields_here, file.apart, layer)
    return found


def _called(file: MapFile, function: Any, apart: bool, *arguments: Any) -> Any:  # noqa: FBT001
    if not apart:
        return function(file, *arguments)
    size = file.path.stat().st_size
    limits = Limits(_LIMITS.seconds + size / 2**20, _LIMITS.memory + min(3 * 2**30, _MORE_A_BYTE * size))
    return read_apart(_in_child, file, function.__name__, arguments, limits=limits, name=file.path.name)


def _in_child(file: MapFile, function: str, arguments: tuple[Any, ...]) -> Any:
    """Do the same in the other process; of a .gml GDAL writes down what it found, beside it, which nobody asked for."""
    notes = file.path.with_suffix(".gfs")
    had = notes.exists()
    try:
        return globals()[function](file, *arguments)
    finally:
        if file.ending == ".gml" and not had:
            with contextlib.suppress(OSError):
                notes.unlink(missing_ok=True)


@contextmanager
def _quietly(file: MapFile) -> Iterator[None]:
    """Read without the network, and say in one line what cannot be read; GDAL's own words help nobody."""
    try:
        with offline(), warnings.catch_warnings():
            if not sys.warnoptions:  # nobody asked for them; a damaged row is met later as a missing geometry
                warnings.simplefilter("ignore", RuntimeWarning)
                warnings.simplefilter("ignore", UserWarning)
            yield
    except (SystemUnread, UnboundLocalError) as error:  # the latter is how pyogrio fails on some of them
        prj = next((each.prj for each in file.shapefiles if each.prj is not None), None)
        raise unreadable(file) if prj is None else system_unread(prj) from error
    except _UNREADABLE as error:
        raise unreadable(file) from error


def system_unread(prj: str) -> InputError:
    """Say that the coordinate system of a shapefile cannot be read."""
    text = _("“{prj}” cannot be read: copy it again, or take it away and name the system with --crs EPSG:n.")
    return InputError(text.format(prj=prj))


def unreadable(file: MapFile) -> InputError:
    """Say that a file cannot be read."""
    text = _("“{file}” cannot be read: it is damaged, incomplete, or no map file; copy it again.")
    return InputError(text.format(file=file.path.name))


def _layers_here(file: MapFile) -> list[tuple[str, str | None]]:
    with _quietly(file):
        return [(str(name), kind) for name, kind in pyogrio.list_layers(file.address)]


def _set_of(file: MapFile, layer: str) -> ShapefileSet | None:
    named = [each for each in file.shapefiles if each.layer == layer]
    return (named or [*file.shapefiles])[0] if file.shapefiles else None


def _fields_here(file: MapFile, layer: str) -> LayerFields:
    with _quietly(file):
        own = _set_of(file, layer)
        info = pyogrio.read_info(file.address, layer=layer, **_encoding(own))
        names = _frame_names(info["fields"], own)
        json = [kind == "OFSTJSON" for kind in info.get("ogr_subtypes", [""] * len(names))]
        kinds = map(str, info["dtypes"])
        fields = (Field(*each) for each in zip(names, names.values(), kinds, json, strict=True))
        unpacked = file.ending == ".gpkg" and file.path.suffix.lower() == ".gpkg"
        number = number_column(file.path, layer) if unpacked else ""  # older pyogrio does not tell
        return LayerFields(tuple(fields), number, _encoding(own))


def _encoding(own: ShapefileSet | None) -> dict[str, str]:
    if own is None or own.encoding is None:
        return {}
    return {"encoding": _BYTES if own.cut else own.encoding}


def _frame_names(fields: Sequence[Any], own: ShapefileSet | None) -> dict[str, str]:
    names: dict[str, str] = {}
    for field in map(str, fields):
        text = field
        if own is not None and own.cut and own.encoding is not None:
            text = decoded(field, own.encoding)
        name, number = (text if text != GEOMETRY else f"{GEOMETRY}_"), 2
        while name in names or (name != text and name in fields) or not name:
            name, number = f"{text}_{number}", number + 1  # names that were the same where they were cut
        names[name] = field
    return names


def _read_here(file: MapFile, layer: str, only: list[str] | None, table: LayerTable) -> pd.DataFrame:
    with _quietly(file):
        own = _set_of(file, layer)
        options: dict[str, Any] = {"layer": layer, **_encoding(own)} | ({"where": "1"} if table.miscounted else {})
        info = (
            None if file.ending in {".geojson", ".json"} and not file.seen.field_geometry else _info(file, own, layer)
        )
        names = None if info is None else _frame_names(info["fields"], own)
        if only is not None:
            options["columns"] = [field for name, field in names.items() if name in only] if names else only
        changed = names is not None and any(name != field for name, field in names.items())
        cut = own is not None and own.cut
        try:
            if changed or cut:
                frame = _with_care(file, layer, options, own)
            else:
                frame = pyogrio.read_dataframe(file.address, **options)
                if info is not None and _has_days_as_texts(frame, info):
                    frame = _with_care(file, layer, options, own)
        except _IN_VALUES:
            frame = _with_care(file, layer, options, own)
        notices = [*(() if own is None else own.notices), *frame.attrs.get("notices", ())]
        if _holds_curves(file, layer, table.shapes):
            text = _("“{file}” holds curves: they were replaced by short straight lines.")
            notices.append(text.format(file=file.path.name))
        frame.attrs["notices"] = notices
        return frame


def _has_days_as_texts(frame: pd.DataFrame, info: dict[str, Any]) -> bool:
    """Tell whether days were read as texts, as older pyogrio does where one of them is impossible."""
    days = [field for field, kind in zip(info["fields"], info["dtypes"], strict=True) if str(kind) == "datetime64[D]"]
    return any(day in frame.columns and not pd.api.types.is_datetime64_any_dtype(frame[day].dtype) for day in days)


def _info(file: MapFile, own: ShapefileSet | None, layer: str) -> dict[str, Any]:
    info: dict[str, Any] = pyogrio.read_info(file.address, layer=layer, **_encoding(own))
    if file.ending == ".fgb" and info["features"] * _SMALLEST_ROW > file.path.stat().st_size:
        raise unreadable(file)  # or memory would be kept for rows that are not there
    return info


def _holds_curves(file: MapFile, layer: str, declared: str) -> bool:
    """Tell whether a layer holds curves; what reading gives is straight already."""
    if file.ending not in _CURVES_IN:
        return False
    if declared not in {"", "GEOMETRY"}:
        return declared in _CURVED
    name, kinds = layer.replace('"', r"\""), ", ".join(f"'{kind}'" for kind in _CURVED)
    sql = f'SELECT OGR_GEOMETRY FROM "{name}" WHERE OGR_GEOMETRY IN ({kinds})'
    with contextlib.suppress(DataSourceError, DataLayerError, RuntimeError, ValueError):
        found = pyogrio.read_dataframe(file.address, sql=sql, sql_dialect="OGRSQL", max_features=1, read_geometry=False)
        return len(found) > 0
    return False


def _with_care(file: MapFile, layer: str, options: dict[str, Any], own: ShapefileSet | None) -> pd.DataFrame:
    """Read texts byte by byte, days as texts and shapes as bytes, and make of each what can be made."""
    basis = {name: value for name, value in options.items() if name != "columns"} | {"encoding": _BYTES}
    info = pyogrio.read_info(file.address, layer=layer, encoding=_BYTES)
    cut = ShapefileSet(layer, encoding="utf-8" if own is None or not own.encoding else own.encoding, cut=True)
    names = _frame_names(info["fields"], cut)
    wanted = options.get("columns")
    if wanted is not None:
        names = {name: field for name, field in names.items() if name in wanted or field in wanted}
    kinds = {str(field): str(kind) for field, kind in zip(info["fields"], info["dtypes"], strict=True)}
    notices: list[str] = []
    days = [field for field in names.values() if kinds[field].startswith("datetime64")]
    plain = [field for field in names.values() if field not in days]
    found = (
        pyogrio.read_dataframe(file.address, **basis, columns=plain, read_geometry=False) if plain else pd.DataFrame()
    )
    moments = _moments(file, layer, days, basis, notices) if days else pd.DataFrame()
    columns = {
        name: moments[field] if field in days else _decoded_column(found[field], str(cut.encoding))
        for name, field in names.items()
    }
    frame = pd.DataFrame(columns)
    if info["geometry_type"] is not None:
        frame = _with_shapes(frame, file, basis, info["crs"], notices)
    frame.attrs["notices"] = notices
    return frame


def _decoded_column(column: pd.Series, encoding: str) -> pd.Series:
    """Decode the texts of a column that was read byte for byte."""
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    return column.map(lambda value: decoded(value, encoding) if isinstance(value, str) else value)


def _moments(file: MapFile, layer: str, days: list[str], basis: dict[str, Any], notices: list[str]) -> pd.DataFrame:
    """Read days and moments as texts, leave empty what is none, and name it."""
    quoted = {day: '"' + day.replace('"', r"\"") + '"' for day in days}
    asked = ", ".join(f"CAST({quoted[day]} AS character(40)) AS {quoted[day]}" for day in days)
    sql = f'SELECT {asked} FROM "' + layer.replace('"', r"\"") + '"'
    texts = pyogrio.read_dataframe(
        file.address, sql=sql, sql_dialect="OGRSQL", read_geometry=False, encoding=basis["encoding"]
    )
    read = {}
    for day in days:
        values = [_moment(text) for text in texts[day]]
        wrong = [
            (row, text)
            for row, (text, value) in enumerate(zip(texts[day], values, strict=True), start=1)
            if value is None and isinstance(text, str) and text.strip()
        ]
        for row, text in wrong[:_SHOWN]:
            words = _("Row {row} (counted from 1), field “{field}”: {value} is no date; it was left empty.")
            notices.append(words.format(row=row, field=day, value=text))
        if len(wrong) > _SHOWN:
            more = len(wrong) - _SHOWN
            notices.append(ngettext("… and {n} more such value.", "… and {n} more such values.", more).format(n=more))
        read[day] = pd.Series(np.array(values, dtype="datetime64[ms]"))
    return pd.DataFrame(read)


def _moment(text: Any) -> datetime | None:
    found = _MOMENT.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = (int(part) for part in found.groups(default="0"))
    with contextlib.suppress(ValueError):
        return datetime(year, month, day, hour, minute, second, 1000 * fraction)  # noqa: DTZ001  as it stands in the file
    return None


def _with_shapes(
    frame: pd.DataFrame, file: MapFile, basis: dict[str, Any], crs: str | None, notices: list[str]
) -> GeoDataFrame:
    _meta, _fids, wkb, _fields = pyogrio.raw.read(file.address, **basis, columns=[])
    shapes, closed, unread = shapes_of(wkb)
    for rows, one, many in (
        (
            closed,
            _("Row {rows} (counted from 1): its outline was not closed, and was closed."),
            _("Rows {rows} (counted from 1): their outlines were not closed, and were closed."),
        ),
        (
            unread,
            _("Row {rows} (counted from 1): its outline cannot be made out; draw it again."),
            _("Rows {rows} (counted from 1): their outlines cannot be made out; draw them again."),
        ),
    ):
        if rows:
            shown = ", ".join(str(row + 1) for row in rows[:_SHOWN]) + (" …" if len(rows) > _SHOWN else "")
            notices.append((one if len(rows) == 1 else many).format(rows=shown))
    if frame.columns.empty:
        frame = pd.DataFrame(index=range(len(shapes)))
    try:
        return GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index, crs=crs))
    except CRSError:
        return GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index))
