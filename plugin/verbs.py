"""
The library's verbs as the window calls them: a path in, a sentence out, no QGIS.

Each opens the workspace in the thread that runs it and closes it again; each change is one transaction.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.task import Report, portion

if TYPE_CHECKING:
    from census_map.checks import Problem
    from census_map.mending import Mend, Mending
    from census_map.sheets.sheet import Sheet
    from census_map.sheets.township import Township as SheetTownship
    from census_map.workspace import Workspace
    from census_map.workspace.seals import Sign


@dataclass(frozen=True)
class NewTownship:
    """
    What must be known to begin.

    Attributes
    ----------
    areas
        File with the polygons of the census areas.
    path
        The workspace to make.
    name
        Of the township; may be empty.
    """

    areas: Path
    path: Path
    name: str = ""


@dataclass(frozen=True)
class Undo:
    """A change that can be taken back: its name and the numbers of the last change before and after it."""

    title: str
    before: int
    after: int


@dataclass(frozen=True)
class Made:
    """Files that were made: what to say about them, and where they are."""

    text: str
    folder: Path


@dataclass(frozen=True)
class MapBook:
    """Sheets ready to be drawn, and the township that they show."""

    township: "SheetTownship"
    sheets: "list[Sheet]"


def look_at(path: Path) -> tuple[str, ...]:
    """
    See that a workspace may be shown; gives what had to be mended and what is wrong with its rows, in words.

    Raises
    ------
    WorkspaceError
        As `Workspace.open` says it.
    """
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        return workspace.notices


def last_change(path: Path) -> int:
    """Give the number of the last change in a workspace's history."""
    from census_map.progress import last_change as read  # noqa: PLC0415

    return read(path)


def take_back(path: Path, undo: Undo, report: Report) -> None:
    """Restore what a change has changed."""
    from census_map.undo import take_back as restore  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    report(0.0, undo.title)
    with Workspace.open(path) as workspace:
        restore(workspace, undo.before, undo.after, reason=_("Taken back: {what}").format(what=undo.title))


def new_township(wish: NewTownship, report: Report) -> Path:
    """Make a workspace from a map of census areas; gives its path."""
    from census_map.exchange.reading import read_layer  # noqa: PLC0415
    from census_map.exchange.spec import source_name  # noqa: PLC0415
    from census_map.workspace.founding import new_workspace  # noqa: PLC0415

    from .foreign import choose_areas  # noqa: PLC0415

    layer = choose_areas(wish.areas)
    made = new_workspace(
        wish.path, read_layer(layer.spec), source=source_name(layer.spec), report=portion(report, 0.2, 1.0)
    )
    with made:
        if wish.name:
            township = made.read("township", columns=["name"])
            with made.transaction(_("name of the township")) as write:
                write.update("township", township.assign(name=wish.name))
    return wish.path


def sample_township(folder: Path, report: Report) -> Path:
    """Make a workspace of the sample that came with the program; gives its path."""
    from .sample import make_sample  # noqa: PLC0415

    return make_sample(folder, report)


def add_files(path: Path, names: Iterable[Path], report: Report, *, kind: str | None = None) -> str:
    """
    Add all layers of some files whose kind can be told.

    Parameters
    ----------
    path
        The workspace.
    names
        The files.
    report
        Told how far it is.
    kind
        Take every layer for this kind instead of guessing.

    Returns
    -------
    text
        What was added, and what was not understood.
    """
    from census_map.exchange.spec import source_name  # noqa: PLC0415
    from census_map.schema import ADDABLE, TABLES  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415
    from census_map.workspace.importing import add_layer  # noqa: PLC0415

    from .foreign import map_layers, read_map_layer  # noqa: PLC0415

    found = [replace(layer, kind=kind or layer.kind) for name in names for layer in map_layers(name)]
    # Dwellings look for their building, so buildings come first.
    known = sorted((layer for layer in found if layer.kind in ADDABLE), key=lambda layer: layer.kind == "dwelling")
    told: list[str] = []
    with Workspace.open(path) as workspace:
        for place, layer in enumerate(known):
            step = portion(report, place / len(known), (place + 1) / len(known))
            assert layer.kind is not None
            done = add_layer(workspace, layer.kind, read_map_layer(layer), source=source_name(layer.spec), report=step)
            told.append(f"{_(TABLES[layer.kind].title)} {done.added + done.updated + done.unchanged:,}")
    left = [layer.name for layer in found if layer not in known and layer.kind != "census_area"]
    text = _("Added: {what}.").format(what=", ".join(told)) if told else _("Nothing was added.")
    if left:
        text += " " + _("Not understood: {names}.").format(names=", ".join(left))
    return text


def split(path: Path, codes: Iterable[str] | None, report: Report, **wish: Any) -> str:
    """Divide census areas into mini-areas; None divides all. The wish is that of `split_workspace`."""
    from census_map.splitting import split_workspace  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        done = split_workspace(workspace, areas=None if codes is None else list(codes), report=report, **wish)
    text = ngettext("{n} mini-area was made.", "{n} mini-areas were made.", done.made).format(n=done.made)
    return " ".join((text, *done.problems[:1]))


def number(path: Path, report: Report) -> str:
    """Give mini-areas, buildings and dwellings their numbers."""
    from census_map.numbering import number_workspace  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        done = number_workspace(workspace, report=report)
    text = _("New numbers: {areas} mini-areas, {buildings} buildings.").format(
        areas=done.mini_areas, buildings=done.buildings
    )
    return " ".join((text, *done.problems[:1]))


