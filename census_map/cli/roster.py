"""`census-map roster …`: the household roster."""

from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.add import parse_mapping
from census_map.cli.output import JsonFile, leave_with, show_problems, write_json
from census_map.cli.passphrase import PassphraseFile, open_or_create_vault, open_vault
from census_map.cli.progress import progress_bar
from census_map.cli.roster_departments import compare, cut, evaluate, surveys, vacancy
from census_map.cli.roster_field import persons, register, update, visits
from census_map.cli.roster_lists import aliases, lists, tables
from census_map.cli.roster_options import (
    Mapping,
    RosterFile,
    SheetName,
    WorkspaceFile,
    opened_roster,
    write_book,
)
from census_map.cli.roster_vault import vault
from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.headers import FIELDS, column_letter
from census_map.roster.importing import RosterImport, store_roster
from census_map.roster.link import link_roster
from census_map.roster.read import read_roster
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import state_title, unlinked_households, unlinked_json, with_names
from census_map.workspace import Workspace

roster = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@roster.command("import", help=_("Take a roster into workspace and vault; known households are updated."))
def import_(
    workspace: WorkspaceFile,
    file: RosterFile,
    *,
    sheet: SheetName = None,
    mapping: Mapping = None,
    preview: Annotated[bool, typer.Option("--preview", help=_("Only say what was understood."))] = False,
    remove_gone: Annotated[
        bool, typer.Option("--remove-gone", help=_("Remove households that the new version of the file lacks."))
    ] = False,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Import; exit status 1 when errors were found in the roster."""
    chosen = parse_mapping(mapping or [])
    with Workspace.open(workspace) as opened:
        if preview:
            _preview(file, opened.profile, sheet, chosen, json_file)
            return
        # The file is read before anything is asked or created.
        found = read_roster(file, opened.profile, sheet=sheet, mapping=chosen)
        with open_or_create_vault(workspace, passphrase_file) as opened_vault, progress_bar(_("Import")) as report:
            done = store_roster(opened, opened_vault, found, remove_gone=remove_gone, report=report)
    write_json(done.as_json(), json_file)
    if json_file != "-":
        _show_import(done)
    leave_with(done.problems)


def _preview(file: Path, profile: Profile, sheet: str | None, mapping: dict[str, str], json_file: str | None) -> None:
    found = read_roster(file, profile, sheet=sheet, mapping=mapping)
    write_json(found.preview(), json_file)
    if json_file != "-":
        _show_sheets(found.preview())


def _show_sheets(preview: dict[str, Any]) -> None:
    for view in preview["sheets"]:
        if view["header_rows"] is None:
            typer.echo(_("sheet “{sheet}”: not read").format(sheet=view["sheet"]))
            continue
        typer.echo(
            _("sheet “{sheet}”: header in row {row}, {n} households").format(
                sheet=view["sheet"], row=view["header_rows"][1], n=view["households"]
            )
        )
        for column in view["columns"]:
            meaning = _(FIELDS[column["field"]]) if column["field"] else _("not read")
            mark = "?" if column["how"] == "alike" else " "
            typer.echo(f" {mark} {column_letter(column['index'])} {column['header']} = {meaning}")


def _show_import(done: RosterImport) -> None:
    _show_sheets(done.preview)
    typer.echo(
        _(
            "households: {added} added, {changed} changed, {unchanged} unchanged, {repeated} repetitions left out"
        ).format(added=done.added, changed=done.changed, unchanged=done.unchanged, repeated=done.repeated)
    )
    if done.gone:
        text = _("{n} households are gone and were removed") if done.removed else _("{n} households are gone; kept")
        typer.echo(text.format(n=len(done.gone)))
    show_problems(done.problems)


@roster.command("link", help=_("Link households to dwelling units and buildings."))
def link(workspace: WorkspaceFile, *, json_file: JsonFile = None, passphrase_file: PassphraseFile = None) -> None:
    """Link all households that were not decided by hand."""
    with opened_roster(workspace, passphrase_file, _("Linking")) as (opened, opened_vault, report):
        done = link_roster(opened, opened_vault, report=report)
    write_json(done.as_json(), json_file)
    if json_file != "-":
        typer.echo(
            _("{linked} of {households} households linked, {dwellings} of them to a dwelling unit").format(
                linked=done.linked, households=done.households, dwellings=done.to_dwelling
            )
        )
        for state, count in done.states.items():
            if state != "linked":
                typer.echo(f"  {state_title(state)}: {count}")


@roster.command("unlinked", help=_("List the households that are not linked, each with the reason."))
def unlinked(
    workspace: WorkspaceFile,
    *,
    json_file: JsonFile = None,
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", help=_("Write the list for Excel."))] = None,
    names: Annotated[
        bool, typer.Option("--names", help=_("With names and addresses from the vault, in the workbook only."))
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """List what is to be done; needs no passphrase unless names are asked for."""
    with Workspace.open(workspace) as opened:
        households = unlinked_households(opened)
    if xlsx_file:
        listed = households
        if names:
            with open_vault(workspace, passphrase_file) as opened_vault:
                listed = with_names(households, opened_vault, reason=_("list of households that are not linked"))
        write_book(xlsx_file, [_unlinked_sheet(listed, restricted=names)], names=names, quiet=json_file == "-")
    found = unlinked_json(households)
    write_json(found, json_file)
    if json_file != "-":
        for state, count in found["states"].items():
            typer.echo(f"{state_title(state)}: {count}")
        typer.echo(_("not linked: {n}").format(n=found["unlinked"]))


def _unlinked_sheet(households: Any, *, restricted: bool) -> SheetSpec:
    titles = {
        "head": _("head of household"),
        "address": _("address"),
        "census_area": _("census area code"),
        "source": _("source file and sheet"),
        "source_row": _("row in the sheet, from 1"),
        "state": _("link to the map"),
        "score": _("certainty of the link, 0 to 1"),
        "reason_text": _("reason"),
    }
    frame = households.drop(columns=["reason"]).assign(state=households["state"].map(state_title))
    return SheetSpec(
        name=_("not linked"),
        title=_("Households that are not linked"),
        frame=frame.rename(columns=titles),
        note=_("Internal; keep confidential") if restricted else "",
    )


roster.command("visits", help=_("Take a day's sheet of visits and calls in."))(visits)
roster.command("register", help=_("Take the sheet of a field register in."))(register)
roster.command("persons", help=_("Take a list with one row a person in, into the vault."))(persons)
roster.command("update", help=_("Take the month's new version of the roster over, and report what changed."))(update)
roster.command("compare", help=_("Compare the roster with the list of a department."))(compare)
roster.command("surveys", help=_("Compare two surveys of our own with each other."))(surveys)
roster.command("cut", help=_("Cut the list of a department up by mini-area."))(cut)
roster.command("evaluate", help=_("Put our totals by village beside the departments'."))(evaluate)
roster.command("vacancy", help=_("Hold the use of water, power and gas against vacancy."))(vacancy)
roster.command("tables", help=_("Write the one set of tables as a workbook."))(tables)
roster.command("lists", help=_("Write the work lists and registers as a workbook."))(lists)
roster.command("aliases", help=_("Propose or learn what unknown names mean."))(aliases)
roster.add_typer(vault, name="vault", help=_("The encrypted roster: create, passphrase, log, destroy."))
