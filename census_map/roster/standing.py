"""
Where the roster stands, in counts: for the panel that asks after every change.

Read through SQLite directly, as `census_map.progress` does: no names are there to be read, and nothing heavy is loaded.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from census_map.database_faults import is_damage, unreadable
from census_map.errors import WorkspaceError
from census_map.i18n import _

_WAITING = ("undecided", "unreadable", "none")


@dataclass(frozen=True)
class Standing:
    """
    Counts of the roster.

    Attributes
    ----------
    households, states
        All, and by `household.link_state`.
    visits, visited
        Visits and calls in the log; households with any.
    entries
        Entries of the registers that are to be settled.
    vault
        Whether the encrypted roster is there.
    """

    households: int = 0
    states: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    visited: int = 0
    entries: int = 0
    vault: bool = False

    @property
    def waiting(self) -> int:
        """Households for which somebody has to decide where they live."""
        return sum(self.states.get(state, 0) for state in _WAITING)

    @property
    def missed(self) -> int:
        """Households whose building is not on the map."""
        return self.states.get("missed_building", 0)


def roster_standing(path: Path) -> Standing:
    """
    Count.

    Parameters
    ----------
    path
        The workspace; it is only read, and may be in use by anybody.

    Raises
    ------
    WorkspaceError
        The file is missing or is no workspace.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            states = connection.execute("SELECT coalesce(link_state, 'none'), count(*) FROM household GROUP BY 1")
            counts = {str(state): int(count) for state, count in states}
            visits, visited = connection.execute("SELECT count(*), count(DISTINCT household_uid) FROM visit").fetchone()
            entries = connection.execute("SELECT count(*) FROM register WHERE state = 'open'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise unreadable(path, error) from error
        raise WorkspaceError(
            _("{name} cannot be read as a township file: open another one, or its last copy.").format(name=path.name)
        ) from error
    vault = path.with_suffix(".vault").is_file()
    return Standing(sum(counts.values()), counts, int(visits), int(visited), int(entries), vault)
