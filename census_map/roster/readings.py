"""
What an address may mean: every way to give its numbers a place, each with what it costs.

5号2-601 is door 5, or building 5, with entrance 2 and room 601; 1302室 may be entrance 1, room 302. The usual way costs
least. Nothing is decided here: the map decides, because one way alone leads to a dwelling that stands there
(`census_map.roster.weighing`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from census_map.roster.address import HAN
from census_map.roster.lexicon import Lexicon
from census_map.roster.place import Place, Room, site_key
from census_map.roster.text import NUMERAL, normalise, plain_number
from census_map.roster.tokens import Token, tokenise

SLOTS = ("group", "lane", "number", "zone", "building", "entrance", "floor", "room")
_RANK = {slot: rank for rank, slot in enumerate(SLOTS)}
_EXPLICIT = frozenset({"building", "court", "room", "entrance", "floor", "lane", "group", "zone"})
MOST = 24
# What an unusual way costs; from OPEN on it is shown and never taken.
OPEN = 10
_LONGEST_ENTRANCE = 2
_ROAD_END = re.compile(r"(大道|大街|公路|马路|胡同|路|街|巷|道)$")
_FINANCIAL = str.maketrans("肆伍陆柒捌玖拾佰", "四五六七八九十百")
_TIDY = (
    (re.compile(r"(?<!\d)1\d{10}(?!\d)|(?<!\d)\d{7,}[\dX]?"), ""),  # a telephone or identity number
    (re.compile(r"^(\d{6})(?=[ ,(]*[\u4e00-\u9fff])(?=.*\d)"), ""),  # a postcode
    (re.compile(r"^\d{1,2}[,.)]+(?=\d+[号幢栋组])"), ""),
    # The number of a line: 1、人民路12号.
    (
        re.compile(
            r"^\(?\d{1,2}[,.) ]*(?=\(?(?![号幢栋座单门组队社弄巷室房院期区层楼梯])[\u4e00-\u9fff]"
            r".*[\d〇一二三四五六七八九])"
        ),
        "",
    ),
    (re.compile(rf"(?<=[\d{NUMERAL}])单[无园员圆源原云]"), "单元"),
    (re.compile(rf"(?<=[\d{NUMERAL}#号])[搂娄喽褛]"), "楼"),
    (re.compile(rf"(?<=[\d{NUMERAL}])[憧僮撞瞳橦疃]"), "幢"),
    (re.compile(rf"(?<=[\d{NUMERAL}])[拣冻炼]"), "栋"),
    (re.compile(r"(?<=\d)[宝至失](?!\w)"), "室"),
    (re.compile(rf"(?<=[\d{NUMERAL}])[好毫豪](?=[楼\d,(-]|$)"), "号"),
    (re.compile(r"(?<=\d)O(?=\d|$|室|号)"), "0"),
    (re.compile(r"(?<=\d)[IL|](?=\d{2})"), "1"),
    (re.compile(r"(?<=\d)一(?=\d)"), "-"),
)
_DIGIT = re.compile(r"\d")
_LATIN = re.compile(r"[A-Z]{2}")
_DIGITS = frozenset("0123456789〇一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One way to read an address.

    Attributes
    ----------
    place, room
        What it says.
    cost
        0 for the usual way; each unusual step adds one. From `OPEN` on nobody should take it unasked.
    glued
        Digits of the room as written, where they were taken for more than the room.
    town
        The township that the address names, or None.
    """

    place: Place
    room: Room
    cost: int
    glued: int = 0
    town: str | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """
    All ways to read an address, the cheapest first.

    Attributes
    ----------
    all
        At most `MOST`.
    beside
        Whether a word says that another place is meant: 对面, 隔壁, 附近.
    parts
        Whether a part of a door or a dwelling is named: 之二, 甲, 车库.
    rest
        Whether the text says more than could be read.
    """

    all: tuple[Reading, ...] = ()
    beside: bool = False
    parts: bool = False
    rest: bool = False


