"""Styles for result layers, by which any QGIS shows them: a symbol a value, titles of the fields, lists of values."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

STYLES = "layer_styles"  # the table in which QGIS keeps them
_TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


@dataclass(frozen=True)
class Look:
    """
    How the rows with one value are shown.

    Attributes
    ----------
    value, title
        The value in the file, and the words for it in the user's language.
    kind
        `fill` or `marker`.
    options
        The symbol's settings, as QGIS names them.
    """

    value: str
    title: str
    kind: str
    options: Mapping[str, str]


def fill(value: str, title: str, colour: str, *, opacity: int = 110, line: str = "solid") -> Look:
    """Show ground: a colour as #RRGGBB, seen through (opacity 0 to 255), with an outline in full colour."""
    options = {
        "color": _rgb(colour, opacity),
        "outline_color": _rgb(colour),
        "outline_style": line,
        "outline_width": "0.8",
        "outline_width_unit": "MM",
        "style": "solid" if opacity else "no",
    }
    return Look(value, title, "fill", options)


def marker(value: str, title: str, colour: str, shape: str) -> Look:
    """Show places: a shape by QGIS's name, in a colour as #RRGGBB."""
    options = {
        "name": shape,
        "color": _rgb(colour),
        "outline_color": _rgb(colour),
        "outline_style": "solid",
        "outline_width": "0.6",
        "outline_width_unit": "MM",
        "size": "3",
        "size_unit": "MM",
    }
    return Look(value, title, "marker", options)


def style(field: str, looks: Iterable[Look], titles: Mapping[str, str], *, name: str, long: Iterable[str] = ()) -> str:
    """
    Write a style.

    Parameters
    ----------
    field
        The field that decides on the symbol.
    looks
        One for each of its values.
    titles
        Field → title, in the language in force; QGIS shows it in tables and forms.
    name
        An expression that names a row in lists.
    long
        Fields whose text takes several lines in a form.

    Returns
    -------
    qml
        For `layer_styles`, or `QgsMapLayer.importNamedStyle`.
    """
    wanted = list(looks)
    root = ET.Element("qgis", {"version": "3.34", "styleCategories": "Symbology|Fields|Forms"})
    plain = {"forceraster": "0", "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.SubElement(root, "renderer-v2", {"type": "categorizedSymbol", "attr": field, **plain})
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, look in enumerate(wanted):
        row = {"symbol": str(number), "value": look.value, "label": look.title, "render": "true", "type": "string"}
        ET.SubElement(categories, "category", row)
        symbols.append(_symbol(number, look))
    configuration, aliases = ET.SubElement(root, "fieldConfiguration"), ET.SubElement(root, "aliases")
    several = set(long)
    for column, title in titles.items():
        widget = ET.SubElement(configuration, "field", {"configurationFlags": "NoFlag", "name": column})
        if column == field:
            _list_values(widget, wanted)
        elif column in several:
            options = _options(widget, "TextEdit")
            ET.SubElement(options, "Option", {"name": "IsMultiline", "type": "bool", "value": "true"})
        ET.SubElement(aliases, "alias", {"field": column, "name": title})
    ET.SubElement(root, "previewExpression").text = name
    return ET.tostring(root, encoding="unicode")


def store_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Store a default style for layers of a GeoPackage: name → QML. Layers that are not there are passed over."""
    with closing(sqlite3.connect(path)) as file, file:
        style_table(file)
        columns = geometry_columns(file)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '')",
            [(name, columns[name], name[:30], qml) for name, qml in styles.items() if name in columns],
        )


def style_table(file: sqlite3.Connection) -> None:
    """Make the table of styles in a GeoPackage where there is none."""
    file.execute(_TABLE)
    file.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 0)"
    )


def geometry_columns(file: sqlite3.Connection) -> dict[str, str]:
    """Give the column of shapes of each layer of a GeoPackage."""
    return dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))


def _rgb(colour: str, opacity: int = 255) -> str:
    return ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + f",{opacity}"


def _symbol(number: int, look: Look) -> ET.Element:
    whole = {"name": str(number), "type": look.kind, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    symbol = ET.Element("symbol", whole)
    drawn = {"class": f"Simple{look.kind.capitalize()}", "enabled": "1", "locked": "0", "pass": "0"}
    options = ET.SubElement(ET.SubElement(symbol, "layer", drawn), "Option", {"type": "Map"})
    for name, value in look.options.items():
        ET.SubElement(options, "Option", {"name": name, "type": "QString", "value": value})
    return symbol


def _list_values(field: ET.Element, looks: Iterable[Look]) -> None:
    """Let forms and tables show the words for the values."""
    options = _options(field, "ValueMap")
    values = ET.SubElement(options, "Option", {"name": "map", "type": "List"})
    for look in looks:
        pair = ET.SubElement(values, "Option", {"type": "Map"})
        ET.SubElement(pair, "Option", {"name": look.title, "type": "QString", "value": look.value})


def _options(field: ET.Element, widget: str) -> ET.Element:
    config = ET.SubElement(ET.SubElement(field, "editWidget", {"type": widget}), "config")
    return ET.SubElement(config, "Option", {"type": "Map"})
