"""What is being done, how far it is, and the button that stops it; then the button that takes it back."""

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from census_map.i18n import _

from ..plain import PlainLabel


class RunningBox(QWidget):
    """
    Shown while something is being done.

    Signal: `stop_asked()`.
    """

    stop_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._text = PlainLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.stop_button = QPushButton(_("Stop"), self)
        self.stop_button.setObjectName("stop")
        self.stop_button.clicked.connect(lambda _checked: self.stop_asked.emit())
        row = QHBoxLayout()
        row.addWidget(self._bar, 1)
        row.addWidget(self.stop_button)
        column.addWidget(self._text)
        column.addLayout(row)
        self.hide()

    def begin(self, title: str) -> None:
        """Show that something is being done."""
        self._title = title
        self._bar.setValue(0)
        self._text.setText(title)
        self.show()

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far it is."""
        self._bar.setValue(round(1000 * fraction))
        if text:
            self._text.setText(f"{self._title}: {text}")
