"""Comparing the roster with a department's list: the list and its kind, its columns, then what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from census_map.errors import CensusMapError
from census_map.i18n import _
from census_map.roster.comparison_book import DEPARTMENTS
from census_map.roster.departments import department_kind
from census_map.roster.vault import vault_path

from ..panels.look import WARNING
from ..tasks import Background
from . import library
from .key import Key
from .pages import FilesPage, PassphrasePage
from .sheets import SheetsPage
from .step_dialog import Page, StepDialog
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from census_map.roster.preview import RosterFile

# What is compared; the other columns of a list are left alone.
_FIELDS = ("head", "identity", "birth", "phone", "address", "building", "entrance", "floor", "room")


class ResultPage(Page):
    """The counts, by stage and by mini-area; the workbook is written from here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        tables = QHBoxLayout()
        self.counts = RowsModel([_("result"), _("how many")], self, grouped=(1,))
        self.areas = RowsModel([_("mini-area"), _("in both"), _("only on the roster")], self, grouped=(1, 2))
        tables.addWidget(RowsTable(self.counts, (0, 90), self), 1)
        tables.addWidget(RowsTable(self.areas, (0, 90, 140), self), 1)
        column.addLayout(tables, 1)
        self.names_box = QCheckBox(_("Write names and addresses into the workbook"), self)
        self.names_box.toggled.connect(self._warn)
        column.addWidget(self.names_box)
        self.warning = QLabel(self)
        self.warning.setWordWrap(True)
        column.addWidget(self.warning)
        line = QHBoxLayout()
        self.made = QLabel(self)
        self.open_button = QPushButton(_("Open the folder"), self)
        self.open_button.setAutoDefault(False)
        self.open_button.hide()
        line.addWidget(self.made, 1)
        line.addWidget(self.open_button)
        column.addLayout(line)
        self._warn(wanted=False)

    def _warn(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        if wanted:
            self.warning.setText(
                _("The workbook will name people of the roster and of the list. Lock it away, give it to nobody who "
                  "does not work for the census, and destroy it after use.")
            )  # fmt: skip
            self.warning.setStyleSheet(f"color: {WARNING}; font-weight: bold;")
        else:
            self.warning.setText(
                _("Without names the workbook says only rows: of the roster, and of the list. Keep it confidential.")
            )
            self.warning.setStyleSheet("")

    def show_result(self, found: library.Outcome) -> None:
        """Show the counts."""
        self.counts.set_rows([tuple(row) for row in found.counts])
        self.areas.set_rows([tuple(row) for row in found.areas])
        self.names_box.setChecked(False)
        self.made.clear()
        self.open_button.hide()


class CompareDialog(StepDialog):
    """The window that compares."""

    def __init__(self, path: Path, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Compare with a department's list"), parent)
        self._path, self._key = path, key
        self._compared: library.Compared | None = None
        kinds = [(name, _(title)) for name, (title, _side, _advice) in DEPARTMENTS.items()]
        self.files = FilesPage(self, kinds=kinds)
        self.sheets = SheetsPage(_FIELDS, self)
        self.secret = PassphrasePage(vault_path(path), self)
        self.result = ResultPage(self)
        texts = (
            (self.files, _("1 Choose the list"), _("The file as the department gave it: Excel or csv."), _("Go on")),
            (
                self.sheets,
                _("2 Is every column understood?"),
                _("Names and numbers stay hidden until you show them. Only fingerprints of them are compared."),
                _("Compare"),
            ),
            (self.secret, _("Passphrase of the roster"), "", _("Compare")),
            (self.result, _("3 Result"), "", _("Save the workbook…")),
        )
        for page, title, hint, onward in texts:
            page.title, page.hint, page.onward = title, hint, onward
            self.add_page(page)
        self.result.open_button.clicked.connect(self._open_folder)
        self._folder: Path | None = None
        self.show_page(self.files)

    def page_before(self) -> Page | None:
        """The passphrase is asked only once."""
        before = {self.sheets: self.files, self.secret: self.sheets, self.result: self.sheets}
        return before.get(self.page)

    def go_on(self) -> None:
        """Do what the button onward promises."""
        {
            self.files: self._read_files,
            self.sheets: self._unlock,
            self.secret: self._try_passphrase,
            self.result: self._ask_where,
        }[self.page]()

    def _read_files(self) -> None:
        path, files, department = self._path, list(self.files.files), self.files.kind.currentData()
        self.work(
            _("Reading the files"),
            lambda report: library.open_files(path, files, report, department=department),
            self._show_sheets,
        )

    def _show_sheets(self, files: "list[RosterFile]") -> None:
        self.sheets.show_files(files, department_kind(self.files.kind.currentData()).needed[0])
        self.show_page(self.sheets)

    def _unlock(self) -> None:
        said = self._key.fetch(self._path)
        if self._key.of(self._path) is not None:
            self._compare()
            return
        self.show_page(self.secret)
        self.say(said)

    def _try_passphrase(self) -> None:
        try:
            told = self._key.take(self._path, self.secret)
        except CensusMapError as error:
            self.say(str(error))
            self.secret.passphrase.setFocus()
            return
        self._compare()
        if told:
            self.say(told)

    def _compare(self) -> None:
        path, passphrase = self._path, self._key.of(self._path) or ""
        files, choices = self.sheets.files, self.sheets.choices()
        self.work(
            _("Comparing"), lambda report: library.compare(path, passphrase, files, choices, report), self._show_result
        )

    def _show_result(self, compared: library.Compared) -> None:
        self._compared = compared
        self.result.show_result(compared.outcome)
        self.result.hint = _("The list: {file}. Against: the roster of this township.").format(file=compared.file)
        self.show_page(self.result)
        self.close_button.setText(_("Close"))

    def _ask_where(self) -> None:
        assert self._compared is not None
        name = _("Comparison with {file}").format(file=Path(self._compared.file).stem) + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save the workbook…"), name, "*.xlsx")
        if out:
            self.write(Path(out) if out.lower().endswith(".xlsx") else Path(f"{out}.xlsx"))

    def write(self, out: Path) -> None:
        """Write the workbook."""
        path, passphrase, compared = self._path, self._key.of(self._path) or "", self._compared
        assert compared is not None
        department, names = self.files.kind.currentData(), self.result.names_box.isChecked()
        self.work(
            _("Writing the workbook"),
            lambda report: library.write_comparison(
                path, passphrase, compared, out, report, department=department, names=names
            ),
            self._show_made,
        )

    def _show_made(self, out: Path) -> None:
        self._folder = out.parent
        self.result.made.setText(_("made {file}").format(file=out.name))
        self.result.open_button.show()

    def _open_folder(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
