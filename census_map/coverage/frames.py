"""From a frame to a patch, and from a change back to a frame."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from census_map.coverage.patch import Boxes, Change, Label, Patch, RefusedAt
from census_map.coverage.segments import Geometry
from census_map.crs import grid_size
from census_map.errors import InputError
from census_map.i18n import _


@dataclass(frozen=True)
class Edit:
    """
    The outcome of an edit on a frame.

    Attributes
    ----------
    areas, containers
        The frames after the edit; untouched rows hold the same geometry objects as before.
    changed, added, removed
        Labels of the areas concerned.
    change
        Old and new polygons by label.
    before
        The frames before the edit: areas and containers.
    """

    areas: GeoDataFrame
    containers: GeoDataFrame | None
    changed: tuple[Label, ...]
    added: tuple[Label, ...]
    removed: tuple[Label, ...]
    change: Change
    before: tuple[GeoDataFrame, GeoDataFrame | None]

    def inverse(self) -> "Edit":
        """Give the edit that takes this one back: the frames as they were, bit for bit."""
        return Edit(
            areas=self.before[0],
            containers=self.before[1],
            changed=self.changed,
            added=self.removed,
            removed=self.added,
            change=self.change.inverse(),
            before=(self.areas, self.containers),
        )


def cut_out(areas: GeoDataFrame, containers: GeoDataFrame | None, box: Boxes, grid: float | None = None) -> Patch:
    """
    Cut a neighbourhood out of frames.

    Parameters
    ----------
    areas, containers
        Frames indexed by label.
    box
        West, south, east, north, CRS units; everything whose box meets it belongs to the patch.
    grid
        Step of the coordinate grid for new points.

    Raises
    ------
    InputError
        A label stands for several areas.
    """
    require_unique(areas)
    parts: list[dict[Label, Geometry]] = []
    for frame in (areas, containers):
        if frame is None:
            parts.append({})
            continue
        shapes = np.asarray(frame.geometry.values)
        meets = np.flatnonzero(meeting(shapely.bounds(shapes), box))
        parts.append(dict(zip(frame.index.take(meets), shapes[meets], strict=True)))
    same = None if areas.crs is None else grid_size(areas.crs)
    return replace(make_patch(parts[0], parts[1], grid=grid, same=same), box=box)


def require_unique(areas: GeoDataFrame) -> None:
    """
    Make sure that a label stands for one area.

    Raises
    ------
    InputError
        A label stands for several areas.
    """
    if not areas.index.is_unique:
        twice = areas.index[areas.index.duplicated()][0]
        raise InputError(_("The number {area} stands for several areas: give each its own first.").format(area=twice))


def make_patch(
    areas: Mapping[Label, Geometry],
    containers: Mapping[Label, Geometry] | None = None,
    *,
    grid: float | None = None,
    same: float | None = None,
) -> Patch:
    """
    Make a patch of polygons by label.

    Parameters
    ----------
    areas
        The areas to edit and *all* areas whose boxes meet theirs.
    containers
        The containers whose boxes meet theirs.
    grid
        Step to which new points are rounded, CRS units.
    same
        Coordinates that agree on a grid of this step are one point (noise of a reprojection); they are given the
        same digits, so that borders match bit for bit. None: coordinates are compared as they are.
    """
    around = containers or {}
    shapes = flat([*areas.values(), *around.values()])
    if same is not None:
        shapes = unified(shapes, same, len(areas))
    kept = dict(zip(areas, shapes[: len(areas)], strict=True))
    return Patch(kept, dict(zip(around, shapes[len(areas) :], strict=True)), grid)


def flat(shapes: list[Geometry]) -> list[Geometry]:
    """Leave out heights; shapes without stay the same objects."""
    high = shapely.has_z(np.array(shapes, dtype=object))
    if not high.any():
        return shapes
    return [shapely.force_2d(shape) if z else shape for shape, z in zip(shapes, high.tolist(), strict=True)]


def unified(shapes: list[Geometry], same: float, count: int) -> list[Geometry]:
    """Give points that agree on a fine grid the same digits; shapes without such noise stay the same objects."""
    xy, owner = shapely.get_coordinates(np.asarray(shapes, dtype=object), return_index=True)
    # Big containers reach far beyond: only what lies among the areas can meet them.
    low, high = _span(xy, owner, count)
    near = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    if len(near) == 0:
        return shapes
    steps = np.rint(xy[near] / same).astype(np.int64)
    key = steps[:, 0] * 0x1F123BB5159A55E5 + steps[:, 1]
    order = np.argsort(key, kind="stable")
    first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    lead = near[order[first]][np.cumsum(first) - 1]
    tidy = xy.copy()
    tidy[near[order]] = xy[lead]
    if (tidy == xy).all():
        return shapes
    touched = np.unique(owner[(tidy != xy).any(axis=1)])
    some = np.asarray(shapes, dtype=object)[touched]  # a copy, whose entries `set_coordinates` replaces
    out = list(shapes)
    for k, shape in zip(touched.tolist(), shapely.set_coordinates(some, tidy[np.isin(owner, touched)]), strict=True):
        out[k] = shape
    return out


def _span(xy: Boxes, owner: NDArray[np.int64], count: int) -> tuple[Boxes, Boxes]:
    """Give the corners of the box of the first shapes."""
    own = xy[owner < count]
    if len(own) == 0:
        return np.zeros(2), np.zeros(2)
    return own.min(axis=0), own.max(axis=0)


def applied(areas: GeoDataFrame, containers: GeoDataFrame | None, change: Change, amounts: Iterable[str] = ()) -> Edit:
    """Put a change into frames: rows keep their order, new areas come last."""
    after = _with(areas, change, amounts)
    around = containers
    if containers is not None and change.containers_new:
        around = _replaced(containers, change.containers_new)
    return Edit(after, around, change.changed, change.added, change.removed, change, (areas, containers))


def _replaced(frame: GeoDataFrame, new: Mapping[Label, Geometry]) -> GeoDataFrame:
    shapes = np.array(frame.geometry.values, dtype=object)
    for label, polygon in new.items():
        shapes[frame.index.get_loc(label)] = polygon
    out = frame.copy(deep=False)
    out[frame.geometry.name] = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
    return out


def _with(areas: GeoDataFrame, change: Change, amounts: Iterable[str]) -> GeoDataFrame:
    at = {label: int(areas.index.get_loc(label)) for label in (*change.old, *filter(None, change.origins.values()))}
    gone = np.array(sorted(at[label] for label in change.removed), dtype=int)
    stay = np.delete(np.arange(len(areas)), gone)
    sources = [change.origins.get(label) for label in change.added]
    copied = np.array([0 if source is None else at[source] for source in sources], dtype=int)
    place = {label: at[label] - int(np.searchsorted(gone, at[label])) for label in change.changed}
    place |= {label: len(stay) + k for k, label in enumerate(change.added)}
    out = areas.copy(deep=False)
    if change.added or change.removed:
        out = areas.take(np.concatenate([stay, copied]))
        out.index = areas.index.take(stay).append(pd.Index(list(change.added), dtype=areas.index.dtype))
        out.index.name = areas.index.name
    shapes = np.array(out.geometry.values, dtype=object)
    for label, polygon in change.new.items():
        shapes[place[label]] = polygon
    out[out.geometry.name] = gpd.GeoSeries(shapes, index=out.index, crs=areas.crs)
    out = blanked(out, [place[label] for label, source in zip(change.added, sources, strict=True) if source is None])
    for name in amounts:
        column = areas[name]
        before = {source: column.iloc[at[source]] for source in sources_of(change)}
        fill(out, name, {place[label]: value for label, value in shared_amounts(before, change).items()})
    return out


def fill(frame: GeoDataFrame, name: str, values: Mapping[int, Any]) -> None:
    """Set single values of a column, by row number."""
    if values:
        column = frame[name].copy()
        column.iloc[list(values)] = list(values.values())
        frame[name] = column


def blanked(frame: GeoDataFrame, rows: Sequence[int]) -> GeoDataFrame:
    """Empty all attributes of some rows; whole numbers and flags become columns that can be empty."""
    if not rows:
        return frame
    out = frame.copy()
    for name in out.columns.drop(out.geometry.name):
        column = out[name]
        if pd.api.types.is_integer_dtype(column.dtype) and isinstance(column.dtype, np.dtype):
            column = column.astype(column.dtype.name.replace("int", "Int").replace("uInt", "UInt"))
        elif pd.api.types.is_bool_dtype(column.dtype):
            column = column.astype("boolean")
        column = column.copy()
        column.iloc[list(rows)] = None
        out[name] = column
    return out


def sources_of(change: Change) -> set[Label]:
    """Name the areas whose amounts a change shares out."""
    return {source for shares in change.amounts.values() for source in shares}


def shared_amounts(before: Mapping[Label, Any], change: Change) -> dict[Label, Any]:
    """
    Share an amount out among the areas of a change.

    Parameters
    ----------
    before
        The amounts before, by label. Whole numbers stay whole: the largest remainders are rounded up, so that the sum
        does not change.
    change
        The change, with its shares.

    Returns
    -------
    amounts
        The new amount of every area that has shares.
    """
    # A new area to which nothing was weighed holds nothing, and not its origin's amount.
    result: dict[Label, Any] = dict.fromkeys((label for label in change.added if label in change.amounts), 0)
    for source, value in before.items():
        if pd.isna(value):
            continue
        takers = [label for label, shares in change.amounts.items() if source in shares]
        exact = [change.amounts[label][source] * float(value) for label in takers]
        given = _apportioned(exact, int(value)) if float(value).is_integer() else exact
        for label, part in zip(takers, given, strict=True):
            result[label] = result.get(label, 0) + part
    return result


def _apportioned(exact: Sequence[float], total: int) -> list[int]:
    floors = [int((part + 1e-9) // 1) for part in exact]
    order = sorted(range(len(exact)), key=lambda k: floors[k] - exact[k])
    for k in order[: total - sum(floors)]:
        floors[k] += 1
    return floors


def meeting(boxes: Boxes, box: Boxes) -> NDArray[np.bool_]:
    """Tell which boxes meet a box; empty shapes (NaN) never do."""
    meets: NDArray[np.bool_] = (
        (boxes[:, 0] <= box[2]) & (boxes[:, 2] >= box[0]) & (boxes[:, 1] <= box[3]) & (boxes[:, 3] >= box[1])
    )
    return meets


def around(areas: GeoDataFrame, labels: Iterable[Label], region: Geometry | None = None) -> Boxes:
    """Give the box of some areas, and of all areas that a region meets."""
    require_unique(areas)
    shapes = np.asarray(areas.geometry.values)
    chosen = []
    for label in labels:
        if label not in areas.index:
            raise RefusedAt(_("There is no area {area} here: choose another.").format(area=label))
        chosen.append(areas.index.get_loc(label))
    boxes = shapely.bounds(shapes[np.array(chosen, dtype=int)])
    if region is not None:
        every = shapely.bounds(shapes)
        boxes = np.vstack([boxes, every[meeting(every, shapely.bounds(region))], shapely.bounds(region)[None]])
    box: Boxes = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    return box


def box_of(point: Geometry, tolerance: float) -> Boxes:
    """Give the box around a Point, a little wider than the tolerance (CRS units)."""
    x, y = point.x, point.y
    margin = max(tolerance, abs(x) * 1e-12, abs(y) * 1e-12)
    return np.array([x - margin, y - margin, x + margin, y + margin])
