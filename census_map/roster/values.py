"""The values of a roster's cells: counts, kinds, classes, numbers, identity numbers; and what is wrong with them."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from census_map.codes import ALL_DECEASED
from census_map.i18n import N_, _
from census_map.roster.days import is_birth
from census_map.roster.headers import COUNTS, FIELDS, column_letter
from census_map.roster.identity import identity_fault
from census_map.roster.read import Roster
from census_map.roster.sheet_view import RosterProblem
from census_map.roster.text import normalise, number_value, squeeze

VACANT = 8
MAXIMUM_COUNT = 9999
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"}  # what a formula leaves behind
NOTHING = {"", "-", "--", "/", "—", "——", "无", "空", "不详", "N/A", "NA", "NONE", *_ERRORS}

_KINDS = (("family", ("家庭", "FAMILY", "普通")), ("collective", ("集体", "COLLECTIVE", "单位")))
# The first word found decides; the order matters (空挂 before 空, 港澳 before 外).
_CLASSES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, ("人在户不在", "人在户在")),
    (4, ("空挂", "寄挂", "挂户", "挂靠", "NOMINAL")),
    (5, ("拆迁", "拆除", "已拆", "DEMOLISHED", "动迁", "搬迁")),
    (7, ("死亡", "全亡", "已故", "去世", "DECEASED", "销户")),
    (6, ("港澳", "外籍", "境外", "台胞", "FOREIGN")),
    (8, ("空房", "空置", "空户", "无人居住", "无人住", "VACANT", "空关")),
    (2, ("半年以下", "不满半年", "半年以内", "短期外出", "不足半年")),
    (3, ("外出", "半年以上", "全户外出", "人户分离", "户在人不在", "AWAY", "ABSENT", "不在")),
    (1, ("现住", "常住", "在家", "居住", "在住", "LIVING", "PRESENT", "自住", "租住", "出租")),
)  # fmt: skip
_PRESENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("registered_elsewhere", ("人在户不在", "ELSEWHERE")),
    ("absent", ("户在人不在", "人不在", "ABSENT")),
    ("here", ("人在户在", "人户一致", "HERE", "PRESENT")),
)
_SAYS_PRESENCE = re.compile("[人户]在[人户]不?在|人户一致")

_FAULTS: dict[str, tuple[str, str, str]] = {
    "count-unreadable": ("warning", N_("The number of persons cannot be read."), N_("Type a whole number.")),
    "count-large": ("warning", N_("The number of persons is not believable."), N_("Check it; it was left empty.")),
    "kind-unreadable": (
        "info",
        N_("The kind of household cannot be read; it was taken for a family household."),
        N_("Write family or collective household."),
    ),
    "class-unreadable": (
        "warning",
        N_("The class of the household cannot be read."),
        N_("Write a class from 1 to 8, or its name."),
    ),
    "presence-unreadable": (
        "warning",
        N_("The presence cannot be read."),
        N_("Write whether the household is present and registered here, registered elsewhere, or absent."),
    ),
    "number-unreadable": (
        "warning",
        N_("The household number cannot be read."),
        N_("Type a whole number from 1 to 999."),
    ),
    "address-empty": (
        "warning",
        N_("The address is empty, so the household cannot be placed."),
        N_("Fill in the address, or place the household by hand."),
    ),
    "head-empty": ("info", N_("The head of household is empty."), N_("Fill it in after the visit.")),
    "identity-length": (
        "warning",
        N_("The identity number does not have 18 characters."),
        N_("Ask again and correct it."),
    ),
    "identity-date": ("warning", N_("The date in the identity number is impossible."), N_("Ask again and correct it.")),
    "identity-checksum": (
        "warning",
        N_("The last character of the identity number does not agree with the others."),
        N_("Ask again and correct it."),
    ),
    "identity-cut": (
        "error",
        N_("The identity number was stored as a number, so its last digits are lost."),
        N_("Format the column as text and type the number again."),
    ),
    "identity-masked": (
        "warning",
        N_("The identity number is masked, so nobody can be found by it."),
        N_("Ask for a list with whole numbers, or fill it in after the visit."),
    ),
    "identity-two": (
        "warning",
        N_("The cell holds several identity numbers."),
        N_("Leave that of the head of household alone."),
    ),
    "birth-unreadable": (
        "warning",
        N_("The date of birth cannot be read."),
        N_("Type it as 1970-01-31."),
    ),
}


def fault_problem(kind: str, sheet: str, row: int, column: str) -> RosterProblem:
    """Write the problem of a fault of one cell."""
    severity, message, fix = _FAULTS[kind]
    return RosterProblem(kind, severity, sheet, row, column, _(message), _(fix))


def read_values(roster: Roster) -> tuple[pd.DataFrame, list[RosterProblem]]:
    """
    Read the values of a roster's rows.

    Returns
    -------
    values, problems
        Same index as `roster.rows`: `kind`, `class` and `presence` (codes), `number`, `registered`, `h2a`, `h2b`
        (nullable whole numbers); and one problem a cell that could not be read.
    """
    rows = roster.rows
    values = pd.DataFrame(index=rows.index)
    faults: list[tuple[int, str, str]] = []
    values["class"] = _by_text(rows["class"], class_of, "class-unreadable", "class", faults)
    kind = _by_text(rows["kind"], kind_of, "kind-unreadable", "kind", faults).astype(object)
    values["kind"] = kind.where(kind.notna(), "family")
    values["presence"] = _presences(rows, faults)
    values["number"] = _by_text(rows["number"], _household_number, "number-unreadable", "number", faults)
    for name in COUNTS:
        values[name] = _by_text(rows[name], number_value, "count-unreadable", name, faults)
        large = values[name] > MAXIMUM_COUNT
        faults.extend((int(row), "count-large", name) for row in values.index[large.fillna(value=False)])
        values.loc[large.fillna(value=False), name] = pd.NA
    vacant = (values["class"] == VACANT).fillna(value=False)
    nowhere = rows[["address", "building", "room", "heading"]].isin(NOTHING).all(axis=1)
    nameless = rows["head"].isin(NOTHING) & ~vacant
    faults.extend((int(row), "address-empty", "address") for row in rows.index[nowhere])
    faults.extend((int(row), "head-empty", "head") for row in rows.index[nameless])
    faults.extend(identity_faults(rows["identity"]))
    faults.extend(birth_faults(rows["birth"]))
    return values, list(_problems(roster, faults))


def _by_text(column: pd.Series, reader: object, fault: str, name: str, faults: list[tuple[int, str, str]]) -> pd.Series:
    """Read each distinct text once."""
    assert callable(reader)
    places, texts = pd.factorize(column)
    empty = [normalise(text) in NOTHING for text in texts]
    known = [None if nothing else reader(text) for text, nothing in zip(texts, empty, strict=True)]
    unreadable = [value is None and not nothing for value, nothing in zip(known, empty, strict=True)]
    if any(unreadable):
        faults.extend((int(row), fault, name) for row in column.index[np.array(unreadable)[places]])
    kind = object if any(isinstance(value, str) for value in known) else "Int64"
    return pd.Series(known, dtype=kind).take(places).set_axis(column.index)


def _presences(rows: pd.DataFrame, faults: list[tuple[int, str, str]]) -> pd.Series:
    """Read presence from its own column, or from the class where clerks write it there (人在户不在)."""
    told = _by_text(rows["presence"], presence_of, "presence-unreadable", "presence", faults).astype(object)
    classes = {text: presence_of(text) if _SAYS_PRESENCE.search(text) else None for text in rows["class"].unique()}
    told = told.where(told.notna(), rows["class"].map(classes).astype(object))
    return told.where(told.notna(), None)


def word_reader(words: tuple[tuple[str, tuple[str, ...]], ...]) -> Callable[[str], str | None]:
    """Make a reader of cells that tells a choice by the first word found in the text, or by the choice itself."""

    def read(text: str) -> str | None:
        key = squeeze(text)
        for choice, found in words:
            if key == squeeze(choice) or any(word in key for word in found):
                return choice
        return None

    return read


# Reads the presence of a person or household (人在户在, 人在户不在, 户在人不在); None when it cannot be read.
presence_of = word_reader(_PRESENCES)


def class_of(text: str) -> int | None:
    """Read the class of a household, from 1 to 8; None when it cannot be read."""
    key = squeeze(text)
    match = re.match(r"[1-8](?!\d)", key)
    if match:
        return int(match[0])
    for code, words in _CLASSES:
        if any(word in key for word in words):
            return code
    return None


def kind_of(text: str) -> str | None:
    """Read the kind of a household, `family` or `collective`; None when it cannot be read."""
    key = squeeze(text)
    for kind, words in _KINDS:
        if any(word in key for word in words):
            return kind
    return {"1": "family", "2": "collective"}.get(key)


def _household_number(text: str) -> int | None:
    value = number_value(text)
    if value is None:
        # A full household code ends with the number in the mini-area (docs/domain.md section 4).
        key = squeeze(text)
        value = int(key[-3:]) if re.fullmatch(r"\d{18}", key) else None
    return value if value is not None and 1 <= value <= ALL_DECEASED else None


def identity_faults(column: pd.Series) -> Iterator[tuple[int, str, str]]:
    """Find the identity numbers that cannot be right: (row, kind of fault, column)."""
    for row, text in column.items():
        fault = identity_fault(text) if text else None
        if fault is not None:
            yield int(str(row)), f"identity-{fault}", "identity"


def birth_faults(column: pd.Series) -> Iterator[tuple[int, str, str]]:
    """Find the days of birth that cannot be read: (row, kind of fault, column)."""
    for row, text in column.items():
        if text and normalise(text) not in NOTHING and not is_birth(text):
            yield int(str(row)), "birth-unreadable", "birth"


def _problems(roster: Roster, faults: list[tuple[int, str, str]]) -> Iterator[RosterProblem]:
    headers = {
        (view.sheet, column.field): f"{column_letter(column.index)} {column.header}"
        for view in roster.sheets
        for column in view.columns
        if column.field
    }
    sheets, numbers = roster.rows["sheet"].to_numpy(), roster.rows["row"].to_numpy()
    for row, kind, field in sorted(faults):
        sheet = str(sheets[row])
        yield fault_problem(kind, sheet, int(numbers[row]), headers.get((sheet, field), _(FIELDS[field])))
