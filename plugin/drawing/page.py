"""Pages drawn from their templates: items found by id, filled, and painted into a PDF."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import segno
from qgis.core import (
    Qgis,
    QgsExpressionContextUtils,
    QgsLayerTreeLayer,
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutRenderContext,
    QgsLayoutTableColumn,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsTableCell,
    QgsTextFormat,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QMarginsF, QSizeF, Qt
from qgis.PyQt.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter
from qgis.PyQt.QtXml import QDomDocument

from census_map.drafts import Draft, not_written
from census_map.errors import InputError
from census_map.i18n import _
from census_map.sheets.building_list import CELL_MARGIN, SIZE, column_widths, is_centred
from census_map.sheets.building_list import PAPER as LIST_PAPER
from census_map.sheets.legend import TITLES, legend_title
from census_map.sheets.map_page import FURNITURE
from census_map.sheets.paper import Paper
from census_map.sheets.pdf_text import mend_text_layer
from census_map.sheets.sheet import ListPage, MapPage, Sheet, Text
from census_map.targets import check_outputs

from .backdrop import Backdrop
from .fonts import searchable, text_format
from .shapes import memory_layer
from .symbols import legend_symbol
from .template import LIST_TEMPLATE, VARIABLE, embedded

DPI = 300
_FURNITURE_ITEMS = ("furniture", "north", "scale", "scalebar")


class PdfFile:
    """
    A PDF being drafted; it takes its place only when it is whole.

    Parameters
    ----------
    path
        Where it shall stand; an existing file is replaced at the end.
    title
        In the file's properties.
    """

    def __init__(self, path: Path, title: str) -> None:
        check_outputs(path)
        self.path = path
        self._draft = Draft(path)
        self._writer = QPdfWriter(str(self._draft.file))
        self._writer.setResolution(DPI)
        self._writer.setTitle(title)
        self._writer.setCreator("Census Map")
        self._painter: QPainter | None = None

    def add(self, layout: QgsPrintLayout, paper: Paper) -> None:
        """Paint a page."""
        size = QPageSize(QSizeF(paper.width, paper.height), QPageSize.Unit.Millimeter)
        shape = QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF())
        self._writer.setPageLayout(shape)
        if self._painter is None:
            self._painter = QPainter()
            if not self._painter.begin(self._writer):
                raise not_written(self.path, OSError())
        else:
            self._writer.newPage()
        QgsLayoutExporter(layout).renderPage(self._painter, 0)

    def finish(self) -> Path:
        """Close the file, mend its text layer, and give it its name."""
        if self._painter is not None:
            self._painter.end()
        with self._draft:
            mend_text_layer(self._draft.file)
        return self.path

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._painter is not None and self._painter.isActive():
            self._painter.end()
        self._draft.discard()


class Pages:
    """
    The layouts of all papers, filled and painted one page after the other.

    Parameters
    ----------
    backdrop
        The layers shown.
    templates
        Folder of the QPT files.
    """

    def __init__(self, backdrop: Backdrop, templates: Path) -> None:
        self.backdrop = backdrop
        self.templates = templates
        self._layouts: dict[str, QgsPrintLayout] = {}
        self._keys: dict[str, QgsVectorLayer] = {}
        for key in TITLES:
            layer = memory_layer(_legend_geometry(key), legend_title(key), backdrop.crs)
            layer.setRenderer(QgsSingleSymbolRenderer(legend_symbol(key)))
            backdrop.project.addMapLayer(layer)
            self._keys[key] = layer

    def close(self) -> None:
        """Let go of the layouts, before their project."""
        self._layouts.clear()
        self._keys.clear()

    def draw(self, sheet: Sheet, file: PdfFile) -> None:
        """Paint all pages of a sheet."""
        self.backdrop.show_sheet(sheet)
        for page in sheet.maps:
            file.add(self.map_page(sheet, page), page.paper)
        for listed in sheet.lists:
            file.add(self.list_page(sheet, listed), LIST_PAPER)

    def map_page(self, sheet: Sheet, page: MapPage) -> QgsPrintLayout:
        """Fill the layout of a map; the sheet's own layers are filled already."""
        self.backdrop.show_page(sheet, page)
        layout = self._layout(f"mini_area_{page.paper.name}")
        _fill_texts(layout, page.texts)
        main = _item(layout, "map", QgsLayoutItemMap)
        main.setCrs(self.backdrop.crs)
        main.setLayers(self.backdrop.map_layers())
        main.zoomToExtent(QgsRectangle(*page.extent))
        main.setScale(page.scale)
        locator = _item(layout, "locator", QgsLayoutItemMap)
        locator.setCrs(self.backdrop.crs)
        locator.setLayers(self.backdrop.locator_layers())
        west, south, east, north = sheet.outline.bounds
        margin = 0.04 * max(east - west, north - south)
        locator.zoomToExtent(QgsRectangle(west - margin, south - margin, east + margin, north + margin))
        self._fill_legend(_item(layout, "legend", QgsLayoutItemLegend), page.legend)
        _fill_scale_bar(_item(layout, "scalebar", QgsLayoutItemScaleBar), page.segment)
        _move_furniture(layout, page)
        _show_notice(layout, page.texts.get("notice"))
        _item(layout, "qr", QgsLayoutItemPicture).setPicturePath(qr_picture(sheet.qr), Qgis.PictureFormat.SVG)
        layout.refresh()
        return layout

    def list_page(self, sheet: Sheet, page: ListPage) -> QgsPrintLayout:
        """Fill the layout of a page of the list of buildings."""
        layout = self._layout(f"{LIST_TEMPLATE}_{LIST_PAPER.name}")
        _fill_texts(layout, page.texts)
        _item(layout, "qr", QgsLayoutItemPicture).setPicturePath(qr_picture(sheet.qr), Qgis.PictureFormat.SVG)
        table = next(item for item in layout.multiFrames() if isinstance(item, QgsLayoutItemManualTable))
        bold = {0, len(page.rows) - 1} if page is sheet.lists[-1] else {0}
        plain, strong = text_format(SIZE), text_format(SIZE, bold=True)
        table.setTableContents(
            [_cells(row, strong if number in bold else plain) for number, row in enumerate(page.rows)]
        )
        table.setColumns([QgsLayoutTableColumn("") for _width in column_widths()])
        # QGIS adds the margins of the cells and the lines of the grid to what it is told.
        extra = 2 * CELL_MARGIN + table.gridStrokeWidth()
        table.setRowHeights([height - extra for height in page.heights])
        table.setColumnWidths([width - extra for width in column_widths()])
        table.refresh()
        layout.refresh()
        return layout

    def _layout(self, name: str) -> QgsPrintLayout:
        if name not in self._layouts:
            self._layouts[name] = load_template(self.backdrop.project, self.templates / f"{name}.qpt")
        return self._layouts[name]

    def _fill_legend(self, legend: QgsLayoutItemLegend, keys: tuple[str, ...]) -> None:
        root = legend.model().rootGroup()
        root.removeAllChildren()
        for key in keys:
            node = QgsLayerTreeLayer(self._keys[key])
            root.addChildNode(node)
        legend.updateLegend()


