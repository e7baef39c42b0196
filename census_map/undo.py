"""
Taking back: restore rows to what they were before a change, from the history that the workspace keeps.

Nothing is erased: the way back is itself written into the history, with its own reason.
"""

import json
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from census_map.errors import WorkspaceError
from census_map.i18n import _
from census_map.progress import last_change
from census_map.schema import GEOMETRY, TABLES
from census_map.workspace import Workspace, Write
from census_map.workspace.companion import Companion
from census_map.workspace.geopackage import decode_geometries


def take_back(workspace: Workspace, since: int, until: int, *, reason: str) -> int:
    """
    Restore every row that was changed after one point of the history.

    Parameters
    ----------
    workspace
        Open for writing.
    since
        `progress.last_change` before the change that is taken back.
    until
        `progress.last_change` after it.
    reason
        Stands beside the restored rows in the history.

    Returns
    -------
    rows
        How many rows were restored.

    Raises
    ------
    WorkspaceError
        Something has been changed after `until`, or a row is locked; the workspace is as it was.
    """
    if last_change(workspace.path) != until:
        raise WorkspaceError(_("Something else has been changed since; it cannot be taken back any more."))
    entries = workspace.read("history", where="fid > ? AND action <> 'seal'", parameters=(since,))
    restored = 0
    with workspace.transaction(reason) as write:
        for table, rows in entries.groupby("row_table", sort=False):
            name = str(table)
            before, present = _before(rows)
            write.delete(name, [uid for uid, values in before.items() if values is None and uid in present])
            wanted = {uid: values for uid, values in before.items() if values}
            gone = {uid: values for uid, values in wanted.items() if uid not in present}
            if gone:
                write.insert(name, _frame(name, gone, workspace))
            _restore(write, name, {uid: values for uid, values in wanted.items() if uid in present}, workspace)
            restored += len(before)
        # What the roster's vault was told in the same steps is taken back there when it is opened next.
        Companion.of(workspace.meta).back_to(since).write(write)
    return restored


def _before(rows: pd.DataFrame) -> tuple[dict[str, dict[str, Any] | None], set[str]]:
    """Give for each row its values before (None: it was not there), and the rows that are there now."""
    before: dict[str, dict[str, Any] | None] = {}
    present: set[str] = set()
    for uid, action, old in zip(rows["row_uid"], rows["action"], rows["old"], strict=True):
        if uid not in before:
            before[uid] = None if action == "insert" else {}
        values = before[uid]
        if values is not None and action != "insert":
            for column, value in json.loads(old).items():
                values.setdefault(column, value)
        (present.discard if action == "delete" else present.add)(uid)
    return before, present


def _restore(write: Write, table: str, rows: dict[str, dict[str, Any]], workspace: Workspace) -> None:
    """Update rows, those with the same columns together."""
    groups: dict[frozenset[str], dict[str, dict[str, Any]]] = {}
    for uid, values in rows.items():
        groups.setdefault(frozenset(values), {})[uid] = values
    for group in groups.values():
        write.update(table, _frame(table, group, workspace))


def _frame(table: str, rows: dict[str, dict[str, Any]], workspace: Workspace) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", dtype=object)
    if GEOMETRY not in frame.columns or TABLES[table].geometry is None:
        return frame.drop(columns="uid", errors="ignore")
    blobs = [None if value is None else bytes.fromhex(value) for value in frame[GEOMETRY]]
    frame = frame.drop(columns=[GEOMETRY, "uid"], errors="ignore")
    return GeoDataFrame(frame, geometry=decode_geometries(blobs), crs=workspace.crs)
