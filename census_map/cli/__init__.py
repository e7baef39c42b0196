"""
The command line: every verb one function call into the library.

Exit status: 0 clean or done, 1 errors found in the data, 2 could not run (one line on stderr: what, and what to do).
"""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from census_map import __version__
from census_map.cli import coverage_repair, coverage_split  # noqa: F401  each puts its verb into the group `coverage`
from census_map.cli.add import add
from census_map.cli.check import check
from census_map.cli.coverage import coverage_app
from census_map.cli.demo import demo
from census_map.cli.export import export
from census_map.cli.new import new
from census_map.cli.number import number
from census_map.cli.print_command import print_sheets
from census_map.cli.repair import repair
from census_map.cli.roster import roster
from census_map.cli.sign import lock, sign, unlock
from census_map.cli.split import split
from census_map.errors import CensusMapError
from census_map.i18n import _, set_language

_INTERRUPTED = 130  # what typer makes of Ctrl+C

app = typer.Typer(
    name="census-map",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  typer passes the option's value
    if wanted:
        typer.echo(f"census-map {__version__}")
        raise typer.Exit


@app.callback(help=_("Draw census mini-areas, mark every building and dwelling, and prove that nobody is left out."))
def census_map(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=_("Show the version."))
    ] = False,
) -> None:
    """Hold what all verbs share."""


app.command(help=_("Run the main job on the sample township, end to end."))(demo)
app.command(help=_("Make a workspace from the census areas of a township."))(new)
app.command(help=_("Add the rows of a file: buildings, dwellings, roads and more."))(add)
app.command(help=_("Split census areas into mini-areas."))(split)
app.command(help=_("Give mini-areas, buildings and dwellings their numbers."))(number)
app.command(help=_("Sign mini-areas off at one level."))(sign)
app.command(help=_("Lock mini-areas."))(lock)
app.command(help=_("Unlock mini-areas, with a reason."))(unlock)
app.command(help=_("Run the check rules over a workspace."))(check)
app.command(help=_("Mend the borders of mini-areas by rule."))(repair)
app.command("print", help=_("Print the sheets of mini-areas."))(print_sheets)
app.command(help=_("Write the package for the county office."))(export)
app.add_typer(coverage_app, name="coverage", help=_("Check, repair and split any polygon file."))
app.add_typer(roster, name="roster", help=_("The household roster: import, link, lists."))


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command line.

    Parameters
    ----------
    arguments
        Words after the program's name; None: those of the process.

    Returns
    -------
    status
        0 clean or done, 1 errors found in the data, 2 could not run.
    """
    set_language()
    for stream in (sys.stdout, sys.stderr):
        # A Chinese name must not stop the program on a console that cannot show it.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    words = sys.argv[1:] if arguments is None else arguments
    try:
        status = app(args=words or ["--help"], standalone_mode=False)
    except CensusMapError as error:
        return _refuse(str(error))
    except TyperException as error:
        return _refuse(error.format_message() if hasattr(error, "format_message") else str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _refuse(_("Stopped; nothing was changed."))
    if status == _INTERRUPTED:
        return _refuse(_("Stopped; nothing was changed."))
    return status if isinstance(status, int) else 0


def _refuse(message: str) -> int:
    sys.stderr.write("census-map: " + " ".join(message.split()) + "\n")
    return 2
