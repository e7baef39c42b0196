"""Rules on where the data lies, and on how much ground it shows in detail (docs/rules.md G11, P04)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, rule
from census_map.i18n import N_, _
from census_map.schema import TABLES

# Base data of a county reaches well beyond a township. The next 3-degree zone is 150 km away even in the far north.
_FAR_M = 100_000.0
_DEGREE_M = 111_320.0
_LAID_OUT = ("mini_area", "building", "road", "water", "railway", "wall", "landmark")
_FULL_ELEMENT = ("building", "road", "water")


@rule("G11", "error", N_("Data far from the census areas: another coordinate system or zone"))
def find_displaced_layers(facts: Facts) -> Iterator[Finding]:
    """Find tables with rows far outside the census areas, as a wrong system or zone puts them (G11)."""
    areas = np.asarray(facts.census_areas.total_bounds, dtype=float)
    if not np.isfinite(areas).all():
        return
    for table in _LAID_OUT:
        frame = facts.rows_of(table)
        away = _distances(facts, np.asarray(frame.geometry.bounds, dtype=float), areas)
        far = away > _FAR_M
        if far.any():
            text = _(
                "{table}: {count} of {all} lie up to {km} km from the census areas: their coordinate system or zone is "
                "wrong; take them out and import them again in the right one."
            )
            km = f"{away[far].max() / 1000:,.0f}"
            message = text.format(table=_(TABLES[table].title), count=int(far.sum()), all=len(frame), km=km)
            yield Finding(table, tuple(sorted(frame.index[far])), message)


def _distances(facts: Facts, boxes: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give how far boxes lie from that of the census areas, metres; 0 where they meet, and for rows without a place."""
    gap = np.maximum(np.maximum(areas[:2] - boxes[:, 2:], boxes[:, :2] - areas[2:]), 0.0)
    if facts.crs.is_geographic:
        # Round the earth the other way it may be nearer.
        gap[:, 0] = np.minimum(gap[:, 0], np.maximum(360.0 - gap[:, 0], 0.0))
        scale = _DEGREE_M * np.array([np.cos(np.radians(np.clip(areas[1::2].mean(), -89.0, 89.0))), 1.0])
    else:
        scale = np.array([axis.unit_conversion_factor for axis in facts.crs.axis_info[:2]])
    east, north = (gap * scale).T
    away: NDArray[np.float64] = np.nan_to_num(np.hypot(east, north))
    return away


@rule("P04", "warning", N_("Detailed map of more ground than may leave without asking"))
def find_restricted_extent(facts: Facts) -> Iterator[Finding]:
    """Find buildings, roads and water together over more continuous ground than the profile allows unasked (P04)."""
    limit = facts.profile.checks.restricted_km2
    if not limit or any(facts.rows_of(table).empty for table in _FULL_ELEMENT):
        return
    ground: Any = shapely.union_all(shapely.make_valid(facts.in_metres(facts.census_areas).to_numpy(dtype=object)))
    largest = max(shapely.area(shapely.get_parts(ground)), default=0.0) / 1e6
    if largest > limit:
        text = _(
            "Buildings, roads and water over {area} km² of continuous ground, more than {limit}: data above 1:5000 is "
            "restricted then; ask the surveying office and note its answer."
        )
        message = text.format(area=f"{largest:,.1f}", limit=f"{limit:g}")
        yield Finding("township", tuple(facts.township.index), message)
