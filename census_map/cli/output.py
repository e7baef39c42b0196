"""What commands print: JSON into a file or on stdout, and problems with their place and remedy."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from census_map.cli.saying import harmless_json, say
from census_map.i18n import _, ngettext
from census_map.targets import write_text

if TYPE_CHECKING:
    from census_map.roster.sheet_view import RosterProblem  # the check of a layer loads no roster

JsonFile = Annotated[
    str | None, typer.Option("--json", metavar=_("FILE"), help=_("Write the result as JSON; - is stdout."))
]
_SHOWN_PROBLEMS = 30


def write_json(value: dict[str, Any] | list[Any], file: str | None) -> None:
    """
    Write a result where `--json` says; nothing when it was not given.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    if file is None:
        return
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    if file == "-":
        typer.echo(harmless_json(text))
        return
    write_text(Path(file), text + "\n")


def show_problems(problems: Iterable["RosterProblem"], *, file: str = "") -> None:
    """Print the problems that ask for something to be done, the first thirty of them; `file` where it is one of two."""
    shown = [problem for problem in problems if problem.severity != "info"]
    for problem in shown[:_SHOWN_PROBLEMS]:
        place = " ".join(filter(None, (file, problem.sheet, str(problem.row or ""), problem.column)))
        say(f"! {place}: {problem.message} {problem.fix}")
    if len(shown) > _SHOWN_PROBLEMS:
        more = len(shown) - _SHOWN_PROBLEMS
        say(ngettext("… and {n} more; --json lists all", "… and {n} more; --json lists all", more).format(n=more))


def leave_with(problems: Iterable["RosterProblem"]) -> None:
    """End with status 1 when errors were found in the data."""
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)
