"""
The roster's verbs as its windows call them: paths and choices in, plain results out, no QGIS.

All of them run in the library's own thread. Workspace and vault are opened there and closed again, but for a sitting
of linking by hand, which keeps them open (`open_sitting`).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from census_map.errors import Cancelled, InputError
from census_map.i18n import _
from census_map.progress import last_change
from census_map.roster.by_hand import HandLinking
from census_map.roster.compare import (
    Comparison,
    compare_keys,
    counts_by_mini_area,
    roster_keys,
    vault_hasher,
)
from census_map.roster.comparison_book import comparison_sheets, comparison_summary
from census_map.roster.departments import department_keys, department_kind
from census_map.roster.importing import ImportPlan, RosterImport, apply_import, plan_import, vault_names
from census_map.roster.link import RosterLink, link_roster
from census_map.roster.preview import RosterFile, SheetChoice
from census_map.roster.vault import Vault, vault_path
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.roster.worklists import (
    missed_households,
    state_title,
    unlinked_households,
    vacant_dwellings,
    with_names,
)
from census_map.task import Report, portion
from census_map.workspace import Workspace

if TYPE_CHECKING:
    from census_map.roster.read import Roster

Choices = Mapping[str, SheetChoice]


@dataclass(frozen=True)
class Planned:
    """What importing some files would do: the plan of each, and the last change of the workspace it is based on."""

    plans: tuple[ImportPlan, ...]
    change: int


@dataclass(frozen=True)
class Outcome:
    """What a comparison comes to, as rows for tables: counts in words, and counts by mini-area."""

    counts: tuple[tuple[str, int], ...]
    areas: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Compared:
    """A comparison with the list it was made with: the name of the list's file, and the rows of the list."""

    comparison: Comparison
    file: str
    listed: pd.DataFrame
    outcome: Outcome


def open_files(path: Path, files: Sequence[Path], report: Report, *, department: str | None = None) -> list[RosterFile]:
    """Read the cells of files, rosters or lists of a department, to look at their sheets."""
    kind = None if department is None else department_kind(department)
    with Workspace.open(path) as workspace:
        profile = workspace.profile
    share = 1 / len(files)
    return [
        RosterFile(file, profile, kind=kind, report=portion(report, place * share, (place + 1) * share))
        for place, file in enumerate(files)
    ]


def try_passphrase(path: Path, passphrase: str, *, new: bool) -> None:
    """
    Open the vault of a workspace, or make it.

    Raises
    ------
    VaultError
        Wrong passphrase; or the vault was tampered with; two different messages.
    """
    place = vault_path(path)
    (Vault.create if new else Vault.open)(place, passphrase).close()


def plan(
    path: Path, passphrase: str, files: Sequence[RosterFile], choices: Sequence[Choices], report: Report
) -> Planned:
    """Find out what importing the chosen sheets would do; nothing is written."""
    change = last_change(path)
    rosters = _read(files, choices, portion(report, 0, 0.4))
    plans = []
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), passphrase) as vault:
        for place, roster in enumerate(rosters):
            step = portion(report, 0.4 + 0.6 * place / len(rosters), 0.4 + 0.6 * (place + 1) / len(rosters))
            plans.append(plan_import(workspace, vault, roster, report=step))
    return Planned(tuple(plans), change)


def _read(files: Sequence[RosterFile], choices: Sequence[Choices], report: Report) -> "list[Roster]":
    wanted = [(file, chosen) for file, chosen in zip(files, choices, strict=True) if chosen]
    if not wanted:
        raise InputError(_("Choose at least one sheet that holds households."))
    share = 1 / len(wanted)
    return [
        file.read(chosen, report=portion(report, place * share, (place + 1) * share))
        for place, (file, chosen) in enumerate(wanted)
    ]


