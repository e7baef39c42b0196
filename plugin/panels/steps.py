"""
The dock that always shows where the work stands and offers one button.

The button goes on with the next open step. A click on another step chooses that one instead: its hint and its button
take the place until she goes on.
"""

from pathlib import Path

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from qgis_plugin_tools.tools.settings import get_setting

from census_map.i18n import _
from census_map.progress import Step, next_step, steps_done

from ..plain import PlainLabel, as_plain
from .look import MAIN_STYLE, STATE_MARKS, icon
from .running import RunningBox
from .settings import LAST_TOWNSHIP

WIDTH = 272
_ROW_STYLE = """
QPushButton { border: 1px solid transparent; border-radius: 4px; padding: 4px 4px; text-align: left; }
QPushButton:hover { background: palette(midlight); }
QPushButton:checked { border-color: palette(highlight); background: palette(base); }
"""


class ElidedButton(QPushButton):
    """A button whose long text is shortened with … instead of widening the dock; the whole stands in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Set the whole text."""
        self.whole = text
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text into the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # A single ampersand would become a keyboard mnemonic.
        shown = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideRight, max(self.width() - 24, 40))
        self.setText(shown.replace("&", "&&"))
        self.setToolTip(as_plain(self.whole) if shown != self.whole else "")


class StepRow(QPushButton):
    """One step: mark, number and title, figure."""

    def __init__(self, position: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._position = position
        self.setCheckable(True)
        self.setStyleSheet(_ROW_STYLE)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        self._mark = PlainLabel(self)
        self._mark.setFixedWidth(16)
        self._title = PlainLabel(self)
        self._count = PlainLabel(self)
        row.addWidget(self._mark)
        row.addWidget(self._title, 1)
        row.addWidget(self._count)
        for label in (self._mark, self._title, self._count):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_step(self, step: Step, *, is_next: bool) -> None:
        """Show the state of the step."""
        mark, colour = STATE_MARKS[step.state]
        self._mark.setText(mark)
        self._mark.setStyleSheet(f"color: {colour}; font-weight: bold;")
        self._title.setText(f"{self._position} {step.title}")
        self._title.setStyleSheet("font-weight: bold;" if is_next else "")
        count = step.count or (_("done") if step.state == "done" else "")
        self._count.setText(count)
        self._count.setStyleSheet(f"color: {colour};" if step.state != "open" else "")
        self.setToolTip(step.hint)
        self.setAccessibleName(f"{step.title} {count}")

    def sizeHint(self) -> QSize:
        """As high as its text needs; as wide as the dock."""
        return QSize(WIDTH, max(30, self.fontMetrics().height() + 12))


class StepsDock(QDockWidget):
    """
    Where the work stands.

    Signals: `begin(key)` for the button; `begin_all(key)` for all that remains of the step; `undo_asked()`,
    `cancel_asked()`, `last_asked()`, `open_asked()`, `new_asked()`, `sample_asked()`.
    """

    begin = pyqtSignal(str)
    begin_all = pyqtSignal(str)
    undo_asked = pyqtSignal()
    cancel_asked = pyqtSignal()
    last_asked = pyqtSignal()
    open_asked = pyqtSignal()
    new_asked = pyqtSignal()
    sample_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Census Map"), parent)
        self.setObjectName("CensusMapSteps")  # QGIS remembers a dock's place by this name
        self._steps: list[Step] = []
        self._chosen: str | None = None
        self._elsewhere: str | None = None
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._welcome_page())
        self._pages.addWidget(self._work_page())
        self.setWidget(self._pages)
        self.setMinimumWidth(240)
        self.show_welcome()

    def sizeHint(self) -> QSize:
        """Narrow enough that the map keeps at least 60 % of a 1366-pixel window."""
        return QSize(WIDTH, 480)

    def _welcome_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        greeting = PlainLabel(
            _("Open the file of your township, or begin a new one with the map of its census areas."), page
        )
        greeting.setWordWrap(True)
        column.addWidget(greeting)
        self.last_button = ElidedButton(page)
        self.last_button.setObjectName("last")
        self.last_button.setStyleSheet(MAIN_STYLE)
        self.last_button.clicked.connect(lambda _checked: self.last_asked.emit())
        column.addWidget(self.last_button)
        for name, text, signal in (
            ("open", _("Open a township…"), self.open_asked),
            ("new", _("New township…"), self.new_asked),
            ("sample", _("Try the sample township"), self.sample_asked),
        ):
            button = QPushButton(icon(name), text, page)
            button.setObjectName(name)
            button.setStyleSheet("text-align: left; padding: 8px;")
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit())
            column.addWidget(button)
        self.welcome_progress = QProgressBar(page)
        self.welcome_progress.hide()
        column.addWidget(self.welcome_progress)
        column.addStretch(1)
        return page

    def _work_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setSpacing(2)
        head = QHBoxLayout()
        self._name = PlainLabel(page)
        self._name.setStyleSheet("font-weight: bold; font-size: 13pt;")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._tally = PlainLabel(page)
        head.addWidget(self._name, 1)
        head.addWidget(self._tally)
        column.addLayout(head)
        self._group = QButtonGroup(self)
        self.rows = [StepRow(position, page) for position in range(1, 9)]
        for place, row in enumerate(self.rows):
            self._group.addButton(row, place)
            column.addWidget(row)
        self._group.idClicked.connect(self._choose)
        line = QFrame(page)
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        column.addWidget(line)
        self._hint = PlainLabel(page)
        self._hint.setWordWrap(True)
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(self._hint)
        self.button = ElidedButton(page)
        self.button.setObjectName("continue")
        self.button.setStyleSheet(MAIN_STYLE)
        self.button.clicked.connect(lambda: self.begin.emit(self._shown_key()))
        column.addWidget(self.button)
        self.all_button = ElidedButton(page)
        self.all_button.setObjectName("all")
        self.all_button.setFlat(True)
        self.all_button.clicked.connect(lambda: self.begin_all.emit(self._shown_key()))
        column.addWidget(self.all_button)
        self._running = RunningBox(page)
        self._running.stop_asked.connect(self.cancel_asked)
        self.stop_button = self._running.stop_button
        column.addWidget(self._running)
        column.addStretch(1)
        self.undo_button = ElidedButton(page)
        self.undo_button.setObjectName("undo")
        self.undo_button.setFlat(True)
        self.undo_button.setIcon(icon("undo"))
        self.undo_button.clicked.connect(lambda _checked: self.undo_asked.emit())
        self.undo_button.hide()
        column.addWidget(self.undo_button)
        return page

    def show_welcome(self) -> None:
        """Show what there is to do without a township; the one of last time comes first."""
        last = Path(str(get_setting(LAST_TOWNSHIP, "", str)))
        self.last_button.setVisible(last.is_file())
        self.last_button.set_text(_("Go on with {name}").format(name=last.stem))
        self._chosen = None
        self._pages.setCurrentIndex(0)

    def show_township(self, name: str, steps: list[Step]) -> None:
        """Show where the work on a township stands."""
        self._pages.setCurrentIndex(1)
        self._name.setText(name)
        self._name.setToolTip(as_plain(name))
        self._steps = steps
        following = next_step(steps)
        self._tally.setText(_("{done} / {all} steps").format(done=steps_done(steps), all=len(steps)))
        for row, step in zip(self.rows, steps, strict=True):
            row.show_step(step, is_next=step is following)
        self._chosen = None
        self._show_choice()

    def show_undo(self, text: str | None) -> None:
        """Offer to take the last step back; None: there is nothing to take back."""
        self.undo_button.setVisible(text is not None)
        if text is not None:
            self.undo_button.set_text(text)

    def show_elsewhere(self, text: str | None) -> None:
        """Say that the next thing to do is in another dock, in the place of the button; None: it is here again."""
        self._elsewhere = text
        self._show_choice()

    def show_running(self, title: str) -> None:
        """Show that something is being done, in the place of the button."""
        self._hint.hide()
        self._running.begin(title)
        self.button.hide()
        self.all_button.hide()
        self.welcome_progress.setRange(0, 0)
        self.welcome_progress.show()
        self.undo_button.setEnabled(False)

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far it is."""
        self._running.show_progress(fraction, text)

    def show_idle(self) -> None:
        """Put the button back."""
        self._running.hide()
        self._hint.show()
        self.welcome_progress.hide()
        self.button.show()
        self.undo_button.setEnabled(True)
        self._show_choice()

    def _choose(self, place: int) -> None:
        self._chosen = self._steps[place].key
        self._show_choice()

    def _shown_key(self) -> str:
        step = self._shown()
        return step.key if step else ""

    def _shown(self) -> Step | None:
        if self._chosen is not None:
            return next(step for step in self._steps if step.key == self._chosen)
        return next_step(self._steps)

    def _show_choice(self) -> None:
        step = self._shown()
        if step is None:
            self._group.setExclusive(False)
            for row in self.rows:
                row.setChecked(False)
            self._group.setExclusive(True)
            self._hint.setText(_("All steps are done.") if self._steps else "")
            self.button.set_text(_("All done"))
            self.button.setEnabled(False)
            self.all_button.hide()
            return
        self.rows[self._steps.index(step)].setChecked(True)
        if self._elsewhere is not None:
            self._hint.setText(self._elsewhere)
            self.button.hide()
            self.all_button.hide()
            return
        self._hint.setText(step.hint)
        self.button.setVisible(not self._running.isVisibleTo(self))
        is_next = step is next_step(self._steps)
        self.button.set_text(_("Continue: {action}").format(action=step.action) if is_next else step.action)
        self.button.setEnabled(step.ready)
        if not self._running.isVisibleTo(self):
            remaining = step.key == "split" and len(step.targets) > 1
            self.all_button.setVisible(remaining)
            self.all_button.set_text(_("Divide all that remain"))
