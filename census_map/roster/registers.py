"""
The registers that offices keep apart from the roster, entered from their own sheets (docs/domain.md section 3).

An entry in the workspace holds its kind, place and number of persons; who it is about stands in the vault. What
follows from roster and map (nominal registrations, several houses, …) is derived in `census_map.roster.worklists`, and
shown together with what was entered.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import N_, _
from census_map.roster.contradiction import contradict
from census_map.roster.finding import HOUSEHOLD_FIELDS, HouseholdFinder, leave_out_foreign_sheets
from census_map.roster.identity import canonical_identity
from census_map.roster.listing import OTHER, ListImport, Listing, ListKind, in_sheet_order, read_listing, roster_fields
from census_map.roster.matching import person_name
from census_map.roster.place import read_where
from census_map.roster.text import number_value, squeeze
from census_map.roster.together import changing_both
from census_map.roster.values import word_reader
from census_map.roster.vault import Vault
from census_map.schema import REGISTER
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace, Write

_KEYS = ("code", "number", "roster_row", "identity", "head", "address", "building_code")
REGISTERS = ListKind(
    "registers",
    N_("field register"),
    {
        **OTHER,
        **HOUSEHOLD_FIELDS,
        "kind": N_("register"),
        "state": N_("state"),
        "building_code": N_("building code"),
        "persons": N_("persons"),
        **roster_fields("remark"),
    },
    telling=_KEYS,
    needed=(_KEYS,),
)
PRIVATE = ("head", "identity", "birth", "phone", "address", "remark")
RECORD = "register"
KINDS = tuple(str(kind) for kind, _title in REGISTER)
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nominal", ("空挂", "寄挂", "挂户", "挂靠", "NOMINAL")),
    ("demolished", ("拆", "DEMOLISHED")),
    ("mismatch", ("人户分离", "人户不一致", "MISMATCH")),
    ("absent_unknown", ("去向不明", "下落不明", "外出不详", "地址不详", "UNKNOWN")),
    ("several_houses", ("多处住房", "一户多房", "多套", "多房", "SEVERAL")),
    ("no_fixed_abode", ("无固定", "居无定所", "流浪", "船上", "露宿", "NOFIXED", "HOMELESS")),
    ("unregistered_child", ("未上户", "未报户口", "未落户", "无户口", "待定户口", "UNREGISTERED")),
    ("collective", ("集体", "COLLECTIVE")),
    ("special_place", ("特殊", "工地", "养老院", "福利院", "宾馆", "寺", "SPECIAL")),
    ("no_plate", ("无门牌", "没有门牌", "缺门牌", "NOPLATE", "NODOORPLATE")),
    ("supplementary", ("补充登记", "补登", "SUPPLEMENTARY")),
)
_STATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("open", ("未办", "未解决", "待", "OPEN")),
    ("settled", ("已", "办结", "完成", "解决", "SETTLED", "DONE")),
)


def import_register(
    workspace: Workspace,
    vault: Vault,
    path: Path,
    *,
    kind: str | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    report: Report = silent,
) -> ListImport:
    """
    Take a register's sheet in; an entry that is known is updated, never doubled.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    path
        xlsx, xls, ods or csv; a row an entry: of a household on the roster, a building, or a person.
    kind
        Of `schema.REGISTER`, for rows that do not say it; None: the sheet has a column for it, or is named after it.

    Raises
    ------
    InputError
        The file cannot be read as a register, or no such kind; nothing is changed.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(
            _("There is no register “{kind}”: choose one of {kinds}.").format(kind=kind, kinds=", ".join(KINDS))
        )
    part = portion(report, 0, 0.4)
    listing = read_listing(path, REGISTERS, workspace.profile, sheet=sheet, mapping=mapping, report=part)
    return take_register(workspace, vault, listing, kind=kind, report=portion(report, 0.4, 1))


def take_register(
    workspace: Workspace, vault: Vault, listing: Listing, *, kind: str | None = None, report: Report = silent
) -> ListImport:
    """Take a register's sheet that was read already in, see `import_register`."""
    report(0.0, _("looking for the households"))
    finder = HouseholdFinder(workspace, vault)
    entries = _read_rows(workspace, listing, finder, kind)
    leave_out_foreign_sheets(listing)
    with changing_both(workspace, vault, _("register of {file}").format(file=listing.file)) as write:
        return write_entries(write, workspace, vault, listing, entries, report=portion(report, 0.2, 1))


