"""The few questions that have to be asked: which file, where to."""

from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)
from qgis_plugin_tools.tools.settings import get_setting, set_setting

from census_map.i18n import _

from .. import verbs
from ..plain import PlainLabel

_FOLDER = "last_folder"
_MAP_FILES = "*.gpkg *.shp *.zip *.geojson *.json *.fgb *.kml *.gml *.tab *.dxf *.xlsx *.xls *.csv"


def ask_township(parent: QWidget) -> Path | None:
    """Ask which township to open."""
    return _ask_file(parent, _("Open a township"), _("Township files ({patterns})").format(patterns="*.gpkg"))


def ask_base_map(parent: QWidget) -> list[Path]:
    """Ask for the files of buildings, roads, water and the like."""
    names, _filter = QFileDialog.getOpenFileNames(
        parent, _("Buildings, roads, water, railways: choose all the files"), _start_folder(), _map_filter()
    )
    return [_remember(Path(name)) for name in names]


def ask_folder(parent: QWidget, title: str) -> Path | None:
    """Ask for a folder."""
    name = QFileDialog.getExistingDirectory(parent, title, _start_folder())
    return Path(name) if name else None


def ask_new_township(parent: QWidget) -> verbs.NewTownship | None:
    """Ask for the map of the census areas and the name of the township."""
    dialog = NewTownshipDialog(parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    answer = dialog.answer() if accepted else None
    dialog.deleteLater()
    return answer


def _ask_file(parent: QWidget, title: str, patterns: str) -> Path | None:
    name, _filter = QFileDialog.getOpenFileName(parent, title, _start_folder(), patterns)
    return _remember(Path(name)) if name else None


def _map_filter() -> str:
    return _("Maps ({patterns})").format(
        patterns="*.gpkg *.shp *.zip *.geojson *.json *.fgb *.kml *.gml *.tab *.dxf *.xlsx *.xls *.csv"
    )


def _start_folder() -> str:
    return str(get_setting(_FOLDER, "", str))


def _remember(path: Path) -> Path:
    set_setting(_FOLDER, str(path.parent))
    QgsSettings().sync()
    return path


class NewTownshipDialog(QDialog):
    """Which map of census areas, what the township is called, where it is kept; the rest is found by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("New township"))
        self.setMinimumWidth(520)
        form = QFormLayout(self)
        self.areas = QLineEdit(self)
        self.areas.textChanged.connect(self._suggest)
        form.addRow(_("Map of the census areas"), self._with_button(self.areas, self._browse_areas))
        self.name = QLineEdit(self)
        form.addRow(_("Name of the township"), self.name)
        self.target = QLineEdit(self)
        form.addRow(_("Keep the work in"), self._with_button(self.target, self._browse_target))
        note = PlainLabel(_("Codes, names and coordinates are found by themselves."), self)
        note.setWordWrap(True)
        form.addRow("", note)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(_("Begin"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(_("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form.addRow(self.buttons)
        self.name.textChanged.connect(self._suggest_target)
        self._suggest()

    def answer(self) -> verbs.NewTownship:
        """Give what was answered."""
        path = Path(self.target.text())
        return verbs.NewTownship(
            areas=Path(self.areas.text()),
            path=path if path.suffix == ".gpkg" else Path(f"{path}.gpkg"),
            name=self.name.text(),
        )

    def _with_button(self, edit: QLineEdit, action: object) -> QWidget:
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(edit, 1)
        button = QPushButton(_("Choose…"), box)
        button.clicked.connect(action)
        row.addWidget(button)
        return box

    def _browse_areas(self) -> None:
        path = _ask_file(self, _("Map of the census areas"), _map_filter())
        if path is not None:
            self.areas.setText(str(path))

    def _browse_target(self) -> None:
        name, _filter = QFileDialog.getSaveFileName(
            self, _("Keep the work in"), self.target.text(), _("Township files ({patterns})").format(patterns="*.gpkg")
        )
        if name:
            self.target.setText(name)

    def _suggest(self) -> None:
        file = Path(self.areas.text())
        if file.is_file() and not self.name.isModified():
            self.name.setText(file.stem)
        self._suggest_target()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(file.is_file())

    def _suggest_target(self) -> None:
        file = Path(self.areas.text())
        if file.is_file() and not self.target.isModified():
            name = "".join(sign for sign in self.name.text() if sign not in '\\/:*?"<>|') or file.stem
            target = file.with_name(f"{name}.gpkg")
            number = 2
            while target.exists():
                target = file.with_name(f"{name} {number}.gpkg")
                number += 1
            self.target.setText(str(target))
