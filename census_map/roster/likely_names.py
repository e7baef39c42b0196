"""
Texts that may be a person's name: titles of sheets, names of files and headers that are one stay out of every output.

A clerk who gives each household a sheet names it after its head. What may be a name is replaced by the sheet's place in
the file; one place too many that is told by its number does no harm, one name too many does.
"""

import re
from collections.abc import Collection, Sequence

from census_map.roster.text import normalise

_SINGLE = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉"
    "宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳"
    "沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督晋楚闫法汝鄢涂钦归海岳帅"
    "缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱阳佟肖付代覃区丘尧苟苑冼岩植揭"
)
_DOUBLE = [
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "夏侯",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "宇文",
    "长孙",
    "司徒",
    "司空",
    "端木",
    "独孤",
    "南宫",
    "西门",
    "百里",
    "呼延",
    "澹台",
    "公冶",
    "宗政",
    "濮阳",
    "淳于",
    "单于",
    "太叔",
    "申屠",
    "轩辕",
    "钟离",
    "闻人",
    "赫连",
    "仲孙",
    "鲜于",
    "闾丘",
    "亓官",
    "拓跋",
    "夹谷",
    "宰父",
    "谷梁",
    "段干",
    "漆雕",
    "乐正",
    "壤驷",
    "公良",
    "巫马",
    "东郭",
    "左丘",
    "梁丘",
    "第五",
    "完颜",
    "纳兰",
    "叶赫",
    "爱新觉罗",
]
# Words that names of places, lists and columns have, and ends that names of people hardly ever have.
_NO_NAME = re.compile(
    "社区|小区|居委|村委|花园|公寓|家园|新村|庄园|大厦|广场|宿舍|组团|名单|名册|底册|底稿|登记|汇总|合计|总计|统计|说明|目录|明细|封面|附件"
    "|备注|原始|旧版|新版|修改|最终|样表|模板|填写|性别|年龄|民族|关系|时间|日期|电话|单位|情况|状态|方式|金额|党员|文化|程度|公安|民政|社保"
    "|医保|教育|卫健|学校|房屋|房产|房间|房号|车牌|车辆|常住|流动|全部|所有|东片|西片|南片|北片|安置|人员|人口|居民|干部|网格|街道|农业|户口|国籍"
    "|籍贯|温馨|居住|单元|楼栋|楼号|空户|空房|高层|多层|别墅|应在"
    "|(?:村|组|队|巷|弄|乡|县|省|市|屯|寨|厂|册|码|址|表|号|数|片|号楼)$"
)
# Words around a name: 户主张三, 张三家, 普查员李四.
_AROUND = re.compile(
    "户主|普查指导员|指导员|普查员|普查小区|网格员|填报人|申报人|家庭|一家|的?户表|的?登记表|的?户口|的?底册|的?表格?|[家户]$|同志|先生|女士|老师|已?完成|待补|的|走访|入户|登记|底册|名册|花名册|名单|台账|日报|周报|情况|普查|人口|户口|统计|汇总|上报|更新|修改|最终版?|副本|新版|旧版"
)
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+(?:[·•][\u3400-\u9fff]+)*")
_LONGEST = 4
_LATIN = re.compile(r"[A-Z][a-z'-]+(?:[ ,]+(?:[A-Z]\.?|[A-Z][a-z'-]+))+")
_LONG_DIGITS = re.compile(r"\d{6,}")
_PLAIN_WORDS = frozenset(
    [
        "sheet",
        "table",
        "list",
        "data",
        "copy",
        "of",
        "new",
        "old",
        "final",
        "page",
        "roster",
        "household",
        "households",
        "census",
        "population",
        "persons",
        "people",
        "form",
        "block",
        "building",
        "area",
        "village",
        "ward",
        "zone",
        "north",
        "south",
        "east",
        "west",
        "total",
        "totals",
        "summary",
        "notes",
        "for",
        "the",
        "and",
        "in",
        "by",
        "with",
        "town",
        "address",
        "name",
        "names",
        "number",
        "status",
        "date",
        "type",
        "head",
        "visit",
        "visits",
        "register",
        "city",
        "street",
        "road",
        "house",
        "unit",
        "room",
        "floor",
    ]
)


def may_be_name(text: str) -> bool:
    """Tell whether a text is a person's name, or holds one, as far as its look tells."""
    if any(_is_han_name(part) for word in _HAN.findall(text) for part in _AROUND.split(word)):
        return True
    return any(
        not _PLAIN_WORDS & {word.lower() for word in re.findall("[A-Za-z]+", found)} for found in _LATIN.findall(text)
    )


def _is_han_name(word: str) -> bool:
    if "·" in word or "•" in word:
        return True
    if not 2 <= len(word) <= _LONGEST or _NO_NAME.search(normalise(word)):
        return False
    return word[0] in _SINGLE or word.startswith(tuple(_DOUBLE))


def may_be_personal(text: str) -> bool:
    """Tell whether a text may be a name, or holds a long number such as a phone's."""
    return bool(_LONG_DIGITS.search(text)) or may_be_name(text)


def shown_file(name: str, people: Collection[str] = ()) -> str:
    """
    Give the name of a file for messages and reports; `…` with its ending where it may hold a person's.

    Parameters
    ----------
    name
        Without its folder.
    people
        Names that stand in the file.
    """
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot and stem else (name, "")
    return f"…{ending}" if may_be_name(stem) or holds_one_of(stem, people) else name


def holds_one_of(text: str, people: Collection[str]) -> bool:
    """Tell whether a text holds one of some names of at least two characters."""
    if not people or not text or _NO_NAME.fullmatch(text):
        return False
    return text in people or any(len(name) >= 2 and name in text for name in people)


def is_cell(title: str, rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether the title of a sheet stands in one of its cells, as the head of its only household does."""
    return bool(title) and not _NO_NAME.search(title) and any(title == cell for row in rows for cell in row)
