"""Refusals of SQLite in the user's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from census_map.errors import WorkspaceError
from census_map.i18n import N_, _
from census_map.workspace.guards import MARKS

_BUSY = N_("The workspace is in use by another program: finish the work there, then try again.")
_PROTECTED = N_("The workspace is write-protected: copy it to a folder of your own.")
_DAMAGED = N_("The workspace is damaged: take the last good copy.")
_CAUSES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: N_("The disk is full: make room, then try again; nothing was changed."),
    sqlite3.SQLITE_READONLY: _PROTECTED,
    sqlite3.SQLITE_CANTOPEN: _PROTECTED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def explain() -> Iterator[None]:
    """
    Turn an error of SQLite inside the block into a WorkspaceError that says what to do.

    Raises
    ------
    WorkspaceError
        A trigger refused the change, a uid is double, the file is in use, the disk is full, or the file is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise WorkspaceError(_reason(error)) from error


def _reason(error: sqlite3.Error) -> str:
    text = str(error)
    for mark in MARKS:
        if text.startswith(mark):
            # Triggers speak the language in which the workspace was made.
            return _(text.removeprefix(mark).strip())
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _CAUSES:
        return _(_CAUSES[code])
    # SQLite's sentences are English; its name of the fault, and of the column, is what a technician needs.
    where = text.partition("constraint failed: ")[2]
    reason = " ".join(filter(None, (getattr(error, "sqlite_errorname", type(error).__name__), where)))
    if isinstance(error, sqlite3.IntegrityError):
        return _("The change would break the workspace ({reason}): nothing was changed.").format(reason=reason)
    return _("The workspace refused the change ({reason}): nothing was changed.").format(reason=reason)
