"""`census-map roster visits|register|persons|update`: what comes back from the field, and the monthly update."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.add import parse_mapping
from census_map.cli.output import JsonFile, leave_with, show_problems, write_json
from census_map.cli.passphrase import PassphraseFile, open_vault
from census_map.cli.progress import progress_bar
from census_map.i18n import _
from census_map.roster.listing import ListImport
from census_map.roster.persons import import_persons
from census_map.roster.registers import KINDS, import_register
from census_map.roster.update import update_roster, update_sheets
from census_map.roster.visits import import_visits
from census_map.roster.workbook import write_workbook
from census_map.workspace import Workspace

WorkspaceFile = Annotated[Path, typer.Argument(metavar="WS.gpkg", help=_("The workspace."))]
SheetFile = Annotated[Path, typer.Argument(metavar="FILE", help=_("xlsx, xls, ods or csv."))]
SheetName = Annotated[str | None, typer.Option("--sheet", help=_("Only this sheet."))]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="column=HEADER", help=_("Header or letter of a column, such as address=C.")),
]
Names = Annotated[bool, typer.Option("--names", help=_("With names and addresses, for a restricted copy."))]
XlsxFile = Annotated[Path | None, typer.Option("--xlsx", help=_("The workbook to write."))]


def visits(
    workspace: WorkspaceFile,
    file: SheetFile,
    *,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a day's sheet into the visit log; exit status 1 when rows were left out because of errors."""
    chosen = parse_mapping(mapping or [])
    with (
        Workspace.open(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(_("Visits")) as report,
    ):
        done = import_visits(opened, vault, file, sheet=sheet, mapping=chosen, report=report)
    _tell(done, _("Visits"), json_file)


def register(
    workspace: WorkspaceFile,
    file: SheetFile,
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", help=_("Which register, where the sheet does not say: {kinds}").format(kinds=" ".join(KINDS))
        ),
    ] = None,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a register's sheet in; exit status 1 when rows were left out because of errors."""
    chosen = parse_mapping(mapping or [])
    with (
        Workspace.open(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(_("Registers")) as report,
    ):
        done = import_register(opened, vault, file, kind=kind, sheet=sheet, mapping=chosen, report=report)
    _tell(done, _("Registers"), json_file)


def persons(
    workspace: WorkspaceFile,
    file: SheetFile,
    *,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a list of persons into the vault; exit status 1 when rows were left out because of errors."""
    chosen = parse_mapping(mapping or [])
    with (
        Workspace.open(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(_("Persons")) as report,
    ):
        done = import_persons(opened, vault, file, sheet=sheet, mapping=chosen, report=report)
    _tell(done, _("Persons"), json_file)


def _tell(done: ListImport, what: str, json_file: str | None) -> None:
    write_json(done.as_json(), json_file)
    if json_file != "-":
        typer.echo(
            _("{what}: {added} added, {changed} changed, {unchanged} unchanged, {left} left out").format(
                what=what, added=done.added, changed=done.changed, unchanged=done.unchanged, left=done.left_out
            )
        )
        show_problems(done.problems)
    leave_with(done.problems)


def update(
    workspace: WorkspaceFile,
    file: Annotated[Path, typer.Argument(metavar="ROSTER", help=_("xlsx, xls, ods or csv."))],
    *,
    xlsx_file: XlsxFile = None,
    names: Names = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would change."))] = False,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a new version of the roster over, link and number what is new, and report what changed."""
    chosen = parse_mapping(mapping or [])
    with (
        Workspace.open(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(_("Update")) as report,
    ):
        found = update_roster(opened, vault, file, sheet=sheet, mapping=chosen, apply=not dry_run, report=report)
    if xlsx_file:
        write_workbook(xlsx_file, update_sheets(found, names=names))
    result = found.as_json()
    write_json(result, json_file)
    if json_file != "-":
        typer.echo(
            _(
                "{added} added, {gone} gone (kept), {changed} changed; {kept} kept their old number, {given} got one"
            ).format(
                added=result["added"],
                gone=result["gone"],
                changed=result["changed"],
                kept=result["numbers_kept"],
                given=result["numbers_given"],
            )
        )
        if found.done is not None:
            show_problems(found.done.problems)
    leave_with(found.done.problems if found.done else ())
