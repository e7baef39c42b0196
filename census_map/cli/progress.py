"""A progress bar on stderr, as a `Report`."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

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
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=1.0)

        def report(fraction: float, text: str) -> None:
            progress.update(task, completed=fraction, description=f"{title}: {text}" if text else title)

        yield report
