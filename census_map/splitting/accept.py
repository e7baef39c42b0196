"""
Write a plan into the workspace: one transaction, exact or not at all.

Mini-areas that the plan still knows are changed, new ones added, drafts that it no longer holds removed (the history
keeps them). Buildings, parts of buildings and assignments follow.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.coverage import is_exact
from census_map.delineate.redraw import Stops
from census_map.errors import EditRefused
from census_map.i18n import _
from census_map.schema import DRAFT, LOCKED
from census_map.seams import Seam, missing_vertices
from census_map.splitting.plan import Plan, newest_change
from census_map.task import Report, silent
from census_map.workspace import Workspace, Write


@dataclass(frozen=True)
class Accepted:
    """
    What accepting a plan did.

    Attributes
    ----------
    made, changed, removed, kept
        Numbers of mini-areas.
    problems
        What a person should look at, one line each.
    """

    made: int
    changed: int
    removed: int
    kept: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Difference:
    """What a plan changes: rows to add, rows to change, mini-areas to remove; all with their settled shapes."""

    shapes: pd.Series
    added: pd.Index
    changed: pd.Index
    removed: pd.Index
    stays: GeoDataFrame


def accept_plan(workspace: Workspace, plan: Plan, *, reason: str | None = None, report: Report = silent) -> Accepted:
    """
    Write a plan.

    Parameters
    ----------
    plan
        Made from the workspace as it is now.
    reason
        Stands in the history; None: the split.

    Raises
    ------
    EditRefused
        The workspace has been changed since the plan was made, or the result would not be exact.
    """
    if newest_change(workspace) != plan.version:
        raise EditRefused(_("The map has been changed since this was proposed: propose it again."))
    report(0.0, _("checking the result"))
    there = workspace.read("mini_area", columns=["census_area_uid", "kind", "status", "geometry"])
    difference, seam = _difference(workspace, plan, there)
    _require_exact(plan, difference, seam)
    report(0.5, _("writing"))
    with workspace.transaction(reason or _("split")) as write:
        uids = _write_areas(write, plan, difference)
        seam.write(write)
        _lead_buildings(workspace, write, plan, uids, difference, there)
        write.delete("mini_area", difference.removed)
        write.set_size(plan.size)
    report(1.0, "")
    made, changed, removed = len(difference.added), len(difference.changed), len(difference.removed)
    kept = len(plan.parts) - made - changed
    return Accepted(made, changed, removed, kept, (*plan.notes, *seam.problems))


def _difference(workspace: Workspace, plan: Plan, there: GeoDataFrame) -> tuple[_Difference, Seam]:
    """Compare a plan with what there is, and carry its new vertices to what lies beside it."""
    divided = plan.parts["area"].unique()
    drafts = there.index[_is_free(there) & there["census_area_uid"].isin(divided)]
    known = plan.parts["uid"].dropna()
    removed = drafts.difference(pd.Index(known, dtype=object))
    shapes = plan.parts.geometry
    same = pd.Series(data=False, index=plan.parts.index)
    for row, uid in known.items():
        old = there.geometry[uid]
        same[row] = plan.parts.at[row, "signed"] or shapely.equals_exact(shapes[row], old, 0.0)
    added = plan.parts.index[plan.parts["uid"].isna()]
    changed = plan.parts.index[~same & plan.parts["uid"].notna()]
    fine = shapes[added.union(changed)]
    stays = plan.parts[same][["area", "uid"]].set_geometry(shapes[same])
    stays = stays.set_geometry(there.geometry.reindex(stays["uid"]).set_axis(stays.index))
    stops: Stops = {}
    for uid in divided:
        # Area by area: two neighbours may each have drawn on to their common border.
        own = fine[(plan.parts.loc[fine.index, "area"] == uid).to_numpy()]
        beside = stays.geometry[stays["area"] == uid]
        for edge, places in missing_vertices(own, beside, [plan.areas.geometry[uid]]).items():
            stops.setdefault(edge, []).extend(places)
    replaced = removed.union(pd.Index(plan.parts.loc[changed, "uid"], dtype=object))
    seam = Seam.of(workspace, stops, replaced=replaced, fine=fine, buildings=plan.buildings.geometry)
    settled = pd.Series(seam.settle(fine), index=fine.index, dtype=object)
    return _Difference(settled, added, changed, removed, stays), seam


def _is_free(there: GeoDataFrame) -> "pd.Series[bool]":
    draft = there["status"].fillna(DRAFT) == DRAFT
    return draft & (there["kind"] != "virtual").fillna(value=True)


def _require_exact(plan: Plan, difference: _Difference, seam: Seam) -> None:
    for uid in plan.parts["area"].unique():
        own = [shape for row, shape in difference.shapes.items() if plan.parts.at[row, "area"] == uid]
        beside = difference.stays[difference.stays["area"] == uid].geometry
        pieces = [*own, *(seam.shape(shape) for shape in beside)]
        container = GeoDataFrame(geometry=[seam.shape(plan.areas.geometry[uid])], crs=plan.areas.crs)
        if own and not is_exact(GeoDataFrame(geometry=pieces, crs=plan.areas.crs), container):
            raise EditRefused(
                _("Census area {code} cannot be split exactly: check its border with “census-map check” first.").format(
                    code=plan.areas.at[uid, "code"] or plan.areas.at[uid, "name"]
                )
            )


def _write_areas(write: Write, plan: Plan, difference: _Difference) -> "pd.Series[str]":
    """Add and change mini-areas; gives the uid of every row of the plan."""
    uids = plan.parts["uid"].astype(object).copy()
    if len(difference.added):
        rows = _rows(plan, difference, difference.added).assign(status=DRAFT, source="split")
        uids[difference.added] = write.insert("mini_area", rows).to_numpy()
    if len(difference.changed):
        rows = _rows(plan, difference, difference.changed).drop(columns="census_area_uid")
        write.update("mini_area", rows.set_axis(pd.Index(uids[difference.changed], dtype=object)))
    return uids


def _rows(plan: Plan, difference: _Difference, wanted: pd.Index) -> GeoDataFrame:
    figures = plan.figures.loc[wanted]
    alone = (figures["buildings"] == 1) & (figures["weight"] > plan.size.maximum)
    shapes = difference.shapes[wanted]
    return GeoDataFrame(
        {
            "census_area_uid": plan.parts.loc[wanted, "area"].to_numpy(),
            "kind": np.where(alone, "single_building", "ordinary"),
            "exclave": [shapely.get_num_geometries(shape) > 1 for shape in shapes],
        },
        geometry=shapes.to_numpy(),
        index=wanted,
        crs=plan.parts.crs,
    )


def _lead_buildings(
    workspace: Workspace,
    write: Write,
    plan: Plan,
    uids: "pd.Series[str]",
    difference: _Difference,
    there: GeoDataFrame,
) -> None:
    """Lead buildings, parts of buildings and assignments to the mini-areas that hold them now."""
    buildings = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"]
    closed: set[Hashable] = set(there.index[(there["status"] >= LOCKED).fillna(value=False)])
    redrawn = plan.homes[plan.homes.isin(difference.shapes.index)]
    after = buildings.where(~buildings.isin(difference.removed), None)
    after.update(redrawn[~buildings[redrawn.index].isin(closed)].map(uids))
    moved = (after.fillna("") != buildings.fillna("")).to_numpy()
    write.update("building", after[moved].to_frame("mini_area_uid"))
    pieces: Any = workspace.read("building_part", columns=["building_uid", "mini_area_uid"])
    stray = pieces[pieces["mini_area_uid"].isin(difference.removed)]
    write.update("building_part", stray["building_uid"].map(after).to_frame("mini_area_uid"))
    duties = workspace.read("assignment", columns=["mini_area_uid"])
    write.delete("assignment", duties.index[duties["mini_area_uid"].isin(difference.removed)])
