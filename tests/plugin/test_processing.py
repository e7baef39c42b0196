"""The verbs in the Processing toolbox."""

import processing
import pytest
from census_map_plugin.processing.styler import Styler
from processing.core.Processing import Processing
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

from census_map.exchange.fault_layers import fault_style
from census_map.i18n import set_language
from census_map.progress import work_steps

from .test_tasks import wait_until

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("toolbox")]


def layer_of(shapes: dict[str, str], kind: str = "Polygon", people: int = 0) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{kind}?crs=EPSG:32650&field=name:string&field=people:integer", "areas", "memory")
    for name, wkt in shapes.items():
        feature = QgsFeature(layer.fields())
        feature.setAttributes([name, people])
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    return layer


def square(left: float, right: float, top: float = 10) -> str:
    return f"POLYGON(({left} 0, {right} 0, {right} {top}, {left} {top}, {left} 0))"


@pytest.fixture
def toolbox(plugin):
    Processing.initialize()
    return plugin


def run(name: str, **parameters):
    return processing.run(f"census_map:{name}", parameters)


def test_an_overlap_is_found_named_and_placed():
    areas = layer_of({"a": square(0, 10), "b": square(9, 20)})
    found = run("coveragecheck", AREAS=areas, ID="name", FAULTS="memory:", PLACES="memory:")
    assert (found["COUNT"], found["EXACT"]) == (1, False)
    fault = next(found["FAULTS"].getFeatures())
    assert (fault["kind"], fault["areas"]) == ("overlap", "a, b")
    assert fault["area_m2"] == pytest.approx(10)
    assert fault.geometry().area() == pytest.approx(10)
    assert found["PLACES"].featureCount() == 1


def test_a_gap_at_the_border_of_the_container_is_found():
    areas, containers = layer_of({"a": square(0, 10), "b": square(10, 19)}), layer_of({"c": square(0, 20)})
    found = run("coveragecheck", AREAS=areas, CONTAINERS=containers, FAULTS="memory:", PLACES="memory:")
    assert [fault["kind"] for fault in found["FAULTS"].getFeatures()] == ["gap"]


def test_a_broken_outline_is_a_fault_and_stops_nothing():
    areas = layer_of({"a": square(0, 10), "bow": "POLYGON((10 0, 20 10, 20 0, 10 10, 10 0))"})
    found = run("coveragecheck", AREAS=areas, ID="name", FAULTS="memory:", PLACES="memory:")
    rows = {fault["kind"]: fault["advice"] for fault in found["PLACES"].getFeatures()}
    assert "draw this part of it again" in rows["invalid"]


def test_results_are_shown_by_kind_with_titles_in_the_language_of_the_interface():
    set_language("zh_CN")
    areas = layer_of({"a": square(0, 10), "b": square(9, 20)})
    layer = run("coveragecheck", AREAS=areas, FAULTS="memory:", PLACES="memory:")["FAULTS"]
    Styler(fault_style(places=False)).postProcessLayer(layer, QgsProcessingContext(), QgsProcessingFeedback())
    labels = {category.value(): category.label() for category in layer.renderer().categories()}
    assert (labels["gap"], labels["overlap"]) == ("空隙", "重叠")
    assert layer.fields().field("advice").displayName() == "处理办法"
    assert layer.editorWidgetSetup(layer.fields().indexFromName("kind")).type() == "ValueMap"


def test_mending_lists_old_and_new_ground_and_what_is_left():
    twice = {"a": square(0, 10), "b": square(10.5, 20), "c": square(40, 50), "again": square(40, 50)}
    outputs = dict.fromkeys(("FIXED", "CHANGES", "LEFT", "LEFT_PLACES"), "memory:")
    within = layer_of({"one": square(0, 20), "two": square(40, 50)})
    fixed = run("coveragerepair", AREAS=layer_of(twice), CONTAINERS=within, ID="name", **outputs)
    changes = sorted((row["area"], row["state"], row.geometry().area()) for row in fixed["CHANGES"].getFeatures())
    assert [state for _area, state, _size in changes] == ["new", "old"]
    assert changes[0][0] == changes[1][0]
    assert changes[0][2] - changes[1][2] == pytest.approx(5)
    assert [row["kind"] for row in fixed["LEFT"].getFeatures()] == ["duplicate"]
    assert [row["kind"] for row in fixed["LEFT_PLACES"].getFeatures()] == ["duplicate"]


