"""The township that is open in the window: its file, its layers, its steps and its problems."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import QgsProject, QgsProviderRegistry, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.progress import Step, work_steps

from . import layers, verbs
from .holding import Holding
from .tasks import wait_for

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.mending import Mending


class Township(QObject):
    """
    Nothing, or one open workspace.

    Signals: `opened()` and `closed()`; `noticed()` when it is open and whenever there are more `notices`;
    `refused(error)` for one whose layers a project brought along; `changed()` after every change of the file or of the
    steps; `problems_changed()`.

    Attributes
    ----------
    notices
        What had to be mended in the file or its roster and what is wrong with its rows, in words.
    held_by
        Who else has the file, in words; then it can only be looked at here.
    """

    opened = pyqtSignal()
    closed = pyqtSignal()
    noticed = pyqtSignal()
    refused = pyqtSignal(object)
    changed = pyqtSignal()
    problems_changed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.path: Path | None = None
        self.steps: list[Step] = []
        self.problems: list[Problem] = []
        self.mendings: dict[str, Mending] = {}
        self.was_checked = False
        self.notices: tuple[str, ...] = ()
        self.held_by: str | None = None
        self._holding: Holding | None = None
        project = QgsProject.instance()
        project.readProject.connect(self._adopt_project)
        project.cleared.connect(self.close)
        project.isDirtyChanged.connect(self._stay_clean)

    def release(self) -> None:
        """Let go of the project: called when the plugin is unloaded."""
        project = QgsProject.instance()
        project.readProject.disconnect(self._adopt_project)
        project.cleared.disconnect(self.close)
        project.isDirtyChanged.disconnect(self._stay_clean)
        if self._holding is not None:
            self._holding.let_go()

    @property
    def is_open(self) -> bool:
        """Whether a township is open."""
        return self.path is not None

    @property
    def name(self) -> str:
        """The township's name, or the file's when none is written in it."""
        assert self.path is not None
        with suppress(sqlite3.DatabaseError):
            # Not as a layer: QGIS takes its time to open one while the library has just written.
            with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                row = connection.execute("SELECT name FROM township").fetchone()
            if row is not None and row[0]:
                return str(row[0])
        return self.path.stem

    @property
    def layers(self) -> dict[str, QgsVectorLayer]:
        """The township's layers in the window, by table."""
        return {} if self.path is None else layers.township_layers(QgsProject.instance(), self.path)

    def open(self, path: Path) -> None:
        """
        Show a workspace.

        Raises
        ------
        WorkspaceError
            The file is missing, is no workspace, or holds what may change rows unseen; what was open stays open.
        """
        # QGIS's own edits set off whatever the file holds, so nothing is shown before the library has looked at it.
        work_steps(path)
        notices = wait_for(lambda: verbs.look_at(path))
        steps = work_steps(path)
        if self.path == path:
            self.steps = steps
            layers.add_layers(QgsProject.instance(), path)
            self.changed.emit()
            self.add_notices(notices)
            return
        project = QgsProject.instance()
        another = self.path is not None
        self._leave()
        self.path, self.steps = path, steps
        empty = not project.mapLayers()
        shown = layers.add_layers(project, path)
        if not shown:
            self.path, self.steps = None, []
            raise WorkspaceError(_("{name} has no map of a township: choose another file.").format(name=path.name))
        self._hold(shown)
        layers.set_editing(project, shown)
        # QGIS gives a new project the coordinate system of its first layer, but only when it is idle again.
        QTimer.singleShot(0, lambda: self._settle(choose_crs=empty or another))
        self.opened.emit()
        self.changed.emit()
        self.add_notices(notices)

    def add_notices(self, notices: Iterable[str]) -> None:
        """Take what was found in the file or its roster."""
        self.notices = tuple(dict.fromkeys((*self.notices, *notices)))
        self.noticed.emit()

    def _leave(self) -> None:
        """Make room for another township: two at once would lie over each other."""
        if self.path is None:
            return
        if layers.with_unsaved_edits(self.layers):
            raise WorkspaceError(
                _("Some of your changes on the map are not saved yet: save them, then open the other township.")
            )
        path = self.path
        self.close()
        layers.remove_layers(QgsProject.instance(), path)

    def _hold(self, shown: dict[str, QgsVectorLayer]) -> None:
        """Take the file for this window; where another one has it, it can only be looked at here."""
        assert self.path is not None
        self._holding = Holding(self.path)
        self.held_by = self._holding.held_by
        if self.held_by is not None:
            self._lock_layers(shown)

    def _settle(self, *, choose_crs: bool) -> None:
        """Show the township undistorted and whole."""
        layer = self.layers.get("census_area")
        if layer is not None and layer.featureCount() and choose_crs:
            QgsProject.instance().setCrs(layers.measuring_crs(layer))
        self.show_all()

    def close(self) -> None:
        """Forget the township; its layers stay what they are: the project's."""
        if self.path is None:
            return
        self.path, self.steps, self.problems, self.mendings = None, [], [], {}
        self.notices, self.was_checked, self.held_by = (), False, None
        if self._holding is not None:
            self._holding.let_go()
            self._holding = None
        self.closed.emit()
        self.problems_changed.emit()

    def _stay_clean(self, dirty: bool) -> None:  # noqa: FBT001  a signal's argument
        """Keep QGIS from asking to save a project that holds nothing but what the township's file holds."""
        if dirty and self.path is not None:
            QTimer.singleShot(0, self._forget_project)

    def _forget_project(self) -> None:
        project = QgsProject.instance()
        others = set(project.mapLayers()) - {layer.id() for layer in self.layers.values()}
        if self.path is not None and not project.fileName() and not others:
            project.setDirty(False)

    def refresh(self, steps: "list[Step] | None" = None) -> None:
        """Look at the file again: steps, where they have not been counted just now, and what the map shows."""
        if self.path is None:
            return
        self.steps = work_steps(self.path) if steps is None else steps
        layers.reload_layers(layers.add_layers(QgsProject.instance(), self.path))
        self.changed.emit()

    def recount(self, steps: list[Step]) -> None:
        """Take steps that were counted just now; the map shows the same as before."""
        if self.path is not None:
            self.steps = steps
            self.changed.emit()

    def set_problems(self, problems: "list[Problem]", mendings: "dict[str, Mending] | None" = None) -> None:
        """Take the outcome of a check, and what can be done about it by id of the problem."""
        self.problems, self.mendings, self.was_checked = problems, mendings or {}, True
        self.problems_changed.emit()

    def change_problems(self, problems: "list[Problem]") -> None:
        """Take what an edit has made of the list; proposals for what is left still hold."""
        self.problems = problems
        self.problems_changed.emit()

    def show_all(self) -> None:
        """Show the whole township on the map."""
        extent = layers.extent(self.layers, QgsProject.instance())
        if not extent.isEmpty():
            self._canvas.setDestinationCrs(QgsProject.instance().crs())
            self._canvas.setExtent(extent)
            self._canvas.refresh()

    def meta(self) -> dict[str, Any]:
        """Give the properties written in the file."""
        layer = QgsVectorLayer(f"{self.path}|layername=meta", "", "ogr")
        return {feature["key"]: feature["value"] for feature in layer.getFeatures()} if layer.isValid() else {}

    def _adopt_project(self) -> None:
        """Open the township whose layers a project brought along."""
        for layer in QgsProject.instance().mapLayers().values():
            if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "ogr":
                continue
            parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
            if parts.get("layerName") != "mini_area":
                continue
            path = Path(parts.get("path") or "")
            try:
                work_steps(path)
            except WorkspaceError:
                continue  # a layer that only happens to be called mini_area
            try:
                self.open(path)
            except WorkspaceError as error:
                self._lock_layers(layers.township_layers(QgsProject.instance(), path))
                self.refused.emit(error)
            return

    @staticmethod
    def _lock_layers(shown: dict[str, QgsVectorLayer]) -> None:
        for layer in shown.values():
            layer.setReadOnly(True)
