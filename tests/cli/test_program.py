"""The program as the shell sees it: its status, and what becomes of output that cannot be written."""

import subprocess
import sys
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
