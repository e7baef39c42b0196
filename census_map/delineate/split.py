"""
Split census areas into mini-areas: the room's front door.

Frames in, frames out, any CRS. Inside, each area is worked on in metres around an origin of its own; what comes out
keeps every vertex of the census area bit by bit.
"""

import time
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.delineate.basis import Basis, prepare
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Objective, Terms, Window
from census_map.delineate.partition import Effort, count_options, solve, weight_scale
from census_map.delineate.plan import Plan
from census_map.delineate.planar import Floats, Ints
from census_map.delineate.proof import mean_compactness, prove, summarise, visible_share
from census_map.delineate.redraw import Stops, draw_parts, insert_all
from census_map.delineate.site import Site, graph_of, group_exclaves, lay_out, nearest_atom, survey
from census_map.delineate.straighten import LINE_REACH
from census_map.delineate.towers import plain_label, towers_of
from census_map.delineate.watch import Watch
from census_map.errors import Cancelled, InputError
from census_map.i18n import _
from census_map.task import Report, portion, silent


@dataclass(frozen=True)
class Split:
    """
    One census area, split.

    Parameters
    ----------
    area
        Its label.
    parts
        `part` (1, 2, …), `weight`, `geometry`; the caller's CRS.
    proof
        What was achieved and what forces it, see `SplitResult.summary`.
    stops
        Vertices put on the area's border: (end, end) of the edge in the caller's coordinates → places on it.
    buildings
        Building label → part, for the buildings that count here.
    """

    area: Hashable
    parts: GeoDataFrame
    proof: dict[str, Any]
    stops: Stops = field(default_factory=dict)
    buildings: "pd.Series[int]" = field(default_factory=lambda: pd.Series(dtype="int64"))


@dataclass(frozen=True)
class SplitResult:
    """
    Census areas, split.

    Parameters
    ----------
    parts
        One row a part: `area`, `part` (1, 2, …), `weight`, `geometry`. An exact coverage of each area.
    areas
        The areas as given, with a vertex put on their border where a part's border ends in the middle of an edge.
    splits
        What is known of each area.
    unfinished
        Labels of the areas that have no parts because the caller stopped the work before them.
    """

    parts: GeoDataFrame
    areas: GeoDataFrame
    splits: tuple[Split, ...]
    unfinished: tuple[Hashable, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Give the content of `coverage split --json` (DESIGN.md, Outside interface)."""
        unfinished = [label if isinstance(label, int | str) else str(label) for label in self.unfinished]
        return summarise(split.proof for split in self.splits) | {"unfinished": unfinished}


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
    return _gather(areas, done)


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
            yield from pool.map(work, range(areas), chunksize=max(areas // (8 * workers), 1))
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


def _gather(areas: GeoDataFrame, splits: list[Split]) -> SplitResult:
    """Put all parts into one frame, with every vertex that a neighbour's split put on a common border."""
    stops: Stops = {}
    for split in splits:
        for edge, places in split.stops.items():
            stops.setdefault(edge, []).extend(places)
    fuller = insert_all(areas.geometry.to_numpy(), stops)
    parts = pd.concat([split.parts for split in splits], ignore_index=True) if splits else _no_parts(areas)
    parts = parts.set_geometry(insert_all(parts.geometry.to_numpy(), _with_pieces(stops)), crs=areas.crs)
    done = {split.area for split in splits}
    unfinished = tuple(label for label in areas.index if label not in done)
    return SplitResult(parts, areas.set_geometry(fuller, crs=areas.crs), tuple(splits), unfinished)


def _no_parts(areas: GeoDataFrame) -> GeoDataFrame:
    return GeoDataFrame({"area": [], "part": [], "weight": []}, geometry=[], crs=areas.crs)


def _with_pieces(stops: Stops) -> Stops:
    """Name the pieces of edges that carry several vertices, so that a part that has some of them gets the others."""
    out = dict(stops)
    for (ax, ay, bx, by), places in stops.items():
        a, b = (ax, ay), (bx, by)
        row = [a, *sorted(set(places), key=lambda p: (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])), b]
        for i in range(len(row)):
            for j in range(i + 2, len(row)):
                one, two = sorted((row[i], row[j]))
                out[(*one, *two)] = row[i + 1 : j]
    return out


