"""
The verbs of the program, each in a module of its own that is loaded only when the verb is called.

Loading every verb takes longer than many of them run.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import typer

from census_map.cli.program import new_program
from census_map.cli.wording import Group, Verb
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
    "waive": ("waive", "waive", N_("Explain a warning of the check, with a reason.")),
    "check": ("check", "check", N_("Run the check rules over a workspace.")),
    "repair": ("repair", "repair", N_("Mend the borders of mini-areas by rule.")),
    "print": ("print_command", "print_sheets", N_("Print the sheets of mini-areas.")),
    "export": ("export", "export", N_("Write the package for the county office.")),
}
# The verbs of the group `roster`, likewise.
_ROSTER = {
    "import": (
        "roster_import",
        "import_",
        N_("Take a roster into workspace and vault; known households are updated."),
    ),
    "link": ("roster_link", "link", N_("Link households to dwelling units and buildings.")),
    "unlinked": ("roster_link", "unlinked", N_("List the households that are not linked, each with the reason.")),
    "visits": ("roster_field", "visits", N_("Take a day's sheet of visits and calls in.")),
    "register": ("roster_field", "register", N_("Take the sheet of a field register in.")),
    "persons": ("roster_field", "persons", N_("Take a list with one row a person in, into the vault.")),
    "update": (
        "roster_field",
        "update",
        N_("Take the month's new version of the roster over, and report what changed."),
    ),
    "compare": ("roster_departments", "compare", N_("Compare the roster with the list of a department.")),
    "surveys": ("roster_departments", "surveys", N_("Compare two surveys of our own with each other.")),
    "cut": ("roster_departments", "cut", N_("Cut the list of a department up by mini-area.")),
    "evaluate": ("roster_departments", "evaluate", N_("Put our totals by village beside the departments'.")),
    "vacancy": ("roster_departments", "vacancy", N_("Hold the use of water, power and gas against vacancy.")),
    "tables": ("roster_lists", "tables", N_("Write the one set of tables as a workbook.")),
    "lists": ("roster_lists", "lists", N_("Write the work lists and registers as a workbook.")),
    "aliases": ("roster_lists", "aliases", N_("Propose or learn what unknown names mean.")),
}
_VAULT = "vault"  # a group inside `roster`
# Each of these modules puts its verb into the group `coverage`.
_OF_COVERAGE = {"check": "coverage", "repair": "coverage_repair", "split": "coverage_split"}
_GROUPS = ("coverage", "roster")


def program_for(words: Sequence[str]) -> typer.Typer:
    """Return the program with the verb that is called; with all of them where none is."""
    called = words[0] if words and (words[0] in _VERBS or words[0] in _GROUPS) else None
    within = words[1:] if called else ()
    program = new_program()
    _add_verbs(program, _VERBS, called)
    if called in {None, "coverage"}:
        group = _coverage(within)
        program.add_typer(group, name="coverage", help=_("Check, repair and split any polygon file."))
    if called in {None, "roster"}:
        program.add_typer(_roster(within), name="roster", help=_("The household roster: import, link, lists."))
    return program


def _add_verbs(program: typer.Typer, verbs: Mapping[str, tuple[str, str, str]], called: str | None) -> None:
    for name, (module, function, text) in verbs.items():
        if called in {None, name}:
            program.command(name, cls=Verb, help=_(text))(_load(module, function))


def _coverage(words: Sequence[str]) -> typer.Typer:
    wanted = words[0] if words and words[0] in _OF_COVERAGE else None
    for verb, module in _OF_COVERAGE.items():
        if wanted in {None, verb}:
            import_module(f"census_map.cli.{module}")
    group: typer.Typer = _load("coverage", "coverage_app")
    return group


def _roster(words: Sequence[str]) -> typer.Typer:
    wanted = words[0] if words and (words[0] in _ROSTER or words[0] == _VAULT) else None
    group = typer.Typer(cls=Group, rich_markup_mode=None)
    _add_verbs(group, _ROSTER, wanted)
    if wanted in {None, _VAULT}:
        text = _("The encrypted roster: create, passphrase, log, destroy.")
        group.add_typer(_load("roster_vault", "vault"), name=_VAULT, help=text)
    return group


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"census_map.cli.{module}"), name)
