"""
The list of faults of any map of areas: a click on a line takes the map there.

`coverage check` in the Processing toolbox loads its result layers; the list shows them until they are removed.
"""

from contextlib import suppress
from typing import Any

from qgis.core import Qgis, QgsCoordinateTransform, QgsFeatureRequest, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.core import QgsUnitTypes as Units
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, QSize, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from census_map.exchange.fault_layers import field_title, kind_colour, kind_title
from census_map.i18n import _, ngettext

from ..plain import PlainLabel

FAULTS = "CensusMapFaults"  # QGIS remembers a dock's place by its name
COLUMNS = ("kind", "areas", "container", "area_m2", "width_m", "advice")
KIND, ADVICE = COLUMNS.index("kind"), COLUMNS.index("advice")
_AROUND = 15.0  # metres shown around a fault
_NUMBERS = ("area_m2", "width_m")


class FaultModel(QAbstractTableModel):
    """The faults as a table, one row a feature of the layer of places."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[dict[str, Any]] = []

    def set_rows(self, rows: list[dict[str, Any]]) -> None:
        """Replace the whole list."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Count the faults."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Give the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return field_title(COLUMNS[section])
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give text, alignment and colour of a cell."""
        name = COLUMNS[index.column()]
        value = self.rows[index.row()][name]
        if role == Qt.ItemDataRole.DisplayRole:
            if name in _NUMBERS:
                return f"{value:,.3f}" if value else ""
            return kind_title(value) if name == "kind" else value
        if role == Qt.ItemDataRole.TextAlignmentRole and name in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and name == "kind":
            return QColor(kind_colour(value))
        return None


class FaultsDock(QDockWidget):
    """The list; choosing a line, by click or with the arrow keys, takes the map to the fault."""

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(_("Faults of a map of areas"), parent)
        self.setObjectName(FAULTS)
        self._iface = iface
        self._ground: QgsVectorLayer | None = None
        self._places: QgsVectorLayer | None = None
        self.model = FaultModel(self)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        self.summary = PlainLabel(body)
        column.addWidget(self.summary)
        self.table = QTableView(body)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setWordWrap(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 10)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        column.addWidget(self.table, 1)
        self.setWidget(body)
        self.table.selectionModel().currentRowChanged.connect(lambda index, _before: self._go(index.row()))
        self.table.clicked.connect(lambda index: self._go(index.row()))

    def sizeHint(self) -> QSize:
        """Six lines: the map needs the height."""
        return QSize(600, 190)

    def show_layer(self, layer: QgsVectorLayer, *, places: bool) -> None:
        """
        Take a result layer into the list.

        Parameters
        ----------
        layer
            Ground or places of faults, as `coverage check` makes them.
        places
            Whether it is the layer of places, which holds every fault and makes the list.
        """
        layer.willBeDeleted.connect(lambda: self._forget(places=places))
        if not places:
            self._ground = layer
            return
        self._places = layer
        rows = [
            {"id": feature["id"], "feature": feature.id(), **{name: feature[name] for name in COLUMNS}}
            for feature in layer.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry))
        ]
        self.model.set_rows(rows)
        for name in range(ADVICE):
            self.table.resizeColumnToContents(name)
            self.table.setColumnWidth(name, min(self.table.columnWidth(name), 220))
        text = ngettext(
            "{n} fault. Choose a line: the map goes there.", "{n} faults. Choose a line: the map goes there.", len(rows)
        )
        self.summary.setText(text.format(n=len(rows)) if rows else _("The areas are an exact coverage."))
        self.show()
        self.raise_()

    def _forget(self, *, places: bool) -> None:
        if places:
            self._places = None
            self.model.set_rows([])
            self.hide()
        else:
            self._ground = None

    def _go(self, row: int) -> None:
        """Move the map to a fault and let it flash."""
        if not 0 <= row < len(self.model.rows) or self._places is None:
            return
        place, layer = self._shape_of(self.model.rows[row]), self._places
        if place.isEmpty():
            return
        canvas = self._iface.mapCanvas()
        target = canvas.mapSettings().destinationCrs()
        box = QgsCoordinateTransform(layer.crs(), target, QgsProject.instance()).transformBoundingBox(
            place.boundingBox()
        )
        metre = Units.fromUnitToUnitFactor(Qgis.DistanceUnit.Meters, target.mapUnits())
        box.grow(max(box.width(), box.height()) * 0.5 + _AROUND * metre)
        canvas.setExtent(box)
        canvas.refresh()
        canvas.flashGeometries([place], layer.crs())

    def _shape_of(self, fault: dict[str, Any]) -> QgsGeometry:
        """Give the ground of a fault, or its place where it has none."""
        if self._ground is not None:
            with suppress(RuntimeError):  # the layer is being removed
                for feature in self._ground.getFeatures():
                    if feature["id"] == fault["id"]:
                        return feature.geometry()
        assert self._places is not None
        return self._places.getFeature(fault["feature"]).geometry()
