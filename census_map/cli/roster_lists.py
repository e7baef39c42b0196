"""`census-map roster compare|tables|lists|aliases`: what is made from the roster once it is linked."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.add import parse_mapping
from census_map.cli.passphrase import PassphraseFile, open_vault
from census_map.cli.progress import progress_bar
from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.compare import (
    CONFLICTS,
    Comparison,
    compare_keys,
    counts_by_mini_area,
    read_list_keys,
    roster_keys,
    vault_hasher,
)
from census_map.roster.decide import LinkDesk
from census_map.roster.tables import table_sheets
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.roster.worklists import missed_buildings, missed_households, nominal_registrations, vacant_dwellings
from census_map.task import portion
from census_map.workspace import Workspace

WorkspaceFile = Annotated[Path, typer.Argument(metavar="WS.gpkg", help=_("The workspace."))]
JsonFile = Annotated[str | None, typer.Option("--json", help=_("Write the result as JSON; - is stdout."))]
WorkbookFile = Annotated[Path, typer.Option("--xlsx", help=_("The workbook to write."))]


def compare(
    workspace: WorkspaceFile,
    file: Annotated[Path, typer.Argument(metavar="LIST", help=_("List of a department: xlsx, xls, ods or csv."))],
    *,
    sheet: Annotated[str | None, typer.Option("--sheet", help=_("Only this sheet."))] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="column=HEADER", help=_("Header or letter of a column, such as address=C.")),
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help=_("Write one row a match or difference."))] = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Compare the roster with a list, by keyed hashes."""
    with (
        Workspace.open(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(_("Comparing")) as report,
    ):
        hasher = vault_hasher(vault)
        chosen = parse_mapping(mapping or [])
        theirs = read_list_keys(
            file, opened.profile, hasher, sheet=sheet, mapping=chosen, report=portion(report, 0, 0.6)
        )
        found = compare_keys(roster_keys(vault, hasher, report=portion(report, 0.6, 0.9)), theirs)
        areas = counts_by_mini_area(opened, found)
    if csv_file:
        _write_csv(found, csv_file)
    result = {**found.as_json(), "mini_areas": areas.reset_index().to_dict(orient="records")}
    _write_json(result, json_file)
    if json_file != "-":
        typer.echo(
            _("in both: {both}, only on the roster: {left}, only on the list: {right}").format(
                both=result["both"], left=result["only_left"], right=result["only_right"]
            )
        )


def _write_csv(found: Comparison, path: Path) -> None:
    """Write uids and rows, never a name: who needs the name looks it up in the list by its row."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            file.write("state,household,sheet,row,stage,conflicts\n")
            for pair in found.pairs.itertuples(index=False):
                conflicts = "+".join(name for name in CONFLICTS if getattr(pair, name))
                sheet, row = pair.right
                file.write(f'both,{pair.left},"{_csv_text(sheet)}",{row},{pair.stage},{conflicts}\n')
            for uid in found.only_left:
                file.write(f"only_roster,{uid},,,,\n")
            for sheet, row in found.only_right:
                file.write(f'only_list,,"{_csv_text(sheet)}",{row},,\n')
    except OSError as error:
        raise InputError(
            _("“{file}” cannot be written: close it in Excel, or choose another folder.").format(file=path.name)
        ) from error


def _csv_text(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    quoted = str(text).replace('"', '""')
    return f"'{quoted}" if quoted.startswith(("=", "+", "-", "@")) else quoted


def tables(
    workspace: WorkspaceFile,
    *,
    xlsx_file: WorkbookFile,
    names: Annotated[bool, typer.Option("--names", help=_("With names and addresses from the vault."))] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write the one set of tables."""
    with Workspace.open(workspace) as opened:
        if names:
            with open_vault(workspace, passphrase_file) as vault:
                sheets = table_sheets(opened, vault)
        else:
            sheets = table_sheets(opened)
    write_workbook(xlsx_file, sheets)
    typer.echo(_("made {file}").format(file=xlsx_file.name))


def lists(workspace: WorkspaceFile, *, xlsx_file: WorkbookFile, passphrase_file: PassphraseFile = None) -> None:
    """Write the work lists: places to mark, dwellings to visit, vacant ones, nominal registrations."""
    with Workspace.open(workspace) as opened, open_vault(workspace, passphrase_file) as vault:
        missed = missed_buildings(opened, vault).drop(columns="uids")
        sheets = [
            _list_sheet(_("Buildings to be marked"), missed, {"place": _("place"), "households": _("households")}),
            _list_sheet(_("Dwelling units without household"), missed_households(opened).drop(columns="building_uid")),
            _list_sheet(_("Vacant dwelling units"), vacant_dwellings(opened).drop(columns="building_uid")),
            _list_sheet(_("Nominal registrations"), nominal_registrations(opened)),
        ]
    write_workbook(xlsx_file, sheets)
    typer.echo(_("made {file}").format(file=xlsx_file.name))


def _list_sheet(title: str, frame: Any, more: dict[str, str] | None = None) -> SheetSpec:
    titles = {
        "census_area": _("census area code"),
        "persons": _("persons"),
        "code": _("dwelling code"),
        "building": _("building code"),
        "entrance": _("entrance"),
        "floor": _("floor"),
        "room": _("room"),
        "source": _("source file and sheet"),
        "source_row": _("row in the sheet, from 1"),
        "registered": _("persons registered here"),
        **(more or {}),
    }
    return SheetSpec(title, title, frame.rename(columns=titles), note=_("Internal; keep confidential"))


def aliases(
    workspace: WorkspaceFile,
    *,
    learn: Annotated[
        list[str] | None,
        typer.Option("--learn", metavar="NAME=NAME", help=_("A name on the roster, and the name on the map it means.")),
    ] = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Propose what unknown names of estates mean, or learn it; link again afterwards."""
    with Workspace.open(workspace) as opened, open_vault(workspace, passphrase_file) as vault:
        desk = LinkDesk(opened, vault)
        for roster_name, map_name in parse_mapping(learn or []).items():
            desk.learn(roster_name, map_name)
            typer.echo(_("learned: “{roster}” means “{map}”").format(roster=roster_name, map=map_name))
        proposals = desk.propose_aliases()
    _write_json({"proposals": [vars(proposal) for proposal in proposals]}, json_file)
    if json_file != "-":
        for proposal in proposals:
            typer.echo(
                _("? “{roster}” may mean “{map}”: {n} households").format(
                    roster=proposal.roster_name, map=proposal.map_name, n=proposal.rows
                )
            )


def _write_json(value: dict[str, Any], file: str | None) -> None:
    if file is None:
        return
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    if file == "-":
        typer.echo(text)
    else:
        Path(file).write_text(text + "\n", encoding="utf-8")
