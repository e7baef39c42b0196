"""
How long work tells how far it is, and how it is stopped.

A function that can take longer than a moment has a parameter `report`: a callable given the fraction done (0 to 1)
and a translated phrase. Whoever runs it stops it by raising `Cancelled` from that call.
"""

from collections.abc import Callable

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
