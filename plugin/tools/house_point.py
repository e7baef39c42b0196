"""Mark a house by one click, where the image is too blurred for an outline."""

from qgis.core import Qgis, QgsPointXY, QgsUnitTypes

from census_map.i18n import N_

from .house import HouseTool
from .outlines import square

SIDE_M = 10.0


class HousePointTool(HouseTool):
    """A square of ten metres around the click."""

    NAME = "house_point"
    HINTS = (N_("House by one click: click its middle; a square of 10 m stands for it."),)

    def is_complete(self) -> bool:
        """One click."""
        return bool(self._legs)

    def may_end(self) -> bool:
        """One click is enough."""
        return bool(self._legs)

    def corners(self, points: list[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:  # noqa: ARG002  the base's
        """Give the square."""
        unit = self.canvas().mapSettings().destinationCrs().mapUnits()
        side = SIDE_M * QgsUnitTypes.fromUnitToUnitFactor(Qgis.DistanceUnit.Meters, unit)
        return square(points[-1], side)
