"""
The plan on the map: temporary layers that leave no trace.

A layer of the proposed mini-areas coloured by balance and, where a division exists already, the present
borders as thin dashes. The layer of the present mini-areas is hidden meanwhile and shown again afterwards.
"""

from collections.abc import Iterable

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsLayerTreeLayer,
    QgsPalLayerSettings,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

from census_map.i18n import _

from ..panels.look import BALANCE_COLOURS, BALANCE_MARKS, OWN_BORDER
from .library import View
from .words import amount

MARK = "census_map/preview"
_FIELDS = "field=row:integer&field=state:string(8)&field=label:string(60)"
_FILL_ALPHA = 70


class Preview:
    """The layers of one plan after another."""

    def __init__(self, project: QgsProject) -> None:
        self._project = project
        self._ids: list[str] = []
        self._hidden: str | None = None
        self._clean = False

    @property
    def shown(self) -> bool:
        """Whether a plan is on the map."""
        return bool(self._ids)

    def show(self, view: View, present: QgsVectorLayer | None, *, replaces: bool) -> None:
        """
        Put a plan on the map, in the place of the one before.

        Parameters
        ----------
        present
            The layer of the mini-areas there are.
        replaces
            Whether the plan differs from them, so that both would be confusing.
        """
        if not self._ids:
            self._clean = not self._project.isDirty()
        self._remove_layers()
        self._restore_present()
        layers = [self._plan_layer(view)]
        if replaces and present is not None:
            layers.append(self._border_layer(present))
            self._hide(present)
        root = self._project.layerTreeRoot()
        for place, layer in enumerate(layers):
            layer.setCustomProperty(MARK, value=True)
            layer.setCustomProperty("skipMemoryLayersCheck", 1)  # QGIS must not ask to save it when it closes
            self._project.addMapLayer(layer, addToLegend=False)
            root.insertLayer(place, layer)
            self._ids.append(layer.id())
        self._forget_change()

    def remove(self) -> None:
        """Take everything off the map."""
        if self._ids:
            self._remove_layers()
            self._restore_present()
            self._forget_change()

    def forget(self) -> None:
        """The project took the layers with it."""
        self._ids, self._hidden = [], None

    def _remove_layers(self) -> None:
        self._project.removeMapLayers([name for name in self._ids if self._project.mapLayer(name) is not None])
        self._ids = []

    def _forget_change(self) -> None:
        if self._clean:
            self._project.setDirty(False)

    def _hide(self, layer: QgsVectorLayer) -> None:
        node = self._node(layer.id())
        if node is not None and node.itemVisibilityChecked():
            node.setItemVisibilityChecked(False)
            self._hidden = layer.id()

    def _restore_present(self) -> None:
        node = self._node(self._hidden) if self._hidden else None
        if node is not None:
            node.setItemVisibilityChecked(True)
        self._hidden = None

    def _node(self, layer_id: str) -> QgsLayerTreeLayer | None:
        return self._project.layerTreeRoot().findLayer(layer_id)

    def _plan_layer(self, view: View) -> QgsVectorLayer:
        from ..bridge import geometry_of, qgis_crs  # noqa: PLC0415  brings geopandas along

        plan, figures = view.plan, view.figures
        layer = QgsVectorLayer(f"MultiPolygon?{_FIELDS}", _("Proposed mini-areas"), "memory")
        layer.setCrs(qgis_crs(plan.parts.crs))
        features = []
        for row in plan.parts.index:
            feature = QgsFeature(layer.fields())
            geometry = geometry_of(plan.parts.geometry[row])
            geometry.convertToMultiType()
            feature.setGeometry(geometry)
            state = "kept" if plan.parts.at[row, "kept"] else str(figures.at[row, "state"])
            outside = {"above": BALANCE_MARKS["above"], "below": BALANCE_MARKS["below"]}
            mark = outside.get(str(figures.at[row, "state"]), "")
            label = f"{plan.parts.at[row, 'number']}\n{mark}{amount(figures.at[row, 'weight'], plan.size.by)}"
            feature.setAttributes([int(row), state, label])
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        layer.updateExtents()
        layer.setRenderer(_renderer())
        layer.setLabeling(_labeling())
        layer.setLabelsEnabled(True)
        return layer

    def _border_layer(self, present: QgsVectorLayer) -> QgsVectorLayer:
        layer = QgsVectorLayer("MultiPolygon", _("Borders as they are now"), "memory")
        layer.setCrs(present.crs())
        features = []
        for feature in present.getFeatures():
            copy = QgsFeature()
            copy.setGeometry(feature.geometry())
            features.append(copy)
        layer.dataProvider().addFeatures(features)
        layer.updateExtents()
        layer.renderer().setSymbol(
            QgsFillSymbol.createSimple(
                {"style": "no", "outline_color": "#555555", "outline_style": "dash", "outline_width": "0.35"}
            )
        )
        return layer


def extent_of(geometries: Iterable[QgsGeometry], transform: QgsCoordinateTransform) -> QgsRectangle:
    """Give the box of some ground in the map's coordinates, with a margin."""
    box = QgsRectangle()
    for geometry in geometries:
        box.combineExtentWith(transform.transformBoundingBox(geometry.boundingBox()))
    box.grow(0.06 * max(box.width(), box.height()))
    return box


def _renderer() -> QgsCategorizedSymbolRenderer:
    titles = {
        "below": _("below the band"),
        "inside": _("inside the band"),
        "above": _("above the band"),
        "kept": _("kept as it is"),
    }
    categories = []
    for state, title in titles.items():
        colour = QColor(BALANCE_COLOURS[state])
        colour.setAlpha(_FILL_ALPHA)
        symbol = QgsFillSymbol.createSimple({"outline_color": OWN_BORDER, "outline_width": "0.8"})
        symbol.symbolLayer(0).setFillColor(colour)
        categories.append(QgsRendererCategory(state, symbol, title))
    return QgsCategorizedSymbolRenderer("state", categories)


def _labeling() -> QgsVectorLayerSimpleLabeling:
    settings = QgsPalLayerSettings()
    settings.fieldName = "label"
    settings.drawLabels = True
    settings.placement = QgsPalLayerSettings.Placement.Horizontal
    settings.centroidInside = True
    settings.multilineAlign = QgsPalLayerSettings.MultiLineAlign.MultiCenter
    settings.priority = 10
    text = QgsTextFormat()
    text.setSize(10)
    font = text.font()
    font.setBold(True)
    text.setFont(font)
    text.setColor(QColor("#222222"))
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(True)
    buffer.setSize(1.0)
    buffer.setColor(QColor("white"))
    text.setBuffer(buffer)
    settings.setFormat(text)
    return QgsVectorLayerSimpleLabeling(settings)
