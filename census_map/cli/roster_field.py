"""`census-map roster visits|register|persons|update`: what comes back from the field, and the monthly update."""

from typing import Annotated

import typer

from census_map.cli.mapping import parse_mapping
from census_map.cli.output import JsonFile, leave_with, show_problems, write_json
from census_map.cli.passphrase import PassphraseFile
from census_map.cli.roster_options import (
    Mapping,
    Names,
    RosterFile,
    SheetFile,
    SheetName,
    WorkspaceFile,
    XlsxFile,
    opened_roster,
    write_book,
)
from census_map.cli.saying import say
from census_map.cli.wording import with_meanings
from census_map.i18n import _, ngettext
from census_map.roster.listing import ListImport
from census_map.roster.persons import import_persons
from census_map.roster.registers import import_register
from census_map.roster.update import update_roster, update_sheets
from census_map.roster.visits import import_visits
from census_map.schema import REGISTER
from census_map.targets import check_outputs


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
    check_outputs(json_file, read=(workspace, file, passphrase_file))
    chosen = parse_mapping(mapping or [])
    with opened_roster(workspace, passphrase_file, _("Visits")) as (opened, vault, report):
        done = import_visits(opened, vault, file, sheet=sheet, mapping=chosen, report=report)
    _tell(done, _("Visits"), json_file)


def register(
    workspace: WorkspaceFile,
    file: SheetFile,
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar=_("KIND"),
            help=_("Which register, where the sheet does not say: {kinds}").format(kinds=with_meanings(dict(REGISTER))),
        ),
    ] = None,
    sheet: SheetName = None,
    mapping: Mapping = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take a register's sheet in; exit status 1 when rows were left out because of errors."""
    check_outputs(json_file, read=(workspace, file, passphrase_file))
    chosen = parse_mapping(mapping or [])
    with opened_roster(workspace, passphrase_file, _("Registers")) as (opened, vault, report):
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
    check_outputs(json_file, read=(workspace, file, passphrase_file))
    chosen = parse_mapping(mapping or [])
    with opened_roster(workspace, passphrase_file, _("Persons")) as (opened, vault, report):
        done = import_persons(opened, vault, file, sheet=sheet, mapping=chosen, report=report)
    _tell(done, _("Persons"), json_file)


def _tell(done: ListImport, what: str, json_file: str | None) -> None:
    write_json(done.as_json(), json_file)
    if json_file != "-":
        say(
            _("{what}: {added} added, {changed} changed, {unchanged} unchanged, {left} left out").format(
                what=what, added=done.added, changed=done.changed, unchanged=done.unchanged, left=done.left_out
            )
        )
        if done.counted:
            text = ngettext("counts of {n} household set", "counts of {n} households set", done.counted)
            say(text.format(n=done.counted))
        show_problems(done.problems)
    leave_with(done.problems)


def update(
    workspace: WorkspaceFile,
    file: RosterFile,
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
    check_outputs(xlsx_file, json_file, read=(workspace, file, passphrase_file))
    chosen = parse_mapping(mapping or [])
    with opened_roster(workspace, passphrase_file, _("Update")) as (opened, vault, report):
        found = update_roster(opened, vault, file, sheet=sheet, mapping=chosen, apply=not dry_run, report=report)
    write_book(xlsx_file, update_sheets(found, names=names) if xlsx_file else [], names=names, quiet=json_file == "-")
    result = found.as_json()
    write_json(result, json_file)
    if json_file != "-":
        say(
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
        show_problems(found.problems)
    leave_with(found.problems)
