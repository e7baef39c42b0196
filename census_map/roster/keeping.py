"""
What a new version of the roster does not give, or gives worse, never replaces what stands.

A sheet without the column of identity numbers, an empty cell, a number that a spreadsheet cut, a masked name: the value
that is known stays, and the row is reported. Which of two values is worse is decided by rank; of equal rank the new
one counts.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from census_map.i18n import N_, _, ngettext
from census_map.roster.days import birth_digits, is_birth
from census_map.roster.headers import COUNTS, FIELDS, column_letter
from census_map.roster.identity import MASK, canonical_identity, identity_fault
from census_map.roster.matching import BESIDE, phone_digits, place_columns, place_text
from census_map.roster.read import Roster
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.text import normalise, squeeze
from census_map.roster.values import NOTHING

_LOCATING = ("building", "entrance", "floor", "room")
_AREAS = ("census_area", "mini_area", "heading")
_FORMS_OF_ADDRESS = ("先生", "女士", "小姐", "师傅", "阿姨", "老师", "大爷", "大妈")
_CUT_MOBILE = re.compile(r"1[3-9]\d{7,8}")  # a mobile number has eleven digits, and no other begins so
EMPTY, WORSE = "empty", "worse"


@dataclass(frozen=True)
class Kept:
    """
    A value that stands although the new version has another, or none.

    Attributes
    ----------
    uid
        Of the household.
    field
        Of `headers.FIELDS`.
    why
        `empty` or `worse`.
    """

    uid: str
    field: str
    why: str


def identity_rank(text: str) -> int:
    """Rank an identity number: 3 sound, 2 whole with a slip, 1 masked or cut, 0 none."""
    if _is_nothing(text) or not any(c.isdigit() for c in text):
        return 0
    fault = identity_fault(text)
    return 3 if fault is None else 2 if fault in ("checksum", "date") else 1


def phone_rank(text: str) -> int:
    """Rank a phone: 2 a number, 1 masked, cut or too short, 0 none."""
    digits = phone_digits(text)
    return 0 if _is_nothing(text) else 2 if digits and not _CUT_MOBILE.fullmatch(digits) else 1


def name_rank(text: str) -> int:
    """Rank a name: 2 whole, 1 masked or a form of address (王先生), 0 none."""
    if _is_nothing(text):
        return 0
    return 1 if MASK.search(text) or text.endswith(_FORMS_OF_ADDRESS) else 2


def birth_rank(text: str) -> int:
    """Rank a day of birth: 2 a day, 1 a year, a month or something else, 0 none."""
    return 0 if _is_nothing(text) else 2 if birth_digits(text) else 1 if is_birth(text) else 0


def _remark_rank(text: str) -> int:
    return 0 if _is_nothing(text) else 1


_RANKS: dict[str, Callable[[str], int]] = {
    "head": name_rank,
    "identity": identity_rank,
    "birth": birth_rank,
    "phone": phone_rank,
    "remark": _remark_rank,
}


def _is_nothing(text: str) -> bool:
    return not text or text in NOTHING or normalise(text) in NOTHING


def keep_values(before: pd.DataFrame, values: pd.DataFrame) -> list[Kept]:
    """
    Put back what stood into new values that lack it or have it worse.

    Parameters
    ----------
    before
        `vault.VALUES` of known households as the vault has them, indexed by uid.
    values
        The new ones, with these uids among others; changed in place.

    Returns
    -------
    kept
        What was put back.
    """
    found: list[Kept] = []
    uids = before.index
    for name, rank in _RANKS.items():
        old, new = before[name].to_numpy(dtype=object), values.loc[uids, name].to_numpy(dtype=object)
        places = np.flatnonzero((old != new) & (old != ""))
        stays = [(at, rank(new[at])) for at in places if rank(new[at]) < rank(old[at])]
        if stays:
            at = [place for place, _rank in stays]
            values.loc[uids[at], name] = old[at]
            found += [Kept(str(uids[place]), name, WORSE if rank_ else EMPTY) for place, rank_ in stays]
    return found + _keep_places(before, values)


def _keep_places(before: pd.DataFrame, values: pd.DataFrame) -> list[Kept]:
    """Keep addresses: a place is address and columns together, and half of it is worse than the whole."""
    uids = before.index
    mine, its = (
        before[["address", "place"]].to_numpy(dtype=object),
        values.loc[uids, ["address", "place"]].to_numpy(dtype=object),
    )
    found = []
    for at in np.flatnonzero((mine != its).any(axis=1)):
        uid, (address, place), (said, columns) = uids[at], mine[at], its[at]
        old, new = place_columns(place), place_columns(columns)
        why = _why_kept(_spelt(address, old), _spelt(said, new), said)
        if why is not None:
            said = address
            new.update({name: old[name] for name in _LOCATING})
            found.append(Kept(str(uid), "address", why))
        for name in (*_AREAS, *BESIDE):
            new[name] = new[name] or old[name]
        values.loc[uid, ["address", "place"]] = [said, place_text(new)]
    return found


def _why_kept(old: str, new: str, address: str) -> str | None:
    if not old:
        return None
    if not new:
        return EMPTY
    shorter = len(new) < len(old) and old.startswith(new)
    return WORSE if shorter or (MASK.search(address) and not MASK.search(old)) else None


def _spelt(address: str, columns: dict[str, str]) -> str:
    cells = [address, *(columns[name] for name in _LOCATING)]
    return "".join(squeeze(cell) for cell in cells if not _is_nothing(cell))


def keep_counts(rows: pd.DataFrame, known: pd.DataFrame, given_kind: pd.Series) -> list[Kept]:
    """
    Keep what stands in the workspace where the new version gives nothing: counts, class, kind, presence, number, area.

    Parameters
    ----------
    rows
        By uid: `kind`, `class`, `presence`, `number`, `registered`, `h2a`, `h2b`, `census_area_uid`; changed in place.
    known
        The same of all known households, with `visited`.
    given_kind
        Whether a row says what kind of household it is; the others are taken for families.
    """
    again = rows.index.intersection(known.index[known["stored"]], sort=False)
    found: list[Kept] = []
    if not len(again):
        return found
    for name in ("number", "class", *COUNTS, "kind", "presence", "census_area_uid"):
        old = known.loc[again, name].astype(object)
        lacks = (~given_kind.loc[again] if name == "kind" else rows.loc[again, name].isna()) & old.notna()
        if name == "presence":
            # What was found by a visit counts more than what a list says.
            lacks |= known.loc[again, "visited"].astype(bool) & old.notna()
        where = again[lacks.to_numpy(dtype=bool)]
        if len(where):
            rows.loc[where, name] = old.loc[where].astype(rows[name].dtype)
            if name in (*COUNTS, "class"):
                found += [Kept(str(uid), name, EMPTY) for uid in where]
    return found


def kept_problems(roster: Roster, kept: Sequence[Kept], origin: pd.Series) -> list[RosterProblem]:
    """
    Report what was kept: a column that the new version lacks once for its sheet, cells row by row.

    Parameters
    ----------
    origin
        Row label of `roster.rows` by uid.
    """
    columns = {
        (view.sheet, c.field): f"{column_letter(c.index)} {c.header}" for view in roster.sheets for c in view.columns
    }
    header_row = {view.sheet: view.header_rows[1] for view in roster.sheets if view.header_rows}
    sheets, numbers = roster.rows["sheet"], roster.rows["row"]
    problems: list[RosterProblem] = []
    lacking: dict[tuple[str, str], int] = {}
    rows: dict[tuple[str, str, str], list[int]] = {}
    for one in kept:
        sheet = str(sheets[origin[one.uid]])
        field = one.field
        if (sheet, field) not in columns and not (field == "address" and _has_place(columns, sheet)):
            lacking[sheet, field] = lacking.get((sheet, field), 0) + 1
        else:
            rows.setdefault((sheet, field, one.why), []).append(int(numbers[origin[one.uid]]))
    for (sheet, field), count in lacking.items():
        problems.append(_lacking(sheet, header_row.get(sheet, 0), field, count))
    for (sheet, field, why), found in rows.items():
        severity, message, fix = _WORDS[why]
        column = columns.get((sheet, field), _(FIELDS[field]))
        problems += [
            RosterProblem(f"kept-{why}", severity, sheet, row, column, _(message), _(fix)) for row in sorted(found)
        ]
    return problems


def without_twins(problems: Sequence[RosterProblem], kept: Sequence[RosterProblem]) -> list[RosterProblem]:
    """Join both; a cell of which it is said that it did not count need not be called cut or masked as well."""
    told = {(problem.sheet, problem.row, problem.column) for problem in kept if problem.kind == f"kept-{WORSE}"}
    own = ("identity-cut", "identity-masked", "identity-length", "identity-two")
    return [p for p in problems if p.kind not in own or (p.sheet, p.row, p.column) not in told] + list(kept)


def _has_place(columns: dict[tuple[str, Any], str], sheet: str) -> bool:
    return any((sheet, name) in columns for name in (*_LOCATING, "road", "door", "lane", "group", "estate"))


def _lacking(sheet: str, row: int, field: str, count: int) -> RosterProblem:
    message = ngettext(
        "The new version has no column “{field}”: {n} value stands as it was.",
        "The new version has no column “{field}”: {n} values stand as they were.",
        count,
    ).format(field=_(FIELDS[field]), n=count)
    fix = _("Ask for a version with this column if it is to be brought up to date.")
    return RosterProblem("kept-column", "warning", sheet, row, "", message, fix)


_WORDS = {
    EMPTY: (
        "warning",
        N_("The cell is empty; what was known stands."),
        N_("Fill the cell in if something has changed."),
    ),
    WORSE: (
        "error",
        N_("The cell is masked, cut or says less than what was known; what was known stands."),
        N_("Ask for a version with whole values."),
    ),
}


def agrees(masked: str, whole: str) -> bool | None:
    """
    Tell whether a masked text may be a whole one: every character that it shows is the same.

    Returns
    -------
    agrees
        None where one of them says nothing.
    """
    hidden, shown = squeeze_mask(masked), squeeze(whole)
    if not hidden or not shown:
        return None
    if len(hidden) == len(shown):
        return all(one in ("*", other) for one, other in zip(hidden, shown, strict=True))
    first, last = hidden.partition("*")[0], hidden.rpartition("*")[2]
    return len(first) + len(last) <= len(shown) and shown.startswith(first) and shown.endswith(last)


def squeeze_mask(text: str) -> str:
    """Bring a masked text into one spelling: `*` for each character that is hidden."""
    return "".join(squeeze(c) or ("*" if MASK.match(c) else "") for c in MASK.sub(lambda m: "*" * len(m[0]), text))


def is_masked(text: str) -> bool:
    """Tell whether a text is masked."""
    return bool(MASK.search(text)) and canonical_identity(text) == ""
