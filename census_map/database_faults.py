"""Why SQLite could not do something: the same sound file is no damaged file because the disk is full."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from census_map.drafts import refusal_of
from census_map.errors import WorkspaceError
from census_map.i18n import N_, _
from census_map.system_faults import is_forbidden, is_full

Cause = Literal["full", "forbidden", "busy", "damaged", "silent", "other"]
_PRIMARY_CODE = 0xFF  # of SQLite's extended error codes
_CAUSES: dict[int, Cause] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_NOMEM: "other",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_READONLY: "forbidden",
    sqlite3.SQLITE_PERM: "forbidden",
    sqlite3.SQLITE_AUTH: "forbidden",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}

_READING = {
    "busy": N_("“{name}” is in use by another program: finish the work there, then try again."),
    "full": N_("“{name}” cannot be opened, because the disk is full: make room, then try again. The file is sound."),
    "forbidden": N_(
        "“{name}” cannot be opened, because its folder is write-protected: copy it, with all files of its name, to a "
        "folder of your own. The file is sound."
    ),
    "silent": N_("“{name}” cannot be read, because the disk does not answer: see that it is still connected."),
    "damaged": N_("“{name}” is damaged or incomplete: copy it again, or take the last good copy."),
    "other": N_(
        "“{name}” cannot be read ({reason}): another program has changed its tables or texts; take the last good copy."
    ),
}


def cause_of(error: BaseException, folder: Path) -> Cause:
    """
    Tell why SQLite refused.

    Parameters
    ----------
    error
        What it raised.
    folder
        Where the file lies: it is tried once where SQLite itself does not tell a full disk from a forbidden folder.

    Returns
    -------
    cause
        `full` disk, writing `forbidden`, `busy` with another program, `damaged`, a disk that is `silent`, or `other`.
    """
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code in _CAUSES:
        return _CAUSES[code]
    if code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}:
        return "other"
    refused = refusal_of(folder)
    if refused is not None and is_full(refused):
        return "full"
    if refused is not None and is_forbidden(refused):
        return "forbidden"
    return "forbidden" if code == sqlite3.SQLITE_CANTOPEN else "silent"


def is_damage(error: BaseException) -> bool:
    """Tell whether an error says that the file itself is not what it should be: nothing around it is at fault."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    around = ("full", "forbidden", "busy")
    return _CAUSES.get(code) not in around and code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}


@contextmanager
def explain_reading(path: Path) -> Iterator[None]:
    """
    Turn an error of SQLite inside the block, which only reads, into a WorkspaceError that says what to do.

    Parameters
    ----------
    path
        The workspace.

    Raises
    ------
    WorkspaceError
        The file is in use, the disk is full, the folder is write-protected, or the file is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: sqlite3.Error) -> WorkspaceError:
    """Say why a workspace cannot be read; of what SQLite says itself its name of the fault alone, for it may quote."""
    reason = getattr(error, "sqlite_errorname", type(error).__name__)
    return WorkspaceError(_(_READING[cause_of(error, path.parent)]).format(name=path.name, reason=reason))
