"""Change an existing plan instead of starting from nothing: rebalance, split one, merge two, and alternatives."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from census_map.crs import require_crs
from census_map.delineate.basis import Basis, prepare
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Objective, Terms, Window
from census_map.delineate.outcome import draw_plan
from census_map.delineate.partition import Effort, weight_scale
from census_map.delineate.pieces import survey_area, usual_sizes
from census_map.delineate.plan import Plan
from census_map.delineate.planar import Ints
from census_map.delineate.regions import dissolve
from census_map.delineate.result import Split
from census_map.delineate.search import Searcher, Walk, cooling
from census_map.delineate.site import Site, graph_of
from census_map.delineate.split import split_area, split_with_seeds
from census_map.errors import Cancelled, InputError
from census_map.i18n import _
from census_map.task import Report, portion, silent

WARM, COOL = 150, 5
"""Temperatures of a rebalance: enough to pass a small hill, too little to forget the plan."""
HELD = 0.1
"""Visibility given to existing borders, so that they stay on their line."""


@dataclass(frozen=True)
class Rebalance:
    """
    An improved plan.

    Parameters
    ----------
    split
        The new plan; parts keep their numbers.
    moved
        One row a building that changes its part, by its label: `before`, `after`.
    energy_before, energy_after
        What the objective says; never more after than before.
    """

    split: Split
    moved: pd.DataFrame
    energy_before: int
    energy_after: int


def rebalance(
    parts: GeoDataFrame,
    buildings: GeoDataFrame,
    *,
    lines: GeoDataFrame | None = None,
    weight: str = "persons",
    target: float,
    minimum: float | None = None,
    maximum: float | None = None,
    locked: tuple[int, ...] = (),
    grid: float | None = None,
    seed: int = 0,
    objective: Objective | None = None,
    effort: Effort | None = None,
    units: pd.DataFrame | None = None,
    report: Report = silent,
) -> Rebalance:
    """
    Improve an existing plan of one census area with few moves.

    Parameters
    ----------
    parts
        The mini-areas of one census area: `part` (numbers), `geometry`; an exact coverage.
    locked
        Parts that stay as they are, bit by bit; they are not in the result.
    lines, weight, target, minimum, maximum, grid, seed, objective, effort, units, report
        As for `split_areas`. `Cancelled` raised from `report` keeps the best plan so far.

    Raises
    ------
    InputError
        The parts do not share their borders exactly, or all are locked.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import rebalance
    >>> shapes = [box(0, 0, 100, 90), box(100, 0, 420, 90)]
    >>> parts = GeoDataFrame({"part": [0, 1]}, geometry=shapes, crs="EPSG:4549")
    >>> done = rebalance(parts, buildings, target=300)
    >>> done.split.parts["weight"].tolist()
    [240.0, 360.0]
    """
    begun = time.process_time()
    wish = objective or Objective()
    window = Window.of(target, minimum, maximum, wish)
    free = parts[~parts["part"].isin(locked)]
    if free.empty:
        raise InputError(_("Every mini-area is locked: there is nothing to rebalance."))
    area = GeoDataFrame(geometry=[dissolve(free.geometry.to_numpy())], index=["rest"], crs=parts.crs)
    basis = prepare(area, buildings, _with_borders(lines, free), weight, grid, units)
    sites = survey_area(basis, 0)
    start, numbers = _existing(basis, sites, free)
    scale = weight_scale(np.concatenate([site.cells.weight for site in sites]))
    sizes = usual_sizes(sites, window)
    graph = Graph.side_by_side([graph_of(site, wish, scale, sizes) for site in sites])
    terms = Terms.of(wish, window, scale=scale)
    before, after = _walk(graph, terms, start, len(numbers), wish, effort or Effort(), seed, report)
    labels = np.split(after.labels, np.cumsum([len(site.cells.weight) for site in sites])[:-1])
    split = draw_plan(basis, 0, sites, labels, len(numbers), (window, [after], begun), numbered=numbers)
    split.parts["area"] = parts["area"].iloc[0] if "area" in parts else basis.labels[0]
    return Rebalance(split, _moved(basis, sites, start, after.labels, numbers), before, after.energy)


def _with_borders(lines: GeoDataFrame | None, parts: GeoDataFrame) -> GeoDataFrame:
    """Add the existing borders to the lines to follow, so that every atom lies in one part."""
    borders = GeoDataFrame({"visible": HELD}, geometry=parts.boundary.to_numpy(), index=parts.index, crs=parts.crs)
    if lines is None or lines.empty:
        return borders
    return GeoDataFrame(pd.concat([lines.to_crs(parts.crs), borders], ignore_index=True), crs=parts.crs)


def _existing(basis: Basis, sites: list[Site], parts: GeoDataFrame) -> tuple[Ints, list[int]]:
    """Find the part each atom lies in, and the numbers of the parts that have any."""
    shapes = parts.geometry.to_crs(basis.metric).to_numpy()
    spots = shapely.points(np.concatenate([site.cells.spot + site.ground.origin for site in sites]))
    nearest = shapely.STRtree(shapes).nearest(spots)
    found, labels = np.unique(nearest, return_inverse=True)
    return labels.astype(np.int64), [int(n) for n in parts["part"].to_numpy()[found]]


def _walk(
    graph: Graph, terms: Terms, start: Ints, parts: int, wish: Objective, effort: Effort, seed: int, report: Report
) -> tuple[int, Plan]:
    share = graph.mass / max(terms.vector[0], 1)
    prior = np.repeat(np.rint(share * wish.change).astype(np.int64)[:, None], parts, axis=1)
    prior[np.arange(len(graph)), start] = 0
    searcher = Searcher(graph, terms, parts, prior=prior, fast=effort.fast)
    before = searcher.energy(start)
    best = Walk(start, start, before, (seed * 7919 + 12345) % 2147483646 + 1)
    steps = max(effort.proposals * len(graph) // 20, 1)
    try:
        for attempt in range(effort.starts):
            report(attempt / effort.starts, _("Searching for a better plan"))
            walk = Walk(best.best, best.best, best.energy, best.seed)
            walk = searcher.walk(walk, [*cooling(WARM, COOL, 20), 0], steps=steps, joint=0)
            best = walk if walk.energy < best.energy else Walk(best.plan, best.best, best.energy, walk.seed)
    except Cancelled:
        pass
    return before, Plan(best.best, best.energy, parts)


def _moved(basis: Basis, sites: list[Site], start: Ints, end: Ints, numbers: list[int]) -> pd.DataFrame:
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    atom = 0
    for site in sites:
        for held in site.cells.structures:
            for structure in held:
                name = int(site.members[structure])
                before.setdefault(name, numbers[int(start[atom])])
                after.setdefault(name, numbers[int(end[atom])])
            atom += 1
    table = pd.DataFrame({"before": basis.buildings_of(0, before), "after": basis.buildings_of(0, after)})
    return table[table["before"] != table["after"]]


def split_part(parts: GeoDataFrame, part: int, buildings: GeoDataFrame, *, count: int = 2, **options: Any) -> Split:
    """
    Divide one mini-area of a plan; the others stay as they are.

    Parameters
    ----------
    parts
        Mini-areas of one census area: `part`, `geometry`.
    part
        The one to divide.
    count
        Into how many.
    options
        As for `split_areas`.

    Returns
    -------
    split
        The new parts, numbered `part` and then from the largest number on. Its `stops` name the vertices that the
        neighbours need too (`redraw.insert_vertices`).

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import split_part
    >>> parts = GeoDataFrame({"part": [0]}, geometry=[box(0, 0, 420, 90)], crs="EPSG:4549")
    >>> split = split_part(parts, 0, buildings, count=2, target=300)
    >>> split.parts["weight"].tolist()
    [300.0, 300.0]
    """
    shape = _shape_of(parts, part)
    split = split_area(shape, buildings.to_crs(parts.crs), label=part, count=count, **options)
    top = int(parts["part"].max())
    fresh = {old: part if old == 1 else top + old - 1 for old in split.parts["part"].tolist()}
    split.parts["part"] = split.parts["part"].map(fresh)
    return Split(part, split.parts, split.proof, split.stops, split.buildings.map(fresh))


def merge_parts(parts: GeoDataFrame, one: int, two: int) -> GeoDataFrame:
    """
    Join two neighbouring mini-areas of a plan into the first.

    Raises
    ------
    InputError
        They have no border in common.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 5, 5), box(5, 0, 9, 5)]
    >>> parts = GeoDataFrame({"part": [0, 1], "weight": [200.0, 150.0]}, geometry=shapes, crs="EPSG:4549")
    >>> from census_map.delineate import merge_parts
    >>> merge_parts(parts, 0, 1).area.tolist()
    [45.0]
    """
    rows = parts.index[parts["part"].isin((one, two))]
    shapes = np.array([_shape_of(parts, one), _shape_of(parts, two)], dtype=object)
    joined = dissolve(shapes)
    if len(shapely.get_parts(joined)) >= len(shapely.get_parts(shapes)):
        raise InputError(
            _("Mini-areas {one} and {two} have no border in common: choose neighbours.").format(one=one, two=two)
        )
    out = parts.copy()
    first = out.index[out["part"] == one][0]
    if "weight" in out:
        out["weight"] = out["weight"].where(out.index != first, out.loc[rows, "weight"].sum())
    shapes_out = GeoSeries([joined if i == first else g for i, g in out.geometry.items()], index=out.index, crs=out.crs)
    return out.set_geometry(shapes_out)[out["part"] != two]


def _shape_of(parts: GeoDataFrame, part: int) -> shapely.Geometry:
    found = parts.geometry[parts["part"] == part]
    if len(found) != 1:
        raise InputError(_("There is no mini-area {part} in this plan: choose one of its numbers.").format(part=part))
    return found.iloc[0]


def alternatives(
    area: shapely.Geometry,
    buildings: GeoDataFrame,
    *,
    count: int = 3,
    parts: int | None = None,
    report: Report = silent,
    **options: Any,
) -> list[Split]:
    """
    Give the best different plans of one census area.

    Parameters
    ----------
    count
        How many plans, at most; a small area may have fewer that differ.
    parts
        Exactly so many mini-areas in each plan; None: as the target asks for.
    report
        `Cancelled` raised from it ends the search with the plans found so far, once there is one.
    options
        As for `split_area`; `seed` is the first of those tried, and a time limit holds for all of them together.

    Returns
    -------
    plans
        The best first. Two plans differ when more than a twentieth of the buildings would be together with others.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import alternatives
    >>> plans = alternatives(box(0, 0, 420, 90), buildings, count=2, target=300)
    >>> [len(plan.parts) for plan in plans]
    [2]
    """
    require_crs(buildings)
    seed = int(options.pop("seed", 0))
    tries = 2 * count if count > 1 else 1
    effort = options.get("effort") or Effort()
    if effort.seconds is not None:
        options["effort"] = replace(effort, seconds=effort.seconds / tries)
    steps = [_finishing(portion(report, k / tries, (k + 1) / tries)) for k in range(tries)]
    found: list[Split] = []
    try:
        seeds = range(seed, seed + tries)
        for split in split_with_seeds(area, buildings, seeds, count=parts, reports=steps, **options):
            found.append(split)  # noqa: PERF402  what was found before a stop is kept
    except Cancelled:
        if not found:
            raise
    found.sort(key=lambda split: split.proof["energy"])
    chosen: list[Split] = []
    for split in found:
        if len(chosen) < count and all(_apart(split, other) > 0.05 for other in chosen):
            chosen.append(split)
    return chosen


def _finishing(report: Report) -> Report:
    """Let a plan that is drawn already be kept: only a report before the end stops the work."""

    def step(fraction: float, text: str) -> None:
        try:
            report(fraction, text)
        except Cancelled:
            if fraction < 1.0:
                raise

    return step


def _apart(one: Split, two: Split) -> float:
    """Give the share of buildings that are together with others, by the best match of part to part."""
    table = pd.crosstab(one.buildings, two.buildings.reindex(one.buildings.index))
    if table.empty:
        return 0.0
    return 1.0 - float(table.max(axis=1).sum()) / float(table.to_numpy().sum())
