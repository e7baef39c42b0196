"""Styles that a layer came with, carried over to the layer that takes its place."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from xml.etree import ElementTree as ET

from census_map.exchange.geopackage_file import reading
from census_map.exchange.looks import STYLES, geometry_columns, style_table
from census_map.exchange.map_files import MapFile

_LARGEST = 4 * 2**20  # bytes
# What QGIS runs, not what it shows: code of forms, actions, macros.
_RUNS = frozenset(
    {"attributeactions", "editforminit", "editforminitcode", "editforminitcodesource", "editforminitfilepath"}
)


def carry_styles(source: tuple[MapFile, str], path: Path, layer: str) -> None:
    """
    Store the styles of a layer for another.

    Parameters
    ----------
    source
        File and layer: styles are taken from the table `layer_styles` of a GeoPackage, else from the .qml beside the
        file.
    path, layer
        The GeoPackage and its layer; it may be there under another name.
    """
    styles = [(name, _shown(qml), default) for name, qml, default in _styles(*source)]
    rows = [(name, qml, default) for name, qml, default in styles if qml is not None]
    if not rows:
        return
    with closing(sqlite3.connect(path)) as file, file:
        style_table(file)
        column = geometry_columns(file).get(layer)
        if column is None:
            return
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, ?, ?, ?, '', ?, '', '')",
            [(layer, column, name, qml, default) for name, qml, default in rows],
        )


def _styles(file: MapFile, layer: str) -> list[tuple[str, str, int]]:
    if file.ending == ".gpkg" and file.path.suffix.lower() == ".gpkg":
        with suppress(sqlite3.OperationalError), reading(file.path) as database:
            if not database.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (STYLES,)
            ).fetchone():
                return _beside(file.path, layer)
            found = database.execute(
                "SELECT styleName, styleQML, useAsDefault FROM layer_styles WHERE lower(f_table_name) = lower(?) "
                "AND length(styleQML) < ?",
                (layer, _LARGEST),
            ).fetchall()
            kept = [(str(name or layer)[:30], qml, int(default in {1, "1", "true"})) for name, qml, default in found]
            return [row for row in kept if isinstance(row[1], str)] or _beside(file.path, layer)
    return _beside(file.path, layer)


def _beside(path: Path, layer: str) -> list[tuple[str, str, int]]:
    qml = path.with_suffix(".qml")
    with suppress(OSError, UnicodeDecodeError):
        if qml.is_file() and qml.stat().st_size < _LARGEST:
            return [(layer[:30], qml.read_text(encoding="utf-8"), 1)]
    return []


def _shown(qml: str) -> str | None:
    """Give a style without what runs; None where it is no style."""
    try:
        root = ET.fromstring(qml[qml.index("<qgis") :])  # noqa: S314  without the declaration of a type, so without entities
    except (ET.ParseError, ValueError):
        return None
    for parent in [*root.iter()]:
        for child in [child for child in parent if child.tag in _RUNS]:
            parent.remove(child)
    return ET.tostring(root, encoding="unicode")
