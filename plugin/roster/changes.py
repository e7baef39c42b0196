"""What an import would do, before it is done: counts, problems, changed and missing households."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _, ngettext
from census_map.roster.headers import FIELDS
from census_map.roster.preview import HIDDEN
from census_map.roster.workbook import SheetSpec, write_workbook

from ..panels.look import SEVERITY_MARKS
from .step_dialog import Page
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from census_map.roster.importing import ImportPlan
    from census_map.roster.read import RosterProblem

    from .library import Planned

_SEVERITIES = ("error", "warning", "info")
_COLUMN_FIELDS = {"census_area_uid": "census_area", "place": "building"}
NAME = 2


def column_titles(columns: Sequence[str]) -> str:
    """Name the columns that changed, each once."""
    names = [_COLUMN_FIELDS.get(name, name) for name in columns]
    return _(", ").join(dict.fromkeys(_(FIELDS[name]) for name in names if name in FIELDS))


def file_and_sheet(source: object) -> str:
    """Show where a household stood: sheet, or file without a sheet."""
    return str(source) if isinstance(source, str) else ""


def problems_sheet(file: str, problems: "Sequence[RosterProblem]") -> SheetSpec:
    """Make the sheet of problems that can be sent back to whoever made the roster; it quotes no cell."""
    titles = [_("sheet"), _("row"), _("column"), _("what is wrong"), _("what to do")]
    rows = [[p.sheet, p.row or None, p.column, p.message, p.fix] for p in problems]
    return SheetSpec(
        _("problems"), _("Problems of the roster {file}").format(file=file), pd.DataFrame(rows, columns=titles)
    )


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


class ChangesPage(Page):
    """
    Counts and lists; the button onward imports.

    Signal: `names_asked(list, uids)` with the `NamedRows` that wants them.
    """

    names_asked = pyqtSignal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.planned: Planned | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setStyleSheet("font-size: 11pt;")
        column.addWidget(self.summary)
        self.tabs = QTabWidget(self)
        column.addWidget(self.tabs, 1)
        self.problems = RowsModel(["", _("sheet"), _("row"), _("column"), _("what is wrong"), _("what to do")], self)
        self.problems.colour(0, dict(SEVERITY_MARKS.values()))
        self._problems_tab = self._make_problems_tab()
        titles = [_("sheet"), _("row"), _("head of household")]
        self.changed_rows = NamedRows([*titles, _("what changed")], self)
        self.gone_rows = NamedRows([*titles, _("persons")], self)
        for rows in (self.changed_rows, self.gone_rows):
            rows.hide()  # until it is a tab
            rows.names_asked.connect(lambda uids, rows=rows: self.names_asked.emit(rows, uids))
        self.remove_box = QCheckBox(_("Remove the households that are no longer in the file"), self)
        column.addWidget(self.remove_box)

    def _make_problems_tab(self) -> QWidget:
        tab = QWidget(self)
        column = QVBoxLayout(tab)
        column.setContentsMargins(4, 4, 4, 4)
        self.problems_table = RowsTable(self.problems, (26, 110, 56, 120, 330, 0), tab)
        column.addWidget(self.problems_table)
        line = QHBoxLayout()
        self.export_button = QPushButton(_("Save the problems for Excel…"), tab)
        self.export_button.setAutoDefault(False)
        self.export_button.clicked.connect(lambda _checked: self.export())
        line.addWidget(self.export_button)
        self.exported = QLabel(tab)
        self.exported.setTextFormat(Qt.TextFormat.PlainText)
        line.addWidget(self.exported, 1)
        column.addLayout(line)
        return tab

    def show_plan(self, planned: "Planned") -> None:
        """Show what an import would do."""
        self.planned = planned
        plans = planned.plans
        added, changed = sum(len(plan.added) for plan in plans), sum(len(plan.changes) for plan in plans)
        gone, repeated = sum(len(plan.gone) for plan in plans), sum(plan.repeated for plan in plans)
        kept = sum(len(plan.rows) for plan in plans) - added - changed
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
        found = self._show_problems(plans)
        self.changed_rows.show_rows([row for plan in plans for row in _changed(plan)])
        self.gone_rows.show_rows([row for plan in plans for row in _gone(plan)])
        self.remove_box.setVisible(bool(gone))
        self.remove_box.setChecked(False)
        self.tabs.clear()
        self.tabs.addTab(self._problems_tab, _("Problems ({n})").format(n=f"{found:,}"))
        if changed:
            self.tabs.addTab(self.changed_rows, _("Changed ({n})").format(n=f"{changed:,}"))
        if gone:
            self.tabs.addTab(self.gone_rows, _("No longer in the file ({n})").format(n=f"{gone:,}"))

    def _show_problems(self, plans: "Sequence[ImportPlan]") -> int:
        several = len(plans) > 1
        found = [(plan.roster.file, problem) for plan in plans for problem in plan.problems]
        found.sort(key=lambda pair: _SEVERITIES.index(pair[1].severity))
        self.problems.set_rows(
            [
                (
                    SEVERITY_MARKS[p.severity][0],
                    f"{file}: {p.sheet}" if several else p.sheet,
                    p.row or None,
                    p.column,
                    p.message,
                    p.fix,
                )
                for file, p in found
            ]
        )
        self.exported.setText("" if found else _("Nothing is wrong."))
        self.export_button.setEnabled(bool(found))
        return len(found)

    def export(self) -> None:
        """Ask for a file, and write the problems into it."""
        assert self.planned is not None
        first = self.planned.plans[0].roster.file
        name = _("Problems of {file}").format(file=Path(first).stem) + ".xlsx"
        out, _filter = QFileDialog.getSaveFileName(self, _("Save the problems for Excel…"), name, "*.xlsx")
        if out:
            self.export_to(Path(out))

    def export_to(self, out: Path) -> None:
        """Write the problems of every file on a sheet of its own."""
        assert self.planned is not None
        path = out if out.suffix.lower() == ".xlsx" else Path(f"{out}.xlsx")
        plans = self.planned.plans
        write_workbook(path, [problems_sheet(plan.roster.file, plan.problems) for plan in plans])
        self.exported.setText(_("made {file}").format(file=path.name))


def _changed(plan: "ImportPlan") -> list[tuple[str, str, int | None, str]]:
    sources = plan.rows["source"]
    return [
        (change["uid"], file_and_sheet(sources[change["uid"]]), change["row"], column_titles(change["columns"]))
        for change in plan.changes
    ]


def _gone(plan: "ImportPlan") -> list[tuple[str, str, int | None, str]]:
    known = plan.known.loc[plan.gone]
    return [
        (
            str(uid),
            file_and_sheet(row["source"]),
            None if pd.isna(row["source_row"]) else int(row["source_row"]),
            "" if pd.isna(row["h2a"]) else str(int(row["h2a"])),
        )
        for uid, row in known.iterrows()
    ]
