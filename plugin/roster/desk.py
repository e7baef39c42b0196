"""
The roster in QGIS's window: what its entries in toolbar and menu open, and how it is taken away again.

The windows themselves bring the library's roster along, so they are loaded when they are first needed.
"""

from typing import TYPE_CHECKING

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QDockWidget

from census_map.i18n import _

from ..messages import Messages
from ..tasks import Background
from ..township import Township
from ..work import Desk

if TYPE_CHECKING:
    from .key import Key
    from .linking import Linking


class RosterDesk(QObject):
    """
    Opens the roster's windows, one at a time.

    Attributes
    ----------
    window
        The window that is open, or None.

    Signal: `dock_made(dock)` when the dock for linking by hand is made.
    """

    dock_made = pyqtSignal(object)

    def __init__(
        self, iface: QgisInterface, township: Township, desk: Desk, background: Background, messages: Messages,
        parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._iface, self._township, self._desk = iface, township, desk
        self._background, self._messages = background, messages
        self._key: Key | None = None
        self._linking: Linking | None = None
        self.window: QDialog | None = None
        township.closed.connect(self.forget)
        desk.import_asked.connect(self.import_roster)
        desk.link_asked.connect(self.link)
        desk.decide_asked.connect(self.link_by_hand)
        desk.lists_asked.connect(self.show_lists)

    @property
    def key(self) -> "Key":
        """The passphrase of this session."""
        from .key import Key  # noqa: PLC0415

        self._key = self._key or Key()
        return self._key

    @property
    def linking(self) -> "Linking":
        """Linking by hand, with its dock."""
        if self._linking is None:
            from .dock import LinkDock  # noqa: PLC0415
            from .linking import Linking  # noqa: PLC0415

            window = self._iface.mainWindow()
            dock = LinkDock(window)
            beside = next((other for other in window.findChildren(QDockWidget, "CensusMapProblems")), None)
            self._iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
            if beside is not None:
                window.tabifyDockWidget(beside, dock)
            dock.hide()
            self._linking = Linking(
                self._iface, self._township, self._desk, self._background, self._messages, self.key, dock, self
            )
            self.dock_made.emit(dock)
        return self._linking

    def link(self) -> None:
        """Link all that was not decided by hand."""
        if self._is_open():
            self.linking.link()

    def link_by_hand(self) -> None:
        """Open the dock with the households that wait."""
        if self._is_open():
            self.linking.begin()

    def show_lists(self) -> None:
        """Open the window with the lists."""
        if self._is_open():
            self.linking.show_lists()

    def import_roster(self) -> None:
        """Open the window that reads in a roster."""
        if not self._may_open():
            return
        from .wizard import ImportWizard  # noqa: PLC0415

        assert self._township.path is not None
        if self._linking is not None:
            self._linking.close()
            self._linking.dock.hide()
        wizard = ImportWizard(self._township.path, self._desk, self._background, self.key, self._iface.mainWindow())
        wizard.link_asked.connect(self.link)
        self._open(wizard)

    def compare(self) -> None:
        """Open the window that compares the roster with a list."""
        if not self._may_open():
            return
        from .comparing import CompareDialog  # noqa: PLC0415

        assert self._township.path is not None
        self._open(CompareDialog(self._township.path, self._background, self.key, self._iface.mainWindow()))

    def _is_open(self) -> bool:
        if not self._township.is_open:
            self._messages.note(_("Open a township first."))
        return self._township.is_open

    def _may_open(self) -> bool:
        if self.window is not None:
            self.window.raise_()
            self.window.activateWindow()
            return False
        return self._is_open()

    def _open(self, window: QDialog) -> None:
        self.window = window
        window.left.connect(self._left)
        window.show()

    def _left(self) -> None:
        window, self.window = self.window, None
        if window is not None:
            window.deleteLater()

    def forget(self) -> None:
        """Forget everything about the township that was open."""
        if self._linking is not None:
            self._linking.close()
        if self._key is not None:
            self._key.forget()
        if self.window is not None:
            self.window.close()

    def release(self) -> None:
        """Take the dock out of the window."""
        self.forget()
        if self._linking is not None:
            self._linking.release()
            self._linking = None
