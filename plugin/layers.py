"""
The township's layers in QGIS: which are shown, in which order, how they are found again and refreshed.

A layer is recognised by its source (the workspace's file) and its table, never by the name she may have given it.
"""

import os
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsFeatureRequest,
    QgsGeometry,
    QgsLayerTreeGroup,
    QgsProject,
    QgsProviderRegistry,
    QgsRectangle,
    QgsSnappingConfig,
    QgsTolerance,
    QgsVectorLayer,
)

from census_map.i18n import N_, _
from census_map.schema import TABLES

# Topmost first. A group is only made when one of its tables has rows.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Census"), ("landmark", "mini_area", "census_area", "building")),
    (N_("Base map"), ("railway", "road", "wall", "water")),
)


_SNAPPED = ("mini_area", "census_area", "building", "road", "water", "railway", "wall")
_SNAP_PIXELS = 12.0


def set_editing(project: QgsProject, layers: dict[str, QgsVectorLayer]) -> None:
    """
    Keep shared borders together whoever edits: topological editing and snapping.

    Not QGIS's avoiding of overlaps: it cuts whatever is drawn by the layers named, so that no house could be drawn in
    a mini-area. What overlaps is told by the live check.
    """
    project.setTopologicalEditing(True)
    project.setAvoidIntersectionsMode(Qgis.AvoidIntersectionsMode.AllowIntersections)
    project.setAvoidIntersectionsLayers([])
    snapping = QgsSnappingConfig(project)
    snapping.setEnabled(True)
    snapping.setMode(Qgis.SnappingMode.AdvancedConfiguration)
    snapping.setIntersectionSnapping(True)
    for table, layer in layers.items():
        snapping.setIndividualLayerSettings(
            layer,
            QgsSnappingConfig.IndividualLayerSettings(
                table in _SNAPPED,
                Qgis.SnappingTypes(Qgis.SnappingType.Vertex | Qgis.SnappingType.Segment),
                _SNAP_PIXELS,
                QgsTolerance.UnitType.Pixels,
            ),
        )
    project.setSnappingConfig(snapping)


def remove_layers(project: QgsProject, path: Path) -> None:
    """Take the layers of a workspace off the map, and the groups that are empty then."""
    project.removeMapLayers([layer.id() for layer in township_layers(project, path).values()])
    for title, _tables in GROUPS:
        group = project.layerTreeRoot().findGroup(_(title))
        if group is not None and not group.children():
            project.layerTreeRoot().removeChildNode(group)


def table_of(layer: QgsVectorLayer, path: Path) -> str | None:
    """Give the workspace's table that a layer shows, or None for any other layer."""
    if layer.providerType() != "ogr":
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    source = parts.get("path") or ""
    if not source or os.path.normcase(Path(source).resolve()) != os.path.normcase(path.resolve()):
        return None
    return parts.get("layerName")


def township_layers(project: QgsProject, path: Path) -> dict[str, QgsVectorLayer]:
    """Find the layers of a workspace in the project, by table."""
    found: dict[str, QgsVectorLayer] = {}
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer) and (table := table_of(layer, path)) is not None:
            found.setdefault(table, layer)
    return found


def add_layers(project: QgsProject, path: Path) -> dict[str, QgsVectorLayer]:
    """
    Add the township's layers that are not in the project yet, styled and grouped.

    Parameters
    ----------
    project
        The project in the window.
    path
        The workspace.

    Returns
    -------
    layers
        All of the township's layers in the project, by table.
    """
    layers = township_layers(project, path)
    wanted = filled_tables(path)
    for title, tables in GROUPS:
        for position, table in enumerate(tables):
            if table in layers or table not in wanted:
                continue
            layer = QgsVectorLayer(f"{path}|layername={table}", _(TABLES[table].title), "ogr")
            if not layer.isValid():
                continue
            style_layer(layer, table)
            project.addMapLayer(layer, addToLegend=False)
            group = _group(project, _(title))
            before = sum(1 for earlier in tables[:position] if earlier in layers)
            group.insertLayer(before, layer)
            layers[table] = layer
    return layers


def filled_tables(path: Path) -> set[str]:
    """Tell which tables are shown: those that work begins with, and any other as soon as it has a row."""
    found = {"census_area", "mini_area", "building"}
    # QGIS would open the file once for every layer to tell, which takes seconds while the library has just written.
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            for _title, tables in GROUPS:
                for table in tables:
                    if table not in found and connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():
                        found.add(table)
    except sqlite3.DatabaseError:
        return found
    return found


def _group(project: QgsProject, title: str) -> QgsLayerTreeGroup:
    root = project.layerTreeRoot()
    return root.findGroup(title) or root.insertGroup(len(root.findGroups()), title)


def style_layer(layer: QgsVectorLayer, table: str) -> None:
    """Give a layer the shipped style of its table, when there is one."""
    style = files("census_map_styles") / f"{table}.qml"
    if style.is_file():
        layer.loadNamedStyle(str(style))


def reload_layers(layers: dict[str, QgsVectorLayer]) -> None:
    """Show what the library has written behind QGIS's back."""
    for layer in layers.values():
        layer.dataProvider().reloadData()
        layer.updateExtents()
        layer.triggerRepaint()


def with_unsaved_edits(layers: dict[str, QgsVectorLayer]) -> list[QgsVectorLayer]:
    """List the layers whose changes are not in the file yet."""
    return [layer for layer in layers.values() if layer.isEditable() and layer.isModified()]


def save_edits(layers: list[QgsVectorLayer]) -> list[str]:
    """
    Write the changes of layers into the file; editing goes on.

    Returns
    -------
    refusals
        What the file refused, in the provider's words; empty when everything was saved.
    """
    refusals: list[str] = []
    for layer in layers:
        if not layer.commitChanges(stopEditing=False):
            refusals += layer.commitErrors()
    return refusals


def extent(layers: dict[str, QgsVectorLayer], project: QgsProject) -> QgsRectangle:
    """Give the extent of the census areas in the project's coordinate system; empty when there are none."""
    layer = layers.get("census_area")
    if layer is None or not layer.featureCount():
        return QgsRectangle()
    transform = QgsCoordinateTransform(layer.crs(), project.crs(), project)
    return transform.transformBoundingBox(layer.extent()).buffered(
        transform.transformBoundingBox(layer.extent()).width() * 0.03
    )


def measuring_crs(layer: QgsVectorLayer) -> QgsCoordinateReferenceSystem:
    """Choose the system in metres in which the township is shown and measured."""
    from census_map.crs import metric_crs_at  # noqa: PLC0415  brings geopandas along

    if not layer.crs().isGeographic():
        return layer.crs()
    centre = layer.extent().center()
    return QgsCoordinateReferenceSystem.fromEpsgId(metric_crs_at(centre.x(), centre.y()).to_epsg())


def place_of(layers: dict[str, QgsVectorLayer], table: str, uids: tuple[str, ...]) -> QgsGeometry | None:
    """Give the ground of some rows as one geometry; None when the table has no map or the rows are gone."""
    layer = layers.get(table)
    if layer is None or not uids:
        return None
    wanted = ", ".join(QgsExpression.quotedValue(uid) for uid in uids)
    request = QgsFeatureRequest().setFilterExpression(f'"uid" IN ({wanted})').setSubsetOfAttributes([])
    shapes = [feature.geometry() for feature in layer.getFeatures(request) if feature.hasGeometry()]
    return QgsGeometry.collectGeometry(shapes) if shapes else None
