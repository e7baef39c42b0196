"""The few things that stay the same from day to day."""

from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget
from qgis_plugin_tools.tools.settings import get_setting, set_setting

from census_map.i18n import _

DRAFTER = "drafter"
LAST_TOWNSHIP = "last_township"


class SettingsDialog(QDialog):
    """The name of the drafter, which stands at the foot of every printed map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Settings"))
        self.setMinimumWidth(380)
        form = QFormLayout(self)
        self.drafter = QLineEdit(str(get_setting(DRAFTER, "", str)), self)
        self.drafter.setPlaceholderText(_("stands on every printed map"))
        form.addRow(_("Drawn by"), self.drafter)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(_("Keep"))
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(_("Cancel"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def accept(self) -> None:
        """Keep what was entered."""
        set_setting(DRAFTER, self.drafter.text().strip())
        super().accept()
