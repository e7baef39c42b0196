"""
A process that is given damaged files, one after the other, and may end of one of them.

Readers that the program runs in a process of their own run in this one: it is that process. It reads one line of JSON
an input (kind, file) and answers with one: exit status, what was said, seconds.
"""

import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path

import census_map.apart
from census_map.cli import main
from census_map.errors import CensusMapError
from census_map.roster.vault import Vault

PASSPHRASE = "long enough 电池"  # noqa: S105  of the tests only


class _Text(io.StringIO):
    def reconfigure(self, **_options: object) -> None:
        """Take what the command line sets up for a console."""


def words_for(kind: str, file: Path, sound: Path, out: Path) -> list[list[object]]:
    """The command lines that read a file of a kind."""
    if kind == "toml":
        return [["new", out / "new.gpkg", "--areas", sound / "areas.gpkg", "--profile", file]]
    if kind == "workspace":
        return [["check", file], ["coverage", "check", f"{file}:mini_area"]]
    if kind in {"csv", "xlsx", "xls", "et", "ods"}:
        return [["roster", "import", sound / "township.gpkg", file, "--preview"]]
    check = ["coverage", "check", file, "--out", out / "faults.gpkg"]
    new = ["new", out / "new.gpkg", "--areas", file, "--crs", "EPSG:4549"]
    return [check, ["coverage", "check", file, "--id", "code"], check, new]  # founding a workspace takes far longer


def called(words: list[object]) -> tuple[int, str]:
    """Run one command line."""
    said, told = _Text(), _Text()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        status = main([str(word) for word in words])
    return status, told.getvalue()


def opened(file: Path) -> tuple[int, str]:
    """Open a vault."""
    try:
        with Vault.open(file, PASSPHRASE):
            return 0, ""
    except CensusMapError as error:
        return 2, f"{error}\n"


def serve(sound: Path, out: Path) -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    census_map.apart._STATE["inside"] = True
    for line in sys.stdin:
        kind, file, part = json.loads(line)
        begun = time.monotonic()
        if kind == "vault":
            status, told = opened(Path(file))
        else:
            choices = words_for(kind, Path(file), sound, out)
            status, told = called(choices[part % len(choices)])
        for left in out.iterdir():
            left.unlink()
        answers.write(json.dumps([status, told, time.monotonic() - begun]) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
