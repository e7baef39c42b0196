"""The mini-areas of a plan as a table: what each holds, whether that is in the band, and what forces it."""

import math
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from census_map.i18n import _

from ..panels.look import BALANCE_COLOURS, BALANCE_MARKS
from ..panels.problems import ButtonDelegate
from ..plain import as_plain
from .library import View

MARK, NUMBER, PERSONS, HOUSEHOLDS, BUILDINGS, VISIBLE, KEEP, SPLIT, MERGE, WHY = range(10)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PlanModel(QAbstractTableModel):
    """
    One row a mini-area.

    Signal: `kept(row, wanted)` when she ticks or unticks it.
    """

    kept = pyqtSignal(int, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view: View | None = None

    def show_view(self, view: View | None) -> None:
        """Show another plan."""
        self.beginResetModel()
        self.view = view
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Count the mini-areas."""
        return 0 if parent.isValid() or self.view is None else len(self.view.plan.parts)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Give the number of columns."""
        return 0 if parent.isValid() else 10

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Name the columns."""
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        titles = ("", _("No."), _("Persons"), _("Households"), _("Buildings"), _("Along roads"), _("Leave as is"))
        return (*titles, "", "", _("What forces it"))[section]

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Let her tick what is to be kept."""
        flags = super().flags(index)
        if index.column() == KEEP and self.view is not None and not self.view.plan.parts.at[index.row(), "signed"]:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a cell."""
        roles = {
            Qt.ItemDataRole.DisplayRole: self._text,
            Qt.ItemDataRole.ForegroundRole: self._colour,
            Qt.ItemDataRole.TextAlignmentRole: self._alignment,
            Qt.ItemDataRole.CheckStateRole: self._tick,
            Qt.ItemDataRole.ToolTipRole: self._hint,
        }
        asked = roles.get(role)
        return None if asked is None or self.view is None else asked(self.view, index.row(), index.column())

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take her tick."""
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == KEEP and self.view is not None:
            self.kept.emit(index.row(), value in (Qt.CheckState.Checked, 2))
            return True
        return False

    @staticmethod
    def _text(view: View, row: int, column: int) -> str:
        parts, figures = view.plan.parts, view.figures
        share = parts.at[row, "visible"]
        free = not parts.at[row, "kept"]
        texts = {
            MARK: BALANCE_MARKS[figures.at[row, "state"]],
            NUMBER: number_of(view, row),
            PERSONS: f"{round(figures.at[row, 'persons']):,}",
            HOUSEHOLDS: f"{round(figures.at[row, 'households']):,}",
            BUILDINGS: f"{figures.at[row, 'buildings']:,}",
            VISIBLE: "" if math.isnan(share) else f"{math.floor(100 * share)} %",
            SPLIT: _("Divide in two") if free else "",
            MERGE: _("Join…") if free and len(parts) > 1 else "",
            WHY: view.reasons.get(row, ""),
        }
        return texts.get(column, "")

    @staticmethod
    def _colour(view: View, row: int, column: int) -> QColor | None:
        return QColor(BALANCE_COLOURS[view.figures.at[row, "state"]]) if column == MARK else None

    @staticmethod
    def _alignment(_view: View, _row: int, column: int) -> Any:
        if column == MARK:
            return Qt.AlignmentFlag.AlignCenter
        return _RIGHT if column in (PERSONS, HOUSEHOLDS, BUILDINGS, VISIBLE) else None

    @staticmethod
    def _tick(view: View, row: int, column: int) -> Any:
        if column != KEEP:
            return None
        return Qt.CheckState.Checked if view.plan.parts.at[row, "kept"] else Qt.CheckState.Unchecked

    @staticmethod
    def _hint(view: View, row: int, column: int) -> str | None:
        if column == KEEP:
            if view.plan.parts.at[row, "signed"]:
                return _("Signed or locked: it stays as it is.")
            return _("Tick what is good as it is; “Divide” then draws only the others.")
        if column == VISIBLE:
            return _("How much of its border inside the census area runs along roads, water, railways or walls.")
        return as_plain(view.reasons.get(row, "")) or None if column == WHY else None


def number_of(view: View, row: int) -> str:
    """Name a mini-area: its number, with its census area where there are several."""
    plan = view.plan
    number = str(plan.parts.at[row, "number"])
    if len(plan.areas) == 1:
        return number
    area = plan.areas.loc[plan.parts.at[row, "area"]]
    return f"{area['name'] or area['code']} {number}"


class PlanTable(QTableView):
    """
    The table with its keys.

    Signals: `chosen(row)`, `looked(row)` for a closer look, `split(row)`, `merge(row)`.
    """

    chosen = pyqtSignal(int)
    looked = pyqtSignal(int)
    split = pyqtSignal(int)
    merge = pyqtSignal(int)

    def __init__(self, model: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = model
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(NUMBER, WHY):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(MARK, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(MARK, 26)
        header.setSectionResizeMode(WHY, QHeaderView.ResizeMode.Stretch)
        self._split_buttons, self._merge_buttons = ButtonDelegate(self), ButtonDelegate(self)
        self.setItemDelegateForColumn(SPLIT, self._split_buttons)
        self.setItemDelegateForColumn(MERGE, self._merge_buttons)
        self._split_buttons.pressed.connect(self.split)
        self._merge_buttons.pressed.connect(self.merge)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(lambda index: self.looked.emit(index.row()))

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() not in (KEEP, SPLIT, MERGE):
            self.chosen.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and Space walk: Space goes to the next mini-area outside the band; Enter looks closer."""
        view, current = self._plan.view, self.currentIndex().row()
        if event.key() == Qt.Key.Key_Space and view is not None and len(view.plan.parts):
            outside = [row for row in view.reasons if row > current] or list(view.reasons)
            self._go(min(outside) if outside else (current + 1) % len(view.plan.parts))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current >= 0 and not event.modifiers():
            self.looked.emit(current)
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.currentIndex().row() != current:
                self.chosen.emit(self.currentIndex().row())

    def _go(self, row: int) -> None:
        self.selectRow(row)
        self.chosen.emit(row)
