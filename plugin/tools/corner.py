"""Drag a corner of a border; where three mini-areas meet, it moves for all of them."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY
from qgis.gui import QgsMapMouseEvent
from qgis.PyQt.QtCore import Qt

from census_map.i18n import N_, _

from .drawing import DrawingTool
from .handler import SNAP_PIXELS

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class CornerTool(DrawingTool):
    """Press on a corner, move it, let go."""

    NAME = "corner"
    HINTS = (
        N_("Corner: press on a corner of a border and drag it. Alt: no snapping."),
        N_("Corner: let go where it shall be. Esc: back."),
    )

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Take hold of a corner."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = event.originalMapPoint()
        if not self._handler.areas_near(point):
            self._handler.refused.emit(_("There is no border here: press on one of its corners."))
            return
        self._legs = [[self._point(event)]]
        self._hint()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Let go of it."""
        if event.button() != Qt.MouseButton.LeftButton or not self._legs:
            return
        end = self._point(event)
        if end.distance(self._legs[0][0]) < 2 * self.canvas().mapUnitsPerPixel():
            self.clear()
            return
        self._legs.append([end])
        self.end()
        self.clear()
        self._hint()

    def draft(self, points: "list[Place]") -> "Draft":
        """Move the corner."""
        return self._handler.drafts.move_corner(points[0], points[-1], SNAP_PIXELS * self._handler.pixel)

    def _leg(self, point: QgsPointXY) -> list[QgsPointXY]:
        return [point]
