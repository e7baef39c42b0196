"""
What the rules look at: the tables of a workspace, read once, and what is derived from them once.

Rules never query the workspace themselves; they see frames in which texts are never missing (empty instead), numbers
are floats with NaN for unknown, and yes-or-no columns are booleans.
"""

import re
from functools import cached_property

import geopandas as gpd
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from pandas import DataFrame, Series
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from census_map import crs as crs_rules
from census_map import schema
from census_map.coverage import find_faults
from census_map.i18n import _
from census_map.profile import Profile, Size
from census_map.task import Report, silent
from census_map.workspace import Workspace
from census_map.workspace.locating import find_holders
from census_map.workspace.seals import SealFault, Sign

# What every census area's full name ends with, and no clerk says.
_COMMITTEE = re.compile(r"(社区)?(居民|村民)?委员会$")
_DRAWN_LINES = ("road", "water", "railway", "wall")


def tidy(frame: DataFrame, table: schema.Table) -> DataFrame:
    """
    Give every column the one type that rules rely on.

    Parameters
    ----------
    frame
        Rows of a table as the workspace gives them, indexed by uid.
    table
        Its description.

    Returns
    -------
    frame
        A copy: text as str with "" for missing, integer and real as float with NaN, boolean as bool.
    """
    out = frame.copy()
    for column in table.columns:
        if column.name not in out.columns:
            continue
        values = out[column.name]
        if column.type in {"integer", "real"}:
            out[column.name] = pd.to_numeric(values, errors="coerce").astype("float64")
        elif column.type == "boolean":
            out[column.name] = values.astype("boolean").fillna(value=False).astype(bool)
        else:
            out[column.name] = texts(values).astype(str).astype(object)
    return out


def texts(values: pd.Series) -> pd.Series:
    """Give a column of texts with "" where one is missing."""
    return values.astype(object).where(values.notna(), "")


