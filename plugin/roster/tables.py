"""One model for all the roster's lists, fast with a hundred thousand rows; what it shows is data, never markup."""

from collections.abc import Sequence
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ..plain import as_plain

Cell = str | int | float | None


class RowsModel(QAbstractTableModel):
    """
    Rows of cells under titles.

    Parameters
    ----------
    titles
        Of the columns.
    grouped
        Columns of counts, whose digits are grouped; a number of a row stands as it is.

    Attributes
    ----------
    keys
        What each row stands for, such as a uid.
    """

    def __init__(self, titles: Sequence[str], parent: QObject | None = None, *, grouped: Sequence[int] = ()) -> None:
        super().__init__(parent)
        self._grouped = frozenset(grouped)
        self._titles = list(titles)
        self._rows: list[Sequence[Cell]] = []
        self._colours: dict[tuple[int, str], str] = {}
        self.keys: list[Any] = []

    def colour(self, column: int, colours: dict[str, str]) -> None:
        """Give the texts of a column colours."""
        self._colours.update({(column, text): colour for text, colour in colours.items()})

    def set_rows(self, rows: Sequence[Sequence[Cell]], keys: Sequence[Any] | None = None) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.keys = list(keys) if keys is not None else list(range(len(self._rows)))
        self.endResetModel()

    def set_cell(self, row: int, column: int, value: Cell) -> None:
        """Replace one cell."""
        cells = list(self._rows[row])
        cells[column] = value
        self._rows[row] = cells
        place = self.index(row, column)
        self.dataChanged.emit(place, place)

    def remove_row(self, row: int) -> None:
        """Take one row out."""
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row], self.keys[row]
        self.endRemoveRows()

    def cells(self, row: int) -> Sequence[Cell]:
        """Give the cells of a row."""
        return self._rows[row]

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Count the rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give the titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give text, colour, place and tooltip of a cell."""
        value = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            if value is None or isinstance(value, str):
                return value or ""
            return f"{value:,}" if index.column() in self._grouped else str(value)
        if role == Qt.ItemDataRole.ForegroundRole and isinstance(value, str):
            colour = self._colours.get((index.column(), value))
            return QColor(colour) if colour else None
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, (int, float)):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str) and len(value) > 12:
            return as_plain(value)
        return None


class RowsTable(QTableView):
    """A table that is read and walked through row by row."""

    def __init__(self, model: RowsModel, widths: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(widths):
            if width:
                self.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def row(self) -> int:
        """Give the chosen row; -1 for none."""
        return self.currentIndex().row()
