"""Layers from any file that GDAL reads, with one clear line where that fails."""

import contextlib
import re
import sqlite3
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import CRSError

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.encoding import probably_big5

_KINDS = {
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
    "line": frozenset({"LineString", "MultiLineString", "LinearRing"}),
    "point": frozenset({"Point", "MultiPoint"}),
}


_UNSAID = "Undefined "  # older GDAL gives a GeoPackage without a system one of these: geographic or Cartesian

# What a layer's declared geometry is called for each kind; GDAL replaces curves by short straight lines.
_DECLARED = {"polygon": ("polygon", "surface"), "line": ("line", "curve"), "point": ("point",)}
_CHINESE = re.compile("[\u3400-\u9fff]")
_CURVED = ("CURVEPOLYGON", "MULTISURFACE", "CURVE", "COMPOUNDCURVE", "MULTICURVE", "CIRCULARSTRING")
_STRAIGHT = frozenset({".shp", ".geojson", ".json", ".fgb", ".csv", ".kml"})  # formats without curves, or hardly any


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
    path, layer = split_spec(spec)
    if not path.name or not path.exists():
        raise InputError(_("There is no file “{file}”: check the name and the folder.").format(file=path.name or spec))
    name, others = _choose_layer(path, layer, geometry, take_first=take_first)
    frame = _read(path, name, only)
    if not isinstance(frame, GeoDataFrame) or "geometry" not in frame.columns:
        raise InputError(_("“{file}” is a table without a map: choose a layer with a map.").format(file=path.name))
    if frame.empty:
        raise InputError(_("Layer “{layer}” of “{file}” has no rows.").format(layer=name, file=path.name))
    if frame.crs is not None and frame.crs.name.startswith(_UNSAID):
        shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
        frame = GeoDataFrame(pd.DataFrame(frame.drop(columns=frame.geometry.name)), geometry=shapes)
    if frame.crs is None and crs is not None:
        frame = _named(frame, crs)
    if frame.crs is None:
        raise InputError(
            _(
                "“{file}” does not say its coordinate reference system: add the .prj file, or name the system with "
                "--crs EPSG:n."
            ).format(file=path.name)
        )
    if geometry is not None:
        _require_kind(frame, geometry, path.name)
    for field in fields:
        if field not in frame.columns:
            raise _without_field(path, field, frame.columns[:-1])
    flat = _flattened(frame, path, name)
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
        path, layer = source_of(spec)
        names = pyogrio.read_info(path, layer=layer)["fields"]
        raise _without_field(path, field, names)
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


def source_of(spec: str) -> tuple[Path, str]:
    """Tell from which file and layer `read_labelled` reads polygons."""
    path, layer = split_spec(spec)
    return path, _choose_layer(path, layer, "polygon", take_first=True)[0]


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
    path, layer = split_spec(spec)
    if not path.exists():
        return None
    try:
        kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    except DataSourceError:
        return None
    name = layer if layer is not None else next(iter(kinds), "") if len(kinds) == 1 else ""
    if kinds.get(name, "") is not None:
        return None
    table = pd.DataFrame(_read(path, name, None))
    if table.empty:
        raise InputError(_("Layer “{layer}” of “{file}” has no rows.").format(layer=name, file=path.name))
    return table.set_axis(range(1, len(table) + 1))


def _flattened(frame: GeoDataFrame, path: Path, layer: str) -> GeoDataFrame:
    """Leave out heights and measures, and note that and the curves that reading has made straight."""
    notices = []
    if _holds_curves(path, layer):
        notices.append(_("“{file}” holds curves: they were replaced by short straight lines.").format(file=path.name))
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    if shapely.has_z(shapes).any():
        notices.append(_("“{file}” holds heights or measures: they were left out.").format(file=path.name))
        frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs))
    frame.attrs["notices"] = notices
    return frame


def _holds_curves(path: Path, layer: str) -> bool:
    """Tell whether a layer holds curves; what reading gives is straight already."""
    if path.suffix.lower() in _STRAIGHT:
        return False
    if path.suffix.lower() == ".gpkg":
        query = "SELECT upper(geometry_type_name) FROM gpkg_geometry_columns WHERE table_name = ?"
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file,
        ):
            declared = file.execute(query, (layer,)).fetchone()
            if declared is not None and declared[0] != "GEOMETRY":
                return declared[0] in _CURVED
    name, kinds = layer.replace('"', r"\""), ", ".join(f"'{kind}'" for kind in _CURVED)
    sql = f'SELECT OGR_GEOMETRY FROM "{name}" WHERE OGR_GEOMETRY IN ({kinds})'
    with contextlib.suppress(DataSourceError, DataLayerError, RuntimeError, ValueError):
        found = pyogrio.read_dataframe(path, sql=sql, sql_dialect="OGRSQL", max_features=1, read_geometry=False)
        return len(found) > 0
    return False


