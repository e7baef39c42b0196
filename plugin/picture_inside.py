"""Runs inside QGIS (see `picture`): open a township, wait until the map is drawn, save a picture of the window, end."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from census_map_plugin import verbs
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface, plugins

from census_map.task import silent

_JOB = json.loads(os.environ["CENSUS_MAP_JOB"])


def _open() -> None:
    plugin = plugins["census_map_plugin"]
    path = Path(_JOB["workspace"])
    plugin.desk.show_township(path)
    if _JOB["check"]:
        plugin.township.set_problems(verbs.check(path, None, silent))
        plugin.township.refresh()
    QTimer.singleShot(1500, _resize)


def _resize() -> None:
    iface.messageBar().clearWidgets()  # QGIS's own complaints about fonts and the network
    iface.mainWindow().showNormal()
    iface.mainWindow().resize(*_JOB["size"])
    QTimer.singleShot(500, _save)


def _save() -> None:
    plugins["census_map_plugin"].township.show_all()
    iface.mapCanvas().waitWhileRendering()
    QApplication.processEvents()
    iface.mainWindow().grab().save(_JOB["picture"])
    QgsProject.instance().clear()  # closes the workspace
    QApplication.processEvents()
    os._exit(0)  # QGIS's own way out may ask a question that nobody answers


def _fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End at once: QGIS would show the error in a window and wait for a click."""
    sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
    sys.stderr.flush()
    os._exit(1)


sys.excepthook = _fail
QTimer.singleShot(500, _open)
