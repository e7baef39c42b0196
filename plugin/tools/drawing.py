"""
What all drawing tools have in common: points by clicks that snap, keys, a preview, figures beside the cursor.

Left click: a point. Enter or right click: the end. Backspace: a point back. Escape: everything back, then the tool is
left. Alt held: no snapping.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from qgis.core import Qgis, QgsGeometry, QgsPointLocator, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand, QgsSnapIndicator
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from census_map.i18n import _

from ..panels.look import ERROR, OWN_BORDER
from .beside import Beside
from .handler import Handler

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Place

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BACK = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class DrawingTool(QgsMapTool):
    """
    A tool that collects points and asks its handler for a draft of what they mean.

    Signal: `left()` when Escape is pressed with nothing begun.
    """

    left = pyqtSignal()

    NAME: ClassVar[str] = ""
    HINTS: ClassVar[tuple[str, ...]] = ("",)  # before the first point, after it, after the second …
    CLOSED: ClassVar[bool] = False  # whether the points are the corners of an outline
    FOLLOWS: ClassVar[bool] = False  # whether lines of the base map are followed between the points

    def __init__(self, canvas: QgsMapCanvas, handler: Handler) -> None:
        super().__init__(canvas)
        self._handler = handler
        self._legs: list[list[QgsPointXY]] = []  # the points that each click has added
        self._here: QgsPointXY | None = None
        self._other_way = False
        kind = Qgis.GeometryType.Polygon if self.CLOSED else Qgis.GeometryType.Line
        self._drawn = self._band(kind, OWN_BORDER, width=2, alpha=40)
        self._result = self._band(Qgis.GeometryType.Polygon, OWN_BORDER, width=3, alpha=0)
        self._result.setLineStyle(Qt.PenStyle.DashLine)
        self._under = self._band(Qgis.GeometryType.Polygon, ERROR, width=2, alpha=110)
        self._beside = Beside(canvas)
        self._indicator = QgsSnapIndicator(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    # --- what a tool of its own says -----------------------------------------------------------------------------

    def draft(self, points: "list[Place]") -> "Draft":
        """Work out what the points mean; raises `EditRefused` in words where they mean nothing."""
        raise NotImplementedError

    def is_complete(self) -> bool:
        """Tell whether the last click was the last one that is needed."""
        return False

    def accepts(self, _point: QgsPointXY) -> bool:
        """Tell whether a click may be the next point; a refusal is said here."""
        return True

    def may_end(self) -> bool:
        """Tell whether there are points enough to end."""
        return len(self._legs) >= (3 if self.CLOSED else 2)

    # --- mouse and keys -----------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Say what the first click does, and take the keys."""
        super().activate()
        self._handler.look_around()
        self.canvas().setFocus()
        self._hint()

    def deactivate(self) -> None:
        """Take what was begun off the map."""
        self.clear()
        super().deactivate()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show what a click here would mean."""
        self._here = self._point(event)
        self._other_way = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._show(event.pos())

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Take a point, or end."""
        self._other_way = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.button() == Qt.MouseButton.RightButton:
            self.end()
        elif event.button() == Qt.MouseButton.LeftButton:
            point = self._point(event)
            if not self.accepts(point):
                return
            self._legs.append(self._leg(point))
            self._here = point
            if self.is_complete():
                self.end()
            else:
                self._show(event.pos())
                self._hint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends, Backspace takes a point back, Escape begins again and then leaves."""
        if event.key() in _ENTER:
            self.end()
        elif event.key() in _BACK:
            self._legs = self._legs[:-1]
            self._show(None)
            self._hint()
        elif event.key() == Qt.Key.Key_Escape:
            begun = bool(self._legs)
            self.clear()
            self._hint()
            if not begun:
                self.left.emit()
        else:
            return
        event.accept()

    def end(self) -> None:
        """Do what was drawn; where it is refused, the drawing stays so that it can be put right."""
        if not self.may_end():
            self._handler.refused.emit(_("There are not enough points yet: go on drawing, or press Esc."))
            return
        if self._handler.carry_out(self._work(self._points())):
            self.clear()
            self._hint()

    def clear(self) -> None:
        """Forget what was begun."""
        self._legs, self._here = [], None
        self._drawn.reset(Qgis.GeometryType.Polygon if self.CLOSED else Qgis.GeometryType.Line)
        for band in (self._result, self._under):
            band.reset(Qgis.GeometryType.Polygon)
        self._indicator.setMatch(QgsPointLocator.Match())
        self._beside.hide()

    def dispose(self) -> None:
        """Take everything that belongs to the tool off the canvas for good."""
        self.clear()
        for band in (self._drawn, self._result, self._under):
            self.canvas().scene().removeItem(band)
        self._indicator = None
        self._beside.deleteLater()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _point(self, event: QgsMapMouseEvent) -> QgsPointXY:
        """Give the point that is meant: the border or line near the cursor, unless Alt is held."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._indicator.setMatch(QgsPointLocator.Match())
            return event.originalMapPoint()
        match = self._handler.snap(event.pos())
        self._indicator.setMatch(match)
        return match.point() if match.isValid() else event.originalMapPoint()

    def _leg(self, point: QgsPointXY) -> list[QgsPointXY]:
        if not self.FOLLOWS or not self._legs:
            return [point]
        return self._handler.way(self._legs[-1][-1], point)

    def _points(self) -> list[QgsPointXY]:
        return [point for leg in self._legs for point in leg]

    def _shown(self) -> list[QgsPointXY]:
        """Give the points there are, and those that a click here would add."""
        points = self._points()
        if self._here is not None and self._legs:
            points += self._leg(self._here)
        return points

    def _work(self, points: list[QgsPointXY]) -> "Callable[[], Draft]":
        return lambda: self.draft([self._handler.place(point) for point in points])

    def _show(self, at: QPoint | None) -> None:
        """Draw what there is and what the next click would add, and what would come of it."""
        points = self._shown()
        self._drawn.setToGeometry(
            QgsGeometry.fromPolygonXY([points]) if self.CLOSED else QgsGeometry.fromPolylineXY(points)
        )
        draft = None
        if len(points) >= (3 if self.CLOSED else 2):
            draft = self._handler.propose(self._work(points))
        self._show_draft(draft, at)
        self.look_under(points)

    def look_under(self, points: list[QgsPointXY]) -> None:
        """Show what lies in the way of the drawing, where a tool cares."""

    def _show_draft(self, draft: "Draft | None", at: QPoint | None) -> None:
        self._result.reset(Qgis.GeometryType.Polygon)
        for side in () if draft is None else draft.sides:
            self._result.addGeometry(self._handler.on_map(side.shape), None, False)
        self._result.updatePosition()
        self._result.update()
        if at is not None:
            self._beside.show_sides([] if draft is None else draft.sides, self._handler.session.size, at)

    def _show_houses(self, shapes: list[Any]) -> None:
        """Let the houses under a line turn red."""
        self._under.reset(Qgis.GeometryType.Polygon)
        for shape in shapes:
            self._under.addGeometry(self._handler.on_map(shape), None, True)

    def _hint(self) -> None:
        text = self.HINTS[min(len(self._legs), len(self.HINTS) - 1)]
        self._handler.hinted.emit(_(text))

    def _band(self, kind: Qgis.GeometryType, colour: str, *, width: int, alpha: int) -> QgsRubberBand:
        band = QgsRubberBand(self.canvas(), kind)
        band.setStrokeColor(QColor(colour))
        fill = QColor(colour)
        fill.setAlpha(alpha)
        band.setFillColor(fill)
        band.setWidth(width)
        return band
