"""The vault as a file: its tables, the wrapped key, and what SQLite refuses in words."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from census_map.database_faults import cause_of, is_damage
from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.cipher import WrappedKey, damaged

VAULT_VERSION = 2  # the first sealed the households alone
VALUES = ("head", "identity", "birth", "phone", "address", "place", "remark")
HASHES = ("h_identity", "h_name_birth", "h_name", "h_phone", "h_address")
HOUSEHOLD = ("uid", *HASHES, *VALUES, "seal")
_COLUMNS = ", ".join(f"{name} BLOB" for name in (*HASHES, *VALUES))
STATEMENTS = f"""
CREATE TABLE vault (key TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE household (uid TEXT PRIMARY KEY, {_COLUMNS}, seal BLOB NOT NULL);
CREATE TABLE record (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL);
CREATE INDEX record_key ON record (kind, key);
CREATE TABLE access (id INTEGER PRIMARY KEY, time TEXT NOT NULL, user TEXT NOT NULL, action TEXT NOT NULL,
                     rows INTEGER NOT NULL, reason BLOB, seal BLOB);
"""


def vault_path(workspace: Path) -> Path:
    """Give the path of the vault of a workspace: beside it, with the ending `.vault`."""
    return workspace.with_suffix(".vault")


def workspace_path(vault: Path) -> Path:
    """Give the path of the workspace that a vault stands beside."""
    return vault.with_suffix(".gpkg")


def connect(path: Path) -> sqlite3.Connection:
    """Open the file; the connection may be handed from thread to thread."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    # What is no text in a file that somebody has changed is for the seals to find, not an error of reading.
    connection.text_factory = _as_text
    # A row that is replaced counts as removed for the triggers of `vault_steps`.
    connection.executescript("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON;")
    return connection


def _as_text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """
    Turn what SQLite refuses into words.

    Raises
    ------
    VaultError
        Full disk, a folder that cannot be written, in use, or damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(path, error) from error


def refusal(path: Path, error: sqlite3.Error) -> VaultError:
    """Write the error for what SQLite refused."""
    cause = cause_of(error, path.parent)
    if cause == "full":
        text = _("The disk is full, so the roster vault “{file}” was not changed: free some space and repeat.")
    elif cause == "busy":
        text = _("The roster vault “{file}” is in use by another program: close it there and repeat.")
    elif cause == "silent":
        text = _(
            "The roster vault “{file}” cannot be read, because the disk does not answer: see that it is connected."
        )
    elif cause == "forbidden":
        text = _(
            "The roster vault “{file}” cannot be written: copy it with its workspace into a folder that may be written."
        )
    else:
        return damaged()
    return VaultError(text.format(file=path.name))


def store(connection: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
    """Set properties of the vault."""
    connection.executemany("INSERT OR REPLACE INTO vault (key, value) VALUES (?, ?)", list(values.items()))


def store_key(connection: sqlite3.Connection, key: WrappedKey) -> None:
    """Set the wrapped data key."""
    values = {"salt": key.salt, "check": key.check, "wrapped": key.wrapped, "digest": key.digest}
    store(connection, {"cost": str(key.cost).encode(), **values})


def stored_key(connection: sqlite3.Connection) -> WrappedKey:
    """
    Read the wrapped data key.

    Raises
    ------
    VaultError
        The file is no vault, damaged, or of a newer version.
    """
    try:
        values = dict(connection.execute("SELECT key, value FROM vault"))
        version = int(values["version"])
        key = WrappedKey(int(values["cost"]), values["salt"], values["check"], values["wrapped"], values["digest"])
    except (sqlite3.DatabaseError, KeyError, ValueError, TypeError) as error:
        if not is_damage(error):
            raise
        raise damaged() from error
    if version > VAULT_VERSION:
        raise VaultError(_("The roster vault was made by a newer version of the program: update the program."))
    return key
