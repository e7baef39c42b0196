"""
The dock for dividing: what she wishes, the plans to choose from, the mini-areas of one, and how good it is.

It knows no library and no map: it shows `View`s and says what she wants.
"""

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QCloseEvent, QKeyEvent
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _, ngettext

from ..panels.look import DONE, MAIN_STYLE
from ..panels.steps import ElidedButton
from ..plain import PlainLabel, as_plain
from .library import View, Wish
from .table import PlanModel, PlanTable
from .words import headline, proof

_PROOF_WIDTH = 272
_PLAN_STYLE = (
    "QPushButton { padding: 3px 8px; border: 1px solid palette(mid); border-radius: 4px; }"
    f"QPushButton:checked {{ border: 2px solid {DONE}; background: palette(base); }}"
)


class DividingDock(QDockWidget):
    """
    Propose, look, change, accept.

    Signals: `area_asked(code)`, `propose_asked()`, `rebalance_asked()`, `plan_asked(place)`, `accept_asked()`,
    `discard_asked()`, `back_asked()`, `cancel_asked()`; those of a row are the table's.
    """

    area_asked = pyqtSignal(str)
    propose_asked = pyqtSignal()
    rebalance_asked = pyqtSignal()
    plan_asked = pyqtSignal(int)
    accept_asked = pyqtSignal()
    discard_asked = pyqtSignal()
    back_asked = pyqtSignal()
    cancel_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Divide into mini-areas"), parent)
        self.setObjectName("CensusMapDividing")
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(3)
        column.addLayout(self._wish_row(body))
        column.addLayout(self._plan_row(body))
        middle = QHBoxLayout()
        self.model = PlanModel(self)
        self.table = PlanTable(self.model, body)
        middle.addWidget(self.table, 1)
        middle.addWidget(self._proof_box(body))
        column.addLayout(middle, 1)
        self.setWidget(body)
        self.show_running(None)

    def sizeHint(self) -> QSize:
        """Low enough that the map keeps most of the height."""
        return QSize(700, 250)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is discarding."""
        super().closeEvent(event)
        self.discard_asked.emit()

    def _wish_row(self, body: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.areas = QComboBox(body)
        self.areas.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.areas.setMinimumContentsLength(5)
        self.areas.setToolTip(_("Choose a census area here, or click on it on the map."))
        self.areas.activated.connect(lambda place: self.area_asked.emit(self.areas.itemData(place) or ""))
        self.target, self.minimum, self.maximum = (self._number(body) for _k in range(3))
        self.by = QComboBox(body)
        self.by.addItem(_("persons each"), "persons")
        self.by.addItem(_("households each"), "households")
        self.exactly = QCheckBox(_("exactly"), body)
        self.count = self._number(body)
        self.count.setMinimum(1)
        self.count.setMaximum(999)
        self.count.setEnabled(False)
        self.exactly.toggled.connect(self.count.setEnabled)
        self.propose_button = QPushButton(_("Divide"), body)
        self.propose_button.setObjectName("propose")
        self.propose_button.clicked.connect(lambda _checked: self.propose_asked.emit())
        self.rebalance_button = QPushButton(_("Balance"), body)
        self.rebalance_button.setObjectName("rebalance")
        self.rebalance_button.setToolTip(_("Even out the mini-areas with few changes; each stays where it is."))
        self.rebalance_button.clicked.connect(lambda _checked: self.rebalance_asked.emit())
        row.addWidget(self.areas, 2)
        for part in (_("about"), self.target, self.by, _("least"), self.minimum, _("most"), self.maximum):
            row.addWidget(PlainLabel(part, body) if isinstance(part, str) else part)
        row.addSpacing(8)
        for part in (self.exactly, self.count, PlainLabel(_("of them"), body)):
            row.addWidget(part)
        row.addSpacing(8)
        row.addWidget(self.propose_button)
        row.addWidget(self.rebalance_button)
        return row

    @staticmethod
    def _number(body: QWidget) -> QSpinBox:
        box = QSpinBox(body)
        box.setRange(0, 99_999)
        box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        box.setFixedWidth(48)
        return box

    def _plan_row(self, body: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self._plans = QHBoxLayout()
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.plan_asked)
        row.addLayout(self._plans, 9)
        self.hint = PlainLabel(body)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.hint, 1)
        self.progress = QProgressBar(body)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(14)
        row.addWidget(self.progress, 2)
        self.stop_button = QPushButton(_("Stop, take the best so far"), body)
        self.stop_button.clicked.connect(lambda _checked: self.cancel_asked.emit())
        self.back_button = QPushButton(_("Take the change back"), body)
        self.back_button.clicked.connect(lambda _checked: self.back_asked.emit())
        self.discard_button = QPushButton(_("Discard"), body)
        self.discard_button.setToolTip(_("Esc: nothing is changed."))
        self.discard_button.clicked.connect(lambda _checked: self.discard_asked.emit())
        self.accept_button = QPushButton(_("Accept"), body)
        self.accept_button.setObjectName("accept")
        self.accept_button.setStyleSheet(MAIN_STYLE)
        self.accept_button.setToolTip(_("Ctrl+Enter: draws these mini-areas; can be taken back."))
        self.accept_button.clicked.connect(lambda _checked: self.accept_asked.emit())
        for button in (self.stop_button, self.back_button, self.discard_button, self.accept_button):
            row.addWidget(button)
        return row

    def _proof_box(self, body: QWidget) -> QScrollArea:
        area = QScrollArea(body)
        area.setFixedWidth(_PROOF_WIDTH)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.proof = PlainLabel(area)
        self.proof.setWordWrap(True)
        self.proof.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.proof.setMargin(4)
        area.setWidget(self.proof)
        return area

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter accepts, Ctrl+Z takes the change back, Esc discards."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if control and enter and self.accept_button.isVisibleTo(self):
            self.accept_button.click()
        elif control and event.key() == Qt.Key.Key_Z and self.back_button.isVisibleTo(self):
            self.back_button.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.discard_button.click()
        else:
            super().keyPressEvent(event)

    def show_areas(self, areas: list[tuple[str, str]]) -> None:
        """List the census areas: code and name."""
        self.areas.clear()
        for code, name in areas:
            self.areas.addItem(f"{code[-3:]} {name}", code)

    def choose_areas(self, codes: tuple[str, ...]) -> None:
        """Show which census areas the plan is about."""
        several = self.areas.findData("")
        if several >= 0:
            self.areas.removeItem(several)
        if len(codes) > 1:
            text = ngettext("{n} census area", "{n} census areas", len(codes))
            self.areas.addItem(text.format(n=len(codes)), "")
        place = self.areas.findData(codes[0] if len(codes) == 1 else "")
        self.areas.setCurrentIndex(place)

    def wish(self) -> Wish:
        """Give what she asks for."""
        count = self.count.value() if self.exactly.isChecked() else None
        by = str(self.by.currentData())
        return Wish(self.target.value(), self.minimum.value(), self.maximum.value(), by, count)

    def show_wish(self, wish: Wish) -> None:
        """Show the size in force."""
        for box, value in ((self.target, wish.target), (self.minimum, wish.minimum), (self.maximum, wish.maximum)):
            box.setValue(value)
        self.by.setCurrentIndex(self.by.findData(wish.by))

    def show_plans(self, titles: list[str], views: list[View], chosen: int) -> None:
        """Offer plans to choose from, one of them chosen."""
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._plans.removeWidget(button)
            button.hide()  # it goes only when the program is idle
            button.deleteLater()
        for place, (title, view) in enumerate(zip(titles, views, strict=True)):
            text = _("{title}: {what}").format(title=title, what=headline(view))
            button = ElidedButton(self)
            button.set_text(text)
            button.setMaximumWidth(self.fontMetrics().horizontalAdvance(text) + 40)
            button.setCheckable(True)
            button.setChecked(place == chosen)
            button.setStyleSheet(_PLAN_STYLE)
            self._group.addButton(button, place)
            self._plans.addWidget(button, 1)

    def show_view(self, view: View | None, *, accept: bool, back: bool) -> None:
        """Show a plan: its mini-areas, how good it is, and whether it can be accepted."""
        self.model.show_view(view)
        self.proof.setText("" if view is None else "\n".join(proof(view)))
        self.accept_button.setVisible(accept)
        self.back_button.setVisible(back)
        self.rebalance_button.setEnabled(view is not None and len(view.plan.parts) > 1)
        if view is not None and view.quality.parts and not self.exactly.isChecked():
            self.count.setValue(view.quality.parts)

    def show_hint(self, text: str) -> None:
        """Say in one line what to do next."""
        self.hint.setText(text)
        self.hint.setToolTip(as_plain(text))

    def show_running(self, title: str | None) -> None:
        """Show that something is being worked out; None: it has ended."""
        running = title is not None
        self.progress.setVisible(running)
        self.stop_button.setVisible(running)
        self.progress.setValue(0)
        for part in (self.propose_button, self.rebalance_button, self.accept_button, self.areas, self.table):
            part.setEnabled(not running)

    def show_progress(self, fraction: float) -> None:
        """Show how far it is."""
        self.progress.setValue(round(1000 * fraction))
