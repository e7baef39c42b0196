"""
The monthly update: a new version of the roster against the last; what was added, gone and changed, by mini-area.

Numbers stand: a known household keeps the number it has, whatever the new version says; one that is gone keeps its
own, so that nobody else gets it; a new one takes the largest of its mini-area plus one (docs/domain.md section 3). The
report's open version masks names and leaves out what was said of identity numbers, phones, addresses and remarks.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.codes import LAST_HOUSEHOLD, child_code
from census_map.i18n import N_, _
from census_map.roster.headers import BESIDE_TITLE, FIELDS
from census_map.roster.import_problems import gone_problems, in_order
from census_map.roster.importing import ImportPlan, RosterImport, apply_import, plan_import
from census_map.roster.link import link_roster
from census_map.roster.matching import BESIDE, place_columns
from census_map.roster.read import Roster, read_roster
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.vault import VALUES, Vault
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import place_households
from census_map.schema import HOUSEHOLD_CLASS, HOUSEHOLD_KIND, HOUSEHOLD_TABLE, PRESENCE
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

_KINDS = {"added": N_("added"), "gone": N_("gone"), "changed": N_("changed")}
_COLUMNS = ("uid", "what", "field", "before", "after")
_CHOICES: dict[str, Mapping[Any, str]] = {
    "kind": dict(HOUSEHOLD_KIND),
    "class": dict(HOUSEHOLD_CLASS),
    "presence": dict(PRESENCE),
}


@dataclass(frozen=True)
class RosterUpdate:
    """
    What a new version of the roster changes.

    Attributes
    ----------
    done
        What was taken over; None when the update was only looked at.
    file, problems
        Name of the new version, and what is wrong in it.
    changes
        One row a household and field: `uid`, `what` (added, gone, changed), `field`, `before`, `after`. **Personal
        data**: `update_sheets` leaves it out.
    kept
        Known households whose number the new version would have changed.
    numbered
        New households that were given a number.
    places
        The households' codes and places, see `worklists.place_households`.
    heads
        Heads of household by uid. **Personal data.**
    """

    done: RosterImport | None
    file: str
    problems: tuple[RosterProblem, ...]
    changes: pd.DataFrame
    kept: int
    numbered: int
    places: pd.DataFrame
    heads: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Give the counts for `--json`; holds no personal data."""
        counts = self.by_mini_area()
        households = self.changes.drop_duplicates(["uid", "what"])["what"].value_counts()
        return {
            "applied": self.done is not None,
            **{kind: int(households.get(kind, 0)) for kind in _KINDS},
            "numbers_kept": self.kept,
            "numbers_given": self.numbered,
            "mini_areas": counts.reset_index().to_dict(orient="records"),
            "problems": [asdict(problem) for problem in self.problems],
        }

    def by_mini_area(self) -> pd.DataFrame:
        """Count households by code of the mini-area (empty text: not linked): `added`, `gone`, `changed`."""
        each = self.changes.drop_duplicates(["uid", "what"])
        codes = each["uid"].map(self.places["mini_area"]).fillna("").astype(object)
        table = each.groupby([codes.rename("mini_area"), "what"]).size().unstack(fill_value=0)
        return table.reindex(columns=list(_KINDS), fill_value=0).sort_index()


def update_roster(
    workspace: Workspace,
    vault: Vault,
    path: Path,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    apply: bool = True,
    report: Report = silent,
) -> RosterUpdate:
    """
    Update the roster with a new version of its file.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    path, sheet, mapping
        As for `importing.import_roster`.
    apply
        Take the changes over, link the new households and number them; otherwise only find out what would change.

    Raises
    ------
    InputError
        The file cannot be read as a roster; nothing is changed.
    """
    roster = read_roster(path, workspace.profile, sheet=sheet, mapping=mapping, report=portion(report, 0, 0.2))
    return take_update(workspace, vault, roster, apply=apply, report=portion(report, 0.2, 1))


