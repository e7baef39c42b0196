"""The written forms of Chinese addresses, as regular expressions over normalised text (`census_map.roster.text`)."""

import re

from census_map.roster.prefectures import PREFECTURES
from census_map.roster.text import NUMERAL

_C = f"[{NUMERAL}]{{1,6}}"
_STEM = "[甲乙丙丁戊]"
# 第 before a number counts; in 书香门第 it belongs to the name.
_NTH = "(?:(?<![门府宅])第)"
# A number as it stands on a door: 12, 甲12, 12A, 12甲, 第三, A, B2, 丙.
_N = rf"(?:{_NTH}?{_STEM}?\d{{1,5}}(?:[A-Z](?![A-Z\d])|{_STEM})?|{_NTH}?{_C}|{_STEM}|(?<![A-Z])[A-Z]{{1,2}}\d{{0,3}})"
_SIDE = "[东西南北中]"

_PROVINCE_NAMES = """
北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南
陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门
"""
PROVINCES = _PROVINCE_NAMES.split()

_PROVINCE = (
    r"(?:中国|中华人民共和国)?(?P<province>(?:" + "|".join(PROVINCES) + r")"
    r"(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?)"
)
# Characters that end a road, a lane or a number are never inside the name of a city or a district.
# A word for a kind of place inside the name of a road or an estate: 鱼市巷, 古镇路, 城市花园.
_IN_NAME = "(?!路(?!桥)|街(?!道)|巷|弄)"
_IN_ESTATE = rf"(?!(?:花园|家园|公寓|人家|名[苑都])(?:[\d{NUMERAL}(-]|$))"
_INNER = r"[^\W\d_路街巷弄号幢栋座楼室]"
_NARROW = r"[^\W\d_路街巷弄号幢栋座楼室镇乡市]"
# Words before the address itself.
LEAD = re.compile(r"(?:[^\W\d_]{0,6}(?:地址|地点)|[^\W\d_]{0,4}位于)[,(]*")
CITY = re.compile(rf"((?:(?![区县]){_INNER}){{2,7}}?(?:市(?!场|区|政|民){_IN_NAME}{_IN_ESTATE}|自治州|地区|盟)),?")
_CITIES = "|".join(sorted(PREFECTURES, key=len, reverse=True))
KNOWN_CITY = re.compile(rf"(({_CITIES})(?:市(?!场|区|政|民)|地区)?),?")
_ROAD_WORD = "(?:路|街|大街|大道|道(?!口)|巷|弄|里)"
# A hamlet of a village whose name begins with a side: 向阳村东沟屯4组, where 村东头 alone would be no name.
_HAMLET = rf"[前后东西南北中新][^\W\d_]{{1,3}}(?:自然村|[屯庄寨湾沟坪坡营堡组])(?:第|\d|[{NUMERAL}])"
# What follows the name of a city where it is part of another name: 南京东路, 北京大学, 苏州某某有限公司.
NO_CITY = re.compile(
    rf"[东西南北中]?[一二三四五六七八九十]?{_ROAD_WORD}|湾|站|桥|港|国际|[^\W\d_区县市路街]{{0,6}}(?:大学|学院)|"
    rf"[^\W\d_]{{0,20}}(?:公司|集团|厂)(?!\w)|\W|$"
)
# A zone that stands where a district stands: right after the city.
CITY_ZONE = re.compile(
    r"((?:国家级?)?(?:(?:经济技术|高新技术产业?|高新技术|高新产业|经济|技术|高新)?开发区|高新技术产业区|高新区|经开区|工业园区|保税区)),?"
)
HEAD: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("province", re.compile(_PROVINCE)),
    (
        "county",
        re.compile(
            rf"((?:路[桥南北]区|市[中南北辖]区|[南北]市区|[鼓钟]楼区|[^\W\d_]?[镇乡][^\W\d_]?[县区]|"
            rf"{_NARROW}{{1,8}}?(?:自治县|自治旗|新区|开发区|高新区|"
            rf"(?<![小社园厂校库矿景街业区宅生])(?<!别墅)区{_IN_NAME}|县{_IN_NAME}|市(?!场|政|民){_IN_NAME}{_IN_ESTATE}|旗(?![村镇乡街路屯庄社])))),?"
        ),
    ),
    (
        "town",
        re.compile(
            rf"([^\W\d_路街巷弄号幢栋座楼室]{_NARROW}{{0,7}}?(?:街道办事处|街道|地区办事处|办事处|"
            rf"(?<![环绕沿])镇(?!政府|中心){_IN_NAME}|乡(?![村门音情园苑里]){_IN_NAME}|苏木)|"
            rf"[^\W\d_]{{1,3}}(?:(?<![环绕沿])镇(?!政府|中心|江|海|安|平){_IN_NAME}|乡(?![村门音情园苑里]){_IN_NAME})),?"
        ),
    ),
    (
        "village",
        re.compile(
            rf"([^\W\d_]{_NARROW}{{0,9}}?(?:社区居民委员会|社区居委会|居民委员会|村民委员会|村委会|居委会|社区|行政村|"
            rf"(?<![新农一二三四五六七八九十])村(?={_HAMLET})|"
            r"(?<![新农一二三四五六七八九十])村(?![路街巷道口民委新头前后东西南北中]|小区|花园|大[道街]|组团)|嘎查|"
            rf"(?<![警防察查护法])大队(?=第?(?:\d{{1,2}}|{_C})(?:小?队|组|社)))),?"
        ),
    ),
)

