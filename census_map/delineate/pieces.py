"""The pieces of a census area that are divided on their own, and how many parts each gets."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from census_map.delineate.basis import Basis
from census_map.delineate.graph import Graph
from census_map.delineate.objective import Objective, Window
from census_map.delineate.partition import count_options
from census_map.delineate.planar import Floats, Ints
from census_map.delineate.site import Site, Sizes, graph_of, group_exclaves, lay_out, nearest_atom, survey
from census_map.delineate.ways import tree_lengths
from census_map.errors import InputError
from census_map.i18n import _


@dataclass
class Body:
    """
    Ground that is divided on its own: a piece of the area, or what of it lies on one side of a barrier.

    Parameters
    ----------
    members
        The atoms of the site that it holds; `graph` counts in these.
    joined
        Exclaves that go with one of the site's atoms.
    """

    site: Site
    graph: Graph
    members: Ints
    joined: list[tuple[int, Site]] = field(default_factory=list)


def survey_area(basis: Basis, i: int) -> list[Site]:
    """Cut all pieces of one area into atoms, the largest piece first."""
    grounds = [lay_out(piece, basis.frame, basis.labels[i]) for piece in shapely.get_parts(basis.shapes[i])]
    weights = basis.structure_weights(i)
    lived = np.flatnonzero((basis.home == i) & (basis.weight > 0))
    sites: list[Site] = []
    for ground in sorted(grounds, key=lambda g: -g.polygon.area):
        site = survey(ground, basis.structures, basis.tree, weights, basis.lines, basis.line_tree)
        site = site.with_doors(basis.spots[lived], basis.structure[lived], basis.weight[lived])
        weights = weights.copy()
        weights[site.members] = 0.0  # a structure that reaches into two pieces counts in the larger one
        sites.append(site)
    return sites


def find_bodies(
    sites: list[Site], window: Window, objective: Objective, scale: float, count: int | None = None
) -> list[Body]:
    """
    Let the exclaves too small for a mini-area of their own join the nearest atom of the piece they go with.

    Parameters
    ----------
    count
        The mini-areas wished for: where there are more pieces, even large ones go together.
    """
    groups = group_exclaves(sites, window, count)
    sizes = usual_sizes([sites[group[0]] for group in groups], window)
    bodies = []
    for first, *others in groups:
        graph = graph_of(sites[first], objective, scale, sizes)
        mass = graph.mass.copy()
        joined = []
        for site in (sites[k] for k in others):
            atom = nearest_atom(sites[first], site.ground.polygon, site.ground.origin)
            mass[atom] += round(site.cells.weight.sum() * scale)
            joined.append((atom, site))
        graph = replace(graph, mass=mass)
        # A number that is wished for may be too small for all sides.
        bank = part_banks(graph, sites[first].atom_side, window, scale) if count is None else np.zeros(len(graph), int)
        for k in range(int(bank.max()) + 1):
            members = np.flatnonzero(bank == k)
            here = [(atom, site) for atom, site in joined if bank[atom] == k]
            bodies.append(Body(sites[first], graph.restricted(members), members, here))
    return bodies


def part_banks(graph: Graph, side: Ints, window: Window, scale: float) -> Ints:
    """
    Part the atoms where a barrier does, as far as both sides can be divided into mini-areas inside the window.

    What is too small, or of a weight that no number of mini-areas fits, goes with the neighbour it has the longest
    common border with, the lightest first.

    Parameters
    ----------
    side
        The side of each atom; empty: unknown.
    scale
        Kernel weight units for one unit of weight.

    Returns
    -------
    bank
        Of each atom, 0, 1, …; each in one piece.
    """
    bank = np.zeros(len(graph), np.int64)
    if not len(side) or np.ptp(side) == 0:
        return bank
    bank = graph.pieces(side)
    tail = np.repeat(np.arange(len(graph)), np.diff(graph.first))
    while bank.max() > 0:
        count = int(bank.max()) + 1
        weight = np.bincount(bank, graph.mass, minlength=count) / scale
        small = [k for k in range(count) if not _stands_alone(float(weight[k]), graph.mass[bank == k] / scale, window)]
        if not small:
            break
        least = min(small, key=lambda k: (weight[k], k))
        beside = (bank[tail] == least) & (bank[graph.other] != least)
        common = np.bincount(bank[graph.other[beside]], graph.length_cm[beside], minlength=count)
        bank[bank == least] = int(np.argmax(common))
        bank = np.unique(bank, return_inverse=True)[1].astype(np.int64)
    return bank


def _stands_alone(total: float, atoms: Floats, window: Window) -> bool:
    """Tell whether some number of mini-areas inside the window takes a weight; giants stand by themselves."""
    rest = total - float(atoms[atoms > window.maximum].sum())
    if rest <= 0:
        return total > 0
    fewest = np.ceil(rest / window.maximum - 1e-9)
    return bool(fewest * window.minimum <= rest)


def usual_sizes(sites: list[Site], window: Window) -> Sizes:
    """Say what is usual where these pieces of a census area are divided."""
    side = typical_side(sites, window)
    parts = max(round(sum(float(site.cells.weight.sum()) for site in sites) / window.target), 1)
    trees = np.sort(np.concatenate([tree_lengths(site.ways) for site in sites]))
    least = float(trees[: max(len(trees) - parts + 1, 1)].sum()) / parts
    return Sizes(side, float(np.sqrt(side * max(least, 1.0))))


def typical_side(sites: list[Site], window: Window) -> float:
    """Estimate the side of a mini-area where people live; wide empty land does not count."""
    area = np.concatenate([site.cells.area for site in sites])
    weight = np.concatenate([site.cells.weight for site in sites])
    lived = weight > 0
    if not lived.any():
        return float(np.sqrt(area.sum()))
    parts = max(weight.sum() / window.target, 1.0)
    return float(np.sqrt(min(np.median(area[lived]) * lived.sum(), area.sum()) / parts))


def share_parts(
    bodies: list[Body], window: Window, scale: float, count: int | None, label: Hashable
) -> list[list[int]]:
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
