"""Mark a house of any outline, corner by corner."""

from qgis.core import QgsPointXY

from census_map.i18n import N_

from .house import HouseTool


class HouseFreeTool(HouseTool):
    """The corners as they were clicked."""

    NAME = "house_free"
    HINTS = (
        N_("House of any shape: click the first corner. Alt: no snapping."),
        N_("House of any shape: click the next corner; Enter or the right button ends. Backspace: a point back."),
    )

    def corners(self, points: list[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:  # noqa: ARG002  the base's
        """Give the corners."""
        return points
