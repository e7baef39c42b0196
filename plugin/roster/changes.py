"""What an import would do, before it is done: counts, problems, changed and missing households."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _, ngettext
from census_map.roster.preview import HIDDEN

from ..panels.look import SEVERITY_MARKS
from ..plain import PlainLabel
from .step_dialog import Page, StepDialog
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from census_map.roster.sheet_view import RosterProblem

    from .library.results import PlanView
    from .service import Service

_SEVERITIES = ("error", "warning", "info")
NAME = 2


class NamedRows(QWidget):
    """
    Rows with hidden names, and the button that shows them.

    Signal: `names_asked(uids)`.
    """

    names_asked = pyqtSignal(object)

    def __init__(self, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        self.model = RowsModel(titles, self)
        self.table = RowsTable(self.model, (260, 70, 120, 0), self)
        column.addWidget(self.table)
        self.button = QPushButton(_("Show names"), self)
        self.button.setAutoDefault(False)
        self.button.setCheckable(True)
        self.button.toggled.connect(self._toggle)
        line = QHBoxLayout()
        line.addWidget(self.button)
        line.addStretch(1)
        column.addLayout(line)

    def show_rows(self, rows: Sequence[tuple[str, str, int | None, str]]) -> None:
        """Show rows: uid, sheet, row, text; the names are hidden."""
        self.button.blockSignals(True)
        self.button.setChecked(False)
        self.button.blockSignals(False)
        cells = [(sheet, row, HIDDEN, text) for _uid, sheet, row, text in rows]
        self.model.set_rows(cells, [uid for uid, *_rest in rows])

    def _toggle(self, shown: bool) -> None:  # noqa: FBT001  a Qt slot
        if shown:
            self.names_asked.emit(list(self.model.keys))
        else:
            self.show_names({})

    def show_names(self, names: dict[str, str]) -> None:
        """Fill the names in; those not given are hidden."""
        for row, uid in enumerate(self.model.keys):
            self.model.set_cell(row, NAME, names.get(uid, HIDDEN))


class ProblemsTab(QWidget):
    """
    What is wrong in files, each with its remedy.

    Signal: `export_asked(path)` with the file to write the problems into.
    """

    export_asked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: list[tuple[str, RosterProblem]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        self.model = RowsModel(["", _("sheet"), _("row"), _("column"), _("what is wrong"), _("what to do")], self)
        self.model.colour(0, dict(SEVERITY_MARKS.values()))
        self.table = RowsTable(self.model, (26, 110, 56, 120, 330, 0), self)
        column.addWidget(self.table)
        line = QHBoxLayout()
        self.export_button = QPushButton(_("Save the problems for Excel…"), self)
        self.export_button.setAutoDefault(False)
        self.export_button.clicked.connect(lambda _checked: self._ask_where())
        line.addWidget(self.export_button)
        self.exported = PlainLabel(self)
        line.addWidget(self.exported, 1)
        column.addLayout(line)

    def show_problems(self, found: "Sequence[tuple[str, RosterProblem]]") -> None:
        """Show the problems of files, the worst first."""
        self.found = sorted(found, key=lambda pair: _SEVERITIES.index(pair[1].severity))
        several = len({file for file, _problem in found}) > 1
        self.model.set_rows(
            [
                (
                    SEVERITY_MARKS[p.severity][0],
                    f"{file}: {p.sheet}" if several else p.sheet,
                    p.row or None,
                    p.column,
                    p.message,
                    p.fix,
                )
                for file, p in self.found
            ]
        )
        self.exported.setText("" if found else _("Nothing is wrong."))
        self.export_button.setEnabled(bool(found))

    def _ask_where(self) -> None:
        name = _("Problems of {file}").format(file=Path(self.found[0][0]).stem) + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save the problems for Excel…"), name, "*.xlsx")
        if out:
            self.export_asked.emit(as_workbook(out))

    def say(self, text: str) -> None:
        """Say what became of the file."""
        self.exported.setText(text)


def write_problems(window: StepDialog, service: "Service", problems: ProblemsTab, out: Path) -> None:
    """Write what is wrong in files, each on a sheet of its own, to be sent back."""
    found = problems.found
    window.work(
        _("Writing the workbook"),
        lambda report: service.call("rosters.write_problems", out, found, report=report),
        lambda made: problems.say(_("made {file}").format(file=made.name)),
    )


def as_workbook(name: str) -> Path:
    """Give the path of a workbook for what was typed, with its ending."""
    return Path(name) if name.lower().endswith(".xlsx") else Path(f"{name}.xlsx")


class ChangesPage(Page):
    """
    Counts and lists; the button onward imports.

    Signal: `names_asked(list, uids)` with the `NamedRows` that wants them.
    """

    names_asked = pyqtSignal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.summary = PlainLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setStyleSheet("font-size: 11pt;")
        column.addWidget(self.summary)
        self.tabs = QTabWidget(self)
        column.addWidget(self.tabs, 1)
        self.problems = ProblemsTab(self)
        titles = [_("sheet"), _("row"), _("head of household")]
        self.changed_rows = NamedRows([*titles, _("what changed")], self)
        self.gone_rows = NamedRows([*titles, _("persons")], self)
        for rows in (self.changed_rows, self.gone_rows):
            rows.hide()  # until it is a tab
            rows.names_asked.connect(lambda uids, rows=rows: self.names_asked.emit(rows, uids))
        self.remove_box = QCheckBox(_("Remove the households that are no longer in the file"), self)
        column.addWidget(self.remove_box)

    def show_plan(self, plans: "Sequence[PlanView]") -> None:
        """Show what an import would do."""
        added, changed, kept, gone, repeated = (
            sum(getattr(plan, name) for plan in plans) for name in ("added", "changed", "kept", "gone", "repeated")
        )
        parts = [
            ngettext("{n} new household", "{n} new households", added).format(n=f"{added:,}"),
            ngettext("{n} changed", "{n} changed", changed).format(n=f"{changed:,}"),
            ngettext("{n} as before", "{n} as before", kept).format(n=f"{kept:,}"),
            ngettext("{n} no longer in the file", "{n} no longer in the file", gone).format(n=f"{gone:,}"),
        ]
        if repeated:
            text = ngettext("{n} repeated row is left out", "{n} repeated rows are left out", repeated)
            parts.append(text.format(n=f"{repeated:,}"))
        self.summary.setText("   ".join(parts))
        found = [(plan.file, problem) for plan in plans for problem in plan.problems]
        self.problems.show_problems(found)
        self.changed_rows.show_rows([row for plan in plans for row in plan.changed_rows])
        self.gone_rows.show_rows([row for plan in plans for row in plan.gone_rows])
        self.remove_box.setVisible(bool(gone))
        self.remove_box.setChecked(False)
        self.tabs.clear()
        self.tabs.addTab(self.problems, _("Problems ({n})").format(n=f"{len(found):,}"))
        if changed:
            self.tabs.addTab(self.changed_rows, _("Changed ({n})").format(n=f"{changed:,}"))
        if gone:
            self.tabs.addTab(self.gone_rows, _("No longer in the file ({n})").format(n=f"{gone:,}"))
