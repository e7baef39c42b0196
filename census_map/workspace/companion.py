"""
The file beside the workspace (the roster's vault), and the step at which both stand.

Two files cannot be changed in one transaction. So the companion is written first, able to go back, and the workspace
says which of the companion's steps it shares: `meta` changes in the same transaction as the rows. A step that the
workspace does not know was never finished; one that it has taken back is undone there as well. As any program can write
`meta`, what is written with the companion at hand is signed with its key.
"""

import json
from collections.abc import Callable, Mapping
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
        Names of the last steps that were taken back here, where the companion's key need not be at hand.
    number
        How many steps the companion has seen: a copy that has seen fewer is older.
    signature
        Of trail and number, by the companion's key: what another program writes here has none.
    """

    trail: tuple[tuple[str, int], ...] = ()
    undone: tuple[str, ...] = ()
    number: int = 0
    signature: str = ""

    @classmethod
    def of(cls, meta: Mapping[str, str]) -> Self:
        """Read the properties of a workspace; what cannot be read says nothing."""
        try:
            stored = json.loads(meta.get(_KEY, "{}"))
            trail = tuple((str(name), int(last)) for name, last in stored.get("trail", ()))
            undone = tuple(map(str, stored.get("undone", ())))
            return cls(trail, undone, int(stored.get("number", 0)), str(stored.get("signature", "")))
        except (ValueError, TypeError, AttributeError):
            return cls(signature="unreadable")

    @property
    def signed_text(self) -> str:
        """What the signature covers."""
        return json.dumps([self.trail, self.number])

    def has(self, step: str) -> bool:
        """Tell whether the workspace shares a step."""
        return step not in self.undone and any(name == step for name, _last in self.trail)

    def write(self, write: Write, sign: Callable[[str], str] | None = None) -> None:
        """Store it, in the transaction that is open; signed where the trail is another one."""
        signature = self.signature if sign is None else sign(self.signed_text)
        stored = {"trail": self.trail, "undone": self.undone[-_KEPT_UNDONE:], "number": self.number}
        write.set_meta(_KEY, json.dumps({**stored, "signature": signature}))

    def with_step(self, name: str, last: int, number: int) -> Self:
        """Add the step that is being made; it must be signed anew."""
        kept = tuple(step for step in self.trail if step[0] not in self.undone)
        return replace(self, trail=(*kept, (name, last))[-KEPT_STEPS:], number=number, signature="")

    def back_to(self, since: int) -> Self:
        """Take back every step that changed the workspace after a point of the history."""
        gone = tuple(name for name, last in self.trail if last > since and name not in self.undone)
        return replace(self, undone=(*self.undone, *gone))
