"""Result layers that show themselves: symbols by kind, titles for fields, in the language of the interface."""

from typing import ClassVar

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt.QtXml import QDomDocument


class Styler(QgsProcessingLayerPostProcessorInterface):
    """Gives a result layer its style when Processing has loaded it."""

    # Processing keeps no reference of Python's: a post-processor that nobody holds is gone when it is needed.
    _held: ClassVar[dict[str, "Styler"]] = {}

    def __init__(self, qml: str) -> None:
        super().__init__()
        self._qml = qml

    @classmethod
    def attach(cls, context: QgsProcessingContext, destination: str, qml: str, *, order: int) -> None:
        """Have a layer styled once it is loaded, if it is to be loaded; the higher its order, the higher it lies."""
        if context.willLoadLayerOnCompletion(destination):
            cls._held[destination] = cls(qml)
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
