"""What is needed to decide by hand: ranked candidates, what a decision teaches, and what unknown names may mean."""

import json
from collections import Counter
from dataclasses import dataclass, replace

from census_map.i18n import _
from census_map.roster.link import ALIAS, name_uses, read_aliases, read_places
from census_map.roster.linker import Linker
from census_map.roster.map_index import MapIndex, index_map
from census_map.roster.place import NOWHERE, Place, Where
from census_map.roster.score import find_dwelling
from census_map.roster.vault import Vault
from census_map.workspace import Workspace

_CONFIDENT_SHARE = 0.9
_FEWEST_ROWS = 5
_CLEARLY = 0.4


@dataclass(frozen=True)
class Candidate:
    """
    A place where a household may live.

    Attributes
    ----------
    building_uid, dwelling_uid
        Of the map; the dwelling is None where the room is not found.
    score
        0 to 1.
    reasons
        Codes, see `score.reason_text`.
    """

    building_uid: str
    dwelling_uid: str | None
    score: float
    reasons: str


@dataclass(frozen=True)
class AliasProposal:
    """
    A name of the roster that the map does not know, and the name it most likely means.

    Attributes
    ----------
    roster_name, map_name
        Keys of the names.
    rows
        Households that use the name.
    share, next_share
        Share of their buildings and rooms that exist under `map_name`, and under the next best name.
    """

    roster_name: str
    map_name: str
    rows: int
    share: float
    next_share: float


class LinkDesk:
    """
    All that is needed to link by hand, read once: the roster's places and the index of the map.

    Parameters
    ----------
    workspace, vault
        Open, of the same township; the reading of addresses is logged once.
    """

    def __init__(self, workspace: Workspace, vault: Vault) -> None:
        self.workspace, self.vault = workspace, vault
        self.places = read_places(vault, reason=_("link by hand"))
        self.index: MapIndex = index_map(workspace, name_uses(self.places), read_aliases(vault))
        self.linker = Linker(self.index)

    def candidates(self, household: str) -> list[Candidate]:
        """Rank the places where a household may live, best first; empty when nothing fits."""
        where = self.places.get(household)
        if where is None:
            return []
        rows = self.workspace.read("household", columns=["census_area_uid"], where="uid = ?", parameters=(household,))
        area = rows["census_area_uid"].iloc[0] if len(rows) else None
        ranked = self.linker.ranked(where, area if isinstance(area, str) else None)
        return [
            Candidate(self.index.buildings[fit.building].uid, dwelling, round(fit.score, 3), " ".join(fit.reasons))
            for fit, dwelling in ranked
        ]

    def room_in(self, household: str, building: str) -> str | None:
        """Find the dwelling of a building that a household names; None where there is none or several."""
        where = self.places.get(household, NOWHERE)
        found = next((b for b in self.index.buildings if b.uid == building), None)
        return None if found is None else find_dwelling(where.room, found)[0]

    def names_of(self, household: str) -> frozenset[str]:
        """Give the names of roads and sites in the address of a household."""
        place = self.places.get(household, NOWHERE).place
        return place.roads | place.sites

    def alias_of(self, household: str, building: str) -> tuple[str, str] | None:
        """
        Say what a decision teaches: a name that the map does not know means the name of the building.

        Returns
        -------
        alias
            Name on the roster and name on the map; None unless there is exactly one of each.
        """
        where = self.places.get(household, NOWHERE)
        place = next((b.place for b in self.index.buildings if b.uid == building), Place())
        names = self.index.names
        for said, stands in ((where.place.sites, place.sites), (where.place.roads, place.roads)):
            unknown = [n for n in said if n not in names.known and n not in stands and n not in names.aliases]
            if len(unknown) == 1 and len(stands) == 1:
                return unknown[0], next(iter(stands))
        return None

    def learn(self, roster_name: str, map_name: str) -> tuple[str, str]:
        """Remember that a name on the roster means a name on the map; kept encrypted in the vault."""
        with self.vault.transaction():
            pair = {"roster": roster_name, "map": map_name}
            self.vault.put_record(ALIAS, roster_name, json.dumps(pair, ensure_ascii=False))
        self._rename()
        return roster_name, map_name

    def forget(self, roster_name: str) -> None:
        """Forget what a name on the roster means."""
        with self.vault.transaction():
            self.vault.drop_records(ALIAS, roster_name)
        self._rename()

    def _rename(self) -> None:
        """Put the learned names in force; the map itself is as it was."""
        names = replace(self.index.names, aliases=read_aliases(self.vault))
        self.index = replace(self.index, names=names)
        self.linker = Linker(self.index)

    def propose_aliases(self) -> list[AliasProposal]:
        """
        Propose what unknown names mean, from the buildings and rooms that their households name.

        The rooms of a renamed estate stand empty in the estate it became; those of another estate do not all. Nothing
        is learned before somebody agrees (`learn`).
        """
        households = self.workspace.read("household", columns=["census_area_uid", "dwelling_uid"])
        areas, taken = households["census_area_uid"], set(households["dwelling_uid"].dropna())
        rows: dict[tuple[str, str | None], list[Where]] = {}
        for uid, where in self.places.items():
            area = areas.get(uid)
            known = area if isinstance(area, str) else None
            for name in where.place.sites:
                readings = self.index.names.readings(name, known)
                if where.place.building and (not readings or readings[0].factor < _CONFIDENT_SHARE):
                    rows.setdefault((name, known), []).append(where)
        proposals = [self._propose(name, area, found, taken) for (name, area), found in rows.items()]
        return sorted((p for p in proposals if p is not None), key=lambda p: -p.rows)

    def _propose(self, name: str, area: str | None, rows: list[Where], taken: set[str]) -> AliasProposal | None:
        if len(rows) < _FEWEST_ROWS:
            return None
        hits: Counter[str] = Counter()
        for where in rows:
            for other in self._estates_with(where, area, taken):
                hits[other] += 1
        best = hits.most_common(2)
        if not best:
            return None
        share = best[0][1] / len(rows)
        following = best[1][1] / len(rows) if len(best) > 1 else 0.0
        if share < _CONFIDENT_SHARE or share - following < _CLEARLY:
            return None
        return AliasProposal(name, best[0][0], len(rows), round(share, 3), round(following, 3))

    def _estates_with(self, where: Where, area: str | None, taken: set[str]) -> set[str]:
        """Find the estates of a census area that have the building and the room, and nobody in it yet."""
        names = self.index.names.by_area.get(area or "", frozenset()) & self.index.sites
        found = set()
        for name in names:
            for position in self.index.by_anchor.get((name, where.place.building or ""), ()):
                building = self.index.buildings[position]
                dwelling, _factor, _reason = find_dwelling(where.room, building)
                if building.area == area and dwelling is not None and dwelling not in taken:
                    found.add(name)
        return found
