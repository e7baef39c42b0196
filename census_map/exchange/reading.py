"""Layers from any map file that the program promises to read, with one clear line where that fails."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj.exceptions import CRSError

from census_map.crs import may_be_degrees
from census_map.errors import InputError
from census_map.exchange.gdal_reading import GEOMETRY, fields_of, layers_of, read_frame, system_unread
from census_map.exchange.map_files import MapFile, open_map
from census_map.exchange.spec import split_spec
from census_map.i18n import _
from census_map.system_faults import name_refusal

_KINDS = {
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
    "line": frozenset({"LineString", "MultiLineString", "LinearRing"}),
    "point": frozenset({"Point", "MultiPoint"}),
}


_UNSAID = "Undefined "  # older GDAL gives a GeoPackage without a system one of these: geographic or Cartesian

# What a layer's declared geometry is called for each kind.
_DECLARED = {"polygon": ("polygon", "surface"), "line": ("line", "curve"), "point": ("point",)}


def read_layer(
    spec: str,
    *,
    geometry: str | None = None,
    fields: Sequence[str] = (),
    only: Sequence[str] | None = None,
    crs: Any = None,
    take_first: bool = False,
) -> GeoDataFrame:
    """
    Read a layer.

    Parameters
    ----------
    spec
        FILE or FILE:layer. A file of several layers needs the layer, unless only one has the geometry asked for.
    geometry
        `polygon`, `line` or `point` when nothing else will do; None: anything.
    fields
        Fields that must be there.
    only
        Read no other fields than these, where they are there; None: all.
    crs
        System of a file that names none.
    take_first
        Of several layers that fit, take the first, as other programs do, and note it; otherwise refuse.

    Returns
    -------
    layer
        With a CRS and at least one row, indexed from 0 in the file's order, coordinates in two dimensions.
        `attrs["notices"]` lists what was changed on the way, in the user's language.

    Raises
    ------
    InputError
        No such file, layer or field, not readable, empty, without geometry or CRS, or of another kind of geometry.
    """
    file, layer = _opened(spec)
    path = file.path
    name, others = _choose_layer(file, layer, geometry, take_first=take_first)
    frame = read_frame(file, name, only)
    if not isinstance(frame, GeoDataFrame) or GEOMETRY not in frame.columns:
        raise InputError(_("“{file}” is a table without a map: choose a layer with a map.").format(file=path.name))
    if frame.empty:
        raise InputError(_("Layer “{layer}” of “{file}” has no rows.").format(layer=name, file=path.name))
    notices = frame.attrs.get("notices", [])
    frame = _placed(frame, file, name, crs)
    if geometry is not None:
        _require_kind(frame, geometry, path.name)
    for field in fields:
        if field not in frame.columns:
            raise _without_field(path, field, frame.columns[:-1])
    flat = _flattened(frame, path)
    flat.attrs["notices"] = [*notices, *flat.attrs["notices"]]
    if others:
        text = _("“{file}” holds several layers; the first, {layer}, was taken. Write {file}:LAYER for another.")
        flat.attrs["notices"].append(text.format(file=path.name, layer=name))
    return flat


def read_labelled(spec: str, field: str | None, *, crs: Any = None, only_shapes: bool = False) -> GeoDataFrame:
    """
    Read polygons, indexed by the field that identifies them.

    Parameters
    ----------
    spec
        FILE or FILE:layer.
    field
        Its name, kept as a field too; None: the row's number from 0.
    crs
        System of a file that names none.
    only_shapes
        Read no other field.

    Raises
    ------
    InputError
        The layer cannot be read, has no such field, or a value of it is missing or stands twice.
    """
    only = ([] if field is None else [field]) if only_shapes else None
    frame = read_layer(spec, geometry="polygon", only=only, crs=crs, take_first=True)
    if field is None:
        return frame
    if field not in frame.columns.drop(frame.geometry.name):
        file, layer = source_of(spec)
        raise _without_field(file.path, field, (each.name for each in fields_of(file, layer).fields))
    ids = frame[field]
    if ids.isna().any():
        raise InputError(
            _("Field “{field}” is empty in row {row}: fill it in.").format(field=field, row=int(ids.isna().argmax()))
        )
    if not ids.is_unique:
        raise InputError(
            _("“{value}” stands several times in field “{field}”: give every area its own.").format(
                value=ids[ids.duplicated()].iloc[0], field=field
            )
        )
    frame.index = pd.Index(ids.to_numpy(), dtype=ids.dtype)
    return frame


def source_of(spec: str) -> tuple[MapFile, str]:
    """Tell from which file and layer `read_labelled` reads polygons."""
    file, layer = _opened(spec)
    return file, _choose_layer(file, layer, "polygon", take_first=True)[0]


def layers_in(path: Path) -> list[tuple[str, str | None]]:
    """
    List the layers of a file: name and type of geometry, None for a plain table.

    Raises
    ------
    InputError
        It cannot be read as a map.
    """
    return layers_of(open_map(path))


def read_plain_layer(spec: str) -> pd.DataFrame | None:
    """
    Read a layer without a map, such as a list of dwelling units kept in a GeoPackage.

    Parameters
    ----------
    spec
        FILE or FILE:layer.

    Returns
    -------
    table
        One row a row, numbered from 1; None where the layer has a map, or cannot be told from others: `read_layer`
        reads it, or says what is wrong.

    Raises
    ------
    InputError
        The layer has no rows, or cannot be read.
    """
    file, layer = _opened(spec)
    path, kinds = file.path, dict(layers_of(file))
    name = layer if layer is not None else next(iter(kinds), "") if len(kinds) == 1 else ""
    if kinds.get(name, "") is not None:
        return None
    table = pd.DataFrame(read_frame(file, name, None))
    if table.empty:
        raise InputError(_("Layer “{layer}” of “{file}” has no rows.").format(layer=name, file=path.name))
    return table.set_axis(range(1, len(table) + 1))


def _opened(spec: str) -> tuple[MapFile, str | None]:
    path, layer = split_spec(spec)
    if not path.name or not path.exists():
        raise InputError(_("There is no file “{file}”: check the name and the folder.").format(file=path.name or spec))
    if any("\udc80" <= letter <= "\udcff" for letter in str(path)):
        raise InputError(name_refusal())  # GDAL would not find it
    return open_map(path), layer


def _placed(frame: GeoDataFrame, file: MapFile, layer: str, crs: Any) -> GeoDataFrame:
    """Give a layer the system that it is in, where it does not say so itself."""
    if frame.crs is not None and frame.crs.name.startswith(_UNSAID):
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        frame = GeoDataFrame(pd.DataFrame(frame.drop(columns=frame.geometry.name)), geometry=shapes)
    # A GeoJSON without a word about it is in degrees by its standard, and in anything in practice.
    unsaid = frame.crs is None or (file.seen.names_no_system and not may_be_degrees(frame.total_bounds))
    if unsaid and crs is not None:
        frame = _named(frame, crs)
    if frame.crs is not None:
        return frame
    prj = next((each.prj for each in file.shapefiles if each.prj is not None and each.layer == layer), None)
    if prj is not None:
        raise system_unread(prj)
    raise InputError(
        _(
            "“{file}” does not say its coordinate reference system: add the .prj file, or name the system with "
            "--crs EPSG:n."
        ).format(file=file.path.name)
    )


def _flattened(frame: GeoDataFrame, path: Path) -> GeoDataFrame:
    """Leave out heights and measures, and note that."""
    notices = []
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    if shapely.has_z(shapes).any():
        notices.append(_("“{file}” holds heights or measures: they were left out.").format(file=path.name))
        frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs))
    frame.attrs["notices"] = notices
    return frame


def _choose_layer(file: MapFile, layer: str | None, geometry: str | None, *, take_first: bool) -> tuple[str, bool]:
    """Give the layer's name, and whether others would have fitted too."""
    path, layers = file.path, layers_of(file)
    names = [name for name, _kind in layers]
    if layer is not None:
        if layer not in names:
            raise InputError(
                _("“{file}” has no layer “{layer}”: its layers are {names}.").format(
                    file=path.name, layer=layer, names=", ".join(names) or "-"
                )
            )
        return layer, False
    shaped = [name for name, kind in layers if kind is not None]
    words = _DECLARED.get(geometry or "", ())
    fitting = [name for name, kind in layers if kind is not None and any(word in kind.lower() for word in words)]
    if len(fitting) == 1:
        return fitting[0], False
    if len(names) == 1 or len(shaped) == 1:
        return (shaped or names)[0], False
    if take_first and fitting:
        return fitting[0], True
    if not names:
        raise InputError(_("“{file}” holds no layer: choose another file.").format(file=path.name))
    raise InputError(
        _("“{file}” holds several layers: write {file}:LAYER with one of {names}.").format(
            file=path.name, names=", ".join(names)
        )
    )


