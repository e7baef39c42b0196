"""What a map may show, by key, in the order of the legend, and the words for it."""

from census_map.i18n import N_, _
from census_map.schema import ROAD_CLASS

# Short, because the legend stands in two narrow columns.
TITLES: dict[str, str] = {
    "own": N_("this mini-area"),
    "neighbour": N_("other mini-area"),
    "census_area": N_("census area"),
    "residential": N_("residential"),
    "mixed": N_("mixed use"),
    "collective": N_("collective"),
    "other": N_("not for living"),
    "vacant": N_("empty"),
    "construction": N_("being built"),
    "demolished": N_("demolished"),
    "foreign": N_("other building"),
    "road_main": N_("main road"),
    "road_secondary": N_("minor road"),
    "road_lane": N_("lane"),
    "road_path": N_("path"),
    "water": N_("water"),
    "railway": N_("railway"),
    "wall": N_("wall"),
    "landmark": N_("landmark"),
    "detail": N_("detail map"),
}


def legend_title(key: str) -> str:
    """Give the words of a legend entry."""
    return _(TITLES[key])


def in_order(keys: set[str]) -> tuple[str, ...]:
    """Sort legend keys into the order of the legend."""
    return tuple(key for key in TITLES if key in keys)


def road_key(road_class: object) -> str:
    """Give the legend key of a road; one of unknown class is drawn as a lane."""
    return f"road_{road_class}" if road_class in dict(ROAD_CLASS) else "road_lane"
