"""Faults of a coverage as layers that can be styled and clicked in any GIS."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely
from geopandas import GeoDataFrame

from census_map.errors import InputError
from census_map.i18n import N_, _

GROUND, PLACES = "faults", "fault_points"

# Apart in hue and in lightness, so that they stay apart in grey and for the colour-blind.
_LOOKS = {
    "gap": ("#C62828", N_("gap")),
    "overlap": ("#D9730D", N_("overlap")),
    "duplicate": ("#6A1B9A", N_("duplicate")),
    "contained": ("#AD8BC9", N_("contained")),
    "spill": ("#3B7DD8", N_("outside the container")),
    "unmatched": ("#1B1B1B", N_("unmatched vertex")),
    "invalid": ("#F2C14E", N_("invalid polygon")),
}

_STYLES_TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


def write_faults(faults: GeoDataFrame, path: Path) -> None:
    """
    Write faults into a new GeoPackage.

    Layer `faults` holds those that have ground, layer `fault_points` a point for every fault; both carry a default
    style by kind. An existing file is replaced.

    Parameters
    ----------
    faults
        As `coverage.find_faults` returns them.
    path
        The GeoPackage to write.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    shapes = np.asarray(faults.geometry.to_numpy(), dtype=object)
    table = pd.DataFrame(
        {
            "id": faults.index.astype(str),
            "kind": faults["kind"].astype(str).to_numpy(),
            "areas": [", ".join(map(str, labels)) for labels in faults["areas"]],
            "container": ["" if label is None else str(label) for label in faults["container"]],
            "area_m2": faults["area_m2"].to_numpy(dtype=float),
            "width_m": faults["width_m"].to_numpy(dtype=float),
            "negligible": faults["negligible"].to_numpy(dtype=bool),
        }
    )
    ground = shapely.get_dimensions(shapes) == 2
    layers = {
        GROUND: (table[ground], shapes[ground], "MultiPolygon"),
        PLACES: (table, np.asarray(faults["point"].to_numpy(), dtype=object), "Point"),
    }
    try:
        path.unlink(missing_ok=True)
        for name, (rows, geometry, kind) in layers.items():
            pyogrio.write_dataframe(
                GeoDataFrame(rows, geometry=geometry, crs=faults.crs),
                path,
                layer=name,
                driver="GPKG",
                geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"),
                append=path.exists(),
                dataset_options=None if path.exists() else {"VERSION": "1.3"},
            )
        _add_styles(path)
    except (OSError, pyogrio.errors.DataSourceError, sqlite3.OperationalError) as error:
        raise InputError(
            _("{file} cannot be written: choose another folder, or close the program that has it open.").format(
                file=path.name
            )
        ) from error


def _add_styles(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_STYLES_TABLE)
        file.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 0)"
        )
        for name, symbol in ((GROUND, _fill), (PLACES, _marker)):
            column = file.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (name,)
            ).fetchone()[0]
            file.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
                "styleName, styleQML, styleSLD, useAsDefault, description, owner) "
                "VALUES ('', '', ?, ?, 'faults by kind', ?, '', 1, '', '')",
                (name, column, _qml(symbol)),
            )


def _rgb(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + f",{alpha}"


def _options(values: dict[str, str]) -> str:
    rows = "".join(f'<Option name="{name}" type="QString" value="{value}"/>' for name, value in values.items())
    return f'<Option type="Map">{rows}</Option>'


def _fill(number: int, colour: str) -> str:
    options = {
        "color": _rgb(colour, 110),
        "outline_color": _rgb(colour),
        "outline_style": "solid",
        "outline_width": "0.8",
        "outline_width_unit": "MM",
        "style": "solid",
    }
    return (
        f'<symbol name="{number}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleFill" enabled="1" locked="0" pass="0">{_options(options)}</layer></symbol>'
    )


def _marker(number: int, colour: str) -> str:
    options = {
        "name": "cross2" if number % 2 else "circle",
        "color": _rgb(colour),
        "outline_color": _rgb(colour),
        "outline_style": "solid",
        "outline_width": "0.6",
        "outline_width_unit": "MM",
        "size": "3",
        "size_unit": "MM",
    }
    return (
        f'<symbol name="{number}" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleMarker" enabled="1" locked="0" pass="0">{_options(options)}</layer></symbol>'
    )


def _qml(symbol: Callable[[int, str], str]) -> str:
    categories, symbols = [], []
    for number, (kind, (colour, title)) in enumerate(_LOOKS.items()):
        categories.append(
            f'<category symbol="{number}" value={quoteattr(kind)} label={quoteattr(_(title))} render="true" '
            f'type="string"/>'
        )
        symbols.append(symbol(number, colour))
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">'
        '<qgis version="3.34" styleCategories="Symbology"><renderer-v2 type="categorizedSymbol" attr="kind" '
        'forceraster="0" symbollevels="0" enableorderby="0"><categories>'
        + "".join(categories)
        + "</categories><symbols>"
        + "".join(symbols)
        + "</symbols></renderer-v2></qgis>"
    )
