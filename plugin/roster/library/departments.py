"""The roster beside the lists of others: comparison, cutting up, two surveys of our own, vacancy, evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.roster.compare import Comparison, compare_keys, counts_by_mini_area, roster_keys, vault_hasher
from census_map.roster.comparison_book import comparison_sheets, comparison_summary
from census_map.roster.cutting import cut_listing, name_workbooks, require_mini_areas, write_cut
from census_map.roster.departments import department_keys, place_rows
from census_map.roster.evaluation import evaluate as evaluate_totals
from census_map.roster.evaluation import evaluation_sheets, read_department_totals
from census_map.roster.listing import Listing
from census_map.roster.preview import RosterFile
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.surveys import Surveys, compare_listings, register_discrepancies, survey_sheets
from census_map.roster.utilities import hold_against_vacancy, vacancy_sheets
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

from .results import Outcome, Rows, cells_of
from .rosters import Choices
from .session import Session, both

_FOUND = "found"


@dataclass(frozen=True)
class Compared:
    """A comparison with the lists it was made with."""

    comparison: Comparison
    listing: Listing
    department: str


def _listings(session: Session, choices: Sequence[Choices], report: Report) -> list[Listing]:
    files: list[RosterFile] = session.take("files")
    wanted = [(file, chosen) for file, chosen in zip(files, choices, strict=True) if chosen]
    if not wanted:
        raise InputError(_("Choose at least one sheet of the list."))
    return [
        file.read_list(chosen, report=portion(report, at / len(wanted), (at + 1) / len(wanted)))
        for at, (file, chosen) in enumerate(wanted)
    ]


def _one(listings: list[Listing]) -> Listing:
    """Take several files for one list; sheets of several files may bear the same name."""
    if len(listings) == 1:
        return listings[0]
    for listing in listings:
        listing.rows["sheet"] = listing.file + ": " + listing.rows["sheet"]
    rows = pd.concat([listing.rows for listing in listings], ignore_index=True)
    return Listing(listings[0].file, listings[0].kind, tuple(v for each in listings for v in each.sheets), rows)


def _compare(vault: Vault, listing: Listing, report: Report) -> Comparison:
    hasher = vault_hasher(vault)
    theirs = department_keys(listing, hasher, report=portion(report, 0, 0.5))
    return compare_keys(roster_keys(vault, hasher, report=portion(report, 0.5, 1)), theirs)


def compare(
    session: Session, path: Path, passphrase: str, choices: Sequence[Choices], *, kind: str, report: Report = silent
) -> Outcome:
    """Compare the roster with the chosen sheets of a list, by keyed hashes."""
    listing = _one(_listings(session, choices, portion(report, 0, 0.2)))
    with both(path, passphrase) as (workspace, vault):
        found = _compare(vault, listing, portion(report, 0.2, 0.9))
        areas = counts_by_mini_area(workspace, found)
    session.keep(_FOUND, Compared(found, listing, kind))
    shown = [
        (code or _("without a place on the map"), int(both_), int(only)) for code, both_, only in areas.itertuples()
    ]
    tables = (
        Rows("counts", _("Result"), (_("result"), _("how many")), cells_of(comparison_summary(found)), wide=(0,)),
        Rows(
            "areas", _("By mini-area"), (_("mini-area"), _("in both"), _("only on the roster")), shown, wide=(0,)
        ),
    )  # fmt: skip
    line = _("The list: {file}. Against: the roster of this township.").format(file=listing.file)
    return Outcome((line,), tables, _with_file(listing))


def _with_file(*listings: Listing) -> tuple[tuple[str, RosterProblem], ...]:
    return tuple((listing.file, problem) for listing in listings for problem in listing.problems)


def write_comparison(
    session: Session, path: Path, passphrase: str, out: Path, *, names: bool, report: Report = silent
) -> Path:
    """Write the workbook of a comparison; names are read from the vault only when they are asked for."""
    report(0.1, _("writing the workbook"))
    found: Compared = session.take(_FOUND)
    listed = found.listing.rows.set_index(["sheet", "row"])[["head", "address"]]
    with both(path, passphrase) as (workspace, vault):
        given = vault if names else None
        sheets = comparison_sheets(workspace, found.comparison, listed, department=found.department, vault=given)
    report(0.5, "")
    write_workbook(out, sheets, names=names)
    return out


def cut(
    session: Session, path: Path, passphrase: str, choices: Sequence[Choices], *, kind: str, report: Report = silent
) -> Outcome:
    """Find out in which mini-area each row of a list is."""
    with Workspace.open(path) as workspace:
        require_mini_areas(workspace)
    listing = _one(_listings(session, choices, portion(report, 0, 0.1)))
    with both(path, passphrase) as (workspace, vault):
        found = None if kind == "utilities" else _compare(vault, listing, portion(report, 0.1, 0.5))
        places = place_rows(workspace, vault, listing, found, report=portion(report, 0.5, 1))
        parts = cut_listing(workspace, listing, places)
    session.keep(_FOUND, (listing, places))
    counts = [(code, len(rows)) for code, rows in parts.parts.items()]
    lines = [
        ngettext(
            "The rows belong to {n} mini-area: one workbook for it.",
            "The rows belong to {n} mini-areas: one workbook for each.",
            len(counts),
        ).format(n=f"{len(counts):,}")
    ]
    if len(parts.rest):
        text = ngettext(
            "{n} row belongs to none; it goes into a workbook of its own, with the reason.",
            "{n} rows belong to none; they go into a workbook of their own, with the reason.",
            len(parts.rest),
        )
        lines.append(text.format(n=f"{len(parts.rest):,}"))
    lines += name_workbooks(parts)[1]
    tables = (
        Rows("areas", _("By mini-area"), (_("mini-area code"), _("rows")), counts, wide=(0,)),
        Rows("rest", _("rest"), tuple(map(str, parts.rest.columns)), cells_of(parts.rest)),
    )
    return Outcome(tuple(lines), tables, _with_file(listing))


def write_parts(
    session: Session, path: Path, _passphrase: str, folder: Path, *, names: bool, report: Report = silent
) -> Path:
    """Write one workbook a mini-area into a folder."""
    listing, places = session.take(_FOUND)
    with Workspace.open(path) as workspace:
        parts = cut_listing(workspace, listing, places, names=names)
    write_cut(parts, folder, names=names, report=portion(report, 0.1, 1))
    return folder


def surveys(
    session: Session, _path: Path, _passphrase: str, choices: Sequence[Choices], *, report: Report = silent
) -> Outcome:
    """Compare two surveys of our own."""
    listings = _listings(session, choices, portion(report, 0, 0.5))
    if len(listings) != 2:
        raise InputError(_("Two surveys are compared: choose one file for each."))
    found = compare_listings(*listings, report=portion(report, 0.5, 1))
    session.keep(_FOUND, found)
    sheets = survey_sheets(found)
    tables = tuple(_as_rows(sheet) for sheet in sheets)
    line = _("{first} beside {second}").format(first=listings[0].file, second=listings[1].file)
    lines = [line]
    if found.not_comparable:
        text = ngettext("{n} row names nobody and was left out.", "{n} rows name nobody and were left out.",
                        found.not_comparable)  # fmt: skip
        lines.append(text.format(n=f"{found.not_comparable:,}"))
    return Outcome(tuple(lines), tables, _with_file(*listings))


def _as_rows(sheet: SheetSpec) -> Rows:
    return Rows(sheet.name, sheet.name, tuple(map(str, sheet.frame.columns)), cells_of(sheet.frame), wide=(0,))


def write_surveys(
    session: Session, _path: Path, _passphrase: str, out: Path, *, names: bool, report: Report = silent
) -> Path:
    """Write what two surveys come to."""
    report(0.1, _("writing the workbook"))
    write_workbook(out, survey_sheets(session.take(_FOUND), names=names), names=names)
    return out


def register_differences(session: Session, path: Path, passphrase: str, *, report: Report = silent) -> int:
    """Enter what differs between two surveys for supplementary registration; gives how many entries are new."""
    found: Surveys = session.take(_FOUND)
    with both(path, passphrase) as (workspace, vault):
        return sum(done.added for done in register_discrepancies(workspace, vault, found, report=report))


def vacancy(
    session: Session, path: Path, passphrase: str, choices: Sequence[Choices], *, report: Report = silent
) -> Outcome:
    """Hold the use of water, power or gas against the states of dwelling units."""
    listing = _one(_listings(session, choices, portion(report, 0, 0.2)))
    with both(path, passphrase) as (workspace, vault):
        places = place_rows(workspace, vault, listing, None, report=portion(report, 0.2, 1))
        found = hold_against_vacancy(workspace, listing, places)
    session.keep(_FOUND, found)
    line = _("{n} dwelling units with a meter: {used} vacant but used, {unused} inhabited but unused").format(
        n=f"{found.metered:,}", used=f"{len(found.used):,}", unused=f"{len(found.unused):,}"
    )
    return Outcome((line,), tuple(_as_rows(sheet) for sheet in vacancy_sheets(found)), _with_file(listing))


def write_vacancy(
    session: Session,
    _path: Path,
    _passphrase: str,
    out: Path,
    *,
    names: bool,  # noqa: ARG001
    report: Report = silent,
) -> Path:
    """Write what the use says; it names nobody."""
    report(0.1, _("writing the workbook"))
    write_workbook(out, vacancy_sheets(session.take(_FOUND)))
    return out


def evaluate(session: Session, path: Path, files: Sequence[tuple[str, Path]], *, report: Report = silent) -> Outcome:
    """Put our totals by village beside the departments'; `files` are department and file."""
    problems: list[tuple[str, RosterProblem]] = []
    with Workspace.open(path) as workspace:
        departments = []
        for at, (kind, file) in enumerate(files):
            part = portion(report, at / len(files), (at + 1) / len(files))
            departments.append(read_department_totals(workspace, file, kind, report=part))
            problems += [(file.name, problem) for problem in departments[-1].problems]
        rows = evaluate_totals(workspace, departments)
        sheets = evaluation_sheets(rows, workspace.profile)
    session.keep(_FOUND, sheets)
    odd = int((~rows["plausible"].dropna().astype(bool)).sum())
    unknown = int(rows["plausible"].isna().sum())
    line = _("{n} figures beside departments': {odd} not plausible, {unknown} not counted by us yet").format(
        n=f"{len(rows):,}", odd=f"{odd:,}", unknown=f"{unknown:,}"
    )
    return Outcome((line,), tuple(_as_rows(sheet) for sheet in sheets), tuple(problems))


def write_evaluation(
    session: Session,
    _path: Path,
    _passphrase: str,
    out: Path,
    *,
    names: bool,  # noqa: ARG001
    report: Report = silent,
) -> Path:
    """Write the evaluation sheet; it names nobody."""
    report(0.1, _("writing the workbook"))
    sheets: Any = session.take(_FOUND)
    write_workbook(out, sheets)
    return out
