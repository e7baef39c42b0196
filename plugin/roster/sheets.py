"""
The sheets of a file, one at a time: which row is the header, which column is what, the first rows.

Personal cells are hidden until she presses the button; pressing it again, or another sheet, hides them.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from census_map.i18n import _, ngettext
from census_map.roster.headers import ColumnMatch, column_letter
from census_map.roster.preview import SheetChoice, SheetLook, conceal, likely_header_rows

from ..panels.look import DONE, OPEN, WARNING
from ..plain import PlainLabel, as_plain
from .step_dialog import Page

if TYPE_CHECKING:
    from .library.results import Looked
    from .service import Service

HEADER, MEANING, FIRST = range(3)
_ROLE = Qt.ItemDataRole.UserRole
# How a column was understood: sign, colour. A sign as well, for those who do not see the colour.
_MARKS = {"exact": ("●", DONE), "given": ("●", DONE), "alike": ("?", WARNING), "unread": ("○", OPEN)}


class SheetFile:
    """
    A file that is looked at; its cells stay with the library.

    Attributes
    ----------
    path, sheets
        Where it is; names of its sheets that hold anything.
    """

    def __init__(self, service: "Service", place: int, path: Path, looks: Mapping[str, SheetLook]) -> None:
        self._service, self._place, self._looks = service, place, looks
        self.path = path
        self.sheets = list(looks)

    def look(self, sheet: str, header_row: int | None = None) -> SheetLook:
        """Say what a sheet looks like, with another row taken for its header if one is given."""
        if header_row is None:
            return self._looks[sheet]
        found: SheetLook = self._service.call("rosters.look", self._place, sheet, header_row)
        return found


class ColumnTable(QTableWidget):
    """
    The columns of a sheet side by side, as in the spreadsheet: its header, what it is taken for, the first rows.

    Signal: `chosen()` when she changed what a column is.
    """

    chosen = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.titles: dict[str, str] = {}
        self._look: SheetLook | None = None
        self._shown = False
        self._boxes: dict[int, QComboBox] = {}
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)

    def show_sheet(self, look: SheetLook, fields: Mapping[int, str] | None) -> None:
        """Show a sheet; `fields` is what she has chosen before, None for what the program understood."""
        self._look, self._shown = look, False
        self.clear()
        self._boxes.clear()
        self.setColumnCount(len(look.columns))
        self.setRowCount(FIRST + len(look.sample))
        self.setHorizontalHeaderLabels([column_letter(column.index) for column in look.columns])
        rows = range(look.header_row + 1, look.header_row + 1 + len(look.sample))
        self.setVerticalHeaderLabels([_("header"), _("is"), *(str(row) for row in rows)])
        for place, column in enumerate(look.columns):
            header = QTableWidgetItem(column.header)
            header.setToolTip(as_plain(column.header))
            font = header.font()
            font.setBold(True)
            header.setFont(font)
            self.setItem(HEADER, place, header)
            chosen = column.field if fields is None else fields.get(column.index)
            self._boxes[place] = self._box(column, chosen)
            self.setCellWidget(MEANING, place, self._boxes[place])
            self.setColumnWidth(place, max(130, min(170, self._boxes[place].sizeHint().width() + 6)))
        self._fill()

    def _box(self, column: ColumnMatch, chosen: str | None) -> QComboBox:
        box = QComboBox(self)
        box.addItem(_("not read"), None)
        for field, title in self.titles.items():
            box.addItem(_(title), field)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        box.setMaxVisibleItems(min(len(self.titles) + 1, 24))
        now = box.currentData()
        how = "unread" if now is None else column.how if now == column.field else "given"
        self._mark(box, how)
        box.activated.connect(lambda _index: self._choose(box))
        return box

    @staticmethod
    def _mark(box: QComboBox, how: str) -> None:
        _sign, colour = _MARKS[how]
        weight = "bold" if how == "alike" else "normal"
        box.setProperty("how", how)
        box.setStyleSheet(f"QComboBox {{ border: 2px solid {colour}; font-weight: {weight}; padding: 2px 4px; }}")
        box.setToolTip(
            {
                "exact": _("Understood from the header."),
                "given": _("Chosen by you."),
                "alike": _("Taken for this because the header is alike: please look at it."),
                "unread": _("This column is not read. If it matters, choose what it is."),
            }[how]
        )

    def _choose(self, box: QComboBox) -> None:
        """A field has one column: choosing it here takes it from another."""
        field = box.currentData()
        for other in self._boxes.values():
            if other is not box and field is not None and other.currentData() == field:
                other.setCurrentIndex(0)
                self._mark(other, "unread")
        self._mark(box, "given" if field else "unread")
        self._fill()
        self.chosen.emit()

    @property
    def fields(self) -> dict[int, str]:
        """What each column is, by its index; columns that are not read are left out."""
        assert self._look is not None
        return {
            self._look.columns[place].index: box.currentData()
            for place, box in self._boxes.items()
            if box.currentData() is not None
        }

    @property
    def doubtful(self) -> int:
        """How many columns are only alike, and wait for a look."""
        return sum(box.property("how") == "alike" for box in self._boxes.values())

    def show_personal(self, shown: bool) -> None:  # noqa: FBT001  a Qt slot
        """Show the cells as they are, or hide what may identify somebody."""
        self._shown = shown
        self._fill()

    def _fill(self) -> None:
        if self._look is None:
            return
        for number, cells in enumerate(self._look.sample):
            for place, text in enumerate(cells):
                field = self._boxes[place].currentData()
                item = QTableWidgetItem(text if self._shown else conceal(text, field))
                if field is None:
                    item.setForeground(QColor(OPEN))
                self.setItem(FIRST + number, place, item)


class SheetsPage(Page):
    """The sheets of the chosen files; what each column is; the first rows."""

    def __init__(self, parent: QWidget | None = None, *, fields: Collection[str] = ()) -> None:
        super().__init__(parent)
        self._fields = frozenset(fields)
        self._needed: tuple[frozenset[str], ...] = ()
        self.files: list[SheetFile] = []
        self._chosen: dict[tuple[int, str], SheetChoice] = {}
        self._looks: dict[tuple[int, str], SheetLook] = {}
        self._now: tuple[int, str] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.list = QListWidget(self)
        self.list.setFixedWidth(210)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.currentItemChanged.connect(lambda item, _before: self._show(item))
        self.list.itemChanged.connect(lambda _item: self.changed.emit())
        row.addWidget(self.list)
        column = QVBoxLayout()
        row.addLayout(column, 1)
        column.addLayout(self._header_line())
        self.table = ColumnTable(self)
        self.table.chosen.connect(self._choose)
        column.addWidget(self.table, 1)
        self._legend = PlainLabel(self)
        self._legend.setWordWrap(True)
        column.addWidget(self._legend)

    def _header_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        self.read_box = QCheckBox(_("read this sheet"), self)
        self.read_box.toggled.connect(self._tick)
        self.row_box = QSpinBox(self)
        self.row_box.setSpecialValueText(_("none"))
        self.row_box.valueChanged.connect(self._move_header)
        self._found = PlainLabel(self)
        self.personal_button = QPushButton(_("Show names and numbers"), self)
        self.personal_button.setCheckable(True)
        self.personal_button.setAutoDefault(False)
        self.personal_button.toggled.connect(self.table_shows)
        line.addWidget(self.read_box)
        line.addSpacing(12)
        line.addWidget(PlainLabel(_("header in row"), self))
        line.addWidget(self.row_box)
        line.addWidget(self._found, 1)
        line.addWidget(self.personal_button)
        return line

    def table_shows(self, shown: bool) -> None:  # noqa: FBT001  a Qt slot
        """Show or hide what may identify somebody."""
        self.table.show_personal(shown)

    def show_files(self, files: Sequence[SheetFile], looked: "Looked") -> None:
        """
        List the sheets of files; those that look like lists are ticked.

        Parameters
        ----------
        files
            Read.
        looked
            What their columns may be, and what every sheet must have.
        """
        self.files, self._needed = list(files), tuple(frozenset(group) for group in looked.needed)
        titles = {name: title for name, title in looked.titles.items() if not self._fields or name in self._fields}
        self.table.titles = titles
        self._chosen.clear()
        self._looks.clear()
        self._now = None
        self.list.blockSignals(True)
        self.list.clear()
        for place, file in enumerate(self.files):
            for sheet in file.sheets:
                look = self._looks[place, sheet] = file.look(sheet)
                fields = {column.index: column.field for column in look.columns if column.field}
                self._chosen[place, sheet] = SheetChoice(look.header_row, fields)
                several = len(self.files) > 1
                title = file.path.name if not sheet else f"{file.path.name}: {sheet}" if several else sheet
                item = QListWidgetItem(title, self.list)
                item.setToolTip(as_plain(title))
                item.setData(_ROLE, (place, sheet))
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                ticked = look.is_roster and self._has_needed(fields.values())
                item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        first = next((i for i in range(self.list.count()) if self._is_ticked(self.list.item(i))), 0)
        self.list.setCurrentRow(first)
        self.changed.emit()

    @staticmethod
    def _is_ticked(item: QListWidgetItem) -> bool:
        return item.checkState() == Qt.CheckState.Checked

    def choices(self) -> list[dict[str, SheetChoice]]:
        """Give for each file what is to be read of it."""
        chosen: list[dict[str, SheetChoice]] = [{} for _file in self.files]
        for number in range(self.list.count()):
            item = self.list.item(number)
            if self._is_ticked(item):
                place, sheet = item.data(_ROLE)
                chosen[place][sheet] = self._chosen[place, sheet]
        return chosen

    def is_complete(self) -> bool:
        """At least one sheet, and each with a column that is needed."""
        read = [choice for file in self.choices() for choice in file.values()]
        return bool(read) and all(self._has_needed(choice.fields.values()) for choice in read)

    def _has_needed(self, fields: Collection[str]) -> bool:
        return all(group & set(fields) for group in self._needed)

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self._now = tuple(item.data(_ROLE))
        look, choice = self._looks[self._now], self._chosen[self._now]
        for part in (self.read_box, self.row_box, self.personal_button):
            part.blockSignals(True)
        self.read_box.setChecked(self._is_ticked(item))
        self.row_box.setMaximum(likely_header_rows(look))
        self.row_box.setValue(look.header_row)
        self.personal_button.setChecked(False)
        for part in (self.read_box, self.row_box, self.personal_button):
            part.blockSignals(False)
        self.table.show_sheet(look, choice.fields)
        self._explain()

    def _tick(self, ticked: bool) -> None:  # noqa: FBT001  a Qt slot
        item = self.list.currentItem()
        if item is not None:
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _move_header(self, row: int) -> None:
        if self._now is None:
            return
        place, sheet = self._now
        look = self._looks[self._now] = self.files[place].look(sheet, row)
        fields = {column.index: column.field for column in look.columns if column.field}
        self._chosen[self._now] = SheetChoice(row, fields)
        self.personal_button.setChecked(False)
        self.table.show_sheet(look, fields)
        self._explain()
        self.changed.emit()

    def _choose(self) -> None:
        assert self._now is not None
        self._chosen[self._now] = SheetChoice(self._looks[self._now].header_row, self.table.fields)
        self._explain()
        self.changed.emit()

    def _explain(self) -> None:
        assert self._now is not None
        look = self._looks[self._now]
        rows = ngettext("{n} row below it", "{n} rows below it", look.rows).format(n=f"{look.rows:,}")
        self._found.setText(rows if look.header_row else _("no header was found"))
        total = len(look.columns)
        read, doubtful = len(self.table.fields), self.table.doubtful
        lines = [_("{n} of {all} columns are read.").format(n=read, all=total)]
        if doubtful:
            text = ngettext("{n} column marked amber is only alike: please look at it.",
                            "{n} columns marked amber are only alike: please look at them.", doubtful)  # fmt: skip
            lines.append(text.format(n=doubtful))
        for group in self._needed:
            if group & set(self.table.fields.values()):
                continue
            names = _(", ").join(_(title) for name, title in self.table.titles.items() if name in group)
            lines.append(_("To read this sheet, say which column is one of these: {fields}.").format(fields=names))
        self._legend.setText(" ".join(lines))
