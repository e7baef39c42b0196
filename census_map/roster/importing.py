"""
Take a roster into workspace and vault: what identifies people into the vault, counts and codes into the workspace.

A household that is known already is updated, never doubled; what changed is reported by uid and column, without values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from census_map.i18n import _
from census_map.roster.census_areas import AreaFinder
from census_map.roster.contradiction import is_elsewhere
from census_map.roster.families import same_families
from census_map.roster.import_problems import (
    area_problems,
    doubled_problems,
    gone_problems,
    in_order,
    number_problems,
)
from census_map.roster.keeping import is_masked, keep_counts, keep_values, kept_problems, without_twins
from census_map.roster.matching import (
    BESIDE,
    MASKED_STAGES,
    PLACE_STAGES,
    doubled_rows,
    household_hashes,
    match_households,
    person_name,
    personal_values,
    place_columns,
)
from census_map.roster.persons import read_persons
from census_map.roster.place import WhereReader
from census_map.roster.read import Roster, read_roster
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.together import changing_both
from census_map.roster.values import NOTHING, VACANT, read_values
from census_map.roster.vault import HASHES, VALUES, Vault
from census_map.task import Report, many_small_objects, portion, silent
from census_map.workspace import Workspace, Write
from census_map.workspace.frames import new_uids
from census_map.workspace.locks import standing_households

UNLINKED: Mapping[str, Any] = {"link_state": "none", "link_score": None, "building_uid": None, "dwelling_uid": None}
_VALUES = ("kind", "class", "presence", "registered", "h2a", "h2b", "number")
_COMPARED = ("census_area_uid", *_VALUES)
_EARLIER_SHARE = 0.5


@dataclass(frozen=True)
class RosterImport:
    """
    What an import did.

    Attributes
    ----------
    file
        Name of the file.
    rows, added, changed, unchanged, repeated
        Counts of rows: all, new households, known ones with a change, known ones without, repetitions left out.
    gone
        Households of an earlier version of the file that it no longer holds; kept, or removed if that was asked for.
    removed
        Whether they were removed.
    changes
        uid, row and names of the changed columns; never values.
    problems
        Everything found wrong.
    preview
        What was understood of the sheets.
    """

    file: str
    rows: int
    added: int
    changed: int
    unchanged: int
    repeated: int
    gone: tuple[str, ...]
    removed: bool
    changes: tuple[dict[str, Any], ...]
    problems: tuple[RosterProblem, ...]
    preview: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Give everything for `--json`; holds no personal data."""
        return asdict(self)


def import_roster(
    workspace: Workspace,
    vault: Vault,
    path: Path,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    remove_gone: bool = False,
    report: Report = silent,
) -> RosterImport:
    """
    Import a roster file.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    path
        xlsx, xls, ods or csv.
    sheet, mapping
        As for `read.read_roster`.
    remove_gone
        Remove the households of an earlier version of this file that it no longer holds.

    Raises
    ------
    InputError
        The file cannot be read as a roster; nothing is changed.
    """
    roster = read_roster(path, workspace.profile, sheet=sheet, mapping=mapping, report=portion(report, 0, 0.3))
    return store_roster(workspace, vault, roster, remove_gone=remove_gone, report=portion(report, 0.3, 1))


def store_roster(
    workspace: Workspace, vault: Vault, roster: Roster, *, remove_gone: bool = False, report: Report = silent
) -> RosterImport:
    """Store a roster that was read; see `import_roster`."""
    plan = plan_import(workspace, vault, roster, report=portion(report, 0, 0.5))
    return apply_import(workspace, vault, plan, remove_gone=remove_gone, report=portion(report, 0.5, 1))


@dataclass(frozen=True)
class ImportPlan:
    """
    What an import would do; nothing is written before `apply_import`.

    Attributes
    ----------
    roster
        As read.
    rows, values, hashes
        What is to be stored, by uid.
    known
        The households that workspace and vault know, by uid.
    added
        uids of the new ones.
    changes
        uid, row and names of the changed columns; never values.
    gone
        uids of the households of an earlier version of the file that it no longer holds.
    repeated
        Count of rows left out because they repeat an earlier one.
    problems
        Everything found wrong, but for the households that are gone.
    """

    roster: Roster
    rows: pd.DataFrame
    values: pd.DataFrame
    hashes: pd.DataFrame
    known: pd.DataFrame
    added: pd.Index
    changes: list[dict[str, Any]]
    gone: list[str]
    repeated: int
    problems: list[RosterProblem]

    @property
    def changed(self) -> pd.Index:
        """The known households of which something differs."""
        return pd.Index([change["uid"] for change in self.changes], dtype=object)

    @property
    def stored(self) -> pd.Index:
        """The households that the workspace holds."""
        return self.known.index[self.known["stored"]]


