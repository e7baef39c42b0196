"""`census-map roster compare|surveys|cut|evaluate|vacancy`: the roster beside the lists of others."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.mapping import parse_mapping
from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, leave_with, show_problems, write_json
from census_map.cli.passphrase import PassphraseFile, open_vault
from census_map.cli.progress import progress_bar
from census_map.cli.roster_options import (
    Mapping,
    Names,
    SheetName,
    WorkspaceFile,
    XlsxFile,
    opened_roster,
    tell_made,
    write_book,
)
from census_map.cli.saying import say
from census_map.cli.wording import with_meanings
from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.compare import (
    CONFLICTS,
    Comparison,
    compare_keys,
    counts_by_mini_area,
    roster_keys,
    vault_hasher,
)
from census_map.roster.comparison_book import DEPARTMENTS, comparison_sheets
from census_map.roster.cutting import cut_listing, name_workbooks, require_mini_areas, write_cut
from census_map.roster.departments import department_keys, place_rows, read_department
from census_map.roster.evaluation import evaluate as evaluate_totals
from census_map.roster.evaluation import evaluation_sheets, read_department_totals
from census_map.roster.listing import Listing
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.surveys import compare_surveys, register_discrepancies, survey_sheets
from census_map.roster.utilities import hold_against_vacancy, vacancy_sheets
from census_map.roster.vault import Vault
from census_map.spreadsheet import csv_text
from census_map.targets import check_folder, check_outputs, result_file
from census_map.task import Report, portion
from census_map.workspace import Workspace

ListFile = Annotated[Path, typer.Argument(metavar=_("LIST"), help=_("List of a department: xlsx, xls, ods or csv."))]
Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar=_("KIND"),
        help=_("Whose list it is: {kinds}").format(
            kinds=with_meanings({name: DEPARTMENTS[name][0] for name in DEPARTMENTS})
        ),
    ),
]


def compare(
    workspace: WorkspaceFile,
    file: ListFile,
    *,
    kind: Kind = "police",
    sheet: SheetName = None,
    mapping: Mapping = None,
    xlsx_file: XlsxFile = None,
    names: Names = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar=_("FILE"), help=_("Write one row a match or difference."))
    ] = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Compare the roster with a list, by keyed hashes."""
    check_outputs(xlsx_file, csv_file, json_file, read=(workspace, file, passphrase_file))
    with opened_roster(workspace, passphrase_file, _("Comparing")) as (opened, vault, report):
        listing = _read(opened, file, kind, sheet, mapping, portion(report, 0, 0.3))
        found = _compared(vault, listing, portion(report, 0.3, 0.9))
        areas = counts_by_mini_area(opened, found)
        if xlsx_file:
            listed = listing.rows.set_index(["sheet", "row"])[["head", "address"]]
            sheets = comparison_sheets(opened, found, listed, department=kind, vault=vault if names else None)
            write_book(xlsx_file, sheets, names=names, quiet=json_file == "-")
    if csv_file:
        _write_csv(found, csv_file)
    result = {**found.as_json(), "mini_areas": areas.reset_index().to_dict(orient="records")}
    write_json({**result, "problems": [vars(problem) for problem in listing.problems]}, json_file)
    if json_file != "-":
        say(
            _("in both: {both}, only on the roster: {left}, only on the list: {right}").format(
                both=result["both"], left=result["only_left"], right=result["only_right"]
            )
        )
        show_problems(listing.problems)


def _read(
    workspace: Workspace, file: Path, kind: str, sheet: str | None, mapping: list[str] | None, report: Report
) -> Listing:
    chosen = parse_mapping(mapping or [])
    return read_department(file, kind, workspace.profile, sheet=sheet, mapping=chosen, report=report)


def _compared(vault: Vault, listing: Listing, report: Report) -> Comparison:
    hasher = vault_hasher(vault)
    theirs = department_keys(listing, hasher, report=portion(report, 0, 0.5))
    return compare_keys(roster_keys(vault, hasher, report=portion(report, 0.5, 1)), theirs)


