"""
A plan: how census areas are divided, or could be, before anything is written.

Plans are values. Whatever proposes or changes one gives a new plan; `accept` is the only one that writes.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.codes import serial_number
from census_map.coverage import adjacency, shared_borders
from census_map.crs import metric_crs
from census_map.delineate.basis import read_lines
from census_map.delineate.proof import bound_cv, mean_compactness, visible_share
from census_map.errors import InputError
from census_map.i18n import _
from census_map.profile import Size
from census_map.schema import DRAFT, LOCKED
from census_map.splitting.inputs import visible_lines, weigh_buildings
from census_map.workspace import Workspace
from census_map.workspace.locks import first_locks

BELOW, INSIDE, ABOVE = "below", "inside", "above"


@dataclass(frozen=True)
class Plan:
    """
    A division of one or several census areas.

    Attributes
    ----------
    size
        What a mini-area should hold.
    areas
        The census areas: `code`, `name`, `geometry`, by uid.
    parts
        One row a mini-area: `area` (uid of its census area), `uid` (of the mini-area it is in the workspace; None for
        a new one), `number` (as shown, such as `003`), `kept` (signed or kept by wish: nothing changes it), `signed`
        (kept by rule), `locked` (the file refuses any change), `visible` (share of its inner border along visible
        features, 0 to 1; NaN without one), `geometry`.
    homes
        Row of `parts` by uid of the building.
    buildings
        `persons` and `households` of every building that counts here.
    proofs
        What the search said, by uid of the census area (`SplitResult.summary`); empty where nothing was searched.
    version
        Number of the last change of the workspace when it was read.
    moved
        Buildings that change their mini-area against the division before (`rebalance`).
    notes
        What a person should know.
    """

    size: Size
    areas: GeoDataFrame
    parts: GeoDataFrame
    homes: "pd.Series[int]"
    buildings: pd.DataFrame
    proofs: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 0
    moved: int = 0
    notes: tuple[str, ...] = ()

    @property
    def figures(self) -> pd.DataFrame:
        """
        What each mini-area holds, row by row of `parts`.

        Columns `persons`, `households`, `buildings`, `weight` (of what is balanced), `heaviest` (its heaviest
        building) and `state` (`below`, `inside` or `above` the band).
        """
        held = self.buildings.reindex(self.homes.index)
        groups = held.groupby(self.homes.to_numpy())
        keys = self.parts.index
        sums = groups[["persons", "households"]].sum().reindex(keys).fillna(0.0)
        table = sums.assign(
            buildings=groups.size().reindex(keys).fillna(0).astype("int64"),
            weight=sums[self.size.by],
            heaviest=groups[self.size.by].max().reindex(keys).fillna(0.0),
        )
        over, under = table["weight"] > self.size.maximum, table["weight"] < self.size.minimum
        return table.assign(state=np.where(over, ABOVE, np.where(under, BELOW, INSIDE)))

    def neighbours(self, row: int) -> list[int]:
        """List the rows that share a border with one, the longest border first; kept ones are not among them."""
        pairs = adjacency(self.parts[["geometry"]])
        pairs = pairs[(pairs["left"] == row) | (pairs["right"] == row)].sort_values("length", ascending=False)
        beside = [right if left == row else left for left, right in zip(pairs["left"], pairs["right"], strict=True)]
        area = self.parts.at[row, "area"]
        return [int(other) for other in beside if not self.parts.at[other, "kept"] and self._same(other, area)]

    def keeping(self, rows: Iterable[int]) -> "Plan":
        """Keep just these rows as they are, whatever is proposed, and what is signed."""
        kept = self.parts["signed"].to_numpy() | self.parts.index.isin(list(rows))
        return replace(self, parts=self.parts.assign(kept=kept))

    def changed_from(self, other: "Plan") -> bool:
        """Tell whether another plan draws anything differently."""
        if len(self.parts) != len(other.parts) or self.parts["uid"].tolist() != other.parts["uid"].tolist():
            return True
        mine, theirs = self.parts.geometry.to_numpy(), other.parts.geometry.to_numpy()
        return not bool(shapely.equals_exact(mine, theirs, 0.0).all())

    def _same(self, row: int, area: Hashable) -> bool:
        return bool(self.parts.at[row, "area"] == area)


def current_plan(workspace: Workspace, codes: Sequence[str] | None = None, *, size: Size | None = None) -> Plan:
    """
    Read how census areas are divided now.

    Parameters
    ----------
    codes
        Codes of the census areas; None: all.
    size
        What a mini-area should hold; None: the size in force.

    Returns
    -------
    plan
        Without rows where nothing is divided yet. Virtual mini-areas have no ground and are not in it.

    Raises
    ------
    InputError
        No such census area.
    """
    areas = chosen_areas(workspace, codes)
    wanted = ["code", "census_area_uid", "kind", "status", "geometry"]
    minis = workspace.read("mini_area", columns=wanted, where="geometry IS NOT NULL")
    minis = minis[minis["census_area_uid"].isin(areas.index) & ~minis.is_empty]
    minis = minis[(minis["kind"] != "virtual").fillna(value=True)]
    status = minis["status"].fillna(DRAFT)
    # A number once locked stands, also after unlocking, and so does what it names.
    kept = (status > DRAFT) | minis.index.isin(first_locks(workspace).index)
    parts = GeoDataFrame(
        {
            "area": minis["census_area_uid"].to_numpy(dtype=object),
            "uid": minis.index.to_numpy(dtype=object),
            "number": _numbers(minis, workspace.profile.codes.mini_area),
            "kept": kept.to_numpy(dtype=bool),
            "signed": kept.to_numpy(dtype=bool),
            "locked": (status >= LOCKED).to_numpy(dtype=bool),
        },
        geometry=minis.geometry.to_numpy(),
        crs=workspace.crs,
    )
    parts["area"] = parts["area"].astype(object)
    parts["uid"] = parts["uid"].astype(object)
    figures, notes = building_figures(workspace)
    buildings = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"]
    rows = pd.Series(parts.index, index=parts["uid"], dtype="int64")
    homes = buildings.map(rows).dropna().astype("int64")
    near = figures.sindex.query(areas.geometry.to_numpy(), predicate="intersects")[1]
    inside = np.zeros(len(figures), bool)
    inside[near] = True
    figures = figures[inside | figures.index.isin(homes.index)]
    plan = Plan(
        size or workspace.size,
        areas,
        parts,
        homes[homes.index.isin(figures.index)],
        figures,
        version=newest_change(workspace),
        notes=notes,
    )
    return with_visible_shares(plan, workspace)


def chosen_areas(workspace: Workspace, codes: Sequence[str] | None) -> GeoDataFrame:
    """
    Read census areas by their codes.

    Raises
    ------
    InputError
        There is none, or none of that code.
    """
    every = workspace.read("census_area", columns=["code", "name", "geometry"])
    if every.empty:
        raise InputError(_("The workspace has no census areas: make it anew with “census-map new”."))
    if codes is None:
        return every
    for code in codes:
        if code not in set(every["code"]):
            known = every["code"].dropna()
            some = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
            raise InputError(_("There is no census area {code}: the codes are {codes}.").format(code=code, codes=some))
    return every[every["code"].isin(codes)]


def building_figures(workspace: Workspace) -> tuple[GeoDataFrame, tuple[str, ...]]:
    """Count `persons` and `households` of every building, with its outline; tell what was estimated."""
    persons, notes = weigh_buildings(workspace, "persons")
    households, _same = weigh_buildings(workspace, "households")
    figures = persons.rename(columns={"weight": "persons"}).assign(households=households["weight"])
    return figures, tuple(notes)


def newest_change(workspace: Workspace) -> int:
    """Give the number of the last change in the history; 0 for a new workspace."""
    last = workspace.read("history", columns=["time"], where="fid = (SELECT max(fid) FROM history)")
    return int(last.index[0]) if len(last) else 0


def with_visible_shares(plan: Plan, workspace: Workspace) -> Plan:
    """Measure for each mini-area how much of its inner border runs along visible features."""
    shares = np.full(len(plan.parts), np.nan)
    borders = shared_borders(plan.parts[["geometry"]]) if len(plan.parts) > 1 else None
    if borders is not None and len(borders):
        metric = metric_crs(plan.parts)
        lines = read_lines(visible_lines(workspace), metric)
        drawn = borders.geometry.to_crs(metric).to_numpy()
        place = {label: k for k, label in enumerate(plan.parts.index)}
        own: dict[int, list[Any]] = {}
        for left, right, border in zip(borders["left"], borders["right"], drawn, strict=True):
            pieces = [shapely.get_coordinates(line) for line in shapely.get_parts(border)]
            own.setdefault(place[left], []).extend(pieces)
            own.setdefault(place[right], []).extend(pieces)
        for row, pieces in own.items():
            share = visible_share(pieces, lines)
            shares[row] = np.nan if share is None else share
    return replace(plan, parts=plan.parts.assign(visible=shares))


def _numbers(minis: GeoDataFrame, digits: int) -> list[str]:
    """Show the mini-area's own number; those without one get free numbers after it."""
    serials = [None if code is None else serial_number(code, digits) for code in minis["code"]]
    return numbered(minis["census_area_uid"].tolist(), serials)