@many_small_objects()
def plan_import(workspace: Workspace, vault: Vault, roster: Roster, *, report: Report = silent) -> ImportPlan:
    """
    Find out what an import would add, change and miss; nothing is written but the vault's log of the reading.

    Parameters
    ----------
    workspace, vault
        Open, of the same township; both must stay as they are until `apply_import`.
    roster
        As read and, in the plugin, confirmed.
    """
    report(0.0, _("reading the cells"))
    vault.settle()
    rows, problems = _household_rows(workspace, vault, roster)
    values = personal_values(roster)
    report(0.4, _("looking for known households"))
    hashes = household_hashes(values, vault)
    rows = rows.join(hashes)
    doubled = doubled_rows(rows)
    problems += doubled_problems(roster, doubled)
    keep = rows.index.difference(doubled.index)
    rows, values, hashes = rows.loc[keep], values.loc[keep], hashes.loc[keep]
    known = _known_households(workspace, vault)
    found = _matched(vault, known, rows, values)
    gone = _gone(known, found, rows)
    problems += number_problems(roster, rows)
    # In order, so that both files grow at their ends.
    uids = found.where(found.notna(), pd.Series(sorted(new_uids(len(rows))), index=rows.index, dtype=object))
    origin = pd.Series(rows.index, index=pd.Index(uids, name="uid"))
    rows.index = values.index = hashes.index = origin.index
    again = rows.index.intersection(known.index, sort=False)
    before = vault.read(VALUES, reason=_("import: compare with the earlier roster"), uids=again) if len(again) else None
    kept = keep_counts(rows, known, origin.map(~roster.rows["kind"].isin(NOTHING)).astype(bool))
    if before is not None:
        stood = keep_values(before, values)
        renewed = pd.Index(dict.fromkeys(one.uid for one in stood), dtype=object)
        if len(renewed):
            hashes.loc[renewed, list(HASHES)] = household_hashes(values.loc[renewed], vault)
        kept += stood
    problems = without_twins(problems, kept_problems(roster, kept, origin))
    changes = _changes(known, rows, before, values)
    added = rows.index[found.isna().to_numpy()]
    return ImportPlan(roster, rows, values, hashes, known, added, changes, gone, len(doubled), problems)


def _matched(vault: Vault, known: pd.DataFrame, rows: pd.DataFrame, values: pd.DataFrame) -> pd.Series:
    """Find the known household of each row: by who it is, then by its place where it may be the same family."""
    found = match_households(known, rows)
    for stage in PLACE_STAGES:
        free, open_rows = known.index.difference(found.dropna(), sort=False), rows.index[found.isna()]
        if not len(free) or not len(open_rows):
            break
        likely = match_households(known.loc[free], rows.loc[open_rows], [stage]).dropna()
        if stage in MASKED_STAGES:
            # Address or row alone says little: the names must at least show through their masks.
            masked = (
                values.loc[likely.index, ["head", "identity"]].apply(lambda column: column.map(is_masked)).any(axis=1)
            )
            likely = likely[masked.to_numpy(dtype=bool)]
        if not len(likely):
            continue
        reason = _("import: whether the same family lives there")
        before = vault.read(["head", "identity", "phone", "address"], reason=reason, uids=likely)
        members = {
            uid: {person_name(person["name"]) for person in people}
            for uid, people in read_persons(vault, reason=reason).items()
        }
        vacant = (rows.loc[likely.index, "class"] == VACANT).fillna(value=False)
        same = same_families(likely, before, values.loc[likely.index], vacant, members).dropna()
        found.loc[same.index] = same
    return found


@many_small_objects()
def apply_import(
    workspace: Workspace, vault: Vault, plan: ImportPlan, *, remove_gone: bool = False, report: Report = silent
) -> RosterImport:
    """Carry out what `plan_import` has found; see `import_roster`."""
    roster = plan.roster
    report(0.0, _("writing the households"))
    removed = plan.gone if remove_gone else []
    with changing_both(workspace, vault, _("import of the roster {file}").format(file=roster.file)) as write:
        _write_households(write, plan, removed, standing_households(workspace))
        report(0.6, _("encrypting"))
        _write_vault(vault, plan, removed)
        report(1.0, "")
    problems = plan.problems + gone_problems(roster, plan.known, plan.gone, remove_gone=remove_gone)
    return RosterImport(
        file=roster.file,
        rows=len(roster.rows),
        added=len(plan.added),
        changed=len(plan.changes),
        unchanged=len(plan.rows) - len(plan.added) - len(plan.changes),
        repeated=plan.repeated,
        gone=tuple(plan.gone),
        removed=bool(removed),
        changes=tuple(plan.changes),
        problems=tuple(in_order(problems, roster)),
        preview=roster.preview(),
    )


