"""
Cut an address into names of the map, numbers with the words for their kind, and words that say something else.

Nothing is decided here: 5号 stays a number with 号, whichever of door, building, entrance or room it may be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from census_map.roster.lexicon import Lexicon
from census_map.roster.text import NUMERAL

_NUMERALS = NUMERAL + "肆伍陆柒捌玖拾佰"
_STEM = "甲乙丙丁戊"
_NUMBER = re.compile(
    rf"第?(?:(?P<digits>[{_STEM}]?[A-Z]{{0,2}}\d{{1,6}}(?:[A-EG-TV-Z](?![A-Z\d])|[{_STEM}](?![\d号]))?)"
    rf"|(?P<numeral>[{_NUMERALS}]{{1,6}})|(?P<letter>[{_STEM}]|[A-Z]{{1,2}}))"
)
_ROAD_WORDS = "路街道村桥湾庄湖里"
_LETTER_UNITS = frozenset({"building", "zone", "entrance", "lou", "court"})
_UNITS = re.compile(
    r"""
    (?P<building>号[楼幢栋座](?![上下])|[幢栋]楼|[幢栋]|座(?!谈|位)|\#[楼幢栋]|BLDG|BUILDING|BLOCK|BLK)
    |(?P<court>号?(?:家属大?院|职工大?院|大院|院子|院(?!内|里)))
    |(?P<room>号房间|号房(?![后前](?!门))|号室|房间|室|房(?![产屋]|[后前](?!门)|号\d)|户(?![口籍])
        |(?:ROOM|RM)(?![. ]*\d))
    |(?P<entrance>单元|号门(?![牌口面前外])|门[栋洞]|楼?梯(?!田)|门(?![牌口面前外诊市店窗头业卫])|单(?=\d)|元(?=\d)|U(?![A-Z]))
    |(?P<hao>号)
    |(?P<hash>\#)
    |(?P<floor>楼层|层|/?F(?![A-Z]))
    |(?P<lou>楼(?![上下顶梯道房后前旁边]))
    |(?P<lane>支?弄(?!口)|巷(?!口)|胡同(?!口))
    |(?P<group>村民小?组|居民小?组|生产小?队|小组|小队|组(?!团|合)|队(?!伍)|社(?![区会团]))
    |(?P<zone>[期区](?!域|间))
    """,
    re.VERBOSE,
)
# Words for the kind that stand before the number: 门牌12, Room 301, No. 4, U2.
_BEFORE = re.compile(
    r"""(?:
    (?P<room>ROOM|RM|APARTMENT|APT|FLAT|R(?=\d)|房间?号|室号)|(?P<building>BUILDING|BLDG|BLOCK|BLK|[楼栋幢]号?(?=[,:]\d)|[楼栋幢]号)
    |(?P<entrance>UNIT|U(?=[\d-])|单元号|单元(?=[,:]?\d))|(?P<plain>NUMBER|NO(?=[.,\d ])|\#(?=\d))|(?P<door>门牌号?码?)
    )[.,: ]*(?=[A-Z]?\d)""",
    re.VERBOSE,
)
_SIDE = re.compile(r"(?P<value>[东西南北中左右])(?:边?户|室)")
_ZONE = re.compile(rf"(?P<value>[东西南北中]|[A-Z]|[IVX]{{1,3}}|\d|[{NUMERAL}]{{1,2}})(?P<unit>[区期])(?!域|间)")
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6"}
# Parts of a door or a dwelling: 之二, 附1号, 甲, A.
_PART = re.compile(
    rf"[-(]?(?:之|附|副)第?(?P<value>[\d{NUMERAL}]{{1,3}})号?\)?|\((?P<bracketed>\d{{1,2}}|[{_STEM}A-E])\)"
    rf"|-(?P<dashed>\d{{1,2}})[室号户]?(?=$|[,(])|(?P<letter>[{_STEM}A-E](?![A-Z\d{_STEM}])|(?<=号)[{_STEM}])"
)
# What is used apart from the dwelling, or a piece of it.
_INSIDE = re.compile(
    r"(?:自行)?车库|车棚|车位|储藏[室间]|储物[室间]|杂物间|地下室|半地下|柴[火草]?间|[主次客南北东西大小]卧室?|隔断间?|隔间|床位\d*|小间|[东西南北前后里外]间"
    r"|[东西南北]屋|夹层|门面房?|商铺|店面|店铺|厨房|露台|小屋|披屋|棚屋"
)
BESIDE = re.compile(
    r"[斜正]?对[面门过]|正对|隔壁|间壁|邻居|相邻|[东西南北左右前后]邻|毗邻|紧邻|邻近|临近|靠近|附近|[周]边|周围|不远处?|旁边?|边上|[东西南北左右前后]侧|侧面|[前后左右][一二三四五六七八九两0-9]*[排幢栋家间座户]|[前后旁][平小棚楼]房?|[东西南北左右前后]边(?!户)"
    r"|[东西南北]首(?!户)|[东西南北后前背]面|[屋房楼][后前](?!门)|后头|前头|背后|前方|后方|门[前口]|[以往向朝][东西南北]|[东西南北]行|交[叉汇界]路?[口处]?"
    r"|[路巷弄]口|[转拐]角|之间|中间|斜角|[东西南北]?\d+余?(?:米|公里)"
)
_STOREY = re.compile(r"楼[上下]")
_LAST_BESIDE = re.compile(r"[后前旁边侧近](?=\)|$)")
_WORDS = re.compile(
    r"现?租住|[出合整转]租[房屋]?|已[租售]|租(?![界])|现?居住[于在]|现?居住地址?|现住址|现居住?地?址?|家住|(?:[暂借自居现]住|暂居|住(?!宅|建|址))[于在]?|住址|地址|位于|坐落于?|现|今|即|系|[本我](?:小区|街道|社区|辖区|[村组队社镇乡市区县])|内|院[内里]|里面"
    r"|[后前侧]门|[东西南北]门(?![\u4e00-\u9fff])|楼上|楼下|阁楼|顶楼|复式|跃层|自建房|民房|[老新祖旧][宅屋房]|祖宅|住宅楼?|居民楼|公寓楼|商品房|[安拆回][置迁]房|公租房|廉租房"
    r"|空户|空挂户?|空置|空房|人户分离|房东|户主|小区|门牌号?码?|号码|[家的第等]"
)
# A former name, where the present one stands as well: 原机械厂宿舍.
_FORMER = re.compile(
    r"(?:原|曾用名?|旧称)[^\d,()/#-]{1,16}?(?:宿舍[楼区]?|家属[院区楼]|大院|[厂局所社站校院矿行会]|公司|单位|小区|生产队|大队|[村街路巷])(?:职工)?(?:宿舍[楼区]?|家属[院区楼]|大院)?"
)
_ASIDE = re.compile(
    r"\([东西南北中左右][侧边面首户手]?(?:\)|$)|\((?:原|曾|旧|老|前身|电话|手机|TEL|户籍|身份|共?\d+[人口户间套])[^()]*\)?"
)
_DIVISION = re.compile(
    r"[\u4e00-\u9fff]{2,7}?(?:自治[区州县]|省|市|区|县|(?P<town>街道办事处|街道|镇|乡)|(?P<village>社区居民委员会|社区居委会|居民委员会|村民委员会|社区|居委会|村委会|村))"
    r"(?![路街巷弄道里花家新公小广大口\d一二三四五六七八九十])(?=[\u4e00-\u9fff])"
)
_SEPARATOR = re.compile(r"[^\w#(]+|_+|\(")


@dataclass(frozen=True, slots=True)
class Token:
    """
    A piece of an address.

    Attributes
    ----------
    kind
        `name` (of the map), `unknown` (perhaps a name), `number`, `part` (of the number before it), `inside` (a piece
        of a dwelling, or what belongs to it), `beside`, `town`, `village`, `title`, `word` (says nothing).
    start, end
        In the text.
    key
        Of a name.
    kinds
        Of a name; see `KnownName`.
    unit
        The word for the kind of a number, as a key of the groups of `_UNITS`; empty without one.
    value
        Where the number itself stands, without the word.
    sign
        What stands between this and the token before: empty when they touch, ` ` for a blank, `-` for any other sign.
    literal
        Of a number, its value where that is not what stands there; of a name, `explicit` (see `KnownName`).
    bracketed
        Whether it stands in brackets.
    """

    kind: str
    start: int
    end: int
    key: str = ""
    kinds: frozenset[str] = frozenset()
    unit: str = ""
    value: tuple[int, int] = (0, 0)
    sign: str = ""
    literal: str = ""
    bracketed: bool = False


def tokenise(text: str, lexicon: Lexicon) -> list[Token]:
    """
    Cut an address into tokens.

    Parameters
    ----------
    text
        Normalised and tidied (`tidy`).
    lexicon
        The names of the map.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        aside = _ASIDE.match(text, at)
        if aside is not None and tokens:
            at = aside.end()
            continue
        ends = bool(tokens) and tokens[-1].end == at and tokens[-1].unit in {"hao", "room"}
        separator = None if ends and _PART.match(text, at) else _SEPARATOR.match(text, at)
        if separator is not None:
            at = separator.end()
            continue
        token = next(_tokens_at(text, at, tokens, lexicon))
        sign = _sign(text, tokens[-1].end if tokens else 0, token.start)
        bracketed = text.count("(", 0, at) > text.count(")", 0, at)
        tokens.append(replace(token, sign=sign, bracketed=bracketed))
        at = token.end
    return _with_names(tokens)


def _sign(text: str, end: int, start: int) -> str:
    between = text[end:start]
    return "" if not between else (" " if between == " " else "-")


def _tokens_at(text: str, at: int, before: list[Token], lexicon: Lexicon) -> Iterator[Token]:
    """Give what stands at a position, the likeliest first; an unknown character is always the last."""
    last = before[-1] if before else None
    touches = last is not None and last.end == at
    after_number = last is not None and last.kind in {"number", "part", "inside"}
    numbered = any(token.kind == "number" for token in before)
    if after_number:
        yield from _after_number(text, at, touches=touches)
    known = lexicon.find(text, at)
    if known is not None:
        kind = "title" if known.kinds == {"title"} else "name"
        yield Token(kind, at, known.end, key=known.key, kinds=known.kinds, literal="explicit" if known.explicit else "")
    if last is not None and last.kind == "name" and (zone := _ZONE.match(text, at)):
        value = _ROMAN.get(zone["value"], "")
        yield Token("number", at, zone.end(), unit="zone", value=zone.span("value"), literal=value)
    unknown = touches and last is not None and last.kind == "unknown"
    former = None if unknown else _FORMER.match(text, at)
    if former is not None:
        yield Token("former", at, former.end())
    yield from _number(text, at, last, numbered=numbered, touches=touches)
    beside = BESIDE.match(text, at) or (_LAST_BESIDE.match(text, at) if numbered else None)
    in_room = last is not None and (last.unit == "room" or (not last.unit and last.value[1] - last.value[0] > 2))
    if in_room and beside is None:
        beside = _STOREY.match(text, at)  # another dwelling, while 12号楼上 is in the house
    if beside is not None:
        yield Token("beside", at, beside.end())
    if not unknown:
        word = _WORDS.match(text, at)
        if word is not None and (numbered or len(word[0]) > 1 or _is_apart(text, word.end(), lexicon)):
            yield Token("word", at, word.end())
        division = None if numbered or any(t.kind in {"name", "unknown"} for t in before) else _DIVISION.match(text, at)
        if division is not None:
            kind = next((name for name in ("town", "village") if division[name]), "title")
            yield Token(kind, at, division.end())
    yield Token("unknown", at, at + 1)


def _is_apart(text: str, at: int, lexicon: Lexicon) -> bool:
    """Tell whether what follows a short word begins anew: 住东方花园, but not 今日家园."""
    return not "\u3400" <= text[at : at + 1] <= "\u9fff" or lexicon.find(text, at) is not None


def _after_number(text: str, at: int, *, touches: bool) -> Iterator[Token]:
    inside = _INSIDE.match(text, at)
    if inside is not None:
        yield Token("inside", at, inside.end(), value=inside.span())
    side = _SIDE.match(text, at)
    if side is not None:
        yield Token("number", at, side.end(), unit="room", value=side.span("value"))
    part = _PART.match(text, at)
    if part is not None and not _UNITS.match(text, part.end()):
        group = next(name for name in ("value", "bracketed", "dashed", "letter") if part[name])
        if touches or group == "value":
            yield Token("part", at, part.end(), value=part.span(group))


def _number(text: str, at: int, last: Token | None, *, numbered: bool, touches: bool) -> Iterator[Token]:
    before = _BEFORE.match(text, at)
    match = _NUMBER.match(text, before.end() if before else at)
    if match is None:
        return
    group = next(name for name in ("digits", "numeral", "letter") if match[name])
    said = {"plain": "", "door": "hao"}.get(before.lastgroup or "", before.lastgroup or "") if before else ""
    unit = _unit(text, match.end())
    if said and unit is not None and unit.lastgroup not in {said, "hao", "hash"}:
        unit = None  # 楼号:6 单元:1
    kind = (unit.lastgroup or "") if unit else ""
    follows = text[unit.end() if unit else match.end() :][:1]
    unnumbered = not numbered and last is None
    if group == "digits" and text.startswith(("米", "公里"), match.end()):
        yield Token("beside", at, match.end() + 1)
        return
    if group == "letter" and kind not in _LETTER_UNITS:
        return
    if group == "numeral" and (
        (not kind and ((touches and last is not None and last.kind == "unknown") or follows >= "\u3400"))
        or (kind not in {"", "building", "hao", "room"} and follows in _ROAD_WORDS and follows)
        or (kind == "lane" and unnumbered)
    ):
        return  # 三门路, 一里庄
    yield Token("number", at, unit.end() if unit else match.end(), unit=said or kind, value=match.span(group))


def _unit(text: str, at: int) -> re.Match[str] | None:
    """Find the word for the kind of a number that ends at a position, a blank between allowed."""
    return _UNITS.match(text, at) or (_UNITS.match(text, at + 1) if text[at : at + 1] == " " else None)


def _with_names(tokens: list[Token]) -> list[Token]:
    """Join the characters of unknown names, and a known name that is only a part of one."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if last is not None and not token.sign and _is_one_name(last, token):
            joined[-1] = Token("unknown", last.start, token.end, sign=last.sign, bracketed=last.bracketed)
        else:
            joined.append(token)
    named = any(token.kind == "name" for token in joined)
    kept = [token for token in joined if token.kind != "former" or not named]
    return [replace(token, kind="unknown") if token.kind == "former" else token for token in kept]


def _is_one_name(last: Token, token: Token) -> bool:
    if token.kind == "unknown":
        return last.kind == "unknown" or (last.kind in {"name", "title"} and last.literal != "explicit")
    return last.kind == "unknown" and token.kind in {"name", "title"}
