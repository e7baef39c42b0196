"""
The one set of tables (一套表) of a township, as sheets of one workbook (docs/domain.md section 6, step 6).

Counts come from the workspace, persons, heads of household and addresses from the vault; without the vault the open
version is made, which holds none of them. Every value is a value: no cell is a formula. The sheets agree: who is
present is counted by H2a alone (docs/rules.md H08), vacant dwellings listed on the roster are no households, and what
is not yet linked to the map is counted in its village.
"""

from collections.abc import Sequence

import pandas as pd

from census_map.i18n import N_, _
from census_map.roster.headers import COUNTS
from census_map.roster.persons import read_persons
from census_map.roster.place import WhereReader
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import NOMINAL, VACANT, place_households, vacant_dwellings, with_names
from census_map.schema import DWELLING_TABLE, HOUSEHOLD_CLASS, HOUSEHOLD_KIND, HOUSEHOLD_TABLE, PRESENCE
from census_map.task import many_small_objects
from census_map.workspace import Workspace

_CLASSES, _KINDS, _PRESENCES = dict(HOUSEHOLD_CLASS), dict(HOUSEHOLD_KIND), dict(PRESENCE)
_SEXES = {"male": N_("male"), "female": N_("female")}
_PRESENT = "h2a"
_MAP_COUNTS = ("mini_areas", "buildings", "dwellings", "vacant")
_PERSON = ("name", "relation", "sex", "birth", "presence")


@many_small_objects()
def table_sheets(workspace: Workspace, vault: Vault | None = None) -> list[SheetSpec]:
    """
    Make the tables.

    Parameters
    ----------
    workspace
        Open.
    vault
        For the restricted version with names, addresses and, where an office has listed them, every person; the
        reading is logged.

    Returns
    -------
    sheets
        Family households' persons, collective households' persons, households, vacant dwellings, nominal
        registrations, estates, summary by group, summary by village.
    """
    households = place_households(workspace)
    households = households[(households["class"] != VACANT).fillna(value=True).astype(bool)]
    reason = _("one set of tables")
    listed = households if vault is None else with_names(households, vault, reason=reason)
    persons = listed if vault is None else _with_persons(listed, vault, reason)
    nominal = (listed["class"] == NOMINAL).fillna(value=False).astype(bool)
    collective = persons["collective"].astype(bool)
    note = _("Internal; keep confidential") if vault is not None else _("Open version, without names")
    buildings = _buildings(workspace, households)
    counts = [HOUSEHOLD_TABLE.title_of(name) for name in COUNTS]

    def sheet(name: str, frame: pd.DataFrame, totals: Sequence[str]) -> SheetSpec:
        return SheetSpec(name=name, title=name, frame=frame, totals=totals, note=note)

    return [
        sheet(_("Persons of family households"), _shown(persons[~collective]), counts),
        sheet(_("Persons of collective households"), _shown(persons[collective]), counts),
        sheet(_("Households"), _shown(listed, kinds=True), counts),
        sheet(_("Vacant dwelling units"), _vacant(workspace), ()),
        sheet(_("Nominal registrations"), _shown(listed[nominal]), counts),
        sheet(_("Estates"), *_by_estate(buildings)),
        sheet(_("Summary by group"), *_by_group(workspace, buildings, households)),
        sheet(_("Summary by village"), *_by_village(workspace, households)),
    ]


def _with_persons(households: pd.DataFrame, vault: Vault, reason: str) -> pd.DataFrame:
    """
    Give one row a person where the vault knows them, and one a household where it does not.

    The counts of a household stand in its first row, so that the totals stay those of the households.
    """
    people = read_persons(vault, reason=reason)
    rows = [(uid, person) for uid in households.index for person in people.get(uid, [{}])]
    uids = pd.Index([uid for uid, _person in rows])
    persons = households.loc[uids].copy()
    repeated = uids.duplicated()
    for name in COUNTS:
        persons.loc[repeated, name] = pd.NA
    for name in _PERSON:
        persons[name] = pd.Series([person.get(name) or None for _uid, person in rows], index=uids, dtype=object)
    # Several rows of one household bear the same label; every row gets its own.
    return persons.reset_index(drop=True)