def take_update(
    workspace: Workspace, vault: Vault, roster: Roster, *, apply: bool = True, report: Report = silent
) -> RosterUpdate:
    """Update the roster with a new version that was read already, see `update_roster`."""
    plan = plan_import(workspace, vault, roster, report=portion(report, 0, 0.3))
    plan, offered, kept = _with_old_numbers(plan)
    codes = workspace.read("census_area", columns=["code"])["code"].to_dict()
    changes, heads = _changes(plan, vault, codes)
    done, numbered = None, 0
    gone = gone_problems(roster, plan.known, plan.gone, remove_gone=False)
    problems = tuple(in_order(plan.problems + gone, roster))
    if apply:
        done = apply_import(workspace, vault, plan, report=portion(report, 0.3, 0.55))
        link_roster(workspace, vault, report=portion(report, 0.55, 0.9))
        numbered = _number_new(workspace, plan.added, offered)
    places = place_households(workspace)
    report(1.0, "")
    return RosterUpdate(done, roster.file, problems, changes, kept, numbered, places, heads)


def _with_old_numbers(plan: ImportPlan) -> tuple[ImportPlan, pd.Series, int]:
    """Let known households keep their numbers, and new ones wait for theirs."""
    rows = plan.rows.copy()
    again = rows.index.intersection(plan.stored, sort=False)
    old = plan.known.loc[again, "number"]
    kept = (old.notna() & rows.loc[again, "number"].notna() & (old != rows.loc[again, "number"])).fillna(value=False)
    rows.loc[again, "number"] = old.where(old.notna(), rows.loc[again, "number"])
    offered = rows.loc[plan.added, "number"].copy()
    rows.loc[plan.added, "number"] = pd.NA
    has_old = set(old.index[old.notna()])
    changes = []
    for change in plan.changes:
        columns = [name for name in change["columns"] if name != "number" or change["uid"] not in has_old]
        if columns:
            changes.append({**change, "columns": columns})
    return replace(plan, rows=rows, changes=changes), offered, int(kept.sum())


