"""`census-map roster tables|lists|aliases`: what is made from the roster once it is linked."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.mapping import parse_mapping
from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, write_json
from census_map.cli.passphrase import PassphraseFile, open_vault
from census_map.cli.roster_options import Names, WorkspaceFile, write_book
from census_map.cli.saying import say
from census_map.cli.wording import with_meanings
from census_map.i18n import _
from census_map.roster.decide import LinkDesk
from census_map.roster.field_lists import FIELD_LISTS
from census_map.roster.list_sheets import list_sheets
from census_map.roster.tables import table_sheets
from census_map.targets import check_outputs

WorkbookFile = Annotated[Path, typer.Option("--xlsx", metavar=_("FILE"), help=_("The workbook to write."))]


def tables(
    workspace: WorkspaceFile,
    *,
    xlsx_file: WorkbookFile,
    names: Names = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write the one set of tables."""
    check_outputs(xlsx_file, read=(workspace, passphrase_file))
    with open_workspace(workspace) as opened:
        if names:
            with open_vault(workspace, passphrase_file) as vault:
                sheets = table_sheets(opened, vault)
        else:
            sheets = table_sheets(opened)
    write_book(xlsx_file, sheets, names=names)


def lists(
    workspace: WorkspaceFile,
    *,
    xlsx_file: WorkbookFile,
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar=_("NAME"),
            help=_("Only these lists: {names}").format(
                names=with_meanings({name: FIELD_LISTS[name].title for name in FIELD_LISTS})
            ),
        ),
    ] = None,
    names: Names = False,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write the work lists and registers."""
    check_outputs(xlsx_file, json_file, read=(workspace, passphrase_file))
    with open_workspace(workspace) as opened, open_vault(workspace, passphrase_file) as vault:
        sheets = list_sheets(opened, vault, chosen or (), names=names)
    if sheets:
        write_book(xlsx_file, sheets, names=names, quiet=json_file == "-")
    else:  # Excel opens no workbook without a sheet
        say(_("All lists are empty: no workbook was written."), err=json_file == "-")
    write_json({"lists": {sheet.title: len(sheet.frame) for sheet in sheets}}, json_file)
    if json_file != "-":
        for sheet in sheets:
            say(f"  {sheet.title}: {len(sheet.frame)}")


def aliases(
    workspace: WorkspaceFile,
    *,
    learn: Annotated[
        list[str] | None,
        typer.Option(
            "--learn", metavar=_("NAME=NAME"), help=_("A name on the roster, and the name on the map it means.")
        ),
    ] = None,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Propose what unknown names of estates mean, or learn it; link again afterwards."""
    check_outputs(json_file, read=(workspace, passphrase_file))
    with open_workspace(workspace) as opened, open_vault(workspace, passphrase_file) as vault:
        desk = LinkDesk(opened, vault)
        for roster_name, map_name in parse_mapping(learn or [], option="--learn", form="NAME=NAME").items():
            desk.learn(roster_name, map_name)
            say(_("learned: “{roster}” means “{map}”").format(roster=roster_name, map=map_name))
        proposals = desk.propose_aliases()
    write_json({"proposals": [vars(proposal) for proposal in proposals]}, json_file)
    if json_file != "-":
        if not proposals and not learn:
            say(_("no name of the roster is waiting to be explained"))
        for proposal in proposals:
            say(
                _("? “{roster}” may mean “{map}”: {n} households").format(
                    roster=proposal.roster_name, map=proposal.map_name, n=proposal.rows
                )
            )
