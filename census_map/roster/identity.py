"""
Numbers of identity documents as clerks type them: citizens' numbers, permits, passports; masked ones and cut ones.

A citizen's number has 18 characters, older ones 15 (GB 11643). People from Hong Kong, Macao, Taiwan and abroad have
other documents, whose numbers have no check character that is published; they are taken as they are.
"""

import re

from census_map.codes import identity_check_character, identity_number_fault
from census_map.roster.text import normalise, squeeze

# Nothing is given: no digit is there at all.
_NO_DIGIT = re.compile(r"[^\d]*")
_CUT = re.compile(r"\d(?:\.\d+)?E\+?\d+|\d{15}000", re.IGNORECASE)  # what a spreadsheet made of a long number
MASK = re.compile(
    r"[*＊✱○●□■×✕?？]|[…⋯]+|\.{3,}|(?<=\d)[-—_]{3,}(?=\d)|(?<=\d)[XxＸ]{2,}|(?<=[\u4e00-\u9fff])[某XxＸ]+"
)
_LAST_X = re.compile(r"(\d{17})[×✕✖╳Хх*＊Ⅹ]")
_WORDS = re.compile(
    "^(?:护照|港澳通行证|台胞证|台湾通行证|通行证|居留证|居住证|永居证|回乡证|军官证|士兵证|户口簿|出生证|身份证|号码|号|PASSPORT|NO)+"
)
# Squeezed: travel permits (H, M; Taiwan), passports, residence permits of foreigners old and new.
_OTHER = re.compile(
    r"[HM]\d{8,10}|\d{8}|\d{10}[A-Z]?|\d{10}\d?[A-Z]|[A-Z]{1,2}\d{7,8}|[A-Z]\d{6,9}|[A-Z]{3}\d{12}|\d{9}|[A-Z]{2}[A-Z0-9]\d{5,7}"
)
_OTHER_CHECKED = re.compile(r"(?:81|82|83)0000\d{11}[\dX]|9\d{16}[\dX]|9\d{14}")


def clean_identity(text: str) -> str:
    """Bring an identity number into one spelling, for hashing and checking."""
    plain = re.sub(r"[\s\u200b-\u202f\u2060-\u206f\ufeff-]", "", text)
    last = _LAST_X.fullmatch(normalise(plain) if not plain.isascii() else plain) or _LAST_X.fullmatch(plain)
    if last and identity_check_character(last[1]) == "X":
        return last[1] + "X"
    return squeeze(text)


def identity_fault(text: str) -> str | None:  # noqa: PLR0911  one fault after the other
    """
    Tell what is wrong with the number of an identity document.

    Returns
    -------
    fault
        `cut`, `masked`, `two` (several numbers in one cell), `length`, `date` or `checksum`; None for a sound number,
        for another document's, and where the cell holds no number.
    """
    if _is_sound(text) or _NO_DIGIT.fullmatch(text):
        return None
    number = clean_identity(text)
    if number and number == number[0] * len(number):
        return "date"
    fault = identity_number_fault(number)
    if fault is None:
        return None
    if _CUT.fullmatch(text.strip()):
        return "cut"
    if MASK.search(text):
        return "masked"
    if is_old_number(number) or is_other_document(number):
        return None
    if len(re.findall(r"\d{15,17}[\dXx]", normalise(text))) > 1:
        return "two"
    return fault


def _is_sound(text: str) -> bool:
    """Tell quickly whether a text is a citizen's number as it should be; nearly all are."""
    return len(text) == 18 and text.isascii() and identity_number_fault(text) is None


def is_old_number(number: str) -> bool:
    """Tell whether a number is one of 15 digits whose date of birth exists."""
    return re.fullmatch(r"\d{15}", number) is not None and identity_number_fault(completed(number)) is None


def completed(number: str) -> str:
    """Complete a number of 15 digits with its century and check character (GB 11643)."""
    first = number[:6] + "19" + number[6:]
    return first + identity_check_character(first)


def is_other_document(number: str) -> bool:
    """Tell whether a number, cleaned, has the form of a permit's or passport's."""
    bare = _WORDS.sub("", number)
    return bool(_OTHER.fullmatch(bare) or _OTHER_CHECKED.fullmatch(bare))


def canonical_identity(text: str) -> str:  # noqa: PLR0911  one kind of document after the other
    """
    Bring the number of an identity document into the spelling that is hashed; empty where it identifies nobody.

    Citizens' numbers have 18 characters; other documents stand without the words before the number.
    """
    if _is_sound(text):
        return text.upper()
    if not text or _NO_DIGIT.fullmatch(text) or _CUT.fullmatch(text.strip()):
        return _sound(text)
    if MASK.search(text) and not _LAST_X.fullmatch(re.sub(r"\s", "", text)):
        return ""
    number = clean_identity(text)
    if number == number[:1] * len(number):  # a number to fill the cell
        return ""
    if is_old_number(number):
        return completed(number)
    if identity_number_fault(number) in (None, "checksum"):
        return number
    return _WORDS.sub("", number) if is_other_document(number) else ""


def _sound(text: str) -> str:
    """A number that ends in 000 is one all the same where its check character says so."""
    number = clean_identity(text) if text else ""
    return number if number and identity_number_fault(number) is None else ""
