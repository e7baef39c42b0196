"""What the verbs of the roster share: options, how workspace and vault are opened, what is said of a file made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.passphrase import open_vault
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.i18n import _
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.task import Report
from census_map.workspace import Workspace

WorkspaceFile = Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))]
RosterFile = Annotated[Path, typer.Argument(metavar=_("ROSTER"), help=_("xlsx, xls, ods or csv."))]
SheetFile = Annotated[Path, typer.Argument(metavar=_("FILE"), help=_("xlsx, xls, ods or csv."))]
SheetName = Annotated[str | None, typer.Option("--sheet", metavar=_("NAME"), help=_("Only this sheet."))]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", metavar=_("column=HEADER"), help=_("Header or letter of a column, such as address=C.")),
]
Names = Annotated[bool, typer.Option("--names", help=_("With names and addresses, for a restricted copy."))]
XlsxFile = Annotated[Path | None, typer.Option("--xlsx", metavar=_("FILE"), help=_("The workbook to write."))]


@contextmanager
def opened_roster(
    workspace: Path, passphrase_file: Path | None, title: str
) -> Iterator[tuple[Workspace, Vault, Report]]:
    """Open workspace and vault, and show how far a piece of work is; `title` is translated."""
    with (
        open_workspace(workspace) as opened,
        open_vault(workspace, passphrase_file) as vault,
        progress_bar(title) as report,
    ):
        yield opened, vault, report


def write_book(path: Path | None, sheets: list[SheetSpec], *, names: bool, quiet: bool = False) -> None:
    """
    Write a workbook where one is asked for, and say in words whether it holds names.

    Parameters
    ----------
    quiet
        Say it on stderr, because stdout is for JSON.
    """
    if path is None:
        return
    write_workbook(path, sheets, names=names)
    tell_made(path, names=names, quiet=quiet)


def tell_made(path: Path, *, names: bool, quiet: bool = False) -> None:
    """Say that a file or folder was made, and whether it holds names."""
    say(_("made {file}").format(file=path.name), err=quiet)
    if names:
        warning = _("! “{file}” holds names and addresses of the roster: lock it away, and destroy it after use.")
        say(warning.format(file=path.name), err=quiet)
