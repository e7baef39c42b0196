"""
Dividing census areas: between the dock, the map and the library.

Plans live in memory until she accepts one; then one transaction writes it, and the steps dock offers to take it back.
Closing the dock, the township or QGIS itself before that leaves everything as it was.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qgis.core import QgsCoordinateTransform, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsProject, QgsRectangle
from qgis.gui import QgisInterface, QgsMapTool
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QCursor
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QMenu

from census_map.i18n import _

from .. import verbs
from ..panels.problems import PROBLEMS
from . import library
from .dock import DividingDock
from .library import Found, View, Wish
from .pick import PickTool
from .preview import MARK, Preview, extent_of
from .table import number_of
from .words import amount

if TYPE_CHECKING:
    from ..tasks import Background
    from ..township import Township
    from ..work import Desk


class Planner(QObject):
    """
    Carries out what she does in the dock for dividing.

    `alternatives` says how many plans to look for.

    Signal: `waiting(text)` while a plan waits for her decision, with what to do; None afterwards.
    """

    waiting = pyqtSignal(object)

    def __init__(
        self,
        iface: QgisInterface,
        township: "Township",
        background: "Background",
        desk: "Desk",
        dock: DividingDock,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._iface = iface
        self._township = township
        self._desk = desk
        self.dock = dock
        self.alternatives = 3
        self._preview = Preview(QgsProject.instance())
        self._tool = PickTool(iface.mapCanvas())
        self._tool_before: QgsMapTool | None = None
        self._pending: str | None = None
        self._codes: tuple[str, ...] = ()
        self._wish: Wish | None = None
        self._base: View | None = None
        self._plans: list[View] = []
        self._changes: list[View] = []
        self._shown: View | None = None
        self._connect(background)

    def _connect(self, background: "Background") -> None:
        self._tool.picked.connect(self._picked)
        self._township.closed.connect(self.discard)
        self._township.changed.connect(self._look_again)
        QgsProject.instance().readProject.connect(self._sweep)
        background.started.connect(self._started)
        background.progressed.connect(lambda fraction, _text: self.dock.show_progress(fraction))
        background.ended.connect(lambda: self.dock.show_running(None))
        dock = self.dock
        dock.area_asked.connect(lambda code: self.open((code,)) if code else None)
        dock.propose_asked.connect(self._propose_again)
        dock.rebalance_asked.connect(self._rebalance)
        dock.plan_asked.connect(self._choose)
        dock.accept_asked.connect(self.accept)
        dock.discard_asked.connect(self.discard)
        dock.back_asked.connect(self._back)
        dock.cancel_asked.connect(self._desk.cancel)
        dock.table.chosen.connect(self._flash)
        dock.table.looked.connect(self._zoom_to)
        dock.table.split.connect(self._split)
        dock.table.merge.connect(self._ask_merge)
        dock.model.kept.connect(self._keep)

    def release(self) -> None:
        """Let go of the map and the project: called when the plugin is unloaded."""
        self.discard()
        QgsProject.instance().readProject.disconnect(self._sweep)

    def divide(self, codes: tuple[str, ...]) -> None:
        """Propose how to divide census areas; without any, show how the first one is divided."""
        if codes:
            self._propose(codes, None, None)
        elif areas := self._areas():
            self.open((areas[0][0],))

    def open(self, codes: tuple[str, ...]) -> None:
        """Show how census areas are divided now."""
        path = self._township.path
        if path is not None:
            self._run(_("Reading"), lambda report: library.load(path, codes, report), lambda f: self._show(codes, f))

    def accept(self) -> None:
        """Write the plan that is shown."""
        path, shown = self._township.path, self._shown
        if path is not None and shown is not None and self.dock.accept_button.isVisibleTo(self.dock):
            plan = shown.plan
            self._run(_("Dividing"), lambda report: library.accept(path, plan, report), self._accepted, changes=True)

    def discard(self) -> None:
        """Forget the plans; the map shows what is in the file."""
        self._preview.remove()
        self._base = self._shown = None
        self._plans, self._changes = [], []
        self.dock.show_view(None, accept=False, back=False)
        self.dock.show_plans([], [], 0)
        self.dock.hide()
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() is self._tool:
            canvas.unsetMapTool(self._tool)
            if self._tool_before is not None:
                canvas.setMapTool(self._tool_before)
        self._tool_before = None
        self.waiting.emit(None)

    def _run(self, title: str, work: Callable[..., Any], done: Callable[[Any], None], *, changes: bool = False) -> None:
        self._pending = title
        self._desk.start(title, work, done, changes=changes)

    def _started(self, title: str) -> None:
        if title == self._pending:
            self.dock.show_running(title)
        self._pending = None

    def _propose(self, codes: tuple[str, ...], wish: Wish | None, start: Any) -> None:
        path = self._township.path
        if path is not None:
            plans = self.alternatives
            self._run(
                _("Looking for plans"),
                lambda report: library.propose(path, codes, wish, start, report, plans=plans),
                lambda found: self._show(codes, found),
            )

    def _propose_again(self) -> None:
        start = None if self._shown is None else self._shown.plan
        if start is not None and bool((start.parts["kept"] == start.parts["signed"]).all()):
            start = None  # nothing is kept by wish: begin anew
        if self._codes:
            self._propose(self._codes, self.dock.wish(), start)

    def _rebalance(self) -> None:
        path, wish = self._township.path, self.dock.wish()
        if path is not None and self._shown is not None:
            plan = library.resized(self._shown.plan, wish)
            self._run(_("Balancing"), lambda report: library.rebalance(path, plan, report), self._balanced)

    def _balanced(self, view: View) -> None:
        if view.plan.moved:
            self._change(view)
        else:
            self.dock.show_hint(_("Nothing better was found."))

    def _split(self, row: int) -> None:
        path = self._township.path
        if path is not None and self._shown is not None:
            plan = self._shown.plan
            self._run(_("Dividing"), lambda report: library.split(path, plan, row, report), self._change)

    def _ask_merge(self, row: int) -> None:
        """Offer the neighbours; the one under the mouse flashes."""
        view = self._shown
        if view is None:
            return
        menu = QMenu(self.dock)
        for other in view.plan.neighbours(row):
            together = view.figures.at[row, "weight"] + view.figures.at[other, "weight"]
            text = _("with {number}: {amount} together").format(
                number=number_of(view, other), amount=amount(together, view.plan.size.by)
            )
            action = menu.addAction(text.replace("&", "&&"))
            action.setData(other)
            action.hovered.connect(lambda other=other: self._flash(other))
        if menu.isEmpty():
            self.dock.show_hint(_("It has no neighbour that may be joined."))
        else:
            chosen: QAction | None = menu.exec(QCursor.pos())
            if chosen is not None:
                self.merge(row, chosen.data())
        menu.deleteLater()

    def merge(self, row: int, other: int) -> None:
        """Join two mini-areas of the plan."""
        path = self._township.path
        if path is not None and self._shown is not None:
            plan = self._shown.plan
            self._run(_("Joining"), lambda report: library.merge(path, plan, row, other, report), self._change)

    def _keep(self, row: int, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        view = self._shown
        if view is None:
            return
        parts = view.plan.parts
        kept = set(parts.index[parts["kept"] & ~parts["signed"]])
        changed = replace(view, plan=view.plan.keeping(kept | {row} if wanted else kept - {row}))
        self._base = changed if view is self._base else self._base
        self._plans = [changed if view is other else other for other in self._plans]
        self._changes = [changed if view is other else other for other in self._changes]
        self._shown = changed
        self._refresh()
        self.dock.table.selectRow(row)
        self.dock.show_hint(_("“Divide” now draws only the others anew."))

    def _show(self, codes: tuple[str, ...], found: Found) -> None:
        self._codes = codes
        self._base, self._plans, self._changes = found.base, list(found.plans), []
        self._shown = self._plans[0] if self._plans else self._base
        size = self._shown.plan.size
        self.dock.show_areas(self._areas())
        self.dock.choose_areas(codes)
        self.dock.show_wish(Wish(size.target, size.minimum, size.maximum, size.by))
        self._bring_up()
        self._refresh()
        self._zoom_to_areas()
        if found.stopped:
            self.dock.show_hint(_("Stopped: these are the plans found so far."))
        elif not self._plans and not found.base.quality.parts:
            self.dock.show_hint(_("Not divided yet: press “Divide”."))

    def _change(self, view: View) -> None:
        self._changes.append(view)
        self._shown = view
        self._refresh()

    def _back(self) -> None:
        self._changes.pop()
        rest = [*self._changes, *self._plans[:1]]
        self._shown = self._changes[-1] if self._changes else (rest[0] if rest else self._base)
        self._refresh()

    def _choose(self, place: int) -> None:
        self._shown = self._offered()[place][1]
        self._refresh()

    def _offered(self) -> list[tuple[str, View]]:
        """Name the plans to choose from."""
        offered = []
        if self._base is not None and self._base.quality.parts:
            offered.append((_("Now"), self._base))
        if len(self._plans) == 1:
            offered.append((_("Plan"), self._plans[0]))
        else:
            offered += [(_("Plan {n}").format(n=n), view) for n, view in enumerate(self._plans, start=1)]
        if self._changes:
            offered.append((_("Changed"), self._changes[-1]))
        return offered

    def _refresh(self) -> None:
        """Show the chosen plan in the dock and on the map."""
        view, base = self._shown, self._base
        if view is None or base is None:
            return
        offered = self._offered()
        place = next((k for k, (_title, other) in enumerate(offered) if other is view), -1)
        self.dock.show_plans([title for title, _view in offered], [other for _title, other in offered], place)
        differs = view is not base and view.plan.changed_from(base.plan)
        self.dock.show_view(view, accept=differs, back=bool(self._changes) and view is self._changes[-1])
        self.dock.show_hint("")
        present = self._township.layers.get("mini_area")
        self._preview.show(view, present, replaces=differs and bool(base.quality.parts))
        self.waiting.emit(_("Look at the plan on the map. Below you accept it, change it or discard it."))

    def _bring_up(self) -> None:
        hidden = self.dock.isHidden()
        window = self._iface.mainWindow()
        problems = window.findChild(QDockWidget, PROBLEMS)
        self.dock.show()
        if problems is not None and not problems.isHidden():
            # Side by side they would be wider than a small screen.
            window.tabifyDockWidget(problems, self.dock)
        self.dock.raise_()
        if hidden:
            window.resizeDocks([self.dock], [self.dock.sizeHint().height()], Qt.Orientation.Vertical)
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() is not self._tool:
            self._tool_before = canvas.mapTool()
            canvas.setMapTool(self._tool)

    def _accepted(self, text: str) -> None:
        self.discard()
        self._desk.tell(text)

    def _look_again(self) -> None:
        """The file has changed: what was proposed for it before holds no longer."""
        path = self._township.path
        if self._base is not None and path is not None and verbs.last_change(path) != self._base.plan.version:
            self.discard()

    def _sweep(self) -> None:
        """Take away what a project that was saved with a plan on the map brings back."""
        project = QgsProject.instance()
        left = [name for name, layer in project.mapLayers().items() if layer.customProperty(MARK)]
        project.removeMapLayers(left)

    def _areas(self) -> list[tuple[str, str]]:
        layer = self._township.layers.get("census_area")
        rows = [] if layer is None else [(str(row["code"]), str(row["name"])) for row in layer.getFeatures()]
        return sorted(rows)

    def _transform(self) -> QgsCoordinateTransform:
        from ..bridge import qgis_crs  # noqa: PLC0415  brings geopandas along

        assert self._shown is not None
        target = self._iface.mapCanvas().mapSettings().destinationCrs()
        return QgsCoordinateTransform(qgis_crs(self._shown.plan.parts.crs), target, QgsProject.instance())

    def _ground(self, row: int) -> QgsGeometry:
        from ..bridge import geometry_of  # noqa: PLC0415

        assert self._shown is not None
        return geometry_of(self._shown.plan.parts.geometry[row])

    def _flash(self, row: int) -> None:
        canvas, transform = self._iface.mapCanvas(), self._transform()
        ground = self._ground(row)
        box = transform.transformBoundingBox(ground.boundingBox())
        if not canvas.extent().contains(box):
            canvas.setCenter(box.center())
            canvas.refresh()
        canvas.flashGeometries([ground], transform.sourceCrs())

    def _zoom_to(self, row: int) -> None:
        self._set_extent(extent_of([self._ground(row)], self._transform()))
        self._flash(row)

    def _zoom_to_areas(self) -> None:
        from ..bridge import geometry_of  # noqa: PLC0415

        assert self._shown is not None
        self._set_extent(extent_of(map(geometry_of, self._shown.plan.areas.geometry), self._transform()))

    def _set_extent(self, box: QgsRectangle) -> None:
        canvas = self._iface.mapCanvas()
        canvas.setExtent(box)
        canvas.refresh()

    def _picked(self, point: QgsPointXY) -> None:
        """Choose the mini-area under the mouse, or another census area."""
        if self._shown is None:
            return
        backward = self._transform()
        place = backward.transform(point, QgsCoordinateTransform.TransformDirection.ReverseTransform)
        spot = QgsGeometry.fromPointXY(place)
        for row in self._shown.plan.parts.index:
            if self._ground(row).contains(spot):
                self.dock.table.selectRow(int(row))
                self.dock.table.setFocus()
                self._flash(row)
                return
        layer = self._township.layers.get("census_area")
        request = QgsFeatureRequest().setFilterRect(QgsRectangle(place, place))
        for feature in layer.getFeatures(request) if layer is not None else ():
            code = str(feature["code"])
            if feature.geometry().contains(spot) and code not in self._codes:
                self.open((code,))
                return
