"""The program without its verbs: `verbs` puts them in."""

from typing import Annotated

import typer

from census_map import __version__
from census_map.cli.wording import Group
from census_map.i18n import _


def new_program() -> typer.Typer:
    """Return the program; a verb is what `command` and `add_typer` add."""
    app = typer.Typer(
        name="census-map",
        cls=Group,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    text = _("Draw census mini-areas, mark every building and dwelling, and prove that nobody is left out.")
    app.callback(help=text)(census_map)
    return app


def _show_version(wanted: bool) -> None:  # noqa: FBT001  typer passes the option's value
    if wanted:
        typer.echo(f"census-map {__version__}")
        raise typer.Exit


def census_map(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help=_("Show the version.")),
    ] = False,
) -> None:
    """Hold what all verbs share."""
