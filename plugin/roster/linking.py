"""
What the link dock sets off: the sitting in the library, the map that follows, the building she points at.

A sitting keeps workspace and vault open where the library runs. What takes a moment (candidates, one decision, one
step back) is asked there directly; what takes longer (opening, linking, applying a name) runs in the background.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeature
from qgis.gui import QgisInterface, QgsMapToolIdentifyFeature
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal

from census_map.errors import CensusMapError
from census_map.i18n import _, ngettext
from census_map.progress import last_change, work_steps

from .. import layers
from ..messages import Messages
from ..tasks import Aside, Background
from ..township import Township
from ..work import Desk
from ..worker import WorkFailed
from .borrowing import BorrowedMap
from .dock import LinkDock, no_households
from .key import Key, unlock
from .service import Service

if TYPE_CHECKING:
    from census_map.roster.by_hand import AliasOffer, Choice
    from census_map.roster.link import RosterLink

    from .library.hand import Told

MARGIN_M = 60.0
_QUIET_MS = 400


class Sitting:
    """
    A sitting of linking by hand, as the window sees it.

    Attributes
    ----------
    steps, change
        What can be taken back, oldest first; the last change of the workspace that the sitting knows.
    """

    def __init__(self, service: Service, told: "Told") -> None:
        self._service = service
        self.steps, self.change = told.steps, told.change

    def ask(self, question: str, *arguments: Any, **options: Any) -> Any:
        """Ask the sitting something, or have it do something: a method of `HandLinking` by its name."""
        return self.heard(self._service.call("hand.ask", question, *arguments, **options))

    def heard(self, told: "Told") -> Any:
        """Take an answer."""
        self.steps, self.change = told.steps, told.change
        return told.answer

    def close(self) -> None:
        """Close its files and forget the keys."""
        self._service.drop("sitting")


class Linking(QObject):
    """
    Connects the dock with the sitting and the map.

    Attributes
    ----------
    beside_window
        Whether another window of the roster is open, whose changes leave the sitting as it is.

    Signals: `begun()` and `ended()` of a sitting; `outdated()` when it was ended because somebody else has changed the
    township.
    """

    begun = pyqtSignal()
    ended = pyqtSignal()
    outdated = pyqtSignal()

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
        self._service = key.service
        self._sitting: Sitting | None = None
        self._path: Path | None = None
        self._counts: dict[str, int] = {}
        self._expected = False
        self.beside_window = False
        self._map = BorrowedMap(iface.mapCanvas(), messages)
        # The steps are counted again when she pauses, not after every key.
        self._aside = Aside(self)
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
        township.closed.connect(self.close)
        township.changed.connect(self._notice_change)

    def link(self) -> None:
        """Link all that was not decided by hand, and show what is left."""
        path = self._unlocked_path()
        if path is None:
            return
        passphrase = self._key.of(path) or ""
        self.close()
        service = self._service
        self._desk.start(
            _("Linking"), lambda report: service.call("rosters.link", path, passphrase, report=report), self._linked
        )

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
        self.with_sitting(path, self._reload)

    def with_sitting(self, path: Path, then: Callable[[], None]) -> None:
        """Do something once a sitting is open; its passphrase is known."""
        if self._sitting is not None:
            then()
            return
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return
        passphrase, service = self._key.of(path) or "", self._service

        def finish(result: Any, error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            self._path, self._sitting = path, Sitting(service, result)
            # QGIS may have opened the file without locks while nobody wrote to it. With the library's write-ahead
            # journal such a connection fails for good (GDAL's option NOLOCK), so the layers are opened anew.
            layers.reload_layers(self._township.layers)
            self.begun.emit()
            then()

        self._background.run(
            _("Preparing the link by hand"),
            lambda report: service.call("hand.open_sitting", path, passphrase, report=report),
            finish,
        )

    def _show_dock(self) -> None:
        window, hidden = self._iface.mainWindow(), not self._dock.isVisible()
        self._dock.show()
        self._dock.raise_()
        if hidden and window.dockWidgetArea(self._dock) != Qt.DockWidgetArea.NoDockWidgetArea:
            # The map needs the height; QGIS would give the dock half of it.
            window.resizeDocks([self._dock], [self._dock.sizeHint().height()], Qt.Orientation.Vertical)

    def close(self) -> None:
        """End the sitting: files closed, keys and addresses forgotten."""
        self._map.give_back()
        sitting, self._sitting = self._sitting, None
        if sitting is not None:
            self.ended.emit()
            sitting.close()
        self._counts = {}
        self._dock.show_undo(None)
        self._dock.show_counts({})
        self._dock.show_queue("undecided", no_households())

    def release(self) -> None:
        """End the sitting and take the dock out of the window."""
        self.close()
        self._pause.stop()
        self._aside.stop()
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

    def _ask(self, question: str, *arguments: Any, **options: Any) -> Any:
        """Ask the sitting; a refusal is said in the message bar, and None is given."""
        sitting = self._sitting
        if sitting is None:
            return None
        if self._background.busy:
            self._messages.note(_("Wait until the work that is running has ended, or stop it."))
            return None
        try:
            return sitting.ask(question, *arguments, **options)
        except (CensusMapError, WorkFailed) as error:
            self._messages.failed(error)
            return None

    def look_again(self) -> None:
        """Count anew after one of our own windows has changed the township, and show it where the dock is open."""
        if self._ask("look_again") is None:
            return
        if self._dock.isVisible():
            self._reload()

    def _reload(self, queue: str | None = None, select: str | None = None) -> None:
        """Read counts and the queue again; an empty queue gives way to the first that is not."""
        counts = self._ask("counts")
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
        found = self._ask("queue", queue)
        if found is not None:
            self._dock.show_queue(queue, found, select=select)
            self._dock.start()

    def _show_choices(self, household: str) -> None:
        found = self._ask("choices", household)
        self._dock.show_choices(found or [])
        if not found:
            self._desk.unmark()
            near = self._ask("near", household)
            place = layers.place_of(self._township.layers, "building", near or ())
            if place is not None and not place.isEmpty():
                self._desk.show_place(place, margin=MARGIN_M, mark=False)

    def _show_on_map(self, choice: "Choice") -> None:
        place = layers.place_of(self._township.layers, "building", (choice.building_uid,))
        if place is not None and not place.isEmpty():
            self._desk.show_place(place, margin=MARGIN_M)

    def _show_name(self, household: str) -> None:
        name = self._ask("head", household)
        if name is not None:
            self._dock.show_name(household, name)

    def _take(self, household: str, choice: "Choice") -> None:
        self._decide(household, building=choice.building_uid, dwelling=choice.dwelling_uid)

    def _state(self, household: str, state: str) -> None:
        self._decide(household, state=state)

    def _decide(self, household: str, **decision: str | None) -> None:
        sitting = self._sitting
        if sitting is None or not self._desk.may_change():
            return
        before = len(sitting.steps)
        offer = self._ask("decide", household, **decision)
        if len(sitting.steps) == before:
            return
        queue = self._dock.queue
        self._counts = self._ask("counts") or {}
        if queue == "by_hand":
            self._reload("by_hand", household)
        else:
            self._dock.show_counts(self._counts)
            self._dock.drop_household(household)
        self._stepped()
        if offer is not None and offer.households:
            self._dock.offer_alias(offer)

    def _release(self, household: str) -> None:
        if not self._desk.may_change():
            return
        self._ask("release", household)
        self._stepped()
        self._reload("by_hand")

    def _undo(self) -> None:
        step = self._ask("undo")
        if step is None:
            return
        self._stepped()
        first = step.households[0]
        state = step.before.loc[first]
        by_hand = bool(state["link_by_hand"]) if state["link_by_hand"] is not None else False
        self._reload("by_hand" if by_hand else str(state["link_state"] or "none"), first)

    def _apply(self, offer: "AliasOffer") -> None:
        sitting = self._sitting
        if sitting is None or self._background.busy or not self._desk.may_change():
            return

        service = self._service

        def finish(told: "Told | None", error: Exception | None) -> None:
            if error is not None:
                self._messages.failed(error)
                return
            assert told is not None
            count = sitting.heard(told)
            text = ngettext("{n} more household was linked.", "{n} more households were linked.", count)
            self._messages.done(text.format(n=f"{count:,}"))
            self._stepped()
            self._reload()

        self._background.run(_("Linking"), lambda report: service.call("hand.apply", offer, report=report), finish)

    def _stepped(self) -> None:
        """Remember that the last change is our own, show what can be taken back, count the steps again soon."""
        self._desk.withdraw_undo()
        self._show_undo()
        self._pause.start()

    def _show_undo(self) -> None:
        steps = self._sitting.steps if self._sitting is not None else ()
        self._dock.show_undo(steps[-1] if steps else None)

    def _recount_steps(self) -> None:
        path = self._township.path
        if self._background.busy or path is None:
            return
        self._aside.run(lambda: work_steps(path), self._township.recount)

    def expect_change(self) -> None:
        """Take the next change of the township for one of our own windows'."""
        self._expected = True

    def _notice_change(self) -> None:
        """Somebody else has changed the township, such as by marking a building: begin again with what is there."""
        if self._sitting is None or self._path is None or self._background.busy:
            return
        expected, self._expected = self._expected, False
        if self.beside_window:
            # Visits, registers and lists of others change nothing that the sitting knows.
            self._ask("counts")
        elif not expected and last_change(self._path) != self._sitting.change:
            self.close()
            if self._dock.isVisible():
                QTimer.singleShot(0, self.begin)
            self.outdated.emit()

    def _point(self) -> None:
        """Let her click a building on the map."""
        layer = self._township.layers.get("building")
        if layer is None or self._sitting is None:
            return
        tool = QgsMapToolIdentifyFeature(self._iface.mapCanvas(), layer)
        tool.featureIdentified.connect(self._pointed)
        self._map.use(tool, _("Click the building on the map."))

    def _pointed(self, feature: QgsFeature) -> None:
        household, building = self._dock.household, str(feature["uid"])
        self._map.give_back()
        if household is not None:
            choice = self._ask("pointed", household, building)
            if choice is not None:
                self._dock.add_choice(choice)
