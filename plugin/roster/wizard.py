"""Reading in a roster: files, columns, passphrase, what would change, and then the import itself."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from census_map.i18n import _, ngettext

from ..plain import PlainLabel
from ..tasks import Background
from ..work import Desk
from .changes import ChangesPage, NamedRows, ProblemsTab
from .key import Key
from .pages import FilesPage
from .reading_window import ReadingWindow
from .step_dialog import Page

if TYPE_CHECKING:
    from census_map.roster.importing import RosterImport

    from .library.results import PlanView


class DonePage(Page):
    """What came of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        self.text = PlainLabel(self)
        self.text.setWordWrap(True)
        self.text.setStyleSheet("font-size: 12pt;")
        column.addWidget(self.text)
        column.addStretch(1)

    def show_done(self, done: "list[RosterImport]") -> None:
        """Say what was imported."""
        added, changed = sum(one.added for one in done), sum(one.changed for one in done)
        lines = [
            ngettext("{n} household is new.", "{n} households are new.", added).format(n=f"{added:,}"),
            ngettext("{n} household was changed.", "{n} households were changed.", changed).format(n=f"{changed:,}"),
        ]
        gone, removed = sum(len(one.gone) for one in done), any(one.removed for one in done)
        if gone:
            text = _("{n} households are gone and were removed") if removed else _("{n} households are gone; kept")
            lines.append(text.format(n=f"{gone:,}"))
        lines.append("")
        lines.append(_("Next, every household is looked for on the map."))
        self.text.setText("\n".join(lines))


class ImportWizard(ReadingWindow):
    """
    The window that reads in a roster.

    Signal: `link_asked()` when she goes on to linking.
    """

    link_asked = pyqtSignal()

    def __init__(self, path: Path, desk: Desk, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(_("Read in the roster"), path, desk, background, key, parent, files=FilesPage())
        self.changes = ChangesPage(self)
        self.done = DonePage(self)
        _describe(self.files, _("1 Choose the roster"), _("One workbook or several; all their sheets are looked at."))
        _describe(
            self.sheets,
            _("2 Is every column understood?"),
            _("Look at each sheet that is ticked. Names and numbers stay hidden until you show them."),
        )
        _describe(self.secret, _("3 Passphrase of the roster"), "")
        _describe(
            self.changes,
            _("4 What will change"),
            _("Nothing has been changed yet. Problems can be mended in the workbook and read in again at any time."),
            _("Read in now"),
        )
        _describe(self.done, _("The roster is read in"), "", _("Link it with the map"))
        for page in (self.files, self.sheets, self.secret, self.changes, self.done):
            self.add_page(page)
        self.changes.names_asked.connect(self._show_names)
        self.changes.problems.export_asked.connect(self.export_problems)
        self.show_page(self.files)

    def page_before(self) -> Page | None:
        """After the import there is no way back; the passphrase is asked only once."""
        before = {self.sheets: self.files, self.secret: self.sheets, self.changes: self.sheets}
        return before.get(self.page)

    def steps(self) -> dict[Page, Callable[[], None]]:
        """Import, then go on to linking."""
        return {self.changes: self._import, self.done: self._link}

    def problems(self) -> ProblemsTab:
        """Give where the problems of the roster are shown."""
        return self.changes.problems

    def unlocked(self) -> None:
        """Look what would change."""
        path, passphrase, service, choices = self._path, self._passphrase, self._service, self.sheets.choices()
        self.work(
            _("Comparing with what is there"),
            lambda report: service.call("rosters.plan", path, passphrase, choices, report=report),
            self._show_plan,
        )

    def _show_plan(self, plans: "list[PlanView]") -> None:
        self.changes.show_plan(plans)
        self.show_page(self.changes)

    def _show_names(self, rows: NamedRows, uids: list[str]) -> None:
        path, passphrase, service = self._path, self._passphrase, self._service
        self.work(
            _("Reading names"),
            lambda report: service.call("rosters.names_of", path, passphrase, uids, report=report),
            rows.show_names,
        )

    def _import(self) -> None:
        path, passphrase, service = self._path, self._passphrase, self._service
        remove = self.changes.remove_box.isChecked()
        self.change(
            self._desk,
            _("Reading in the roster"),
            lambda report: service.call("rosters.carry_out", path, passphrase, remove_gone=remove, report=report),
            self._show_done,
        )

    def _show_done(self, done: "list[RosterImport]") -> None:
        self.done.show_done(done)
        self.show_page(self.done)
        self.close_button.setText(_("Close"))

    def _link(self) -> None:
        self.close()
        self.link_asked.emit()


def _describe(page: Page, title: str, hint: str, onward: str = "") -> None:
    page.title, page.hint, page.onward = title, hint, onward or _("Go on")