@dataclass
class _Body:
    """A piece of the area that is divided on its own, and the exclaves that join it."""

    site: Site
    graph: Graph
    joined: list[tuple[int, Site]] = field(default_factory=list)


def _split_one(job: _Job, i: int, sites: list[Site], begun: float, report: Report) -> Split:
    basis, window, objective = job.basis, job.window, job.objective
    label = basis.labels[i]
    scale = weight_scale(np.concatenate([site.cells.weight for site in sites]))
    bodies = _bodies(sites, window, objective, scale)
    terms = Terms.of(objective, window, scale=scale)
    labels: dict[int, Ints] = {}
    total = 0
    plans: list[Plan] = []
    for body, share in zip(bodies, _shares(bodies, window, scale, job.count, label), strict=True):
        plan = solve(
            body.graph, terms, share, effort=job.effort, seed=job.seed, exactly=job.count is not None, report=report
        )
        plans.append(plan)
        labels[id(body.site)] = plan.labels + total
        for atom, exclave in body.joined:
            labels[id(exclave)] = np.full(len(exclave.cells.weight), plan.labels[atom] + total)
        total += plan.parts
    return draw_plan(basis, i, sites, [labels[id(site)] for site in sites], total, (window, plans, begun))


def survey_area(basis: Basis, i: int) -> list[Site]:
    """Cut all pieces of one area into atoms, the largest piece first."""
    grounds = [lay_out(piece, basis.frame, basis.labels[i]) for piece in shapely.get_parts(basis.shapes[i])]
    weights = basis.structure_weights(i)
    sites = []
    for ground in sorted(grounds, key=lambda g: -g.polygon.area):
        site = survey(ground, basis.structures, basis.tree, weights, basis.lines, basis.line_tree)
        weights = weights.copy()
        weights[site.members] = 0.0  # a structure that reaches into two pieces counts in the larger one
        sites.append(site)
    return sites


def _bodies(sites: list[Site], window: Window, objective: Objective, scale: float) -> list[_Body]:
    """Let the exclaves too small for a mini-area of their own join the nearest atom of the piece they go with."""
    groups = group_exclaves(sites, window)
    side = typical_side([sites[group[0]] for group in groups], window)
    bodies = []
    for first, *others in groups:
        body = _Body(sites[first], graph_of(sites[first], objective, scale, side))
        mass = body.graph.mass.copy()
        for site in (sites[k] for k in others):
            atom = nearest_atom(body.site, site.ground.polygon, site.ground.origin)
            mass[atom] += round(site.cells.weight.sum() * scale)
            body.joined.append((atom, site))
        body.graph = replace(body.graph, mass=mass)
        bodies.append(body)
    return bodies


def typical_side(sites: list[Site], window: Window) -> float:
    """Estimate the side of a mini-area where people live; wide empty land does not count."""
    area = np.concatenate([site.cells.area for site in sites])
    weight = np.concatenate([site.cells.weight for site in sites])
    lived = weight > 0
    if not lived.any():
        return float(np.sqrt(area.sum()))
    parts = max(weight.sum() / window.target, 1.0)
    return float(np.sqrt(min(np.median(area[lived]) * lived.sum(), area.sum()) / parts))


def _shares(bodies: list[_Body], window: Window, scale: float, count: int | None, label: Hashable) -> list[list[int]]:
    """Choose the numbers of parts to try for each piece."""
    if count is None:
        return [count_options(body.graph.mass / scale, window) for body in bodies]
    atoms = sum(len(body.graph) for body in bodies)
    if not len(bodies) <= count <= atoms:
        message = _(
            "Census area {area} can be divided into {least} to {most} mini-areas, not {count}: choose another number."
        )
        raise InputError(message.format(area=label, least=len(bodies), most=atoms, count=count))
    shares = [1] * len(bodies)
    for _more in range(count - len(bodies)):
        need = [
            -1.0 if share == len(body.graph) else float(body.graph.mass.sum()) / share
            for body, share in zip(bodies, shares, strict=True)
        ]
        shares[int(np.argmax(need))] += 1
    return [[share] for share in shares]


