"""The evaluation sheet: departments' totals by village, as many files as there are, beside our own."""

from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from qgis_plugin_tools.tools.settings import get_setting, set_setting

from census_map.i18n import _
from census_map.roster.comparison_book import DEPARTMENTS

from ..tasks import Background
from .changes import as_workbook, write_problems
from .key import Key
from .outcome import OutcomePage
from .pages import FOLDER, PATTERNS
from .step_dialog import Page, StepDialog

if TYPE_CHECKING:
    from .library.results import Outcome

# Words in a file's name that tell whose it is.
_WORDS = {
    "police": ("公安", "户籍", "police"),
    "social_security": ("社保", "人社", "social"),
    "medical_insurance": ("医保", "medical"),
    "grid": ("网格", "grid"),
    "education": ("教育", "学生", "education", "school"),
    "births": ("出生", "卫健", "birth"),
    "deaths": ("死亡", "殡葬", "民政", "death"),
}


class DepartmentFilesPage(Page):
    """Files, each with the department it comes from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.table = QTableWidget(0, 2, self)
        self.table.setHorizontalHeaderLabels([_("file"), _("comes from")])
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(1, 240)
        self.table.verticalHeader().hide()
        column.addWidget(self.table, 1)
        line = QHBoxLayout()
        self.add_button = QPushButton(_("Choose files…"), self)
        self.remove_button = QPushButton(_("Take off the list"), self)
        self.add_button.clicked.connect(lambda _checked: self._browse())
        self.remove_button.clicked.connect(lambda _checked: self._remove())
        for button in (self.add_button, self.remove_button):
            button.setAutoDefault(False)
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)
        self._paths: list[Path] = []

    def _browse(self) -> None:
        start = str(get_setting(FOLDER, "", str))
        names, _filter = QFileDialog.getOpenFileNames(
            self, self.title, start, _("Lists ({patterns})").format(patterns=PATTERNS)
        )
        if names:
            set_setting(FOLDER, str(Path(names[0]).parent))
            self.add_files([Path(name) for name in names])

    def add_files(self, paths: list[Path]) -> None:
        """Put files on the list; whose each is, is told by its name as far as that goes."""
        for path in paths:
            row = self.table.rowCount()
            self.table.insertRow(row)
            self.table.setItem(row, 0, QTableWidgetItem(path.name))
            box = QComboBox(self.table)
            for kind, (title, _side, _advice) in DEPARTMENTS.items():
                if kind not in ("utilities", "survey"):
                    box.addItem(_(title), kind)
            lowered = path.stem.lower()
            told = next((kind for kind, words in _WORDS.items() if any(word in lowered for word in words)), "police")
            box.setCurrentIndex(box.findData(told))
            self.table.setCellWidget(row, 1, box)
            self._paths.append(path)
        self.changed.emit()

    def _remove(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            del self._paths[row]
            self.changed.emit()

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Department and file."""
        return [(str(self.table.cellWidget(row, 1).currentData()), path) for row, path in enumerate(self._paths)]

    def is_complete(self) -> bool:
        """At least one file."""
        return bool(self._paths)

    def first_focus(self) -> QWidget:
        """The button that chooses files."""
        return self.add_button


class EvaluationWindow(StepDialog):
    """The window; it needs no passphrase, for it names nobody."""

    def __init__(self, path: Path, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Evaluation sheet"), parent)
        self._path, self._service = path, key.service
        self.files = DepartmentFilesPage(self)
        self.result = OutcomePage(self)
        self.result.offer_names(offered=False, saved=True)
        self.files.title = _("1 Choose the departments' totals")
        self.files.hint = _("A row a village, or lists of persons to be counted by village: as many files as you have.")
        self.files.onward = _("Compare")
        self.result.title, self.result.onward = _("2 Our totals beside theirs"), _("Save the workbook…")
        self.add_page(self.files)
        self.add_page(self.result)
        self.result.save_asked.connect(self.ask_where)
        self.result.problems.export_asked.connect(
            lambda out: write_problems(self, self._service, self.result.problems, out)
        )
        self.show_page(self.files)

    def go_on(self) -> None:
        """Compare, or save."""
        if self.page is self.result:
            self.ask_where()
            return
        path, files, service = self._path, self.files.files, self._service
        self.work(
            _("Comparing"),
            lambda report: service.call("departments.evaluate", path, files, report=report),
            self._show_outcome,
        )

    def _show_outcome(self, outcome: "Outcome") -> None:
        self.result.show_outcome(outcome)
        self.show_page(self.result)
        self.close_button.setText(_("Close"))

    def ask_where(self) -> None:
        """Ask for the file, and write it."""
        proposed = _("{name} evaluation").format(name=self._path.stem) + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save the workbook…"), proposed, "*.xlsx")
        if out:
            self.write(as_workbook(out))

    def write(self, out: Path) -> None:
        """Write the workbook."""
        path, service = self._path, self._service
        self.work(
            _("Writing the workbook"),
            lambda report: service.call("departments.write_evaluation", path, "", out, names=False, report=report),
            self.result.made.show_made,
        )
