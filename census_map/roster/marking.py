"""Marking a missing building (漏绘): it goes on the map, and those who wait for it into it, in one step."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.errors import EditRefused
from census_map.i18n import _
from census_map.schema import GEOMETRY
from census_map.workspace import Workspace


@dataclass(frozen=True)
class Marked:
    """
    A building that was marked.

    Attributes
    ----------
    uid
        Of the building.
    households
        How many were linked to it.
    overlaps
        Other buildings that it covers in part: how many. A fact to look at, no error.
    """

    uid: str
    households: int
    overlaps: int


def mark_building(
    workspace: Workspace,
    shape: shapely.Polygon,
    households: Sequence[str],
    *,
    address: str = "",
    use: str | None = None,
) -> Marked:
    """
    Put a building on the map and link the households that wait for it; one transaction.

    Parameters
    ----------
    workspace
        Open for writing.
    shape
        Its ground, in the workspace's CRS.
    households
        uids of those who live there; they are linked to the building by hand, without dwelling unit.
    address
        What the building is called.
    use
        Of `schema`'s uses of buildings.

    Raises
    ------
    EditRefused
        The shape is no ground, or lies in no mini-area although there are some.
    WorkspaceError
        The mini-area is locked.
    """
    if shape.is_empty or not shape.is_valid or shape.area <= 0:
        raise EditRefused(_("The outline crosses itself or has no ground: draw it again."))
    minis = workspace.read("mini_area", columns=["code", GEOMETRY])
    owner = _owner(minis, shape)
    if owner is None and len(minis):
        raise EditRefused(_("The building lies in no mini-area of this township: draw it where it stands."))
    buildings = workspace.read("building", columns=[GEOMETRY])
    near = buildings.geometry.to_numpy()[shapely.STRtree(buildings.geometry.to_numpy()).query(shape)]
    overlaps = int((shapely.area(shapely.intersection(near, shape)) > 0).sum()) if len(near) else 0
    row = {"mini_area_uid": owner, "address": address or None, "use": use, "state": "standing"}
    frame = GeoDataFrame([row], geometry=[shapely.MultiPolygon([shape])], crs=workspace.crs).astype(
        dict.fromkeys(row, object)
    )
    with workspace.transaction(_("missing building marked")) as write:
        uid = str(write.insert("building", frame)[0])
        if len(households):
            links = {
                "building_uid": uid, "dwelling_uid": None, "link_state": "linked", "link_score": 1.0,
                "link_reason": "by-hand", "link_by_hand": True,
            }  # fmt: skip
            index = pd.Index(list(households), name="uid")
            write.update("household", pd.DataFrame([links] * len(index), index=index, dtype=object))
    return Marked(uid, len(households), overlaps)


def _owner(minis: GeoDataFrame, shape: shapely.Polygon) -> str | None:
    """Find the mini-area that holds most of a building."""
    shapes = minis.geometry.to_numpy()
    drawn = minis[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]
    if drawn.empty:
        return None
    at = shapely.STRtree(drawn.geometry.to_numpy()).query(shape, predicate="intersects")
    if not len(at):
        return None
    shares = shapely.area(shapely.intersection(drawn.geometry.to_numpy()[at], shape))
    return str(drawn.index[at[shares.argmax()]])
