"""
The live check: what an edit breaks is on the canvas and in the list at once, and what it mends goes.

The problems are those that a whole check finds, by the same names, so that nothing is listed twice.
"""

from typing import TYPE_CHECKING

from qgis.core import QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor

from census_map.i18n import _

from ..panels.look import ERROR
from .session import Session

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.coverage.faults import Fault

    from ..township import Township

_SHOWN = 200  # marks on the canvas; the list has them all


class LiveCheck(QObject):
    """Shows the faults of the mini-areas of a session while they are edited."""

    def __init__(self, canvas: QgsMapCanvas, township: "Township", session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._township, self._session = canvas, township, session
        self._bands: dict[str, QgsRubberBand] = {}
        self._problems: dict[str, Problem] = {}  # by the fault's lasting name
        self._seen: set[str] = set()  # problems that the chain has named since the session began
        session.changed.connect(self.look)

    def release(self) -> None:
        """Take the marks off the map."""
        for name in list(self._bands):
            self._unmark(name)

    def look(self, touched: object = None) -> None:
        """Bring canvas and list up to date after a change."""
        if touched is not None and not {"mini_area", "census_area"} & set(touched):
            return
        faults = {fault.id: fault for fault in self._session.mirror.faults}
        self._problems = {name: self._problems.get(name) or self._problem(fault) for name, fault in faults.items()}
        told = {name: problem for name, problem in self._problems.items() if not self._is_undivided(faults[name])}
        for name in set(self._bands) - set(told):
            self._unmark(name)
        for name in told:
            if name not in self._bands and len(self._bands) < _SHOWN:
                self._mark(name, faults[name])
        now = {problem.id for problem in self._problems.values()}
        before = self._township.problems
        kept = [problem for problem in before if problem.id in now or problem.id not in self._seen]
        listed = {problem.id for problem in kept}
        fresh = [problem for problem in told.values() if problem.id not in listed]
        self._seen |= now
        if fresh or len(kept) != len(before):
            self._township.change_problems([*fresh, *kept])

    def _is_undivided(self, fault: "Fault") -> bool:
        """Tell whether a gap is a census area that nobody has begun to divide."""
        if fault.kind != "gap" or fault.container is None:
            return False
        mirror = self._session.mirror
        home = mirror.container_uid(int(fault.container))
        return all(row.census_area != home for row in mirror.rows.values())

    def _problem(self, fault: "Fault") -> "Problem":
        from census_map.checks import RULES  # noqa: PLC0415  brings geopandas along
        from census_map.checks.coverage_rules import fault_finding  # noqa: PLC0415
        from census_map.checks.registry import as_problem  # noqa: PLC0415
        from census_map.coverage.proposal import KINDS_BY_RULE  # noqa: PLC0415

        mirror = self._session.mirror
        owners = tuple(mirror.rows[int(label)].uid for label in fault.areas)
        names = _(", ").join(str(label) for label in fault.areas)
        home = "" if fault.container is None else mirror.container_uid(int(fault.container))
        container = (
            _("the township") if fault.container is None else self._session.name_of("census_area", int(fault.container))
        )
        finding = fault_finding(fault, owners, names, container, container_uid=home)
        rule = next(name for name, kinds in KINDS_BY_RULE.items() if fault.kind in kinds)
        return as_problem(finding, RULES[rule])

    def _mark(self, name: str, fault: "Fault") -> None:
        from ..bridge import geometry_of  # noqa: PLC0415  brings geopandas along

        geometry = geometry_of(fault.geometry)
        band = QgsRubberBand(self._canvas, QgsWkbTypes.geometryType(geometry.wkbType()))
        band.setToGeometry(geometry, self._session.layers["mini_area"])
        band.setStrokeColor(QColor(ERROR))
        fill = QColor(ERROR)
        fill.setAlpha(90)
        band.setFillColor(fill)
        band.setWidth(3)
        band.setIconSize(12)
        self._bands[name] = band

    def _unmark(self, name: str) -> None:
        self._canvas.scene().removeItem(self._bands.pop(name))
