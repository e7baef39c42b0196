"""
Where the work stands: the eight steps (docs/domain.md section 6), each with its state, out of the workspace alone.

Nothing here is stored beside the facts: a step is done when its rows are there. Only three events leave no rows (the
check was run, the maps were printed, the package was made); each is remembered as a milestone in `meta` together with
the number of the last change before it, so that any later change makes it open again.

Reading goes through SQLite directly: the panel asks after every change, and must neither wait for a geometry to be
read nor need the geometry packages at all.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from census_map.database_faults import explain_reading, is_damage, unreadable
from census_map.errors import WorkspaceError
from census_map.i18n import _, ngettext

if TYPE_CHECKING:
    from census_map.workspace import Workspace

State = Literal["done", "open", "problems"]
Key = Literal["areas", "split", "buildings", "number", "roster", "check", "print", "export"]
Verb = Literal[
    "add_areas", "add", "split", "show_missed", "number", "import", "link", "decide", "check", "show", "print", "export"
]
Milestone = Literal["check", "print", "export"]

_PREFIX = "milestone."
_LAST_CHANGE = "SELECT coalesce(max(fid), 0) FROM history"
# A household on one of these lists is accounted for: nobody has to look for its dwelling any more.
_SETTLED = ("linked", "demolished", "elsewhere")


@dataclass(frozen=True)
class Step:
    """
    One step of the work.

    Attributes
    ----------
    key
        Which step.
    title
        Translated name.
    state
        `done`, `open`, or `problems` when somebody has to decide something.
    count
        Short figure shown beside the title, such as `38/41` or `87 %`; may be empty.
    hint
        One translated sentence: what there is and what is missing.
    verb
        What the next thing of this step is.
    action
        Its name, translated: the text of the button.
    ready
        False while an earlier step has to come first.
    targets
        Codes of the census areas that the next action is about: the first one, or all of them.
    """

    key: Key
    title: str
    state: State
    count: str
    hint: str
    verb: Verb
    action: str
    ready: bool = True
    targets: tuple[str, ...] = ()


def work_steps(path: Path) -> list[Step]:
    """
    Tell where the work on a workspace stands.

    Parameters
    ----------
    path
        The workspace. It is only read, and may be in use by anybody.

    Returns
    -------
    steps
        The eight steps in the order of the work.

    Raises
    ------
    WorkspaceError
        The file is missing or is no workspace.
    """
    if not path.is_file():
        raise WorkspaceError(
            _("The township file {name} is gone: open it from where it is now.").format(name=path.name)
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            facts = _Facts(connection)
            return [
                _areas(facts),
                _split(facts),
                _buildings(facts),
                _number(facts),
                _roster(facts),
                _check(facts),
                _print(facts),
                _export(facts),
            ]
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise unreadable(path, error) from error
        raise WorkspaceError(
            _("{name} cannot be read as a township file: open another one, or its last copy.").format(name=path.name)
        ) from error


def next_step(steps: list[Step]) -> Step | None:
    """Choose the step to go on with: the first that is not done and can be begun; None when all is done."""
    return next((step for step in steps if step.state != "done" and step.ready), None)


def steps_done(steps: list[Step]) -> int:
    """Count the finished steps."""
    return sum(step.state == "done" for step in steps)


def last_change(path: Path) -> int:
    """Give the number of the last change in the history of a workspace; 0 for a new one."""
    with (
        explain_reading(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        return int(connection.execute(_LAST_CHANGE).fetchone()[0])


def remember(workspace: "Workspace", milestone: Milestone, **figures: int) -> None:
    """
    Write down that the check was run, the maps were printed or the package was made.

    Parameters
    ----------
    workspace
        Open for writing.
    milestone
        Which of the three.
    figures
        Counts to show: `errors`, `warnings` and `infos` of a check, `sheets` of a print.
    """
    change = last_change(workspace.path)
    with workspace.transaction(milestone) as write:
        write.set_meta(_PREFIX + milestone, json.dumps({**figures, "change": change}))


class _Facts:
    """The counts that the steps are made of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.areas = self.number("SELECT count(*) FROM census_area WHERE geometry IS NOT NULL")
        self.undivided = connection.execute(
            "SELECT coalesce(code, ''), coalesce(name, code, '') FROM census_area a WHERE NOT EXISTS "
            "(SELECT 1 FROM mini_area m WHERE m.census_area_uid = a.uid AND m.geometry IS NOT NULL) ORDER BY code, fid"
        ).fetchall()
        self.mini_areas = self.number("SELECT count(*) FROM mini_area WHERE geometry IS NOT NULL")
        self.buildings = self.number("SELECT count(*) FROM building")
        self.change = self.number(_LAST_CHANGE)
        # A township has some 100,000 households: they are gone through once for all the steps.
        self.households = dict(
            connection.execute("SELECT coalesce(link_state, 'none'), count(*) FROM household GROUP BY 1").fetchall()
        )

    def number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def milestone(self, name: Milestone) -> dict[str, Any] | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (_PREFIX + name,)).fetchone()
        return None if row is None else json.loads(row[0])


