"""What splitting starts from: areas, structures and lines, checked and brought into metres once for all areas."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from census_map.crs import metric_crs, require_crs
from census_map.delineate.atoms import Lines, dissolve_structures
from census_map.delineate.planar import Floats, Ints, intersect
from census_map.delineate.site import Frame
from census_map.errors import InputError
from census_map.i18n import _

Shapes = NDArray[np.object_]

VISIBLE = {
    "motorway": 1.0, "trunk": 1.0, "primary": 1.0, "secondary": 1.0, "tertiary": 1.0, "unclassified": 0.9,
    "residential": 0.9, "living_street": 0.9, "road": 0.9, "pedestrian": 0.8, "service": 0.6, "track": 0.6,
    "cycleway": 0.6, "footway": 0.4, "path": 0.4, "steps": 0.4, "bridleway": 0.4,
    "rail": 1.0, "light_rail": 1.0, "tram": 0.7, "river": 1.0, "canal": 1.0, "stream": 0.9, "drain": 0.6, "ditch": 0.6,
    "wall": 0.8, "city_wall": 1.0,
}  # fmt: skip
"""How visible a line is, by its class where a column tells it (OpenStreetMap's words)."""

BARRIERS = frozenset({"motorway", "trunk", "rail", "light_rail", "river", "canal", "wall", "city_wall"})
"""Classes of lines that nobody crosses on foot but where a street does; streams and lanes are none."""

CLASS_COLUMNS = ("class", "highway", "railway", "waterway", "barrier")
POINT_SIZE = 1.0
"""Half the width of a building known by a point only, metres."""

_UNTOLD = -2
"""Nobody said which area counts the building."""


@dataclass(frozen=True)
class Basis:
    """
    The input of a split.

    Parameters
    ----------
    labels, shapes
        Of the areas, in the caller's CRS.
    structures, tree
        Buildings that overlap, as one; metric CRS.
    structure
        The structure of each building.
    weight, home, spots
        Of each building: its weight, the area that counts it (-1: none), and a place in it (metric CRS).
    index
        The buildings' labels.
    floors, entrances
        Of each building, 0 where unknown.
    units
        Dwelling units: `building` (label), `entrance`, `floor`, `weight`.
    """

    labels: tuple[Hashable, ...]
    shapes: Shapes
    crs: pyproj.CRS
    metric: pyproj.CRS
    frame: Frame
    structures: Shapes
    tree: shapely.STRtree
    structure: Ints
    weight: Floats
    home: Ints
    spots: Floats
    index: "pd.Index[str]"
    lines: Lines
    line_tree: shapely.STRtree
    floors: Ints
    entrances: Ints
    units: pd.DataFrame | None

    def structure_weights(self, area: int) -> Floats:
        """Sum, for each structure, the buildings that count in an area."""
        mine = self.home == area
        return np.bincount(self.structure[mine], self.weight[mine], minlength=len(self.structures)).astype(float)

    def buildings_of(self, area: int, part: dict[int, int]) -> "pd.Series[int]":
        """Give the part of each building that counts in an area."""
        mine = np.flatnonzero(self.home == area)
        values = [part[int(s)] for s in self.structure[mine]]
        return pd.Series(values, index=self.index[mine], dtype="int64", name="part")


def prepare(
    areas: GeoDataFrame,
    buildings: GeoDataFrame,
    lines: GeoDataFrame | None,
    weight: str,
    grid: float | None,
    units: pd.DataFrame | None = None,
) -> Basis:
    """
    Check the input and bring it into metres; parameters as for `split_areas`.

    Raises
    ------
    InputError
        Naming the object, what is wrong with it, and what to do.
    """
    own = require_crs(areas)
    check_areas(areas)
    metric = metric_crs(areas)
    footprints = _footprints(buildings, metric)
    values = read_weights(buildings, weight)
    structure, structures = dissolve_structures(footprints)
    home = _home_areas(areas.geometry.to_crs(metric).to_numpy(), footprints, _told_homes(areas, buildings))
    seen = read_lines(lines, metric)
    return Basis(
        tuple(areas.index), areas.geometry.to_numpy(), own, metric, Frame.between(own, metric, grid), structures,
        shapely.STRtree(structures), structure, values, home,
        shapely.get_coordinates(shapely.point_on_surface(footprints)).reshape(-1, 2), buildings.index, seen,
        shapely.STRtree(seen.shapes),
        read_count(buildings, "floors"), read_count(buildings, "entrances"), _read_units(units, weight),
    )  # fmt: skip


def read_count(buildings: GeoDataFrame, column: str) -> Ints:
    """Read a column of whole numbers; 0 where the column or the value is missing or makes no sense."""
    if column not in buildings.columns:
        return np.zeros(len(buildings), np.int64)
    values = pd.to_numeric(buildings[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values) & (values > 0) & (values < 1000), values, 0).astype(np.int64)


def _read_units(units: pd.DataFrame | None, weight: str) -> pd.DataFrame | None:
    if units is None or units.empty:
        return None
    known = pd.to_numeric(units[weight], errors="coerce") if weight in units.columns else pd.Series(0.0, units.index)
    floor = pd.to_numeric(units["floor"], errors="coerce")
    weights = known.astype(float).fillna(0.0).clip(lower=0.0)
    return units[["building", "entrance"]].assign(floor=floor.astype(float), weight=weights)


def check_areas(areas: GeoDataFrame) -> None:
    """Refuse areas that are missing, not polygons, or invalid, by name."""
    for label, shape in zip(areas.index, areas.geometry, strict=True):
        if shape is None or shape.is_empty:
            raise InputError(_("Census area {area} has no geometry: draw it or leave it out.").format(area=label))
        if shape.geom_type not in {"Polygon", "MultiPolygon"}:
            raise InputError(_("Census area {area} is not a polygon: choose the layer of areas.").format(area=label))
        if not shape.is_valid:
            # GEOS says what and where in English; the place needs no translation.
            place = re.search(r"\[(.+)\]", shapely.is_valid_reason(shape))
            near = place[1] if place else " ".join(map(str, shapely.get_coordinates(shape)[0]))
            raise InputError(
                _("Census area {area} has an invalid border near {place}: repair it first.").format(
                    area=label, place=near
                )
            )


def _footprints(buildings: GeoDataFrame, metric: pyproj.CRS) -> Shapes:
    """Give each building ground: its polygon made valid, or a small square around a point."""
    if not len(buildings):
        return np.empty(0, dtype=object)
    require_crs(buildings)
    shapes = buildings.geometry.to_crs(metric).to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any():
        label = buildings.index[int(np.flatnonzero(missing)[0])]
        raise InputError(_("Building {building} has no geometry: draw it or leave it out.").format(building=label))
    endless = _endless(shapes)
    if endless.any():
        label = buildings.index[int(np.flatnonzero(endless)[0])]
        raise InputError(
            _("Building {building} has coordinates that are no numbers: draw it again or leave it out.").format(
                building=label
            )
        )
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    shapes = shapely.force_2d(shapes)
    thin = shapely.area(shapes) <= 0
    shapes[thin] = shapely.buffer(shapely.centroid(shapes[thin]), POINT_SIZE, cap_style="square")
    mixed = shapely.get_type_id(shapes) == 7  # made valid: keep the ground, drop stray lines
    shapes[mixed] = shapely.buffer(shapes[mixed], 0)
    return np.asarray(shapes, dtype=object)


def _endless(shapes: Shapes) -> NDArray[np.bool_]:
    """Tell which shapes have coordinates that are not finite."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    out = np.zeros(len(shapes), bool)
    out[owner[~np.isfinite(xy).all(axis=1)]] = True
    return out


def read_weights(buildings: GeoDataFrame, weight: str) -> Floats:
    """Read a column of weights; what is missing counts nothing, what is negative or no number is refused by name."""
    if not len(buildings):
        return np.empty(0)
    if weight not in buildings.columns:
        columns = ", ".join(str(c) for c in buildings.columns if c != buildings.geometry.name)
        raise InputError(
            _("The buildings have no column {column}: name the column of weights, one of {columns}.").format(
                column=weight, columns=columns
            )
        )
    values = pd.to_numeric(buildings[weight], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    named = buildings[weight].notna().to_numpy() & (buildings[weight].astype(str).str.strip() != "").to_numpy()
    if (named & np.isnan(values)).any():
        label = buildings.index[int(np.flatnonzero(named & np.isnan(values))[0])]
        raise InputError(
            _("Building {building} has {weight} that is not a number: correct it.").format(
                building=label, weight=weight
            )
        )
    values = np.where(np.isnan(values), 0.0, values)
    if (values < 0).any() or not np.isfinite(values).all():
        label = buildings.index[int(np.flatnonzero((values < 0) | ~np.isfinite(values))[0])]
        raise InputError(
            _("Building {building} has {weight} below zero or without limit: correct it.").format(
                building=label, weight=weight
            )
        )
    return values


def counting_areas(areas: GeoDataFrame, buildings: GeoDataFrame) -> "pd.Series[Any]":
    """
    Tell which area counts each building: that of its inner point, else the one that holds more than half of its ground.

    Areas that are divided one after the other need this beforehand, as column `counts_in` of their buildings: a
    building across the border of two would else be counted in both, since neither search sees the other area.

    Returns
    -------
    areas
        Building label → area label; None for buildings outside all areas.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> houses = [box(x, y, x + 10, y + 8) for x in range(20, 400, 40) for y in (20, 60)]
    >>> buildings = GeoDataFrame({"persons": [30] * len(houses)}, geometry=houses, crs="EPSG:4549")
    >>> from census_map.delineate import counting_areas
    >>> shapes = [box(0, 0, 200, 90), box(200, 0, 420, 90)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> counting_areas(areas, buildings).value_counts().to_dict()
    {'001': 10, '002': 10}
    """
    metric = metric_crs(areas)
    footprints = _footprints(buildings, metric)
    home = _home_areas(areas.geometry.to_crs(metric).to_numpy(), footprints, np.full(len(footprints), _UNTOLD))
    labels = np.array([*areas.index, None], dtype=object)
    return pd.Series(labels[home], index=buildings.index, dtype=object)


def _told_homes(areas: GeoDataFrame, buildings: GeoDataFrame) -> Ints:
    """Read column `counts_in`: the position of the area, -1 for another area, `_UNTOLD` where nothing is said."""
    if "counts_in" not in buildings.columns:
        return np.full(len(buildings), _UNTOLD)
    told = buildings["counts_in"]
    return np.where(told.notna(), areas.index.get_indexer(pd.Index(told)), _UNTOLD).astype(np.int64)


def _home_areas(areas: Shapes, footprints: Shapes, told: Ints) -> Ints:
    """Give the area that counts each building; what is told holds wherever the building meets that area."""
    home = np.full(len(footprints), -1, np.int64)
    if not len(footprints):
        return home
    known = np.flatnonzero(told >= 0)
    met = known[shapely.intersects(footprints[known], areas[told[known]])]
    home[met] = told[met]
    untold = np.flatnonzero(told == _UNTOLD)
    home[untold] = _homes_by_place(areas, footprints[untold])
    return home


def _homes_by_place(areas: Shapes, footprints: Shapes) -> Ints:
    home = np.full(len(footprints), -1, np.int64)
    tree = shapely.STRtree(areas)
    b, a = tree.query(shapely.point_on_surface(footprints), predicate="intersects")
    home[b[::-1]] = a[::-1]
    lost = np.flatnonzero(home < 0)
    b, a = tree.query(footprints[lost], predicate="intersects")
    share = shapely.area(intersect(footprints[lost[b]], areas[a]))
    mostly = share > shapely.area(footprints[lost[b]]) / 2
    home[lost[b[mostly]]] = a[mostly]
    return home


def read_lines(lines: GeoDataFrame | None, metric: pyproj.CRS) -> Lines:
    """
    Bring lines into metres and rank them.

    Parameters
    ----------
    lines
        Lines, or polygons whose outline is meant (water). Column `visible` (0 to 1) ranks them; else a class column
        (`class`, `highway`, `railway`, `waterway`, `barrier`) by `VISIBLE`; else all are fully visible. Column
        `blocks` says which cannot be crossed on foot; else those classes of `BARRIERS`.
    """
    if lines is None or not len(lines):
        return Lines(np.empty(0, dtype=object), np.empty(0), np.empty(0, bool))
    require_crs(lines)
    shapes = shapely.force_2d(lines.geometry.to_crs(metric).to_numpy())
    visible, barrier = np.ones(len(lines)), np.zeros(len(lines), bool)
    for column in CLASS_COLUMNS:
        if column in lines.columns:
            rank = lines[column].map(VISIBLE).to_numpy(dtype=float, na_value=np.nan)
            named = lines[column].notna().to_numpy()
            visible = np.where(named, np.where(np.isnan(rank), 0.5, rank), visible)
            barrier |= lines[column].isin(BARRIERS).to_numpy()
    if "visible" in lines.columns:
        own = pd.to_numeric(lines["visible"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        visible = np.where(np.isnan(own), visible, np.clip(own, 0.0, 1.0))
    if "blocks" in lines.columns:
        barrier = np.where(lines["blocks"].isna(), barrier, lines["blocks"].eq(other=True))
    good = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & (shapely.get_dimensions(shapes) >= 1)
    good &= ~_endless(shapes)
    shapes, visible, barrier = shapes[good], visible[good], barrier[good]
    areal = shapely.get_dimensions(shapes) == 2
    shapes[areal] = shapely.boundary(shapely.make_valid(shapes[areal]))
    return Lines(shapes, visible, barrier)
