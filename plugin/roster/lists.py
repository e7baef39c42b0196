"""The work lists beside the map: who has no place, what is missing on the map, who is missing on the roster."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _

from ..panels.look import WARNING
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from .library import WorkList

# Low, so that the middle of the map stays in sight above it.
SIZE = (860, 300)


class ListsDialog(QDialog):
    """
    The lists as tabs; a row that is chosen is shown on the map; all of them go to Excel with one button.

    Signals: `shown(table, uids)` for the map; `export_asked(path, with_names)`.
    """

    shown = pyqtSignal(str, object)
    export_asked = pyqtSignal(object, bool)

    def __init__(self, lists: "Sequence[WorkList]", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Lists of the roster"))
        self.resize(*SIZE)
        self.lists = list(lists)
        column = QVBoxLayout(self)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.hint)
        self.tabs = QTabWidget(self)
        column.addWidget(self.tabs, 1)
        self.tables: list[RowsTable] = []
        for work in self.lists:
            self._add_tab(work)
        self.tabs.currentChanged.connect(lambda _place: self._explain())
        column.addLayout(self._foot())
        self._explain()

    def _add_tab(self, work: "WorkList") -> None:
        model = RowsModel(list(work.frame.columns), self)
        rows = work.frame.astype(object).where(work.frame.notna(), None).to_numpy().tolist()
        model.set_rows([[_cell(value) for value in row] for row in rows])
        widths = [0 if name in work.wide else 110 for name in work.frame.columns]
        table = RowsTable(model, widths, self.tabs)
        table.selectionModel().currentRowChanged.connect(lambda now, _before, work=work: self._show(work, now.row()))
        self.tables.append(table)
        self.tabs.addTab(table, f"{work.title} ({len(work.frame):,})")

    def _foot(self) -> QHBoxLayout:
        line = QHBoxLayout()
        self.names_box = QCheckBox(_("with names and addresses"), self)
        self.names_box.toggled.connect(self._warn)
        self._warning = QLabel(self)
        self._warning.setTextFormat(Qt.TextFormat.PlainText)
        self._warning.setStyleSheet(f"color: {WARNING}; font-weight: bold;")
        self.export_button = QPushButton(_("Save all lists for Excel…"), self)
        self.export_button.setAutoDefault(False)
        self.export_button.clicked.connect(lambda _checked: self._export())
        self.close_button = QPushButton(_("Close"), self)
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.close)
        line.addWidget(self.names_box)
        line.addWidget(self._warning, 1)
        line.addWidget(self.export_button)
        line.addWidget(self.close_button)
        return line

    def _explain(self) -> None:
        place = self.tabs.currentIndex()
        self.hint.setText(self.lists[place].hint if 0 <= place < len(self.lists) else "")

    def _warn(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        self._warning.setText(_("The file will name people: lock it away.") if wanted else "")

    def _show(self, work: "WorkList", row: int) -> None:
        if 0 <= row < len(work.places) and work.places[row]:
            self.shown.emit(work.table, tuple(work.places[row]))

    def _export(self) -> None:
        name = _("Lists of the roster") + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save all lists for Excel…"), name, "*.xlsx")
        if out:
            path = Path(out) if out.lower().endswith(".xlsx") else Path(f"{out}.xlsx")
            self.export_asked.emit(path, self.names_box.isChecked())

    def say(self, text: str) -> None:
        """Say what became of the file."""
        self._warning.setText(text)


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return None if pd.isna(value) else int(value)
