"""
One household at a time: find it, see what was done there, enter a visit or call, put it on a register.

What the sheets of `visits` and `registers` do for many rows, done by hand for one. Nothing personal is read to find a
household: a name or identity number that is typed in full is found by its keyed hash.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.identity import canonical_identity
from census_map.roster.matching import person_name
from census_map.roster.registers import KINDS, PRIVATE, RECORD
from census_map.roster.text import squeeze
from census_map.roster.together import changing_both
from census_map.roster.vault import Vault
from census_map.roster.visits import COUNTED, VISIT_RECORD, visit_records
from census_map.roster.worklists import place_households
from census_map.schema import PRESENCE, REGISTER_STATE, REPORTING, VISIT_KIND, VISIT_OUTCOME
from census_map.workspace import Workspace

_CHOICES: Mapping[str, frozenset[Any]] = {
    "kind": frozenset(dict(VISIT_KIND)),
    "outcome": frozenset(dict(VISIT_OUTCOME)),
    "presence": frozenset(dict(PRESENCE)),
    "reporting": frozenset(dict(REPORTING)),
}
_FOUND = (
    "census_area",
    "mini_area",
    "code",
    "number",
    "building",
    "entrance",
    "room",
    "source_row",
    "place",
    "persons",
)


@dataclass(frozen=True)
class Visit:
    """
    What happened at a household.

    Attributes
    ----------
    household
        uid.
    day, time
        When; the time as `19:30`, or None.
    kind, outcome, presence, reporting
        Of the choices in `schema`; None where it is not known.
    appointment, appointment_time
        The next appointment.
    staff
        Number of who went there.
    counts
        Of `visits.COUNTED`: births, deaths, persons moved in and out.
    phone, remark
        Personal: into the vault.
    """

    household: str
    day: date
    time: str | None = None
    kind: str = "visit"
    outcome: str | None = None
    appointment: date | None = None
    appointment_time: str | None = None
    presence: str | None = None
    reporting: str | None = None
    staff: str | None = None
    counts: Mapping[str, int] | None = None
    phone: str = ""
    remark: str = ""


class HouseholdBook:
    """
    All households of a township, to be looked up.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    """

    def __init__(self, workspace: Workspace, vault: Vault) -> None:
        self.workspace, self.vault = workspace, vault
        rows = place_households(workspace)
        buildings = workspace.read("building", columns=["address", "name"])
        titles = [
            " ".join(dict.fromkeys(text for text in pair if isinstance(text, str) and text))
            for pair in zip(buildings["address"], buildings["name"], strict=True)
        ]
        rows["place"] = rows["building_uid"].map(pd.Series(titles, index=buildings.index, dtype=object))
        rows["persons"] = rows["h2a"].fillna(rows["registered"])
        self._rows = rows
        words = rows[["code", "number", "entrance", "room", "place"]].astype(object)
        words = words.where(words.notna(), "")
        self._text = [squeeze(" ".join(map(str, row))) for row in words.itertuples(index=False)]

    @property
    def count(self) -> int:
        """How many households there are."""
        return len(self._rows)

    def find(self, text: str, *, most: int = 200) -> pd.DataFrame:
        """
        Find households.

        Parameters
        ----------
        text
            Household code or its end, number, row on the roster, words of the building's address with the room, or
            the whole name or identity number of the head of household.
        most
            Give no more than these.

        Returns
        -------
        households
            Indexed by uid: `census_area`, `mini_area`, `code`, `number`, `building` (code), `entrance`, `room`,
            `source_row`, `place` (as the map calls it), `persons`, `building_uid`. Holds no personal data.
        """
        words = [squeeze(word) for word in text.split()]
        words = [word for word in words if word]
        if not words:
            return self._shown(self._rows.iloc[:0])
        named = self._by_hash(text.strip())
        if len(named):
            return self._shown(self._rows.loc[named])
        rows = self._rows
        if len(words) == 1 and words[0].isdecimal():
            word, number = words[0], int(words[0])
            exact = (rows["number"] == number) | (rows["source_row"] == number) if len(word) < 9 else False
            coded = rows["code"].fillna("").astype(str).str.endswith(word) if len(word) > 3 else False
            hits = pd.Series(exact | coded, index=rows.index).fillna(value=False).astype(bool)
            if hits.any():
                return self._shown(rows[hits].iloc[:most])
        at = [place for place, known in enumerate(self._text) if all(word in known for word in words)]
        return self._shown(rows.iloc[at[:most]])

    def _by_hash(self, text: str) -> list[str]:
        identity, name = canonical_identity(text), person_name(text)
        hashes = self.vault.read_hashes() if identity or (name and not name.isascii()) else None
        if hashes is None:
            return []
        key = self.vault.hash_text("h_identity", identity) if identity else self.vault.hash_text("h_name", name)
        column = hashes["h_identity" if identity else "h_name"]
        return [str(uid) for uid in column.index[column == key] if uid in self._rows.index]

    def in_building(self, building: str) -> pd.DataFrame:
        """Give the households of a building, as `find` does."""
        return self._shown(self._rows[self._rows["building_uid"] == building])

    def _shown(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[list(_FOUND)]

    def head(self, household: str) -> str:
        """Read the name of the head of one household, because the user asked; logged."""
        rows = self.vault.read(["head"], reason=_("visit by hand: name shown"), uids=[household])
        return str(rows["head"].iloc[0]) if len(rows) else ""

    def visits(self, household: str) -> pd.DataFrame:
        """Give the visits and calls of one household, the last one first: columns of the table `visit`."""
        rows = self.workspace.read("visit", where="household_uid = ?", parameters=(household,))
        rows = rows.assign(day=[str(day)[:10] for day in rows["day"]], time=rows["time"].fillna(""))
        return pd.DataFrame(rows.sort_values(["day", "time"], ascending=False, kind="stable"))

    def state(self, household: str) -> dict[str, Any]:
        """Give what the visits have told about one household: presence, reporting and the counts; None for unknown."""
        names = ["presence", "reporting", *COUNTED]
        rows = self.workspace.read("household", columns=names, where="uid = ?", parameters=(household,))
        return {name: None if rows.empty or pd.isna(rows[name].iloc[0]) else rows[name].iloc[0] for name in names}

    def remark(self, visit: str) -> tuple[str, str]:
        """Read phone and remark of a visit, because the user asked; logged."""
        return visit_records(self.vault, reason=_("visit by hand: remark shown")).get(visit, ("", ""))

    def enter(self, visit: Visit) -> str:
        """
        Enter a visit or call; one transaction.

        Returns
        -------
        uid
            Of the visit.

        Raises
        ------
        InputError
            No such household or choice, a day still to come, or an appointment before the visit.
        """
        self._judge(visit)
        uid = str(uuid.uuid4())
        names = ("day", "time", "kind", "outcome", "appointment", "appointment_time", "staff")
        row = {"household_uid": visit.household, **{name: getattr(visit, name) or None for name in names}}
        told = {"presence": visit.presence, "reporting": visit.reporting, **(visit.counts or {})}
        told = {name: value for name, value in told.items() if value is not None}
        record = {"uid": uid, "phone": visit.phone, "remark": visit.remark}
        with changing_both(self.workspace, self.vault, _("visit entered by hand")) as write:
            write.insert("visit", pd.DataFrame([row], index=pd.Index([uid], name="uid"), dtype=object))
            if told:
                frame = pd.DataFrame([told], index=pd.Index([visit.household], name="uid"), dtype=object)
                write.update("household", frame)
            self.vault.put_record(VISIT_RECORD, uid, json.dumps(record, ensure_ascii=False))
            self.vault.log("write:visits", 1, _("entered by hand"))
        return uid

    def _judge(self, visit: Visit) -> None:
        if visit.household not in self._rows.index:
            raise InputError(_("The household is not on the roster any more: look for it again."))
        for name, choices in _CHOICES.items():
            value = getattr(visit, name)
            if value is not None and value not in choices:
                raise InputError(_("“{value}” is no choice here: choose one of the list.").format(value=value))
        if visit.day > date.today():  # noqa: DTZ011  the clerk's own day is meant
            raise InputError(_("The day is still to come: correct it."))
        if visit.appointment is not None and visit.appointment < visit.day:
            raise InputError(_("The appointment is before the visit: correct one of the two."))

    def registers(self, household: str) -> dict[str, str]:
        """Give the registers on which a household was put by hand or by a sheet: kind and state."""
        rows = self.workspace.read("register", columns=["kind", "state"], where="household_uid = ?",
                                   parameters=(household,))  # fmt: skip
        return dict(zip(rows["kind"], rows["state"], strict=True))

    def put_on(self, kind: str, household: str) -> None:
        """
        Put a household on a register, to be settled; one that is there already stays as it is.

        Raises
        ------
        InputError
            No such register or household.
        """
        if household not in self._rows.index:
            raise InputError(_("The household is not on the roster any more: look for it again."))
        if kind not in self.registers(household):
            row = self._rows.loc[household]
            enter_by_hand(
                self.workspace, self.vault, kind, household=household, building=_text(row["building_uid"]),
                census_area=_text(row["census_area_uid"]),
                persons=None if pd.isna(row["persons"]) else int(row["persons"]),
            )  # fmt: skip


def enter_by_hand(
    workspace: Workspace,
    vault: Vault,
    kind: str,
    *,
    household: str | None = None,
    building: str | None = None,
    census_area: str | None = None,
    persons: int | None = None,
    person: Mapping[str, str] | None = None,
) -> str:
    """
    Enter one row into a register; one transaction.

    Parameters
    ----------
    kind
        Of `registers.KINDS`.
    household, building, census_area
        uids of what it is about; all None for a person without a place.
    person
        Of `registers.PRIVATE`: who it is about. **Personal**: into the vault.

    Returns
    -------
    uid
        Of the entry.

    Raises
    ------
    InputError
        No such register, or nothing tells what the entry is about.
    """
    if kind not in KINDS:
        raise InputError(
            _("There is no register “{kind}”: choose one of {kinds}.").format(kind=kind, kinds=", ".join(KINDS))
        )
    private = {name: (person or {}).get(name, "") for name in PRIVATE}
    if not (household or building or any(private.values())):
        raise InputError(_("Say who or which place is meant: a name, an address, or a building on the map."))
    uid = str(uuid.uuid4())
    row = {
        "kind": kind, "state": "open", "census_area_uid": census_area, "building_uid": building,
        "household_uid": household, "persons": persons,
    }  # fmt: skip
    with changing_both(workspace, vault, _("register entered by hand")) as write:
        write.insert("register", pd.DataFrame([row], index=pd.Index([uid], name="uid"), dtype=object))
        vault.put_record(RECORD, uid, json.dumps({"uid": uid, **private}, ensure_ascii=False))
        vault.log("write:register", 1, _("entered by hand"))
    return uid


def set_state(workspace: Workspace, uids: list[str], state: str) -> int:
    """
    Say that entries of a register are settled, or open again; one transaction.

    Returns
    -------
    changed
        How many were in another state.

    Raises
    ------
    InputError
        No such state.
    """
    if state not in dict(REGISTER_STATE):
        raise InputError(_("“{value}” is no choice here: choose one of the list.").format(value=state))
    stored = workspace.read("register", columns=["state"])["state"]
    other = [uid for uid in uids if uid in stored.index and stored[uid] != state]
    if other:
        with workspace.transaction(_("state of a register's entries")) as write:
            write.update("register", pd.DataFrame({"state": state}, index=pd.Index(other, name="uid"), dtype=object))
    return len(other)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
