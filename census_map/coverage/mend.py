"""
What mending one fault would change, worked out on the small piece of a coverage around it and not applied.

The geometry is that of `census_map.coverage.repair`, which mends many at once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.cut import make_labels
from census_map.coverage.edges import Shapes
from census_map.coverage.editor import Editor
from census_map.coverage.faults import find_faults
from census_map.coverage.patch import Change, Label, Patch, RefusedAt
from census_map.coverage.proposal import Proposal
from census_map.coverage.repair.apply import along_with, polygons_of, reasons, wishes_for
from census_map.coverage.repair.mend import Mended, Mending, Polygons
from census_map.coverage.repair.shares import Wish
from census_map.coverage.segments import Geometry
from census_map.crs import grid_size, require_crs
from census_map.i18n import _

_AROUND = 10  # grid steps


def repair_change(editor: Editor, proposal: Proposal, fault: pd.Series) -> Change:
    """
    Work out what a proposal changes, without applying it.

    Parameters
    ----------
    editor
        The coverage as it is now.
    proposal
        What to do.
    fault
        The row of the fault, as from `find_faults`.

    Raises
    ------
    RefusedAt
        It cannot be done without loss, or a ring would be invalid.
    """
    grid = grid_size(require_crs(editor.frame))
    named = [label for label in (*fault["areas"], proposal.owner) if label is not None and label in editor]
    boxes = [shapely.bounds(fault["geometry"]), *(shapely.bounds(editor.polygon(label)) for label in named)]
    low, high = np.nanmin(boxes, axis=0)[:2], np.nanmax(boxes, axis=0)[2:]
    patch = editor.patch(np.concatenate((low - _AROUND * grid, high + _AROUND * grid)))
    areas, around = _frames(patch, editor.frame)
    polygons = polygons_of(areas, around)
    columns = {"kind": [fault["kind"]], "areas": [tuple(fault["areas"])]}
    rows = GeoDataFrame(columns, geometry=[fault["geometry"]], crs=areas.crs, index=[proposal.fault])
    proposals = [proposal]
    if fault["kind"] == "invalid":
        faults = find_faults(areas, around)
        proposals += along_with(proposals, faults, polygons, areas.index)
        rows = pd.concat((rows, faults.loc[[more.fault for more in proposals[1:]], ["kind", "areas", "geometry"]]))
    wishes = wishes_for(rows, proposals, areas.index)
    done = Mending(polygons, np.asarray(rows.geometry, dtype=object), wishes).mend(
        allow_empty=proposal.action == "empty", on_grid=patch.grid is not None
    )
    labels = list(areas.index)
    model = fault["areas"][0] if fault["areas"] else editor.labels()[0]  # ground that touches no area
    for _wish in done.added:
        labels += make_labels(model, 1, editor.known(), set(labels))
    point = shapely.point_on_surface(fault["geometry"])
    for why in reasons(rows, done, polygons, wishes, labels).values():
        raise RefusedAt(why, point)
    return _change(patch, done, labels, point)


def give_patch(
    patch: Patch,
    region: Geometry,
    owner: Label,
    *,
    tolerance: float,
    allow_empty: bool = False,
) -> Change:
    """
    Give the ground of a fault to one owner, and to nobody else.

    Parameters
    ----------
    patch
        All areas and containers that meet the fault's box and the owner.
    region
        The fault's polygon: a gap or an overlap.
    owner
        Who gets it.
    tolerance
        How far the region may be from the exact place, CRS units: two steps of the grid on which coordinates are
        compared.
    allow_empty
        Let an area lose all its ground; its record stays, without geometry.

    Raises
    ------
    RefusedAt
        The repair would take all ground of an area, or make an invalid polygon.
    """
    labels = list(patch.areas)
    polygons = Polygons.of(_shapes(patch.areas), _shapes(patch.containers), grid=tolerance / 2)
    place = labels.index(owner)
    kinds = ("gap", "overlap", "spill")
    wishes = [Wish(kind, (place,), Proposal("", kind, 1, "give", owner, "other"), place) for kind in kinds]
    targets = np.full(len(wishes), region, dtype=object)
    done = Mending(polygons, targets, wishes).mend(allow_empty=allow_empty, on_grid=patch.grid is not None)
    point = shapely.point_on_surface(region)
    for position in (*done.lost.values(), *done.failed.values()):
        raise RefusedAt(_("Area {area} cannot be mended here: draw it again.").format(area=labels[position]), point)
    return _change(patch, done, labels, point)


def _shapes(polygons: Mapping[Label, Geometry]) -> Shapes:
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = list(polygons.values())
    return shapes


def _frames(patch: Patch, model: GeoDataFrame) -> tuple[GeoDataFrame, GeoDataFrame | None]:
    """Put the polygons of a patch into frames."""

    def frame(polygons: Mapping[Label, Geometry]) -> GeoDataFrame:
        return GeoDataFrame(geometry=_shapes(polygons), index=pd.Index(list(polygons)), crs=model.crs)

    return frame(patch.areas), frame(patch.containers) if patch.containers else None


def _change(patch: Patch, done: Mended, labels: Sequence[Label], point: Geometry) -> Change:
    """Put what mending changed into labels."""
    if not done.areas and not done.containers:
        raise RefusedAt(_("The fault is no longer here."), point)
    new = {labels[position]: polygon for position, polygon in done.areas.items()}
    names = list(patch.containers)
    return Change(
        old={label: patch.areas[label] for label in new if patch.areas.get(label) is not None},
        new=new,
        containers_old={names[k]: patch.containers[names[k]] for k in done.containers},
        containers_new={names[k]: box for k, box in done.containers.items()},
        origins=dict.fromkeys(labels[len(patch.areas) :]),
    )
