"""What stays open between two calls of the library: files that are looked at, a plan, a sitting of linking by hand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace

WINDOW, SITTING = "window", "sitting"


@dataclass
class Session:
    """
    Things by name, in two rooms: those of the window that is open, and those of a sitting of linking by hand.

    Every room has files of its own that are closed with it.
    """

    things: dict[str, dict[str, Any]] = field(default_factory=lambda: {WINDOW: {}, SITTING: {}})
    files: dict[str, ExitStack] = field(default_factory=dict)

    def keep(self, name: str, thing: Any, *, room: str = WINDOW) -> None:
        """Keep a thing until its room is closed."""
        self.things[room][name] = thing

    def take(self, name: str, *, room: str = WINDOW) -> Any:
        """
        Give a thing that is kept.

        Raises
        ------
        InputError
            It is gone: the library has been started anew since.
        """
        if name not in self.things[room]:
            raise InputError(_("That was interrupted: close the window, and begin it again."))
        return self.things[room][name]

    def own(self, room: str, files: ExitStack) -> None:
        """Take open files over: they are closed with the room."""
        self.files[room] = files

    def close(self, room: str) -> None:
        """Let go of everything in a room."""
        self.things[room].clear()
        stack = self.files.pop(room, None)
        if stack is not None:
            stack.close()


@contextmanager
def both(path: Path, passphrase: str) -> Iterator[tuple[Workspace, Vault]]:
    """Open a workspace and its vault."""
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), passphrase) as vault:
        yield workspace, vault


def close_room(session: Session, room: str, **_options: Any) -> None:
    """Let go of everything in a room of the session."""
    session.close(room)


Verb = Callable[..., Any]
