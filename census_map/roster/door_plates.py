"""
Buildings and lanes without a door plate: the list for the police, who give out plates and names.

Where somebody may live, the address must lead to the door. A building has no plate when neither its address nor its
name tells a number; a lane has none when it bears no name and people live along it.
"""

from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.crs import metric_crs
from census_map.roster.place import Place, WhereReader, merge_places
from census_map.workspace import Workspace

_LIVING = ("residential", "mixed", "collective")
_LANES = ("lane", "path")
_ALONG_M = 30.0  # a house so near stands along the lane


def buildings_without_plate(workspace: Workspace) -> pd.DataFrame:
    """
    List the buildings for living whose address and name tell no number.

    Returns
    -------
    buildings
        Indexed by uid, in the order of their codes: `census_area`, `mini_area`, `building` (codes), `address`, `name`,
        `road` (nearest with a name), `road_m` (metres to it), `households`, `persons`, `x` and `y` (coordinates of a
        point inside, in the workspace's CRS).
    """
    columns = ["code", "name", "address", "use", "state", "mini_area_uid", "geometry"]
    rows = workspace.read("building", columns=columns)
    counts = workspace.read("building_summary", columns=["households", "persons", "dwellings"])
    rows = rows.join(pd.DataFrame(counts)[["households", "persons", "dwellings"]])
    lived = rows["use"].isin(_LIVING) | (rows["use"].isna() & (rows["dwellings"].fillna(0) > 0))
    rows = rows[lived & (rows["state"].fillna("standing") != "demolished")]
    read: dict[tuple[str, str], Place] = {}
    reader = WhereReader()
    for key in zip(rows["address"].fillna(""), rows["name"].fillna(""), strict=True):
        if key not in read:
            read[key] = merge_places(*(reader.read(text).place for text in key))
    bare = [
        not (read[key].number or read[key].building)
        for key in zip(rows["address"].fillna(""), rows["name"].fillna(""), strict=True)
    ]
    rows = rows.loc[bare]  # also where no building is lived in: an empty list would choose columns
    minis = workspace.read("mini_area", columns=["code", "census_area_uid"])
    codes = workspace.read("census_area", columns=["code"])["code"]
    found = pd.DataFrame(
        {
            "census_area": rows["mini_area_uid"].map(minis["census_area_uid"]).map(codes).astype(object),
            "mini_area": rows["mini_area_uid"].map(minis["code"]).astype(object),
            "building": rows["code"],
            "address": rows["address"],
            "name": rows["name"],
        },
        index=rows.index,
    )
    found["road"], found["road_m"] = _nearest_road(workspace, rows)
    found["households"], found["persons"] = rows["households"], rows["persons"]
    inside = shapely.point_on_surface(rows.geometry.to_numpy())
    found["x"], found["y"] = shapely.get_x(inside).round(7), shapely.get_y(inside).round(7)
    return found.sort_values(["building"], kind="stable")


def lanes_without_name(workspace: Workspace) -> pd.DataFrame:
    """
    List the lanes and paths without a name along which people live.

    Returns
    -------
    lanes
        Indexed by uid: `mini_areas` (codes, separated by blanks), `road` (nearest with a name), `road_m`, `length_m`,
        `buildings` (for living, within 30 m), `x` and `y` of its middle in the workspace's CRS.
    """
    columns = ["mini_areas", "road", "road_m", "length_m", "buildings", "x", "y"]
    roads = workspace.read("road", columns=["name", "class", "geometry"])
    bare = roads[roads["class"].isin(_LANES) & (roads["name"].fillna("").str.strip() == "")]
    bare = bare[~bare.geometry.is_empty & bare.geometry.notna()]
    buildings = workspace.read("building", columns=["use", "state", "mini_area_uid", "geometry"])
    lived = buildings["use"].isin(_LIVING) & (buildings["state"].fillna("standing") != "demolished")
    buildings = buildings[lived & buildings.geometry.notna()]
    if bare.empty or buildings.empty:
        return pd.DataFrame(columns=columns)
    metres = metric_crs(buildings)
    lines, houses = bare.geometry.to_crs(metres).to_numpy(), buildings.geometry.to_crs(metres).to_numpy()
    places, near = shapely.STRtree(houses).query(lines, predicate="dwithin", distance=_ALONG_M)
    codes = workspace.read("mini_area", columns=["code"])["code"]
    owner = buildings["mini_area_uid"].map(codes).to_numpy()
    found = pd.DataFrame(index=bare.index)
    along = [owner[near[places == at]] for at in range(len(bare))]
    found["mini_areas"] = [" ".join(sorted({code for code in codes if isinstance(code, str)})) for codes in along]
    found["road"], found["road_m"] = _nearest_road(workspace, bare)
    found["length_m"] = shapely.length(lines).round(1)
    found["buildings"] = [len(codes) for codes in along]
    middle = shapely.line_interpolate_point(shapely.line_merge(bare.geometry.to_numpy()), 0.5, normalized=True)
    found["x"], found["y"] = shapely.get_x(middle).round(7), shapely.get_y(middle).round(7)
    return found[found["buildings"] > 0][columns]


def _nearest_road(workspace: Workspace, shapes: GeoDataFrame) -> tuple[list[Any], list[Any]]:
    """Name the nearest road that has a name, and tell the distance in metres."""
    roads = workspace.read("road", columns=["name", "geometry"])
    named = roads[(roads["name"].fillna("").str.strip() != "") & roads.geometry.notna()]
    if named.empty or shapes.empty:
        return [None] * len(shapes), [None] * len(shapes)
    metres = metric_crs(shapes)
    tree = shapely.STRtree(named.geometry.to_crs(metres).to_numpy())
    (rows, hits), distances = tree.query_nearest(
        shapes.geometry.to_crs(metres).to_numpy(), return_distance=True, all_matches=False
    )
    names: list[Any] = [None] * len(shapes)
    away: list[Any] = [None] * len(shapes)
    for row, hit, distance in zip(rows.tolist(), hits.tolist(), distances.tolist(), strict=True):
        names[row], away[row] = named["name"].iloc[hit], round(distance, 1)
    return names, away
