"""Hears every change in the edit buffers of the township's layers, whoever makes it, and tells of them together."""

from collections.abc import Mapping

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

Touched = dict[str, set[int]]


class Watch(QObject):
    """
    Collects the rows that change.

    Signals: `settled(touched)` with the numbers of the rows by table, once for all changes of one moment;
    `replaced(saved)` when rows were saved, given up or written anew behind the layer's back: their numbers may mean
    others now.
    """

    settled = pyqtSignal(object)
    replaced = pyqtSignal(bool)

    def __init__(self, layers: Mapping[str, QgsVectorLayer], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._touched: Touched = {}
        self._stale = self._saved = False
        self._connected: list[tuple[object, object]] = []
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.flush)
        for table, layer in layers.items():
            self._listen(table, layer)

    def release(self) -> None:
        """Hear no more."""
        self._later.stop()
        for signal, slot in self._connected:
            signal.disconnect(slot)
        self._connected.clear()

    def flush(self) -> None:
        """Tell now of what has changed."""
        self._later.stop()
        touched, self._touched = self._touched, {}
        stale, saved = self._stale, self._saved
        self._stale = self._saved = False
        if stale:
            self.replaced.emit(saved)
        elif touched:
            self.settled.emit(touched)

    def _listen(self, table: str, layer: QgsVectorLayer) -> None:
        def one(fid: int, *_values: object) -> None:
            self._touch(table, fid)

        def several(fids: object) -> None:
            for fid in fids:
                self._touch(table, fid)

        def replaced(*_values: object) -> None:
            self._stale = True
            self._later.start()

        def committed() -> None:
            self._saved = True
            replaced()

        pairs = (
            (layer.geometryChanged, one),
            (layer.attributeValueChanged, one),
            (layer.featureAdded, one),
            (layer.featuresDeleted, several),
            (layer.afterCommitChanges, committed),
            (layer.afterRollBack, replaced),
            (layer.dataChanged, replaced),
        )
        for signal, slot in pairs:
            signal.connect(slot)
            self._connected.append((signal, slot))

    def _touch(self, table: str, fid: int) -> None:
        self._touched.setdefault(table, set()).add(fid)
        self._later.start()
