"""
A window that goes step by step: one page after another, one button onward, work in the background between pages.

QWizard would do the paging, but not wait for background work, nor speak the program's language on every system.
"""

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QCloseEvent
from qgis.PyQt.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import _
from census_map.task import Report

from ..messages import log_unexpected
from ..panels.look import ERROR, MAIN_STYLE
from ..plain import PlainLabel
from ..tasks import Background
from ..work import Desk

SIZE = (980, 600)


class Page(QWidget):
    """
    One page.

    Attributes
    ----------
    title, hint
        What the page is about; what to do on it.
    onward
        Text of the button that goes on.

    Signal: `changed()` when `is_complete` may have changed.
    """

    changed = pyqtSignal()
    title = ""
    hint = ""
    onward = ""

    def is_complete(self) -> bool:
        """Whether the button onward can be pressed."""
        return True

    def first_focus(self) -> QWidget | None:
        """Give the part that gets the keyboard first."""
        return None


class StepDialog(QDialog):
    """
    Pages in order.

    A subclass says in `go_on` what happens when the button onward is pressed: usually work in the background, and
    then `show_page`. Signal: `left()` when the window was closed, whatever the outcome.
    """

    left = pyqtSignal()

    def __init__(self, background: Background, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._working = False
        self._doing_title = ""
        self.setWindowTitle(title)
        self.resize(*SIZE)
        self._pages: list[Page] = []
        column = QVBoxLayout(self)
        self._title = PlainLabel(self)
        self._title.setStyleSheet("font-weight: bold; font-size: 13pt;")
        self._hint = PlainLabel(self)
        self._hint.setWordWrap(True)
        self._stack = QStackedWidget(self)
        self._fault = PlainLabel(self)
        self._fault.setWordWrap(True)
        self._fault.setStyleSheet(f"color: {ERROR}; font-weight: bold;")
        for part in (self._title, self._hint):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        column.addWidget(self._fault)
        column.addLayout(self._buttons_row())
        self._fault.hide()

    def _buttons_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._doing = PlainLabel(self)
        self._doing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.stop_button = QPushButton(_("Stop"), self)
        self.stop_button.clicked.connect(self._background.cancel)
        self.back_button = QPushButton(_("Back"), self)
        self.back_button.clicked.connect(self._go_back)
        self.next_button = QPushButton(self)
        self.next_button.setDefault(True)
        self.next_button.setStyleSheet(MAIN_STYLE)
        self.next_button.clicked.connect(lambda _checked: self.go_on())
        self.close_button = QPushButton(_("Cancel"), self)
        self.close_button.clicked.connect(self.close)
        row.addWidget(self._doing, 2)
        row.addWidget(self._bar, 1)
        row.addWidget(self.stop_button)
        row.addStretch(1)
        for button in (self.back_button, self.next_button, self.close_button):
            button.setAutoDefault(button is self.next_button)
            row.addWidget(button)
        for part in (self._doing, self._bar, self.stop_button):
            part.hide()
        return row

    def add_page(self, page: Page) -> None:
        """Add a page behind the others."""
        self._pages.append(page)
        self._stack.addWidget(page)
        page.changed.connect(self._judge)

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._pages[self._stack.currentIndex()]

    def show_page(self, page: Page) -> None:
        """Turn to a page."""
        self._stack.setCurrentWidget(page)
        self._title.setText(page.title)
        self._hint.setText(page.hint)
        self._hint.setVisible(bool(page.hint))
        self.next_button.setText(page.onward.replace("&", "&&"))
        self.say("")
        self._judge()
        focus = page.first_focus()
        if focus is not None:
            focus.setFocus()

    def go_on(self) -> None:
        """Do what the button onward promises; written by the subclass."""
        raise NotImplementedError

    def page_before(self) -> Page | None:
        """Give the page that the button back leads to; None: there is no way back."""
        place = self._pages.index(self.page)
        return self._pages[place - 1] if place else None

    def say(self, text: str) -> None:
        """Say in the window why something cannot be done; empty text takes it away."""
        self._fault.setText(text)
        self._fault.setVisible(bool(text))

    def failed(self, error: Exception) -> None:
        """Say why work was not done. What a foreign exception quotes may be personal: it is never shown."""
        if isinstance(error, Cancelled):
            self.say(str(error) or _("Stopped; nothing was changed."))
        elif isinstance(error, CensusMapError):
            self.say(str(error))
        else:
            log_unexpected(error)
            self.say(_("That did not work, and nothing was changed. Ask the technician to look into the log."))

    def work(self, title: str, work: Callable[[Report], Any], done: Callable[[Any], None]) -> None:
        """Do something in the background, with progress and a button to stop it; the page waits meanwhile."""
        if self._background.busy:
            self.say(_("Wait until the work that is running has ended, or stop it."))
            return

        def finish(result: Any, error: Exception | None) -> None:
            self.end_work()
            if error is not None:
                self.failed(error)
            else:
                done(result)

        self.begin_work(title)
        self._background.run(title, work, finish)

    def change(self, desk: Desk, title: str, work: Callable[[Report], Any], done: Callable[[Any], None]) -> None:
        """Do something that changes the township, as one step that can be taken back; the page waits meanwhile."""

        def finish(result: Any) -> None:
            self.end_work()
            done(result)

        def refused(error: Exception) -> None:
            self.end_work()
            self.failed(error)

        desk.start(title, work, finish, failed=refused)
        if self._background.busy:
            self.begin_work(title)
        else:
            self.say(_("Some of your changes on the map are not saved yet: save them first, then go on here."))

    def begin_work(self, title: str) -> None:
        """Show that something is being done."""
        self._working = True
        self.say("")
        self._bar.setValue(0)
        self._doing.setText(title)
        self._doing_title = title
        self._background.progressed.connect(self._progress)
        self._show_working()

    def end_work(self) -> None:
        """Show that it has ended."""
        if not self._working:
            return
        self._working = False
        self._background.progressed.disconnect(self._progress)
        self._show_working()

    def _show_working(self) -> None:
        for part in (self._doing, self._bar, self.stop_button):
            part.setVisible(self._working)
        self._stack.setEnabled(not self._working)
        self._judge()

    def _progress(self, fraction: float, text: str) -> None:
        self._bar.setValue(round(1000 * fraction))
        self._doing.setText(f"{self._doing_title}: {text}" if text else self._doing_title)

    def _judge(self) -> None:
        self.next_button.setEnabled(not self._working and self.page.is_complete())
        self.back_button.setVisible(self.page_before() is not None)
        self.back_button.setEnabled(not self._working)
        self.close_button.setEnabled(not self._working)

    def _go_back(self) -> None:
        before = self.page_before()
        if before is not None:
            self.show_page(before)

    def reject(self) -> None:
        """Esc closes the window, but not while something is being done."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Wait for the work that is running: it is stopped by its own button."""
        if self._working:
            event.ignore()
            return
        super().closeEvent(event)
        self.left.emit()
