"""
Entering a visit or call for one household: find it at left, write down what happened at right, next one.

The window stays open beside the map, where a building can be clicked to see who lives there. Names are hidden until
she asks for one.
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
from qgis.PyQt.QtCore import QDate, Qt, QTime, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _, ngettext
from census_map.roster.preview import HIDDEN
from census_map.schema import PRESENCE, REGISTER, REPORTING, VISIT_KIND, VISIT_OUTCOME

from ..panels.look import DONE, ERROR, MAIN_STYLE
from ..plain import PlainLabel
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from census_map.roster.household_book import Visit

SIZE = (1060, 620)
_PAUSE_MS = 250
# On which a household is put with one tick, when the visit tells it.
_OFTEN = ("nominal", "mismatch", "absent_unknown", "several_houses", "unregistered_child", "collective", "no_plate")
_COUNTS = ("births", "deaths", "moved_in", "moved_out")


class VisitWindow(QDialog):
    """
    The window.

    Signals: `find_asked(text)`; `household_asked(uid)` to be looked up; `name_asked(uid)`; `pointing_asked()`;
    `entered(visit, registers)`; `left()` when it was closed.
    """

    find_asked = pyqtSignal(str)
    household_asked = pyqtSignal(str)
    name_asked = pyqtSignal(str)
    pointing_asked = pyqtSignal()
    entered = pyqtSignal(object, object)
    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Enter a visit or call"))
        self.resize(*SIZE)
        row = QVBoxLayout(self)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._find_side())
        splitter.addWidget(self._visit_side())
        splitter.setSizes([480, 560])
        row.addWidget(splitter, 1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.find_asked.emit(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.show_household(None)
        self.search.setFocus()

    def _find_side(self) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 4, 0)
        title = PlainLabel(_("1 Which household?"), side)
        title.setStyleSheet("font-weight: bold; font-size: 12pt;")
        column.addWidget(title)
        line = QHBoxLayout()
        self.search = QLineEdit(side)
        self.search.setPlaceholderText(_("number, code, row on the roster, address and room, or the whole name"))
        self.search.setClearButtonEnabled(True)
        self.point_button = QPushButton(_("Point on the map"), side)
        self.point_button.setToolTip(_("Click a building on the map: all its households are listed."))
        self.point_button.setAutoDefault(False)
        self.point_button.clicked.connect(lambda _checked: self.pointing_asked.emit())
        line.addWidget(self.search, 1)
        line.addWidget(self.point_button)
        column.addLayout(line)
        titles = [_("mini-area"), _("no."), _("building on the map"), _("room"), _("persons"), _("row")]
        self.found = RowsModel(titles, self)
        self.table = RowsTable(self.found, (80, 44, 0, 84, 58, 56), side)
        self.table.selectionModel().currentRowChanged.connect(lambda *_places: self._choose())
        column.addWidget(self.table, 2)
        self._count = PlainLabel(side)
        column.addWidget(self._count)
        column.addWidget(PlainLabel(_("Visits and calls so far"), side))
        self.visits = RowsModel(
            [_("day"), _("time"), _("kind"), _("outcome"), _("appointment"), _("by")], self
        )  # fmt: skip
        self.history = RowsTable(self.visits, (84, 48, 70, 0, 120, 44), side)
        column.addWidget(self.history, 1)
        return side

    def _visit_side(self) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(4, 0, 0, 0)
        line = QHBoxLayout()
        title = PlainLabel(_("2 What happened?"), side)
        title.setStyleSheet("font-weight: bold; font-size: 12pt;")
        self._name = PlainLabel(side)
        self.name_button = QPushButton(_("Show name"), side)
        self.name_button.setToolTip(_("The reading is written into the roster's log."))
        self.name_button.setAutoDefault(False)
        self.name_button.clicked.connect(lambda _checked: self._ask_name())
        line.addWidget(title, 1)
        line.addWidget(self._name)
        line.addWidget(self.name_button)
        column.addLayout(line)
        self._form = QWidget(side)
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        self._add_when(form)
        self._add_outcome(form)
        self._add_persons(form)
        column.addWidget(self._form)
        self._said = PlainLabel(side)
        self._said.setWordWrap(True)
        column.addWidget(self._said)
        column.addStretch(1)
        foot = QHBoxLayout()
        self.enter_button = QPushButton(_("Enter, and the next household"), side)
        self.enter_button.setStyleSheet(MAIN_STYLE)
        self.enter_button.setDefault(True)
        self.enter_button.clicked.connect(lambda _checked: self._enter())
        self.close_button = QPushButton(_("Close"), side)
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.close)
        foot.addStretch(1)
        foot.addWidget(self.enter_button)
        foot.addWidget(self.close_button)
        column.addLayout(foot)
        return side

    def _add_when(self, form: QFormLayout) -> None:
        self.day = QDateEdit(QDate.currentDate(), self)
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setMaximumDate(QDate.currentDate())
        self.with_time = QCheckBox(_("at"), self)
        self.time = QTimeEdit(QTime.currentTime(), self)
        self.time.setDisplayFormat("HH:mm")
        self.time.setEnabled(False)
        self.with_time.toggled.connect(self.time.setEnabled)
        self.kind = _choices(VISIT_KIND, self)
        self.staff = QLineEdit(self)
        self.staff.setPlaceholderText(_("staff number"))
        self.staff.setMaximumWidth(110)
        form.addRow(_("Day"), _line(self.day, self.with_time, self.time, self.kind, self.staff))

    def _add_outcome(self, form: QFormLayout) -> None:
        self.outcome = _choices(VISIT_OUTCOME, self, empty=_("not told"))
        form.addRow(_("Outcome"), self.outcome)
        self.again = QCheckBox(_("on"), self)
        self.appointment = QDateEdit(QDate.currentDate().addDays(1), self)
        self.appointment.setCalendarPopup(True)
        self.appointment.setDisplayFormat("yyyy-MM-dd")
        self.appointment_time = QTimeEdit(QTime(19, 0), self)
        self.appointment_time.setDisplayFormat("HH:mm")
        for part in (self.appointment, self.appointment_time):
            part.setEnabled(False)
            self.again.toggled.connect(part.setEnabled)
        form.addRow(_("Appointment"), _line(self.again, self.appointment, self.appointment_time))
        self.outcome.currentIndexChanged.connect(
            lambda _index: self.again.setChecked(self.outcome.currentData() == "later")
        )
        self.presence = _choices(PRESENCE, self, empty=_("not told"))
        form.addRow(_("Presence"), self.presence)
        self.reporting = _choices(REPORTING, self, empty=_("not told"))
        form.addRow(_("How it reported"), self.reporting)

    def _add_persons(self, form: QFormLayout) -> None:
        self.counts: dict[str, QSpinBox] = {}
        parts: list[QWidget] = []
        titles = {
            "births": _("births"), "deaths": _("deaths"), "moved_in": _("moved in"), "moved_out": _("moved out"),
        }  # fmt: skip
        for name in _COUNTS:
            box = QSpinBox(self)
            box.setRange(-1, 99)
            box.setSpecialValueText("–")
            box.setValue(-1)
            self.counts[name] = box
            parts += [PlainLabel(titles[name], self), box]
        form.addRow(_("Persons"), _line(*parts))
        self.phone = QLineEdit(self)
        self.remark = QLineEdit(self)
        self.phone.setPlaceholderText(_("into the encrypted roster alone"))
        self.remark.setPlaceholderText(_("into the encrypted roster alone"))
        form.addRow(_("Phone"), self.phone)
        form.addRow(_("Remark"), self.remark)
        box = QGroupBox(_("Put on a register"), self)
        grid = QGridLayout(box)
        grid.setContentsMargins(6, 2, 6, 2)
        words = dict(REGISTER)
        self.registers: dict[str, QCheckBox] = {}
        for place, kind in enumerate(_OFTEN):
            tick = self.registers[kind] = QCheckBox(_(words[kind]), box)
            grid.addWidget(tick, place // 2, place % 2)
        form.addRow(box)

    @property
    def household(self) -> str | None:
        """The household that is chosen."""
        place = self.table.row()
        return self.found.keys[place] if 0 <= place < len(self.found.keys) else None

    def show_found(self, rows: pd.DataFrame) -> None:
        """Show the households that were found."""
        shown = [
            (
                _short(row["mini_area"]),
                None if pd.isna(row["number"]) else int(row["number"]),
                row["place"] if isinstance(row["place"], str) else _("not on the map"),
                " ".join(str(row[name]) for name in ("entrance", "room") if not pd.isna(row[name])),
                None if pd.isna(row["persons"]) else int(row["persons"]),
                None if pd.isna(row["source_row"]) else int(row["source_row"]),
            )
            for row in rows.to_dict("records")
        ]
        self.found.set_rows(shown, list(rows.index))
        text = ngettext("{n} household", "{n} households", len(rows)).format(n=f"{len(rows):,}")
        self._count.setText(text if len(rows) or not self.search.text().strip() else _("Nothing was found."))
        if len(rows):
            self.table.selectRow(0)
        else:
            self.show_household(None)

    def _choose(self) -> None:
        if self.household is not None:
            self.household_asked.emit(self.household)

    def show_household(self, known: dict[str, Any] | None) -> None:
        """Show what is known of the chosen household, and empty the form; None: no household."""
        self._form.setEnabled(known is not None)
        self.enter_button.setEnabled(known is not None)
        self.name_button.setEnabled(known is not None)
        self._name.setText(HIDDEN if known is not None else "")
        self.visits.set_rows([] if known is None else known["visits"])
        state = {} if known is None else known["state"]
        self.outcome.setCurrentIndex(0)
        self.again.setChecked(False)
        self.with_time.setChecked(False)
        for name, box in (("presence", self.presence), ("reporting", self.reporting)):
            box.setCurrentIndex(max(box.findData(state.get(name)), 0))
        for name, box in self.counts.items():
            value = state.get(name)
            box.setValue(-1 if value is None else int(value))
        for part in (self.phone, self.remark):
            part.clear()
        on = {} if known is None else known["registers"]
        for kind, tick in self.registers.items():
            tick.setChecked(kind in on)
            tick.setEnabled(kind not in on)

    def show_name(self, name: str) -> None:
        """Show the name that she asked for, until another household is shown."""
        self._name.setText(name or _("no name"))

    def _ask_name(self) -> None:
        if self.household is not None:
            self.name_asked.emit(self.household)

    def say(self, text: str, *, fault: bool = False) -> None:
        """Say what became of it."""
        self._said.setText(text)
        self._said.setStyleSheet(f"color: {ERROR if fault else DONE}; font-weight: bold;")

    def _enter(self) -> None:
        visit = self.visit()
        if visit is not None:
            chosen = [kind for kind, tick in self.registers.items() if tick.isChecked() and tick.isEnabled()]
            self.entered.emit(visit, chosen)

    def visit(self) -> "Visit | None":
        """Give what stands in the form."""
        from census_map.roster.household_book import Visit  # noqa: PLC0415  brings geopandas along

        household = self.household
        if household is None:
            return None
        counts = {name: box.value() for name, box in self.counts.items() if box.value() >= 0}
        agreed = self.again.isChecked()
        return Visit(
            household, _day(self.day), self.time.time().toString("HH:mm") if self.with_time.isChecked() else None,
            str(self.kind.currentData()), self.outcome.currentData(), _day(self.appointment) if agreed else None,
            self.appointment_time.time().toString("HH:mm") if agreed else None, self.presence.currentData(),
            self.reporting.currentData(), self.staff.text().strip() or None, counts, self.phone.text().strip(),
            self.remark.text().strip(),
        )  # fmt: skip

    def go_on(self) -> None:
        """Turn to the next household that was found; after the last one to the search."""
        place = self.table.row()
        if place + 1 < self.found.rowCount():
            self.table.selectRow(place + 1)
        else:
            self._choose()
            self.search.setFocus()
            self.search.selectAll()

    def done(self, result: int) -> None:
        """Tell that the window was closed."""
        super().done(result)
        self.left.emit()


def _choices(choices: tuple[tuple[Any, str], ...], parent: QWidget, *, empty: str = "") -> QComboBox:
    box = QComboBox(parent)
    if empty:
        box.addItem(empty, None)
    for key, title in choices:
        box.addItem(_(title), key)
    return box


def _line(*parts: QWidget) -> QWidget:
    whole = QWidget()
    line = QHBoxLayout(whole)
    line.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        line.addWidget(part)
    line.addStretch(1)
    return whole


def _day(edit: QDateEdit) -> dt.date:
    day = edit.date()
    return dt.date(day.year(), day.month(), day.day())


def _short(code: object) -> str:
    """Give the end of a mini-area's code that people say."""
    return code[-6:] if isinstance(code, str) else ""
