"""
The print layouts in `styles/`, built from the boxes of `census_map.sheets.panel` and written as QPT templates.

An office may change a template in QGIS (fonts, colours, a crest); the sheets find their items by id and fill texts
through the layout variables `@sheet_...`, which are never read as expressions or HTML. Run
`python -m census_map_plugin.drawing.template FOLDER` to write the templates anew.
"""

import base64
import os
import sys
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsFillSymbol,
    QgsLayoutFrame,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsLayoutTableColumn,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor

from census_map.sheets.building_list import CELL_MARGIN, PAGE_HEIGHT, SIZE
from census_map.sheets.building_list import PAPER as LIST_PAPER
from census_map.sheets.map_page import FURNITURE
from census_map.sheets.panel import FACTS, HEADING, boxes, text_box
from census_map.sheets.paper import PAPERS, TITLE, Paper, Rect

from .fonts import text_format

VARIABLE = "sheet_"
LIST_TEMPLATE = "building_list"
_MILLIMETRES = QgsUnitTypes.LayoutUnit.LayoutMillimeters
_LEFT, _CENTRE, _RIGHT = (
    Qt.AlignmentFlag.AlignLeft,
    Qt.AlignmentFlag.AlignHCenter,
    Qt.AlignmentFlag.AlignRight,
)
_TOP, _MIDDLE, _BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignBottom
_NORTH = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="140" viewBox="0 0 100 140">'
    '<path d="M50 40L78 135L50 115z" fill="#fff" stroke="#000" stroke-width="4" stroke-linejoin="round"/>'
    '<path d="M50 40L22 135L50 115z" fill="#000" stroke="#000" stroke-width="4" stroke-linejoin="round"/>'
    '<path d="M38 32V4L62 32V4" fill="none" stroke="#000" stroke-width="6"/></svg>'
)
_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" viewBox="0 0 10 10">'
    '<path d="{}" fill="#000"/></svg>'
)
# Right-angled marks by which a photograph of the corrected paper is laid over the map again.
_MARKS = {"mark_nw": "M0 0H10L0 10z", "mark_sw": "M0 0V10H10z", "mark_ne": "M0 0H10V10z", "mark_se": "M10 0V10H0z"}
_MARK_SIDE = 4.0


def template_names() -> tuple[str, ...]:
    """Name the templates, without folder and ending."""
    return (*(f"mini_area_{name}" for name in PAPERS), f"{LIST_TEMPLATE}_{LIST_PAPER.name}")


def write_templates(folder: Path) -> list[Path]:
    """
    Write all templates.

    Parameters
    ----------
    folder
        Where the files go; existing ones are replaced.
    """
    written = []
    project = QgsProject()
    layouts = {f"mini_area_{name}": map_layout(project, paper) for name, paper in PAPERS.items()}
    layouts[f"{LIST_TEMPLATE}_{LIST_PAPER.name}"] = list_layout(project)
    for name, layout in layouts.items():
        layout.setName(name)
        path = folder / f"{name}.qpt"
        if not layout.saveAsTemplate(str(path), QgsReadWriteContext()):
            raise OSError(str(path))
        written.append(path)
    return written


def map_layout(project: QgsProject, paper: Paper) -> QgsPrintLayout:
    """Build the layout of a map sheet on a paper."""
    layout = _new_layout(project, paper)
    place = boxes(paper)
    main = _map(layout, "map", place["map"], frame=0.4)
    for name in FACTS:
        _box(layout, f"box_{name}", place[name])
        heading = Rect(place[name].x + 1.2, place[name].y + 0.4, place[name].width - 2.4, HEADING - 0.4)
        _label(layout, f"{name}_title", heading, 7.5, bold=True, vertical=_MIDDLE)
    _map(layout, "locator", text_box(place["locator"]))
    _legend(layout, place["legend"])
    for name in ("bounds", "totals", "people"):
        _label(layout, name, text_box(place[name]), 8)
    _heading(layout, place)
    _picture(layout, "qr", place["qr"])
    _furniture(layout, place["map"], main)
    frame = place["map"]
    _label(layout, "notice", Rect(frame.x + 1, frame.y + 1, frame.width * 0.62, 10), 8, background=True)
    _marks(layout, frame, paper)
    return layout


