"""What came of a list: sentences, tables, problems; the workbook is written from here, with names only when asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from census_map.i18n import _

from ..panels.look import WARNING
from ..plain import PlainLabel
from .changes import ProblemsTab
from .step_dialog import Page
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from .library.results import Outcome, Rows

_NARROWEST, _WIDEST = 52, 260
_LETTER, _ROOM = 8, 18
_LOOKED_AT = 200
_FEW = 7


class OutcomePage(Page):
    """
    The page.

    Signal: `save_asked()` when the workbook is wanted.
    """

    save_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.lines = PlainLabel(self)
        self.lines.setWordWrap(True)
        self.lines.setStyleSheet("font-size: 11pt;")
        column.addWidget(self.lines)
        self.tabs = QTabWidget(self)
        column.addWidget(self.tabs, 1)
        self.problems = ProblemsTab(self)
        self.problems.hide()  # until it is a tab
        self.tables: list[RowsModel] = []
        self.names_box = QCheckBox(_("with names and addresses"), self)
        self.names_box.toggled.connect(self._warn)
        self.warning = PlainLabel(self)
        self.warning.setWordWrap(True)
        self.save_button = QPushButton(_("Save for Excel…"), self)
        self.save_button.setAutoDefault(False)
        self.save_button.clicked.connect(lambda _checked: self.save_asked.emit())
        self.made = MadeLine(self)
        line = QHBoxLayout()
        line.addWidget(self.names_box)
        line.addWidget(self.warning, 1)
        line.addWidget(self.save_button)
        column.addLayout(line)
        column.addWidget(self.made)

    def offer_names(self, *, offered: bool, saved: bool, apart: bool = False) -> None:
        """Say whether a workbook can be saved, and whether it may hold names; `apart`: by a button of its own."""
        self._named = offered
        self.names_box.setVisible(offered and saved)
        self.save_button.setVisible(saved and apart)
        self._warn(wanted=False)

    def _warn(self, wanted: bool) -> None:  # noqa: FBT001  a Qt slot
        self.warning.setStyleSheet(f"color: {WARNING}; font-weight: bold;" if wanted else "")
        if wanted:
            self.warning.setText(names_warning())
        elif self._named:
            self.warning.setText(_("Without names: rows, codes and counts alone. Keep it confidential."))
        else:
            self.warning.clear()

    def show_outcome(self, outcome: "Outcome") -> None:
        """Show what came of it."""
        self.lines.setText("\n".join(outcome.lines))
        place = self.tabs.currentIndex()
        self.tabs.clear()
        self.tables = []
        for rows in outcome.tables:
            model = RowsModel(rows.titles, self, grouped=range(len(rows.titles)) if rows.wide else ())
            model.set_rows(rows.rows)
            self.tables.append(model)
            self.tabs.addTab(RowsTable(model, widths_of(rows), self), f"{rows.title} ({len(rows.rows):,})")
        self.problems.show_problems(outcome.problems)
        if outcome.problems:
            self.tabs.addTab(self.problems, _("Problems ({n})").format(n=f"{len(outcome.problems):,}"))
        self.tabs.setCurrentIndex(max(min(place, self.tabs.count() - 1), 0))
        self.names_box.setChecked(False)
        self.made.clear()


class MadeLine(QWidget):
    """What file was made, and the button that opens its folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.text = PlainLabel(self)
        self.open_button = QPushButton(_("Open the folder"), self)
        self.open_button.setAutoDefault(False)
        self.open_button.clicked.connect(lambda _checked: self._open())
        line.addWidget(self.text, 1)
        line.addWidget(self.open_button)
        self.clear()

    def clear(self) -> None:
        """Nothing has been made yet."""
        self.text.clear()
        self.open_button.hide()

    def show_made(self, path: Path) -> None:
        """Say what was made."""
        self._folder = path if path.is_dir() else path.parent
        self.text.setText(_("made {file}").format(file=path.name))
        self.open_button.show()

    def _open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def names_warning() -> str:
    """Say what a file with names means."""
    return _(
        "This file will name people. Lock it away, give it to nobody who does not work for the census, and destroy it "
        "after use."
    )


def widths_of(rows: "Rows") -> Sequence[int]:
    """Give the widths of the columns, by their texts; 0 for those that take the room that is left."""
    if not rows.titles:
        return []
    wide = rows.wide or (len(rows.titles) - 1,) if len(rows.titles) < _FEW else ()
    return [0 if at in wide else _width(rows, at) for at in range(len(rows.titles))]


def _width(rows: "Rows", at: int) -> int:
    texts = [rows.titles[at], *(str(cells[at]) for cells in rows.rows[:_LOOKED_AT] if cells[at] is not None)]
    # A Chinese character is about twice as wide as a letter.
    longest = max(sum(_LETTER if sign.isascii() else 2 * _LETTER for sign in text) for text in texts)
    return max(_NARROWEST, min(longest + _ROOM, _WIDEST))
