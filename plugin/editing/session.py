"""
A session of editing: the layers of a township, and everything that watches over what is changed in them.

Whatever changes a row, a tool of ours or any of QGIS's, is heard here; the coverage is checked at once, buildings
follow the borders, and the journal has it before the next action begins.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgis.core import NULL, QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from census_map.i18n import _
from census_map.profile import Profile, Size

from ..layers import reload_layers
from . import journal
from .refusals import Refusals
from .steps import Steps
from .values import text
from .watch import Touched, Watch

if TYPE_CHECKING:
    from census_map.coverage.patch import Change

    from .figures import Buildings
    from .mirror import Mirror

TABLES = ("mini_area", "census_area", "building")


class Session(QObject):
    """
    The edit buffers of one township.

    Signals: `changed(touched)` after rows have changed and everything that follows from it is done (None: any of them
    may have); `saved()` after the file has changed; `refused(text)` when the file does not take a row, or will not.
    """

    changed = pyqtSignal(object)
    saved = pyqtSignal()
    refused = pyqtSignal(str)

    def __init__(self, path: Path, layers: Mapping[str, QgsVectorLayer], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.profile, self.size = _rules(path)
        # QGIS's readers lose a GeoPackage that somebody else has opened and closed; it has to look again.
        reload_layers(dict(layers))
        self.layers = {table: layers[table] for table in TABLES}
        self.begin()
        self._mirror: Mirror | None = None
        self._buildings: Buildings | None = None
        self.steps = Steps(self.layers, self)
        self._journal = journal.Journal(path, self.layers)
        self._watch = Watch(self.layers, self)
        self._watch.settled.connect(self._settle)
        self._watch.replaced.connect(self._begin_anew)
        self._refusals = Refusals(self.layers, self.name_of, self)
        self._refusals.told.connect(self.refused)

    def release(self) -> None:
        """Let go of the layers."""
        self._watch.release()
        self.steps.release()
        self._refusals.release()
        self._mirror = self._buildings = None

    @property
    def mirror(self) -> "Mirror":
        """The mini-areas as they are now; read when they are first asked for."""
        if self._mirror is None:
            from .mirror import Mirror  # noqa: PLC0415  brings geopandas along

            self._mirror = Mirror(
                self.layers["mini_area"], self.layers["census_area"], digits=self.profile.codes.mini_area
            )
        return self._mirror

    @property
    def buildings(self) -> "Buildings":
        """The buildings as they are now; read when they are first asked for."""
        if self._buildings is None:
            from .figures import Buildings  # noqa: PLC0415  brings geopandas along

            self._buildings = Buildings(self.layers["building"], self.path)
        return self._buildings

    @property
    def is_modified(self) -> bool:
        """Whether something is not in the file yet."""
        return any(layer.isEditable() and layer.isModified() for layer in self.layers.values())

    def begin(self) -> bool:
        """Make the layers editable; False where one cannot be."""
        for layer in self.layers.values():
            if not layer.isEditable() and not QgsProject.instance().startEditing(layer):
                return False
        return True

    def settle(self) -> None:
        """Do now what follows from the last changes."""
        self._watch.flush()

    def carry_out(self, title: str, change: "Change", values: Mapping[Any, Mapping[str, Any]] | None = None) -> None:
        """
        Put a change of the coverage into the edit buffers, as one step.

        Parameters
        ----------
        title
            Translated name of the action.
        change
            As the coverage engine gives it.
        values
            Attributes to set as well, by label and column.
        """
        from ..bridge import geometry_of  # noqa: PLC0415  brings geopandas along

        def multi(shape: Any) -> Any:
            geometry = geometry_of(shape)
            geometry.convertToMultiType()
            return geometry

        areas, containers = self.layers["mini_area"], self.layers["census_area"]
        tables = ["mini_area", *(["census_area"] if change.containers_new else [])]
        with self.steps.one(title, tables):
            for label in change.changed:
                _require(areas.changeGeometry(int(label), multi(change.new[label])), areas)
            for label in change.added:
                origin = change.origins.get(label)
                row = self._new_area(None if origin is None else int(origin))
                row.setGeometry(multi(change.new[label]))
                _require(areas.addFeature(row), areas)
            for label in change.removed:
                _require(areas.deleteFeature(int(label)), areas)
            for label, shape in change.containers_new.items():
                _require(containers.changeGeometry(int(label), multi(shape)), containers)
            for label, columns in (values or {}).items():
                for column, value in columns.items():
                    place = areas.fields().lookupField(column)
                    _require(areas.changeAttributeValue(int(label), place, value), areas)
        self.settle()

    def add_buildings(
        self, title: str, rows: Sequence[QgsFeature], *, changed: Mapping[int, QgsGeometry] | None = None
    ) -> None:
        """Put new buildings into the edit buffer, and new outlines of others, as one step."""
        layer = self.layers["building"]
        with self.steps.one(title, ["building"]):
            for fid, shape in (changed or {}).items():
                _require(layer.changeGeometry(fid, shape), layer)
            for row in rows:
                _require(layer.addFeature(row), layer)
        self.settle()

    def fill_building(self, title: str, fid: int, values: Mapping[str, Any]) -> None:
        """Fill in what is known of a building that was added just now; it belongs to the step that added it."""
        layer = self.layers["building"]
        with self.steps.one(title, ["building"], joined=True):
            for column, value in values.items():
                place = layer.fields().lookupField(column)
                _require(layer.changeAttributeValue(fid, place, NULL if value is None else value), layer)
        self.settle()

    def save(self) -> bool:
        """
        Write everything into the file: all layers, or none where the file refuses a row.

        Returns
        -------
        done
            False: `refused` has said why; everything stays in the edit buffers.
        """
        self.settle()
        modified = [layer for layer in self.layers.values() if layer.isEditable() and layer.isModified()]
        if not modified:
            return True
        if not self._refusals.rehearse(self.path):
            return False
        done = all(QgsProject.instance().commitChanges(False, layer)[0] for layer in modified)
        self._watch.flush()
        return done

    def give_up(self) -> None:
        """Leave the file as it is and forget what is not saved."""
        for layer in self.layers.values():
            if layer.isEditable():
                layer.rollBack()
        self._watch.flush()

    def unsaved_work(self) -> list[journal.Entry]:
        """Give what a session that was cut short has left behind."""
        return journal.read_journal(self.path)

    def restore(self, found: list[journal.Entry]) -> int:
        """Put that work back into the edit buffers, as one step; gives the number of rows."""
        if not found or not self.begin():
            return 0
        tables = [table for table in TABLES if any(entry.table == table for entry in found)]
        with self.steps.one(_("Work that was not saved"), tables):
            rows = journal.restore(self.layers, found)
        self.settle()
        if not rows:
            self.give_up()
        return rows

    def name_of(self, table: str, fid: int) -> str:
        """Name a row as a clerk does."""
        row = self.layers[table].getFeature(fid)
        if table == "mini_area":
            code = text(row["code"]) if row.isValid() else ""
            number = code[-self.profile.codes.mini_area :]
            return _("Mini-area {area}").format(area=number) if number else _("A mini-area without number")
        texts = (row[column] for column in ("name", "address", "code")) if row.isValid() else ()
        known = next((text(value) for value in texts if text(value)), "")
        if table == "building":
            return _("Building {name}").format(name=known) if known else _("A new building")
        return _("Census area {name}").format(name=known)

    def _new_area(self, origin: int | None) -> QgsFeature:
        """Make the row of a mini-area that comes of another: its attributes, but neither its code nor its status."""
        from uuid import uuid4  # noqa: PLC0415

        layer = self.layers["mini_area"]
        row = QgsFeature(layer.fields())
        if origin is not None:
            row.setAttributes(layer.getFeature(origin).attributes())
        own: dict[str, Any] = {"fid": None, "uid": str(uuid4()), "code": None, "status": 0, "status_reason": None}
        own |= {"name": None, "exclave": None, "source": None, "source_id": None}
        own |= {f"bound_{side}": None for side in ("north", "east", "south", "west")}
        for column, value in own.items():
            with suppress(KeyError):
                row[column] = value
        return row

    def _settle(self, touched: Touched) -> None:
        """Do what follows from changes: the coverage, buildings, the journal."""
        grounds: list[Any] = []
        if "building" in touched:
            self.buildings.follow(touched["building"])
        if "census_area" in touched:
            self.mirror.follow_containers()
        if "mini_area" in touched:
            moved = self.mirror.follow(touched["mini_area"])
            grounds = [shape for pair in moved.values() for shape in pair if shape is not None]
        self._lead(grounds, touched.get("building", set()))
        self._journal.write(touched)
        self._refusals.foresee(touched)
        self.changed.emit(touched)

    def _lead(self, grounds: list[Any], touched: set[int]) -> None:
        """Lead buildings to the mini-area in which they lie now."""
        layer = self.layers["building"]
        if not (grounds or touched) or (not layer.isEditable() and not self.begin()):
            return
        from .following import moves  # noqa: PLC0415  brings geopandas along

        found = moves(self.mirror, self.buildings, self.profile.codes, grounds, touched)
        if not found:
            return
        place = layer.fields().lookupField
        with self.steps.one(_("Buildings follow the border"), ["building"], joined=True):
            for move in found:
                values = {"mini_area_uid": move.area, "number": move.number, "code": move.code}
                for column, value in values.items():
                    layer.changeAttributeValue(move.fid, place(column), NULL if value is None else value)
        self.settle()

    def _begin_anew(self, saved: bool) -> None:  # noqa: FBT001  a signal's argument
        """Rows were saved or given up: their numbers may mean others now."""
        self._mirror = self._buildings = None
        self._journal.begin_anew()
        self.changed.emit(None)
        if saved and not self._refusals.are_pending and not self.is_modified:
            self.saved.emit()


def _require(done: bool, layer: QgsVectorLayer) -> None:  # noqa: FBT001  what QGIS answers
    """Stop an action in the middle where the layer does not take a row; the step is undone as a whole."""
    if not done:
        from census_map.errors import EditRefused  # noqa: PLC0415

        raise EditRefused(_("“{layer}” does not take the change: is it being edited?").format(layer=layer.name()))


def _rules(path: Path) -> tuple[Profile, Size]:
    """Read the profile and the size in force."""
    from census_map.workspace import Workspace  # noqa: PLC0415  brings geopandas along

    with Workspace.open(path) as workspace:
        return workspace.profile, workspace.size
