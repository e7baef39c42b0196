"""Entering somebody or some place into a register without a household of the roster: no fixed abode, no door plate."""

from pathlib import Path

from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from census_map.i18n import _
from census_map.schema import REGISTER

from ..panels.look import DONE
from ..plain import PlainLabel
from ..tasks import Background
from ..work import Desk
from .key import Key
from .step_dialog import Page, StepDialog

_FIRST = ("no_fixed_abode", "unregistered_child", "no_plate", "special_place", "supplementary")


class EntryPage(Page):
    """The register, and who or which place is meant."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        words = dict(REGISTER)
        self.kind = QComboBox(self)
        for name in (*_FIRST, *(name for name in words if name not in _FIRST)):
            self.kind.addItem(_(words[name]), name)
        form.addRow(_("Register"), self.kind)
        titles = {
            "head": _("Name"), "identity": _("Identity number"), "phone": _("Phone"), "address": _("Address or place"),
            "remark": _("Remark"),
        }  # fmt: skip
        self.parts: dict[str, QLineEdit] = {}
        for name, title in titles.items():
            edit = self.parts[name] = QLineEdit(self)
            edit.textChanged.connect(lambda _text: self.changed.emit())
            form.addRow(title, edit)
        self.persons = QSpinBox(self)
        self.persons.setRange(0, 9999)
        self.persons.setSpecialValueText("–")
        form.addRow(_("Persons"), self.persons)
        note = PlainLabel(_("All of this goes into the encrypted roster; the map's file holds the number alone."), self)
        note.setWordWrap(True)
        form.addRow(note)
        self.said = PlainLabel(self)
        self.said.setStyleSheet(f"color: {DONE}; font-weight: bold;")
        form.addRow(self.said)

    def is_complete(self) -> bool:
        """Something says who or what is meant."""
        return any(edit.text().strip() for name, edit in self.parts.items() if name != "remark")

    def first_focus(self) -> QWidget:
        """The name."""
        return self.parts["head"]

    def clear(self) -> None:
        """Make room for the next one."""
        for edit in self.parts.values():
            edit.clear()
        self.persons.setValue(0)


class EntryWindow(StepDialog):
    """The window; it stays open for the next entry."""

    def __init__(self, path: Path, desk: Desk, background: Background, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(background, _("Enter somebody into a register"), parent)
        self.resize(620, 460)
        self._path, self._desk, self._key = path, desk, key
        self.entry = EntryPage(self)
        self.entry.title = _("Who or which place, and in which register?")
        self.entry.hint = _("For those who are not on the roster. A household of the roster is entered with its visit.")
        self.entry.onward = _("Enter, and the next one")
        self.add_page(self.entry)
        self.show_page(self.entry)
        self.close_button.setText(_("Close"))

    def go_on(self) -> None:
        """Enter it; one step."""
        path, passphrase, service = self._path, self._key.of(self._path) or "", self._key.service
        kind, persons = self.entry.kind.currentData(), self.entry.persons.value() or None
        person = {name: edit.text().strip() for name, edit in self.entry.parts.items()}

        def done(_result: None) -> None:
            self.entry.clear()
            self.entry.said.setText(_("Entered."))
            self.entry.parts["head"].setFocus()

        self.change(
            self._desk,
            _("Entering somebody into a register"),
            lambda report: service.call(
                "field.enter_register", path, passphrase, kind, person, persons=persons, report=report
            ),
            done,
        )
