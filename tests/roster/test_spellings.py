"""Spellings of an address that leave open what its numbers are: the map decides, or a person."""

from collections import Counter

import pytest

from census_map.roster.linker import Linker
from census_map.roster.map_index import index_map
from census_map.roster.place import read_where
from tests.roster.conftest import ESTATE, VILLAGE, building, dwelling


@pytest.fixture
def linker(town):
    return Linker(index_map(town, Counter(), {}))


def link(linker, text, area=ESTATE):
    return linker.link(read_where(text), area, demolished=False)


def first(linker, text, area=ESTATE):
    ranked = linker.ranked(read_where(text), area)
    return linker.index.buildings[ranked[0][0].building].uid if ranked else None


@pytest.mark.parametrize(
    "text",
    [
        "（东方花园1号楼2单元501室）",
        "东方花园1号楼（2单元501室）",
        "人民路12号（东方花园1幢2单元501室）",
        "东方花园（1-2-501）",
        "东方花园【1号楼】2单元501室",
        "东方花园1号2-501",
        "东方花园1号楼2单元501号",
        "东方花园1楼2单元501",
        "东方花园1幢2501室",
        "东方花园1-2501",
        "东方花园1.2.501",
        "东方花园1/2/501",
        "东方花园1*2*501",
        "东方花园1_2_501",
        "东方花园1+2+501",
        "东方花园1'2'501",
        "东方花园1一2一501",
        "东方花园1＃楼2＃501＃",
        "东方花园1 幢2单 元5 0 1室",
        "东方花园1号搂2单无501室",
        "东方花园壹号楼贰单元伍零壹室",
        "东方花园NO.1楼2单元501",
        "东方花园1号楼U2 Rm501",
        "东方花园Bldg 1 2单元501Room",
        "东方花园1号楼2单元5楼1号",
        "租住东方花园1号楼2单元501室",
        "原机械厂宿舍东方花园1号楼2单元501室",
        "原机械厂宿舍（今东方花园）1号楼2单元501室",
        "东方花园社区居委会东方花园1号楼2单元501室",
        "东华镇东方花园1号楼2单元501室",
        "东方花园东区1幢2单元501",
        "东方花园Ⅰ期1幢2单元501",
    ],
)
def test_the_reading_that_leads_to_a_dwelling_is_linked(linker, text):
    found = link(linker, text)
    assert (found.state, found.building, found.dwelling) == ("linked", building("E1"), dwelling("E1", 3))


@pytest.mark.parametrize(
    "text", ["王家村3组16号老宅", "王家3-16", "王家村3.16", "王家村（3组）16号", "王家村3组门牌16", "王家村3组16户"]
)
def test_a_house_of_a_village_is_linked(linker, text):
    assert link(linker, text, VILLAGE).building == building("V2")


@pytest.mark.parametrize("word", ["对面", "斜对面", "对门", "隔壁", "旁", "旁边", "附近", "北侧", "后面", "门口"])
def test_a_word_that_means_another_place_is_never_linked(linker, word):
    for text, area, name in (
        ("东方花园1号楼2单元501室", ESTATE, "E1"),
        ("人民路18号", ESTATE, "R18"),
        ("王家村3组16号", VILLAGE, "V2"),
    ):
        found = link(linker, text + word, area)
        assert (found.state, found.building) == ("undecided", None)
        assert "beside" in found.reasons
        assert first(linker, text + word, area) == building(name)


@pytest.mark.parametrize("part", ["甲", "之1", "附1号", "A", "-1", "车库", "南卧"])
def test_a_part_of_a_dwelling_goes_to_the_building_and_not_to_the_dwelling(linker, part):
    found = link(linker, f"东方花园1号楼2单元501室{part}")
    assert (found.state, found.building, found.dwelling) == ("linked", building("E1"), None)


@pytest.mark.parametrize("door", ["18号之1", "18号之二", "甲18号", "18-1号", "18号附1号", "18号A"])
def test_a_part_of_a_door_that_the_map_does_not_know_is_asked_with_the_door_first(linker, door):
    assert link(linker, f"人民路{door}").state != "linked"
    assert first(linker, f"人民路{door}") == building("R18")


@pytest.mark.parametrize("text", ["东方花园12501", "东方花园甲1号楼2单元501", "东方花园B1-2-501"])
def test_what_may_be_read_in_several_ways_is_asked_with_the_likely_place_first(linker, text):
    assert link(linker, text).state == "undecided"
    assert first(linker, text) == building("E1")


@pytest.mark.parametrize("text", ["新东方花园1号楼2单元501室", "东方花园别墅1号楼2单元501室", "东方花园9-2-501"])
def test_another_estate_or_a_missing_building_is_not_linked(linker, text):
    assert link(linker, text).state != "linked"


@pytest.mark.parametrize("text", ["东方花园12号1-101", "东方花园12#1-101", "东方花园12-1-101", "东方花园12/1/101"])
def test_the_number_behind_an_estate_is_a_missing_building_and_not_the_door_of_the_estate(linker, text):
    assert link(linker, text).state != "linked"


@pytest.mark.parametrize("text", ["人民路18号、20号", "人民路18号院内3号", "老人民路18号101室", "人民支路18号101室"])
def test_a_second_number_or_another_road_is_not_swallowed(linker, text):
    assert link(linker, text).state != "linked"


@pytest.mark.parametrize("text", ["东方花园1号楼2单元501室楼上", "东方花园1号楼2单元501、502室"])
def test_another_dwelling_beside_the_one_named_is_not_taken_for_it(linker, text):
    assert link(linker, text).dwelling is None
    assert link(linker, text).state != "linked"