TOKEN = re.compile(
    rf"""
    (?P<chain>(?:[A-Z]\d{{0,2}}|\d{{1,5}}[A-Z]?)(?:-(?:\d{{1,5}}[A-Z]?|[A-Z]\d{{0,4}})){{1,4}}|{_C}(?:-{_C}){{1,3}})
        (?P<chain_unit>号楼|号院|号|幢|栋|座|单元|室|房|户|层|\#楼|\#|楼)?
    |(?P<distance>\d+(?:余|多)?(?:米|公里|M(?!\w)))
    |(?P<numbered_road>\d+号(?:路|公路|大街|桥|码头))
    |(?P<digit_road>\d{{1,2}}(?:路|街(?![道坊区])|大道|大街))(?!口)
    |(?P<lettered>[A-Z]{{1,2}}\d{{0,3}})楼
    |(?P<building>{_N})(?:号楼|号幢|号栋|号座|\#楼|\#|幢楼|栋楼|幢|栋|座(?!谈|位))
    |(?P<entrance>{_N})(?:单元|号门|门栋|门洞|梯(?!田)|门(?!牌|口|面|前|外|诊|市|店|窗|头|业|卫|路|街))
    |(?P<side_entrance>{_SIDE})(?:单元|门栋)
    |(?P<room>[A-Z]?{_N})(?:号房间|号房|号室|室|房间|房(?![产地屋号管])|户(?![外籍县部口]))
    |(?P<side_room>(?<=[0-9号元层楼门梯]){_SIDE})(?:户|室)
    |(?P<floor>(?:负|地下)?{_N}(?:,{_N})*)(?:层(?![高次])|楼(?![房宇台梯盘市])|F(?![A-Z\d]))
    |(?P<lane>{_SIDE}?{_N})(?:支弄|弄|巷(?!口)|胡同)
    |(?P<number>(?:自编|特|临)?{_N}(?:-\d+|之[\d{NUMERAL}]+)?)
        号(?:(?:[附之]|-(?=\d{{1,2}}号))(?P<annex>[\d{NUMERAL}]+)号?)?(?:大院|院(?!子)|内)?(?!线|桥|码头|路|公路|机|街)
    |(?P<group>{_N})(?:村民小组|村民组|生产小?队|小组|居民组|组(?!团|合)|社(?![区会团])|小队|大队|队(?!伍))(?!小区|新村|安置|花园|公寓|宿舍|家园|工房|家属)
    |(?P<zone>{_N}|(?<!\w){_SIDE}|{_SIDE}(?=[区苑]\d))(?:区(?!间|域|[路街巷])|期(?![间货])|号院)(?![\u4e00-\u9fff]{{2}})
    |(?P<inner_zone>(?<=[园区城谷港地苑厦场心])(?:{_SIDE}|[A-Z]|[\d{NUMERAL}]{{1,2}}))(?:区(?!间|域)|期(?![间货]))
    |(?P<wing>(?<=[号幢栋座期区厦心苑园场院城0-9A-Z])[东西南北主副前后]{{1,2}})(?:楼|座|塔|栋|幢)
    |(?P<ground>[首底])层
    |(?P<bare>(?<![A-Z])[A-Z]{{0,2}}\d{{1,6}}[A-Z]?(?![A-Z])|(?<=[幢栋座号楼元层门梯-])[{NUMERAL}]{{3,5}}(?!\w)|(?<=[组队社弄巷])[{NUMERAL}]{{1,4}}(?!\w))
    """,
    re.VERBOSE,
)

