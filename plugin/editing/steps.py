"""
One action, one step: what an action changes in several layers is taken back and done again together.

QGIS keeps a stack of commands for each layer. Here is written down which commands belong to one action, so that
taking back one of them, with QGIS's own keys as well, takes the others along.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from qgis.core import QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QUndoStack

Step = dict[str, tuple[int, int]]  # by table, the place in the layer's stack before and after the action


class Steps(QObject):
    """
    The actions in the order in which they were done.

    Signal: `changed()` when another action can be taken back or done again.
    """

    changed = pyqtSignal()

    def __init__(self, layers: Mapping[str, QgsVectorLayer], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layers = dict(layers)
        self._places = {table: layer.undoStack().index() for table, layer in layers.items()}
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._open: Step | None = None
        self._moving = False
        self._began: set[str] = set()  # tables in which a new command was begun
        self._waiting: dict[tuple[str, int], int] = {}  # address of a command that was taken back, by its place
        self._slots = {table: (partial(self._moved, table), partial(self._begin, table)) for table in layers}
        for table, layer in layers.items():
            moved, begun = self._slots[table]
            layer.undoStack().indexChanged.connect(moved)
            layer.editCommandStarted.connect(begun)

    def release(self) -> None:
        """Hear no more."""
        for table, layer in self._layers.items():
            layer.undoStack().indexChanged.disconnect(self._slots[table][0])
            layer.editCommandStarted.disconnect(self._slots[table][1])
        self._layers = {}

    @property
    def can_undo(self) -> bool:
        """Whether an action can be taken back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether an action can be done again."""
        return bool(self._undone)

    @contextmanager
    def one(self, title: str, tables: Sequence[str], *, joined: bool = False) -> Iterator[None]:
        """
        Make one step of all changes inside the block; a failure inside leaves every layer as it was.

        Parameters
        ----------
        title
            Translated name of the action.
        tables
            The layers that change.
        joined
            The changes follow from the last action and belong to it.
        """
        layers = [self._layers[table] for table in tables]
        self._open = self._done.pop() if joined and self._done else {}
        for layer in layers:
            layer.beginEditCommand(title)
        try:
            yield
        except BaseException:
            for layer in reversed(layers):
                layer.destroyEditCommand()
            self._open = None
            raise
        for layer in layers:
            layer.endEditCommand()
        step, self._open = self._open, None
        if step:
            self._done.append(step)
        self._undone.clear()
        self.changed.emit()

    def undo(self) -> None:
        """Take back the last action, in all its layers."""
        if self._done:
            step = self._done.pop()
            self._undone.append(step)
            self._set(step, after=False)
            self.changed.emit()

    def redo(self) -> None:
        """Do the action again that was taken back last."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            self._set(step, after=True)
            self.changed.emit()

    def _begin(self, table: str, _title: str) -> None:
        self._began.add(table)

    def _set(self, step: Step, *, after: bool) -> None:
        """Bring the layers of a step to where they were before or after it, unless other commands came between."""
        self._moving = True
        try:
            for table, (before, behind) in step.items():
                stack = self._layers[table].undoStack()
                here, there = (before, behind) if after else (behind, before)
                if stack.index() == here:
                    stack.setIndex(there)
        finally:
            self._moving = False

    def _moved(self, table: str, index: int) -> None:
        """Keep count of a layer's stack, whoever moved it."""
        stack: QUndoStack = self._layers[table].undoStack()
        before, self._places[table] = self._places[table], index
        if index < before:
            for place in range(index, min(before, stack.count())):
                self._waiting[table, place] = sip.unwrapinstance(stack.command(place))
        is_new = table in self._began or self._waiting.get((table, index - 1)) != self._address(stack, index - 1)
        self._began.discard(table)
        if self._moving:
            return
        if not stack.count():
            self._forget(table)
        elif self._open is not None:
            first, _last = self._open.get(table, (before, before))
            self._open[table] = (first, index)
        elif index > before and is_new:
            self._done.append({table: (before, index)})
            self._undone.clear()
        elif index > before:
            self._follow(self._undone, self._done, table, after=True)
        elif index < before:
            self._follow(self._done, self._undone, table, after=False)
        self.changed.emit()

    @staticmethod
    def _address(stack: QUndoStack, place: int) -> int:
        return int(sip.unwrapinstance(stack.command(place))) if 0 <= place < stack.count() else 0

    def _follow(self, source: list[Step], target: list[Step], table: str, *, after: bool) -> None:
        """Move the steps that QGIS has taken back or done again in one layer, with their other layers."""
        place = self._places[table]
        for step in reversed(source.copy()):
            if table not in step:
                continue
            before, behind = step[table]
            if behind <= place if after else before >= place:
                source.remove(step)
                target.append(step)
                self._set({name: span for name, span in step.items() if name != table}, after=after)

    def _forget(self, table: str) -> None:
        """A layer was saved or given up: its commands are gone."""
        for steps in (self._done, self._undone):
            for step in steps:
                step.pop(table, None)
            steps[:] = [step for step in steps if step]
        self._waiting = {key: address for key, address in self._waiting.items() if key[0] != table}
