"""The plugin inside pytest-qgis' window; skipped where QGIS is not installed."""

import importlib.util
import logging
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

if importlib.util.find_spec("qgis") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from census_map_plugin import classFactory
    from census_map_plugin.plugin import CensusMapPlugin
    from census_map_plugin.roster import secret
    from census_map_plugin.roster.service import Service
    from qgis.core import QgsApplication, QgsProject, QgsSettings
    from qgis.gui import QgsStatusBar
    from qgis.PyQt.QtCore import QCoreApplication, QDir
    from qgis.PyQt.QtWidgets import QAction

    from census_map.i18n import set_language

    from .canvas import Hand
    from .roster_windows import PASSPHRASE, finish, roster_rows, write_roster

from census_map_plugin import verbs

from census_map.numbering import number_workspace
from census_map.roster.cipher import wrap_key
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.vault import Vault, vault_path
from census_map.sample import generate_township, write_township
from census_map.splitting import split_workspace
from census_map.task import silent
from census_map.workspace import Workspace
from tests.small_township import CRS, fill


@pytest.fixture
def iface(qgis_iface, monkeypatch):
    """QGIS's interface with the few real actions that a toolbar needs."""
    window = qgis_iface.mainWindow()
    for name in ("actionPan", "actionZoomIn", "actionZoomOut"):
        monkeypatch.setattr(qgis_iface, name, lambda: QAction(window), raising=False)
    bar = QgsStatusBar(window)
    monkeypatch.setattr(qgis_iface, "statusBarIface", lambda: bar, raising=False)
    qgis_iface.messageBar().clear_messages()
    return qgis_iface


@pytest.fixture
def apart() -> bool:
    """Whether the roster's library runs in a process of its own; here, where a test can look into it, it does not."""
    return False


@pytest.fixture
def plugin(iface, apart, monkeypatch) -> "Iterator[CensusMapPlugin]":
    """The plugin, loaded; in English, without remembered settings."""
    monkeypatch.setattr("census_map_plugin.roster.desk.Service", partial(Service, apart=apart))
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


@pytest.fixture
def quick_vault(monkeypatch):
    """The passphrase is stretched less, so that tests take no second each."""
    monkeypatch.setattr("census_map.roster.vault.wrap_key", lambda key, words, **_cost: wrap_key(key, words, cost=2**4))


@pytest.fixture(scope="session")
def addresses(map_file, tmp_path_factory):
    """Addresses of the map: what a clerk would have written."""
    with Workspace.open(shutil.copy(map_file, tmp_path_factory.mktemp("addresses"))) as opened:
        buildings = opened.read("building", columns=["address"])["address"].dropna()
    return [text for text in buildings.unique() if text][:6]


@pytest.fixture
def rows(addresses):
    """Rows of a roster."""
    return roster_rows(addresses)


@pytest.fixture(scope="session")
def linked_template(map_file, addresses, tmp_path_factory):
    """The township with the rows read in and linked, and its vault."""
    folder = tmp_path_factory.mktemp("linked")
    path = Path(shutil.copy(map_file, folder))
    file = write_roster(folder / "底册.xlsx", roster_rows(addresses))
    with Workspace.open(path) as opened, Vault.create(vault_path(path), PASSPHRASE, cost=2**4) as vault:
        split_workspace(opened)
        number_workspace(opened)
        import_roster(opened, vault, file)
        link_roster(opened, vault)
    return path


@pytest.fixture
def opened(plugin, workspace, iface):
    """The plugin with the township open, without a roster."""
    window = iface.mainWindow()
    window.resize(1366, 768)
    window.show()
    plugin.desk.show_township(workspace)
    QCoreApplication.processEvents()
    yield plugin
    window.hide()


@pytest.fixture
def with_roster(linked_template, workspace, plugin, iface):
    """A township with its roster read in and linked, its passphrase known."""
    shutil.copy(linked_template, workspace)
    shutil.copy(vault_path(linked_template), vault_path(workspace))
    window = iface.mainWindow()
    window.resize(1366, 768)
    window.show()
    plugin.desk.show_township(workspace)
    plugin.roster.key.try_out(workspace, PASSPHRASE, new=False)
    yield plugin
    window.hide()


@pytest.fixture
def imported(with_roster):
    """The same, and the dock open for linking by hand."""
    with_roster.roster.link_by_hand()
    finish(with_roster)
    assert with_roster.roster.linking.is_open
    return with_roster


@pytest.fixture
def store():
    """QGIS's password store, unlocked; emptied afterwards."""
    manager = QgsApplication.authManager()
    if not secret.can_keep():
        pytest.skip("this QGIS has no password store")
    if not manager.masterPasswordIsSet():
        assert manager.setMasterPassword("master of the test", verify=True)
    yield manager
    manager.removeAllAuthenticationConfigs()


@pytest.fixture
def said(iface, caplog):
    """All that was said in QGIS's log, message bar and Python's logs."""
    messages: list[str] = []

    def hear(text, tag, _level):
        messages.append(f"{tag} {text}")

    QgsApplication.messageLog().messageReceived.connect(hear)
    caplog.set_level(logging.DEBUG)

    def everything() -> str:
        bar = [text for several in iface.messageBar().messages.values() for text in several]
        return "\n".join([*messages, *map(str, bar), caplog.text])

    yield everything
    QgsApplication.messageLog().messageReceived.disconnect(hear)


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """The folder for temporary files, of Python and of QGIS."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert QDir.tempPath() == str(folder)
    return folder


@pytest.fixture
def small(plugin, iface, tmp_path):
    """The plugin with the small township in metres open."""
    path = tmp_path / "东华.gpkg"
    with Workspace.create(path, crs=CRS) as made:
        fill(made)
        number_workspace(made)
    window = iface.mainWindow()
    window.resize(1366, 768)
    window.show()
    plugin.desk.show_township(path)
    for _time in range(3):
        QCoreApplication.processEvents()
    yield plugin
    window.hide()


@pytest.fixture
def hand(small, iface):
    """A hand that draws in the small township."""
    return Hand(small, iface)
