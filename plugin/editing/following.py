"""
Buildings follow the borders while they are being drawn, whoever draws them: mini-area, number and code.

The numbers of others stay as they are; who comes takes the next free one where buildings are numbered. Dwelling units
and households follow when the work is saved (`census_map.following`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from census_map.codes import CodeWidths, child_code

from .figures import Buildings
from .mirror import Mirror


@dataclass(frozen=True)
class Move:
    """A building that belongs to another mini-area now: its row, and what is noted for it then."""

    fid: int
    area: str
    number: int | None
    code: str | None


def moves(
    mirror: Mirror, buildings: Buildings, widths: CodeWidths, grounds: Iterable[Any], touched: Iterable[int]
) -> list[Move]:
    """
    Find the buildings that lie in another mini-area than the one noted for them.

    Parameters
    ----------
    mirror, buildings
        The edit buffers as they are now.
    widths
        Digits of the codes.
    grounds
        Where borders have changed.
    touched
        Rows of buildings that have changed themselves.
    """
    places = {place for fid in touched if (place := buildings.place(fid)) is not None}
    for ground in grounds:
        places |= set(buildings.inside(shapely.box(*shapely.bounds(ground))).tolist())
    found: list[Move] = []
    given: dict[str, int] = {}
    for place in sorted(places):
        x, y = buildings.xy[place].tolist()
        home = None if np.isnan(x) else mirror.at(x, y)
        if home is None or buildings.uid[place] in buildings.in_parts:
            continue
        row = mirror.rows[home]
        noted = mirror.by_uid(buildings.area[place])
        if row.uid == buildings.area[place] or row.locked or (noted is not None and mirror.rows[noted].locked):
            continue
        number = _next_number(buildings, row.uid, given) if row.code else None
        code = None if number is None else child_code(row.code, number, widths.building)
        found.append(Move(int(buildings.fid[place]), row.uid, number, code))
    return found


def _next_number(buildings: Buildings, area: str, given: dict[str, int]) -> int:
    """Give the number after the largest of a mini-area."""
    if area not in given:
        given[area] = buildings.largest_number(area)
    given[area] += 1
    return given[area]
