"""Loading, unloading, and a QGIS that lacks packages."""

import subprocess
import sys

import pytest
from census_map_plugin import classFactory, dependencies, messages
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QEvent
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QToolBar, QWidget

pytestmark = pytest.mark.qgis


def _settle() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


def _ours(iface) -> list[str]:
    window = iface.mainWindow()
    found = [*window.findChildren(QDockWidget), *window.findChildren(QToolBar), *window.findChildren(QDockWidget)]
    return [part.objectName() for part in found if part.objectName().startswith("CensusMap")]


@pytest.mark.usefixtures("plugin")
def test_the_docks_the_toolbar_and_the_provider_are_there(iface):
    assert {"CensusMapSteps", "CensusMapProblems", "CensusMapDividing", "CensusMapToolbar"} <= set(_ours(iface))
    provider = QgsApplication.processingRegistry().providerById("census_map")
    assert {algorithm.name() for algorithm in provider.algorithms()} == {
        "new",
        "add",
        "split",
        "number",
        "check",
        "rosterlink",
        "print",
        "export",
        "coveragecheck",
        "coveragerepair",
        "coveragesplit",
    }


def test_unloading_leaves_nothing_and_loading_again_works(iface):
    for _time in range(3):
        made = classFactory(iface)
        made.initGui()
        assert set(_ours(iface)) >= {"CensusMapSteps", "CensusMapProblems", "CensusMapDividing", "CensusMapToolbar"}
        made.unload()
        _settle()
        assert _ours(iface) == []
        assert QgsApplication.processingRegistry().providerById("census_map") is None


def test_unloading_lets_go_of_the_project(iface, workspace):
    made = classFactory(iface)
    made.initGui()
    made.desk.show_township(workspace)
    made.unload()
    _settle()
    QgsProject.instance().clear()
    assert made.township is None


def test_without_geopandas_one_message_says_what_to_do_and_qgis_goes_on(iface, monkeypatch):
    monkeypatch.setitem(dependencies.REQUIRED, "a_package_that_nobody_has", (3, 1))
    made = classFactory(iface)
    made.initGui()
    try:
        assert _ours(iface) == []
        said = [text for several in iface.messageBar().messages.values() for text in several]
        assert len(said) == 1
        assert "a_package_that_nobody_has >= 3.1" in said[0]
        assert dependencies.remedy() in said[0]
    finally:
        made.unload()


def test_a_package_of_too_old_a_version_counts_as_missing():
    assert dependencies.missing({"numpy": (1, 0)}) == []
    assert dependencies.missing({"numpy": (99, 1)}) == ["numpy >= 99.1"]


def test_loading_the_plugin_imports_no_geometry_package():
    program = (
        "import sys; import census_map_plugin.plugin; "
        "heavy = {'geopandas', 'pandas', 'pyogrio', 'scipy', 'census_map.coverage', 'census_map.workspace', "
        "'census_map_plugin.editing.session', 'census_map_plugin.tools.drawing'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unexpected_error_is_logged_without_its_text(caplog):
    with pytest.raises(KeyError) as caught:
        {}["张三"]
    messages.log_unexpected(caught.value)
    assert "KeyError" in caplog.text
    assert "张三" not in caplog.text


def test_loading_and_unloading_ten_times_leaves_nothing_on_the_canvas(iface, workspace):
    canvas = iface.mapCanvas()

    def left() -> tuple[int, list[str], list[str]]:
        marks = [part.objectName() for part in canvas.findChildren(QWidget) if "census_map" in part.objectName()]
        actions = [a.objectName() for a in iface.mainWindow().findChildren(QAction) if "census_map" in a.objectName()]
        return len(canvas.scene().items()), marks, actions

    before = left()
    for _time in range(10):
        made = classFactory(iface)
        made.initGui()
        made.desk.show_township(workspace)
        _settle()
        made.workbench.actions["cut"].trigger()
        made.workbench.actions["house_rectangle"].trigger()
        made.unload()
        _settle()
        for layer in QgsProject.instance().mapLayers().values():
            layer.rollBack()
        QgsProject.instance().clear()
        _settle()
    assert left() == before
