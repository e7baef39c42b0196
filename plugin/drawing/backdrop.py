"""The layers of a map sheet: those of the whole township, made once, and those of one mini-area, filled anew."""

from collections.abc import Callable

import shapely
from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsNullSymbolRenderer,
    QgsPalLayerSettings,
    QgsProject,
    QgsProperty,
    QgsRendererCategory,
    QgsRuleBasedLabeling,
    QgsSingleSymbolRenderer,
    QgsTextFormat,
    QgsVectorLayer,
)

from census_map.sheets.legend import road_key
from census_map.sheets.sheet import BUILDING_KINDS, MapPage, Sheet
from census_map.sheets.township import Township

from .fonts import text_format
from .shapes import fill, memory_layer, to_qgis_crs
from .symbols import symbol

_LABEL_FIELDS = ("kind:string", "text:string(0)", "size:double", "angle:double", "x:double", "y:double")

_FORMATS: dict[str, Callable[[], QgsTextFormat]] = {
    "number": lambda: text_format(8, bold=True, halo=0.45),
    "detail": lambda: text_format(5.5, halo=0.35),
    "road": lambda: text_format(7.5, colour="#4A4A4A", halo=0.5),
    "water": lambda: text_format(7.5, colour="#1F5F94", halo=0.5),
    "railway": lambda: text_format(7.5, colour="#2B2B2B", halo=0.5),
    "wall": lambda: text_format(7.5, colour="#5F4B3A", halo=0.5),
    "landmark": lambda: text_format(7, halo=0.5),
    "neighbour": lambda: text_format(12, colour="#8A8A8A", halo=0.5),
    "detail_frame": lambda: text_format(9, bold=True, colour="#1F4E9E", halo=0.7),
}


class Backdrop:
    """
    All layers of the sheets of one township, in a project of their own.

    Parameters
    ----------
    township
        What the sheets show; its layers are copied into memory, in the printing CRS.
    project
        Owns the layers; the user's own project is never touched.
    """

    def __init__(self, township: Township, project: QgsProject) -> None:
        self.project = project
        self.crs = to_qgis_crs(township.crs)
        project.setCrs(self.crs)
        project.setEllipsoid("NONE")  # so that a scale bar agrees with the round scale to the last millimetre
        self._scale = 0
        self._fixed(township)
        self._changing()

    def _add(
        self, kind: str, name: str, renderer: QgsFeatureRenderer | None, fields: tuple[str, ...] = ()
    ) -> QgsVectorLayer:
        layer = memory_layer(kind, name, self.crs, fields)
        if renderer is not None:
            layer.setRenderer(renderer)
        self.project.addMapLayer(layer)
        return layer

    def _single(self, kind: str, key: str) -> QgsVectorLayer:
        return self._add(kind, key, QgsSingleSymbolRenderer(symbol(key)))

    def _fixed(self, township: Township) -> None:
        water = township.lines["water"].geometry.to_numpy()
        flat = shapely.get_dimensions(water) == 2
        self.water_areas = self._single("Polygon", "water_area")
        fill(self.water_areas, water[flat])
        self.water = self._single("LineString", "water")
        fill(self.water, water[shapely.get_dimensions(water) == 1])
        self.roads = self._add("MultiLineString", "road", None, ("key:string",))
        roads = township.lines["road"]
        fill(self.roads, roads.geometry, [(road_key(name),) for name in roads["class"]])
        self.railways = self._single("MultiLineString", "railway")
        fill(self.railways, township.lines["railway"].geometry)
        self.walls = self._single("MultiLineString", "wall")
        fill(self.walls, township.lines["wall"].geometry)
        self.foreign = self._single("MultiPolygon", "foreign")
        fill(self.foreign, township.buildings.geometry)
        self.neighbours = self._single("MultiLineString", "neighbour")
        fill(self.neighbours, shapely.boundary(township.mini_areas.geometry.to_numpy()))
        self.census_areas = self._single("MultiLineString", "census_area")
        fill(self.census_areas, shapely.boundary(township.census_areas.geometry.to_numpy()))
        self.landmarks = self._single("Point", "landmark")
        fill(self.landmarks, shapely.centroid(township.landmarks.geometry.to_numpy()))

    def _changing(self) -> None:
        self.veil = self._single("Polygon", "veil")
        kinds = [QgsRendererCategory(kind, symbol(kind), kind) for kind in BUILDING_KINDS]
        self.own_buildings = self._add(
            "MultiPolygon", "building", QgsCategorizedSymbolRenderer("kind", kinds), ("kind:string",)
        )
        self.own = self._single("MultiLineString", "own")
        self.leaders = self._single("LineString", "leader")
        self.details = self._single("Polygon", "detail")
        self.labels = self._add("Point", "label", QgsNullSymbolRenderer(), _LABEL_FIELDS)
        self.labels.setLabeling(_labeling())
        self.labels.setLabelsEnabled(True)
        self.tiling = self._add("MultiPolygon", "tiling", QgsSingleSymbolRenderer(symbol("tile")))
        self.here = self._add("MultiPolygon", "here", QgsSingleSymbolRenderer(symbol("here")))

    def map_layers(self) -> list[QgsVectorLayer]:
        """Give the layers of the map, the topmost first."""
        return [
            self.labels,
            self.details,
            self.landmarks,
            self.leaders,
            self.own,
            self.own_buildings,
            self.neighbours,
            self.veil,
            self.census_areas,
            self.foreign,
            self.walls,
            self.railways,
            self.roads,
            self.water,
            self.water_areas,
        ]

    def locator_layers(self) -> list[QgsVectorLayer]:
        """Give the layers of the locator: outlines only."""
        return [self.here, self.tiling]

    def show_sheet(self, sheet: Sheet) -> None:
        """Fill what belongs to one mini-area."""
        fill(self.own, [shapely.boundary(sheet.area)])
        fill(
            self.own_buildings,
            [shape for shape, _kind in sheet.buildings],
            [(kind,) for _shape, kind in sheet.buildings],
        )
        fill(self.tiling, sheet.tiling)
        fill(self.here, [sheet.area])

    def show_page(self, sheet: Sheet, page: MapPage) -> None:
        """Fill what belongs to one map of it."""
        fill(self.veil, [shapely.box(*page.extent).difference(sheet.area)])
        fill(self.leaders, [shapely.LineString([(line.x1, line.y1), (line.x2, line.y2)]) for line in page.leaders])
        fill(self.details, [shapely.box(*detail.extent) for detail in page.details])
        fill(
            self.labels,
            [shapely.Point(label.x, label.y) for label in page.labels],
            [(label.kind, label.text, label.size, label.angle, label.x, label.y) for label in page.labels],
        )
        if page.scale != self._scale:
            self._scale = page.scale
            self.roads.setRenderer(_road_renderer(page.scale))