def load_template(project: QgsProject, path: Path) -> QgsPrintLayout:
    """
    Load a print layout, ready to be painted with its text as text.

    Raises
    ------
    InputError
        The file is not a template of QGIS.
    """
    document = QDomDocument()
    layout = QgsPrintLayout(project)
    loaded = path.is_file() and document.setContent(path.read_text(encoding="utf-8"))[0]
    if not loaded or not layout.loadFromTemplate(document, QgsReadWriteContext())[1]:
        raise InputError(_("“{name}” is not a print layout of QGIS: install the program again.").format(name=path.name))
    context = layout.renderContext()
    context.setDpi(DPI)
    context.setFlag(QgsLayoutRenderContext.Flag.FlagForceVectorOutput, True)
    context.setFlag(QgsLayoutRenderContext.Flag.FlagAntialiasing, True)
    context.setTextRenderFormat(Qgis.TextRenderFormat.AlwaysText)
    _set_fonts(layout)
    return layout


@lru_cache(maxsize=4)
def qr_picture(content: str) -> str:
    """Draw a QR code as a picture's path."""
    buffer = BytesIO()
    segno.make(content, error="m", micro=False).save(buffer, kind="svg", border=1, xmldecl=False)
    return embedded(buffer.getvalue().decode())


def _set_fonts(layout: QgsLayout) -> None:
    """Set all texts of a template in the sheets' font: the one it was made with may be missing on this computer."""
    for item in layout.items():
        if isinstance(item, QgsLayoutItemLabel | QgsLayoutItemScaleBar):
            item.setTextFormat(_searchable(item.textFormat()))
        elif isinstance(item, QgsLayoutItemLegend):
            for kind in (QgsLegendStyle.Style.SymbolLabel, QgsLegendStyle.Style.Subgroup, QgsLegendStyle.Style.Group):
                style = item.style(kind)
                style.setTextFormat(_searchable(style.textFormat()))
                item.setStyle(kind, style)
    for frame in layout.multiFrames():
        if isinstance(frame, QgsLayoutItemManualTable):
            frame.setContentTextFormat(_searchable(frame.contentTextFormat()))


