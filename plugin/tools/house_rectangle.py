"""Mark a rectangular house by three clicks: two corners and the depth."""

from qgis.core import QgsPointXY

from census_map.i18n import N_

from .house import HouseTool
from .outlines import rectangle


class HouseRectangleTool(HouseTool):
    """One wall from corner to corner, then how deep the house is."""

    NAME = "house_rectangle"
    HINTS = (
        N_("House: click the first corner of a wall. Alt: no snapping."),
        N_("House: click the other end of this wall. Esc: back."),
        N_("House: click how deep the house is. Backspace: a point back."),
    )

    def is_complete(self) -> bool:
        """Three clicks."""
        return len(self._legs) == 3

    def corners(self, points: list[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:  # noqa: ARG002  the base's
        """Give the rectangle."""
        return rectangle(*points) if len(points) == 3 else points
