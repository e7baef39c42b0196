"""The program of QGIS that draws, run beside this one: the library itself never imports QGIS."""

import datetime as dt
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from census_map.apart import send, start
from census_map.drafts import clear_drafts
from census_map.errors import Cancelled, InputError
from census_map.i18n import _, current_language
from census_map.targets import check_folder, check_outputs
from census_map.task import Report, silent

MODULE = "census_map_plugin.headless"

_PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Printing:
    """
    What a printing made.

    Attributes
    ----------
    files
        PDF files in order.
    sheets, pages
        How many.
    missing
        By code of the mini-area, the numbers of buildings that no map shows; the sheets name them.
    notices
        Lines about files that are called otherwise than what they are of.
    """

    files: tuple[Path, ...]
    sheets: int
    pages: int
    missing: dict[str, tuple[str, ...]]
    notices: tuple[str, ...]


def print_workspace(
    workspace: Path,
    out: Path,
    *,
    areas: Iterable[str] = (),
    book: bool = False,
    paper: str = "",
    drafter: str = "",
    day: dt.date | None = None,
    report: Report = silent,
) -> Printing:
    """
    Print the sheets of a workspace with QGIS, in a process of its own.

    Parameters
    ----------
    workspace, out
        The GeoPackage; the folder for the PDF files, made if missing.
    areas
        Codes of mini-areas or census areas; none for all.
    book
        One file a census area instead of one a mini-area.
    paper
        `A4` or `A3` to insist on.
    drafter, day
        For the imprint; None: today.
    report
        Progress; raising `Cancelled` stops the process, and only whole files are left.

    Raises
    ------
    InputError
        QGIS is not installed for this Python, or the workspace cannot be printed as it is.
    """
    job = {
        "job": "print",
        "workspace": str(workspace.resolve()),
        "out": str(out.resolve()),
        "areas": list(areas),
        "book": book,
        "paper": paper,
        "drafter": drafter,
        "day": (day or dt.datetime.now().astimezone().date()).isoformat(),
    }
    check_folder(out, read=(workspace,))
    try:
        result = run_job(job, report=report)
    finally:
        clear_drafts(out)  # a process stopped by force cannot tidy up
    return Printing(
        files=tuple(Path(file) for file in result["files"]),
        sheets=result["sheets"],
        pages=result["pages"],
        missing={code: tuple(numbers) for code, numbers in result["missing"].items()},
        notices=tuple(result["notices"]),
    )


def write_project(workspace: Path, out: Path, *, report: Report = silent) -> Path:
    """
    Write the QGIS project of a workspace.

    Parameters
    ----------
    workspace
        The GeoPackage.
    out
        The project file, ending in `.qgz`; beside the workspace its layers are found by relative paths.
    """
    check_outputs(out, read=(workspace,))
    job = {"job": "project", "workspace": str(workspace.resolve()), "out": str(out.resolve())}
    return Path(run_job(job, report=report)["project"])


def has_qgis() -> bool:
    """Tell whether this Python can draw with QGIS."""
    return all(importlib.util.find_spec(name) is not None for name in ("qgis", "census_map_plugin"))


def run_job(job: dict[str, Any], *, report: Report = silent) -> dict[str, Any]:
    """
    Give a job to QGIS and follow its progress.

    Raises
    ------
    InputError
        QGIS is missing, refused the job, or stopped without an answer.
    """
    if not has_qgis():
        raise InputError(
            _("Printing needs QGIS, which this Python does not have: install QGIS, or print from the plugin in QGIS.")
        )
    process = start(Path(sys.executable), MODULE)
    try:
        with suppress(OSError):  # it has ended: it gives no answer
            send(process.stdin, {**job, "language": current_language()})
        result = _follow(process, report)
        process.wait(timeout=_PATIENCE)
    finally:
        _end(process)
    return result


def _follow(process: "subprocess.Popen[bytes]", report: Report) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        message = _message(line)
        if "fraction" in message:
            report(message["fraction"], message["text"])
        elif message.get("cancelled"):
            raise Cancelled(message["error"])
        elif "error" in message:
            raise InputError(message["error"])
        elif "result" in message:
            result: dict[str, Any] = message["result"]
            return result
    raise InputError(_("QGIS stopped without an answer: start it once by hand, and mend its installation if it fails."))


def _message(line: bytes) -> dict[str, Any]:
    # QGIS and its plugins of providers may write words of their own.
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process that still runs to leave after its page, and stop it when it does not."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
