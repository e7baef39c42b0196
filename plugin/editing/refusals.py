"""
Rows that the file does not take: which and why, in every transaction mode, and never without a word.

Foreseen: a changed row of a locked mini-area is named at once. Rehearsed: before our own saving all changes are tried
in the file and taken back, so that either every layer is saved or none. Heard: what the provider says when QGIS saves;
a row that QGIS takes for saved though the file refused it (buffered groups, QGIS issue 67474) is put back into the
edit buffer.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from census_map.i18n import _
from census_map.schema import GEOMETRY, LOCKED
from census_map.workspace import geopackage

from .values import is_missing, plain
from .watch import Touched

_ROW = re.compile(r"feature (-?\d+)")
_MARKED = re.compile(r"\[(?:locked|status|identity|history)\] (.+?)\s*$", re.MULTILINE)


class Refusals(QObject):
    """
    Tells of rows that the file refuses.

    Signal: `told(text)`.
    """

    told = pyqtSignal(str)

    def __init__(
        self,
        layers: Mapping[str, QgsVectorLayer],
        name_of: Callable[[str, int], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._layers, self._name_of = dict(layers), name_of
        self._slots: list[tuple[Any, Callable[..., None]]] = []
        self._known: set[tuple[str, int]] = set()
        self._in_danger: dict[str, tuple[Any, Any, Any]] = {}  # by table
        self.are_pending = False  # whether rows are about to be put back
        for table, layer in layers.items():
            for signal, slot in (
                (layer.raiseError, partial(self._hear, table)),
                (layer.afterCommitChanges, partial(self._look_for_lost, table)),
                (layer.afterRollBack, self._forget),
            ):
                signal.connect(slot)
                self._slots.append((signal, slot))

    def release(self) -> None:
        """Hear no more."""
        for signal, slot in self._slots:
            signal.disconnect(slot)
        self._slots.clear()

    def _forget(self) -> None:
        """What was not saved was given up by choice."""
        self._known.clear()
        self._in_danger.clear()

    def foresee(self, touched: Touched) -> None:
        """Say at once that a changed row belongs to a locked mini-area and will not be saved."""
        for table, fid in ((table, fid) for table, fids in touched.items() for fid in sorted(fids)):
            if self._is_locked(table, fid):
                if (table, fid) not in self._known:
                    self._known.add((table, fid))
                    self._tell(table, fid, _("The mini-area is locked: unlock it first and give the reason."))
            else:
                self._known.discard((table, fid))

    def rehearse(self, path: Path) -> bool:
        """Try all changes in the file and take them back; False where one is refused, which is told."""
        if any(layer.dataProvider().transaction() is not None for layer in self._layers.values()):
            return True  # automatic groups: each change was tried when it was made
        with closing(geopackage.connect(str(path.absolute()))) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                self.told.emit(_("The workspace is in use by another program: finish the work there, then try again."))
                return False
            try:
                # Every layer is tried, so that all refusals are told at once.
                done = [self._rehearsed(connection, table, layer) for table, layer in self._layers.items()]
                return all(done)
            finally:
                connection.execute("ROLLBACK")

    def _rehearsed(self, connection: sqlite3.Connection, table: str, layer: QgsVectorLayer) -> bool:
        buffer = layer.editBuffer()
        if buffer is None:
            return True
        names = [field.name() for field in layer.fields()]
        done = True
        shaped = dict.fromkeys(buffer.changedGeometries(), b"")
        for fid, changes in {**{fid: {} for fid in shaped}, **buffer.changedAttributeValues()}.items():
            values = {names[place]: plain(value) for place, value in changes.items()}
            done &= self._tried(connection, table, fid, _update(table, values, shaped=fid in shaped), values, fid)
        for fid in buffer.deletedFeatureIds():
            done &= self._tried(connection, table, fid, f'DELETE FROM "{table}" WHERE fid = :fid', {}, fid)
        for fid, row in buffer.addedFeatures().items():
            values = {name: plain(value) for name, value in zip(names, row.attributes(), strict=True) if name != "fid"}
            columns = ", ".join(f'"{name}"' for name in values)
            marks = ", ".join(f":{name}" for name in values)
            done &= self._tried(connection, table, fid, f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        return done

    def _tried(
        self,
        connection: sqlite3.Connection,
        table: str,
        fid: int,
        statement: str,
        values: dict[str, Any],
        row: int | None = None,
    ) -> bool:
        try:
            connection.execute(statement, {**values, "fid": row})
        except sqlite3.IntegrityError as error:
            self._tell(table, fid, _reason(str(error)))
            return False
        return True

    def _is_locked(self, table: str, fid: int) -> bool:
        if table == "census_area":
            return False
        row = self._layers[table].getFeature(fid)
        if not row.isValid():
            return False
        area = row if table == "mini_area" else self._area_of(row)
        status = None if area is None else area["status"]
        if is_missing(status) or int(status) < LOCKED:
            return False
        return table == "building" or self._differs(table, row)

    def _differs(self, table: str, row: QgsFeature) -> bool:
        """Tell whether a row differs from the file in more than its status."""
        buffer = self._layers[table].editBuffer()
        if buffer is None:
            return False
        free = {self._layers[table].fields().lookupField(name) for name in ("status", "status_reason")}
        changes = set(buffer.changedAttributeValues().get(row.id(), {})) - free
        return bool(changes) or buffer.isFeatureGeometryChanged(row.id())

    def _area_of(self, row: QgsFeature) -> QgsFeature | None:
        from qgis.core import QgsExpression, QgsFeatureRequest  # noqa: PLC0415

        if is_missing(row["mini_area_uid"]):
            return None
        wanted = f'"uid" = {QgsExpression.quotedValue(row["mini_area_uid"])}'
        return next(iter(self._layers["mini_area"].getFeatures(QgsFeatureRequest().setFilterExpression(wanted))), None)

    def _hear(self, table: str, text: str) -> None:
        """Put what the provider says into words, and keep what is in danger of being lost."""
        buffer = self._layers[table].editBuffer()
        if buffer is not None:
            self._in_danger[table] = (
                [QgsFeature(row) for row in buffer.addedFeatures().values()],
                {fid: QgsGeometry(shape) for fid, shape in buffer.changedGeometries().items()},
                {fid: dict(values) for fid, values in buffer.changedAttributeValues().items()},
            )
        found = _ROW.search(text)
        if _MARKED.search(text) or "constraint" in text:
            self._tell(table, int(found[1]) if found else None, _reason(text))

    def _look_for_lost(self, table: str) -> None:
        """QGIS takes a layer for saved although the file refused a row of it: put that back."""
        lost = self._in_danger.pop(table, None)
        if lost is not None and QgsProject.instance().transactionMode() != Qgis.TransactionMode.AutomaticGroups:
            self.are_pending = True
            QTimer.singleShot(0, partial(self._put_back, table, *lost))

    def _put_back(
        self,
        table: str,
        added: list[QgsFeature],
        shapes: dict[int, QgsGeometry],
        values: dict[int, dict[int, Any]],
    ) -> None:
        """Put the rows into the edit buffer again that the file has not taken."""
        layer = self._layers[table]
        self.are_pending = False
        if not layer.isEditable() and not QgsProject.instance().startEditing(layer):
            return
        layer.beginEditCommand(_("Rows that the file refused"))
        in_file = [row for row in layer.getFeatures() if row.id() >= 0] if added else []
        uids = {row["uid"] for row in in_file if not is_missing(row["uid"])}
        grounds = {bytes(row.geometry().asWkb()) for row in in_file if row.hasGeometry()}
        for row in added:
            if (not is_missing(row["uid"]) and row["uid"] in uids) or bytes(row.geometry().asWkb()) in grounds:
                continue
            if layer.getFeature(row.id()).isValid():
                layer.deleteFeature(row.id())
            layer.addFeature(row)
        for fid, shape in shapes.items():
            if bytes(layer.getFeature(fid).geometry().asWkb()) != bytes(shape.asWkb()):
                layer.changeGeometry(fid, shape)
        for fid, columns in values.items():
            now = layer.getFeature(fid).attributes()
            for place, value in columns.items():
                if now and now[place] != value:
                    layer.changeAttributeValue(fid, place, value)
        layer.endEditCommand()

    def _tell(self, table: str, fid: int | None, reason: str) -> None:
        what = _("A row") if fid is None else self._name_of(table, fid)
        self.told.emit(_("{what} is not saved. {reason}").format(what=what, reason=reason))


def _update(table: str, values: dict[str, Any], *, shaped: bool) -> str:
    sets = [f'"{name}" = :{name}' for name in values]
    if shaped:
        # Any other ground will do to learn whether the row may change.
        sets.append(f'"{GEOMETRY}" = NULL')
    return f'UPDATE "{table}" SET {", ".join(sets)} WHERE fid = :fid'


def _reason(text: str) -> str:
    """Give the file's reason in the user's language, or the plain fact."""
    marked = _MARKED.search(text)
    if marked:
        return _(marked[1])
    if "UNIQUE" in text:
        return _("Another row has the same identifier: delete this one and draw it again.")
    return _("The file does not take it.")
