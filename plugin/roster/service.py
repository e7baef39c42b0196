"""
Where the roster's library runs: in a process of its own, so that the window never waits for Python's one lock.

A thread would do for what is short. But Python runs one thread at a time, and a township of 160,000 rows keeps that
thread busy for a minute: the window stood still for seconds. The process is QGIS's own Python; paths, wishes and the
passphrase go to it through its standard input and nowhere else. Where no Python can be started, the library's thread
takes its place. What it prints is thrown away: the text of a crash may quote a name.
"""

import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from census_map.apart import interpreters, own_environment
from census_map.errors import Cancelled
from census_map.i18n import current_language
from census_map.task import Report, silent

from ..worker import WorkFailed, in_library_thread

LENGTH = 8
# Nothing but fixed words on the command line; where the packages are comes through the pipe.
_START = (
    "import pickle, sys; source = sys.stdin.buffer; "
    "sys.path[:] = pickle.loads(source.read(int.from_bytes(source.read(8), 'big'))); "
    "from census_map_plugin import dependencies; dependencies.make_importable(); "
    "from census_map_plugin.roster.served import main; main()"
)
_GRACE_S = 3.0


class Service:
    """
    Calls the library's verbs, one at a time.

    Parameters
    ----------
    apart
        In a process of its own; False: in the library's thread.
    """

    def __init__(self, *, apart: bool = True) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._apart = apart
        self._session: Any = None
        self._to_drop: set[str] = set()

    def call(self, verb: str, *arguments: Any, report: Report = silent, **options: Any) -> Any:
        """
        Call a verb and wait for its result.

        Parameters
        ----------
        verb
            `module.function` of `census_map_plugin.roster.library`; its first parameter is the session.
        arguments, options
            Plain data.
        report
            Told how far it is, in the thread that calls.

        Raises
        ------
        CensusMapError
            As the verb raises it.
        WorkFailed
            Anything else, or the process has ended.
        """
        with self._lock:
            self._drop()
            return self._call(verb, arguments, report, options)

    def drop(self, room: str) -> None:
        """Let go of what a room of the session holds, as soon as the work that is running has ended; nobody waits."""
        self._to_drop.add(room)
        threading.Thread(target=self._drop_soon, name="roster_drop", daemon=True).start()

    def _drop_soon(self) -> None:
        with self._lock, suppress(WorkFailed):
            self._drop()

    def _drop(self) -> None:
        while self._to_drop:
            room = self._to_drop.pop()
            if self._session is not None or self._running() is not None:
                self._call("session.close_room", (room,), silent, {})

    def _call(self, verb: str, arguments: tuple[Any, ...], report: Report, options: dict[str, Any]) -> Any:
        if self._apart and self._running() is None:
            self._apart = self._begin()
        if not self._apart:
            return self._call_here(verb, arguments, report, options)
        return self._call_there(verb, arguments, report, options)

    def _call_here(self, verb: str, arguments: tuple[Any, ...], report: Report, options: dict[str, Any]) -> Any:
        from .library.session import Session  # noqa: PLC0415  brings geopandas along
        from .served import function  # noqa: PLC0415

        self._session = self._session or Session()
        session = self._session
        return in_library_thread(lambda: function(verb)(session, *arguments, report=report, **options))

    def _call_there(self, verb: str, arguments: tuple[Any, ...], report: Report, options: dict[str, Any]) -> Any:
        stopped: Cancelled | None = None
        try:
            self._send(("call", verb, arguments, options))
            while True:
                kind, *told = self._receive()
                if kind == "done":
                    return told[0]
                if kind == "refused":
                    raise stopped if stopped is not None and isinstance(told[0], Cancelled) else told[0]
                if kind == "lacking":
                    raise ModuleNotFoundError(name=told[0])
                if kind == "failed":
                    raise MemoryError if told[0] == "MemoryError" else WorkFailed(*told)
                try:
                    report(*told)
                except Cancelled as error:
                    stopped = error if str(error) else None
                    self._send(("cancel",))
        except (OSError, EOFError) as error:
            self._end()
            raise WorkFailed(type(error).__name__, verb) from error

    def _running(self) -> "subprocess.Popen[bytes] | None":
        process = self._process
        if process is not None and process.poll() is not None:
            self._end()
        return self._process

    def _begin(self) -> bool:
        """Start the process; tells whether it runs."""
        return any(self._try(program) for program in interpreters())

    def _try(self, program: Path) -> bool:
        try:
            self._process = subprocess.Popen(  # noqa: S603  fixed words
                [str(program), "-I", "-X", "utf8", "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=own_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            self._send([path for path in sys.path if path])
            self._send(("language", current_language()))
            ready = bool(self._receive() == ("ready", tuple(sys.version_info[:2])))
        except (OSError, EOFError, pickle.UnpicklingError):
            ready = False
        if not ready:
            self._end()
        return ready

    def _send(self, message: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        self._process.stdin.write(len(data).to_bytes(LENGTH, "big") + data)
        self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process is not None
        return receive(self._process.stdout)

    def close(self, *, quick: bool = False) -> None:
        """
        Let the process go; the next call starts another.

        Parameters
        ----------
        quick
            Without waiting for what is running: whoever waits for it is told that it failed.
        """
        if quick:
            self._end()
            return
        with self._lock:
            self._end()
            session, self._session = self._session, None
            if session is not None:
                in_library_thread(lambda: [session.close(room) for room in session.things])

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(_GRACE_S)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def receive(source: Any) -> Any:
    """
    Read one message.

    Raises
    ------
    EOFError
        The other side has gone.
    """
    head = source.read(LENGTH)
    if len(head) < LENGTH:
        raise EOFError
    size = int.from_bytes(head, "big")
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  from our own process
