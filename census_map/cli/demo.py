"""`census-map demo`: the main job on the sample township, end to end."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from census_map.apart import own_environment, receive, send, start
from census_map.checks import SEVERITY_TITLES, count_by_severity, run_checks
from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.errors import InputError
from census_map.exchange.package import export_package
from census_map.exchange.reading import read_layer
from census_map.exchange.spec import source_name
from census_map.exchange.table import read_table
from census_map.i18n import _, current_language
from census_map.numbering import number_workspace
from census_map.progress import remember
from census_map.report.html import write_check_report
from census_map.report.workbook import write_check_workbook
from census_map.roster.importing import store_roster
from census_map.roster.link import link_roster
from census_map.roster.list_sheets import list_sheets
from census_map.roster.read import read_roster
from census_map.roster.tables import table_sheets
from census_map.roster.vault import Vault, vault_path
from census_map.roster.workbook import write_workbook
from census_map.sample.files import DWELLINGS, MAP, ROSTER
from census_map.sheets.render import has_qgis, print_workspace, write_project
from census_map.splitting import split_workspace
from census_map.task import Report, portion
from census_map.workspace import Workspace
from census_map.workspace.founding import new_workspace
from census_map.workspace.importing import add_layer

# The sample's people are invented, so its passphrase is no secret.
PASSPHRASE = "census-map-demo"  # noqa: S105

_MARK = ".census-map-demo"
_AREAS = "普查区"
_KINDS = {"房屋": "building", "道路": "road", "水系": "water", "铁路": "railway", "围墙": "wall"}
_KINDS |= {"地标": "landmark"}
_MAPPING = {"road": {"source_id": "DLBH"}}


@dataclass(frozen=True)
class _Folder:
    """What the demo makes, by name."""

    root: Path

    @property
    def workspace(self) -> Path:
        return self.root / "township.gpkg"

    @property
    def project(self) -> Path:
        return self.root / "township.qgz"

    @property
    def report(self) -> Path:
        return self.root / "check-report.html"

    @property
    def tables(self) -> Path:
        return self.root / "check-report.xlsx"

    @property
    def one_set(self) -> Path:
        return self.root / "one-set-of-tables.xlsx"

    @property
    def lists(self) -> Path:
        return self.root / "work-lists.xlsx"

    @property
    def maps(self) -> Path:
        return self.root / "maps"

    @property
    def package(self) -> Path:
        return self.root / "package"

    @property
    def picture(self) -> Path:
        return self.root / "window.png"

    def prepare(self) -> None:
        """Make the folder; clear away an earlier demo, and nothing else."""
        mark = self.root / _MARK
        if self.root.exists() and not self.root.is_dir():
            raise InputError(_("“{name}” is a file: choose a folder with --out.").format(name=self.root))
        if self.root.is_dir() and any(self.root.iterdir()) and not mark.exists():
            raise InputError(
                _("The folder “{name}” is not empty: choose another one with --out.").format(name=self.root)
            )
        self.root.mkdir(parents=True, exist_ok=True)
        mark.touch()
        for folder in (self.maps, self.package):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.project, self.report, self.tables, self.one_set, self.lists, self.picture):
            file.unlink(missing_ok=True)
        for store in (self.workspace, vault_path(self.workspace)):
            for ending in ("", "-wal", "-shm", "-journal"):
                store.with_name(store.name + ending).unlink(missing_ok=True)


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", metavar=_("DIR"), help=_("Folder for what is made."))] = Path(
        "demo-out"
    ),
    window: Annotated[
        bool, typer.Option("--window/--no-window", help=_("Make a picture of QGIS's window, and open QGIS at the end."))
    ] = True,
) -> None:
    """Run the main job; what is wrong in the sample's data is reported, and no reason to fail."""
    folder = _Folder(out)
    folder.prepare()
    with as_file(files("census_map_samples")) as sample:
        with _step(_("Census areas")) as (report, tell):
            _new(folder, sample, report, tell)
        with open_workspace(folder.workspace) as workspace:
            _fill(workspace, sample)
            _divide(workspace)
            _register(workspace, folder, sample / ROSTER)
            _check(workspace, folder)
    _print(folder)
    with open_workspace(folder.workspace) as workspace:
        _pack(workspace, folder)
    if window and has_qgis():
        _picture(folder)
    _show(folder)
    if window:
        _open_qgis(folder)


_Tell = Callable[[str], None]


@contextmanager
def _step(title: str) -> Iterator[tuple[Report, _Tell]]:
    """Show how far a step is, then one line with what it did and how long it took."""
    started = time.perf_counter()
    lines: list[str] = []
    with progress_bar(title) as report:
        yield report, lines.append
    seconds = time.perf_counter() - started
    say(_("{step}: {result} ({seconds} s)").format(step=title, result="; ".join(lines), seconds=f"{seconds:.1f}"))


def _new(folder: _Folder, sample: Path, report: Report, tell: _Tell) -> None:
    areas = f"{sample / MAP}:{_AREAS}"
    layer = read_layer(areas)
    new_workspace(folder.workspace, layer, source=source_name(areas), report=report).close()
    tell(_("{n} census areas").format(n=len(layer)))


