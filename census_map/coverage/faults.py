"""
From the residue of the boundary chain to faults with a kind, owners, a size and a place.

| kind | what it is | `areas` |
|---|---|---|
| gap | ground of a container that no area covers | neighbours, the longest shared border first |
| overlap | ground that several areas cover | those areas, in the frame's order |
| contained | an area that lies wholly inside another | the inner one, then its host |
| duplicate | areas that cover the same ground | those areas, in the frame's order |
| spill | ground of an area outside its container | the area |
| unmatched | a vertex on a border whose other side has none there | who lacks it, then who has it |
| invalid | a polygon that crosses or touches itself | the polygon |

Without containers the container is the outline of the areas themselves: ground that the areas enclose and none covers
is a gap (a lake left out of the middle too), the ground beyond the outermost borders is not, and nothing spills. With
containers, a hole of a container is no gap, and ground of another container is as foreign as any.
"""

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.coverage.chain import Residue, residue
from census_map.coverage.edges import Shapes, edge_table, point_hash, polygonal
from census_map.coverage.inspection import Inspection, Validity, inspect
from census_map.coverage.interpret import broken_boxes, find_in_residue
from census_map.coverage.measure import Measure
from census_map.coverage.scene import Finding, Scene, look_up, solid
from census_map.crs import grid_size, require_crs, snap_coordinates
from census_map.errors import InputError
from census_map.i18n import _
from census_map.task import Report, silent

KINDS = ("gap", "overlap", "duplicate", "contained", "spill", "unmatched", "invalid")
COLUMNS = ("kind", "areas", "container", "area_m2", "width_m", "point", "negligible", "geometry")


@dataclass(frozen=True)
class Fault:
    """
    One place where the areas are not a coverage.

    Attributes
    ----------
    id
        The same for the same fault on every run and in any order of the areas: made of the kind and the place.
    kind
        One of `KINDS`.
    areas
        Labels of the areas concerned, see the module.
    container
        Label of the container whose ground it is (of a spill: to which the area belongs), or None.
    area_m2, width_m
        Area, and diameter of the largest inscribed circle; 0 for vertices.
    point
        A point inside, in the input's CRS; of an invalid polygon the place where it is broken.
    negligible
        Narrower than the tolerance. A label only: a negligible fault still is one.
    geometry
        The exact place, in the input's CRS: polygons, or a point.
    """

    id: str
    kind: str
    areas: tuple[Hashable, ...]
    container: Hashable | None
    area_m2: float
    width_m: float
    point: shapely.Point
    negligible: bool
    geometry: shapely.Geometry


def find_faults(
    areas: GeoDataFrame,
    containers: GeoDataFrame | None = None,
    *,
    tolerance: float = 0.01,
    inspection: Inspection | None = None,
    report: Report = silent,
) -> GeoDataFrame:
    """
    Find every place where areas are not an exact coverage of their containers.

    Parameters
    ----------
    areas
        Polygons indexed by id, in any CRS. Missing and empty geometries cover nothing and are no fault.
    containers
        Polygons that the areas must cover exactly, in the same CRS; None: the outline of the areas, see the module.
    tolerance
        Metres. Gaps, overlaps and spills narrower than this are labelled `negligible`; it never decides whether
        there is a fault.
    inspection
        What is already known of these areas and containers (`inspection.inspect`), if anything is.
    report
        Told how far the work is.

    Returns
    -------
    faults
        Indexed by `id`, in the CRS of the areas; the columns are the attributes of `Fault`. Empty if and only if
        the areas are an exact coverage (`is_exact`).

    Raises
    ------
    InputError
        No CRS, different CRS, something else than polygons, or an id given twice.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(49, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import find_faults
    >>> find_faults(areas)[["kind", "areas", "area_m2"]].values.tolist()
    [['overlap', ('001', '002'), 100.0]]
    """
    _require_comparable(areas, containers)
    if inspection is None:
        report(0.0, _("comparing borders"))
        boxes = None if containers is None else _shapes(containers)
        inspection = inspect(_shapes(areas), boxes, grid=_grid(areas), drawn=True)
    report(0.6, _("naming faults"))
    scene = make_scene(areas, containers, inspection)
    findings = [*find_in_residue(inspection.left, scene, inspection.drawing), *broken_boxes(scene)]
    faults = name_faults(findings, scene, Measure(areas), tolerance=tolerance)
    report(1.0, "")
    return as_frame(faults, areas)


