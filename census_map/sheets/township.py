"""A workspace as the sheets need it: every layer in metres of one printing CRS, with indexes to look around."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pandas import DataFrame
from pyproj import CRS
from shapely import STRtree

from census_map.codes import CodeWidths
from census_map.crs import metric_crs
from census_map.errors import InputError
from census_map.i18n import _
from census_map.workspace import Workspace

LINES = ("road", "water", "railway", "wall")


@dataclass(frozen=True, eq=False)
class Township:
    """
    All that sheets show, in metres.

    Attributes
    ----------
    crs
        Projected, in metres: the 3-degree zone in China (docs/domain.md section 5).
    widths
        Digits of the codes.
    place
        Names from province to township, from the largest; empty ones left out.
    census_areas, mini_areas, buildings, landmarks
        Frames of the workspace, indexed by uid. Virtual mini-areas and sensitive buildings nobody lives in are left
        out: the first have no map, the second are not drawn (docs/domain.md section 2).
    lines
        `road`, `water`, `railway` and `wall` by name.
    parts, staff, assignments, totals
        Tables without geometry; `totals` is the view `mini_area_summary`.
    """

    crs: CRS
    widths: CodeWidths
    place: tuple[str, ...]
    census_areas: GeoDataFrame
    mini_areas: GeoDataFrame
    buildings: GeoDataFrame
    landmarks: GeoDataFrame
    lines: dict[str, GeoDataFrame]
    parts: DataFrame
    staff: DataFrame
    assignments: DataFrame
    totals: DataFrame

    @cached_property
    def building_tree(self) -> STRtree:
        """Index of all buildings."""
        return STRtree(self.buildings.geometry.to_numpy())

    @cached_property
    def mini_area_tree(self) -> STRtree:
        """Index of all mini-areas."""
        return STRtree(self.mini_areas.geometry.to_numpy())

    @cached_property
    def line_trees(self) -> dict[str, STRtree]:
        """Indexes of the lines by table."""
        return {name: STRtree(frame.geometry.to_numpy()) for name, frame in self.lines.items()}

    @cached_property
    def buildings_of(self) -> dict[str, NDArray[np.intp]]:
        """Rows of `buildings` by uid of their mini-area; a building with parts belongs to each part's mini-area."""
        owner = pd.Series(self.buildings["mini_area_uid"].to_numpy(), index=np.arange(len(self.buildings)))
        if len(self.parts):
            rows = self.buildings.index.get_indexer(pd.Index(self.parts["building_uid"]))
            of_parts = pd.Series(self.parts["mini_area_uid"].to_numpy(), index=rows)[rows >= 0]
            owner = pd.concat([owner, of_parts])
        return {str(uid): np.unique(rows.index.to_numpy()) for uid, rows in owner.dropna().groupby(owner.dropna())}

    @cached_property
    def parts_of(self) -> dict[str, list[dict[str, Any]]]:
        """The parts of buildings by uid of the building."""
        found: dict[str, list[dict[str, Any]]] = {}
        for record in _records(self.parts):
            found.setdefault(record["building_uid"], []).append(record)
        return found

    @cached_property
    def area_names(self) -> dict[object, str]:
        """Names of the census areas by uid."""
        return {uid: words(name) for uid, name in self.census_areas["name"].items()}

    @cached_property
    def building_records(self) -> list[dict[str, Any]]:
        """The buildings' attributes in order, `uid` among them."""
        return _records(self.buildings)

    @cached_property
    def mini_area_records(self) -> list[dict[str, Any]]:
        """The mini-areas' attributes in order, `uid` among them."""
        return _records(self.mini_areas)

    @cached_property
    def line_records(self) -> dict[str, list[dict[str, Any]]]:
        """The lines' attributes in order, by table."""
        return {name: _records(frame) for name, frame in self.lines.items()}

    def area_name(self, uid: object) -> str:
        """Give the name of a census area; empty for one that does not exist."""
        return self.area_names.get(uid, "")

    def serial(self, code: str) -> str:
        """Give the number of a mini-area inside its census area, as digits."""
        return code[-self.widths.mini_area :] if code else ""


def read_township(workspace: Workspace) -> Township:
    """
    Read what the sheets of a workspace show.

    Raises
    ------
    InputError
        There are no mini-areas yet.
    """
    census_areas = workspace.read("census_area")
    mini_areas = workspace.read("mini_area")
    mini_areas = mini_areas[_has_shape(mini_areas) & (mini_areas["kind"] != "virtual").to_numpy(dtype=bool)]
    if mini_areas.empty:
        raise InputError(
            _("There are no mini-areas to print in “{name}”: split the census areas first.").format(
                name=workspace.path.name
            )
        )
    crs = metric_crs(census_areas if len(census_areas) else mini_areas)

    def layer(table: str) -> GeoDataFrame:
        frame = workspace.read(table)
        frame = frame[_has_shape(frame)]
        # Older pyproj stumbles over a layer of one point even where nothing is to be done.
        return frame if frame.crs == crs else frame.to_crs(crs)

    buildings = _with_summary(layer("building"), workspace.read("building_summary"))
    hidden = _true(buildings["sensitive"]) & (buildings["use"] == "other").to_numpy(dtype=bool)
    township = workspace.read("township")
    return Township(
        crs=crs,
        widths=workspace.profile.codes,
        place=_place(township),
        census_areas=census_areas.to_crs(crs),
        mini_areas=mini_areas.to_crs(crs),
        buildings=buildings[~hidden],
        landmarks=layer("landmark"),
        lines={name: layer(name) for name in LINES},
        parts=workspace.read("building_part"),
        staff=workspace.read("staff"),
        assignments=workspace.read("assignment"),
        totals=workspace.read("mini_area_summary"),
    )


def _with_summary(buildings: GeoDataFrame, summary: DataFrame) -> GeoDataFrame:
    """Put the derived figures of each building (dwelling units, vacant ones, households, persons) beside the rest."""
    figures = summary.reindex(buildings.index)
    return buildings.assign(**{name: figures[name] for name in ("dwellings", "vacant", "households", "persons")})


def words(value: object) -> str:
    """Give a cell as text on one line; empty for a missing one."""
    return "" if value is None or value is pd.NA or value != value else " ".join(str(value).split())  # noqa: PLR0124


def count(value: object) -> int | None:
    """Give a cell as a whole number; None for a missing one."""
    return None if value is None or value is pd.NA or value != value else int(value)  # type: ignore[call-overload]  # noqa: PLR0124


def _records(frame: DataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).astype(object)
    records: list[dict[str, Any]] = plain.where(plain.notna(), None).reset_index().to_dict("records")
    return records


def _place(township: DataFrame) -> tuple[str, ...]:
    if township.empty:
        return ()
    row = township.iloc[0]
    names = [words(row[column]) for column in ("province", "prefecture", "county", "name")]
    return tuple(name for name in names if name)


def _has_shape(frame: GeoDataFrame) -> NDArray[np.bool_]:
    shapes = frame.geometry.to_numpy()
    present: NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return present


def _true(column: pd.Series) -> NDArray[np.bool_]:
    true: NDArray[np.bool_] = column.fillna(value=False).to_numpy(dtype=bool)
    return true