LATIN = Readings()  # of 12 Main Street, whose plain form says all


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of a slot, put together from signs and numbers; a number may stand in several places (4 0 1)."""

    pieces: tuple[tuple[tuple[int, int], ...] | str, ...]

    def of(self, text: str) -> str:
        if len(self.pieces) == 1 and len(self.pieces[0]) == 1 and not isinstance(self.pieces[0], str):
            ((start, end),) = self.pieces[0]
            return _plain(text[start:end])
        return "".join(
            piece if isinstance(piece, str) else _plain("".join(text[start:end] for start, end in piece))
            for piece in self.pieces
        )

    @classmethod
    def at(cls, start: int, end: int) -> "_Value":
        return cls((((start, end),),))


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of the text that wants a slot."""

    value: _Value
    unit: str
    digits: int  # characters; 0 where they are no digits
    after: str  # kind of the name right before it, else empty
    sign: str
    base: _Value | None = None  # the value without its part, 12 of 12-1
    glued: int = 0
    cost: int = 0
    only: tuple[str, ...] = ()


@dataclass(slots=True)
class _Way:
    """A way to give each number a slot."""

    cost: int = 0
    glued: int = 0
    slots: dict[str, _Value] = field(default_factory=dict)
    last: str = ""
    site_door: bool = False  # a door number stands behind the name of an estate, where buildings are numbered


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    return plain_number(text.translate(_FINANCIAL).removeprefix("第"))


class AddressReadings:
    """
    Reads many addresses; those that differ in their digits alone are worked through once.

    Parameters
    ----------
    lexicon
        The names of the map.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._shapes: dict[str, _Shape] = {}

    def read(self, text: str) -> Readings:
        """Find the ways to read an address."""
        plain = tidy(normalise(text))
        if _LATIN.search(plain) and not HAN.search(plain):
            return LATIN
        # A name of the map may hold digits (105国道): then the digits tell.
        shape = plain if self._lexicon.names_digits(plain) else _DIGIT.sub("9", plain)
        if shape not in self._shapes:
            self._shapes[shape] = _Shape.of(shape, self._lexicon)
        return self._shapes[shape].readings(plain)


def tidy(plain: str) -> str:
    """Take out what is no address, and mend misspelt words that follow a number, in a normalised text."""
    for pattern, better in _TIDY:
        plain = pattern.sub(better, plain)
    return plain


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that addresses of one shape (their digits apart) have in common."""

    names: Place
    town: tuple[int, int] | None
    ways: tuple[_Way, ...]
    beside: bool
    parts: bool
    rest: bool

    @classmethod
    def of(cls, shape: str, lexicon: Lexicon) -> "_Shape":
        tokens = tokenise(shape, lexicon)
        beside = any(token.kind == "beside" for token in tokens)
        parts = any(token.kind in {"part", "inside"} for token in tokens)
        names = _names(shape, tokens)
        town = next(((t.start, t.end) for t in tokens if t.kind == "town"), None)
        ways: list[_Way] = []
        for numbers in _number_lists(shape, tokens):
            _place(numbers, 0, _Way(), ways, has_site=bool(names.sites))
        ways.sort(key=lambda way: way.cost)
        return cls(names, town, tuple(_distinct(ways)[:MOST]), beside, parts, _has_rest(tokens))

    def readings(self, text: str) -> Readings:
        town = text[self.town[0] : self.town[1]] if self.town else None
        return Readings(tuple(self._reading(way, text, town) for way in self.ways), self.beside, self.parts, self.rest)

    def _reading(self, way: _Way, text: str, town: str | None) -> Reading:
        said = {slot: value.of(text) for slot, value in way.slots.items()}
        numbers = (said.get(slot) for slot in ("lane", "number", "group", "zone", "building"))
        place = Place(self.names.roads, self.names.sites, self.names.villages, *numbers)
        room = Room(*(said.get(slot) for slot in ("entrance", "floor", "room")))
        return Reading(place, room, way.cost, way.glued, town)


