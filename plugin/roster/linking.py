"""
What the link dock sets off: the sitting in the library, the map that follows, the building she points at.

A sitting keeps workspace and vault open in the library's thread. What takes a moment (candidates, one decision, one
step back) is called there directly; what takes longer (opening, linking, applying a name) runs in the background.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qgis.core import QgsFeature
from qgis.gui import QgisInterface, QgsMapTool, QgsMapToolIdentifyFeature
from qgis.PyQt.QtCore import QObject, Qt, QTimer

from census_map.errors import CensusMapError
from census_map.i18n import _, ngettext
from census_map.progress import last_change
from census_map.task import Report, portion

from .. import layers
from ..messages import Messages
from ..tasks import Background
from ..township import Township
from ..work import Desk
from ..worker import in_library_thread
from . import library
from .dock import LinkDock
from .key import Key, unlock
from .lists import ListsDialog

if TYPE_CHECKING:
    from census_map.roster.by_hand import AliasOffer, Choice
    from census_map.roster.link import RosterLink

_T = TypeVar("_T")
MARGIN_M = 60.0
_QUIET_MS = 400


class Linking(QObject):
    """Connects the dock with the sitting and the map."""

    def __init__(
        self,
        iface: QgisInterface,
        township: Township,
        desk: Desk,
        background: Background,
        messages: Messages,
        key: Key,
        dock: LinkDock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._iface, self._township, self._desk = iface, township, desk
        self._background, self._messages, self._key, self._dock = background, messages, key, dock
        self._sitting: library.Sitting | None = None
        self._path: Path | None = None
        self._counts: dict[str, int] = {}
        self.lists: ListsDialog | None = None
        self._tool: QgsMapTool | None = None
        self._tool_before: QgsMapTool | None = None
        # The steps are counted again when she pauses, not after every key.
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_QUIET_MS)
        self._pause.timeout.connect(self._recount_steps)
        dock.queue_asked.connect(self._show_queue)
        dock.household_shown.connect(self._show_choices)
        dock.choice_shown.connect(self._show_on_map)
        dock.taken.connect(self._take)
        dock.stated.connect(self._state)
        dock.released.connect(self._release)
        dock.name_asked.connect(self._show_name)
        dock.pointing_asked.connect(self._point)
        dock.alias_taken.connect(self._apply)
        dock.undo_asked.connect(self._undo)
        dock.link_asked.connect(self.link)
        dock.lists_asked.connect(self.show_lists)
        township.closed.connect(self.close)
        township.changed.connect(self._notice_change)

    def link(self) -> None:
        """Link all that was not decided by hand, and show what is left."""
        path = self._unlocked_path()
        if path is None:
            return
        passphrase = self._key.of(path) or ""
        self.close()
        self._desk.start(_("Linking"), lambda report: library.link(path, passphrase, report), self._linked)

    def _linked(self, done: "RosterLink") -> None:
        text = _("{linked} of {households} households linked, {dwellings} of them to a dwelling unit").format(
            linked=f"{done.linked:,}", households=f"{done.households:,}", dwellings=f"{done.to_dwelling:,}"
        )
        self._messages.done(text)
        if done.linked < done.households:
            self.begin()

    def begin(self) -> None:
        """Open the dock with the households that wait."""
        path = self._unlocked_path()
        if path is None:
            return
        self._show_dock()
        if self._sitting is not None:
            self._reload()
            return
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        passphrase = self._key.of(path) or ""

        def finish(result: Any, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            self._take_sitting(path, result)
            self._reload()

        self._background.run(
            _("Preparing the link by hand"), lambda report: library.open_sitting(path, passphrase, report), finish
        )

    def _show_dock(self) -> None:
        window, hidden = self._iface.mainWindow(), not self._dock.isVisible()
        self._dock.show()
        self._dock.raise_()
        if hidden and window.dockWidgetArea(self._dock) != Qt.DockWidgetArea.NoDockWidgetArea:
            # The map needs the height; QGIS would give the dock half of it.
            window.resizeDocks([self._dock], [self._dock.sizeHint().height()], Qt.Orientation.Vertical)

    def show_lists(self) -> None:
        """Open the window with the lists; the sitting is opened first where there is none."""
        path = self._unlocked_path()
        if path is None:
            return
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        passphrase, sitting = self._key.of(path) or "", self._sitting

        def work(report: Report) -> tuple[library.Sitting, list[library.WorkList]]:
            opened = sitting or library.open_sitting(path, passphrase, portion(report, 0, 0.7))
            report(0.7, _("making the lists"))
            return opened, library.work_lists(opened)

        def finish(result: Any, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            opened, lists = result
            if opened is not self._sitting:
                self._take_sitting(path, opened)
            self._open_lists(lists)

        self._background.run(_("Making the lists"), work, finish)

    def _take_sitting(self, path: Path, sitting: library.Sitting) -> None:
        self._path, self._sitting = path, sitting
        # QGIS may have opened the file without locks while nobody wrote to it. With the library's write-ahead journal
        # such a connection fails for good (GDAL's option NOLOCK), so the layers are opened anew.
        layers.reload_layers(self._township.layers)

    def _open_lists(self, lists: list[library.WorkList]) -> None:
        self._close_lists()
        self.lists = ListsDialog(lists, self._iface.mainWindow())
        self.lists.shown.connect(self._show_rows)
        self.lists.export_asked.connect(self.export_lists)
        corner = self._iface.mainWindow().geometry().bottomRight()
        self.lists.move(corner.x() - self.lists.width() - 8, corner.y() - self.lists.height() - 8)
        self.lists.show()

    def _show_rows(self, table: str, uids: tuple[str, ...]) -> None:
        place = layers.place_of(self._township.layers, table, uids)
        if place is not None and not place.isEmpty():
            self._desk.show_place(place, margin=MARGIN_M)

    def export_lists(self, out: Path, names: bool) -> None:  # noqa: FBT001  a Qt slot
        """Write the lists that are shown as a workbook."""
        dialog = self.lists
        if dialog is None:
            return
        made = self._call(lambda sitting: library.write_lists(sitting, dialog.lists, out, names=names))
        if made is not None:
            dialog.say(_("made {file}").format(file=made.name))

    def _close_lists(self) -> None:
        if self.lists is not None:
            self.lists.close()
            self.lists.deleteLater()
            self.lists = None

    def close(self) -> None:
        """End the sitting: files closed, keys and addresses forgotten."""
        self._stop_pointing()
        self._close_lists()
        sitting, self._sitting = self._sitting, None
        if sitting is not None:
            in_library_thread(sitting.close)
        self._counts = {}
        self._dock.show_undo(None)
        self._dock.show_counts({})
        self._dock.show_queue("undecided", library.no_households())

    def release(self) -> None:
        """End the sitting and take the dock out of the window."""
        self.close()
        self._pause.stop()
        self._iface.removeDockWidget(self._dock)
        self._dock.deleteLater()

    @property
    def dock(self) -> LinkDock:
        """The dock."""
        return self._dock

    @property
    def is_open(self) -> bool:
        """Whether a sitting is open."""
        return self._sitting is not None

    def _unlocked_path(self) -> Path | None:
        path = self._township.path
        if path is None:
            return None
        known, told = unlock(self._key, path, self._iface.mainWindow())
        if told:
            self._messages.warn(told)
        return path if known else None

    def _call(self, work: "Callable[[library.Sitting], _T]") -> _T | None:
        """Call the sitting in its thread; a refusal is said in the message bar, and None is given."""
        sitting = self._sitting
        if sitting is None:
            return None
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return None
        try:
            return in_library_thread(lambda: work(sitting))
        except CensusMapError as error:
            self._messages.failed(error)
            return None

    def _reload(self, queue: str | None = None, select: str | None = None) -> None:
        """Read counts and the queue again; an empty queue gives way to the first that is not."""
        counts = self._call(lambda sitting: sitting.hand.counts())
        if counts is None:
            return
        self._counts = counts
        wanted = queue or self._dock.queue
        if not counts.get(wanted) and queue is None:
            wanted = next((name for name, count in counts.items() if count), wanted)
        self._dock.show_counts(counts)
        self._show_queue(wanted, select)
        self._show_undo()

    def _show_queue(self, queue: str, select: str | None = None) -> None:
        found = self._call(lambda sitting: sitting.hand.queue(queue))
        if found is not None:
            self._dock.show_queue(queue, found, select=select)
            self._dock.start()

    def _show_choices(self, household: str) -> None:
        found = self._call(lambda sitting: sitting.hand.choices(household))
        self._dock.show_choices(found or [])
        if not found:
            self._desk.unmark()
            near = self._call(lambda sitting: sitting.hand.near(household))
            place = layers.place_of(self._township.layers, "building", near or ())
            if place is not None and not place.isEmpty():
                self._desk.show_place(place, margin=MARGIN_M, mark=False)

    def _show_on_map(self, choice: "Choice") -> None:
        place = layers.place_of(self._township.layers, "building", (choice.building_uid,))
        if place is not None and not place.isEmpty():
            self._desk.show_place(place, margin=MARGIN_M)

    def _show_name(self, household: str) -> None:
        name = self._call(lambda sitting: sitting.hand.head(household))
        if name is not None:
            self._dock.show_name(household, name)

    def _take(self, household: str, choice: "Choice") -> None:
        self._decide(household, building=choice.building_uid, dwelling=choice.dwelling_uid)

    def _state(self, household: str, state: str) -> None:
        self._decide(household, state=state)

    def _decide(self, household: str, **decision: str | None) -> None:
        sitting = self._sitting
        if sitting is None:
            return
        before = len(sitting.hand.steps)
        offer = self._call(lambda sitting: sitting.hand.decide(household, **decision))
        if len(sitting.hand.steps) == before:
            return
        queue = self._dock.queue
        self._counts = sitting.hand.counts()
        if queue == "by_hand":
            self._reload("by_hand", household)
        else:
            self._dock.show_counts(self._counts)
            self._dock.drop_household(household)
        self._stepped()
        if offer is not None and offer.households:
            self._dock.offer_alias(offer)

    def _release(self, household: str) -> None:
        self._call(lambda sitting: sitting.hand.release(household))
        self._stepped()
        self._reload("by_hand")

    def _undo(self) -> None:
        step = self._call(lambda sitting: sitting.hand.undo())
        if step is None:
            return
        self._stepped()
        first = step.households[0]
        state = step.before.loc[first]
        by_hand = bool(state["link_by_hand"]) if state["link_by_hand"] is not None else False
        self._reload("by_hand" if by_hand else str(state["link_state"] or "none"), first)

    def _apply(self, offer: "AliasOffer") -> None:
        sitting = self._sitting
        if sitting is None or self._background.busy:
            return

        def finish(count: int | None, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            assert count is not None
            text = ngettext("{n} more household was linked.", "{n} more households were linked.", count)
            self._messages.done(text.format(n=f"{count:,}"))
            self._stepped()
            self._reload()

        self._background.run(_("Linking"), lambda _report: sitting.hand.apply(offer), finish)

    def _stepped(self) -> None:
        """Remember that the last change is our own, show what can be taken back, count the steps again soon."""
        self._desk.withdraw_undo()
        if self._sitting is not None and self._path is not None:
            self._sitting.change = last_change(self._path)
        self._show_undo()
        self._pause.start()

    def _show_undo(self) -> None:
        steps = self._sitting.hand.steps if self._sitting is not None else ()
        self._dock.show_undo(steps[-1].title if steps else None)

    def _recount_steps(self) -> None:
        if not self._background.busy:
            self._township.recount()

    def _notice_change(self) -> None:
        """Somebody else has changed the township, such as by marking a building: begin again with what is there."""
        if self._sitting is None or self._path is None or self._background.busy:
            return
        if last_change(self._path) != self._sitting.change:
            self.close()
            if self._dock.isVisible():
                QTimer.singleShot(0, self.begin)

    def _point(self) -> None:
        """Let her click a building on the map."""
        layer = self._township.layers.get("building")
        if layer is None or self._sitting is None:
            return
        canvas = self._iface.mapCanvas()
        self._stop_pointing()
        self._tool_before = canvas.mapTool()
        self._tool = tool = QgsMapToolIdentifyFeature(canvas, layer)
        tool.featureIdentified.connect(self._pointed)
        canvas.setMapTool(tool)
        self._messages.note(_("Click the building on the map."))

    def _pointed(self, feature: QgsFeature) -> None:
        household, building = self._dock.household, str(feature["uid"])
        self._stop_pointing()
        if household is not None:
            choice = self._call(lambda sitting: sitting.hand.pointed(household, building))
            if choice is not None:
                self._dock.add_choice(choice)

    def _stop_pointing(self) -> None:
        tool, self._tool = self._tool, None
        if tool is None:
            return
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() is tool:
            if self._tool_before is not None:
                canvas.setMapTool(self._tool_before)
            else:
                canvas.unsetMapTool(tool)
        self._tool_before = None
        tool.deleteLater()
        self._messages.clear()
