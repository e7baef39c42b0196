"""
The list of problems: what is wrong, where it is, what mends it.

Space goes to the next problem and shows it on the map; Enter mends all that are chosen, each by its first proposal.
"""

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from qgis.PyQt.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDockWidget,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import N_, _, ngettext

from ..plain import PlainLabel, as_plain
from .look import SEVERITY_MARKS

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.mending import Mending

PROBLEMS = "CensusMapProblems"  # QGIS remembers a dock's place by its name
MARK, RULE, MESSAGE, LOCATE, FIX, SECOND, THIRD = range(7)

# What a fix is called on its button. Only fixes that the window can carry out are offered.
FIX_TITLES = {
    "renumber": N_("Number again"),
    "recode": N_("Number again"),
    "assign": N_("Assign again"),
}


class ProblemModel(QAbstractTableModel):
    """The problems as a table: mark, rule, message, and columns that are drawn as buttons."""

    def __init__(self, fixes: Container[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fixes = fixes
        self.problems: list[Problem] = []
        self.mendings: dict[str, Mending] = {}

    def set_problems(self, problems: "list[Problem]", mendings: "dict[str, Mending]") -> None:
        """Replace the whole list."""
        self.beginResetModel()
        self.problems, self.mendings = problems, mendings
        self.endResetModel()

    def titles(self, row: int) -> list[str]:
        """Name what the window can do about a problem, the likeliest first."""
        problem = self.problems[row]
        if (mending := self.mendings.get(problem.id)) is not None:
            return [mend.title for mend in mending.mends]
        fix = problem.fix
        return [_(FIX_TITLES[fix])] if fix is not None and fix in self._fixes else []

    def explanation(self, row: int) -> str:
        """Say what each proposal would do, a line each, or why there is none."""
        mending = self.mendings.get(self.problems[row].id)
        if mending is None:
            return ""
        return "\n".join(f"{mend.title}: {mend.effect}" for mend in mending.mends) or mending.why_not

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Count the problems."""
        return 0 if parent.isValid() else len(self.problems)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Give the number of columns."""
        return 0 if parent.isValid() else 7

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give text, colour, font and tooltip of a cell."""
        problem = self.problems[index.row()]
        mark, colour = SEVERITY_MARKS[problem.severity]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            texts = (mark, problem.rule, problem.message, self._locate_text(problem), *self.titles(index.row()))
            return texts[column] if column < len(texts) else ""
        if role == Qt.ItemDataRole.ForegroundRole and column == MARK:
            return QColor(colour)
        if role == Qt.ItemDataRole.FontRole and column == MARK:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column == MARK:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.ToolTipRole and column == MESSAGE:
            return as_plain(problem.message)
        return None

    @staticmethod
    def _locate_text(problem: "Problem") -> str:
        return "" if problem.geometry is None and not problem.features else _("Locate")


class ButtonDelegate(QStyledItemDelegate):
    """
    Draws a cell with text as a button and reports the click; thousands of real buttons would be slow.

    Signal: `pressed(row)`.
    """

    pressed = pyqtSignal(int)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the button."""
        if not index.data():
            super().paint(painter, option, index)
            return
        button = QStyleOptionButton()
        button.rect = QRect(option.rect).adjusted(2, 1, -2, -1)
        button.text = index.data()
        button.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Raised
        button.palette = option.palette
        QApplication.style().drawControl(QStyle.ControlElement.CE_PushButton, button, painter)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """As wide as its text and a margin."""
        text = index.data() or ""
        return QSize(option.fontMetrics.horizontalAdvance(text) + 24, option.fontMetrics.height() + 10)

    def editorEvent(self, event: QEvent, _model: Any, option: QStyleOptionViewItem, index: QModelIndex) -> bool:
        """Report the release of the left button inside the cell."""
        released = event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent)
        if (
            released
            and index.data()
            and event.button() == Qt.MouseButton.LeftButton
            and option.rect.contains(event.pos())
        ):
            self.pressed.emit(index.row())
            return True
        return False


class ProblemTable(QTableView):
    """
    The table with its keys.

    Signals: `locate(row)`, `mend(row, place)` with the place of the proposal, `mend_all(rows)`.
    """

    locate = pyqtSignal(int)
    mend = pyqtSignal(int, int)
    mend_all = pyqtSignal(object)

    def __init__(self, model: ProblemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems = model
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = self.horizontalHeader()
        header.hide()
        header.setMinimumSectionSize(20)
        for column in (RULE, LOCATE, FIX, SECOND, THIRD):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(MARK, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(MARK, 26)
        header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        self._buttons = {column: ButtonDelegate(self) for column in (LOCATE, FIX, SECOND, THIRD)}
        for column, buttons in self._buttons.items():
            self.setItemDelegateForColumn(column, buttons)
            if column == LOCATE:
                buttons.pressed.connect(self.locate)
            else:
                buttons.pressed.connect(lambda row, place=column - FIX: self.mend.emit(row, place))
        self.doubleClicked.connect(lambda index: self.locate.emit(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space: the next problem. Enter: mend what is chosen."""
        rows = self._problems.rowCount()
        current = self.currentIndex().row()
        if event.key() == Qt.Key.Key_Space and rows:
            row = (current + 1) % rows
            self.selectRow(row)
            self.locate.emit(row)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= current < rows:
            self.mend_all.emit(sorted({index.row() for index in self.selectedIndexes()}))
        else:
            super().keyPressEvent(event)


class ProblemsDock(QDockWidget):
    """
    The list with its one-line summary.

    Signals: `locate(problem)` with a `Problem`; `mend(problems, place)` with several and the place of the proposal to
    follow; `chosen(problem)` when another one is looked at.
    """

    locate = pyqtSignal(object)
    mend = pyqtSignal(object, int)
    chosen = pyqtSignal(object)

    def __init__(self, fixes: Container[str], parent: QWidget | None = None) -> None:
        super().__init__(_("Problems"), parent)
        self.setObjectName(PROBLEMS)
        self.model = ProblemModel(fixes, self)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        self._summary = PlainLabel(body)
        column.addWidget(self._summary)
        self.table = ProblemTable(self.model, body)
        column.addWidget(self.table, 1)
        self.explanation = PlainLabel(body)
        self.explanation.setWordWrap(True)
        column.addWidget(self.explanation)
        self.setWidget(body)
        self.table.locate.connect(lambda row: self.locate.emit(self.model.problems[row]))
        self.table.mend.connect(lambda row, place: self._mend([row], place))
        self.table.mend_all.connect(lambda rows: self._mend(rows, 0))
        self.table.selectionModel().currentRowChanged.connect(lambda index, _before: self._explain(index.row()))
        self.show_problems([])

    def sizeHint(self) -> QSize:
        """Five lines: the map needs the height."""
        return QSize(600, 170)

    def show_problems(self, problems: "list[Problem]", mendings: "dict[str, Mending] | None" = None) -> None:
        """
        Show the outcome of a check.

        The first problem is chosen, so that Space and Enter work at once; what is left after mending keeps the place.
        """
        before, place = {problem.id for problem in self.model.problems}, self.table.currentIndex().row()
        rest = bool(problems) and before.issuperset(problem.id for problem in problems)
        self.model.set_problems(problems, mendings or {})
        errors = sum(problem.severity == "error" for problem in problems)
        warnings = sum(problem.severity == "warning" for problem in problems)
        counts = (
            ngettext("{n} error", "{n} errors", errors).format(n=errors),
            ngettext("{n} warning", "{n} warnings", warnings).format(n=warnings),
            ngettext("{n} notice", "{n} notices", len(problems) - errors - warnings).format(
                n=len(problems) - errors - warnings
            ),
        )
        mendable = any(self.model.titles(row) for row in range(len(problems)))
        keys = _("Space: next problem. Enter: mend what is chosen.") if mendable else _("Space: next problem.")
        self._summary.setText("   ".join((*counts, keys)) if problems else _("No problems are listed."))
        self._explain(-1)
        if problems:
            self.table.selectRow(min(max(place, 0), len(problems) - 1) if rest else 0)

    def _explain(self, row: int) -> None:
        text = self.model.explanation(row) if 0 <= row < len(self.model.problems) else ""
        self.explanation.setText(text)
        self.explanation.setVisible(bool(text))
        if 0 <= row < len(self.model.problems):
            self.chosen.emit(self.model.problems[row])

    def _mend(self, rows: list[int], place: int) -> None:
        wanted = [self.model.problems[row] for row in rows if len(self.model.titles(row)) > place]
        if wanted:
            self.mend.emit(wanted, place)
