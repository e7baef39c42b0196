"""Comparing lists, deciding by hand, learning names, tables and work lists."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from census_map.roster.compare import compare_keys, counts_by_mini_area, list_keys, passing_hasher
from census_map.roster.decide import LinkDesk
from census_map.roster.door_plates import buildings_without_plate
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.tables import table_sheets
from census_map.roster.worklists import (
    missed_buildings,
    missed_households,
    nominal_registrations,
    several_houses,
    vacant_dwellings,
)
from tests.roster.conftest import building, dwelling, write_xlsx

IDENTITY = "11010519491231002X"
COLUMNS = ["head", "identity", "birth", "phone", "address"]
HASHER = passing_hasher()


def keys(*rows):
    return list_keys(pd.DataFrame(list(rows), columns=COLUMNS, dtype=object), HASHER)


def compared(left, right):
    found = compare_keys(left, right)
    return found, [tuple(row) for row in found.pairs[["left", "right", "stage"]].itertuples(index=False)]


@pytest.mark.parametrize(
    ("left", "right", "stage"),
    [
        (["甲某", IDENTITY, "", "", ""], ["甲谋", IDENTITY.lower(), "", "", ""], "identity"),
        (["甲某", "", "1949-12-31", "", ""], ["甲 某", IDENTITY, "", "", ""], "name_birth"),
        (["甲某", "", "", "", "人民路18号"], ["甲某", "", "", "", "人民路１８號"], "name_address"),
    ],
)
def test_a_person_is_found_in_both_lists(left, right, stage):
    _found, pairs = compared(keys(left), keys(right))
    assert pairs == [(0, 0, stage)]


def test_two_identity_numbers_are_two_people_whatever_their_name():
    other = "440524188001010014"
    found, pairs = compared(keys(["甲某", IDENTITY, "", "", "a"]), keys(["甲某", other, "", "", "a"]))
    assert pairs == []
    assert (len(found.only_left), len(found.only_right)) == (1, 1)


def test_conflicts_are_told_field_by_field():
    found, _pairs = compared(
        keys(["甲某", IDENTITY, "", "13800000001", "人民路18号"]), keys(["甲某", IDENTITY, "", "13900000001", ""])
    )
    assert found.as_json()["conflicts"] == {"identity": 0, "name": 0, "birth": 0, "phone": 1, "address": 0}


def test_one_row_matches_at_most_one():
    row = ["甲某", IDENTITY, "", "", ""]
    found, pairs = compared(keys(row, row, row), keys(row, row))
    assert pairs == [(0, 0, "identity"), (1, 1, "identity")]
    assert found.only_left.tolist() == [2]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from("甲乙丙丁戊"), max_size=12),
    st.lists(st.sampled_from("甲乙丙丁戊"), max_size=12),
)
def test_every_row_is_in_exactly_one_result(left, right):
    def rows(names):
        return keys(*([name, "", "", "", "人民路"] for name in names))

    found, pairs = compared(rows(left), rows(right))
    assert sorted([pair[0] for pair in pairs] + found.only_left.tolist()) == list(range(len(left)))
    assert sorted([pair[1] for pair in pairs] + found.only_right.tolist()) == list(range(len(right)))
    assert len(pairs) == sum(min(left.count(name), right.count(name)) for name in "甲乙丙丁戊")


def roster(tmp_path, town, vault, *rows):
    header = ["普查区", "户主姓名", "身份证号", "住址", "居住人数", "分类"]
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", [header, *rows]))
    link_roster(town, vault)
    households = town.read("household")
    return dict(zip(households["source_row"].astype(int) - 2, households.index, strict=True))


AREA = "东方花园社区"


def test_candidates_are_ranked_with_reasons(tmp_path, town, vault):
    uids = roster(tmp_path, town, vault, [AREA, "甲某", "", "东方花园2单元501", 2, 1])
    desk = LinkDesk(town, vault)
    found = desk.candidates(uids[0])
    assert {candidate.building_uid for candidate in found[:2]} == {building("E1"), building("E3")}
    assert found[0].dwelling_uid in {dwelling("E1", 3), dwelling("E3", 1)}
    assert all("building-not-given" in candidate.reasons for candidate in found[:2])


def test_work_lists(tmp_path, town, vault):
    uids = roster(
        tmp_path,
        town,
        vault,
        [AREA, "甲某", IDENTITY, "东方花园1号楼1单元101", 2, 1],
        [AREA, "甲某", IDENTITY, "东方花园2号楼201", 1, 1],
        [AREA, "乙某", "", "东方花园9号楼101", 3, 1],
        [AREA, "丙某", "", "东方花园9号楼102", 2, 1],
        [AREA, "丁某", "", "人民路18号", 0, 4],
    )
    with town.transaction("test") as write:
        states = pd.DataFrame(
            {"state": ["inhabited", "inhabited", "vacant"]},
            index=[dwelling("E1", 0), dwelling("V1", 0), dwelling("V2", 0)],
        )
        write.update("dwelling", states)
    missed = missed_buildings(town, vault)
    assert missed[["households", "persons"]].to_numpy().tolist() == [[2, 5]]
    assert set(missed["uids"][0]) == {uids[2], uids[3]}
    assert missed_households(town).index.tolist() == [dwelling("V1", 0)]
    assert vacant_dwellings(town).index.tolist() == [dwelling("V2", 0)]
    assert nominal_registrations(town).index.tolist() == [uids[4]]
    houses = several_houses(town, vault)
    assert houses["serial"].to_dict() == {uids[0]: 1, uids[1]: 2}


def test_tables_count_only_who_slept_here_and_the_open_version_has_no_names(tmp_path, town, vault):
    roster(
        tmp_path,
        town,
        vault,
        [AREA, "甲某", "", "东方花园1号楼1单元101", 2, 1],
        [AREA, "乙某", "", "东方花园1号楼1单元102", 3, 4],
    )
    opened, named = table_sheets(town), table_sheets(town, vault)
    assert len(opened) == len(named) == 8
    assert not any("甲某" in sheet.frame.to_string() for sheet in opened)
    assert "甲某" in named[0].frame.to_string()
    estates = opened[5].frame
    assert estates.iloc[:, 1].tolist() == ["东方花园"] or "东方花园" in estates.iloc[:, 1].tolist()
    assert estates.iloc[:, -1].sum() == 5


def test_counts_by_mini_area_keep_the_unlinked_apart(tmp_path, town, vault):
    uids = roster(tmp_path, town, vault, [AREA, "甲某", IDENTITY, "东方花园1号楼1单元101", 2, 1])
    left = keys(["甲某", IDENTITY, "", "", ""]).set_axis([uids[0]])
    counts = counts_by_mini_area(town, compare_keys(left, keys(["甲某", IDENTITY, "", "", ""])))
    assert counts.to_dict(orient="index") == {"": {"both": 1, "only_roster": 0}}


def test_where_no_building_is_lived_in_none_lacks_a_plate(town):
    with town.transaction("test data") as write:
        uids = town.read("building", columns=[]).index
        write.update("building", pd.DataFrame({"use": "commercial"}, index=uids))
    assert buildings_without_plate(town).empty
