"""
How a building above the maximum may be divided into building parts: by entrances, or by floors.

A proposal only. The building is drawn once; its parts list entrances and floors (docs/domain.md section 2), and no
split applies them by itself.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import pandas as pd

from census_map.delineate.basis import Basis
from census_map.delineate.graph import Ints
from census_map.delineate.objective import Window


@dataclass(frozen=True)
class Tower:
    """
    A building above the maximum.

    Parameters
    ----------
    building
        Its label.
    weight
        What lives in it.
    floors, entrances
        Their numbers; 0 where unknown.
    units
        One row a dwelling unit: `entrance` (text or None), `floor` (number or NaN), `weight`; None where unknown.
    """

    building: Hashable
    weight: float
    floors: int = 0
    entrances: int = 0
    units: pd.DataFrame | None = None


Stack = tuple[str, float]
"""An entrance or a floor, and what lives there."""


def propose_building_parts(tower: Tower, window: Window) -> list[dict[str, Any]]:
    """
    Propose building parts of a tower, each inside the window where its entrances and floors allow.

    Returns
    -------
    rows
        One a part: `part` (1, 2, …), `entrances` and `floors` as text such as 1-3 (None: all), `weight`, and `basis`:
        `units` (counted by dwelling unit) or `floors`, `entrances` (shared out evenly). Empty when nothing is known to
        divide it by.
    """
    stacks = _stacks(tower.units, "entrance")
    if len(stacks) > 1:
        rows = []
        for group in _groups(stacks, window):
            names = [name for name, _weight in group]
            if len(names) > 1 or group[0][1] <= window.maximum:
                rows.append(_row(names, None, group, "units"))
                continue
            own = None if tower.units is None else tower.units[tower.units["entrance"].astype(str) == names[0]]
            floors = _stacks(own, "floor") or _even(tower.floors, group[0][1])
            basis = "units" if _stacks(own, "floor") else "floors"
            rows += [_row(names, [n for n, _w in part], part, basis) for part in _groups(floors or group, window)]
        return _numbered(rows)
    floors = _stacks(tower.units, "floor")
    if len(floors) > 1:
        return _numbered([_row(None, [n for n, _w in part], part, "units") for part in _groups(floors, window)])
    if tower.floors > 1:
        even = _even(tower.floors, tower.weight)
        return _numbered([_row(None, [n for n, _w in part], part, "floors") for part in _groups(even, window)])
    if tower.entrances > 1:
        even = _even(tower.entrances, tower.weight)
        return _numbered([_row([n for n, _w in part], None, part, "entrances") for part in _groups(even, window)])
    return []


def towers_of(basis: Basis, members: Ints, window: Window) -> list[dict[str, Any]]:
    """
    Propose how to divide what is too heavy in one atom.

    Parameters
    ----------
    members
        Numbers of the buildings that stand on the atom and count in the area.

    Returns
    -------
    proposals
        One a building above the maximum: `building`, `weight`, `rows` (`propose_building_parts`). Overlapping buildings
        none of which is above the maximum have one in common, with `buildings` in each row.
    """
    heavy = [int(k) for k in members if basis.weight[k] > window.maximum]
    if not heavy:
        return [_by_building(basis, members, window)]
    found = []
    for k in heavy:
        label, weight = basis.index[k], float(basis.weight[k])
        tower = Tower(label, weight, int(basis.floors[k]), int(basis.entrances[k]), _units_of(basis, label, weight))
        rows = propose_building_parts(tower, window)
        found.append({"building": plain_label(label), "weight": round(weight, 1), "rows": rows})
    return found


def _units_of(basis: Basis, label: Hashable, weight: float) -> pd.DataFrame | None:
    """Give a building's dwelling units with weights that add up to its own; evenly where none is known."""
    if basis.units is None:
        return None
    own = basis.units[basis.units["building"] == label]
    if own.empty:
        return None
    total = float(own["weight"].sum())
    share = own["weight"] * (weight / total) if total > 0 else pd.Series(weight / len(own), own.index)
    return own.assign(weight=share)


