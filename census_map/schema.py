"""
The tables of a workspace: columns, types, domains, titles and shapefile names, written down once.

Everything that knows a column by name (the GeoPackage, its triggers and views, aliases and value maps in QGIS, Excel
headers, the shapefile package) reads it here. Titles are English source text; `census_map.i18n._` translates them.
Personal data has no column here: names, phones and identity numbers live in the vault (`census_map.roster.vault`).
"""

from dataclasses import dataclass
from typing import Literal

from census_map.i18n import N_, _

ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime"]
GeometryType = Literal["POINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRY"]
Choices = tuple[tuple[int | str, str], ...]

SCHEMA_VERSION = 4  # an older file is brought up to date when it is opened: `workspace.migration`
GEOMETRY = "geometry"

DRAFT, SELF_CHECKED, INSTRUCTOR, TOWNSHIP, LOCKED, SUBMITTED = range(6)

STATUS: Choices = (
    (DRAFT, N_("draft")),
    (SELF_CHECKED, N_("self-checked")),
    (INSTRUCTOR, N_("checked by instructor")),
    (TOWNSHIP, N_("checked by township")),
    (LOCKED, N_("locked")),
    (SUBMITTED, N_("submitted")),
)
CENSUS_AREA_KIND: Choices = (("residents", N_("residents' committee")), ("village", N_("village committee")))
MINI_AREA_KIND: Choices = (
    ("ordinary", N_("ordinary")),
    ("single_building", N_("single building")),
    ("virtual", N_("virtual")),
    ("institution", N_("military, police or prison")),
)
BUILDING_USE: Choices = (
    ("residential", N_("residential")),
    ("mixed", N_("residential and other")),
    ("collective", N_("collective living quarters")),
    ("other", N_("not for living")),
)
BUILDING_STATE: Choices = (
    ("standing", N_("standing")),
    ("construction", N_("under construction")),
    ("demolished", N_("demolished")),
)
DWELLING_STATE: Choices = (
    ("inhabited", N_("inhabited")),
    ("vacant", N_("vacant")),
    ("nominal", N_("nominal registration only")),
    ("unknown", N_("not yet known")),
)
HOUSEHOLD_KIND: Choices = (("family", N_("family household")), ("collective", N_("collective household")))
HOUSEHOLD_CLASS: Choices = (
    (1, N_("living here")),
    (2, N_("away under half a year")),
    (3, N_("whole household away half a year or more")),
    (4, N_("nominal registration")),
    (5, N_("demolished or moved")),
    (6, N_("all from Hong Kong, Macao, Taiwan or abroad")),
    (7, N_("all deceased")),
    (8, N_("vacant dwelling")),
)
LINK_STATE: Choices = (
    ("linked", N_("linked")),
    ("undecided", N_("to be decided")),
    ("missed_building", N_("building not on the map")),
    ("demolished", N_("address demolished")),
    ("elsewhere", N_("in another census area")),
    ("unreadable", N_("address cannot be read")),
    ("none", N_("not linked yet")),
)
PRESENCE: Choices = (
    ("here", N_("present and registered here")),
    ("registered_elsewhere", N_("present, registered elsewhere")),
    ("absent", N_("registered here, absent")),
)
REPORTING: Choices = (("self", N_("reported by itself")), ("enumerator", N_("asked by the enumerator")))
VISIT_KIND: Choices = (("visit", N_("visit")), ("phone", N_("phone call")))
VISIT_OUTCOME: Choices = (
    ("done", N_("registered in full")),
    ("partly", N_("registered in part")),
    ("nobody", N_("nobody met")),
    ("later", N_("appointment made")),
    ("refused", N_("refused")),
    ("away", N_("whole household away")),
    ("moved", N_("moved away")),
    ("demolished", N_("address demolished")),
    ("vacant", N_("dwelling unit vacant")),
    ("wrong", N_("wrong address or phone")),
)
REGISTER: Choices = (
    ("nominal", N_("nominal registration")),
    ("demolished", N_("address demolished")),
    ("mismatch", N_("registered and living at different places")),
    ("absent_unknown", N_("absent, address unknown")),
    ("several_houses", N_("several houses of one owner")),
    ("no_fixed_abode", N_("no fixed abode")),
    ("unregistered_child", N_("child not yet registered")),
    ("collective", N_("collective household")),
    ("special_place", N_("special place")),
    ("no_plate", N_("no door plate")),
    ("supplementary", N_("supplementary registration")),
)
REGISTER_STATE: Choices = (("open", N_("to be settled")), ("settled", N_("settled")))
ROAD_CLASS: Choices = (
    ("main", N_("main road")),
    ("secondary", N_("secondary road")),
    ("lane", N_("lane")),
    ("path", N_("path")),
)
WATER_KIND: Choices = (("river", N_("river")), ("canal", N_("canal")), ("lake", N_("lake or pond")))
STAFF_ROLE: Choices = (("enumerator", N_("enumerator")), ("instructor", N_("instructor")))


