"""
Say which rows of a roster are households that are known already: by keyed hashes, one to one, never by guess.

The stages run from the surest evidence to the weakest. A stage matches only where its key occurs once among the known
households left over and once among the rows left over, so a household is never taken twice.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from census_map.roster.days import birth_digits
from census_map.roster.identity import MASK, canonical_identity
from census_map.roster.read import Roster
from census_map.roster.text import squeeze
from census_map.roster.values import NOTHING
from census_map.roster.vault import HASHES, VALUES, Vault

STAGES: tuple[tuple[str, ...], ...] = (
    ("h_identity", "h_address"),
    ("h_name", "h_address"),
    ("h_identity",),
    ("h_name_birth",),
    ("h_name", "h_phone"),
    ("h_name", "census_area_uid", "number"),
    ("h_name", "source", "source_row"),
    # A line without name and address is known by its place in the sheet alone.
    ("nameless", "source", "source_row"),
)
# What says where, not who: the family may be another one by now, see `same_family`.
PLACE_STAGES: tuple[tuple[str, ...], ...] = (
    ("h_address", "source", "source_row"),
    ("census_area_uid", "number", "source"),
    ("h_address",),
    ("source", "source_row"),
)
MASKED_STAGES = PLACE_STAGES[2:]
_PLACE = ("census_area", "mini_area", "building", "entrance", "floor", "room", "heading")
# What stands beside the place in the vault: where a household is registered, and whose house it is.
BESIDE = ("registered_address", "owner", "owner_identity", "owner_phone")
PLACE_SEPARATOR = "\x1f"
_CUT_PHONE = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)


def personal_values(roster: Roster) -> pd.DataFrame:
    """
    Gather what goes into the vault.

    Returns
    -------
    values
        Index of `roster.rows`; columns `vault.VALUES` in clear. `place` holds the columns of the place other than the
        address, in the order census area, mini-area, building, entrance, floor, room, heading, and where they are
        given what is beside it (`BESIDE`).
    """
    rows = roster.rows
    names = [*_PLACE, *(BESIDE if any((rows[name] != "").any() for name in BESIDE) else ())]
    place = [
        _joined(cells) if any(cells) else "" for cells in zip(*(rows[name].tolist() for name in names), strict=True)
    ]
    values = {
        name: rows[name] if name != "place" else pd.Series(place, index=rows.index, dtype=object) for name in VALUES
    }
    return pd.DataFrame(values, index=rows.index)


def _joined(cells: Sequence[str]) -> str:
    """Join the columns of a place; what is beside it is left out where there is nothing."""
    return PLACE_SEPARATOR.join(cells if any(cells[len(_PLACE) :]) else cells[: len(_PLACE)])


def place_columns(place: str) -> dict[str, str]:
    """Take the place of `personal_values` apart into its columns and what is beside them."""
    cells = place.split(PLACE_SEPARATOR) if place else []
    names = (*_PLACE, *BESIDE)
    return dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))


def place_text(columns: Mapping[str, str]) -> str:
    """Put the columns of a place together, as `personal_values` does."""
    cells = [columns.get(name, "") for name in (*_PLACE, *BESIDE)]
    return _joined(cells) if any(cells) else ""


def household_hashes(values: pd.DataFrame, vault: Vault) -> pd.DataFrame:
    """
    Hash what identifies a household.

    Parameters
    ----------
    values
        As of `personal_values`.

    Returns
    -------
    hashes
        Same index; columns `vault.HASHES`.
    """
    numbers = [canonical_identity(text) if text else "" for text in values["identity"]]
    names = [person_name(text) for text in values["head"]]
    births = [born_on(number, birth) for number, birth in zip(numbers, values["birth"], strict=True)]
    keys = {
        "h_identity": numbers,
        "h_name_birth": [f"{name}|{born}" if name and born else "" for name, born in zip(names, births, strict=True)],
        "h_name": names,
        "h_phone": [phone_digits(text) if text else "" for text in values["phone"]],
        "h_address": place_keys(values["address"], values["place"]),
    }
    hashed = {kind: vault.hash_texts(kind, keys[kind]) for kind in HASHES}
    return pd.DataFrame(hashed, index=values.index, dtype=object)


def person_name(text: str) -> str:
    """Bring a name into the spelling that is hashed; empty for marks of absence such as 无 and 空."""
    if text in NOTHING:
        return ""
    # No mask is a letter, but for X and 某, and the latter is a name as well as a mask.
    plain = text.isalpha() and "X" not in text and "x" not in text
    return squeeze(text) if plain or "某" in text or not MASK.search(text) else ""


def born_on(number: str, birth: str) -> str:
    """Give the day of birth as eight digits, from the citizen's number or from the day as typed; empty for neither."""
    return number[6:14] if len(number) == 18 and number[:17].isdigit() else birth_digits(birth)