class Facts:
    """
    The frames of a workspace and what follows from them, each computed at most once.

    Parameters
    ----------
    workspace
        An open workspace; it is only read.
    report
        Told how far the reading of the coverage is.
    sign
        Signs with the key of the vault, against which keyed seals are held; None where it is not at hand.
    """

    def __init__(self, workspace: Workspace, *, report: Report = silent, sign: Sign | None = None) -> None:
        self._workspace = workspace
        self._report = report
        self._sign = sign
        self._others: dict[str, DataFrame] = {}

    @property
    def profile(self) -> Profile:
        """The profile of the workspace."""
        return self._workspace.profile

    @property
    def size(self) -> Size:
        """The size of mini-areas in force."""
        return self._workspace.size

    @property
    def crs(self) -> CRS:
        """The CRS of the workspace."""
        return self._workspace.crs

    def _read(self, table: str) -> DataFrame:
        return tidy(self._workspace.read(table), schema.TABLES[table])

    @cached_property
    def township(self) -> GeoDataFrame:
        """The township, one row."""
        return self._read("township")

    @cached_property
    def census_areas(self) -> GeoDataFrame:
        """Census areas by uid."""
        return self._read("census_area")

    @cached_property
    def mini_areas(self) -> GeoDataFrame:
        """All mini-areas by uid, virtual ones included."""
        return self._read("mini_area")

    @cached_property
    def drawn(self) -> GeoDataFrame:
        """Mini-areas that should have a place on the map: all but the virtual ones."""
        return self.mini_areas[self.mini_areas["kind"] != "virtual"]

    @cached_property
    def buildings(self) -> GeoDataFrame:
        """Buildings by uid."""
        return self._read("building")

    @cached_property
    def standing(self) -> GeoDataFrame:
        """Buildings that are not marked as demolished."""
        return self.buildings[self.buildings["state"] != "demolished"]

    @cached_property
    def building_parts(self) -> DataFrame:
        """Parts of buildings by uid."""
        return self._read("building_part")

    @cached_property
    def dwellings(self) -> DataFrame:
        """Dwelling units by uid."""
        return self._read("dwelling")

    @cached_property
    def households(self) -> DataFrame:
        """Households by uid."""
        return self._read("household")

    @cached_property
    def staff(self) -> DataFrame:
        """Staff by uid."""
        return self._read("staff")

    @cached_property
    def assignments(self) -> DataFrame:
        """Assignments by uid."""
        return self._read("assignment")

    @cached_property
    def waivers(self) -> DataFrame:
        """Written reasons by uid."""
        return self._read("waiver")

    def rows_of(self, table: str) -> DataFrame:
        """Any table, its rows by uid."""
        if table not in self._others:
            self._others[table] = self._read(table)
        return self._others[table]

    @cached_property
    def seal_faults(self) -> tuple[SealFault, ...]:
        """What is not as it was when it was locked."""
        return self._workspace.seal_faults(self._sign)

    # --- coverage -----------------------------------------------------------------------------------------------

    @cached_property
    def mini_area_faults(self) -> GeoDataFrame:
        """Faults of the mini-areas inside their census areas; see `census_map.coverage.find_faults`."""
        return find_faults(self.drawn[["geometry"]], self.census_areas[["geometry"]], report=self._report)

    @cached_property
    def census_area_faults(self) -> GeoDataFrame:
        """Faults of the census areas inside the township, or among themselves when its outline is not known."""
        outline = self.township[["geometry"]]
        known = outline[outline.geometry.notna()]
        return find_faults(self.census_areas[["geometry"]], known if len(known) else None, report=self._report)

    @cached_property
    def metric(self) -> CRS:
        """A CRS in metres for the place."""
        areas = self.census_areas if len(self.census_areas) else self.buildings
        return crs_rules.metric_crs(areas)

    def in_metres(self, frame: GeoDataFrame) -> GeoSeries:
        """Give the geometries of a frame in metres, missing ones as empty, same index."""
        shapes = frame.geometry.to_crs(self.metric)
        missing = shapes.isna().to_numpy()
        if missing.any():
            filled = shapes.to_numpy(dtype=object).copy()
            filled[missing] = shapely.Polygon()
            shapes = gpd.GeoSeries(filled, index=shapes.index, crs=self.metric)
        return shapes

    @cached_property
    def lines(self) -> list[BaseGeometry]:
        """Roads, water, railways and walls in metres, as lines."""
        lines: list[BaseGeometry] = []
        for table in _DRAWN_LINES:
            shapes = self.in_metres(self._read(table)).to_numpy(dtype=object)
            areal = shapely.get_dimensions(shapes) == 2
            lines.extend(shapely.boundary(shapes[areal]))
            lines.extend(shapes[~areal & ~shapely.is_empty(shapes)])
        return lines

    # --- who is where -------------------------------------------------------------------------------------------

    @cached_property
    def building_places(self) -> "Series[str]":
        """For every building by uid: uid of the mini-area that holds its inner point, "" for none."""
        return find_holders(self.buildings, self.drawn)

    @cached_property
    def building_census_areas(self) -> "Series[str]":
        """For every building by uid: uid of the census area that holds its inner point, "" for none."""
        return find_holders(self.buildings, self.census_areas)

    @cached_property
    def household_places(self) -> DataFrame:
        """
        Where each household is linked to.

        Returns
        -------
        places
            By household uid: `building` and `mini_area` uids, "" where not linked. The building of the dwelling
            counts before the building named by the household itself.
        """
        dwelling_building = self.dwellings["building_uid"]
        through_dwelling = self.households["dwelling_uid"].map(dwelling_building)
        building = texts(through_dwelling.where(through_dwelling.notna(), self.households["building_uid"]))
        mini_area = texts(building.map(self.buildings["mini_area_uid"]))
        return pd.DataFrame({"building": building, "mini_area": mini_area})

    @cached_property
    def mini_area_counts(self) -> DataFrame:
        """
        Households and persons of each mini-area.

        Returns
        -------
        counts
            By mini-area uid: `buildings`, `households`, `persons` (people present, H2a), `heaviest` (persons of its
            heaviest building). Linked households are counted where a mini-area has any; otherwise the counts noted
            for its buildings.
        """
        counts = pd.DataFrame(0.0, index=self.mini_areas.index, columns=["buildings", "households", "persons"])
        at = self.standing[["mini_area_uid", "households", "persons"]]
        noted = at.groupby("mini_area_uid").agg(
            buildings=("persons", "size"), households=("households", "sum"), persons=("persons", "sum")
        )
        counts.update(noted)
        linked = self.households.assign(mini_area=self.household_places["mini_area"])
        linked = linked[linked["mini_area"] != ""]
        counted = linked.groupby("mini_area").agg(households=("h2a", "size"), persons=("h2a", "sum"))
        counts.update(counted[counted["households"] > 0])
        heaviest = at.groupby("mini_area_uid")["persons"].max()
        return counts.assign(heaviest=heaviest.reindex(counts.index).fillna(0.0))

    # --- words --------------------------------------------------------------------------------------------------

    @cached_property
    def _serials(self) -> dict[str, str]:
        return {uid: f"#{n}" for n, uid in enumerate(self.buildings.index, start=1)}

    def mini_area_name(self, uid: str) -> str:
        """Name a mini-area for a message as people do: its census area, shortened, and its number."""
        row = self.mini_areas.loc[uid]
        area, digits = row["census_area_uid"], self.profile.codes.mini_area
        if area in self.census_areas.index and len(row["code"]) > digits:
            name = _COMMITTEE.sub("", self.census_area_name(area))
            return f"{name} {row['code'][-digits:]}"
        return row["code"] or row["name"] or _("mini-area without number")

    def census_area_name(self, uid: str) -> str:
        """Name a census area for a message."""
        row = self.census_areas.loc[uid]
        return row["name"] or row["code"] or _("census area without name")

    def building_name(self, uid: str) -> str:
        """Name a building for a message: code, name, address, source identifier, whichever it has first."""
        row = self.buildings.loc[uid]
        first = next((row[key] for key in ("name", "address", "code", "source_id") if row[key]), self._serials[uid])
        return str(first)