def _shown(rows: pd.DataFrame, *, kinds: bool = False) -> pd.DataFrame:
    """Give the columns with their titles; those of persons only where a person is given."""
    titles = {
        "census_area": _("census area code"),
        "mini_area": _("mini-area code"),
        "code": HOUSEHOLD_TABLE.title_of("code"),
        "number": HOUSEHOLD_TABLE.title_of("number"),
        "head": _("head of household"),
        "name": _("name"),
        "relation": _("relation to the head of household"),
        "sex": _("sex"),
        "birth": _("date of birth"),
        "address": _("address"),
        "building": _("building code"),
        "entrance": DWELLING_TABLE.title_of("entrance"),
        "room": DWELLING_TABLE.title_of("room"),
        "kind": HOUSEHOLD_TABLE.title_of("kind"),
        "class": HOUSEHOLD_TABLE.title_of("class"),
        "presence": HOUSEHOLD_TABLE.title_of("presence"),
        **{name: HOUSEHOLD_TABLE.title_of(name) for name in COUNTS},
    }
    columns = [
        name
        for name in titles
        if name in rows and (name not in _PERSON or rows[name].notna().any()) and (name != "kind" or kinds)
    ]
    shown = rows[columns].copy()
    if kinds:
        shown["kind"] = shown["kind"].where(~rows["collective"].astype(bool), "collective")
    for name, values in (("class", _CLASSES), ("kind", _KINDS), ("sex", _SEXES), ("presence", _PRESENCES)):
        if name in shown:
            titles_of = {value: _(title) for value, title in values.items()}
            shown[name] = shown[name].astype(object).map(titles_of)
    return shown.rename(columns=titles)


def _vacant(workspace: Workspace) -> pd.DataFrame:
    rows = vacant_dwellings(workspace)[["building", "code", "entrance", "floor", "room"]]
    titles = {name: DWELLING_TABLE.title_of(name) for name in ("code", "entrance", "floor", "room")}
    return rows.rename(columns={"building": _("building code"), **titles})


def _buildings(workspace: Workspace, households: pd.DataFrame) -> pd.DataFrame:
    """One row a building with the estate and group of its address, and what lives in it."""
    rows = pd.DataFrame(workspace.read("building", columns=["name", "address", "mini_area_uid"]))
    minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
    codes = workspace.read("census_area", columns=["code"])["code"]
    rows["census_area"] = rows["mini_area_uid"].map(minis).map(codes).fillna("").astype(object)
    texts = [
        f"{address if isinstance(address, str) else ''}{name if isinstance(name, str) else ''}"
        for address, name in zip(rows["address"], rows["name"], strict=True)
    ]
    reader = WhereReader()
    read = {text: reader.read(text).place for text in set(texts)}
    rows["estate"] = pd.Series([min(read[text].sites, default="") for text in texts], index=rows.index, dtype=object)
    rows["group"] = pd.Series([read[text].group or "" for text in texts], index=rows.index, dtype=object)
    dwellings = workspace.read("dwelling", columns=["building_uid"])["building_uid"]
    rows["buildings"] = 1
    rows["dwellings"] = dwellings.value_counts().reindex(rows.index).fillna(0).astype("int64")
    by_building = households.groupby("building_uid")
    rows["households"] = by_building.size().reindex(rows.index).fillna(0).astype("int64")
    rows["persons"] = by_building[_PRESENT].sum().reindex(rows.index).fillna(0).astype("int64")
    return rows


def _count_titles() -> dict[str, str]:
    return {
        "buildings": _("buildings"),
        "dwellings": _("dwelling units"),
        "households": _("households"),
        "persons": _("persons"),
    }