@dataclass(frozen=True)
class Column:
    """
    One column of a table.

    Attributes
    ----------
    name
        Name in the GeoPackage.
    type
        Storage type.
    title
        English title, to be translated with `_`.
    choices
        Allowed values with English titles, or empty.
    shp
        Field name in the shapefile package, at most 10 ASCII characters; empty when the column is not handed in.
    width
        Field width in bytes in the shapefile package (text), or digits.
    required
        Refuse NULL.
    """

    name: str
    type: ColumnType
    title: str
    choices: Choices = ()
    shp: str = ""
    width: int = 0
    required: bool = False


@dataclass(frozen=True)
class Table:
    """
    One table of the workspace.

    Attributes
    ----------
    name, title
        Name in the GeoPackage; English title, to be translated with `_`.
    columns
        Without `fid` (the GeoPackage's row number) and without the geometry.
    geometry
        Type of the geometry column, or None for a table without map.
    locked_by
        Column that leads to the mini-area whose lock also locks the row, or empty.
    locked_via
        Table whose uid `locked_by` holds: `mini_area`, or `building` (whose mini-area then decides).
    locked_columns
        The columns that the lock fixes; empty: all of them, and no row may be added.
    journalled
        Whether triggers write changes of the table into `history`.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    geometry: GeometryType | None = None
    locked_by: str = ""
    locked_via: Literal["mini_area", "building"] = "mini_area"
    locked_columns: tuple[str, ...] = ()
    journalled: bool = True

    def column(self, name: str) -> Column:
        """Give a column by name; KeyError when the table has none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def title_of(self, name: str) -> str:
        """Give the title of a column in the language in force."""
        return _(self.column(name).title)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns in order, without fid and geometry."""
        return tuple(column.name for column in self.columns)


_UID = Column("uid", "text", N_("identifier"), shp="UID", width=36, required=True)
_NOTE = Column("note", "text", N_("note"), shp="NOTE", width=254)
_ORIGIN = (
    Column("source", "text", N_("source file")),
    Column("source_id", "text", N_("identifier in the source")),
)
_SHEET_ORIGIN = (
    Column("source", "text", N_("source file and sheet")),
    Column("source_row", "integer", N_("row in the sheet, from 1")),
)
_PERSONS = Column("persons", "integer", N_("persons"), shp="PERSONS", width=9)
_HOUSEHOLDS = Column("households", "integer", N_("households"), shp="HOUSEHOLDS", width=9)


def _code(title: str, width: int) -> Column:
    return Column("code", "text", title, shp="CODE", width=width)


def _name(title: str = N_("name")) -> Column:
    return Column("name", "text", title, shp="NAME", width=120)


TOWNSHIP_TABLE = Table(
    "township",
    N_("Township"),
    (
        _UID,
        _code(N_("township code"), 20),
        _name(N_("township name")),
        Column("province", "text", N_("province"), shp="PROVINCE", width=60),
        Column("prefecture", "text", N_("prefecture"), shp="PREFECTURE", width=60),
        Column("county", "text", N_("county"), shp="COUNTY", width=60),
        _NOTE,
        *_ORIGIN,
    ),
    "MULTIPOLYGON",
)
CENSUS_AREA_TABLE = Table(
    "census_area",
    N_("Census areas"),
    (
        _UID,
        _code(N_("census area code"), 20),
        _name(N_("census area name")),
        Column("kind", "text", N_("kind"), CENSUS_AREA_KIND, shp="KIND", width=12),
        Column("exclave", "boolean", N_("several parts are declared"), shp="EXCLAVE"),
        _NOTE,
        *_ORIGIN,
    ),
    "MULTIPOLYGON",
)
MINI_AREA_TABLE = Table(
    "mini_area",
    N_("Mini-areas"),
    (
        _UID,
        _code(N_("mini-area code"), 24),
        _name(),
        Column("census_area_uid", "text", N_("census area")),
        Column("kind", "text", N_("kind"), MINI_AREA_KIND, shp="KIND", width=16),
        Column("status", "integer", N_("status"), STATUS, shp="STATUS", width=2, required=True),
        Column("status_reason", "text", N_("reason of the last change of status")),
        Column("exclave", "boolean", N_("several parts are declared"), shp="EXCLAVE"),
        Column("bound_north", "text", N_("bound in the north"), shp="NORTH", width=120),
        Column("bound_east", "text", N_("bound in the east"), shp="EAST", width=120),
        Column("bound_south", "text", N_("bound in the south"), shp="SOUTH", width=120),
        Column("bound_west", "text", N_("bound in the west"), shp="WEST", width=120),
        Column("approval", "text", N_("approval note of a virtual mini-area"), shp="APPROVAL", width=120),
        Column("nominal_persons", "integer", N_("persons of a virtual mini-area"), shp="NOMINAL", width=9),
        _NOTE,
        *_ORIGIN,
    ),
    "MULTIPOLYGON",
    locked_by="uid",
)
BUILDING_TABLE = Table(
    "building",
    N_("Buildings"),
    (
        _UID,
        _code(N_("building code"), 30),
        Column("number", "integer", N_("number in the mini-area"), shp="NUMBER", width=6),
        Column("mini_area_uid", "text", N_("mini-area")),
        _name(N_("building name")),
        Column("address", "text", N_("address"), shp="ADDRESS", width=200),
        Column("use", "text", N_("use"), BUILDING_USE, shp="USE", width=12),
        Column("state", "text", N_("state"), BUILDING_STATE, shp="STATE", width=12),
        Column("floors", "integer", N_("floors"), shp="FLOORS", width=4),
        Column("entrances", "integer", N_("entrances"), shp="ENTRANCES", width=4),
        Column("dwellings", "integer", N_("dwelling units"), shp="DWELLINGS", width=6),
        _HOUSEHOLDS,
        _PERSONS,
        Column("inhabited", "boolean", N_("somebody lives here"), shp="INHABITED"),
        Column("sensitive", "boolean", N_("sensitive site"), shp="SENSITIVE"),
        _NOTE,
        *_ORIGIN,
    ),
    "MULTIPOLYGON",
    locked_by="mini_area_uid",
)
BUILDING_PART_TABLE = Table(
    "building_part",
    N_("Building parts"),
    (
        _UID,
        Column("building_uid", "text", N_("building"), required=True),
        Column("mini_area_uid", "text", N_("mini-area")),
        _name(),
        Column("entrances", "text", N_("entrances, such as 1-3")),
        Column("floors", "text", N_("floors, such as 1-12")),
        _HOUSEHOLDS,
        _PERSONS,
        _NOTE,
    ),
    locked_by="mini_area_uid",
)
DWELLING_TABLE = Table(
    "dwelling",
    N_("Dwelling units"),
    (
        _UID,
        Column("code", "text", N_("dwelling code")),
        Column("number", "integer", N_("number in the building")),
        Column("building_uid", "text", N_("building")),
        Column("entrance", "text", N_("entrance")),
        Column("floor", "integer", N_("floor")),
        Column("room", "text", N_("room")),
        Column("state", "text", N_("state"), DWELLING_STATE),
        _HOUSEHOLDS,
        _PERSONS,
        _NOTE,
        *_ORIGIN,
    ),
    locked_by="building_uid",
    locked_via="building",
)
HOUSEHOLD_TABLE = Table(
    "household",
    N_("Households"),
    (
        _UID,
        Column("code", "text", N_("household code")),
        Column("number", "integer", N_("number in the mini-area")),
        Column("census_area_uid", "text", N_("census area")),
        Column("building_uid", "text", N_("building")),
        Column("dwelling_uid", "text", N_("dwelling unit")),
        Column("kind", "text", N_("kind"), HOUSEHOLD_KIND),
        Column("class", "integer", N_("class"), HOUSEHOLD_CLASS),
        Column("registered", "integer", N_("persons registered here")),
        Column("h2a", "integer", N_("persons who slept here")),
        Column("h2b", "integer", N_("persons registered here who slept elsewhere")),
        Column("link_state", "text", N_("link to the map"), LINK_STATE),
        Column("link_score", "real", N_("certainty of the link, 0 to 1")),
        Column("link_reason", "text", N_("reason of the link")),
        Column("link_by_hand", "boolean", N_("linked by hand")),
        *_SHEET_ORIGIN,
        Column("presence", "text", N_("presence"), PRESENCE),
        Column("reporting", "text", N_("how it reported"), REPORTING),
        Column("births", "integer", N_("births")),
        Column("deaths", "integer", N_("deaths")),
        Column("moved_in", "integer", N_("persons moved in")),
        Column("moved_out", "integer", N_("persons moved out")),
    ),
    # The field goes on counting in a locked mini-area; only the numbers stand (docs/rules.md H03).
    locked_by="building_uid",
    locked_via="building",
    locked_columns=("code", "number"),
)
VISIT_TABLE = Table(
    "visit",
    N_("Visits"),
    (
        _UID,
        Column("household_uid", "text", N_("household"), required=True),
        Column("day", "date", N_("day"), required=True),
        Column("time", "text", N_("time of day")),
        Column("kind", "text", N_("kind"), VISIT_KIND, required=True),
        Column("outcome", "text", N_("outcome"), VISIT_OUTCOME),
        Column("appointment", "date", N_("appointment on")),
        Column("appointment_time", "text", N_("appointment at")),
        Column("staff", "text", N_("staff number")),
        *_SHEET_ORIGIN,
    ),
)
REGISTER_TABLE = Table(
    "register",
    N_("Field registers"),
    (
        _UID,
        Column("kind", "text", N_("register"), REGISTER, required=True),
        Column("state", "text", N_("state"), REGISTER_STATE, required=True),
        Column("census_area_uid", "text", N_("census area")),
        Column("building_uid", "text", N_("building")),
        Column("household_uid", "text", N_("household")),
        Column("persons", "integer", N_("persons")),
        *_SHEET_ORIGIN,
    ),
)


def _lines(name: str, title: str, *extra: Column, geometry: GeometryType = "MULTILINESTRING") -> Table:
    return Table(name, title, (_UID, _name(), *extra, _NOTE, *_ORIGIN), geometry)


ROAD_TABLE = _lines("road", N_("Roads"), Column("class", "text", N_("road class"), ROAD_CLASS))
WATER_TABLE = _lines("water", N_("Water"), Column("kind", "text", N_("kind"), WATER_KIND), geometry="GEOMETRY")
RAILWAY_TABLE = _lines("railway", N_("Railways"))
WALL_TABLE = _lines("wall", N_("Walls"))
LANDMARK_TABLE = _lines("landmark", N_("Landmarks"), Column("kind", "text", N_("kind")), geometry="POINT")
STAFF_TABLE = Table(
    "staff",
    N_("Staff"),
    (
        _UID,
        Column("number", "text", N_("staff number")),
        Column("name", "text", N_("name on the sheet")),
        Column("role", "text", N_("role"), STAFF_ROLE),
        Column("instructor_uid", "text", N_("instructor")),
        _NOTE,
    ),
)
ASSIGNMENT_TABLE = Table(
    "assignment",
    N_("Assignments"),
    (
        _UID,
        Column("mini_area_uid", "text", N_("mini-area"), required=True),
        Column("staff_uid", "text", N_("staff"), required=True),
        _NOTE,
    ),
)
WAIVER_TABLE = Table(
    "waiver",
    N_("Reasons for warnings"),
    (
        _UID,
        Column("rule", "text", N_("rule"), required=True),
        Column("problem", "text", N_("problem"), required=True),
        Column("reason", "text", N_("reason"), required=True),
        Column("author", "text", N_("author")),
        Column("time", "datetime", N_("time")),
        Column("state", "text", N_("what it was given for")),
    ),
)
HISTORY_TABLE = Table(
    "history",
    N_("History"),
    (
        Column("time", "datetime", N_("time"), required=True),
        Column("action", "text", N_("action"), required=True),
        Column("row_table", "text", N_("table"), required=True),
        Column("row_uid", "text", N_("row"), required=True),
        Column("old", "text", N_("values before")),
        Column("new", "text", N_("values after")),
        Column("reason", "text", N_("reason")),
    ),
    journalled=False,
)
META_TABLE = Table(
    "meta",
    N_("Properties of the workspace"),
    (Column("key", "text", N_("property"), required=True), Column("value", "text", N_("value"))),
    journalled=False,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TOWNSHIP_TABLE,
        CENSUS_AREA_TABLE,
        MINI_AREA_TABLE,
        BUILDING_TABLE,
        BUILDING_PART_TABLE,
        DWELLING_TABLE,
        HOUSEHOLD_TABLE,
        VISIT_TABLE,
        REGISTER_TABLE,
        ROAD_TABLE,
        WATER_TABLE,
        RAILWAY_TABLE,
        WALL_TABLE,
        LANDMARK_TABLE,
        STAFF_TABLE,
        ASSIGNMENT_TABLE,
        WAIVER_TABLE,
        HISTORY_TABLE,
        META_TABLE,
    )
}

# Kinds that `census-map add` accepts.
ADDABLE = ("building", "dwelling", "road", "water", "railway", "wall", "landmark", "mini_area")


@dataclass(frozen=True)
class View:
    """
    A summary derived by SQL, registered in the GeoPackage so that QGIS shows it.

    Attributes
    ----------
    name, title
        Name in the GeoPackage; English title, to be translated with `_`.
    columns
        Columns in order; text types are inferred by the reader.
    geometry_from
        Table whose geometry the rows carry, or None.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    geometry_from: str | None


