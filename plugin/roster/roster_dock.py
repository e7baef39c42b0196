"""
The one place of the roster: its steps in the order of the work, each with what can be done there.

One step is open at a time; its buttons stand below its title. The figures are counts alone.
"""

from dataclasses import dataclass

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import N_, _, ngettext
from census_map.roster.standing import Standing

from ..panels.look import MAIN_STYLE, OPEN, STATE_MARKS, icon
from ..panels.running import RunningBox
from ..panels.steps import WIDTH, ElidedButton
from ..plain import PlainLabel

_HEAD_STYLE = """
QPushButton { border: 1px solid transparent; border-radius: 4px; text-align: left; }
QPushButton:hover { background: palette(midlight); }
QPushButton:checked { background: palette(base); border-color: palette(mid); }
"""


@dataclass(frozen=True)
class Part:
    """
    One step of the roster; its texts are to be translated.

    Attributes
    ----------
    key, title, hint
        Which; its name; what it is for.
    actions
        What can be done: key, text, tooltip. The first is the one that comes first in the work.
    """

    key: str
    title: str
    hint: str
    actions: tuple[tuple[str, str, str], ...]


PARTS: tuple[Part, ...] = (
    Part("import", N_("Read in the roster"), N_("The workbook with a row a household, as the villages sent it."), (
        ("import", N_("Read in a roster…"), N_("A preview first; nothing is changed before you agree.")),
        ("persons", N_("Take in a list of persons…"), N_("A row a person: the tables then list every person.")),
    )),
    Part("link", N_("Link with the map"), N_("The program links what is certain; the rest is yours."), (
        ("link", N_("Link with the map"), N_("All households that you have not decided by hand.")),
        ("by_hand", N_("Place the rest by hand"), N_("Household at left, places at right, with the keyboard alone.")),
    )),
    Part("missed", N_("Mark missing buildings"), N_("Where households live that have no building on the map yet."), (
        ("missed", N_("Go through the missing buildings…"), N_("Choose a line, the map goes there, draw.")),
    )),
    Part("field", N_("Visits and registers"), N_("What the enumerators bring back each day."), (
        ("visit", N_("Enter a visit or call…"), N_("Household by household: outcome, appointment, presence.")),
        ("visits", N_("Take in a day's sheet…"), N_("A row a visit; a sheet taken in again doubles nothing.")),
        ("registers", N_("Take in a register's sheet…"), N_("Nominal registrations, children not registered, …")),
        ("entry", N_("Enter somebody into a register…"), N_("For those who are not on the roster.")),
        ("lists", N_("Look at the registers and lists…"), N_("All of them, with the place on the map.")),
    )),
    Part("update", N_("Monthly update"), N_("A new version of the roster against the last one; old numbers stay."), (
        ("update", N_("New version of the roster…"), N_("Added, gone and changed, by mini-area, before you accept.")),
    )),
    Part("compare", N_("Compare with others"), N_("Departments' lists, two surveys of our own, meters."), (
        ("compare", N_("With a department's list…"), N_("Who is only here, only there, or differs.")),
        ("surveys", N_("Two surveys of our own…"), N_("Listing by the households against one form a household.")),
        ("cut", N_("Cut a list up by mini-area…"), N_("Each enumerator gets the rows of her own mini-area.")),
        ("evaluate", N_("Evaluation sheet…"), N_("Our totals by village beside each department's.")),
        ("vacancy", N_("Vacancy by water and power…"), N_("Who uses some is not vacant.")),
    )),
    Part("tables", N_("Tables"), N_("What is handed in, and what is printed."), (
        ("tables", N_("One set of tables…"), N_("Eight tables in one workbook, with names or without.")),
        ("lists", N_("Lists for Excel…"), N_("Work lists and registers, with names or without.")),
    )),
    Part("vault", N_("Protection of the names"), N_("Names live in one encrypted file; readings are written down."), (
        ("log", N_("Who has read the roster…"), N_("When, who, what and why.")),
        ("passphrase", N_("Change the passphrase…"), N_("Such as when somebody leaves the office.")),
        ("destroy", N_("Destroy the roster of names…"), N_("After the census, as prescribed.")),
    )),
)  # fmt: skip


