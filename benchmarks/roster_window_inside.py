"""Runs inside the real QGIS (see `roster_window.py`): the roster's windows on a large township, with a watch beside."""
# ruff: noqa: BLE001, D102, D103, FBT003, SLF001  a script that drives the windows from inside

import faulthandler
import json
import os
import time
import traceback
from pathlib import Path

from qgis.PyQt.QtCore import QEventLoop, QObject, QTimer
from qgis.utils import iface, plugins

JOB = json.loads(os.environ["CENSUS_MAP_JOB"])
FOLDER = Path(JOB["folder"])
BEAT_MS = 10
TOLD_S = 0.4  # a stall longer than this is written down with what every thread was doing


class Watch(QObject):
    """Measures how long the event loop was away, and how much memory the program took meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._last, self._last_cpu = time.perf_counter(), time.thread_time()
        self.longest = self.longest_cpu = 0.0
        self._trace = (FOLDER / "stalls.txt").open("w", encoding="utf-8")
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self.longest_cpu = max(self.longest_cpu, cpu - self._last_cpu)
        self._last, self._last_cpu = now, cpu
        faulthandler.cancel_dump_traceback_later()
        faulthandler.dump_traceback_later(TOLD_S, file=self._trace)

    def begin(self, step: str) -> None:
        self._trace.write(f"\n==== {step}\n")
        self._trace.flush()
        self.longest = self.longest_cpu = 0.0


def memory_mb(name: str) -> int:
    """Give the most memory that a process has taken, in MB: of this one, or of the library's."""
    for line in Path(f"/proc/{name}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def run_until(condition, seconds=1800.0) -> None:
    """Let QGIS's own event loop run until something holds; nothing of ours stands in its way."""
    loop, timer, begun, held = QEventLoop(), QTimer(), time.perf_counter(), []

    def look() -> None:
        if condition():
            held.append(True)
        if held or time.perf_counter() - begun > seconds:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(20)
    loop.exec()
    assert held, "it never happened"


class Run:
    """The steps in order, each measured."""

    def __init__(self) -> None:
        self.plugin = plugins["census_map_plugin"]
        self.watch = Watch()
        self.figures: list[dict[str, object]] = []

    def idle(self) -> None:
        run_until(lambda: not self.plugin.background.busy)

    def onward(self, window) -> None:
        assert window.next_button.isEnabled(), window._fault.text()
        window.next_button.click()
        self.idle()
        assert not window._fault.text(), window._fault.text()

    def step(self, name: str, act) -> None:
        self.watch.begin(name)
        begun, cpu = time.perf_counter(), time.process_time()
        act()
        self.idle()
        run_until(lambda: True)
        process = self.plugin.roster.service._process
        self.figures.append(
            {
                "step": name,
                "wall_s": round(time.perf_counter() - begun, 1),
                "cpu_window_s": round(time.process_time() - cpu, 1),
                "stall_ms": round(self.watch.longest * 1000),
                "stall_cpu_ms": round(self.watch.longest_cpu * 1000),
                "peak_window_mb": memory_mb("self"),
                "peak_library_mb": 0 if process is None else memory_mb(str(process.pid)),
            }
        )
        (FOLDER / "figures.json").write_text(json.dumps(self.figures), encoding="utf-8")

    def open_township(self) -> None:
        self.plugin.desk.show_township(Path(JOB["workspace"]))
        if Path(JOB["workspace"]).with_suffix(".vault").exists():
            self.plugin.roster.key.try_out(Path(JOB["workspace"]), JOB["passphrase"], new=False)
        iface.mainWindow().showNormal()
        iface.mainWindow().resize(1366, 768)
        run_until(lambda: not iface.mapCanvas().isDrawing())

    def read_the_roster_in(self) -> None:
        self.plugin.roster.import_roster()
        wizard = self.plugin.roster.window
        wizard.files.add_files([Path(JOB["roster"])])
        self.onward(wizard)
        self.onward(wizard)
        if wizard.page is wizard.secret:
            wizard.secret.passphrase.setText(JOB["passphrase"])
            wizard.secret.again.setText(JOB["passphrase"])
            self.onward(wizard)
        self.onward(wizard)
        assert wizard.page is wizard.done

    def link(self) -> None:
        self.plugin.roster.window.next_button.click()
        self.idle()

    def open_the_link_dock(self) -> None:
        self.plugin.roster.link_by_hand()
        run_until(lambda: self.plugin.roster.linking.is_open)

    def make_all_lists(self) -> None:
        self.plugin.roster.show_lists()
        self.idle()
        window = self.plugin.roster.lists.window
        for place in range(window.names.count()):
            window.names.setCurrentRow(place)
            self.idle()

    def write_all_lists(self) -> None:
        window = self.plugin.roster.lists.window
        window.export_asked.emit(FOLDER / "lists.xlsx", [rows.name for rows in window.lists], False)

    def write_the_tables(self) -> None:
        self.plugin.roster.make_tables()
        window = self.plugin.roster.window
        window.version.named_choice.setChecked(True)
        window.write(FOLDER / "tables.xlsx")
        self.idle()
        window.close()

    def job(self, name: str, file: Path, out: Path | None = None) -> None:
        self.plugin.roster.do_job(name)
        window = self.plugin.roster.window
        window.files.add_files([file])
        self.onward(window)
        self.onward(window)
        assert window.page is window.result
        if out is not None:
            window.write(out)
            self.idle()
        if window.job.then:
            self.onward(window)
        window.close()

    def update_with_a_new_version(self) -> None:
        self.job("update", Path(JOB["update"]), FOLDER / "update.xlsx")

    def compare_with_a_department(self) -> None:
        self.job("compare", Path(JOB["list"]), FOLDER / "comparison.xlsx")

    def cut_its_list_up(self) -> None:
        self.job("cut", Path(JOB["list"]), FOLDER / "cut")

    def open_the_visits(self) -> None:
        self.plugin.roster.enter_visit()
        self.idle()
        window = self.plugin.roster.window
        window.search.setText("12345")
        run_until(lambda: window.found.rowCount() > 0)
        window.enter_button.click()
        self.idle()
        window.close()

    def work(self) -> None:
        for name in JOB["steps"]:
            self.step(name.replace("_", " "), getattr(self, name))


def run() -> None:
    try:
        Run().work()
    except BaseException:  # whatever it was, the benchmark must hear of it
        (FOLDER / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
    os._exit(0)


QTimer.singleShot(500, run)
