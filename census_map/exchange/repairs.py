"""Read areas for a repair, and write the repaired areas with their list of changes."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame
from pyogrio.errors import DataSourceError

from census_map.coverage.proposal import Proposal
from census_map.coverage.repair import Repair
from census_map.errors import InputError
from census_map.exchange.reading import read_layer, split_spec
from census_map.i18n import _

_CHANGES, _LEFT, _CONTAINERS = "changes", "not_repaired", "containers"


def read_labelled(spec: str, field: str | None, *, crs: Any = None) -> GeoDataFrame:
    """
    Read polygons, indexed by the field that identifies them.

    Parameters
    ----------
    spec
        FILE or FILE:layer.
    field
        Its name, kept as a field too; None: the row's number from 0.
    crs
        System of a file that names none.

    Raises
    ------
    InputError
        The layer cannot be read, has no such field, or a value of it is missing or stands twice.
    """
    frame = read_layer(spec, geometry="polygon", crs=crs, take_first=True)
    if field is None:
        return frame
    if field not in frame.columns:
        raise InputError(_("The layer has no field “{field}”: choose one of its fields.").format(field=field))
    ids = frame[field]
    if ids.isna().any():
        raise InputError(
            _("Field “{field}” is empty in row {row}: fill it in.").format(field=field, row=int(ids.isna().argmax()))
        )
    if not ids.is_unique:
        raise InputError(
            _("“{value}” stands several times in field “{field}”: give every area its own.").format(
                value=ids[ids.duplicated()].iloc[0], field=field
            )
        )
    frame.index = pd.Index(ids.to_numpy(), dtype=ids.dtype)
    return frame


def write_repair(repair: Repair, path: Path, *, layer: str, field: str | None) -> None:
    """
    Write a repair to a GeoPackage.

    Layer `layer` holds all areas with all fields; `changes` the old and the new polygon of every changed area;
    `not_repaired` the faults that are left; `containers` the containers, if one received a vertex on its border.

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

    Raises
    ------
    InputError
        The file cannot be written.
    """
    areas = repair.areas.copy()
    if field is not None:
        areas[field] = areas.index
    layers = [(layer, areas.reset_index(drop=True))]
    changes = _change_rows(repair)
    if len(changes):
        layers.append((_CHANGES, changes))
    if len(repair.faults):
        layers.append((_LEFT, _left_rows(repair)))
    if repair.containers is not None:
        layers.append((_CONTAINERS, repair.containers.reset_index(drop=True)))
    draft = path.with_name(f".{path.name}.part.gpkg")
    try:
        for name, frame in layers:
            _write(frame, draft, name)
        draft.replace(path)
    except (DataSourceError, OSError) as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            _("“{file}” cannot be written: close it elsewhere, or choose another folder.").format(file=path.name)
        ) from error


def layer_name(spec: str) -> str:
    """Name the layer of repaired areas after the layer or file they came from."""
    path, layer = split_spec(spec)
    name = layer or path.name.split(".")[0]
    return name if name not in {_CHANGES, _LEFT, _CONTAINERS} else f"{name}_areas"


def _write(frame: GeoDataFrame, path: Path, name: str) -> None:
    shapes = np.asarray(frame.geometry)
    several = bool((shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).any())
    mixed = set(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]).tolist()) - {3, 6}
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        geometry_type="Unknown" if mixed else ("MultiPolygon" if several else "Polygon"),
        promote_to_multi=several and not mixed,
        append=path.exists(),
        VERSION="1.3",
    )


def _change_rows(repair: Repair) -> GeoDataFrame:
    rows: list[dict[str, Any]] = []
    for label, row in repair.changes.iterrows():
        for state, shape in (("old", row["old"]), ("new", row["geometry"])):
            rows.append({"area": str(label), "state": state, "fault": row["fault"], "geometry": shape})
    if not rows:
        return gpd.GeoDataFrame({"area": [], "state": [], "fault": []}, geometry=[], crs=repair.areas.crs)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=repair.areas.crs)


def _left_rows(repair: Repair) -> GeoDataFrame:
    why = {proposal.fault: text for proposal, text in repair.refused}
    out = repair.faults[["kind", "area_m2", "width_m", "geometry"]].copy()
    out.insert(0, "fault", out.index)
    out["areas"] = [", ".join(str(label) for label in labels) for labels in repair.faults["areas"]]
    out["reason"] = [why.get(fault) for fault in out.index]
    return out.reset_index(drop=True)


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
