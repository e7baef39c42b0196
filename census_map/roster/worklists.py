"""
The lists that people work through: what is not linked, what is missing on the map, who is missing on the roster.

All of them hold codes, counts and places of the map alone; names are added from the vault only for a list that is
asked for with names (`with_names`), which is logged there.
"""

from typing import Any

import pandas as pd

from census_map.i18n import _
from census_map.roster.importing import vault_addresses, vault_names
from census_map.roster.score import reason_text
from census_map.roster.vault import Vault
from census_map.schema import LINK_STATE
from census_map.workspace import Workspace

_STATES = dict(LINK_STATE)


def unlinked_households(workspace: Workspace) -> pd.DataFrame:
    """
    List the households that have no building on the map, each with its reason (DOMAIN.md H01).

    Returns
    -------
    households
        Indexed by uid, in the order of the roster: `census_area` (code), `source`, `source_row`, `state`, `score`,
        `reason` (codes), `reason_text` (translated). Holds no personal data.
    """
    columns = ["census_area_uid", "link_state", "link_score", "link_reason", "source", "source_row"]
    rows = workspace.read("household", columns=columns)
    rows = rows[rows["link_state"].isna() | (rows["link_state"] != "linked")]
    codes = workspace.read("census_area", columns=["code"])["code"]
    reasons = rows["link_reason"].fillna("").astype(object)
    return pd.DataFrame(
        {
            "census_area": rows["census_area_uid"].map(codes).astype(object),
            "source": rows["source"],
            "source_row": rows["source_row"],
            "state": rows["link_state"].fillna("none").astype(object),
            "score": rows["link_score"],
            "reason": reasons,
            "reason_text": reasons.map(reason_text).astype(object),
        },
        index=rows.index,
    )


def with_names(households: pd.DataFrame, vault: Vault, *, reason: str) -> pd.DataFrame:
    """Add head of household and address to a list of households indexed by uid; the reading is logged."""
    heads = vault_names(vault, reason=reason)
    places = vault_addresses(vault, reason=reason)
    named = households.copy()
    named.insert(0, "head", heads.reindex(named.index).fillna("").astype(object))
    named.insert(1, "address", places["address"].reindex(named.index).fillna("").astype(object))
    return named


def unlinked_json(households: pd.DataFrame) -> dict[str, Any]:
    """Give the list of unlinked households for `--json`."""
    rows = [
        {
            "uid": uid,
            "census_area": row["census_area"] if isinstance(row["census_area"], str) else None,
            "source": row["source"],
            "row": None if pd.isna(row["source_row"]) else int(row["source_row"]),
            "state": row["state"],
            "score": None if pd.isna(row["score"]) else float(row["score"]),
            "reason": row["reason"],
            "text": row["reason_text"],
        }
        for uid, row in households.iterrows()
    ]
    states = {str(state): int(count) for state, count in households["state"].value_counts().items()}
    return {"unlinked": len(rows), "states": states, "households": rows}


def state_title(state: str) -> str:
    """Give the translated title of a link state."""
    return _(_STATES.get(state, state))