_COUNTS = (
    Column("buildings", "integer", N_("buildings")),
    Column("dwellings", "integer", N_("dwelling units")),
    Column("vacant", "integer", N_("vacant dwelling units")),
    Column("households", "integer", N_("households")),
    Column("persons", "integer", N_("persons")),
)
VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(
            "census_area_summary",
            N_("Summary by census area"),
            (
                _UID,
                _code(N_("census area code"), 20),
                _name(N_("census area name")),
                Column("mini_areas", "integer", N_("mini-areas")),
                *_COUNTS,
                Column("unlinked", "integer", N_("households not linked")),
            ),
            "census_area",
        ),
        View(
            "mini_area_summary",
            N_("Summary by mini-area"),
            (
                _UID,
                _code(N_("mini-area code"), 24),
                Column("census_area", "text", N_("census area name")),
                Column("status", "integer", N_("status"), STATUS),
                *_COUNTS,
            ),
            "mini_area",
        ),
        View(
            "building_summary",
            N_("Summary by building"),
            (
                _UID,
                _code(N_("building code"), 30),
                _name(N_("building name")),
                Column("dwellings", "integer", N_("dwelling units")),
                Column("vacant", "integer", N_("vacant dwelling units")),
                Column("households", "integer", N_("households")),
                Column("persons", "integer", N_("persons")),
            ),
            "building",
        ),
    )
}
