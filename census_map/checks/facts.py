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
_COUNTS = ("households", "numbered", "persons")
# Classes of households (docs/domain.md section 3): nobody to be numbered is behind a nominal registration either.
_NOMINAL, _VACANT = 4, 8
_WITHOUT_NUMBER = (_NOMINAL, _VACANT)


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
        return self.rows_of("township")

    @cached_property
    def census_areas(self) -> GeoDataFrame:
        """Census areas by uid."""
        return self.rows_of("census_area")

    @cached_property
    def mini_areas(self) -> GeoDataFrame:
        """All mini-areas by uid, virtual ones included."""
        return self.rows_of("mini_area")

    @cached_property
    def drawn(self) -> GeoDataFrame:
        """Mini-areas that should have a place on the map: all but the virtual ones."""
        return self.mini_areas[self.mini_areas["kind"] != "virtual"]

    @cached_property
    def buildings(self) -> GeoDataFrame:
        """Buildings by uid."""
        return self.rows_of("building")

    @cached_property
    def standing(self) -> GeoDataFrame:
        """Buildings that are not marked as demolished."""
        return self.buildings[self.buildings["state"] != "demolished"]

    @cached_property
    def uninhabited(self) -> "Series[bool]":
        """For every building by uid: whether it is marked as a place where nobody lives; unmarked ones are not."""
        marks = self._workspace.read("building", columns=["inhabited"])["inhabited"].astype("boolean")
        return (~marks).fillna(value=False).astype(bool)

    @cached_property
    def building_totals(self) -> DataFrame:
        """Households and persons of each building by uid, as the summary gives them: roster, dwelling units or note."""
        totals = self._workspace.read("building_summary", columns=["households", "persons"])
        return pd.DataFrame({name: pd.to_numeric(totals[name]).astype("float64") for name in totals.columns})

    @cached_property
    def building_parts(self) -> DataFrame:
        """Parts of buildings by uid."""
        return self.rows_of("building_part")

    @cached_property
    def dwellings(self) -> DataFrame:
        """Dwelling units by uid."""
        return self.rows_of("dwelling")

    @cached_property
    def households(self) -> DataFrame:
        """Households by uid."""
        return self.rows_of("household")

    @cached_property
    def staff(self) -> DataFrame:
        """Staff by uid."""
        return self.rows_of("staff")

    @cached_property
    def assignments(self) -> DataFrame:
        """Assignments by uid."""
        return self.rows_of("assignment")

    @cached_property
    def waivers(self) -> DataFrame:
        """Written reasons by uid."""
        return self.rows_of("waiver")

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
            shapes = self.in_metres(self.rows_of(table)).to_numpy(dtype=object)
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
            By mini-area uid: `buildings`, `households` (without vacant dwelling units), `numbered` (those of them that
            need a household number), `persons` (people present, H2a). Linked households are counted where a mini-area
            has any; otherwise the counts noted for its buildings. A building that is cut into parts counts in the
            mini-areas of its parts, as in the view `mini_area_summary`.
        """
        counts = pd.DataFrame(0.0, index=self.mini_areas.index, columns=["buildings", *_COUNTS])
        parts = self._part_counts()
        at = self._noted_counts(self.standing)
        at = at[~at.index.isin(parts["building_uid"])]
        noted = at.groupby("mini_area_uid")[["buildings", *_COUNTS]].sum()
        linked = self._linked_counts()
        linked = linked[~linked.index.isin(parts["building_uid"])]
        counted = linked.groupby(linked.index.map(self.buildings["mini_area_uid"])).sum()
        counts.update(noted)
        counts.update(counted)
        return counts.add(parts.groupby("mini_area_uid")[["buildings", *_COUNTS]].sum().reindex(counts.index).fillna(0))

    @staticmethod
    def _noted_counts(rows: DataFrame) -> DataFrame:
        """Give what is noted for buildings, or for parts of them; every household may need a number."""
        return rows.assign(buildings=1.0, numbered=rows["households"])

    def _linked_counts(self) -> DataFrame:
        """Count the linked households of each building, by uid."""
        kind, present = self.households["class"], self.households["h2a"]
        rows = pd.DataFrame(
            {
                "households": (kind != _VACANT).astype(float),
                "numbered": (~kind.isin(_WITHOUT_NUMBER)).astype(float),
                "persons": present.where(kind != _VACANT, 0.0),
            }
        )
        building = self.household_places["building"]
        known = building.isin(self.buildings.index)
        return rows[known].groupby(building[known]).sum()

    def _part_counts(self) -> DataFrame:
        """Give the parts of standing buildings; those without counts share evenly what the others leave."""
        rows = self.building_parts[self.building_parts["building_uid"].isin(self.standing.index)]
        parts = self._noted_counts(rows)
        whole = self._noted_counts(self.standing)[[*_COUNTS]].fillna(0.0)
        whole.update(self._linked_counts())
        for name in _COUNTS:
            building, missing = parts["building_uid"], parts[name].isna()
            given = parts.groupby("building_uid")[name].transform("sum")
            rest = (building.map(whole[name]) - given).clip(lower=0.0)
            lacking = missing.groupby(building).transform("sum")
            parts[name] = parts[name].where(~missing, rest / lacking.clip(lower=1))
        return parts

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