def _road_renderer(scale: int) -> QgsCategorizedSymbolRenderer:
    keys = ("road_path", "road_lane", "road_secondary", "road_main")
    renderer = QgsCategorizedSymbolRenderer("key", [QgsRendererCategory(key, symbol(key, scale), key) for key in keys])
    # All casings first, then all fills: crossings stay open.
    renderer.setUsingSymbolLevels(True)
    return renderer


def _labeling() -> QgsRuleBasedLabeling:
    root = QgsRuleBasedLabeling.Rule(None)
    for kind, style in _FORMATS.items():
        rule = QgsRuleBasedLabeling.Rule(_pinned(style()))
        rule.setFilterExpression(f"\"kind\" = '{kind}'")
        root.appendChild(rule)
    return QgsRuleBasedLabeling(root)


def _pinned(style: QgsTextFormat) -> QgsPalLayerSettings:
    """Labels that stand where the library put them, and are never left out."""
    settings = QgsPalLayerSettings()
    settings.fieldName = "text"
    settings.isExpression = False  # text from data is data
    settings.setFormat(style)
    settings.placement = Qgis.LabelPlacement.OverPoint
    placing = settings.placementSettings()
    placing.setOverlapHandling(Qgis.LabelOverlapHandling.AllowOverlapAtNoCost)
    placing.setAllowDegradedPlacement(True)
    settings.setPlacementSettings(placing)
    own = settings.dataDefinedProperties()
    properties = QgsPalLayerSettings.Property
    for key, field in (
        (properties.PositionX, "x"),
        (properties.PositionY, "y"),
        (properties.Size, "size"),
    ):
        own.setProperty(key, QgsProperty.fromField(field))
    # QGIS turns labels clockwise, the library anticlockwise.
    own.setProperty(properties.LabelRotation, QgsProperty.fromExpression('-"angle"'))
    own.setProperty(properties.Hali, QgsProperty.fromValue("Center"))
    own.setProperty(properties.Vali, QgsProperty.fromValue("Half"))
    settings.setDataDefinedProperties(own)
    settings.obstacleSettings().setIsObstacle(False)
    return settings
