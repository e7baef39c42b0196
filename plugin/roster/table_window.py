"""The one set of tables: which version, where to; the restricted one says in words what it holds."""

from pathlib import Path

from qgis.PyQt.QtWidgets import QFileDialog, QRadioButton, QVBoxLayout, QWidget

from census_map.errors import CensusMapError
from census_map.i18n import _
from census_map.roster.vault import vault_path

from ..panels.look import WARNING
from ..plain import PlainLabel
from ..tasks import Background
from .changes import as_workbook
from .key import Key
from .outcome import MadeLine
from .pages import PassphrasePage
from .step_dialog import Page, StepDialog

_TABLES = (
    "Persons of family households", "Persons of collective households", "Households", "Vacant dwelling units",
    "Nominal registrations", "Estates", "Summary by group", "Summary by village",
)  # fmt: skip


class VersionPage(Page):
    """Open or restricted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        holds = PlainLabel(_("; ").join(_(name) for name in _TABLES), self)
        holds.setWordWrap(True)
        column.addWidget(holds)
        column.addSpacing(8)
        self.open_choice = QRadioButton(_("Open version: codes and counts, no names"), self)
        self.named_choice = QRadioButton(_("Restricted version: with names, relations and addresses"), self)
        self.open_choice.setChecked(True)
        self.warning = PlainLabel(self)
        self.warning.setWordWrap(True)
        for part in (self.open_choice, self.named_choice, self.warning):
            column.addWidget(part)
        column.addStretch(1)
        self.made = MadeLine(self)
        column.addWidget(self.made)
        self.named_choice.toggled.connect(self._warn)
        self._warn(named=False)

    def _warn(self, named: bool) -> None:  # noqa: FBT001  a Qt slot
        if named:
            self.warning.setText(
                _("The workbook will name every household of the township, and every person who is listed. Write it to "
                  "a drive that is locked away, not to a shared folder; print only what the field needs; destroy it "
                  "after use. The reading is written into the roster's log.")
            )  # fmt: skip
            self.warning.setStyleSheet(f"color: {WARNING}; font-weight: bold;")
        else:
            self.warning.setText(_("It may be passed on within the census; it is still for internal use."))
            self.warning.setStyleSheet("")


class TablesWindow(StepDialog):
    """The window."""

    def __init__(self, path: Path, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("One set of tables"), parent)
        self.resize(720, 420)
        self._path, self._key, self._service = path, key, key.service
        self.version = VersionPage(self)
        self.secret = PassphrasePage(vault_path(path), self)
        self.version.title = _("One set of tables as one workbook")
        self.secret.title = _("Passphrase of the roster")
        self.version.onward = self.secret.onward = _("Save the workbook…")
        self.add_page(self.version)
        self.add_page(self.secret)
        self.show_page(self.version)

    def go_on(self) -> None:
        """Ask for the passphrase where names are wanted, then where to."""
        if not self.version.named_choice.isChecked():
            self.ask_where()
            return
        if self.page is self.secret:
            try:
                self._key.take(self._path, self.secret)
            except CensusMapError as error:
                self.say(str(error))
                self.secret.passphrase.selectAll()
                return
            self.show_page(self.version)
        said = self._key.fetch(self._path)
        if self._key.of(self._path) is None:
            self.show_page(self.secret)
            self.say(said)
            return
        self.ask_where()

    def ask_where(self) -> None:
        """Ask for the file, and write it."""
        named = self.version.named_choice.isChecked()
        name = _("{name} tables with names") if named else _("{name} tables")
        proposed = name.format(name=self._path.stem) + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save the workbook…"), proposed, "*.xlsx")
        if out:
            self.write(as_workbook(out))

    def write(self, out: Path) -> None:
        """Write the workbook."""
        path, passphrase, service = self._path, self._key.of(self._path) or "", self._service
        names = self.version.named_choice.isChecked()
        self.work(
            _("Writing the workbook"),
            lambda report: service.call("lists.write_tables", path, passphrase, out, names=names, report=report),
            self._show_made,
        )

    def _show_made(self, out: Path) -> None:
        self.version.made.show_made(out)
        self.close_button.setText(_("Close"))
