"""
The verbs of the program, each in a module of its own that is loaded only when the verb is called.

Loading every verb takes longer than many of them run.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer

from census_map.cli.program import new_program
from census_map.i18n import N_, _

# The name on the command line: module, function, what `--help` says.
_VERBS = {
    "demo": ("demo", "demo", N_("Run the main job on the sample township, end to end.")),
    "new": ("new", "new", N_("Make a workspace from the census areas of a township.")),
    "add": ("add", "add", N_("Add the rows of a file: buildings, dwellings, roads and more.")),
    "split": ("split", "split", N_("Split census areas into mini-areas.")),
    "number": ("number", "number", N_("Give mini-areas, buildings and dwellings their numbers.")),
    "sign": ("sign", "sign", N_("Sign mini-areas off at one level.")),
    "lock": ("sign", "lock", N_("Lock mini-areas.")),
    "unlock": ("sign", "unlock", N_("Unlock mini-areas, with a reason.")),
    "check": ("check", "check", N_("Run the check rules over a workspace.")),
    "repair": ("repair", "repair", N_("Mend the borders of mini-areas by rule.")),
    "print": ("print_command", "print_sheets", N_("Print the sheets of mini-areas.")),
    "export": ("export", "export", N_("Write the package for the county office.")),
}
_GROUPS = {
    "coverage": ("coverage", "coverage_app", N_("Check, repair and split any polygon file.")),
    "roster": ("roster", "roster", N_("The household roster: import, link, lists.")),
}
# Each of these modules puts its verb into the group `coverage`.
_OF_COVERAGE = {"check": "coverage", "repair": "coverage_repair", "split": "coverage_split"}


def program_for(words: Sequence[str]) -> typer.Typer:
    """Return the program with the verb that is called; with all of them where none is."""
    called = words[0] if words and (words[0] in _VERBS or words[0] in _GROUPS) else None
    program = new_program()
    for name, (module, function, text) in _VERBS.items():
        if called in {None, name}:
            program.command(name, help=_(text))(_load(module, function))
    for name, (module, group, text) in _GROUPS.items():
        if called in {None, name}:
            if name == "coverage":
                _load_coverage(words[1:] if called else ())
            program.add_typer(_load(module, group), name=name, help=_(text))
    return program


def _load_coverage(words: Sequence[str]) -> None:
    wanted = words[0] if words and words[0] in _OF_COVERAGE else None
    for verb, module in _OF_COVERAGE.items():
        if wanted in {None, verb}:
            import_module(f"census_map.cli.{module}")


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"census_map.cli.{module}"), name)