def draw_plan(
    basis: Basis,
    i: int,
    sites: list[Site],
    labels: list[Ints],
    total: int,
    context: tuple[Window, list[Plan], float],
    *,
    numbered: list[int] | None = None,
) -> Split:
    """
    Draw the parts of one area and say what was achieved.

    Parameters
    ----------
    labels
        For each site, the part of each atom, 0 to `total` - 1.
    context
        The window, the plans searched for, and the processor time at the start.
    numbered
        The parts' numbers; None: from 1 in rows from the north-west. Existing parts keep their borders to the
        centimetre.
    """
    window, plans, begun = context
    hold = LINE_REACH if numbered is None else 0.01
    pieces: dict[int, list[shapely.Geometry]] = {}
    stops: Stops = {}
    borders: list[Floats] = []
    whole = True
    for site, own in zip(sites, labels, strict=True):
        drawing, kept = site.cells.drawing.relabelled(own)
        visible = site.cells.visible[kept]
        drawn = draw_parts(site.ground, drawing, visible, site.shapes, basis.frame, hold=hold)
        if drawn is None:
            drawn = draw_parts(site.ground, drawing, visible, site.shapes, basis.frame, smooth=False)
        if drawn is None:
            raise InputError(
                _("Census area {area} has details finer than the grid: repair its border first.").format(
                    area=basis.labels[i]
                )
            )
        whole &= all(polygon.geom_type == "Polygon" for polygon in drawn.polygons.values())
        borders += [xy + site.ground.origin for xy in drawn.inner]
        for part, polygon in drawn.polygons.items():
            pieces.setdefault(part, []).extend(shapely.get_parts(polygon))
        for edge, places in drawn.stops.items():
            stops.setdefault(edge, []).extend(places)
    shapes = [_joined(pieces[part]) for part in range(total)]
    order = _reading_order(shapes) if numbered is None else np.arange(total)
    number = np.empty(total, np.int64)
    number[order] = np.arange(1, total + 1)
    names = np.arange(1, total + 1) if numbered is None else np.asarray(numbered)
    weight = np.zeros(total)
    home: dict[int, int] = {}
    for site, own in zip(sites, labels, strict=True):
        np.add.at(weight, own, site.cells.weight)
        for atom, held in enumerate(site.cells.structures):
            for structure in held:
                home.setdefault(int(site.members[structure]), int(names[number[own[atom]] - 1]))
    parts = GeoDataFrame(
        {"area": [basis.labels[i]] * total, "part": names, "weight": weight[order]},
        geometry=[shapes[k] for k in order],
        crs=basis.crs,
    )
    relabelled = [number[own] - 1 for own in labels]
    proof = prove(basis.labels[i], sites, relabelled, total, window, plans)
    _name_forced(proof, basis, i, sites, relabelled, window)
    proof["contiguous"] = whole
    proof["visible_border_share"] = visible_share(borders, basis.lines)
    proof["mean_compactness"] = mean_compactness(parts.geometry.to_crs(basis.metric).to_numpy())
    proof["seconds"] = round(time.process_time() - begun, 3)
    return Split(basis.labels[i], parts, proof, stops, basis.buildings_of(i, home))


def _name_forced(
    proof: dict[str, Any], basis: Basis, i: int, sites: list[Site], labels: list[Ints], window: Window
) -> None:
    """Name the buildings that force a part above the maximum, and propose how they may be divided."""
    proof["building_parts"] = []
    for reason in proof["forced"]:
        if reason["cause"] != "building":
            continue
        reason["buildings"] = []
        for site, own in zip(sites, labels, strict=True):
            for atom in np.flatnonzero((own == reason["part"] - 1) & (site.cells.weight > window.maximum)):
                structures = site.members[list(site.cells.structures[atom])]
                members = np.flatnonzero((basis.home == i) & np.isin(basis.structure, structures))
                reason["buildings"] += [plain_label(basis.index[k]) for k in members if basis.weight[k] > 0]
                proof["building_parts"] += [
                    {"mini_area": reason["part"], **row} for row in towers_of(basis, members, window)
                ]


def _joined(polygons: list[shapely.Geometry]) -> shapely.Geometry:
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _reading_order(shapes: list[shapely.Geometry]) -> Ints:
    """Order shapes in rows from the north-west."""
    bounds = shapely.bounds(np.array(shapes, dtype=object))
    centre = np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2
    height = float(np.median(bounds[:, 3] - bounds[:, 1])) or 1.0
    row = np.floor((centre[:, 1].max() - centre[:, 1]) / height)
    return np.lexsort((centre[:, 0], row)).astype(np.int64)
