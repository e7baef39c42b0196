"""
Find the household that a row of a list means: by code, by number, by row of the roster, by identity, by name.

One key after the other, from sure to less sure; a key that two households share decides nothing. What cannot be found
is a problem with its reason, never a guess.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from census_map.codes import TOWNSHIP_DIGITS
from census_map.i18n import N_, _
from census_map.roster.census_areas import AreaFinder
from census_map.roster.contradiction import contradict
from census_map.roster.headers import ADDRESS_PARTS
from census_map.roster.listing import Listing, roster_fields
from census_map.roster.matching import household_hashes, personal_values, place_columns
from census_map.roster.place import WhereReader
from census_map.roster.read import ROW_FIELDS, Roster
from census_map.roster.text import number_value, squeeze
from census_map.roster.vault import Vault
from census_map.workspace import Workspace

# What a list may say about the household; `head` is the person named, `address` and the others where.
HOUSEHOLD_FIELDS: dict[str, str] = {
    "code": N_("household code"),
    **roster_fields("census_area", "mini_area", "number"),
    "roster_row": N_("row on the roster"),
    "roster_sheet": N_("sheet of the roster"),
    **roster_fields(
        "head", "identity", "birth", "phone", "address", *ADDRESS_PARTS, "building", "entrance", "floor", "room"
    ),
}
KEYS = ("code", "number", "roster_row", "identity", "head", "address")

_REASONS: dict[str, tuple[str, str]] = {
    "other-township": (
        N_("The code is of another township."),
        N_("Take the sheet of this township; the row was left out."),
    ),
    "code-unknown": (
        N_("No household of the roster has this code."),
        N_("Correct the code; the row was left out."),
    ),
    "number-unknown": (
        N_("No household of the roster has this number."),
        N_("Correct the number and its mini-area; the row was left out."),
    ),
    "row-unknown": (
        N_("The roster has no household in this row."),
        N_("Correct the row, and name the roster's sheet if it has several; the row was left out."),
    ),
    "ambiguous": (
        N_("Several households of the roster agree with this row."),
        N_("Give the household code or the identity number; the row was left out."),
    ),
    "not-found": (
        N_("The household is not on the roster."),
        N_("Give the household code, or take the household into the roster first; the row was left out."),
    ),
    "contradicts": (
        N_("The roster has a household of this name, but with another identity number or at another address."),
        N_("Give the code if it is the same household; else take this one into the roster. The row was left out."),
    ),
    "no-key": (
        N_("Nothing in this row tells which household is meant."),
        N_("Give the household code, the number with its mini-area, or name and address; the row was left out."),
    ),
}


class HouseholdFinder:
    """
    All households, by every key that a list may use; read once.

    Parameters
    ----------
    workspace, vault
        Open, of the same township. Keyed hashes alone are read from the vault.
    """

    def __init__(self, workspace: Workspace, vault: Vault) -> None:
        vault.settle()
        self._vault = vault
        columns = ["code", "number", "census_area_uid", "building_uid", "source", "source_row"]
        rows = workspace.read("household", columns=columns)
        minis = workspace.read("mini_area", columns=["code", "census_area_uid"])
        areas = workspace.read("census_area", columns=["code", "name"])
        self.areas = AreaFinder(areas, minis)
        self.area_of: dict[str, str | None] = dict(zip(rows.index, _plain(rows["census_area_uid"]), strict=True))
        self._townships = {code[:TOWNSHIP_DIGITS] for code in areas["code"] if isinstance(code, str)}
        mini_of = rows["building_uid"].map(workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"])
        mini_code = _plain(mini_of.map(minis["code"]))
        sheets = [str(source).rpartition(":")[2] for source in rows["source"].fillna("")]
        hashes = vault.read_hashes().reindex(rows.index)
        self._by_code = _unique(zip(_plain(rows["code"]), rows.index, strict=True))
        numbers = _plain(rows["number"])
        self._by_mini = _unique(zip(zip(mini_code, numbers, strict=True), rows.index, strict=True))
        self._by_area = _unique(
            zip(zip(_plain(rows["census_area_uid"]), numbers, strict=True), rows.index, strict=True)
        )
        lines = _plain(rows["source_row"])
        self._by_row = _unique(zip(lines, rows.index, strict=True))
        self._by_sheet = _unique(zip(zip(map(squeeze, sheets), lines, strict=True), rows.index, strict=True))
        self._stages = [
            (stage, _unique(zip(_keys(hashes, stage), rows.index, strict=True)))
            for stage in (("h_identity",), ("h_name_birth",), ("h_name", "h_address"), ("h_name", "h_phone"))
        ]
        named = zip(_plain(hashes["h_name"]), _plain(rows["census_area_uid"]), strict=True)
        self._by_name = _unique(zip(named, rows.index, strict=True))
        self._names = dict(zip(rows.index, _plain(hashes["h_name"]), strict=True))
        self._identities = dict(zip(rows.index, _plain(hashes["h_identity"]), strict=True))

    def find(self, listing: Listing, *, name_is_head: bool = True, required: bool = True) -> pd.Series:
        """
        Find the households of a list's rows; what is not found becomes a problem of the list.

        Parameters
        ----------
        listing
            Its kind has `HOUSEHOLD_FIELDS`.
        name_is_head
            The person named is the head of the household: a code whose household has another head is pointed out.
        required
            A row that names no household at all is a problem.

        Returns
        -------
        uids
            Index of the rows; None where no household was found.
        """
        rows = listing.rows
        hashes = household_hashes(personal_values(_as_roster(listing)), self._vault)
        stages = [self._hits(hashes, stage, known) for stage, known in self._stages]
        names, numbers = hashes["h_name"].tolist(), hashes["h_identity"].tolist()
        cells = zip(
            *(rows[name] for name in ("code", "census_area", "mini_area", "number", "roster_row", "roster_sheet")),
            rows["heading"], rows["title"], strict=True,
        )  # fmt: skip
        found: list[tuple[str | None, str, str, str]] = []
        for at, (code, area, mini, number, line, sheet, heading, title) in enumerate(cells):
            where = self.areas.find(area) or self.areas.find(mini) or self.areas.find(heading)
            where = where or self.areas.find(title)
            uid, reason, column = self._by_keys(code, mini, where, number, line, sheet)
            how = "code" if code else "paper"
            if uid is None and reason in ("", "ambiguous"):
                hits = {how: stage[at] for how, stage in zip(_HOW, stages, strict=True) if stage[at] is not None}
                if (names[at], where) in self._by_name:
                    hits["name"] = self._by_name[names[at], where]
                how = next((how for how, hit in hits.items() if hit != _SEVERAL), "")
                uid = hits[how] if how else _SEVERAL if hits else None
                tried = any(key is not None for key in hashes.iloc[at]) or reason == "ambiguous"
                reason = "" if uid else reason or ("not-found" if tried else "no-key")
            uid, reason = (None, "ambiguous") if uid == _SEVERAL else (uid, reason)
            found.append((uid, how, reason, column))
        others = self._of_others(listing, found, names if name_is_head else [None] * len(names), numbers)
        uids: list[str | None] = []
        for at, (row, (uid, _how, reason, column)) in enumerate(zip(rows.index, found, strict=True)):
            if at in others:
                listing.fault(row, "head", "contradicts", *map(_, _REASONS["contradicts"]))
                uids.append(None)
                continue
            if uid is None and reason and (required or reason != "no-key"):
                listing.fault(row, column, reason, *map(_, _REASONS[reason]))
            elif uid is not None and name_is_head and names[at] and self._names.get(uid) not in (None, names[at]):
                listing.fault(
                    row, "head", "name-differs",
                    _("The roster has another head of household under this code."),
                    _("Check code and name; the row was taken by its code."), severity="warning",
                )  # fmt: skip
            uids.append(uid)
        return pd.Series(uids, index=rows.index, dtype=object)

    def _of_others(
        self,
        listing: Listing,
        found: Sequence[tuple[str | None, str, str, str]],
        names: Sequence[Any],
        numbers: Sequence[Any],
    ) -> set[int]:
        """Find the rows that speak of somebody else: the name is the same, the identity number or the address not."""
        others, doubtful = set(), []
        for at, (uid, how, _reason, _column) in enumerate(found):
            if uid is None or how not in _BY_NAME or (how == "paper" and names[at] in (None, self._names.get(uid))):
                continue
            known = self._identities.get(uid)
            if None not in (numbers[at], known) and numbers[at] != known:
                others.add(at)
            elif how in ("paper", "name"):
                doubtful.append(at)
        rows = listing.rows
        given = [at for at in doubtful if any(rows[name].iat[at] for name in ("address", *_WHERE))]
        if given:
            uids = [str(found[at][0]) for at in given]
            reason = _("whether an address is that of the household of this name")
            homes = self._vault.read(["address", "place"], reason=reason, uids=dict.fromkeys(uids))
            reader = WhereReader()
            for at, uid in zip(given, uids, strict=True):
                told = reader.read(rows["address"].iat[at], {name: rows[name].iat[at] for name in _WHERE})
                home = reader.read(homes.at[uid, "address"], place_columns(homes.at[uid, "place"]))
                others |= {at} if contradict(told, home) else set()
        return others

    def _by_keys(
        self, code: str, mini: str, area: str | None, number: str, line: str, sheet: str
    ) -> tuple[str | None, str, str]:
        """Find by what is written on paper: (uid, reason why not, column); no reason when no such key is given."""
        key = squeeze(code)
        if key:
            if key[:TOWNSHIP_DIGITS].isdigit() and len(key) > TOWNSHIP_DIGITS and self._is_foreign(key):
                return None, "other-township", "code"
            return _answer(self._by_code.get(key), "code-unknown", "code")
        if self._is_foreign(squeeze(mini)):
            return None, "other-township", "mini_area"
        serial = number_value(number) if number else None
        if serial is not None:
            found = self._by_mini.get((squeeze(mini), serial)) if mini else None
            found = found or (self._by_area.get((area, serial)) if area else None)
            return _answer(found, "number-unknown", "number") if mini or area else (None, "", "")
        place = number_value(line) if line else None
        if place is not None:
            found = self._by_sheet.get((squeeze(sheet), place)) if sheet else self._by_row.get(place)
            return _answer(found, "row-unknown", "roster_row")
        return None, "", ""

    def _is_foreign(self, code: str) -> bool:
        is_code = len(code) >= 12 and code.isdigit()
        return is_code and bool(self._townships) and code[:TOWNSHIP_DIGITS] not in self._townships

    def _hits(self, hashes: pd.DataFrame, stage: tuple[str, ...], known: dict[Hashable, str]) -> list[str | None]:
        return [None if key is None else known.get(key) for key in _keys(hashes, stage)]


_SEVERAL = "\0"
# How a household was found: by `_stages` in their order; by name in its area; by code, or by number or row on paper.
_HOW = ("identity", "birth", "address", "phone")
_BY_NAME = ("birth", "phone", "name", "paper")
_WHERE = ("building", "entrance", "floor", "room")


def _answer(uid: str | None, reason: str, column: str) -> tuple[str | None, str, str]:
    if uid == _SEVERAL:
        return None, "ambiguous", column
    return uid, "" if uid else reason, column


def _unique(pairs: Iterable[tuple[Any, Any]]) -> dict[Hashable, str]:
    """Index by key; a key that occurs twice leads to `_SEVERAL`, an incomplete one nowhere."""
    index: dict[Hashable, str] = {}
    for key, uid in pairs:
        if key is None or (isinstance(key, tuple) and (None in key or "" in key)):
            continue
        index[key] = _SEVERAL if key in index else str(uid)
    return index


def _plain(column: pd.Series) -> list[Any]:
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values


def _keys(hashes: pd.DataFrame, stage: tuple[str, ...]) -> list[Hashable]:
    columns = [_plain(hashes[name]) for name in stage]
    return [None if None in key else key for key in zip(*columns, strict=True)]


def _as_roster(listing: Listing) -> Roster:
    """Let the rows of a list be hashed as the roster's are; fields that it lacks are empty."""
    rows = listing.rows.reindex(columns=list(ROW_FIELDS), fill_value="")
    return Roster(listing.file, listing.sheets, rows, ())


def leave_out_foreign_sheets(listing: Listing) -> None:
    """Where most rows of a sheet are of another township, say so once for the sheet instead of row by row."""
    foreign = [problem for problem in listing.problems if problem.kind == "other-township"]
    for view in listing.sheets:
        rows = [problem for problem in foreign if problem.sheet == view.sheet]
        if view.households < 2 or len(rows) * 2 <= view.households:
            continue
        keep = [problem for problem in listing.problems if problem not in rows]
        message = _("This sheet is of another township: its codes are not of this one.")
        fix = _("Choose the sheet of this township; nothing was taken from it.")
        keep.append(type(rows[0])("other-township", "error", view.sheet, 0, "", message, fix))
        listing.problems[:] = keep
