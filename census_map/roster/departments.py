"""
Lists of departments: read with the headers that each department uses, hashed, and placed on the map.

Kinds are those of `comparison_book.DEPARTMENTS`; synonyms of headers come from the profile. A list of births is
compared by the mother, a list of deaths by the dead.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.profile import Profile
from census_map.roster.census_areas import AreaFinder
from census_map.roster.compare import Comparison, Hasher, list_keys
from census_map.roster.comparison_book import DEPARTMENTS
from census_map.roster.headers import FIELDS
from census_map.roster.link import name_uses, read_aliases, read_places
from census_map.roster.linker import Linker
from census_map.roster.listing import OTHER, Listing, ListKind, read_listing
from census_map.roster.map_index import index_map
from census_map.roster.place import WhereReader
from census_map.roster.vault import Vault
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

_TELLING = ("head", "identity", "address", "room")
_KEY_COLUMNS = ("head", "identity", "birth", "phone", "address", "building", "entrance", "floor", "room")
_WHERE = ("building", "entrance", "floor", "room", "heading")
_REPORT_EVERY = 5000
MORE = {
    "event": N_("day of the event"),
    "child": N_("name of the child"),
    "use": N_("use in the period"),
}


def department_kind(department: str) -> ListKind:
    """
    Give the kind of list that a department sends.

    Raises
    ------
    InputError
        No such department.
    """
    if department not in DEPARTMENTS:
        raise InputError(
            _("There is no department “{name}”: choose one of {names}.").format(
                name=department, names=", ".join(DEPARTMENTS)
            )
        )
    needed: tuple[tuple[str, ...], ...] = (
        (("address", "room", "building"),) if department == "utilities" else (("head", "identity"),)
    )
    return ListKind(
        department, DEPARTMENTS[department][0], {**OTHER, **MORE, **FIELDS}, _TELLING, needed, columns_matter=False
    )


def read_department(
    path: Path,
    department: str,
    profile: Profile,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> Listing:
    """
    Read a department's list.

    Raises
    ------
    InputError
        No such department; the file cannot be read, or lacks the columns that are needed.
    """
    return read_listing(path, department_kind(department), profile, sheet=sheet, mapping=mapping, report=report)


def department_keys(listing: Listing, hasher: Hasher, *, report: Report = silent) -> pd.DataFrame:
    """
    Hash the rows of a list; a person who stands in it twice is pointed out.

    Returns
    -------
    keys
        Indexed by (sheet, row), see `compare.list_keys`.
    """
    index = pd.MultiIndex.from_arrays([listing.rows["sheet"], listing.rows["row"]], names=["sheet", "row"])
    keys = list_keys(listing.rows[list(_KEY_COLUMNS)].set_axis(index), hasher, report=report)
    known = keys["identity"].to_numpy() != 0
    if listing.kind.name != "births":  # a mother of twins stands there twice
        repeated = known & keys["identity"].duplicated().to_numpy()
        for row in listing.rows.index[repeated]:
            listing.fault(
                row, "identity", "repeated", _("An earlier row of the list has the same identity number."),
                _("Ask the department; only one of them is matched."), severity="warning",
            )  # fmt: skip
    return keys


def place_rows(
    workspace: Workspace, vault: Vault, listing: Listing, comparison: Comparison | None, *, report: Report = silent
) -> pd.DataFrame:
    """
    Find where on the map the rows of a list are: through the household on the roster, else by the address.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    listing
        As read.
    comparison
        Of the roster (left) with the list (right); None: by address alone.

    Returns
    -------
    places
        Index of the rows: `household_uid`, `building_uid`, `dwelling_uid`, `mini_area` (code), each None where not
        known; `how`: `roster`, `address` or None; `state`: of `schema.LINK_STATE`, why an address was not found.
    """
    households = workspace.read("household", columns=["building_uid", "dwelling_uid"])
    places = pd.DataFrame(index=listing.rows.index)
    places["household_uid"] = _matched(listing, comparison)
    found = _locate(workspace, vault, listing, report=portion(report, 0, 0.95))
    linked = places["household_uid"].map(households["building_uid"])
    by_roster = linked.notna()
    places["building_uid"] = linked.where(by_roster, found["building_uid"]).astype(object)
    rooms = places["household_uid"].map(households["dwelling_uid"])
    places["dwelling_uid"] = rooms.where(by_roster, found["dwelling_uid"]).astype(object)
    minis = workspace.read("building", columns=["mini_area_uid"])["mini_area_uid"]
    codes = workspace.read("mini_area", columns=["code"])["code"]
    places["mini_area"] = places["building_uid"].map(minis).map(codes).astype(object)
    how = pd.Series(None, index=places.index, dtype=object).mask(places["building_uid"].notna(), "address")
    places["how"] = how.mask(by_roster, "roster")
    places["state"] = found["state"].mask(by_roster, "linked")
    report(1.0, "")
    return places.astype(object).where(places.notna(), None)


def _matched(listing: Listing, comparison: Comparison | None) -> pd.Series:
    """Give the household that each row of the list was matched with."""
    if comparison is None or comparison.pairs.empty:
        return pd.Series(None, index=listing.rows.index, dtype=object)
    known = dict(zip(comparison.pairs["right"].tolist(), comparison.pairs["left"].tolist(), strict=True))
    keys = zip(listing.rows["sheet"], listing.rows["row"], strict=True)
    return pd.Series([known.get(key) for key in keys], index=listing.rows.index, dtype=object)


def _locate(workspace: Workspace, vault: Vault, listing: Listing, *, report: Report) -> pd.DataFrame:
    report(0.0, _("reading the map"))
    places = read_places(vault, reason=_("placing a list on the map"))
    linker = Linker(index_map(workspace, name_uses(places), read_aliases(vault)))
    finder = AreaFinder(
        workspace.read("census_area", columns=["code", "name"]),
        workspace.read("mini_area", columns=["code", "census_area_uid"]),
    )
    reader, rows = WhereReader(), listing.rows
    links = []
    columns = ("census_area", "mini_area", "title", "address", *_WHERE)
    for count, (area, mini, title, address, *cells) in enumerate(zip(*(rows[name] for name in columns), strict=True)):
        if count % _REPORT_EVERY == 0:
            report(0.2 + 0.8 * count / max(len(rows), 1), _("reading addresses"))
        known = finder.find(area) or finder.find(mini) or finder.find_in_address(address) or finder.find(title)
        where = reader.read(address, dict(zip(_WHERE, cells, strict=True)))
        links.append(linker.link(where, known, demolished=False))
    found = {
        "building_uid": [link.building for link in links],
        "dwelling_uid": [link.dwelling for link in links],
        "state": [link.state for link in links],
    }
    return pd.DataFrame(
        {name: pd.Series(values, index=rows.index, dtype=object) for name, values in found.items()}, index=rows.index
    )
