"""What the history says about locks."""

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