def _areas(facts: _Facts) -> Step:
    title = _("Base map and census areas")
    if not facts.areas:
        hint = _("There are no census areas yet.")
        return Step("areas", title, "open", "", hint, "add_areas", _("Add the census areas"))
    if not facts.buildings:
        hint = _("The census areas are there; buildings, roads and water are missing.")
        return Step("areas", title, "open", str(facts.areas), hint, "add", _("Add buildings, roads and water"))
    hint = ngettext("{n} census area", "{n} census areas", facts.areas).format(n=facts.areas)
    return Step("areas", title, "done", str(facts.areas), hint, "add", _("Add more of the base map"))


def _split(facts: _Facts) -> Step:
    title = _("Divide into mini-areas")
    divided = facts.areas - len(facts.undivided)
    count = f"{divided}/{facts.areas}" if facts.areas else ""
    hint = ngettext("{n} mini-area", "{n} mini-areas", facts.mini_areas).format(n=facts.mini_areas)
    if facts.undivided:
        targets = tuple(code for code, _name in facts.undivided)
        name = facts.undivided[0][1]
        hint = ngettext(
            "{n} census area is not divided yet.", "{n} census areas are not divided yet.", len(targets)
        ).format(n=len(targets))
        action = _("Divide {name}").format(name=name)
        return Step("split", title, "open", count, hint, "split", action, facts.buildings > 0, targets)
    state: State = "done" if facts.areas else "open"
    return Step("split", title, state, count, hint, "split", _("Divide a census area again"), ready=facts.areas > 0)


def _buildings(facts: _Facts) -> Step:
    title = _("Mark the buildings")
    count = f"{facts.buildings:,}" if facts.buildings else ""
    missed = facts.households.get("missed_building", 0)
    outside = facts.number("SELECT count(*) FROM building WHERE mini_area_uid IS NULL")
    action = _("Add buildings")
    if not facts.buildings:
        hint = _("No building is on the map yet.")
        return Step("buildings", title, "open", "", hint, "add", action, ready=facts.areas > 0)
    if missed:
        hint = ngettext(
            "{n} household of the roster has no building on the map.",
            "{n} households of the roster have no building on the map.",
            missed,
        ).format(n=missed)
        return Step("buildings", title, "problems", count, hint, "show_missed", _("Show the missed buildings"))
    if outside and facts.mini_areas and not facts.undivided:
        hint = ngettext("{n} building lies in no mini-area.", "{n} buildings lie in no mini-area.", outside).format(
            n=outside
        )
        return Step("buildings", title, "done", count, hint, "add", action)
    hint = ngettext("{n} building", "{n} buildings", facts.buildings).format(n=facts.buildings)
    return Step("buildings", title, "done", count, hint, "add", action)


