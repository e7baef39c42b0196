"""
The visit log: what enumerators did at each household, as the day's sheets tell (attempts, phone calls, appointments).

The workspace holds day, kind and outcome; remarks and phones go into the vault. A sheet imported again, corrected or
under another name, updates what is known and never doubles it: a visit is known by its household, day, kind and time,
or by its order among those alike.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from census_map.i18n import N_, _
from census_map.roster.days import read_clock, read_day
from census_map.roster.finding import HOUSEHOLD_FIELDS, KEYS, HouseholdFinder, leave_out_foreign_sheets
from census_map.roster.listing import OTHER, ListImport, Listing, ListKind, in_sheet_order, read_listing, roster_fields
from census_map.roster.text import number_value, squeeze
from census_map.roster.together import changing_both
from census_map.roster.values import presence_of, word_reader
from census_map.roster.vault import Vault
from census_map.task import Report, portion, silent
from census_map.workspace import Workspace, Write

COUNTED = ("births", "deaths", "moved_in", "moved_out")
VISITS = ListKind(
    "visits",
    N_("visits of a day"),
    {
        **OTHER,
        **HOUSEHOLD_FIELDS,
        "day": N_("day"),
        "time": N_("time of day"),
        "kind": N_("visit or phone call"),
        "outcome": N_("outcome"),
        "appointment": N_("appointment on"),
        "appointment_time": N_("appointment at"),
        "staff": N_("staff number"),
        "presence": N_("presence"),
        "reporting": N_("how it reported"),
        "births": N_("births"),
        "deaths": N_("deaths"),
        "moved_in": N_("persons moved in"),
        "moved_out": N_("persons moved out"),
        **roster_fields("remark"),
    },
    telling=KEYS,
    needed=(KEYS, ("day",)),
)
VISIT_RECORD = "visit"
_STORED = ("household_uid", "day", "time", "kind", "outcome", "appointment", "appointment_time", "staff")
_COMPARED = ("outcome", "appointment", "appointment_time", "staff")
_STAFF_DIGITS = 8
_LONGEST_AHEAD = 366  # days: an appointment later than that is a slip of the pen

# The first word found decides; the order matters (户在人不在 before 人不在, 未登记 before 登记).
_OUTCOMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("later", ("预约", "约定", "改天", "再来", "APPOINTMENT", "CALLBACK", "LATER")),
    ("refused", ("拒", "不配合", "REFUSED")),
    ("demolished", ("拆", "DEMOLISHED")),
    ("wrong", ("地址错", "查无", "空号", "号码错", "打不通", "停机", "WRONG")),
    ("away", ("外出", "全户不在", "举家", "AWAY")),
    ("nobody", ("无人", "没人", "不在家", "未遇", "敲门无", "未接", "无人接", "NOBODY", "NOANSWER")),
    ("moved", ("搬", "迁走", "已迁", "MOVED")),
    ("vacant", ("空房", "空置", "空户", "VACANT")),
    ("partly", ("部分", "未完", "待补", "PARTLY", "PARTIAL")),
    ("done", ("完成", "已登记", "登记完", "已报", "已入户", "成功", "DONE", "COMPLETE", "REGISTERED")),
)
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("phone", ("电话", "致电", "微信", "短信", "视频", "PHONE", "CALL", "SMS")),
    ("visit", ("入户", "上门", "走访", "敲门", "现场", "VISIT", "DOOR")),
)
_REPORTINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("self", ("自主", "自行", "自报", "网上", "手机", "SELF", "是")),
    ("enumerator", ("普查员", "入户", "代填", "上门", "ENUMERATOR", "否")),
)


def read_presence(listing: Listing) -> list[str | None]:
    """Read the column of presence (人在户在, 人在户不在, 户在人不在)."""
    return listing.read_column(
        "presence", presence_of, "presence-unreadable", _("The presence cannot be read."),
        _("Write whether the person is present and registered here, registered elsewhere, or absent."),
    )  # fmt: skip


def import_visits(
    workspace: Workspace,
    vault: Vault,
    path: Path,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    today: date | None = None,
    report: Report = silent,
) -> ListImport:
    """
    Take a day's sheet into the visit log.

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    path
        xlsx, xls, ods or csv; a row a visit or call, with the household code, its number or its row on the roster.
    sheet, mapping
        As for `listing.read_listing`.
    today
        Days after it are problems, and it gives the year where a sheet gives none; default: today.

    Raises
    ------
    InputError
        The file cannot be read as visits; nothing is changed.
    """
    listing = read_listing(
        path, VISITS, workspace.profile, sheet=sheet, mapping=mapping, report=portion(report, 0, 0.3)
    )
    return take_visits(workspace, vault, listing, today=today, report=portion(report, 0.3, 1))


def take_visits(
    workspace: Workspace, vault: Vault, listing: Listing, *, today: date | None = None, report: Report = silent
) -> ListImport:
    """Take a day's sheet that was read already into the visit log, see `import_visits`."""
    now = today or date.today()  # noqa: DTZ011  the clerk's own day is meant
    report(0.0, _("looking for the households"))
    rows = _read_rows(workspace, listing, HouseholdFinder(workspace, vault).find(listing), now)
    leave_out_foreign_sheets(listing)
    rows = _without_repetitions(listing, rows)
    report(0.6, _("looking for known visits"))
    rows = rows.assign(uid=pd.Series(_known_uids(workspace, rows), index=rows.index, dtype=object))
    before = _before(workspace, vault)
    fresh = rows["uid"].isna()
    rows = rows.assign(uid=[str(uuid.uuid4()) if new else uid for uid, new in zip(rows["uid"], fresh, strict=True)])
    changed = [
        not new and before.get(uid) != _content(row)
        for uid, new, row in zip(rows["uid"], fresh, rows.to_dict("records"), strict=True)
    ]
    touched = rows[fresh.to_numpy() | pd.array(changed, dtype=bool)]
    report(0.8, _("writing the visits"))
    with changing_both(workspace, vault, _("visits of {file}").format(file=listing.file)) as write:
        _write(write, listing, rows, fresh, touched, _household_values(workspace, rows))
        for uid, private in zip(touched["uid"], touched["private"], strict=True):
            vault.put_record(VISIT_RECORD, uid, json.dumps({"uid": uid, **private}, ensure_ascii=False))
        vault.log("write:visits", len(touched), listing.file)
        report(1.0, "")
    added, differing = int(fresh.sum()), sum(changed)
    return ListImport(
        file=listing.file,
        rows=len(listing.rows),
        added=added,
        changed=differing,
        unchanged=len(rows) - added - differing,
        left_out=len(listing.rows) - len(rows),
        problems=in_sheet_order(listing),
        preview=listing.preview(),
    )


