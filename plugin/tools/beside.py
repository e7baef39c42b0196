"""The figures beside the cursor: who lives on either side, by colour and by shape."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtWidgets import QLabel

from census_map.i18n import _

from ..panels.look import BALANCE_COLOURS, BALANCE_MARKS

if TYPE_CHECKING:
    from census_map.profile import Size

    from ..editing.drafts import Side

_OFFSET = QPoint(18, 18)


class Beside(QLabel):
    """A small note that follows the cursor over the map."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("census_map_figures")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setStyleSheet(
            "QLabel { background: rgba(255, 255, 255, 235); color: #222; border: 1px solid #999; padding: 3px; }"
        )
        self.hide()

    def show_sides(self, sides: "Sequence[Side]", size: "Size", at: QPoint) -> None:
        """Show the figures at a place on the canvas; none hides the note."""
        if not sides:
            self.hide()
            return
        self.setText("<br>".join(_line(side, size) for side in sides))
        self.adjustSize()
        room = self.parentWidget().rect()
        x = at.x() + _OFFSET.x()
        if x + self.width() > room.width():
            x = at.x() - _OFFSET.x() - self.width()
        y = min(at.y() + _OFFSET.y(), room.height() - self.height())
        self.move(max(0, x), max(0, y))
        self.show()
        self.raise_()


def state_of(amount: int, size: "Size") -> str:
    """Tell where a figure lies: `below`, `inside` or `above` the band."""
    return "below" if amount < size.minimum else "above" if amount > size.maximum else "inside"


def _line(side: "Side", size: "Size") -> str:
    figures = side.figures
    state = state_of(figures.amount(size.by), size)
    text = _("{area}: {persons} persons, {households} households, {buildings} buildings").format(
        area=side.name,
        persons=f"{figures.persons:,}",
        households=f"{figures.households:,}",
        buildings=f"{figures.buildings:,}",
    )
    return f'<span style="color:{BALANCE_COLOURS[state]}"><b>{BALANCE_MARKS[state]}</b> {escape(text)}</span>'
