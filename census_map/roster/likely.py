"""Where on the map a building that is missing probably stands: beside those whose address is nearest to its own."""

import re

from census_map.roster.map_index import MapIndex
from census_map.roster.place import Place

_NEIGHBOURS = 2
_MOST = 60


def near_buildings(index: MapIndex, place: Place, area: str | None) -> tuple[str, ...]:
    """
    Find the buildings near which a missing one probably stands.

    Parameters
    ----------
    index
        The map.
    place
        What the address of the missing building says.
    area
        uid of the census area of its households, or None.

    Returns
    -------
    uids
        The two of the same estate or road whose numbers are nearest; all of the estate, road or village when there is
        no number to go by; empty when the map has nothing alike.
    """
    for group, kind in (("sites", "building"), ("roads", "number"), ("villages", "number")):
        found: list[int] = []
        for name in sorted(getattr(place, group)):
            for reading in index.names.readings(name, area)[:1]:
                # A census area is often called like its first estate: the estate's own buildings come first.
                named = index.by_name.get(reading.name, [])
                found += [at for at in named if reading.name in getattr(index.buildings[at].place, group)] or named
        inside = [at for at in found if area is None or index.buildings[at].area == area] or found
        if inside:
            nearest = _nearest(index, inside, kind, getattr(place, kind))
            return tuple(index.buildings[at].uid for at in (nearest or inside)[:_MOST])
    return ()


def _nearest(index: MapIndex, found: list[int], kind: str, number: str | None) -> list[int]:
    wanted = _value(number)
    if wanted is None:
        return []
    numbered = []
    for at in found:
        value = _value(getattr(index.buildings[at].place, kind))
        if value is not None:
            numbered.append((abs(value - wanted), at))
    return [at for _gap, at in sorted(numbered)[:_NEIGHBOURS]]


def _value(number: str | None) -> int | None:
    digits = re.match(r"\d+", number or "")
    return int(digits[0]) if digits else None
