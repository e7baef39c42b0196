"""
What a map tool may ask for: drafts, places, the line to follow, and that a draft be carried out.

The tools get it injected. It is the only one of them that knows the session; the tools know the mouse.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPointLocator,
    QgsPointXY,
    QgsProject,
    QgsSnappingConfig,
    QgsTolerance,
    QgsTracer,
)
from qgis.gui import QgsMapCanvas, QgsMapCanvasSnappingUtils
from qgis.PyQt.QtCore import QObject, QPoint, pyqtSignal

from census_map.errors import CensusMapError
from census_map.i18n import _

from ..bridge import geometry_of
from ..editing.lines import line_layers
from ..editing.session import Session

if TYPE_CHECKING:
    from ..editing.drafts import Draft, Drafts, Place

SNAP_PIXELS = 12
_DETOUR = 3.0  # a line that is followed is at most so many times as long as the straight way


class Handler(QObject):
    """
    Serves the tools of one session.

    Signals: `hinted(text)` with what the next click does; `refused(text)`; `done(text)` after an action;
    `marked(ground)` with a house that was drawn; `counted(number)` with a number that was typed.
    """

    hinted = pyqtSignal(str)
    refused = pyqtSignal(str)
    done = pyqtSignal(str)
    marked = pyqtSignal(object)
    counted = pyqtSignal(int)

    def __init__(self, canvas: QgsMapCanvas, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas, self.session = canvas, session
        self.follows = True  # whether lines of the base map are followed between two clicks
        self._snapping = QgsMapCanvasSnappingUtils(canvas, self)
        self._tracer = QgsTracer()
        self._drafts: Drafts | None = None
        self._way: QgsCoordinateTransform | None = None  # from the map to the layers
        self._find_lines()

    @property
    def drafts(self) -> "Drafts":
        """What would be done."""
        if self._drafts is None:
            from ..editing.drafts import Drafts  # noqa: PLC0415  brings geopandas along

            self._drafts = Drafts(self.session, self.metre)
        return self._drafts

    @property
    def metre(self) -> float:
        """About a metre, in units of the layers."""
        return 1 / 111_320.0 if self.session.layers["mini_area"].crs().isGeographic() else 1.0

    @property
    def pixel(self) -> float:
        """The size of a pixel, in units of the layers."""
        here = self._canvas.extent().center()
        step = QgsPointXY(here.x() + self._canvas.mapUnitsPerPixel(), here.y())
        (a, b), (c, d) = self.place(here), self.place(step)
        return float(((a - c) ** 2 + (b - d) ** 2) ** 0.5)

    def place(self, point: QgsPointXY) -> "Place":
        """Give a point of the map in the coordinates of the layers."""
        there = self._transform().transform(point)
        return there.x(), there.y()

    def ground(self, corners: list[QgsPointXY]) -> QgsGeometry:
        """Make a polygon in the coordinates of the layers of corners on the map."""
        shape = QgsGeometry.fromPolygonXY([[*corners, corners[0]]])
        shape.transform(self._transform())
        shape.convertToMultiType()
        return shape

    def on_map(self, shape: Any) -> QgsGeometry:
        """Give a shape of the layers in the coordinates of the map."""
        geometry = geometry_of(shape)
        geometry.transform(self._transform(), Qgis.TransformDirection.Reverse)
        return geometry

    def area_at(self, point: QgsPointXY) -> int | None:
        """Give the mini-area at a point of the map."""
        return self.session.mirror.at(*self.place(point))

    def areas_near(self, point: QgsPointXY) -> list[int]:
        """Give the mini-areas whose border a click at a point of the map can mean."""
        return self.session.mirror.near(*self.place(point), SNAP_PIXELS * self.pixel)

    def snap(self, pixel: QPoint) -> QgsPointLocator.Match:
        """Find the border, corner or line that a click means."""
        return self._snapping.snapToMap(pixel)

    def way(self, one: QgsPointXY, other: QgsPointXY) -> list[QgsPointXY]:
        """Give the points after one place up to another: along a line of the base map where both lie on it."""
        if not self.follows:
            return [other]
        points, fault = self._tracer.findShortestPath(one, other)
        if fault != QgsTracer.PathError.ErrNone or len(points) < 2:
            return [other]
        length = QgsGeometry.fromPolylineXY(points).length()
        return list(points[1:]) if length <= _DETOUR * one.distance(other) else [other]

    def look_around(self) -> None:
        """The map shows another place: lines are followed there."""
        self._tracer.setDestinationCrs(
            self._canvas.mapSettings().destinationCrs(), QgsProject.instance().transformContext()
        )
        self._tracer.setExtent(self._canvas.extent())
        self._tracer.setLayers(line_layers(self.session))

    def propose(self, work: Callable[[], "Draft"]) -> "Draft | None":
        """Work a draft out while the mouse moves; None where it would be refused, which is nobody's fault yet."""
        try:
            return work()
        except CensusMapError:
            return None

    def carry_out(self, work: Callable[[], "Draft"]) -> bool:
        """Do what a tool has drawn, as one step; a refusal is said in words, and nothing has changed."""

        def act() -> None:
            draft = work()
            self.session.carry_out(draft.title, draft.change, draft.values)

        return self.attempt(act)

    def mark(self, grounds: list[QgsGeometry]) -> None:
        """Hand drawn houses over to the form."""
        for ground in grounds:
            self.marked.emit(ground)

    def to_map(self, shape: QgsGeometry) -> QgsGeometry:
        """Give a geometry of the layers in the coordinates of the map."""
        there = QgsGeometry(shape)
        there.transform(self._transform(), Qgis.TransformDirection.Reverse)
        return there

    def house_at(self, point: QgsPointXY) -> QgsFeature | None:
        """Give the house at a point of the map."""
        from ..editing.houses import house_at  # noqa: PLC0415  brings geopandas along

        return house_at(self.session, *self.place(point))

    def add_houses(self, title: str, shapes: list[QgsGeometry], values: Mapping[str, Any]) -> bool:
        """Add houses drawn on the map, as one step."""
        from ..editing.houses import new_house  # noqa: PLC0415  brings geopandas along

        def act() -> None:
            rows = []
            for shape in shapes:
                ground = QgsGeometry(shape)
                ground.transform(self._transform())
                rows.append(new_house(self.session, ground, values))
            self.session.add_buildings(title, rows)

        return self.attempt(act)

    def divide_house(self, house: QgsFeature, count: int, values: Mapping[str, Any]) -> bool:
        """Divide a house into parts, as one step; the first part stays the house."""
        from ..editing.houses import divided, new_house  # noqa: PLC0415  brings geopandas along

        def act() -> None:
            first, *others = divided(house.geometry(), count)
            first.convertToMultiType()
            rows = [new_house(self.session, part, values) for part in others]
            self.session.add_buildings(_("Divide a house"), rows, changed={house.id(): first})

        return self.attempt(act)

    def attempt(self, act: Callable[[], None]) -> bool:
        """Do something in the edit buffers; a refusal is said in words."""
        try:
            if not self.session.begin():
                self.refused.emit(_("This township is open for reading only."))
                return False
            act()
        except CensusMapError as error:
            self.refused.emit(str(error))
            return False
        self.done.emit("")
        return True

    def release(self) -> None:
        """Let go of the layers."""
        self._tracer.setLayers([])

    def _transform(self) -> QgsCoordinateTransform:
        here = self._canvas.mapSettings().destinationCrs()
        if self._way is None or self._way.sourceCrs() != here:
            self._way = QgsCoordinateTransform(here, self.session.layers["mini_area"].crs(), QgsProject.instance())
        return self._way

    def _find_lines(self) -> None:
        """Snap to borders, houses and the lines of the base map, whatever the project says."""
        config = QgsSnappingConfig()
        config.setEnabled(True)
        config.setMode(Qgis.SnappingMode.AdvancedConfiguration)
        kinds = Qgis.SnappingTypes(Qgis.SnappingType.Vertex | Qgis.SnappingType.Segment)
        one = QgsSnappingConfig.IndividualLayerSettings(True, kinds, SNAP_PIXELS, QgsTolerance.UnitType.Pixels)
        for layer in (*self.session.layers.values(), *line_layers(self.session)):
            config.setIndividualLayerSettings(layer, one)
        self._snapping.setConfig(config)
        self.look_around()
