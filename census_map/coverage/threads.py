"""Threads that a check starts beside the one that asks for it."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

_MOST = 3

Answer = TypeVar("Answer")


class Helpers:
    """
    A pool of threads that leaves a processor to the caller, where there are several.

    A context manager: what has not begun when it ends is not begun any more.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(min(_MOST, max(1, (os.cpu_count() or 1) - 1)))

    def __enter__(self) -> Self:
        return self

    def submit(self, work: Callable[..., Answer], *arguments: object) -> Future[Answer]:
        """Have work done by the next thread that is free."""
        return self._pool.submit(work, *arguments)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
