"""The QGIS project of a workspace."""

from pathlib import Path

import pytest
from census_map_plugin.project import GROUPS, RELATIONS, THEMES, write_project
from qgis.core import Qgis, QgsProject, QgsVectorLayer

from census_map.i18n import _
from census_map.schema import TABLES, VIEWS
from census_map.workspace import Workspace
from tests.small_township import CRS, fill

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("qgis_app")]


@pytest.fixture(scope="module")
def project(qgis_app, tmp_path_factory):  # noqa: ARG001  QGIS must run
    folder = tmp_path_factory.mktemp("project")
    with Workspace.create(folder / "township.gpkg", crs=CRS) as workspace:
        fill(workspace)
    path = write_project(folder / "township.gpkg", folder / "township.qgz")
    made = QgsProject()
    assert made.read(str(path))
    yield made
    made.clear()


def test_every_table_is_there_in_its_group_under_its_title(project):
    groups = [group.name() for group in project.layerTreeRoot().findGroups()]
    assert groups == [_(title) for title, _tables in GROUPS]
    shown = {layer.name() for layer in project.mapLayers().values()}
    assert shown == {_((VIEWS.get(name) or TABLES[name]).title) for _title, tables in GROUPS for name in tables}
    assert all(layer.isValid() for layer in project.mapLayers().values())


def _layer(project: QgsProject, table: str) -> QgsVectorLayer:
    return next(layer for layer in project.mapLayers().values() if layer.source().endswith(f"layername={table}"))


def test_styles_come_from_the_workspace(project):
    assert _layer(project, "building").renderer().type() == "RuleRenderer"
    widget = _layer(project, "building").editorWidgetSetup(_layer(project, "building").fields().indexOf("use"))
    assert widget.type() == "ValueMap"


def test_identifiers_show_as_names(project):
    layer = _layer(project, "mini_area")
    setup = layer.editorWidgetSetup(layer.fields().indexOf("census_area_uid"))
    assert (setup.type(), setup.config()["Value"]) == ("ValueRelation", "name")
    assert setup.config()["Layer"] == _layer(project, "census_area").id()


def test_relations_are_valid_and_lead_to_the_dwellings_of_a_building(project):
    relations = project.relationManager().relations()
    assert len(relations) == len(RELATIONS)
    assert all(relation.isValid() for relation in relations.values())
    building = next(_layer(project, "building").getFeatures())
    assert len(list(relations["building_dwelling_building_uid"].getRelatedFeatures(building))) == 1


def test_shared_borders_are_edited_together(project):
    assert project.topologicalEditing()
    # It would cut every house by the mini-area in which it is drawn.
    assert project.avoidIntersectionsMode() == Qgis.AvoidIntersectionsMode.AllowIntersections
    assert project.snappingConfig().enabled()
    assert set(project.mapThemeCollection().mapThemes()) == {_(title) for title, _tables in THEMES}


def test_the_folder_can_be_moved(town, tmp_path: Path):
    made = write_project(town.path, town.path.with_suffix(".qgz"))
    town.close()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in (town.path, made):
        (moved / path.name).write_bytes(path.read_bytes())
        path.unlink()
    project = QgsProject()
    assert project.read(str(moved / made.name))
    assert all(layer.isValid() for layer in project.mapLayers().values())
    project.clear()