def _number(facts: _Facts) -> Step:
    title = _("Number")
    action = _("Number mini-areas and buildings")
    inside = facts.number("SELECT count(*) FROM building WHERE mini_area_uid IS NOT NULL")
    numbered = facts.number("SELECT count(*) FROM building WHERE mini_area_uid IS NOT NULL AND code IS NOT NULL")
    unnamed = facts.number("SELECT count(*) FROM mini_area WHERE code IS NULL")
    if not facts.mini_areas:
        return Step("number", title, "open", "", _("Numbers come after the mini-areas."), "number", action, ready=False)
    if inside and numbered == inside and not unnamed:
        return Step("number", title, "done", "", _("Every building has its number."), "number", _("Number again"))
    hint = _("{done} of {all} buildings have a number.").format(done=numbered, all=inside)
    return Step("number", title, "open", _share(numbered, inside), hint, "number", action, ready=not facts.undivided)


def _roster(facts: _Facts) -> Step:
    title = _("Link the roster")
    households = sum(facts.households.values())
    settled = sum(facts.households.get(state, 0) for state in _SETTLED)
    undecided = facts.households.get("undecided", 0)
    ready = facts.buildings > 0
    if not households:
        hint = _("No roster has been read in yet.")
        return Step("roster", title, "open", "", hint, "import", _("Read in the roster"), ready)
    count = _share(settled, households)
    hint = _("{done} of {all} households have their place.").format(done=f"{settled:,}", all=f"{households:,}")
    if settled == households:
        return Step("roster", title, "done", count, hint, "import", _("Read in a newer roster"))
    untried = facts.households.get("none", 0)
    if untried:
        return Step("roster", title, "open", count, hint, "link", _("Link the roster with the map"), ready)
    if undecided:
        hint += " " + ngettext("{n} is to be decided.", "{n} are to be decided.", undecided).format(n=undecided)
    action = _("Place the households by hand")
    return Step("roster", title, "problems", count, hint, "decide", action, ready)


def _check(facts: _Facts) -> Step:
    title = _("Check")
    action = _("Check everything")
    ready = facts.mini_areas > 0
    last = facts.milestone("check")
    if last is None:
        return Step("check", title, "open", "", _("Not checked yet."), "check", action, ready)
    if last["change"] != facts.change:
        return Step("check", title, "open", "", _("The map has changed since the last check."), "check", action, ready)
    errors, warnings = int(last.get("errors", 0)), int(last.get("warnings", 0))
    if errors:
        count = ngettext("{n} error", "{n} errors", errors).format(n=errors)
        return Step("check", title, "problems", count, _("Errors must be mended."), "show", _("Show the errors"), ready)
    count = ngettext("{n} warning", "{n} warnings", warnings).format(n=warnings) if warnings else ""
    return Step("check", title, "done", count, _("No error was found."), "check", _("Check again"))


def _print(facts: _Facts) -> Step:
    title = _("Print")
    ready = facts.mini_areas > 0
    last = facts.milestone("print")
    if last is not None and last["change"] == facts.change:
        sheets = int(last.get("sheets", 0))
        hint = ngettext("{n} sheet was printed.", "{n} sheets were printed.", sheets).format(n=sheets)
        return Step("print", title, "done", "", hint, "print", _("Print again"), ready)
    hint = _("Not printed yet.") if last is None else _("The map has changed since it was printed.")
    return Step("print", title, "open", "", hint, "print", _("Print the maps"), ready)


def _export(facts: _Facts) -> Step:
    title = _("Hand in")
    last = facts.milestone("export")
    if last is not None and last["change"] == facts.change:
        return Step("export", title, "done", "", _("The package is made."), "export", _("Make the package again"))
    checked = facts.milestone("check")
    clean = checked is not None and not checked.get("errors") and checked["change"] == facts.change
    if not clean:
        hint = _("Before a check without errors the package is only a draft.")
    elif last is None:
        hint = _("The package is not made yet.")
    else:
        hint = _("The map has changed since the package was made.")
    action = _("Make the package for the county")
    return Step("export", title, "open", "", hint, "export", action, ready=facts.mini_areas > 0)


def _share(part: int, whole: int) -> str:
    """Say how much is done in per cent; never 100 % while anything is missing."""
    return f"{100 * part // whole} %" if whole else ""
