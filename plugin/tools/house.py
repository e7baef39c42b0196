"""What the tools that mark houses have in common: a shape of corners, and the form that follows it."""

from qgis.core import QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QPoint

from .drawing import DrawingTool


class HouseTool(DrawingTool):
    """A tool whose corners make the outline of a house; nothing is written before the form is answered."""

    CLOSED = True

    def corners(self, points: list[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:
        """Give the outline that the points make; `closed` when no more will come."""
        raise NotImplementedError

    def end(self) -> None:
        """Hand the house over to the form."""
        if not self.may_end():
            super().end()
            return
        ground = self._handler.ground(self.corners(self._points(), closed=True))
        self.clear()
        self._hint()
        self._handler.mark([ground])

    def _show(self, _at: QPoint | None) -> None:
        points = self._points()
        if self._here is not None:
            points = [*points, self._here]
        self._drawn.setToGeometry(QgsGeometry.fromPolygonXY([self.corners(points, closed=False)]))
