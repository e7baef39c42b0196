"""
Join given small areas (output areas, blocks) into regions: a partition of given atoms, no cutting.

Borders are those of the atoms, bit by bit.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from census_map.crs import metric_crs, require_crs
from census_map.delineate.basis import check_areas, read_weights
from census_map.delineate.borders import Piece, assemble, split_loops
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Objective, Terms, Window, require_count
from census_map.delineate.partition import Effort, count_options, solve, weight_scale
from census_map.delineate.planar import OUTSIDE, Drawing, Floats, Ints, directed_edges
from census_map.delineate.proof import achieved, mean_compactness
from census_map.delineate.site import atom_pairs
from census_map.delineate.watch import Watch
from census_map.errors import InputError
from census_map.i18n import _
from census_map.task import Report, portion, silent

Shapes = NDArray[np.object_]

REGION_EFFORT = Effort(proposals=400, starts=40, rounds=4, dense=100)
"""The usual search for regions: one graph with nothing to draw, so there is time for a long search."""


@dataclass(frozen=True)
class Regions:
    """
    Atoms, joined.

    Parameters
    ----------
    region
        For each atom, its number in its area (1, 2, …).
    parts
        One row a region: `area`, `part`, `weight`, `geometry`.
    proof
        One entry an area, as in `SplitResult.summary`.
    """

    region: "pd.Series[int]"
    parts: GeoDataFrame
    proof: tuple[dict[str, Any], ...]


def draw_atoms(shapes: Shapes) -> Drawing:
    """Find the common edges of polygons whose vertices match bit by bit."""
    polygons, owner = shapely.get_parts(shapes, return_index=True)
    start, end, polygon = directed_edges(polygons)
    count = len(start)
    ends = np.concatenate([start, end])
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    fresh = np.ones(len(ends), bool)
    fresh[1:] = (ends[order][1:] != ends[order][:-1]).any(axis=1)
    node = np.empty(len(ends), np.int64)
    node[order] = np.cumsum(fresh) - 1
    tail, head = node[:count], node[count:]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order_edges = np.lexsort((tail, high, low))
    same = np.zeros(count, bool)
    same[1:] = (low[order_edges][1:] == low[order_edges][:-1]) & (high[order_edges][1:] == high[order_edges][:-1])
    lead, follow = order_edges[~same], order_edges[same]
    right = np.full(count, OUTSIDE, np.int64)
    right[order_edges[np.flatnonzero(same) - 1]] = owner[polygon[follow]]
    return Drawing(ends[order][fresh], tail[lead], head[lead], owner[polygon[lead]].astype(np.int64), right[lead])


def outline(drawing: Drawing, labels: Ints, label: int) -> shapely.Geometry:
    """Draw the polygon of all faces with a label."""
    left = labels[drawing.left] == label
    right = np.where(drawing.right == OUTSIDE, False, labels[drawing.right] == label)  # noqa: FBT003
    forward, backward = left & ~right, right & ~left
    tails = np.concatenate([drawing.tail[forward], drawing.head[backward]])
    heads = np.concatenate([drawing.head[forward], drawing.tail[backward]])
    loops = split_loops(tails.tolist(), heads.tolist())
    return assemble([Piece(k, k, drawing.xy[loop]) for k, loop in enumerate(loops)])


def dissolve(shapes: Shapes) -> shapely.Geometry:
    """Join polygons along the edges they share bit by bit."""
    return outline(draw_atoms(shapes), np.zeros(len(shapes), np.int64), 0)


def regionalise(
    atoms: GeoDataFrame,
    *,
    weight: str = "persons",
    target: float,
    minimum: float | None = None,
    maximum: float | None = None,
    within: str | None = None,
    count: int | None = None,
    seed: int = 0,
    objective: Objective | None = None,
    effort: Effort | None = None,
    report: Report = silent,
) -> Regions:
    """
    Join atoms into contiguous, balanced regions.

    Parameters
    ----------
    atoms
        Polygons that share their borders vertex by vertex, any CRS.
    within
        Column that names the area each atom belongs to; regions stay inside it. None: one area.
    weight, target, minimum, maximum, count, seed, objective
        As for `split_areas`.
    effort
        None: `REGION_EFFORT`.
    report
        `Cancelled` raised from it ends the search with the best regions so far, in every area.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> from census_map.delineate import regionalise
    >>> blocks = [box(x, 0, x + 50, 80) for x in range(0, 400, 50)]
    >>> atoms = GeoDataFrame({"persons": [75] * 8}, geometry=blocks, crs="EPSG:4549")
    >>> regions = regionalise(atoms, target=300)
    >>> regions.parts["weight"].tolist()
    [300.0, 300.0]
    """
    require_crs(atoms)
    check_areas(atoms)
    require_count(count)
    wish = objective or Objective()
    window = Window.of(target, minimum, maximum, wish)
    values = read_weights(atoms, weight)
    group = pd.Series("all", index=atoms.index) if within is None else atoms[within]
    region = np.zeros(len(atoms), np.int64)
    own = atoms.geometry.to_numpy()
    metric = atoms.geometry.to_crs(metric_crs(atoms)).to_numpy()
    rows, shapes, proofs = [], [], []
    names = list(dict.fromkeys(group.tolist()))
    long = effort or REGION_EFFORT
    clock = Watch(silent, long.seconds)
    for k, name in enumerate(names):
        step = Watch(portion(report, k / len(names), (k + 1) / len(names)), clock.share(len(names) - k))
        members = np.flatnonzero((group == name).to_numpy())
        labels, proof = _regions_of(metric[members], values[members], name, (window, wish, long, seed, count), step)
        region[members] = labels + 1
        drawing = draw_atoms(own[members])
        for part in range(proof["parts"]):
            shapes.append(outline(drawing, labels, part))
            rows.append((name, part + 1, float(values[members][labels == part].sum())))
        proofs.append(proof)
    parts = GeoDataFrame(rows, columns=["area", "part", "weight"], geometry=shapes, crs=atoms.crs)
    compact = parts.geometry.to_crs(metric_crs(atoms))
    for name, proof in zip(names, proofs, strict=True):
        proof["mean_compactness"] = mean_compactness(compact[parts["area"] == name].to_numpy())
    return Regions(pd.Series(region, index=atoms.index, name="region"), parts, tuple(proofs))


def _regions_of(
    shapes: Shapes,
    values: Floats,
    name: Hashable,
    wanted: tuple[Window, Objective, Effort, int, int | None],
    report: Report,
) -> tuple[Ints, dict[str, Any]]:
    window, wish, effort, seed, count = wanted
    scale = weight_scale(values)
    graph = region_graph(shapes, values, window, wish)
    if count is not None and not 1 <= count <= len(shapes):
        message = _("Area {area} can be divided into 1 to {most} regions, not {count}: choose another number.")
        raise InputError(message.format(area=name, most=len(shapes), count=count))
    options = count_options(values, window) if count is None else [count]
    plan = solve(
        graph,
        Terms.of(wish, window, scale=scale),
        options,
        effort=effort,
        seed=seed,
        exactly=count is not None,
        report=report,
    )
    proof = achieved(name, values, plan.labels, plan.parts, window, [plan])
    proof["contiguous"] = int(graph.pieces(plan.labels).max()) + 1 == plan.parts
    return plan.labels, proof


def region_graph(shapes: Shapes, values: Floats, window: Window, objective: Objective) -> Graph:
    """
    Build the graph of given atoms; islands are linked to the nearest atom of the largest piece.

    Parameters
    ----------
    shapes
        Polygons that share their borders vertex by vertex, metres.
    values
        Their weights.
    """
    drawing = draw_atoms(shapes)
    pairs, length, paid, rim = atom_pairs(drawing, np.zeros(len(drawing.tail)), 0.0)
    area = shapely.area(shapes)
    lived = values > 0
    share = max(values.sum() / window.target, 1.0)
    side = float(np.sqrt((np.median(area[lived]) * lived.sum() if lived.any() else area.sum()) / share))
    cost = np.rint(paid * (objective.border / side)).astype(np.int64)
    mass = np.rint(values * weight_scale(values)).astype(np.int64)
    rim = np.append(rim, np.zeros(len(shapes) - len(rim)))
    graph = Graph.of(mass, area, rim, pairs, length, cost)
    return _bridged(graph, shapes, (mass, area, rim, pairs, length, cost))


def _bridged(graph: Graph, shapes: Shapes, made: tuple[Ints, Floats, Floats, Ints, Floats, Ints]) -> Graph:
    """Join detached pieces (islands) to the nearest atom of the largest one, so that a region may reach over."""
    piece = graph.pieces()
    if piece.max(initial=0) == 0:
        return graph
    mass, area, rim, pairs, length, cost = made
    spots = shapely.get_coordinates(shapely.point_on_surface(shapes))
    main = int(np.argmax(np.bincount(piece)))
    tree = cKDTree(spots[piece == main])
    links = []
    for other in range(int(piece.max()) + 1):
        if other != main:
            members = np.flatnonzero(piece == other)
            distance, nearest = tree.query(spots[members])
            k = int(np.argmin(distance))
            links.append((int(members[k]), int(np.flatnonzero(piece == main)[nearest[k]])))
    extra = np.sort(np.array(links, np.int64), axis=1)
    zero = np.zeros(len(links))
    return Graph.of(
        mass, area, rim, np.concatenate([pairs, extra]), np.concatenate([length, zero]),
        np.concatenate([cost, zero.astype(np.int64)]),
    )  # fmt: skip