def carry_out(
    path: Path, passphrase: str, planned: Planned, report: Report, *, remove_gone: bool = False
) -> list[RosterImport]:
    """
    Import what was planned.

    The first file goes by its plan when nothing has changed since; every other is planned anew, because a household of
    one file may stand in the next one as well.
    """
    done: list[RosterImport] = []
    share = 1 / len(planned.plans)
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), passphrase) as vault:
        for place, found in enumerate(planned.plans):
            step = portion(report, place * share, (place + 1) * share)
            fresh = place == 0 and last_change(path) == planned.change
            now = found if fresh else plan_import(workspace, vault, found.roster, report=portion(step, 0, 0.4))
            try:
                done.append(apply_import(workspace, vault, now, remove_gone=remove_gone, report=portion(step, 0.4, 1)))
            except Cancelled as error:
                if done:
                    text = _("Stopped: “{files}” was read in, the others were not.")
                    raise Cancelled(text.format(files=_(", ").join(one.file for one in done))) from error
                raise
    return done


def names_of(path: Path, passphrase: str, uids: Sequence[str]) -> dict[str, str]:
    """Read the heads of some households, because she asked to see them; logged."""
    with Vault.open(vault_path(path), passphrase) as vault:
        heads = vault_names(vault, reason=_("import: names of changed households shown"))
        return {uid: str(heads.get(uid, "")) for uid in uids}


def link(path: Path, passphrase: str, report: Report) -> RosterLink:
    """Link all households that were not decided by hand."""
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), passphrase) as vault:
        return link_roster(workspace, vault, report=report)


@dataclass
class Sitting:
    """Linking by hand with the files it keeps open, and the last change of the workspace that it knows."""

    hand: HandLinking
    files: ExitStack
    change: int

    def close(self) -> None:
        """Close the files and forget the keys; in the library's thread."""
        self.files.close()


def open_sitting(path: Path, passphrase: str, report: Report) -> Sitting:
    """Open what linking by hand needs."""
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace.open(path))
        vault = stack.enter_context(Vault.open(vault_path(path), passphrase))
        hand = HandLinking(workspace, vault, report=report)
        return Sitting(hand, stack.pop_all(), last_change(path))


@dataclass(frozen=True)
class WorkList:
    """
    One list.

    Attributes
    ----------
    title, hint
        What it is; what to do with it.
    frame
        Under translated titles; names nobody.
    wide
        Titles of the columns that take the room that is left.
    table, places
        Where each row is on the map: uids of this table.
    uids
        Households of each row, for names; empty where the list is not about households.
    """

    title: str
    hint: str
    frame: pd.DataFrame
    wide: tuple[str, ...]
    table: str
    places: tuple[tuple[str, ...], ...]
    uids: tuple[str, ...] = ()


def work_lists(sitting: Sitting) -> list[WorkList]:
    """Make the lists."""
    workspace = sitting.hand.workspace
    return [
        _missed_buildings(sitting.hand.missed()),
        _unlinked(unlinked_households(workspace)),
        _dwellings(
            _("Nobody listed"),
            _("Somebody lives in these dwelling units, but no household of the roster is in them: visit."),
            missed_households(workspace),
        ),
        _dwellings(_("Vacant"), _("These dwelling units are marked as vacant."), vacant_dwellings(workspace)),
    ]


def _missed_buildings(missed: pd.DataFrame) -> WorkList:
    titles = {
        "place": _("place on the roster"),
        "households": _("households"),
        "persons": _("persons"),
        "census_area": _("census area code"),
    }
    frame = missed[list(titles)].rename(columns=titles)
    hint = _("Choose a row: the map goes to where the building probably stands. Mark it there, then link again.")
    near = tuple(tuple(uids) for uids in missed["near"])
    return WorkList(_("Missing on the map"), hint, frame, (titles["place"],), "building", near)


def _unlinked(rows: pd.DataFrame) -> WorkList:
    titles = {
        "census_area": _("census area code"),
        "source": _("roster"),
        "source_row": _("row"),
        "state": _("link to the map"),
        "reason_text": _("reason"),
    }
    frame = rows.assign(state=rows["state"].map(state_title))[list(titles)].rename(columns=titles)
    hint = _("Every household without a building on the map, and why.")
    return WorkList(
        _("Without a place"), hint, frame, (titles["reason_text"],), "census_area", ((),) * len(rows), tuple(rows.index)
    )


