"""Rules on single mini-areas: parts, shape, borders, size and staff (docs/rules.md G07 to G10, S01 to S05)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from census_map.checks.facts import Facts
from census_map.checks.registry import Finding, Severity, rule
from census_map.i18n import N_, _

_TELL_FROM_M = 50.0  # G09: shorter stretches without a visible feature are not worth a word


@rule("G07", "warning", N_("Several parts without a declared exclave"), fix="declare")
def find_undeclared_parts(facts: Facts) -> Iterator[Finding]:
    """Find areas of several parts that are not declared as having exclaves (G07)."""
    for table, frame, name in (
        ("mini_area", facts.drawn, facts.mini_area_name),
        ("census_area", facts.census_areas, facts.census_area_name),
    ):
        shapes = frame.geometry.to_numpy(dtype=object)
        several = shapely.get_num_geometries(shapes) > 1
        for uid in frame.index[several & ~frame["exclave"].to_numpy(bool)]:
            text = _("{area} lies in several pieces: join them, or declare the exclave.").format(area=name(uid))
            yield Finding(table, (uid,), text, frame.geometry[uid])


@rule("G08", "warning", N_("Sliver, or very drawn-out shape"), fix="redraw")
def find_odd_shapes(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas that are slivers or far from compact (G08; Polsby-Popper compactness)."""
    shapes = facts.in_metres(facts.drawn)
    area, length = shapes.area.to_numpy(), shapes.length.to_numpy()
    compactness = 4 * np.pi * area / np.maximum(length, 1e-9) ** 2
    # A ring of length L around an area A is on average 2A/L wide.
    width = 2 * area / np.maximum(length, 1e-9)
    limits = facts.profile.checks
    sliver = (area > 0) & ((area < limits.sliver_area_m2) | (width < limits.sliver_width_m))
    drawn_out = ~sliver & (area > 0) & (compactness < limits.compactness)
    for uid in facts.drawn.index[sliver]:
        text = _("Mini-area {mini_area} is only a sliver: join it with a neighbour.")
        yield Finding("mini_area", (uid,), text.format(mini_area=facts.mini_area_name(uid)), facts.drawn.geometry[uid])
    for uid in facts.drawn.index[drawn_out]:
        text = _("Mini-area {mini_area} is very drawn out: an enumerator will walk far; consider another border.")
        yield Finding("mini_area", (uid,), text.format(mini_area=facts.mini_area_name(uid)), facts.drawn.geometry[uid])


