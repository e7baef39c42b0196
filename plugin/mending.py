"""
Mending borders from the list of problems: the proposal on the map, then one step that can be taken back.

Nothing is mended unasked. The list keeps what is left; the next check looks at everything again.
"""

from typing import TYPE_CHECKING, Any

from qgis.core import QgsGeometry, QgsWkbTypes
from qgis.gui import QgisInterface, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QColor

from census_map.i18n import _

from . import verbs
from .panels.look import DONE, OWN_BORDER

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.mending import Mend

    from .township import Township
    from .work import Desk


class Mender(QObject):
    """Shows and carries out the proposals for problems."""

    def __init__(self, iface: QgisInterface, township: "Township", desk: "Desk", parent: QObject) -> None:
        super().__init__(parent)
        self._iface = iface
        self._township = township
        self._desk = desk
        self._bands: list[QgsRubberBand] = []
        township.problems_changed.connect(self.unmark)

    def mend(self, problems: "list[Problem]", place: int) -> None:
        """Mend problems: borders by the proposal at a place in their list, all in one step; others by their verb."""
        path = self._township.path
        mendings = self._township.mendings
        borders = [problem for problem in problems if problem.id in mendings]
        if not borders:
            self._desk.mend(problems[0])
            return
        mends = [mendings[problem.id].mends[place] for problem in borders]
        if path is not None:
            title = _("Mending borders")
            gone = {problem.id for problem in borders}
            self._desk.start(title, lambda report: verbs.mend(path, mends, report), lambda text: self._done(text, gone))

    def show(self, problem: "Problem") -> None:
        """Show on the map what the first proposal for a problem would do."""
        self.unmark()
        mending = self._township.mendings.get(problem.id)
        if mending is not None and mending.mends:
            self._mark(mending.mends[0])

    def unmark(self) -> None:
        """Take the proposal off the map."""
        for band in self._bands:
            self._iface.mapCanvas().scene().removeItem(band)
        self._bands.clear()

    def _done(self, text: str, gone: set[str]) -> None:
        left = [problem for problem in self._township.problems if problem.id not in gone]
        mendings = {name: mending for name, mending in self._township.mendings.items() if name not in gone}
        self._township.set_problems(left, mendings)
        self._desk.tell(text)

    def _mark(self, mend: "Mend") -> None:
        """Draw the borders as they would be, and fill the ground concerned."""
        for shape in mend.after:
            band = self._band(shape)
            band.setStrokeColor(QColor(OWN_BORDER))
            band.setFillColor(QColor(0, 0, 0, 0))
            band.setLineStyle(Qt.PenStyle.DashLine)
            band.setWidth(3)
        ground = self._band(mend.place)
        ground.setStrokeColor(QColor(DONE))
        fill = QColor(DONE)
        fill.setAlpha(110)
        ground.setFillColor(fill)
        ground.setWidth(2)

    def _band(self, shape: Any) -> QgsRubberBand:
        from .bridge import geometry_of  # noqa: PLC0415  brings geopandas along

        geometry: QgsGeometry = geometry_of(shape)
        kind = QgsWkbTypes.geometryType(geometry.wkbType())
        band = QgsRubberBand(self._iface.mapCanvas(), kind)
        band.setToGeometry(geometry, self._township.layers.get("census_area"))
        self._bands.append(band)
        return band
