"""
Hold the use of water, power and gas against vacancy: who uses some is not vacant, who uses none may be.

Only dwelling units that the list names are judged: a meter that is not found proves nothing.
"""

from dataclasses import dataclass

import pandas as pd

from census_map.i18n import _
from census_map.roster.listing import Listing
from census_map.roster.text import normalise
from census_map.roster.workbook import SheetSpec
from census_map.workspace import Workspace

_VACANT = 8


@dataclass(frozen=True)
class Vacancy:
    """
    What the use says against the states of dwelling units.

    Attributes
    ----------
    used
        Dwelling units called vacant, or without household, that use something: `dwelling`, `building` (codes),
        `entrance`, `room`, `use`.
    unused
        Inhabited ones that use nothing.
    metered
        Dwelling units that the list names.
    """

    used: pd.DataFrame
    unused: pd.DataFrame
    metered: int

    def as_json(self) -> dict[str, int]:
        """Give the counts for `--json`."""
        return {"metered": self.metered, "vacant_but_used": len(self.used), "inhabited_but_unused": len(self.unused)}


def hold_against_vacancy(workspace: Workspace, listing: Listing, places: pd.DataFrame) -> Vacancy:
    """
    Compare.

    Parameters
    ----------
    workspace
        Open.
    listing
        A list of `utilities`, with the column of the use.
    places
        As of `departments.place_rows`; several meters of one dwelling unit are added up.
    """
    use = listing.read_column(
        "use", _amount, "use-unreadable", _("The use cannot be read."), _("Type a number; the meter was not judged.")
    )
    known = pd.DataFrame(
        {"dwelling": places["dwelling_uid"], "use": pd.Series(use, index=places.index, dtype="float64")}
    )
    known = known.dropna()
    sums = known.groupby("dwelling")["use"].sum()
    dwellings = workspace.read("dwelling", columns=["code", "building_uid", "entrance", "room", "state"])
    households = workspace.read("household", columns=["dwelling_uid", "class"])
    lived_in = households.loc[(households["class"] != _VACANT).fillna(value=True).astype(bool), "dwelling_uid"]
    rows = dwellings.loc[dwellings.index.isin(sums.index)].copy()
    rows["use"] = sums.reindex(rows.index)
    rows["building"] = rows["building_uid"].map(workspace.read("building", columns=["code"])["code"]).astype(object)
    rows["inhabited"] = rows.index.isin(lived_in.dropna()) | (rows["state"] == "inhabited").fillna(value=False)
    limit = workspace.profile.plausibility.vacant_use
    shown = rows.rename(columns={"code": "dwelling"})[["building", "dwelling", "entrance", "room", "use", "inhabited"]]
    used = shown[~shown["inhabited"] & (shown["use"] > limit)]
    unused = shown[shown["inhabited"] & (shown["use"] <= 0)]
    return Vacancy(used.drop(columns="inhabited"), unused.drop(columns="inhabited"), len(rows))


def _amount(text: str) -> float | None:
    plain = normalise(text).replace(",", "").rstrip("度吨方KWH³M ")
    try:
        return float(plain)
    except ValueError:
        return None


def vacancy_sheets(vacancy: Vacancy) -> list[SheetSpec]:
    """Make the sheets of the workbook; they hold codes and figures alone."""
    titles = {
        "building": _("building code"),
        "dwelling": _("dwelling code"),
        "entrance": _("entrance"),
        "room": _("room"),
        "use": _("use in the period"),
    }
    note = _("Open version, without names")
    return [
        SheetSpec(
            _("vacant but used"),
            _("Called vacant, yet something is used: visit"),
            vacancy.used.rename(columns=titles),
            note=note,
        ),
        SheetSpec(
            _("inhabited but unused"),
            _("Called inhabited, yet nothing is used: ask"),
            vacancy.unused.rename(columns=titles),
            note=note,
        ),
    ]
