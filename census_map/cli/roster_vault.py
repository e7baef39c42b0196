"""`census-map roster vault …`: the encrypted roster itself."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.output import JsonFile, write_json
from census_map.cli.passphrase import NEW_VARIABLE, PassphraseFile, new_passphrase, open_vault, read_passphrase
from census_map.cli.roster_options import WorkspaceFile
from census_map.cli.saying import say
from census_map.cli.wording import Group, Verb
from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.vault import Vault, destroy_vault, vault_path
from census_map.targets import check_outputs

vault = typer.Typer(cls=Group, rich_markup_mode=None)


@vault.command("init", cls=Verb, help=_("Create an empty vault beside the workspace."))
def init(workspace: WorkspaceFile, *, passphrase_file: PassphraseFile = None) -> None:
    """Create."""
    path = vault_path(workspace)
    with open_workspace(workspace):  # a vault beside a name that was mistyped belongs to nothing
        Vault.create(path, new_passphrase(passphrase_file, prompt=_("New passphrase of the roster"))).close()
    say(_("made {file}").format(file=path.name))


@vault.command("passphrase", cls=Verb, help=_("Change the passphrase; nothing is encrypted anew."))
def passphrase(
    workspace: WorkspaceFile,
    *,
    passphrase_file: PassphraseFile = None,
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--new-passphrase-file", metavar=_("FILE"), help=_("File whose first line is the new passphrase.")
        ),
    ] = None,
) -> None:
    """Change the passphrase."""
    old = read_passphrase(passphrase_file)
    with Vault.open(vault_path(workspace), old) as opened:
        prompt = _("New passphrase of the roster")
        new = new_passphrase(new_passphrase_file, prompt=prompt, variable=NEW_VARIABLE)
        opened.change_passphrase(old, new)
    say(_("the passphrase was changed"))


@vault.command("log", cls=Verb, help=_("Show who read or changed the roster, when, what and why."))
def log(
    workspace: WorkspaceFile,
    *,
    json_file: JsonFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Show the access log; exit status 1 when it was tampered with."""
    check_outputs(json_file, read=(workspace, passphrase_file))
    with open_vault(workspace, passphrase_file) as opened:
        entries, whole = opened.access_log(), opened.log_is_whole
    write_json(entries.to_dict(orient="records"), json_file)
    if json_file != "-":
        for time, user, action, rows, reason, _intact in entries.itertuples(index=False):
            say(f"{time}  {user}  {action}  {rows}  {reason}")
    if not (whole and entries["intact"].all()):
        say(_("! the log was changed by another program"), err=True)
        raise typer.Exit(1)


@vault.command("aside", cls=Verb, help=_("Show, put back or drop what was taken out on the word of the workspace."))
def aside(
    workspace: WorkspaceFile,
    *,
    restore: Annotated[bool, typer.Option("--restore", help=_("Put all of it back."))] = False,
    drop: Annotated[bool, typer.Option("--drop", help=_("Drop all of it for good."))] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """
    Show or decide.

    Raises
    ------
    InputError
        Both were asked for.
    """
    if restore and drop:
        raise InputError(_("Choose one of --restore and --drop."))
    with open_vault(workspace, passphrase_file) as opened:
        kept = opened.set_aside()
        if restore:
            opened.put_back()
        if drop:
            opened.drop_aside()
    rows = _("set aside: {households} households, {records} records").format(
        households=kept.get("household", 0), records=kept.get("record", 0)
    )
    say(rows)
    if restore or drop:
        say(_("put back") if restore else _("dropped"))


@vault.command("destroy", cls=Verb, help=_("Destroy the vault for good: names, phones and identity numbers are lost."))
def destroy(
    workspace: WorkspaceFile,
    *,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar=_("FILE"), help=_("Name of the vault's file, to confirm."))
    ] = None,
) -> None:
    """Destroy after the name of the file was typed."""
    path = vault_path(workspace)
    question = _("Names, phones and identity numbers will be lost for good. Type “{file}” to destroy them")
    typed = confirm or str(typer.prompt(question.format(file=path.name), err=True))
    destroy_vault(path, confirm=typed)
    say(_("destroyed {file}").format(file=path.name))
