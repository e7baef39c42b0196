"""How a verb opens the workspace: what had to be mended in the file is said on stderr."""

from pathlib import Path

from census_map.cli.saying import say
from census_map.workspace import Workspace


def open_workspace(path: Path) -> Workspace:
    """
    Open a workspace and say what its file lacked.

    Raises
    ------
    WorkspaceError
        See `Workspace.open`.
    """
    opened = Workspace.open(path)
    for notice in opened.notices:
        say(f"! {notice}", err=True)
    return opened
