"""
What a split starts from: the size wished for, what each building weighs, what borders should follow, what is better.

Everything comes from the workspace; where a figure is missing it is estimated and said so.
"""

from dataclasses import fields, replace

import geopandas as gpd
import pandas as pd
from geopandas import GeoDataFrame

from census_map.crs import to_metres
from census_map.delineate import Objective
from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.profile import Profile, Size
from census_map.workspace import Workspace

FLOOR_AREA_PER_PERSON = 35.0
"""Square metres of floor a person, for townships of which no figure at all is known."""

_BARRIERS: dict[str, tuple[str, ...] | None] = {"water": ("river", "canal"), "railway": None, "wall": None}
"""What nobody crosses on foot but where a road does, by kind; None: whatever its kind."""
_VISIBLE: dict[str, dict[str | None, float]] = {
    "road": {"main": 1.0, "secondary": 1.0, "lane": 0.9, "path": 0.5, None: 0.8},
    "water": {"river": 1.0, "canal": 0.8, "lake": 1.0, None: 0.9},
    "railway": {None: 1.0},
    "wall": {None: 0.8},
}


def weigh_buildings(workspace: Workspace, by: str) -> tuple[GeoDataFrame, list[str]]:
    """
    Count the people or households of each building.

    Parameters
    ----------
    by
        `persons` or `households`.

    Returns
    -------
    buildings, problems
        Column `weight`: from roster or dwelling units where known (the summary views), else the building's own figure,
        else the other figure by the profile's mean household, else its floor area in relation to the buildings whose
        figure is known. Buildings not for living, under construction or demolished count nothing unless they have a
        figure. Told: how many were estimated.
    """
    summary = workspace.read("building_summary", columns=["dwellings", "households", "persons"])
    buildings = workspace.read("building", columns=["use", "state", "floors", "geometry"], where="geometry IS NOT NULL")
    buildings = buildings[~buildings.is_empty]
    summary = summary.loc[buildings.index]
    mean = workspace.profile.size.persons_per_household
    known = summary[by].astype("float64")
    other = summary["households" if by == "persons" else "persons"].astype("float64")
    factor = mean if by == "persons" else 1 / mean
    known = known.fillna(other * factor)
    known = known.fillna(summary["dwellings"].astype("float64") * (factor if by == "persons" else 1.0))
    lived_in = ~buildings["use"].isin(["other"]) & ~buildings["state"].isin(["construction", "demolished"])
    known = known.where(known.notna() | lived_in, 0.0)
    missing = known.isna()
    problems = []
    if missing.any():
        floor = to_metres(buildings).area * buildings["floors"].astype("float64").fillna(1.0).clip(lower=1.0)
        have = ~missing & (known > 0)
        rate = known[have].sum() / floor[have].sum() if have.any() else factor_per_m2(by, mean)
        known = known.where(~missing, floor * rate)
        problems.append(
            ngettext(
                "{n} building has no figures; it was estimated from its floor area.",
                "{n} buildings have no figures; they were estimated from their floor area.",
                int(missing.sum()),
            ).format(n=int(missing.sum()))
        )
    return buildings[["geometry"]].assign(weight=known.astype(float)), problems


def factor_per_m2(by: str, persons_per_household: float) -> float:
    """Give the persons or households that a square metre of floor holds where nothing is known."""
    return 1 / FLOOR_AREA_PER_PERSON if by == "persons" else 1 / (FLOOR_AREA_PER_PERSON * persons_per_household)


def visible_lines(workspace: Workspace) -> GeoDataFrame | None:
    """
    Collect what borders should follow: roads, waters, railways and walls.

    Returns
    -------
    lines
        `visible` (0 to 1), `blocks` (nobody crosses it on foot but where a road does), `geometry`; None without any.
    """
    layers = []
    for table, ranks in _VISIBLE.items():
        column = {"road": "class", "water": "kind"}.get(table)
        rows = workspace.read(table, columns=["geometry", *([column] if column else [])], where="geometry IS NOT NULL")
        rank = rows[column].map(ranks).fillna(ranks[None]) if column else ranks[None]
        kinds = _BARRIERS.get(table, ())
        blocks = True if kinds is None else (rows[column].isin(kinds) if column else False)
        layers.append(rows[["geometry"]].assign(visible=rank, blocks=blocks).astype({"visible": float, "blocks": bool}))
    filled = [layer for layer in layers if len(layer)]
    return gpd.GeoDataFrame(pd.concat(filled), crs=workspace.crs) if filled else None


def choose_size(
    usual: Size, target: float | None, minimum: float | None, maximum: float | None, by: str | None
) -> Size:
    """
    Complete a wish for the size of mini-areas.

    Parameters
    ----------
    usual
        The size in force; a change of unit converts it by the mean household.
    target, minimum, maximum, by
        What is wished; None where nothing is said. A new target without a band gets one of a third on either side.

    Raises
    ------
    InputError
        A unit other than `persons` and `households`.
    """
    unit = by or usual.by
    if unit not in {"persons", "households"}:
        raise InputError(_("“{by}” cannot be balanced: choose persons or households.").format(by=unit))
    mean = usual.persons_per_household
    scale = 1.0 if unit == usual.by else (1 / mean if usual.by == "persons" else mean)
    if target is None:
        middle, low, high = (scale * value for value in (usual.target, usual.minimum, usual.maximum))
    else:
        middle, low, high = target, target * 2 / 3, target * 4 / 3
    return replace(
        usual,
        by=unit,
        target=round(middle),
        minimum=round(low if minimum is None else minimum),
        maximum=round(high if maximum is None else maximum),
    )


def chosen_objective(profile: Profile) -> Objective:
    """
    Give the weights of the split as the profile says (table `objective`), the usual ones where it says nothing.

    Raises
    ------
    InputError
        The profile names a weight that there is not.
    """
    known = [field.name for field in fields(Objective)]
    for name in profile.objective:
        if name not in known:
            raise InputError(
                _("Profile “{name}” has an unknown key “{key}”: it may be misspelt; known are {known}.").format(
                    name=profile.name, key=name, known=", ".join(known)
                )
            )
    return Objective(**profile.objective)