def _by_building(basis: Basis, members: Ints, window: Window) -> dict[str, Any]:
    """Propose groups of buildings that overlap, in the order of the input."""
    lived = members[basis.weight[members] > 0]
    stacks = [(str(k), float(basis.weight[k])) for k in lived.tolist()]
    rows = []
    for part in _groups(stacks, window):
        names = [plain_label(basis.index[int(name)]) for name, _weight in part]
        rows.append({**_row(None, None, part, "buildings"), "buildings": names})
    names = [plain_label(basis.index[int(k)]) for k in lived]
    weight = float(basis.weight[lived].sum())
    return {"building": None, "buildings": names, "weight": round(weight, 1), "rows": _numbered(rows)}


def plain_label(label: Hashable) -> str | int:
    """Write a label so that JSON can hold it."""
    return label if isinstance(label, int | str) else str(label)


def _stacks(units: pd.DataFrame | None, column: str) -> list[Stack]:
    """Sum dwelling units by entrance or floor, in order; empty unless every inhabited unit says where it is."""
    if units is None or units.empty or units.loc[units["weight"] > 0, column].isna().any():
        return []
    known = units[units[column].notna()]
    if column == "floor":
        sums = known.groupby(known["floor"].astype(int))["weight"].sum().sort_index()
        return [(str(floor), float(weight)) for floor, weight in sums.items()]
    sums = known.groupby(known[column].astype(str))["weight"].sum()
    return sorted(((str(name), float(weight)) for name, weight in sums.items()), key=lambda stack: _natural(stack[0]))


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)


def _even(count: int, weight: float) -> list[Stack]:
    return [(str(k + 1), weight / count) for k in range(count)] if count > 1 else []


def _groups(stacks: list[Stack], window: Window) -> list[list[Stack]]:
    """Divide a row of stacks into runs inside the window where that can be, about as many as the target asks for."""
    wanted = sum(weight for _name, weight in stacks) / window.target
    counts = {min(max(int(wanted) + more, 1), len(stacks)) for more in (0, 1, 2)}
    return min((_runs(stacks, window, count) for count in sorted(counts)), key=lambda ways: ways[0])[1]


def _runs(stacks: list[Stack], window: Window, count: int) -> tuple[tuple[float, float], list[list[Stack]]]:
    """Divide a row of stacks into so many runs; least outside the window first, then nearest to the target."""
    sums = [0.0]
    for _name, weight in stacks:
        sums.append(sums[-1] + weight)
    best: list[dict[int, tuple[tuple[float, float], int]]] = [{0: ((0.0, 0.0), 0)}]
    for k in range(1, count + 1):
        row: dict[int, tuple[tuple[float, float], int]] = {}
        for end in range(k, len(stacks) - (count - k) + 1):
            ways = []
            for begin, (cost, _from) in best[-1].items():
                if begin < end:
                    load = sums[end] - sums[begin]
                    out = max(load - window.maximum, 0.0) + max(window.minimum - load, 0.0)
                    ways.append(((cost[0] + out, cost[1] + (load - window.target) ** 2), begin))
            row[end] = min(ways)
        best.append(row)
    cuts = [len(stacks)]
    for k in range(count, 0, -1):
        cuts.append(best[k][cuts[-1]][1])
    return best[count][len(stacks)][0], [stacks[a:b] for a, b in pairwise(reversed(cuts))]


def _row(
    entrances: Sequence[str] | None, floors: Sequence[str] | None, part: list[Stack], basis: str
) -> dict[str, Any]:
    return {
        "entrances": None if entrances is None else _ranges(entrances),
        "floors": None if floors is None else _ranges(floors),
        "weight": round(sum(weight for _name, weight in part), 1),
        "basis": basis,
    }


def _ranges(names: Sequence[str]) -> str:
    """Write 1, 2, 3, 5 as 1-3,5."""
    if not all(name.lstrip("-").isdecimal() for name in names) or any(name.startswith("-") for name in names):
        return ",".join(names)
    numbers = sorted({int(name) for name in names})
    runs = [[n for _k, n in run] for _key, run in groupby(enumerate(numbers), key=lambda item: item[1] - item[0])]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"part": k + 1, **row} for k, row in enumerate(rows)]
