"""Divide a house into equal parts: click it, type how many."""

from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QPoint

from census_map.errors import CensusMapError
from census_map.i18n import N_, _

from ..editing.houses import copied, divided
from .counting import CountingTool


class HouseDivideTool(CountingTool):
    """The first part stays the house with its people; the others are new, with numbers that count on."""

    NAME = "house_divide"
    HINTS = (
        N_("Divide: click the house."),
        N_("Divide: type into how many parts, then Enter. Esc: back."),
    )

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self._house: QgsFeature | None = None

    def accepts(self, point: QgsPointXY) -> bool:
        """The click is on a house."""
        if self._legs:
            return False
        self._house = self._handler.house_at(point)
        if self._house is None:
            self._handler.refused.emit(_("There is no house here: click on one."))
        return self._house is not None

    def end(self) -> None:
        """Divide it."""
        if self._house is None or not self._legs or self.count < self.LEAST:
            self._handler.refused.emit(_("Click a house, type into how many parts, then Enter."))
            return
        if self._handler.divide_house(self._house, self.count, copied(self._house)):
            self.clear()
            self._hint()

    def _show(self, _at: QPoint | None) -> None:
        self._drawn.reset(Qgis.GeometryType.Polygon)
        if self._house is None or not self._legs:
            return
        for shape in self._parts():
            self._drawn.addGeometry(self._handler.to_map(shape), None)

    def _parts(self) -> list[QgsGeometry]:
        assert self._house is not None
        if self.count < self.LEAST:
            return [self._house.geometry()]
        try:
            return divided(self._house.geometry(), self.count)
        except CensusMapError:
            return [self._house.geometry()]
