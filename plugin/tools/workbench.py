"""
The workbench: the tool bar with the drawing tools, their keys, taking back and doing again, saving.

Everything heavy is loaded when the first tool is used or the first layer is edited; until then there are buttons.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QAction, QMenu, QToolBar, QToolButton

from census_map.i18n import N_, _, ngettext

from ..editing.journal import has_unsaved_work
from ..messages import Messages
from ..panels.look import icon
from ..township import Township
from .hint import Hint

if TYPE_CHECKING:
    from ..editing.live_check import LiveCheck
    from ..editing.session import Session
    from .drawing import DrawingTool
    from .handler import Handler
    from .marking import Marking

TABLES = ("mini_area", "census_area", "building")
# Name, title and key of each tool; the class stands in the module of that name.
TOOLS: tuple[tuple[str, str, str, str], ...] = (
    ("cut", N_("Cut"), "Q", "CutTool"),
    ("border", N_("Move border"), "B", "BorderTool"),
    ("corner", N_("Corner"), "V", "CornerTool"),
    ("join", N_("Join"), "J", "JoinTool"),
    ("claim", N_("Draw around"), "C", "ClaimTool"),
    ("give", N_("Give"), "G", "GiveTool"),
    ("exclave", N_("Exclave"), "X", "ExclaveTool"),
    ("house_rectangle", N_("House"), "H", "HouseRectangleTool"),
    ("house_outline", N_("House with right angles"), "Shift+H", "HouseOutlineTool"),
    ("house_free", N_("House of any shape"), "Ctrl+H", "HouseFreeTool"),
    ("house_point", N_("House by one click"), "", "HousePointTool"),
    ("house_row", N_("Row"), "R", "HouseRowTool"),
    ("house_divide", N_("Divide house"), "D", "HouseDivideTool"),
)
# In the menu of the button before them, to save room.
MENU = ("house_outline", "house_free", "house_point")


class Workbench(QObject):
    """
    The tools of the township that is open.

    Signal: `session_begun(session)` when its layers are being watched.
    """

    session_begun = pyqtSignal(object)

    def __init__(self, iface: QgisInterface, township: Township, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._iface, self._township, self._messages = iface, township, messages
        self.session: Session | None = None
        self.handler: Handler | None = None
        self.live: LiveCheck | None = None
        self.marking: Marking | None = None
        self.tools: dict[str, DrawingTool] = {}
        self.actions: dict[str, QAction] = {}
        self._watched: list[QgsVectorLayer] = []
        self._beginning = False
        self.hint = Hint(iface.mapCanvas())
        self.toolbar = self._make_toolbar()
        township.changed.connect(self._look_at_layers)
        township.opened.connect(self._opened)
        township.closed.connect(self.end)
        # A layer's signals can only be let go of while it is still there.
        QgsProject.instance().layersWillBeRemoved.connect(self._let_go)
        iface.mapCanvas().mapToolSet.connect(self._show_active)
        self._settle()

    # --- the bar --------------------------------------------------------------------------------------------------

    def _make_toolbar(self) -> QToolBar:
        bar = self._iface.addToolBar(_("Census Map: drawing"))
        bar.setObjectName("CensusMapTools")
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setIconSize(QSize(20, 20))
        for name, title, key, _class in TOOLS:
            if name == "house_rectangle":
                self._add_follow(bar)
            self._add(bar, name, _(title), key, lambda name=name: self.use(name), checkable=True)
        self._add_menu(bar)
        bar.addSeparator()
        self._add(bar, "undo", _("Take back"), "", self.undo)
        self._add(bar, "redo", _("Do again"), "", self.redo)
        self._add(bar, "save", _("Save"), "", self.save)
        return bar

    def _add_follow(self, bar: QToolBar) -> None:
        follow = self._add(bar, "follow", _("Follow lines"), "F", None, checkable=True)
        follow.setChecked(True)
        follow.toggled.connect(self._follow)
        follow.setToolTip(_("Between two clicks on a road, river, railway or wall the line follows it (F)"))
        bar.addSeparator()

    def _add_menu(self, bar: QToolBar) -> None:
        """Put the rarer ways to draw a house behind the button of the usual one."""
        button = bar.widgetForAction(self.actions["house_rectangle"])
        menu = QMenu(bar)
        for name in MENU:
            bar.removeAction(self.actions[name])
            menu.addAction(self.actions[name])
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        # A key works only where its action has a widget: the window itself.
        self._iface.mainWindow().addActions([self.actions[name] for name in MENU])

    def _add(
        self, bar: QToolBar, name: str, title: str, key: str, act: Callable[[], None] | None, *, checkable: bool = False
    ) -> QAction:
        action = QAction(icon(name), title, self._iface.mainWindow())
        action.setObjectName(f"census_map_{name}")
        action.setCheckable(checkable)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setToolTip(f"{title} ({key})")
        if act is not None:
            action.triggered.connect(lambda _checked=False: act())
        bar.addAction(action)
        self.actions[name] = action
        return action

    # --- the session ----------------------------------------------------------------------------------------------

    def begin(self) -> "Session | None":
        """Watch the layers of the township; None where there is no township, or one for reading only."""
        if self.session is not None or self._beginning:
            return self.session
        self._beginning = True
        try:
            return self._begin()
        finally:
            self._beginning = False

    def _begin(self) -> "Session | None":
        path, layers = self._township.path, self._township.layers
        if path is None or not set(TABLES) <= layers.keys():
            return None
        from ..editing.live_check import LiveCheck  # noqa: PLC0415  brings geopandas along
        from ..editing.session import Session  # noqa: PLC0415
        from .handler import Handler  # noqa: PLC0415
        from .marking import Marking  # noqa: PLC0415

        canvas = self._iface.mapCanvas()
        self.session = session = Session(path, layers, self)
        session.refused.connect(self._messages.warn)
        session.changed.connect(self._settle)
        session.steps.changed.connect(self._settle)
        self.handler = handler = Handler(canvas, session, self)
        handler.follows = self.actions["follow"].isChecked()
        handler.refused.connect(self._messages.warn)
        handler.hinted.connect(self._hint)
        handler.done.connect(lambda _title: self._messages.clear())
        handler.counted.connect(lambda number: self._hint(_("Number: {n}. Enter when it is right.").format(n=number)))
        self.marking = Marking(canvas, handler, self, self._iface.mainWindow())
        self.live = LiveCheck(canvas, self._township, session, self)
        self.live.look()
        self.session_begun.emit(session)
        return session

    def _opened(self) -> None:
        """Give the tools a row of their own, and look for work that a crash has left."""
        window = self._iface.mainWindow()
        if not window.toolBarBreak(self.toolbar):
            # QGIS puts its bars back after plugins are loaded, so this comes late.
            window.insertToolBarBreak(self.toolbar)
        QTimer.singleShot(0, self.restore)

    def restore(self) -> None:
        """Put back what a session that was cut short has left behind."""
        path = self._township.path
        if path is None or not has_unsaved_work(path):
            return
        session = self.begin()
        rows = 0 if session is None else session.restore(session.unsaved_work())
        if rows:
            text = ngettext(
                "Your work of last time is here again ({n} object): look at it, then save.",
                "Your work of last time is here again ({n} objects): look at it, then save.",
                rows,
            )
            self._messages.warn(text.format(n=rows))

    def end(self) -> None:
        """Let go of the township's layers."""
        for tool in self.tools.values():
            self._iface.mapCanvas().unsetMapTool(tool)
            tool.dispose()
        self.tools.clear()
        if self.marking is not None:
            self.marking.release()
        if self.live is not None:
            self.live.release()
        if self.handler is not None:
            self.handler.release()
        if self.session is not None:
            self.session.release()
        for part in (self.marking, self.live, self.handler, self.session):
            if part is not None:
                part.deleteLater()
        self.session = self.handler = self.live = self.marking = None
        self._forget_layers()
        self._settle()

    def release(self) -> None:
        """Take everything out of the window: called when the plugin is unloaded."""
        self.end()
        QgsProject.instance().layersWillBeRemoved.disconnect(self._let_go)
        self._iface.mapCanvas().mapToolSet.disconnect(self._show_active)
        self._iface.mainWindow().removeToolBar(self.toolbar)
        for action in self.actions.values():
            action.deleteLater()
        self.actions.clear()
        self.toolbar.deleteLater()
        self.hint.hide()
        self._iface.mapCanvas().removeEventFilter(self.hint)
        self.hint.deleteLater()

    # --- what the buttons do --------------------------------------------------------------------------------------

    def use(self, name: str) -> None:
        """Take up a tool."""
        session = self.begin()
        if session is None or not session.begin():
            self._messages.note(_("This township cannot be changed: it is open for reading only."))
            self._show_active()
            return
        # QGIS's own keys for taking back act on the active layer.
        self._iface.setActiveLayer(session.layers["building" if name.startswith("house") else "mini_area"])
        self._iface.mapCanvas().setMapTool(self._tool(name))

    def undo(self) -> None:
        """Take back the last action."""
        if self.session is not None:
            self.session.steps.undo()
            self.session.settle()

    def redo(self) -> None:
        """Do the action again that was taken back last."""
        if self.session is not None:
            self.session.steps.redo()
            self.session.settle()

    def save(self) -> bool:
        """Write what was drawn into the file."""
        if self.session is None or not self.session.save():
            return False
        self._messages.done(_("Saved."))
        return True

    def _tool(self, name: str) -> "DrawingTool":
        if name not in self.tools:
            class_name = next(entry[-1] for entry in TOOLS if entry[0] == name)
            module = import_module(f".{name}", __package__)
            tool: DrawingTool = getattr(module, class_name)(self._iface.mapCanvas(), self.handler)
            tool.setAction(self.actions[name])
            tool.left.connect(self._leave)
            self.tools[name] = tool
        return self.tools[name]

    def _leave(self) -> None:
        self._iface.actionPan().trigger()

    def _follow(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        if self.handler is not None:
            self.handler.follows = wanted

    def _hint(self, text: str) -> None:
        self._iface.statusBarIface().showMessage(text)
        self.hint.tell(text)

    def _show_active(self, *_tools: Any) -> None:
        """Keep the button of the active tool pressed, and no other."""
        active = self._iface.mapCanvas().mapTool()
        if active not in self.tools.values():
            self.hint.tell("")
        for name, *_rest in TOOLS:
            self.actions[name].setChecked(self.tools.get(name) is active and active is not None)

    def _settle(self, *_signal: object) -> None:
        """Let the buttons show what can be done."""
        open_ = self._township.is_open
        for name, *_rest in TOOLS:
            self.actions[name].setEnabled(open_)
        session = self.session
        self.actions["undo"].setEnabled(session is not None and session.steps.can_undo)
        self.actions["redo"].setEnabled(session is not None and session.steps.can_redo)
        self.actions["save"].setEnabled(session is not None and session.is_modified)

    def _look_at_layers(self) -> None:
        """Watch as soon as anybody edits one of the layers, with any tool."""
        self._settle()
        layers = [layer for table, layer in self._township.layers.items() if table in TABLES]
        if layers == self._watched:
            return
        self._forget_layers()
        self._watched = layers
        for layer in layers:
            layer.editingStarted.connect(self._begin_soon)

    def _let_go(self, names: list[str]) -> None:
        """Layers are being removed, by hand or with the project; unsaved work stays in the journal."""
        if any(layer.id() in names for layer in self._watched):
            self.end()

    def _begin_soon(self) -> None:
        self.begin()

    def _forget_layers(self) -> None:
        for layer in self._watched:
            layer.editingStarted.disconnect(self._begin_soon)
        self._watched = []
