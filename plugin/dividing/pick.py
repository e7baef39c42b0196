"""Point at a mini-area: a click chooses, dragging moves the map as ever."""

from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapToolPan
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal

_STILL = 4  # pixels within which a press and a release are a click


class PickTool(QgsMapToolPan):
    """
    Pans like QGIS's own tool and tells where she clicks.

    Signal: `picked(point)` in the map's coordinates.
    """

    picked = pyqtSignal(object)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._pressed: QPoint | None = None

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Remember where the button went down."""
        self._pressed = event.pos() if event.button() == Qt.MouseButton.LeftButton else None
        super().canvasPressEvent(event)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Tell of a click; the end of a drag is the map's."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None and (event.pos() - pressed).manhattanLength() <= _STILL:
            self.picked.emit(event.mapPoint())
            return
        super().canvasReleaseEvent(event)
