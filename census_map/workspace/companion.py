"""
The file beside the workspace (the roster's vault), and the step at which both stand.

Two files cannot be changed in one transaction. So the companion is written first, able to go back, and the workspace
says which of the companion's steps it shares: `meta` changes in the same transaction as the rows. A step that the
workspace does not know was never finished; one that it has taken back is undone there as well.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from census_map.workspace.workspace import Write

KEPT_STEPS = 5
_KEY = "companion"
_KEPT_UNDONE = 20


@dataclass(frozen=True)
class Companion:
    """
    What the workspace says of the file beside it.

    Attributes
    ----------
    trail
        The last steps that both share: name of the step, and the number of its last change in the history.
    undone
        Names of the last steps that were taken back here.
    """

    trail: tuple[tuple[str, int], ...] = ()
    undone: tuple[str, ...] = ()

    @classmethod
    def of(cls, meta: Mapping[str, str]) -> Self:
        """Read the properties of a workspace."""
        stored = json.loads(meta.get(_KEY, "{}"))
        trail = tuple((str(name), int(last)) for name, last in stored.get("trail", ()))
        return cls(trail, tuple(map(str, stored.get("undone", ()))))

    def has(self, step: str) -> bool:
        """Tell whether the workspace shares a step."""
        return any(name == step for name, _last in self.trail)

    def write(self, write: Write) -> None:
        """Store it, in the transaction that is open."""
        text = json.dumps({"trail": self.trail[-KEPT_STEPS:], "undone": self.undone[-_KEPT_UNDONE:]})
        write.set_meta(_KEY, text)

    def with_step(self, name: str, last: int) -> Self:
        """Add the step that is being made."""
        return replace(self, trail=(*self.trail, (name, last)))

    def back_to(self, since: int) -> Self:
        """Take back every step that changed the workspace after a point of the history."""
        gone = tuple(name for name, last in self.trail if last > since)
        kept = tuple(step for step in self.trail if step[1] <= since)
        return replace(self, trail=kept, undone=(*self.undone, *gone))
