"""The list of faults beside the map: it follows a check in the toolbox, and a click takes the map to the place."""

import processing
import pytest
from census_map_plugin.panels.faults import COLUMNS, KIND, FaultsDock
from processing.core.Processing import Processing
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from .test_processing import layer_of, square

pytestmark = pytest.mark.qgis


@pytest.fixture
def checked(plugin, iface):
    """Two faults, 10 m² of overlap and a gap of 400 m² far from it, loaded as the toolbox loads them."""
    Processing.initialize()
    hole = "POLYGON((1000 0, 1100 0, 1100 100, 1000 100, 1000 0), (1040 40, 1060 40, 1060 60, 1040 60, 1040 40))"
    areas = layer_of({"a": square(0, 10), "b": square(9, 20), "c": hole, "=d<b>": square(1200, 1210)})
    QgsProject.instance().addMapLayer(areas)
    iface.mapCanvas().setDestinationCrs(areas.crs())  # whatever an earlier test has left
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {"AREAS": areas.id(), "ID": "name", "FAULTS": "TEMPORARY_OUTPUT", "PLACES": "TEMPORARY_OUTPUT"}
    processing.runAndLoadResults("census_map:coveragecheck", parameters, QgsProcessingFeedback(), context)
    return plugin


def test_a_check_in_the_toolbox_fills_the_list(checked):
    dock: FaultsDock = checked.faults
    rows = [dock.model.index(row, KIND).data() for row in range(dock.model.rowCount())]

    assert not dock.isHidden()
    assert rows == ["gap", "overlap"]
    assert dock.summary.text().startswith("2 faults")
    assert [dock.model.index(1, column).data() for column in range(1, 5)] == ["a, b", "", "10.000", "1.000"]
    assert dock.model.headerData(COLUMNS.index("area_m2"), Qt.Orientation.Horizontal) == "Area, m²"


def test_a_click_on_a_line_takes_the_map_to_the_fault(checked, iface):
    dock: FaultsDock = checked.faults
    dock.resize(800, 200)
    canvas = iface.mapCanvas()
    for row, (x, y) in ((1, (9.5, 5)), (0, (1050, 50)), (1, (9.5, 5))):
        cell = dock.table.visualRect(dock.model.index(row, KIND)).center()
        QTest.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)

        assert canvas.extent().center().x() == pytest.approx(x, abs=1)
        assert canvas.extent().center().y() == pytest.approx(y, abs=1)
        assert canvas.extent().height() < 200
    QTest.keyClick(dock.table, Qt.Key.Key_Up)
    assert canvas.extent().center().x() == pytest.approx(1050, abs=1)


def test_the_list_goes_with_its_layer_and_with_the_plugin(checked):
    dock: FaultsDock = checked.faults
    for layer in list(QgsProject.instance().mapLayers().values()):
        if isinstance(layer, QgsVectorLayer) and layer.fields().indexFromName("advice") >= 0:
            QgsProject.instance().removeMapLayer(layer.id())

    assert dock.isHidden()
    assert dock.model.rowCount() == 0
