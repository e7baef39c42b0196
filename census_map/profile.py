"""
Profiles: the rules of one country or office, as data.

A profile is a TOML file. Four are shipped (`cn-2020`, `cn-2010`, `un-generic`, `ph-2026`); an office points to its
own file, which may say `extends = "cn-2020"` and give only what differs. Unknown keys are refused, because a misspelt
threshold would otherwise be silently ignored.
"""

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from census_map.codes import CodeWidths
from census_map.errors import InputError
from census_map.i18n import _
from census_map.system_faults import system_fault

SHIPPED = Path(__file__).parent / "profiles"
DEFAULT_PROFILE = "cn-2020"
_MOST = 2.0**53  # no number of a profile comes near

_T = TypeVar("_T")


@dataclass(frozen=True)
class Size:
    """
    How large a mini-area should be.

    Attributes
    ----------
    by
        What is counted: `persons` or `households`.
    target, minimum, maximum
        In that unit; the band is closed on both sides.
    single_building_maximum
        A mini-area of one building alone may hold so many persons (docs/domain.md section 2).
    persons_per_household
        Mean used where a file gives only one of the two counts.
    """

    by: str = "persons"
    target: int = 300
    minimum: int = 200
    maximum: int = 400
    single_building_maximum: int = 2000
    persons_per_household: float = 3.0


@dataclass(frozen=True)
class Thresholds:
    """
    Limits of the check rules of docs/domain.md section 8.

    Attributes
    ----------
    sliver_width_m, sliver_area_m2
        G08: narrower or smaller than this is a sliver.
    compactness
        G08: Polsby-Popper compactness (4 pi area / perimeter squared) below this is very low.
    shift_min_m, shift_max_m
        G12: a systematic shift inside this range is reported.
    count_tolerance
        G13: relative difference from the issued figures.
    virtual_maximum
        C06: persons in a virtual mini-area.
    household_maximum
        S03: households in a mini-area.
    instructor_minimum, instructor_maximum
        S05: enumerators led by one instructor.
    dwellings_per_floor_entrance
        B04: more than so many dwelling units a floor and entrance is extreme.
    collective_maximum
        H05: persons in a collective household.
    visible_distance_m
        G09: a border farther than this from every road, water, railway and wall is not along a visible feature.
    overlap_m2
        B02: two buildings that share more than this overlap.
    cut_m2
        G10: a border that cuts off more than this of a building cuts it.
    restricted_km2
        P04: detailed data of more continuous ground than this is restricted; 0 where there is no such law.
    """

    sliver_width_m: float = 1.0
    sliver_area_m2: float = 1.0
    compactness: float = 0.1
    shift_min_m: float = 50.0
    shift_max_m: float = 500.0
    count_tolerance: float = 0.02
    virtual_maximum: int = 4995
    household_maximum: int = 998
    instructor_minimum: int = 3
    instructor_maximum: int = 5
    dwellings_per_floor_entrance: int = 12
    collective_maximum: int = 20
    visible_distance_m: float = 10.0
    overlap_m2: float = 1.0
    cut_m2: float = 1.0
    restricted_km2: float = 0.0


@dataclass(frozen=True)
class Plausibility:
    """
    How far a village's own total may be from a department's and still be plausible (`census_map.roster.evaluation`).

    Attributes
    ----------
    registered, resident, births, deaths, moved_in, moved_out
        Relative difference that is allowed, of the department's total.
    least
        A difference of so many persons is plausible in any case: small villages differ by chance.
    missing_births, missing_deaths
        So many births or deaths fewer than the department's are plausible (docs/rules.md M04: each of the others is
        traced).
    vacant_use
        A dwelling unit whose use of water, power or gas in the period of the list is above this is not vacant.
    """

    registered: float = 0.03
    resident: float = 0.05
    births: float = 0.1
    deaths: float = 0.1
    moved_in: float = 0.2
    moved_out: float = 0.2
    least: int = 3
    missing_births: int = 0
    missing_deaths: int = 0
    vacant_use: float = 5.0


@dataclass(frozen=True)
class Profile:
    """
    The rules of one country or office.

    Attributes
    ----------
    name, title
        Short name; title in the country's own language.
    size, codes, checks
        Sizes, code widths and check limits.
    order
        Numbering order: `serpentine`.
    division_codes
        Whether census areas carry China's 12-digit division codes.
    objective
        Weights of the delineation objective by name; see `census_map.delineate`.
    roster_columns
        Synonyms of column headers in rosters, by field: `{"address": ["住址", "地址"]}`.
    lists
        The same for other lists, by kind: the day's sheets of the field (`visits`, `registers`, `persons`), totals by
        village (`totals`) and the lists of departments (`police`, `births`, …). What a kind does not name is taken
        from `roster_columns`.
    plausibility
        Limits of the evaluation sheet.
    """

    name: str
    title: str
    size: Size = field(default_factory=Size)
    codes: CodeWidths = field(default_factory=CodeWidths)
    checks: Thresholds = field(default_factory=Thresholds)
    order: str = "serpentine"
    division_codes: bool = True
    objective: Mapping[str, float] = field(default_factory=dict)
    roster_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    plausibility: Plausibility = field(default_factory=Plausibility)


