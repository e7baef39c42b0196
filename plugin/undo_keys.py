"""Ctrl+Z takes back the last step, while QGIS's own undo has nothing to take back."""

from collections.abc import Callable

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QAction, QShortcut


class UndoKeys(QObject):
    """
    The keys of undo, without stealing them.

    While a layer is being edited QGIS's own action has the keys: two holders at once would leave both without effect.
    """

    def __init__(self, iface: QgisInterface, act: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        window = iface.mainWindow()
        self._offered = False
        self._theirs: QAction | None = window.findChild(QAction, "mActionUndo")
        self.shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), window)
        self.shortcut.setEnabled(False)
        self.shortcut.activated.connect(act)
        if self._theirs is not None:
            self._theirs.changed.connect(self._settle)

    def offer(self, *, offered: bool) -> None:
        """Say whether there is something to take back."""
        self._offered = offered
        self._settle()

    def release(self) -> None:
        """Give the keys back: called when the plugin is unloaded."""
        if self._theirs is not None:
            self._theirs.changed.disconnect(self._settle)
        self.shortcut.deleteLater()

    def _settle(self) -> None:
        self.shortcut.setEnabled(self._offered and (self._theirs is None or not self._theirs.isEnabled()))
