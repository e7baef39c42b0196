"""
QGIS without a window: prints sheets and writes the project of a workspace, for the command line and the demo.

It runs in a process of its own (`census_map.apart.start`), reads a job from its standard input, writes one JSON object
a line to stdout (`fraction` and `text` on the way, `result` or `error` at the end), and leaves with status 0, or 2 for
an error. Ctrl+C, a termination signal, or the end of whoever started it stops it after the page being drawn; only
whole files are left.
"""

import datetime as dt
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from qgis.core import QgsApplication

from census_map.apart import receive
from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import _, set_language

_GRACE = 10.0  # seconds for the page being drawn


class _Line:
    """Progress as JSON lines, and the signal that stops the work."""

    def __init__(self) -> None:
        self.stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopped = True

    def report(self, fraction: float, text: str) -> None:
        """Write a line of progress; stop here when asked to."""
        if self.stopped:
            raise Cancelled(_("Stopped; nothing was changed."))
        self.write({"fraction": round(fraction, 4), "text": text})

    def write(self, message: dict[str, Any]) -> None:
        """Write one JSON object; stop where nobody reads any more."""
        try:
            sys.stdout.write(json.dumps(message, ensure_ascii=True) + "\n")
            sys.stdout.flush()
        except OSError:
            self.stopped = True


def run(job: dict[str, Any], line: "_Line") -> dict[str, Any]:
    """
    Do a job.

    Parameters
    ----------
    job
        `{"job": "print", "workspace", "out", "areas", "book", "day", "drafter", "paper"}` or
        `{"job": "project", "workspace", "out"}`.
    line
        Where progress goes.

    Returns
    -------
    result
        What was made, as plain values.
    """
    # Imported here, where QGIS runs already: the modules make QGIS objects when they are used.
    from census_map.sheets.mini_area import Imprint  # noqa: PLC0415
    from census_map.sheets.township import read_township  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    from .layouts import name_notices, print_sheets  # noqa: PLC0415

    if job["job"] == "project":
        from .project import write_project  # noqa: PLC0415

        return {"project": str(write_project(Path(job["workspace"]), Path(job["out"])))}
    with Workspace.open(job["workspace"]) as workspace:
        township = read_township(workspace)
    imprint = Imprint(dt.date.fromisoformat(job["day"]), job["drafter"], job["paper"])
    printed = print_sheets(township, Path(job["out"]), imprint, job["areas"], book=job["book"], report=line.report)
    missing: dict[str, list[str]] = {}
    for step in printed:
        if step.missing:  # two mini-areas may have one code
            missing.setdefault(step.code, []).extend(step.missing)
    return {
        "files": list(dict.fromkeys(str(step.file) for step in printed)),
        "sheets": len(printed),
        "pages": sum(step.pages for step in printed),
        "missing": missing,
        "notices": name_notices(printed),
    }


def answer(source: BinaryIO) -> None:
    """Run the job that is sent, from start to end of QGIS, and end the process."""
    job = receive(source)
    if job is not None:
        sys.exit(_run_in_qgis(job, source))


def _run_in_qgis(job: dict[str, Any], source: BinaryIO) -> int:
    set_language(job.get("language"))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    line = _Line()
    with tempfile.TemporaryDirectory(prefix="census-map-") as profile:
        threading.Thread(target=_leave_with, args=(source, line, profile), daemon=True).start()
        # A profile of its own: neither the user's settings nor plugins take part.
        application = QgsApplication([], False, profile)
        application.initQgis()
        try:
            line.write({"result": run(job, line)})
            status = 0
        except CensusMapError as error:
            line.write({"error": str(error), "cancelled": isinstance(error, Cancelled)})
            status = 2
        finally:
            gc.collect()  # layers that outlive QGIS would crash it at exit
            application.exitQgis()
    return status


def _leave_with(source: BinaryIO, line: "_Line", profile: str) -> None:
    """Stop when whoever started this has gone; at once where the page being drawn takes too long."""
    source.read()
    line.stopped = True
    time.sleep(_GRACE)
    shutil.rmtree(profile, ignore_errors=True)
    os._exit(2)
