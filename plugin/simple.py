"""
The simple window: only what the census needs is shown, and everything else comes back with one click.

QGIS shows some twenty toolbars and panels full of words she need not know. What was visible is written down before it
is hidden, also across a restart, and is shown again when the simple window ends or the plugin goes.
"""

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar, QWidget
from qgis_plugin_tools.tools.settings import get_setting, set_setting

_WANTED = "simple_window"
_HIDDEN = "hidden_by_simple_window"


class SimpleWindow(QObject):
    """
    Hides and shows what does not belong to the census.

    Signal: `changed(simple)`.
    """

    changed = pyqtSignal(bool)

    def __init__(
        self, iface: QgisInterface, toolbar: QToolBar, docks: tuple[QDockWidget, ...], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window = iface.mainWindow()
        self._own: set[QWidget] = {toolbar, *docks}
        self._on = False

    def keep(self, part: QWidget) -> None:
        """Never hide a dock or tool bar that belongs to the census."""
        self._own.add(part)

    def begin(self) -> None:
        """Make the window simple when a township is opened, unless she prefers it otherwise."""
        if get_setting(_WANTED, True, bool):
            self._hide()

    def set_simple(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        """Follow her choice and remember it."""
        set_setting(_WANTED, wanted)
        if wanted:
            self._hide()
        else:
            self.restore()

    def recover(self) -> None:
        """Show again what a simple window hid before QGIS was closed."""
        if not self._on:
            self.restore()

    def restore(self) -> None:
        """Show again what was hidden."""
        names = set(str(get_setting(_HIDDEN, "", str)).split("\n"))
        for part in self._parts():
            if part.objectName() in names:
                part.show()
        set_setting(_HIDDEN, "")
        if self._on:
            self._on = False
            self.changed.emit(False)

    def _hide(self) -> None:
        if self._on:
            return
        self._on = True
        before = set(str(get_setting(_HIDDEN, "", str)).split("\n"))
        visible = [part for part in self._parts() if not part.isHidden()]
        names = before | {part.objectName() for part in visible}
        set_setting(_HIDDEN, "\n".join(sorted(name for name in names if name)))
        for part in visible:
            part.hide()
        self.changed.emit(True)

    def _parts(self) -> list[QWidget]:
        found: list[QWidget] = [*self._window.findChildren(QToolBar), *self._window.findChildren(QDockWidget)]
        # Toolbars inside a dock are the dock's own; a part without a name could not be found again.
        return [part for part in found if part not in self._own and part.objectName() and part.parent() is self._window]
