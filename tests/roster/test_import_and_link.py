"""A roster goes into workspace and vault, finds its dwellings, and what it does not find is said."""

import pytest

from census_map.errors import InputError, VaultError
from census_map.roster.decide import LinkDesk
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.vault import Vault
from census_map.roster.visits import import_visits
from census_map.roster.worklists import unlinked_households, with_names
from tests.roster.conftest import (
    COST,
    ESTATE,
    HEADER,
    PASSPHRASE,
    VILLAGE,
    building,
    dwelling,
    write_sheets,
    write_xlsx,
)
from tests.small_township import uid

LINK_HEADER = ["普查区", "户主姓名", "住址", "居住人数"]


def brought_in(tmp_path, town, vault, rows, header=HEADER, name="r.xlsx", **options):
    return import_roster(town, vault, write_xlsx(tmp_path / name, [header, *rows]), **options)


def linked(tmp_path, town, vault, address, area="东方花园社区", count=2):
    """Import one household at an address, link, and give its row."""
    brought_in(tmp_path, town, vault, [[area, "甲某", address, count]], LINK_HEADER)
    link_roster(town, vault)
    return town.read("household").iloc[0]


def test_counts_go_to_the_workspace_and_names_to_the_vault(tmp_path, town, vault):
    done = brought_in(tmp_path, town, vault, [[1, "甲某", "13800000001", "东方花园社区东方花园1号楼101", 3]])
    assert (done.added, done.changed, done.unchanged) == (1, 0, 0)
    row = town.read("household").iloc[0]
    assert (row["h2a"], row["census_area_uid"], row["source"], row["source_row"]) == (3, ESTATE, "r.xlsx:底册", 2)
    assert row["link_state"] == "none"
    stored = vault.read(["head", "phone"], reason="a test").loc[row.name]
    assert stored.tolist() == ["甲某", "13800000001"]


def test_the_same_file_again_changes_nothing(tmp_path, town, vault):
    rows = [[1, "甲某", "13800000001", "东方花园1号楼101", 3], [2, "乙某", "", "东方花园1号楼102", 2]]
    brought_in(tmp_path, town, vault, rows)
    before = town.read("household")
    again = brought_in(tmp_path, town, vault, rows)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert town.read("household").equals(before)


@pytest.mark.parametrize(
    ("corrected", "columns"),
    [
        ([1, "甲某", "13800000001", "东方花园1号楼101", 4], ["h2a"]),
        ([1, "甲谋", "13800000001", "东方花园1号楼101", 3], ["head"]),
        ([1, "甲某", "13800000001", "东方花园2号楼101", 3], ["address"]),
        ([1, "甲某", "13900000001", "东方花园1号楼101", 3], ["phone"]),
    ],
    ids=["count", "name", "address", "phone"],
)
def test_a_corrected_row_updates_its_household(tmp_path, town, vault, corrected, columns):
    brought_in(tmp_path, town, vault, [[1, "甲某", "13800000001", "东方花园1号楼101", 3]])
    uid = town.read("household").index[0]
    done = brought_in(tmp_path, town, vault, [corrected])
    assert (done.added, done.changed) == (0, 1)
    assert done.changes[0] == {"uid": uid, "row": 2, "columns": columns}
    assert len(town.read("household")) == 1


def test_rows_in_another_order_stay_the_same_households(tmp_path, town, vault):
    rows = [[1, "甲某", "", "东方花园1号楼101", 3], [2, "乙某", "", "东方花园1号楼102", 2]]
    brought_in(tmp_path, town, vault, rows)
    before = dict(zip(town.read("household").index, town.read("household")["h2a"], strict=True))
    done = brought_in(tmp_path, town, vault, rows[::-1])
    after = town.read("household")
    assert (done.added, done.changed, done.unchanged) == (0, 0, 2)
    assert dict(zip(after.index, after["h2a"], strict=True)) == before


def test_a_household_that_is_gone_is_kept_until_removal_is_asked_for(tmp_path, town, vault):
    rows = [[1, "甲某", "", "东方花园1号楼101", 3], [2, "乙某", "", "东方花园1号楼102", 2]]
    brought_in(tmp_path, town, vault, rows)
    kept = brought_in(tmp_path, town, vault, rows[:1])
    assert (len(kept.gone), kept.removed, len(town.read("household"))) == (1, False, 2)
    removed = brought_in(tmp_path, town, vault, rows[:1], remove_gone=True)
    assert (len(removed.gone), removed.removed, len(town.read("household")), len(vault.uids())) == (1, True, 1, 1)


