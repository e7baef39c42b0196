"""The bounds on four sides (四至): what lies along the border in the north, east, south and west."""

from collections import defaultdict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from census_map.i18n import N_, _
from census_map.schema import ROAD_CLASS, WATER_KIND
from census_map.sheets.township import Township, words

SIDES = ("north", "east", "south", "west")
SIDE_WORDS = {"north": N_("North"), "east": N_("East"), "south": N_("South"), "west": N_("West")}

_STEP = 10.0  # metres between the places looked at
_MOST_PLACES = 400  # on a longer border they stand farther apart
_NEAR = 12.0  # a feature so near the border, in metres, lies along it
_BESIDE = 2.0  # metres outside the border at which the neighbour is looked for
_WORTH = 0.25  # share of a side that a second bound needs to be named
_UNNAMED = {"railway": N_("railway"), "wall": N_("wall")}


def four_sides(township: Township, area: BaseGeometry, uid: str) -> dict[str, str]:
    """
    Say in words what a mini-area is bounded by.

    Parameters
    ----------
    township
        Where to look.
    area
        The mini-area, in the township's CRS.
    uid
        Its identifier.

    Returns
    -------
    bounds
        A phrase for each of `SIDES`: the named road, water, railway or wall that most of that side follows, at most
        two of them; where there is none, the neighbour (docs/domain.md section 2).
    """
    middles, normals, lengths = _border(area)
    side = _side_of(normals)
    features = _along(township, middles)
    beside = _beside(township, middles + normals * _BESIDE, uid)
    bounds = {}
    for number, name in enumerate(SIDES):
        metres: dict[str, float] = defaultdict(float)
        for place in np.flatnonzero(side == number):
            metres[features.get(int(place)) or beside[int(place)]] += float(lengths[place])
        total = sum(metres.values())
        ranked = sorted(metres.items(), key=lambda item: (-item[1], item[0]))
        kept = [text for text, length in ranked[:2] if length >= _WORTH * total and text]
        bounds[name] = _(", ").join(kept or [text for text, _length in ranked[:1] if text])
    return bounds


def _border(area: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Middles, outward normals and lengths of short pieces of the outer border."""
    middles, normals, lengths = [], [], []
    step = max(_STEP, area.length / _MOST_PLACES)
    for polygon in shapely.get_parts(shapely.normalize(area)):
        ring = shapely.get_coordinates(shapely.segmentize(polygon.exterior, step))
        along = np.diff(ring, axis=0)
        length = np.hypot(along[:, 0], along[:, 1])
        keep = length > 0
        # The normal form has its outer rings clockwise: the outside is on the left.
        outward = np.column_stack([-along[:, 1], along[:, 0]])[keep] / length[keep, None]
        middles.append(((ring[:-1] + ring[1:]) / 2)[keep])
        normals.append(outward)
        lengths.append(length[keep])
    return np.vstack(middles), np.vstack(normals), np.concatenate(lengths)


def _side_of(normals: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the side (of `SIDES`) that a normal points to."""
    bearing = np.degrees(np.arctan2(normals[:, 0], normals[:, 1])) % 360
    sides: NDArray[np.intp] = (((bearing + 45) // 90) % 4).astype(np.intp)
    return sides


def _along(township: Township, middles: NDArray[np.float64]) -> dict[int, str]:
    """Name of the nearest line within reach of each place; named ones go before nameless ones."""
    points = shapely.points(middles)
    found: dict[int, tuple[bool, float, str]] = {}
    for table, tree in township.line_trees.items():
        records = township.line_records[table]
        if not records:
            continue
        (places, rows), distances = tree.query_nearest(
            points, max_distance=_NEAR, return_distance=True, all_matches=True
        )
        for place, row, distance in zip(places.tolist(), rows.tolist(), distances.tolist(), strict=True):
            record = records[row]
            name = words(record["name"])
            choice = (not name, round(distance, 1), name or _unnamed(table, record))
            if place not in found or choice < found[place]:
                found[place] = choice
    return {place: choice[2] for place, choice in found.items()}


def _unnamed(table: str, record: dict[str, Any]) -> str:
    if table == "road":
        title = dict(ROAD_CLASS).get(record["class"], N_("road"))
    elif table == "water":
        title = dict(WATER_KIND).get(record["kind"], N_("water"))
    else:
        title = _UNNAMED[table]
    return _(title)


def _beside(township: Township, outside: NDArray[np.float64], uid: str) -> list[str]:
    """Name the mini-area, or the land, just outside each place."""
    points = shapely.points(outside)
    places, rows = township.mini_area_tree.query(points, predicate="within")
    texts = [_("township border")] * len(points)
    own = township.mini_areas.loc[uid, "census_area_uid"]
    for place, row in zip(places.tolist(), rows.tolist(), strict=True):
        neighbour = township.mini_area_records[row]
        if neighbour["uid"] == uid:
            continue
        text = _("mini-area {number}").format(number=township.serial(words(neighbour["code"])))
        if neighbour["census_area_uid"] != own:
            text = township.area_name(neighbour["census_area_uid"]) or text
        texts[place] = text
    return texts
