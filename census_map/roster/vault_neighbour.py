"""The workspace beside a vault, as the vault sees it: of which township it is, and which steps it shares."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from census_map.errors import VaultError
from census_map.i18n import _
from census_map.roster.vault_file import workspace_path
from census_map.workspace.companion import Companion

_WAIT_SECONDS = 5
_META = "SELECT key, value FROM meta"


class Neighbour:
    """
    The workspace beside a vault.

    Parameters
    ----------
    vault
        Path of the vault; there need be no workspace beside it.
    """

    def __init__(self, vault: Path) -> None:
        self._vault = vault
        self._path = workspace_path(vault)

    def _opened(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_WAIT_SECONDS)

    def _ask(self, sql: str) -> list[tuple[Any, ...]] | None:
        """Read from the workspace; None where there is none, or nothing that can be read as one."""
        if not self._path.is_file():
            return None
        try:
            with closing(self._opened()) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.DatabaseError:
            return None

    @property
    def companion(self) -> Companion | None:
        """What the workspace says of its steps; None where it cannot be asked."""
        rows = self._ask(_META)
        return None if rows is None else Companion.of(dict(rows))

    def households(self) -> list[str]:
        """List the uids of the workspace's households; none where it cannot be asked."""
        return [str(row[0]) for row in self._ask("SELECT uid FROM household") or ()]

    def is_reverted(self, change: int) -> bool:
        """Tell whether the row of a change in the workspace's history was changed again after it."""
        later = (
            "SELECT 1 FROM history AS h JOIN history AS l ON l.row_uid = h.row_uid AND l.row_table = h.row_table "
            f"AND l.fid > h.fid WHERE h.fid = {change:d} LIMIT 1"
        )
        return bool(self._ask(later))

    def check_township(self, township: str) -> None:
        """
        Refuse a vault that belongs to another workspace.

        Parameters
        ----------
        township
            uid of the township that the vault belongs to; empty where it does not know.

        Raises
        ------
        VaultError
            The workspace is of another township.
        """
        rows = self._ask("SELECT uid FROM township") if township else None
        if rows and rows[0][0] != township:
            raise VaultError(
                _(
                    "The roster vault “{file}” belongs to another workspace than “{workspace}”: put it back beside its "
                    "own, and take the vault that belongs here."
                ).format(file=self._vault.name, workspace=self._path.name)
            )

    @contextmanager
    def standing_still(self) -> Iterator[Companion]:
        """
        Keep other programs from changing the workspace for a while; gives what it says of its steps.

        Raises
        ------
        VaultError
            Another program is changing it.
        """
        with closing(self._opened()) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise VaultError(
                    _("The workspace “{file}” is being changed by another program: wait until it is done.").format(
                        file=self._path.name
                    )
                ) from error
            yield Companion.of(dict(connection.execute(_META)))