def write_entries(
    write: Write, workspace: Workspace, vault: Vault, listing: Listing, entries: pd.DataFrame, *, report: Report
) -> ListImport:
    """
    Write entries into the registers; those that are known are updated.

    Parameters
    ----------
    write
        Of `together.changing_both` for workspace and vault.
    listing
        Where they come from.
    entries
        Index of rows of the listing; `kind`, `state`, `census_area_uid`, `building_uid`, `household_uid`, `persons`.
    """
    private = listing.rows[list(PRIVATE)].loc[entries.index].to_dict("records")
    known = _known(workspace, vault)
    keys = [_entry_key(entry, person) for entry, person in zip(entries.to_dict("records"), private, strict=True)]
    repeated = pd.Series(pd.Index(keys, tupleize_cols=False).duplicated(), index=entries.index)
    _point_out_repetitions(listing, entries.index, keys, private)
    frame = entries.assign(private=private, key=keys)[~repeated.to_numpy()]
    fresh = [key not in known for key in frame["key"]]
    # A state that the sheet does not give stays.
    frame["state"] = [
        state or ("open" if new else known[key][1][0])
        for state, key, new in zip(frame["state"], frame["key"], fresh, strict=True)
    ]
    uids = [str(uuid.uuid4()) if new else known[key][0] for key, new in zip(frame["key"], fresh, strict=True)]
    changed = [
        not new and known[key][1] != (state, _number(persons), person)
        for new, key, state, persons, person in zip(
            fresh, frame["key"], frame["state"], frame["persons"], frame["private"], strict=True
        )
    ]
    frame = frame.set_axis(pd.Index(uids, name="uid"))
    rows = entries.index[~repeated.to_numpy()]
    frame["source"] = [listing.source(row) for row in rows]
    frame["source_row"] = listing.rows["row"].loc[rows].to_numpy()
    stored = frame.drop(columns=["private", "key"])
    write.insert("register", stored.loc[fresh])
    write.update("register", stored.loc[changed, ["state", "persons", "source", "source_row"]])
    for uid, person, new, differs in zip(uids, frame["private"], fresh, changed, strict=True):
        if new or differs:
            vault.put_record(RECORD, uid, json.dumps({"uid": uid, **person}, ensure_ascii=False))
    vault.log("write:register", sum(fresh) + sum(changed), listing.file)
    report(1.0, "")
    return ListImport(
        file=listing.file,
        rows=len(listing.rows),
        added=sum(fresh),
        changed=sum(changed),
        unchanged=len(frame) - sum(fresh) - sum(changed),
        left_out=len(listing.rows) - len(frame),
        problems=in_sheet_order(listing),
        preview=listing.preview(),
    )


def _read_rows(workspace: Workspace, listing: Listing, finder: HouseholdFinder, kind: str | None) -> pd.DataFrame:
    rows = listing.rows
    read_kind = word_reader(_WORDS)
    kinds = listing.read_column(
        "kind", read_kind, "kind-unreadable", _("The register cannot be read."),
        _("Write its name, or choose it when importing."),
    )  # fmt: skip
    entries = pd.DataFrame(index=rows.index)
    entries["kind"] = pd.Series(
        [said or kind or read_kind(title) for said, title in zip(kinds, rows["title"], strict=True)],
        index=rows.index,
        dtype=object,
    )
    for row in entries.index[entries["kind"].isna()]:
        listing.fault(
            row, "kind", "kind-missing", _("It is not said to which register this row belongs."),
            _("Fill in the register, name the sheet after it, or choose it when importing; the row was left out."),
        )  # fmt: skip
    states = listing.read_column(
        "state", word_reader(_STATES), "state-unreadable", _("The state cannot be read."), _("Write open or settled.")
    )
    entries["state"] = pd.Series(states, index=rows.index, dtype=object)
    entries["persons"] = pd.array(
        listing.read_column(
            "persons", number_value, "count-unreadable", _("The number of persons cannot be read."),
            _("Type a whole number."),
        ),
        dtype="Int64",
    )  # fmt: skip
    entries["building_uid"] = _buildings(workspace, listing)
    # Who has no fixed abode, or no door plate, need not be a household of the roster.
    named = finder.find(listing, required=False)
    entries["household_uid"] = named
    areas = [
        finder.area_of.get(uid) if uid else finder.areas.find(area) or finder.areas.find(title)
        for uid, area, title in zip(named, rows["census_area"], rows["title"], strict=True)
    ]
    entries["census_area_uid"] = pd.Series(areas, index=rows.index, dtype=object)
    # A person or place that is not on the roster is an entry of its own; only a wrong code or number is an error.
    keep = {"not-found", "no-key"}
    listing.problems[:] = [problem for problem in listing.problems if problem.kind not in keep]
    wrong = {(p.sheet, p.row) for p in listing.problems if p.severity == "error"}
    usable = [place not in wrong for place in zip(rows["sheet"], rows["row"], strict=True)]
    # A list of no marks would choose columns.
    return entries.loc[usable]