def _distinct(ways: list[_Way]) -> list[_Way]:
    seen, kept = set(), []
    for way in ways:
        key = tuple(sorted((slot, value.pieces) for slot, value in way.slots.items()))
        if key not in seen:
            seen.add(key)
            kept.append(way)
    return kept


def _has_rest(tokens: list[Token]) -> bool:
    """Tell whether words follow the numbers, or stand alone, that are neither a name nor a remark in brackets."""
    last = max((at for at, token in enumerate(tokens) if token.kind in _SAID), default=len(tokens))
    return any(
        token.kind == "unknown"
        and not token.bracketed
        and (at > last or token.end - token.start == 1 or (at > 0 and tokens[at - 1].kind == "name" and not token.sign))
        for at, token in enumerate(tokens)
    )


def _names(shape: str, tokens: list[Token]) -> Place:
    roads: set[str] = set()
    sites: set[str] = set()
    villages: set[str] = set()
    numbers = [at for at, token in enumerate(tokens) if token.kind == "number"]
    known = any(token.kind == "name" for token in tokens)
    for at, token in enumerate(tokens):
        text = shape[token.start : token.end]
        if token.kind == "name":
            for kind, found in (("road", roads), ("site", sites), ("village", villages)):
                if kind in token.kinds:
                    found.add(token.key)
        elif token.kind == "village":
            continue
        elif token.kind == "unknown" and len(text) >= 2:
            remark = known and (token.bracketed or (numbers and at > numbers[-1]))
            if not remark:
                (roads if _ROAD_END.search(text) else sites).add(text if _ROAD_END.search(text) else site_key(text))
    return Place(frozenset(roads), frozenset(sites), frozenset(villages))


def _number_lists(shape: str, tokens: list[Token]) -> Iterator[list[_Number]]:
    """Give the lists of numbers that the tokens may be: as they stand, with blanks closed, with parts of doors."""
    numbers = _numbers(shape, tokens)
    yield numbers
    closed = _closed(numbers)
    if len(closed) < len(numbers):
        yield closed
    for at in range(1, len(numbers)):
        joined = _door_part(numbers[at - 1], numbers[at])
        if joined is not None:
            yield [*numbers[: at - 1], joined, *numbers[at + 1 :]]
    for at, number in enumerate(numbers):
        for split in _split(number, last=_is_last(numbers, at)):
            yield [*numbers[:at], *split, *numbers[at + 1 :]]


def _numbers(shape: str, tokens: list[Token]) -> list[_Number]:
    numbers: list[_Number] = []
    name = ""
    for token in tokens:
        if token.kind == "name":
            name = next(kind for kind in ("road", "site", "village") if kind in token.kinds)
        elif token.kind == "unknown":
            name = name or "unknown"
        elif token.kind == "number":
            value = _Value((token.literal,)) if token.literal else _Value.at(*token.value)
            said = shape[slice(*token.value)]
            digits = len(said) if all(sign in _DIGITS for sign in said) else 0
            base = None
            if said in _LETTERS_FOR_ONE:
                base = _Value(("1",))
            elif (bare := _LETTERED.fullmatch(said)) is not None:
                left = token.value[0] + bare.start(1)
                base = _Value.at(left, left + len(bare[1]))
            numbers.append(_Number(value, token.unit, digits, name, token.sign, base))
            name = ""
        elif token.kind == "part" and numbers:
            last = numbers[-1]
            mark = "" if token.value[1] - token.value[0] == 1 and token.end - token.start == 1 else "-"
            value = _Value((*last.value.pieces, mark, (token.value,)))
            numbers[-1] = replace(last, value=value, base=last.base or last.value)
        elif token.kind == "inside":
            last_room = bool(numbers) and numbers[-1].unit in {"room", ""} and numbers[-1].digits >= 3
            if last_room:
                value = _Value((*numbers[-1].value.pieces, "-", _INSIDE_MARK))
                numbers[-1] = replace(numbers[-1], value=value, base=numbers[-1].value, only=("room",))
            else:
                numbers.append(_Number(_Value((_INSIDE_MARK,)), "room", 9, "", token.sign))
    names = [token.start for token in tokens if token.kind == "name"]
    in_front = [token for token in tokens if names and token.kind == "number" and token.start < names[0]]
    if len(in_front) == 1 and not in_front[0].unit and len(numbers) > 1:
        numbers[0] = replace(numbers[0], cost=OPEN)  # the number of a line of a list, most likely
    return numbers