def test_another_village_in_another_file_removes_nobody(tmp_path, town, vault):
    brought_in(tmp_path, town, vault, [[1, "甲某", "", "东方花园1号楼101", 3]], name="a.xlsx")
    done = brought_in(tmp_path, town, vault, [[1, "丙某", "", "王家村3组15号", 3]], name="b.xlsx", remove_gone=True)
    assert (done.added, done.gone, len(town.read("household"))) == (1, (), 2)


def test_a_row_twice_in_one_file_is_one_household_and_is_told(tmp_path, town, vault):
    row = [1, "甲某", "", "东方花园1号楼101", 3]
    done = brought_in(tmp_path, town, vault, [row, [2, *row[1:]]])
    assert (done.rows, done.added, done.repeated) == (2, 1, 1)
    assert [(problem.kind, problem.row) for problem in done.problems] == [("repeated", 3)]


def test_a_row_repeats_the_first_one_only_where_no_other_number_speaks_against_it(tmp_path, town, vault):
    header = ["户主姓名", "身份证号码", "住址"]
    one, two = "11010519491231002X", "110105198001010019"
    numbers = [one, "", two, one, ""]
    rows = [["甲某", number, "东方花园1号楼101"] for number in numbers]
    done = brought_in(tmp_path, town, vault, [*rows, ["乙某", "", "东方花园1号楼101"]], header)
    assert (done.added, done.repeated) == (3, 3)
    assert [problem.row for problem in done.problems if problem.kind == "repeated"] == [3, 5, 6]


def test_two_vacant_dwellings_without_names_stay_two(tmp_path, town, vault):
    done = brought_in(tmp_path, town, vault, [[1, "", "", "东方花园1号楼", 0], [2, "", "", "东方花园1号楼", 0]])
    assert done.added == 2


def test_the_sheet_names_the_census_area(tmp_path, town, vault):
    path = write_sheets(tmp_path / "r.xlsx", {"王家村": [HEADER, [1, "甲某", "", "3组15号", 2]]})
    import_roster(town, vault, path)
    assert town.read("household")["census_area_uid"].tolist() == [VILLAGE]


def test_an_unreadable_file_changes_nothing(tmp_path, town, vault):
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError):
        import_roster(town, vault, path)
    assert town.read("household").empty
    assert vault.uids() == []


def test_a_new_import_after_the_address_changed_links_anew(tmp_path, town, vault):
    assert linked(tmp_path, town, vault, "东方花园1号楼1单元102")["building_uid"] == building("E1")
    row = linked(tmp_path, town, vault, "东方花园3号楼1单元501")
    assert row["building_uid"] == building("E3")


@pytest.mark.parametrize(
    ("address", "area", "name", "position"),
    [
        ("东方花园1号楼2单元501", "东方花园社区", "E1", 3),
        ("江苏省东华街道人民路１２号東方花園一號樓2單元501室", "东方花园社区", "E1", 3),
        ("东方花园1-2-501", "东方花园社区", "E1", 3),
        ("东方花园小区1栋2单元501", "", "E1", 3),
        ("东方花元2幢201", "东方花园社区", "E2", 1),
        ("东方2幢201", "东方花园社区", "E2", 1),
        ("东方花园3#2单元501", "东方花园社区", "E3", 1),
        ("人民路18号", "东方花园社区", "R18", 0),
        ("人民路十八号", "东方花园社区", "R18", 0),
        ("阳光大厦1502", "东方花园社区", "TOWER", 0),
        ("3组15号", "王家村", "V1", 0),
        ("王家村第三村民小组１５号", "王家村", "V1", 0),
        ("王家4组15号", "王家村", "V3", 0),
    ],
)
def test_an_address_finds_its_dwelling(tmp_path, town, vault, address, area, name, position):
    row = linked(tmp_path, town, vault, address, area)
    assert (row["link_state"], row["building_uid"]) == ("linked", building(name))
    assert row["dwelling_uid"] == dwelling(name, position)
    assert row["link_score"] >= 0.9