def numbered(areas: Sequence[Any], serials: Sequence[int | None]) -> list[str]:
    """Give every row of a census area a number of its own, from the lowest free one on."""
    used: dict[Any, set[int]] = {}
    for area, serial in zip(areas, serials, strict=True):
        if serial is not None:
            used.setdefault(area, set()).add(serial)
    following: dict[Any, int] = {}
    names = []
    for area, serial in zip(areas, serials, strict=True):
        number = serial
        if number is None:
            number = following.get(area, 0) + 1
            while number in used.get(area, ()):
                number += 1
            following[area] = number
        names.append(f"{number:03d}")
    return names


@dataclass(frozen=True)
class Quality:
    """
    How good a plan is.

    Attributes
    ----------
    parts, inside, below, above
        Numbers of mini-areas: all, in the band, below it, above it. Kept ones count.
    least, mean, most
        Of what is balanced.
    cv, bound_cv
        Coefficient of variation, and what no plan can go below because buildings stay whole.
    visible
        Share of the inner border along visible features; None without one.
    compactness
        Mean Polsby-Popper compactness.
    proven
        Whether it is proven that no better plan of so many mini-areas exists.
    """

    parts: int
    inside: int
    below: int
    above: int
    least: float
    mean: float
    most: float
    cv: float
    bound_cv: float
    visible: float | None
    compactness: float
    proven: bool

    @property
    def gap_cv(self) -> float:
        """How far the plan is from the bound."""
        return max(self.cv - self.bound_cv, 0.0)


