"""
How clerks write an address: styles, habits and slips, each named so that a result can be told by kind.

These rules know nothing of the parser in `census_map.roster`; they are what it is measured by.
"""

import re
from collections.abc import Callable

import numpy as np

from census_map.sample.chance import Chance
from census_map.sample.places import Place

Written = tuple[str, list[str]]

PROVINCE, PREFECTURE, COUNTY, TOWNSHIP = "江苏省", "兴阳市", "龙湾区", "东华街道"
_FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
_DIGITS = "〇一二三四五六七八九"
_MISTAKEN = (  # letter and the one that is typed for it, in pairs
    "园圆苑院湖胡锦绵绣秀桂贵薇微翠脆御玉景井康庚阳杨滨宾仓苍桥侨街衔庙妙井并铁轶竹筑建健和合石右王汪李季家佳渡度钱线华花苹平"
    "银很河何明名珠朱书输香乡文纹钟种楼搂沈沉马码徐除圩芋周州安按福富永泳金全向响城诚酱浆板扳盐炎柳抑状壮磨魔塘糖杨扬陈阵"
)
_SLIPS = dict(zip(_MISTAKEN[::2], _MISTAKEN[1::2], strict=True))
_TRADITIONAL = str.maketrans("东园锦绣阳华号楼单桥村庙银龙湾滨国际", "東園錦繡陽華號樓單橋邨廟銀龍灣濱國際")


def chinese_number(number: int) -> str:
    """Write a number below 100 as it is spoken: 十二, 三十一; a larger one digit by digit."""
    if number >= 100:
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    left = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return left + (_DIGITS[ones] if ones or not tens else "")


