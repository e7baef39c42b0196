"""
Split census areas into mini-areas: the room's front door.

Frames in, frames out, any CRS. Inside, each area is worked on in metres around an origin of its own; what comes out
keeps every vertex of the census area bit by bit.
"""

import time
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.apart import isolated_workers
from census_map.delineate.basis import Basis, prepare
from census_map.delineate.objective import Objective, Terms, Window, require_count
from census_map.delineate.outcome import draw_plan
from census_map.delineate.partition import Effort, solve, weight_scale
from census_map.delineate.pieces import find_bodies, share_parts, survey_area
from census_map.delineate.plan import Plan
from census_map.delineate.planar import Ints
from census_map.delineate.result import Split, SplitResult, gather
from census_map.delineate.site import Site
from census_map.delineate.watch import Watch
from census_map.errors import Cancelled
from census_map.i18n import _
from census_map.task import Report, portion, silent


def split_areas(
    areas: GeoDataFrame,
    buildings: GeoDataFrame,
    *,
    lines: GeoDataFrame | None = None,
    weight: str = "persons",
    target: float,
    minimum: float | None = None,
    maximum: float | None = None,
    count: int | None = None,
    grid: float | None = None,
    seed: int = 0,
    objective: Objective | None = None,
    effort: Effort | None = None,
    units: pd.DataFrame | None = None,
    workers: int = 1,
    report: Report = silent,
) -> SplitResult:
    """
    Split every census area into contiguous, balanced mini-areas that cut no building.

    Parameters
    ----------
    areas
        Polygons of the census areas, any CRS, indexed by label.
    buildings
        Polygons (or points) of buildings; a building counts for the area that holds its inner point. Columns `floors`
        and `entrances`, where there are any, serve the proposals of building parts. Column `counts_in` (area label),
        where it says something, decides instead of the inner point; see `counting_areas`.
    lines
        What borders should follow; see `read_lines` for how visible each is.
    weight
        Column of `buildings` to balance: persons or households.
    target, minimum, maximum
        Size of a mini-area in that unit, and the limits; two thirds and four thirds of the target by default.
    count
        Exactly so many mini-areas for each census area, instead of as many as the target asks for.
    grid
        Step to which new coordinates are rounded, in CRS units (`census_map.crs.grid_size`); None: not at all.
    seed
        Same seed, same result, on any machine.
    objective, effort
        What is better, and how long to search for it.
    units
        Dwelling units, for the proposals of building parts: `building` (its label), `entrance`, `floor`, `weight`.
    workers
        Processes to share the areas between; the result is the same.

    report
        `Cancelled` raised from it ends the work: areas done before keep their parts, the one in work gets the best
        plan so far (its proof says `stopped`), the others are `unfinished`.

    Raises
    ------
    InputError
        An option, a column or a geometry cannot be used; the message names it.
    Cancelled
        The caller stopped the work before any area was done.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import split_areas
    >>> areas = GeoDataFrame(geometry=[box(0, 0, 420, 90)], index=["001"], crs="EPSG:4549")
    >>> result = split_areas(areas, buildings, target=300)
    >>> result.parts["weight"].tolist()
    [300.0, 300.0]
    """
    job = _Job.of(
        areas,
        buildings,
        lines=lines,
        weight=weight,
        target=target,
        minimum=minimum,
        maximum=maximum,
        count=count,
        grid=grid,
        seed=seed,
        objective=objective,
        effort=effort,
        units=units,
    )
    watch = Watch(report)
    done: list[Split] = []
    try:
        for split in _run(job, len(areas), min(workers, len(areas)), watch):
            done.append(split)
            watch(len(done) / len(areas), _("Splitting census areas"))
            if watch.cancelled:
                break
    except Cancelled:
        if not done:
            raise
    return gather(areas, done)


