"""
The persons of households, where an office has a list with one row a person: into the vault, nowhere else.

The one set of tables then lists persons instead of households' totals, and departments' lists are compared with every
person instead of heads of household alone. Where every member says whether he is present, the household's counts follow
from its members.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.i18n import N_, _
from census_map.roster.finding import HOUSEHOLD_FIELDS, HouseholdFinder, leave_out_foreign_sheets
from census_map.roster.headers import COUNTS
from census_map.roster.identity import canonical_identity
from census_map.roster.listing import OTHER, ListImport, Listing, ListKind, in_sheet_order, read_listing
from census_map.roster.matching import person_name
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.text import squeeze
from census_map.roster.together import changing_both
from census_map.roster.values import fault_problem, identity_faults
from census_map.roster.vault import Vault
from census_map.roster.visits import read_presence
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace

_KEYS = ("code", "number", "roster_row", "identity", "head", "address")
PERSONS = ListKind(
    "persons",
    N_("persons of households"),
    {
        **OTHER,
        **HOUSEHOLD_FIELDS,
        "head": N_("name"),
        "relation": N_("relation to the head of household"),
        "sex": N_("sex"),
        "presence": N_("presence"),
    },
    telling=_KEYS,
    needed=(("head",), _KEYS[:-2]),
)
PERSON_FIELDS = ("name", "identity", "birth", "phone", "relation", "sex", "presence")
_RECORD = "person"
_HEADS = ("户主", "本人", "HEAD", "SELF")


def import_persons(
    workspace: Workspace,
    vault: Vault,
    path: Path,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> ListImport:
    """
    Take a list of persons in; the members of a household named in it take the place of those known before.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    path
        xlsx, xls, ods or csv; a row a person. Members may stand below their head without code or number.

    Raises
    ------
    InputError
        The file cannot be read as a list of persons; nothing is changed.
    """
    part = portion(report, 0, 0.4)
    listing = read_listing(path, PERSONS, workspace.profile, sheet=sheet, mapping=mapping, report=part)
    return take_persons(workspace, vault, listing, report=portion(report, 0.4, 1))


def take_persons(workspace: Workspace, vault: Vault, listing: Listing, *, report: Report = silent) -> ListImport:
    """Take a list of persons that was read already in, see `import_persons`."""
    _carry_household_down(listing)
    report(0.0, _("looking for the households"))
    households = HouseholdFinder(workspace, vault).find(listing, name_is_head=False)
    presence = read_presence(listing)
    leave_out_foreign_sheets(listing)
    _point_out_identities(listing)
    members = _members(listing, households, presence)
    known = read_persons(vault, reason=_("import: compare with the persons known before"))
    changed = {uid: people for uid, people in members.items() if known.get(uid) != people}
    counts = _differing_counts(workspace, _counts(listing, households, members))
    report(0.8, _("encrypting"))
    with changing_both(workspace, vault, _("persons of {file}").format(file=listing.file)) as write:
        write.update("household", counts)
        for uid, people in changed.items():
            text = json.dumps({"uid": uid, "people": people}, ensure_ascii=False)
            vault.put_record(_RECORD, uid, text)
        vault.log("write:persons", sum(map(len, changed.values())), listing.file)
        report(1.0, "")
    taken = sum(map(len, members.values()))
    added = sum(len(people) for uid, people in changed.items() if uid not in known)
    differing = sum(len(people) for uid, people in changed.items() if uid in known)
    return ListImport(
        file=listing.file,
        rows=len(listing.rows),
        added=added,
        changed=differing,
        unchanged=taken - added - differing,
        left_out=len(listing.rows) - taken,
        problems=in_sheet_order(listing),
        preview=listing.preview(),
        counted=len(counts),
    )


def _carry_household_down(listing: Listing) -> None:
    """A member without any key of a household belongs to the head above."""
    rows = listing.rows
    keys = ["code", "mini_area", "number", "roster_row", "roster_sheet", "address"]
    bare = (rows[keys] == "").all(axis=1) & ~rows["relation"].map(_is_head) & (rows["sheet"] == rows["sheet"].shift())
    for name in [*keys, "census_area"]:
        rows[name] = rows[name].mask(bare & (rows[name] == "")).ffill().fillna("").astype(object)


def _is_head(relation: str) -> bool:
    return any(word in squeeze(relation) for word in _HEADS)


def _point_out_identities(listing: Listing) -> None:
    listing.problems += [
        fault_problem(kind, *listing.place(row, column))
        for row, kind, column in identity_faults(listing.rows["identity"])
    ]


def _members(listing: Listing, households: pd.Series, presence: list[str | None]) -> dict[str, list[dict[str, Any]]]:
    members: dict[str, list[dict[str, Any]]] = {}
    seen: set[tuple[str, str]] = set()
    cells = zip(
        *(listing.rows[name] for name in ("head", "identity", "birth", "phone", "relation", "sex")), strict=True
    )
    for row, uid, (name, identity, birth, phone, relation, sex), where in zip(
        listing.rows.index, households, cells, presence, strict=True
    ):
        if uid is None:
            continue
        number = canonical_identity(identity)
        key = (uid, number or f"{person_name(name)}|{squeeze(birth)}")
        if key in seen:
            listing.fault(
                row, "head", "repeated", _("An earlier row tells the same; this row was left out."),
                _("Delete the row."), severity="warning",
            )  # fmt: skip
            continue
        seen.add(key)
        values = (name, identity, birth, phone, relation, _sex(sex, number), where or "")
        members.setdefault(uid, []).append(dict(zip(PERSON_FIELDS, values, strict=True)))
    return members


def _counts(listing: Listing, households: pd.Series, members: dict[str, list[dict[str, Any]]]) -> pd.DataFrame:
    """
    Count the households whose members all say where they are (docs/domain.md section 3: H2a slept here, H2b elsewhere).

    Of a household with a member who does not say it the counts stay as the roster has them; it is pointed out.
    """
    told = {uid: [person["presence"] for person in people] for uid, people in members.items()}
    counts = {uid: _count(words) for uid, words in told.items() if all(words)}
    if not listing.has("presence"):
        view = next(view for view in listing.sheets if view.header_rows)
        assert view.header_rows is not None
        listing.problems.append(
            RosterProblem(
                "presence-column-missing", "info", view.sheet, view.header_rows[1], "",
                _("No column says who is present, so the households' counts were left as they are."),
                _("Add a column of presence, or let the roster give the counts."),
            )
        )  # fmt: skip
    else:
        unsaid = {uid for uid, words in told.items() if not all(words)}
        first = ~households.duplicated()
        for row in households.index[households.isin(unsaid) & first]:
            listing.fault(
                row, "presence", "presence-missing",
                _("A member of this household does not say who is present; its counts were left as they are."),
                _("Fill in the presence of every member."), severity="warning",
            )  # fmt: skip
    return pd.DataFrame.from_dict(counts, orient="index", columns=list(COUNTS), dtype="Int64")


def _count(presence: list[str]) -> tuple[int, int, int]:
    here, absent = presence.count("here"), presence.count("absent")
    return here + absent, here + presence.count("registered_elsewhere"), absent


def _differing_counts(workspace: Workspace, counts: pd.DataFrame) -> pd.DataFrame:
    stored = workspace.read("household", columns=list(COUNTS)).reindex(counts.index)
    return counts[(stored != counts).fillna(value=True).any(axis=1).astype(bool)]


def _sex(text: str, identity: str) -> str:
    """Read the sex; where it is not given, the identity number tells it (GB 11643: the 17th digit is odd for men)."""
    key = squeeze(text)
    if key in {"男", "M", "MALE", "1"}:
        return "male"
    if key in {"女", "F", "FEMALE", "2"}:
        return "female"
    if len(identity) == 18:
        return "male" if int(identity[16]) % 2 else "female"
    return ""


def read_persons(vault: Vault, *, reason: str) -> dict[str, list[dict[str, str]]]:
    """Read the persons of all households, by uid of the household: `PERSON_FIELDS`; logged."""
    found = [json.loads(text) for text in vault.records(_RECORD)]
    vault.log("read:persons", sum(len(record["people"]) for record in found), reason)
    return {record["uid"]: record["people"] for record in found}


def further_persons(vault: Vault, heads: pd.DataFrame, *, reason: str) -> pd.DataFrame:
    """
    Give the persons who are not the heads of their households, in the columns of a list to be compared.

    Parameters
    ----------
    heads
        `head` and `identity` of the households, indexed by uid.

    Returns
    -------
    persons
        Indexed by uid of the household (several rows each): `head`, `identity`, `birth`, `phone`, `address` (empty).
    """
    numbers = {uid: canonical_identity(text) for uid, text in heads["identity"].items()}
    names = {uid: person_name(text) for uid, text in heads["head"].items()}
    rows = []
    for uid, people in read_persons(vault, reason=reason).items():
        for person in people:
            number = canonical_identity(person["identity"])
            is_head = number == numbers.get(uid) if number and numbers.get(uid) else False
            if is_head or (not number and person_name(person["name"]) == names.get(uid)):
                continue
            rows.append((uid, person["name"], person["identity"], person["birth"], person["phone"], ""))
    columns = ["uid", "head", "identity", "birth", "phone", "address"]
    return pd.DataFrame(rows, columns=columns, dtype=object).set_index("uid")
