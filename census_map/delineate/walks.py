"""What a plan asks of the enumerators' feet: how far from door to door, beside the least that any plan could ask."""

from typing import Any

import numpy as np

from census_map.delineate.objective import Window
from census_map.delineate.planar import Floats, Ints
from census_map.delineate.site import Site
from census_map.delineate.ways import tree_lengths
from census_map.i18n import _

STRETCHED_TIMES, STRETCHED_METRES = 3.0, 100.0
"""A house is far from all others when its way exceeds the third quartile so many times, and this length."""
ACROSS = 0.1
"""Share of a mini-area's people on the smaller side of a barrier from which it counts as lying across it."""


def walked(sites: list[Site], labels: list[Ints], window: Window) -> dict[str, Any]:
    """
    Measure the walks of a plan.

    Parameters
    ----------
    sites
        The pieces of the census area.
    labels
        For each, the part of each atom (0, 1, …).
    window
        Decides whether a side of a barrier could be a mini-area of its own.

    Returns
    -------
    row
        `walk_m`: metres of the shortest trees that tie each part's doors together; `walk_ratio`: that beside the
        cheapest forest of as many trees, which no balance can reach, None without a walk; `longest_way_m`; numbers
        (from 1) of the parts `stretched` to a far house and lying `across` a barrier; `forced` reasons for the latter.
    """
    walk = least = longest = 0.0
    stretched: set[int] = set()
    across: dict[int, float] = {}
    for site, own in zip(sites, labels, strict=True):
        of_door = own[site.door_atom]
        used = np.unique(of_door)
        for part in used.tolist():
            here = np.flatnonzero(of_door == part)
            tree = np.sort(tree_lengths(site.ways[np.ix_(here, here)]))
            walk += float(tree.sum())
            longest = max(longest, float(tree.max(initial=0.0)))
            if _is_stretched(tree):
                stretched.add(part + 1)
            smaller = _smaller_side(site, here)
            if smaller is not None:
                across[part + 1] = smaller
        whole = np.sort(tree_lengths(site.ways))
        least += float(whole[: max(len(whole) - len(used) + 1, 0)].sum())
    return {
        "walk_m": round(walk),
        "walk_ratio": round(walk / least, 3) if least >= 1.0 else None,
        "longest_way_m": round(longest),
        "stretched": sorted(stretched),
        "across": sorted(across),
        "forced": [_why_across(part, across[part], window) for part in sorted(across)],
    }


def _is_stretched(tree: Floats) -> bool:
    if len(tree) <= 3:
        return False
    return bool(tree[-1] > max(STRETCHED_METRES, STRETCHED_TIMES * float(np.quantile(tree, 0.75))))


def _smaller_side(site: Site, doors: Ints) -> float | None:
    """Give the weight that lives on this side of a barrier in the whole piece, where a part lies across one."""
    weight, side = site.door_weight, site.door_side
    own = np.bincount(side[doors], weight[doors], minlength=int(side.max(initial=0)) + 1)
    order = np.argsort(-own, kind="stable")
    if len(own) < 2 or own[order[1]] < ACROSS * own.sum():
        return None
    return float(weight[side == order[1]].sum())


def _why_across(part: int, there: float, window: Window) -> dict[str, Any]:
    small = there < window.minimum
    text = (
        _("it lies across a river, railway or wall: one side of it has too few people for a mini-area of its own")
        if small
        else _("it lies across a river, railway or wall: no plan found keeps its people on one side")
    )
    return {"part": part, "weight": there, "cause": "barrier" if small else "neighbours", "text": text}
