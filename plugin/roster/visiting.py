"""Visits by hand at work: households looked up, pointed at on the map, visits entered one step each."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeature
from qgis.gui import QgisInterface, QgsMapToolIdentifyFeature
from qgis.PyQt.QtCore import QObject

from census_map.errors import CensusMapError
from census_map.i18n import _

from ..messages import Messages
from ..tasks import Background
from ..township import Township
from ..work import Desk
from ..worker import WorkFailed
from .borrowing import BorrowedMap
from .key import Key
from .visit_window import VisitWindow

if TYPE_CHECKING:
    from census_map.roster.household_book import Visit
    from census_map.task import Report


class Visiting(QObject):
    """Opens the window for visits and does what it asks for."""

    def __init__(
        self, iface: QgisInterface, township: Township, desk: Desk, background: Background, messages: Messages,
        key: Key, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._iface, self._township, self._desk = iface, township, desk
        self._background, self._messages, self._key = background, messages, key
        self._map = BorrowedMap(iface.mapCanvas(), messages)
        self.window: VisitWindow | None = None

    def begin(self, path: Path) -> VisitWindow:
        """Make the window and open the households; the passphrase is known."""
        self.window = window = VisitWindow(self._iface.mainWindow())
        window.find_asked.connect(self._find)
        window.household_asked.connect(self._look_up)
        window.name_asked.connect(self._show_name)
        window.pointing_asked.connect(self._point)
        window.entered.connect(self._enter)
        window.left.connect(self._map.give_back)
        window.setEnabled(False)
        passphrase, service = self._key.of(path) or "", self._key.service

        def finish(count: int | None, error: Exception | None) -> None:
            if self.window is not window:
                return
            if error is not None:
                self._messages.failed(error)
                window.close()
                return
            window.setEnabled(True)
            window.search.setFocus()
            if not count:
                window.say(_("No roster has been read in yet."), fault=True)

        self._background.run(
            _("Reading the roster"), lambda report: service.call("field.open_book", path, passphrase, report=report),
            finish,
        )  # fmt: skip
        return window

    def forget(self) -> None:
        """The window has been closed."""
        self._map.give_back()
        self.window = None

    def _ask(self, verb: str, *arguments: Any, **options: Any) -> Any:
        if self._background.busy:
            self._say(_("Wait until the work that is running has ended, or stop it."))
            return None
        try:
            return self._key.service.call(f"field.{verb}", *arguments, **options)
        except (CensusMapError, WorkFailed) as error:
            self._refused(error)
            return None

    def _refused(self, error: Exception) -> None:
        if isinstance(error, CensusMapError):
            self._say(str(error))
        else:
            self._messages.failed(error)

    def _say(self, text: str) -> None:
        if self.window is not None:
            self.window.say(text, fault=True)

    def _find(self, text: str) -> None:
        found = self._ask("find", text)
        if found is not None and self.window is not None:
            self.window.show_found(found)

    def _look_up(self, household: str) -> None:
        known = self._ask("look_up", household)
        if known is not None and self.window is not None:
            self.window.show_household(known)

    def _show_name(self, household: str) -> None:
        name = self._ask("name_of", household)
        if name is not None and self.window is not None:
            self.window.show_name(name)

    def _enter(self, visit: "Visit", registers: list[str]) -> None:
        service, window = self._key.service, self.window
        if window is None:
            return

        def work(report: "Report") -> None:
            service.call("field.enter_visit", visit, registers, report=report)

        def done(_result: None) -> None:
            window.say(_("Entered."))
            window.go_on()

        self._desk.start(_("Entering a visit"), work, done, failed=self._refused)

    def _point(self) -> None:
        """Let her click a building on the map."""
        layer = self._township.layers.get("building")
        if layer is None:
            return
        tool = QgsMapToolIdentifyFeature(self._iface.mapCanvas(), layer)
        tool.featureIdentified.connect(self._pointed)
        self._map.use(tool, _("Click the building on the map."))

    def _pointed(self, feature: QgsFeature) -> None:
        building = str(feature["uid"])
        self._map.give_back()
        found = self._ask("find", "", building=building)
        if found is not None and self.window is not None:
            self.window.show_found(found)
            self.window.raise_()
