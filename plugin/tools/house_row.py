"""Copy a house along a line: the first house, the end of the row, how many."""

from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QPoint

from census_map.i18n import N_, _

from ..editing.houses import copied
from .counting import CountingTool
from .outlines import row


class HouseRowTool(CountingTool):
    """Equal houses with equal gaps; their numbers count on from the first house's mini-area."""

    NAME = "house_row"
    HINTS = (
        N_("Row: click the first house of the row."),
        N_("Row: click the middle of the last house. Esc: back."),
        N_("Row: type how many houses stand in the row, the first one too, then Enter."),
    )

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self._house: QgsFeature | None = None

    def accepts(self, point: QgsPointXY) -> bool:
        """The first click is on a house."""
        if self._legs:
            return len(self._legs) == 1
        self._house = self._handler.house_at(point)
        if self._house is None:
            self._handler.refused.emit(_("There is no house here: click on one."))
        return self._house is not None

    def end(self) -> None:
        """Make the houses."""
        if len(self._legs) < 2 or self.count < self.LEAST:
            self._handler.refused.emit(_("Click the first house and the end of the row, type the number, then Enter."))
            return
        assert self._house is not None
        if self._handler.add_houses(_("A row of houses"), self._made(self._legs[-1][0]), copied(self._house)):
            self.clear()
            self._hint()

    def _made(self, end: QgsPointXY) -> list[QgsGeometry]:
        """Give the new houses, in the coordinates of the map."""
        assert self._house is not None
        return row(self._handler.to_map(self._house.geometry()), end, max(self.count, self.LEAST))

    def _show(self, _at: QPoint | None) -> None:
        self._drawn.reset(Qgis.GeometryType.Polygon)
        end = self._legs[-1][0] if len(self._legs) > 1 else self._here
        if self._house is None or not self._legs or end is None:
            return
        made = (
            self._made(end) if self.count >= self.LEAST else row(self._handler.to_map(self._house.geometry()), end, 2)
        )
        for shape in made:
            self._drawn.addGeometry(shape, None)
