"""A foreign reader in a process of its own: whatever it does, one line about the file comes back, and nothing else."""

import os
import sys
import time
from operator import truediv
from pathlib import Path

import pytest

from census_map import apart
from census_map.apart import Limits, read_apart
from census_map.codes import parse_division
from census_map.errors import InputError

NARROW = Limits(seconds=20, memory=200 * 2**20)


def ask(function, *arguments, limits=NARROW):
    return read_apart(function, *arguments, limits=limits, name="名册.xlsx")


def test_the_result_comes_back():
    assert ask(divmod, 7, 2) == (3, 1)


def test_a_refusal_comes_back_as_it_was_raised():
    with pytest.raises(InputError):
        parse_division("x")
    with pytest.raises(InputError) as told:
        ask(parse_division, "x")
    assert type(told.value) is InputError


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [(os.abort, (), "MemoryError"), (truediv, (1, 0), "ZeroDivisionError"), (sys.exit, (0,), "MemoryError")],
    ids=["ends the process", "raises", "leaves"],
)
def test_what_it_does_to_itself_is_one_line_about_the_file(function, arguments, kind):
    with pytest.raises(InputError) as told:
        ask(function, *arguments)
    assert str(told.value).startswith(f"“名册.xlsx” cannot be read ({kind}): ")
    assert "\n" not in str(told.value)


def test_what_never_ends_is_given_up():
    with pytest.raises(InputError, match=r"“名册\.xlsx” was given up after 1 s:"):
        ask(time.sleep, 600, limits=Limits(seconds=1.0))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux limits memory")
def test_memory_is_limited_beyond_what_the_modules_take():
    assert len(ask(bytes, 50 * 2**20)) == 50 * 2**20
    with pytest.raises(InputError, match=r"cannot be read \(MemoryError\)"):
        ask(bytearray, 2**30)


def test_nothing_in_the_current_folder_is_run(tmp_path, monkeypatch):
    for module in ("json", "pickle", "threading", "census_map", "resource", "operator"):
        (tmp_path / f"{module}.py").write_text("open('seen', 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])

    assert ask(truediv, 1, 2) == 0.5
    assert not Path("seen").exists()


def test_without_a_python_to_start_it_is_read_here(monkeypatch):
    monkeypatch.setattr(apart, "interpreters", list)

    assert ask(os.getpid) == os.getpid()
    with pytest.raises(InputError, match="ZeroDivisionError"):
        ask(truediv, 1, 0)


def test_another_python_is_not_taken(monkeypatch, tmp_path):
    other = tmp_path / "python3"
    other.write_text("#!/bin/sh\nexit 0\n")
    other.chmod(0o700)
    right = apart.interpreters()
    monkeypatch.setattr(apart, "interpreters", lambda: [other, *right])

    assert ask(os.getpid) != os.getpid()


def test_there_is_a_python_to_start():
    assert apart.interpreters()