def is_exact(areas: GeoDataFrame, containers: GeoDataFrame | None = None) -> bool:
    """
    Tell whether areas are an exact coverage of their containers: chain zero, all polygons valid.

    Parameters
    ----------
    areas, containers
        As for `find_faults`.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import is_exact
    >>> is_exact(areas)
    True
    >>> is_exact(areas, GeoDataFrame(geometry=[box(0, 0, 100, 120)], crs=areas.crs))
    False
    """
    _require_comparable(areas, containers)
    with Validity() as validity:
        for frame in (containers, areas):
            if frame is not None:
                validity.add(_shapes(frame))
        # Whichever answer is known first decides.
        if not validity.first():
            return False
        left = coverage_residue(areas, containers)
        if (containers is not None and len(left)) or not validity.all():
            return False
    if not len(left):
        return True
    none = np.zeros(0, dtype=bool)
    scene = make_scene(areas, None, Inspection(left, np.ones(len(areas), dtype=bool), none))
    return not find_in_residue(left, scene)


def fault_report(
    areas: GeoDataFrame,
    containers: GeoDataFrame | None = None,
    *,
    tolerance: float = 0.01,
    report: Report = silent,
) -> dict[str, Any]:
    """
    Check a coverage and return the result as plain values, for JSON.

    Parameters
    ----------
    areas, containers, tolerance, report
        As for `find_faults`.

    Returns
    -------
    result
        `areas`, `containers` (numbers), `valid`, `counts` by kind, and `faults`: id, kind, areas, container, area_m2,
        width_m, point [x, y], negligible, wkt.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(49, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import fault_report
    >>> result = fault_report(areas)
    >>> result["valid"], result["counts"]["overlap"], result["faults"][0]["areas"]
    (False, 1, ['001', '002'])
    """
    faults = find_faults(areas, containers, tolerance=tolerance, report=report)
    return report_of(faults, len(areas), 0 if containers is None else len(containers))


def report_of(faults: GeoDataFrame, areas: int, containers: int) -> dict[str, Any]:
    """Put faults that are already found into the form of `fault_report`."""
    counts = faults["kind"].value_counts()
    listed = [
        {
            "id": row.Index,
            "kind": row.kind,
            "areas": [_plain(label) for label in row.areas],
            "container": _plain(row.container),
            "area_m2": float(row.area_m2),
            "width_m": float(row.width_m),
            "point": [row.point.x, row.point.y] if not row.point.is_empty else None,
            "negligible": bool(row.negligible),
            "wkt": row.geometry.wkt,
        }
        for row in faults.itertuples()
    ]
    return {
        "areas": areas,
        "containers": containers,
        "valid": not listed,
        "counts": {kind: int(counts.get(kind, 0)) for kind in KINDS},
        "faults": listed,
    }


def coverage_residue(areas: GeoDataFrame, containers: GeoDataFrame | None = None) -> Residue:
    """
    Return the residue of the boundary chain of areas and containers, on the grid of their CRS.

    Owners are positions in the frames. Without containers the residue includes the outline.
    """
    boxes = None if containers is None else edge_table(_shapes(containers))
    return residue(edge_table(_shapes(areas)), boxes, grid=_grid(areas))


def make_scene(areas: GeoDataFrame, containers: GeoDataFrame | None, inspection: Inspection) -> Scene:
    """Collect what the residue is interpreted with: the polygons, and which of them are invalid."""
    shapes = _shapes(areas)
    boxes = None if containers is None else _shapes(containers)
    some_boxes: Shapes = np.zeros(0, dtype=object) if boxes is None else boxes
    invalid, invalid_boxes = np.flatnonzero(~inspection.valid), np.flatnonzero(~inspection.valid_boxes)
    return Scene(
        shapes=shapes,
        labels=areas.index,
        invalid=invalid,
        boxes=boxes,
        box_labels=None if containers is None else containers.index,
        invalid_boxes=invalid_boxes,
        ground=inspection.ground if inspection.ground is not None else solid(shapes, invalid),
        box_ground=solid(some_boxes, invalid_boxes),
        grid=_grid(areas),
        near=look_up(shapes),
    )


