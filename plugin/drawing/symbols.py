"""
The symbols of the sheets, one for each key of the legend.

Buildings stay apart in grey by their hatches; the own border alone is strong. Widths are
millimetres on paper; roads follow their width on the ground between limits.
"""

from qgis.core import (
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerLineSymbolLayer,
    QgsMarkerSymbol,
    QgsSimpleLineSymbolLayer,
    QgsSymbol,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

OWN_BORDER = "#8B1A5C"
_INK = "#2B2B2B"

# Fill, angles of the hatches, distance of their lines in millimetres.
_BUILDINGS: dict[str, tuple[str, tuple[float, ...], float]] = {
    "residential": ("#F3CF94", (), 0.0),
    "mixed": ("#F0AE94", (45.0,), 1.1),
    "collective": ("#A9C6E8", (45.0, 135.0), 1.3),
    "other": ("#BDBDBD", (0.0,), 1.1),
    "vacant": ("#FFFFFF", (), 0.0),
    "construction": ("#FFFFFF", (135.0,), 1.6),
}
# Width on the ground in metres, least and greatest width on paper in millimetres, fill.
_ROADS = {
    "road_main": (16.0, 1.2, 3.4, "#FFE7A3"),
    "road_secondary": (10.0, 0.9, 2.8, "#FFFFFF"),
    "road_lane": (4.0, 0.6, 2.0, "#FFFFFF"),
}
_LEGEND_SCALE = 8000
_CASING = "#6F6F6F"


def symbol(key: str, scale: int = 2000) -> QgsSymbol:
    """
    Give the symbol of a legend key.

    Parameters
    ----------
    key
        See `census_map.sheets.legend.TITLES`; also `water_area`, `leader`, `veil`, `tile` and `here`.
    scale
        The number after '1:', for roads.
    """
    if key in _BUILDINGS:
        return _building(key)
    if key in _ROADS:
        return _road(key, scale)
    return _OTHERS[key]()


def legend_symbol(key: str) -> QgsSymbol:
    """Give the symbol of a key as the legend shows it: short, so with shorter dashes and flat ends."""
    if key == "census_area":
        return _dash_dot("#000000", 1.2, [2.6, 0.8, 0.8, 0.8])
    made = symbol(key, _LEGEND_SCALE)
    if key in _ROADS:
        for layer in made.symbolLayers():
            layer.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    return made


def _building(key: str) -> QgsFillSymbol:
    colour, hatches, distance = _BUILDINGS[key]
    loose = key in {"vacant", "construction"}
    made = QgsFillSymbol.createSimple(
        {
            "color": colour,
            "outline_color": _INK,
            "outline_width": "0.3" if loose else "0.22",
            "outline_style": "dash" if loose else "solid",
            "joinstyle": "miter",
        }
    )
    for angle in hatches:
        pattern = QgsLinePatternFillSymbolLayer()
        pattern.setLineAngle(angle)
        pattern.setDistance(distance)
        pattern.setSubSymbol(QgsLineSymbol.createSimple({"line_color": "#5A5A5A", "line_width": "0.12"}))
        made.insertSymbolLayer(1, pattern)
    return made


def road_width(key: str, scale: int) -> float:
    """Give the width of a road on paper in millimetres."""
    ground, least, most, _colour = _ROADS[key]
    return min(max(ground * 1000 / scale, least), most)


def _road(key: str, scale: int) -> QgsLineSymbol:
    width = road_width(key, scale)
    made = QgsLineSymbol.createSimple({"line_color": _CASING, "line_width": str(width + 0.4), "capstyle": "round"})
    fill = QgsSimpleLineSymbolLayer(QColor(_ROADS[key][3]), width)
    fill.setPenCapStyle(Qt.PenCapStyle.RoundCap)
    fill.setRenderingPass(1)
    made.appendSymbolLayer(fill)
    return made


def _line(**properties: str) -> QgsLineSymbol:
    return QgsLineSymbol.createSimple(properties)


def _outline(colour: str, width: float, style: str = "solid", fill: str = "0,0,0,0") -> QgsFillSymbol:
    made = {"color": fill, "outline_color": colour, "outline_width": str(width), "outline_style": style}
    return QgsFillSymbol.createSimple({**made, "joinstyle": "round"})


def _railway() -> QgsLineSymbol:
    made = _line(line_color=_INK, line_width="0.9", capstyle="flat")
    inner = QgsSimpleLineSymbolLayer(QColor("white"), 0.55)
    inner.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    inner.setUseCustomDashPattern(True)
    inner.setCustomDashVector([3.0, 3.0])
    made.appendSymbolLayer(inner)
    return made


def _wall() -> QgsLineSymbol:
    made = _line(line_color="#5F4B3A", line_width="0.3")
    ticks = QgsMarkerLineSymbolLayer(True, 3.0)
    ticks.setSubSymbol(QgsMarkerSymbol.createSimple({"name": "line", "color": "#5F4B3A", "size": "1.4", "angle": "0"}))
    made.appendSymbolLayer(ticks)
    return made


def _dash_dot(colour: str, width: float, pattern: list[float]) -> QgsLineSymbol:
    layer = QgsSimpleLineSymbolLayer(QColor(colour), width)
    layer.setUseCustomDashPattern(True)
    layer.setCustomDashVector(pattern)
    layer.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    made = QgsLineSymbol.createSimple({})
    made.changeSymbolLayer(0, layer)
    return made


def _path() -> QgsLineSymbol:
    return _line(line_color="#7D7D7D", line_width="0.3", line_style="dash")


_OTHERS = {
    "own": lambda: _line(line_color=OWN_BORDER, line_width="0.8", joinstyle="round"),
    "census_area": lambda: _dash_dot("#000000", 1.2, [7.0, 1.5, 1.2, 1.5]),
    "neighbour": lambda: _dash_dot("#777777", 0.35, [2.5, 1.2]),
    "demolished": lambda: _outline("#777777", 0.22, "dot"),
    "foreign": lambda: _outline("#B5B5B5", 0.12, fill="#EFEFEF"),
    "road_path": _path,
    "water": lambda: _line(line_color="#7DB3DC", line_width="0.9", capstyle="round"),
    "water_area": lambda: _outline("#7DB3DC", 0.2, fill="#CFE6F5"),
    "railway": _railway,
    "wall": _wall,
    "landmark": lambda: QgsMarkerSymbol.createSimple(
        {"name": "triangle", "color": "#FFFFFF", "outline_color": "#000000", "outline_width": "0.35", "size": "2.6"}
    ),
    "detail": lambda: _outline("#1F4E9E", 0.4, "dash"),
    "leader": lambda: _line(line_color="#000000", line_width="0.15"),
    "tile": lambda: _outline("#777777", 0.12),
    "here": lambda: _outline(OWN_BORDER, 0.3, fill=OWN_BORDER),
    "veil": lambda: QgsFillSymbol.createSimple({"color": "255,255,255,120", "outline_style": "no"}),
}
