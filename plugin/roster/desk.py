"""
The roster in QGIS's window: the dock with its steps, and what each of its buttons opens.

The windows themselves bring the library's roster along, so they are loaded when they are first needed; a thread of its
own loads it as soon as a township is open, so that the first of them opens at once.
"""

import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QDockWidget

from census_map.i18n import _

from ..messages import Messages
from ..tasks import Aside, Background
from ..township import Township
from ..work import Desk
from .service import Service

if TYPE_CHECKING:
    from .key import Key
    from .linking import Linking
    from .roster_dock import RosterDock
    from .visiting import Visiting
    from .working import ListWork

_WINDOWS = ("list_window", "wizard", "linking", "working", "visiting", "table_window", "vault_windows")


class RosterDesk(QObject):
    """
    Opens the roster's windows, one at a time.

    Attributes
    ----------
    window
        The window that is open, or None.
    service
        Where the roster's library runs.

    Signal: `dock_made(dock)` when a dock is made.
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
        self._lists: ListWork | None = None
        self._visiting: Visiting | None = None
        self._dock: RosterDock | None = None
        self._aside = Aside(self)
        self.service = Service()
        self.window: QDialog | None = None
        desk.passphrase_of = self._known_passphrase
        township.closed.connect(self.forget)
        township.opened.connect(self._warm_up)
        township.changed.connect(self._show_standing)
        desk.import_asked.connect(self.import_roster)
        desk.link_asked.connect(self.link)
        desk.decide_asked.connect(self.link_by_hand)
        desk.lists_asked.connect(self.mark_missing)

    @property
    def key(self) -> "Key":
        """The passphrase of this session."""
        from .key import Key  # noqa: PLC0415

        self._key = self._key or Key(self.service, self._township.add_notices)
        return self._key

    @property
    def dock(self) -> "RosterDock":
        """The dock with the steps of the roster."""
        if self._dock is None:
            from .roster_dock import RosterDock  # noqa: PLC0415

            window = self._iface.mainWindow()
            self._dock = dock = RosterDock(window)
            self._iface.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
            beside = window.findChild(QDockWidget, "CensusMapSteps")
            if beside is not None:
                window.tabifyDockWidget(beside, dock)
            dock.hide()
            dock.asked.connect(self.act)
            dock.stop_asked.connect(self._background.cancel)
            dock.undo_asked.connect(self._desk.undo)
            self._desk.undo_offered.connect(dock.show_undo)
            self._background.started.connect(dock.show_running)
            self._background.progressed.connect(dock.running.show_progress)
            self._background.ended.connect(dock.show_idle)
            self.dock_made.emit(dock)
            self._show_standing()
        return self._dock

    @property
    def linking(self) -> "Linking":
        """Linking by hand, with its dock."""
        if self._linking is None:
            from .dock import LinkDock  # noqa: PLC0415
            from .linking import Linking  # noqa: PLC0415

            window = self._iface.mainWindow()
            dock = LinkDock(window)
            beside = window.findChild(QDockWidget, "CensusMapProblems")
            self._iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
            if beside is not None:
                window.tabifyDockWidget(beside, dock)
            dock.hide()
            dock.lists_asked.connect(self.show_lists)
            self._linking = Linking(
                self._iface, self._township, self._desk, self._background, self._messages, self.key, dock, self
            )
            self.dock_made.emit(dock)
        return self._linking

    @property
    def lists(self) -> "ListWork":
        """The lists at work."""
        if self._lists is None:
            from .working import ListWork  # noqa: PLC0415

            self._lists = ListWork(
                self._iface, self._township, self._desk, self._background, self._messages, self.key, self.linking, self
            )
        return self._lists

    def show_dock(self, shown: bool = True) -> None:  # noqa: FBT001, FBT002  a Qt slot
        """Show the dock with the steps of the roster in front of the others, or hide it."""
        if not shown and self._dock is None:
            return
        self.dock.setVisible(shown)
        if shown:
            self.dock.raise_()

    def act(self, key: str) -> None:
        """Do what a button of the dock says."""
        actions: dict[str, Callable[[], None]] = {
            "import": self.import_roster,
            "link": self.link,
            "by_hand": self.link_by_hand,
            "missed": self.mark_missing,
            "visit": self.enter_visit,
            "entry": self.enter_register,
            "lists": self.show_lists,
            "evaluate": self.evaluate,
            "tables": self.make_tables,
            "log": self.show_log,
            "passphrase": self.change_passphrase,
            "destroy": self.destroy,
        }
        if key in actions:
            actions[key]()
        else:
            self.do_job(key)

    def link(self) -> None:
        """Link all that was not decided by hand."""
        if self._is_open() and self._desk.may_change():
            self.linking.link()

    def link_by_hand(self) -> None:
        """Open the dock with the households that wait."""
        if self._is_open() and self._desk.may_change():
            self.linking.begin()

    def show_lists(self, choose: str = "") -> None:
        """Open the window with the lists, beginning with one of them."""
        path = self._unlocked()
        if path is not None:
            self.lists.begin(path, choose)

    def mark_missing(self) -> None:
        """Open the list of missing buildings."""
        if self._is_open() and self._desk.may_change():
            self.show_lists("missed_buildings")

    def import_roster(self) -> None:
        """Open the window that reads in a roster."""
        if self._may_open(changes=True):
            from .wizard import ImportWizard  # noqa: PLC0415

            self._end_sitting()
            wizard = ImportWizard(*self._given(changes=True))
            wizard.link_asked.connect(self.link)
            self._open(wizard)

    def do_job(self, name: str) -> None:
        """Open the window for a list that somebody sent; `name` of `jobs.JOBS`."""
        from .jobs import JOBS  # noqa: PLC0415

        if self._may_open(changes=JOBS[name].changes or bool(JOBS[name].then_verb)):
            from .list_window import ListWindow  # noqa: PLC0415

            if name == "update":
                self._end_sitting()
            self._open(ListWindow(JOBS[name], *self._given(changes=True)))

    def evaluate(self) -> None:
        """Open the window of the evaluation sheet."""
        if self._may_open():
            from .evaluation_window import EvaluationWindow  # noqa: PLC0415

            self._open(EvaluationWindow(*self._given()))

    def make_tables(self) -> None:
        """Open the window of the one set of tables."""
        if self._may_open():
            from .table_window import TablesWindow  # noqa: PLC0415

            self._open(TablesWindow(*self._given()))

    def enter_visit(self) -> None:
        """Open the window for a visit or call."""
        path = self._unlocked() if self._may_open(changes=True) and not self._is_busy() else None
        if path is not None:
            from .visiting import Visiting  # noqa: PLC0415

            self._visiting = self._visiting or Visiting(
                self._iface, self._township, self._desk, self._background, self._messages, self.key, self
            )
            self._open(self._visiting.begin(path))

    def enter_register(self) -> None:
        """Open the window for an entry of a register."""
        if self._may_open(changes=True) and self._unlocked() is not None:
            from .entry_window import EntryWindow  # noqa: PLC0415

            self._open(EntryWindow(*self._given(changes=True)))

    def change_passphrase(self) -> None:
        """Open the window that changes the passphrase."""
        if self._may_open(changes=True):
            from .vault_windows import PassphraseWindow  # noqa: PLC0415

            self._end_sitting()
            self._open(PassphraseWindow(*self._given()))

    def show_log(self) -> None:
        """Show who has read the roster."""
        path = self._unlocked() if self._may_open() and not self._is_busy() else None
        if path is None:
            return
        passphrase, service = self.key.of(path) or "", self.service

        def finish(found: Any, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
            elif self.window is None:
                from .vault_windows import LogWindow  # noqa: PLC0415

                rows, intact = found
                self._open(LogWindow(rows, self._background, intact=intact, parent=self._iface.mainWindow()))

        self._background.run(
            _("Reading the log"), lambda report: service.call("vaults.access_log", path, passphrase, report=report),
            finish,
        )  # fmt: skip

    def destroy(self) -> None:
        """Open the window that destroys the roster of names."""
        if self._may_open(changes=True):
            from .vault_windows import DestroyWindow  # noqa: PLC0415

            self._end_sitting()
            window = DestroyWindow(*self._given())
            window.destroyed_vault.connect(self._show_standing)
            self._open(window)

    def _given(self, *, changes: bool = False) -> tuple[Any, ...]:
        """Give what every window is made with."""
        window = self._iface.mainWindow()
        desk = (self._desk,) if changes else ()
        return (self._township.path, *desk, self._background, self.key, window)

    def _known_passphrase(self, path: Path) -> str | None:
        return None if self._key is None else self._key.of(path)

    def _end_sitting(self) -> None:
        if self._linking is not None:
            self._linking.close()
            self._linking.dock.hide()

    def _unlocked(self) -> Path | None:
        """Give the path of the township when its passphrase is known, or was given just now."""
        from census_map.roster.vault import vault_path  # noqa: PLC0415

        from .key import unlock  # noqa: PLC0415

        path = self._township.path
        if path is None:
            self._messages.note(_("Open a township first."))
            return None
        # Where there is no vault yet, the passphrase would make one.
        if not vault_path(path).is_file() and not self._desk.may_change():
            return None
        known, told = unlock(self.key, path, self._iface.mainWindow())
        if told:
            self._messages.warn(told)
        return path if known else None

    def _is_open(self) -> bool:
        if not self._township.is_open:
            self._messages.note(_("Open a township first."))
        return self._township.is_open

    def _is_busy(self) -> bool:
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
        return self._background.busy

    def _may_open(self, *, changes: bool = False) -> bool:
        if self.window is not None:
            self.window.raise_()
            self.window.activateWindow()
            return False
        return self._is_open() and (not changes or self._desk.may_change())

    def _open(self, window: QDialog) -> None:
        self.window = window
        if self._linking is not None:
            self._linking.beside_window = True
        window.left.connect(self._left)
        window.show()

    def _left(self) -> None:
        window, self.window = self.window, None
        if self._linking is not None:
            self._linking.beside_window = False
        if self._visiting is not None:
            self._visiting.forget()
        if window is not None:
            window.deleteLater()
            self.service.drop("window")

    def _show_standing(self) -> None:
        if self._dock is None:
            return
        from census_map.roster.standing import roster_standing  # noqa: PLC0415

        path = self._township.path
        if path is None:
            self._aside.stop()
            self._dock.show_standing(None)
        else:
            self._aside.run(lambda: roster_standing(path), self._dock.show_standing)

    def _warm_up(self) -> None:
        """Load the library beside the window, so that the first of the roster's windows does not wait for it."""

        def load() -> None:
            for name in _WINDOWS:
                import_module(f"{__package__}.{name}")

        threading.Thread(target=load, name="warm_up", daemon=True).start()

    def forget(self) -> None:
        """Forget everything about the township that was open."""
        if self._linking is not None:
            self._linking.close()
        if self._key is not None:
            self._key.forget()
        if self.window is not None:
            self.window.close()
        self._show_standing()

    def release(self) -> None:
        """Take the docks out of the window, and let the library's process go."""
        self.forget()
        self._aside.stop()
        if self._lists is not None:
            self._lists.close()
        if self._linking is not None:
            self._linking.release()
            self._linking = None
        if self._dock is not None:
            dock, self._dock = self._dock, None
            self._desk.undo_offered.disconnect(dock.show_undo)
            self._background.started.disconnect(dock.show_running)
            self._background.progressed.disconnect(dock.running.show_progress)
            self._background.ended.disconnect(dock.show_idle)
            self._iface.removeDockWidget(dock)
            dock.deleteLater()
        self.service.close()