def _buildings(workspace: Workspace, listing: Listing) -> pd.Series:
    codes = workspace.read("building", columns=["code"])["code"]
    known = {code: uid for uid, code in codes.items() if isinstance(code, str)}
    found = [known.get(squeeze(code)) for code in listing.rows["building_code"]]
    for row, code, uid in zip(listing.rows.index, listing.rows["building_code"], found, strict=True):
        if code and uid is None:
            listing.fault(
                row, "building_code", "building-unknown", _("No building of the map has this code."),
                _("Correct the code; the row was left out."),
            )  # fmt: skip
    return pd.Series(found, index=listing.rows.index, dtype=object)


def _known(workspace: Workspace, vault: Vault) -> dict[tuple[Any, ...], tuple[str, tuple[Any, ...]]]:
    """Give the entries that are known, by key: uid, and what may change."""
    stored = workspace.read("register", columns=["kind", "state", "household_uid", "building_uid", "persons"])
    private = register_records(vault, reason=_("import: compare with the earlier register"))
    known = {}
    nobody = dict.fromkeys(PRIVATE, "")
    for uid, entry in zip(stored.index, stored.to_dict("records"), strict=True):
        person = private.get(str(uid), nobody)
        known[_entry_key(entry, person)] = (str(uid), (entry["state"], _number(entry["persons"]), person))
    return known


def _point_out_repetitions(
    listing: Listing, rows: pd.Index, keys: Sequence[tuple[Any, ...]], private: Sequence[Mapping[Any, str]]
) -> None:
    """Report rows that an earlier one tells already; a namesake elsewhere is lost with the row, so that is an error."""
    first: dict[tuple[Any, ...], Mapping[Any, str]] = {}
    for row, key, person in zip(rows, keys, private, strict=True):
        earlier = first.setdefault(key, person)
        if earlier is person:
            continue
        named = not canonical_identity(person["identity"])
        if named and contradict(read_where(earlier["address"]), read_where(person["address"])):
            listing.fault(
                row, "", "namesake", _("An earlier row has this name at another address; this row was left out."),
                _("Give the identity number or the household code, or delete the row."), severity="error",
            )  # fmt: skip
        else:
            listing.fault(
                row, "", "repeated", _("An earlier row tells the same; this row was left out."), _("Delete the row."),
                severity="warning",
            )  # fmt: skip


def _entry_key(entry: Mapping[Any, Any], person: Mapping[Any, str]) -> tuple[Any, ...]:
    """Tell entries apart: by household or person, by building, or by place."""
    household = entry["household_uid"] if isinstance(entry["household_uid"], str) else ""
    building = entry["building_uid"] if isinstance(entry["building_uid"], str) else ""
    who = canonical_identity(person["identity"]) or person_name(person["head"])
    if household and entry["kind"] != "unregistered_child":
        return (entry["kind"], household)
    return (entry["kind"], household, building, who, "" if who else squeeze(person["address"]))


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def register_records(vault: Vault, *, reason: str) -> dict[str, dict[str, str]]:
    """Read who the entries are about, by uid: `PRIVATE`; logged."""
    found = [json.loads(text) for text in vault.records(RECORD)]
    vault.log("read:register", len(found), reason)
    return {record["uid"]: {name: record.get(name, "") for name in PRIVATE} for record in found}


def entered(workspace: Workspace, kind: str) -> pd.DataFrame:
    """
    Give the entries of one register.

    Returns
    -------
    entries
        Indexed by uid: `census_area` (code), `household_uid`, `building_uid`, `persons`, `state`, `source`,
        `source_row`. Holds no personal data.
    """
    columns = ["census_area_uid", "household_uid", "building_uid", "persons", "state", "source", "source_row"]
    rows = workspace.read("register", columns=columns, where="kind = ?", parameters=(kind,))
    codes = workspace.read("census_area", columns=["code"])["code"]
    rows.insert(0, "census_area", rows["census_area_uid"].map(codes).astype(object))
    return rows.drop(columns="census_area_uid")