def name_faults(findings: Iterable[Finding], scene: Scene, measure: Measure, *, tolerance: float) -> list[Fault]:
    """Measure findings and give them their ids, sorted by kind, then id."""
    listed = list(findings)
    shapes = np.array([finding.geometry for finding in listed], dtype=object)
    faults: list[Fault] = []
    for finding, place, area, width, point in zip(
        listed, _place_names(shapes, scene.grid), *measure.sizes(shapes), strict=True
    ):
        faults.append(
            Fault(
                id=f"{finding.kind}-{place}",
                kind=finding.kind,
                areas=tuple(scene.labels[position] for position in finding.areas),
                container=scene.box_label(finding.container),
                area_m2=float(area),
                width_m=float(width),
                point=finding.place if finding.place is not None else point,
                negligible=bool(finding.kind in ("gap", "overlap", "spill") and width < tolerance),
                geometry=finding.geometry,
            )
        )
    often = Counter(fault.id for fault in faults)

    def rank(fault: Fault) -> tuple[int, str, str]:
        return KINDS.index(fault.kind), fault.id, str(fault.areas) if often[fault.id] > 1 else ""

    return _distinct(sorted(faults, key=rank))


def _place_names(shapes: Shapes, grid: float) -> list[str]:
    """
    Name places by their vertices on the grid.

    Sorted, and each once, so that neither the order of the areas nor the start or direction of a ring changes the name.
    """
    hashed = point_hash(snap_coordinates(shapely.get_coordinates(shapes), grid)).tolist()
    ends = accumulate(shapely.get_num_coordinates(shapes).tolist(), initial=0)
    vertices = (np.array(sorted(set(hashed[first:last])), dtype=np.uint64) for first, last in pairwise(ends))
    return [hashlib.blake2b(each.tobytes(), digest_size=6).hexdigest() for each in vertices]


def _distinct(faults: list[Fault]) -> list[Fault]:
    """Number the faults of one kind at one place (two identical invalid polygons)."""
    seen: dict[str, int] = {}
    result = []
    for fault in faults:
        count = seen[fault.id] = seen.get(fault.id, 0) + 1
        result.append(fault if count == 1 else replace(fault, id=f"{fault.id}-{count}"))
    return result


def as_frame(faults: list[Fault], areas: GeoDataFrame) -> GeoDataFrame:
    """Put faults into a frame indexed by id, in the CRS of the areas."""

    def objects(values: list[Any]) -> pd.Series:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return pd.Series(column, dtype=object, index=index)

    index = pd.Index([fault.id for fault in faults], name="id", dtype=object)
    tuples = np.empty(len(faults), dtype=object)
    for row, fault in enumerate(faults):
        tuples[row] = fault.areas
    columns = {
        "kind": objects([fault.kind for fault in faults]),
        "areas": pd.Series(tuples, dtype=object, index=index),
        "container": objects([fault.container for fault in faults]),
        "area_m2": pd.Series([fault.area_m2 for fault in faults], dtype=float, index=index),
        "width_m": pd.Series([fault.width_m for fault in faults], dtype=float, index=index),
        "point": objects([fault.point for fault in faults]),
        "negligible": pd.Series([fault.negligible for fault in faults], dtype=bool, index=index),
    }
    return GeoDataFrame(columns, geometry=[fault.geometry for fault in faults], crs=areas.crs, index=index)


def _plain(label: Any) -> Any:
    """Turn a numpy scalar into a plain value that JSON can hold."""
    if isinstance(label, np.generic):
        label = label.item()
    return label if label is None or isinstance(label, str | int | float | bool) else str(label)


def _shapes(frame: GeoDataFrame) -> Shapes:
    return np.asarray(frame.geometry.to_numpy(), dtype=object)


def _grid(frame: GeoDataFrame) -> float:
    return grid_size(require_crs(frame))


def _require_comparable(areas: GeoDataFrame, containers: GeoDataFrame | None) -> None:
    crs = require_crs(areas)
    for frame, title in ((areas, _("areas")), (containers, _("containers"))):
        if frame is None:
            continue
        if require_crs(frame) != crs:
            raise InputError(
                _("The areas are in {areas} and the containers in {containers}: reproject one of them.").format(
                    areas=crs.name, containers=require_crs(frame).name
                )
            )
        strange = np.flatnonzero(~polygonal(_shapes(frame)))
        if len(strange):
            raise InputError(
                _("{title}: {label} is a {kind}, not a polygon: choose a layer of polygons.").format(
                    title=title, label=frame.index[strange[0]], kind=frame.geometry.iloc[strange[0]].geom_type
                )
            )
        if not frame.index.is_unique:
            raise InputError(
                _("{title}: the id {label} is given twice; choose a field whose values differ.").format(
                    title=title, label=frame.index[frame.index.duplicated()][0]
                )
            )
