"""The short form of a house, in plain words: Enter takes what stands there, Tab goes on, Esc draws again."""

from collections.abc import Mapping
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _
from census_map.schema import BUILDING_USE

from ..plain import PlainLabel

_HEIGHTS = 200
_UNITS = 2000


class HouseForm(QDialog):
    """
    Asks what a house is.

    Parameters
    ----------
    values
        What stands in the fields at first, by column.
    place
        Where the house lies and which number it gets, in words.
    address
        Offered, and taken with one key.
    """

    def __init__(self, values: Mapping[str, Any], place: str, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("census_map_house")
        self.setWindowTitle(_("House"))
        column = QVBoxLayout(self)
        where = PlainLabel(place, self)
        where.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(where)
        form = QFormLayout()
        column.addLayout(form)
        self.use = QComboBox(self)
        for value, title in BUILDING_USE:
            self.use.addItem(_(title), value)
        self.use.setCurrentIndex(max(self.use.findData(values.get("use")), 0))
        self.floors = self._number(values.get("floors"), 1, _HEIGHTS)
        self.entrances = self._number(values.get("entrances"), 1, _HEIGHTS)
        self.dwellings = self._number(values.get("dwellings"), 0, _UNITS)
        self.name = QLineEdit(str(values.get("name") or ""), self)
        self.address = QComboBox(self)
        self.address.setEditable(True)
        self.address.addItems(["", *([address] if address else [])])
        self.address.setEditText(str(values.get("address") or ""))
        self.address.setToolTip(_("Arrow down takes the address that is offered."))
        self.note = QLineEdit(str(values.get("note") or ""), self)
        for title, field in (
            (_("Use"), self.use),
            (_("Floors"), self.floors),
            (_("Entrances"), self.entrances),
            (_("Dwelling units"), self.dwellings),
            (_("Name of the house"), self.name),
            (_("Address"), self.address),
            (_("Note"), self.note),
        ):
            form.addRow(title, field)
        buttons = QDialogButtonBox(self)
        done = buttons.addButton(_("Take over"), QDialogButtonBox.ButtonRole.AcceptRole)
        done.setDefault(True)
        buttons.addButton(_("Draw again"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        hint = PlainLabel(_("Enter: take over. Tab: next field. Esc: draw again."), self)
        column.addWidget(hint)
        self.use.setFocus()

    @property
    def values(self) -> dict[str, Any]:
        """What was answered, by column; None for what was left empty."""
        use = self.use.currentData()
        return {
            "use": use,
            "inhabited": use != "other",
            "floors": self.floors.value(),
            "entrances": self.entrances.value(),
            "dwellings": self.dwellings.value() or None,
            "name": self.name.text().strip() or None,
            "address": self.address.currentText().strip() or None,
            "note": self.note.text().strip() or None,
        }

    def _number(self, value: Any, least: int, most: int) -> QSpinBox:
        field = QSpinBox(self)
        field.setRange(least, most)
        field.setValue(int(value) if isinstance(value, int | float) else least)
        return field
