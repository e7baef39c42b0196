"""What a split achieved, and how far from the best possible that is."""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.delineate.atoms import Lines
from census_map.delineate.objective import Window
from census_map.delineate.plan import Plan
from census_map.delineate.planar import Floats, Ints
from census_map.delineate.site import Site
from census_map.i18n import _

Shapes = NDArray[np.object_]


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
    return achieved(area, atoms, np.concatenate(labels), parts, window, plans)


def achieved(
    area: Hashable, atoms: Floats, of_part: Ints, parts: int, window: Window, plans: list[Plan]
) -> dict[str, Any]:
    """
    State what a plan achieves, and what forces it.

    Parameters
    ----------
    atoms, of_part
        Weight and part of each atom.

    Returns
    -------
    row
        What only the drawing shows (`contiguous`, `visible_border_share`, `mean_compactness`) is None yet.
    """
    weight = np.bincount(of_part, atoms, minlength=parts)
    heaviest = np.zeros(parts)
    np.maximum.at(heaviest, of_part, atoms)
    mean = float(weight.mean())
    cv = float(weight.std() / mean) if mean else 0.0
    least = bound_cv(atoms, parts)
    over, under = weight > window.maximum, weight < window.minimum
    proven = bool(plans) and all(plan.proven for plan in plans)
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
        "contiguous": None,
        "visible_border_share": None,
        "mean_compactness": None,
        "atoms": len(atoms),
        "energy": sum(plan.energy for plan in plans),
        "proven": proven,
        "stopped": any(plan.stopped for plan in plans),
        "candidates": sum(plan.candidates for plan in plans),
        "forced": [
            _reason(int(k) + 1, weight[k], heaviest[k], atoms, window, proven=proven)
            for k in np.flatnonzero(over | under)
        ],
    }


def summarise(proofs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """
    Put what was achieved for several census areas into one.

    Returns
    -------
    summary
        The content of `coverage split --json`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import split_area, summarise
    >>> split = split_area(box(0, 0, 420, 90), buildings, target=300)
    >>> summary = summarise([split.proof])
    >>> summary["parts"], summary["min"], summary["max"]
    (2, 300.0, 300.0)
    """
    rows = list(proofs)
    weights = np.array([w for row in rows for w in row["persons"] if w > 0])
    mean = float(weights.mean()) if len(weights) else 0.0
    return {
        "areas": rows,
        "parts": int(sum(row["parts"] for row in rows)),
        "persons": float(weights.sum()),
        "min": float(weights.min()) if len(weights) else None,
        "max": float(weights.max()) if len(weights) else None,
        "cv": round(float(weights.std() / mean), 4) if mean else None,
        "over_max": int(sum(row["over_max"] for row in rows)),
        "under_min": int(sum(row["under_min"] for row in rows)),
        "contiguous": all(row["contiguous"] for row in rows),
        "proven_optimal": int(sum(row["proven"] for row in rows)),
        "seconds": round(sum(row["seconds"] for row in rows), 3),
    }


def _reason(
    part: int, weight: float, heaviest: float, atoms: Floats, window: Window, *, proven: bool
) -> dict[str, Any]:
    """Say why a part is outside the window."""
    total = float(atoms.sum())
    if weight > window.maximum:
        cause = "building" if heaviest > window.maximum else "neighbours"
    else:
        cause = "area" if total < window.minimum else "neighbours"
    if cause == "neighbours" and proven:
        cause = "proven"
    texts = {
        "building": _("one building alone is above the maximum; it may be divided by entrances or floors"),
        "area": _("the whole census area is below the minimum"),
        "proven": _("it is proven that no division into this many mini-areas keeps it inside"),
        "neighbours": _("no plan found keeps it inside: what lies around it cannot be divided otherwise"),
    }
    return {"part": part, "weight": _plain(weight), "cause": cause, "text": texts[cause]}


def _plain(value: float) -> float | int:
    number = float(value)
    return int(number) if number.is_integer() else round(number, 3)


def visible_share(borders: list[Floats], lines: Lines, *, within: float = 10.0, step: float = 5.0) -> float | None:
    """
    Measure how much of some borders runs along visible lines.

    Parameters
    ----------
    borders
        Vertices of each, metres.
    lines
        In the same coordinates.
    within, step
        A border follows a line this close to it; it is looked at every `step` metres.

    Returns
    -------
    share
        0 to 1; None without borders.
    """
    if not borders:
        return None
    drawn = shapely.segmentize(shapely.linestrings(np.concatenate([_legs(border) for border in borders])), step)
    xy, leg = shapely.get_coordinates(drawn, return_index=True)
    same = leg[1:] == leg[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    length = np.hypot(*(end - start).T)
    if not len(lines.shapes) or not length.sum():
        return 0.0
    near, _line = shapely.STRtree(lines.shapes).query(shapely.points((start + end) / 2), "dwithin", within)
    seen = np.zeros(len(length), bool)
    seen[near] = True
    return round(float(length[seen].sum() / length.sum()), 4)


def _legs(xy: Floats) -> Floats:
    return np.stack([xy[:-1], xy[1:]], axis=1)


def mean_compactness(shapes: Shapes) -> float:
    """Give the mean Polsby-Popper compactness of polygons in metres: 4 pi area / perimeter squared."""
    return round(float((4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2).mean()), 4)
