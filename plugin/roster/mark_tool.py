"""The map tool that marks a building: a rectangle by three clicks, an outline corner by corner, or one click."""

from qgis.core import Qgis, QgsCoordinateTransform, QgsGeometry, QgsPointXY, QgsProject, QgsUnitTypes, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from census_map.i18n import N_

from ..panels.look import OWN_BORDER
from ..tools.outlines import rectangle, square

RECTANGLE, OUTLINE, PLACE = "rectangle", "outline", "place"
SHAPES = {
    RECTANGLE: N_("rectangle: three corners"),
    OUTLINE: N_("outline: corners, then right click"),
    PLACE: N_("one click: 10 m × 10 m"),
}
HINTS = {
    RECTANGLE: N_("Click three corners of the building, one after another. Esc begins again."),
    OUTLINE: N_("Click the corners of the building; the right button or Enter ends. Esc begins again."),
    PLACE: N_("Click the middle of the building."),
}
SIDE_M = 10.0


class MarkTool(QgsMapTool):
    """
    Draws one building.

    Signals: `drawn(geometry)` in the layer's coordinate system; `left()` when she gives up with Esc.
    """

    drawn = pyqtSignal(object)
    left = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, layer: QgsVectorLayer, shape: str) -> None:
        super().__init__(canvas)
        self._layer, self._shape = layer, shape
        self._corners: list[QgsPointXY] = []
        self._band = QgsRubberBand(canvas, Qgis.GeometryType.Polygon)
        self._band.setStrokeColor(QColor(OWN_BORDER))
        self._band.setFillColor(QColor(139, 26, 92, 60))
        self._band.setWidth(2)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Take a corner, or end."""
        if event.button() == Qt.MouseButton.RightButton:
            self._end_outline()
            return
        self._corners.append(self.toMapCoordinates(event.pos()))
        if self._shape == PLACE:
            self._finish(self._square(self._corners[0]))
        elif self._shape == RECTANGLE and len(self._corners) == 3:
            self._finish(rectangle(*self._corners))

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show what the next click would make."""
        here = self.toMapCoordinates(event.pos())
        if self._shape == PLACE:
            self._show(self._square(here))
        elif self._shape == RECTANGLE and len(self._corners) == 2:
            self._show(rectangle(*self._corners, here))
        else:
            self._show([*self._corners, here])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends an outline, Backspace takes a corner back, Esc begins again and then gives up."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end_outline()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._corners = self._corners[:-1]
            self._show(self._corners)
        elif event.key() == Qt.Key.Key_Escape:
            if not self._corners:
                self.left.emit()
            self._corners = []
            self._band.reset(Qgis.GeometryType.Polygon)
        else:
            return
        event.accept()

    def deactivate(self) -> None:
        """Take what was begun off the map."""
        self._corners = []
        self._band.reset(Qgis.GeometryType.Polygon)
        super().deactivate()

    def _end_outline(self) -> None:
        if self._shape == OUTLINE and len(self._corners) >= 3:
            self._finish(self._corners)

    def _square(self, middle: QgsPointXY) -> list[QgsPointXY]:
        unit = self.canvas().mapSettings().destinationCrs().mapUnits()
        return square(middle, SIDE_M * QgsUnitTypes.fromUnitToUnitFactor(Qgis.DistanceUnit.Meters, unit))

    def _show(self, corners: list[QgsPointXY]) -> None:
        self._band.setToGeometry(QgsGeometry.fromPolygonXY([corners]))

    def _finish(self, corners: list[QgsPointXY]) -> None:
        self._corners = []
        self._band.reset(Qgis.GeometryType.Polygon)
        ground = QgsGeometry.fromPolygonXY([[*corners, corners[0]]])
        here = self.canvas().mapSettings().destinationCrs()
        ground.transform(QgsCoordinateTransform(here, self._layer.crs(), QgsProject.instance()))
        self.drawn.emit(ground)
