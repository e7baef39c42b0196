"""The window for a list that somebody sent: the file, its columns, the passphrase, and what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from census_map.errors import CensusMapError
from census_map.i18n import _, ngettext
from census_map.roster.vault import vault_path

from ..tasks import Background
from ..work import Desk
from .changes import as_workbook
from .jobs import Job, chosen_kind, options_of
from .key import Key
from .outcome import OutcomePage
from .pages import FilesPage, PassphrasePage
from .sheets import SheetFile, SheetsPage
from .step_dialog import Page, StepDialog

if TYPE_CHECKING:
    from census_map.task import Report

    from .library.results import Looked, Outcome


class ListWindow(StepDialog):
    """
    The window of one job.

    Parameters
    ----------
    job
        Of `jobs.JOBS`.
    """

    def __init__(
        self, job: Job, path: Path, desk: Desk, background: Background, key: Key, parent: QWidget | None = None
    ) -> None:
        super().__init__(background, _(job.title), parent)
        self.job = job
        self._path, self._desk, self._key, self._service = path, desk, key, key.service
        self._then_done = False
        kinds = [(name, _(title)) for name, title in job.kinds.items()]
        self.files = FilesPage(self, kinds=kinds, asked=_(job.asked) if job.asked else "", needs=job.needs)
        self.sheets = SheetsPage(self, fields=job.fields)
        self.secret = PassphrasePage(vault_path(path), self)
        self.result = OutcomePage(self)
        self.result.offer_names(offered=job.names, saved=bool(job.write), apart=bool(job.then))
        hint = _("Look at each sheet that is ticked. Names and numbers stay hidden until you show them.")
        texts = (
            (self.files, _(job.files_title), _(job.files_hint), _("Go on")),
            (self.sheets, _("2 Is every column understood?"), hint, _(job.onward)),
            (self.secret, _("Passphrase of the roster"), "", _(job.onward)),
            (self.result, self._result_title(), "", _(job.then) if job.then else self._last_word()),
        )
        for page, title, hint, onward in texts:
            page.title, page.hint, page.onward = title, hint, onward
            self.add_page(page)
        self.result.save_asked.connect(self.ask_where)
        self.result.problems.export_asked.connect(self.export_problems)
        self.show_page(self.files)

    def _result_title(self) -> str:
        if self.job.changes:
            return _("3 What was taken in")
        return _("3 What will change") if self.job.then_verb == "rosters.take_over" else _("3 Result")

    def _last_word(self) -> str:
        if not self.job.write:
            return _("Close")
        return _("Save into a folder…") if self.job.folder else _("Save the workbook…")

    def page_before(self) -> Page | None:
        """The passphrase is asked only once; what was changed already is not begun again from here."""
        before = {self.sheets: self.files, self.secret: self.sheets, self.result: self.sheets}
        if self.page is self.result and (self.job.changes or self._then_done):
            return None
        return before.get(self.page)

    def go_on(self) -> None:
        """Do what the button onward promises."""
        {
            self.files: self._read_files,
            self.sheets: self._unlock,
            self.secret: self._try_passphrase,
            self.result: self._finish,
        }[self.page]()

    @property
    def _passphrase(self) -> str:
        return self._key.of(self._path) or ""

    def _read_files(self) -> None:
        path, files, service = self._path, list(self.files.files), self._service
        kind = chosen_kind(self.job, self.files.kind.currentData())

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
            self._do()
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
        self._do()
        if told:
            self.say(told)

    def _do(self) -> None:
        path, passphrase, service = self._path, self._passphrase, self._service
        choices, options = self.sheets.choices(), options_of(self.job, self.files.kind.currentData())

        def work(report: "Report") -> Any:
            return service.call(self.job.verb, path, passphrase, choices, report=report, **options)

        if self.job.changes:
            self.change(_(self.job.title), work, self._show_outcome)
        else:
            self.work(_(self.job.title), work, self._show_outcome)

    def change(self, title: str, work: Any, done: Any) -> None:
        """Do something that changes the township, as one step that can be taken back."""

        def finish(result: Any) -> None:
            self.end_work()
            done(result)

        def refused(error: Exception) -> None:
            self.end_work()
            self.failed(error)

        self._desk.start(title, work, finish, failed=refused)
        if self._background.busy:
            self.begin_work(title)
        else:
            self.say(_("Some of your changes on the map are not saved yet: save them first, then go on here."))

    def _show_outcome(self, outcome: "Outcome") -> None:
        self.result.show_outcome(outcome)
        self.show_page(self.result)
        self.close_button.setText(_("Close"))
        if not self.job.then and not self.job.write:
            self.close_button.hide()

    def _finish(self) -> None:
        if self.job.then and not self._then_done:
            self._do_then()
        elif self.job.write:
            self.ask_where()
        else:
            self.close()

    def _do_then(self) -> None:
        path, passphrase, service, verb = self._path, self._passphrase, self._service, self.job.then_verb
        self.change(
            _(self.job.title), lambda report: service.call(verb, path, passphrase, report=report), self._show_then
        )

    def _show_then(self, done: "Outcome | int") -> None:
        self._then_done = True
        self.result.onward = self._last_word()
        if isinstance(done, int):
            text = ngettext(
                "{n} entry was made for supplementary registration.",
                "{n} entries were made for supplementary registration.",
                done,
            )
            self.result.lines.setText(text.format(n=f"{done:,}"))
        else:
            self.result.show_outcome(done)
        self.result.title = _("Done")
        self.result.save_button.hide()
        self.show_page(self.result)

    def ask_where(self) -> None:
        """Ask where to, and write the workbook or the folder."""
        first = self.files.files[0].stem
        if self.job.folder:
            out = QFileDialog.getExistingDirectory(self, _("Save into a folder…"))
        else:
            name = _(self.job.file).format(file=first) + ".xlsx"
            out, _filter = QFileDialog.getSaveFileName(self, _("Save the workbook…"), name, "*.xlsx")
        if out:
            self.write(Path(out) if self.job.folder else as_workbook(out))

    def write(self, out: Path) -> None:
        """Write the workbook or the folder."""
        path, passphrase, service = self._path, self._passphrase, self._service
        names, verb = self.result.names_box.isChecked(), self.job.write
        self.work(
            _("Writing the workbook"),
            lambda report: service.call(verb, path, passphrase, out, names=names, report=report),
            self.result.made.show_made,
        )

    def export_problems(self, out: Path) -> None:
        """Write what is wrong in the list, to be sent back."""
        found, service = self.result.problems.found, self._service
        self.work(
            _("Writing the workbook"),
            lambda report: service.call("rosters.write_problems", out, found, report=report),
            lambda made: self.result.problems.say(_("made {file}").format(file=made.name)),
        )
