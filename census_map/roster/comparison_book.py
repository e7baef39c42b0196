"""
What a comparison with a department's list comes to, as a workbook: counts, mini-areas, whom to visit, what differs.

Without names every row says where it stands: the row of the roster, the row of the list. Names and addresses are added
only when they are asked for; the reading of the vault is logged (docs/domain.md section 7, M03, M04).
"""

from collections.abc import Mapping

import pandas as pd

from census_map.i18n import N_, _
from census_map.roster.census_areas import areas_of_households
from census_map.roster.compare import CONFLICTS, STAGE_TITLES, STAGES, Comparison, counts_by_mini_area
from census_map.roster.headers import FIELDS
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec
from census_map.workspace import Workspace

# What the difference with each kind of list asks for: the side that is visited, and why.
DEPARTMENTS: dict[str, tuple[str, str, str]] = {
    "police": (
        N_("household registration (police)"),
        "only_list",
        N_("Registered here, not on the roster: visit."),
    ),
    "social_security": (N_("social security"), "only_list", N_("Pays or draws here, but is not on the roster: visit.")),
    "medical_insurance": (N_("medical insurance"), "only_list", N_("Insured here, but not on the roster: visit.")),
    "grid": (N_("grid management"), "only_list", N_("Known to the grid, but not on the roster: visit.")),
    "education": (N_("education"), "only_list", N_("A pupil's family that is not on the roster: visit.")),
    "births": (N_("births (health)"), "only_list", N_("A birth that is not on the roster: ask and add.")),
    "deaths": (N_("deaths (civil affairs)"), "both", N_("Dead according to the list, but on the roster: ask.")),
    "utilities": (N_("water, electricity, gas"), "only_list", N_("Uses power or water, not on the roster: visit.")),
    "survey": (N_("our own survey"), "only_list", N_("Found by the other survey, not on the roster: register.")),
}
_CONFLICT_TITLES = {"name": "head"}
_PERSONAL = ("head", "address")


def comparison_summary(comparison: Comparison) -> pd.DataFrame:
    """
    Give the counts of a comparison in words.

    Returns
    -------
    counts
        One row a figure: `what` (translated), `n`.
    """
    found = comparison.as_json()
    differ = comparison.pairs[list(CONFLICTS)].any(axis=1) if len(comparison.pairs) else pd.Series([], dtype=bool)
    lines = [
        (_("in both"), found["both"]),
        *((f"    {_(STAGE_TITLES[stage])}", found["stages"][stage]) for stage in STAGES),
        (_("only on the roster"), found["only_left"]),
        (_("only on the list"), found["only_right"]),
        (_("in both, but something differs"), int(differ.sum())),
        *((f"    {conflict_title(name)}", found["conflicts"][name]) for name in CONFLICTS),
    ]
    return pd.DataFrame(lines, columns=["what", "n"])


def conflict_title(name: str) -> str:
    """Give the translated title of one of `compare.CONFLICTS`."""
    return _(FIELDS[_CONFLICT_TITLES.get(name, name)])


def comparison_sheets(
    workspace: Workspace,
    comparison: Comparison,
    listed: pd.DataFrame,
    *,
    department: str,
    vault: Vault | None = None,
) -> list[SheetSpec]:
    """
    Make the sheets of the workbook.

    Parameters
    ----------
    workspace
        Open.
    comparison
        Of the roster (left, by uid of the household) with the list (right, by sheet and row).
    listed
        The rows of the list, indexed by sheet and row: `head`, `address`. Used with names alone.
    department
        One of `DEPARTMENTS`.
    vault
        Given only when names are asked for; then names and addresses of both sides are written.
    """
    title, side, advice = DEPARTMENTS[department]
    note = _("Internal; keep confidential") if vault is None else _("With names: lock it away, destroy it after use")
    places = _household_places(workspace)
    names = None if vault is None else vault.read(_PERSONAL, reason=_("comparison with another list"))
    theirs = None if vault is None else listed
    sheets = [
        SheetSpec(
            _("result"),
            _("Comparison with: {list}").format(list=_(title)),
            comparison_summary(comparison).rename(columns={"what": _("what"), "n": _("how many")}),
            note=note,
        ),
        _areas_sheet(workspace, comparison, note),
        SheetSpec(
            _("revisit list"),
            _("Revisit list: {why}").format(why=_(advice)),
            _revisit(comparison, side, places, names, theirs),
            note=note,
        ),
        SheetSpec(
            _("only on the roster"),
            _("Households that the list does not have"),
            _ours(comparison.only_left, places, names),
            note=note,
        ),
        SheetSpec(_("differences"), _("In both, but different"), _differences(comparison, places, names), note=note),
    ]
    if side != "only_list":
        rest = _theirs(comparison.only_right, theirs)
        sheets.insert(4, SheetSpec(_("only on the list"), _("Not on the roster"), rest, note=note))
    return sheets