def source_file(vault: Vault, roster: Roster) -> str:
    """Name the file that households come from; one whose name may be a person's by a key that the vault alone makes."""
    if roster.file == roster.name:
        return roster.file
    key = vault.hash_text("file", roster.name)
    assert key is not None
    return key[:4].hex() + Path(roster.name).suffix


def _household_rows(workspace: Workspace, vault: Vault, roster: Roster) -> tuple[pd.DataFrame, list[RosterProblem]]:
    values, problems = read_values(roster)
    rows = values[list(_VALUES)].copy()
    finder = AreaFinder(
        workspace.read("census_area", columns=["code", "name"]),
        workspace.read("mini_area", columns=["code", "census_area_uid"]),
    )
    areas: list[str | None] = []
    texts = (roster.rows[name] for name in ("census_area", "mini_area", "address", "heading", "title"))
    for area, mini, address, heading, title in zip(*texts, strict=True):
        areas.append(
            finder.find(area)
            or finder.find(mini)
            or finder.find_in_address(address)
            or (finder.find_in_address(heading) if heading else None)
            or finder.find(title)
        )
    rows["census_area_uid"] = pd.Series(areas, index=rows.index, dtype=object)
    problems += area_problems(roster, rows["census_area_uid"])
    file = source_file(vault, roster)
    rows["source"] = [f"{file}:{sheet}" if sheet else file for sheet in roster.rows["sheet"]]
    rows["source"] = rows["source"].astype(object)
    rows["source_row"] = roster.rows["row"].astype("Int64")
    _registered_elsewhere(workspace, roster, rows)
    return rows, [*roster.problems, *problems]


def _registered_elsewhere(workspace: Workspace, roster: Roster, rows: pd.DataFrame) -> None:
    """Where a row says nothing of presence, the registered address beside the present one tells it."""
    texts = roster.rows["registered_address"]
    unsaid = rows.index[rows["presence"].isna() & (texts != "").to_numpy()]
    if not len(unsaid):
        return
    township = workspace.read("township", columns=["province", "prefecture", "county"])
    own = {str(name) for name in township.iloc[0] if isinstance(name, str)} if len(township) else set()
    reader, columns = WhereReader(), ("building", "entrance", "floor", "room")
    rows["presence"] = rows["presence"].astype(object)
    for row in unsaid:
        cells = roster.rows.loc[row]
        if is_elsewhere(texts[row], cells["address"], {name: cells[name] for name in columns}, reader, own):
            rows.at[row, "presence"] = "registered_elsewhere"


def _known_households(workspace: Workspace, vault: Vault) -> pd.DataFrame:
    columns = [*_COMPARED, "source", "source_row", "link_by_hand", "dwelling_uid", "building_uid", "link_state"]
    stored = workspace.read("household", columns=columns)
    hashes = vault.read_hashes()
    # A household that only the vault knows is of a newer copy of the workspace, or of one that was lost.
    known = hashes.join(stored)
    known["stored"] = known.index.isin(stored.index)
    known["visited"] = known.index.isin(workspace.read("visit", columns=["household_uid"])["household_uid"])
    return known


def _gone(known: pd.DataFrame, found: pd.Series, rows: pd.DataFrame) -> list[str]:
    """Find the households of an earlier version of the file: of the same sheets, or of sheets mostly found again."""
    matched = known.index.isin(found.dropna())
    sources = set(rows["source"])
    share = pd.Series(matched, index=known.index).groupby(known["source"].astype(object)).mean()
    earlier = sources | set(share.index[share >= _EARLIER_SHARE])
    return [str(uid) for uid in known.index[~matched & known["source"].isin(earlier).to_numpy()]]


