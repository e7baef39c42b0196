"""
Texts as clerks type them, brought into one form: full width, traditional characters, blanks, dashes, Chinese numerals.

Every change keeps the position of each character in the text as typed, so that whatever is recognised later can be
shown in place.
"""

import re
import unicodedata

from census_map.roster.characters import SIMPLIFIED

_DASHES = "‐‑‒–—―−﹣－~～∼〜﹘"
_SAME_LENGTH: dict[int, str] = {
    **{ord(old): new for old, new in SIMPLIFIED.items()},
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **{ord(dash): "-" for dash in _DASHES},
    **{code: chr(code - 32) for code in range(ord("a"), ord("z") + 1)},
    **{code: chr(code - 0xFEE0 - 32) for code in range(0xFF41, 0xFF5B)},
    **dict.fromkeys(map(ord, "[{【〔〈《［｛「『（"), "("),
    **dict.fromkeys(map(ord, "]}】〕〉》］｝」』）"), ")"),
    **dict.fromkeys(map(ord, "，、；;。·・•|｜：:．"), ","),
    **dict.fromkeys(map(ord, "\\＼／"), "/"),
    ord("＃"): "#",
    ord("○"): "〇",
    ord("Ο"): "〇",
    ord("零"): "〇",
    ord("弍"): "二",
    ord("贰"): "二",
    ord("貳"): "二",
    ord("壹"): "一",
    ord("叁"): "三",
    ord("參"): "三",
}
# Letters and digits that are in their one form already.
_SETTLED = re.compile("[0-9A-Z{}]*".format("".join(chr(c) for c in range(0x4E00, 0xA000) if c not in _SAME_LENGTH)))
_PLAIN = re.compile(r"[0-9A-Z\u4e00-\u9fff〇()#,/-]*")
_NO_LETTER = re.compile(r"[\W_]+")

_DIGITS = {"〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": "二十", "卅": "三十"}
_THOUSANDS = re.compile(r"\d{1,3}(?:[, ']\d{3})+(?:\.0*)?")
NUMERAL = "〇一二两三四五六七八九十百廿卅"


def normalise(text: str) -> str:
    """Bring a text into the one form that everything is compared in; see `normalise_with_positions`."""
    return normalise_with_positions(text)[0]


def normalise_with_positions(text: str) -> tuple[str, tuple[int, ...] | None]:
    """
    Bring a text into one form: half width, upper case, simplified characters, one kind of dash, bracket and comma.

    Blanks go, except that one stays between two Latin letters or digits, where it separates.

    Returns
    -------
    text, positions
        The text, and for each of its characters the position in the text as typed; None when nothing moved.
    """
    same = text.translate(_SAME_LENGTH)
    if _PLAIN.fullmatch(same):
        return same, None
    characters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(same):
        for expanded in _expand(character):
            characters.append(expanded)
            positions.append(position)
    return _without_blanks(characters, positions)


def _expand(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in {"Cf", "Cc", "Mn"}:
        return ""
    if character < "\u2000" or "\u4e00" <= character <= "\u9fff":
        return character
    return unicodedata.normalize("NFKC", character).translate(_SAME_LENGTH)


def _without_blanks(characters: list[str], positions: list[int]) -> tuple[str, tuple[int, ...]]:
    kept: list[int] = []
    for index, character in enumerate(characters):
        if character == " " and not _separates(characters, index):
            continue
        kept.append(index)
    return "".join(characters[index] for index in kept), tuple(positions[index] for index in kept)


def _separates(characters: list[str], index: int) -> bool:
    if index == 0 or characters[index - 1] == " ":
        return False
    following = next((c for c in characters[index:] if c != " "), "")
    return (
        characters[index - 1].isascii()
        and characters[index - 1].isalnum()
        and following.isascii()
        and following.isalnum()
    )


def squeeze(text: str) -> str:
    """Normalise a text and drop everything but letters and digits: for comparing headers and names."""
    if text.isascii():
        plain = text.upper()
    elif _SETTLED.fullmatch(text):
        return text
    else:
        plain = text.translate(_SAME_LENGTH)
        if not _PLAIN.fullmatch(plain):
            plain = normalise(text)
    return plain if plain.isalnum() else _NO_LETTER.sub("", plain)


def numeral_value(text: str) -> int | None:
    """
    Read a Chinese numeral below ten thousand, in words (二十一) or digit by digit (二一).

    Returns
    -------
    value
        None when the text is no numeral.
    """
    for old, new in _TENS.items():
        text = text.replace(old, new)
    if not text or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if not any(c in _UNITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, None
    for character in text:
        if character in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[character]
            digit = None
        else:
            digit = _DIGITS[character]
    return total + (digit or 0)


def number_value(text: str) -> int | None:
    """
    Read a whole number as clerks type it: `3`, `３`, `3.0`, `3人`, `三`, `03`, `2,000`.

    Returns
    -------
    value
        None when the text is no number.
    """
    plain = normalise(text).rstrip(",.").removesuffix("人").removesuffix("个").removesuffix("口")
    if _THOUSANDS.fullmatch(plain):
        return int(re.sub(r"[, ']", "", plain.partition(".")[0]))
    # Three zeros after a point or comma may be thousands or decimals: no number is better than the wrong one.
    if re.fullmatch(r"\d{1,9}([.,]0{0,2})?", plain):
        return int(re.split(r"[.,]", plain)[0])
    return numeral_value(plain)


def plain_number(text: str) -> str:
    """
    Bring the number of a door, building or room into one spelling: `三` is `3`, `007` is `7`, `3A` stays.

    Parameters
    ----------
    text
        A normalised text.
    """
    value = numeral_value(text)
    if value is not None:
        return str(value)
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)
