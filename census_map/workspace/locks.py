"""What locks fix, and what the history says about them."""

import pandas as pd

from census_map.schema import LOCKED
from census_map.workspace.workspace import Workspace


def first_locks(workspace: Workspace) -> "pd.Series[str]":
    """Tell when each mini-area was locked for the first time: uid → UTC time."""
    history = workspace.read(
        "history",
        columns=["time", "row_uid"],
        where=f"row_table = 'mini_area' AND action = 'update' AND json_extract(new, '$.status') >= {LOCKED}",
    )
    return history.groupby("row_uid")["time"].min()


def standing_households(workspace: Workspace) -> pd.Index:
    """Find the households that a lock keeps at their number and in their mini-area (docs/rules.md H03), by uid."""
    places = (
        "SELECT coalesce(h.building_uid, d.building_uid) FROM household AS h "
        "LEFT JOIN dwelling AS d ON d.uid = h.dwelling_uid WHERE h.fid = household.fid"
    )
    rows = workspace.read(
        "household",
        columns=[],
        where="(code IS NOT NULL OR number IS NOT NULL) AND EXISTS (SELECT 1 FROM mini_area AS m JOIN building AS b "
        f"ON b.mini_area_uid = m.uid WHERE m.status >= {LOCKED} AND b.uid = ({places}))",
    )
    return rows.index
