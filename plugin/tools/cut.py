"""Cut a mini-area in two by a line."""

from typing import TYPE_CHECKING

import shapely
from qgis.core import QgsPointXY

from census_map.coverage.patch import RefusedAt
from census_map.i18n import N_, _

from .drawing import DrawingTool

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place


class CutTool(DrawingTool):
    """Two ends on a road, between which the road is followed, or point by point; houses stay whole."""

    NAME = "cut"
    HINTS = (
        N_("Cut: click where the new border begins; on a road the line follows it. Alt: no snapping."),
        N_("Cut: click where it ends, then Enter or the right button. Shift: round houses the other way. Esc: back."),
    )
    FOLLOWS = True

    def draft(self, points: "list[Place]") -> "Draft":
        """Cut the mini-area through which most of the line runs."""
        area = self._area(points)
        return self._handler.drafts.cut(area, points, other_way=self._other_way)

    def look_under(self, points: list[QgsPointXY]) -> None:
        """Let the houses under the line turn red."""
        places = [self._handler.place(point) for point in points]
        self._show_houses(self._handler.drafts.houses_under(places) if len(places) > 1 else [])

    def _area(self, points: "list[Place]") -> int:
        mirror = self._handler.session.mirror
        line = shapely.LineString(points)
        lengths: dict[int, float] = {}
        for share in (0.5, 0.25, 0.75, 0.05, 0.95):
            spot = shapely.line_interpolate_point(line, share, normalized=True)
            area = mirror.at(spot.x, spot.y)
            if area is not None:
                lengths[area] = lengths.get(area, 0.0) + 1
        if not lengths:
            raise RefusedAt(_("The line runs through no mini-area: draw it across one."))
        return max(lengths, key=lambda area: shapely.length(shapely.intersection(line, mirror.polygon(area))))
