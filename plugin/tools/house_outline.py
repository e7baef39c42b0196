"""Mark a house with right angles, corner by corner."""

from qgis.core import QgsPointXY

from census_map.i18n import N_

from .house import HouseTool
from .outlines import right_angled


class HouseOutlineTool(HouseTool):
    """The first wall gives the direction; every other corner turns at a right angle."""

    NAME = "house_outline"
    HINTS = (
        N_("House with right angles: click the first corner. Alt: no snapping."),
        N_("House with right angles: click the next corner; Enter or the right button ends. Backspace: a point back."),
    )

    def corners(self, points: list[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:
        """Give the outline with right angles."""
        return right_angled(points, closed=closed)
