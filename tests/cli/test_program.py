"""The program as the shell sees it: its status, and what becomes of output that cannot be written."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from census_map.cli import main
from census_map.cli.verbs import program_for

PROGRAM = [sys.executable, "-m", "census_map.cli"]


def test_status_and_output_arrive_although_the_process_ends_at_once(tmp_path):
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout[:10], done.stderr) == (0, "census-map", "")
    missing = [*PROGRAM, "coverage", "check", "no-such-file.gpkg"]
    done = subprocess.run(missing, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_the_output_is_said():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run([*PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("census-map: ")
    assert "Traceback" not in done.stderr


# The process presses Ctrl+C on itself while it loads a module.
STOPPED = """
import os, signal, sys
module = sys.argv.pop(1)
class Press:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Press())
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process started in the background ignores it
from census_map.cli import run
run()
"""


@pytest.mark.parametrize("module", ["typer", "numpy", "pandas._libs", "census_map.workspace.workspace"])
def test_ctrl_c_while_the_program_loads_ends_it_in_one_line(module, tmp_path):
    words = [sys.executable, "-c", STOPPED, module, "check", "x.gpkg"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    said = "census-map: Stopped: what was not finished was not kept.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("words", [[], ["coverage"], ["roster"], ["roster", "vault"]])
def test_a_group_alone_says_what_it_holds(words, capsys):
    assert main(words) == 0
    assert "Commands:" in capsys.readouterr().out


def roster_verbs(words):
    (group,) = [g for g in program_for(words).registered_groups if g.name == "roster"]
    return [command.name for command in group.typer_instance.registered_commands]


def test_a_verb_of_the_roster_is_loaded_without_the_others():
    assert roster_verbs(["roster", "link", "x.gpkg"]) == ["link"]
    assert len(roster_verbs(["roster", "lnk"])) == len(roster_verbs(["roster"])) == 15


def test_what_libraries_tell_programmers_is_not_shown(areas_file):
    with closing(sqlite3.connect(areas_file)) as connection:
        connection.execute("PRAGMA user_version = 10900")  # of which GDAL warns, with the path
    words = [*PROGRAM, "coverage", "check", str(areas_file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "RuntimeWarning"
        in subprocess.run(
            [sys.executable, "-W", "default", *words[1:]], capture_output=True, text=True, check=False
        ).stderr
    )
