"""Which field of a foreign file fills which column, and which of its values mean which of ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from census_map.errors import InputError
from census_map.i18n import _
from census_map.schema import TABLES, Column

# Columns that a file can never fill: identity, links and sign-off are the workspace's own.
_OWN = {"uid", "source", "status", "status_reason"}
# Columns filled only when the user names the field: the program numbers buildings and dwellings itself.
_UNGUESSED = {("building", "code"), ("building", "number"), ("dwelling", "code"), ("dwelling", "number")}
# Columns that are no columns of the table but lead to a row of another one.
LINKS = {"dwelling": ("building",), "mini_area": ("census_area",)}
_PERSONAL = {"户主姓名", "户主", "户主名字", "姓名", "身份证", "身份证号", "身份证号码", "公民身份号码", "证件号码"} | {
    "电话", "联系电话", "手机", "手机号", "手机号码", "联系方式", "phone", "telephone", "mobile", "identitynumber",
    "nationalid", "idnumber", "headofhousehold", "householdhead",
}  # fmt: skip

_NAME = ("name", "名称", "namezh", "nameen", "name_1", "label")
_ID = ("id", "osmid", "objectid", "gid", "fid", "编号", "序号", "唯一码", "bid", "vid", "featid", "globalid")
_ADDRESS = ("address", "addr", "地址", "住址", "门牌", "门牌号", "门址", "地名地址", "addrfull", "fulladdress")
_PERSONS = ("persons", "population", "pop", "人数", "人口", "人口数", "居住人数", "常住人口", "people")
_HOUSEHOLDS = ("households", "hh", "hhcount", "hhs", "户数", "住户数", "家庭户数")
_CODE = (
    "code", "编码", "代码", "区划代码", "统计用区划代码", "行政区划代码", "区划码", "geocode", "villcode", "pcode",
    "adm4pcode",
)  # fmt: skip

_GUESSES: dict[str, dict[str, tuple[str, ...]]] = {
    "census_area": {
        "code": ("普查区编码", "普查区代码", "普查区码", *_CODE),
        "name": ("普查区名称", "普查区", "村居名称", "社区名称", "村名", "居委会", "村委会", "villname", *_NAME),
        "kind": ("类型", "类别", "性质"),
        "exclave": ("飞地",),
        "source_id": _ID,
    },
    "mini_area": {
        "code": ("普查小区编码", "普查小区代码", "普查小区码", "小区编码", "小区号", "eacode", "ea", *_CODE),
        "name": ("普查小区名称", "小区名称", *_NAME),
        "census_area": ("普查区编码", "普查区代码", "普查区"),
        "source_id": _ID,
    },
    "building": {
        "name": ("建筑物名称", "楼名", "楼栋名称", "楼栋", "楼号", *_NAME),
        "address": _ADDRESS,
        "use": ("用途", "建筑用途", "房屋用途", "使用性质", "building", "buildinguse", "usage", "fclass", "type"),
        "state": ("状态", "房屋状态", "建设状态"),
        "floors": ("层数", "楼层数", "楼层", "地上层数", "levels", "levelsest", "buildinglevels",
                   "storeys", "stories", "nfloors"),
        "entrances": ("单元数", "门洞数", "stairs", "entrance"),
        "dwellings": ("住房套数", "套数", "住房单元数", "units", "flats", "buildingflats", "housingunits"),
        "households": _HOUSEHOLDS,
        "persons": _PERSONS,
        "inhabited": ("有人居住", "是否住人", "是否有人居住"),
        "sensitive": ("涉敏", "敏感"),
        "note": ("备注", "说明", "remark", "remarks"),
        "source_id": _ID,
    },
    "dwelling": {
        "building": ("建筑物编号", "建筑物", "楼栋编号", "楼栋", "楼号", "幢号", "buildingid", "bldgid", "bldg"),
        "entrance": ("单元", "单元号", "门洞", "stair"),
        "floor": ("楼层", "层", "所在层", "storey", "level"),
        "room": ("房号", "室号", "房间号", "户室号", "门号", "unit", "flat", "apartment", "doorno"),
        "state": ("状态", "居住状态", "使用状态"),
        "households": _HOUSEHOLDS,
        "persons": _PERSONS,
        "note": ("备注", "说明", "remark", "remarks"),
        "source_id": ("住房单元编号", "住房编号", *_ID),
    },
    "road": {
        "name": ("路名", "道路名称", *_NAME),
        "class": ("道路等级", "等级", "类型", "highway", "fclass", "roadclass", "type"),
        "source_id": _ID,
    },
    "water": {
        "name": ("河名", "水系名称", *_NAME),
        "kind": ("类型", "waterway", "water", "natural", "fclass", "type"),
        "source_id": _ID,
    },
    "railway": {"name": ("线名", *_NAME), "source_id": _ID},
    "wall": {"name": _NAME, "source_id": _ID},
    "landmark": {
        "name": ("地标", "地名", *_NAME),
        "kind": ("类型", "类别", "amenity", "poi", "fclass", "type"),
        "source_id": _ID,
    },
}  # fmt: skip
# Two fields that together make one column, tried when no single field fits.
_PAIRS = {
    ("building", "address"): (
        ("addrstreet", ("addrno", "addrhousenumber", "housenumber")),
        ("street", ("houseno", "housenumber")),
    )
}

_WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("census_area", "kind"): {"residents": "居委会 居民委员会 社区 城镇", "village": "村委会 村民委员会 村 乡村"},
    ("building", "use"): {
        "residential": "house apartments detached semidetached_house semi terrace bungalow farm cabin allotment_house "
        "住宅 居住 民居 住房 民房 农房 普通住宅 住宅楼 自建房",
        "mixed": "商住 混合 综合 商住混合 商住两用 住宅兼其他 mixed_use commercial;residential",
        "collective": "dormitory barracks monastery nursing_home social_facility 宿舍 集体 集体宿舍 养老院 工棚 集体户",
        "other": "industrial church roof school hut warehouse commercial station train_station glasshouse barn chapel "
        "garage garages greenhouse shed retail office public hospital kindergarten university college hotel service "
        "civic farm_auxiliary stable cowshed sports_hall supermarket government mosque temple transportation "
        "非住宅 商业 办公 工业 厂房 学校 医院 公共 其他 仓库 非居住 公共设施 商铺",
    },
    ("building", "state"): {
        "standing": "已建成 正常 现存 完好 使用中 built existing",
        "construction": "在建 施工 在建中 未竣工",
        "demolished": "拆除 已拆 已拆除 待拆 razed",
    },
    ("dwelling", "state"): {
        "inhabited": "有人 有人住 居住 自住 出租 occupied 已住",
        "vacant": "空置 空 空房 空户 无人 empty",
        "nominal": "空挂 空挂户 寄挂 寄挂户 挂户",
        "unknown": "不详 未知 unknown",
    },
    ("road", "class"): {
        "main": "motorway motorway_link trunk trunk_link primary primary_link 主干道 快速路 国道 省道 高速公路",
        "secondary": "secondary_link tertiary tertiary_link unclassified road 次干道 支路 县道 乡道",
        "lane": "residential living_street service pedestrian 巷 里弄 小巷 街巷 村道 construction",
        "path": "track footway path cycleway steps bridleway 小路 小径 步道 机耕路",
    },
    ("water", "kind"): {
        "river": "stream riverbank 河 河流 溪 江",
        "canal": "drain ditch 渠 水渠 沟 沟渠 运河 dam weir",
        "lake": "pond water reservoir basin 湖 湖泊 塘 池塘 水库 wetland",
    },
    ("mini_area", "kind"): {"single_building": "单楼 独楼", "virtual": "虚拟", "institution": "军队 监所"},
}
_YES, _NO = {"1", "是", "有", "yes", "y", "true", "t", "对"}, {"0", "否", "无", "no", "n", "false", "f", "没有"}
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_UNITS = "层户人个套间单元楼F"


@dataclass(frozen=True)
class Reading:
    """
    One column as read from a file.

    Attributes
    ----------
    values
        In the column's type, missing where nothing was understood.
    unread
        Truth value a row: something stands there that the column cannot hold.
    """

    values: pd.Series
    unread: pd.Series


def fold(name: str) -> str:
    """Write a field name without case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name.casefold())