def quality_of(plan: Plan) -> Quality:
    """Measure a plan as a whole."""
    figures = plan.figures
    weight = figures["weight"].to_numpy(dtype=float)
    mean = float(weight.mean()) if len(weight) else 0.0
    shapes = plan.parts.geometry.to_crs(metric_crs(plan.parts)).to_numpy() if len(weight) else np.empty(0, dtype=object)
    lengths = shapely.length(shapes)
    shares = plan.parts["visible"].to_numpy(dtype=float)
    known = ~np.isnan(shares)
    visible = float(np.average(shares[known], weights=lengths[known])) if known.any() else None
    states = figures["state"].value_counts()
    return Quality(
        parts=len(weight),
        inside=int(states.get(INSIDE, 0)),
        below=int(states.get(BELOW, 0)),
        above=int(states.get(ABOVE, 0)),
        least=float(weight.min()) if len(weight) else 0.0,
        mean=mean,
        most=float(weight.max()) if len(weight) else 0.0,
        cv=float(weight.std() / mean) if mean else 0.0,
        bound_cv=_bound(plan, mean),
        visible=visible,
        compactness=mean_compactness(shapes) if len(weight) else 0.0,
        proven=bool(plan.proofs) and all(proof["proven"] for proof in plan.proofs.values()),
    )


def _bound(plan: Plan, mean: float) -> float:
    """Give the bound of the search where there is one, else the one that whole buildings force."""
    if not mean or not len(plan.parts):
        return 0.0
    if len(plan.proofs) == 1 and not plan.parts["kept"].any():
        return float(next(iter(plan.proofs.values()))["bound_cv"])
    held = plan.buildings.reindex(plan.homes.index)[plan.size.by].to_numpy(dtype=float)
    return bound_cv(held, len(plan.parts))


def reasons(plan: Plan) -> dict[int, str]:
    """Say for each mini-area outside the band what forces it, or what may be done."""
    figures = plan.figures
    outside = figures.index[figures["state"] != INSIDE]
    total = figures["weight"].groupby(plan.parts["area"].to_numpy()).sum()
    told: dict[int, str] = {}
    for row in outside.tolist():
        area = plan.parts.at[row, "area"]
        above = figures.at[row, "state"] == ABOVE
        if above and figures.at[row, "heaviest"] > plan.size.maximum:
            told[row] = _("One building alone is above the maximum: it may be divided by entrances or floors.")
        elif not above and total[area] < plan.size.minimum:
            told[row] = _("The whole census area is below the minimum.")
        elif plan.parts.at[row, "kept"]:
            told[row] = _("It is kept as it is.")
        elif plan.proofs.get(area, {}).get("proven"):
            told[row] = _("Proven: no division into so many mini-areas keeps it inside.")
        elif area in plan.proofs:
            told[row] = _("No plan found keeps it inside: the blocks around it cannot be divided otherwise.")
        elif above:
            told[row] = _("May be divided, or balanced with its neighbours.")
        else:
            told[row] = _("May be joined to a neighbour, or balanced with them.")
    return told
