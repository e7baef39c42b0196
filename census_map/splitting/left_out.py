"""People whom no split can take: those of buildings outside all census areas, or without a place on the map."""

from dataclasses import dataclass

import pandas as pd
import shapely

from census_map.delineate import counting_areas
from census_map.i18n import _, ngettext
from census_map.splitting.inputs import weigh_buildings
from census_map.workspace import Workspace

_SHOWN = 5


@dataclass(frozen=True)
class LeftOut:
    """
    What a split does not take.

    Attributes
    ----------
    names
        Of the buildings that hold somebody: code, else the identifier in the file they came from, else uid.
    weight, total
        Their persons or households, and those of all buildings.
    known
        Whether figures say so of one of them at least; otherwise they are estimated from floor areas.
    """

    names: tuple[str, ...]
    weight: float
    total: float
    known: bool


def find_left_out(workspace: Workspace, by: str) -> LeftOut:
    """
    Find the buildings with people that lie in no census area.

    Parameters
    ----------
    by
        `persons` or `households`.
    """
    weighed, _problems = weigh_buildings(workspace, by)
    areas = workspace.read("census_area", columns=["geometry"], where="geometry IS NOT NULL")
    areas = areas.set_geometry(shapely.make_valid(areas.geometry.to_numpy()), crs=areas.crs)
    homes = counting_areas(areas, weighed)
    figures = workspace.read("building_summary", columns=["dwellings", "households", "persons"]).astype("float64")
    placeless = figures[by].fillna(0.0)[~figures.index.isin(weighed.index)]
    outside = pd.concat([weighed["weight"][homes.isna()], placeless])
    outside = outside[outside > 0]
    total = float(weighed["weight"].sum() + placeless.sum())
    if outside.empty:
        return LeftOut((), 0.0, total, known=False)
    known = workspace.read("building", columns=["code", "source_id"]).loc[outside.index]
    names = known["code"].fillna(known["source_id"]).fillna(pd.Series(known.index, index=known.index))
    said = bool((figures.loc[outside.index] > 0).any(axis=None))
    return LeftOut(tuple(map(str, names)), float(outside.sum()), total, said)


def left_out_line(left: LeftOut, by: str) -> str:
    """Say whom a split does not take."""
    text = ngettext(
        "{n} building lies in no census area; its people were not taken ({weight} of {total} {unit}): {names}",
        "{n} buildings lie in no census area; their people were not taken ({weight} of {total} {unit}): {names}",
        len(left.names),
    )
    unit = _("persons") if by == "persons" else _("households")
    names = ", ".join(left.names[:_SHOWN]) + (" …" if len(left.names) > _SHOWN else "")
    return text.format(n=len(left.names), weight=round(left.weight), total=round(left.total), unit=unit, names=names)