def assign(path: Path, report: Report) -> str:
    """Lead buildings to the mini-area in which they lie, and let codes follow."""
    from census_map.following import follow_borders  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    report(0.0, "")
    with Workspace.open(path) as workspace:
        done = follow_borders(workspace)
    text = ngettext(
        "{n} building was led to its mini-area.", "{n} buildings were led to their mini-areas.", done.buildings
    ).format(n=done.buildings)
    return " ".join((text, *done.problems[:1]))


def link(path: Path, passphrase: str, report: Report) -> str:
    """Link the households of the roster with the map again."""
    from census_map.roster.link import link_roster  # noqa: PLC0415
    from census_map.roster.vault import Vault, vault_path  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace, Vault.open(vault_path(path), passphrase) as vault:
        link_roster(workspace, vault, report=report)
        return _linked(workspace)


def _linked(workspace: "Workspace") -> str:
    states = workspace.read("household", columns=["link_state"])["link_state"]
    return _("{done} of {all} households have their place.").format(
        done=f"{int((states == 'linked').sum()):,}", all=f"{len(states):,}"
    )


def compose_maps(path: Path, drafter: str, report: Report) -> "MapBook":
    """Decide what stands on the sheets of all mini-areas; drawing them needs QGIS's own thread."""
    from census_map.sheets.mini_area import Imprint, choose_mini_areas, mini_area_sheet  # noqa: PLC0415
    from census_map.sheets.township import read_township  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        township = read_township(workspace)
    chosen = choose_mini_areas(township, ())
    imprint = Imprint(day=dt.datetime.now().astimezone().date(), drafter=drafter)
    sheets = []
    for place, uid in enumerate(chosen):
        report(place / len(chosen), "")
        sheets.append(mini_area_sheet(township, uid, imprint))
    return MapBook(township, sheets)


def remember_printed(path: Path, sheets: int) -> None:
    """Write down that the maps were printed."""
    from census_map.progress import remember  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        remember(workspace, "print", sheets=sheets)


@contextmanager
def _signature(path: Path, passphrase: str | None) -> "Iterator[Sign | None]":
    """Give what signs with the key of the vault beside a workspace, where its passphrase is known."""
    from census_map.roster.vault import Vault, vault_path  # noqa: PLC0415

    if passphrase is None or not vault_path(path).is_file():
        yield None
        return
    with Vault.open(vault_path(path), passphrase) as vault:
        yield vault.sign


def check(
    path: Path, rules: Iterable[str] | None, report: Report, *, passphrase: str | None = None, record: bool = True
) -> "list[Problem]":
    """
    Run check rules.

    Parameters
    ----------
    path
        The workspace.
    rules
        As of `run_checks`.
    report
        Told how far it is.
    passphrase
        Of the vault, against whose key seals are held; None where it is not known.
    record
        Whether a full run is remembered as done; not in a window that only looks.
    """
    from census_map.checks import count_by_severity, run_checks  # noqa: PLC0415
    from census_map.progress import remember  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace, _signature(path, passphrase) as sign:
        problems = run_checks(workspace, rules, report=report, sign=sign)
        if rules is None and record:
            counts = count_by_severity(problems)
            remember(workspace, "check", errors=counts["error"], warnings=counts["warning"], infos=counts["info"])
    return problems


def check_and_propose(
    path: Path, rules: Iterable[str] | None, report: Report, *, passphrase: str | None = None, record: bool = True
) -> "tuple[list[Problem], dict[str, Mending]]":
    """Run check rules as `check` does, and propose how to mend the borders that they find at fault."""
    from census_map.mending import propose_mends  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    problems = check(path, rules, portion(report, 0.0, 0.8), passphrase=passphrase, record=record)
    with Workspace.open(path) as workspace:
        return problems, propose_mends(workspace, problems, report=portion(report, 0.8, 1.0))


def mend(path: Path, mends: "list[Mend]", report: Report) -> str:
    """Mend borders in one transaction; says what was done."""
    from census_map.mending import apply_mends  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        done = apply_mends(workspace, mends, report=report)
    text = ngettext("{n} place was mended.", "{n} places were mended.", done.mended).format(n=done.mended)
    return " ".join((text, *done.refused[:1]))


def write_report(path: Path, problems: "list[Problem]", out: Path) -> None:
    """Write the check report for the browser."""
    from census_map.report.html import write_check_report  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        write_check_report(workspace, problems, out)


def export(path: Path, folder: Path, maps: Path | None, report: Report, *, draft: bool, record: bool = True) -> Made:
    """Make the package for the county; with errors left only as a draft, if one is wanted. `record`: see `check`."""
    from census_map.exchange.package import export_package  # noqa: PLC0415
    from census_map.progress import remember  # noqa: PLC0415
    from census_map.workspace import Workspace  # noqa: PLC0415

    with Workspace.open(path) as workspace:
        package = export_package(workspace, folder, maps=maps, draft=draft, report=report)
        if package.folder is None:
            reasons = " ".join(problem.message for problem in package.obstacles[:1])
            raise InputError(_("The package was not made. {reason}").format(reason=reasons))
        if package.final and record:
            remember(workspace, "export")
    text = _("The package is made.") if package.final else _("A draft of the package is made; errors are left.")
    return Made(text, package.folder)
