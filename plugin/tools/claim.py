"""Draw around houses: they go to the mini-area in which the drawing began."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY

from census_map.i18n import N_, _

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class ClaimTool(DrawingTool):
    """An outline, corner by corner; its first corner lies in the mini-area that takes."""

    NAME = "claim"
    HINTS = (
        N_("Draw around: click inside the mini-area that shall get the houses. Alt: no snapping."),
        N_("Draw around: click around the houses; Enter or the right button ends. Esc: back."),
    )
    CLOSED = True

    def accepts(self, point: QgsPointXY) -> bool:
        """The drawing begins in a mini-area."""
        if not self._legs and self._handler.area_at(point) is None:
            self._handler.refused.emit(_("There is no mini-area here."))
            return False
        return True

    def draft(self, points: "list[Place]") -> "Draft":
        """Give the ground to the mini-area of the first point."""
        area = self._handler.area_at(self._legs[0][0])
        assert area is not None
        return self._handler.drafts.claim(area, points)
