"""Typing a number while a tool is active."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QKeyEvent

from .drawing import DrawingTool

MOST = 99


class CountingTool(DrawingTool):
    """A tool that needs a number, typed on the keyboard at any time before Enter."""

    CLOSED = True
    LEAST = 2

    _typed = ""

    @property
    def count(self) -> int:
        """The number typed; 0 before there is one."""
        return min(int(self._typed or 0), MOST)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take digits; Backspace takes the last one back before it takes a point."""
        text = event.text()
        if text.isascii() and text.isdigit():
            self._typed += text
        elif event.key() == Qt.Key.Key_Backspace and self._typed:
            self._typed = self._typed[:-1]
        else:
            super().keyPressEvent(event)
            return
        self._show(None)
        self._hint()
        event.accept()

    def clear(self) -> None:
        """Forget the number as well."""
        self._typed = ""
        super().clear()

    def _hint(self) -> None:
        super()._hint()
        if self._typed:
            self._handler.counted.emit(self.count)
