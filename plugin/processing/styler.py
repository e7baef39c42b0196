"""Result layers that show themselves: symbols by kind, titles for fields, in the language of the interface."""

from typing import ClassVar

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtXml import QDomDocument


class Announcements(QObject):
    """
    Tells the window which layers of faults have been loaded.

    Signal: `faults_loaded(layer, places)`, places being whether the layer holds a point for every fault.
    """

    faults_loaded = pyqtSignal(object, bool)


announcements = Announcements()


class Styler(QgsProcessingLayerPostProcessorInterface):
    """Gives a result layer its style when Processing has loaded it."""

    # Processing keeps no reference of Python's: a post-processor that nobody holds is gone when it is needed.
    _held: ClassVar[dict[str, "Styler"]] = {}

    def __init__(self, qml: str, *, places: bool | None = None) -> None:
        super().__init__()
        self._qml = qml
        self._places = places

    @classmethod
    def attach(
        cls, context: QgsProcessingContext, destination: str, qml: str, *, order: int, places: bool | None = None
    ) -> None:
        """
        Have a layer styled once it is loaded, if it is to be loaded; the higher its order, the higher it lies.

        `places` says of a layer of faults whether it holds their places; it is then listed beside the map.
        """
        if context.willLoadLayerOnCompletion(destination):
            cls._held[destination] = cls(qml, places=places)
            details = context.layerToLoadOnCompletionDetails(destination)
            details.setPostProcessor(cls._held[destination])
            details.layerSortKey = order

    def postProcessLayer(
        self, layer: QgsMapLayer, _context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> None:
        """Style the layer."""
        document = QDomDocument()
        document.setContent(self._qml)
        layer.importNamedStyle(document)
        layer.triggerRepaint()
        if self._places is not None:
            announcements.faults_loaded.emit(layer, self._places)
