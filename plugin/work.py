"""
Doing the next thing: what the button of the steps dock, the menu and the fixes of problems set off.

Every verb is one call of the library in the background, on the file, in one transaction; afterwards the map and the
steps are looked at again, and the whole of it can be taken back by one click while nothing else has been changed.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import Qgis, QgsCoordinateTransform, QgsGeometry, QgsProject, QgsUnitTypes, QgsVectorLayer
from qgis.gui import QgisInterface, QgsRubberBand
from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QColor, QDesktopServices
from qgis_plugin_tools.tools.settings import get_setting, set_setting

from census_map.errors import CensusMapError
from census_map.file_names import told_names
from census_map.i18n import _, ngettext
from census_map.progress import Step, Verb, work_steps
from census_map.task import Report

from . import layers, verbs
from .messages import Messages
from .panels import questions
from .panels.look import ERROR
from .panels.settings import DRAFTER, LAST_TOWNSHIP, SettingsDialog
from .tasks import Background
from .township import Township
from .undo_keys import UndoKeys

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.mending import Mending

# The fixes of problems that the window carries out, each by one call for all that share it.
FIXES: dict[str, Callable[[Path, Report], str]] = {
    "renumber": verbs.number,
    "recode": verbs.number,
    "assign": verbs.assign,
}
LOCATE_MARGIN_M = 30.0


class Desk(QObject):
    """
    Carries out what the user asks for.

    Signals: `undo_offered(text or None)`; `import_asked()`, `link_asked()`, `decide_asked()`, `lists_asked()` for what
    the roster's own windows do; `divide_asked(codes)` with census areas, none where she has still to choose.
    """

    undo_offered = pyqtSignal(object)
    divide_asked = pyqtSignal(object)
    import_asked = pyqtSignal()
    link_asked = pyqtSignal()
    decide_asked = pyqtSignal()
    lists_asked = pyqtSignal()

    def __init__(
        self, iface: QgisInterface, township: Township, background: Background, messages: Messages, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._iface = iface
        self._township = township
        self._background = background
        self._messages = messages
        self._undo: verbs.Undo | None = None
        self._mark: QgsRubberBand | None = None
        self.passphrase_of: Callable[[Path], str | None] = lambda _path: None  # the roster's desk knows it
        self._undo_keys = UndoKeys(iface, self.undo, self)
        self.undo_offered.connect(lambda text: self._undo_keys.offer(offered=text is not None))
        township.noticed.connect(self._tell_notices)
        township.refused.connect(messages.failed)
        township.problems_changed.connect(self.unmark)
        township.closed.connect(self._forget)

    def open_township(self) -> None:
        """Ask for a township's file and show it."""
        if (path := questions.ask_township(self._iface.mainWindow())) is not None:
            self.show_township(path)

    def show_township(self, path: Path) -> None:
        """Show a township; a refusal is said in the message bar."""
        try:
            self._township.open(path)
        except CensusMapError as error:
            self._messages.failed(error)
        else:
            set_setting(LAST_TOWNSHIP, str(path))

    def _tell_notices(self) -> None:
        """Say what she should know of the file that is open."""
        held = () if self._township.held_by is None else (self._only_looking(),)
        self._messages.warn_of((*held, *self._township.notices))

    def may_change(self) -> bool:
        """Tell whether the township may be changed in this window; says so where it may not."""
        if self._township.held_by is None:
            return True
        self._messages.warn(self._only_looking())
        return False

    def _only_looking(self) -> str:
        text = _("This township is open elsewhere ({who}): here it can only be looked at. Close it there first.")
        return text.format(who=self._township.held_by)

    def show_last_township(self) -> None:
        """Show the township that was open last time."""
        self.show_township(Path(str(get_setting(LAST_TOWNSHIP, "", str))))

    def change_settings(self) -> None:
        """Ask for what stays the same from day to day."""
        dialog = SettingsDialog(self._iface.mainWindow())
        dialog.exec()
        dialog.deleteLater()

    def new_township(self) -> None:
        """Ask for the map of census areas, make a township of it, and show it."""
        answer = questions.ask_new_township(self._iface.mainWindow())
        if answer is None:
            return
        self.start(
            _("Making the township"),
            lambda report: verbs.new_township(answer, report),
            self._opened_new,
            changes=False,
        )

    def open_sample(self) -> None:
        """Make a township of the sample that came with the program, where she can do no harm, and show it."""
        folder = questions.ask_folder(self._iface.mainWindow(), _("Where shall the sample be kept?"))
        if folder is not None:
            self.make_sample(folder)

    def make_sample(self, folder: Path) -> None:
        """Make the sample township in a folder and show it."""
        self.start(
            _("Making the sample township"),
            lambda report: verbs.sample_township(folder, report),
            self._opened_new,
            changes=False,
        )

    def begin(self, key: str) -> None:
        """Do the next thing of a step."""
        step = self._step(key)
        if step is not None:
            self._do(step.verb, step.targets[:1])

    def begin_all(self, key: str) -> None:
        """Do all that remains of a step: divide every census area that is not divided yet."""
        step = self._step(key)
        if step is not None and step.targets:
            self.divide_asked.emit(step.targets)

    def mend(self, problem: "Problem") -> None:
        """Carry out the fix of a problem, for all that share it, and look again what is left."""
        path, fix = self._path(), FIXES.get(problem.fix or "")
        if fix is not None:
            self.start(_("Mending"), lambda report: fix(path, report), self._mended)

    def locate(self, problem: "Problem") -> None:
        """Show where a problem is: move the map there and let the place flash."""
        place = self._place_of(problem)
        if place is None or place.isEmpty():
            self._messages.note(_("This problem has no place on the map."))
            return
        self.show_place(place)

    def show_place(self, place: QgsGeometry, *, margin: float = LOCATE_MARGIN_M, mark: bool = True) -> None:
        """
        Move the map to a place, mark it and let it flash.

        Parameters
        ----------
        place
            In the township's coordinate system.
        margin
            How much around it is shown, in metres.
        mark
            Whether it is marked and flashes; False: the map only goes there.
        """
        canvas = self._iface.mapCanvas()
        layer = self._township.layers.get("census_area")
        source = layer.crs() if layer is not None else QgsProject.instance().crs()
        transform = QgsCoordinateTransform(source, canvas.mapSettings().destinationCrs(), QgsProject.instance())
        box = transform.transformBoundingBox(place.boundingBox())
        # A sliver of some centimetres must be shown with enough around it to know the place again.
        metre = QgsUnitTypes.fromUnitToUnitFactor(
            Qgis.DistanceUnit.Meters, canvas.mapSettings().destinationCrs().mapUnits()
        )
        box.grow(max(box.width(), box.height()) * 0.5 + margin * metre)
        canvas.setExtent(box)
        canvas.refresh()
        if mark:
            self._mark_place(place, layer)
            canvas.flashGeometries([place], source)

    def after_drawing(self) -> None:
        """Let dwelling units and households follow what was drawn and saved, and count the steps anew."""
        if not self._township.is_open:
            return
        path = self._path()
        self.withdraw_undo()
        if self._background.busy:
            self._look_again()
        else:
            self.start(
                _("Following the borders"), lambda report: verbs.assign(path, report), self._ignore, changes=False
            )

    @staticmethod
    def _ignore(_result: object) -> None:
        """Nothing is said: what was done belongs to the saving."""

    def withdraw_undo(self) -> None:
        """Offer no more to take the last change back: something else has been changed since."""
        if self._undo is not None:
            self._undo = None
            self.undo_offered.emit(None)

    def release(self) -> None:
        """Let go of the map and the keys: called when the plugin is unloaded."""
        self.unmark()
        self._undo_keys.release()

    def unmark(self) -> None:
        """Take the mark off the map."""
        if self._mark is not None:
            self._iface.mapCanvas().scene().removeItem(self._mark)
            self._mark = None

    def _mark_place(self, place: QgsGeometry, layer: QgsVectorLayer | None) -> None:
        """Leave an outline where the flash was, until the next problem is shown."""
        self.unmark()
        self._mark = QgsRubberBand(self._iface.mapCanvas(), place.type())
        self._mark.setToGeometry(place, layer)
        self._mark.setStrokeColor(QColor(ERROR))
        self._mark.setFillColor(QColor(0, 0, 0, 0))
        self._mark.setWidth(3)
        self._mark.setIconSize(12)

    def cancel(self) -> None:
        """Stop what is running."""
        self._background.cancel()

    def undo(self) -> None:
        """Take back the last change that this window made."""
        undo, self._undo = self._undo, None
        self.undo_offered.emit(None)
        if undo is not None:
            path = self._path()
            title = _("Taking back")
            self.start(title, lambda report: verbs.take_back(path, undo, report), self._taken_back, changes=False)

    def _do(self, verb: Verb, targets: tuple[str, ...]) -> None:
        actions: dict[Verb, Callable[[], None]] = {
            "add_areas": self.new_township,
            "add": self._add,
            "split": lambda: self.divide_asked.emit(targets),
            "number": self._number,
            "import": self.import_asked.emit,
            "link": self.link_asked.emit,
            "decide": self.decide_asked.emit,
            "check": self.check,
            "show": self._show_problems,
            "show_missed": self.lists_asked.emit,
            "print": self._print,
            "export": self._export,
        }
        actions[verb]()

    def _add(self) -> None:
        files = questions.ask_base_map(self._iface.mainWindow())
        if files:
            path = self._path()
            self.start(_("Adding the base map"), lambda report: verbs.add_files(path, files, report), self.tell)

    def _number(self) -> None:
        path = self._path()
        self.start(_("Numbering"), lambda report: verbs.number(path, report), self.tell)

    def check(self, rules: tuple[str, ...] | None = None) -> None:
        """Run the check rules and list what they find; a window that only looks leaves no trace of it in the file."""
        path, record = self._path(), self._township.held_by is None
        passphrase = self.passphrase_of(path)
        self.start(
            _("Checking"),
            lambda report: verbs.check_and_propose(path, rules, report, passphrase=passphrase, record=record),
            lambda found: self._checked(*found),
            changes=False,
        )

    def _print(self) -> None:
        path, drafter = self._path(), str(get_setting(DRAFTER, "", str))
        self.start(
            _("Preparing the maps"),
            lambda report: verbs.compose_maps(path, drafter, report),
            lambda book: self._draw(path, book),
            changes=False,
        )

    def _draw(self, path: Path, book: verbs.MapBook) -> None:
        folder, record = maps_folder(path), self._township.held_by is None

        def finish(_result: None, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            if record:
                verbs.remember_printed(path, len(book.sheets))
            self._look_again()
            text = ngettext("{n} map was printed.", "{n} maps were printed.", len(book.sheets))
            told = " ".join((text.format(n=len(book.sheets)), *told_names(files)))
            self._made_folder(verbs.Made(told, folder))

        files: list[tuple[str, str]] = []
        self._background.run_steps(_("Printing"), _drawn(book, folder, files), finish)

    def _export(self) -> None:
        path, record = self._path(), self._township.held_by is None
        maps = maps_folder(path) if maps_folder(path).is_dir() else None
        self.start(
            _("Making the package"),
            lambda report: verbs.export(path, path.parent, maps, report, draft=True, record=record),
            self._made_folder,
            changes=False,
        )

    def _show_problems(self) -> None:
        if self._township.problems:
            self._township.problems_changed.emit()
        else:
            self.check()

    def start(
        self,
        title: str,
        work: Callable[[Report], Any],
        done: Callable[[Any], None],
        *,
        changes: bool = True,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """
        Run a verb, unless another one runs or the map holds changes that are not in the file.

        Parameters
        ----------
        title
            Translated name.
        work
            Called in the background with a `Report`.
        done
            Called with the result.
        changes
            Whether it changes the workspace: then taking it back is offered.
        failed
            Told why it was not done; None: the message bar.
        """
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        if changes and not self.may_change():
            return
        unsaved = layers.with_unsaved_edits(self._township.layers)
        if unsaved:
            self._messages.offer(
                _("Some of your changes on the map are not saved yet."),
                _("Save them and go on"),
                lambda: self._save_and_start(title, work, done, changes=changes, failed=failed),
            )
            return
        path = self._township.path
        before = None if path is None else verbs.last_change(path)
        steps: list[Step] | None = None

        def whole(report: Report) -> Any:
            nonlocal steps
            try:
                return work(report)
            finally:
                # Counted here, because a township of 160,000 rows takes longer than a moment.
                if path is not None:
                    with suppress(CensusMapError):
                        steps = work_steps(path)

        def finish(result: Any, error: Exception | None) -> None:
            self._look_again(steps if path == self._township.path else None)
            if error is not None:
                (failed or self._messages.failed)(error)
                return
            if changes and before is not None:
                self._offer_undo(title, before)
            done(result)

        self._background.run(title, whole, finish)

    def _save_and_start(
        self,
        title: str,
        work: Callable[[Report], Any],
        done: Callable[[Any], None],
        *,
        changes: bool,
        failed: Callable[[Exception], None] | None,
    ) -> None:
        refusals = layers.save_edits(layers.with_unsaved_edits(self._township.layers))
        if refusals:
            self._messages.warn(_("Your changes could not be saved: {reason}").format(reason=refusals[0]))
            return
        self.start(title, work, done, changes=changes, failed=failed)

    def _look_again(self, steps: list[Step] | None = None) -> None:
        try:
            self._township.refresh(steps)
        except CensusMapError as error:
            self._messages.failed(error)

    def _offer_undo(self, title: str, before: int) -> None:
        after = verbs.last_change(self._path())
        self._undo = verbs.Undo(title, before, after) if after != before else None
        self.undo_offered.emit(_("Take back: {what}").format(what=title) if self._undo else None)

    def _mended(self, text: str) -> None:
        self._messages.done(text)
        self.check()

    def _opened_new(self, path: Path) -> None:
        self.show_township(path)

    def _taken_back(self, _result: None) -> None:
        self._messages.done(_("Taken back."))
        if self._township.was_checked:
            # What was mended is a problem again.
            self.check()

    def tell(self, text: str) -> None:
        """Say what was done."""
        self._messages.done(text)

    def _checked(self, problems: "list[Problem]", mendings: "dict[str, Mending]") -> None:
        self._township.set_problems(problems, mendings)
        errors = sum(problem.severity == "error" for problem in problems)
        if errors:
            self._messages.note(ngettext("{n} error was found.", "{n} errors were found.", errors).format(n=errors))
        else:
            self._messages.done(_("No error was found."))

    def _made_folder(self, made: verbs.Made) -> None:
        self._messages.offer(
            made.text,
            _("Open the folder"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(made.folder))),
        )

    def _forget(self) -> None:
        self._messages.warn_of(())
        self._undo = None
        self.undo_offered.emit(None)

    def _step(self, key: str) -> Step | None:
        return next((step for step in self._township.steps if step.key == key), None)

    def _path(self) -> Path:
        assert self._township.path is not None
        return self._township.path

    def _place_of(self, problem: "Problem") -> QgsGeometry | None:
        if problem.geometry is not None:
            place = QgsGeometry()
            place.fromWkb(problem.geometry.wkb)
            return place
        return layers.place_of(self._township.layers, problem.table, problem.features)


def maps_folder(path: Path) -> Path:
    """Give the folder beside the workspace into which its maps are printed."""
    return path.with_name(_("{name} maps").format(name=path.stem))


def _drawn(book: verbs.MapBook, folder: Path, files: list[tuple[str, str]]) -> Generator[tuple[float, str]]:
    """Draw map by map; `files` is given what each file is of, and its name."""
    from .layouts import printing  # noqa: PLC0415  brings geopandas along

    sheets = printing(book.township, book.sheets, len(book.sheets), folder)
    try:
        for printed in sheets:
            files.append((printed.title, printed.file.name))
            yield printed.done / printed.total, _("Map {done} of {all}").format(done=printed.done, all=printed.total)
    finally:
        sheets.close()
