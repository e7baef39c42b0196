"""The plugin inside pytest-qgis' window; skipped where QGIS is not installed."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from census_map_plugin import classFactory
    from census_map_plugin.plugin import CensusMapPlugin
    from qgis.core import QgsProject, QgsSettings
    from qgis.PyQt.QtWidgets import QAction

    from census_map.i18n import set_language

from census_map_plugin import verbs

from census_map.sample import generate_township, write_township
from census_map.task import silent


@pytest.fixture
def iface(qgis_iface, monkeypatch):
    """QGIS's interface with the few real actions that a toolbar needs."""
    window = qgis_iface.mainWindow()
    for name in ("actionPan", "actionZoomIn", "actionZoomOut"):
        monkeypatch.setattr(qgis_iface, name, lambda: QAction(window), raising=False)
    qgis_iface.messageBar().clear_messages()
    return qgis_iface


@pytest.fixture
def plugin(iface) -> "Iterator[CensusMapPlugin]":
    """The plugin, loaded; in English, without remembered settings."""
    settings = QgsSettings()
    settings.remove("CensusMap")
    settings.setValue("locale/overrideFlag", True)
    settings.setValue("locale/userLocale", "en_US")
    made = classFactory(iface)
    made.initGui()
    yield made
    QgsProject.instance().clear()
    made.unload()
    set_language("en")


@pytest.fixture(scope="session")
def base_map(tmp_path_factory) -> Path:
    """A small invented township: two census areas with their base map and roster."""
    folder = tmp_path_factory.mktemp("base_map")
    write_township(generate_township(seed=5, census_areas=2, scale=0.2), folder)
    return folder


@pytest.fixture(scope="session")
def map_file(base_map: Path, tmp_path_factory) -> Path:
    """A workspace of the small township, made once; never opened, only copied."""
    path = tmp_path_factory.mktemp("map_file") / "东华.gpkg"
    verbs.new_township(verbs.NewTownship(base_map / "township.gpkg", path, "东华街道"), silent)
    verbs.add_files(path, [base_map / "township.gpkg", base_map / "dwellings.xlsx"], silent)
    return path


@pytest.fixture
def workspace(map_file: Path, tmp_path: Path) -> Path:
    """A workspace of the small township, with its base map."""
    return Path(shutil.copy(map_file, tmp_path / map_file.name))
