"""Days and times of day as clerks type them: text, a spreadsheet's day number, Chinese words."""

import re
from datetime import date, timedelta

from census_map.roster.text import normalise, numeral_value

# A spreadsheet counts days from here on; numbers outside these years are no days.
_DAY_ZERO = date(1899, 12, 30)
_FIRST, _LAST = 20_000, 80_000  # 1954 to 2119
_NUMERAL = "〇一二三四五六七八九十廿卅"
_WORDS = re.compile(rf"(?:([\d{_NUMERAL}]+)年)?([\d{_NUMERAL}]+)月([\d{_NUMERAL}]+)[日号]?(?:\D.*)?")
_SIGNS = re.compile(r"(?:(\d{4})[-/,.])?(\d{1,2})[-/,.](\d{1,2})(?:[\sT]+\d{1,2}.*)?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(
    rf"(上午|早上|早|中午|下午|晚上|晚|AM|PM)?([\d{_NUMERAL}]+)(?:[,:时点](半|[\d{_NUMERAL}]+)?分?)?(?:[,:]\d+)?(AM|PM)?"
)
_LATE = {"下午", "晚上", "晚", "PM"}


def read_day(text: str, *, year: int) -> date | None:
    """
    Read a day.

    Parameters
    ----------
    text
        `2020-11-01`, `2020/11/1`, `2020.11.1`, `20201101`, `44136` (a spreadsheet's number), `2020年11月1日`,
        `二〇二〇年十一月一日`, `11月1日`, `11.1`; a time of day behind it is passed over.
    year
        Taken where the text gives none.

    Returns
    -------
    day
        None when the text is no day, or one that does not exist.
    """
    plain = normalise(text.strip())
    if re.fullmatch(r"\d{5}([.,]\d+)?", plain):
        count = int(plain[:5])
        return _DAY_ZERO + timedelta(days=count) if _FIRST <= count <= _LAST else None
    found = _DIGITS.fullmatch(plain) or _SIGNS.fullmatch(plain) or _WORDS.fullmatch(plain)
    if found is None:
        return None
    numbers = [_number(part) for part in found.groups()]
    if numbers[1] is None or numbers[2] is None:
        return None
    try:
        return date(numbers[0] or year, numbers[1], numbers[2])
    except ValueError:
        return None


def read_clock(text: str) -> str | None:
    """
    Read a time of day: `19:30`, `19点30分`, `下午3点半`, `0.8125` (a spreadsheet's part of a day).

    Returns
    -------
    time
        As `19:30`; None when the text is no time of day.
    """
    plain = normalise(text.strip()).replace(" ", "")
    if re.fullmatch(r"[〇0][.,]\d+", plain):
        minutes = round(float("0." + plain[2:]) * 24 * 60)
        return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    found = _CLOCK.fullmatch(plain)
    if found is None or (plain.isdigit() and len(plain) > 2):
        return None
    hour = _number(found[2])
    minute = 30 if found[3] == "半" else _number(found[3])
    if hour is None:
        return None
    if (found[1] in _LATE or found[4] in _LATE) and hour < 12:
        hour += 12
    minute = minute or 0
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def _number(text: str | None) -> int | None:
    if not text:
        return None
    return int(text) if text.isdigit() else numeral_value(text)
