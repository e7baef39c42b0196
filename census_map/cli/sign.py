"""`census-map sign`, `lock` and `unlock`: the levels of checking a mini-area."""

from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.passphrase import PassphraseFile, vault_signature
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
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
        str, typer.Option("--level", metavar=_("LEVEL"), help=_("draft, self, instructor, township or submitted."))
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar=_("TEXT"), help=_("Why those above the level go down to it."))
    ] = "",
    area: _Areas = None,
) -> None:
    """Sign off one level up, or down with a reason; exit status 1 when something stands in the way."""
    with open_workspace(workspace) as opened:
        with progress_bar(_("Checking")) as report:
            done = sign_areas(opened, level, areas=area, reason=reason, report=report)
        _tell(done, _("Nothing was signed: mend the errors, and explain the warnings with “waive”."))


def lock(workspace: _Path, *, area: _Areas = None, passphrase_file: PassphraseFile = None) -> None:
    """Lock; exit status 1 when something stands in the way or the township has not signed."""
    with open_workspace(workspace) as opened, vault_signature(workspace, passphrase_file) as signature:
        with progress_bar(_("Checking")) as report:
            done = lock_areas(opened, areas=area, report=report, sign=signature)
        _tell(done, _("Nothing was locked: mend the errors, and explain the warnings with “waive”."))


def unlock(
    workspace: _Path,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar=_("TEXT"), help=_("Why; kept in the history."))],
    area: _Areas = None,
) -> None:
    """Make locked mini-areas drafts again."""
    with open_workspace(workspace) as opened:
        _tell(unlock_areas(opened, reason, areas=area))


def _tell(done: SignReport, refused: str = "") -> None:
    for problem in done.obstacles:
        say(f"{problem.id}  {problem.message}")
    if done.obstacles:
        say(refused)
        raise typer.Exit(1)
    say(_("changed {changed}, unchanged {already}").format(changed=done.changed, already=done.already))
    if done.behind:
        shown = ", ".join(done.behind[:8]) + (" …" if len(done.behind) > 8 else "")
        say(_("{n} lack the sign-off of the level before: {codes}").format(n=len(done.behind), codes=shown))
        raise typer.Exit(1)
