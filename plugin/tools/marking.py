"""Marking houses: the form after an outline drawn with our tools or QGIS's own, and what the next one begins with."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from qgis.core import Qgis, QgsGeometry, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtWidgets import QWidget

from census_map.errors import CensusMapError
from census_map.i18n import _

from ..editing.houses import USUAL, address_offered, new_house, require_room
from ..editing.values import is_missing
from .handler import Handler
from .house_form import HouseForm

_REMEMBERED = ("use", "floors", "entrances", "dwellings")
_BESIDE_M = 60.0


class Marking(QObject):
    """
    Opens the form of a house, and writes the house when it is answered.

    QGIS's own form, with its raw fields, is kept away as long as the layer is watched.
    """

    def __init__(self, canvas: QgsMapCanvas, handler: Handler, parent: QObject, window: QWidget) -> None:
        super().__init__(parent)
        self._canvas, self._handler, self._window = canvas, handler, window
        self._usual: dict[str, Any] = dict(USUAL)
        self.form: HouseForm | None = None
        self._begun = False
        layer = self._layer
        self._suppressed = layer.editFormConfig().suppress()
        self._suppress(Qgis.AttributeFormSuppression.On)
        handler.marked.connect(self.ask)
        layer.editCommandStarted.connect(self._begin)
        layer.geometryChanged.connect(self._forget)
        layer.featureAdded.connect(self._added)

    def release(self) -> None:
        """Give the layer its own form back."""
        self._layer.editCommandStarted.disconnect(self._begin)
        self._layer.geometryChanged.disconnect(self._forget)
        self._layer.featureAdded.disconnect(self._added)
        self._suppress(self._suppressed)
        if self.form is not None:
            self.form.reject()

    def ask(self, ground: QgsGeometry) -> None:
        """Ask what a drawn house is; it is written when that is answered."""
        try:
            require_room(self._handler.session, ground)
        except CensusMapError as error:
            self._handler.refused.emit(str(error))
            return
        self._open(ground, self._usual, partial(self._write, ground))

    @property
    def _layer(self) -> QgsVectorLayer:
        return self._handler.session.layers["building"]

    def _suppress(self, wanted: Any) -> None:
        config = self._layer.editFormConfig()
        config.setSuppress(wanted)
        self._layer.setEditFormConfig(config)

    def _begin(self, _title: str) -> None:
        self._begun = True

    def _forget(self, *_change: object) -> None:
        """A house that changes its outline is being split, not drawn."""
        self._begun = False

    def _added(self, fid: int) -> None:
        """A house came by QGIS's own tool: the same form asks for the rest, once QGIS is done with it."""
        fresh, self._begun = self._begun, False
        tool = self._canvas.mapTool()
        if fresh and tool is not None and tool.flags() & QgsMapTool.Flag.EditTool:
            QTimer.singleShot(0, partial(self._ask_later, fid))

    def _ask_later(self, fid: int) -> None:
        row = self._layer.getFeature(fid)
        if row.isValid() and row.hasGeometry():
            known = {name: row[name] for name in row.fields().names() if not is_missing(row[name])}
            # The file's own default says “no”, which nobody has said.
            known.pop("inhabited", None)
            self._open(row.geometry(), {**self._usual, **known}, partial(self._fill, fid))

    def _open(self, ground: QgsGeometry, values: Mapping[str, Any], answered: Any) -> None:
        session = self._handler.session
        address = address_offered(session, ground, _BESIDE_M * self._handler.metre)
        self.form = form = HouseForm(values, self._place(ground), address, self._window)
        form.accepted.connect(lambda: self._take(form, answered))
        form.finished.connect(self._close)
        form.open()

    def _place(self, ground: QgsGeometry) -> str:
        """Say where a house lies and which number it gets."""
        session, inner = self._handler.session, ground.pointOnSurface().asPoint()
        home = session.mirror.at(inner.x(), inner.y())
        if home is None:
            return _("In no mini-area yet")
        row = session.mirror.rows[home]
        number = session.buildings.largest_number(row.uid) + 1 if row.code else None
        if number is None:
            return _("Mini-area {area}").format(area=session.mirror.label(home))
        return _("Mini-area {area}, house number {n}").format(area=session.mirror.label(home), n=number)

    def _take(self, form: HouseForm, answered: Any) -> None:
        values = form.values
        self._usual |= {name: values[name] for name in _REMEMBERED}
        answered(values)

    def _write(self, ground: QgsGeometry, values: Mapping[str, Any]) -> None:
        self._handler.attempt(
            lambda: self._handler.session.add_buildings(
                _("Mark a house"), [new_house(self._handler.session, ground, values)]
            )
        )

    def _fill(self, fid: int, values: Mapping[str, Any]) -> None:
        self._handler.attempt(lambda: self._handler.session.fill_building(_("Mark a house"), fid, {**USUAL, **values}))

    def _close(self, _result: int) -> None:
        form, self.form = self.form, None
        if form is not None:
            form.deleteLater()
        self._canvas.setFocus()