class PartRow(QWidget):
    """One step: its head, and below it what can be done there."""

    def __init__(self, number: int, part: Part, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.part = part
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.head = QPushButton(self)
        self.head.setCheckable(True)
        self.head.setStyleSheet(_HEAD_STYLE)
        self.head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.head.setFixedHeight(max(30, self.fontMetrics().height() + 12))
        self.head.setToolTip(_(part.hint))
        line = QHBoxLayout(self.head)
        line.setContentsMargins(6, 2, 6, 2)
        self._mark, self._title, self._count = PlainLabel(self.head), PlainLabel(self.head), PlainLabel(self.head)
        self._mark.setFixedWidth(16)
        self._title.setText(f"{number} {_(part.title)}")
        for label in (self._mark, self._title, self._count):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line.addWidget(self._mark)
        line.addWidget(self._title, 1)
        line.addWidget(self._count)
        column.addWidget(self.head)
        self.body = QWidget(self)
        inner = QVBoxLayout(self.body)
        inner.setContentsMargins(26, 0, 6, 6)
        inner.setSpacing(3)
        hint = PlainLabel(_(part.hint), self.body)
        hint.setWordWrap(True)
        hint.setStyleSheet(f"color: {OPEN};")
        inner.addWidget(hint)
        self.buttons: dict[str, ElidedButton] = {}
        for place, (key, text, tip) in enumerate(part.actions):
            button = ElidedButton(self.body)
            button.set_text(_(text))
            button.setToolTip(_(tip))
            button.setStyleSheet(MAIN_STYLE if place == 0 and part.key != "vault" else "padding: 6px;")
            inner.addWidget(button)
            self.buttons[key] = button
        column.addWidget(self.body)
        self.open(opened=False)

    def open(self, *, opened: bool) -> None:
        """Show or hide what can be done."""
        self.head.setChecked(opened)
        self.body.setVisible(opened)

    def show_state(self, state: str, count: str) -> None:
        """Show the state of the step; empty: it has none."""
        mark, colour = STATE_MARKS.get(state, ("", ""))
        self._mark.setText(mark)
        self._mark.setStyleSheet(f"color: {colour}; font-weight: bold;")
        self._count.setText(count)
        self._count.setStyleSheet(f"color: {colour};" if state in ("done", "problems") else "")
        self.head.setAccessibleName(f"{_(self.part.title)} {count}")


class RosterDock(QDockWidget):
    """
    The dock.

    Signals: `asked(key)` with the action that was pressed; `stop_asked()`, `undo_asked()`.
    """

    asked = pyqtSignal(str)
    stop_asked = pyqtSignal()
    undo_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Roster"), parent)
        self.setObjectName("CensusMapRoster")
        self.setWindowIcon(icon("roster"))
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setSpacing(2)
        self.sentence = PlainLabel(whole)
        self.sentence.setWordWrap(True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(self.sentence)
        self.rows: dict[str, PartRow] = {}
        for number, part in enumerate(PARTS, start=1):
            row = self.rows[part.key] = PartRow(number, part, whole)
            row.head.clicked.connect(lambda _checked, key=part.key: self.open(key))
            for key, button in row.buttons.items():
                button.clicked.connect(lambda _checked=False, key=key: self.asked.emit(key))
            column.addWidget(row)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(whole)
        outside = QWidget(self)
        rows = QVBoxLayout(outside)
        rows.setContentsMargins(0, 0, 0, 6)
        rows.addWidget(scroll, 1)
        self.running = RunningBox(outside)
        self.running.stop_asked.connect(self.stop_asked)
        self.undo_button = ElidedButton(outside)
        self.undo_button.setFlat(True)
        self.undo_button.setIcon(icon("undo"))
        self.undo_button.clicked.connect(lambda _checked: self.undo_asked.emit())
        self.undo_button.hide()
        for part in (self.running, self.undo_button):
            rows.addWidget(part)
        self.setWidget(outside)
        self.setMinimumWidth(240)
        self._chosen = False
        self.show_standing(None)

    def sizeHint(self) -> QSize:
        """As wide as the dock of the steps, beside which it stands."""
        return QSize(WIDTH, 480)

    @property
    def opened(self) -> str:
        """The step that is open."""
        return next((key for key, row in self.rows.items() if row.head.isChecked()), "")

    def open(self, key: str) -> None:
        """Open a step, and close the others."""
        self._chosen = True
        self._open(key)

    def _open(self, key: str) -> None:
        for name, row in self.rows.items():
            row.open(opened=name == key)

    def show_undo(self, text: str | None) -> None:
        """Offer to take the last step back; None: there is nothing to take back."""
        self.undo_button.setVisible(text is not None)
        if text is not None:
            self.undo_button.set_text(text)

    def show_idle(self) -> None:
        """Nothing is being done any more."""
        self.running.hide()
        self.undo_button.setEnabled(True)

    def show_running(self, title: str) -> None:
        """Show that something is being done."""
        self.running.begin(title)
        self.undo_button.setEnabled(False)

    def show_standing(self, standing: Standing | None) -> None:
        """Show where the roster stands; None: no township is open."""
        for row in self.rows.values():
            row.setEnabled(standing is not None)
        if standing is None:
            self._chosen = False
            self.sentence.setText(_("Open a township first."))
            for row in self.rows.values():
                row.show_state("", "")
            self._open("")
            return
        states = self._states(standing)
        for key, (state, count) in states.items():
            self.rows[key].show_state(state, count)
        for key, row in self.rows.items():
            ready = standing.households > 0 or key in ("import", "vault")
            row.setEnabled(ready and (key != "vault" or standing.vault))
        self.sentence.setText(_sentence(standing))
        if not self._chosen:
            # Whoever has not chosen yet sees what comes next.
            self._open(next((key for key in ("import", "link", "missed") if states[key][0] != "done"), "field"))

    @staticmethod
    def _states(standing: Standing) -> dict[str, tuple[str, str]]:
        households, untried = standing.households, standing.states.get("none", 0)
        linked = households - standing.waiting - standing.missed
        found = f"{100 * linked // households} %" if households else ""
        missed = f"{standing.missed:,}" if standing.missed else ""
        tried = households > 0 and untried < households
        return {
            "import": ("done" if households else "open", f"{households:,}" if households else ""),
            "link": ("done" if tried and not standing.waiting else "problems" if tried else "open", found),
            "missed": ("problems" if standing.missed else "done" if tried else "open", missed),
            "field": ("open", f"{standing.visited:,}" if standing.visited else ""),
            "update": ("", ""),
            "compare": ("", ""),
            "tables": ("", ""),
            "vault": ("", ""),
        }


def _sentence(standing: Standing) -> str:
    if not standing.households:
        return _("No roster has been read in yet.")
    parts = [ngettext("{n} household", "{n} households", standing.households).format(n=f"{standing.households:,}")]
    if standing.visits:
        text = ngettext("{n} visited", "{n} visited", standing.visited)
        parts.append(text.format(n=f"{standing.visited:,}"))
    if standing.entries:
        text = ngettext("{n} entry to be settled", "{n} entries to be settled", standing.entries)
        parts.append(text.format(n=f"{standing.entries:,}"))
    return _(", ").join(parts)