def phone_digits(text: str) -> str:
    """Give the digits of a phone number, without country code; empty where it is masked or has under seven."""
    if text.isdecimal() and text.isascii():
        digits = text
    elif MASK.search(text) or _CUT_PHONE.fullmatch(text):
        return ""
    else:
        digits = "".join(c for c in squeeze(text) if c.isdigit())
    digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    return digits if len(digits) >= 7 else ""


def place_keys(addresses: Iterable[str], places: Iterable[str]) -> list[str]:
    """Bring addresses with their columns (`place` of `personal_values`) into one text each for hashing."""
    ends: dict[str, tuple[str, str]] = {}
    found = []
    for address, place in zip(addresses, places, strict=True):
        if place not in ends:
            cells = place_columns(place)
            columns = (cells[name] for name in ("building", "entrance", "floor", "room"))
            ends[place] = squeeze(cells["census_area"]), "".join("|" + squeeze(cell) for cell in columns)
        area, end = ends[place]
        key = (squeeze(address) + end).strip("|")
        found.append(f"{area}|{key}" if key else "")
    return found


def match_households(known: pd.DataFrame, rows: pd.DataFrame, stages: Sequence[tuple[str, ...]] = STAGES) -> pd.Series:
    """
    Match the rows of a roster with the known households.

    Parameters
    ----------
    known
        Indexed by uid; `HASHES`, `census_area_uid`, `number`, `source`, `source_row`.
    rows
        Same columns, any index.
    stages
        Keys, the surest first.

    Returns
    -------
    uids
        Index of `rows`; uid of the household, or None for a new one.
    """
    known, rows = _with_nameless(known), _with_nameless(rows)
    found = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    free = pd.Index(known.index)
    for stage in stages:
        open_rows = rows.index[found.isna()]
        if not len(free) or not len(open_rows):
            break
        old, new = _keys(known.loc[free], stage), _keys(rows.loc[open_rows], stage)
        old, new = old[~old.duplicated(keep=False)], new[~new.duplicated(keep=False)]
        uids = pd.Series(old.index, index=pd.Index(old.to_numpy(), dtype=object), dtype=object)
        hits = new[new.isin(uids.index)]
        if len(hits):
            taken = uids.loc[hits.to_numpy()].to_numpy()
            found.loc[hits.index] = taken
            free = free.difference(pd.Index(taken), sort=False)
    return found


def _with_nameless(frame: pd.DataFrame) -> pd.DataFrame:
    nameless = frame["h_name"].isna() & frame["h_address"].isna()
    return frame.assign(nameless=pd.Series([True if flag else None for flag in nameless], frame.index, dtype=object))


def _keys(frame: pd.DataFrame, stage: tuple[str, ...]) -> pd.Series:
    complete = frame[list(stage)].notna().all(axis=1)
    frame = frame.loc[complete]
    keys = list(zip(*(frame[name].tolist() for name in stage), strict=True))
    series = pd.Series(index=frame.index, dtype=object)
    series[:] = keys if len(stage) > 1 else [key[0] for key in keys]
    return series


def doubled_rows(rows: pd.DataFrame) -> pd.Series:
    """
    Find rows that repeat an earlier one: same head of household at the same address.

    Returns
    -------
    first
        For each repeating row (index) the index of the row it repeats.
    """
    complete = (rows["h_name"].notna() & rows["h_address"].notna()).to_numpy()
    keyed = rows.loc[complete, ["h_name", "h_address", "h_identity"]]
    # Hashes are of one length, so that two in a row are a key without doubt.
    keys, _distinct = pd.factorize(keyed["h_name"] + keyed["h_address"])
    first = np.flatnonzero(~pd.Series(keys).duplicated())[keys]
    own = keyed["h_identity"].to_numpy()
    differs = pd.notna(own) & pd.notna(own[first]) & (own != own[first])
    repeats = (first != np.arange(len(keyed))) & ~differs
    return pd.Series(keyed.index[first[repeats]], index=keyed.index[repeats])