def _read_rows(workspace: Workspace, listing: Listing, households: pd.Series, today: date) -> pd.DataFrame:
    """Read the cells of the rows whose household and day are known."""
    day = listing.read_column(
        "day", lambda text: read_day(text, year=today.year), "day-unreadable", _("The day cannot be read."),
        _("Type it as 2020-11-01; the row was left out."),
    )  # fmt: skip
    rows = pd.DataFrame({"household_uid": households, "day": pd.Series(day, index=households.index, dtype=object)})
    clock = (_("The time cannot be read."), _("Type it as 19:30."))
    rows["time"] = listing.read_column("time", read_clock, "time-unreadable", *clock)
    rows["appointment_time"] = listing.read_column("appointment_time", read_clock, "time-unreadable", *clock)
    kinds = listing.read_column(
        "kind", word_reader(_KINDS), "kind-unreadable", _("It cannot be read whether this was a visit or a call."),
        _("Write visit or phone; it was taken for a visit."),
    )  # fmt: skip
    rows["kind"] = [kind or "visit" for kind in kinds]
    rows["outcome"] = listing.read_column(
        "outcome", word_reader(_OUTCOMES), "outcome-unreadable", _("The outcome cannot be read."),
        _("Write done, in part, nobody, appointment, refused, away, moved, demolished, vacant or wrong."),
    )  # fmt: skip
    rows["appointment"] = listing.read_column(
        "appointment", lambda text: read_day(text, year=today.year), "day-unreadable", _("The day cannot be read."),
        _("Type it as 2020-11-01."),
    )  # fmt: skip
    rows["presence"] = read_presence(listing)
    rows["reporting"] = listing.read_column(
        "reporting", word_reader(_REPORTINGS), "reporting-unreadable", _("It cannot be read who reported."),
        _("Write self or enumerator."),
    )  # fmt: skip
    for name in COUNTED:
        rows[name] = listing.read_column(
            name, number_value, "count-unreadable", _("The number of persons cannot be read."),
            _("Type a whole number."),
        )  # fmt: skip
    rows["staff"] = pd.Series(_staff(workspace, listing), index=rows.index, dtype=object)
    rows["private"] = [
        {"phone": phone, "remark": remark}
        for phone, remark in zip(listing.rows["phone"], listing.rows["remark"], strict=True)
    ]
    _point_out_days(listing, rows, today)
    return rows[rows["household_uid"].notna() & rows["day"].notna() & ~_future(rows, today)]