def shipped_profiles() -> tuple[str, ...]:
    """Name the profiles that come with the program."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def load_profile(name: str = DEFAULT_PROFILE) -> Profile:
    """
    Read a profile.

    Parameters
    ----------
    name
        Name of a shipped profile, or path of an office's own TOML file.

    Raises
    ------
    InputError
        No such profile, not TOML, an unknown key, or a value of the wrong type.
    """
    return _build(Profile, _read(name), where=name)


def parse_profile(text: str, *, name: str) -> Profile:
    """
    Read a profile from TOML text, as a workspace stores it.

    Raises
    ------
    InputError
        As for `load_profile`.
    """
    return _build(Profile, _resolve(_parse(text, name), name), where=name)


def profile_text(name: str) -> str:
    """
    Give the TOML text of a profile by name or path, to be stored in a workspace.

    Raises
    ------
    InputError
        No such profile, or one that cannot be read or is not in UTF-8.
    """
    path = _path(name)
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            _("Profile “{name}” cannot be read: {fault}.").format(name=path.name, fault=system_fault(error))
        ) from error
    except UnicodeDecodeError as error:
        text = _("Profile “{name}” is not in UTF-8 at line {line}: save it as UTF-8 in the editor, and try again.")
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(text.format(name=path.name, line=line)) from error


def _path(name: str) -> Path:
    own = Path(name)
    if own.suffix == ".toml" and os.path.isfile(own):  # noqa: PTH113  a name that is too long is no file
        return own
    if name in shipped_profiles():
        return SHIPPED / f"{name}.toml"
    raise InputError(
        _("There is no profile “{name}”: choose one of {names}, or give the path of a .toml file.").format(
            name=name, names=", ".join(shipped_profiles())
        )
    )


def _read(name: str) -> dict[str, Any]:
    return _resolve(_parse(profile_text(name), name), name)


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise InputError(
            _("Profile “{name}” is not valid TOML at line {line}: compare that line with a shipped profile.").format(
                name=name, line=line[1] if line else len(text.splitlines())
            )
        ) from error


def _resolve(values: dict[str, Any], name: str) -> dict[str, Any]:
    parent = values.pop("extends", None)
    if parent is None:
        return values
    if not isinstance(parent, str) or parent not in shipped_profiles():
        raise InputError(
            _("Profile “{name}” extends “{parent}”, which is not shipped: choose one of {names}.").format(
                name=name, parent=parent, names=", ".join(shipped_profiles())
            )
        )
    return _merge(_read(parent), values)


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both_tables else value
    return merged


def _build(kind: type[_T], values: Mapping[str, Any], *, where: str) -> _T:
    hints = get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise InputError(
                _("Profile “{name}” has an unknown key “{key}”: it may be misspelt; known are {known}.").format(
                    name=where, key=key, known=", ".join(sorted(known))
                )
            )
    found = {key: _value(hints[key], value, where=where, key=key) for key, value in values.items()}
    without = (dataclasses.MISSING, dataclasses.MISSING)
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]
        if (each.default, each.default_factory) == without and each.name not in values:
            raise InputError(
                _('Profile “{name}” lacks the key “{key}”: add it, or begin with “extends = "{parent}"”.').format(
                    name=where, key=each.name, parent=DEFAULT_PROFILE
                )
            )
    return kind(**found)


def _value(kind: Any, value: Any, *, where: str, key: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _build(kind, value, where=where)  # type: ignore[arg-type]
    if get_origin(kind) is Mapping and isinstance(value, dict):
        inner = get_args(kind)[1]
        return {name: _value(inner, item, where=where, key=f"{key}.{name}") for name, item in value.items()}
    if get_origin(kind) is tuple and isinstance(value, list):
        inner = get_args(kind)[0]
        return tuple(_value(inner, item, where=where, key=key) for item in value)
    kind = get_origin(kind) or kind
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and number and abs(value) < _MOST:
        return float(value)
    right = isinstance(value, kind) and isinstance(value, bool) is (kind is bool) if isinstance(kind, type) else True
    if not right or (number and not abs(value) < _MOST):  # without limit, or no number at all
        raise InputError(
            _("Profile “{name}”: the value of “{key}” should be of type {kind}.").format(
                name=where, key=key, kind=kind.__name__
            )
        )
    return value
