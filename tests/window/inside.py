"""Runs inside the real QGIS: open the sample, divide and check by clicking, write down what came of it."""

import json
import os
import sys
import traceback
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, Qt, QThread, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface, plugins, unloadPlugin

JOB = json.loads(os.environ["CENSUS_MAP_JOB"])


def wait_until(condition, seconds=120.0):
    clock = QElapsedTimer()
    clock.start()
    while not condition():
        QCoreApplication.processEvents()
        QThread.msleep(5)
        assert clock.elapsed() < seconds * 1000, "it never happened"


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QCoreApplication.processEvents()


def picture(name):
    iface.messageBar().clearWidgets()
    iface.mapCanvas().waitWhileRendering()
    QApplication.processEvents()
    iface.mainWindow().grab().save(str(Path(JOB["folder"]) / f"{name}.png"))


def work():
    plugin = plugins["census_map_plugin"]
    window = iface.mainWindow()
    window.showNormal()
    plugin.desk.make_sample(Path(JOB["folder"]))
    wait_until(lambda: plugin.township.is_open and not plugin.background.busy)
    window.resize(1366, 768)
    wait_until(lambda: window.size().width() == 1366)
    dock = plugin.steps
    click(dock.all_button)
    assert plugin.background.busy
    wait_until(lambda: not plugin.background.busy)
    picture("proposed")
    click(plugin.dividing.accept_button)
    wait_until(lambda: not plugin.background.busy)
    clicks = 2
    click(dock.button)  # Continue: number
    wait_until(lambda: not plugin.background.busy)
    click(dock.rows[5])
    click(dock.button)
    wait_until(lambda: not plugin.background.busy)
    clicks += 3
    plugin.township.show_all()
    QTest.qWait(300)
    picture("checked")
    table = plugin.problems.table
    if plugin.township.problems:
        QTest.keyClick(table, Qt.Key.Key_Space)
    outcome = {
        "steps": {step.key: [step.state, step.count] for step in plugin.township.steps},
        "errors": sum(problem.severity == "error" for problem in plugin.township.problems),
        "coverage_errors": [p.rule for p in plugin.township.problems if p.severity == "error" and p.rule < "G07"],
        "clicks": clicks,
        "map_share": iface.mapCanvas().width() / window.width(),
        "window": [window.width(), window.height()],
        "workspace": str(plugin.township.path),
        "library": sys.modules["census_map"].__file__,
        "hidden": [bar.objectName() for bar in window.findChildren(type(plugin._toolbar)) if bar.isVisible()],
    }
    plugin.simple.set_simple(False)
    plugin.problems.show()
    QTest.qWait(200)
    outcome["least_height"] = window.minimumSizeHint().height()
    QgsProject.instance().clear()
    assert unloadPlugin("census_map_plugin")
    QTest.qWait(100)
    outcome["left"] = [
        part.objectName() for part in window.children() if part.objectName().startswith(("CensusMap", "census_map"))
    ]
    (Path(JOB["folder"]) / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def run():
    try:
        work()
    except Exception:  # noqa: BLE001  whatever it was, the test must hear of it
        (Path(JOB["folder"]) / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
        iface.mainWindow().grab().save(str(Path(JOB["folder"]) / "failure.png"))
    os._exit(0)


QTimer.singleShot(500, run)
