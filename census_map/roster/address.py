"""
Take an address apart into its parts, each with its position in the text as typed.

Chinese addresses run from the large to the small: province, prefecture, county, town, village or community, road,
lane, number, estate, zone, building, entrance, floor, room; in villages group and number. Any of them may be missing.
Addresses in Latin letters (`12 Main Street, Flat 3`) take the plain form of `census_map.roster.address_plain`.

Nothing is guessed silently: whatever the text alone does not settle is named in `Address.doubts`, and characters that
belong to no part are in `Address.rest`.
"""

import re
from dataclasses import dataclass, replace

from census_map.roster import address_plain
from census_map.roster.lexicon import Lexicon
from census_map.roster.patterns import (
    BRACKET,
    CITY,
    CITY_ZONE,
    CROSSING,
    ESTATE_END,
    HEAD,
    KNOWN_CITY,
    LEAD,
    NO_CITY,
    PARK,
    PROVINCES,
    ROAD,
    SPLIT_NUMBER,
    TOKEN,
)
from census_map.roster.text import normalise_with_positions, plain_number

KINDS = (
    "province",
    "prefecture",
    "county",
    "town",
    "village",
    "group",
    "road",
    "lane",
    "number",
    "estate",
    "place",
    "zone",
    "building",
    "entrance",
    "floor",
    "room",
    "note",
)
NAMES = ("village", "road", "estate", "place")
HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Z]{2}")
_SIDE_END = re.compile(r"[东西南北]$")
_WORD = re.compile(r"[^\W_]")
_LONGEST_DIGIT_ROAD = 9
_NO_PROVINCE = re.compile(r"[^\W\d_区县市路街]{0,6}(?:大学|学院)|[东西南北中]?[一二三四五六七八九十]?(?:路|街|大道|道)")
HEAD_COUNTY = dict(HEAD)["county"]
_VERTICAL = ("building", "entrance", "floor", "room")


@dataclass(frozen=True, slots=True)
class Part:
    """
    One part of an address.

    Attributes
    ----------
    kind
        One of `KINDS`. `place` is a name whose kind the text does not tell; `note` stands in brackets.
    value
        In one spelling: half width, simplified characters, numbers in digits, without the unit.
    start, end
        Where it stands in the text as typed.
    """

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Address:
    """
    An address taken apart.

    Attributes
    ----------
    parts
        In the order of the text.
    doubts
        What the text alone does not settle: `chain` (3-501: building and room, or entrance and room), `bare-number`
        (a number without its unit), `bare-room`, `blank` (a blank inside a number), `name-kind` (a name without a word
        for its kind), `floor-or-building` (3楼), `second-road`.
    rest
        Stretches of the text, as positions, that belong to no part.
    """

    parts: tuple[Part, ...]
    doubts: tuple[str, ...] = ()
    rest: tuple[tuple[int, int], ...] = ()

    def value(self, kind: str) -> str | None:
        """Give the value of the first part of a kind, or None."""
        for part in self.parts:
            if part.kind == kind:
                return part.value
        return None

    def values(self, kind: str) -> tuple[str, ...]:
        """Give the values of all parts of a kind, in order."""
        return tuple(part.value for part in self.parts if part.kind == kind)


def parse_address(text: str, known: Lexicon | None = None) -> Address:
    """
    Take an address apart.

    Parameters
    ----------
    text
        As typed; any width, Chinese or Latin.
    known
        Names that are found before the words for their kinds: with 鱼市巷 known, 鱼市 is no county.

    Returns
    -------
    address
        Without parts when nothing in the text is an address.
    """
    plain, positions = normalise_with_positions(text)
    doubtful = False
    if positions is not None and SPLIT_NUMBER.search(plain):
        plain, positions = _join_numbers(plain, positions)
        doubtful = True
    if HAN.search(plain) or not _LATIN_WORD.search(plain):
        address = read_plain(plain, known)
        if doubtful:
            address = replace(address, doubts=(*address.doubts, "blank"))
    else:
        plain, positions = address_plain.fold(text)
        address = _address(plain, [Part(*found) for found in address_plain.find_parts(plain)], [])
    return address if positions is None else _as_typed(address, (*positions, len(text)))


