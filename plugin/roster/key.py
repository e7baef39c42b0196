"""The passphrase during a session: asked for once, tried before it is believed, forgotten with the township."""

from collections.abc import Callable
from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from census_map.errors import CensusMapError, VaultError, WrongPassphrase
from census_map.i18n import _
from census_map.roster.vault import vault_path

from ..panels.look import ERROR
from ..plain import PlainLabel
from ..tasks import wait_for
from . import secret
from .pages import PassphrasePage
from .service import Service


class Key:
    """
    The passphrase of the roster of one township, while QGIS runs.

    Attributes
    ----------
    service
        Where the library runs.
    tell
        Called with what was found when the vault was opened, a line each.
    passphrase
        Tried and found right; None before.
    """

    def __init__(self, service: Service, tell: Callable[[tuple[str, ...]], None]) -> None:
        self.service, self.tell = service, tell
        self._path: Path | None = None
        self.passphrase: str | None = None

    def of(self, path: Path) -> str | None:
        """Give the passphrase that is known for a workspace, without asking anybody."""
        return self.passphrase if self._path == path else None

    def remember(self, path: Path, passphrase: str) -> None:
        """Remember a passphrase that has been set just now."""
        self._path, self.passphrase = path, passphrase

    def forget(self) -> None:
        """Forget the passphrase."""
        self._path = self.passphrase = None

    def fetch(self, path: Path) -> str:
        """
        Take the passphrase from QGIS's store; gives what there is to say when that did not work, or empty text.

        QGIS may ask for its master password.
        """
        vault = vault_path(path)
        if self.of(path) is not None or not vault.exists():
            return ""
        try:
            kept = secret.kept_passphrase(vault)
            if kept is not None:
                self.try_out(path, kept, new=False)
        except WrongPassphrase:
            secret.forget(vault)
            return _("The passphrase kept in QGIS is not this roster's any more: type it, and have it kept anew.")
        except VaultError as error:
            return str(error)
        return ""

    def try_out(self, path: Path, passphrase: str, *, new: bool) -> None:
        """
        Open the vault with a passphrase, or make it; remember the passphrase when it is right.

        Raises
        ------
        VaultError
            Wrong passphrase, or tampered with.
        """
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            notices = wait_for(lambda: self.service.call("rosters.try_passphrase", path, passphrase, new=new))
        finally:
            QApplication.restoreOverrideCursor()
        self._path, self.passphrase = path, passphrase
        if notices:
            self.tell(notices)

    def take(self, path: Path, page: PassphrasePage) -> str:
        """
        Try what stands on a page; keep it in QGIS's store when she asked for that.

        Returns
        -------
        text
            What she should know although the passphrase is right: that it could not be kept. Empty otherwise.

        Raises
        ------
        VaultError
            Wrong passphrase, or tampered with.
        """
        passphrase = page.passphrase.text()
        self.try_out(path, passphrase, new=page.is_new)
        page.is_new = False
        kept = page.keep_box.isChecked()
        page.clear()
        if kept:
            try:
                secret.keep(vault_path(path), passphrase)
            except VaultError as error:
                return str(error)
        return ""


class KeyDialog(QDialog):
    """Asks for the passphrase alone, over and over until it is right or she gives up."""

    def __init__(self, key: Key, path: Path, said: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key, self._path = key, path
        self.told = ""
        self.setWindowTitle(_("Passphrase of the roster"))
        self.setMinimumWidth(460)
        column = QVBoxLayout(self)
        self.page = PassphrasePage(vault_path(path), self)
        column.addWidget(self.page)
        self._fault = PlainLabel(said, self)
        self._fault.setWordWrap(True)
        self._fault.setStyleSheet(f"color: {ERROR}; font-weight: bold;")
        self._fault.setVisible(bool(said))
        column.addWidget(self._fault)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(_("Go on"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(_("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.page.changed.connect(self._judge)
        self._judge()
        self.page.passphrase.setFocus()

    def _judge(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(self.page.is_complete())

    def accept(self) -> None:
        """Try it; stay when it is wrong."""
        try:
            self.told = self._key.take(self._path, self.page)
        except CensusMapError as error:
            self._fault.setText(str(error))
            self._fault.show()
            self.page.passphrase.selectAll()
            self.page.passphrase.setFocus()
            return
        super().accept()


def unlock(key: Key, path: Path, parent: QWidget) -> tuple[bool, str]:
    """
    Make sure that the passphrase of a roster that is there is known: from memory, from QGIS's store, or by asking.

    Returns
    -------
    known, told
        Whether it is; and what she should know besides.
    """
    said = key.fetch(path)
    if key.of(path) is not None:
        return True, ""
    dialog = KeyDialog(key, path, said, parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    told = dialog.told
    dialog.deleteLater()
    return accepted, told
