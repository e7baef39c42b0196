"""
What commands write and print: JSON into a file or on stdout, problems with their place and remedy.

Where a result goes is looked at before anything is done: a verb that has changed the township and then finds that it
cannot write its report has done half of what it was asked for.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any

import typer

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.roster.read import RosterProblem

JsonFile = Annotated[str | None, typer.Option("--json", help=_("Write the result as JSON; - is stdout."))]
_SHOWN_PROBLEMS = 30
_DATABASE = b"SQLite format 3\0"


def check_outputs(*outputs: Path | str | None, read: Iterable[Path] = ()) -> None:
    """
    Refuse files that a result cannot or must not be written to, before any work is done.

    Parameters
    ----------
    outputs
        Files to be written; None and `-` stand for none.
    read
        Files that the command reads: none of them is replaced.

    Raises
    ------
    InputError
        A file that is read, or a workspace or vault; a folder; in a folder that is not there; not to be written;
        named twice.
    """
    inputs = [path for path in read if path.exists()]
    known: list[Path] = []
    for output in outputs:
        if output is None or str(output) == "-":
            continue
        path = Path(output)
        if any(path.exists() and path.samefile(one) for one in inputs):
            raise InputError(
                _("“{file}” is read by this command: choose another name for the result.").format(file=path.name)
            )
        if path.resolve() in known:
            raise InputError(
                _("Two results are to be written to “{file}”: choose another name for one.").format(file=path.name)
            )
        _check_output(path)
        known.append(path.resolve())


def _check_output(path: Path) -> None:
    if path.is_dir():
        raise InputError(_("“{file}” is a folder: add the name of a file.").format(file=path.name))
    try:
        if path.is_file():
            with path.open("r+b") as file:
                is_database = file.read(len(_DATABASE)) == _DATABASE
            if is_database:
                raise InputError(
                    _("“{file}” is a database and is not replaced: choose another name for the result.").format(
                        file=path.name
                    )
                )
        elif not path.exists():
            if not path.parent.is_dir():
                raise InputError(
                    _("The folder of “{file}” is not there: make it, or choose another.").format(file=path.name)
                )
            with TemporaryFile(dir=path.parent):
                pass
    except OSError as error:
        raise InputError(
            _("“{file}” cannot be written: close it in Excel, or choose another folder.").format(file=path.name)
        ) from error


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
        typer.echo(text)
        return
    try:
        Path(file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            _("“{file}” cannot be written: choose another name or folder.").format(file=Path(file).name)
        ) from error


def show_problems(problems: Iterable[RosterProblem], *, file: str = "") -> None:
    """Print the problems that ask for something to be done, the first thirty of them; `file` where it is one of two."""
    shown = [problem for problem in problems if problem.severity != "info"]
    for problem in shown[:_SHOWN_PROBLEMS]:
        place = " ".join(filter(None, (file, problem.sheet, str(problem.row or ""), problem.column)))
        typer.echo(f"! {place}: {problem.message} {problem.fix}")
    if len(shown) > _SHOWN_PROBLEMS:
        more = len(shown) - _SHOWN_PROBLEMS
        typer.echo(
            ngettext("… and {n} more; --json lists all", "… and {n} more; --json lists all", more).format(n=more)
        )


def leave_with(problems: Iterable[RosterProblem]) -> None:
    """End with status 1 when errors were found in the data."""
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)
