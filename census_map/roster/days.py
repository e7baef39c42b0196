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
_FIRST_BIRTH, _LAST_BIRTH = 1890, 2100
_TWO_DIGITS = 26  # 26 is 2026, 27 is 1927
_FEW_DIGITS = re.compile(r"[1-7]\d{4}(?:[.,]\d+)?")
_WHOLE_DAY = re.compile(r"(\d{4}|\d{2})[-/,.](\d{1,2})[-/,.](\d{1,2})[日,.]?(?:[\sT,]*\d{1,2}[,:点].*)?$")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_WORDS_DAY = re.compile(rf"(?:公历|阳历)?([\d{_NUMERAL}]+)年([\d{_NUMERAL}]+)月([\d{_NUMERAL}]+)[日号]?(?:生|出生)?$")
_PART_OF_BIRTH = re.compile(
    rf"\d{{4}}(?:[-/,.]?\d{{1,2}})?[,.]?|[\d{_NUMERAL}]{{2,4}}年(?:[\d{_NUMERAL}]+月)?(?:生|出生)?|\d{{2}}[-/,.]\d{{1,2}}"
)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/,.](\d{1,2})[-/,.](\d{4})")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_MONTH = f"(?P<month>(?:{'|'.join(_MONTHS)})[A-Z]*)"
_NAMED_MONTH = re.compile(rf"(?P<day>\d{{1,2}})[- ,]*{_MONTH}[- ,]*(?P<year>\d{{4}}|\d{{2}})")
_MONTH_FIRST = re.compile(rf"{_MONTH}[- ,]*(?P<day>\d{{1,2}})(?:[- ,]|TH|ST|ND|RD)+(?P<year>\d{{4}})")
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


def birth_digits(text: str) -> str:
    """
    Give a day of birth as eight digits, in whatever spelling.

    Parameters
    ----------
    text
        As for `read_day`; also `70.1.31`, `1/31/1970`, `Jan 31, 1970` and a spreadsheet's number from 1927 on.

    Returns
    -------
    digits
        `19700131`; empty where the text gives no whole day, or none beyond doubt.
    """
    if not text:
        return ""
    if len(text) == 10 and text[4] == text[7] == "-" and (text[:4] + text[5:7] + text[8:]).isdecimal():
        return _digits_of(int(text[:4]), int(text[5:7]), int(text[8:]))
    plain = normalise(text.strip())
    if _FEW_DIGITS.fullmatch(plain):
        day = _DAY_ZERO + timedelta(days=int(plain[:5]))
        return day.strftime("%Y%m%d") if _FIRST_BIRTH <= day.year <= _LAST_BIRTH else ""
    found = _WHOLE_DAY.match(plain) or _EIGHT.match(plain) or _WORDS_DAY.match(plain)
    if found:
        year, month, day_number = (_number(part) for part in found.groups())
        return _digits_of(_whole_year(year), month, day_number)
    return _foreign_birth(plain)


def is_birth(text: str) -> bool:
    """Tell whether a text is a day of birth, or a year or month of one."""
    return bool(birth_digits(text) or _PART_OF_BIRTH.fullmatch(normalise(text.strip())))


def _foreign_birth(plain: str) -> str:
    """Read a day whose year stands last; where day and month may be either it is no day."""
    named = _NAMED_MONTH.fullmatch(plain) or _MONTH_FIRST.fullmatch(plain)
    if named:
        groups = named.groupdict()
        return _digits_of(_whole_year(int(groups["year"])), _MONTHS.index(groups["month"][:3]) + 1, int(groups["day"]))
    found = _YEAR_LAST.fullmatch(plain)
    if not found:
        return ""
    one, other, year = (int(part) for part in found.groups())
    if one > 12 >= other:
        one, other = other, one
    return _digits_of(year, one, other) if one == other or other > 12 else ""


def _whole_year(year: int | None) -> int | None:
    """Complete a year of two digits: nobody is older than the census remembers, or born after it."""
    if year is None or year > 99:
        return year
    return 2000 + year if year <= _TWO_DIGITS else 1900 + year


def _digits_of(year: int | None, month: int | None, day: int | None) -> str:
    try:
        found = date(year or 0, month or 0, day or 0)
    except ValueError:
        return ""
    return found.strftime("%Y%m%d") if _FIRST_BIRTH <= found.year <= _LAST_BIRTH else ""


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