# The ends of names. A road is cut off as short as possible, but never in front of a word that makes the road's name
# part of another name (人民路小区, 新村路口).
ROAD = re.compile(
    r"([^\W\d_]{1,11}?(?:[一二三四五六七八九十]马路|大道|大街|公路|马路|胡同|环路|环线|高速|大路|"
    r"(?<=\w)(?:[路街](?!巷|小区|新村|社区|村|口|家属院|宿舍|桥|道)|巷(?!口)|弄|道(?!口|桥)|"
    r"[东西南北]里|(?<=[东西南北])环|[一二三四五六七八九十]环|国道|省道|县道|线(?=$)))"
    r"(?:(?<=大道)[东西南北中]$|[东西南北中一二三四五六七八九十]{1,2}(?:段|支路|巷|弄|路|街(?!道)|横路|横巷))?)"
)
# A park or zone, as the beginning of a longer stretch of names: 张江高科技园区蔡伦路.
_PARK = (
    "(?:工业|科技|产业|软件|创业|物流|创新|商务|信息|电商|文化|生态|农业|机电)?园区|(?:工业|科技|产业|软件|创业|物流|创新|商务|信息|转移)园(?!区)|"
    "(?:开发|高新|保税|加工|工业|集中|功能|商务|产业|物流|自贸|试验|示范|度假)(?:小区|区)|(?:产业|总部|研发|创新)基地|"
    "科学城|大学城|汽车城|科技城|机场|新区|新城"
)
PARK = re.compile(
    rf"([^\W\d_]{{0,12}}?(?:{_PARK}))(?![东西南北中]?[一二三四五六七八九十]{{0,2}}(?:大?[路街道巷]|支路|环路|横路|马路))"
    rf"(?=[^\W\d_]{{2,10}}?{_ROAD_WORD})"
)
ESTATE_END = re.compile(
    rf"(?:{_PARK}|"
    "小区|花园|新村|家园|公寓|大厦|广场|中心|公园|花苑|名苑|佳苑|嘉园|山庄|别墅|庄园|家属院|宿舍|大楼|商城|市场|商厦|国际|"
    "基地|大学|学院|医院|银行|酒店|宾馆|饭店|公司|集团|总部|天地|"
    "[苑园城府邸庭轩阁湾居里坊墅院厦寓郡台都店馆厂校所场站庄屯坝塘岭冲沟坪寨堡铺楼村家营岗桥口浜浦港圩埭宅埠头坡坞汇谷塔]|"
    "SOHO|MOMA|LOFT|MALL)$"
)
CROSSING = re.compile(
    r"(?:、|,|/|(?<=[路街道巷线段口])(?:与|和|及)(?=[^\W\d_]{1,8}?(?:路|街|道|巷|线)))|(?:交叉路?口|交[汇界]处|交[汇界]路?口|交口|路口|十字|丁字|转角|拐角|附近|斜?对面|旁边?|[东西南北][侧首]|[向往][东西南北]行?|(?<![\u4e00-\u9fff])[东西南北]行|直[入走行]|"
    r"(?<![\u4e00-\u9fff])路[东西南北])"
)
# A blank inside a number, as a slip or instead of a dash.
SPLIT_NUMBER = re.compile(r"(?<=[^\s\d])(\d{1,3}) (\d{1,4})(?=([^\d\s]?))")
BRACKET = re.compile(r"\(([^()]*)\)?")
