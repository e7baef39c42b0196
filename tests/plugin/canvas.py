"""Drawing on the canvas by mouse and keys, and a small township to draw in."""

import numpy as np
import shapely
from qgis.core import QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QCoreApplication, QPoint, Qt
from qgis.PyQt.QtTest import QTest

from census_map.coverage import is_exact
from tests.small_township import EAST, NORTH, uid

LEFT, RIGHT, NO = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def settle() -> None:
    for _time in range(3):
        QCoreApplication.processEvents()


class Hand:
    """A hand on the mouse and one on the keyboard; places in metres from the township's south-western corner."""

    def __init__(self, plugin, iface) -> None:
        self.plugin, self.canvas = plugin, iface.mapCanvas()
        self.canvas.show()
        self.canvas.setFixedSize(1000, 600)
        settle()
        self.look(250, 100, 500)

    def look(self, x: float, y: float, width: float) -> None:
        """Show a place so that a pixel is a whole fraction of a metre."""
        self.canvas.setDestinationCrs(QgsProject.instance().crs())
        self.canvas.setExtent(QgsRectangle.fromCenterAndSize(self._point(x, y), width, width * 0.6))
        settle()

    @staticmethod
    def _point(x: float, y: float):
        from qgis.core import QgsPointXY  # noqa: PLC0415

        return QgsPointXY(EAST + x, NORTH + y)

    def pixel(self, x: float, y: float) -> QPoint:
        there = self.canvas.getCoordinateTransform().transform(self._point(x, y))
        return QPoint(round(there.x()), round(there.y()))

    def use(self, name: str) -> None:
        self.plugin.workbench.actions[name].trigger()
        settle()
        assert self.canvas.mapTool() is self.plugin.workbench.tools[name]

    def move(self, x: float, y: float, keys=NO) -> None:
        QTest.mouseMove(self.canvas.viewport(), self.pixel(x, y))
        event_move(self.canvas, self.pixel(x, y), keys)

    def click(self, x: float, y: float, button=LEFT, keys=NO) -> None:
        event_move(self.canvas, self.pixel(x, y), keys)
        QTest.mouseClick(self.canvas.viewport(), button, keys, self.pixel(x, y))
        settle()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        view = self.canvas.viewport()
        QTest.mousePress(view, LEFT, NO, self.pixel(*start))
        event_move(self.canvas, self.pixel(*end), NO, held=True)
        QTest.mouseRelease(view, LEFT, NO, self.pixel(*end))
        settle()

    def key(self, key) -> None:
        QTest.keyClick(self.canvas, key)
        settle()


def event_move(canvas, pixel: QPoint, keys, *, held: bool = False) -> None:
    """Move the mouse as Qt would tell it; QTest's own move needs a window system that has the focus."""
    from qgis.PyQt.QtCore import QEvent, QPointF  # noqa: PLC0415
    from qgis.PyQt.QtGui import QMouseEvent  # noqa: PLC0415

    pressed = LEFT if held else Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(pixel), Qt.MouseButton.NoButton, pressed, keys)
    QCoreApplication.sendEvent(canvas.viewport(), event)
    settle()


def areas(layer) -> dict[str, object]:
    """The ground of every mini-area of a layer, by uid, as it is in the edit buffer."""
    return {
        str(row["uid"]): shapely.from_wkb(bytes(row.geometry().asWkb()))
        for row in layer.getFeatures()
        if row.hasGeometry()
    }


def is_coverage(plugin) -> bool:
    """Whether the edit buffers hold an exact coverage, by a check from scratch."""
    from census_map_plugin.bridge import frame_of  # noqa: PLC0415

    layers = plugin.township.layers
    return is_exact(frame_of(layers["mini_area"]), frame_of(layers["census_area"]))


def ground(plugin, name: str) -> float:
    """The ground of a mini-area in whole square metres."""
    return float(np.round(areas(plugin.township.layers["mini_area"])[uid(name)].area))


def home(plugin, name: str) -> str:
    """The uid of the mini-area that is noted for a building."""
    layer = plugin.township.layers["building"]
    return next(str(row["mini_area_uid"]) for row in layer.getFeatures() if row["uid"] == uid(name))
