"""
The journal beside the workspace: what was changed on the map and is not saved yet, to the last finished action.

It is a file of lines; each says what one row of an edit buffer is now. When QGIS ends as it should, the journal is
gone; when it was killed, the next session finds it and puts the work back into the edit buffer.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import NULL, QgsExpression, QgsFeature, QgsFeatureRequest, QgsGeometry, QgsVectorLayer

from .values import plain
from .watch import Touched

SUFFIX = ".unsaved"


@dataclass(frozen=True)
class Entry:
    """
    What a row is in the edit buffer.

    Attributes
    ----------
    table, fid
        The row; a new one has a negative number.
    uid
        Its identifier, empty where it has none.
    values
        Its attributes by column, or None where the row was deleted.
    shape
        Well-known binary, in hexadecimal digits; empty without geometry.
    """

    table: str
    fid: int
    uid: str
    values: dict[str, Any] | None
    shape: str


def journal_path(workspace: Path) -> Path:
    """Give the place of the journal of a workspace."""
    return workspace.with_name(workspace.name + SUFFIX)


def has_unsaved_work(workspace: Path) -> bool:
    """Tell whether a session was cut short."""
    return journal_path(workspace).is_file()


class Journal:
    """Writes down what changes."""

    def __init__(self, workspace: Path, layers: Mapping[str, QgsVectorLayer]) -> None:
        self._path = journal_path(workspace)
        self._layers = layers

    def write(self, touched: Touched) -> None:
        """Add what some rows are now; on the disk when this returns."""
        lines = [
            json.dumps(vars(entry), ensure_ascii=False)
            for table, fids in touched.items()
            for entry in entries(table, self._layers[table], fids)
        ]
        if lines:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())

    def begin_anew(self) -> None:
        """Keep only what is not saved now: nothing is left of a journal when all is."""
        self._path.unlink(missing_ok=True)
        self.write({table: unsaved_rows(layer) for table, layer in self._layers.items() if layer.isEditable()})


def unsaved_rows(layer: QgsVectorLayer) -> set[int]:
    """Give the rows that an edit buffer adds, changes or deletes."""
    buffer = layer.editBuffer()
    if buffer is None:
        return set()
    return {
        *buffer.addedFeatures(),
        *buffer.changedGeometries(),
        *buffer.changedAttributeValues(),
        *buffer.deletedFeatureIds(),
    }


def entries(table: str, layer: QgsVectorLayer, fids: set[int]) -> list[Entry]:
    """Say what some rows are now."""
    now: dict[int, QgsFeature] = {
        row.id(): row for row in layer.getFeatures(QgsFeatureRequest().setFilterFids(list(fids)))
    }
    names = [field.name() for field in layer.fields()]
    told = []
    for fid in sorted(fids):
        row = now.get(fid)
        if row is None:
            told.append(Entry(table, fid, "", None, ""))
            continue
        values = {name: plain(value) for name, value in zip(names, row.attributes(), strict=True) if name != "fid"}
        shape = bytes(row.geometry().asWkb()).hex() if row.hasGeometry() else ""
        told.append(Entry(table, fid, str(values.get("uid") or ""), values, shape))
    return told


def read_journal(workspace: Path) -> list[Entry]:
    """
    Read what was not saved: the last word on each row, in the order of the first.

    A line that was being written when the power failed is left out; the action that it belongs to was not finished.
    """
    path = journal_path(workspace)
    if not path.is_file():
        return []
    last: dict[tuple[str, int], Entry] = {}
    for line in path.read_bytes().split(b"\n"):
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        last[entry.table, entry.fid] = entry
    return list(last.values())


def restore(layers: Mapping[str, QgsVectorLayer], found: list[Entry]) -> int:
    """
    Put the work of a session that was cut short back into the edit buffers.

    Parameters
    ----------
    layers
        By table, already being edited.
    found
        From `read_journal`.

    Returns
    -------
    rows
        How many rows are another than in the file; what was saved after all needs nothing.
    """
    rows = 0
    for entry in found:
        layer = layers.get(entry.table)
        if layer is None:
            continue
        known = _row(layer, entry)
        if entry.values is None:
            rows += bool(known is not None and layer.deleteFeature(known.id()))
        elif known is None and entry.fid < 0:
            rows += bool(layer.addFeature(_filled(QgsFeature(layer.fields()), entry)))
        elif known is not None:
            rows += _changed(layer, known, entry)
    return rows


def _row(layer: QgsVectorLayer, entry: Entry) -> QgsFeature | None:
    """Find the row in the file: by its identifier, or by its number where it has none."""
    if entry.uid:
        wanted = f'"uid" = {QgsExpression.quotedValue(entry.uid)}'
        found = list(layer.getFeatures(QgsFeatureRequest().setFilterExpression(wanted).setLimit(1)))
        return found[0] if found else None
    row = layer.getFeature(entry.fid) if entry.fid >= 0 else QgsFeature()
    return row if row.isValid() else None


def _filled(row: QgsFeature, entry: Entry) -> QgsFeature:
    assert entry.values is not None
    names = set(row.fields().names())
    for name, value in entry.values.items():
        if name in names:
            row.setAttribute(name, NULL if value is None else value)
    if entry.shape:
        row.setGeometry(_geometry(entry))
    return row


def _changed(layer: QgsVectorLayer, row: QgsFeature, entry: Entry) -> bool:
    assert entry.values is not None
    changed = False
    for place, field in enumerate(layer.fields()):
        name = field.name()
        if name in entry.values and plain(row[name]) != entry.values[name]:
            value = entry.values[name]
            changed |= layer.changeAttributeValue(row.id(), place, NULL if value is None else value)
    if entry.shape and bytes(row.geometry().asWkb()).hex() != entry.shape:
        changed |= layer.changeGeometry(row.id(), _geometry(entry))
    return changed


def _geometry(entry: Entry) -> QgsGeometry:
    geometry = QgsGeometry()
    geometry.fromWkb(bytes.fromhex(entry.shape))
    return geometry