@pytest.mark.parametrize(
    ("address", "area", "state", "reason"),
    [
        ("东方花园9号楼101", "东方花园社区", "missed_building", "number-not-found"),
        ("人民路20号", "东方花园社区", "missed_building", "number-not-found"),
        ("西湖花园1号楼101", "东方花园社区", "missed_building", "name-not-found"),
        ("东方花园501", "东方花园社区", "undecided", "building-not-given"),
        ("王家村15号", "王家村", "undecided", "ambiguous:2"),
        ("东方花园1号楼101", "王家村", "elsewhere", "other-area"),
        ("西城街道青年路7号", "东方花园社区", "elsewhere", "other-township"),
        ("在外打工", "东方花园社区", "unreadable", "address-unreadable"),
        ("", "东方花园社区", "unreadable", "address-empty"),
    ],
)
def test_what_is_not_found_is_said_with_its_reason(tmp_path, town, vault, address, area, state, reason):
    row = linked(tmp_path, town, vault, address, area)
    assert row["link_state"] == state
    assert reason in row["link_reason"].split()
    assert row[["building_uid", "dwelling_uid"]].isna().all()


@pytest.mark.parametrize(
    ("address", "name", "reason"),
    [
        ("东方花园1号楼101", "E1", "room-not-listed"),
        ("东方花园1号楼1单元909", "E1", "room-not-listed"),
        ("东方花园1号楼", "E1", "room-not-given"),
    ],
)
def test_a_building_without_the_room_is_linked_as_a_building(tmp_path, town, vault, address, name, reason):
    row = linked(tmp_path, town, vault, address)
    assert row["building_uid"] == building(name)
    if reason == "room-not-listed" and "单元" not in address:
        reason = "room-ambiguous"
    assert row["dwelling_uid"] is None
    assert reason in row["link_reason"].split()


def test_a_demolished_address_is_told_apart_from_a_missed_building(tmp_path, town, vault):
    header = [*LINK_HEADER, "住户情况"]
    brought_in(tmp_path, town, vault, [["东方花园社区", "甲某", "老街7号", 2, "已拆迁"]], header)
    link_roster(town, vault)
    assert town.read("household")["link_state"].tolist() == ["demolished"]


def test_a_name_that_many_households_share_is_another_name_and_no_misspelling(tmp_path, town, vault):
    rows = [["东方花园社区", f"甲{n}", f"东升花园2号楼{n}01", 2] for n in range(1, 9)]
    brought_in(tmp_path, town, vault, rows, LINK_HEADER)
    link_roster(town, vault)
    assert set(town.read("household")["link_state"]) == {"undecided"}


def test_a_misspelt_name_whose_room_is_taken_is_sure_of_the_building_alone(tmp_path, town, vault):
    area = "东方花园社区"
    rows = [[area, "甲某", "东方花园1号楼2单元501", 3], [area, "乙某", "东方花元1号楼2单元501", 2]]
    brought_in(tmp_path, town, vault, rows, LINK_HEADER)
    link_roster(town, vault)
    households = town.read("household")
    assert households["building_uid"].tolist() == [building("E1")] * 2
    assert households["dwelling_uid"].tolist() == [dwelling("E1", 3), None]
    assert "room-taken" in households["link_reason"].iloc[1].split()


def test_a_place_in_another_census_area_is_offered_and_not_linked(tmp_path, town, vault):
    row = linked(tmp_path, town, vault, "王家村3组15号", "东方花园社区")
    assert (row["link_state"], row["building_uid"]) == ("elsewhere", None)
    offered = LinkDesk(town, vault).candidates(row.name)
    assert (offered[0].building_uid, offered[0].dwelling_uid) == (building("V1"), dwelling("V1", 0))
    assert "other-area" in offered[0].reasons.split()


@pytest.mark.parametrize(
    "address", ["12 Main Street", "12 MAIN ST", "12 Main St., Flat 3", "Main Street 12", "No. 12, Main Street"]
)
def test_street_and_number_of_other_countries(tmp_path, town, vault, address):
    frame = town.read("building", where="uid = ?", parameters=(building("R18"),)).assign(address="12 Main Street")
    with town.transaction("a street") as write:
        write.insert("building", frame.set_axis([uid("main street")]))
    row = linked(tmp_path, town, vault, address)
    assert (row["link_state"], row["building_uid"]) == ("linked", uid("main street"))