def _changes(
    known: pd.DataFrame, rows: pd.DataFrame, before: pd.DataFrame | None, values: pd.DataFrame
) -> list[dict[str, Any]]:
    """List the known households of which something differs, with the names of the columns."""
    again = rows.index.intersection(known.index[known["stored"]], sort=False)
    if not len(again) or before is None:
        return []
    old, new = known.loc[again], rows.loc[again]
    differs: dict[str, np.ndarray[Any, Any]] = {}
    for name in _COMPARED:
        left, right = old[name].astype(object), new[name].astype(object)
        same = (left == right) | (left.isna() & right.isna())
        differs[name] = ~same.fillna(value=False).to_numpy(dtype=bool)
    for name in VALUES:
        differs[name] = (before[name].reindex(again).fillna("") != values[name].loc[again]).to_numpy(dtype=bool)
    differs["place"] = differs["place"].copy()
    differs["beside"] = _differs_beside(differs["place"], before["place"].reindex(again), values["place"].loc[again])
    table = pd.DataFrame(differs, index=again)
    hit = table[table.any(axis=1)]
    names = np.array(table.columns, dtype=object)
    return [
        {"uid": str(uid), "row": int(new.loc[uid, "source_row"]), "columns": names[flags].tolist()}
        for uid, flags in zip(hit.index, hit.to_numpy(), strict=True)
    ]


def _differs_beside(differs: np.ndarray[Any, Any], before: pd.Series, now: pd.Series) -> np.ndarray[Any, Any]:
    """Tell where the place is the same and only what stands beside it differs; takes it out of the places."""
    beside = np.zeros(len(differs), dtype=bool)
    for at in np.flatnonzero(differs):
        old, new = place_columns(before.iloc[at] or ""), place_columns(now.iloc[at])
        differs[at] = any(old[name] != new[name] for name in old if name not in BESIDE)
        beside[at] = any(old[name] != new[name] for name in BESIDE)
    return beside


def _write_vault(vault: Vault, plan: ImportPlan, removed: list[str]) -> None:
    fresh = plan.rows.index.difference(plan.stored, sort=False).union(plan.changed, sort=False)
    vault.write(plan.values.loc[fresh], plan.hashes.loc[fresh, list(HASHES)])
    vault.remove(removed)
    vault.log("import", len(plan.rows), plan.roster.file)


def _write_households(write: Write, plan: ImportPlan, removed: list[str], standing: pd.Index) -> None:
    rows, known, stored = plan.rows, plan.known, plan.stored
    columns = [*_COMPARED, "source", "source_row"]
    new = rows.loc[rows.index.difference(stored, sort=False), columns]
    write.insert("household", new.assign(link_state="none", link_by_hand=False))
    again = rows.loc[rows.index.intersection(stored, sort=False), columns].copy()
    before = known.loc[again.index, ["source", "source_row"]]
    moved = before.ne(again[["source", "source_row"]]).any(axis=1).fillna(value=True).to_numpy(dtype=bool)
    write.update("household", again.loc[moved | again.index.isin(plan.changed)])
    # One that a lock keeps where it is stays there; its new address is among the changes that are told.
    loose = [uid for uid in _moved_households(plan.changes, known) if uid not in standing]
    unlinked = pd.DataFrame([dict(UNLINKED, link_reason="address-changed")] * len(loose), index=loose)
    write.update("household", unlinked)
    write.delete("household", [uid for uid in removed if uid in set(stored)])


def _moved_households(changes: list[dict[str, Any]], known: pd.DataFrame) -> list[str]:
    """Find the households whose address changed: their link is made anew, unless it was made by hand."""
    place = {"address", "place", "census_area_uid"}
    by_hand = known["link_by_hand"].fillna(value=False).astype(bool)
    return [c["uid"] for c in changes if place & set(c["columns"]) and not by_hand[c["uid"]]]


def vault_names(vault: Vault, *, reason: str) -> pd.Series:
    """Read the heads of household for a restricted list or sheet; logged. Empty text for none."""
    heads = vault.read(["head"], reason=reason)["head"]
    return heads.where(heads.map(person_name) != "", "")


def vault_addresses(vault: Vault, *, reason: str, uids: Iterable[str] | None = None) -> pd.DataFrame:
    """
    Read where the roster says that households live, all or some of them; logged.

    Returns
    -------
    places
        Indexed by uid: `address`, `census_area`, `mini_area`, `building`, `entrance`, `floor`, `room`, `heading`.
    """
    stored = vault.read(["address", "place"], reason=reason, uids=uids)
    columns = [*place_columns("")]
    cells = [place_columns(place) for place in stored["place"]]
    places = pd.DataFrame(cells, index=stored.index, columns=columns, dtype=object)
    places.insert(0, "address", stored["address"])
    return places
