"""Move a shared border: redraw a stretch of it, and both neighbours follow."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY

from census_map.i18n import N_, _

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class BorderTool(DrawingTool):
    """From a point on a border, along its new course, to a point on the same border."""

    NAME = "border"
    HINTS = (
        N_("Move border: click on the border where its new course begins. Alt: no snapping."),
        N_("Move border: draw the new course, end on the same border, then Enter or the right button. Esc: back."),
    )
    FOLLOWS = True

    def accepts(self, point: QgsPointXY) -> bool:
        """The first point lies on a border between two mini-areas."""
        if not self._legs and len(self._handler.areas_near(point)) < 2:
            self._handler.refused.emit(_("There is no border between two mini-areas here: click on one."))
            return False
        return True

    def draft(self, points: "list[Place]") -> "Draft":
        """Give the border its new course."""
        near = self._handler.areas_near(self._legs[0][0])
        return self._handler.drafts.move_border(near, points, other_way=self._other_way)
