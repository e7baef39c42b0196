"""`census-map sign`, `lock` and `unlock`: the levels of checking a mini-area."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.passphrase import PassphraseFile, vault_signature
from census_map.cli.progress import progress_bar
from census_map.i18n import _
from census_map.signing import SignReport, lock_areas, sign_areas, unlock_areas

_Path = Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))]
_Areas = Annotated[
    list[str] | None,
    typer.Option("--area", metavar=_("CODE"), help=_("Only these mini-areas, or those of these census areas.")),
]


def sign(
    workspace: _Path,
    *,
    level: Annotated[
        str, typer.Option("--level", metavar=_("LEVEL"), help=_("self, instructor, township or submitted."))
    ],
    area: _Areas = None,
) -> None:
    """Sign off one level up; exit status 1 when some mini-areas lack the level before."""
    with open_workspace(workspace) as opened:
        _tell(sign_areas(opened, level, areas=area))


def lock(workspace: _Path, *, area: _Areas = None, passphrase_file: PassphraseFile = None) -> None:
    """Lock; exit status 1 when the check finds errors or the township has not signed."""
    with open_workspace(workspace) as opened, vault_signature(workspace, passphrase_file) as signature:
        with progress_bar(_("Checking")) as report:
            done = lock_areas(opened, areas=area, report=report, sign=signature)
        for problem in done.obstacles:
            typer.echo(f"{problem.rule}  {problem.message}")
        if done.obstacles:
            typer.echo(_("Nothing was locked: settle these errors first."))
            raise typer.Exit(1)
        _tell(done)


def unlock(
    workspace: _Path,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar=_("TEXT"), help=_("Why; kept in the history."))],
    area: _Areas = None,
) -> None:
    """Make locked mini-areas drafts again."""
    with open_workspace(workspace) as opened:
        _tell(unlock_areas(opened, reason, areas=area))


def _tell(done: SignReport) -> None:
    typer.echo(_("changed {changed}, unchanged {already}").format(changed=done.changed, already=done.already))
    if done.behind:
        shown = ", ".join(done.behind[:8]) + (" …" if len(done.behind) > 8 else "")
        typer.echo(_("{n} lack the sign-off of the level before: {codes}").format(n=len(done.behind), codes=shown))
        raise typer.Exit(1)
