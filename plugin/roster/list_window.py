"""The window for a list that somebody sent: the file, its columns, the passphrase, and what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from census_map.i18n import _, ngettext

from ..tasks import Background
from ..work import Desk
from .changes import ProblemsTab, as_workbook
from .jobs import Job, chosen_kind, options_of
from .key import Key
from .outcome import OutcomePage
from .pages import FilesPage
from .reading_window import ReadingWindow
from .step_dialog import Page

if TYPE_CHECKING:
    from census_map.task import Report

    from .library.results import Outcome


class ListWindow(ReadingWindow):
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
        kinds = [(name, _(title)) for name, title in job.kinds.items()]
        files = FilesPage(kinds=kinds, asked=_(job.asked) if job.asked else "", needs=job.needs)
        super().__init__(_(job.title), path, desk, background, key, parent, files=files, fields=job.fields)
        self.job = job
        self._then_done = False
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

    def steps(self) -> dict[Page, Callable[[], None]]:
        """Take the last step: a change, a workbook, or closing."""
        return {self.result: self._finish}

    def kind(self) -> str | None:
        """Give the kind of the job, or the department that was chosen."""
        return chosen_kind(self.job, self.files.kind.currentData())

    def problems(self) -> ProblemsTab:
        """Give where the problems of the list are shown."""
        return self.result.problems

    def unlocked(self) -> None:
        """Do the job."""
        path, passphrase, service = self._path, self._passphrase, self._service
        choices, options = self.sheets.choices(), options_of(self.job, self.files.kind.currentData())

        def work(report: "Report") -> Any:
            return service.call(self.job.verb, path, passphrase, choices, report=report, **options)

        if self.job.changes:
            self.change(self._desk, _(self.job.title), work, self._show_outcome)
        else:
            self.work(_(self.job.title), work, self._show_outcome)

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
            self._desk,
            _(self.job.title),
            lambda report: service.call(verb, path, passphrase, report=report),
            self._show_then,
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