@rule("G09", "info", N_("Border not along anything visible"), fix="describe")
def find_invisible_borders(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas whose border inside the census area mostly follows no road, water, railway or wall (G09)."""
    if not facts.lines:
        return
    shapes = facts.in_metres(facts.drawn)
    borders = shapely.boundary(facts.in_metres(facts.census_areas).to_numpy(dtype=object))
    area, middle, length = _border_steps(shapes.to_numpy(dtype=object))
    inner = ~_within(middle, borders, 0.5)
    hidden = inner & ~_within(middle, np.array(facts.lines, dtype=object), facts.profile.checks.visible_distance_m)
    inner_length = np.bincount(area, length * inner, minlength=len(shapes))
    hidden_length = np.bincount(area, length * hidden, minlength=len(shapes))
    for row in np.flatnonzero((hidden_length > 0.5 * inner_length) & (hidden_length > _TELL_FROM_M)):
        uid = shapes.index[row]
        text = _("{metres} m of the border of mini-area {mini_area} follow nothing visible: describe it in words.")
        message = text.format(metres=round(hidden_length[row]), mini_area=facts.mini_area_name(uid))
        yield Finding("mini_area", (uid,), message, facts.drawn.geometry[uid])


def _border_steps(shapes: Any) -> tuple[Any, Any, Any]:
    """Cut borders into steps of at most 10 m: for each step its area's row, its middle point, its length."""
    parts, part_area = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(shapely.segmentize(rings, 10.0), return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    length = np.hypot(*(end - start).T)
    return part_area[ring_part[ring[1:][same]]], shapely.points((start + end) / 2), length


def _within(points: Any, lines: Any, distance: float) -> Any:
    near = np.zeros(len(points), dtype=bool)
    near[shapely.STRtree(lines).query(points, predicate="dwithin", distance=distance)[0]] = True
    return near


@rule("G10", "error", N_("Border cuts a building"), fix="redraw")
def find_cut_buildings(facts: Facts) -> Iterator[Finding]:
    """Find buildings without parts that lie in two mini-areas (G10)."""
    whole = facts.standing[~facts.standing.index.isin(facts.building_parts["building_uid"])]
    buildings = facts.in_metres(whole).to_numpy(dtype=object)
    areas = facts.in_metres(facts.drawn).to_numpy(dtype=object)
    if not len(buildings) or not len(areas):
        return
    usable = shapely.is_valid(areas) & ~shapely.is_empty(areas)
    which = np.flatnonzero(usable)
    # Only a building that some border crosses can lie in two areas: a contained one is settled by the index.
    row, area = shapely.STRtree(areas[which]).query(buildings, predicate="intersects")
    crossed = ~shapely.covered_by(buildings[row], areas[which][area])
    row, area = row[crossed], area[crossed]
    inside = shapely.area(shapely.intersection(shapely.make_valid(buildings[row]), areas[which][area]))
    row, area = row[inside > facts.profile.checks.cut_m2], area[inside > facts.profile.checks.cut_m2]
    for building in np.flatnonzero(np.bincount(row, minlength=len(buildings)) > 1):
        owners = facts.drawn.index[which[np.sort(area[row == building])]]
        yield _cut_building(facts, whole.index[building], owners)


def _cut_building(facts: Facts, uid: str, owners: pd.Index) -> Finding:
    severity: Severity | None = None
    text = _("A border between {areas} cuts building {name}: lead it around the building, or divide the building.")
    if facts.drawn.loc[owners, "census_area_uid"].is_unique:
        # The border of the census areas is not ours to move; the building counts where its inner point lies.
        severity = "warning"
        text = _("The border of the census areas {areas} cuts building {name}: settle it with the neighbours.")
    names = _(", ").join(facts.mini_area_name(owner) for owner in owners)
    message = text.format(areas=names, name=facts.building_name(uid))
    return Finding("building", (uid,), message, facts.buildings.geometry[uid], severity)


@rule("S01", "warning", N_("Households or persons outside the band"), fix="split")
def find_odd_sizes(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas below or above the size band in force (S01)."""
    size = facts.size
    amount = _("{count} persons") if size.by == "persons" else _("{count} households")
    counts = facts.mini_area_counts.loc[facts.drawn.index]
    for uid, count in counts[counts["buildings"] > 0][size.by].items():
        alone = counts.at[uid, "buildings"] == 1 and counts.at[uid, "persons"] <= size.single_building_maximum
        if count > size.maximum and not alone:
            text = _("Mini-area {mini_area} has {amount}, more than {limit}: divide it again.")
            limit = size.maximum
        elif count < size.minimum:
            text = _("Mini-area {mini_area} has {amount}, fewer than {limit}: join it with a neighbour.")
            limit = size.minimum
        else:
            continue
        counted = amount.format(count=round(count))
        message = text.format(mini_area=facts.mini_area_name(uid), amount=counted, limit=limit)
        yield Finding("mini_area", (uid,), message, facts.drawn.geometry[uid])


@rule("S02", "error", N_("Single building with too many persons"), fix="split")
def find_giant_buildings(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas of one building with more persons than one mini-area may hold (S02)."""
    counts = facts.mini_area_counts.loc[facts.drawn.index]
    limit = facts.size.single_building_maximum
    for uid, persons in counts.loc[(counts["buildings"] == 1) & (counts["persons"] > limit), "persons"].items():
        text = _("The only building of mini-area {mini_area} holds {persons} persons, more than {limit}: divide it.")
        message = text.format(mini_area=facts.mini_area_name(uid), persons=round(persons), limit=limit)
        yield Finding("mini_area", (uid,), message, facts.drawn.geometry[uid])


@rule("S03", "error", N_("Too many households for three digits"), fix="split")
def find_too_many_households(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas with more households than household numbers; vacant and nominal ones need none (S03)."""
    limit = facts.profile.checks.household_maximum
    counts = facts.mini_area_counts
    for uid, households in counts.loc[counts["numbered"] > limit, "numbered"].items():
        text = _("Mini-area {mini_area} has {households} households that need a number, more than {limit}: divide it.")
        message = text.format(mini_area=facts.mini_area_name(uid), households=round(households), limit=limit)
        yield Finding("mini_area", (uid,), message, facts.mini_areas.geometry[uid])


@rule("S04", "warning", N_("Mini-area without any building"), fix="note")
def find_empty_areas(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas without a building and without a note that says why (S04)."""
    if facts.buildings.empty:
        return
    counts = facts.mini_area_counts.loc[facts.drawn.index, "buildings"]
    for uid in facts.drawn.index[(counts == 0).to_numpy() & (facts.drawn["note"] == "").to_numpy()]:
        text = _("Mini-area {mini_area} has no building: mark the buildings, join it with a neighbour, or note why.")
        yield Finding("mini_area", (uid,), text.format(mini_area=facts.mini_area_name(uid)), facts.drawn.geometry[uid])


@rule("S05", "warning", N_("None or several enumerators, or instructor outside the ratio"), fix="assign")
def find_staff_gaps(facts: Facts) -> Iterator[Finding]:
    """Find mini-areas without an enumerator or with several (errors), and instructors with too many or few (S05)."""
    if facts.staff.empty:
        if len(facts.mini_areas):
            # Once for the township: an office may draw and sign long before it has its staff.
            text = _("No staff is known for {count} mini-areas: enter enumerators and instructors.")
            message = text.format(count=len(facts.mini_areas))
            yield Finding("township", tuple(facts.township.index), message, severity="info")
        return
    # An instructor may enumerate as well (docs/domain.md section 6a).
    duties = facts.assignments[facts.assignments["staff_uid"].isin(facts.staff.index)]
    for uid in facts.mini_areas.index.difference(duties["mini_area_uid"]):
        text = _("Mini-area {mini_area} has no enumerator: assign one.").format(mini_area=facts.mini_area_name(uid))
        yield Finding("mini_area", (uid,), text, facts.mini_areas.geometry[uid], severity="error")
    for uid, people in duties.groupby("mini_area_uid")["staff_uid"].unique().items():
        if len(people) > 1 and uid in facts.mini_areas.index:
            numbers = _(", ").join(sorted(facts.staff.at[who, "number"] or _("without number") for who in people))
            text = _("Mini-area {mini_area} has {count} enumerators ({numbers}): leave one of them.")
            message = text.format(mini_area=facts.mini_area_name(uid), count=len(people), numbers=numbers)
            yield Finding("mini_area", (uid,), message, facts.mini_areas.geometry[uid], severity="error")
    yield from _odd_loads(facts)


def _odd_loads(facts: Facts) -> Iterator[Finding]:
    low, high = facts.profile.checks.instructor_minimum, facts.profile.checks.instructor_maximum
    led = facts.staff.loc[facts.staff["role"] == "enumerator", "instructor_uid"].value_counts()
    for uid in facts.staff.index[facts.staff["role"] == "instructor"]:
        count = int(led.get(uid, 0))
        if not low <= count <= high:
            text = _("Instructor {number} leads {count} enumerators; {low} to {high} are usual.")
            number = facts.staff.at[uid, "number"]
            yield Finding("staff", (uid,), text.format(number=number, count=count, low=low, high=high))
