"""Runs inside QGIS (see `picture`): open a township, wait until the map is drawn, save a picture of the window, end."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface, plugins

_JOB = json.loads(os.environ["CENSUS_MAP_JOB"])


def _open() -> None:
    iface.mainWindow().showNormal()
    iface.mainWindow().setGeometry(0, 0, *_JOB["size"])
    if _JOB["workspace"]:
        plugins["census_map_plugin"].desk.show_township(Path(_JOB["workspace"]))
    QTimer.singleShot(1500, _save)


def _save() -> None:
    plugin = plugins["census_map_plugin"]
    if plugin.township.is_open:
        plugin.township.show_all()
    canvas = iface.mapCanvas()
    canvas.waitWhileRendering()
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