def _by_estate(buildings: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    titles = _count_titles()
    rows = buildings[buildings["estate"] != ""]
    rows = rows.groupby(["census_area", "estate"], sort=True)[list(titles)].sum().reset_index()
    rows = rows[(rows["dwellings"] > 0) | (rows["households"] > 0)]  # a shed has a name too
    named = {"census_area": _("census area code"), "estate": _("estate"), **titles}
    return rows.rename(columns=named), list(titles.values())


def _by_group(
    workspace: Workspace, buildings: pd.DataFrame, households: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Sum up by group; what has none, or is not linked to a building, is a row of its own in its village."""
    titles = _count_titles()
    known = households["building_uid"].isin(buildings.index)
    codes = workspace.read("census_area", columns=["code"])["code"]
    rest = pd.DataFrame({"census_area": households.loc[~known, "census_area_uid"].map(codes).fillna("").astype(object)})
    rest["group"], rest["buildings"], rest["dwellings"], rest["households"] = "", 0, 0, 1
    rest["persons"] = households.loc[~known, _PRESENT].fillna(0).astype("int64")
    columns = ["census_area", "group", *titles]
    rows = pd.concat([buildings[columns], rest[columns]]) if len(rest) else buildings[columns]
    rows = rows.groupby(["census_area", "group"], sort=True)[list(titles)].sum().reset_index()
    order = [
        (area, int(group) if group.isdigit() else 10**6, group)
        for area, group in zip(rows["census_area"], rows["group"], strict=True)
    ]
    rows = rows.iloc[sorted(range(len(rows)), key=order.__getitem__)]
    rows["group"] = [group or _("no group, or not linked") for group in rows["group"]]
    named = {"census_area": _("census area code"), "group": _("group"), **titles}
    return rows.rename(columns=named), list(titles.values())


def _map_counts(workspace: Workspace) -> pd.DataFrame:
    """
    Count what the map shows, by uid of the census area: `_MAP_COUNTS`.

    The same figures as in the view `census_area_summary`, which adds the township up anew for each census area. A
    building that is cut into parts counts in the mini-areas of its parts.
    """
    minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
    buildings = pd.DataFrame(workspace.read("building", columns=["mini_area_uid"]))
    buildings = buildings.join(pd.DataFrame(workspace.read("building_summary", columns=["dwellings", "vacant"])))
    parts = workspace.read("building_part", columns=["building_uid", "mini_area_uid"])
    shown = pd.concat([buildings[~buildings.index.isin(parts["building_uid"])], parts[["mini_area_uid"]]])
    shown = shown.assign(buildings=1, area=shown["mini_area_uid"].map(minis))
    counts = shown.groupby("area")[["buildings", "dwellings", "vacant"]].sum()
    return counts.join(minis.value_counts().rename("mini_areas"), how="outer")


def _by_village(workspace: Workspace, households: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    rows = workspace.read("census_area", columns=["code", "name"]).join(_map_counts(workspace)).copy()
    for name in _MAP_COUNTS:
        rows[name] = rows[name].fillna(0).astype("int64")
    groups = households.groupby("census_area_uid")
    rows["households"] = groups.size().reindex(rows.index).fillna(0).astype("int64")
    collective = households[households["collective"].astype(bool)]
    rows["collective"] = collective.groupby("census_area_uid").size().reindex(rows.index).fillna(0).astype("int64")
    for name in COUNTS:
        rows[name] = groups[name].sum().reindex(rows.index).fillna(0).astype("int64")
    nowhere = households[households["census_area_uid"].isna()]
    if len(nowhere):
        counts = {name: int(nowhere[name].fillna(0).sum()) for name in COUNTS}
        rest = {"name": _("village not known"), "households": len(nowhere), "collective": 0, **counts}
        rows = pd.concat([rows, pd.DataFrame([rest])])
    titles = {
        "code": _("census area code"),
        "name": _("census area name"),
        "mini_areas": _("mini-areas"),
        "buildings": _("buildings"),
        "dwellings": _("dwelling units"),
        "vacant": _("vacant dwelling units"),
        "households": _("households"),
        "collective": _("of them collective"),
        **{name: HOUSEHOLD_TABLE.title_of(name) for name in COUNTS},
    }
    totals = [title for name, title in titles.items() if name not in {"code", "name"}]
    return rows.rename(columns=titles).reset_index(drop=True), totals