def _named(frame: GeoDataFrame, crs: Any) -> GeoDataFrame:
    try:
        return frame.set_crs(crs, allow_override=True)
    except CRSError as error:
        raise InputError(
            _("“{crs}” is no coordinate reference system: write it as EPSG:4490.").format(crs=crs)
        ) from error


def _require_kind(frame: GeoDataFrame, geometry: str, file: str) -> None:
    kinds = frame.geometry.geom_type.dropna()
    other = kinds[~kinds.isin(_KINDS[geometry])]
    if not len(other):
        return
    words = {"polygon": _("polygons"), "line": _("lines"), "point": _("points")}
    found = next((word for kind, word in words.items() if other.iloc[0] in _KINDS[kind]), _("collections of shapes"))
    if len(other) == len(kinds):
        text = _("“{file}” holds {found}, but {wanted} are needed: choose another layer.")
        raise InputError(text.format(file=file, found=found, wanted=words[geometry]))
    raise InputError(
        _("Row {row} of “{file}” holds {found}, but {wanted} are needed: take it out, or choose another layer.").format(
            row=other.index[0], file=file, found=found, wanted=words[geometry]
        )
    )


def _without_field(path: Path, field: str, names: Iterable[str]) -> InputError:
    return InputError(
        _("“{file}” has no field “{field}”: its fields are {names}.").format(
            file=path.name, field=field, names=", ".join(map(str, names)) or "-"
        )
    )
