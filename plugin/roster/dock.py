"""
Linking by hand: the household at left, the places where it may live at right, everything with the keyboard alone.

Up and Down choose a place, Enter or its number takes it; the next household comes by itself. The dock knows neither
files nor the map: it shows what it is given and says what she wants.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from qgis.PyQt.QtCore import QEvent, QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import N_, _, ngettext
from census_map.roster.by_hand import BY_HAND, QUEUES, AliasOffer
from census_map.roster.preview import HIDDEN
from census_map.roster.worklists import state_title

from ..panels.look import WARNING
from ..plain import PlainLabel, as_plain
from .tables import RowsModel, RowsTable

if TYPE_CHECKING:
    from census_map.roster.by_hand import Choice

ADDRESS, AREA, ROW = range(3)
_CHOICES = 9
# Key, what it says about the household, text of its button.
STATES: tuple[tuple[Qt.Key, str, str], ...] = (
    (Qt.Key.Key_N, "missed_building", N_("N  Not on the map")),
    (Qt.Key.Key_D, "demolished", N_("D  Demolished")),
    (Qt.Key.Key_E, "elsewhere", N_("E  Elsewhere")),
)
_STATE_TIPS = {
    "missed_building": N_("The building is missing on the map (key N)."),
    "demolished": N_("The building does not stand any more (key D)."),
    "elsewhere": N_("The address lies in another census area or township (key E)."),
}


class LinkDock(QDockWidget):
    """
    The dock.

    Signals: `queue_asked(queue)`, `household_shown(uid)`, `choice_shown(choice)`, `taken(uid, choice)`,
    `stated(uid, state)`, `released(uid)`, `name_asked(uid)`, `pointing_asked()`, `alias_taken(offer)`, `undo_asked()`,
    `link_asked()`, `lists_asked()`.
    """

    queue_asked = pyqtSignal(str)
    household_shown = pyqtSignal(str)
    choice_shown = pyqtSignal(object)
    taken = pyqtSignal(str, object)
    stated = pyqtSignal(str, str)
    released = pyqtSignal(str)
    name_asked = pyqtSignal(str)
    pointing_asked = pyqtSignal()
    alias_taken = pyqtSignal(object)
    undo_asked = pyqtSignal()
    link_asked = pyqtSignal()
    lists_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Link by hand"), parent)
        self.setObjectName("CensusMapLinkByHand")
        self._queue = QUEUES[0]
        self._counts: dict[str, int] = {}
        self._households = pd.DataFrame()
        self._choices: list[Choice] = []
        self._offer: AliasOffer | None = None
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(3)
        column.addLayout(self._head_line(body))
        self._splitter = QSplitter(Qt.Orientation.Horizontal, body)
        self._splitter.addWidget(self._household_side(body))
        self._splitter.addWidget(self._choice_side(body))
        self._splitter.setStretchFactor(0, 2)
        self._splitter.setStretchFactor(1, 3)
        self._splitter.setSizes([420, 640])
        self._splitter.setChildrenCollapsible(False)
        column.addWidget(self._splitter, 1)
        self.setWidget(body)
        for table in (self.households, self.choices):
            table.installEventFilter(self)
            table.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        self.filter.installEventFilter(self)
        self.show_counts({})

    def sizeHint(self) -> QSize:
        """Some seven households: the map needs the height."""
        return QSize(900, 250)

    def _head_line(self, body: QWidget) -> QHBoxLayout:
        line = QHBoxLayout()
        self.queues = QComboBox(body)
        self.queues.setMinimumWidth(230)
        self.queues.activated.connect(lambda _index: self.queue_asked.emit(self.queues.currentData()))
        self.filter = QLineEdit(body)
        self.filter.setPlaceholderText(_("/  search in the addresses"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(210)
        self.filter.textChanged.connect(lambda _text: self._list())
        self._left = PlainLabel(body)
        self.undo_button = _button(_("U  Undo"), _("Take the last step back (key U)."), self.undo_asked.emit, body)
        self.link_button = _button(
            _("Link again"), _("Let the program link all that you have not decided."), self.link_asked.emit, body
        )
        self.lists_button = _button(
            _("Lists…"), _("What is missing, and where; for Excel."), self.lists_asked.emit, body
        )
        for part in (self.queues, self.filter):
            line.addWidget(part)
        line.addWidget(self._left, 1)
        for part in (self.undo_button, self.link_button, self.lists_button):
            line.addWidget(part)
        return line

    def _household_side(self, body: QWidget) -> QWidget:
        side = QWidget(body)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.household_rows = RowsModel([_("address on the roster"), _("census area"), _("row")], self)
        self.households = RowsTable(self.household_rows, (0, 110, 52), side)
        self.households.setMinimumWidth(300)
        self.households.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_household())
        column.addWidget(self.households, 1)
        line = QHBoxLayout()
        self._detail = PlainLabel(side)
        self._detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._name = PlainLabel(HIDDEN, side)
        self.name_button = _button(
            _("Show name"), _("The reading is written into the roster's log."), self._ask_name, side
        )
        line.addWidget(self._detail, 1)
        line.addWidget(self._name)
        line.addWidget(self.name_button)
        column.addLayout(line)
        return side

    def _choice_side(self, body: QWidget) -> QWidget:
        side = QWidget(body)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self._sentence = PlainLabel(side)
        self._sentence.setStyleSheet("font-weight: bold; font-size: 11pt;")
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(self._sentence)
        titles = ["", _("sure"), _("building on the map"), _("dwelling unit"), _("because")]
        self.choice_rows = RowsModel(titles, self)
        self.choices = RowsTable(self.choice_rows, (24, 52, 190, 190, 0), side)
        self.choices.selectionModel().currentRowChanged.connect(lambda _now, _before: self._show_choice())
        self.choices.doubleClicked.connect(lambda index: self._take(index.row()))
        column.addWidget(self.choices, 1)
        self._advice = PlainLabel(
            _("Nothing on the map is alike. If the building is there, press P and click it; if it is missing, press N, "
              "and mark it later from the lists."), self.choices.viewport()
        )  # fmt: skip
        self._advice.setWordWrap(True)
        self._advice.setContentsMargins(8, 8, 8, 8)
        self._advice.setMinimumWidth(420)
        self._advice.hide()
        self._foot = QStackedWidget(side)
        self._foot.addWidget(self._decision_line(side))
        self._foot.addWidget(self._offer_line(side))
        self._foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column.addWidget(self._foot)
        return side

    def _decision_line(self, side: QWidget) -> QWidget:
        page = QWidget(side)
        line = QHBoxLayout(page)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        self.take_button = _button(_("Enter  Here"), _("It lives in the chosen place (key Enter)."), self._take, page)
        line.addWidget(self.take_button)
        self.state_buttons: dict[str, QPushButton] = {}
        for _key, state, text in STATES:
            button = _button(_(text), _(_STATE_TIPS[state]), lambda state=state: self._state(state), page)
            self.state_buttons[state] = button
            line.addWidget(button)
        self.skip_button = _button(_("S  Skip"), _("The next household; this one stays (key S)."), self._skip, page)
        self.point_button = _button(
            _("P  Point on the map"), _("Click the right building on the map (key P)."), self.pointing_asked.emit, page
        )
        self.release_button = _button(_("R  Release"), _("Let the program link it again (key R)."), self._release, page)
        for button in (self.skip_button, self.point_button, self.release_button):
            line.addWidget(button)
        line.addStretch(1)
        return page

    def _offer_line(self, side: QWidget) -> QWidget:
        page = QWidget(side)
        line = QHBoxLayout(page)
        line.setContentsMargins(0, 0, 0, 0)
        self._offer_text = PlainLabel(page)
        self._offer_text.setStyleSheet(f"color: {WARNING}; font-weight: bold;")
        self._offer_text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.offer_button = _button(_("A  Apply"), _("All these rows as one step (key A)."), self._take_offer, page)
        self.refuse_button = _button(_("Esc  No"), _("This household alone."), self.withdraw_offer, page)
        line.addWidget(self._offer_text, 1)
        line.addWidget(self.offer_button)
        line.addWidget(self.refuse_button)
        return page

    @property
    def queue(self) -> str:
        """The queue that is shown."""
        return self._queue

    @property
    def household(self) -> str | None:
        """The household that is shown, or None."""
        row = self.households.row()
        return self.household_rows.keys[row] if 0 <= row < len(self.household_rows.keys) else None

    def show_counts(self, counts: dict[str, int]) -> None:
        """Show how many households wait, queue by queue."""
        self._counts = dict(counts)
        self.queues.blockSignals(True)
        self.queues.clear()
        for queue in QUEUES:
            if counts.get(queue) or queue in (self._queue, QUEUES[0]):
                title = _("decided by hand") if queue == BY_HAND else state_title(queue)
                self.queues.addItem(f"{title}  {counts.get(queue, 0):,}", queue)
        self.queues.setCurrentIndex(max(self.queues.findData(self._queue), 0))
        self.queues.blockSignals(False)
        left = sum(counts.get(queue, 0) for queue in ("undecided", "unreadable", "none"))
        text = ngettext("{n} household is left to decide", "{n} households are left to decide", left)
        self._left.setText(text.format(n=f"{left:,}") if left else _("Nothing is left to decide."))

    def show_queue(self, queue: str, households: pd.DataFrame, *, select: str | None = None) -> None:
        """
        Show the households of a queue.

        Parameters
        ----------
        queue
            Of `by_hand.QUEUES`.
        households
            As `HandLinking.queue` gives them.
        select
            uid of the household to begin with; None: the first.
        """
        self._queue, self._households = queue, households
        self.release_button.setVisible(queue == BY_HAND)
        self.filter.blockSignals(True)
        self.filter.clear()
        self.filter.blockSignals(False)
        self.show_counts(self._counts)
        self._list(select)

    def _list(self, select: str | None = None) -> None:
        wanted = self.filter.text().strip().casefold()
        frame = self._households
        cells: list[tuple[Any, ...]] = []
        keys: list[str] = []
        if len(frame):
            for uid, address, area, row in zip(
                frame.index, frame["address"], frame["census_area"], frame["source_row"], strict=True
            ):
                if not wanted or wanted in address.casefold() or wanted in area.casefold():
                    cells.append((address or _("no address"), area, None if pd.isna(row) else int(row)))
                    keys.append(uid)
        self.household_rows.set_rows(cells, keys)
        if keys:
            self.households.selectRow(keys.index(select) if select in keys else 0)
        else:
            self._show_household()

    def drop_household(self, uid: str) -> None:
        """Take a household off the list because it has been decided; the next one moves up."""
        if uid not in self.household_rows.keys:
            return
        row = self.household_rows.keys.index(uid)
        self._households = self._households.drop(index=uid)
        self.household_rows.remove_row(row)
        count = self.household_rows.rowCount()
        if count:
            self.households.selectRow(min(row, count - 1))
        else:
            self._show_household()

    def _show_household(self) -> None:
        uid = self.household
        self._name.setText(HIDDEN if uid else "")
        self.name_button.setEnabled(uid is not None)
        for button in (self.take_button, *self.state_buttons.values(), self.skip_button, self.point_button):
            button.setEnabled(uid is not None)
        if uid is None:
            self._detail.clear()
            self._sentence.clear()
            self.show_choices([])
            return
        row = self._households.loc[uid]
        number = "" if pd.isna(row["source_row"]) else int(row["source_row"])
        address = row["address"] or _("no address")
        self._sentence.setText(_("Row {row}: {address}").format(row=number, address=address))
        self._sentence.setToolTip(as_plain(f"{row['source']}  {address}"))
        persons = row["persons"]
        parts = [] if pd.isna(persons) else [ngettext("{n} person", "{n} persons", int(persons)).format(n=int(persons))]
        text = "  ·  ".join([*parts, str(row["reason"])])
        self._detail.setText(text)
        self._detail.setToolTip(as_plain(text))
        self.household_shown.emit(uid)

    def show_choices(self, choices: "Sequence[Choice]", *, select: int = 0) -> None:
        """Show where the household may live, best first."""
        self._choices = list(choices)[:_CHOICES]
        self.choice_rows.set_rows(
            [
                (
                    str(number),
                    "" if choice.score is None else f"{choice.score * 100:.0f} %",
                    choice.building,
                    _room(choice),
                    choice.reasons,
                )
                for number, choice in enumerate(self._choices, start=1)
            ]
        )
        self.take_button.setEnabled(bool(self._choices))
        self._advice.setVisible(self.household is not None and not self._choices)
        self._advice.adjustSize()
        if self._choices:
            self.choices.selectRow(min(select, len(self._choices) - 1))

    def add_choice(self, choice: "Choice") -> None:
        """Put a building that she pointed at on top of the list."""
        others = [other for other in self._choices if other.building_uid != choice.building_uid]
        self.show_choices([choice, *others])
        self.choices.setFocus()

    def show_name(self, uid: str, name: str) -> None:
        """Show the name that she asked for, until another household is shown."""
        if uid == self.household:
            self._name.setText(name or _("no name"))

    def show_undo(self, title: str | None) -> None:
        """Say what U takes back; None: nothing."""
        self.undo_button.setEnabled(title is not None)
        self.undo_button.setToolTip(
            _("Take the last step back (key U).") if title is None else _("Take back: {what}").format(what=title)
        )

    def offer_alias(self, offer: AliasOffer) -> None:
        """Offer what the last decision teaches about other rows."""
        self._offer = offer
        count = len(offer.households)
        text = ngettext(
            "“{roster}” means “{map}”: applies to {n} more row.",
            "“{roster}” means “{map}”: applies to {n} more rows.",
            count,
        )
        self._offer_text.setText(text.format(roster=offer.roster_name, map=offer.map_name, n=f"{count:,}"))
        self._foot.setCurrentIndex(1)

    def withdraw_offer(self) -> None:
        """Take the offer away."""
        self._offer = None
        self._foot.setCurrentIndex(0)

    def start(self) -> None:
        """Give the keyboard to the choices."""
        self.choices.setFocus()

    def _take_offer(self) -> None:
        offer = self._offer
        if offer is not None:
            self.withdraw_offer()
            self.alias_taken.emit(offer)

    def _take(self, row: int | None = None) -> None:
        place = self.choices.row() if row is None else row
        if self.household is not None and 0 <= place < len(self._choices):
            self.withdraw_offer()
            self.taken.emit(self.household, self._choices[place])

    def _state(self, state: str) -> None:
        if self.household is not None:
            self.withdraw_offer()
            self.stated.emit(self.household, state)

    def _release(self) -> None:
        if self.household is not None and self._queue == BY_HAND:
            self.released.emit(self.household)

    def _ask_name(self) -> None:
        if self.household is not None:
            self.name_asked.emit(self.household)

    def _skip(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        count = self.household_rows.rowCount()
        if count:
            self.withdraw_offer()
            self.households.selectRow((self.households.row() + by) % count)

    def _show_choice(self) -> None:
        row = self.choices.row()
        if 0 <= row < len(self._choices):
            self.choice_shown.emit(self._choices[row])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys of the two tables; QGIS's own one-letter shortcuts must not get them."""
        if isinstance(event, QKeyEvent):
            if watched is self.filter:
                return event.type() == QEvent.Type.KeyPress and self._filter_key(event)
            if event.type() == QEvent.Type.ShortcutOverride and self._act(event, do=False):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._act(event, do=True)
        return super().eventFilter(watched, event)

    def _filter_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.start()
        elif event.key() == Qt.Key.Key_Escape:
            self.filter.clear()
            self.start()
        else:
            return False
        return True

    def _act(self, event: QKeyEvent, *, do: bool) -> bool:
        """Carry out a key, or only tell whether it is one of ours."""
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        key = event.key()
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            if do:
                self._take(key - Qt.Key.Key_1)
            return True
        actions = {
            Qt.Key.Key_Return: self._take,
            Qt.Key.Key_Enter: self._take,
            Qt.Key.Key_S: self._skip,
            Qt.Key.Key_PageDown: self._skip,
            Qt.Key.Key_PageUp: lambda: self._move(-1),
            Qt.Key.Key_P: self.pointing_asked.emit,
            Qt.Key.Key_R: self._release,
            Qt.Key.Key_U: self.undo_asked.emit,
            Qt.Key.Key_A: self._take_offer,
            Qt.Key.Key_Escape: self.withdraw_offer,
            Qt.Key.Key_Slash: self.filter.setFocus,
            **{name: lambda state=state: self._state(state) for name, state, _text in STATES},
        }
        action = actions.get(key)
        if action is not None and do:
            action()
        return action is not None


def _room(choice: "Choice") -> str:
    if not choice.households:
        return choice.dwelling
    living = ngettext("{n} household there", "{n} households there", choice.households).format(n=choice.households)
    return f"({living}) {choice.dwelling}"


def _button(text: str, tip: str, act: Any, parent: QWidget) -> QPushButton:
    button = QPushButton(text.replace("&", "&&"), parent)
    button.setToolTip(tip)
    # The keyboard stays with the tables.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(lambda _checked=False: act())
    return button


def no_households() -> pd.DataFrame:
    """Give an empty queue."""
    return pd.DataFrame(columns=["address", "census_area", "source", "source_row", "persons", "reason"])