def test_the_own_census_area_comes_before_another_with_the_same_place(tmp_path, town, vault):
    frame = town.read("building", where="uid = ?", parameters=(building("R18"),))
    twin = frame.assign(geometry=frame.translate(100, 0)).set_axis([uid("twin of R18")])
    with town.transaction("a road through two census areas") as write:
        write.insert("building", twin)
    row = linked(tmp_path, town, vault, "人民路18号", "王家村")
    assert (row["link_state"], row["building_uid"]) == ("linked", uid("twin of R18"))


def test_what_was_decided_by_hand_stays(tmp_path, town, vault):
    linked(tmp_path, town, vault, "东方花园1号楼2单元501")
    household = town.read("household").index[0]
    change = town.read("household", columns=["building_uid", "dwelling_uid", "link_by_hand"])
    change["building_uid"], change["dwelling_uid"], change["link_by_hand"] = building("E2"), None, True
    with town.transaction("by hand") as write:
        write.update("household", change)
    done = link_roster(town, vault)
    assert (done.by_hand, done.linked, done.changed) == (1, 1, 0)
    assert town.read("household").loc[household, "building_uid"] == building("E2")


def test_linking_again_changes_nothing(tmp_path, town, vault):
    linked(tmp_path, town, vault, "东方花园1号楼2单元501")
    assert link_roster(town, vault).changed == 0


def test_the_list_of_the_unlinked_has_no_names_unless_asked(tmp_path, town, vault):
    linked(tmp_path, town, vault, "东方花园9号楼101")
    households = unlinked_households(town)
    assert households["state"].tolist() == ["missed_building"]
    assert "甲某" not in households.to_json(force_ascii=False)
    named = with_names(households, vault, reason="a test")
    assert named["head"].tolist() == ["甲某"]
    assert "a test" in vault.access_log()["reason"].tolist()


def test_lines_without_name_and_address_are_not_doubled_either(tmp_path, town, vault):
    header = ["户主姓名", "身份证号", "联系电话", "住址", "居住人数"]
    number = "11010519491231002X"
    rows = [
        ["甲某", number, "", "东方花园1号楼101", 3],
        ["", "", "13800000001", "", 2],
        ["", number, "", "", 2],
        ["", number, "", "", 2],
    ]
    first = brought_in(tmp_path, town, vault, rows, header)
    again = brought_in(tmp_path, town, vault, rows, header)
    assert (first.added, again.added, again.unchanged) == (4, 0, 4)


def test_presence_comes_from_its_column_or_from_the_class_and_a_visit_outweighs_it(tmp_path, town, vault):
    header = ["户主姓名", "住址", "居住人数", "人户情况", "分类"]
    rows = [
        ["甲某", "东方花园1号楼1单元101", 3, "人在户不在", ""],
        ["乙某", "东方花园1号楼1单元102", 0, "", "户在人不在"],
        ["丙某", "王家村3组15号", 2, "看不清", "1"],
    ]
    done = brought_in(tmp_path, town, vault, rows, header)
    assert town.read("household")["presence"].tolist() == ["registered_elsewhere", "absent", None]
    assert [(p.kind, p.row) for p in done.problems if p.column.endswith("人户情况")] == [("presence-unreadable", 4)]
    day = [["底册行号", "日期", "结果", "在户情况"], [2, "2020-10-12", "完成", "人在户在"]]
    import_visits(town, vault, write_xlsx(tmp_path / "day.xlsx", day))
    again = brought_in(tmp_path, town, vault, [*rows[:2], ["丙某", "王家村3组15号", 2, "人在户在", "1"]], header)
    assert town.read("household")["presence"].tolist() == ["here", "absent", "here"]
    assert [change["columns"] for change in again.changes] == [["presence"]]


def test_the_vault_of_another_copy_undoes_no_link(tmp_path, town, vault):
    assert linked(tmp_path, town, vault, "东方花园1号楼1单元101")["link_state"] == "linked"
    with (
        Vault.create(tmp_path / "other.vault", PASSPHRASE, cost=COST) as other,
        pytest.raises(VaultError, match=r"“other\.vault” holds none of the households"),
    ):
        link_roster(town, other)
    assert town.read("household")["link_state"].tolist() == ["linked"]
