"""
Join areas; split off and attach parts (exclaves).

Which label a joined area keeps: the one asked for, otherwise that of the heaviest (persons if a weight is given,
otherwise ground).
"""

from collections.abc import Container, Sequence

import numpy as np
import shapely

from census_map.coverage.cut import make_labels
from census_map.coverage.faces import dissolve
from census_map.coverage.patch import Change, Label, Patch, RefusedAt, Weigh, ground, like
from census_map.coverage.proof import finish
from census_map.coverage.segments import Geometry
from census_map.i18n import _


def join_patch(
    patch: Patch,
    labels: Sequence[Label],
    *,
    keep: Label | None = None,
    weigh: Weigh | None = None,
    allow_parts: bool = False,
) -> Change:
    """
    Make one area of several.

    Parameters
    ----------
    patch
        The areas.
    labels
        Two or more of them.
    keep
        The label that stays; default: that of the heaviest.
    weigh
        What each area weighs; default: its ground.
    allow_parts
        Let the result have more parts than border contact explains (areas that do not touch); otherwise refused.

    Raises
    ------
    RefusedAt
        Fewer than two areas, or they have no common border.
    """
    names = list(dict.fromkeys(labels))
    polygons = [patch.area(label) for label in names]
    if len(names) < 2:
        raise RefusedAt(_("Choose at least two areas to join."))
    if keep is not None and keep not in names:
        raise RefusedAt(_("Area {area} is not one of those to be joined.").format(area=keep))
    parts = [shapely.get_parts(polygon) for polygon in polygons]
    whole = dissolve(list(np.concatenate(parts)))
    islands = sum(len(part) - 1 for part in parts)
    if len(shapely.get_parts(whole)) > 1 + islands and not allow_parts:
        raise RefusedAt(
            _("Areas {areas} have no common border: they cannot be joined.").format(
                areas=", ".join(str(name) for name in names)
            ),
            shapely.point_on_surface(polygons[1]),
        )
    if keep is None:
        weights, sizes = (weigh or ground)(polygons), ground(polygons)
        keep = max(zip(weights, sizes, names, strict=True), key=lambda item: item[:2])[2]
    return finish(
        patch,
        {keep: whole},
        removed=[name for name in names if name != keep],
        amounts={keep: dict.fromkeys(names, 1.0)},
    )


def split_part_patch(
    patch: Patch,
    label: Label,
    at: Geometry,
    *,
    new_label: Label | None = None,
    taken: Container[Label] = (),
    weigh: Weigh | None = None,
) -> Change:
    """
    Make an area of its own of one part of an area.

    Parameters
    ----------
    patch
        The area.
    label
        An area of several parts.
    at
        A Point in the part that becomes a new area.
    new_label
        Its label; made from `label` when not given.
    taken
        Labels in use outside the patch.
    weigh
        How amounts are shared out; default: by ground.

    Raises
    ------
    RefusedAt
        The area has one part only, or the point is in none.
    """
    part, rest = _part_at(patch, label, at)
    new = make_labels(label, 1, taken, patch.areas)[0] if new_label is None else new_label
    if new in patch.areas:
        raise RefusedAt(_("The number {area} is already in use: choose another.").format(area=new))
    weights = (weigh or ground)([part, *rest])
    total = float(sum(weights))
    if total <= 0:
        weights = ground([part, *rest])
        total = float(sum(weights))
    share = float(weights[0]) / total
    return finish(
        patch,
        {label: dissolve(rest), new: like(part, patch.areas[label])},
        amounts={new: {label: share}, label: {label: 1.0 - share}},
        origins={new: label},
    )


def attach_part_patch(patch: Patch, label: Label, at: Geometry, to: Label) -> Change:
    """
    Give one part of an area to another area, as its exclave or merged with it where they touch.

    Parameters
    ----------
    patch
        Both areas.
    label
        The area of several parts that gives.
    at
        A Point in the part to give.
    to
        The area that receives.

    Raises
    ------
    RefusedAt
        The giving area has one part only (join the areas instead), the point is in none, or the other area lies in
        another container.
    """
    part, rest = _part_at(patch, label, at)
    if to == label:
        raise RefusedAt(_("The part belongs to area {area} already.").format(area=to), at)
    receiver = patch.area(to)
    homes = [_home(patch, ground) for ground in (part, receiver)]
    if homes[0] != homes[1]:
        raise RefusedAt(_("The border of a census area runs here and does not move: stay on one side of it."), at)
    return finish(patch, {label: dissolve(rest), to: dissolve([*shapely.get_parts(receiver), part])})


def _home(patch: Patch, ground: Geometry) -> set[Label]:
    """Name the containers in which ground lies."""
    inner = shapely.point_on_surface(ground)
    return {label for label, box in patch.containers.items() if shapely.intersects(box, inner)}


def _part_at(patch: Patch, label: Label, at: Geometry) -> tuple[Geometry, list[Geometry]]:
    parts = shapely.get_parts(patch.area(label))
    hit = np.flatnonzero(shapely.intersects(parts, at))
    if len(parts) < 2:
        raise RefusedAt(_("Area {area} has only one part: join it instead.").format(area=label), at)
    if len(hit) != 1:
        raise RefusedAt(_("Point at one part of area {area}.").format(area=label), at)
    return parts[hit[0]], [part for k, part in enumerate(parts) if k != hit[0]]
