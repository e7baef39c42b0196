"""Invented but ordinary names of streets, lanes, estates, villages and people's surnames."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from census_map.sample.chance import Chance

_T = TypeVar("_T")

_MAIN = ("东华路", "龙湾大道", "兴阳路", "人民路", "文昌路", "中兴大道")
_STREETS = (
    "建设路", "新华路", "朝阳路", "育才路", "解放路", "团结路", "青年路", "和平路", "光明路",
    "友谊路", "康宁路", "迎春路", "健康路", "工农路", "前进路", "滨湖路", "银杏路", "桃园路",
    "景贤路", "望江路", "学府路", "春晖路", "安平路", "永兴路",
)  # fmt: skip
_LANES = (
    "西街巷", "豆腐巷", "井头巷", "铁匠巷", "文庙巷", "染坊巷", "盐店巷", "马家巷", "仓桥巷",
    "竹行巷", "鱼市巷", "钟楼巷", "东门巷", "北水巷", "酱园巷", "状元巷", "灯笼巷", "糖坊巷",
    "石板巷", "柳巷", "城隍巷", "茶馆巷", "磨坊巷", "后街巷",
)  # fmt: skip
_ESTATES = (  # name, and what it was called before
    ("东方花园", "红星新村"),
    ("锦绣江南", "龙湾六队小区"),
    ("向阳新村", "向阳工房"),
    ("翠湖名邸", "翠湖一期"),
    ("阳光水岸", "化肥厂小区"),
    ("金桂苑", "金桂小区"),
    ("文华雅居", "文化新村"),
    ("御景湾", "龙湾二期安置房"),
    ("康乐新村", "康乐工房"),
    ("桃李芳庭", "育才小区"),
    ("书香门第", "师范家属区"),
    ("滨江国际", "江边棚户区"),
    ("紫薇花苑", "紫薇小区"),
    ("和谐家园", "拆迁安置小区"),
    ("银河丽都", "银河新村"),
    ("明珠花园", "纺织厂宿舍"),
)
_VILLAGES = (
    "王家村", "李庄村", "沈家桥村", "石桥村", "马桥村", "陈家湾村", "周圩村", "徐港村", "大树下村",
    "赵家埭村", "杨巷村", "塘头村", "蒋家荡村", "白米村", "吴家庄村", "钱渡村",
)  # fmt: skip
_OLD_TOWN = ("西街", "文庙", "仓桥", "钟楼", "东门", "北水", "城隍", "状元")
_SCHOOLS = ("东华中心小学", "龙湾第二中学", "育才幼儿园", "东华初级中学", "文昌小学")
_FIRST = "金银宝安永福庆长新广泰和文明光华龙凤松柏竹梅兰春秋清云江海湖山石玉翠景瑞祥康乐德仁义信"
_SECOND = "平安宁顺昌盛隆达兴旺泉水源林苑阳辉明月星河川桥门塘湾圩港浜墩庄园和康仁义礼"

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
RARE_SURNAMES = ("欧阳", "上官", "诸葛", "司马", "仝", "㠇", "逄", "亓")
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉梅红华建国文斌辉波海燕春雷志云飞鹏程凤琴洁晶雪松柏林森浩宇轩子涵梓萱雨欣怡"
    "佳琪思博俊凯瑞祥福贵德忠良庆荣根宝龙虎生財金银巧珍翠菊爱莲素贞惠兴旺盛"
).replace("財", "才")
RARE_GIVEN = ("㛃", "䶮", "𠮷", "喆", "堃", "犇", "昇", "玥")


class NameBook:
    """
    Names in the order in which they are asked for, none of them twice.

    Parameters
    ----------
    chance
        Source of the order.
    """

    def __init__(self, chance: Chance) -> None:
        pairs = [first + second for first in _FIRST for second in _SECOND if first != second]
        self._pairs = iter(chance.some_of(pairs, len(pairs)) * 8)
        self._used: set[str] = set()
        self._main = iter(_MAIN)
        self._streets = self._shuffled(chance, _STREETS)
        self._lanes = self._shuffled(chance, _LANES)
        self._estates = self._shuffled(chance, _ESTATES[1:], first=_ESTATES[0])
        self._villages = self._shuffled(chance, _VILLAGES[1:], first=_VILLAGES[0])
        self._towns = iter(_OLD_TOWN)
        self._schools = iter(_SCHOOLS)

    def main_road(self) -> str:
        """Name a main road."""
        return next(self._main, "") or self._made("大道")

    def street(self) -> str:
        """Name a street."""
        return next(self._streets, "") or self._made("路")

    def lane(self) -> str:
        """Name a lane of the old town."""
        return next(self._lanes, "") or self._made("巷")

    def estate(self) -> tuple[str, str]:
        """Name an estate, and what it was called before."""
        known = next(self._estates, None)
        if known is None:
            name = self._made("")
            return name + ("花园", "新村", "家园", "名苑")[len(self._used) % 4], name + "小区"
        return known

    def village(self) -> str:
        """Name a village."""
        return next(self._villages, "") or self._made("村")

    def old_town(self) -> str:
        """Name a quarter of the old town."""
        return next(self._towns, "") or self._made("")

    def school(self) -> str:
        """Name a school."""
        return next(self._schools, "") or self._made("小学")

    def _made(self, ending: str) -> str:
        name = next(pair + ending for pair in self._pairs if pair + ending not in self._used)
        self._used.add(name)
        return name

    @staticmethod
    def _shuffled(chance: Chance, names: Sequence[_T], first: _T | None = None) -> Iterator[_T]:
        order = chance.some_of(names, len(names))
        return iter(order if first is None else [first, *order])
