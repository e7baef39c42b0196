"""The lists beside the map: who has no place, what is missing on the map or on the roster, and the registers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _

from ..panels.look import MAIN_STYLE, OPEN, WARNING
from ..plain import PlainLabel, as_plain
from .changes import as_workbook
from .mark_tool import SHAPES
from .outcome import widths_of
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from .library.results import Rows

# Low, so that the middle of the map stays in sight above it.
SIZE = (940, 320)
MISSED = "missed_buildings"
_ROLE = Qt.ItemDataRole.UserRole


class ListsDialog(QDialog):
    """
    The lists at left, the rows at right; a row that is chosen is shown on the map.

    Signals: `shown(table, uids)` for the map; `export_asked(path, names, with_names)`; `mark_asked(shape)` for the
    missing building of the chosen row; `settle_asked(list, keys, state)` for rows of a register; `list_asked(name)`
    for a list that was not made yet.
    """

    shown = pyqtSignal(str, object)
    export_asked = pyqtSignal(object, object, bool)
    mark_asked = pyqtSignal(str)
    settle_asked = pyqtSignal(str, object, str)
    list_asked = pyqtSignal(str)

    def __init__(self, lists: "Sequence[Rows]", registers: frozenset[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Lists of the roster"))
        self.resize(*SIZE)
        self._registers = registers
        self.lists: list[Rows] = []
        self.tables: list[RowsTable] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.hint = PlainLabel(self)
        self.hint.setWordWrap(True)
        column.addWidget(self.hint)
        middle = QHBoxLayout()
        self.names = QListWidget(self)
        self.names.setFixedWidth(270)
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.names.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._stack = QStackedWidget(self)
        middle.addWidget(self.names)
        middle.addWidget(self._stack, 1)
        column.addLayout(middle, 1)
        column.addLayout(self._act_line())
        column.addLayout(self._foot())
        self.names.currentRowChanged.connect(self._turn)
        self.show_lists(lists)

    def show_lists(self, lists: "Sequence[Rows]", *, choose: str = "") -> None:
        """Show lists, those without rows greyed; begin with one of them, or the one that was chosen."""
        wanted = choose or (self.name if self.lists else "")
        self.names.blockSignals(True)
        self.names.clear()
        while self._stack.count():
            part = self._stack.widget(0)
            self._stack.removeWidget(part)
            part.deleteLater()
        self.lists, self.tables = list(lists), []
        for rows in self.lists:
            item = QListWidgetItem(self.names)
            item.setData(_ROLE, rows.name)
            item.setToolTip(as_plain(rows.hint))
            self._describe(item, rows)
            table = self._table(rows)
            self.tables.append(table)
            self._stack.addWidget(table)
        self.names.blockSignals(False)
        order = [rows.name for rows in self.lists]
        first = next((at for at, rows in enumerate(self.lists) if rows.made), 0)
        self.names.setCurrentRow(order.index(wanted) if wanted in order else first)
        self._turn(self.names.currentRow())
        if choose == MISSED and self.name == MISSED and self._now.rows:
            # The first one is shown at once: she came to mark it.
            self.tables[self.names.currentRow()].selectRow(0)

    def show_list(self, rows: "Rows") -> None:
        """Fill in a list that has been made now."""
        place = next(at for at, other in enumerate(self.lists) if other.name == rows.name)
        self.lists[place] = rows
        self._describe(self.names.item(place), rows)
        old, self.tables[place] = self.tables[place], self._table(rows)
        self._stack.removeWidget(old)
        self._stack.insertWidget(place, self.tables[place])
        old.deleteLater()
        if self.names.currentRow() == place:
            self._turn(place)

    def _describe(self, item: QListWidgetItem, rows: "Rows") -> None:
        item.setText(f"{rows.title} ({len(rows.rows):,})" if rows.made else rows.title)
        if rows.made and not rows.rows:
            item.setForeground(self.palette().mid())

    def _table(self, rows: "Rows") -> RowsTable:
        model = RowsModel(rows.titles, self)
        model.set_rows(rows.rows, list(range(len(rows.rows))))
        table = RowsTable(model, widths_of(rows), self)
        table.selectionModel().currentRowChanged.connect(lambda *_places: self._row_chosen())
        return table

    def _act_line(self) -> QHBoxLayout:
        """What can be done with the chosen row: mark its building, or settle it."""
        line = QHBoxLayout()
        self.mark_button = QPushButton(_("Mark it on the map"), self)
        self.mark_button.setStyleSheet(MAIN_STYLE.replace("padding: 8px", "padding: 4px 12px"))
        self.shape_box = QComboBox(self)
        for shape, text in SHAPES.items():
            self.shape_box.addItem(_(text), shape)
        self.address = QLineEdit(self)
        self.address.setPlaceholderText(_("what the building is called"))
        self.mark_button.clicked.connect(lambda _checked: self.mark_asked.emit(self.shape_box.currentData()))
        self.settle_button = QPushButton(_("Settled"), self)
        self.settle_button.clicked.connect(lambda _checked: self._settle("settled"))
        self.reopen_button = QPushButton(_("To be settled again"), self)
        self.reopen_button.clicked.connect(lambda _checked: self._settle("open"))
        self._called = PlainLabel(_("called"), self)
        for part in (self.mark_button, self.shape_box, self._called):
            line.addWidget(part)
        line.addWidget(self.address, 1)
        for part in (self.settle_button, self.reopen_button):
            line.addWidget(part)
        line.addStretch(1)
        for button in (self.mark_button, self.settle_button, self.reopen_button):
            button.setAutoDefault(False)
        return line

    def _foot(self) -> QHBoxLayout:
        line = QHBoxLayout()
        self.names_box = QCheckBox(_("with names and addresses"), self)
        self.names_box.toggled.connect(self._warn)
        self._said = PlainLabel(self)
        self.one_button = QPushButton(_("Save this list for Excel…"), self)
        self.one_button.clicked.connect(lambda _checked: self._export([self.name]))
        self.export_button = QPushButton(_("Save all lists for Excel…"), self)
        self.export_button.clicked.connect(lambda _checked: self._export([rows.name for rows in self.lists]))
        self.close_button = QPushButton(_("Close"), self)
        self.close_button.clicked.connect(self.close)
        line.addWidget(self.names_box)
        line.addWidget(self._said, 1)
        for button in (self.one_button, self.export_button, self.close_button):
            button.setAutoDefault(False)
            line.addWidget(button)
        return line

    @property
    def name(self) -> str:
        """The list that is shown."""
        return self._now.name

    @property
    def _now(self) -> "Rows":
        return self.lists[max(self.names.currentRow(), 0)]

    @property
    def row(self) -> int:
        """The row that is chosen, by its place in the list as it was given; -1 for none."""
        table = self.tables[max(self.names.currentRow(), 0)]
        model = table.model()
        place = table.row()
        return model.keys[place] if isinstance(model, RowsModel) and 0 <= place < len(model.keys) else -1

    def _turn(self, place: int) -> None:
        if not 0 <= place < len(self.lists):
            return
        self._stack.setCurrentIndex(place)
        rows = self._now
        self.hint.setText(rows.hint)
        missed, register = rows.name == MISSED, rows.name in self._registers
        for part in (self.mark_button, self.shape_box, self.address, self._called):
            part.setVisible(missed)
        for part in (self.settle_button, self.reopen_button):
            part.setVisible(register)
        self.one_button.setEnabled(bool(rows.rows) or not rows.made)
        self._row_chosen()
        if not rows.made:
            self.list_asked.emit(rows.name)

    def _row_chosen(self) -> None:
        rows, row = self._now, self.row
        for part in (self.mark_button, self.settle_button, self.reopen_button):
            part.setEnabled(row >= 0)
        if rows.name == MISSED:
            self.address.setText(str(rows.rows[row][0]) if row >= 0 else "")
        if 0 <= row < len(rows.places) and rows.places[row]:
            self.shown.emit(rows.table, tuple(rows.places[row]))

    def households(self) -> tuple[str, ...]:
        """Give the households that wait for the building of the chosen row."""
        rows, row = self._now, self.row
        return tuple(rows.keys[row]) if rows.name == MISSED and row >= 0 else ()

    def drop_row(self, name: str, row: int) -> None:
        """Take a row off a list because it is done; the next one moves up."""
        place = next(at for at, rows in enumerate(self.lists) if rows.name == name)
        table = self.tables[place]
        model = table.model()
        assert isinstance(model, RowsModel)
        if row not in model.keys:
            return
        at = model.keys.index(row)
        model.remove_row(at)
        count = model.rowCount()
        self.names.item(place).setText(f"{self.lists[place].title} ({count:,})")
        if count:
            table.selectRow(min(at, count - 1))
        self._row_chosen()

    def _settle(self, state: str) -> None:
        rows, row = self._now, self.row
        if row >= 0:
            self.settle_asked.emit(rows.name, (rows.keys[row],), state)

    def _warn(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        self.say(_("The file will name people: lock it away.") if wanted else "", warning=wanted)

    def _export(self, names: list[str]) -> None:
        title = self._now.title if len(names) == 1 else _("Lists of the roster")
        out, _filter = QFileDialog.getSaveFileName(self, title, f"{title}.xlsx", "*.xlsx")
        if out:
            self.export_asked.emit(as_workbook(out), names, self.names_box.isChecked())

    def say(self, text: str, *, warning: bool = False) -> None:
        """Say what became of a wish."""
        self._said.setText(text)
        self._said.setStyleSheet(f"color: {WARNING if warning else OPEN}; font-weight: bold;")


def made_text(path: Path) -> str:
    """Say that a file was made."""
    return _("made {file}").format(file=path.name)
