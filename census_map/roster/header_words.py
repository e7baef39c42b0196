"""
What the words of a header say: whose name or number a column holds, and whether a header may be shown.

A landlord's phone beside the tenant's number makes a person who does not exist, so a column of somebody else is never
taken for the household's because its header is alike.
"""

import re
from collections.abc import Mapping, Sequence

from census_map.roster.likely_names import may_be_personal
from census_map.roster.text import squeeze

_OWNER = re.compile(
    "^(甲方[（(]?(?:出租方?|房东)?[)）]?|房主|房东|屋主|业主|(?:房屋)?产权人|(?:房屋)?产权所有人|房屋所有(?:权)?人|房屋权利人|权利人|出租人|出租方|出租户|所有权人)(?:信息|基本信息|情况)?"
)
_TENANT = re.compile(
    "^(乙方[（(]?(?:承租方?|租户)?[)）]?|实际使用人|承租人|承租方|承租户|租户|租客|租住人|租住户|租赁人|租房人|现住户|现住人|现居住人|实际居住人|实际住户|居住人|居住者|入住人|住户|使用人)(?:信息|基本信息|情况)?"
)
_HOUSEHOLDER = re.compile("^(户主)(?:信息|基本信息|情况)?")
_MEMBER = re.compile("^((?:家庭|家庭户|户内)?成员)(?:信息|基本信息|情况)?")
# People beside the household who have names, numbers and phones of their own.
_OTHERS = re.compile(
    "监护人|家属|亲属|配偶|妻子|丈夫|父亲|母亲|子女|紧急联系|担保人|介绍人|中介|网格员|网格长|楼长|楼栋长|楼道长|单元长|组长|户长联系|普查员|指导员"
    "|调查员|采集人|采集员|录入|填表人|审核|负责人|包保|帮扶|责任人|联络员|走访人|民警|法人|医生|干部|协管员|二房东|物业"
)
_WHAT = (
    ("identity", re.compile("身份证|证件号|公民身份|身份号|证号")),
    ("phone", re.compile("电话|手机|联系方式|联系号码|TEL|PHONE")),
    ("birth", re.compile("出生|生日")),
    ("address", re.compile("地址|住址|住所|居住地|地点")),
)
_NAME = re.compile("^(?:的)?(?:姓名|名字|名称|名)?$")
# A count of which only a part stands in the column: 户籍人口 | 男.
_PART = {"男", "女", "其中男", "其中女", "男性", "女性", "MALE", "FEMALE", "0至14岁", "15至59岁", "60岁以上"}
REGISTERED_PLACE = re.compile(
    "(?:户籍|户口|身份证|原籍|老家|户籍所在|户口所在)(?:所在|登记)?(?:的)?(?:详细)?(?:地址|住址|地点|地)$"
)
PRESENT_PLACE = re.compile(
    "^(?:现|目前|当前|实际|实|常|暂|租|暂时)(?:在)?(?:居住|住|居)(?:的)?(?:详细)?(?:地址|地点|地|处|址|所)?(?:详细地址|详址)?$"
)
# What rosters have besides and nobody needs here; such a column is told without alarm.
NOT_NEEDED = re.compile(
    "性别|年龄|民族|文化|学历|教育|婚姻|政治|党员|职业|工作|就业|单位|籍贯|国籍|宗教|健康|残疾|低保|社保|医保|车牌|车辆|宠物|房屋|产权|面积|结构"
    "|用途|户型|建成|年份|证件类型|证件种类|签名|签字|盖章|核对|核实|登记日期|填表|采集|更新|日期|时间|照片|微信|QQ|邮箱|邮编|备用|打勾|是否|完成"
    "|网格|警务|派出所|街道|乡镇|区县|省|城市|市|关系|服兵役|流动|就读|学校|计生|户数|SEX|GENDER|AGE|EDUCATION|MARITAL|DATE|SIGN|ETHNIC|RELIGION"
)
_OF_SOMEBODY = re.compile(
    f"(?:{_OWNER.pattern[1:]}|{_TENANT.pattern[1:]}|{_HOUSEHOLDER.pattern[1:]}|(?:{_OTHERS.pattern})人?)(?:的)?"
    "(?:姓名|名字|身份证号?码?|证件号码?|联系电话|电话号?码?|手机号?码?|联系方式|出生日期|出生年月|住址|地址|关系)?"
)
_ADDRESS_LIKE = re.compile(r"\d+(?:号|室|楼|幢|栋|单元|弄)|\d{5,}")


def role_of(text: str) -> tuple[str, str | None]:
    """
    Tell of whom a column speaks.

    Parameters
    ----------
    text
        Of the header, squeezed.

    Returns
    -------
    role, field
        `owner`, `tenant`, `householder`, `member`, `other` (somebody else) or empty text; and what of that person:
        `head` (the name), `identity`, `phone`, `birth`, `address`, or None where it is something else.
    """
    for role, pattern in (("owner", _OWNER), ("tenant", _TENANT), ("householder", _HOUSEHOLDER), ("member", _MEMBER)):
        found = pattern.match(text)
        if found:
            return role, _field_of(text[found.end() :])
    if _OTHERS.search(text):
        return "other", _field_of(_OTHERS.sub("", text))
    return "", _field_of(text)


def _field_of(rest: str) -> str | None:
    for field, pattern in _WHAT:
        if pattern.search(rest):
            return field
    return "head" if _NAME.match(rest) else None


def is_part(parts: Sequence[str]) -> bool:
    """Tell whether a column below a common header holds only some of what the header says."""
    return len(parts) > 1 and squeeze(parts[-1]) in _PART


def shown_header(parts: Sequence[str], words: Mapping[str, str]) -> str:
    """
    Give the header of a column as it may be shown: parts that may be a name, a number or an address are left out.

    Parameters
    ----------
    parts
        Its cells from top to bottom.
    words
        Known headers, squeezed.
    """
    shown = [part if _is_header_word(part, words) else "…" for part in parts]
    return re.sub(r"\s+", " ", " ".join(dict.fromkeys(shown)))[:60]


def _is_header_word(part: str, words: Mapping[str, str]) -> bool:
    key = squeeze(part)
    if key in words or _OF_SOMEBODY.fullmatch(key):
        return True
    rest = part
    for word in sorted((word for word in words if len(word) > 1 and word in key), key=len, reverse=True):
        rest = rest.replace(word, " ")
    return not may_be_personal(rest) and not _ADDRESS_LIKE.search(part)
