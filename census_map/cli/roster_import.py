"""`census-map roster import`: a roster file into workspace and vault."""

from pathlib import Path
from typing import Annotated, Any

import typer

from census_map.cli.mapping import parse_mapping
from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, leave_with, show_problems, write_json
from census_map.cli.passphrase import PassphraseFile, open_or_create_vault
from census_map.cli.progress import progress_bar
from census_map.cli.roster_options import Mapping, RosterFile, SheetName, WorkspaceFile
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.headers import FIELDS, column_letter
from census_map.roster.importing import RosterImport, store_roster
from census_map.roster.read import read_roster
from census_map.targets import check_outputs


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
    check_outputs(json_file, read=(workspace, file, passphrase_file))
    chosen = parse_mapping(mapping or [])
    with open_workspace(workspace) as opened:
        if preview:
            _preview(file, opened.profile, sheet, chosen, json_file)
            return
        # The file is read before anything is asked or created.
        found = read_roster(file, opened.profile, sheet=sheet, mapping=chosen)
        with open_or_create_vault(opened, passphrase_file) as opened_vault, progress_bar(_("Import")) as report:
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
            say(_("sheet “{sheet}”: not read").format(sheet=view["sheet"]))
            continue
        of_workbook = _("sheet “{sheet}”: header in row {row}, {n} households")
        text = of_workbook if view["sheet"] else _("header in row {row}, {n} households")
        say(text.format(sheet=view["sheet"], row=view["header_rows"][1], n=view["households"]))
        for column in view["columns"]:
            field = column["field"]
            meaning = _(FIELDS[field]) if field else _("not read")
            mark = "?" if column["how"] == "alike" else " "
            say(f" {mark} {column_letter(column['index'])} {column['header']} = {meaning}")


def _show_import(done: RosterImport) -> None:
    _show_sheets(done.preview)
    say(
        _(
            "households: {added} added, {changed} changed, {unchanged} unchanged, {repeated} repetitions left out"
        ).format(added=done.added, changed=done.changed, unchanged=done.unchanged, repeated=done.repeated)
    )
    if done.gone:
        text = _("{n} households are gone and were removed") if done.removed else _("{n} households are gone; kept")
        say(text.format(n=len(done.gone)))
    show_problems(done.problems)