def list_layout(project: QgsProject) -> QgsPrintLayout:
    """Build the layout of a page of the list of buildings."""
    layout = _new_layout(project, LIST_PAPER)
    place = boxes(LIST_PAPER)
    _heading(layout, place)
    _picture(layout, "qr", place["qr"])
    table = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(table)
    table.setContentTextFormat(text_format(SIZE))
    table.setHeaderTextFormat(text_format(SIZE, bold=True))
    table.setHeaderMode(QgsLayoutTable.HeaderMode.NoHeaders)
    table.setCellMargin(CELL_MARGIN)
    table.setGridStrokeWidth(0.15)
    table.setHorizontalGrid(True)
    table.setVerticalGrid(True)
    table.setShowGrid(True)
    area = LIST_PAPER.content
    frame = QgsLayoutFrame(layout, table)
    frame.setId("table")
    frame.attemptSetSceneRect(QRectF(area.x, area.y + TITLE, area.width, PAGE_HEIGHT + 1))
    table.addFrame(frame)
    table.setColumns([QgsLayoutTableColumn("")])
    return layout


def _new_layout(project: QgsProject, paper: Paper) -> QgsPrintLayout:
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    page = layout.pageCollection().page(0)
    page.setPageSize(QgsLayoutSize(paper.width, paper.height, _MILLIMETRES))
    assert isinstance(page, QgsLayoutItemPage)
    return layout


def _add(layout: QgsPrintLayout, item: QgsLayoutItem, name: str, box: Rect) -> None:
    item.setId(name)
    layout.addLayoutItem(item)
    item.attemptSetSceneRect(QRectF(box.x, box.y, box.width, box.height))


def _label(
    layout: QgsPrintLayout,
    name: str,
    box: Rect,
    size: float,
    *,
    bold: bool = False,
    across: Qt.AlignmentFlag = _LEFT,
    vertical: Qt.AlignmentFlag = _TOP,
    background: bool = False,
) -> None:
    label = QgsLayoutItemLabel(layout)
    label.setText(f"[% @{VARIABLE}{name} %]")
    label.setMode(QgsLayoutItemLabel.Mode.ModeFont)
    label.setTextFormat(text_format(size, bold=bold))
    label.setHAlign(across)
    label.setVAlign(vertical)
    label.setMarginX(0)
    label.setMarginY(0)
    if background:
        label.setBackgroundEnabled(True)
        label.setBackgroundColor(QColor("white"))
    _add(layout, label, name, box)


def _box(layout: QgsPrintLayout, name: str, box: Rect, *, fill: str = "0,0,0,0", outline: str = "#000000") -> None:
    shape = QgsLayoutItemShape(layout)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    shape.setSymbol(QgsFillSymbol.createSimple({"color": fill, "outline_color": outline, "outline_width": "0.2"}))
    _add(layout, shape, name, box)


def _map(layout: QgsPrintLayout, name: str, box: Rect, *, frame: float = 0.0) -> QgsLayoutItemMap:
    item = QgsLayoutItemMap(layout)
    item.setFrameEnabled(frame > 0)
    if frame:
        item.setFrameStrokeWidth(QgsLayoutMeasurement(frame))
    item.setBackgroundEnabled(False)
    item.setKeepLayerSet(True)
    _add(layout, item, name, box)
    return item


def _picture(layout: QgsPrintLayout, name: str, box: Rect, svg: str = "") -> None:
    picture = QgsLayoutItemPicture(layout)
    picture.setResizeMode(QgsLayoutItemPicture.ResizeMode.Zoom)
    if svg:
        picture.setPicturePath(embedded(svg), Qgis.PictureFormat.SVG)
    _add(layout, picture, name, box)


def embedded(svg: str) -> str:
    """Give a picture's path that is the picture itself."""
    return "base64:" + base64.b64encode(svg.encode()).decode()


