"""
The look of the map in plain QGIS: styles, aliases and lists of values, stored in the GeoPackage itself.

Symbols and labels come from the QML files of the folder `styles`; what depends on the schema, on the profile and on
the language is added here.
"""

import sqlite3
from collections.abc import Iterable
from importlib.resources import files
from xml.etree import ElementTree as ET

from census_map.i18n import N_, _
from census_map.profile import Profile
from census_map.schema import GEOMETRY, TABLES, VIEWS, Column
from census_map.workspace.geopackage import index_layer, register_layer

STYLES = "census_map_styles"
_TABLE = """CREATE TABLE layer_styles (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256),
  "f_table_name" TEXT(256), "f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,
  "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30),
  "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"""

# Words of the legend, by the labels in the QML files.
_LEGEND = {
    "locked": N_("locked"),
    "open": N_("mini-area"),
    "below": N_("below the band"),
    "inside": N_("inside the band"),
    "above": N_("above the band"),
    "demolished": N_("demolished"),
    "construction": N_("under construction"),
    "vacant": N_("nobody lives here"),
    "residential": N_("residential"),
    "mixed": N_("residential and other"),
    "collective": N_("collective living quarters"),
    "other": N_("not for living"),
    "unknown": N_("use not known yet"),
    "main": N_("main road"),
    "secondary": N_("secondary road"),
    "lane": N_("lane"),
    "path": N_("path"),
    "area": N_("lake or pond"),
    "river": N_("river"),
    "canal": N_("canal"),
}
_NEW_UID = "uuid('WithoutBraces')"
# When QGIS splits or copies a row, these are not copied with it.
_POLICIES = {"uid": "DefaultValue", "status": "DefaultValue", "code": "UnsetField", "number": "UnsetField"}


def install_styles(connection: sqlite3.Connection, profile: Profile) -> None:
    """Store a default style for every table and view, in the transaction that is open."""
    connection.execute(_TABLE)
    register_layer(connection, "layer_styles", "layer_styles", geometry=None, column="", srs=0)
    index_layer(connection, "layer_styles", None)
    store_styles(connection, profile, [*TABLES, *VIEWS])


def store_styles(connection: sqlite3.Connection, profile: Profile, names: Iterable[str]) -> None:
    """Store the default styles of some tables and views; they take the place of those of an earlier version."""
    shaped = {table.name: table.geometry for table in TABLES.values()}
    shaped |= {view.name: "MULTIPOLYGON" if view.geometry_from else None for view in VIEWS.values()}
    wanted = list(names)
    connection.executemany(
        "DELETE FROM layer_styles WHERE f_table_name = ? AND styleName = f_table_name", [(name,) for name in wanted]
    )
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
        "VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
        [(name, GEOMETRY if shaped[name] else "", name, style_text(name, profile)) for name in wanted],
    )


def style_text(name: str, profile: Profile) -> str:
    """
    Write the complete style of a table or view.

    Parameters
    ----------
    name
        Name in `schema.TABLES` or `schema.VIEWS`.
    profile
        Its band decides what the summary of mini-areas shows as below, inside and above.

    Returns
    -------
    qml
        Titles in the language in force.
    """
    root = ET.fromstring(_symbols(name, profile))  # noqa: S314  our own file
    for rule in root.iter("rule"):
        label = rule.get("label", "")
        rule.set("label", _(_LEGEND.get(label, label)))
    view = VIEWS.get(name)
    columns = view.columns if view else TABLES[name].columns
    root.set("styleCategories", "Symbology|Labeling|Fields|Forms")
    root.append(_widgets(columns))
    aliases = ET.SubElement(root, "aliases")
    for place, column in enumerate(columns, start=1):
        ET.SubElement(aliases, "alias", {"field": column.name, "index": str(place), "name": _(column.title)})
    if view is None:
        _add_creation_rules(root, columns)
    return ET.tostring(root, encoding="unicode")


def _symbols(name: str, profile: Profile) -> str:
    file = files(STYLES) / f"{name}.qml"
    if not file.is_file():
        return '<qgis version="3.40"/>'
    text = file.read_text(encoding="utf-8").partition("\n")[2]
    size = profile.size
    for mark, value in (("@counted@", size.by), ("@minimum@", size.minimum), ("@maximum@", size.maximum)):
        text = text.replace(mark, str(value))
    return text


def _widgets(columns: tuple[Column, ...]) -> ET.Element:
    configuration = ET.Element("fieldConfiguration")
    for column in columns:
        field = ET.SubElement(configuration, "field", {"configurationFlags": "NoFlag", "name": column.name})
        kind = "ValueMap" if column.choices else "CheckBox" if column.type == "boolean" else ""
        if not kind:
            continue
        widget = ET.SubElement(field, "editWidget", {"type": kind})
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", {"type": "Map"})
        if column.choices:
            values = ET.SubElement(options, "Option", {"name": "map", "type": "List"})
            for value, title in column.choices:
                pair = ET.SubElement(values, "Option", {"type": "Map"})
                ET.SubElement(pair, "Option", {"name": _(title), "type": "QString", "value": str(value)})
    return configuration


def _add_creation_rules(root: ET.Element, columns: tuple[Column, ...]) -> None:
    """Give new rows their identifier, and keep copies from taking that of the original."""
    names = {column.name for column in columns}
    defaults = ET.SubElement(root, "defaults")
    for name, expression in (("uid", _NEW_UID), ("status", "0")):
        if name in names:
            ET.SubElement(defaults, "default", {"field": name, "expression": expression, "applyOnUpdate": "0"})
    for tag in ("splitPolicies", "duplicatePolicies"):
        policies = ET.SubElement(root, tag)
        for name, policy in _POLICIES.items():
            if name in names:
                ET.SubElement(policies, "policy", {"field": name, "policy": policy})
    editable = ET.SubElement(root, "editable")
    for column in columns:
        fixed = column.name in {"uid", "status", "source", "source_id"} or column.name.endswith("_uid")
        ET.SubElement(editable, "field", {"name": column.name, "editable": "0" if fixed else "1"})