def _areas_sheet(workspace: Workspace, comparison: Comparison, note: str) -> SheetSpec:
    counts = counts_by_mini_area(workspace, comparison).reset_index()
    counts["mini_area"] = counts["mini_area"].where(counts["mini_area"] != "", _("without a place on the map"))
    titles = {"mini_area": _("mini-area"), "both": _("in both"), "only_roster": _("only on the roster")}
    return SheetSpec(
        _("by mini-area"),
        _("Comparison by mini-area"),
        counts.rename(columns=titles),
        totals=(titles["both"], titles["only_roster"]),
        note=note,
    )


def _household_places(workspace: Workspace) -> pd.DataFrame:
    """Say of every household where it stands: codes of the map, row of the roster."""
    rows = workspace.read("household", columns=["census_area_uid", "building_uid", "source", "source_row"])
    building = workspace.read("building", columns=["code", "mini_area_uid"])
    minis = workspace.read("mini_area", columns=["code"])["code"]
    areas = workspace.read("census_area", columns=["name"])["name"]
    return pd.DataFrame(
        {
            _("census area"): areas_of_households(workspace, rows).map(areas).astype(object),
            _("mini-area"): rows["building_uid"].map(building["mini_area_uid"]).map(minis).astype(object),
            _("building code"): rows["building_uid"].map(building["code"]).astype(object),
            _("roster"): rows["source"],
            _("row on the roster"): rows["source_row"],
        },
        index=rows.index,
    )


def _ours(uids: pd.Index, places: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    return _with_names(places.reindex(uids), names, {"head": _("head of household"), "address": _("address")})


def _theirs(rows: pd.Index, listed: pd.DataFrame | None) -> pd.DataFrame:
    keys = list(rows)
    found = pd.DataFrame(
        {_("sheet of the list"): [sheet for sheet, _row in keys], _("row of the list"): [row for _sheet, row in keys]},
        index=rows,
    )
    return _with_names(found, listed, {"head": _("name on the list"), "address": _("address on the list")})


def _with_names(frame: pd.DataFrame, names: pd.DataFrame | None, titles: Mapping[str, str]) -> pd.DataFrame:
    if names is None:
        return frame
    added = {title: names[name].reindex(frame.index).fillna("").astype(object) for name, title in titles.items()}
    return frame.assign(**added)


def _revisit(
    comparison: Comparison, side: str, places: pd.DataFrame, names: pd.DataFrame | None, listed: pd.DataFrame | None
) -> pd.DataFrame:
    if side == "only_list":
        return _theirs(comparison.only_right, listed)
    return _both(comparison.pairs, places, names)


def _both(pairs: pd.DataFrame, places: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    ours = _ours(pd.Index(pairs["left"]), places, names).reset_index(drop=True)
    keys = pairs["right"].tolist()
    return ours.assign(
        **{
            _("sheet of the list"): [sheet for sheet, _row in keys],
            _("row of the list"): [row for _sheet, row in keys],
            _("found by"): pairs["stage"].astype(object).map(lambda stage: _(STAGE_TITLES[stage])).to_numpy(),
        }
    )


def _differences(comparison: Comparison, places: pd.DataFrame, names: pd.DataFrame | None) -> pd.DataFrame:
    pairs = comparison.pairs
    pairs = pairs[pairs[list(CONFLICTS)].any(axis=1)] if len(pairs) else pairs
    fields = [
        _("; ").join(conflict_title(name) for name, flag in zip(CONFLICTS, flags, strict=True) if flag)
        for flags in pairs[list(CONFLICTS)].to_numpy().tolist()
    ]
    return _both(pairs, places, names).assign(**{_("what differs"): fields})
