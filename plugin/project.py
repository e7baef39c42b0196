"""
The QGIS project of a workspace: groups, names, lists of values, relations, themes, snapping.

For who opens the map in plain QGIS. Symbols, aliases and value maps come from the GeoPackage itself (`layer_styles`);
here is what only a project can hold. Paths are relative, so that the folder may be moved.
"""

from pathlib import Path

from qgis.core import (
    Qgis,
    QgsEditorWidgetSetup,
    QgsLayerTreeGroup,
    QgsMapThemeCollection,
    QgsProject,
    QgsReferencedRectangle,
    QgsRelation,
    QgsRelationContext,
    QgsVectorLayer,
)

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.schema import TABLES, VIEWS
from census_map.workspace import Workspace

from .layers import measuring_crs, set_editing

# Topmost first.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Census"), ("landmark", "census_area", "mini_area", "building", "township")),
    (N_("Base map"), ("railway", "road", "wall", "water")),
    (
        N_("Lists"),
        ("dwelling", "household", "visit", "register", "building_part", "staff", "assignment", "waiver", "history"),
    ),
    (N_("Summaries"), tuple(VIEWS)),
)
# Column that names a row of another table: table, column, other table, what is shown of it.
VALUES = (
    ("mini_area", "census_area_uid", "census_area", "name"),
    ("building", "mini_area_uid", "mini_area", "code"),
    ("building_part", "mini_area_uid", "mini_area", "code"),
    ("household", "census_area_uid", "census_area", "name"),
    ("visit", "household_uid", "household", "code"),
    ("register", "census_area_uid", "census_area", "name"),
    ("register", "household_uid", "household", "code"),
    ("staff", "instructor_uid", "staff", "name"),
    ("assignment", "staff_uid", "staff", "name"),
    ("assignment", "mini_area_uid", "mini_area", "code"),
)
# Parent, child, column of the child: a building's form lists its dwellings.
RELATIONS = (
    ("census_area", "mini_area", "census_area_uid"),
    ("mini_area", "building", "mini_area_uid"),
    ("building", "dwelling", "building_uid"),
    ("building", "building_part", "building_uid"),
    ("building", "household", "building_uid"),
    ("dwelling", "household", "dwelling_uid"),
    ("household", "visit", "household_uid"),
    ("household", "register", "household_uid"),
    ("mini_area", "assignment", "mini_area_uid"),
    ("staff", "assignment", "staff_uid"),
)
THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Draw"), ("landmark", "census_area", "mini_area", "building", "railway", "road", "wall", "water")),
    (N_("Size of mini-areas"), ("census_area", "mini_area_summary", "railway", "road", "water")),
    (N_("Borders only"), ("census_area", "mini_area")),
)


def write_project(workspace: Path, out: Path) -> Path:
    """
    Write the project of a workspace.

    Parameters
    ----------
    workspace
        The GeoPackage.
    out
        The project, ending in `.qgz`; an existing one is replaced.

    Raises
    ------
    InputError
        The workspace cannot be read, or the project not be written.
    """
    with Workspace.open(workspace) as opened:
        names = opened.read("township", columns=["name"])["name"].dropna().tolist()
    project = QgsProject()
    try:
        project.setTitle(names[0] if names else workspace.stem)
        project.setFilePathStorage(Qgis.FilePathType.Relative)
        project.setFileName(str(out))
        layers = _add_layers(project, workspace)
        _add_lists(layers)
        _add_relations(project, layers)
        _add_themes(project, layers)
        _set_view(project, layers["census_area"])
        set_editing(project, layers)
        if not project.write(str(out)):
            raise InputError(
                _("“{name}” cannot be written: is the folder full or write-protected?").format(name=out.name)
            )
    finally:
        project.clear()
    return out


def _add_layers(project: QgsProject, workspace: Path) -> dict[str, QgsVectorLayer]:
    layers = {}
    for title, tables in GROUPS:
        group: QgsLayerTreeGroup = project.layerTreeRoot().addGroup(_(title))
        for table in tables:
            described = VIEWS.get(table) or TABLES[table]
            layer = QgsVectorLayer(f"{workspace}|layername={table}", _(described.title), "ogr")
            if not layer.isValid():
                raise InputError(
                    _("“{name}” lacks the table {table}: open a whole workspace.").format(
                        name=workspace.name, table=table
                    )
                )
            layer.setReadOnly(table in VIEWS or table == "history")
            project.addMapLayer(layer, addToLegend=False)
            group.addLayer(layer)
            layers[table] = layer
        if tables not in (GROUPS[0][1], GROUPS[1][1]):
            group.setItemVisibilityChecked(False)
            group.setExpanded(False)
    return layers


def _add_lists(layers: dict[str, QgsVectorLayer]) -> None:
    """Show names and codes in forms where the file holds identifiers."""
    for table, column, other, shown in VALUES:
        layer = layers[table]
        setup = QgsEditorWidgetSetup(
            "ValueRelation",
            {
                "Layer": layers[other].id(),
                "LayerName": layers[other].name(),
                "Key": "uid",
                "Value": shown,
                "AllowNull": True,
                "OrderByValue": True,
                "UseCompleter": True,
            },
        )
        layer.setEditorWidgetSetup(layer.fields().indexOf(column), setup)
    for parent, child, column in RELATIONS:
        layer = layers[child]
        if (child, column) in {(table, name) for table, name, _other, _shown in VALUES}:
            continue
        setup = QgsEditorWidgetSetup(
            "RelationReference", {"Relation": _relation_id(parent, child, column), "AllowNULL": True}
        )
        layer.setEditorWidgetSetup(layer.fields().indexOf(column), setup)
    for layer in layers.values():
        if (place := layer.fields().indexOf("uid")) >= 0:
            layer.setEditorWidgetSetup(place, QgsEditorWidgetSetup("Hidden", {}))


def _relation_id(parent: str, child: str, column: str) -> str:
    return f"{parent}_{child}_{column}"


def _add_relations(project: QgsProject, layers: dict[str, QgsVectorLayer]) -> None:
    for parent, child, column in RELATIONS:
        relation = QgsRelation(QgsRelationContext(project))
        relation.setId(_relation_id(parent, child, column))
        relation.setName(layers[child].name())
        relation.setReferencedLayer(layers[parent].id())
        relation.setReferencingLayer(layers[child].id())
        relation.addFieldPair(column, "uid")
        project.relationManager().addRelation(relation)


def _add_themes(project: QgsProject, layers: dict[str, QgsVectorLayer]) -> None:
    for title, tables in THEMES:
        record = QgsMapThemeCollection.MapThemeRecord()
        for table in tables:
            shown = QgsMapThemeCollection.MapThemeLayerRecord(layers[table])
            shown.isVisible = True
            shown.currentStyle = layers[table].styleManager().currentStyle()
            shown.usingCurrentStyle = True
            record.addLayerRecord(shown)
        project.mapThemeCollection().insert(_(title), record)


def _set_view(project: QgsProject, areas: QgsVectorLayer) -> None:
    project.setCrs(measuring_crs(areas))
    if areas.featureCount():
        project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(areas.extent(), areas.crs()))
