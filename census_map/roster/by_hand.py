"""
Linking by hand, one household after another: the queue, the choices, the decision, and the way back.

Every decision is one transaction of the workspace and one step that `undo` takes back. A name that a decision teaches
is offered for the other rows, and applied to them as one step of its own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.roster.decide import Candidate, LinkDesk
from census_map.roster.headers import FIELDS
from census_map.roster.likely import near_buildings
from census_map.roster.link import CLASS_DEMOLISHED
from census_map.roster.linker import Link
from census_map.roster.matching import place_columns
from census_map.roster.score import reason_text
from census_map.roster.vault import Vault
from census_map.roster.worklists import missed_buildings, state_title
from census_map.schema import LINK_STATE
from census_map.task import Report, silent
from census_map.workspace import Workspace

BY_HAND = "by_hand"
# In the order in which they are worked through.
QUEUES = ("undecided", "unreadable", "none", "missed_building", "elsewhere", "demolished", BY_HAND)
_LINK_COLUMNS = ["building_uid", "dwelling_uid", "link_state", "link_score", "link_reason", "link_by_hand"]


@dataclass(frozen=True)
class Choice:
    """
    A place that can be chosen for a household.

    Attributes
    ----------
    building_uid, dwelling_uid
        Of the map; the dwelling is None where the room is not found.
    building, dwelling
        What they are called.
    score
        0 to 1; None for a building that the user pointed at.
    reasons
        In words.
    households
        How many other households live in the dwelling already.
    """

    building_uid: str
    dwelling_uid: str | None
    building: str
    dwelling: str
    score: float | None
    reasons: str
    households: int


@dataclass(frozen=True)
class AliasOffer:
    """A name of the roster, what it means on the map, and the households that still wait because of it."""

    roster_name: str
    map_name: str
    households: tuple[str, ...]


@dataclass(frozen=True)
class HandStep:
    """
    One step that can be taken back.

    Attributes
    ----------
    title
        What was done, in words; names nobody.
    households
        uids of the rows that it changed.
    before
        Their link as it was.
    learned
        The name on the roster that it taught, or None.
    """

    title: str
    households: tuple[str, ...]
    before: pd.DataFrame
    learned: str | None = None


class HandLinking:
    """
    A sitting at which households are linked by hand.

    Parameters
    ----------
    workspace, vault
        Open, of the same township, and used by one thread alone. The addresses are read once, which is logged.
    """

    def __init__(self, workspace: Workspace, vault: Vault, *, report: Report = silent) -> None:
        report(0.0, _("reading the roster"))
        self.workspace, self.vault = workspace, vault
        self.desk = LinkDesk(workspace, vault)
        report(0.8, _("reading the map"))
        self._steps: list[HandStep] = []
        self._buildings = workspace.read("building", columns=["name", "address", "code"])
        self._areas = workspace.read("census_area", columns=["name"])["name"]
        self._addresses: dict[str, str] = {}
        self._counts = self._count()

    def counts(self) -> dict[str, int]:
        """Count the households of each of `QUEUES`."""
        return dict(self._counts)

    def look_again(self) -> dict[str, int]:
        """Count anew, after households or buildings were changed elsewhere; gives the counts."""
        self._buildings = self.workspace.read("building", columns=["name", "address", "code"])
        self._counts = self._count()
        return self.counts()

    def _count(self) -> dict[str, int]:
        """Count anew, and read the addresses of all that wait; thousands of them take longer than a moment."""
        rows = self.workspace.read("household", columns=["link_state", "link_by_hand"])
        queues = _queues(rows)
        self._written(list(rows.index[queues != "linked"]))
        found = Counter(queues)
        return {queue: found[queue] for queue in QUEUES}

    def queue(self, queue: str) -> pd.DataFrame:
        """
        List the households of one of `QUEUES`.

        Returns
        -------
        households
            Indexed by uid: `address` (as written; for the screen alone), `census_area` (name), `source`, `source_row`,
            `persons`, `state`, `score`, `reason` (in words). Never a name.
        """
        columns = ["census_area_uid", "source", "source_row", "h2a", "registered"]
        by_hand = "coalesce(link_by_hand, 0)"
        where = by_hand if queue == BY_HAND else f"coalesce(link_state, 'none') = ? AND NOT {by_hand}"
        rows = self.workspace.read(
            "household",
            columns=[*columns, *_LINK_COLUMNS],
            where=where,
            parameters=() if queue == BY_HAND else (queue,),
        )
        # What decided comes last among the codes; on a narrow screen it must be read first.
        reasons = {
            codes: reason_text(" ".join(reversed(codes.split()))) for codes in rows["link_reason"].dropna().unique()
        }
        listed = pd.DataFrame(
            {
                "address": pd.Series(self._written(list(rows.index)), index=rows.index, dtype=object),
                "census_area": rows["census_area_uid"].map(self._areas).astype(object).fillna(""),
                "source": rows["source"].fillna(""),
                "source_row": rows["source_row"],
                "persons": rows["h2a"].fillna(rows["registered"]),
                "state": rows["link_state"].fillna("none").astype(object),
                "score": rows["link_score"],
                "reason": rows["link_reason"].map(reasons).astype(object).fillna(""),
            },
            index=rows.index,
        )
        # What was not found is worked through place by place, what may be right with the surest first.
        order = ["score", "address"] if queue == "undecided" else ["address", "source_row"]
        return listed.sort_values(order, ascending=[queue != "undecided", True], kind="stable")

    def _written(self, uids: Sequence[str]) -> list[str]:
        new = [uid for uid in uids if uid not in self._addresses]
        if new:
            stored = self.vault.read(["address", "place"], reason=_("link by hand"), uids=new)
            for uid, address, place in zip(stored.index, stored["address"], stored["place"], strict=True):
                self._addresses[uid] = _as_written(address, place)
        return [self._addresses.get(uid, "") for uid in uids]

    def head(self, household: str) -> str:
        """Read the name of the head of one household, because the user asked; logged."""
        rows = self.vault.read(["head"], reason=_("link by hand: name shown"), uids=[household])
        return str(rows["head"].iloc[0]) if len(rows) else ""

    def choices(self, household: str) -> list[Choice]:
        """Rank the places where a household may live, best first."""
        return self._described(household, self.desk.candidates(household))

    def pointed(self, household: str, building: str) -> Choice:
        """Describe a building that the user pointed at on the map, with the room that the household names."""
        return self._described(household, [Candidate(building, self.desk.room_in(household, building), -1.0, "")])[0]

    def near(self, household: str) -> tuple[str, ...]:
        """Give the buildings near which the household probably lives, when none is alike; may be empty."""
        where = self.desk.places.get(household)
        rows = self.workspace.read("household", columns=["census_area_uid"], where="uid = ?", parameters=(household,))
        area = rows["census_area_uid"].iloc[0] if len(rows) else None
        known = area if isinstance(area, str) else None
        return () if where is None else near_buildings(self.desk.index, where.place, known)

    def _described(self, household: str, found: Sequence[Candidate]) -> list[Choice]:
        rooms = [candidate.dwelling_uid for candidate in found if candidate.dwelling_uid]
        names, living = self._rooms(rooms, household)
        return [
            Choice(
                candidate.building_uid,
                candidate.dwelling_uid,
                self._building_title(candidate.building_uid),
                names.get(candidate.dwelling_uid or "", ""),
                candidate.score if candidate.score >= 0 else None,
                reason_text(candidate.reasons) if candidate.reasons else _("chosen on the map"),
                living.get(candidate.dwelling_uid or "", 0),
            )
            for candidate in found
        ]

    def _rooms(self, uids: Sequence[str], household: str) -> tuple[dict[str, str], dict[str, int]]:
        if not uids:
            return {}, {}
        marks = ", ".join("?" * len(uids))
        columns = ["entrance", "floor", "room"]
        rows = self.workspace.read("dwelling", columns=columns, where=f"uid IN ({marks})", parameters=uids)
        names = {str(uid): _room_title(row) for uid, row in rows.iterrows()}
        there = self.workspace.read(
            "household",
            columns=["dwelling_uid"],
            where=f"dwelling_uid IN ({marks}) AND uid <> ?",
            parameters=(*uids, household),
        )
        return names, {str(uid): int(n) for uid, n in there["dwelling_uid"].value_counts().items()}

    def _building_title(self, uid: str) -> str:
        if uid not in self._buildings.index:
            return _("a building without name")
        row = self._buildings.loc[uid]
        texts = [text for text in (row["address"], row["name"]) if isinstance(text, str) and text]
        shown = [text for text in texts if not any(text != other and text in other for other in texts)]
        if not shown:
            code = row["code"]
            shown = [_("no. {n}").format(n=code[-4:])] if isinstance(code, str) and code else [_("without name")]
        return " ".join(dict.fromkeys(shown))

    def missed(self) -> pd.DataFrame:
        """
        Group the households whose building is missing on the map, with the buildings near which it probably stands.

        Returns
        -------
        places
            As of `worklists.missed_buildings`, and `near`: uids of buildings; empty where nothing is alike.
        """
        places = self.desk.places
        groups = missed_buildings(self.workspace, self.vault, where=places)
        areas = self.workspace.read("household", columns=["census_area_uid"])["census_area_uid"]
        near = []
        for uids in groups["uids"]:
            where, area = places.get(uids[0]), areas.get(uids[0])
            known = area if isinstance(area, str) else None
            near.append(() if where is None else near_buildings(self.desk.index, where.place, known))
        return groups.assign(near=pd.Series(near, index=groups.index, dtype=object))

    def decide(
        self, household: str, *, building: str | None = None, dwelling: str | None = None, state: str = "linked"
    ) -> AliasOffer | None:
        """
        Put a household into its place, or say why it has none; one step.

        Parameters
        ----------
        household
            uid.
        building, dwelling
            Where it lives; the building follows from the dwelling.
        state
            Of `household.link_state`; without a building one of the others, such as `missed_building`.

        Returns
        -------
        offer
            What the decision teaches about other rows, for `apply`; None when it teaches nothing.

        Raises
        ------
        InputError
            No such state, or a dwelling without a building.
        WorkspaceError
            The mini-area is locked.
        """
        building = self._owner(dwelling) if dwelling is not None else building
        if state not in dict(LINK_STATE) or (state == "linked") != (building is not None):
            raise InputError(_("Choose a building, or say why the household has none."))
        title = _("linked by hand") if state == "linked" else state_title(state)
        link = Link(building, dwelling, state, 1.0 if building else None, ("by-hand",))
        self._write(title, {household: link}, by_hand=True)
        return self._offer(household, building) if building else None

    def release(self, household: str) -> None:
        """Take a decision of an earlier sitting back: the household is linked as the program would; one step."""
        self._write(_("linked anew"), {household: self._linked(household)}, by_hand=False)

    def apply(self, offer: AliasOffer) -> int:
        """
        Learn a name and link the households that wait because of it; one step.

        Returns
        -------
        linked
            How many of them have their place now; the others stay in their queues.
        """
        self.desk.learn(offer.roster_name, offer.map_name)
        links = {uid: self._linked(uid) for uid in offer.households}
        count = sum(link.state == "linked" for link in links.values())
        title = ngettext("name learned, {n} household linked", "name learned, {n} households linked", count)
        written = False
        try:
            self._write(title.format(n=count), links, by_hand=False, learned=offer.roster_name)
            written = True
        finally:
            if not written:
                self.desk.forget(offer.roster_name)
        return count

    @property
    def steps(self) -> tuple[HandStep, ...]:
        """The steps of this sitting that can be taken back, oldest first."""
        return tuple(self._steps)

    def undo(self) -> HandStep | None:
        """Take the last step of this sitting back; gives it, or None when there is none left."""
        if not self._steps:
            return None
        step = self._steps[-1]
        now = self._links(step.households)
        with self.workspace.transaction(_("take a link by hand back")) as write:
            write.update("household", step.before)
        self._recount(now, step.before)
        if step.learned is not None:
            self.desk.forget(step.learned)
        self._steps.pop()
        return step

    def _offer(self, household: str, building: str) -> AliasOffer | None:
        pair = self.desk.alias_of(household, building)
        if pair is None:
            return None
        rows = self.workspace.read(
            "household", columns=[], where="link_state <> 'linked' AND NOT coalesce(link_by_hand, 0)"
        )
        waiting = [uid for uid in rows.index if pair[0] in self.desk.names_of(uid)]
        return AliasOffer(*pair, tuple(waiting))

    def _linked(self, household: str) -> Link:
        columns = ["census_area_uid", "class"]
        rows = self.workspace.read("household", columns=columns, where="uid = ?", parameters=(household,))
        where = self.desk.places.get(household)
        if where is None or rows.empty:
            return Link(state="unreadable", reasons=("address-empty",))
        area, kind = rows["census_area_uid"].iloc[0], rows["class"].iloc[0]
        gone = not pd.isna(kind) and kind == CLASS_DEMOLISHED
        return self.desk.linker.link(where, area if isinstance(area, str) else None, demolished=gone)

    def _write(self, title: str, links: dict[str, Link], *, by_hand: bool, learned: str | None = None) -> None:
        uids = list(links)
        before = self._links(uids)
        after = _frame(links, by_hand=by_hand)
        with self.workspace.transaction(_("link by hand")) as write:
            write.update("household", after)
        self._recount(before, after)
        self._steps.append(HandStep(title, tuple(uids), before, learned))

    def _links(self, uids: Sequence[str]) -> pd.DataFrame:
        """Read the links of some households as they are."""
        alone = "uid = ?" if len(uids) == 1 else None
        found = self.workspace.read(
            "household", columns=_LINK_COLUMNS, where=alone, parameters=uids if alone is not None else ()
        )
        return found.loc[list(uids)]

    def _recount(self, before: pd.DataFrame, after: pd.DataFrame) -> None:
        for frame, by in ((before, -1), (after, 1)):
            for queue, count in Counter(_queues(frame)).items():
                if queue in self._counts:
                    self._counts[queue] += by * count

    def _owner(self, dwelling: str) -> str:
        rows = self.workspace.read("dwelling", columns=["building_uid"], where="uid = ?", parameters=(dwelling,))
        owner = rows["building_uid"].iloc[0] if len(rows) else None
        if not isinstance(owner, str):
            raise InputError(_("The dwelling unit has no building on the map: link it to one first."))
        return owner


def _queues(rows: pd.DataFrame) -> pd.Series:
    """Say for each household in which queue it stands; the linked ones stand in none."""
    state = rows["link_state"].fillna("none").astype(object)
    return state.mask(rows["link_by_hand"].fillna(value=False).astype(bool), BY_HAND)


def _frame(links: dict[str, Link], *, by_hand: bool) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "building_uid": link.building,
            "dwelling_uid": link.dwelling,
            "link_state": link.state,
            "link_score": None if link.score is None else round(link.score, 3),
            "link_reason": " ".join(link.reasons),
            "link_by_hand": by_hand,
        }
        for link in links.values()
    ]
    return pd.DataFrame(rows, index=pd.Index(list(links), name="uid"), dtype=object)


def _as_written(address: str, place: str) -> str:
    """Write address and the columns of the place in one line, as the roster has them."""
    cells = place_columns(place)
    named = [
        f"{_(FIELDS[name])} {cells[name]}" for name in ("building", "entrance", "floor", "room") if cells.get(name)
    ]
    return "  ".join(text for text in (cells.get("heading", ""), address, *named) if text)


def _room_title(row: pd.Series) -> str:
    parts = [
        text.format(n=row[name])
        for name, text in (("entrance", _("entrance {n}")), ("floor", _("floor {n}")), ("room", _("room {n}")))
        if not pd.isna(row[name]) and str(row[name])
    ]
    return " ".join(parts)
