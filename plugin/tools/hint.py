"""What the next click does, in one line over the map: QGIS's status bar has no room for a sentence."""

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtWidgets import QLabel


class Hint(QLabel):
    """A line at the lower edge of the map; clicks go through it."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("census_map_hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setStyleSheet("QLabel { background: rgba(38, 50, 56, 220); color: white; padding: 4px 10px; }")
        canvas.installEventFilter(self)
        self.hide()

    def tell(self, text: str) -> None:
        """Show a line; an empty one hides it."""
        self.setText(text)
        self.setVisible(bool(text))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge when the map changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self.parentWidget().rect()
        self.resize(min(self.sizeHint().width(), room.width()), self.sizeHint().height())
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 6)
        self.raise_()
