"""
Division codes, the codes built on them, and citizen identity numbers (docs/domain.md section 4).

A 12-digit statistical division code names a village or residents' committee; a mini-area code adds 3 digits, a
building code 4 more, a dwelling code 4 more; a household code is a mini-area code with 3 digits. Codes are labels:
the identity of a feature is its UUID.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from census_map.errors import InputError
from census_map.i18n import _

DIVISION_DIGITS = 12
TOWNSHIP_DIGITS = 9
MINI_AREA_DIGITS = 3
HOUSEHOLD_DIGITS = 3
FIRST_VIRTUAL = 900
ALL_DECEASED = 999  # household number reserved for a household all of whose members have died
LAST_HOUSEHOLD = 998

_IDENTITY = re.compile(r"[0-9]{17}[0-9Xx]")
_IDENTITY_CHECKS = "10X98765432"


class Division(NamedTuple):
    """The levels of a 12-digit division code, each with its digits."""

    province: str
    prefecture: str
    county: str
    township: str
    village: str


@dataclass(frozen=True)
class CodeWidths:
    """
    How many digits each level adds below the census area; an office may choose them (docs/domain.md section 4).

    Attributes
    ----------
    census_area
        Digits of a complete census-area code: 12 in China, 0 where a country's codes have no fixed length.
    mini_area, building, dwelling, household
        Digits that the level adds to its parent's code.
    """

    census_area: int = DIVISION_DIGITS
    mini_area: int = MINI_AREA_DIGITS
    building: int = 4
    dwelling: int = 4
    household: int = HOUSEHOLD_DIGITS


def parse_division(code: str) -> Division:
    """
    Take a 12-digit division code apart.

    Raises
    ------
    InputError
        The code is not twelve digits.
    """
    if not (len(code) == DIVISION_DIGITS and code.isascii() and code.isdigit()):
        raise InputError(
            _("Division code “{code}” is not 12 digits: correct it in the list of census areas.").format(code=code)
        )
    return Division(code[:2], code[2:4], code[4:6], code[6:9], code[9:12])


def township_code(code: str) -> str:
    """Give the 9-digit township code of a division code or of any code built on one."""
    return code[:TOWNSHIP_DIGITS]


def township_kind(code: str) -> str:
    """
    Tell what kind of township a division code belongs to.

    Returns
    -------
    kind
        `subdistrict` (001-099), `town` (100-199), `township` (200-399), `similar` (400-599) or `unknown`
        (docs/domain.md section 4).
    """
    number = int(parse_division(code).township)
    for kind, first, last in (
        ("subdistrict", 1, 99),
        ("town", 100, 199),
        ("township", 200, 399),
        ("similar", 400, 599),
    ):
        if first <= number <= last:
            return kind
    return "unknown"


def is_virtual_village(code: str) -> bool:
    """Tell whether the village digits are one of the virtual ones, 498 or 598."""
    return parse_division(code).village in {"498", "598"}


def child_code(parent: str, number: int, digits: int) -> str:
    """
    Build the code of the `number`-th child of a code.

    Parameters
    ----------
    parent
        Complete code of the level above.
    number
        From 1; a serial number inside the parent.
    digits
        Width of the serial number, filled with zeros.

    Raises
    ------
    InputError
        The number does not fit the width.
    """
    if not 1 <= number < 10**digits:
        raise InputError(
            _("Number {number} under “{parent}” is too long for {digits} digits: widen the codes.").format(
                number=number, parent=parent, digits=digits
            )
        )
    return f"{parent}{number:0{digits}d}"


def serial_number(code: str, digits: int) -> int | None:
    """
    Read the serial number at the end of a code.

    Returns
    -------
    number
        None where the last `digits` characters are not digits.
    """
    tail = code[-digits:]
    return int(tail) if len(tail) == digits and tail.isascii() and tail.isdigit() else None


def is_virtual_number(number: int) -> bool:
    """Tell whether a mini-area number belongs to a virtual mini-area (900 and above)."""
    return number >= FIRST_VIRTUAL


def is_code_below(code: str, parent: str, digits: int) -> bool:
    """Tell whether a code is its parent's with exactly `digits` more digits."""
    return (
        code.startswith(parent)
        and len(code) == len(parent) + digits
        and code[len(parent) :].isascii()
        and code[len(parent) :].isdigit()
    )


def identity_check_character(first17: str) -> str:
    """
    Compute the check character of a citizen identity number.

    Parameters
    ----------
    first17
        The first seventeen digits.

    Returns
    -------
    character
        A digit or X. ISO 7064 MOD 11-2 as in GB 11643: the sum of the digits, each weighted with the power of two that
        its place has, modulo 11.
    """
    # 13 is 2 modulo 11, so a number written with base 13 has the same rest as the weighted sum.
    return _IDENTITY_CHECKS[2 * int(first17, 13) % 11]


def identity_number_fault(number: str) -> str | None:
    """
    Tell what is wrong with a citizen identity number.

    Returns
    -------
    fault
        `length`, `date` or `checksum`; None for a valid number. The number itself is never part of a message.
    """
    if not _IDENTITY.fullmatch(number):
        return "length"
    try:
        date.fromisoformat(number[6:14])
    except ValueError:
        return "date"
    return None if identity_check_character(number[:17]) == number[17].upper() else "checksum"
