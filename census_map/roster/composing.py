"""
Put an address together whose parts stand in columns of their own: hamlet, group, estate, road, lane, door number.

What comes out is one text, as a clerk who has one column writes it. Building, entrance, floor and room keep their
columns beside it. A part that the address says already is not said twice.
"""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from census_map.roster.address import parse_address
from census_map.roster.headers import ADDRESS_PARTS
from census_map.roster.text import NUMERAL, normalise

_BARE = re.compile(rf"(?:第)?(?:[A-Z]?\d+[A-Z]?(?:-\d+)?|[{NUMERAL}]+|[甲乙丙丁])")
_UNITS = {"group": "组", "lane": "弄", "door": "号"}
# Kinds of parts of an address that say what a column says.
_SAID: dict[str, tuple[str, ...]] = {
    "village": ("village", "place", "estate"),
    "group": ("group",),
    "estate": ("estate",),
    "road": ("road",),
    "lane": ("lane",),
    "door": ("number",),
}


def compose_addresses(rows: pd.DataFrame, present: Sequence[str]) -> pd.DataFrame:
    """
    Write the parts of the address into it, and drop their columns.

    Parameters
    ----------
    rows
        `address` and `headers.ADDRESS_PARTS`, as texts.
    present
        The parts for which the sheet has a column.

    Returns
    -------
    rows
        Without the parts.
    """
    if present:
        known: dict[tuple[str, ...], str] = {}
        columns = [rows[name].tolist() for name in ("address", *present)]
        texts = []
        for cells in zip(*columns, strict=True):
            if cells not in known:
                known[cells] = compose_address(cells[0], dict(zip(present, cells[1:], strict=True)))
            texts.append(known[cells])
        rows["address"] = pd.Series(texts, index=rows.index, dtype=object)
    return rows.drop(columns=[name for name in ADDRESS_PARTS if name in rows])


def compose_address(address: str, parts: Mapping[str, str]) -> str:
    """
    Put one address together.

    Parameters
    ----------
    address
        What stands in the column of the address; may be empty, whole, or an end such as `1号101室`.
    parts
        Of `headers.ADDRESS_PARTS`, as typed.
    """
    said = parse_address(address) if address else None
    plain = normalise(address)
    written = []
    for name in ADDRESS_PARTS:
        text = _with_unit(parts.get(name, "").strip(), name)
        if not text or normalise(text) in plain:
            continue
        if said is not None and any(said.value(kind) for kind in _SAID[name]):
            continue
        written.append(text)
    return "".join([*written, address])


def _with_unit(text: str, name: str) -> str:
    """Say what a bare number is: group 3 is 3组. The name of an estate or a road is never a bare number."""
    if not _BARE.fullmatch(normalise(text)):
        return text
    return text + _UNITS[name] if name in _UNITS else ""
