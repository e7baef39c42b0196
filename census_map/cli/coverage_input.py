"""What the verbs of `coverage` read, and what they say about it before they begin."""

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.cli.saying import say
from census_map.coverage.containers import find_overlapping_containers
from census_map.crs import reprojected, require_places
from census_map.errors import InputError
from census_map.exchange.reading import read_labelled, read_layer
from census_map.exchange.spec import split_spec
from census_map.i18n import _, ngettext

_SHOWN = 3
_SLIVER_M2 = 1.0


def read_areas(spec: str, id_field: str | None, crs: str | None, *, only_shapes: bool = False) -> GeoDataFrame:
    """Read polygons, indexed by a field or by row number, and say on stderr what was changed on the way."""
    frame = read_labelled(spec, id_field, crs=crs, only_shapes=only_shapes)
    require_places(frame)
    say_notices(frame)
    missing = _without_ground(frame)
    if missing == len(frame):
        raise InputError(_("No row of “{file}” has a map: choose another layer.").format(file=split_spec(spec)[0].name))
    if missing:
        text = ngettext("{n} row has no map and covers nothing.", "{n} rows have no map and cover nothing.", missing)
        say(text.format(n=missing), err=True)
    return frame


def read_containers(
    spec: str | None, id_field: str | None, crs: str | None, areas: GeoDataFrame
) -> GeoDataFrame | None:
    """
    Read containers, if any, in the coordinate system of the areas.

    They are indexed by the areas' field only where it identifies them too, else by row number.

    Raises
    ------
    InputError
        They cannot be read, or lie nowhere near the areas.
    """
    if spec is None:
        return None
    frame = read_layer(spec, geometry="polygon", crs=crs, take_first=True)
    require_places(frame)
    say_notices(frame)
    missing = _without_ground(frame)
    if missing:
        text = ngettext("{n} container has no map.", "{n} containers have no map.", missing)
        say(text.format(n=missing), err=True)
    frame = reprojected(frame, areas.crs)
    _require_same_place(areas, frame)
    if id_field in frame.columns and frame[id_field].is_unique and frame[id_field].notna().all():
        return frame.set_index(id_field, drop=False).rename_axis(None)
    return frame


def read_beside(spec: str, areas: GeoDataFrame) -> GeoDataFrame:
    """Read another layer in the coordinate system of the areas."""
    frame = read_layer(spec)
    require_places(frame)
    say_notices(frame)
    return reprojected(frame, areas.crs)


def say_notices(frame: GeoDataFrame) -> None:
    """Write on stderr what reading a layer has changed."""
    for notice in frame.attrs.get("notices", []):
        say(notice, err=True)


def say_overlapping(containers: GeoDataFrame | None) -> bool:
    """Write on stderr which containers overlap, and tell whether any do: then nothing is sure about their ground."""
    if containers is None:
        return False
    faults = find_overlapping_containers(containers)
    for fault in faults.head(_SHOWN).itertuples():
        text = _("Containers {names} overlap by {area} m²: mend them first, their ground cannot be judged.")
        names = ", ".join(map(str, fault.areas))
        say(text.format(names=names, area=f"{fault.area_m2:,.4g}"), err=True)
    more = len(faults) - _SHOWN
    if more > 0:
        text = ngettext("{n} more overlap of containers.", "{n} more overlaps of containers.", more)
        say(text.format(n=more), err=True)
    return not faults.empty


def require_apart(areas: GeoDataFrame) -> None:
    """
    Make sure that areas share no ground to speak of, before they are divided; say on stderr where slivers overlap.

    Raises
    ------
    InputError
        Two areas overlap by more than a square metre: what lies there would stand in parts of both.
    """
    shapes = np.asarray(areas.geometry)
    if not shapely.is_valid(shapes).all():
        return  # said by name when they are prepared
    faults = find_overlapping_containers(areas)
    faults = faults.sort_values("area_m2", ascending=False, kind="stable")
    for fault in faults.head(_SHOWN).itertuples():
        text = _("Areas {names} overlap by {area} m²: mend them first, with “coverage repair”.")
        told = text.format(names=", ".join(map(str, fault.areas)), area=f"{fault.area_m2:,.4g}")
        if fault.area_m2 > _SLIVER_M2:
            raise InputError(told)
        say(told, err=True)


def _without_ground(frame: GeoDataFrame) -> int:
    shapes = np.asarray(frame.geometry)
    return int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())


def _require_same_place(areas: GeoDataFrame, containers: GeoDataFrame) -> None:
    own, around = (np.asarray(frame.total_bounds, dtype=float) for frame in (areas, containers))
    if not (np.isfinite(own).all() and np.isfinite(around).all()):
        return
    if (own[:2] > around[2:]).any() or (around[:2] > own[2:]).any():
        raise InputError(
            _(
                "The areas and the containers lie apart from each other: check that both files are of the same place "
                "and that each says its right coordinate system."
            )
        )
