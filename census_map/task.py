"""
How long work tells how far it is, and how it is stopped.

A function that can take longer than a moment has a parameter `report`: a callable given the fraction done (0 to 1)
and a translated phrase. Whoever runs it stops it by raising `Cancelled` from that call.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[float, str], None]


def silent(fraction: float, text: str) -> None:
    """Report to nobody."""


def portion(report: Report, start: float, end: float) -> Report:
    """
    Give a step of a longer piece of work its own scale from 0 to 1.

    Parameters
    ----------
    report
        The report of the whole work.
    start, end
        The fractions of the whole at which the step begins and ends.
    """

    def inner(fraction: float, text: str) -> None:
        report(start + (end - start) * fraction, text)

    return inner


@contextmanager
def many_small_objects() -> Iterator[None]:
    """
    Keep the search for reference cycles from running while many small objects without cycles are made.

    Each search visits every object that lives; with a township's rows in memory that is a quarter of all time.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
