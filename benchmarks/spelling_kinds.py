"""
Several hundred ways to write an address, each with what it means; made without looking at the parser.

`spellings.py` tries them on the sample township and on a map that is made to mislead.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DIGITS = "〇一二三四五六七八九"
BANK = "零壹贰叁肆伍陆柒捌玖"
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
PREFIX = "江苏省兴阳市龙湾区东华街道"


@dataclass(frozen=True)
class Site:
    """A place on the map: `kind` estate, lane, village or court; its names and numbers, all as text."""

    kind: str
    area: str
    building: str
    dwelling: str | None
    name: str = ""
    road: str = ""
    door: str = ""
    lane: str = ""
    group: str = ""
    block: str = ""
    entrance: str = ""
    room: str = ""


@dataclass(frozen=True)
class Line:
    """A spelling, and what it means: `dwelling`, `building`, `ask` (the building is the likely one) or `none`."""

    kind: str
    text: str
    expected: str
    site: Site


def spoken(number: str) -> str:
    """Write a number below 100 as it is spoken, a larger one digit by digit."""
    value = int(number)
    if value > 99:
        return "".join(DIGITS[int(digit)] for digit in number)
    tens, ones = divmod(value, 10)
    left = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return left + (DIGITS[ones] if ones or not tens else "")


def banked(number: str) -> str:
    """Write a number as on a cheque."""
    return "".join(BANK[int(digit)] for digit in number)


def wide(number: str) -> str:
    """Write a number in full width."""
    return "".join(chr(ord(digit) + 0xFEE0) for digit in number)


def circled(number: str) -> str:
    """Write a small number in a circle."""
    return CIRCLED[int(number)] if int(number) <= 20 else number


SIGNS = (
    "-",
    "—",
    "－",
    "–",
    "~",
    "～",
    ".",
    "。",
    "·",
    "、",
    "，",
    ",",
    "/",
    "\\",
    "／",
    "_",
    "*",
    "+",
    "'",
    ":",
    "：",
    "|",
    " ",
    "　",
    "--",
    " - ",
)
BLOCK_WORDS = ("幢", "栋", "号楼", "座", "#", "#楼", "号", "号幢", "楼", "号搂", "棟", "號樓", "Bldg", "＃")
ENTRANCE_WORDS = ("单元", "門", "门", "梯", "單元", "单无", "单园", "元", "单", "号门", "单 元", "U")
ROOM_WORDS = ("室", "", "房", "号", "户", "#", "号房", "房间", "Room", "号室")


def estate_bodies() -> Iterator[tuple[str, Callable[[Site], str]]]:
    """Ways to write building, entrance and room of an estate; all lead to the dwelling."""
    for word in BLOCK_WORDS:
        yield f"block:{word}", lambda s, w=word: f"{s.name}{s.block}{w}{s.entrance}单元{s.room}室"
        yield f"block-dash:{word}", lambda s, w=word: f"{s.name}{s.block}{w}{s.entrance}-{s.room}"
    for word in ENTRANCE_WORDS:
        yield f"entrance:{word}", lambda s, w=word: f"{s.name}{s.block}幢{s.entrance}{w}{s.room}室"
        yield f"entrance-bare:{word}", lambda s, w=word: f"{s.name}{s.block}号楼{s.entrance}{w}{s.room}"
    for word in ROOM_WORDS:
        yield f"room:{word}", lambda s, w=word: f"{s.name}{s.block}号楼{s.entrance}单元{s.room}{w}"
        yield f"room-block:{word}", lambda s, w=word: f"{s.name}{s.block}幢{s.entrance}单元{s.room}{w}"
    for sign in SIGNS:
        yield f"sign:{sign}", lambda s, w=sign: f"{s.name}{s.block}{w}{s.entrance}{w}{s.room}"
        yield f"sign-units:{sign}", lambda s, w=sign: f"{s.name}{w}{s.block}号楼{w}{s.entrance}单元{w}{s.room}室"
        yield f"sign-block:{sign}", lambda s, w=sign: f"{s.name}{s.block}幢{s.entrance}{w}{s.room}"
    for left, right in ("（）", "()", "【】", "[]", "「」", "〔〕", "｛｝", "《》", "<>", '""', "“”"):
        yield f"all:{left}", lambda s, a=left, b=right: f"{a}{s.name}{s.block}号楼{s.entrance}单元{s.room}室{b}"
        yield f"name:{left}", lambda s, a=left, b=right: f"{a}{s.name}{b}{s.block}号楼{s.entrance}单元{s.room}室"
        yield f"block:{left}", lambda s, a=left, b=right: f"{s.name}{a}{s.block}幢{b}{s.entrance}单元{s.room}室"
        yield f"room:{left}", lambda s, a=left, b=right: f"{s.name}{s.block}幢{s.entrance}单元{a}{s.room}{b}"
        yield f"tail:{left}", lambda s, a=left, b=right: f"{s.name}{a}{s.block}-{s.entrance}-{s.room}{b}"
        yield (
            f"road:{left}",
            lambda s, a=left, b=right: f"{s.road}{s.door}号{a}{s.name}{s.block}幢{s.entrance}单元{s.room}室{b}",
        )
        yield (
            f"front:{left}",
            lambda s, a=left, b=right: f"{a}{s.road}{s.door}号{b}{s.name}{s.block}幢{s.entrance}单元{s.room}室",
        )
        yield f"town:{left}", lambda s, a=left, b=right: f"东华街道{a}{s.name}{b}{s.block}-{s.entrance}-{s.room}"
    for how in (spoken, banked, wide, circled):
        name = how.__name__
        yield (
            f"{name}:units",
            lambda s, h=how: f"{s.name}{h(s.block)}号楼{h(s.entrance)}单元{s.room if h is circled else h(s.room)}室",
        )
        yield f"{name}:block", lambda s, h=how: f"{s.name}{h(s.block)}幢{s.entrance}单元{s.room}"
        yield (
            f"{name}:dash",
            lambda s, h=how: f"{s.name}{h(s.block)}-{h(s.entrance)}-{s.room if h is circled else h(s.room)}",
        )
    plain: dict[str, Callable[[Site], str]] = {
        "nth": lambda s: f"{s.name}第{s.block}幢第{s.entrance}单元第{s.room}室",
        "nth-spoken": lambda s: f"{s.name}第{spoken(s.block)}栋第{spoken(s.entrance)}单元{s.room}室",
        "zeros": lambda s: f"{s.name}0{s.block}-0{s.entrance}-0{s.room}",
        "zeros-units": lambda s: f"{s.name}0{s.block}幢0{s.entrance}单元0{s.room}室",
        "floor": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{floor(s)}楼{s.room}室",
        "floor-F": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{floor(s)}F{s.room}",
        "floor-slash": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{floor(s)}/F {s.room}",
        "floor-spoken": lambda s: f"{s.name}{s.block}号楼{s.entrance}单元{spoken(floor(s))}层{s.room}",
        "floor-door": lambda s: f"{s.name}{s.block}号楼{s.entrance}单元{floor(s)}楼{int(s.room[-2:])}号",
        "floor-dash": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{floor(s)}-{int(s.room[-2:])}",
        "reversed": lambda s: f"{s.entrance}单元{s.room}室，{s.name}{s.block}号楼",
        "reversed-all": lambda s: f"{s.room}室 {s.entrance}单元 {s.block}号楼 {s.name}",
        "name-last": lambda s: f"{s.block}号楼{s.entrance}单元{s.room}室（{s.name}）",
        "name-last-road": lambda s: f"{s.block}幢{s.entrance}单元{s.room}室 {s.road}{s.door}号{s.name}",
        "room-first": lambda s: f"{s.name}{s.room}室{s.block}号楼{s.entrance}单元",
        "glued": lambda s: f"{s.name}{s.block}幢{s.entrance}{s.room}室",
        "glued-bare": lambda s: f"{s.name}{s.block}号楼{s.entrance}{s.room}",
        "glued-dash": lambda s: f"{s.name}{s.block}-{s.entrance}{s.room}",
        "no.": lambda s: f"{s.name}NO.{s.block}楼{s.entrance}单元{s.room}",
        "no": lambda s: f"{s.name}No{s.block}-{s.entrance}-{s.room}",
        "unit-flat": lambda s: f"{s.name}Bldg {s.block} Unit {s.entrance} Rm {s.room}",
        "building-room": lambda s: f"{s.name}Building {s.block} Unit{s.entrance} Room {s.room}",
        "u": lambda s: f"{s.name}{s.block}幢U{s.entrance}-{s.room}",
        "rm": lambda s: f"{s.name}{s.block}幢{s.entrance}单元Rm{s.room}",
        "hash-front": lambda s: f"{s.name}#{s.block}-{s.entrance}-{s.room}",
        "hashes": lambda s: f"{s.name}{s.block}#{s.entrance}#{s.room}#",
        "blanks": lambda s: f" {s.name} {s.block} 号 楼 {s.entrance} 单 元 {s.room} 室 ",
        "split-room": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{' '.join(s.room)}室",
        "split-room-once": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{s.room[0]} {s.room[1:]}室",
        "zero-width": lambda s: f"{s.name}\u200b{s.block}号楼\u200b{s.entrance}单元{s.room}室",
        "line-break": lambda s: f"{s.name}\n{s.block}号楼{s.entrance}单元{s.room}室",
        "tab": lambda s: f"{s.name}\t{s.block}号楼\t{s.entrance}单元\t{s.room}室",
        "dash-one": lambda s: f"{s.name}{s.block}一{s.entrance}一{s.room}",
        "letter-o": lambda s: f"{s.name}{s.block}幢{s.entrance}单元{s.room.replace('0', 'O')}室",
        "east-zone": lambda s: f"{s.name}东区{s.block}幢{s.entrance}单元{s.room}",
        "zone-a": lambda s: f"{s.name}A区{s.block}幢{s.entrance}单元{s.room}",
        "phase": lambda s: f"{s.name}一期{s.block}幢{s.entrance}单元{s.room}",
        "phase-roman": lambda s: f"{s.name}Ⅰ期{s.block}号楼{s.entrance}单元{s.room}室",
        "phase-brackets": lambda s: f"{s.name}（二期）{s.block}号楼{s.entrance}单元{s.room}室",
        "estate-word": lambda s: f"{s.name}小区{s.block}号楼{s.entrance}单元{s.room}室",
        "inside": lambda s: f"{s.name}小区内{s.block}号楼{s.entrance}单元{s.room}室",
        "flats": lambda s: f"{s.name}住宅楼{s.block}号楼{s.entrance}单元{s.room}室",
        "entrance-word-front": lambda s: f"{s.name}{s.block}号楼 单元{s.entrance} 房号{s.room}",
        "labels": lambda s: f"{s.name} 楼号:{s.block} 单元:{s.entrance} 室号:{s.room}",
    }  # fmt: skip
    yield from plain.items()


def floor(site: Site) -> str:
    """Tell the floor from the room: 501, 1501."""
    return site.room[:-2]


def lane_bodies() -> Iterator[tuple[str, Callable[[Site], str]]]:
    """Ways to write a house with rooms in a street or lane; all lead to the dwelling."""

    def lane(s: Site) -> str:
        return f"{s.lane}弄" if s.lane else ""

    for sign in SIGNS:
        yield f"sign:{sign}", lambda s, w=sign: f"{s.road}{lane(s)}{s.door}号{w}{s.room}"
        yield f"sign-bare:{sign}", lambda s, w=sign: f"{s.road}{lane(s)}{s.door}{w}{s.room}"
        yield f"sign-units:{sign}", lambda s, w=sign: f"{s.road}{w}{lane(s)}{w}{s.door}号{w}{s.room}室"
    for left, right in ("（）", "()", "【】", "[]", '""'):
        yield f"all:{left}", lambda s, a=left, b=right: f"{a}{s.road}{lane(s)}{s.door}号{s.room}室{b}"
        yield f"door:{left}", lambda s, a=left, b=right: f"{s.road}{a}{lane(s)}{s.door}号{b}{s.room}室"
        yield f"room:{left}", lambda s, a=left, b=right: f"{s.road}{lane(s)}{s.door}号{a}{s.room}室{b}"
        yield f"road:{left}", lambda s, a=left, b=right: f"{a}{s.road}{b}{lane(s)}{s.door}号{s.room}室"
        yield f"town:{left}", lambda s, a=left, b=right: f"东华街道{a}{s.road}{lane(s)}{s.door}号{s.room}{b}"
    for word in ROOM_WORDS:
        yield f"room:{word}", lambda s, w=word: f"{s.road}{lane(s)}{s.door}号{s.room}{w}"
    for how in (spoken, wide, banked):
        name = how.__name__
        yield f"{name}:all", lambda s, h=how: f"{s.road}{h(s.lane) + '弄' if s.lane else ''}{h(s.door)}号{h(s.room)}室"
    plain: dict[str, Callable[[Site], str]] = {
        "door-word": lambda s: f"{s.road}{lane(s)}门牌{s.door}号{s.room}室",
        "door-word-bare": lambda s: f"{s.road}{lane(s)}门牌号{s.door} {s.room}",
        "block-word": lambda s: f"{s.road}{lane(s)}{s.door}号楼{s.room}室",
        "nth": lambda s: f"{s.road}{'第' + s.lane + '弄' if s.lane else ''}第{s.door}号{s.room}室",
        "zeros": lambda s: f"{s.road}{lane(s)}0{s.door}号0{s.room}",
        "floor": lambda s: f"{s.road}{lane(s)}{s.door}号{spoken(floor(s))}楼{s.room}",
        "floor-layer": lambda s: f"{s.road}{lane(s)}{s.door}号{floor(s)}层{int(s.room[-2:])}室",
        "floor-door": lambda s: f"{s.road}{lane(s)}{s.door}号{spoken(floor(s))}楼{int(s.room[-2:])}号",
        "reversed": lambda s: f"{s.door}号{s.room}室 {s.road}{lane(s)}",
        "room-first": lambda s: f"{s.room}室，{s.road}{lane(s)}{s.door}号",
        "rm": lambda s: f"{s.road}{lane(s)}{s.door}号Rm{s.room}",
        "room-latin": lambda s: f"{s.road}{lane(s)}{s.door}号 Room {s.room}",
        "back-door": lambda s: f"{s.road}{lane(s)}{s.door}号后门{s.room}室",
        "yard": lambda s: f"{s.road}{lane(s)}{s.door}号院内{s.room}",
        "upstairs": lambda s: f"{s.road}{lane(s)}{s.door}号楼上{s.room}室",
        "old-number": lambda s: f"{s.road}{lane(s)}{s.door}号（原138号）{s.room}室",
        "blanks": lambda s: f" {s.road} {lane(s)} {s.door} 号 {s.room} 室",
        "split-room": lambda s: f"{s.road}{lane(s)}{s.door}号{' '.join(s.room)}室",
    }  # fmt: skip
    yield from plain.items()


def village_bodies() -> Iterator[tuple[str, Callable[[Site], str]]]:
    """Ways to write a house of a village; all lead to its only dwelling."""
    for word in ("组", "队", "社", "小组", "村民组", "村民小组", "小队", "生产队"):
        yield f"group:{word}", lambda s, w=word: f"{s.name}村{s.group}{w}{s.door}号"
    for word in ("村", "", "村委会", "行政村", "自然村", "大队", "村民委员会"):
        yield f"village:{word}", lambda s, w=word: f"{s.name}{w}{s.group}组{s.door}号"
        yield f"village-nth:{word}", lambda s, w=word: f"{s.name}{w}第{s.group}组第{s.door}号"
    for sign in SIGNS:
        yield f"sign:{sign}", lambda s, w=sign: f"{s.name}村{s.group}组{w}{s.door}号"
        yield f"sign-both:{sign}", lambda s, w=sign: f"{s.name}村{w}{s.group}组{w}{s.door}号"
        yield f"bare:{sign}", lambda s, w=sign: f"{s.name}村{s.group}{w}{s.door}"
        yield f"short:{sign}", lambda s, w=sign: f"{s.name}{s.group}{w}{s.door}"
        yield f"bare-door:{sign}", lambda s, w=sign: f"{s.name}村{s.group}{w}{s.door}号"
    for left, right in ("（）", "()", "【】", "[]", '""'):
        yield f"all:{left}", lambda s, a=left, b=right: f"{a}{s.name}村{s.group}组{s.door}号{b}"
        yield f"group:{left}", lambda s, a=left, b=right: f"{s.name}村{a}{s.group}组{b}{s.door}号"
        yield f"name:{left}", lambda s, a=left, b=right: f"{a}{s.name}村{b}{s.group}组{s.door}号"
        yield f"door:{left}", lambda s, a=left, b=right: f"{s.name}村{s.group}组{a}{s.door}号{b}"
    for how in (spoken, wide, banked):
        yield f"{how.__name__}:all", lambda s, h=how: f"{s.name}村{h(s.group)}组{h(s.door)}号"
    plain: dict[str, Callable[[Site], str]] = {
        "no-hao": lambda s: f"{s.name}村{s.group}组{s.door}",
        "door-word": lambda s: f"{s.name}村{s.group}组门牌{s.door}",
        "door-word-hao": lambda s: f"{s.name}村{s.group}组门牌号{s.door}号",
        "hu": lambda s: f"{s.name}村{s.group}组{s.door}户",
        "hash": lambda s: f"{s.name}村{s.group}组{s.door}#",
        "old-house": lambda s: f"{s.name}村{s.group}组{s.door}号老宅",
        "new-house": lambda s: f"{s.name}村{s.group}组{s.door}号新宅",
        "own-house": lambda s: f"{s.name}村{s.group}组{s.door}号自建房",
        "zeros": lambda s: f"{s.name}村0{s.group}组0{s.door}号",
        "reversed": lambda s: f"{s.group}组{s.door}号（{s.name}村）",
        "group-first": lambda s: f"{s.group}组{s.name}村{s.door}号",
        "blanks": lambda s: f"{s.name} 村 {s.group} 组 {s.door} 号",
        "upper-floor": lambda s: f"{s.name}村{s.group}组{s.door}号2楼",
    }  # fmt: skip
    yield from plain.items()


def court_bodies() -> Iterator[tuple[str, Callable[[Site], str]]]:
    """Ways to write building, entrance and room of a compound that has a door number alone."""
    for sign in ("-", "—", ".", "/", "、", " ", "*", "_"):
        yield f"sign:{sign}", lambda s, w=sign: f"{s.road}{s.door}号院{s.block}{w}{s.entrance}{w}{s.room}"
        yield f"sign-hao:{sign}", lambda s, w=sign: f"{s.road}{s.door}号{s.block}{w}{s.entrance}{w}{s.room}"
        yield f"sign-all:{sign}", lambda s, w=sign: f"{s.road}{s.door}{w}{s.block}{w}{s.entrance}{w}{s.room}"
    for word in ("号院", "院", "号大院", "号家属院", "号院内", "号院里", "号（原物资局家属院）", "号院子", "号"):
        yield f"court:{word}", lambda s, w=word: f"{s.road}{s.door}{w}{s.block}号楼{s.entrance}单元{s.room}室"
        yield f"court-comma:{word}", lambda s, w=word: f"{s.road}{s.door}{w}，{s.block}幢{s.entrance}门{s.room}"
    for left, right in ("（）", "[]", "【】"):
        yield (
            f"court:{left}",
            lambda s, a=left, b=right: f"{s.road}{a}{s.door}号院{b}{s.block}号楼{s.entrance}单元{s.room}室",
        )
        yield (
            f"all:{left}",
            lambda s, a=left, b=right: f"{a}{s.road}{s.door}号院{s.block}号楼{s.entrance}单元{s.room}室{b}",
        )
        yield f"tail:{left}", lambda s, a=left, b=right: f"{s.road}{s.door}号院{a}{s.block}-{s.entrance}-{s.room}{b}"
    yield "reversed", lambda s: f"{s.block}号楼{s.entrance}单元{s.room}室{s.road}{s.door}号院"
    yield "spoken", lambda s: f"{s.road}{spoken(s.door)}号院{spoken(s.block)}号楼{spoken(s.entrance)}单元{s.room}"


BODIES = {"estate": estate_bodies, "lane": lane_bodies, "village": village_bodies, "court": court_bodies}
PLAIN: dict[str, Callable[[Site], str]] = {
    "estate": lambda s: f"{s.name}{s.block}号楼{s.entrance}单元{s.room}室",
    "lane": lambda s: f"{s.road}{s.lane + '弄' if s.lane else ''}{s.door}号{s.room}室",
    "village": lambda s: f"{s.name}村{s.group}组{s.door}号",
    "court": lambda s: f"{s.road}{s.door}号院{s.block}号楼{s.entrance}单元{s.room}室",
}
DOOR: dict[str, Callable[[Site], str]] = {
    **PLAIN,
    "lane": lambda s: f"{s.road}{s.lane + '弄' if s.lane else ''}{s.door}号",
}
FRONT = (
    PREFIX, "兴阳市龙湾区", "龙湾区东华街道", "东华街道", "东华镇", "江苏兴阳", "{area}", "{short}居委会",
    "{short}", "225300 ", "租住", "租", "暂住", "暂住于", "现住", "现居住于", "居住在", "住", "家住", "住址：",
    "现住址:", "地址 ", "现居住地址：", "居住地：", "借住", "原纺织厂宿舍", "原兴阳机械厂宿舍",
    "原县供销社家属院", "本市", "本区", "本街道", "我市", "（租）", "【租】", "出租房：", "自住：", "位于",
    "（现住）", "户主住", "1、", "①", "* ", "中国江苏省兴阳市",
)  # fmt: skip
BACK = (
    "（租）", "（租", "(出租)", "（空）", "（空户）", "（空房）", "（已售）", "（房东自住）", "/出租", " 租",
    " 人户分离", "（人户分离）", "（户籍）", "（电话16000000001）", " 16000000001", "（16000000001）",
    "（毛坯）", "（待核实）", "？", "。", "；", "（同住）", "（李）", "（老人独居）", "后门", "（原3号）",
    "（原5-302）", "阁楼", "（顶楼）", "（复式）", "（2人）", "（共3人）", "（寄挂）", "（无人）", "（东户）",
    "（东侧）", "*", "等", "（拆迁中）", "（见备注）", "（已核）", "√", "！", "（房屋所有权人）", "（公房）",
    "（学区房）",
)  # fmt: skip
BESIDE = (
    "对面", "对门", "对过", "斜对面", "正对面", "隔壁", "东隔壁", "旁", "旁边", "附近", "北侧", "南侧", "东侧",
    "西边", "北边", "后面", "前面", "后边", "背后", "门口", "门前", "往东50米", "向西20米", "以北", "边上",
    "侧面", "屋后", "房后", "旁小屋", "旁平房", "后平房", "附近工棚", "左邻", "右邻", "邻居", "东邻", "前一排",
    "后一幢", "（对面）", "（隔壁）", " 对面", "，对门", "旁边的小房子", "北面", "南面空地", "前面第二家",
    "后头", "路口", "拐角", "西首第一家",
)  # fmt: skip
BESIDE_FRONT = ("靠近", "临近", "紧邻", "毗邻")
PARTS = ("之1", "之一", "之二", "附1号", "附1", "-1", "甲", "乙", "A", "B", "（1）", "（甲）", "副1号", "－2")
INSIDE = (
    "车库",
    "地下室",
    "储藏室",
    "南间",
    "北间",
    "主卧",
    "次卧",
    "隔断间",
    "小间",
    "床位3",
    "杂物间",
    "夹层",
    "东卧室",
    "门面房",
    "自行车库",
)


def lines(every: list[Site], seed: int, each: int) -> Iterator[Line]:
    """Write every kind of spelling for some places."""
    rng = random.Random(seed)
    once = Counter((site.building, site.room) for site in every)
    numbers = Counter((site.building, site.entrance, site.room) for site in every)
    by_kind = defaultdict(list)
    for site in every:
        if numbers[site.building, site.entrance, site.room] == 1 and (
            site.kind != "lane" or once[site.building, site.room] == 1
        ):
            by_kind[site.kind].append(site)
    # 1302室 of a tall house is no entrance 1 with room 302.
    tall = {site.building for site in every if len(site.room) > 3}
    for kind, found in by_kind.items():
        for name, write, expected in kinds_of(kind, rng, once):
            fit = [site for site in found if site.building not in tall] if "/glued" in name else found
            for site in rng.sample(fit, min(each, len(fit))):
                yield Line(f"{kind}{name}", write(site), expected(site), site)
        yield from mixed(kind, found, rng, each * 40)


Kind = tuple[str, Callable[[Site], str], Callable[[Site], str]]


def kinds_of(kind: str, rng: random.Random, once: Counter[tuple[str, str]]) -> Iterator[Kind]:
    """Give the kinds of spellings of one kind of place: a name, how to write it, and what that means."""
    plain, door = PLAIN[kind], DOOR[kind]
    for name, write in BODIES[kind]():
        yield f"/body/{name}", write, always("dwelling")
    for front in FRONT:
        yield f"/front/{front}", lambda s, f=front: in_front(f, s) + plain(s), always("dwelling")
    yield "/front/原第二粮库宿舍（今", lambda s: f"原第二粮库宿舍（今{plain(s)}）", always("dwelling")
    for back in BACK:
        yield f"/back/{back}", lambda s, b=back: plain(s) + b, always("dwelling")
    for word in BESIDE:
        yield f"/beside/{word}", lambda s, w=word: (plain if rng.random() < 0.5 else door)(s) + w, always("ask")
    for word in BESIDE_FRONT:
        yield f"/beside/{word}…", lambda s, w=word: w + plain(s), always("ask")
    for part in (*PARTS, *(INSIDE if kind != "village" else ())):
        yield f"/part/{part}", lambda s, p=part: plain(s) + p, always("ask" if kind == "village" else "building")
    if kind == "lane":
        for part in PARTS:
            yield f"/door-part/{part}", lambda s, p=part: door(s) + p, always("ask")
    if kind == "estate":
        yield from estate_rest(once)


def always(meaning: str) -> Callable[[Site], str]:
    """Mean the same wherever it is."""
    return lambda _site: meaning


def in_front(front: str, site: Site) -> str:
    """Fill in the names of the census area."""
    return front.format(area=site.area, short=short(site.area))


def mixed(kind: str, found: list[Site], rng: random.Random, count: int) -> Iterator[Line]:
    """Put a word in front, a way to write and a word behind together at random."""
    bodies = [body for body in BODIES[kind]() if "glued" not in body[0]]
    for _ in range(count):
        site, (_name, write) = rng.choice(found), rng.choice(bodies)
        front = in_front(rng.choice(FRONT), site)
        yield Line(f"{kind}/mixed", front + write(site) + rng.choice((*BACK, "", "", "")), "dwelling", site)


def estate_rest(once: Counter[tuple[str, str]]) -> Iterator[Kind]:
    """Spellings of an estate that lead to a building, or that must be asked."""

    def reach(site: Site) -> str:
        return "dwelling" if once[site.building, site.room] == 1 else "building"

    def ask(_site: Site) -> str:
        return "ask"

    yield "/rest/no-entrance", lambda s: f"{s.name}{s.block}幢{s.room}", reach
    yield "/rest/no-entrance-dash", lambda s: f"{s.name}{s.block}-{s.room}", reach
    yield "/rest/no-entrance-lou", lambda s: f"{s.name}{s.block}楼{s.room}", reach
    yield "/rest/no-entrance-dot", lambda s: f"{s.name}{s.block}幢.{s.room}", reach
    yield "/rest/no-entrance-floor", lambda s: f"{s.name}{s.block}号楼{floor(s)}楼{s.room}", reach
    yield "/rest/no-room", lambda s: f"{s.name}{s.block}号楼{s.entrance}单元", lambda _s: "building"
    yield "/rest/garage", lambda s: f"{s.name}{s.block}号楼{s.entrance}单元车库", lambda _s: "building"
    yield "/rest/all-in-one", lambda s: f"{s.name}{s.block}{s.entrance}{s.room}", ask
    yield "/rest/stem", lambda s: f"{s.name}甲{s.block}号楼{s.entrance}单元{s.room}", ask
    yield "/rest/letter", lambda s: f"{s.name}B{s.block}-{s.entrance}-{s.room}", ask
    yield "/rest/other-estate", lambda s: f"新{s.name}{s.block}号楼{s.entrance}单元{s.room}室", lambda _s: "none"
    yield "/rest/longer-estate", lambda s: f"{s.name}别墅{s.block}号楼{s.entrance}单元{s.room}室", lambda _s: "none"
    yield (
        "/rest/missing-block",
        lambda s: f"{s.name}{int(s.block) + 60}号楼{s.entrance}单元{s.room}室",
        lambda _s: "none",
    )
    yield "/rest/missing-block-dash", lambda s: f"{s.name}{int(s.block) + 60}-{s.entrance}-{s.room}", lambda _s: "none"
    yield "/rest/other-town", lambda s: f"西门镇{s.name}{s.block}号楼{s.entrance}单元{s.room}室", lambda _s: "none"


def short(area: str) -> str:
    """Cut the legal ending of a census area's name off."""
    return area.removesuffix("居民委员会").removesuffix("村民委员会")
