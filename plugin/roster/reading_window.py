"""What every window that reads files of rows begins with: the files, their columns, the passphrase."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtWidgets import QWidget

from census_map.errors import CensusMapError
from census_map.i18n import _
from census_map.roster.vault import vault_path

from ..tasks import Background
from ..work import Desk
from .changes import ProblemsTab, write_problems
from .key import Key
from .pages import FilesPage, PassphrasePage
from .sheets import SheetFile, SheetsPage
from .step_dialog import Page, StepDialog

if TYPE_CHECKING:
    from .library.results import Looked


class ReadingWindow(StepDialog):
    """
    Files, their columns and the passphrase, which is asked only once; then what a subclass does in `unlocked`.

    A subclass makes its own pages, adds all of them in their order, and says where they lead in `steps`.

    Parameters
    ----------
    files, fields
        The first page; the columns that matter on the second, none: all.
    """

    def __init__(
        self,
        title: str,
        path: Path,
        desk: Desk,
        background: Background,
        key: Key,
        parent: QWidget | None,
        *,
        files: FilesPage,
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__(background, title, parent)
        self._path, self._desk, self._key, self._service = path, desk, key, key.service
        self.files = files
        self.sheets = SheetsPage(self, fields=fields)
        self.secret = PassphrasePage(vault_path(path), self)

    def steps(self) -> dict[Page, Callable[[], None]]:
        """Give what the button onward does on the subclass's own pages."""
        raise NotImplementedError

    def unlocked(self) -> None:
        """Go on with the columns as they were understood, now that the passphrase is known."""
        raise NotImplementedError

    def kind(self) -> str | None:
        """Give the kind of list as whose columns are looked at; None: a roster."""
        return None

    def problems(self) -> ProblemsTab:
        """Give where the problems of the files are listed."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Do what the button onward promises."""
        first = {self.files: self._read_files, self.sheets: self._unlock, self.secret: self._try_passphrase}
        {**first, **self.steps()}[self.page]()

    @property
    def _passphrase(self) -> str:
        return self._key.of(self._path) or ""

    def _read_files(self) -> None:
        path, files, kind, service = self._path, list(self.files.files), self.kind(), self._service

        def show(looked: "Looked") -> None:
            opened = [SheetFile(service, at, *pair) for at, pair in enumerate(zip(files, looked.files, strict=True))]
            self.sheets.show_files(opened, looked)
            self.show_page(self.sheets)

        self.work(
            _("Reading the files"),
            lambda report: service.call("rosters.open_files", path, files, kind=kind, report=report),
            show,
        )

    def _unlock(self) -> None:
        said = self._key.fetch(self._path)
        if self._key.of(self._path) is not None:
            self.unlocked()
            return
        self.show_page(self.secret)
        self.say(said)

    def _try_passphrase(self) -> None:
        try:
            told = self._key.take(self._path, self.secret)
        except CensusMapError as error:
            self.say(str(error))
            self.secret.passphrase.selectAll()
            self.secret.passphrase.setFocus()
            return
        self.unlocked()
        if told:
            self.say(told)

    def export_problems(self, out: Path) -> None:
        """Write what is wrong in the files, each on a sheet of its own, to be sent back."""
        write_problems(self, self._service, self.problems(), out)