_INSIDE_MARK = "+"
_SAID = frozenset({"number", "part", "inside"})
_LETTERS_FOR_ONE = frozenset({"L", "I"})
_LETTERED = re.compile(r"(?=.*\D)[A-Z甲乙丙丁戊]{0,2}(\d+)[A-Z甲乙丙丁戊]?")


def _closed(numbers: list[_Number]) -> list[_Number]:
    """Close the blanks inside numbers: 4 0 1室."""
    closed: list[_Number] = []
    for number in numbers:
        last = closed[-1] if closed else None
        if last is not None and number.sign == " " and not last.unit and last.base is None and number.base is None:
            spans = [piece for part in (last, number) for piece in part.value.pieces if not isinstance(piece, str)]
            value = _Value((tuple(span for piece in spans for span in piece),))
            closed[-1] = replace(last, value=value, unit=number.unit, digits=last.digits + number.digits, cost=1)
        else:
            closed.append(number)
    return closed


def _door_part(first: _Number, second: _Number) -> _Number | None:
    """Read 3-1号 and 501-1 as one number with a part."""
    if second.sign != "-" or second.digits > 2 or first.base or second.base or second.after:
        return None
    value = _Value((*first.value.pieces, "-", *second.value.pieces))
    if not first.unit and second.unit in {"hao", "building", "hash"}:
        only = ("building",) if second.unit == "building" else ("number", "building")
        return replace(first, value=value, base=first.value, unit=second.unit, only=only)
    if (first.unit == "room" or first.digits >= 3) and not second.unit:
        return replace(first, value=value, base=first.value, only=("room",), unit="room")
    return None


def _split(number: _Number, *, last: bool) -> Iterator[list[_Number]]:
    """Take digits apart that were written together: 1302室 is entrance 1, room 302; 51101 building, entrance, room."""
    if len(number.value.pieces) != 1 or number.unit not in {"", "room"} or not last or number.base or number.digits < 4:
        return
    piece = number.value.pieces[0]
    if isinstance(piece, str) or len(piece) > 1:
        return
    start = piece[0][0]
    digits = number.digits

    def piece_of(left: int, right: int, slot: str, cost: int) -> _Number:
        return _Number(
            _Value.at(start + left, start + right), "", right - left, number.after if left == 0 else "",
            number.sign if left == 0 else "", glued=digits, cost=cost, only=(slot,),
        )  # fmt: skip

    if digits in (4, 5):
        yield [piece_of(0, 1, "entrance", 1), piece_of(1, digits, "room", 0)]
        yield [piece_of(0, 1, "building", OPEN), piece_of(1, digits, "room", 0)]
    if digits in (5, 6):
        yield [piece_of(0, 1, "building", OPEN), piece_of(1, 2, "entrance", 0), piece_of(2, digits, "room", 0)]
    if digits == 5:
        yield [piece_of(0, 2, "building", OPEN + 1), piece_of(2, digits, "room", 0)]
    if digits == 6:
        yield [piece_of(0, 2, "building", OPEN + 1), piece_of(2, 3, "entrance", 0), piece_of(3, digits, "room", 0)]


