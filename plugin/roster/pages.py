"""The pages that importing a roster and comparing a list have in common: which files, which passphrase."""

from collections.abc import Sequence
from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from qgis_plugin_tools.tools.settings import get_setting, set_setting

from census_map.i18n import _
from census_map.roster.cipher import SHORTEST_PASSPHRASE

from ..plain import PlainLabel
from . import secret
from .step_dialog import Page

PATTERNS = "*.xlsx *.xls *.xlsm *.xlsb *.et *.ods *.csv *.txt *.tsv"
FOLDER = "last_folder"


class FilesPage(Page):
    """
    Which files; for a department's list also what kind of list it is.

    Parameters
    ----------
    kinds, asked
        Key and text of what she chooses between, and the words before it.
    needs
        How many files; 0: one or more.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        kinds: Sequence[tuple[str, str]] = (),
        asked: str = "",
        needs: int = 0,
    ) -> None:
        super().__init__(parent)
        self._needs = needs
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.kind = QComboBox(self)
        for key, text in kinds:
            self.kind.addItem(text, key)
        if kinds:
            line = QHBoxLayout()
            line.addWidget(PlainLabel(asked, self))
            line.addWidget(self.kind)
            line.addStretch(1)
            column.addLayout(line)
        else:
            self.kind.hide()
        self.list = QListWidget(self)
        column.addWidget(self.list, 1)
        buttons = QHBoxLayout()
        self.add_button = QPushButton(_("Choose files…"), self)
        self.add_button.clicked.connect(lambda _checked: self.browse())
        self.remove_button = QPushButton(_("Take off the list"), self)
        self.remove_button.clicked.connect(lambda _checked: self._remove())
        for button in (self.add_button, self.remove_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self.files: list[Path] = []
        self.setAcceptDrops(True)
        self._show()

    def browse(self) -> None:
        """Ask for files."""
        start = str(get_setting(FOLDER, "", str))
        names, _filter = QFileDialog.getOpenFileNames(
            self, self.title, start, _("Lists ({patterns})").format(patterns=PATTERNS)
        )
        if names:
            set_setting(FOLDER, str(Path(names[0]).parent))
            self.add_files([Path(name) for name in names])

    def add_files(self, files: Sequence[Path]) -> None:
        """Put files on the list, each once."""
        self.files += [file for file in dict.fromkeys(files) if file not in self.files]
        self._show()

    def _remove(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.files):
            del self.files[row]
            self._show()

    def _show(self) -> None:
        self.list.clear()
        self.list.addItems([f"{file.name}    ({file.parent.name})" for file in self.files])
        self.list.setCurrentRow(len(self.files) - 1)
        self.remove_button.setEnabled(bool(self.files))
        self.changed.emit()

    def dragEnterEvent(self, event: object) -> None:
        """Files can be dropped on the page."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: object) -> None:
        """Take the files that were dropped."""
        self.add_files([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def is_complete(self) -> bool:
        """As many files as are needed."""
        return len(self.files) == self._needs if self._needs else bool(self.files)

    def first_focus(self) -> QWidget:
        """The button that chooses files."""
        return self.add_button


def fault_of_new(passphrase: str, again: str) -> str:
    """Say why a new passphrase cannot be taken yet; empty when all is well, or nothing was typed."""
    if not passphrase:
        return ""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        return _("At least {n} characters.").format(n=SHORTEST_PASSPHRASE)
    return "" if passphrase == again else _("The two are not alike yet.")


class PassphrasePage(Page):
    """The passphrase of the roster; chosen twice alike for a new one; kept in QGIS's store when she wishes."""

    def __init__(self, vault: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.vault = vault
        self.is_new = not vault.exists()
        form = QFormLayout(self)
        note = PlainLabel(self._note(), self)
        note.setWordWrap(True)
        form.addRow(note)
        self.passphrase = self._secret()
        form.addRow(_("New passphrase") if self.is_new else _("Passphrase"), self.passphrase)
        self.again = self._secret()
        if self.is_new:
            form.addRow(_("Once more"), self.again)
        else:
            self.again.hide()
        self._fault = PlainLabel(self)
        self._fault.setWordWrap(True)
        form.addRow("", self._fault)
        self.keep_box = QCheckBox(_("Keep it in QGIS's password store on this computer"), self)
        self.keep_box.setEnabled(secret.can_keep())
        form.addRow("", self.keep_box)
        kept = PlainLabel(
            _("QGIS locks its store with a master password of its own, and asks for it once a session.")
            if secret.can_keep()
            else _("This QGIS has no password store: type the passphrase each time."),
            self,
        )
        kept.setWordWrap(True)
        kept.setStyleSheet("color: palette(mid);")
        form.addRow("", kept)
        self._judge()

    def _note(self) -> str:
        if self.is_new:
            return _(
                "Names, phones and identity numbers are kept in an encrypted file of their own beside the township: "
                "{file}. Choose its passphrase, write it down and lock it away: nobody can restore it."
            ).format(file=self.vault.name)
        return _("The names are in the encrypted file {file}. Give its passphrase.").format(file=self.vault.name)

    def _secret(self) -> QLineEdit:
        edit = secret_edit(self)
        edit.textChanged.connect(lambda _text: self._judge())
        return edit

    def _judge(self) -> None:
        self._fault.setText(fault_of_new(self.passphrase.text(), self.again.text()) if self.is_new else "")
        self.changed.emit()

    def is_complete(self) -> bool:
        """Long enough and twice alike when it is new."""
        text = self.passphrase.text()
        return bool(text) and not (self.is_new and fault_of_new(text, self.again.text()))

    def first_focus(self) -> QWidget:
        """The passphrase."""
        return self.passphrase

    def clear(self) -> None:
        """Forget what was typed."""
        self.passphrase.clear()
        self.again.clear()


def secret_edit(parent: QWidget) -> QLineEdit:
    """Make a line for a passphrase: hidden, and kept out of the memory of input methods."""
    edit = QLineEdit(parent)
    edit.setEchoMode(QLineEdit.EchoMode.Password)
    edit.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
    edit.setMaximumWidth(360)
    return edit
