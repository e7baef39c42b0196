"""
Tell whether a row of a new version is the family that stood there before, where its place alone is the same.

A flat and a row of a sheet outlive the people in them. Another family gets a household of its own: to inherit number,
visits and link of those who left would put strangers into each other's records.
"""

from collections.abc import Collection, Mapping

import pandas as pd

from census_map.roster.identity import canonical_identity
from census_map.roster.keeping import agrees, is_masked
from census_map.roster.matching import person_name, phone_digits

_SLIPS = 2  # characters of an identity number that a clerk corrects


def same_family(  # noqa: PLR0911  one kind of evidence after the other
    old: Mapping[str, str], new: Mapping[str, str], members: Collection[str] = (), *, vacant: bool = False
) -> bool:
    """
    Tell whether two rows of one place may be one family.

    Parameters
    ----------
    old, new
        `head`, `identity`, `phone` and `address` as typed, of the household that is known and of the row.
    members
        Names of the known household's members, as of `matching.person_name`.
    vacant
        The row says that nobody lives there.
    """
    if vacant and person_name(old["head"]) and not new["head"]:
        return False
    shown = [agrees(new[name], old[name]) for name in ("head", "identity", "phone") if is_masked(new[name])]
    if shown and new["address"] and old["address"]:
        home = new["address"] if is_masked(new["address"]) else f"{new['address']}*"
        shown.append(agrees(home, old["address"]))
    if False in shown:
        return False
    if True in shown:
        return True
    before, now = person_name(old["head"]), person_name(new["head"])
    if not before or not now or before == now or now in members:
        return True
    calls = [phone_digits(text["phone"]) for text in (old, new)]
    if calls[0] and calls[0] == calls[1]:
        return True
    numbers = [canonical_identity(text["identity"]) for text in (old, new)]
    if all(numbers):
        return numbers[0] == numbers[1] or (_slips(*numbers) <= _SLIPS and _alike(before, now))
    return _alike(before, now)


def _slips(one: str, other: str) -> int:
    return sum(left != right for left, right in zip(one, other, strict=True)) if len(one) == len(other) else len(one)


def _alike(one: str, other: str) -> bool:
    """Tell whether two names differ by a slip of the pen: one character, and not the family name with it."""
    if len(one) == len(other) and len(one) > 1:
        return _slips(one, other) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and len(short) > 1 and (long.startswith(short) or long.endswith(short))


def same_families(
    found: pd.Series,
    before: pd.DataFrame,
    values: pd.DataFrame,
    vacant: pd.Series,
    members: Mapping[str, Collection[str]],
) -> pd.Series:
    """
    Keep of the matches by place those that may be one family.

    Parameters
    ----------
    found
        uid of the known household by row, or None.
    before
        `head`, `identity`, `phone`, `address` of the known ones, by uid.
    values
        The same of the rows.
    vacant
        Rows that say that nobody lives there.
    members
        Names by uid.
    """
    columns = ["head", "identity", "phone", "address"]
    keep: list[str | None] = []
    for row, uid in found.items():
        if uid is None or uid not in before.index:
            keep.append(None)
            continue
        old, new = before.loc[uid, columns].to_dict(), values.loc[row, columns].to_dict()
        same = same_family(old, new, members.get(uid, ()), vacant=bool(vacant[row]))
        keep.append(uid if same else None)
    return pd.Series(keep, index=found.index, dtype=object)
