"""
The command line: every verb one function call into the library.

Exit status: 0 clean or done, 1 errors found in the data, 2 could not run (one line on stderr: what, and what to do).
"""

import gc
import os
import signal
import sys
import warnings
from types import FrameType
from typing import NoReturn

from census_map.cli.saying import harmless
from census_map.errors import CensusMapError, places_of
from census_map.exchange.drivers import hold_process
from census_map.i18n import _, set_language
from census_map.system_faults import file_refusal, name_refusal, system_fault
from census_map.task import many_small_objects

_INTERRUPTED = 130  # what typer makes of Ctrl+C


def main(arguments: list[str] | None = None, *, standing: list[object] | None = None) -> int:
    """
    Run the command line.

    Parameters
    ----------
    arguments
        Words after the program's name; None: those of the process.
    standing
        Is given what would take long to take down, so that it outlives its verb; None: nothing does.

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
        with many_small_objects():
            from census_map.cli.verbs import program_for  # noqa: PLC0415  loading takes long enough to be stopped

            program = program_for(words)
        if standing is not None:
            gc.freeze()  # modules stay to the end: no search for cycles needs to visit them
        if signal.getsignal(signal.SIGINT) is _stop_at_once:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # from here on something may have to be undone
        status = program(args=words, prog_name="census-map", standalone_mode=False, obj=standing)
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # of the output: `run` says it
            raise
        return _refuse(_in_words(error))
    if status == _INTERRUPTED:
        return _stopped()
    return status if isinstance(status, int) else 0


def run() -> NoReturn:
    """
    Be the program: run the command line on the words of the process, and end it.

    At once, since taking a country's polygons down one by one takes half as long as reading them: all that holds a
    file is closed by then, and nothing is left to be done at exit.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop_at_once)
    _silence_libraries()
    hold_process()
    standing: list[object] = []
    try:
        status = main(standing=standing)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read the result has read enough
        status = 0
    except OSError as error:
        status = _refuse(_("The result cannot be written: {fault}.").format(fault=system_fault(error)))
        sys.stderr.flush()
    os._exit(status)


def _in_words(error: Exception) -> str:
    """Say what could not be done; of what nobody foresaw its kind and place alone, for its text may quote a name."""
    if isinstance(error, CensusMapError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return file_refusal(error)
    if isinstance(error, UnicodeEncodeError):
        return name_refusal()
    if isinstance(error, MemoryError):
        return _("The memory is full: close other programs and try again. What was not finished was not kept.")
    return _(
        "That did not work ({kind}); what was not finished was not kept. Send this line to the technician: {places}"
    ).format(kind=type(error).__name__, places=places_of(error))


def _silence_libraries() -> None:
    """
    Keep what libraries tell programmers from the user, unless Python was asked for it (`-W`, `PYTHONWARNINGS`).

    It is English, holds paths and may quote the data; what matters to the user is said as a problem or a refusal.
    """
    import logging  # noqa: PLC0415  within reach of Ctrl+C

    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        logging.getLogger().addHandler(logging.NullHandler())


def _stop_at_once(_signal: int, _frame: FrameType | None) -> None:
    """
    End the process where nothing is open yet.

    Python's own way, an exception, is lost or told as a traceback where a module is just being loaded.
    """
    status = _stopped()
    sys.stderr.flush()
    os._exit(status)


def _stopped() -> int:
    return _refuse(_("Stopped: what was not finished was not kept."))


def _refuse(message: str) -> int:
    sys.stderr.write("census-map: " + harmless(" ".join(message.split())) + "\n")
    return 2
