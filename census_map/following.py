"""
What stands on the ground follows the borders, whoever moved them.

A building belongs to the mini-area in which it lies. A border moved by another program leaves the old mini-area noted
at the building, and codes below the old one at the building, its dwelling units and its households (docs/rules.md B01,
C01). Here they are led to where they lie now: nobody else's number changes, who comes takes the next free one, and
what a lock holds stays as it is and is named.
"""

from dataclasses import dataclass

import pandas as pd

from census_map.codes import LAST_HOUSEHOLD, child_code, is_code_below, serial_number
from census_map.i18n import _, ngettext
from census_map.schema import LOCKED
from census_map.workspace import Workspace
from census_map.workspace.locating import find_holders


@dataclass(frozen=True)
class Followed:
    """
    What was led to its place.

    Attributes
    ----------
    buildings, dwellings, households
        How many rows of each were changed.
    problems
        What could not follow, one line for each reason.
    """

    buildings: int
    dwellings: int
    households: int
    problems: tuple[str, ...]


def misplaced(workspace: Workspace) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """
    Find the buildings that are noted for another mini-area than the one in which they lie.

    Returns
    -------
    moves, held
        By uid of the building the uid of the mini-area in which its inner point lies: of those that may follow, and
        of those that a locked mini-area holds or keeps out. A building in parts belongs to where its parts say.
    """
    areas = workspace.read("mini_area", columns=["kind", "status", "geometry"])
    areas = areas[(areas["kind"] != "virtual").fillna(value=True).to_numpy(dtype=bool)]
    rows = workspace.read("building", columns=["mini_area_uid", "geometry"])
    parts = workspace.read("building_part", columns=["building_uid"])["building_uid"]
    place = find_holders(rows, areas)
    stored = rows["mini_area_uid"].where(rows["mini_area_uid"].notna(), "")
    moved = place[(place != "") & (place != stored) & ~rows.index.isin(parts)]
    locked = set(areas.index[(areas["status"] >= LOCKED).fillna(value=False).to_numpy(dtype=bool)])
    closed = moved.isin(locked) | stored[moved.index].isin(locked)
    return moved[~closed], moved[closed]


def follow_borders(workspace: Workspace) -> Followed:
    """
    Lead buildings to the mini-area in which they lie, and let codes follow.

    In one transaction; nothing is written when everything is in its place.
    """
    led = _Led(workspace)
    buildings, dwellings, households = led.buildings(), led.dwellings(), led.households()
    if len(buildings) or len(dwellings) or len(households):
        with workspace.transaction(_("buildings follow the borders")) as write:
            for table, change in (("building", buildings), ("dwelling", dwellings), ("household", households)):
                write.update(table, change)
    return Followed(len(buildings), len(dwellings), len(households), held_back(led.held))


def held_back(held: "pd.Series[str]") -> tuple[str, ...]:
    """Say how many buildings a lock kept from following."""
    if not len(held):
        return ()
    text = ngettext(
        "{n} building lies in or comes from a locked mini-area: unlock it with a reason, then it can follow.",
        "{n} buildings lie in or come from a locked mini-area: unlock it with a reason, then they can follow.",
        len(held),
    )
    return (text.format(n=len(held)),)