def _changes(plan: ImportPlan, vault: Vault, areas: Mapping[Any, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    touched = [change["uid"] for change in plan.changes]
    before = vault.read(VALUES, reason=_("monthly update: what was said before"), uids=[*touched, *plan.gone])
    rows: list[tuple[str, str, str, Any, Any]] = []
    for change in plan.changes:
        uid = change["uid"]
        for name in change["columns"]:
            if name in VALUES:
                old, new = before.at[uid, name], plan.values.at[uid, name]
            elif name == "beside":
                old, new = (_beside(frame.at[uid, "place"]) for frame in (before, plan.values))
            elif name == "census_area_uid":
                old, new = (areas.get(frame.at[uid, name]) for frame in (plan.known, plan.rows))
            else:
                old, new = plan.known.at[uid, name], plan.rows.at[uid, name]
            rows.append((uid, "changed", name.removesuffix("_uid"), old, new))
    rows += [(uid, "added", "", None, None) for uid in plan.added]
    rows += [(uid, "gone", "", None, None) for uid in plan.gone]
    heads = {uid: plan.values.at[uid, "head"] for uid in [*touched, *plan.added]}
    heads |= {uid: before.at[uid, "head"] for uid in plan.gone if uid in before.index}
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(object), heads


def _beside(place: str) -> str:
    cells = place_columns(place)
    return " ".join(cells[name] for name in BESIDE if cells[name])


def _number_new(workspace: Workspace, added: pd.Index, offered: pd.Series) -> int:
    """Give new households the largest number of their mini-area plus one; where it has none yet, the roster's own."""
    rows = place_households(workspace)
    largest = _largest_numbers(workspace, rows)
    digits = workspace.profile.codes.household
    given: dict[str, tuple[int, str | None]] = {}
    for uid in added:
        mini = rows.at[uid, "mini_area"]
        if isinstance(mini, str) and mini in largest:
            largest[mini] += 1
            if largest[mini] <= LAST_HOUSEHOLD:
                given[uid] = (largest[mini], child_code(mini, largest[mini], digits))
        elif not pd.isna(offered[uid]):
            given[uid] = (int(offered[uid]), None)
    if given:
        frame = pd.DataFrame.from_dict(given, orient="index", columns=["number", "code"])
        frame["number"] = frame["number"].astype("Int64")
        with workspace.transaction(_("numbers of new households")) as write:
            write.update("household", frame)
    return len(given)


def _largest_numbers(workspace: Workspace, rows: pd.DataFrame) -> dict[str, int]:
    """Give the largest number ever used in each mini-area; removed households count too."""
    numbered = rows[rows["number"].notna() & rows["mini_area"].notna()]
    ordinary = numbered[(numbered["number"] <= LAST_HOUSEHOLD).astype(bool)]
    largest = {str(code): int(number) for code, number in ordinary.groupby("mini_area")["number"].max().items()}
    minis = workspace.read("mini_area", columns=["code"])["code"]
    owner = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"].map(minis)
    where = "row_table = 'household' AND action = 'delete'"
    for text in workspace.read("history", columns=["old"], where=where)["old"]:
        old = json.loads(text)
        mini = owner.get(old.get("building_uid"))
        number = old.get("number")
        if isinstance(mini, str) and number is not None and number <= LAST_HOUSEHOLD:
            largest[mini] = max(largest.get(mini, 0), int(number))
    return largest


def update_sheets(update: RosterUpdate, *, names: bool = False) -> list[SheetSpec]:
    """
    Make the report's sheets: counts by mini-area, and what was added, gone and changed.

    Parameters
    ----------
    names
        Write names and values; otherwise no part of a name or of another personal value.
    """
    note = _("With names: lock it away, destroy it after use") if names else _("Open version, without names")
    titles = {kind: _(title) for kind, title in _KINDS.items()}
    counts = update.by_mini_area().reset_index().rename(columns={"mini_area": _("mini-area code"), **titles})
    counts[_("mini-area code")] = counts[_("mini-area code")].replace({"": _("without a place on the map")})
    sheets = [SheetSpec(_("counts"), _("Update of the roster"), counts, totals=list(titles.values()), note=note)]
    for kind, title in titles.items():
        rows = update.changes[update.changes["what"] == kind]
        shown = _placed(update, rows["uid"].tolist(), names=names)
        if kind == "changed":
            shown[_("what")] = [_field_title(name) for name in rows["field"]]
            for column, name in ((_("before"), "before"), (_("after"), "after")):
                shown[column] = [
                    _value(field, value, names=names) for field, value in zip(rows["field"], rows[name], strict=True)
                ]
        sheets.append(SheetSpec(title, f"{_('Update of the roster')}: {title}", shown, note=note))
    return sheets


def _placed(update: RosterUpdate, uids: list[str], *, names: bool) -> pd.DataFrame:
    places = update.places.reindex(uids)
    columns = ("census_area", "mini_area", "code", "number", "building", "source", "source_row")
    titles = {
        "census_area": _("census area code"),
        "mini_area": _("mini-area code"),
        "building": _("building code"),
        **{name: HOUSEHOLD_TABLE.title_of(name) for name in ("code", "number", "source", "source_row")},
    }
    shown = places[list(columns)].rename(columns=titles).reset_index(drop=True)
    if names:
        shown.insert(4, _("head of household"), [update.heads.get(uid, "") for uid in uids])
    return shown


def _field_title(name: str) -> str:
    if name == "place":
        return _("building, entrance, floor, room")
    if name == "beside":
        return _(BESIDE_TITLE)
    return _(FIELDS[name]) if name in FIELDS else HOUSEHOLD_TABLE.title_of(name)


def _value(field: str, value: Any, *, names: bool) -> Any:
    if value is None or pd.isna(value) or value == "":
        return None
    if field == "place":
        return " ".join(filter(None, place_columns(str(value)).values())) if names else "***"
    if field in VALUES or field == "beside":
        return value if names else "***"
    if field == "census_area":
        return value
    return _(_CHOICES[field][value]) if field in _CHOICES else int(value)
