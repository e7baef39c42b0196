"""The end of a vault: its key and all its values are written over before the file goes."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.vault_file import connect
from census_map.roster.vault_neighbour import Neighbour

_LEFT_BESIDE = ("-journal", "-wal", "-shm", ".part")


def destroy_vault(path: Path, *, confirm: str) -> None:
    """
    Destroy a vault for good: the key first, then the file.

    Parameters
    ----------
    path
        The file.
    confirm
        Must be the file's name, typed by the user.

    Raises
    ------
    VaultError
        Not confirmed, no such file, that of another township than the workspace beside it, or it cannot be written.
    """
    if not path.is_file():
        raise VaultError(_("There is no roster vault “{file}”.").format(file=path.name))
    if confirm != path.name:
        raise VaultError(
            _("Nothing was destroyed: type the name of the file, “{file}”, to confirm.").format(file=path.name)
        )
    Neighbour(path).check_township(_township_of(path))
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            for start in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        for ending in _LEFT_BESIDE:
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        text = _("“{file}” cannot be destroyed: close it in other programs, and see that it may be written.")
        raise VaultError(text.format(file=path.name)) from error


def _township_of(path: Path) -> str:
    """Give the uid of the township that a vault says it belongs to; empty where it does not know or is damaged."""
    try:
        with closing(connect(path)) as connection:
            row = connection.execute("SELECT value FROM vault WHERE key = 'township'").fetchone()
    except sqlite3.DatabaseError:
        return ""
    return "" if row is None else bytes(row[0]).decode(errors="replace")