def _searchable(style: QgsTextFormat) -> QgsTextFormat:
    style.setFont(searchable(style.font()))
    return style


def _item(layout: QgsLayout, name: str, kind: type) -> QgsLayoutItem:
    item = layout.itemById(name)
    if not isinstance(item, kind):
        raise InputError(
            _("The print layout “{layout}” has no item “{name}”: install the program again.").format(
                layout=layout.name(), name=name
            )
        )
    return item


def _fill_texts(layout: QgsLayout, texts: dict[str, Text]) -> None:
    QgsExpressionContextUtils.setLayoutVariables(layout, {VARIABLE + name: text.text for name, text in texts.items()})
    for name, text in texts.items():
        label = layout.itemById(name)
        if text.size and label is not None and label.textFormat().size() != text.size:
            style = label.textFormat()
            style.setSize(text.size)
            label.setTextFormat(style)


def _fill_scale_bar(bar: QgsLayoutItemScaleBar, segment: float) -> None:
    far = segment >= 1000
    bar.setMapUnitsPerScaleBarUnit(1000.0 if far else 1.0)
    bar.setUnitsPerSegment(segment / 1000 if far else segment)
    bar.setUnitLabel("km" if far else "m")
    bar.update()


def _move_furniture(layout: QgsLayout, page: MapPage) -> None:
    wide, high = FURNITURE
    frame = page.paper.map_frame
    x = frame.x if page.corner[1] == "w" else frame.right - wide
    y = frame.bottom - high if page.corner[0] == "s" else frame.y
    box = layout.itemById("furniture").pos()
    dx, dy = x - box.x(), y - box.y()
    if abs(dx) + abs(dy) > 0.01:
        for name in _FURNITURE_ITEMS:
            item = layout.itemById(name)
            item.attemptMove(QgsLayoutPoint(item.pos().x() + dx, item.pos().y() + dy))


def _show_notice(layout: QgsLayout, notice: Text | None) -> None:
    label = layout.itemById("notice")
    if label is not None:
        label.setVisibility(notice is not None)


def _cells(row: tuple[str, ...], style: QgsTextFormat) -> list[QgsTableCell]:
    cells = []
    for column, text in enumerate(row):
        cell = QgsTableCell(text)
        cell.setTextFormat(style)
        cell.setHorizontalAlignment(Qt.AlignmentFlag.AlignHCenter if is_centred(column) else Qt.AlignmentFlag.AlignLeft)
        cell.setVerticalAlignment(Qt.AlignmentFlag.AlignVCenter)
        cells.append(cell)
    return cells


def _legend_geometry(key: str) -> str:
    if key == "landmark":
        return "Point"
    lines = {"own", "neighbour", "census_area", "water", "railway", "wall"}
    return "LineString" if key in lines or key.startswith("road_") else "Polygon"
