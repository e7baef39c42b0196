"""A progress bar on stderr, as a `Report`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from census_map.cli.saying import harmless
from census_map.task import Report, silent


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """
    Show how far a piece of work is; nothing is drawn when stderr is not a terminal.

    Parameters
    ----------
    title
        Translated name of the work.
    """
    if not sys.stderr.isatty():
        yield silent
        return
    # Loaded only to be seen: half as long as reading a small layer.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=1.0)

        def report(fraction: float, text: str) -> None:
            progress.update(task, completed=fraction, description=harmless(f"{title}: {text}" if text else title))

        yield report
