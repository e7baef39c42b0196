"""Draw the parts of one area and say what was achieved."""

import time
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame

from census_map.delineate.basis import Basis
from census_map.delineate.objective import Window
from census_map.delineate.plan import Plan
from census_map.delineate.planar import Floats, Ints
from census_map.delineate.proof import mean_compactness, prove, visible_share
from census_map.delineate.redraw import Stops, draw_parts
from census_map.delineate.result import Split
from census_map.delineate.site import Site
from census_map.delineate.straighten import LINE_REACH
from census_map.delineate.towers import plain_label, towers_of
from census_map.delineate.walks import walked
from census_map.errors import InputError
from census_map.i18n import _


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
    walks = walked(sites, relabelled, window)
    proof["forced"] += walks.pop("forced")
    proof |= walks
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
