"""Work in the background."""

import threading

import pytest
from census_map_plugin.tasks import Background
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, QThread

from census_map.errors import Cancelled, InputError

pytestmark = pytest.mark.qgis


def wait_until(condition, seconds: float = 60.0) -> None:
    """Let QGIS work until a condition holds; fails when it never does."""
    clock = QElapsedTimer()
    clock.start()
    while not condition():
        QCoreApplication.processEvents()
        QThread.msleep(2)
        assert clock.elapsed() < seconds * 1000, "it never happened"


class Outcome:
    def __init__(self):
        self.ended = False
        self.result = self.error = None

    def __call__(self, result, error):
        self.ended, self.result, self.error = True, result, error


@pytest.fixture
def background():
    made = Background()
    yield made
    made.wait()


def test_the_result_comes_back_in_the_windows_thread(background):
    outcome, threads, told = Outcome(), [], []
    background.progressed.connect(lambda fraction, text: told.append((round(fraction, 1), text)))

    def work(report):
        threads.append(threading.current_thread() is threading.main_thread())
        report(0.5, "half")
        return 42

    background.run("test", work, outcome)
    assert background.busy
    wait_until(lambda: outcome.ended)
    assert (outcome.result, outcome.error, background.busy) == (42, None, False)
    assert threads == [False]
    assert (0.5, "half") in told


def test_a_refusal_comes_back_as_it_was_said(background):
    outcome = Outcome()

    def work(_report):
        raise InputError("no such file")

    background.run("test", work, outcome)
    wait_until(lambda: outcome.ended)
    assert isinstance(outcome.error, InputError)
    assert str(outcome.error) == "no such file"


def test_stopping_ends_the_work_at_its_next_report(background):
    outcome, begun = Outcome(), threading.Event()

    def work(report):
        for step in range(1_000_000):
            report(step / 1_000_000, "")
            begun.set()
        return "too late"

    background.run("test", work, outcome)
    wait_until(begun.is_set)
    background.cancel()
    wait_until(lambda: outcome.ended)
    assert outcome.result is None
    assert isinstance(outcome.error, Cancelled)


def test_work_in_the_windows_thread_goes_piece_by_piece(background):
    outcome, done = Outcome(), []

    def pieces():
        for number in range(5):
            done.append(number)
            yield (number + 1) / 5, ""

    background.run_steps("test", pieces(), outcome)
    assert done == []
    wait_until(lambda: outcome.ended)
    assert (done, outcome.error) == ([0, 1, 2, 3, 4], None)


def test_stopping_work_in_the_windows_thread_closes_it(background):
    outcome, closed = Outcome(), []

    def pieces():
        try:
            while True:
                yield 0.1, ""
        finally:
            closed.append(True)

    background.run_steps("test", pieces(), outcome)
    QCoreApplication.processEvents()
    background.cancel()
    assert closed == [True]
    assert isinstance(outcome.error, Cancelled)
    assert not background.busy