def _fill(workspace: Workspace, sample: Path) -> None:
    """Add the base map, then the list of dwelling units, each of which names its building."""
    with _step(_("Base map")) as (report, tell):
        kinds = [(kind, f"{sample / MAP}:{layer}") for layer, kind in _KINDS.items()]
        kinds.append(("dwelling", str(sample / DWELLINGS)))
        counts = {}
        for place, (kind, spec) in enumerate(kinds):
            frame = read_table(spec) if kind == "dwelling" else read_layer(spec)
            part = portion(report, place / len(kinds), (place + 1) / len(kinds))
            done = add_layer(workspace, kind, frame, _MAPPING.get(kind), source=source_name(spec), report=part)
            counts[kind] = done.added
        tell(
            _("{buildings} buildings, {dwellings} dwelling units, {roads} pieces of road").format(
                buildings=counts["building"], dwellings=counts["dwelling"], roads=counts["road"]
            )
        )


def _divide(workspace: Workspace) -> None:
    with _step(_("Mini-areas")) as (report, tell):
        split = split_workspace(workspace, report=portion(report, 0.0, 0.8))
        number_workspace(workspace, report=portion(report, 0.8, 1.0))
        sizes = [row[end] for row in split.summary["areas"] for end in ("min", "max") if row[end]]
        tell(
            _("{n} mini-areas of {least} to {most} persons, numbered").format(
                n=split.made, least=round(min(sizes)), most=round(max(sizes))
            )
        )


def _register(workspace: Workspace, folder: _Folder, book: Path) -> None:
    with _step(_("Roster")) as (report, tell):
        roster = read_roster(book, workspace.profile, report=portion(report, 0.0, 0.2))
        with Vault.create(vault_path(folder.workspace), PASSPHRASE) as vault:
            done = store_roster(workspace, vault, roster, report=portion(report, 0.2, 0.5))
            linked = link_roster(workspace, vault, report=portion(report, 0.5, 0.9))
            lists = list_sheets(workspace, vault)
        write_workbook(folder.one_set, table_sheets(workspace))
        write_workbook(folder.lists, lists)
        tell(_("{n} households, names in the vault only").format(n=done.added))
        tell(
            _("{linked} linked to the map, {rest} listed with the reason why not").format(
                linked=linked.linked, rest=linked.households - linked.linked
            )
        )
        tell(_("{n} work lists and registers, without names").format(n=len(lists)))


def _check(workspace: Workspace, folder: _Folder) -> None:
    with _step(_("Check")) as (report, tell):
        problems = run_checks(workspace, report=report)
        write_check_report(workspace, problems, folder.report)
        write_check_workbook(workspace, problems, folder.tables)
        counts = count_by_severity(problems)
        remember(workspace, "check", errors=counts["error"], warnings=counts["warning"], infos=counts["info"])
        tell(", ".join(f"{_(SEVERITY_TITLES[severity])}: {count}" for severity, count in counts.items()))


def _print(folder: _Folder) -> None:
    if not has_qgis():
        say(_("Maps: left out, because QGIS is not installed for this Python."))
        return
    with _step(_("Maps")) as (report, tell):
        printed = print_workspace(folder.workspace, folder.maps, report=portion(report, 0.0, 0.97))
        write_project(folder.workspace, folder.project, report=portion(report, 0.97, 1.0))
        with open_workspace(folder.workspace) as workspace:
            remember(workspace, "print", sheets=printed.sheets)
        tell(_("{sheets} sheets, {pages} pages").format(sheets=printed.sheets, pages=printed.pages))


def _pack(workspace: Workspace, folder: _Folder) -> None:
    with _step(_("Package for the county")) as (report, tell):
        maps = folder.maps if folder.maps.is_dir() else None
        package = export_package(workspace, folder.package, maps=maps, draft=True, report=report)
        if package.folder is None:
            raise InputError(_("No package was written: {reason}").format(reason=package.obstacles[0].message))
        tell(package.folder.name if package.final else _("{name}, a draft").format(name=package.folder.name))


def _picture(folder: _Folder) -> None:
    with _step(_("Picture of QGIS")) as (report, tell):
        report(0.1, "")
        language = "zh-Hans" if current_language().startswith("zh") else "en_US"
        with start(Path(sys.executable), "census_map_plugin.picture") as process:
            with suppress(OSError):  # it has ended: it gives no answer
                send(process.stdin, (folder.workspace.resolve(), folder.picture.resolve(), language))
            why_not = receive(process.stdout)
        if not why_not and folder.picture.is_file():
            tell(folder.picture.name)
        else:
            tell(_("left out; {reason}").format(reason=why_not or "?"))


def _show(folder: _Folder) -> None:
    """Tell what was made and what to open next."""
    made = (
        (folder.workspace, _("the workspace: all of the census map in one file")),
        (vault_path(folder.workspace), _("the roster's names, encrypted; passphrase of the demo: {word}")),
        (folder.project, _("the map in QGIS")),
        (folder.report, _("what the check found, for the browser")),
        (folder.tables, _("the same for Excel")),
        (folder.one_set, _("the one set of tables, open version without names")),
        (folder.lists, _("whom to visit, what to mark, the registers; without names")),
        (folder.maps, _("map sheets of the mini-areas, PDF")),
        (folder.package, _("the package for the county")),
        (folder.picture, _("a picture of QGIS with the township open")),
    )
    say("")
    for path, text in made:
        if path.exists():
            say(f"  {path}  {text.format(word=PASSPHRASE)}")
    say("")
    first = folder.project if folder.project.exists() else folder.workspace
    say(
        _("Open next: {report} in a browser, {map} in QGIS, a sheet from {maps}.").format(
            report=folder.report, map=first, maps=folder.maps
        )
    )


def _open_qgis(folder: _Folder) -> None:
    program = shutil.which("qgis")
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if program and display and folder.project.exists():
        subprocess.Popen(  # noqa: S603  the user's own QGIS, which stays open
            [program, str(folder.project.resolve())],
            env=own_environment(),
            cwd=folder.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
