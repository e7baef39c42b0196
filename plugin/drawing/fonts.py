"""Which font the sheets are set in: one that has Chinese, on whatever system."""

from functools import lru_cache

from qgis.core import QgsTextBufferSettings, QgsTextFormat, QgsUnitTypes
from qgis.PyQt.QtGui import QColor, QFont, QFontDatabase

# Sans-serif fonts of Debian, of an office's Windows and of a Mac, best first.
FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "DengXian",
    "SimHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimSun",
)


@lru_cache(maxsize=1)
def sheet_family() -> str:
    """Give the first of `FAMILIES` that this computer has; empty where it has none, for the system's own."""
    present = set(QFontDatabase().families())
    return next((family for family in FAMILIES if family in present), "")


def text_format(size: float, *, bold: bool = False, colour: str = "#000000", halo: float = 0.0) -> QgsTextFormat:
    """
    Give the format of a text.

    Parameters
    ----------
    size
        Points.
    bold, colour
        Of the letters.
    halo
        Width of a white edge around the letters, in millimetres.
    """
    style = QgsTextFormat()
    font = QFont()
    font.setBold(bold)
    style.setFont(searchable(font))
    style.setForcedBold(bold)
    style.setSize(size)
    style.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    style.setColor(QColor(colour))
    if halo:
        edge = QgsTextBufferSettings()
        edge.setEnabled(True)
        edge.setSize(halo)
        edge.setColor(QColor("white"))
        style.setBuffer(edge)
    return style


def searchable(font: QFont) -> QFont:
    """
    Give a font the family of the sheets, drawn so that a search in the PDF finds the text.

    Shaping would put ligatures and alternative digits into the file, for which the PDF writer of Qt records no
    character: 'floors' and '001' could be read but not found. Neither Chinese nor Latin needs shaping.
    """
    made = QFont(font)
    if sheet_family():
        made.setFamily(sheet_family())
    made.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)
    return made
