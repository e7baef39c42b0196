"""The file in plain QGIS: it opens without a warning, shows the styles, and its triggers hold on every edit."""

import json
import os
import subprocess
import sys

import pytest

from census_map.i18n import set_language
from census_map.profile import load_profile
from census_map.schema import TABLES, VIEWS
from census_map.workspace import Workspace
from census_map.workspace.styles import style_text
from tests.small_township import CRS, fill

pytestmark = pytest.mark.qgis

# QGIS keeps layers in C++ and may fall over when Python ends; a process of its own tells what it saw and leaves.
_PROGRAM = """
import json, os, sys
from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsRenderContext, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
path = sys.argv[1]
seen = {"log": [], "layers": {}}
app.messageLog().messageReceived.connect(lambda text, tag, level: seen["log"].append(text))

def layer(name, kind=""):
    found = QgsVectorLayer(f"{path}|layername={name}{kind}", name, "ogr")
    found.loadDefaultStyle()
    return found

for name in sys.argv[2:]:
    one = layer(name)
    fields = one.fields()
    renderer = one.renderer()
    used = sorted(renderer.usedAttributes(QgsRenderContext())) if renderer else []
    seen["layers"][name] = {
        "valid": one.isValid(), "rows": one.featureCount(), "crs": one.crs().authid(),
        "renderer": renderer.type() if renderer else None, "used": used,
        "fields": [field.name() for field in fields], "aliases": [field.alias() for field in fields],
        "types": [field.typeName() for field in fields],
        "widgets": {f.name(): f.editorWidgetSetup().type() for f in fields if f.editorWidgetSetup().type()},
        "labels": one.labelsEnabled(),
    }
    if one.labelsEnabled():
        settings = one.labeling().settings()
        seen["layers"][name]["label_fields"] = sorted(settings.referencedFields(QgsRenderContext()))
buildings = layer("building")
seen["use"] = buildings.fields().field("use").editorWidgetSetup().config()["map"]
buildings.startEditing()
new = QgsFeature(buildings.fields())
new.setGeometry(QgsGeometry.fromWkt("MultiPolygon(((500010 3500150,500020 3500150,500020 3500160,500010 3500150)))"))
new["name"] = "新房"
buildings.addFeature(new)
first = buildings.getFeature(1)
buildings.changeAttributeValue(first.id(), buildings.fields().indexOf("floors"), 9)
seen["committed"] = buildings.commitChanges()
areas = layer("mini_area")
def status(value):
    areas.startEditing()
    row = next(areas.getFeatures())
    areas.changeAttributeValue(row.id(), areas.fields().indexOf("status"), value)
    done = areas.commitChanges()
    errors = " ".join(areas.commitErrors())
    areas.rollBack()
    return done, errors
seen["skip"] = status(4)
seen["steps"] = [status(level)[0] for level in (1, 2, 3, 4)]
areas.startEditing()
row = next(areas.getFeatures())
areas.changeGeometry(row.id(), QgsGeometry.fromWkt("MultiPolygon(((0 0,1 0,1 1,0 0)))"))
seen["locked"] = [areas.commitChanges(), " ".join(areas.commitErrors())]
areas.rollBack()
print(json.dumps(seen, ensure_ascii=False))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def workspace_path(tmp_path_factory):
    pytest.importorskip("qgis.core")
    path = tmp_path_factory.mktemp("qgis") / "township.gpkg"
    set_language("en")
    with Workspace.create(path, crs=CRS) as workspace:
        fill(workspace)
    return path


@pytest.fixture(scope="module")
def seen(workspace_path):
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(workspace_path.parent)}
    names = [*TABLES, *VIEWS]
    command = [sys.executable, "-c", _PROGRAM, str(workspace_path), *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=120)
    assert [line for line in done.stderr.splitlines() if "arning" in line] == []
    return json.loads(done.stdout)


def test_every_layer_opens_with_its_rows(seen):
    assert {name for name, layer in seen["layers"].items() if not layer["valid"]} == set()
    assert {name: layer["rows"] for name, layer in seen["layers"].items() if name in VIEWS} == {
        "census_area_summary": 2,
        "mini_area_summary": 4,
        "building_summary": 8,
    }
    assert seen["layers"]["mini_area"]["crs"] == CRS


@pytest.mark.parametrize("name", [*TABLES, *VIEWS])
def test_styles_name_fields_that_exist(seen, name):
    layer = seen["layers"][name]
    known = {"OGC_FID", "fid", *layer["fields"]}
    assert set(layer["used"]) <= known
    assert set(layer.get("label_fields", [])) <= known
    columns = VIEWS[name].columns if name in VIEWS else TABLES[name].columns
    aliases = dict(zip(layer["fields"], layer["aliases"], strict=True))
    assert all(aliases[column.name] == column.title for column in columns)
    assert {column.name for column in columns if column.choices} == {
        field for field, widget in layer["widgets"].items() if widget == "ValueMap"
    }


def test_renderers(seen):
    kinds = {name: layer["renderer"] for name, layer in seen["layers"].items() if layer["renderer"]}
    rules = {"mini_area", "building", "road", "mini_area_summary"}
    assert {name for name, kind in kinds.items() if kind == "RuleRenderer"} >= rules
    assert kinds["census_area"] == "singleSymbol"
    assert seen["layers"]["mini_area_summary"]["used"] == ["persons"]
    assert seen["layers"]["building"]["used"] == ["inhabited", "state", "use"]


def test_summaries_are_numbers(seen):
    layer = seen["layers"]["mini_area_summary"]
    types = dict(zip(layer["fields"], layer["types"], strict=True))
    assert types["persons"] == "Integer64"


def test_values_are_shown_in_words(seen):
    assert {"residential": "residential"} in seen["use"]
    assert {"not for living": "other"} in seen["use"]


def test_edits_in_qgis_are_kept_and_remembered(seen, workspace_path):
    assert seen["committed"]
    with Workspace.open(workspace_path) as workspace:
        new = workspace.read("building", where="name = '新房'")
        assert len(new) == 1
        assert len(new.index[0]) == 36
        assert workspace.read("building")["floors"].iloc[0] == 9
        history = workspace.read("history").iloc[-10:]
        assert "insert" in history["action"].tolist()
        assert '{"floors":9}' in history["new"].tolist()


def test_the_lock_holds_in_qgis(seen):
    assert seen["skip"][0] is False
    assert "one level after the other" in seen["skip"][1]
    assert seen["steps"] == [True] * 4
    assert seen["locked"][0] is False
    assert "locked" in seen["locked"][1]


def test_titles_follow_the_language():
    try:
        set_language("zh_CN")
        chinese = style_text("building", load_profile())
    finally:
        set_language("en")
    assert 'field="address"' in chinese
    assert "@counted@" not in style_text("mini_area_summary", load_profile())
    assert '"persons" &lt; 200' in style_text("mini_area_summary", load_profile()).replace("&quot;", '"')