def _staff(workspace: Workspace, listing: Listing) -> list[str | None]:
    """Read who went there: a number or name of the staff list; a short plain number where there is no such list."""
    known: dict[str, str] = {}
    for number, name in workspace.read("staff", columns=["number", "name"])[["number", "name"]].to_numpy().tolist():
        if isinstance(number, str):
            known |= {squeeze(text): number for text in (number, name) if isinstance(text, str)}

    def read(text: str) -> str | None:
        key = squeeze(text)
        # Any other text may be the name or phone of a household: a clerk who slipped by a column.
        return known.get(key) or (key if not known and key.isascii() and len(key) <= _STAFF_DIGITS else None)

    return listing.read_column(
        "staff", read, "staff-unknown", _("The staff number is not known."),
        _("Write the number of the staff list; it was left empty."),
    )  # fmt: skip


def _future(rows: pd.DataFrame, today: date) -> pd.Series:
    return rows["day"].map(lambda day: day is not None and day > today).astype(bool)


def _point_out_days(listing: Listing, rows: pd.DataFrame, today: date) -> None:
    for row in rows.index[_future(rows, today)]:
        listing.fault(
            row, "day", "day-future", _("The day is still to come."), _("Correct it; the row was left out.")
        )  # fmt: skip
    for row, text in listing.rows["day"].items():
        if not text:
            listing.fault(row, "day", "day-empty", _("The day is empty."), _("Fill it in; the row was left out."))
    for row, day, other in zip(rows.index, rows["day"], rows["appointment"], strict=True):
        if day is not None and other is not None and not 0 <= (other - day).days <= _LONGEST_AHEAD:
            listing.fault(
                row, "appointment", "appointment-odd", _("The appointment is not after the visit, or years ahead."),
                _("Correct it; it was taken as it stands."), severity="warning",
            )  # fmt: skip