def _is_last(numbers: list[_Number], at: int) -> bool:
    """Tell whether nothing after a number can be a room; 202（二期） ends with its zone."""
    return all(number.unit in _EXPLICIT and number.unit != "room" for number in numbers[at + 1 :])


def _place(numbers: list[_Number], at: int, way: _Way, found: list[_Way], *, has_site: bool) -> None:
    """Give the numbers from a position on a slot each, in every way."""
    if len(found) > 400:
        return
    if at == len(numbers):
        found.append(way)
        return
    number = numbers[at]
    for slot, cost in _options(number, way, last=_is_last(numbers, at), has_site=has_site):
        if slot in way.slots or (number.only and slot not in number.only):
            continue
        inverted = bool(way.last) and _RANK[slot] < _RANK[way.last]
        if inverted and not _may_go_back(number, slot, way):
            continue
        total = way.cost + cost + number.cost + (1 if inverted and number.unit not in _EXPLICIT else 0)
        site_door = way.site_door or (slot == "number" and number.after == "site")
        if site_door and slot == "building":
            continue  # 康乐新村6号1-302 is building 6; the door of an estate stands before its name
        glued = max(way.glued, number.glued)
        taken = _Way(total, glued, {**way.slots, slot: number.value}, slot, site_door)
        _place(numbers, at + 1, taken, found, has_site=has_site)
        if number.base is not None and slot != "room":
            base = _Way(total + OPEN, glued, {**way.slots, slot: number.base}, slot, site_door)
            _place(numbers, at + 1, base, found, has_site=has_site)


def _may_go_back(number: _Number, slot: str, way: _Way) -> bool:
    """Tell whether a number may have a larger thing than the one before it: 401室5号楼, 301室 柳巷10号."""
    named = number.unit == "hao" and slot == "number" and number.after == "road"
    return number.unit in _EXPLICIT or named or way.last == "room"


def _options(number: _Number, way: _Way, *, last: bool, has_site: bool) -> Iterator[tuple[str, int]]:
    """Give the slots that a number may have, and what each costs."""
    unit, taken = number.unit, way.slots
    if unit in {"building", "room", "entrance", "floor", "lane", "group", "zone"}:
        yield unit, 0
        if unit == "room" and number.digits <= 3 and number.after in {"", "village"} and "group" in taken:
            yield "number", 1
        return
    if unit == "court":
        yield "number", 0
        return
    if unit == "hao":
        yield "number", 0
        yield "building", 1 if has_site or "number" in taken else OPEN
        if "building" in taken:
            yield "entrance", 2
        large = "number" in taken and number.digits > _LONGEST_ENTRANCE  # 51号201号
        if large or {"building", "entrance", "floor"} & taken.keys():
            yield "room", 1
        return
    if unit == "lou":
        yield "building", 1
        yield "floor", 0 if "building" in taken or "number" in taken else 1
        return
    if unit == "hash":
        yield "building", 0
        yield "entrance", 1
        yield "room", 1
        yield "number", OPEN if number.after == "site" else 1
        return
    yield from _bare_options(number, way, last=last, has_site=has_site)


def _bare_options(number: _Number, way: _Way, *, last: bool, has_site: bool) -> Iterator[tuple[str, int]]:
    on_road = number.after == "road" or way.last in {"lane", "group"}
    short = number.digits <= _LONGEST_ENTRANCE
    if last:
        yield "room", 2 if on_road else (1 if number.digits == 1 and way.last == "number" else 0)
    # The door of an estate stands before its name.
    yield "number", 0 if on_road else (OPEN if number.after == "site" or not (number.after or way.slots) else 1)
    if number.after == "road" and not last:
        yield "lane", 1
    if number.after == "village" and not last and not way.slots:
        yield "group", 1
    if short or number.base is not None:
        yield "building", OPEN if on_road else 1
    if short and (way.slots or has_site):
        yield "entrance", 0 if way.last == "building" else 1
    if short and not last and way.slots:
        yield "floor", 1
