"""Split a part off as an exclave: a declared part of a mini-area that lies elsewhere."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY

from census_map.coverage.patch import RefusedAt
from census_map.i18n import N_, _

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class ExclaveTool(DrawingTool):
    """First a click into the owner, then an outline around the houses."""

    NAME = "exclave"
    HINTS = (
        N_("Exclave: click the mini-area to which the houses belong."),
        N_("Exclave: click around the houses; Enter or the right button ends. Alt: no snapping. Esc: back."),
    )
    CLOSED = True

    def accepts(self, point: QgsPointXY) -> bool:
        """The owner is a mini-area."""
        if not self._legs and self._handler.area_at(point) is None:
            self._handler.refused.emit(_("There is no mini-area here."))
            return False
        return True

    def may_end(self) -> bool:
        """The owner and three corners."""
        return len(self._legs) >= 4

    def _points(self) -> list[QgsPointXY]:
        return [point for leg in self._legs[1:] for point in leg]

    def draft(self, points: "list[Place]") -> "Draft":
        """Make the ground a part of the owner."""
        area = self._handler.area_at(self._legs[0][0])
        if area is None:
            raise RefusedAt(_("There is no mini-area here."))
        return self._handler.drafts.exclave(area, points)
