"""
Work in the background: one kind of task for everything the library does.

The function gets a `Report` and whatever was bound to it beforehand; it opens the workspace by its path in its own
thread and never sees a layer. A task that only a local variable holds never finishes, so `Background` holds it.
"""

import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QEventLoop, QObject, QTimer, pyqtSignal
from qgis_plugin_tools.tools.exceptions import TaskInterruptedException
from qgis_plugin_tools.tools.tasks import BaseTask

from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import _
from census_map.task import Report

from .worker import in_python_thread

Work = Callable[[Report], Any]
_T = TypeVar("_T")
_LOOK_MS = 5


class LibraryTask(BaseTask):
    """
    One piece of library work.

    Parameters
    ----------
    title
        Translated name, shown in QGIS's list of tasks.
    work
        Called in the background with a `Report`.
    done
        Called in the main thread with the result, or with None and the exception.
    """

    def __init__(self, title: str, work: Work, done: Callable[[Any, Exception | None], None]) -> None:
        self._title = title
        # Not BaseTask's own start: without `Silent` QGIS announces the end once more, in its own words.
        # When QGIS is closed it must not ask about work that leaves the file as it was.
        flags = QgsTask.Flag.CanCancel | QgsTask.Flag.Silent | QgsTask.Flag.CancelWithoutPrompt
        QgsTask.__init__(self, title, flags)
        self.exception = None
        self.text = ""
        self._work = work
        self._done = done
        self._result: Any = None

    @property
    def name(self) -> str:
        """Name in QGIS's list of tasks."""
        return self._title

    def _run(self) -> bool:
        self._result = in_python_thread(lambda: self._work(self._report))
        return True

    def _report(self, fraction: float, text: str) -> None:
        if self.isCanceled():
            raise Cancelled(_("Stopped; nothing was changed."))
        self.text = text
        # Not BaseTask's own: it would raise once more, in words that the library does not know.
        QgsTask.setProgress(self, 100.0 * min(max(fraction, 0.0), 1.0))

    def finished(self, result: bool) -> None:  # noqa: FBT001  QGIS's signature
        """Hand the outcome over, in the main thread."""
        error = self.exception
        if not result and (error is None or isinstance(error, TaskInterruptedException)):
            error = Cancelled(_("Stopped; nothing was changed."))
        self._done(self._result, error)


class Background(QObject):
    """
    Runs one piece of work after another and tells how far it is.

    Signals: `started(title)`, `progressed(fraction, text)`, `ended()`.
    """

    started = pyqtSignal(str)
    progressed = pyqtSignal(float, str)
    ended = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: LibraryTask | None = None
        self._steps: Generator[tuple[float, str]] | None = None
        self._steps_done: Callable[[Any, Exception | None], None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is running."""
        return self._task is not None or self._steps is not None

    def run(self, title: str, work: Work, done: Callable[[Any, Exception | None], None]) -> None:
        """
        Start a piece of work; the caller has made sure that nothing else is running.

        Parameters
        ----------
        title
            Translated name.
        work, done
            See `LibraryTask`.
        """
        assert not self.busy

        def finish(result: Any, error: Exception | None) -> None:
            self._task = None
            self.ended.emit()
            done(result, error)

        self._task = task = LibraryTask(title, work, finish)
        task.progressChanged.connect(self._forward)
        self.started.emit(title)
        QgsApplication.taskManager().addTask(task)

    def run_steps(
        self, title: str, steps: Generator[tuple[float, str]], done: Callable[[Any, Exception | None], None]
    ) -> None:
        """
        Run work that must stay in the window's own thread, a piece at a time, so that the window stays usable.

        Parameters
        ----------
        title
            Translated name.
        steps
            Does a piece at every `next` and tells how far it is; closed early when she stops it.
        done
            See `LibraryTask`; its result is None.
        """
        assert not self.busy
        self._steps, self._steps_done = steps, done
        self.started.emit(title)
        QTimer.singleShot(0, self._step)

    def _step(self) -> None:
        steps, done = self._steps, self._steps_done
        if steps is None or done is None:
            return
        error: Exception | None = None
        try:
            fraction, text = next(steps)
        except StopIteration:
            pass
        except (CensusMapError, OSError, RuntimeError) as refused:
            error = refused
        else:
            self.progressed.emit(fraction, text)
            QTimer.singleShot(0, self._step)
            return
        self._end_steps(error)

    def _end_steps(self, error: Exception | None) -> None:
        done = self._steps_done
        self._steps = self._steps_done = None
        self.ended.emit()
        if done is not None:
            done(None, error)

    def cancel(self) -> None:
        """Ask the running work to stop; it stops at its next report."""
        if self._steps is not None:
            self._steps.close()
            self._end_steps(Cancelled(_("Stopped.")))
        if self._task is not None:
            self._task.cancel()

    def wait(self, seconds: float = 10.0) -> None:
        """Stop the running work and wait for it: called once, when the plugin is unloaded."""
        if self._steps is not None:
            self._steps.close()
            self._steps = self._steps_done = None
        if self._task is not None:
            self._task.cancel()
            self._task.waitForFinished(round(seconds * 1000))
            self._task = None

    def _forward(self, percent: float) -> None:
        if self._task is not None:
            self.progressed.emit(percent / 100.0, self._task.text)


class _Errand:
    """A piece of work in a thread of its own, and what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="errand", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits
            self.error = error

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()


def wait_for(work: Callable[[], _T]) -> _T:
    """
    Do something short and wait for it, while the window goes on being drawn; clicks and keys wait as well.

    For what she expects an answer to before anything else, such as whether a passphrase is right.
    """
    errand, loop, timer = _Errand(work), QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if errand.is_over else None)
    timer.start(_LOOK_MS)
    while not errand.is_over:
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    timer.stop()
    if errand.error is not None:
        raise errand.error
    found: _T = errand.result
    return found


class Aside(QObject):
    """Counts something beside the window, not shown among QGIS's tasks; of several wishes the last counts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._errand: _Errand | None = None
        self._done: Callable[[Any], None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Begin; `done` is called with the result in the window's thread, unless the work was refused."""
        self._errand, self._done = _Errand(work), done
        self._timer.start()

    def stop(self) -> None:
        """Forget what was begun."""
        self._timer.stop()
        self._errand = self._done = None

    def _look(self) -> None:
        errand, done = self._errand, self._done
        if errand is None or done is None or not errand.is_over:
            return
        self.stop()
        if errand.error is None:
            done(errand.result)
        elif not isinstance(errand.error, CensusMapError):
            raise errand.error
