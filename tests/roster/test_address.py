"""Addresses taken apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.roster.address import KINDS, parse_address
from census_map.roster.shapes import AddressReader
from census_map.roster.text import normalise_with_positions, number_value, numeral_value, plain_number


def parts(text: str) -> dict[str, str]:
    return {part.kind: part.value for part in parse_address(text).parts}


@pytest.mark.parametrize(
    "text",
    [
        "东方花园3幢2单元501",
        "东方花园 ３ 号楼 ２单元５０１室",
        "東方花園三棟二單元501",
        "东方花园3#2单元501室",
        "东方花园3-2-501",
        "东方花园第三栋2单元0501",
    ],
)
def test_one_place_in_many_spellings(text):
    assert parts(text) == {"estate": "东方花园", "building": "3", "entrance": "2", "room": "501"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "江苏省兴阳市龙湾区东华街道东方花园社区人民路12号",
            {
                "province": "江苏省",
                "prefecture": "兴阳市",
                "county": "龙湾区",
                "town": "东华街道",
                "village": "东方花园社区",
                "road": "人民路",
                "number": "12",
            },
        ),
        ("金钟路658弄5号301室", {"road": "金钟路", "lane": "658", "number": "5", "room": "301"}),
        ("前进街东三巷7号", {"road": "前进街", "lane": "东3", "number": "7"}),
        ("人民路12-3号", {"road": "人民路", "number": "12-3"}),
        ("人民路12号附3号", {"road": "人民路", "number": "12-3"}),
        ("人民路甲12号", {"road": "人民路", "number": "甲12"}),
        ("柳湾村第三村民小组十五号", {"village": "柳湾村", "group": "3", "number": "15"}),
        ("王家村一组十二", {"village": "王家村", "group": "1", "number": "12"}),
        ("柳湾村5社28号", {"village": "柳湾村", "group": "5", "number": "28"}),
        ("人民路小区3号楼101", {"estate": "人民路小区", "building": "3", "room": "101"}),
        ("花园村3号楼", {"estate": "花园村", "building": "3"}),
        ("阳光大厦B座15层1502室", {"estate": "阳光大厦", "building": "B", "floor": "15", "room": "1502"}),
        ("东方花园二期A座1203A", {"estate": "东方花园", "zone": "2", "building": "A", "room": "1203A"}),
        ("中山北路二段33号", {"road": "中山北路二段", "number": "33"}),
        (
            "上海市浦东新区张江高科技园区蔡伦路150号",
            {
                "province": "上海市",
                "county": "浦东新区",
                "estate": "张江高科技园区",
                "road": "蔡伦路",
                "number": "150",
            },
        ),
        (
            "苏州工业园区星湖街328号",
            {"prefecture": "苏州", "county": "工业园区", "road": "星湖街", "number": "328"},
        ),
        (
            "江苏省昆山市玉山镇晨丰路8号",
            {"province": "江苏省", "county": "昆山市", "town": "玉山镇", "road": "晨丰路", "number": "8"},
        ),
        ("深圳南山区科技南12路5号", {"prefecture": "深圳", "county": "南山区", "road": "科技南12路", "number": "5"}),
        ("福州市鼓楼区东街83号", {"prefecture": "福州市", "county": "鼓楼区", "road": "东街", "number": "83"}),
        ("南京西路555号", {"road": "南京西路", "number": "555"}),
        ("黄埔大道西100号", {"road": "黄埔大道西", "number": "100"}),
        ("彩和坊路11号", {"road": "彩和坊路", "number": "11"}),
        ("软件园二期望海路10号", {"estate": "软件园", "zone": "2", "road": "望海路", "number": "10"}),
        ("锦绣银苑首层", {"estate": "锦绣银苑", "floor": "1"}),
        ("鱼市巷1号201室", {"road": "鱼市巷", "number": "1", "room": "201"}),
        ("菜市巷12号", {"road": "菜市巷", "number": "12"}),
        ("米市街5号", {"road": "米市街", "number": "5"}),
        ("新市街7号", {"road": "新市街", "number": "7"}),
        ("古镇路9号", {"road": "古镇路", "number": "9"}),
        ("县前街3号", {"road": "县前街", "number": "3"}),
        ("龙湾区鱼市巷2号", {"county": "龙湾区", "road": "鱼市巷", "number": "2"}),
        ("城市花园3幢101", {"estate": "城市花园", "building": "3", "room": "101"}),
        ("都市花园3幢101", {"estate": "都市花园", "building": "3", "room": "101"}),
        ("工业园区大道7号", {"road": "工业园区大道", "number": "7"}),
        ("地址：人民路12号", {"road": "人民路", "number": "12"}),
        ("3-2-501", {"building": "3", "entrance": "2", "room": "501"}),
        ("12 Main Street, Flat 3", {"number": "12", "road": "MAIN STREET", "room": "3"}),
        ("Hauptstr. 4a", {"road": "HAUPTSTRASSE", "number": "4A"}),
        ("", {}),
    ],
)
def test_parts_of_an_address(text, expected):
    assert parts(text) == expected


def test_positions_point_into_the_text_as_typed():
    text = " 东方花园 ３ 幢 (南门) 501 "
    found = {part.kind: text[part.start : part.end] for part in parse_address(text).parts}
    assert found == {"estate": "东方花园", "building": "３ 幢", "note": "南门", "room": "501"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("前进大队三队5号", {"village": "前进大队", "group": "3", "number": "5"}),
        ("光明大队第二小队7号", {"village": "光明大队", "group": "2", "number": "7"}),
        ("向阳村东沟屯4组21号", {"village": "向阳村", "estate": "东沟屯", "group": "4", "number": "21"}),
        ("向阳村西庄自然村12号", {"village": "向阳村", "estate": "西庄自然村", "number": "12"}),
        ("李庄行政村张楼自然村23号", {"village": "李庄行政村", "estate": "张楼自然村", "number": "23"}),
        ("红星村民委员会五社18号", {"village": "红星村民委员会", "group": "5", "number": "18"}),
        ("赵家屯2组7号", {"estate": "赵家屯", "group": "2", "number": "7"}),
        ("红旗村3组5号", {"village": "红旗村", "group": "3", "number": "5"}),
        ("人民路交警大队三楼", {"road": "人民路", "place": "交警大队", "floor": "3"}),
    ],
)
def test_villages_with_their_hamlets_brigades_and_groups(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("东方花园3-501", "chain"),
        ("人民路12", "bare-number"),
        ("阳光大厦1502", "bare-room"),
        ("回龙观8号", "name-kind"),
        ("东方花园3楼", "floor-or-building"),
    ],
)
def test_what_the_text_does_not_settle_is_said(text, doubt):
    assert doubt in parse_address(text).doubts


def test_a_crossing_gives_both_roads_and_says_so():
    address = parse_address("神州路与枣园路交叉口向南1000米路东")
    assert address.values("road") == ("神州路", "枣园路")
    assert "second-road" in address.doubts


def test_what_belongs_to_no_part_is_left_over_visibly():
    address = parse_address("人民路12号东行50米")
    text = "人民路12号东行50米"
    assert "50米" in "".join(text[start:end] for start, end in address.rest)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.text(alphabet="东方人民路3号楼12幢单元室-90一十 组弄巷A#附第", max_size=16), max_size=4))
def test_reading_many_addresses_reads_each_as_if_alone(texts):
    reader = AddressReader()
    for text in [*texts, *(text.translate({ord("1"): "8", ord("3"): "5"}) for text in texts)]:
        assert reader.read(text) == parse_address(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="东方花园人民路3号楼12幢单元室-—（）() 　村组弄巷甲A#５之附第", max_size=24))
def test_any_text_is_read_without_failing_and_parts_lie_inside_it(text):
    address = parse_address(text)
    for part in address.parts:
        assert part.kind in KINDS
        assert 0 <= part.start < part.end <= len(text)
    starts = [part.start for part in address.parts]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二十一", 21),
        ("二一", 21),
        ("十", 10),
        ("一百〇五", 105),
        ("廿三", 23),
        ("幢", None),
        ("", None),
    ],
)
def test_chinese_numerals(text, value):
    assert numeral_value(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("３", 3),
        ("3.0", 3),
        ("3人", 3),
        ("三", 3),
        ("03", 3),
        ("3.5", None),
        ("张三", None),
    ],
)
def test_numbers_as_clerks_type_them(text, value):
    assert number_value(text) == value


def test_leading_zeros_go_and_letters_stay():
    assert [plain_number(text) for text in ("0501", "03A", "三", "3-02")] == ["501", "3A", "3", "3-2"]


def test_characters_that_grow_keep_their_position():
    text, positions = normalise_with_positions("東①㈠")
    assert (text, positions) == ("东1(一)", (0, 1, 2, 2, 2))
