"""
Compare two lists of people: the roster with a department's list, or two surveys with each other (docs/rules.md M03).

Both lists are turned into keyed hashes row by row; only the hashes are matched, in stages from sure to less sure:
identity number, name with date of birth, name with address. One row matches at most one. A million rows against a
million fit into memory because of a row no more than seven 64-bit numbers are kept.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from census_map.i18n import N_, _
from census_map.profile import Profile
from census_map.roster.identity import canonical_identity
from census_map.roster.matching import born_on, person_name, phone_digits, place_columns
from census_map.roster.persons import further_persons
from census_map.roster.read import read_roster
from census_map.roster.text import normalise
from census_map.roster.vault import Vault
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

STAGES = ("identity", "name_birth", "name_address")
STAGE_TITLES: dict[str, str] = {
    "identity": N_("same identity number"),
    "name_birth": N_("same name and date of birth"),
    "name_address": N_("same name and address"),
}
CONFLICTS = ("identity", "name", "birth", "phone", "address")
_PERSONAL = ("head", "identity", "birth", "phone", "address")
_ADDRESS = ("building", "entrance", "floor", "room")
_BETWEEN = re.compile(r"(?<=\d)(号楼|号幢|号栋|幢|栋|座|楼|#|单元|门栋|门|层|室|房|户|号|[ ,/-])+(?=\d|-|$)|-+")
_BLANK = re.compile(r"[\s,()]")
_LOOSE_DASH = re.compile(r"(?<!\d)-|-(?!\d)")
_KEYS = ("identity", "name_birth", "name_address", "name", "birth", "phone", "address")

Hasher = Callable[[str, str], bytes | None]


@dataclass(frozen=True)
class Comparison:
    """
    What two lists have in common.

    Attributes
    ----------
    pairs
        One row a match: `left`, `right` (row labels of the lists), `stage` (of `STAGES`) and, for each of `CONFLICTS`,
        whether both give the field and differ.
    only_left, only_right
        Row labels without a match.
    """

    pairs: pd.DataFrame
    only_left: pd.Index
    only_right: pd.Index

    def as_json(self) -> dict[str, Any]:
        """Give the counts for `--json`."""
        return {
            "both": len(self.pairs),
            "only_left": len(self.only_left),
            "only_right": len(self.only_right),
            "stages": {stage: int((self.pairs["stage"] == stage).sum()) for stage in STAGES},
            "conflicts": {name: int(self.pairs[name].sum()) for name in CONFLICTS},
        }


def vault_hasher(vault: Vault) -> Hasher:
    """Hash under the vault's key."""
    return lambda kind, text: vault.hash_text(f"compare {kind}", text)


def passing_hasher() -> Hasher:
    """Hash under a key that exists for this comparison alone."""
    from census_map.roster.cipher import Cipher  # noqa: PLC0415  needs a package that some offices lack

    cipher = Cipher(os.urandom(32))
    return lambda kind, text: cipher.hash(kind, text) if text else None


def list_keys(rows: pd.DataFrame, hasher: Hasher, *, report: Report = silent) -> pd.DataFrame:
    """
    Hash the rows of a list.

    Parameters
    ----------
    rows
        Columns `head`, `identity`, `birth`, `phone`, `address` as typed; `building`, `entrance`, `floor` and `room`
        complete the address where the list has them.
    hasher
        From `vault_hasher` or `passing_hasher`; the same for both lists.

    Returns
    -------
    keys
        Same index; columns of unsigned 64-bit numbers, 0 for nothing.
    """
    keys = np.zeros((len(rows), len(_KEYS)), dtype=np.uint64)

    def short(kind: str, text: str) -> int:
        hashed = hasher(kind, text)
        return int.from_bytes(hashed[:8], "big") if hashed else 0

    columns = [rows[name].tolist() for name in _PERSONAL]
    places = [rows[name].tolist() for name in _ADDRESS if name in rows]
    for at, (head, number, born, call, *place) in enumerate(zip(*columns, *places, strict=True)):
        if at % 50_000 == 0:
            report(at / max(len(rows), 1), "")
        identity, name, phone, address = (
            canonical_identity(number),
            person_name(head),
            phone_digits(call),
            address_spelling(*place),
        )
        birth = born_on(identity, born)
        keys[at] = (
            short("identity", identity),
            short("name birth", f"{name}|{birth}") if name and birth else 0,
            short("name address", f"{name}|{address}") if name and address else 0,
            short("name", name),
            short("birth", birth),
            short("phone", phone),
            short("address", address),
        )
    return pd.DataFrame(keys, index=rows.index, columns=list(_KEYS))


def address_spelling(*cells: str) -> str:
    """
    Bring an address, with the columns beside it, into one spelling: what stands between numbers does not matter.

    `东方花园3号楼2单元501室`, `东方花园 3-2-501` and `东方花园` with 3, 2 and 501 in columns of their own are one.
    """
    text = "-".join(normalise(cell) for cell in cells if cell)
    return _LOOSE_DASH.sub("", _BLANK.sub("", _BETWEEN.sub("-", text)))