def _write_csv(found: Comparison, path: Path) -> None:
    """Write uids and rows, never a name: who needs the name looks it up in the list by its row."""
    with (
        result_file(path) as draft,
        draft.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")

        def write(*cells: object) -> None:
            rows.writerow([csv_text(cell) for cell in cells])

        write("state", "household", "sheet", "row", "stage", "conflicts")
        for pair in found.pairs.itertuples(index=False):
            conflicts = "+".join(name for name in CONFLICTS if getattr(pair, name))
            write("both", pair.left, *pair.right, pair.stage, conflicts)
        for uid in found.only_left:
            write("only_roster", uid, "", "", "", "")
        for sheet, row in found.only_right:
            write("only_list", "", sheet, row, "", "")


def surveys(
    workspace: WorkspaceFile,
    first: Annotated[
        Path, typer.Argument(metavar=_("FIRST"), help=_("One survey, such as the households' own listing."))
    ],
    second: Annotated[Path, typer.Argument(metavar=_("SECOND"), help=_("The other, such as one form a household."))],
    *,
    register: Annotated[
        bool, typer.Option("--register", help=_("Enter the discrepancies for supplementary registration."))
    ] = False,
    xlsx_file: XlsxFile = None,
    names: Names = False,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Compare two surveys of our own; what differs can be registered."""
    check_outputs(xlsx_file, json_file, read=(workspace, first, second, passphrase_file))
    entered: list[dict[str, Any]] = []
    with open_workspace(workspace) as opened, progress_bar(_("Comparing")) as report:
        found = compare_surveys(first, second, opened.profile, report=portion(report, 0, 0.7))
        if register:
            with open_vault(workspace, passphrase_file) as vault:
                done = register_discrepancies(opened, vault, found, report=portion(report, 0.7, 1))
            entered = [{"file": each.file, "added": each.added, "unchanged": each.unchanged} for each in done]
    write_book(xlsx_file, survey_sheets(found, names=names) if xlsx_file else [], names=names, quiet=json_file == "-")
    result = found.as_json()
    problems = [(listing.file, problem) for listing in (found.first, found.second) for problem in listing.problems]
    listed = [{"file": name, **vars(problem)} for name, problem in problems]
    write_json({**result, "registered": entered, "problems": listed}, json_file)
    if json_file != "-":
        say(
            _("in both: {both}, only in the first: {left}, only in the second: {right}").format(
                both=result["both"], left=result["only_left"], right=result["only_right"]
            )
        )
        for each in entered:
            say(_("{file}: {n} entered for supplementary registration").format(file=each["file"], n=each["added"]))
        for listing in (found.first, found.second):
            show_problems(listing.problems, file=listing.file)


def cut(
    workspace: WorkspaceFile,
    file: ListFile,
    *,
    out: Annotated[Path, typer.Option("--out", metavar=_("DIR"), help=_("Folder for the workbooks."))],
    kind: Kind = "police",
    sheet: SheetName = None,
    mapping: Mapping = None,
    names: Names = False,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Cut a department's list up by mini-area: one workbook each, and one of the rest."""
    check_outputs(json_file, read=(workspace, file, passphrase_file))
    check_folder(out, read=(workspace, file, passphrase_file))
    with opened_roster(workspace, passphrase_file, _("Cutting up")) as (opened, vault, report):
        require_mini_areas(opened)
        listing = _read(opened, file, kind, sheet, mapping, portion(report, 0, 0.2))
        found = _compared(vault, listing, portion(report, 0.2, 0.5)) if listing.kind.name != "utilities" else None
        places = place_rows(opened, vault, listing, found, report=portion(report, 0.5, 0.8))
        parts = cut_listing(opened, listing, places, names=names)
        made = write_cut(parts, out, names=names, report=portion(report, 0.8, 1))
    tell_made(out, names=names, quiet=json_file == "-")
    result = parts.as_json()
    problems = [vars(problem) for problem in listing.problems]
    write_json({**result, "files": [path.name for path in made], "problems": problems}, json_file)
    for notice in name_workbooks(parts)[1]:
        say(f"! {notice}", err=json_file == "-")
    if json_file != "-":
        say(
            _("{rows} rows: {n} mini-areas, {rest} rows without one").format(
                rows=result["rows"], n=len(parts.parts), rest=result["rest"]
            )
        )
        show_problems(listing.problems)


def evaluate(
    workspace: WorkspaceFile,
    *,
    lists: Annotated[
        list[str],
        typer.Option("--list", metavar=_("KIND=FILE"), help=_("Totals by village, or a list to be counted; several.")),
    ],
    xlsx_file: XlsxFile = None,
    json_file: JsonFile = None,
) -> None:
    """Put our totals by village beside the departments'; needs no passphrase."""
    problems: list[RosterProblem] = []
    chosen = [_kind_and_file(word) for word in lists]
    check_outputs(xlsx_file, json_file, read=(workspace, *(file for _kind, file in chosen)))
    with open_workspace(workspace) as opened, progress_bar(_("Evaluating")) as report:
        departments = []
        for at, (kind, file) in enumerate(chosen):
            part = portion(report, at / len(chosen), (at + 1) / len(chosen))
            departments.append(read_department_totals(opened, file, kind, report=part))
            problems += departments[-1].problems
        rows = evaluate_totals(opened, departments)
        profile = opened.profile
    write_book(xlsx_file, evaluation_sheets(rows, profile) if xlsx_file else [], names=False, quiet=json_file == "-")
    odd = int((~rows["plausible"].dropna().astype(bool)).sum())
    unknown = int(rows["plausible"].isna().sum())
    cells = rows.astype(object).where(rows.notna(), None).to_dict(orient="records")
    write_json({"figures": len(rows), "not_plausible": odd, "not_counted": unknown, "rows": cells}, json_file)
    if json_file != "-":
        say(
            _("{n} figures beside departments': {odd} not plausible, {unknown} not counted by us yet").format(
                n=len(rows), odd=odd, unknown=unknown
            )
        )
        show_problems(problems)
    leave_with(problems)


def _kind_and_file(word: str) -> tuple[str, Path]:
    kind, sign, file = word.partition("=")
    if not (kind and sign and file):
        raise InputError(
            _("“{word}” does not say whose list it is: write --list police={file}.").format(word=word, file=_("FILE"))
        )
    return kind.strip(), Path(file.strip())


def vacancy(
    workspace: WorkspaceFile,
    file: ListFile,
    *,
    xlsx_file: XlsxFile = None,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Hold the use of water, power or gas against the states of dwelling units."""
    check_outputs(xlsx_file, json_file, read=(workspace, file, passphrase_file))
    with opened_roster(workspace, passphrase_file, _("Comparing")) as (opened, vault, report):
        listing = _read(opened, file, "utilities", sheet, mapping, portion(report, 0, 0.3))
        places = place_rows(opened, vault, listing, None, report=portion(report, 0.3, 1))
        found = hold_against_vacancy(opened, listing, places)
    write_book(xlsx_file, vacancy_sheets(found) if xlsx_file else [], names=False, quiet=json_file == "-")
    result = found.as_json()
    write_json({**result, "problems": [vars(problem) for problem in listing.problems]}, json_file)
    if json_file != "-":
        say(
            _("{n} dwelling units with a meter: {used} vacant but used, {unused} inhabited but unused").format(
                n=result["metered"], used=result["vacant_but_used"], unused=result["inhabited_but_unused"]
            )
        )
        show_problems(listing.problems)