@dataclass(frozen=True)
class _Job:
    """What is the same for all areas of one call."""

    basis: Basis
    window: Window
    objective: Objective
    effort: Effort
    seed: int
    count: int | None

    @classmethod
    def of(
        cls,
        areas: GeoDataFrame,
        buildings: GeoDataFrame,
        *,
        target: float,
        lines: GeoDataFrame | None = None,
        weight: str = "persons",
        minimum: float | None = None,
        maximum: float | None = None,
        count: int | None = None,
        grid: float | None = None,
        seed: int = 0,
        objective: Objective | None = None,
        effort: Effort | None = None,
        units: pd.DataFrame | None = None,
    ) -> "_Job":
        """Check and prepare the input; parameters as for `split_areas`."""
        require_count(count)
        wish = objective or Objective()
        window = Window.of(target, minimum, maximum, wish)
        basis = prepare(areas, buildings, lines, weight, grid, units)
        return cls(basis, window, wish, effort or Effort(), seed, count)

    def split(self, i: int, report: Report = silent, seconds: float | None = None) -> Split:
        """Split area number `i` in so much time."""
        begun = time.process_time()
        return _split_one(self, i, survey_area(self.basis, i), begun, Watch(report, seconds))


def _run(job: _Job, areas: int, workers: int, report: Report) -> Iterator[Split]:
    if workers <= 1:
        clock = Watch(silent, job.effort.seconds)
        for i in range(areas):
            step = portion(report, i / areas, (i + 1) / areas)
            step(0.0, _("Splitting census area {area}").format(area=job.basis.labels[i]))
            yield job.split(i, step, clock.share(areas - i))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_receive, initargs=(job,)) as pool:
        try:
            seconds = None if job.effort.seconds is None else job.effort.seconds * workers / areas
            work = partial(_split_received, seconds=seconds)
            with isolated_workers():
                splits = pool.map(work, range(areas), chunksize=max(areas // (8 * workers), 1))
            yield from splits
        finally:
            pool.shutdown(cancel_futures=True)


_received: list[_Job] = []  # in a worker process: the one job it works on


def _receive(job: _Job) -> None:
    _received[:] = [job]


def _split_received(i: int, seconds: float | None) -> Split:
    return _received[0].split(i, seconds=seconds)


def split_area(area: shapely.Geometry, buildings: GeoDataFrame, *, label: Hashable = 0, **options: Any) -> Split:
    """
    Split one census area.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in the CRS of `buildings`.
    label
        What messages call it.
    options
        As for `split_areas`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import split_area
    >>> split = split_area(box(0, 0, 420, 90), buildings, target=200)
    >>> split.parts["weight"].tolist()
    [180.0, 240.0, 180.0]
    """
    frame = GeoDataFrame(geometry=[area], index=[label], crs=buildings.crs)
    return split_areas(frame, buildings, **options).splits[0]


def split_with_seeds(
    area: shapely.Geometry,
    buildings: GeoDataFrame,
    seeds: Iterable[int],
    *,
    label: Hashable = 0,
    reports: Iterable[Report],
    **options: Any,
) -> Iterator[Split]:
    """
    Split one census area several times, its blocks cut only once.

    Parameters
    ----------
    seeds, reports
        One of each a plan.
    label, options
        As for `split_area`.
    """
    job = _Job.of(GeoDataFrame(geometry=[area], index=[label], crs=buildings.crs), buildings, **options)
    sites = survey_area(job.basis, 0)
    for seed, report in zip(seeds, reports, strict=True):
        report(0.0, _("Splitting census area {area}").format(area=label))
        watch = Watch(report, job.effort.seconds)
        split = _split_one(replace(job, seed=seed), 0, sites, time.process_time(), watch)
        report(1.0, _("Splitting census areas"))
        yield split


def _split_one(job: _Job, i: int, sites: list[Site], begun: float, report: Report) -> Split:
    basis, window, objective = job.basis, job.window, job.objective
    label = basis.labels[i]
    scale = weight_scale(np.concatenate([site.cells.weight for site in sites]))
    bodies = find_bodies(sites, window, objective, scale, job.count)
    terms = Terms.of(objective, window, scale=scale)
    labels: dict[int, Ints] = {}
    total = 0
    plans: list[Plan] = []
    for body, share in zip(bodies, share_parts(bodies, window, scale, job.count, label), strict=True):
        plan = solve(
            body.graph, terms, share, effort=job.effort, seed=job.seed, exactly=job.count is not None, report=report
        )
        plans.append(plan)
        own = labels.setdefault(id(body.site), np.zeros(len(body.site.cells.weight), np.int64))
        own[body.members] = plan.labels + total
        for atom, exclave in body.joined:
            labels[id(exclave)] = np.full(len(exclave.cells.weight), own[atom])
        total += plan.parts
    return draw_plan(basis, i, sites, [labels[id(site)] for site in sites], total, (window, plans, begun))
