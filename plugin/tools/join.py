"""Join two mini-areas by two clicks."""

from typing import TYPE_CHECKING

from qgis.core import QgsPointXY

from census_map.i18n import N_, _

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class JoinTool(DrawingTool):
    """Click one, click the other; the one with more people keeps its number."""

    NAME = "join"
    HINTS = (
        N_("Join: click the first mini-area."),
        N_("Join: click the mini-area beside it. Esc: back."),
    )

    def accepts(self, point: QgsPointXY) -> bool:
        """Each click lies in a mini-area."""
        if self._handler.area_at(point) is None:
            self._handler.refused.emit(_("There is no mini-area here."))
            return False
        return True

    def is_complete(self) -> bool:
        """Two clicks."""
        return len(self._legs) == 2

    def end(self) -> None:
        """Join, or begin again."""
        super().end()
        self.clear()
        self._hint()

    def draft(self, points: "list[Place]") -> "Draft":
        """Join the two."""
        mirror = self._handler.session.mirror
        found = [area for area in (mirror.at(*points[0]), mirror.at(*points[-1])) if area is not None]
        return self._handler.drafts.join(found)
