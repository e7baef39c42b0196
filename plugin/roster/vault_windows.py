"""Protection of the encrypted roster: a new passphrase, who has read it, and its destruction."""

from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.vault import vault_path

from ..panels.look import DONE, ERROR, MAIN_STYLE, WARNING
from ..plain import PlainLabel
from ..tasks import Background
from . import secret
from .key import Key
from .outcome import widths_of
from .pages import fault_of_new, secret_edit
from .step_dialog import Page, StepDialog
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from .library.results import Rows


class NewPassphrasePage(Page):
    """The old passphrase, and the new one twice."""

    def __init__(self, vault: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        note = PlainLabel(
            _("The new passphrase opens {file} from now on; nothing in it is changed. Write it down and lock it away: "
              "nobody can restore it. Copies of the file made before keep the old passphrase.").format(file=vault.name),
            self,
        )  # fmt: skip
        note.setWordWrap(True)
        form.addRow(note)
        self.old, self.new, self.again = (secret_edit(self) for _place in range(3))
        form.addRow(_("Passphrase until now"), self.old)
        form.addRow(_("New passphrase"), self.new)
        form.addRow(_("Once more"), self.again)
        self._fault = PlainLabel(self)
        form.addRow("", self._fault)
        self.keep_box = QCheckBox(_("Keep it in QGIS's password store on this computer"), self)
        self.keep_box.setEnabled(secret.can_keep())
        self.keep_box.setChecked(secret.is_kept(vault))
        form.addRow("", self.keep_box)
        for edit in (self.old, self.new, self.again):
            edit.textChanged.connect(lambda _text: self._judge())

    def _judge(self) -> None:
        self._fault.setText(fault_of_new(self.new.text(), self.again.text()))
        self.changed.emit()

    def is_complete(self) -> bool:
        """All given, long enough and twice alike."""
        old, new = self.old.text(), self.new.text()
        return bool(old and new) and not fault_of_new(new, self.again.text())

    def first_focus(self) -> QWidget:
        """The old passphrase."""
        return self.old

    def clear(self) -> None:
        """Forget what was typed."""
        for edit in (self.old, self.new, self.again):
            edit.clear()


class SaidPage(Page):
    """A sentence at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        self.text = PlainLabel(self)
        self.text.setWordWrap(True)
        self.text.setStyleSheet(f"font-size: 12pt; color: {DONE};")
        column.addWidget(self.text)
        column.addStretch(1)


class PassphraseWindow(StepDialog):
    """Changes the passphrase."""

    def __init__(self, path: Path, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Change the passphrase"), parent)
        self.resize(620, 380)
        self._path, self._key = path, key
        self.given, self.said = NewPassphrasePage(vault_path(path), self), SaidPage(self)
        self.given.title, self.given.onward = _("A new passphrase for the roster"), _("Change it")
        self.said.title, self.said.onward = _("Done"), _("Close")
        self.add_page(self.given)
        self.add_page(self.said)
        self.show_page(self.given)

    def page_before(self) -> Page | None:
        """There is no way back."""
        return None

    def go_on(self) -> None:
        """Change it, or close."""
        if self.page is self.said:
            self.close()
            return
        path, service = self._path, self._key.service
        old, new = self.given.old.text(), self.given.new.text()
        self.work(
            _("Changing the passphrase"),
            lambda report: service.call("vaults.change_passphrase", path, old, new, report=report),
            lambda _result: self._changed(new),
        )

    def _changed(self, new: str) -> None:
        vault = vault_path(self._path)
        self._key.remember(self._path, new)
        self.given.clear()
        self.said.text.setText(_("The passphrase is changed."))
        self.show_page(self.said)
        self.close_button.hide()
        try:
            if self.given.keep_box.isChecked():
                secret.keep(vault, new)
            else:
                secret.forget(vault)
        except VaultError as error:
            self.say(str(error))


class LogPage(Page):
    """Who read or changed the roster, when, what and why."""

    def __init__(self, rows: "Rows", *, intact: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.verdict = PlainLabel(self)
        self.verdict.setStyleSheet(f"color: {DONE if intact else ERROR}; font-weight: bold;")
        self.verdict.setText(
            _("● The log is whole: nobody has changed it.")
            if intact
            else _("✕ The log was changed by another program: report it to the office.")
        )
        column.addWidget(self.verdict)
        self.model = RowsModel(rows.titles, self, grouped=(3,))
        self.model.set_rows(rows.rows)
        table = RowsTable(self.model, [150, 110, 190, 70, 0] if len(rows.titles) == 5 else widths_of(rows), self)
        column.addWidget(table, 1)


class LogWindow(StepDialog):
    """Shows the access log."""

    def __init__(self, rows: "Rows", background: Background, *, intact: bool, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Who has read the roster"), parent)
        self.page_of_log = LogPage(rows, intact=intact, parent=self)
        self.page_of_log.title, self.page_of_log.onward = _("Who has read the roster"), _("Close")
        self.page_of_log.hint = _("Every reading of names, the last one first. It cannot be switched off or erased.")
        self.add_page(self.page_of_log)
        self.show_page(self.page_of_log)
        self.close_button.hide()

    def go_on(self) -> None:
        """Close."""
        self.close()


class DestroyPage(Page):
    """What is lost, and the name of the file to be typed."""

    def __init__(self, vault: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = vault.name
        column = QVBoxLayout(self)
        text = PlainLabel(
            _("All names, phones, identity numbers, addresses and remarks of this roster are destroyed for good, with "
              "the log of who has read them. Codes, counts and links on the map stay. This cannot be taken back. "
              "Copies elsewhere, such as on a backup drive, have to be destroyed there."),
            self,
        )  # fmt: skip
        text.setWordWrap(True)
        text.setStyleSheet(f"color: {WARNING}; font-weight: bold;")
        column.addWidget(text)
        asked = PlainLabel(_("To confirm, type the name of the file: {file}").format(file=vault.name), self)
        asked.setWordWrap(True)
        column.addWidget(asked)
        self.typed = QLineEdit(self)
        self.typed.textChanged.connect(lambda _text: self.changed.emit())
        column.addWidget(self.typed)
        column.addStretch(1)

    def is_complete(self) -> bool:
        """The name stands there."""
        return self.typed.text().strip() == self._name

    def first_focus(self) -> QWidget:
        """The name."""
        return self.typed


class DestroyWindow(StepDialog):
    """
    Destroys the encrypted roster.

    Signal: `destroyed_vault()` when it is gone.
    """

    destroyed_vault = pyqtSignal()

    def __init__(self, path: Path, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Destroy the roster of names"), parent)
        self.resize(620, 380)
        self._path, self._key = path, key
        self.asked, self.said = DestroyPage(vault_path(path), self), SaidPage(self)
        self.asked.title, self.asked.onward = _("Destroy the roster of names"), _("Destroy for good")
        self.said.title, self.said.onward = _("Done"), _("Close")
        self.add_page(self.asked)
        self.add_page(self.said)
        self.show_page(self.asked)
        self.next_button.setStyleSheet(MAIN_STYLE.replace(DONE, ERROR))

    def page_before(self) -> Page | None:
        """There is no way back."""
        return None

    def go_on(self) -> None:
        """Destroy it, or close."""
        if self.page is self.said:
            self.close()
            return
        path, service, typed = self._path, self._key.service, self.asked.typed.text().strip()
        self.work(
            _("Destroying the roster of names"),
            lambda report: service.call("vaults.destroy", path, typed, report=report),
            lambda _result: self._gone(),
        )

    def _gone(self) -> None:
        secret.forget(vault_path(self._path))
        self._key.forget()
        self.said.text.setText(_("The roster of names is destroyed."))
        self.show_page(self.said)
        self.close_button.hide()
        self.destroyed_vault.emit()
