"""The other side of `service`: a process that carries out the library's verbs, one after another, as it is told."""

import os
import pickle
import queue
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import _, set_language

from ..worker import places_of
from .service import LENGTH, receive

_PACKAGE = "census_map_plugin.roster.library"
_TOLD_EVERY_S = 0.05


def function(verb: str) -> Callable[..., Any]:
    """Give the function of a verb, `module.function` of the package `library`."""
    module, name = verb.split(".")
    found: Callable[..., Any] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
    return found


class Served:
    """Reads what is asked for in a thread of its own, so that work can be stopped while it runs."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._asked: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._told = 0.0

    def _listen(self) -> None:
        try:
            while True:
                message = receive(self._source)
                if message[0] == "cancel":
                    self._cancelled.set()
                else:
                    self._asked.put(message)
        except (OSError, EOFError, pickle.UnpicklingError):
            # QGIS has gone: an unfinished change is rolled back by the file itself.
            os._exit(0)

    def run(self) -> None:
        """Carry out what is asked for, until QGIS goes."""
        from .library.session import Session  # noqa: PLC0415  brings geopandas along

        threading.Thread(target=self._listen, daemon=True).start()
        session = Session()
        self._say(("ready", tuple(sys.version_info[:2])))
        while True:
            kind, *told = self._asked.get()
            if kind == "language":
                set_language(told[0])
                continue
            verb, arguments, options = told
            self._cancelled.clear()
            try:
                result = function(verb)(session, *arguments, report=self._report, **options)
                self._say(("done", result))
            except CensusMapError as error:
                self._say(("refused", _sendable(error)))
            except ModuleNotFoundError as error:
                self._say(("lacking", error.name))
            except Exception as error:  # noqa: BLE001  whatever it was, the window must hear of it, and go on
                self._say(("failed", type(error).__name__, places_of(error)))

    def _report(self, fraction: float, text: str) -> None:
        if self._cancelled.is_set():
            raise Cancelled(_("Stopped; nothing was changed."))
        now = time.monotonic()
        if now - self._told > _TOLD_EVERY_S:
            self._told = now
            self._say(("progress", fraction, text))

    def _say(self, message: tuple[Any, ...]) -> None:
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        self._sink.write(len(data).to_bytes(LENGTH, "big") + data)
        self._sink.flush()


def _sendable(error: CensusMapError) -> CensusMapError:
    """Keep type and message alone: what caused it stays here."""
    return type(error)(str(error))


def main() -> None:
    """Serve QGIS through the standard streams; nothing else may write to them."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    message = receive(source)
    set_language(message[1])
    Served(source, sink).run()
