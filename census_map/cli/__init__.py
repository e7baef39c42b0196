"""
The command line: every verb one function call into the library.

Exit status: 0 clean or done, 1 errors found in the data, 2 could not run (one line on stderr: what, and what to do).
"""

import os
import sys
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from census_map.cli.verbs import or_help, program_for
from census_map.errors import CensusMapError, places_of
from census_map.i18n import _, set_language

_INTERRUPTED = 130  # what typer makes of Ctrl+C


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
    words = or_help(sys.argv[1:] if arguments is None else arguments)
    try:
        status = program_for(words)(args=words, standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        status = _INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # of the output: `run` says it
            raise
        return _refuse(_in_words(error))
    if status == _INTERRUPTED:
        return _refuse(_("Stopped: what was not finished was not kept."))
    return status if isinstance(status, int) else 0


def run() -> NoReturn:
    """
    Be the program: run the command line on the words of the process, and end it.

    At once, since taking a country's polygons down one by one takes half as long as reading them: all that holds a
    file is closed by then, and nothing is left to be done at exit.
    """
    try:
        status = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read the result has read enough
        status = 0
    except OSError as error:
        status = _refuse(_("The result cannot be written: {fault}.").format(fault=os.strerror(error.errno or 0)))
        sys.stderr.flush()
    os._exit(status)


def _in_words(error: Exception) -> str:
    """Say what could not be done; of what nobody foresaw its kind and place alone, for its text may quote a name."""
    if isinstance(error, CensusMapError):
        return str(error)
    if isinstance(error, TyperException):
        return error.format_message() if hasattr(error, "format_message") else str(error)
    if isinstance(error, MemoryError):
        return _("The memory is full: close other programs and try again. What was not finished was not kept.")
    return _(
        "That did not work ({kind}); what was not finished was not kept. Send this line to the technician: {places}"
    ).format(kind=type(error).__name__, places=places_of(error))


def _refuse(message: str) -> int:
    sys.stderr.write("census-map: " + " ".join(message.split()) + "\n")
    return 2