class _Led:
    """The state of one run: what was read, and where rows belong now."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._widths = workspace.profile.codes
        areas = workspace.read("mini_area", columns=["code", "status"])
        self._codes = areas["code"].where(areas["code"].notna(), None)
        self._locked = set(areas.index[(areas["status"] >= LOCKED).fillna(value=False).to_numpy(dtype=bool)])
        self.moves, self.held = misplaced(workspace)
        self._rows = workspace.read("building", columns=["code", "number", "mini_area_uid"])
        before = self._rows["mini_area_uid"].where(self._rows["mini_area_uid"].notna(), None)
        self._home = before.copy()
        self._home[self.moves.index] = self.moves
        self._building_codes = self._rows["code"].where(self._rows["code"].notna(), None)

    def buildings(self) -> pd.DataFrame:
        """Give the buildings to change: mini-area, code and number."""
        digits, codes = self._widths.building, self._building_codes
        stray = [
            uid
            for uid, code in codes.items()
            if code is not None and self._open(uid) and not self._fits(code, self._area_code(uid), digits)
        ]
        moved = self.moves.index
        change = self._rows.loc[list(dict.fromkeys([*moved, *stray]))].copy()
        change["mini_area_uid"] = self._home[change.index]
        taken = self._largest(codes.drop(stray), self._home, digits)
        # Where buildings are numbered already, one that comes without a number gets its own at once.
        fresh = [uid for uid in moved if codes[uid] is None and self._home[uid] in taken]
        for uid in (*stray, *fresh):
            area = self._area_code(uid)
            number = None if area is None else taken.get(self._home[uid], 0) + 1
            if number is not None:
                taken[self._home[uid]] = number
            codes[uid] = None if area is None or number is None else child_code(area, number, digits)
            change.at[uid, "number"] = pd.NA if number is None else number
        change["code"] = codes[change.index]
        return change

    def dwellings(self) -> pd.DataFrame:
        """Give the dwelling units whose code is not their building's any more."""
        rows = self._workspace.read("dwelling", columns=["code", "building_uid"], where="code IS NOT NULL")
        digits = self._widths.dwelling
        new = {}
        for uid, code, building in zip(rows.index, rows["code"], rows["building_uid"], strict=True):
            if building not in self._home.index or not self._open(building):
                continue
            parent = self._building_codes[building]
            if not self._fits(code, parent, digits):
                number = serial_number(code, digits)
                new[uid] = None if parent is None or not number else child_code(parent, number, digits)
        return pd.DataFrame({"code": pd.Series(new, dtype=object)})

    def households(self) -> pd.DataFrame:
        """Give the households whose code is not their mini-area's: a number that is taken there becomes the next."""
        columns = ["code", "number", "building_uid", "dwelling_uid"]
        rows = self._workspace.read("household", columns=columns, where="code IS NOT NULL AND number IS NOT NULL")
        flats = self._workspace.read("dwelling", columns=["building_uid"])["building_uid"]
        through = rows["dwelling_uid"].map(flats)
        home = through.where(through.notna(), rows["building_uid"])
        area = home.map(self._home)
        digits = self._widths.household
        stray = [
            uid
            for uid, code in rows["code"].items()
            if area[uid] in self._codes.index
            and area[uid] not in self._locked
            and not self._fits(code, self._codes[area[uid]], digits)
        ]
        numbers: dict[str, set[int]] = {}
        for uid, number in rows["number"].drop(stray).items():
            numbers.setdefault(area[uid], set()).add(int(number))
        change = rows.loc[stray, ["code", "number"]].copy()
        for uid in stray:
            parent, used = self._codes[area[uid]], numbers.setdefault(area[uid], set())
            number = int(rows.at[uid, "number"])
            if number in used:
                number = max((n for n in used if n <= LAST_HOUSEHOLD), default=0) + 1
            used.add(number)
            change.at[uid, "number"] = number
            change.at[uid, "code"] = None if parent is None else child_code(parent, number, digits)
        return change

    def _open(self, building: str) -> bool:
        """Tell whether no lock holds a building, where it was and where it is."""
        return not {self._home[building], self._rows.at[building, "mini_area_uid"]} & self._locked

    def _area_code(self, building: str) -> str | None:
        home = self._home[building]
        return self._codes[home] if home in self._codes.index else None

    @staticmethod
    def _fits(code: str, parent: str | None, digits: int) -> bool:
        return parent is not None and is_code_below(code, parent, digits)

    @staticmethod
    def _largest(codes: pd.Series, home: pd.Series, digits: int) -> dict[str, int]:
        largest: dict[str, int] = {}
        for uid, code in codes.items():
            number = None if code is None else serial_number(code, digits)
            if number is not None:
                largest[home[uid]] = max(largest.get(home[uid], 0), number)
        return largest