def compare_keys(left: pd.DataFrame, right: pd.DataFrame) -> Comparison:
    """
    Match two lists of keys, see `list_keys`.

    Where a key occurs several times on both sides, the first goes with the first, the second with the second.
    """
    free_left = np.ones(len(left), dtype=bool)
    free_right = np.ones(len(right), dtype=bool)
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], str]] = []
    for stage in STAGES:
        at_left, at_right = _matches(left[stage].to_numpy(), right[stage].to_numpy(), free_left, free_right)
        if stage != "identity":
            # Two different identity numbers are two people, whatever their names.
            one, other = left["identity"].to_numpy()[at_left], right["identity"].to_numpy()[at_right]
            same = (one == 0) | (other == 0) | (one == other)
            at_left, at_right = at_left[same], at_right[same]
        free_left[at_left] = False
        free_right[at_right] = False
        found.append((at_left, at_right, stage))
    lefts = np.concatenate([pair[0] for pair in found])
    rights = np.concatenate([pair[1] for pair in found])
    pairs = pd.DataFrame({"left": left.index[lefts].to_flat_index(), "right": right.index[rights].to_flat_index()})
    pairs["stage"] = pd.Categorical(np.repeat(list(STAGES), [len(pair[0]) for pair in found]), categories=list(STAGES))
    for name in CONFLICTS:
        one, other = left[name].to_numpy()[lefts], right[name].to_numpy()[rights]
        pairs[name] = (one != 0) & (other != 0) & (one != other)
    return Comparison(pairs, left.index[free_left], right.index[free_right])


def _matches(
    left: NDArray[np.uint64], right: NDArray[np.uint64], free_left: NDArray[np.bool_], free_right: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair equal keys of rows that are free, by sorting; the n-th of a key with the n-th."""
    at_left, at_right = np.flatnonzero(free_left & (left != 0)), np.flatnonzero(free_right & (right != 0))
    sorted_left = at_left[np.argsort(left[at_left], kind="stable")]
    sorted_right = at_right[np.argsort(right[at_right], kind="stable")]
    ranked_left, ranked_right = _ranked(left[sorted_left]), _ranked(right[sorted_right])
    _both, first, second = np.intersect1d(ranked_left, ranked_right, assume_unique=True, return_indices=True)
    return sorted_left[first], sorted_right[second]


def _ranked(keys: NDArray[np.uint64]) -> NDArray[Any]:
    """Make sorted keys unique: the key and how many equal ones stand before it."""
    start = np.r_[True, keys[1:] != keys[:-1]] if len(keys) else np.zeros(0, dtype=bool)
    positions = np.arange(len(keys), dtype=np.int64)
    rank = positions - np.maximum.accumulate(np.where(start, positions, 0)) if len(keys) else positions
    ranked = np.empty(len(keys), dtype=[("key", np.uint64), ("rank", np.int64)])
    ranked["key"], ranked["rank"] = keys, rank
    return ranked


def read_list_keys(
    path: Path,
    profile: Profile,
    hasher: Hasher,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> pd.DataFrame:
    """
    Read a department's list and hash it at once.

    Returns
    -------
    keys
        Indexed by (sheet, row).

    Raises
    ------
    InputError
        The file cannot be read, or has no header.
    """
    found = read_roster(path, profile, sheet=sheet, mapping=mapping, persons=True, report=portion(report, 0, 0.5))
    rows = found.rows[[*_PERSONAL, *_ADDRESS]]
    index = pd.MultiIndex.from_arrays([found.rows["sheet"], found.rows["row"]], names=["sheet", "row"])
    return list_keys(rows.set_axis(index), hasher, report=portion(report, 0.5, 1))


def roster_keys(vault: Vault, hasher: Hasher, *, report: Report = silent) -> pd.DataFrame:
    """
    Hash the roster of the vault, and the further persons of its households where they are known; logged.

    Returns
    -------
    keys
        Indexed by uid of the household; several rows where a household's persons are known.
    """
    reason = _("comparison with another list")
    stored = vault.read([*_PERSONAL, "place"], reason=reason)
    cells = [place_columns(place) for place in stored["place"]]
    rows = stored.drop(columns="place")
    for name in _ADDRESS:
        rows[name] = pd.Series([cell[name] for cell in cells], index=rows.index, dtype=object)
    more = further_persons(vault, rows, reason=reason)
    if len(more):
        rows = pd.concat([rows, more.reindex(columns=rows.columns, fill_value="")])
    return list_keys(rows, hasher, report=report)


def counts_by_mini_area(workspace: Workspace, comparison: Comparison) -> pd.DataFrame:
    """
    Count the households that the other list has and has not, by mini-area (through the building).

    Returns
    -------
    counts
        Indexed by code of the mini-area (empty text: not linked to a building): `both`, `only_roster`.
    """
    building = workspace.read("household", columns=["building_uid"])["building_uid"]
    area = building.map(workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"])
    code = area.map(workspace.read("mini_area", columns=["code"])["code"]).astype(object)
    code = code.where(code.notna(), "")
    both = code.reindex(comparison.pairs["left"]).fillna("").value_counts()
    only = code.reindex(comparison.only_left).fillna("").value_counts()
    counts = pd.DataFrame({"both": both, "only_roster": only}).fillna(0).astype("int64").sort_index()
    return counts.rename_axis("mini_area")
