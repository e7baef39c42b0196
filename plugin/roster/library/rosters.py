"""Files that are looked at; reading a roster in; the monthly update; linking."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from census_map.errors import Cancelled, InputError
from census_map.i18n import _, ngettext
from census_map.progress import last_change
from census_map.roster.departments import department_kind
from census_map.roster.headers import FIELDS, TELLING
from census_map.roster.importing import ImportPlan, RosterImport, apply_import, plan_import, vault_names
from census_map.roster.link import RosterLink, link_roster
from census_map.roster.listing import ListKind
from census_map.roster.persons import PERSONS
from census_map.roster.preview import RosterFile, SheetChoice, SheetLook
from census_map.roster.registers import REGISTERS
from census_map.roster.together import refuse_second_vault
from census_map.roster.update import RosterUpdate, take_update, update_sheets
from census_map.roster.vault import Vault, vault_path
from census_map.roster.visits import VISITS
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

from .results import Looked, Outcome, PlanView, Rows, cells_of
from .session import Session, both

if TYPE_CHECKING:
    from census_map.roster.read import Roster

Choices = Mapping[str, SheetChoice]
KINDS: dict[str, ListKind] = {"visits": VISITS, "registers": REGISTERS, "persons": PERSONS}
_COLUMN_FIELDS = {"census_area_uid": "census_area", "place": "building"}


def open_files(
    session: Session, path: Path, files: Sequence[Path], *, kind: str | None = None, report: Report = silent
) -> Looked:
    """
    Read the cells of files, rosters or lists of a kind, and give what their sheets look like.

    Parameters
    ----------
    kind
        Of `KINDS`, or a department's of `comparison_book.DEPARTMENTS`; None: rosters.
    """
    meant = None if kind is None else KINDS.get(kind) or department_kind(kind)
    with Workspace.open(path) as workspace:
        profile = workspace.profile
    share = 1 / len(files)
    opened = [
        RosterFile(file, profile, kind=meant, report=portion(report, place * share, (place + 1) * share))
        for place, file in enumerate(files)
    ]
    session.keep("files", opened)
    looks = tuple({sheet: file.look(sheet) for sheet in file.sheets} for file in opened)
    if meant is None:
        return Looked(dict(FIELDS), (tuple(TELLING),), looks)
    return Looked({name: title for name, title in meant.titles.items() if name != "other"}, meant.needed, looks)


def look(session: Session, place: int, sheet: str, header_row: int, *, report: Report = silent) -> SheetLook:  # noqa: ARG001
    """Look at a sheet again, with another row taken for its header."""
    found: SheetLook = session.take("files")[place].look(sheet, header_row=header_row)
    return found


def try_passphrase(
    _session: Session,
    path: Path,
    passphrase: str,
    *,
    new: bool,
    report: Report = silent,  # noqa: ARG001
) -> tuple[str, ...]:
    """
    Open the vault of a workspace, or make it; gives what was found in it, in words.

    Raises
    ------
    VaultError
        Wrong passphrase; or the vault was tampered with; two different messages. Or a new one is wanted although
        households were imported.
    """
    place = vault_path(path)
    if new:
        with Workspace.open(path) as workspace:
            refuse_second_vault(workspace)
    with (Vault.create if new else Vault.open)(place, passphrase) as vault:
        return vault.notices


def plan(
    session: Session, path: Path, passphrase: str, choices: Sequence[Choices], *, report: Report = silent
) -> list[PlanView]:
    """Find out what importing the chosen sheets would do; nothing is written."""
    change = last_change(path)
    rosters = read_rosters(session, choices, portion(report, 0, 0.4))
    plans = []
    with both(path, passphrase) as (workspace, vault):
        for place, roster in enumerate(rosters):
            step = portion(report, 0.4 + 0.6 * place / len(rosters), 0.4 + 0.6 * (place + 1) / len(rosters))
            plans.append(plan_import(workspace, vault, roster, report=step))
    session.keep("plans", (plans, change))
    return [_view(each) for each in plans]


def read_rosters(session: Session, choices: Sequence[Choices], report: Report) -> "list[Roster]":
    """Read the chosen sheets of the files that were looked at."""
    files: list[RosterFile] = session.take("files")
    wanted = [(file, chosen) for file, chosen in zip(files, choices, strict=True) if chosen]
    if not wanted:
        raise InputError(_("Choose at least one sheet that holds households."))
    share = 1 / len(wanted)
    return [
        file.read(chosen, report=portion(report, place * share, (place + 1) * share))
        for place, (file, chosen) in enumerate(wanted)
    ]


def _view(found: ImportPlan) -> PlanView:
    sources = found.rows["source"]
    changed = [
        (change["uid"], _source(sources[change["uid"]]), change["row"], column_titles(change["columns"]))
        for change in found.changes
    ]
    known = found.known.loc[found.gone]
    numbers = zip(known.index, known["source"], known["source_row"], known["h2a"], strict=True)
    gone = [
        (str(uid), _source(source), None if pd.isna(row) else int(row), "" if pd.isna(h2a) else str(int(h2a)))
        for uid, source, row, h2a in numbers
    ]
    kept = len(found.rows) - len(found.added) - len(changed)
    return PlanView(
        found.roster.file, len(found.added), len(changed), kept, len(gone), found.repeated, tuple(found.problems),
        changed, gone,
    )  # fmt: skip


def column_titles(columns: Sequence[str]) -> str:
    """Name the columns that changed, each once."""
    names = [_COLUMN_FIELDS.get(name, name) for name in columns]
    return _(", ").join(dict.fromkeys(_(FIELDS[name]) for name in names if name in FIELDS))


def _source(source: object) -> str:
    """Show where a household stood: sheet, or file without a sheet."""
    return str(source) if isinstance(source, str) else ""


def carry_out(
    session: Session, path: Path, passphrase: str, *, remove_gone: bool = False, report: Report = silent
) -> list[RosterImport]:
    """
    Import what was planned.

    The first file goes by its plan when nothing has changed since; every other is planned anew, because a household of
    one file may stand in the next one as well.
    """
    plans, change = session.take("plans")
    done: list[RosterImport] = []
    share = 1 / len(plans)
    with both(path, passphrase) as (workspace, vault):
        for place, found in enumerate(plans):
            step = portion(report, place * share, (place + 1) * share)
            fresh = place == 0 and last_change(path) == change
            now = found if fresh else plan_import(workspace, vault, found.roster, report=portion(step, 0, 0.4))
            try:
                done.append(apply_import(workspace, vault, now, remove_gone=remove_gone, report=portion(step, 0.4, 1)))
            except Cancelled as error:
                if done:
                    text = _("Stopped: “{files}” was read in, the others were not.")
                    raise Cancelled(text.format(files=_(", ").join(one.file for one in done))) from error
                raise
    return done


def names_of(
    _session: Session, path: Path, passphrase: str, uids: Sequence[str], *, report: Report = silent
) -> dict[str, str]:
    """Read the heads of some households, because she asked to see them; logged."""
    report(0.0, "")
    with Vault.open(vault_path(path), passphrase) as vault:
        heads = vault_names(vault, reason=_("import: names of changed households shown"))
        return {uid: str(heads.get(uid, "")) for uid in uids}


def link(_session: Session, path: Path, passphrase: str, *, report: Report = silent) -> RosterLink:
    """Link all households that were not decided by hand."""
    with both(path, passphrase) as (workspace, vault):
        return link_roster(workspace, vault, report=report)


def look_at_update(
    session: Session, path: Path, passphrase: str, choices: Sequence[Choices], *, report: Report = silent
) -> Outcome:
    """Say what a new version of the roster would change; nothing is written."""
    rosters = read_rosters(session, choices, portion(report, 0, 0.3))
    if len(rosters) > 1:
        raise InputError(_("The new version of the roster is one file: take the others off the list."))
    with both(path, passphrase) as (workspace, vault):
        found = take_update(workspace, vault, rosters[0], apply=False, report=portion(report, 0.3, 1))
    session.keep("roster", rosters[0])
    session.keep("update", found)
    return _update_outcome(found)


def take_over(session: Session, path: Path, passphrase: str, *, report: Report = silent) -> Outcome:
    """Take the new version over, link the new households and number them."""
    roster = session.take("roster")
    with both(path, passphrase) as (workspace, vault):
        found = take_update(workspace, vault, roster, report=report)
    session.keep("update", found)
    return _update_outcome(found)


def _update_outcome(found: RosterUpdate) -> Outcome:
    counts: dict[str, Any] = found.as_json()
    added, gone, changed = (counts[name] for name in ("added", "gone", "changed"))
    lines = [
        "   ".join(
            (
                ngettext("{n} new household", "{n} new households", added).format(n=f"{added:,}"),
                ngettext("{n} changed", "{n} changed", changed).format(n=f"{changed:,}"),
                ngettext("{n} no longer in the file", "{n} no longer in the file", gone).format(n=f"{gone:,}"),
            )
        ),
        _("Who is no longer in the file stays on the roster, and nobody else gets the number."),
    ]
    if found.kept:
        text = ngettext(
            "{n} household keeps its old number, whatever the new file says.",
            "{n} households keep their old numbers, whatever the new file says.",
            found.kept,
        )
        lines.append(text.format(n=f"{found.kept:,}"))
    if found.numbered:
        text = ngettext("{n} new household got a number.", "{n} new households got a number.", found.numbered)
        lines.append(text.format(n=f"{found.numbered:,}"))
    tables = []
    for name, sheet in zip(("counts", "added", "gone", "changed"), update_sheets(found), strict=True):
        titles = tuple(map(str, sheet.frame.columns))
        title = _("By mini-area") if name == "counts" else sheet.name
        tables.append(Rows(name, title, titles, cells_of(sheet.frame), wide=(0,) if name == "counts" else ()))
    return Outcome(tuple(lines), tuple(tables), tuple((found.file, problem) for problem in found.problems))


def write_update(session: Session, _path: Path, _passphrase: str, out: Path, *, names: bool, report: Report) -> Path:
    """Write the report of an update."""
    report(0.1, _("writing the workbook"))
    write_workbook(out, update_sheets(session.take("update"), names=names), names=names)
    return out


def write_problems(
    _session: Session, out: Path, problems: Sequence[tuple[str, Any]], *, report: Report = silent
) -> Path:
    """Write problems, a sheet a file, to be sent back to whoever made it; they quote no cell."""
    report(0.1, _("writing the workbook"))
    titles = [_("sheet"), _("row"), _("column"), _("what is wrong"), _("what to do")]
    sheets = []
    for file in dict.fromkeys(name for name, _problem in problems):
        rows = [[p.sheet, p.row or None, p.column, p.message, p.fix] for name, p in problems if name == file]
        title = _("Problems of the list {file}").format(file=file)
        sheets.append(SheetSpec(_("problems"), title, pd.DataFrame(rows, columns=titles)))
    write_workbook(out, sheets)
    return out
