"""
What stands in the way of the next sign-off of a mini-area: errors, and warnings that nobody has explained.

A problem stands in the way wherever it may belong: a row is followed to its mini-area by every tie it has, and where
no tie leads to one mini-area it concerns all those of its census area, or of the township.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import pandas as pd

from census_map.checks import Problem
from census_map.workspace import Workspace
from census_map.workspace.locating import find_holders

BLOCKING = frozenset({"error", "warning"})
"""Severities that stand in the way; an explained warning comes as a notice."""


def find_obstacles(workspace: Workspace, areas: Iterable[str], problems: Iterable[Problem]) -> list[Problem]:
    """
    Choose the problems that stand in the way of mini-areas.

    Parameters
    ----------
    workspace
        Open; it is only read.
    areas
        Uids of the mini-areas.
    problems
        What the whole check found.

    Returns
    -------
    obstacles
        In the order of `problems`.
    """
    chosen = set(areas)
    ties = _Ties.of(workspace)
    parents = set(ties.parent_of(chosen))
    return [
        problem
        for problem in problems
        if problem.severity in BLOCKING and (not problem.features or ties.concern(problem, chosen, parents))
    ]


@dataclass(frozen=True)
class _Ties:
    """To which mini-area and census area each row belongs: uid → uids."""

    census_area: "pd.Series[str]"
    places: dict[str, dict[str, frozenset[str]]]

    @classmethod
    def of(cls, workspace: Workspace) -> "_Ties":
        minis = workspace.read("mini_area", columns=["code", "census_area_uid", "kind", "geometry"])
        parent = cast("pd.Series[str]", minis["census_area_uid"].fillna(""))
        buildings = workspace.read("building", columns=["code", "mini_area_uid", "geometry"])
        drawn = minis[minis["kind"] != "virtual"]
        by_code = {code: uid for uid, code in minis["code"].items() if code}
        digits = workspace.profile.codes.census_area + workspace.profile.codes.mini_area
        of_code = buildings["code"].fillna("").astype(str).str[:digits].map(by_code)
        places: dict[str, dict[str, frozenset[str]]] = {
            "mini_area": {uid: frozenset({uid}) for uid in minis.index},
            "building": _together(buildings["mini_area_uid"], find_holders(buildings, drawn), of_code),
        }
        parts = workspace.read("building_part", columns=["building_uid", "mini_area_uid"])
        parted = _together(parts["mini_area_uid"], _through(parts["building_uid"], places["building"]))
        places["building_part"] = parted
        for uid, held in parted.items():
            building = parts.at[uid, "building_uid"]
            places["building"][building] = places["building"].get(building, frozenset()) | held
        dwellings = workspace.read("dwelling", columns=["building_uid"])
        places["dwelling"] = _together(_through(dwellings["building_uid"], places["building"]))
        households = workspace.read("household", columns=["code", "building_uid", "dwelling_uid", "census_area_uid"])
        places["household"] = _together(
            _through(households["building_uid"], places["building"]),
            _through(households["dwelling_uid"], places["dwelling"]),
            households["code"].fillna("").astype(str).str[:digits].map(by_code),
        )
        duties = workspace.read("assignment", columns=["staff_uid", "mini_area_uid"])
        places["staff"] = {
            str(staff): frozenset(rows) for staff, rows in duties.groupby("staff_uid")["mini_area_uid"] if len(rows)
        }
        return cls(pd.concat([parent, households["census_area_uid"].fillna("")]), places)

    def parent_of(self, areas: set[str]) -> set[str]:
        """Give the census areas of mini-areas."""
        return set(self.census_area.reindex(sorted(areas)).dropna()) - {""}

    def concern(self, problem: Problem, chosen: set[str], parents: set[str]) -> bool:
        """Tell whether a problem may belong to one of the chosen mini-areas."""
        if problem.table == "township":
            return True
        return any(self._concerns(problem.table, uid, chosen, parents) for uid in problem.features)

    def _concerns(self, table: str, uid: str, chosen: set[str], parents: set[str]) -> bool:
        if table == "census_area":
            return uid in parents
        held = self.places.get(table, {}).get(uid, frozenset())
        if held:
            return bool(held & chosen)
        # Nothing ties it to one mini-area: it may belong to any of its census area, or of the township.
        area = str(self.census_area.get(uid) or "")
        return area in parents if area else True


def _together(*ties: "pd.Series[str]") -> dict[str, frozenset[str]]:
    """Collect for each row what several columns of uids say, leaving out what is empty."""
    found: dict[str, set[str]] = {str(uid): set() for uid in ties[0].index}
    for tie in ties:
        for uid, value in tie.dropna().items():
            found[str(uid)].update(value if isinstance(value, frozenset) else ({value} if value else ()))
    return {uid: frozenset(values) for uid, values in found.items()}


def _through(keys: "pd.Series[str]", places: dict[str, frozenset[str]]) -> "pd.Series[str]":
    """Follow a column of uids to the places of the rows that it names."""
    return cast("pd.Series[str]", keys.map(places).astype(object))
