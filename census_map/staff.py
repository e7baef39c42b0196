"""Who works where: enumerators on mini-areas, and how many each instructor leads (docs/rules.md S05)."""

from collections.abc import Mapping

import pandas as pd

from census_map.i18n import _
from census_map.workspace import Workspace


def assign_areas(workspace: Workspace, duties: Mapping[str, str]) -> None:
    """
    Give mini-areas to members of staff, instead of whoever had them.

    Parameters
    ----------
    workspace
        Open; one transaction.
    duties
        Uid of a mini-area → uid of a member of staff.
    """
    held = workspace.read("assignment", columns=["mini_area_uid"])
    rows = pd.DataFrame({"mini_area_uid": list(duties), "staff_uid": list(duties.values())}, dtype=object)
    with workspace.transaction(_("assign staff")) as write:
        write.delete("assignment", held.index[held["mini_area_uid"].isin(duties)])
        write.insert("assignment", rows)


def instructor_loads(workspace: Workspace) -> pd.DataFrame:
    """
    Count the enumerators whom each instructor leads.

    Returns
    -------
    loads
        Indexed by uid of the instructor: `number`, `enumerators`, and `fits`, whether the profile's ratio is kept.
    """
    staff = workspace.read("staff", columns=["number", "role", "instructor_uid"])
    leaders = staff[staff["role"] == "instructor"]
    led = staff.loc[staff["role"] == "enumerator", "instructor_uid"].value_counts()
    counts = led.reindex(leaders.index).fillna(0).astype("int64")
    limits = workspace.profile.checks
    return pd.DataFrame(
        {
            "number": leaders["number"],
            "enumerators": counts,
            "fits": counts.between(limits.instructor_minimum, limits.instructor_maximum),
        }
    )