def choose_fields(kind: str, fields: Iterable[str], mapping: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    """
    Decide which fields of a file fill which columns.

    Parameters
    ----------
    kind
        Name of the table.
    fields
        Names of the file's fields.
    mapping
        Column → field (or `FIELD+FIELD`, joined with a space) as the user said; the rest is guessed from usual
        English, Chinese and OpenStreetMap names.

    Returns
    -------
    chosen
        Column → its field or fields.

    Raises
    ------
    InputError
        An unknown column or field, or a field of personal data, which has no place on a map.
    """
    names = [str(name) for name in fields]
    chosen = {column: _named(kind, column, field, names) for column, field in (mapping or {}).items()}
    free = {fold(name): name for name in reversed(names) if not is_personal(name)}
    for used in chosen.values():
        for name in used:
            free.pop(fold(name), None)
    for column in _fillable(kind):
        if column not in chosen and (kind, column) not in _UNGUESSED and (found := _guess(kind, column, free)):
            chosen[column] = found
            for name in found:
                free.pop(fold(name), None)
    return chosen


def is_personal(field: str) -> bool:
    """Tell whether a field's name says that it holds names, phones or identity numbers of persons."""
    return fold(field) in _PERSONAL


def read_column(kind: str, column: Column, raw: pd.Series) -> Reading:
    """Understand the values of a field as those of a column."""
    blank = raw.isna() | raw.map(lambda value: isinstance(value, str) and not value.strip())
    if column.choices:
        lookup = _lookup(kind, column)
        values = [None if none else lookup.get(fold(_words(value))) for value, none in zip(raw, blank, strict=True)]
    elif column.type == "integer":
        values = [None if none else _integer(value) for value, none in zip(raw, blank, strict=True)]
    elif column.type == "boolean":
        values = [None if none else _boolean(value) for value, none in zip(raw, blank, strict=True)]
    else:
        values = [None if none else _words(value) for value, none in zip(raw, blank, strict=True)]
    result = pd.Series(values, index=raw.index, dtype=object)
    return Reading(result, result.isna() & ~blank)


def join_fields(frame: pd.DataFrame, fields: tuple[str, ...]) -> pd.Series:
    """Take one field, or join several with a space."""
    if len(fields) == 1:
        return frame[fields[0]]
    texts = [[_words(value) for value in frame[name].fillna("")] for name in fields]
    return pd.Series([" ".join(part for part in row if part) for row in zip(*texts, strict=True)], index=frame.index)


def _fillable(kind: str) -> list[str]:
    columns = [
        column.name for column in TABLES[kind].columns if column.name not in _OWN and not column.name.endswith("_uid")
    ]
    return [*LINKS.get(kind, ()), *columns]


def _named(kind: str, column: str, field: str, names: list[str]) -> tuple[str, ...]:
    if column not in _fillable(kind):
        raise InputError(
            _("“{column}” is no column that a file of this kind can fill: choose one of {columns}.").format(
                column=column, columns=", ".join(_fillable(kind))
            )
        )
    wanted = (field,) if field in names else tuple(part.strip() for part in field.split("+"))
    for name in wanted:
        if name not in names:
            raise InputError(
                _("The file has no field “{field}”: its fields are {fields}.").format(
                    field=name, fields=", ".join(names) or "-"
                )
            )
        if is_personal(name):
            raise InputError(
                _("The field “{field}” holds personal data, which never goes on the map: use the roster.").format(
                    field=name
                )
            )
    return wanted


def _guess(kind: str, column: str, free: Mapping[str, str]) -> tuple[str, ...] | None:
    usual = [column]
    if column in TABLES[kind].column_names:
        known = TABLES[kind].column(column)
        usual += [known.shp, known.title, _(known.title)]
    for name in (*usual, *_GUESSES.get(kind, {}).get(column, ())):
        if fold(name) in free and fold(name):
            return (free[fold(name)],)
    for first, seconds in _PAIRS.get((kind, column), ()):
        for second in seconds:
            if first in free and second in free:
                return (free[first], free[second])
    return None


def _lookup(kind: str, column: Column) -> dict[str, int | str]:
    table: dict[str, int | str] = {}
    for value, words in _WORDS.get((kind, column.name), {}).items():
        table.update((fold(word), value) for word in words.split())
    for choice, title in column.choices:
        table.update({fold(str(choice)): choice, fold(title): choice, fold(_(title)): choice})
    return table


def _words(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _integer(value: object) -> int | None:
    text = str(value).strip().rstrip(_UNITS)
    return round(float(text)) if _NUMBER.fullmatch(text) else None


def _boolean(value: object) -> int | None:
    word = _words(value).casefold()
    return 1 if word in _YES else 0 if word in _NO else None
