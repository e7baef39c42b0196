"""
Propose plans and change them: the best three, rebalance, split one, merge two.

What is kept (signed, locked, or wished for) stays bit by bit; only what lies between it is drawn anew.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map import delineate
from census_map.coverage import is_exact
from census_map.delineate import Effort, Objective, Split
from census_map.delineate.redraw import Stops, insert_vertices
from census_map.delineate.watch import Watch
from census_map.errors import Cancelled, EditRefused, InputError
from census_map.i18n import _, ngettext
from census_map.splitting.inputs import chosen_objective, visible_lines
from census_map.splitting.plan import Plan, numbered, with_visible_shares
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

_COLUMNS = ["area", "uid", "number", "kept", "signed", "locked"]


def propose_plans(
    workspace: Workspace,
    start: Plan,
    *,
    count: int | None = None,
    plans: int = 3,
    wish: str | None = None,
    seed: int = 0,
    seconds: float | None = None,
    report: Report = silent,
) -> list[Plan]:
    """
    Divide census areas anew, beside what is kept.

    Parameters
    ----------
    start
        What there is (`current_plan`), with the size wished for and what is to be kept.
    count
        Exactly so many mini-areas for each census area, the kept ones among them; None: as the size asks for.
    plans
        How many different plans at most; several census areas at once get one.
    wish
        One of `census_map.delineate.WISHES`; None: a bit of each.
    seed
        Same seed, same plans.
    seconds
        Stop searching after so long, with the best of then; None: no limit. See `census_map.delineate.Effort`.
    report
        `Cancelled` raised from it keeps what was found so far: the plans of one census area, or the census areas done.

    Returns
    -------
    plans
        The best first; empty where nothing is left to divide.

    Raises
    ------
    InputError
        The size or the number cannot be.
    EditRefused
        What is kept leaves gaps or overlaps: these must be mended first.
    Cancelled
        Stopped before anything was found.
    """
    grounds = {uid: ground for uid in start.areas.index if (ground := _ground(start, uid)) is not None}
    if not grounds:
        return []
    tools = _Tools.of(workspace, start, wish)
    several = plans if len(grounds) == 1 else 1
    clock = Watch(silent, seconds)
    found: dict[str, list[Split]] = {}
    try:
        for k, (uid, ground) in enumerate(grounds.items()):
            step = portion(report, k / len(grounds), (k + 1) / len(grounds))
            effort = Effort(seconds=clock.share(len(grounds) - k))
            found[uid] = tools.divide(uid, ground, count=count, plans=several, seed=seed, effort=effort, report=step)
    except Cancelled:
        if not found:
            raise
    ranked = max(len(splits) for splits in found.values())
    made = []
    for rank in range(ranked):
        chosen = {uid: splits[min(rank, len(splits) - 1)] for uid, splits in found.items()}
        made.append(with_visible_shares(_divided(start, chosen), workspace))
    return made


def rebalance_plan(workspace: Workspace, plan: Plan, *, seed: int = 0, report: Report = silent) -> Plan:
    """
    Improve a plan with few moves; mini-areas stay who they are.

    Parameters
    ----------
    report
        `Cancelled` raised from it keeps the best so far.

    Returns
    -------
    plan
        With `moved`; the same plan where nothing better was found.
    """
    tools = _Tools.of(workspace, plan)
    shapes = dict(plan.parts.geometry.items())
    homes, moved = plan.homes.copy(), 0
    proofs = dict(plan.proofs)
    groups = [rows for rows in plan.parts.groupby("area").groups.values() if (~plan.parts.loc[rows, "kept"]).sum() > 1]
    for k, rows in enumerate(groups):
        own = plan.parts.loc[rows]
        done = delineate.rebalance(
            GeoDataFrame({"part": own.index}, geometry=own.geometry.to_numpy(), crs=own.crs),
            tools.buildings(own.geometry.to_numpy()),
            locked=tuple(own.index[own["kept"]]),
            report=portion(report, k / len(groups), (k + 1) / len(groups)),
            seed=seed,
            **tools.options(own.geometry.to_numpy()),
        )
        if done.moved.empty:
            continue
        moved += len(done.moved)
        fresh = dict(zip(done.split.parts["part"], done.split.parts.geometry, strict=True))
        shapes |= _with_stops(plan, {row: shapes[row] for row in shapes if row not in fresh}, done.split.stops) | fresh
        homes.update(done.split.buildings[done.split.buildings.index.isin(homes.index)])
        proofs[own["area"].iloc[0]] = done.split.proof
    if not moved:
        return replace(plan, moved=0)
    parts = plan.parts.set_geometry(GeoDataFrame(geometry=pd.Series(shapes), crs=plan.parts.crs).geometry)
    return with_visible_shares(replace(plan, parts=parts, homes=homes, proofs=proofs, moved=moved), workspace)


def split_one(workspace: Workspace, plan: Plan, row: int, *, count: int = 2, report: Report = silent) -> Plan:
    """
    Divide one mini-area of a plan; the others stay.

    Parameters
    ----------
    row
        Its row; the first piece stays who it is.
    count
        Into how many.

    Raises
    ------
    EditRefused
        It is kept as it is.
    InputError
        It cannot be divided into so many, because of its buildings.
    """
    _require_free(plan, row)
    own = plan.parts[plan.parts["area"] == plan.parts.at[row, "area"]]
    frame = GeoDataFrame({"part": own.index}, geometry=own.geometry.to_numpy(), crs=own.crs)
    shape = plan.parts.geometry[row]
    tools = _Tools.of(workspace, plan)
    options = tools.options([shape]) | tools.even(float(plan.figures.at[row, "weight"]), count)
    split = delineate.split_part(frame, row, tools.buildings([shape]), count=count, report=report, **options)
    top = int(plan.parts.index.max())
    names = {part: row if part == row else top + k for k, part in enumerate(split.parts["part"].tolist())}
    fresh = split.parts.set_index(split.parts["part"].map(names))[["geometry"]]
    rest = plan.parts.drop(index=row)
    rest = rest.set_geometry(
        GeoDataFrame(
            geometry=pd.Series(_with_stops(plan, dict(rest.geometry.items()), split.stops)), crs=rest.crs
        ).geometry
    )
    first = plan.parts.loc[row]
    fresh = fresh.assign(
        area=first["area"],
        uid=[first["uid"] if name == row else None for name in fresh.index],
        number=[first["number"] if name == row else None for name in fresh.index],
        kept=False,
        signed=False,
        locked=False,
    )
    homes = plan.homes.copy()
    homes.update(split.buildings.map(names).reindex(homes.index).dropna().astype("int64"))
    changed = _rebuilt(plan, pd.concat([rest, fresh]), homes)
    return with_visible_shares(_without_proof(changed, first["area"]), workspace)


def merge_two(workspace: Workspace, plan: Plan, one: int, two: int) -> Plan:
    """
    Join a mini-area with a neighbour; the first stays who it is.

    Raises
    ------
    EditRefused
        One of them is kept as it is.
    InputError
        They have no border in common, or lie in different census areas.
    """
    _require_free(plan, one)
    _require_free(plan, two)
    area = plan.parts.at[one, "area"]
    if plan.parts.at[two, "area"] != area:
        raise InputError(_("Only mini-areas of the same census area can be joined: choose a neighbour inside it."))
    frame = GeoDataFrame({"part": plan.parts.index}, geometry=plan.parts.geometry.to_numpy(), crs=plan.parts.crs)
    joined = delineate.merge_parts(frame, one, two).set_index("part").geometry
    parts = plan.parts.drop(index=two)
    parts = parts.set_geometry(joined.reindex(parts.index))
    if parts.at[one, "uid"] is None:
        parts.at[one, "uid"] = plan.parts.at[two, "uid"]
    changed = _rebuilt(plan, parts, plan.homes.replace({two: one}))
    return with_visible_shares(_without_proof(changed, area), workspace)


@dataclass(frozen=True)
class _Tools:
    """What every search needs, read once."""

    plan: Plan
    lines: GeoDataFrame | None
    objective: Objective
    grid: float
    storeys: pd.DataFrame
    units: pd.DataFrame
    counts: "pd.Series[Any]"

    @classmethod
    def of(cls, workspace: Workspace, plan: Plan, wish: str | None = None) -> "_Tools":
        storeys = workspace.read("building", columns=["floors", "entrances"])
        units = workspace.read("dwelling", columns=["building_uid", "entrance", "floor", "persons", "households"])
        units = units.rename(columns={"building_uid": "building"})
        objective = chosen_objective(workspace.profile).wishing(wish)
        counts = delineate.counting_areas(plan.areas, plan.buildings)
        return cls(plan, visible_lines(workspace), objective, workspace.grid, storeys, units, counts)

    def options(self, shapes: Sequence[Any]) -> dict[str, Any]:
        """Give the options of a search on some ground."""
        size = self.plan.size
        return {
            "lines": None if self.lines is None else near(self.lines, shapes),
            "weight": size.by,
            "target": size.target,
            "minimum": size.minimum,
            "maximum": size.maximum,
            "grid": self.grid,
            "objective": self.objective,
            "units": self.units,
        }

    def buildings(self, shapes: Sequence[Any]) -> GeoDataFrame:
        """Choose the buildings near some ground, with their storeys."""
        return near(self.plan.buildings, shapes).join(self.storeys)

    def even(self, weight: float, count: int) -> dict[str, float | None]:
        """Give the size of the pieces when their number is given: as even as can be, whatever the band."""
        return {"target": max(weight / count, 1.0), "minimum": None, "maximum": None}

    def divide(
        self, uid: str, ground: Any, *, count: int | None, plans: int, seed: int, effort: Effort, report: Report
    ) -> list[Split]:
        """Divide the ground of one census area."""
        kept = self.plan.parts[(self.plan.parts["area"] == uid) & self.plan.parts["kept"]]
        if count is not None and count <= len(kept):
            raise InputError(
                ngettext(
                    "{n} mini-area is kept already: ask for a larger number.",
                    "{n} mini-areas are kept already: ask for a larger number.",
                    len(kept),
                ).format(n=len(kept))
            )
        label = self.plan.areas.at[uid, "code"] or uid
        buildings = self.buildings([ground])
        counts = self.counts.reindex(buildings.index)
        buildings["counts_in"] = counts.where(counts != uid, label)
        options = self.options([ground])
        if count is not None:
            inside = buildings.geometry.representative_point().within(ground)
            options |= self.even(float(buildings[self.plan.size.by][inside].sum()), count - len(kept))
        return delineate.alternatives(
            ground,
            buildings,
            count=plans,
            label=label,
            seed=seed,
            effort=effort,
            report=report,
            parts=None if count is None else count - len(kept),
            **options,
        )


def near(rows: GeoDataFrame, shapes: Sequence[Any]) -> GeoDataFrame:
    """Choose the rows whose box meets the box of some ground."""
    box = shapely.box(*shapely.total_bounds(np.asarray(shapes, dtype=object)))
    return rows.iloc[np.sort(rows.sindex.query(box))]


def _ground(plan: Plan, uid: Hashable) -> Any:
    """Give what of a census area is to be divided; None when all of it is kept."""
    row = plan.areas.loc[uid]
    own = plan.parts[plan.parts["area"] == uid]
    kept, free = own[own["kept"]], own[~own["kept"]]
    if kept.empty:
        return row["geometry"]
    container = GeoDataFrame(geometry=[row["geometry"]], crs=own.crs)
    if not is_exact(own[["geometry"]], container):
        raise EditRefused(
            _("Census area {code} holds signed mini-areas and has gaps or overlaps: mend these first.").format(
                code=row["code"] or row["name"]
            )
        )
    if free.empty:
        return None
    ground = shapely.coverage_union_all(shapely.get_parts(free.geometry.to_numpy()))
    left = pd.concat([kept[["geometry"]], GeoDataFrame(geometry=[ground], crs=own.crs)], ignore_index=True)
    return ground if is_exact(left, container) else shapely.union_all(free.geometry.to_numpy())


def _divided(start: Plan, splits: dict[str, Split]) -> Plan:
    """Put new mini-areas in the place of those that were free."""
    gone = start.parts["area"].isin(list(splits)) & ~start.parts["kept"]
    rest, homes = start.parts[~gone], start.homes[~start.homes.isin(start.parts.index[gone])]
    frames = [rest[[*_COLUMNS, "geometry"]]]
    found = [homes]
    top = int(start.parts.index.max()) + 1 if len(start.parts) else 0
    for uid, split in splits.items():
        rows = pd.RangeIndex(top, top + len(split.parts))
        top += len(split.parts)
        shapes = _with_stops(start, dict(frames[0].geometry.items()), split.stops)
        if shapes:
            frames[0] = frames[0].set_geometry(GeoDataFrame(geometry=pd.Series(shapes), crs=rest.crs).geometry)
        new = {"area": uid, "uid": None, "number": None, "kept": False, "signed": False, "locked": False}
        frames.append(
            GeoDataFrame(
                {name: [value] * len(rows) for name, value in new.items()},
                geometry=split.parts.geometry.to_numpy(),
                index=rows,
                crs=start.parts.crs,
            )
        )
        keys = dict(zip(split.parts["part"].tolist(), rows.tolist(), strict=True))
        mine = split.buildings[~split.buildings.index.isin(homes.index)]
        found.append(mine.map(keys))
    parts = pd.concat([frame for frame in frames if len(frame)])
    proofs = start.proofs | {uid: split.proof for uid, split in splits.items()}
    homes = pd.concat([series for series in found if len(series)] or [homes]).astype("int64")
    return replace(_rebuilt(start, parts, homes), proofs=proofs, moved=0)


def _with_stops(plan: Plan, shapes: dict[int, Any], stops: Stops) -> dict[int, Any]:
    """Put the vertices of new borders on what they end at; a locked mini-area takes none (see `seams`)."""
    locked = set(plan.parts.index[plan.parts["locked"]])
    return {row: shape if row in locked else insert_vertices(shape, stops) for row, shape in shapes.items()}


def _rebuilt(plan: Plan, parts: GeoDataFrame, homes: "pd.Series[int]") -> Plan:
    """Order the rows by census area and number, number them from 0, and give new ones their number."""
    order = {uid: k for k, uid in enumerate(plan.areas.index)}
    serials = [None if number is None or pd.isna(number) else int(number) for number in parts["number"]]
    parts = parts.assign(number=numbered(parts["area"].tolist(), serials))
    ranked = sorted(parts.index, key=lambda row: (order[parts.at[row, "area"]], int(parts.at[row, "number"])))
    parts = parts.loc[ranked]
    place = {row: k for k, row in enumerate(ranked)}
    parts = parts.reset_index(drop=True)
    for column in ("area", "uid", "number"):
        values = np.empty(len(parts), dtype=object)
        values[:] = [None if value is None or pd.isna(value) else value for value in parts[column]]
        parts[column] = pd.Series(values, index=parts.index, dtype=object)
    flags = ["kept", "signed", "locked"]
    parts[flags] = parts[flags].astype(bool)
    return replace(plan, parts=parts, homes=homes.map(place).astype("int64"), moved=0)


def _without_proof(plan: Plan, area: Hashable) -> Plan:
    return replace(plan, proofs={uid: proof for uid, proof in plan.proofs.items() if uid != area})


def _require_free(plan: Plan, row: int) -> None:
    if plan.parts.at[row, "kept"]:
        raise EditRefused(
            _("Mini-area {number} is kept as it is: take it out of what is kept first, or unlock it.").format(
                number=plan.parts.at[row, "number"]
            )
        )