def read_plain(plain: str, known: Lexicon | None = None) -> Address:
    """Take a normalised Chinese address apart; see `parse_address`."""
    reader = _Reader(plain, known)
    reader.read()
    return _address(plain, reader.parts, reader.doubts)


def _address(plain: str, parts: list[Part], doubts: list[str]) -> Address:
    parts.sort(key=lambda part: (part.start, part.end))
    return Address(tuple(parts), tuple(dict.fromkeys(doubts)), tuple(_uncovered(plain, parts)))


def _as_typed(address: Address, where: tuple[int, ...]) -> Address:
    """Move the positions from the normalised text into the text as typed."""
    parts = tuple(Part(p.kind, p.value, where[p.start], where[p.end - 1] + 1) for p in address.parts)
    rest = tuple((where[start], where[end - 1] + 1) for start, end in address.rest)
    return Address(parts, address.doubts, rest)


def _join_numbers(plain: str, positions: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """
    Mend numbers with a blank inside: 1组6 1号 is number 61; 3幢2 501 is entrance 2, room 501.

    Where the second run cannot stand alone, the two are one number; where both can, the blank stands for a dash.
    """
    characters = list(plain)
    for match in SPLIT_NUMBER.finditer(plain):
        first, second, unit = match.groups()
        before = plain[match.start() - 1]
        one = len(second) <= 2 or (unit and unit in "号幢栋座单#弄组")
        one = one or (before in "元门梯" and not second.startswith(first))
        characters[match.end(1)] = "" if one else "-"
    kept = [index for index, character in enumerate(characters) if character]
    return "".join(characters), tuple(positions[index] for index in kept)


def _uncovered(plain: str, parts: list[Part]) -> list[tuple[int, int]]:
    free, at = [], 0
    for start, end in [*((p.start, p.end) for p in parts), (len(plain), len(plain))]:
        if start > at and _WORD.search(plain, at, start):
            free.append((at, start))
        at = max(at, end)
    return free


class _Reader:
    """Reads one normalised Chinese address from left to right."""

    def __init__(self, plain: str, known: Lexicon | None) -> None:
        self.text = plain
        self.known = known
        self.parts: list[Part] = []
        self.doubts: list[str] = []
        self.seen: set[str] = set()

    def read(self) -> None:
        for match in BRACKET.finditer(self.text):
            if match[1]:
                self.add("note", match[1], match.start(1), match.end(1), count=False)
        text = BRACKET.sub(lambda match: "(" * len(match[0]), self.text)
        at = self.read_head(text)
        while at < len(text):
            token = TOKEN.search(text, at)
            self.read_names(text, at, token.start() if token else len(text), token)
            if token is None:
                return
            self.read_token(token)
            at = token.end()

    def add(self, kind: str, value: str, start: int, end: int, *, count: bool = True) -> None:
        self.parts.append(Part(kind, value, start, end))
        if count:
            self.seen.add(kind)

    def read_head(self, text: str) -> int:
        lead = LEAD.match(text)
        at = lead.end() if lead else 0
        for kind, pattern in HEAD:
            if self.known is not None and (found := self.known.find(text, at)) is not None:
                if found.explicit and found.kinds == {"village"}:
                    self.add("village", text[at : found.end], at, found.end)
                    return found.end
                return at
            if kind == "county":
                at = self.read_city(text, at)
                if "county" in self.seen:
                    continue
            match = pattern.match(text, at)
            if match is None or (kind == "village" and _names_an_estate(text, match)):
                continue
            if kind == "province" and match[1] in PROVINCES and _NO_PROVINCE.match(text, match.end()):
                continue
            at = self.add_name(kind, match["province"] if kind == "province" else match[1], match)
        return at

    def add_name(self, kind: str, value: str, match: re.Match[str]) -> int:
        self.add(kind, value, match.start(), match.start() + len(match[0].rstrip(",")))
        # A district or a town may be written twice (上海市上海市, 越秀区越秀区).
        again = match.string.startswith(value, match.end())
        return match.end() + (len(value) if again else 0)

    def read_city(self, text: str, at: int) -> int:
        """Read a city and the zone in the place of its district; a city that is no prefecture stands for a county."""
        match = KNOWN_CITY.match(text, at)
        if match is not None and match[1] == match[2]:
            certain = HEAD_COUNTY.match(text, match.end()) or not NO_CITY.match(text, match.end())
            match = match if certain else None
        if match is not None:
            at = self.add_name("prefecture", match[1], match)
        elif (match := CITY.match(text, at)) is not None:
            below = HEAD_COUNTY.match(text, match.end())
            at = self.add_name("prefecture" if below or not match[1].endswith("市") else "county", match[1], match)
        zone = CITY_ZONE.match(text, at) if match is not None and "prefecture" in self.seen else None
        return at if zone is None else self.add_name("county", zone[1], zone)

    def read_names(self, text: str, start: int, end: int, token: re.Match[str] | None) -> None:
        for piece_start, piece_end in _pieces(text, start, end):
            at = piece_start
            while at < piece_end:
                park = PARK.match(text, at, piece_end)
                if park is not None:
                    self.add("estate", park[1], *park.span())
                    at = park.end()
                match = ROAD.match(text, at, piece_end)
                if match is None:
                    break
                if "road" in self.seen:
                    self.doubts.append("second-road")
                self.add("road", match[1], at, match.end())
                at = match.end()
            if at < piece_end and HAN.search(text, at, piece_end):
                self.name(text[at:piece_end], at, piece_end, before=token if piece_end == end else None)

    def name(self, value: str, start: int, end: int, *, before: re.Match[str] | None) -> None:
        following = before.lastgroup if before else None
        side = _SIDE_END.search(value)
        if side and ESTATE_END.search(value, 0, side.start()):
            value, end = value[: side.start()], end - 1
        if following == "digit_road" and not ESTATE_END.search(value):
            return
        if len(value) > 1 and ESTATE_END.search(value):
            self.add("estate", value, start, end)
        elif len(value) > 1 or following in {"building", "chain"}:
            if before is not None or "road" not in self.seen:
                self.doubts.append("name-kind")
            self.add("place", value, start, end)

    def read_token(self, match: re.Match[str]) -> None:
        kind = match.lastgroup or ""
        if kind == "annex":
            self.add("number", f"{plain_number(match['number'])}-{plain_number(match['annex'])}", *match.span())
        elif kind == "numbered_road":
            self.add("road", match[0], *match.span())
        elif kind == "digit_road":
            self.read_digit_road(match)
        elif kind == "ground":
            self.add("floor", "1", *match.span())
        elif kind == "distance":
            return
        elif kind in {"chain", "chain_unit"}:
            self.read_chain(match)
        elif kind == "bare":
            self.read_bare(match)
        elif kind == "floor":
            self.read_floor(match)
        else:
            kind, value = (
                {
                    "side_entrance": "entrance",
                    "side_room": "room",
                    "wing": "building",
                    "lettered": "building",
                    "inner_zone": "zone",
                }.get(kind, kind),
                match[kind],
            )
            self.add(kind, _number(value), *match.span())

    def read_digit_road(self, match: re.Match[str]) -> None:
        """Read 科技南12路: the road begins where the last name, part or sign ended."""
        text, start = match.string, match.start()
        after = max((part.end for part in self.parts if part.kind != "note"), default=0)
        while start > after and HAN.match(text[start - 1]) and match.end() - start < _LONGEST_DIGIT_ROAD:
            start -= 1
        self.add("road", text[start : match.end()], start, match.end())

    def read_floor(self, match: re.Match[str]) -> None:
        value = match["floor"].replace("地下", "负").replace("负", "-")
        sign, value = ("-", value[1:]) if value.startswith("-") else ("", value)
        if match[0].endswith("楼") and not self.seen & {"number", "building", "entrance"}:
            self.doubts.append("floor-or-building")
        self.add("floor", sign + _number(value.partition(",")[0]), *match.span())

    def read_bare(self, match: re.Match[str]) -> None:
        value, span = _number(match["bare"]), match.span()
        if self.seen & {"building", "entrance", "floor"} and "room" not in self.seen:
            self.add("room", value, *span)
        elif "number" not in self.seen and self.parts and self.parts[-1].kind in {"road", "lane", "group", "village"}:
            self.doubts.append("bare-number")
            self.add("number", value, *span)
        elif self.seen & {"number", "estate", "place"} and len(match["bare"]) >= 2 and "room" not in self.seen:
            self.doubts.append("bare-room")
            self.add("room", value, *span)

    def read_chain(self, match: re.Match[str]) -> None:
        numbers = [_number(number) for number in match["chain"].split("-")]
        unit = match["chain_unit"] or ""
        kinds = self.chain_kinds(numbers, unit)
        if kinds is None:
            kind = {"号": "number", "号院": "number", "层": "floor", "室": "room", "房": "room", "户": "room"}.get(unit)
            if unit == "楼" and "building" in self.seen:
                kind = "floor"
            self.add(kind or ("building" if unit else "number"), "-".join(numbers), *match.span())
            return
        at = match.start()
        for kind, number, raw in zip(kinds, numbers, match["chain"].split("-"), strict=True):
            self.add(kind, number, at, at + len(raw))
            at += len(raw) + 1

    def chain_kinds(self, numbers: list[str], unit: str) -> tuple[str, ...] | None:  # noqa: PLR0911
        """Tell what the numbers of a chain such as 3-2-501 are; None: one number with a part of its own (12-3号)."""
        count, room = len(numbers), len(re.sub(r"\D", "", numbers[-1])) >= 3
        if unit in {"号楼", "幢", "栋", "座", "#", "#楼", "号院", "层"} or (unit == "楼" and count == 2):
            return None
        if unit == "单元":
            return ("building", "entrance") if count == 2 else None
        if unit == "号" and count == 2 and not room:
            return None
        if self.seen & {"floor"} and count == 2:
            return None
        free = [kind for kind in _VERTICAL if kind not in self.seen]
        after_number = "number" in self.seen or not self.parts
        if count == 2 and not room and "building" in free and not self.seen & {"estate", "place", "number"}:
            return None
        if "building" in free and self.parts and self.parts[-1].kind in {"road", "lane", "group"}:
            self.doubts.append("chain")
            return {2: ("number", "room"), 3: ("number", "entrance", "room")}.get(count)
        slots = {4: ("building", "entrance", "floor", "room"), 3: ("building", "entrance", "room")}
        if "building" in free:
            if count == 2:
                self.doubts.append("chain")
            return (
                slots.get(count, ("entrance", "room") if after_number else ("building", "room")) if count <= 4 else None
            )
        if "entrance" in free:
            if count == 2 and not room:
                self.doubts.append("chain")
            return {2: ("entrance", "room"), 3: ("entrance", "floor", "room")}.get(count)
        return ("floor", "room") if count == 2 and "floor" in free else None


def _number(value: str) -> str:
    value = value.removeprefix("自编").removeprefix("第")
    side = value[0] if value[0] in "东西南北中" else ""
    return side + plain_number(value[len(side) :])


def _names_an_estate(text: str, match: re.Match[str]) -> bool:
    """Tell whether what looks like a village is an estate, because a building of it follows (花园村3号楼)."""
    if not match[1].endswith("村") or match[1].endswith("行政村"):
        return False
    token = TOKEN.match(text, match.end())
    return token is not None and token.lastgroup == "building"


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a stretch of names at commas, brackets and words for a crossing."""
    pieces, at = [], start
    for match in re.finditer(r"[(),/#-]+|" + CROSSING.pattern, text[start:end]):
        if match.start() + start > at:
            pieces.append((at, match.start() + start))
        at = match.end() + start
    if at < end:
        pieces.append((at, end))
    return pieces
