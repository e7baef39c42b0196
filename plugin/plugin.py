"""The plugin: what it puts into QGIS's window, and how it takes everything away again."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import QgsApplication, QgsSettings, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QLocale, QObject, Qt
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QToolBar

from census_map.i18n import _, set_language

from . import dependencies, worker
from .dividing.dock import DividingDock
from .dividing.planner import Planner
from .mending import Mender
from .messages import Messages, lacking
from .panels.look import icon
from .panels.problems import ProblemsDock
from .panels.steps import StepsDock
from .roster.desk import RosterDesk
from .simple import SimpleWindow
from .tasks import Background
from .tools.workbench import Workbench
from .township import Township
from .work import FIXES, Desk

if TYPE_CHECKING:
    from .panels.faults import FaultsDock


class CensusMapPlugin(QObject):
    """Everything that is made in `initGui` is undone in `unload`, so that loading again begins afresh."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__()
        self._iface = iface
        self._actions: list[QAction] = []
        self._toolbar: QToolBar | None = None
        self._provider: QObject | None = None
        self.messages: Messages | None = None
        self.township: Township | None = None
        self.background: Background | None = None
        self.desk: Desk | None = None
        self.steps: StepsDock | None = None
        self.problems: ProblemsDock | None = None
        self.faults: FaultsDock | None = None
        self.dividing: DividingDock | None = None
        self.planner: Planner | None = None
        self.mender: Mender | None = None
        self.roster: RosterDesk | None = None
        self.simple: SimpleWindow | None = None
        self.workbench: Workbench | None = None

    def initProcessing(self) -> None:
        """Offer the verbs in the Processing toolbox; called alone by `qgis_process`."""
        if self._provider is None and not dependencies.missing():
            from .processing.provider import CensusMapProvider  # noqa: PLC0415  brings geopandas along
            from .processing.styler import announcements  # noqa: PLC0415

            self._provider = CensusMapProvider()
            announcements.faults_loaded.connect(self._show_faults)
            QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Put the docks, the toolbar and the menu into the window."""
        set_language(interface_language())
        self.messages = Messages(self._iface)
        if absent := dependencies.missing():
            self._add_action("census_map", _("Census Map"), lambda: self._complain(absent))
            self._complain(absent)
            return
        self.background = Background(self)
        self.township = Township(self._iface.mapCanvas(), self)
        self.desk = Desk(self._iface, self.township, self.background, self.messages, self)
        self._add_docks()
        self.roster = RosterDesk(self._iface, self.township, self.desk, self.background, self.messages, self)
        self._add_actions()
        self.workbench = Workbench(self._iface, self.township, self.messages, self)
        self.simple.keep(self.workbench.toolbar)
        self._connect()
        self.initProcessing()
        # QGIS puts its window back together after loading plugins; what a simple window hid last time comes back then.
        self._iface.initializationCompleted.connect(self.simple.recover)
        self._iface.initializationCompleted.connect(self._share_room)

    def unload(self) -> None:
        """Take everything out of the window."""
        if self.background is not None:
            self.background.wait()
        self._release()
        worker.end()
        for dock in (self.steps, self.problems, self.dividing, self.faults):
            if dock is not None:
                self._iface.removeDockWidget(dock)
                dock.deleteLater()
        for action in self._actions:
            self._iface.removePluginMenu(_("Census Map"), action)
            action.deleteLater()
        self._actions.clear()
        if self._toolbar is not None:
            self._iface.mainWindow().removeToolBar(self._toolbar)
            self._toolbar.deleteLater()
            self._toolbar = None
        if self._provider is not None:
            from .processing.styler import announcements  # noqa: PLC0415

            announcements.faults_loaded.disconnect(self._show_faults)
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self.messages is not None:
            self.messages.close()
        self.faults = self.dividing = self.planner = self.mender = self.roster = self.workbench = None
        self.steps = self.problems = self.desk = self.township = self.background = self.messages = self.simple = None
        dependencies.forget()

    def _share_room(self) -> None:
        """Put the steps on one place with QGIS's panels at the left where all below each other need a taller screen."""
        assert self.steps is not None
        window = self._iface.mainWindow()
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        others = [
            dock
            for dock in window.findChildren(QDockWidget)
            if dock is not self.steps and not dock.isHidden() and window.dockWidgetArea(dock) == left
        ]
        screen = window.screen().availableGeometry()
        if others and window.minimumSizeHint().height() + self._list_height() > screen.height():
            for dock in others:
                window.tabifyDockWidget(self.steps, dock)
            self.steps.raise_()

    def _list_height(self) -> int:
        """Give the height that the list of problems needs below the map."""
        return 0 if self.problems is None else self.problems.minimumSizeHint().height()

    def _release(self) -> None:
        """Let go of map, files and project."""
        if self.simple is not None:
            self._iface.initializationCompleted.disconnect(self.simple.recover)
            self._iface.initializationCompleted.disconnect(self._share_room)
            self.simple.restore()
        if self.workbench is not None:
            self.workbench.release()
        if self.planner is not None:
            self.planner.release()
        if self.roster is not None:
            self.roster.release()
        if self.mender is not None:
            self.mender.unmark()
        if self.desk is not None:
            self.desk.release()
        if self.township is not None:
            self.township.release()

    def _complain(self, absent: list[str]) -> None:
        assert self.messages is not None
        self.messages.warn(lacking(absent))

    def _show_faults(self, layer: QgsVectorLayer, places: bool) -> None:  # noqa: FBT001  a signal's argument
        """List the faults of any map of areas beside the map; the list is made when it is first needed."""
        if self.background is None:  # no window, as in `qgis_process`
            return
        if self.faults is None:
            from .panels.faults import FaultsDock  # noqa: PLC0415  brings geopandas along

            window = self._iface.mainWindow()
            self.faults = FaultsDock(self._iface, window)
            self._iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.faults)
            if self.problems is not None and not self.problems.isHidden():
                window.tabifyDockWidget(self.problems, self.faults)
            window.resizeDocks([self.faults], [self.faults.sizeHint().height()], Qt.Orientation.Vertical)
        self.faults.show_layer(layer, places=places)

    def _add_docks(self) -> None:
        window = self._iface.mainWindow()
        self.steps = StepsDock(window)
        self.problems = ProblemsDock(FIXES, window)
        self._iface.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.steps)
        self._iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.problems)
        self.dividing = DividingDock(window)
        self._iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dividing)
        window.tabifyDockWidget(self.problems, self.dividing)
        self.problems.hide()
        self.dividing.hide()
        assert self.township is not None
        assert self.background is not None
        assert self.desk is not None
        self.planner = Planner(self._iface, self.township, self.background, self.desk, self.dividing, self)
        self.desk.divide_asked.connect(self.planner.divide)
        self.mender = Mender(self._iface, self.township, self.desk, self)
        self.problems.mend.connect(self.mender.mend)
        self.problems.chosen.connect(self.mender.show)
        self.planner.waiting.connect(self.steps.show_elsewhere)

    def _add_actions(self) -> None:
        assert self.desk is not None
        assert self.steps is not None
        assert self.township is not None
        self._toolbar = self._iface.addToolBar(_("Census Map"))
        self._toolbar.setObjectName("CensusMapToolbar")
        self._toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        show = self._add_action("census_map", _("Steps of the work"), self.steps.setVisible, checkable=True)
        show.setChecked(True)
        self.steps.visibilityChanged.connect(lambda visible: show.setChecked(visible or self.steps.isVisible()))
        self._add_action("open", _("Open a township…"), self.desk.open_township)
        self._add_action("new", _("New township…"), self.desk.new_township)
        self._toolbar.addSeparator()
        for action in (self._iface.actionPan(), self._iface.actionZoomIn(), self._iface.actionZoomOut()):
            self._toolbar.addAction(action)
        self._add_action("whole", _("Whole township"), self.township.show_all)
        self._toolbar.addSeparator()
        roster = self._add_action("roster", _("Roster"), self.roster.show_dock, checkable=True)
        self.roster.dock_made.connect(lambda dock: self._follow(dock, roster))
        self._add_action("settings", _("Settings…"), self.desk.change_settings)
        simple = self._add_action("simple", _("Simple window"), None, checkable=True)
        self.simple = SimpleWindow(self._iface, self._toolbar, (self.steps, self.problems, self.dividing), self)
        self.roster.dock_made.connect(self.simple.keep)
        simple.triggered.connect(self.simple.set_simple)
        self.simple.changed.connect(simple.setChecked)

    @staticmethod
    def _follow(dock: QDockWidget, action: QAction) -> None:
        """Keep the button of the roster's dock pressed as long as the dock is there."""
        if dock.objectName() == "CensusMapRoster":
            dock.visibilityChanged.connect(lambda visible: action.setChecked(visible or dock.isVisible()))

    def _add_action(self, name: str, text: str, act: Callable[..., None] | None, *, checkable: bool = False) -> QAction:
        action = QAction(icon(name), text, self._iface.mainWindow())
        action.setObjectName(f"census_map_{name}")
        action.setCheckable(checkable)
        if act is not None and checkable:
            action.toggled.connect(act)
        elif act is not None:
            action.triggered.connect(lambda _checked=False: act())
        self._iface.addPluginToMenu(_("Census Map"), action)
        if self._toolbar is not None:
            self._toolbar.addAction(action)
        self._actions.append(action)
        return action

    def _connect(self) -> None:
        assert self.steps is not None
        assert self.problems is not None
        assert self.desk is not None
        assert self.township is not None
        assert self.background is not None
        assert self.simple is not None
        assert self.messages is not None
        self.steps.begin.connect(self.desk.begin)
        self.steps.begin_all.connect(self.desk.begin_all)
        self.steps.undo_asked.connect(self.desk.undo)
        self.steps.cancel_asked.connect(self.desk.cancel)
        self.steps.last_asked.connect(self.desk.show_last_township)
        self.steps.open_asked.connect(self.desk.open_township)
        self.steps.new_asked.connect(self.desk.new_township)
        self.steps.sample_asked.connect(self.desk.open_sample)
        self.desk.undo_offered.connect(self.steps.show_undo)
        self.problems.locate.connect(self.desk.locate)
        self.township.opened.connect(self.simple.begin)
        assert self.workbench is not None
        self.workbench.session_begun.connect(lambda session: session.saved.connect(self._drawn_was_saved))
        self.township.closed.connect(self.steps.show_welcome)
        self.township.changed.connect(self._show_steps)
        self.township.problems_changed.connect(self._show_problems)
        self.background.started.connect(self.messages.clear)
        self.background.started.connect(self.steps.show_running)
        self.background.progressed.connect(self.steps.show_progress)
        self.background.ended.connect(self.steps.show_idle)

    def _drawn_was_saved(self) -> None:
        """What was drawn is in the file: dwelling units and households follow, and the steps are counted anew."""
        assert self.desk is not None
        self.desk.after_drawing()

    def _show_steps(self) -> None:
        assert self.steps is not None
        assert self.township is not None
        self.steps.show_township(self.township.name, self.township.steps)

    def _show_problems(self) -> None:
        assert self.problems is not None
        assert self.township is not None
        self.problems.show_problems(self.township.problems, self.township.mendings)
        hidden = self.problems.isHidden()
        self.problems.setVisible(bool(self.township.problems))
        if hidden and self.township.problems and self.dividing is not None and not self.dividing.isHidden():
            self._iface.mainWindow().tabifyDockWidget(self.dividing, self.problems)
        if hidden and self.township.problems:
            # The map needs the height; QGIS would give the list half of it.
            window = self._iface.mainWindow()
            window.resizeDocks([self.problems], [self.problems.sizeHint().height()], Qt.Orientation.Vertical)


def interface_language() -> str:
    """Give the language in which QGIS itself is shown."""
    settings = QgsSettings()
    if settings.value("locale/overrideFlag", False, type=bool):
        return str(settings.value("locale/userLocale", ""))
    return QLocale.system().name()


def plugin_folder() -> Path:
    """Give the folder of the plugin."""
    return Path(__file__).parent
