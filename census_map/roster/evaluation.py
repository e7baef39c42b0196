"""
The evaluation sheet: a village's own totals beside each department's, the difference, and whether it is plausible.

A difference is plausible when it is within the profile's share of the department's total, or within a few persons
(`Profile.plausibility`). Births and deaths below the department's are never waved through by the share: each one that
is missing is traced (docs/rules.md M04), so only `missing_births` and `missing_deaths` may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.profile import Plausibility, Profile
from census_map.roster.census_areas import AreaFinder, areas_of_households
from census_map.roster.comparison_book import DEPARTMENTS
from census_map.roster.departments import department_kind, read_department
from census_map.roster.likely_names import shown_file
from census_map.roster.listing import OTHER, Listing, ListKind, columns_text, read_listing, roster_fields
from census_map.roster.read import NoRows
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.text import number_value
from census_map.roster.workbook import SheetSpec
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

MEASURES: dict[str, str] = {
    "registered": N_("registered population"),
    "resident": N_("resident population"),
    "births": N_("births"),
    "deaths": N_("deaths"),
    "moved_in": N_("moved in"),
    "moved_out": N_("moved out"),
}
TOTALS = ListKind(
    "totals",
    N_("totals by village"),
    # A list of persons is told from totals by the columns of a person.
    {**OTHER, **roster_fields("census_area", "head", "identity", "birth"), **MEASURES},
    telling=("census_area",),
    needed=(("census_area",), tuple(MEASURES)),
)
# What the persons of a department's list are counted as, where it is no list of totals.
_COUNTED = {"police": "registered", "births": "births", "deaths": "deaths"}
_OURS = {"registered": "registered", "resident": "h2a"}
_VACANT_CLASS = 8


@dataclass(frozen=True)
class DepartmentTotals:
    """
    A department's totals.

    Attributes
    ----------
    department
        Of `comparison_book.DEPARTMENTS`.
    totals
        Indexed by uid of the census area: columns of `MEASURES`, missing where not given.
    problems
        What could not be read or placed.
    """

    department: str
    totals: pd.DataFrame
    problems: tuple[RosterProblem, ...]


def own_totals(workspace: Workspace) -> pd.DataFrame:
    """
    Give our own totals by census area.

    Returns
    -------
    totals
        Indexed by uid of the census area: columns of `MEASURES`. Births, deaths and movers are those told at the
        visits; missing where nothing was told in the village.
    """
    counts = ["registered", "h2a", "births", "deaths", "moved_in", "moved_out"]
    rows = workspace.read("household", columns=["census_area_uid", "building_uid", "class", *counts])
    rows = rows[(rows["class"] != _VACANT_CLASS).fillna(value=True).astype(bool)]
    areas = workspace.read("census_area", columns=["code"]).index
    sums = rows.groupby(areas_of_households(workspace, rows))[counts].sum(min_count=1)
    return pd.DataFrame(
        {measure: sums[_OURS.get(measure, measure)].reindex(areas).astype("Int64") for measure in MEASURES},
        index=areas,
    )


def read_department_totals(
    workspace: Workspace, path: Path, department: str, *, report: Report = silent
) -> DepartmentTotals:
    """
    Read a department's totals by village, or count its list of persons by village.

    Parameters
    ----------
    workspace
        Open; gives the census areas.
    path
        A sheet with a row a village and columns of totals; otherwise a list of persons, whose village stands in a
        column, the address, or the name of the sheet.
    department
        Of `comparison_book.DEPARTMENTS`; a list is counted as registered (police), births, deaths or residents.

    Raises
    ------
    InputError
        The file is neither.
    """
    finder = AreaFinder(
        workspace.read("census_area", columns=["code", "name"]),
        workspace.read("mini_area", columns=["code", "census_area_uid"]),
    )
    listing = _read_either(path, department, workspace.profile, report)
    find = _village_of(listing, finder)
    areas = pd.Series(find, index=listing.rows.index, dtype=object)
    for row in areas.index[areas.isna()]:
        listing.fault(
            row, "census_area", "census-area-unknown", _("The census area is not in the workspace."),
            _("Correct its name or code; the row was not counted."), severity="warning",
        )  # fmt: skip
    if listing.kind is TOTALS:
        values = _cells(listing).groupby(areas).sum(min_count=1)
    else:
        values = areas.value_counts().to_frame(_COUNTED.get(department, "resident"))
    known = workspace.read("census_area", columns=["code"]).index
    totals = values.reindex(index=known, columns=list(MEASURES)).astype("Int64")
    return DepartmentTotals(department, totals, tuple(listing.problems))


def _read_either(path: Path, department: str, profile: Profile, report: Report) -> Listing:
    """Read as totals where the sheet has a column of totals and none of persons, else as a list of persons."""
    department_kind(department)  # an unknown one is refused before anything is read
    try:
        listing = read_listing(path, TOTALS, profile, report=portion(report, 0, 0.5))
    except NoRows:
        raise
    except InputError as neither:
        try:
            return read_department(path, department, profile, report=portion(report, 0.5, 1))
        except NoRows:
            raise
        except InputError as error:
            if str(error) == str(neither):  # it is no table at all
                raise
            raise InputError(_neither(shown_file(path.name), department)) from error
    if listing.has("head") or listing.has("identity"):
        return read_department(path, department, profile, report=portion(report, 0.5, 1))
    return listing


def _neither(file: str, department: str) -> str:
    kind = department_kind(department)
    return _(
        "“{file}” holds neither totals by village nor a list of persons. Give it a header row: for totals {totals}; "
        "for persons {persons}."
    ).format(file=file, totals=columns_text(TOTALS.needed, TOTALS), persons=columns_text(kind.needed, kind))


def _village_of(listing: Listing, finder: AreaFinder) -> list[str | None]:
    rows = listing.rows
    if listing.kind is TOTALS:
        return [finder.find(text) for text in rows["census_area"]]
    cells = zip(rows["census_area"], rows["mini_area"], rows["address"], rows["heading"], rows["title"], strict=True)
    return [
        finder.find(area) or finder.find(mini) or finder.find_in_address(address) or finder.find(heading)
        or finder.find(title)
        for area, mini, address, heading, title in cells
    ]  # fmt: skip


def _cells(listing: Listing) -> pd.DataFrame:
    values = {
        name: pd.array(
            listing.read_column(
                name, number_value, "count-unreadable", _("The number of persons cannot be read."),
                _("Type a whole number."),
            ),
            dtype="Int64",
        )
        for name in MEASURES
    }  # fmt: skip
    return pd.DataFrame(values, index=listing.rows.index)


def is_plausible(measure: str, ours: int, theirs: int, limits: Plausibility) -> bool:
    """
    Tell whether our total may stand beside a department's.

    Parameters
    ----------
    measure
        Of `MEASURES`.
    ours, theirs
        Totals of one village.
    limits
        Of the profile.
    """
    missing = {"births": limits.missing_births, "deaths": limits.missing_deaths}
    if measure in missing and ours < theirs:
        return theirs - ours <= missing[measure]
    share: float = getattr(limits, measure)
    return abs(ours - theirs) <= max(limits.least, share * theirs)


def evaluate(workspace: Workspace, departments: list[DepartmentTotals]) -> pd.DataFrame:
    """
    Put our totals beside the departments'.

    Returns
    -------
    rows
        One row a village, measure and department that gives it: `census_area` (code), `name`, `measure`,
        `department`, `ours`, `theirs`, `difference` (ours - theirs), `plausible` (missing where we have no total).
    """
    ours = own_totals(workspace)
    areas = workspace.read("census_area", columns=["code", "name"])
    limits = workspace.profile.plausibility
    rows = []
    for uid, measure in ((uid, measure) for uid in areas.index for measure in MEASURES):
        own = ours.at[uid, measure]
        for source in departments:
            theirs = source.totals.at[uid, measure]
            if pd.isna(theirs):
                continue
            known = not pd.isna(own)
            rows.append(
                {
                    "census_area": areas.at[uid, "code"],
                    "name": areas.at[uid, "name"],
                    "measure": measure,
                    "department": source.department,
                    "ours": int(own) if known else None,
                    "theirs": int(theirs),
                    "difference": int(own - theirs) if known else None,
                    "plausible": is_plausible(measure, int(own), int(theirs), limits) if known else None,
                }
            )
    columns = ["census_area", "name", "measure", "department", "ours", "theirs", "difference", "plausible"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("ours", "theirs", "difference"), "Int64"))


def evaluation_sheets(rows: pd.DataFrame, profile: Profile) -> list[SheetSpec]:
    """Make the evaluation sheet, and one that says what counts as plausible."""
    words = {True: _("plausible"), False: _("not plausible")}
    shown = pd.DataFrame(
        {
            _("census area code"): rows["census_area"],
            _("census area name"): rows["name"],
            _("figure"): [_(MEASURES[measure]) for measure in rows["measure"]],
            _("department"): [_(DEPARTMENTS[name][0]) for name in rows["department"]],
            _("our total"): rows["ours"],
            _("its total"): rows["theirs"],
            _("difference"): rows["difference"],
            _("verdict"): [
                _("not counted by us yet") if pd.isna(verdict) else words[bool(verdict)]
                for verdict in rows["plausible"]
            ],
        }
    )
    limits = profile.plausibility
    traced: Mapping[str, int] = {"births": limits.missing_births, "deaths": limits.missing_deaths}
    rules = pd.DataFrame(
        {
            _("figure"): [_(title) for title in MEASURES.values()],
            _("allowed share of its total"): [float(getattr(limits, name)) for name in MEASURES],
            _("allowed in any case, persons"): [limits.least] * len(MEASURES),
            _("may be missing, persons"): [traced.get(name) for name in MEASURES],
        }
    ).astype({_("may be missing, persons"): "Int64"})
    note = _("Open version, without names")
    return [
        SheetSpec(_("evaluation"), _("Our totals beside the departments'"), shown, note=note),
        SheetSpec(
            _("limits"), _("What counts as plausible"), rules, note=_("From the profile; an office may change it")
        ),
    ]
