"""
Tell whether two addresses name two places for certain: both say a number, and the numbers differ.

What one of them leaves out, and names that may be two names of one place, contradict nothing.
"""

from collections.abc import Collection, Mapping

from census_map.packages import require
from census_map.roster.address import parse_address
from census_map.roster.place import Where, WhereReader, room_keys

_ALIKE = 60  # of 100; names below that are not two spellings of one
_OUTER = ("lane", "number", "group", "zone", "building")


def contradict(one: Where, other: Where) -> bool:
    """Tell whether two places cannot be one."""
    for name in _OUTER:
        left, right = getattr(one.place, name), getattr(other.place, name)
        # A door number beside a building number may belong to the road, and the building to the estate.
        if left and right and left != right and not (name == "number" and _not_both(one, other, "roads")):
            return True
    for names in ("roads", "sites"):
        mine, its = getattr(one.place, names), getattr(other.place, names)
        if mine and its and not mine & its and not _any_alike(mine, its):
            return True
    if one.room.entrance and other.room.entrance and one.room.entrance != other.room.entrance:
        return True
    rooms = set(room_keys(one.room)), set(room_keys(other.room))
    return all(rooms) and not rooms[0] & rooms[1]


def _not_both(one: Where, other: Where, names: str) -> bool:
    return bool(getattr(one.place, names)) != bool(getattr(other.place, names))


def _any_alike(mine: frozenset[str], its: frozenset[str]) -> bool:
    ratio = require("rapidfuzz.fuzz", "rapidfuzz").ratio
    return any(left in right or right in left or ratio(left, right) >= _ALIKE for left in mine for right in its)


def is_elsewhere(
    registered: str, address: str, columns: Mapping[str, str], reader: WhereReader, own: Collection[str]
) -> bool:
    """
    Tell whether a household is registered at another place than where it lives.

    Parameters
    ----------
    registered
        Address of the registration.
    address, columns
        Where the household lives, as for `place.read_where`.
    reader
        Of both.
    own
        Province, prefecture and county of the township.
    """
    if not registered:
        return False
    named = parse_address(registered)
    for kind in ("province", "city", "county"):
        name = named.value(kind)
        if name and own and not any(name.startswith(known[:2]) for known in own):
            return True
    return contradict(reader.read(registered), reader.read(address, columns))
