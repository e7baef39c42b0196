"""
Start the real QGIS with the plugin installed from its zip, run a script inside, and wait for its end.

`python -m census_map_plugin.picture WS.gpkg OUT.png [--language zh_CN]` makes a picture of QGIS's window with a
township open; the window test drives the same function with a script of its own. Without a display everything
happens under Xvfb. The user's own QGIS profile is never touched. This module is not shipped.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from census_map.apart import own_environment, receive, send
from census_map.errors import InputError
from census_map.i18n import _, set_language

SCREEN = (1366, 768)
JOB = "CENSUS_MAP_JOB"
INSIDE = Path(__file__).with_name("picture_inside.py")

_SETTINGS = """[General]
[PythonPlugins]
census_map_plugin=true
[locale]
overrideFlag=true
userLocale={language}
[qgis]
checkVersion=false
showTips=false
[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true
[app]
projections\\unknownCrsBehavior=NoAction
"""

# Wheels bring GEOS, PROJ and GDAL of their own, but QGIS's program has loaded the system's already, and Linux would
# bind the wheels to those by name. Deep binding keeps each package with its own.
_START = """
import os
import sys

if sys.platform == "linux":
    flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
    for name in ("shapely", "pyproj", "pyogrio", "fiona"):
        try:
            __import__(name)
        except ImportError:
            pass
    sys.setdlopenflags(flags)
"""


def run_in_qgis(
    archive: Path, script: Path, job: dict[str, Any], *, language: str = "zh-Hans", timeout: float = 150.0
) -> str:
    """
    Run a script inside a real QGIS with a fresh profile and the plugin installed.

    Parameters
    ----------
    archive
        The plugin's zip.
    script
        Python file that QGIS runs once its window is ready; it must end QGIS itself.
    job
        Handed to the script as JSON in the environment variable `CENSUS_MAP_JOB`.
    language
        QGIS's interface language, as QGIS writes it.
    timeout
        Seconds after which QGIS is stopped.

    Returns
    -------
    output
        What QGIS wrote to the console.

    Raises
    ------
    InputError
        QGIS or Xvfb is not installed, or QGIS did not end in time.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profiles" / "default"
        plugins = profile / "python" / "plugins"
        plugins.mkdir(parents=True)
        (profile / "QGIS").mkdir()
        (profile / "QGIS" / "QGIS3.ini").write_text(_SETTINGS.format(language=language), encoding="utf-8")
        with zipfile.ZipFile(archive) as source:
            source.extractall(plugins)  # our own zip
        command = [*_display(), _program("qgis"), "--nologo", "--noversioncheck", "--profiles-path", folder]
        command += ["--code", str(script.resolve())]
        environment = qgis_environment(Path(folder)) | {JOB: json.dumps(job), "XDG_RUNTIME_DIR": folder}
        return _run(command, environment, Path(folder), timeout)


def qgis_environment(folder: Path) -> dict[str, str]:
    """
    Give the environment in which the system's QGIS finds the packages of this Python.

    Parameters
    ----------
    folder
        For a small start-up file; must stay as long as QGIS runs.
    """
    start = folder / "start"
    start.mkdir(exist_ok=True)
    (start / "sitecustomize.py").write_text(_START, encoding="utf-8")
    environment = {**own_environment(), "LIBGL_ALWAYS_SOFTWARE": "1", "QT_AUTO_SCREEN_SCALE_FACTOR": "0"}
    environment["PYTHONPATH"] = os.pathsep.join((str(start), sysconfig.get_paths()["purelib"]))
    environment.pop("QT_QPA_PLATFORM", None)
    return environment


def _run(command: list[str], environment: dict[str, str], folder: Path, timeout: float) -> str:
    with subprocess.Popen(  # noqa: S603  fixed words and paths of our own
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _nothing = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            # Xvfb and QGIS are children of xvfb-run, which does not take them along.
            os.killpg(process.pid, signal.SIGKILL)
            raise InputError(_("QGIS did not end within {n} seconds.").format(n=round(timeout))) from error
    return output


def take_picture(archive: Path, workspace: Path, out: Path, *, language: str = "zh-Hans", check: bool = True) -> Path:
    """
    Make a picture of QGIS's window with a township open in the plugin.

    Parameters
    ----------
    archive
        The plugin's zip.
    workspace
        The township.
    out
        PNG file to write.
    language
        `zh-Hans` or `en_US`.
    check
        Run the check first, so that its problems are listed.

    Returns
    -------
    out
        The same path.

    Raises
    ------
    InputError
        QGIS is not installed, or could not make the picture.
    """
    job = {"workspace": str(workspace.resolve()), "picture": str(out.resolve()), "size": SCREEN, "check": check}
    output = run_in_qgis(archive, INSIDE, job, language=language)
    if not out.is_file():
        last = output.strip().splitlines()[-1:] or [""]
        raise InputError(_("QGIS made no picture: {reason}").format(reason=last[0]))
    return out


def _display() -> list[str]:
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return []
    width, height = SCREEN
    return [_program("xvfb-run"), "-a", "-s", f"-screen 0 {width}x{height}x24 -dpi 96"]


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise InputError(_("The program “{name}” is not installed: install it and try again.").format(name=name))
    return path


def answer(source: BinaryIO) -> None:
    """Make the picture that another process asks for (`census_map.apart.start`); answers why not, or nothing."""
    workspace, out, language = receive(source)
    set_language(language)
    try:
        _make(workspace, out, language)
        why_not = ""
    except InputError as error:
        why_not = str(error)
    send(sys.stdout.buffer, why_not)


def _make(workspace: Path, out: Path, language: str) -> None:
    from .build import build  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        take_picture(build(Path(folder)), workspace, out, language=language)


def main() -> None:
    """Make the picture that the words of the command line ask for."""
    parser = argparse.ArgumentParser(prog="census_map_plugin.picture", description="Picture of QGIS with a township.")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="zh-Hans")
    options = parser.parse_args()
    set_language(options.language)
    try:
        _make(options.workspace, options.out, options.language)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
    sys.stdout.write(f"{options.out}\n")


if __name__ == "__main__":
    main()
