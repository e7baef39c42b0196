"""
Compare two surveys of our own, such as the households' own listing (自主清查表) with one form a household (一户一表).

Both are read as rosters and matched as departments' lists are, under a key that exists for this comparison alone; rows
that name nobody are matched by their address, and listed where that does not decide. Who stands in one of them only,
and whose numbers differ, is a discrepancy, and can be entered for supplementary registration.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.i18n import _
from census_map.profile import Profile
from census_map.roster.compare import CONFLICTS, Comparison, compare_keys, passing_hasher
from census_map.roster.comparison_book import comparison_summary, conflict_title
from census_map.roster.departments import department_keys, read_department
from census_map.roster.finding import HOUSEHOLD_FIELDS, HouseholdFinder
from census_map.roster.headers import COUNTS, FIELDS
from census_map.roster.listing import ListImport, Listing
from census_map.roster.registers import PRIVATE, write_entries
from census_map.roster.text import number_value
from census_map.roster.together import changing_both
from census_map.roster.vault import Vault
from census_map.roster.workbook import SheetSpec
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

_DIFFERS = (*CONFLICTS, *COUNTS)
BY_ADDRESS = "address"  # a further stage beside `compare.STAGES`


@dataclass(frozen=True)
class Surveys:
    """
    Two surveys beside each other.

    Attributes
    ----------
    first, second
        As read.
    comparison
        Of the first (left) with the second (right), rows by (sheet, row); `pairs` has a column for each of
        `headers.COUNTS` too: both give the number and it differs.
    nameless_first, nameless_second
        Rows of each, by (sheet, row), that name nobody and whose address the other has not, or several times.
    """

    first: Listing
    second: Listing
    comparison: Comparison
    nameless_first: tuple[tuple[str, int], ...]
    nameless_second: tuple[tuple[str, int], ...]

    @property
    def not_comparable(self) -> int:
        """How many rows could not be compared."""
        return len(self.nameless_first) + len(self.nameless_second)

    def as_json(self) -> dict[str, Any]:
        """Give the counts for `--json`."""
        pairs = self.comparison.pairs
        counts = {name: int(pairs[name].sum()) for name in COUNTS}
        found = self.comparison.as_json()
        conflicts = {**found["conflicts"], **counts}
        stages = {**found["stages"], BY_ADDRESS: int((pairs["stage"] == BY_ADDRESS).sum())}
        return {**found, "stages": stages, "conflicts": conflicts, "not_comparable": self.not_comparable}


def compare_surveys(first: Path, second: Path, profile: Profile, *, report: Report = silent) -> Surveys:
    """
    Compare two surveys.

    Raises
    ------
    InputError
        One of them cannot be read, or lacks names and identity numbers.
    """
    lists = [
        read_department(path, "survey", profile, report=portion(report, 0.35 * at, 0.35 * (at + 1)))
        for at, path in enumerate((first, second))
    ]
    return compare_listings(*lists, report=portion(report, 0.7, 1))


def compare_listings(first: Listing, second: Listing, *, report: Report = silent) -> Surveys:
    """Compare two surveys that were read already as lists of the kind `survey`."""
    lists = (first, second)
    hasher = passing_hasher()
    keys = [department_keys(listing, hasher, report=portion(report, 0, 0.7)) for listing in lists]
    named = [_is_named(each) for each in keys]
    comparison = compare_keys(*(each[names] for each, names in zip(keys, named, strict=True)))
    comparison = _matched_by_address(comparison, keys, named)
    pairs = comparison.pairs
    for name in COUNTS:
        left, right = (_numbers(listing, name) for listing in lists)
        one, other = left.reindex(pairs["left"]).to_numpy(), right.reindex(pairs["right"]).to_numpy()
        pairs[name] = [
            not pd.isna(mine) and not pd.isna(its) and mine != its for mine, its in zip(one, other, strict=True)
        ]
    report(1.0, "")
    matched = (set(pairs["left"]), set(pairs["right"]))
    rest = tuple(
        tuple(key for key in each.index[~names] if key not in found)
        for each, names, found in zip(keys, named, matched, strict=True)
    )
    return Surveys(first, second, comparison, *rest)


def _is_named(keys: pd.DataFrame) -> Any:
    return ((keys["identity"] != 0) | (keys["name"] != 0)).to_numpy()


def _matched_by_address(comparison: Comparison, keys: list[pd.DataFrame], named: list[Any]) -> Comparison:
    """
    Match the rows that name nobody, such as vacant dwellings, by their address with what is left of the other survey.

    An address decides only where one row alone of each survey is left at it, and one of the two names nobody.
    """
    left, right = (
        _lone_addresses(each, names, set(free))
        for each, names, free in zip(keys, named, (comparison.only_left, comparison.only_right), strict=True)
    )
    found = [
        (label, right[address][0])
        for address, (label, named_there) in left.items()
        if address in right and not (named_there and right[address][1])
    ]
    more = pd.DataFrame(
        {"left": [one for one, _other in found], "right": [other for _one, other in found]}, dtype=object
    )
    more = more.assign(stage=BY_ADDRESS, **dict.fromkeys(CONFLICTS, False))
    pairs = comparison.pairs.assign(stage=comparison.pairs["stage"].astype(object))
    pairs = pd.concat([pairs, more], ignore_index=True) if found else pairs
    lefts, rights = set(more["left"]), set(more["right"])
    only_left, only_right = (
        only[[key not in taken for key in only]]
        for only, taken in ((comparison.only_left, lefts), (comparison.only_right, rights))
    )
    return Comparison(pairs, only_left, only_right)


def _lone_addresses(keys: pd.DataFrame, named: Any, free: set[Any]) -> dict[int, tuple[Any, bool]]:
    """Give the addresses at which one row alone is left: its label, and whether it names somebody."""
    found: dict[int, tuple[Any, bool]] = {}
    several = {0}
    for label, address, is_named in zip(keys.index, keys["address"].tolist(), named.tolist(), strict=True):
        if is_named and label not in free:
            continue
        if address in found:
            several.add(address)
        found[address] = (label, is_named)
    return {address: row for address, row in found.items() if address not in several}


def _numbers(listing: Listing, name: str) -> pd.Series:
    index = pd.Index(list(zip(listing.rows["sheet"], listing.rows["row"], strict=True)), tupleize_cols=False)
    return pd.Series([number_value(text) if text else None for text in listing.rows[name]], index=index, dtype=object)


def survey_sheets(surveys: Surveys, *, names: bool = False) -> list[SheetSpec]:
    """
    Make the sheets of the workbook.

    Parameters
    ----------
    names
        Write names and addresses beside the rows; otherwise where the rows stand.
    """
    note = _("With names: lock it away, destroy it after use") if names else _("Open version, without names")
    found = surveys.comparison
    pairs = found.pairs
    differing = pairs[pairs[list(_DIFFERS)].any(axis=1)]
    summary = comparison_summary(found).rename(columns={"what": _("what"), "n": _("how many")})
    further = [
        (_("of both: same address, one without name"), int((pairs["stage"] == BY_ADDRESS).sum())),
        (_("not compared: neither name nor identity number"), surveys.not_comparable),
    ]
    summary = pd.concat([summary, pd.DataFrame(further, columns=summary.columns)], ignore_index=True)
    # The summary speaks of roster and list; here both are surveys.
    summary[_("what")] = summary[_("what")].replace(
        {
            _("only on the roster"): _("only in {file}").format(file=surveys.first.file),
            _("only on the list"): _("only in {file}").format(file=surveys.second.file),
        }
    )
    differences = _rows(surveys.first, differing["left"].tolist(), 1, names=names)
    second = _rows(surveys.second, differing["right"].tolist(), 2, names=False)
    differences = pd.concat([differences, second], axis=1)
    differences[_("what differs")] = [
        _("; ").join(_difference_title(name) for name, flag in zip(_DIFFERS, flags, strict=True) if flag)
        for flags in differing[list(_DIFFERS)].to_numpy().tolist()
    ]
    only = [
        (surveys.first, found.only_left.tolist(), _("only in the first survey")),
        (surveys.second, found.only_right.tolist(), _("only in the second survey")),
        (surveys.first, list(surveys.nameless_first), _("not compared, first survey")),
        (surveys.second, list(surveys.nameless_second), _("not compared, second survey")),
    ]
    return [
        SheetSpec(_("result"), _("Two surveys beside each other"), summary, note=note),
        *(
            SheetSpec(title, f"{title}: {listing.file}", _rows(listing, keys, 0, names=names), note=note)
            for at, (listing, keys, title) in enumerate(only)
            if keys or at < 2
        ),
        SheetSpec(_("differences"), _("In both, but different"), differences, note=note),
    ]


def _difference_title(name: str) -> str:
    return _(FIELDS[name]) if name in COUNTS else conflict_title(name)


def _rows(listing: Listing, keys: list[tuple[str, int]], which: int, *, names: bool) -> pd.DataFrame:
    """Say where rows stand, and who it is where names are asked for."""
    at = {key: row for row, key in enumerate(zip(listing.rows["sheet"], listing.rows["row"], strict=True))}
    rows = listing.rows.iloc[[at[key] for key in keys]]
    mark = f" {which}" if which else ""
    shown = {_("sheet") + mark: rows["sheet"].tolist(), _("row") + mark: rows["row"].tolist()}
    if names:
        shown |= {_("name"): rows["head"].tolist(), _("address"): rows["address"].tolist()}
    return pd.DataFrame(shown)


def register_discrepancies(
    workspace: Workspace, vault: Vault, surveys: Surveys, *, report: Report = silent
) -> list[ListImport]:
    """
    Enter the discrepancies for supplementary registration: who stands in one survey only, and whose numbers differ.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    surveys
        As of `compare_surveys`.

    Returns
    -------
    imports
        What was entered from the first and from the second survey, in one step; an entry that is known is not doubled.
    """
    finder = HouseholdFinder(workspace, vault)
    pairs = surveys.comparison.pairs
    differing = pairs.loc[pairs[list(COUNTS)].any(axis=1), "left"].tolist()
    wanted = (
        (surveys.first, {*surveys.comparison.only_left.tolist(), *differing}),
        (surveys.second, set(surveys.comparison.only_right.tolist())),
    )
    entered = [_entries(finder, listing, keys) for listing, keys in wanted]
    files = _("; ").join(listing.file for listing, _keys in wanted)
    with changing_both(workspace, vault, _("register of {file}").format(file=files)) as write:
        return [
            write_entries(write, workspace, vault, listing, entries, report=portion(report, at / 2, (at + 1) / 2))
            for at, (listing, entries) in enumerate(entered)
        ]


def _entries(finder: HouseholdFinder, listing: Listing, keys: set[tuple[str, int]]) -> tuple[Listing, pd.DataFrame]:
    """Give the rows of a survey that differ, and what is entered of each."""
    places = zip(listing.rows["sheet"], listing.rows["row"], strict=True)
    rows = listing.rows.loc[[place in keys for place in places]]
    rows = rows.reindex(columns=[*dict.fromkeys([*rows.columns, *HOUSEHOLD_FIELDS, *PRIVATE])], fill_value="")
    chosen = Listing(listing.file, listing.kind, listing.sheets, rows, [])
    households = finder.find(chosen, required=False)
    chosen.problems.clear()  # who is not on the roster is what is looked for
    areas = [
        finder.area_of.get(uid) if uid else finder.areas.find(area) or finder.areas.find(title)
        for uid, area, title in zip(households, rows["census_area"], rows["title"], strict=True)
    ]
    persons = [number_value(text) if text else None for text in rows["h2a"]]
    entries = pd.DataFrame(
        {
            "kind": "supplementary",
            "state": None,
            "census_area_uid": pd.Series(areas, index=rows.index, dtype=object),
            "building_uid": None,
            "household_uid": households,
            "persons": pd.array(persons, dtype="Int64"),
        },
        index=rows.index,
    )
    return chosen, entries
