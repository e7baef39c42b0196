"""What a split achieved, and how far from the best possible that is."""

from collections.abc import Hashable
from typing import Any

import numpy as np

from census_map.delineate.objective import Window
from census_map.delineate.partition import Plan
from census_map.delineate.planar import OUTSIDE, Floats, Ints
from census_map.delineate.site import Site


def bound_cv(weights: Floats, parts: int) -> float:
    """
    Give the coefficient of variation that no plan can go below, because atoms cannot be divided.

    The largest atoms may each be heavier than an even share: each needs a part of at least its own weight, and the
    best that the others can do is to be all equal.

    Parameters
    ----------
    weights
        Of the atoms.
    parts
        Number of parts.
    """
    total = float(weights.sum())
    if parts <= 1 or total <= 0:
        return 0.0
    alone: list[float] = []
    rest, left = total, parts
    for weight in sorted(weights.tolist(), reverse=True):
        if left <= 1 or weight <= rest / left:
            break
        alone.append(weight)
        rest -= weight
        left -= 1
    loads = np.array([*alone, *([rest / left] * left)])
    return float(loads.std() / loads.mean())


def prove(
    area: Hashable, sites: list[Site], labels: list[Ints], parts: int, window: Window, plans: list[Plan]
) -> dict[str, Any]:
    """
    State what was achieved for one census area.

    Parameters
    ----------
    labels
        For each site, the part of each atom (0, 1, …).

    Returns
    -------
    row
        One entry of `areas` in `coverage split --json`.
    """
    atoms = np.concatenate([site.cells.weight for site in sites])
    of_part = np.concatenate(labels)
    weight = np.bincount(of_part, atoms, minlength=parts)
    heaviest = np.zeros(parts)
    np.maximum.at(heaviest, of_part, atoms)
    room, border = np.zeros(parts), np.zeros(parts)
    inner_length = inner_seen = 0.0
    for site, own in zip(sites, labels, strict=True):
        drawing, kept = site.cells.drawing.relabelled(own)
        length = drawing.length
        np.add.at(room, own, site.cells.area)
        np.add.at(border, drawing.left, length)
        inner = drawing.right != OUTSIDE
        np.add.at(border, drawing.right[inner], length[inner])
        inner_length += float(length[inner].sum())
        inner_seen += float(length[inner][site.cells.visible[kept][inner] > 0].sum())
    mean = float(weight.mean())
    cv = float(weight.std() / mean) if mean else 0.0
    least = bound_cv(atoms, parts)
    over, under = weight > window.maximum, weight < window.minimum
    return {
        "area": area if isinstance(area, int | str) else str(area),
        "parts": parts,
        "persons": [_plain(w) for w in weight],
        "min": _plain(weight.min()),
        "max": _plain(weight.max()),
        "cv": round(cv, 4),
        "bound_cv": round(least, 4),
        "gap_cv": round(max(cv - least, 0.0), 4),
        "over_max": int(over.sum()),
        "over_avoidable": int((over & (heaviest <= window.maximum)).sum()),
        "under_min": int(under.sum()),
        "contiguous": True,
        "visible_border_share": round(inner_seen / inner_length, 4) if inner_length else None,
        "mean_compactness": round(float((4 * np.pi * room / np.maximum(border, 1e-9) ** 2).mean()), 4),
        "atoms": len(atoms),
        "proven": all(plan.proven for plan in plans),
        "candidates": sum(plan.candidates for plan in plans),
    }


def _plain(value: float) -> float | int:
    number = float(value)
    return int(number) if number.is_integer() else round(number, 3)