def test_an_exact_coverage_has_no_fault():
    found = run(
        "coveragecheck", AREAS=layer_of({"a": square(0, 10), "b": square(10, 20)}), FAULTS="memory:", PLACES="memory:"
    )
    assert (found["COUNT"], found["EXACT"]) == (0, True)


def test_mending_keeps_every_record_and_leaves_no_fault():
    areas, containers = layer_of({"a": square(0, 10), "b": square(10.5, 20)}), layer_of({"c": square(0, 20)})
    fixed = run("coveragerepair", AREAS=areas, CONTAINERS=containers, ID="name", FIXED="memory:")
    assert (fixed["BEFORE"], fixed["AFTER"]) == (1, 0)
    rows = {feature["name"]: feature.geometry().area() for feature in fixed["FIXED"].getFeatures()}
    assert set(rows) == {"a", "b"}
    assert sum(rows.values()) == pytest.approx(200)


def test_dividing_gives_balanced_parts_that_cover_the_area():
    areas = layer_of({"a": square(0, 400, 100)})
    houses = {f"{i}": square(10 + 40 * i, 20 + 40 * i) for i in range(10)}
    parts = run(
        "coveragesplit",
        AREAS=areas,
        ID="name",
        BUILDINGS=layer_of(houses, people=50),
        WEIGHT="people",
        TARGET=250,
        PARTS="memory:",
    )
    rows = list(parts["PARTS"].getFeatures())
    assert [row["area"] for row in rows] == ["a", "a"]
    assert sorted(row["weight"] for row in rows) == [250, 250]
    assert sum(row.geometry().area() for row in rows) == pytest.approx(40_000)


def test_dividing_into_an_exact_number_along_lines():
    areas = layer_of({"a": square(0, 400, 100)})
    houses = layer_of({f"{i}": square(10 + 40 * i, 20 + 40 * i) for i in range(10)}, people=50)
    road = layer_of({"road": "LINESTRING(200 -10, 200 110)"}, "LineString")
    options = {"AREAS": areas, "BUILDINGS": houses, "WEIGHT": "people", "LINES": road, "PARTS": "memory:"}
    assert run("coveragesplit", NUMBER=5, TARGET=100, **options)["COUNT"] == 5
    halves = run("coveragesplit", NUMBER=2, TARGET=250, **options)["PARTS"]
    assert [row.geometry().area() for row in halves.getFeatures()] == pytest.approx([20_000, 20_000])


def test_a_field_that_does_not_tell_rows_apart_is_refused_in_words():
    areas = layer_of({"a": square(0, 10), "b": square(10, 20)})
    with pytest.raises(QgsProcessingException, match="people"):
        run("coveragecheck", AREAS=areas, ID="people", FAULTS="memory:", PLACES="memory:")


def test_the_verbs_of_a_township_run_one_after_the_other(base_map, tmp_path):
    path = str(tmp_path / "东华.gpkg")
    source = str(base_map / "township.gpkg")
    run("new", AREAS=source, TITLE="东华街道", TOWNSHIP=path)
    run("add", TOWNSHIP=path, FILE=source)
    made = run("split", TOWNSHIP=path, NUMBER=3, TARGET=200, BY=1)
    assert made["RESULT"].startswith("6 mini-areas")
    run("split", TOWNSHIP=path)
    run("number", TOWNSHIP=path)
    checked = run("check", TOWNSHIP=path, RULES="G0*", REPORT=str(tmp_path / "check.html"))
    assert checked["ERRORS"] == 0
    assert (tmp_path / "check.html").stat().st_size > 1000
    states = {step.key: step.state for step in work_steps(tmp_path / "东华.gpkg")}
    assert (states["areas"], states["split"], states["number"]) == ("done", "done", "done")
    package = run("export", TOWNSHIP=path, FOLDER=str(tmp_path / "county"))
    assert package["FOLDER"].startswith(str(tmp_path / "county"))


def test_an_algorithm_runs_in_qgis_background():
    areas = layer_of({"a": square(0, 10), "b": square(9, 20)})
    QgsProject.instance().addMapLayer(areas)
    algorithm = QgsApplication.processingRegistry().algorithmById("census_map:coveragecheck")
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    for _time in range(3):
        outcome = []
        parameters = {"AREAS": areas.id(), "FAULTS": "memory:", "PLACES": "memory:"}
        task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
        task.executed.connect(lambda good, result, outcome=outcome: outcome.append((good, result.get("COUNT"))))
        QgsApplication.taskManager().addTask(task)
        wait_until(lambda outcome=outcome: bool(outcome))
        assert outcome == [(True, 1)]