def _without_repetitions(listing: Listing, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out a row that tells a visit twice: at the same time, or in the same words."""
    parts = rows[["household_uid", "day", "kind", "time"]].astype(object)
    said = [*_COMPARED, *COUNTED, "presence", "reporting"]
    words = rows[said].astype(object).where(rows[said].notna(), None).itertuples(index=False)
    timed = parts["time"].notna()
    keys = [
        (*key, None if has_time else (tuple(word), tuple(private.values())))
        for key, has_time, word, private in zip(
            parts.where(parts.notna(), None).itertuples(index=False), timed, words, rows["private"], strict=True
        )
    ]
    repeated = pd.Series(pd.Index(keys, tupleize_cols=False).duplicated(), index=rows.index)
    for row in rows.index[repeated]:
        listing.fault(
            row, "", "repeated", _("An earlier row tells the same visit; this row was left out."),
            _("Delete the row, or give both visits their time."), severity="warning",
        )  # fmt: skip
    return rows[~repeated]


def _known_uids(workspace: Workspace, rows: pd.DataFrame) -> list[str | None]:
    """Find the visits that are in the log: by household, day, kind and time, or by their order among those alike."""
    stored = workspace.read("visit", columns=["household_uid", "day", "time", "kind"])
    keys = _visit_keys(stored.assign(day=[str(day)[:10] for day in stored["day"]]))
    known = dict(zip(keys, stored.index, strict=True))
    return [known.get(key) for key in _visit_keys(rows.assign(day=[day.isoformat() for day in rows["day"]]))]


def _visit_keys(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    seen: dict[tuple[Any, ...], int] = {}
    keys = []
    for household, day, kind, time in zip(rows["household_uid"], rows["day"], rows["kind"], rows["time"], strict=True):
        key = (household, day, kind, time if isinstance(time, str) else "")
        seen[key] = seen.get(key, 0) + 1
        # Without a time the visits of a day are told apart by their order alone.
        keys.append((*key, 1 if key[-1] else seen[key]))
    return keys


def _before(workspace: Workspace, vault: Vault) -> dict[str, tuple[Any, ...]]:
    """Give what the log holds of each visit, in the form of `_content`."""
    private = visit_records(vault, reason=_("import: compare with the earlier visits"))
    stored = workspace.read("visit", columns=list(_COMPARED))
    stored = stored.astype(object).where(stored.notna(), None)
    return {
        str(uid): (*(_text(value) for value in row), *private.get(str(uid), ("", "")))
        for uid, row in zip(stored.index, stored[list(_COMPARED)].itertuples(index=False), strict=True)
    }


def _content(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return (*(_text(row[name]) for name in _COMPARED), row["private"]["phone"], row["private"]["remark"])


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.isoformat()[:10] if hasattr(value, "isoformat") else str(value)


def visit_records(vault: Vault, *, reason: str) -> dict[str, tuple[str, str]]:
    """Read phone and remark of the visits, by uid; logged."""
    found = [json.loads(text) for text in vault.records(VISIT_RECORD)]
    vault.log("read:visits", len(found), reason)
    return {record["uid"]: (record["phone"], record["remark"]) for record in found}


def _write(
    write: Write,
    listing: Listing,
    rows: pd.DataFrame,
    fresh: pd.Series,
    touched: pd.DataFrame,
    households: dict[str, pd.Series],
) -> None:
    frame = touched[list(_STORED)].set_axis(pd.Index(touched["uid"], name="uid"))
    frame["source"] = [listing.source(row) for row in touched.index]
    frame["source_row"] = listing.rows["row"].loc[touched.index].to_numpy()
    new = set(rows.loc[fresh, "uid"])
    is_new = frame.index.isin(new)
    write.insert("visit", frame[is_new])
    write.update("visit", frame[~is_new].drop(columns=["household_uid", "day", "time", "kind"]))
    for name, values in households.items():
        write.update("household", values.to_frame(name))


def _household_values(workspace: Workspace, rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Give what the visits say about their households, where it differs: the latest day counts."""
    found: dict[str, pd.Series] = {}
    in_order = rows.sort_values("day", kind="stable")
    for name in ("presence", "reporting", *COUNTED):
        said = in_order[in_order[name].notna()]
        latest = said.groupby("household_uid", sort=False)[name].last()
        stored = workspace.read("household", columns=[name])[name].astype(object).reindex(latest.index)
        differs = stored.isna() | (stored != latest.astype(object))
        if differs.any():
            found[name] = latest[differs.to_numpy(dtype=bool)]
    return found


def visit_states(workspace: Workspace) -> pd.DataFrame:
    """
    Sum the visit log up by household.

    Returns
    -------
    states
        Indexed by uid of the household: `attempts` (visits), `calls`; and of the last of them `visit` (its uid), `last`
        (day, as text), `outcome`, `appointment` and `appointment_time`, or None.
    """
    columns = ["household_uid", "day", "time", "kind", "outcome", "appointment", "appointment_time"]
    visits = workspace.read("visit", columns=columns)
    visits = visits.assign(day=[str(day)[:10] for day in visits["day"]], time=visits["time"].fillna(""))
    visits = visits.sort_values(["day", "time"], kind="stable")
    states = pd.DataFrame(
        {
            "attempts": (visits["kind"] != "phone").groupby(visits["household_uid"], sort=False).sum().astype("int64"),
            "calls": (visits["kind"] == "phone").groupby(visits["household_uid"], sort=False).sum().astype("int64"),
        }
    )
    last = visits[~visits["household_uid"].duplicated(keep="last")].reset_index(names="visit")
    last = last.set_index("household_uid").reindex(states.index)
    states["visit"], states["last"] = last["visit"], last["day"]
    states["outcome"] = last["outcome"]
    states["appointment"] = [None if pd.isna(day) else str(day)[:10] for day in last["appointment"]]
    states["appointment_time"] = last["appointment_time"]
    return states
