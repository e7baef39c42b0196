"""
The one thread in which the library runs when QGIS calls it in the background.

QGIS's own background threads are not made by Python, and pyproj 3.7 and later crashes the whole program when it is
called from such a thread (pyproj issue 1509). So QGIS's thread hands the work to a thread of Python's and waits.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from census_map import errors

_T = TypeVar("_T")
_NAME = "census_map"

_executor: ThreadPoolExecutor | None = None
_lock = threading.Lock()


class WorkFailed(Exception):
    """
    Something unexpected happened in the library's process.

    Attributes
    ----------
    kind, places
        The exception's type and where it came from; never its text, which may quote a name.
    """

    def __init__(self, kind: str, places: str) -> None:
        super().__init__(kind, places)
        self.kind, self.places = kind, places


def places_of(error: BaseException) -> str:
    """Say where in the code an exception came from, without its text."""
    if isinstance(error, WorkFailed):
        return error.places
    return errors.places_of(error)


def in_python_thread(work: Callable[[], _T]) -> _T:
    """
    Call a function where pyproj may be used, and wait for its result.

    Parameters
    ----------
    work
        Called at once in the main thread or in a thread of Python's own; otherwise handed over.
    """
    if threading.current_thread() is threading.main_thread():
        return work()
    return in_library_thread(work)


def in_library_thread(work: Callable[[], _T]) -> _T:
    """
    Call a function in the library's own thread, from wherever, and wait for its result.

    For what was opened there and has to be used there, such as a connection to SQLite. From the window only for what
    takes a moment, and only while nothing else runs in the background.
    """
    global _executor  # noqa: PLW0603  made when it is first needed, so that QGIS starts without it
    if threading.current_thread().name.startswith(_NAME):
        return work()
    with _lock:
        _executor = _executor or ThreadPoolExecutor(max_workers=1, thread_name_prefix=_NAME)
        future = _executor.submit(work)
    return future.result()


def end() -> None:
    """Let the thread go, when the plugin is unloaded."""
    global _executor  # noqa: PLW0603
    with _lock:
        if _executor is not None:
            _executor.shutdown(wait=False, cancel_futures=True)
            _executor = None
