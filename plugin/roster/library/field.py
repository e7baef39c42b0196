"""What comes back from the field: sheets of visits, registers and persons; one household at a time."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.household_book import HouseholdBook, Visit, enter_by_hand, set_state
from census_map.roster.listing import ListImport
from census_map.roster.persons import take_persons
from census_map.roster.preview import RosterFile
from census_map.roster.registers import take_register
from census_map.roster.vault import Vault, vault_path
from census_map.roster.visits import take_visits
from census_map.schema import VISIT_KIND, VISIT_OUTCOME
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

from .results import Outcome, Rows, cells_of
from .rosters import Choices
from .session import WINDOW, Session, both

_BOOK = "book"


def take_sheets(
    session: Session,
    path: Path,
    passphrase: str,
    choices: Sequence[Choices],
    *,
    what: str,
    register: str | None = None,
    report: Report = silent,
) -> Outcome:
    """
    Take the chosen sheets in.

    Parameters
    ----------
    what
        `visits`, `registers` or `persons`.
    register
        Of `registers.KINDS`, for rows of a register that do not say it.
    """
    files: list[RosterFile] = session.take("files")
    wanted = [(file, chosen) for file, chosen in zip(files, choices, strict=True) if chosen]
    if not wanted:
        raise InputError(_("Choose at least one sheet of the list."))
    done: list[ListImport] = []
    with both(path, passphrase) as (workspace, vault):
        for place, (file, chosen) in enumerate(wanted):
            part = portion(report, place / len(wanted), (place + 1) / len(wanted))
            listing, rest = file.read_list(chosen, report=portion(part, 0, 0.3)), portion(part, 0.3, 1)
            if what == "visits":
                done.append(take_visits(workspace, vault, listing, report=rest))
            elif what == "registers":
                done.append(take_register(workspace, vault, listing, kind=register, report=rest))
            else:
                done.append(take_persons(workspace, vault, listing, report=rest))
    counts = Rows(
        "counts", _("Files"),
        (_("file"), _("rows"), _("added"), _("changed"), _("unchanged"), _("left out")),
        [(one.file, one.rows, one.added, one.changed, one.unchanged, one.left_out) for one in done], wide=(0,),
    )  # fmt: skip
    lines = (
        _("{added} added, {changed} changed, {unchanged} unchanged, {left} left out").format(
            added=f"{sum(one.added for one in done):,}",
            changed=f"{sum(one.changed for one in done):,}",
            unchanged=f"{sum(one.unchanged for one in done):,}",
            left=f"{sum(one.left_out for one in done):,}",
        ),
    )
    problems = tuple((one.file, problem) for one in done for problem in one.problems)
    return Outcome(lines, (counts,), problems)


def open_book(session: Session, path: Path, passphrase: str, *, report: Report = silent) -> int:
    """Open the households to be looked up one by one; gives how many there are."""
    report(0.0, _("reading the roster"))
    session.close(WINDOW)
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace.open(path))
        vault = stack.enter_context(Vault.open(vault_path(path), passphrase))
        book = HouseholdBook(workspace, vault)
        session.own(WINDOW, stack.pop_all())
    session.keep(_BOOK, book)
    return book.count


def find(session: Session, text: str, *, building: str | None = None, report: Report = silent) -> pd.DataFrame:  # noqa: ARG001
    """Find households by what was typed, or all of a building."""
    book: HouseholdBook = session.take(_BOOK)
    return book.find(text) if building is None else book.in_building(building)


def look_up(session: Session, household: str, *, report: Report = silent) -> dict[str, Any]:  # noqa: ARG001
    """Give what is known of one household: its visits as rows, what they told, its registers."""
    book: HouseholdBook = session.take(_BOOK)
    visits = book.visits(household)
    kinds, outcomes = dict(VISIT_KIND), dict(VISIT_OUTCOME)
    shown = pd.DataFrame(
        {
            "day": visits["day"],
            "time": visits["time"],
            "kind": [_(kinds[kind]) for kind in visits["kind"]],
            "outcome": [_(outcomes[name]) if isinstance(name, str) else "" for name in visits["outcome"]],
            "appointment": [
                "" if pd.isna(day) else " ".join(filter(None, (str(day)[:10], time if isinstance(time, str) else "")))
                for day, time in zip(visits["appointment"], visits["appointment_time"], strict=True)
            ],
            "staff": visits["staff"].fillna(""),
        }
    )
    return {"visits": cells_of(shown), "state": book.state(household), "registers": book.registers(household)}


def name_of(session: Session, household: str, *, report: Report = silent) -> str:  # noqa: ARG001
    """Read the name of the head of one household, because she asked to see it; logged."""
    return str(session.take(_BOOK).head(household))


def enter_visit(session: Session, visit: Visit, registers: Sequence[str] = (), *, report: Report = silent) -> None:
    """Enter a visit or call, and put the household on registers."""
    report(0.1, "")
    book: HouseholdBook = session.take(_BOOK)
    book.enter(visit)
    for kind in registers:
        book.put_on(kind, visit.household)


def enter_register(
    _session: Session, path: Path, passphrase: str, kind: str, person: dict[str, str], *, persons: int | None,
    building: str | None = None, report: Report = silent,
) -> None:  # fmt: skip
    """Enter somebody or some place into a register, without a household of the roster."""
    report(0.1, "")
    with both(path, passphrase) as (workspace, vault):
        area = None
        if building is not None:
            owner = workspace.read("building", columns=["mini_area_uid"], where="uid = ?", parameters=(building,))
            minis = workspace.read("mini_area", columns=["census_area_uid"])["census_area_uid"]
            area = owner["mini_area_uid"].map(minis).iloc[0] if len(owner) else None
        known = area if isinstance(area, str) else None
        enter_by_hand(
            workspace, vault, kind, person=person, building=building, census_area=known, persons=persons
        )  # fmt: skip


def settle(
    _session: Session, path: Path, passphrase: str, kind: str, keys: Sequence[str], state: str, *,
    report: Report = silent,
) -> int:  # fmt: skip
    """
    Say that rows of a register are settled, or open again.

    Parameters
    ----------
    keys
        uids of entries, or of households or buildings that only the map and the roster put on the list: these become
        entries first, so that their state can be kept.
    """
    report(0.1, "")
    with both(path, passphrase) as (workspace, vault):
        entries = workspace.read("register", columns=["household_uid", "building_uid"], where="kind = ?",
                                 parameters=(kind,))  # fmt: skip
        households = workspace.read("household", columns=["building_uid", "census_area_uid"])
        found = []
        for key in keys:
            own = entries.index[(entries["household_uid"] == key) | (entries["building_uid"] == key)]
            if key in entries.index:
                found.append(key)
            elif len(own):
                found += [str(uid) for uid in own]
            elif key in households.index:
                row = households.loc[key]
                building, area = (value if isinstance(value, str) else None for value in row)
                found.append(
                    enter_by_hand(workspace, vault, kind, household=key, building=building, census_area=area)
                )  # fmt: skip
            else:
                found.append(enter_by_hand(workspace, vault, kind, building=key))
        return set_state(workspace, found, state)
