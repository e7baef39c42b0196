"""
The verb `split`: census areas of a workspace into mini-areas.

Drafts in the chosen census areas are replaced (the history keeps them); whatever somebody has signed, locked or made
virtual stays, and only the rest of its census area is divided. Nothing is written unless the mini-areas are an exact
coverage of their census area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.coverage import is_exact
from census_map.delineate import SplitResult, split_areas
from census_map.errors import EditRefused, InputError
from census_map.i18n import _
from census_map.profile import Size
from census_map.schema import DRAFT, LOCKED
from census_map.seams import Seam
from census_map.splitting.inputs import choose_size, chosen_objective, visible_lines, weigh_buildings
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace, Write
from census_map.workspace.locks import first_locks


@dataclass(frozen=True)
class SplitReport:
    """
    What a split did.

    Attributes
    ----------
    summary
        The JSON of `coverage split` (DESIGN.md): what was achieved in each census area, and the bound.
    made, replaced, kept
        Numbers of mini-areas: new ones, drafts they replace, and those left as they were.
    problems
        What a person should look at, one line each.
    """

    summary: dict[str, Any]
    made: int
    replaced: int
    kept: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Scene:
    """What a split starts from: chosen census areas, what stays in them, what is to be divided."""

    areas: GeoDataFrame
    minis: GeoDataFrame
    drafts: pd.Index
    rest: GeoDataFrame


def split_workspace(
    workspace: Workspace,
    *,
    areas: Sequence[str] | None = None,
    target: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    by: str | None = None,
    seed: int = 0,
    report: Report = silent,
) -> SplitReport:
    """
    Split census areas into mini-areas.

    Parameters
    ----------
    workspace
        With census areas and buildings.
    areas
        Codes of the census areas; None: all.
    target, minimum, maximum
        Size of a mini-area and its band, in `by`; None: as it was last split, or the profile's.
    by
        `persons` or `households`; None: as it was last split, or the profile's.
    seed
        Same seed, same result.

    Returns
    -------
    report
        The new mini-areas are drafts without code; `numbering` gives codes.

    Raises
    ------
    InputError
        No such census area, or a size that cannot be.
    EditRefused
        The result would not be exact: the census area or what was kept in it must be mended first.
    """
    report(0.0, _("reading"))
    size = choose_size(workspace.size, target, minimum, maximum, by)
    scene = _scene(workspace, areas)
    if scene.rest.empty:
        return SplitReport({"areas": []}, 0, 0, len(scene.minis), (_("Nothing to split: every mini-area is signed."),))
    buildings, problems = weigh_buildings(workspace, size.by)
    result = split_areas(
        scene.rest,
        buildings,
        lines=visible_lines(workspace),
        weight="weight",
        target=size.target,
        minimum=size.minimum,
        maximum=size.maximum,
        grid=workspace.grid,
        seed=seed,
        objective=chosen_objective(workspace.profile),
        report=portion(report, 0.05, 0.9),
    )
    report(0.9, _("checking the result"))
    seam = Seam.of(workspace, result, drafts=scene.drafts)
    parts = _parts(workspace, scene, result, seam, size)
    _require_exact(scene, parts, seam)
    report(0.95, _("writing"))
    with workspace.transaction(_("split")) as write:
        _write(workspace, write, scene, parts, seam, result)
        write.set_size(size)
    report(1.0, "")
    problems += seam.problems
    kept = int(scene.minis["census_area_uid"].isin(scene.areas.index).sum()) - len(scene.drafts)
    return SplitReport(result.summary(), len(parts), len(scene.drafts), kept, tuple(problems))


def _scene(workspace: Workspace, codes: Sequence[str] | None) -> _Scene:
    every = workspace.read("census_area", columns=["code", "name", "geometry"])
    if every.empty:
        raise InputError(_("The workspace has no census areas: make it anew with “census-map new”."))
    chosen = every
    if codes is not None:
        for code in codes:
            if code not in set(every["code"]):
                raise InputError(
                    _("There is no census area {code}: the codes are {codes}.").format(
                        code=code, codes=_some(every["code"].dropna())
                    )
                )
        chosen = every[every["code"].isin(codes)]
    minis = workspace.read("mini_area", columns=["code", "census_area_uid", "kind", "status", "geometry"])
    inside = minis["census_area_uid"].isin(chosen.index)
    draft = (minis["status"].fillna(DRAFT) == DRAFT) & (minis["kind"] != "virtual").fillna(value=True)
    # A number once locked stands, also after unlocking, and so does what it names.
    drafts = minis.index[inside & draft].difference(first_locks(workspace).index)
    shaped = minis[minis.geometry.notna() & ~minis.is_empty]
    rest: dict[str, Any] = {}
    for uid, area in chosen.geometry.items():
        kept = shaped[(shaped["census_area_uid"] == uid) & ~shaped.index.isin(drafts)]
        ground = area if kept.empty else _ground(chosen.loc[uid], area, shaped, kept, drafts)
        if ground is not None:
            rest[str(uid)] = ground
    frame = GeoDataFrame(geometry=list(rest.values()), index=pd.Index(list(rest), dtype=object), crs=workspace.crs)
    # Messages name a census area by its code; the rows are found again by place.
    names = chosen.loc[frame.index, "code"]
    if names.notna().all() and not names.duplicated().any():
        frame.index = pd.Index(names.tolist(), dtype=object)
    return _Scene(chosen, minis, drafts, frame)


def _ground(row: pd.Series, area: Any, shaped: GeoDataFrame, kept: GeoDataFrame, drafts: pd.Index) -> Any:
    """Give what is left of a census area beside the mini-areas that stay; None when nothing is."""
    own = shaped[shaped["census_area_uid"] == row.name]
    container = GeoDataFrame(geometry=[area], crs=shaped.crs)
    if not is_exact(own[["geometry"]], container):
        raise EditRefused(
            _("Census area {code} holds signed mini-areas and has gaps or overlaps: mend these first.").format(
                code=row["code"] or row["name"]
            )
        )
    free = own[own.index.isin(drafts)]
    if free.empty:
        return None
    ground = shapely.coverage_union_all(shapely.get_parts(free.geometry.to_numpy()))
    left = pd.concat([kept[["geometry"]], GeoDataFrame(geometry=[ground], crs=shaped.crs)])
    return ground if is_exact(left, container) else shapely.union_all(free.geometry.to_numpy())


def _some(codes: pd.Series) -> str:
    return ", ".join(codes[:8]) + (" …" if len(codes) > 8 else "")


def _parts(workspace: Workspace, scene: _Scene, result: SplitResult, seam: Seam, size: Size) -> GeoDataFrame:
    """Make the rows of the new mini-areas."""
    uids = _area_uids(scene)
    parts = result.parts
    shapes = seam.settle(parts.geometry)
    alone = _alone(result, parts)
    heavy = parts["weight"] > (size.maximum if size.maximum is not None else size.target * 4 / 3)
    return GeoDataFrame(
        {
            "census_area_uid": [uids[label] for label in parts["area"]],
            "kind": np.where(alone & heavy, "single_building", "ordinary"),
            "status": DRAFT,
            "exclave": [shapely.get_num_geometries(shape) > 1 for shape in shapes],
            "source": "split",
        },
        geometry=shapes,
        index=parts.index,
        crs=workspace.crs,
    )


def _area_uids(scene: _Scene) -> dict[Any, str]:
    by_code = {code: uid for uid, code in scene.areas["code"].items() if code is not None}
    return {label: by_code.get(label, label) for label in scene.rest.index}


def _homes(result: SplitResult) -> pd.DataFrame:
    """Tell where each building went: index building, columns `area` and `part`."""
    rows = [
        pd.DataFrame(
            {"area": [split.area] * len(split.buildings), "part": split.buildings.to_numpy()},
            index=split.buildings.index,
        )
        for split in result.splits
        if len(split.buildings)
    ]
    return pd.concat(rows) if rows else pd.DataFrame({"area": [], "part": []})


def _alone(result: SplitResult, parts: GeoDataFrame) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    counts = _homes(result).groupby(["area", "part"]).size()
    keys = pd.MultiIndex.from_arrays([parts["area"], parts["part"]])
    alone: np.ndarray[Any, np.dtype[np.bool_]] = (counts.reindex(keys).fillna(0) == 1).to_numpy()
    return alone


def _require_exact(scene: _Scene, parts: GeoDataFrame, seam: Seam) -> None:
    kept = scene.minis[~scene.minis.index.isin(scene.drafts) & scene.minis.geometry.notna()]
    for uid, area in scene.areas.geometry.items():
        own = parts[parts["census_area_uid"] == uid]
        if own.empty:
            continue
        beside = kept[kept["census_area_uid"] == uid]
        pieces = [*own.geometry, *(seam.shape(shape) for shape in beside.geometry)]
        container = GeoDataFrame(geometry=[seam.shape(area)], crs=parts.crs)
        if not is_exact(GeoDataFrame(geometry=pieces, crs=parts.crs), container):
            raise EditRefused(
                _("Census area {code} cannot be split exactly: check its border with “census-map check” first.").format(
                    code=scene.areas.at[uid, "code"] or scene.areas.at[uid, "name"]
                )
            )


def _write(
    workspace: Workspace, write: Write, scene: _Scene, parts: GeoDataFrame, seam: Seam, result: SplitResult
) -> None:
    """Replace drafts by the new parts and lead buildings, building parts and assignments to them."""
    uids = write.insert("mini_area", parts)
    seam.write(write)
    labels = pd.MultiIndex.from_arrays([result.parts["area"], result.parts["part"]])
    by_part = pd.Series(uids.to_numpy(), index=labels)
    homes = _homes(result)
    new = pd.Series(by_part.reindex(pd.MultiIndex.from_frame(homes)).to_numpy(), index=homes.index, dtype=object)
    buildings = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"]
    closed = scene.minis.index[(scene.minis["status"] >= LOCKED).fillna(value=False)]
    after = buildings.where(~buildings.isin(scene.drafts), None)
    after.update(new[~buildings[new.index].isin(closed)])
    changed = (after.fillna("") != buildings.fillna("")).to_numpy()
    write.update("building", after[changed].to_frame("mini_area_uid"))
    _lead_dependants(workspace, write, scene.drafts, after)
    write.delete("mini_area", scene.drafts)


def _lead_dependants(workspace: Workspace, write: Write, drafts: pd.Index, homes: pd.Series) -> None:
    pieces = workspace.read("building_part", columns=["building_uid", "mini_area_uid"])
    stray = pieces[pieces["mini_area_uid"].isin(drafts)]
    write.update("building_part", stray["building_uid"].map(homes).to_frame("mini_area_uid"))
    duties = workspace.read("assignment", columns=["mini_area_uid"])
    write.delete("assignment", duties.index[duties["mini_area_uid"].isin(drafts)])
