"""
The one set of tables (一套表) of a township, as sheets of one workbook (DOMAIN.md section 6, step 6).

Counts come from the workspace, heads of household and addresses from the vault; without the vault the open version is
made, which holds neither. Every value is a value: no cell is a formula.
"""

from collections.abc import Sequence

import pandas as pd

from census_map.i18n import _
from census_map.roster.headers import COUNTS
from census_map.roster.place import read_where
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import vacant_dwellings, with_names
from census_map.schema import DWELLING_TABLE, HOUSEHOLD_CLASS, HOUSEHOLD_TABLE, Table
from census_map.workspace import Workspace

_CLASSES = dict(HOUSEHOLD_CLASS)
_PRESENT = "h2a"  # only those who slept here are population (DOMAIN.md H08)


def table_sheets(workspace: Workspace, vault: Vault | None = None) -> list[SheetSpec]:
    """
    Make the tables.

    Parameters
    ----------
    workspace
        Open.
    vault
        For the restricted version with names and addresses; the reading is logged.

    Returns
    -------
    sheets
        Family households' persons, collective households' persons, households, vacant dwellings, nominal
        registrations, estates, summary by group, summary by village.
    """
    households = _households(workspace)
    listed = households if vault is None else with_names(households, vault, reason=_("one set of tables"))
    family, collective = listed[listed["kind"] != "collective"], listed[listed["kind"] == "collective"]
    nominal = listed[(listed["class"] == 4).fillna(value=False)]
    note = _("Internal; keep confidential") if vault is not None else _("Open version, without names")
    buildings = _buildings(workspace, households)
    counts = [_title(name) for name in COUNTS]

    def sheet(name: str, frame: pd.DataFrame, totals: Sequence[str]) -> SheetSpec:
        return SheetSpec(name=name, title=name, frame=frame, totals=totals, note=note)

    return [
        sheet(_("Persons of family households"), _shown(family), counts),
        sheet(_("Persons of collective households"), _shown(collective), counts),
        sheet(_("Households"), _shown(listed), counts),
        sheet(_("Vacant dwelling units"), _vacant(workspace), ()),
        sheet(_("Nominal registrations"), _shown(nominal), counts),
        sheet(_("Estates"), *_summary(buildings, ["census_area", "estate"], drop_empty="estate")),
        sheet(_("Summary by group"), *_summary(buildings, ["census_area", "group"], drop_empty="group")),
        sheet(_("Summary by village"), *_by_village(workspace, households)),
    ]


def _title(name: str, table: Table = HOUSEHOLD_TABLE) -> str:
    return _(table.column(name).title)


def _households(workspace: Workspace) -> pd.DataFrame:
    columns = ["code", "number", "census_area_uid", "building_uid", "dwelling_uid", "kind", "class", *COUNTS]
    rows = workspace.read("household", columns=[*columns, "source", "source_row"])
    areas = workspace.read("census_area", columns=["code", "name"])
    dwellings = workspace.read("dwelling", columns=["code", "entrance", "floor", "room"])
    rows["census_area"] = rows["census_area_uid"].map(areas["code"]).astype(object)
    rows["building"] = rows["building_uid"].map(workspace.read("building", columns=["code"])["code"]).astype(object)
    for name in ("entrance", "room"):
        rows[name] = rows["dwelling_uid"].map(dwellings[name]).astype(object)
    return rows


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    titles = {
        "census_area": _("census area code"),
        "code": _title("code"),
        "number": _title("number"),
        "head": _("head of household"),
        "address": _("address"),
        "building": _("building code"),
        "entrance": _title("entrance", DWELLING_TABLE),
        "room": _title("room", DWELLING_TABLE),
        "class": _title("class"),
        **{name: _title(name) for name in COUNTS},
    }
    shown = rows[[name for name in titles if name in rows]].copy()
    shown["class"] = [_(_CLASSES[int(value)]) if not pd.isna(value) else "" for value in rows["class"]]
    return shown.rename(columns=titles)


def _vacant(workspace: Workspace) -> pd.DataFrame:
    rows = vacant_dwellings(workspace)[["building", "code", "entrance", "floor", "room"]]
    titles = {name: _title(name, DWELLING_TABLE) for name in ("code", "entrance", "floor", "room")}
    return rows.rename(columns={"building": _("building code"), **titles})


def _buildings(workspace: Workspace, households: pd.DataFrame) -> pd.DataFrame:
    """One row a building with the estate and group of its address, and what lives in it."""
    rows = workspace.read("building", columns=["name", "address", "mini_area_uid", "use"])
    rows = pd.DataFrame(rows)
    minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
    codes = workspace.read("census_area", columns=["code"])["code"]
    rows["census_area"] = rows["mini_area_uid"].map(minis).map(codes).fillna("").astype(object)
    texts = [f"{a or ''}{n or ''}" for a, n in zip(rows["address"], rows["name"], strict=True)]
    read = {text: read_where(text).place for text in set(texts)}
    rows["estate"] = [min(read[text].sites, default="") for text in texts]
    rows["group"] = [read[text].group or "" for text in texts]
    dwellings = workspace.read("dwelling", columns=["building_uid"])["building_uid"]
    rows["buildings"] = 1
    rows["dwellings"] = dwellings.value_counts().reindex(rows.index).fillna(0).astype("int64")
    by_building = households.groupby("building_uid")
    rows["households"] = by_building.size().reindex(rows.index).fillna(0).astype("int64")
    rows["persons"] = by_building[_PRESENT].sum().reindex(rows.index).fillna(0).astype("int64")
    return rows


def _summary(buildings: pd.DataFrame, keys: list[str], *, drop_empty: str) -> tuple[pd.DataFrame, list[str]]:
    counts = ["buildings", "dwellings", "households", "persons"]
    rows = buildings[buildings[drop_empty] != ""].groupby(keys, sort=True)[counts].sum().reset_index()
    titles = {"census_area": _("census area code"), "estate": _("estate"), "group": _("group"), **_count_titles()}
    return rows.rename(columns=titles), [titles[name] for name in counts]


def _count_titles() -> dict[str, str]:
    return {
        "buildings": _("buildings"),
        "dwellings": _("dwelling units"),
        "households": _("households"),
        "persons": _("persons"),
    }


def _by_village(workspace: Workspace, households: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    areas = workspace.read("census_area", columns=["code", "name"])
    groups = households.groupby("census_area_uid")
    rows = pd.DataFrame({"code": areas["code"], "name": areas["name"]}, index=areas.index)
    rows["households"] = groups.size().reindex(rows.index).fillna(0).astype("int64")
    for name in COUNTS:
        rows[name] = groups[name].sum().reindex(rows.index).fillna(0).astype("int64")
    titles = {
        "code": _("census area code"),
        "name": _("census area name"),
        "households": _("households"),
        **{name: _title(name) for name in COUNTS},
    }
    return rows.rename(columns=titles).reset_index(drop=True), [titles[name] for name in ("households", *COUNTS)]