def split_spec(spec: str) -> tuple[Path, str | None]:
    """Take FILE[:layer] apart; a colon in a file's own name or after a drive letter separates nothing."""
    whole = Path(spec)
    if whole.exists() or ":" not in spec:
        return whole, None
    file, _colon, layer = spec.rpartition(":")
    return (Path(file), layer) if len(file) > 1 else (whole, None)


def _choose_layer(path: Path, layer: str | None, geometry: str | None, *, take_first: bool) -> tuple[str, bool]:
    """Give the layer's name, and whether others would have fitted too."""
    try:
        layers = pyogrio.list_layers(path)
    except DataSourceError as error:
        raise _unreadable(path) from error
    names = [str(name) for name in layers[:, 0]]
    if layer is not None:
        if layer not in names:
            raise InputError(
                _("“{file}” has no layer “{layer}”: its layers are {names}.").format(
                    file=path.name, layer=layer, names=", ".join(names) or "-"
                )
            )
        return layer, False
    shaped = [str(name) for name, kind in layers if kind is not None]
    words = _DECLARED.get(geometry or "", ())
    fitting = [str(name) for name, kind in layers if kind is not None and any(word in kind.lower() for word in words)]
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


def _read(path: Path, layer: str, only: Sequence[str] | None) -> Any:
    encoding = dbf_encoding(path)
    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    if only is not None:
        options["columns"] = list(only)
    try:
        with warnings.catch_warnings():
            # A damaged row is met below as a missing geometry; GDAL's own words help nobody.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            return gpd.read_file(path, layer=layer, engine="pyogrio", **options)
    except (DataSourceError, DataLayerError, RuntimeError, UnicodeDecodeError, ValueError) as error:
        raise _unreadable(path) from error


def dbf_encoding(path: Path) -> str | None:
    """
    Find the encoding of a shapefile's texts when the file does not name it.

    Returns
    -------
    encoding
        UTF-8 where the bytes are, else GB18030, in which Chinese offices write; None for other files and where a .cpg
        file tells it.

    Raises
    ------
    InputError
        The texts are in Big5 by all appearance, and no .cpg file says so.
    """
    raw = _table_without_encoding(path)
    if raw is None:
        return None
    start = int.from_bytes(raw[8:10], "little")
    names = b"".join(raw[place : place + 11].split(b"\0")[0] for place in range(32, start - 1, 32))
    text = names + raw[start:]
    with contextlib.suppress(UnicodeDecodeError):
        decoded = text.decode("utf-8")
        # Some Chinese words of GBK happen to be valid UTF-8, but then of quite another script.
        if decoded.isascii() or _CHINESE.search(decoded):
            return "UTF-8"
    if probably_big5(text):
        raise InputError(
            _(
                "The table of “{file}” is probably written in Big5, as used in Taiwan, Hong Kong and Macao: put a file "
                "“{name}” that holds the word BIG5 beside that table."
            ).format(file=path.name, name=path.with_suffix(".cpg").name)
        )
    with contextlib.suppress(UnicodeDecodeError):
        if _CHINESE.search(text.decode("gb18030")):
            return "GB18030"
    return None


def _table_without_encoding(path: Path) -> bytes | None:
    """Give the table of a shapefile, packed or not, beside which no .cpg file stands."""
    if path.suffix.lower() == ".shp":
        table = path.with_suffix(".dbf")
        return table.read_bytes() if table.exists() and not path.with_suffix(".cpg").exists() else None
    if path.suffix.lower() != ".zip":
        return None
    with contextlib.suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as packed:
        tables = [name for name in packed.namelist() if name.lower().endswith(".dbf")]
        if len(tables) == 1 and not any(name.lower().endswith(".cpg") for name in packed.namelist()):
            return packed.read(tables[0])
    return None


def _named(frame: GeoDataFrame, crs: Any) -> GeoDataFrame:
    try:
        return frame.set_crs(crs)
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


def _unreadable(path: Path) -> InputError:
    return InputError(
        _("“{file}” cannot be read: it is damaged, incomplete, or no map file; copy it again.").format(file=path.name)
    )
