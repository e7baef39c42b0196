"""The passphrase of the vault: from a file, from the environment, or typed without echo; never an argument's value."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.saying import say
from census_map.cli.wording import find_fault
from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.cipher import weakness
from census_map.roster.together import refuse_second_vault
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace
from census_map.workspace.seals import Sign

VARIABLE = "CENSUS_MAP_PASSPHRASE"
NEW_VARIABLE = "CENSUS_MAP_NEW_PASSPHRASE"

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar=_("FILE"),
        help=_("File whose first line is the passphrase; otherwise CENSUS_MAP_PASSPHRASE, or you are asked."),
    ),
]


def read_passphrase(
    file: Path | None, *, new: bool = False, prompt: str | None = None, variable: str = VARIABLE
) -> str:
    """
    Get the passphrase.

    Parameters
    ----------
    file
        Given with `--passphrase-file`.
    new
        Ask twice.
    prompt
        Translated question.
    variable
        Environment variable that may hold it.

    Raises
    ------
    InputError
        The file cannot be read, or there is nobody to ask.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").splitlines()[0]  # Notepad may put a mark before the text
        except FileNotFoundError as error:
            raise InputError(
                _("There is no passphrase file “{file}”: check its name and folder.").format(file=file.name)
            ) from error
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise InputError(
                _("The passphrase file “{file}” cannot be read: save it as text in UTF-8.").format(file=file.name)
            ) from error
    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise InputError(
            _("The roster needs its new passphrase: set {variable}, or name a file with --new-passphrase-file.").format(
                variable=variable
            )
            if variable == NEW_VARIABLE
            else _("The roster needs its passphrase: set {variable}, or name a file with --passphrase-file.").format(
                variable=variable
            )
        )
    return _ask(prompt or _("Passphrase of the roster"), twice=new)


def _ask(prompt: str, *, twice: bool) -> str:
    while True:
        typed = str(typer.prompt(prompt, hide_input=True, err=True))
        if not twice or typed == str(typer.prompt(_("Type it once more"), hide_input=True, err=True)):
            return typed
        say(_("The two are not the same: type both again."), err=True)


def open_vault(workspace: Path, file: Path | None) -> Vault:
    """Open the vault beside a workspace; what was found wrong with the two is said, and the exit status will be 1."""
    vault = Vault.open(vault_path(workspace), read_passphrase(file))
    for notice in vault.notices:
        say(f"! {notice}", err=True)
        find_fault()
    return vault


def new_passphrase(file: Path | None, *, prompt: str, variable: str = VARIABLE) -> str:
    """Get a new passphrase, and say so where it is easily guessed."""
    given = read_passphrase(file, new=True, prompt=prompt, variable=variable)
    if hint := weakness(given):
        say(f"! {hint}", err=True)
    return given


@contextmanager
def vault_signature(workspace: Path, file: Path | None) -> Iterator[Sign | None]:
    """Give what signs with the vault's key where its passphrase is at hand; nobody is asked for it."""
    if not vault_path(workspace).is_file() or not (file or os.environ.get(VARIABLE)):
        yield None
        return
    with open_vault(workspace, file) as vault:
        yield vault.sign


def open_or_create_vault(workspace: Workspace, file: Path | None) -> Vault:
    """
    Open the vault beside a workspace, or create it with a new passphrase.

    Raises
    ------
    VaultError
        There is none although households were imported (`refuse_second_vault`).
    """
    path = vault_path(workspace.path)
    if path.is_file():
        return open_vault(workspace.path, file)
    refuse_second_vault(workspace)
    return Vault.create(path, new_passphrase(file, prompt=_("New passphrase of the roster")))
