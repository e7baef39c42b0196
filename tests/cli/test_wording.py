"""Help pages, and words that cannot be read: in the language in force, with the remedy."""

import json
import os
import re
import subprocess
import sys

import pytest
from typer.core import TyperOption
from typer.main import get_command

from census_map.cli.passphrase import read_passphrase
from census_map.cli.verbs import program_for

# What is wrong with the words, and what is said of it.
FAULTS = {
    ("splt",): "There is no command “splt”. Is “split” meant? See “census-map --help”.",
    ("roster", "lnk"): "There is no command “lnk”. Is “link” meant? See “census-map roster --help”.",
    ("roster", "vault", "x"): "There is no command “x”. See “census-map roster vault --help”.",
    ("--",): "No command was given. See “census-map --help”.",
    ("roster", "--"): "No command was given. See “census-map roster --help”.",
    ("-q",): "There is no option “-q”. See “census-map --help”.",
    ("split",): "“WS.gpkg” is missing: The workspace. See “census-map split --help”.",
    ("coverage", "check"): (
        "“AREAS[:layer]” is missing: Polygons: a file, or a file and layer. See “census-map coverage check --help”."
    ),
    ("print", "x"): ("The option “--out DIR” is missing: Folder for the PDF files. See “census-map print --help”."),
    ("split", "x", "--tagret", "3"): (
        "There is no option “--tagret”. Is “--target” meant? See “census-map split --help”."
    ),
    ("split", "x", "--target"): "The option “--target” needs a value: N. See “census-map split --help”.",
    ("split", "x", "--target", "many"): "“--target” takes a number, not “many”. See “census-map split --help”.",
    ("split", "x", "--exactly", "2.5"): "“--exactly” takes a whole number, not “2.5”. See “census-map split --help”.",
    ("print", "x", "--out", "y", "--paper", "A5"): (
        "“--paper” takes one of A4, A3, not “A5”. See “census-map print --help”."
    ),
    ("print", "x", "--out", "y", "--book=3"): ("The option “--book” takes no value. See “census-map print --help”."),
    ("number", "x", "y", "z"): ("More was given than the command takes: “y”, “z”. See “census-map number --help”."),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(
    r"[A-Za-z]{2,} [A-Za-z]{2,}|\b(usage|options?|arguments?|commands?|required|default|value)\b", re.IGNORECASE
)


def commands_of(command, path=()):
    yield path, command
    for name, within in getattr(command, "commands", {}).items():
        yield from commands_of(within, (*path, name))


COMMANDS = dict(commands_of(get_command(program_for([]))))


@pytest.fixture(scope="module")
def chinese():
    """Run several commands in a process of its own, since a verb's texts are looked up when it is loaded."""
    program = """
import contextlib, io, json, sys
from census_map.cli import main
for words in json.load(sys.stdin):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in "12")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
    for stream in (out, err):
        stream.seek(0)
    print(json.dumps([status, out.read(), err.read()]))
"""

    def say(calls):
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(calls),
            env={**os.environ, "CENSUS_MAP_LANG": "zh_CN"},
            capture_output=True,
            text=True,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return say


@pytest.mark.parametrize(("words", "said"), FAULTS.items(), ids=" ".join)
def test_words_that_cannot_be_read_are_named_with_the_remedy(run, words, said):
    done = run(*words)
    assert (done.status, done.out, done.err) == (2, "", f"census-map: {said}\n")


def test_what_was_typed_does_not_steer_the_terminal(run):
    assert "\x1b" not in run("split", "x", "\x1b[2J").err


def test_every_value_has_a_name():
    nameless = [
        (*path, option.opts[0])
        for path, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, TyperOption) and not option.is_flag and not option.metavar
    ]
    assert nameless == []


def test_every_page_of_help_is_chinese(chinese):
    pages = chinese([[*path, "--help"] for path in COMMANDS])
    assert len(pages) == len(COMMANDS) > 35
    for path, (status, page, err) in zip(COMMANDS, pages, strict=True):
        text = re.sub(r" --?[a-z-]+", "", page.replace(" ".join(("census-map", *path)), ""))
        assert (status, err) == (0, "")
        assert page.startswith("用法：")
        assert "…" not in page.replace("命令 …", "")
        assert [found.group() for found in ENGLISH.finditer(text)] == []


def test_a_page_keeps_to_the_width_of_the_terminal(chinese, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    ((_status, page, _err),) = chinese([["roster", "import", "--help"]])
    wide = [sum(1 + (ord(each) > 0x2E7F) for each in line) for line in page.splitlines()]
    assert 50 < max(wide) <= 60
    assert "CENSUS_MAP_PASSPHRASE，" in page


def test_a_new_passphrase_is_asked_for_twice_until_both_are_the_same(monkeypatch, capsys):
    typed = iter(["one word", "another", "a third", "a third"])
    monkeypatch.setattr("getpass.getpass", lambda *_words: next(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.delenv("CENSUS_MAP_PASSPHRASE", raising=False)
    assert read_passphrase(None, new=True) == "a third"
    assert capsys.readouterr().err.count("The two are not the same: type both again.") == 1


def test_every_fault_is_told_in_chinese(chinese):
    for words, (status, out, err) in zip(FAULTS, chinese([list(words) for words in FAULTS]), strict=True):
        assert (status, out, err.count("\n")) == (2, "", 1)
        fault, command = re.fullmatch(r"census-map: (.*)用法见“(census-map.*) --help”。\n", err).groups()
        assert CHINESE.search(fault), words
        assert [found.group() for found in ENGLISH.finditer(fault)] == []
        assert command.split()[1:] == list(words[: len(command.split()) - 1])
