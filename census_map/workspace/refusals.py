"""Refusals of SQLite in the user's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from census_map.database_faults import cause_of
from census_map.errors import WorkspaceError
from census_map.i18n import N_, _
from census_map.workspace.guards import MARKS

_CHANGE = {
    "busy": N_("The workspace is in use by another program: finish the work there, then try again."),
    "full": N_("The disk is full: make room, then try again; nothing was changed."),
    "forbidden": N_("The workspace is write-protected: copy it to a folder of your own."),
    "silent": N_("The disk does not answer: see that it is still connected, then try again; nothing was changed."),
    "damaged": N_("The workspace is damaged: take the last good copy."),
}


@contextmanager
def explain(path: Path) -> Iterator[None]:
    """
    Turn an error of SQLite inside the block, a change of the workspace, into a WorkspaceError that says what to do.

    Parameters
    ----------
    path
        The workspace.

    Raises
    ------
    WorkspaceError
        A trigger refused the change, a uid is double, the file is in use, the disk is full, or the file is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise WorkspaceError(_reason(error, path)) from error


def _reason(error: sqlite3.Error, path: Path) -> str:
    text = str(error)
    for mark in MARKS:
        if text.startswith(mark):
            # Triggers speak the language in which the workspace was made.
            return _(text.removeprefix(mark).strip())
    cause = cause_of(error, path.parent)
    if cause != "other":
        return _(_CHANGE[cause])
    # SQLite's sentences are English; its name of the fault, and of the column, is what a technician needs.
    where = text.partition("constraint failed: ")[2]
    reason = " ".join(filter(None, (getattr(error, "sqlite_errorname", type(error).__name__), where)))
    if isinstance(error, sqlite3.IntegrityError):
        return _("The change would break the workspace ({reason}): nothing was changed.").format(reason=reason)
    return _("The workspace refused the change ({reason}): nothing was changed.").format(reason=reason)
