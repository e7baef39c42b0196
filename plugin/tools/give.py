"""Give a house, or a block between roads, to the neighbour by one click; again gives it back."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY
from qgis.gui import QgsMapMouseEvent

from census_map.i18n import N_

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class GiveTool(DrawingTool):
    """One click; the ground goes to the neighbour whose border is nearest."""

    NAME = "give"
    HINTS = (N_("Give: click a house or a block at the border; it goes to the neighbour. Again: it comes back."),)

    def is_complete(self) -> bool:
        """One click."""
        return bool(self._legs)

    def may_end(self) -> bool:
        """One click is enough."""
        return bool(self._legs)

    def end(self) -> None:
        """Give, or wait for another click."""
        super().end()
        self.clear()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show what a click here would give."""
        here = event.originalMapPoint()
        self._show_draft(self._handler.propose(self._work([here])), event.pos())

    def draft(self, points: "list[Place]") -> "Draft":
        """Give the house or the block."""
        return self._handler.drafts.give(points[0])

    def _point(self, event: QgsMapMouseEvent) -> QgsPointXY:
        return event.originalMapPoint()
