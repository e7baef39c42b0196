"""
What the user is told: one line in the message bar, in her words; what the technician is told: a log without data.

Built on the loggers of qgis-plugin-tools. A refusal (`CensusMapError`) is shown as it stands, it was written for her.
Anything unexpected is shown as one fixed sentence: the text of a foreign exception may quote a name from the roster,
so the log gets the exception's type and the places in the code, never its text.
"""

import logging
from collections.abc import Callable, Sequence

from qgis.core import Qgis
from qgis.gui import QgisInterface, QgsMessageBarItem
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QMessageBox, QPushButton
from qgis_plugin_tools.tools.custom_logging import setup_loggers
from qgis_plugin_tools.tools.messages import MessageBarLogger

from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import _
from census_map.system_faults import file_refusal

from . import dependencies
from .plain import as_plain
from .worker import WorkFailed, places_of

LOGGER_NAME = "census_map_plugin"
_LOGGER = logging.getLogger(LOGGER_NAME)


class Messages:
    """The one way in which the plugin talks to the user outside its own panels."""

    def __init__(self, iface: QgisInterface) -> None:
        self._bar = iface.messageBar()
        self._close_loggers = setup_loggers(LOGGER_NAME, message_log_name="Census Map", message_bar=self._bar)
        self._logger = MessageBarLogger(LOGGER_NAME)
        self._shown: QgsMessageBarItem | None = None
        self._standing: QgsMessageBarItem | None = None

    def close(self) -> None:
        """Take the handlers away again."""
        self._close_loggers()

    def done(self, text: str) -> None:
        """Say that something is finished."""
        self.clear()
        self._logger.info(text, success=True, duration=8)
        self._shown = self._bar.currentItem()

    def note(self, text: str) -> None:
        """Say something that needs no decision."""
        self.clear()
        self._logger.info(text, duration=8)
        self._shown = self._bar.currentItem()

    def warn(self, text: str) -> None:
        """Say what has to be done before the wish can be met; stays until she closes it."""
        self.clear()
        self._logger.warning(text, duration=0)
        self._shown = self._bar.currentItem()

    def warn_of(self, lines: Sequence[str]) -> None:
        """
        Say what was found in the file that is open: of several lines the first, and all behind a button.

        Stays until she closes it or the next call, whatever else is said meanwhile.
        """
        self._pop(self._standing)
        self._standing = None
        if len(lines) == 1:
            self.warn(lines[0])
            self._standing, self._shown = self._shown, None
        elif lines:
            item = self._bar.createMessage(as_plain(lines[0]))
            item.setLevel(Qgis.MessageLevel.Warning)
            push = QPushButton(_("Show all {n} notices").format(n=len(lines)), item)
            push.clicked.connect(lambda: self._show_all(lines))
            item.layout().addWidget(push)
            self._bar.pushItem(item)
            self._standing = item

    def _show_all(self, lines: Sequence[str]) -> None:
        box = QMessageBox(self._bar.window())
        box.setObjectName("CensusMapNotices")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(_("Census Map"))
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("\n\n".join(lines))
        box.open()

    def offer(self, text: str, button: str, action: Callable[[], None]) -> None:
        """Say something, with one button that does the obvious thing; nothing waits for it."""
        self.clear()
        item = self._bar.createMessage(as_plain(text))
        push = QPushButton(button, item)

        def act() -> None:
            self._bar.popWidget(item)
            action()

        push.clicked.connect(act)
        item.layout().addWidget(push)
        self._bar.pushItem(item)
        self._shown = item

    def clear(self, *_signal: object) -> None:
        """Take our last message away, so that they do not pile up; nobody else's is touched."""
        self._pop(self._shown)
        self._shown = None

    def _pop(self, item: QgsMessageBarItem | None) -> None:
        if item is not None and item in self._bar.items():
            self._bar.popWidget(item)

    def failed(self, error: Exception) -> None:
        """Say why something could not be done."""
        if isinstance(error, Cancelled):
            self.note(str(error) or _("Stopped; nothing was changed."))
        elif isinstance(error, CensusMapError):
            self.warn(str(error))
        elif isinstance(error, ModuleNotFoundError) and error.name:
            self.warn(lacking([error.name]))
        elif isinstance(error, OSError) and error.filename is not None:
            self.warn(file_refusal(error))
        elif isinstance(error, MemoryError):
            self.warn(_("This computer's memory is full: close other programs and try again. Nothing was changed."))
        else:
            log_unexpected(error)
            self.warn(_("That did not work, and nothing was changed. Ask the technician to look into the log."))


def lacking(packages: list[str]) -> str:
    """Say that QGIS's Python lacks packages, and what to do."""
    return _("Census Map cannot start: this QGIS lacks {packages}. {remedy}").format(
        packages=", ".join(packages), remedy=dependencies.remedy()
    )


def log_unexpected(error: Exception) -> None:
    """Write an unexpected exception to the log: its type and where it came from, without the data in its text."""
    kind = error.kind if isinstance(error, WorkFailed) else type(error).__name__
    _LOGGER.error("%s in %s", kind, places_of(error))