def _legend(layout: QgsPrintLayout, box: Rect) -> None:
    room = text_box(box)
    legend = QgsLayoutItemLegend(layout)
    legend.setAutoUpdateModel(False)
    legend.setTitle("")
    legend.setColumnCount(2)
    legend.setEqualColumnWidth(False)
    legend.setResizeToContents(False)
    legend.setBackgroundEnabled(False)
    legend.setSymbolWidth(6.5)
    legend.setSymbolHeight(2.8)
    legend.setBoxSpace(0)
    legend.setMaximumSymbolSize(3.0)
    legend.setColumnSpace(2.0)
    for style in (QgsLegendStyle.Style.SymbolLabel, QgsLegendStyle.Style.Subgroup, QgsLegendStyle.Style.Group):
        made = legend.style(style)
        made.setTextFormat(text_format(7))
        for side in (QgsLegendStyle.Side.Top, QgsLegendStyle.Side.Bottom):
            made.setMargin(side, 0.3)
        legend.setStyle(style, made)
    # A layer of one symbol is drawn as one line: its symbol, with the layer's name as text.
    symbol = legend.style(QgsLegendStyle.Style.Symbol)
    symbol.setMargin(QgsLegendStyle.Side.Top, 0.9)
    symbol.setMargin(QgsLegendStyle.Side.Left, 0)
    legend.setStyle(QgsLegendStyle.Style.Symbol, symbol)
    _add(layout, legend, "legend", Rect(room.x, room.y - 1, room.width, room.height - 3))
    _label(layout, "number_key", Rect(room.x, room.bottom - 4, room.width, 4), 6.5, vertical=_MIDDLE)


def _heading(layout: QgsPrintLayout, place: dict[str, Rect]) -> None:
    _label(layout, "place", place["place"], 11, vertical=_MIDDLE)
    _label(layout, "title", place["title"], 17, bold=True, vertical=_MIDDLE)
    _label(layout, "code", place["code"], 13, bold=True, across=_RIGHT, vertical=_MIDDLE)
    _label(layout, "secret", place["secret"], 8, bold=True, vertical=_BOTTOM)
    _label(layout, "drafted", place["drafted"], 8, across=_CENTRE, vertical=_BOTTOM)
    _label(layout, "page", place["page"], 8, across=_RIGHT, vertical=_BOTTOM)


def _furniture(layout: QgsPrintLayout, frame: Rect, main: QgsLayoutItemMap) -> None:
    """North arrow, scale and scale bar in the south-west corner; a sheet moves them where they hide least."""
    wide, high = FURNITURE
    x, y = frame.x, frame.bottom - high
    _box(layout, "furniture", Rect(x, y, wide, high), fill="#FFFFFF")
    _picture(layout, "north", Rect(x + 1, y + 0.8, 9, high - 1.6), _NORTH)
    _label(layout, "scale", Rect(x + 11.5, y + 0.8, wide - 13, 4), 8, bold=True, vertical=_MIDDLE)
    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(main)
    bar.setUnits(Qgis.DistanceUnit.Meters)
    bar.setUnitLabel("m")
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setUnitsPerSegment(20)
    bar.setHeight(1.6)
    bar.setLabelBarSpace(0.8)
    bar.setBoxContentSpace(0.5)
    bar.setTextFormat(text_format(7))
    bar.setBackgroundEnabled(False)
    _add(layout, bar, "scalebar", Rect(x + 11, y + 5, wide - 12, 8))


def _marks(layout: QgsPrintLayout, frame: Rect, paper: Paper) -> None:
    west = frame.x - _MARK_SIDE - 3
    east = paper.content.right + 3
    north, south = frame.y, paper.panel_frame.bottom - _MARK_SIDE
    for name, path in _MARKS.items():
        box = Rect(west if name.endswith("w") else east, north if "_n" in name else south, _MARK_SIDE, _MARK_SIDE)
        _picture(layout, name, box, _MARK.format(path))


def main(folder: str) -> None:
    """Write the templates from the command line."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QgsApplication([], False)
    application.initQgis()
    for path in write_templates(Path(folder)):
        sys.stdout.write(f"{path}\n")
    application.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1])
