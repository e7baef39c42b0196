"""`census-map roster link` and `unlinked`: which dwelling unit every household lives in, and which are still open."""

from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, write_json
from census_map.cli.passphrase import PassphraseFile, open_vault
from census_map.cli.roster_options import WorkspaceFile, opened_roster, write_book
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.roster.link import link_roster
from census_map.roster.workbook import SheetSpec
from census_map.roster.worklists import state_title, unlinked_households, unlinked_json, with_names
from census_map.targets import check_outputs


def link(workspace: WorkspaceFile, *, json_file: JsonFile = None, passphrase_file: PassphraseFile = None) -> None:
    """Link all households that were not decided by hand."""
    check_outputs(json_file, read=(workspace, passphrase_file))
    with opened_roster(workspace, passphrase_file, _("Linking")) as (opened, opened_vault, report):
        done = link_roster(opened, opened_vault, report=report)
    write_json(done.as_json(), json_file)
    if json_file != "-":
        say(
            _("{linked} of {households} households linked, {dwellings} of them to a dwelling unit").format(
                linked=done.linked, households=done.households, dwellings=done.to_dwelling
            )
        )
        for state, count in done.states.items():
            if state != "linked":
                say(f"  {state_title(state)}: {count}")


def unlinked(
    workspace: WorkspaceFile,
    *,
    json_file: JsonFile = None,
    xlsx_file: Annotated[
        Path | None, typer.Option("--xlsx", metavar=_("FILE"), help=_("Write the list for Excel."))
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help=_("With names and addresses from the vault, in the workbook only."))
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """List what is to be done; needs no passphrase unless names are asked for."""
    check_outputs(xlsx_file, json_file, read=(workspace, passphrase_file))
    with open_workspace(workspace) as opened:
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
            say(f"{state_title(state)}: {count}")
        say(_("not linked: {n}").format(n=found["unlinked"]))


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