class Clerk:
    """
    Somebody who types addresses, with habits of her own.

    Parameters
    ----------
    chance
        Source of her moods.
    careless
        Multiplies the rate of every slip.
    """

    def __init__(self, chance: Chance, *, careless: float = 1.0) -> None:
        self._chance = chance
        self._careless = careless
        likings = chance.numbers(8)
        self._favourites = likings * likings + 0.08

    def write(self, place: Place) -> Written:
        """Write a dwelling unit's address in one cell; tell the style and the slips."""
        text, kinds = self._styled(place)
        return self._slips(place, text, kinds)

    def write_apart(self, place: Place) -> tuple[str, str, str, str, list[str]]:
        """Write estate, block, entrance and room in cells of their own; tell the slips."""
        kinds = ["style:columns"]
        name, marks = place.name, [str(place.number), place.entrance or "1", place.room]
        if self._often(0.02):
            name, slip = _mistype(name, self._chance)
            kinds += ["typo"] * slip
        elif self._often(0.015):
            name, kinds = place.old_name, [*kinds, "old_name"]
        ending = self._chance.number()
        if ending < 0.4:
            marks[0] += self._chance.one_of(["幢", "号楼", "#", "栋"])
        if ending < 0.2:
            marks[1] += "单元"
        if self._often(0.02):
            marks, kinds = [_widen(mark) for mark in marks], [*kinds, "full_width"]
        if self._often(0.01):
            marks, kinds = [f" {mark} " for mark in marks], [*kinds, "blanks"]
        return name, marks[0], marks[1], marks[2], kinds

    def _often(self, rate: float) -> bool:
        return bool(self._chance.number() < rate * self._careless)

    def _pick(self, styles: list[tuple[str, str]]) -> tuple[str, list[str]]:
        reached = self._favourites[: len(styles)].cumsum()
        name, text = styles[int(np.searchsorted(reached, self._chance.number() * reached[-1]))]
        return text, [f"style:{name}"]

    def _styled(self, place: Place) -> Written:
        write: Callable[[Place], Written] = {
            "estate": self._estate,
            "street": self._street,
            "village": self._village,
            "named": self._named,
        }[place.kind]
        return write(place)

    def _estate(self, place: Place) -> Written:
        name, block, door, room = place.name, place.number, place.entrance, place.room
        unit = f"{door}单元" if door else ""
        dash = f"{door}-" if door else ""
        if self._often(0.008):
            return f"{block}-{dash}{room}", ["style:bare", "ambiguous"]
        if self._often(0.012):
            return f"{name}{block}号楼", ["style:no_room", "no_room"]
        if self._often(0.02) and place.old_name:
            return f"{place.old_name}{block}号楼{dash}{room}", ["style:old", "old_name"]
        return self._pick(
            [
                ("road", f"{place.road}{place.gate}号{block}幢{unit}{room}室"),
                ("estate", f"{name}{block}号楼{unit}{room}室"),
                ("dash", f"{name}{block}号楼{dash}{room}"),
                ("dashes", f"{name}{block}-{dash}{room}"),
                ("hash", f"{name}{block}#{dash}{room}"),
                ("block", f"{name}{block}幢{unit}{room}"),
                ("door", f"{name}{block}栋{door + '门' if door else ''}{room}室"),
                ("both", f"{place.road}{place.gate}号{name}{block}幢{unit}{room}室"),
            ]
        )

    def _street(self, place: Place) -> Written:
        base, room = f"{place.name}{place.number}号", place.room
        if not room:
            return (f"{place.name}{place.number}", ["style:no_hao"]) if self._often(0.05) else (base, ["style:street"])
        if self._often(0.03):
            return base, ["style:no_room", "no_room"]
        return self._pick(
            [
                ("street_room", f"{base}{room}室"),
                ("street_dash", f"{base}-{room}"),
                ("street_plain", f"{base}{room}"),
                ("street_floor", f"{base}{chinese_number(place.floor)}楼{room}室"),
            ]
        )

    def _village(self, place: Place) -> Written:
        name, group, number = place.name, place.group, place.number
        spoken = chinese_number(group)
        text, kinds = self._pick(
            [
                ("group", f"{name}{group}组{number}号"),
                ("spoken_group", f"{name}{spoken}组{number}号"),
                ("no_village", f"{spoken}组{number}号"),
                ("full_group", f"{name}第{spoken}村民小组{number}号"),
                ("team", f"{name}{group}队{number}号"),
                ("short_village", f"{name.removesuffix('村')}{group}组{number}号"),
                ("no_hao", f"{name}{group}组{number}"),
                ("committee", f"{name}委会{group}组{number}号"),
            ]
        )
        return text + place.room, kinds

    def _named(self, place: Place) -> Written:
        return place.name + (f"{place.room}室" if place.room else ""), ["style:named"]

    def _slips(self, place: Place, text: str, kinds: list[str]) -> Written:
        if self._often(0.025):
            wrong, mistyped = _mistype(place.name, self._chance)
            if mistyped and place.name in text:
                text, kinds = text.replace(place.name, wrong), [*kinds, "typo"]
        for rate, slip, written in (
            (0.03, "chinese_numeral", _speak_numbers),
            (0.03, "full_width", _widen),
            (0.01, "traditional", lambda plain: plain.translate(_TRADITIONAL)),
        ):
            if self._often(rate) and written(text) != text:
                text, kinds = written(text), [*kinds, slip]
        text, kinds = self._prefix(text, kinds)
        if self._often(0.025):
            cut = self._chance.integer(1, max(2, len(text)))
            text, kinds = f"{text[:cut]} {text[cut:]}" + " " * self._chance.integer(0, 2), [*kinds, "blanks"]
        if self._often(0.02):
            note = self._chance.one_of(["（租户）", "（二期）", "(东侧)", "【自建房】"])
            text, kinds = text + note, [*kinds, "brackets"]
        return text, kinds

    def _prefix(self, text: str, kinds: list[str]) -> Written:
        draw = self._chance.number()
        if draw < 0.06:
            return f"{PROVINCE}{PREFECTURE}{COUNTY}{TOWNSHIP}{text}", [*kinds, "full_prefix"]
        if draw < 0.12:
            return f"{TOWNSHIP}{text}", [*kinds, "part_prefix"]
        if draw < 0.15:
            return f"{PREFECTURE}{COUNTY}{text}", [*kinds, "part_prefix"]
        return text, kinds


def _mistype(name: str, chance: Chance) -> tuple[str, bool]:
    """Put a wrong character of the same sound or look into a name; False when it has none that is mistaken."""
    places = [k for k, letter in enumerate(name) if letter in _SLIPS]
    if not places:
        return name, False
    k = chance.one_of(places)
    return name[:k] + _SLIPS[name[k]] + name[k + 1 :], True


def _widen(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def _speak_numbers(text: str) -> str:
    """Write every number in Chinese: 三幢二单元五〇一室."""
    return re.sub(r"[0-9]+", lambda found: chinese_number(int(found.group())), text)
