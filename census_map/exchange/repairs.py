"""Read areas for a repair, and write the repaired areas with their list of changes."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.proposal import Proposal
from census_map.coverage.repair import Repair
from census_map.exchange.exact import Source, own_names, write_from
from census_map.exchange.fault_layers import fault_rows, fault_style
from census_map.exchange.looks import STYLES, fill, store_styles, style
from census_map.exchange.own_styles import carry_styles
from census_map.exchange.targets import MAP_FAILURES
from census_map.i18n import N_, _
from census_map.targets import result_file

_CHANGES, _LEFT, _LEFT_PLACES, _CONTAINERS = "changes", "not_repaired", "not_repaired_points", "containers"
_RESERVED = frozenset({_CHANGES, _LEFT, _LEFT_PLACES, _CONTAINERS, STYLES})
_STATES = {"old": ("#8C3B2E", "dash", N_("before")), "new": ("#1B6E53", "solid", N_("after"))}
_CHANGE_TITLES = {"area": N_("Area"), "state": N_("State"), "fault": N_("Faults mended")}


def write_repair(
    repair: Repair,
    path: Path,
    *,
    layer: str,
    field: str | None,
    source: Source | None = None,
    around: Source | None = None,
) -> None:
    """
    Write a repair to a GeoPackage.

    Layer `layer` holds all areas with all fields; `changes` the old and the new polygon of every changed area;
    `not_repaired` the ground of the faults that are left and `not_repaired_points` a point for each of them, with the
    reason; `containers` the containers, if one received a vertex on its border. Areas and containers carry the styles
    that they came with.

    Parameters
    ----------
    repair
        From `apply_proposals`.
    path
        The file; an existing one is replaced when everything is written.
    layer
        Name of the layer of areas.
    field
        The field that identifies an area, filled in for new areas; None: a field is not needed.
    source, around
        Where areas and containers were read from: their records are copied from there where a frame cannot hold all of
        them (`exact`). None: they come from the frames.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    areas = repair.areas.copy()
    if field is not None:
        areas[field] = areas.index
    layers: list[tuple[str, GeoDataFrame, Source | None]] = [(layer, areas.reset_index(drop=True), source)]
    changes = change_rows(repair)
    if len(changes):
        layers.append((_CHANGES, changes, None))
    ground, places = left_rows(repair)
    layers += [(name, rows, None) for name, rows in ((_LEFT, ground), (_LEFT_PLACES, places)) if len(rows)]
    if repair.containers is not None:
        layers.append((_CONTAINERS, repair.containers.reset_index(drop=True), around))
    looks = {_CHANGES: change_style(), _LEFT: fault_style(places=False), _LEFT_PLACES: fault_style(places=True)}
    with result_file(path, is_map=True, failures=MAP_FAILURES) as draft:
        for name, frame, origin in layers:
            _write(frame, draft, name, origin, field)
        store_styles(draft, looks)
        for name, _frame, origin in layers:
            if origin is not None:
                carry_styles(origin, draft, name)


def layer_name(source: Source) -> str:
    """Name the layer of repaired areas after the layer they came from."""
    name = source[1]
    return name if name.lower() not in _RESERVED else f"{name}_areas"


def _write(frame: GeoDataFrame, path: Path, name: str, source: Source | None, field: str | None) -> None:
    shapes = np.asarray(frame.geometry)
    several = bool((shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).any())
    kinds = set(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]).tolist())
    mixed = kinds - {3, 6}
    kind = "Point" if kinds == {0} else "Unknown" if mixed else "MultiPolygon" if several else "Polygon"
    if source is not None:
        write_from(frame, path, name, source=source, geometry=kind, field=field)
        return
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=kind,
        promote_to_multi=kind == "MultiPolygon",
        append=path.exists(),
        VERSION="1.3",
        **own_names(frame),
    )


def change_rows(repair: Repair) -> GeoDataFrame:
    """
    List what a repair changed: two rows an area, its old and its new ground.

    Returns
    -------
    rows
        `area` (its id as text), `state` (old or new), `fault` (the faults mended), geometry. A new area has no old
        row, an emptied one no new row.
    """
    rows: list[dict[str, Any]] = []
    for label, row in repair.changes.iterrows():
        for state, shape in (("old", row["old"]), ("new", row["geometry"])):
            if shape is not None and not shape.is_empty:
                rows.append({"area": str(label), "state": state, "fault": row["fault"], "geometry": shape})
    if not rows:
        return gpd.GeoDataFrame({"area": [], "state": [], "fault": []}, geometry=[], crs=repair.areas.crs)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=repair.areas.crs)


def change_style() -> str:
    """Write the style of the list of changes: outlines before and after."""
    looks = [fill(state, _(title), colour, opacity=0, line=line) for state, (colour, line, title) in _STATES.items()]
    titles = {field: _(title) for field, title in _CHANGE_TITLES.items()}
    return style("state", looks, titles, name='"area" || \' \' || represent_value("state")')


def left_rows(repair: Repair) -> tuple[GeoDataFrame, GeoDataFrame]:
    """
    List the faults that are left.

    Returns
    -------
    ground, places
        Those that have ground, and a point for every one; the columns of `fault_rows`, `advice` being the reason why
        it was not mended where one is known.
    """
    why = {proposal.fault: text for proposal, text in repair.refused}
    rows = fault_rows(repair.faults)
    rows["advice"] = [why.get(fault, advice) for fault, advice in zip(rows["id"], rows["advice"], strict=True)]
    shapes = np.asarray(repair.faults.geometry, dtype=object)
    points = np.asarray(repair.faults["point"], dtype=object)
    solid = shapely.get_dimensions(shapes) == 2
    crs = repair.areas.crs
    return GeoDataFrame(rows[solid], geometry=shapes[solid], crs=crs), GeoDataFrame(rows, geometry=points, crs=crs)


def repair_report(repair: Repair, proposals: tuple[Proposal, ...]) -> dict[str, Any]:
    """
    Give a repair as JSON.

    Returns
    -------
    report
        `faults` (before), `records`, `added` (labels of new areas), `exact`, `applied` and `refused` (one object a
        fault, with its effect and the alternatives), `left` (counts by kind).
    """
    others: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        others.setdefault(proposal.fault, []).append(proposal)
    changed = repair.changes
    return {
        "faults": len(repair.before),
        "records": len(repair.areas),
        "added": [_plain(label) for label in changed.index[changed["old"].isna()]],
        "exact": repair.faults.empty,
        "applied": [_as_json(p, others) for p in repair.applied],
        "refused": [{**_as_json(p, others), "why": why} for p, why in repair.refused],
        "left": {str(kind): int(n) for kind, n in repair.faults["kind"].value_counts().items()},
    }


def _as_json(proposal: Proposal, others: dict[str, list[Proposal]]) -> dict[str, Any]:
    effect = proposal.effect
    return {
        "fault": proposal.fault,
        "kind": proposal.kind,
        "action": proposal.action,
        "owner": _plain(proposal.owner),
        "reason": proposal.reason,
        "gains_m2": {str(label): round(value, 4) for label, value in effect.gains.items()},
        "loses_m2": {str(label): round(value, 4) for label, value in effect.loses.items()},
        "population": {str(label): value for label, value in effect.population.items()},
        "alternatives": [
            {"action": other.action, "owner": _plain(other.owner), "reason": other.reason}
            for other in others.get(proposal.fault, [])
            if other != proposal
        ],
    }


def _plain(label: Hashable | None) -> Any:
    return label.item() if isinstance(label, np.generic) else label