def _dwellings(title: str, hint: str, rows: pd.DataFrame) -> WorkList:
    titles = {
        "building": _("building code"),
        "entrance": _("entrance"),
        "floor": _("floor"),
        "room": _("room"),
        "code": _("dwelling code"),
    }
    places = tuple((str(uid),) if isinstance(uid, str) else () for uid in rows["building_uid"])
    frame = rows[list(titles)].rename(columns=titles)
    return WorkList(title, hint, frame, (titles["code"],), "building", places)


def write_lists(sitting: Sitting, lists: Sequence[WorkList], out: Path, *, names: bool) -> Path:
    """Write the lists as a workbook; names and addresses are read from the vault only when they are asked for."""
    note = _("With names: lock it away, destroy it after use") if names else _("Internal; keep confidential")
    sheets = []
    for work in lists:
        frame = work.frame
        if names and work.uids:
            uids = frame.set_axis(pd.Index(work.uids, name="uid"))
            named = with_names(uids, sitting.hand.vault, reason=_("list of households that are not linked"))
            frame = named.rename(columns={"head": _("head of household"), "address": _("address")})
        sheets.append(SheetSpec(work.title, work.title, frame, note=note))
    write_workbook(out, sheets)
    return out


def no_households() -> pd.DataFrame:
    """Give an empty queue."""
    return pd.DataFrame(columns=["address", "census_area", "source", "source_row", "persons", "reason"])


def compare(
    path: Path, passphrase: str, files: Sequence[RosterFile], choices: Sequence[Choices], report: Report
) -> Compared:
    """Compare the roster with the chosen sheets of a list, by keyed hashes."""
    listings = [
        file.read_list(chosen, report=portion(report, 0, 0.2))
        for file, chosen in zip(files, choices, strict=True)
        if chosen
    ]
    if not listings:
        raise InputError(_("Choose at least one sheet of the list."))
    if len(listings) > 1:
        for listing in listings:  # sheets of several files may bear the same name
            listing.rows["sheet"] = listing.file + ": " + listing.rows["sheet"]
    with Vault.open(vault_path(path), passphrase) as vault:
        hasher = vault_hasher(vault)
        theirs = pd.concat([department_keys(listing, hasher, report=portion(report, 0.2, 0.6)) for listing in listings])
        ours = roster_keys(vault, hasher, report=portion(report, 0.6, 0.9))
    report(0.9, _("comparing"))
    comparison = compare_keys(ours, theirs)
    with Workspace.open(path) as workspace:
        outcome = _outcome(workspace, comparison)
    rows = [listing.rows.set_index(["sheet", "row"])[["head", "address"]] for listing in listings]
    return Compared(comparison, listings[0].file, pd.concat(rows), outcome)


def _outcome(workspace: Workspace, comparison: Comparison) -> Outcome:
    counts = comparison_summary(comparison)
    areas = counts_by_mini_area(workspace, comparison)
    rows = ((code or _("without a place on the map"), int(both), int(only)) for code, both, only in areas.itertuples())
    return Outcome(tuple((what, int(n)) for what, n in counts.itertuples(index=False)), tuple(rows))


def write_comparison(
    path: Path, passphrase: str, compared: Compared, out: Path, report: Report, *, department: str, names: bool
) -> Path:
    """Write the workbook of a comparison; names are read from the vault only when they are asked for."""
    report(0.1, _("writing the workbook"))
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace.open(path))
        vault = stack.enter_context(Vault.open(vault_path(path), passphrase)) if names else None
        sheets = comparison_sheets(workspace, compared.comparison, compared.listed, department=department, vault=vault)
    report(0.5, "")
    write_workbook(out, sheets)
    return out
